//! Strings of a corpus on one line of a terminal: made harmless, measured in columns, cut to fit.
//!
//! Columns are those of a terminal: a Chinese character takes two.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Returns the text with every character that could act on the terminal spelled out, as in `\u{1b}`.
///
/// These are control characters, line and paragraph separators, and the invisible ones that reorder a line or make
/// two different keys look the same. Joiners stay: emoji and several scripts are written with them. So is the first
/// character of a text that would be a command to the runner of a job whose log it stands in (`::error::`, `##[error]`).
pub fn inert(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let first = text.len() - text.trim_start().len();
    let is_command = text[first..].starts_with("::") || text[first..].starts_with("##[");
    for (at, character) in text.char_indices() {
        if is_active(character) || is_command && at == first {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Returns running text on one line: every run of white space is one space, the rest is [`inert`].
pub fn flow(text: &str) -> String {
    inert(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Returns whether a character could act on a line instead of standing in it.
pub(super) fn is_active(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Returns the columns a text takes.
pub fn columns(text: &str) -> usize {
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// Returns the text, or as much of both its ends as `width` columns hold, with `…` between them.
///
/// The end gets the larger part: it is the file's name.
pub fn cut_middle(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.into();
    }
    let room = width.saturating_sub(1);
    let tail = last_columns(text, room - room * 2 / 5);
    let head = first_columns(text, room - columns(tail));
    format!("{head}…{tail}")
}

/// Returns the text, or as much of its beginning as `width` columns hold, with `…` after it.
pub fn cut_end(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.into();
    }
    format!("{}…", first_columns(text, width.saturating_sub(1)))
}

/// Returns a sentence in lines of so many columns, cut at spaces.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if columns(line) + 1 + columns(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(cut_end(word, width)),
        }
    }
    lines
}

/// Returns the text with spaces after it up to `width` columns.
pub fn pad(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(columns(text));
    format!("{text}{:missing$}", "")
}

fn first_columns(text: &str, width: usize) -> &str {
    let mut used = 0;
    for (start, grapheme) in text.grapheme_indices(true) {
        used += grapheme.width();
        if used > width {
            return &text[..start];
        }
    }
    text
}

fn last_columns(text: &str, width: usize) -> &str {
    let mut used = 0;
    for (start, grapheme) in text.grapheme_indices(true).rev() {
        used += grapheme.width();
        if used > width {
            return &text[start + grapheme.len()..];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_escape_code_is_spelled_out() {
        assert_eq!(inert("人民\u{1b}[31m日报"), "人民\\u{1b}[31m日报");
        assert_eq!(inert("a\rb\u{9b}c\u{7f}"), "a\\u{d}b\\u{9b}c\\u{7f}");
    }

    #[test]
    fn a_name_that_is_a_command_to_the_runner_of_a_job_is_spelled_out() {
        assert_eq!(inert("::error::稿.txt"), "\\u{3a}:error::稿.txt");
        assert_eq!(inert(" ##[error]稿"), " \\u{23}#[error]稿");
        assert_eq!(inert("稿::一"), "稿::一");
    }

    #[test]
    fn a_bidi_override_is_spelled_out() {
        assert_eq!(inert("稿\u{202e}txt.exe"), "稿\\u{202e}txt.exe");
        assert_eq!(inert("\u{2066}稿\u{2069}"), "\\u{2066}稿\\u{2069}");
    }

    #[test]
    fn an_invisible_character_in_a_key_is_seen() {
        assert_eq!(inert("报\u{200b}告\u{feff}"), "报\\u{200b}告\\u{feff}");
    }

    #[test]
    fn a_line_break_in_running_text_is_a_space() {
        assert_eq!(flow(" 第一段\r\n\u{3000}\u{3000}第二段\t完\n"), "第一段 第二段 完");
    }

    #[test]
    fn a_chinese_character_takes_two_columns() {
        assert_eq!(columns("同文 ab"), 7);
        assert_eq!(pad("同文", 6), "同文  ");
    }

    #[test]
    fn a_long_key_keeps_its_folder_and_its_name() {
        assert_eq!(cut_middle("网站/二〇〇八年/三月/文章.html", 20), "网站/二…月/文章.html");
        assert_eq!(cut_middle("短.html", 20), "短.html");
    }

    #[test]
    fn a_long_block_keeps_its_beginning() {
        assert_eq!(cut_end("版权声明：本文由用户上传", 11), "版权声明：…");
    }

    proptest! {
        #[test]
        fn what_is_cut_fits_and_is_one_harmless_line(text in "\\PC*|.*|[文a\u{301}👩‍🌾]*", width in 1_usize..30) {
            for shown in [cut_middle(&inert(&text), width), cut_end(&flow(&text), width)] {
                prop_assert!(columns(&shown) <= width, "{shown:?} takes {} columns", columns(&shown));
                prop_assert!(!shown.chars().any(is_active));
            }
        }
    }
}
