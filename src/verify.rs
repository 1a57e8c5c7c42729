//! A pair of documents → evidence: counts, no judgement.

use std::ops::Range;

use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};

use crate::block::{Blocks, Numbers};
use crate::boilerplate::Mask;
use crate::hash;
use crate::passage::Text;
use crate::seed::{self, Seed, bits};
use crate::shingle::{Shingle, ShingleSet};

/// What was counted about two documents. All of it is of their content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Distinct shingles of the first.
    pub a: u32,
    /// Distinct shingles of the second.
    pub b: u32,
    /// Distinct shingles of both.
    pub shared: u32,
    /// Whether the comparable texts are equal, marks aside.
    pub same_text: bool,
    /// Where the two run alike; all zero where nobody looked.
    pub runs: Runs,
}

/// How two texts run alike, in tokens of content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runs {
    /// Tokens of the first.
    pub a: u32,
    /// Tokens of the second.
    pub b: u32,
    /// Tokens of the first that lie in runs: at most twice as many as of the second, and the other way round.
    pub covered_a: u32,
    /// Tokens of the second that lie in runs.
    pub covered_b: u32,
    /// Seeds found in both: at most twice as many as either has tokens in runs.
    pub seeds: u32,
    /// Runs of more than one seed.
    pub count: u32,
    /// Tokens of the second in the longest run.
    pub longest: u32,
    /// Different places within a run where one number stands for another.
    pub numbers_differ: u32,
    /// Tokens of the first outside of runs that stand above nearly all of those in runs, of two short texts but for a day
    /// and an hour beside as many words; 0 where the page is not made up so, or the frames of the two have nothing to do
    /// with each other.
    pub lead_a: u32,
    /// The same of the second.
    pub lead_b: u32,
    /// Whether both are of hosts that are known, and not of the same.
    pub of_two_hosts: bool,
}

impl Evidence {
    /// Returns what two sets of shingles share, counted. [`SharedCounter`](crate::shared::SharedCounter) counts the same of
    /// one text beside many.
    pub fn count(a: &ShingleSet, b: &ShingleSet) -> Self {
        Self { a: a.len() as u32, b: b.len() as u32, shared: a.shared(b) as u32, ..Self::default() }
    }

    /// Returns the evidence of a text against itself.
    pub fn same_text(shingles: u32) -> Self {
        Self { a: shingles, b: shingles, shared: shingles, same_text: true, ..Self::default() }
    }

    /// Returns the evidence with the runs of the pair.
    pub fn with_runs(self, runs: Runs) -> Self {
        Self { runs, ..self }
    }

    /// Returns the same evidence with the documents the other way round.
    pub fn turned(self) -> Self {
        Self { a: self.b, b: self.a, runs: self.runs.turned(), ..self }
    }

    /// Returns the Jaccard similarity: 1 for equal texts, 0 for two others without a shingle, which are like nothing.
    pub fn resemblance(&self) -> f64 {
        let all = f64::from(self.a) + f64::from(self.b) - f64::from(self.shared);
        if self.same_text { 1.0 } else { share(self.shared, all) }
    }

    /// Returns the share of the first that is in the second: of its shingles, or in runs if that is more, since a run
    /// goes on over a changed word and a shingle does not. All of it for equal texts.
    pub fn a_in_b(&self) -> f64 {
        if self.same_text { 1.0 } else { share(self.shared, self.a).max(self.runs.a_in_b()) }
    }

    /// Returns the share of the second that is in the first.
    pub fn b_in_a(&self) -> f64 {
        if self.same_text { 1.0 } else { share(self.shared, self.b).max(self.runs.b_in_a()) }
    }
}

impl Runs {
    /// Returns the same runs with the texts the other way round.
    pub fn turned(self) -> Self {
        Self {
            a: self.b,
            b: self.a,
            covered_a: self.covered_b,
            covered_b: self.covered_a,
            lead_a: self.lead_b,
            lead_b: self.lead_a,
            ..self
        }
    }

    /// Returns how much of either is a body that the other does not have, above all that the two share: the lesser share of
    /// the two. Pages of one site have a list below different articles; a repost shares the article above different lists.
    pub fn lead(&self) -> f64 {
        share(self.lead_a, self.a).min(share(self.lead_b, self.b))
    }

