//! One part of an index: texts, the pages that hold them, and where a hash leads. Never changed once it is written.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

use super::file::{Kind, Seal, Sealed, Sealer, number_at, short_at};
use super::postings::{self, Collector, Postings};
use super::sample;
use super::text::{Kept, Unpacker, put, put_hidden, put_shape, take, take_hidden};
use crate::boilerplate::Hidden;
use crate::document::Origin;
use crate::error::{Error, Result};
use crate::hash::TextHasher;
use crate::segment::Token;

/// Texts that are packed together: of fewer too little is alike, of more too much is unpacked for one.
const CHUNK: usize = 16;

/// How hard zstd tries. At 3 an index of Chinese pages was a seventh larger, at 19 no smaller by a fiftieth and four times
/// slower to write.
const LEVEL: i32 = 9;

/// Bytes of what zstd knows before it unpacks a chunk: one for so many tokens, at most and at least so many.
const TOKENS_A_BYTE: u64 = 128;
const LARGEST_DICTIONARY: u64 = 256 << 10;
const SMALLEST_DICTIONARY: usize = 4 << 10;

/// Bytes of texts that it is made of, at most, of chunks at equal steps, one in so many at most; and of one text. Of four
/// times as many an index was a hundredth smaller, and took a twentieth longer to write.
const SAMPLED: usize = 6 << 20;
const LEAST_STEP: u64 = 4;
const SAMPLED_OF_TEXT: usize = 64 << 10;

/// Texts of which zstd makes a dictionary, at least: it keeps a quarter of them to try it on, and asks for five others.
const FEWEST_SAMPLED: usize = 8;

/// Chunks that are packed at the same time, before they are written one after another.
const AT_ONCE: usize = 64;

/// The longest chunk that is unpacked: a bound for files that were made by nobody.
const LONGEST: usize = 1 << 31;

// The sections of a file.
const VOCABULARY: usize = 0;
const CHUNKS: usize = 1;
const PACKED: usize = 2;
const TEXTS: usize = 3;
const PAGES: usize = 4;
const KEYS: usize = 5;
const FILES: usize = 6;
const VERDICTS: usize = 7;
/// And the postings after it.
const DIRECTORY: usize = 8;
/// What zstd knows before it unpacks a chunk. Version 1 has none.
const DICTIONARY: usize = 10;
/// The host of each text. Versions 1 and 2 have none.
const HOSTS: usize = 11;
const SECTIONS: [usize; 3] = [10, 11, 12];

/// Bytes of a row: of a text its digest, its article, how many hashes it is found by, and its first page; of a page its
/// text, file, line, the end of its key, and the hash of its text as it was read.
const TEXT: usize = 32;
const PAGE: usize = 24;

/// The number of no text: that of a page without one.
const NO_TEXT: u32 = u32::MAX;

/// A page that is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPage {
    pub key: String,
    /// Where it was read.
    pub origin: Origin,
    /// Hash of its text as it was read.
    pub hash: u64,
}

/// A text that is to be written, and the pages that hold it.
#[derive(Clone, Debug)]
pub struct NewText {
    /// Hash of its tokens; `None` for pages without a token.
    pub digest: Option<u128>,
    /// [`Document::host_number`](crate::document::Document::host_number) of its pages; 0 where they are of none or several.
    pub host: u64,
    pub pages: Vec<NewPage>,
}

/// What a block of text was judged to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Verdict {
    /// Of its line or sentence.
    pub hash: u64,
    pub is_sentence: bool,
    pub is_frame: bool,
}

impl Verdict {
    /// Two bits of the hash give way: 62 tell blocks apart as well.
    fn packed(self) -> u64 {
        self.hash & !3 | u64::from(self.is_sentence) << 1 | u64::from(self.is_frame)
    }

    /// Returns the verdict on a block by its name.
    pub(super) fn of(name: u64, is_frame: bool) -> Self {
        Self { hash: name & !3, is_sentence: name & 2 == 2, is_frame }
    }

    /// Returns what tells a block, whatever was judged of it.
    pub(super) fn name(hash: u64, is_sentence: bool) -> u64 {
        hash & !3 | u64::from(is_sentence) << 1
    }
}

