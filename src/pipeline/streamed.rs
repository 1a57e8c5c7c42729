//! Records that come one after another: each is told what it repeats, and what is new is remembered.
//!
//! Records that arrive together are judged together, so that a fast stream costs less for each and a slow one does not
//! wait. What is remembered is on disk before its verdict is told: whoever has read a verdict finds the record in the
//! index, whatever happens then.

use std::collections::{HashMap, HashSet};
use std::panic::resume_unwind;
use std::thread::{self, JoinHandle};

use serde::Serialize;

use super::compared::NO_TEXT;
use super::indexed::{Batch, InIndex, Judged, OF_ARTICLE, Relation, Standing, analysed, unnamed};
use super::packed::Vocabularies;
use super::page::Page;
use super::{Silent, pool, pool_of, rounded};
use crate::answers::Match;
use crate::dictionary::Known;
use crate::document::{DocId, Document, Origin, Skipped};
use crate::error::Result;
use crate::findings::RelationKind;
use crate::gate::Policy;
use crate::index::{Index, Merged, Merging, Writer};
use crate::settings::Settings;

/// Segments of a growing index from which on it is tidied though records wait.
const MOST_SEGMENTS: usize = 16;

/// Segments from which on records wait until some are merged.
const FAR_TOO_MANY: usize = 64;

/// Pages that are merged while a record waits: what takes some ten milliseconds.
const FEW_PAGES: u64 = 128;

/// What one record is to those before it, as a line of JSON says it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Told {
    /// The record's id, or the number of its line (`-:7`) where it has none that can be read.
    pub id: String,
    pub verdict: Verdict,
    /// The page or record it relates to most.
    #[serde(flatten)]
    pub nearest: Option<Nearest>,
    /// What is wrong with a record that cannot be judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The page or record that another one relates to most. Shares of a quotation are those counted for one page of the article
/// that it is of, which need not be the one that is named.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Nearest {
    pub of: String,
    pub resemblance: f64,
    /// The share of the record's content that is in the other one.
    pub a_in_b: f64,
    /// The share of the other one's content that is in the record.
    pub b_in_a: f64,
}

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    New,
    Identical,
    Repost,
    Contained,
    Excerpt,
    Boilerplate,
    /// It cannot be judged.
    Error,
}

impl From<RelationKind> for Verdict {
    fn from(kind: RelationKind) -> Self {
        match kind {
            RelationKind::Identical => Self::Identical,
            RelationKind::Repost => Self::Repost,
            RelationKind::Contained => Self::Contained,
            RelationKind::Excerpt => Self::Excerpt,
            RelationKind::Boilerplate => Self::Boilerplate,
        }
    }
}

/// What records are compared with.
#[derive(Debug)]
pub enum Memory {
    /// An index that stays as it is: records are not compared with each other.
    Fixed(Index),
    /// An index that remembers every record the policy lets pass, for the next ones to be compared with.
    Growing(Writer),
}

/// A gate that records pass one after another.
#[derive(Debug)]
pub struct Stream {
    memory: Memory,
    policy: Policy,
    settings: Settings,
    known: Known,
    pool: rayon::ThreadPool,
    merger: Merger,
}

/// Merges segments beside the records that come, in a thread that is left to itself where the stream ends before it does.
#[derive(Debug, Default)]
struct Merger(Option<JoinHandle<Result<Merged>>>);

impl Merger {
    fn begin(&mut self, merging: Merging) {
        // A pool of one thread: what it leaves of the processor is for the records.
        self.0 = Some(thread::spawn(move || pool_of(1)?.install(|| merging.write())));
    }

    /// Returns what was merged, if it is done; waits for it, if that is wanted.
    fn done(&mut self, is_to_wait: bool) -> Option<Result<Merged>> {
        let running = self.0.take_if(|running| is_to_wait || running.is_finished())?;
        Some(running.join().unwrap_or_else(|panic| resume_unwind(panic)))
    }
}

