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
//! [`Mask`] says what of one text is hidden; `overlaps` counts what pairs of texts share beside a block; `edges` has the
//! frames that are longer than what they frame. What is left here are the passes, and quotations and frames one by one.
//!
//! Prior art: Fetterly, Manasse, Najork (SIGIR 2005) and Bar-Yossef, Rajagopalan (WWW 2002) count a block's pages,
//! passim's `pboiler` compares pages of one series. The test of what remains is this project's.

mod edges;
mod mask;
mod overlaps;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::ops::Range;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use serde::{Deserialize, Serialize};

pub use self::mask::Mask;
use self::mask::{FRAME, QUOTED, SENTENCE, renewed};
use self::overlaps::{Comparison, Overlaps};
use crate::block::{Block, Blocks};
use crate::dictionary::{Known, Level};
use crate::evenly::Evenly;
use crate::passage::{self, Among, Passages, Place, Text};
use crate::seed::{self, bits};

/// Passes over quotations and lines. In 1,144 small batches of one site each, three joined 16 pairs of strangers and four 9.
const PASSES: usize = 4;

/// Two pages are otherwise unlike if they share less than this of the smaller rest.
const UNLIKE: f64 = 0.3;

/// Share of pairs of holders that must be otherwise unlike. At .6 short articles with many copies were called frame. Where fewer
/// are, but more than a third, it is asked of how many articles the holders are.
const NEARLY_ALL: f64 = 0.8;

/// Holders of a block that are compared. With eight an English article with many copies was taken for frame.
const HOLDERS: usize = 16;

/// Holders of a line from which on they are enough to tell what it is.
const MANY_HOLDERS: usize = 4;

/// Lines whose holders split that are judged at once: some 30 MB of pairs.
const SPLIT_AT_ONCE: usize = 8192;

/// Seeds a rest must have to say anything, and how many for each token of the block: beside an article in one line a list
/// of openings that is little longer tells nothing. With one a small corpus lost a quarter of its reposts; from 1.25 to 2
/// hardly anything changes.
const LEAST_REST: u32 = 40;
const OF_BLOCK: f64 = 1.5;

/// Characters a line must have to be a quotation.
const LEAST_QUOTATION: u32 = 40;

/// Sources of a quotation that are compared.
const SOURCES: usize = 8;

/// Seeds of its own that a page keeps, beside half its longest quotation; a page with fewer is itself the copy.
const SOLID: u32 = 60;

/// Share of what the markup of a page calls frame that must be unknown from the corpus for the markup to be asked. At .33
/// pages of well-known sites were asked too, which cost `html_1k` .004 of recall.
const UNTOLD: f64 = 0.5;

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