/// Writes a segment.
///
/// Texts are written in the order given, those without a digest last. `counts` says how often each token occurs, and
/// `text` returns each text by its number, rising within a chunk, and from any thread; up to a quarter of them are asked for
/// twice.
pub(super) fn write(
    path: &Path,
    fingerprint: u64,
    counts: &FxHashMap<Token, u32>,
    texts: &[NewText],
    mut verdicts: Vec<Verdict>,
    text: impl Fn(usize, &mut Unpacked) -> Result<Kept> + Sync,
) -> Result<Seal> {
    let with_digest = texts.iter().take_while(|text| text.digest.is_some()).count();
    let pages: usize = texts.iter().map(|text| text.pages.len()).sum();
    if with_digest.max(pages) >= postings::MOST {
        return Err(Error::Settings(format!(
            "{pages} pages are too many to be added at once: add them in parts of no more than {}",
            postings::MOST - 1
        )));
    }
    let mut file = Sealer::create(path, Kind::Segment, fingerprint)?;
    let mut vocabulary: Vec<(u32, Token)> = counts.iter().map(|(&token, &count)| (count, token)).collect();
    vocabulary.par_sort_unstable_by_key(|&(count, token)| (std::cmp::Reverse(count), token));
    file.begin()?;
    for (_, token) in &vocabulary {
        file.write(&token.0.to_le_bytes())?;
    }
    let ranks: FxHashMap<Token, u32> = (0..).zip(&vocabulary).map(|(rank, &(_, token))| (token, rank)).collect();
    drop(vocabulary);

    let mut collector = Collector::default();
    let mut found_by: Vec<(u64, u32)> = Vec::with_capacity(with_digest);
    let mut ends: Vec<u64> = vec![0];
    let mut packed_chunks: Vec<Vec<u8>> = Vec::new();
    let chunks: Vec<Range<usize>> =
        (0..with_digest).step_by(CHUNK).map(|first| first..with_digest.min(first + CHUNK)).collect();
    let packer = Packer { texts, ranks, text };
    let tokens = counts.values().map(|&count| u64::from(count)).sum();
    let dictionary = packer.dictionary(&chunks, tokens)?;
    let prepared = EncoderDictionary::try_copy(&dictionary, LEVEL).map_err(not_packed)?;
    // The chunks come first in the file once their ends are known, so they wait in memory: a quarter of the text.
    for some in chunks.chunks(AT_ONCE) {
        let new = || Compressor::with_prepared_dictionary(&prepared);
        let pack =
            |compressor: &mut io::Result<Compressor>, range: &Range<usize>| packer.pack(range.clone(), compressor);
        let packed: Vec<Result<PackedChunk>> = some.par_iter().map_init(new, pack).collect();
        for chunk in packed {
            let mut chunk = chunk?;
            collector.append(&mut chunk.postings);
            found_by.append(&mut chunk.found_by);
            ends.push(ends[ends.len() - 1] + chunk.bytes.len() as u64);
            packed_chunks.push(chunk.bytes);
        }
    }
    drop(packer);
    file.begin()?;
    for end in &ends {
        file.write(&end.to_le_bytes())?;
    }
    file.begin()?;
    for chunk in packed_chunks {
        file.write(&chunk)?;
    }
    file.begin()?;
    let mut first_page = 0_u32;
    for (text, (article, found_by)) in texts.iter().zip(&found_by) {
        let digest = text.digest.unwrap_or_default();
        file.write(&digest.to_le_bytes())?;
        file.write(&article.to_le_bytes())?;
        file.write(&found_by.to_le_bytes())?;
        file.write(&first_page.to_le_bytes())?;
        first_page += text.pages.len() as u32;
    }
    write_pages(&mut file, texts, &mut collector)?;
    file.begin()?;
    verdicts.sort_unstable();
    for verdict in verdicts {
        file.write(&verdict.packed().to_le_bytes())?;
    }
    let article_of = |text: u32| found_by.get(text as usize).map_or(0, |&(article, _)| article);
    collector.write(article_of, &mut file)?;
    file.begin()?;
    file.write(&dictionary)?;
    file.begin()?;
    for text in &texts[..with_digest] {
        file.write(&text.host.to_le_bytes())?;
    }
    file.finish()
}

