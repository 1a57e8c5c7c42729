//! jieba's dictionary as a trie in one array, and the likeliest words of a run of Han characters.
//!
//! The words are those that jieba-rs cuts without its hidden Markov model: of all ways to cut a run into words of the
//! dictionary that with the highest product of frequencies, of two such that with the longer word. The crate is the test
//! oracle, and the source of the words: a test compiles them again.
//!
//! The array is a double array (Aoe, 1989), the nodes of frequent words first, so that nearly all steps stay in a fast
//! cache. The lattice of words is never made: the best way on from each character is found while its words are, from the
//! last character to the first.
//!
//! Memory: 6 MB. Time: some 20 ns a character, and 20 ms for the first.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::Segment;

/// The dictionary of the crate jieba-rs 0.11.0, which is jieba's (MIT licence): [`Compiled`], by postcard and zstd.
const COMPILED: &[u8] = include_bytes!("lexicon/compiled.zst");

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    // What is compiled in does not change, and every test of segmentation reads it.
    let compiled = zstd::decode_all(COMPILED).expect("a zstd frame");
    // As above.
    Lexicon::new(&postcard::from_bytes(&compiled).expect("what postcard wrote"))
});

/// Characters of a run up to which no memory is asked for.
const SHORT: usize = 32;

/// Bytes of a Han character of the basic plane. Those beyond it have more, and no word has one.
const BYTES: usize = 3;

/// The base of the root, and of nodes without children.
const ROOT: usize = 0;
const CHILDLESS: usize = 1;

/// The code of what jieba takes for no Han character, and for a word by itself: `〇` and `々`, and radicals.
const ALONE: u16 = u16::MAX;
const FIRST_HAN: char = '\u{3400}';

