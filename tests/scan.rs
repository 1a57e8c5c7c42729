//! A corpus in, verified repost clusters out: the whole pipeline against a plain comparison of all pairs, and against
//! the inputs that broke other tools.

mod common;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use proptest::prelude::*;
use tempfile::TempDir;
use tongwen::band;
use tongwen::document::DocId;
use tongwen::findings::{Findings, RelationKind};
use tongwen::hash;
use tongwen::normalise::normalise;
use tongwen::pipeline::{Silent, scan};
use tongwen::relate::relate;
use tongwen::segment::Segmenter;
use tongwen::settings::{AnalysisSettings, RunSettings, Settings, SketchKind, TokenKind};
use tongwen::shingle::{Shingle, ShingleSet, Shingler, Shingles};
use tongwen::sketch::minhash::MinHasher;
use tongwen::sketch::simhash;
use tongwen::verify::Evidence;

use common::{Pair, clusters, groups, joined, listed, pair, scanned};

const ARTICLE: &str = "渡口的老船工每天清晨都要把绳索检查一遍。他说，河水记得每一个粗心的人。";
const OTHER: &str = "山上的梨树开花以后，养蜂人把箱子搬到了南坡，一住就是四十天。";

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn record(id: &str, text: &str) -> String {
    format!("{}\n", serde_json::json!({"id": id, "text": text}))
}

/// Scans records of these ids and texts.
fn scan_records<'a>(records: impl IntoIterator<Item = (&'a str, &'a str)>, analysis: &AnalysisSettings) -> Findings {
    let lines: String = records.into_iter().map(|(id, text)| record(id, text)).collect();
    scanned(folder(&[("records.jsonl", lines.as_bytes())]).path(), analysis)
}

fn scan_texts(texts: &[String], analysis: &AnalysisSettings) -> Findings {
    let ids: Vec<String> = (0..texts.len()).map(key).collect();
    scan_records(ids.iter().map(String::as_str).zip(texts.iter().map(String::as_str)), analysis)
}

/// The key of the n-th text; keys rise as numbers do.
fn key(n: usize) -> String {
    format!("{n:06}")
}

fn shingles(text: &str, analysis: &AnalysisSettings) -> Shingles {
    let mut tokens = Vec::new();
    Segmenter::new(analysis.tokens).tokens(&normalise(text), &mut tokens);
    let mut shingler = Shingler::new(analysis.width);
    shingler.push(&tokens);
    shingler.finish()
}

/// Jaccard similarity by its definition; NaN for two empty sets.
fn jaccard(a: &HashSet<Shingle>, b: &HashSet<Shingle>) -> f64 {
    let shared = a.iter().filter(|shingle| b.contains(shingle)).count();
    shared as f64 / (a.len() + b.len() - shared) as f64
}

/// What a comparison of all pairs says: the resemblance of each pair from the threshold on.
fn all_pairs(texts: &[String], analysis: &AnalysisSettings) -> BTreeMap<Pair, f64> {
    let sets: Vec<HashSet<Shingle>> =
        texts.iter().map(|text| shingles(text, analysis).in_order().iter().copied().collect()).collect();
    let mut pairs = BTreeMap::new();
    for (i, a) in sets.iter().enumerate() {
        for (j, b) in sets.iter().enumerate().skip(i + 1) {
            let resemblance = jaccard(a, b);
            if resemblance >= analysis.threshold {
                pairs.insert((key(i), key(j)), resemblance);
            }
        }
    }
    pairs
}

/// Everything that is said must be so: pairs, members against `keep`, the numbers beside them, each document in one
/// cluster.
fn must_be_true(findings: &Findings, oracle: &BTreeMap<Pair, f64>) {
    let must_hold = |a: &str, b: &str, said: f64| {
        let Some(&resemblance) = oracle.get(&pair(a, b)) else { panic!("{a} and {b} do not resemble each other") };
        assert!((resemblance - said).abs() < 1e-4, "{a} and {b}: {said}, and it is {resemblance}");
    };
    for relation in &findings.relations {
        must_hold(&relation.a, &relation.b, relation.resemblance);
    }
    let mut seen = HashSet::new();
    for (keep, members) in clusters(findings) {
        assert_eq!(members[0].key, keep);
        assert!(members.len() > 1 && members.iter().all(|member| seen.insert(&member.key)), "{members:?}");
        for member in &members[1..] {
            must_hold(keep, &member.key, member.resemblance);
        }
    }
}

// --- the oracle ---

