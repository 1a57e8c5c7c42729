//! Records: one JSON object a line (JSONL, NDJSON).

use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use sonic_rs::JsonValueTrait;

use super::lines::Piece;
use super::{Rules, Sink, encoding, html};
use crate::document::{Document, Moment, Origin, Skipped};
use crate::settings::InputSettings;

/// Reads each line of `piece` that is wanted as a record; blank lines are none.
pub(super) fn read(piece: &Piece, file: &Arc<str>, rules: &Rules, sink: Sink) {
    let wanted = rules.wanted.as_ref().map(|wanted| wanted.lines(file));
    let mut rest = piece.bytes();
    let mut number = piece.first_line;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest);
        let line = &rest[..end.unwrap_or(rest.len())];
        rest = end.map_or(&[][..], |end| &rest[end + 1..]);
        // Files joined with `cat` keep their byte order marks.
        let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line).trim_ascii();
        let is_wanted = wanted.is_none_or(|lines| lines.binary_search(&number).is_ok());
        if !line.is_empty() && is_wanted {
            let read = read_line(line, file, number, &rules.settings);
            // Where the stream breaks, what is left of a record says nothing that the break does not say.
            let is_torn = end.is_none() && piece.broken.is_some();
            match read {
                Ok(document) => sink(Ok(document)),
                Err(_) if is_torn => {}
                Err(unfit) => sink(Err(unfit.skipped(file, number))),
            }
        }
        if end.is_some() {
            number += 1;
        }
    }
    if let Some(reason) = &piece.broken {
        let reason = format!("{reason}; the records before this line were read");
        sink(Err(Skipped::torn(file, format!("{file}:{number}"), reason)));
    }
}

/// Whether a line holds a JSON object and nothing else.
pub(super) fn is_object(line: &str) -> bool {
    line.trim_start().starts_with('{') && depth(line) <= DEEPEST && parse(line, &InputSettings::default()).is_ok()
}

/// What is wrong with a line, and the id that it has nonetheless.
pub(super) struct Unfit {
    reason: String,
    id: Option<String>,
}

impl From<String> for Unfit {
    fn from(reason: String) -> Self {
        Self { reason, id: None }
    }
}

impl Unfit {
    pub(super) fn skipped(self, file: &str, number: u64) -> Skipped {
        Skipped { id: self.id, ..Skipped::new(format!("{file}:{number}"), self.reason) }
    }
}

pub(super) fn read_line(
    line: &[u8],
    file: &Arc<str>,
    number: u64,
    settings: &InputSettings,
) -> Result<Document, Unfit> {
    let line = simdutf8::compat::from_utf8(line).map_err(|error| {
        format!("not UTF-8 from byte {} of the line: convert the file to UTF-8", error.valid_up_to())
    })?;
    if !line.starts_with('{') {
        let head = head(line, 20);
        return Err(format!("not a record: a line must be a JSON object, this one begins with `{head}`").into());
    }
    if depth(line) > DEEPEST {
        return Err(format!("nested more than {DEEPEST} levels deep").into());
    }
    let mut record = parse(line, settings).map_err(|error| format!("not valid JSON: {}", explain(&error)))?;
    for (field, name) in [(&mut record.id, &settings.id_field), (&mut record.date, &settings.date_field)] {
        // Rare, and costs another look at the line.
        if matches!(field, Field::Inexact) {
            *field = Field::Number(written(line, name).unwrap_or_default());
        }
    }
    document(record, file, number, settings, &|| missing(line, settings))
}

/// Returns the document of a record, `number` in the file.
///
/// # Errors
/// When it has no text; where there is not even a field of that name, `missing` tells what there is.
pub(super) fn document(
    record: Record,
    file: &Arc<str>,
    number: u64,
    settings: &InputSettings,
    missing: &dyn Fn() -> String,
) -> Result<Document, Unfit> {
    let id = match record.id {
        Field::Text(id) | Field::Number(id) if !id.is_empty() => Some(id),
        _ => None,
    };
    let page = match record.html {
        Field::Text(page) => Some(html::text(&encoding::tidy(page))),
        _ => None,
    };
    let (text, lines) = match (page, record.text) {
        // A page without any text, as where it could not be fetched, says less than a text beside it.
        (Some(page), text) if !page.0.is_empty() || !matches!(text, Field::Text(_)) => page,
        (_, Field::Text(text)) => (encoding::with_line_feeds(encoding::tidy(text)), Vec::new()),
        (_, Field::Missing) => return Err(Unfit { reason: missing(), id }),
        (_, other) => {
            return Err(Unfit { reason: format!("field `{}` is {other}, not a string", settings.text_field), id });
        }
    };
    let text = encoding::closed_up(text);
    let key = id.unwrap_or_else(|| format!("{file}:{number}"));
    let site = match &record.url {
        Field::Text(url) => Document::host(url),
        // The name of a file of records may be as it was typed, which is not the same in another folder.
        _ => "".into(),
    };
    let date = match &record.date {
        Field::Text(date) | Field::Number(date) => Moment::parse(date),
        _ => None,
    };
    Ok(Document { key, text, lines, site, date, origin: Origin { file: Arc::clone(file), line: number } })
}

