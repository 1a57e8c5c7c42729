//! jieba's dictionary as a trie in one array, and the likeliest words of a run of Han characters.
//!
//! The words are those that jieba-rs cuts without its hidden Markov model: of all ways to cut a run into words of the
//! dictionary that with the highest product of their shares, which are their frequencies over the sum of all; of two
//! such that with the longer word. A character that no word begins with counts as a word that was met once. The crate is
//! the test oracle, and the source of the words.
//!
//! The array is a double array (Aoe, 1989), the nodes of frequent words first, so that nearly all steps stay in a fast
//! cache. The lattice of words is never made: the best way on from each character is found while its words are, from the
//! last character to the first.
//!
//! Memory: 6 MB. Time: some 20 ns a character, and 20 ms for the first.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::Segment;

/// The dictionary of the crate jieba-rs 0.11.0, which is jieba's (`lexicon/LICENSE`): [`Compiled`], by postcard and zstd.
const COMPILED: &[u8] = include_bytes!("lexicon/compiled.zst");

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    // It cannot fail: these bytes are a file of this repository, compiled in, and a test unpacks the very same.
    let compiled = zstd::decode_all(COMPILED).expect("a zstd frame");
    // It cannot fail: what is unpacked is what postcard wrote, which a test compares to the last byte.
    let compiled = postcard::from_bytes(&compiled).expect("what postcard wrote");
    Lexicon::new(compiled)
});

/// Characters of a run up to which no memory is asked for.
const SHORT: usize = 32;

/// Bytes of each character of a word. Only those beyond the basic plane have more, and no word has one.
const BYTES: usize = 3;

/// The base of the root, and of nodes without children.
const ROOT: usize = 0;
const CHILDLESS: usize = 1;

/// The code of a character that no word has.
const UNKNOWN: u16 = 0;

/// The code of what jieba takes for no Han character, and so for the end of what it cuts and a token by itself: `〇`, `々`
/// and `〻`, radicals, and characters that are newer than its list.
const ALONE: u16 = u16::MAX;
const FIRST_HAN: char = '\u{3400}';

/// Cuts a run of Han characters into words, in order.
pub(super) fn cut<'a>(run: &'a str, each: &mut impl FnMut(Segment<'a>)) {
    LEXICON.cut(run, each);
}

/// Returns a frequency at which a word would be cut as one, as jieba suggests it: the product of the shares of its words,
/// times the sum of all frequencies, and one; its own where that is more. With the logarithm that jieba takes: a last bit
/// that differs shows only where the frequency is a whole number.
pub(super) fn frequency(word: &str) -> u64 {
    let lexicon = &*LEXICON;
    let known = |word: &str| f64::from(lexicon.frequency(word).unwrap_or(1));
    let log_total = (lexicon.total as f64).ln();
    let mut sum = 0.0;
    lexicon.cut(word, &mut |segment| {
        let Segment::Token(word) = segment else { return };
        sum = sum + known(word).ln() - log_total;
    });
    ((sum + log_total).exp() as u64 + 1).max(known(word) as u64)
}

/// The dictionary as it is kept. A column has a number for each place of the array, divided into its bytes: first the
/// lowest of all, for they are packed best by themselves.
#[derive(Serialize, Deserialize)]
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
/// The child by a character with code `c` is the node at `base + c`, if `c` is the label there. Since no two nodes with
/// children have the same base, no other node's child has that label.
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
    /// For each character of the basic plane its code: by frequency from 1, [`UNKNOWN`] or [`ALONE`].
    codes: Box<[u16]>,
    /// The root has no place here.
    nodes: Box<[Node]>,
    /// By the numbers of weights: the logarithm of the share; minus infinity for what is no word.
    weights: Box<[f64]>,
    frequencies: Box<[u32]>,
    /// The sum of all frequencies, and its logarithm.
    total: u64,
    log_total: f64,
}

