//! A corpus that is kept on disk, for texts that come later to be compared with.
//!
//! # What is kept
//! **The tokens of every text**, by their ranks in a vocabulary, and so everything that a scan compares: shingles, lines,
//! sentences and numbers are made of them anew. Nothing is estimated, and no source has to be there any more: a match
//! says what a scan would count. Beside them: where a hash leads (seeds, lines, whole texts, keys), what was
//! judged boilerplate, and of each page its key and where it was read.
//!
//! # What a page costs
//! A text of `t` tokens and `l` lines, with a key of `k` bytes, costs about `.8 t` bytes for its tokens, `5.5 (2t/25 + l + 2)`
//! for its postings and `57 + k` for the rest; a word that no other text of its segment has costs eight. A line or a seed
//! that more than 24 texts of a segment hold costs nothing more from there on. What is frequent in the texts of a segment is
//! kept once, in up to 256 KB. Measured: 1,374 bytes a page in 93,750 composed pages of 5.7 KB, of which 889 are the tokens
//! and 381 the postings.
//!
//! Shingles or seeds instead of tokens would be 4 KB a page, since hashes cannot be packed, or a sample of them from which
//! no run can be laid beside another. Band postings would be 176 bytes, and find nothing that the seeds do not.
//!
//! # How it is kept
//! Segments that never change, of what was added at one time, and a manifest that says which they are: it is replaced as
//! a whole, once all it names is on disk, so a crash at any time leaves the old index or the new one. What is left behind
//! by a crash is removed by the next writer. Any number of processes may read while one writes; each sees what was there
//! when it opened the index. Every byte is under a checksum that is looked at before the byte is believed.
//!
//! 1. `file`: a file that is read through checksums.
//! 2. `manifest`, `lock`: which files there are, and who may change that.
//! 3. `text`: a text in few bytes.
//! 4. `sample`, `postings`: what a text is found by, and where a hash leads.
//! 5. `segment`: all of that for some texts.

mod file;
mod lock;
mod manifest;
mod postings;
mod sample;
mod segment;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::document::Host;
use crate::error::{Error, Result};
use crate::segment::Token;
use crate::settings::AnalysisSettings;
use file::{Kind, Sealed, Sealer};
use lock::Lock;
pub use manifest::FORMAT;
use manifest::{Entry, Manifest, Removed, Shape};
use segment::Segment;
pub use segment::{NewPage, NewText, Unpacked, Verdict};
pub use text::Kept;
pub(crate) use text::{put as put_number, take as take_number};

/// Segments that an index may have before some are merged. A look-up asks each of them.
const MOST_SEGMENTS: usize = 12;

/// Texts that one thread looks at before the next, while segments are merged.
const MERGED_AT_ONCE: usize = 1 << 14;

/// Pages of a segment that is no more merged with others: what fits a gigabyte while it is.
const LARGE: u32 = 1 << 20;

/// Pages that a segment has no more of.
const MOST_PAGES: u64 = postings::MOST as u64;

/// An index as it was when it was opened.
#[derive(Debug)]
pub struct Index {
    folder: PathBuf,
    manifest: Manifest,
    parts: Vec<Part>,
    /// By [`Verdict::name`]: whether a block is frame, as it was judged last.
    verdicts: FxHashMap<u64, bool>,
}

/// A segment without what was removed of it.
#[derive(Clone, Debug)]
struct Part {
    segment: Arc<Segment>,
    /// A bit for each page; empty where none was removed.
    removed: Vec<u64>,
}

/// Which text of an index. In an index other than the one that gave it, and in this one once it was opened anew, it may be
/// another text, or none, which panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    part: u32,
    text: u32,
}

/// A text that a hash leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    pub address: Address,
    /// Hash of its tokens.
    pub digest: u128,
    /// A number that it shares with texts of the same article, as far as that was known when they were added.
    pub article: u64,
    /// By how many hashes it can be found, lines aside.
    pub hashes: u32,
}

/// What an index holds, and what it takes.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Info {
    /// Version of the program that wrote it last.
    pub tongwen: String,
    /// Settings it was begun with.
    pub settings: AnalysisSettings,
    pub segments: usize,
    /// Pages in it, and those among the bytes that were removed.
    pub pages: u64,
    pub removed: u64,
    /// Texts, counted once a segment: those of removed pages are among them.
    pub texts: u64,
    pub postings: u64,
    /// Blocks that are known to be frame.
    pub frames: u64,
    /// Bytes of all its files but the manifest.
    pub bytes: u64,
}

impl Index {
    /// Opens the index in a folder. What is written later does not show.
    ///
    /// Cost: the manifest, the heads of some files, up to 256 KB a segment and eight bytes for each block of boilerplate;
    /// some 20 ms more for jieba's dictionary where it was not loaded before.
    ///
    /// # Errors
    /// When there is none, it is damaged, or another version wrote it.
    pub fn open(folder: &Path) -> Result<Self> {
        let none = || Error::Index {
            path: folder.to_owned(),
            reason: "is not there: `tongwen index add` begins one, or name another folder".into(),
        };
        let mut last = Manifest::read(folder)?.ok_or_else(none)?;
        loop {
            match Self::of(folder, last.clone(), None) {
                // A writer may have replaced it meanwhile, and removed what it named.
                Err(error) => {
                    let now = Manifest::read(folder)?.ok_or_else(none)?;
                    if now == last {
                        return Err(error);
                    }
                    last = now;
                }
                opened => return opened,
            }
        }
    }

