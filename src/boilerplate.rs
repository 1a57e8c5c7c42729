//! Which blocks of a corpus are boilerplate, from the corpus itself.
//!
//! How often a block occurs cannot tell a template from an article that was reposted fifty times. What can is **what
//! else its pages share**: pages of a template are otherwise unlike, reposts are not. Two kinds of blocks are found:
//!
//! - **Frame**: a line or sentence whose holders are, in nearly all pairs, otherwise unlike. Where a frame is longer than
//!   what it frames, all that its pages have in common is left out at once, if it stands as a frame does, is a menu, or
//!   half of the pages of one host have it, each beside an article of its own.
//! - **Quotation**: a line that in another, otherwise unlike page is the opening of something longer: an entry of a
//!   related-documents block, cut off at a fixed length. No repetition is needed to see it.
//!
//! The two need each other: pages whose related-documents blocks are still there look alike or unlike for the wrong
//! reason. So the judgement is made in passes, each from scratch with the blocks of the pass before masked; a wrong
//! judgement of an early pass is mended by a later one. Sentences are judged once, after the lines and quotations of the
//! last pass.
//!
//! Prior art: Fetterly, Manasse, Najork (SIGIR 2005) and Bar-Yossef, Rajagopalan (WWW 2002) count a block's pages,
//! passim's `pboiler` compares pages of one series. The test of what remains is this project's.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::ops::{Range, RangeInclusive};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use serde::{Deserialize, Serialize};

use crate::block::{Block, Blocks};
use crate::dictionary::{Known, Level};
use crate::evenly::Evenly;
use crate::passage::{self, Among, Passages, Place, Text};
use crate::seed::{self, Seed, bits};
use crate::shared::SharedCounter;
use crate::shingle::Shingle;

/// Passes over quotations and lines. In 1,144 small batches of one site each, three joined 16 pairs of strangers and four 9.
const PASSES: usize = 4;

/// Two pages are otherwise unlike if they share less than this of the smaller rest.
const UNLIKE: f64 = 0.3;

/// Share of the smaller rest below which two pages have nothing to do with each other: versions of one text that are far
/// apart have more.
const STRANGE: f64 = 0.2;

/// Part of a text's content that must change for what it shares with others to be counted anew.
const MUCH: u32 = 16;

/// Share of pairs of holders that must be otherwise unlike. At .6 short articles with many copies were called frame. Where fewer
/// are, but more than a third, it is asked of how many articles the holders are.
const NEARLY_ALL: f64 = 0.8;

/// Holders of a block that are compared. With eight an English article with many copies was taken for frame.
const HOLDERS: usize = 16;

/// Holders of a line whose common lines are left out at once, and from how many on that is sure.
const EDGE_HOLDERS: usize = 8;
const MANY_HOLDERS: usize = 4;

/// Share of what texts have in common that stands on either side of what each has of its own, for that to be framed; and
/// share of what a text has of its own that stands there in one piece: the rest may be a title and the name of the next page.
/// Neither was tuned.
const BESIDE: f64 = 0.125;
const IN_ONE_PIECE: f64 = 0.66;

/// Share of the holders of a line that must be of one site for the edge of its pages to be that of a frame: an article
/// that several sites have is none.
const OF_ONE_SITE: f64 = 0.75;

/// Tokens a line must have to be a paragraph, and no title or entry of a list, beside [`LEAST_QUOTATION`] characters: a title
/// has as many tokens where each character is one, and as many characters where each letter is one. Not tuned.
const PARAGRAPH: usize = 20;

/// Tokens from which on the first line of a page is no title: names of its section and site follow there. Not tuned.
const LONG_TITLE: usize = 60;

/// Shorter lines that part paragraphs which have nothing to do with each other. With one, a copy of an article below a teaser
/// was none; with two, 12 more pairs of 2,600 were wrong in made corpora where notes follow the article.
const APART: u32 = 2;

/// Lines whose holders split that are judged at once: some 30 MB of pairs.
const SPLIT_AT_ONCE: usize = 8192;

/// Share of a text that stands in lines of about as many holders or more for these to be of a frame that is longer than what
/// it frames. With lines of as many alone, none of the layers of a portal's frame was: what all channels have, some, and one.
const HEAVY: f64 = 0.4;

/// Lines at the top of a page, below its first, and at its foot that are asked whether they are of a menu. Not tuned.
const ENDS: usize = 8;

/// Seeds a rest must have to say anything, and how many for each token of the block: beside an article in one line a list
/// of openings that is little longer tells nothing. With one a small corpus lost a quarter of its reposts; from 1.25 to 2
/// hardly anything changes.
const LEAST_REST: u32 = 40;
const OF_BLOCK: f64 = 1.5;

/// Returns whether a text is so much longer than another one that it is not walked beside it.
pub fn is_much_longer(length: usize, other: usize) -> bool {
    length / 8 > other
}

/// Characters a line must have to be a quotation.
const LEAST_QUOTATION: u32 = 40;

/// Sources of a quotation that are compared.
const SOURCES: usize = 8;

/// Seeds of its own that a page keeps, beside half its longest quotation; a page with fewer is itself the copy.
const SOLID: u32 = 60;

/// Share of what the markup of a page calls frame that must be unknown from the corpus for the markup to be asked. At .33
/// pages of well-known sites were asked too, which cost `html_1k` .004 of recall.
const UNTOLD: f64 = 0.5;

/// Seeds of content that are looked at first of the text with fewer, and up to twice as many.
const SAMPLED: u32 = 50;

/// Standard deviations by which what a sample says must lie off the limit; all seeds are looked at where it does not.
const SURE: f64 = 3.0;

/// Texts whose pairs are counted before what was counted is kept.
const COUNTED_AT_ONCE: usize = 1 << 14;

/// Halvings from which on no smaller sample of a text is taken.
const MOST_HALVINGS: u32 = 7;

/// What was judged, for each text in the order given.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Boilerplate {
    /// What of each text is boilerplate.
    pub masks: Vec<Mask>,
    /// Hashes of the lines and sentences that are frame.
    pub lines: FxHashSet<u64>,
    /// Hashes of the sentences that are frame where their line is not.
    pub sentences: FxHashSet<u64>,
    /// Lines judged by how they stand on their own page, in order.
    pub by_page: Vec<Place>,
    /// Lines quoted from another text, in order.
    pub quotations: Vec<Quotation>,
    /// All lines that may be quoted, the longest first.
    pub openings: Vec<Opening>,
    /// Lines that were found to be of another article before.
    pub cited: Vec<Place>,
}

/// A line quoted from another text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quotation {
    /// The quoting text and its line.
    pub place: Place,
    /// The quoted text.
    pub source: u32,
    /// Its tokens.
    pub tokens: Range<u32>,
}

/// What was judged before of some texts, and beside others than are here.
#[derive(Clone, Debug, Default)]
pub struct Prior {
    /// For each text what was judged of it, `None` for a new one; empty where all are new.
    pub texts: Vec<Option<Hidden>>,
    /// Blocks of which too few holders are here to judge them. What is known of them holds.
    pub settled: FxHashSet<u64>,
}

impl Prior {
    fn of(&self, text: u32) -> Option<&Hidden> {
        self.texts.get(text as usize)?.as_ref()
    }
}

/// What of one text was judged, beside the frames that all texts of a corpus have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    /// Lines that are quoted from another text, rising.
    pub quoted: Vec<u32>,
    /// Lines that are frame by how they stand on their page, rising.
    pub by_page: Vec<u32>,
    /// Lines that would be quotations but are the body of their page, rising.
    pub bodies: Vec<u32>,
    /// Lines that another article has too, and goes on from there, rising: whether or not they are hidden.
    pub cited: Vec<u32>,
    /// Whether it holds several articles.
    pub mixed: bool,
    /// A number that it shares with texts of the same article.
    pub article: u64,
}

impl Boilerplate {
    /// Returns what was judged of a text. Which articles it cites or holds is not told here.
    pub fn hidden(&self, text: u32) -> Hidden {
        let from = self.quotations.partition_point(|quotation| quotation.place.0 < text);
        let quotations = self.quotations[from..].iter().map(|quotation| quotation.place);
        let from = self.by_page.partition_point(|place| place.0 < text);
        let by_page = self.by_page[from..].iter().copied();
        let of_text = |places: &mut dyn Iterator<Item = Place>| {
            places.take_while(|place| place.0 == text).map(|place| place.1).collect()
        };
        Hidden {
            quoted: of_text(&mut { quotations }),
            by_page: of_text(&mut { by_page }),
            bodies: self.masks[text as usize].bodies.clone(),
            ..Hidden::default()
        }
    }
}

/// What of one text is boilerplate, a bit a token or seed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Mask {
    /// Lanes of `lane` words each, in the order of the constants below.
    words: Box<[u64]>,
    lane: usize,
    tokens: u32,
    seeds: u32,
    /// Seeds that touch no masked token, and tokens that are not masked.
    content: u32,
    content_tokens: u32,
    /// Rises when a good part of the seeds in content has changed, as of the last [`Mask::renew_version`].
    version: u32,
    /// Lines that would be quotations, but are the body of their page.
    pub bodies: Vec<u32>,
}

