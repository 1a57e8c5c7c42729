//! What stays of a corpus, written and removed, by the files that are there afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use tongwen::error::Error;
use tongwen::findings::{Cluster, Findings};
use tongwen::pipeline::dedup::{apply, check, delete, plan};
use tongwen::pipeline::{Phase, Progress, Silent, scan};
use tongwen::plan::{Plan, Preference};
use tongwen::report::{self, Done, TextOptions};
use tongwen::settings::{InputSettings, RunSettings, Settings};

const REPOSTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/reposts");
const ARTICLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/sources/articles");

fn planned(paths: &[PathBuf], keep: &[&str], settings: &Settings) -> (Findings, Plan) {
    let preferences: Vec<Preference> = keep.iter().map(|typed| Preference::parse(typed).unwrap()).collect();
    let findings = scan(paths, settings, &Silent).unwrap();
    let plan = plan(&findings, paths, &preferences, settings, &Silent).unwrap();
    (findings, plan)
}

/// The keys of each repost cluster.
fn groups(findings: &Findings) -> Vec<Vec<&str>> {
    let reposts = findings.clusters.iter().filter_map(|cluster| match cluster {
        Cluster::Repost { members, .. } => Some(members.iter().map(|member| member.key.as_str()).collect()),
        Cluster::Boilerplate { .. } => None,
    });
    reposts.collect()
}

fn article(name: &str) -> String {
    fs::read_to_string(Path::new(ARTICLES).join(name).with_extension("txt")).unwrap()
}

/// The first part of a text, in characters.
fn beginning(text: &str, share: f64) -> String {
    text.chars().take((text.chars().count() as f64 * share) as usize).collect()
}

/// All files under a folder, by their names in it.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in files_under(folder) {
        let name = entry.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
        files.insert(name, fs::read(&entry).unwrap());
    }
    files
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_under(&path)) } else { files.push(path) }
    }
    files
}

fn record(id: &str, text: &str) -> String {
    format!("{{\"id\": \"{id}\",  \"text\": {}, \"tags\": [ 1,2 ]}}", serde_json::Value::from(text))
}

fn dropped(plan: &Plan) -> BTreeSet<&str> {
    plan.dropped().map(|(_, dropped)| dropped.key.as_str()).collect()
}

