//! Where else in the corpus a passage stands: an index of sampled seeds with their places, and alignment from there.

use std::collections::HashSet;
use std::ops::Range;

use rayon::prelude::*;

use crate::block::{Block, Blocks};
use crate::borders::Borders;
use crate::evenly::Evenly;
use crate::fetch;
use crate::hash;
use crate::repeats::{self, Repeats};
use crate::seed::{self, Seed, bits};
use crate::shingle::Shingle;

/// A document as this and the following stages see it.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    /// In the order of the text.
    pub shingles: &'a [Shingle],
    /// Lines and sentences.
    pub blocks: &'a Blocks,
    /// [`Document::host_number`](crate::document::Document::host_number) of its pages; 0 where they are of none or several.
    pub host: u64,
}

/// One seed in this many is in the index. Of a passage of 200 characters (some 125 words) 15 seeds are expected there,
/// and fewer than two with a chance of 5 in a million (Poisson).
pub const RATE: u32 = 8;

/// Texts that hold the same line are indexed up to this many: one of them is as good a source as another.
const SAME_LINE: usize = 8;

/// Places up to which a seed tells where a passage may stand; of a passage whose seeds all have more, the first so many.
const MOST_PLACES: usize = 64;

/// Places above which a seed of a long passage tells only where the words on both sides of it are the same. From four to
/// sixteen the same was found; the more, the longer it took.
const FREQUENT: usize = 8;

/// Seeds on one diagonal may drift apart by this much: what insertions and deletions within a passage add up to.
const DRIFT: i64 = 12;

/// Shingles after a passage that are compared to see whether both texts go on alike, and by how many they may be out.
const CONTINUATION: u32 = 8;
const REACH: u32 = 4;

/// Seeds of a passage from which on one of them alone is no sign of it.
const LONG: usize = 8;

/// Shingles of a passage that are compared before the question whether that is enough: a line of a processor's cache.
const PIECE: usize = 16;

/// Share of a passage's sampled seeds, and then of all its seeds, that must stand in another text.
const SAMPLED_SHARE: f64 = 0.25;
pub const SHARE: f64 = 0.4;

/// A line of a text: `(text, line)`.
pub type Place = (u32, u32);

/// Where a seed stands.
#[derive(Clone, Copy, Debug)]
struct Posting {
    text: u32,
    place: u32,
    /// Of the shingles before and after it.
    beside: Beside,
}

/// Some bits of the shingles on both sides of a seed; 0 where there is none. They tell a common phrase from a passage
/// without a look at the text.
#[derive(Clone, Copy, Debug)]
struct Beside {
    before: u16,
    after: u16,
}

impl Beside {
    fn new(shingles: &[Shingle], place: u32) -> Self {
        let some_bits = |at: Option<usize>| at.and_then(|at| shingles.get(at)).map_or(0, |shingle| *shingle as u16);
        Self { before: some_bits((place as usize).checked_sub(1)), after: some_bits(Some(place as usize + 2)) }
    }

    /// Returns whether one of the sides may be the same.
    fn may_go_on(self, other: Self) -> bool {
        self.before != 0 && self.before == other.before || self.after != 0 && self.after == other.after
    }

    /// Returns whether all sides that this has are the same, one at least.
    fn goes_on(self, other: Self) -> bool {
        let is_same = |side: u16, of_other: u16| side == 0 || side == of_other;
        is_same(self.before, other.before) && is_same(self.after, other.after) && (self.before, self.after) != (0, 0)
    }

    /// Returns a number for each side of a seed that there is: equal where it goes on alike.
    fn sides(self, seed: Seed) -> impl Iterator<Item = u64> {
        let sides = [(self.before, 0), (self.after, 1)].into_iter().filter(|&(side, _)| side != 0);
        sides.map(move |(side, at)| u64::from(seed) << 17 | u64::from(side) << 1 | at)
    }
}

/// Where a passage stands in another text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Which text.
    pub text: u32,
    /// Its tokens, by the seeds found: good to a few tokens.
    pub tokens: Range<u32>,
    /// How many sampled seeds were found.
    pub seeds: u32,
}

/// Texts in which a passage is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Among {
    All,
    /// Those that are new beside the others.
    New,
}

/// Which places of a passage are looked for.
pub struct Sought<'s> {
    /// Where those that are telling are looked for.
    pub among: Among,
    /// Whether a place in this text can show anything: the others are of interest beside one that does.
    pub is_telling: &'s dyn Fn(u32) -> bool,
    /// Keeps only the places that are wanted, before their texts are looked at.
    pub retain_wanted: &'s dyn Fn(&mut Vec<Holder>),
    /// Whether a place fits, of whose text something was looked at.
    pub fits: &'s dyn Fn(&Holder) -> bool,
    /// Texts that hold it, of which nothing is to be shown if each has another beside it that is not telling; where all
    /// texts are looked for. None where that is not to be asked.
    pub copies: &'s [u32],
}

/// The index.
#[derive(Debug)]
pub struct Passages<'a> {
    texts: &'a [Text<'a>],
    borders: Borders,
    width: usize,
    span: u32,
    /// Lines that several texts hold.
    repeated: Vec<Vec<Place>>,
    /// By seed, text and place; those that go on alike in another text, for another tells nothing.
    postings: Vec<Posting>,
    /// The seeds that have postings, rising.
    seeds: Vec<Seed>,
    /// How many of them are sampled: they are the lowest. The others stand first in a line.
    sampled: u32,
    /// Where the postings of each seed begin, and one more: where they all end.
    starts: Vec<u32>,
    /// Tells most of the seeds that have no postings.
    filter: SeedFilter,
    /// For each value of a seed's top bits, the first seed that has it or a higher one.
    directory: Vec<u32>,
    shift: u32,
    /// For each text its sampled seeds that have postings: the place, and the number of the seed; in order.
    shared: Vec<Vec<(u32, u32)>>,
    /// Whether each text is new; empty where all are.
    new: Vec<bool>,
    /// A bit for each seed that has a posting in a new text; empty where all are new.
    in_new: Vec<u64>,
}

