//! What of a corpus stays where pages repost each other, so that a scan of what stays finds no repost.
//!
//! Every member of a cluster was verified against the cluster's representative, and not against each other. So whoever
//! keeps another one must verify anew; and where copies are gone, boilerplate is judged by other pages than before. Both
//! are done here with the stages of a scan, not estimated.

mod elsewhere;

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use elsewhere::{ALONE, Elsewhere, LEAST_PASSAGE, Member, Surplus};

use super::compared::{Compared, NO_TEXT, texts_of};
use super::copies::{Copies, different_among, order};
use super::page::{Page, Reading, Wanted, read};
use super::{Listed, Progress, Task, pool, rounded};
use crate::boilerplate::Mask;
use crate::cluster::Clusters;
use crate::dictionary::Known;
use crate::document::{DocId, Document, Origin, Skipped};
use crate::error::{Error, Result};
use crate::explain::Located;
use crate::findings::{Cluster, Findings, RelationKind};
use crate::hash;
use crate::input::{self, Copied, Copying, Corpus, Sources, Target};
use crate::journal::{Journal, Reason};
use crate::passage::Passages;
use crate::plan::{self, Candidate, Counts, Dropped, Kept, Plan, Preference};
use crate::relate::{STRANGE, are_strangers, relate};
use crate::seed::{self, Seed};
use crate::segment::Segmenter;
use crate::settings::{InputSettings, Settings};
use crate::verify::Evidence;

/// How much less of another page a page may hold than the other way round, and still be kept in its place.
const SLACK: f64 = 0.05;

/// Share of a page's content that may be lost with it, or be of other articles: what strangers may have in common.
const MOST_LOST: f64 = STRANGE;

/// Pages of a cluster that are tried before the one is taken beside which the least is lost.
const MOST_TRIED: usize = 64;

/// Times that what remains is looked at. Labelled corpora needed three to five.
const MOST_ROUNDS: u32 = 12;

/// Keys that an error names.
const NAMED: usize = 3;

/// Returns which documents of a corpus stay and which go, given what a scan of it found.
///
/// # Input
/// The findings, and the paths that were scanned. How documents are read and compared is taken from the findings; of
/// `settings` only dictionaries and threads are heeded.
///
/// # Output
/// A plan in a fixed order: the same corpus gives the same plan. A document goes only if its pair with the one that stays
/// was verified as a repost, and, where a cluster has such a page, only in favour of one that makes up for it: that holds
/// about as much of it as the other way round, and beside which no more than a fifth of its content is lost. So of a whole
/// article and half of it the whole stays, whatever is preferred. What a page has of other articles does not count, and a
/// page of more than a fifth of that is kept only where none of one article alone makes up for the others. Where no page
/// does, the one stays beside which the least is lost.
///
/// # Errors
/// Those of a scan; when a document is not what it was when it was scanned; when a dictionary of the scan is missing.
///
/// # Performance
/// That of three to five scans, of which only the first reads files, and all but the first are of what is left.
///
/// # Threading
/// As [`scan`](super::scan).
///
/// # Algorithm
/// 1. Read the corpus, and see that it is the one that was scanned.
/// 2. In each cluster take the most preferred page that makes up for the others; what is verified against it goes; so on
///    with the rest. What another has beside it is looked up in the rest of the corpus: a passage that stands in a page
///    that is a stranger to both is of another article.
/// 3. Scan what remains. Where that finds clusters, do the same in them. What had gone in favour of a page that goes now
///    must be verified against the page that stays, or it returns. Until nothing is found.
/// 4. Count what of each page that goes stands nowhere else.
///
/// # Example
/// ```
/// use tongwen::pipeline::{Silent, dedup::plan, scan};
/// use tongwen::plan::Preference;
/// use tongwen::settings::Settings;
///
/// let folder = tempfile::tempdir()?;
/// std::fs::write(folder.path().join("a.txt"), "社区有需要，我们有响应，党员干部下沉社区。")?;
/// std::fs::write(folder.path().join("b.txt"), "社區有需要,我們有響應,黨員幹部下沉社區")?;
/// let (paths, settings) = ([folder.path().to_owned()], Settings::default());
/// let findings = scan(&paths, &settings, &Silent)?;
/// let plan = plan(&findings, &paths, &[Preference::parse("first")?], &settings, &Silent)?;
/// assert_eq!(plan.kept[0].key, "a.txt");
/// assert_eq!(plan.kept[0].dropped[0].key, "b.txt");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn plan(
    findings: &Findings,
    paths: &[PathBuf],
    preferences: &[Preference],
    settings: &Settings,
    progress: &dyn Progress,
) -> Result<Plan> {
    let analysis = findings.settings.clone().checked()?;
    let known = known(findings, settings)?;
    for preference in preferences {
        preference.is_meant(findings.documents.iter().map(|document| document.key.as_str()))?;
    }
    let corpus = Corpus::open(paths, &findings.input)?;
    pool(settings)?.install(|| {
        let Reading { mut pages, skipped, .. } = read(corpus, &analysis, Wanted::Nothing, None, progress);
        let torn = skipped.into_iter().filter_map(|skipped| skipped.torn).collect();
        order(&mut pages);
        unchanged(findings, &pages)?;
        if preferences.iter().any(|one| matches!(one, Preference::Newest))
            && pages.iter().all(|page| page.date.is_none())
        {
            return Err(Error::Settings(format!(
                "`newest` needs dates, and no document has one in field `{}`: scan again with `--date-field`",
                findings.input.date_field
            )));
        }
        let task =
            Task { settings: &analysis, known: &known, sources: None, listed: Listed::default(), checkpoints: None };
        Ok(among(
            &pages,
            &task,
            |_| true,
            |whole, _| {
                let mut choice = Choice::new(&pages, whole, preferences, torn);
                choice.settle(whole, &clusters(findings, &pages), 0);
                let rounds = choice.until_nothing_is_found(&task, progress);
                choice.into_plan(findings, &known, rounds)
            },
        ))
    })
}