/// Writes the rows of the pages, their keys, and the files they are of.
fn write_pages(file: &mut Sealer, texts: &[NewText], collector: &mut Collector) -> Result<()> {
    let pages =
        || texts.iter().enumerate().flat_map(|(text, of_text)| of_text.pages.iter().map(move |page| (text, page)));
    let mut places: HashMap<&str, u32> = HashMap::new();
    let mut files: Vec<u8> = Vec::new();
    let mut key_end = 0_u32;
    file.begin()?;
    for (number, (text, page)) in (0..).zip(pages()) {
        collector.push(sample::of_key(&page.key), number, false);
        let too_long = || Error::Settings("the names of the pages are longer than 4 GiB: add them in parts".into());
        let next = u32::try_from(files.len()).map_err(|_| too_long())?;
        let of_file = *places.entry(&page.origin.file).or_insert_with(|| {
            put(&mut files, page.origin.file.len() as u64);
            files.extend_from_slice(page.origin.file.as_bytes());
            next
        });
        let text = if texts[text].digest.is_some() { text as u32 } else { NO_TEXT };
        let length = u32::try_from(page.key.len()).ok();
        key_end = length.and_then(|length| key_end.checked_add(length)).ok_or_else(too_long)?;
        for number in [text, of_file, u32::try_from(page.origin.line).unwrap_or(u32::MAX), key_end] {
            file.write(&number.to_le_bytes())?;
        }
        file.write(&page.hash.to_le_bytes())?;
    }
    file.begin()?;
    for (_, page) in pages() {
        file.write(page.key.as_bytes())?;
    }
    file.begin()?;
    file.write(&files)
}

struct PackedChunk {
    bytes: Vec<u8>,
    postings: Collector,
    /// For each text its article, and by how many hashes it is found.
    found_by: Vec<(u64, u32)>,
}

fn not_packed(error: io::Error) -> Error {
    Error::io("pack", Path::new("a segment"), error)
}

/// Texts one after another, as they are before they are packed.
struct Plain {
    bytes: Vec<u8>,
    /// Where each ends, so that one is found without a look at those before it.
    ends: Vec<usize>,
}

impl Plain {
    fn texts(&self) -> impl Iterator<Item = &[u8]> {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.bytes[start..end])
    }

    /// Returns them with their ends behind them.
    fn finish(self) -> Vec<u8> {
        let mut bytes = self.bytes;
        for end in self.ends {
            bytes.extend_from_slice(&(end as u32).to_le_bytes());
        }
        bytes
    }
}

/// Packs texts.
struct Packer<'a, F> {
    texts: &'a [NewText],
    ranks: FxHashMap<Token, u32>,
    text: F,
}

