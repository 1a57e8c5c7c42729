//! Findings as pages for a browser: an overview, a list to search, and pairs of texts side by side; before them, where a
//! gate has judged, the verdict.
//!
//! One file that needs no other and no network; where that would be too large, an index and a folder of further files.
//! What pages say reaches a file in two ways only: escaped by the template, or as JSON in a block that no browser runs,
//! whose script writes it as text. A policy in each file forbids everything but that one script and that one style.

use std::collections::HashMap;
use std::io;

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::gate::{Row, minded, reason};
use super::line::{flow, inert, is_active};
use super::text::{first, number, percent, provenance, summary};
use crate::dictionary::Entry;
use crate::explain::{Comparison, EditKind, Passage, PassageKind, Role};
use crate::findings::{Cluster, Findings, RelationKind};
use crate::overview::{CLASSES, Overview};

const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");

/// Bytes of data in one file: of a report that is one file, of a part of the list, and of a file of pairs.
const MOST_ALONE: usize = 4_000_000;
const MOST_LISTED: usize = 3_000_000;
const MOST_PAIRS: usize = 1_200_000;

/// Pages listed of one cluster, pairs listed of one kind, records listed that were not compared, documents listed that
/// repeat others by a gate or stand in an index.
const MOST_MEMBERS: usize = 300;
const MOST_RELATIONS: usize = 10_000;
const MOST_SKIPPED: usize = 200;
const MOST_RELATED: usize = 200;

/// Characters shown of each text of a pair.
const MOST_SHOWN: usize = 40_000;

/// One file of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name in the folder of further files; empty for the first, which stands beside that folder.
    pub name: String,
    pub content: String,
}

/// Where a report is written.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The names of the first file, and of the folder beside it for all others.
    pub file: &'a str,
    /// Nothing where there can be one file only, which then shows as many pairs as it holds.
    pub folder: Option<&'a str>,
}

/// Returns the files of a report, the first of which is the one to open.
///
/// # Errors
/// When a template cannot be rendered.
pub fn html(findings: &Findings, overview: &Overview, pairs: &[Comparison], place: Place) -> io::Result<Vec<File>> {
    let mut pairs: Vec<(&Comparison, String)> = pairs.iter().map(|pair| (pair, pair_json(pair))).collect();
    let numbers = |pairs: &[(&Comparison, String)]| -> HashMap<(String, String), usize> {
        pairs.iter().enumerate().map(|(at, (pair, _))| ((pair.a.clone(), pair.b.clone()), at)).collect()
    };
    let items = Items::new(findings, &numbers(&pairs));
    let whole = items.bytes() + pairs.iter().map(|(_, json)| json.len()).sum::<usize>();
    if whole <= MOST_ALONE || place.folder.is_none() {
        let mut left = MOST_ALONE.saturating_sub(items.bytes());
        let shown = pairs.iter().take_while(|(_, json)| left.checked_sub(json.len()).map(|rest| left = rest).is_some());
        let shown = shown.count();
        pairs.truncate(shown);
        let items = Items::new(findings, &numbers(&pairs));
        let data = Data { items: Some(items.list), pairs: &pairs, first: 0, files: &[(0, pairs.len(), String::new())] };
        let content = Report { findings, data, parts: Vec::new(), part: 1 }.render(Some(overview), "")?;
        return Ok(vec![File { name: String::new(), content }]);
    }
    let Some(folder) = place.folder else { return Ok(Vec::new()) };
    let shards = shards(&pairs);
    let name = |shard: usize| format!("pairs-{:03}.html", shard + 1);
    let from = |prefix: &str| -> Vec<(usize, usize, String)> {
        shards.iter().enumerate().map(|(at, &(first, count))| (first, count, format!("{prefix}{}", name(at)))).collect()
    };
    let lists = items.parts();
    let list_name = |at: usize| format!("list-{:03}.html", at + 1);
    let mut files = Vec::new();
    let count = lists.len();
    for (at, items) in lists.into_iter().enumerate() {
        let (prefix, up) = if at == 0 { (format!("{folder}/"), String::new()) } else { (String::new(), "../".into()) };
        let parts: Vec<String> = (0..count)
            .map(
                |other| {
                    if other == 0 { format!("{up}{}", place.file) } else { format!("{prefix}{}", list_name(other)) }
                },
            )
            .collect();
        let data = Data { items: Some(items), pairs: &[], first: 0, files: &from(&prefix) };
        let content = Report { findings, data, parts, part: at + 1 }.render((at == 0).then_some(overview), "")?;
        files.push(File { name: if at == 0 { String::new() } else { list_name(at) }, content });
    }
    for (at, &(first, count)) in shards.iter().enumerate() {
        let data = Data { items: None, pairs: &pairs[first..first + count], first, files: &from("") };
        let content =
            Report { findings, data, parts: Vec::new(), part: 1 }.render(None, &format!("../{}", place.file))?;
        files.push(File { name: name(at), content });
    }
    Ok(files)
}

