//! Content → candidate pairs by the rare seeds they share: what bands cannot find, a text inside a longer one.

use rayon::prelude::*;

use crate::boilerplate::Mask;
use crate::passage::{RATE, Text};
use crate::repeats::Repeats;
use crate::seed::{self, Seed};

/// Seeds of a text from which one in [`RATE`] is sampled; of shorter texts one in two.
const LONG: u32 = 400;

/// Sampled seeds that a pair must share, and as a share of the sample of the smaller text. Pairs that are related share a
/// quarter of their seeds; of long texts without a common origin two common phrases are nothing.
const LEAST_SHARED: usize = 2;
const LEAST_SHARE: f64 = 0.1;

/// Texts that hold a seed up to which all pairs of them are listed.
const ALL_PAIRS: usize = 24;

/// Beyond that each text is paired with its neighbours at these steps in a ring, and with the first few: enough for a
/// component to hold together, whose members are then verified against one of them.
const RING: [usize; 3] = [1, 2, 5];
const HUBS: usize = 4;

/// Returns the wanted pairs of texts whose content shares sampled seeds, smaller index first, sorted.
///
/// Time and memory grow with the text: a seed that many texts hold costs each of them seven pairs, however many they
/// are.
pub fn candidates(texts: &[Text], masks: &[Mask], is_wanted: impl Fn(u32, u32) -> bool + Sync) -> Vec<(u32, u32)> {
    // A seed in the high half and a text that holds it in the low one: they sort as one number.
    let mut postings: Vec<u64> = (0..texts.len() as u32)
        .into_par_iter()
        .flat_map_iter(|id| {
            let (text, mask) = (texts[id as usize], &masks[id as usize]);
            let seeds = seed::count(text.shingles);
            let rate = if seeds < LONG { 2 } else { RATE };
            let mut of_text = Vec::with_capacity(seeds.div_ceil(rate) as usize);
            for run in mask.content_runs() {
                let sampled = seed::in_run(text.shingles, run).filter(|&seed| seed::is_sampled(seed, rate));
                of_text.extend(sampled.map(|seed| u64::from(seed) << 32 | u64::from(id)));
            }
            of_text
        })
        .collect();
    let seed_of = |posting: u64| (posting >> 32) as Seed;
    let text_of = |posting: u64| posting as u32;
    // The different seeds of each text, and those of them that a long text would have too.
    let mut sizes = vec![(0, 0); texts.len()];
    let mut count = |posting: u64| {
        let (all, sparse) = &mut sizes[text_of(posting) as usize];
        *all += 1;
        *sparse += u32::from(seed::is_sampled(seed_of(posting), RATE));
    };
    let repeats = Repeats::of(postings.len(), postings.par_iter().map(|&posting| u64::from(seed_of(posting))));
    postings.retain(|&posting| {
        let may_repeat = repeats.may_hold(u64::from(seed_of(posting)));
        if !may_repeat {
            count(posting);
        }
        may_repeat
    });
    postings.par_sort_unstable();
    postings.dedup();
    postings.iter().copied().for_each(count);
    let is_short = |id: u32| seed::count(texts[id as usize].shingles) < LONG;
    let least = |a: u32, b: u32| {
        let size = |id: u32| if is_short(a) && is_short(b) { sizes[id as usize].0 } else { sizes[id as usize].1 };
        LEAST_SHARED.max((f64::from(size(a).min(size(b))) * LEAST_SHARE).ceil() as usize)
    };
    let lists = Lists::new(&postings, texts.len());
    let mut pairs: Vec<(u32, u32)> = (0..texts.len() as u32)
        .into_par_iter()
        .flat_map_iter(|id| {
            let mut others = Vec::new();
            for &(from, length) in lists.of_text(id) {
                let list = &postings[from as usize..(from + length) as usize];
                // Sorted by text within a seed.
                let own = list.partition_point(|&posting| text_of(posting) < id);
                if list.len() <= ALL_PAIRS {
                    others.extend(list[own + 1..].iter().map(|&posting| text_of(posting)));
                } else {
                    let ring = RING.iter().map(|step| text_of(list[(own + step) % list.len()]));
                    others.extend(
                        ring.chain(list[..HUBS].iter().map(|&posting| text_of(posting))).filter(|&other| other != id),
                    );
                }
            }
            others.sort_unstable();
            let shared = others.chunk_by(|a, b| a == b);
            let shared = shared.filter(|same| is_wanted(id, same[0]) && same.len() >= least(id, same[0]));
            shared.map(|same| (id.min(same[0]), id.max(same[0]))).collect::<Vec<_>>()
        })
        .collect();
    pairs.par_sort_unstable();
    pairs.dedup();
    pairs
}

/// Where the texts of each seed are listed that several have: for each text the lists that it is in.
struct Lists {
    /// The first posting of a list and how many they are, by text.
    rows: Vec<(u32, u32)>,
    /// Where the rows of each text begin, and one more: where they all end.
    starts: Vec<u32>,
}

impl Lists {
    /// Returns the lists of some sorted postings.
    fn new(postings: &[u64], texts: usize) -> Self {
        let lists = || postings.chunk_by(|a, b| a >> 32 == b >> 32).filter(|list| list.len() > 1);
        let mut starts = vec![0; texts + 1];
        for &posting in lists().flatten() {
            starts[posting as u32 as usize + 1] += 1;
        }
        for text in 0..texts {
            starts[text + 1] += starts[text];
        }
        let mut rows = vec![(0, 0); starts[texts] as usize];
        let mut next = starts.clone();
        let mut from = 0;
        for list in postings.chunk_by(|a, b| a >> 32 == b >> 32) {
            if list.len() > 1 {
                for &posting in list {
                    let at = &mut next[posting as u32 as usize];
                    rows[*at as usize] = (from, list.len() as u32);
                    *at += 1;
                }
            }
            from += list.len() as u32;
        }
        Self { rows, starts }
    }

    fn of_text(&self, text: u32) -> &[(u32, u32)] {
        &self.rows[self.starts[text as usize] as usize..self.starts[text as usize + 1] as usize]
    }
}
