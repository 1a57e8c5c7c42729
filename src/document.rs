//! One page or record, and what could not be read as one.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::hash;

/// A document's place in the run: dense, from 0, in key order once the corpus is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DocId(pub u32);

impl DocId {
    /// Returns the id as an index into a column of the corpus.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A page or record, decoded, with markup removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Path relative to the scanned folder, or the record's id field, or `file:line`.
    pub key: String,
    /// Visible text. A line feed, and nothing else, ends a block of layout (a paragraph, a heading, a list item).
    pub text: String,
    /// What HTML said of each line of `text`, in order; empty for a text that was not HTML.
    pub lines: Vec<LineHint>,
    /// The host of its address, or the first folder of its path; empty where neither is known.
    pub site: Box<str>,
    /// When it was published, or its file last changed.
    pub date: Option<Moment>,
    /// Where the document stands in its source, for messages and for breaking ties between equal keys.
    pub origin: Origin,
}

/// The host of a text, by those of its pages in whatever order.
#[derive(Clone, Copy, Debug, Default)]
pub struct Host {
    /// The last that is known.
    number: u64,
    are_several: bool,
}

impl Host {
    /// Adds a page's [`Document::host_number`].
    pub fn add(&mut self, number: u64) {
        if number != 0 {
            self.are_several |= self.number != 0 && self.number != number;
            self.number = number;
        }
    }

    /// Returns the number that all pages have whose host is known; 0 where there is none, or several.
    pub fn number(self) -> u64 {
        if self.are_several { 0 } else { self.number }
    }
}

impl Document {
    /// Returns the first folder of a file's name, which is as good as a site; empty for a file in no folder.
    pub fn folder(file: &str) -> Box<str> {
        let mut file = file;
        while let Some(rest) = file.strip_prefix("./").or_else(|| file.strip_prefix("../")) {
            file = rest;
        }
        file.split_once('/').map_or("", |(folder, _)| folder).into()
    }

    /// Returns the host of an address, without port and user, in lower case.
    pub fn host(url: &str) -> Box<str> {
        // As browsers take it: with `\` for `/`, and an address of the same scheme (`//host/page`).
        let url = url.trim_start();
        let is_scheme = |scheme: &str| scheme.bytes().all(|c| c.is_ascii_alphanumeric() || b"+-.".contains(&c));
        let parts = url.split_once("://").or_else(|| url.split_once(":\\\\"));
        let rest = parts.filter(|(scheme, _)| is_scheme(scheme)).map_or(url, |(_, rest)| rest);
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let host = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        // The colons of an address in brackets begin no port.
        let port = host.rfind(']').map_or(0, |end| end + 1);
        let host = host[port..].find(':').map_or(host, |at| &host[..port + at]).trim();
        host.strip_suffix('.').unwrap_or(host).to_lowercase().into()
    }

    /// Returns a number for a site that is the host of its pages, with or without `www.`; 0 for any other.
    ///
    /// A folder may hold pages of many sites, unless it has the name of a host, as in a copy of the web: two labels or more of
    /// letters, digits, hyphens and underscores, of which the last has letters alone, or is such a one in ASCII (`xn--`).
    /// The number is kept in an index: a change of what it is for a site is a new format.
    pub fn host_number(site: &str) -> u64 {
        let site = site.to_lowercase();
        let is_label = |label: &str| {
            !label.is_empty() && label.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_'))
        };
        let is_last = |label: &str| label.starts_with("xn--") || label.chars().all(char::is_alphabetic);
        match site.rsplit_once('.') {
            Some((_, last)) if is_last(last) && site.split('.').all(is_label) => {
                let host = site.strip_prefix("www.").unwrap_or(&site);
                // 0 is the number of what is not known.
                hash::bytes(host.as_bytes()) | 1
            }
            _ => 0,
        }
    }
}

/// A point of time as far as it is known, to the second at best. What is not known is 0, and so comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Moment {
    pub year: u32,
    pub month: u32,
    pub day: u32,
    /// Seconds of the day; the day is that of UTC where the zone was stated.
    pub second: u32,
}

/// Returns the time that a text states with its zone.
fn stated(text: &str) -> Option<jiff::Timestamp> {
    let of_mail = jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true);
    // `2024-05-01 08:30:00 +0800`, as Git and others have it.
    let closed_up = || {
        let (time, zone) = text.rsplit_once(' ')?;
        let zone = if matches!(zone, "UTC" | "GMT") { "Z" } else { zone };
        format!("{time}{zone}").parse().ok()
    };
    let of_mail = || of_mail.parse_timestamp(text).ok();
    text.parse().ok().or_else(of_mail).or_else(closed_up)
}

