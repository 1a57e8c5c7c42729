//! Values set apart by commas, semicolons or tabs (CSV, TSV), as the `csv` crate reads them.

use std::io::{self, Cursor, Read};

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::{Broken, Row};
use crate::input::format::HEAD;
use crate::input::records::{Field, Record};
use crate::input::{LONGEST, split};
use crate::settings::InputSettings;

/// Opens a table; `separator` as the file's name tells it, if it does.
///
/// # Errors
/// When it has no column for texts, or cannot be read at all.
pub(super) fn rows(
    bytes: Box<dyn Read + Send>,
    separator: Option<u8>,
    settings: &InputSettings,
) -> Result<impl Iterator<Item = Row> + Send + use<>, String> {
    let mut rows = open(bytes, separator, false);
    let mut names = ByteRecord::new();
    rows.read_byte_record(&mut names).map_err(|error| error.to_string())?;
    if is_end(&names) {
        names.clear();
    }
    let InputSettings { text_field, id_field, html_field, url_field, date_field, .. } = settings;
    let place = |name: &String| names.iter().position(|column| column.trim_ascii() == name.as_bytes());
    let places = [text_field, html_field, id_field, url_field, date_field];
    let places = places.map(|name| if name.is_empty() { None } else { place(name) });
    if places[..2].iter().all(Option::is_none) {
        return Err(missing(text_field, &names));
    }
    Ok(Rows { rows, places, width: names.len(), row: ByteRecord::new(), next: 1, is_over: false })
}

/// Says which column is missing, which there are, and how to name the right one.
fn missing(name: &str, names: &ByteRecord) -> String {
    let columns = names.iter().take(5).map(|column| {
        let column = String::from_utf8_lossy(column.trim_ascii());
        let head: String = column.chars().take(40).collect();
        if head.len() < column.len() { format!("`{head}…`") } else { format!("`{head}`") }
    });
    let columns: Vec<String> = columns.collect();
    format!("no column `{name}` (its first row is {}): name it with `--text-field`", columns.join(", "))
}

/// Returns a reader of rows, the names of the columns among them.
fn open(bytes: Box<dyn Read + Send>, separator: Option<u8>, is_kept: bool) -> Reader<Watched> {
    let (head, rest) = split(bytes, HEAD);
    let separator = separator.unwrap_or_else(|| most_frequent(&head));
    let bytes = Box::new(Cursor::new(head).chain(rest));
    let watched = Watched { bytes, left: LONGEST, end: if is_kept { b"" } else { END }, kept: is_kept.then(Vec::new) };
    ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(watched)
}

/// Returns which separator the first row has most of, of those outside of quotes.
fn most_frequent(head: &[u8]) -> u8 {
    let mut is_quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for &byte in head {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' | b'\r' if !is_quoted => break,
            _ if is_quoted => {}
            _ => counts.iter_mut().filter(|(separator, _)| *separator == byte).for_each(|(_, count)| *count += 1),
        }
    }
    // Of several that are as frequent the first.
    counts.into_iter().rev().max_by_key(|&(_, count)| count).map_or(b',', |(separator, _)| separator)
}

/// A row behind the last one. A quote that is never closed takes it in with all the others.
const END: &[u8] = b"\n\0\0end of the table\0\0\n";

fn is_end(row: &ByteRecord) -> bool {
    row.len() == 1 && &row[0] == END.trim_ascii()
}

/// The plain bytes of a table.
struct Watched {
    bytes: Box<dyn Read + Send>,
    /// Bytes that the row may still have.
    left: u64,
    /// What is still given behind the last row: nothing where rows are only copied.
    end: &'static [u8],
    /// What was read since it was last taken, where it is kept.
    kept: Option<Vec<u8>>,
}

impl Read for Watched {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other("the row is longer than 4 GiB"));
        }
        let read = match self.bytes.read(out)? {
            0 => self.end.read(out)?,
            read => read,
        };
        self.left = self.left.saturating_sub(read as u64);
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(&out[..read]);
        }
        Ok(read)
    }
}

