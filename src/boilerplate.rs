//! Which blocks of a corpus are boilerplate, from the corpus itself.
//!
//! How often a block occurs cannot tell a template from an article that was reposted fifty times. What can is **what
//! else its pages share**: pages of a template are otherwise unlike, reposts are not. Two kinds of blocks are found:
//!
//! - **Frame**: a line or sentence whose holders are, in nearly all pairs, otherwise unlike.
//! - **Quotation**: a line that in another, otherwise unlike page is the opening of something longer: an entry of a
//!   related-documents block, cut off at a fixed length. No repetition is needed to see it.
//!
//! The two need each other: pages whose related-documents blocks are still there look alike or unlike for the wrong
//! reason. So the judgement is made in passes, each from scratch with the blocks of the pass before masked; a wrong
//! judgement of an early pass is mended by a later one.
//!
//! Prior art: Fetterly, Manasse, Najork (SIGIR 2005) and Bar-Yossef, Rajagopalan (WWW 2002) count a block's pages,
//! passim's `pboiler` compares pages of one series. The test of what remains is this project's.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use rayon::prelude::*;

use crate::block::Block;
use crate::passage::{self, Holder, Passages, Place, Text};
use crate::seed::{self, Seed, bits};
use crate::shingle::Shingle;

/// Passes over all blocks. On labelled corpora the third and fourth still changed a few lines in a hundred, the fifth
/// none that mattered.
const PASSES: usize = 4;

/// Two pages are otherwise unlike if they share less than this of the smaller rest.
const UNLIKE: f64 = 0.3;

/// Share of pairs of holders that must be otherwise unlike. At .6 short articles with many copies were called frame.
const NEARLY_ALL: f64 = 0.8;

/// Holders of a block that are compared, each with two others.
const HOLDERS: usize = 16;

/// Seeds a rest must have to say anything, and no fewer than the block itself.
const LEAST_REST: u32 = 40;

/// Characters a line must have to be a quotation.
const LEAST_QUOTATION: u32 = 40;

/// Sources of a quotation that are compared.
const SOURCES: usize = 8;

/// Seeds of its own that a page keeps, beside half its longest quotation; a page with fewer is itself the copy.
const SOLID: u32 = 60;

/// Seeds from which on a page's rest is compared by its sample.
const SAMPLED: u32 = 400;

/// What was judged, for each text in the order given.
#[derive(Debug, Default)]
pub struct Boilerplate {
    /// What of each text is boilerplate.
    pub masks: Vec<Mask>,
    /// Hashes of the lines and sentences that are frame.
    pub lines: HashSet<u64>,
    /// Hashes of the sentences that are frame where their line is not.
    pub sentences: HashSet<u64>,
    /// Lines quoted from another text, in order.
    pub quotations: Vec<Quotation>,
    /// All lines that may be quoted, the longest first.
    pub openings: Vec<Opening>,
}

/// A line quoted from another text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quotation {
    /// The quoting text and its line.
    pub place: Place,
    /// The quoted text.
    pub source: u32,
    /// Its tokens.
    pub tokens: Range<u32>,
}

/// What of one text is boilerplate, a bit a token or seed.
#[derive(Clone, Debug, Default)]
pub struct Mask {
    /// Lanes of `lane` words each, in the order of the constants below.
    words: Box<[u64]>,
    lane: usize,
    tokens: u32,
    seeds: u32,
    /// Seeds that touch no masked token.
    content: u32,
    /// Lines that would be quotations, but are the body of their page.
    pub bodies: Vec<u32>,
}

const FRAME: usize = 0;
const SENTENCE: usize = 1;
const QUOTED: usize = 2;
const TOUCHED: usize = 3;
const LANES: usize = 4;