impl Moment {
    /// Returns the time a text states, if it is a date that begins with its year (`2024-05-01T08:30:00`,
    /// `2024年5月1日`, `20240501`, `20240501083000`), one of mail and HTTP (`Wed, 1 May 2024 08:30:00 GMT`), or seconds
    /// or milliseconds since 1970.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(stated) = stated(text) {
            return Self::of_timestamp(stated);
        }
        if let Ok(civil) = text.parse() {
            return Self::of_civil(civil);
        }
        let groups = text.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty());
        let mut numbers: Vec<u64> = groups.take(6).map(str::parse).collect::<Result<_, _>>().ok()?;
        // A fraction of a second is of no interest.
        let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
        if let [number, ..] = numbers[..]
            && whole.bytes().all(|byte| byte.is_ascii_digit())
        {
            match whole.len() {
                8 => numbers = vec![number / 10_000, number / 100 % 100, number % 100],
                9 | 10 => return Self::of_epoch(number),
                12 | 13 => return Self::of_epoch(number / 1000),
                // All of it is digits.
                14 => return format!("{}T{}", &whole[..8], &whole[8..]).parse().ok().and_then(Self::of_civil),
                _ => {}
            }
        }
        let part = |at: usize| numbers.get(at).copied().unwrap_or(0);
        let (year, month, day) = (part(0), part(1), part(2));
        let (hour, minute, second) = (part(3), part(4), part(5));
        let is_date = (1000..=9999).contains(&year) && month <= 12 && day <= 31;
        let is_time = hour <= 24 && minute < 60 && second <= 60;
        (is_date && is_time).then_some(Self {
            year: year as u32,
            month: month as u32,
            day: day as u32,
            second: (hour * 3600 + minute * 60 + second) as u32,
        })
    }

    fn of_civil(civil: jiff::civil::DateTime) -> Option<Self> {
        let [month, day] = [civil.month(), civil.day()].map(|part| u32::from(part.unsigned_abs()));
        let [hour, minute, second] =
            [civil.hour(), civil.minute(), civil.second()].map(|part| u32::from(part.unsigned_abs()));
        let year = u32::try_from(civil.year()).ok()?;
        Some(Self { year, month, day, second: hour * 3600 + minute * 60 + second })
    }

    /// Returns the time so many seconds after the beginning of 1970, if its year has four digits.
    pub fn of_epoch(seconds: u64) -> Option<Self> {
        let seconds = i64::try_from(seconds).ok()?;
        Self::of_timestamp(jiff::Timestamp::from_second(seconds).ok()?)
    }

    fn of_timestamp(timestamp: jiff::Timestamp) -> Option<Self> {
        Self::of_civil(jiff::tz::TimeZone::UTC.to_datetime(timestamp))
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let (hour, minute, second) = (self.second / 3600, self.second / 60 % 60, self.second % 60);
        write!(f, "{:04}-{:02}-{:02} {hour:02}:{minute:02}:{second:02}", self.year, self.month, self.day)
    }
}

/// Where a document or a bad record was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// The file, as it is named to the user; `-` is standard input.
    pub file: Arc<str>,
    /// The line of a record file or the record of an archive, from 1; 0 where the file is the document.
    pub line: u64,
}

/// What the markup says of one line of text: evidence for boilerplate, never a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineHint {
    pub region: Region,
    /// Share of the line's characters that stand inside links, in 255ths; white space is not counted.
    pub linked: u8,
}

/// The part of a page a line stands in, by the nearest element that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// No element says anything.
    Body,
    /// Inside `main` or `article`.
    Main,
    /// The document's `title`.
    Title,
    Navigation,
    Header,
    Footer,
    Aside,
}

/// A file or record that was not compared, and why. Counted and shown, never dropped.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Skipped {
    /// The file, or `file:line` of a record.
    pub key: String,
    /// One sentence that says what is wrong with it.
    pub reason: String,
    /// The id of a record of which only that could be read. Known to the run that read it, and not saved.
    #[serde(skip)]
    pub id: Option<String>,
    /// The file that breaks off here, where it does: what comes after is unknown, and not only unfit. Known to the run
    /// that read it, and not saved.
    #[serde(skip)]
    pub torn: Option<Arc<str>>,
}

impl Skipped {
    /// Returns what is there and no document.
    pub fn new(key: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { key: key.into(), reason: reason.into(), id: None, torn: None }
    }