/// An open table as an iterator of rows.
struct Rows {
    rows: Reader<Watched>,
    /// Of text, HTML, id, address, date.
    places: [Option<usize>; 5],
    /// Columns that the first row names.
    width: usize,
    row: ByteRecord,
    next: u64,
    is_over: bool,
}

impl Iterator for Rows {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        if self.is_over {
            return None;
        }
        self.rows.get_mut().left = LONGEST;
        let read = self.rows.read_byte_record(&mut self.row);
        self.is_over = !matches!(read, Ok(true));
        let row = match read {
            Ok(false) => return None,
            Ok(true) if is_end(&self.row) => {
                self.is_over = true;
                return None;
            }
            Ok(true) => self.record(),
            Err(error) => Err(Broken::Rest(format!("cannot be read: {error}; the rows before this one were read"))),
        };
        self.next += 1;
        Some((self.next - 1, row))
    }
}

impl Rows {
    /// Returns the fields of the row that was read last.
    fn record(&self) -> Result<Record, Broken> {
        if self.row.iter().next_back().is_some_and(|value| value.ends_with(END)) {
            return Err(Broken::Rest("a quote in it is never closed, so that it takes in all that follows".into()));
        }
        if self.row.len() != self.width {
            return Err(Broken::Row(format!(
                "{} values where the first row names {}: a value with a separator, a quote or a line end stands in \
                 quotes, and a quote in it twice",
                self.row.len(),
                self.width
            )));
        }
        let field = |place: Option<usize>| match place.and_then(|place| self.row.get(place)) {
            None => Field::Missing,
            Some(value) => match simdutf8::basic::from_utf8(value) {
                Ok(value) => Field::Text(value.to_owned()),
                Err(_) => Field::Other("no UTF-8, as what comes before it"),
            },
        };
        let [text, html, id, url, date] = self.places.map(field);
        Ok(Record { text, id, html, url, date })
    }
}

/// A table's bytes row by row, the names of the columns first; joined they are the table.
pub(in crate::input) struct Bytes {
    rows: Reader<Watched>,
    row: ByteRecord,
    /// Where the bytes that were not given yet begin.
    at: u64,
    is_over: bool,
    /// The row after the one that is given next.
    ahead: Option<io::Result<Vec<u8>>>,
}

impl Bytes {
    pub(in crate::input) fn of(bytes: Box<dyn Read + Send>, separator: Option<u8>) -> Self {
        Self { rows: open(bytes, separator, true), row: ByteRecord::new(), at: 0, is_over: false, ahead: None }
    }

    /// Returns the bytes of the next row; the second half of a line end may stand before those of the next.
    fn row(&mut self) -> Option<io::Result<Vec<u8>>> {
        if self.is_over {
            return None;
        }
        self.rows.get_mut().left = LONGEST;
        let read = self.rows.read_byte_record(&mut self.row);
        self.is_over = !matches!(read, Ok(true));
        let end = self.rows.position().byte();
        let kept = self.rows.get_mut().kept.get_or_insert_default();
        let bytes = match read {
            Err(error) => return Some(Err(io::Error::other(error.to_string()))),
            // The line end of the last row, if anything.
            Ok(false) if kept.is_empty() => return None,
            Ok(false) => std::mem::take(kept),
            // What was parsed was read before, and is kept since.
            Ok(true) => kept.drain(..(end - self.at) as usize).collect(),
        };
        self.at = end;
        Some(Ok(bytes))
    }
}