const FRAME: usize = 0;
/// Sentences; and lines judged by their page, which are no evidence for other pages and so not in the lane above.
const SENTENCE: usize = 1;
const QUOTED: usize = 2;
const TOUCHED: usize = 3;
/// Seeds that touched a masked token at the last version.
const JUDGED: usize = 4;
const LANES: usize = 5;

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
            content: seeds,
            content_tokens: text.blocks.tokens,
            version: 0,
            bodies: Vec::new(),
        };
        mask.refresh(seed::span(width));
        mask
    }

    /// Returns a mask that hides some tokens.
    #[cfg(test)]
    pub fn hiding(text: &Text, width: usize, tokens: impl Iterator<Item = Range<u32>>) -> Self {
        let mut mask = Self::new(text, width);
        for range in tokens {
            bits::set(mask.lane_mut(QUOTED), range);
        }
        mask.refresh(seed::span(width));
        mask
    }

    fn lane(&self, lane: usize) -> &[u64] {
        &self.words[lane * self.lane..(lane + 1) * self.lane]
    }

    fn lane_mut(&mut self, lane: usize) -> &mut [u64] {
        &mut self.words[lane * self.lane..(lane + 1) * self.lane]
    }

    /// Puts other tokens into a lane. Nothing else is to be done for a mask that stays as it is, as most do.
    fn replace(&mut self, lane: usize, words: &[u64], span: u32) {
        if self.lane(lane) != words {
            self.lane_mut(lane).copy_from_slice(words);
            self.refresh(span);
        }
    }

    /// Brings the seeds up to date with the tokens.
    fn refresh(&mut self, span: u32) {
        let touched: Vec<u64> = self.dilated(span).collect();
        self.lane_mut(TOUCHED).copy_from_slice(&touched);
        self.content = self.seeds - bits::count(self.lane(TOUCHED), 0..self.seeds);
        self.content_tokens = self.tokens - self.hidden_words().map(u64::count_ones).sum::<u32>();
    }

    /// Raises the version if a good part of the content has changed since it was raised last.
    ///
    /// To be called before texts are compared, not after each change: what was hidden and is shown again in between, as
    /// within each pass, is none.
    fn renew_version(&mut self) {
        if self.has_changed() {
            self.words.copy_within(TOUCHED * self.lane..(TOUCHED + 1) * self.lane, JUDGED * self.lane);
            self.version += 1;
        }
    }

    fn has_changed(&self) -> bool {
        let differ = |(a, b): (&u64, &u64)| (a ^ b).count_ones();
        let changed: u32 = self.lane(JUDGED).iter().zip(self.lane(TOUCHED)).map(differ).sum();
        changed > self.content / MUCH
    }

    /// Returns whether a token is boilerplate.
    pub fn hides(&self, token: u32) -> bool {
        (0..TOUCHED).any(|lane| bits::get(self.lane(lane), token))
    }

    /// Returns how many tokens of a range are boilerplate.
    pub fn hidden(&self, range: Range<u32>) -> u32 {
        range.len() as u32 - self.content_within(range, None)
    }

    /// Returns how many tokens of a range are content, and `among` some, a bit each.
    pub fn content_within(&self, range: Range<u32>, among: Option<&[u64]>) -> u32 {
        let mut count = 0;
        bits::each_word(range, |word, part| {
            let hidden = (0..TOUCHED).fold(0, |all, lane| all | self.lane(lane)[word]);
            count += (among.map_or(!0, |among| among[word]) & part & !hidden).count_ones();
        });
        count
    }

    /// Returns whether most of a range is frame.
    pub fn is_frame(&self, range: Range<u32>) -> bool {
        bits::count(self.lane(FRAME), range.clone()) * 2 > range.len() as u32
    }

    /// Returns which tokens are frame, a bit each.
    pub fn frame_words(&self) -> &[u64] {
        self.lane(FRAME)
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
        self.content_tokens
    }

    /// Returns how many tokens are frame, and how many others are quoted.
    pub fn hidden_tokens(&self) -> (u32, u32) {
        let words = self.lane(FRAME).iter().zip(self.lane(SENTENCE)).map(|(lines, rest)| lines | rest);
        words.zip(self.lane(QUOTED)).fold((0, 0), |(frame, quoted), (word, of_quotations)| {
            (frame + word.count_ones(), quoted + (of_quotations & !word).count_ones())
        })
    }

    /// Returns how many of some tokens, a bit each, are content.
    pub fn content_of(&self, tokens: &[u64]) -> u32 {
        tokens.iter().zip(self.hidden_words()).map(|(tokens, hidden)| (tokens & !hidden).count_ones()).sum()
    }

    fn hidden_words(&self) -> impl Iterator<Item = u64> + '_ {
        (0..self.lane).map(|word| (0..TOUCHED).fold(0, |all, lane| all | self.lane(lane)[word]))
    }

    /// Returns the shingles that lie wholly in content, in the order of the text.
    pub fn content_shingles(&self, text: Text, width: usize) -> Vec<Shingle> {
        // A text shorter than a shingle is one all the same.
        let touched: Vec<u64> = self.dilated((width as u32).min(self.tokens.max(1))).collect();
        let mut content = Vec::with_capacity(text.shingles.len());
        for run in bits::clear_runs(&touched, text.shingles.len() as u32) {
            content.extend_from_slice(&text.shingles[run.start as usize..run.end as usize]);
        }
        content
    }

    /// Returns the places of the seeds that lie wholly in content, in the order of the text.
    pub fn content_seeds(&self) -> impl Iterator<Item = u32> + '_ {
        self.content_runs().flatten()
    }

    /// Returns the same places as runs.
    pub fn content_runs(&self) -> impl Iterator<Item = Range<u32>> + '_ {
        bits::clear_runs(self.lane(TOUCHED), self.seeds)
    }

    /// Returns the first seed of a range that touches boilerplate, or the end of the range.
    pub fn content_end(&self, seeds: Range<u32>) -> u32 {
        bits::first_set(self.lane(TOUCHED), seeds)
    }

    /// Returns for each run of `span` tokens whether one of them is boilerplate, a bit each.
    fn dilated(&self, span: u32) -> impl Iterator<Item = u64> + '_ {
        let hidden = |word: usize| (0..TOUCHED).fold(0, |all, lane| all | self.lane(lane)[word]);
        (0..self.lane).map(move |word| {
            let next = if word + 1 < self.lane { hidden(word + 1) } else { 0 };
            let both = u128::from(next) << 64 | u128::from(hidden(word));
            (0..span).fold(0, |all, shift| all | (both >> shift) as u64)
        })
    }

    fn content_in(&self, range: Range<u32>) -> u32 {
        let range = range.start.min(self.seeds)..range.end.min(self.seeds);
        range.len() as u32 - bits::count(self.lane(TOUCHED), range)
    }
}

/// Returns what of some different texts is boilerplate. The order of the texts decides between equals, and must not
/// depend on anything but what they say. A block that is known is frame from the first pass on.
///
/// Cost: a look-up of each different line, and some thirty comparisons of sampled seeds for each line that several texts
/// hold, and up to 120 more where these do not agree, up to four times, and for each such sentence once; where markup tells
/// frames that the corpus does not, one comparison of all seeds a holder. Memory while it runs: about 2 bytes a token, 24
/// bytes a block, and 8 a line of what each set of eight texts that may show a long frame have in common.
pub fn find(passages: &Passages, known: &Known) -> Boilerplate {
    find_beside(passages, known, &Prior::default())
}

/// Returns what of some texts is boilerplate, of which some were judged before: of those only what the new ones show
/// is added to what is known, and what they quote of each other in lines that a new one has too.
pub fn find_beside(passages: &Passages, known: &Known, prior: &Prior) -> Boilerplate {
    let (texts, width) = (passages.texts(), passages.width());
    let corpus = Judge::new(texts, width, known, prior);
    let mut overlaps = Overlaps::default();
    // Of a long frame nearly all is shared, and the question is what the little that is left shares: no sample tells.
    let mut of_frames = Overlaps { is_exact: true, ..Overlaps::default() };
    let lines = &*corpus.open(Cow::Borrowed(passages.repeated_lines()), Level::Line);
    let (open_lines, known_sentences) =
        (corpus.open_blocks(lines, Level::Line), corpus.open_blocks(&[], Level::Sentence));
    let sources = corpus.sources(passages, passages.repeated_lines());
    let (mutual, mut edges) = rayon::join(|| corpus.mutual(&sources), || corpus.edges(lines));
    let mut of_lines = vec![Verdict::default(); lines.len()];
    let mut of_openings = vec![Verdict::default(); sources.len()];

    let mut all = Boilerplate {
        masks: texts.par_iter().evenly().map(|text| Mask::new(text, width)).collect(),
        ..Boilerplate::default()
    };
    let listed = |(id, mask): (u32, &Mask)| corpus.listed(mask, id).into_iter().map(move |line| (id, line));
    all.by_page = (0..).zip(&all.masks).flat_map(listed).collect();
    corpus.mark_by_page(&mut all);
    for pass in 0..PASSES {
        all.quotations = corpus.quotations(&mut all.masks, &sources, &mutual, &mut of_openings, &mut overlaps);
        corpus.mark_quotations(&mut all.masks, &all.quotations);
        // What few texts hold is judged last, beside what many show: a few copies of an article would mask it, and then
        // be unlike for want of it. So would sentences that several articles have.
        let is_last = pass + 1 == PASSES;
        let least = if is_last { 2 } else { MANY_HOLDERS };
        all.lines = corpus.frames(&mut all.masks, lines, Level::Line, least, &mut of_lines, &mut overlaps);
        let of_edges = corpus.long_frames(&all.masks, lines, &all.lines, &mut edges, &mut of_frames);
        all.lines.extend(of_edges);
        corpus.mark(&mut all.masks, &all.lines, &open_lines, Level::Line);
        if is_last {
            corpus.judge_sentences(&mut all, &mut overlaps);
        } else {
            // None but those that are known; what a page alone tells is judged anew below.
            corpus.mark(&mut all.masks, &FxHashSet::default(), &known_sentences, Level::Sentence);
        }
        if pass > 0 {
            corpus.keep_bodies(&mut all);
        }
        all.by_page = corpus.by_page(&all, lines);
        corpus.mark_by_page(&mut all);
    }
    all.openings = sources;
    for (id, hidden) in (0..).zip(&prior.texts) {
        all.cited.extend(hidden.iter().flat_map(|hidden| &hidden.cited).map(|&line| (id, line)));
    }
    all
}

/// Returns masks with their versions as of now.
fn renewed(masks: &mut [Mask]) -> &[Mask] {
    masks.par_iter_mut().evenly().for_each(Mask::renew_version);
    masks
}

/// A line that is, in some other text, the opening of something longer, with which its own text does not go on.
#[derive(Debug, Serialize, Deserialize)]
pub struct Opening {
    /// Where it stands as a line.
    pub place: Place,
    /// Texts in which it is the opening of something longer, and where.
    pub sources: Vec<Source>,
}

/// A text in which a passage stands, and where.
pub type Source = (u32, Range<u32>);

struct Judge<'a> {
    texts: &'a [Text<'a>],
    known: &'a Known,
    prior: &'a Prior,
    span: u32,
    /// How many texts are of each host that is known.
    of_hosts: FxHashMap<u64, usize>,
}