/// Returns the value of a field as it is written, of several of that name the last.
fn written(line: &str, field: &str) -> Option<String> {
    let fields = sonic_rs::to_object_iter(line).filter_map(Result::ok).filter(|(name, _)| name == field);
    fields.last().map(|(_, value)| value.as_raw_str().to_owned())
}

/// Returns a record with another text, all other fields as they were. A page's HTML gives way to the text.
pub(super) fn with_text(line: &str, text: &str, settings: &InputSettings) -> Option<String> {
    let mut fields = Vec::new();
    let mut is_placed = false;
    let mut place = |fields: &mut Vec<String>| {
        if !std::mem::replace(&mut is_placed, true) {
            fields.push(format!("{}:{}", quoted(&settings.text_field), quoted(text)));
        }
    };
    for field in sonic_rs::to_object_iter(line) {
        let (name, value) = field.ok()?;
        let is_html = !settings.html_field.is_empty() && name == settings.html_field && value.is_str();
        if is_html || name == settings.text_field {
            place(&mut fields);
        } else {
            fields.push(format!("{}:{}", quoted(&name), value.as_raw_str()));
        }
    }
    Some(format!("{{{}}}", fields.join(",")))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Lists and objects within each other; sonic-rs calls itself for each.
const DEEPEST: usize = 512;

/// Returns how deep the lists and objects of a line are nested.
fn depth(line: &str) -> usize {
    // Most lines have too few brackets of any kind to be deep.
    if memchr::memchr2_iter(b'[', b'{', line.as_bytes()).nth(DEEPEST).is_none() {
        return 0;
    }
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut is_string, mut is_escaped) = (false, false);
    for byte in line.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = is_string,
            b'"' => is_string = !is_string,
            b'[' | b'{' if !is_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !is_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Says which field is missing, which there are, and how to name the right one.
fn missing(line: &str, settings: &InputSettings) -> String {
    let fields: Vec<String> = sonic_rs::to_object_iter(line)
        .filter_map(Result::ok)
        .filter(|(_, value)| value.is_str())
        .take(5)
        .map(|(name, _)| format!("`{}`", head(&name, 40)))
        .collect();
    let others =
        if fields.is_empty() { String::new() } else { format!(" (its text fields are {})", fields.join(", ")) };
    format!("no field `{}`{others}: name it with `--text-field`", settings.text_field)
}

fn head(text: &str, characters: usize) -> String {
    let head: String = text.chars().take(characters).collect();
    if head.len() < text.len() { head + "…" } else { head }
}

/// The parser's message without the drawing of the place below it.
fn explain(error: &sonic_rs::Error) -> String {
    let message = error.to_string();
    let message = message.lines().next().unwrap_or_default().trim_end_matches('.');
    message.replace("line 1 column", "column").replace("at line 1, ", "at ")
}

/// The fields of one record that are looked at.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) text: Field,
    pub(super) id: Field,
    pub(super) html: Field,
    pub(super) url: Field,
    pub(super) date: Field,
}

impl Record {
    /// Returns the bytes of its fields.
    pub(super) fn bytes(&self) -> usize {
        let Self { text, id, html, url, date } = self;
        [text, id, html, url, date].iter().map(|field| field.bytes()).sum()
    }
}

#[derive(Clone, Debug, Default)]
pub(super) enum Field {
    #[default]
    Missing,
    Text(String),
    /// As it is written.
    Number(String),
    /// A number with a fraction, an exponent or more digits than 64 bits hold, of which the parser does not tell how it
    /// is written.
    Inexact,
    Other(&'static str),
}

impl Field {
    fn bytes(&self) -> usize {
        match self {
            Self::Text(text) | Self::Number(text) => text.len(),
            Self::Missing | Self::Inexact | Self::Other(_) => 0,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "missing",
            Self::Text(_) => "a string",
            Self::Number(_) | Self::Inexact => "a number",
            Self::Other(what) => what,
        })
    }
}

