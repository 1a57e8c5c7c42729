//! The corpora of `samples/`: what is found in them against what is planted there (`samples/truth/`).
//!
//! `SNAPSHOTS=overwrite cargo test --test samples` writes the reports in `tests/cmd/` anew.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use snapbox::cmd::Command;
use snapbox::file;
use tongwen::findings::{Findings, RelationKind};
use tongwen::input::read_file;
use tongwen::settings::{AnalysisSettings, InputSettings, TokenKind};

use common::{Pair, joined, listed, pair, scanned};

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name)
}

fn both_kinds_of_tokens() -> [AnalysisSettings; 2] {
    [TokenKind::Word, TokenKind::Char].map(|tokens| AnalysisSettings {
        tokens,
        width: tokens.default_width(),
        ..AnalysisSettings::default()
    })
}

/// Returns the lines of a table of `samples/truth/`, each as its fields by column.
fn truth(name: &str) -> Vec<BTreeMap<String, String>> {
    let table = fs::read_to_string(sample("truth").join(name)).unwrap();
    let mut lines = table.lines().map(|line| line.split('\t').map(str::to_owned));
    let columns: Vec<String> = lines.next().unwrap().collect();
    lines.map(|fields| columns.iter().cloned().zip(fields).collect()).collect()
}

/// The pairs that are one article: those that must be found as `identical`, and all of them.
struct Articles {
    identical: BTreeSet<Pair>,
    all: BTreeSet<Pair>,
}

/// Returns the pairs of a table of relations, each document under the name that `named` gives it.
fn articles(table: &str, named: impl Fn(&str) -> String) -> Articles {
    let relations = truth(table);
    let pairs = |kinds: &[&str]| {
        let of_kind = relations.iter().filter(|relation| kinds.contains(&relation["kind"].as_str()));
        of_kind.map(|relation| pair(&named(&relation["a"]), &named(&relation["b"]))).collect()
    };
    Articles { identical: pairs(&["identical"]), all: pairs(&["identical", "repost"]) }
}

/// What is promised of a corpus: a change may raise `found` and lower `mistaken`, never the other way.
struct Promise {
    /// Pairs of one article that are found, at least.
    found: usize,
    /// Pairs of two articles that are joined, at most.
    mistaken: usize,
}

fn must_keep(promise: &Promise, findings: &Findings, articles: &Articles) {
    let tokens = findings.settings.tokens;
    let identical: BTreeSet<Pair> = listed(findings)
        .into_iter()
        .filter(|(_, kind)| *kind == RelationKind::Identical)
        .map(|(pair, _)| pair)
        .collect();
    assert_eq!(identical, articles.identical, "{tokens:?}");
    let joined = joined(findings);
    let found = joined.intersection(&articles.all).count();
    let mistaken: Vec<&Pair> = joined.difference(&articles.all).collect();
    assert!(found >= promise.found, "{tokens:?}: {found} of {} pairs found", articles.all.len());
    assert!(mistaken.len() <= promise.mistaken, "{tokens:?}: {} strangers are joined: {mistaken:?}", mistaken.len());
}

#[test]
fn reposts_are_found_among_the_pages_of_seven_sites() {
    let articles = articles("reposts.relations.tsv", str::to_owned);
    let promises = [Promise { found: 37, mistaken: 0 }, Promise { found: 37, mistaken: 0 }];
    for (analysis, promise) in both_kinds_of_tokens().iter().zip(promises) {
        let findings = scanned(&sample("reposts"), analysis);
        must_keep(&promise, &findings, &articles);
    }
}

/// Asserts that of the pages of one site, copied to a folder, those of one article are joined and no others.
fn must_join_articles_of(site: &str, folder: &Path) {
    let articles = articles("reposts.relations.tsv", |key| key.trim_start_matches(&format!("{site}/")).to_owned());
    let planted: BTreeSet<Pair> = articles.all.into_iter().filter(|(a, b)| !format!("{a}{b}").contains('/')).collect();
    for analysis in both_kinds_of_tokens() {
        assert_eq!(joined(&scanned(folder, &analysis)), planted, "{site}, {:?}", analysis.tokens);
    }
}

#[test]
fn a_batch_of_one_site_joins_no_strangers() {
    for site in ["xuehai", "qingfeng", "yunzhou", "lanting", "tingyu", "wenlan", "shiqiao"] {
        must_join_articles_of(site, &sample("reposts").join(site));
    }
}

#[test]
fn nor_does_one_whose_lists_show_whole_sentences() {
    for site in ["xuehai", "qingfeng", "yunzhou"] {
        let folder = tempfile::tempdir().unwrap();
        let mut shortened = 0;
        for entry in fs::read_dir(sample("reposts").join(site)).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let lines = text.lines().map(|line| {
                // An opening is cut at 200 characters; the paragraphs of an article are indented.
                if line.starts_with('　') || !(190..=200).contains(&line.trim().chars().count()) {
                    return line;
                }
                shortened += 1;
                let end = line.trim_end_matches('。').rfind('。').expect("an opening has a whole sentence");
                &line[..end + '。'.len_utf8()]
            });
            fs::write(folder.path().join(path.file_name().unwrap()), lines.collect::<Vec<_>>().join("\n")).unwrap();
        }
        assert!(shortened >= 30, "{site}: {shortened}");
        must_join_articles_of(site, folder.path());
    }
}

#[test]
fn pages_that_share_a_frame_only_are_no_reposts() {
    let articles = articles("templates.relations.tsv", str::to_owned);
    assert!(articles.all.is_empty());
    for analysis in both_kinds_of_tokens() {
        let findings = scanned(&sample("templates"), &analysis);
        assert_eq!((findings.counts.documents, findings.counts.skipped), (12, 0));
        must_keep(&Promise { found: 0, mistaken: 0 }, &findings, &articles);
    }
}

