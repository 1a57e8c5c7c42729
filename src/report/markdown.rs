//! Findings as Markdown: for the summary of a job, or a comment.

use std::io::{self, Write};

use super::issue::{issues, ruling};
use super::line::flow;
use super::text::{TextOptions, count, first, number, percent, plural};
use crate::findings::{Findings, Verdict};

/// Duplicates of one page that are named.
const SHOWN_DUPLICATES: usize = 10;

/// Characters of a name or reason that are shown.
const LONGEST: usize = 200;

/// Writes the verdict, the duplicates by the page they repeat, and what was skipped: of each the first
/// [`TextOptions::top`], the worst first.
///
/// # Errors
/// When `out` cannot be written.
pub fn markdown(findings: &Findings, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
    let ruling = ruling(findings);
    match (&findings.gate, ruling.verdict) {
        (None, _) => writeln!(out, "## Duplicates")?,
        (Some(_), Verdict::Pass) => writeln!(out, "## ✅ Gate: pass")?,
        (Some(_), Verdict::Fail) => writeln!(out, "## ❌ Gate: fail")?,
        (Some(_), Verdict::Undecided) => writeln!(out, "## ⚠️ Gate: undecided")?,
    }
    let issues = issues(findings, &ruling);
    let known = ruling.duplicates.iter().filter(|duplicate| duplicate.is_known).count();
    let mut parts = vec![
        count(findings.counts.documents as usize, "document", "documents"),
        count(ruling.duplicates.len() - known, "duplicate", "duplicates"),
    ];
    if known > 0 {
        parts.push(format!("{} known before", number(known)));
    }
    if findings.counts.skipped > 0 {
        parts.push(format!("{} skipped", number(findings.counts.skipped as usize)));
    }
    writeln!(out, "\n{}\n", parts.join(" · "))?;
    if findings.gate.is_some() {
        for reason in &ruling.reasons {
            writeln!(out, "- {}", harmless(reason))?;
        }
    }
    if !issues.is_empty() {
        writeln!(out, "\n| new | known | kind | repeated page | repeated by |\n|--:|--:|---|---|---|")?;
        let (shown, left) = first(&issues, options.top);
        for issue in shown {
            let new = issue.new_ones();
            let place = if issue.in_index { " in the index" } else { "" };
            let (named, others) = first(&issue.duplicates, if options.top == 0 { 0 } else { SHOWN_DUPLICATES });
            let named: Vec<String> = named
                .iter()
                .map(|duplicate| format!("{} {}", name(&duplicate.key), percent(duplicate.resemblance)))
                .collect();
            let others = if others > 0 { format!(", and {} more", number(others)) } else { String::new() };
            let (new, known) = (number(new), number(issue.duplicates.len() - new));
            let (kind, keep) = (issue.kind.name(), name(&issue.keep));
            writeln!(out, "| {new} | {known} | {kind} | {keep}{place} | {}{others} |", named.join(", "))?;
        }
        if left > 0 {
            writeln!(out, "\n… and {} more {}", number(left), plural(left, "page", "pages"))?;
        }
    }
    if !findings.skipped.is_empty() {
        writeln!(out, "\n### Skipped\n\n| file or record | reason |\n|---|---|")?;
        let (shown, left) = first(&findings.skipped, options.top);
        for skipped in shown {
            writeln!(out, "| {} | {} |", name(&skipped.key), harmless(&skipped.reason))?;
        }
        if left > 0 {
            writeln!(out, "\n… and {} more", number(left))?;
        }
    }
    Ok(())
}

/// Returns a name that nothing in it can turn into markup, a link or a mention.
fn name(text: &str) -> String {
    // Nobody is mentioned, and no address made a link, inside of `code`.
    format!("<code>{}</code>", harmless(text))
}

/// Returns text on one line in which no character means anything: punctuation is spelled as entities.
fn harmless(text: &str) -> String {
    let text = flow(text);
    let is_long = text.chars().nth(LONGEST).is_some();
    let mut shown = String::new();
    for character in text.chars().take(LONGEST) {
        match character {
            // What neither begins markup nor ends a cell. A dot after `www` begins a link.
            '-' | '/' | ' ' => shown.push(character),
            '.' if !shown.to_ascii_lowercase().ends_with("www") => shown.push('.'),
            _ if character.is_ascii_punctuation() => shown += &format!("&#{};", u32::from(character)),
            _ => shown.push(character),
        }
    }
    if is_long {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_markup_and_ends_no_cell() {
        assert_eq!(harmless("渡口/a-1.txt"), "渡口/a-1.txt");
        for hostile in
            ["a|b", "a\\|b", "`x`", "[x](y)", "<script>", "**x**", "@team", "http://x", "www.x.cn", "#1", "a\n\n# b"]
        {
            let shown = harmless(hostile);
            assert!(!shown.contains(['|', '\\', '`', '[', '<', '*', '@', ':', '\n']), "{shown}");
            assert!(!shown.contains("www.") && !shown.starts_with('#'), "{shown}");
        }
        assert_eq!(harmless(&"长".repeat(300)).chars().count(), LONGEST + 1);
    }
}
