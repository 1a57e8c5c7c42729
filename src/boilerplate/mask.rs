//! What of one text is boilerplate.

use std::ops::Range;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::evenly::Evenly;
use crate::passage::Text;
use crate::seed::{self, bits};
use crate::shingle::Shingle;

/// Part of a text's content that must change for what it shares with others to be counted anew.
const MUCH: u32 = 16;

/// What of one text is boilerplate, a bit a token or seed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Mask {
    /// Lanes of `lane` words each, in the order of the constants below.
    words: Box<[u64]>,
    pub(super) lane: usize,
    tokens: u32,
    seeds: u32,
    /// Seeds that touch no masked token, and tokens that are not masked.
    pub(super) content: u32,
    content_tokens: u32,
    /// Tokens of frames, quoted or not.
    frame_tokens: u32,
    /// Rises when a good part of the seeds in content has changed, as of the last [`Mask::renew_version`].
    pub(super) version: u32,
    /// Lines that would be quotations, but are the body of their page.
    pub bodies: Vec<u32>,
}

pub(super) const FRAME: usize = 0;

/// Sentences; and lines judged by their page, which are no evidence for other pages and so not in the lane above.
pub(super) const SENTENCE: usize = 1;

pub(super) const QUOTED: usize = 2;

const TOUCHED: usize = 3;

/// Seeds that touched a masked token at the last version.
const JUDGED: usize = 4;

const LANES: usize = 5;

impl Mask {
    /// Returns a mask that hides nothing.
    pub fn new(text: &Text, width: usize) -> Self {
        let lane = bits::words(text.blocks.tokens);
        let seeds = seed::count(text.shingles);
        let mut mask = Self {
            words: vec![0; lane * LANES].into(),
            lane,
            tokens: text.blocks.tokens,
            seeds,
            content: seeds,
            content_tokens: text.blocks.tokens,
            frame_tokens: 0,
            version: 0,
            bodies: Vec::new(),
        };
        mask.refresh(seed::span(width));
        mask
    }

    /// Returns a mask that hides some tokens.
    #[cfg(test)]
    pub fn hiding(text: &Text, width: usize, tokens: impl Iterator<Item = Range<u32>>) -> Self {
        let mut mask = Self::new(text, width);
        for range in tokens {
            bits::set(mask.lane_mut(QUOTED), range);
        }
        mask.refresh(seed::span(width));
        mask
    }

    pub(super) fn lane(&self, lane: usize) -> &[u64] {
        &self.words[lane * self.lane..(lane + 1) * self.lane]
    }

    pub(super) fn lane_mut(&mut self, lane: usize) -> &mut [u64] {
        &mut self.words[lane * self.lane..(lane + 1) * self.lane]
    }

    /// Puts other tokens into a lane. Nothing else is to be done for a mask that stays as it is, as most do.
    pub(super) fn replace(&mut self, lane: usize, words: &[u64], span: u32) {
        if self.lane(lane) != words {
            self.lane_mut(lane).copy_from_slice(words);
            self.refresh(span);
        }
    }

    /// Brings the seeds up to date with the tokens.
    pub(super) fn refresh(&mut self, span: u32) {
        let touched: Vec<u64> = self.dilated(span).collect();
        self.lane_mut(TOUCHED).copy_from_slice(&touched);
        self.content = self.seeds - bits::count(self.lane(TOUCHED), 0..self.seeds);
        self.content_tokens = self.tokens - self.hidden_words().map(u64::count_ones).sum::<u32>();
        let of_frames =
            self.lane(FRAME).iter().zip(self.lane(SENTENCE)).map(|(lines, rest)| (lines | rest).count_ones());
        self.frame_tokens = of_frames.sum();
    }

    /// Raises the version if a good part of the content has changed since it was raised last.
    ///
    /// To be called before texts are compared, not after each change: what was hidden and is shown again in between, as
    /// within each pass, is none.
    fn renew_version(&mut self) {
        if self.has_changed() {
            self.words.copy_within(TOUCHED * self.lane..(TOUCHED + 1) * self.lane, JUDGED * self.lane);
            self.version += 1;
        }
    }

    pub(super) fn has_changed(&self) -> bool {
        let differ = |(a, b): (&u64, &u64)| (a ^ b).count_ones();
        let changed: u32 = self.lane(JUDGED).iter().zip(self.lane(TOUCHED)).map(differ).sum();
        changed > self.content / MUCH
    }

    /// Returns whether a token is boilerplate.
    pub fn hides(&self, token: u32) -> bool {
        (0..TOUCHED).any(|lane| bits::get(self.lane(lane), token))
    }

    /// Returns how many tokens of a range are boilerplate.
    pub fn hidden(&self, range: Range<u32>) -> u32 {
        range.len() as u32 - self.content_within(range, None)
    }

    /// Returns how many tokens of a range are content, and `among` some, a bit each.
    pub fn content_within(&self, range: Range<u32>, among: Option<&[u64]>) -> u32 {
        let mut count = 0;
        bits::each_word(range, |word, part| {
            let hidden = (0..TOUCHED).fold(0, |all, lane| all | self.lane(lane)[word]);
            count += (among.map_or(!0, |among| among[word]) & part & !hidden).count_ones();
        });
        count
    }

