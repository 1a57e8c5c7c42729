//! Content → candidate pairs by the rare seeds they share: what bands cannot find, a text inside a longer one.

use std::sync::OnceLock;

use rayon::prelude::*;

use crate::boilerplate::Mask;
use crate::evenly::Evenly;
use crate::passage::{Passages, RATE, Text};
use crate::repeats::{self, Repeats};
use crate::seed::{self, Seed};

/// Seeds of a text from which one in [`RATE`] is sampled.
const LONG: u32 = 400;

/// Of the seeds of shorter texts one in so many is.
const DENSE: u32 = 2;

/// Sampled seeds that a pair must share, and as a share of the sample of the smaller text. Pairs that are related share a
/// quarter of their seeds; of long texts without a common origin two common phrases are nothing.
const LEAST_SHARED: u32 = 2;
const LEAST_SHARE: f64 = 0.1;

/// Texts that hold a seed up to which all pairs of them are listed.
const ALL_PAIRS: usize = 24;

/// Beyond that each text is paired with its neighbours at these steps in a ring, and with the first few: enough for a
/// component to hold together, whose members are then verified against one of them.
const RING: [usize; 3] = [1, 2, 5];
const HUBS: usize = 4;

/// Returns the wanted pairs of texts whose content shares sampled seeds, smaller index first, sorted.
///
/// One seed in [`RATE`] is taken from the index of passages, which has those only that go on alike in another text: others
/// are common phrases, and tell nothing. What more is sampled of short texts is taken from the texts.
///
/// Time grows with the text: a seed that many texts hold costs each of them seven pairs, however many they are. Memory
/// while it runs: 20 bytes a seed and text that holds it beside others, 20 a text, and 4 a text for each thread.
pub fn candidates(passages: &Passages, masks: &[Mask], is_wanted: impl Fn(u32, u32) -> bool + Sync) -> Vec<(u32, u32)> {
    let texts = passages.texts();
    let is_short = |id: u32| seed::count(texts[id as usize].shingles) < LONG;
    let postings = postings(passages, masks, is_short);
    let text_of = |posting: u64| posting as u32;
    let sizes: Vec<OnceLock<Size>> = texts.iter().map(|_| OnceLock::new()).collect();
    let size = |id: u32, seeds: &mut Vec<u64>| {
        let rate = if is_short(id) { DENSE } else { RATE };
        *sizes[id as usize].get_or_init(|| Size::of(&texts[id as usize], &masks[id as usize], rate, seeds))
    };
    let least = |[a, b]: [u32; 2]| LEAST_SHARED.max((f64::from(a.min(b)) * LEAST_SHARE).ceil() as u32);
    let are_enough = |count: u32, ids: [u32; 2], seeds: &mut Vec<u64>| {
        // A sample has no more than all seeds, of which copies share as many: their samples are not counted.
        if count >= least(ids.map(|id| masks[id as usize].content())) {
            return true;
        }
        let are_short = ids.into_iter().all(is_short);
        count >= least(ids.map(|id| size(id, seeds)).map(|size| if are_short { size.all } else { size.sparse }))
    };
    let lists = Lists::new(&postings, texts.len());
    let of_text = |(shared, seeds): &mut (Shared, Vec<u64>), id: u32| {
        for &Row { from, length, own } in lists.of_text(id) {
            let list = &postings[from as usize..(from + length) as usize];
            let own = own as usize;
            if list.len() <= ALL_PAIRS {
                let others = list[..own].iter().chain(&list[own + 1..]);
                others.for_each(|&posting| shared.meet(text_of(posting)));
            } else {
                let ring = RING.map(|step| (own + step) % list.len());
                let hubs = (0..HUBS).filter(|at| *at != own && !ring.contains(at));
                ring.into_iter().chain(hubs).for_each(|at| shared.meet(text_of(list[at])));
            }
        }
        let mut pairs = Vec::new();
        shared.take(|other, count| {
            if count >= LEAST_SHARED && is_wanted(id, other) && are_enough(count, [id, other], seeds) {
                pairs.push((id.min(other), id.max(other)));
            }
        });
        pairs
    };
    let buffers = || (Shared::new(texts.len()), Vec::new());
    let ids = (0..texts.len() as u32).into_par_iter().evenly();
    let mut pairs: Vec<(u32, u32)> = ids.map_init(buffers, of_text).flatten_iter().collect();
    pairs.par_sort_unstable();
    pairs.dedup();
    pairs
}

/// How many seeds one text shares with others.
struct Shared {
    /// For each text; 0 between two texts whose others are counted.
    counts: Vec<u32>,
    /// Those that share any.
    others: Vec<u32>,
}

impl Shared {
    fn new(texts: usize) -> Self {
        Self { counts: vec![0; texts], others: Vec::new() }
    }

    fn meet(&mut self, other: u32) {
        let count = &mut self.counts[other as usize];
        if *count == 0 {
            self.others.push(other);
        }
        *count += 1;
    }

    /// Calls `act` with each text that shares seeds and how many they are, and forgets them.
    fn take(&mut self, mut act: impl FnMut(u32, u32)) {
        for other in self.others.drain(..) {
            act(other, std::mem::take(&mut self.counts[other as usize]));
        }
    }
}