/// Says whether documents are still those that a plan was made of, and whether the plan agrees with itself: what
/// [`apply`] and [`delete`] ask before they do anything.
///
/// # Errors
/// As [`apply`], but nothing is written.
pub fn check(plan: &Plan, paths: &[PathBuf], settings: &Settings, progress: &dyn Progress) -> Result<()> {
    Opened::open(plan, paths, settings, progress)?.dropped(plan)?;
    Ok(())
}

/// Writes a corpus without what a plan says shall go, and without boilerplate where that is asked for.
///
/// # Input
/// The plan, and the paths it was made of. Of `settings` only dictionaries and threads are heeded.
///
/// # Output
/// Files as [`Sources::copy`] writes them. Without boilerplate, a page is its text, in UTF-8, and a record has its content
/// for a text; what is boilerplate was learnt from all documents, before any was left out. A document of which nothing
/// remains is written whole.
///
/// # Errors
/// When the documents are not those of the plan, or boilerplate is to be left out that other dictionaries know; when the plan
/// contradicts itself; when a file cannot be read or written, or the folder holds something.
/// A file that breaks off is no error here: what could be read of it is written, and [`Applied::torn`] says where that ends.
pub fn apply(
    plan: &Plan,
    paths: &[PathBuf],
    folder: &Path,
    is_stripped: bool,
    settings: &Settings,
    progress: &dyn Progress,
) -> Result<Applied> {
    let target = Target::checked(folder)?;
    if is_stripped && !plan.settings.boilerplate {
        return Err(Error::Settings(
            "the scan told no boilerplate from content, so none can be left out: scan without `--no-boilerplate`"
                .into(),
        ));
    }
    let known = Known::load(&settings.dictionaries, plan.settings.tokens)?;
    // Plans of earlier versions do not say which blocks the scan knew.
    if is_stripped && !plan.known_hash.is_empty() && plan.known_hash != known.identity() {
        return Err(Error::Settings(
            "the plan was made with other dictionaries of boilerplate than this run names, so other text would be left \
             out: name the same with `--boilerplate`, or make the plan again"
                .into(),
        ));
    }
    let opened = Opened::open(plan, paths, settings, progress)?;
    let dropped = opened.dropped(plan)?;
    let records = opened.pages.iter().filter(|page| page.origin.line > 0).map(|page| &*page.origin.file).collect();
    let dropped = dropped.iter().map(|&(id, _, _)| &opened.pages[id.index()].origin).collect();
    let copying = Copying { records, dropped, text: None };
    let torn = opened.torn.clone();
    if !is_stripped {
        return Ok(Applied { copied: opened.sources.copy(&target, &copying)?, torn });
    }
    let task =
        Task { settings: &plan.settings, known: &known, sources: None, listed: Listed::default(), checkpoints: None };
    let by_origin: HashMap<&Origin, DocId> =
        (0..).map(DocId).zip(&opened.pages).map(|(id, page)| (&page.origin, id)).collect();
    pool(settings)?.install(|| {
        among(
            &opened.pages,
            &task,
            |_| true,
            |corpus, _| {
                let segmenter = Segmenter::new(plan.settings.tokens);
                let text = |document: &Document| {
                    let id = *by_origin.get(&document.origin)?;
                    let mask = corpus.mask(id)?;
                    let is_same = hash::bytes(document.text.as_bytes()) == opened.pages[id.index()].text;
                    (is_same && mask.content_tokens() > 0)
                        .then(|| Located::new(&document.text, segmenter).without(|token| mask.hides(token)))
                };
                let copied = opened.sources.copy(&target, &Copying { text: Some(&text), ..copying })?;
                Ok(Applied { copied, torn })
            },
        )
    })
}

/// What was written of a corpus, and what of it was never seen.
#[derive(Clone, Debug)]
pub struct Applied {
    pub copied: Copied,
    /// Where files break off, as the scan lists it under `skipped`, in key order. What comes after was not judged. Of a file
    /// of records it is not in the copy; a page is there as it was, unless what could be read of it goes.
    pub torn: Vec<Skipped>,
}

