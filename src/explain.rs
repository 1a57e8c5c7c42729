//! Why two documents are judged as they are, and where they run alike: two texts and what was counted about them → an
//! explanation.
//!
//! [`align`] cuts both texts into passages by seed, chain and extend over their own tokens. Offsets are bytes of the
//! documents' decoded texts in UTF-8, always on character borders, mapped back through normalisation.

use std::collections::HashMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::findings::RelationKind;
use crate::hash;
use crate::normalise::{self, Class};
use crate::relate::Test;
use crate::seed;
use crate::segment::{self, Segment, Segmenter, Token};
use crate::settings::AnalysisSettings;

/// Name and version of the explanation JSON.
pub const FORMAT: &str = "tongwen-explanation/1";

/// What there is to say about two documents. Plain data: rendering it computes nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    pub format: String,
    pub tongwen: String,
    pub settings: AnalysisSettings,
    /// Documents that were read: what is boilerplate was learnt from them.
    pub documents: u64,
    pub relation: Judgement,
    pub a: Side,
    pub b: Side,
    pub evidence: Measures,
    /// Which of the two quotes the other, where that is how they relate: the direction of `relation` first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excerpts: Vec<Excerpt>,
    /// What was looked at for each relation, the strongest first; nothing where one has no text.
    pub rules: Vec<Tried>,
    /// Both texts, cut: in the order of `a`, and of `b` but for passages that were moved.
    pub passages: Vec<Passage>,
    /// What the reader should know of the judgement. One sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Two documents of the findings, where they run alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    pub kind: RelationKind,
    /// The one that is kept, or the smaller, or the one that is quoted.
    pub a: String,
    pub b: String,
    pub resemblance: f64,
    pub a_in_b: f64,
    pub b_in_a: f64,
    pub text_a: String,
    pub text_b: String,
    /// As in [`Explanation::passages`].
    pub passages: Vec<Passage>,
}

impl Comparison {
    /// Returns a pair whose texts are not there yet.
    pub fn new(kind: RelationKind, [a, b]: [&str; 2], resemblance: f64, [a_in_b, b_in_a]: [f64; 2]) -> Self {
        let (text_a, text_b) = (String::new(), String::new());
        Self { kind, a: a.into(), b: b.into(), resemblance, a_in_b, b_in_a, text_a, text_b, passages: Vec::new() }
    }
}

/// How the two are related, and in which direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// `None` where they are not related.
    pub kind: Option<RelationKind>,
    /// Whether a directed kind runs from `b` to `a`: `b` is the smaller, or the one that is quoted.
    pub turned: bool,
}

/// One document that quotes the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Excerpt {
    /// Whether `a` quotes `b`.
    pub turned: bool,
    /// As the findings state them: of an article what is quoted, of the page that quotes it what of it is no frame.
    pub a_in_b: f64,
    pub b_in_a: f64,
    /// The pairs that a scan lists in the place of this one: where an article or the page has copies, one stands for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listed_as: Vec<Directed>,
    /// What is quoted, in the order of the page that quotes it.
    pub passages: Vec<QuotedPassage>,
}

/// The keys of a pair: what is quoted, and what quotes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directed {
    pub a: String,
    pub b: String,
}

/// A passage that one document quotes from the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuotedPassage {
    /// Where it stands: bytes of the texts. In the one that is quoted its ends are good to a few words.
    pub a: Range<usize>,
    pub b: Range<usize>,
    /// How long it is in the one that quotes it.
    pub tokens: u32,
    /// What it was asked for.
    pub tests: Vec<Test>,
}

/// One of the two documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    pub key: String,
    pub text: String,
    /// Tokens, and those of them that are content.
    pub tokens: u32,
    pub content: u32,
    /// Whether it is next to nothing but boilerplate, and so has no article to repost.
    pub frame_only: bool,
}

/// What was counted, as shares and numbers a reader can use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    /// Of content: distinct shingles in both, in either, and their quotient.
    pub shared: u32,
    pub of: u32,
    pub resemblance: f64,
    /// Of an excerpt with what is quoted, as in the first of [`Explanation::excerpts`].
    pub a_in_b: f64,
    pub b_in_a: f64,
    /// Runs of content that both share, and the tokens of the longest.
    pub runs: u32,
    pub longest: u32,
    /// Places within a run where one number stands for another.
    pub numbers_differ: u32,
    /// The resemblance of the whole texts, boilerplate included.
    pub raw_resemblance: f64,
    /// Share of what the whole texts have in common that is no content of both.
    pub raw_boilerplate: f64,
}