/// Returns the first pair and the number of pairs of each file.
fn shards(pairs: &[(&Comparison, String)]) -> Vec<(usize, usize)> {
    let mut shards: Vec<(usize, usize)> = Vec::new();
    let mut bytes = usize::MAX;
    for (at, (_, json)) in pairs.iter().enumerate() {
        match shards.last_mut() {
            Some((_, count)) if bytes + json.len() <= MOST_PAIRS => *count += 1,
            _ => {
                shards.push((at, 1));
                bytes = 0;
            }
        }
        bytes += json.len();
    }
    shards
}

/// An entry of the list: a cluster, or a pair outside of clusters.
#[derive(Clone, Serialize)]
struct Item<'a> {
    k: &'static str,
    /// Pages in all.
    n: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    t: Option<&'a str>,
    /// Key, resemblance and share, which the kept one has none of, and the pair, or -1.
    m: Vec<(&'a str, Option<f64>, Option<f64>, i64)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    b: Vec<(&'a str, u64)>,
}

struct Items<'a> {
    list: Vec<Item<'a>>,
}

impl<'a> Items<'a> {
    fn new(findings: &'a Findings, pairs: &HashMap<(String, String), usize>) -> Self {
        let pair = |a: &str, b: &str| pairs.get(&(a.to_owned(), b.to_owned())).map_or(-1, |&pair| pair as i64);
        let mut list = Vec::new();
        for cluster in &findings.clusters {
            list.push(match cluster {
                Cluster::Repost { keep, snippet, members } => {
                    let shown = members.iter().take(MOST_MEMBERS);
                    let shown = shown.map(|member| match member.key == *keep {
                        true => (member.key.as_str(), None, None, -1),
                        false => {
                            let pair = pair(keep, &member.key);
                            (member.key.as_str(), Some(member.resemblance), Some(member.containment), pair)
                        }
                    });
                    Item { k: "repost", n: members.len(), t: Some(snippet), m: shown.collect(), b: Vec::new() }
                }
                Cluster::Boilerplate { members, blocks } => Item {
                    k: "boilerplate",
                    n: members.len(),
                    t: None,
                    m: members.iter().take(MOST_MEMBERS).map(|page| (page.key.as_str(), None, None, -1)).collect(),
                    b: blocks.iter().map(|block| (block.text.as_str(), block.documents)).collect(),
                },
            });
        }
        for kind in [RelationKind::Contained, RelationKind::Excerpt] {
            let of_kind = findings.relations.iter().filter(|relation| relation.kind == kind).take(MOST_RELATIONS);
            list.extend(of_kind.map(|relation| {
                let first = (relation.a.as_str(), None, None, -1);
                let pair = pair(&relation.a, &relation.b);
                let second = (relation.b.as_str(), Some(relation.resemblance), Some(relation.a_in_b), pair);
                Item { k: kind.name(), n: 2, t: None, m: vec![first, second], b: Vec::new() }
            }));
        }
        Self { list }
    }

    fn bytes(&self) -> usize {
        self.list.iter().map(bytes_of).sum()
    }

    /// Returns the list in pieces of which each fits a file.
    fn parts(self) -> Vec<Vec<Item<'a>>> {
        let mut parts: Vec<Vec<Item>> = vec![Vec::new()];
        let mut bytes = 0;
        for item in self.list {
            let more = bytes_of(&item);
            if bytes + more > MOST_LISTED && bytes > 0 {
                parts.push(Vec::new());
                bytes = 0;
            }
            bytes += more;
            // There is one from the beginning.
            if let Some(part) = parts.last_mut() {
                part.push(item);
            }
        }
        parts
    }
}

/// Returns about as many bytes as an item and what it names take.
fn bytes_of(item: &Item) -> usize {
    let blocks: usize = item.b.iter().map(|(text, _)| text.len() + 12).sum();
    let members: usize = item.m.iter().map(|(key, ..)| key.len() + 30).sum();
    40 + item.t.map_or(0, str::len) + blocks + members
}

/// What the script of one file is given.
struct Data<'a, 'f> {
    items: Option<Vec<Item<'a>>>,
    pairs: &'f [(&'a Comparison, String)],
    /// Number of the first of these pairs.
    first: usize,
    /// First pair, number of pairs, address.
    files: &'f [(usize, usize, String)],
}

