//! Lines and sentences of a document: where each begins among its tokens, and what it says with its numbers masked.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::document::{LineHint, Region};
use crate::hash;
use crate::seed::bits;
use crate::segment::Token;

/// A line or a sentence-like piece of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Hash of its tokens, each run of numbers as one mask: "cited 0 times" and "cited 17 times" are one block.
    pub hash: u64,
    /// Its first token; it ends where the next one begins.
    pub start: u32,
    /// Characters of its comparable text, spaces not counted.
    pub weight: u32,
}

/// How a document is made up of blocks. Both levels cover all tokens; a block without a token is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocks {
    /// Lines of the text.
    pub lines: Box<[Block]>,
    /// Sentence-like pieces of the lines.
    pub sentences: Box<[Block]>,
    /// For each line with a number, of few tokens: a bit of 64 for each of them, numbers masked. Lines that differ in a name
    /// and in numbers have most bits in common. 0 for every other line.
    pub bags: Box<[u64]>,
    /// Lines that the markup calls navigation, header, footer or aside, or that are mostly links.
    pub framed: Box<[u32]>,
    /// Lines of lists whose entries are all cut off at one length, the lines between them included.
    pub listed: Box<[u32]>,
    /// Which tokens are numbers, a bit a token.
    pub numbers: Box<[u64]>,
    /// What the numbers are, in their order: the low halves of their hashes.
    pub values: Box<[u32]>,
    /// Tokens in all.
    pub tokens: u32,
}

impl Blocks {
    /// Returns the tokens of a line.
    pub fn line(&self, number: usize) -> Range<u32> {
        span(&self.lines, number, self.tokens)
    }

    /// Returns the tokens of a sentence.
    pub fn sentence(&self, number: usize) -> Range<u32> {
        span(&self.sentences, number, self.tokens)
    }

    /// Returns the numbers, to be looked up from one place to the next.
    pub fn numbers(&self) -> Numbers<'_> {
        Numbers { blocks: self, at: 0, before: 0 }
    }

    /// Returns the line that holds a token.
    pub fn line_of(&self, token: u32) -> usize {
        self.lines.partition_point(|line| line.start <= token).saturating_sub(1)
    }
}

/// The numbers of a text.
pub struct Numbers<'a> {
    blocks: &'a Blocks,
    /// The token that was looked up last, and how many numbers stand before it.
    at: u32,
    before: usize,
}

impl<'a> Numbers<'a> {
    /// Returns what the numbers among some tokens are, in their order. Cost: the distance to those that were asked for last.
    pub fn among(&mut self, tokens: Range<u32>) -> &'a [u32] {
        let count = |tokens: Range<u32>| bits::count(&self.blocks.numbers, tokens) as usize;
        self.before = match tokens.start < self.at {
            true => self.before - count(tokens.start..self.at),
            false => self.before + count(self.at..tokens.start),
        };
        self.at = tokens.start;
        &self.blocks.values[self.before..self.before + count(tokens)]
    }
}

fn span(blocks: &[Block], number: usize, tokens: u32) -> Range<u32> {
    blocks[number].start..blocks.get(number + 1).map_or(tokens, |next| next.start)
}

/// Builds the blocks of one document after another.
#[derive(Clone, Debug, Default)]
pub struct BlockBuilder {
    lines: Vec<Block>,
    sentences: Vec<Block>,
    bags: Vec<u64>,
    framed: Vec<u32>,
    /// What each line looks like.
    shapes: Vec<Shape>,
    numbers: Vec<u64>,
    values: Vec<u32>,
    tokens: u32,
    /// Masked tokens of the line so far, and where in them the sentence began.
    masked: Vec<u64>,
    sentence_at: usize,
    line: Open,
    sentence: Open,
}

/// A block that has not ended.
#[derive(Clone, Copy, Debug, Default)]
struct Open {
    start: u32,
    weight: u32,
}

impl BlockBuilder {
    /// Goes on with tokens of the current sentence, and the characters they were cut from.
    pub fn push(&mut self, tokens: &[Token], weight: u32) {
        self.line.weight += weight;
        self.sentence.weight += weight;
        if !tokens.iter().any(|token| token.is_number()) {
            self.tokens += tokens.len() as u32;
            self.numbers.resize(bits::words(self.tokens), 0);
            self.masked.extend(Token::as_numbers(tokens));
            return;
        }
        for &token in tokens {
            let masked = if token.is_number() { Token::MASKED } else { token };
            if self.tokens.is_multiple_of(64) {
                self.numbers.push(0);
            }
            if token.is_number() {
                self.values.push(token.0 as u32);
            }
            // A word was pushed for every 64 tokens, the first before token 0.
            self.numbers[self.tokens as usize / 64] |= u64::from(token.is_number()) << (self.tokens % 64);
            self.tokens += 1;
            // A run of numbers is one field, however many numbers it holds.
            if masked != Token::MASKED || self.masked.len() == self.sentence_at || self.masked.last() != Some(&masked.0)
            {
                self.masked.push(masked.0);
            }
        }
    }