/// Takes the files out that a plan says shall go, into the folder of a journal.
///
/// Before each is touched, it and the one that stays in its place are read once more.
///
/// # Errors
/// When the documents are not those of the plan; when the plan contradicts itself; for records, which are no files; when
/// a file changed meanwhile or cannot be moved. What was moved before then is in the journal, and [`Error::Stopped`] says
/// where that is, and what was moved.
pub fn delete(
    plan: &Plan,
    paths: &[PathBuf],
    folder: &Path,
    settings: &Settings,
    progress: &dyn Progress,
) -> Result<Deleted> {
    let opened = Opened::open(plan, paths, settings, progress)?;
    let dropped = opened.dropped(plan)?;
    if let Some(&(id, _, _)) = dropped.iter().find(|(id, _, _)| opened.pages[id.index()].origin.line > 0) {
        let page = &opened.pages[id.index()];
        return Err(Error::Settings(format!(
            "`{}` is a record of `{}`, and no file to delete: `--apply DIR` writes the file without it",
            page.key, page.origin.file
        )));
    }
    let paths = opened.sources.paths();
    let mut journal = Journal::begin(folder)?;
    for (moved, &(id, to, reason)) in dropped.iter().enumerate() {
        let taken = opened
            .as_it_was(to, &paths)
            .and_then(|_| opened.as_it_was(id, &paths))
            .and_then(|path| journal.take(path, reason));
        taken.map_err(|error| Error::Stopped {
            source: Box::new(error),
            folder: folder.to_owned(),
            moved,
            left: dropped[moved..].iter().map(|(_, _, reason)| reason.key.to_owned()).collect(),
        })?;
    }
    Ok(Deleted { moved: dropped.len() as u64, torn: opened.torn })
}

/// What was taken out of a corpus, and what of it was never seen.
#[derive(Clone, Debug)]
pub struct Deleted {
    pub moved: u64,
    /// Where files break off, as the scan lists it under `skipped`, in key order. What comes after was not judged; a page
    /// that breaks off goes whole, if it goes.
    pub torn: Vec<Skipped>,
}

/// A corpus that is the one of a plan.
struct Opened {
    pages: Vec<Page>,
    sources: Sources,
    input: InputSettings,
    /// Where files break off.
    torn: Vec<Skipped>,
}

impl Opened {
    fn open(plan: &Plan, paths: &[PathBuf], settings: &Settings, progress: &dyn Progress) -> Result<Self> {
        let analysis = plan.settings.clone().checked()?;
        let (corpus, sources) = Corpus::open(paths, &plan.input)?.with_sources();
        let reading = pool(settings)?.install(|| read(corpus, &analysis, Wanted::Nothing, None, progress));
        let Reading { mut pages, skipped: mut torn, .. } = reading;
        order(&mut pages);
        torn.retain(|skipped| skipped.torn.is_some());
        torn.sort();
        if digest(&pages) != plan.corpus {
            return Err(another(plan, &pages));
        }
        Ok(Self { pages, sources, input: plan.input.clone(), torn })
    }

    /// Returns what goes, and what stays in its place.
    fn dropped<'p>(&self, plan: &'p Plan) -> Result<Vec<(DocId, DocId, Reason<'p>)>> {
        let refuse = |message: String| Err(Error::Changed(message));
        let goes: FxHashSet<&str> = plan.dropped().map(|(_, dropped)| dropped.key.as_str()).collect();
        let mut found = Vec::new();
        for (kept, dropped) in plan.dropped() {
            let id = |key: &str, hash: u64| {
                let at = self.pages.binary_search_by(|page| page.key.as_str().cmp(key)).ok()?;
                (self.pages[at].text == hash).then_some(DocId(at as u32))
            };
            let (Some(to), Some(id)) = (id(&kept.key, kept.hash), id(&dropped.key, dropped.hash)) else {
                return refuse(format!(
                    "the plan says of `{}` or `{}` what is not so: take its entry out, or plan again",
                    kept.key, dropped.key
                ));
            };
            if goes.contains(kept.key.as_str()) {
                return refuse(format!(
                    "the plan keeps `{}` in the place of `{}`, and drops it too: take one of the two entries out",
                    kept.key, dropped.key
                ));
            }
            found.push((id, to, Reason { key: &dropped.key, kept: &kept.key }));
        }
        found.sort_unstable_by_key(|&(id, _, _)| id);
        if let Some(twice) = found.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return refuse(format!("the plan drops `{}` twice: take one of the two entries out", twice[0].2.key));
        }
        Ok(found)
    }

    /// Returns where a document's file is, if that still says the same.
    fn as_it_was<'p>(&self, id: DocId, paths: &HashMap<&str, &'p Path>) -> Result<&'p Path> {
        let page = &self.pages[id.index()];
        let changed = || Error::Changed(format!("`{}` changed while files were removed: plan again", page.key));
        let path = *paths.get(&*page.origin.file).ok_or_else(changed)?;
        // A file of records may be long, and its records were looked at when the corpus was opened.
        if page.origin.line == 0 {
            let (documents, _) = input::read_file(path, &self.input)?;
            if !documents.iter().any(|document| hash::bytes(document.text.as_bytes()) == page.text) {
                return Err(changed());
            }
        }
        Ok(path)
    }
}

/// Returns the dictionaries of the scan, or says that they are others.
fn known(findings: &Findings, settings: &Settings) -> Result<Known> {
    let known = Known::load(&settings.dictionaries, findings.settings.tokens)?;
    let blocks = known.len() as u64;
    if !findings.settings.boilerplate {
        return Ok(known);
    }
    if blocks != findings.boilerplate.known {
        return Err(Error::Settings(format!(
            "the findings took {} blocks for boilerplate that dictionaries or an index knew, and this run knows {blocks}: \
             name the same dictionaries with `--boilerplate`, or scan again",
            findings.boilerplate.known
        )));
    }
    // Findings of earlier versions do not say which blocks they knew.
    let known_hash = &findings.boilerplate.known_hash;
    if !known_hash.is_empty() && *known_hash != known.identity() {
        return Err(Error::Settings(
            "the findings took other blocks for boilerplate than the dictionaries of this run know: name the same \
             dictionaries with `--boilerplate`, or scan again"
                .into(),
        ));
    }
    Ok(known)
}

