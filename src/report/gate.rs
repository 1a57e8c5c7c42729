//! What an index knows of documents, and what a gate made of it, in a text report.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::line::{columns, cut_middle, flow, inert, pad};
use super::text::{ASIDE, HEADING, Layout, TROUBLE, count, first, more, number, percent};
use crate::findings::{Duplicate, Findings, Known, RelationKind, Ruling, Verdict};

const PASS: Style = AnsiColor::Green.on_default().bold();
const FAIL: Style = AnsiColor::Red.on_default().bold();

/// A document and another one: a line of a table.
pub(super) struct Row<'a> {
    pub(super) share: Option<f64>,
    /// From what is a part to what holds it.
    pub(super) arrow: &'static str,
    pub(super) kind: RelationKind,
    pub(super) key: &'a str,
    /// The other one, and what is said behind it.
    pub(super) of: &'a str,
    pub(super) aside: String,
}

impl<'a> From<&'a Known> for Row<'a> {
    fn from(known: &'a Known) -> Self {
        let is_whole = known.kind.is_directed() && !known.is_part;
        let share = if is_whole { known.b_in_a } else { known.a_in_b };
        Self {
            share: (known.kind != RelationKind::Boilerplate).then_some(share),
            arrow: if is_whole { "←" } else { "→" },
            kind: known.kind,
            key: &known.key,
            of: &known.of,
            aside: match known.copies {
                0 => String::new(),
                1 => " and a copy".into(),
                copies => format!(" and {} copies", number(copies as usize)),
            },
        }
    }
}

impl<'a> From<&'a Duplicate> for Row<'a> {
    fn from(duplicate: &'a Duplicate) -> Self {
        Self {
            share: (duplicate.kind <= RelationKind::Repost).then_some(duplicate.resemblance),
            arrow: "→",
            kind: duplicate.kind,
            key: &duplicate.key,
            of: &duplicate.of,
            aside: if duplicate.in_index { " in the index".into() } else { String::new() },
        }
    }
}

/// Returns the kinds of relations that a gate minds, as a sentence names them.
pub(super) fn minded(ruling: &Ruling) -> String {
    ruling.fail_on.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ")
}

/// Returns why the verdict is what it is, and how many duplicates a baseline knows.
pub(super) fn reason(ruling: &Ruling) -> String {
    let new = ruling.new_ones().count();
    let known = ruling.duplicates.len() - new;
    let reason = match &*ruling.reasons {
        [] if new > 0 => {
            format!("{} may", count(new, "document repeats another one and", "documents repeat others and"))
        }
        [] if known == 0 => format!("no document repeats another one ({})", minded(ruling)),
        [] => "no document repeats another one that did not before".into(),
        reasons => reasons.join("; "),
    };
    let known = match known {
        0 => String::new(),
        _ => format!(" · {} in the baseline", number(known)),
    };
    format!("{reason}{known}")
}

impl Layout {
    pub(super) fn known(&self, known: &[&Known], out: &mut dyn Write) -> io::Result<()> {
        let documents = known.chunk_by(|a, b| a.key == b.key).count();
        if documents == 0 {
            return Ok(());
        }
        writeln!(out, "\n{HEADING}In the index{HEADING:#} · {}", count(documents, "document", "documents"))?;
        writeln!(out, "{ASIDE}  → so much of the document is in the page, ← of the page in the document{ASIDE:#}\n")?;
        let (shown, left) = first(known, self.top);
        self.rows(&shown.iter().copied().map(Row::from).collect::<Vec<_>>(), out)?;
        more(left, "pair", "pairs", out)
    }

    /// Writes the duplicates, and in the last line the verdict.
    pub(super) fn ruling(&self, findings: &Findings, out: &mut dyn Write) -> io::Result<()> {
        let Some(ruling) = &findings.gate else { return Ok(()) };
        let new: Vec<&Duplicate> = ruling.new_ones().collect();
        if !new.is_empty() {
            writeln!(out, "\n{HEADING}Duplicates{HEADING:#} · {}", count(new.len(), "document", "documents"))?;
            writeln!(out, "{ASIDE}  each repeats another one: {}{ASIDE:#}\n", minded(ruling))?;
            let (shown, left) = first(&new, self.top);
            let rows: Vec<Row> = shown.iter().copied().map(Row::from).collect();
            self.rows(&rows, out)?;
            more(left, "document", "documents", out)?;
        }
        let (style, verdict) = match ruling.verdict {
            Verdict::Pass => (PASS, "pass"),
            Verdict::Fail => (FAIL, "FAIL"),
            Verdict::Undecided => (TROUBLE, "UNDECIDED"),
        };
        writeln!(out, "\n{style}Gate: {verdict}{style:#} · {}", flow(&reason(ruling)))
    }

    fn rows(&self, rows: &[Row], out: &mut dyn Write) -> io::Result<()> {
        let aside = rows.iter().map(|row| columns(&row.aside)).max().unwrap_or(0);
        let room = self.width.saturating_sub("  100%  boilerplate   → ".chars().count() + aside).max(16);
        let longest = |key: &dyn Fn(&Row) -> usize| rows.iter().map(key).max().unwrap_or(0);
        let longest_of = longest(&|row| columns(&inert(row.of)));
        // Half for each, or what the second column leaves over.
        let width = longest(&|row| columns(&inert(row.key))).min((room / 2).max(room.saturating_sub(longest_of)));
        for Row { share, arrow, kind, key, of, aside } in rows {
            let share = share.map(percent).unwrap_or_default();
            let kind = pad(kind.name(), 11);
            let key = pad(&cut_middle(&inert(key), width), width);
            let of = cut_middle(&inert(of), room.saturating_sub(width));
            writeln!(out, "  {share:>4}  {kind} {key} {ASIDE}{arrow}{ASIDE:#} {of}{ASIDE}{aside}{ASIDE:#}")?;
        }
        Ok(())
    }
}
