//! Files, archives, encodings and HTML in; documents out. Nothing below this module knows a path.
//!
//! 1. `listing`: which files there are, each once, and what they are called.
//! 2. `compression`: packed bytes to plain ones.
//! 3. `format`: text, page, records, archive or table?
//! 4. `lines`: a file of records in pieces that can be read at the same time; `objects`: records that are no lines,
//!    made into such.
//! 5. `encoding`: bytes to text.
//! 6. `html`, `records`, `archive`, `table`: text to documents.
//! 7. `again`: some documents a second time; `copy`: all but some, written anew; `target`: the folder they are written to.

mod listing;
mod compression;
mod format;
mod lines;
mod objects;
mod encoding;
mod html;
mod records;
mod archive;
mod table;
mod again;
mod copy;
mod target;

use std::fs;
use std::io::{self, Cursor, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::UNIX_EPOCH;

use crate::document::{Document, Origin, Skipped};
use crate::error::{Error, Result};
use crate::hash::{self, TextHasher};
use crate::settings::InputSettings;

pub use again::Sources;
use again::{Spools, Wanted};
use compression::Compression;
pub use copy::{Copied, Copying};
use format::Format;
use lines::{Counted, Piece, Pieces};
pub(crate) use listing::name as spelled;
use listing::{File, Listed, Place};
pub use listing::{are_one, reads, would_read};
pub use target::{Target, is_free};

/// What a batch hands its documents to.
type Sink<'a> = &'a mut dyn FnMut(std::result::Result<Document, Skipped>);

/// Bytes of small files that make a batch.
const BATCH: u64 = 256 << 10;

/// Bytes on disk from which a file of records or an archive is cut into several batches.
const LONG: u64 = 1 << 20;

/// Bytes of the longest page, text or line that is read; a bound for archives that unpack to more than any memory.
pub const LONGEST: u64 = 4 << 30;

/// What is to be read: files found, none opened.
#[derive(Debug)]
pub struct Corpus {
    files: Arc<Vec<File>>,
    skipped: Vec<Skipped>,
    repeated: usize,
    rules: Arc<Rules>,
}

/// How files are read, and what of them.
#[derive(Debug, Default)]
struct Rules {
    settings: InputSettings,
    /// The documents that are wanted; all where there is none.
    wanted: Option<Wanted>,
    /// Where streams are kept, if they are to be read again.
    spools: Option<Arc<Spools>>,
}

impl Corpus {
    /// Lists what is to be read, each file once whatever its names.
    ///
    /// A path is a folder, a file, or `-` for records or an archive on standard input. A folder is searched with what
    /// is under it, links followed, by the rules of the `.gitignore` and `.ignore` files in it and of `settings`. A file
    /// that is named itself is read whatever the rules say; a pipe that is named itself holds what `-` does.
    ///
    /// # Errors
    ///
    /// Only for what the user named: a path that does not exist or cannot be read, a glob that is none. What cannot be
    /// read under a folder comes out of [`Batch::read`] as [`Skipped`].
    pub fn open(paths: &[PathBuf], settings: &InputSettings) -> Result<Self> {
        let Listed { files, skipped, repeated } = listing::list(paths, settings)?;
        let rules = Rules { settings: settings.clone(), ..Rules::default() };
        Ok(Self { files: Arc::new(files), skipped, repeated, rules: Arc::new(rules) })
    }

    /// Returns the corpus, and where documents of it can be read again once it was read.
    ///
    /// Standard input and pipes are kept for that in a temporary file without a name, packed: about a quarter of their
    /// length, in the folder for temporary files.
    pub fn with_sources(mut self) -> (Self, Sources) {
        let spools = Arc::<Spools>::default();
        let sources = Sources::new(Arc::clone(&self.files), self.rules.settings.clone(), Arc::clone(&spools));
        self.rules = Arc::new(Rules { settings: self.rules.settings.clone(), wanted: None, spools: Some(spools) });
        (self, sources)
    }

    /// Returns how many names are passed over, since they lead to files that are read under another one.
    ///
    /// Links to a folder that is read are not counted, nor what is in it.
    pub fn repeated(&self) -> usize {
        self.repeated
    }

    /// Returns the bytes on disk, for progress; 0 when they are unknown, as with standard input.
    pub fn bytes(&self) -> u64 {
        // A pipe's length is known only once it is read, and a part would look like the whole.
        let is_known = self.files.iter().all(|file| matches!(file.place, Place::Path(_)));
        if is_known { self.files.iter().map(|file| file.bytes).sum() } else { 0 }
    }

    /// Returns a number that changes when a file is added, removed, renamed or changed; `None` where something is read that
    /// cannot be read again.
    ///
    /// A change is told by length, time, and what the file system numbers a file by, not by what is in the file.
    pub fn identity(&self) -> Option<u64> {
        let mut hasher = TextHasher::default();
        for file in &*self.files {
            let Place::Path(path) = &file.place else { return None };
            for name in [file.name.as_bytes(), std::path::absolute(path).ok()?.as_os_str().as_encoded_bytes()] {
                hasher.push_numbers(&[name.len() as u64]);
                hasher.push(name);
            }
            // One that cannot be looked at is not read either.
            let now = fs::metadata(path).ok();
            let changed = now.as_ref().and_then(|now| now.modified().ok()?.duration_since(UNIX_EPOCH).ok());
            let changed = changed.unwrap_or_default();
            let length = now.as_ref().map_or(u64::MAX, fs::Metadata::len);
            hasher.push_numbers(&[
                length,
                changed.as_secs(),
                u64::from(changed.subsec_nanos()),
                number_of(now.as_ref()),
            ]);
        }
        Some(hasher.finish() as u64)
    }

    /// Returns the corpus in pieces of work, always the same ones in the same order as long as its files are the same.
    pub fn batches(self) -> Batches {
        Batches { files: self.files, at: 0, skipped: self.skipped, rules: self.rules, cut: None }
    }
}

/// The corpus in pieces of work, in the order of its files. A step opens a file at most, and finds line ends.
///
/// A long packed file of records costs more, and so does a long archive: it is unpacked here, since no two threads
/// can unpack one stream.
#[derive(Debug)]
pub struct Batches {
    files: Arc<Vec<File>>,
    /// The next file.
    at: usize,
    skipped: Vec<Skipped>,
    rules: Arc<Rules>,
    /// The long file that is being cut.
    cut: Option<(Arc<str>, usize, Cut)>,
}

impl Iterator for Batches {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let rules = Arc::clone(&self.rules);
        loop {
            if let Some((name, number, cut)) = &mut self.cut {
                match cut.next() {
                    Some(piece) => return Some(Batch { work: Work::Piece(Arc::clone(name), *number, piece), rules }),
                    None => self.cut = None,
                }
            }
            if !self.skipped.is_empty() {
                return Some(Batch { work: Work::Skipped(std::mem::take(&mut self.skipped)), rules });
            }
            let first = self.at;
            let file = self.files.get(first)?;
            self.at += 1;
            if is_long(file, &rules) {
                match cut(file, first, &rules) {
                    Ok(cut) => self.cut = Some((Arc::clone(&file.name), first, cut)),
                    Err(error) => self.skipped.push(unreadable(file, &error)),
                }
                continue;
            }
            let mut bytes = file.bytes;
            while let Some(next) =
                self.files.get(self.at).filter(|next| bytes + next.bytes <= BATCH && !is_long(next, &rules))
            {
                // Opening a file costs about as much as reading a few kilobytes.
                bytes += next.bytes + (1 << 10);
                self.at += 1;
            }
            return Some(Batch { work: Work::Files(Arc::clone(&self.files), first..self.at), rules });
        }
    }
}

