//! Frame lines → the templates that pages were made with.
//!
//! Sites share lines ("print this page"), and pages of one template differ in some (the name of the site), so no single
//! line tells a template. A template is taken for a set of lines that go together.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::boilerplate::Boilerplate;
use crate::longest;
use crate::passage::{Place, Text};
use crate::seed::bits;
use crate::shingle::{Shingle, ShingleSet};

/// Pages a line must be on for lines to be said to go with it.
const COMMON: usize = 4;

/// Share of a line's pages that must also carry another line for it to go with the first. Entries of related-documents
/// blocks, which recur on pages of any template, go with none.
const GOES_WITH: f64 = 0.95;

/// Share of a template's pages that must carry a line for it to belong to the template.
const BELONGS: f64 = 0.5;

/// Jaccard similarity from which on two sets of lines are one template, where a line that only the one has and a line that
/// only the other has count once: sites of one template differ in the lines that hold their names. At .85 as many pages of
/// labelled corpora are right, but a name in one line of six makes two templates.
const SAME: f64 = 0.8;

/// Lines a set must have to be one template with any that holds all of them: what is more there are entries of
/// related-documents blocks that stand on many pages of one site. Of two groups of known sites, it is a line of a template.
const LEAST_WITHIN: usize = 3;

/// Share of the texts that carry a line that must be of one group for the line to be the group's own.
const OWN: f64 = 0.95;

/// Lines that most texts of a site must have in common, and that each of a group must carry: one line is on pages of any
/// template.
const LEAST_OF_SITE: usize = 2;

/// Groups of one site; what is left is grouped by its lines alone.
const MOST_OF_SITE: usize = 8;

/// Groups that a line leads to, the largest, so that time does not grow with the square of the groups that have it.
const MOST_GROUPS: usize = 256;

/// Share of the wording of the longer of two lines that must be in the other for them to be one line with a field, and
/// the shingles a line must have for that to be told.
const SAME_FORM: f64 = 0.4;
const LEAST_WORDING: usize = 4;

/// Forms that a phrase is looked up in.
const MOST_FORMS: usize = 64;

/// Share of the bits of two short lines with numbers that must be the same for them to be one line with fields, and the
/// bits a line must have for that to be told. At .5 sites whose name is half of such a line were no template.
const SAME_BAG: f64 = 0.4;
const LEAST_BITS: u32 = 4;

/// Forms whose bits a line is compared with, those of the lines on most texts, so that time grows with the lines alone.
const MOST_BAGS: usize = 1024;

/// Rounds of joining; it ends as soon as one changes nothing.
const ROUNDS: usize = 8;

/// The pages of one template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Its texts, rising; two or more.
    pub texts: Vec<u32>,
    /// The forms of the lines that belong to it, with how many of its texts carry each, the most common first.
    pub lines: Vec<(u64, u32)>,
}

/// The templates of a corpus.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Templates {
    /// In the order of their first texts.
    pub all: Vec<Template>,
    /// Which lines of frame are one line to them.
    pub forms: Forms,
}

