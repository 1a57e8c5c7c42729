//! One document → what the stages after reading know of it: normalise, segment, shingle, in one go.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::packed::{Packed, Vocabularies, Vocabulary};
use super::{PHASES, Phase, Progress, Unit};
use crate::block::{BlockBuilder, Blocks};
use crate::document::{Document, Moment, Origin, Skipped};
use crate::hash::{self, TextHasher};
use crate::input::{Batch, Corpus};
use crate::normalise;
use crate::segment::{self, Segmenter, Token};
use crate::settings::AnalysisSettings;
use crate::shingle::{Shingler, Shingles};

/// Documents whose text is kept.
#[derive(Clone, Copy)]
pub(super) enum Wanted<'a> {
    Nothing,
    All,
    Keys([&'a str; 2]),
}

impl Wanted<'_> {
    /// Returns whether a document of this key is wanted, also where its key may yet get a number.
    fn holds(self, key: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::All => true,
            Self::Keys(keys) => keys
                .iter()
                .any(|wanted| wanted.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))),
        }
    }
}

/// What one document is to the stages after reading.
#[derive(Serialize, Deserialize)]
pub(super) struct Page {
    pub(super) key: String,
    pub(super) origin: Origin,
    pub(super) site: Box<str>,
    /// [`Document::host_number`] of the site.
    pub(super) host: u64,
    pub(super) date: Option<Moment>,
    /// Bytes of its text.
    pub(super) bytes: u64,
    /// The opening of its text, for the report.
    pub(super) snippet: Box<str>,
    /// Hash of its text as it was read, which tells copies apart that differ in what is not compared.
    pub(super) text: u64,
    /// Hash of its tokens: equal for equal comparable texts. `None` for a document without a token.
    pub(super) digest: Option<u128>,
    pub(super) shingles: Shingles,
    pub(super) blocks: Blocks,
    /// Its text, where it is wanted.
    #[serde(skip)]
    pub(super) full: Option<Box<str>>,
    /// Its tokens, where they are wanted.
    #[serde(skip)]
    pub(super) tokens: Option<Packed>,
}

#[derive(Default, Serialize, Deserialize)]
pub(super) struct Reading {
    pub(super) pages: Vec<Page>,
    pub(super) skipped: Vec<Skipped>,
    /// Names of files that were passed over, since the files are read under other ones.
    #[serde(skip)]
    pub(super) repeated: usize,
    /// Records of archives that hold no page.
    pub(super) passed_over: u64,
}

impl Reading {
    pub(super) fn append(&mut self, more: Self) {
        self.pages.extend(more.pages);
        self.skipped.extend(more.skipped);
        self.repeated += more.repeated;
        self.passed_over += more.passed_over;
    }
}

pub(super) fn read(
    corpus: Corpus,
    settings: &AnalysisSettings,
    wanted: Wanted,
    vocabularies: Option<&Vocabularies>,
    progress: &dyn Progress,
) -> Reading {
    progress.phase(Phase { number: 1, of: PHASES, name: "reading", unit: Unit::Bytes, total: corpus.bytes() });
    let repeated = corpus.repeated();
    let reading = corpus
        .batches()
        .par_bridge()
        .map_init(|| Analyser::new(settings, wanted, vocabularies), |analyser, batch| analyser.read(batch, progress))
        .reduce(Reading::default, |mut all, more| {
            all.append(more);
            all
        });
    Reading { repeated, ..reading }
}

/// Normalise … shingle for one thread, with the buffers that are used again for each document.
pub(super) struct Analyser<'a> {
    pub(super) wanted: Wanted<'a>,
    /// Where its tokens are numbered, and that is kept; nothing where they are not wanted.
    pub(super) vocabulary: Option<(Vocabulary, &'a Vocabularies)>,
    segmenter: Segmenter,
    shingler: Shingler,
    pub(super) blocks: BlockBuilder,
    pub(super) comparable: String,
    pub(super) tokens: Vec<Token>,
}

impl<'a> Analyser<'a> {
    pub(super) fn new(settings: &AnalysisSettings, wanted: Wanted<'a>, vocabularies: Option<&'a Vocabularies>) -> Self {
        Self {
            wanted,
            vocabulary: vocabularies.map(|all| (all.take(), all)),
            segmenter: Segmenter::new(settings.tokens),
            shingler: Shingler::new(settings.width),
            blocks: BlockBuilder::default(),
            comparable: String::new(),
            tokens: Vec::new(),
        }
    }

