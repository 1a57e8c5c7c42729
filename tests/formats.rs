//! The formats for CI: what other programs read must be what they take, whatever documents are called.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use quick_junit::{NonSuccessKind, Report, TestCaseStatus};
use serde_json::Value;
use snapbox::{Data, assert_data_eq, file};
use tongwen::document::Skipped;
use tongwen::findings::{Cluster, Digest, Duplicate, Findings, Member, RelationKind, Ruling, Scanned};
use tongwen::gate::{Policy, judge};
use tongwen::pipeline::{Silent, scan};
use tongwen::report::{self, TextOptions};
use tongwen::settings::Settings;

const FOUND: &str = include_str!("cmd/found.json");
const GATED: &str = include_str!("cmd/gate.json");

/// Names that mean something to the formats they are written in.
const HOSTILE: [&str; 9] = [
    "a,b:c%0A.txt",
    "a\r\n::error::b.txt",
    "=HYPERLINK(\"http://x\")",
    "a|b\\|c`d`.txt",
    "[x](javascript:y) @team.txt",
    "</testcase><script>.txt",
    "稿\u{202e}txt.exe",
    "\u{1b}[31m\u{0}\u{ffff}.txt",
    "../a b#c?d.txt",
];

fn load(json: &str) -> Findings {
    Findings::from_json(json.as_bytes(), Path::new("found.json")).unwrap()
}

/// Returns findings in which all documents of hostile names repost the first.
fn hostile() -> Findings {
    let mut found = load(FOUND);
    let member = |key: &&str| Member { key: (*key).into(), resemblance: 0.9, containment: 0.9 };
    let members = HOSTILE.iter().map(member).collect();
    found.clusters = vec![Cluster::Repost { keep: HOSTILE[0].into(), snippet: HOSTILE[3].into(), members }];
    found.relations.clear();
    found.counts.skipped = HOSTILE.len() as u64;
    let scanned = |(n, key): (u128, &&str)| {
        let (key, digest) = ((*key).into(), Some(Digest(n)));
        Scanned { key, digest, ..Scanned::default() }
    };
    found.documents = (1..).zip(&HOSTILE).map(scanned).collect();
    found.documents.sort_by(|a, b| a.key.cmp(&b.key));
    found.skipped = HOSTILE.iter().map(|key| Skipped::new(*key, format!("not text: {key}"))).collect();
    found
}

fn judged(mut found: Findings, max_skipped: u64) -> Findings {
    let policy = Policy::new(tongwen::gate::Policy::default().kinds(), None, None, max_skipped).unwrap();
    found.gate = Some(judge(&found, &policy, None));
    found
}

fn rendered(render: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    render(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn sarif(found: &Findings) -> Value {
    serde_json::from_str(&rendered(|out| report::sarif(found, "pages/", out))).unwrap()
}

/// Returns what the schema of SARIF 2.1.0 has against a log: that of OASIS, as the crate serde-sarif carries it.
fn violations(log: &Value) -> Vec<String> {
    let schema = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sarif-2.1.0.schema.json")).unwrap();
    // The pattern of languages has a bracket too many, which no regular expression may have.
    let schema = String::from_utf8(schema).unwrap().replace("{2}]?$", "{2}$");
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    validator.iter_errors(log).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn sarif_is_what_its_schema_asks_for() {
    for found in [load(FOUND), load(GATED), hostile(), judged(hostile(), 9), judged(hostile(), 0)] {
        let log = sarif(&found);
        assert!(violations(&log).is_empty(), "{:?}", violations(&log));
    }
    // A schema that takes anything would show nothing.
    let mut log = sarif(&load(GATED));
    log["runs"][0]["results"][0]["level"] = "fatal".into();
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] = "a b%".into();
    assert_eq!(violations(&log).len(), 2, "{:?}", violations(&log));
}

#[test]
fn a_sarif_result_names_files_and_lines_and_keeps_its_fingerprint_when_they_are_renamed() {
    let mut found = load(GATED);
    let before = sarif(&found);
    let result = &before["runs"][0]["results"][0];
    assert_eq!(result["level"], "error");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(
        (&place["artifactLocation"]["uri"], &place["region"]["startLine"]),
        (&"pages/again.txt".into(), &1.into())
    );
    let fingerprints = |log: &Value| -> BTreeSet<String> {
        let results = log["runs"][0]["results"].as_array().unwrap();
        results.iter().map(|result| result["partialFingerprints"]["tongwen/v1"].to_string()).collect()
    };
    let json = found.to_json().replace("again.txt", "语料.jsonl:17").replace("copy.txt", "一 份.txt");
    found = load(&json);
    let after = sarif(&found);
    assert_eq!(fingerprints(&before), fingerprints(&after));
    assert_eq!(fingerprints(&before).len(), 2);
    let text = after.to_string();
    assert!(text.contains("pages/%E4%B8%80%20%E4%BB%BD.txt") && text.contains("\"startLine\":17"), "{text}");
}

#[test]
fn sarif_stays_within_what_github_takes() {
    let mut found = load(FOUND);
    found.relations.clear();
    let cluster = |name: String, copies: usize| {
        let member = |n: usize| Member { key: format!("{name}-{n}"), resemblance: 1.0, containment: 1.0 };
        Cluster::Repost {
            keep: format!("{name}-0"),
            snippet: String::new(),
            members: (0..copies).map(member).collect(),
        }
    };
    found.clusters = vec![cluster("大".into(), 300)];
    found.clusters.extend((0..5_200).map(|n| cluster(format!("小{n}"), 2)));
    let log = sarif(&found);
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), report::MOST_RESULTS);
    let count = |of: &str| results[0][of].as_array().unwrap().len();
    assert_eq!(count("locations") + count("relatedLocations"), report::MOST_LOCATIONS);
    assert_eq!(results[0]["message"]["text"], "299 documents repost the article of `大-0`; 99 of them are shown");
    let note = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
    assert_eq!(note, "201 more results are left out: no more than 5000 are shown");
}

