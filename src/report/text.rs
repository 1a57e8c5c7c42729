//! Findings for a person at a terminal, or pasted into a mail.
//!
//! Everything of the corpus that is shown (keys, snippets, blocks, reasons) goes through [`line`](super::line) first:
//! a page's title may hold terminal escape codes.

use std::collections::HashMap;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::line::{columns, cut_end, cut_middle, flow, inert, pad};
use crate::dictionary::{Basis, Dictionary, Entry};
use crate::document::Skipped;
use crate::findings::{Boilerplate, Cluster, Findings, Member, Page, Relation, RelationKind, SharedBlock};
use crate::settings::{AnalysisSettings, SketchKind, TokenKind};

/// How much of the findings is shown, and on how wide a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextOptions {
    /// Clusters shown of each kind, and pairs of each kind; 0 shows all, and all pages of each cluster too.
    pub top: usize,
    /// Columns of the page; 40 at least are used.
    pub width: usize,
    /// What is shown of the findings; notes, skipped records and what a gate made of them always are.
    pub kinds: Kinds,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self { top: 20, width: 80, kinds: Kinds::default() }
    }
}

/// Kinds of relations, a bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds(u8);

impl Default for Kinds {
    /// Returns all kinds.
    fn default() -> Self {
        Self(u8::MAX)
    }
}

impl Kinds {
    /// Returns some kinds; all where none is named.
    pub fn of(kinds: impl IntoIterator<Item = RelationKind>) -> Self {
        match kinds.into_iter().fold(0, |bits, kind| bits | 1 << kind as u8) {
            0 => Self::default(),
            bits => Self(bits),
        }
    }

    fn has(self, kind: RelationKind) -> bool {
        self.0 >> kind as u8 & 1 == 1
    }
}

/// Pages and blocks shown of one cluster: what a reader takes in before the next cluster interests more.
const SHOWN_OF_A_CLUSTER: usize = 20;
const SHOWN_SKIPPED: usize = 20;

/// Blocks shown of one template, and of those that cost most of the whole corpus.
const SHOWN_OF_A_TEMPLATE: usize = 5;
const SHOWN_OF_BOILERPLATE: usize = 10;

pub(super) const HEADING: Style = Style::new().bold();
pub(super) const ASIDE: Style = Style::new().dimmed();
pub(super) const KEPT: Style = AnsiColor::Green.on_default();
pub(super) const TROUBLE: Style = AnsiColor::Yellow.on_default().bold();

/// Writes the findings as a text report with ANSI styles; strip them where nobody sees them.
///
/// The first line sums the run up. Then come reposts, pairs outside the clusters, templates, what boilerplate costs,
/// notes and skipped records; a part with nothing in it is left out, and what `options` cut off is said in its place.
///
/// # Errors
/// When `out` cannot be written.
pub fn text(findings: &Findings, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
    let page = Layout { top: options.top, width: options.width.max(40) };
    page.head(&summary(findings), &provenance(findings), out)?;
    if let Some(reassurance) = nothing_found(findings) {
        writeln!(out, "\n{reassurance}")?;
    }
    let kinds = options.kinds;
    // The same text is the same article.
    if kinds.has(RelationKind::Repost) || kinds.has(RelationKind::Identical) {
        page.reposts(findings, out)?;
    }
    page.pairs(findings, kinds, out)?;
    if kinds.has(RelationKind::Boilerplate) {
        page.templates(findings, out)?;
        page.boilerplate(&findings.boilerplate, out)?;
    }
    page.notes(&findings.notes, out)?;
    page.skipped(&findings.skipped, out)?;
    let known: Vec<_> = findings.known.iter().filter(|known| kinds.has(known.kind)).collect();
    page.known(&known, out)?;
    page.ruling(findings, out)
}