impl Mask {
    /// Returns a mask that hides nothing.
    pub fn new(text: &Text, width: usize) -> Self {
        let lane = bits::words(text.blocks.tokens);
        let seeds = seed::count(text.shingles);
        let mut mask = Self {
            words: vec![0; lane * LANES].into(),
            lane,
            tokens: text.blocks.tokens,
            seeds,
            content: 0,
            bodies: Vec::new(),
        };
        mask.refresh(seed::span(width));
        mask
    }

    fn lane(&self, lane: usize) -> &[u64] {
        &self.words[lane * self.lane..(lane + 1) * self.lane]
    }

    fn lane_mut(&mut self, lane: usize) -> &mut [u64] {
        &mut self.words[lane * self.lane..(lane + 1) * self.lane]
    }

    /// Brings the seeds up to date with the tokens.
    fn refresh(&mut self, span: u32) {
        for word in 0..self.lane {
            let hidden = |word: usize| (0..TOUCHED).fold(0, |all, lane| all | self.lane(lane)[word]);
            let here = hidden(word);
            let next = if word + 1 < self.lane { hidden(word + 1) } else { 0 };
            let both = u128::from(next) << 64 | u128::from(here);
            let touched = (0..span).fold(0, |all, shift| all | (both >> shift.min(127)) as u64);
            self.lane_mut(TOUCHED)[word] = touched;
        }
        self.content = self.seeds - bits::count(self.lane(TOUCHED), 0..self.seeds);
    }

    /// Returns whether a token is boilerplate.
    pub fn hides(&self, token: u32) -> bool {
        (0..TOUCHED).any(|lane| bits::get(self.lane(lane), token))
    }

    /// Returns how many tokens of a range are boilerplate.
    pub fn hidden(&self, range: Range<u32>) -> u32 {
        range.filter(|&token| self.hides(token)).count() as u32
    }

    /// Returns whether most of a range is frame.
    pub fn is_frame(&self, range: Range<u32>) -> bool {
        bits::count(self.lane(FRAME), range.clone()) * 2 > range.len() as u32
    }

    /// Returns whether most of a range is quoted.
    pub fn is_quoted(&self, range: Range<u32>) -> bool {
        bits::count(self.lane(QUOTED), range.clone()) * 2 > range.len() as u32
    }

    /// Returns whether a seed lies wholly in content.
    #[inline]
    pub fn is_content(&self, place: u32) -> bool {
        !bits::get(self.lane(TOUCHED), place)
    }

    /// Returns how many seeds lie wholly in content.
    pub fn content(&self) -> u32 {
        self.content
    }

    /// Returns how many tokens are content.
    pub fn content_tokens(&self) -> u32 {
        self.tokens - self.hidden_words().map(u64::count_ones).sum::<u32>()
    }

    /// Returns how many of some tokens, a bit each, are content.
    pub fn content_of(&self, tokens: &[u64]) -> u32 {
        tokens.iter().zip(self.hidden_words()).map(|(tokens, hidden)| (tokens & !hidden).count_ones()).sum()
    }

    fn hidden_words(&self) -> impl Iterator<Item = u64> + '_ {
        (0..self.lane).map(|word| (0..TOUCHED).fold(0, |all, lane| all | self.lane(lane)[word]))
    }

    /// Returns the shingles that lie wholly in content, in the order of the text.
    pub fn content_shingles<'a>(&self, text: Text<'a>, width: usize) -> impl Iterator<Item = Shingle> + use<'a, '_> {
        let length = (width as u32).min(self.tokens);
        let mut clear = 0;
        let mut token = 0;
        text.shingles.iter().copied().filter(move |_| {
            // The first shingle ends at token `length`, each later one a token further.
            let end = if token == 0 { length } else { token + 1 };
            while token < end {
                clear = if self.hides(token) { 0 } else { clear + 1 };
                token += 1;
            }
            clear >= length
        })
    }

    fn content_in(&self, range: Range<u32>) -> u32 {
        let range = range.start.min(self.seeds)..range.end.min(self.seeds);
        range.len() as u32 - bits::count(self.lane(TOUCHED), range)
    }
}

