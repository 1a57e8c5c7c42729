//! What an index says and holds, for a person at a terminal and for programs.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::json::InertJson;
use super::line::{cut_middle, inert, pad};
use super::text::{ASIDE, HEADING, Layout, TextOptions, count, first, more, number, percent};
use crate::answers::{Added, Answer, Answers, Match};
use crate::findings::RelationKind;
use crate::index::Info;

/// Matches shown of one document: the others are weaker.
const SHOWN_MATCHES: usize = 5;

/// Writes what was found for documents as a text report with ANSI styles: the reposts first, new documents as a number.
///
/// # Errors
/// When `out` cannot be written.
pub fn answers(answers: &Answers, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
    let page = Layout { top: options.top, width: options.width.max(40) };
    let mut kinds: BTreeMap<Option<RelationKind>, usize> = BTreeMap::new();
    for answer in &answers.documents {
        *kinds.entry(answer.kind()).or_default() += 1;
    }
    let mut parts = vec![count(answers.documents.len(), "document", "documents")];
    parts.extend(kinds.iter().map(|(kind, of_kind)| format!("{} {}", number(*of_kind), kind.map_or("new", name))));
    if !answers.skipped.is_empty() {
        parts.push(format!("{} skipped", number(answers.skipped.len())));
    }
    page.head(&parts, &[format!("tongwen {}", inert(&answers.tongwen))], out)?;
    let mut known: Vec<&Answer> = answers.documents.iter().filter(|answer| !answer.matches.is_empty()).collect();
    known.sort_by_key(|answer| answer.kind());
    if known.is_empty() {
        if !answers.documents.is_empty() {
            writeln!(out, "\nNothing of it is in the index.")?;
        }
    } else {
        writeln!(out, "\n{HEADING}Known{HEADING:#} · {}", count(known.len(), "document", "documents"))?;
        writeln!(out, "{ASIDE}  here: how much of the document is in that page; there: how much of the page{ASIDE:#}")?;
        writeln!(out, "{ASIDE}  is in the document{ASIDE:#}\n")?;
        writeln!(out, "{ASIDE}               here there{ASIDE:#}")?;
        let (shown, left) = first(&known, page.top);
        for answer in shown {
            writeln!(out, "  {}", cut_middle(&inert(&answer.key), page.width - 2))?;
            let limit = if page.top == 0 { 0 } else { SHOWN_MATCHES };
            let (matches, left) = first(&answer.matches, limit);
            for found in matches {
                page.found(found, out)?;
            }
            if left > 0 {
                writeln!(out, "{ASIDE}      … and {} more{ASIDE:#}", number(left))?;
            }
        }
        more(left, "document", "documents", out)?;
    }
    page.notes(&answers.notes, out)?;
    page.skipped(&answers.skipped, out)
}

impl Layout {
    fn found(&self, found: &Match, out: &mut dyn Write) -> io::Result<()> {
        let copies = match found.copies {
            0 => String::new(),
            1 => " and a copy".into(),
            copies => format!(" and {} copies", number(copies as usize)),
        };
        let key = cut_middle(&inert(&found.key), self.width.saturating_sub(26 + copies.len()).max(12));
        let arrow = match (found.kind.is_directed(), found.is_part) {
            (true, true) => "in",
            (true, false) => "of",
            (false, _) => "",
        };
        let [here, there] = match found.kind {
            RelationKind::Boilerplate => [String::new(), String::new()],
            _ => [percent(found.a_in_b), percent(found.b_in_a)],
        };
        let kind = pad(name(found.kind), 11);
        writeln!(out, "    {kind}{here:>4} {there:>4} {arrow:2} {key}{ASIDE}{copies}{ASIDE:#}")
    }
}

fn name(kind: RelationKind) -> &'static str {
    kind.name()
}

/// Writes what was found for documents as versioned JSON.
///
/// # Errors
/// When `out` cannot be written.
pub fn answers_json(answers: &Answers, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(InertJson(&mut *out), answers)?;
    out.write_all(b"\n")
}

/// Writes what was done with documents that were to be added.
///
/// # Errors
/// When `out` cannot be written.
pub fn added(added: &Added, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
    let page = Layout { top: options.top, width: options.width.max(40) };
    let mut parts = vec![format!("{} added", count(added.added as usize, "page", "pages"))];
    if added.replaced > 0 {
        parts.push(format!("{} replaced", number(added.replaced as usize)));
    }
    if added.unchanged > 0 {
        parts.push(format!("{} there already", number(added.unchanged as usize)));
    }
    if !added.skipped.is_empty() {
        parts.push(format!("{} skipped", number(added.skipped.len())));
    }
    page.head(&parts, &[], out)?;
    page.notes(&added.notes, out)?;
    page.skipped(&added.skipped, out)
}

/// Writes the same for programs, as `tongwen-added/1`.
///
/// # Errors
/// When `out` cannot be written.
pub fn added_json(added: &Added, out: &mut dyn Write) -> io::Result<()> {
    versioned("tongwen-added/1", added, out)
}

/// Writes how many pages were removed, and of which keys there were none.
///
/// # Errors
/// When `out` cannot be written.
pub fn removed(removed: u64, missing: &[&str], out: &mut dyn Write) -> io::Result<()> {
    const SHOWN: usize = 5;
    write!(out, "{} removed", count(removed as usize, "page", "pages"))?;
    if !missing.is_empty() {
        let names: Vec<String> = missing.iter().take(SHOWN).map(|key| inert(key)).collect();
        let more = if missing.len() > SHOWN { ", …" } else { "" };
        write!(out, " · {} not there: {}{more}", number(missing.len()), names.join(", "))?;
    }
    writeln!(out)
}

/// Writes what an index holds and what it takes.
///
/// # Errors
/// When `out` cannot be written.
pub fn info(info: &Info, out: &mut dyn Write) -> io::Result<()> {
    let each = info.bytes.checked_div(info.pages).map(|each| format!(", {} a page", number(each as usize)));
    writeln!(out, "{HEADING}{}{HEADING:#}", count(info.pages as usize, "page", "pages"))?;
    let settings = &info.settings;
    let boilerplate = if settings.boilerplate { "" } else { " --no-boilerplate" };
    let rows = [
        ("bytes", format!("{}{}", number(info.bytes as usize), each.unwrap_or_default())),
        ("segments", number(info.segments)),
        ("different texts", number(info.texts as usize)),
        ("removed pages", number(info.removed as usize)),
        ("frame blocks", number(info.frames as usize)),
        ("postings", number(info.postings as usize)),
        ("compares", format!("--tokens {} --width {}{boilerplate}", settings.tokens.name(), settings.width)),
        ("written by", format!("tongwen {}", inert(&info.tongwen))),
    ];
    rows.iter().try_for_each(|(name, value)| writeln!(out, "  {} {value}", pad(name, 16)))
}

/// Writes what an index holds and what it takes, for programs.
///
/// # Errors
/// When `out` cannot be written.
pub fn info_json(info: &Info, out: &mut dyn Write) -> io::Result<()> {
    versioned("tongwen-index-info/1", info, out)
}

fn versioned(format: &'static str, value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct Versioned<'v, V> {
        format: &'static str,
        #[serde(flatten)]
        value: &'v V,
    }
    serde_json::to_writer_pretty(InertJson(&mut *out), &Versioned { format, value })?;
    out.write_all(b"\n")
}
