//! Which of many numbers occur more than once, told before they are sorted: of prose nine seeds in ten do not.

/// Tells most of the numbers that occur once among some.
pub struct Repeats {
    /// For each value of a number's hash two bits, in the halves of a word: whether it was met, and met again.
    met: Box<[u64]>,
    shift: u32,
}

impl Repeats {
    /// Returns what tells the repeats of some numbers, about so many. Of those that occur once one in eight to sixteen is
    /// not told.
    pub fn of(count: usize, numbers: impl Iterator<Item = u64>) -> Self {
        let log = (count.max(4) * 16).ilog2();
        let mut repeats = Self { met: vec![0; 1 << (log - 5)].into(), shift: 64 - log };
        for number in numbers {
            let (word, bit) = repeats.place(number);
            let met = &mut repeats.met[word];
            *met |= (*met & bit) << 32 | bit;
        }
        repeats
    }

    /// Returns whether a number may occur more than once; never false for one that does.
    #[inline]
    pub fn may_hold(&self, number: u64) -> bool {
        let (word, bit) = self.place(number);
        self.met[word] & bit << 32 != 0
    }

    /// Returns the word of a number, and its bit in the low half of it.
    #[inline]
    fn place(&self, number: u64) -> (usize, u64) {
        let at = (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize;
        (at / 32, 1 << (at % 32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_occurs_twice_is_told_and_most_of_what_occurs_once_is_not() {
        let numbers: Vec<u64> = (0..1000).chain(0..100).collect();
        let repeats = Repeats::of(numbers.len(), numbers.into_iter());
        assert!((0..100).all(|number| repeats.may_hold(number)));
        let taken_for_repeats = (100..1000).filter(|&number| repeats.may_hold(number)).count();
        assert!(taken_for_repeats < 900 / 6, "{taken_for_repeats}");
    }
}