/// One way to a relation, and how far the pair got.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    pub kind: RelationKind,
    /// What such a pair is called.
    pub way: String,
    pub holds: bool,
    pub tests: Vec<Test>,
}

/// A stretch of one text, or of both where they run alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    pub kind: PassageKind,
    /// Whether it stands elsewhere in `b`, out of the order of the passages before and after.
    #[serde(default, skip_serializing_if = "is_false")]
    pub moved: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub a: Option<Part>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub b: Option<Part>,
    /// Where the two are not the same bytes, in order; between the edits they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Edit>,
}

fn is_false(value: &bool) -> bool {
    !value
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PassageKind {
    /// The same comparable text.
    Same,
    /// The same, with changes.
    Changed,
    OnlyA,
    OnlyB,
}

/// A passage in one of the texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Bytes of the text.
    pub start: usize,
    pub end: usize,
    #[serde(flatten)]
    pub role: Role,
}

impl Part {
    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }
}

/// What a passage is to its page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "kebab-case")]
pub enum Role {
    Content,
    /// Boilerplate; the most documents that hold one of its lines or sentences.
    Boilerplate {
        documents: u32,
    },
    /// Quoted from another document, which is named.
    Quotation {
        from: String,
    },
}

/// Where two texts that run alike are not the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    pub kind: EditKind,
    pub a: Range<usize>,
    pub b: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EditKind {
    /// Punctuation, symbols and space, which are not compared.
    Marks,
    /// One character, written in two ways that are compared as one: 單 and 单, Ａ and a.
    Folded,
    /// Different text.
    Differs,
}

/// A document's tokens, each with its place in the text.
#[derive(Debug)]
pub struct Located<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    /// For each token its first letter; one more at the end.
    first: Vec<u32>,
    letters: Vec<Letter>,
}

/// A character of comparable text and the bytes it stands for. Letters cover their text without gaps or overlaps.
#[derive(Clone, Copy, Debug)]
struct Letter {
    folded: char,
    /// Where its bytes begin, with marks that belong before it (opening brackets).
    start: usize,
    /// The character itself, with what composes with it.
    core: (usize, usize),
}

impl<'t> Located<'t> {
    /// Returns the tokens of a text: the same, and as many, as every other stage sees.
    pub fn new(text: &'t str, segmenter: Segmenter) -> Self {
        let mut located = Self { text, tokens: Vec::new(), first: Vec::new(), letters: Vec::new() };
        let mut line_at = 0;
        for line in text.split('\n') {
            let mut at = line_at;
            for piece in segment::pieces(line) {
                located.push(piece, at, segmenter);
                at += piece.len();
            }
            line_at += line.len() + 1;
        }
        located.first.push(located.letters.len() as u32);
        located.share_gaps();
        located
    }

    fn push(&mut self, piece: &str, piece_at: usize, segmenter: Segmenter) {
        let (comparable, offsets) = normalise::normalise_with_offsets(piece);
        let mut at = 0;
        for sentence in comparable.split(normalise::STOP) {
            segmenter.tokens(sentence, &mut self.tokens);
            let mut segment_at = at;
            segmenter.segments(sentence, &mut |segment| {
                let (Segment::Token(part) | Segment::Gap(part)) = segment;
                if matches!(segment, Segment::Token(_)) {
                    self.first.push(self.letters.len() as u32);
                    for (within, folded) in part.char_indices() {
                        let start = piece_at + offsets[segment_at + within];
                        self.letters.push(Letter { folded, start, core: (start, start) });
                    }
                }
                segment_at += part.len();
            });
            at += sentence.len() + normalise::STOP.len_utf8();
        }
    }

    /// Gives what stands between two characters to one of them, so that nothing of the text is left out.
    fn share_gaps(&mut self) {
        for number in 0..self.letters.len() {
            let at = self.letters[number].core.0;
            let next = self.letters.get(number + 1).map_or(self.text.len(), |next| next.core.0);
            let rest = &self.text[at..next];
            let mut chars = rest.char_indices();
            chars.next();
            // Composed and invisible characters belong to the one before them.
            let joins = |c: char| matches!(normalise::class_of(c), Class::Mark | Class::Nothing);
            let end = chars.find(|&(_, c)| !joins(c)).map_or(rest.len(), |(end, _)| end);
            self.letters[number].core.1 = at + end;
            if let Some(following) = self.letters.get_mut(number + 1) {
                let gap = &rest[end..];
                let cut = gap.rfind('\n').map_or_else(|| gap.trim_end_matches(opens).len(), |line| line + 1);
                following.start = at + end + cut;
            }
        }
        if let Some(first) = self.letters.first_mut() {
            first.start = 0;
        }
    }