#[test]
fn junit_is_read_back_with_a_case_for_each_document() {
    let read = |found: &Findings| Report::deserialize_from_str(&rendered(|out| report::junit(found, out))).unwrap();
    let report = read(&load(GATED));
    let [suite] = &*report.test_suites else { panic!("one suite") };
    let names: Vec<&str> = suite.test_cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names, ["again.txt", "copy.txt", "school.txt"]);
    assert_eq!((report.tests, report.failures, report.errors), (3, 2, 0));
    let mut known = load(GATED);
    known.gate.as_mut().unwrap().duplicates[0].is_known = true;
    let report = read(&known);
    assert!(matches!(report.test_suites[0].test_cases[0].status, TestCaseStatus::Skipped { .. }));
    assert_eq!(report.failures, 1);
    let report = read(&hostile());
    assert_eq!((report.tests, report.failures, report.errors), (18, 8, 9));
    for case in &report.test_suites[0].test_cases {
        let is_error = |kind: &NonSuccessKind| *kind == NonSuccessKind::Error;
        if let TestCaseStatus::NonSuccess { kind, message, .. } = &case.status {
            assert!(message.is_some() && (is_error(kind) || case.name.as_str() != HOSTILE[0]));
        }
        assert!(!case.name.as_str().contains(['\0', '\u{ffff}']));
    }
    assert!(report.test_suites[0].test_cases.iter().any(|case| case.name.as_str() == "</testcase><script>.txt"));
}

#[test]
fn csv_is_read_back_with_a_row_for_each_document_just_as_it_is_called() {
    let rows = |found: &Findings| -> Vec<Vec<String>> {
        let csv = rendered(|out| report::csv(found, out));
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        assert_eq!(reader.headers().unwrap(), &["key", "cluster", "kind", "keep", "similarity"][..]);
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
    };
    assert_eq!(
        rows(&load(GATED)),
        [
            ["again.txt", "1", "identical", "bridge.txt", "1"],
            ["copy.txt", "1", "repost", "again.txt", "0.4946"],
            ["school.txt", "", "", "school.txt", "1"],
        ]
    );
    let hostile = rows(&hostile());
    let keys: BTreeSet<&str> = hostile.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(keys, BTreeSet::from(HOSTILE));
    assert_eq!(hostile.iter().filter(|row| row[0] == row[3]).count(), 1);
}

#[test]
fn csv_on_a_terminal_has_the_same_rows_with_keys_that_do_nothing() {
    let found = hostile();
    let shown = rendered(|out| report::csv_for_terminal(&found, out));
    assert!(!shown.contains(|c: char| c.is_control() && c != '\n' || c == '\u{202e}'), "{shown:?}");
    assert_eq!(shown.lines().count(), HOSTILE.len() + 1);
    let columns = |csv: &str| -> Vec<Vec<String>> {
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        reader.records().map(|row| row.unwrap().iter().skip(1).step_by(3).map(str::to_owned).collect()).collect()
    };
    assert_eq!(columns(&shown), columns(&rendered(|out| report::csv(&found, out))));
    let plain = load(GATED);
    assert_eq!(rendered(|out| report::csv_for_terminal(&plain, out)), rendered(|out| report::csv(&plain, out)));
}