impl<F: Fn(usize, &mut Unpacked) -> Result<Kept> + Sync> Packer<'_, F> {
    /// Returns what zstd is to know before it unpacks any of some chunks, in so many tokens: nothing where they are few.
    fn dictionary(&self, chunks: &[Range<usize>], tokens: u64) -> Result<Vec<u8>> {
        let size = (tokens / TOKENS_A_BYTE).min(LARGEST_DICTIONARY) as usize;
        if size < SMALLEST_DICTIONARY {
            return Ok(Vec::new());
        }
        // A rank takes one byte to three, and of Chinese pages 1.5 on the average.
        let step = (tokens * 3 / 2).div_ceil(SAMPLED as u64).max(LEAST_STEP) as usize;
        let texts = |range: &Range<usize>| -> Result<Vec<Vec<u8>>> {
            let plain = self.plain(range.clone(), |_, _| {})?;
            Ok(plain.texts().map(|text| text[..text.len().min(SAMPLED_OF_TEXT)].into()).collect())
        };
        let sampled: Vec<Vec<Vec<u8>>> = chunks.par_iter().step_by(step).map(texts).collect::<Result<_>>()?;
        let mut left = SAMPLED;
        let is_room = |text: &&Vec<u8>| {
            left = left.saturating_sub(text.len());
            left > 0
        };
        let sampled: Vec<&Vec<u8>> = sampled.iter().flatten().take_while(is_room).collect();
        if sampled.len() < FEWEST_SAMPLED {
            return Ok(Vec::new());
        }
        // Where zstd finds nothing in them that is worth to be known, an index without it is as right.
        Ok(zstd::dict::from_samples(&sampled, size).unwrap_or_default())
    }

    /// Returns the texts `range`, and calls `each` with each of them and its number.
    fn plain(&self, range: Range<usize>, mut each: impl FnMut(usize, Kept)) -> Result<Plain> {
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        let mut unpacked = Unpacked::default();
        for number in range {
            let kept = (self.text)(number, &mut unpacked)?;
            put_shape(&kept.blocks, &mut bytes);
            for token in &kept.tokens {
                put(&mut bytes, u64::from(self.ranks[token]));
            }
            put_hidden(&kept.hidden, &mut bytes);
            ends.push(bytes.len());
            if bytes.len() + size_of::<u32>() * ends.len() > LONGEST {
                let key = self.texts[number].pages.first().map_or("", |page| &page.key);
                return Err(Error::Settings(format!(
                    "`{key}` and texts beside it take more than 2 GiB of an index: cut it into documents"
                )));
            }
            each(number, kept);
        }
        Ok(Plain { bytes, ends })
    }

    /// Packs the texts `range`.
    fn pack(&self, range: Range<usize>, compressor: &mut io::Result<Compressor>) -> Result<PackedChunk> {
        let (mut postings, mut found_by) = (Collector::default(), Vec::new());
        let plain = self.plain(range, |number, kept| {
            let posted = sample::posted(kept.shingles.in_order(), |place| kept.is_hidden(place));
            found_by.push((kept.hidden.article, posted.len() as u32));
            let digest = self.texts[number].digest.unwrap_or_default();
            let lines = sample::lines(&kept.blocks, |token| kept.is_hidden(token));
            let text = (sample::of_text(digest), false);
            for (hash, is_hidden) in posted.into_iter().chain(lines).chain([text]) {
                postings.push(hash, number as u32, is_hidden);
            }
        })?;
        let bytes = match compressor {
            Ok(compressor) => compressor.compress(&plain.finish()),
            Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
        };
        let bytes = bytes.map_err(not_packed)?;
        Ok(PackedChunk { bytes, postings, found_by })
    }
}

/// Texts that are packed together, kept for the next of them.
#[derive(Default)]
pub struct Unpacked {
    chunk: Option<(PathBuf, usize)>,
    plain: Vec<u8>,
    unpacker: Unpacker,
}

/// A segment that is read.
#[derive(Debug)]
pub struct Segment {
    file: Sealed,
    dictionary: Dictionary,
    postings: Postings,
    texts: u32,
    pages: u32,
    width: usize,
}

/// What zstd knows before it unpacks a chunk.
struct Dictionary(DecoderDictionary<'static>);

impl fmt::Debug for Dictionary {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("Dictionary")
    }
}

impl Segment {
    pub(super) fn open(path: &Path, seal: Seal, width: usize) -> Result<Self> {
        let file = Sealed::open(path, Kind::Segment, SECTIONS, seal)?;
        let postings = Postings::open(&file, DIRECTORY)?;
        let (texts, pages) = (file.length(TEXTS) / TEXT, file.length(PAGES) / PAGE);
        let is_sound = file.length(TEXTS) == texts * TEXT
            && file.length(PAGES) == pages * PAGE
            && texts.max(pages) < postings::MOST
            && file.length(CHUNKS) == (texts.div_ceil(CHUNK) + 1) * 8
            && file.length(VOCABULARY).is_multiple_of(8)
            && file.length(VERDICTS).is_multiple_of(8)
            && [0, texts * 8].contains(&file.length(HOSTS));
        if !is_sound {
            return Err(file.damaged("its sections do not fit each other"));
        }
        let dictionary = DecoderDictionary::try_copy(file.section(DICTIONARY)?);
        let dictionary = dictionary.map_err(|_| file.damaged("its dictionary cannot be read"))?;
        let (texts, pages, dictionary) = (texts as u32, pages as u32, Dictionary(dictionary));
        Ok(Self { file, dictionary, postings, texts, pages, width })
    }

    pub(super) fn path(&self) -> &Path {
        self.file.path()
    }

    pub(super) fn texts(&self) -> u32 {
        self.texts
    }

    pub(super) fn pages(&self) -> u32 {
        self.pages
    }

