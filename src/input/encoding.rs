//! Bytes into text, whatever their encoding and whatever they say it is.

use std::io::{self, Cursor, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    BIG5, CoderResult, EUC_JP, EUC_KR, Encoding, GB18030, GBK, ISO_2022_JP, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE,
    X_USER_DEFINED,
};

use super::{Fails, LONGEST, split};

/// As much of a file as is looked at to tell its encoding.
const SAMPLE: usize = 64 << 10;

/// Returns the text of a file, or why it has none.
///
/// The bytes are believed before the label: what is valid UTF-8 is UTF-8, and a label counts only among the encodings
/// that fit. The byte order mark and NULs are dropped, line ends become `\n`, a character that the end of the file cuts
/// off is dropped; where single characters are damaged, U+FFFD stands for each. `label` is an encoding's name as the
/// markup gives it. Valid UTF-8 is not copied.
pub(super) fn decode(mut bytes: Vec<u8>, label: Option<&str>) -> Result<String, String> {
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        bytes.drain(..3);
    }
    let text = match String::from_utf8(bytes) {
        Ok(text) => match in_spite_of_utf8(text.as_bytes(), label) {
            None => text,
            Some(encoding) => decode_as(encoding, text.as_bytes()),
        },
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let is_cut_off = error.utf8_error().error_len().is_none();
            let mut bytes = error.into_bytes();
            if is_cut_off && has_long_sequence(&bytes[..valid]) {
                bytes.truncate(valid);
            }
            match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(error) => decode_as(guess(error.as_bytes(), label), error.as_bytes()),
            }
        }
    };
    check(&text)?;
    Ok(tidy(text))
}

/// Returns the bytes as UTF-8, and whether they were in another encoding: then they are decoded as a whole.
pub(super) fn as_utf8(bytes: Box<dyn Read + Send>) -> io::Result<(Box<dyn Read + Send>, bool)> {
    let (mut head, rest) = split(bytes, SAMPLE);
    // What is read of it may end within a character.
    if std::str::from_utf8(&head).map_or_else(|error| error.error_len().is_none(), |_| true) {
        return Ok((Box::new(Cursor::new(head).chain(rest)), false));
    }
    let broken = rest.take(LONGEST).read_to_end(&mut head).err();
    if head.len() as u64 > LONGEST {
        return Err(io::Error::other("longer than 4 GiB, and not UTF-8: convert it to UTF-8"));
    }
    let text = Cursor::new(decode(head, None).map_err(io::Error::other)?.into_bytes());
    Ok((if let Some(error) = broken { Box::new(text.chain(Fails(error))) } else { Box::new(text) }, true))
}

/// Returns the text with its line ends as `\n`, without NULs and byte order mark. Copies only where it must.
pub(super) fn tidy(mut text: String) -> String {
    if text.starts_with('\u{FEFF}') {
        text.drain(..'\u{FEFF}'.len_utf8());
    }
    if memchr::memchr2(b'\r', 0, text.as_bytes()).is_none() {
        return text;
    }
    let mut tidied = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = memchr::memchr2(b'\r', 0, rest.as_bytes()) {
        tidied.push_str(&rest[..at]);
        if rest.as_bytes()[at] == b'\r' && rest.as_bytes().get(at + 1) != Some(&b'\n') {
            tidied.push('\n');
        }
        rest = &rest[at + 1..];
    }
    tidied.push_str(rest);
    tidied
}

/// Returns a text that is no HTML with a line feed for whatever ends a line. Where records or rows are yet to be cut, such a
/// character may stand within one.
pub(super) fn with_line_feeds(text: String) -> String {
    if has_separators(&text) { text.replace(is_separator, "\n") } else { text }
}

