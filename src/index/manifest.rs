//! Which files an index is made of: the one file that changes, by being replaced as a whole.
//!
//! A line with format and checksum, then JSON. Whoever has read it has a snapshot: the files it names never change, and
//! are still there for whoever has them open once a later manifest names them no more.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::file::{Seal, checksum};
use super::hexadecimal;
use crate::durable;
use crate::error::{Error, Result};
use crate::normalise;
use crate::segment;
use crate::settings::{AnalysisSettings, TokenKind};

/// Name and version of the format of an index. A change of what any file of it means is a new version.
pub const FORMAT: &str = "tongwen-index/3";

/// Older formats that are read as well. What is written to such an index is of the newest, and so is the index from then
/// on.
const OLDER: [&str; 2] = ["tongwen-index/1", "tongwen-index/2"];

const NAME: &str = "manifest";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// Version of the program that wrote it.
    pub(super) tongwen: String,
    pub(super) shape: Shape,
    /// All settings of whoever began the index. Only those of `shape` bind.
    pub(super) settings: AnalysisSettings,
    /// The number of the next file: no name is used twice.
    pub(super) next: u64,
    /// The oldest first.
    pub(super) segments: Vec<Entry>,
}

/// What decides what is kept of a text: a run of another shape would compare nothing with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Shape {
    tokens: TokenKind,
    width: usize,
    boilerplate: bool,
    /// [`normalise::VERSION`].
    normaliser: u32,
    /// [`segment::fingerprint`].
    #[serde(with = "hexadecimal")]
    segmenter: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) seal: Seal,
    pub(super) removed: Option<Removed>,
}

/// The pages of a segment that were removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Removed {
    pub(super) name: String,
    pub(super) seal: Seal,
    pub(super) pages: u32,
}

impl Shape {
    pub(super) fn new(settings: &AnalysisSettings) -> Self {
        Self {
            tokens: settings.tokens,
            width: settings.width,
            boilerplate: settings.boilerplate,
            normaliser: normalise::VERSION,
            segmenter: segment::fingerprint(settings.tokens),
        }
    }

    /// Returns what a file of this shape is marked with.
    pub(super) fn fingerprint(&self) -> u64 {
        // Numbers and names: nothing in it can fail to serialise.
        checksum(&serde_json::to_vec(self).expect("a shape is plain data"))
    }

    /// Returns what differs from a run of shape `run`, and what can be done about it; `None` where nothing does.
    pub(super) fn differs_from(&self, run: &Self) -> Option<String> {
        let flag = |switch: &str, its: String, own: String| {
            format!(
                "was built with `{switch} {its}`, and this run has `{switch} {own}`: pass `{switch} {its}`, or build \
                 another index with `{switch} {own}`"
            )
        };
        if self.tokens != run.tokens {
            return Some(flag("--tokens", self.tokens.name().into(), run.tokens.name().into()));
        }
        if self.width != run.width {
            return Some(flag("--width", self.width.to_string(), run.width.to_string()));
        }
        if self.boilerplate != run.boilerplate {
            let (its, own) = (!self.boilerplate, !run.boilerplate);
            return Some(format!(
                "was built with `--no-boilerplate={its}`, and this run has `--no-boilerplate={own}`: pass \
                 `--no-boilerplate={its}`, or build another index"
            ));
        }
        let again = "build it again with this version, or use the version it was built with";
        if self.normaliser != run.normaliser {
            return Some(format!(
                "holds texts that were normalised by version {} of the rules, and this program has version {}: {again}",
                self.normaliser, run.normaliser
            ));
        }
        if self.segmenter != run.segmenter {
            return Some(format!(
                "holds texts that were cut into words by another dictionary than this program has ({:016x}, not \
                 {:016x}): {again}",
                self.segmenter, run.segmenter
            ));
        }
        None
    }
}

impl Manifest {
    /// Returns the manifest of the index in a folder, or `None` where there is none.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(NAME);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io("read", &path, error)),
        };
        let damaged = |what: String| Error::Damaged { path: path.clone(), what };
        let end = bytes.iter().position(|&byte| byte == b'\n');
        let (line, json) = end.map_or((&*bytes, &[][..]), |end| (&bytes[..end], &bytes[end + 1..]));
        let line = std::str::from_utf8(line).unwrap_or_default();
        let (format, sum) = line.split_once(' ').unwrap_or_default();
        if sum != format!("{:016x}", checksum(json)) {
            return Err(damaged("it fails its checksum".into()));
        }
        if format != FORMAT && !OLDER.contains(&format) {
            let reason = format!(
                "is of format `{format}`, and this version reads `{}` and `{FORMAT}`: use the version that wrote it, or \
                 build it again",
                OLDER.join("`, `")
            );
            return Err(Error::Index { path, reason });
        }
        serde_json::from_slice(json).map(Some).map_err(|error| damaged(error.to_string()))
    }

    /// Puts the manifest in the place of the one before. Once this returns, it survives a crash; before that, whoever
    /// looks sees the old one or this.
    pub(super) fn replace(&self, folder: &Path) -> Result<()> {
        let (path, temporary) = (folder.join(NAME), folder.join("manifest.new"));
        // Plain lists, strings and finite numbers: nothing in it can fail to serialise.
        let mut json = serde_json::to_vec_pretty(self).expect("a manifest is plain data");
        json.push(b'\n');
        let write = || {
            let mut file = File::create(&temporary)?;
            file.write_all(format!("{FORMAT} {:016x}\n", checksum(&json)).as_bytes())?;
            file.write_all(&json)?;
            file.sync_all()?;
            fs::rename(&temporary, &path)?;
            durable::sync_folder(folder)
        };
        write().map_err(|error| Error::io("write", &path, error))
    }

    /// Removes the manifest of a folder, which then holds no index.
    pub(super) fn remove(folder: &Path) -> io::Result<()> {
        fs::remove_file(folder.join(NAME))
    }

    /// Returns the names of the files it is made of, itself aside.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().flat_map(|entry| {
            [Some(entry.name.as_str()), entry.removed.as_ref().map(|removed| removed.name.as_str())]
                .into_iter()
                .flatten()
        })
    }
}

/// Returns whether a file is a manifest.
pub(super) fn is_manifest(name: &str) -> bool {
    name == NAME
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_of_a_later_format_is_refused_and_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(NAME), format!("tongwen-index/9 {:016x}\n", checksum(b""))).unwrap();
        let error = Manifest::read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("`tongwen-index/9`") && error.contains(FORMAT), "{error}");
    }
}
