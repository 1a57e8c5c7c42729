//! Tables (Parquet, CSV, TSV): each row is a record, its columns are the fields.
//!
//! A row's number in its table, from 1, stands where the number of a line stands in a file of records. Only columns
//! at the top are looked at, and of them only those that the settings name.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::records::{self, Record};
use super::{Rules, Sink};
use crate::document::Skipped;
use crate::settings::InputSettings;

#[cfg(feature = "parquet")]
mod columns;
pub(super) mod separated;

/// What a Parquet file begins with.
pub(super) const MARK: &[u8] = b"PAR1";

/// Bytes of rows that make a piece, but for rows that are longer.
const PIECE: usize = 1 << 20;

/// What a build without the feature says of a Parquet file.
#[cfg(not(feature = "parquet"))]
const NOT_BUILT: &str = "a Parquet file, which this build does not read: build with `--features parquet`, or write its \
                         rows as records, as with \
                         `duckdb -c \"COPY (FROM 'x.parquet') TO 'x.jsonl' (FORMAT json)\"`";

/// The number of a row and its fields, or why it cannot be read.
type Row = (u64, Result<Record, Broken>);

/// Why a row cannot be read: it alone, or those behind it too, in a Parquet file to the end of their row group.
#[derive(Debug)]
enum Broken {
    Row(String),
    Rest(String),
}

/// Rows in order, and how many there are.
type Rows = (u64, Box<dyn Iterator<Item = Row> + Send>);

/// Opens a Parquet file.
///
/// # Errors
/// When it is none, is damaged, or has no column for texts; in a build without the feature, always.
fn open(file: File, settings: &InputSettings) -> Result<Rows, String> {
    #[cfg(feature = "parquet")]
    let rows = columns::rows(file, settings);
    #[cfg(not(feature = "parquet"))]
    let rows = {
        let _ = (file, settings);
        Err(NOT_BUILT.into())
    };
    rows
}

/// Writes a Parquet file again without some rows; returns how many were written.
///
/// # Errors
/// When either file cannot be read or written; in a build without the feature, always.
pub(super) fn copy(from: &Path, to: &Path, is_dropped: &dyn Fn(u64) -> bool) -> Result<u64, String> {
    #[cfg(feature = "parquet")]
    let copied = columns::copy(from, to, is_dropped).map_err(|error| error.to_string());
    #[cfg(not(feature = "parquet"))]
    let copied = {
        let _ = (from, to, is_dropped);
        Err(NOT_BUILT.into())
    };
    copied
}

/// Some rows of a table.
#[derive(Debug)]
pub(super) struct Piece {
    rows: Vec<Row>,
    /// Number of the first row that stands in it.
    pub(super) first: u64,
    /// Bytes on disk that the piece stands for.
    pub(super) on_disk: u64,
}

/// A table as an iterator of [`Piece`]s, in order. A step unpacks.
pub(super) struct Pieces {
    rows: Box<dyn Iterator<Item = Row> + Send>,
    /// Number of the next row.
    next: u64,
    length: Length,
    /// Bytes on disk that the pieces so far stand for.
    told: u64,
}

/// How many bytes on disk the rows so far stand for.
enum Length {
    /// Their share, of this many rows and bytes.
    Share(u64, u64),
    /// As many as were taken from the disk.
    Taken(Arc<AtomicU64>),
}

impl Length {
    fn of(&self, rows: u64, are_all: bool) -> u64 {
        match self {
            Self::Share(_, bytes) if are_all => *bytes,
            Self::Share(all, bytes) => {
                (u128::from(*bytes) * u128::from(rows) / u128::from(*all.max(&rows).max(&1))) as u64
            }
            Self::Taken(bytes) => bytes.load(Ordering::Relaxed),
        }
    }
}

impl std::fmt::Debug for Pieces {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_struct("Pieces").field("next", &self.next).finish_non_exhaustive()
    }
}

impl Pieces {
    /// Opens a Parquet file.
    ///
    /// # Errors
    /// As for `open`.
    pub(super) fn open(file: File, settings: &InputSettings) -> Result<Self, String> {
        let bytes = file.metadata().map_err(|error| error.to_string())?.len();
        let (count, rows) = open(file, settings)?;
        Ok(Self { rows, next: 1, length: Length::Share(count, bytes), told: 0 })
    }

    /// Opens a table of values set apart, in UTF-8, whose reader counts the bytes it takes from the disk in `taken`.
    ///
    /// # Errors
    /// When it has no column for texts, or cannot be read at all.
    pub(super) fn separated(
        bytes: Box<dyn Read + Send>,
        taken: Arc<AtomicU64>,
        separator: Option<u8>,
        settings: &InputSettings,
    ) -> Result<Self, String> {
        let rows = Box::new(separated::rows(bytes, separator, settings)?);
        Ok(Self { rows, next: 1, length: Length::Taken(taken), told: 0 })
    }
}

impl Iterator for Pieces {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let first = self.next;
        let (mut rows, mut bytes) = (Vec::new(), 0);
        while bytes < PIECE {
            let Some((number, row)) = self.rows.next() else { break };
            self.next = number + 1;
            bytes += size_of::<Row>() + row.as_ref().map_or(0, Record::bytes);
            rows.push((number, row));
        }
        // A table without rows is a piece too, or its bytes would be missing from the progress.
        let so_far = self.length.of(self.next - 1, bytes < PIECE);
        let on_disk = so_far.saturating_sub(self.told);
        self.told += on_disk;
        (!rows.is_empty() || on_disk > 0).then_some(Piece { rows, first, on_disk })
    }
}

/// Reads each row of `piece` that is wanted.
pub(super) fn read(piece: Piece, file: &Arc<str>, rules: &Rules, sink: Sink) {
    let wanted = rules.wanted.as_ref().map(|wanted| wanted.lines(file));
    for (number, row) in piece.rows {
        let is_wanted = wanted.is_none_or(|lines| lines.binary_search(&number).is_ok());
        match row {
            Ok(record) if is_wanted => {
                let missing = || format!("no column `{}`: name it with `--text-field`", rules.settings.text_field);
                match records::document(record, file, number, &rules.settings, &missing) {
                    Ok(document) => sink(Ok(document)),
                    Err(unfit) => sink(Err(unfit.skipped(file, number))),
                }
            }
            Ok(_) => {}
            Err(Broken::Row(reason)) if is_wanted => sink(Err(Skipped::new(format!("{file}:{number}"), reason))),
            Err(Broken::Row(_)) => {}
            Err(Broken::Rest(reason)) => sink(Err(Skipped::torn(file, format!("{file}:{number}"), reason))),
        }
    }
}