    /// Returns whether some tokens are whole lines: a title, say.
    fn is_lines(&self, tokens: &Range<usize>) -> bool {
        let letters = self.letters(tokens);
        let breaks = |before: usize| {
            let (Some(last), Some(next)) = (before.checked_sub(1), self.letters.get(before)) else { return true };
            self.text[self.letters[last].core.1..next.core.0].contains('\n')
        };
        breaks(letters.start) && breaks(letters.end)
    }

    /// Returns how many tokens the text has.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Returns the letters of some tokens.
    fn letters(&self, tokens: &Range<usize>) -> Range<usize> {
        self.first[tokens.start] as usize..self.first[tokens.end] as usize
    }

    /// Returns the bytes of some letters; of a text without any, all of it.
    fn bytes(&self, letters: &Range<usize>) -> Range<usize> {
        let start = |letter: usize| self.letters.get(letter).map_or(self.text.len(), |letter| letter.start);
        let from = if letters.start == 0 { 0 } else { start(letters.start) };
        from..start(letters.end)
    }
}

impl Located<'_> {
    /// Returns the text without some tokens, each with the marks that belong to it.
    pub fn without(&self, is_left_out: impl Fn(u32) -> bool) -> String {
        let mut kept = String::new();
        let mut at = 0;
        while at < self.len() {
            let is_out = is_left_out(at as u32);
            let end = (at..self.len()).find(|&token| is_left_out(token as u32) != is_out).unwrap_or(self.len());
            if !is_out {
                let text = &self.text[self.bytes(&self.letters(&(at..end)))];
                // What stood between two passages may have ended the line of the first.
                let is_new_line = at > 0 && self.text[..self.bytes(&self.letters(&(at..end))).start].ends_with('\n');
                if is_new_line && !kept.is_empty() && !kept.ends_with('\n') {
                    kept.push('\n');
                }
                kept.push_str(text);
            }
            at = end;
        }
        kept
    }
}

/// Whether a mark belongs to what follows it.
fn opens(c: char) -> bool {
    matches!(c, '“' | '‘' | '「' | '『' | '《' | '〈' | '（' | '(' | '[' | '【' | '〔' | '{' | '«' | '<')
}

/// A document's tokens, and what each of them is to its page.
#[derive(Debug)]
pub struct Marked<'t> {
    located: Located<'t>,
    roles: Vec<Role>,
    /// For each letter its place in `roles`: neighbours of one place belong together.
    role_of: Vec<u32>,
}

impl<'t> Marked<'t> {
    /// Returns a document of which each role begins at a token, the first at token 0.
    pub fn new(located: Located<'t>, roles: Vec<(usize, Role)>) -> Self {
        let mut role_of = vec![0; located.letters.len()];
        let end = located.letters.len();
        let first = |role: Option<&(usize, Role)>| role.map_or(end, |(token, _)| located.first[*token] as usize);
        for (number, role) in roles.iter().enumerate() {
            role_of[first(Some(role))..first(roles.get(number + 1))].fill(number as u32);
        }
        Self { located, roles: roles.into_iter().map(|(_, role)| role).collect(), role_of }
    }

    /// Returns the bytes of some tokens.
    pub fn bytes_of(&self, tokens: Range<u32>) -> Range<usize> {
        let [start, end] = [tokens.start, tokens.end].map(|token| (token as usize).min(self.located.len()));
        self.located.bytes(&self.located.letters(&(start..end)))
    }

    fn role(&self, letter: usize) -> Role {
        self.role_of.get(letter).and_then(|&role| self.roles.get(role as usize)).cloned().unwrap_or(Role::Content)
    }

    fn is_content(&self, tokens: &Range<usize>) -> bool {
        self.located.letters(tokens).any(|letter| self.role(letter) == Role::Content)
    }
}

/// Places of one seed in one text: a seed with more is no landmark.
const MOST_PLACES: usize = 16;

/// Tokens between two matches that one run goes on over.
const GAP: usize = 12;

