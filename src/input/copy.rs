//! A corpus written again without some of its documents: what stays is the same, byte for byte; of a Parquet file, value
//! for value.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use super::archive::{Broken, Records};
use super::compression::Compression;
use super::format::{self, Format};
use super::listing::{File, Place};
use super::table::{self, separated};
use super::target::Target;
use super::{Contents, Rules, Sources, encoding, objects, read, records};
use crate::document::{Document, Origin};
use crate::error::{Error, Result};

/// What is written in the place of a document's text; nothing for one that is written as it is.
pub type Rewrite<'a> = &'a dyn Fn(&Document) -> Option<String>;

/// What is written of a corpus.
pub struct Copying<'a> {
    /// Files that hold records. Any other is one document, or none that could be read, and then written as it is.
    pub records: HashSet<&'a str>,
    /// Documents that are left out.
    pub dropped: HashSet<&'a Origin>,
    /// What is written in the place of a document's text; nothing where documents are written as they are.
    pub text: Option<Rewrite<'a>>,
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    pub files: u64,
    /// Lines of files of records, records of archives, objects of lists and rows of tables, those that are no documents
    /// among them.
    pub lines: u64,
    /// What is not as the user may think. One sentence each.
    pub notes: Vec<String>,
}

impl Sources {
    /// Returns where each file stands on disk, by its name; streams stand nowhere.
    pub fn paths(&self) -> HashMap<&str, &Path> {
        let on_disk = self.files.iter().filter_map(|file| match &file.place {
            Place::Path(path) => Some((&*file.name, path.as_path())),
            _ => None,
        });
        on_disk.collect()
    }

    /// Writes the corpus as a new folder, which is there whole or not at all.
    ///
    /// A file with one document is copied, or not. Of a file of records the lines are copied that are no document to be
    /// left out, broken ones too, packed as the file was; of a list the objects; of an archive the records, each packed by
    /// itself; of a table the rows. Each file has the time when the one it was made of was last changed.
    ///
    /// # Errors
    /// When a file cannot be read or written; for a stream, which is gone; for a file of records or values set apart that
    /// is not in UTF-8; for an archive or a table whose documents are to be written with another text; for a Parquet file
    /// that is damaged.
    pub fn copy(&self, target: &Target, copying: &Copying) -> Result<Copied> {
        let growing = target.begin()?;
        let mut copied = Copied::default();
        let mut written: HashMap<PathBuf, &str> = HashMap::new();
        let mut undated = None;
        for file in &*self.files {
            let Place::Path(path) = &file.place else {
                return Err(Error::Settings(format!(
                    "`{}` was a stream and cannot be written without its duplicates: save it as a file, and name that",
                    file.name
                )));
            };
            let is_records = copying.records.contains(&*file.name);
            let whole = Origin { file: file.name.clone(), line: 0 };
            if !is_records && copying.dropped.contains(&whole) {
                continue;
            }
            let text = if is_records { None } else { copying.text.and_then(|text| self.text_of(file, text)) };
            let place = self.place(file, path, text.is_some());
            if let Some(other) = written.insert(place.clone(), &file.name) {
                return Err(Error::Settings(format!(
                    "`{other}` and `{}` would both become `{}`: write them apart",
                    file.name,
                    place.display()
                )));
            }
            let to = growing.path().join(&place);
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder).map_err(|error| Error::io("write", &target.named(&place), error))?;
            }
            copied.files += 1;
            let done = match text {
                _ if is_records => Lines { file, path, copying, settings: &self.settings }.write(&to, &mut copied),
                Some(text) => write_text(&text, format::by_name(path).1, &to),
                None => copy_whole(path, &to),
            };
            // The name it has for now tells the user nothing.
            done.map_err(|error| match error {
                Error::Io { action, path, source } if path == to => Error::io(action, &target.named(&place), source),
                other => other,
            })?;
            undated = dated_as(path, &to).err().or(undated);
        }
        if let Some(error) = undated {
            copied.notes.push(format!(
                "files have the time of now, for the disk does not take that of their sources ({error}): `--keep newest` \
                 goes by it"
            ));
        }
        target.publish(&growing)?;
        Ok(copied)
    }

    /// Returns what is written in the place of a page, where it can be read.
    fn text_of(&self, file: &File, text: Rewrite) -> Option<String> {
        let rules = Rules { settings: self.settings.clone(), ..Rules::default() };
        let mut found = None;
        read(file, &rules, &mut |item| found = item.ok().and_then(|document| text(&document)).or(found.take()));
        found
    }

    /// Returns where a file is written in the new folder; the text of a page that was HTML is no HTML.
    fn place(&self, file: &File, path: &Path, is_text: bool) -> PathBuf {
        let is_own = |part: &Component| matches!(part, Component::Normal(_));
        // As many names as the user is told, which need not be what is on disk: a name may be no text.
        let names = if self.files.len() == 1 && file.is_named {
            1
        } else {
            Path::new(&*file.name).components().filter(is_own).count()
        };
        let own: Vec<Component> = path.components().filter(is_own).collect();
        let mut place: PathBuf = own[own.len().saturating_sub(names)..].iter().collect();
        if is_text && format::by_name(&place).0 != Some(Format::Text) {
            let name = place.to_string_lossy().into_owned();
            place = match ["gz", "zst"].iter().find_map(|&packed| Some((name.strip_suffix(packed)?, packed))) {
                Some((name, packed)) => format!("{name}txt.{packed}").into(),
                None => format!("{name}.txt").into(),
            };
        }
        place
    }
}

