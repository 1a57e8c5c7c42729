//! Tokens → shingles: the hash of each run of `width` consecutive tokens.
//!
//! Shingles run over punctuation and line ends, so that a copy whose paragraphs were joined keeps them. The order of
//! the text is kept: a shingle's place is the place of its first token, which is what lets later stages leave out a
//! block, or align two texts, without cutting them into tokens again.

use serde::{Deserialize, Serialize};

use crate::hash;
use crate::segment::Token;

/// A shingle: the low half of the hash of its tokens.
///
/// 32 bits are enough to compare two documents (two unlike ones of 10,000 shingles each share .02 by chance), and are
/// never enough to look one up in a corpus.
pub type Shingle = u32;

/// The shingles of a document, in the order of its text, repeats included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shingles(Box<[Shingle]>);

impl Shingles {
    /// Returns the shingles in the order of the text.
    pub fn in_order(&self) -> &[Shingle] {
        &self.0
    }

    /// Returns the shingles as a set.
    pub fn set(&self) -> ShingleSet {
        ShingleSet::new(self.0.to_vec())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A document as a set: sorted, without repeats.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShingleSet(Box<[Shingle]>);

impl ShingleSet {
    pub fn new(mut shingles: Vec<Shingle>) -> Self {
        shingles.sort_unstable();
        shingles.dedup();
        Self(shingles.into_boxed_slice())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the shingles, rising.
    pub fn sorted(&self) -> &[Shingle] {
        &self.0
    }

    /// Returns how many shingles both sets hold.
    pub fn shared(&self, other: &Self) -> usize {
        let (mut few, mut many) = (&*self.0, &*other.0);
        if few.len() > many.len() {
            std::mem::swap(&mut few, &mut many);
        }
        // A merge walk reads all of the larger set; a search for each of the smaller pays only if it is far smaller.
        if few.len() * 16 < many.len() {
            let mut count = 0;
            for shingle in few {
                let at = many.partition_point(|other| other < shingle);
                many = &many[at..];
                count += usize::from(many.first() == Some(shingle));
            }
            return count;
        }
        let (mut i, mut j, mut count) = (0, 0, 0);
        while i < few.len() && j < many.len() {
            let (a, b) = (few[i], many[j]);
            count += usize::from(a == b);
            i += usize::from(a <= b);
            j += usize::from(b <= a);
        }
        count
    }
}

/// Cuts a text that arrives in pieces into shingles, so that a text of any size needs no list of its tokens.
///
/// A text shorter than `width` is one shingle of its whole length; an empty one has none. The length is part of the
/// hash, so a short text equals no part of a longer one.
#[derive(Clone, Debug)]
pub struct Shingler {
    width: usize,
    /// The last tokens of what was pushed, fewer than `width` until the first shingle, then `width − 1`.
    tail: Vec<Token>,
    shingles: Vec<Shingle>,
}

impl Shingler {
    /// Returns a shingler for one text after another.
    ///
    /// # Panics
    /// When `width` is 0: there is no shingle of no tokens.
    pub fn new(width: usize) -> Self {
        assert!(width > 0, "a shingle has one token or more");
        Self { width, tail: Vec::new(), shingles: Vec::new() }
    }

    /// Goes on with the next tokens of the text.
    pub fn push(&mut self, tokens: &[Token]) {
        // Only the shingles that span the border need tokens of both sides in one place.
        self.tail.extend(&tokens[..tokens.len().min(self.width - 1)]);
        self.shingles.extend(self.tail.windows(self.width).map(shingle));
        if tokens.len() >= self.width {
            self.shingles.extend(tokens.windows(self.width).map(shingle));
            self.tail.clear();
            self.tail.extend(&tokens[tokens.len() - (self.width - 1)..]);
        } else {
            self.tail.drain(..self.tail.len().saturating_sub(self.width - 1));
        }
    }

    /// Returns the shingles of the text, and is ready for the next one.
    pub fn finish(&mut self) -> Shingles {
        if self.shingles.is_empty() && !self.tail.is_empty() {
            self.shingles.push(shingle(&self.tail));
        }
        self.tail.clear();
        let all = Shingles(self.shingles.as_slice().into());
        self.shingles.clear();
        all
    }
}

#[inline]
fn shingle(tokens: &[Token]) -> Shingle {
    hash::sequence(Token::as_numbers(tokens)) as Shingle
}

/// Returns the shingles of a text.
///
/// # Panics
/// When `width` is 0.
pub fn shingles(tokens: &[Token], width: usize) -> Shingles {
    let mut shingler = Shingler::new(width);
    shingler.push(tokens);
    shingler.finish()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::normalise::normalise;
    use crate::segment::Segmenter;
    use crate::settings::TokenKind;

    fn of(text: &str) -> Shingles {
        let mut tokens = Vec::new();
        Segmenter::new(TokenKind::Char).tokens(&normalise(text), &mut tokens);
        shingles(&tokens, 5)
    }

    #[test]
    fn a_text_shorter_than_the_width_is_one_shingle_of_its_own() {
        assert_eq!(of("春眠").in_order().len(), 1);
        assert_ne!(of("春眠"), of("春晓"));
        assert_eq!(of("春眠"), of("春，眠。"));
        assert_eq!(of("春眠不觉晓").in_order().len(), 1);
        assert_eq!(of("春眠不觉晓").set().shared(&of("春眠").set()), 0);
    }

    #[test]
    fn a_text_without_letters_has_no_shingle() {
        assert!(of("").is_empty() && of(" ，。!\n").is_empty());
    }

    #[test]
    fn joining_two_paragraphs_changes_no_shingle() {
        assert_eq!(of("社区有需要，\n我们有响应"), of("社区有需要我们有响应"));
    }

    #[test]
    fn the_border_between_tokens_is_part_of_a_shingle() {
        let mut a = Vec::new();
        let mut b = Vec::new();
        Segmenter::new(TokenKind::Char).tokens(&normalise("ab c"), &mut a);
        Segmenter::new(TokenKind::Char).tokens(&normalise("a bc"), &mut b);
        assert_ne!(shingles(&a, 2), shingles(&b, 2));
    }

    proptest! {
        #[test]
        fn a_text_in_pieces_has_the_shingles_of_the_whole(numbers in prop::collection::vec(0u64..9, 0..40), cut in 0usize..40, width in 1usize..7) {
            let tokens: Vec<Token> = numbers.into_iter().map(Token).collect();
            let (head, rest) = tokens.split_at(cut.min(tokens.len()));
            let (middle, tail) = rest.split_at(rest.len() / 3);
            let mut shingler = Shingler::new(width);
            for piece in [head, middle, tail] {
                shingler.push(piece);
            }
            prop_assert_eq!(shingler.finish(), shingles(&tokens, width));
        }

        #[test]
        fn shared_counts_what_a_set_would(a in prop::collection::vec(0u32..60, 0..80), b in prop::collection::vec(0u32..4000, 0..2000)) {
            let tree = |v: &[u32]| v.iter().copied().collect::<std::collections::BTreeSet<_>>();
            let expected = tree(&a).intersection(&tree(&b)).count();
            let (a, b) = (ShingleSet::new(a), ShingleSet::new(b));
            prop_assert_eq!(a.shared(&b), expected);
            prop_assert_eq!(b.shared(&a), expected);
        }
    }
}