/// Tokens that a run must match to be shown, and one that stands elsewhere in the other text.
const LEAST_RUN: usize = 8;
const LEAST_MOVED: usize = 12;

/// Characters up to which a stretch between two runs is compared character by character, and the share of the longer
/// side that must then be found in the other for both to be one changed stretch.
const COMPARED: usize = 400;
const ALIKE: f64 = 0.5;

/// Share of the longer side below which the characters two short stretches have in common are chance, but for those at
/// both ends.
const SCRAPS: f64 = 0.4;

/// A stretch of equal tokens: where in each text, and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Tile {
    a: usize,
    b: usize,
    len: usize,
    moved: bool,
}

/// Returns both texts cut into passages: all of `a` in its order, all of `b`, of which moved passages stand where their
/// twin in `a` does.
///
/// 1. Seeds that are rare in both texts are extended as far as the tokens are equal.
/// 2. The longest of these tiles are taken first, each token once.
/// 3. The heaviest chain that keeps the order of both texts is the alignment; what else is long enough was moved.
/// 4. Small gaps between neighbours in the chain, and larger ones that are alike, are compared by characters.
/// 5. All is cut where what a passage is to its page changes.
///
/// Time grows with the length of the texts, times 16 at most (`MOST_PLACES`).
pub fn align(a: &Marked, b: &Marked, width: usize) -> Vec<Passage> {
    let tiles = chained(tiles(&a.located.tokens, &b.located.tokens, seed::span(width) as usize));
    let tiles = strong(strong(tiles, a, b), a, b);
    let mut cutter = Cutter { a, b, open: None, passages: Vec::new() };
    cutter.run(&tiles);
    cutter.passages
}

fn tiles(a: &[Token], b: &[Token], span: usize) -> Vec<Tile> {
    let span = span.min(a.len()).min(b.len());
    if span == 0 {
        return Vec::new();
    }
    let shorter = a.len().min(b.len());
    let ahead = (0..shorter).take_while(|&at| a[at] == b[at]).count();
    let behind = (0..shorter - ahead).take_while(|&at| a[a.len() - 1 - at] == b[b.len() - 1 - at]).count();
    let mut found = vec![
        Tile { a: 0, b: 0, len: ahead, moved: false },
        Tile { a: a.len() - behind, b: b.len() - behind, len: behind, moved: false },
    ];
    let seeds = |tokens: &[Token]| -> Vec<u64> {
        tokens.windows(span).map(|window| hash::sequence(Token::as_numbers(window))).collect()
    };
    let (seeds_a, seeds_b) = (seeds(a), seeds(b));
    let mut places: HashMap<u64, Vec<u32>> = HashMap::new();
    for (place, &seed) in (0..).zip(&seeds_a) {
        places.entry(seed).or_default().push(place);
    }
    let mut in_b: HashMap<u64, usize> = HashMap::new();
    for seed in &seeds_b {
        *in_b.entry(*seed).or_default() += 1;
    }
    let is_rare = |seed: &u64| {
        in_b.get(seed).is_some_and(|&count| count <= MOST_PLACES)
            && places.get(seed).is_some_and(|places| places.len() <= MOST_PLACES)
    };
    // Where the last tile on each diagonal ends in `b`: what begins before that is in it.
    let mut ends: HashMap<i64, usize> = HashMap::new();
    for (j, seed) in seeds_b.iter().enumerate().filter(|(_, seed)| is_rare(seed)) {
        for &place in &places[seed] {
            let i = place as usize;
            let end = ends.entry(j as i64 - i as i64).or_default();
            if j < *end {
                continue;
            }
            let left = (1..=i.min(j)).take_while(|&step| a[i - step] == b[j - step]).count();
            let right = a[i..].iter().zip(&b[j..]).take_while(|(x, y)| x == y).count();
            // Two seeds of equal hash and unequal tokens are no match.
            if right >= span {
                *end = j + right;
                found.push(Tile { a: i - left, b: j - left, len: left + right, moved: false });
            }
        }
    }
    // Of several twins of one length, the one that stands where the longest would have it.
    let diagonal = |tile: &Tile| tile.b as i64 - tile.a as i64;
    let longest = found.iter().max_by_key(|tile| (tile.len, std::cmp::Reverse((tile.a, tile.b)))).map_or(0, diagonal);
    found.sort_unstable_by_key(|tile| (std::cmp::Reverse(tile.len), diagonal(tile).abs_diff(longest), tile.a, tile.b));
    found.dedup();

    let (mut taken_a, mut taken_b) = (vec![false; a.len()], vec![false; b.len()]);
    let mut tiles = Vec::new();
    for tile in found {
        let mut at = 0;
        while at < tile.len {
            let is_free = |at: &usize| !taken_a[tile.a + at] && !taken_b[tile.b + at];
            let len = (at..tile.len).take_while(is_free).count();
            if len >= span {
                taken_a[tile.a + at..][..len].fill(true);
                taken_b[tile.b + at..][..len].fill(true);
                tiles.push(Tile { a: tile.a + at, b: tile.b + at, len, moved: false });
            }
            at += len + 1;
        }
    }
    tiles.sort_unstable();
    tiles
}