    /// Ends the current sentence.
    pub fn end_sentence(&mut self) {
        if self.tokens > self.sentence.start {
            let hash = hash::sequence(&self.masked[self.sentence_at..]);
            self.sentences.push(Block { hash, start: self.sentence.start, weight: self.sentence.weight });
        }
        self.sentence_at = self.masked.len();
        self.sentence = Open { start: self.tokens, weight: 0 };
    }

    /// Ends the current line, which is `text`, and of which the markup may have said something.
    pub fn end_line(&mut self, text: &str, hint: Option<&LineHint>) {
        self.end_sentence();
        if self.tokens > self.line.start {
            self.shapes.push(Shape::of(text));
            if hint.is_some_and(is_framed) {
                self.framed.push(self.lines.len() as u32);
            }
            self.bags.push(bag(&self.masked));
            let hash = hash::sequence(&self.masked);
            self.lines.push(Block { hash, start: self.line.start, weight: self.line.weight });
        }
        self.masked.clear();
        self.sentence_at = 0;
        self.line = Open { start: self.tokens, weight: 0 };
    }

    /// Returns the blocks of the document, and is ready for the next one.
    pub fn finish(&mut self) -> Blocks {
        self.end_line("", None);
        let blocks = Blocks {
            lines: self.lines.as_slice().into(),
            sentences: self.sentences.as_slice().into(),
            bags: self.bags.as_slice().into(),
            framed: self.framed.as_slice().into(),
            listed: listed(&self.shapes).into(),
            numbers: self.numbers.as_slice().into(),
            values: self.values.as_slice().into(),
            tokens: self.tokens,
        };
        self.lines.clear();
        self.sentences.clear();
        self.bags.clear();
        self.framed.clear();
        self.shapes.clear();
        self.numbers.clear();
        self.values.clear();
        self.tokens = 0;
        self.line = Open::default();
        self.sentence = Open::default();
        blocks
    }
}

/// Tokens up to which the bits of a line tell it from others: of more, most bits are set.
const LONGEST_BAG: usize = 24;

/// Returns a bit for each token of a line with a number, or 0.
fn bag(masked: &[u64]) -> u64 {
    const SEED: u64 = 7;
    if masked.len() > LONGEST_BAG || !masked.contains(&Token::MASKED.0) {
        return 0;
    }
    masked.iter().fold(0, |bag, &token| bag | 1 << (hash::number(token, SEED) >> 58))
}

/// Returns whether the markup alone says that a line belongs to the frame of a page.
fn is_framed(hint: &LineHint) -> bool {
    match hint.region {
        Region::Navigation | Region::Header | Region::Footer | Region::Aside => true,
        // Two thirds of a line inside links: a menu or a list of related pages, not a sentence with a link in it.
        Region::Body => hint.linked >= 170,
        Region::Main | Region::Title => false,
    }
}

/// What a line looks like on its page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shape {
    /// Its characters, if it is wide enough to be more than one row of wrapped text; otherwise 0.
    length: u32,
    /// Whether it ends in the middle of a sentence, or in an ellipsis.
    is_cut: bool,
}

/// Columns a line must have to be an entry of a list of texts. Text wrapped by hand has up to 80.
const LEAST_COLUMNS: usize = 100;

/// Characters that a cut may differ from another: white space at either end is trimmed.
const SLACK: u32 = 3;

/// Entries a list must have.
const LEAST_ENTRIES: usize = 3;

impl Shape {
    fn of(text: &str) -> Self {
        let text = text.trim();
        let wide = || {
            let characters = text.chars().count();
            let ascii = text.bytes().filter(u8::is_ascii).count();
            (ascii + 2 * (characters - ascii) >= LEAST_COLUMNS).then_some(characters as u32)
        };
        let length = if text.len() < LEAST_COLUMNS { 0 } else { wide().unwrap_or(0) };
        let is_open = |c: char| c.is_alphanumeric() || matches!(c, '…' | ',' | '，' | '、' | ':' | '：');
        Self { length, is_cut: length > 0 && (text.ends_with(is_open) || text.ends_with("...")) }
    }
}