/// Writes the blocks of a dictionary as a text report with ANSI styles, as [`text`] does.
///
/// # Errors
/// When `out` cannot be written.
pub fn boilerplate(dictionary: &Dictionary, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
    let page = Layout { top: options.top, width: options.width.max(40) };
    let documents = count(dictionary.documents as usize, "document", "documents");
    let mut parts = vec![documents, format!("{} boilerplate", percent(dictionary.share))];
    if dictionary.quoted > 0.0 {
        parts.push(format!("{} quoted", percent(dictionary.quoted)));
    }
    if !dictionary.skipped.is_empty() {
        parts.push(format!("{} skipped", number(dictionary.skipped.len())));
    }
    let version = format!("tongwen {}", inert(&dictionary.tongwen));
    page.head(&parts, &[version, format!("--tokens {}", dictionary.tokens.name())], out)?;
    if dictionary.blocks.is_empty() {
        writeln!(out, "\nThere is none: no block recurs in pages that are otherwise unlike.")?;
    } else {
        let blocks = count(dictionary.blocks.len(), "block", "blocks");
        writeln!(out, "\n{HEADING}Boilerplate{HEADING:#} · {blocks}, costliest first")?;
        writeln!(out, "{ASIDE}  cost: characters × pages{ASIDE:#}\n")?;
        let (shown, left) = first(&dictionary.blocks, page.top);
        page.table_of_blocks(shown, out)?;
        more(left, "block", "blocks", out)?;
    }
    page.notes(&dictionary.notes, out)?;
    page.skipped(&dictionary.skipped, out)
}

/// Returns the line a person would paste into a chat, in parts.
pub(super) fn summary(findings: &Findings) -> Vec<String> {
    let counts = &findings.counts;
    let (mut reposts, mut articles, mut template_pages, mut templates) = (0, 0, 0, 0);
    for cluster in &findings.clusters {
        match cluster {
            Cluster::Repost { members, .. } => {
                articles += 1;
                reposts += members.len().saturating_sub(1);
            }
            Cluster::Boilerplate { members, .. } => {
                templates += 1;
                template_pages += members.len();
            }
        }
    }
    let mut parts = vec![count(counts.documents as usize, "document", "documents")];
    if articles > 0 {
        let verb = if reposts == 1 { "is a repost" } else { "are reposts" };
        parts.push(format!("{} {verb} of {}", number(reposts), count(articles, "article", "articles")));
    } else if counts.documents > 0 {
        parts.push("no reposts".into());
    }
    if templates > 0 {
        let verb = if template_pages == 1 { "shares" } else { "share" };
        parts.push(format!("{} {verb} {}", number(template_pages), count(templates, "template", "templates")));
    }
    if counts.empty > 0 {
        parts.push(format!("{} without text", number(counts.empty as usize)));
    }
    if counts.skipped > 0 {
        parts.push(format!("{} skipped", number(counts.skipped as usize)));
    }
    parts
}

/// Returns how the findings came about, for whoever reads them elsewhere, in parts.
pub(super) fn provenance(findings: &Findings) -> Vec<String> {
    let AnalysisSettings { tokens, width, sketch, slots, bands, rows, distance, threshold, .. } = &findings.settings;
    let tokens = match tokens {
        TokenKind::Word => "words",
        TokenKind::Char => "characters",
    };
    let sketch = match sketch {
        SketchKind::MinHash => format!("minhash {slots} as {bands} × {rows}"),
        SketchKind::SimHash => format!("simhash within {distance} bits"),
    };
    let version = format!("tongwen {}", inert(&findings.tongwen));
    vec![version, format!("{width} {tokens} a shingle"), sketch, format!("alike from {}", percent(*threshold))]
}

/// Returns what to say where a reader would otherwise wonder whether the report is whole.
fn nothing_found(findings: &Findings) -> Option<String> {
    if findings.counts.documents == 0 {
        return Some(
            "There was nothing to compare. Is it the right folder?\n\
             `--include`, `--exclude`, `--hidden` and `.gitignore` files decide what is read."
                .into(),
        );
    }
    let is_alone = findings.clusters.is_empty() && findings.relations.is_empty();
    is_alone.then(|| {
        let said = "No two of the documents compared repost each other.";
        // Beside an index there is more to say, and it is said below.
        if findings.known.is_empty() { format!("{said} Nothing to clean up here.") } else { said.to_owned() }
    })
}

pub(super) struct Layout {
    pub(super) top: usize,
    pub(super) width: usize,
}

impl Layout {
    pub(super) fn head(&self, summary: &[String], provenance: &[String], out: &mut dyn Write) -> io::Result<()> {
        for line in self.lines_of(summary) {
            writeln!(out, "{HEADING}{line}{HEADING:#}")?;
        }
        self.lines_of(provenance).iter().try_for_each(|line| writeln!(out, "{ASIDE}{line}{ASIDE:#}"))
    }