#[test]
fn a_scan_of_what_stays_finds_no_repost_whatever_is_preferred() {
    let paths = [PathBuf::from(REPOSTS)];
    let all = tree(Path::new(REPOSTS));
    for keep in [&["longest"][..], &["cleanest"], &["first"], &["newest"], &["xuehai/*", "cleanest"]] {
        let (findings, plan) = planned(&paths, keep, &Settings::default());
        let goes = dropped(&plan);
        let members: usize = groups(&findings).iter().map(|group| group.len() - 1).sum();
        assert!(goes.len() >= members, "{keep:?}");
        assert_eq!(plan.counts.left, 0);
        let folder = tempfile::tempdir().unwrap();
        let clean = folder.path().join("clean");
        apply(&plan, &paths, &clean, false, &Settings::default(), &Silent).unwrap();
        let expected: BTreeMap<_, _> =
            all.iter().filter(|(name, _)| !goes.contains(name.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect();
        assert_eq!(tree(&clean), expected, "{keep:?}");
        let again = scan(&[clean], &Settings::default(), &Silent).unwrap();
        assert_eq!(groups(&again), Vec::<Vec<&str>>::new(), "{keep:?}");
        // Nothing of an article is gone that no other page has.
        assert!(plan.dropped().all(|(_, dropped)| dropped.unique < 0.05), "{keep:?}");
    }
}

#[test]
fn a_plan_of_which_an_entry_was_taken_out_does_not_say_that_no_repost_remains() {
    let (_, mut plan) = planned(&[REPOSTS.into()], &[], &Settings::default());
    let shown = |plan: &Plan| {
        let mut out = Vec::new();
        report::plan(plan, &Done::default(), &TextOptions::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    assert!(shown(&plan).contains("no repost remains"));
    plan.kept[0].dropped.pop();
    let edited = shown(&plan);
    assert!(edited.contains("1 entry taken out of the plan") && !edited.contains("no repost remains"), "{edited}");
    plan.kept.clear();
    let edited = shown(&plan);
    assert!(edited.contains("entries taken out of the plan") && !edited.contains("no repost remains"), "{edited}");
}

#[test]
fn a_preferred_site_is_kept_where_it_has_the_article() {
    let (_, plan) = planned(&[REPOSTS.into()], &["xuehai/*"], &Settings::default());
    for kept in &plan.kept {
        if kept.dropped.iter().any(|dropped| dropped.key.starts_with("xuehai/")) {
            // Only another page of the site comes before, or one that has clearly more.
            assert!(kept.key.starts_with("xuehai/") || kept.why.contains("comes before it"), "{kept:?}");
        }
    }
    assert!(plan.kept.iter().any(|kept| kept.key.starts_with("xuehai/") && kept.why == "it matches `xuehai/*`"));
}

#[test]
fn of_an_article_and_half_of_it_the_whole_stays_though_the_half_comes_first() {
    let folder = tempfile::tempdir().unwrap();
    let whole = article("bridge");
    fs::write(folder.path().join("a-half.txt"), beginning(&whole, 0.5)).unwrap();
    fs::write(folder.path().join("b-whole.txt"), &whole).unwrap();
    let (findings, plan) = planned(&[folder.path().into()], &["first"], &Settings::default());
    assert_eq!(groups(&findings).len(), 1);
    assert_eq!(plan.kept[0].key, "b-whole.txt");
    assert!(plan.kept[0].why.starts_with("`a-half.txt` comes before it, and has only "), "{}", plan.kept[0].why);
    assert_eq!((plan.kept[0].dropped[0].key.as_str(), plan.kept[0].dropped[0].unique), ("a-half.txt", 0.0));
}

/// A part of a text, from one share of its characters to another.
fn part(text: &str, from: f64, to: f64) -> String {
    let count = text.chars().count() as f64;
    text.chars().skip((count * from) as usize).take((count * (to - from)) as usize).collect()
}

#[test]
fn a_preference_for_keys_that_are_not_there_is_refused() {
    let paths = [PathBuf::from("samples/reposts")];
    let settings = Settings::default();
    let findings = scan(&paths, &settings, &Silent).unwrap();
    let refused = |typed: &str| plan(&findings, &paths, &[Preference::parse(typed).unwrap()], &settings, &Silent).err();
    assert!(refused("newset").unwrap().to_string().contains("`newset` is no key"));
    for meant in ["xuehai/*", "none-today/*", "newest.txt*"] {
        assert!(refused(meant).is_none(), "{meant}");
    }
}

/// What is planned for some pages of one folder, and how many repost clusters a scan of the result finds.
fn planned_for(pages: &[(&str, String)], keep: &[&str]) -> (Plan, usize) {
    let folder = tempfile::tempdir().unwrap();
    let paths = [folder.path().join("pages")];
    fs::create_dir(&paths[0]).unwrap();
    pages.iter().for_each(|(name, text)| fs::write(paths[0].join(name), text).unwrap());
    let (_, plan) = planned(&paths, keep, &Settings::default());
    let clean = folder.path().join("clean");
    apply(&plan, &paths, &clean, false, &Settings::default(), &Silent).unwrap();
    let found = scan(&[clean], &Settings::default(), &Silent).unwrap();
    (plan, groups(&found).len())
}

#[test]
fn pages_of_one_word_and_a_frame_are_planned_and_read_back() {
    let folder = tempfile::tempdir().unwrap();
    for article in files_under(Path::new(ARTICLES)) {
        let text = fs::read_to_string(&article).unwrap() + "\n打印\n";
        fs::write(folder.path().join(article.file_name().unwrap()), text).unwrap();
    }
    for name in ["甲", "乙"] {
        fs::write(folder.path().join(name).with_extension("txt"), "茶馆\n打印\n").unwrap();
    }
    let (findings, plan) = planned(&[folder.path().into()], &[], &Settings::default());
    // Of each its content is one word, which is no shingle: of such there is none that the two could share.
    let Some(Cluster::Repost { members, .. }) = findings.clusters.first() else { panic!("{:?}", findings.clusters) };
    let shares = members.iter().map(|member| (member.resemblance, member.containment));
    assert_eq!(shares.collect::<Vec<_>>(), [(1.0, 1.0); 2]);
    let path = Path::new("");
    assert_eq!(Findings::from_json(findings.to_json().as_bytes(), path).unwrap().clusters, findings.clusters);
    assert_eq!(Plan::from_json(plan.to_json().as_bytes(), path).unwrap(), plan);
    assert_eq!(dropped(&plan), BTreeSet::from(["甲.txt"]));
}

#[test]
fn a_page_that_runs_two_articles_together_is_not_kept_in_the_place_of_one_of_them() {
    let (bridge, birds) = (article("bridge"), article("birds"));
    let both = format!("{bridge}\n{}", part(&birds, 0.0, 0.45));
    let pages = [("a-both.txt", both), ("b-bridge.txt", bridge), ("c-birds.txt", birds)];
    for keep in ["first", "longest", "a-*"] {
        let (plan, left) = planned_for(&pages, &[keep]);
        assert_eq!((dropped(&plan), left), (BTreeSet::from(["a-both.txt"]), 0), "{keep}");
        let kept = &plan.kept[0];
        assert!(kept.why.starts_with("`a-both.txt` comes before it, and "), "{}", kept.why);
        assert!(kept.why.ends_with("% of that is of other articles, as `c-birds.txt`"), "{}", kept.why);
        assert_eq!(kept.dropped[0].unique, 0.0);
    }
}

#[test]
fn a_page_that_runs_two_articles_together_is_kept_where_it_alone_has_one_of_them() {
    let (bridge, birds) = (article("bridge"), article("birds"));
    let pages = [("a-bridge.txt", bridge.clone()), ("b-both.txt", format!("{bridge}\n{}", part(&birds, 0.0, 0.45)))];
    let (plan, left) = planned_for(&pages, &["first"]);
    assert_eq!((dropped(&plan), left), (BTreeSet::from(["a-bridge.txt"]), 0));
    assert!(plan.kept[0].why.starts_with("`a-bridge.txt` comes before it, and has only "), "{}", plan.kept[0].why);
    assert_eq!(plan.kept[0].dropped[0].unique, 0.0);
    assert!(plan.notes.is_empty());
}

#[test]
fn an_article_of_which_both_halves_are_run_together_with_others_stays_whole() {
    let [bridge, birds, tea] = ["bridge", "birds", "tea"].map(article);
    let pages = [
        ("a.txt", format!("{}\n{}", part(&bridge, 0.0, 0.6), part(&birds, 0.0, 0.42))),
        ("b.txt", bridge.clone()),
        ("c.txt", bridge.replace('，', "").replace("的", "之")),
        ("d.txt", birds),
        ("e.txt", tea.clone()),
        ("f.txt", format!("{tea}\n{}", part(&bridge, 0.6, 1.0))),
    ];
    for keep in ["first", "longest"] {
        let (plan, left) = planned_for(&pages, &[keep]);
        let goes = dropped(&plan);
        assert!(goes.contains("a.txt") && goes.contains("b.txt") != goes.contains("c.txt"), "{keep}: {goes:?}");
        assert_eq!(left, 0);
        assert!(plan.dropped().all(|(_, dropped)| dropped.unique < 0.2), "{keep}: {plan:?}");
    }
}

/// Two pages of one article, with so many characters of others below it.
fn with_additions(birds: usize, tea: usize) -> [(&'static str, String); 2] {
    let below = |name: &str, count: usize| {
        let added: String = article(name).chars().take(count).collect();
        format!("{}\n{added}", article("bridge"))
    };
    [("a.txt", below("birds", birds)), ("b.txt", below("tea", tea))]
}

#[test]
fn a_page_beside_which_more_than_a_fifth_of_another_is_lost_is_not_kept_where_one_is_beside_which_less_is() {
    let (plan, left) = planned_for(&with_additions(165, 205), &["first"]);
    assert_eq!((dropped(&plan), left), (BTreeSet::from(["a.txt"]), 0));
    assert!(plan.kept[0].why.starts_with("`a.txt` comes before it, and has only "), "{}", plan.kept[0].why);
    let unique = plan.kept[0].dropped[0].unique;
    assert!(unique > 0.1 && unique <= 0.2 && plan.notes.is_empty(), "{plan:?}");
    // Beside either less than a fifth is lost: it is a matter of preference.
    let (plan, _) = planned_for(&with_additions(120, 150), &["first"]);
    assert_eq!((dropped(&plan), plan.kept[0].why.as_str()), (BTreeSet::from(["b.txt"]), "the first key"));
}

#[test]
fn of_two_pages_that_both_lack_much_the_one_stays_beside_which_less_is_lost_and_the_plan_says_so() {
    for (birds, tea, goes, why) in [
        (
            235,
            260,
            "a.txt",
            "the least is lost beside it, and none makes up for the others: `a.txt` comes before it, and has only 7",
        ),
        (260, 235, "b.txt", "none holds more: each lacks something of the others"),
    ] {
        let (plan, left) = planned_for(&with_additions(birds, tea), &["first"]);
        assert_eq!((dropped(&plan), left), (BTreeSet::from([goes]), 0));
        assert!(plan.kept[0].why.starts_with(why), "{}", plan.kept[0].why);
        assert!(plan.kept[0].dropped[0].unique > 0.2);
        let note = "more than 20% of the content of 1 page that goes is in no page that is kept";
        assert!(plan.notes[0].starts_with(note), "{:?}", plan.notes);
    }
}

#[test]
fn records_stay_byte_for_byte_in_files_packed_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let (bridge, birds) = (article("bridge"), article("birds"));
    let lines = [
        "\u{feff}".to_owned() + &record("1", &bridge),
        String::new(),
        record("2", &birds) + "  \r",
        "{ broken".into(),
        record("3", &bridge.replace('，', ",")),
        record("4", &article("tea")),
    ];
    let plain = lines.join("\n");
    fs::write(folder.path().join("a.jsonl"), &plain).unwrap();
    let second = [record("5", &birds), record("6", &article("kiln"))].join("\n") + "\n";
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(second.as_bytes()).unwrap();
    fs::write(folder.path().join("b.jsonl.gz"), gzip.finish().unwrap()).unwrap();
    let third = [record("7", &birds), record("8", &article("school"))].join("\n");
    fs::write(folder.path().join("c.jsonl.zst"), zstd::encode_all(third.as_bytes(), 1).unwrap()).unwrap();

    let paths = [folder.path().to_owned()];
    let (_, plan) = planned(&paths, &["first"], &Settings::default());
    assert_eq!(dropped(&plan), BTreeSet::from(["3", "5", "7"]));
    let out = tempfile::tempdir().unwrap();
    // An empty folder may be there.
    let applied = apply(&plan, &paths, out.path(), false, &Settings::default(), &Silent).unwrap();
    assert_eq!((applied.copied.files, applied.copied.lines, applied.torn), (3, 7, Vec::new()));
    let expected = [&lines[..4], &lines[5..]].concat().join("\n");
    assert_eq!(fs::read_to_string(out.path().join("a.jsonl")).unwrap(), expected);
    let mut unpacked = String::new();
    let packed = fs::File::open(out.path().join("b.jsonl.gz")).unwrap();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(packed), &mut unpacked).unwrap();
    assert_eq!(unpacked, second.split_inclusive('\n').nth(1).unwrap());
    let packed = fs::read(out.path().join("c.jsonl.zst")).unwrap();
    assert_eq!(zstd::decode_all(&*packed).unwrap(), third.split_inclusive('\n').nth(1).unwrap().as_bytes());

    let refused = apply(&plan, &paths, out.path(), false, &Settings::default(), &Silent).unwrap_err().to_string();
    assert!(refused.ends_with("is not empty: name a new folder"), "{refused}");
}

/// A file that lacks its last bytes: of gzip the checksum, so all that was packed is read before the break.
fn torn(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    let mut packed = gzip.finish().unwrap();
    packed.truncate(packed.len() - 4);
    packed
}

#[test]
fn what_is_read_before_a_file_breaks_off_is_written_and_the_rest_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (bridge, birds) = (article("bridge"), article("birds"));
    let lines = [record("1", &bridge), record("2", &birds), record("3", &bridge)].join("\n");
    fs::write(folder.path().join("a.jsonl.gz"), torn(lines.as_bytes())).unwrap();
    fs::write(folder.path().join("b.txt.gz"), torn(birds.as_bytes())).unwrap();
    fs::write(folder.path().join("c.txt.gz"), torn(article("tea").as_bytes())).unwrap();
    // What is broken in itself is there all the same, and so is what is no text.
    fs::write(folder.path().join("d.jsonl"), record("4", &article("kiln")) + "\n{ broken\n").unwrap();
    fs::write(folder.path().join("e.png"), b"\x89PNG\r\n\x1a\n\0\0").unwrap();
    let paths = [folder.path().to_owned()];
    let (findings, plan) = planned(&paths, &["first"], &Settings::default());
    assert_eq!(dropped(&plan), BTreeSet::from(["3", "b.txt.gz"]));
    let out = tempfile::tempdir().unwrap();
    for (name, is_stripped) in [("whole", false), ("stripped", true)] {
        let out = out.path().join(name);
        let applied = apply(&plan, &paths, &out, is_stripped, &Settings::default(), &Silent).unwrap();
        let files: Vec<&str> = applied.torn.iter().map(|skipped| skipped.torn.as_deref().unwrap()).collect();
        assert_eq!(files, ["a.jsonl.gz", "b.txt.gz", "c.txt.gz"]);
        let told: Vec<_> = applied.torn.iter().map(|skipped| (&skipped.key, &skipped.reason)).collect();
        let is_torn = |reason: &str| reason.contains("cut off");
        let listed = findings.skipped.iter().filter(|skipped| is_torn(&skipped.reason));
        assert_eq!(told, listed.map(|skipped| (&skipped.key, &skipped.reason)).collect::<Vec<_>>());
        assert_eq!(told[0].0, "a.jsonl.gz:3");
        let mut unpacked = String::new();
        let packed = fs::File::open(out.join("a.jsonl.gz")).unwrap();
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(packed), &mut unpacked).unwrap();
        // The last record is whole, and goes; that the file breaks off behind it does not bring it back.
        assert_eq!(unpacked.lines().count(), 2, "{unpacked}");
        assert_eq!(applied.copied.lines, 4);
        assert_eq!(applied.copied.notes.len(), 1, "{:?}", applied.copied.notes);
        assert!(!out.join("b.txt.gz").exists());
        assert!(out.join("c.txt.gz").exists());
        assert!(out.join("e.png").exists());
    }
    let original = fs::read(folder.path().join("c.txt.gz")).unwrap();
    assert_eq!(fs::read(out.path().join("whole/c.txt.gz")).unwrap(), original);
}

#[test]
fn a_page_that_breaks_off_goes_in_favour_of_the_whole_one_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let birds = article("birds");
    fs::write(folder.path().join("a.txt.gz"), torn(birds.as_bytes())).unwrap();
    fs::write(folder.path().join("b.txt"), &birds).unwrap();
    let paths = [folder.path().to_owned()];
    for preference in ["first", "longest", "a.*"] {
        let (_, plan) = planned(&paths, &[preference], &Settings::default());
        assert_eq!(dropped(&plan), BTreeSet::from(["a.txt.gz"]), "{preference}");
        assert_eq!(plan.kept[0].why, "`a.txt.gz` breaks off");
    }
    let (_, plan) = planned(&paths, &["first"], &Settings::default());
    let journal = tempfile::tempdir().unwrap();
    let deleted = delete(&plan, &paths, &journal.path().join("gone"), &Settings::default(), &Silent).unwrap();
    assert_eq!((deleted.moved, deleted.torn.len()), (1, 1));
    assert_eq!(deleted.torn[0].torn.as_deref(), Some("a.txt.gz"));
}