/// Whether a character ends a line, or a page, without being a line feed or a carriage return.
pub(super) fn is_separator(c: char) -> bool {
    matches!(c, '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether a text has such characters, which few have.
pub(super) fn has_separators(text: &str) -> bool {
    let holds = |bytes: &[u8]| memchr::memmem::find(text.as_bytes(), bytes).is_some();
    memchr::memchr2(0xb, 0xc, text.as_bytes()).is_some()
        || ["\u{85}", "\u{2028}", "\u{2029}"].into_iter().any(|separator| holds(separator.as_bytes()))
}

/// Returns the text without the spaces that stand between its Han characters, where most of these are set apart so: as the
/// text layer of a PDF file has them, and pages that are to be read but not copied. Lines stay lines.
pub(super) fn closed_up(text: String) -> String {
    // A space after a character that is not ASCII, and before one that may be a Han character: few texts have many.
    let bytes = text.as_bytes();
    let is_between = |&at: &usize| {
        at.checked_sub(1).is_some_and(|before| bytes[before] >= 0x80)
            && bytes.get(at + 1).is_some_and(|&next| next >= 0xe3)
    };
    let spaces = memchr::memchr_iter(b' ', bytes).filter(is_between).take(LEAST_APART);
    if text.is_ascii() || spaces.count() < LEAST_APART || !text.split('\n').any(is_spaced) {
        return text;
    }
    let mut closed = String::with_capacity(text.len());
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            closed.push('\n');
        }
        if !is_spaced(line) {
            closed.push_str(line);
            continue;
        }
        let mut chars = line.chars().peekable();
        let mut last = None;
        while let Some(c) = chars.next() {
            let is_between =
                c == ' ' && last.is_some_and(is_set_close) && chars.peek().copied().is_some_and(is_set_close);
            if !is_between {
                closed.push(c);
            }
            last = Some(c);
        }
    }
    closed
}

/// Spaces between two Han characters that a line has at least for it to be set apart.
const LEAST_APART: usize = 8;

/// Returns whether most Han characters of a line, and some at least, have one space between them.
fn is_spaced(line: &str) -> bool {
    let (mut apart, mut together) = (0, 0);
    let (mut before, mut last) = ('\n', '\n');
    for c in line.chars() {
        if is_han(c) {
            apart += usize::from(last == ' ' && is_han(before));
            together += usize::from(is_han(last));
        }
        (before, last) = (last, c);
    }
    apart >= LEAST_APART && apart > together
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Returns whether a character is one that is set without spaces: a Han character, or a mark as wide as one.
fn is_set_close(c: char) -> bool {
    is_han(c)
        || matches!(c, '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}' | '“' | '”' | '‘' | '’' | '…' | '—')
}

/// What is said of a table that is packed as a whole, or has the ending of another format.
pub(super) const PACKED_TABLE: &str =
    "a Parquet file that is packed, or of another name: unpack it, and name it `.parquet`";

/// Returns whether the first bytes of a file are plainly not text, and what they are.
pub(super) fn binary(head: &[u8]) -> Option<&'static str> {
    const SIGNATURES: [(&[u8], &str); 15] = [
        (b"%PDF-", "a PDF file, not text: extract its text first"),
        (b"PK\x03\x04", "a ZIP archive (or an office document), not text: unpack it first"),
        (b"\xD0\xCF\x11\xE0", "an office document, not text: extract its text first"),
        (b"\x89PNG", "an image, not text"),
        (b"\xFF\xD8\xFF", "an image, not text"),
        (b"GIF89a", "an image, not text"),
        (b"\x7FELF", "a program, not text"),
        (b"BZh91AY", "packed with bzip2: unpack it, or pack it with gzip or zstd"),
        (b"\xFD7zXZ\0", "packed with xz: unpack it, or pack it with gzip or zstd"),
        (b"7z\xBC\xAF\x27\x1C", "a 7z archive, not text: unpack it first"),
        (b"Rar!\x1A\x07", "a RAR archive, not text: unpack it first"),
        (b"SQLite format 3\0", "a database, not text"),
        (b"PAR1", PACKED_TABLE),
        (b"ARROW1", "an Arrow file, not text: write its rows as records, one JSON object a line"),
        (b"Obj\x01", "an Avro file, not text: write its rows as records, one JSON object a line"),
    ];
    // Behind the first entry of a tar archive, which begins with a name.
    if head.get(257..262) == Some(b"ustar") {
        return Some("a tar archive, not text: unpack it first");
    }
    SIGNATURES.iter().find(|(signature, _)| head.starts_with(signature)).map(|(_, what)| *what)
}