impl Data<'_, '_> {
    /// Returns it as JSON that may stand in a page: whatever ends a script, or acts on a line, is escaped.
    fn json(&self, findings: &Findings) -> String {
        let documents: HashMap<&str, _> = findings.documents.iter().map(|page| (page.key.as_str(), page)).collect();
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut docs = Vec::new();
        let mut place = |key| {
            *places.entry(key).or_insert_with(|| {
                let page = documents.get(key);
                let site = page.map_or("", |page| page.site.as_str());
                let [tokens, frame, quoted] = page.map_or([0; 3], |page| [page.tokens, page.frame, page.quoted]);
                docs.push((key, site, tokens, frame, quoted));
                docs.len() - 1
            })
        };
        let mut parts = Vec::new();
        if let Some(items) = &self.items {
            #[derive(Serialize)]
            struct Placed<'i> {
                k: &'static str,
                n: usize,
                #[serde(skip_serializing_if = "Option::is_none")]
                t: Option<&'i str>,
                m: Vec<(usize, Option<f64>, Option<f64>, i64)>,
                #[serde(skip_serializing_if = "<[_]>::is_empty")]
                b: &'i [(&'i str, u64)],
            }
            let items: Vec<Placed> = items
                .iter()
                .map(|item| {
                    let members = item.m.iter().map(|&(key, alike, share, pair)| (place(key), alike, share, pair));
                    Placed { k: item.k, n: item.n, t: item.t, m: members.collect(), b: &item.b }
                })
                .collect();
            parts.push(format!("\"items\":{}", json(&items)));
        }
        let pairs: Vec<String> = (self.first..)
            .zip(self.pairs)
            .map(|(at, (pair, json))| {
                format!("{{\"i\":{at},\"a\":{},\"b\":{},{json}}}", place(&pair.a), place(&pair.b))
            })
            .collect();
        parts.push(format!("\"pairs\":[{}]", pairs.join(",")));
        parts.push(format!("\"files\":{}", json(&self.files)));
        parts.push(format!("\"docs\":{}", json(&docs)));
        escaped(&format!("{{{}}}", parts.join(",")))
    }
}

fn json(value: &impl Serialize) -> String {
    // Strings, numbers and lists of them: nothing in it can fail to serialise.
    serde_json::to_string(value).expect("plain data")
}

/// Returns JSON with all that could end its block or act on a line as an escape, which means the same.
fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len() + json.len() / 16);
    for character in json.chars() {
        if matches!(character, '<' | '>' | '&') || is_active(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// Returns all of a pair but its number and documents, as the inside of a JSON object.
fn pair_json(pair: &Comparison) -> String {
    let mut left = [MOST_SHOWN; 2];
    let mut passages = Vec::new();
    let mut is_cut = false;
    for passage in &pair.passages {
        let texts = [(&passage.a, &pair.text_a), (&passage.b, &pair.text_b)];
        let lengths = texts.map(|(part, text)| part.as_ref().map_or(0, |part| text[part.range()].chars().count()));
        if lengths.iter().zip(left).any(|(&length, left)| length > left) {
            is_cut = true;
            break;
        }
        left = [left[0] - lengths[0], left[1] - lengths[1]];
        passages.push(passage_json(pair, passage));
    }
    format!(
        "\"k\":{},\"r\":{},\"x\":{},\"y\":{},\"c\":{is_cut},\"p\":[{}]",
        json(&pair.kind.name()),
        pair.resemblance,
        pair.a_in_b,
        pair.b_in_a,
        passages.join(",")
    )
}

fn passage_json(pair: &Comparison, passage: &Passage) -> String {
    let kind = match passage.kind {
        PassageKind::Same => 0,
        PassageKind::Changed => 1,
        PassageKind::OnlyA => 2,
        PassageKind::OnlyB => 3,
    };
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Of<'p> {
        Frame(&'static str, u32),
        Quotation(&'static str, &'p str),
    }
    let side = |part: &Option<crate::explain::Part>, text: &str| {
        let Some(part) = part else { return "0".to_owned() };
        let role = match &part.role {
            Role::Content => None,
            Role::Boilerplate { documents } => Some(Of::Frame("b", *documents)),
            Role::Quotation { from } => Some(Of::Quotation("q", from)),
        };
        json(&(&text[part.range()], role))
    };
    let mut units = [Units::new(&passage.a, &pair.text_a), Units::new(&passage.b, &pair.text_b)];
    let edits: Vec<[usize; 5]> = passage
        .edits
        .iter()
        .map(|edit| {
            let kind = match edit.kind {
                EditKind::Marks => 0,
                EditKind::Folded => 1,
                EditKind::Differs => 2,
            };
            let [a, b] = &mut units;
            [kind, a.of(edit.a.start), a.of(edit.a.end), b.of(edit.b.start), b.of(edit.b.end)]
        })
        .collect();
    let moved = u8::from(passage.moved);
    format!("[{kind},{moved},{},{},{}]", side(&passage.a, &pair.text_a), side(&passage.b, &pair.text_b), json(&edits))
}

/// Bytes of a text as UTF-16 units of a passage, which scripts count in; asked for in rising order.
struct Units<'a> {
    text: &'a str,
    at: usize,
    units: usize,
}

impl<'a> Units<'a> {
    fn new(part: &Option<crate::explain::Part>, text: &'a str) -> Self {
        Self { text, at: part.as_ref().map_or(0, |part| part.start), units: 0 }
    }

    fn of(&mut self, byte: usize) -> usize {
        if let Some(passed) = self.text.get(self.at..byte) {
            self.units += passed.encode_utf16().count();
            self.at = byte;
        }
        self.units
    }
}

/// One file, before it is rendered.
struct Report<'a, 'f> {
    findings: &'a Findings,
    data: Data<'a, 'f>,
    parts: Vec<String>,
    part: usize,
}

#[derive(Template)]
#[template(path = "page.html")]
struct PageTemplate<'a> {
    style: &'a str,
    script: &'a str,
    style_hash: String,
    script_hash: String,
    title: String,
    summary: String,
    provenance: String,
    gate: Option<GateView>,
    in_index: Related,
    overview: Option<OverviewView>,
    has_list: bool,
    kinds: Vec<Kind>,
    parts: Vec<String>,
    part: usize,
    notes: Vec<String>,
    skipped: Vec<(String, String)>,
    skipped_left: usize,
    back: &'a str,
    data: String,
}