#[test]
fn records_in_utf_16_are_refused_however_they_are_packed() {
    // A line feed is half of 上.
    let text = article("bridge").replace('桥', "上");
    let lines = ["a", "b"].map(|id| record(id, &text)).join("\n");
    let utf_16: Vec<u8> = "\u{feff}".encode_utf16().chain(lines.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&utf_16).unwrap();
    let packed = [
        ("a.jsonl", utf_16.clone()),
        ("a.jsonl.gz", gzip.finish().unwrap()),
        ("a.jsonl.zst", zstd::encode_all(&utf_16[..], 1).unwrap()),
    ];
    for (name, bytes) in packed {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("in")).unwrap();
        fs::write(folder.path().join("in").join(name), bytes).unwrap();
        let paths = [folder.path().join("in")];
        let settings = Settings::default();
        let (findings, plan) = planned(&paths, &["first"], &settings);
        assert_eq!((findings.counts.documents, dropped(&plan).len()), (2, 1), "{name}");
        let refused = apply(&plan, &paths, &folder.path().join("out"), false, &settings, &Silent).unwrap_err();
        assert!(refused.to_string().contains("UTF-16"), "{name}: {refused}");
    }
}

#[test]
fn the_order_of_records_and_the_number_of_threads_do_not_show_in_findings_and_plan() {
    let texts = ["bridge", "birds", "tea", "kiln", "school", "well"].map(article);
    let mut lines: Vec<String> = (0..18).map(|at| record(&format!("r{at:02}"), &texts[at % 6])).collect();
    let mut seen = BTreeSet::new();
    for threads in [1, 4] {
        let folder = tempfile::tempdir().unwrap();
        lines.rotate_left(7);
        fs::write(folder.path().join("records.jsonl"), lines.join("\n")).unwrap();
        let settings = Settings { run: RunSettings { threads }, ..Settings::default() };
        let (findings, plan) = planned(&[folder.path().into()], &["cleanest"], &settings);
        assert_eq!(plan.counts.dropped, 12);
        seen.insert(findings.to_json() + &plan.to_json());
    }
    assert_eq!(seen.len(), 1);
}