impl<'a> Passages<'a> {
    /// Returns the index of `texts`.
    pub fn new(texts: &'a [Text<'a>], width: usize) -> Self {
        Self::beside(texts, width, |_| true)
    }

    /// Returns the index of `texts` for passages that stand in a new one, or are looked up for one: of the seeds of the
    /// others it has those only that a new one has too.
    pub fn beside(texts: &'a [Text<'a>], width: usize, is_new: impl Fn(u32) -> bool) -> Self {
        let new: Vec<bool> = (0..texts.len() as u32).map(is_new).collect();
        let new = if new.contains(&false) { new } else { Vec::new() };
        let of_new = (!new.is_empty()).then(|| SeedFilter::of_new(texts, &new));
        let repeated = repeated(texts, |text| &text.blocks.lines, 1, |_| true);
        // A line that many texts hold is looked up in a few of them.
        let mut left_out: Vec<Place> =
            repeated.iter().flat_map(|group| group.iter().skip(SAME_LINE).copied()).collect();
        left_out.par_sort_unstable();
        let span = seed::span(width);
        let is_wanted = |seed: Seed| of_new.as_ref().is_none_or(|of_new| of_new.may_hold(seed));
        let mut postings: Vec<(Seed, Posting)> = (0..texts.len() as u32)
            .into_par_iter()
            .evenly()
            .map_init(Vec::new, |seeds, id| {
                let text = texts[id as usize];
                let mut of_text = Vec::with_capacity(text.shingles.len() / RATE as usize);
                each_indexed((id, text), &left_out, seeds, |seed, place| {
                    if is_wanted(seed) {
                        let beside = Beside::new(text.shingles, place);
                        of_text.push((seed, Posting { text: id, place, beside }));
                    }
                });
                of_text
            })
            .flatten_iter()
            .collect();
        let repeats = Repeats::of(postings.len(), postings.par_iter().map(|&(seed, _)| u64::from(seed)));
        repeats::retain(&mut postings, |&(seed, _)| repeats.may_hold(u64::from(seed)));
        drop(repeats);
        // A seed that goes on otherwise wherever it stands is a common phrase.
        let sides = postings.par_iter().flat_map_iter(|&(seed, posting)| posting.beside.sides(seed));
        let repeats = Repeats::of(postings.len() * 2, sides);
        repeats::retain(&mut postings, |&(seed, posting)| {
            posting.beside.sides(seed).any(|side| repeats.may_hold(side))
        });
        drop(repeats);
        let order =
            |(seed, posting): &(Seed, Posting)| (u64::from(*seed) << 32 | u64::from(posting.text), posting.place);
        postings.par_sort_unstable_by_key(order);
        let (seeds, starts, postings) = of_shared(&postings);
        let bits = (seeds.len() as u32).next_power_of_two().trailing_zeros().clamp(8, 28);
        let shift = 32 - bits;
        let mut directory = vec![0; (1 << bits) + 1];
        for &seed in &seeds {
            directory[(seed >> shift) as usize + 1] += 1;
        }
        let mut sum = 0;
        for count in &mut directory {
            sum += *count;
            *count = sum;
        }
        let filter = SeedFilter::of(seeds.len(), seeds.iter().copied());
        let sampled = seeds.partition_point(|&seed| seed::is_sampled(seed, RATE)) as u32;
        let (shared, in_new) = (Vec::new(), Vec::new());
        let mut all = Self {
            texts,
            borders: Borders::new(texts.iter().map(|text| text.blocks)),
            width,
            span,
            repeated,
            postings,
            seeds,
            sampled,
            starts,
            filter,
            directory,
            shift,
            shared,
            new,
            in_new,
        };
        all.shared = all.shared(&left_out);
        all.in_new = all.in_new();
        all
    }

    /// Returns a bit for each seed that has a posting in a new text; none where all are new.
    fn in_new(&self) -> Vec<u64> {
        if self.new.is_empty() {
            return Vec::new();
        }
        let mut in_new = vec![0; bits::words(self.seeds.len() as u32)];
        for number in 0..self.seeds.len() as u32 {
            if self.places(number).iter().any(|posting| self.is_new(posting.text)) {
                bits::set(&mut in_new, number..number + 1);
            }
        }
        in_new
    }

    /// Returns whether a text is new beside the others.
    pub fn is_new(&self, text: u32) -> bool {
        self.new.get(text as usize).is_none_or(|&is_new| is_new)
    }

    /// Returns for each text its seeds that have postings, by their postings; those of the lines that were `left_out` of the
    /// index are looked up.
    fn shared(&self, left_out: &[Place]) -> Vec<Vec<(u32, u32)>> {
        let of_line = |&(id, line): &Place| {
            let text = self.texts[id as usize];
            let (mut found, mut seeds) = (Vec::new(), Vec::new());
            each_sampled(text, text.blocks.line(line as usize), &mut seeds, |seed, place| {
                found.extend(self.number(seed).map(|number| (id, place, number)));
            });
            found
        };
        let beside_index: Vec<(u32, u32, u32)> = left_out.par_iter().flat_map_iter(of_line).collect();
        let mut counts = vec![0; self.texts.len()];
        let in_index = self.postings.iter().map(|posting| posting.text);
        for id in in_index.chain(beside_index.iter().map(|&(id, ..)| id)) {
            counts[id as usize] += 1;
        }
        let mut shared: Vec<Vec<(u32, u32)>> = counts.into_iter().map(Vec::with_capacity).collect();
        for number in 0..self.seeds.len() as u32 {
            for posting in self.places(number) {
                shared[posting.text as usize].push((posting.place, number));
            }
        }
        for (id, place, number) in beside_index {
            shared[id as usize].push((place, number));
        }
        shared.par_iter_mut().for_each(|of_text| of_text.sort_unstable());
        shared
    }

    /// Returns the texts it was made of.
    pub fn texts(&self) -> &'a [Text<'a>] {
        self.texts
    }

    /// Returns the tokens in a shingle.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Returns the lines that two texts or more hold: the places of each, by text.
    pub fn repeated_lines(&self) -> &[Vec<Place>] {
        &self.repeated
    }

    /// Returns the sampled seeds of a text that go on alike in another one, and their places, in order.
    pub fn sampled_of(&self, text: u32) -> impl Iterator<Item = (u32, Seed)> + '_ {
        let sampled = self.shared[text as usize].iter().filter(|&&(_, number)| number < self.sampled);
        sampled.map(|&(place, number)| (place, self.seeds[number as usize]))
    }

    /// Returns the number of a seed that has postings.
    fn number(&self, seed: Seed) -> Option<u32> {
        if !self.filter.may_hold(seed) {
            return None;
        }
        let top = (seed >> self.shift) as usize;
        let range = self.directory[top] as usize..self.directory[top + 1] as usize;
        let at = range.start + self.seeds[range].iter().position(|&other| other >= seed)?;
        (self.seeds[at] == seed).then_some(at as u32)
    }

    fn places(&self, number: u32) -> &[Posting] {
        let number = number as usize;
        &self.postings[self.starts[number] as usize..self.starts[number + 1] as usize]
    }

    /// Returns the places of the seeds of some tokens: at least one, where the text has any.
    fn seeds_of(&self, own: u32, range: &Range<u32>) -> Range<u32> {
        let count = seed::count(self.texts[own as usize].shingles);
        let end = range.end.saturating_sub(self.span - 1).max(range.start + 1).min(count);
        range.start.min(end)..end
    }

    /// Returns the shingles of those seeds.
    fn shingles_of(&self, own: u32, range: &Range<u32>) -> &'a [Shingle] {
        let shingles = self.texts[own as usize].shingles;
        let seeds = self.seeds_of(own, range);
        &shingles[seeds.start as usize..shingles.len().min(seeds.end as usize + 1)]
    }

    /// Returns the seeds of some tokens that are looked up, if enough of them have postings in some texts.
    fn looked_up(&self, own: u32, range: &Range<u32>, among: Among) -> Option<LookedUp> {
        let text = self.texts[own as usize];
        let seeds = self.seeds_of(own, range);
        if seeds.is_empty() {
            return None;
        }
        let shared = &self.shared[own as usize];
        let from = shared.partition_point(|&(place, _)| place < seeds.start);
        let until = from + shared[from..].iter().take_while(|&&(place, _)| place < seeds.end).count();
        // The first seed is looked up in any case; another one only if it is sampled, not for being the first of a line.
        let is_known = shared[from..until].first().is_some_and(|&(place, _)| place == seeds.start);
        let first = if is_known { None } else { self.number(seed::at(text.shingles, seeds.start)) };
        if from == until && first.is_none() {
            return None;
        }
        let others = shared[from..until].iter().copied();
        let others = others.filter(|&(place, number)| place == seeds.start || number < self.sampled);
        let found = first.map(|number| (seeds.start, number)).into_iter().chain(others);
        let is_among = |number: u32| among == Among::All || self.in_new.is_empty() || bits::get(&self.in_new, number);
        if !found.clone().any(|(_, number)| is_among(number)) {
            return None;
        }
        let mut found: Vec<(u32, u32)> = found.collect();
        let count = count_sampled(text, seeds);
        // A common phrase says little where there is another seed.
        let is_common = |number: u32| self.places(number).len() > MOST_PLACES;
        let common = found.iter().filter(|&&(_, number)| is_common(number)).count();
        if common > 0 && common < count {
            found.retain(|&(_, number)| !is_common(number));
        }
        let all = if common < count { count - common } else { count };
        let least = if all <= 4 { 1 } else { 2 }.max((all as f64 * SAMPLED_SHARE).ceil() as usize);
        let are_enough = found.iter().filter(|&&(_, number)| is_among(number)).count() >= least;
        are_enough.then_some(LookedUp { found, least })
    }

    /// Returns whether some tokens of a text may stand in others: a look at its own seeds, and no answer is wrong that says
    /// no.
    pub fn may_stand_elsewhere(&self, own: u32, range: Range<u32>, among: Among) -> bool {
        self.looked_up(own, &range, among).is_some()
    }

    /// Returns what decides where some tokens of a text stand, as a number: equal for the same tokens in any text.
    pub fn key(&self, own: u32, range: Range<u32>) -> u64 {
        let shingles = self.shingles_of(own, &range).iter().map(|&shingle| u64::from(shingle));
        hash::sequence(&shingles.chain([range.len() as u64]).collect::<Vec<_>>())
    }

    /// Returns the places where the tokens `range` of text `own` stand, of those that are `sought`, in the order of the
    /// texts: that text among them. None where none of them is telling, or where each of the copies has another.
    ///
    /// Those that are telling are laid beside the passage first, and the others only where that shows one; the other way
    /// round where there are copies.
    pub fn holders(&self, own: u32, range: Range<u32>, sought: &Sought) -> Vec<Holder> {
        let Sought { among, is_telling, retain_wanted, fits, copies } = *sought;
        let places = self.places_of(own, range.clone(), among, is_telling);
        let (mut holders, mut others): (Vec<Holder>, Vec<Holder>) =
            places.into_iter().partition(|place| is_telling(place.text));
        let mut passage = None;
        let mut retain_holders = |places: &mut Vec<Holder>| {
            retain_wanted(places);
            self.fetch(places);
            places.retain(|place| {
                let beside = self.is_beside(own, &range, place);
                beside != Some(false)
                    && fits(place)
                    && (beside == Some(true) || self.is_within(own, &range, place, &mut passage))
            });
        };
        let others_first = !copies.is_empty() && !holders.is_empty() && among == Among::All;
        if others_first {
            retain_holders(&mut others);
            if copies.iter().all(|&copy| others.iter().any(|other| other.text != copy)) {
                return Vec::new();
            }
        }
        retain_holders(&mut holders);
        if !holders.is_empty() {
            if among == Among::New {
                others = self.places_of(own, range.clone(), Among::All, &|_| true);
                others.retain(|place| !is_telling(place.text) || !self.is_new(place.text));
            }
            if !others_first {
                retain_holders(&mut others);
            }
            holders.extend(others);
            holders.sort_unstable_by_key(|holder| holder.text);
        }
        holders
    }

    /// Reads where some places begin.
    fn fetch(&self, places: &[Holder]) {
        let first = |place: &Holder| self.texts[place.text as usize].shingles.get(place.tokens.start as usize).copied();
        fetch::all(places.iter().filter_map(first));
    }

    /// Returns the texts of which line `range` of text `own` is the opening of something longer, and where; in order.
    pub fn sources(&self, own: u32, range: Range<u32>, among: Among) -> Vec<(u32, Range<u32>)> {
        let mut passage = None;
        let source = |place: &Holder| {
            let tokens = self.source(own, range.clone(), place)?;
            self.is_there(own, &range, place, &mut passage).then_some((place.text, tokens))
        };
        let mut places = self.places_of(own, range.clone(), among, &|text| text != own);
        places.retain(|place| place.text != own && self.start_of_line(place).is_some());
        self.fetch(&places);
        places.iter().filter_map(source).collect()
    }

    /// Returns whether enough of a passage's seeds stand where its sampled seeds do.
    fn is_there(&self, own: u32, range: &Range<u32>, place: &Holder, passage: &mut Option<SeedSet>) -> bool {
        self.is_beside(own, range, place).unwrap_or_else(|| self.is_within(own, range, place, passage))
    }

    /// Returns the same as [`Passages::is_there`] where laying one beside the other is enough to say so, as for most.
    fn is_beside(&self, own: u32, range: &Range<u32>, place: &Holder) -> Option<bool> {
        let seeds = self.inner_seeds(own, range);
        let enough = SHARE * seeds.len() as f64;
        let beside = self.on_diagonal(self.shingles_at(own, &seeds), place, enough);
        if beside as f64 >= enough {
            return Some(true);
        }
        // One seed with other words on both sides of it is a common phrase.
        (place.seeds == 1 && beside < 2 && seeds.len() >= LONG).then_some(false)
    }

    /// Returns the same by all seeds in that place, in whatever order.
    fn is_within(&self, own: u32, range: &Range<u32>, place: &Holder, passage: &mut Option<SeedSet>) -> bool {
        let seeds = self.inner_seeds(own, range);
        let passage = passage.get_or_insert_with(|| SeedSet::new(seeds_in(self.texts[own as usize], seeds)));
        let shared = passage.shared(seeds_in(self.texts[place.text as usize], around(place)));
        shared as f64 >= SHARE * passage.len() as f64
    }

    /// Returns the share of a passage's seeds that stand in a place where [`Passages::holders`] has it: [`SHARE`] at least.
    pub fn share_in(&self, own: u32, range: Range<u32>, place: &Holder) -> f64 {
        let seeds = self.inner_seeds(own, &range);
        let beside = self.on_diagonal(self.shingles_at(own, &seeds), place, f64::INFINITY);
        let mut passage = SeedSet::new(seeds_in(self.texts[own as usize], seeds.clone()));
        let within = passage.shared(seeds_in(self.texts[place.text as usize], around(place)));
        beside.max(within) as f64 / seeds.len().max(1) as f64
    }

    /// Returns the tokens of a place from the first to the last of the passage's seeds that stand there.
    pub fn tokens_in(&self, own: u32, range: Range<u32>, place: &Holder) -> Range<u32> {
        let seeds: HashSet<Seed> = seeds_in(self.texts[own as usize], self.inner_seeds(own, &range)).collect();
        let other = self.texts[place.text as usize];
        let around = around(place);
        let mut places = (around.start..).zip(seeds_in(other, around)).filter(|(_, seed)| seeds.contains(seed));
        let Some((first, _)) = places.next() else { return place.tokens.clone() };
        first..places.last().map_or(first, |(last, _)| last) + self.span
    }

    /// Returns the places of the seeds that lie wholly in some tokens.
    fn inner_seeds(&self, own: u32, range: &Range<u32>) -> Range<u32> {
        let count = seed::count(self.texts[own as usize].shingles);
        range.start..range.end.saturating_sub(self.span - 1).clamp(range.start, count.max(range.start))
    }

    /// Returns the shingles of the seeds at some places.
    fn shingles_at(&self, own: u32, seeds: &Range<u32>) -> &'a [Shingle] {
        let all = self.texts[own as usize].shingles;
        &all[(seeds.start as usize).min(all.len())..all.len().min(seeds.end as usize + 1)]
    }

    /// Returns how many seeds of a passage stand at the same distance from its beginning in another text: all of them, or
    /// some that are `enough`, since the rest of the other text need not be read then.
    fn on_diagonal(&self, passage: &[Shingle], place: &Holder, enough: f64) -> usize {
        let other = self.texts[place.text as usize].shingles;
        let other = &other[(place.tokens.start as usize).min(other.len())..];
        let pairs = passage.chunks(PIECE).zip(other.chunks(PIECE));
        let mut last = false;
        let mut count = 0;
        for (own, other) in pairs {
            for (a, b) in own.iter().zip(other) {
                let same = a == b;
                count += usize::from(last && same);
                last = same;
            }
            if count as f64 >= enough {
                break;
            }
        }
        count
    }

    /// Returns where the tokens `range` of text `own` may stand, by their sampled seeds alone; nowhere if none of the texts
    /// that have one of them is telling.
    fn places_of(&self, own: u32, range: Range<u32>, among: Among, is_telling: &dyn Fn(u32) -> bool) -> Vec<Holder> {
        let Some(LookedUp { found, least }) = self.looked_up(own, &range, among) else { return Vec::new() };
        let passage = self.shingles_of(own, &range);
        // One seed with other words on both sides of it is a common phrase.
        let is_long = range.len() >= LONG + self.span as usize - 1;
        fetch::all(found.iter().map(|&(_, number)| self.postings[self.starts[number as usize] as usize].text));
        let looked_at = |number: u32| self.places(number).len().min(MOST_PLACES);
        let mut hits: Vec<Hit> = Vec::with_capacity(found.iter().map(|&(_, number)| looked_at(number)).sum());
        let mut is_any_telling = false;
        for (place, number) in found {
            let beside = Beside::new(passage, place - range.start);
            let postings = self.places(number);
            let is_frequent = postings.len() > FREQUENT;
            let postings = postings.iter().take(MOST_PLACES);
            let postings = postings.filter(|posting| among == Among::All || self.is_new(posting.text));
            let goes_on = |other: Beside| if is_frequent { beside.goes_on(other) } else { beside.may_go_on(other) };
            let postings = postings.filter(|posting| !is_long || goes_on(posting.beside));
            for posting in postings {
                is_any_telling = is_any_telling || is_telling(posting.text);
                hits.push(Hit::new(posting.text, i64::from(posting.place) - i64::from(place)));
            }
        }
        if !is_any_telling {
            return Vec::new();
        }
        hits.sort_unstable();
        let place = |hits: &[Hit]| {
            let best = densest(hits);
            if best.len() < least {
                return None;
            }
            let tokens = i64::from(self.borders.tokens(best[0].text()));
            let place = |at: u32, diagonal: i64| (i64::from(at) + diagonal).clamp(0, tokens) as u32;
            let start = place(range.start, best[0].diagonal());
            let end = place(range.end, best[best.len() - 1].diagonal()).max(start);
            (end > start).then_some(Holder { text: best[0].text(), tokens: start..end, seeds: best.len() as u32 })
        };
        hits.chunk_by(|a, b| a.text() == b.text()).filter_map(place).collect()
    }

    /// Returns the tokens of text `other` that line `range` of text `own` is the opening of, where the source goes on.
    ///
    /// That is what a quotation cut off at a fixed length looks like: it begins where a line of its source begins, and
    /// ends where none does.
    pub fn source(&self, own: u32, range: Range<u32>, holder: &Holder) -> Option<Range<u32>> {
        let tokens = self.aligned_at_line_start(own, range, holder)?;
        let at_end = tokens.end.saturating_sub(1)..tokens.end + 3;
        (!self.borders.has_border_at(holder.text, at_end)).then_some(tokens)
    }

    /// Returns whether line `range` of text `own` stands in another text as several lines: entries of a list show the
    /// paragraphs of their source joined, and what a frame says stands in the same lines on all pages.
    pub fn is_joined(&self, own: u32, range: Range<u32>, holder: &Holder) -> bool {
        let tokens = self.aligned_at_line_start(own, range, holder);
        tokens.is_some_and(|tokens| {
            self.borders.has_border_at(holder.text, tokens.start + 1..tokens.end.saturating_sub(REACH))
        })
    }

    /// Returns the tokens of another text that line `range` of text `own` is aligned with, if a line begins with them.
    fn aligned_at_line_start(&self, own: u32, range: Range<u32>, holder: &Holder) -> Option<Range<u32>> {
        let start = self.start_of_line(holder)?;
        let other = self.texts[holder.text as usize];
        let width = self.span - 1;
        // The shingles that lie wholly in the line: none in one that is shorter than a shingle.
        let shingles = self.texts[own as usize].shingles;
        let inner =
            shingles.get(range.start as usize..((range.end + 1).saturating_sub(width) as usize).min(shingles.len()));
        let inner = inner.filter(|inner| !inner.is_empty())?;
        let end = aligned_end(inner, &other.shingles[(start as usize).min(other.shingles.len())..])?;
        Some(start..start + end as u32 + width - 1)
    }

    /// Returns where a line begins about the beginning of a place.
    #[inline]
    fn start_of_line(&self, place: &Holder) -> Option<u32> {
        let near = place.tokens.start.saturating_sub(3)..place.tokens.start + 13;
        self.borders.nearest_start(place.text, near, place.tokens.start)
    }

    /// Returns whether a text goes on after `end` as the line of `source` does after `source_end`: it was not cut off
    /// there, its lines only end elsewhere.
    pub fn goes_on(&self, own: u32, end: u32, source: u32, source_end: u32) -> bool {
        let shingles = |text: u32, from: u32, until: u32| {
            let all = self.texts[text as usize].shingles;
            let until = (until as usize).min(all.len());
            &all[(from as usize).min(until)..until]
        };
        let left = self.borders.line_end(source, source_end) - source_end;
        // The shingles that lie wholly in the rest of the source's line, and at least one.
        let length = left.saturating_sub(self.span - 2).clamp(1, CONTINUATION);
        let next = shingles(own, end, end + length);
        let there = shingles(source, source_end.saturating_sub(REACH), source_end + length + REACH);
        next.iter().filter(|shingle| there.contains(shingle)).count() as u32 * 2 > length
    }
}

