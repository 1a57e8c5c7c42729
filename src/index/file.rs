//! A file that is written once and read through checksums.
//!
//! A head of 64 bytes, the sections, where they are, and a checksum for each [`BLOCK`] of that. The head is checked when
//! a file is opened; a block is checked the first time one of its bytes is looked at. So opening a file of any size costs
//! next to nothing, and no byte is believed that was not checked.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use memmap2::Mmap;

use crate::durable;
use crate::error::{Error, Result};
use crate::hash;

/// Version of all files of an index. A change of what any of them means is a new version. Files of the versions before are
/// read as well.
pub(super) const VERSION: u32 = 3;

const MAGIC: &[u8; 8] = b"tongwen\x1a";
const HEAD: usize = 64;

/// Bytes under one checksum: a look-up that touches one for the first time costs some two microseconds more.
const BLOCK: usize = 16 << 10;

/// Seed of the checksums, so that no file of zeros is right by chance.
const SEED: u64 = 0x746f_6e67_7765_6e31;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Segment = 1,
    Removed = 2,
}

/// How long a file must be and what its head must say: what the manifest knows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Seal {
    pub(super) bytes: u64,
    /// Checksum of the head, which holds the checksum of the checksums of all blocks. As text, for other programs read
    /// numbers of JSON with 53 bits.
    #[serde(with = "super::hexadecimal")]
    pub(super) head: u64,
}

/// Writes a file section by section. It has its name only once it is whole and on disk.
pub(super) struct Sealer {
    path: PathBuf,
    temporary: PathBuf,
    file: BufWriter<File>,
    kind: Kind,
    fingerprint: u64,
    sections: Vec<Range<u64>>,
    /// Bytes after the head so far.
    at: u64,
    block: Vec<u8>,
    checksums: Vec<u64>,
}

impl Sealer {
    pub(super) fn create(path: &Path, kind: Kind, fingerprint: u64) -> Result<Self> {
        let temporary = path.with_extension("new");
        let create = || {
            let mut file = BufWriter::with_capacity(1 << 18, File::create(&temporary)?);
            file.write_all(&[0; HEAD])?;
            io::Result::Ok(file)
        };
        let file = create().map_err(|e| Error::io("write", &temporary, e))?;
        let (sections, checksums) = (Vec::new(), Vec::new());
        let block = Vec::with_capacity(BLOCK);
        Ok(Self { path: path.to_owned(), temporary, file, kind, fingerprint, sections, at: 0, block, checksums })
    }

    /// Begins the next section, at a multiple of eight bytes.
    pub(super) fn begin(&mut self) -> Result<()> {
        let padding = (8 - self.at % 8) % 8;
        self.put(&[0; 8][..padding as usize])?;
        self.sections.push(self.at..self.at);
        Ok(())
    }

    /// Goes on with the current section.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.put(bytes)?;
        if let Some(section) = self.sections.last_mut() {
            section.end = self.at;
        }
        Ok(())
    }

    fn put(&mut self, mut bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|e| Error::io("write", &self.temporary, e))?;
        self.at += bytes.len() as u64;
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK - self.block.len()));
            self.block.extend_from_slice(now);
            bytes = later;
            if self.block.len() == BLOCK {
                self.end_block();
            }
        }
        Ok(())
    }

    fn end_block(&mut self) {
        self.checksums.push(checksum(&self.block));
        self.block.clear();
    }

    /// Ends the file: once this returns, it is on disk under its name, and survives a crash.
    pub(super) fn finish(mut self) -> Result<Seal> {
        let sections = std::mem::take(&mut self.sections);
        let padding = (8 - self.at % 8) % 8;
        self.put(&[0; 8][..padding as usize])?;
        let table = self.at;
        for section in &sections {
            self.put(&section.start.to_le_bytes())?;
            self.put(&section.end.to_le_bytes())?;
        }
        if !self.block.is_empty() {
            self.end_block();
        }
        let checksums: Vec<u8> = self.checksums.iter().flat_map(|checksum| checksum.to_le_bytes()).collect();
        let bytes = HEAD as u64 + self.at + checksums.len() as u64;
        let mut head = Vec::with_capacity(HEAD);
        head.extend_from_slice(MAGIC);
        head.extend_from_slice(&VERSION.to_le_bytes());
        head.extend_from_slice(&(self.kind as u32).to_le_bytes());
        for number in [self.fingerprint, bytes, self.at, table, checksum(&checksums)] {
            head.extend_from_slice(&number.to_le_bytes());
        }
        head.extend_from_slice(&checksum(&head).to_le_bytes());
        let mut end = || {
            self.file.write_all(&checksums)?;
            self.file.seek(SeekFrom::Start(0))?;
            self.file.write_all(&head)?;
            self.file.flush()?;
            self.file.get_ref().sync_all()?;
            fs::rename(&self.temporary, &self.path)?;
            durable::sync_folder(self.path.parent().unwrap_or(Path::new(".")))
        };
        end().map_err(|e| Error::io("write", &self.path, e))?;
        Ok(Seal { bytes, head: checksum(&head) })
    }
}

