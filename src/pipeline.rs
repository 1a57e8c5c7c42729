//! Every stage in its order, from documents to findings. Its modules are the parts of that; nothing outside of them knows
//! more than a stage.

mod compared;
mod copies;
pub mod dedup;
pub mod gated;
pub mod indexed;
mod listing;
mod packed;
mod page;
mod pair;
mod pairs;
mod resumed;
pub mod streamed;
mod texts;

use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::band;
use crate::boilerplate::{self, Prior};
use crate::checkpoint::{self, Checkpoints};
use crate::cluster::Clusters;
use crate::dictionary::{self, Dictionary, Known};
use crate::document::Skipped;
use crate::error::{Error, Result};
use crate::explain::{Comparison, Explanation};
use crate::findings::{self, Cluster, Counts, Findings};
use crate::input::{Corpus, Sources};
use crate::inventory::{self, Counted};
use crate::normalise;
use crate::passage::Passages;
use crate::pipeline::compared::{Compared, Related, Verified, texts_of};
use crate::pipeline::copies::{Copies, different, order};
use crate::pipeline::listing::{Keyed, Listing};
use crate::pipeline::page::{Page, Reading, Wanted, read};
use crate::pipeline::pair::Pair;
use crate::pipeline::texts::Address;
use crate::settings::{AnalysisSettings, InputSettings, Settings};

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
/// Folders, files, or `-` for JSONL or WARC on standard input; formats, keys and encodings as in [`crate::input`].
///
/// # Output
/// Findings in a fixed order: the same documents give the same bytes, whatever the order of paths, files and records
/// and the number of threads.
///
/// With [`Settings::resume`] it goes on from what an earlier one of the same files and settings had done there, and finds
/// the same. [`checkpoint::remove`] clears that away when the findings are safe.
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
/// contained pages, then excerpts. Where there are more than `most`, large clusters show fewer of their members,
/// and of more clusters than there is room for the last show none.
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
    let Reading { mut pages, mut skipped, repeated, passed_over } = reading;
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
    if passed_over > 0 {
        let hold = if passed_over == 1 { "record of an archive holds" } else { "records of archives hold" };
        notes
            .push(format!("{passed_over} {hold} no page: requests, images, redirections and the like are passed over"));
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
        task.kept(checkpoint::BOILERPLATE, pages, || boilerplate::find_beside(passages, task.known, &Prior::default()))
    });
    let corpus = Compared::with(pages, task, (ids, text_of), &texts, passages.as_ref(), boilerplate.transpose()?);
    let Verified { candidates, split_buckets, largest_bucket, related } =
        task.kept(checkpoint::RELATED, pages, || corpus.verified(progress))?;
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

/// Four decimals: what a reader can use, and no digit that depends on how a division was rounded.
fn rounded(share: f64) -> f64 {
    (share * 1e4).round() / 1e4
}
