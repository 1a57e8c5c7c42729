//! Which pages quote which articles.

use std::collections::BTreeMap;
use std::ops::Range;

use rayon::prelude::*;

use crate::block::Blocks;
use crate::boilerplate::{Boilerplate, Mask};
use crate::evenly::Evenly;
use crate::fetch;
use crate::passage::{self, Among, Holder, Passages, Place, Sought};
use crate::relate::{Measure, Test};
use crate::seed::bits;

/// Characters of a passage that is looked up by itself.
const LEAST: u32 = 40;

/// Characters a passage must have where it stands in a page's content rather than among its quotations.
pub const LEAST_IN_CONTENT: u32 = 60;

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

/// A passage of a page that makes an excerpt, and where its article has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Quote {
    /// The text that quotes it.
    pub quoter: u32,
    /// Its tokens there.
    pub tokens: Range<u32>,
    /// Its characters, and how many there must be.
    characters: [u32; 2],
    /// The text that is taken for its source.
    pub source: u32,
    /// The texts of the article that hold it, the source among them.
    pub holders: Vec<Holder>,
    /// How many of them must, of an article with copies.
    least_holders: Option<usize>,
}

impl Quote {
    /// Returns what makes an excerpt of the passage, given one of those that hold it.
    pub fn tests(&self, passages: &Passages, holder: &Holder) -> Vec<Test> {
        let test = |measure, value, needed| Test { measure, value, needed };
        let [characters, least] = self.characters.map(f64::from);
        let share = passages.share_in(self.quoter, self.tokens.clone(), holder);
        let copies = self.least_holders.map(|least| test(Measure::Copies, self.holders.len() as f64, least as f64));
        let of_text =
            [test(Measure::Characters, characters, least), test(Measure::PassageShare, share, passage::SHARE)];
        of_text.into_iter().chain(copies).collect()
    }
}

