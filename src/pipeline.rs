//! The one file that knows every stage, and the only one that knows threads.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::OnceLock;

use rayon::prelude::*;

use crate::band::{self, Candidates};
use crate::cluster;
use crate::document::{DocId, Document, Origin, Skipped};
use crate::error::{Error, Result};
use crate::findings::{self, Cluster, Counts, Findings, Member, Relation, RelationKind};
use crate::hash::TextHasher;
use crate::input::Corpus;
use crate::normalise;
use crate::relate::relate;
use crate::segment::{Segmenter, Token};
use crate::settings::{AnalysisSettings, Settings, SketchKind};
use crate::shingle::{ShingleSet, Shingler, Shingles};
use crate::sketch::minhash::MinHasher;
use crate::sketch::simhash;
use crate::verify::Evidence;

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

const PHASES: u32 = 4;

/// Returns all that is found in the documents under `paths`.
///
/// # Input
/// Folders, files, or `-` for JSONL on standard input; formats, keys and encodings as in [`crate::input`].
///
/// # Output
/// Findings in a fixed order: the same documents give the same bytes, whatever the order of paths, files and records
/// and the number of threads.
///
/// # Errors
/// Only what stops the run: a path that cannot be read, a bad glob, a setting out of range. A record that cannot be read
/// is listed in [`Findings::skipped`].
///
/// # Performance
/// Time grows with the text and with the number of candidate pairs. Memory: 4 bytes a token and 4 bytes a slot for each
/// document, beside 16 bytes a document and thread while candidates are sought.
///
/// # Threading
/// A pool of its own of `settings.run.threads` workers; safe to call from another rayon pool.
///
/// # Algorithm
/// 1. Read, normalise, segment, shingle and sketch each document, all in one go, in parallel.
/// 2. Order documents by key; group exact copies, of which one stands for all from here on.
/// 3. Find candidate pairs in the buckets of all tables.
/// 4. Verify each candidate by counting shared shingles, and judge it.
/// 5. Cluster the verified pairs into stars; list copies beside the document that stood for them.
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
    let analysis = settings.analysis.clone().checked()?;
    let corpus = Corpus::open(paths, &settings.input)?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(settings.run.threads)
        .build()
        .map_err(|e| Error::Settings(format!("cannot start {} threads: {e}", settings.run.threads)))?;
    pool.install(|| Ok(find(read(corpus, &analysis, progress), &analysis, progress)))
}

/// What one document is to the stages after reading.
struct Page {
    key: String,
    origin: Origin,
    /// Bytes of its text.
    bytes: u64,
    /// The opening of its text, for the report.
    snippet: String,
    /// Hash of its tokens: equal for equal comparable texts. `None` for a document without a token.
    digest: Option<u128>,
    tokens: u64,
    shingles: Shingles,
    /// A MinHash row, or the two halves of a SimHash; empty if the document is.
    sketch: Box<[u32]>,
}

#[derive(Default)]
struct Reading {
    pages: Vec<Page>,
    skipped: Vec<Skipped>,
}

fn read(corpus: Corpus, settings: &AnalysisSettings, progress: &dyn Progress) -> Reading {
    progress.phase(Phase { number: 1, of: PHASES, name: "reading", unit: Unit::Bytes, total: corpus.bytes() });
    corpus
        .batches()
        .par_bridge()
        .map_init(
            || Analyser::new(settings),
            |analyser, batch| {
                let bytes = batch.bytes();
                let mut reading = Reading::default();
                batch.read(&mut |result| match result {
                    Ok(document) => reading.pages.push(analyser.page(document)),
                    Err(skipped) => reading.skipped.push(skipped),
                });
                progress.advance(bytes);
                reading
            },
        )
        .reduce(Reading::default, |mut all, more| {
            all.pages.extend(more.pages);
            all.skipped.extend(more.skipped);
            all
        })
}

