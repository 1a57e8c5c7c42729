//! Parallel work in parts that are small enough for all threads to end at about the same time.

use rayon::iter::{IndexedParallelIterator, MaxLen};

/// Parts a thread, at least. Two threads of rayon begin with four parts of all, and whoever is done waits for the other's
/// last one: little where all elements cost the same, but texts do not.
pub const PARTS: usize = 16;

/// An iterator that is divided evenly.
pub trait Evenly: IndexedParallelIterator {
    /// Returns the same elements in more and smaller parts than rayon would make of them.
    fn evenly(self) -> MaxLen<Self> {
        let most = self.len().div_ceil(rayon::current_num_threads() * PARTS);
        self.with_max_len(most.max(1))
    }
}

impl<I: IndexedParallelIterator> Evenly for I {}
