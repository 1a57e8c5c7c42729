//! Which pages quote which articles.

use std::collections::BTreeMap;
use std::ops::Range;

use rayon::prelude::*;

use crate::boilerplate::Boilerplate;
use crate::passage::{Holder, Passages, Place};

/// Characters of a passage that is looked up by itself.
const LEAST: u32 = 40;

/// Characters a passage must have where it stands in a page's content rather than among its quotations.
const LEAST_IN_CONTENT: u32 = 60;

/// Tokens from which on a line of content is looked up in parts, since only a part of it may be quoted.
const LONG_LINE: u32 = 100;

/// Holders from which on a passage is taken for the article's own, however many copies of the article there are.
const MANY: usize = 8;

/// A page that quotes an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Excerpt {
    /// A text of the article.
    pub source: u32,
    /// The text that quotes it.
    pub quoter: u32,
    /// Tokens of the passages.
    pub tokens: u32,
}

/// Returns the excerpts, each pair once, sorted. `cluster_of` says which texts are the same article.
///
/// 1. A page's passages are its lines; long lines of content are taken in parts of some sentences.
/// 2. Each is looked up in all other texts.
/// 3. The article that holds it is the one most of whose copies hold it. The page's own article does not count.
/// 4. A passage that many pages hold as frame is an excerpt only where it is cut off, or joined of several lines.
pub fn find(passages: &Passages, boilerplate: &Boilerplate, cluster_of: &[Option<u32>]) -> Vec<Excerpt> {
    let mut sizes: BTreeMap<u32, usize> = BTreeMap::new();
    for cluster in cluster_of.iter().flatten() {
        *sizes.entry(*cluster).or_default() += 1;
    }
    let quoted = quoted_lines(passages, boilerplate, cluster_of);
    let mut all: Vec<Excerpt> = (0..passages.texts().len() as u32)
        .into_par_iter()
        .flat_map_iter(|quoter| {
            let of_page = Page { passages, boilerplate, cluster_of, sizes: &sizes, quoted: &quoted, quoter };
            let units = of_page.units();
            let excerpt = move |source: u32, unit: &Unit| Excerpt { source, quoter, tokens: unit.tokens.len() as u32 };
            units.into_iter().filter_map(move |unit| Some(excerpt(of_page.source(&unit)?, &unit)))
        })
        .collect();
    all.par_sort_unstable();
    all.dedup_by(|next, last| {
        let is_same = (next.source, next.quoter) == (last.source, last.quoter);
        if is_same {
            last.tokens += next.tokens;
        }
        is_same
    });
    all
}

/// Returns for each text the lines it quotes from another article, now that it is known which texts are one article.
///
/// The longest first: what lies inside a quotation is no source of a shorter one.
pub fn quoted_lines(
    passages: &Passages,
    boilerplate: &Boilerplate,
    cluster_of: &[Option<u32>],
) -> Vec<Vec<Range<u32>>> {
    let line_of = |(id, line): Place| passages.texts()[id as usize].blocks.line(line as usize);
    let mut quoted: Vec<Vec<Range<u32>>> = vec![Vec::new(); cluster_of.len()];
    for &place in &boilerplate.cited {
        quoted[place.0 as usize].push(line_of(place));
    }
    for opening in &boilerplate.openings {
        let (id, line) = opening.place;
        let cluster = cluster_of[id as usize];
        let is_source = |(source, tokens): &(u32, Range<u32>)| {
            let is_other = cluster.is_none() || cluster != cluster_of[*source as usize];
            is_other && !covers_most(&quoted[*source as usize], tokens)
        };
        let range = line_of((id, line));
        if opening.sources.iter().any(is_source) && !quoted[id as usize].contains(&range) {
            quoted[id as usize].push(range);
        }
    }
    quoted
}

/// Returns whether ranges, none of which overlap, hold more than half of `tokens`.
fn covers_most(ranges: &[Range<u32>], tokens: &Range<u32>) -> bool {
    let shared = |range: &Range<u32>| range.end.min(tokens.end).saturating_sub(range.start.max(tokens.start));
    ranges.iter().map(shared).sum::<u32>() * 2 > tokens.len() as u32
}

struct Page<'a> {
    passages: &'a Passages<'a>,
    boilerplate: &'a Boilerplate,
    cluster_of: &'a [Option<u32>],
    sizes: &'a BTreeMap<u32, usize>,
    /// Lines that each text quotes.
    quoted: &'a [Vec<Range<u32>>],
    quoter: u32,
}

/// A passage of a page.
struct Unit {
    tokens: Range<u32>,
    weight: u32,
    line: u32,
}

/// What an article is to an excerpt: a cluster, or a text by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Article {
    Cluster(u32),
    Text(u32),
}