/// Returns the excerpts, each pair once, sorted. `cluster_of` says which texts are the same article.
///
/// 1. A page's passages are its lines; long lines of content are taken in parts of some sentences.
/// 2. Each is looked up in all other texts; the same passage of several pages once.
/// 3. The article that holds it is the one most of whose copies hold it. The page's own article does not count, and a
///    passage of content that another copy of it has is no excerpt.
/// 4. A passage that many pages hold as frame is an excerpt only where it is cut off, or joined of several lines.
pub fn find(passages: &Passages, boilerplate: &Boilerplate, cluster_of: &[Option<u32>]) -> Vec<Excerpt> {
    let mut all = found(passages, boilerplate, cluster_of, &|_| true, |_, unit, article| Excerpt {
        source: article.source,
        quoter: unit.quoter,
        tokens: unit.tokens.len() as u32,
    });
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

/// Returns the passages that [`find`] counts of the texts that are `wanted` as quoters, in the order of these.
pub fn quotes(
    passages: &Passages,
    boilerplate: &Boilerplate,
    cluster_of: &[Option<u32>],
    wanted: &(dyn Fn(u32) -> bool + Sync),
) -> Vec<Quote> {
    let mut all = found(passages, boilerplate, cluster_of, wanted, |shared, unit, article| shared.quote(unit, article));
    all.sort_unstable_by_key(|quote| (quote.quoter, quote.tokens.start));
    all
}

/// Returns what `tell` makes of each passage of a wanted text that is an excerpt, and of the article it is of.
fn found<T: Send>(
    passages: &Passages,
    boilerplate: &Boilerplate,
    cluster_of: &[Option<u32>],
    wanted: &(dyn Fn(u32) -> bool + Sync),
    tell: impl Fn(&Shared, &Unit, &OfArticle) -> T + Sync,
) -> Vec<T> {
    let mut sizes: BTreeMap<u32, usize> = BTreeMap::new();
    for cluster in cluster_of.iter().flatten() {
        *sizes.entry(*cluster).or_default() += 1;
    }
    let quoted = quoted_lines(passages, boilerplate, cluster_of);
    let borrowed = Borrowed::new(passages, boilerplate, &quoted);
    let shared = &Shared { passages, boilerplate, cluster_of, sizes: &sizes, quoted: &quoted, borrowed };
    let of_page = |quoter| Page { shared, quoter };
    let mut units: Vec<(u64, Unit)> = (0..passages.texts().len() as u32)
        .into_par_iter()
        .evenly()
        .flat_map_iter(|quoter| of_page(quoter).units())
        .collect();
    // What many pages hold is looked up once.
    units.par_sort_unstable_by_key(|(key, unit)| (*key, unit.quoter, unit.tokens.start));
    let mut same: Vec<&[(u64, Unit)]> = units.chunk_by(|a, b| a.0 == b.0).collect();
    same.par_sort_unstable_by_key(|same| (same[0].1.quoter, same[0].1.tokens.start));
    same.retain(|same| same.iter().any(|(_, unit)| wanted(unit.quoter)));
    let tell = &tell;
    same.into_par_iter()
        .evenly()
        .flat_map_iter(|same| {
            let first = &same[0].1;
            let page = of_page(first.quoter);
            let own = page.article(first.quoter);
            // What is found in the article alone that all the pages are of is no excerpt of another.
            let are_of_one = same.iter().all(|(_, unit)| page.article(unit.quoter) == own);
            // Who of those that were known before quotes whom is known too.
            let is_any_new = same.iter().any(|(_, unit)| passages.is_new(unit.quoter));
            let among = if is_any_new { Among::All } else { Among::New };
            // What stands in another copy of its article is that article's own, whoever else has it.
            let is_content = |(_, unit): &(u64, Unit)| !unit.is_frame && !unit.is_quoted;
            let has_copies = are_of_one && matches!(own, Article::Cluster(_)) && same.iter().all(is_content);
            let copies: Vec<u32> = same.iter().filter(|_| has_copies).map(|(_, unit)| unit.quoter).collect();
            let telling = |text| !are_of_one || page.article(text) != own;
            let of_article = page.of_articles(first, among, telling, &copies);
            same.iter().filter(|(_, unit)| wanted(unit.quoter)).filter_map(move |(_, unit)| {
                let article = of_page(unit.quoter).source(unit, &of_article)?;
                Some(tell(shared, unit, article))
            })
        })
        .collect()
}

/// Returns for each text the lines it quotes from another article, now that it is known which texts are one article: a bit
/// a token, and nothing at all for a text that quotes none.
///
/// The longest first: what lies inside a quotation is no source of a shorter one.
pub fn quoted_lines(passages: &Passages, boilerplate: &Boilerplate, cluster_of: &[Option<u32>]) -> Vec<Vec<u64>> {
    let mut quoted: Vec<Vec<u64>> = vec![Vec::new(); cluster_of.len()];
    let quote = |quoted: &mut Vec<u64>, (id, line): Place| {
        let blocks = passages.texts()[id as usize].blocks;
        quoted.resize(bits::words(blocks.tokens), 0);
        bits::set(quoted, blocks.line(line as usize));
    };
    for &place in &boilerplate.cited {
        quote(&mut quoted[place.0 as usize], place);
    }
    for opening in &boilerplate.openings {
        let id = opening.place.0;
        let cluster = cluster_of[id as usize];
        let is_source = |(source, tokens): &(u32, Range<u32>)| {
            let is_other = cluster.is_none() || cluster != cluster_of[*source as usize];
            is_other && !is_most(&quoted[*source as usize], tokens)
        };
        if opening.sources.iter().any(is_source) {
            quote(&mut quoted[id as usize], opening.place);
        }
    }
    quoted
}

/// Returns whether more than half of some tokens are quoted.
fn is_most(quoted: &[u64], tokens: &Range<u32>) -> bool {
    !quoted.is_empty() && bits::count(quoted, tokens.clone()) * 2 > tokens.len() as u32
}

/// What is known of all texts.
struct Shared<'a> {
    passages: &'a Passages<'a>,
    boilerplate: &'a Boilerplate,
    cluster_of: &'a [Option<u32>],
    sizes: &'a BTreeMap<u32, usize>,
    /// Lines that each text quotes.
    quoted: &'a [Vec<u64>],
    borrowed: Borrowed,
}

impl Shared<'_> {
    /// Returns how many texts of an article must hold a passage of it: of one with copies a good part, for the others quote
    /// it too.
    fn least_holders(&self, article: Article) -> usize {
        match article {
            Article::Text(_) => 1,
            Article::Cluster(cluster) => self.sizes[&cluster].div_ceil(2).min(MANY),
        }
    }

    /// Returns a passage with what it is asked for.
    fn quote(&self, unit: &Unit, article: &OfArticle) -> Quote {
        let OfArticle { article, source, ref holders, .. } = *article;
        let blocks = self.passages.texts()[unit.quoter as usize].blocks;
        let sentences = &blocks.sentences[blocks.sentences.partition_point(|one| one.start < unit.tokens.start)..];
        let inside = sentences.iter().take_while(|sentence| sentence.start < unit.tokens.end);
        let characters = [inside.map(|sentence| sentence.weight).sum(), unit.least()];
        let least_holders = matches!(article, Article::Cluster(_)).then(|| self.least_holders(article));
        let (quoter, tokens, holders) = (unit.quoter, unit.tokens.clone(), holders.clone());
        Quote { quoter, tokens, characters, source, holders, least_holders }
    }
}

/// What of each text is not its own, a bit a token: of 64 tokens all is found in one place of the memory.
struct Borrowed {
    words: Vec<[u64; 4]>,
    /// For each text its first word.
    first: Vec<usize>,
}

