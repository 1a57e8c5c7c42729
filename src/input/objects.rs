//! JSON objects that do not stand in a line each: in a list, or over several lines.
//!
//! They are made into lines, byte for byte, so that all that reads lines reads them: what separates two, or ends their
//! list, becomes a line end, a line end within one a space, and so does what begins a list. The number of a line is then
//! that of the object in its file, from 1.

use std::io::{self, Read};

/// Bytes that are read at once where objects are copied.
const STEP: usize = 1 << 20;

/// Whether what a file begins with is a list of objects, or one object over several lines, and names the field of texts or
/// that of pages.
///
/// # Errors
/// When it is a list that names neither.
pub(super) fn are_in(text: &str, fields: [&str; 2]) -> Result<bool, String> {
    let is_named = || fields.iter().filter(|field| !field.is_empty()).any(|field| names(text, field));
    let begins = |text: &str| text.strip_prefix('{').is_some_and(|first| first.trim_start().starts_with(['"', '}']));
    if text.strip_prefix('[').is_some_and(|items| begins(items.trim_start())) {
        return match is_named() {
            true => Ok(true),
            false => Err(format!("a JSON list without a field `{}`: name it with `--text-field`", fields[0])),
        };
    }
    // Other objects are the settings of some program, or data: a page, if anything.
    Ok(begins(text) && is_named())
}

/// Whether a field of this name is spelled out anywhere.
fn names(text: &str, field: &str) -> bool {
    let name = serde_json::Value::from(field).to_string();
    text.match_indices(&name).any(|(at, _)| text[at + name.len()..].trim_start().starts_with(':'))
}

/// Where in the objects of a file a reader stands.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// Lists and objects that are open.
    depth: usize,
    /// Whether the outermost of them is a list.
    is_list: bool,
    /// Whether an object outside of any list has ended, and no line since.
    is_over: bool,
    is_string: bool,
    is_escaped: bool,
}

impl Place {
    /// Makes the bytes that follow into lines.
    pub(super) fn make_lines(&mut self, bytes: &mut [u8]) {
        let mut at = 0;
        while at < bytes.len() {
            if self.is_string && !self.is_escaped {
                // Nothing else in a string is of interest.
                match memchr::memchr3(b'"', b'\\', b'\n', &bytes[at..]) {
                    Some(next) => at += next,
                    None => return,
                }
            }
            bytes[at] = self.made_of(bytes[at]);
            at += 1;
        }
    }

    fn made_of(&mut self, byte: u8) -> u8 {
        if self.is_string {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.is_string = false,
                _ => {}
            }
            // JSON has no line ends in strings; one that is there all the same must not cut the object in two.
            return if byte == b'\n' { b' ' } else { byte };
        }
        match byte {
            b'"' => self.is_string = true,
            b'[' if self.depth == 0 => {
                (self.depth, self.is_list) = (1, true);
                return b' ';
            }
            b'[' | b'{' => self.depth += 1,
            b']' | b'}' => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 && std::mem::take(&mut self.is_list) {
                    return b'\n';
                }
                self.is_over = self.depth == 0;
            }
            b',' if self.depth == 1 && self.is_list => return b'\n',
            b'\n' if self.depth == 0 && std::mem::take(&mut self.is_over) => {}
            b'\n' => return b' ',
            _ => {}
        }
        byte
    }
}

/// A reader of objects that gives them as lines. It fails at the end where a list or an object does not end.
pub(super) struct Lines<R> {
    bytes: R,
    place: Place,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(bytes: R) -> Self {
        Self { bytes, place: Place::default() }
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(out)?;
        self.place.make_lines(&mut out[..read]);
        if read == 0 && !out.is_empty() && std::mem::take(&mut self.place.depth) > 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the JSON list or object does not end"));
        }
        Ok(read)
    }
}

/// What stands between two line ends that a file of objects is made into: an object and what is around it, or nothing.
pub(super) struct Part {
    pub(super) bytes: Vec<u8>,
    /// How many of the bytes there are to the one that opens a list, and with it; 0 where none is opened.
    pub(super) opened: usize,
    /// What ends it: a comma, the end of the list, or that of the line; nothing at the end of the file.
    pub(super) end: Option<u8>,
}

/// The bytes of a file of objects, in parts of the numbers that its lines have; joined they are the file.
pub(super) struct Parts {
    bytes: Box<dyn Read + Send>,
    place: Place,
    /// What was read and not given yet, as it is and made into lines.
    read: Vec<u8>,
    lines: Vec<u8>,
    /// Where in it the next part begins.
    at: usize,
    is_over: bool,
    broken: Option<io::Error>,
}

impl Parts {
    pub(super) fn of(bytes: Box<dyn Read + Send>) -> Self {
        let (place, read, lines) = Default::default();
        Self { bytes, place, read, lines, at: 0, is_over: false, broken: None }
    }

    /// Reads on, as much again as there is for a long object, or its cost would be the square of its length.
    fn fill(&mut self) {
        self.read.drain(..self.at);
        self.lines.drain(..self.at);
        self.at = 0;
        let (from, wanted) = (self.read.len(), self.read.len().max(STEP));
        self.broken = self.bytes.by_ref().take(wanted as u64).read_to_end(&mut self.read).err();
        self.is_over = self.read.len() - from < wanted;
        self.lines.extend_from_slice(&self.read[from..]);
        self.place.make_lines(&mut self.lines[from..]);
    }