/// Returns the lines of lists whose entries are cut off at one length: as a site shows the beginnings of other pages.
///
/// Paragraphs of one text have lengths of their own and end with their sentences. In a list two entries of three have
/// one length, the others are shorter (they were not cut), and of those of that length two of three end within a
/// sentence, the first and the last among them.
fn listed(shapes: &[Shape]) -> Vec<u32> {
    let long: Vec<usize> = (0..shapes.len()).filter(|&line| shapes[line].length > 0).collect();
    let mut listed = Vec::new();
    let mut from = 0;
    while from < long.len() {
        if !shapes[long[from]].is_cut {
            from += 1;
            continue;
        }
        let length = shapes[long[from]].length;
        let (mut entries, mut cut, mut last) = (0, 0, from);
        for (at, &line) in long.iter().enumerate().skip(from) {
            let shape = shapes[line];
            let is_entry = shape.length.abs_diff(length) <= SLACK;
            entries += usize::from(is_entry);
            cut += usize::from(is_entry && shape.is_cut);
            if is_entry && shape.is_cut {
                last = at;
            }
            if !is_entry && shape.length > length || (at + 1 - from) * 2 > entries * 3 + 1 {
                break;
            }
        }
        let is_list = entries >= LEAST_ENTRIES && cut * 3 >= entries * 2;
        if is_list {
            listed.extend(long[from] as u32..=long[last] as u32);
        }
        from = if entries >= LEAST_ENTRIES { last } else { from } + 1;
    }
    listed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed_of(lines: &[String]) -> Vec<u32> {
        listed(&lines.iter().map(|line| Shape::of(line)).collect::<Vec<_>>())
    }

    fn prose(length: usize, end: &str) -> String {
        "山路上的雨下了一夜清晨村口的老人还在等".chars().cycle().take(length).chain(end.chars()).collect()
    }

    #[test]
    fn numbers_are_found_wherever_those_before_them_were() {
        let is_number = |token: u32| token % 7 == 3 || token.is_multiple_of(31);
        let mut numbers = vec![0; bits::words(500)];
        (0..500).filter(|&token| is_number(token)).for_each(|token| bits::set(&mut numbers, token..token + 1));
        let values: Box<[u32]> = (0..500).filter(|&token| is_number(token)).collect();
        let blocks = Blocks { numbers: numbers.into(), values, tokens: 500, ..Blocks::default() };
        let mut found = blocks.numbers();
        for (start, length) in [(0, 0), (3, 1), (200, 64), (200, 64), (128, 200), (0, 500), (493, 7), (64, 0), (500, 0)]
        {
            let expected: Vec<u32> = (start..start + length).filter(|&token| is_number(token)).collect();
            assert_eq!(found.among(start..start + length), expected, "{length} from {start}");
        }
    }

    #[test]
    fn entries_of_one_length_that_end_within_a_sentence_are_a_list() {
        let mut page = vec![prose(180, "。"), prose(90, "。"), "其他文献".to_owned()];
        page.extend([prose(200, ""), "标题".to_owned(), prose(199, "，"), prose(120, "。"), prose(198, "…")]);
        page.push("版权所有".to_owned());
        assert_eq!(listed_of(&page), vec![3, 4, 5, 6, 7]);
    }

    #[test]
    fn paragraphs_of_one_length_that_end_with_their_sentences_are_no_list() {
        assert!(listed_of(&[prose(120, "。"), prose(120, "！"), prose(121, "。")]).is_empty());
    }

    #[test]
    fn a_paragraph_before_a_list_is_none_of_its_entries() {
        let page = [prose(200, "。"), prose(200, ""), prose(200, ""), prose(200, ""), prose(200, "。")];
        assert_eq!(listed_of(&page), vec![1, 2, 3]);
    }

    #[test]
    fn wrapped_text_is_no_list() {
        let page: Vec<String> = (0..30).map(|_| prose(40, "")).collect();
        assert!(listed_of(&page).is_empty());
        let page: Vec<String> = (0..30).map(|_| "a line of some words and more ".repeat(3).trim().to_owned()).collect();
        assert!(listed_of(&page).is_empty());
    }

    #[test]
    fn two_openings_are_too_few_for_a_list() {
        assert!(listed_of(&[prose(300, "。"), prose(200, ""), prose(200, "")]).is_empty());
    }
}