/// Some files, or some records of one: work for one thread.
#[derive(Debug)]
pub struct Batch {
    work: Work,
    rules: Arc<Rules>,
}

#[derive(Debug)]
enum Work {
    Files(Arc<Vec<File>>, Range<usize>),
    /// Of a file with a name, of a number.
    Piece(Arc<str>, usize, Cutting),
    Skipped(Vec<Skipped>),
}

/// A long file that many threads read.
#[derive(Debug)]
enum Cut {
    Records(Pieces),
    Archive(archive::Pieces),
    Table(table::Pieces),
}

/// A piece of one.
#[derive(Debug)]
enum Cutting {
    Records(Piece),
    Archive(archive::Piece),
    Table(table::Piece),
}

impl Iterator for Cut {
    type Item = Cutting;

    fn next(&mut self) -> Option<Cutting> {
        match self {
            Self::Records(pieces) => pieces.next().map(Cutting::Records),
            Self::Archive(pieces) => pieces.next().map(Cutting::Archive),
            Self::Table(pieces) => pieces.next().map(Cutting::Table),
        }
    }
}

impl Cutting {
    /// Returns the number of its first line, record or row.
    fn first(&self) -> u64 {
        match self {
            Self::Records(piece) => piece.first_line,
            Self::Archive(piece) => piece.first,
            Self::Table(piece) => piece.first,
        }
    }