impl Stream {
    /// Returns a stream that is ready to judge. Cost: some 20 ms for jieba's dictionary, where words are compared.
    ///
    /// # Errors
    /// When the settings are not those of the index, or a dictionary of boilerplate cannot be read.
    pub fn new(memory: Memory, policy: Policy, settings: &Settings) -> Result<Self> {
        let settings = settings.checked()?;
        let pool = pool(&settings)?;
        let known = Known::load(&settings.dictionaries, settings.analysis.tokens)?;
        let stream = Self { memory, policy, settings, known, pool, merger: Merger::default() };
        stream.index().fits(&stream.settings.analysis)?;
        // The first record shall not wait for the dictionary of words.
        let origin = Origin { file: "".into(), line: 0 };
        let text = "同文".into();
        let first = Document { key: String::new(), text, lines: Vec::new(), site: "".into(), date: None, origin };
        stream.pool.install(|| analysed(vec![first], &stream.settings.analysis, None));
        Ok(stream)
    }

    fn index(&self) -> &Index {
        match &self.memory {
            Memory::Fixed(index) => index,
            Memory::Growing(writer) => writer.index(),
        }
    }

    /// Returns what each of some records is, in their order; a growing memory has then taken in, and safely written,
    /// those that the policy lets pass.
    ///
    /// A record in the place of one of the same id is its newer version, and not compared with it.
    ///
    /// # Errors
    /// When the index is damaged or cannot be written. It is then what it was before, or has some of the records.
    pub fn judge(&mut self, records: Vec<std::result::Result<Document, Skipped>>) -> Result<Vec<Told>> {
        let mut told = Vec::with_capacity(records.len());
        let (mut documents, mut ids): (Vec<Document>, HashSet<String>) = Default::default();
        for record in records {
            let record = record.and_then(|document| {
                let unfit = match self.memory {
                    Memory::Fixed(_) => None,
                    Memory::Growing(_) => unnamed(&document.key, &document.origin, &self.settings.input),
                };
                unfit.map_or(Ok(document), Err)
            });
            match record {
                Ok(document) => {
                    // What has the id of a record that is not yet remembered waits until it is.
                    if !ids.insert(document.key.clone()) {
                        told.extend(self.judge_documents(std::mem::take(&mut documents))?);
                        ids = HashSet::from([document.key.clone()]);
                    }
                    documents.push(document);
                }
                Err(Skipped { key, reason, id, .. }) => {
                    told.extend(self.judge_documents(std::mem::take(&mut documents))?);
                    ids.clear();
                    // Who sent the record knows it by its id, and the line by its number.
                    let (id, reason) = match id {
                        Some(id) => (id, format!("{key}: {reason}")),
                        None => (key, reason),
                    };
                    told.push(Told { id, verdict: Verdict::Error, nearest: None, reason: Some(reason) });
                }
            }
        }
        told.extend(self.judge_documents(documents)?);
        Ok(told)
    }

    /// Merges what many small additions have left behind, and waits for it.
    ///
    /// # Errors
    /// When the index is damaged or cannot be written.
    pub fn tidy(&mut self) -> Result<()> {
        let Self { memory: Memory::Growing(writer), merger, pool, .. } = self else { return Ok(()) };
        if let Some(merged) = merger.done(true) {
            pool.install(|| writer.take_in(merged))?;
        }
        pool.install(|| writer.tidy())
    }

    /// Merges some of what many small additions have left behind, in a moment in which nobody waits or once it is [too
    /// much](Self::is_untidy). What takes long is done by a thread of its own, where more than one is allowed, and taken in
    /// by a later call; where far too much was left behind this call waits for it.
    ///
    /// # Errors
    /// When the index is damaged or cannot be written.
    pub fn tidy_aside(&mut self) -> Result<()> {
        if self.index().small_segments() > FAR_TOO_MANY || self.pool.current_num_threads() == 1 {
            return self.tidy();
        }
        let Self { memory: Memory::Growing(writer), merger, pool, .. } = self else { return Ok(()) };
        if let Some(merged) = merger.done(false) {
            pool.install(|| writer.take_in(merged))?;
        }
        if let Some(merging) = pool.install(|| writer.tidy_aside(FEW_PAGES))? {
            merger.begin(merging);
        }
        Ok(())
    }

