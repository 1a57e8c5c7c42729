//! An explanation for a person at a terminal: the verdict, the evidence in words, and both texts side by side.
//!
//! Everything of the texts goes through [`line`](super::line) first: a page may hold terminal escape codes. Nothing is
//! said by colour alone: marks stand in a line of their own below the characters they belong to.

use std::collections::BTreeSet;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use unicode_segmentation::UnicodeSegmentation;

use super::line::{columns, cut_end, cut_middle, flow, inert, pad, wrapped};
use super::text::{count, number, percent, plural};
use crate::excerpt::LEAST_IN_CONTENT;
use crate::explain::{EditKind, Excerpt, Explanation, Part, Passage, PassageKind, Role, Tried};
use crate::findings::RelationKind;
use crate::relate::{Measure, Test};
use crate::settings::TokenKind;

/// How an explanation is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExplainOptions {
    /// Columns of the page; 40 at least are used. From 72 on the texts stand side by side.
    pub width: usize,
    /// Whether stretches without a difference are shown whole.
    pub full: bool,
}

/// Columns from which two texts stand side by side: some sixteen Chinese characters each.
const TWO_COLUMNS: usize = 72;

/// Rows without a difference that are shown before and after one, and at least how many are left out at once.
const CONTEXT: usize = 2;
const LEAST_LEFT_OUT: usize = 2;

/// Passages of a quotation that are shown with what they were asked for.
const MOST_QUOTED: usize = 4;

/// Columns from which on what is seen as one character is shown in parts.
const WIDE: usize = 12;

/// Folded characters of a passage up to which each of them is worth a row; in a text that is all traditional they are
/// the rule.
const FEW_FOLDED: usize = 40;

const HEADING: Style = Style::new().bold();
const ASIDE: Style = Style::new().dimmed();
const HOLDS: Style = AnsiColor::Green.on_default();
const MISSED: Style = AnsiColor::Yellow.on_default();
const DIFFERS: Style = AnsiColor::Red.on_default().bold();
const FOLDED: Style = AnsiColor::Cyan.on_default();
const QUOTED: Style = Style::new().italic();

/// Writes an explanation as text with ANSI styles; strip them where nobody sees them.
///
/// # Errors
/// When `out` cannot be written.
pub fn explain(explanation: &Explanation, options: &ExplainOptions, out: &mut dyn Write) -> io::Result<()> {
    let page = Layout { explanation, width: options.width.max(40), full: options.full };
    page.verdict(out)?;
    page.evidence(out)?;
    page.why(out)?;
    page.notes(out)?;
    page.passages(out)
}

struct Layout<'e> {
    explanation: &'e Explanation,
    width: usize,
    full: bool,
}

