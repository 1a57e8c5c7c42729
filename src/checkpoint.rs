//! What a scan has done so far, kept in a folder, so that another can go on from there.
//!
//! A folder is of one scan: `scan.json` says of which files it was, with which settings. Each part that is done is a file
//! with a checksum, which has its name only once it is whole and on disk. So a part is there or is not, at whatever moment
//! the scan was stopped; one that is damaged is done again.

use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use crate::durable;
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

/// The file that says what the parts are of, and the one that is locked.
const IDENTITY: &str = "scan.json";
const LOCK: &str = "scan.lock";

/// How the name of a part ends.
const PART: &str = ".part";

/// How the names of parts with what was read begin; the place follows where it begins in the corpus.
pub(crate) const SHARDS: &str = "pages-";

/// The parts that follow from what was read.
pub(crate) const BOILERPLATE: &str = "boilerplate";
pub(crate) const RELATED: &str = "related";

fn is_part(name: &str) -> bool {
    let is_place = |place: &str| place.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    name == BOILERPLATE || name == RELATED || name.strip_prefix(SHARDS).is_some_and(is_place)
}

/// How the names of files begin that are being written.
const UNFINISHED: &str = ".unfinished-";

/// Bytes of the checksum at the end of a part.
const CHECKSUM: usize = 8;

impl Checkpoints {
    /// Opens the folder of a scan, or makes it.
    ///
    /// # Errors
    /// When the folder cannot be written to, another scan is at work in it, it holds something else, or a scan of other
    /// files or with other settings: what differs is said.
    pub fn open(folder: &Path, identity: &Identity) -> Result<Self> {
        if folder.is_file() {
            return refuse_other(folder, "is a file");
        }
        fs::create_dir_all(folder).map_err(|error| Error::io("write", folder, error))?;
        // Nothing is written into a folder of something else.
        if kept(folder)?.is_none() && !is_free(folder)? {
            return refuse_other(folder, "holds no scan to go on with");
        }
        let all = Self { folder: folder.to_owned(), _lock: locked(folder)? };
        match kept(folder)? {
            Some(kept) => match difference(&kept, identity) {
                Some(what) => refuse(folder, what),
                None => Ok(all),
            },
            None => {
                let write = |out: &mut dyn Write| serde_json::to_writer_pretty(out, identity).map_err(io::Error::from);
                all.write(&folder.join(IDENTITY), write)?;
                Ok(all)
            }
        }
    }

    /// Saves a part, which is on disk once this returns.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&self, name: &str, part: &impl Serialize) -> Result<()> {
        self.write(&self.path(name), |out| write_part(part, out))
    }

    /// Writes a file that has its name once it is whole and on disk.
    fn write(&self, path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        let written = || -> io::Result<()> {
            let file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.folder)?;
            let mut out = BufWriter::with_capacity(1 << 20, file);
            write(&mut out)?;
            let file = out.into_inner().map_err(|error| error.into_error())?;
            file.as_file().sync_all()?;
            file.persist(path).map_err(|error| error.error)?;
            durable::sync_folder(&self.folder)
        };
        written().map_err(|error| Error::io("write", path, error))
    }

    /// Returns a part, if it is there and whole; one that is not is removed.
    ///
    /// # Errors
    /// When it is there, and cannot be read or removed.
    pub fn load<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        let path = self.path(name);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io("read", &path, error)),
        };
        let part = bytes.len().checked_sub(CHECKSUM).and_then(|end| bytes.split_at_checked(end));
        let part = part.filter(|(part, sum)| hash::bytes(part).to_le_bytes() == *sum);
        match part.and_then(|(part, _)| postcard::from_bytes(part).ok()) {
            Some(part) => Ok(Some(part)),
            None => {
                self.discard(name)?;
                Ok(None)
            }
        }
    }

    /// Removes a part.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn discard(&self, name: &str) -> Result<()> {
        let path = self.path(name);
        fs::remove_file(&path).map_err(|error| Error::io("remove", &path, error))
    }

    /// Returns a part that follows from `cause`, which is made and saved if it is not there, or follows from another.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn kept<T: Serialize + DeserializeOwned>(&self, name: &str, cause: u64, make: impl FnOnce() -> T) -> Result<T> {
        match self.load::<(u64, T)>(name)? {
            Some((of, part)) if of == cause => Ok(part),
            _ => {
                let part = make();
                self.save(name, &(cause, &part))?;
                Ok(part)
            }
        }
    }

    /// Returns the names of the scan's parts that begin so, in order.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn names(&self, begin: &str) -> Result<Vec<String>> {
        let refuse = |error| Error::io("list", &self.folder, error);
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(refuse)? {
            let name = entry.map_err(refuse)?.file_name();
            let part = name.to_str().and_then(|name| name.strip_suffix(PART)).filter(|name| is_part(name));
            names.extend(part.filter(|name| name.starts_with(begin)).map(str::to_owned));
        }
        names.sort();
        Ok(names)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}{PART}"))
    }
}

