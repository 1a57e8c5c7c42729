//! Frames that are longer than what they frame: lines that some pages have in common are left out together.

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::mask::Mask;
use super::overlaps::{Comparison, Overlaps};
use super::{HOLDERS, Judge, LEAST_QUOTATION, LEAST_REST, MANY_HOLDERS, NEARLY_ALL, Side, Verdict};
use crate::block::{Block, Blocks};
use crate::dictionary::Level;
use crate::evenly::Evenly;
use crate::longest;
use crate::passage::{Place, Text};

/// Holders of a line whose common lines are left out at once.
const EDGE_HOLDERS: usize = 8;

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

/// Share of a text that stands in lines of about as many holders or more for these to be of a frame that is longer than what
/// it frames. With lines of as many alone, none of the layers of a portal's frame was: what all channels have, some, and one.
const HEAVY: f64 = 0.4;

/// Seeds of its own that say something of a page which is most likely in the frame of its host. Not tuned.
const LEAST_OWN: u32 = 8;

/// Lines at the top of a page, below its first, and at its foot that are asked whether they are of a menu. Not tuned.
const ENDS: usize = 8;

/// A line that may belong to a frame which is longer than what it frames.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Held {
    /// The first texts that hold it.
    texts: Vec<u32>,
    /// How many texts hold it in all.
    of: usize,
    hosts: Hosts,
    /// Whether it is a short line that half of all pages have.
    is_wide: bool,
    /// Whether nearly all texts have it that might.
    is_on_nearly_all: bool,
    /// The number of its group of places.
    group: u32,
}

impl Held {
    /// Returns whether another line is held by the same texts.
    fn goes_with(&self, other: &Self) -> bool {
        let of = |held: &Self| (held.of, held.hosts, held.is_wide, held.is_on_nearly_all);
        self.texts == other.texts && of(self) == of(other)
    }
}

/// Lines of the same texts that may belong to a frame which is longer than what it frames.
#[derive(Debug)]
pub(super) struct Edge {
    /// The numbers of their groups of places.
    groups: Box<[u32]>,
    /// The first holders that have a common line at an edge; all first holders where fewer than two have one.
    sides: Box<[u32]>,
    /// The hashes of the lines that nearly all holders have, sorted.
    common: Arc<[u64]>,
    /// Whether there are two sides or more that have a common line at an edge.
    has_edges: bool,
    /// What the hosts of those that hold them say.
    hosts: Hosts,
    /// Whether nearly all texts of its host have it, or of all if no host is known and these are not a few.
    is_on_nearly_all: bool,
    /// Whether they are several short lines that half of all pages have.
    is_wide: bool,
    verdict: Verdict,
}

impl Edge {
    /// Returns whether two or three texts are all that show it.
    fn are_few(&self) -> bool {
        self.sides.len() < MANY_HOLDERS
    }