    pub(super) fn read(&mut self, batch: Batch, progress: &dyn Progress) -> Reading {
        let bytes = batch.bytes();
        let mut reading = Reading::default();
        let passed_over = batch.read(&mut |result| match result {
            Ok(document) => reading.pages.push(self.page(document)),
            Err(skipped) => reading.skipped.push(skipped),
        });
        progress.advance(bytes);
        Reading { passed_over, ..reading }
    }

    pub(super) fn page(&mut self, document: Document) -> Page {
        let mut digest = TextHasher::default();
        for (line, text) in document.text.split('\n').enumerate() {
            for piece in segment::pieces(text) {
                self.comparable.clear();
                normalise::normalise_into(piece, &mut self.comparable);
                for (number, sentence) in self.comparable.split(normalise::STOP).enumerate() {
                    if number > 0 {
                        self.blocks.end_sentence();
                    }
                    self.tokens.clear();
                    self.segmenter.tokens(sentence, &mut self.tokens);
                    if self.tokens.is_empty() {
                        continue;
                    }
                    digest.push_numbers(Token::as_numbers(&self.tokens));
                    self.shingler.push(&self.tokens);
                    if let Some((vocabulary, _)) = &mut self.vocabulary {
                        vocabulary.push(&self.tokens);
                    }
                    // Characters but spaces, counted by the bytes that begin one.
                    let weight = sentence.bytes().filter(|&byte| byte & 0xc0 != 0x80 && byte != b' ').count();
                    self.blocks.push(&self.tokens, weight as u32);
                }
            }
            self.blocks.end_line(text, document.lines.get(line));
        }
        let blocks = self.blocks.finish();
        Page {
            bytes: document.text.len() as u64,
            snippet: snippet(&document.text),
            text: hash::bytes(document.text.as_bytes()),
            digest: (blocks.tokens > 0).then(|| digest.finish()),
            shingles: self.shingler.finish(),
            blocks,
            full: self.wanted.holds(&document.key).then(|| document.text.into_boxed_str()),
            tokens: self.vocabulary.as_mut().map(|(vocabulary, _)| vocabulary.finish()),
            key: document.key,
            host: Document::host_number(&document.site),
            site: document.site,
            date: document.date,
            origin: document.origin,
        }
    }
}

impl Drop for Analyser<'_> {
    fn drop(&mut self) {
        if let Some((vocabulary, all)) = self.vocabulary.take() {
            all.give_back(vocabulary);
        }
    }
}

/// Characters of a snippet.
const SNIPPET: usize = 80;

fn snippet(text: &str) -> Box<str> {
    let mut snippet = String::new();
    let mut room = SNIPPET;
    for (number, word) in text.split_whitespace().enumerate() {
        if number > 0 && room > 0 {
            snippet.push(' ');
            room -= 1;
        }
        // A word may be as long as the text: no more of it is taken than is shown.
        let (end, cut) = match word.char_indices().nth(room) {
            Some((end, _)) => (end, true),
            None => (word.len(), false),
        };
        snippet.push_str(&word[..end]);
        if cut {
            snippet.push('…');
            break;
        }
        room -= word.chars().count();
    }
    snippet.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_has_the_sentences_that_its_parts_have() {
        let analysed = |text: &str| {
            let (key, site, origin) = (String::new(), "".into(), Origin { file: "".into(), line: 0 });
            let document = Document { key, text: text.into(), lines: Vec::new(), site, date: None, origin };
            Analyser::new(&AnalysisSettings::default(), Wanted::Nothing, None).page(document).blocks
        };
        let hashes = |blocks: &crate::block::Blocks| -> Vec<u64> {
            blocks.sentences.iter().map(|sentence| sentence.hash).collect()
        };
        for (end, comma) in [("。", "，"), (". ", ", "), ("！ ", " "), ("? ", "、")] {
            let sentences: Vec<String> = (0..12_000)
                .map(|n| format!("Boat {n} left{comma}渡口的老船工{comma}the {n} ropes remain{end}"))
                .collect();
            let whole = analysed(&sentences.concat());
            assert!(sentences.concat().len() > 5 << 16);
            let parts: Vec<u64> = sentences.iter().flat_map(|sentence| hashes(&analysed(sentence))).collect();
            assert_eq!(whole.lines.len(), 1);
            assert!(hashes(&whole) == parts, "{end:?}: {} of {}", whole.sentences.len(), parts.len());
        }
        // A table has no letters.
        let numbers: Vec<String> = (100_000..400_000).map(|number| number.to_string()).collect();
        assert_eq!(analysed(&numbers.join(" ")).tokens, 300_000);
    }
}