/// What a gate made of the findings.
struct GateView {
    verdict: &'static str,
    reason: String,
    minded: String,
    duplicates: Related,
}

impl GateView {
    fn new(findings: &Findings) -> Option<Self> {
        let ruling = findings.gate.as_ref()?;
        let duplicates = Related::new(&ruling.new_ones().collect::<Vec<_>>());
        Some(Self { verdict: ruling.verdict.name(), reason: flow(&reason(ruling)), minded: minded(ruling), duplicates })
    }
}

/// Documents and what they relate to, as a table.
#[derive(Default)]
struct Related {
    rows: Vec<RelatedRow>,
    /// How many more there are.
    left: String,
}

struct RelatedRow {
    share: String,
    kind: &'static str,
    key: String,
    arrow: &'static str,
    of: String,
    aside: String,
}

impl Related {
    fn new<'a, T>(all: &[&'a T]) -> Self
    where
        Row<'a>: From<&'a T>,
    {
        let (shown, left) = first(all, MOST_RELATED);
        let row = |&one: &&'a T| {
            let Row { share, arrow, kind, key, of, aside } = Row::from(one);
            let share = share.map(percent).unwrap_or_default();
            RelatedRow { share, kind: kind.name(), key: inert(key), arrow, of: inert(of), aside }
        };
        Self { rows: shown.iter().map(row).collect(), left: if left > 0 { number(left) } else { String::new() } }
    }
}

struct Kind {
    value: &'static str,
    name: &'static str,
    count: String,
    checked: bool,
}

impl Report<'_, '_> {
    fn render(self, overview: Option<&Overview>, back: &str) -> io::Result<String> {
        let findings = self.findings;
        let summary = summary(findings).join(" · ");
        let skipped = if overview.is_some() { &*findings.skipped } else { &[] };
        let mut notes: Vec<String> = Vec::new();
        if let Some(overview) = overview {
            notes.extend(findings.notes.iter().map(|note| flow(note)));
            for (name, found) in [("contained pages", overview.contained), ("excerpts", overview.excerpts)] {
                if found as usize > MOST_RELATIONS {
                    let (most, found) = (number(MOST_RELATIONS), number(found as usize));
                    notes.push(format!("The list shows {most} of {found} {name}; the findings have all."));
                }
            }
        }
        let page = PageTemplate {
            style: STYLE,
            script: SCRIPT,
            style_hash: policy_hash(STYLE),
            script_hash: policy_hash(SCRIPT),
            title: format!("tongwen: {summary}"),
            summary,
            provenance: provenance(findings).join(" · "),
            gate: overview.and_then(|_| GateView::new(findings)),
            in_index: overview.map(|_| Related::new(&findings.known.iter().collect::<Vec<_>>())).unwrap_or_default(),
            overview: overview.map(|overview| OverviewView::new(findings, overview)),
            has_list: self.data.items.is_some(),
            kinds: kinds(self.data.items.as_deref().unwrap_or_default()),
            data: self.data.json(findings),
            parts: self.parts,
            part: self.part,
            notes,
            skipped: skipped
                .iter()
                .take(MOST_SKIPPED)
                .map(|skipped| (inert(&skipped.key), flow(&skipped.reason)))
                .collect(),
            skipped_left: skipped.len().saturating_sub(MOST_SKIPPED),
            back,
        };
        let mut content = page.render().map_err(io::Error::other)?;
        content.push('\n');
        Ok(content)
    }
}

