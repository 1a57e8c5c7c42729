//! Some documents of a corpus, read a second time: texts are not kept in memory.

use std::collections::HashMap;
use std::fs::File as Disk;
use std::io::{self, Read, Seek, Write};
use std::sync::{Arc, Mutex};

use super::compression::Compression;
use super::listing::{File, Place};
use super::{Corpus, Rules};
use crate::document::Origin;
use crate::settings::InputSettings;

/// Where the documents of a corpus can be read again.
#[derive(Debug)]
pub struct Sources {
    pub(super) files: Arc<Vec<File>>,
    pub(super) settings: InputSettings,
    spools: Arc<Spools>,
}

impl Sources {
    pub(super) fn new(files: Arc<Vec<File>>, settings: InputSettings, spools: Arc<Spools>) -> Self {
        Self { files, settings, spools }
    }

    /// Returns the corpus of the documents at some places. The corpus they were first read from must have been read to
    /// its end.
    ///
    /// A file of records is read through, of which only the lines wanted are parsed. A file may have changed or gone
    /// meanwhile, and two files may bear one name where names are not UTF-8: whoever needs the very same document looks
    /// at its text.
    pub fn only<'o>(&self, origins: impl IntoIterator<Item = &'o Origin>) -> Corpus {
        let wanted = Wanted::new(origins);
        let of_wanted = self.files.iter().enumerate().filter(|(_, file)| wanted.0.contains_key(&file.name));
        let files = of_wanted.filter_map(|(number, file)| match &file.place {
            Place::StandardInput | Place::Pipe(_) => {
                let place = Place::Spooled(self.spools.get(number)?);
                Some(File { place, ..file.clone() })
            }
            Place::Path(_) | Place::Spooled(_) => Some(file.clone()),
        });
        let files = files.collect();
        let rules = Rules { settings: self.settings.clone(), wanted: Some(wanted), spools: None };
        Corpus { files: Arc::new(files), skipped: Vec::new(), repeated: 0, rules: Arc::new(rules) }
    }
}

/// Lines by file, sorted.
#[derive(Debug)]
pub(super) struct Wanted(HashMap<Arc<str>, Vec<u64>>);

impl Wanted {
    fn new<'o>(origins: impl IntoIterator<Item = &'o Origin>) -> Self {
        let mut lines: HashMap<Arc<str>, Vec<u64>> = HashMap::new();
        for origin in origins {
            lines.entry(Arc::clone(&origin.file)).or_default().push(origin.line);
        }
        lines.values_mut().for_each(|lines| lines.sort_unstable());
        Self(lines)
    }

    pub(super) fn lines(&self, file: &str) -> &[u64] {
        self.0.get(file).map_or(&[], Vec::as_slice)
    }
}

/// What came through standard input and pipes, by the number of the file.
#[derive(Debug, Default)]
pub(super) struct Spools(Mutex<HashMap<usize, Kept>>);

impl Spools {
    /// Returns a reader of `bytes` that keeps what passes.
    ///
    /// Where nothing can be kept (a full disk), the stream is read all the same.
    pub(super) fn keeping(self: &Arc<Self>, number: usize, bytes: Box<dyn Read + Send>) -> Box<dyn Read + Send> {
        let packed = tempfile::tempfile().and_then(|file| zstd::Encoder::new(file, 1));
        Box::new(Keeping { bytes, packed: packed.ok(), number, spools: Arc::clone(self) })
    }

    fn get(&self, number: usize) -> Option<Kept> {
        self.lock().get(&number).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<usize, Kept>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// A packed stream in a file without a name, which is gone with the last of its readers.
#[derive(Clone, Debug)]
pub(super) struct Kept(Arc<Disk>);

impl Kept {
    /// Returns the bytes of the stream, for one reader at a time.
    pub(super) fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let mut file = self.0.try_clone()?;
        file.rewind()?;
        Compression::Zstandard.unpack(Box::new(file))
    }
}

/// A reader that keeps what passes. What it kept is there once it is dropped.
struct Keeping {
    bytes: Box<dyn Read + Send>,
    packed: Option<zstd::Encoder<'static, Disk>>,
    number: usize,
    spools: Arc<Spools>,
}

impl Read for Keeping {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(out)?;
        if self.packed.as_mut().is_some_and(|packed| packed.write_all(&out[..read]).is_err()) {
            self.packed = None;
        }
        Ok(read)
    }
}