    /// Opens what a manifest names. Segments that are open `before` are taken from there: what was checked of them needs no
    /// second look.
    fn of(folder: &Path, manifest: Manifest, before: Option<&Self>) -> Result<Self> {
        let width = manifest.settings.clone().checked()?.width;
        let (old_entries, old_parts) =
            before.map_or((&[][..], &[][..]), |before| (&before.manifest.segments[..], &before.parts[..]));
        let mut parts = Vec::with_capacity(manifest.segments.len());
        let mut verdicts = FxHashMap::default();
        for entry in &manifest.segments {
            let open =
                old_entries.iter().zip(old_parts).find(|(old, _)| (&old.name, old.seal) == (&entry.name, entry.seal));
            let segment = match open {
                Some((_, part)) => Arc::clone(&part.segment),
                None => Arc::new(Segment::open(&folder.join(&entry.name), entry.seal, width)?),
            };
            let removed = match &entry.removed {
                Some(removed) => read_removed(&folder.join(&removed.name), removed, segment.pages())?,
                None => Vec::new(),
            };
            verdicts.extend(segment.verdicts()?);
            parts.push(Part { segment, removed });
        }
        Ok(Self { folder: folder.to_owned(), manifest, parts, verdicts })
    }

    /// Returns the folder it is in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns how many segments there are after the last one that is too large to be merged with others.
    pub fn small_segments(&self) -> usize {
        self.parts.iter().rev().take_while(|part| part.segment.pages() < LARGE).count()
    }

    /// Returns how many segments a look-up asks.
    pub fn segments(&self) -> usize {
        self.parts.len()
    }

    /// Returns the settings it was begun with. A run must agree with it in tokens, width and boilerplate.
    pub fn settings(&self) -> &AnalysisSettings {
        &self.manifest.settings
    }

    /// Checks that a run with these settings can be compared with it.
    ///
    /// # Errors
    /// When not; the message says what differs and what can be done.
    pub fn fits(&self, settings: &AnalysisSettings) -> Result<()> {
        match self.manifest.shape.differs_from(&Shape::new(settings)) {
            Some(reason) => Err(Error::Index { path: self.folder.clone(), reason }),
            None => Ok(()),
        }
    }

    /// Returns what was last judged of a line or sentence: whether it is frame.
    pub fn is_frame(&self, hash: u64, is_sentence: bool) -> Option<bool> {
        self.verdicts.get(&Verdict::name(hash, is_sentence)).copied()
    }

    /// Returns the hashes to look a text up by with [`holders`](Self::holders), and the places of the seeds they are of.
    pub fn looked_up(shingles: &[crate::shingle::Shingle]) -> Vec<(u64, u32)> {
        sample::looked_up(shingles)
    }

    /// Returns a number by which texts that share much come next to each other.
    pub fn neighbourhood(shingles: &[crate::shingle::Shingle]) -> u64 {
        sample::posted(shingles, |_| false).first().map_or(0, |&(hash, _)| hash)
    }

    /// Returns the numbers of some texts in the order in which they are to be written, given the article of each and its
    /// neighbourhood: those of one article one after another, next to others with which they share much.
    pub fn order(texts: &[(u64, u64)]) -> Vec<usize> {
        let mut first: FxHashMap<u64, u64> = FxHashMap::default();
        for &(article, neighbourhood) in texts {
            first.entry(article).and_modify(|first| *first = neighbourhood.min(*first)).or_insert(neighbourhood);
        }
        let key = |number: &usize| {
            let (article, neighbourhood) = texts[*number];
            (first[&article], article, neighbourhood, *number)
        };
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.par_sort_unstable_by_key(key);
        order
    }

    /// Appends the texts that a hash leads to, at most 24 a segment, in no telling order, and whether what it is the hash of
    /// is no content of theirs; rarely a text that has it not.
    ///
    /// # Errors
    /// When a file is damaged.
    pub fn holders(&self, hash: u64, found: &mut Vec<(Address, bool)>) -> Result<()> {
        for (number, part) in (0..).zip(&self.parts) {
            let from = found.len();
            part.segment.holders(hash, |text, is_hidden| {
                if text < part.segment.texts() {
                    found.push((Address { part: number, text }, is_hidden));
                }
            })?;
            if !part.removed.is_empty() {
                let mut kept = from;
                for at in from..found.len() {
                    if part.is_alive(found[at].0.text)? {
                        found[kept] = found[at];
                        kept += 1;
                    }
                }
                found.truncate(kept);
            }
        }
        Ok(())
    }

    /// Returns the texts that hold a line, given its hash, as [`holders`](Self::holders) does.
    ///
    /// # Errors
    /// When a file is damaged.
    pub fn holders_of_line(&self, line: u64) -> Result<Vec<(Address, bool)>> {
        let mut found = Vec::new();
        self.holders(sample::of_line(line), &mut found)?;
        Ok(found)
    }

    /// Returns where a text is kept, given its digest: once a segment at most.
    ///
    /// # Errors
    /// When a file is damaged.
    pub fn find(&self, digest: u128) -> Result<Vec<Address>> {
        let mut found = Vec::new();
        self.holders(sample::of_text(digest), &mut found)?;
        let mut same = Vec::new();
        for (address, _) in found {
            if self.found(address)?.digest == digest {
                same.push(address);
            }
        }
        Ok(same)
    }

    /// Returns what tells a text, without unpacking it.
    ///
    /// # Errors
    /// When a file is damaged.
    pub fn found(&self, address: Address) -> Result<Found> {
        let (digest, article, hashes) = self.part(address).segment.text(address.text)?;
        Ok(Found { address, digest, article, hashes })
    }

