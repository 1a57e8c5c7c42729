//! Comparable text → tokens.
//!
//! **The law of segmentation:** the segments of a text, joined, are the text. Marks and spaces are segments that carry
//! no token; one test runs it on every segmenter.
//!
//! A token is kept as its hash ([`Token`]): shingles need no more, and where it stood is known to whoever asks
//! [`Segmenter::segments`].

mod characters;
mod han;
mod lexicon;
mod words;

use crate::ascii;
use crate::hash;
use crate::normalise::{self, Class};
use crate::settings::TokenKind;

/// The hash of one token.
///
/// A token of one character that needs no spaces is its scalar value; any other is the hash of its bytes under the top
/// bit, so that the two never meet. The bit below tells numbers, which boilerplate counts mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Token(pub u64);

impl Token {
    const WORD: u64 = 1 << 63;
    const NUMBER: u64 = 1 << 62;

    /// What every number is in a masked hash.
    pub const MASKED: Self = Self(Self::WORD | Self::NUMBER);

    #[inline]
    fn character(c: char) -> Self {
        Self(u64::from(u32::from(c)))
    }

    #[inline]
    fn word(word: &str) -> Self {
        let number = if ascii::has_digit(word.as_bytes()) { Self::NUMBER } else { 0 };
        Self(hash::bytes(word.as_bytes()) & !(Self::NUMBER | Self::WORD) | Self::WORD | number)
    }

    /// Returns tokens as the numbers they are, to be hashed.
    #[inline]
    pub fn as_numbers(tokens: &[Self]) -> &[u64] {
        // SAFETY: a token is a transparent `u64`.
        unsafe { std::slice::from_raw_parts(tokens.as_ptr().cast::<u64>(), tokens.len()) }
    }

    /// Returns whether the token holds an ASCII digit; other digits were folded to those.
    #[inline]
    pub fn is_number(self) -> bool {
        self.0 & (Self::WORD | Self::NUMBER) == Self::WORD | Self::NUMBER
    }
}

/// Cuts comparable text into tokens.
#[derive(Clone, Copy)]
pub enum Segmenter {
    Words,
    Characters,
}