fn policy_hash(content: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(content.as_bytes())))
}

fn kinds(items: &[Item]) -> Vec<Kind> {
    let names =
        [("repost", "Reposts"), ("contained", "Contained"), ("excerpt", "Excerpts"), ("boilerplate", "Templates")];
    let mut kinds: Vec<Kind> = names
        .into_iter()
        .map(|(value, name)| (value, name, items.iter().filter(|item| item.k == value).count()))
        .filter(|&(_, _, count)| count > 0)
        .map(|(value, name, count)| Kind { value, name, count: number(count), checked: false })
        .collect();
    kinds.push(Kind { value: "all", name: "All", count: number(items.len()), checked: false });
    kinds[0].checked = true;
    kinds
}

/// The first section of a report.
struct OverviewView {
    facts: Vec<(&'static str, String)>,
    text_label: String,
    text: Vec<TextPart>,
    charts: Vec<Chart>,
    sites_title: String,
    sites: Vec<SiteRow>,
    quotes: Vec<(String, String, String)>,
    costs: Vec<Cost>,
    costs_aside: String,
}

struct TextPart {
    name: &'static str,
    share: String,
    x: String,
    width: String,
    fill: &'static str,
    swatch: &'static str,
}

struct Chart {
    id: &'static str,
    title: &'static str,
    aside: String,
    label: String,
    bars: Vec<Bar>,
}

struct Bar {
    title: String,
    name: String,
    value: String,
    x: String,
    y: String,
    width: String,
    height: String,
    middle: String,
    above: String,
}

struct Cost {
    width: String,
    cost: String,
    pages: String,
    text: String,
}

struct SiteRow {
    name: String,
    cells: Vec<SiteCell>,
}

struct SiteCell {
    class: &'static str,
    value: String,
}

/// Blocks of boilerplate in the overview.
const MOST_COSTS: usize = 10;

impl OverviewView {
    fn new(findings: &Findings, overview: &Overview) -> Self {
        let count = |value: u64| number(value as usize);
        let mut facts = vec![
            ("documents", count(overview.documents)),
            ("reposts", count(overview.reposts)),
            ("articles reposted", count(overview.articles)),
            ("excerpts", count(overview.excerpts)),
            ("contained", count(overview.contained)),
            ("templates", count(overview.templates)),
        ];
        if findings.counts.skipped > 0 {
            facts.push(("not compared", count(findings.counts.skipped)));
        }
        let shares = [
            ("article", overview.article, "", ""),
            ("boilerplate", overview.boilerplate, "stripes", "two"),
            ("quoted from other pages", overview.quoted, "dots", "three"),
        ];
        let mut x = 0.0;
        let text: Vec<TextPart> = shares
            .into_iter()
            .map(|(name, share, fill, swatch)| {
                let (from, width) = (x, share * 1000.0);
                x += width;
                // Three parts of one whole: rounded, for they should add up to it.
                let share = format!("{:.0}%", share * 100.0);
                TextPart { name, share, x: pixels(from), width: pixels(width), fill, swatch }
            })
            .collect();
        let told: Vec<String> = text.iter().map(|part| format!("{} {}", part.name, part.share)).collect();
        let blocks = &findings.boilerplate.blocks;
        let cost_of = |block: &Entry| block.characters.saturating_mul(block.pages);
        let most = blocks.first().map_or(1, cost_of).max(1) as f64;
        let costs = blocks.iter().take(MOST_COSTS).map(|block| Cost {
            width: pixels(cost_of(block) as f64 / most * 100.0),
            cost: count(cost_of(block)),
            pages: count(block.pages),
            text: if block.text.is_empty() { "(changed since it was read)".into() } else { flow(&block.text) },
        });
        let of = number(findings.boilerplate.different as usize);
        let sites = &overview.sites;
        Self {
            facts,
            text_label: told.join(", "),
            text,
            charts: charts(overview),
            sites_title: match sites.of.saturating_sub(sites.names.len()) {
                0 => "Sites that repost each other".into(),
                _ => format!("Sites that repost each other: {} of {}", sites.names.len(), number(sites.of)),
            },
            sites: site_rows(overview),
            quotes: overview.quotes.iter().map(|(a, b, pairs)| (inert(a), inert(b), count(*pairs))).collect(),
            costs: costs.collect(),
            costs_aside: format!("{} of {of} different blocks.", blocks.len().min(MOST_COSTS)),
        }
    }
}

fn charts(overview: &Overview) -> Vec<Chart> {
    let mut charts = Vec::new();
    if overview.articles == 0 {
        return charts;
    }
    let class = |at: usize| format!("{}%", at * 100 / CLASSES);
    // Few reposts are less alike than the first class that has any; what is below would be an empty half.
    let first = overview.resemblance.iter().position(|&pages| pages > 0).unwrap_or(0);
    let bars = overview.resemblance.iter().enumerate().skip(first).map(|(at, &pages)| {
        let name = if at % 2 == 0 || CLASSES - first <= 10 { class(at) } else { String::new() };
        (name, format!("{} to {}", class(at), class(at + 1)), pages)
    });
    charts.push(chart(
        "resemblance",
        "How alike the reposts are",
        "Pages by the share of content they have in common with the page that is kept.".into(),
        bars.collect(),
    ));
    let sizes = overview.sizes.iter().map(|&(name, articles)| (name.to_owned(), format!("{name} pages"), articles));
    charts.push(chart(
        "sizes",
        "How often an article is there",
        "Articles by the number of their pages.".into(),
        sizes.collect(),
    ));
    charts
}

/// Width of a chart, height of its longest bar, and where all bars stand.
const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 148.0;
const GROUND: f64 = 170.0;

fn chart(id: &'static str, title: &'static str, aside: String, bars: Vec<(String, String, u64)>) -> Chart {
    let most = bars.iter().map(|&(_, _, value)| value).max().unwrap_or(0).max(1) as f64;
    let room = WIDTH / bars.len().max(1) as f64;
    let told: Vec<String> = bars
        .iter()
        .filter(|(_, _, value)| *value > 0)
        .map(|(_, title, value)| format!("{title}: {}", number(*value as usize)))
        .collect();
    let label = format!("{title}. {}", told.join("; "));
    let bars = bars.into_iter().enumerate().map(|(at, (name, title, value))| {
        let height = if value == 0 { 0.0 } else { (value as f64 / most * HEIGHT).max(2.0) };
        let x = at as f64 * room + room * 0.1;
        let shown = number(value as usize);
        Bar {
            title: format!("{title}: {shown}"),
            name,
            value: if value == 0 { String::new() } else { shown },
            x: pixels(x),
            y: pixels(GROUND - height),
            width: pixels(room * 0.8),
            height: pixels(height),
            middle: pixels(x + room * 0.4),
            above: pixels(GROUND - height - 5.0),
        }
    });
    Chart { id, title, aside, label, bars: bars.collect() }
}

fn pixels(value: f64) -> String {
    format!("{value:.1}")
}

fn site_rows(overview: &Overview) -> Vec<SiteRow> {
    let sites = &overview.sites;
    let off_diagonal = |(row, cells): (usize, &Vec<u64>)| -> Option<u64> {
        cells.iter().enumerate().filter(|&(column, _)| column != row).map(|(_, &value)| value).max()
    };
    let most = sites.shared.iter().enumerate().filter_map(off_diagonal).max().unwrap_or(0).max(1);
    let shade = |value: u64| match value * 4 / most {
        _ if value == 0 => "",
        0 => "shade-1",
        1 => "shade-2",
        2 => "shade-3",
        _ => "shade-4",
    };
    let rows = sites.names.iter().zip(&sites.shared).enumerate();
    rows.map(|(row, (name, cells))| {
        let cells = cells.iter().enumerate().map(|(column, &value)| SiteCell {
            class: if row == column { "self" } else { shade(value) },
            value: if value == 0 { String::new() } else { number(value as usize) },
        });
        SiteRow { name: inert(name), cells: cells.collect() }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::{Edit, Part};
    use crate::findings::{Duplicate, FORMAT, Known, Member, Ruling, Scanned, Verdict};
    use crate::settings::{AnalysisSettings, InputSettings};

    const PLACE: Place = Place { file: "report.html", folder: Some("report-files") };

    fn findings(clusters: usize, hostile: &str) -> Findings {
        let member = |key: String| Member { key, resemblance: 0.9, containment: 0.95 };
        let key = |cluster, page| format!("{hostile}/{cluster}-{page}");
        let scanned = |key| Scanned { key, site: hostile.into(), tokens: 9, ..Scanned::default() };
        let cluster = |cluster| Cluster::Repost {
            keep: key(cluster, 0),
            snippet: hostile.into(),
            members: (0..2).map(|page| member(key(cluster, page))).collect(),
        };
        Findings {
            format: FORMAT.into(),
            tongwen: "0.1.0".into(),
            settings: AnalysisSettings::default(),
            input: InputSettings::default(),
            counts: crate::findings::Counts { documents: clusters as u64 * 2, ..Default::default() },
            clusters: (0..clusters).map(cluster).collect(),
            relations: Vec::new(),
            boilerplate: Default::default(),
            documents: (0..clusters).flat_map(|cluster| [0, 1].map(|page| scanned(key(cluster, page)))).collect(),
            known: Vec::new(),
            gate: None,
            skipped: vec![crate::document::Skipped::new(hostile, hostile)],
            notes: vec![hostile.into()],
        }
    }

    fn comparison(findings: &Findings, cluster: usize, text: &str) -> Comparison {
        let Cluster::Repost { keep, members, .. } = &findings.clusters[cluster] else { unreachable!() };
        let part = || Some(Part { start: 0, end: text.len(), role: Role::Content });
        let passage = Passage { kind: PassageKind::Same, moved: false, a: part(), b: part(), edits: Vec::new() };
        let mut pair = Comparison::new(RelationKind::Repost, [keep, &members[1].key], 0.9, [0.9, 0.95]);
        (pair.text_a, pair.text_b, pair.passages) = (text.into(), text.into(), vec![passage]);
        pair
    }

    fn rendered(findings: &Findings, pairs: &[Comparison], place: Place) -> Vec<File> {
        html(findings, &Overview::new(findings), pairs, place).unwrap()
    }

    /// The JSON that the script of a file reads.
    fn data(content: &str) -> serde_json::Value {
        let (_, rest) = content.split_once("<script type=\"application/json\" id=\"data\">").unwrap();
        serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
    }

    #[test]
    fn what_pages_say_neither_ends_the_script_nor_acts_on_a_line() {
        let hostile = "</script><script>alert(1)</script><!--<img src=x onerror=\"alert(2)\">\u{202e}\u{2028}\u{1b}]0;\u{7}\0稿𠀀";
        let findings = findings(1, hostile);
        let files = rendered(&findings, &[comparison(&findings, 0, hostile)], PLACE);
        let content = &files[0].content;
        assert_eq!(files.len(), 1);
        assert_eq!(content.matches("<script").count(), 2, "the data and the script");
        assert_eq!(content.matches("</script").count(), 2);
        assert!(!content.contains("<img") && !content.contains("<!--"));
        assert!(!content.chars().any(|character| character != '\n' && is_active(character)));
        let data = data(content);
        assert_eq!(data["pairs"][0]["p"][0][2][0], hostile);
        assert_eq!(data["items"][0]["t"], hostile);
    }

    #[test]
    fn what_a_gate_says_stands_in_the_first_file_and_nothing_in_it_acts() {
        let hostile = "</td><script>alert(1)</script>\u{202e}";
        let mut findings = findings(1, "站");
        assert!(!rendered(&findings, &[], PLACE)[0].content.contains("gate-title"));
        let (key, of) = (hostile.to_owned(), hostile.to_owned());
        let duplicate = Duplicate {
            key: key.clone(),
            kind: RelationKind::Repost,
            of: of.clone(),
            in_index: true,
            resemblance: 0.9,
            is_known: false,
        };
        findings.known = vec![Known {
            key,
            kind: RelationKind::Contained,
            of,
            copies: 1,
            resemblance: 0.4,
            a_in_b: 0.8,
            b_in_a: 0.3,
            is_part: true,
        }];
        findings.gate = Some(Ruling {
            verdict: Verdict::Fail,
            reasons: vec![format!("{hostile} is one too many")],
            fail_on: vec![RelationKind::Repost],
            duplicates: vec![duplicate; MOST_RELATED + 1],
        });
        let content = &rendered(&findings, &[], PLACE)[0].content;
        for said in
            ["Gate: fail", "is one too many", "in the index", "and a copy", "… and 1 more in the findings", "80%"]
        {
            assert!(content.contains(said), "{said}");
        }
        assert_eq!(content.matches("<script").count(), 2, "the data and the script");
        assert!(!content.chars().any(|character| character != '\n' && is_active(character)));
    }

    #[test]
    fn a_file_names_no_other_place_and_its_policy_allows_what_is_in_it_alone() {
        let findings = findings(1, "站");
        let content = &rendered(&findings, &[], PLACE)[0].content;
        for network in ["http://", "https://", "url(//", "@import", "src="] {
            assert!(!content.contains(network), "{network}");
        }
        let inside = |open: &str, close: &str| content.split_once(open).unwrap().1.split_once(close).unwrap().0;
        let policy = inside("http-equiv=\"Content-Security-Policy\" content=\"", "\"");
        let script = content.rsplit_once("<script>").unwrap().1.split_once("</script>").unwrap().0;
        let unescaped = policy.replace("&#39;", "'").replace("&#43;", "+");
        assert!(unescaped.starts_with("default-src 'none'; "), "{unescaped}");
        assert!(unescaped.contains(&format!("script-src '{}'", policy_hash(script))), "{unescaped}");
        assert!(
            unescaped.contains(&format!("style-src '{}'", policy_hash(inside("<style>", "</style>")))),
            "{unescaped}"
        );
    }

    #[test]
    fn a_large_report_is_an_index_and_files_of_pairs_below_five_megabytes() {
        let findings = findings(800, "站");
        let text = "渡口的老船工每天清晨都要把绳索检查一遍。".repeat(60);
        let pairs: Vec<Comparison> = (0..800).map(|cluster| comparison(&findings, cluster, &text)).collect();
        let files = rendered(&findings, &pairs, PLACE);
        assert!(files.len() > 3, "{}", files.len());
        assert!(files.iter().all(|file| file.content.len() < 5_000_000));
        assert_eq!(files[0].name, "");
        let index = data(&files[0].content);
        assert_eq!((index["items"].as_array().unwrap().len(), index["pairs"].as_array().unwrap().len()), (800, 0));
        // Every pair is in the file that the index says.
        let names: Vec<String> = files.iter().map(|file| format!("report-files/{}", file.name)).collect();
        let mut met = 0;
        for of_file in index["files"].as_array().unwrap() {
            let (first, count) = (of_file[0].as_u64().unwrap(), of_file[1].as_u64().unwrap());
            let at = names.iter().position(|name| of_file[2] == name.as_str()).unwrap();
            let there = data(&files[at].content);
            let numbers: Vec<u64> =
                there["pairs"].as_array().unwrap().iter().map(|pair| pair["i"].as_u64().unwrap()).collect();
            assert_eq!(numbers, (first..first + count).collect::<Vec<_>>());
            assert!(files[at].content.contains("href=\"../report.html#\""));
            met += count;
        }
        assert_eq!(met, 800);
        // Without a folder it is one file, with the pairs that it holds.
        let alone = rendered(&findings, &pairs, Place { file: "", folder: None });
        let shown = data(&alone[0].content)["pairs"].as_array().unwrap().len();
        assert!(alone.len() == 1 && (300..800).contains(&shown) && alone[0].content.len() < 5_000_000, "{shown}");
    }

    #[test]
    fn a_list_too_long_for_one_file_is_cut_into_parts() {
        let findings = findings(9_000, &"长".repeat(60));
        let files = rendered(&findings, &[comparison(&findings, 0, &"渡口".repeat(100_000))], PLACE);
        let lists: Vec<&File> = files.iter().filter(|file| !file.name.starts_with("pairs-")).collect();
        assert!(lists.len() > 1);
        assert!(lists.iter().all(|file| file.content.len() < 5_000_000));
        let items: usize = lists.iter().map(|file| data(&file.content)["items"].as_array().unwrap().len()).sum();
        assert_eq!(items, 9_000);
        assert!(lists[0].content.contains("href=\"report-files/list-002.html\""));
        assert!(lists[1].content.contains("href=\"../report.html\""));
    }

    #[test]
    fn places_of_edits_are_counted_as_scripts_count_them() {
        let (a, b) = ("古𠀀單字", "古𠀀单词");
        let at = |text: &str, from: &str, to: &str| text.find(from).unwrap()..text.find(to).unwrap() + to.len();
        let part = |text: &str| Some(Part { start: 0, end: text.len(), role: Role::Content });
        let edits = vec![
            Edit { kind: EditKind::Folded, a: at(a, "單", "單"), b: at(b, "单", "单") },
            Edit { kind: EditKind::Differs, a: at(a, "字", "字"), b: at(b, "词", "词") },
        ];
        let passage = Passage { kind: PassageKind::Changed, moved: false, a: part(a), b: part(b), edits };
        let mut pair = Comparison::new(RelationKind::Repost, ["a", "b"], 0.9, [0.9, 0.9]);
        (pair.text_a, pair.text_b) = (a.into(), b.into());
        assert_eq!(
            passage_json(&pair, &passage),
            "[1,0,[\"古𠀀單字\",null],[\"古𠀀单词\",null],[[1,3,4,3,4],[2,4,5,4,5]]]"
        );
    }
}