    /// Returns a text. Cost: some 50 microseconds for one of a thousand tokens, since it is packed with fifteen others; a
    /// fifth of that where `unpacked` is still of the last text asked for, and that is packed with it.
    ///
    /// # Errors
    /// When a file is damaged.
    pub fn load(&self, address: Address, unpacked: &mut Unpacked) -> Result<Kept> {
        self.part(address).segment.load(address.text, unpacked)
    }

    /// Returns the number of the host of a text, given all its places: that which all know who know one, 0 for none.
    ///
    /// # Errors
    /// When a file is damaged.
    pub fn host(&self, addresses: &[Address]) -> Result<u64> {
        let mut host = Host::default();
        for &address in addresses {
            host.add(self.part(address).segment.host(address.text)?);
        }
        Ok(host.number())
    }

    /// Returns the pages that hold a text, by key.
    ///
    /// # Errors
    /// When a file is damaged.
    pub fn pages(&self, address: Address) -> Result<Vec<NewPage>> {
        let part = self.part(address);
        let numbers = part.segment.pages_of(address.text)?.filter(|&page| !part.is_removed(page));
        numbers.map(|page| part.segment.page(page)).collect()
    }

    /// Returns the first page that holds a text, by key, without those whose keys are passed over; and how many hold
    /// it, these among them.
    ///
    /// # Errors
    /// When a file is damaged.
    pub(crate) fn first_page(
        &self,
        address: Address,
        is_passed_over: &dyn Fn(&str) -> bool,
    ) -> Result<(Option<NewPage>, u64)> {
        let part = self.part(address);
        let pages = part.segment.pages_of(address.text)?;
        let count = if part.removed.is_empty() {
            pages.len()
        } else {
            pages.clone().filter(|&page| !part.is_removed(page)).count()
        };
        for page in pages.filter(|&page| !part.is_removed(page)) {
            if !is_passed_over(part.segment.key(page)?) {
                return Ok((Some(part.segment.page(page)?), count as u64));
            }
        }
        Ok((None, count as u64))
    }

    /// Returns where the text of the page of a key is; `None` where there is no such page, or it has no text.
    ///
    /// # Errors
    /// When a file is damaged.
    pub(crate) fn address_of_key(&self, key: &str) -> Result<Option<Address>> {
        let Some((part, page)) = self.place_of_key(key)? else { return Ok(None) };
        let text = self.parts[part].segment.text_of(page)?;
        Ok(text.map(|text| Address { part: part as u32, text }))
    }

    /// Returns the keys of the pages that hold a text, rising.
    ///
    /// # Errors
    /// When a file is damaged.
    pub fn keys(&self, address: Address) -> Result<Vec<&str>> {
        let part = self.part(address);
        let numbers = part.segment.pages_of(address.text)?.filter(|&page| !part.is_removed(page));
        numbers.map(|page| part.segment.key(page)).collect()
    }

    /// Returns the digest and the hash of the page of a key; the digest is `None` for a page without a token.
    ///
    /// # Errors
    /// When a file is damaged.
    pub fn page_of_key(&self, key: &str) -> Result<Option<(Option<u128>, u64)>> {
        let Some((part, page)) = self.place_of_key(key)? else { return Ok(None) };
        let segment = &self.parts[part].segment;
        let digest = match segment.text_of(page)? {
            Some(text) => Some(segment.text(text)?.0),
            None => None,
        };
        Ok(Some((digest, segment.hash_of(page)?)))
    }

    fn place_of_key(&self, key: &str) -> Result<Option<(usize, u32)>> {
        for (number, part) in self.parts.iter().enumerate() {
            if let Some(page) = part.page_of_key(key)? {
                return Ok(Some((number, page)));
            }
        }
        Ok(None)
    }

    fn part(&self, address: Address) -> &Part {
        &self.parts[address.part as usize]
    }

    /// Returns what it holds and what it takes.
    pub fn info(&self) -> Info {
        let sum = |of: &dyn Fn(&Part) -> u64| self.parts.iter().map(of).sum::<u64>();
        let removed = self.manifest.segments.iter().filter_map(|entry| entry.removed.as_ref());
        let removed: u64 = removed.map(|removed| u64::from(removed.pages)).sum();
        // As they were when this was opened: a writer may have removed them since.
        let of_segment =
            |entry: &Entry| entry.seal.bytes + entry.removed.as_ref().map_or(0, |removed| removed.seal.bytes);
        let bytes = self.manifest.segments.iter().map(of_segment).sum();
        Info {
            tongwen: self.manifest.tongwen.clone(),
            settings: self.manifest.settings.clone(),
            segments: self.parts.len(),
            pages: sum(&|part| part.segment.pages().into()) - removed,
            removed,
            texts: sum(&|part| part.segment.texts().into()),
            postings: sum(&|part| part.segment.postings() as u64),
            frames: self.verdicts.values().filter(|&&is_frame| is_frame).count() as u64,
            bytes,
        }
    }

    /// Checks every checksum of the index, and every promise its files make to each other.
    ///
    /// # Errors
    /// The first that does not hold.
    pub fn check(&self) -> Result<()> {
        let mut keys = BTreeSet::new();
        for part in &self.parts {
            part.segment.check()?;
            for page in (0..part.segment.pages()).filter(|&page| !part.is_removed(page)) {
                let key = part.segment.key(page)?;
                if !keys.insert(key) {
                    let what = format!("it holds a second page `{key}`");
                    return Err(Error::Damaged { path: part.segment.path().to_owned(), what });
                }
            }
        }
        Ok(())
    }
}