/// Marks the tiles outside of the heaviest chain as moved. In: sorted, none overlaps another in either text.
fn chained(mut tiles: Vec<Tile>) -> Vec<Tile> {
    let mut by_b: Vec<usize> = (0..tiles.len()).collect();
    by_b.sort_unstable_by_key(|&tile| tiles[tile].b);
    let mut rank = vec![0; tiles.len()];
    for (place, &tile) in by_b.iter().enumerate() {
        rank[tile] = place;
    }
    // Heaviest chain that ends within so many ranks (a Fenwick tree of maxima), and the tile it ends with.
    let mut tree: Vec<(usize, usize)> = vec![(0, usize::MAX); tiles.len() + 1];
    let mut before = vec![usize::MAX; tiles.len()];
    let mut best = (0, usize::MAX);
    for tile in 0..tiles.len() {
        let mut heaviest = (0, usize::MAX);
        let mut at = rank[tile];
        while at > 0 {
            heaviest = if tree[at].0 > heaviest.0 { tree[at] } else { heaviest };
            at &= at - 1;
        }
        before[tile] = heaviest.1;
        let chain = (heaviest.0 + tiles[tile].len, tile);
        let mut at = rank[tile] + 1;
        while at < tree.len() {
            tree[at] = if chain.0 > tree[at].0 { chain } else { tree[at] };
            at += at & at.wrapping_neg();
        }
        best = if chain.0 > best.0 { chain } else { best };
    }
    tiles.iter_mut().for_each(|tile| tile.moved = true);
    let mut at = best.1;
    while at != usize::MAX {
        tiles[at].moved = false;
        at = before[at];
    }
    // What is short and out of order is a phrase that both happen to use.
    tiles.retain(|tile| !tile.moved || tile.len * 2 >= LEAST_MOVED);
    tiles
}

/// Returns for each tile whether it goes on from the one before it: the next in both texts, after a small gap.
fn joins(tiles: &[Tile]) -> Vec<bool> {
    let mut by_b: Vec<usize> = (0..tiles.len()).collect();
    by_b.sort_unstable_by_key(|&tile| tiles[tile].b);
    let mut joins = vec![false; tiles.len()];
    for pair in by_b.windows(2).filter(|pair| pair[1] == pair[0] + 1) {
        let (last, next) = (tiles[pair[0]], tiles[pair[1]]);
        let gap = (next.a - last.a - last.len).max(next.b - last.b - last.len);
        joins[pair[1]] = last.moved == next.moved && gap <= GAP;
    }
    joins
}

/// Returns the tiles of runs that are long enough to say something.
fn strong(tiles: Vec<Tile>, a: &Marked, b: &Marked) -> Vec<Tile> {
    let joins = joins(&tiles);
    let shorter = a.located.len().min(b.located.len());
    let mut kept = Vec::with_capacity(tiles.len());
    let mut from = 0;
    for until in 1..=tiles.len() {
        if until < tiles.len() && joins[until] {
            continue;
        }
        let run = &tiles[from..until];
        let matched: usize = run.iter().map(|tile| tile.len).sum();
        // A short line of a frame that both pages have is no chance, and neither is a title.
        let is_frame = || {
            let is_content =
                |tile: &Tile| a.is_content(&(tile.a..tile.a + tile.len)) || b.is_content(&(tile.b..tile.b + tile.len));
            !run.iter().any(is_content)
        };
        let is_title = || {
            let whole = |tile: &Tile| {
                let lines = |marked: &Marked, at: usize| marked.located.is_lines(&(at..at + tile.len));
                lines(a, tile.a) && lines(b, tile.b)
            };
            run.iter().all(whole)
        };
        let least = if run[0].moved { LEAST_MOVED } else { LEAST_RUN };
        if matched >= least.min(shorter) || !run[0].moved && (is_frame() || is_title()) {
            kept.extend_from_slice(run);
        }
        from = until;
    }
    kept
}