/// Returns which texts hold which sampled seeds in their content: a seed in the high half and a text in the low one, so
/// that they sort as one number; sorted, each once, without most of the seeds that one text alone holds.
fn postings(passages: &Passages, masks: &[Mask], is_short: impl Fn(u32) -> bool + Sync) -> Vec<u64> {
    let texts = passages.texts();
    let posting = |seed: Seed, id: u32| u64::from(seed) << 32 | u64::from(id);
    let ids = || (0..texts.len() as u32).into_par_iter().evenly();
    let mut postings: Vec<u64> = ids()
        .flat_map_iter(|id| {
            let mask = &masks[id as usize];
            let in_content = passages.sampled_of(id).filter(|&(place, _)| mask.is_content(place));
            in_content.map(move |(_, seed)| posting(seed, id))
        })
        .collect();
    // The other seeds of short texts are not in the index.
    let of_short = |seeds: &mut Vec<u64>, id: u32| {
        sample(&texts[id as usize], &masks[id as usize], DENSE, seeds);
        let others = seeds.iter().map(|seed| (seed >> 32) as Seed).filter(|&seed| !seed::is_sampled(seed, RATE));
        others.map(|seed| posting(seed, id)).collect::<Vec<_>>()
    };
    let of_short = ids().filter(|&id| is_short(id)).map_init(Vec::new, of_short).flatten_iter();
    let mut of_short: Vec<u64> = of_short.collect();
    let repeats = Repeats::of(of_short.len(), of_short.par_iter().map(|&posting| posting >> 32));
    repeats::retain(&mut of_short, |&posting| repeats.may_hold(posting >> 32));
    postings.extend(of_short);
    postings.par_sort_unstable();
    postings.dedup();
    postings
}

/// How many different sampled seeds the content of a text has.
#[derive(Clone, Copy)]
struct Size {
    all: u32,
    /// Of those that are sampled of a long text.
    sparse: u32,
}

impl Size {
    fn of(text: &Text, mask: &Mask, rate: u32, seeds: &mut Vec<u64>) -> Self {
        sample(text, mask, rate, seeds);
        let mut different: Vec<Seed> = seeds.iter().map(|seed| (seed >> 32) as Seed).collect();
        different.sort_unstable();
        different.dedup();
        let sparse = different.partition_point(|&seed| seed::is_sampled(seed, RATE));
        Self { all: different.len() as u32, sparse: sparse as u32 }
    }
}

/// Leaves in `seeds` the sampled seeds of a text's content with their places, as [`seed::sample`] has them.
fn sample(text: &Text, mask: &Mask, rate: u32, seeds: &mut Vec<u64>) {
    seeds.clear();
    mask.content_runs().for_each(|run| seed::sample(text.shingles, run, rate, seeds));
}

/// A list of postings of one seed, and where in it a text stands.
#[derive(Clone, Copy, Default)]
struct Row {
    /// The first posting.
    from: u32,
    /// How many they are.
    length: u32,
    /// Which of them is the text's.
    own: u32,
}