impl Layout<'_> {
    fn verdict(&self, out: &mut dyn Write) -> io::Result<()> {
        let Explanation { relation, a, b, .. } = self.explanation;
        let (first, second) = if relation.turned { ("B", "A") } else { ("A", "B") };
        let (title, meaning) = match relation.kind {
            Some(RelationKind::Identical) => {
                ("identical", "the same text, but for marks and the way it is written".into())
            }
            Some(RelationKind::Repost) => ("repost", "most of what each of them says is in the other".into()),
            Some(RelationKind::Contained) => ("contained", format!("nearly all that {first} says is inside {second}")),
            Some(RelationKind::Excerpt) if self.is_mutual() => {
                ("excerpt", "a passage of each of them is quoted in the other".into())
            }
            Some(RelationKind::Excerpt) => ("excerpt", format!("a passage of {first} is quoted in {second}")),
            Some(RelationKind::Boilerplate) => ("boilerplate", "they share a frame, and not what they say".into()),
            None => ("not related", "what they share is too little to say anything".into()),
        };
        self.heading(title, &meaning, out)?;
        writeln!(out)?;
        let unit = self.unit();
        for (name, side) in [("A", a), ("B", b)] {
            let size = match side.tokens - side.content {
                0 => count(side.tokens as usize, unit.0, unit.1),
                hidden => format!(
                    "{} of content, {} of boilerplate or quotation",
                    count(side.content as usize, unit.0, unit.1),
                    number(hidden as usize)
                ),
            };
            writeln!(out, "  {HEADING}{name}{HEADING:#}  {}", cut_middle(&inert(&side.key), self.width - 5))?;
            writeln!(out, "     {ASIDE}{}{ASIDE:#}", cut_end(&size, self.width - 5))?;
        }
        Ok(())
    }

    /// Whether a scan lists that each quotes the other.
    fn is_mutual(&self) -> bool {
        self.explanation.excerpts.iter().filter(|excerpt| excerpt.listed_as.is_empty()).count() > 1
    }

    fn heading(&self, title: &str, rest: &str, out: &mut dyn Write) -> io::Result<()> {
        let lines = wrapped(&format!("{title} · {rest}"), self.width);
        let first = lines[0].strip_prefix(title).unwrap_or_default();
        writeln!(out, "{HEADING}{title}{HEADING:#}{first}")?;
        lines[1..].iter().try_for_each(|line| writeln!(out, "{line}"))
    }

    /// What a token is called: one, and several.
    fn unit(&self) -> (&'static str, &'static str) {
        match self.explanation.settings.tokens {
            TokenKind::Word => ("word", "words"),
            TokenKind::Char => ("character", "characters"),
        }
    }

    fn evidence(&self, out: &mut dyn Write) -> io::Result<()> {
        let Explanation { evidence, settings, documents, passages, rules, .. } = self.explanation;
        if rules.is_empty() {
            return Ok(());
        }
        let unit = self.unit();
        let learnt = count(*documents as usize, "document shows", "documents show");
        let learnt = if settings.boilerplate {
            format!("of content: without what {learnt} to be boilerplate")
        } else {
            "of the whole texts".into()
        };
        writeln!(out)?;
        self.heading("Evidence", &learnt, out)?;
        let mut line = |name: &str, value: String, meaning: String| {
            let text = format!("  {name:<14}{value:>6}  ");
            let room = self.width.saturating_sub(columns(&text)).max(16);
            let mut lines = wrapped(&meaning, room).into_iter();
            writeln!(out, "{text}{ASIDE}{}{ASIDE:#}", lines.next().unwrap_or_default())?;
            lines.try_for_each(|line| writeln!(out, "{:24}{ASIDE}{line}{ASIDE:#}", ""))
        };
        let of_runs = match settings.width {
            1 => unit.1.to_owned(),
            width => format!("runs of {width} {}", unit.1),
        };
        let shared = format!(
            "{} of {} different {of_runs} are in both",
            number(evidence.shared as usize),
            number(evidence.of as usize)
        );
        line("resemblance", percent(evidence.resemblance), shared)?;
        // Who quotes has, of all that is no frame, the quotation in common with the other.
        let quoter = self.explanation.excerpts.first().map(|excerpt| if excerpt.turned { "A" } else { "B" });
        for (of, by, share) in [("A", "B", evidence.a_in_b), ("B", "A", evidence.b_in_a)] {
            let meaning = match quoter {
                None => format!("of the content of {of} is found in {by}"),
                Some(quoter) if quoter == by => format!("of the content of {of} is found in {by}, which quotes it"),
                Some(_) => format!("of {of}, its quotations included, is found in {by}"),
            };
            line(&format!("{of} in {by}"), percent(share), meaning)?;
        }
        let quoted = self.explanation.excerpts.iter().flat_map(|excerpt| &excerpt.passages);
        if let Some(longest) = quoted.clone().map(|passage| passage.tokens).max() {
            let longest = format!("the longest of {}", count(longest as usize, unit.0, unit.1));
            line("quotations", number(quoted.count()), longest)?;
        }
        if settings.boilerplate {
            let longest = match evidence.runs {
                0 if quoter.is_some() => "no passage that is content of both is in both".to_owned(),
                0 => "no passage of content is in both".to_owned(),
                _ => format!("the longest of {}", count(evidence.longest as usize, unit.0, unit.1)),
            };
            line("shared runs", number(evidence.runs as usize), longest)?;
            let raw = match percent(evidence.raw_boilerplate) {
                _ if evidence.raw_resemblance == 0.0 => "with boilerplate: nothing in common".to_owned(),
                share => format!("resemblance, boilerplate included; {share} of what they share is boilerplate"),
            };
            line("whole pages", percent(evidence.raw_resemblance), raw)?;
        }
        let numbers = match evidence.numbers_differ {
            0 => "no number stands for another where they run alike".to_owned(),
            1 => "place where one number stands for another".to_owned(),
            _ => "places where one number stands for another".to_owned(),
        };
        if evidence.runs > 0 {
            line("numbers differ", number(evidence.numbers_differ as usize), numbers)?;
        }
        let edits = |kind| passages.iter().flat_map(|passage| &passage.edits).filter(|edit| edit.kind == kind).count();
        let (differs, folded) = (edits(EditKind::Differs), edits(EditKind::Folded));
        if passages.iter().any(|passage| passage.a.is_some() && passage.b.is_some()) {
            let folded = format!(
                "{} changed in the passages below, and {} written in two ways",
                plural(differs, "place", "places"),
                count(folded, "character", "characters")
            );
            line("changes", number(differs), folded)?;
        }
        Ok(())
    }

    /// Which rule held, and what the stronger ones missed.
    fn why(&self, out: &mut dyn Write) -> io::Result<()> {
        let Explanation { relation, rules, a, b, evidence, .. } = self.explanation;
        if rules.is_empty() {
            return Ok(());
        }
        let says = |out: &mut dyn Write, sign: &str, style: Style, text: &str| {
            let lines = wrapped(text, self.width - 4);
            let mut lines = lines.iter().enumerate();
            lines.try_for_each(|(row, line)| {
                writeln!(out, "  {style}{}{style:#} {line}", if row == 0 { sign } else { " " })
            })
        };
        // A repost that is told as a part, since one of the two holds other articles.
        let lowered = rules
            .iter()
            .find(|rule| rule.holds && rule.kind < RelationKind::Contained)
            .filter(|_| relation.kind == Some(RelationKind::Contained));
        if let Some(kind) = relation.kind {
            writeln!(out, "\n{HEADING}Why {}{HEADING:#}", name(kind))?;
            match (kind, rules.iter().find(|rule| rule.holds && rule.kind == kind)) {
                (_, Some(rule)) => self.rule(rule, out)?,
                _ if lowered.is_some() => {
                    let (part, whole) = if relation.turned { ("B", "A") } else { ("A", "B") };
                    says(out, "✓", HOLDS, &format!("what {part} says is in {whole}, beside articles of others"))?;
                }
                (RelationKind::Excerpt, _) => {
                    self.explanation.excerpts.iter().try_for_each(|excerpt| self.excerpt(excerpt, out))?;
                }
                _ => {
                    let share = percent(evidence.raw_boilerplate);
                    says(out, "✓", HOLDS, &format!("{share} of what they share is boilerplate"))?;
                }
            }
        }
        if let Some(side) = [("A", a), ("B", b)].iter().find(|(_, side)| side.frame_only) {
            writeln!(out, "\n{HEADING}Why not more{HEADING:#}")?;
            let text = format!("{} is next to nothing but boilerplate: there is no article to repost", side.0);
            return says(out, "✗", MISSED, &text);
        }
        let mut last = None;
        for rule in rules.iter().filter(|rule| relation.kind.is_none_or(|kind| rule.kind < kind)) {
            if last != Some(rule.kind) {
                writeln!(out, "\n{HEADING}Why not {}{HEADING:#}", name(rule.kind))?;
                last = Some(rule.kind);
                if let Some(rule) = lowered.filter(|lowered| lowered.kind == rule.kind) {
                    let text = format!(
                        "{} by the numbers, but one of the two holds several articles and joins none of them",
                        rule.way
                    );
                    says(out, "✗", MISSED, &text)?;
                }
            }
            if !rule.holds {
                self.rule(rule, out)?;
            }
        }
        if self.explanation.settings.boilerplate && relation.kind.is_none_or(|kind| kind > RelationKind::Excerpt) {
            writeln!(out, "\n{HEADING}Why not excerpt{HEADING:#}")?;
            says(out, "✗", MISSED, "no passage of one was found quoted in the other")?;
        }
        if self.explanation.settings.boilerplate && relation.kind.is_none() {
            writeln!(out, "\n{HEADING}Why not boilerplate{HEADING:#}")?;
            says(out, "✗", MISSED, "they share no frame to speak of")?;
        }
        Ok(())
    }

    /// Who quotes whom, and what.
    fn excerpt(&self, excerpt: &Excerpt, out: &mut dyn Write) -> io::Result<()> {
        let Explanation { a, b, .. } = self.explanation;
        let (source, quoter, share) =
            if excerpt.turned { ("B", "A", excerpt.b_in_a) } else { ("A", "B", excerpt.a_in_b) };
        let count_of = count(excerpt.passages.len(), "passage", "passages");
        let copy = if excerpt.listed_as.is_empty() { "" } else { " (listed under a copy)" };
        let text = format!("{quoter} quotes {} of {source} in {count_of}{copy}:", percent(share));
        self.line(2, true, &text, out)?;
        let most = if self.full { usize::MAX } else { MOST_QUOTED };
        let unit = self.unit();
        for passage in excerpt.passages.iter().take(most) {
            let text = if excerpt.turned { &b.text[passage.b.clone()] } else { &a.text[passage.a.clone()] };
            let size = count(passage.tokens as usize, unit.0, unit.1);
            let room = self.width.saturating_sub(columns(&size) + 8).max(16);
            let begins = cut_end(&flow(text), room);
            self.line(4, passage.tests.iter().all(Test::holds), &format!("{size}: {begins}"), out)?;
            passage.tests.iter().try_for_each(|test| self.line(6, test.holds(), &self.tested(test), out))?;
        }
        match excerpt.passages.len().saturating_sub(most) {
            0 => Ok(()),
            left => writeln!(out, "      and {} more: `--full` shows all", number(left)),
        }
    }

    /// A line that says whether something holds.
    fn line(&self, indent: usize, holds: bool, text: &str, out: &mut dyn Write) -> io::Result<()> {
        let (sign, style) = if holds { ("✓", HOLDS) } else { ("✗", MISSED) };
        let lines = wrapped(text, self.width - indent - 2);
        let mut lines = lines.iter().enumerate();
        lines.try_for_each(|(row, line)| {
            writeln!(out, "{:indent$}{style}{}{style:#} {line}", "", if row == 0 { sign } else { " " })
        })
    }

    fn rule(&self, rule: &Tried, out: &mut dyn Write) -> io::Result<()> {
        let mut line = |indent: usize, holds: bool, text: &str| self.line(indent, holds, text, out);
        // Of a rule that does not hold, what it missed says why.
        let tests: Vec<&Test> = rule.tests.iter().filter(|test| rule.holds || !test.holds()).collect();
        match tests.as_slice() {
            [test] => line(2, rule.holds, &format!("{}: {}", rule.way, self.tested(test))),
            tests => {
                line(2, rule.holds, &format!("{}:", rule.way))?;
                tests.iter().try_for_each(|test| line(4, test.holds(), &self.tested(test)))
            }
        }
    }

    /// A test in words: what was measured, what was needed, and how far apart they are.
    fn tested(&self, test: &Test) -> String {
        let Explanation { evidence, settings, excerpts, a, b, .. } = self.explanation;
        let Test { measure, value, needed } = *test;
        // Of which text less is in the other. What is quoted is in no run, and of the longer one less is.
        let is_b_lesser = if excerpts.is_empty() { evidence.b_in_a < evidence.a_in_b } else { b.content > a.content };
        let (lesser, greater) = if is_b_lesser { ("B in A", "A in B") } else { ("A in B", "B in A") };
        let share = |what: &str, flag: &str| {
            let short = if test.holds() {
                String::new()
            } else {
                match ((needed - value) * 100.0).ceil() {
                    points if points > 1.0 => format!(": {points} points short"),
                    _ => ": a point short".into(),
                }
            };
            format!("{what} {}, needs {}{flag}{short}", percent(value), percent(needed))
        };
        // The other shares of the same measures are no settings.
        let flag = |setting: f64, flag: &'static str| if needed == setting { flag } else { "" };
        match measure {
            Measure::SameText if test.holds() => "nothing differs once both are normalised".into(),
            Measure::SameText => "they differ, also once both are normalised".into(),
            Measure::Resemblance => share("resemblance", flag(settings.threshold, " (--threshold)")),
            Measure::LesserShare => share(&format!("shared runs, {lesser}:"), flag(settings.overlap, " (--overlap)")),
            Measure::GreaterShare => {
                share(&format!("shared runs, {greater}:"), flag(settings.containment, " (--containment)"))
            }
            Measure::SeedShare => share("of the shorter one, word for word:", ""),
            Measure::Seeds => {
                let (value, needed) = (number(value as usize), number(needed as usize));
                format!("{value} sequences of {} {} in common, needs {needed}", settings.width + 1, self.unit().1)
            }
            Measure::NotWhole => {
                format!("shared runs, {lesser}: {}, needs less than {}", percent(value), percent(needed))
            }
            Measure::Lead => format!(
                "bodies of their own above what they share: {}, needs less than {}",
                percent(value),
                percent(needed)
            ),
            Measure::Characters => {
                let (value, needed) = (number(value as usize), number(needed as usize));
                let place =
                    if test.needed < f64::from(LEAST_IN_CONTENT) { "a quoted block" } else { "the text of a page" };
                format!("{value} characters, needs {needed} in {place}")
            }
            Measure::PassageShare => share("word for word:", ""),
            Measure::Copies => {
                let (value, needed) = (number(value as usize), number(needed as usize));
                format!("copies of its article that hold it: {value}, needs {needed}")
            }
            Measure::NumbersDiffer => {
                let (value, most) = (number(value as usize), number(needed as usize));
                format!("numbers that differ: {value}, at most {most} in texts of this length")
            }
        }
    }

    fn notes(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.explanation.notes.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n{HEADING}Notes{HEADING:#}")?;
        for note in &self.explanation.notes {
            for (row, line) in wrapped(&flow(note), self.width - 4).iter().enumerate() {
                writeln!(out, "  {} {line}", if row == 0 { "•" } else { " " })?;
            }
        }
        Ok(())
    }

    fn passages(&self, out: &mut dyn Write) -> io::Result<()> {
        let Explanation { passages, a, b, .. } = self.explanation;
        if passages.is_empty() {
            return Ok(());
        }
        let is_wide = self.width >= TWO_COLUMNS;
        writeln!(out, "\n{HEADING}Passages{HEADING:#}")?;
        for line in wrapped(&legend(passages), self.width - 2) {
            writeln!(out, "{ASIDE}  {}{ASIDE:#}", line.replace('\u{a0}', " ").trim_end())?;
        }
        let columns =
            Columns { is_wide, room: if is_wide { (self.width - 7) / 2 } else { self.width - 4 }, full: self.full };
        if is_wide {
            let room = columns.room - 3;
            let (a, b) = (cut_middle(&inert(&a.key), room), cut_middle(&inert(&b.key), room));
            writeln!(
                out,
                "\n  {HEADING}{}{HEADING:#} │   {HEADING}B  {b}{HEADING:#}",
                pad(&format!("A  {a}"), columns.room)
            )?;
        }
        for passage in passages {
            self.passage(passage, &columns, out)?;
        }
        Ok(())
    }

    fn passage(&self, passage: &Passage, columns: &Columns, out: &mut dyn Write) -> io::Result<()> {
        let title = cut_end(&title(passage), self.width - 6);
        let rule = self.width.saturating_sub(super::line::columns(&title) + 4).max(2);
        writeln!(out, "\n{ASIDE}── {title} {}{ASIDE:#}", "─".repeat(rule))?;
        let rows = columns.rows(passage, &self.explanation.a.text, &self.explanation.b.text);
        let folded = passage.edits.iter().filter(|edit| edit.kind == EditKind::Folded).count();
        let is_shown = self.shown(&rows, folded <= FEW_FOLDED);
        let gutter = |part: Option<&Part>| part.map_or(' ', |part| gutter(&part.role));
        let gutters = (gutter(passage.a.as_ref()), gutter(passage.b.as_ref()));
        let mut at = 0;
        while at < rows.len() {
            if is_shown[at] {
                columns.write(&rows[at], gutters, passage, out)?;
                at += 1;
                continue;
            }
            let left = is_shown[at..].iter().take_while(|&&shown| !shown).count();
            let what = if passage.a.is_some() && passage.b.is_some() { "alike" } else { "more" };
            writeln!(out, "{ASIDE}  ⋮ {} {what}{ASIDE:#}", count(left, "line", "lines"))?;
            at += left;
        }
        self.folded(passage, out)
    }

    /// Returns for each row whether it is shown: those with a difference, and what is around them.
    fn shown(&self, rows: &[Row], folded_counts: bool) -> Vec<bool> {
        let counts = |kind: &EditKind| *kind == EditKind::Differs || *kind == EditKind::Folded && folded_counts;
        let mut shown = vec![self.full; rows.len()];
        for (at, row) in rows.iter().enumerate() {
            let is_border = at == 0 || at + 1 == rows.len();
            if is_border || row.cells.iter().filter_map(|cell| cell.mark.as_ref()).any(counts) {
                let until = (at + CONTEXT).min(rows.len());
                shown[(at + 1).saturating_sub(CONTEXT)..until].fill(true);
            }
        }
        // A line that says a line is left out is as long as that line.
        let mut at = 0;
        while at < rows.len() {
            let left = shown[at..].iter().take_while(|&&shown| !shown).count();
            if left > 0 && left < LEAST_LEFT_OUT {
                shown[at..at + left].fill(true);
            }
            at += left.max(1);
        }
        shown
    }

    /// The characters of a passage that are written in two ways, each pair once.
    fn folded(&self, passage: &Passage, out: &mut dyn Write) -> io::Result<()> {
        let mut met = BTreeSet::new();
        let mut pairs = Vec::new();
        for edit in passage.edits.iter().filter(|edit| edit.kind == EditKind::Folded) {
            let (a, b) = (&self.explanation.a.text[edit.a.clone()], &self.explanation.b.text[edit.b.clone()]);
            let folds_to = crate::normalise::normalise(a);
            let shown = if folds_to == b {
                format!("{}→{}", inert(a), inert(b))
            } else if folds_to == a {
                format!("{}→{}", inert(b), inert(a))
            } else {
                format!("{}, {}→{}", inert(a), inert(b), inert(&folds_to))
            };
            if met.insert(shown.clone()) {
                pairs.push(shown);
            }
        }
        if pairs.is_empty() {
            return Ok(());
        }
        let mut line = String::from("written otherwise:");
        let mut left = pairs.len();
        for pair in &pairs {
            if columns(&line) + 1 + columns(pair) + 12 > self.width && !self.full {
                break;
            }
            line.push(' ');
            line.push_str(pair);
            left -= 1;
        }
        if left > 0 {
            line.push_str(&format!(" and {left} more"));
        }
        for line in wrapped(&line, self.width - 4) {
            writeln!(out, "  {FOLDED}~{FOLDED:#} {ASIDE}{line}{ASIDE:#}")?;
        }
        Ok(())
    }
}

