//! Runs of letters and digits → words by UAX #29, with a short way for ASCII.

use unicode_segmentation::UnicodeSegmentation;

use super::Segment;
use crate::normalise::{Class, class_of};

/// Cuts a run of word characters, the marks between them included.
#[inline]
pub(super) fn cut<'a>(run: &'a str, each: &mut impl FnMut(Segment<'a>)) {
    if run.is_ascii() {
        cut_ascii(run, each);
    } else {
        cut_unicode(run, each);
    }
}

/// Cuts by the crate: the oracle of the short way, and the way of every other script.
fn cut_unicode<'a>(run: &'a str, each: &mut impl FnMut(Segment<'a>)) {
    for piece in run.split_word_bounds() {
        if piece.chars().any(|c| class_of(c) >= Class::Mark) {
            each(Segment::Token(piece));
        } else {
            each(Segment::Gap(piece));
        }
    }
}

/// Cuts small ASCII letters, digits and the marks `' . , : _` by the rules of UAX #29 that concern them.
///
/// WB6/7: `' . :` join two letters; WB11/12: `' . ,` join two digits; WB13: `_` joins anything.
fn cut_ascii<'a>(run: &'a str, each: &mut impl FnMut(Segment<'a>)) {
    let bytes = run.as_bytes();
    let mut start = 0;
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if byte.is_ascii_alphanumeric() || byte == b'_' {
            at += 1;
            continue;
        }
        let before = at.checked_sub(1).and_then(|i| bytes.get(i));
        let after = bytes.get(at + 1);
        let between = |is: fn(&u8) -> bool| before.is_some_and(is) && after.is_some_and(is);
        let joins = match byte {
            b'\'' | b'.' => between(u8::is_ascii_alphabetic) || between(u8::is_ascii_digit),
            b':' => between(u8::is_ascii_alphabetic),
            b',' => between(u8::is_ascii_digit),
            _ => false,
        };
        if !joins {
            if start < at {
                each(piece(&run[start..at]));
            }
            each(Segment::Gap(&run[at..=at]));
            start = at + 1;
        }
        at += 1;
    }
    if start < bytes.len() {
        each(piece(&run[start..]));
    }
}

/// A run of nothing but `_` is no token.
fn piece(text: &str) -> Segment<'_> {
    if text.bytes().any(|b| b.is_ascii_alphanumeric()) { Segment::Token(text) } else { Segment::Gap(text) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_short_way_cuts_ascii_as_the_unicode_rules_do(run in "[a-c0-2'.,:_]{1,24}") {
            let (mut short, mut long) = (Vec::new(), Vec::new());
            cut_ascii(&run, &mut |segment| short.push(segment));
            cut_unicode(&run, &mut |segment| long.push(segment));
            prop_assert_eq!(short, long);
        }
    }
}
