//! Archives of web pages (WARC, ISO 28500): each record that holds a page is a document.
//!
//! Pages are what was answered with status 200 and is HTML or plain text, what was stored as such without an answer
//! (`resource`), and the plain text that was made of a page (`conversion`, as in WET files). Other records are none:
//! what was asked, what was told about it, images and scripts, redirections, what was there before (`revisit`), and
//! what a crawler says of itself. A record's number in its archive, from 1, stands where the number of a line stands
//! in a file of records.
//!
//! Crawlers write much that the standards do not have (`HTTP/2 200`, spaces before colons, answers that are unpacked
//! while their header says otherwise). So headers are read by their lines here, and what does not unpack as it says is
//! taken as it is; parsers of HTTP refuse both.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::compression::Compression;
use super::format::{self, Format};
use super::{LONGEST, Rules, Sink, encoding, html};
use crate::document::{Document, Moment, Origin, Skipped};
use crate::settings::InputSettings;

/// What an archive begins with, and each of its records.
pub(super) const MARK: &[u8] = b"WARC/";

/// Bytes of pages that make a piece, but for pages that are longer.
const PIECE: usize = 1 << 20;

/// Bytes of the longest header that is read.
const LONGEST_HEADER: u64 = 1 << 20;

/// A record that may hold a page.
#[derive(Debug)]
struct Record {
    /// Its number, from 1.
    number: u64,
    uri: Option<String>,
    date: Option<Moment>,
    /// What it says that the page is, if it says so.
    media: Option<String>,
    /// What was done to the page, in that order.
    codings: Vec<String>,
    /// The page, or why it cannot be read.
    page: Result<Vec<u8>, String>,
}

/// The records of an archive, one after another.
pub(super) struct Records {
    bytes: BufReader<Box<dyn Read + Send>>,
    /// The number of the record that was begun last.
    number: u64,
    /// Records so far that hold no page.
    others: u64,
}

impl Records {
    pub(super) fn new(bytes: Box<dyn Read + Send>) -> Self {
        Self { bytes: BufReader::with_capacity(256 << 10, bytes), number: 0, others: 0 }
    }

    /// Returns the number of the record that was read last, or could not be read.
    pub(super) fn at(&self) -> u64 {
        self.number
    }

    /// Returns the next record that may hold a page; `None` at the end.
    ///
    /// # Errors
    /// What is wrong with the archive from the record of [`Records::at`] on.
    fn next_page(&mut self) -> Result<Option<Record>, String> {
        loop {
            let Some(header) = self.header(&mut io::sink())? else { return Ok(None) };
            let length = length_of(&header)?;
            let mut body = self.bytes.by_ref().take(length);
            let found = opened(&header, length, &mut body).map_err(|error| unreadable(&error))?;
            let found = found.map(|record| Record { number: self.number, ..record });
            io::copy(&mut body, &mut io::sink()).map_err(|error| unreadable(&error))?;
            if body.limit() > 0 {
                return Err("it is cut off".into());
            }
            match found {
                Some(record) => return Ok(Some(record)),
                None => self.others += 1,
            }
        }
    }

    /// Returns the header of the next record with the empty lines before it, and the length of its content, which is
    /// to be [copied](Self::copy_content) next; `None` at the end.
    ///
    /// # Errors
    /// What is wrong with the archive from the record of [`Records::at`] on.
    pub(super) fn next_as_it_is(&mut self) -> Result<Option<(Vec<u8>, u64)>, String> {
        let mut header = Vec::new();
        let Some(own) = self.header(&mut header)? else { return Ok(None) };
        let length = length_of(&own)?;
        header.extend(own);
        Ok(Some((header, length)))
    }

    /// Writes the content of a record, and the ends of lines behind it.
    ///
    /// # Errors
    /// What is wrong with the archive from this record on, or with the writer.
    pub(super) fn copy_content(&mut self, length: u64, out: &mut dyn Write) -> Result<(), Broken> {
        let unreadable = |error: io::Error| Broken::Archive(unreadable(&error));
        let mut content = self.bytes.by_ref().take(length);
        loop {
            let part = content.fill_buf().map_err(unreadable)?;
            if part.is_empty() {
                break;
            }
            out.write_all(part).map_err(Broken::Target)?;
            let length = part.len();
            content.consume(length);
        }
        if content.limit() > 0 {
            return Err(Broken::Archive("it is cut off".into()));
        }
        // Two ends of lines by the standard; some writers leave out one, or both.
        for _ in 0..2 {
            let mut end = Vec::new();
            if matches!(self.bytes.fill_buf().map_err(unreadable)?.first(), Some(b'\r' | b'\n')) {
                self.bytes.read_until(b'\n', &mut end).map_err(unreadable)?;
            }
            out.write_all(&end).map_err(Broken::Target)?;
        }
        Ok(())
    }