#[test]
fn the_newest_is_told_by_the_field_that_holds_the_date() {
    let folder = tempfile::tempdir().unwrap();
    let text = article("dam");
    let dated = |id: &str, date: &str| {
        format!("{{\"id\":\"{id}\",\"when\":\"{date}\",\"text\":{}}}\n", serde_json::Value::from(text.as_str()))
    };
    let lines = dated("甲", "2021-05-06") + &dated("乙", "2023年1月2日") + &dated("丙", "2022/12/31 23:59");
    let paths = [folder.path().join("a.jsonl")];
    fs::write(&paths[0], lines).unwrap();
    let input = InputSettings { date_field: "when".into(), ..InputSettings::default() };
    let (_, found) = planned(&paths, &["newest"], &Settings { input, ..Settings::default() });
    assert_eq!((found.kept[0].key.as_str(), found.kept[0].why.as_str()), ("乙", "the latest date"));
    let findings = scan(&paths, &Settings::default(), &Silent).unwrap();
    let refused = plan(&findings, &paths, &[Preference::Newest], &Settings::default(), &Silent).unwrap_err();
    assert!(refused.to_string().contains("no document has one in field `date`"), "{refused}");
}

/// Three pages of one article, and one of another, in a folder of their own.
fn small() -> (tempfile::TempDir, [PathBuf; 1]) {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("pages");
    fs::create_dir(&pages).unwrap();
    for (name, text) in [("a.txt", "bridge"), ("b.txt", "bridge"), ("c.txt", "bridge"), ("d.txt", "tea")] {
        fs::write(pages.join(name), article(text)).unwrap();
    }
    (folder, [pages])
}

