//! Findings and a policy → pass, fail, or undecided. What a baseline knows does not count.
//!
//! A **duplicate** is a document that repeats another one, in a way that the policy minds. Of a cluster of `n` pages
//! `n - 1` are duplicates: all but the one that is kept. Of a pair it is the part (`contained`), the page that quotes
//! (`excerpt`), or the later key; beside an index it is the document, whatever its key.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::findings::{Cluster, Digest, Duplicate, Findings, RelationKind, Ruling, Verdict};
use crate::normalise;
use crate::segment;
use crate::settings::TokenKind;
use crate::versioned;

/// What a gate lets pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// The kinds of relations that make a duplicate, strongest first and each once.
    fail_on: Vec<RelationKind>,
    /// How many documents may be duplicates.
    max_duplicates: Option<u64>,
    /// Which share of the documents may be.
    max_share: Option<f64>,
    /// How many files and records may be unreadable.
    max_skipped: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            fail_on: vec![RelationKind::Identical, RelationKind::Repost],
            max_duplicates: None,
            max_share: None,
            max_skipped: 0,
        }
    }
}

impl Policy {
    /// Returns a policy; without `max_duplicates` and `max_share` it allows no duplicate at all.
    ///
    /// # Errors
    /// When no kind is named, or the share is none.
    pub fn new(
        fail_on: impl IntoIterator<Item = RelationKind>,
        max_duplicates: Option<u64>,
        max_share: Option<f64>,
        max_skipped: u64,
    ) -> Result<Self> {
        let fail_on: BTreeSet<RelationKind> = fail_on.into_iter().collect();
        if fail_on.is_empty() {
            return Err(Error::Settings("a gate that fails on nothing judges nothing: name a kind of relation".into()));
        }
        if let Some(share) = max_share.filter(|share| !(0.0..=1.0).contains(share)) {
            return Err(Error::Settings(format!("share {share} is out of range: use 0% to 100%")));
        }
        Ok(Self { fail_on: fail_on.into_iter().collect(), max_duplicates, max_share, max_skipped })
    }

    /// Returns the kinds of relations that make a duplicate, strongest first.
    pub fn kinds(&self) -> impl Iterator<Item = RelationKind> + '_ {
        self.fail_on.iter().copied()
    }

    /// Returns whether a relation of this kind makes a duplicate.
    pub fn minds(&self, kind: RelationKind) -> bool {
        self.fail_on.binary_search(&kind).is_ok()
    }

    /// Returns why so many files and records that could not be read are too many; nothing where they are not.
    fn unread(&self, skipped: u64) -> Option<String> {
        let were = if skipped == 1 { "file or record was" } else { "files and records were" };
        (skipped > self.max_skipped).then(|| match self.max_skipped {
            0 => format!("{skipped} {were} not compared, and all must be"),
            most => format!("{skipped} {were} not compared, and no more than {most} may be left out"),
        })
    }

    /// Returns why so many new duplicates among so many documents are too many; nothing where they are not.
    fn too_many(&self, duplicates: u64, documents: u64) -> Vec<String> {
        let repeat = match duplicates {
            1 => "1 document repeats another one".to_owned(),
            _ => format!("{duplicates} documents repeat others"),
        };
        let most = self.max_duplicates.or(if self.max_share.is_none() { Some(0) } else { None });
        let by_number = most.filter(|&most| duplicates > most).map(|most| match most {
            0 => format!("{repeat}, and none may"),
            _ => format!("{repeat}, and no more than {most} may"),
        });
        let share = if documents == 0 { 0.0 } else { duplicates as f64 / documents as f64 };
        let by_share = self.max_share.filter(|&most| share > most).map(|most| {
            let percent = |share: f64| format!("{}%", (share * 1e4).round() / 1e2);
            format!("{repeat}, {} of {documents}, and no more than {} may", percent(share), percent(most))
        });
        by_number.into_iter().chain(by_share).collect()
    }
}

