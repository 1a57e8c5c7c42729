//! Archives of web pages (WARC, ISO 28500): each record that holds a page is a document.
//!
//! Pages are what was answered with status 200 and is HTML or plain text, what was stored as such without an answer
//! (`resource`), and the plain text that was made of a page (`conversion`, as in WET files). Other records are none:
//! what was asked, what was told about it, images and scripts, redirections, what was there before (`revisit`).
//!
//! A record's number in its archive, from 1, stands where the number of a line stands in a file of records.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::compression::Compression;
use super::format::{self, Format};
use super::{LONGEST, Rules, Sink, encoding, html};
use crate::document::{Document, Moment, Origin, Skipped};

/// What an archive begins with, and each of its records.
pub(super) const MARK: &[u8] = b"WARC/";

/// Bytes of records that make a piece, but for records that are longer.
const PIECE: usize = 1 << 20;

/// The longest header of a record that is read.
const LONGEST_HEADER: u64 = 1 << 20;

/// Fields of a header that are looked at.
const FIELDS: usize = 64;

/// Fields of the header of an answer; one that has more is no page.
const ANSWER_FIELDS: usize = 512;

/// One record as it stands in an archive.
#[derive(Debug)]
pub(super) struct Record {
    /// Its number, from 1.
    pub(super) number: u64,
    /// The header, with the empty line that ends it, and the content: as they are.
    header: Vec<u8>,
    content: Vec<u8>,
    /// What stands behind it, before the next.
    end: Vec<u8>,
    /// Bytes of the content, where it is too long to be read.
    too_long: Option<u64>,
}

impl Record {
    /// Returns the bytes of the record, in the order in which they stand.
    pub(super) fn bytes(&self) -> [&[u8]; 3] {
        [&self.header, &self.content, &self.end]
    }
}

/// The records of an archive, one after another.
pub(super) struct Records {
    bytes: BufReader<Box<dyn Read + Send>>,
    /// The number of the record that was read last.
    number: u64,
    is_ended: bool,
    /// Whether records are wanted that are no page too.
    with_all: bool,
}

impl Records {
    /// Returns the records that may hold a page.
    pub(super) fn of_pages(bytes: Box<dyn Read + Send>) -> Self {
        Self { bytes: BufReader::with_capacity(256 << 10, bytes), number: 0, is_ended: false, with_all: false }
    }

    /// Returns all records.
    pub(super) fn all(bytes: Box<dyn Read + Send>) -> Self {
        Self { with_all: true, ..Self::of_pages(bytes) }
    }

    /// Returns the next record; `None` at the end.
    ///
    /// # Errors
    /// What is wrong with the archive from the record of [`Records::at`] on. Nothing can be read then.
    fn read(&mut self) -> Result<Option<Record>, String> {
        loop {
            let mut header = Vec::new();
            let mut head = self.bytes.by_ref().take(LONGEST_HEADER);
            // Nothing but the ends of lines may stand before a record, and after the last.
            while head.read_until(b'\n', &mut header).map_err(|error| unreadable(&error))? > 0 {
                if !header.trim_ascii().is_empty() {
                    break;
                }
                header.clear();
            }
            if header.is_empty() {
                return Ok(None);
            }
            self.number += 1;
            if !header.starts_with(MARK) {
                return Err("no record begins where one is due: the archive is damaged".into());
            }
            loop {
                let line = header.len();
                if head.read_until(b'\n', &mut header).map_err(|error| unreadable(&error))? == 0 {
                    return Err(
                        if head.limit() == 0 { "its header is longer than 1 MiB" } else { "it is cut off" }.into()
                    );
                }
                if header[line..].trim_ascii().is_empty() {
                    break;
                }
            }
            let Fields { kind, length, .. } = Fields::of(&header)?;
            let length = length.ok_or("its header says no `Content-Length`")?;
            let is_wanted = self.with_all || matches!(&*kind, "response" | "resource" | "conversion");
            let too_long = (is_wanted && !self.with_all && length > LONGEST).then_some(length);
            let mut content = Vec::new();
            let mut body = self.bytes.by_ref().take(length);
            let read = if is_wanted && too_long.is_none() {
                body.read_to_end(&mut content).map(|read| read as u64)
            } else {
                io::copy(&mut body, &mut io::sink())
            };
            if read.map_err(|error| unreadable(&error))? < length {
                return Err("it is cut off".into());
            }
            let mut end = Vec::new();
            if self.with_all {
                // Two ends of lines by the standard; some writers leave out one, or both.
                for _ in 0..2 {
                    let next = self.bytes.fill_buf().map_err(|error| unreadable(&error))?;
                    if matches!(next.first(), Some(b'\r' | b'\n')) {
                        self.bytes.read_until(b'\n', &mut end).map_err(|error| unreadable(&error))?;
                    }
                }
            }
            if is_wanted {
                return Ok(Some(Record { number: self.number, header, content, end, too_long }));
            }
        }
    }

