//! Findings as SARIF 2.1.0, as code scanning reads it.
//!
//! GitHub takes no more than [`MOST_RESULTS`] results of a run and shows [`MOST_LOCATIONS`] locations of one, so there is
//! one result for each page that is repeated. Alerts are matched from run to run by a fingerprint of what that page says:
//! a renamed file is no new alert.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::json;
use serde_sarif::sarif::{
    ArtifactLocation, Invocation, Location, LogicalLocation, Message, MultiformatMessageString, Notification,
    PhysicalLocation, Region, ReportingDescriptor, Result, ResultLevel, Run, Sarif, Tool, ToolComponent, Version,
};

use super::issue::{Issue, Places, issues, percent_encoded, ruling};
use super::json::InertJson;
use super::line::inert;
use crate::findings::{Duplicate, Findings, RelationKind, Verdict};

/// Results that are written, the worst first.
pub const MOST_RESULTS: usize = 5_000;

/// Locations of one result, the repeated page among them.
pub const MOST_LOCATIONS: usize = 100;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Writes the duplicates as SARIF 2.1.0; `folder` is put before names of files, so that they are paths from the top of a
/// repository. What the limits leave out is said in a notification.
///
/// # Errors
/// When `out` cannot be written.
pub fn sarif(findings: &Findings, folder: &str, out: &mut dyn Write) -> io::Result<()> {
    let ruling = ruling(findings);
    let is_judged = findings.gate.is_some();
    let mut issues = issues(findings, &ruling);
    let left = issues.len().saturating_sub(MOST_RESULTS);
    issues.truncate(MOST_RESULTS);
    let places = Places::new(findings, folder);
    let results: Vec<Result> = issues.iter().map(|issue| result(issue, is_judged, &places)).collect();
    let mut notes: Vec<Notification> = Vec::new();
    let mut tell = |text: String, level: &str| {
        notes.push(Notification::builder().message(message(text)).level(json!(level)).build());
    };
    if left > 0 {
        tell(format!("{left} more results are left out: no more than {MOST_RESULTS} are shown"), "warning");
    }
    for skipped in findings.skipped.iter().take(MOST_RESULTS) {
        tell(format!("{} was not compared: {}", inert(&skipped.key), inert(&skipped.reason)), "warning");
    }
    ruling.reasons.iter().filter(|_| is_judged).for_each(|reason| tell(reason.clone(), "error"));
    let was_decided = !is_judged || ruling.verdict != Verdict::Undecided;
    let invocation =
        Invocation::builder().execution_successful(was_decided).tool_execution_notifications(notes).build();
    let driver = ToolComponent::builder()
        .name("tongwen")
        .version(findings.tongwen.as_str())
        .rules(KINDS.map(rule).to_vec())
        .build();
    let run = Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .invocations(vec![invocation])
        .column_kind(json!("unicodeCodePoints"))
        .results(results)
        .build();
    let log = Sarif::builder().schema(SCHEMA).version(json!(Version::V2_1_0)).runs(vec![run]).build();
    serde_json::to_writer_pretty(InertJson(&mut *out), &log)?;
    out.write_all(b"\n")
}

const KINDS: [RelationKind; 5] = [
    RelationKind::Identical,
    RelationKind::Repost,
    RelationKind::Contained,
    RelationKind::Excerpt,
    RelationKind::Boilerplate,
];

fn rule(kind: RelationKind) -> ReportingDescriptor {
    let text = match kind {
        RelationKind::Identical => "The same text as another document",
        RelationKind::Repost => "The same article as another document",
        RelationKind::Contained => "Nearly all of the document is in another one",
        RelationKind::Excerpt => "The document quotes another one",
        RelationKind::Boilerplate => "The document shares nothing but boilerplate with another one",
    };
    let text = MultiformatMessageString::builder().text(text).build();
    ReportingDescriptor::builder().id(kind.name()).short_description(text).build()
}

fn result(issue: &Issue, is_judged: bool, places: &Places) -> Result {
    let keep = inert(&issue.keep);
    // Of a page in the index nobody knows where it is.
    let others = if issue.in_index { MOST_LOCATIONS } else { MOST_LOCATIONS - 1 };
    let shown = &issue.duplicates[..issue.duplicates.len().min(others)];
    let locations: Vec<Location> = shown.iter().map(|duplicate| of_duplicate(duplicate, places)).collect();
    let kept = (!issue.in_index).then(|| location(&issue.keep, "repeated here".into(), places));
    let is_new = issue.new_ones() > 0;
    let level = match (is_judged, is_new) {
        (true, true) => ResultLevel::Error,
        (true, false) => ResultLevel::Note,
        (false, _) => ResultLevel::Warning,
    };
    let mut text = issue.message(&format!("`{keep}`"));
    if shown.len() < issue.duplicates.len() {
        text += &format!("; {} of them are shown", shown.len());
    }
    let fingerprints = BTreeMap::from([("tongwen/v1".to_owned(), issue.fingerprint.clone())]);
    let mut result = Result::builder()
        .rule_id(issue.kind.name())
        .level(level)
        .message(message(text))
        .locations(locations)
        .related_locations(kept.into_iter().collect::<Vec<_>>())
        .partial_fingerprints(fingerprints)
        .build();
    if is_judged {
        result.baseline_state = Some(json!(if is_new { "new" } else { "unchanged" }));
    }
    result
}

fn of_duplicate(duplicate: &Duplicate, places: &Places) -> Location {
    let known = if duplicate.is_known { ", known before" } else { "" };
    let text = format!("{} of `{}`{known}", duplicate.kind.name(), inert(&duplicate.of));
    location(&duplicate.key, text, places)
}

/// Returns the location of a document, with what is the matter there.
fn location(key: &str, text: String, places: &Places) -> Location {
    let place = places.get(key);
    // What RFC 3986 lets a path consist of; the first segment of a relative one may hold no colon.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~/!$&'()*+,;=@".contains(c);
    let uri = percent_encoded(&place.file, is_plain);
    let region = Region::builder().start_line(i64::try_from(place.line).unwrap_or(i64::MAX)).build();
    let artifact = ArtifactLocation::builder().uri(uri).build();
    let physical = PhysicalLocation::builder().artifact_location(artifact).region(region).build();
    let logical = LogicalLocation::builder().fully_qualified_name(key).build();
    Location::builder().physical_location(physical).logical_locations(vec![logical]).message(message(text)).build()
}

fn message(text: String) -> Message {
    Message::builder().text(text).build()
}
