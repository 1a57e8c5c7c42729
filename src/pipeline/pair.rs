//! Two documents of a corpus: which are meant, how scan judges them, and what of them is boilerplate.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::compared::{Compared, NO_TEXT, Quoted, Related, is_turned};
use super::copies::Copies;
use super::page::Page;
use super::{Progress, rounded};
use crate::boilerplate::Mask;
use crate::cluster::Clusters;
use crate::document::{DocId, Skipped};
use crate::error::{Error, Result};
use crate::excerpt::Quote;
use crate::explain::{
    self, Directed, Excerpt, Explanation, Judgement, Located, Marked, Measures, QuotedPassage, Role, Side, Tried,
};
use crate::findings::RelationKind;
use crate::relate::{is_frame_shared, relate, relate_mixed, rules};
use crate::segment::Segmenter;
use crate::shingle::ShingleSet;
use crate::template::{self, Template};
use crate::verify::{Evidence, Runs, share};

/// Keys that are suggested for one that was not found.
const SUGGESTED: usize = 3;

/// Documents of a corpus below which little can be learnt of what they share.
const FEW: usize = 20;

/// Returns the documents of two keys. Pages are in key order.
pub(super) fn named(keys: [&str; 2], pages: &[Page], skipped: &[Skipped]) -> Result<[DocId; 2]> {
    let [a, b] = keys.map(|key| match pages.binary_search_by(|page| page.key.as_str().cmp(key)) {
        Ok(at) => Ok(DocId(at as u32)),
        Err(_) => Err(Error::NotFound(missing(key, pages, skipped))),
    });
    let (a, b) = (a?, b?);
    if a == b {
        return Err(Error::NotFound(format!("`{}` is one document: name two", keys[0])));
    }
    Ok([a, b])
}

/// Returns the only two documents there are, in the order of the paths they were found under.
pub(super) fn only_two(paths: &[PathBuf], pages: &[Page], skipped: &[Skipped]) -> Result<[DocId; 2]> {
    if pages.len() != 2 {
        let first = skipped.iter().min().map(|skipped| format!(" (`{}`: {})", skipped.key, skipped.reason));
        return Err(Error::NotFound(match pages.len() {
            count @ (0 | 1) => {
                format!(
                    "two documents are compared, and there {}{}: name two files, or a corpus and `--pair KEY KEY`",
                    if count == 0 { "is none" } else { "is only one" },
                    first.unwrap_or_default()
                )
            }
            count => format!("two documents are compared, and there are {count}: say which, with `--pair KEY KEY`"),
        }));
    }
    let place = |id: &DocId| {
        let file = Path::new(&*pages[id.index()].origin.file);
        paths.iter().position(|path| file.starts_with(path))
    };
    let mut both = [DocId(0), DocId(1)];
    both.sort_by_key(place);
    Ok(both)
}

fn missing(key: &str, pages: &[Page], skipped: &[Skipped]) -> String {
    if let Some(skipped) = skipped.iter().find(|skipped| skipped.key == key) {
        return format!("`{key}` was not compared: {}", skipped.reason);
    }
    let near = near(key, pages.iter().map(|page| page.key.as_str()));
    let listed = |keys: &[&str]| keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
    if !near.is_empty() {
        return format!("no document has the key `{key}`: did you mean {}?", listed(&near));
    }
    let some: Vec<&str> = pages.iter().take(SUGGESTED).map(|page| page.key.as_str()).collect();
    let example =
        if some.is_empty() { "there is no document at all".into() } else { format!("here {}, …", listed(&some)) };
    format!(
        "no document has the key `{key}`: a key is a file's path relative to the folder, a record's id, or `file:line`; \
         {example}"
    )
}

/// Returns the keys that are likely meant by another: those it is a part of, or that are spelled nearly like it.
fn near<'k>(wanted: &str, keys: impl Iterator<Item = &'k str>) -> Vec<&'k str> {
    let letters: Vec<char> = wanted.chars().collect();
    let most = (letters.len() / 3).max(1);
    let distance = |key: &'k str| {
        if !wanted.is_empty() && (key.contains(wanted) || !key.is_empty() && wanted.ends_with(key)) {
            return Some((0, key));
        }
        let edits = edits(&letters, key, most);
        (edits <= most).then_some((edits, key))
    };
    let mut near: Vec<(usize, &str)> = keys.filter_map(distance).collect();
    near.sort_unstable();
    near.into_iter().take(SUGGESTED).map(|(_, key)| key).collect()
}

