//! The one file that knows every stage, and the only one that starts threads.

pub mod dedup;
pub mod gated;
pub mod indexed;
mod pair;
mod pairs;
mod resumed;
pub mod streamed;
mod texts;

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::OnceLock;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::band::{self, Candidates};
use crate::block::{BlockBuilder, Blocks};
use crate::boilerplate::{self, Boilerplate, Prior};
use crate::checkpoint::Checkpoints;
use crate::cluster::{self, Clusters};
use crate::containment;
use crate::dictionary::{self, Dictionary, Known, Level};
use crate::document::{DocId, Document, Host, Moment, Origin, Skipped};
use crate::error::{Error, Result};
use crate::evenly::Evenly;
use crate::excerpt;
use crate::explain::{Comparison, Explanation};
use crate::findings::{self, Cluster, Counts, Digest, Findings, Member, Relation, RelationKind, Scanned, SharedBlock};
use crate::hash::{self, TextHasher};
use crate::input::{Batch, Corpus, Sources};
use crate::inventory::{self, Counted, Holders};
use crate::normalise;
use crate::passage::{Passages, Text};
use crate::pipeline::indexed::{Packed, Vocabularies, Vocabulary};
use crate::pipeline::pair::Pair;
use crate::pipeline::texts::Address;
use crate::relate::{are_copies, are_strangers, relate, relate_mixed};
use crate::segment::{self, Segmenter, Token};
use crate::settings::{AnalysisSettings, InputSettings, Settings, SketchKind};
use crate::shared::{SharedCounter, is_much_longer};
use crate::shingle::{Shingle, ShingleSet, Shingler, Shingles};
use crate::sketch::minhash::MinHasher;
use crate::sketch::simhash;
use crate::template::{self, Forms, Template, Templates};
use crate::verify::{Aligner, Evidence};

/// Told how far a run is. All calls may come from any thread.
pub trait Progress: Sync {
    /// A phase begins: its place among all phases, what it does, and how much there is of it.
    fn phase(&self, phase: Phase);
    /// So many more units of the current phase are done.
    fn advance(&self, units: u64);
}

/// One phase of a run, as it is shown to the user ("2/5 sketching").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phase {
    /// From 1.
    pub number: u32,
    pub of: u32,
    /// A verb form: `reading`, `verifying`.
    pub name: &'static str,
    pub unit: Unit,
    /// Units in all; 0 where nobody knows (standard input).
    pub total: u64,
}

/// What a phase counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Bytes,
    Documents,
    Pairs,
    Bands,
}

/// A [`Progress`] that tells nobody.
pub struct Silent;

impl Progress for Silent {
    fn phase(&self, _: Phase) {}
    fn advance(&self, _: u64) {}
}

/// Beyond it the system begins to refuse some of them.
const MOST_THREADS: usize = 1024;

/// The last of them, for the texts of boilerplate, is left out where it is not told from content.
const PHASES: u32 = 6;

/// Returns all that is found in the documents under `paths`.
///
/// # Input
/// Folders, files, or `-` for JSONL on standard input; formats, keys and encodings as in [`crate::input`].
///
/// # Output
/// Findings in a fixed order: the same documents give the same bytes, whatever the order of paths, files and records
/// and the number of threads.
///
/// With [`Settings::resume`] it goes on from what an earlier one of the same files and settings had done there, and finds
/// the same. [`checkpoint::remove`](crate::checkpoint::remove) clears that away when the findings are safe.
///
/// # Errors
/// Only what stops the run: a path that cannot be read, a bad glob, a setting out of range, a folder to resume in that is
/// of another scan or cannot be written to. A record that cannot be read is listed in [`Findings::skipped`].
///
/// # Performance
/// Time grows with the text and with the number of candidate pairs; to tell boilerplate and excerpts takes two fifths of it
/// with prose, and two thirds with pages of sites. Memory: 4 bytes a token for shingles, 16 a sentence, an index of sampled
/// seeds, 20 to 40 a pair of pages that are compared beside a line, and 4 bytes a slot: some 16 KB for a page of 6 KB of
/// Chinese text.
///
/// # Threading
/// A pool of its own of `settings.run.threads` workers; safe to call from another rayon pool.
///
/// # Algorithm
/// 1. Read, normalise, segment and shingle each document, all in one go, in parallel.
/// 2. Order documents by key; group exact copies, of which one stands for all from here on.
/// 3. Tell boilerplate from content by the pages that share it, in passes, and find who quotes whom.
/// 4. Sketch what is content; find candidate pairs in the buckets of all tables, and by rare shingles that both contain.
/// 5. Verify each candidate by its shared shingles and runs, and judge it.
/// 6. Cluster the verified pairs into stars; list copies beside the document that stood for them.
/// 7. Find excerpts between articles, and the pages of each template.
/// 8. Read the pages again that show what the boilerplate says.
///
/// # Example
/// ```
/// use tongwen::pipeline::{Silent, scan};
/// use tongwen::settings::Settings;
///
/// let folder = tempfile::tempdir()?;
/// std::fs::write(folder.path().join("a.txt"), "社区有需要，我们有响应，党员干部下沉社区。")?;
/// std::fs::write(folder.path().join("b.txt"), "社區有需要,我們有響應,黨員幹部下沉社區")?;
/// let findings = scan(&[folder.path().to_owned()], &Settings::default(), &Silent)?;
/// assert_eq!(findings.clusters.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn scan(paths: &[PathBuf], settings: &Settings, progress: &dyn Progress) -> Result<Findings> {
    Ok(found(paths, settings, Listed { blocks: findings::MOST_BLOCKS, pairs: None }, progress)?.0)
}

/// Returns the findings of a scan, and pairs of them with their texts: up to `most`, or all where that is 0.
///
/// Input, errors, performance and threading are those of [`scan`]; the documents of the pairs are read a second time, and
/// their texts are kept in memory. Pairs stand in the order of the findings: reposts beside the page that is kept, then
/// contained pages, then excerpts. Where there are more than `most`, large clusters show fewer of their members.
///
/// # Example
/// ```
/// use tongwen::pipeline::{Silent, scan_with_pairs};
/// use tongwen::settings::Settings;
///
/// let folder = tempfile::tempdir()?;
/// std::fs::write(folder.path().join("a.txt"), "社区有需要，我们有响应，党员干部下沉社区。")?;
/// std::fs::write(folder.path().join("b.txt"), "社區有需要,我們有響應,黨員幹部下沉社區")?;
/// let (_, pairs) = scan_with_pairs(&[folder.path().to_owned()], 0, &Settings::default(), &Silent)?;
/// assert_eq!(pairs[0].text_a, "社区有需要，我们有响应，党员干部下沉社区。");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn scan_with_pairs(
    paths: &[PathBuf],
    most: usize,
    settings: &Settings,
    progress: &dyn Progress,
) -> Result<(Findings, Vec<Comparison>)> {
    found(paths, settings, Listed { blocks: findings::MOST_BLOCKS, pairs: Some(most) }, progress)
}