impl Borrowed {
    /// What it quotes.
    const QUOTED: usize = 0;
    const FRAME: usize = 1;
    /// Lines that would be quotations, were they not the body of the page.
    const BODY: usize = 2;
    /// Entries of lists of openings, on a page that has a body beside them.
    const ENTRY: usize = 3;

    fn new(passages: &Passages, boilerplate: &Boilerplate, quoted: &[Vec<u64>]) -> Self {
        let lengths = passages.texts().iter().map(|text| bits::words(text.blocks.tokens));
        let mut words = vec![[0; 4]; lengths.clone().sum()];
        let (mut first, mut of_texts) = (Vec::with_capacity(quoted.len()), Vec::with_capacity(quoted.len()));
        let (mut at, mut rest) = (0, &mut words[..]);
        for length in lengths {
            first.push(at);
            at += length;
            let (of_text, after) = rest.split_at_mut(length);
            of_texts.push(of_text);
            rest = after;
        }
        of_texts.into_par_iter().evenly().enumerate().for_each(|(id, words)| {
            Self::mark(words, passages.texts()[id].blocks, &boilerplate.masks[id], &quoted[id]);
        });
        Self { words, first }
    }

    fn mark(words: &mut [[u64; 4]], blocks: &Blocks, mask: &Mask, quoted: &[u64]) {
        let mut set = |lane: usize, tokens: Range<u32>| bits::each_word(tokens, |word, part| words[word][lane] |= part);
        mask.bodies.iter().for_each(|&line| set(Self::BODY, blocks.line(line as usize)));
        for tokens in blocks.listed.iter().map(|&line| blocks.line(line as usize)) {
            if mask.hidden(tokens.clone()) as usize * 2 > tokens.len() {
                set(Self::ENTRY, tokens);
            }
        }
        for (word, frame) in words.iter_mut().zip(mask.frame_words()) {
            word[Self::FRAME] = *frame;
        }
        for (word, quoted) in words.iter_mut().zip(quoted) {
            word[Self::QUOTED] = *quoted;
        }
    }

    /// Reads where some passages begin.
    fn fetch(&self, holders: &[Holder]) {
        let first = |holder: &Holder| self.first[holder.text as usize] + holder.tokens.start as usize / 64;
        fetch::all(holders.iter().map(|holder| self.words[first(holder)][0]));
    }

    /// Returns whether a passage is not a text's own. One that quotes it itself is no source of it.
    fn holds(&self, text: u32, tokens: Range<u32>) -> bool {
        let words = &self.words[self.first[text as usize]..];
        let (mut quoted, mut frame, mut body) = (0, 0, 0);
        bits::each_word(tokens.clone(), |word, part| {
            let lanes = words[word].map(|lane| lane & part);
            quoted += lanes[Self::QUOTED].count_ones();
            frame += lanes[Self::FRAME].count_ones();
            body |= lanes[Self::BODY];
        });
        let is_most = |count: u32| count as usize * 2 > tokens.len();
        let first = words[tokens.start as usize / 64][Self::ENTRY] >> (tokens.start % 64) & 1;
        is_most(quoted) || is_most(frame) || body != 0 || first == 1
    }
}

struct Page<'a> {
    shared: &'a Shared<'a>,
    quoter: u32,
}

/// A passage of a page.
struct Unit {
    quoter: u32,
    tokens: Range<u32>,
    /// Whether it is frame there.
    is_frame: bool,
    /// Whether it is quoted there, or would be, were it not the body of its page.
    is_quoted: bool,
}

impl Unit {
    /// Returns the characters that make a passage of it.
    fn least(&self) -> u32 {
        if self.is_frame || self.is_quoted { LEAST } else { LEAST_IN_CONTENT }
    }
}

/// What an article is to an excerpt: a cluster, or a text by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Article {
    Cluster(u32),
    Text(u32),
}

/// An article that holds a passage.
struct OfArticle {
    article: Article,
    /// Where its texts hold it, by text.
    holders: Vec<Holder>,
    /// Most sampled seeds that a text has of it, and which text that is.
    seeds: u32,
    source: u32,
}