/// How a text of a random corpus comes about; numbers choose among what is there.
#[derive(Clone, Debug)]
enum Step {
    /// A passage of an article.
    Passage {
        article: usize,
        from: usize,
        length: usize,
    },
    /// An earlier text with some characters replaced.
    Edited {
        of: usize,
        places: Vec<usize>,
    },
    /// The beginning of an earlier text, in hundredths.
    Truncated {
        of: usize,
        share: usize,
    },
    Joined {
        of: usize,
        and: usize,
    },
    Again {
        of: usize,
    },
    /// Nothing to compare, or a single token.
    Short {
        which: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let of = 0..1000_usize;
    prop_oneof![
        2 => (of.clone(), 0..900_usize, 20..160_usize)
            .prop_map(|(article, from, length)| Step::Passage { article, from, length }),
        4 => (of.clone(), prop::collection::vec(0..1000_usize, 1..8)).prop_map(|(of, places)| Step::Edited { of, places }),
        2 => (of.clone(), 50..100_usize).prop_map(|(of, share)| Step::Truncated { of, share }),
        1 => (of.clone(), of.clone()).prop_map(|(of, and)| Step::Joined { of, and }),
        1 => of.clone().prop_map(|of| Step::Again { of }),
        1 => of.prop_map(|which| Step::Short { which }),
    ]
}

fn corpus(steps: &[Step]) -> Vec<String> {
    const ARTICLES: [&str; 3] = [
        include_str!("../samples/sources/articles/bridge.txt"),
        include_str!("../samples/sources/articles/well.txt"),
        include_str!("../samples/sources/records/lighthouse.txt"),
    ];
    let mut texts: Vec<String> = Vec::new();
    for step in steps {
        let earlier = |of: &usize| texts.get(of % texts.len().max(1)).map_or("", String::as_str);
        let text = match step {
            Step::Passage { article, from, length } => {
                ARTICLES[article % ARTICLES.len()].chars().skip(*from).take(*length).collect()
            }
            Step::Edited { of, places } => {
                let mut characters: Vec<char> = earlier(of).chars().collect();
                for place in places {
                    let length = characters.len().max(1);
                    if let Some(character) = characters.get_mut(place % length) {
                        *character = ['船', '，', 'x', '7', '舊'][place % 5];
                    }
                }
                characters.into_iter().collect()
            }
            Step::Truncated { of, share } => {
                let text = earlier(of);
                text.chars().take(text.chars().count() * share / 100).collect()
            }
            Step::Joined { of, and } => format!("{}\n{}", earlier(of), earlier(and)),
            Step::Again { of } => earlier(of).to_owned(),
            Step::Short { which } => {
                ["", " \n\u{3000}", "……。！", "船", "船。", "渡口", "boat", "7"][which % 8].to_owned()
            }
        };
        texts.push(text);
    }
    texts
}

/// Which pairs are said to be one article, or to hold one of several. A copy stands for its text, so what holds of one
/// holds of the other.
fn said(findings: &Findings, texts: &[String], analysis: &AnalysisSettings) -> BTreeSet<Pair> {
    let mut by_text: BTreeMap<Vec<Shingle>, Vec<String>> = BTreeMap::new();
    let mut copies: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (n, text) in texts.iter().enumerate() {
        by_text.entry(shingles(text, analysis).in_order().to_vec()).or_default().push(key(n));
    }
    for group in by_text.into_values() {
        copies.extend(group.iter().map(|key| (key.clone(), group.clone())));
    }
    // Below the default threshold a text may resemble two that are strangers; it has each of them as a part then.
    let parts = findings.relations.iter().map(|relation| pair(&relation.a, &relation.b));
    let mut said = BTreeSet::new();
    for (a, b) in joined(findings).into_iter().chain(parts) {
        for x in &copies[&a] {
            said.extend(copies[&b].iter().filter(|&y| x != y).map(|y| pair(x, y)));
        }
    }
    said
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn with_bands_of_one_row_the_pipeline_finds_what_a_comparison_of_all_pairs_finds(
        steps in prop::collection::vec(step(), 1..40),
        tokens in prop_oneof![Just(TokenKind::Word), Just(TokenKind::Char)],
        width in 1..6_usize,
        threshold in prop_oneof![Just(0.3), Just(0.5), Just(0.7), Just(0.9), Just(1.0)],
    ) {
        let analysis =
            AnalysisSettings { tokens, width, boilerplate: false, bands: 128, rows: 1, threshold, ..AnalysisSettings::default() };
        let texts = corpus(&steps);
        let findings = scan_texts(&texts, &analysis);
        let oracle = all_pairs(&texts, &analysis);
        must_be_true(&findings, &oracle);
        let said = said(&findings, &texts, &analysis);
        for pair in oracle.keys() {
            prop_assert!(said.contains(pair), "{:?} are not joined", pair);
        }
        let empty = texts.iter().filter(|text| shingles(text, &analysis).is_empty()).count();
        prop_assert_eq!(findings.counts.documents, texts.len() as u64);
        prop_assert_eq!(findings.counts.empty, empty as u64);
        prop_assert!(findings.skipped.is_empty() && findings.notes.is_empty());
    }
}

/// 300 articles of random characters, each with two copies in which more and more is replaced.
fn edited_articles() -> Vec<String> {
    const CHARACTERS: &str = include_str!("../samples/sources/articles/birds.txt");
    let characters: Vec<char> = CHARACTERS.chars().filter(|c| c.is_alphanumeric()).collect();
    let drawn = |n: u64, seed: u64| characters[hash::number(n, seed) as usize % characters.len()];
    let mut texts = Vec::new();
    for article in 0..300 {
        let source: Vec<char> = (0..240).map(|n| drawn(n, article)).collect();
        for copy in 0..3 {
            // None in the source, up to one in eight in the last copy.
            let changed = |n: u64| hash::number(n, 1000 + article * 3 + copy) % 1000 < copy * article / 5;
            let edited = |(n, &c): (usize, &char)| if changed(n as u64) { drawn(n as u64, 5000 + article) } else { c };
            texts.push(source.iter().enumerate().map(edited).collect());
        }
    }
    texts
}

#[test]
fn with_the_default_bands_nothing_false_is_found_and_ninety_nine_of_a_hundred_are() {
    let texts = edited_articles();
    for tokens in [TokenKind::Word, TokenKind::Char] {
        let analysis = AnalysisSettings {
            boilerplate: false,
            tokens,
            width: tokens.default_width(),
            ..AnalysisSettings::default()
        };
        let oracle = all_pairs(&texts, &analysis);
        let near = oracle.values().filter(|resemblance| **resemblance < 0.8).count();
        assert!(oracle.len() > 300 && near > 100, "{near} of {} pairs are near the threshold", oracle.len());
        let findings = scan_texts(&texts, &analysis);
        must_be_true(&findings, &oracle);
        let joined = joined(&findings);
        let found = oracle.keys().filter(|pair| joined.contains(*pair)).count();
        assert!(found * 100 >= oracle.len() * 99, "{found} of {}", oracle.len());
    }
}

#[test]
fn simhash_finds_every_pair_within_the_distance_that_resembles_each_other() {
    let texts: Vec<String> = edited_articles().into_iter().take(300).collect();
    let bits = |text: &String, analysis: &AnalysisSettings| {
        simhash::simhash(shingles(text, analysis).in_order(), analysis.seed).unwrap()
    };
    let mut before = 0;
    for distance in 0..=7 {
        let analysis = AnalysisSettings {
            boilerplate: false,
            tokens: TokenKind::Char,
            sketch: SketchKind::SimHash,
            distance,
            ..AnalysisSettings::default()
        };
        let sketches: Vec<u64> = texts.iter().map(|text| bits(text, &analysis)).collect();
        let resembling = all_pairs(&texts, &analysis);
        let within: BTreeSet<&Pair> = resembling
            .keys()
            .filter(|(a, b)| {
                let sketch = |key: &str| sketches[key.parse::<usize>().unwrap()];
                (sketch(a) ^ sketch(b)).count_ones() <= distance
            })
            .collect();
        let findings = scan_texts(&texts, &analysis);
        must_be_true(&findings, &resembling);
        let joined = joined(&findings);
        assert!(within.iter().all(|pair| joined.contains(*pair)), "distance {distance}");
        assert!(joined.len() >= before, "distance {distance} finds less than {}", distance - 1);
        before = joined.len();
    }
    assert!(before > 20, "{before} pairs at distance 7");
}

#[test]
fn a_bucket_that_strangers_share_by_chance_joins_none_of_them() {
    let analysis = AnalysisSettings { tokens: TokenKind::Char, width: 4, ..AnalysisSettings::default() };
    let texts = edited_articles();
    let mut hasher = MinHasher::new(analysis.slots, analysis.seed);
    let mut row = |text: &String| {
        let mut row = vec![0; analysis.slots];
        assert!(hasher.fill(shingles(text, &analysis).in_order(), &mut row));
        row
    };
    let rows: Vec<Vec<u32>> = texts.iter().map(&mut row).collect();
    let sets: Vec<ShingleSet> = texts.iter().map(|text| shingles(text, &analysis).set()).collect();
    let found = |mask: u64| {
        let bucket = |band, id: DocId| Some(band::band_key(&rows[id.index()], band, analysis.rows) & mask);
        let candidates =
            band::candidates(texts.len(), analysis.bands, band::largest_bucket(analysis.sketch), bucket, |_, _| true);
        let related = |&(a, b): &(DocId, DocId)| {
            relate(&Evidence::count(&sets[a.index()], &sets[b.index()]), &analysis).is_some()
        };
        let verified =
            candidates.pairs.iter().filter(|pair| related(pair)).map(|(a, b)| (key(a.index()), key(b.index())));
        (candidates.pairs.len(), verified.collect::<BTreeSet<Pair>>())
    };
    let (few, whole) = found(u64::MAX);
    let (many, forced) = found(0xff);
    assert!(many > 20 * few, "{few} candidates with whole keys and {many} with 8 bits");
    let oracle: BTreeSet<Pair> = all_pairs(&texts, &analysis).into_keys().collect();
    assert!(forced.is_subset(&oracle) && whole.is_subset(&forced));
}

// --- the same bytes every time ---

/// Pages of the samples as records: identical, near, unlike and empty ones, and two of one id.
fn sample_records() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/sources/articles");
    let mut paths: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut records = Vec::new();
    for (n, path) in paths.iter().enumerate() {
        let text = fs::read_to_string(path).unwrap();
        let half: String = text.chars().take(text.chars().count() * 4 / 5).collect();
        records.push(record(&format!("{n}"), &text));
        records.push(record(&format!("{n}-again"), &text));
        records.push(record(&format!("{n}-half"), &half));
        records.push(record(&format!("{n}-near"), &text.replace('的', "地")));
    }
    records.push(record("空", ""));
    records.push(record("空", "。"));
    // One id: two unlike texts, and two that differ only in what is not compared.
    records.push(record("同名", ARTICLE));
    records.push(record("同名", OTHER));
    records.push(record("同名", &ARTICLE.replace('。', " ！")));
    records
}

