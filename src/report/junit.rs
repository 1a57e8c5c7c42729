//! Findings as JUnit XML: a test case for each document.

use std::collections::HashMap;
use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::issue::ruling;
use super::line::inert;
use super::text::percent;
use crate::findings::{Duplicate, Findings};

/// Writes a test case for each document: a duplicate fails, one that a baseline knows is skipped, and what could not be
/// read is an error. Findings that list no documents give their duplicates alone.
///
/// Characters that XML cannot hold are spelled out in names, as in `\u{1b}`.
///
/// # Errors
/// When `out` cannot be written.
pub fn junit(findings: &Findings, out: &mut dyn Write) -> io::Result<()> {
    let ruling = ruling(findings);
    let duplicates: HashMap<&str, &Duplicate> =
        ruling.duplicates.iter().map(|duplicate| (duplicate.key.as_str(), duplicate)).collect();
    let mut suite = TestSuite::new("tongwen");
    let mut add = |key: &str, status: TestCaseStatus| {
        let mut case = TestCase::new(xml(key), status);
        case.set_classname("tongwen");
        suite.add_test_case(case);
    };
    let mut keys: Vec<&str> = findings.documents.iter().map(|document| document.key.as_str()).collect();
    if keys.is_empty() {
        keys = ruling.duplicates.iter().map(|duplicate| duplicate.key.as_str()).collect();
    }
    for key in keys {
        add(key, duplicates.get(key).map_or_else(TestCaseStatus::success, |duplicate| status(duplicate)));
    }
    for skipped in &findings.skipped {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type("skipped").set_message(xml(&skipped.reason));
        add(&skipped.key, status);
    }
    let mut report = Report::new("tongwen");
    report.add_test_suite(suite);
    // Written by itself, so that an error is the system's, by which a reader that went away is known.
    out.write_all(report.to_string().map_err(io::Error::other)?.as_bytes())
}

fn status(duplicate: &Duplicate) -> TestCaseStatus {
    let place = if duplicate.in_index { " in the index" } else { "" };
    let message =
        format!("{} of {}{place}, {} alike", duplicate.kind.name(), xml(&duplicate.of), percent(duplicate.resemblance));
    if duplicate.is_known {
        let mut status = TestCaseStatus::skipped();
        status.set_type(duplicate.kind.name()).set_message(format!("known before: {message}"));
        return status;
    }
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(duplicate.kind.name()).set_message(message);
    status
}

/// Returns text that XML can hold.
fn xml(text: &str) -> String {
    inert(text).replace('\u{fffe}', "\\u{fffe}").replace('\u{ffff}', "\\u{ffff}")
}