    /// Returns the share of the first that lies in runs; 0 where there is nothing.
    pub fn a_in_b(&self) -> f64 {
        share(self.covered_a, self.a)
    }

    /// Returns the share of the second that lies in runs.
    pub fn b_in_a(&self) -> f64 {
        share(self.covered_b, self.b)
    }

    /// Returns the seeds found in both as a share of the tokens of the lesser text: how word for word the runs are.
    pub fn seed_share(&self) -> f64 {
        // A text that repeats itself may have more seeds of the other than that has tokens.
        share(self.seeds, self.a.min(self.b)).min(1.0)
    }
}

/// Returns a part's share of the whole; 0 where there is nothing.
pub(crate) fn share(part: u32, whole: impl Into<f64>) -> f64 {
    let whole = whole.into();
    if whole == 0.0 { 0.0 } else { f64::from(part) / whole }
}

/// Tokens between two seeds that a run goes on over, and how much longer they may be on one side.
const GAP: u32 = 12;
const DRIFT: u32 = 4;

/// Tokens between two runs in which numbers are compared.
const MOST_BETWEEN: usize = 64;

/// How often what stands once in one text may be found in the other: a page may show its article twice, to be printed or
/// for a small screen. What recurs more often than that is a phrase; a code has the same sentence in hundreds of articles.
const OFTEN: u32 = 2;

/// Characters of a line in which numbers are part of what is said; and of one where that is so of its end too, if it has
/// [`LEAST_ABOVE`] tokens: most heads that end in a day or a count are shorter. Not tuned.
const LEAST_PROSE: u32 = 40;
const LEAST_LONG: u32 = 80;

/// Tokens of prose in runs above a short line for its numbers to count, and of a line for the numbers at its end to: more
/// than a long title has.
const LEAST_ABOVE: u32 = 30;

/// Short lines in which a number stands for another, from which on they are more than the dates and counts of a page; and
/// their share of what is in runs from which on they, or fewer, are what it says. With half for fewer, issues of a stub of
/// which two lines in eight have figures were one; two fifths cost .00013 of the recall of thirty held-out corpora.
const LEAST_ROWS: usize = 4;
const OF_ROWS: f64 = 0.33;
const OF_FEW_ROWS: f64 = 0.4;

/// Chains the seeds of texts with those of one text, which is looked at once for all.
#[derive(Debug, Default)]
pub struct Aligner {
    /// Seed and place plus one, 0 where it is empty.
    table: Vec<(Seed, u32)>,
    /// A bit for the low half of each seed: most seeds of an unlike text are told by it, without a look into the table.
    low_halves: Vec<u64>,
    covered_a: Vec<u64>,
    covered_b: Vec<u64>,
}

impl Aligner {
    /// Makes `a` the first text of the pairs that follow.
    pub fn load(&mut self, a: Text, mask: &Mask) {
        let size = (mask.content() as usize * 2).next_power_of_two().max(64);
        self.table.clear();
        self.table.resize(size, (0, 0));
        self.low_halves.clear();
        self.low_halves.resize(1 << 10, 0);
        for run in mask.content_runs() {
            for (place, seed) in run.clone().zip(seed::in_run(a.shingles, run)) {
                let slot = self.slot(seed);
                // The first of several places.
                if self.table[slot].1 == 0 {
                    self.table[slot] = (seed, place + 1);
                    self.low_halves[seed as usize >> 6 & 0x3ff] |= 1 << (seed & 63);
                }
            }
        }
    }

    /// Returns the first place of a seed in the text that was loaded.
    #[inline]
    fn place(&self, seed: Seed) -> Option<u32> {
        if self.low_halves[seed as usize >> 6 & 0x3ff] >> (seed & 63) & 1 == 0 {
            return None;
        }
        self.table[self.slot(seed)].1.checked_sub(1)
    }

    fn slot(&self, seed: Seed) -> usize {
        let mask = self.table.len() - 1;
        let mut at = seed as usize & mask;
        while self.table[at].1 != 0 && self.table[at].0 != seed {
            at = (at + 1) & mask;
        }
        at
    }

