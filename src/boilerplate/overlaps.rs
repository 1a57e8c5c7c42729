//! What pairs of texts have in common beside a block, counted once for each state of their masks.

use std::ops::RangeInclusive;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::mask::Mask;
use super::{Judge, MANY_HOLDERS, UNLIKE};
use crate::evenly::{self, Evenly};
use crate::seed::{self, Seed};
use crate::shared::{SharedCounter, is_much_longer};

/// Share of the smaller rest below which two pages have nothing to do with each other: versions of one text that are far
/// apart have more.
const STRANGE: f64 = 0.2;

/// Seeds of content that are looked at first of the text with fewer, and up to twice as many.
const SAMPLED: u32 = 50;

/// Standard deviations by which what a sample says must lie off the limit; all seeds are looked at where it does not.
const SURE: f64 = 3.0;

/// Texts whose pairs are counted before what was counted is kept.
const COUNTED_AT_ONCE: usize = 1 << 14;

/// Halvings from which on no smaller sample of a text is taken.
const MOST_HALVINGS: u32 = 7;

/// What is to be compared of two texts.
#[derive(Clone, Copy)]
pub(super) struct Comparison {
    /// The smaller number first.
    pub(super) pair: (u32, u32),
    /// Seeds of content outside of the block, in the text with fewer.
    pub(super) smaller: u32,
    /// Seeds of content in the block.
    pub(super) within: u32,
}

/// Seeds of all texts, those of some texts in one piece of memory.
struct Samples {
    /// How many texts have their seeds in one piece.
    size: u32,
    /// The seeds of so many texts, and where those of each text end.
    parts: Vec<(Box<[Seed]>, Vec<usize>)>,
}

impl Samples {
    /// The most of them.
    const MOST: u32 = 64;

    /// Returns what `append` adds for each text.
    fn of(texts: usize, append: impl Fn(u32, &mut Vec<Seed>) + Sync) -> Self {
        // A few long texts are work for all threads.
        let (texts, size) = (texts as u32, (evenly::part(texts) as u32).min(Self::MOST));
        let part = |part: u32| {
            let (mut all, first) = (Vec::new(), part * size);
            let add = |text| {
                append(text, &mut all);
                all.len()
            };
            let ends = (first..texts.min(first + size)).map(add).collect();
            (all.into_boxed_slice(), ends)
        };
        Self { size, parts: (0..texts.div_ceil(size)).into_par_iter().map(part).collect() }
    }

    fn of_text(&self, text: u32) -> &[Seed] {
        let (all, ends) = &self.parts[(text / self.size) as usize];
        let at = (text % self.size) as usize;
        let from = if at == 0 { 0 } else { ends[at - 1] };
        &all[from..ends[at]]
    }
}

/// How many seeds of content pairs of texts share, counted once for each state of their masks.
#[derive(Default)]
pub(super) struct Overlaps {
    counts: FxHashMap<(u32, u32), Overlap>,
    /// Whether all seeds are counted, however many there are.
    is_exact: bool,
}

/// How many seeds of content two texts share.
///
/// There are twenty to sixty of them for each page.
#[derive(Clone, Copy)]
struct Overlap {
    /// Estimated from the seeds that are left after so many halvings.
    shared: u32,
    halvings: u8,
    /// Of their masks, when they were counted.
    versions: (u8, u8),
}

const _: () = assert!(size_of::<Overlap>() == 8);

impl Overlaps {
    /// Returns none yet, of which all seeds are to be counted.
    pub(super) fn exact() -> Self {
        Self { is_exact: true, ..Self::default() }
    }