/// Returns all that is boilerplate in the documents under `paths`, as a dictionary for later scans.
///
/// Input, errors, performance and threading are those of [`scan`]. What is saved of it knows a site's frame again in a
/// corpus that holds too few of its pages to show it.
///
/// # Example
/// ```
/// use tongwen::pipeline::{Silent, boilerplate};
/// use tongwen::settings::Settings;
///
/// let folder = tempfile::tempdir()?;
/// std::fs::write(folder.path().join("a.txt"), "社区有需要，我们有响应，党员干部下沉社区。")?;
/// let dictionary = boilerplate(&[folder.path().to_owned()], &Settings::default(), &Silent)?;
/// assert!(dictionary.blocks.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn boilerplate(paths: &[PathBuf], settings: &Settings, progress: &dyn Progress) -> Result<Dictionary> {
    if !settings.analysis.boilerplate {
        return Err(Error::Settings("boilerplate is to be listed, and not to be told from content".into()));
    }
    let (found, _) = found(paths, settings, Listed { blocks: usize::MAX, pairs: None }, progress)?;
    Ok(Dictionary {
        format: dictionary::FORMAT.into(),
        tongwen: found.tongwen,
        tokens: found.settings.tokens,
        normaliser: normalise::VERSION,
        documents: found.counts.documents,
        share: found.boilerplate.share,
        quoted: found.boilerplate.quoted,
        blocks: found.boilerplate.blocks,
        skipped: found.skipped,
        notes: found.notes,
    })
}

/// How much of what was found is listed.
#[derive(Clone, Copy, Default)]
struct Listed {
    /// Blocks of boilerplate.
    blocks: usize,
    /// Pairs with their texts, where 0 is all; nothing for none.
    pairs: Option<usize>,
}

/// Returns the findings of a scan, and pairs of them.
fn found(
    paths: &[PathBuf],
    settings: &Settings,
    listed: Listed,
    progress: &dyn Progress,
) -> Result<(Findings, Vec<Comparison>)> {
    let analysis = settings.checked()?.analysis;
    let known = Known::load(&settings.dictionaries, analysis.tokens)?;
    let corpus = Corpus::open(paths, &settings.input)?;
    let (corpus, sources) = if analysis.boilerplate || listed.pairs.is_some() {
        let (corpus, sources) = corpus.with_sources();
        (corpus, Some(sources))
    } else {
        (corpus, None)
    };
    let checkpoints = match &settings.resume {
        Some(folder) => Some(resumed::open(folder, paths, &corpus, settings, &known)?),
        None => None,
    };
    let checkpoints = checkpoints.as_ref();
    let task = Task { settings: &analysis, known: &known, sources: sources.as_ref(), listed, checkpoints };
    let (findings, pairs) = pool(settings)?.install(|| {
        let reading = match checkpoints {
            Some(checkpoints) => resumed::read(corpus, &analysis, checkpoints, progress)?,
            None => read(corpus, &analysis, Wanted::Nothing, None, progress),
        };
        find(reading, &task, progress)
    })?;
    Ok((Findings { input: settings.input.clone(), ..findings }, pairs))
}

/// Returns how two documents relate, why, and where they run alike.
///
/// # Input
/// What [`scan`] reads, and the keys of two documents in it; without keys, the paths must hold just two documents.
///
/// # Output
/// An explanation whose judgement is that of [`scan`] over the same paths: what is boilerplate was learnt from all of
/// them. It holds for any pair, also for one that [`scan`] does not list: one it never compared, or a quotation of an
/// article with copies, of which it lists one as the source.
///
/// # Errors
/// Those of [`scan`], and a key that no document has.
///
/// # Performance
/// That of [`scan`] for two documents that are not related by what they share of their content, since who quotes whom
/// depends on all articles of the corpus; less for others. The texts of the two are kept in memory.
///
/// # Threading
/// As [`scan`].
///
/// # Algorithm
/// 1. Read the corpus and tell boilerplate from content, as [`scan`] does.
/// 2. Judge the pair by its evidence; where that shows nothing, look for an excerpt among those of the corpus.
/// 3. Align the two texts.
///
/// # Example
/// ```
/// use tongwen::findings::RelationKind;
/// use tongwen::pipeline::{Silent, explain};
/// use tongwen::settings::Settings;
///
/// let folder = tempfile::tempdir()?;
/// std::fs::write(folder.path().join("a.txt"), "社区有需要，我们有响应，党员干部下沉社区。")?;
/// std::fs::write(folder.path().join("b.txt"), "社區有需要,我們有響應,黨員幹部下沉社區")?;
/// let explanation = explain(&[folder.path().to_owned()], None, &Settings::default(), &Silent)?;
/// assert_eq!(explanation.relation.kind, Some(RelationKind::Identical));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn explain(
    paths: &[PathBuf],
    pair: Option<[&str; 2]>,
    settings: &Settings,
    progress: &dyn Progress,
) -> Result<Explanation> {
    let analysis = settings.checked()?.analysis;
    let known = Known::load(&settings.dictionaries, analysis.tokens)?;
    let corpus = Corpus::open(paths, &settings.input)?;
    let task = Task { settings: &analysis, known: &known, sources: None, listed: Listed::default(), checkpoints: None };
    pool(settings)?.install(|| {
        let wanted = pair.map_or(Wanted::All, Wanted::Keys);
        let Reading { mut pages, skipped, .. } = read(corpus, &analysis, wanted, None, progress);
        order(&mut pages);
        let [a, b] = match pair {
            Some(keys) => pair::named(keys, &pages, &skipped)?,
            None => pair::only_two(paths, &pages, &skipped)?,
        };
        let copies = Copies::new(&pages);
        let (ids, text_of) = different(&pages, &copies);
        let texts = texts_of(&pages, &ids, &text_of);
        progress.phase(Phase { number: 2, of: PHASES, name: "finding boilerplate", unit: Unit::Documents, total: 0 });
        let passages = analysis.boilerplate.then(|| Passages::new(&texts, analysis.width));
        let corpus = Compared::new(&pages, &task, (ids, text_of), &texts, passages.as_ref());
        Ok(Pair { corpus: &corpus, copies: &copies, a, b }.explained(progress))
    })
}

fn pool(settings: &Settings) -> Result<rayon::ThreadPool> {
    pool_of(settings.run.threads)
}

fn pool_of(threads: usize) -> Result<rayon::ThreadPool> {
    if threads > MOST_THREADS {
        return Err(Error::Settings(format!("{threads} threads are out of range: use up to {MOST_THREADS}, or 0")));
    }
    let refuse = |error| Error::Settings(format!("cannot start {threads} threads: {error}"));
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(refuse)
}

/// Documents whose text is kept.
#[derive(Clone, Copy)]
enum Wanted<'a> {
    Nothing,
    All,
    Keys([&'a str; 2]),
}

impl Wanted<'_> {
    /// Returns whether a document of this key is wanted, also where its key may yet get a number.
    fn holds(self, key: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::All => true,
            Self::Keys(keys) => keys
                .iter()
                .any(|wanted| wanted.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))),
        }
    }
}

/// What one document is to the stages after reading.
#[derive(Serialize, Deserialize)]
struct Page {
    key: String,
    origin: Origin,
    site: Box<str>,
    /// [`Document::host_number`] of the site.
    host: u64,
    date: Option<Moment>,
    /// Bytes of its text.
    bytes: u64,
    /// The opening of its text, for the report.
    snippet: Box<str>,
    /// Hash of its text as it was read, which tells copies apart that differ in what is not compared.
    text: u64,
    /// Hash of its tokens: equal for equal comparable texts. `None` for a document without a token.
    digest: Option<u128>,
    shingles: Shingles,
    blocks: Blocks,
    /// Its text, where it is wanted.
    #[serde(skip)]
    full: Option<Box<str>>,
    /// Its tokens, where they are wanted.
    #[serde(skip)]
    tokens: Option<Packed>,
}

#[derive(Default, Serialize, Deserialize)]
struct Reading {
    pages: Vec<Page>,
    skipped: Vec<Skipped>,
    /// Names of files that were passed over, since the files are read under other ones.
    #[serde(skip)]
    repeated: usize,
}

impl Reading {
    fn append(&mut self, more: Self) {
        self.pages.extend(more.pages);
        self.skipped.extend(more.skipped);
        self.repeated += more.repeated;
    }
}

