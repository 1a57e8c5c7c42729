//! Documents that are to pass a gate: compared with each other, and with an index.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use super::indexed::{Batch, Standing, take_over, tidied};
use super::packed::Vocabularies;
use super::page::{Page, Wanted, read};
use super::{Listed, Ordered, Progress, Task, find_in, ordered, pool};
use crate::answers::{Added, Answer};
use crate::dictionary::Known;
use crate::error::Result;
use crate::findings::{self, Counts, Findings, Verdict};
use crate::gate::{self, Baseline, Policy};
use crate::index::{Index, Writer};
use crate::input::{Corpus, Sources};
use crate::settings::Settings;

/// What the documents are compared with, beside each other.
#[derive(Debug)]
pub enum Beside<'w> {
    Nothing,
    Index(&'w Index),
    /// An index that takes in what passes.
    Growing(&'w mut Writer),
}

/// What was judged, and what was done.
#[derive(Debug)]
pub struct Gated {
    /// With a ruling, always.
    pub findings: Findings,
    /// What the index took in; nothing where it was to take nothing, or the gate could not decide.
    pub added: Option<Added>,
}

/// Returns what is found in the documents under `paths`, and whether that may pass.
///
/// # Input
/// As [`scan`](super::scan) reads. Beside an index the settings must be those of it, as far as they decide what is kept.
///
/// # Output
/// The findings of a scan, to which an index adds what it knows to be boilerplate and which of its pages the documents
/// relate to, and the ruling of [`gate::judge`]. A page of the index under a document's own key is an older version of
/// it, and no match; under the key of another document it is none where that says something else now, or where the index
/// has both as they are. A growing index takes in, all at once, every document that is no duplicate, and those that the
/// baseline knows; where the ruling is undecided, none.
///
/// # Errors
/// Those of [`scan`](super::scan) and of [`indexed`](super::indexed). The index is then what it was before.
///
/// # Performance
/// That of a scan; beside an index, of [`query`](super::indexed::query) too, but the documents are read once.
///
/// # Threading
/// As [`scan`](super::scan).
///
/// # Algorithm
/// 1. Read the documents.
/// 2. Compare them with each other as a scan does, with the frames that the index knows as a dictionary.
/// 3. Compare them with the index.
/// 4. Judge, and add what passed.
///
/// # Example
/// ```
/// use tongwen::findings::Verdict;
/// use tongwen::gate::Policy;
/// use tongwen::pipeline::{Silent, gated};
/// use tongwen::settings::Settings;
///
/// let folder = tempfile::tempdir()?;
/// std::fs::write(folder.path().join("a.txt"), "社区有需要，我们有响应，党员干部下沉社区。")?;
/// std::fs::write(folder.path().join("b.txt"), "社區有需要,我們有響應,黨員幹部下沉社區")?;
/// let (paths, settings) = ([folder.path().to_owned()], Settings::default());
/// let gated = gated::gate(&paths, gated::Beside::Nothing, &Policy::default(), None, &settings, &Silent)?;
/// let ruling = gated.findings.gate.ok_or("a gate rules")?;
/// assert_eq!((ruling.verdict, ruling.duplicates[0].of.as_str()), (Verdict::Fail, "a.txt"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn gate(
    paths: &[PathBuf],
    beside: Beside,
    policy: &Policy,
    baseline: Option<&Baseline>,
    settings: &Settings,
    progress: &dyn Progress,
) -> Result<Gated> {
    let settings = settings.checked()?;
    match &beside {
        Beside::Nothing => {}
        Beside::Index(index) => index.fits(&settings.analysis)?,
        Beside::Growing(writer) => writer.index().fits(&settings.analysis)?,
    }
    let known = Known::load(&settings.dictionaries, settings.analysis.tokens)?;
    let (corpus, sources) = Corpus::open(paths, &settings.input)?.with_sources();
    let judging = Judging { settings: &settings, known, sources: &sources, policy, baseline, progress };
    pool(&settings)?.install(|| judging.gated(corpus, beside))
}

struct Judging<'a> {
    settings: &'a Settings,
    /// What dictionaries know.
    known: Known,
    sources: &'a Sources,
    policy: &'a Policy,
    baseline: Option<&'a Baseline>,
    progress: &'a dyn Progress,
}