    /// Returns the number of the record that was read last, or could not be read.
    pub(super) fn at(&self) -> u64 {
        self.number
    }
}

impl Iterator for Records {
    type Item = Result<Record, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_ended {
            return None;
        }
        let next = self.read().transpose();
        self.is_ended = !matches!(next, Some(Ok(_)));
        next
    }
}

fn unreadable(error: &io::Error) -> String {
    format!("it cannot be read to its end: {error}")
}

/// Some records of an archive.
#[derive(Debug)]
pub(super) struct Piece {
    records: Vec<Record>,
    /// Number of the first record that stands in it.
    pub(super) first: u64,
    /// Bytes on disk that the piece stands for.
    pub(super) on_disk: u64,
    /// Records in it that cannot hold a page.
    others: u64,
    /// From which record on nothing can be read, and why.
    broken: Option<(u64, String)>,
}

/// An archive as an iterator of [`Piece`]s, in order. A step unpacks and finds where records end.
pub(super) struct Pieces {
    records: Records,
    /// Records of the pieces so far.
    told: u64,
    /// Bytes taken from the disk so far, and how many of them the pieces so far stand for.
    taken: Arc<AtomicU64>,
    told_bytes: u64,
}

impl std::fmt::Debug for Pieces {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_struct("Pieces").field("told", &self.told).finish_non_exhaustive()
    }
}

impl Pieces {
    /// Returns the records of a stream whose reader counts the bytes it takes from the disk in `taken`.
    pub(super) fn new(bytes: Box<dyn Read + Send>, taken: Arc<AtomicU64>) -> Self {
        Self { records: Records::of_pages(bytes), told: 0, taken, told_bytes: 0 }
    }
}

impl Iterator for Pieces {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let (mut records, mut bytes, mut broken) = (Vec::new(), 0, None);
        while bytes < PIECE {
            match self.records.next() {
                Some(Ok(record)) => {
                    bytes += record.header.len() + record.content.len();
                    records.push(record);
                }
                Some(Err(reason)) => broken = Some((self.records.at(), reason)),
                None => break,
            }
        }
        let first = self.told + 1;
        self.told = self.records.at();
        let seen = self.told + 1 - first - u64::from(broken.is_some());
        if seen == 0 && broken.is_none() {
            return None;
        }
        let taken = self.taken.load(Ordering::Relaxed);
        let on_disk = taken - std::mem::replace(&mut self.told_bytes, taken);
        let others = seen - records.len() as u64;
        Some(Piece { records, first, on_disk, others, broken })
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

/// The fields of a record's header that are looked at.
struct Fields<'h> {
    kind: Cow<'h, str>,
    length: Option<u64>,
    /// Media type of the content.
    media: Cow<'h, str>,
    uri: Option<&'h str>,
    date: Option<Moment>,
}