/// Returns what of some different texts is boilerplate. The order of the texts decides between equals, and must not
/// depend on anything but what they say.
///
/// Cost: a look-up of each different line, and some thirty comparisons of sampled seeds for each block that occurs in
/// two texts, four times over. Memory while it runs: about 2 bytes a token and 16 bytes a block.
pub fn find(passages: &Passages) -> Boilerplate {
    let (texts, width, lines) = (passages.texts(), passages.width(), passages.repeated_lines());
    let corpus = Judge::new(texts, width);
    let sentences = passage::repeated(texts, |text| &text.blocks.sentences, 2);
    let sources = corpus.sources(passages, lines);

    let mut all =
        Boilerplate { masks: texts.par_iter().map(|text| Mask::new(text, width)).collect(), ..Boilerplate::default() };
    for pass in 0..PASSES {
        all.quotations = corpus.quotations(&all.masks, &sources);
        corpus.mark_quotations(&mut all.masks, &all.quotations);
        all.lines = corpus.frames(&all.masks, lines, Level::Line);
        corpus.mark(&mut all.masks, &all.lines, Level::Line);
        all.sentences = corpus.frames(&all.masks, &sentences, Level::Sentence);
        corpus.mark(&mut all.masks, &all.sentences, Level::Sentence);
        if pass > 0 {
            corpus.keep_bodies(&mut all);
        }
    }
    all.openings = sources;
    all
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Line,
    Sentence,
}

/// A line that is, in some other text, the opening of something longer, with which its own text does not go on.
#[derive(Debug)]
pub struct Opening {
    /// Where it stands as a line.
    pub place: Place,
    /// Texts in which it is the opening of something longer, and where.
    pub sources: Vec<(u32, Range<u32>)>,
}

struct Judge<'a> {
    texts: &'a [Text<'a>],
    span: u32,
    /// Sampled seeds of each text with their places, sorted by seed, without repeats.
    samples: Vec<Box<[(Seed, u32)]>>,
}