    /// Returns parts with dots between them, in as many lines as they take.
    fn lines_of(&self, parts: &[String]) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for part in parts {
            match lines.last_mut().filter(|line| columns(line) + columns(part) + 3 <= self.width) {
                Some(line) => *line = format!("{line} · {part}"),
                None => lines.push(part.clone()),
            }
        }
        lines
    }

    fn reposts(&self, findings: &Findings, out: &mut dyn Write) -> io::Result<()> {
        let clusters: Vec<_> = findings
            .clusters
            .iter()
            .filter_map(|cluster| match cluster {
                Cluster::Repost { keep, snippet, members } => Some((keep, snippet, members)),
                Cluster::Boilerplate { .. } => None,
            })
            .collect();
        if clusters.is_empty() {
            return Ok(());
        }
        let articles = count(clusters.len(), "article", "articles");
        writeln!(out, "\n{HEADING}Reposts{HEADING:#} · {articles}, most reposted first")?;
        writeln!(out, "{ASIDE}  alike: what both pages share of their content{ASIDE:#}")?;
        writeln!(out, "{ASIDE}  inside: how much of the page the kept one holds{ASIDE:#}")?;
        let (shown, left) = first(&clusters, self.top);
        for (index, (keep, snippet, members)) in shown.iter().enumerate() {
            let head = format!("{:>4}. {}", number(index + 1), count(members.len(), "page", "pages"));
            let snippet = cut_end(&flow(snippet), self.width.saturating_sub(columns(&head) + 2));
            let colon = if snippet.is_empty() { "" } else { ": " };
            writeln!(out, "\n{HEADING}{head}{HEADING:#}{colon}{snippet}")?;
            writeln!(out, "{ASIDE}      alike  inside{ASIDE:#}")?;
            self.members(keep, members, out)?;
        }
        more(left, "article", "articles", out)
    }

    fn members(&self, keep: &str, members: &[Member], out: &mut dyn Write) -> io::Result<()> {
        let (shown, left) = self.of_a_cluster(members);
        for member in shown {
            let key = cut_middle(&inert(&member.key), self.width - 21);
            if member.key == keep {
                writeln!(out, "{KEPT}       kept          {key}{KEPT:#}")?;
            } else {
                let (alike, inside) = (percent(member.resemblance), percent(member.containment));
                writeln!(out, "      {alike:>5}   {inside:>5}  {key}")?;
            }
        }
        more_of_a_cluster(left, "page", "pages", out)
    }

    fn pairs(&self, findings: &Findings, kinds: Kinds, out: &mut dyn Write) -> io::Result<()> {
        let clustered = Clustered::new(&findings.clusters);
        for kind in [
            RelationKind::Identical,
            RelationKind::Repost,
            RelationKind::Contained,
            RelationKind::Excerpt,
            RelationKind::Boilerplate,
        ] {
            let of_kind = findings.relations.iter().filter(|relation| relation.kind == kind);
            let pairs: Vec<_> = of_kind.filter(|relation| !clustered.shows(relation)).collect();
            if pairs.is_empty() || !kinds.has(kind) {
                continue;
            }
            let (title, meaning) = match kind {
                RelationKind::Identical => ("Identical", "the same text, outside the clusters above"),
                RelationKind::Repost => ("Also alike", "the same article, outside the clusters above"),
                RelationKind::Contained => ("Contained", "so much of the first page is in the larger second"),
                RelationKind::Excerpt => ("Excerpts", "so much of the first page is quoted in the second"),
                RelationKind::Boilerplate => ("Boilerplate only", "alike, but not in what they say"),
            };
            writeln!(out, "\n{HEADING}{title}{HEADING:#} · {}", count(pairs.len(), "pair", "pairs"))?;
            writeln!(out, "{ASIDE}  {meaning}{ASIDE:#}\n")?;
            let (shown, left) = first(&pairs, self.top);
            self.table_of_pairs(shown, out)?;
            more(left, "pair", "pairs", out)?;
        }
        Ok(())
    }

    fn table_of_pairs(&self, pairs: &[&Relation], out: &mut dyn Write) -> io::Result<()> {
        let room = self.width - "      100%   → ".chars().count();
        let longest = |keys: &mut dyn Iterator<Item = &String>| keys.map(|key| columns(&inert(key))).max().unwrap_or(0);
        let longest_b = longest(&mut pairs.iter().map(|relation| &relation.b));
        // Half for each, or what the second column leaves over.
        let width_a =
            longest(&mut pairs.iter().map(|relation| &relation.a)).min((room / 2).max(room.saturating_sub(longest_b)));
        for relation in pairs {
            let share = match relation.kind {
                RelationKind::Contained | RelationKind::Excerpt => relation.a_in_b,
                RelationKind::Identical | RelationKind::Repost | RelationKind::Boilerplate => relation.resemblance,
            };
            let a = pad(&cut_middle(&inert(&relation.a), width_a), width_a);
            let b = cut_middle(&inert(&relation.b), room - width_a);
            writeln!(out, "      {:>4}  {a} {ASIDE}→{ASIDE:#} {b}", percent(share))?;
        }
        Ok(())
    }

    fn templates(&self, findings: &Findings, out: &mut dyn Write) -> io::Result<()> {
        let clusters: Vec<_> = findings
            .clusters
            .iter()
            .filter_map(|cluster| match cluster {
                Cluster::Boilerplate { members, blocks } => Some((members, blocks)),
                Cluster::Repost { .. } => None,
            })
            .collect();
        if clusters.is_empty() {
            return Ok(());
        }
        let templates = count(clusters.len(), "template", "templates");
        writeln!(out, "\n{HEADING}Shared boilerplate{HEADING:#} · {templates}, most used first")?;
        writeln!(out, "{ASIDE}  these pages share a frame, not an article{ASIDE:#}")?;
        let (shown, left) = first(&clusters, self.top);
        for (index, (members, blocks)) in shown.iter().enumerate() {
            let head = format!("{:>4}. {}", number(index + 1), count(members.len(), "page", "pages"));
            writeln!(out, "\n{HEADING}{head}{HEADING:#}")?;
            self.blocks(blocks, out)?;
            self.template_pages(members, out)?;
        }
        more(left, "template", "templates", out)
    }

    fn blocks(&self, blocks: &[SharedBlock], out: &mut dyn Write) -> io::Result<()> {
        let (shown, left) = first(blocks, if self.top == 0 { 0 } else { SHOWN_OF_A_TEMPLATE });
        if !shown.is_empty() {
            writeln!(out, "{ASIDE}      pages  block{ASIDE:#}")?;
        }
        for block in shown {
            let text = cut_end(&shown_text(&block.text), self.width - 13);
            writeln!(out, "      {:>5}  {text}", number(block.documents as usize))?;
        }
        more_of_a_cluster(left, "block", "blocks", out)
    }

    /// Pages of a template are many and say little: a few as examples are enough.
    fn template_pages(&self, members: &[Page], out: &mut dyn Write) -> io::Result<()> {
        let (shown, left) = first(members, if self.top == 0 { 0 } else { 3 });
        for (index, page) in shown.iter().enumerate() {
            let label = if index == 0 { "   on" } else { "" };
            writeln!(out, "      {label:5}  {}", cut_middle(&inert(&page.key), self.width - 13))?;
        }
        more_of_a_cluster(left, "page", "pages", out)
    }

    fn boilerplate(&self, found: &Boilerplate, out: &mut dyn Write) -> io::Result<()> {
        if found.blocks.is_empty() && found.quoted == 0.0 {
            return Ok(());
        }
        let mut parts = vec![format!("{} of all text", percent(found.share))];
        if found.quoted > 0.0 {
            parts.push(format!("{} more is quoted", percent(found.quoted)));
        }
        writeln!(out, "\n{HEADING}Boilerplate{HEADING:#} · {}", parts.join(", "))?;
        if found.blocks.is_empty() {
            return Ok(());
        }
        writeln!(out, "{ASIDE}  the blocks that cost most: characters × pages{ASIDE:#}\n")?;
        let (shown, _) = first(&found.blocks, if self.top == 0 { 0 } else { self.top.min(SHOWN_OF_BOILERPLATE) });
        self.table_of_blocks(shown, out)?;
        match (found.different as usize).saturating_sub(shown.len()) {
            0 => Ok(()),
            left => writeln!(out, "\n{ASIDE}  … and {} more: `tongwen boilerplate` lists all{ASIDE:#}", number(left)),
        }
    }

    /// A block takes two lines: what it says, and where. Articles tell a template from an article with many copies.
    fn table_of_blocks(&self, blocks: &[Entry], out: &mut dyn Write) -> io::Result<()> {
        let room = self.width - 19;
        writeln!(out, "{ASIDE}  pages  articles  block{ASIDE:#}")?;
        for block in blocks {
            let (pages, groups) = (number(block.pages as usize), number(block.groups as usize));
            writeln!(out, "  {pages:>5}  {groups:>8}  {}", cut_end(&shown_text(&block.text), room))?;
            let basis = match block.basis {
                Basis::Corpus => "",
                Basis::Dictionary => " (dictionary)",
                Basis::Page => " (by its place)",
            };
            let example = cut_middle(&inert(&block.example), room.saturating_sub(3 + basis.len()));
            writeln!(out, "{ASIDE}{:19}on {example}{basis}{ASIDE:#}", "")?;
        }
        Ok(())
    }

    pub(super) fn notes(&self, notes: &[String], out: &mut dyn Write) -> io::Result<()> {
        if notes.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n{HEADING}Notes{HEADING:#}")?;
        notes.iter().try_for_each(|note| writeln!(out, "  • {}", flow(note)))
    }

    pub(super) fn skipped(&self, skipped: &[Skipped], out: &mut dyn Write) -> io::Result<()> {
        if skipped.is_empty() {
            return Ok(());
        }
        let records = count(skipped.len(), "record was", "records were");
        writeln!(out, "\n{TROUBLE}Skipped{TROUBLE:#} · {records} not compared")?;
        for Skipped { key, reason, .. } in skipped.iter().take(SHOWN_SKIPPED) {
            writeln!(out, "  {}\n      {ASIDE}{}{ASIDE:#}", cut_middle(&inert(key), self.width - 2), flow(reason))?;
        }
        match skipped.len().saturating_sub(SHOWN_SKIPPED) {
            0 => Ok(()),
            left => writeln!(out, "{ASIDE}  … and {} more: `--format json` lists all{ASIDE:#}", number(left)),
        }
    }

    pub(super) fn of_a_cluster<'a, T>(&self, list: &'a [T]) -> (&'a [T], usize) {
        first(list, if self.top == 0 { 0 } else { SHOWN_OF_A_CLUSTER })
    }
}

