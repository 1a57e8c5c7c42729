//! Where the lines of all texts begin, a bit a token and all of it in one piece of memory.
//!
//! A passage is laid beside many texts, of each of which this is asked. A text's own lines are found by way of its blocks
//! and a binary search, each step of which waits for the memory; here it is one step.

use std::ops::Range;

use crate::block::Blocks;
use crate::seed::bits;

/// The borders of all texts.
#[derive(Debug)]
pub struct Borders {
    /// For each text a bit for each token that begins a line, and one where the text ends.
    bits: Vec<u64>,
    texts: Vec<Extent>,
}

/// One text among the others.
#[derive(Clone, Copy, Debug)]
struct Extent {
    /// Its first word of the bits.
    word: usize,
    tokens: u32,
}

/// Tokens among which the beginning of a line is sought, at most: those of one word, wherever in it they begin.
const WINDOW: u32 = 64;

impl Borders {
    /// Returns the borders of texts: an eighth of a byte for each token.
    pub fn new<'a>(texts: impl Iterator<Item = &'a Blocks> + Clone) -> Self {
        let mut extents = Vec::new();
        let mut words = 0;
        for blocks in texts.clone() {
            extents.push(Extent { word: words, tokens: blocks.tokens });
            words += bits::words(blocks.tokens) + 1;
        }
        let mut borders = vec![0; words];
        for (extent, blocks) in extents.iter().zip(texts) {
            let words = &mut borders[extent.word..];
            let starts = blocks.lines.iter().map(|line| line.start);
            for at in starts.chain([extent.tokens]) {
                words[at as usize / 64] |= 1 << (at % 64);
            }
        }
        Self { bits: borders, texts: extents }
    }

    /// Returns how many tokens a text has.
    #[inline]
    pub fn tokens(&self, text: u32) -> u32 {
        self.texts[text as usize].tokens
    }

    /// Returns the first token of the line of a text that begins nearest to a token, of those lines that begin `near` it:
    /// the first of two that are as near. A wider range than [`WINDOW`] is cut off there.
    #[inline]
    pub fn nearest_start(&self, text: u32, near: Range<u32>, token: u32) -> Option<u32> {
        let Extent { word, tokens } = self.texts[text as usize];
        let near = near.start..near.end.min(tokens).min(near.start + WINDOW);
        if near.is_empty() {
            return None;
        }
        let word = word + near.start as usize / 64;
        let both = u128::from(self.bits[word]) | u128::from(self.bits[word + 1]) << 64;
        let mut starts = (both >> (near.start % 64)) as u64 & (!0 >> (64 - near.len()));
        let mut nearest: Option<u32> = None;
        while starts != 0 {
            let start = near.start + starts.trailing_zeros();
            if nearest.is_none_or(|other| start.abs_diff(token) < other.abs_diff(token)) {
                nearest = Some(start);
            }
            starts &= starts - 1;
        }
        nearest
    }

    /// Returns whether a line of a text begins, or the text ends, at one of some tokens.
    #[inline]
    pub fn has_border_at(&self, text: u32, at: Range<u32>) -> bool {
        let end = at.end.min(self.tokens(text) + 1);
        bits::first_set(self.of(text), at.start.min(end)..end) < end
    }

    /// Returns the end of the line of a text that holds a token; its own end for what is not in it.
    #[inline]
    pub fn line_end(&self, text: u32, token: u32) -> u32 {
        let tokens = self.tokens(text);
        bits::first_set(self.of(text), (token + 1).min(tokens)..tokens)
    }

    fn of(&self, text: u32) -> &[u64] {
        &self.bits[self.texts[text as usize].word..]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::block::Block;

    /// A text of lines of so many tokens.
    fn blocks(lines: &[u32]) -> Blocks {
        let mut blocks = Blocks::default();
        let mut starts = Vec::new();
        for &tokens in lines {
            starts.push(Block { hash: 0, start: blocks.tokens, weight: 1 });
            blocks.tokens += tokens;
        }
        Blocks { lines: starts.into(), ..blocks }
    }

    proptest! {
        /// What the blocks of each text say of its lines, the borders say too.
        #[test]
        fn borders_of_lines_are_those_of_the_blocks(
            texts in prop::collection::vec(prop::collection::vec(1..90_u32, 0..8), 1..5),
            from in 0..300_u32,
            until in 0..370_u32,
            token in 0..370_u32,
        ) {
            let kept: Vec<Blocks> = texts.iter().map(|lines| blocks(lines)).collect();
            let borders = Borders::new(kept.iter());
            for (text, blocks) in (0..).zip(&kept) {
                let starts = || blocks.lines.iter().map(|line| line.start);
                let range = from..until;
                let has_one = starts().chain([blocks.tokens]).any(|at| range.contains(&at));
                prop_assert_eq!(borders.has_border_at(text, range), has_one);
                let near = from..until.min(from + WINDOW);
                let nearest = starts().filter(|start| near.contains(start)).min_by_key(|start| start.abs_diff(token));
                prop_assert_eq!(borders.nearest_start(text, from..until, token), nearest);
                let end = starts().filter(|&start| start > token).min();
                prop_assert_eq!(borders.line_end(text, token), end.unwrap_or(blocks.tokens));
            }
        }
    }
}