fn json(path: &Path, threads: usize) -> String {
    let settings = Settings { run: RunSettings { threads }, ..Settings::default() };
    scan(&[path.to_owned()], &settings, &Silent).unwrap().to_json()
}

#[test]
fn one_thread_and_seven_give_the_same_bytes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/reposts");
    let records = folder(&[("a.jsonl", sample_records().concat().as_bytes())]);
    for path in [&root, records.path()] {
        let one = json(path, 1);
        assert!(one.contains("\"kind\": \"repost\""));
        assert_eq!(json(path, 2), one);
        assert_eq!(json(path, 7), one);
    }
}

#[test]
fn the_order_of_records_does_not_show() {
    let mut records = sample_records();
    let first = json(folder(&[("a.jsonl", records.concat().as_bytes())]).path(), 2);
    assert!(first.contains("空#2") || first.contains("同名#2"), "{first}");
    for seed in 0..4 {
        records.sort_by_key(|record| hash::number(hash::bytes(record.as_bytes()), seed));
        let turned = json(folder(&[("a.jsonl", records.concat().as_bytes())]).path(), 2);
        let differs = first.lines().zip(turned.lines()).find(|(one, other)| one != other);
        assert!(turned == first, "order {seed}: {differs:?}");
    }
}

#[test]
fn the_place_of_a_folder_and_the_order_of_paths_do_not_show() {
    let copied = ["甲.txt", "乙/丙.txt", "丁.jsonl"];
    let near = format!("{ARTICLE}\n");
    let records = sample_records().concat();
    let bytes = [ARTICLE.as_bytes(), near.as_bytes(), records.as_bytes()];
    let files: Vec<(&str, &[u8])> = copied.into_iter().zip(bytes).collect();
    let turned: Vec<(&str, &[u8])> = files.iter().rev().copied().collect();
    let (one, other) = (folder(&files), folder(&turned));
    assert_eq!(json(one.path(), 2), json(other.path(), 2));
    let both = |first: &TempDir, second: &TempDir| {
        let paths = [first.path().to_owned(), second.path().to_owned()];
        scan(&paths, &Settings::default(), &Silent).unwrap().to_json()
    };
    assert_eq!(both(&one, &other), both(&other, &one));
}