/// Returns the first `limit` of a list, all where that is 0, and how many that leaves out.
pub(super) fn first<T>(list: &[T], limit: usize) -> (&[T], usize) {
    let shown = if limit == 0 { list.len() } else { list.len().min(limit) };
    (&list[..shown], list.len() - shown)
}

/// Returns what a block says on one line, or why nobody knows.
fn shown_text(text: &str) -> String {
    if text.is_empty() { "(changed since it was read)".into() } else { flow(text) }
}

pub(super) fn more(left: usize, one: &str, many: &str, out: &mut dyn Write) -> io::Result<()> {
    if left == 0 {
        return Ok(());
    }
    writeln!(out, "\n{ASIDE}  … and {} more {}: `--top 0` shows all{ASIDE:#}", number(left), plural(left, one, many))
}

fn more_of_a_cluster(left: usize, one: &str, many: &str, out: &mut dyn Write) -> io::Result<()> {
    if left == 0 {
        return Ok(());
    }
    writeln!(out, "{ASIDE}             … and {} more {}{ASIDE:#}", number(left), plural(left, one, many))
}

/// Which clusters a document was shown in: what two pages of one cluster are to each other was said there.
struct Clustered<'a> {
    reposts: HashMap<&'a str, usize>,
    templates: HashMap<&'a str, usize>,
}