impl Page<'_> {
    fn article(&self, text: u32) -> Article {
        self.shared.cluster_of[text as usize].map_or(Article::Text(text), Article::Cluster)
    }

    /// Returns the passages that may stand elsewhere, each with what decides where.
    fn units(&self) -> Vec<(u64, Unit)> {
        let blocks = self.shared.passages.texts()[self.quoter as usize].blocks;
        let mask = &self.shared.boilerplate.masks[self.quoter as usize];
        let among = if self.shared.passages.is_new(self.quoter) { Among::All } else { Among::New };
        let mut units = Vec::new();
        let mut add = |tokens: Range<u32>, weight: u32, is_frame: bool, is_quoted: bool| {
            let unit = Unit { quoter: self.quoter, tokens, is_frame, is_quoted };
            let may_stand_elsewhere =
                || self.shared.passages.may_stand_elsewhere(self.quoter, unit.tokens.clone(), among);
            if weight >= unit.least() && may_stand_elsewhere() {
                let key = self.shared.passages.key(self.quoter, unit.tokens.clone()) ^ u64::from(is_frame);
                units.push((key, unit));
            }
        };
        for (line, block) in blocks.lines.iter().enumerate().filter(|(_, block)| block.weight >= LEAST) {
            let tokens = blocks.line(line);
            let is_frame = mask.is_frame(tokens.clone());
            let is_quoted = is_most(&self.shared.quoted[self.quoter as usize], &tokens);
            let is_body = mask.bodies.binary_search(&(line as u32)).is_ok();
            if is_frame || is_quoted || (tokens.len() as u32) < LONG_LINE {
                add(tokens, block.weight, is_frame, is_quoted || is_body);
                continue;
            }
            let (mut open, mut weight) = (tokens.start..tokens.start, 0);
            let first = blocks.sentences.partition_point(|sentence| sentence.start < tokens.start);
            for (at, sentence) in blocks.sentences.iter().enumerate().skip(first) {
                if sentence.start >= tokens.end {
                    break;
                }
                open.end = blocks.sentence(at).end;
                weight += sentence.weight;
                if weight >= LEAST_IN_CONTENT {
                    let next = open.end..open.end;
                    let is_frame = mask.is_frame(open.clone());
                    let is_quoted = is_most(&self.shared.quoted[self.quoter as usize], &open);
                    add(std::mem::replace(&mut open, next), weight, is_frame, is_quoted || is_body);
                    weight = 0;
                }
            }
        }
        units
    }

    /// Returns the articles that hold a passage, of texts that did not borrow it themselves: the best source first. That of
    /// the page is among them. None where none of the texts is `telling`, `among` some of them only, or where each of the
    /// `copies` has another one.
    fn of_articles(&self, unit: &Unit, among: Among, telling: impl Fn(u32) -> bool, copies: &[u32]) -> Vec<OfArticle> {
        let retain_own = |holders: &mut Vec<Holder>| {
            self.shared.borrowed.fetch(holders);
            holders.retain(|holder| !self.shared.borrowed.holds(holder.text, holder.tokens.clone()));
        };
        let is_cut_or_joined = |holder: &Holder| {
            let line = unit.tokens.clone();
            self.shared.passages.source(self.quoter, line.clone(), holder).is_some()
                || self.shared.passages.is_joined(self.quoter, line, holder)
        };
        let fits = |holder: &Holder| !unit.is_frame || is_cut_or_joined(holder);
        let sought = Sought { among, is_telling: &telling, retain_wanted: &retain_own, fits: &fits, copies };
        let holders = self.shared.passages.holders(self.quoter, unit.tokens.clone(), &sought);
        let mut by_article: BTreeMap<Article, Vec<Holder>> = BTreeMap::new();
        for holder in holders {
            by_article.entry(self.article(holder.text)).or_default().push(holder);
        }
        let content = |text: u32| self.shared.boilerplate.masks[text as usize].content();
        let of_article = |(article, holders): (Article, Vec<Holder>)| {
            let rank = |holder: &&Holder| (holder.seeds, content(holder.text), std::cmp::Reverse(holder.text));
            let best = holders.iter().max_by_key(rank)?;
            let (seeds, source) = (best.seeds, best.text);
            Some(OfArticle { article, holders, seeds, source })
        };
        let mut all: Vec<OfArticle> = by_article.into_iter().filter_map(of_article).collect();
        all.sort_by_key(|one| (std::cmp::Reverse((one.holders.len(), one.seeds)), one.article));
        all
    }

    /// Returns which of the articles that hold a passage is its source.
    fn source<'o>(&self, unit: &Unit, of_articles: &'o [OfArticle]) -> Option<&'o OfArticle> {
        // Who of those that were known before quotes whom is known too.
        let is_other = |holder: &Holder| holder.text != self.quoter;
        let is_new = |holder: &Holder| is_other(holder) && self.shared.passages.is_new(holder.text);
        if !self.shared.passages.is_new(self.quoter) && !of_articles.iter().any(|one| one.holders.iter().any(is_new)) {
            return None;
        }
        let own = self.article(self.quoter);
        let in_own = of_articles.iter().any(|one| one.article == own && one.holders.iter().any(is_other));
        if in_own && !unit.is_frame && !unit.is_quoted {
            return None;
        }
        let is_source =
            |one: &&OfArticle| one.article != own && one.holders.len() >= self.shared.least_holders(one.article);
        of_articles.iter().find(is_source)
    }
}