#[test]
fn the_program_gives_the_bytes_of_the_library_with_any_number_of_threads() {
    let folder = folder(&[("a.jsonl", sample_records().concat().as_bytes())]);
    let expected = json(folder.path(), 2);
    for threads in ["1", "2", "7"] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_tongwen"));
        program.env_clear().current_dir(folder.path()).args(["scan", ".", "--format", "json", "--threads", threads]);
        let output = program.output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected, "{threads} threads");
    }
}

// --- short, empty and strange texts ---

#[test]
fn texts_without_a_word_are_like_nothing_and_counted() {
    let nothing = ["", " \n\t\u{3000}", "。", "……！！", "---", "\u{200b}\u{feff}", "😀😀", "。"];
    let ids: Vec<String> = (0..nothing.len()).map(key).collect();
    for sketch in [SketchKind::MinHash, SketchKind::SimHash] {
        let analysis = AnalysisSettings { sketch, ..AnalysisSettings::default() };
        let records = ids.iter().map(String::as_str).zip(nothing).chain([("甲", ARTICLE)]);
        let findings = scan_records(records, &analysis);
        assert_eq!((findings.counts.documents, findings.counts.empty), (9, 8));
        assert!(findings.clusters.is_empty() && findings.relations.is_empty(), "{findings:?}");
    }
}

