//! The one pinned hash: XXH3, 64 bits, seed 0 unless a caller names one.
//!
//! Whatever is compared, ordered or persisted is hashed here, so that two builds, two machines and two years agree.
//! Lengths are part of the hash, so `"ab" + "c"` and `"a" + "bc"` differ wherever pieces are hashed one by one first.

use std::borrow::Cow;

use xxhash_rust::xxh3::{Xxh3, xxh3_64, xxh3_64_with_seed};

/// Returns the hash of some bytes.
#[inline]
pub fn bytes(bytes: &[u8]) -> u64 {
    xxh3_64(bytes)
}

/// Returns the hash of a number under a seed: one of a family of independent functions.
#[inline]
pub fn number(value: u64, seed: u64) -> u64 {
    xxh3_64_with_seed(&value.to_le_bytes(), seed)
}

/// Returns the hash of a sequence of numbers, order included.
#[inline]
pub fn sequence(values: &[u64]) -> u64 {
    xxh3_64(&little_endian(values))
}

/// Returns the bytes of numbers, the lowest of each first.
#[inline]
fn little_endian(values: &[u64]) -> Cow<'_, [u8]> {
    if cfg!(target_endian = "little") {
        // SAFETY: eight initialised bytes a number, and no alignment is asked of bytes.
        Cow::Borrowed(unsafe { std::slice::from_raw_parts(values.as_ptr().cast::<u8>(), size_of_val(values)) })
    } else {
        Cow::Owned(values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }
}

/// Returns the hash of two numbers, order included: one multiplication, for values that are hashes themselves.
#[inline]
pub fn pair(first: u32, second: u32) -> u32 {
    let both = (u64::from(first) << 32 | u64::from(second)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    let product = u128::from(both) * 0xd6e8_feb8_6659_fd93;
    ((product >> 64) as u64 ^ product as u64) as u32
}

/// A 128-bit hash of a text that arrives in pieces. How it is cut does not show.
#[derive(Clone, Default)]
pub struct TextHasher(Box<Xxh3>);

impl TextHasher {
    pub fn push(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// Pushes the bytes of some numbers, the lowest of each first.
    pub fn push_numbers(&mut self, numbers: &[u64]) {
        self.0.update(&little_endian(numbers));
    }

    /// Returns the hash of all pieces so far.
    pub fn finish(&self) -> u128 {
        self.0.digest128()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The byte sequence of the reference implementation's self-test (`xxhsum.c`): the top bytes of a running product.
    fn reference_bytes(len: usize) -> Vec<u8> {
        let mut generator: u64 = 2_654_435_761;
        (0..len)
            .map(|_| {
                let byte = (generator >> 56) as u8;
                generator = generator.wrapping_mul(11_400_714_785_074_694_797);
                byte
            })
            .collect()
    }

    #[test]
    fn the_hash_is_xxh3_as_published() {
        // XXH3_64bits vectors of the reference sanity check, seed 0.
        for (len, expected) in [
            (0, 0x2D06_8005_38D3_94C2),
            (1, 0xC44B_DFF4_074E_ECDB),
            (6, 0x27B5_6A84_CD2D_7325),
            (12, 0xA713_DAF0_DFBB_77E7),
            (24, 0xA3FE_70BF_9D35_10EB),
            (48, 0x397D_A259_ECBA_1F11),
            (80, 0xBCDE_FBBB_2C47_C90A),
            (195, 0xCD94_217E_E362_EC3A),
        ] {
            assert_eq!(bytes(&reference_bytes(len)), expected, "{len} bytes");
        }
    }

    #[test]
    fn a_sequence_hashes_like_its_little_endian_bytes() {
        let values = [0x0807_0605_0403_0201, 0x100f_0e0d_0c0b_0a09];
        assert_eq!(sequence(&values), bytes(&(1..=16).collect::<Vec<u8>>()));
        assert_ne!(sequence(&values), sequence(&[values[1], values[0]]));
    }

    #[test]
    fn a_text_hashes_alike_however_it_is_cut() {
        let mut whole = TextHasher::default();
        whole.push("同文者同一篇文章".as_bytes());
        let mut cut = TextHasher::default();
        cut.push("同文者".as_bytes());
        cut.push("同一篇文章".as_bytes());
        assert_eq!(whole.finish(), cut.finish());
    }
}