    /// Calls `each` with the numbers that a hash leads to, and whether it is no content of theirs.
    pub(super) fn holders(&self, hash: u64, each: impl FnMut(u32, bool)) -> Result<()> {
        self.postings.holders(&self.file, hash, each)
    }

    /// Returns the digest of a text, its article, and by how many hashes it is found.
    pub(super) fn text(&self, text: u32) -> Result<(u128, u64, u32)> {
        let row = self.text_row(text)?;
        let digest = u128::from(number_at(row, 1)) << 64 | u128::from(number_at(row, 0));
        Ok((digest, number_at(row, 2), short_at(row, 6)))
    }

    /// Returns the number of the host of a text; 0 where it is not known.
    pub(super) fn host(&self, text: u32) -> Result<u64> {
        if self.file.length(HOSTS) == 0 {
            return Ok(0);
        }
        let at = text as usize * 8;
        Ok(number_at(self.file.bytes(HOSTS, at..at + 8)?, 0))
    }

    fn text_row(&self, text: u32) -> Result<&[u8]> {
        self.file.bytes(TEXTS, text as usize * TEXT..(text as usize + 1) * TEXT)
    }

    /// Returns the pages that hold a text.
    pub(super) fn pages_of(&self, text: u32) -> Result<Range<u32>> {
        let from = short_at(self.text_row(text)?, 7);
        let mut until = if text + 1 < self.texts { short_at(self.text_row(text + 1)?, 7) } else { self.pages };
        // Behind the pages of the last text are those without one.
        let mut behind = if text + 1 == self.texts { from } else { until };
        while behind < until {
            let page = behind + (until - behind) / 2;
            match self.text_of(page)? {
                Some(_) => behind = page + 1,
                None => until = page,
            }
        }
        if from < until && until <= self.pages { Ok(from..until) } else { Err(self.file.damaged("a text has no page")) }
    }

    fn page_row(&self, page: u32) -> Result<&[u8]> {
        self.file.bytes(PAGES, page as usize * PAGE..(page as usize + 1) * PAGE)
    }

    /// Returns the text of a page; `None` where it has none.
    pub(super) fn text_of(&self, page: u32) -> Result<Option<u32>> {
        let text = short_at(self.page_row(page)?, 0);
        Ok((text != NO_TEXT).then_some(text))
    }

    pub(super) fn key(&self, page: u32) -> Result<&str> {
        let from = if page == 0 { 0 } else { short_at(self.page_row(page - 1)?, 3) };
        let until = short_at(self.page_row(page)?, 3);
        let bytes = self.file.bytes(KEYS, from as usize..until as usize)?;
        std::str::from_utf8(bytes).map_err(|_| self.file.damaged("a key is no text"))
    }

    /// Returns a page as it was added.
    pub(super) fn page(&self, page: u32) -> Result<NewPage> {
        let row = self.page_row(page)?;
        let origin = Origin { file: self.file_at(short_at(row, 1) as usize)?.into(), line: short_at(row, 2).into() };
        Ok(NewPage { key: self.key(page)?.to_owned(), origin, hash: number_at(row, 2) })
    }

    /// Returns the name of the file that begins at a byte of the names: its length, then itself.
    fn file_at(&self, at: usize) -> Result<&str> {
        let all = self.file.length(FILES);
        let damaged = || self.file.damaged("a page is of no file");
        let mut head = self.file.bytes(FILES, at..all.min(at.saturating_add(10)))?;
        let before = head.len();
        let length = take(&mut head).and_then(|length| usize::try_from(length).ok()).ok_or_else(damaged)?;
        let from = at + before - head.len();
        let name = self.file.bytes(FILES, from..from.saturating_add(length))?;
        std::str::from_utf8(name).map_err(|_| damaged())
    }

    /// Returns the hash of a page's text as it was read.
    pub(super) fn hash_of(&self, page: u32) -> Result<u64> {
        Ok(number_at(self.page_row(page)?, 2))
    }