impl Lexicon {
    fn new(compiled: Compiled) -> Self {
        let mut codes = vec![0; 1 << 16];
        codes[..FIRST_HAN as usize].fill(ALONE);
        for (code, c) in (1..).zip(compiled.characters.chars()) {
            codes[c as usize] = code;
        }
        // Of two ways to cut the better one must be the same on all machines, and the logarithm of the system need not be.
        let log_total = libm::log(compiled.total as f64);
        let weights =
            compiled.frequencies.iter().map(|&frequency| libm::log(f64::from(frequency)) - log_total).collect();
        let nodes = nodes(&compiled);
        Self {
            codes: codes.into(),
            nodes,
            weights,
            frequencies: compiled.frequencies.into(),
            total: compiled.total,
            log_total,
        }
    }

    fn code(&self, c: char) -> u16 {
        match self.codes.get(c as usize) {
            Some(&code) => code,
            None if is_han_beyond(c) => UNKNOWN,
            None => ALONE,
        }
    }

    /// Returns the node of the words that begin with a character.
    #[inline]
    fn first(&self, code: u16) -> Node {
        self.child(ROOT, code)
    }

    /// Returns the node of the words that go on with a character, where there may be one.
    #[inline]
    fn next(&self, node: Node, code: u16) -> Option<Node> {
        node.may_have(code).then(|| self.child(node.base(), code))
    }

    #[inline]
    fn child(&self, base: usize, code: u16) -> Node {
        let node = self.nodes.get(base + usize::from(code)).copied().unwrap_or(Node::NONE);
        if node.label() == code { node } else { Node::NONE }
    }

    fn frequency(&self, word: &str) -> Option<u32> {
        let mut codes = word.chars().map(|c| self.code(c));
        let first = self.first(codes.next()?);
        let last = codes.try_fold(first, |node, code| self.next(node, code))?;
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
            let han = block.strip_suffix(&[ALONE]).unwrap_or(block);
            self.route(han, steps);
            steps[han.len()].length = 1;
            let mut at = 0;
            while at < block.len() {
                let length = usize::from(steps[at].length);
                let is_in_no_word = matches!(block[at], UNKNOWN | ALONE);
                let bytes = if is_in_no_word { rest.chars().next().map_or(0, char::len_utf8) } else { length * BYTES };
                let (word, after) = rest.split_at(bytes);
                each(Segment::Token(word));
                at += length;
                rest = after;
            }
        }
        debug_assert!(rest.is_empty(), "a run of Han characters, each of three bytes or more");
    }

    /// Finds the best word that begins at each of some characters.
    ///
    /// What is added up, and in which order, is what jieba adds up: the same sums, to the last bit.
    fn route(&self, codes: &[u16], steps: &mut [Step]) {
        let count = codes.len();
        steps[count].best = 0.0;
        for at in (0..count).rev() {
            let mut node = self.first(codes[at]);
            let (mut most, mut length) = (self.weights[node.weight()] + steps[at + 1].best, 1);
            let mut end = at + 1;
            while let Some(next) = codes.get(end).and_then(|&code| self.next(node, code)) {
                node = next;
                end += 1;
                let sum = self.weights[node.weight()] + steps[end].best;
                // The longer one of equals.
                if sum >= most {
                    (most, length) = (sum, end - at);
                }
            }
            if most == f64::NEG_INFINITY {
                // As a word that was met once.
                (most, length) = (0.0 - self.log_total + steps[at + 1].best, 1);
            }
            steps[at] = Step { best: most, length: length as u8 };
        }
    }
}

/// Returns whether jieba takes a character beyond the basic plane for a Han character.
fn is_han_beyond(c: char) -> bool {
    matches!(c, '\u{20000}'..='\u{2A6DF}' | '\u{2A700}'..='\u{2EBEF}' | '\u{2F800}'..='\u{2FA1F}')
}

/// The way on from one character.
#[derive(Clone, Copy)]
struct Step {
    /// The logarithm of the product of the shares of all words from here on.
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
    // By their bases, of which no two are the same.
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
    use rustc_hash::FxHashMap;

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

