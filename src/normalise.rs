//! Text → comparable text: what a reader would call the same is made the same.
//!
//! One table lookup a character for the Basic Multilingual Plane: width and case are folded, compatibility characters
//! with a one-character NFKC form are replaced by it, digits of all scripts by `0` to `9`, traditional and variant Han
//! characters by their simplified form.
//! Over-merging (乾, 幹 and 干 are one) is harmless: the result is hashed, never shown.
//!
//! Comparable text holds letters, digits and these marks, each once between two of the others:
//! a space (some punctuation or space stood here), `。` (a sentence-like piece ended), a newline (a line ended).
//! A mark that UAX #29 may keep inside a word (`don't`, `3.14`) stays where it stands between two word characters.

mod marks;

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{compose, is_combining_mark};

use crate::ascii;

/// Changes whenever comparable text does; persisted with everything that was derived from it.
pub const VERSION: u32 = 2;

/// Ends a sentence-like piece in comparable text.
pub const STOP: char = '。';

/// Characters of one Han class: the first is the form the others fold to. Compiled from OpenCC's dictionaries (t2s, and
/// tw2t, hk2t, jp2t before it) as they come with the crate ferrous-opencc 0.4.0; a test compiles them again.
const VARIANTS: &str = include_str!("normalise/variants.txt");

/// What a character is to the stages below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Class {
    /// Ends a token and vanishes: space, most punctuation, symbols, control characters.
    Break,
    /// Vanishes without a trace: zero-width characters, variation selectors, direction marks.
    Nothing,
    /// Ends a sentence-like piece.
    Stop,
    /// Ends a line.
    Line,
    /// Ends a token unless it stands between two word characters, where UAX #29 decides.
    Middle,
    /// Composes with the character before it, or stays as part of its word.
    Mark,
    /// A letter or digit of a script that puts spaces between words.
    Letter,
    /// A letter of a script without spaces, other than Han, that UAX #29 cuts: kana, Thai, Lao, Khmer, Myanmar, Tai.
    Spaceless,
    /// A letter of a script without spaces of which UAX #29 would make one word of a whole clause: Yi, Javanese, Balinese.
    Syllable,
    /// A Han character.
    Han,
}

/// Returns the comparable text of `text`. Idempotent: the comparable text of comparable text is itself.
pub fn normalise(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    normalise_into(text, &mut out);
    out
}

/// Appends the comparable text of `text` to `out`, for callers that keep their buffers.
///
/// What `out` holds already is treated as a text of its own: nothing composes or joins across the border.
pub fn normalise_into(text: &str, out: &mut String) {
    let mut sink = Plain { out };
    run(text, &mut sink);
}

/// Returns the comparable text of `text` and, for each of its bytes, the byte of `text` its character came from.
///
/// The map is one longer than the comparable text: the last entry is the end of `text`.
pub fn normalise_with_offsets(text: &str) -> (String, Vec<usize>) {
    let mut out = String::with_capacity(text.len());
    let mut offsets = Vec::with_capacity(text.len() + 1);
    run(text, &mut Mapped { out: &mut out, offsets: &mut offsets });
    offsets.push(text.len());
    (out, offsets)
}

/// Returns the class of a character of comparable text.
#[inline]
pub fn class_of(c: char) -> Class {
    lookup(c).1
}

/// Where comparable characters go, and whether anyone asks where they came from.
trait Sink {
    fn push(&mut self, c: char, source: usize);
    /// Pushes ASCII words, folded to small letters, the first byte of which came from byte `source`.
    fn push_ascii(&mut self, words: &str, source: usize);
    /// Takes back the last character pushed, and returns it with its source.
    fn pop(&mut self) -> Option<(char, usize)>;
}

struct Plain<'a> {
    out: &'a mut String,
}

impl Sink for Plain<'_> {
    #[inline]
    fn push(&mut self, c: char, _: usize) {
        self.out.push(c);
    }

    #[inline]
    fn push_ascii(&mut self, words: &str, _: usize) {
        let from = self.out.len();
        self.out.push_str(words);
        self.out[from..].make_ascii_lowercase();
    }

    fn pop(&mut self) -> Option<(char, usize)> {
        self.out.pop().map(|c| (c, 0))
    }
}