#[test]
fn short_texts_that_differ_stay_apart_and_equal_ones_meet() {
    let texts = ["船", "渡", "船", "渡口", "渡口。", "口渡", "a", "A", "ab", "7", "70", "７", "不可以", "可以不"];
    let ids: Vec<String> = (0..texts.len()).map(key).collect();
    for (tokens, width) in [(TokenKind::Word, 2), (TokenKind::Word, 5), (TokenKind::Char, 4), (TokenKind::Char, 1)] {
        for sketch in [SketchKind::MinHash, SketchKind::SimHash] {
            let analysis = AnalysisSettings { tokens, width, sketch, ..AnalysisSettings::default() };
            let findings = scan_records(ids.iter().map(String::as_str).zip(texts), &analysis);
            let mut expected = BTreeSet::from([pair(&key(0), &key(2)), pair(&key(3), &key(4)), pair(&key(6), &key(7))]);
            expected.insert(pair(&key(9), &key(11)));
            if (tokens, width) == (TokenKind::Char, 1) {
                // By sets of characters an anagram is the same text.
                let anagrams = [(3, 5), (4, 5), (12, 13)];
                expected.extend(anagrams.map(|(a, b)| pair(&key(a), &key(b))));
            }
            assert_eq!(joined(&findings), expected, "{tokens:?} {width} {sketch:?}");
            assert_eq!(findings.counts.documents, texts.len() as u64);
        }
    }
}

#[test]
fn a_chinese_paragraph_without_spaces_is_more_than_one_word() {
    let near = ARTICLE.replace("清晨", "傍晚");
    for tokens in [TokenKind::Word, TokenKind::Char] {
        let analysis = AnalysisSettings { tokens, threshold: 0.6, ..AnalysisSettings::default() };
        let findings = scan_records([("甲", ARTICLE), ("乙", &near), ("丙", OTHER)], &analysis);
        assert_eq!(listed(&findings).into_iter().collect::<Vec<_>>(), [(pair("甲", "乙"), RelationKind::Repost)]);
    }
}

#[test]
fn the_ends_of_a_chain_of_edits_are_not_said_to_be_alike() {
    // Each text is the one before it moved on by a step, so neighbours share most and the ends little.
    let source: Vec<char> = include_str!("../samples/sources/articles/tea.txt").chars().collect();
    let texts: Vec<String> = (0..8).map(|n| source[n * 30..n * 30 + 400].iter().collect()).collect();
    let analysis = AnalysisSettings { boilerplate: false, bands: 128, rows: 1, ..AnalysisSettings::default() };
    let oracle = all_pairs(&texts, &analysis);
    let neighbours: Vec<Pair> = (1..8).map(|n| (key(n - 1), key(n))).collect();
    assert!(neighbours.iter().all(|pair| oracle.contains_key(pair)) && !oracle.contains_key(&(key(0), key(7))));
    let findings = scan_texts(&texts, &analysis);
    must_be_true(&findings, &oracle);
    let joined = joined(&findings);
    assert!(neighbours.iter().all(|pair| joined.contains(pair)));
    assert!(!joined.contains(&(key(0), key(7))), "{:?}", groups(&findings));
}

#[test]
fn folded_characters_do_not_make_another_text() {
    for [one, other] in [
        ["皇后以后发展头发", "皇后以後發展頭髮"],
        ["房间里面，因为一群人", "房間裡面，因爲一羣人"],
        ["房间里面，因为一群人", "房間裏面,因為一群人"],
        ["不要更新这一行记录", "不要\u{f901}新这一行记录"],
        ["甲乙丙丁𠮷野家三号", "甲乙丙丁\u{20bb7}野家三號"],
        ["二〇二三年共１２３人ＡＢＣ", "二〇二三年共123人abc"],
        ["渡口的船工在清晨出发", "渡口的\u{3000}船工\u{200b}在清晨\u{feff}出发"],
        [
            "Việt Nam và café ở bến đò",
            "Vie\u{323}\u{302}t Nam va\u{300} cafe\u{301} o\u{31b}\u{309} be\u{302}\u{301}n đo\u{300}",
        ],
    ] {
        let findings = scan_records([("甲", one), ("乙", other)], &AnalysisSettings::default());
        let said: Vec<_> = listed(&findings).into_iter().collect();
        assert_eq!(said, [(pair("甲", "乙"), RelationKind::Identical)], "{one} / {other}");
    }
}

