//! SimHash (Charikar, STOC 2002): 64 bits, of which two similar documents differ in few.

use crate::hash;
use crate::shingle::Shingle;

/// Bits of a sketch.
pub const BITS: usize = 64;

/// Returns the sketch of a document given by its shingles, each counted as often as it occurs.
///
/// `None` for a document without shingles. A bit is set if most of the hashes have it set.
pub fn simhash(shingles: &[Shingle], seed: u64) -> Option<u64> {
    if shingles.is_empty() {
        return None;
    }
    // The 64 counters are kept as bit planes: plane p holds bit p of each counter, and adding a hash is a ripple of
    // carries over whole words instead of 64 additions.
    let mut planes = [0u64; 40];
    for &shingle in shingles {
        let mut carry = hash::number(u64::from(shingle), seed);
        for plane in &mut planes {
            let next = *plane & carry;
            *plane ^= carry;
            carry = next;
            if carry == 0 {
                break;
            }
        }
    }
    let mut sketch = 0;
    for bit in 0..BITS {
        let count: u64 = planes.iter().enumerate().map(|(p, plane)| (plane >> bit & 1) << p).sum();
        if count * 2 > shingles.len() as u64 {
            sketch |= 1 << bit;
        }
    }
    Some(sketch)
}

/// The masks of Manku, Jain and Das Sarma (WWW 2007): two sketches that differ in at most `distance` bits agree under
/// one of them.
///
/// The bits are cut into `distance + 3` blocks; a mask keeps three of them, for `distance` differing bits cannot touch
/// all four or more of the rest. So there are C(distance + 3, 3) masks of some `192 / (distance + 3)` bits.
pub fn masks(distance: u32) -> Vec<u64> {
    let blocks = distance as usize + 3;
    let block = |i: usize| {
        let (from, to) = (i * BITS / blocks, (i + 1) * BITS / blocks);
        (u64::MAX >> (BITS - (to - from))) << from
    };
    let mut masks = Vec::new();
    for a in 0..blocks {
        for b in a + 1..blocks {
            for c in b + 1..blocks {
                masks.push(block(a) | block(b) | block(c));
            }
        }
    }
    masks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bit_is_the_vote_of_the_shingles() {
        let shingles: Vec<Shingle> = (0..1001).collect();
        let mut votes = [0i64; BITS];
        for &shingle in &shingles {
            for (bit, vote) in votes.iter_mut().enumerate() {
                *vote += if hash::number(u64::from(shingle), 9) >> bit & 1 == 1 { 1 } else { -1 };
            }
        }
        let expected = votes.iter().enumerate().fold(0, |sketch, (bit, &vote)| sketch | u64::from(vote > 0) << bit);
        assert_eq!(simhash(&shingles, 9), Some(expected));
        assert_eq!(simhash(&[], 9), None);
    }

    #[test]
    fn sketches_within_the_distance_agree_under_a_mask() {
        for distance in 0..=7 {
            let masks = masks(distance);
            for trial in 0..200 {
                let a = hash::number(trial, 1);
                let b = (0..u64::from(distance)).fold(a, |b, flip| b ^ 1 << (hash::number(flip, trial) % 64));
                assert!(masks.iter().any(|mask| a & mask == b & mask), "distance {distance}, trial {trial}");
            }
        }
    }

    #[test]
    fn one_changed_shingle_in_a_thousand_moves_few_bits() {
        let a: Vec<Shingle> = (0..1000).collect();
        let b: Vec<Shingle> = (1..1001).collect();
        let (a, b) = (simhash(&a, 1).unwrap_or(0), simhash(&b, 1).unwrap_or(0));
        assert!((a ^ b).count_ones() <= 6);
    }
}