struct Mapped<'a> {
    out: &'a mut String,
    offsets: &'a mut Vec<usize>,
}

impl Sink for Mapped<'_> {
    fn push(&mut self, c: char, source: usize) {
        self.out.push(c);
        self.offsets.resize(self.out.len(), source);
    }

    fn push_ascii(&mut self, words: &str, source: usize) {
        self.out.push_str(&words.to_ascii_lowercase());
        self.offsets.extend(source..source + words.len());
    }

    fn pop(&mut self) -> Option<(char, usize)> {
        let c = self.out.pop()?;
        let source = self.offsets.get(self.out.len()).copied()?;
        self.offsets.truncate(self.out.len());
        Some((c, source))
    }
}

/// The strongest mark met since the last letter: it is written before the next one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Pending {
    Nothing,
    Middle(char),
    Break,
    Stop,
    Line,
}

fn run(text: &str, sink: &mut impl Sink) {
    // A mark is written when the next letter is met, so none leads, trails or repeats.
    let mut pending = Pending::Nothing;
    let mut pending_at = 0;
    let mut last: Option<(char, Class)> = None;
    let mut on_letter = Vec::new();
    let mut next = 0;
    while let Some(source) = text[next..].chars().next() {
        let at = next;
        next += source.len_utf8();
        let (c, class) = lookup(source);
        if class >= Class::Letter {
            if pending != Pending::Nothing {
                if let Some((_, before)) = last {
                    let joined = before == Class::Letter && class == Class::Letter;
                    match pending {
                        Pending::Middle(mark) if joined => sink.push(mark, pending_at),
                        Pending::Line => sink.push('\n', pending_at),
                        Pending::Stop => sink.push(STOP, pending_at),
                        _ => sink.push(' ', pending_at),
                    }
                }
                pending = Pending::Nothing;
            }
            sink.push(c, at);
            last = Some((c, class));
            // The rest of an ASCII word at once, and the words after it with one space between them.
            if source.is_ascii() {
                let words = &text[next..next + ascii::words(&text.as_bytes()[next..])];
                if let Some(&end) = words.as_bytes().last() {
                    sink.push_ascii(words, next);
                    next += words.len();
                    last = Some((char::from(end.to_ascii_lowercase()), Class::Letter));
                }
            }
            continue;
        }
        let mark = match class {
            Class::Nothing => continue,
            Class::Mark => {
                if let (Pending::Nothing, Some(before)) = (pending, last) {
                    on_letter.clear();
                    marks::add(c, &mut on_letter);
                    next += more_marks(&text[next..], &mut on_letter);
                    last = Some(put_marks(sink, before, &on_letter, at));
                }
                continue;
            }
            Class::Middle if c == '.' && ends_sentence(&text[..at], &text[next..]) => Pending::Stop,
            Class::Middle if pending == Pending::Nothing => Pending::Middle(c),
            Class::Middle => Pending::Break,
            Class::Stop => Pending::Stop,
            Class::Line => Pending::Line,
            _ => Pending::Break,
        };
        if pending == Pending::Nothing {
            pending_at = at;
        }
        // Two middle marks in a row are a break; otherwise the strongest mark stays.
        pending = match (pending, mark) {
            (Pending::Middle(_), Pending::Middle(_)) => Pending::Break,
            _ => pending.max(mark),
        };
    }
}