/// Returns the encoding named in the first bytes of a page: in `<meta charset>`, in a `<meta>` that stands for a
/// header, or in an XML declaration.
pub(super) fn label(html: &[u8]) -> Option<String> {
    let head = &html[..html.len().min(4096)];
    let mut from = 0;
    while let Some(at) = memchr::memchr(b'<', &head[from..]) {
        let tag = &head[from + at..];
        from += at + 1;
        let is_meta = tag.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"<meta"));
        if !is_meta && !tag.starts_with(b"<?xml") {
            continue;
        }
        let tag = &tag[..memchr::memchr(b'>', tag).unwrap_or(tag.len())];
        let tag = String::from_utf8_lossy(tag).to_ascii_lowercase();
        let name = if is_meta { "charset" } else { "encoding" };
        let Some((_, value)) = tag.split_once(name) else { continue };
        let Some(value) = value.trim_start().strip_prefix('=') else { continue };
        let value = value.trim_start_matches([' ', '\t', '\n', '\r', '"', '\'']);
        let end =
            value.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';' | '/' | '?')).unwrap_or(value.len());
        if end > 0 {
            return Some(value[..end].to_owned());
        }
    }
    None
}

/// Returns what valid UTF-8 is in all the same: UTF-16 of ASCII, ISO-2022-JP, or a few double-byte characters whose
/// bytes happen to be valid.
fn in_spite_of_utf8(bytes: &[u8], label: Option<&str>) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    if let Some(utf16) = utf16_by_nulls(sample) {
        return Some(utf16);
    }
    if is_iso_2022_jp(sample) {
        return Some(ISO_2022_JP);
    }
    // Two-byte UTF-8 is Latin to Arabic; GBK's commonest characters are two bytes of the same ranges.
    let label = label.and_then(encoding_for).filter(|label| *label != UTF_8 && !label.is_single_byte())?;
    // Accents stand alone between letters; ideographs stand together.
    let runs = sample.chunk_by(|a, b| a.is_ascii() == b.is_ascii()).filter(|run| !run[0].is_ascii());
    let (alone, together): (Vec<_>, Vec<_>) = runs.partition(|run| run.len() == 2);
    let is_other = together.len() > alone.len() && !has_long_sequence(bytes);
    (is_other && Fit::of(label, sample).share() > 0.9).then_some(label)
}

/// Whether valid UTF-8 holds a character of three or four bytes, which no short accident produces.
fn has_long_sequence(valid: &[u8]) -> bool {
    valid.iter().any(|&byte| byte >= 0xE0)
}

fn is_iso_2022_jp(sample: &[u8]) -> bool {
    [b"\x1B$B", b"\x1B$@"].iter().any(|escape| memchr::memmem::find(sample, *escape).is_some())
}

/// Decodes, with U+FFFD for what is malformed.
fn decode_as(encoding: &'static Encoding, bytes: &[u8]) -> String {
    let mut decoder = encoding.new_decoder_with_bom_removal();
    // Double-byte text grows by half; what grows more is rare enough to be moved.
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 2 + 16);
    let mut rest = bytes;
    loop {
        // Never the last piece: so that a character which the end of the file cuts off is dropped.
        let (result, taken, _) = decoder.decode_to_string(rest, &mut text, false);
        rest = &rest[taken..];
        match result {
            CoderResult::InputEmpty => return text,
            CoderResult::OutputFull => text.reserve(rest.len().max(64) * 2),
        }
    }
}

