//! The different texts of a corpus, and what of each is compared: its content, once it is known what is boilerplate.

use std::borrow::Cow;
use std::sync::OnceLock;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::copies::Copies;
use super::page::Page;
use super::{Inventory, PHASES, Phase, Progress, Task, Unit};
use crate::band::{self, Candidates};
use crate::boilerplate::{self, Boilerplate, Prior};
use crate::cluster::{self, Clusters};
use crate::containment;
use crate::document::{DocId, Host};
use crate::evenly::Evenly;
use crate::excerpt::{self, Quote};
use crate::findings::{Digest, RelationKind, Scanned};
use crate::inventory::{self, Holders};
use crate::passage::{Passages, Text};
use crate::relate::{are_copies, are_strangers, relate, relate_mixed};
use crate::settings::{AnalysisSettings, SketchKind};
use crate::shared::{SharedCounter, is_much_longer};
use crate::shingle::{Shingle, ShingleSet};
use crate::sketch::minhash::MinHasher;
use crate::sketch::simhash;
use crate::verify::{Aligner, Evidence};

/// The different texts of the corpus, and what of each is compared.
///
/// Texts are numbered in the order of their digests, which depends on nothing but what they say.
pub(super) struct Compared<'a> {
    pub(super) pages: &'a [Page],
    pub(super) settings: &'a AnalysisSettings,
    pub(super) ids: Vec<DocId>,
    /// For each document the number of its text, [`NO_TEXT`] for an empty one.
    pub(super) text_of: Vec<u32>,
    pub(super) texts: &'a [Text<'a>],
    pub(super) boilerplate: Option<Boilerplate>,
    /// Where passages stand; there if boilerplate is.
    pub(super) passages: Option<&'a Passages<'a>>,
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
pub(super) struct Articles {
    /// The representative of each article, and the others.
    pub(super) stars: Vec<(DocId, Vec<DocId>)>,
    /// For each document that stands for its text, the article it is of.
    pub(super) star_of: Vec<Option<u32>>,
}

/// No text has this number: there are fewer than 2³² − 1.
pub(super) const NO_TEXT: u32 = u32::MAX;

/// What came of all candidates.
#[derive(Serialize, Deserialize)]
pub(super) struct Verified {
    /// How many there were.
    pub(super) candidates: u64,
    pub(super) split_buckets: usize,
    pub(super) largest_bucket: usize,
    pub(super) related: Vec<Related>,
}

/// A pair that was verified, smaller id first.
#[derive(Serialize, Deserialize)]
pub(super) struct Related {
    pub(super) pair: (DocId, DocId),
    pub(super) kind: RelationKind,
    pub(super) evidence: Evidence,
}