fn name(kind: RelationKind) -> &'static str {
    match kind {
        RelationKind::Identical => "identical",
        RelationKind::Repost => "repost",
        RelationKind::Contained => "contained",
        RelationKind::Excerpt => "excerpt",
        RelationKind::Boilerplate => "boilerplate",
    }
}

/// What the signs mean that occur.
fn legend(passages: &[Passage]) -> String {
    let edits = |kind| passages.iter().flat_map(|passage| &passage.edits).any(|edit| edit.kind == kind);
    let role = |sign| {
        let mut parts = passages.iter().flat_map(|passage| [&passage.a, &passage.b]).flatten();
        parts.any(|part| gutter(&part.role) == sign)
    };
    let signs = [
        (edits(EditKind::Differs), "^ differs"),
        (edits(EditKind::Folded), "~ written otherwise, compared as the same"),
        (edits(EditKind::Marks), "· marks and space, not compared"),
        (role('░'), "░ boilerplate"),
        (role('»'), "» quotation"),
    ];
    let signs: Vec<_> = signs
        .iter()
        .filter(|(occurs, _)| *occurs)
        .map(|(_, sign)| format!("{}\u{a0}\u{a0}", sign.replace(' ', "\u{a0}")))
        .collect();
    if signs.is_empty() { "as they stand in the two texts".into() } else { signs.join(" ") }
}