/// Returns the encoding that fits the bytes best, which are not UTF-8. The label and chardetng's guess break near ties.
fn guess(bytes: &[u8], label: Option<&str>) -> &'static Encoding {
    match bytes {
        [0xFF, 0xFE, ..] => return UTF_16LE,
        [0xFE, 0xFF, ..] => return UTF_16BE,
        _ => {}
    }
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    if let Some(utf16) = utf16_by_nulls(sample) {
        return utf16;
    }
    // A page may begin with more styles and scripts than are looked at.
    let from = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or(0) & !1;
    let sample = &bytes[from..bytes.len().min(from + SAMPLE)];
    if is_nearly_utf8(sample) {
        return UTF_8;
    }
    if let Some(utf16) = utf16_by_sense(sample) {
        return utf16;
    }
    let label = label.and_then(encoding_for);
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, false);
    let guess = canonical(detector.guess(None, Utf8Detection::Deny));
    let beyond_ascii = sample.iter().filter(|byte| !byte.is_ascii()).count();
    // Two ideographs of GBK are two syllables of EUC-KR: from so little the detector guesses at random.
    let guess = Some(guess).filter(|guess| beyond_ascii >= 16 || guess.is_single_byte());
    let said = |encoding| 0.1 * f64::from(u8::from(label == Some(encoding)) + u8::from(guess == Some(encoding)));
    let mut best = (GB18030, f64::MIN);
    for encoding in label.into_iter().chain([GB18030, BIG5, EUC_KR, SHIFT_JIS, EUC_JP]).chain(guess) {
        let fit = Fit::of(encoding, sample).share() + said(encoding);
        if fit > best.1 {
            best = (encoding, fit);
        }
    }
    // Western text is malformed in any double-byte encoding before long, so a label of one that decodes is believed,
    // even for a text of rare characters, unless the text is long and plain in another.
    if let Some(label) = label.filter(|label| !label.is_single_byte()) {
        let (said, found) = (Fit::of(label, sample), Fit::of(best.0, sample).share());
        let is_lie = beyond_ascii >= 32 && found > 0.85 && found > said.share() + 0.25 && !best.0.is_single_byte();
        if said.bad == 0 && !is_lie {
            return label;
        }
    }
    best.0
}

/// Returns the encoding a label stands for, as far as a label can be believed.
fn encoding_for(label: &str) -> Option<&'static Encoding> {
    let encoding = canonical(Encoding::for_label_no_replacement(label.trim().as_bytes())?);
    // A page that can be searched for its label is not in UTF-16 or a private encoding.
    (encoding != UTF_16LE && encoding != UTF_16BE && encoding != X_USER_DEFINED).then_some(encoding)
}

/// GB2312 and GBK are the first parts of GB18030, and pages under their names use all of it.
fn canonical(encoding: &'static Encoding) -> &'static Encoding {
    if encoding == GBK { GB18030 } else { encoding }
}

/// Returns the byte order of a text in UTF-16 without a mark that is mostly Latin: NULs at every other place.
fn utf16_by_nulls(sample: &[u8]) -> Option<&'static Encoding> {
    memchr::memchr(0, sample)?;
    let pairs = sample.len() / 2;
    let nulls = |at: usize| sample.chunks_exact(2).filter(|unit| unit[at] == 0).count();
    let (even, odd) = (nulls(0), nulls(1));
    let encoding = if odd > even { UTF_16LE } else { UTF_16BE };
    (even.max(odd) * 2 > pairs && even.min(odd) * 20 <= pairs && likely_utf16(encoding, sample) > 0.85)
        .then_some(encoding)
}

/// Returns the byte order of a text in UTF-16 without a mark that is mostly Chinese or Japanese: it makes sense.
///
/// Its NULs are those of spaces, digits and line ends; a text without one is not recognised. "一" is `00 4E`, so the
/// places of the NULs say nothing here. ASCII would make sense too (two letters are one ideograph), so there must be
/// bytes that are none; GBK reads as Hangul, which therefore counts for nothing.
fn utf16_by_sense(sample: &[u8]) -> Option<&'static Encoding> {
    memchr::memchr(0, sample)?;
    let beyond_ascii = sample.iter().filter(|byte| !byte.is_ascii()).count();
    let encoding = [UTF_16LE, UTF_16BE].into_iter().find(|encoding| likely_utf16(encoding, sample) > 0.95)?;
    (beyond_ascii * 5 > sample.len()).then_some(encoding)
}

/// Returns the share of characters, once decoded, that stand in blocks of Unicode which fill texts.
fn likely_utf16(encoding: &'static Encoding, sample: &[u8]) -> f64 {
    let (text, _) = encoding.decode_without_bom_handling(&sample[..sample.len() & !1]);
    let is_likely = |c: &char| {
        matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{A0}'..='\u{17F}' | '\u{370}'..='\u{6FF}'
            | '\u{2010}'..='\u{2027}' | '\u{3000}'..='\u{30FF}' | '\u{4E00}'..='\u{9FFF}' | '\u{FF00}'..='\u{FFEF}')
    };
    text.chars().filter(is_likely).count() as f64 / text.chars().count().max(1) as f64
}