impl<'a> Judge<'a> {
    fn new(texts: &'a [Text<'a>], width: usize, known: &'a Known, prior: &'a Prior) -> Self {
        let mut of_hosts = FxHashMap::default();
        for text in texts.iter().filter(|text| text.host != 0) {
            *of_hosts.entry(text.host).or_default() += 1;
        }
        Self { texts, known, prior, span: seed::span(width), of_hosts }
    }

    fn is_new(&self, text: u32) -> bool {
        self.prior.of(text).is_none()
    }

    /// Appends the seeds of a text's content that are in the sample after the fewest of some halvings, those of the sample
    /// after each more of them before the others.
    fn sample(&self, mask: &Mask, text: u32, halvings: RangeInclusive<u32>, sampled: &mut Vec<Seed>) {
        let (shingles, from) = (self.texts[text as usize].shingles, sampled.len());
        sampled.resize(from + mask.content as usize, 0);
        let seeds = &mut sampled[from..];
        let mut count = 0;
        // No branch: which seeds are in a sample is not to be foreseen.
        for run in mask.content_runs() {
            for seed in seed::in_run(shingles, run) {
                seeds[count] = seed;
                count += usize::from(is_left(seed, *halvings.start()));
            }
        }
        sampled.truncate(from + count);
        let mut seeds = &mut sampled[from..];
        for more in halvings.skip(1) {
            count = partition(seeds, |seed| is_left(seed, more));
            seeds = &mut seeds[..count];
        }
    }

    /// Calls `act` with some pairs, and how many seeds of content each shares by those that are left after so many halvings,
    /// which are told too. Each pair is there once, in no order that says anything.
    fn shared(
        &self,
        masks: &[Mask],
        mut pairs: Vec<(u32, u32)>,
        halvings: impl Fn((u32, u32)) -> u32 + Sync,
        mut act: impl FnMut((u32, u32), u32, u32),
    ) {
        pairs.par_sort_unstable();
        pairs.dedup();
        // The fewest halvings that are asked of each text, and the most; none asked is more than all.
        let mut of_text = vec![(u32::MAX, 0); self.texts.len()];
        for &pair in &pairs {
            let halvings = halvings(pair);
            for id in [pair.0, pair.1] {
                let (least, most) = &mut of_text[id as usize];
                (*least, *most) = (halvings.min(*least), halvings.max(*most));
            }
        }
        let samples = Samples::of(self.texts.len(), |id, sampled| {
            let (least, most) = of_text[id as usize];
            if least <= most {
                self.sample(&masks[id as usize], id, least..=most, sampled);
            }
        });
        // From here on the first of each pair is the text that is looked at once for all its pairs. A text that is much longer
        // is not walked for each short one beside it.
        pairs.par_iter_mut().for_each(|(a, b)| {
            let [of_a, of_b] = [*a, *b].map(|id| samples.of_text(id).len());
            if is_much_longer(of_b, of_a) {
                std::mem::swap(a, b);
            }
        });
        pairs.par_sort_unstable();
        let of_one: Vec<&[(u32, u32)]> = pairs.chunk_by(|x, y| x.0 == y.0).collect();
        let count = |counter: &mut SharedCounter, pairs: &[(u32, u32)]| -> Vec<(u32, u32)> {
            counter.load(samples.of_text(pairs[0].0));
            let count = |&(loaded, other): &(u32, u32)| {
                let halvings = halvings((loaded.min(other), loaded.max(other)));
                (counter.count(sample(samples.of_text(other), halvings)) << halvings, halvings)
            };
            pairs.iter().map(count).collect()
        };
        for some in of_one.chunks(COUNTED_AT_ONCE) {
            let counted: Vec<Vec<(u32, u32)>> = some
                .par_iter()
                .evenly()
                .map_init(SharedCounter::default, |counter, pairs| count(counter, pairs))
                .collect();
            for (&(a, b), (shared, halvings)) in some.iter().copied().flatten().zip(counted.into_iter().flatten()) {
                act((a.min(b), a.max(b)), shared, halvings);
            }
        }
    }

    /// Returns the hashes of the sentences of new texts, which alone are judged; `None` where all are new.
    fn sentences_of_new(&self) -> Option<FxHashSet<u64>> {
        let new = (0..).zip(self.texts).filter(|&(id, _)| self.is_new(id));
        let hashes = new.flat_map(|(_, text)| text.blocks.sentences.iter().map(|sentence| sentence.hash));
        let is_any_old = self.prior.texts.iter().any(Option::is_some);
        is_any_old.then(|| hashes.collect())
    }

    /// Returns the blocks that are judged: those of a new text of which all holders that matter are here.
    fn open<'g>(&self, groups: Cow<'g, [Vec<Place>]>, level: Level) -> Cow<'g, [Vec<Place>]> {
        if self.prior.texts.is_empty() {
            return groups;
        }
        let is_open = |group: &&Vec<Place>| {
            group.iter().any(|place| self.is_new(place.0)) && !self.prior.settled.contains(&self.hash_of(group, level))
        };
        groups.iter().filter(is_open).cloned().collect()
    }

    /// Returns the lines that are, in some other text, the opening of something longer.
    fn sources(&self, passages: &Passages, lines: &[Vec<Place>]) -> Vec<Opening> {
        let of_places = &|places: &[Place]| -> Vec<Opening> {
            let (id, line) = places[0];
            let blocks = self.texts[id as usize].blocks;
            let block = &blocks.lines[line as usize];
            // What two texts that were judged before have of each other was judged then, but for a line of a new one.
            let is_any_new = places.iter().any(|place| self.is_new(place.0));
            if block.weight < LEAST_QUOTATION || !is_any_new && self.known.holds(block.hash, Level::Line) {
                return Vec::new();
            }
            let among = if is_any_new { Among::All } else { Among::New };
            let sources = passages.sources(id, blocks.line(line as usize), among);
            if sources.is_empty() {
                return Vec::new();
            }
            let opening = |&(id, line): &Place| {
                let end = self.texts[id as usize].blocks.line(line as usize).end;
                let is_cut = |(source, tokens): &&(u32, Range<u32>)| {
                    let is_open = is_any_new || self.is_new(*source);
                    is_open && *source != id && !passages.goes_on(id, end, *source, tokens.end)
                };
                let sources: Vec<_> = sources.iter().filter(is_cut).cloned().collect();
                (!sources.is_empty()).then_some(Opening { place: (id, line), sources })
            };
            places.iter().filter_map(opening).collect()
        };
        let mut repeated: Vec<Vec<u64>> =
            self.texts.iter().map(|text| vec![0; bits::words(text.blocks.lines.len() as u32)]).collect();
        for &(id, line) in lines.iter().flatten() {
            bits::set(&mut repeated[id as usize], line..line + 1);
        }
        let alone = repeated.par_iter().evenly().enumerate().flat_map_iter(|(id, repeated)| {
            let lines = bits::clear_runs(repeated, self.texts[id].blocks.lines.len() as u32).flatten();
            lines.flat_map(move |line| of_places(&[(id as u32, line)]))
        });
        let mut all: Vec<Opening> =
            lines.par_iter().evenly().flat_map_iter(|places| of_places(places)).chain(alone).collect();
        // The longest first: what lies inside a quotation is no source of a shorter one.
        all.par_sort_unstable_by_key(|opening| {
            let (id, line) = opening.place;
            (std::cmp::Reverse(self.texts[id as usize].blocks.lines[line as usize].weight), opening.place)
        });
        all
    }

    /// Returns what each of two texts has of the other, for those that may quote each other.
    ///
    /// Each of the two passages would be what the texts share beside the other one. So they are judged together.
    fn mutual(&self, sources: &[Opening]) -> FxHashMap<(u32, u32), [Vec<Range<u32>>; 2]> {
        let directions = sources
            .iter()
            .flat_map(|opening| opening.sources.iter().take(SOURCES).map(|&(source, _)| (opening.place.0, source)));
        let directions: FxHashSet<(u32, u32)> = directions.collect();
        let mut mutual: FxHashMap<(u32, u32), [Vec<Range<u32>>; 2]> = FxHashMap::default();
        for opening in sources {
            let (id, line) = opening.place;
            for (source, tokens) in opening.sources.iter().take(SOURCES) {
                if directions.contains(&(*source, id)) {
                    let of_both = mutual.entry((id.min(*source), id.max(*source))).or_default();
                    let line = self.texts[id as usize].blocks.line(line as usize);
                    of_both[usize::from(id > *source)].push(line);
                    of_both[usize::from(id < *source)].push(tokens.clone());
                }
            }
        }
        mutual
    }

    fn quotations(
        &self,
        masks: &mut [Mask],
        openings: &[Opening],
        mutual: &FxHashMap<(u32, u32), [Vec<Range<u32>>; 2]>,
        verdicts: &mut [Verdict],
        overlaps: &mut Overlaps,
    ) -> Vec<Quotation> {
        let masks = renewed(masks);
        let comparisons = |opening: &'_ Opening| -> Vec<Comparison> {
            let (id, line) = opening.place;
            let range = self.texts[id as usize].blocks.line(line as usize);
            let compare = |(source, tokens): &Source| match mutual.get(&(id.min(*source), id.max(*source))) {
                Some(of_both) => self.comparison_without(masks, (id, *source), of_both),
                None => self.comparison(masks, (id, &range), (*source, tokens)),
            };
            opening.sources.iter().take(SOURCES).map(compare).collect()
        };
        let telling = |comparison: &Comparison| comparison.smaller >= LEAST_REST;
        let texts = |opening: &Opening| {
            let sources = opening.sources.iter().take(SOURCES).map(|&(source, _)| (source, 0));
            std::iter::once(opening.place).chain(sources).collect::<Vec<_>>()
        };
        let states: Vec<u64> =
            openings.par_iter().evenly().map(|opening| self.state(masks, texts(opening).into_iter())).collect();
        let changed = Verdict::outdated(verdicts, &states);
        let compared: Vec<Vec<Comparison>> =
            changed.par_iter().evenly().map(|&at| comparisons(&openings[at])).collect();
        overlaps.count(self, masks, compared.par_iter().flat_map_iter(|all| all.iter().filter(|one| telling(one))));
        // A bit for each source that tells something; none at all if one of them is alike.
        let unlike = |comparisons: &Vec<Comparison>| {
            let mut unlike = 0;
            for (bit, comparison) in comparisons.iter().enumerate().filter(|(_, one)| telling(one)) {
                if !overlaps.are_unlike(comparison) {
                    return 0;
                }
                unlike |= 1 << bit;
            }
            unlike
        };
        let judged: Vec<u8> = compared.par_iter().map(unlike).collect();
        Verdict::renew(verdicts, &states, changed.into_iter().zip(judged));
        // What lies inside a quotation is no source of another.
        let mut quoted: FxHashMap<u32, Vec<Range<u32>>> = FxHashMap::default();
        let mut kept = Vec::new();
        for (opening, verdict) in openings.iter().zip(verdicts) {
            let place = opening.place;
            let sources = opening.sources.iter().take(SOURCES).enumerate();
            let sources = sources.filter(|(bit, _)| verdict.found >> bit & 1 == 1).map(|(_, source)| source);
            let is_quoted = |(source, tokens): &(u32, Range<u32>)| {
                quoted.get(source).is_some_and(|ranges| ranges.iter().any(|range| range.contains(&tokens.start)))
            };
            if let Some((source, tokens)) = { sources }.find(|source| !is_quoted(source)) {
                let line = self.texts[place.0 as usize].blocks.line(place.1 as usize);
                quoted.entry(place.0).or_default().push(line);
                kept.push(Quotation { place, source: *source, tokens: tokens.clone() });
            }
        }
        kept.sort_unstable_by_key(|quotation| quotation.place);
        kept
    }

    fn mark_quotations(&self, masks: &mut [Mask], quotations: &[Quotation]) {
        masks.par_iter_mut().zip(self.texts).enumerate().for_each_init(Vec::new, |words, (id, (mask, text))| {
            words.clear();
            words.resize(mask.lane, 0);
            let from = quotations.partition_point(|quotation| quotation.place.0 < id as u32);
            for quotation in quotations[from..].iter().take_while(|quotation| quotation.place.0 == id as u32) {
                bits::set(words, text.blocks.line(quotation.place.1 as usize));
            }
            for &line in self.prior.of(id as u32).map_or(&[][..], |hidden| &hidden.quoted) {
                bits::set(words, text.blocks.line(line as usize));
            }
            mask.replace(QUOTED, words, self.span);
        });
    }

    /// Returns the hashes of the blocks whose holders are otherwise unlike.
    fn frames(
        &self,
        masks: &mut [Mask],
        groups: &[Vec<Place>],
        level: Level,
        least: usize,
        verdicts: &mut [Verdict],
        overlaps: &mut Overlaps,
    ) -> FxHashSet<u64> {
        let masks = renewed(masks);
        // The votes of those whose state has changed; to find the holders of a group is most of the work for both.
        let outdated = |holders: &mut Vec<(u32, Range<u32>)>, (group, verdict): (&Vec<Place>, &Verdict)| {
            if group.len() < least {
                return None;
            }
            holders.clear();
            holders.extend(self.holders(masks, group, level));
            let state = self.state(masks, holders.iter().map(|(id, block)| (*id, block.start)));
            (verdict.state != state).then(|| (state, self.votes(masks, holders)))
        };
        let all = groups.par_iter().zip(&*verdicts).evenly().map_init(Vec::new, outdated).enumerate();
        let votes: Vec<(usize, u64, Vec<Comparison>)> =
            all.filter_map(|(at, outdated)| outdated.map(|(state, votes)| (at, state, votes))).collect();
        overlaps.count(self, masks, votes.par_iter().flat_map_iter(|(.., votes)| votes));
        let judged = self.judged(masks, votes.par_iter().map(|(.., votes)| &votes[..]), overlaps, |number| {
            let (at, ..) = votes[number];
            let holders = self.holders(masks, &groups[at], level);
            let side = |(id, block): (u32, Range<u32>)| {
                let least = least_rest(&block);
                Some(self.side(&masks[id as usize], id, [block])).filter(|side| side.rest >= least)
            };
            holders.filter_map(side).collect()
        });
        for ((at, state, _), is_frame) in votes.into_iter().zip(judged) {
            verdicts[at] = Verdict { state, found: u8::from(is_frame) };
        }
        let frames = groups.iter().zip(verdicts).filter(|(_, verdict)| verdict.found != 0);
        frames.map(|(group, _)| self.hash_of(group, level)).collect()
    }

    /// Returns for each of some ballots whether it tells of a frame. Their pairs are counted already.
    ///
    /// Where a ballot is split, it is asked how many articles its `sides`, which are looked up by its number, are of.
    fn judged<'v>(
        &self,
        masks: &[Mask],
        ballots: impl IndexedParallelIterator<Item = &'v [Comparison]>,
        overlaps: &mut Overlaps,
        sides: impl Fn(usize) -> Vec<Side> + Sync,
    ) -> Vec<bool> {
        let counted: Vec<(bool, bool)> = ballots
            .map(|votes| {
                let unlike = overlaps.unlike(votes);
                let is_frame = unlike as f64 > NEARLY_ALL * votes.len() as f64;
                (is_frame, !is_frame && unlike * 3 > votes.len())
            })
            .collect();
        let split: Vec<usize> = (0..counted.len()).filter(|&number| counted[number].1).collect();
        let mut judged: Vec<bool> = counted.into_iter().map(|(is_frame, _)| is_frame).collect();
        let pairs = |&number: &usize| -> Vec<Comparison> {
            let mut sides = sides(number);
            sides.truncate(HOLDERS);
            let of_one = |at: usize| sides[at + 1..].iter().map(move |other| (at, other));
            (0..sides.len()).flat_map(of_one).map(|(at, other)| sides[at].compared(other)).collect()
        };
        for split in split.chunks(SPLIT_AT_ONCE) {
            let pairs: Vec<Vec<Comparison>> = split.par_iter().evenly().map(&pairs).collect();
            overlaps.count(self, masks, pairs.par_iter().flatten_iter());
            let are_frames: Vec<bool> = pairs.par_iter().map(|pairs| overlaps.are_of_many_articles(pairs)).collect();
            for (&number, is_frame) in split.iter().zip(are_frames) {
                judged[number] = is_frame;
            }
        }
        judged
    }

    /// Returns the lines that may belong to a frame that is longer than what it frames.
    ///
    /// Of such pages the rest is alike whichever line is left out, for it is frame too. So all lines that the holders
    /// of a line have in common are left out at once. The same could be said of an article that was reposted; but a
    /// frame holds the edge of the page, and the line at the edge has no more holders than the others. Where some pages
    /// stand on another site too, it is the edge of those that have one in common. Where each page begins and ends with
    /// lines of its own, it is told by what it surrounds, or by being a menu beside articles, if many have it and much of each
    /// page is in it or in what more pages have. A menu that half of all pages have below a title each needs no more to be
    /// one. What half of the pages of one host have, each beside an article of its own, is told by that, be it on two pages
    /// and anywhere.
    fn edges(&self, groups: &[Vec<Place>]) -> Vec<Edge> {
        let holders: FxHashMap<u64, usize> =
            groups.iter().map(|group| (self.hash_of(group, Level::Line), group.len())).collect();
        let holders_of = |line: Option<&Block>| line.map_or(0, |line| holders.get(&line.hash).copied().unwrap_or(0));
        // For each text, how many hold its first line and its last.
        let of_edges: Vec<[usize; 2]> = self
            .texts
            .par_iter()
            .map(|text| [holders_of(text.blocks.lines.first()), holders_of(text.blocks.lines.last())])
            .collect();
        let of_classes = self.tokens_by_holders(&holders);
        let tokens_held_by = |text: u32, holders: usize| -> u32 {
            let least = class(holders).saturating_sub(1);
            let tokens = of_classes[text as usize].iter().filter(|(class, _)| *class >= least);
            tokens.map(|(_, tokens)| tokens).sum()
        };
        let is_heavy = |text: u32, holders: usize| {
            f64::from(tokens_held_by(text, holders)) >= HEAVY * f64::from(self.texts[text as usize].blocks.tokens)
        };
        let has_rest = |text: u32, holders: usize| {
            tokens_held_by(text, holders) + LEAST_REST <= self.texts[text as usize].blocks.tokens
        };
        // Lines that the same texts hold are judged as one: a page may have thousands of them.
        let side = |(at, group): (usize, &Vec<Place>)| {
            let mut texts: Vec<u32> = group.iter().map(|&(id, _)| id).collect();
            texts.dedup();
            let mut edges = texts.iter().take(EDGE_HOLDERS).flat_map(|&id| of_edges[id as usize]);
            let has_edge = edges.any(|holders| is_few(holders, group.len()));
            let is_half = self.are_half_of_a_host(&texts);
            let is_one = has_edge
                || texts.len() >= MANY_HOLDERS && texts[..2].iter().all(|&text| is_heavy(text, group.len()))
                || is_half;
            let (line, tokens) = self.block(group[0].0, group[0].1, Level::Line);
            let are_half = is_half || self.of_hosts.is_empty() && texts.len() * 2 >= self.texts.len();
            let is_wide = are_half && texts.len() >= HOLDERS && is_short(line, &tokens);
            (is_one || is_wide).then(|| {
                let hosts = if is_half { Hosts::Half } else { self.hosts_of(&texts) };
                if is_wide {
                    // Most may have nothing beside it; they would not say anything.
                    let rest = texts.iter().copied().filter(|&text| has_rest(text, group.len()));
                    let rest: Vec<u32> = rest.take(EDGE_HOLDERS).collect();
                    texts = if rest.len() < MANY_HOLDERS { texts } else { rest };
                }
                texts.truncate(EDGE_HOLDERS);
                texts.shrink_to_fit();
                Held { texts, of: group.len(), hosts, is_wide, group: at as u32 }
            })
        };
        let mut sides: Vec<Held> = groups.par_iter().enumerate().filter_map(side).collect();
        sides.par_sort_unstable();
        let lines = self.sorted_lines(sides.iter().flat_map(|held| &held.texts));
        let edge = |same: &[Held]| {
            let Held { texts, of, hosts, is_wide, group } = &same[0];
            let is_wide = *is_wide && same.len() * 2 >= ENDS;
            let is_half = *hosts == Hosts::Half;
            let may_be_edge = |&&id: &&u32| of_edges[id as usize].iter().any(|&holders| is_few(holders, *of));
            if !is_half && texts.len() < MANY_HOLDERS && texts.iter().filter(may_be_edge).count() < 2 {
                return None;
            }
            let common_to =
                |texts: &[u32]| common_lines(&texts.iter().map(|&id| &*lines[id as usize]).collect::<Vec<_>>());
            let mut common = common_to(texts);
            let is_edge = |line: Option<&Block>, holders: usize| {
                is_few(holders, *of) && line.is_some_and(|line| common.binary_search(&line.hash).is_ok())
            };
            let mut sides = texts.clone();
            sides.retain(|&id| {
                let lines = &self.texts[id as usize].blocks.lines;
                let [first, last] = of_edges[id as usize];
                is_edge(lines.first(), first) || is_edge(lines.last(), last)
            });
            if sides.len() < 2 {
                // Some may be elsewhere: the site of most of them has the edge, and the others say nothing of it.
                if let Some(of_edge) = self.of_one_edge(texts, &groups[*group as usize], &of_edges) {
                    common = common_to(&of_edge);
                    sides = of_edge;
                }
            }
            let has_edges = sides.len() >= 2;
            if !has_edges {
                sides.clone_from(texts);
            }
            let groups = same.iter().map(|held| held.group).collect();
            let (hosts, verdict) = (*hosts, Verdict::default());
            let is_any = has_edges || is_half || sides.len() >= MANY_HOLDERS;
            is_any.then(|| Edge {
                groups,
                sides: sides.into(),
                common: common.into(),
                has_edges,
                hosts,
                is_wide,
                verdict,
            })
        };
        let same: Vec<&[Held]> = sides.chunk_by(Held::goes_with).collect();
        same.into_par_iter().filter_map(edge).collect()
    }

    /// Returns whether some texts are of one host that is known, and are half of those of it that there are here: what few
    /// pages of a host have in common may as well be an article that stands there twice.
    fn are_half_of_a_host(&self, texts: &[u32]) -> bool {
        let host_of = |&id: &u32| self.texts[id as usize].host;
        let host = texts.first().map_or(0, host_of);
        // Each host that is known has been counted.
        host != 0 && texts.iter().all(|id| host_of(id) == host) && texts.len() * 2 >= self.of_hosts[&host]
    }

    /// Returns what the hosts of the texts that hold a line say of it, as far as their texts are here and where these are not
    /// half of one host.
    fn hosts_of(&self, texts: &[u32]) -> Hosts {
        let mut hosts: Vec<u64> = texts.iter().map(|&id| self.texts[id as usize].host).collect();
        hosts.sort_unstable();
        if hosts.first() == hosts.last() {
            return Hosts::Silent;
        }
        // Texts of hosts that say something, and of those that have the line as their frame.
        let (mut telling, mut framed) = (0, 0);
        for of_host in hosts.chunk_by(|a, b| a == b) {
            let all = self.of_hosts.get(&of_host[0]).copied().unwrap_or(1);
            telling += if all > 1 { of_host.len() } else { 0 };
            framed += if all > 1 && of_host.len() * 2 > all { of_host.len() } else { 0 };
        }
        match telling * 2 < texts.len() {
            true => Hosts::Silent,
            false if framed * 2 > telling => Hosts::Most,
            false => Hosts::Few,
        }
    }

    /// Returns those of the first `texts` of a group that have their first line or their last in common,
    /// [`MANY_HOLDERS`] or more, where nearly all that have it are of the group and [`OF_ONE_SITE`] of the group has it.
    fn of_one_edge(&self, texts: &[u32], group: &[Place], of_edges: &[[usize; 2]]) -> Option<Vec<u32>> {
        let edge = |id: u32, at: usize| {
            let lines = &self.texts[id as usize].blocks.lines;
            if at == 0 { lines.first() } else { lines.last() }.map(|line| line.hash)
        };
        let with = |id: u32, at: usize| texts.iter().copied().filter(move |&other| edge(other, at) == edge(id, at));
        let most = |at: usize| {
            let counted = texts.iter().map(|&id| (with(id, at).count(), id));
            counted
                .max_by_key(|&(count, id)| (count, std::cmp::Reverse(id)))
                .filter(|&(count, _)| count >= MANY_HOLDERS)
        };
        let is_of_site = |id: u32, at: usize| {
            let of_site = group.iter().filter(|place| edge(place.0, at) == edge(id, at)).count();
            of_site as f64 >= OF_ONE_SITE * group.len() as f64 && is_few(of_edges[id as usize][at], of_site)
        };
        [0, 1].into_iter().find_map(|at| {
            let (_, id) = most(at).filter(|&(_, id)| is_of_site(id, at))?;
            Some(with(id, at).collect())
        })
    }

    /// Returns for each text how many of its tokens stand in lines of many holders, by [`class`].
    fn tokens_by_holders(&self, holders: &FxHashMap<u64, usize>) -> Vec<Vec<(u32, u32)>> {
        let of_text = |text: &Text| {
            let mut classes: Vec<(u32, u32)> = Vec::new();
            for (at, line) in text.blocks.lines.iter().enumerate() {
                let Some(&holders) = holders.get(&line.hash).filter(|&&holders| holders >= MANY_HOLDERS) else {
                    continue;
                };
                let (class, tokens) = (class(holders), text.blocks.line(at).len() as u32);
                match classes.iter_mut().find(|(of, _)| *of == class) {
                    Some((_, sum)) => *sum += tokens,
                    None => classes.push((class, tokens)),
                }
            }
            classes
        };
        self.texts.par_iter().evenly().map(of_text).collect()
    }

    /// Returns the hashes of the lines of each text, sorted and each once; of those that are not `wanted` none.
    fn sorted_lines<'t>(&self, wanted: impl Iterator<Item = &'t u32>) -> Vec<Box<[u64]>> {
        let mut is_wanted = vec![false; self.texts.len()];
        wanted.for_each(|&id| is_wanted[id as usize] = true);
        let of_text = |(text, is_wanted): (&Text, bool)| {
            let lines = if is_wanted { &*text.blocks.lines } else { &[] };
            let mut hashes: Vec<u64> = lines.iter().map(|line| line.hash).collect();
            hashes.sort_unstable();
            hashes.dedup();
            hashes.into()
        };
        self.texts.par_iter().zip(is_wanted).evenly().map(of_text).collect()
    }

    /// Returns the hashes of the lines of long frames, beside those already `known` to be of a frame.
    fn long_frames(
        &self,
        masks: &[Mask],
        groups: &[Vec<Place>],
        known: &FxHashSet<u64>,
        edges: &mut [Edge],
        overlaps: &mut Overlaps,
    ) -> Vec<u64> {
        let hash = |&group: &u32| self.hash_of(&groups[group as usize], Level::Line);
        let states: Vec<u64> =
            edges.par_iter().map(|edge| self.state(masks, edge.sides.iter().map(|&id| (id, 0)))).collect();
        let is_open = |edge: &Edge, state: u64| {
            edge.verdict.state != state && edge.groups.iter().any(|group| !known.contains(&hash(group)))
        };
        let changed: Vec<bool> = edges.par_iter().zip(&states).map(|(edge, &state)| is_open(edge, state)).collect();
        let own = |(edge, &changed): (&Edge, &bool)| {
            let is_asked = changed && (edge.hosts == Hosts::Half || edge.are_few() || edge.may_be_menu());
            if is_asked { self.own(masks, edge) } else { Own::default() }
        };
        let owns: Vec<Own> = edges.par_iter().zip(&changed).map(own).collect();
        let votes: Vec<Vec<Comparison>> = edges
            .par_iter()
            .evenly()
            .zip(changed.par_iter().zip(&owns))
            .map(|(edge, (&changed, &own))| match changed {
                true => self.votes_without_common_lines(masks, edge, own),
                false => Vec::new(),
            })
            .collect();
        overlaps.count(self, masks, votes.par_iter().flatten_iter());
        let judged = self.judged(masks, votes.par_iter().map(|votes| &votes[..]), overlaps, |number| {
            let (edge, own) = (&edges[number], owns[number]);
            if edge.is_told(own) {
                // A third is enough for it, as it is judged below: nothing more is to be counted.
                return Vec::new();
            }
            let sides = edge.sides.iter().filter_map(|&id| self.framed(masks, id, edge, own));
            sides.filter(|side| side.rest >= LEAST_REST).collect()
        });
        // What two articles of a site have in common is its frame, however many copies it has of one of them.
        let are_two = |votes: &[Comparison]| overlaps.unlike(votes) * 3 > votes.len();
        for (number, (edge, is_frame)) in
            edges.iter_mut().zip(judged).enumerate().filter(|&(number, _)| changed[number])
        {
            let is_frame = is_frame || edge.is_told(owns[number]) && are_two(&votes[number]);
            edge.verdict = Verdict { state: states[number], found: u8::from(is_frame) };
        }
        // What pages of a site quote alike is no frame of it.
        let is_own = |group: &u32| self.holders(masks, &groups[*group as usize], Level::Line).take(2).count() == 2;
        let frames = edges.iter().filter(|edge| edge.verdict.found != 0);
        frames
            .flat_map(|edge| edge.groups.iter().filter(|group| edge.hosts != Hosts::Half || is_own(group)))
            .map(hash)
            .collect()
    }

    /// Returns what nearly all sides of an edge have of their own beside its common lines, at least.
    ///
    /// An article has a title: a short line, or the first line of the page if a short one follows. Neither above it nor right
    /// below it are there more paragraphs of others than it has itself. Two versions of an article have their title in common,
    /// or go on with what they have in common below a lead of their own; and what differs under an article that stands on a
    /// site twice are lists and comments.
    fn own(&self, masks: &[Mask], edge: &Edge) -> Own {
        let of_text = |id: u32| {
            let (mask, blocks) = (&masks[id as usize], self.texts[id as usize].blocks);
            let (mut own, mut above, mut below) = (0, 0, 0);
            let (mut has_title, mut has_begun) = (false, false);
            let is_above_short = || blocks.lines.get(1).is_some_and(|line| is_short(line, &blocks.line(1)));
            let is_long_title = |tokens: &Range<u32>| tokens.len() < LONG_TITLE && is_above_short();
            // Shorter lines since the last paragraph, and whether enough of them end what begins with a paragraph of its own.
            let (mut short, mut has_ended) = (0, false);
            for (at, line) in blocks.lines.iter().enumerate() {
                let tokens = blocks.line(at);
                let is_common = edge.common.binary_search(&line.hash).is_ok();
                if is_short(line, &tokens) || at == 0 && !is_common && is_long_title(&tokens) {
                    has_title |= !is_common;
                    short += 1;
                    has_ended |= short == APART;
                    continue;
                }
                short = 0;
                match is_common {
                    true if !has_begun => above += tokens.len() as u32,
                    true if !has_ended => below += tokens.len() as u32,
                    true => {}
                    false if !has_title => return Own::Nothing,
                    false => {
                        // What it quotes is not its own; what others have is in its way also where it is known to be frame.
                        own += mask.content_within(tokens, None);
                        (has_begun, has_ended) = (true, false);
                    }
                }
            }
            match own {
                _ if own < LEAST_REST.max(above) => Own::Nothing,
                _ if own < below => Own::Text,
                _ => Own::Article,
            }
        };
        let of_texts: Vec<Own> = edge.sides.iter().map(|&id| of_text(id)).collect();
        let has_most = |least: &Own| {
            of_texts.iter().filter(|own| *own >= least).count() as f64 >= OF_ONE_SITE * of_texts.len() as f64
        };
        [Own::Article, Own::Text].into_iter().find(has_most).unwrap_or_default()
    }

    fn votes_without_common_lines(&self, masks: &[Mask], edge: &Edge, own: Own) -> Vec<Comparison> {
        let sides: Vec<Option<Side>> = edge.sides.iter().map(|&id| self.framed(masks, id, edge, own)).collect();
        let count = sides.len();
        let rings = if count == 2 { 1 } else { count };
        (0..rings)
            .filter_map(|at| Some(sides[at]?.compared(&sides[(at + 1) % count]?)))
            .filter(|comparison| comparison.smaller >= LEAST_REST)
            .collect()
    }

    /// Returns what of a text lies outside of the common lines, where these may be its frame and not its article.
    ///
    /// Common lines that follow each other are one passage: what runs across their borders is common too. Of two or three
    /// texts, that may be copies of which every other line was edited, it speaks for what is outside; unless their host
    /// tells that it is a frame.
    fn framed(&self, masks: &[Mask], text: u32, edge: &Edge, own: Own) -> Option<Side> {
        let is_common = |hash: u64| edge.common.binary_search(&hash).is_ok();
        let (are_many, is_told) = (!edge.are_few(), edge.is_told(own));
        let (mask, blocks) = (&masks[text as usize], self.texts[text as usize].blocks);
        let mut passages: Vec<Range<u32>> = Vec::new();
        // Tokens of common lines before the first longer line that is not, and after it.
        let (mut before, mut after) = (0, 0);
        for (at, line) in blocks.lines.iter().enumerate() {
            let tokens = blocks.line(at);
            if is_common(line.hash) {
                after += tokens.len() as u32;
                match passages.last_mut().filter(|last| (are_many || is_told) && last.end == tokens.start) {
                    Some(last) => last.end = tokens.end,
                    None => passages.push(tokens),
                }
            } else if line.weight >= LEAST_QUOTATION && before == 0 {
                // All common lines so far stand before the rest; a page that begins with it has none.
                before = std::mem::take(&mut after).max(1);
            }
        }
        // Otherwise the article may be what is common, and the list below it what differs: of a few pages, or of pages that
        // end with lines of their own.
        // A list that was copied begins with its title, which is common, or with a paragraph about it.
        let has_own_title = || {
            let is_own = |line: &Block| !is_common(line.hash) && is_short(line, &blocks.line(0));
            blocks.lines.first().is_some_and(is_own)
        };
        let has_last_edge = || blocks.lines.last().is_some_and(|line| is_common(line.hash));
        let is_frame = edge.has_edges
            && (own > Own::Nothing && after >= before || are_many && (after >= before || has_last_edge()))
            || are_many && edge.hosts != Hosts::Few && is_inside(blocks, is_common)
            || own == Own::Article && edge.may_be_menu() && is_menu(blocks, is_common, edge.hosts == Hosts::Most)
            || edge.is_wide && has_own_title() && is_menu(blocks, is_common, true);
        (is_frame || is_told).then(|| self.side(mask, text, passages))
    }

    /// Returns how a text divides into some passages and the rest.
    fn side(&self, mask: &Mask, text: u32, passages: impl IntoIterator<Item = Range<u32>>) -> Side {
        let mut side = Side { text, rest: mask.content, within: 0 };
        for tokens in passages {
            let touched = mask.content_in(tokens.start.saturating_sub(self.span - 1)..tokens.end);
            side.rest = side.rest.saturating_sub(touched);
            side.within += mask.content_in(tokens.start..(tokens.end + 1).saturating_sub(self.span).max(tokens.start));
        }
        side
    }

    /// Returns the lines that are boilerplate by how they stand on their page, where the corpus does not tell.
    ///
    /// A list of texts that are cut off at one length is believed without more. Markup is believed where most of what it
    /// calls frame is not known from the corpus, and where no other page contradicts it: a line is content if pages that
    /// hold it are alike beside all such lines. A page that would keep no body is left as it is.
    fn by_page(&self, all: &Boilerplate, groups: &[Vec<Place>]) -> Vec<Place> {
        let hash = |&(id, line): &Place| self.texts[id as usize].blocks.lines[line as usize].hash;
        let is_framed = |&(id, line): &Place| self.texts[id as usize].blocks.framed.binary_search(&line).is_ok();
        let is_judged = |group: &&Vec<Place>| {
            let is_frame = all.lines.contains(&hash(&group[0]));
            let votes = || {
                let holders: Vec<_> = self.holders(&all.masks, group, Level::Line).collect();
                self.votes(&all.masks, &holders)
            };
            !is_frame && group.iter().any(is_framed) && !votes().is_empty()
        };
        let judged: Vec<&Vec<Place>> = groups.par_iter().evenly().filter(is_judged).collect();
        let content = self.alike_beside_markup(&all.masks, &judged);
        let content: FxHashSet<u64> = judged
            .iter()
            .zip(content)
            .filter(|(_, is_content)| *is_content)
            .map(|(group, _)| hash(&group[0]))
            .collect();
        (0..self.texts.len() as u32)
            .into_par_iter()
            .evenly()
            .filter(|&id| self.is_new(id))
            .flat_map_iter(|id| {
                let (mask, blocks) = (&all.masks[id as usize], self.texts[id as usize].blocks);
                let mut lines = self.listed(mask, id);
                let tokens = |lines: &[u32]| tokens_of(blocks, lines);
                let is_contradicted = |line: &u32| content.contains(&hash(&(id, *line)));
                let is_framed =
                    |line: &u32| is_open(mask, blocks, *line) && !is_contradicted(line) && !lines.contains(line);
                let framed: Vec<u32> = blocks.framed.iter().copied().filter(is_framed).collect();
                let is_told = f64::from(tokens(&framed)) < UNTOLD * f64::from(tokens(&blocks.framed));
                if !is_told && mask.content_tokens() >= tokens(&lines) + tokens(&framed) + SOLID {
                    lines.extend(framed);
                    lines.sort_unstable();
                }
                lines.into_iter().map(move |line| (id, line))
            })
            .collect()
    }

    /// Returns for each of some lines whether its holders are alike beside all that their markup calls frame, or have nothing
    /// beside it.
    fn alike_beside_markup(&self, masks: &[Mask], groups: &[&Vec<Place>]) -> Vec<bool> {
        let side = |(id, _): (u32, Range<u32>)| {
            let blocks = self.texts[id as usize].blocks;
            self.side(&masks[id as usize], id, merged(blocks.framed.iter().map(|&line| blocks.line(line as usize))))
        };
        let pairs = |group: &&Vec<Place>| -> Vec<Comparison> {
            let sides: Vec<Side> = self.holders(masks, group, Level::Line).map(side).collect();
            let pairs = sides.iter().zip(sides.iter().skip(1)).map(|(a, b)| a.compared(b));
            pairs.filter(|comparison| comparison.smaller >= LEAST_REST).collect()
        };
        let pairs: Vec<Vec<Comparison>> = groups.par_iter().evenly().map(pairs).collect();
        let mut overlaps = Overlaps { is_exact: true, ..Overlaps::default() };
        overlaps.count(self, masks, pairs.par_iter().flatten_iter());
        let is_alike = |pairs: &Vec<Comparison>| overlaps.unlike(pairs) as f64 <= NEARLY_ALL * pairs.len() as f64;
        pairs.iter().map(is_alike).collect()
    }

    /// Returns the lines of lists of openings on one page, if it keeps a body without them.
    fn listed(&self, mask: &Mask, id: u32) -> Vec<u32> {
        let blocks = self.texts[id as usize].blocks;
        let lines: Vec<u32> = blocks.listed.iter().copied().filter(|&line| is_open(mask, blocks, line)).collect();
        if mask.content_tokens() >= tokens_of(blocks, &lines) + SOLID { lines } else { Vec::new() }
    }

    fn mark_by_page(&self, all: &mut Boilerplate) {
        for of_page in all.by_page.chunk_by(|a, b| a.0 == b.0) {
            let id = of_page[0].0 as usize;
            for &(_, line) in of_page {
                bits::set(all.masks[id].lane_mut(SENTENCE), self.texts[id].blocks.line(line as usize));
            }
            all.masks[id].refresh(self.span);
        }
    }

    /// Returns the hash that all places of a group share.
    fn hash_of(&self, group: &[Place], level: Level) -> u64 {
        self.block(group[0].0, group[0].1, level).0.hash
    }

    fn block(&self, id: u32, at: u32, level: Level) -> (&'a Block, Range<u32>) {
        let blocks = self.texts[id as usize].blocks;
        match level {
            Level::Line => (&blocks.lines[at as usize], blocks.line(at as usize)),
            Level::Sentence => (&blocks.sentences[at as usize], blocks.sentence(at as usize)),
        }
    }

    /// Returns the first holders of a block that tell something about it, and where they have it.
    fn holders<'s>(
        &'s self,
        masks: &'s [Mask],
        group: &'s [Place],
        level: Level,
    ) -> impl Iterator<Item = (u32, Range<u32>)> + 's {
        let mut last = None;
        let telling = move |&(id, at): &Place| {
            let block = self.block(id, at, level).1;
            let (mask, start) = (&masks[id as usize], block.start);
            // A holder that quotes the block, or holds it within a frame, tells nothing about the block itself.
            let is_masked =
                bits::get(mask.lane(QUOTED), start) || level == Level::Sentence && bits::get(mask.lane(FRAME), start);
            (!is_masked && last.replace(id) != Some(id)).then_some((id, block))
        };
        group.iter().filter_map(telling).take(HOLDERS)
    }

    /// Returns a number that stays the same as long as some blocks would be judged alike.
    fn state(&self, masks: &[Mask], places: impl Iterator<Item = (u32, u32)>) -> u64 {
        let mut hasher = FxHasher::default();
        for (id, at) in places {
            (id, at, masks[id as usize].version).hash(&mut hasher);
        }
        // 0 is the state of what was never judged.
        hasher.finish() | 1
    }

    /// Returns the comparisons that tell what a block is: of its first holders, each with the next, and of a few
    /// each with two others.
    fn votes(&self, masks: &[Mask], holders: &[(u32, Range<u32>)]) -> Vec<Comparison> {
        let count = holders.len();
        let steps: &[usize] = match count {
            0 | 1 => &[],
            // A ring of two has one pair.
            2 | 3 => &[1],
            4..=8 => &[1, 3],
            _ => &[1],
        };
        let pairs = steps.iter().flat_map(|step| (0..count).map(move |at| (at, (at + step) % count)));
        pairs
            .take(if count == 2 { 1 } else { usize::MAX })
            .map(|(a, b)| {
                let (a, b) = (&holders[a], &holders[b]);
                (least_rest(&a.1), self.comparison(masks, (a.0, &a.1), (b.0, &b.1)))
            })
            .filter(|(least, comparison)| comparison.smaller >= *least)
            .map(|(_, comparison)| comparison)
            .collect()
    }

    /// Marks frames of a level, given those blocks of each text that may be one.
    fn mark(&self, masks: &mut [Mask], frames: &FxHashSet<u64>, open: &Open, level: Level) {
        let lane = if level == Level::Line { FRAME } else { SENTENCE };
        let are_frames: Vec<bool> = open.judged.par_iter().map(|hash| frames.contains(hash)).collect();
        // What is not judged is known.
        let is_frame = |group: u32| are_frames.get(group as usize).is_none_or(|&is_frame| is_frame);
        masks.par_iter_mut().zip(self.texts).enumerate().for_each_init(Vec::new, |words, (id, (mask, text))| {
            words.clear();
            words.resize(mask.lane, 0);
            for &(at, group) in &*open.blocks[id] {
                if is_frame(group) {
                    bits::set(words, self.block(id as u32, at, level).1);
                }
            }
            if let Some(hidden) = self.prior.of(id as u32).filter(|_| level == Level::Sentence) {
                for &line in &hidden.by_page {
                    bits::set(words, text.blocks.line(line as usize));
                }
            }
            mask.replace(lane, words, self.span);
        });
    }

    /// Returns the blocks that may be frame: those that are judged, and those that are known to be.
    fn open_blocks(&self, groups: &[Vec<Place>], level: Level) -> Open {
        let judged: Vec<u64> = groups.iter().map(|group| self.hash_of(group, level)).collect();
        let numbers: FxHashMap<u64, u32> = judged.iter().copied().zip(0..).collect();
        let number = |block: &Block| {
            if self.known.holds(block.hash, level) { Some(u32::MAX) } else { numbers.get(&block.hash).copied() }
        };
        let of_text = |text: &Text| {
            let blocks = (0..).zip(blocks_of(text, level));
            blocks.filter_map(|(at, block)| Some((at, number(block)?))).collect()
        };
        Open { judged, blocks: self.texts.par_iter().evenly().map(of_text).collect() }
    }

    /// Judges sentences beside all that was judged before, and marks those that are frame.
    fn judge_sentences(&self, all: &mut Boilerplate, overlaps: &mut Overlaps) {
        let of_new = self.sentences_of_new();
        let is_of_new = |hash: u64| of_new.as_ref().is_none_or(|of_new| of_new.contains(&hash));
        let groups = passage::repeated(self.texts, |text| &text.blocks.sentences, 2, is_of_new);
        let level = Level::Sentence;
        let groups = self.open(Cow::Owned(groups), level);
        let open = self.open_blocks(&groups, level);
        let mut verdicts = vec![Verdict::default(); groups.len()];
        all.sentences = self.frames(&mut all.masks, &groups, level, 2, &mut verdicts, overlaps);
        self.mark(&mut all.masks, &all.sentences, &open, level);
        let patterns = self.patterns(all, &groups);
        if !patterns.is_empty() {
            all.sentences.retain(|sentence| !patterns.contains(sentence));
            self.mark(&mut all.masks, &all.sentences, &open, level);
        }
    }

    /// Returns the hashes of the sentences taken for frame of which no two of the first holders keep a body beside frames and
    /// quotations.
    ///
    /// So it is with a table whose rows are alike but for their numbers: for want of anything else what is unlike beside one
    /// row are the others. A sentence that has such tables alone beside it is shown again with their rows.
    fn patterns(&self, all: &Boilerplate, groups: &[Vec<Place>]) -> FxHashSet<u64> {
        let hash = |group: &Vec<Place>| self.hash_of(group, Level::Sentence);
        let has_body = |&(id, _): &(u32, Range<u32>)| all.masks[id as usize].content >= LEAST_REST;
        let bodies =
            |group: &Vec<Place>| self.holders(&all.masks, group, Level::Sentence).filter(has_body).take(2).count();
        let is_pattern = |group: &&Vec<Place>| all.sentences.contains(&hash(group)) && bodies(group) < 2;
        groups.par_iter().evenly().filter(is_pattern).map(hash).collect()
    }

    /// Gives a page without a body of its own its longest quotation back: it is a copy, not a page that quotes.
    fn keep_bodies(&self, all: &mut Boilerplate) {
        for (id, mask) in (0..).zip(&mut all.masks) {
            mask.bodies.clear();
            mask.bodies.extend(self.prior.of(id).map_or(&[][..], |hidden| &hidden.bodies));
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

    /// Returns what is to be compared of two texts outside of a block each that is the same in both.
    fn comparison(&self, masks: &[Mask], (a, in_a): (u32, &Range<u32>), (b, in_b): (u32, &Range<u32>)) -> Comparison {
        let rest = |id: u32, block: &Range<u32>| {
            let mask = &masks[id as usize];
            // The seeds that touch the block.
            mask.content - mask.content_in(block.start.saturating_sub(self.span - 1)..block.end)
        };
        // The seeds that lie wholly in the block; those across its borders are of both texts by chance only.
        let within = masks[a as usize].content_in(in_a.start..in_a.end.saturating_sub(self.span - 1).max(in_a.start));
        Comparison { pair: (a.min(b), a.max(b)), smaller: rest(a, in_a).min(rest(b, in_b)), within }
    }

    /// Returns what is to be compared of two texts outside of some passages that are the same in both.
    fn comparison_without(&self, masks: &[Mask], (a, b): (u32, u32), passages: &[Vec<Range<u32>>; 2]) -> Comparison {
        let pair = (a.min(b), a.max(b));
        let [first, second] = [(pair.0, &passages[0]), (pair.1, &passages[1])].map(|(id, passages)| {
            let mask = &masks[id as usize];
            let passages = merged(passages.iter().cloned());
            let touched = merged(passages.iter().map(|range| range.start.saturating_sub(self.span - 1)..range.end));
            let inner =
                passages.iter().map(|range| range.start..range.end.saturating_sub(self.span - 1).max(range.start));
            let seeds =
                |ranges: &mut dyn Iterator<Item = Range<u32>>| ranges.map(|range| mask.content_in(range)).sum::<u32>();
            (mask.content - seeds(&mut touched.into_iter()), seeds(&mut inner.into_iter()))
        });
        Comparison { pair, smaller: first.0.min(second.0), within: first.1.max(second.1) }
    }
}

fn blocks_of<'a>(text: &Text<'a>, level: Level) -> &'a [Block] {
    match level {
        Level::Line => &text.blocks.lines,
        Level::Sentence => &text.blocks.sentences,
    }
}