fn read(
    corpus: Corpus,
    settings: &AnalysisSettings,
    wanted: Wanted,
    vocabularies: Option<&Vocabularies>,
    progress: &dyn Progress,
) -> Reading {
    progress.phase(Phase { number: 1, of: PHASES, name: "reading", unit: Unit::Bytes, total: corpus.bytes() });
    let repeated = corpus.repeated();
    let reading = corpus
        .batches()
        .par_bridge()
        .map_init(|| Analyser::new(settings, wanted, vocabularies), |analyser, batch| analyser.read(batch, progress))
        .reduce(Reading::default, |mut all, more| {
            all.append(more);
            all
        });
    Reading { repeated, ..reading }
}

/// Normalise … shingle for one thread, with the buffers that are used again for each document.
struct Analyser<'a> {
    wanted: Wanted<'a>,
    /// Where its tokens are numbered, and that is kept; nothing where they are not wanted.
    vocabulary: Option<(Vocabulary, &'a Vocabularies)>,
    segmenter: Segmenter,
    shingler: Shingler,
    blocks: BlockBuilder,
    comparable: String,
    tokens: Vec<Token>,
}

impl<'a> Analyser<'a> {
    fn new(settings: &AnalysisSettings, wanted: Wanted<'a>, vocabularies: Option<&'a Vocabularies>) -> Self {
        Self {
            wanted,
            vocabulary: vocabularies.map(|all| (all.take(), all)),
            segmenter: Segmenter::new(settings.tokens),
            shingler: Shingler::new(settings.width),
            blocks: BlockBuilder::default(),
            comparable: String::new(),
            tokens: Vec::new(),
        }
    }

    fn read(&mut self, batch: Batch, progress: &dyn Progress) -> Reading {
        let bytes = batch.bytes();
        let mut reading = Reading::default();
        batch.read(&mut |result| match result {
            Ok(document) => reading.pages.push(self.page(document)),
            Err(skipped) => reading.skipped.push(skipped),
        });
        progress.advance(bytes);
        reading
    }

    fn page(&mut self, document: Document) -> Page {
        let mut digest = TextHasher::default();
        for (line, text) in document.text.split('\n').enumerate() {
            for piece in segment::pieces(text) {
                self.comparable.clear();
                normalise::normalise_into(piece, &mut self.comparable);
                for (number, sentence) in self.comparable.split(normalise::STOP).enumerate() {
                    if number > 0 {
                        self.blocks.end_sentence();
                    }
                    self.tokens.clear();
                    self.segmenter.tokens(sentence, &mut self.tokens);
                    if self.tokens.is_empty() {
                        continue;
                    }
                    digest.push_numbers(Token::as_numbers(&self.tokens));
                    self.shingler.push(&self.tokens);
                    if let Some((vocabulary, _)) = &mut self.vocabulary {
                        vocabulary.push(&self.tokens);
                    }
                    // Characters but spaces, counted by the bytes that begin one.
                    let weight = sentence.bytes().filter(|&byte| byte & 0xc0 != 0x80 && byte != b' ').count();
                    self.blocks.push(&self.tokens, weight as u32);
                }
            }
            self.blocks.end_line(text, document.lines.get(line));
        }
        let blocks = self.blocks.finish();
        Page {
            bytes: document.text.len() as u64,
            snippet: snippet(&document.text),
            text: hash::bytes(document.text.as_bytes()),
            digest: (blocks.tokens > 0).then(|| digest.finish()),
            shingles: self.shingler.finish(),
            blocks,
            full: self.wanted.holds(&document.key).then(|| document.text.into_boxed_str()),
            tokens: self.vocabulary.as_mut().map(|(vocabulary, _)| vocabulary.finish()),
            key: document.key,
            host: Document::host_number(&document.site),
            site: document.site,
            date: document.date,
            origin: document.origin,
        }
    }
}

impl Drop for Analyser<'_> {
    fn drop(&mut self) {
        if let Some((vocabulary, all)) = self.vocabulary.take() {
            all.give_back(vocabulary);
        }
    }
}

/// Characters of a snippet.
const SNIPPET: usize = 80;

fn snippet(text: &str) -> Box<str> {
    let mut snippet = String::new();
    let mut room = SNIPPET;
    for (number, word) in text.split_whitespace().enumerate() {
        if number > 0 && room > 0 {
            snippet.push(' ');
            room -= 1;
        }
        // A word may be as long as the text: no more of it is taken than is shown.
        let (end, cut) = match word.char_indices().nth(room) {
            Some((end, _)) => (end, true),
            None => (word.len(), false),
        };
        snippet.push_str(&word[..end]);
        if cut {
            snippet.push('…');
            break;
        }
        room -= word.chars().count();
    }
    snippet.into()
}

/// What a run is told, beside its documents.
struct Task<'a> {
    settings: &'a AnalysisSettings,
    known: &'a Known,
    /// Where the texts of boilerplate are read; nothing where there is none.
    sources: Option<&'a Sources>,
    listed: Listed,
    /// Where what is done is kept; nothing where it is not.
    checkpoints: Option<&'a Checkpoints>,
}

impl Task<'_> {
    /// Returns a part of what is to be done about some pages: that of an earlier run, or one that is made, and kept for a
    /// later one.
    fn kept<T: Serialize + DeserializeOwned>(&self, name: &str, pages: &[Page], make: impl FnOnce() -> T) -> Result<T> {
        match self.checkpoints {
            Some(checkpoints) => checkpoints.kept(name, resumed::cause(pages), make),
            None => Ok(make()),
        }
    }
}

/// Everything after reading. How the documents were read is not known here.
fn find(reading: Reading, task: &Task, progress: &dyn Progress) -> Result<(Findings, Vec<Comparison>)> {
    let Ordered { pages, skipped, notes } = ordered(reading);
    let (found, pairs) = find_in(&pages, task, progress)?;
    let counts = Counts { skipped: skipped.len() as u64, ..found.counts };
    let notes = notes.into_iter().chain(found.notes).collect();
    Ok((Findings { counts, skipped, notes, ..found }, pairs))
}

/// What was read, in the order of its keys, each of which is there once.
struct Ordered {
    pages: Vec<Page>,
    skipped: Vec<Skipped>,
    notes: Vec<String>,
}

fn ordered(reading: Reading) -> Ordered {
    let Reading { mut pages, mut skipped, repeated } = reading;
    let mut notes = Vec::new();
    let renamed = order(&mut pages);
    if renamed > 0 {
        let are = if renamed == 1 { "document is" } else { "documents are" };
        notes.push(format!(
            "{renamed} {are} of a key that had occurred before: each got a number (`key#2`), none was merged"
        ));
    }
    if repeated > 0 {
        let are = if repeated == 1 { "name of a file is" } else { "names of files are" };
        notes.push(format!("{repeated} {are} passed over: a link, or named twice; each file is read once"));
    }
    skipped.sort();
    Ordered { pages, skipped, notes }
}