impl Judging<'_> {
    fn gated(&self, corpus: Corpus, beside: Beside) -> Result<Gated> {
        let vocabularies = Vocabularies::default();
        let wanted = matches!(beside, Beside::Growing(_)).then_some(&vocabularies);
        let reading = read(corpus, &self.settings.analysis, Wanted::Nothing, wanted, self.progress);
        let read = ordered(reading);
        let Ordered { pages, skipped, mut notes } = match beside {
            Beside::Growing(_) => read.nameable(&self.settings.input),
            _ => read,
        };
        let index = match &beside {
            Beside::Nothing => None,
            Beside::Index(index) => Some(*index),
            Beside::Growing(writer) => Some(writer.index()),
        };
        let found = self.found(&pages, index)?;
        notes.extend(found.notes);
        let counts = Counts { skipped: skipped.len() as u64, ..found.counts };
        let mut findings = Findings { input: self.settings.input.clone(), counts, skipped, notes, ..found };
        let ruling = |findings: &Findings| gate::judge(findings, self.policy, self.baseline);
        let (Some(index), false) = (index, pages.is_empty()) else {
            findings.gate = Some(ruling(&findings));
            let added = match beside {
                Beside::Growing(_) => Some(Added::default()),
                _ => None,
            };
            return Ok(Gated { findings, added });
        };
        let batch = Batch::new(pages, index, self.settings, self.known.clone())?;
        let mut added = Added::default();
        let kepts = batch.judged(self.progress, |judged| {
            let new = batch.new_pages();
            let standings = new.iter().map(|page| Standing::of(page, index)).collect::<Result<Vec<_>>>()?;
            let by_key: HashMap<&str, Standing> =
                new.iter().zip(&standings).map(|(page, &standing)| (page.key.as_str(), standing)).collect();
            // An older version is no match. Two documents that the index has as they are were compared above.
            let gives_way = |at: usize, key: &str| {
                key == new[at].key
                    || by_key.get(key).is_some_and(|&standing| match standing {
                        Standing::Replaced => true,
                        Standing::Unchanged => standings[at] == Standing::Unchanged,
                        Standing::Added => false,
                    })
            };
            findings.known = known_of(judged.answers(Some(&gives_way))?);
            let ruling = ruling(&findings);
            let ruling = findings.gate.insert(ruling);
            if ruling.verdict == Verdict::Undecided || !matches!(beside, Beside::Growing(_)) {
                return Ok(None);
            }
            let repeating: HashSet<&str> = ruling.new_ones().map(|duplicate| duplicate.key.as_str()).collect();
            let mut unchanged = HashSet::new();
            let passed = new.iter().zip(&standings).filter(|(page, _)| !repeating.contains(page.key.as_str()));
            for (page, &standing) in passed {
                standing.count(&mut added);
                if standing == Standing::Unchanged {
                    unchanged.insert(page.key.as_str());
                }
            }
            let is_wanted = |key: &str| !repeating.contains(key) && !unchanged.contains(key);
            Ok(Some(judged.kept(|page| is_wanted(&page.key))))
        })?;
        let pages = batch.pages;
        match (beside, kepts) {
            (Beside::Growing(writer), Some(kepts)) => {
                kepts.write(&pages, vocabularies, writer)?;
                added.notes.extend(tidied(writer));
                Ok(Gated { findings, added: Some(added) })
            }
            _ => Ok(Gated { findings, added: None }),
        }
    }

    /// Returns what a scan of documents finds that knows the frames of an index.
    fn found(&self, pages: &[Page], index: Option<&Index>) -> Result<Findings> {
        let analysis = &self.settings.analysis;
        let mut known = self.known.clone();
        if let Some(index) = index.filter(|_| analysis.boilerplate) {
            take_over(&mut known, pages, index, |_, _| false);
        }
        let sources = analysis.boilerplate.then_some(self.sources);
        let listed = Listed { blocks: findings::MOST_BLOCKS, pairs: None };
        let task = Task { settings: analysis, known: &known, sources, listed, checkpoints: None };
        Ok(find_in(pages, &task, self.progress)?.0)
    }
}

/// Returns what an index knows of documents, as findings say it.
fn known_of(answers: Vec<Answer>) -> Vec<findings::Known> {
    let of_document = |answer: Answer| {
        let key = answer.key;
        answer.matches.into_iter().map(move |found| findings::Known {
            key: key.clone(),
            kind: found.kind,
            of: found.key,
            copies: found.copies,
            resemblance: found.resemblance,
            a_in_b: found.a_in_b,
            b_in_a: found.b_in_a,
            is_part: found.is_part,
        })
    };
    answers.into_iter().flat_map(of_document).collect()
}