/// Returns the tokens in which all of a place lies: it is good to a few of them.
fn around(place: &Holder) -> Range<u32> {
    place.tokens.start.saturating_sub(8)..place.tokens.end + 8
}

/// Bits that tell most seeds that are not among some.
#[derive(Debug)]
struct SeedFilter {
    bits: Vec<u64>,
    shift: u32,
}

impl SeedFilter {
    /// Returns the filter of all seeds that may be looked up for a new text: those that are sampled, and the first of each
    /// line and sentence.
    fn of_new(texts: &[Text], new: &[bool]) -> Self {
        let new: Vec<Text> = texts.iter().zip(new).filter(|&(_, &is_new)| is_new).map(|(&text, _)| text).collect();
        let seeds: Vec<Seed> = new
            .par_iter()
            .evenly()
            .flat_map_iter(|&text| {
                let count = seed::count(text.shingles);
                let starts = text.blocks.sentences.iter().map(|sentence| sentence.start).filter(move |&at| at < count);
                let starts = starts.map(move |at| seed::at(text.shingles, at));
                let all = (0..count).map(move |at| seed::at(text.shingles, at));
                all.filter(|&seed| seed::is_sampled(seed, RATE)).chain(starts)
            })
            .collect();
        Self::of(seeds.len(), seeds.into_iter())
    }