/// Returns how many characters must be changed (Levenshtein), or something beyond `most`.
fn edits(a: &[char], b: &str, most: usize) -> usize {
    if b.chars().count().abs_diff(a.len()) > most {
        return most + 1;
    }
    let mut row: Vec<usize> = (0..=a.len()).collect();
    for (above, c) in (1..).zip(b.chars()) {
        let mut diagonal = std::mem::replace(&mut row[0], above);
        for at in 0..a.len() {
            let replaced = diagonal + usize::from(a[at] != c);
            diagonal = row[at + 1];
            row[at + 1] = replaced.min(diagonal + 1).min(row[at] + 1);
        }
    }
    row[a.len()]
}

/// One of the two that quotes the other.
struct Quotation {
    /// Whether the first quotes the second.
    is_turned: bool,
    /// The pairs that are listed in the place of this one.
    listed_as: Vec<[DocId; 2]>,
    /// The passages that are counted.
    quotes: Vec<Quote>,
}

/// Two documents and the corpus they are judged in.
pub(super) struct Pair<'c, 'a> {
    pub corpus: &'c Compared<'a>,
    pub copies: &'c Copies,
    pub a: DocId,
    pub b: DocId,
}

impl Pair<'_, '_> {
    pub(super) fn explained(&self, progress: &dyn Progress) -> Explanation {
        let corpus = self.corpus;
        let [text_a, text_b] = [self.a, self.b].map(|id| corpus.text_of[id.index()]);
        let is_empty = text_a == NO_TEXT || text_b == NO_TEXT;
        let evidence = if is_empty { Evidence::default() } else { corpus.evidence(self.a, self.b) };
        let overlap = if is_empty { Overlap::default() } else { Overlap::new(corpus, text_a, text_b) };
        let (a, b) = (self.side(self.a), self.side(self.b));
        let (judged, quotations) =
            if is_empty { Default::default() } else { self.judge(&evidence, &overlap, progress) };
        // Only that one of the two holds several articles makes less of a repost.
        let is_lowered = judged.kind == Some(RelationKind::Contained)
            && relate(&evidence, corpus.settings) == Some(RelationKind::Repost);
        let tried = rules(&evidence, corpus.settings).into_iter().map(|rule| Tried {
            kind: rule.kind,
            way: rule.way.into(),
            holds: rule.holds(),
            tests: rule.tests().copied().collect(),
        });
        let segmenter = Segmenter::new(corpus.settings.tokens);
        let holders = corpus.holders([text_a, text_b].into_iter());
        let marked = |id, text| Marked::new(Located::new(text, segmenter), corpus.roles(id, &holders));
        let (marked_a, marked_b) = (marked(self.a, &a.text), marked(self.b, &b.text));
        let passages = explain::align(&marked_a, &marked_b, corpus.settings.width);
        let excerpts: Vec<Excerpt> =
            quotations.iter().map(|quotation| self.excerpt(quotation, &evidence, &marked_a, &marked_b)).collect();
        let mut measures = measures(&evidence, &overlap, corpus.content_tokens(self.a));
        if let Some(stated) = excerpts.first() {
            (measures.a_in_b, measures.b_in_a) = (stated.a_in_b, stated.b_in_a);
        }
        Explanation {
            format: explain::FORMAT.into(),
            tongwen: env!("CARGO_PKG_VERSION").into(),
            settings: corpus.settings.clone(),
            documents: corpus.pages.len() as u64,
            relation: judged,
            notes: self.notes(&a, &b, is_lowered, &excerpts),
            a,
            b,
            evidence: measures,
            excerpts,
            rules: if is_empty { Vec::new() } else { tried.collect() },
            passages,
        }
    }

