//! A text in as few bytes as it takes to compare it again: its tokens, and where its lines and sentences end.
//!
//! Shingles and blocks are hashes of tokens, which no packing makes smaller; tokens are words, of which few are frequent.
//! A token is kept by its rank in the vocabulary of its segment, in one byte (the 128 most frequent), two or three, and
//! sixteen texts are packed together. Whatever is compared is made of them anew: what a look-up says of a pair is counted
//! as a scan counts it, not estimated.

use crate::block::{BlockBuilder, Blocks};
use crate::boilerplate::Hidden;
use crate::segment::Token;
use crate::shingle::{Shingler, Shingles};

/// A text that was kept, ready to be compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    pub tokens: Vec<Token>,
    pub blocks: Blocks,
    pub shingles: Shingles,
    /// What of it was judged when it was added.
    pub hidden: Hidden,
}

impl Kept {
    /// Returns whether a token stands in a line that is no content of the text, or is of another one.
    pub(super) fn is_hidden(&self, token: u32) -> bool {
        let line = self.blocks.line_of(token) as u32;
        let Hidden { quoted, by_page, cited, .. } = &self.hidden;
        [quoted, by_page, cited].into_iter().any(|lines| lines.binary_search(&line).is_ok())
    }
}

/// Appends what tells where the lines and sentences of a text end.
pub(super) fn put_shape(blocks: &Blocks, out: &mut Vec<u8>) {
    put(out, blocks.sentences.len() as u64);
    for (at, sentence) in blocks.sentences.iter().enumerate() {
        let tokens = blocks.sentence(at);
        let line = blocks.line_of(tokens.start);
        let ends = u64::from(blocks.line(line).end == tokens.end);
        let framed = u64::from(blocks.framed.binary_search(&(line as u32)).is_ok());
        put(out, (tokens.len() as u64) << 2 | ends << 1 | framed);
        let more = i64::from(sentence.weight) - tokens.len() as i64;
        put(out, (more << 1 ^ more >> 63) as u64);
    }
}

/// Appends what was judged of a text, its article aside: that is looked at without the text.
pub(super) fn put_hidden(hidden: &Hidden, out: &mut Vec<u8>) {
    out.push(u8::from(hidden.mixed));
    for lines in [&hidden.quoted, &hidden.by_page, &hidden.bodies, &hidden.cited] {
        put(out, lines.len() as u64);
        let mut last = 0;
        for &line in lines {
            put(out, u64::from(line - last));
            last = line;
        }
    }
}

/// Takes apart what was put together above, one text after another.
#[derive(Default)]
pub(super) struct Unpacker {
    blocks: BlockBuilder,
    /// Of each sentence its tokens with two marks, and its characters.
    sentences: Vec<(u64, u32)>,
}

impl Unpacker {
    /// Returns the next text of `bytes`, and leaves there what follows it; `None` where the bytes are no text.
    ///
    /// `token` says what a number stands for.
    pub(super) fn text(
        &mut self,
        bytes: &mut &[u8],
        width: usize,
        token: impl Fn(u64) -> Option<Token>,
    ) -> Option<Kept> {
        let count = take(bytes)?;
        self.sentences.clear();
        let mut all = 0_u64;
        for _ in 0..count {
            let marked = take(bytes)?;
            let more = take(bytes)?;
            let more = (more >> 1) as i64 ^ -((more & 1) as i64);
            all = all.checked_add(marked >> 2)?;
            self.sentences.push((marked, u32::try_from(more.checked_add((marked >> 2) as i64)?).ok()?));
        }
        // A token is one byte at least.
        if all > bytes.len() as u64 {
            return None;
        }
        let mut tokens = Vec::with_capacity(all as usize);
        for _ in 0..all {
            tokens.push(token(take(bytes)?)?);
        }
        let mut rest = tokens.as_slice();
        let mut framed = Vec::new();
        let mut line = 0;
        for &(marked, weight) in &self.sentences {
            let (sentence, after) = rest.split_at((marked >> 2) as usize);
            rest = after;
            self.blocks.push(sentence, weight);
            if marked & 2 == 0 {
                self.blocks.end_sentence();
                continue;
            }
            self.blocks.end_line("", None);
            if marked & 1 == 1 {
                framed.push(line);
            }
            line += 1;
        }
        let mut blocks = self.blocks.finish();
        blocks.framed = framed.into();
        let mut shingler = Shingler::new(width);
        shingler.push(&tokens);
        Some(Kept { tokens, blocks, shingles: shingler.finish(), hidden: Hidden::default() })
    }
}

/// Returns what was judged of a text, its article aside, and leaves in `bytes` what follows it.
pub(super) fn take_hidden(bytes: &mut &[u8]) -> Option<Hidden> {
    let (&mixed, rest) = bytes.split_first()?;
    *bytes = rest;
    let mut lists = [const { Vec::new() }; 4];
    for list in &mut lists {
        let mut last = 0_u64;
        for _ in 0..take(bytes)? {
            last = last.checked_add(take(bytes)?)?;
            list.push(u32::try_from(last).ok()?);
        }
    }
    let [quoted, by_page, bodies, cited] = lists;
    Some(Hidden { quoted, by_page, bodies, cited, mixed: mixed == 1, article: 0 })
}

/// Appends a number, seven bits a byte, the low ones first.
#[inline]
pub fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Takes a number from the beginning of `bytes`.
#[inline]
pub fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for (at, &byte) in bytes.iter().take(10).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte < 0x80 {
            *bytes = &bytes[at + 1..];
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_text_that_was_taken_apart_and_put_together_is_the_same(
            lines in prop::collection::vec((any::<bool>(), prop::collection::vec((prop::collection::vec(0u64..300, 1..9), 0u32..9), 1..4)), 0..6),
            mixed in any::<bool>(),
            quoted in prop::collection::btree_set(0u32..500, 0..5),
            rest in prop::collection::vec(any::<u8>(), 0..4),
        ) {
            let mut builder = BlockBuilder::default();
            let (mut tokens, mut framed) = (Vec::new(), Vec::new());
            for (number, (is_framed, sentences)) in (0..).zip(&lines) {
                for (sentence, more) in sentences {
                    let sentence: Vec<Token> = sentence.iter().copied().map(Token).collect();
                    builder.push(&sentence, sentence.len() as u32 + more);
                    builder.end_sentence();
                    tokens.extend(sentence);
                }
                builder.end_line("", None);
                framed.extend(is_framed.then_some(number));
            }
            let mut blocks = builder.finish();
            blocks.framed = framed.into();
            let mut shingler = Shingler::new(2);
            shingler.push(&tokens);
            let shingles = shingler.finish();
            let hidden = Hidden { quoted: quoted.into_iter().collect(), mixed, ..Hidden::default() };
            let mut bytes = Vec::new();
            put_shape(&blocks, &mut bytes);
            tokens.iter().for_each(|token| put(&mut bytes, token.0));
            put_hidden(&hidden, &mut bytes);
            bytes.extend(&rest);
            let mut left = bytes.as_slice();
            let mut kept = Unpacker::default().text(&mut left, 2, |number| Some(Token(number))).unwrap();
            kept.hidden = take_hidden(&mut left).unwrap();
            prop_assert_eq!(kept, Kept { tokens, blocks, shingles, hidden });
            prop_assert_eq!(left, &*rest);
        }

        #[test]
        fn bytes_that_are_no_text_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut left = bytes.as_slice();
            let kept = Unpacker::default().text(&mut left, 2, |number| Some(Token(number)));
            prop_assert!(kept.is_none_or(|kept| kept.tokens.len() <= bytes.len()));
            take_hidden(&mut left);
        }
    }
}