impl<'a> Judge<'a> {
    fn new(texts: &'a [Text<'a>], width: usize) -> Self {
        let samples = texts
            .par_iter()
            .map(|text| {
                let all = (0..seed::count(text.shingles)).map(|place| (seed::at(text.shingles, place), place));
                let mut sample: Vec<_> =
                    all.filter(|&(seed, _)| seed::is_sampled(seed, crate::passage::RATE)).collect();
                sample.sort_unstable();
                sample.dedup_by_key(|&mut (seed, _)| seed);
                sample.into_boxed_slice()
            })
            .collect();
        Self { texts, span: seed::span(width), samples }
    }

    /// Returns the lines that are, in some other text, the opening of something longer.
    fn sources(&self, passages: &Passages, lines: &[Vec<Place>]) -> Vec<Opening> {
        let repeated: HashSet<Place> = lines.iter().flatten().copied().collect();
        let alone = (0..self.texts.len() as u32).into_par_iter().flat_map_iter(|id| {
            let lines = 0..self.texts[id as usize].blocks.lines.len() as u32;
            lines.map(move |line| (id, line)).filter(|place| !repeated.contains(place)).map(|place| vec![place])
        });
        let mut all: Vec<Opening> = lines
            .par_iter()
            .cloned()
            .chain(alone)
            .flat_map_iter(|places| {
                let (id, line) = places[0];
                let blocks = self.texts[id as usize].blocks;
                let is_long = blocks.lines[line as usize].weight >= LEAST_QUOTATION;
                let range = blocks.line(line as usize);
                let is_source = |holder: Holder| Some((holder.text, passages.source(id, range.clone(), &holder)?));
                let holders = if is_long { passages.holders(id, range.clone()) } else { Vec::new() };
                let sources: Vec<(u32, Range<u32>)> = holders.into_iter().filter_map(is_source).collect();
                places.into_iter().filter_map(move |(id, line)| {
                    let end = self.texts[id as usize].blocks.line(line as usize).end;
                    let is_cut = |(source, tokens): &&(u32, Range<u32>)| {
                        *source != id && !passages.goes_on(id, end, *source, tokens.end)
                    };
                    let sources: Vec<_> = sources.iter().filter(is_cut).cloned().collect();
                    (!sources.is_empty()).then_some(Opening { place: (id, line), sources })
                })
            })
            .collect();
        // The longest first: what lies inside a quotation is no source of a shorter one.
        all.par_sort_unstable_by_key(|opening| {
            let (id, line) = opening.place;
            (std::cmp::Reverse(self.texts[id as usize].blocks.lines[line as usize].weight), opening.place)
        });
        all
    }

    fn quotations(&self, masks: &[Mask], sources: &[Opening]) -> Vec<Quotation> {
        let found: Vec<(Place, Vec<&(u32, Range<u32>)>)> = sources
            .par_iter()
            .map_init(Scratch::default, |scratch, opening| {
                let (id, line) = opening.place;
                let range = self.texts[id as usize].blocks.line(line as usize);
                let mut unlike = Vec::new();
                for source in opening.sources.iter().take(SOURCES) {
                    match self.unlike(masks, (id, &range), (source.0, &source.1), LEAST_REST, scratch) {
                        Some(true) => unlike.push(source),
                        Some(false) => return None,
                        None => {}
                    }
                }
                Some((opening.place, unlike))
            })
            .flatten()
            .collect();
        // What lies inside a quotation is no source of another. A line of which the first source is a quotation stays
        // content: trying the next source called the paragraphs of much reposted articles quotations of each other.
        let mut quoted: HashMap<u32, Vec<Range<u32>>> = HashMap::new();
        let mut kept = Vec::new();
        for (place, sources) in found {
            let is_quoted = |(source, tokens): &(u32, Range<u32>)| {
                quoted.get(source).is_some_and(|ranges| ranges.iter().any(|range| range.contains(&tokens.start)))
            };
            if let Some((source, tokens)) = sources.into_iter().find(|source| !is_quoted(source)) {
                let line = self.texts[place.0 as usize].blocks.line(place.1 as usize);
                quoted.entry(place.0).or_default().push(line);
                kept.push(Quotation { place, source: *source, tokens: tokens.clone() });
            }
        }
        kept.sort_unstable_by_key(|quotation| quotation.place);
        kept
    }

    fn mark_quotations(&self, masks: &mut [Mask], quotations: &[Quotation]) {
        masks.par_iter_mut().zip(self.texts).enumerate().for_each(|(id, (mask, text))| {
            mask.lane_mut(QUOTED).fill(0);
            let from = quotations.partition_point(|quotation| quotation.place.0 < id as u32);
            for quotation in quotations[from..].iter().take_while(|quotation| quotation.place.0 == id as u32) {
                bits::set(mask.lane_mut(QUOTED), text.blocks.line(quotation.place.1 as usize));
            }
            mask.refresh(self.span);
        });
    }

    /// Returns the hashes of the blocks whose holders are otherwise unlike.
    fn frames(&self, masks: &[Mask], groups: &[Vec<Place>], level: Level) -> HashSet<u64> {
        groups
            .par_iter()
            .map_init(Scratch::default, |scratch, group| {
                let (id, at) = group[0];
                let hash = self.block(id, at, level).0.hash;
                self.is_frame(masks, group, level, scratch).then_some(hash)
            })
            .flatten()
            .collect()
    }

    fn block(&self, id: u32, at: u32, level: Level) -> (&'a Block, Range<u32>) {
        let blocks = self.texts[id as usize].blocks;
        match level {
            Level::Line => (&blocks.lines[at as usize], blocks.line(at as usize)),
            Level::Sentence => (&blocks.sentences[at as usize], blocks.sentence(at as usize)),
        }
    }

    fn is_frame(&self, masks: &[Mask], group: &[Place], level: Level, scratch: &mut Scratch) -> bool {
        let mut holders: Vec<(u32, Range<u32>)> = Vec::with_capacity(HOLDERS);
        for &(id, at) in group {
            let range = self.block(id, at, level).1;
            let mask = &masks[id as usize];
            // A holder that quotes the block, or holds it within a frame, tells nothing about the block itself.
            let is_masked = bits::get(mask.lane(QUOTED), range.start)
                || level == Level::Sentence && bits::get(mask.lane(FRAME), range.start);
            if !is_masked && holders.last().is_none_or(|last| last.0 != id) {
                holders.push((id, range));
                if holders.len() == HOLDERS {
                    break;
                }
            }
        }
        let count = holders.len();
        let pairs: Vec<(usize, usize)> = match count {
            0 | 1 => return false,
            2 => vec![(0, 1)],
            _ => [1, 3]
                .into_iter()
                .filter(|&step| step < count)
                .flat_map(|step| (0..count).map(move |at| (at, (at + step) % count)))
                .collect(),
        };
        let (mut votes, mut unlike) = (0, 0);
        let most = pairs.len();
        for (a, b) in pairs {
            let (a, b) = (&holders[a], &holders[b]);
            let least = LEAST_REST.max(a.1.len() as u32);
            if let Some(is_unlike) = self.unlike(masks, (a.0, &a.1), (b.0, &b.1), least, scratch) {
                votes += 1;
                unlike += usize::from(is_unlike);
                // However the rest votes.
                if (votes - unlike) as f64 >= (1.0 - NEARLY_ALL) * most as f64 {
                    return false;
                }
            }
        }
        votes > 0 && unlike as f64 > NEARLY_ALL * votes as f64
    }

    fn mark(&self, masks: &mut [Mask], frames: &HashSet<u64>, level: Level) {
        let lane = if level == Level::Line { FRAME } else { SENTENCE };
        masks.par_iter_mut().zip(self.texts).enumerate().for_each(|(id, (mask, text))| {
            mask.lane_mut(lane).fill(0);
            let blocks = if level == Level::Line { &text.blocks.lines } else { &text.blocks.sentences };
            for (at, block) in blocks.iter().enumerate() {
                if frames.contains(&block.hash) {
                    bits::set(mask.lane_mut(lane), self.block(id as u32, at as u32, level).1);
                }
            }
            mask.refresh(self.span);
        });
    }

    /// Gives a page without a body of its own its longest quotation back: it is a copy, not a page that quotes.
    fn keep_bodies(&self, all: &mut Boilerplate) {
        for mask in &mut all.masks {
            mask.bodies.clear();
        }
        let mut kept = Vec::with_capacity(all.quotations.len());
        let line =
            |quotation: &Quotation| self.texts[quotation.place.0 as usize].blocks.line(quotation.place.1 as usize);
        for of_page in all.quotations.chunk_by(|a, b| a.place.0 == b.place.0) {
            let mask = &mut all.masks[of_page[0].place.0 as usize];
            let mut longest: Vec<&Quotation> = of_page.iter().collect();
            longest.sort_by_key(|quotation| (std::cmp::Reverse(line(quotation).len()), quotation.place));
            let length = |at: usize| longest.get(at).map_or(0, |quotation| line(quotation).len() as u32);
            if mask.content >= SOLID.max(length(0) / 2) {
                kept.extend(of_page.iter().cloned());
                continue;
            }
            let free = if length(0) * 2 >= length(1) * 3 { 1 } else { longest.len() };
            for quotation in &longest[..free] {
                mask.bodies.push(quotation.place.1);
                bits::clear(mask.lane_mut(QUOTED), line(quotation));
            }
            mask.bodies.sort_unstable();
            mask.refresh(self.span);
            kept.extend(longest[free..].iter().map(|&quotation| quotation.clone()));
        }
        kept.sort_unstable_by_key(|quotation| quotation.place);
        all.quotations = kept;
    }

    /// Returns whether two texts are unlike outside of a block each, or `None` if one has too little else.
    fn unlike(
        &self,
        masks: &[Mask],
        (a, in_a): (u32, &Range<u32>),
        (b, in_b): (u32, &Range<u32>),
        least: u32,
        scratch: &mut Scratch,
    ) -> Option<bool> {
        // The seeds that touch the block.
        let touching = |range: &Range<u32>| range.start.saturating_sub(self.span - 1)..range.end;
        let side = |id: u32, block: &Range<u32>| {
            let mask = &masks[id as usize];
            let block = touching(block);
            let rest = mask.content - mask.content_in(block.clone());
            Side { text: self.texts[id as usize], sample: &self.samples[id as usize], mask, block, rest }
        };
        let (a, b) = (side(a, in_a), side(b, in_b));
        let smaller = a.rest.min(b.rest);
        if smaller < least {
            return None;
        }
        let enough = UNLIKE * f64::from(smaller);
        let shared =
            if smaller >= SAMPLED { sampled_in_both(&a, &b) } else { scratch.in_both(&a, &b, enough as u32 + 1) };
        Some(f64::from(shared) < enough)
    }
}

