//! What of a text is looked up, and what of it can be found.
//!
//! Of the seeds of a text those are posted that are the smallest of some window of [`window`] neighbouring seeds
//! (winnowing, Schleimer, Wilkerson, Aiken, SIGMOD 2003): two in 25 of a long text, and **at least one of any run of 24
//! seeds that two texts share**, where a sample of the same size at random would miss one such run in seven. A text is
//! looked up by the seeds of a window of four, among which are those of any wider window. So whatever shares a passage of
//! 26 tokens (some 40 characters) with a page is found, whichever of the two is longer.

use crate::block::Blocks;
use crate::hash;
use crate::seed;
use crate::shingle::Shingle;

/// Kinds of what is posted, as seeds of their hashes, so that no two kinds meet.
const SEED: u64 = 1;
const SHINGLE: u64 = 2;
const LINE: u64 = 3;
const TEXT: u64 = 4;
const KEY: u64 = 5;

/// Seeds of a window: at most, at least, and one for so many seeds of the text.
const WIDEST: usize = 24;
const NARROWEST: usize = 4;
const SEEDS_A_WINDOW: usize = 10;

/// Shingles up to which a text is also found by them: one of fewer seeds than shingles has next to none.
const FEW: usize = 4;

/// Returns the window of a text of so many seeds.
fn window(seeds: usize) -> usize {
    (seeds / SEEDS_A_WINDOW).clamp(NARROWEST, WIDEST)
}

/// Returns the hashes by which a text can be found again by what it says, each once, in order; and whether what was hashed
/// is hidden wherever it stands.
pub(super) fn posted(shingles: &[Shingle], is_hidden: impl Fn(u32) -> bool) -> Vec<(u64, bool)> {
    let seeds: Vec<u32> = (0..seed::count(shingles)).map(|place| seed::at(shingles, place)).collect();
    let places = winnowed(&seeds, window(seeds.len())).into_iter();
    let mut hashes: Vec<(u64, bool)> = places.map(|place| (of_seed(seeds[place as usize]), is_hidden(place))).collect();
    hashes.extend(of_few(shingles).map(|hash| (hash, false)));
    hashes.sort_unstable();
    hashes.dedup_by_key(|(hash, _)| *hash);
    hashes
}

/// Returns the hashes to look a text up by, and the places of the seeds they are of.
pub(super) fn looked_up(shingles: &[Shingle]) -> Vec<(u64, u32)> {
    let seeds: Vec<u32> = (0..seed::count(shingles)).map(|place| seed::at(shingles, place)).collect();
    let places = winnowed(&seeds, NARROWEST).into_iter();
    places.map(|place| (of_seed(seeds[place as usize]), place)).chain(of_few(shingles).map(|hash| (hash, 0))).collect()
}

/// Returns the hashes of the shingles of a text that has few different ones.
fn of_few(shingles: &[Shingle]) -> impl Iterator<Item = u64> {
    let mut different = Vec::new();
    for &shingle in shingles {
        if !different.contains(&shingle) {
            different.push(shingle);
        }
        if different.len() > FEW {
            different.clear();
            break;
        }
    }
    different.into_iter().map(|shingle| hash::number(u64::from(shingle), SHINGLE))
}

fn of_seed(seed: u32) -> u64 {
    hash::number(u64::from(seed), SEED)
}

/// Returns the hash of a line.
pub(super) fn of_line(line: u64) -> u64 {
    hash::number(line, LINE)
}

/// Returns the hashes of the different lines of a text, in order, and whether each is hidden wherever it stands.
pub(super) fn lines(blocks: &Blocks, is_hidden: impl Fn(u32) -> bool) -> Vec<(u64, bool)> {
    let mut lines: Vec<(u64, bool)> =
        blocks.lines.iter().map(|line| (of_line(line.hash), is_hidden(line.start))).collect();
    lines.sort_unstable();
    lines.dedup_by_key(|(hash, _)| *hash);
    lines
}

/// Returns the hash of a whole text, given its digest.
pub(super) fn of_text(digest: u128) -> u64 {
    hash::number((digest >> 64) as u64 ^ digest as u64, TEXT)
}

/// Returns the hash of a key.
pub(super) fn of_key(key: &str) -> u64 {
    hash::number(hash::bytes(key.as_bytes()), KEY)
}

/// Returns the places of the seeds that are the smallest of a window, rising; of equal ones the last.
fn winnowed(seeds: &[u32], window: usize) -> Vec<u32> {
    let mut places: Vec<u32> = Vec::new();
    // Places whose seeds rise: each is the smallest of all from there on.
    let mut open: std::collections::VecDeque<usize> = std::collections::VecDeque::with_capacity(window);
    for (at, &seed) in seeds.iter().enumerate() {
        while open.back().is_some_and(|&last| seeds[last] >= seed) {
            open.pop_back();
        }
        open.push_back(at);
        if open[0] + window <= at {
            open.pop_front();
        }
        // A text shorter than a window is one.
        if (at + 1 >= window || at + 1 == seeds.len()) && places.last() != Some(&(open[0] as u32)) {
            places.push(open[0] as u32);
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn two_in_twenty_five_seeds_of_a_long_text_are_posted() {
        let shingles: Vec<Shingle> = (0..20_001).map(|n| hash::number(n, 3) as Shingle).collect();
        let posted = posted(&shingles, |_| false).len();
        assert!((1500..1700).contains(&posted), "{posted}");
    }

    proptest! {
        #[test]
        fn a_run_that_two_texts_share_is_found_whatever_stands_around_it(
            around in prop::array::uniform4(prop::collection::vec(any::<u32>(), 0..400)),
            run in prop::collection::vec(any::<u32>(), 25..60),
        ) {
            let [a, b, c, d] = around;
            let stored = [a, run.clone(), b].concat();
            let asked = [c, run, d].concat();
            let posted = posted(&stored, |_| false);
            let is_posted = |hash: u64| posted.binary_search(&(hash, false)).is_ok();
            prop_assert!(looked_up(&asked).iter().any(|&(hash, _)| is_posted(hash)));
        }
    }
}