/// Says which documents are not what they were when they were scanned.
fn unchanged(findings: &Findings, pages: &[Page]) -> Result<()> {
    if findings.documents.is_empty() && findings.counts.documents > 0 {
        return Err(Error::Changed("the findings do not list their documents: scan again with this version".into()));
    }
    let listed: HashMap<&str, u64> = findings.documents.iter().map(|page| (page.key.as_str(), page.hash)).collect();
    let now: HashMap<&str, u64> = pages.iter().map(|page| (page.key.as_str(), page.text)).collect();
    let of_pages = |is: &dyn Fn(&Page) -> bool| -> Vec<&str> {
        pages.iter().filter(|page| is(page)).map(|page| page.key.as_str()).collect()
    };
    let changed = of_pages(&|page| listed.get(page.key.as_str()).is_some_and(|&hash| hash != page.text));
    let new = of_pages(&|page| !listed.contains_key(page.key.as_str()));
    let gone = findings.documents.iter().map(|page| page.key.as_str()).filter(|key| !now.contains_key(key));
    let gone: Vec<&str> = gone.collect();
    let parts = counted([("changed", changed), ("new", new), ("gone", gone)]);
    if parts.is_empty() {
        return Ok(());
    }
    Err(Error::Changed(format!(
        "the documents are not those of the findings: {}; name the paths that were scanned, or scan again",
        parts.join(", ")
    )))
}

/// Says how many documents each of some words is true of, where there are any, and the first of them.
fn counted<const N: usize>(parts: [(&str, Vec<&str>); N]) -> Vec<String> {
    let named = |keys: &[&str]| keys.iter().take(NAMED).map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
    let parts = parts.iter().filter(|(_, keys)| !keys.is_empty());
    let count = |(what, keys): &(&str, Vec<&str>)| {
        format!("{} {what} ({}{})", keys.len(), named(keys), if keys.len() > NAMED { ", …" } else { "" })
    };
    parts.map(count).collect()
}

/// Says what of the documents is not as a plan has it. A plan names those only that go, and what stays in their place.
fn another(plan: &Plan, pages: &[Page]) -> Error {
    let now: HashMap<&str, u64> = pages.iter().map(|page| (page.key.as_str(), page.text)).collect();
    let kept = plan.kept.iter().map(|kept| (kept.key.as_str(), kept.hash));
    let dropped = plan.dropped().map(|(_, dropped)| (dropped.key.as_str(), dropped.hash));
    let (mut changed, mut gone) = (Vec::new(), Vec::new());
    for (key, hash) in kept.chain(dropped) {
        match now.get(key) {
            Some(&text) if text == hash => {}
            Some(_) => changed.push(key),
            None => gone.push(key),
        }
    }
    let mut parts = counted([("changed", changed), ("gone", gone)]);
    if pages.len() as u64 != plan.counts.documents {
        parts.push(format!("{} where there were {}", pages.len(), plan.counts.documents));
    }
    if parts.is_empty() {
        parts.push("those that it names are as they were, others are not".into());
    }
    Error::Changed(format!(
        "the documents are not those the plan was made of: {}; name the same paths, or scan and plan again",
        parts.join(", ")
    ))
}

/// Returns what tells the documents of a corpus from those of another.
fn digest(pages: &[Page]) -> u64 {
    let numbers: Vec<u64> = pages.iter().flat_map(|page| [hash::bytes(page.key.as_bytes()), page.text]).collect();
    hash::sequence(&numbers)
}

fn clusters(findings: &Findings, pages: &[Page]) -> Vec<Vec<DocId>> {
    let id = |key: &str| pages.binary_search_by(|page| page.key.as_str().cmp(key)).ok().map(|at| DocId(at as u32));
    let reposts = findings.clusters.iter().filter_map(|cluster| match cluster {
        Cluster::Repost { members, .. } => Some(members),
        Cluster::Boilerplate { .. } => None,
    });
    reposts.map(|members| members.iter().filter_map(|member| id(&member.key)).collect()).collect()
}

/// Hands over some documents as a scan of them alone would compare them, and their copies.
fn among<T>(
    pages: &[Page],
    task: &Task,
    is_in: impl Fn(DocId) -> bool + Copy,
    then: impl FnOnce(&Compared, &Copies) -> T,
) -> T {
    let copies = Copies::among(pages, is_in);
    let (ids, text_of) = different_among(pages, &copies, is_in);
    let texts = texts_of(pages, &ids, &text_of);
    let passages = task.settings.boilerplate.then(|| Passages::new(&texts, task.settings.width));
    let corpus = Compared::new(pages, task, (ids, text_of), &texts, passages.as_ref());
    then(&corpus, &copies)
}

/// Why a document goes.
#[derive(Clone, Copy)]
struct Gone {
    to: DocId,
    kind: RelationKind,
    evidence: Evidence,
    round: u32,
}

/// What the pages of a cluster are compared with.
#[derive(Clone, Copy)]
struct Surroundings<'a> {
    corpus: &'a Compared<'a>,
    elsewhere: &'a Elsewhere,
    /// Of the cluster.
    number: u32,
    /// What its pages have beside each other, once it was asked for.
    known: &'a RefCell<FxHashMap<(DocId, DocId), Surplus>>,
}