    /// Returns a text. What was unpacked for the last one is used again where it is packed with that.
    pub(super) fn load(&self, text: u32, unpacked: &mut Unpacked) -> Result<Kept> {
        let damaged = || self.file.damaged("its texts cannot be unpacked");
        let (chunk, at) = (text as usize / CHUNK, text as usize % CHUNK);
        if unpacked.chunk.as_ref().is_none_or(|(path, number)| *number != chunk || path != self.path()) {
            unpacked.plain = self.unpacked(chunk)?;
            unpacked.chunk = Some((self.path().to_owned(), chunk));
        }
        let texts = CHUNK.min(self.texts as usize - chunk * CHUNK);
        let ends = unpacked.plain.len().checked_sub(texts * 4).ok_or_else(damaged)?;
        let (plain, ends) = unpacked.plain.split_at(ends);
        let from = if at == 0 { 0 } else { short_at(ends, at - 1) as usize };
        let mut bytes = plain.get(from..short_at(ends, at) as usize).ok_or_else(damaged)?;
        let vocabulary = self.file.section(VOCABULARY)?;
        let token = |rank: u64| {
            let at = usize::try_from(rank).ok()?.checked_mul(8)?;
            Some(Token(number_at(vocabulary.get(at..at.checked_add(8)?)?, 0)))
        };
        let mut kept = unpacked.unpacker.text(&mut bytes, self.width, token).ok_or_else(damaged)?;
        kept.hidden = take_hidden(&mut bytes).ok_or_else(damaged)?;
        let Hidden { quoted, by_page, bodies, cited, .. } = &kept.hidden;
        let lines = kept.blocks.lines.len();
        if !bytes.is_empty()
            || [quoted, by_page, bodies, cited].into_iter().flatten().any(|&line| line as usize >= lines)
        {
            return Err(damaged());
        }
        kept.hidden.article = self.text(text)?.1;
        Ok(kept)
    }

    fn unpacked(&self, chunk: usize) -> Result<Vec<u8>> {
        let ends = self.file.bytes(CHUNKS, chunk * 8..chunk * 8 + 16)?;
        let (from, until) = (number_at(ends, 0) as usize, number_at(ends, 1) as usize);
        let packed = self.file.bytes(PACKED, from..until)?;
        let damaged = || self.file.damaged("its texts cannot be unpacked");
        let length = Decompressor::upper_bound(packed).filter(|&length| length <= LONGEST).ok_or_else(damaged)?;
        let unpacked = Decompressor::with_prepared_dictionary(&self.dictionary.0)
            .and_then(|mut decompressor| decompressor.decompress(packed, length));
        unpacked.map_err(|_| damaged())
    }

    /// Returns what was judged when it was written, each block by its [`Verdict::name`], and whether it is frame.
    pub(super) fn verdicts(&self) -> Result<impl Iterator<Item = (u64, bool)> + '_> {
        let verdicts = self.file.section(VERDICTS)?;
        Ok((0..verdicts.len() / 8).map(move |at| {
            let verdict = number_at(verdicts, at);
            (verdict & !1, verdict & 1 == 1)
        }))
    }

    /// Checks every checksum, and that whatever points to something points to what is there.
    pub(super) fn check(&self) -> Result<()> {
        self.file.check()?;
        self.postings.check(&self.file, self.texts.max(self.pages))?;
        let mut at = 0;
        for text in 0..self.texts {
            let pages = self.pages_of(text)?;
            if pages.start != at {
                return Err(self.file.damaged("a page is of no text"));
            }
            at = pages.end;
            for page in pages {
                if self.text_of(page)? != Some(text) {
                    return Err(self.file.damaged("a page is of another text"));
                }
            }
        }
        for page in 0..self.pages {
            let key = self.page(page)?.key;
            if page >= at && self.text_of(page)?.is_some() {
                return Err(self.file.damaged("a page is of another text"));
            }
            self.is_found(sample::of_key(&key), page)?;
        }
        let of_text = |unpacked: &mut Unpacked, text: u32| -> Result<()> {
            let kept = self.load(text, unpacked)?;
            let (digest, _, found_by) = self.text(text)?;
            let posted = sample::posted(kept.shingles.in_order(), |_| false);
            if posted.len() as u32 != found_by || digest_of(&kept.tokens) != digest {
                return Err(self.file.damaged("a text is not the one that was added"));
            }
            self.is_found(sample::of_text(digest), text)
        };
        (0..self.texts).into_par_iter().try_for_each_init(Unpacked::default, of_text)
    }

    /// Checks that a hash leads to a holder, unless it leads to so many that not all were kept.
    fn is_found(&self, hash: u64, holder: u32) -> Result<()> {
        let (mut is_found, mut holders) = (false, 0);
        self.holders(hash, |other, _| {
            is_found |= other == holder;
            holders += 1;
        })?;
        if is_found || holders >= postings::MOST_HOLDERS {
            return Ok(());
        }
        Err(self.file.damaged("what it holds is not found in it"))
    }

    /// Returns how many postings it has.
    pub(super) fn postings(&self) -> usize {
        self.postings.count()
    }
}