/// Writes a text to a new file.
fn write_text(text: &str, packing: Compression, target: &Path) -> Result<()> {
    let write = || {
        let mut packed = Packed::create(target, packing)?;
        packed.write_all(text.as_bytes())?;
        packed.finish()
    };
    write().map_err(|error| Error::io("write", target, error))
}

/// Copies a file as it is.
fn copy_whole(path: &Path, target: &Path) -> Result<()> {
    // Which of the two it could not read or write, the system does not say.
    fs::copy(path, target).map(drop).map_err(|error| match fs::File::open(path) {
        Ok(_) => Error::io("write", target, error),
        Err(_) => Error::io("read", path, error),
    })
}

/// Gives a file that was written the time when its source was last changed, which tells what is newest.
fn dated_as(path: &Path, target: &Path) -> io::Result<()> {
    let changed = fs::metadata(path)?.modified()?;
    // The copy of a file that must not be written to is one too, and only Windows minds.
    fs::OpenOptions::new().read(true).write(cfg!(windows)).open(target)?.set_modified(changed)
}

/// A file of records, of which only some are copied.
struct Lines<'a> {
    file: &'a File,
    path: &'a Path,
    copying: &'a Copying<'a>,
    settings: &'a crate::settings::InputSettings,
}

impl Lines<'_> {
    /// Writes what stays of the file.
    fn write(&self, target: &Path, copied: &mut Copied) -> Result<()> {
        let contents = Contents::open(self.path).map_err(|error| Error::io("read", self.path, error))?;
        match contents.format(self.settings) {
            Ok(Format::Archive) => self.copy_archive(target, copied),
            Ok(Format::Table) => self.copy_table(target, copied),
            Ok(Format::Separated(separator)) => self.copy_separated(separator, target, copied),
            Ok(Format::Objects) => self.copy_objects(target, copied),
            _ => self.copy(target, copied),
        }
    }

    fn copy(&self, target: &Path, copied: &mut Copied) -> Result<()> {
        let from_source = |error| Error::io("read", self.path, error);
        let to_target = |error| Error::io("write", target, error);
        let packing = self.packing().map_err(from_source)?;
        let bytes = fs::File::open(self.path).map_err(from_source)?;
        let mut lines = BufReader::with_capacity(1 << 20, packing.unpack(Box::new(bytes)).map_err(from_source)?);
        // What is packed is looked at as it is read. An error is met again, and told, by the first line.
        let begins = |lines: &mut BufReader<_>, mark: &[u8]| lines.fill_buf().is_ok_and(|head| head.starts_with(mark));
        if begins(&mut lines, b"\xFF\xFE") || begins(&mut lines, b"\xFE\xFF") {
            return Err(Error::Settings(format!(
                "`{}` holds records in UTF-16, whose lines cannot be taken out: convert it to UTF-8, and scan again",
                self.path.display()
            )));
        }
        let mut packed = Packed::create(target, packing).map_err(to_target)?;
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let broken = lines.read_until(b'\n', &mut line).err();
            if !line.is_empty() && !self.is_dropped(number) {
                let changed = self.copying.text.and_then(|text| self.with_text(&line, number, text));
                packed.write_all(changed.as_deref().unwrap_or(&line)).map_err(to_target)?;
                // What is left of a line at the break may be a whole record, which was judged as one, or a part of one.
                copied.lines += u64::from(broken.is_none() || self.record(&line, number).is_some());
            }
            if let Some(error) = broken {
                copied.notes.push(self.breaks_off(&format!("at line {number}"), &error));
                break;
            }
            if line.is_empty() {
                break;
            }
        }
        packed.finish().map_err(to_target)
    }

    /// Copies an archive; a record stays as it is, and is packed by itself, as programs that seek in archives need it.
    fn copy_archive(&self, target: &Path, copied: &mut Copied) -> Result<()> {
        let from_source = |error| Error::io("read", self.path, error);
        let to_target = |error| Error::io("write", target, error);
        self.keeps_texts("an archive, whose pages")?;
        let packing = self.packing().map_err(from_source)?;
        let bytes = packing.unpack(Box::new(fs::File::open(self.path).map_err(from_source)?)).map_err(from_source)?;
        let mut packed = Packed::create(target, packing).map_err(to_target)?;
        let mut records = Records::new(bytes);
        let mut is_first = true;
        let broken = loop {
            let (header, length) = match records.next_as_it_is() {
                Ok(Some(record)) => record,
                Ok(None) => break None,
                Err(reason) => break Some(reason),
            };
            let content = if self.is_dropped(records.at()) {
                records.copy_content(length, &mut io::sink())
            } else {
                if !std::mem::replace(&mut is_first, false) {
                    packed = packed.next_part().map_err(to_target)?;
                }
                packed.write_all(&header).map_err(to_target)?;
                copied.lines += 1;
                records.copy_content(length, &mut packed)
            };
            match content {
                Ok(()) => {}
                Err(Broken::Archive(reason)) => break Some(reason),
                Err(Broken::Target(error)) => return Err(to_target(error)),
            }
        };
        if let Some(reason) = broken {
            copied.notes.push(format!(
                "`{}` cannot be read from record {} on ({reason}): what comes after it is not in the copy either",
                self.file.name,
                records.at()
            ));
        }
        packed.finish().map_err(to_target)
    }

    /// Copies a Parquet file; the values of a row stay as they are.
    fn copy_table(&self, target: &Path, copied: &mut Copied) -> Result<()> {
        self.keeps_texts("a table, whose rows")?;
        let rows = table::copy(self.path, target, &|row| self.is_dropped(row))
            .map_err(|reason| Error::Settings(format!("`{}` cannot be copied: {reason}", self.path.display())))?;
        copied.lines += rows;
        Ok(())
    }

    /// Copies a table of values set apart; a row stays as it is.
    fn copy_separated(&self, separator: Option<u8>, target: &Path, copied: &mut Copied) -> Result<()> {
        let to_target = |error| Error::io("write", target, error);
        self.keeps_texts("a table, whose rows")?;
        let (bytes, packing) = self.utf8()?;
        let mut packed = Packed::create(target, packing).map_err(to_target)?;
        // The first row names the columns.
        for (number, row) in (0..).zip(separated::Bytes::of(bytes, separator)) {
            match row {
                Ok(bytes) if !self.is_dropped(number) => {
                    packed.write_all(&bytes).map_err(to_target)?;
                    copied.lines += u64::from(number > 0 && !bytes.trim_ascii().is_empty());
                }
                Ok(_) => {}
                Err(error) => {
                    copied.notes.push(self.breaks_off(&format!("at row {number}"), &error));
                    break;
                }
            }
        }
        packed.finish().map_err(to_target)
    }

    /// Copies a list of objects, or objects over several lines; an object stays as it is.
    fn copy_objects(&self, target: &Path, copied: &mut Copied) -> Result<()> {
        let to_target = |error| Error::io("write", target, error);
        let (bytes, packing) = self.utf8()?;
        let mut packed = Packed::create(target, packing).map_err(to_target)?;
        // What ended the last part, and whether something was written since a part was ended otherwise than by a comma.
        let (mut last_end, mut has_some) = (None, false);
        // The number of the object that is next, or that breaks off.
        let mut number = 1;
        for part in objects::Parts::of(bytes) {
            let objects::Part { bytes, opened, end } = match part {
                Ok(part) => part,
                Err(error) => {
                    copied.notes.push(self.breaks_off(&format!("at object {number}"), &error));
                    break;
                }
            };
            let (before, object) = bytes.split_at(opened);
            let is_blank = object.trim_ascii().is_empty();
            let is_kept = is_blank || !self.is_dropped(number);
            has_some &= last_end == Some(b',');
            packed.write_all(before).map_err(to_target)?;
            if is_kept {
                // Commas stand before what they set apart.
                if std::mem::replace(&mut has_some, true) {
                    packed.write_all(b",").map_err(to_target)?;
                }
                let changed = self.copying.text.and_then(|text| self.with_text(object, number, text));
                packed.write_all(changed.as_deref().unwrap_or(object)).map_err(to_target)?;
                // What is left of an object at a break may be a whole one.
                let is_whole = end.is_some() || self.record(object, number).is_some();
                copied.lines += u64::from(!is_blank && is_whole);
            } else if end == Some(b']') {
                packed.write_all(&object[object.trim_ascii_end().len()..]).map_err(to_target)?;
            }
            match end {
                Some(b',') | None => {}
                Some(b'\n') if !is_kept => {}
                Some(end) => packed.write_all(&[end]).map_err(to_target)?,
            }
            last_end = end;
            number += u64::from(end.is_some());
        }
        packed.finish().map_err(to_target)
    }

    /// Whether the document at a line, a row or an object of a number is left out.
    fn is_dropped(&self, number: u64) -> bool {
        self.copying.dropped.contains(&Origin { file: self.file.name.clone(), line: number })
    }

    fn breaks_off(&self, place: &str, error: &io::Error) -> String {
        format!("`{}` breaks off {place} ({error}): what comes after it is not in the copy either", self.file.name)
    }

    /// Returns the plain bytes of a file in UTF-8, and how it is packed.
    fn utf8(&self) -> Result<(Box<dyn Read + Send>, Compression)> {
        let from_source = |error| Error::io("read", self.path, error);
        let packing = self.packing().map_err(from_source)?;
        let bytes = packing.unpack(Box::new(fs::File::open(self.path).map_err(from_source)?)).map_err(from_source)?;
        let (bytes, is_decoded) = encoding::as_utf8(bytes).map_err(from_source)?;
        if is_decoded {
            return Err(Error::Settings(format!(
                "`{}` is not in UTF-8, so that nothing can be taken out of it: convert it, and scan again",
                self.path.display()
            )));
        }
        Ok((bytes, packing))
    }

    /// Refuses to write other texts into what can only be copied.
    fn keeps_texts(&self, what: &str) -> Result<()> {
        if self.copying.text.is_none() {
            return Ok(());
        }
        Err(Error::Settings(format!(
            "`{}` is {what} are kept as they are: leave out `--strip-boilerplate`, or save the pages as files",
            self.path.display()
        )))
    }

    /// Returns how the file is packed: by its name, or else by its first bytes.
    fn packing(&self) -> io::Result<Compression> {
        let mut head = [0; 4];
        let mut opened = fs::File::open(self.path)?;
        let length = opened.read(&mut head)?;
        Ok(match format::by_name(self.path) {
            (_, Compression::None) => Compression::announced_by(&head[..length]),
            (_, packing) => packing,
        })
    }

    /// Returns a line with another text in its record; nothing where it holds none.
    fn with_text(&self, line: &[u8], number: u64, text: Rewrite) -> Option<Vec<u8>> {
        let (place, document) = self.record(line, number)?;
        let record = std::str::from_utf8(&line[place.clone()]).ok()?;
        let changed = records::with_text(record, &text(&document)?, self.settings)?;
        Some([&line[..place.start], changed.as_bytes(), &line[place.end..]].concat())
    }

    /// Returns the record of a line, with where in the line it stands; nothing where it holds none.
    fn record(&self, line: &[u8], number: u64) -> Option<(Range<usize>, Document)> {
        let rest = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line).trim_ascii_start();
        let (start, record) = (line.len() - rest.len(), rest.trim_ascii_end());
        let document = records::read_line(record, &self.file.name, number, self.settings).ok()?;
        Some((start..start + record.len(), document))
    }
}