/// A piece of comparable text: a token, or what stands between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segment<'a> {
    Token(&'a str),
    Gap(&'a str),
}

impl Segmenter {
    /// Returns the segmenter for a kind of token. That for words loads jieba's dictionary (some 20 ms) when it meets the first
    /// run of Han characters.
    pub fn new(kind: TokenKind) -> Self {
        match kind {
            TokenKind::Word => Self::Words,
            TokenKind::Char => Self::Characters,
        }
    }

    /// Appends the tokens of `comparable`, in order.
    #[inline]
    pub fn tokens(self, comparable: &str, tokens: &mut Vec<Token>) {
        self.segments(comparable, &mut |segment| {
            if let Segment::Token(text) = segment {
                tokens.push(token(text));
            }
        });
    }

    /// Calls `each` with every segment of `comparable`, in order.
    ///
    /// Runs of one class are cut by the rule of that class. A run never crosses a mark, so a punctuation mark ends a
    /// token even where a dictionary word would span it.
    #[inline]
    pub fn segments<'a>(self, comparable: &'a str, each: &mut impl FnMut(Segment<'a>)) {
        let mut rest = comparable;
        loop {
            // A word of small ASCII letters and digits and the space after it need no table.
            while let Some(end) = ascii_word(rest) {
                let (word, after) = rest.split_at(end);
                let (space, after) = after.split_at(1);
                each(Segment::Token(word));
                each(Segment::Gap(space));
                rest = after;
            }
            let Some(first) = rest.chars().next() else { break };
            let class = normalise::class_of(first);
            let end = run_end(rest, class);
            let (run, after) = rest.split_at(end);
            match (class, self) {
                (Class::Han, Self::Words) => han::words(run, each),
                (Class::Han, Self::Characters) => characters::cut(run, each),
                (Class::Spaceless, Self::Words) => words::cut(run, each),
                (Class::Spaceless, Self::Characters) | (Class::Syllable, _) => characters::cut(run, each),
                (Class::Letter, _) => words::cut(run, each),
                _ => each(Segment::Gap(run)),
            }
            rest = after;
        }
    }
}

/// Returns a number that changes when texts would be cut into other tokens; persisted with whatever was made of them.
///
/// It is what the rules and jieba's dictionary make of a probe: words that can be cut in several ways, and the frequencies
/// at which some of them would be one, which depend on the sum of all frequencies, so on any word of the dictionary.
pub fn fingerprint(kind: TokenKind) -> u64 {
    let segmenter = Segmenter::new(kind);
    let mut tokens = Vec::new();
    segmenter.tokens(&normalise::normalise(PROBE), &mut tokens);
    let mut numbers: Vec<u64> = Token::as_numbers(&tokens).into();
    if kind == TokenKind::Word {
        // Words that are in no dictionary, of the most frequent ones, so that the numbers have many digits.
        let frequencies = ["的了", "的是", "的一", "的在", "在的", "是了"].map(lexicon::frequency);
        numbers.extend(frequencies);
    }
    hash::sequence(&numbers)
}

/// Ambiguous words, numbers, and other scripts.
const PROBE: &str = "研究生命的起源，结婚的和尚未结婚的人都在南京市长江大桥上。乒乓球拍卖完了，这门把手弄坏了，他从马上下来。\
    人工智能与大数据驱动高质量发展，小红书、区块链和新冠疫情是新词；发展中国家庭养猪业，中外科学名著。\
    The 3rd of May, e.g. v2.0, don't: カタカナとひらがな 한국어 ไทย 第12号 ½ ①";

/// Returns the token of a segment's text.
#[inline]
fn token(text: &str) -> Token {
    if text.len() > 1 && text.as_bytes()[0].is_ascii() {
        return Token::word(text);
    }
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if !c.is_ascii_digit() => Token::character(c),
        _ => Token::word(text),
    }
}

/// Returns where the word of small ASCII letters and digits ends that begins `text`, if one does and a space and another
/// such letter come after it.
#[inline]
fn ascii_word(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let end = ascii::word(bytes);
    let is_word = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (end > 0 && bytes.get(end) == Some(&b' ') && bytes.get(end + 1).is_some_and(is_word)).then_some(end)
}

/// Returns where the run that begins `text` ends: marks run to the next letter; letters take the marks inside words.
#[inline]
fn run_end(text: &str, class: Class) -> usize {
    let is_inside = |other: Class| match class {
        Class::Letter => matches!(other, Class::Letter | Class::Mark | Class::Middle),
        Class::Han => other == Class::Han,
        Class::Spaceless | Class::Syllable => other == class || other == Class::Mark,
        _ => other < Class::Letter,
    };
    let letter = class == Class::Letter;
    for (at, c) in text.char_indices() {
        if letter && (c.is_ascii_lowercase() || c.is_ascii_digit()) {
            continue;
        }
        if at > 0 && !is_inside(normalise::class_of(c)) {
            return at;
        }
    }
    text.len()
}

/// Bytes of text after which a piece ends at the next chance, so that a document of any size passes through small
/// buffers.
const PIECE: usize = 1 << 16;