    /// Returns the filter of some seeds, about so many: of others it lets one in nine to seventeen pass.
    fn of(count: usize, seeds: impl Iterator<Item = Seed>) -> Self {
        let log = (count.max(4) * 16).ilog2();
        let mut filter = Self { bits: vec![0; 1 << (log - 6)], shift: 64 - log };
        for seed in seeds {
            let bit = filter.bit(seed);
            filter.bits[bit / 64] |= 1 << (bit % 64);
        }
        filter
    }

    #[inline]
    fn bit(&self, seed: Seed) -> usize {
        (u64::from(seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize
    }

    #[inline]
    fn may_hold(&self, seed: Seed) -> bool {
        let bit = self.bit(seed);
        self.bits[bit / 64] >> (bit % 64) & 1 == 1
    }
}

/// Seeds that go on alike in two texts or more, and their postings.
#[derive(Default)]
struct Shared {
    seeds: Vec<Seed>,
    /// How many postings each has.
    lengths: Vec<u32>,
    postings: Vec<Posting>,
}

impl Shared {
    /// Returns those of some sorted postings that go on alike in another text. Of prose nine seeds in ten are left out; what
    /// is left fits a cache.
    fn of(postings: &[(Seed, Posting)]) -> Self {
        let mut shared = Self::default();
        let mut sides = Vec::new();
        for same in postings.chunk_by(|a, b| a.0 == b.0) {
            if same[0].1.text == same[same.len() - 1].1.text {
                continue;
            }
            shared_sides(same, &mut sides);
            let goes_on = |&&(seed, posting): &&(Seed, Posting)| {
                posting.beside.sides(seed).any(|side| sides.binary_search(&side).is_ok())
            };
            let before = shared.postings.len();
            shared.postings.extend(same.iter().filter(goes_on).map(|&(_, posting)| posting));
            if shared.postings.len() > before {
                shared.seeds.push(same[0].0);
                shared.lengths.push((shared.postings.len() - before) as u32);
            }
        }
        shared
    }
}

/// Returns the seeds that go on alike in two texts or more, where the postings of each begin, and the postings.
fn of_shared(postings: &[(Seed, Posting)]) -> (Vec<Seed>, Vec<u32>, Vec<Posting>) {
    let parts: Vec<Shared> = parts(postings).into_par_iter().map(Shared::of).collect();
    let count: usize = parts.iter().map(|part| part.seeds.len()).sum();
    let (mut seeds, mut starts) = (Vec::with_capacity(count), Vec::with_capacity(count + 1));
    let mut kept = Vec::with_capacity(parts.iter().map(|part| part.postings.len()).sum());
    let mut at = 0;
    for part in parts {
        seeds.extend(part.seeds);
        for length in part.lengths {
            starts.push(at);
            at += length;
        }
        kept.extend(part.postings);
    }
    starts.push(at);
    (seeds, starts, kept)
}

/// Returns parts of some sorted postings of about the same size, no seed in two of them.
fn parts(postings: &[(Seed, Posting)]) -> Vec<&[(Seed, Posting)]> {
    const SIZE: usize = 1 << 14;
    let mut parts = Vec::new();
    let mut rest = postings;
    while let Some(&(last, _)) = rest.get(SIZE) {
        let end = SIZE + rest[SIZE..].partition_point(|&(seed, _)| seed == last);
        let (part, after) = rest.split_at(end);
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    parts
}

/// Leaves in `shared` the sides on which the postings of one seed go on alike in two texts or more, sorted.
fn shared_sides(postings: &[(Seed, Posting)], shared: &mut Vec<u64>) {
    shared.clear();
    let mut sides: Vec<(u64, u32)> = Vec::with_capacity(postings.len() * 2);
    for &(seed, posting) in postings {
        sides.extend(posting.beside.sides(seed).map(|side| (side, posting.text)));
    }
    sides.sort_unstable();
    let of_side = sides.chunk_by(|a, b| a.0 == b.0);
    shared.extend(of_side.filter(|same| same[0].1 != same[same.len() - 1].1).map(|same| same[0].0));
}

/// Returns the blocks of `least` tokens or more that are wanted, by their hashes, and occur in two texts or more: the
/// places of each, by text.
pub fn repeated<'a>(
    texts: &[Text<'a>],
    level: impl Fn(&Text<'a>) -> &'a [Block] + Sync,
    least: u32,
    is_wanted: impl Fn(u64) -> bool + Sync,
) -> Vec<Vec<Place>> {
    let long = |text: &Text<'a>| {
        let (blocks, tokens) = (level(text), text.blocks.tokens);
        let end = move |at: usize| blocks.get(at + 1).map_or(tokens, |next| next.start);
        let is_wanted = &is_wanted;
        let long = blocks
            .iter()
            .enumerate()
            .filter(move |&(at, block)| end(at) - block.start >= least && is_wanted(block.hash));
        long.map(|(at, block)| (block.hash, at as u32))
    };
    let mut all: Vec<(u64, Place)> = (0..texts.len() as u32)
        .into_par_iter()
        .evenly()
        .flat_map_iter(|id| long(&texts[id as usize]).map(move |(hash, at)| (hash, (id, at))))
        .collect();
    let repeats = Repeats::of(all.len(), all.par_iter().map(|&(hash, _)| hash));
    repeats::retain(&mut all, |&(hash, _)| repeats.may_hold(hash));
    all.par_sort_unstable();
    all.chunk_by(|a, b| a.0 == b.0)
        .filter(|same| same[0].1.0 != same[same.len() - 1].1.0)
        .map(|same| same.iter().map(|&(_, place)| place).collect())
        .collect()
}

/// Calls `act` with each seed of a text that is in the index, and its place: those of all lines but the ones `left_out`.
/// `seeds` is room for them.
#[inline]
fn each_indexed((id, text): (u32, Text), left_out: &[Place], seeds: &mut Vec<u64>, mut act: impl FnMut(Seed, u32)) {
    let from = left_out.partition_point(|place| place.0 < id);
    let mut out = left_out[from..].iter().take_while(|place| place.0 == id).map(|place| place.1).peekable();
    for line in 0..text.blocks.lines.len() {
        if out.next_if_eq(&(line as u32)).is_none() {
            each_sampled(text, text.blocks.line(line), seeds, &mut act);
        }
    }
}

/// Calls `act` with the seeds of some tokens that begin there, always the first of a line and of the others those that are
/// sampled, and their places. `seeds` is room for them.
#[inline]
fn each_sampled(text: Text, range: Range<u32>, seeds: &mut Vec<u64>, mut act: impl FnMut(Seed, u32)) {
    let range = range.start..range.end.min(seed::count(text.shingles));
    if range.is_empty() {
        return;
    }
    act(seed::at(text.shingles, range.start), range.start);
    seeds.clear();
    seed::sample(text.shingles, range.start + 1..range.end, RATE, seeds);
    seeds.iter().for_each(|&seed| act((seed >> 32) as Seed, seed as u32));
}

/// Returns how many seeds [`each_sampled`] has of some places.
fn count_sampled(text: Text, seeds: Range<u32>) -> usize {
    let first = usize::from(!seeds.is_empty());
    let others = seed::in_run(text.shingles, (seeds.start + 1).min(seeds.end)..seeds.end);
    first + others.map(|seed| usize::from(seed::is_sampled(seed, RATE))).sum::<usize>()
}

fn seeds_in<'a>(text: Text<'a>, range: Range<u32>) -> impl Iterator<Item = Seed> + 'a {
    (range.start..range.end.min(seed::count(text.shingles))).map(move |place| seed::at(text.shingles, place))
}

/// The seeds of a passage, to count how many of them are among others.
struct SeedSet {
    /// Sorted.
    seeds: Vec<Seed>,
    /// A bit for some bits of each seed: nearly all that are not here are told by it.
    filter: Vec<u64>,
    /// For each seed, the first of its equals, the number of the count that met it last.
    met: Vec<u32>,
    current: u32,
}

impl SeedSet {
    fn new(seeds: impl Iterator<Item = Seed>) -> Self {
        let mut seeds: Vec<Seed> = seeds.collect();
        seeds.sort_unstable();
        let mut filter = vec![0; (seeds.len() / 8).next_power_of_two()];
        for &seed in &seeds {
            let bit = Self::bit(seed, filter.len());
            filter[bit / 64] |= 1 << (bit % 64);
        }
        Self { met: vec![0; seeds.len()], seeds, filter, current: 0 }
    }