/// Which letter of each text is next: both where they are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Both,
    A,
    B,
}

/// A passage that has not ended.
struct Open {
    kind: PassageKind,
    moved: bool,
    a: Range<usize>,
    b: Range<usize>,
    role_a: Option<u32>,
    role_b: Option<u32>,
    edits: Vec<Edit>,
}

/// Walks both texts letter by letter, and cuts.
struct Cutter<'m, 't> {
    a: &'m Marked<'t>,
    b: &'m Marked<'t>,
    open: Option<Open>,
    passages: Vec<Passage>,
}

impl Cutter<'_, '_> {
    fn run(&mut self, tiles: &[Tile]) {
        let letters = |marked: &Marked, at: usize, len: usize| marked.located.letters(&(at..at + len));
        let (all_a, all_b) = (self.a.located.letters.len(), self.b.located.letters.len());
        let joins = joins(tiles);
        let mut by_b: Vec<usize> = (0..tiles.len()).collect();
        by_b.sort_unstable_by_key(|&tile| tiles[tile].b);
        let moved: Vec<Range<usize>> = by_b
            .iter()
            .filter(|&&tile| tiles[tile].moved)
            .map(|&tile| letters(self.b, tiles[tile].b, tiles[tile].len))
            .collect();
        // Letters of `b` between moved runs belong to the run, too.
        let moved = self.joined(moved, tiles, &joins);
        // They are sorted and apart.
        let is_moved = |range: &Range<usize>| {
            let next = moved.partition_point(|run| run.end <= range.start);
            moved.get(next).is_some_and(|run| run.start < range.end)
        };
        let (mut at_a, mut at_b) = (0, 0);
        // Whether the last tile was the moved one that the next may go on from.
        for (number, tile) in tiles.iter().enumerate() {
            let (in_a, in_b) = (letters(self.a, tile.a, tile.len), letters(self.b, tile.b, tile.len));
            if tile.moved {
                if joins[number] {
                    let last = tiles[number - 1];
                    let gap_b = letters(self.b, last.b, last.len).end..in_b.start;
                    self.compared(at_a..in_a.start, gap_b, true);
                } else {
                    self.only_a(at_a..in_a.start);
                    self.close();
                }
                self.equal(in_a.clone(), in_b, true);
            } else {
                let (gap_a, gap_b) = (at_a..in_a.start, at_b..in_b.start);
                let follows_moved = number > 0 && tiles[number - 1].moved;
                if follows_moved || is_moved(&gap_b) {
                    self.only_a(gap_a);
                    self.only_b(gap_b, &moved);
                } else {
                    self.gap(gap_a, gap_b, joins[number]);
                }
                at_b = in_b.end;
                self.equal(in_a.clone(), in_b, false);
            }
            at_a = in_a.end;
            if tile.moved && !joins.get(number + 1).copied().unwrap_or(false) {
                self.close();
            }
        }
        let (gap_a, gap_b) = (at_a..all_a, at_b..all_b);
        if tiles.last().is_some_and(|tile| tile.moved) || is_moved(&gap_b) {
            self.only_a(gap_a);
            self.only_b(gap_b, &moved);
        } else {
            self.gap(gap_a, gap_b, false);
        }
        self.close();
        // A text without a letter has no step to walk.
        for (text, letters, kind) in
            [(self.a.located.text, all_a, PassageKind::OnlyA), (self.b.located.text, all_b, PassageKind::OnlyB)]
        {
            if letters == 0 && !text.is_empty() {
                let part = Some(Part { start: 0, end: text.len(), role: Role::Content });
                let (a, b) = if kind == PassageKind::OnlyA { (part, None) } else { (None, part) };
                self.passages.push(Passage { kind, moved: false, a, b, edits: Vec::new() });
            }
        }
    }

    /// Returns the moved stretches of `b`, those of one run as one.
    fn joined(&self, mut ranges: Vec<Range<usize>>, tiles: &[Tile], joins: &[bool]) -> Vec<Range<usize>> {
        for (number, tile) in tiles.iter().enumerate().filter(|&(number, tile)| tile.moved && joins[number]) {
            let last = tiles[number - 1];
            ranges.push(self.b.located.letters(&(last.b..tile.b + tile.len)));
        }
        ranges.sort_unstable_by_key(|range| (range.start, range.end));
        let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match merged.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        merged
    }