    /// Returns how `b` runs like the text that was loaded, which is `a`. Both in one pass over `b`.
    pub fn runs(&mut self, a: (Text, &Mask), b: (Text, &Mask), width: usize) -> Runs {
        let span = seed::span(width);
        self.covered_a.clear();
        self.covered_a.resize(bits::words(a.0.blocks.tokens), 0);
        self.covered_b.clear();
        self.covered_b.resize(bits::words(b.0.blocks.tokens), 0);
        let of_two_hosts = a.0.host != 0 && b.0.host != 0 && a.0.host != b.0.host;
        let mut runs = Runs { of_two_hosts, ..Runs::default() };
        // The last seed, and where its run began in `b`.
        let mut last: Option<(u32, u32)> = None;
        let mut began = 0;
        let mut replaced = Replaced::new(a.0, b.0);
        let (in_a, in_b) = (a.0.shingles, b.0.shingles);
        for mut content in b.1.content_runs() {
            while let Some(j) = content.next() {
                // A run goes on where it was, also over words that stand in several places.
                let next =
                    last.filter(|last| j - last.1 <= GAP + span).map(|(i, last_j)| i + (j - last_j)).filter(|&i| {
                        let (here, there) = (j as usize, i as usize);
                        there + 1 < in_a.len() && in_a[there..there + 2] == in_b[here..here + 2] && a.1.is_content(i)
                    });
                let found = next.or_else(|| self.place(seed::at(in_b, j)));
                let Some(i) = found else { continue };
                runs.seeds += 1;
                let joined = last.filter(|&(last_i, last_j)| {
                    let (step_i, step_j) = (i.abs_diff(last_i), j - last_j);
                    i > last_i && step_j <= GAP + span && step_i.abs_diff(step_j) <= DRIFT
                });
                match joined {
                    Some((last_i, last_j)) => {
                        if began == last_j {
                            runs.count += 1;
                        }
                        bits::set(&mut self.covered_a, last_i + span..i + span);
                        bits::set(&mut self.covered_b, last_j + span..j + span);
                        replaced.look(last_i + span..i, last_j + span..j);
                    }
                    None => {
                        // Where nearly every word is beside a number, no run goes on over those that changed.
                        if let Some((last_i, last_j)) = last {
                            let (there, here) = (last_i + span..i, last_j + span..j);
                            if replaced.are_alike(&there, &here) {
                                replaced.look(there, here);
                            }
                        }
                        began = j;
                        bits::set(&mut self.covered_a, i..i + span);
                        bits::set(&mut self.covered_b, j..j + span);
                    }
                }
                // The rest of a stretch that both have in common is marked at once.
                let more = same_seeds((a.0, a.1, i + 1), (b.0, content.clone()));
                if more > 0 {
                    runs.seeds += more;
                    runs.count += u32::from(began == j);
                    bits::set(&mut self.covered_a, i + span..i + more + span);
                    bits::set(&mut self.covered_b, j + span..j + more + span);
                    content.start += more;
                }
                let (i, j) = (i + more, j + more);
                runs.longest = runs.longest.max(j + span - began);
                last = Some((i, j));
            }
        }
        runs.numbers_differ = replaced.places(&self.covered_a, &self.covered_b);
        runs.a = a.1.content_tokens();
        runs.b = b.1.content_tokens();
        let (in_a, in_b) = (a.1.content_of(&self.covered_a), b.1.content_of(&self.covered_b));
        runs.covered_a = in_a.min(in_b * OFTEN);
        runs.covered_b = in_b.min(in_a * OFTEN);
        runs.seeds = runs.seeds.min(in_a.min(in_b) * OFTEN);
        if are_of_one_frame((a.0, &self.covered_a), (b.0, &self.covered_b)) {
            let are_short = runs.a.max(runs.b) < SHORT;
            runs.lead_a = lead(a, &self.covered_a, are_short);
            runs.lead_b = lead(b, &self.covered_b, are_short);
        }
        runs
    }
}

