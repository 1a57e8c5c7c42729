//! Findings as CSV: a row for each document.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Write};

use super::issue::ruling;
use super::line::inert;
use crate::findings::{Cluster, Duplicate, Findings};

/// Writes a row for each document, by key: `key`, `cluster`, `kind`, `keep`, `similarity`.
///
/// `cluster` counts the repost clusters from 1, and is empty for a document in none. `keep` is the document to keep:
/// where it is the row's own key, that is this one, and `kind` is empty. `similarity` is the resemblance with it, 1 for
/// itself. A page that an index knows is kept in its stead, where a gate found so. Findings that list no documents give
/// those of their clusters.
///
/// Cells are as they are, quoted where they must be: programs read them. A key that begins with `=` or `@` is a formula
/// to a spreadsheet that is not told to import text, and one that holds escape codes is obeyed by a terminal:
/// [`csv_for_terminal`] is for that.
///
/// # Errors
/// When `out` cannot be written.
pub fn csv(findings: &Findings, out: &mut dyn Write) -> io::Result<()> {
    rows(findings, |key| key.into(), out)
}

/// Writes what [`csv()`] does, in the same order, with what could act on a terminal spelled out in each key, as in
/// `\u{1b}`. Such a key is no longer what the document is called.
///
/// # Errors
/// When `out` cannot be written.
pub fn csv_for_terminal(findings: &Findings, out: &mut dyn Write) -> io::Result<()> {
    rows(findings, |key| inert(key).into(), out)
}

/// Writes the rows, with each key as `shown` shows it.
fn rows(findings: &Findings, shown: impl Fn(&str) -> Cow<str>, out: &mut dyn Write) -> io::Result<()> {
    let ruling = ruling(findings);
    let duplicates: HashMap<&str, &Duplicate> =
        ruling.duplicates.iter().map(|duplicate| (duplicate.key.as_str(), duplicate)).collect();
    let mut clusters: HashMap<&str, usize> = HashMap::new();
    let mut keys: Vec<&str> = findings.documents.iter().map(|document| document.key.as_str()).collect();
    let lists_documents = !keys.is_empty();
    for (number, cluster) in (1..).zip(&findings.clusters) {
        let Cluster::Repost { members, .. } = cluster else { continue };
        for member in members {
            clusters.insert(&member.key, number);
            if !lists_documents {
                keys.push(&member.key);
            }
        }
    }
    keys.sort_unstable();
    let mut rows = ::csv::Writer::from_writer(out);
    rows.write_record(["key", "cluster", "kind", "keep", "similarity"]).map_err(of_system)?;
    for key in keys {
        let cluster = clusters.get(key).map(usize::to_string).unwrap_or_default();
        let (kind, keep, similarity) = match duplicates.get(key) {
            Some(duplicate) => (duplicate.kind.name(), duplicate.of.as_str(), duplicate.resemblance),
            None => ("", key, 1.0),
        };
        let similarity = similarity.to_string();
        rows.write_record([&*shown(key), &cluster, kind, &*shown(keep), &similarity]).map_err(of_system)?;
    }
    rows.flush()
}

/// Returns the system's error, by which a reader that went away is known, if it is one.
fn of_system(error: ::csv::Error) -> io::Error {
    if !error.is_io_error() {
        return io::Error::other(error);
    }
    match error.into_kind() {
        ::csv::ErrorKind::Io(error) => error,
        // Asked above.
        _ => io::ErrorKind::Other.into(),
    }
}