    /// Returns the header of the next record with the empty line that ends it, and gives the empty lines before it to
    /// `before`; `None` at the end.
    fn header(&mut self, before: &mut dyn Write) -> Result<Option<Vec<u8>>, String> {
        self.number += 1;
        let mut header = Vec::new();
        let mut bytes = loop {
            header.clear();
            let mut bytes = self.bytes.by_ref().take(LONGEST_HEADER);
            if bytes.read_until(b'\n', &mut header).map_err(|error| unreadable(&error))? == 0 {
                self.number -= 1;
                return Ok(None);
            }
            if !header.trim_ascii().is_empty() {
                break bytes;
            }
            before.write_all(&header).map_err(|error| error.to_string())?;
        };
        if !header.starts_with(MARK) {
            return Err("no record begins where one is due: the archive is damaged".into());
        }
        loop {
            let line = header.len();
            if bytes.read_until(b'\n', &mut header).map_err(|error| unreadable(&error))? == 0 {
                return Err(if bytes.limit() == 0 { "its header is longer than 1 MiB" } else { "it is cut off" }.into());
            }
            if header[line..].trim_ascii().is_empty() {
                return Ok(Some(header));
            }
        }
    }
}

/// Why a record could not be copied.
pub(super) enum Broken {
    Archive(String),
    Target(io::Error),
}

fn unreadable(error: &io::Error) -> String {
    format!("it cannot be read to its end: {error}")
}

fn length_of(header: &[u8]) -> Result<u64, String> {
    let length = field(header, "Content-Length").and_then(|length| length.parse().ok());
    length.ok_or_else(|| "its header says no `Content-Length`".into())
}

/// Returns the values of all fields of a name, in any case, of a header whose first line is none. Lines that begin with
/// white space go on from the one before.
fn fields<'h>(header: &'h [u8], name: &'h str) -> impl Iterator<Item = String> + 'h {
    let mut lines = header.split(|&byte| byte == b'\n').skip(1).peekable();
    std::iter::from_fn(move || {
        loop {
            let line = lines.next()?;
            let Some(colon) = memchr::memchr(b':', line) else { continue };
            let (own, value) = (&line[..colon], &line[colon + 1..]);
            if !own.trim_ascii().eq_ignore_ascii_case(name.as_bytes()) {
                continue;
            }
            let mut value = String::from_utf8_lossy(value.trim_ascii()).into_owned();
            while let Some(more) = lines.next_if(|line| matches!(line.first(), Some(b' ' | b'\t'))) {
                value.push(' ');
                value.push_str(&String::from_utf8_lossy(more.trim_ascii()));
            }
            return Some(value);
        }
    })
}

/// Returns the value of the first field of a name, if it has one.
fn field(header: &[u8], name: &str) -> Option<String> {
    fields(header, name).next().filter(|value| !value.is_empty())
}