impl Part {
    fn is_removed(&self, page: u32) -> bool {
        is_among(&self.removed, page)
    }

    /// Returns the page of a key, of which one at most is not removed.
    fn page_of_key(&self, key: &str) -> Result<Option<u32>> {
        let mut pages = Vec::new();
        self.segment.holders(sample::of_key(key), |page, _| {
            if page < self.segment.pages() {
                pages.push(page);
            }
        })?;
        for page in pages {
            if !self.is_removed(page) && self.segment.key(page)? == key {
                return Ok(Some(page));
            }
        }
        Ok(None)
    }

    fn is_alive(&self, text: u32) -> Result<bool> {
        Ok(self.segment.pages_of(text)?.any(|page| !self.is_removed(page)))
    }
}

/// Returns whether a page is among those removed, of which there may be none.
fn is_among(removed: &[u64], page: u32) -> bool {
    removed.get(page as usize / 64).is_some_and(|word| word >> (page % 64) & 1 == 1)
}

fn read_removed(path: &Path, removed: &Removed, pages: u32) -> Result<Vec<u64>> {
    let file = Sealed::open(path, Kind::Removed, [1; 3], removed.seal)?;
    let bytes = file.section(0)?;
    let words: Vec<u64> = (0..bytes.len() / 8).map(|at| file::number_at(bytes, at)).collect();
    let count: u32 = words.iter().map(|word| word.count_ones()).sum();
    if words.len() != pages.div_ceil(64) as usize || count != removed.pages {
        return Err(file.damaged("it is not of its segment"));
    }
    Ok(words)
}

impl Index {
    /// Writes that some pages of a part are removed as well, and puts it into a manifest.
    fn write_removed(&self, manifest: &mut Manifest, part: usize, pages: &BTreeSet<u32>) -> Result<()> {
        let Part { segment, removed } = &self.parts[part];
        let mut words = removed.clone();
        words.resize(segment.pages().div_ceil(64) as usize, 0);
        for page in pages {
            words[*page as usize / 64] |= 1 << (page % 64);
        }
        let name = numbered(&mut manifest.next, "removed");
        let mut file = Sealer::create(&self.folder.join(&name), Kind::Removed, manifest.shape.fingerprint())?;
        file.begin()?;
        for word in &words {
            file.write(&word.to_le_bytes())?;
        }
        let pages = words.iter().map(|word| word.count_ones()).sum();
        manifest.segments[part].removed = Some(Removed { name, seal: file.finish()?, pages });
        Ok(())
    }

    /// Writes what segments that follow each other hold as one; none where nothing is left of them.
    fn merged(&self, run: Range<usize>, name: String) -> Result<Option<Entry>> {
        let parts = &self.parts[run.clone()];
        let mut addresses: BTreeMap<u128, Vec<Address>> = BTreeMap::new();
        let mut without_text = Vec::new();
        let mut verdicts: FxHashMap<u64, bool> = FxHashMap::default();
        for (number, part) in (run.start as u32..).zip(parts) {
            let segment = &part.segment;
            for text in 0..segment.texts() {
                if part.removed.is_empty() || part.is_alive(text)? {
                    addresses.entry(segment.text(text)?.0).or_default().push(Address { part: number, text });
                }
            }
            for page in (0..segment.pages()).rev() {
                if segment.text_of(page)?.is_some() {
                    break;
                }
                if !part.is_removed(page) {
                    without_text.push(segment.page(page)?);
                }
            }
            verdicts.extend(segment.verdicts()?);
        }
        let addresses: Vec<(u128, Vec<Address>)> = addresses.into_iter().collect();
        // A look at each text for its words and its place, before they are written in that order.
        let seen = addresses.par_chunks(MERGED_AT_ONCE).map(|some| {
            let (mut counts, mut places, mut unpacked) = (FxHashMap::default(), Vec::new(), Unpacked::default());
            for (_, addresses) in some {
                let address = addresses[addresses.len() - 1];
                let kept = self.part(address).segment.load(address.text, &mut unpacked)?;
                for token in kept.tokens {
                    *counts.entry(token).or_insert(0_u32) += 1;
                }
                places.push((kept.hidden.article, Index::neighbourhood(kept.shingles.in_order())));
            }
            Ok((counts, places))
        });
        let mut counts: FxHashMap<Token, u32> = FxHashMap::default();
        let mut places = Vec::with_capacity(addresses.len());
        for (some, of_some) in seen.collect::<Result<Vec<_>>>()? {
            for (token, count) in some {
                let all = counts.entry(token).or_default();
                *all = all.saturating_add(count);
            }
            places.extend(of_some);
        }
        let order = Index::order(&places);
        let mut texts = Vec::with_capacity(order.len());
        for &number in &order {
            let (digest, addresses) = &addresses[number];
            let mut pages = Vec::new();
            for &address in addresses {
                pages.extend(self.pages(address)?);
            }
            pages.sort_unstable_by(|a, b| a.key.cmp(&b.key));
            texts.push(NewText { digest: Some(*digest), host: self.host(addresses)?, pages });
        }
        if !without_text.is_empty() {
            without_text.sort_unstable_by(|a, b| a.key.cmp(&b.key));
            texts.push(NewText { digest: None, host: 0, pages: without_text });
        }
        let mut merged = None;
        if !texts.is_empty() || !verdicts.is_empty() {
            let text = |number: usize, unpacked: &mut Unpacked| {
                let addresses = &addresses[order[number]].1;
                // What was judged last holds.
                let address = addresses[addresses.len() - 1];
                self.part(address).segment.load(address.text, unpacked)
            };
            let verdicts = verdicts.into_iter().map(|(name, is_frame)| Verdict::of(name, is_frame)).collect();
            let path = self.folder.join(&name);
            let seal = segment::write(&path, self.manifest.shape.fingerprint(), &counts, &texts, verdicts, text)?;
            merged = Some(Entry { name, seal, removed: None });
        }
        Ok(merged)
    }
}