/// Returns what of some different texts is boilerplate. The order of the texts decides between equals, and must not
/// depend on anything but what they say. A block that is known is frame from the first pass on.
///
/// Cost: a look-up of each different line, and up to sixteen comparisons of sampled seeds for each line that several texts
/// hold, and up to 120 more where these do not agree, up to four times, and for each such sentence once; where markup tells
/// frames that the corpus does not, one comparison of all seeds a holder. Memory while it runs: about 2 bytes a token, 24
/// bytes a block, 20 to 40 a pair of texts that are compared, and up to 12 a line of what each set of eight texts that
/// may show a long frame have in common; while these are looked for, 24 a line that several texts hold and 4 a holder of it.
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
    let mut of_frames = Overlaps::exact();
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

    /// Returns what each of two texts has of the other, rising, for those that may quote each other.
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
        mutual.values_mut().flatten().for_each(|passages| *passages = merged(std::mem::take(passages)));
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
        // Once for each pair, however many openings it has.
        let beside_all: FxHashMap<(u32, u32), Comparison> =
            mutual.par_iter().map(|(&pair, of_both)| (pair, self.comparison_without(masks, pair, of_both))).collect();
        let comparisons = |opening: &'_ Opening| -> Vec<Comparison> {
            let (id, line) = opening.place;
            let range = self.texts[id as usize].blocks.line(line as usize);
            let compare = |(source, tokens): &Source| match beside_all.get(&(id.min(*source), id.max(*source))) {
                Some(beside) => *beside,
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
        let mut quoted: FxHashMap<u32, BTreeMap<u32, u32>> = FxHashMap::default();
        let mut kept = Vec::new();
        for (opening, verdict) in openings.iter().zip(verdicts) {
            let place = opening.place;
            let sources = opening.sources.iter().take(SOURCES).enumerate();
            let sources = sources.filter(|(bit, _)| verdict.found >> bit & 1 == 1).map(|(_, source)| source);
            let is_quoted = |(source, tokens): &(u32, Range<u32>)| {
                // Lines of one text do not overlap.
                let before = quoted.get(source).and_then(|lines| lines.range(..=tokens.start).next_back());
                before.is_some_and(|(_, &end)| tokens.start < end)
            };
            if let Some((source, tokens)) = { sources }.find(|source| !is_quoted(source)) {
                let line = self.texts[place.0 as usize].blocks.line(place.1 as usize);
                quoted.entry(place.0).or_default().insert(line.start, line.end);
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

    /// Returns how a text divides into some passages, rising, and the rest: seeds that touch none of them. Those across the
    /// border of a passage are of two texts by chance only.
    fn side(&self, mask: &Mask, text: u32, passages: impl IntoIterator<Item = Range<u32>>) -> Side {
        let mut side = Side { text, rest: mask.content, within: 0 };
        // A seed that touches two passages is taken off once.
        let mut last = 0;
        for tokens in passages {
            // So what is taken off are different seeds of the content, and never more than there are.
            debug_assert!(tokens.start >= last, "passages rise and do not overlap");
            side.rest -= mask.content_in(tokens.start.saturating_sub(self.span - 1).max(last)..tokens.end);
            last = tokens.end;
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
        let mut overlaps = Overlaps::exact();
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
    /// each with one or two more.
    fn votes(&self, masks: &[Mask], holders: &[(u32, Range<u32>)]) -> Vec<Comparison> {
        pairs_of_rings(holders.len())
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
        let side = |id: u32, block: &Range<u32>| self.side(&masks[id as usize], id, [block.clone()]);
        side(a, in_a).compared(&side(b, in_b))
    }

    /// Returns what is to be compared of two texts outside of some passages of each, rising, that are the same in both.
    fn comparison_without(&self, masks: &[Mask], (a, b): (u32, u32), passages: &[Vec<Range<u32>>; 2]) -> Comparison {
        let [in_a, in_b] = passages;
        let side = |id: u32, passages: &[Range<u32>]| self.side(&masks[id as usize], id, passages.iter().cloned());
        side(a, in_a).compared(&side(b, in_b))
    }
}

fn blocks_of<'a>(text: &Text<'a>, level: Level) -> &'a [Block] {
    match level {
        Level::Line => &text.blocks.lines,
        Level::Sentence => &text.blocks.sentences,
    }
}

/// Returns which of some holders are compared, each pair once: each with the next, and of a few each with one or two more, so
/// that it does not show in which order two copies of two articles stand.
fn pairs_of_rings(count: usize) -> impl Iterator<Item = (usize, usize)> {
    let steps: &[usize] = match count {
        4 => &[1, 2],
        5..=8 => &[1, 3],
        _ => &[1],
    };
    steps.iter().flat_map(move |&step| {
        // Half a ring of pairs that lie opposite each other is all of them.
        let pairs = if step * 2 == count { step } else { count };
        (0..pairs).map(move |at| (at, (at + step) % count)).filter(|(a, b)| a != b)
    })
}

/// Returns how many seeds the rest of a text must have to say something of a block.
fn least_rest(block: &Range<u32>) -> u32 {
    LEAST_REST.max((OF_BLOCK * block.len() as f64) as u32)
}

/// Returns whether a line is not yet judged.
fn is_open(mask: &Mask, blocks: &Blocks, line: u32) -> bool {
    let tokens = blocks.line(line as usize);
    mask.hidden(tokens.clone()) * 2 <= tokens.len() as u32 && mask.bodies.binary_search(&line).is_err()
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
            // What is hidden in one of them is no seed of both.
            within: self.within.min(other.within),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holders_are_compared_once_each_with_as_many_others() {
        for count in 0..=HOLDERS {
            let pairs: Vec<[usize; 2]> = pairs_of_rings(count).map(|(a, b)| [a.min(b), a.max(b)]).collect();
            let different: FxHashSet<[usize; 2]> = pairs.iter().copied().collect();
            assert_eq!(pairs.len(), different.len(), "{count}: {pairs:?}");
            let of = |one: usize| pairs.iter().filter(|pair| pair.contains(&one)).count();
            assert!((1..count).all(|one| of(one) == of(0)), "{count}: {pairs:?}");
        }
        // Two articles with two copies each: as many pairs are unlike however the four stand.
        let unlike = |articles: [u8; 4]| pairs_of_rings(4).filter(|&(a, b)| articles[a] != articles[b]).count();
        assert_eq!([[0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 1, 0]].map(unlike), [4; 3]);
    }
}