impl Surroundings<'_> {
    /// Returns what a page of a cluster has beside another one of it.
    fn surplus(&self, of: DocId, id: DocId) -> Surplus {
        let known = self.known.borrow().get(&(of, id)).copied();
        known.unwrap_or_else(|| {
            let surplus = self.surplus_by(self.corpus, of, id);
            self.known.borrow_mut().insert((of, id), surplus);
            surplus
        })
    }

    /// Returns what a page has beside one of a cluster; what is content is said by `judged`.
    fn surplus_by(&self, judged: &Compared, of: DocId, id: DocId) -> Surplus {
        let Self { corpus, elsewhere, number, .. } = *self;
        let shingles = corpus.texts[corpus.text_of[id.index()] as usize].shingles;
        let held: FxHashSet<Seed> = (0..seed::count(shingles)).map(|at| seed::at(shingles, at)).collect();
        let seeds = judged.content_seeds(judged.text_of[of.index()]);
        elsewhere.surplus(
            &seeds,
            number,
            |seed| held.contains(&seed),
            |other| are_strangers(&corpus.evidence(corpus.ids[other as usize], id)),
        )
    }
}

/// What speaks against keeping a page.
enum Objection {
    /// It has only so much of another page.
    Lacks { of: DocId, has: f64 },
    /// So much of it is of other articles, as the page named.
    Mixed { with: DocId, share: f64 },
}

/// Why a page stays.
struct Why {
    clause: String,
    /// Whether it is not the one that the preferences put first, or would not be, had there been another.
    is_exception: bool,
}

/// A page that stays in the place of others.
struct Decision {
    stays: DocId,
    why: Why,
    goes: Vec<(DocId, RelationKind, Evidence)>,
}

/// What became of the repost clusters of what remained.
struct Rounds {
    count: u32,
    /// Clusters that were there still when it was given up.
    left: usize,
}

/// What is decided so far.
struct Choice<'a> {
    pages: &'a [Page],
    /// The whole corpus, in which documents are verified that are gone by now.
    whole: &'a Compared<'a>,
    preferences: &'a [Preference],
    /// Files that break off.
    torn: FxHashSet<Arc<str>>,
    fates: Vec<Option<Gone>>,
    why: HashMap<DocId, Why>,
    /// What went in favour of each document.
    followers: HashMap<DocId, Vec<DocId>>,
}

impl<'a> Choice<'a> {
    fn new(
        pages: &'a [Page],
        whole: &'a Compared<'a>,
        preferences: &'a [Preference],
        torn: FxHashSet<Arc<str>>,
    ) -> Self {
        let fates = vec![None; pages.len()];
        Self { pages, whole, preferences, torn, fates, why: HashMap::new(), followers: HashMap::new() }
    }

    /// Scans what remains, and decides on what that finds, until it finds nothing.
    fn until_nothing_is_found(&mut self, task: &Task, progress: &dyn Progress) -> Rounds {
        let mut left = 0;
        for round in 1..=MOST_ROUNDS {
            let fates: Vec<bool> = self.fates.iter().map(Option::is_none).collect();
            let is_in = |id: DocId| fates[id.index()];
            left = among(self.pages, task, is_in, |corpus, copies| {
                let related = corpus.related(&corpus.candidates(progress).pairs, progress);
                let Clusters { stars, .. } = corpus.clusters(&related);
                let stars = corpus.articles(stars, copies).stars;
                let clusters: Vec<Vec<DocId>> =
                    stars.into_iter().map(|(keep, others)| others.into_iter().chain([keep]).collect()).collect();
                // What is left after the last round is told, and no longer decided on.
                if round < MOST_ROUNDS {
                    self.settle(corpus, &clusters, round);
                }
                clusters.len()
            });
            if left == 0 {
                return Rounds { count: round, left };
            }
        }
        Rounds { count: MOST_ROUNDS, left }
    }

    /// Decides on some clusters, whose members are compared as `corpus` does.
    fn settle(&mut self, corpus: &Compared, clusters: &[Vec<DocId>], round: u32) {
        let elsewhere = self.elsewhere(corpus, clusters);
        let decisions = |(number, members): (usize, &Vec<DocId>)| {
            let (known, number) = (RefCell::default(), number as u32);
            self.decisions(Surroundings { corpus, elsewhere: &elsewhere, number, known: &known }, members.clone())
        };
        let decisions: Vec<Vec<Decision>> = clusters.par_iter().enumerate().map(decisions).collect();
        for Decision { stays, why, goes } in decisions.into_iter().flatten() {
            self.tell(stays, why);
            for (id, kind, evidence) in goes {
                self.fates[id.index()] = Some(Gone { to: stays, kind, evidence, round });
                self.followers.entry(stays).or_default().push(id);
                for follower in self.followers.remove(&id).unwrap_or_default() {
                    match self.verified(self.whole, follower, stays) {
                        Some((kind, evidence)) => {
                            self.fates[follower.index()] = Some(Gone { to: stays, kind, evidence, round });
                            self.followers.entry(stays).or_default().push(follower);
                        }
                        None => self.fates[follower.index()] = None,
                    }
                }
            }
        }
    }