/// The dictionary as it is kept. A column has a number for each place of the array, divided into its bytes: first the
/// lowest of all, for they are packed best by themselves.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Compiled<'a> {
    /// The characters of all words by their codes, from 1.
    characters: &'a str,
    /// The frequencies that there are by the numbers of their weights, rising; the first is that of what is no word.
    frequencies: Vec<u32>,
    /// The sum of those of all words.
    total: u64,
    /// 0 where there is no node.
    #[serde(borrow)]
    labels: [&'a [u8]; 2],
    weights: [&'a [u8]; 2],
    bases: [&'a [u8]; 3],
}

/// Returns a number of a column.
fn number(column: &[&[u8]], place: usize) -> usize {
    column.iter().rev().fold(0, |number, bytes| number << 8 | usize::from(bytes[place]))
}

/// A node of the trie, in 64 bits: the prefix of a word.
///
/// The child by a character with code `c` is the node at `base + c`, if `c` is the label there. Since no two nodes have the
/// same base, no other node's child has that label.
#[derive(Clone, Copy)]
struct Node(u64);

impl Node {
    /// Bits of each part, from the lowest; the base takes the rest. A bit of the filter stands for the children whose codes
    /// end with its number.
    const LABEL: u32 = 14;
    const WEIGHT: u32 = 13;
    const FILTER: u32 = 16;

    /// What is no node: it has no label, no word ends there, and it has no children.
    const NONE: Self = Self::new(0, 0, CHILDLESS);

    const fn new(label: usize, weight: usize, base: usize) -> Self {
        Self(
            label as u64
                | (weight as u64) << Self::LABEL
                | (base as u64) << (Self::LABEL + Self::WEIGHT + Self::FILTER),
        )
    }

    fn add_child(&mut self, code: u16) {
        self.0 |= 1 << (Self::LABEL + Self::WEIGHT + u32::from(code) % Self::FILTER);
    }

    #[inline]
    fn label(self) -> u16 {
        self.0 as u16 & ((1 << Self::LABEL) - 1)
    }

    /// Returns the number of the weight of the word that ends here; 0 where none does.
    #[inline]
    fn weight(self) -> usize {
        (self.0 >> Self::LABEL) as usize & ((1 << Self::WEIGHT) - 1)
    }

    #[inline]
    fn may_have(self, code: u16) -> bool {
        self.0 >> (Self::LABEL + Self::WEIGHT + u32::from(code) % Self::FILTER) & 1 == 1
    }

    #[inline]
    fn base(self) -> usize {
        (self.0 >> (Self::LABEL + Self::WEIGHT + Self::FILTER)) as usize
    }
}

/// The dictionary.
struct Lexicon {
    /// For each character of the basic plane its code, by frequency from 1; 0 for one that no word has, as none beyond it.
    codes: Box<[u16]>,
    /// The root has no place here.
    nodes: Box<[Node]>,
    /// The logarithm of each frequency that there is over the sum of all; that of what is no word is less than any.
    weights: Box<[f64]>,
    frequencies: Box<[u32]>,
    /// The logarithm of that sum.
    total: f64,
}

/// Cuts a run of Han characters into words, in order.
pub(super) fn cut<'a>(run: &'a str, each: &mut impl FnMut(Segment<'a>)) {
    LEXICON.cut(run, each);
}

/// Returns the frequency at which a word would be one: that of its words together, or its own.
///
/// It depends on the sum of all frequencies of the dictionary.
pub(super) fn frequency(word: &str) -> u64 {
    let lexicon = &*LEXICON;
    let known = |word: &str| f64::from(lexicon.frequency(word).unwrap_or(1));
    let mut sum = 0.0;
    lexicon.cut(word, &mut |segment| {
        let Segment::Token(word) = segment else { return };
        sum = sum + known(word).ln() - lexicon.total;
    });
    ((sum + lexicon.total).exp() as u64 + 1).max(known(word) as u64)
}

impl Lexicon {
    fn new(compiled: &Compiled) -> Self {
        let mut codes = vec![0; 1 << 16];
        codes[..FIRST_HAN as usize].fill(ALONE);
        for (code, c) in (1..).zip(compiled.characters.chars()) {
            codes[c as usize] = code;
        }
        let total = (compiled.total as f64).ln();
        let weights = compiled.frequencies.iter().map(|&frequency| f64::from(frequency).ln() - total).collect();
        let frequencies = compiled.frequencies.clone().into();
        Self { codes: codes.into(), nodes: nodes(compiled), weights, frequencies, total }
    }

    fn code(&self, c: char) -> u16 {
        self.codes.get(c as usize).copied().unwrap_or(0)
    }

    /// Returns the child of the node with this base, or the empty node.
    #[inline]
    fn child(&self, base: usize, code: u16) -> Node {
        let node = self.nodes.get(base + usize::from(code)).copied().unwrap_or(Node::NONE);
        if node.label() == code { node } else { Node::NONE }
    }

    fn frequency(&self, word: &str) -> Option<u32> {
        let mut base = ROOT;
        let mut last = Node::NONE;
        for c in word.chars() {
            last = self.child(base, self.code(c));
            base = last.base();
        }
        (last.weight() > 0).then(|| self.frequencies[last.weight()])
    }

    fn cut<'a>(&self, run: &'a str, each: &mut impl FnMut(Segment<'a>)) {
        let count = run.len() / BYTES;
        if count <= SHORT {
            self.cut_in(run, &mut [0; SHORT], &mut [Step::NONE; SHORT + 1], each);
        } else {
            self.cut_in(run, &mut vec![0; count], &mut vec![Step::NONE; count + 1], each);
        }
    }

    /// Cuts a run, given room for the code of each character, and for one step more than there are.
    fn cut_in<'a>(&self, run: &'a str, codes: &mut [u16], steps: &mut [Step], each: &mut impl FnMut(Segment<'a>)) {
        let mut count = 0;
        for (code, c) in codes.iter_mut().zip(run.chars()) {
            *code = self.code(c);
            count += 1;
        }
        let mut rest = run;
        for block in codes[..count].split_inclusive(|&code| code == ALONE) {
            let is_ended = block.last() == Some(&ALONE);
            let length = block.len() - usize::from(is_ended);
            self.route(&block[..length], steps);
            steps[length].length = 1;
            let mut at = 0;
            while at < block.len() {
                let length = usize::from(steps[at].length);
                let is_unknown = block[at] == 0;
                let bytes = if is_unknown { rest.chars().next().map_or(0, char::len_utf8) } else { length * BYTES };
                let (word, after) = rest.split_at(bytes);
                each(Segment::Token(word));
                at += length;
                rest = after;
            }
        }
    }

    /// Finds the best word that begins at each of some characters.
    ///
    /// What is added up, and in which order, is what jieba adds up: the same sums, to the last bit.
    fn route(&self, codes: &[u16], steps: &mut [Step]) {
        let count = codes.len();
        steps[count].best = 0.0;
        for at in (0..count).rev() {
            let mut node = self.child(ROOT, codes[at]);
            let (mut most, mut length) = (self.weights[node.weight()] + steps[at + 1].best, 1);
            let mut end = at + 1;
            while let Some(&code) = codes.get(end).filter(|&&code| node.may_have(code)) {
                node = self.child(node.base(), code);
                end += 1;
                let sum = self.weights[node.weight()] + steps[end].best;
                // The longer one of equals.
                if sum >= most {
                    (most, length) = (sum, end - at);
                }
            }
            if most == f64::NEG_INFINITY {
                // As a word that was met once.
                (most, length) = (0.0 - self.total + steps[at + 1].best, 1);
            }
            steps[at] = Step { best: most, length: length as u8 };
        }
    }
}

/// The way on from one character.
#[derive(Clone, Copy)]
struct Step {
    /// The logarithm of the product of all words from here on.
    best: f64,
    /// Characters of the first of them.
    length: u8,
}

impl Step {
    const NONE: Self = Self { best: 0.0, length: 1 };
}

/// Returns the nodes by their places.
fn nodes(compiled: &Compiled) -> Box<[Node]> {
    let Compiled { labels, weights, bases, .. } = compiled;
    let node = |place| Node::new(number(labels, place), number(weights, place), number(bases, place));
    let mut nodes: Vec<Node> = (0..labels[0].len()).map(node).collect();
    // No two nodes have the same base.
    let mut parents = vec![0; nodes.len()];
    for (place, node) in (0..).zip(&nodes).filter(|(_, node)| node.base() != CHILDLESS) {
        parents[node.base()] = place;
    }
    for place in 0..nodes.len() {
        let label = nodes[place].label();
        let parent = place.checked_sub(label.into()).filter(|&base| label > 0 && base != ROOT);
        if let Some(base) = parent {
            nodes[parents[base] as usize].add_child(label);
        }
    }
    nodes.into()
}

#[cfg(test)]
mod compile;

#[cfg(test)]
mod tests {
    use jieba_rs::Jieba;
    use proptest::prelude::*;

    use super::*;

    static JIEBA: LazyLock<Jieba> = LazyLock::new(Jieba::new);

    fn words_of(run: &str) -> Vec<&str> {
        let mut words = Vec::new();
        cut(run, &mut |segment| {
            if let Segment::Token(word) = segment {
                words.push(word);
            }
        });
        words
    }

    fn words_by_jieba(run: &str) -> Vec<&str> {
        JIEBA.cut(run, false).into_iter().map(|token| token.word).collect()
    }

    /// Runs of what Han text is made of: words of the dictionary, parts of them, and characters that few words have.
    fn run() -> impl Strategy<Value = String> {
        static WORDS: LazyLock<Vec<String>> = LazyLock::new(|| {
            let words = compile::words().into_iter().map(|(word, _)| word);
            words.filter(|word| word.chars().all(|c| c >= FIRST_HAN)).collect()
        });
        let word = (0..WORDS.len()).prop_map(|at| WORDS[at].clone());
        let part = (0..WORDS.len(), 1..4_usize).prop_map(|(at, count)| WORDS[at].chars().take(count).collect());
        let rare = "[一-龥㐀-㐤〇々⼀豈𠮷𪚥的是了大人中]{1,4}";
        prop::collection::vec(prop_oneof![word, part, rare], 1..60).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn a_run_is_cut_as_jieba_cuts_it(run in run()) {
            prop_assert_eq!(words_of(&run), words_by_jieba(&run));
            prop_assert_eq!(frequency(&run), JIEBA.suggest_freq(&run) as u64);
        }
    }

    #[test]
    fn every_word_is_found_with_its_frequency_and_no_other_prefix() {
        for (word, frequency) in compile::words() {
            assert_eq!(LEXICON.frequency(&word), Some(frequency), "{word}");
            let prefix = &word[..word.char_indices().next_back().unwrap().0];
            assert_eq!(LEXICON.frequency(prefix).is_some(), JIEBA.has_word(prefix), "{prefix}");
        }
    }

    #[test]
    fn what_is_compiled_in_is_what_the_words_of_jieba_make() {
        let compiled = compile::Columns::of(&compile::words());
        let bytes = postcard::to_allocvec(&compiled.compiled()).unwrap();
        if std::env::var_os("LEXICON").is_some_and(|value| value == "overwrite") {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/segment/lexicon/compiled.zst");
            std::fs::write(path, zstd::encode_all(&*bytes, 22).unwrap()).unwrap();
            return;
        }
        let is_same = zstd::decode_all(COMPILED).unwrap() == bytes;
        assert!(is_same, "`LEXICON=overwrite cargo test compiled_in` writes src/segment/lexicon/compiled.zst again");
    }
}