/// Returns whether a full stop between two texts ends a sentence: behind four small letters, or two of a script without
/// capitals, before white space and a letter that is no small one. So most abbreviations, dates and initials end none. Marks
/// that end a token do not show, nor does what vanishes.
fn ends_sentence(before: &str, after: &str) -> bool {
    let is_passed = |c: char, class: Class| class == Class::Break && !c.is_whitespace() || lookup(c).0 == '\'';
    let ahead = before.chars().rev().map(|c| (c, lookup(c).1));
    let mut ahead = ahead
        .filter(|(_, class)| !matches!(class, Class::Nothing | Class::Mark))
        .skip_while(|&(c, class)| is_passed(c, class))
        .map(|(c, _)| c);
    let is_small = |c: char| c.is_alphabetic() && !c.is_uppercase();
    let Some(last) = ahead.next().filter(|&c| is_small(c)) else { return false };
    let more = if has_capitals(last) { 3 } else { 1 };
    if !(0..more).all(|_| ahead.next().is_some_and(is_small)) {
        return false;
    }
    let mut is_apart = false;
    for c in after.chars() {
        match lookup(c).1 {
            Class::Nothing => {}
            Class::Break if c.is_whitespace() => is_apart = true,
            class if is_passed(c, class) => {}
            class => {
                return is_apart && class >= Class::Letter && c.is_alphabetic() && !(is_small(c) && has_capitals(c));
            }
        }
    }
    false
}

/// Returns whether a letter is of a script whose sentences begin with a capital one. Georgian has capitals, for titles.
fn has_capitals(c: char) -> bool {
    (c.is_lowercase() || c.is_uppercase()) && !matches!(c, '\u{10D0}'..='\u{10FF}')
}

/// Adds the marks that `text` begins with, and returns where they end.
fn more_marks(text: &str, marks: &mut Vec<char>) -> usize {
    for (at, c) in text.char_indices() {
        match lookup(c) {
            (mark, Class::Mark) => marks::add(mark, marks),
            (_, Class::Nothing) => {}
            _ => return at,
        }
    }
    text.len()
}

/// Puts marks, the first of which came from byte `at`, on the last character that was pushed, or beside it; returns the last
/// character and its class.
fn put_marks(sink: &mut impl Sink, (before, class): (char, Class), marks: &[char], at: usize) -> (char, Class) {
    let mut all = Vec::new();
    let letter = marks::taken_off(before, &mut all);
    if let [mark] = *marks
        && all.is_empty()
        && TABLE.composed(letter, mark).is_none()
    {
        if marks::is_optional(letter, mark) {
            return (before, class);
        }
        sink.push(mark, at);
        return (mark, class);
    }
    all.extend(marks);
    let source = sink.pop().map_or(at, |(_, source)| source);
    let mut composed = marks::in_order(letter, &all).peekable();
    let first = composed.next().unwrap_or(letter);
    // NFC leaves some letters apart from their dots that are one character as well.
    let whole = composed.peek().and_then(|&mark| TABLE.composed(first, mark));
    if whole.is_some() {
        composed.next();
    }
    let mut last = lookup(whole.unwrap_or(first));
    sink.push(last.0, source);
    for (mark, _) in composed.map(lookup) {
        if !marks::is_optional(letter, mark) {
            sink.push(mark, at);
            last.0 = mark;
        }
    }
    last
}

/// Returns what a character folds to, and its class.
#[inline]
fn lookup(c: char) -> (char, Class) {
    match TABLE.bmp.get(c as usize) {
        Some(&entry) => unpack(entry),
        None => TABLE.beyond(c),
    }
}

struct Table {
    /// Folded scalar value in the low 24 bits, class above them.
    bmp: Box<[u32; 0x1_0000]>,
    /// Han variants beyond the BMP, and BMP variants for the build.
    variants: HashMap<char, char>,
    /// Letters and marks that are one character as well, though NFC does not compose them: Indic ones with a dot.
    excluded: HashMap<(char, char), char>,
}

static TABLE: LazyLock<Table> = LazyLock::new(Table::build);

#[inline]
fn unpack(entry: u32) -> (char, Class) {
    const CLASSES: [Class; 16] = {
        use Class::*;
        [
            Break, Nothing, Stop, Line, Middle, Mark, Letter, Spaceless, Syllable, Han, Break, Break, Break, Break,
            Break, Break,
        ]
    };
    // SAFETY: `Table::build` packs a `char`, unchanged, into the low 24 bits.
    (unsafe { char::from_u32_unchecked(entry & 0x00ff_ffff) }, CLASSES[(entry >> 24) as usize & 15])
}