#[test]
fn removed_files_are_in_the_journal_and_come_back() {
    let (folder, paths) = small();
    let before = tree(&paths[0]);
    let (_, plan) = planned(&paths, &["first"], &Settings::default());
    let journal = folder.path().join("removed");
    assert_eq!(delete(&plan, &paths, &journal, &Settings::default(), &Silent).unwrap().moved, 2);
    assert_eq!(tree(&paths[0]).into_keys().collect::<Vec<_>>(), ["a.txt", "d.txt"]);
    Command::new("sh").arg(journal.join("undo.sh")).status().unwrap();
    assert_eq!(tree(&paths[0]), before);
}

#[test]
fn a_file_stays_in_its_folder_where_it_is_the_only_one() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("pages/2026");
    fs::create_dir_all(&pages).unwrap();
    fs::write(pages.join("a.jsonl"), record("1", &article("tea"))).unwrap();
    for (path, expected) in [(folder.path().join("pages"), "2026/a.jsonl"), (pages.join("a.jsonl"), "a.jsonl")] {
        let out = tempfile::tempdir().unwrap();
        let paths = [path];
        let (_, plan) = planned(&paths, &["first"], &Settings::default());
        apply(&plan, &paths, out.path(), false, &Settings::default(), &Silent).unwrap();
        assert_eq!(tree(out.path()).into_keys().collect::<Vec<_>>(), [expected]);
    }
}