    /// Returns what scan makes of the pair, whether or not it compares the two; of an excerpt who quotes whom.
    fn judge(&self, evidence: &Evidence, overlap: &Overlap, progress: &dyn Progress) -> (Judgement, Vec<Quotation>) {
        let corpus = self.corpus;
        let has_article = [self.a, self.b].iter().all(|id| !corpus.is_frame_only(corpus.text_of[id.index()]));
        let directed = |kind| {
            let turned = kind == RelationKind::Contained && is_turned((self.a, self.b), evidence);
            (Judgement { kind: Some(kind), turned }, Vec::new())
        };
        let kind = relate(evidence, corpus.settings).filter(|_| has_article);
        // One of the two may hold several articles; what is inside of it is then no repost.
        let may_be_part = relate_mixed(evidence, corpus.settings) == RelationKind::Contained;
        if let Some(kind) = kind.filter(|&kind| kind != RelationKind::Repost || !may_be_part) {
            return directed(kind);
        }
        if kind.is_none() && (evidence.same_text || corpus.boilerplate.is_none()) {
            let kind = evidence.same_text.then_some(RelationKind::Boilerplate);
            return (Judgement { kind, turned: false }, Vec::new());
        }
        let related = corpus.related(&corpus.candidates(progress).pairs, progress);
        let Clusters { stars, mixed } = corpus.clusters(&related);
        let star_of = corpus.articles(stars, self.copies).star_of;
        if let Some(kind) = kind {
            let pair = (self.standing(self.a), self.standing(self.b));
            return directed(corpus.kind_of(&Related { pair, kind, evidence: *evidence }, &star_of, &mixed));
        }
        let quotations = self.quotations(&star_of, &related);
        if let Some(first) = quotations.first() {
            return (Judgement { kind: Some(RelationKind::Excerpt), turned: first.is_turned }, quotations);
        }
        let is_template = corpus.boilerplate.as_ref().is_some_and(|found| {
            let texts = [self.a, self.b].map(|id| corpus.text_of[id.index()]);
            let holds = |template: &Template| texts.iter().all(|text| template.texts.binary_search(text).is_ok());
            template::find(corpus.texts, &corpus.sites(), found).all.iter().any(holds)
        });
        let is_framed = is_template || is_frame_shared(overlap.frame);
        (Judgement { kind: is_framed.then_some(RelationKind::Boilerplate), turned: false }, Vec::new())
    }

    /// Returns the document that stands for the text of another one, which has a text.
    fn standing(&self, id: DocId) -> DocId {
        self.corpus.ids[self.corpus.text_of[id.index()] as usize]
    }

    /// Returns what one of the two quotes from the other: what a scan lists of this very pair before what it lists of
    /// copies of it.
    fn quotations(&self, star_of: &[Option<u32>], related: &[Related]) -> Vec<Quotation> {
        let quotes = self.corpus.quotes(star_of, related, [self.a, self.b].map(|id| self.corpus.text_of[id.index()]));
        let of_direction = |is_turned: bool| {
            let (source, quoter) = if is_turned { (self.b, self.a) } else { (self.a, self.b) };
            let [of, by] = [source, quoter].map(|id| self.corpus.text_of[id.index()]);
            let holds = |quote: &&Quote| quote.quoter == by && quote.holders.iter().any(|holder| holder.text == of);
            let mut quotes: Vec<Quote> = quotes.iter().filter(holds).cloned().collect();
            if quotes.iter().any(|quote| quote.source == of) {
                quotes.retain(|quote| quote.source == of);
            }
            let ids = |quote: &Quote| [quote.source, quote.quoter].map(|text| self.corpus.ids[text as usize]);
            let listed: BTreeSet<[DocId; 2]> = quotes.iter().map(ids).collect();
            let listed_as = listed.into_iter().filter(|&pair| pair != [source, quoter]).collect();
            (!quotes.is_empty()).then_some(Quotation { is_turned, listed_as, quotes })
        };
        let mut both: Vec<Quotation> = [false, true].into_iter().filter_map(of_direction).collect();
        both.sort_by_key(|quotation| !quotation.listed_as.is_empty());
        both
    }

    /// Returns who quotes whom in numbers, given the evidence of the pair.
    fn excerpt(&self, quotation: &Quotation, evidence: &Evidence, marked_a: &Marked, marked_b: &Marked) -> Excerpt {
        let corpus = self.corpus;
        let Quotation { is_turned, ref listed_as, ref quotes } = *quotation;
        let (source, quoter) = if is_turned { (self.b, self.a) } else { (self.a, self.b) };
        let tokens = quotes.iter().map(|quote| quote.tokens.len() as u32).sum();
        // A scan lays no article beside the pages that quote it.
        let counted = Evidence { runs: Runs::default(), ..if is_turned { evidence.turned() } else { *evidence } };
        let shares = corpus.shares_of_excerpt(&Quoted { source, quoter, tokens }, &counted).map(rounded);
        let [a_in_b, b_in_a] = if is_turned { [shares[1], shares[0]] } else { shares };
        let of = corpus.text_of[source.index()];
        let passage = |quote: &Quote| {
            let (passages, place) = (corpus.passages?, quote.holders.iter().find(|holder| holder.text == of)?);
            let there = passages.tokens_in(quote.quoter, quote.tokens.clone(), place);
            let (in_a, in_b) = if is_turned { (&quote.tokens, &there) } else { (&there, &quote.tokens) };
            Some(QuotedPassage {
                a: marked_a.bytes_of(in_a.clone()),
                b: marked_b.bytes_of(in_b.clone()),
                tokens: quote.tokens.len() as u32,
                tests: quote.tests(passages, place),
            })
        };
        let key = |id: DocId| corpus.pages[id.index()].key.clone();
        Excerpt {
            turned: is_turned,
            a_in_b,
            b_in_a,
            listed_as: listed_as.iter().map(|&[a, b]| Directed { a: key(a), b: key(b) }).collect(),
            passages: quotes.iter().filter_map(passage).collect(),
        }
    }

