//! Frame lines → the templates that pages were made with.
//!
//! Sites share lines ("print this page"), and pages of one template differ in some (the name of the site), so no single
//! line tells a template. A template is taken for a set of lines that go together.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use crate::boilerplate::Boilerplate;
use crate::passage::Text;

/// Pages a line must be on to tell a template, where there are so many.
const COMMON: usize = 4;

/// Share of a line's pages that must also carry another, more common line. Entries of related-documents blocks, which
/// recur on pages of any template, fail this.
const GOES_WITH: f64 = 0.95;

/// By how much the other line must be more common.
const MORE_COMMON: f64 = 1.2;

/// Share of a template's pages that must carry a line for it to belong to the template.
const BELONGS: f64 = 0.5;

/// Jaccard similarity from which on two sets of lines are one template.
const SAME: f64 = 0.55;

/// Rounds of joining; it ends as soon as one changes nothing.
const ROUNDS: usize = 8;

/// The pages of one template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Its texts, rising; two or more.
    pub texts: Vec<u32>,
    /// Hashes of the lines that belong to it, with how many of its texts carry each, the most common first.
    pub lines: Vec<(u64, u32)>,
}

/// Returns the templates of a corpus, in the order of their first texts.
///
/// 1. Lines that nearly always go with a more common line tell templates, and so do the lines they go with.
/// 2. Texts with the same rarest telling line are a group (a site, mostly).
/// 3. Groups whose common lines are alike are joined, larger ones first, until nothing changes.
///
/// Time grows with the lines and, per line, with its texts and theirs.
pub fn find(texts: &[Text], boilerplate: &Boilerplate) -> Vec<Template> {
    let lines = telling_lines(texts, boilerplate);
    let mut common: HashMap<u64, usize> = HashMap::new();
    for line in lines.iter().flatten() {
        *common.entry(*line).or_default() += 1;
    }
    let mut sites: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
    for (text, lines) in (0..).zip(&lines) {
        if let Some(rarest) = lines.iter().min_by_key(|&line| (common[line], line)) {
            sites.entry(*rarest).or_default().push(text);
        }
    }
    let mut groups: Vec<Group> = sites.into_values().map(|texts| Group::new(texts, &lines)).collect();
    for _ in 0..ROUNDS {
        let before = groups.len();
        groups = joined(groups, &lines);
        if groups.len() == before {
            break;
        }
    }
    let mut templates: Vec<Template> = groups
        .into_iter()
        .filter(|group| group.texts.len() > 1 && !group.lines.is_empty())
        .map(|group| Template { texts: group.texts, lines: group.lines })
        .collect();
    templates.sort_by(|a, b| a.texts.cmp(&b.texts));
    templates
}

/// Returns for each text its lines that tell a template, sorted.
fn telling_lines(texts: &[Text], boilerplate: &Boilerplate) -> Vec<Vec<u64>> {
    let framed: Vec<Vec<u64>> = texts
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
        .collect();
    let mut holders: HashMap<u64, Vec<u32>> = HashMap::new();
    for (text, lines) in (0..).zip(&framed) {
        for line in lines {
            holders.entry(*line).or_default().push(text);
        }
    }
    let goes_with = |line: &u64| -> Vec<u64> {
        let texts = &holders[line];
        let mut counts: HashMap<u64, usize> = HashMap::new();
        for &other in texts.iter().flat_map(|&text| &framed[text as usize]) {
            *counts.entry(other).or_default() += 1;
        }
        let is_telling = |&(other, count): &(u64, usize)| {
            let is_more_common = holders[&other].len() as f64 >= MORE_COMMON * texts.len() as f64;
            is_more_common && count as f64 >= GOES_WITH * texts.len() as f64
        };
        counts.into_iter().filter(is_telling).map(|(other, _)| other).collect()
    };
    let candidates: Vec<u64> =
        holders.iter().filter(|(_, texts)| texts.len() >= COMMON).map(|(line, _)| *line).collect();
    let mut telling: Vec<u64> = candidates
        .par_iter()
        .flat_map_iter(|line| {
            let others = goes_with(line);
            let own = (!others.is_empty()).then_some(*line);
            own.into_iter().chain(others)
        })
        .collect();
    telling.par_sort_unstable();
    telling.dedup();
    let is_telling = |line: &u64| telling.binary_search(line).is_ok();
    framed
        .par_iter()
        .map(|lines| {
            let found: Vec<u64> = lines.iter().copied().filter(is_telling).collect();
            // A few pages have no statistics: any line that another page carries too is what there is.
            if found.is_empty() {
                lines.iter().copied().filter(|line| holders[line].len() > 1).collect()
            } else {
                found
            }
        })
        .collect()
}

/// Texts that carry much the same lines.
struct Group {
    texts: Vec<u32>,
    /// The lines that at least [`BELONGS`] of the texts carry, with their number, the most common first.
    lines: Vec<(u64, u32)>,
}

impl Group {
    fn new(mut texts: Vec<u32>, lines: &[Vec<u64>]) -> Self {
        texts.sort_unstable();
        let mut counts: BTreeMap<u64, u32> = BTreeMap::new();
        for line in texts.iter().flat_map(|&text| &lines[text as usize]) {
            *counts.entry(*line).or_default() += 1;
        }
        let least = BELONGS * texts.len() as f64;
        let mut lines: Vec<(u64, u32)> = counts.into_iter().filter(|&(_, count)| f64::from(count) >= least).collect();
        lines.sort_by_key(|&(line, count)| (std::cmp::Reverse(count), line));
        Self { texts, lines }
    }
}

/// Joins each group, the largest first, with the one before it that it is most alike.
fn joined(mut groups: Vec<Group>, lines: &[Vec<u64>]) -> Vec<Group> {
    groups.sort_by_key(|group| (std::cmp::Reverse(group.texts.len()), group.texts[0]));
    let mut kept: Vec<(Vec<u32>, usize)> = Vec::new();
    let mut with_line: HashMap<u64, Vec<usize>> = HashMap::new();
    for group in groups {
        let mut shared: BTreeMap<usize, usize> = BTreeMap::new();
        for &at in group.lines.iter().filter_map(|(line, _)| with_line.get(line)).flatten() {
            *shared.entry(at).or_default() += 1;
        }
        let like = |&(at, shared): &(usize, usize)| {
            let all = group.lines.len() + kept[at].1 - shared;
            shared as f64 / all as f64
        };
        // The first of those that are most alike.
        let best =
            shared.into_iter().rev().max_by(|a, b| like(a).total_cmp(&like(b))).filter(|pair| like(pair) >= SAME);
        match best {
            Some((at, _)) => kept[at].0.extend(group.texts),
            None => {
                for (line, _) in &group.lines {
                    with_line.entry(*line).or_default().push(kept.len());
                }
                kept.push((group.texts, group.lines.len()));
            }
        }
    }
    kept.into_par_iter().map(|(texts, _)| Group::new(texts, lines)).collect()
}