    /// The words of the trie, with their frequencies, in order.
    fn words() -> Vec<(String, u32)> {
        let compiled = zstd::decode_all(COMPILED).unwrap();
        let compiled: Compiled = postcard::from_bytes(&compiled).unwrap();
        let characters: Vec<char> = compiled.characters.chars().collect();
        let nodes = &LEXICON.nodes;
        let parents = (0..).zip(nodes).filter(|(_, node)| node.base() != CHILDLESS);
        let parents: FxHashMap<usize, usize> = parents.map(|(place, node)| (node.base(), place)).collect();
        let word = |place: usize| {
            let mut word = Vec::new();
            let mut at = Some(place);
            while let Some(place) = at {
                let label = usize::from(nodes[place].label());
                word.push(characters[label - 1]);
                at = (place != label).then(|| parents[&(place - label)]);
            }
            word.iter().rev().collect()
        };
        let ends = (0..nodes.len()).filter(|&place| nodes[place].weight() > 0);
        let mut words: Vec<(String, u32)> =
            ends.map(|place| (word(place), LEXICON.frequencies[nodes[place].weight()])).collect();
        words.sort_unstable();
        words
    }

    /// Runs of what Han text is made of: words of the dictionary, parts of them, and characters that few words have or none.
    fn run() -> impl Strategy<Value = String> {
        static WORDS: LazyLock<Vec<String>> = LazyLock::new(|| {
            let words = words().into_iter().map(|(word, _)| word);
            words.filter(|word| word.chars().all(|c| c >= FIRST_HAN)).collect()
        });
        let word = (0..WORDS.len()).prop_map(|at| WORDS[at].clone());
        let part = (0..WORDS.len(), 1..4_usize).prop_map(|(at, count)| WORDS[at].chars().take(count).collect());
        let rare = "[一-龥的是了大人中〇々〻\u{2f00}\u{3400}-\u{3420}\u{fa0e}\u{20bb7}\u{2a6e0}\u{2b740}\u{2ebf0}\u{30000}]{1,4}";
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
    fn the_words_are_those_of_jieba_with_their_frequencies() {
        let words = words();
        let total: u64 = words.iter().map(|&(_, frequency)| u64::from(frequency)).sum();
        let said = format!("{:?}", *JIEBA);
        assert_eq!(said, format!("Jieba {{ records_len: {}, total_freq: {total} }}", words.len()));
        for (word, known) in words {
            assert!(JIEBA.has_word(&word), "{word}");
            assert_eq!(LEXICON.frequency(&word), Some(known), "{word}");
            // Runs of Han characters are all that is cut; some words have letters and digits.
            if word.chars().all(|c| c >= FIRST_HAN) {
                assert_eq!(frequency(&word), JIEBA.suggest_freq(&word) as u64, "{word}");
            }
            for (end, _) in word.char_indices() {
                let prefix = &word[..end];
                assert_eq!(LEXICON.frequency(prefix).is_some(), JIEBA.has_word(prefix), "{prefix}");
            }
        }
    }

    #[test]
    fn a_word_and_a_character_after_it_are_no_word() {
        assert_eq!(LEXICON.frequency("烂泥一"), None);
        assert_eq!(words_of("一一烂泥"), ["一一", "烂泥"]);
        assert_eq!(frequency("一一烂泥"), 1);
    }

    #[test]
    fn what_is_compiled_in_is_what_its_words_make() {
        let bytes = |words| postcard::to_allocvec(&compile::Columns::of(words).compiled()).unwrap();
        if std::env::var_os("LEXICON").is_some_and(|value| value == "overwrite") {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/segment/lexicon/compiled.zst");
            std::fs::write(path, zstd::encode_all(&*bytes(compile::words_of_crate()), 22).unwrap()).unwrap();
            return;
        }
        let is_same = zstd::decode_all(COMPILED).unwrap() == bytes(words());
        assert!(
            is_same,
            "`LEXICON=overwrite cargo test compiled_in` writes src/segment/lexicon/compiled.zst again, of the crate's words; \
             where words change, so does the fingerprint of segmentation, and indexes that are kept are refused"
        );
    }
}
