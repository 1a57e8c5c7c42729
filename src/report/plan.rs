//! What stays of a corpus and what goes, for a person at a terminal.

use std::io::{self, Write};

use super::TextOptions;
use super::line::{cut_middle, flow, inert, wrapped};
use super::text::{ASIDE, HEADING, KEPT, Layout, count, first, more, number, percent, plural};
use crate::input::Copied;
use crate::plan::{Kept, Plan};

/// What was done with a plan, beside making it.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// What was written without the documents that go.
    pub written: Option<Copied>,
    /// How many files were removed.
    pub removed: Option<u64>,
    /// Where to.
    pub folder: String,
}

/// Share of a page that stands nowhere else from which on it is said.
const WORTH_SAYING: f64 = 0.01;

/// Writes a plan as a text report with ANSI styles: the sum, what was done, and for each article what stays and goes.
///
/// # Errors
/// When `out` cannot be written.
pub fn plan(plan: &Plan, done: &Done, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
    let page = Layout { top: options.top, width: options.width.max(40) };
    let counts = &plan.counts;
    let dropped = plan.dropped().count();
    let mut parts = vec![count(counts.documents as usize, "document", "documents")];
    if dropped == 0 {
        parts.push("all stay".into());
    } else {
        let stay = (counts.documents as usize).saturating_sub(dropped);
        parts.push(format!("{} {}", number(stay), plural(stay, "stays", "stay")));
        parts.push(format!("{} {}", number(dropped), plural(dropped, "goes", "go")));
        parts.push(format!("{} of the text", percent(counts.dropped_bytes as f64 / counts.bytes.max(1) as f64)));
    }
    let keep = plan.keep.iter().map(|keep| inert(keep)).collect::<Vec<_>>().join(", ");
    let spared = (counts.dropped as usize).saturating_sub(dropped);
    let mut remains = Vec::new();
    if spared > 0 {
        remains.push(format!("{} taken out of the plan", count(spared, "entry", "entries")));
    }
    if counts.left > 0 {
        remains.push(format!("{} with reposts remain", count(counts.left as usize, "article", "articles")));
    } else if spared == 0 {
        remains.push("no repost remains".to_owned());
    }
    let head = [vec![format!("tongwen {}", inert(&plan.tongwen)), format!("keep: {keep}")], remains].concat();
    page.head(&parts, &head, out)?;
    if let Some(written) = &done.written {
        let lines = if written.lines == 0 {
            String::new()
        } else {
            format!(" with {}", count(written.lines as usize, "record", "records"))
        };
        let files = count(written.files as usize, "file", "files");
        writeln!(out, "\nWritten to {}: {files}{lines}", inert(&done.folder))?;
    }
    if let Some(removed) = done.removed {
        let files = count(removed as usize, "file", "files");
        writeln!(out, "\nMoved to {}: {files}; `undo.sh` there puts them back", inert(&done.folder))?;
    }
    let unique = plan.dropped().filter(|(_, dropped)| dropped.unique >= WORTH_SAYING).count();
    if !plan.kept.is_empty() {
        let articles = count(plan.kept.len(), "article", "articles");
        writeln!(out, "\n{HEADING}Kept{HEADING:#} · {articles}, most reposted first")?;
        writeln!(out, "{ASIDE}  inside: how much of the page the kept one holds{ASIDE:#}")?;
        if unique > 0 {
            writeln!(out, "{ASIDE}  only here: how much of it stands in no page that is kept{ASIDE:#}")?;
        }
        let mut kept: Vec<&Kept> = plan.kept.iter().collect();
        kept.sort_by_key(|kept| std::cmp::Reverse(kept.dropped.len()));
        let (shown, left) = first(&kept, page.top);
        shown.iter().try_for_each(|kept| page.kept(kept, out))?;
        more(left, "article", "articles", out)?;
    }
    let notes = plan.notes.iter().chain(done.written.iter().flat_map(|written| &written.notes));
    page.notes(&notes.cloned().collect::<Vec<_>>(), out)
}

impl Layout {
    fn kept(&self, kept: &Kept, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "\n{KEPT}  {}{KEPT:#}", cut_middle(&inert(&kept.key), self.width - 2))?;
        if !kept.why.is_empty() {
            for line in wrapped(&flow(&kept.why), self.width - 6) {
                writeln!(out, "{ASIDE}      {line}{ASIDE:#}")?;
            }
        }
        let is_said = kept.dropped.iter().any(|dropped| dropped.unique >= WORTH_SAYING);
        let head = if is_said { "inside  only here" } else { "inside" };
        writeln!(out, "{ASIDE}      {head}{ASIDE:#}")?;
        let (shown, left) = self.of_a_cluster(&kept.dropped);
        for dropped in shown {
            let room = self.width - if is_said { 25 } else { 14 };
            let (inside, key) = (percent(dropped.containment), cut_middle(&inert(&dropped.key), room));
            match (is_said, dropped.unique >= WORTH_SAYING) {
                (false, _) => writeln!(out, "      {inside:>6}  {key}")?,
                (true, false) => writeln!(out, "      {inside:>6}  {:>9}  {key}", "")?,
                (true, true) => writeln!(out, "      {inside:>6}  {:>9}  {key}", percent(dropped.unique))?,
            }
        }
        match left {
            0 => Ok(()),
            left => writeln!(out, "{ASIDE}              … and {} more{ASIDE:#}", count(left, "page", "pages")),
        }
    }
}