/// Cuts a line where cutting changes neither tokens nor sentences: a long one at white space or a comma between
/// letters, else at white space behind a digit.
///
/// A run of a megabyte without any of those is cut behind a full stop, or else between two characters.
pub fn pieces(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        if text.is_empty() {
            return None;
        }
        let end = if text.len() <= PIECE {
            text.len()
        } else {
            let from = text.floor_char_boundary(PIECE);
            let until = text.floor_char_boundary(text.len().min(PIECE << 4));
            // A sentence ends where a mark says so and something follows in the same piece.
            let is_between = |&(at, c): &(usize, char)| {
                let is_gap = c.is_whitespace() || matches!(c, '，' | '、');
                let (before, behind) = (&text[..from + at], &text[from + at + c.len_utf8()..]);
                is_gap && before.ends_with(char::is_alphabetic) && behind.starts_with(char::is_alphabetic)
            };
            let is_behind_digit =
                |&(at, c): &(usize, char)| c.is_whitespace() && text[..from + at].ends_with(char::is_numeric);
            let characters = || text[from..until].char_indices();
            let gap = characters().find(is_between).or_else(|| characters().find(is_behind_digit));
            let stop = || characters().rfind(|&(_, c)| c == normalise::STOP);
            gap.or_else(stop).map_or(until, |(at, c)| from + at + c.len_utf8())
        };
        let (piece, rest) = text.split_at(end);
        text = rest;
        Some(piece)
    })
}

#[cfg(test)]
pub(crate) fn segments_of(kind: TokenKind, comparable: &str) -> Vec<Segment<'_>> {
    let mut all = Vec::new();
    Segmenter::new(kind).segments(comparable, &mut |segment| all.push(segment));
    all
}

/// Asserts the law of segmentation for one text.
#[cfg(test)]
pub(crate) fn check_law(kind: TokenKind, comparable: &str) {
    let segments = segments_of(kind, comparable);
    let joined: String = segments
        .iter()
        .map(|segment| match segment {
            Segment::Token(text) | Segment::Gap(text) => *text,
        })
        .collect();
    assert_eq!(joined, comparable, "{kind:?}");
    for segment in segments {
        if let Segment::Token(text) = segment {
            assert!(text.chars().any(|c| normalise::class_of(c) >= Class::Mark), "{kind:?}: `{text}` is no token");
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::normalise::normalise;

    fn words(kind: TokenKind, text: &str) -> Vec<String> {
        let comparable = normalise(text);
        segments_of(kind, &comparable)
            .into_iter()
            .filter_map(|segment| match segment {
                Segment::Token(text) => Some(text.to_owned()),
                Segment::Gap(_) => None,
            })
            .collect()
    }

    #[test]
    fn a_chinese_sentence_is_cut_into_dictionary_words() {
        assert_eq!(
            words(TokenKind::Word, "黨員干部下沉社區，共12人。"),
            ["党员干部", "下沉", "社区", "共", "12", "人"]
        );
    }

    #[test]
    fn characters_are_cut_one_by_one_and_latin_words_stay_whole() {
        assert_eq!(words(TokenKind::Char, "用Rust写，第12号カナ"), ["用", "rust", "写", "第", "12", "号", "カ", "ナ"]);
    }

    #[test]
    fn a_punctuation_mark_ends_a_token_even_inside_a_dictionary_word() {
        assert_eq!(words(TokenKind::Word, "社，区"), ["社", "区"]);
    }

    #[test]
    fn the_fingerprints_are_those_that_indexes_were_built_with() {
        // A change here is one of the tokens: indexes that are kept somewhere will be refused.
        assert_eq!(fingerprint(TokenKind::Word), 6_097_460_255_323_694_163);
        assert_eq!(fingerprint(TokenKind::Char), 15_345_761_934_310_221_442);
    }

    #[test]
    fn english_words_follow_the_unicode_rules() {
        assert_eq!(
            words(TokenKind::Word, "Don't pay $3.14, e.g. at example.com!"),
            ["don't", "pay", "3.14", "e.g", "at", "example.com"]
        );
    }

    #[test]
    fn a_character_and_a_word_of_the_same_number_are_not_the_same_token() {
        assert_ne!(token("a"), token("97"));
        assert!(token("7").is_number() && token("b2b").is_number() && !token("二").is_number());
        assert!(Token::MASKED.is_number());
    }

    proptest! {
        #[test]
        fn the_tokens_joined_are_the_input(text in "[\\PC\n。，；’.a-z0-9社区党员カナกข]{0,80}") {
            let comparable = normalise(&text);
            check_law(TokenKind::Word, &comparable);
            check_law(TokenKind::Char, &comparable);
        }
    }
}