/// Where the texts of each seed are listed that several have: for each text the lists that it is in.
struct Lists {
    /// By text.
    rows: Vec<Row>,
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
        let mut rows = vec![Row::default(); starts[texts] as usize];
        let mut next = starts.clone();
        let mut from = 0;
        for list in postings.chunk_by(|a, b| a >> 32 == b >> 32) {
            if list.len() > 1 {
                for (own, &posting) in (0..).zip(list) {
                    let at = &mut next[posting as u32 as usize];
                    rows[*at as usize] = Row { from, length: list.len() as u32, own };
                    *at += 1;
                }
            }
            from += list.len() as u32;
        }
        Self { rows, starts }
    }

    fn of_text(&self, text: u32) -> &[Row] {
        &self.rows[self.starts[text as usize] as usize..self.starts[text as usize + 1] as usize]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::block::{Block, Blocks};
    use crate::shingle::Shingle;

    const WIDTH: usize = 2;

    /// Texts that are put together of passages, a line each.
    fn texts_of(passages: &[Vec<Shingle>], texts: &[Vec<usize>]) -> Vec<(Vec<Shingle>, Blocks)> {
        let of_text = |numbers: &Vec<usize>| {
            let mut blocks = Blocks::default();
            let (mut shingles, mut lines) = (Vec::new(), Vec::new());
            for &number in numbers {
                lines.push(Block { hash: number as u64, start: shingles.len() as u32, weight: 40 });
                shingles.extend(&passages[number % passages.len()]);
            }
            (blocks.lines, blocks.tokens) = (lines.into(), shingles.len() as u32 + 1);
            (shingles, blocks)
        };
        texts.iter().map(of_text).collect()
    }

    /// The same without lists, tables and filters: all pairs, each by its sets of seeds.
    fn plainly(passages: &Passages, masks: &[Mask]) -> Vec<(u32, u32)> {
        let texts = passages.texts();
        let is_short = |id: usize| seed::count(texts[id].shingles) < LONG;
        let all = |id: usize, rate: u32| {
            let seeds = masks[id].content_seeds().map(|place| seed::at(texts[id].shingles, place));
            seeds.filter(|&seed| seed::is_sampled(seed, rate)).collect::<BTreeSet<Seed>>()
        };
        let told = |id: usize| {
            let sampled = passages.sampled_of(id as u32).filter(|&(place, _)| masks[id].is_content(place));
            let mut told: BTreeSet<Seed> = sampled.map(|(_, seed)| seed).collect();
            if is_short(id) {
                told.extend(all(id, DENSE).into_iter().filter(|&seed| !seed::is_sampled(seed, RATE)));
            }
            told
        };
        let mut pairs = Vec::new();
        for a in 0..texts.len() {
            for b in a + 1..texts.len() {
                let shared = told(a).intersection(&told(b)).count();
                let rate = if is_short(a) && is_short(b) { DENSE } else { RATE };
                let smaller = all(a, rate).len().min(all(b, rate).len());
                if shared >= LEAST_SHARED as usize && shared as f64 >= smaller as f64 * LEAST_SHARE {
                    pairs.push((a as u32, b as u32));
                }
            }
        }
        pairs
    }

    proptest! {
        #[test]
        fn candidates_are_the_pairs_that_share_enough_of_the_smaller_one(
            passages in prop::collection::vec(prop::collection::vec(1..5000_u32, 10..150), 2..6),
            texts in prop::collection::vec(prop::collection::vec(0..6_usize, 1..9), 2..10),
            hidden in prop::collection::vec((0..10_usize, 0..300_u32, 1..200_u32), 0..4),
        ) {
            let kept = texts_of(&passages, &texts);
            let texts: Vec<Text> = kept.iter().map(|(shingles, blocks)| Text { shingles, blocks, host: 0 }).collect();
            let mask = |(id, text): (usize, &Text)| {
                let of_text = hidden.iter().filter(|&&(other, ..)| other == id);
                let end = text.blocks.tokens;
                let ranges = of_text.map(|&(_, from, length)| from.min(end)..(from + length).min(end));
                Mask::hiding(text, WIDTH, ranges)
            };
            let masks: Vec<Mask> = texts.iter().enumerate().map(mask).collect();
            let passages = Passages::new(&texts, WIDTH);
            prop_assert_eq!(candidates(&passages, &masks, |_, _| true), plainly(&passages, &masks));
            let is_wanted = |a: u32, b: u32| (a + b).is_multiple_of(2);
            let wanted: Vec<(u32, u32)> = plainly(&passages, &masks).into_iter().filter(|&(a, b)| is_wanted(a, b)).collect();
            prop_assert_eq!(candidates(&passages, &masks, is_wanted), wanted);
        }
    }

    /// Neither the passage that all have is enough for the first and the last text, which are not all paired by it, nor the one
    /// that those two have alone.
    #[test]
    fn what_two_texts_share_with_many_and_alone_counts_together() {
        let passage = |number: u32, length: u32| (0..length).map(|at| (number * 1000 + at) * 7919).collect();
        let mut passages: Vec<Vec<Shingle>> = vec![passage(1, 26), passage(2, 26)];
        passages.extend((0..40).map(|number| passage(3 + number, 320)));
        let of_text =
            |number: usize| if number == 0 || number == 39 { vec![2 + number, 0, 1] } else { vec![2 + number, 0] };
        let kept = texts_of(&passages, &(0..40).map(of_text).collect::<Vec<_>>());
        let texts: Vec<Text> = kept.iter().map(|(shingles, blocks)| Text { shingles, blocks, host: 0 }).collect();
        let masks: Vec<Mask> = texts.iter().map(|text| Mask::new(text, WIDTH)).collect();
        let passages = Passages::new(&texts, WIDTH);
        assert_eq!(plainly(&passages, &masks), [(0, 39)]);
        assert_eq!(candidates(&passages, &masks, |_, _| true), [(0, 39)]);
    }

    /// Of a seed that many texts hold each is paired with a few, and all hold together.
    #[test]
    fn many_copies_cost_each_a_few_pairs_and_are_one_component() {
        let passages: Vec<Vec<Shingle>> = vec![(1..200).map(|at| at * 7919).collect()];
        let kept = texts_of(&passages, &vec![vec![0]; 60]);
        let texts: Vec<Text> = kept.iter().map(|(shingles, blocks)| Text { shingles, blocks, host: 0 }).collect();
        let masks: Vec<Mask> = texts.iter().map(|text| Mask::new(text, WIDTH)).collect();
        let pairs = candidates(&Passages::new(&texts, WIDTH), &masks, |_, _| true);
        assert!(pairs.len() <= 60 * (RING.len() + HUBS), "{}", pairs.len());
        let mut met = BTreeSet::from([0]);
        for _ in 0..60 {
            let found: Vec<u32> = pairs
                .iter()
                .filter(|pair| met.contains(&pair.0) || met.contains(&pair.1))
                .flat_map(|pair| [pair.0, pair.1])
                .collect();
            met.extend(found);
        }
        assert_eq!(met.len(), 60);
    }
}