/// Normalise … sketch for one thread, with the buffers that are used again for each document.
struct Analyser {
    segmenter: Segmenter,
    shingler: Shingler,
    sketcher: Sketcher,
    comparable: String,
    tokens: Vec<Token>,
}

enum Sketcher {
    MinHash(MinHasher, usize),
    SimHash(u64),
}

impl Analyser {
    fn new(settings: &AnalysisSettings) -> Self {
        Self {
            segmenter: Segmenter::new(settings.tokens),
            shingler: Shingler::new(settings.width),
            sketcher: match settings.sketch {
                SketchKind::MinHash => Sketcher::MinHash(MinHasher::new(settings.slots, settings.seed), settings.slots),
                SketchKind::SimHash => Sketcher::SimHash(settings.seed),
            },
            comparable: String::new(),
            tokens: Vec::new(),
        }
    }

    fn page(&mut self, document: Document) -> Page {
        let mut digest = TextHasher::default();
        let mut tokens = 0;
        for piece in pieces(&document.text) {
            self.comparable.clear();
            self.tokens.clear();
            normalise::normalise_into(piece, &mut self.comparable);
            self.segmenter.tokens(&self.comparable, &mut self.tokens);
            for token in &self.tokens {
                digest.push(&token.0.to_le_bytes());
            }
            tokens += self.tokens.len() as u64;
            self.shingler.push(&self.tokens);
        }
        let shingles = self.shingler.finish();
        Page {
            bytes: document.text.len() as u64,
            snippet: snippet(&document.text),
            digest: (tokens > 0).then(|| digest.finish()),
            tokens,
            sketch: self.sketcher.sketch(&shingles),
            shingles,
            key: document.key,
            origin: document.origin,
        }
    }
}

impl Sketcher {
    fn sketch(&mut self, shingles: &Shingles) -> Box<[u32]> {
        match self {
            Self::MinHash(hasher, slots) => {
                let mut row = vec![0; *slots];
                if hasher.fill(shingles.in_order(), &mut row) { row.into() } else { Box::default() }
            }
            Self::SimHash(seed) => match simhash::simhash(shingles.in_order(), *seed) {
                Some(bits) => [bits as u32, (bits >> 32) as u32].into(),
                None => Box::default(),
            },
        }
    }
}

/// Characters of a snippet.
const SNIPPET: usize = 80;

fn snippet(text: &str) -> String {
    let mut snippet = String::new();
    for word in text.split_whitespace() {
        if !snippet.is_empty() {
            snippet.push(' ');
        }
        snippet.push_str(word);
        if let Some((end, _)) = snippet.char_indices().nth(SNIPPET) {
            snippet.truncate(end);
            snippet.push('…');
            break;
        }
    }
    snippet
}

/// Bytes of text after which a piece ends at the next chance, so that a document of any size passes through small
/// buffers.
const PIECE: usize = 1 << 16;

/// Cuts a text where cutting changes no token: at line ends, or in a long line at white space or a full stop.
///
/// A run of a megabyte without any of those is cut between two characters.
fn pieces(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        if text.is_empty() {
            return None;
        }
        let end = if text.len() <= PIECE {
            text.len()
        } else {
            let from = text.floor_char_boundary(PIECE);
            let until = text.floor_char_boundary(text.len().min(PIECE << 4));
            let is_border = |c: char| c.is_whitespace() || c == '。';
            match text[from..until].char_indices().find(|&(_, c)| is_border(c)) {
                Some((at, c)) => from + at + c.len_utf8(),
                None => until,
            }
        };
        let (piece, rest) = text.split_at(end);
        text = rest;
        Some(piece)
    })
}