    /// Returns whether most of a range is frame.
    pub fn is_frame(&self, range: Range<u32>) -> bool {
        bits::count(self.lane(FRAME), range.clone()) * 2 > range.len() as u32
    }

    /// Returns which tokens are frame, a bit each.
    pub fn frame_words(&self) -> &[u64] {
        self.lane(FRAME)
    }

    /// Returns whether most of a range is quoted.
    pub fn is_quoted(&self, range: Range<u32>) -> bool {
        bits::count(self.lane(QUOTED), range.clone()) * 2 > range.len() as u32
    }

    /// Returns whether a seed lies wholly in content.
    #[inline]
    pub fn is_content(&self, place: u32) -> bool {
        !bits::get(self.lane(TOUCHED), place)
    }

    /// Returns how many seeds lie wholly in content.
    pub fn content(&self) -> u32 {
        self.content
    }

    /// Returns how many tokens are content.
    pub fn content_tokens(&self) -> u32 {
        self.content_tokens
    }

    /// Returns how many tokens are frame, and how many others are quoted.
    pub fn hidden_tokens(&self) -> (u32, u32) {
        // All tokens are either content, or frame, or quoted and no frame.
        (self.frame_tokens, self.tokens - self.content_tokens - self.frame_tokens)
    }

    /// Returns how many of some tokens, a bit each, are content.
    pub fn content_of(&self, tokens: &[u64]) -> u32 {
        tokens.iter().zip(self.hidden_words()).map(|(tokens, hidden)| (tokens & !hidden).count_ones()).sum()
    }

    fn hidden_words(&self) -> impl Iterator<Item = u64> + '_ {
        (0..self.lane).map(|word| (0..TOUCHED).fold(0, |all, lane| all | self.lane(lane)[word]))
    }

    /// Returns the shingles that lie wholly in content, in the order of the text.
    pub fn content_shingles(&self, text: Text, width: usize) -> Vec<Shingle> {
        // A text shorter than a shingle is one all the same.
        let touched: Vec<u64> = self.dilated((width as u32).min(self.tokens.max(1))).collect();
        let mut content = Vec::with_capacity(text.shingles.len());
        for run in bits::clear_runs(&touched, text.shingles.len() as u32) {
            content.extend_from_slice(&text.shingles[run.start as usize..run.end as usize]);
        }
        content
    }

    /// Returns the places of the seeds that lie wholly in content, in the order of the text.
    pub fn content_seeds(&self) -> impl Iterator<Item = u32> + '_ {
        self.content_runs().flatten()
    }

    /// Returns the same places as runs.
    pub fn content_runs(&self) -> impl Iterator<Item = Range<u32>> + '_ {
        bits::clear_runs(self.lane(TOUCHED), self.seeds)
    }

    /// Returns the first seed of a range that touches boilerplate, or the end of the range.
    pub fn content_end(&self, seeds: Range<u32>) -> u32 {
        bits::first_set(self.lane(TOUCHED), seeds)
    }

    /// Returns for each run of `span` tokens whether one of them is boilerplate, a bit each.
    fn dilated(&self, span: u32) -> impl Iterator<Item = u64> + '_ {
        let hidden = |word: usize| (0..TOUCHED).fold(0, |all, lane| all | self.lane(lane)[word]);
        (0..self.lane).map(move |word| {
            let next = if word + 1 < self.lane { hidden(word + 1) } else { 0 };
            let both = u128::from(next) << 64 | u128::from(hidden(word));
            (0..span).fold(0, |all, shift| all | (both >> shift) as u64)
        })
    }

    pub(super) fn content_in(&self, range: Range<u32>) -> u32 {
        let range = range.start.min(self.seeds)..range.end.min(self.seeds);
        range.len() as u32 - bits::count(self.lane(TOUCHED), range)
    }
}

/// Returns masks with their versions as of now.
pub(super) fn renewed(masks: &mut [Mask]) -> &[Mask] {
    masks.par_iter_mut().evenly().for_each(Mask::renew_version);
    masks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::Blocks;

    #[test]
    fn a_line_that_is_hidden_and_shown_again_leaves_a_text_as_it_was() {
        let shingles: Vec<Shingle> = (0..200).collect();
        let blocks = Blocks { tokens: 201, ..Blocks::default() };
        let mut mask = Mask::new(&Text { shingles: &shingles, blocks: &blocks, host: 0 }, 2);
        let mut words = vec![0; mask.lane];
        bits::set(&mut words, 40..90);
        mask.replace(SENTENCE, &words, 3);
        assert_eq!((mask.content, mask.version), (199 - 52, 0));
        mask.replace(SENTENCE, &vec![0; mask.lane], 3);
        mask.renew_version();
        assert_eq!((mask.content, mask.version), (199, 0));
        mask.replace(QUOTED, &words, 3);
        mask.renew_version();
        mask.renew_version();
        assert_eq!(mask.version, 1);
    }
}