/// Returns what a policy makes of findings, given what is known from before.
///
/// Trouble outranks findings: where too much could not be read, nothing passes and nothing fails. A digest that the
/// findings lack (they are of a version that wrote none) is known to no baseline.
pub fn judge(findings: &Findings, policy: &Policy, baseline: Option<&Baseline>) -> Ruling {
    let duplicates = duplicates(findings, policy, baseline);
    let new = duplicates.iter().filter(|duplicate| !duplicate.is_known).count() as u64;
    let unread = policy.unread(findings.counts.skipped);
    let too_many = policy.too_many(new, findings.counts.documents);
    let verdict = match (unread.is_none(), too_many.is_empty()) {
        (false, _) => Verdict::Undecided,
        (true, false) => Verdict::Fail,
        (true, true) => Verdict::Pass,
    };
    let reasons = unread.into_iter().chain(too_many).collect();
    Ruling { verdict, reasons, fail_on: policy.fail_on.clone(), duplicates }
}

/// Returns the documents that repeat others, each once, by key: by its strongest reason that no baseline knows, or by
/// its strongest where all are known.
fn duplicates(findings: &Findings, policy: &Policy, baseline: Option<&Baseline>) -> Vec<Duplicate> {
    let digests = Digests::new(findings);
    let mut left = Left::new(baseline);
    let mut all: BTreeMap<&str, Duplicate> = BTreeMap::new();
    let mut tell = |duplicate: Duplicate, key| {
        let rank = |duplicate: &Duplicate| (duplicate.is_known, duplicate.kind, duplicate.in_index);
        let known = all.entry(key).or_insert_with(|| duplicate.clone());
        if rank(&duplicate) < rank(known) {
            *known = duplicate;
        }
    };
    for repeats in repeats(findings, policy, &digests) {
        let is_known = left.take(&repeats);
        let minded = repeats.repeats.into_iter().zip(is_known).filter(|(repeat, _)| policy.minds(repeat.kind));
        for (Repeat { key, kind, of, in_index, resemblance, .. }, is_known) in minded {
            let duplicate = Duplicate { key: key.into(), kind, of: of.into(), in_index, resemblance, is_known };
            tell(duplicate, key);
        }
    }
    all.into_values().collect()
}

/// What the documents of findings say, by key.
struct Digests<'f>(HashMap<&'f str, Digest>);

impl<'f> Digests<'f> {
    fn new(findings: &'f Findings) -> Self {
        let documents = findings.documents.iter();
        Self(documents.filter_map(|document| Some((document.key.as_str(), document.digest?))).collect())
    }

    fn of(&self, key: &str) -> Option<Digest> {
        self.0.get(key).copied()
    }
}

/// A document that repeats another one.
struct Repeat<'f> {
    key: &'f str,
    digest: Option<Digest>,
    kind: RelationKind,
    of: &'f str,
    in_index: bool,
    resemblance: f64,
}

/// Documents that repeat others in one way, as a baseline knows them: also those of which a policy does not mind the kind.
struct Repeats<'f> {
    way: Way,
    /// What the document says that they all repeat, where it is one of those that were judged.
    kept: Option<Digest>,
    repeats: Vec<Repeat<'f>>,
}

/// How documents come to repeat each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Way {
    /// They are in one cluster of reposts.
    Reposts,
    /// They are pages of one template.
    Template,
    Contained,
    Excerpt,
    /// A pair outside the clusters.
    Pair,
    /// An index knows what they say.
    Index,
}

impl Way {
    /// Returns whether any number of documents come together so, and not only two.
    fn is_of_many(self) -> bool {
        matches!(self, Self::Reposts | Self::Template)
    }
}