/// Returns how many seeds the rest of a text must have to say something of a block.
fn least_rest(block: &Range<u32>) -> u32 {
    LEAST_REST.max((OF_BLOCK * block.len() as f64) as u32)
}

/// Returns a number for how many texts hold a line, four for each doubling: that of a seventh more is at most one more.
fn class(holders: usize) -> u32 {
    let octave = holders.max(1).ilog2();
    octave * 4 + (holders << 2 >> octave) as u32 % 4
}

/// Returns whether what is a page's own stands nearly all in one piece, with a good part of what is common on either side: as
/// an article stands in a frame, and not as the frames of many sites around one article.
fn is_inside(blocks: &Blocks, is_common: impl Fn(u64) -> bool) -> bool {
    // Tokens of passages by turns, common ones at even places.
    let mut passages: Vec<u32> = vec![0];
    for (at, line) in blocks.lines.iter().enumerate() {
        let is_in_common = passages.len() % 2 == 1;
        if is_common(line.hash) != is_in_common {
            passages.push(0);
        }
        if let Some(last) = passages.last_mut() {
            *last += blocks.line(at).len() as u32;
        }
    }
    let common: u32 = passages.iter().step_by(2).sum();
    let own: u32 = passages.iter().skip(1).step_by(2).sum();
    let least = BESIDE * f64::from(common);
    let (mut before, mut piece) = (0, 0);
    passages.iter().enumerate().any(|(at, &tokens)| {
        if at % 2 == 0 {
            before += tokens;
            // Pieces between which little is common are one.
            piece = if f64::from(tokens) * 2.0 >= least { 0 } else { piece };
            return false;
        }
        piece += tokens;
        let beside = before.min(common - before);
        f64::from(piece) >= IN_ONE_PIECE * f64::from(own) && f64::from(beside) >= least
    })
}