    /// Counts the pairs of some comparisons that were not counted before, or of which a mask has changed.
    pub(super) fn count<'c>(
        &mut self,
        judge: &Judge,
        masks: &[Mask],
        comparisons: impl ParallelIterator<Item = &'c Comparison> + Clone,
    ) {
        // Counts are known by the versions of masks, so these are renewed before a second time.
        debug_assert!(self.counts.is_empty() || !masks.iter().any(Mask::has_changed), "versions are of now");
        let is_new =
            |pair: &(u32, u32)| self.counts.get(pair).is_none_or(|known| known.versions != versions(masks, *pair));
        let new: Vec<(u32, u32)> = comparisons.clone().map(|one| one.pair).filter(is_new).collect();
        let is_exact = self.is_exact;
        let halvings = |pair: (u32, u32)| {
            let smaller = masks[pair.0 as usize].content.min(masks[pair.1 as usize].content);
            if is_exact { 0 } else { (smaller / SAMPLED).max(1).ilog2().min(MOST_HALVINGS) }
        };
        judge.each_shared(masks, new, halvings, |counted| self.keep(masks, counted));
        let unclear = comparisons.filter(|one| !self.is_clear(one)).map(|one| one.pair).collect();
        judge.each_shared(masks, unclear, |_| 0, |counted| self.keep(masks, counted));
    }

    fn keep(&mut self, masks: &[Mask], (pair, shared, halvings): ((u32, u32), u32, u32)) {
        let overlap = Overlap { shared, halvings: halvings as u8, versions: versions(masks, pair) };
        self.counts.insert(pair, overlap);
    }

    /// Returns whether a sample is surely right about whether two texts are unlike.
    fn is_clear(&self, comparison: &Comparison) -> bool {
        let Overlap { shared, halvings, .. } = self.counts[&comparison.pair];
        let (shared, rate) = (f64::from(shared), f64::from(1_u32 << halvings));
        let deviation = ((rate - 1.0) * (shared + rate)).sqrt();
        let off = shared - f64::from(comparison.within) - UNLIKE * f64::from(comparison.smaller);
        halvings == 0 || off.abs() > SURE * deviation
    }

    /// Returns how many of some counted pairs are unlike.
    pub(super) fn unlike(&self, comparisons: &[Comparison]) -> usize {
        comparisons.iter().filter(|comparison| self.are_unlike(comparison)).count()
    }

    /// Returns whether some texts, all pairs of which are counted, are of many articles: more than a third as many as they are
    /// themselves. Texts of one article are alike; one text in eight at most is like those of two (a splice), and of the other
    /// pairs of two articles one in ten at most has more in common than strangers have.
    pub(super) fn are_of_many_articles(&self, pairs: &[Comparison]) -> bool {
        let mut texts: Vec<u32> = pairs.iter().flat_map(|comparison| [comparison.pair.0, comparison.pair.1]).collect();
        texts.sort_unstable();
        texts.dedup();
        let place = |text: u32| texts.binary_search(&text).unwrap_or_default();
        // A bit for each text that one is like, and for those that it has anything in common with.
        let (mut like, mut near) = (vec![0_u64; texts.len()], vec![0_u64; texts.len()]);
        for comparison in pairs {
            let (a, b) = (place(comparison.pair.0), place(comparison.pair.1));
            let (is_like, is_near) = (!self.are_unlike(comparison), self.share(comparison) >= STRANGE);
            for (one, other) in [(a, b), (b, a)] {
                like[one] |= u64::from(is_like) << other;
                near[one] |= u64::from(is_near) << other;
            }
        }
        // One for each article, those first that are like the fewest.
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&at| like[at].count_ones());
        let mut first = 0_u64;
        for at in order {
            first |= u64::from(like[at] & first == 0) << at;
        }
        let articles = first.count_ones() as usize;
        let of_several = (0..texts.len()).filter(|&at| (like[at] & first).count_ones() > 1);
        let of_several: u64 = of_several.map(|at| 1 << at).sum();
        // Pairs of different articles, and how many of them have something in common all the same.
        let article = |at: usize| if first >> at & 1 == 1 { 1 << at } else { like[at] & first };
        let of_one = |&at: &usize| of_several >> at & 1 == 0;
        let (mut different, mut common) = (0, 0);
        for a in (0..texts.len()).filter(of_one) {
            for b in (a + 1..texts.len()).filter(of_one).filter(|&b| article(a) != article(b)) {
                different += 1;
                common += near[a] >> b & 1;
            }
        }
        let are_clear = of_several.count_ones() as usize * 8 <= texts.len() && common * 10 <= different;
        articles >= MANY_HOLDERS && articles * 3 > texts.len() && are_clear
    }

    /// Returns whether the two texts of a counted pair are unlike outside of the block.
    pub(super) fn are_unlike(&self, comparison: &Comparison) -> bool {
        self.share(comparison) < UNLIKE
    }

    /// Returns which share of the smaller rest the two texts of a counted pair have in common.
    fn share(&self, comparison: &Comparison) -> f64 {
        let shared = self.counts[&comparison.pair].shared.saturating_sub(comparison.within);
        f64::from(shared) / f64::from(comparison.smaller.max(1))
    }
}

