//! A file of records in pieces of whole lines, so that many threads can read one file.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use memmap2::Mmap;
#[cfg(unix)]
use memmap2::UncheckedAdvice;

use super::{LONGEST, encoding};

/// Bytes in a piece, but for lines that are longer. Enough work for a thread to be worth handing over.
const PIECE: usize = 1 << 20;

/// Some whole lines of a file.
#[derive(Debug)]
pub(super) struct Piece {
    bytes: Bytes,
    /// Number of the first line, from 1.
    pub(super) first_line: u64,
    /// Bytes on disk that the piece stands for.
    pub(super) on_disk: u64,
    /// Why nothing comes after this piece, where that is not the end of the file. Its last line may then be torn.
    pub(super) broken: Option<String>,
}

#[derive(Debug)]
enum Bytes {
    Mapped(Arc<Mmap>, Range<usize>),
    Owned(Vec<u8>),
}

impl Piece {
    #[cfg(test)]
    pub(super) fn whole(bytes: Vec<u8>) -> Self {
        Self { bytes: Bytes::Owned(bytes), first_line: 1, on_disk: 0, broken: None }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Mapped(map, range) => &map[range.clone()],
            Bytes::Owned(bytes) => bytes,
        }
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Self::Mapped(map, range) = self {
            // What was read need not be resident any more.
            // SAFETY: the map is shared and read only, so its pages are what the file holds, and are read from there again.
            let _ = unsafe { map.unchecked_advise_range(UncheckedAdvice::DontNeed, range.start, range.len()) };
        }
    }
}

/// A file of lines as an iterator of [`Piece`]s, in order. A step finds line ends and (in a packed file) unpacks;
/// the lines themselves are not looked at.
#[derive(Debug)]
pub(super) struct Pieces {
    source: Source,
    /// Number of the next line.
    line: u64,
}

#[derive(Debug)]
enum Source {
    Mapped { map: Arc<Mmap>, at: usize },
    Stream(Stream),
    End,
}

struct Stream {
    bytes: Box<dyn Read + Send>,
    /// What was read beyond the last whole line.
    carry: Vec<u8>,
    read: u64,
    /// Bytes taken from the disk so far, and how many of them the pieces so far stand for.
    taken: Arc<AtomicU64>,
    told: u64,
}

impl Pieces {
    /// Returns the lines of a file that is not packed.
    pub(super) fn mapped(file: &File) -> io::Result<Self> {
        // SAFETY: the map is read only. Nothing can keep another process from changing the file meanwhile; every line
        // is checked to be UTF-8 after it is read, so a change gives a bad record at worst. A file that is cut short
        // while it is read ends the run with a bus error, as in other tools that map their input.
        let map = unsafe { Mmap::map(file)? };
        if is_utf16(&map) {
            return Ok(Self::stream(Box::new(Cursor::new(map.to_vec()))));
        }
        let at = if map.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        Ok(Self { source: Source::Mapped { map: Arc::new(map), at }, line: 1 })
    }

    /// Returns the lines of a stream, whose pieces stand for no bytes on disk.
    pub(super) fn stream(bytes: Box<dyn Read + Send>) -> Self {
        Self::counted(bytes, Arc::default())
    }

    /// Returns the lines of a stream whose reader counts the bytes it takes from the disk in `taken`.
    pub(super) fn counted(bytes: Box<dyn Read + Send>, taken: Arc<AtomicU64>) -> Self {
        Self { source: Source::Stream(Stream { bytes, carry: Vec::new(), read: 0, taken, told: 0 }), line: 1 }
    }
}

impl Iterator for Pieces {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let mut piece = match &mut self.source {
            Source::End => return None,
            Source::Mapped { map, at } if *at == map.len() => return None,
            Source::Mapped { map, at } => {
                let from = *at;
                *at = (from + PIECE).min(map.len());
                *at = memchr::memchr(b'\n', &map[*at..]).map_or(map.len(), |end| *at + end + 1);
                let bytes = Bytes::Mapped(Arc::clone(map), from..*at);
                Piece { bytes, first_line: 0, on_disk: (*at - from) as u64, broken: None }
            }
            Source::Stream(stream) => {
                let (piece, is_last) = stream.next();
                if is_last {
                    self.source = Source::End;
                }
                piece?
            }
        };
        piece.first_line = self.line;
        self.line += memchr::memchr_iter(b'\n', piece.bytes()).count() as u64;
        Some(piece)
    }
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_struct("Stream").field("read", &self.read).finish_non_exhaustive()
    }
}