    fn len(&self) -> usize {
        self.seeds.len()
    }

    fn bit(seed: Seed, words: usize) -> usize {
        seed as usize % (words * 64)
    }

    /// Returns how many of the seeds are among some others.
    fn shared(&mut self, others: impl Iterator<Item = Seed>) -> usize {
        self.current += 1;
        let mut shared = 0;
        for seed in others {
            let bit = Self::bit(seed, self.filter.len());
            if self.filter[bit / 64] >> (bit % 64) & 1 == 0 {
                continue;
            }
            let first = self.seeds.partition_point(|&own| own < seed);
            if self.seeds.get(first) == Some(&seed) && self.met[first] != self.current {
                self.met[first] = self.current;
                shared += self.seeds[first..].iter().take_while(|&&own| own == seed).count();
            }
        }
        shared
    }
}

/// The seeds of a passage that are looked up.
struct LookedUp {
    /// Those that have postings: the place, and the number of the seed.
    found: Vec<(u32, u32)>,
    /// How many of them another text must have.
    least: usize,
}

/// A seed of a passage in another text: which text, and how much further on it stands there. One number, since they are
/// sorted by both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Hit(u64);

impl Hit {
    /// Where one place is more than 2³¹ tokens from the other, the distance is taken for that.
    fn new(text: u32, diagonal: i64) -> Self {
        let diagonal = diagonal.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) - i64::from(i32::MIN);
        Self(u64::from(text) << 32 | diagonal as u64)
    }