    fn on_disk(&self) -> u64 {
        match self {
            Self::Records(piece) => piece.on_disk,
            Self::Archive(piece) => piece.on_disk,
            Self::Table(piece) => piece.on_disk,
        }
    }

    /// Reads what is in it; returns how many records of an archive hold no page.
    fn read(self, name: &Arc<str>, rules: &Rules, sink: Sink) -> u64 {
        match self {
            Self::Records(piece) => {
                records::read(&piece, name, rules, sink);
                0
            }
            Self::Archive(piece) => archive::read(piece, name, rules, sink),
            Self::Table(piece) => {
                table::read(piece, name, rules, sink);
                0
            }
        }
    }
}

impl Batch {
    /// Returns where in the corpus the batch stands: its first file, and its first line or record there. `None` where
    /// it holds nothing that was read.
    ///
    /// As long as the files are the same, so is the batch of a place, whatever else could or could not be read.
    pub fn place(&self) -> Option<(u64, u64)> {
        match &self.work {
            Work::Files(_, files) => Some((files.start as u64, 0)),
            Work::Piece(_, file, piece) => Some((*file as u64, piece.first())),
            Work::Skipped(_) => None,
        }
    }

    /// Returns the bytes on disk this batch stands for; those of all batches add up to [`Corpus::bytes`], but for files
    /// that changed or broke off meanwhile.
    pub fn bytes(&self) -> u64 {
        match &self.work {
            Work::Files(files, range) => files[range.clone()].iter().map(|file| file.bytes).sum(),
            Work::Piece(_, _, piece) => piece.on_disk(),
            Work::Skipped(_) => 0,
        }
    }

    /// Reads, decodes and parses the batch, and hands each document, or what is wrong with it, to `sink`.
    ///
    /// A packed file that breaks off gives both: what came before the break, then why nothing follows. Returns how many
    /// records of archives were passed over, since they hold no page.
    pub fn read(self, sink: &mut dyn FnMut(std::result::Result<Document, Skipped>)) -> u64 {
        match self.work {
            Work::Files(files, range) => files[range].iter().map(|file| read(file, &self.rules, sink)).sum(),
            Work::Piece(name, _, piece) => piece.read(&name, &self.rules, sink),
            Work::Skipped(skipped) => {
                skipped.into_iter().for_each(|skipped| sink(Err(skipped)));
                0
            }
        }
    }
}

/// Returns the document of one line of records, `number` in the file, or what is wrong with it.
///
/// # Errors
/// When the line is no record, or one without a text.
pub fn read_record(
    line: &[u8],
    file: &Arc<str>,
    number: u64,
    settings: &InputSettings,
) -> std::result::Result<Document, Skipped> {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line).trim_ascii();
    records::read_line(line, file, number, settings).map_err(|unfit| unfit.skipped(file, number))
}

