//! What was judged boilerplate, block by block: on how many pages each stands, and how much of the corpus it is.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::block::{Block, Blocks};
use crate::boilerplate::Boilerplate;
use crate::dictionary::{Basis, Known, Level};
use crate::document::DocId;
use crate::passage::{Place, Text};

/// Texts whose blocks are looked up at the same time.
const AT_ONCE: usize = 1 << 12;

/// The texts of a corpus and the documents that hold them.
#[derive(Clone, Copy, Debug)]
pub struct Holders<'a> {
    pub texts: &'a [Text<'a>],
    /// For each text its documents, rising; one at least.
    pub documents: &'a [Vec<DocId>],
    /// For each text a number that it shares with reposts of the same article.
    pub groups: &'a [u32],
}

/// A block that is boilerplate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    pub hash: u64,
    pub level: Level,
    pub basis: Basis,
    /// Documents it stands on.
    pub pages: u64,
    /// Different articles among them.
    pub groups: u64,
    /// Characters of its text in the example.
    pub weight: u32,
    /// The first document it stands on, and the number of the line or sentence there.
    pub example: (DocId, u32),
}

impl Counted {
    /// Returns where the example stands.
    pub fn address(&self) -> (DocId, Level, u32) {
        (self.example.0, self.level, self.example.1)
    }

    /// Returns what the block costs: the characters of it in the corpus.
    pub fn cost(&self) -> u64 {
        self.pages * u64::from(self.weight)
    }
}

/// Shares of the tokens of all documents.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shares {
    pub boilerplate: f64,
    /// Quoted from another page, and not boilerplate as well.
    pub quoted: f64,
}

/// Returns all blocks that are boilerplate: the costliest first, ties by their examples.
///
/// A sentence is listed where its line is not. Memory grows with the number of different blocks, not of pages.
pub fn blocks(holders: Holders, boilerplate: &Boilerplate, known: &Known) -> Vec<Counted> {
    let mut by_hash: FxHashMap<(u64, Level), Open> = FxHashMap::default();
    let mut in_groups: Vec<u32> = (0..holders.texts.len() as u32).collect();
    in_groups.par_sort_unstable_by_key(|&text| (holders.groups[text as usize], text));
    let blocks_of = |&text: &u32| framed(text, holders.texts[text as usize].blocks, boilerplate, known).collect();
    // The blocks of some texts are looked up by all threads, and then counted by one.
    let framed =
        in_groups.chunks(AT_ONCE).flat_map(|some| some.par_iter().map(blocks_of).collect::<Vec<Vec<Framed>>>());
    for (&text, framed) in in_groups.iter().zip(framed) {
        let (documents, group) = (&holders.documents[text as usize], holders.groups[text as usize]);
        for (at, level, basis, block) in framed {
            let example = (documents[0], at);
            let open = by_hash.entry((block.hash, level)).or_insert(Open {
                counted: Counted { hash: block.hash, level, basis, pages: 0, groups: 0, weight: block.weight, example },
                last: None,
            });
            let counted = &mut open.counted;
            if open.last.is_none_or(|last| last.0 != text) {
                counted.pages += documents.len() as u64;
                counted.groups += u64::from(open.last.is_none_or(|last| last.1 != group));
                open.last = Some((text, group));
            }
            if example < counted.example {
                (counted.example, counted.weight) = (example, block.weight);
            }
        }
    }
    let mut blocks: Vec<Counted> = by_hash.into_values().map(|open| open.counted).collect();
    // The hash tells blocks of one example that are both its line and its sentence.
    blocks.par_sort_unstable_by_key(|block| {
        (std::cmp::Reverse(block.cost()), block.example.0, block.level, block.example.1, block.hash)
    });
    blocks
}

/// A block that is being counted.
struct Open {
    counted: Counted,
    /// The last text that held it, and its group.
    last: Option<(u32, u32)>,
}

/// A block of a text that is boilerplate: the number of the line or sentence, and why.
type Framed<'a> = (u32, Level, Basis, &'a Block);

/// Returns the blocks of a text that are boilerplate: its lines, and the sentences of other lines.
fn framed<'a>(
    text: u32,
    blocks: &'a Blocks,
    boilerplate: &'a Boilerplate,
    known: &'a Known,
) -> impl Iterator<Item = Framed<'a>> + 'a {
    let basis = move |place: Place, block: &Block, level: Level| {
        let of_corpus = match level {
            Level::Line => &boilerplate.lines,
            Level::Sentence => &boilerplate.sentences,
        };
        if of_corpus.contains(&block.hash) {
            Some(Basis::Corpus)
        } else if known.holds(block.hash, level) {
            Some(Basis::Dictionary)
        } else if level == Level::Line && boilerplate.by_page.binary_search(&place).is_ok() {
            Some(Basis::Page)
        } else {
            None
        }
    };
    let lines = (0..)
        .zip(&blocks.lines)
        .filter_map(move |(at, line)| Some((at, Level::Line, basis((text, at), line, Level::Line)?, line)));
    let sentences = (0..).zip(&blocks.sentences).filter_map(move |(at, sentence)| {
        let basis_of_sentence = basis((text, at), sentence, Level::Sentence)?;
        let line = blocks.line_of(sentence.start);
        let is_listed = basis((text, line as u32), &blocks.lines[line], Level::Line).is_some();
        (!is_listed).then_some((at, Level::Sentence, basis_of_sentence, sentence))
    });
    lines.chain(sentences)
}

/// Returns how much of the corpus is boilerplate, and how much is quoted.
pub fn shares(holders: Holders, boilerplate: &Boilerplate) -> Shares {
    let (mut all, mut hidden, mut quoted) = (0, 0, 0);
    for (text, mask) in boilerplate.masks.iter().enumerate() {
        let copies = holders.documents[text].len() as u64;
        let (of_frame, of_quotations) = mask.hidden_tokens();
        all += copies * u64::from(holders.texts[text].blocks.tokens);
        hidden += copies * u64::from(of_frame);
        quoted += copies * u64::from(of_quotations);
    }
    let share = |part: u64| if all == 0 { 0.0 } else { part as f64 / all as f64 };
    Shares { boilerplate: share(hidden), quoted: share(quoted) }
}
