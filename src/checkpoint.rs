//! What a scan has done so far, kept in a folder, so that another can go on from there.
//!
//! A folder is of one scan: `scan.json` says of which files it was, with which settings. Each part that is done is a file
//! with a checksum, which has its name only once it is whole and on disk. So a part is there or is not, at whatever moment
//! the scan was stopped; one that is damaged is done again.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use xxhash_rust::xxh3::Xxh3;

use crate::error::{Error, Result};
use crate::hash;
use crate::settings::{AnalysisSettings, InputSettings};

/// What a scan is of. Only one of which all is the same can go on from another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// Version and commit: another may find something else.
    pub tongwen: String,
    pub analysis: AnalysisSettings,
    pub input: InputSettings,
    /// Hash of the blocks that dictionaries know. As text, for other programs read numbers of JSON with 53 bits.
    pub dictionaries: String,
    /// Hash of the names, lengths and times of the files.
    pub files: String,
}

/// A folder of parts.
#[derive(Debug)]
pub struct Checkpoints {
    folder: PathBuf,
    /// Held as long as the scan runs: another must not write here.
    _lock: File,
}

/// The file that says what the parts are of.
const IDENTITY: &str = "scan.json";

/// How the name of a part ends.
const PART: &str = ".part";

/// Bytes of the checksum at the end of a part.
const CHECKSUM: usize = 8;

impl Checkpoints {
    /// Opens the folder of a scan, or makes it.
    ///
    /// # Errors
    /// When the folder cannot be written to, another scan is at work in it, it holds something else, or a scan of other
    /// files or with other settings: what differs is said.
    pub fn open(folder: &Path, identity: &Identity) -> Result<Self> {
        let path = folder.join(IDENTITY);
        let refuse = |what: &str| {
            let folder = folder.display();
            Err(Error::Settings(format!("`{folder}` {what}: name another folder, or remove this one to begin anew")))
        };
        fs::create_dir_all(folder).map_err(|error| Error::io("write", folder, error))?;
        if !path.exists() {
            let is_empty = fs::read_dir(folder).map_err(|error| Error::io("list", folder, error))?.next().is_none();
            if !is_empty {
                return refuse("holds no scan to go on with");
            }
            let text = serde_json::to_vec_pretty(identity).map_err(|error| Error::io("write", &path, error.into()))?;
            let mut file = NamedTempFile::new_in(folder).map_err(|error| Error::io("write", folder, error))?;
            file.write_all(&text).map_err(|error| Error::io("write", &path, error))?;
            file.persist(&path).map_err(|error| Error::io("write", &path, error.error))?;
        }
        let lock = File::open(&path).map_err(|error| Error::io("read", &path, error))?;
        if !is_locked(&lock) {
            return refuse("is where another scan is at work");
        }
        let text = fs::read(&path).map_err(|error| Error::io("read", &path, error))?;
        let Ok(kept) = serde_json::from_slice::<Identity>(&text) else {
            return refuse("holds no scan that this version knows");
        };
        let differences = [
            (kept.tongwen != identity.tongwen, "holds a scan by another version"),
            (kept.analysis != identity.analysis, "holds a scan with other settings of what is compared"),
            (kept.input != identity.input, "holds a scan with other settings of what is read"),
            (kept.dictionaries != identity.dictionaries, "holds a scan with other dictionaries"),
            (kept.files != identity.files, "holds a scan of other files, or of files that have changed since"),
        ];
        match differences.into_iter().find(|(differs, _)| *differs) {
            Some((_, what)) => refuse(what),
            None => Ok(Self { folder: folder.to_owned(), _lock: lock }),
        }
    }

    /// Saves a part, which is on disk once this returns.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&self, name: &str, part: &impl Serialize) -> Result<()> {
        let path = self.path(name);
        let written = || -> io::Result<()> {
            let file = NamedTempFile::new_in(&self.folder)?;
            let mut out = Checked { out: BufWriter::with_capacity(1 << 20, file), hash: Xxh3::new() };
            postcard::to_io(part, &mut out).map_err(io::Error::other)?;
            let sum = out.hash.digest().to_le_bytes();
            out.out.write_all(&sum)?;
            let file = out.out.into_inner().map_err(|error| error.into_error())?;
            file.as_file().sync_data()?;
            file.persist(&path).map_err(|error| error.error)?;
            Ok(())
        };
        written().map_err(|error| Error::io("write", &path, error))
    }

    /// Returns a part, if it is there and whole.
    pub fn load<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let bytes = fs::read(self.path(name)).ok()?;
        let (part, sum) = bytes.split_at_checked(bytes.len().checked_sub(CHECKSUM)?)?;
        if hash::bytes(part).to_le_bytes() != sum {
            return None;
        }
        postcard::from_bytes(part).ok()
    }

    /// Returns a part, which is made and saved if it is not there.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn kept<T: Serialize + DeserializeOwned>(&self, name: &str, make: impl FnOnce() -> T) -> Result<T> {
        if let Some(part) = self.load(name) {
            return Ok(part);
        }
        let part = make();
        self.save(name, &part)?;
        Ok(part)
    }

    /// Returns the names of the parts that begin so, in order.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn names(&self, begin: &str) -> Result<Vec<String>> {
        let refuse = |error| Error::io("list", &self.folder, error);
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(refuse)? {
            let name = entry.map_err(refuse)?.file_name();
            let part = name.to_str().and_then(|name| name.strip_suffix(PART)).filter(|name| name.starts_with(begin));
            names.extend(part.map(str::to_owned));
        }
        names.sort();
        Ok(names)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}{PART}"))
    }
}