impl Table {
    fn build() -> Self {
        let mut variants = HashMap::new();
        for line in VARIANTS.lines() {
            let mut class = line.chars();
            if let Some(simplified) = class.next() {
                variants.extend(class.map(|variant| (variant, simplified)));
            }
        }
        let mut bmp: Box<[u32; 0x1_0000]> = vec![0; 0x1_0000].into_boxed_slice().try_into().unwrap_or_else(|_| {
            // The vector above has exactly that length.
            unreachable!()
        });
        for (code, entry) in bmp.iter_mut().enumerate() {
            if let Some(c) = char::from_u32(code as u32) {
                let (folded, class) = folded(c, &variants);
                *entry = folded as u32 | (class as u32) << 24;
            }
        }
        let excluded = ('\u{900}'..'\u{1000}').filter_map(|c| {
            let mut parts = std::iter::once(c).nfc();
            let pair = (parts.next()?, parts.next()?);
            (classify(pair.1) == Class::Mark).then_some((pair, c))
        });
        Self { bmp, variants, excluded: excluded.collect() }
    }

    /// Returns the character that a letter and a mark are as well, if there is one.
    fn composed(&self, letter: char, mark: char) -> Option<char> {
        compose(letter, mark).or_else(|| self.excluded.get(&(letter, mark)).copied())
    }

    #[cold]
    fn beyond(&self, c: char) -> (char, Class) {
        folded(c, &self.variants)
    }
}

/// Returns what a character folds to, and its class.
fn folded(c: char, variants: &HashMap<char, char>) -> (char, Class) {
    if stands_for_nothing(c) {
        return (c, Class::Nothing);
    }
    let folded = fold(c, variants);
    (folded, classify(folded))
}

/// Returns whether a character is a mark that vanishes, on a space or a kashida: vowels of Arabic have such forms.
fn stands_for_nothing(c: char) -> bool {
    let mut has_mark = false;
    let are_nothing = std::iter::once(c).nfkc().all(|part| {
        let is_mark = part != c && classify(part) == Class::Nothing;
        has_mark |= is_mark;
        is_mark || part == ' '
    });
    are_nothing && has_mark
}

/// Folds one character until nothing changes, which is what makes normalisation idempotent.
fn fold(c: char, variants: &HashMap<char, char>) -> char {
    let mut now = c;
    // Longest chain met: full-width capital → capital → small letter. The bound guards against a cycle in the data.
    for _ in 0..8 {
        let before = now;
        now = match now {
            // Quotation marks that serve as apostrophes.
            '\u{2019}' | '\u{2018}' | '\u{02BC}' => '\'',
            // Of Arabic numbers.
            '٫' => '.',
            '٬' => ',',
            _ => decimal(now).unwrap_or(now),
        };
        // Letters of Korean that stand alone would become parts of syllables, and vowels marks on what is before them.
        if !matches!(now, '\u{3131}'..='\u{318E}' | '\u{FFA0}'..='\u{FFDC}') {
            now = only(compatible(now)).unwrap_or(now);
        }
        now = marks::bare(now);
        // Up, then down: ς and σ, ſ and s meet. Only İ has a small form of two characters; the second is a dot. The iota below
        // Greek letters is a letter when they are capitals, and an optional mark here.
        if let Some(upper) = only(now.to_uppercase()).filter(|_| !is_combining_mark(now)) {
            now = upper.to_lowercase().next().unwrap_or(now);
        }
        now = variants.get(&now).copied().unwrap_or(now);
        if now == before {
            break;
        }
    }
    now
}

/// Returns the characters of the NFKC form of one that do not vanish.
fn compatible(c: char) -> impl Iterator<Item = char> {
    std::iter::once(c).nfkc().filter(move |&part| part == c || classify(part) != Class::Nothing)
}

/// Returns the decimal digit of a script as that of ASCII. Unicode has those of each script in a row, from 0 to 9.
fn decimal(c: char) -> Option<char> {
    let is_decimal = |c: char| c.is_numeric() && get_general_category(c) == GeneralCategory::DecimalNumber;
    if c.is_ascii() || !is_decimal(c) {
        return None;
    }
    let before = (0..u32::from(c)).rev().map_while(char::from_u32).take_while(|&c| is_decimal(c)).count();
    char::from_digit((before % 10) as u32, 10)
}