/// Returns whether a line is no paragraph, but a title, an entry of a list or a menu.
fn is_short(line: &Block, tokens: &Range<u32>) -> bool {
    tokens.len() < PARAGRAPH || line.weight < LEAST_QUOTATION
}

/// Returns whether what is common is a menu: half of it or more stands in short lines, and at one end of the page, below its
/// title or at its foot, half of the lines are common. Where it is not `known` that it is no list that was copied, nearly all
/// lines of one end must be, and some of the other, so that it is not one piece.
fn is_menu(blocks: &Blocks, is_common: impl Fn(u64) -> bool, known: bool) -> bool {
    let lines = &blocks.lines;
    if lines.len() <= 2 * ENDS {
        return false;
    }
    let common = |end: &[Block]| end.iter().filter(|line| is_common(line.hash)).count();
    let (top, foot) = (common(&lines[1..=ENDS]), common(&lines[lines.len() - ENDS..]));
    let (more, fewer) = (top.max(foot), top.min(foot));
    let is_at_end = if known { more * 2 >= ENDS } else { more + 1 >= ENDS && fewer * 4 >= ENDS };
    if !is_at_end {
        return false;
    }
    let (mut short, mut long) = (0, 0);
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| is_common(line.hash)) {
        let tokens = blocks.line(at);
        match is_short(line, &tokens) {
            true => short += tokens.len(),
            false => long += tokens.len(),
        }
    }
    short >= long
}