/// The one who may change an index.
#[derive(Debug)]
pub struct Writer {
    index: Index,
    /// What is being merged beside what is added: the segment that is written, and the last of those it takes the place of.
    merging: Option<(String, String)>,
    lock: Arc<Lock>,
    /// Whether there was no index before.
    is_begun: bool,
}

/// Segments of an index, to be made one while others are added. Until it is [written](Self::write), or dropped, nobody else
/// may change the index.
#[derive(Debug)]
pub struct Merging {
    /// The index as it was.
    index: Index,
    run: Range<usize>,
    name: String,
    lock: Arc<Lock>,
}

/// Segments that were made one.
#[derive(Debug)]
pub struct Merged {
    /// The names of those segments, and the pages that were removed of them.
    of: Vec<(String, Vec<u64>)>,
    entry: Option<Entry>,
}

impl Merging {
    /// Writes the segment, in the pool of the caller.
    ///
    /// # Errors
    /// When something cannot be written, or is damaged.
    pub fn write(self) -> Result<Merged> {
        let Self { index, run, name, lock: _lock } = self;
        let entries = index.manifest.segments[run.clone()].iter().zip(&index.parts[run.clone()]);
        let of = entries.map(|(entry, part)| (entry.name.clone(), part.removed.clone())).collect();
        Ok(Merged { of, entry: index.merged(run, name)? })
    }
}

/// What is to be added at once.
pub struct Addition<'a, F> {
    /// In the order of [`Index::order`], so that those are packed together that are found together; those without a digest
    /// last.
    pub texts: &'a [NewText],
    /// How often each token occurs in them.
    pub counts: FxHashMap<Token, u32>,
    /// What was judged beside them.
    pub verdicts: Vec<Verdict>,
    /// Returns a text by its number among `texts`. Up to a quarter of them are asked for twice.
    pub text: F,
}

impl Writer {
    /// Opens the index in a folder to change it, and begins one where there is none.
    ///
    /// # Errors
    /// When the settings are out of range; when another writer has it, it does not fit the settings, it is damaged, or the
    /// folder holds something else.
    pub fn open(folder: &Path, settings: &AnalysisSettings) -> Result<Self> {
        // A manifest of settings that are out of range could never be opened again.
        let settings = &settings.clone().checked()?;
        if Manifest::read(folder)?.is_none() {
            fs::create_dir_all(folder).map_err(|e| Error::io("make", folder, e))?;
            refuse_others(folder)?;
        }
        let lock = Lock::take(folder)?;
        let is_begun = Manifest::read(folder)?.is_none();
        if is_begun {
            let manifest = Manifest {
                tongwen: env!("CARGO_PKG_VERSION").into(),
                shape: Shape::new(settings),
                settings: settings.clone(),
                next: 1,
                segments: Vec::new(),
            };
            manifest.replace(folder)?;
        }
        let writer = Self { is_begun, ..Self::with(lock, folder)? };
        writer.index.fits(settings)?;
        Ok(writer)
    }

    /// Ends the writer after an addition that failed: an index that it began and that holds nothing is none, so that
    /// the next one may have other settings.
    pub fn give_up(self) {
        if self.is_begun && self.index.info().pages == 0 {
            // What cannot be removed is an index without pages, as it would be without this.
            let _ = Manifest::remove(&self.index.folder);
        }
    }

    /// Opens the index in a folder to change it, whatever its settings.
    ///
    /// # Errors
    /// When there is none, another writer has it, or it is damaged.
    pub fn open_existing(folder: &Path) -> Result<Self> {
        // A folder that holds no index is told so, and gets no lock.
        Index::open(folder)?;
        Self::with(Lock::take(folder)?, folder)
    }

    fn with(lock: Lock, folder: &Path) -> Result<Self> {
        let writer = Self { index: Index::open(folder)?, merging: None, lock: Arc::new(lock), is_begun: false };
        writer.remove_what_is_left();
        Ok(writer)
    }

    /// Returns the index as it is now.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Adds texts, in the place of pages of the same keys. Once this returns they survive a crash; if it fails, or the
    /// process ends before, nothing has changed. It is left to [`tidy`](Self::tidy) to merge what is then too much.
    ///
    /// # Errors
    /// When something cannot be written.
    pub fn add<F: Fn(usize) -> Result<Kept> + Sync>(&mut self, addition: Addition<F>) -> Result<()> {
        let keys = addition.texts.iter().flat_map(|text| &text.pages).map(|page| page.key.as_str());
        self.whole(|writer| {
            let (mut manifest, _) = writer.without(keys)?;
            let name = numbered(&mut manifest.next, "segment");
            let path = writer.index.folder.join(&name);
            let text = |number: usize, _: &mut Unpacked| (addition.text)(number);
            let fingerprint = manifest.shape.fingerprint();
            let seal = segment::write(&path, fingerprint, &addition.counts, addition.texts, addition.verdicts, text)?;
            manifest.segments.push(Entry { name, seal, removed: None });
            writer.replace(manifest)
        })
    }