impl Judge<'_> {
    /// Appends the seeds of a text's content that are in the sample after the fewest of some halvings, those of the sample
    /// after each more of them before the others.
    fn sample(&self, mask: &Mask, text: u32, halvings: RangeInclusive<u32>, sampled: &mut Vec<Seed>) {
        let (shingles, from) = (self.texts[text as usize].shingles, sampled.len());
        sampled.resize(from + mask.content as usize, 0);
        let seeds = &mut sampled[from..];
        let mut count = 0;
        // No branch: which seeds are in a sample is not to be foreseen.
        for run in mask.content_runs() {
            for seed in seed::in_run(shingles, run) {
                seeds[count] = seed;
                count += usize::from(is_left(seed, *halvings.start()));
            }
        }
        sampled.truncate(from + count);
        let mut seeds = &mut sampled[from..];
        for more in halvings.skip(1) {
            count = partition(seeds, |seed| is_left(seed, more));
            seeds = &mut seeds[..count];
        }
    }

    /// Calls `act` with some pairs, and how many seeds of content each shares by those that are left after so many halvings,
    /// which are told too. Each pair is there once, in no order that says anything.
    fn each_shared(
        &self,
        masks: &[Mask],
        mut pairs: Vec<(u32, u32)>,
        halvings: impl Fn((u32, u32)) -> u32 + Sync,
        mut act: impl FnMut(((u32, u32), u32, u32)),
    ) {
        pairs.par_sort_unstable();
        pairs.dedup();
        // The fewest halvings that are asked of each text, and the most; none asked is more than all.
        let mut of_text = vec![(u32::MAX, 0); self.texts.len()];
        for &pair in &pairs {
            let halvings = halvings(pair);
            for id in [pair.0, pair.1] {
                let (least, most) = &mut of_text[id as usize];
                (*least, *most) = (halvings.min(*least), halvings.max(*most));
            }
        }
        let samples = Samples::of(self.texts.len(), |id, sampled| {
            let (least, most) = of_text[id as usize];
            if least <= most {
                self.sample(&masks[id as usize], id, least..=most, sampled);
            }
        });
        // From here on the first of each pair is the text that is looked at once for all its pairs. A text that is much longer
        // is not walked for each short one beside it.
        pairs.par_iter_mut().for_each(|(a, b)| {
            let [of_a, of_b] = [*a, *b].map(|id| samples.of_text(id).len());
            if is_much_longer(of_b, of_a) {
                std::mem::swap(a, b);
            }
        });
        pairs.par_sort_unstable();
        let of_one: Vec<&[(u32, u32)]> = pairs.chunk_by(|x, y| x.0 == y.0).collect();
        let count_all = |counter: &mut SharedCounter, pairs: &&[(u32, u32)]| -> Vec<(u32, u32)> {
            counter.load(samples.of_text(pairs[0].0));
            let count = |&(loaded, other): &(u32, u32)| {
                let halvings = halvings((loaded.min(other), loaded.max(other)));
                (counter.count(first_left(samples.of_text(other), halvings)) << halvings, halvings)
            };
            pairs.iter().map(count).collect()
        };
        for some in of_one.chunks(COUNTED_AT_ONCE) {
            let counted: Vec<Vec<(u32, u32)>> =
                some.par_iter().evenly().map_init(SharedCounter::default, count_all).collect();
            for (&(a, b), (shared, halvings)) in some.iter().copied().flatten().zip(counted.into_iter().flatten()) {
                act(((a.min(b), a.max(b)), shared, halvings));
            }
        }
    }
}

/// Returns the low bits of the versions of the masks of a pair: there are two or three versions a pass.
fn versions(masks: &[Mask], pair: (u32, u32)) -> (u8, u8) {
    let version = |text: u32| masks[text as usize].version as u8;
    (version(pair.0), version(pair.1))
}

/// Returns whether a seed is in the sample after so many halvings: nested samples of one in 1, 2, 4 and so on.
#[inline]
fn is_left(seed: Seed, halvings: u32) -> bool {
    seed <= Seed::MAX >> halvings
}

/// Puts the seeds that are `first` before the others, and returns how many they are.
fn partition(seeds: &mut [Seed], first: impl Fn(Seed) -> bool) -> usize {
    let mut count = 0;
    for at in 0..seeds.len() {
        let is_first = first(seeds[at]);
        seeds.swap(at, count);
        count += usize::from(is_first);
    }
    count
}

/// Returns those of some seeds that are in the sample after so many halvings; they stand first.
fn first_left(seeds: &[Seed], halvings: u32) -> &[Seed] {
    &seeds[..seeds.partition_point(|&seed| is_left(seed, halvings))]
}