/// Returns the only character of a sequence, if it has just one.
fn only(mut chars: impl Iterator<Item = char>) -> Option<char> {
    let first = chars.next()?;
    chars.next().is_none().then_some(first)
}

/// Returns the class of a folded character.
fn classify(c: char) -> Class {
    match c {
        // What else ends a line was made into a line feed where the text was read.
        '\n' => Class::Line,
        '。' | '!' | '?' | ';' | '…' | '｡' | '؛' => Class::Stop,
        // Sentence_Terminal of Unicode, in scripts that are written today.
        '։' | '؝'..='؟' | '۔' | '܀'..='܂' | '߹' | '।' | '॥' | '၊' | '။' | '።' | '፧' | '፨' | '។' | '៕' | '᠃' | '᠉' => {
            Class::Stop
        }
        '\u{1944}' | '\u{1945}' | '\u{1AA8}'..='\u{1AAB}' | '\u{1B5A}' | '\u{1B5B}' | '\u{1B5E}' | '\u{1B5F}' => {
            Class::Stop
        }
        '\u{1C3B}' | '\u{1C3C}' | '\u{1C7E}' | '\u{1C7F}' | '\u{A4FF}' | '\u{A60E}' | '\u{A60F}' | '\u{A6F3}' => {
            Class::Stop
        }
        '\u{A6F7}' | '\u{A876}' | '\u{A877}' | '\u{A8CE}' | '\u{A8CF}' | '\u{A92F}' | '\u{A9C8}' | '\u{A9C9}' => {
            Class::Stop
        }
        '\u{AA5D}'..='\u{AA5F}' | '\u{ABEB}' | '\u{11141}'..='\u{11143}' => Class::Stop,
        '\u{203C}' | '\u{203D}' | '\u{2047}'..='\u{2049}' | '\u{2E2E}' => Class::Stop,
        // Tibetan: the shad, which ends clauses and sentences.
        '།'..='༔' => Class::Stop,
        '\'' | '.' | ',' | ':' | '_' | '·' => Class::Middle,
        '\u{AD}'
        | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}'
        | '\u{180B}'..='\u{180E}'
        | '\u{34F}'
        | '\u{640}'
        | '\u{E0000}'..='\u{E0FFF}' => Class::Nothing,
        '々' | '〇' | '〻' => Class::Han,
        '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFD}' => {
            Class::Han
        }
        '\u{2E80}'..='\u{2FDF}' => Class::Han,
        // Vowels and signs for reading aloud, which most texts do without: Hebrew, Arabic, Syriac.
        '\u{591}'..='\u{5C7}'
        | '\u{610}'..='\u{61A}'
        | '\u{64B}'..='\u{65F}'
        | '\u{670}'
        | '\u{6D6}'..='\u{6ED}'
        | '\u{711}'
        | '\u{730}'..='\u{74A}'
        | '\u{8CA}'..='\u{8FF}'
            if is_combining_mark(c) =>
        {
            Class::Nothing
        }
        // Vowels and finals of Korean, which stand behind a first letter only.
        '\u{1160}'..='\u{11FF}' | '\u{D7B0}'..='\u{D7FB}' => Class::Mark,
        _ if is_combining_mark(c) => Class::Mark,
        '\u{0E00}'..='\u{0EFF}'
        | '\u{1000}'..='\u{109F}'
        | '\u{1780}'..='\u{17FF}'
        | '\u{1950}'..='\u{19DF}'
        | '\u{1A20}'..='\u{1AAF}'
        | '\u{3041}'..='\u{312F}'
        | '\u{31A0}'..='\u{31BF}'
        | '\u{31F0}'..='\u{31FF}'
        | '\u{A9E0}'..='\u{A9FF}'
        | '\u{AA60}'..='\u{AADF}'
            if c.is_alphanumeric() =>
        {
            Class::Spaceless
        }
        '\u{1B00}'..='\u{1B7F}' | '\u{A000}'..='\u{A4CF}' | '\u{A980}'..='\u{A9DF}' if c.is_alphanumeric() => {
            Class::Syllable
        }
        _ if c.is_alphanumeric() => Class::Letter,
        _ => Class::Break,
    }
}