impl Stream {
    /// Reads what follows of a file in UTF-16, which is decoded as a whole.
    fn rest_of_utf16(&mut self, bytes: &mut Vec<u8>) -> io::Result<()> {
        let before = bytes.len();
        let result = self.bytes.by_ref().take(LONGEST).read_to_end(bytes);
        self.read += (bytes.len() - before) as u64;
        result?;
        if bytes.len() as u64 > LONGEST {
            return Err(io::Error::other("records in UTF-16 are read up to 4 GiB: convert the file to UTF-8"));
        }
        Ok(())
    }

    fn unreadable(&self, error: &io::Error) -> String {
        format!("cannot be read beyond byte {}: {error}", self.read)
    }

    /// Returns the next whole lines, and whether they are the last.
    fn next(&mut self) -> (Option<Piece>, bool) {
        let mut bytes = std::mem::take(&mut self.carry);
        let mut looked_at = 0;
        let mut broken = None;
        let end = loop {
            if bytes.len() >= PIECE {
                if let Some(end) = memchr::memrchr(b'\n', &bytes[looked_at..]) {
                    break Some(looked_at + end + 1);
                }
                looked_at = bytes.len();
            }
            if bytes.len() as u64 > LONGEST {
                broken = Some("the line is longer than 4 GiB: cut it into records".to_owned());
                break None;
            }
            let before = bytes.len();
            // As much again for a long line, or its cost would be the square of its length.
            let wanted = PIECE.max(before);
            let result = self.bytes.by_ref().take(wanted as u64).read_to_end(&mut bytes);
            let is_start = self.read == 0;
            self.read += (bytes.len() - before) as u64;
            if is_start && is_utf16(&bytes) {
                broken = result.and_then(|_| self.rest_of_utf16(&mut bytes)).err().map(|error| self.unreadable(&error));
                // What arrived of one that breaks off is read like any other.
                match encoding::decode(std::mem::take(&mut bytes), None) {
                    Ok(text) => bytes = text.into_bytes(),
                    Err(reason) => broken = Some(reason),
                }
                break None;
            }
            if let Err(error) = result {
                broken = Some(self.unreadable(&error));
                break None;
            }
            if is_start && bytes.starts_with(b"\xEF\xBB\xBF") {
                bytes.drain(..3);
            } else if bytes.len() - before < wanted {
                break None;
            }
        };
        if let Some(end) = end {
            self.carry = bytes.split_off(end);
        }
        let taken = self.taken.load(Ordering::Relaxed);
        let on_disk = taken - std::mem::replace(&mut self.told, taken);
        let is_empty = bytes.is_empty() && broken.is_none();
        let piece = Piece { bytes: Bytes::Owned(bytes), first_line: 0, on_disk, broken };
        ((!is_empty).then_some(piece), end.is_none())
    }
}

fn is_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF")
}

/// A reader that counts what passes.
pub(super) struct Counted<R> {
    pub(super) bytes: R,
    pub(super) taken: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(out)?;
        self.taken.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn mapped(bytes: &[u8]) -> Vec<Piece> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Pieces::mapped(&file).unwrap().collect()
    }

    fn stream(bytes: &[u8]) -> Vec<Piece> {
        Pieces::stream(Box::new(Cursor::new(bytes.to_vec()))).collect()
    }

    #[test]
    fn the_pieces_joined_are_the_file_and_each_begins_at_the_line_it_says() {
        let line = "渡口的老船工每天清晨都要把绳索检查一遍。\n";
        let lines = |n: usize| (0..n).map(|n| format!("{n}{line}")).collect::<String>();
        let long = "长".repeat(PIECE);
        let texts = [
            String::new(),
            "\n".into(),
            "一".into(),
            lines(100_000),
            lines(100_000) + "末",
            format!("{}{long}\n{}", lines(3), lines(3)),
            long,
        ];
        for text in texts {
            for pieces in [mapped(text.as_bytes()), stream(text.as_bytes())] {
                let joined: Vec<u8> = pieces.iter().flat_map(|piece| piece.bytes().to_vec()).collect();
                assert_eq!(joined, text.as_bytes());
                let mut number = 1;
                for (n, piece) in pieces.iter().enumerate() {
                    assert_eq!(piece.first_line, number);
                    assert!(piece.bytes().ends_with(b"\n") || n + 1 == pieces.len());
                    number += piece.bytes().iter().filter(|&&byte| byte == b'\n').count() as u64;
                }
            }
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_first_record() {
        for bytes in [b"\xEF\xBB\xBF{}\n".as_slice(), b"\xFF\xFE{\0}\0\n\0", b"\xFE\xFF\0{\0}\0\n"] {
            for pieces in [mapped(bytes), stream(bytes)] {
                let joined: Vec<u8> = pieces.iter().flat_map(|piece| piece.bytes().to_vec()).collect();
                assert_eq!(joined, b"{}\n");
            }
        }
    }
}
