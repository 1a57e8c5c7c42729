//! Letters and their marks: which marks readers take as optional, and in which order they stand.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{compose, decompose_canonical};

/// Marks of one letter that are looked at; the rest vanish. Not tuned.
const MOST: usize = 16;

/// Adds the parts of a mark to those of a letter.
pub(super) fn add(mark: char, marks: &mut Vec<char>) {
    decompose_canonical(mark, |part| {
        if marks.len() < MOST {
            marks.push(part);
        }
    });
}

/// Returns whether a mark on a letter is one that the same text is written with and without.
///
/// So are the accents of Greek, which capitals do without; the stress of Cyrillic vowels, as in a dictionary; and the dot
/// that is left over when `İ` is made small. The vowels of Arabic and Hebrew vanish on any letter.
pub(super) fn is_optional(letter: char, mark: char) -> bool {
    match letter {
        'i' => mark == '\u{307}',
        '\u{400}'..='\u{52F}' => matches!(mark, '\u{300}' | '\u{301}'),
        _ => is_greek(letter),
    }
}

/// Returns a letter without the marks that are optional in its script, and for one that is typed in the place of another in
/// Arabic script, as keyboards have it, that other.
pub(super) fn bare(letter: char) -> char {
    if !matches!(letter, '\u{620}'..='\u{6FF}') && !is_greek(letter) {
        return letter;
    }
    match letter.nfd().next().unwrap_or(letter) {
        'ٱ' => 'ا',
        'ى' | 'ی' => 'ي',
        'ک' | 'ڪ' => 'ك',
        'ة' | 'ہ' | 'ۃ' | 'ە' => 'ه',
        bare => bare,
    }
}

fn is_greek(letter: char) -> bool {
    matches!(letter, '\u{370}'..='\u{3FF}' | '\u{1F00}'..='\u{1FFF}')
}

/// Adds the marks that a letter is composed with to `marks`, and returns the letter without them.
pub(super) fn taken_off(letter: char, marks: &mut Vec<char>) -> char {
    let mut bare = None;
    decompose_canonical(letter, |part| match bare {
        None => bare = Some(part),
        Some(_) => marks.push(part),
    });
    bare.unwrap_or(letter)
}

/// Returns a letter and the marks on it in canonical order and composed (NFC), but for those that are optional and compose with
/// nothing.
pub(super) fn in_order(letter: char, marks: &[char]) -> impl Iterator<Item = char> {
    let is_kept = move |&mark: &char| !is_optional(letter, mark) || compose(letter, mark).is_some();
    std::iter::once(letter).chain(marks.iter().copied().filter(is_kept)).nfc()
}
