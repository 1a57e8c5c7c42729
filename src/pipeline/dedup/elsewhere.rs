//! What a page has that another one of its cluster has not, and what of that is of other articles.

use std::cmp::Reverse;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::seed::Seed;

/// The cluster of a text that is in none.
pub const ALONE: u32 = u32::MAX;

/// Seeds in a row that are a passage, and not a changed word.
pub const LEAST_PASSAGE: usize = 12;

/// Texts that one seed leads to: of a passage that more texts hold, some are as good as all.
const MOST_HOLDERS: usize = 64;

/// Texts that are looked at for what one text has and another has not.
const MOST_TRIED: usize = 32;

/// Seeds by which is told who holds a passage.
const MOST_COUNTED: usize = 64;

/// A text, and the pages it stands for: those of this text, and those that went in their favour.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// [`ALONE`] if it is in none.
    pub cluster: u32,
    pub pages: u32,
}

/// Which texts hold some seeds in their content.
#[derive(Debug)]
pub struct Elsewhere {
    /// By text.
    members: Vec<Member>,
    /// By cluster, the pages of its members.
    pages: Vec<u64>,
    /// Rising.
    holders: Vec<Holder>,
}

/// Seed, cluster and text.
type Holder = (Seed, u32, u32);

/// What one text has in passages and another has not, as shares of its content.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Surplus {
    /// What is of no other article.
    pub own: f64,
    /// What is of other articles.
    pub foreign: f64,
    /// A text that has the most of that.
    pub with: Option<u32>,
}

impl Elsewhere {
    /// Returns which of some texts hold the `wanted` seeds, given the seeds of a text's content.
    pub fn new<Seeds: IntoIterator<Item = (u32, Seed)>>(
        members: Vec<Member>,
        wanted: &FxHashSet<Seed>,
        content_seeds: impl Fn(u32) -> Seeds + Sync,
    ) -> Self {
        let of_text = |text: u32| {
            let seeds = content_seeds(text).into_iter().map(|(_, seed)| seed).filter(|seed| wanted.contains(seed));
            let cluster = members[text as usize].cluster;
            seeds.map(|seed| (seed, cluster, text)).collect::<Vec<_>>()
        };
        let mut holders: Vec<_> = (0..members.len() as u32).into_par_iter().flat_map_iter(of_text).collect();
        holders.par_sort_unstable();
        holders.dedup();
        let clusters = members.iter().filter(|member| member.cluster != ALONE).map(|member| member.cluster + 1).max();
        let mut pages = vec![0; clusters.unwrap_or(0) as usize];
        for member in members.iter().filter(|member| member.cluster != ALONE) {
            pages[member.cluster as usize] += u64::from(member.pages);
        }
        Self { members, pages, holders }
    }

    /// Returns what a text has that one of cluster `cluster` has not, given the seeds of its content with their places, in
    /// order, and which seeds the other `has`.
    ///
    /// A passage is of another article if a text outside of the cluster holds it that is a stranger to the other text, and
    /// the passage is rather of that text's article: at least as many of its pages hold it as of the cluster, and as large
    /// a share of them. So a page that runs two articles together has a foreign half, and an article of which half is run
    /// together with something else has none.
    pub fn surplus(
        &self,
        seeds: &[(u32, Seed)],
        cluster: u32,
        has: impl Fn(Seed) -> bool,
        is_stranger: impl Fn(u32) -> bool,
    ) -> Surplus {
        let mut own: Vec<bool> = seeds.iter().map(|&(_, seed)| !has(seed)).collect();
        keep_passages(seeds, &mut own);
        let missing = count(&own);
        if missing == 0 {
            return Surplus::default();
        }
        let holders: Vec<&[Holder]> = seeds.iter().map(|&(_, seed)| self.holders(seed)).collect();
        // What is not judged yet.
        let mut open = own.clone();
        let mut tried = FxHashSet::default();
        let mut with = None;
        while let Some(text) = first_holder(&holders, &open, cluster, &tried) {
            tried.insert(text);
            let of_text = (self.members[text as usize].cluster, text);
            let is_of_text =
                |all: &&[Holder]| all.binary_search_by_key(&of_text, |&(_, cluster, text)| (cluster, text));
            let mut held: Vec<bool> = holders.iter().map(|all| is_of_text(all).is_ok()).collect();
            keep_passages(seeds, &mut held);
            let both = seeds.iter().zip(held.iter().zip(&open)).filter(|(_, (held, open))| **held && **open);
            let passages: Vec<Seed> = both.map(|(&(_, seed), _)| seed).collect();
            if passages.is_empty() || !is_stranger(text) {
                continue;
            }
            without(&mut open, &held);
            if self.is_rather_of(&passages, text, cluster) {
                with.get_or_insert(text);
                without(&mut own, &held);
            }
        }
        keep_passages(seeds, &mut own);
        let share = |count: usize| count as f64 / seeds.len().max(1) as f64;
        Surplus { own: share(count(&own)), foreign: share(missing - count(&own)), with }
    }