/// Returns the documents of one file (a page is one, a file of records many) and what of it is none.
///
/// # Errors
///
/// When the file does not exist, cannot be opened, or is a folder.
pub fn read_file(path: &Path, settings: &InputSettings) -> Result<(Vec<Document>, Vec<Skipped>)> {
    if path.is_dir() {
        return Err(Error::io("read", path, io::ErrorKind::IsADirectory.into()));
    }
    let (mut documents, mut skipped) = (Vec::new(), Vec::new());
    for batch in Corpus::open(&[path.to_owned()], settings)?.batches() {
        batch.read(&mut |item| match item {
            Ok(document) => documents.push(document),
            Err(bad) => skipped.push(bad),
        });
    }
    Ok((documents, skipped))
}

/// Returns whether the name of a file is that of an archive or a table, whose documents are no lines, or of JSON, whose
/// objects need not be.
pub(crate) fn is_without_lines(name: &str) -> bool {
    let is_json = [".json", ".json.gz", ".json.zst"].iter().any(|ending| name.to_ascii_lowercase().ends_with(ending));
    is_json
        || matches!(format::by_name(Path::new(name)).0, Some(Format::Archive | Format::Table | Format::Separated(_)))
}

/// Returns the number by which the file system knows a file, and which of its changes the last was; 0 where it tells none.
fn number_of(file: Option<&fs::Metadata>) -> u64 {
    #[cfg(unix)]
    let number = file.map_or(0, |file| {
        use std::os::unix::fs::MetadataExt;
        hash::sequence(&[file.dev(), file.ino(), file.ctime() as u64, file.ctime_nsec() as u64])
    });
    #[cfg(not(unix))]
    let number = file.map_or(0, |_| 0);
    number
}

/// Whether a file is cut into pieces before it is handed to a thread.
fn is_long(file: &File, rules: &Rules) -> bool {
    match &file.place {
        Place::Path(path) if file.bytes > LONG => match format::by_name(path).0 {
            Some(Format::Text | Format::Html) => false,
            Some(_) => true,
            // What cannot be opened, or is nothing that can be read, is told as a page that is none.
            None => Contents::open(path)
                .is_ok_and(|contents| contents.format(&rules.settings).is_ok_and(Format::is_of_many)),
        },
        Place::Path(_) => false,
        Place::Pipe(_) | Place::StandardInput | Place::Spooled(_) => true,
    }
}

/// Opens a long file, which is number `number` of the corpus.
fn cut(file: &File, number: usize, rules: &Rules) -> io::Result<Cut> {
    let stream = |bytes: Box<dyn Read + Send>| match &rules.spools {
        Some(spools) => of_stream(spools.keeping(number, bytes)),
        None => of_stream(bytes),
    };
    Ok(match &file.place {
        Place::StandardInput => stream(Box::new(io::stdin()))?,
        Place::Pipe(path) => stream(Box::new(fs::File::open(path)?))?,
        Place::Spooled(kept) => of_stream(kept.open()?)?,
        Place::Path(path) => {
            let contents = Contents::open(path)?;
            let format = contents.format(&rules.settings).map_err(io::Error::other)?;
            contents.cut(format, path, rules)?
        }
    })
}

/// Returns the records of a stream: an archive's, if it begins like one.
///
/// # Errors
/// When it is a table, which is read from its end.
fn of_stream(bytes: Box<dyn Read + Send>) -> io::Result<Cut> {
    let (head, rest) = split(bytes, archive::MARK.len());
    if head.starts_with(table::MARK) {
        return Err(io::Error::other("a Parquet file, which is read from its end: name the file instead"));
    }
    let is_archive = head == archive::MARK;
    let is_list = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head).trim_ascii_start().starts_with(b"[");
    let whole = Box::new(Cursor::new(head).chain(rest));
    Ok(if is_archive {
        Cut::Archive(archive::Pieces::new(whole, Arc::default()))
    } else if is_list {
        Cut::Records(Pieces::stream(Box::new(objects::Lines::new(whole))))
    } else {
        Cut::Records(Pieces::stream(whole))
    })
}