#[test]
fn github_gets_no_more_than_ten_annotations_and_no_command_from_a_name() {
    let commands = |found: &Findings| -> Vec<String> {
        let text = rendered(|out| report::github(found, "pages/", out));
        let is_command = |line: &&str| line.trim_start().starts_with("::");
        text.split(['\r', '\n']).filter(is_command).map(str::to_owned).collect()
    };
    let gated = commands(&load(GATED));
    assert_eq!(gated.len(), 2);
    assert!(gated[0].starts_with("::error file=pages/again.txt,line=1,title=Duplicate%3A identical::"), "{}", gated[0]);
    let found = judged(hostile(), 9);
    let [command] = &*commands(&found) else { panic!("one command") };
    let (properties, message) = command.strip_prefix("::error ").unwrap().split_once("::").unwrap();
    assert_eq!(properties.matches(',').count(), 2, "{properties}");
    assert!(properties.matches(':').count() == 0 && !message.contains("::"), "{command}");
    let undecided = commands(&judged(hostile(), 0));
    assert!(undecided[0].starts_with("::error title=Gate undecided::9 files"), "{undecided:?}");

    let mut many = hostile();
    let member = |n: usize, of: usize| Member { key: format!("{n}/{of}.txt"), resemblance: 0.9, containment: 0.9 };
    let cluster = |n: usize| Cluster::Repost {
        keep: format!("{n}/0.txt"),
        snippet: String::new(),
        members: (0..n + 2).map(|of| member(n, of)).collect(),
    };
    many.clusters = (0..30).map(cluster).collect();
    let commands = commands(&many);
    assert_eq!(commands.len(), report::MOST_ANNOTATIONS);
    assert!(commands[0].starts_with("::warning file=pages/29/1.txt,"), "the worst first: {}", commands[0]);
}

#[test]
fn who_reposts_a_page_and_who_quotes_it_are_told_apart() {
    let mut found = load(FOUND);
    let duplicate = |key: &str, kind: RelationKind| Duplicate {
        key: key.into(),
        kind,
        of: "a.txt".into(),
        in_index: false,
        resemblance: 0.5,
        is_known: false,
    };
    let duplicates = vec![
        duplicate("b.txt", RelationKind::Repost),
        duplicate("c.txt", RelationKind::Excerpt),
        duplicate("d.txt", RelationKind::Identical),
    ];
    found.clusters.clear();
    found.gate = Some(Ruling { duplicates, ..judge(&found, &Policy::default(), None) });
    let github = rendered(|out| report::github(&found, "", out));
    let messages: Vec<&str> = github.lines().filter_map(|line| Some(line.rsplit_once("::")?.1)).collect();
    assert_eq!(
        messages[1..],
        ["2 documents repost the article of a.txt: b.txt, d.txt", "1 document quotes a.txt: c.txt"]
    );
    let log = sarif(&found);
    let results = log["runs"][0]["results"].as_array().unwrap();
    let told: Vec<_> = results.iter().map(|one| (&one["ruleId"], one["locations"].as_array().unwrap().len())).collect();
    assert_eq!(told, [(&Value::from("repost"), 2), (&Value::from("excerpt"), 1)]);
    let fingerprints: BTreeSet<String> = results.iter().map(|one| one["partialFingerprints"].to_string()).collect();
    assert_eq!(fingerprints.len(), 2);
}