    /// Merges the last segments where there are too many: so many that few enough are left, and those that are together
    /// as large as the one before them, so that in an index that grows by small additions a page is written again no more
    /// often than it grows twelvefold. Where the last of twelve is large from the beginning, each small addition has it
    /// written again.
    /// Segments of a million pages and more stay as they are, and do not count; what stands between two of them is counted by
    /// itself.
    ///
    /// # Errors
    /// When something cannot be written, or is damaged. What was added stays.
    pub fn tidy(&mut self) -> Result<()> {
        match self.to_tidy() {
            Some(run) => self.whole(|writer| writer.replace(writer.merged(writer.index.manifest.clone(), run)?)),
            None => Ok(()),
        }
    }

    /// Does the same, but where it is a matter of more pages than `at_once` it is left to the caller: to be written by
    /// another thread, and then [taken in](Self::take_in). Until then nothing but what comes later is tidied, a few pages
    /// at a time, and no other such matter is returned.
    ///
    /// # Errors
    /// As [`tidy`](Self::tidy).
    pub fn tidy_aside(&mut self, at_once: u64) -> Result<Option<Merging>> {
        let Some(run) = self.to_tidy() else { return Ok(None) };
        let pages: u64 = self.index.parts[run.clone()].iter().map(|part| u64::from(part.segment.pages())).sum();
        if pages <= at_once {
            self.tidy()?;
            return Ok(None);
        }
        if self.merging.is_some() {
            if let Some(few) = few_of(&self.sizes()[run.clone()], at_once) {
                let run = run.end - few..run.end;
                self.whole(|writer| writer.replace(writer.merged(writer.index.manifest.clone(), run)?))?;
            }
            return Ok(None);
        }
        let last = self.index.manifest.segments[run.end - 1].name.clone();
        let name = numbered(&mut self.index.manifest.next, "segment");
        self.merging = Some((name.clone(), last));
        let Index { folder, manifest, parts, .. } = &self.index;
        let verdicts = FxHashMap::default();
        let index = Index { folder: folder.clone(), manifest: manifest.clone(), parts: parts.clone(), verdicts };
        Ok(Some(Merging { index, run, name, lock: Arc::clone(&self.lock) }))
    }

    /// Puts a segment that was written in the place of those it was made of, without the pages of these that were removed
    /// meanwhile. Where the segments themselves are others by now, it is not used.
    ///
    /// # Errors
    /// As [`tidy`](Self::tidy), and what went wrong as the segment was written.
    pub fn take_in(&mut self, merged: Result<Merged>) -> Result<()> {
        self.merging = None;
        self.whole(|writer| writer.put_in_place(merged?))
    }

    fn put_in_place(&mut self, Merged { of, entry }: Merged) -> Result<()> {
        let mut manifest = self.index.manifest.clone();
        let is_of = |run: &[Entry]| run.iter().zip(&of).all(|(entry, (name, _))| entry.name == *name);
        let Some(at) = manifest.segments.windows(of.len()).position(is_of) else {
            self.remove_what_is_left();
            return Ok(());
        };
        // Of segments whose pages were all removed nothing is left to remove more of.
        let is_any_left = entry.is_some();
        manifest.segments.splice(at..at + of.len(), entry);
        let removed = self.removed_since(at, &of)?;
        if is_any_left && !removed.is_empty() {
            let index = Index::of(&self.index.folder, manifest.clone(), Some(&self.index))?;
            let mut pages = BTreeSet::new();
            for key in &removed {
                pages.extend(index.parts[at].page_of_key(key)?);
            }
            index.write_removed(&mut manifest, at, &pages)?;
        }
        self.replace(manifest)
    }

    /// Returns the keys of pages that were removed of segments, the first of which is `at`, since they had these removed.
    fn removed_since(&self, at: usize, of: &[(String, Vec<u64>)]) -> Result<Vec<String>> {
        let mut keys = Vec::new();
        for (part, (_, before)) in self.index.parts[at..].iter().zip(of) {
            for page in (0..part.segment.pages()).filter(|&page| part.is_removed(page) && !is_among(before, page)) {
                keys.push(part.segment.key(page)?.to_owned());
            }
        }
        Ok(keys)
    }

    /// Returns the segments that are to be merged next, those aside that are being merged and what stands before them.
    fn to_tidy(&self) -> Option<Range<usize>> {
        let segments = &self.index.manifest.segments;
        let busy = self.merging.as_ref().and_then(|(_, last)| segments.iter().position(|entry| entry.name == *last));
        let first = busy.map_or(0, |last| last + 1);
        to_tidy(&self.sizes()[first..]).map(|run| first + run.start..first + run.end)
    }

    /// Returns the pages of each segment, the removed ones among them.
    fn sizes(&self) -> Vec<u32> {
        self.index.parts.iter().map(|part| part.segment.pages()).collect()
    }