/// One text of a comparison, without a block.
struct Side<'a> {
    text: Text<'a>,
    sample: &'a [(Seed, u32)],
    mask: &'a Mask,
    block: Range<u32>,
    /// Seeds of content outside of the block.
    rest: u32,
}

impl Side<'_> {
    #[inline]
    fn counts(&self, place: u32) -> bool {
        self.mask.is_content(place) && !self.block.contains(&place)
    }
}

/// Returns an estimate of the seeds that both rests hold, from their samples.
fn sampled_in_both(a: &Side, b: &Side) -> u32 {
    let (mut i, mut j, mut shared) = (0, 0, 0);
    while i < a.sample.len() && j < b.sample.len() {
        let (x, y) = (a.sample[i], b.sample[j]);
        if x.0 == y.0 && a.counts(x.1) && b.counts(y.1) {
            shared += 1;
        }
        i += usize::from(x.0 <= y.0);
        j += usize::from(y.0 <= x.0);
    }
    shared * crate::passage::RATE
}

/// A table of seeds, used again for each comparison.
#[derive(Default)]
struct Scratch {
    /// Seed and 1, or 0 for an empty place; 2 once it was met.
    table: Vec<(Seed, u8)>,
}

impl Scratch {
    /// Returns how many seeds both rests hold, counted; no further than `enough`.
    fn in_both(&mut self, a: &Side, b: &Side, enough: u32) -> u32 {
        let (few, many) = if a.rest <= b.rest { (a, b) } else { (b, a) };
        let size = (few.rest as usize * 2).next_power_of_two().max(64);
        let mask = size - 1;
        self.table.clear();
        self.table.resize(size, (0, 0));
        let places = |side: &Side| 0..seed::count(side.text.shingles);
        for place in places(few).filter(|&place| few.counts(place)) {
            let seed = seed::at(few.text.shingles, place);
            let mut at = seed as usize & mask;
            while self.table[at].1 != 0 && self.table[at].0 != seed {
                at = (at + 1) & mask;
            }
            self.table[at] = (seed, 1);
        }
        let mut shared = 0;
        for place in places(many).filter(|&place| many.counts(place)) {
            let seed = seed::at(many.text.shingles, place);
            let mut at = seed as usize & mask;
            while self.table[at].1 != 0 {
                if self.table[at].0 == seed {
                    shared += u32::from(self.table[at].1 == 1);
                    self.table[at].1 = 2;
                    break;
                }
                at = (at + 1) & mask;
            }
            if shared >= enough {
                break;
            }
        }
        shared
    }
}