/// Returns the first bytes of a stream, and a reader of the rest, which fails where they could not be read.
fn split(mut bytes: Box<dyn Read + Send>, length: usize) -> (Vec<u8>, Box<dyn Read + Send>) {
    let mut head = Vec::new();
    match bytes.by_ref().take(length as u64).read_to_end(&mut head) {
        Ok(_) => (head, bytes),
        Err(error) => (head, Box::new(Fails(error))),
    }
}

/// Reads one file, whatever it is; returns how many records of an archive hold no page.
fn read(file: &File, rules: &Rules, sink: Sink) -> u64 {
    let Place::Path(path) = &file.place else { return 0 };
    let contents = match Contents::open(path) {
        Ok(contents) => contents,
        Err(error) => {
            sink(Err(unreadable(file, &error)));
            return 0;
        }
    };
    match contents.format(&rules.settings) {
        Err(reason) => sink(Err(Skipped::new(&*file.name, reason))),
        Ok(format) if format.is_of_many() => match contents.cut(format, path, rules) {
            Ok(pieces) => return pieces.map(|piece| piece.read(&file.name, rules, sink)).sum(),
            Err(error) => sink(Err(unreadable(file, &error))),
        },
        Ok(format) => contents.read(format, file, sink),
    }
    0
}

fn unreadable(file: &File, error: &io::Error) -> Skipped {
    Skipped::new(&*file.name, format!("cannot be read: {error}"))
}

/// A file's plain bytes: the first of them in memory, the rest to be read.
struct Contents {
    head: Vec<u8>,
    rest: Box<dyn Read + Send>,
    /// Bytes taken from the disk so far.
    taken: Arc<AtomicU64>,
    /// Why the head is all there is.
    broken: Option<io::Error>,
    format: Option<Format>,
    packing: Compression,
    /// Bytes on disk, where they are the plain bytes.
    length: u64,
}

impl Contents {
    /// Opens a file, and reads its beginning.
    ///
    /// # Errors
    /// When it cannot be opened, or is not packed as its name says.
    fn open(path: &Path) -> io::Result<Self> {
        let (format, packed) = format::by_name(path);
        let bytes = fs::File::open(path)?;
        let length = bytes.metadata()?.len();
        let taken = Arc::<AtomicU64>::default();
        let rest = packed.unpack(Box::new(Counted { bytes, taken: Arc::clone(&taken) }))?;
        let contents = Self { head: Vec::new(), rest, taken, broken: None, format, packing: packed, length };
        let mut contents = contents.with_head();
        if contents.head.is_empty() && contents.broken.is_some() {
            let mut first = Vec::new();
            fs::File::open(path)?.take(4).read_to_end(&mut first)?;
            packed.checked(&first)?;
        }
        let packed = Compression::announced_by(&contents.head);
        if format.is_none() && packed != Compression::None && contents.broken.is_none() {
            contents.rest = packed.unpack(Box::new(Cursor::new(contents.head).chain(contents.rest)))?;
            contents.packing = packed;
            contents.head = Vec::new();
            contents = contents.with_head();
        }
        Ok(contents)
    }

    fn with_head(mut self) -> Self {
        self.broken = self.rest.by_ref().take(format::HEAD as u64).read_to_end(&mut self.head).err();
        self
    }

    /// Returns the format: by the name, or else by the first bytes.
    ///
    /// # Errors
    /// When it is nothing that can be read.
    fn format(&self, settings: &InputSettings) -> std::result::Result<Format, String> {
        let begins = |mark| self.format.is_none() && self.head.starts_with(mark);
        if self.format == Some(Format::Archive) || begins(archive::MARK) {
            return Ok(Format::Archive);
        }
        if self.format == Some(Format::Table) || begins(table::MARK) {
            // A table is read from its end.
            let is_packed = self.packing != Compression::None;
            return if is_packed { Err(encoding::PACKED_TABLE.into()) } else { Ok(Format::Table) };
        }
        if let Some(what) = encoding::binary(&self.head) {
            return Err(what.into());
        }
        self.format.map_or_else(|| format::by_content(&self.head, settings), Ok)
    }