    /// Removes the pages of some keys, and returns how many there were.
    ///
    /// # Errors
    /// When something cannot be written.
    pub fn remove<'k>(&mut self, keys: impl IntoIterator<Item = &'k str>) -> Result<u64> {
        self.whole(|writer| {
            let (manifest, removed) = writer.without(keys)?;
            if removed > 0 {
                writer.replace(manifest)?;
            }
            Ok(removed)
        })
    }

    /// Returns the manifest of the index without the pages of some keys, and how many those are.
    fn without<'k>(&self, keys: impl IntoIterator<Item = &'k str>) -> Result<(Manifest, u64)> {
        let mut manifest = self.index.manifest.clone();
        manifest.tongwen = env!("CARGO_PKG_VERSION").into();
        let mut pages: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); self.index.parts.len()];
        for key in keys {
            if let Some((part, page)) = self.index.place_of_key(key)? {
                pages[part].insert(page);
            }
        }
        for (part, pages) in pages.iter().enumerate().filter(|(_, pages)| !pages.is_empty()) {
            self.index.write_removed(&mut manifest, part, pages)?;
        }
        Ok((manifest, pages.iter().map(|pages| pages.len() as u64).sum()))
    }

    /// Merges segments, so that what was removed takes no more room and a look-up has fewer to ask.
    ///
    /// Segments of a million pages and more, of which none was removed, stay as they are; no segment gets more than eight
    /// million.
    ///
    /// # Errors
    /// When something cannot be written, or is damaged. The index is then what it was before.
    pub fn compact(&mut self) -> Result<()> {
        let has_removed: Vec<bool> = self.index.parts.iter().map(|part| !part.removed.is_empty()).collect();
        let runs = to_compact(&self.sizes(), &has_removed);
        if runs.is_empty() {
            return Ok(());
        }
        self.whole(|writer| {
            // The last first, so that the numbers of those before it hold.
            let manifest = writer.index.manifest.clone();
            let manifest = runs.into_iter().rev().try_fold(manifest, |manifest, run| writer.merged(manifest, run))?;
            writer.replace(manifest)
        })
    }

    /// Does something in whole or not at all: what was written of it when it failed is removed, for the disk may be full.
    fn whole<T>(&mut self, act: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        act(self).inspect_err(|_| self.remove_what_is_left())
    }

    /// Returns a manifest in which some segments that follow each other are one.
    fn merged(&self, mut manifest: Manifest, run: Range<usize>) -> Result<Manifest> {
        let name = numbered(&mut manifest.next, "segment");
        let merged = self.index.merged(run.clone(), name)?;
        manifest.segments.splice(run, merged);
        Ok(manifest)
    }

    /// Puts a manifest in the place of the one there is, and removes what is no more named.
    fn replace(&mut self, manifest: Manifest) -> Result<()> {
        let folder = self.index.folder.clone();
        // What cannot be opened must not be named.
        let index = Index::of(&folder, manifest, Some(&self.index))?;
        index.manifest.replace(&folder)?;
        self.index = index;
        self.remove_what_is_left();
        Ok(())
    }

    /// Removes files of the index that the manifest does not name: of what was replaced, or was broken off. What is being
    /// merged is spared. Where another manifest is there than this one's nothing is removed: it was put in place, and then
    /// something failed.
    fn remove_what_is_left(&self) {
        let is_own = match Manifest::read(&self.index.folder) {
            Ok(Some(there)) => there.names().eq(self.index.manifest.names()),
            Ok(None) => self.index.manifest.names().next().is_none(),
            Err(_) => false,
        };
        if !is_own {
            return;
        }
        let named: BTreeSet<&str> = self.index.manifest.names().collect();
        // Whatever it ends in: it has another ending while it is written.
        let merging = self.merging.as_ref().and_then(|(name, _)| Path::new(name).file_stem());
        let Ok(entries) = fs::read_dir(&self.index.folder) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let is_merging = merging.is_some() && Path::new(&name).file_stem() == merging;
            let is_left = name.to_str().is_some_and(|name| is_of_index(name) && !named.contains(name));
            if is_left && !is_merging {
                // It takes up room and no more; the next writer tries again.
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// Returns the segments that [`Writer::tidy`] makes one, by the pages of each: some of the last ones of a stretch of small
/// segments that are too many.
fn to_tidy(pages: &[u32]) -> Option<Range<usize>> {
    let mut end = pages.len();
    for small in pages.rsplit(|&pages| pages >= LARGE) {
        let start = end - small.len();
        if small.len() <= MOST_SEGMENTS {
            // The large one before it is passed over too.
            end = start.saturating_sub(1);
            continue;
        }
        let mut first = small.len() - 2;
        let mut together = u64::from(small[first]) + u64::from(small[first + 1]);
        while first > 0 {
            let before = u64::from(small[first - 1]);
            let is_wanted = first >= MOST_SEGMENTS || before <= together && together < u64::from(LARGE);
            if !is_wanted || together + before >= MOST_PAGES {
                break;
            }
            first -= 1;
            together += before;
        }
        return Some(start + first..end);
    }
    None
}

/// Returns how many of the last segments, by the pages of each, are of about one size and small enough to be made one in
/// between: a page is written again each time that there are four times as many.
fn few_of(pages: &[u32], at_once: u64) -> Option<usize> {
    const FEW: usize = 4;
    let last = &pages[pages.len().checked_sub(FEW)?..];
    let together: u64 = last.iter().map(|&pages| u64::from(pages)).sum();
    let largest = u64::from(last.iter().copied().max()?);
    (together <= at_once && largest * 2 <= together).then_some(FEW)
}

/// Returns which segments [`Writer::compact`] makes one, by the pages of each and whether some of them were removed.
fn to_compact(pages: &[u32], has_removed: &[bool]) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut first = 0;
    while first < pages.len() {
        let mut together = u64::from(pages[first]);
        let mut end = first + 1;
        if has_removed[first] || pages[first] < LARGE {
            let is_done = |at: usize| pages[at] >= LARGE && !has_removed[at];
            while end < pages.len() && !is_done(end) && together + u64::from(pages[end]) < MOST_PAGES {
                together += u64::from(pages[end]);
                end += 1;
            }
            if has_removed[first] || end - first > 1 {
                runs.push(first..end);
            }
        }
        first = end;
    }
    runs
}

/// Returns a name that no file of the index has had.
fn numbered(next: &mut u64, kind: &str) -> String {
    *next += 1;
    format!("{:08}.{kind}", *next - 1)
}

/// Returns whether a file has a name that [`numbered`] gives, or one it has while it is written.
fn is_of_index(name: &str) -> bool {
    let (stem, ending) = name.split_once('.').unwrap_or_default();
    let is_numbered = !stem.is_empty() && stem.bytes().all(|byte| byte.is_ascii_digit());
    is_numbered && ["segment", "removed", "new"].contains(&ending) || name == "manifest.new"
}

/// Refuses a folder that holds something else: an index there would be in its way.
fn refuse_others(folder: &Path) -> Result<()> {
    let failed = |e: io::Error| Error::io("list", folder, e);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let is_ours =
            name.to_str().is_some_and(|name| is_of_index(name) || lock::is_lock(name) || manifest::is_manifest(name));
        // No index is ever without its manifest: that is written first.
        let ending = Path::new(&name).extension();
        if is_ours && ending.is_some_and(|ending| ending == "segment" || ending == "removed") {
            let reason = format!(
                "has no manifest, and `{}` would be lost with a new one: put the manifest back, or name a folder that is \
                 empty or not there",
                name.display()
            );
            return Err(Error::Index { path: folder.to_owned(), reason });
        }
        if !is_ours {
            let reason = format!(
                "cannot be begun: the folder holds `{}`, which is of no index; name a folder that is empty or not there",
                name.display()
            );
            return Err(Error::Index { path: folder.to_owned(), reason });
        }
    }
    Ok(())
}