#[test]
fn a_record_with_an_id_of_its_own_is_shown_in_its_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("2026")).unwrap();
    let text = "渡口的老船工每天清晨都要把绳索检查一遍。他说，河水记得每一个粗心的人。";
    let other = "山上的梨树开花以后，养蜂人把箱子搬到了南坡，一住就是四十天。";
    let records = [("渡口/甲", text), ("梨树:12", other), ("渡口:9", text)];
    let lines = records.map(|(id, text)| format!("{}\n", serde_json::json!({"id": id, "text": text})));
    fs::write(folder.path().join("2026/pages.jsonl"), lines.concat()).unwrap();
    let found = scan(&[folder.path().to_owned()], &Settings::default(), &Silent).unwrap();

    let text = rendered(|out| report::github(&found, "corpus/", out));
    assert!(text.contains("::warning file=corpus/2026/pages.jsonl,line=3,title="), "{text}");
    assert!(text.contains("渡口/甲: 渡口:9"), "the message has the ids: {text}");
    let place = |log: &Value, list: &str| {
        let location = &log["runs"][0]["results"][0][list][0];
        let physical = &location["physicalLocation"];
        let name = location["logicalLocations"][0]["fullyQualifiedName"].as_str().unwrap().to_owned();
        (physical["artifactLocation"]["uri"].clone(), physical["region"]["startLine"].clone(), name)
    };
    let log: Value = serde_json::from_str(&rendered(|out| report::sarif(&found, "corpus/", out))).unwrap();
    assert_eq!(place(&log, "locations"), ("corpus/2026/pages.jsonl".into(), 3.into(), "渡口:9".into()));
    assert_eq!(place(&log, "relatedLocations"), ("corpus/2026/pages.jsonl".into(), 1.into(), "渡口/甲".into()));
    // What is saved is the same wherever the records stand, so there the key has to do.
    let saved = sarif(&load(&found.to_json()));
    assert_eq!(place(&saved, "locations").1, 9);
}

#[test]
fn markdown_shows_hostile_names_and_does_nothing_with_them() {
    let options = TextOptions { top: 0, width: 80, ..TextOptions::default() };
    let text = rendered(|out| report::markdown(&judged(hostile(), 9), &options, out));
    let row = text.lines().find(|line| line.contains("repost |")).unwrap();
    assert_eq!(row.matches('|').count(), 6, "{row}");
    for markup in ["<script", "](", "@team", "`", "http:", "\u{202e}", "\u{1b}"] {
        assert!(!text.contains(markup), "{markup}: {text}");
    }
}

#[test]
fn the_formats_are_these() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("found.json"), FOUND).unwrap();
    fs::write(folder.path().join("gate.json"), GATED).unwrap();
    let run = |findings: &str, format: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tongwen"));
        command.args(["report", findings, "--format", format]).env_clear().current_dir(folder.path());
        let output = command.env("GITHUB_STEP_SUMMARY", folder.path().join("summary.md")).output().unwrap();
        assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(0), String::new()));
        Data::text(String::from_utf8(output.stdout).unwrap())
    };
    assert_data_eq!(run("found.json", "sarif"), file!["cmd/report-sarif.txt"].raw());
    assert_data_eq!(run("found.json", "junit"), file!["cmd/report-junit.txt"].raw());
    assert_data_eq!(run("found.json", "csv"), file!["cmd/report-csv.txt"].raw());
    assert_data_eq!(run("found.json", "markdown"), file!["cmd/report-markdown.txt"].raw());
    assert!(!folder.path().join("summary.md").exists());
    assert_data_eq!(run("found.json", "github"), file!["cmd/report-github.txt"].raw());
    assert_data_eq!(run("gate.json", "github"), file!["cmd/gate-github.txt"].raw());
    // What is there stays: other steps write to it too.
    let summaries = fs::read_to_string(folder.path().join("summary.md")).unwrap();
    let each = ["found.json", "gate.json"].map(|findings| run(findings, "markdown").to_string());
    assert_eq!(summaries, each.concat());
}

/// A reader that goes away after so many bytes.
struct Leaving(usize);

impl std::io::Write for Leaving {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        if taken == 0 { Err(std::io::ErrorKind::BrokenPipe.into()) } else { Ok(taken) }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_goes_away_is_known_by_the_error_in_every_format() {
    let found = judged(hostile(), 0);
    // More than the room that a format may write into first.
    let documents = (0..20_000).map(|n| Scanned { key: format!("{n:05}.txt"), ..Scanned::default() }).collect();
    let found = Findings { documents, ..found };
    let options = TextOptions::default();
    for room in [0, 10, 100] {
        let left = [
            report::csv(&found, &mut Leaving(room)),
            report::junit(&found, &mut Leaving(room)),
            report::json(&found, &mut Leaving(room)),
            report::sarif(&found, "", &mut Leaving(room)),
            report::github(&found, "", &mut Leaving(room)),
            report::markdown(&found, &options, &mut Leaving(room)),
            report::text(&found, &options, &mut Leaving(room)),
        ];
        let kinds = left.map(|left| left.unwrap_err().kind());
        assert_eq!(kinds, [std::io::ErrorKind::BrokenPipe; 7], "{room}");
    }
}
