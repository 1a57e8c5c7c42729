//! Which of many numbers occur more than once, told before they are sorted: of prose nine seeds in ten do not.

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

/// Tells most of the numbers that occur once among some.
pub struct Repeats {
    /// For each value of a number's hash two bits, in the halves of a word: whether it was met, and met again.
    met: Box<[AtomicU64]>,
    shift: u32,
}

impl Repeats {
    /// Returns what tells the repeats of some numbers, about so many. Of those that occur once one in eight to sixteen is
    /// not told.
    pub fn of(count: usize, numbers: impl ParallelIterator<Item = u64>) -> Self {
        let log = (count.max(4) * 16).ilog2();
        let met = (0..1_usize << (log - 5)).map(|_| AtomicU64::new(0)).collect();
        let repeats = Self { met, shift: 64 - log };
        // Whichever of two threads comes second sees the bit of the first: what is set in the end knows no order.
        numbers.for_each(|number| {
            let (word, bit) = repeats.place(number);
            let met = &repeats.met[word];
            // What is set already is not written again: a line of the cache that is only read can be read by all threads.
            let before = met.load(Ordering::Relaxed);
            let is_again = before & bit != 0 || met.fetch_or(bit, Ordering::Relaxed) & bit != 0;
            if is_again && before & bit << 32 == 0 {
                met.fetch_or(bit << 32, Ordering::Relaxed);
            }
        });
        repeats
    }

    /// Returns whether a number may occur more than once; never false for one that does.
    #[inline]
    pub fn may_hold(&self, number: u64) -> bool {
        let (word, bit) = self.place(number);
        self.met[word].load(Ordering::Relaxed) & bit << 32 != 0
    }

    /// Returns the word of a number, and its bit in the low half of it.
    #[inline]
    fn place(&self, number: u64) -> (usize, u64) {
        let at = (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize;
        (at / 32, 1 << (at % 32))
    }
}

/// Leaves those of some elements that are wanted, in their order. Nothing is allocated but a number a part.
pub fn retain<T: Copy + Send>(all: &mut Vec<T>, is_wanted: impl Fn(&T) -> bool + Sync) {
    const SIZE: usize = 1 << 16;
    let compact = |part: &mut [T]| {
        let mut kept = 0;
        for at in 0..part.len() {
            if is_wanted(&part[at]) {
                part[kept] = part[at];
                kept += 1;
            }
        }
        kept
    };
    let kept: Vec<usize> = all.par_chunks_mut(SIZE).map(compact).collect();
    let mut end = 0;
    for (part, kept) in kept.into_iter().enumerate() {
        all.copy_within(part * SIZE..part * SIZE + kept, end);
        end += kept;
    }
    all.truncate(end);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_occurs_twice_is_told_and_most_of_what_occurs_once_is_not() {
        let numbers: Vec<u64> = (0..1000).chain(0..100).collect();
        let repeats = Repeats::of(numbers.len(), numbers.into_par_iter());
        assert!((0..100).all(|number| repeats.may_hold(number)));
        let taken_for_repeats = (100..1000).filter(|&number| repeats.may_hold(number)).count();
        assert!(taken_for_repeats < 900 / 6, "{taken_for_repeats}");
    }

    #[test]
    fn what_is_wanted_stays_in_order_across_parts() {
        let mut numbers: Vec<u32> = (0..200_000).collect();
        retain(&mut numbers, |number| number % 7 == 3 || *number > 150_000);
        let expected: Vec<u32> = (0..200_000).filter(|number| number % 7 == 3 || *number > 150_000).collect();
        assert_eq!(numbers, expected);
    }
}