/// Everything after reading.
fn find(reading: Reading, settings: &AnalysisSettings, progress: &dyn Progress) -> Findings {
    let Reading { mut pages, mut skipped } = reading;
    let mut notes = Vec::new();
    let renamed = order(&mut pages);
    if renamed > 0 {
        notes.push(format!(
            "{renamed} {} of a key that had occurred before: each got a number (`key#2`), none was merged",
            if renamed == 1 { "document is" } else { "documents are" }
        ));
    }
    skipped.sort();

    let copies = Copies::new(&pages);
    let candidates = candidates(&pages, &copies, settings, progress);
    if candidates.split_buckets > 0 {
        notes.push(format!(
            "{} {} of more than {} documents (the largest: {}) split by further keys; pairs near the threshold may be missing there",
            candidates.split_buckets,
            if candidates.split_buckets == 1 { "bucket" } else { "buckets" },
            band::LARGEST_BUCKET,
            candidates.largest_bucket
        ));
    }

    let sets = Sets::new(&pages);
    progress.phase(Phase {
        number: 3,
        of: PHASES,
        name: "verifying",
        unit: Unit::Pairs,
        total: candidates.pairs.len() as u64,
    });
    let related: Vec<(DocId, DocId)> = candidates
        .pairs
        .par_chunks(1024)
        .flat_map_iter(|chunk| {
            progress.advance(chunk.len() as u64);
            chunk.iter().copied().filter(|&(a, b)| relate(&sets.evidence(a, b), settings).is_some())
        })
        .collect();

    progress.phase(Phase { number: 4, of: PHASES, name: "clustering", unit: Unit::Documents, total: 0 });
    let length = |id: DocId| pages[id.index()].tokens;
    let stars = cluster::stars(&related, length, |a, b| relate(&sets.evidence(a, b), settings).is_some());

    let counts = Counts {
        documents: pages.len() as u64,
        bytes: pages.iter().map(|page| page.bytes).sum(),
        skipped: skipped.len() as u64,
        empty: pages.iter().filter(|page| page.digest.is_none()).count() as u64,
        candidates: candidates.pairs.len() as u64,
    };
    let (clusters, relations) = Listing { pages: &pages, copies: &copies, sets: &sets, settings }.list(stars, &related);
    Findings {
        format: findings::FORMAT.into(),
        tongwen: env!("CARGO_PKG_VERSION").into(),
        settings: settings.clone(),
        counts,
        clusters,
        relations,
        skipped,
        notes,
    }
}

