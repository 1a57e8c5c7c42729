//! The texts of blocks. They are not kept in memory: the documents they stand in are read again.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use rayon::prelude::*;

use super::page::Page;
use super::{PHASES, Phase, Progress, Unit};
use crate::block::Block;
use crate::dictionary::{LONGEST, Level};
use crate::document::{DocId, Document, Origin};
use crate::hash;
use crate::input::{Corpus, Sources};
use crate::normalise;
use crate::segment;

/// A line or sentence of a document, by its number among those that hold a token.
pub type Address = (DocId, Level, u32);

/// Texts that were read again.
#[derive(Default)]
pub(super) struct Found {
    texts: HashMap<Address, String>,
    /// Addresses at which there was not what had been there before.
    missing: usize,
}

impl Found {
    /// Returns the text at an address, empty where it could not be read as it was.
    pub(super) fn of(&self, address: Address) -> String {
        self.texts.get(&address).cloned().unwrap_or_default()
    }

    /// Returns what the user should know, if anything is missing.
    pub(super) fn note(&self) -> Option<String> {
        let (missing, are) = (self.missing, if self.missing == 1 { "text is" } else { "texts are" });
        (missing > 0).then(|| {
            format!(
                "{missing} {are} left out of what boilerplate says: the files have changed or gone since they were compared"
            )
        })
    }
}

/// Returns the texts at some addresses.
pub(super) fn read(
    addresses: impl IntoIterator<Item = Address>,
    pages: &[Page],
    sources: &Sources,
    progress: &dyn Progress,
) -> Found {
    let mut wanted: BTreeMap<DocId, Vec<(Level, u32)>> = BTreeMap::new();
    for (id, level, at) in addresses {
        wanted.entry(id).or_default().push((level, at));
    }
    for of_page in wanted.values_mut() {
        of_page.sort_unstable();
        of_page.dedup();
    }
    let mut by_origin: HashMap<&Origin, Vec<DocId>> = HashMap::new();
    for &id in wanted.keys() {
        by_origin.entry(&pages[id.index()].origin).or_default().push(id);
    }
    let corpus = sources.only(by_origin.keys().copied());
    let found = |document: &Document| -> Vec<(Address, String)> {
        let hash = hash::bytes(document.text.as_bytes());
        let Some(ids) = by_origin.get(&document.origin) else { return Vec::new() };
        let same = ids.iter().filter(|id| pages[id.index()].text == hash);
        let texts = Texts::new(&document.text);
        let of_page = |id: DocId| {
            let (texts, blocks) = (&texts, &pages[id.index()].blocks);
            wanted[&id].iter().filter_map(move |&(level, at)| {
                let text = match level {
                    Level::Line => texts.of(&texts.lines, &blocks.lines, at),
                    Level::Sentence => texts.of(&texts.sentences, &blocks.sentences, at),
                };
                Some(((id, level, at), shortened(text?)))
            })
        };
        same.flat_map(|&id| of_page(id)).collect()
    };
    let texts: HashMap<Address, String> = again(corpus, progress, |document| found(&document));
    let asked: usize = wanted.values().map(Vec::len).sum();
    Found { missing: asked - texts.len(), texts }
}

/// Returns what is made of the documents of a corpus that was read before.
pub(super) fn again<T: Send, All: FromParallelIterator<T>>(
    corpus: Corpus,
    progress: &dyn Progress,
    make: impl Fn(Document) -> Vec<T> + Sync,
) -> All {
    let total = corpus.bytes();
    progress.phase(Phase { number: PHASES, of: PHASES, name: "reading again", unit: Unit::Bytes, total });
    let batches = corpus.batches().par_bridge();
    let made = batches.flat_map_iter(|batch| {
        let bytes = batch.bytes();
        let mut made = Vec::new();
        batch.read(&mut |item| made.extend(item.ok().into_iter().flat_map(&make)));
        progress.advance(bytes);
        made
    });
    made.collect()
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into(),
    }
}

/// Where the lines and sentences of a text stand that hold a token.
struct Texts<'t> {
    text: &'t str,
    lines: Vec<Span>,
    sentences: Vec<Span>,
}

/// Bytes of a text, and how many characters of comparable text they hold.
struct Span {
    bytes: Range<usize>,
    weight: u32,
}

impl<'t> Texts<'t> {
    fn new(text: &'t str) -> Self {
        let mut texts = Self { text, lines: Vec::new(), sentences: Vec::new() };
        let mut at = 0;
        for line in text.split('\n') {
            texts.add(line, at);
            at += line.len() + 1;
        }
        texts
    }

    /// Adds a line that begins at byte `start`.
    fn add(&mut self, line: &str, start: usize) {
        let mut at = start;
        let mut weight = 0;
        let mut open = Span { bytes: start..start, weight: 0 };
        for piece in segment::pieces(line) {
            let (comparable, offsets) = normalise::normalise_with_offsets(piece);
            for (byte, c) in comparable.char_indices() {
                let byte = at + offsets[byte];
                match c {
                    normalise::STOP => {
                        let after = self.end_of_mark(byte);
                        open.bytes.end = after;
                        self.end_sentence(std::mem::replace(&mut open, Span { bytes: after..after, weight: 0 }));
                    }
                    ' ' => {}
                    _ => {
                        if open.weight == 0 {
                            open.bytes.start = byte;
                        }
                        open.weight += 1;
                        weight += 1;
                    }
                }
            }
            at += piece.len();
        }
        open.bytes.end = at.max(open.bytes.start);
        self.end_sentence(open);
        if weight > 0 {
            self.lines.push(Span { bytes: start..start + line.len(), weight });
        }
    }

