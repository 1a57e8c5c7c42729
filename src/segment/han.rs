//! Runs of Han characters → words of jieba's dictionary.
//!
//! The dictionary only: jieba's hidden Markov model, which joins characters into words it has never seen, took a fifth
//! more time of a whole scan, and its recall on labelled sets was as often worse as better.

use std::sync::LazyLock;

use jieba_rs::Jieba;

use super::{Segment, lexicon};

/// Longest run that is cut at once, in bytes: its words are found together, which takes some 6 bytes a byte.
const LONGEST_RUN: usize = 1 << 16;

/// The crate, loaded by the first character that needs it.
static JIEBA: LazyLock<Jieba> = LazyLock::new(Jieba::new);

/// Returns a number that depends on a word's weight and on the sum of all weights of the dictionary.
pub(super) fn weight(word: &str) -> u64 {
    lexicon::frequency(word)
}

/// Cuts a run that holds nothing but Han characters.
pub(super) fn words<'a>(run: &'a str, each: &mut impl FnMut(Segment<'a>)) {
    let mut rest = run;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(LONGEST_RUN.min(rest.len())));
        // The words of rare characters beyond the basic plane, if there are any, are for the crate itself.
        let highest = piece.bytes().fold(0, u8::max);
        if highest < FIRST_OF_FOUR {
            lexicon::cut(piece, each);
        } else {
            JIEBA.cut(piece, false).into_iter().for_each(|word| each(Segment::Token(word.word)));
        }
        rest = after;
    }
}

/// The lowest byte that begins a character of four, which is one beyond the basic plane.
const FIRST_OF_FOUR: u8 = 0xf0;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_run_with_characters_beyond_the_basic_plane_is_cut_as_jieba_cuts_it(run in "[一-龥𠮷𪚥的是了大人中〇]{0,40}") {
            let mut cut = Vec::new();
            words(&run, &mut |segment| {
                if let Segment::Token(word) = segment {
                    cut.push(word);
                }
            });
            let by_jieba: Vec<&str> = JIEBA.cut(&run, false).into_iter().map(|token| token.word).collect();
            prop_assert_eq!(cut, by_jieba);
        }
    }
}