/// Returns how many seeds of content from `place` on are, one by one, the same as the `others`.
fn same_seeds((text, mask, place): (Text, &Mask, u32), (other, others): (Text, Range<u32>)) -> u32 {
    let own = &text.shingles[place as usize..];
    // One shingle more than seeds.
    let there = if others.is_empty() { &[] } else { &other.shingles[others.start as usize..=others.end as usize] };
    let seeds = common_prefix(own, there).saturating_sub(1) as u32;
    mask.content_end(place..place + seeds) - place
}

/// Returns how many shingles at the beginning of both are the same.
fn common_prefix(a: &[Shingle], b: &[Shingle]) -> usize {
    const AT_ONCE: usize = 16;
    let chunks = a.chunks_exact(AT_ONCE).zip(b.chunks_exact(AT_ONCE));
    let same = chunks.take_while(|(a, b)| a == b).count() * AT_ONCE;
    same + a[same..].iter().zip(&b[same..]).take_while(|(a, b)| a == b).count()
}

/// Share of a page that must fit for it to be made up of a body alone and of what it shares below.
const FIT: f64 = 0.75;

/// Tokens of content below which a text is a few lines.
pub const SHORT: u32 = 100;

/// Numbers of a day and an hour (`2026-11-28 22:06:14`): beside a name above a copy of a few lines they are as many tokens
/// as a title.
const DAY_AND_HOUR: u32 = 6;

/// Returns how many tokens of content outside of runs stand above those in runs; of two short texts but for a day and an
/// hour beside as many words. 0 where the text is not made up so, as where there are no runs: texts too short for a seed,
/// or the same words in another order.
fn lead((text, mask): (Text, &Mask), covered: &[u64], are_short: bool) -> u32 {
    let blocks = text.blocks;
    let (all, in_runs) = (mask.content_tokens(), mask.content_of(covered));
    // Content of the lines before token `at`, and that of it which is in runs.
    let (mut content, mut inside, mut at) = (0, 0, 0);
    let (mut best, mut lead, mut lead_end) = (in_runs, 0, 0);
    let mut look = |content: u32, inside: u32, end: u32| {
        let outside = content - inside;
        let fits = outside + in_runs - inside;
        if fits > best {
            (best, lead, lead_end) = (fits, outside, end);
        }
    };
    // Between lines that are in runs the last line fits best, so no other one is looked at.
    while let next = bits::first_set(covered, at..blocks.tokens)
        && next < blocks.tokens
    {
        let line = blocks.line(blocks.line_of(next));
        content += mask.content_within(at..line.start, None);
        look(content, inside, line.start);
        content += mask.content_within(line.clone(), None);
        inside += mask.content_within(line.clone(), Some(covered));
        look(content, inside, line.end);
        at = line.end;
    }
    look(all, inside, blocks.tokens);
    if lead == 0 || in_runs == 0 || f64::from(best) < FIT * f64::from(all) {
        return 0;
    }
    if !are_short {
        return lead;
    }
    let outside: Vec<u64> = blocks.numbers.iter().zip(covered).map(|(numbers, covered)| numbers & !covered).collect();
    let numbers = mask.content_within(0..lead_end, Some(&outside));
    // More numbers than words are what the page says: a draw, a price.
    if numbers * 2 <= lead { lead - numbers.min(DAY_AND_HOUR) } else { lead }
}

/// Returns whether two pages may be of one site: they have their first or last line in common, or less than three
/// quarters of their titles, as the name of a series or of the place where a house is for sale.
fn are_of_one_frame((a, covered_a): (Text, &[u64]), (b, covered_b): (Text, &[u64])) -> bool {
    let (Some(first_a), Some(first_b)) = (a.blocks.lines.first(), b.blocks.lines.first()) else { return false };
    let last = |text: Text| text.blocks.lines.last().map(|line| line.hash);
    let is_alone = |text: Text, covered: &[u64]| {
        let title = text.blocks.line(0);
        (bits::count(covered, title.clone()) as usize) * 4 < title.len() * 3
    };
    first_a.hash == first_b.hash || last(a) == last(b) || is_alone(a, covered_a) && is_alone(b, covered_b)
}

/// How much prose of a text is in runs, line by line.
struct Prose<'a> {
    blocks: &'a Blocks,
    /// For each line the tokens of prose in runs before it, and those of all lines at the end.
    before: Vec<u32>,
}