impl<'a> Clustered<'a> {
    fn new(clusters: &'a [Cluster]) -> Self {
        let (mut reposts, mut templates) = (HashMap::new(), HashMap::new());
        for (index, cluster) in clusters.iter().enumerate() {
            match cluster {
                Cluster::Repost { members, .. } => {
                    reposts.extend(members.iter().map(|member| (member.key.as_str(), index)));
                }
                Cluster::Boilerplate { members, .. } => {
                    templates.extend(members.iter().map(|page| (page.key.as_str(), index)));
                }
            }
        }
        Self { reposts, templates }
    }

    fn shows(&self, relation: &Relation) -> bool {
        let together = |clusters: &HashMap<&str, usize>| {
            let cluster_of_a = clusters.get(relation.a.as_str());
            cluster_of_a.is_some() && cluster_of_a == clusters.get(relation.b.as_str())
        };
        together(&self.reposts) || relation.kind == RelationKind::Boilerplate && together(&self.templates)
    }
}

/// Returns a share as a whole percentage, rounded down: only equal texts are 100% alike.
pub(super) fn percent(share: f64) -> String {
    // 0.29 × 100 is a little less than 29.
    let whole = (share * 100.0 + 1e-9).floor();
    if whole < 1.0 && share > 0.0 { "<1%".into() } else { format!("{whole}%") }
}