/// Returns the texts of the documents that stand for them. A host is that of all documents of a text, so that no key decides
/// which of several it is.
pub(super) fn texts_of<'a>(pages: &'a [Page], ids: &[DocId], text_of: &[u32]) -> Vec<Text<'a>> {
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
    pub(super) fn scanned(&self) -> Vec<Scanned> {
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
    pub(super) fn sites(&self) -> Vec<&str> {
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
    pub(super) fn documents(&self) -> Vec<Vec<DocId>> {
        let mut documents: Vec<Vec<DocId>> = vec![Vec::new(); self.texts.len()];
        for (id, &text) in (0..).map(DocId).zip(&self.text_of) {
            if text != NO_TEXT {
                documents[text as usize].push(id);
            }
        }
        documents
    }

    pub(super) fn inventory(&self, documents: &[Vec<DocId>], star_of: &[Option<u32>], task: &Task) -> Inventory {
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

    pub(super) fn new(
        pages: &'a [Page],
        task: &Task<'a>,
        (ids, text_of): (Vec<DocId>, Vec<u32>),
        texts: &'a [Text<'a>],
        passages: Option<&'a Passages<'a>>,
    ) -> Self {
        Self::beside(pages, task, (ids, text_of), texts, passages, &Prior::default())
    }

    /// Returns what is compared where some texts were judged before.
    pub(super) fn beside(
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
    pub(super) fn with(
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
    pub(super) fn candidates(&self, progress: &dyn Progress) -> Candidates {
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
    pub(super) fn is_frame_only(&self, text: u32) -> bool {
        let Some(found) = &self.boilerplate else { return false };
        let content = found.masks[text as usize].content_tokens();
        content < LEAST_CONTENT && content * 2 < self.texts[text as usize].blocks.tokens
    }

    /// Returns the different shingles of a text's content. They are not kept: as many are the text again.
    pub(super) fn set(&self, text: u32) -> ShingleSet {
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
    pub(super) fn verified(&self, progress: &dyn Progress) -> Verified {
        let Candidates { pairs, split_buckets, largest_bucket } = self.candidates(progress);
        let related = self.related(&pairs, progress);
        Verified { candidates: pairs.len() as u64, split_buckets, largest_bucket, related }
    }

    /// Verifies pairs of texts, sorted, and returns those that are related in any way.
    pub(super) fn related(&self, candidates: &[(DocId, DocId)], progress: &dyn Progress) -> Vec<Related> {
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
    pub(super) fn clusters(&self, related: &[Related]) -> Clusters {
        let length = |id: DocId| u64::from(self.pages[id.index()].blocks.tokens);
        let is_repost = |kind: RelationKind| kind <= RelationKind::Repost;
        let reposts: Vec<(DocId, DocId)> =
            related.iter().filter(|related| is_repost(related.kind)).map(|related| related.pair).collect();
        let verify = |a, b| relate(&self.evidence(a, b), self.settings).is_some_and(is_repost);
        let copies = |a: DocId, b: DocId| {
            // Of a pair that the bands missed nothing is kept.
            let evidence = between(related, a, b).map_or_else(|| self.evidence(a, b), |related| related.evidence);
            are_copies(&evidence, self.settings)
        };
        cluster::stars(&reposts, length, verify, |a, b| are_strangers(&self.evidence(a, b)), copies)
    }

    /// Returns how a pair relates, now that it is known which documents are one article, and which are mixed.
    pub(super) fn kind_of(&self, related: &Related, star_of: &[Option<u32>], mixed: &[DocId]) -> RelationKind {
        let is_mixed = |id: DocId| mixed.binary_search(&id).is_ok();
        let (a, b) = related.pair;
        if related.kind == RelationKind::Repost && !are_one(related.pair, star_of) && (is_mixed(a) || is_mixed(b)) {
            return relate_mixed(&related.evidence, self.settings);
        }
        related.kind
    }

    /// Returns the clusters with the copies of their members, those of copies alone behind them.
    pub(super) fn articles(&self, stars: Vec<cluster::Star>, copies: &Copies) -> Articles {
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

    /// Returns who quotes whom, the quoted one first, given the cluster of each document; of those that are related no
    /// more is told.
    pub(super) fn excerpts(&self, star_of: &[Option<u32>], related: &[Related]) -> Vec<Quoted> {
        let (Some(boilerplate), Some(passages)) = (&self.boilerplate, self.passages) else { return Vec::new() };
        excerpt::find(passages, boilerplate, &self.cluster_of(star_of))
            .into_iter()
            .map(|excerpt| Quoted {
                source: self.ids[excerpt.source as usize],
                quoter: self.ids[excerpt.quoter as usize],
                tokens: excerpt.tokens,
            })
            .filter(|quoted| between(related, quoted.source, quoted.quoter).is_none())
            .collect()
    }

    /// Returns the passages of some texts that make [`Compared::excerpts`].
    pub(super) fn quotes(&self, star_of: &[Option<u32>], related: &[Related], by: [u32; 2]) -> Vec<Quote> {
        let (Some(boilerplate), Some(passages)) = (&self.boilerplate, self.passages) else { return Vec::new() };
        let mut quotes = excerpt::quotes(passages, boilerplate, &self.cluster_of(star_of), &|text| by.contains(&text));
        let id = |text: u32| self.ids[text as usize];
        quotes.retain(|quote| between(related, id(quote.source), id(quote.quoter)).is_none());
        quotes
    }

    /// Returns for each text the lines that are of another article, as [`excerpt::quoted_lines`] does.
    pub(super) fn cited(&self, star_of: &[Option<u32>]) -> Vec<Vec<u64>> {
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
    pub(super) fn counted_excerpts(&self, all: &[Quoted]) -> Vec<Evidence> {
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

    /// Returns the shares of an article and of the page that quotes it, the evidence of which was counted.
    ///
    /// What is quoted is no content of the quoting page. So the shares count it by its tokens: of the article, and of
    /// all that is no frame of the page.
    pub(super) fn shares_of_excerpt(&self, quoted: &Quoted, evidence: &Evidence) -> [f64; 2] {
        let of_content = [evidence.a_in_b(), evidence.b_in_a()];
        let Some(boilerplate) = &self.boilerplate else { return of_content };
        let mask = |id: DocId| &boilerplate.masks[self.text_of[id.index()] as usize];
        let (article, page) = (mask(quoted.source), mask(quoted.quoter));
        let (article, page) = (article.content_tokens(), page.content_tokens() + page.hidden_tokens().1);
        let share = |of: u32| f64::from(quoted.tokens.min(of)) / f64::from(of.max(1));
        [share(article).max(of_content[0]), share(page).max(of_content[1])]
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
    pub(super) fn evidence(&self, a: DocId, b: DocId) -> Evidence {
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

/// Returns what was verified of two documents that stand for their texts, of pairs in their order.
pub(super) fn between(related: &[Related], a: DocId, b: DocId) -> Option<&Related> {
    related.binary_search_by_key(&(a.min(b), a.max(b)), |related| related.pair).ok().map(|at| &related[at])
}

/// Returns whether two documents that stand for their texts are one article.
pub(super) fn are_one((a, b): (DocId, DocId), star_of: &[Option<u32>]) -> bool {
    star_of[a.index()].is_some() && star_of[a.index()] == star_of[b.index()]
}

/// Returns whether a contained pair runs from the second to the first: the one of which less is in the other is the larger.
/// Of two that are level the smaller id stands first.
pub(super) fn is_turned((a, b): (DocId, DocId), evidence: &Evidence) -> bool {
    let (a_in_b, b_in_a) = (evidence.a_in_b(), evidence.b_in_a());
    b_in_a > a_in_b || b_in_a == a_in_b && b < a
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
pub(super) struct Quoted {
    pub(super) source: DocId,
    pub(super) quoter: DocId,
    /// Tokens that are quoted.
    pub(super) tokens: u32,
}