    /// Ends the stream after a failure: an index that it began and that holds nothing is none.
    pub fn give_up(self) {
        if let Memory::Growing(writer) = self.memory {
            writer.give_up();
        }
    }

    /// Returns whether something is being merged that a later call of [`tidy_aside`](Self::tidy_aside) takes in.
    pub fn is_merging(&self) -> bool {
        self.merger.0.is_some()
    }

    /// Returns whether so much was left behind that look-ups take longer for it.
    pub fn is_untidy(&self) -> bool {
        matches!(self.memory, Memory::Growing(_)) && self.index().small_segments() > MOST_SEGMENTS
    }

    /// Judges documents of different keys.
    fn judge_documents(&mut self, documents: Vec<Document>) -> Result<Vec<Told>> {
        if documents.is_empty() {
            return Ok(Vec::new());
        }
        let Self { memory, policy, settings, known, pool, .. } = self;
        let vocabularies = Vocabularies::default();
        let wanted = matches!(memory, Memory::Growing(_)).then_some(&vocabularies);
        let (told, kepts, pages) = pool.install(|| -> Result<_> {
            let pages = analysed(documents, &settings.analysis, wanted).pages;
            let index = match memory {
                Memory::Fixed(index) => &*index,
                Memory::Growing(writer) => writer.index(),
            };
            let batch = Batch::new(pages, index, settings, known.clone())?;
            let (told, kepts) = batch.judged(&Silent, |judged| {
                let new = judged.batch.new_pages();
                let standings = new.iter().map(|page| Standing::of(page, index)).collect::<Result<Vec<_>>>()?;
                let is_replacing = |standing: Standing| wanted.is_some() && standing == Standing::Replaced;
                let replaced = (0..).zip(new).zip(&standings).filter(|&(_, &standing)| is_replacing(standing));
                let replaced = replaced.map(|((at, page), _)| (page.key.as_str(), at)).collect();
                let Sorted { told, is_remembered } = sorted(&judged, policy, wanted.is_some(), &replaced)?;
                // A record that comes a second time, as after a verdict that was not heard, is there already.
                let is_kept = |&at: &usize| is_remembered[at] && standings[at] != Standing::Unchanged;
                let kept: HashSet<&str> = (0..new.len()).filter(is_kept).map(|at| new[at].key.as_str()).collect();
                Ok((told, wanted.map(|_| judged.kept(|page| kept.contains(page.key.as_str())))))
            })?;
            Ok((told, kepts, batch.pages))
        })?;
        if let (Memory::Growing(writer), Some(kepts)) = (memory, kepts) {
            pool.install(|| kepts.write(&pages, vocabularies, writer))?;
        }
        Ok(told)
    }
}

/// Records with their verdicts, and which of them are to be remembered.
struct Sorted {
    told: Vec<Told>,
    is_remembered: Vec<bool>,
}