impl Drop for Keeping {
    fn drop(&mut self) {
        if let Some(Ok(file)) = self.packed.take().map(zstd::Encoder::finish) {
            self.spools.lock().insert(self.number, Kept(Arc::new(file)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Cursor;
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::document::Document;

    fn documents(corpus: Corpus) -> Vec<Document> {
        let mut documents = Vec::new();
        for batch in corpus.batches() {
            batch.read(&mut |item| documents.extend(item));
        }
        documents
    }

    fn opened(paths: &[PathBuf]) -> (Vec<Document>, Sources) {
        let (corpus, sources) = Corpus::open(paths, &InputSettings::default()).unwrap().with_sources();
        (documents(corpus), sources)
    }

    fn pack(path: &Path, text: &str) {
        fs::write(path, zstd::encode_all(text.as_bytes(), 1).unwrap()).unwrap();
    }

    #[test]
    fn pages_and_records_are_read_again_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let records: String = (0..40_000).map(|n| format!("{{\"text\": \"第{n}篇：渡口的老船工\"}}\n")).collect();
        fs::write(folder.path().join("长.jsonl"), &records).unwrap();
        let short: Vec<&str> = records.lines().take(200).collect();
        fs::write(folder.path().join("短.jsonl"), short.join("\n")).unwrap();
        fs::write(folder.path().join("页.html"), "<nav>首页</nav><p>渡口").unwrap();
        pack(&folder.path().join("包.jsonl.zst"), &records);
        let (all, sources) = opened(&[folder.path().to_owned()]);
        let some: Vec<&Document> =
            all.iter().step_by(997).chain(all.iter().filter(|page| page.origin.line == 0)).collect();
        let mut again = documents(sources.only(some.iter().map(|document| &document.origin)));
        again.sort_by(|a, b| a.origin.cmp(&b.origin));
        let mut expected: Vec<Document> = some.into_iter().cloned().collect();
        expected.sort_by(|a, b| a.origin.cmp(&b.origin));
        assert!(expected.len() > 80);
        assert_eq!(again, expected);
    }

    #[test]
    fn a_file_that_is_gone_gives_no_document() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("甲.txt"), "渡口").unwrap();
        fs::write(folder.path().join("乙.txt"), "老船工").unwrap();
        let (all, sources) = opened(&[folder.path().to_owned()]);
        fs::remove_file(folder.path().join("甲.txt")).unwrap();
        let again = documents(sources.only(all.iter().map(|document| &document.origin)));
        assert_eq!(again.iter().map(|document| document.text.as_str()).collect::<Vec<_>>(), ["老船工"]);
    }

    #[test]
    fn a_stream_is_kept_while_it_is_read() {
        let text = "渡口的老船工每天清晨都要把绳索检查一遍。\n".repeat(50_000);
        let spools = Arc::<Spools>::default();
        let mut stream = spools.keeping(3, Box::new(Cursor::new(text.clone().into_bytes())));
        let mut read = String::new();
        stream.read_to_string(&mut read).unwrap();
        drop(stream);
        for _ in 0..2 {
            let mut again = String::new();
            spools.get(3).unwrap().open().unwrap().read_to_string(&mut again).unwrap();
            assert!(again == text && read == text);
        }
        assert!(spools.get(0).is_none());
    }

    #[cfg(unix)]
    #[test]
    fn records_of_a_pipe_are_read_again() {
        use std::os::fd::AsRawFd;
        let (reader, mut writer) = io::pipe().unwrap();
        writer.write_all("{\"text\": \"渡口\"}\n\n{\"text\": \"老船工\"}\n".as_bytes()).unwrap();
        drop(writer);
        let (all, sources) = opened(&[format!("/dev/fd/{}", reader.as_raw_fd()).into()]);
        assert_eq!(documents(sources.only([&all[1].origin])), all[1..]);
    }
}