/// Reads a record of which the header was read, as far as it may be a page; `None` where it holds none.
fn opened(header: &[u8], mut length: u64, body: &mut impl BufRead) -> io::Result<Option<Record>> {
    let uri = field(header, "WARC-Target-URI");
    // Some writers have it between brackets, as the grammar of an early draft had.
    let uri = uri.map(|uri| uri.strip_prefix('<').and_then(|uri| uri.strip_suffix('>')).unwrap_or(&uri).to_owned());
    // What crawlers say of themselves (`metadata://`), or keep beside a page (`urn:text:`, `dns:`).
    let is_of_crawler = |uri: &String| {
        let parts = uri.split_once(':');
        parts.is_some_and(|(scheme, rest)| !rest.starts_with("//") || scheme.eq_ignore_ascii_case("metadata"))
    };
    let kind = field(header, "WARC-Type").unwrap_or_default().to_ascii_lowercase();
    if !matches!(&*kind, "response" | "resource" | "conversion") || uri.as_ref().is_some_and(is_of_crawler) {
        return Ok(None);
    }
    let date = field(header, "WARC-Date").and_then(|date| Moment::parse(&date));
    let media = field(header, "Content-Type");
    let mut record = Record { number: 0, uri, date, media, codings: Vec::new(), page: Ok(Vec::new()) };
    if kind == "response" {
        let Answer { code, header, taken } = match Answer::read(body)? {
            Ok(answer) => answer,
            // Answers by other protocols than HTTP.
            Err(_) if !record.media.as_deref().is_some_and(|media| media.contains("http")) => return Ok(None),
            Err(reason) => return Ok(Some(Record { page: Err(reason.into()), ..record })),
        };
        if code != 200 {
            return Ok(None);
        }
        length -= taken;
        let named = |name| -> Vec<String> {
            let all = fields(&header, name).collect::<Vec<String>>().join(",").to_ascii_lowercase();
            all.split(',').map(|coding| coding.trim().trim_matches('"').to_owned()).collect()
        };
        record.codings = [named("Content-Encoding"), named("Transfer-Encoding")].concat();
        record.media = field(&header, "Content-Type");
    } else if kind == "conversion" && record.media.is_none() {
        record.media = Some("text/plain".into());
    }
    if !matches!(media_type(record.media.as_deref()), None | Some(Format::Html | Format::Text)) {
        return Ok(None);
    }
    if field(header, "WARC-Segment-Number").is_some() {
        return Ok(Some(Record { page: Err("stored in several records, which are not joined".into()), ..record }));
    }
    if length > LONGEST {
        return Ok(Some(Record { page: Err("longer than 4 GiB: cut it into documents".into()), ..record }));
    }
    let mut page = Vec::with_capacity(length.min(64 << 10) as usize);
    body.read_to_end(&mut page)?;
    Ok(Some(Record { page: Ok(page), ..record }))
}

/// The header of an answer.
struct Answer {
    code: u16,
    header: Vec<u8>,
    /// Its bytes, and those of what was said before it (`100 Continue`): no more than the content has.
    taken: u64,
}

impl Answer {
    /// Reads the header of an answer, or says why there is none.
    fn read(content: &mut impl BufRead) -> io::Result<Result<Self, &'static str>> {
        let mut taken = 0;
        loop {
            let mut header = Vec::new();
            let mut bytes = content.by_ref().take(LONGEST_HEADER);
            bytes.read_until(b'\n', &mut header)?;
            let Some(code) = status(&header) else { return Ok(Err("the answer does not begin with a status")) };
            loop {
                let line = header.len();
                if bytes.read_until(b'\n', &mut header)? == 0 {
                    return Ok(Err("the header of the answer is cut off"));
                }
                if header[line..].trim_ascii().is_empty() {
                    break;
                }
            }
            taken += header.len() as u64;
            if !(100..200).contains(&code) {
                return Ok(Ok(Self { code, header, taken }));
            }
        }
    }
}

/// Returns the status that a line tells: the word after the protocol, which is any version of HTTP (`HTTP/2 200`).
fn status(line: &[u8]) -> Option<u16> {
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let protocol = words.next()?;
    let is_http = protocol.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"http/")) || protocol == b"ICY";
    std::str::from_utf8(words.next()?).ok()?.parse().ok().filter(|_| is_http)
}

/// Some records of an archive.
#[derive(Debug)]
pub(super) struct Piece {
    records: Vec<Record>,
    /// Number of the first record that stands in it.
    pub(super) first: u64,
    /// Bytes on disk that the piece stands for.
    pub(super) on_disk: u64,
    /// Records in it that hold no page.
    others: u64,
    /// From which record on nothing can be read, and why.
    broken: Option<(u64, String)>,
}

/// An archive as an iterator of [`Piece`]s, in order. A step unpacks, and reads headers.
pub(super) struct Pieces {
    records: Records,
    is_ended: bool,
    /// Bytes taken from the disk so far, and how many of them the pieces so far stand for.
    taken: Arc<AtomicU64>,
    told: u64,
}

impl std::fmt::Debug for Pieces {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_struct("Pieces").field("at", &self.records.at()).finish_non_exhaustive()
    }
}

impl Pieces {
    /// Returns the records of a stream whose reader counts the bytes it takes from the disk in `taken`.
    pub(super) fn new(bytes: Box<dyn Read + Send>, taken: Arc<AtomicU64>) -> Self {
        Self { records: Records::new(bytes), is_ended: false, taken, told: 0 }
    }
}