/// Returns what is found in documents, beside what could not be read, and pairs of them.
fn find_in(pages: &[Page], task: &Task, progress: &dyn Progress) -> Result<(Findings, Vec<Comparison>)> {
    let settings = task.settings;
    let mut notes = Vec::new();
    let copies = Copies::new(pages);
    let (ids, text_of) = different(pages, &copies);
    let texts = texts_of(pages, &ids, &text_of);
    progress.phase(Phase { number: 2, of: PHASES, name: "finding boilerplate", unit: Unit::Documents, total: 0 });
    let passages = settings.boilerplate.then(|| Passages::new(&texts, settings.width));
    let boilerplate = passages.as_ref().map(|passages| {
        task.kept("boilerplate", pages, || boilerplate::find_beside(passages, task.known, &Prior::default()))
    });
    let corpus = Compared::with(pages, task, (ids, text_of), &texts, passages.as_ref(), boilerplate.transpose()?);
    let Verified { candidates, split_buckets, largest_bucket, related } =
        task.kept("related", pages, || corpus.verified(progress))?;
    if split_buckets > 0 {
        notes.push(format!(
            "{split_buckets} {} of more than {} documents (the largest: {largest_bucket}) split by further keys; pairs near the threshold may be missing there",
            if split_buckets == 1 { "bucket" } else { "buckets" },
            band::largest_bucket(settings.sketch),
        ));
    }

    progress.phase(Phase { number: 5, of: PHASES, name: "clustering", unit: Unit::Documents, total: 0 });
    let Clusters { stars, mixed } = corpus.clusters(&related);

    let counts = Counts {
        documents: pages.len() as u64,
        bytes: pages.iter().map(|page| page.bytes).sum(),
        skipped: 0,
        empty: pages.iter().filter(|page| page.digest.is_none()).count() as u64,
        candidates,
    };
    let documents = corpus.documents();
    let listing = Listing { corpus: &corpus, copies: &copies, related: &related, mixed: &mixed, documents: &documents };
    let Keyed { mut clusters, relations, star_of, shared } = listing.list(stars);
    let inventory = corpus.inventory(&documents, &star_of, task);

    let addresses = inventory.blocks.iter().map(Counted::address).chain(shared.iter().flatten().copied());
    let texts = task.sources.map(|sources| texts::read(addresses, pages, sources, progress)).unwrap_or_default();
    notes.extend(texts.note());
    fill_in(&mut clusters, &shared, &texts);
    let boilerplate = inventory.with_texts(pages, &texts, task.known);
    let findings = Findings {
        format: findings::FORMAT.into(),
        tongwen: env!("CARGO_PKG_VERSION").into(),
        settings: settings.clone(),
        input: InputSettings::default(),
        counts,
        clusters,
        relations,
        boilerplate,
        documents: corpus.scanned(),
        known: Vec::new(),
        gate: None,
        skipped: Vec::new(),
        notes,
    };
    let pairs = match (task.listed.pairs, task.sources) {
        (Some(most), Some(sources)) => pairs::with_texts(pairs::listed(&findings, most), &corpus, sources, progress),
        _ => Vec::new(),
    };
    Ok((findings, pairs))
}

/// Gives the blocks of boilerplate clusters their texts, of which each cluster has the addresses.
fn fill_in(clusters: &mut [Cluster], shared: &[Vec<Address>], texts: &texts::Found) {
    let of_templates = clusters.iter_mut().filter_map(|cluster| match cluster {
        Cluster::Boilerplate { blocks, .. } => Some(blocks),
        Cluster::Repost { .. } => None,
    });
    for (blocks, addresses) in of_templates.zip(shared) {
        for (block, &address) in blocks.iter_mut().zip(addresses) {
            block.text = texts.of(address);
        }
    }
}

/// What is listed of the boilerplate of a corpus, yet without texts.
#[derive(Default)]
struct Inventory {
    shares: inventory::Shares,
    /// How many there are in all.
    different: u64,
    blocks: Vec<Counted>,
}

impl Inventory {
    fn with_texts(&self, pages: &[Page], texts: &texts::Found, known: &Known) -> findings::Boilerplate {
        let entry = |block: &Counted| dictionary::Entry {
            hash: block.hash,
            level: block.level,
            basis: block.basis,
            text: texts.of(block.address()),
            pages: block.pages,
            groups: block.groups,
            characters: u64::from(block.weight),
            example: pages[block.example.0.index()].key.clone(),
        };
        findings::Boilerplate {
            share: rounded(self.shares.boilerplate),
            quoted: rounded(self.shares.quoted),
            different: self.different,
            known: known.len() as u64,
            known_hash: if known.is_empty() { String::new() } else { known.identity() },
            blocks: self.blocks.iter().map(entry).collect(),
        }
    }
}

/// Puts pages in key order and makes their keys unique; returns how many had to be renamed.
///
/// Pages of equal key are told apart by where they stand and what they say, so the order they were read in does not
/// decide which of them keeps the bare key.
fn order(pages: &mut [Page]) -> usize {
    pages.par_sort_unstable_by(|a, b| {
        let place = |page: &Page| (page.digest, page.text, page.origin.line);
        (&a.key, &a.origin.file, place(a)).cmp(&(&b.key, &b.origin.file, place(b)))
    });
    if pages.windows(2).all(|pair| pair[0].key != pair[1].key) {
        return 0;
    }
    let mut taken: HashSet<String> = pages.iter().map(|page| page.key.clone()).collect();
    let mut renamed = 0;
    for same in pages.chunk_by_mut(|a, b| a.key == b.key) {
        let mut number = 2;
        for page in &mut same[1..] {
            let key = loop {
                let key = format!("{}#{number}", page.key);
                number += 1;
                if taken.insert(key.clone()) {
                    break key;
                }
            };
            page.key = key;
            renamed += 1;
        }
    }
    pages.par_sort_unstable_by(|a, b| a.key.cmp(&b.key));
    renamed
}

/// Which documents are the same text, so that one of them stands for all.
struct Copies {
    /// For each document the first with its text; itself if there is none before it.
    first: Vec<DocId>,
    /// Groups of two or more equal texts, in id order.
    groups: Vec<Vec<DocId>>,
}

impl Copies {
    fn new(pages: &[Page]) -> Self {
        Self::among(pages, |_| true)
    }

    /// Returns the copies among some of the documents; each of the others stands for itself.
    fn among(pages: &[Page], is_in: impl Fn(DocId) -> bool) -> Self {
        let ids = (0..pages.len() as u32).map(DocId).filter(|&id| is_in(id));
        let mut by_text: Vec<(u128, DocId)> = ids.filter_map(|id| Some((pages[id.index()].digest?, id))).collect();
        by_text.par_sort_unstable();
        let mut first: Vec<DocId> = (0..pages.len() as u32).map(DocId).collect();
        let mut groups = Vec::new();
        for same in by_text.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
            for &(_, id) in same {
                first[id.index()] = same[0].1;
            }
            groups.push(same.iter().map(|&(_, id)| id).collect());
        }
        Self { first, groups }
    }

    fn stands_for_others_or_itself(&self, id: DocId) -> bool {
        self.first[id.index()] == id
    }
}

/// Returns the documents that stand for their texts, by text, and the text of each document.
fn different(pages: &[Page], copies: &Copies) -> (Vec<DocId>, Vec<u32>) {
    different_among(pages, copies, |_| true)
}

/// Returns the same of some of the documents; the others have no text.
fn different_among(pages: &[Page], copies: &Copies, is_in: impl Fn(DocId) -> bool) -> (Vec<DocId>, Vec<u32>) {
    let mut by_digest: Vec<(u128, DocId)> = (0..pages.len() as u32)
        .map(DocId)
        .filter(|&id| is_in(id) && copies.stands_for_others_or_itself(id))
        .filter_map(|id| Some((pages[id.index()].digest?, id)))
        .collect();
    by_digest.par_sort_unstable();
    let ids: Vec<DocId> = by_digest.into_iter().map(|(_, id)| id).collect();
    let mut text_of = vec![NO_TEXT; pages.len()];
    for (text, id) in (0..).zip(&ids) {
        text_of[id.index()] = text;
    }
    for id in 0..pages.len() {
        text_of[id] = text_of[copies.first[id].index()];
    }
    (ids, text_of)
}