    fn text(self) -> u32 {
        (self.0 >> 32) as u32
    }

    fn diagonal(self) -> i64 {
        i64::from(self.0 as u32) + i64::from(i32::MIN)
    }
}

/// Returns the most hits within one drift of each other, of hits sorted by diagonal.
fn densest(hits: &[Hit]) -> &[Hit] {
    let (mut from, mut best) = (0, 0..0);
    for until in 1..=hits.len() {
        while hits[until - 1].diagonal() - hits[from].diagonal() > DRIFT {
            from += 1;
        }
        if until - from > best.len() {
            best = from..until;
        }
    }
    &hits[best]
}

/// Returns how many shingles of `source` the whole of `passage` is aligned with, from the first on, or `None` if it is
/// not: more than two edits and one in eight tokens.
fn aligned_end(passage: &[Shingle], source: &[Shingle]) -> Option<usize> {
    /// How far an edit is looked past, and how much longer one side of it may be.
    const REACH: usize = 8;
    const SKEW: usize = 2;
    /// Shingles at the end that may be out: a passage may be cut in the middle of a word.
    const LOOSE_END: usize = 4;
    let same = |i: usize, j: usize| passage.get(i).is_some_and(|shingle| source.get(j) == Some(shingle));
    let (mut i, mut j, mut edits, mut matched) = (0, 0, 0, 0);
    while i < passage.len() && j < source.len() {
        if same(i, j) {
            i += 1;
            j += 1;
            matched = i;
            continue;
        }
        edits += 1;
        if edits > 2 + i / 8 {
            return None;
        }
        let step = (1..=REACH).find_map(|step| {
            let skews = (0..=SKEW.min(step)).flat_map(|skew| [(step, step - skew), (step - skew, step)]);
            let goes_on = |i: usize, j: usize| same(i, j) && (same(i + 1, j + 1) || i + 1 == passage.len());
            skews.into_iter().find(|&(a, b)| goes_on(i + a, j + b))
        });
        match step {
            Some((a, b)) => {
                i += a;
                j += b;
            }
            None => {
                i += 1;
                j += 1;
            }
        }
    }
    (i >= passage.len() && passage.len() - matched <= LOOSE_END).then_some(j)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_distance_that_no_number_holds_is_the_farthest() {
        let far = i64::from(u32::MAX);
        assert_eq!(Hit::new(7, far).diagonal(), i64::from(i32::MAX));
        assert_eq!(Hit::new(7, -far).diagonal(), i64::from(i32::MIN));
    }

    proptest! {
        #[test]
        fn hits_are_in_the_order_of_texts_and_distances(
            hits in prop::collection::vec((0..3_u32, prop_oneof![-3..3_i32, any::<i32>()]), 2),
        ) {
            let hit = |&(text, diagonal): &(u32, i32)| Hit::new(text, i64::from(diagonal));
            let told = |hit: Hit| (hit.text(), hit.diagonal() as i32);
            prop_assert_eq!(hits.iter().map(hit).map(told).collect::<Vec<_>>(), hits.clone());
            prop_assert_eq!(hit(&hits[0]).cmp(&hit(&hits[1])), hits[0].cmp(&hits[1]));
        }

        #[test]
        fn of_the_postings_of_a_seed_those_are_kept_that_go_on_alike_in_another_text(
            postings in prop::collection::vec((0..4_u32, 0..5_u32, 0..3_u16, 0..3_u16), 0..60),
            common in 0..40_000_u32,
        ) {
            let posting = |(text, before, after)| Posting { text, place: 0, beside: Beside { before, after } };
            let mut all: Vec<(Seed, Posting)> =
                postings.into_iter().map(|(seed, text, before, after)| (seed, posting((text, before, after)))).collect();
            // One seed of so many places that its part is a long one.
            all.extend((0..common).map(|text| (9, posting((text, 1 + text as u16 % 5, 0)))));
            all.sort_by_key(|&(seed, posting)| (seed, posting.text));
            let is_kept = |&(seed, own): &(Seed, Posting)| {
                let mut others = all.iter().filter(|&&(other, posting)| other == seed && posting.text != own.text);
                others.any(|&(_, other)| own.beside.may_go_on(other.beside))
            };
            let expected: Vec<(Seed, u32)> =
                all.iter().filter(|one| is_kept(one)).map(|&(seed, posting)| (seed, posting.text)).collect();
            let (seeds, starts, kept) = of_shared(&all);
            let of_seed = |at: usize| kept[starts[at] as usize..starts[at + 1] as usize].iter();
            let found = (0..seeds.len()).flat_map(|at| of_seed(at).map(|posting| (seeds[at], posting.text)).collect::<Vec<_>>());
            prop_assert_eq!(found.collect::<Vec<_>>(), expected);
        }

        /// Whether enough of a passage stands in another text is the same whether or not all of that text is read.
        #[test]
        fn what_is_enough_is_told_by_the_first_pieces_as_by_all(
            numbers in prop::collection::vec((0..3_u32, 0..3_u32), 2..100),
            from in 0..4_u32,
            share in 0.0..1.0_f64,
        ) {
            let (own, other): (Vec<Shingle>, Vec<Shingle>) = numbers.into_iter().unzip();
            let blocks = Blocks { tokens: own.len() as u32 + 1, ..Blocks::default() };
            let texts = [&own, &other].map(|shingles| Text { shingles, blocks: &blocks, host: 0 });
            let index = Passages::new(&texts, 2);
            let place = Holder { text: 1, tokens: from..blocks.tokens, seeds: 1 };
            let enough = share * (own.len() - 1) as f64;
            let all = index.on_diagonal(&own, &place, f64::INFINITY);
            let other = &other[(from as usize).min(other.len())..];
            let pairs: Vec<bool> = own.iter().zip(other).map(|(a, b)| a == b).collect();
            prop_assert_eq!(all, pairs.windows(2).filter(|pair| pair[0] && pair[1]).count());
            prop_assert_eq!(index.on_diagonal(&own, &place, enough) as f64 >= enough, all as f64 >= enough);
        }

        /// What is looked up for new texts alone is what a look-up in all texts finds in the new ones.
        #[test]
        fn a_look_up_among_new_texts_finds_what_all_find_in_them(
            // Passages that are put together to texts, and whether each text is new.
            passages in prop::collection::vec(prop::collection::vec(1..5000_u32, 20..60), 2..6),
            texts in prop::collection::vec((prop::collection::vec(0..6_usize, 1..6), any::<bool>()), 2..8),
        ) {
            let of_text = |numbers: &Vec<usize>| {
                let mut blocks = Blocks::default();
                let (mut shingles, mut lines) = (Vec::new(), Vec::new());
                for &number in numbers {
                    let passage = &passages[number % passages.len()];
                    lines.push(Block { hash: number as u64, start: shingles.len() as u32, weight: 40 });
                    shingles.extend(passage);
                }
                (blocks.lines, blocks.tokens) = (lines.into(), shingles.len() as u32 + 1);
                (shingles, blocks)
            };
            let kept: Vec<(Vec<Shingle>, Blocks)> = texts.iter().map(|(numbers, _)| of_text(numbers)).collect();
            let all: Vec<Text> = kept.iter().map(|(shingles, blocks)| Text { shingles, blocks, host: 0 }).collect();
            let index = Passages::beside(&all, 2, |id| texts[id as usize].1);
            for (own, text) in (0..).zip(&all) {
                for line in 0..text.blocks.lines.len() {
                    let range = text.blocks.line(line);
                    let mut places = index.places_of(own, range.clone(), Among::All, &|_| true);
                    places.retain(|place| texts[place.text as usize].1);
                    prop_assert_eq!(&places, &index.places_of(own, range.clone(), Among::New, &|_| true));
                    if !places.is_empty() {
                        prop_assert!(index.may_stand_elsewhere(own, range, Among::New));
                    }
                }
            }
        }

        /// A look-up for what one text can tell finds all, or nothing where that text has nothing of the passage.
        #[test]
        fn a_look_up_for_a_text_finds_all_or_nothing(
            texts in prop::collection::vec(prop::collection::vec(0..6_u32, 1..6), 2..8),
        ) {
            let of_text = |(id, numbers): (u64, &Vec<u32>)| {
                let (mut shingles, mut lines) = (Vec::new(), Vec::new());
                for &number in numbers {
                    // No two lines are one: of those that are, some texts alone are in the index.
                    let hash = id << 32 | shingles.len() as u64;
                    lines.push(Block { hash, start: shingles.len() as u32, weight: 40 });
                    shingles.extend((0..40).map(|at| number * 1000 + at));
                }
                let tokens = shingles.len() as u32 + 1;
                (shingles, Blocks { lines: lines.into(), tokens, ..Blocks::default() })
            };
            let kept: Vec<(Vec<Shingle>, Blocks)> = (0..).zip(&texts).map(of_text).collect();
            let all: Vec<Text> = kept.iter().map(|(shingles, blocks)| Text { shingles, blocks, host: 0 }).collect();
            let index = Passages::new(&all, 2);
            for (own, numbers) in (0..).zip(&texts) {
                for (line, number) in numbers.iter().enumerate() {
                    let range = all[own as usize].blocks.line(line);
                    let places = index.places_of(own, range.clone(), Among::All, &|_| true);
                    for (telling, of_other) in (0..).zip(&texts) {
                        let found = index.places_of(own, range.clone(), Among::All, &|text| text == telling);
                        prop_assert_eq!(&found[..], if of_other.contains(number) { &places[..] } else { &[] });
                    }
                }
            }
        }
    }
}
