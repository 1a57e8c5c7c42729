//! Seeds: short runs of tokens that are rare enough to say where two texts are the same.
//!
//! A seed is the hash of two neighbouring shingles, so it spans one token more than a shingle and needs no second pass
//! over the text. Looking texts up in each other (boilerplate, excerpts, candidates by containment) goes by seeds;
//! resemblance is counted in shingles.

use std::ops::Range;

use crate::hash;
use crate::shingle::Shingle;

/// The hash of two neighbouring shingles.
pub type Seed = u32;

/// Returns how many tokens a seed spans.
pub fn span(width: usize) -> u32 {
    width as u32 + 1
}

/// Returns the seed at a place that is not the last shingle of its text.
#[inline]
pub fn at(shingles: &[Shingle], place: u32) -> Seed {
    let place = place as usize;
    hash::pair(shingles[place], shingles[place + 1])
}

/// Returns the number of seeds of a text.
#[inline]
pub fn count(shingles: &[Shingle]) -> u32 {
    shingles.len().saturating_sub(1) as u32
}

/// Returns whether a seed is in the fixed sample of one in `rate` (FracMinHash: the same seeds in every text).
#[inline]
pub fn is_sampled(seed: Seed, rate: u32) -> bool {
    seed <= u32::MAX / rate
}

/// Returns the seeds at a run of places.
#[inline]
pub fn in_run(shingles: &[Shingle], places: Range<u32>) -> impl Iterator<Item = Seed> + '_ {
    // One shingle more than seeds.
    let shingles = if places.is_empty() { &[] } else { &shingles[places.start as usize..=places.end as usize] };
    shingles.windows(2).map(|pair| hash::pair(pair[0], pair[1]))
}

/// Appends the sampled seeds at a run of places, each in the high half and its place in the low one.
///
/// No branch: which seeds are sampled is not to be foreseen.
#[inline]
pub fn sample(shingles: &[Shingle], places: Range<u32>, rate: u32, sampled: &mut Vec<u64>) {
    let from = sampled.len();
    sampled.resize(from + places.len(), 0);
    let room = &mut sampled[from..];
    let mut count = 0;
    for (place, seed) in places.clone().zip(in_run(shingles, places)) {
        room[count] = u64::from(seed) << 32 | u64::from(place);
        count += usize::from(is_sampled(seed, rate));
    }
    sampled.truncate(from + count);
}

/// Bits in words of 64, one a token or seed.
pub mod bits {
    use super::Range;

    /// Returns the words for so many bits.
    pub fn words(bits: u32) -> usize {
        bits.div_ceil(64) as usize
    }

    /// Returns bit `at`.
    #[inline]
    pub fn get(words: &[u64], at: u32) -> bool {
        words[at as usize / 64] >> (at % 64) & 1 == 1
    }

    /// Sets a range of bits.
    pub fn set(words: &mut [u64], range: Range<u32>) {
        each_word(range, |word, mask| words[word] |= mask);
    }

    /// Clears a range of bits.
    pub fn clear(words: &mut [u64], range: Range<u32>) {
        each_word(range, |word, mask| words[word] &= !mask);
    }

    /// Returns how many bits of a range are set.
    pub fn count(words: &[u64], range: Range<u32>) -> u32 {
        let mut count = 0;
        each_word(range, |word, mask| count += (words[word] & mask).count_ones());
        count
    }

    /// Returns the first bit of a range that is set, or the end of the range.
    pub fn first_set(words: &[u64], range: Range<u32>) -> u32 {
        first(words, range, 0)
    }

    /// Returns the first bit of a range that is not set, or the end of the range.
    pub fn first_clear(words: &[u64], range: Range<u32>) -> u32 {
        first(words, range, !0)
    }

    /// Returns the first bit of a range that differs from those of `others`, or the end of the range.
    #[inline]
    fn first(words: &[u64], range: Range<u32>, others: u64) -> u32 {
        if range.is_empty() {
            return range.end;
        }
        let mut first = range.start / 64 * 64;
        let mut left = (words[first as usize / 64] ^ others) & (!0 << (range.start % 64));
        while left == 0 {
            first += 64;
            if first >= range.end {
                return range.end;
            }
            left = words[first as usize / 64] ^ others;
        }
        range.end.min(first + left.trailing_zeros())
    }

    /// Returns the runs of the first `count` bits that are not set.
    pub fn clear_runs(words: &[u64], count: u32) -> impl Iterator<Item = Range<u32>> + '_ {
        let mut from = 0;
        std::iter::from_fn(move || {
            let start = first_clear(words, from..count);
            from = first_set(words, start..count);
            (start < count).then_some(start..from)
        })
    }

    /// Calls `act` with the number of each word of a range, and those of its bits that are in the range.
    #[inline]
    pub fn each_word(range: Range<u32>, mut act: impl FnMut(usize, u64)) {
        if range.is_empty() {
            return;
        }
        let (first, last) = (range.start as usize / 64, (range.end - 1) as usize / 64);
        if first == last {
            return act(first, (!0 >> (64 - range.len())) << (range.start % 64));
        }
        for word in first..=last {
            let low = if word == first { !0 << (range.start % 64) } else { !0 };
            let high = if word == last { !0 >> (63 - (range.end - 1) % 64) } else { !0 };
            act(word, low & high);
        }
    }

    #[cfg(test)]
    mod tests {
        use proptest::prelude::*;

        proptest! {
            #[test]
            fn ranges_are_set_cleared_and_counted_like_single_bits(
                steps in prop::collection::vec((any::<bool>(), 0u32..200, 0u32..200), 1..8)
            ) {
                let mut words = vec![0; super::words(200)];
                let mut plain = [false; 200];
                for (on, start, end) in steps {
                    let range = start..end;
                    if on { super::set(&mut words, range.clone()) } else { super::clear(&mut words, range.clone()) }
                    for bit in range.clone() {
                        plain[bit as usize] = on;
                    }
                    let expected = range.clone().filter(|&bit| plain[bit as usize]).count() as u32;
                    prop_assert_eq!(super::count(&words, range), expected);
                }
                for (bit, &on) in plain.iter().enumerate() {
                    prop_assert_eq!(super::get(&words, bit as u32), on);
                }
                for count in [0, 1, 63, 64, 65, 200] {
                    let runs: Vec<_> = super::clear_runs(&words, count).collect();
                    prop_assert!(runs.windows(2).all(|two| two[0].end < two[1].start));
                    let clear: Vec<u32> = (0..count).filter(|&bit| !plain[bit as usize]).collect();
                    prop_assert_eq!(runs.into_iter().flatten().collect::<Vec<_>>(), clear);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_sample_has_the_sampled_seeds_of_a_run_and_their_places(
            shingles in prop::collection::vec(any::<u32>(), 0..80),
            from in 0..80_u32,
            length in 0..80_u32,
            rate in 1..9_u32,
        ) {
            let count = count(&shingles);
            let run = from.min(count)..(from + length).min(count);
            let mut sampled = vec![7];
            sample(&shingles, run.clone(), rate, &mut sampled);
            let places = run.filter(|&place| is_sampled(at(&shingles, place), rate));
            let expected = places.map(|place| u64::from(at(&shingles, place)) << 32 | u64::from(place));
            prop_assert_eq!(sampled, [7].into_iter().chain(expected).collect::<Vec<_>>());
        }
    }
}