#[test]
fn what_is_written_is_as_old_as_what_it_was_made_of() {
    let (folder, paths) = small();
    fs::write(paths[0].join("r.jsonl"), [record("1", &article("kiln")), record("2", &article("kiln"))].join("\n"))
        .unwrap();
    fs::write(paths[0].join("well.html"), format!("<p>{}</p>", article("well"))).unwrap();
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    for path in files_under(&paths[0]) {
        fs::OpenOptions::new().append(true).open(path).unwrap().set_modified(long_ago).unwrap();
    }
    let (_, plan) = planned(&paths, &["first"], &Settings::default());
    for (out, is_stripped) in [("as-they-are", false), ("stripped", true)] {
        let out = folder.path().join(out);
        apply(&plan, &paths, &out, is_stripped, &Settings::default(), &Silent).unwrap();
        let files = files_under(&out);
        assert_eq!(files.len(), 4, "{files:?}");
        for file in files {
            assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), long_ago, "{}", file.display());
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn files_whose_names_are_no_text_keep_them() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("pages");
    fs::create_dir(&pages).unwrap();
    // Two of one article, and the second spelled as the first is shown.
    let names: [&[u8]; 3] = [b"a\xff.txt", b"a\\xFF.txt", b"b\xfe.txt"];
    for (name, of) in names.iter().zip(["tea", "tea", "kiln"]) {
        fs::write(pages.join(OsStr::from_bytes(name)), article(of)).unwrap();
    }
    let paths = [pages.clone()];
    let (_, plan) = planned(&paths, &["first"], &Settings::default());
    assert_eq!(dropped(&plan), BTreeSet::from(["a\\xFF.txt"]));
    let out = folder.path().join("out");
    apply(&plan, &paths, &out, false, &Settings::default(), &Silent).unwrap();
    let mut left: Vec<_> = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, [OsStr::from_bytes(b"a\\xFF.txt"), OsStr::from_bytes(b"b\xfe.txt")]);

    let journal = folder.path().join("removed");
    delete(&plan, &paths, &journal, &Settings::default(), &Silent).unwrap();
    let line = fs::read_to_string(journal.join("journal.jsonl")).unwrap();
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert!(line["from"].as_str().unwrap().ends_with("/a\\xFF.txt"), "{line}");
    assert!(!pages.join(OsStr::from_bytes(b"a\xff.txt")).exists());
}