    /// Returns whether half of one host's texts have it, and these are more than two or three.
    fn are_many_of_a_host(&self) -> bool {
        self.hosts == Hosts::Half && !self.are_few()
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

    /// Returns how many seeds a text must have beside it to say anything. Pages of hosts that have it on most of them, or of one
    /// that has it on nearly all, are hardly copies of one article, and may say as little as a proverb does; so may nearly
    /// all pages there are, if no host is known and it surrounds what they say.
    fn least_rest(&self, is_inside: bool) -> u32 {
        let is_frame = match self.hosts {
            Hosts::Most => !self.are_few(),
            Hosts::Half => self.are_many_of_a_host() && self.is_on_nearly_all,
            Hosts::Silent => is_inside && self.is_on_nearly_all,
            Hosts::Few => false,
        };
        if is_frame { LEAST_OWN } else { LEAST_REST }
    }

    /// Returns whether the host of its texts tells that it is a frame, if they are unlike beside it.
    fn is_told(&self, own: Own) -> bool {
        self.hosts == Hosts::Half && own == Own::Article
    }
}

/// What the hosts of the texts that hold a line say of it. The order means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Hosts {
    /// Nothing: those of most texts are not known or have no other text, or all are of one host, of which more do not have it,
    /// or one host alone has it on more than half of its texts, which are more than those of the others.
    Silent,
    /// It is on several hosts, most of which have it on half of their texts or fewer, as copies of an article are.
    Few,
    /// It is on several hosts, of which two or more have it on more than half of their texts, and most texts are of these.
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

impl Judge<'_> {
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
    pub(super) fn edges(&self, groups: &[Vec<Place>]) -> Vec<Edge> {
        let all_texts: Vec<Vec<u32>> = groups.par_iter().evenly().map(|group| texts_of(group)).collect();
        let hash = |group: &Vec<Place>| self.hash_of(group, Level::Line);
        let holders: FxHashMap<u64, usize> = groups.iter().map(hash).zip(all_texts.iter().map(Vec::len)).collect();
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
        let side = |(at, (group, texts)): (usize, (&Vec<Place>, &Vec<u32>))| {
            // Who gathers the pages of a host has its frame too, which is none of the gatherer's.
            let of_host = self.of_whole_host(texts);
            let texts = of_host.as_deref().unwrap_or(texts);
            let of = texts.len();
            let mut edges = texts.iter().take(EDGE_HOLDERS).flat_map(|&id| of_edges[id as usize]);
            let has_edge = edges.any(|holders| is_few(holders, of));
            let is_half = self.are_half_of_a_host(texts);
            let is_one = has_edge || of >= MANY_HOLDERS && texts[..2].iter().all(|&text| is_heavy(text, of)) || is_half;
            let (line, tokens) = self.block(group[0].0, group[0].1, Level::Line);
            let are_half = is_half || self.of_hosts.is_empty() && of * 2 >= self.texts.len();
            let is_wide = are_half && of >= HOLDERS && is_short(line, &tokens);
            (is_one || is_wide).then(|| {
                let hosts = if is_half { Hosts::Half } else { self.hosts_of(texts) };
                let is_on_nearly_all = self.are_nearly_all(texts, hosts);
                let first: Vec<u32> = match is_wide {
                    // Most may have nothing beside it; they would not say anything.
                    true => texts.iter().copied().filter(|&text| has_rest(text, of)).take(EDGE_HOLDERS).collect(),
                    false => Vec::new(),
                };
                let texts = match first.len() < MANY_HOLDERS {
                    true => texts[..of.min(EDGE_HOLDERS)].to_vec(),
                    false => first,
                };
                Held { texts, of, hosts, is_wide, is_on_nearly_all, group: at as u32 }
            })
        };
        let mut sides: Vec<Held> = groups.par_iter().zip(&all_texts).enumerate().filter_map(side).collect();
        sides.par_sort_unstable();
        let lines = self.sorted_lines(sides.iter().flat_map(|held| &held.texts));
        let edge = |of_all: &mut Option<Arc<[u64]>>, same: &[Held]| {
            let Held { texts, of, hosts, is_wide, is_on_nearly_all, group } = &same[0];
            let is_wide = *is_wide && same.len() * 2 >= ENDS;
            let is_half = *hosts == Hosts::Half;
            let may_be_edge = |&&id: &&u32| of_edges[id as usize].iter().any(|&holders| is_few(holders, *of));
            if !is_half && texts.len() < MANY_HOLDERS && texts.iter().filter(may_be_edge).count() < 2 {
                return None;
            }
            let common_to = |texts: &[u32]| {
                Arc::from(common_lines(&texts.iter().map(|&id| &*lines[id as usize]).collect::<Vec<_>>()))
            };
            let mut common = of_all.get_or_insert_with(|| common_to(texts)).clone();
            // Many pages of one host are no copies of an article in the frames of several.
            let is_of_host = is_half && texts.len() >= MANY_HOLDERS;
            let is_edge = |line: Option<&Block>, holders: usize| {
                (is_of_host || is_few(holders, *of))
                    && line.is_some_and(|line| common.binary_search(&line.hash).is_ok())
            };
            let mut sides = texts.clone();
            sides.retain(|&id| {
                let lines = &self.texts[id as usize].blocks.lines;
                let [first, last] = of_edges[id as usize];
                is_edge(lines.first(), first) || is_edge(lines.last(), last)
            });
            if sides.len() < 2 {
                // Some may be elsewhere: the site of most of them has the edge, and the others say nothing of it.
                if let Some(of_edge) = self.of_one_edge(texts, &all_texts[*group as usize], &of_edges) {
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
                is_on_nearly_all: *is_on_nearly_all,
                sides: sides.into(),
                common,
                has_edges,
                hosts,
                is_wide,
                verdict,
            })
        };
        let tokens = |held: &Held| {
            let (id, at) = groups[held.group as usize][0];
            self.block(id, at, Level::Line).1.len()
        };
        let same: Vec<&[Held]> = sides.chunk_by(Held::goes_with).collect();
        let same =
            longest::of_each_text(same, self.texts.len(), |same| (&same[0].texts, same.iter().map(tokens).sum()));
        // What the same texts have in common is looked for once.
        let of_same_texts: Vec<&[&[Held]]> = same.chunk_by(|a, b| a[0].texts == b[0].texts).collect();
        let of_texts = |same: &[&[Held]]| -> Vec<Edge> {
            let mut of_all = None;
            same.iter().filter_map(|same| edge(&mut of_all, same)).collect()
        };
        let mut edges: Vec<Edge> = of_same_texts.into_par_iter().flat_map_iter(of_texts).collect();
        self.add_lines_of_several_hosts(&mut edges, groups, &all_texts);
        edges
    }

