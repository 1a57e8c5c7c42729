//! One page or record, and what could not be read as one.

use serde::{Deserialize, Serialize};

/// A document's place in the run: dense, from 0, in key order once the corpus is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// Visible text. A newline ends a block of layout (a paragraph, a heading, a list item).
    pub text: String,
    /// What HTML said of each line of `text`, in order; empty for a text that was not HTML.
    pub lines: Vec<LineHint>,
    /// Where the document stands in its source, for messages and for breaking ties between equal keys.
    pub origin: Origin,
}

/// Where a document or a bad record was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The file, as it is named to the user; `-` is standard input.
    pub file: std::sync::Arc<str>,
    /// The line of a record file, from 1; 0 where the file is the document.
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
}