/// Returns the templates of a corpus, given the site of each text: empty where it is not known.
///
/// 1. Lines that differ in a field, such as the name of a site, are one line from here on.
/// 2. Texts of a site that carry at least half of the lines that more than half of them carry, and two of them, are a group
///    if they are four or more; then so of those that are left, up to eight times. A site that all texts are of tells
///    nothing.
/// 3. Of the other texts, each line that is common enough has a set: the lines that nearly all its texts carry, itself
///    among them. A text takes the largest set among those of its lines; texts of one set are a group (a site, mostly).
/// 4. Groups whose common lines are alike are joined, larger ones first, until nothing changes.
///
/// So sites are no more than a beginning: one may have two templates, and two may have one. Where they are not known, a
/// template that has no line of its own is not told from those it shares its lines with. Two groups that have no line in
/// common but such as 256 larger ones have are not compared.
///
/// Time grows with the lines and, per line, with its texts and theirs.
pub fn find(texts: &[Text], sites: &[&str], boilerplate: &Boilerplate) -> Templates {
    let mut framed = frame_lines(texts, boilerplate);
    let forms = Forms::new(texts, &framed);
    framed.par_iter_mut().for_each(|lines| {
        lines.iter_mut().for_each(|line| *line = forms.of(*line));
        lines.sort_unstable();
        lines.dedup();
    });
    let sets = Sets::new(&framed);
    let lines: Vec<Vec<u64>> = framed.par_iter().map(|lines| sets.telling(lines)).collect();
    let mut groups = of_sites(sites, &lines);
    let grouped: FxHashSet<u32> = groups.iter().flat_map(|group| &group.texts).copied().collect();
    let mut of_sets: BTreeMap<&[u64], Vec<u32>> = BTreeMap::new();
    for (text, lines) in (0..).zip(&lines).filter(|(text, _)| !grouped.contains(text)) {
        if let Some(largest) = sets.largest(lines) {
            of_sets.entry(largest).or_default().push(text);
        }
    }
    groups.extend(of_sets.into_values().map(|texts| Group::new(texts, &lines)));
    for _ in 0..ROUNDS {
        let before = groups.len();
        groups = joined(groups, &lines, &sets.holders);
        if groups.len() == before {
            break;
        }
    }
    let mut all: Vec<Template> = groups
        .into_iter()
        .filter(|group| group.texts.len() > 1 && !group.lines.is_empty())
        .map(|group| Template { texts: group.texts, lines: group.lines })
        .collect();
    all.sort_by(|a, b| a.texts.cmp(&b.texts));
    Templates { all, forms }
}

/// Returns for each text the hashes of its lines of frame, sorted.
fn frame_lines(texts: &[Text], boilerplate: &Boilerplate) -> Vec<Vec<u64>> {
    texts
        .par_iter()
        .zip(&boilerplate.masks)
        .map(|(text, mask)| {
            let lines = text.blocks.lines.iter().enumerate();
            let of_frame = lines.filter(|&(at, _)| {
                let tokens = text.blocks.line(at);
                mask.is_frame(tokens.clone()) && !mask.is_quoted(tokens)
            });
            let mut hashes: Vec<u64> = of_frame.map(|(_, line)| line.hash).collect();
            hashes.sort_unstable();
            hashes.dedup();
            hashes
        })
        .collect()
}

/// Which lines are one form with a field in it: the name of the site, its licence, its years.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forms {
    /// For each line that is of another's form, the other.
    of: FxHashMap<u64, u64>,
}