impl<'h> Fields<'h> {
    fn of(header: &'h [u8]) -> Result<Self, String> {
        let fields = header.iter().position(|&byte| byte == b'\n').map_or(&[][..], |end| &header[end + 1..]);
        let mut room = [httparse::EMPTY_HEADER; FIELDS];
        let parsed = match httparse::parse_headers(fields, &mut room) {
            Ok(httparse::Status::Complete((_, fields))) => fields,
            Ok(httparse::Status::Partial) => return Err("its header is cut off".into()),
            Err(error) => return Err(format!("its header cannot be read: {error}")),
        };
        let field = |name: &str| {
            let mut found = parsed.iter().filter(|field| field.name.eq_ignore_ascii_case(name));
            found.next().map(|field| field.value.trim_ascii())
        };
        let text = |name: &str| field(name).map(String::from_utf8_lossy).unwrap_or_default();
        let uri = field("WARC-Target-URI").and_then(|uri| std::str::from_utf8(uri).ok());
        // Some writers have it between brackets, as the grammar of an early draft had.
        let uri = uri.map(|uri| uri.strip_prefix('<').and_then(|uri| uri.strip_suffix('>')).unwrap_or(uri));
        Ok(Self {
            kind: text("WARC-Type").to_ascii_lowercase().into(),
            length: text("Content-Length").parse().ok(),
            media: text("Content-Type"),
            uri: uri.filter(|uri| !uri.is_empty()),
            date: Moment::parse(&text("WARC-Date")),
        })
    }
}

/// Returns the document of a record; nothing where it holds no page.
///
/// # Errors
/// When it holds one that cannot be read.
fn document(record: Record, file: &Arc<str>) -> Result<Option<Document>, String> {
    let Record { number, header, content, too_long, .. } = record;
    if too_long.is_some() {
        return Err("longer than 4 GiB: cut it into documents".into());
    }
    let fields = Fields::of(&header)?;
    let (media, page) = match &*fields.kind {
        "response" if media_type(&fields.media) == "application/http" => match answer(content)? {
            Some(Answer { media, page }) => (media, page),
            None => return Ok(None),
        },
        "response" => return Ok(None),
        _ => (Some(fields.media.into_owned()), content),
    };
    let format = match media.as_deref().map(media_type).as_deref() {
        Some("text/html" | "application/xhtml+xml") => Format::Html,
        Some("text/plain") => Format::Text,
        Some(_) => return Ok(None),
        None if encoding::binary(&page).is_some() => return Ok(None),
        None => match format::by_content(&page[..page.len().min(format::HEAD)]) {
            Ok(format @ (Format::Html | Format::Text)) => format,
            Ok(_) | Err(_) => return Ok(None),
        },
    };
    if let Some(what) = encoding::binary(&page) {
        return Err(what.into());
    }
    let charset = media.as_deref().and_then(charset);
    let label = charset.or_else(|| if format == Format::Html { encoding::label(&page) } else { None });
    let text = encoding::decode(page, label.as_deref())?;
    let (text, lines) = if format == Format::Html { html::text(&text) } else { (text, Vec::new()) };
    Ok(Some(Document {
        key: fields.uri.map_or_else(|| format!("{file}:{number}"), str::to_owned),
        text: encoding::closed_up(text),
        lines,
        site: fields.uri.map(Document::host).unwrap_or_default(),
        date: fields.date,
        origin: Origin { file: Arc::clone(file), line: number },
    }))
}

/// Returns a media type without its parameters, in small letters.
fn media_type(field: &str) -> String {
    field.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Returns the encoding that a media type names.
fn charset(field: &str) -> Option<String> {
    let value = field.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then_some(value)
    });
    value.map(|value| value.trim().trim_matches(['"', '\'']).to_owned()).filter(|value| !value.is_empty())
}

/// A page that a server answered with, and what it says that is.
struct Answer {
    media: Option<String>,
    page: Vec<u8>,
}