    /// Notes why a page stays. In a later round the reason may be another: that one was passed over is not forgotten.
    fn tell(&mut self, stays: DocId, why: Why) {
        match self.why.entry(stays) {
            Entry::Occupied(mut known) if known.get().is_exception => {
                let known = known.get_mut();
                if why.is_exception && !known.clause.contains(&why.clause) {
                    known.clause = format!("{}; {}", known.clause, why.clause);
                }
            }
            entry => drop(entry.insert_entry(why)),
        }
    }

    /// Returns where what is at stake in some clusters stands elsewhere: what one of their members has and another has not,
    /// and what has gone in favour of them.
    fn elsewhere(&self, corpus: &Compared, clusters: &[Vec<DocId>]) -> Elsewhere {
        let at_stake = |members: &Vec<DocId>| {
            let texts: FxHashSet<u32> = members.iter().map(|&id| corpus.text_of[id.index()]).collect();
            let mut held: FxHashMap<Seed, usize> = FxHashMap::default();
            for &text in &texts {
                let seeds: FxHashSet<Seed> = corpus.content_seeds(text).into_iter().map(|(_, seed)| seed).collect();
                seeds.into_iter().for_each(|seed| *held.entry(seed).or_default() += 1);
            }
            let of_some = held.into_iter().filter(|&(_, count)| count < texts.len()).map(|(seed, _)| seed);
            let followers = members.iter().filter_map(|id| self.followers.get(id)).flatten();
            let gone = followers.flat_map(|id| self.whole.content_seeds(self.whole.text_of[id.index()]));
            of_some.chain(gone.map(|(_, seed)| seed)).collect::<Vec<Seed>>()
        };
        let wanted: Vec<Vec<Seed>> = clusters.par_iter().map(at_stake).collect();
        let wanted: FxHashSet<Seed> = wanted.into_iter().flatten().collect();
        let mut texts = vec![Member { cluster: ALONE, pages: 0 }; corpus.texts.len()];
        for (id, &text) in (0..).map(DocId).zip(&corpus.text_of).filter(|&(_, &text)| text != NO_TEXT) {
            texts[text as usize].pages += 1 + self.followers.get(&id).map_or(0, Vec::len) as u32;
        }
        for (number, members) in (0..).zip(clusters) {
            members.iter().for_each(|id| texts[corpus.text_of[id.index()] as usize].cluster = number);
        }
        Elsewhere::new(texts, &wanted, |text| corpus.content_seeds(text))
    }

    /// Returns what stays and goes of one cluster.
    fn decisions(&self, around: Surroundings, mut members: Vec<DocId>) -> Vec<Decision> {
        let corpus = around.corpus;
        members.sort_by(|&a, &b| self.compare(corpus, a, b));
        let mut decisions = Vec::new();
        while members.len() > 1 {
            let (stays, why) = self.chosen(around, &members);
            let mut goes = Vec::new();
            members.retain(|&id| {
                let verified = if id == stays { None } else { self.verified(corpus, id, stays) };
                goes.extend(verified.map(|(kind, evidence)| (id, kind, evidence)));
                id != stays && verified.is_none()
            });
            if !goes.is_empty() {
                decisions.push(Decision { stays, why, goes });
            }
        }
        decisions
    }

    /// Returns the page to keep of those given, the most preferred first, and why.
    ///
    /// The first one of its article alone that makes up for the others; else the first that makes up for them and holds other
    /// articles too; else the one beside which the least is lost.
    fn chosen(&self, around: Surroundings, members: &[DocId]) -> (DocId, Why) {
        let text = |id: DocId| around.corpus.text_of[id.index()];
        let mut met = FxHashSet::default();
        let different: Vec<DocId> = members.iter().copied().filter(|&id| met.insert(text(id))).collect();
        let tried = &different[..different.len().min(MOST_TRIED)];
        let mut first = None;
        let mut mixed = None;
        for &id in tried {
            let Some(objection) = self.objection(around, id, &different) else {
                return (id, self.reason(around.corpus, id, members, first));
            };
            if matches!(objection, Objection::Mixed { .. }) {
                mixed.get_or_insert(id);
            }
            first.get_or_insert((id, objection));
        }
        let least = || {
            // There are two members at least, and the first of equals is the most preferred.
            let mut best = (members[0], f64::INFINITY);
            for &id in tried {
                let mut worst = 0.0;
                let mut others = different.iter();
                // No better than the best so far, however the rest may be.
                while worst < best.1
                    && let Some(&other) = others.next()
                {
                    worst = self.loss(around, id, other).max(worst);
                }
                if worst < best.1 {
                    best = (id, worst);
                }
            }
            best.0
        };
        if let Some(stays) = mixed {
            return (stays, self.reason(around.corpus, stays, members, first));
        }
        let stays = least();
        let is_first = first.as_ref().is_some_and(|(before, _)| *before == stays);
        let why = self.reason(around.corpus, stays, members, first);
        if is_first {
            return (stays, why);
        }
        // What speaks against the one before it may speak against this one more.
        (
            stays,
            Why {
                clause: format!("the least is lost beside it, and none makes up for the others: {}", why.clause),
                ..why
            },
        )
    }

