//! The tokens of pages on their way into an index: numbers in the vocabulary of the thread that read them.

use std::sync::Mutex;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::index;
use crate::segment::Token;

/// The tokens of a page, by their numbers in a vocabulary.
pub(super) struct Packed {
    vocabulary: usize,
    bytes: Box<[u8]>,
}

impl Packed {
    fn numbers(&self) -> impl Iterator<Item = usize> + '_ {
        let mut bytes = &*self.bytes;
        std::iter::from_fn(move || index::take_number(&mut bytes)).map(|number| number as usize)
    }

    pub(super) fn tokens(&self, vocabularies: &[Vocabulary]) -> Vec<Token> {
        let tokens = &vocabularies[self.vocabulary].tokens;
        self.numbers().map(|number| tokens[number]).collect()
    }
}

/// Returns how often each token occurs in some pages.
pub(super) fn counts(pages: &[&Packed], vocabularies: &[Vocabulary]) -> FxHashMap<Token, u32> {
    let of_vocabulary = |(number, vocabulary): (usize, &Vocabulary)| {
        let mut counts = vec![0_u32; vocabulary.tokens.len()];
        let pages = pages.iter().filter(|page| page.vocabulary == number);
        pages.flat_map(|page| page.numbers()).for_each(|number| counts[number] = counts[number].saturating_add(1));
        counts
    };
    let counted: Vec<Vec<u32>> = vocabularies.par_iter().enumerate().map(of_vocabulary).collect();
    let mut counts: FxHashMap<Token, u32> = FxHashMap::default();
    for (vocabulary, counted) in vocabularies.iter().zip(counted) {
        for (&token, count) in vocabulary.tokens.iter().zip(counted).filter(|&(_, count)| count > 0) {
            let all = counts.entry(token).or_default();
            *all = all.saturating_add(count);
        }
    }
    counts
}

/// Numbers for tokens, in the order they were met.
#[derive(Default)]
pub(super) struct Vocabulary {
    number: usize,
    numbers: FxHashMap<Token, u32>,
    tokens: Vec<Token>,
    /// Of the page that is being read.
    page: Vec<u8>,
}

impl Vocabulary {
    pub(super) fn push(&mut self, tokens: &[Token]) {
        for &token in tokens {
            let number = *self.numbers.entry(token).or_insert_with(|| {
                self.tokens.push(token);
                self.tokens.len() as u32 - 1
            });
            index::put_number(&mut self.page, number.into());
        }
    }

    /// Returns the page that was read, and is ready for the next one.
    pub(super) fn finish(&mut self) -> Packed {
        let bytes = self.page.as_slice().into();
        self.page.clear();
        Packed { vocabulary: self.number, bytes }
    }
}

/// The vocabularies of all threads. One that is not in use may be taken; all are there once nobody reads.
#[derive(Default)]
pub(super) struct Vocabularies(Mutex<(usize, Vec<Vocabulary>)>);

impl Vocabularies {
    pub(super) fn take(&self) -> Vocabulary {
        let mut all = self.lock();
        all.1.pop().unwrap_or_else(|| {
            all.0 += 1;
            Vocabulary { number: all.0 - 1, ..Vocabulary::default() }
        })
    }

    pub(super) fn give_back(&self, vocabulary: Vocabulary) {
        self.lock().1.push(vocabulary);
    }

    /// Returns the vocabularies by their numbers, once nobody reads.
    pub(super) fn in_order(self) -> Vec<Vocabulary> {
        let (_, mut all) = self.0.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        all.sort_unstable_by_key(|vocabulary| vocabulary.number);
        all
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, (usize, Vec<Vocabulary>)> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_counted_in_the_pages_that_are_kept_alone() {
        let mut vocabularies = [Vocabulary::default(), Vocabulary { number: 1, ..Vocabulary::default() }];
        let mut page = |vocabulary: usize, tokens: &[u64]| {
            let tokens: Vec<Token> = tokens.iter().copied().map(Token).collect();
            vocabularies[vocabulary].push(&tokens);
            vocabularies[vocabulary].finish()
        };
        let (first, _, last) = (page(0, &[7, 8, 7]), page(0, &[9, 7]), page(1, &[8, 300]));
        let counts = counts(&[&first, &last], &vocabularies);
        let expected = [(7, 2), (8, 2), (300, 1)].map(|(token, count)| (Token(token), count));
        assert_eq!(counts, expected.into_iter().collect());
    }
}
