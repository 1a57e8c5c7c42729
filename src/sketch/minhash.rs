//! MinHash by Fast Similarity Sketching (Dahlgaard, Knudsen, Thorup, FOCS 2017, arXiv 1704.04370).
//!
//! The share of equal slots of two rows is an unbiased estimate of the Jaccard similarity of their sets. A shingle goes
//! to one slot of each round instead of to all slots, so the cost is `n + k log k` and not `n × k`; unlike in one
//! permutation hashing no slot is ever copied from another, which is what keeps short texts unbiased.

use crate::hash;
use crate::shingle::Shingle;

/// Fills rows of a table of `slots` columns.
#[derive(Clone, Debug)]
pub struct MinHasher {
    slots: usize,
    /// The seed of each round; `2 × slots` of them, so that the last ones fill each slot by force.
    rounds: Box<[u64]>,
    /// Smallest value of each slot so far: round in the high half, hash in the low one.
    least: Vec<u64>,
}

impl MinHasher {
    pub fn new(slots: usize, seed: u64) -> Self {
        let rounds = (0..2 * slots as u64).map(|round| hash::number(round, seed)).collect();
        Self { slots, rounds, least: Vec::with_capacity(slots) }
    }

    /// Fills `row` with the sketch of a set, given by its members in any order, repeats allowed.
    ///
    /// Two rows are comparable if slots and seed are the same. An empty set has no sketch: the row is left as it is and
    /// `false` comes back. Cost: one or two hashes a member for sets of more than `slots × ln(slots)` members.
    pub fn fill(&mut self, members: &[Shingle], row: &mut [u32]) -> bool {
        assert_eq!(row.len(), self.slots, "a row has one column a slot");
        if members.is_empty() {
            return false;
        }
        let slots = self.slots as u64;
        self.least.clear();
        self.least.resize(self.slots, u64::MAX);
        for (round, &seed) in self.rounds.iter().enumerate() {
            let stamp = (round as u64) << 32;
            let forced = round.checked_sub(self.slots);
            for &member in members {
                let value = hash::number(u64::from(member), seed);
                let slot = match forced {
                    None => (((value >> 32) * slots) >> 32) as usize,
                    Some(slot) => slot,
                };
                let least = &mut self.least[slot];
                *least = (*least).min(stamp | value & 0xffff_ffff);
            }
            // `u64::MAX` is no value: its round would be 2³² − 1.
            if !self.least.contains(&u64::MAX) {
                break;
            }
        }
        for (column, (out, &least)) in row.iter_mut().zip(&self.least).enumerate() {
            *out = hash::number(least, column as u64) as u32;
        }
        true
    }
}

/// Returns the share of equal slots: the estimated Jaccard similarity.
pub fn resemblance(a: &[u32], b: &[u32]) -> f64 {
    let equal = a.iter().zip(b).filter(|(a, b)| a == b).count();
    equal as f64 / a.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(hasher: &mut MinHasher, members: &[Shingle]) -> Vec<u32> {
        let mut row = vec![0; hasher.slots];
        assert!(hasher.fill(members, &mut row));
        row
    }

    /// Two sets of `size` members each, with Jaccard similarity as near to `jaccard` as whole numbers allow.
    fn sets(size: u64, jaccard: f64, trial: u64) -> (Vec<Shingle>, Vec<Shingle>, f64) {
        let shared = (2.0 * size as f64 * jaccard / (1.0 + jaccard)).round() as u64;
        let member = |i: u64| hash::number(i, 1000 + trial) as Shingle;
        let a: Vec<Shingle> = (0..size).map(member).collect();
        let b: Vec<Shingle> = (0..shared).chain(size..2 * size - shared).map(member).collect();
        (a, b, shared as f64 / (2 * size - shared) as f64)
    }

    #[test]
    fn the_estimate_is_unbiased_from_a_hundred_shingles_to_a_million() {
        // The standard error of a mean of t estimates of k slots is sqrt(J(1-J)/(kt)); trials keep it below .0012.
        for (size, trials) in [(100, 1600), (1_000, 1600), (10_000, 300), (1_000_000, 6)] {
            let mut total = 0.0;
            let steps = [0.1, 0.3, 0.5, 0.7, 0.9, 0.95];
            for jaccard in steps {
                let mut error = 0.0;
                for trial in 0..trials {
                    let mut hasher = MinHasher::new(128, trial);
                    let (a, b, exact) = sets(size, jaccard, trial);
                    error += resemblance(&sketch(&mut hasher, &a), &sketch(&mut hasher, &b)) - exact;
                }
                let mean = error / trials as f64;
                // Six trials of a million say less; the average over all similarities below says it for them.
                let allowed = if trials < 100 { 0.03 } else { 0.005 };
                assert!(mean.abs() < allowed, "{size} shingles, J = {jaccard}: mean error {mean}");
                total += mean;
            }
            assert!((total / steps.len() as f64).abs() < 0.01, "{size} shingles: trend {total}");
        }
    }

    #[test]
    fn sets_of_one_and_two_shingles_have_full_rows() {
        let mut hasher = MinHasher::new(128, 1);
        let one = sketch(&mut hasher, &[7]);
        let other = sketch(&mut hasher, &[8]);
        let both = sketch(&mut hasher, &[7, 8]);
        assert_eq!(resemblance(&one, &other), 0.0);
        assert!((resemblance(&one, &both) - 0.5).abs() < 0.2);
    }

    #[test]
    fn order_and_repeats_do_not_show() {
        let mut hasher = MinHasher::new(64, 3);
        assert_eq!(sketch(&mut hasher, &[1, 2, 3, 4]), sketch(&mut hasher, &[4, 3, 3, 2, 1, 1]));
    }

    #[test]
    fn an_empty_set_has_no_sketch() {
        assert!(!MinHasher::new(16, 1).fill(&[], &mut [0; 16]));
    }
}