    fn reason(&self, corpus: &Compared, id: DocId, members: &[DocId], passed: Option<(DocId, Objection)>) -> Why {
        let Some((before, objection)) = passed else {
            let other = members.iter().copied().find(|&other| other != id).unwrap_or(id);
            let clause = plan::reason(self.preferences, &self.candidate(corpus, id), &self.candidate(corpus, other));
            return Why { clause, is_exception: false };
        };
        let key = |id: DocId| &self.pages[id.index()].key;
        let clause = match objection {
            Objection::Lacks { .. } if before == id => "none holds more: each lacks something of the others".into(),
            Objection::Mixed { .. } if before == id => {
                "it holds other articles too, and none that does not makes up for the others".into()
            }
            Objection::Lacks { of, has } => {
                format!("`{}` comes before it, and has only {}% of `{}`", key(before), (has * 100.0).floor(), key(of))
            }
            Objection::Mixed { with, share } => {
                let share = (share * 100.0).floor();
                format!(
                    "`{}` comes before it, and {share}% of that is of other articles, as `{}`",
                    key(before),
                    key(with)
                )
            }
        };
        Why { clause, is_exception: true }
    }

    /// Returns what speaks against keeping a page in the place of those of its cluster that would go.
    ///
    /// That it is mixed is said only of a page that makes up for the others.
    fn objection(&self, around: Surroundings, id: DocId, others: &[DocId]) -> Option<Objection> {
        let mut mixed = None;
        for &other in others.iter().filter(|&&other| other != id) {
            let Some((_, evidence)) = self.verified(around.corpus, other, id) else { continue };
            if let Some(lacks) = self.lacks(around, id, other, &evidence) {
                return Some(lacks);
            }
            if mixed.is_none() && evidence.b_in_a() < 1.0 - MOST_LOST {
                let Surplus { foreign, with, .. } = around.surplus(id, other);
                let with = with.filter(|_| foreign > MOST_LOST).map(|text| around.corpus.ids[text as usize]);
                mixed = with.map(|with| Objection::Mixed { with, share: foreign });
            }
        }
        mixed
    }

    /// Returns what of another page one lacks, if that is too much or clearly more than the other way round. What the other
    /// has of other articles does not count.
    ///
    /// What had gone in favour of the other, and would not go in favour of this one, is lost as well.
    fn lacks(&self, around: Surroundings, id: DocId, other: DocId, evidence: &Evidence) -> Option<Objection> {
        let (has, other_has) = (evidence.a_in_b(), evidence.b_in_a());
        if has + SLACK < other_has || has < 1.0 - MOST_LOST {
            let Surplus { own, foreign, .. } = around.surplus(other, id);
            let is_less = foreign <= MOST_LOST && has + foreign + SLACK < other_has;
            if is_less || own > MOST_LOST {
                return Some(Objection::Lacks { of: other, has });
            }
        }
        let is_lost = |follower: DocId| match self.verified(self.whole, follower, id) {
            Some((_, evidence)) => {
                evidence.a_in_b() < 1.0 - MOST_LOST && around.surplus_by(self.whole, follower, id).own > MOST_LOST
            }
            None => true,
        };
        let of = *self.followers.get(&other)?.iter().find(|&&follower| is_lost(follower))?;
        let has = self.whole.evidence(of, id).a_in_b();
        Some(Objection::Lacks { of, has })
    }

    /// Returns the share of another page that is lost where it goes in favour of one.
    fn loss(&self, around: Surroundings, id: DocId, other: DocId) -> f64 {
        let goes = other != id && self.verified(around.corpus, other, id).is_some();
        if goes { around.surplus(other, id).own } else { 0.0 }
    }

    /// Returns how a pair of reposts relates.
    fn verified(&self, corpus: &Compared, a: DocId, b: DocId) -> Option<(RelationKind, Evidence)> {
        let evidence = corpus.evidence(a, b);
        let kind = relate(&evidence, corpus.settings).filter(|&kind| kind <= RelationKind::Repost)?;
        Some((kind, evidence))
    }

    fn compare(&self, corpus: &Compared, a: DocId, b: DocId) -> Ordering {
        plan::compare(self.preferences, &self.candidate(corpus, a), &self.candidate(corpus, b))
    }

    /// Whether a document is what could be read of a file that breaks off. A record was there whole, or it would be none.
    fn is_torn(&self, id: DocId) -> bool {
        let origin = &self.pages[id.index()].origin;
        origin.line == 0 && self.torn.contains(&origin.file)
    }