fn gutter(role: &Role) -> char {
    match role {
        Role::Content => ' ',
        Role::Boilerplate { .. } => '░',
        Role::Quotation { .. } => '»',
    }
}

fn title(passage: &Passage) -> String {
    let kind = match passage.kind {
        PassageKind::Same => "the same",
        PassageKind::Changed => "changed",
        PassageKind::OnlyA => "only A",
        PassageKind::OnlyB => "only B",
    };
    let role = |part: &Part| match &part.role {
        Role::Content => None,
        Role::Boilerplate { documents: 0 } => Some("boilerplate".to_owned()),
        Role::Boilerplate { documents } => {
            Some(format!("boilerplate, on {}", count(*documents as usize, "page", "pages")))
        }
        Role::Quotation { from } if from.is_empty() => Some("quotation".into()),
        Role::Quotation { from } => Some(format!("quoted from {}", cut_middle(&inert(from), 40))),
    };
    let roles = match (&passage.a, &passage.b) {
        (Some(a), Some(b)) if a.role == b.role => role(a),
        (Some(a), Some(b)) => {
            let of = |name, part| role(part).map(|role| format!("{name}: {role}"));
            let both: Vec<String> = [of("A", a), of("B", b)].into_iter().flatten().collect();
            (!both.is_empty()).then(|| both.join("; "))
        }
        (Some(part), None) | (None, Some(part)) => role(part),
        (None, None) => None,
    };
    let differs = passage.edits.iter().filter(|edit| edit.kind == EditKind::Differs).count();
    let places = (differs > 0).then(|| format!("in {}", count(differs, "place", "places")));
    let moved = passage.moved.then(|| "elsewhere in B".to_owned());
    let parts: Vec<String> = [Some(kind.to_owned()), places, moved, roles].into_iter().flatten().collect();
    parts.join(" · ")
}