impl Forms {
    /// Returns the forms of some lines; of the lines of one form that on most texts stands for all.
    fn new(texts: &[Text], framed: &[Vec<u64>]) -> Self {
        let mut lines: FxHashMap<u64, (Reverse<usize>, Place)> = FxHashMap::default();
        let mut texts_of: FxHashMap<u64, Vec<u32>> = FxHashMap::default();
        for (text, framed) in (0..).zip(framed) {
            for line in framed {
                lines.entry(*line).or_insert((Reverse(0), (u32::MAX, u32::MAX))).0.0 += 1;
                texts_of.entry(*line).or_default().push(text);
            }
        }
        for (id, text) in (0..).zip(texts) {
            for (at, line) in (0..).zip(&text.blocks.lines) {
                if let Some((_, place)) = lines.get_mut(&line.hash) {
                    *place = (id, at).min(*place);
                }
            }
        }
        let mut lines: Vec<(Reverse<usize>, u64, Place)> =
            lines.into_iter().map(|(line, (count, place))| (count, line, place)).collect();
        lines.sort_unstable();
        let mut heads: Vec<(u64, usize)> = Vec::new();
        let mut texts_of_form: Vec<FxHashSet<u32>> = Vec::new();
        let mut with_shingle: FxHashMap<Shingle, Vec<usize>> = FxHashMap::default();
        // For each form how many shingles of the line at hand it has, all 0 between two lines, and which forms have any.
        let (mut shared, mut met): (Vec<u32>, Vec<usize>) = Default::default();
        let mut bags: Vec<(u64, usize)> = Vec::new();
        let mut of = FxHashMap::default();
        for (_, line, (id, at)) in lines {
            let own = &texts_of[&line];
            // Two lines of one page are two forms.
            let is_other = |form: usize| own.iter().all(|text| !texts_of_form[form].contains(text));
            let bag = Some(texts[id as usize].blocks.bags[at as usize]).filter(|bag| bag.count_ones() >= LEAST_BITS);
            let of_bag = bag.and_then(|bag| {
                let like = |&(other, _): &(u64, usize)| {
                    f64::from((bag & other).count_ones()) / f64::from((bag | other).count_ones())
                };
                let alike = bags.iter().copied().filter(|one| like(one) >= SAME_BAG && is_other(one.1));
                // The first of those that are most alike.
                alike.rev().max_by(|a, b| like(a).total_cmp(&like(b)))
            });
            if let Some((_, head)) = of_bag {
                of.insert(line, heads[head].0);
                texts_of_form[head].extend(own);
                continue;
            }
            let wording = wording(texts[id as usize], at as usize);
            let shingles = if wording.len() < LEAST_WORDING { &[] } else { wording.sorted() };
            if shingles.is_empty() && bag.is_none() {
                continue;
            }
            for &head in shingles.iter().filter_map(|shingle| with_shingle.get(shingle)).flatten() {
                if shared[head] == 0 {
                    met.push(head);
                }
                shared[head] += 1;
            }
            let share = |head: usize, shared: u32| f64::from(shared) / wording.len().max(heads[head].1) as f64;
            let alike = met.drain(..).map(|head| (head, share(head, std::mem::take(&mut shared[head]))));
            let alike = alike.filter(|&(head, share)| share >= SAME_FORM && is_other(head));
            // The first of those that are most alike.
            let best = alike.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
            let form = match best {
                Some((head, _)) => {
                    of.insert(line, heads[head].0);
                    texts_of_form[head].extend(own);
                    head
                }
                None => {
                    for &shingle in shingles {
                        let with = with_shingle.entry(shingle).or_default();
                        // A phrase that many forms have tells none of them.
                        if with.len() < MOST_FORMS {
                            with.push(heads.len());
                        }
                    }
                    heads.push((line, wording.len()));
                    shared.push(0);
                    texts_of_form.push(own.iter().copied().collect());
                    heads.len() - 1
                }
            };
            bags.extend(bag.filter(|_| bags.len() < MOST_BAGS).map(|bag| (bag, form)));
        }
        Self { of }
    }

    /// Returns the line that stands for the form of a line.
    pub fn of(&self, line: u64) -> u64 {
        self.of.get(&line).copied().unwrap_or(line)
    }
}

/// Returns the shingles of a line without those that hold a number.
fn wording(text: Text, line: usize) -> ShingleSet {
    let tokens = text.blocks.line(line);
    let width = (text.blocks.tokens as usize + 1).saturating_sub(text.shingles.len()).max(1) as u32;
    let is_word = |&at: &u32| bits::count(&text.blocks.numbers, at..at + width) == 0;
    let places = (tokens.start..(tokens.end + 1).saturating_sub(width)).filter(is_word);
    ShingleSet::new(places.map(|at| text.shingles[at as usize]).collect())
}

/// For each line the lines that go with it.
struct Sets {
    /// Texts that carry each line.
    holders: FxHashMap<u64, usize>,
    /// Of the lines on [`COMMON`] texts: the lines that go with each, itself among them, sorted; two or more. Lines of the
    /// same texts have one set.
    of: FxHashMap<u64, Arc<[u64]>>,
    /// The lines in a set, sorted.
    telling: Vec<u64>,
}