    /// Returns where a file breaks off.
    pub fn torn(file: &Arc<str>, key: String, reason: String) -> Self {
        Self { torn: Some(Arc::clone(file)), ..Self::new(key, reason) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_in_the_forms_that_pages_have_it() {
        let day = |year, month, day, second| Some(Moment { year, month, day, second });
        assert_eq!(Moment::parse("2024-05-01T08:30:00"), day(2024, 5, 1, 30_600));
        assert_eq!(Moment::parse("2024-05-01 08:30"), day(2024, 5, 1, 30_600));
        assert_eq!(Moment::parse("发布时间：2024年5月1日"), day(2024, 5, 1, 0));
        assert_eq!(Moment::parse("20240501"), day(2024, 5, 1, 0));
        assert_eq!(Moment::parse("1714552200"), day(2024, 5, 1, 30_600));
        assert_eq!(Moment::parse("1714552200000"), day(2024, 5, 1, 30_600));
        assert_eq!(Moment::parse("1714552200.25"), day(2024, 5, 1, 30_600));
        assert_eq!(Moment::parse("20240501083000"), day(2024, 5, 1, 30_600));
        assert_eq!(Moment::parse("20240501T083000Z"), day(2024, 5, 1, 30_600));
        assert_eq!(Moment::parse("Wed, 01 May 2024 08:30:00 GMT"), day(2024, 5, 1, 30_600));
        assert_eq!(Moment::parse("Wed, 1 May 2024 08:30:00 +0800"), day(2024, 5, 1, 1800));
        assert_eq!(Moment::parse("2024-05-01T08:30:00+08:00"), day(2024, 5, 1, 1800));
        assert_eq!(Moment::parse("2024-05-01T20:30:00-05:00"), day(2024, 5, 2, 5400));
        assert_eq!(Moment::parse("1969-05-01T08:30:00+08:00"), day(1969, 5, 1, 1800));
        assert_eq!(Moment::parse("2024-05-01 08:30:00 +0800"), day(2024, 5, 1, 1800));
        assert_eq!(Moment::parse("2024-05-01 08:30:00 UTC"), day(2024, 5, 1, 30_600));
        assert_eq!(Moment::parse("Mon, 1 May 2024 08:30:00 GMT"), day(2024, 5, 1, 30_600));
        assert_eq!(Moment::parse("20240501T083000"), day(2024, 5, 1, 30_600));
        assert_eq!(Moment::parse("1709164800"), day(2024, 2, 29, 0));
        for none in ["", "昨天", "01/05/2024", "2024-13-01", "99999999999999999999999"] {
            assert_eq!(Moment::parse(none), None, "{none}");
        }
        assert!(Moment::parse("2024") < Moment::parse("2024-01-01"));
    }

    #[test]
    fn a_site_is_the_host_of_an_address_or_the_first_folder_of_a_path() {
        assert_eq!(&*Document::host("https://name@News.Example:8080/a/b?c"), "news.example");
        assert_eq!(&*Document::host("news.example/a"), "news.example");
        let within = ["//news.example/go?u=https://other.example/a", "news.example/go?u=https://other.example/a"];
        for url in within {
            assert_eq!(&*Document::host(url), "news.example", "{url}");
        }
        for url in
            ["//News.example/a", "https://news.example./a", "http:\\\\news.example\\a", " http://news.example:80"]
        {
            assert_eq!(&*Document::host(url), "news.example", "{url}");
        }
        assert_eq!(&*Document::host("http://[2001:db8::1]:80/a"), "[2001:db8::1]");
        assert_eq!(&*Document::host("http://[2001:db8::1]/a"), "[2001:db8::1]");
        assert_eq!(&*Document::folder("qingfeng/2024/a.html"), "qingfeng");
        assert_eq!(&*Document::folder("./../qingfeng/a.html"), "qingfeng");
        assert_eq!(&*Document::folder("a.html"), "");
        assert_eq!(&*Document::folder("./a.html"), "");
    }

    #[test]
    fn a_text_of_several_hosts_is_of_none() {
        let of = |numbers: &[u64]| {
            let mut host = Host::default();
            numbers.iter().for_each(|&number| host.add(number));
            host.number()
        };
        assert_eq!([of(&[]), of(&[0, 5, 0, 5]), of(&[5, 7]), of(&[5, 7, 5])], [0, 5, 0, 0]);
    }

    #[test]
    fn a_host_has_a_number_and_a_folder_has_none() {
        let number = Document::host_number;
        assert_eq!(number("www.news.example"), number("news.example"));
        assert_eq!(number("WWW.News.Example"), number("news.example"));
        assert_ne!(number("news.example"), number("other.example"));
        assert_eq!(number("news.example"), 8_272_130_332_769_388_557, "indexes have it");
        for host in ["news.example", "a.xn--fiqs8s", "新闻.中国", "a-b.c.example"] {
            assert_ne!(number(host), 0, "{host}");
        }
        for none in ["", "qingfeng", "2024.05", "part.001", "v1.2", "a b.example", ".example", "news.", "a..example"] {
            assert_eq!(number(none), 0, "{none}");
        }
    }
}
