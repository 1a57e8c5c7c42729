//! ASCII letters, digits and spaces, eight bytes at a time: most of English is nothing else.

/// One bit a byte: the highest.
const HIGH: u64 = 0x8080_8080_8080_8080;

#[inline]
const fn each(byte: u8) -> u64 {
    byte as u64 * 0x0101_0101_0101_0101
}

/// Returns the high bit of each byte that lies between two others.
#[inline]
fn between(bytes: u64, first: u8, last: u8) -> u64 {
    // No sum leaves its byte: 127 and 127 are less than 256.
    let low = bytes & !HIGH;
    let from_first = low + each(0x80 - first);
    let after_last = low + each(0x7f - last);
    from_first & !after_last & !bytes & HIGH
}

#[inline]
fn first_eight(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// Returns how many small ASCII letters and digits some bytes begin with.
#[inline]
pub fn word(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(eight) = first_eight(&bytes[at..]) {
        let others = !(between(eight, b'a', b'z') | between(eight, b'0', b'9')) & HIGH;
        if others != 0 {
            return at + others.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    at + bytes[at..].iter().take_while(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()).count()
}

/// Returns whether there is an ASCII digit among some bytes.
#[inline]
pub fn has_digit(bytes: &[u8]) -> bool {
    let digits = |eight| between(eight, b'0', b'9');
    // The last eight, or four, may be some of the first ones.
    if let Some(last) = bytes.last_chunk() {
        let (eights, _) = bytes.as_chunks();
        let all = eights.iter().chain([last]);
        return all.fold(0, |found, eight| found | digits(u64::from_le_bytes(*eight))) != 0;
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let both = u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last));
        return digits(both) != 0;
    }
    bytes.iter().any(u8::is_ascii_digit)
}

/// Returns how many of some bytes, which come after an ASCII letter or digit, are such letters and digits of either case,
/// with single spaces between them. The last one is no space.
#[inline]
pub fn words(bytes: &[u8]) -> usize {
    let is_word = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    let mut at = 0;
    // Whether the byte before is a letter or digit.
    let mut before = 0x80;
    while let Some(eight) = first_eight(&bytes[at..]) {
        // A letter and a capital differ in one bit.
        let letters = between(eight | each(0x20), b'a', b'z') | between(eight, b'0', b'9');
        let spaces = between(eight, b' ', b' ');
        let after = u64::from(is_word(at + 8)) << 63;
        let others = !(letters | spaces & (letters << 8 | before) & (letters >> 8 | after)) & HIGH;
        if others != 0 {
            return at + others.trailing_zeros() as usize / 8;
        }
        before = letters >> 56;
        at += 8;
    }
    loop {
        if is_word(at) {
            at += 1;
        } else if bytes.get(at) == Some(&b' ') && is_word(at + 1) && (at == 0 || is_word(at - 1)) {
            at += 2;
        } else {
            return at;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same a byte at a time.
    fn words_plainly(bytes: &[u8]) -> usize {
        let is_word = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
        let is_inside = |at: usize| bytes[at] == b' ' && (at == 0 || is_word(at - 1)) && is_word(at + 1);
        (0..bytes.len()).take_while(|&at| is_word(at) || is_inside(at)).count()
    }

    proptest! {
        #[test]
        fn eight_bytes_at_once_say_what_one_at_a_time_does(text in "([a-zA-Z0-9 ]{0,40}[\\PC ]?){0,3}") {
            let bytes = text.as_bytes();
            prop_assert_eq!(words(bytes), words_plainly(bytes));
            let small = bytes.iter().take_while(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()).count();
            prop_assert_eq!(word(bytes), small);
        }
    }

    #[test]
    fn a_digit_is_found_wherever_it_stands() {
        for length in 0..28 {
            for byte in [b'0', b'9', b'/', b':', b'p', b'z', 0xb0, 0xb9] {
                assert!(!has_digit(&vec![b'a'; length]), "{length}");
                for place in 0..length {
                    let mut bytes = vec![b'a'; length];
                    bytes[place] = byte;
                    assert_eq!(has_digit(&bytes), byte.is_ascii_digit(), "{byte} at {place} of {length}");
                }
            }
        }
    }

    #[test]
    fn each_byte_is_told_wherever_it_stands() {
        for byte in 0..=255 {
            for place in 0..17 {
                let mut bytes = [b'a'; 17];
                bytes[place] = byte;
                assert_eq!(words(&bytes), words_plainly(&bytes), "{byte} at {place}");
                let is_small = byte.is_ascii_lowercase() || byte.is_ascii_digit();
                assert_eq!(word(&bytes), if is_small { 17 } else { place }, "{byte} at {place}");
            }
        }
    }
}