/// Returns whether a line is not yet judged.
fn is_open(mask: &Mask, blocks: &Blocks, line: u32) -> bool {
    let tokens = blocks.line(line as usize);
    mask.hidden(tokens.clone()) * 2 <= tokens.len() as u32 && !mask.bodies.contains(&line)
}

fn tokens_of(blocks: &Blocks, lines: &[u32]) -> u32 {
    lines.iter().map(|&line| blocks.line(line as usize).len() as u32).sum()
}

/// Returns ranges that overlap nowhere and cover the same, rising.
fn merged(ranges: impl IntoIterator<Item = Range<u32>>) -> Vec<Range<u32>> {
    let mut ranges: Vec<Range<u32>> = ranges.into_iter().collect();
    ranges.sort_unstable_by_key(|range| range.start);
    ranges.dedup_by(|next, last| {
        let overlap = next.start <= last.end;
        if overlap {
            last.end = last.end.max(next.end);
        }
        overlap
    });
    ranges
}

/// What was judged of a block the last time, and of which state of its holders.
#[derive(Clone, Copy, Debug, Default)]
struct Verdict {
    state: u64,
    /// Whether it is a frame; of a quotation a bit for each source that is unlike.
    found: u8,
}

impl Verdict {
    /// Returns the numbers of the verdicts whose state has changed.
    fn outdated(verdicts: &[Self], states: &[u64]) -> Vec<usize> {
        (0..states.len()).filter(|&at| verdicts[at].state != states[at]).collect()
    }