/// What is shown at one place of a row: in one text, or in both.
struct Cell {
    a: String,
    b: String,
    mark: Option<EditKind>,
}

#[derive(Default)]
struct Row {
    cells: Vec<Cell>,
    width_a: usize,
    width_b: usize,
}

struct Columns {
    is_wide: bool,
    /// Columns of one text.
    room: usize,
    /// Whether marks and space that differ are pointed at where nothing else does.
    full: bool,
}

impl Columns {
    /// Lays a passage out: both texts break at the same place, so that a row holds the same of each.
    fn rows(&self, passage: &Passage, a: &str, b: &str) -> Vec<Row> {
        let mut rows = Rows { room: self.room, done: Vec::new(), open: Row::default() };
        match (&passage.a, &passage.b) {
            (Some(part_a), Some(part_b)) => {
                let (mut at_a, at_b_end) = (part_a.start, part_b.end);
                let mut at_b = part_b.start;
                for edit in &passage.edits {
                    rows.equal(&a[at_a..edit.a.start]);
                    rows.edit(edit.kind, &a[edit.a.clone()], &b[edit.b.clone()]);
                    (at_a, at_b) = (edit.a.end, edit.b.end);
                }
                debug_assert_eq!(a[at_a..part_a.end], b[at_b..at_b_end]);
                rows.equal(&a[at_a..part_a.end]);
            }
            (Some(part), None) => rows.single(&a[part.range()], true),
            (None, Some(part)) => rows.single(&b[part.range()], false),
            (None, None) => {}
        }
        rows.end_row();
        rows.done
    }

