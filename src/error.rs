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

pub type Result<T> = std::result::Result<T, Error>;