impl Sets {
    fn new(framed: &[Vec<u64>]) -> Self {
        let mut texts_of: FxHashMap<u64, Vec<u32>> = FxHashMap::default();
        for (text, lines) in (0..).zip(framed) {
            for line in lines {
                texts_of.entry(*line).or_default().push(text);
            }
        }
        let goes_with = |texts: &[u32]| -> Arc<[u64]> {
            let mut counts: FxHashMap<u64, usize> = FxHashMap::default();
            for &line in texts.iter().flat_map(|&text| &framed[text as usize]) {
                *counts.entry(line).or_default() += 1;
            }
            let least = GOES_WITH * texts.len() as f64;
            let mut lines: Vec<u64> =
                counts.into_iter().filter(|&(_, count)| count as f64 >= least).map(|(line, _)| line).collect();
            lines.sort_unstable();
            lines.into()
        };
        let mut common: Vec<(&[u32], u64)> =
            texts_of.iter().filter(|(_, texts)| texts.len() >= COMMON).map(|(line, texts)| (&**texts, *line)).collect();
        common.par_sort_unstable();
        let of_same_texts: Vec<&[(&[u32], u64)]> = common.chunk_by(|a, b| a.0 == b.0).collect();
        let of_same_texts = longest::of_each_text(of_same_texts, framed.len(), |same| (same[0].0, same.len()));
        let sets: Vec<Arc<[u64]>> = of_same_texts.par_iter().map(|same| goes_with(same[0].0)).collect();
        let mut of: FxHashMap<u64, Arc<[u64]>> = FxHashMap::default();
        for (same, set) in of_same_texts.iter().zip(&sets).filter(|(_, set)| set.len() > 1) {
            of.extend(same.iter().map(|&(_, line)| (line, set.clone())));
        }
        let mut telling: Vec<u64> =
            sets.iter().filter(|set| set.len() > 1).flat_map(|set| set.iter().copied()).collect();
        telling.par_sort_unstable();
        telling.dedup();
        let holders = texts_of.into_iter().map(|(line, texts)| (line, texts.len())).collect();
        Self { holders, of, telling }
    }

    /// Returns those of a text's lines that tell a template. A few pages have no statistics: any line that another page
    /// carries too is what there is.
    fn telling(&self, lines: &[u64]) -> Vec<u64> {
        let found: Vec<u64> = lines.iter().copied().filter(|line| self.telling.binary_search(line).is_ok()).collect();
        if !found.is_empty() {
            return found;
        }
        lines.iter().copied().filter(|line| self.holders[line] > 1).collect()
    }

    /// Returns the largest set of the telling lines of a text; of equal ones, that of the rarest line. Without a set,
    /// the rarest line stands for itself.
    fn largest<'a>(&'a self, lines: &'a [u64]) -> Option<&'a [u64]> {
        let set = |line: &'a u64| self.of.get(line).map_or(std::slice::from_ref(line), |set| set);
        let best = lines.iter().min_by_key(|&line| (Reverse(set(line).len()), self.holders[line], line));
        best.map(set)
    }
}

/// Returns the groups of each site: the texts that have most lines in common, then those of the others, and so on.
fn of_sites(sites: &[&str], lines: &[Vec<u64>]) -> Vec<Group> {
    let mut of_site: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for (text, site) in (0..).zip(sites).filter(|(_, site)| !site.is_empty()) {
        of_site.entry(site).or_default().push(text);
    }
    if of_site.values().any(|texts| texts.len() == sites.len()) {
        return Vec::new();
    }
    let groups = |mut texts: Vec<u32>| {
        let mut groups = Vec::new();
        while texts.len() >= COMMON && groups.len() < MOST_OF_SITE {
            // More than half: of two templates with as many texts none would be left out.
            let is_common = |&(_, count): &(u64, u32)| 2 * count as usize > texts.len();
            let common = common_lines(&texts, lines).into_iter().filter(is_common);
            let common: FxHashSet<u64> = common.map(|(line, _)| line).collect();
            let has_most = |text: &u32| {
                let has = lines[*text as usize].iter().filter(|line| common.contains(line)).count();
                has >= LEAST_OF_SITE && 2 * has >= common.len()
            };
            let (alike, others): (Vec<u32>, Vec<u32>) = texts.iter().partition(|text| has_most(text));
            if alike.len() < COMMON {
                break;
            }
            groups.push(Group { is_of_site: true, ..Group::new(alike, lines) });
            texts = others;
        }
        groups
    };
    of_site.into_values().collect::<Vec<_>>().into_par_iter().flat_map_iter(groups).collect()
}