/// Tells for one record after another what it is, beside the index and, where they are remembered, those before it. A page
/// of the index whose key is among the `replaced` is no more there for those that come after its newer version, if that is
/// remembered.
fn sorted(judged: &Judged, policy: &Policy, is_growing: bool, replaced: &HashMap<&str, usize>) -> Result<Sorted> {
    let pages = judged.batch.new_pages();
    let corpus = judged.corpus;
    // All at once where no verdict depends on one before it.
    let at_once = if replaced.is_empty() { judged.answers(Some(&|at, key| pages[at].key == key))? } else { Vec::new() };
    let mut at_once = at_once.into_iter();
    let in_index = if replaced.is_empty() { InIndex::default() } else { judged.related_in_index()? };
    let others = if is_growing { judged.others(|id| id.index() < pages.len()) } else { vec![Vec::new(); pages.len()] };
    // The first who has each text, and the first few who have each article, of those who are remembered.
    let mut with_text: Vec<Option<usize>> = vec![None; corpus.ids.len()];
    let mut with_article: HashMap<u32, Vec<usize>> = HashMap::new();
    let article_of = |id: DocId| judged.star_of[id.index()];
    let mut sorted = Sorted { told: Vec::with_capacity(pages.len()), is_remembered: Vec::with_capacity(pages.len()) };
    for (at, page) in pages.iter().enumerate() {
        let is_replaced = |key: &str| replaced.get(key).is_some_and(|&by| by < at && sorted.is_remembered[by]);
        let answer = match at_once.next() {
            Some(answer) => answer,
            None => judged.answer(at, &in_index, Some(&|key| key == page.key || is_replaced(key)))?,
        };
        let text = corpus.text_of[at];
        let mut nearest = answer.matches.into_iter().next().map(from_index);
        if text != NO_TEXT {
            let same = (!corpus.is_frame_only(text)).then_some((corpus.ids[text as usize], Relation::SAME));
            let related = others[corpus.ids[text as usize].index()].iter().copied();
            for (other, Relation { kind, shares, is_part }) in same.into_iter().chain(related) {
                let holder = with_text[text_of(corpus, other)].or_else(|| {
                    // Of an article with copies one is named as the source, which may come later.
                    let article = article_of(other).filter(|_| kind == RelationKind::Excerpt && !is_part)?;
                    with_article.get(&article)?.first().copied()
                });
                if let Some(holder) = holder {
                    take_nearer(&mut nearest, &pages[holder], Relation { kind, shares, is_part });
                }
            }
            // Up to six evidences a record, where many copies come together and one of them is compared with other ones.
            let id = corpus.ids[text as usize];
            let copies = article_of(id).and_then(|article| with_article.get(&article)).map_or(&[][..], Vec::as_slice);
            if nearest.as_ref().is_none_or(|(kind, _)| *kind > RelationKind::Repost) {
                for &copy in copies {
                    let other = corpus.ids[corpus.text_of[copy] as usize];
                    if let Some(relation) = judged.beside(id, other) {
                        take_nearer(&mut nearest, &pages[copy], relation);
                    }
                }
            }
        }
        let kind = nearest.as_ref().map(|(kind, _)| *kind);
        let is_remembered = is_growing && !kind.is_some_and(|kind| policy.minds(kind));
        if is_remembered && text != NO_TEXT {
            with_text[text as usize].get_or_insert(at);
            if let Some(article) = article_of(corpus.ids[text as usize]) {
                let copies = with_article.entry(article).or_default();
                if copies.len() < OF_ARTICLE {
                    copies.push(at);
                }
            }
        }
        sorted.is_remembered.push(is_remembered);
        let nearest = nearest.map(|(_, nearest)| nearest);
        let verdict = kind.map_or(Verdict::New, Verdict::from);
        sorted.told.push(Told { id: page.key.clone(), verdict, nearest, reason: None });
    }
    Ok(sorted)
}

/// Returns the text of a document that stands for one.
fn text_of(corpus: &super::Compared, id: DocId) -> usize {
    corpus.text_of[id.index()] as usize
}

fn from_index(found: Match) -> (RelationKind, Nearest) {
    let Match { kind, key, resemblance, a_in_b, b_in_a, .. } = found;
    (kind, Nearest { of: key, resemblance, a_in_b, b_in_a })
}

/// Takes a relation to a document instead of the nearest one, if it is nearer.
fn take_nearer(nearest: &mut Option<(RelationKind, Nearest)>, page: &Page, relation: Relation) {
    let [resemblance, a_in_b, b_in_a] = relation.shares.map(rounded);
    let found = (relation.kind, Nearest { of: page.key.clone(), resemblance, a_in_b, b_in_a });
    if nearest.as_ref().is_none_or(|known| is_nearer(&found, known)) {
        *nearest = Some(found);
    }
}

/// Returns whether one relation is stronger than another: by its kind, then by resemblance, then by name.
fn is_nearer(one: &(RelationKind, Nearest), other: &(RelationKind, Nearest)) -> bool {
    let by_resemblance = other.1.resemblance.total_cmp(&one.1.resemblance);
    one.0.cmp(&other.0).then(by_resemblance).then_with(|| one.1.of.cmp(&other.1.of)).is_lt()
}