/// Whether the bytes are UTF-8 but for a few places.
fn is_nearly_utf8(sample: &[u8]) -> bool {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in sample.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    bad * 10 <= good
}

/// How many of the sample's characters are common in the language an encoding was made for.
///
/// The encodings of East Asia share their byte ranges, so that most texts can be decoded as any; but their frequent
/// characters stand in different rows, and a misreading comes out in rare ones.
struct Fit {
    common: usize,
    bad: usize,
    all: usize,
}

impl Fit {
    /// Returns 1 for a text of common characters only; below 0 where malformed ones abound.
    fn share(&self) -> f64 {
        (self.common as f64 - 8.0 * self.bad as f64) / self.all.max(1) as f64
    }

    fn of(encoding: &'static Encoding, sample: &[u8]) -> Self {
        let mut fit = Self { common: 0, bad: 0, all: 0 };
        let mut rest = sample;
        while let [lead, tail @ ..] = rest {
            let trail = tail.first().copied().unwrap_or(0);
            // Bytes of the character, none where it is malformed; and whether it is common.
            let (length, is_common) = match (*lead, trail) {
                (0..=0x7F, _) => {
                    rest = tail;
                    continue;
                }
                _ if encoding == UTF_8 => match rest[..rest.len().min(4)].utf8_chunks().next() {
                    Some(chunk) if !chunk.valid().is_empty() => {
                        (chunk.valid().chars().next().map_or(1, char::len_utf8), true)
                    }
                    _ => (0, false),
                },
                (0x81..=0xFE, 0x30..=0x39) if encoding == GB18030 => (4, true),
                (0xA1..=0xA3 | 0xB0..=0xD7, 0xA1..=0xFE) if encoding == GB18030 => (2, true),
                (0x81..=0xFE, 0x40..=0x7E | 0x80..=0xFE) if encoding == GB18030 => (2, false),
                (0xA1..=0xC6, 0x40..=0x7E | 0xA1..=0xFE) if encoding == BIG5 => (2, true),
                (0x87..=0xFE, 0x40..=0x7E | 0xA1..=0xFE) if encoding == BIG5 => (2, false),
                (0xA1..=0xA3 | 0xB0..=0xC8, 0xA1..=0xFE) if encoding == EUC_KR => (2, true),
                (0x81..=0xFD, 0x41..=0xFE) if encoding == EUC_KR => (2, false),
                (0x81..=0x83 | 0x88..=0x97, 0x40..=0x7E | 0x80..=0xFC) if encoding == SHIFT_JIS => (2, true),
                (0xA1..=0xDF, _) if encoding == SHIFT_JIS => (1, false),
                (0x84..=0x9F | 0xE0..=0xFC, 0x40..=0x7E | 0x80..=0xFC) if encoding == SHIFT_JIS => (2, false),
                (0xA1 | 0xA3 | 0xA4 | 0xA5 | 0xB0..=0xCF, 0xA1..=0xFE) if encoding == EUC_JP => (2, true),
                (0x8E | 0xA1..=0xFE, 0xA1..=0xFE) if encoding == EUC_JP => (2, false),
                (0x8F, 0xA1..=0xFE) if encoding == EUC_JP => (3, false),
                // One byte is one character, any is legal, and which are common differs from language to language.
                _ if encoding.is_single_byte() => {
                    fit.common += usize::from(fit.all % 5 < 3);
                    (1, false)
                }
                _ => (0, false),
            };
            if length > rest.len() || (length == 0 && tail.is_empty()) {
                break;
            }
            fit.all += 1;
            fit.common += usize::from(is_common);
            fit.bad += usize::from(length == 0);
            rest = &rest[length.max(1)..];
        }
        fit
    }
}

