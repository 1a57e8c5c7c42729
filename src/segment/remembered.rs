//! Sentences that were cut before, so that what many pages hold is cut once or twice.

use super::{Segmenter, Token};
use crate::hash;
use crate::settings::TokenKind;

/// Sentences that are kept, and those that are known to have been met once: powers of two.
const KEPT: usize = 1 << 15;
const MET: usize = 1 << 16;

/// Bytes of a sentence that is worth to be kept: eight Han characters.
const LEAST: usize = 24;

/// Tokens of one that is kept, at most, so that no text makes this large.
const MOST_TOKENS: usize = 64;

/// Sentences after which it shows whether looking them up is worth it, and the share of them that was met before for it to
/// be. Of prose one in a thousand is, of pages of 125 sites one in five of the first 8,192 and half of all.
const WINDOW: u32 = 1 << 13;
const WORTH: u32 = 16;

/// Sentences that are not looked up where it is not.
const PAUSE: u32 = 8 * WINDOW;

/// A segmenter that keeps the tokens of sentences it met twice.
///
/// Only of Han text, whose words are looked up in a dictionary: other text is cut as fast as it is found here. A sentence is
/// told by 128 bits of its hash. What is kept gives way to what is met twice later; which tokens come out does not depend
/// on it.
///
/// Memory: 1.3 MB, and 8 bytes for each token that is kept: some 7 MB where sentences have 20 words, and 18 at most.
pub struct Remembered {
    segmenter: Segmenter,
    kept: Vec<(u128, Box<[Token]>)>,
    met: Vec<u32>,
    /// Sentences of the window that were looked up, and those that had been met before.
    looked_up: u32,
    again: u32,
    /// Sentences that are yet to be passed over.
    pause: u32,
}

impl Remembered {
    pub fn new(kind: TokenKind) -> Self {
        let segmenter = Segmenter::new(kind);
        Self { segmenter, kept: Vec::new(), met: Vec::new(), looked_up: 0, again: 0, pause: 0 }
    }

    /// Appends the tokens of a sentence, in order: those of [`Segmenter::tokens`].
    pub fn tokens(&mut self, sentence: &str, tokens: &mut Vec<Token>) {
        // The first byte of the Han characters of the basic plane.
        let is_han = sentence.as_bytes().first().is_some_and(|first| (0xe3..=0xe9).contains(first));
        if !matches!(self.segmenter, Segmenter::Words) || !is_han || sentence.len() < LEAST {
            return self.segmenter.tokens(sentence, tokens);
        }
        if self.pause > 0 {
            self.pause -= 1;
            return self.segmenter.tokens(sentence, tokens);
        }
        self.look_up(sentence, tokens);
        self.looked_up += 1;
        if self.looked_up == WINDOW {
            self.pause = if self.again < WINDOW / WORTH { PAUSE } else { 0 };
            (self.looked_up, self.again) = (0, 0);
        }
    }

    fn look_up(&mut self, sentence: &str, tokens: &mut Vec<Token>) {
        if self.kept.is_empty() {
            self.kept.resize_with(KEPT, Default::default);
            self.met.resize(MET, 0);
        }
        let key = hash::wide(sentence.as_bytes());
        let kept = &mut self.kept[key as usize % KEPT];
        if kept.0 == key {
            self.again += 1;
            return tokens.extend_from_slice(&kept.1);
        }
        let from = tokens.len();
        self.segmenter.tokens(sentence, tokens);
        let met = &mut self.met[key as usize % MET];
        let some_bits = (key >> 64) as u32;
        if *met != some_bits {
            *met = some_bits;
            return;
        }
        self.again += 1;
        if tokens.len() - from <= MOST_TOKENS {
            *kept = (key, tokens[from..].into());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Sentences by number: of Han, of other scripts, and of both.
    fn sentence(number: u64) -> String {
        let character = |at| char::from_u32(0x4e00 + (hash::number(at, number) % 400) as u32).unwrap();
        let han: String = (0..8 + number % 9).map(character).collect();
        match number % 5 {
            0 => format!("well {number} of the harbour {han}"),
            1 => format!("{han} 2026 {han}"),
            _ => han,
        }
    }

    fn plainly(sentences: &[u64], kind: TokenKind) -> Vec<Token> {
        let mut tokens = Vec::new();
        sentences.iter().for_each(|&number| Segmenter::new(kind).tokens(&sentence(number), &mut tokens));
        tokens
    }

    proptest! {
        #[test]
        fn what_is_remembered_is_what_would_be_cut(sentences in prop::collection::vec(0..40_u64, 0..300)) {
            for kind in [TokenKind::Word, TokenKind::Char] {
                let (mut remembered, mut tokens) = (Remembered::new(kind), Vec::new());
                sentences.iter().for_each(|&number| remembered.tokens(&sentence(number), &mut tokens));
                prop_assert_eq!(&tokens, &plainly(&sentences, kind));
            }
        }
    }

    #[test]
    fn what_is_met_a_third_time_is_not_cut() {
        let mut remembered = Remembered::new(TokenKind::Word);
        let mut tokens = Vec::new();
        for _ in 0..3 {
            remembered.tokens(&sentence(2), &mut tokens);
        }
        assert_eq!(tokens, plainly(&[2; 3], TokenKind::Word));
        // What is kept comes out, whatever it is.
        remembered.kept.iter_mut().for_each(|kept| kept.1 = [Token::MASKED].into());
        tokens.clear();
        remembered.tokens(&sentence(2), &mut tokens);
        assert_eq!(tokens, [Token::MASKED]);
    }

    #[test]
    fn text_that_does_not_repeat_is_not_looked_up_for_a_while() {
        let mut remembered = Remembered::new(TokenKind::Word);
        let mut tokens = Vec::new();
        let mut number = (0..).filter(|number| number % 5 > 1);
        for _ in 0..WINDOW {
            remembered.tokens(&sentence(number.next().unwrap()), &mut tokens);
        }
        assert_eq!(remembered.pause, PAUSE);
        let repeated = sentence(7);
        for _ in 0..PAUSE {
            remembered.tokens(&repeated, &mut tokens);
        }
        assert_eq!((remembered.pause, remembered.looked_up), (0, 0));
        for _ in 0..WINDOW {
            remembered.tokens(&repeated, &mut tokens);
        }
        assert_eq!(remembered.pause, 0);
    }
}