    /// Adds to the lines that many pages of one host have those that several hosts have on most of their pages: what is
    /// common to the pages of a host is its frame in whole.
    fn add_lines_of_several_hosts(&self, edges: &mut [Edge], groups: &[Vec<Place>], texts: &[Vec<u32>]) {
        let of_hosts = edges.iter().filter(|edge| edge.are_many_of_a_host());
        let common: FxHashSet<u64> = of_hosts.flat_map(|edge| edge.common.iter().copied()).collect();
        let of_several = |(at, (group, texts)): (usize, (&Vec<Place>, &Vec<u32>))| {
            let hash = self.hash_of(group, Level::Line);
            (common.contains(&hash) && self.hosts_of(texts) == Hosts::Most).then_some((hash, at as u32))
        };
        let of_several: FxHashMap<u64, u32> = groups.par_iter().zip(texts).enumerate().filter_map(of_several).collect();
        for edge in edges.iter_mut().filter(|edge| edge.are_many_of_a_host()) {
            let more = edge.common.iter().filter_map(|hash| of_several.get(hash));
            edge.groups = edge.groups.iter().chain(more).copied().collect();
        }
    }

    /// Returns whether some texts are of one host that is known, and are half of those of it that there are here: what few
    /// pages of a host have in common may as well be an article that stands there twice.
    fn are_half_of_a_host(&self, texts: &[u32]) -> bool {
        let host_of = |&id: &u32| self.texts[id as usize].host;
        let host = texts.first().map_or(0, host_of);
        // Each host that is known has been counted.
        host != 0 && texts.iter().all(|id| host_of(id) == host) && texts.len() * 2 >= self.of_hosts[&host]
    }

    /// Returns those of some texts that are of a host of which they are nearly all, enough to tell what a frame is, where
    /// hosts that have other texts too hold as many: those gather what is on others, articles with their frames.
    fn of_whole_host(&self, texts: &[u32]) -> Option<Vec<u32>> {
        // As many again are of other hosts.
        if self.of_hosts.is_empty() || texts.len() < 2 * MANY_HOLDERS || self.hosts_of(texts) != Hosts::Few {
            return None;
        }
        let host_of = |&id: &u32| self.texts[id as usize].host;
        let mut hosts: Vec<u64> = texts.iter().map(host_of).collect();
        hosts.sort_unstable();
        // Texts of no known host are of none.
        let is_whole = |of_host: &&[u64]| {
            self.of_hosts
                .get(&of_host[0])
                .is_some_and(|&all| of_host.len() >= MANY_HOLDERS && of_host.len() as f64 > NEARLY_ALL * all as f64)
        };
        let whole = hosts.chunk_by(|a, b| a == b).filter(is_whole).max_by_key(|of_host| of_host.len())?[0];
        Some(texts.iter().copied().filter(|id| host_of(id) == whole).collect())
    }

    /// Returns whether some texts are nearly all of their host, or [`EDGE_HOLDERS`] or more and nearly all there are where no
    /// host is known.
    fn are_nearly_all(&self, texts: &[u32], hosts: Hosts) -> bool {
        let all = match hosts {
            // A line has a text that holds it, and each host that is known has been counted.
            Hosts::Half => self.of_hosts[&self.texts[texts[0] as usize].host],
            _ if self.of_hosts.is_empty() && texts.len() >= EDGE_HOLDERS => self.texts.len(),
            _ => return false,
        };
        texts.len() as f64 > NEARLY_ALL * all as f64
    }

    /// Returns what the hosts of the texts that hold a line say of it, as far as their texts are here and where these are not
    /// half of one host.
    fn hosts_of(&self, texts: &[u32]) -> Hosts {
        let mut hosts: Vec<u64> = texts.iter().map(|&id| self.texts[id as usize].host).collect();
        hosts.sort_unstable();
        if hosts.first() == hosts.last() {
            return Hosts::Silent;
        }
        // Texts of hosts that say something, and of those that have the line as their frame; and how many these are.
        let (mut telling, mut framed, mut frames) = (0, 0, 0);
        for of_host in hosts.chunk_by(|a, b| a == b) {
            let all = self.of_hosts.get(&of_host[0]).copied().unwrap_or(1);
            telling += if all > 1 { of_host.len() } else { 0 };
            if all > 1 && of_host.len() * 2 > all {
                framed += of_host.len();
                frames += 1;
            }
        }
        match telling * 2 < texts.len() {
            true => Hosts::Silent,
            false if framed * 2 <= telling => Hosts::Few,
            // One host may have an article of the others in many versions.
            false if frames == 1 => Hosts::Silent,
            false => Hosts::Most,
        }
    }