/// Something that happens once a corpus is read.
struct Meanwhile<F>(F);

impl<F: Fn() + Sync> Progress for Meanwhile<F> {
    fn phase(&self, _: Phase) {}

    fn advance(&self, _: u64) {
        self.0();
    }
}

#[test]
fn who_stops_midway_says_what_was_moved_and_how_it_comes_back() {
    for (changed, expected) in [
        (
            "c.txt",
            "`c.txt` changed while files were removed: plan again; of 2 files that go 1 was moved to `{}`, and 1 is where it \
             was (`c.txt`): `{}/undo.sh` puts back what was moved, which `{}/journal.jsonl` lists",
        ),
        (
            "a.txt",
            "`a.txt` changed while files were removed: plan again; of 2 files that go none was moved (`b.txt`, `c.txt`), and \
             the journal is in `{}`: name a new folder",
        ),
    ] {
        let (folder, paths) = small();
        let before = tree(&paths[0]);
        let (_, plan) = planned(&paths, &["first"], &Settings::default());
        let journal = folder.path().join("removed");
        let change = Meanwhile(|| fs::write(paths[0].join(changed), "新").unwrap());
        let stopped = delete(&plan, &paths, &journal, &Settings::default(), &change).unwrap_err();
        assert_eq!(stopped.to_string(), expected.replace("{}", journal.to_str().unwrap()));
        assert!(matches!(stopped, Error::Stopped { .. }));
        fs::write(paths[0].join(changed), &before[changed]).unwrap();
        assert_eq!(tree(&paths[0]) == before, changed == "a.txt");
        Command::new("sh").arg(journal.join("undo.sh")).status().unwrap();
        assert_eq!(tree(&paths[0]), before);
    }
}

#[test]
fn nothing_is_removed_where_the_corpus_or_the_plan_is_another() {
    let (folder, paths) = small();
    let (findings, planned) = planned(&paths, &["first"], &Settings::default());
    let journal = folder.path().join("removed");
    let refused = |plan: &Plan| {
        let before = tree(&paths[0]);
        let refused = delete(plan, &paths, &journal, &Settings::default(), &Silent).unwrap_err().to_string();
        assert_eq!(tree(&paths[0]), before);
        // Who only looks at a plan is told the same.
        assert_eq!(check(plan, &paths, &Settings::default(), &Silent).unwrap_err().to_string(), refused);
        refused
    };
    assert!(check(&planned, &paths, &Settings::default(), &Silent).is_ok());
    // Whoever edits a plan may turn it around, and then nothing would be left.
    let mut circular = planned.clone();
    let mut turned = circular.kept[0].clone();
    let first = circular.kept[0].dropped[0].clone();
    (turned.key, turned.hash) = (first.key.clone(), first.hash);
    turned.dropped = vec![tongwen::plan::Dropped { key: planned.kept[0].key.clone(), ..first }];
    circular.kept.push(turned);
    assert!(refused(&circular).contains("and drops it too"));
    let mut twice = planned.clone();
    let again = twice.kept[0].dropped[0].clone();
    twice.kept[0].dropped.push(again);
    assert!(refused(&twice).contains("twice"));
    let mut unknown = planned.clone();
    unknown.kept[0].dropped[0].key = "z.txt".into();
    assert!(refused(&unknown).contains("what is not so"));

    fs::write(paths[0].join("b.txt"), article("birds")).unwrap();
    fs::write(paths[0].join("new.txt"), "渡口").unwrap();
    let other = refused(&planned);
    assert!(other.starts_with("the documents are not those the plan was made of: 1 changed (`b.txt`), "), "{other}");
    let again = plan(&findings, &paths, &[Preference::First], &Settings::default(), &Silent).unwrap_err().to_string();
    assert!(again.contains("1 changed (`b.txt`), 1 new (`new.txt`); name the paths"), "{again}");
}