    fn candidate(&self, corpus: &Compared, id: DocId) -> Candidate<'a> {
        let page = &self.pages[id.index()];
        Candidate {
            key: &page.key,
            tokens: page.blocks.tokens,
            content: corpus.content_tokens(id),
            date: page.date,
            is_torn: self.is_torn(id),
        }
    }

    fn into_plan(self, findings: &Findings, known: &Known, rounds: Rounds) -> Plan {
        let Choice { pages, whole, preferences, fates, mut why, .. } = self;
        let unique = unique(whole, &fates);
        let mut of_kept: Vec<(DocId, Vec<Dropped>)> = Vec::new();
        let mut by_kept: Vec<(DocId, DocId, &Gone)> = (0..)
            .map(DocId)
            .zip(&fates)
            .filter_map(|(id, fate)| fate.as_ref().map(|gone| (gone.to, id, gone)))
            .collect();
        by_kept.sort_unstable_by_key(|&(to, id, _)| (to, id));
        for &(to, id, gone) in &by_kept {
            let page = &pages[id.index()];
            let dropped = Dropped {
                key: page.key.clone(),
                hash: page.text,
                content: whole.content_tokens(id),
                kind: gone.kind,
                resemblance: rounded(gone.evidence.resemblance()),
                containment: rounded(gone.evidence.a_in_b()),
                unique: rounded(unique[&id]),
                round: gone.round,
            };
            match of_kept.last_mut().filter(|(kept, _)| *kept == to) {
                Some((_, list)) => list.push(dropped),
                None => of_kept.push((to, vec![dropped])),
            }
        }
        let kept = of_kept.into_iter().map(|(id, dropped)| {
            let page = &pages[id.index()];
            Kept {
                key: page.key.clone(),
                hash: page.text,
                content: whole.content_tokens(id),
                why: why.remove(&id).map(|why| why.clause).unwrap_or_default(),
                dropped,
            }
        });
        let kept: Vec<Kept> = kept.collect();
        let bytes = |is: &dyn Fn(usize) -> bool| (0..pages.len()).filter(|&at| is(at)).map(|at| pages[at].bytes).sum();
        let mut notes = Vec::new();
        if rounds.left > 0 {
            notes.push(format!(
                "{} repost {} after {} rounds, which is where dedup ends: scan what is kept, and dedup that once more",
                rounds.left,
                if rounds.left == 1 { "cluster remains" } else { "clusters remain" },
                rounds.count
            ));
        }
        let dropped = kept.iter().flat_map(|kept| &kept.dropped);
        let lost = dropped.filter(|dropped| dropped.unique > MOST_LOST).count();
        if lost > 0 {
            notes.push(format!(
                "more than {}% of the content of {lost} {} in no page that is kept, each a repost of one that is: `unique` \
                 says how much; a page stays if its entry is taken out",
                MOST_LOST * 100.0,
                if lost == 1 { "page that goes is" } else { "pages that go is" }
            ));
        }
        Plan {
            format: plan::FORMAT.into(),
            tongwen: env!("CARGO_PKG_VERSION").into(),
            keep: preferences.iter().map(ToString::to_string).collect(),
            settings: findings.settings.clone(),
            input: findings.input.clone(),
            counts: Counts {
                documents: pages.len() as u64,
                dropped: by_kept.len() as u64,
                bytes: bytes(&|_| true),
                dropped_bytes: bytes(&|at| fates[at].is_some()),
                rounds: rounds.count,
                left: rounds.left as u64,
            },
            corpus: digest(pages),
            known_hash: known.identity(),
            kept,
            notes,
        }
    }
}

impl Compared<'_> {
    /// Returns what of a document is boilerplate; nothing where none is told, or it has no text.
    fn mask(&self, id: DocId) -> Option<&Mask> {
        let text = self.text_of[id.index()];
        self.boilerplate.as_ref().filter(|_| text != NO_TEXT).map(|found| &found.masks[text as usize])
    }

    /// Returns how many tokens of a document are content.
    pub(super) fn content_tokens(&self, id: DocId) -> u32 {
        self.mask(id).map_or(self.pages[id.index()].blocks.tokens, Mask::content_tokens)
    }

    /// Returns the seeds of a text's content with their places, in order.
    fn content_seeds(&self, text: u32) -> Vec<(u32, Seed)> {
        if text == NO_TEXT {
            return Vec::new();
        }
        let shingles = self.texts[text as usize].shingles;
        match self.boilerplate.as_ref().map(|found| &found.masks[text as usize]) {
            Some(mask) => mask.content_seeds().map(|at| (at, seed::at(shingles, at))).collect(),
            None => (0..seed::count(shingles)).map(|at| (at, seed::at(shingles, at))).collect(),
        }
    }
}

/// Returns for each document that goes the share of its content that stands in none that stays.
///
/// What counts is passages: [`LEAST_PASSAGE`] seeds in a row. Where it stands in another page does not matter.
fn unique(whole: &Compared, fates: &[Option<Gone>]) -> HashMap<DocId, f64> {
    let gone: Vec<DocId> = (0..fates.len() as u32).map(DocId).filter(|id| fates[id.index()].is_some()).collect();
    let seeds: Vec<Vec<(u32, Seed)>> =
        gone.par_iter().map(|&id| whole.content_seeds(whole.text_of[id.index()])).collect();
    let wanted: FxHashSet<Seed> = seeds.iter().flatten().map(|&(_, seed)| seed).collect();
    let mut kept: FxHashSet<Seed> = FxHashSet::default();
    let mut met: FxHashSet<u32> = FxHashSet::default();
    for (id, &text) in whole.text_of.iter().enumerate() {
        if fates[id].is_none() && text != NO_TEXT && met.insert(text) {
            let shingles = whole.texts[text as usize].shingles;
            let all = (0..seed::count(shingles)).map(|at| seed::at(shingles, at));
            kept.extend(all.filter(|seed| wanted.contains(seed)));
        }
    }
    let share = |seeds: &Vec<(u32, Seed)>| {
        let runs = seeds.chunk_by(|a, b| a.0 + 1 == b.0 && kept.contains(&a.1) == kept.contains(&b.1));
        let missing = runs.filter(|run| run.len() >= LEAST_PASSAGE && !kept.contains(&run[0].1));
        missing.map(<[_]>::len).sum::<usize>() as f64 / seeds.len().max(1) as f64
    };
    gone.into_iter().zip(seeds.iter().map(share)).collect()
}