/// Returns the page of an answer; nothing where it holds none.
///
/// Crawlers store answers as they came or already unpacked, and the header need not tell which: what does not unpack as
/// it says is taken as it is.
fn answer(content: Vec<u8>) -> Result<Option<Answer>, String> {
    let mut room = [httparse::EMPTY_HEADER; ANSWER_FIELDS];
    let mut answer = httparse::Response::new(&mut room);
    let mut config = httparse::ParserConfig::default();
    config
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_spaces_after_header_name_in_responses(true)
        .allow_multiple_spaces_in_response_status_delimiters(true)
        .ignore_invalid_headers_in_responses(true);
    let body = match config.parse_response(&mut answer, &content) {
        Ok(httparse::Status::Complete(body)) => body,
        Ok(httparse::Status::Partial) => return Err("the header of the answer is cut off".into()),
        Err(error) => return Err(format!("the header of the answer cannot be read: {error}")),
    };
    if answer.code != Some(200) {
        return Ok(None);
    }
    let field = |name: &str| {
        let found = answer.headers.iter().find(|field| field.name.eq_ignore_ascii_case(name));
        found.map(|field| String::from_utf8_lossy(field.value).trim().to_owned()).filter(|value| !value.is_empty())
    };
    let media = field("Content-Type");
    let is_chunked = field("Transfer-Encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
    let codings = field("Content-Encoding").unwrap_or_default().to_ascii_lowercase();
    let mut page = content;
    page.drain(..body);
    if is_chunked {
        page = joined(&page).unwrap_or(page);
    }
    // What was done last is undone first.
    for coding in codings.rsplit(',') {
        page = match coding.trim() {
            "" | "identity" => page,
            "gzip" | "x-gzip" => match Compression::announced_by(&page) {
                Compression::Gzip => unpacked(Compression::Gzip.unpack(Box::new(&page[..])), "gzip")?,
                _ => page,
            },
            "zstd" => match Compression::announced_by(&page) {
                Compression::Zstandard => unpacked(Compression::Zstandard.unpack(Box::new(&page[..])), "zstd")?,
                _ => page,
            },
            "deflate" => {
                let wrapped = unpacked(Ok(flate2::read::ZlibDecoder::new(&page[..])), "deflate");
                let bare = || unpacked(Ok(flate2::read::DeflateDecoder::new(&page[..])), "deflate");
                wrapped.or_else(|_| bare()).unwrap_or(page)
            }
            "br" => {
                let unpacked = unpacked(Ok(brotli_decompressor::Decompressor::new(&page[..], 64 << 10)), "Brotli");
                unpacked.unwrap_or(page)
            }
            other => return Err(format!("packed with `{other}`, which is not read")),
        };
    }
    Ok(Some(Answer { media, page }))
}

/// Returns what `packed` unpacks to.
fn unpacked(packed: io::Result<impl Read>, name: &str) -> Result<Vec<u8>, String> {
    let mut page = Vec::new();
    let read = packed.and_then(|packed| packed.take(LONGEST + 1).read_to_end(&mut page));
    match read {
        Ok(_) if page.len() as u64 > LONGEST => Err("longer than 4 GiB: cut it into documents".into()),
        Ok(_) => Ok(page),
        Err(error) => Err(format!("packed with {name}, and cannot be unpacked: {error}")),
    }
}

/// Returns the content of an answer that was sent in chunks (RFC 9112, 7.1); nothing where it does not stand in chunks.
/// One that was cut off gives what there is.
fn joined(chunks: &[u8]) -> Option<Vec<u8>> {
    let mut page = Vec::with_capacity(chunks.len());
    let mut rest = chunks;
    while let Ok(httparse::Status::Complete((at, length))) = httparse::parse_chunk_size(rest) {
        let chunk = &rest[at..];
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length == 0 {
            return Some(page);
        }
        if length >= chunk.len() {
            page.extend_from_slice(chunk);
            return Some(page);
        }
        page.extend_from_slice(&chunk[..length]);
        rest = &chunk[length..];
        rest = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")).unwrap_or(rest);
    }
    (!page.is_empty() && rest.is_empty()).then_some(page)
}