    fn write(&self, row: &Row, (a, b): (char, char), passage: &Passage, out: &mut dyn Write) -> io::Result<()> {
        let style = |part: Option<&Part>| match part.map(|part| &part.role) {
            Some(Role::Boilerplate { .. }) => ASIDE,
            Some(Role::Quotation { .. }) => QUOTED,
            _ => Style::new(),
        };
        let side_a = Shown::new(row, |cell| &cell.a, style(passage.a.as_ref()));
        let side_b = Shown::new(row, |cell| &cell.b, style(passage.b.as_ref()));
        if !self.is_wide {
            for (name, gutter, side, is_there) in
                [("A", a, side_a, passage.a.is_some()), ("B", b, side_b, passage.b.is_some())]
            {
                if is_there {
                    writeln!(out, "{ASIDE}{name}{ASIDE:#}{ASIDE}{gutter}{ASIDE:#}│ {}", side.text)?;
                    if side.is_marked() || self.full && !side.marks.trim().is_empty() {
                        writeln!(out, "  │ {}", side.styled_marks())?;
                    }
                }
            }
            return Ok(());
        }
        let fill = |side: &Shown| " ".repeat(self.room.saturating_sub(side.width));
        let is_marked = side_a.is_marked() || side_b.is_marked();
        let has_marks = !(side_a.marks.trim().is_empty() && side_b.marks.trim().is_empty());
        writeln!(out, "{ASIDE}{a}{ASIDE:#} {}{} │{}", side_a.text, fill(&side_a), right(b, &side_b.text))?;
        if is_marked || self.full && has_marks {
            let marks = side_b.styled_marks();
            let fill = " ".repeat(self.room.saturating_sub(columns(&side_a.marks)));
            writeln!(out, "  {}{fill} │{}", side_a.styled_marks(), right(' ', &marks))?;
        }
        Ok(())
    }
}