    fn part(&self, end: usize) -> Part {
        let (bytes, line) = (&self.read[self.at..end], &self.lines[self.at..end]);
        let mark = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        let blank = line.len() - line[mark..].trim_ascii_start().len();
        // A bracket among what is blank was made so.
        let opened = memchr::memchr(b'[', &bytes[..blank]).map_or(0, |at| at + 1);
        Part { bytes: bytes.to_vec(), opened, end: self.read.get(end).copied() }
    }
}

impl Iterator for Parts {
    type Item = io::Result<Part>;

    fn next(&mut self) -> Option<io::Result<Part>> {
        let mut looked_at = self.at;
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.lines[looked_at..]) {
                let end = looked_at + end;
                let part = self.part(end);
                self.at = end + 1;
                return Some(Ok(part));
            }
            if self.is_over {
                if self.at == self.lines.len() {
                    return self.broken.take().map(Err);
                }
                let part = self.part(self.lines.len());
                self.at = self.lines.len();
                return Some(Ok(part));
            }
            looked_at = self.lines.len() - self.at;
            self.fill();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> String {
        let mut lines = String::new();
        Lines::new(text.as_bytes()).read_to_string(&mut lines).unwrap();
        assert_eq!(lines.len(), text.len());
        lines
    }

    /// What is not blank of each line.
    fn each(text: &str) -> Vec<String> {
        lines(text).split('\n').map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    }

    #[test]
    fn each_object_is_a_line() {
        let (a, b) = (r#"{"a": "[渡],\"{", "b": [1, {"c": 2}]}"#, r#"{"a\\": "口\\"}"#);
        for text in [
            format!("[{a},{b}]"),
            format!("[\n  {a},\n  {b}\n]\n"),
            format!("{a}\n{b}\n"),
            format!("\n[{a}]\n[{b}]"),
            format!("\n{a}\n\n\n{b}"),
        ] {
            assert_eq!(each(&text), [a, b], "{text}");
            let numbers: Vec<usize> = lines(&text)
                .split('\n')
                .enumerate()
                .filter(|(_, line)| !line.trim().is_empty())
                .map(|(number, _)| number)
                .collect();
            assert_eq!(numbers, [0, 1], "{text}");
        }
        assert_eq!(each("[\n]\n"), [""; 0]);
        assert_eq!(each("{\n \"a\":\n 1}"), ["{  \"a\":  1}"]);
        assert_eq!(each("[{\"a\": \"渡\n口\"}]"), ["{\"a\": \"渡 口\"}"]);
        assert_eq!(each("[{}, 1, [2, 3], \"x\", ] x"), ["{}", "1", "[2, 3]", "\"x\"", "x"]);
    }

    #[test]
    fn where_the_bytes_are_cut_makes_no_difference() {
        let text = "[{\"a\\\"\": \"\\\\\"},\n{\"b\": [\"\\\"]\", {}]}]\n{\"c\":\n1}\n";
        let whole = lines(text);
        for cut in 0..=text.len() {
            let (mut place, mut bytes) = (Place::default(), text.as_bytes().to_vec());
            let (before, after) = bytes.split_at_mut(cut);
            place.make_lines(before);
            place.make_lines(after);
            assert_eq!(bytes, whole.as_bytes(), "{cut}");
        }
    }

    #[test]
    fn the_parts_joined_are_the_file() {
        let long = format!("[{{\"a\": \"{}\"}}, {{}}]", "渡".repeat(STEP));
        for text in ["\u{feff}[\n {\"a\": [1]},\n {}\n]\n[{}]", "{\n}\n{\n}\n\n", "[]", "", "[{}, ", &long] {
            let parts: Vec<Part> =
                Parts::of(Box::new(io::Cursor::new(text.as_bytes().to_vec()))).map(Result::unwrap).collect();
            let joined: Vec<u8> = parts.iter().flat_map(|part| part.bytes.iter().copied().chain(part.end)).collect();
            assert_eq!(joined, text.as_bytes());
            let opened = parts.iter().filter(|part| part.opened > 0);
            assert!(opened.clone().all(|part| part.bytes[part.opened - 1] == b'['));
            assert_eq!(
                opened.count(),
                text.matches("[{").count() + text.matches("[\n").count() + text.matches("[]").count()
            );
        }
    }

    #[test]
    fn what_does_not_end_fails_once_all_is_read() {
        for text in ["[{\"a\": 1}", "[{\"a\": 1}, {\"b", "{\"a\": 1"] {
            let mut lines = Vec::new();
            assert!(Lines::new(text.as_bytes()).read_to_end(&mut lines).is_err());
            assert_eq!(lines.len(), text.len());
        }
        assert_eq!(lines("]}]"), "]}]");
    }

    #[test]
    fn objects_are_told_by_how_they_begin() {
        let fields = ["text", ""];
        let objects =
            ["[{\"text\": 1}", "[\n {\n \"a\": 1, \"text\": 2", "{\n \"a\": 1,\n \"text\" : \"渡\"", "{\"text\":1"];
        for text in objects {
            assert_eq!(are_in(text, fields), Ok(true), "{text}");
        }
        for text in ["[{\"a\": \"text\"}", "[{}]"] {
            assert!(are_in(text, fields).is_err_and(|reason| reason.contains("`text`")), "{text}");
        }
        for text in
            ["[{渡口}]", "[1, 2]", "【{渡口}】", "{\n \"a\": \"text\"", "{渡 \"text\": 1}", "{\n \"a\": [\"text\", 1]}"]
        {
            assert_eq!(are_in(text, fields), Ok(false), "{text}");
        }
    }
}