    /// Returns whether passages are rather of a text's article than of that of a cluster.
    fn is_rather_of(&self, passages: &[Seed], text: u32, cluster: u32) -> bool {
        let step = passages.len().div_ceil(MOST_COUNTED);
        let counted: Vec<Seed> = passages.iter().copied().step_by(step).collect();
        let holding = |cluster: u32| -> u64 {
            let mut held: FxHashMap<u32, usize> = FxHashMap::default();
            for &seed in &counted {
                let (_, texts, _) = by_cluster(self.holders(seed), cluster);
                texts.iter().for_each(|&(.., text)| *held.entry(text).or_default() += 1);
            }
            let holders = held.into_iter().filter(|&(_, count)| count * 2 >= counted.len());
            holders.map(|(text, _)| u64::from(self.members[text as usize].pages)).sum()
        };
        let (there, of_there) = match self.members[text as usize] {
            Member { cluster: ALONE, pages } => (u64::from(pages), u64::from(pages)),
            Member { cluster, .. } => (holding(cluster), self.pages[cluster as usize]),
        };
        let (here, of_here) = (holding(cluster), self.pages[cluster as usize]);
        there >= here && there * of_here >= here * of_there
    }

    /// Returns the holders of a seed, rising by cluster and text.
    fn holders(&self, seed: Seed) -> &[Holder] {
        let from = &self.holders[self.holders.partition_point(|holder| holder.0 < seed)..];
        &from[..from.partition_point(|holder| holder.0 == seed)]
    }
}

/// Returns the holders of a seed before a cluster, those in it, and those behind it.
fn by_cluster(all: &[Holder], cluster: u32) -> (&[Holder], &[Holder], &[Holder]) {
    let (before, rest) = all.split_at(all.partition_point(|holder| holder.1 < cluster));
    let (within, behind) = rest.split_at(rest.partition_point(|holder| holder.1 == cluster));
    (before, within, behind)
}

/// Returns the text outside of a cluster that holds most of the marked seeds and was not tried yet, given the holders of each;
/// of equals the first. `None` where none may hold a passage of them, or enough were tried.
fn first_holder(holders: &[&[Holder]], marks: &[bool], cluster: u32, tried: &FxHashSet<u32>) -> Option<u32> {
    if tried.len() == MOST_TRIED {
        return None;
    }
    let mut held: FxHashMap<u32, usize> = FxHashMap::default();
    for (all, _) in holders.iter().zip(marks).filter(|&(_, &mark)| mark) {
        let (before, _, behind) = by_cluster(all, cluster);
        let texts = before.iter().chain(behind).map(|&(.., text)| text);
        let texts = texts.filter(|text| !tried.contains(text)).take(MOST_HOLDERS);
        texts.for_each(|text| *held.entry(text).or_default() += 1);
    }
    let most = held.into_iter().max_by_key(|&(text, count)| (count, Reverse(text)));
    most.filter(|&(_, count)| count >= LEAST_PASSAGE).map(|(text, _)| text)
}

fn count(marks: &[bool]) -> usize {
    marks.iter().filter(|&&mark| mark).count()
}

fn without(marks: &mut [bool], others: &[bool]) {
    marks.iter_mut().zip(others).for_each(|(mark, &other)| *mark &= !other);
}