/// The right half of a line, without spaces at its end.
fn right(gutter: char, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(" {ASIDE}{gutter}{ASIDE:#} {text}") }
}

/// One text's half of a row.
struct Shown {
    text: String,
    marks: String,
    width: usize,
}

impl Shown {
    fn new(row: &Row, of: impl Fn(&Cell) -> &String, style: Style) -> Self {
        let (mut text, mut marks, mut width) = (String::new(), String::new(), 0);
        for same in row.cells.chunk_by(|x, y| x.mark == y.mark) {
            let shown: String = same.iter().map(|cell| of(cell).as_str()).collect();
            if shown.is_empty() {
                continue;
            }
            let (mark, style) = match same[0].mark {
                None => (' ', style),
                Some(EditKind::Differs) => ('^', DIFFERS),
                Some(EditKind::Folded) => ('~', FOLDED),
                Some(EditKind::Marks) => ('·', ASIDE),
            };
            let taken: usize = same.iter().map(|cell| columns(of(cell))).sum();
            text.push_str(&format!("{style}{shown}{style:#}"));
            marks.extend(std::iter::repeat_n(mark, taken));
            width += taken;
        }
        marks.truncate(marks.trim_end().len());
        Self { text, marks, width }
    }

    /// Whether anything differs but marks and space.
    fn is_marked(&self) -> bool {
        self.marks.contains(['^', '~'])
    }

    fn styled_marks(&self) -> String {
        let mut styled = String::new();
        for same in self.marks.chars().collect::<Vec<_>>().chunk_by(|x, y| x == y) {
            let style = match same[0] {
                '^' => DIFFERS,
                '~' => FOLDED,
                '·' => ASIDE,
                _ => Style::new(),
            };
            styled.push_str(&format!("{style}{}{style:#}", same.iter().collect::<String>()));
        }
        styled
    }
}

/// Rows that are being filled.
struct Rows {
    room: usize,
    done: Vec<Row>,
    open: Row,
}

/// A piece of text as it is shown: a character, a space for any white space, or the end of a line.
#[derive(Clone, PartialEq, Eq)]
enum Unit {
    Shown(String),
    Space,
    Break,
}

impl Unit {
    /// Where the other text has no line end, one is shown.
    fn inline(self) -> String {
        match self {
            Self::Shown(text) => text,
            Self::Space => " ".into(),
            Self::Break => "⏎".into(),
        }
    }
}

fn units(text: &str) -> Vec<Unit> {
    let mut units = Vec::new();
    for grapheme in text.graphemes(true) {
        let is_break = grapheme.contains('\n');
        if !is_break && !grapheme.chars().all(char::is_whitespace) {
            let shown = inert(grapheme);
            // Dozens of marks on one letter, spelled out, fit no line as one.
            if columns(&shown) > WIDE {
                units.extend(grapheme.chars().map(|c| Unit::Shown(inert(&c.to_string()))));
            } else {
                units.push(Unit::Shown(shown));
            }
            continue;
        }
        match units.last_mut() {
            Some(last @ (Unit::Space | Unit::Break)) if is_break => *last = Unit::Break,
            Some(Unit::Space | Unit::Break) => {}
            _ => units.push(if is_break { Unit::Break } else { Unit::Space }),
        }
    }
    units
}

impl Rows {
    fn equal(&mut self, text: &str) {
        for unit in units(text) {
            match unit {
                Unit::Break => self.end_row(),
                unit => {
                    let shown = unit.inline();
                    self.push(Cell { a: shown.clone(), b: shown, mark: None });
                }
            }
        }
    }

    fn single(&mut self, text: &str, is_a: bool) {
        for unit in units(text) {
            match unit {
                Unit::Break => self.end_row(),
                unit if is_a => self.push(Cell { a: unit.inline(), b: String::new(), mark: None }),
                unit => self.push(Cell { a: String::new(), b: unit.inline(), mark: None }),
            }
        }
    }

    fn edit(&mut self, kind: EditKind, a: &str, b: &str) {
        let (a, b) = (units(a), units(b));
        // Marks that show the same, such as two kinds of space, are no difference to see.
        let mark = Some(kind).filter(|&kind| kind != EditKind::Marks || a != b);
        let lines = |units: &[Unit]| -> Vec<Vec<String>> {
            let lines = units.split(|unit| *unit == Unit::Break);
            lines.map(|line| line.iter().cloned().map(Unit::inline).collect()).collect()
        };
        let (mut lines_a, mut lines_b) = (lines(&a), lines(&b));
        if lines_a.len() != lines_b.len() {
            lines_a = vec![a.into_iter().map(Unit::inline).collect()];
            lines_b = vec![b.into_iter().map(Unit::inline).collect()];
        }
        for (number, (line_a, line_b)) in lines_a.into_iter().zip(lines_b).enumerate() {
            if number > 0 {
                self.end_row();
            }
            let (mut a, mut b) = (line_a.into_iter(), line_b.into_iter());
            loop {
                let (next_a, next_b) = (a.next(), b.next());
                if next_a.is_none() && next_b.is_none() {
                    break;
                }
                self.push(Cell { a: next_a.unwrap_or_default(), b: next_b.unwrap_or_default(), mark });
            }
        }
    }