/// Returns the hash of a text by its tokens.
fn digest_of(tokens: &[Token]) -> u128 {
    let mut hasher = TextHasher::default();
    tokens.iter().for_each(|token| hasher.push(&token.0.to_le_bytes()));
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::BlockBuilder;
    use crate::hash;
    use crate::shingle::Shingler;

    /// A text of phrases that others have as well, in an order of its own.
    fn kept(number: u64) -> Kept {
        let mut blocks = BlockBuilder::default();
        let mut tokens = Vec::new();
        for line in 0..200 {
            for phrase in 0..12 {
                let phrase = hash::number(line << 8 | phrase, number) % 300;
                tokens.extend((0..8).map(|at| Token(hash::number(at, phrase) % 5000)));
            }
            blocks.push(&tokens[tokens.len() - 96..], 96);
            blocks.end_line("", None);
        }
        let mut shingler = Shingler::new(2);
        shingler.push(&tokens);
        Kept { tokens, blocks: blocks.finish(), shingles: shingler.finish(), hidden: Hidden::default() }
    }

    fn written(folder: &Path, texts: u64) -> (Segment, Seal) {
        let all: Vec<Kept> = (0..texts).map(kept).collect();
        let mut counts: FxHashMap<Token, u32> = FxHashMap::default();
        all.iter().flat_map(|kept| &kept.tokens).for_each(|&token| *counts.entry(token).or_default() += 1);
        let page = |at: usize| NewPage { key: format!("{at}"), origin: Origin { file: "a".into(), line: 0 }, hash: 0 };
        let new = |(at, kept): (usize, &Kept)| NewText {
            digest: Some(digest_of(&kept.tokens)),
            host: at as u64,
            pages: vec![page(at)],
        };
        let new: Vec<NewText> = all.iter().enumerate().map(new).collect();
        let path = folder.join("a.segment");
        let seal = write(&path, 7, &counts, &new, Vec::new(), |at, _| Ok(all[at].clone())).unwrap();
        (Segment::open(&path, seal, 2).unwrap(), seal)
    }

    #[test]
    fn what_was_packed_with_a_dictionary_is_unpacked_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let (few, _) = written(folder.path(), 4);
        assert_eq!(few.file.length(DICTIONARY), 0, "what it takes would be more than it saves");
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| written(folder.path(), 60))
        };
        let (segment, seal) = with(4);
        assert_eq!(with(1).1, seal, "the same bytes, whoever packs them");
        assert!(segment.file.length(DICTIONARY) >= SMALLEST_DICTIONARY);
        segment.check().unwrap();
        let mut unpacked = Unpacked::default();
        for text in [0, 59, 17, 16, 3] {
            assert_eq!(segment.load(text, &mut unpacked).unwrap(), kept(text.into()));
            assert_eq!(segment.host(text).unwrap(), u64::from(text));
        }
    }

    #[test]
    fn a_byte_of_a_dictionary_that_was_changed_is_seen_before_anything_is_unpacked() {
        let folder = tempfile::tempdir().unwrap();
        let (segment, seal) = written(folder.path(), 60);
        let path = segment.path().to_owned();
        let dictionary = segment.file.section(DICTIONARY).unwrap().to_vec();
        drop(segment);
        let mut bytes = std::fs::read(&path).unwrap();
        let at = bytes.windows(dictionary.len()).position(|window| window == dictionary).unwrap();
        bytes[at + dictionary.len() / 2] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let error = Segment::open(&path, seal, 2).unwrap_err().to_string();
        assert!(error.contains("a.segment") && error.contains("checksum"), "{error}");
    }
}