/// Returns the checksum of some bytes.
pub(super) fn checksum(bytes: &[u8]) -> u64 {
    hash::number(hash::bytes(bytes), SEED)
}

/// A file that is read.
#[derive(Debug)]
pub(super) struct Sealed {
    path: PathBuf,
    map: Mmap,
    /// After the head, up to the checksums.
    payload: Range<usize>,
    sections: Vec<Range<usize>>,
    /// A bit for each block that was checked.
    checked: Vec<AtomicU64>,
}

impl Sealed {
    /// Opens a file, whose head must be the one that was sealed. `sections` says how many sections a file of each version
    /// has; those that an older one has not are empty.
    ///
    /// # Errors
    /// When it cannot be read, or is not that file; blocks are checked when they are read.
    pub(super) fn open(path: &Path, kind: Kind, sections: [usize; VERSION as usize], seal: Seal) -> Result<Self> {
        let file = File::open(path).map_err(|e| Error::io("read", path, e))?;
        // SAFETY: files of an index are never written once they have their name; whoever cuts one off meanwhile ends the
        // process as with any mapped file.
        let map = unsafe { Mmap::map(&file) }.map_err(|e| Error::io("read", path, e))?;
        let damaged = |what: String| Error::Damaged { path: path.to_owned(), what };
        if map.len() as u64 != seal.bytes {
            return Err(damaged(format!("it has {} bytes and should have {}", map.len(), seal.bytes)));
        }
        let head = map.get(..HEAD).ok_or_else(|| damaged("it is shorter than its head".into()))?;
        if checksum(head) != seal.head {
            return Err(damaged("its head is not the one that was written".into()));
        }
        // The head is what was written, so what follows only guards against an error of this program.
        let number = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().expect("eight bytes"));
        let [bytes, length, table] = [24, 32, 40].map(number).map(|n| usize::try_from(n).unwrap_or(usize::MAX));
        let has = (short_at(head, 2) as usize).checked_sub(1).and_then(|version| sections.get(version));
        let blocks = length.div_ceil(BLOCK);
        let is_sound = head[12..16] == (kind as u32).to_le_bytes()
            && bytes == map.len()
            && length.checked_add(HEAD + blocks * 8) == Some(bytes)
            && has.is_some_and(|sections| table.checked_add(sections * 16) == Some(length));
        if !is_sound {
            return Err(damaged("its head is that of another kind of file".into()));
        }
        let payload = HEAD..HEAD + length;
        if checksum(&map[payload.end..]) != number(48) {
            return Err(damaged("the list of its checksums is not the one that was written".into()));
        }
        let checked = (0..blocks.div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        let mut sealed = Self { path: path.to_owned(), map, payload, sections: Vec::new(), checked };
        let ranges = sealed.at(table..length)?;
        let mut ranges: Vec<Range<usize>> =
            ranges.chunks_exact(16).map(|row| number_at(row, 0) as usize..number_at(row, 1) as usize).collect();
        if ranges.iter().any(|range| range.start > range.end || range.end > table) {
            return Err(damaged("a section of it is out of place".into()));
        }
        ranges.resize(sections[VERSION as usize - 1], 0..0);
        sealed.sections = ranges;
        Ok(sealed)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns how long a section is.
    pub(super) fn length(&self, section: usize) -> usize {
        self.sections[section].len()
    }

    /// Returns some bytes of a section.
    ///
    /// # Errors
    /// When one of their blocks fails its checksum, or they are not there.
    #[inline]
    pub(super) fn bytes(&self, section: usize, range: Range<usize>) -> Result<&[u8]> {
        let section = &self.sections[section];
        let (start, end) = (section.start.saturating_add(range.start), section.start.saturating_add(range.end));
        if start > end || end > section.end {
            return Err(self.damaged("it points to what is not there"));
        }
        self.at(start..end)
    }

    /// Returns a whole section.
    ///
    /// # Errors
    /// As [`bytes`](Self::bytes).
    pub(super) fn section(&self, section: usize) -> Result<&[u8]> {
        self.at(self.sections[section].clone())
    }

    /// Checks all blocks.
    pub(super) fn check(&self) -> Result<()> {
        self.at(0..self.payload.len()).map(drop)
    }

    pub(super) fn damaged(&self, what: &str) -> Error {
        Error::Damaged { path: self.path.clone(), what: what.into() }
    }

    /// Returns bytes of what follows the head, once their blocks are checked.
    #[inline]
    fn at(&self, range: Range<usize>) -> Result<&[u8]> {
        let payload = &self.map[self.payload.clone()];
        if !range.is_empty() {
            for block in range.start / BLOCK..=(range.end - 1) / BLOCK {
                let bit = 1 << (block % 64);
                if self.checked[block / 64].load(Ordering::Relaxed) & bit == 0 {
                    self.check_block(payload, block)?;
                    self.checked[block / 64].fetch_or(bit, Ordering::Relaxed);
                }
            }
        }
        Ok(&payload[range])
    }

    #[cold]
    fn check_block(&self, payload: &[u8], block: usize) -> Result<()> {
        let bytes = &payload[block * BLOCK..payload.len().min((block + 1) * BLOCK)];
        if checksum(bytes) == number_at(&self.map[self.payload.end..], block) {
            return Ok(());
        }
        let first = HEAD + block * BLOCK;
        Err(self.damaged(&format!("bytes {first} to {} fail their checksum", first + bytes.len())))
    }
}

/// Returns number `at` of a table of eight bytes each.
#[inline]
pub(super) fn number_at(table: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(table[at * 8..at * 8 + 8].try_into().expect("eight bytes"))
}

/// Returns number `at` of a table of four bytes each.
#[inline]
pub(super) fn short_at(table: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(table[at * 4..at * 4 + 4].try_into().expect("four bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(folder: &Path) -> (PathBuf, Seal) {
        let path = folder.join("a.seg");
        let mut file = Sealer::create(&path, Kind::Segment, 7).unwrap();
        file.begin().unwrap();
        file.write("渡口的老船工".as_bytes()).unwrap();
        file.begin().unwrap();
        file.write(&vec![9; 40_000]).unwrap();
        (path, file.finish().unwrap())
    }

    #[test]
    fn what_was_sealed_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let (path, seal) = written(folder.path());
        let file = Sealed::open(&path, Kind::Segment, [2; 3], seal).unwrap();
        assert_eq!(file.section(0).unwrap(), "渡口的老船工".as_bytes());
        assert_eq!(file.bytes(1, 39_998..40_000).unwrap(), [9, 9]);
        assert!(file.bytes(1, 39_998..40_001).is_err() && file.bytes(0, 5..usize::MAX).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_of_another_kind_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (path, seal) = written(folder.path());
        assert!(Sealed::open(&path, Kind::Removed, [2; 3], seal).is_err());
        assert!(Sealed::open(&path, Kind::Segment, [2, 2, 3], seal).is_err());
    }

    #[test]
    fn only_what_is_read_is_checked_and_a_flipped_byte_of_it_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let (path, seal) = written(folder.path());
        let mut bytes = fs::read(&path).unwrap();
        bytes[HEAD + 30_000] ^= 1;
        fs::write(&path, bytes).unwrap();
        let file = Sealed::open(&path, Kind::Segment, [2; 3], seal).unwrap();
        assert!(file.section(0).is_ok());
        let error = file.section(1).unwrap_err().to_string();
        assert!(error.contains("a.seg") && error.contains("checksum"), "{error}");
        assert!(file.check().is_err());
    }
}