    fn push(&mut self, cell: Cell) {
        let is_blank = |shown: &str| shown.trim().is_empty();
        if self.open.cells.is_empty() && is_blank(&cell.a) && is_blank(&cell.b) && cell.mark.is_none() {
            return;
        }
        let (width_a, width_b) = (columns(&cell.a), columns(&cell.b));
        if self.open.width_a + width_a > self.room || self.open.width_b + width_b > self.room {
            self.end_row();
        }
        self.open.width_a += width_a;
        self.open.width_b += width_b;
        self.open.cells.push(cell);
    }

    fn end_row(&mut self) {
        if !self.open.cells.is_empty() {
            self.done.push(std::mem::take(&mut self.open));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::explain::{Directed, FORMAT, Judgement, Located, Marked, Measures, QuotedPassage, Side, align};
    use crate::segment::Segmenter;
    use crate::settings::AnalysisSettings;

    fn explanation(a: &str, b: &str, key: &str) -> Explanation {
        let marked = |text| {
            let located = Located::new(text, Segmenter::new(TokenKind::Char));
            let half = located.len() / 2;
            let quoted = Role::Quotation { from: key.into() };
            Marked::new(located, if half > 0 { vec![(0, Role::Content), (half, quoted)] } else { vec![(0, quoted)] })
        };
        let passages = align(&marked(a), &marked(b), 2);
        let side = |text: &str| Side { key: key.into(), text: text.into(), tokens: 9, content: 7, frame_only: false };
        let settings = AnalysisSettings::default();
        let rules = crate::relate::rules(&crate::verify::Evidence::default(), &settings);
        let tried = rules.iter().map(|rule| Tried {
            kind: rule.kind,
            way: rule.way.into(),
            holds: rule.holds(),
            tests: rule.tests().copied().collect(),
        });
        let quoted = QuotedPassage {
            a: 0..a.len(),
            b: 0..b.len(),
            tokens: 9,
            tests: vec![Test { measure: Measure::Characters, value: 60.0, needed: 40.0 }],
        };
        let listed_as = vec![Directed { a: key.into(), b: key.into() }];
        let excerpt = Excerpt { turned: true, a_in_b: 0.2, b_in_a: 0.1, listed_as, passages: vec![quoted; 9] };
        Explanation {
            format: FORMAT.into(),
            tongwen: "0.1.0".into(),
            settings: settings.clone(),
            documents: 2,
            relation: Judgement { kind: Some(RelationKind::Excerpt), turned: true },
            a: side(a),
            b: side(b),
            evidence: Measures::default(),
            excerpts: vec![excerpt],
            rules: tried.collect(),
            passages,
            notes: vec![key.into()],
        }
    }

    fn rendered(explanation: &Explanation, width: usize) -> String {
        let mut styled = Vec::new();
        explain(explanation, &ExplainOptions { width, full: true }, &mut styled).unwrap();
        anstream::adapter::strip_str(std::str::from_utf8(&styled).unwrap()).to_string()
    }

    #[test]
    fn escape_codes_in_texts_and_keys_are_spelled_out() {
        let hostile = "标题\u{1b}]0;owned\u{7}\u{202e}\u{9b}31m红字在此";
        let shown = rendered(&explanation(&hostile.repeat(3), &format!("甲{hostile}"), hostile), 80);
        assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}']), "{shown:?}");
        assert!(shown.contains("\\u{1b}]0;"), "{shown}");
    }

    #[test]
    fn marks_stand_below_the_characters_they_belong_to() {
        let explanation = explanation("下沉单位开展歌林厂活动共十二人", "下沉單位开展哥林厂活动共十二人", "键");
        let shown = rendered(&explanation, 60);
        let at = shown.find("A │ 下沉单位").unwrap();
        let lines: Vec<&str> = shown[at..].lines().take(4).collect();
        assert_eq!(lines, ["A │ 下沉单位开展歌", "  │     ~~      ^^", "B │ 下沉單位开展哥", "  │     ~~      ^^"]);
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_page(
            a in "[\\PC\n单單好a\u{301}\u{200b}👩‍🌾]{0,80}",
            tail in "[\\PC\n单單好]{0,40}",
            key in "\\PC{1,30}",
            width in 40..130_usize,
        ) {
            let b = a.replace('单', "單").replace('a', "") + &tail;
            for line in rendered(&explanation(&a, &b, &key), width).lines() {
                prop_assert!(columns(line) <= width, "{line:?} takes {} of {width} columns", columns(line));
            }
        }
    }
}
