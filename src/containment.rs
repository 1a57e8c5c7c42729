//! Content → candidate pairs by the rare seeds they share: what bands cannot find, a text inside a longer one.

use rayon::prelude::*;

use crate::boilerplate::Mask;
use crate::passage::{RATE, Text};
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
            mask.content_seeds()
                .map(move |place| seed::at(text.shingles, place))
                .filter(move |&seed| seed::is_sampled(seed, rate))
                .map(move |seed| u64::from(seed) << 32 | u64::from(id))
        })
        .collect();
    postings.par_sort_unstable();
    postings.dedup();
    let seed_of = |posting: u64| (posting >> 32) as Seed;
    let text_of = |posting: u64| posting as u32;
    // The different seeds of each text, and those of them that a long text would have too.
    let mut sizes = vec![(0, 0); texts.len()];
    for &posting in &postings {
        let (all, sparse) = &mut sizes[text_of(posting) as usize];
        *all += 1;
        *sparse += u32::from(seed::is_sampled(seed_of(posting), RATE));
    }
    let is_short = |id: u32| seed::count(texts[id as usize].shingles) < LONG;
    let least = |a: u32, b: u32| {
        let size = |id: u32| if is_short(a) && is_short(b) { sizes[id as usize].0 } else { sizes[id as usize].1 };
        LEAST_SHARED.max((f64::from(size(a).min(size(b))) * LEAST_SHARE).ceil() as usize)
    };
    // For each text, the lists it is in and where.
    let mut lists: Vec<(u32, u32, u32)> = Vec::new();
    let mut from = 0;
    for list in postings.chunk_by(|&a, &b| seed_of(a) == seed_of(b)) {
        if list.len() > 1 {
            lists.extend(list.iter().map(|&posting| (text_of(posting), from as u32, list.len() as u32)));
        }
        from += list.len();
    }
    lists.par_sort_unstable();
    let by_text: Vec<&[(u32, u32, u32)]> = lists.chunk_by(|a, b| a.0 == b.0).collect();
    let mut pairs: Vec<(u32, u32)> = by_text
        .par_iter()
        .flat_map_iter(|lists| {
            let id = lists[0].0;
            let mut others = Vec::new();
            for &(_, from, length) in *lists {
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