/// The different texts of the corpus, and what of each is compared.
///
/// Texts are numbered in the order of their digests, which depends on nothing but what they say.
struct Compared<'a> {
    pages: &'a [Page],
    settings: &'a AnalysisSettings,
    ids: Vec<DocId>,
    /// For each document the number of its text, [`NO_TEXT`] for an empty one.
    text_of: Vec<u32>,
    texts: &'a [Text<'a>],
    boilerplate: Option<Boilerplate>,
    /// Where passages stand; there if boilerplate is.
    passages: Option<&'a Passages<'a>>,
    /// How many different shingles the content of each has, counted when it is first asked for.
    sizes: Vec<OnceLock<u32>>,
}

/// The text whose shingles are counted in others, one after another, all of one [`Compared`].
#[derive(Default)]
struct Loaded {
    text: Option<u32>,
    counter: SharedCounter,
}

/// Which documents are the same article.
struct Articles {
    /// The representative of each article, and the others.
    stars: Vec<(DocId, Vec<DocId>)>,
    /// For each document that stands for its text, the article it is of.
    star_of: Vec<Option<u32>>,
}

/// No text has this number: there are fewer than 2³² − 1.
const NO_TEXT: u32 = u32::MAX;

/// What came of all candidates.
#[derive(Serialize, Deserialize)]
struct Verified {
    /// How many there were.
    candidates: u64,
    split_buckets: usize,
    largest_bucket: usize,
    related: Vec<Related>,
}

/// A pair that was verified, smaller id first.
#[derive(Serialize, Deserialize)]
struct Related {
    pair: (DocId, DocId),
    kind: RelationKind,
    evidence: Evidence,
}

/// Returns the texts of the documents that stand for them. A host is that of all documents of a text, so that no key decides
/// which of several it is.
fn texts_of<'a>(pages: &'a [Page], ids: &[DocId], text_of: &[u32]) -> Vec<Text<'a>> {
    let mut hosts = vec![Host::default(); ids.len()];
    for (page, &text) in pages.iter().zip(text_of).filter(|&(_, &text)| text != NO_TEXT) {
        hosts[text as usize].add(page.host);
    }
    let text = |(id, host): (&DocId, &Host)| {
        let page = &pages[id.index()];
        Text { shingles: page.shingles.in_order(), blocks: &page.blocks, host: host.number() }
    };
    ids.iter().zip(&hosts).map(text).collect()
}

impl<'a> Compared<'a> {
    /// Returns what the findings say of each document, in key order.
    fn scanned(&self) -> Vec<Scanned> {
        let scanned = |(page, &text): (&Page, &u32)| {
            let mask = self.boilerplate.as_ref().filter(|_| text != NO_TEXT).map(|found| &found.masks[text as usize]);
            let (frame, quoted) = mask.map_or((0, 0), |mask| mask.hidden_tokens());
            let (key, site, digest) = (page.key.clone(), page.site.to_string(), page.digest.map(Digest));
            let origin = Some(page.origin.clone());
            Scanned { key, origin, site, digest, hash: page.text, tokens: page.blocks.tokens, frame, quoted }
        };
        self.pages.iter().zip(&self.text_of).map(scanned).collect()
    }

    /// Returns the site of each text: that of the first of its documents, by key, of which it is known; empty for none.
    fn sites(&self) -> Vec<&str> {
        let mut sites = vec![""; self.ids.len()];
        for (page, &text) in self.pages.iter().zip(&self.text_of).filter(|&(_, &text)| text != NO_TEXT) {
            let site = &mut sites[text as usize];
            if site.is_empty() {
                *site = &page.site;
            }
        }
        sites
    }

    /// Returns the documents of each text, rising: copies stand beside the one that stood for them.
    fn documents(&self) -> Vec<Vec<DocId>> {
        let mut documents: Vec<Vec<DocId>> = vec![Vec::new(); self.texts.len()];
        for (id, &text) in (0..).map(DocId).zip(&self.text_of) {
            if text != NO_TEXT {
                documents[text as usize].push(id);
            }
        }
        documents
    }

    fn inventory(&self, documents: &[Vec<DocId>], star_of: &[Option<u32>], task: &Task) -> Inventory {
        let Some(boilerplate) = &self.boilerplate else { return Inventory::default() };
        // A text in no star is a group by itself.
        let group = |(alone, id): (u32, &DocId)| star_of[id.index()].unwrap_or(u32::MAX - alone);
        let groups: Vec<u32> = (0..).zip(&self.ids).map(group).collect();
        let holders = Holders { texts: self.texts, documents, groups: &groups };
        let mut blocks = inventory::blocks(holders, boilerplate, task.known);
        let different = blocks.len() as u64;
        blocks.truncate(task.listed.blocks);
        Inventory { shares: inventory::shares(holders, boilerplate), different, blocks }
    }