impl<'a> Prose<'a> {
    fn new(text: Text<'a>, covered: &[u64]) -> Self {
        let blocks = text.blocks;
        let mut before = vec![0];
        for (at, line) in blocks.lines.iter().enumerate() {
            let in_runs = if line.weight >= LEAST_PROSE { bits::count(covered, blocks.line(at)) } else { 0 };
            before.push(before[at] + in_runs);
        }
        Self { blocks, before }
    }

    /// Returns whether there is prose in runs both above and below a token: what stands between is part of what is said.
    fn is_around(&self, token: u32) -> bool {
        let line = self.blocks.line_of(token);
        self.before[line] >= LEAST_ABOVE && self.before[self.blocks.lines.len()] > self.before[line + 1]
    }
}

/// Returns whether the lines that hold some tokens are a good part of what is in runs: a table or a bulletin, all of which
/// is numbers, and not the dates and counts above and below a text.
fn is_mostly((text, covered): (Text, &[u64]), tokens: impl Iterator<Item = u32>) -> bool {
    let mut lines: Vec<usize> = tokens.map(|token| text.blocks.line_of(token)).collect();
    lines.sort_unstable();
    lines.dedup();
    let changed: u32 = lines.iter().map(|&line| bits::count(covered, text.blocks.line(line))).sum();
    let all: u32 = covered.iter().map(|word| word.count_ones()).sum();
    let least = if lines.len() < LEAST_ROWS { OF_FEW_ROWS } else { OF_ROWS };
    !lines.is_empty() && f64::from(changed) >= least * f64::from(all)
}