#[cfg(test)]
mod tests {
    use ferrous_opencc::{OpenCC, config::BuiltinConfig};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_traditional_page_and_its_simplified_twin_are_the_same_text() {
        assert_eq!(normalise("下沉單位對接黨員，開展活動"), normalise("下沉单位对接党员,开展活动"));
        assert_eq!(normalise("頭髮發展，皇后以後，乾幹干"), normalise("头发发展，皇后以后，干干干"));
        assert_eq!(normalise("裏裡爲為羣群"), "里里为为群群");
    }

    #[test]
    fn width_case_and_compatibility_forms_are_folded() {
        assert_eq!(normalise("ＡＢＣ１２３　ｱｲｳ"), "abc123 アイウ");
        assert_eq!(normalise("豈\u{F900}"), normalise("岂岂"));
        assert_eq!(normalise("ΣΑΣ ς"), "σασ σ");
        assert_eq!(normalise("①⑵"), normalise("1⑵"));
    }

    #[test]
    fn punctuation_ends_a_token_and_leaves_one_mark() {
        assert_eq!(normalise("“法制+志愿”入手, 服务"), "法制 志愿 入手 服务");
        assert_eq!(normalise("一。二!三…?四\n\n五；\n六"), "一。二。三。四\n五\n六");
        assert_eq!(normalise("  ，。！"), "");
        assert_eq!(normalise(""), "");
    }

    #[test]
    fn marks_inside_words_and_numbers_stay_for_the_word_rules() {
        assert_eq!(normalise("Don’t pay 3.14 or 1，000!"), "don't pay 3.14 or 1,000");
        assert_eq!(normalise("end. next a.b x..y"), "end next a.b x y");
        assert_eq!(normalise("共12.人"), "共12 人");
    }

    #[test]
    fn zero_width_characters_and_decomposed_letters_do_not_show() {
        assert_eq!(normalise("社\u{200B}区\u{FEFF}书\u{00AD}记"), "社区书记");
        assert_eq!(normalise("cafe\u{301} ガ"), normalise("café カ\u{3099}"));
        assert_eq!(normalise("Việt"), normalise("Vie\u{323}\u{302}t"));
        assert_eq!(normalise("葛\u{E0100}"), "葛");
    }

    #[test]
    fn digits_of_all_scripts_are_those_of_ascii() {
        assert_eq!(normalise("٣٬١٤٫٥ ۰۱۹ ०१९ ๐๑๙ ໐໙ ၀၉ ០៩ ༠༩ ০৯ 𑁦𑁯 ９"), "3,14.5 019 019 019 09 09 09 09 09 09 9");
        assert_eq!(normalise("٪ ٣ ½ Ⅷ 八"), "3 ½ ⅷ 八");
    }

    #[test]
    fn one_order_of_marks_is_as_good_as_another() {
        let same = |texts: &[&str]| {
            for text in texts {
                assert_eq!(normalise(text), normalise(texts[0]), "{text:?}");
            }
        };
        same(&["\u{1EC7}", "e\u{323}\u{302}", "e\u{302}\u{323}", "\u{EA}\u{323}", "\u{1EB9}\u{302}"]);
        same(&["a\u{331}\u{301}b", "a\u{301}\u{331}b", "\u{E1}\u{331}b", "\u{E1}\u{AD}\u{331}b"]);
        same(&["한국어", "한국어"]);
        same(&["각각", "\u{1100}\u{1161}\u{11A8}\u{1100}\u{1161}\u{11A8}"]);
        same(&["\u{9AF}\u{9BC}া", "\u{9DF}া"]);
        same(&["\u{921}\u{93C}\u{940}", "\u{95C}\u{940}", "\u{921}\u{AD}\u{93C}\u{940}"]);
        same(&["г\u{301}\u{323}\u{301}", "ѓ\u{323}\u{301}", "ѓ\u{323}", "г\u{323}\u{301}"]);
        same(&["i\u{301}\u{307}", "\u{ED}\u{307}", "i\u{307}\u{301}", "\u{ED}"]);
        assert_eq!(normalise("กำ้ किताबें"), "กำ้ किताबें");
    }

