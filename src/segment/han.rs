//! Runs of Han characters → words of jieba's dictionary.
//!
//! The dictionary only: jieba's hidden Markov model, which joins characters into words it has never seen, took a fifth
//! more time of a whole scan, and its recall on labelled sets was as often worse as better.

use std::sync::LazyLock;

use jieba_rs::Jieba;

use super::Segment;

/// Longest run handed to jieba at once, in bytes: its lattice is quadratic in nothing but takes some 60 bytes a byte.
const LONGEST_RUN: usize = 1 << 16;

/// jieba with its own dictionary, loaded by the first run that needs it.
static DICTIONARY: LazyLock<Jieba> = LazyLock::new(Jieba::new);

/// Returns a number that depends on a word's weight and on the sum of all weights of the dictionary.
pub(super) fn weight(word: &str) -> u64 {
    DICTIONARY.suggest_freq(word) as u64
}

/// Cuts a run that holds nothing but Han characters.
pub(super) fn words<'a>(run: &'a str, each: &mut impl FnMut(Segment<'a>)) {
    let mut rest = run;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(LONGEST_RUN.min(rest.len())));
        // A character alone has one segmentation.
        if piece.chars().nth(1).is_none() {
            each(Segment::Token(piece));
        } else {
            for word in DICTIONARY.cut(piece, false) {
                each(Segment::Token(word.word));
            }
        }
        rest = after;
    }
}