/// A new file, packed as another one is.
enum Packed {
    Plain(BufWriter<fs::File>),
    Gzip(flate2::write::GzEncoder<BufWriter<fs::File>>),
    Zstandard(zstd::Encoder<'static, BufWriter<fs::File>>),
}

impl Packed {
    fn create(path: &Path, packing: Compression) -> io::Result<Self> {
        let file = BufWriter::new(fs::File::create_new(path)?);
        Ok(match packing {
            Compression::None => Self::Plain(file),
            Compression::Gzip => Self::gzip(file),
            Compression::Zstandard => Self::zstandard(file)?,
        })
    }

    /// Ends the part that is being packed, a member of gzip or a frame of Zstandard, and begins the next.
    fn next_part(self) -> io::Result<Self> {
        Ok(match self {
            Self::Plain(file) => Self::Plain(file),
            Self::Gzip(file) => Self::gzip(file.finish()?),
            Self::Zstandard(file) => Self::zstandard(file.finish()?)?,
        })
    }

    fn gzip(file: BufWriter<fs::File>) -> Self {
        Self::Gzip(flate2::write::GzEncoder::new(file, flate2::Compression::default()))
    }

    fn zstandard(file: BufWriter<fs::File>) -> io::Result<Self> {
        Ok(Self::Zstandard(zstd::Encoder::new(file, zstd::DEFAULT_COMPRESSION_LEVEL)?))
    }

    fn finish(self) -> io::Result<()> {
        let mut file = match self {
            Self::Plain(file) => file,
            Self::Gzip(file) => file.finish()?,
            Self::Zstandard(file) => file.finish()?,
        };
        file.flush()
    }
}

impl Write for Packed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.write(bytes),
            Self::Gzip(file) => file.write(bytes),
            Self::Zstandard(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(file) => file.flush(),
            Self::Gzip(file) => file.flush(),
            Self::Zstandard(file) => file.flush(),
        }
    }
}
