//! Parallel work in parts that are small enough for all threads to end at about the same time.

use rayon::iter::{IndexedParallelIterator, MaxLen};

/// Parts a thread, at least. Two threads of rayon begin with four parts of all, and whoever is done waits for the other's
/// last one: little where all elements cost the same, but texts do not.
const PARTS: usize = 16;

/// Returns how many of so many elements are in a part, at least one.
pub fn part(count: usize) -> usize {
    count.div_ceil(rayon::current_num_threads() * PARTS).max(1)
}

/// An iterator that is divided evenly.
pub trait Evenly: IndexedParallelIterator {
    /// Returns the same elements in more and smaller parts than rayon would make of them.
    fn evenly(self) -> MaxLen<Self> {
        let most = part(self.len());
        self.with_max_len(most)
    }
}

impl<I: IndexedParallelIterator> Evenly for I {}