/// Returns the lines that at least [`BELONGS`] of some texts carry, with how many do, the most common first.
fn common_lines(texts: &[u32], lines: &[Vec<u64>]) -> Vec<(u64, u32)> {
    let mut counts: BTreeMap<u64, u32> = BTreeMap::new();
    for line in texts.iter().flat_map(|&text| &lines[text as usize]) {
        *counts.entry(*line).or_default() += 1;
    }
    let least = BELONGS * texts.len() as f64;
    let mut common: Vec<(u64, u32)> = counts.into_iter().filter(|&(_, count)| f64::from(count) >= least).collect();
    common.sort_by_key(|&(line, count)| (Reverse(count), line));
    common
}

/// Texts that carry much the same lines.
struct Group {
    texts: Vec<u32>,
    /// The lines that at least [`BELONGS`] of the texts carry, with their number, the most common first.
    lines: Vec<(u64, u32)>,
    /// Whether it began as texts of a known site, or one that did became part of it.
    is_of_site: bool,
}

impl Group {
    fn new(mut texts: Vec<u32>, lines: &[Vec<u64>]) -> Self {
        texts.sort_unstable();
        let lines = common_lines(&texts, lines);
        Self { texts, lines, is_of_site: false }
    }

    /// Returns how many of its lines hardly any other text carries, given how many texts carry each line.
    fn own(&self, carriers: &FxHashMap<u64, usize>) -> usize {
        let is_own = |&&(line, count): &&(u64, u32)| f64::from(count) >= OWN * carriers[&line] as f64;
        self.lines.iter().filter(is_own).count()
    }
}

/// A group that others may become part of.
struct Larger {
    texts: Vec<u32>,
    is_of_site: bool,
    /// The lines it began with, sorted, and how many of them were its own.
    lines: Vec<u64>,
    own: usize,
}

impl Larger {
    /// Returns how alike a group is to it, from 0 to 1.
    fn like(&self, group: &Group, own: usize) -> f64 {
        let shared = group.lines.iter().filter(|(line, _)| self.lines.binary_search(line).is_ok()).count();
        let (less, more) = (group.lines.len().min(self.lines.len()), group.lines.len().max(self.lines.len()));
        if shared >= LEAST_WITHIN && shared == less && !(group.is_of_site && self.is_of_site) {
            return 1.0;
        }
        // Of the lines that only one of them has.
        let fields = own.min(self.own).min(less - shared);
        shared as f64 / (less + more - shared - fields) as f64
    }
}

/// Joins each group, the largest first, with the one before it that it is most alike, given how many texts carry each
/// line.
fn joined(mut groups: Vec<Group>, lines: &[Vec<u64>], carriers: &FxHashMap<u64, usize>) -> Vec<Group> {
    groups.sort_by_key(|group| (Reverse(group.texts.len()), group.texts[0]));
    let mut kept: Vec<Larger> = Vec::new();
    let mut with_line: FxHashMap<u64, Vec<usize>> = FxHashMap::default();
    for group in groups {
        let own = group.own(carriers);
        let with = group.lines.iter().filter_map(|(line, _)| with_line.get(line)).flatten();
        let candidates: BTreeSet<usize> = with.copied().collect();
        // The first of those that are most alike.
        let alike = candidates.into_iter().rev().map(|at| (at, kept[at].like(&group, own)));
        let best = alike.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|&(_, like)| like >= SAME);
        let Group { texts, lines, is_of_site } = group;
        match best {
            Some((at, _)) => {
                kept[at].texts.extend(texts);
                kept[at].is_of_site |= is_of_site;
            }
            None => {
                let mut lines: Vec<u64> = lines.into_iter().map(|(line, _)| line).collect();
                lines.sort_unstable();
                for &line in &lines {
                    let with = with_line.entry(line).or_default();
                    if with.len() < MOST_GROUPS {
                        with.push(kept.len());
                    }
                }
                kept.push(Larger { texts, is_of_site, lines, own });
            }
        }
    }
    let group = |Larger { texts, is_of_site, .. }| Group { is_of_site, ..Group::new(texts, lines) };
    kept.into_par_iter().map(group).collect()
}