/// Returns what scan a folder is of, if it is of one.
fn kept(folder: &Path) -> Result<Option<Identity>> {
    let path = folder.join(IDENTITY);
    match fs::read(&path) {
        Ok(text) => match serde_json::from_slice(&text) {
            Ok(kept) => Ok(Some(kept)),
            Err(_) => refuse_other(folder, "holds no scan that this version knows"),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("read", &path, error)),
    }
}

/// Returns whether a folder holds nothing but what a scan leaves that was stopped before it said which it is.
fn is_free(folder: &Path) -> Result<bool> {
    let refuse = |error| Error::io("list", folder, error);
    for entry in fs::read_dir(folder).map_err(refuse)? {
        let name = entry.map_err(refuse)?.file_name();
        if name != LOCK && !name.as_encoded_bytes().starts_with(UNFINISHED.as_bytes()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Removes the parts of a scan that is done, and the folder with them if nothing else is in it.
///
/// # Errors
/// When the folder is of no scan, another is at work in it, or something of it cannot be removed.
pub fn remove(folder: &Path) -> Result<()> {
    let refuse_list = |error| Error::io("list", folder, error);
    if kept(folder)?.is_none() {
        return refuse_other(folder, "holds no scan to go on with");
    }
    let lock = locked(folder)?;
    for entry in fs::read_dir(folder).map_err(refuse_list)? {
        let path = entry.map_err(refuse_list)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.strip_suffix(PART).is_some_and(is_part) || name.starts_with(UNFINISHED) {
            fs::remove_file(&path).map_err(|error| Error::io("remove", &path, error))?;
        }
    }
    // What is left when this is stopped midway is still the folder of a scan.
    for name in [IDENTITY, LOCK] {
        let path = folder.join(name);
        fs::remove_file(&path).map_err(|error| Error::io("remove", &path, error))?;
    }
    drop(lock);
    // What else is there is the user's.
    let _ = fs::remove_dir(folder);
    Ok(())
}

/// Refuses what is not of a scan, and not to be removed.
fn refuse_other<T>(folder: &Path, what: &str) -> Result<T> {
    Err(Error::Settings(format!("`{}` {what}: name another folder", folder.display())))
}

fn refuse<T>(folder: &Path, what: &str) -> Result<T> {
    let folder = folder.display();
    Err(Error::Settings(format!("`{folder}` {what}: name another folder, or remove this one to begin anew")))
}

/// Returns what tells two scans apart.
fn difference(kept: &Identity, identity: &Identity) -> Option<&'static str> {
    let differences = [
        (kept.tongwen != identity.tongwen, "holds a scan by another version"),
        (kept.analysis != identity.analysis, "holds a scan with other settings of what is compared"),
        (kept.input != identity.input, "holds a scan with other settings of what is read"),
        (kept.dictionaries != identity.dictionaries, "holds a scan with other dictionaries"),
        (kept.files != identity.files, "holds a scan of other files, or of files that have changed since"),
    ];
    differences.into_iter().find(|(differs, _)| *differs).map(|(_, what)| what)
}

/// Returns the lock of a folder. One who was just killed takes a moment to let go of it.
fn locked(folder: &Path) -> Result<File> {
    const TRIES: u32 = 40;
    const PAUSE: Duration = Duration::from_millis(50);
    let path = folder.join(LOCK);
    let lock = File::options().create(true).truncate(false).write(true).open(&path);
    let lock = lock.map_err(|error| Error::io("write", &path, error))?;
    for attempt in 0..TRIES {
        if attempt > 0 {
            thread::sleep(PAUSE);
        }
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(Error::io("lock", &path, error)),
        }
    }
    let folder = folder.display();
    Err(Error::Settings(format!(
        "`{folder}` is where another scan is at work: wait for its end, or name another folder"
    )))
}

/// Writes a part and its checksum.
fn write_part(part: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut out = Checked { out, hash: Xxh3::new(), error: None };
    if let Err(error) = postcard::to_io(part, &mut out) {
        // postcard says of any failure that its buffer is full.
        return Err(out.error.unwrap_or_else(|| io::Error::other(error)));
    }
    let sum = out.hash.digest().to_le_bytes();
    out.out.write_all(&sum)
}

/// Writes on, and hashes what it writes.
struct Checked<W> {
    out: W,
    hash: Xxh3,
    /// Why the last write failed.
    error: Option<io::Error>,
}

impl<W: Write> Write for Checked<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.out.write(bytes) {
            Ok(written) => {
                self.hash.update(&bytes[..written]);
                Ok(written)
            }
            // Whoever is interrupted tries again.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let kind = error.kind();
                self.error = Some(error);
                Err(kind.into())
            }
        }
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
        let load = || checkpoints.load::<Vec<u32>>("numbers").unwrap();
        assert_eq!(load(), None);
        checkpoints.save("numbers", &part).unwrap();
        assert_eq!(load(), Some(part));
        let path = checkpoints.path("numbers");
        let whole = fs::read(&path).unwrap();
        for end in 0..whole.len() {
            fs::write(&path, &whole[..end]).unwrap();
            assert_eq!(load(), None, "{end}");
            assert!(!path.exists());
        }
        for at in (0..whole.len()).step_by(7) {
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            fs::write(&path, flipped).unwrap();
            assert_eq!(load(), None, "{at}");
        }
        fs::create_dir(&path).unwrap();
        assert!(checkpoints.load::<Vec<u32>>("numbers").is_err(), "what cannot be read is not gone");
        fs::remove_dir(&path).unwrap();
        drop(checkpoints);
        remove(&folder).unwrap();
        assert!(!folder.exists());
    }

    #[test]
    fn why_a_part_could_not_be_written_is_what_the_disk_says() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let error = write_part(&[1, 2, 3], &mut Full).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn a_part_that_follows_from_something_else_is_made_anew() {
        let place = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::open(&place.path().join("done"), &identity()).unwrap();
        assert_eq!(checkpoints.kept("sum", 1, || 10).unwrap(), 10);
        assert_eq!(checkpoints.kept("sum", 1, || 20).unwrap(), 10);
        assert_eq!(checkpoints.kept("sum", 2, || 30).unwrap(), 30);
        assert_eq!(checkpoints.kept("sum", 2, || 40).unwrap(), 30);
    }

    #[test]
    fn another_scan_is_told_what_differs() {
        let place = tempfile::tempdir().unwrap();
        let refused = |identity: &Identity| Checkpoints::open(place.path(), identity).unwrap_err().to_string();
        let first = Checkpoints::open(place.path(), &identity()).unwrap();
        assert!(refused(&identity()).contains("another scan is at work"));
        assert!(remove(place.path()).unwrap_err().to_string().contains("another scan is at work"));
        assert!(!refused(&identity()).contains("remove this one"), "it is of a scan that goes on");
        drop(first);
        fs::write(place.path().join(format!("{UNFINISHED}1")), "").unwrap();
        assert!(Checkpoints::open(place.path(), &identity()).is_ok());
        assert!(refused(&Identity { files: "2".into(), ..identity() }).contains("of other files"));
        assert!(refused(&Identity { tongwen: "1".into(), ..identity() }).contains("by another version"));
        let analysis = AnalysisSettings { width: 3, ..AnalysisSettings::default() };
        assert!(refused(&Identity { analysis, ..identity() }).contains("what is compared"));
        fs::write(place.path().join("letter.txt"), "").unwrap();
        remove(place.path()).unwrap();
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "only what is not of the scan stays");
        assert!(refused(&identity()).contains("no scan to go on with"));
        assert!(remove(place.path()).is_err());
    }

    #[test]
    fn what_is_no_part_of_a_scan_stays() {
        let place = tempfile::tempdir().unwrap();
        drop(Checkpoints::open(place.path(), &identity()).unwrap());
        for name in ["film.part", "pages-old.part"] {
            fs::write(place.path().join(name), "of the user").unwrap();
        }
        let checkpoints = Checkpoints::open(place.path(), &identity()).unwrap();
        checkpoints.save("pages-00000000-000000000000", &1_u32).unwrap();
        assert_eq!(checkpoints.names(SHARDS).unwrap(), ["pages-00000000-000000000000"]);
        drop(checkpoints);
        remove(place.path()).unwrap();
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 2);
        for (name, text) in [("lock", "of something else"), ("scan.json", "{}")] {
            let place = tempfile::tempdir().unwrap();
            let path = place.path().join(name);
            fs::write(&path, text).unwrap();
            assert!(Checkpoints::open(&path, &identity()).unwrap_err().to_string().contains("is a file"));
            let refused = Checkpoints::open(place.path(), &identity()).unwrap_err().to_string();
            assert!(refused.contains("holds no scan") && !refused.contains("remove"), "{name}: {refused}");
            assert!(remove(place.path()).unwrap_err().to_string().contains("holds no scan"));
            assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "{name}");
        }
    }
}