    fn side(&self, id: DocId) -> Side {
        let page = &self.corpus.pages[id.index()];
        let text = self.corpus.text_of[id.index()];
        let tokens = page.blocks.tokens;
        let content = match &self.corpus.boilerplate {
            Some(found) if text != NO_TEXT => found.masks[text as usize].content_tokens(),
            _ => tokens,
        };
        Side {
            key: page.key.clone(),
            // Both texts were wanted when they were read.
            text: page.full.as_deref().unwrap_or_default().to_owned(),
            tokens,
            content,
            frame_only: text != NO_TEXT && self.corpus.is_frame_only(text),
        }
    }

    fn notes(&self, a: &Side, b: &Side, is_lowered: bool, excerpts: &[Excerpt]) -> Vec<String> {
        let mut notes = Vec::new();
        for excerpt in excerpts.iter().filter(|excerpt| !excerpt.listed_as.is_empty()) {
            let (of, by) = if excerpt.turned { ("B", "A") } else { ("A", "B") };
            let pairs: Vec<String> =
                excerpt.listed_as.iter().map(|Directed { a, b }| format!("`{a}` → `{b}`")).collect();
            notes.push(format!(
                "That {of} is quoted in {by} is listed by `tongwen scan` under another copy: {}.",
                pairs.join(", ")
            ));
        }
        if is_lowered {
            notes.push(
                "The larger one also holds articles that have nothing to do with this one, so it reposts none.".into(),
            );
        }
        let count = self.corpus.pages.len();
        if self.corpus.boilerplate.is_none() {
            notes.push("Whole texts were compared: nothing was taken for boilerplate.".into());
        } else if count == 2 {
            notes.push(
                "Only these two documents were read, so boilerplate is what the two alone show. \
                 `tongwen explain CORPUS --pair A B` judges them by all pages of a corpus."
                    .into(),
            );
        } else if count < FEW {
            notes
                .push(format!("Boilerplate was learnt from {count} documents only: more of a site's pages show more."));
        }
        for (name, side) in [("A", a), ("B", b)] {
            if side.tokens == 0 {
                notes.push(format!("{name} has no letter or digit: it is like nothing."));
            } else if side.frame_only {
                notes.push(format!("{name} is next to nothing but boilerplate: it has no article to repost."));
            }
        }
        notes
    }
}