/// Puts pages in key order and makes their keys unique; returns how many had to be renamed.
///
/// Pages of equal key are told apart by where they stand and what they say, so the order they were read in does not
/// decide which of them keeps the bare key.
fn order(pages: &mut [Page]) -> usize {
    pages.par_sort_unstable_by(|a, b| {
        (&a.key, &a.origin.file, a.digest, a.origin.line).cmp(&(&b.key, &b.origin.file, b.digest, b.origin.line))
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
        let mut by_text: Vec<(u128, DocId)> =
            (0..).map(DocId).zip(pages).filter_map(|(id, page)| Some((page.digest?, id))).collect();
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

fn candidates(pages: &[Page], copies: &Copies, settings: &AnalysisSettings, progress: &dyn Progress) -> Candidates {
    progress.phase(Phase { number: 2, of: PHASES, name: "finding candidates", unit: Unit::Bands, total: 0 });
    let sketch = |id: DocId| {
        let sketch = &*pages[id.index()].sketch;
        (!sketch.is_empty() && copies.stands_for_others_or_itself(id)).then_some(sketch)
    };
    match settings.sketch {
        SketchKind::MinHash => band::candidates(pages.len(), settings.bands, |band, id| {
            Some(band::band_key(sketch(id)?, band, settings.rows))
        }),
        SketchKind::SimHash => {
            let bits = |id| sketch(id).map(|half| u64::from(half[0]) | u64::from(half[1]) << 32);
            let masks = simhash::masks(settings.distance);
            let mut found = band::candidates(pages.len(), masks.len(), |mask, id| Some(bits(id)? & masks[mask]));
            found.pairs.retain(|&(a, b)| match (bits(a), bits(b)) {
                (Some(a), Some(b)) => (a ^ b).count_ones() <= settings.distance,
                _ => false,
            });
            found
        }
    }
}

/// The shingle sets of the documents that are compared, each made when it is first asked for.
struct Sets<'a> {
    pages: &'a [Page],
    sets: Vec<OnceLock<ShingleSet>>,
}

impl<'a> Sets<'a> {
    fn new(pages: &'a [Page]) -> Self {
        Self { pages, sets: pages.iter().map(|_| OnceLock::new()).collect() }
    }

    fn set(&self, id: DocId) -> &ShingleSet {
        self.sets[id.index()].get_or_init(|| self.pages[id.index()].shingles.set())
    }

    fn evidence(&self, a: DocId, b: DocId) -> Evidence {
        let (left, right) = (&self.pages[a.index()], &self.pages[b.index()]);
        if left.digest.is_some() && left.digest == right.digest {
            return Evidence::same_text(self.set(a).len() as u32);
        }
        Evidence::count(self.set(a), self.set(b))
    }
}

/// Turns stars of ids into clusters and relations of keys.
struct Listing<'a> {
    pages: &'a [Page],
    copies: &'a Copies,
    sets: &'a Sets<'a>,
    settings: &'a AnalysisSettings,
}

impl Listing<'_> {
    fn list(&self, stars: Vec<cluster::Star>, related: &[(DocId, DocId)]) -> (Vec<Cluster>, Vec<Relation>) {
        // For each document that stands for its text: the star it is in.
        let mut star_of = vec![usize::MAX; self.pages.len()];
        let mut stars: Vec<(DocId, Vec<DocId>)> = stars.into_iter().map(|star| (star.keep, star.others)).collect();
        for (number, (keep, others)) in stars.iter().enumerate() {
            for id in others.iter().chain([keep]) {
                star_of[id.index()] = number;
            }
        }
        for group in &self.copies.groups {
            let number = &mut star_of[group[0].index()];
            if *number == usize::MAX {
                *number = stars.len();
                stars.push((group[0], Vec::new()));
            }
            stars[*number].1.extend(&group[1..]);
        }

        let mut relations = Vec::new();
        let mut clusters: Vec<(DocId, Cluster)> = Vec::new();
        for (keep, others) in stars {
            let mut members: Vec<(f64, DocId, f64)> = Vec::new();
            for other in others {
                let evidence = self.sets.evidence(other, keep);
                members.push((evidence.resemblance(), other, evidence.a_in_b()));
                relations.extend(self.relation(other, keep));
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
            let snippet = self.pages[keep.index()].snippet.clone();
            clusters.push((keep, Cluster::Repost { keep: self.key(keep), snippet, members }));
        }
        clusters.sort_by_key(|(keep, cluster)| (std::cmp::Reverse(cluster.len()), *keep));

        // Within a cluster the relations to `keep` say it all; a pair across two clusters would be lost.
        for &(a, b) in related {
            if star_of[a.index()] != star_of[b.index()] {
                relations.extend(self.relation(a, b));
            }
        }
        relations.sort_by(|x, y| (x.kind, &x.a, &x.b).cmp(&(y.kind, &y.a, &y.b)));
        (clusters.into_iter().map(|(_, cluster)| cluster).collect(), relations)
    }

    fn relation(&self, a: DocId, b: DocId) -> Option<Relation> {
        let (a, b) = (a.min(b), a.max(b));
        let evidence = self.sets.evidence(a, b);
        let kind: RelationKind = relate(&evidence, self.settings)?;
        Some(Relation {
            kind,
            a: self.key(a),
            b: self.key(b),
            resemblance: rounded(evidence.resemblance()),
            a_in_b: rounded(evidence.a_in_b()),
            b_in_a: rounded(evidence.b_in_a()),
        })
    }

    fn key(&self, id: DocId) -> String {
        self.pages[id.index()].key.clone()
    }
}

/// Four decimals: what a reader can use, and no digit that depends on how a division was rounded.
fn rounded(share: f64) -> f64 {
    (share * 1e4).round() / 1e4
}