/// Numbers as hexadecimal text: other programs read numbers of JSON with 53 bits.
mod hexadecimal {
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{number:016x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let digits = String::deserialize(deserializer)?;
        u64::from_str_radix(&digits, 16).map_err(|_| de::Error::custom(format!("`{digits}` is no number")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_that_was_put_in_place_before_something_failed_loses_no_segment() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = Writer::open(folder.path(), &AnalysisSettings::default()).unwrap();
        let text = |_: usize| Ok(Kept::default());
        let addition = || Addition { texts: &[], counts: FxHashMap::default(), verdicts: Vec::new(), text };
        writer.add(addition()).unwrap();
        let before = writer.index.manifest.clone();
        writer.add(addition()).unwrap();
        // As where the folder could not be synchronised: on disk is the second, the writer knows the first.
        writer.index.manifest = before;
        let failed = writer.whole(|_| -> Result<()> { Err(Error::Settings("it failed".into())) });
        assert!(failed.is_err());
        let named = Manifest::read(folder.path()).unwrap().unwrap();
        assert_eq!(named.segments.len(), 2);
        assert!(named.names().all(|name| folder.path().join(name).exists()));
    }

    #[test]
    fn segments_are_merged_where_there_are_too_many_and_large_ones_stay() {
        let few = [9; MOST_SEGMENTS];
        assert_eq!(to_tidy(&few), None);
        // Those that are together as large as the one before them.
        assert_eq!(to_tidy(&[&few[..], &[9]].concat()), Some(0..13));
        assert_eq!(to_tidy(&[&[900; 9][..], &[9, 9, 9, 9]].concat()), Some(9..13));
        // What is large is not written again for a page more, and does not count.
        let large = [LARGE; 30];
        assert_eq!(to_tidy(&[&large[..], &few, &[1]].concat()), Some(30..43));
        assert_eq!(to_tidy(&[&large[..], &few].concat()), None);
        assert_eq!(to_tidy(&[&few[..], &[1, LARGE]].concat()), Some(0..13));
        assert_eq!(to_tidy(&[&few[..], &[LARGE], &few, &[LARGE]].concat()), None);
        assert_eq!(
            [&[900, 1, 1, 1, 1][..], &[4; 4], &[40; 4], &[4, 1, 1, 1], &[1; 3]].map(|pages| few_of(pages, 128)),
            [Some(4), Some(4), None, None, None]
        );
        let nearly = [LARGE - 1; 40];
        let run = to_tidy(&nearly).unwrap();
        assert!(run.end == 40 && nearly[run].iter().map(|&pages| u64::from(pages)).sum::<u64>() < MOST_PAGES);
    }

    #[test]
    fn compacting_makes_no_segment_of_more_pages_than_one_may_have() {
        let compacted_with = |pages: &[u32], has_removed: &[bool]| -> Vec<(usize, usize)> {
            to_compact(pages, has_removed).iter().map(|run| (run.start, run.end)).collect()
        };
        let compacted = |pages: &[u32]| compacted_with(pages, &vec![false; pages.len()]);
        assert!(compacted(&[9]).is_empty());
        assert_eq!(compacted(&[9, 9, 9]), [(0, 3)]);
        assert!(compacted(&[LARGE, 9]).is_empty());
        assert_eq!(compacted(&[LARGE, 9, 9, LARGE]), [(1, 3)]);
        assert_eq!(compacted_with(&[LARGE, 9], &[true, false]), [(0, 2)]);
        assert_eq!(compacted_with(&[9], &[true]), [(0, 1)]);
        let many = [LARGE - 1; 20];
        assert_eq!(compacted(&many), [(0, 8), (8, 16), (16, 20)]);
        assert!(compacted(&[LARGE / 2, 7 * LARGE, 7 * LARGE, 9]).is_empty());
    }
}