fn parse(line: &str, settings: &InputSettings) -> sonic_rs::Result<Record> {
    // Half of a surrogate pair (`\ud83d`), as is left where a text was cut, becomes U+FFFD.
    let mut parser = sonic_rs::Deserializer::from_str(line).utf8_lossy();
    let record = parser.deserialize_map(RecordVisitor { settings })?;
    parser.end()?;
    Ok(record)
}

struct RecordVisitor<'s> {
    settings: &'s InputSettings,
}

impl<'de> Visitor<'de> for RecordVisitor<'_> {
    type Value = Record;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Record, A::Error> {
        let mut record = Record::default();
        let settings = self.settings;
        while let Some(roles) = map.next_key_seed(Roles { settings })? {
            let Record { text, id, html, url, date } = &mut record;
            // The first that wants the value gets it, and the others copies: the text is the longest.
            let mut wanting = [html, text, id, url, date].into_iter().zip(roles).filter(|(_, wants)| *wants);
            let Some((first, _)) = wanting.next() else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            *first = map.next_value_seed(FieldVisitor)?;
            for (other, _) in wanting {
                other.clone_from(first);
            }
        }
        Ok(record)
    }
}

/// Tells which of the fields looked at a name is: HTML, text, id, address, date.
struct Roles<'s> {
    settings: &'s InputSettings,
}

impl<'de> DeserializeSeed<'de> for Roles<'_> {
    type Value = [bool; 5];

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Roles<'_> {
    type Value = [bool; 5];

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a field's name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        let InputSettings { text_field, id_field, html_field, url_field, date_field, .. } = self.settings;
        let optional = |field: &str| name == field && !field.is_empty();
        Ok([optional(html_field), name == text_field, name == id_field, optional(url_field), optional(date_field)])
    }
}

struct FieldVisitor;

