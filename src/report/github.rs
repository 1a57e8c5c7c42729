//! Findings as workflow commands of GitHub, which it shows as annotations.

use std::io::{self, Write};

use super::issue::{Issue, Places, issues, percent_encoded, ruling};
use super::line::{flow, inert};
use super::text::plural;
use crate::findings::{Findings, Verdict};

/// Annotations that are written: GitHub shows no more of a step.
pub const MOST_ANNOTATIONS: usize = 10;

/// Writes at most ten annotations, the worst first, and a line that sums up. `folder` is put before names of files, so
/// that they are paths from the top of a repository. What a baseline knows is not annotated.
///
/// # Errors
/// When `out` cannot be written.
pub fn github(findings: &Findings, folder: &str, out: &mut dyn Write) -> io::Result<()> {
    let ruling = ruling(findings);
    let is_judged = findings.gate.is_some();
    let issues = issues(findings, &ruling);
    let new: Vec<&Issue> = issues.iter().filter(|issue| issue.new_ones() > 0).collect();
    let places = Places::new(findings, folder);
    let mut left = MOST_ANNOTATIONS;
    if is_judged && ruling.verdict == Verdict::Undecided {
        left -= 1;
        writeln!(out, "::error title=Gate undecided::{}", message(&flow(&ruling.reasons.join("; "))))?;
    }
    // Duplicates that may be there are no errors.
    let level = if is_judged && ruling.verdict != Verdict::Pass { "error" } else { "warning" };
    for issue in new.iter().take(left) {
        let Some(duplicate) = issue.duplicates.first() else { continue };
        let place = places.get(&duplicate.key);
        let file = property(&inert(&place.file));
        let title = property(&format!("Duplicate: {}", issue.kind.name()));
        let text = message(&format!("{}: {}", issue.message(&flow(&issue.keep)), named(issue)));
        writeln!(out, "::{level} file={file},line={},title={title}::{text}", place.line)?;
    }
    let verdict = if is_judged { format!("gate: {}; ", ruling.verdict.name()) } else { String::new() };
    let (duplicates, known) = (ruling.new_ones().count(), ruling.duplicates.len() - ruling.new_ones().count());
    let documents = plural(findings.counts.documents as usize, "document", "documents");
    let duplicated = plural(duplicates, "duplicate", "duplicates");
    writeln!(
        out,
        "tongwen: {verdict}{} {documents}, {duplicates} {duplicated}, {known} known before",
        findings.counts.documents
    )?;
    match new.len().saturating_sub(left) {
        0 => Ok(()),
        more => writeln!(out, "tongwen: {more} more repeated pages are not annotated"),
    }
}

/// Returns the first names of an issue's duplicates that no baseline knows.
fn named(issue: &Issue) -> String {
    const SHOWN: usize = 5;
    let new = issue.new_ones();
    let names: Vec<String> =
        issue.duplicates.iter().take(new.min(SHOWN)).map(|duplicate| flow(&duplicate.key)).collect();
    let more = if new > SHOWN { format!(", and {} more", new - SHOWN) } else { String::new() };
    format!("{}{more}", names.join(", "))
}

/// Returns the text of a command: `%` and line ends would end it, or begin another.
fn message(text: &str) -> String {
    percent_encoded(text, |c| !matches!(c, '%' | '\r' | '\n'))
}

/// Returns the value of a property of a command, which a comma or colon would end too.
fn property(text: &str) -> String {
    percent_encoded(text, |c| !matches!(c, '%' | '\r' | '\n' | ':' | ','))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_ends_a_command_or_begins_another() {
        assert_eq!(message("50%\r\n::error::渡口"), "50%25%0D%0A::error::渡口");
        assert_eq!(property("a,b:c%.txt\n"), "a%2Cb%3Ac%25.txt%0A");
    }
}
