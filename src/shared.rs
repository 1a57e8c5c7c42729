//! How many of the numbers of one text, its seeds or shingles, others have too.
//!
//! Of a text that is laid beside many a table is made once, 16 to 32 bytes a number, and each of the others is walked as it
//! stands: nothing is sorted, and nothing is kept of them. [`ShingleSet::shared`](crate::shingle::ShingleSet::shared) counts
//! the same of two sets.

/// Returns whether a text is so much longer than another one that it is not walked beside it, but loaded: an index page would
/// be walked for each article.
pub fn is_much_longer(length: usize, other: usize) -> bool {
    length / 8 > other
}

/// Counts in others what one text has: it is loaded once, and each of the others walked.
///
/// Numbers are hashes, so that their low bits say where they stand.
#[derive(Debug, Default)]
pub struct SharedCounter {
    /// A number, and which text met it last; 0 where the slot is empty.
    slots: Vec<(u32, u32)>,
    /// A bit for the low half of each number: most of an unlike text are told by it, without a look at the slots.
    low_halves: Vec<u64>,
    /// Which text is counted: 1 for the one that was loaded.
    current: u32,
}

impl SharedCounter {
    /// Makes these the numbers that are counted in others; one that is there twice counts once.
    pub fn load(&mut self, numbers: &[u32]) {
        let size = (numbers.len() * 2).next_power_of_two().max(64);
        self.slots.clear();
        // What a text of a book's length has left is not kept for pages.
        if self.slots.capacity() / 64 > size {
            self.slots.shrink_to(size);
        }
        self.slots.resize(size, (0, 0));
        self.low_halves.clear();
        self.low_halves.resize(1 << 10, 0);
        self.current = 1;
        for &number in numbers {
            let slot = self.slot(number);
            self.slots[slot] = (number, 1);
            self.low_halves[number as usize >> 6 & 0x3ff] |= 1 << (number & 63);
        }
    }

    #[inline]
    fn slot(&self, number: u32) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = number as usize & mask;
        while self.slots[at].1 != 0 && self.slots[at].0 != number {
            at = (at + 1) & mask;
        }
        at
    }

    /// Returns how many different numbers of the loaded text are among some others: 0 where none is loaded.
    pub fn count(&mut self, others: &[u32]) -> u32 {
        if self.slots.is_empty() {
            return 0;
        }
        self.current += 1;
        let mut shared = 0;
        for &number in others {
            if self.low_halves[number as usize >> 6 & 0x3ff] >> (number & 63) & 1 == 0 {
                continue;
            }
            let slot = self.slot(number);
            let met = &mut self.slots[slot].1;
            if *met != 0 && *met != self.current {
                *met = self.current;
                shared += 1;
            }
        }
        shared
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::shingle::ShingleSet;

    #[test]
    fn where_nothing_is_loaded_nothing_is_shared() {
        let mut counter = SharedCounter::default();
        assert_eq!(counter.count(&[0, 7, 7]), 0);
        counter.load(&[]);
        assert_eq!(counter.count(&[0, 7, 7]), 0);
        counter.load(&[7, 0]);
        assert_eq!(counter.count(&[0, 7, 7]), 2);
    }

    #[test]
    fn what_a_long_text_took_is_given_back() {
        let long: Vec<u32> = (0..100_000).collect();
        let mut counter = SharedCounter::default();
        counter.load(&long);
        assert_eq!(counter.count(&long), 100_000);
        counter.load(&[7, 0]);
        assert_eq!(counter.count(&long), 2);
        assert!(counter.slots.capacity() < 1000);
    }

    proptest! {
        #[test]
        fn each_text_is_counted_like_a_set(
            loaded in prop::collection::vec(prop::collection::vec(0..300_u32, 0..200), 1..3),
            others in prop::collection::vec(prop::collection::vec(prop_oneof![0..300_u32, any::<u32>()], 0..200), 1..4),
        ) {
            let mut counter = SharedCounter::default();
            for loaded in loaded {
                counter.load(&loaded);
                let set = ShingleSet::new(loaded);
                for other in &others {
                    prop_assert_eq!(counter.count(other) as usize, set.shared(&ShingleSet::new(other.clone())));
                }
            }
        }
    }
}