#[test]
fn two_documents_of_one_key_are_told_apart_and_not_merged() {
    let findings = scan_records(
        [("同名", ARTICLE), ("同名", OTHER), ("同名", ARTICLE), ("同名#2", "别的")],
        &AnalysisSettings::default(),
    );
    assert_eq!(findings.counts.documents, 4);
    assert_eq!(findings.notes.len(), 1, "{:?}", findings.notes);
    assert!(findings.notes[0].starts_with("2 documents are of a key that had occurred before"), "{:?}", findings.notes);
    let groups = groups(&findings);
    assert_eq!(groups.len(), 1);
    let keys: HashSet<&str> = groups[0].iter().copied().collect();
    assert!(keys.len() == 2 && keys.is_subset(&HashSet::from(["同名", "同名#3", "同名#4"])), "{keys:?}");
}

// --- texts of few symbols ---

/// Texts of `length` symbols drawn at random, each from its own seed.
fn random_texts(symbols: &[&str], separator: &str, length: u64, texts: u64) -> Vec<String> {
    let drawn = |n: u64, text: u64| symbols[(hash::number(n, text) >> 32) as usize % symbols.len()];
    (0..texts).map(|text| (0..length).map(|n| drawn(n, text)).collect::<Vec<_>>().join(separator)).collect()
}

fn both_kinds_of_tokens() -> [AnalysisSettings; 2] {
    [TokenKind::Word, TokenKind::Char].map(|tokens| AnalysisSettings {
        tokens,
        width: tokens.default_width(),
        ..AnalysisSettings::default()
    })
}

#[test]
fn texts_of_one_repeated_character_match_only_texts_of_the_same_character() {
    let texts = ["啊".repeat(1000), "哦".repeat(1000), "啊".repeat(1000), "a ".repeat(1000), "b ".repeat(1000)];
    for analysis in both_kinds_of_tokens() {
        assert_eq!(joined(&scan_texts(&texts, &analysis)), BTreeSet::from([pair(&key(0), &key(2))]));
    }
}

#[test]
fn a_chant_and_a_longer_chant_are_reposts_and_not_identical() {
    // What is said is the same, how often it is said is not: resemblance is of sets.
    let chant = "前面的人走了，后面的人还在唱。";
    for analysis in both_kinds_of_tokens() {
        let findings = scan_texts(&[chant.repeat(100), chant.repeat(300)], &analysis);
        assert_eq!(listed(&findings).into_values().collect::<Vec<_>>(), [RelationKind::Repost]);
        assert_eq!(findings.relations[0].resemblance, 1.0);
    }
}

#[test]
fn tables_of_numbers_that_differ_do_not_match() {
    let numbers: Vec<String> = (1000..9999).map(|number| number.to_string()).collect();
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    for analysis in both_kinds_of_tokens() {
        assert_eq!(joined(&scan_texts(&random_texts(&numbers, "\t", 500, 6), &analysis)), BTreeSet::new());
    }
}

#[test]
#[ignore = "two symbols make sixteen shingles of four, and any long text of them holds all of those"]
fn independent_texts_of_few_symbols_do_not_match() {
    for (symbols, separator) in [
        (&["甲", "乙"][..], ""),
        (&["0", "1"], " "),
        (&["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"], "\t"),
        (&["哈", "呵", "嘻"], "，"),
    ] {
        for analysis in both_kinds_of_tokens() {
            let mut texts = random_texts(symbols, separator, 2000, 4);
            // An edited copy is still found among them.
            texts.push(format!("{}{separator}{}", texts[0], symbols[0]));
            let findings = scan_texts(&texts, &analysis);
            assert_eq!(joined(&findings), BTreeSet::from([pair(&key(0), &key(4))]), "{symbols:?} {analysis:?}");
        }
    }
}

// --- many and long documents ---

#[test]
fn twenty_thousand_copies_of_a_page_are_one_cluster_at_the_price_of_reading_them() {
    const COPIES: usize = 20_000;
    let seconds = |copies: usize| {
        let texts = vec![ARTICLE.to_owned(); copies];
        let start = Instant::now();
        let findings = scan_texts(&texts, &AnalysisSettings::default());
        let clusters = clusters(&findings);
        assert_eq!((clusters.len(), clusters[0].1.len()), (1, copies));
        assert_eq!(findings.counts.candidates, 0);
        assert_eq!(findings.relations.len(), copies - 1);
        start.elapsed().as_secs_f64()
    };
    let (few, many) = (seconds(COPIES / 8), seconds(COPIES));
    // Eight times the copies; comparing all pairs would take 64 times as long.
    assert!(many < few * 40.0 + 1.0, "{few} s, then {many} s");
}

#[test]
fn twenty_thousand_pages_without_a_word_are_counted_and_no_cluster() {
    let texts: Vec<String> = (0..20_000).map(|n| ["", "  ", "，。！", "……"][n % 4].to_owned()).collect();
    let findings = scan_texts(&texts, &AnalysisSettings::default());
    assert_eq!((findings.counts.documents, findings.counts.empty), (20_000, 20_000));
    assert!(findings.clusters.is_empty() && findings.relations.is_empty() && findings.counts.candidates == 0);
}