    /// Returns the pieces of a file of many documents, which stands at `path`.
    fn cut(self, format: Format, path: &Path, rules: &Rules) -> io::Result<Cut> {
        let taken = Arc::clone(&self.taken);
        Ok(match format {
            Format::Archive => Cut::Archive(archive::Pieces::new(self.bytes(), taken)),
            Format::Table => {
                let pieces = table::Pieces::open(fs::File::open(path)?, &rules.settings);
                Cut::Table(pieces.map_err(io::Error::other)?)
            }
            Format::Separated(separator) => {
                let (bytes, _) = encoding::as_utf8(self.bytes())?;
                let pieces = table::Pieces::separated(bytes, taken, separator, &rules.settings);
                Cut::Table(pieces.map_err(io::Error::other)?)
            }
            Format::Objects => {
                let (bytes, _) = encoding::as_utf8(self.bytes())?;
                Cut::Records(Pieces::counted(Box::new(objects::Lines::new(bytes)), taken))
            }
            // A file of which a few lines are wanted shall not be in memory as a whole, and a short one is worth no map.
            _ if self.packing == Compression::None && rules.wanted.is_none() && self.length > LONG => {
                Cut::Records(Pieces::mapped(&fs::File::open(path)?)?)
            }
            _ => Cut::Records(Pieces::counted(self.bytes(), taken)),
        })
    }

    /// Returns the bytes from the first on, and the error after them where the head is all there is.
    fn bytes(self) -> Box<dyn Read + Send> {
        let rest: Box<dyn Read + Send> = match self.broken {
            Some(error) => Box::new(Fails(error)),
            None => self.rest,
        };
        Box::new(Cursor::new(self.head).chain(rest))
    }

    /// Reads a file that is one document.
    fn read(mut self, format: Format, file: &File, sink: Sink) {
        let key = || file.name.to_string();
        let refuse = |reason: String| Err(Skipped::new(&*file.name, reason));
        if self.broken.is_none() {
            self.head.reserve_exact(usize::try_from(self.length.min(LONGEST)).unwrap_or(0));
            self.broken = self.rest.by_ref().take(LONGEST + 1).read_to_end(&mut self.head).err();
        }
        if self.head.len() as u64 > LONGEST {
            return sink(refuse("longer than 4 GiB: cut it into documents".into()));
        }
        let reached = self.head.len();
        let label = if format == Format::Html { encoding::label(&self.head) } else { None };
        match encoding::decode(self.head, label.as_deref()) {
            Err(reason) => sink(refuse(reason)),
            // Nothing was read of it: that is no empty document.
            Ok(text) if text.is_empty() && self.broken.is_some() => {}
            Ok(text) => {
                let (text, lines) = match format {
                    Format::Html => html::text(&text),
                    _ => (encoding::with_line_feeds(text), Vec::new()),
                };
                let text = encoding::closed_up(text);
                let origin = Origin { file: Arc::clone(&file.name), line: 0 };
                let site = file.site.clone();
                sink(Ok(Document { key: key(), text, lines, site, date: file.changed, origin }));
            }
        }
        if let Some(error) = self.broken {
            let reason = match reached {
                0 => format!("cannot be read: {error}"),
                _ => format!("cannot be read beyond byte {reached}: {error}; what came before was read"),
            };
            sink(Err(Skipped::torn(&file.name, key(), reason)));
        }
    }
}

/// A reader that fails with what was met before.
struct Fails(io::Error);

impl Read for Fails {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::new(self.0.kind(), self.0.to_string()))
    }
}