impl<'de> DeserializeSeed<'de> for FieldVisitor {
    type Value = Field;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Field, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for FieldVisitor {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Field, E> {
        Ok(Field::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Field, E> {
        Ok(Field::Text(text))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Field, E> {
        Ok(Field::Number(number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Field, E> {
        Ok(Field::Number(number.to_string()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Field, E> {
        Ok(Field::Inexact)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Field, E> {
        Ok(Field::Other("a boolean"))
    }

    fn visit_unit<E>(self) -> Result<Field, E> {
        Ok(Field::Other("null"))
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut items: A) -> Result<Field, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Field::Other("a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Field, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>().map_err(A::Error::custom)?.is_some() {}
        Ok(Field::Other("an object"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(lines: &str, settings: &InputSettings) -> Vec<Result<Document, Skipped>> {
        let mut read_so_far = Vec::new();
        let piece = Piece::whole(lines.as_bytes().to_vec());
        let rules = Rules { settings: settings.clone(), ..Rules::default() };
        read(&piece, &"船.jsonl".into(), &rules, &mut |item| read_so_far.push(item));
        read_so_far
    }

    fn texts(lines: &str) -> Vec<(String, String)> {
        let all = read_all(lines, &InputSettings::default());
        all.into_iter()
            .map(|item| item.map_or_else(|bad| (bad.key, bad.reason), |good| (good.key, good.text)))
            .collect()
    }

    fn reason(line: &str) -> String {
        match read_all(line, &InputSettings::default()).remove(0) {
            Ok(document) => panic!("{document:?}"),
            Err(skipped) => skipped.reason,
        }
    }

    #[test]
    fn a_record_is_named_by_its_id_or_its_line() {
        let lines = "{\"id\": \"甲\", \"text\": \"渡口\"}\n\n  \r\n{\"text\": \"老船工\\r\\n说\", \"id\": 17}\r\n{\"text\":\"绳索\"}\n\
                     {\"id\": null, \"text\": \"河水\"}\n{\"id\": \"\", \"text\": \"\"}\n{\"id\": -3, \"te\\u0078t\": \"芦苇\"}\n\
                     {\"id\": 18446744073709551616, \"text\": \"桨\"}\n{\"id\": 7.50, \"text\": \"橹\"}";
        let expected = [
            ("甲", "渡口"),
            ("17", "老船工\n说"),
            ("船.jsonl:5", "绳索"),
            ("船.jsonl:6", "河水"),
            ("船.jsonl:7", ""),
            ("-3", "芦苇"),
            ("18446744073709551616", "桨"),
            ("7.50", "橹"),
        ];
        assert_eq!(texts(lines), expected.map(|(key, text)| (key.to_owned(), text.to_owned())));
    }

    #[test]
    fn a_bad_record_says_what_is_wrong_and_the_others_are_read() {
        let lines = "{\"text\": \"一\"}\n{\"text\": \"二\n{\"text\": \"三\"}\n";
        let keys: Vec<_> = texts(lines).into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["船.jsonl:1", "船.jsonl:2", "船.jsonl:3"]);
        assert_eq!(
            reason("{\"content\": \"渡口\", \"n\": 1}"),
            "no field `text` (its text fields are `content`): name it with `--text-field`"
        );
        assert_eq!(reason("{}"), "no field `text`: name it with `--text-field`");
        assert_eq!(reason("{\"text\": null}"), "field `text` is null, not a string");
        assert_eq!(reason("{\"text\": [\"渡\", {}]}"), "field `text` is a list, not a string");
        assert_eq!(reason("{\"text\": {\"a\": [1]}}"), "field `text` is an object, not a string");
        assert_eq!(reason("{\"text\": 1.5}"), "field `text` is a number, not a string");
        assert_eq!(
            reason("[\"渡口\"]"),
            "not a record: a line must be a JSON object, this one begins with `[\"渡口\"]`"
        );
        for line in [
            "{\"text\": \"渡",
            "{\"text\": \"渡\"} x",
            "{\"text\": \"渡\"}{\"text\": \"口\"}",
            "{'text': 1}",
            "{\"text\": \"渡\",",
        ] {
            let reason = reason(line);
            assert!(reason.starts_with("not valid JSON: ") && !reason.contains('\n'), "{reason}");
        }
    }

    #[test]
    fn bytes_that_are_no_utf8_cost_their_record_only() {
        let lines = [b"{\"text\": \"".as_slice(), b"\xB6\xC9", b"\"}\n{\"text\": \"ok\"}"].concat();
        let mut all = Vec::new();
        let piece = Piece::whole(lines);
        read(&piece, &"船.jsonl".into(), &Rules::default(), &mut |item| all.push(item));
        assert!(all[0].as_ref().unwrap_err().reason.contains("not UTF-8 from byte 10"));
        assert_eq!(all[1].as_ref().unwrap().text, "ok");
    }

    #[test]
    fn a_byte_order_mark_between_joined_files_does_not_cost_a_record() {
        assert_eq!(texts("{\"id\": 1, \"text\": \"渡\"}\n\u{FEFF}{\"id\": 2, \"text\": \"口\"}")[1].1, "口");
    }

    #[test]
    fn half_of_a_surrogate_pair_does_not_cost_the_record() {
        assert_eq!(
            texts("{\"id\": \"甲\", \"text\": \"渡\\ud83d口\\ude00。\\ud83d\\ude00\"}"),
            [("甲".to_owned(), "渡\u{FFFD}口\u{FFFD}。😀".to_owned())]
        );
        assert_eq!(
            texts("{\"id\": \"甲\", \"text\": \"渡口\\ud83d\"}"),
            [("甲".to_owned(), "渡口\u{FFFD}".to_owned())]
        );
    }

    #[test]
    fn a_record_that_carries_a_page_is_read_as_one() {
        let settings = InputSettings { html_field: "html".into(), ..InputSettings::default() };
        let lines = "{\"text\": \"摘要\", \"html\": \"<nav>首页</nav><p>渡口\"}\n{\"text\": \"摘要\", \"html\": null}\n{\"html\": \"<p>船\"}\n\
                     {\"html\": \"\", \"text\": \"桨\"}\n{\"html\": \"<p> \", \"text\": \"橹\"}\n{\"html\": \"\"}";
        let texts: Vec<_> = read_all(lines, &settings)
            .into_iter()
            .map(|item| item.map(|it| (it.text, it.lines.len())).unwrap())
            .collect();
        assert_eq!(
            texts,
            [
                ("首页\n渡口".to_owned(), 2),
                ("摘要".to_owned(), 0),
                ("船".to_owned(), 1),
                ("桨".into(), 0),
                ("橹".into(), 0),
                (String::new(), 0)
            ]
        );
    }

    #[test]
    fn a_deeply_nested_record_does_not_overflow_the_stack() {
        let deep = "nested more than 512 levels deep";
        assert_eq!(reason(&format!("{{\"x\": {}, \"text\": \"渡口\"}}", "[".repeat(1_000_000))), deep);
        let (open, close) = ("{\"a\":".repeat(100_000), "}".repeat(100_000));
        assert_eq!(reason(&format!("{{\"text\": {open}1{close}}}")), deep);
        let (open, close) = ("[".repeat(500), "]".repeat(500));
        let line = format!("{{\"x\": {open}{close}, \"id\": 1, \"text\": \"渡口\\\"{}\"}}", "[".repeat(1000));
        assert_eq!(texts(&line)[0].0, "1");
    }
}