#[test]
fn pages_that_share_thousands_of_lines_are_one_group_at_the_price_of_reading_them() {
    // Of 5,000 characters, so that lines have little in common by chance.
    let character = |drawn: u64| char::from_u32(0x4e00 + (drawn >> 32) as u32 % 5000).unwrap();
    let line = |seed: u64, length: u64| -> String { (0..length).map(|at| character(hash::number(at, seed))).collect() };
    let shared = (0..10_000).map(|number| line(number, 12) + "\n").collect::<String>();
    let article = |page: u64| (0..20).map(|at| line(1_000_000 + page * 100 + at, 60) + "\n").collect::<String>();
    let texts: Vec<String> = (0..6).map(|page| article(page) + &shared).collect();
    let findings = scan_texts(&texts, &AnalysisSettings::default());
    assert!(findings.clusters.iter().any(|cluster| cluster.len() == 6));
}

#[test]
fn thousands_of_pages_that_differ_in_a_number_are_all_found() {
    let article = include_str!("../samples/sources/articles/bridge.txt");
    let texts: Vec<String> = (0..2000).map(|n| format!("{article}\n编号 {}", n * 7919)).collect();
    let findings =
        scan_texts(&texts, &AnalysisSettings { tokens: TokenKind::Char, width: 4, ..AnalysisSettings::default() });
    let members: usize = clusters(&findings).iter().map(|(_, members)| members.len()).sum();
    assert_eq!((clusters(&findings).len(), members), (1, 2000), "{:?}", findings.notes);
    assert!(findings.counts.candidates < 2000 * 64, "{}", findings.counts.candidates);
}

#[test]
fn a_long_text_on_one_line_is_a_repost_of_the_same_text_on_many() {
    // 3 MB of sentences that differ; in the copy neither a newline nor a space, and nothing at the end.
    let characters: Vec<char> = ARTICLE.chars().chain(OTHER.chars()).filter(|c| c.is_alphanumeric()).collect();
    let sentence = |n: u64| -> String {
        (0..20).map(|i| characters[hash::number(i, n) as usize % characters.len()]).chain(['。']).collect()
    };
    let sentences: Vec<String> = (0..50_000).map(sentence).collect();
    let (lines, line) = (sentences.join("\n"), sentences.concat());
    let no_stop: String = line.chars().filter(|c| c.is_alphanumeric()).collect();
    let files = folder(&[
        ("lines.txt", lines.as_bytes()),
        ("line.txt", line.trim_end_matches('。').as_bytes()),
        ("no-stop.txt", no_stop.as_bytes()),
    ]);
    let analysis = AnalysisSettings { tokens: TokenKind::Char, width: 4, ..AnalysisSettings::default() };
    let findings = scanned(files.path(), &analysis);
    assert_eq!(findings.counts.documents, 3);
    assert!(listed(&findings).values().all(|kind| *kind == RelationKind::Identical), "{:?}", listed(&findings));
    assert_eq!(groups(&findings).iter().map(Vec::len).collect::<Vec<_>>(), [3]);
}

#[test]
fn one_article_in_every_encoding_and_dress_is_identical() {
    let text = ARTICLE;
    let traditional = "渡口的老船工每天清晨都要把繩索檢查一遍。他說，河水記得每一個粗心的人。";
    let page = |label: &str, text: &str| format!("<html><head><meta charset={label}></head><body><p>{text}</p></body>");
    let gbk = |text: &str| encoding_rs::GBK.encode(text).0.into_owned();
    let mut cut = text.as_bytes().to_vec();
    cut.extend(&"船".as_bytes()[..2]);
    let mut gbk_cut = gbk(text);
    gbk_cut.push(gbk("船")[0]);
    let utf16: Vec<u8> = "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let files = folder(&[
        ("utf-8.txt", text.as_bytes()),
        ("mark.txt", format!("\u{feff}{text}\n").as_bytes()),
        ("null.txt", text.replacen('。', "\0。", 1).as_bytes()),
        ("cut.txt", &cut),
        ("gbk.txt", &gbk(text)),
        ("gbk-cut.txt", &gbk_cut),
        ("utf-16.txt", &utf16),
        ("gb2312.html", &gbk(&page("gb2312", text))),
        ("gb18030-as-utf-8.html", &gbk(&page("utf-8", text))),
        ("utf-8-as-gb2312.html", page("gb2312", text).as_bytes()),
        ("big5.html", &encoding_rs::BIG5.encode(&page("big5", traditional)).0),
        ("traditional.txt", traditional.as_bytes()),
        ("crlf.txt", text.replace('。', "。\r\n").as_bytes()),
    ]);
    let findings = scanned(files.path(), &AnalysisSettings::default());
    assert_eq!(findings.skipped, []);
    assert_eq!(groups(&findings).iter().map(Vec::len).collect::<Vec<_>>(), [13], "{:?}", groups(&findings));
    assert!(listed(&findings).values().all(|kind| *kind == RelationKind::Identical));
}