    fn end_sentence(&mut self, sentence: Span) {
        if sentence.weight > 0 {
            self.sentences.push(sentence);
        }
    }

    /// Returns where the mark that stands at `byte` ends, with what closes after it.
    fn end_of_mark(&self, byte: usize) -> usize {
        let mut rest = self.text[byte..].chars();
        let mark = rest.next().map_or(0, char::len_utf8);
        let closing = rest.take_while(|c| matches!(c, '”' | '’' | '」' | '』' | '）' | ')' | '】' | '》'));
        byte + mark + closing.map(char::len_utf8).sum::<usize>()
    }

    /// Returns the text of block number `at` of those that were read before, if it is the same.
    fn of(&self, spans: &[Span], blocks: &[Block], at: u32) -> Option<&'t str> {
        let (span, block) = (spans.get(at as usize)?, blocks.get(at as usize)?);
        (spans.len() == blocks.len() && span.weight == block.weight).then(|| self.text[span.bytes.clone()].trim())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::super::Silent;
    use super::super::page::{Analyser, Wanted};
    use super::*;
    use crate::block::Blocks;
    use crate::settings::{AnalysisSettings, InputSettings, TokenKind};

    fn blocks(text: &str) -> Blocks {
        let settings = AnalysisSettings { tokens: TokenKind::Char, ..AnalysisSettings::default() };
        let document = Document {
            key: String::new(),
            text: text.into(),
            lines: Vec::new(),
            site: "".into(),
            date: None,
            origin: Origin { file: "".into(), line: 0 },
        };
        Analyser::new(&settings, Wanted::Nothing, None).page(document).blocks
    }

    #[test]
    fn a_sentence_is_shown_with_the_marks_that_end_it() {
        let text = "来源：网络  \n\n——\n他说：“走吧！”老船工问：到哪里？？ 对岸。\nNo. 3";
        let (texts, blocks) = (Texts::new(text), blocks(text));
        let shown = |spans: &[Span], blocks: &[Block]| -> Vec<String> {
            (0..blocks.len() as u32).map(|at| texts.of(spans, blocks, at).unwrap().to_owned()).collect()
        };
        assert_eq!(
            shown(&texts.lines, &blocks.lines),
            ["来源：网络", "他说：“走吧！”老船工问：到哪里？？ 对岸。", "No. 3"]
        );
        assert_eq!(
            shown(&texts.sentences, &blocks.sentences),
            ["来源：网络", "他说：“走吧！”", "老船工问：到哪里？", "对岸。", "No. 3"]
        );
    }

    #[test]
    fn a_text_that_has_changed_since_it_was_read_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["甲.txt", "乙.txt", "丙.txt"].map(|name| folder.path().join(name));
        for path in &paths {
            fs::write(path, "来源：网络\n渡口的老船工。").unwrap();
        }
        let (corpus, sources) = Corpus::open(&paths, &InputSettings::default()).unwrap().with_sources();
        let settings = AnalysisSettings { tokens: TokenKind::Char, ..AnalysisSettings::default() };
        let mut pages = Vec::new();
        for batch in corpus.batches() {
            batch.read(&mut |item| pages.push(Analyser::new(&settings, Wanted::Nothing, None).page(item.unwrap())));
        }
        fs::write(&paths[1], "来源：网络\n渡口的老船夫。").unwrap();
        fs::remove_file(&paths[2]).unwrap();
        let addresses = [0, 1, 2].map(|id| (DocId(id), Level::Line, 0));
        let found = read(addresses, &pages, &sources, &Silent);
        assert_eq!(addresses.map(|address| found.of(address)), ["来源：网络", "", ""]);
        let note =
            "2 texts are left out of what boilerplate says: the files have changed or gone since they were compared";
        assert_eq!(found.note().as_deref(), Some(note));
    }

    #[test]
    fn a_line_longer_than_the_buffers_is_one_block() {
        let text = format!("{}。{}", "渡口的老船工 ".repeat(20_000), "对岸".repeat(50_000));
        let (texts, blocks) = (Texts::new(&text), blocks(&text));
        assert_eq!((texts.lines.len(), texts.sentences.len()), (1, 2));
        assert_eq!(texts.of(&texts.lines, &blocks.lines, 0), Some(&*text));
        assert!(texts.of(&texts.sentences, &blocks.sentences, 1).unwrap().starts_with("对岸"));
    }

    proptest! {
        #[test]
        fn every_block_of_any_text_has_its_text(text in "([渡口。！？ \n“”.!?'a-c1-3\u{301}\u{200b}Ａ…;，é]|\\PC|.){0,60}") {
            let (texts, blocks) = (Texts::new(&text), blocks(&text));
            prop_assert_eq!(texts.lines.len(), blocks.lines.len());
            prop_assert_eq!(texts.sentences.len(), blocks.sentences.len());
            for at in 0..blocks.lines.len() as u32 {
                prop_assert!(texts.of(&texts.lines, &blocks.lines, at).is_some());
            }
            for at in 0..blocks.sentences.len() as u32 {
                prop_assert!(texts.of(&texts.sentences, &blocks.sentences, at).is_some());
            }
        }
    }
}