/// Returns all that repeats something else in a way that the policy minds, in the order of the findings.
fn repeats<'f>(findings: &'f Findings, policy: &Policy, digests: &Digests) -> Vec<Repeats<'f>> {
    let mut all = Vec::new();
    for cluster in &findings.clusters {
        match cluster {
            Cluster::Repost { keep, members, .. } => {
                let of_keep = digests.of(keep);
                let mut met: HashMap<Digest, &str> =
                    of_keep.map(|digest| (digest, keep.as_str())).into_iter().collect();
                let mut repeats = Vec::new();
                for member in members.iter().filter(|member| member.key != *keep) {
                    let digest = digests.of(&member.key);
                    // Copies of a page that is itself a repost are identical to that one.
                    let same = digest.and_then(|digest| {
                        let first = met.get(&digest).copied();
                        met.entry(digest).or_insert(&member.key);
                        first
                    });
                    let (kind, of, resemblance) = match same {
                        Some(first) => (RelationKind::Identical, first, 1.0),
                        None => (RelationKind::Repost, keep.as_str(), member.resemblance),
                    };
                    repeats.push(Repeat { key: &member.key, digest, kind, of, in_index: false, resemblance });
                }
                all.push(Repeats { way: Way::Reposts, kept: of_keep, repeats });
            }
            Cluster::Boilerplate { members, .. } if policy.minds(RelationKind::Boilerplate) => {
                let Some((first, others)) = members.split_first() else { continue };
                let kind = RelationKind::Boilerplate;
                let repeat = |key: &'f String| {
                    let digest = digests.of(key);
                    Repeat { key, digest, kind, of: &first.key, in_index: false, resemblance: 0.0 }
                };
                let repeats = others.iter().map(|page| repeat(&page.key)).collect();
                all.push(Repeats { way: Way::Template, kept: digests.of(&first.key), repeats });
            }
            Cluster::Boilerplate { .. } => {}
        }
    }
    // A repost that stands in no cluster is one of a page that goes, or of one of several articles, which none makes up
    // for: who takes out what the clusters say has nothing left to do.
    let is_of_pair = |kind: RelationKind| kind > RelationKind::Repost && policy.minds(kind);
    for relation in findings.relations.iter().filter(|relation| is_of_pair(relation.kind)) {
        let (way, key, of) = match relation.kind {
            RelationKind::Contained => (Way::Contained, &relation.a, &relation.b),
            RelationKind::Excerpt => (Way::Excerpt, &relation.b, &relation.a),
            // No scan lists a pair of another kind; what a baseline of an earlier version knows as one is met no more.
            _ => (Way::Pair, (&relation.a).max(&relation.b), (&relation.a).min(&relation.b)),
        };
        let resemblance = relation.resemblance;
        let repeat = Repeat { key, digest: digests.of(key), kind: relation.kind, of, in_index: false, resemblance };
        all.push(Repeats { way, kept: digests.of(of), repeats: vec![repeat] });
    }
    for known in findings.known.chunk_by(|a, b| a.key == b.key) {
        if let Some(page) = known.iter().find(|known| policy.minds(known.kind)) {
            let (key, of, resemblance) = (&page.key, &page.of, page.resemblance);
            let repeat = Repeat { key, digest: digests.of(key), kind: page.kind, of, in_index: true, resemblance };
            all.push(Repeats { way: Way::Index, kept: None, repeats: vec![repeat] });
        }
    }
    all.retain(|repeats| repeats.repeats.iter().any(|repeat| policy.minds(repeat.kind)));
    all
}

/// Name and version of the JSON of baselines.
pub const FORMAT: &str = "tongwen-baseline/1";

/// Duplicates that were there before, so that only new ones count.
///
/// They are known by what they say and how often it was there, not by their names: a third copy of two is new, a
/// document that was renamed is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    format: String,
    /// Version of the program that wrote it.
    tongwen: String,
    /// What changes a digest: tokens, the rules of normalisation, and how words are told.
    tokens: TokenKind,
    normaliser: u32,
    segmenter: String,
    /// In the order of their ways, then of what they say.
    groups: Vec<Group>,
}