    /// What stands between two tiles of the chain, or before the first, or after the last.
    fn gap(&mut self, mut a: Range<usize>, mut b: Range<usize>, is_small: bool) {
        if is_small {
            return self.compared(a, b, false);
        }
        let same = |x: usize, y: usize| self.a.located.letters[x].folded == self.b.located.letters[y].folded;
        // Extend: tokens may differ where a word was cut off, and its first characters do not.
        let has_run = self.open.as_ref().is_some_and(|open| open.role_a.is_some() && open.role_b.is_some());
        let ahead = if has_run { a.clone().zip(b.clone()).take_while(|&(x, y)| same(x, y)).count() } else { 0 };
        self.equal(a.start..a.start + ahead, b.start..b.start + ahead, false);
        a.start += ahead;
        b.start += ahead;
        let is_inner = a.end < self.a.located.letters.len() && b.end < self.b.located.letters.len();
        let behind =
            if is_inner { a.clone().rev().zip(b.clone().rev()).take_while(|&(x, y)| same(x, y)).count() } else { 0 };
        let (rest_a, rest_b) = (a.start..a.end - behind, b.start..b.end - behind);
        let longer = rest_a.len().max(rest_b.len());
        if longer <= COMPARED && !rest_a.is_empty() && !rest_b.is_empty() {
            let steps = self.steps(&rest_a, &rest_b);
            let both = steps.iter().filter(|&&step| step == Step::Both).count();
            if both as f64 >= ALIKE * longer as f64 {
                self.walk(&steps, rest_a.start, rest_b.start, false);
                return self.equal(rest_a.end..a.end, rest_b.end..b.end, false);
            }
        }
        self.only_a(rest_a.clone());
        self.only_b(rest_b.clone(), &[]);
        self.equal(rest_a.end..a.end, rest_b.end..b.end, false);
    }

    fn compared(&mut self, a: Range<usize>, b: Range<usize>, moved: bool) {
        let steps = self.steps(&a, &b);
        self.walk(&steps, a.start, b.start, moved);
    }

    /// Returns the steps through two short stretches that meet in most letters (longest common subsequence).
    fn steps(&self, a: &Range<usize>, b: &Range<usize>) -> Vec<Step> {
        let (rows, columns) = (a.len(), b.len());
        if rows.max(columns) > COMPARED {
            return [vec![Step::A; rows], vec![Step::B; columns]].concat();
        }
        let same = |i: usize, j: usize| {
            self.a.located.letters[a.start + i].folded == self.b.located.letters[b.start + j].folded
        };
        // Letters in common from (i, j) on.
        let mut common = vec![0_u16; (rows + 1) * (columns + 1)];
        let at = |i: usize, j: usize| i * (columns + 1) + j;
        for i in (0..rows).rev() {
            for j in (0..columns).rev() {
                common[at(i, j)] = if same(i, j) {
                    common[at(i + 1, j + 1)] + 1
                } else {
                    common[at(i + 1, j)].max(common[at(i, j + 1)])
                };
            }
        }
        if f64::from(common[0]) < SCRAPS * rows.max(columns) as f64 {
            let ahead = (0..rows.min(columns)).take_while(|&at| same(at, at)).count();
            let behind = (0..rows.min(columns) - ahead).take_while(|&at| same(rows - 1 - at, columns - 1 - at)).count();
            return [
                vec![Step::Both; ahead],
                vec![Step::A; rows - ahead - behind],
                vec![Step::B; columns - ahead - behind],
                vec![Step::Both; behind],
            ]
            .concat();
        }
        let (mut i, mut j) = (0, 0);
        let mut steps = Vec::with_capacity(rows + columns);
        while i < rows || j < columns {
            let step = if i == rows {
                Step::B
            } else if j == columns {
                Step::A
            } else if same(i, j) {
                Step::Both
            } else if common[at(i + 1, j)] >= common[at(i, j + 1)] {
                Step::A
            } else {
                Step::B
            };
            i += usize::from(step != Step::B);
            j += usize::from(step != Step::A);
            steps.push(step);
        }
        steps
    }

    fn equal(&mut self, a: Range<usize>, b: Range<usize>, moved: bool) {
        for (a, b) in a.zip(b) {
            self.step(Step::Both, a, b, moved);
        }
    }