impl Compared<'_> {
    /// Returns where each role begins in a document, the first at token 0, given how many documents hold its blocks.
    pub(super) fn roles(&self, id: DocId, holders: &HashMap<u64, u32>) -> Vec<(usize, Role)> {
        let text = self.text_of[id.index()];
        let Some(found) = self.boilerplate.as_ref().filter(|_| text != NO_TEXT) else {
            return vec![(0, Role::Content)];
        };
        let mask = &found.masks[text as usize];
        let blocks = self.texts[text as usize].blocks;
        let mut roles: Vec<(usize, Role)> = Vec::new();
        let mut last = None;
        for token in 0..blocks.tokens {
            let line = blocks.line_of(token);
            let part = part_of(mask, token, line);
            let documents = match part {
                PartOf::Boilerplate => {
                    let sentence = blocks.sentences.partition_point(|sentence| sentence.start <= token) - 1;
                    let hashes = [blocks.lines[line].hash, blocks.sentences[sentence].hash];
                    hashes.iter().filter_map(|hash| holders.get(hash)).copied().max().unwrap_or(0)
                }
                _ => 0,
            };
            if last != Some(part) {
                roles.push((
                    token as usize,
                    match part {
                        PartOf::Content => Role::Content,
                        PartOf::Boilerplate => Role::Boilerplate { documents },
                        PartOf::Quotation(line) => {
                            let place = (text, line);
                            let at = found.quotations.binary_search_by_key(&place, |quotation| quotation.place);
                            let source = at.map(|at| self.ids[found.quotations[at].source as usize]);
                            let from = source.map_or(String::new(), |id| self.pages[id.index()].key.clone());
                            Role::Quotation { from }
                        }
                    },
                ));
                last = Some(part);
            }
            if let Some((_, Role::Boilerplate { documents: most })) = roles.last_mut() {
                *most = documents.max(*most);
            }
        }
        if roles.is_empty() { vec![(0, Role::Content)] } else { roles }
    }

    /// Returns how many documents hold each line and sentence of some texts.
    pub(super) fn holders(&self, of: impl Iterator<Item = u32>) -> HashMap<u64, u32> {
        let blocks = |text: usize| {
            let blocks = self.texts[text].blocks;
            blocks.lines.iter().chain(&*blocks.sentences).map(|block| block.hash)
        };
        // Documents that hold it, and the last text that was counted.
        let mut holders: HashMap<u64, (u32, usize)> = of
            .filter(|&text| text != NO_TEXT)
            .flat_map(|text| blocks(text as usize))
            .map(|hash| (hash, (0, usize::MAX)))
            .collect();
        let mut copies = vec![0; self.texts.len()];
        for &text in self.text_of.iter().filter(|&&text| text != NO_TEXT) {
            copies[text as usize] += 1;
        }
        for (text, &copies) in copies.iter().enumerate() {
            for hash in blocks(text) {
                if let Some((count, last)) = holders.get_mut(&hash).filter(|(_, last)| *last != text) {
                    *count += copies;
                    *last = text;
                }
            }
        }
        holders.into_iter().map(|(hash, (count, _))| (hash, count)).collect()
    }
}

/// What a token is to its page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PartOf {
    Content,
    Boilerplate,
    /// The line that is quoted.
    Quotation(u32),
}

fn part_of(mask: &Mask, token: u32, line: usize) -> PartOf {
    if mask.is_quoted(token..token + 1) {
        PartOf::Quotation(line as u32)
    } else if mask.hides(token) {
        PartOf::Boilerplate
    } else {
        PartOf::Content
    }
}

/// What the whole texts share, boilerplate included.
#[derive(Default)]
struct Overlap {
    /// Distinct shingles of both, and of either.
    shared: u32,
    of: u32,
    /// Those of both that are content of neither.
    frame: u32,
}

impl Overlap {
    fn new(corpus: &Compared, a: u32, b: u32) -> Self {
        let whole = |text: u32| ShingleSet::new(corpus.texts[text as usize].shingles.to_vec());
        let (whole_a, whole_b) = (whole(a), whole(b));
        let shared = whole_a.shared(&whole_b);
        let frame = |whole: &ShingleSet, content: &ShingleSet| {
            let is_content = |shingle: &u32| content.sorted().binary_search(shingle).is_ok();
            ShingleSet::new(whole.sorted().iter().copied().filter(|shingle| !is_content(shingle)).collect())
        };
        let frame = frame(&whole_a, &corpus.set(a)).shared(&frame(&whole_b, &corpus.set(b)));
        Self { shared: shared as u32, of: (whole_a.len() + whole_b.len() - shared) as u32, frame: frame as u32 }
    }
}

/// Returns what was counted of a pair, the first of which has so many tokens of content.
fn measures(evidence: &Evidence, overlap: &Overlap, content: u32) -> Measures {
    // One text is not laid beside itself: it is one run.
    let is_one_run = evidence.same_text && content > 0;
    let runs = if is_one_run { 1 } else { evidence.runs.count };
    let longest = if is_one_run { content } else { evidence.runs.longest };
    Measures {
        shared: evidence.shared,
        of: evidence.a + evidence.b - evidence.shared,
        resemblance: rounded(evidence.resemblance()),
        a_in_b: rounded(evidence.a_in_b()),
        b_in_a: rounded(evidence.b_in_a()),
        runs,
        longest,
        numbers_differ: evidence.runs.numbers_differ,
        raw_resemblance: rounded(share(overlap.shared, overlap.of)),
        raw_boilerplate: rounded(share(overlap.shared.saturating_sub(evidence.shared), overlap.shared)),
    }
}