    fn new(
        pages: &'a [Page],
        task: &Task<'a>,
        (ids, text_of): (Vec<DocId>, Vec<u32>),
        texts: &'a [Text<'a>],
        passages: Option<&'a Passages<'a>>,
    ) -> Self {
        Self::beside(pages, task, (ids, text_of), texts, passages, &Prior::default())
    }

    /// Returns what is compared where some texts were judged before.
    fn beside(
        pages: &'a [Page],
        task: &Task<'a>,
        (ids, text_of): (Vec<DocId>, Vec<u32>),
        texts: &'a [Text<'a>],
        passages: Option<&'a Passages<'a>>,
        prior: &Prior,
    ) -> Self {
        let boilerplate = passages.map(|passages| boilerplate::find_beside(passages, task.known, prior));
        Self::with(pages, task, (ids, text_of), texts, passages, boilerplate)
    }

    /// Returns what is compared where it is known what is boilerplate.
    fn with(
        pages: &'a [Page],
        task: &Task<'a>,
        (ids, text_of): (Vec<DocId>, Vec<u32>),
        texts: &'a [Text<'a>],
        passages: Option<&'a Passages<'a>>,
        boilerplate: Option<Boilerplate>,
    ) -> Self {
        let sizes = texts.iter().map(|_| OnceLock::new()).collect();
        Self { pages, settings: task.settings, ids, text_of, texts, boilerplate, passages, sizes }
    }

    /// Returns the pairs worth verifying of which one text at least was not judged before.
    fn candidates(&self, progress: &dyn Progress) -> Candidates {
        let settings = self.settings;
        progress.phase(Phase { number: 3, of: PHASES, name: "finding candidates", unit: Unit::Bands, total: 0 });
        let sketches: Vec<Box<[u32]>> = (0..self.texts.len())
            .into_par_iter()
            .map_init(|| Sketcher::new(settings), |sketcher, text| sketcher.sketch(&self.content(text)))
            .collect();
        let sketch = |id: DocId| Some(&*sketches[id.index()]).filter(|sketch| !sketch.is_empty());
        let largest = band::largest_bucket(settings.sketch);
        let mut found = match settings.sketch {
            SketchKind::MinHash => {
                let key = |band, id| Some(band::band_key(sketch(id)?, band, settings.rows));
                let least = (LEAST_LIKELY.min(settings.threshold / 2.0) * settings.slots as f64) as usize;
                band::candidates(self.texts.len(), settings.bands, largest, key, |a, b| {
                    let equal = sketches[a.index()].iter().zip(&sketches[b.index()]).map(|(a, b)| u32::from(a == b));
                    equal.sum::<u32>() as usize >= least
                })
            }
            SketchKind::SimHash => {
                let bits = |id| sketch(id).map(|half| u64::from(half[0]) | u64::from(half[1]) << 32);
                let masks = simhash::masks(settings.distance);
                let is_near = |a, b| match (bits(a), bits(b)) {
                    (Some(a), Some(b)) => (a ^ b).count_ones() <= settings.distance,
                    _ => false,
                };
                let key = |table: usize, id| Some(bits(id)? & masks[table]);
                band::candidates(self.texts.len(), masks.len(), largest, key, is_near)
            }
        };
        if let (Some(boilerplate), Some(passages)) = (&self.boilerplate, self.passages) {
            let is_wanted = |a: u32, b: u32| passages.is_new(a) || passages.is_new(b);
            let contained = containment::candidates(passages, &boilerplate.masks, is_wanted);
            found.pairs.retain(|&(a, b)| is_wanted(a.0, b.0));
            found.pairs.extend(contained.into_iter().map(|(a, b)| (DocId(a), DocId(b))));
            found.pairs.par_sort_unstable();
            found.pairs.dedup();
            found.pairs.retain(|&(a, b)| !self.is_frame_only(a.0) && !self.is_frame_only(b.0));
        }
        found
    }

    /// Returns the shingles of a text's content, in its order.
    fn content(&self, text: usize) -> Cow<'a, [Shingle]> {
        match &self.boilerplate {
            Some(found) => Cow::Owned(found.masks[text].content_shingles(self.texts[text], self.settings.width)),
            None => Cow::Borrowed(self.texts[text].shingles),
        }
    }

    /// Returns whether a text is next to nothing but boilerplate: it has no article to repost.
    fn is_frame_only(&self, text: u32) -> bool {
        let Some(found) = &self.boilerplate else { return false };
        let content = found.masks[text as usize].content_tokens();
        content < LEAST_CONTENT && content * 2 < self.texts[text as usize].blocks.tokens
    }

    /// Returns the different shingles of a text's content. They are not kept: as many are the text again.
    fn set(&self, text: u32) -> ShingleSet {
        ShingleSet::new(self.content(text as usize).into_owned())
    }

    fn size(&self, text: u32) -> u32 {
        *self.sizes[text as usize].get_or_init(|| self.set(text).len() as u32)
    }

    /// Returns what the shingles of two texts say. Those of the first are loaded, if they are not yet.
    fn counted(&self, (a, b): (u32, u32), loaded: &mut Loaded) -> Evidence {
        if loaded.text != Some(a) {
            loaded.counter.load(&self.content(a as usize));
            loaded.text = Some(a);
        }
        let shared = loaded.counter.count(&self.content(b as usize));
        Evidence { a: self.size(a), b: self.size(b), shared, ..Evidence::default() }
    }

    /// Finds and verifies all pairs worth it.
    fn verified(&self, progress: &dyn Progress) -> Verified {
        let Candidates { pairs, split_buckets, largest_bucket } = self.candidates(progress);
        let related = self.related(&pairs, progress);
        Verified { candidates: pairs.len() as u64, split_buckets, largest_bucket, related }
    }

    /// Verifies pairs of texts, sorted, and returns those that are related in any way.
    fn related(&self, candidates: &[(DocId, DocId)], progress: &dyn Progress) -> Vec<Related> {
        let total = candidates.len() as u64;
        progress.phase(Phase { number: 4, of: PHASES, name: "verifying", unit: Unit::Pairs, total });
        let mut pairs: Vec<(u32, u32)> = candidates.par_iter().map(|&(DocId(a), DocId(b))| self.laid(a, b)).collect();
        pairs.par_sort_unstable();
        let of_one: Vec<&[(u32, u32)]> = pairs.chunk_by(|x, y| x.0 == y.0).collect();
        let mut related: Vec<Related> = of_one
            .par_iter()
            .map_init(Default::default, |(aligner, loaded): &mut (Aligner, Loaded), pairs| {
                progress.advance(pairs.len() as u64);
                let a = pairs[0].0;
                self.load(a, aligner);
                let verified = pairs.iter().filter_map(|&(_, b)| {
                    let evidence = self.counted((a, b), loaded);
                    if f64::from(evidence.shared) < LEAST_ALIGNED * f64::from(evidence.a.min(evidence.b)) {
                        return None;
                    }
                    let evidence = self.with_runs(evidence, (a, b), aligner);
                    let kind = relate(&evidence, self.settings)?;
                    let (x, y) = (self.ids[a as usize], self.ids[b as usize]);
                    let evidence = if x < y { evidence } else { evidence.turned() };
                    Some(Related { pair: (x.min(y), x.max(y)), kind, evidence })
                });
                verified.collect::<Vec<_>>()
            })
            .flatten()
            .collect();
        related.par_sort_unstable_by_key(|related| related.pair);
        related
    }

    /// Returns the clusters of the pairs that repost each other.
    fn clusters(&self, related: &[Related]) -> Clusters {
        let length = |id: DocId| u64::from(self.pages[id.index()].blocks.tokens);
        let is_repost = |kind: RelationKind| kind <= RelationKind::Repost;
        let reposts: Vec<(DocId, DocId)> =
            related.iter().filter(|related| is_repost(related.kind)).map(|related| related.pair).collect();
        let verify = |a, b| relate(&self.evidence(a, b), self.settings).is_some_and(is_repost);
        let copies = |a: DocId, b: DocId| {
            let at = related.binary_search_by_key(&(a.min(b), a.max(b)), |related| related.pair);
            // Of a pair that the bands missed nothing is kept.
            let evidence = at.map_or_else(|_| self.evidence(a, b), |at| related[at].evidence);
            are_copies(&evidence, self.settings)
        };
        cluster::stars(&reposts, length, verify, |a, b| are_strangers(&self.evidence(a, b)), copies)
    }

    /// Returns how a pair relates that is in no cluster together, now that it is known which documents are mixed.
    fn kind_of(&self, related: &Related, mixed: &[DocId]) -> RelationKind {
        let is_mixed = |id: DocId| mixed.binary_search(&id).is_ok();
        let (a, b) = related.pair;
        if related.kind == RelationKind::Repost && (is_mixed(a) || is_mixed(b)) {
            return relate_mixed(&related.evidence, self.settings);
        }
        related.kind
    }

    /// Returns the clusters with the copies of their members, those of copies alone behind them.
    fn articles(&self, stars: Vec<cluster::Star>, copies: &Copies) -> Articles {
        let mut star_of: Vec<Option<u32>> = vec![None; self.pages.len()];
        let mut stars: Vec<(DocId, Vec<DocId>)> = stars.into_iter().map(|star| (star.keep, star.others)).collect();
        for (number, (keep, others)) in (0..).zip(&stars) {
            for id in others.iter().chain([keep]) {
                star_of[id.index()] = Some(number);
            }
        }
        for group in &copies.groups {
            if self.is_frame_only(self.text_of[group[0].index()]) {
                continue;
            }
            let number = *star_of[group[0].index()].get_or_insert_with(|| {
                stars.push((group[0], Vec::new()));
                stars.len() as u32 - 1
            });
            stars[number as usize].1.extend(&group[1..]);
        }
        Articles { stars, star_of }
    }

    /// Returns who quotes whom, the quoted one first, given the cluster of each document.
    fn excerpts(&self, star_of: &[Option<u32>]) -> Vec<Quoted> {
        let (Some(boilerplate), Some(passages)) = (&self.boilerplate, self.passages) else { return Vec::new() };
        excerpt::find(passages, boilerplate, &self.cluster_of(star_of))
            .into_iter()
            .map(|excerpt| Quoted {
                source: self.ids[excerpt.source as usize],
                quoter: self.ids[excerpt.quoter as usize],
                tokens: excerpt.tokens,
            })
            .collect()
    }

    /// Returns for each text the lines that are of another article, as [`excerpt::quoted_lines`] does.
    fn cited(&self, star_of: &[Option<u32>]) -> Vec<Vec<u64>> {
        let (Some(boilerplate), Some(passages)) = (&self.boilerplate, self.passages) else { return Vec::new() };
        excerpt::quoted_lines(passages, boilerplate, &self.cluster_of(star_of))
    }

    /// Returns the article of each text, given that of each document that stands for one.
    fn cluster_of(&self, star_of: &[Option<u32>]) -> Vec<Option<u32>> {
        self.ids.iter().map(|id| star_of[id.index()]).collect()
    }

    /// Returns what the shingles of some articles and of the pages that quote them say, in their order.
    ///
    /// They are counted as texts are laid beside each other: a digest is looked at once, not walked for each article.
    fn counted_excerpts(&self, all: &[Quoted]) -> Vec<Evidence> {
        let texts = |quoted: &Quoted| [quoted.source, quoted.quoter].map(|id| self.text_of[id.index()]);
        let laid = |(at, quoted): (usize, &Quoted)| {
            let [source, quoter] = texts(quoted);
            (self.laid(source, quoter), at)
        };
        let mut pairs: Vec<((u32, u32), usize)> = all.par_iter().enumerate().map(laid).collect();
        pairs.par_sort_unstable();
        let count = |loaded: &mut Loaded, &(pair, at): &((u32, u32), usize)| {
            let evidence = self.counted(pair, loaded);
            (at, if pair.0 == texts(&all[at])[0] { evidence } else { evidence.turned() })
        };
        let counted: Vec<(usize, Evidence)> = pairs.par_iter().evenly().map_init(Loaded::default, count).collect();
        let mut in_order = vec![Evidence::default(); all.len()];
        for (at, evidence) in counted {
            in_order[at] = evidence;
        }
        in_order
    }

    /// Returns the shares that are quoted: of an article, and of all that is no frame of the page that quotes it.
    fn shares_of_excerpt(&self, quoted: &Quoted) -> (f64, f64) {
        let Some(boilerplate) = &self.boilerplate else { return (0.0, 0.0) };
        let mask = |id: DocId| &boilerplate.masks[self.text_of[id.index()] as usize];
        let (article, page) = (mask(quoted.source), mask(quoted.quoter));
        let (article, page) = (article.content_tokens(), page.content_tokens() + page.hidden_tokens().1);
        let share = |of: u32| f64::from(quoted.tokens.min(of)) / f64::from(of.max(1));
        (share(article), share(page))
    }

    fn load(&self, text: u32, aligner: &mut Aligner) {
        if let Some(found) = &self.boilerplate {
            aligner.load(self.texts[text as usize], &found.masks[text as usize]);
        }
    }

    /// Returns the evidence of two texts, of which the first is loaded, with their runs.
    fn with_runs(&self, evidence: Evidence, (a, b): (u32, u32), aligner: &mut Aligner) -> Evidence {
        match &self.boilerplate {
            Some(found) => {
                let side = |text: u32| (self.texts[text as usize], &found.masks[text as usize]);
                evidence.with_runs(aligner.runs(side(a), side(b), self.settings.width))
            }
            None => evidence,
        }
    }

    /// Returns the evidence of two documents that are not empty.
    fn evidence(&self, a: DocId, b: DocId) -> Evidence {
        let (x, y) = (self.text_of[a.index()], self.text_of[b.index()]);
        if x == y {
            return Evidence::same_text(self.size(x));
        }
        let mut aligner = Aligner::default();
        // As in `related`, so that a pair has the same evidence wherever it is counted.
        let (first, second) = self.laid(x, y);
        self.load(first, &mut aligner);
        let evidence = self.counted((first, second), &mut Loaded::default());
        let evidence = self.with_runs(evidence, (first, second), &mut aligner);
        if x == first { evidence } else { evidence.turned() }
    }

    /// Returns two texts as they are laid beside each other: the one that is looked at once for all its pairs, and the one
    /// that is walked. That is the later one, but none that is much longer: an index page would be walked for each article.
    fn laid(&self, a: u32, b: u32) -> (u32, u32) {
        let (a, b) = (a.min(b), a.max(b));
        let [of_a, of_b] = [a, b].map(|text| self.size(text) as usize);
        if is_much_longer(of_b, of_a) { (b, a) } else { (a, b) }
    }
}