impl Iterator for Pieces {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        if self.is_ended {
            return None;
        }
        let first = self.records.at() + 1;
        let (mut records, mut bytes, mut broken) = (Vec::new(), 0, None);
        while bytes < PIECE && !self.is_ended {
            match self.records.next_page() {
                Ok(Some(record)) => {
                    bytes += record.page.as_ref().map_or(0, Vec::len);
                    records.push(record);
                }
                Ok(None) => self.is_ended = true,
                Err(reason) => {
                    self.is_ended = true;
                    broken = Some((self.records.at(), reason));
                }
            }
        }
        let others = std::mem::take(&mut self.records.others);
        let taken = self.taken.load(Ordering::Relaxed);
        let on_disk = taken - std::mem::replace(&mut self.told, taken);
        let is_empty = records.is_empty() && others == 0 && broken.is_none() && on_disk == 0;
        (!is_empty).then_some(Piece { records, first, on_disk, others, broken })
    }
}

/// Reads each record of `piece` that is wanted; returns how many of all hold no page.
pub(super) fn read(piece: Piece, file: &Arc<str>, rules: &Rules, sink: Sink) -> u64 {
    let wanted = rules.wanted.as_ref().map(|wanted| wanted.lines(file));
    let mut others = piece.others;
    for record in piece.records {
        let number = record.number;
        if wanted.is_some_and(|lines| lines.binary_search(&number).is_err()) {
            continue;
        }
        match document(record, file) {
            Ok(Some(document)) => sink(Ok(document)),
            Ok(None) => others += 1,
            Err(reason) => sink(Err(Skipped::new(format!("{file}:{number}"), reason))),
        }
    }
    if let Some((number, reason)) = piece.broken {
        let reason = format!("record {number} of the archive: {reason}; the records before it were read");
        sink(Err(Skipped::torn(file, format!("{file}:{number}"), reason)));
    }
    others
}

/// Returns the document of a record; nothing where it turns out to hold no page.
///
/// # Errors
/// When it holds one that cannot be read.
fn document(record: Record, file: &Arc<str>) -> Result<Option<Document>, String> {
    let Record { number, uri, date, media, codings, page } = record;
    let mut page = page?;
    // What was done last is undone first; and whatever the header says, no text begins as gzip does.
    for coding in codings.iter().rev().map(String::as_str).chain(["gzip"]) {
        page = undone(coding, page)?;
    }
    let unknown = codings.iter().find(|coding| !CODINGS.contains(&coding.as_str()));
    let of_unknown = |what: String| unknown.map_or(what, |coding| format!("packed with `{coding}`, which is not read"));
    let format = match media_type(media.as_deref()) {
        Some(format) => format,
        None if encoding::binary(&page).is_some() => return Ok(None),
        // Scripts and data come without a type too.
        None => match format::by_content(&page[..page.len().min(format::HEAD)], &InputSettings::default()) {
            Ok(Format::Html) => Format::Html,
            _ => return Ok(None),
        },
    };
    if let Some(what) = encoding::binary(&page) {
        return Err(of_unknown(what.into()));
    }
    let charset = media.as_deref().and_then(charset);
    let label = charset.or_else(|| if format == Format::Html { encoding::label(&page) } else { None });
    let text = encoding::decode(page, label.as_deref()).map_err(of_unknown)?;
    let (text, lines) = match format {
        Format::Html => html::text(&text),
        _ => (encoding::with_line_feeds(text), Vec::new()),
    };
    Ok(Some(Document {
        site: uri.as_deref().map(Document::host).unwrap_or_default(),
        key: uri.unwrap_or_else(|| format!("{file}:{number}")),
        text: encoding::closed_up(text),
        lines,
        date,
        origin: Origin { file: Arc::clone(file), line: number },
    }))
}

/// Returns the format of pages of a media type: that of an archive for one whose pages are not read, and nothing
/// where it says none.
fn media_type(field: Option<&str>) -> Option<Format> {
    let first = field?.split([';', ',', ' ', '\t']).next().unwrap_or_default();
    let media = first.trim_matches(['"', '\'']).to_ascii_lowercase();
    match &*media {
        "text/html" | "application/xhtml+xml" => Some(Format::Html),
        "text/plain" => Some(Format::Text),
        "*/*" => None,
        other if !other.contains('/') => None,
        _ => Some(Format::Archive),
    }
}