#[test]
fn a_record_is_no_file_to_remove() {
    let folder = tempfile::tempdir().unwrap();
    let paths = [folder.path().join("a.jsonl")];
    fs::write(&paths[0], [record("1", &article("tea")), record("2", &article("tea"))].join("\n")).unwrap();
    let (_, plan) = planned(&paths, &["first"], &Settings::default());
    let journal = folder.path().join("removed");
    let refused = delete(&plan, &paths, &journal, &Settings::default(), &Silent).unwrap_err().to_string();
    assert!(refused.starts_with("`2` is a record of `"), "{refused}");
    assert!(
        refused.ends_with("a.jsonl`, and no file to delete: `--apply DIR` writes the file without it"),
        "{refused}"
    );
    assert!(!journal.exists());
}

#[test]
fn texts_are_written_without_their_frames() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("pages");
    fs::create_dir(&pages).unwrap();
    let names = ["bridge", "birds", "tea", "kiln", "school", "well", "dam", "drum"];
    let frame = [
        "来源：渡口文库｜上传者：匿名读者｜浏览次数统计中",
        "本站声明：文章由读者上传，版权归原作者所有，如有侵权请来信告知。",
    ];
    for name in names {
        let text = article(name);
        fs::write(pages.join(name).with_extension("txt"), format!("{}\n{text}\n{}\n", frame[0], frame[1])).unwrap();
    }
    let page = format!("<html><body><p>{}</p><p>{}</p><p>{}</p></body></html>", frame[0], article("ferry"), frame[1]);
    fs::write(pages.join("ferry.html"), page).unwrap();
    let line = record("lantern", &format!("{}\n{}\n{}", frame[0], article("lantern"), frame[1]));
    fs::write(pages.join("r.jsonl"), format!("\u{feff} {line} \r\n{{}}\r\n")).unwrap();
    let paths = [pages];
    let (_, plan) = planned(&paths, &["first"], &Settings::default());
    let out = folder.path().join("clean");
    apply(&plan, &paths, &out, true, &Settings::default(), &Silent).unwrap();
    let words = |text: &str| text.split_whitespace().collect::<String>();
    for name in names {
        let text = fs::read_to_string(out.join(name).with_extension("txt")).unwrap();
        assert_eq!(words(&text), words(&article(name)), "{name}");
    }
    assert_eq!(words(&fs::read_to_string(out.join("ferry.html.txt")).unwrap()), words(&article("ferry")));
    let line = fs::read_to_string(out.join("r.jsonl")).unwrap();
    let (line, others) = line.split_once('\n').unwrap();
    assert_eq!(others, "{}\r\n");
    let line = line.strip_prefix("\u{feff} ").unwrap();
    let value: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(words(value["text"].as_str().unwrap()), words(&article("lantern")));
    assert!(line.starts_with("{\"id\":\"lantern\",\"text\":") && line.ends_with("\"tags\":[ 1,2 ]} \r"), "{line}");

    let bare = Settings::default();
    let analysis = tongwen::settings::AnalysisSettings { boilerplate: false, ..bare.analysis.clone() };
    let (_, plan) = planned(&paths, &["longest"], &Settings { analysis, ..bare });
    let refused = apply(&plan, &paths, &folder.path().join("no"), true, &Settings::default(), &Silent).unwrap_err();
    assert!(refused.to_string().contains("scan without `--no-boilerplate`"), "{refused}");
}

#[cfg(unix)]
#[test]
fn a_copy_that_does_not_fit_on_the_disk_is_named_and_not_what_it_was_made_of() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("pages");
    fs::create_dir(&pages).unwrap();
    fs::write(pages.join("long.txt"), "渡口的石桥今年重新放行。\n".repeat(4_000)).unwrap();
    let findings = scan(std::slice::from_ref(&pages), &Settings::default(), &Silent).unwrap();
    fs::write(folder.path().join("found.json"), findings.to_json()).unwrap();
    // No file may grow beyond some kilobytes, which is told as a full disk is: by an error of a write.
    let script = "trap '' XFSZ; ulimit -f 16; exec \"$0\" dedup found.json pages --apply out";
    let output = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_tongwen")])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("cannot write `out/long.txt`"), "{told}");
    assert!(!folder.path().join("out").exists(), "a copy that failed is no copy");
}