    #[test]
    fn marks_that_a_text_does_without_do_not_show() {
        assert_eq!(normalise("مُحَمَّدٌ كتـــاب رحمٰن"), "محمد كتاب رحمن");
        assert_eq!(normalise("م\u{FE77}د م\u{FE76}د م\u{FCF2}د"), "مد مد مد");
        assert_eq!(normalise("שָׁלוֹם שׁלום"), "שלום שלום");
        assert_eq!(normalise("Ἀθῆναι ΑΘΗΝΑΙ Αθήναι"), "αθηναι αθηναι αθηναι");
        assert_eq!(normalise("за\u{301}мок Ёлка й ѓ"), "замок ёлка й ѓ");
        assert_eq!(normalise("İSTANBUL i\u{307}stanbul ISPARTA ısparta"), "istanbul istanbul isparta isparta");
        assert_eq!(normalise("Việt ñ ö"), "việt ñ ö");
    }

    #[test]
    fn letters_of_korean_that_stand_alone_are_no_parts_of_syllables() {
        assert_eq!(normalise("ㅠㅠ ㅋㅋ 모음을 ㅏㅑㅓ"), "ㅠㅠ ㅋㅋ 모음을 ㅏㅑㅓ");
    }

    #[test]
    fn letters_of_arabic_script_that_keyboards_exchange_are_one() {
        assert_eq!(normalise("فارسی كتاب"), normalise("فارسي کتاب"));
        assert_eq!(normalise("أحمد إلى آخر مدرسة رؤية"), "احمد الي اخر مدرسه رويه");
    }

    #[test]
    fn sentences_end_in_the_marks_of_their_script() {
        assert_eq!(normalise("یہ۔ وہ؟ हैं। हैं॥ သည်။ ល។ ኢ። Ա։ བོད།ཡིག"), "يه。وه。हैं。हैं。သည်。ល。ኢ。ա。བོད。ཡིག");
    }

    #[test]
    fn a_full_stop_ends_a_sentence_before_a_letter_that_is_no_small_one() {
        assert_eq!(
            normalise("It rained. The ferry (from Linyu.) \"Slept.\" 「Then」 | 12 London. • It"),
            "it rained。the ferry from linyu。slept。then 12 london。it"
        );
        assert_eq!(normalise("비가 왔다. 배는 갔다. Дождь. Паром"), "비가 왔다。배는 갔다。дождь。паром");
        assert_eq!(normalise("წვიმდა. ბორანი"), "წვიმდა。ბორანი");
        assert_eq!(
            normalise(
                "J. Smith, Mr. Brown, Prof. Li, e.g. a No. Seven, am 12. Oktober, ул. Ленина, and so forth. 5 v2. X"
            ),
            "j smith mr brown prof li e.g a no seven am 12 oktober ул ленина and so forth 5 v2 x"
        );
        assert_eq!(normalise("example.Com 3.A end.\nNext"), "example.com 3.a end\nnext");
    }

    #[test]
    fn scripts_without_spaces_are_told() {
        assert_eq!([class_of('ไ'), class_of('ᦀ'), class_of('カ')], [Class::Spaceless; 3]);
        assert_eq!([class_of('ꀀ'), class_of('ꦏ'), class_of('ᬅ')], [Class::Syllable; 3]);
        assert_eq!([class_of('한'), class_of('ا'), class_of('अ'), class_of('አ')], [Class::Letter; 4]);
    }

    #[test]
    fn characters_beyond_the_basic_plane_are_letters_too() {
        assert_eq!(normalise("𠮷野家"), "𠮷野家");
        assert_eq!(class_of('𠮷'), Class::Han);
        assert_eq!(normalise("😀好😀"), "好");
    }

