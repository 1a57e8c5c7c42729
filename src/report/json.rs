//! Findings as the versioned JSON that the other commands read.

use std::io::{self, Write};

use super::line::is_active;
use crate::explain::Explanation;
use crate::findings::Findings;

/// Writes all findings, whatever a text report would leave out.
///
/// # Errors
/// When `out` cannot be written.
pub fn json(findings: &Findings, out: &mut dyn Write) -> io::Result<()> {
    InertJson(out).write_all(findings.to_json().as_bytes())
}

/// Writes an explanation with both texts.
///
/// # Errors
/// When `out` cannot be written.
pub fn explanation_json(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(InertJson(&mut *out), explanation)?;
    out.write_all(b"\n")
}

/// Takes JSON and writes the same, with characters that a terminal obeys or does not show as escapes of their strings.
pub struct InertJson<'w>(pub &'w mut dyn Write);

impl Write for InertJson<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // JSON is written character by character, or more of them at once; other bytes are none of ours.
        let Ok(text) = str::from_utf8(bytes) else { return self.0.write(bytes) };
        let mut from = 0;
        // Breaks of lines stand between strings, where nothing else is active; within them they are escaped already.
        for (at, active) in text.char_indices().filter(|&(_, c)| (!c.is_ascii() || c == '\u{7f}') && is_active(c)) {
            self.0.write_all(&bytes[from..at])?;
            for unit in active.encode_utf16(&mut [0; 2]) {
                write!(self.0, "\\u{unit:04x}")?;
            }
            from = at + active.len_utf8();
        }
        self.0.write_all(&bytes[from..])?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_an_escape_and_reads_the_same() {
        let value =
            serde_json::json!({"键\u{9b}31m": ["稿\u{202e}txt", "人民\n\u{7f}日报", "a\u{e0041}\u{200b}"], "空": null});
        let mut out = Vec::new();
        serde_json::to_writer_pretty(InertJson(&mut out), &value).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(!text.chars().any(|c| c != '\n' && is_active(c)), "{text}");
        assert!(text.contains("键\\u009b31m") && text.contains("\\udb40\\udc41"), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