/// Where in two texts that run alike numbers stand for others.
struct Replaced<'a> {
    texts: [Text<'a>; 2],
    numbers: [Numbers<'a>; 2],
    /// What stood for what so far: a version or a year that is brought up to date throughout is one change.
    met: FxHashSet<u64>,
    in_prose: u32,
    /// Places in short lines: the first of these tokens in either text, and the seed behind them.
    in_short_lines: Vec<[(u32, u32); 2]>,
}

impl<'a> Replaced<'a> {
    fn new(a: Text<'a>, b: Text<'a>) -> Self {
        Self {
            texts: [a, b],
            numbers: [a.blocks.numbers(), b.blocks.numbers()],
            met: FxHashSet::default(),
            in_prose: 0,
            in_short_lines: Vec::new(),
        }
    }

    /// Returns whether tokens between two runs are as many in both texts, and numbers at the same places among them.
    fn are_alike(&self, there: &Range<u32>, here: &Range<u32>) -> bool {
        let is_number =
            |number: usize, token: u32| bits::count(&self.texts[number].blocks.numbers, token..token + 1) > 0;
        there.len() == here.len()
            && there.len() <= MOST_BETWEEN
            && there.clone().zip(here.clone()).all(|(there, here)| is_number(0, there) == is_number(1, here))
    }

    /// Looks at what stands in the first text where other tokens stand in the second.
    fn look(&mut self, there: Range<u32>, here: Range<u32>) {
        if there.is_empty() || here.is_empty() {
            return;
        }
        if self.changed(there.clone(), here.clone()) == 0 {
            return;
        }
        let [of_a, of_b] = [self.numbers[0].among(there.clone()), self.numbers[1].among(here.clone())];
        let pair = [of_a, &[0], of_b].concat().into_iter().map(u64::from).collect::<Vec<_>>();
        if !self.met.insert(hash::sequence(&pair)) {
            return;
        }
        let [of_a, of_b] = self.texts;
        match self.changed(in_prose(of_a, there.clone()), in_prose(of_b, here.clone())) {
            0 => self.in_short_lines.push([(there.start, here.start), (there.end, here.end)]),
            numbers => self.in_prose += numbers.div_ceil(DAY_AND_HOUR),
        }
    }

    /// Returns how many numbers stand for others among some tokens, on the side of fewer.
    fn changed(&mut self, there: Range<u32>, here: Range<u32>) -> u32 {
        let [of_a, of_b] = [self.numbers[0].among(there), self.numbers[1].among(here)];
        let new = |of: &[u32], other: &[u32]| of.iter().filter(|number| !other.contains(number)).count();
        new(of_a, of_b).min(new(of_b, of_a)) as u32
    }

    /// Returns the number of places that count; of those in short lines where these are what the texts say, or stand in it.
    fn places(&self, covered_a: &[u64], covered_b: &[u64]) -> u32 {
        let [a, b] = self.texts;
        let short = &self.in_short_lines;
        let is_form = is_mostly((a, covered_a), short.iter().map(|[(there, _), _]| *there))
            && is_mostly((b, covered_b), short.iter().map(|[(_, here), _]| *here));
        let of_text = if is_form || short.is_empty() {
            short.len()
        } else {
            let [of_a, of_b] = [(a, covered_a), (b, covered_b)].map(|(text, covered)| Prose::new(text, covered));
            short.iter().filter(|[_, (i, j)]| of_a.is_around(*i) && of_b.is_around(*j)).count()
        };
        self.in_prose + of_text as u32
    }
}

/// Returns those of some tokens that stand in prose: all of them within one line that is long enough to be of a text, for
/// dates and counts in the head of a page differ from copy to copy; and of a longer one those at its end too.
fn in_prose(text: Text, tokens: Range<u32>) -> Range<u32> {
    // They follow a seed in a run, so a token stands before them.
    let line = text.blocks.line_of(tokens.start - 1);
    let (range, weight) = (text.blocks.line(line), text.blocks.lines[line].weight);
    match weight {
        LEAST_PROSE.. if tokens.end < range.end => tokens,
        LEAST_LONG.. if range.len() >= LEAST_ABOVE as usize => tokens.start..tokens.end.min(range.end),
        _ => tokens.start..tokens.start,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::block::{Block, Blocks};

    #[test]
    fn of_a_lead_a_day_and_an_hour_beside_words_are_none_in_a_short_text() {
        let shingles: Vec<Shingle> = (0..49).collect();
        let lead_of = |numbers: Range<u32>, are_short: bool| {
            let line = |start: u32| Block { hash: 0, start, weight: 40 };
            let mut blocks = Blocks { lines: [line(0), line(12)].into(), tokens: 50, ..Blocks::default() };
            let [mut is_number, mut covered] = [[0_u64]; 2];
            bits::set(&mut is_number, numbers);
            bits::set(&mut covered, 12..50);
            blocks.numbers = is_number.into();
            let text = Text { shingles: &shingles, blocks: &blocks, host: 0 };
            lead((text, &Mask::new(&text, 2)), &covered, are_short)
        };
        // Of twelve tokens; some of the text below are numbers too.
        assert_eq!([0..0, 4..7, 4..10, 9..20].map(|numbers| lead_of(numbers, true)), [12, 9, 6, 9]);
        // Figures below a word or two are what a page says.
        assert_eq!([0..12, 1..12, 2..9].map(|numbers| lead_of(numbers, true)), [12; 3]);
        assert_eq!([4..7, 1..12].map(|numbers| lead_of(numbers, false)), [12, 12]);
    }

    #[test]
    fn resemblance_and_containment_are_what_their_definitions_say() {
        let evidence = Evidence::count(&ShingleSet::new(vec![1, 2, 3, 4]), &ShingleSet::new(vec![3, 4, 5]));
        assert_eq!((evidence.a, evidence.b, evidence.shared), (4, 3, 2));
        assert_eq!(evidence.resemblance(), 0.4);
        assert_eq!((evidence.a_in_b(), evidence.b_in_a()), (0.5, 2.0 / 3.0));
    }

    /// The runs of two texts seed by seed: tokens in runs, a flag each, and what was counted.
    fn plain(a: (&[u32], &Mask), b: (&[u32], &Mask), width: usize) -> (Vec<bool>, Vec<bool>, [u32; 3]) {
        let span = seed::span(width);
        let seed = |shingles: &[u32], place: u32| seed::at(shingles, place);
        let mut covered = [vec![false; a.0.len() + width - 1], vec![false; b.0.len() + width - 1]];
        let mut mark =
            |side: usize, tokens: Range<u32>| covered[side][tokens.start as usize..tokens.end as usize].fill(true);
        let (mut seeds, mut count, mut longest, mut began) = (0, 0, 0, 0);
        let mut last: Option<(u32, u32)> = None;
        for j in b.1.content_seeds() {
            let next = last.filter(|last| j - last.1 <= GAP + span).map(|(i, last_j)| i + (j - last_j));
            let next = next.filter(|&i| {
                i < seed::count(a.0) && a.1.is_content(i) && a.0[i as usize..][..2] == b.0[j as usize..][..2]
            });
            let first = || a.1.content_seeds().find(|&i| seed(a.0, i) == seed(b.0, j));
            let Some(i) = next.or_else(first) else { continue };
            seeds += 1;
            let joined = last.filter(|&(last_i, last_j)| {
                i > last_i && j - last_j <= GAP + span && (i - last_i).abs_diff(j - last_j) <= DRIFT
            });
            if let Some((last_i, last_j)) = joined {
                count += u32::from(began == last_j);
                mark(0, last_i + span..i + span);
                mark(1, last_j + span..j + span);
            } else {
                began = j;
                mark(0, i..i + span);
                mark(1, j..j + span);
            }
            longest = longest.max(j + span - began);
            last = Some((i, j));
        }
        let [in_a, in_b] = covered;
        (in_a, in_b, [seeds, count, longest])
    }

    proptest! {
        #[test]
        fn runs_are_what_a_look_at_each_seed_says(
            a in prop::collection::vec(0u32..6, 1..160),
            b in prop::collection::vec(0u32..6, 0..60),
            copied in any::<[prop::sample::Index; 3]>(),
            hidden in any::<[(prop::sample::Index, u32); 4]>(),
        ) {
            const WIDTH: usize = 3;
            // The second text is of the same few words, with a piece of the first in it.
            let [from, until, at] = copied;
            let (from, until, at) = (from.index(a.len()), until.index(a.len()), at.index(b.len() + 1));
            let b = [&b[..at], &a[from.min(until)..from.max(until)], &b[at..]].concat();
            let sides = [a, b].map(|shingles| {
                let tokens = (shingles.len() + WIDTH - 1) as u32;
                let line = Block { hash: 0, start: 0, weight: tokens };
                let numbers = vec![0; bits::words(tokens)].into();
                (shingles, Blocks { lines: [line].into(), numbers, tokens, ..Blocks::default() })
            });
            let texts = [0, 1].map(|side| Text { shingles: &sides[side].0, blocks: &sides[side].1, host: 0 });
            let masks = [0, 1].map(|side| {
                let ranges = hidden[side * 2..side * 2 + 2].iter();
                let tokens = texts[side].blocks.tokens;
                let ranges = ranges.map(|(at, length)| (at.index(tokens as usize) as u32, length % 8));
                Mask::hiding(&texts[side], WIDTH, ranges.map(|(at, length)| at..tokens.min(at + length)))
            });
            let mut aligner = Aligner::default();
            aligner.load(texts[0], &masks[0]);
            let runs = aligner.runs((texts[0], &masks[0]), (texts[1], &masks[1]), WIDTH);
            let side = |side: usize| (texts[side].shingles, &masks[side]);
            let (in_a, in_b, counted) = plain(side(0), side(1), WIDTH);
            let [seeds, count, longest] = counted;
            let content = [0, 1].map(|at| masks[at].content_of([&aligner.covered_a, &aligner.covered_b][at]));
            let most = content[0].min(content[1]) * OFTEN;
            prop_assert_eq!([runs.seeds, runs.count, runs.longest], [seeds.min(most), count, longest]);
            prop_assert_eq!([runs.covered_a, runs.covered_b], content.map(|covered| covered.min(most)));
            for (covered, plain) in [(&aligner.covered_a, in_a), (&aligner.covered_b, in_b)] {
                let covered: Vec<bool> = (0..plain.len() as u32).map(|token| bits::get(covered, token)).collect();
                prop_assert_eq!(covered, plain);
            }
        }
    }

    #[test]
    fn two_empty_texts_resemble_nothing() {
        assert_eq!(Evidence::count(&ShingleSet::default(), &ShingleSet::default()).resemblance(), 0.0);
    }
}