#[test]
fn a_character_of_gb18030_under_a_gb2312_label_is_read() {
    let text = format!("㐂𠮷{ARTICLE}");
    let page = format!("<meta charset=gb2312><p>{text}");
    let files = folder(&[("a.txt", text.as_bytes()), ("b.html", &encoding_rs::GB18030.encode(&page).0)]);
    let findings = scanned(files.path(), &AnalysisSettings::default());
    assert_eq!(listed(&findings).into_values().collect::<Vec<_>>(), [RelationKind::Identical]);
}

#[test]
fn a_file_that_is_no_text_is_listed_and_the_rest_is_compared() {
    let files =
        folder(&[("甲.txt", ARTICLE.as_bytes()), ("乙.txt", ARTICLE.as_bytes()), ("图.txt", b"\x89PNG\r\n\x1a\n\0\0")]);
    let findings = scanned(files.path(), &AnalysisSettings::default());
    assert_eq!(findings.skipped.iter().map(|skipped| skipped.key.as_str()).collect::<Vec<_>>(), ["图.txt"]);
    assert_eq!((findings.counts.documents, findings.counts.skipped), (2, 1));
    assert_eq!(joined(&findings), BTreeSet::from([pair("甲.txt", "乙.txt")]));
}

#[test]
fn a_corrupt_record_of_a_packed_file_costs_itself_only() {
    let mut lines: Vec<String> = (1..=10).map(|n| record(&format!("{n:02}"), ARTICLE)).collect();
    lines[6] = "{\"id\": \"07\", \"text\": \"渡口的老\n".into();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(lines.concat().as_bytes()).unwrap();
    let zstd = zstd::encode_all(lines.concat().as_bytes(), 3).unwrap();
    for (name, packed) in [("页.jsonl.gz", gzip.finish().unwrap()), ("页.jsonl.zst", zstd)] {
        let findings = scanned(folder(&[(name, &packed)]).path(), &AnalysisSettings::default());
        assert_eq!(findings.skipped.len(), 1);
        assert_eq!(findings.skipped[0].key, format!("{name}:7"));
        assert_eq!(groups(&findings).iter().map(Vec::len).collect::<Vec<_>>(), [9]);
    }
}

#[cfg(unix)]
#[test]
fn a_page_is_no_repost_of_itself_under_another_name() {
    let files = folder(&[("甲.txt", ARTICLE.as_bytes()), ("丙/乙.txt", OTHER.as_bytes())]);
    let root = files.path();
    fs::hard_link(root.join("甲.txt"), root.join("硬.txt")).unwrap();
    std::os::unix::fs::symlink(root, root.join("丙/回")).unwrap();
    std::os::unix::fs::symlink(root.join("甲.txt"), root.join("丙/软.txt")).unwrap();
    let paths = [root.to_owned(), root.join("甲.txt"), root.join("丙")];
    let findings = scan(&paths, &Settings::default(), &Silent).unwrap();
    assert_eq!(findings.counts.documents, 2);
    assert!(findings.clusters.is_empty() && findings.relations.is_empty());
    // The hard link and the link to a file, the first file named itself, and the two in the folder that is named itself, where
    // the link leads to four names again.
    let note = "9 names of files are passed over: a link, or named twice; each file is read once";
    assert_eq!(findings.notes, [note]);
}

#[test]
fn a_text_whose_characters_are_set_apart_is_the_same_text() {
    let apart = |text: &str| text.chars().map(String::from).collect::<Vec<_>>().join(" ");
    let page = format!("<html><body><p>{}</p><p>{}</p></body></html>", apart(ARTICLE), apart(OTHER));
    let files =
        [("甲.txt", format!("{ARTICLE}\n{OTHER}")), ("乙.txt", format!("{}\n{}", apart(ARTICLE), apart(OTHER)))];
    let [(a, plain), (b, spaced)] = &files;
    let files = folder(&[(*a, plain.as_bytes()), (*b, spaced.as_bytes()), ("丙.html", page.as_bytes())]);
    let findings = scanned(files.path(), &AnalysisSettings::default());
    let kinds: Vec<RelationKind> = findings.relations.iter().map(|relation| relation.kind).collect();
    assert_eq!(kinds, [RelationKind::Identical; 2]);
}

#[test]
fn every_width_takes_lines_that_are_shorter_than_it() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    for tokens in [TokenKind::Word, TokenKind::Char] {
        for width in 1..=64 {
            let analysis = AnalysisSettings { tokens, width, ..AnalysisSettings::default() };
            for name in ["reposts", "templates", "records.jsonl"] {
                assert!(scanned(&samples.join(name), &analysis).counts.documents > 0, "{name}, {width} {tokens:?}");
            }
        }
    }
}