    /// Returns those of `texts`, the first of `all` that hold a line, that have their first line or their last in common,
    /// [`MANY_HOLDERS`] or more, where nearly all that have it are of these and [`OF_ONE_SITE`] of these has it.
    fn of_one_edge(&self, texts: &[u32], all: &[u32], of_edges: &[[usize; 2]]) -> Option<Vec<u32>> {
        let edge = |id: u32, at: usize| {
            let lines = &self.texts[id as usize].blocks.lines;
            if at == 0 { lines.first() } else { lines.last() }.map(|line| line.hash)
        };
        let with = |id: u32, at: usize| texts.iter().copied().filter(move |&other| edge(other, at) == edge(id, at));
        let most = |at: usize| {
            let counted = texts.iter().map(|&id| (with(id, at).count(), id));
            counted.max_by_key(|&(count, id)| (count, Reverse(id))).filter(|&(count, _)| count >= MANY_HOLDERS)
        };
        let is_of_site = |id: u32, at: usize| {
            let of_site = all.iter().filter(|&&other| edge(other, at) == edge(id, at)).count();
            of_site as f64 >= OF_ONE_SITE * all.len() as f64 && is_few(of_edges[id as usize][at], of_site)
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
    pub(super) fn long_frames(
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
            edge.sides.iter().filter_map(|&id| self.framed(masks, id, edge, own)).collect()
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
        (0..rings).filter_map(|at| Some(sides[at]?.compared(&sides[(at + 1) % count]?))).collect()
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
        for (at, _) in blocks.lines.iter().enumerate().filter(|(_, line)| is_common(line.hash)) {
            let tokens = blocks.line(at);
            match passages.last_mut().filter(|last| (are_many || is_told) && last.end == tokens.start) {
                Some(last) => last.end = tokens.end,
                None => passages.push(tokens),
            }
        }
        let (before, after) = around_own(blocks, is_common);
        // Otherwise the article may be what is common, and the list below it what differs: of a few pages, or of pages that
        // end with lines of their own.
        // A list that was copied begins with its title, which is common, or with a paragraph about it.
        let has_own_title = || {
            let is_own = |line: &Block| !is_common(line.hash) && is_short(line, &blocks.line(0));
            blocks.lines.first().is_some_and(is_own)
        };
        let has_last_edge = || blocks.lines.last().is_some_and(|line| is_common(line.hash));
        let is_inside = are_many && edge.hosts != Hosts::Few && is_inside(blocks, is_common);
        let is_frame = edge.has_edges
            && (own > Own::Nothing && after >= before || are_many && (after >= before || has_last_edge()))
            || is_inside
            || own == Own::Article && edge.may_be_menu() && is_menu(blocks, is_common, edge.hosts == Hosts::Most)
            || edge.is_wide && has_own_title() && is_menu(blocks, is_common, true);
        let side = (is_frame || is_told).then(|| self.side(mask, text, passages));
        side.filter(|side| side.rest >= edge.least_rest(is_inside))
    }
}

/// Returns the texts that hold what stands at some places, in order: it may stand twice in one.
fn texts_of(group: &[Place]) -> Vec<u32> {
    let mut texts: Vec<u32> = group.iter().map(|&(id, _)| id).collect();
    texts.dedup();
    texts
}

/// Returns a number for how many texts hold a line, four for each doubling: that of a seventh more is at most one more.
fn class(holders: usize) -> u32 {
    let octave = holders.max(1).ilog2();
    octave * 4 + (holders << 2 >> octave) as u32 % 4
}

/// Returns how many tokens of common lines stand before what is a page's own, and after that begins: with its first longer
/// line, or with the first one if none is longer.
fn around_own(blocks: &Blocks, is_common: impl Fn(u64) -> bool) -> (u32, u32) {
    let own = |least: u32| blocks.lines.iter().position(|line| line.weight >= least && !is_common(line.hash));
    let begins = own(LEAST_QUOTATION).or_else(|| own(0)).unwrap_or(0);
    let (mut before, mut after) = (0, 0);
    for (at, _) in blocks.lines.iter().enumerate().filter(|(_, line)| is_common(line.hash)) {
        *if at < begins { &mut before } else { &mut after } += blocks.line(at).len() as u32;
    }
    (before, after)
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

/// Returns whether a line at the edge of a page has hardly more holders than another one.
fn is_few(holders: usize, of: usize) -> bool {
    holders > 0 && holders * 4 <= of * 5
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

#[cfg(test)]
mod tests {
    use super::super::Prior;
    use super::*;
    use crate::dictionary::Known;

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
}