pub(super) fn count(number_of: usize, one: &str, many: &str) -> String {
    format!("{} {}", number(number_of), plural(number_of, one, many))
}

pub(super) fn plural<'a>(number_of: usize, one: &'a str, many: &'a str) -> &'a str {
    if number_of == 1 { one } else { many }
}

/// Returns the number with a no-break space after every three digits, from the right.
pub(super) fn number(value: usize) -> String {
    let digits = value.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push('\u{a0}');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dictionary::Level;
    use crate::findings::{Counts, FORMAT, Ruling, Verdict};
    use crate::settings::InputSettings;
    use snapbox::{assert_data_eq, str};

    fn findings(documents: u64) -> Findings {
        Findings {
            format: FORMAT.into(),
            tongwen: "0.1.0".into(),
            settings: AnalysisSettings::default(),
            input: InputSettings::default(),
            counts: Counts { documents, ..Counts::default() },
            clusters: Vec::new(),
            relations: Vec::new(),
            boilerplate: Boilerplate::default(),
            documents: Vec::new(),
            known: Vec::new(),
            gate: None,
            skipped: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn repost(snippet: &str, keys: &[(&str, f64, f64)]) -> Cluster {
        let members = keys
            .iter()
            .map(|&(key, resemblance, containment)| Member { key: key.into(), resemblance, containment })
            .collect();
        Cluster::Repost { keep: keys[0].0.into(), snippet: snippet.into(), members }
    }

    fn relation(kind: RelationKind, a: &str, b: &str, share: f64) -> Relation {
        Relation { kind, a: a.into(), b: b.into(), resemblance: share, a_in_b: share, b_in_a: share }
    }

    fn rendered(findings: &Findings, top: usize) -> String {
        let mut styled = Vec::new();
        text(findings, &TextOptions { top, width: 60, ..TextOptions::default() }, &mut styled).unwrap();
        let styled = String::from_utf8(styled).unwrap();
        // A no-break space cannot be told from a space in a snapshot.
        anstream::adapter::strip_str(&styled).to_string().replace('\u{a0}', "_")
    }

    #[test]
    fn an_empty_corpus_says_that_there_was_nothing_to_compare() {
        assert_data_eq!(
            rendered(&findings(0), 20),
            str![[r#"
0 documents
tongwen 0.1.0 · 2 words a shingle · minhash 128 as 32 × 4
alike from 70%

There was nothing to compare. Is it the right folder?
`--include`, `--exclude`, `--hidden` and `.gitignore` files decide what is read.

"#]]
        );
    }

    #[test]
    fn a_corpus_without_duplicates_says_so() {
        assert_data_eq!(
            rendered(&findings(4812), 20),
            str![[r#"
4_812 documents · no reposts
tongwen 0.1.0 · 2 words a shingle · minhash 128 as 32 × 4
alike from 70%

No two of the documents compared repost each other. Nothing to clean up here.

"#]]
        );
    }

    #[test]
    fn keys_of_chinese_and_latin_letters_stand_in_columns() {
        let mut findings = findings(9);
        findings.clusters.push(repost(
            "本文讨论的是中国古代的户籍制度及其演变，特别是明清两代的里甲与保甲。",
            &[
                ("论文/户籍制度.html", 1.0, 1.0),
                ("mirror/0001.html", 0.9999, 1.0),
                ("转载/二〇〇八年三月十五日/中国古代的户籍制度及其演变（全文）.html", 0.705, 0.29),
            ],
        ));
        findings.relations = vec![
            relation(RelationKind::Repost, "mirror/0001.html", "论文/户籍制度.html", 0.9999),
            relation(RelationKind::Excerpt, "论文/户籍制度.html", "相关文献/里甲.html", 0.31),
            relation(RelationKind::Excerpt, "note.html", "相关文献/二〇〇八年/三月/保甲制度的历史考察.html", 0.004),
            relation(RelationKind::Excerpt, "短文.html", "x.html", 1.0),
        ];
        assert_data_eq!(
            rendered(&findings, 20),
            str![[r#"
9 documents · 2 are reposts of 1 article
tongwen 0.1.0 · 2 words a shingle · minhash 128 as 32 × 4
alike from 70%

Reposts · 1 article, most reposted first
  alike: what both pages share of their content
  inside: how much of the page the kept one holds

   1. 3 pages: 本文讨论的是中国古代的户籍制度及其演变，特别…
      alike  inside
       kept          论文/户籍制度.html
        99%    100%  mirror/0001.html
        70%     29%  转载/二〇〇八年…度及其演变（全文）.html

Excerpts · 3 pairs
  so much of the first page is quoted in the second

       31%  论文/户籍制度.html → 相关文献/里甲.html
       <1%  note.html          → 相关文献/二…的历史考察.html
      100%  短文.html          → x.html

"#]]
        );
    }

    #[test]
    fn escape_codes_in_keys_snippets_blocks_notes_and_reasons_are_spelled_out() {
        let hostile = "标题\u{1b}]0;owned\u{7}\u{202e}\u{9b}31m";
        let mut findings = findings(2);
        findings.tongwen = hostile.into();
        findings.clusters.push(repost(hostile, &[(hostile, 1.0, 1.0), ("两\n行.html", 1.0, 1.0)]));
        findings.clusters.push(Cluster::Boilerplate {
            members: vec![Page { key: hostile.into() }],
            blocks: vec![SharedBlock { text: hostile.into(), documents: 1 }],
        });
        findings.relations.push(relation(RelationKind::Contained, hostile, "乙", 1.0));
        findings.boilerplate.blocks.push(Entry {
            hash: 1,
            level: Level::Line,
            basis: Basis::Corpus,
            text: hostile.into(),
            pages: 1,
            groups: 1,
            characters: 2,
            example: hostile.into(),
        });
        findings.notes.push(hostile.into());
        findings.skipped.push(Skipped::new(hostile, hostile));
        findings.gate = Some(Ruling {
            verdict: Verdict::Undecided,
            reasons: vec![hostile.into()],
            fail_on: vec![RelationKind::Repost],
            duplicates: Vec::new(),
        });
        let mut styled = Vec::new();
        text(&findings, &TextOptions::default(), &mut styled).unwrap();
        let shown = anstream::adapter::strip_str(std::str::from_utf8(&styled).unwrap()).to_string();
        assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}']), "{shown:?}");
        assert_eq!(shown.matches("标题\\u{1b}]0;").count(), 12, "{shown}");
        assert!(shown.contains("两\\u{a}行.html"), "{shown}");
    }

    #[test]
    fn pages_of_a_template_are_shown_with_the_blocks_they_share() {
        let mut findings = findings(37);
        findings.clusters.push(Cluster::Boilerplate {
            members: (1..=37).map(|page| Page { key: format!("站点/{page}.html") }).collect(),
            blocks: vec![
                SharedBlock { text: "来源：网络｜被引：0 次｜上传者：匿名".into(), documents: 37 },
                SharedBlock {
                    text: "版权声明：本站文章由用户上传，如有侵权请联系我们，我们将尽快删除。".into(),
                    documents: 30,
                },
            ],
        });
        findings.relations.push(relation(RelationKind::Boilerplate, "站点/1.html", "站点/2.html", 0.68));
        findings.relations.push(relation(RelationKind::Boilerplate, "站点/1.html", "别处/2.html", 0.68));
        assert_data_eq!(
            rendered(&findings, 20),
            str![[r#"
37 documents · no reposts · 37 share 1 template
tongwen 0.1.0 · 2 words a shingle · minhash 128 as 32 × 4
alike from 70%

Boilerplate only · 1 pair
  alike, but not in what they say

       68%  站点/1.html → 别处/2.html

Shared boilerplate · 1 template, most used first
  these pages share a frame, not an article

   1. 37 pages
      pages  block
         37  来源：网络｜被引：0 次｜上传者：匿名
         30  版权声明：本站文章由用户上传，如有侵权请联系我…
         on  站点/1.html
             站点/2.html
             站点/3.html
             … and 34 more pages

"#]]
        );
    }

    #[test]
    fn what_top_leaves_out_is_said() {
        let mut findings = findings(5000);
        let many: Vec<String> = (0..30).map(|page| format!("转载/{page}.html")).collect();
        let many: Vec<_> = many.iter().map(|key| (key.as_str(), 1.0, 1.0)).collect();
        findings.clusters = vec![
            repost("甲", &many),
            repost("乙", &[("b", 1.0, 1.0), ("c", 1.0, 1.0)]),
            repost("丙", &[("d", 1.0, 1.0)]),
        ];
        findings.relations =
            (0..1203).map(|page| relation(RelationKind::Excerpt, "源", &format!("{page}"), 0.1)).collect();
        findings.skipped = (0..21).map(|line| Skipped::new(format!("语料.jsonl:{line}"), "不是 JSON")).collect();
        findings.counts.skipped = 21;
        assert_data_eq!(
            rendered(&findings, 1),
            str![[r#"
5_000 documents · 30 are reposts of 3 articles · 21 skipped
tongwen 0.1.0 · 2 words a shingle · minhash 128 as 32 × 4
alike from 70%

Reposts · 3 articles, most reposted first
  alike: what both pages share of their content
  inside: how much of the page the kept one holds

   1. 30 pages: 甲
      alike  inside
       kept          转载/0.html
       100%    100%  转载/1.html
       100%    100%  转载/2.html
       100%    100%  转载/3.html
       100%    100%  转载/4.html
       100%    100%  转载/5.html
       100%    100%  转载/6.html
       100%    100%  转载/7.html
       100%    100%  转载/8.html
       100%    100%  转载/9.html
       100%    100%  转载/10.html
       100%    100%  转载/11.html
       100%    100%  转载/12.html
       100%    100%  转载/13.html
       100%    100%  转载/14.html
       100%    100%  转载/15.html
       100%    100%  转载/16.html
       100%    100%  转载/17.html
       100%    100%  转载/18.html
       100%    100%  转载/19.html
             … and 10 more pages

  … and 2 more articles: `--top 0` shows all

Excerpts · 1_203 pairs
  so much of the first page is quoted in the second

       10%  源 → 0

  … and 1_202 more pairs: `--top 0` shows all

Skipped · 21 records were not compared
  语料.jsonl:0
      不是 JSON
  语料.jsonl:1
      不是 JSON
  语料.jsonl:2
      不是 JSON
  语料.jsonl:3
      不是 JSON
  语料.jsonl:4
      不是 JSON
  语料.jsonl:5
      不是 JSON
  语料.jsonl:6
      不是 JSON
  语料.jsonl:7
      不是 JSON
  语料.jsonl:8
      不是 JSON
  语料.jsonl:9
      不是 JSON
  语料.jsonl:10
      不是 JSON
  语料.jsonl:11
      不是 JSON
  语料.jsonl:12
      不是 JSON
  语料.jsonl:13
      不是 JSON
  语料.jsonl:14
      不是 JSON
  语料.jsonl:15
      不是 JSON
  语料.jsonl:16
      不是 JSON
  语料.jsonl:17
      不是 JSON
  语料.jsonl:18
      不是 JSON
  语料.jsonl:19
      不是 JSON
  … and 1 more: `--format json` lists all

"#]]
        );
        let all = rendered(&findings, 0);
        assert!(all.contains("转载/29.html") && all.contains("1202") && all.contains("丙"), "{all}");
    }

    #[test]
    fn only_the_kinds_that_were_asked_for_are_shown_and_the_sum_is_of_all() {
        let mut findings = findings(9);
        findings.clusters.push(repost("甲", &[("a", 1.0, 1.0), ("b", 0.9, 0.9)]));
        findings.relations.push(relation(RelationKind::Excerpt, "源", "引", 0.1));
        findings.relations.push(relation(RelationKind::Contained, "章", "书", 1.0));
        let shown = |kinds: &[RelationKind]| {
            let mut styled = Vec::new();
            let options = TextOptions { kinds: Kinds::of(kinds.iter().copied()), ..TextOptions::default() };
            text(&findings, &options, &mut styled).unwrap();
            let shown = String::from_utf8(styled).unwrap();
            assert!(shown.contains("1 is a repost of 1 article"), "{shown}");
            ["Reposts", "Contained", "Excerpts"].map(|title| shown.contains(title))
        };
        assert_eq!(shown(&[]), [true; 3]);
        assert_eq!(shown(&[RelationKind::Excerpt]), [false, false, true]);
        assert_eq!(shown(&[RelationKind::Contained, RelationKind::Identical]), [true, true, false]);
    }

    #[test]
    fn a_share_is_rounded_down_so_that_only_equal_texts_are_all_alike() {
        let shown: Vec<_> = [0.0, 0.004, 0.29, 0.57, 0.9999, 1.0].into_iter().map(percent).collect();
        assert_eq!(shown, ["0%", "<1%", "29%", "57%", "99%", "100%"]);
    }

    #[test]
    fn a_large_number_is_grouped_by_three_digits() {
        assert_eq!([0, 999, 4812, 1_234_567].map(number), ["0", "999", "4\u{a0}812", "1\u{a0}234\u{a0}567"]);
    }
}