    fn renew(verdicts: &mut [Self], states: &[u64], judged: impl Iterator<Item = (usize, u8)>) {
        for (at, found) in judged {
            verdicts[at] = Self { state: states[at], found };
        }
    }
}

/// Lines or sentences that may be frame.
struct Open {
    /// The hashes of those that are judged.
    judged: Vec<u64>,
    /// For each text where they stand, and their number among those that are judged; one beyond them for what is known.
    blocks: Vec<Box<[(u32, u32)]>>,
}

/// Returns whether a line at the edge of a page has hardly more holders than another one.
fn is_few(holders: usize, of: usize) -> bool {
    holders > 0 && holders * 4 <= of * 5
}

/// A line that may belong to a frame which is longer than what it frames.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Held {
    /// The first texts that hold it.
    texts: Vec<u32>,
    /// How many places hold it in all.
    of: usize,
    hosts: Hosts,
    /// Whether it is a short line that half of all pages have.
    is_wide: bool,
    /// The number of its group of places.
    group: u32,
}

impl Held {
    /// Returns whether another line is held by the same texts.
    fn goes_with(&self, other: &Self) -> bool {
        (&self.texts, self.of, self.hosts, self.is_wide) == (&other.texts, other.of, other.hosts, other.is_wide)
    }
}

/// Lines of the same texts that may belong to a frame which is longer than what it frames.
#[derive(Debug)]
struct Edge {
    /// The numbers of their groups of places.
    groups: Box<[u32]>,
    /// The first holders that have a common line at an edge; all first holders where fewer than two have one.
    sides: Box<[u32]>,
    /// The hashes of the lines that nearly all holders have, sorted.
    common: Box<[u64]>,
    /// Whether there are two sides or more that have a common line at an edge.
    has_edges: bool,
    /// What the hosts of those that hold them say.
    hosts: Hosts,
    /// Whether they are several short lines that half of all pages have.
    is_wide: bool,
    verdict: Verdict,
}

impl Edge {
    /// Returns whether two or three texts are all that show it.
    fn are_few(&self) -> bool {
        self.sides.len() < MANY_HOLDERS
    }

    /// Returns whether it may be a menu: several hosts say so, or none says that it is not and as many texts show it as are
    /// asked. What one host says needs no menu.
    fn may_be_menu(&self) -> bool {
        match self.hosts {
            Hosts::Few | Hosts::Half => false,
            Hosts::Silent => self.sides.len() >= EDGE_HOLDERS,
            Hosts::Most => !self.are_few(),
        }
    }

    /// Returns whether the host of its texts tells that it is a frame, if they are unlike beside it.
    fn is_told(&self, own: Own) -> bool {
        self.hosts == Hosts::Half && own == Own::Article
    }
}

/// What the hosts of the texts that hold a line say of it. The order means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Hosts {
    /// Nothing: those of most texts are not known or have no other text, or all are of one host, of which more do not have it.
    Silent,
    /// It is on several hosts, most of which have it on half of their texts or fewer, as copies of an article are.
    Few,
    /// It is on several hosts, most of which have it on more than half of their texts.
    Most,
    /// Half of the texts of one host have it, or more: a frame of two pages is on no more where there are four.
    Half,
}

/// What texts have of their own beside lines that they have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Own {
    /// Lists, comments, or the changes of a version.
    #[default]
    Nothing,
    /// Paragraphs below a title; what they have in common goes on right below them and is longer.
    Text,
    /// The same, and nothing longer goes on below.
    Article,
}

/// One of two texts that are to be compared.
#[derive(Clone, Copy)]
struct Side {
    text: u32,
    /// Seeds of content that touch nothing of what is the same in both.
    rest: u32,
    /// Seeds of content within that.
    within: u32,
}

impl Side {
    fn compared(&self, other: &Self) -> Comparison {
        Comparison {
            pair: (self.text.min(other.text), self.text.max(other.text)),
            smaller: self.rest.min(other.rest),
            within: self.within.max(other.within),
        }
    }
}

/// What is to be compared of two texts.
#[derive(Clone, Copy)]
struct Comparison {
    /// The smaller number first.
    pair: (u32, u32),
    /// Seeds of content outside of the block, in the text with fewer.
    smaller: u32,
    /// Seeds of content in the block.
    within: u32,
}

/// Seeds of all texts, those of some texts in one piece: with a piece for each of them half as much memory again was held
/// by what lay between the pieces.
struct Samples {
    /// The seeds of so many texts, and where those of each text end.
    parts: Vec<(Box<[Seed]>, Vec<usize>)>,
}

impl Samples {
    /// Texts whose seeds are in one piece.
    const PART: u32 = 64;

    /// Returns what `append` adds for each text.
    fn of(texts: usize, append: impl Fn(u32, &mut Vec<Seed>) + Sync) -> Self {
        let texts = texts as u32;
        let part = |part: u32| {
            let (mut all, first) = (Vec::new(), part * Self::PART);
            let texts = first..texts.min(first + Self::PART);
            let mut add = |text| {
                append(text, &mut all);
                all.len()
            };
            let ends = texts.map(&mut add).collect();
            (all.into_boxed_slice(), ends)
        };
        Self { parts: (0..texts.div_ceil(Self::PART)).into_par_iter().map(part).collect() }
    }