impl Page<'_> {
    fn article(&self, text: u32) -> Article {
        self.cluster_of[text as usize].map_or(Article::Text(text), Article::Cluster)
    }

    fn units(&self) -> Vec<Unit> {
        let blocks = self.passages.texts()[self.quoter as usize].blocks;
        let mask = &self.boilerplate.masks[self.quoter as usize];
        let mut units = Vec::new();
        for (line, block) in blocks.lines.iter().enumerate().filter(|(_, block)| block.weight >= LEAST) {
            let tokens = blocks.line(line);
            let line = line as u32;
            let is_masked = mask.is_frame(tokens.clone()) || covers_most(&self.quoted[self.quoter as usize], &tokens);
            if is_masked || (tokens.len() as u32) < LONG_LINE {
                units.push(Unit { tokens, weight: block.weight, line });
                continue;
            }
            let mut open = Unit { tokens: tokens.start..tokens.start, weight: 0, line };
            let first = blocks.sentences.partition_point(|sentence| sentence.start < tokens.start);
            for (at, sentence) in blocks.sentences.iter().enumerate().skip(first) {
                if sentence.start >= tokens.end {
                    break;
                }
                let end = blocks.sentence(at).end;
                open.tokens.end = end;
                open.weight += sentence.weight;
                if open.weight >= LEAST_IN_CONTENT {
                    units.push(std::mem::replace(&mut open, Unit { tokens: end..end, weight: 0, line }));
                }
            }
        }
        units
    }

    fn source(&self, unit: &Unit) -> Option<u32> {
        let mask = &self.boilerplate.masks[self.quoter as usize];
        let is_body = |text: u32, tokens: &Range<u32>| {
            let bodies = &self.boilerplate.masks[text as usize].bodies;
            let blocks = self.passages.texts()[text as usize].blocks;
            bodies.iter().any(|&line| {
                let body = blocks.line(line as usize);
                body.start < tokens.end && tokens.start < body.end
            })
        };
        // An entry of a list of openings, on a page that has a body beside it.
        let is_entry = |text: u32, tokens: &Range<u32>| {
            let blocks = self.passages.texts()[text as usize].blocks;
            let line = blocks.line_of(tokens.start);
            let is_listed = blocks.listed.binary_search(&(line as u32)).is_ok();
            is_listed
                && self.boilerplate.masks[text as usize].hidden(blocks.line(line)) * 2 > blocks.line(line).len() as u32
        };
        // A page that quotes the passage itself is no source of it.
        let is_borrowed = |text: u32, tokens: &Range<u32>| {
            let mask = &self.boilerplate.masks[text as usize];
            covers_most(&self.quoted[text as usize], tokens)
                || mask.is_frame(tokens.clone())
                || is_body(text, tokens)
                || is_entry(text, tokens)
        };
        let is_frame = mask.is_frame(unit.tokens.clone());
        let is_quoted = covers_most(&self.quoted[self.quoter as usize], &unit.tokens);
        let is_masked = is_frame || is_quoted || mask.bodies.contains(&unit.line);
        if !is_masked && unit.weight < LEAST_IN_CONTENT {
            return None;
        }
        let is_cut_or_joined = |holder: &Holder| {
            let line = unit.tokens.clone();
            self.passages.source(self.quoter, line.clone(), holder).is_some()
                || self.passages.is_joined(self.quoter, line, holder)
        };
        let holders = |wanted: &dyn Fn(u32) -> bool| {
            self.passages.holders(self.quoter, unit.tokens.clone(), |holder| {
                wanted(holder.text)
                    && !is_borrowed(holder.text, &holder.tokens)
                    && (!is_frame || is_cut_or_joined(holder))
            })
        };
        // Who of those that were known before quotes whom is known too.
        if !self.boilerplate.is_new(self.quoter) && holders(&|text| self.boilerplate.is_new(text)).is_empty() {
            return None;
        }
        let holders = holders(&|_| true);
        let mut by_article: BTreeMap<Article, Vec<(u32, u32)>> = BTreeMap::new();
        for holder in &holders {
            by_article.entry(self.article(holder.text)).or_default().push((holder.seeds, holder.text));
        }
        let own = self.article(self.quoter);
        let in_own = by_article.remove(&own).map_or(0, |holders| holders.len());
        by_article.retain(|article, holders| match article {
            Article::Text(_) => true,
            // Of an article with copies, a good part of them must hold it: the others quote it too.
            Article::Cluster(cluster) => holders.len() * 2 >= self.sizes[cluster] || holders.len() >= MANY,
        });
        let most = by_article.iter().max_by_key(|(article, holders)| {
            let seeds = holders.iter().map(|&(seeds, _)| seeds).max();
            (holders.len(), seeds, std::cmp::Reverse(**article))
        });
        let (_, holders) = most?;
        if !is_masked && in_own > 0 {
            return None;
        }
        let content = |text: u32| self.boilerplate.masks[text as usize].content();
        holders
            .iter()
            .max_by_key(|&&(seeds, text)| (seeds, content(text), std::cmp::Reverse(text)))
            .map(|&(_, text)| text)
    }
}