/// Documents that repeat each other in one way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    way: Way,
    /// What the documents say, and how many of them. The kept one of a cluster is among them, of a pair it counts 0.
    texts: BTreeMap<Digest, u64>,
}

impl Baseline {
    /// Returns a baseline that knows nothing, of documents that are cut into such tokens.
    pub fn of(tokens: TokenKind) -> Self {
        Self {
            format: FORMAT.into(),
            tongwen: env!("CARGO_PKG_VERSION").into(),
            tokens,
            normaliser: normalise::VERSION,
            segmenter: format!("{:016x}", segment::fingerprint(tokens)),
            groups: Vec::new(),
        }
    }

    /// Returns a baseline that knows all duplicates of some findings: judged by it, they pass.
    pub fn knowing(findings: &Findings, policy: &Policy) -> Self {
        let digests = Digests::new(findings);
        let mut groups: Vec<Group> = Vec::new();
        let mut pairs: BTreeMap<(Way, BTreeSet<Digest>), BTreeMap<Digest, u64>> = BTreeMap::new();
        for Repeats { way, kept, repeats } in repeats(findings, policy, &digests) {
            let repeated = repeats.iter().filter_map(|repeat| repeat.digest);
            if way.is_of_many() {
                let mut texts = BTreeMap::new();
                repeated.chain(kept).for_each(|digest| *texts.entry(digest).or_default() += 1);
                groups.push(Group { way, texts });
            } else {
                let both = repeated.clone().chain(kept).collect();
                let texts = pairs.entry((way, both)).or_default();
                // What is repeated may be repeated any number of times; only those that do it are counted.
                texts.extend(kept.filter(|kept| !texts.contains_key(kept)).map(|kept| (kept, 0)));
                repeated.for_each(|digest| *texts.entry(digest).or_default() += 1);
            }
        }
        groups.extend(pairs.into_iter().map(|((way, _), texts)| Group { way, texts }));
        groups.retain(|group| !group.texts.is_empty());
        groups.sort_unstable();
        Self { groups, ..Self::of(findings.settings.tokens) }
    }

    /// Returns the baseline saved at `path`.
    ///
    /// # Errors
    /// When it cannot be read, is no baseline, or was made by other settings or rules than those of this run.
    pub fn load(path: &Path, tokens: TokenKind) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => Error::NotFound(format!(
                "there is no baseline `{}`: make it with `--update-baseline`, or leave `--baseline` out",
                path.display()
            )),
            _ => Error::io("read", path, source),
        })?;
        let refuse = |reason| refused(path, reason);
        let again = "make it again with `--update-baseline`";
        let baseline: Self = versioned::read(&bytes, FORMAT, again, refuse)?;
        let own = Self::of(tokens);
        if baseline.tokens != own.tokens {
            let (its, own) = (baseline.tokens.name(), own.tokens.name());
            return Err(refuse(format!(
                "it was made with `--tokens {its}` and this run has `--tokens {own}`: pass `--tokens {its}`, or {again}"
            )));
        }
        if (baseline.normaliser, &baseline.segmenter) != (own.normaliser, &own.segmenter) {
            let reason = "its texts were compared by other rules or another dictionary of words than this program has";
            return Err(refuse(format!("{reason}: {again}")));
        }
        Ok(baseline)
    }

    /// Checks that a baseline may be written to `path`: there is none, or one of any version and settings.
    ///
    /// # Errors
    /// When the file cannot be read, or holds something else.
    pub fn may_replace(path: &Path) -> Result<()> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Error::io("read", path, error)),
        };
        let format = versioned::format_of(&bytes).map_err(|error| refused(path, error.to_string()))?;
        if format.starts_with("tongwen-baseline/") {
            return Ok(());
        }
        Err(refused(path, format!("its format is `{format}`: name another file, or remove this one")))
    }

    /// Returns the baseline as JSON, with a newline at the end. Equal documents give equal bytes, whatever their names.
    pub fn to_json(&self) -> String {
        // Plain maps, strings and numbers: nothing in it can fail to serialise.
        let mut json = serde_json::to_string_pretty(self).expect("a baseline is plain data");
        json.push('\n');
        json
    }
}