/// Takes the marks off what is no passage: off fewer than [`LEAST_PASSAGE`] marked seeds in a row.
fn keep_passages(seeds: &[(u32, Seed)], marks: &mut [bool]) {
    let mut start = 0;
    while start < seeds.len() {
        let goes_on = |&at: &usize| marks[at] == marks[start] && seeds[at].0 == seeds[at - 1].0 + 1;
        let end = start + 1 + (start + 1..seeds.len()).take_while(goes_on).count();
        if end - start < LEAST_PASSAGE {
            marks[start..end].fill(false);
        }
        start = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Passages by their first letters: each is twenty seeds of its own.
    fn seeds(text: &str) -> Vec<(u32, Seed)> {
        let seeds = text.chars().flat_map(|passage| (0..20).map(move |at| passage as Seed * 100 + at));
        (0..).zip(seeds).collect()
    }

    /// What the first of some texts has and the second has not; the texts of each group are a cluster, single ones alone.
    fn surplus(groups: &[&[&str]], strangers: bool) -> Surplus {
        let texts: Vec<&str> = groups.iter().flat_map(|group| group.iter().copied()).collect();
        let cluster = |at: usize| if groups[at].len() > 1 { at as u32 } else { ALONE };
        let members =
            (0..groups.len()).flat_map(|at| vec![Member { cluster: cluster(at), pages: 1 }; groups[at].len()]);
        let wanted: FxHashSet<Seed> = texts.iter().flat_map(|text| seeds(text)).map(|(_, seed)| seed).collect();
        let elsewhere = Elsewhere::new(members.collect(), &wanted, |text| seeds(texts[text as usize]));
        let other: FxHashSet<Seed> = seeds(texts[1]).into_iter().map(|(_, seed)| seed).collect();
        elsewhere.surplus(&seeds(texts[0]), 0, |seed| other.contains(&seed), |_| strangers)
    }

    #[test]
    fn what_stands_nowhere_else_is_a_pages_own() {
        assert_eq!(surplus(&[&["桥鸟", "桥"]], true), Surplus { own: 0.5, foreign: 0.0, with: None });
        assert_eq!(surplus(&[&["桥", "桥鸟"]], true), Surplus::default());
    }

    #[test]
    fn what_stands_in_an_otherwise_strange_page_is_of_another_article() {
        let expected = Surplus { own: 0.0, foreign: 0.5, with: Some(2) };
        assert_eq!(surplus(&[&["桥鸟", "桥"], &["鸟茶"]], true), expected);
        // A page that holds more of the article than the passage is no stranger to it.
        assert_eq!(surplus(&[&["桥鸟", "桥"], &["鸟茶"]], false), Surplus { own: 0.5, foreign: 0.0, with: None });
    }

    #[test]
    fn a_digest_is_of_many_articles() {
        let found = surplus(&[&["桥鸟茶窑", "桥"], &["鸟"], &["茶船", "茶船灯"], &["窑"]], true);
        assert_eq!((found.own, found.foreign), (0.0, 0.75));
    }

    #[test]
    fn a_passage_is_of_the_article_of_which_more_pages_hold_it() {
        // 灯 ran the second half of an article together with its own text; two pages of the article have that half.
        assert_eq!(surplus(&[&["桥鸟", "桥", "桥鸟船"], &["灯鸟"]], true).own, 0.5);
        assert_eq!(surplus(&[&["桥鸟", "桥"], &["灯鸟", "灯", "灯船", "灯茶"]], true).own, 0.5);
        assert_eq!(surplus(&[&["桥鸟", "桥"], &["灯鸟", "灯鸟船"]], true).own, 0.0);
    }

    #[test]
    fn a_few_words_are_no_passage() {
        let mut text = seeds("桥鸟");
        for (place, seed) in &mut text {
            // Every tenth word is in the other text too.
            if *place % 10 == 9 {
                *seed = seeds("茶")[0].1;
            }
        }
        let members = vec![Member { cluster: 0, pages: 1 }; 2];
        let elsewhere = Elsewhere::new(members, &FxHashSet::default(), |_| Vec::new());
        let has = |seed| seed == seeds("茶")[0].1;
        assert_eq!(elsewhere.surplus(&text, 0, has, |_| true), Surplus::default());
    }
}