#[test]
fn reposts_are_found_among_records() {
    // Each readable record under its line, since ids repeat in this corpus.
    let text = fs::read_to_string(sample("records.jsonl")).unwrap();
    let numbered = |(n, line): (usize, &str)| match serde_json::from_str::<serde_json::Value>(line) {
        Ok(mut record) => {
            record["id"] = format!("line:{}", n + 1).into();
            record.to_string()
        }
        Err(_) => line.to_owned(),
    };
    let lines: Vec<String> = text.lines().enumerate().map(numbered).collect();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("records.jsonl"), lines.join("\n")).unwrap();

    let pages = truth("records.pages.tsv");
    let line_of = |name: &str| match pages.iter().find(|page| page["page"] == name) {
        Some(page) => format!("line:{}", page["line"]),
        None => name.to_owned(),
    };
    let articles = articles("records.relations.tsv", line_of);
    // By words the four form letters are alike in their form. By characters, of which an English word is one, four in a
    // row find less of an English text that was edited.
    let promises = [Promise { found: 5, mistaken: 6 }, Promise { found: 4, mistaken: 0 }];
    for (analysis, promise) in both_kinds_of_tokens().iter().zip(promises) {
        must_keep(&promise, &scanned(folder.path(), analysis), &articles);
    }
}

#[test]
fn nothing_is_lost_without_a_reason() {
    for (corpus, table, documents, empty) in
        [("reposts", "reposts.pages.tsv", 47, 2), ("records.jsonl", "records.pages.tsv", 24, 2)]
    {
        let findings = scanned(&sample(corpus), &AnalysisSettings::default());
        let counts = findings.counts;
        let pages = truth(table);
        let of_form =
            |forms: &[&str]| pages.iter().filter(|page| forms.contains(&page["form"].as_str())).count() as u64;
        assert_eq!((counts.documents, counts.empty), (documents, empty), "{corpus}");
        assert_eq!(counts.empty, of_form(&["empty", "punctuation"]), "{corpus}");
        assert_eq!(counts.skipped, of_form(&["unreadable", "broken", "no text"]), "{corpus}");
        assert_eq!(counts.documents + counts.skipped, pages.len() as u64, "{corpus}");
        assert_eq!(findings.skipped.len() as u64, counts.skipped, "{corpus}");
    }
}

#[test]
fn what_cannot_be_read_is_named_with_its_place() {
    let skipped = |corpus: &str| {
        let findings = scanned(&sample(corpus), &AnalysisSettings::default());
        findings.skipped.iter().map(|skipped| skipped.key.clone()).collect::<Vec<_>>()
    };
    assert_eq!(skipped("reposts"), ["misc/unreadable.txt"]);
    for corpus in ["records.jsonl", "records.jsonl.zst"] {
        let path = sample(corpus);
        assert_eq!(skipped(corpus), [16, 17].map(|line| format!("{}:{line}", path.display())));
    }
}

#[test]
fn packed_records_give_the_findings_of_the_plain_ones() {
    let findings = |corpus: &str| {
        let json = scanned(&sample(corpus), &AnalysisSettings::default()).to_json();
        json.replace(sample(corpus).to_str().unwrap(), "records")
    };
    assert_eq!(findings("records.jsonl.zst"), findings("records.jsonl"));
}

#[test]
fn an_id_that_is_taken_is_reported() {
    let findings = scanned(&sample("records.jsonl"), &AnalysisSettings::default());
    assert_eq!(findings.notes.len(), 1, "{:?}", findings.notes);
    assert!(findings.notes[0].starts_with("1 document is of a key that had occurred before"), "{:?}", findings.notes);
}

#[test]
fn every_page_is_read_in_its_encoding() {
    let pages = truth("reposts.pages.tsv");
    let encodings: BTreeSet<&str> = pages.iter().map(|page| page["encoding"].as_str()).collect();
    assert_eq!(encodings, BTreeSet::from(["big5", "binary", "gb18030", "utf-8"]));
    for page in pages.iter().filter(|page| page["encoding"] != "binary") {
        let (documents, skipped) =
            read_file(&sample("reposts").join(&page["page"]), &InputSettings::default()).unwrap();
        assert_eq!((documents.len(), skipped.len()), (1, 0), "{}", page["page"]);
        let text = &documents[0].text;
        assert!(!text.contains(['\u{fffd}', '\0']), "{}", page["page"]);
        let is_chinese = text.chars().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c)).count() > 200;
        assert!(is_chinese || page["article"] == "-", "{}: {text}", page["page"]);
    }
    let big5 = read_file(&sample("reposts/wenlan/02.txt"), &InputSettings::default()).unwrap().0.remove(0);
    assert!(big5.text.contains("竹紙") && big5.text.contains("文瀾閣"), "{}", big5.text);
}

#[test]
fn the_reports_on_the_samples_are_these() {
    let run = |arguments: &[&str]| {
        let program = Command::new(env!("CARGO_BIN_EXE_tongwen")).env_clear().env("COLUMNS", "80");
        program.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).arg("--no-config").assert().code(0)
    };
    run(&["scan", "samples/reposts"]).stderr_eq("").stdout_eq(file!["cmd/scan-reposts.txt"].raw());
    run(&["scan", "samples/templates"]).stderr_eq("").stdout_eq(file!["cmd/scan-templates.txt"].raw());
    run(&["scan", "samples/records.jsonl"]).stderr_eq("").stdout_eq(file!["cmd/scan-records.txt"].raw());
    let json = ["scan", "samples/records.jsonl", "--format", "json"];
    run(&json).stderr_eq("").stdout_eq(file!["cmd/scan-records.json"].raw());
}