/// Locks a file, if nobody else has it: one who was just killed takes a moment to let go of it.
fn is_locked(file: &File) -> bool {
    const TRIES: u32 = 40;
    const PAUSE: Duration = Duration::from_millis(50);
    (0..TRIES).any(|attempt| {
        if attempt > 0 {
            thread::sleep(PAUSE);
        }
        file.try_lock().is_ok()
    })
}

/// Removes the parts of a scan that is done, and the folder with them if nothing else is in it.
///
/// # Errors
/// When one of them cannot be removed.
pub fn remove(folder: &Path) -> Result<()> {
    let refuse = |error| Error::io("remove", folder, error);
    for entry in fs::read_dir(folder).map_err(refuse)? {
        let path = entry.map_err(refuse)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // A part that was being written when the scan was stopped has the name of a temporary file.
        if name == IDENTITY || name.ends_with(PART) || name.starts_with(".tmp") {
            fs::remove_file(&path).map_err(|error| Error::io("remove", &path, error))?;
        }
    }
    // What else is there is the user's.
    let _ = fs::remove_dir(folder);
    Ok(())
}

/// Writes on, and hashes what it writes.
struct Checked<W> {
    out: W,
    hash: Xxh3,
}

impl<W: Write> Write for Checked<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity {
            tongwen: "0".into(),
            analysis: AnalysisSettings::default(),
            input: InputSettings::default(),
            dictionaries: String::new(),
            files: "1".into(),
        }
    }

    #[test]
    fn a_part_is_there_whole_or_not_at_all() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("done");
        let checkpoints = Checkpoints::open(&folder, &identity()).unwrap();
        let part: Vec<u32> = (0..1000).collect();
        assert_eq!(checkpoints.load::<Vec<u32>>("numbers"), None);
        assert_eq!(checkpoints.kept("numbers", || part.clone()).unwrap(), part);
        assert_eq!(checkpoints.kept("numbers", Vec::<u32>::new).unwrap(), part);
        assert_eq!(checkpoints.names("num").unwrap(), ["numbers"]);
        let whole = fs::read(checkpoints.path("numbers")).unwrap();
        for end in 0..whole.len() {
            fs::write(checkpoints.path("numbers"), &whole[..end]).unwrap();
            assert_eq!(checkpoints.load::<Vec<u32>>("numbers"), None, "{end}");
        }
        for at in (0..whole.len()).step_by(7) {
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            fs::write(checkpoints.path("numbers"), flipped).unwrap();
            assert_eq!(checkpoints.load::<Vec<u32>>("numbers"), None, "{at}");
        }
        drop(checkpoints);
        remove(&folder).unwrap();
        assert!(!folder.exists());
    }

    #[test]
    fn another_scan_is_told_what_differs() {
        let place = tempfile::tempdir().unwrap();
        let refused = |identity: &Identity| Checkpoints::open(place.path(), identity).unwrap_err().to_string();
        let first = Checkpoints::open(place.path(), &identity()).unwrap();
        assert!(refused(&identity()).contains("another scan is at work"));
        drop(first);
        assert!(Checkpoints::open(place.path(), &identity()).is_ok());
        assert!(refused(&Identity { files: "2".into(), ..identity() }).contains("of other files"));
        assert!(refused(&Identity { tongwen: "1".into(), ..identity() }).contains("by another version"));
        let analysis = AnalysisSettings { width: 3, ..AnalysisSettings::default() };
        assert!(refused(&Identity { analysis, ..identity() }).contains("what is compared"));
        fs::remove_file(place.path().join(IDENTITY)).unwrap();
        fs::write(place.path().join("letter.txt"), "").unwrap();
        assert!(refused(&identity()).contains("no scan to go on with"));
        remove(place.path()).unwrap();
        assert!(place.path().join("letter.txt").exists());
    }
}