/// Says why a decoded file is not text, if it is not.
///
/// A few NULs or damaged characters are found in real pages; in binary files every tenth byte is of that kind.
fn check(text: &str) -> Result<(), String> {
    let (mut controls, mut damaged, mut all) = (0_usize, 0_usize, 0_usize);
    for c in text.chars() {
        all += 1;
        match c {
            '\t' | '\n' | '\r' | '\u{8}' | '\u{1A}' | '\u{1B}' => {}
            _ if is_separator(c) => {}
            '\u{FFFD}' => damaged += 1,
            '\0'..='\u{1F}' | '\u{7F}'..='\u{9F}' | '\u{FFFE}' | '\u{FFFF}' => controls += 1,
            _ => {}
        }
    }
    if controls * 20 > all {
        return Err(format!("not text: {controls} of its {all} characters are control characters"));
    }
    if damaged * 20 > all {
        return Err(format!("{damaged} of its {all} characters cannot be decoded: convert it to UTF-8"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARTICLE: &str = "渡口的老船工每天清晨都要把绳索检查一遍。他说，河水记得每一个粗心的人；“慢一点，总归到得了对岸。”\n\
                           后来修了桥，船就停在芦苇里，孩子们夏天跳上去钓鱼，谁也没有想过要把它拖走。\n";
    const TRADITIONAL: &str =
        "渡口的老船工每天清晨都要把繩索檢查一遍。他說，河水記得每一個粗心的人；「慢一點，總歸到得了對岸。」\n";

    fn in_encoding(text: &str, encoding: &'static Encoding) -> Vec<u8> {
        let (bytes, _, failed) = encoding.encode(text);
        assert!(!failed, "{text}");
        bytes.into_owned()
    }

    fn utf16(text: &str, little: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
    }

    #[test]
    fn characters_that_are_set_apart_are_closed_up_and_words_between_spaces_are_not() {
        let apart = "渡 口 的 老 船 工 ， 每 天 清 晨 都 要 把 绳 索 检 查 一 遍 。";
        assert_eq!(closed_up(apart.into()), "渡口的老船工，每天清晨都要把绳索检查一遍。");
        let mixed = format!("{apart}\n  {apart}\n渡口 4 0 年");
        let closed = "渡口的老船工，每天清晨都要把绳索检查一遍。";
        assert_eq!(closed_up(mixed), format!("{closed}\n  {closed}\n渡口 4 0 年"));
        // However much of the text is not set apart.
        let page = format!("{apart}\n{}", "山上的梨树开花以后，养蜂人把箱子搬到了南坡。\n".repeat(40));
        assert_eq!(closed_up(page.clone()), page.replace(apart, closed));
        assert_eq!(closed_up("用 C P U 跑 分 的 人 都 在 等 新 的 机 器".into()), "用 C P U 跑分的人都在等新的机器");
        for kept in [
            "渡口的 老船工 每天 清晨都要 把绳索 检查 一遍",
            "张三 李四 王五 赵六 孙七 周八 吴九 郑十 刘一 陈二",
            "a b c d e f g h i j k l m n",
            "一 二 三",
            "",
        ] {
            assert_eq!(closed_up(kept.into()), kept);
        }
    }

    #[test]
    fn the_same_article_in_each_encoding_is_the_same_text() {
        for encoding in [GBK, GB18030, UTF_8] {
            assert_eq!(decode(in_encoding(ARTICLE, encoding), None).as_deref(), Ok(ARTICLE), "{}", encoding.name());
        }
        assert_eq!(decode(in_encoding(TRADITIONAL, BIG5), None).as_deref(), Ok(TRADITIONAL));
        assert_eq!(decode(in_encoding(TRADITIONAL, GBK), Some("gbk")).as_deref(), Ok(TRADITIONAL));
        let japanese = "渡し場の船頭は毎朝かならず縄を調べた。川は不注意な人を忘れないのだという。";
        for encoding in [SHIFT_JIS, EUC_JP, ISO_2022_JP] {
            assert_eq!(decode(in_encoding(japanese, encoding), None).as_deref(), Ok(japanese), "{}", encoding.name());
        }
        let korean = "나루터의 늙은 사공은 아침마다 밧줄을 살폈다. 강은 조심성 없는 사람을 기억한다고 했다.";
        assert_eq!(decode(in_encoding(korean, EUC_KR), None).as_deref(), Ok(korean));
        let french = "Le vieux passeur vérifiait ses cordes chaque matin ; la rivière, disait-il, n’oublie personne.";
        assert_eq!(decode(in_encoding(french, encoding_rs::WINDOWS_1252), None).as_deref(), Ok(french));
        let russian = "Старый паромщик каждое утро проверял канаты: река, говорил он, помнит всех неосторожных.";
        assert_eq!(decode(in_encoding(russian, encoding_rs::WINDOWS_1251), None).as_deref(), Ok(russian));
    }

    #[test]
    fn a_label_that_lies_is_overruled_by_the_bytes() {
        for label in
            ["gb2312", "gbk", "utf-8", "big5", "iso-8859-1", "windows-1252", "euc-kr", "shift_jis", "x-nonsense"]
        {
            let text = decode(in_encoding(ARTICLE, GB18030), Some(label));
            assert_eq!(text.as_deref(), Ok(ARTICLE), "GB18030 under {label}");
            let text = decode(ARTICLE.as_bytes().to_vec(), Some(label));
            assert_eq!(text.as_deref(), Ok(ARTICLE), "UTF-8 under {label}");
            let text = decode(in_encoding(TRADITIONAL, BIG5), Some(label));
            assert_eq!(text.as_deref(), Ok(TRADITIONAL), "Big5 under {label}");
        }
    }

    #[test]
    fn a_page_labelled_gb2312_may_use_all_of_gb18030() {
        let text = "渡口的朱镕基题字、㐂字匾和𠀀字碑，€100 一张门票。";
        assert_eq!(decode(in_encoding(text, GB18030), Some("gb2312")).as_deref(), Ok(text));
    }

    #[test]
    fn a_short_text_is_read_as_its_label_says() {
        assert_eq!(decode(in_encoding("渡口", GBK), None).as_deref(), Ok("渡口"));
        assert_eq!(decode(in_encoding("渡口", BIG5), Some("big5")).as_deref(), Ok("渡口"));
        // D1A7 C9BD is valid UTF-8 too.
        let school = in_encoding("学山", GBK);
        assert!(std::str::from_utf8(&school).is_ok());
        assert_eq!(decode(school, Some("gb2312")).as_deref(), Ok("学山"));
        assert_eq!(decode("naïve café".as_bytes().to_vec(), Some("gb2312")).as_deref(), Ok("naïve café"));
    }

    #[test]
    fn a_character_cut_off_by_the_end_of_the_file_is_dropped() {
        let mut characters: Vec<char> = ARTICLE.trim_end().chars().collect();
        characters.pop();
        let kept: String = characters.into_iter().collect();
        for encoding in [UTF_8, GBK] {
            let mut bytes = in_encoding(ARTICLE.trim_end(), encoding);
            bytes.pop();
            assert_eq!(decode(bytes, None), Ok(kept.clone()), "{}", encoding.name());
        }
        let mut bytes = utf16(ARTICLE.trim_end(), true);
        bytes.pop();
        assert_eq!(decode([b"\xFF\xFE".to_vec(), bytes].concat(), None), Ok(kept));
    }

    #[test]
    fn a_damaged_character_costs_itself_only() {
        for encoding in [UTF_8, GBK] {
            let mut bytes = in_encoding(ARTICLE, encoding);
            let middle = bytes.iter().position(|&byte| byte == b'\n').unwrap();
            bytes.insert(middle, 0xFF);
            let text = decode(bytes, None).unwrap();
            assert_eq!(text, ARTICLE.replacen('\n', "\u{FFFD}\n", 1), "{}", encoding.name());
        }
    }

    #[test]
    fn a_page_that_begins_with_many_styles_is_recognised_by_what_follows() {
        let page = format!("{}{ARTICLE}", "p { color: red }\n".repeat(10_000));
        assert_eq!(decode(in_encoding(&page, GBK), None), Ok(page));
    }

    #[test]
    fn a_byte_order_mark_is_not_text() {
        assert_eq!(decode([b"\xEF\xBB\xBF", ARTICLE.as_bytes()].concat(), None).as_deref(), Ok(ARTICLE));
        assert_eq!(decode([b"\xFF\xFE".to_vec(), utf16(ARTICLE, true)].concat(), None).as_deref(), Ok(ARTICLE));
        assert_eq!(decode([b"\xFE\xFF".to_vec(), utf16(ARTICLE, false)].concat(), None).as_deref(), Ok(ARTICLE));
        assert_eq!(decode(b"\xEF\xBB\xBF".to_vec(), None).as_deref(), Ok(""));
        assert_eq!(decode(b"\xFF\xFE".to_vec(), None).as_deref(), Ok(""));
    }

    #[test]
    fn utf16_without_a_mark_is_recognised_by_its_nulls() {
        for little in [true, false] {
            assert_eq!(decode(utf16(ARTICLE, little), None).as_deref(), Ok(ARTICLE));
            let english = "The ferryman checked his ropes.\n";
            assert_eq!(decode(utf16(english, little), None).as_deref(), Ok(english));
        }
    }

    #[test]
    fn a_text_with_a_few_nulls_is_text() {
        let text = ARTICLE.replacen('。', "。\0", 1).replacen('；', "；\0\0", 1);
        assert_eq!(decode(text.clone().into_bytes(), None).as_deref(), Ok(ARTICLE));
        assert_eq!(decode(in_encoding(&text, GBK), None).as_deref(), Ok(ARTICLE));
        assert_eq!(
            decode(b"a ferryman\0 and his ropes\0, each morning".to_vec(), None).as_deref(),
            Ok("a ferryman and his ropes, each morning")
        );
    }

    #[test]
    fn a_binary_file_is_not_text() {
        let mut state = 1_u64;
        let noise = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as u8
        });
        let noise: Vec<u8> = noise.take(100_000).collect();
        assert!(decode(noise.clone(), None).is_err());
        assert!(decode(noise, Some("gb2312")).is_err());
        assert!(decode(vec![0; 1000], None).is_err());
        assert!(decode((0..=255).collect(), None).is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_decoded_or_refused(
            bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300),
            label in proptest::sample::select(&["utf-8", "gbk", "big5", "shift_jis", "utf-16", "x-user-defined", "iso-2022-jp", ""][..])
        ) {
            if let Ok(text) = decode(bytes, Some(label)) {
                assert!(!text.contains(['\r', '\0']));
            }
        }

        #[test]
        fn every_chinese_text_in_utf8_or_labelled_gb18030_is_itself(text in "[一-龥，。]{1,40}") {
            assert_eq!(decode(text.clone().into_bytes(), Some("gbk")), Ok(text.clone()));
            let bytes = in_encoding(&text, GB18030);
            // Of a few rare characters whose bytes are UTF-8 as well, or would be if they went on, nobody can tell.
            let is_told = |error: std::str::Utf8Error| error.error_len().is_some();
            proptest::prop_assume!(std::str::from_utf8(&bytes).is_err_and(is_told));
            assert_eq!(decode(bytes, Some("gb18030")), Ok(text));
        }
    }

    #[test]
    fn an_empty_file_is_an_empty_text() {
        assert_eq!(decode(Vec::new(), Some("gbk")).as_deref(), Ok(""));
    }

    #[test]
    fn line_ends_become_newlines() {
        assert_eq!(decode("一\r\n二\r三\n\r\n".into(), None).as_deref(), Ok("一\n二\n三\n\n"));
    }

    #[test]
    fn the_label_is_found_wherever_markup_puts_it() {
        let labels: [(&str, Option<&str>); 7] = [
            ("<html><head><meta charset=gb2312>", Some("gb2312")),
            ("<META CHARSET='GBK' />", Some("gbk")),
            ("<meta http-equiv=\"Content-Type\" content=\"text/html; charset=Big5\">", Some("big5")),
            ("<?xml version='1.0' encoding='gb18030'?><html>", Some("gb18030")),
            ("<meta name=x content=y><meta charset = \"utf-8\">", Some("utf-8")),
            ("<p>charset=gbk</p>", None),
            ("<meta charset=>", None),
        ];
        for (html, expected) in labels {
            assert_eq!(label(html.as_bytes()).as_deref(), expected, "{html}");
        }
    }
}