fn refused(path: &Path, reason: String) -> Error {
    Error::Format { path: path.to_owned(), expected: "a baseline of this gate", reason }
}

/// What of a baseline was not met yet.
struct Left {
    groups: Vec<Group>,
    /// Which groups hold a text in some way, rising. A pair is known as a pair, and stands under all of its texts: one text
    /// of it in another pair says nothing.
    holders: HashMap<(Way, BTreeSet<Digest>), Vec<usize>>,
}

impl Left {
    fn new(baseline: Option<&Baseline>) -> Self {
        let groups = baseline.map(|baseline| baseline.groups.clone()).unwrap_or_default();
        let mut holders: HashMap<(Way, BTreeSet<Digest>), Vec<usize>> = HashMap::new();
        for (number, group) in groups.iter().enumerate() {
            let mut held_as = |texts: BTreeSet<Digest>| holders.entry((group.way, texts)).or_default().push(number);
            if group.way.is_of_many() {
                group.texts.keys().for_each(|&digest| held_as(BTreeSet::from([digest])));
            } else {
                held_as(group.texts.keys().copied().collect());
            }
        }
        Self { groups, holders }
    }

    /// Returns for each of some repeats whether it was known, and takes it from what is left.
    ///
    /// They are looked for in the one group that has most of them: texts of two groups that repeat each other now did
    /// not do so before.
    fn take(&mut self, repeats: &Repeats) -> Vec<bool> {
        let Repeats { way, kept, repeats } = repeats;
        let mut digests: BTreeMap<Digest, u64> = BTreeMap::new();
        for digest in kept.iter().copied().chain(repeats.iter().filter_map(|repeat| repeat.digest)) {
            *digests.entry(digest).or_default() += 1;
        }
        let mut held_as: BTreeSet<BTreeSet<Digest>> = digests.keys().map(|&digest| BTreeSet::from([digest])).collect();
        if !way.is_of_many() {
            held_as.insert(digests.keys().copied().collect());
        }
        // How much of them each group has.
        let mut shared: BTreeMap<usize, u64> = BTreeMap::new();
        for texts in held_as {
            let held: Vec<Digest> = texts.iter().copied().collect();
            for &number in self.holders.get(&(*way, texts)).into_iter().flatten() {
                let group = &self.groups[number].texts;
                let both = held.iter().map(|digest| digests[digest].min(*group.get(digest).unwrap_or(&0)));
                *shared.entry(number).or_default() += both.sum::<u64>();
            }
        }
        let best = shared.iter().map(|(&number, &both)| (both, number));
        let best = best.max_by_key(|&(both, number)| (both, std::cmp::Reverse(number)));
        let Some((_, number)) = best else { return vec![false; repeats.len()] };
        let texts = &mut self.groups[number].texts;
        let mut take = |digest: Option<Digest>| match digest.and_then(|digest| texts.get_mut(&digest)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        };
        let is_kept_known = !way.is_of_many() || take(*kept);
        let mut is_known: Vec<bool> = repeats.iter().map(|repeat| take(repeat.digest)).collect();
        // Another page is kept now than before: then one of those that were known is only what it repeats.
        if !is_kept_known && let Some(first) = is_known.iter_mut().find(|is_known| **is_known) {
            *first = false;
        }
        is_known
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::findings::{self, Boilerplate, Counts, Known, Member, Relation, Scanned};
    use crate::settings::{AnalysisSettings, InputSettings};

    /// Findings of documents, each with what it says as a number, in clusters of which the first is kept.
    fn found(clusters: &[&[(&str, u128)]]) -> Findings {
        let member = |&(key, _): &(&str, u128)| Member { key: key.into(), resemblance: 0.9, containment: 0.9 };
        let cluster = |cluster: &&[(&str, u128)]| Cluster::Repost {
            keep: cluster[0].0.into(),
            snippet: String::new(),
            members: cluster.iter().map(member).collect(),
        };
        let documents = clusters.iter().copied().flatten();
        let scanned = |&(key, digest): &(&str, u128)| {
            let digest = Some(Digest(digest));
            Scanned { key: key.into(), digest, ..Scanned::default() }
        };
        let mut documents: Vec<Scanned> = documents.map(scanned).collect();
        documents.sort_by(|a, b| a.key.cmp(&b.key));
        Findings {
            format: findings::FORMAT.into(),
            tongwen: "0.1.0".into(),
            settings: AnalysisSettings::default(),
            input: InputSettings::default(),
            counts: Counts { documents: documents.len() as u64, ..Counts::default() },
            clusters: clusters.iter().map(cluster).collect(),
            relations: Vec::new(),
            boilerplate: Boilerplate::default(),
            documents,
            known: Vec::new(),
            gate: None,
            skipped: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Returns the keys of the duplicates that are new.
    fn new(findings: &Findings, policy: &Policy, baseline: Option<&Baseline>) -> Vec<String> {
        judge(findings, policy, baseline).new_ones().map(|duplicate| duplicate.key.clone()).collect()
    }

    fn policy(kinds: &[RelationKind]) -> Policy {
        Policy::new(kinds.iter().copied(), None, None, 0).unwrap()
    }

    #[test]
    fn all_of_a_cluster_but_the_kept_one_are_duplicates() {
        let found = found(&[&[("甲", 1), ("乙", 2), ("丙", 3)]]);
        let ruling = judge(&found, &Policy::default(), None);
        assert_eq!(ruling.verdict, Verdict::Fail);
        assert_eq!(ruling.reasons, ["2 documents repeat others, and none may"]);
        assert_eq!(new(&found, &Policy::default(), None), ["丙", "乙"]);
    }

    #[test]
    fn copies_of_a_repost_are_identical_to_it() {
        let found = found(&[&[("甲", 1), ("乙", 2), ("丙", 2)]]);
        let ruling = judge(&found, &policy(&[RelationKind::Identical]), None);
        let [duplicate] = &*ruling.duplicates else { panic!("{ruling:?}") };
        assert_eq!((&*duplicate.key, &*duplicate.of, duplicate.kind), ("丙", "乙", RelationKind::Identical));
        assert_eq!(new(&found, &policy(&[RelationKind::Repost]), None), ["乙"]);
    }

    #[test]
    fn a_known_pair_passes_under_other_names_and_its_third_copy_is_new() {
        for kinds in [&[RelationKind::Identical, RelationKind::Repost][..], &[RelationKind::Identical]] {
            let policy = policy(kinds);
            let known = Baseline::knowing(&found(&[&[("甲", 1), ("乙", 1)]]), &policy);
            assert!(new(&found(&[&[("丙", 1), ("丁", 1)]]), &policy, Some(&known)).is_empty());
            assert_eq!(new(&found(&[&[("丙", 1), ("丁", 1), ("戊", 1)]]), &policy, Some(&known)).len(), 1);
        }
    }

    #[test]
    fn copies_of_a_page_that_is_not_kept_are_counted_too() {
        let policy = policy(&[RelationKind::Identical]);
        let known = Baseline::knowing(&found(&[&[("甲", 1), ("乙", 2), ("丙", 2)]]), &policy);
        assert_eq!(new(&found(&[&[("甲", 1), ("乙", 2), ("丙", 2), ("丁", 2)]]), &policy, Some(&known)).len(), 1);
        // Another page is kept, and one is gone.
        assert!(new(&found(&[&[("乙", 2), ("丙", 2)]]), &policy, Some(&known)).is_empty());
    }

    #[test]
    fn two_known_articles_that_repeat_each_other_now_are_new() {
        let before = found(&[&[("甲", 1), ("乙", 2)], &[("丙", 3), ("丁", 4)]]);
        let known = Baseline::knowing(&before, &Policy::default());
        let now = found(&[&[("甲", 1), ("乙", 2), ("丙", 3), ("丁", 4)]]);
        assert_eq!(new(&now, &Policy::default(), Some(&known)).len(), 2);
        let now = found(&[&[("甲", 1), ("丙", 3)]]);
        assert_eq!(new(&now, &Policy::default(), Some(&known)), ["丙"]);
    }

    #[test]
    fn another_kept_page_makes_one_new_duplicate_of_those_known() {
        let known = Baseline::knowing(&found(&[&[("甲", 1), ("乙", 2)]]), &Policy::default());
        assert_eq!(new(&found(&[&[("新", 9), ("甲", 1), ("乙", 2)]]), &Policy::default(), Some(&known)).len(), 1);
        assert!(new(&found(&[&[("乙", 2), ("甲", 1)]]), &Policy::default(), Some(&known)).is_empty());
    }

    #[test]
    fn a_document_that_an_index_knows_is_a_duplicate_also_where_it_is_kept() {
        let beside = |keys: &[&str]| {
            let mut found = found(&[&[("甲", 1), ("乙", 2)]]);
            let known = |key: &&str| Known {
                key: (*key).into(),
                kind: RelationKind::Repost,
                of: "旧".into(),
                copies: 0,
                resemblance: 0.8,
                a_in_b: 0.9,
                b_in_a: 0.9,
                is_part: false,
            };
            found.known = keys.iter().map(known).collect();
            found
        };
        assert_eq!(new(&beside(&["甲"]), &Policy::default(), None), ["乙", "甲"]);
        let known = Baseline::knowing(&beside(&[]), &Policy::default());
        assert_eq!(new(&beside(&["乙"]), &Policy::default(), Some(&known)), ["乙"]);
        let known = Baseline::knowing(&beside(&["乙"]), &Policy::default());
        assert!(new(&beside(&["乙"]), &Policy::default(), Some(&known)).is_empty());
    }

    #[test]
    fn of_a_pair_the_part_and_the_quoting_page_are_the_duplicates() {
        let related = |kind, times: usize| {
            let mut found = found(&[&[("书", 1)], &[("章", 2)], &[("章二", 2)]]);
            found.clusters.clear();
            let relation =
                |a: &str| Relation { kind, a: a.into(), b: "书".into(), resemblance: 0.1, a_in_b: 0.9, b_in_a: 0.1 };
            found.relations = ["章", "章二"].into_iter().take(times).map(relation).collect();
            found
        };
        let contained = policy(&[RelationKind::Contained]);
        assert_eq!(new(&related(RelationKind::Contained, 1), &contained, None), ["章"]);
        assert_eq!(new(&related(RelationKind::Excerpt, 1), &policy(&[RelationKind::Excerpt]), None), ["书"]);
        assert!(new(&related(RelationKind::Contained, 1), &Policy::default(), None).is_empty());
        let known = Baseline::knowing(&related(RelationKind::Contained, 1), &contained);
        assert!(new(&related(RelationKind::Contained, 1), &contained, Some(&known)).is_empty());
        assert_eq!(new(&related(RelationKind::Contained, 2), &contained, Some(&known)), ["章二"]);
    }

    #[test]
    fn a_repost_outside_of_the_clusters_is_no_duplicate() {
        let mut found = found(&[&[("甲", 1), ("乙", 2)], &[("丙", 3), ("丁", 4)]]);
        let relation = |a: &str, b: &str| Relation {
            kind: RelationKind::Repost,
            a: a.into(),
            b: b.into(),
            resemblance: 0.4,
            a_in_b: 0.5,
            b_in_a: 0.5,
        };
        // Of two clusters, and of pages of several articles, which are in none.
        found.relations = vec![relation("乙", "丙"), relation("文摘", "集")];
        assert_eq!(new(&found, &Policy::default(), None), ["丁", "乙"]);
    }

    #[test]
    fn as_many_as_may_pass_and_one_more_does_not() {
        let found = found(&[&[("甲", 1), ("乙", 2), ("丙", 3), ("丁", 4)]]);
        let verdict = |duplicates, share| {
            let policy = Policy::new([RelationKind::Repost], duplicates, share, 0).unwrap();
            judge(&found, &policy, None).verdict
        };
        assert_eq!(verdict(Some(3), None), Verdict::Pass);
        assert_eq!(verdict(Some(2), None), Verdict::Fail);
        assert_eq!(verdict(None, Some(0.75)), Verdict::Pass);
        assert_eq!(verdict(None, Some(0.74)), Verdict::Fail);
        assert_eq!(verdict(Some(2), Some(0.75)), Verdict::Fail);
        assert_eq!(verdict(Some(0), Some(1.0)), Verdict::Fail);
        assert!(Policy::new([RelationKind::Repost], None, Some(1.5), 0).is_err());
        assert!(Policy::new([RelationKind::Repost], None, Some(f64::NAN), 0).is_err());
        assert!(Policy::new([], None, None, 0).is_err());
    }

    #[test]
    fn trouble_outranks_findings() {
        let mut found = found(&[&[("甲", 1), ("乙", 1)]]);
        found.counts.skipped = 2;
        let ruling = judge(&found, &Policy::default(), None);
        assert_eq!(ruling.verdict, Verdict::Undecided);
        assert_eq!(ruling.reasons.len(), 2);
        let lenient = Policy::new([RelationKind::Identical], None, None, 2).unwrap();
        assert_eq!(judge(&found, &lenient, None).verdict, Verdict::Fail);
    }

    proptest! {
        #[test]
        fn what_a_baseline_was_made_of_passes_and_each_copy_more_is_one_new_duplicate(
            sizes in prop::collection::vec(prop::collection::vec(0_u128..4, 2..6), 1..5),
            more in prop::collection::vec(0_usize..20, 0..6),
            turn in 0_usize..6,
        ) {
            // Texts of one cluster are of no other.
            let mut texts: Vec<Vec<u128>> = sizes.iter().zip(0..).map(|(texts, number)| {
                texts.iter().map(|text| number * 10 + text).collect()
            }).collect();
            let built = |texts: &[Vec<u128>]| {
                let named: Vec<Vec<(String, u128)>> = texts.iter().enumerate().map(|(number, texts)| {
                    texts.iter().enumerate().map(|(at, &text)| (format!("{number}-{at}"), text)).collect()
                }).collect();
                let named: Vec<Vec<(&str, u128)>> =
                    named.iter().map(|texts| texts.iter().map(|(key, text)| (&**key, *text)).collect()).collect();
                found(&named.iter().map(Vec::as_slice).collect::<Vec<_>>())
            };
            let policy = Policy::default();
            let known = Baseline::knowing(&built(&texts), &policy);
            prop_assert_eq!(&Baseline::knowing(&built(&texts), &policy).to_json(), &known.to_json());
            prop_assert!(new(&built(&texts), &policy, Some(&known)).is_empty());
            for &at in &more {
                let cluster = at % texts.len();
                let copied = texts[cluster][at % texts[cluster].len()];
                texts[cluster].push(copied);
            }
            // Whichever of them is kept now.
            texts.iter_mut().for_each(|cluster| { let len = cluster.len(); cluster.rotate_left(turn % len); });
            prop_assert_eq!(new(&built(&texts), &policy, Some(&known)).len(), more.len());
        }
    }
}
