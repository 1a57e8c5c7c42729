//! What stops a run. Trouble with one record is not here: it is a [`crate::document::Skipped`].

use std::path::{Path, PathBuf};

/// What stopped the run. Every message names the thing and the way out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder the user named cannot be used.
    #[error("cannot {action} `{path}`: {source}")]
    Io {
        /// What was tried: `read`, `write`, `list`.
        action: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
    /// A setting is out of range, or two settings contradict each other.
    #[error("{0}")]
    Settings(String),
    /// What was asked for is not in the corpus.
    #[error("{0}")]
    NotFound(String),
    /// What was scanned is no longer what it was.
    #[error("{0}")]
    Changed(String),
    /// Files were being moved into a journal, and one could not be.
    #[error("{source}; {}", told(*.moved, .left, folder))]
    Stopped {
        source: Box<Error>,
        /// Where the journal is.
        folder: PathBuf,
        /// How many files are in it.
        moved: usize,
        /// The documents whose files are where they were, in key order; at least one.
        left: Vec<String>,
    },
    /// A file that should hold findings, settings or the like does not.
    #[error("`{path}` is not {expected}: {reason}")]
    Format { path: PathBuf, expected: &'static str, reason: String },
    /// A file of an index is not what was written.
    #[error("`{path}` is damaged: {what}; put a copy of the whole index in its place, or build it again")]
    Damaged { path: PathBuf, what: String },
    /// An index does not go with this run, or with this version.
    #[error("index `{path}` {reason}")]
    Index { path: PathBuf, reason: String },
}

impl Error {
    pub(crate) fn io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), source }
    }
}

/// Documents that an error names.
const NAMED: usize = 3;

/// Returns what was moved and what was not, and how that is undone.
fn told(moved: usize, left: &[String], folder: &Path) -> String {
    let and = if left.len() > NAMED { ", …" } else { "" };
    let named = left.iter().take(NAMED).map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
    let (all, folder) = (moved + left.len(), folder.display());
    let files = if all == 1 { "file" } else { "files" };
    let are = if left.len() == 1 { "is where it was" } else { "are where they were" };
    if moved == 0 {
        return format!(
            "of {all} {files} that go none was moved ({named}{and}), and the journal is in `{folder}`: name a new folder"
        );
    }
    let were = if moved == 1 { "was" } else { "were" };
    format!(
        "of {all} {files} that go {moved} {were} moved to `{folder}`, and {} {are} ({named}{and}): \
         `{folder}/undo.sh` puts back what was moved, which `{folder}/journal.jsonl` lists",
        left.len()
    )
}

pub type Result<T> = std::result::Result<T, Error>;
