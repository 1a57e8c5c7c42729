//! Which format a file is in: by its name, or else by its first bytes.

use std::path::Path;

use super::compression::Compression;
use super::{encoding, objects, records};
use crate::settings::InputSettings;

/// As much of a file as is looked at to tell its format.
pub(super) const HEAD: usize = 64 << 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    Html,
    /// One JSON record a line.
    Records,
    /// JSON records in a list, or over several lines.
    Objects,
    /// Records of a crawl (WARC).
    Archive,
    /// Rows (Parquet).
    Table,
    /// Rows of values set apart (CSV, TSV), by this character if the name says so.
    Separated(Option<u8>),
}

impl Format {
    /// Whether a file of it holds many documents, or none.
    pub(super) fn is_of_many(self) -> bool {
        !matches!(self, Self::Text | Self::Html)
    }
}

/// Returns what the endings of a file's name say: the format, if they name one, and the packing.
pub(super) fn by_name(path: &Path) -> (Option<Format>, Compression) {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let (name, compression) = if let Some(name) = name.strip_suffix(".gz") {
        (name, Compression::Gzip)
    } else if let Some(name) = name.strip_suffix(".zst") {
        (name, Compression::Zstandard)
    } else {
        (name.as_str(), Compression::None)
    };
    let format = match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("txt" | "text" | "md") => Some(Format::Text),
        Some("html" | "htm" | "xhtml") => Some(Format::Html),
        Some("jsonl" | "ndjson") => Some(Format::Records),
        Some("warc" | "wet") => Some(Format::Archive),
        Some("parquet") => Some(Format::Table),
        Some("csv") => Some(Format::Separated(None)),
        Some("tsv" | "tab") => Some(Format::Separated(Some(b'\t'))),
        _ => None,
    };
    (format, compression)
}

/// Returns what the first bytes of a file that is no archive look like, or why they are nothing that can be read.
pub(super) fn by_content(head: &[u8], settings: &InputSettings) -> Result<Format, String> {
    let text = encoding::decode(head.to_vec(), encoding::label(head).as_deref())?;
    let text = text.trim_start();
    let start: String = text.chars().take(1024).flat_map(char::to_lowercase).collect();
    let is_page = ["<!doctype html", "<html", "<head", "<body", "<meta", "<title"];
    if is_page.iter().any(|tag| start.starts_with(tag))
        || ((start.starts_with("<?xml") || start.starts_with("<!--")) && start.contains("<html"))
    {
        return Ok(Format::Html);
    }
    let is_whole = head.len() < HEAD;
    let is_record = match text.split_once('\n') {
        Some((line, _)) => records::is_object(line),
        None if is_whole => records::is_object(text),
        None => text.starts_with("{\""),
    };
    if is_record {
        return Ok(Format::Records);
    }
    let are_objects = objects::are_in(text, [&settings.text_field, &settings.html_field])?;
    Ok(if are_objects { Format::Objects } else { Format::Text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_tells_format_and_packing_in_either_case() {
        let cases = [
            ("渡口.txt", Some(Format::Text), Compression::None),
            ("渡口.TXT.GZ", Some(Format::Text), Compression::Gzip),
            ("a/b.md", Some(Format::Text), Compression::None),
            ("b.text.zst", Some(Format::Text), Compression::Zstandard),
            ("b.Html", Some(Format::Html), Compression::None),
            ("b.htm.gz", Some(Format::Html), Compression::Gzip),
            ("b.xhtml", Some(Format::Html), Compression::None),
            ("b.jsonl.zst", Some(Format::Records), Compression::Zstandard),
            ("b.ndjson", Some(Format::Records), Compression::None),
            ("b.warc.gz", Some(Format::Archive), Compression::Gzip),
            ("b.warc.wet.gz", Some(Format::Archive), Compression::Gzip),
            ("b.Parquet", Some(Format::Table), Compression::None),
            ("b.CSV.gz", Some(Format::Separated(None)), Compression::Gzip),
            ("b.tsv", Some(Format::Separated(Some(b'\t'))), Compression::None),
            ("b.json", None, Compression::None),
            ("b.gz", None, Compression::Gzip),
            ("jsonl", None, Compression::None),
            ("b.html.bak", None, Compression::None),
        ];
        for (name, format, compression) in cases {
            assert_eq!(by_name(Path::new(name)), (format, compression), "{name}");
        }
    }

    #[test]
    fn a_file_without_a_known_ending_is_what_it_looks_like() {
        let cases = [
            ("渡口的老船工说", Format::Text),
            ("", Format::Text),
            ("\n <!DOCTYPE HTML><p>渡口", Format::Html),
            ("<?xml version='1.0'?>\n<html xmlns='x'>", Format::Html),
            ("<?xml version='1.0'?>\n<rss>", Format::Text),
            ("{\"text\": \"渡口\"}\n{\"text\": \"船", Format::Records),
            ("{\"text\": \"渡口\"}", Format::Records),
            ("{\n  \"text\": \"渡口\"\n}", Format::Objects),
            ("{\n  \"name\": \"渡口\"\n}", Format::Text),
            ("[{\"text\": \"渡口\"}, {\"text\": \"船\"}]", Format::Objects),
            ("\u{feff}[\n  {\n    \"text\": \"渡口\"", Format::Objects),
            ("{渡口}\n", Format::Text),
            ("[{渡口}]", Format::Text),
            ("[1]\n", Format::Text),
            ("WARCRAFT", Format::Text),
        ];
        let by_content = |head| by_content(head, &InputSettings::default());
        for (head, format) in cases {
            assert_eq!(by_content(head.as_bytes()), Ok(format), "{head}");
        }
        let long = format!("{{\"text\": \"{}", "渡口".repeat(HEAD));
        assert_eq!(by_content(&long.as_bytes()[..HEAD]), Ok(Format::Records));
        assert!(by_content(&[0, 1, 2, 3, 4, 5, 6, 7, 8]).is_err());
    }
}