/// Returns the encoding that a media type names.
fn charset(field: &str) -> Option<String> {
    let value = field.split([';', ',', ' ']).skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then_some(value)
    });
    value.map(|value| value.trim().trim_matches(['"', '\'']).to_owned()).filter(|value| !value.is_empty())
}

/// What an answer may say was done to its page, none of it among that.
const CODINGS: [&str; 8] = ["", "identity", "chunked", "gzip", "x-gzip", "zstd", "deflate", "br"];

/// Returns a page before it was packed or sent in one of the [`CODINGS`]; as it is for any other word, and where it
/// does not look as if that was done. Of one that is cut off there is what comes before the cut.
///
/// # Errors
/// When nothing of it can be unpacked.
fn undone(coding: &str, page: Vec<u8>) -> Result<Vec<u8>, String> {
    let packing = Compression::announced_by(&page);
    match coding {
        "chunked" => Ok(joined(&page).unwrap_or(page)),
        "gzip" | "x-gzip" if packing == Compression::Gzip => unpacked(packing.unpack(Box::new(&page[..])), "gzip"),
        "zstd" if packing == Compression::Zstandard => unpacked(packing.unpack(Box::new(&page[..])), "zstd"),
        // With a header or without: servers differ in what they take it to mean.
        "deflate" if !is_plain(&page) => unpacked(Ok(flate2::read::ZlibDecoder::new(&page[..])), "deflate")
            .or_else(|_| unpacked(Ok(flate2::read::DeflateDecoder::new(&page[..])), "deflate")),
        "br" if !is_plain(&page) => unpacked(Ok(brotli_decompressor::Decompressor::new(&page[..], 64 << 10)), "Brotli"),
        _ => Ok(page),
    }
}

/// Returns whether some bytes begin as text does: what is packed has control characters.
fn is_plain(bytes: &[u8]) -> bool {
    let is_control = |&byte: &u8| byte < b' ' && !byte.is_ascii_whitespace();
    !bytes[..bytes.len().min(512)].iter().any(is_control)
}

/// Returns what `packed` unpacks to, up to where it breaks off.
fn unpacked(packed: io::Result<impl Read>, name: &str) -> Result<Vec<u8>, String> {
    let mut page = Vec::new();
    match packed.and_then(|packed| packed.take(LONGEST + 1).read_to_end(&mut page)) {
        Err(error) if page.is_empty() => Err(format!("packed with {name}, and cannot be unpacked: {error}")),
        _ if page.len() as u64 > LONGEST => Err("longer than 4 GiB: cut it into documents".into()),
        _ => Ok(page),
    }
}

/// Returns the content of an answer that was sent in chunks (RFC 9112, 7.1); nothing where it does not stand in chunks.
/// Of one that is damaged or cut off, all that follows is its last chunk.
fn joined(chunks: &[u8]) -> Option<Vec<u8>> {
    let mut page = Vec::with_capacity(chunks.len());
    let mut rest = chunks;
    loop {
        let line = memchr::memchr(b'\n', rest);
        let size = rest[..line.unwrap_or(rest.len())].split(|&byte| byte == b';').next().unwrap_or_default();
        let size = std::str::from_utf8(size.trim_ascii()).ok().and_then(|size| usize::from_str_radix(size, 16).ok());
        let is_first = page.is_empty();
        let (Some(line), Some(size)) = (line, size) else {
            // Cut off in a size, or after a chunk.
            if line.is_none() && (size.is_some() || rest.trim_ascii().is_empty()) {
                rest = &[];
            }
            page.extend_from_slice(rest);
            return (!is_first).then_some(page);
        };
        let chunk = &rest[line + 1..];
        if size == 0 {
            // Behind the last chunk are fields at most.
            return (!is_first || chunk.trim_ascii().is_empty()).then_some(page);
        }
        if chunk.len() == size {
            page.extend_from_slice(chunk);
            return Some(page);
        }
        let behind = chunk.get(size..).unwrap_or_default();
        let is_whole = behind.starts_with(b"\r\n") || behind.starts_with(b"\n");
        if !is_whole {
            page.extend_from_slice(chunk);
            return (!is_first).then_some(page);
        }
        page.extend_from_slice(&chunk[..size]);
        rest = &behind[1 + usize::from(behind[0] == b'\r')..];
    }
}