    #[test]
    fn the_variant_table_is_what_opencc_says() {
        let before: Vec<OpenCC> = [BuiltinConfig::Tw2t, BuiltinConfig::Hk2t, BuiltinConfig::Jp2t]
            .into_iter()
            .map(|config| OpenCC::from_config(config).expect("built in"))
            .collect();
        let t2s = OpenCC::from_config(BuiltinConfig::T2s).expect("built in");
        let convert = |with: &OpenCC, c: char| only(with.convert(&c.to_string()).chars()).unwrap_or(c);
        let simplify = |c: char| {
            let direct = convert(&t2s, c);
            let mut now = if direct != c {
                direct
            } else {
                before.iter().map(|with| convert(&t2s, convert(with, c))).find(|&to| to != c).unwrap_or(c)
            };
            for _ in 0..5 {
                now = convert(&t2s, now);
            }
            now
        };
        let mut classes = std::collections::BTreeMap::<char, String>::new();
        for code in [0x2E80..=0x2FDF, 0x3400..=0x4DBF, 0x4E00..=0x9FFF, 0xF900..=0xFAFF, 0x20000..=0x323AF_u32]
            .into_iter()
            .flatten()
        {
            if let Some(c) = char::from_u32(code) {
                let simplified = simplify(c);
                if simplified != c {
                    classes.entry(simplified).or_default().push(c);
                }
            }
        }
        let compiled: String = classes.iter().map(|(to, from)| format!("{to}{from}\n")).collect();
        assert!(compiled == VARIANTS, "src/normalise/variants.txt differs from what the crate's dictionaries give");
    }

    /// Letters of many scripts, each with up to four marks that most of them may bear.
    fn marked() -> impl Strategy<Value = String> {
        const LETTERS: &str = "aeiéêíАгиѓйїαάΐΙأيئهשכगकড়ড়য়डड़ড\u{1100}가각ก ";
        const MARKS: &str = "\u{300}\u{301}\u{302}\u{304}\u{307}\u{308}\u{323}\u{331}\u{342}\u{345}\u{64E}\u{651}\u{654}\u{5B7}\u{5C1}\u{93C}\u{9BC}\u{940}\u{E31}\u{E48}\u{F73}\u{1161}\u{11A8}";
        let letter = prop::sample::select(LETTERS.chars().collect::<Vec<_>>());
        let mark = prop::sample::select(MARKS.chars().collect::<Vec<_>>());
        let cluster = (letter, prop::collection::vec(mark, 0..4))
            .prop_map(|(letter, marks)| std::iter::once(letter).chain(marks).collect::<String>());
        prop::collection::vec(cluster, 0..4).prop_map(|clusters| clusters.concat())
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(text in "[\\PC\n。，；’.\u{301}\u{200B}]{0,60}") {
            let once = normalise(&text);
            prop_assert_eq!(normalise(&once), once);
        }

        #[test]
        fn equivalent_texts_are_the_same_and_stay_so(text in marked()) {
            let once = normalise(&text);
            prop_assert_eq!(normalise(&once), once.clone());
            prop_assert_eq!(normalise(&text.nfc().collect::<String>()), once.clone());
            prop_assert_eq!(normalise(&text.nfd().collect::<String>()), once);
        }

        #[test]
        fn a_word_is_folded_as_its_letters_are(text in "[A-Za-z0-9.'，\u{301}\u{AD}A单é ]{0,40}") {
            // With a mark that vanishes between all characters each is folded alone.
            let apart: String = text.chars().flat_map(|c| [c, '\u{AD}']).collect();
            prop_assert_eq!(normalise(&apart), normalise(&text));
        }

        #[test]
        fn offsets_point_at_character_borders_in_order(text in "[\\PC\n。，.’\u{301}單开]{0,60}") {
            let (comparable, offsets) = normalise_with_offsets(&text);
            prop_assert_eq!(normalise(&text), comparable.clone());
            prop_assert_eq!(offsets.len(), comparable.len() + 1);
            prop_assert!(offsets.is_sorted());
            prop_assert!(offsets.iter().all(|&at| text.is_char_boundary(at)));
        }
    }
}