/// Share of equal slots below which two sketches met by chance: of two that resemble each other by .3 as many are equal
/// but for 1 in 40,000, of two strangers of .05 that met in a band 1 in 700 has more (binomial).
const LEAST_LIKELY: f64 = 0.15;

/// Share of the smaller set of shingles below which two texts are not laid beside each other: every relation asks for a
/// third of one text in runs, and two shingles lie in every three tokens of a run.
const LEAST_ALIGNED: f64 = 0.08;

/// Tokens of content below which a page that is mostly boilerplate has no article.
const LEAST_CONTENT: u32 = 20;

enum Sketcher {
    MinHash(MinHasher, usize),
    SimHash(u64),
}

impl Sketcher {
    fn new(settings: &AnalysisSettings) -> Self {
        match settings.sketch {
            SketchKind::MinHash => Self::MinHash(MinHasher::new(settings.slots, settings.seed), settings.slots),
            SketchKind::SimHash => Self::SimHash(settings.seed),
        }
    }

    /// Returns a MinHash row, or the two halves of a SimHash; nothing for a text without shingles.
    fn sketch(&mut self, shingles: &[Shingle]) -> Box<[u32]> {
        match self {
            Self::MinHash(hasher, slots) => {
                let mut row = vec![0; *slots];
                if hasher.fill(shingles, &mut row) { row.into() } else { Box::default() }
            }
            Self::SimHash(seed) => match simhash::simhash(shingles, *seed) {
                Some(bits) => [bits as u32, (bits >> 32) as u32].into(),
                None => Box::default(),
            },
        }
    }
}

/// An article and a page that quotes it.
#[derive(Clone, Copy)]
struct Quoted {
    source: DocId,
    quoter: DocId,
    /// Tokens that are quoted.
    tokens: u32,
}

/// Turns stars of ids into clusters and relations of keys.
struct Listing<'a> {
    corpus: &'a Compared<'a>,
    copies: &'a Copies,
    related: &'a [Related],
    /// Documents that hold several articles, rising.
    mixed: &'a [DocId],
    /// The documents of each text.
    documents: &'a [Vec<DocId>],
}

/// Clusters and relations of keys, and what is needed to go on from there.
struct Keyed {
    clusters: Vec<Cluster>,
    relations: Vec<Relation>,
    /// For each document that stands for its text, the repost cluster it is in.
    star_of: Vec<Option<u32>>,
    /// For each boilerplate cluster the addresses of its blocks.
    shared: Vec<Vec<Address>>,
}

/// A boilerplate cluster with the addresses of its blocks.
struct SharedFrame {
    first: DocId,
    cluster: Cluster,
    addresses: Vec<Address>,
}