    fn of_text(&self, text: u32) -> &[Seed] {
        let (all, ends) = &self.parts[(text / Self::PART) as usize];
        let at = (text % Self::PART) as usize;
        let from = if at == 0 { 0 } else { ends[at - 1] };
        &all[from..ends[at]]
    }
}

/// How many seeds of content pairs of texts share, counted once for each state of their masks.
#[derive(Default)]
struct Overlaps {
    counts: FxHashMap<(u32, u32), Overlap>,
    /// Whether all seeds are counted, however many there are.
    is_exact: bool,
}

/// How many seeds of content two texts share.
///
/// Eight bytes: there are twenty to sixty of them for each page.
#[derive(Clone, Copy)]
struct Overlap {
    /// Estimated from the seeds that are left after so many halvings.
    shared: u32,
    halvings: u8,
    /// Low bits of the versions of their masks when they were counted: there are two or three a pass.
    versions: (u8, u8),
}

impl Overlaps {
    /// Counts the pairs of some comparisons that were not counted before, or of which a mask has changed.
    fn count<'c>(
        &mut self,
        judge: &Judge,
        masks: &[Mask],
        comparisons: impl ParallelIterator<Item = &'c Comparison> + Clone,
    ) {
        // Counts are known by the versions of masks, so these are renewed before a second time.
        debug_assert!(self.counts.is_empty() || !masks.iter().any(Mask::has_changed), "versions are of now");
        let version = |text: u32| masks[text as usize].version as u8;
        let versions = |pair: (u32, u32)| (version(pair.0), version(pair.1));
        let overlap =
            |pair, shared, halvings: u32| Overlap { shared, halvings: halvings as u8, versions: versions(pair) };
        let is_new = |pair: &(u32, u32)| self.counts.get(pair).is_none_or(|known| known.versions != versions(*pair));
        let new: Vec<(u32, u32)> = comparisons.clone().map(|one| one.pair).filter(is_new).collect();
        let is_exact = self.is_exact;
        let halvings = |pair: (u32, u32)| {
            let smaller = masks[pair.0 as usize].content.min(masks[pair.1 as usize].content);
            if is_exact { 0 } else { (smaller / SAMPLED).max(1).ilog2().min(MOST_HALVINGS) }
        };
        let mut keep = |pair, shared, halvings| {
            self.counts.insert(pair, overlap(pair, shared, halvings));
        };
        judge.shared(masks, new, halvings, &mut keep);
        let unclear = comparisons.filter(|one| !self.is_clear(one)).map(|one| one.pair).collect();
        judge.shared(
            masks,
            unclear,
            |_| 0,
            |pair, shared, halvings| {
                self.counts.insert(pair, overlap(pair, shared, halvings));
            },
        );
    }

    /// Returns whether a sample is surely right about whether two texts are unlike.
    fn is_clear(&self, comparison: &Comparison) -> bool {
        let Overlap { shared, halvings, .. } = self.counts[&comparison.pair];
        let (shared, rate) = (f64::from(shared), f64::from(1_u32 << halvings));
        let deviation = ((rate - 1.0) * (shared + rate)).sqrt();
        let off = shared - f64::from(comparison.within) - UNLIKE * f64::from(comparison.smaller);
        halvings == 0 || off.abs() > SURE * deviation
    }

    /// Returns how many of some counted pairs are unlike.
    fn unlike(&self, comparisons: &[Comparison]) -> usize {
        comparisons.iter().filter(|comparison| self.are_unlike(comparison)).count()
    }

    /// Returns whether some texts, all pairs of which are counted, are of many articles: more than a third as many as they are
    /// themselves. Texts of one article are alike; one text in eight at most is like those of two (a splice), and of the other
    /// pairs of two articles one in ten at most has more in common than strangers have.
    fn are_of_many_articles(&self, pairs: &[Comparison]) -> bool {
        let mut texts: Vec<u32> = pairs.iter().flat_map(|comparison| [comparison.pair.0, comparison.pair.1]).collect();
        texts.sort_unstable();
        texts.dedup();
        let place = |text: u32| texts.binary_search(&text).unwrap_or_default();
        // A bit for each text that one is like, and for those that it has anything in common with.
        let (mut like, mut near) = (vec![0_u64; texts.len()], vec![0_u64; texts.len()]);
        for comparison in pairs {
            let (a, b) = (place(comparison.pair.0), place(comparison.pair.1));
            let (is_like, is_near) = (!self.are_unlike(comparison), self.share(comparison) >= STRANGE);
            for (one, other) in [(a, b), (b, a)] {
                like[one] |= u64::from(is_like) << other;
                near[one] |= u64::from(is_near) << other;
            }
        }
        // One for each article, those first that are like the fewest.
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&at| like[at].count_ones());
        let mut first = 0_u64;
        for at in order {
            first |= u64::from(like[at] & first == 0) << at;
        }
        let articles = first.count_ones() as usize;
        let of_several = (0..texts.len()).filter(|&at| (like[at] & first).count_ones() > 1);
        let of_several: u64 = of_several.map(|at| 1 << at).sum();
        // Pairs of different articles, and how many of them have something in common all the same.
        let article = |at: usize| if first >> at & 1 == 1 { 1 << at } else { like[at] & first };
        let of_one = |&at: &usize| of_several >> at & 1 == 0;
        let (mut different, mut common) = (0, 0);
        for a in (0..texts.len()).filter(of_one) {
            for b in (a + 1..texts.len()).filter(of_one).filter(|&b| article(a) != article(b)) {
                different += 1;
                common += near[a] >> b & 1;
            }
        }
        let are_clear = of_several.count_ones() as usize * 8 <= texts.len() && common * 10 <= different;
        articles >= MANY_HOLDERS && articles * 3 > texts.len() && are_clear
    }

    /// Returns whether the two texts of a counted pair are unlike outside of the block.
    fn are_unlike(&self, comparison: &Comparison) -> bool {
        self.share(comparison) < UNLIKE
    }

    /// Returns which share of the smaller rest the two texts of a counted pair have in common.
    fn share(&self, comparison: &Comparison) -> f64 {
        let shared = self.counts[&comparison.pair].shared.saturating_sub(comparison.within);
        f64::from(shared) / f64::from(comparison.smaller.max(1))
    }
}

/// Returns what nearly all of some sorted lists hold, sorted. A long list beside a short one is only searched.
fn common_lines(lists: &[&[u64]]) -> Vec<u64> {
    let is_common = |holders: usize| holders as f64 > NEARLY_ALL * lists.len() as f64;
    let fewest = (1..=lists.len()).find(|&holders| is_common(holders)).unwrap_or(lists.len());
    let mut by_length: Vec<&[u64]> = lists.to_vec();
    by_length.sort_by_key(|list| list.len());
    // What so many hold is in one of the shortest lists, of which the others are too few.
    let mut common: Vec<u64> = by_length[..lists.len() + 1 - fewest].concat();
    common.sort_unstable();
    common.dedup();
    common.retain(|hash| is_common(lists.iter().filter(|list| list.binary_search(hash).is_ok()).count()));
    common
}

/// Returns whether a seed is in the sample after so many halvings: nested samples of one in 1, 2, 4 and so on.
#[inline]
fn is_left(seed: Seed, halvings: u32) -> bool {
    seed <= Seed::MAX >> halvings
}

/// Puts the seeds that are `first` before the others, and returns how many they are.
fn partition(seeds: &mut [Seed], first: impl Fn(Seed) -> bool) -> usize {
    let mut count = 0;
    for at in 0..seeds.len() {
        let is_first = first(seeds[at]);
        seeds.swap(at, count);
        count += usize::from(is_first);
    }
    count
}

/// Returns those of some seeds that are in the sample after so many halvings; they stand first.
fn sample(seeds: &[Seed], halvings: u32) -> &[Seed] {
    &seeds[..seeds.partition_point(|&seed| is_left(seed, halvings))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nearly_all_of_some_lists_hold_is_common_to_them() {
        let all: Vec<u64> = (0..90).collect();
        // Each list lacks some numbers that no other lacks.
        let without = |list: u64| -> Vec<u64> { all.iter().copied().filter(|n| n % 9 != list).collect() };
        for count in 1..=8 {
            let lists: Vec<Vec<u64>> = (0..count).map(without).collect();
            let lists: Vec<&[u64]> = lists.iter().map(Vec::as_slice).collect();
            let expected: Vec<u64> = all.iter().copied().filter(|n| n % 9 >= count || count > 5).collect();
            assert_eq!(common_lines(&lists), expected, "{count} lists");
        }
        assert_eq!(common_lines(&[&all, &[7, 80, 91]]), [7, 80]);
        assert_eq!(common_lines(&[&[], &all]), [0; 0]);
    }

    #[test]
    fn hosts_tell_a_frame_by_how_many_of_their_texts_have_it() {
        let (known, prior) = (Known::default(), Prior::default());
        let blocks = Blocks::default();
        // Four texts each of hosts 1 and 2, twenty of host 3, one each of 4 to 9, and two of no host.
        let of_hosts = [[1; 4], [2; 4], [3; 4], [3; 4], [3; 4], [3; 4], [3; 4]].concat();
        let hosts: Vec<u64> = of_hosts.into_iter().chain([4, 5, 6, 7, 8, 9, 0, 0]).collect();
        let texts: Vec<Text> = hosts.iter().map(|&host| Text { shingles: &[], blocks: &blocks, host }).collect();
        let judge = Judge::new(&texts, 2, &known, &prior);
        let told = |texts: &[u32]| judge.hosts_of(texts);
        assert!(judge.are_half_of_a_host(&[0, 1]) && !judge.are_half_of_a_host(&[0, 4]));
        assert_eq!(told(&[8, 9, 10]), Hosts::Silent, "three of twenty");
        assert_eq!(told(&[0, 1, 2, 4, 5, 6]), Hosts::Most);
        assert_eq!(told(&[0, 1, 4, 5]), Hosts::Few, "half of each");
        assert_eq!(told(&[0, 1, 2, 4, 5, 6, 8]), Hosts::Most, "and one of twenty");
        assert_eq!(told(&[0, 4, 8, 34]), Hosts::Few, "and one of no host");
        assert_eq!(told(&[28, 29, 30, 31]), Hosts::Silent, "no other texts");
        assert_eq!(told(&[0, 28, 29, 34]), Hosts::Silent, "one of four");
        assert_eq!(told(&[34, 35]), Hosts::Silent, "no hosts");
    }

    #[test]
    fn a_line_that_is_hidden_and_shown_again_leaves_a_text_as_it_was() {
        let shingles: Vec<Shingle> = (0..200).collect();
        let blocks = Blocks { tokens: 201, ..Blocks::default() };
        let mut mask = Mask::new(&Text { shingles: &shingles, blocks: &blocks, host: 0 }, 2);
        let mut words = vec![0; mask.lane];
        bits::set(&mut words, 40..90);
        mask.replace(SENTENCE, &words, 3);
        assert_eq!((mask.content, mask.version), (199 - 52, 0));
        mask.replace(SENTENCE, &vec![0; mask.lane], 3);
        mask.renew_version();
        assert_eq!((mask.content, mask.version), (199, 0));
        mask.replace(QUOTED, &words, 3);
        mask.renew_version();
        mask.renew_version();
        assert_eq!(mask.version, 1);
    }
}