    fn walk(&mut self, steps: &[Step], mut a: usize, mut b: usize, moved: bool) {
        for &step in steps {
            self.step(step, a, b, moved);
            a += usize::from(step != Step::B);
            b += usize::from(step != Step::A);
        }
    }

    fn only_a(&mut self, a: Range<usize>) {
        self.close();
        for letter in a {
            self.step(Step::A, letter, 0, false);
        }
        self.close();
    }

    /// What only `b` has, but for some runs, which are sorted and apart.
    fn only_b(&mut self, b: Range<usize>, but: &[Range<usize>]) {
        self.close();
        for letter in b {
            let next = but.partition_point(|run| run.end <= letter);
            if but.get(next).is_some_and(|run| run.start <= letter) {
                self.close();
                continue;
            }
            self.step(Step::B, 0, letter, false);
        }
        self.close();
    }

    /// Goes on by one letter, of the texts that `step` names.
    fn step(&mut self, step: Step, a: usize, b: usize, moved: bool) {
        let role_a = (step != Step::B).then(|| self.a.role_of[a]);
        let role_b = (step != Step::A).then(|| self.b.role_of[b]);
        let fits = |open: &Open| {
            let fits = |open: Option<u32>, new: Option<u32>| new.is_none() || open == new;
            open.moved == moved && fits(open.role_a, role_a) && fits(open.role_b, role_b)
        };
        if !self.open.as_ref().is_some_and(fits) {
            self.close();
        }
        let open = self.open.get_or_insert_with(|| Open {
            kind: match step {
                Step::Both => PassageKind::Same,
                Step::A => PassageKind::OnlyA,
                Step::B => PassageKind::OnlyB,
            },
            moved,
            a: a..a,
            b: b..b,
            role_a,
            role_b,
            edits: Vec::new(),
        });
        let bytes = |marked: &Marked, letters: Range<usize>| marked.located.bytes(&letters);
        let is_run = open.role_a.is_some() && open.role_b.is_some();
        match step {
            Step::Both => edits(&self.a.located, a, &self.b.located, b, &mut open.edits),
            // The other text stands where its last letter ended.
            Step::A if is_run => {
                let b = bytes(self.b, open.b.clone()).end;
                add(&mut open.edits, EditKind::Differs, bytes(self.a, a..a + 1), b..b);
            }
            Step::B if is_run => {
                let a = bytes(self.a, open.a.clone()).end;
                add(&mut open.edits, EditKind::Differs, a..a, bytes(self.b, b..b + 1));
            }
            Step::A | Step::B => {}
        }
        if is_run && step != Step::Both {
            open.kind = PassageKind::Changed;
        }
        if step != Step::B {
            open.a.end = a + 1;
        }
        if step != Step::A {
            open.b.end = b + 1;
        }
    }

    fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        let part = |marked: &Marked, letters: &Range<usize>| {
            let Range { start, end } = marked.located.bytes(letters);
            Part { start, end, role: marked.role(letters.start) }
        };
        self.passages.push(Passage {
            kind: open.kind,
            moved: open.moved,
            a: open.role_a.map(|_| part(self.a, &open.a)),
            b: open.role_b.map(|_| part(self.b, &open.b)),
            edits: open.edits,
        });
    }
}

/// Adds what differs between two letters that are compared as one.
fn edits(a: &Located, at_a: usize, b: &Located, at_b: usize, edits: &mut Vec<Edit>) {
    let parts = |located: &Located, at: usize| {
        let core = located.letters[at].core;
        let Range { start, end } = located.bytes(&(at..at + 1));
        [(EditKind::Marks, start..core.0), (EditKind::Folded, core.0..core.1), (EditKind::Marks, core.1..end)]
    };
    for ((kind, in_a), (_, in_b)) in parts(a, at_a).into_iter().zip(parts(b, at_b)) {
        if a.text[in_a.clone()] != b.text[in_b.clone()] {
            add(edits, kind, in_a, in_b);
        }
    }
}

/// Adds an edit, or goes on with the last one. A folded character always stands by itself.
fn add(edits: &mut Vec<Edit>, kind: EditKind, a: Range<usize>, b: Range<usize>) {
    match edits.last_mut() {
        Some(last)
            if last.kind == kind && kind != EditKind::Folded && last.a.end == a.start && last.b.end == b.start =>
        {
            last.a.end = a.end;
            last.b.end = b.end;
        }
        _ => edits.push(Edit { kind, a, b }),
    }
}