impl Listing<'_> {
    fn list(&self, stars: Vec<cluster::Star>) -> Keyed {
        let Articles { stars, star_of } = self.corpus.articles(stars, self.copies);
        let listed: Vec<(Vec<Relation>, (DocId, Cluster))> =
            stars.into_par_iter().map(|(keep, others)| self.star(keep, others)).collect();
        let (of_stars, mut clusters): (Vec<Vec<Relation>>, Vec<(DocId, Cluster)>) = listed.into_iter().unzip();
        let by_size = |first: DocId, cluster: &Cluster| (std::cmp::Reverse(cluster.len()), first);
        clusters.sort_by_key(|(first, cluster)| by_size(*first, cluster));
        // What of the one is done by one thread is done beside the other.
        let (mut templates, excerpts) = rayon::join(|| self.templates(), || self.excerpts(&star_of));
        templates.sort_by_key(|template| by_size(template.first, &template.cluster));
        let mut shared = Vec::with_capacity(templates.len());
        for template in templates {
            clusters.push((template.first, template.cluster));
            shared.push(template.addresses);
        }

        // Within a cluster the relations to `keep` say it all; a pair across two clusters would be lost.
        let is_across = |related: &&Related| {
            let (a, b) = related.pair;
            star_of[a.index()].is_none() || star_of[a.index()] != star_of[b.index()]
        };
        let across = self.related.par_iter().filter(is_across).map(|related| {
            let (a, b) = related.pair;
            self.relation(self.corpus.kind_of(related, self.mixed), a, b, &related.evidence)
        });
        let mut relations: Vec<Relation> = across.collect();
        relations.extend(of_stars.into_iter().flatten().chain(excerpts));
        relations.par_sort_by(|x, y| (x.kind, &x.a, &x.b).cmp(&(y.kind, &y.a, &y.b)));
        let clusters = clusters.into_iter().map(|(_, cluster)| cluster).collect();
        Keyed { clusters, relations, star_of, shared }
    }

    /// Returns the repost cluster of a representative and others, and how they relate to it.
    fn star(&self, keep: DocId, others: Vec<DocId>) -> (Vec<Relation>, (DocId, Cluster)) {
        let mut relations = Vec::new();
        let mut members: Vec<(f64, DocId, f64)> = Vec::new();
        for other in others {
            let evidence = self.evidence(other, keep);
            members.push((evidence.resemblance(), other, evidence.a_in_b()));
            if let Some(kind) = relate(&evidence, self.corpus.settings) {
                relations.push(self.relation(kind, other, keep, &evidence));
            }
        }
        members.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        members.insert(0, (1.0, keep, 1.0));
        let members: Vec<Member> = members
            .into_iter()
            .map(|(resemblance, id, containment)| Member {
                key: self.key(id),
                resemblance: rounded(resemblance),
                containment: rounded(containment),
            })
            .collect();
        let snippet = self.corpus.pages[keep.index()].snippet.to_string();
        (relations, (keep, Cluster::Repost { keep: self.key(keep), snippet, members }))
    }

    /// Returns the evidence of two documents that are not empty: as it was verified, if it was.
    fn evidence(&self, a: DocId, b: DocId) -> Evidence {
        let standing = |id: DocId| self.corpus.ids[self.corpus.text_of[id.index()] as usize];
        let (x, y) = (standing(a), standing(b));
        match self.related.binary_search_by_key(&(x.min(y), x.max(y)), |related| related.pair) {
            Ok(at) if x < y => self.related[at].evidence,
            Ok(at) => self.related[at].evidence.turned(),
            Err(_) => self.corpus.evidence(a, b),
        }
    }

    /// Returns the boilerplate clusters, whose blocks have no texts yet.
    fn templates(&self) -> Vec<SharedFrame> {
        let Some(boilerplate) = &self.corpus.boilerplate else { return Vec::new() };
        let Templates { all, forms } = template::find(self.corpus.texts, &self.corpus.sites(), boilerplate);
        all.into_par_iter()
            .map(|template| {
                let texts = template.texts.iter();
                let mut ids: Vec<DocId> = texts.flat_map(|&text| &self.documents[text as usize]).copied().collect();
                ids.sort_unstable();
                let members = ids.iter().map(|&id| findings::Page { key: self.key(id) }).collect();
                let shared = self.shared_lines(&template, &forms);
                let block = |&(documents, _): &(u64, Address)| SharedBlock { text: String::new(), documents };
                let blocks = shared.iter().map(block).collect();
                let addresses = shared.into_iter().map(|(_, address)| address).collect();
                SharedFrame { first: ids[0], cluster: Cluster::Boilerplate { members, blocks }, addresses }
            })
            .collect()
    }

    /// Returns the lines most pages of a template hold: on how many, and where the first of them has it.
    fn shared_lines(&self, template: &Template, forms: &Forms) -> Vec<(u64, Address)> {
        let of_template: FxHashSet<u64> = template.lines.iter().map(|&(hash, _)| hash).collect();
        let mut lines: FxHashMap<u64, (u64, Address)> = FxHashMap::default();
        for &text in &template.texts {
            let documents = &self.documents[text as usize];
            let blocks = self.corpus.texts[text as usize].blocks;
            let mut met = FxHashSet::default();
            for (at, line) in (0..).zip(&blocks.lines) {
                let form = forms.of(line.hash);
                if !of_template.contains(&form) || !met.insert(form) {
                    continue;
                }
                let address = (documents[0], Level::Line, at);
                let (pages, first) = lines.entry(form).or_insert((0, address));
                *pages += documents.len() as u64;
                *first = address.min(*first);
            }
        }
        let mut lines: Vec<(u64, Address)> = lines.into_values().collect();
        lines.sort_unstable_by_key(|&(pages, address)| (std::cmp::Reverse(pages), address));
        lines.truncate(findings::MOST_SHARED);
        lines
    }

    fn excerpts(&self, star_of: &[Option<u32>]) -> Vec<Relation> {
        let is_no_relation = |&Quoted { source: a, quoter: b, .. }: &Quoted| {
            let pair = (a.min(b), a.max(b));
            self.related.binary_search_by_key(&pair, |related| related.pair).is_err()
        };
        let mut all = self.corpus.excerpts(star_of);
        all.retain(is_no_relation);
        let counted = self.corpus.counted_excerpts(&all);
        all.par_iter().zip(&counted).map(|(quoted, evidence)| self.excerpt(quoted, evidence)).collect()
    }

    /// Returns the relation of an article and the page that quotes it.
    ///
    /// What is quoted is no content of the quoting page. So the shares count it by its tokens: of the article, and of
    /// all that is no frame of the page.
    fn excerpt(&self, quoted: &Quoted, evidence: &Evidence) -> Relation {
        let Quoted { source, quoter, .. } = *quoted;
        let (a_in_b, b_in_a) = self.corpus.shares_of_excerpt(quoted);
        let mut relation = self.relation(RelationKind::Excerpt, source, quoter, evidence);
        relation.a_in_b = relation.a_in_b.max(rounded(a_in_b));
        relation.b_in_a = relation.b_in_a.max(rounded(b_in_a));
        relation
    }

    /// Returns a relation as it is listed: a directed one from the smaller or quoted document, another by key.
    fn relation(&self, kind: RelationKind, a: DocId, b: DocId, evidence: &Evidence) -> Relation {
        let is_turned = match kind {
            RelationKind::Excerpt => false,
            RelationKind::Contained => evidence.b_in_a() > evidence.a_in_b(),
            RelationKind::Identical | RelationKind::Repost | RelationKind::Boilerplate => b < a,
        };
        let (a, b, evidence) = if is_turned { (b, a, evidence.turned()) } else { (a, b, *evidence) };
        Relation {
            kind,
            a: self.key(a),
            b: self.key(b),
            resemblance: rounded(evidence.resemblance()),
            a_in_b: rounded(evidence.a_in_b()),
            b_in_a: rounded(evidence.b_in_a()),
        }
    }

    fn key(&self, id: DocId) -> String {
        self.corpus.pages[id.index()].key.clone()
    }
}

/// Four decimals: what a reader can use, and no digit that depends on how a division was rounded.
fn rounded(share: f64) -> f64 {
    (share * 1e4).round() / 1e4
}