impl Iterator for Bytes {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<io::Result<Vec<u8>>> {
        let mut row = self.ahead.take().or_else(|| self.row())?;
        self.ahead = self.row();
        if let (Ok(row), Some(Ok(next))) = (&mut row, &mut self.ahead)
            && row.ends_with(b"\r")
            && next.starts_with(b"\n")
        {
            row.push(next.remove(0));
            if next.is_empty() {
                self.ahead = None;
            }
        }
        Some(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(table: &str, separator: Option<u8>) -> Vec<(u64, String)> {
        let settings = InputSettings::default();
        let rows = match rows(Box::new(Cursor::new(table.as_bytes().to_vec())), separator, &settings) {
            Ok(rows) => rows,
            Err(reason) => return vec![(0, reason)],
        };
        let text = |row| match row {
            Ok(Record { text: Field::Text(text), id: Field::Text(id), .. }) => format!("{id}={text}"),
            Ok(Record { text: Field::Text(text), .. }) => text,
            Ok(other) => format!("{other:?}"),
            Err(Broken::Row(reason)) => format!("row: {reason}"),
            Err(Broken::Rest(reason)) => format!("rest: {reason}"),
        };
        rows.map(|(number, row)| (number, text(row))).collect()
    }

    fn texts(table: &str) -> Vec<String> {
        read(table, None).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn values_may_hold_what_sets_them_apart() {
        let table = "id, text ,n\r\n1,\"渡口,\"\"船\"\"\n桨\",x\r\n\r\n2,橹,\n3,,y";
        assert_eq!(read(table, None), [(1, "1=渡口,\"船\"\n桨".into()), (2, "2=橹".into()), (3, "3=".into())]);
        assert_eq!(texts("\u{feff}text\n渡口\n"), ["渡口"]);
        assert_eq!(texts(""), ["no column `text` (its first row is ): name it with `--text-field`"]);
        assert_eq!(
            texts("编号,正文\n1,渡口\n"),
            ["no column `text` (its first row is `编号`, `正文`): name it with `--text-field`"]
        );
    }

    #[test]
    fn the_first_row_tells_the_separator() {
        assert_eq!(texts("id;text\n1;渡口,船,桨\n"), ["1=渡口,船,桨"]);
        assert_eq!(texts("id\ttext\n1\t渡口;船\n"), ["1=渡口;船"]);
        assert_eq!(texts("id,text,\"a;b;c;d\"\n1,渡口;船,\n"), ["1=渡口;船"]);
        assert_eq!(read("id,x\ttext\n1\t渡口\n", Some(b'\t')), [(1, "渡口".into())]);
    }

    #[test]
    fn a_bad_row_says_what_is_wrong_and_the_others_are_read() {
        let read = texts("id,text\n1,渡口\n2,船,桨\n3\n4,橹\n5,\"没有\n6,尾\n");
        assert_eq!(read[0], "1=渡口");
        assert!(read[1].starts_with("row: 3 values where the first row names 2: "), "{}", read[1]);
        assert!(read[2].starts_with("row: 1 values where"), "{}", read[2]);
        assert_eq!(read[3], "4=橹");
        assert!(read[4].starts_with("rest: a quote in it is never closed"), "{}", read[4]);
        assert_eq!(read.len(), 5);
        assert_eq!(texts("id,text\n1,五\"寸\n2,\"渡\n口\"\n3,船"), ["1=五\"寸", "2=渡\n口", "3=船"]);
        assert_eq!(texts("id,text\n1,五\"寸\n2,\"渡\n口\""), ["1=五\"寸", "2=渡\n口"]);
        let read = texts("id,text\n1,五\"寸\n2,\"渡\n3,口\n");
        assert!(read[1].starts_with("rest: a quote in it is never closed"), "{}", read[1]);
        assert_eq!(read.len(), 2);
        let table = [b"id,text\n1,".as_slice(), b"\xB6\xC9\n2,ok\n"].concat();
        let all = rows(Box::new(Cursor::new(table)), None, &InputSettings::default()).unwrap();
        let are_texts: Vec<bool> = all.map(|(_, row)| matches!(row.unwrap().text, Field::Text(_))).collect();
        assert_eq!(are_texts, [false, true]);
    }

    #[test]
    fn the_bytes_of_the_rows_joined_are_the_table() {
        let long = "渡".repeat(20_000);
        for table in [
            String::new(),
            "\u{feff}id,text\r\n1,\"渡\n口\"\r\n\r\n2,船\r\n".into(),
            "id,text\n\n1,渡口\n2,船".into(),
            "id,text\r1,渡口\r".into(),
            format!("id,text\n1,\"{long}\"\n2,{long}\n3,渡\n\n"),
        ] {
            let pieces = Bytes::of(Box::new(Cursor::new(table.clone().into_bytes())), None);
            assert_eq!(pieces.flat_map(Result::unwrap).collect::<Vec<u8>>(), table.into_bytes());
        }
    }
}
