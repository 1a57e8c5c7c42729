//! An index on disk: what is added is found again as a scan finds it, whatever happens in between is survived, and what
//! is not as it was written is never believed.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use tongwen::answers::{Added, Answers};
use tongwen::document::{Document, Origin};
use tongwen::findings::RelationKind;
use tongwen::gate::Policy;
use tongwen::hash;
use tongwen::index::{Index, Writer};
use tongwen::pipeline::streamed::{Memory, Stream, Verdict};
use tongwen::pipeline::{Silent, indexed};
use tongwen::settings::{AnalysisSettings, RunSettings, Settings, TokenKind};

use common::{Pair, joined, pair, scanned};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tongwen");

/// Articles of a local paper, each of a few lines that no other has.
const ARTICLES: [&str; 4] = [
    "渡口的老船工每天清晨都要把绳索检查一遍。他说，河水记得每一个粗心的人，四十年来只有两个早晨他没有下水。\n\
     第一回是儿子出生，第二回是洪水把码头冲走了半边。如今新桥通了车，过河的人少了，他还是照旧摇橹。\n\
     镇上的孩子放学以后常来听他讲从前的事，他讲得慢，一句话要隔着三桨才说完。",
    "山上的梨树开花以后，养蜂人把箱子搬到了南坡，一住就是四十天。他带着一只黄狗和半袋面粉。\n\
     今年春寒来得迟，花期短了五天，蜜却比往年稠。合作社按等级收购，他挑了最好的一桶留给自己。\n\
     下山那天全村都闻得到甜味，连祠堂里的燕子也多停了一会儿。",
    "县图书馆的旧书修复室藏在阅览室背后，只有一扇朝北的窗。三位修复师轮流值班，工具是竹镊和排笔。\n\
     虫蛀的县志要一页页揭开，用楮皮纸补上缺口，再压上半个月。最厚的一部修了两年零四个月。\n\
     读者很少知道这些书曾经碎成什么样子，馆长说，这正是修得好的证明。",
    "码头边的修表铺换了第三代主人，柜台还是祖父留下的那一张。年轻人学的是机械，回来以后先把老座钟都拆了一遍。\n\
     他在墙上钉了一排钩子，每块修好的表都要挂满三天，走时误差不超过十秒才交给客人。\n\
     有人劝他卖新表，他摇摇头，说街上缺的从来不是钟点，是愿意等的人。",
];

const FRAME: [&str; 2] = [
    "河埠头资讯网提醒您：本站文章仅供读者参考，不代表编辑部立场，请自行判断其中内容是否适合自己使用。",
    "关于我们　联系方式　版权声明　网站地图　未经书面授权，任何单位和个人不得转载、摘编本网站的全部内容。",
];

fn framed(article: &str) -> String {
    format!("{}\n{article}\n{}", FRAME[0], FRAME[1])
}

fn settings() -> Settings {
    Settings { run: RunSettings { threads: 2 }, ..Settings::default() }
}

/// Writes files into a folder of their own.
fn folder<'a>(files: impl IntoIterator<Item = (&'a str, String)>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn add(index: &Path, path: &Path) -> Added {
    let mut writer = Writer::open(index, &settings().analysis).unwrap();
    indexed::add(&[path.to_owned()], &mut writer, &settings(), &Silent).unwrap()
}

fn query(index: &Path, path: &Path) -> Answers {
    indexed::query(&[path.to_owned()], &Index::open(index).unwrap(), &settings(), &Silent).unwrap()
}

/// Returns what each document is to which page: by key, the kind, and the key of the page.
fn told(answers: &Answers) -> Vec<(&str, RelationKind, &str)> {
    answers
        .documents
        .iter()
        .flat_map(|answer| answer.matches.iter().map(|found| (answer.key.as_str(), found.kind, found.key.as_str())))
        .collect()
}

/// Four framed pages, a repost of the first on another site, and what cannot be found by what it says.
fn corpus() -> TempDir {
    folder([
        ("a.txt", framed(ARTICLES[0])),
        ("b.txt", framed(ARTICLES[1])),
        ("c.txt", framed(ARTICLES[2])),
        ("d.txt", framed(ARTICLES[3])),
        ("e.txt", ARTICLES[0].to_owned()),
        ("空.txt", "，。\n".to_owned()),
    ])
}

fn indexed_corpus() -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let index = place.path().join("index");
    add(&index, corpus().path());
    (place, index)
}

#[test]
fn a_repost_is_found_without_its_source_and_a_shared_frame_is_none() {
    let (_place, index) = indexed_corpus();
    let asked = folder([
        ("repost.txt", format!("转载\n{}", ARTICLES[1].replace("黄狗", "花狗"))),
        (
            "new.txt",
            framed(
                "学校后面的操场铺了新草皮，跑道改成了六条，体育老师说下雨天也能上课了。篮球架往东挪了十米，夜里装了灯，附近的居民饭后都来走两圈。",
            ),
        ),
        ("same.txt", format!("{} ", framed(ARTICLES[2]))),
    ]);
    let answers = query(&index, asked.path());
    assert_eq!(
        told(&answers),
        [("repost.txt", RelationKind::Repost, "b.txt"), ("same.txt", RelationKind::Identical, "c.txt")]
    );
    let found = &answers.documents.iter().find(|answer| answer.key == "repost.txt").unwrap().matches[0];
    assert!(found.counted && found.resemblance > 0.9 && found.resemblance < 1.0, "{found:?}");
    assert!(found.file.ends_with("b.txt") && found.copies == 0);
}

/// Han characters in an order that no other seed has.
fn sentence(seed: u64, number: u64) -> String {
    let character = |at| char::from_u32(0x4e00 + (hash::number(number << 8 | at, seed) % 3000) as u32).unwrap();
    (0..24).map(character).chain(['。']).collect()
}

/// A line of three of these sentences.
fn line(seed: u64, number: u64) -> String {
    (0..3).map(|at| sentence(seed, number * 3 + at)).collect()
}

/// Eight of these lines.
fn lines(seed: u64) -> Vec<String> {
    (0..8).map(|number| line(seed, number)).collect()
}

#[test]
fn a_repost_of_the_only_page_of_an_article_that_many_quote_is_found() {
    let article = lines(1);
    // Each sentence stands in the midst of a line of another page, which is otherwise unlike: none seemed to be its own.
    let quoting = (0..24).map(|number| {
        let mut lines = lines(100 + number);
        lines[4] = format!("{}{}{}", sentence(7, number), sentence(1, number), sentence(8, number));
        lines.join("\n")
    });
    let names: Vec<String> = (0..24).map(|number| format!("{number}.txt")).collect();
    let place = tempfile::tempdir().unwrap();
    let index = place.path().join("index");
    let pages = names.iter().map(String::as_str).zip(quoting).chain([("article.txt", article.join("\n"))]);
    add(&index, folder(pages).path());
    let again = [vec![line(2, 0)], article, vec![line(2, 1)]].concat().join("\n");
    let answers = query(&index, folder([("again.txt", again)]).path());
    let found = told(&answers);
    assert!(found.contains(&("again.txt", RelationKind::Repost, "article.txt")), "{found:?}");
}

#[test]
fn what_was_added_after_those_that_quote_it_is_the_source_of_the_next() {
    let mut source = lines(1);
    source[3].push_str(&sentence(1, 99));
    // All quote the first three sentences of a line, cut off there.
    let quoting = |seed: u64| [lines(seed), vec![line(1, 3)]].concat().join("\n");
    let copy = |last: u64| format!("{}\n{}", quoting(2), sentence(3, last));
    let place = tempfile::tempdir().unwrap();
    let index = place.path().join("index");
    add(&index, folder([("a.txt", copy(0)), ("b.txt", copy(1)), ("c.txt", copy(2))]).path());
    add(&index, folder([("source.txt", source.join("\n"))]).path());
    let answers = query(&index, folder([("next.txt", quoting(4))]).path());
    assert_eq!(told(&answers), [("next.txt", RelationKind::Excerpt, "source.txt")]);
}

#[test]
fn a_page_that_is_all_frame_is_boilerplate_and_an_empty_one_is_like_nothing() {
    let (_place, index) = indexed_corpus();
    let asked = folder([("frame.txt", FRAME.join("\n")), ("empty.txt", " \n".into())]);
    let answers = query(&index, asked.path());
    assert_eq!(answers.documents.len(), 2);
    assert_eq!(answers.documents[1].kind(), Some(RelationKind::Boilerplate));
    assert_eq!(answers.documents[0].kind(), None);
}

#[test]
fn texts_of_a_word_or_two_are_found_if_they_are_the_same() {
    let stored = folder([("a.txt", "春眠".into()), ("b.txt", "哈哈哈哈哈哈".into()), ("c.txt", "夜来风雨".into())]);
    let place = tempfile::tempdir().unwrap();
    let index = place.path().join("index");
    add(&index, stored.path());
    let asked = folder([("x.txt", "春，眠！".into()), ("y.txt", "春晓".into()), ("z.txt", "夜来风雨。".into())]);
    assert_eq!(
        told(&query(&index, asked.path())),
        [("x.txt", RelationKind::Identical, "a.txt"), ("z.txt", RelationKind::Identical, "c.txt")]
    );
}

/// Returns the pairs of one article, as the index tells them of documents that are all in it.
fn pairs_of(index: &Path, path: &Path) -> BTreeSet<Pair> {
    let answers = query(index, path);
    let alike = |kind: RelationKind| kind <= RelationKind::Repost;
    told(&answers)
        .into_iter()
        .filter(|&(key, kind, other)| alike(kind) && key != other)
        .map(|(key, _, other)| pair(key, other))
        .collect()
}

#[test]
fn what_is_added_in_parts_is_found_as_what_is_added_at_once_and_as_a_scan_finds_it() {
    for sample in ["samples/reposts", "samples/templates"] {
        let place = tempfile::tempdir().unwrap();
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join(sample);
        let found = scanned(&sample, &settings().analysis);
        // Which pages are one article, by the smallest key.
        let mut article: BTreeMap<String, String> = BTreeMap::new();
        for (a, b) in joined(&found) {
            let first = article.get(&a).or(article.get(&b)).unwrap_or(&a).clone();
            article.insert(a, first.clone());
            article.insert(b, first);
        }
        let at_once = place.path().join("at-once");
        add(&at_once, &sample);
        let in_parts = place.path().join("in-parts");
        let mut files: Vec<PathBuf> = walk(&sample);
        files.sort_by_key(|path| hash::bytes(path.as_os_str().as_encoded_bytes()));
        for number in 0..2 {
            let part = tempfile::tempdir().unwrap();
            for file in files.iter().skip(number).step_by(2) {
                let to = part.path().join(file.strip_prefix(&sample).unwrap());
                fs::create_dir_all(to.parent().unwrap()).unwrap();
                fs::copy(file, to).unwrap();
            }
            add(&in_parts, part.path());
        }
        for index in [&at_once, &in_parts] {
            Index::open(index).unwrap().check().unwrap();
            let pairs = pairs_of(index, &sample);
            // The index tells of each text its first page, so pairs are compared by articles.
            let same = |(a, b): &Pair| article.contains_key(a) && article.get(a) == article.get(b);
            let strangers: Vec<&Pair> = pairs.iter().filter(|pair| !same(pair)).collect();
            assert!(strangers.is_empty(), "{}: {strangers:?}", index.display());
            let lonely: Vec<&String> =
                article.keys().filter(|key| !pairs.iter().any(|(a, b)| a == *key || b == *key)).collect();
            // A copy of the first page of a text is told as that page.
            let missing: Vec<&&String> = lonely.iter().filter(|key| !is_copy(&found, key)).collect();
            assert!(missing.is_empty(), "{}: {missing:?}", index.display());
        }
    }
}

fn is_copy(found: &tongwen::findings::Findings, key: &str) -> bool {
    found
        .relations
        .iter()
        .any(|relation| relation.kind == RelationKind::Identical && (relation.a == key || relation.b == key))
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn what_was_removed_is_not_found_and_once_added_again_it_is() {
    let (_place, index) = indexed_corpus();
    let corpus = corpus();
    let asked = folder([("x.txt", ARTICLES[1].to_owned())]);
    let before = query(&index, asked.path());
    assert_eq!(told(&before).len(), 1);
    let mut writer = Writer::open_existing(&index).unwrap();
    assert_eq!(writer.remove(["b.txt", "nowhere.txt"]).unwrap(), 1);
    assert_eq!(writer.remove(["b.txt"]).unwrap(), 0);
    writer.index().check().unwrap();
    drop(writer);
    assert!(told(&query(&index, asked.path())).is_empty());
    assert_eq!(Index::open(&index).unwrap().info().removed, 1);
    let added = add(&index, corpus.path());
    assert_eq!((added.added, added.replaced, added.unchanged), (1, 0, 5));
    assert_eq!(query(&index, asked.path()), before);
    let mut writer = Writer::open_existing(&index).unwrap();
    writer.compact().unwrap();
    writer.index().check().unwrap();
    drop(writer);
    assert_eq!(query(&index, asked.path()), before);
    let info = Index::open(&index).unwrap().info();
    assert_eq!((info.segments, info.pages, info.removed), (1, 6, 0));
}

#[test]
fn a_page_of_a_known_key_takes_the_place_of_the_one_before() {
    let (_place, index) = indexed_corpus();
    let changed = folder([(
        "a.txt",
        framed(
            "河边新开了一家豆腐坊，天不亮就点火，头一锅豆浆卖给赶早班船的人，第二锅才做成豆腐，用荷叶包着，挂在扁担两头沿街叫卖。",
        ),
    )]);
    let added = add(&index, changed.path());
    assert_eq!((added.added, added.replaced, added.unchanged), (0, 1, 0));
    let asked = folder([("x.txt", ARTICLES[0].to_owned())]);
    // The copy on the other site is still there.
    assert_eq!(told(&query(&index, asked.path())), [("x.txt", RelationKind::Identical, "e.txt")]);
    let index = Index::open(&index).unwrap();
    index.check().unwrap();
    assert_eq!(index.info().pages, 6);
}

#[test]
fn many_small_additions_are_merged_and_lose_nothing() {
    let place = tempfile::tempdir().unwrap();
    let index = place.path().join("index");
    let text = |n: usize| -> String {
        (0..30).map(|at| format!("第{}号渔船", hash::number(at, n as u64) % 100_000)).collect::<Vec<_>>().join("，")
    };
    for n in 0..30 {
        add(&index, folder([(format!("{n}.txt").as_str(), text(n))]).path());
    }
    let opened = Index::open(&index).unwrap();
    opened.check().unwrap();
    let info = opened.info();
    assert_eq!(info.pages, 30);
    assert!(info.segments <= 12, "{}", info.segments);
    for n in [0, 7, 12, 29] {
        let asked = folder([("x.txt", text(n))]);
        assert_eq!(
            told(&query(&index, asked.path())),
            [("x.txt", RelationKind::Identical, format!("{n}.txt").as_str())]
        );
    }
}

#[test]
fn threads_and_order_do_not_show_in_an_index() {
    let bytes = |threads: usize| {
        let place = tempfile::tempdir().unwrap();
        let index = place.path().join("index");
        let settings = Settings { run: RunSettings { threads }, ..Settings::default() };
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/reposts");
        let mut writer = Writer::open(&index, &settings.analysis).unwrap();
        indexed::add(&[sample], &mut writer, &settings, &Silent).unwrap();
        fs::read(index.join("00000001.segment")).unwrap()
    };
    assert!(bytes(1) == bytes(4));
}

#[test]
fn a_run_that_an_index_does_not_fit_is_told_what_differs() {
    let (_place, index) = indexed_corpus();
    let refused = |analysis: AnalysisSettings| {
        let settings = Settings { analysis, ..settings() };
        let asked = corpus();
        let opened = Index::open(&index).unwrap();
        indexed::query(&[asked.path().to_owned()], &opened, &settings, &Silent).unwrap_err().to_string()
    };
    let default = AnalysisSettings::default();
    let message = refused(AnalysisSettings { tokens: TokenKind::Char, ..default.clone() });
    assert!(message.contains("--tokens word") && message.contains("--tokens char"), "{message}");
    let message = refused(AnalysisSettings { width: 3, ..default.clone() });
    assert!(message.contains("--width 2") && message.contains("--width 3"), "{message}");
    let message = refused(AnalysisSettings { boilerplate: false, ..default });
    assert!(message.contains("--no-boilerplate=false"), "{message}");
}

#[test]
fn a_folder_of_other_things_becomes_no_index() {
    let other = folder([("notes.txt", "春眠不觉晓".into())]);
    let error = Writer::open(other.path(), &AnalysisSettings::default()).unwrap_err().to_string();
    assert!(error.contains("notes.txt"), "{error}");
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 1);
    let error = Index::open(other.path()).unwrap_err().to_string();
    assert!(error.contains("is not there"), "{error}");
}

#[test]
fn an_index_without_its_manifest_is_not_begun_anew() {
    let stored = folder([("a.txt", "渡口的老船工".into())]);
    let place = tempfile::tempdir().unwrap();
    let index = place.path().join("index");
    let mut writer = Writer::open(&index, &settings().analysis).unwrap();
    indexed::add(&[stored.path().to_owned()], &mut writer, &settings(), &Silent).unwrap();
    drop(writer);
    let read = |file: &str| fs::read(index.join(file)).unwrap();
    let (manifest, segment) = (read("manifest"), read("00000001.segment"));
    fs::remove_file(index.join("manifest")).unwrap();
    let error = Writer::open(&index, &settings().analysis).unwrap_err().to_string();
    assert!(error.contains("has no manifest") && error.contains("`00000001.segment`"), "{error}");
    assert!(!index.join("manifest").exists());
    fs::write(index.join("manifest"), manifest).unwrap();
    Index::open(&index).unwrap().check().unwrap();
    assert_eq!(read("00000001.segment"), segment);
}

/// Files of an index, in order.
fn files(index: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = walk(index);
    files.retain(|path| !path.ends_with("lock"));
    files.sort();
    files
}

#[test]
fn no_byte_of_an_index_can_change_or_go_unseen() {
    let stored =
        folder([("a.txt", "渡口的老船工".into()), ("b.txt", "山上的梨树开花".into()), ("空.txt", "。".into())]);
    let analysis = AnalysisSettings { tokens: TokenKind::Char, width: 2, ..AnalysisSettings::default() };
    let settings = Settings { analysis, ..settings() };
    let place = tempfile::tempdir().unwrap();
    let index = place.path().join("index");
    let mut writer = Writer::open(&index, &settings.analysis).unwrap();
    indexed::add(&[stored.path().to_owned()], &mut writer, &settings, &Silent).unwrap();
    writer.remove(["b.txt"]).unwrap();
    drop(writer);
    let asked = folder([("x.txt", "渡口的老船工！".into())]);
    let ask = |opened: &Index| indexed::query(&[asked.path().to_owned()], opened, &settings, &Silent);
    let right = ask(&Index::open(&index).unwrap()).unwrap();
    assert_eq!(told(&right), [("x.txt", RelationKind::Identical, "a.txt")]);
    let files = files(&index);
    assert_eq!(files.len(), 3, "a manifest, a segment, and what was removed of it");
    for file in files {
        let bytes = fs::read(&file).unwrap();
        let name = file.file_name().unwrap().to_str().unwrap();
        let seen = |change: &str| {
            let opened = match Index::open(&index) {
                Err(error) => {
                    let error = error.to_string();
                    assert!(error.contains(name), "{name}, {change}: {error}");
                    return;
                }
                Ok(opened) => opened,
            };
            let error = opened.check().unwrap_err().to_string();
            assert!(error.contains(name), "{name}, {change}: {error}");
            // What a query has no need of it may leave unseen.
            match ask(&opened) {
                Ok(answers) => assert!(answers == right, "{name}, {change}"),
                Err(error) => assert!(error.to_string().contains(name), "{name}, {change}: {error}"),
            }
        };
        for length in 0..bytes.len() {
            fs::write(&file, &bytes[..length]).unwrap();
            seen(&format!("cut off at {length}"));
        }
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            fs::write(&file, &changed).unwrap();
            seen(&format!("byte {at} flipped"));
        }
        fs::remove_file(&file).unwrap();
        assert!(Index::open(&index).is_err(), "{name} removed");
        fs::write(&file, &bytes).unwrap();
    }
    Index::open(&index).unwrap().check().unwrap();
}

#[test]
fn what_was_added_stays_where_the_segments_cannot_be_merged() {
    let place = tempfile::tempdir().unwrap();
    let index = place.path().join("index");
    for number in 0..11 {
        let name = format!("{number}.txt");
        let text = format!("第{number}期。{}", ARTICLES[number % 4].replace('，', &format!("（{number}）")));
        add(&index, folder([(&*name, text)]).path());
    }
    // One that is more than a block under one checksum, in words that no other page has.
    let words = |page: u64| {
        (0..400).map(move |word| format!("{:x} ", hash::bytes(&[page.to_le_bytes(), [word as u8; 8]].concat())))
    };
    let names: Vec<String> = (0..40).map(|page| format!("words-{page}.txt")).collect();
    add(&index, folder(names.iter().zip(0..).map(|(name, page)| (&**name, words(page).collect()))).path());
    let new = folder([("new.txt", ARTICLES[2].to_owned())]);
    let all = files(&index);
    let last = all.iter().rfind(|path| path.extension().is_some_and(|ending| ending == "segment")).unwrap();
    let bytes = fs::read(last).unwrap();
    let last = last.file_name().unwrap();
    let mut kept = 0;
    for at in (0..bytes.len()).step_by(bytes.len() / 16) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let copy = place.path().join(format!("copy-{at}"));
        fs::create_dir(&copy).unwrap();
        for path in &all {
            fs::copy(path, copy.join(path.file_name().unwrap())).unwrap();
        }
        fs::write(copy.join(last), changed).unwrap();
        let Ok(mut writer) = Writer::open(&copy, &settings().analysis) else { continue };
        let Ok(added) = indexed::add(&[new.path().to_owned()], &mut writer, &settings(), &Silent) else { continue };
        assert_eq!(added.added, 1);
        assert!(Index::open(&copy).unwrap().page_of_key("new.txt").unwrap().is_some(), "byte {at}");
        let note = added.notes.concat();
        assert!(note.contains("could not be merged") && note.contains(last.to_str().unwrap()), "byte {at}: {note}");
        kept += 1;
    }
    assert!(kept > 0, "no byte that only a merge reads");
}

#[test]
fn a_reader_sees_what_was_there_when_it_opened_the_index() {
    let (_place, index) = indexed_corpus();
    let asked = folder([("x.txt", ARTICLES[1].to_owned())]);
    let old = Index::open(&index).unwrap();
    let ask = |opened: &Index| indexed::query(&[asked.path().to_owned()], opened, &settings(), &Silent).unwrap();
    let before = ask(&old);
    let mut writer = Writer::open_existing(&index).unwrap();
    writer.remove(["b.txt", "c.txt"]).unwrap();
    writer.compact().unwrap();
    assert_eq!(files(&index).len(), 2, "nothing is left of the old files");
    assert_eq!(ask(&old), before);
    old.check().unwrap();
    assert!(told(&ask(&Index::open(&index).unwrap())).is_empty());
}

#[test]
fn readers_are_never_disturbed_while_one_writes() {
    let (_place, index) = indexed_corpus();
    let corpus = corpus();
    thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..40 {
                        let opened = Index::open(&index).unwrap();
                        opened.check().unwrap();
                        assert!(
                            (5..=6).contains(&opened.info().pages),
                            "its files may be gone by name, and it has them open"
                        );
                    }
                })
            })
            .collect();
        while readers.iter().any(|reader| !reader.is_finished()) {
            let mut writer = Writer::open_existing(&index).unwrap();
            writer.remove(["b.txt"]).unwrap();
            indexed::add(&[corpus.path().to_owned()], &mut writer, &settings(), &Silent).unwrap();
            writer.compact().unwrap();
        }
    });
}

fn document(key: &str, text: &str) -> Document {
    let origin = Origin { file: "pages.jsonl".into(), line: 0 };
    Document { key: key.into(), text: text.into(), lines: Vec::new(), site: "".into(), date: None, origin }
}

#[test]
fn documents_from_memory_are_added_and_looked_up_like_files() {
    let place = tempfile::tempdir().unwrap();
    let index = place.path().join("index");
    let mut writer = Writer::open(&index, &settings().analysis).unwrap();
    let pages = ARTICLES.iter().zip(["a", "b", "c", "d"]).map(|(article, key)| document(key, &framed(article)));
    let added = indexed::add_documents(pages.collect(), &mut writer, &settings()).unwrap();
    assert_eq!((added.added, added.replaced, added.unchanged), (4, 0, 0));
    let asked = vec![document("x", ARTICLES[3]), document("y", "茶馆的说书人换了新段子，台下的人却都在等旧的。")];
    let answers = indexed::query_documents(asked, writer.index(), &settings()).unwrap();
    assert_eq!(told(&answers), [("x", RelationKind::Repost, "d")]);
    // What was added is there at once, without opening the index anew.
    indexed::add_documents(vec![document("x", ARTICLES[3])], &mut writer, &settings()).unwrap();
    let answers = indexed::query_documents(vec![document("z", ARTICLES[3])], writer.index(), &settings()).unwrap();
    assert_eq!(told(&answers), [("z", RelationKind::Identical, "x"), ("z", RelationKind::Repost, "d")]);
}

#[test]
fn near_copies_that_come_together_are_reposts_however_many_they_are() {
    let article = lines(1).concat();
    let copy = |n: u64| (format!("copy {n:03}"), format!("{article}\n第{n}版 编辑 {}", &line(2 + n, n)[..12]));
    let copies: Vec<(String, String)> = (0..300).map(copy).collect();
    let documents = || copies.iter().map(|(key, text)| document(key, text)).collect::<Vec<_>>();
    let place = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(&place.path().join("index"), &settings().analysis).unwrap();
    indexed::add_documents(vec![document("first", &article)], &mut writer, &settings()).unwrap();
    let answers = indexed::query_documents(documents(), writer.index(), &settings()).unwrap();
    let kinds = told(&answers);
    assert!(kinds.iter().all(|&(_, kind, of)| (kind, of) == (RelationKind::Repost, "first")), "{kinds:?}");
    assert_eq!(kinds.len(), copies.len());
    // Of those that are remembered as they come the first alone is new.
    let other = Writer::open(&place.path().join("other"), &settings().analysis).unwrap();
    let mut stream = Stream::new(Memory::Growing(other), Policy::default(), &settings()).unwrap();
    let verdicts = stream.judge(documents().into_iter().map(Ok).collect()).unwrap();
    let new: Vec<&str> =
        verdicts.iter().filter(|told| told.verdict == Verdict::New).map(|told| told.id.as_str()).collect();
    assert_eq!(new, ["copy 000"]);
    // A newer version of a page of the article, and of the page itself there is an older one.
    indexed::add_documents(vec![document("copy 000", &format!("{}旧", copies[0].1))], &mut writer, &settings())
        .unwrap();
    for memory in [Memory::Fixed(Index::open(&place.path().join("index")).unwrap()), Memory::Growing(writer)] {
        let mut stream = Stream::new(memory, Policy::default(), &settings()).unwrap();
        let verdicts = stream.judge(documents().into_iter().map(Ok).collect()).unwrap();
        assert!(verdicts.iter().all(|told| told.verdict == Verdict::Repost), "{:?}", verdicts[0]);
    }
}

/// A text that has nothing in common with those of other numbers.
fn text(number: u64) -> String {
    let character = |at| char::from_u32(0x4e00 + (hash::number(at, number) % 5000) as u32).unwrap();
    (0..60).map(character).collect()
}

fn judge(stream: &mut Stream, records: impl Iterator<Item = (u64, String)>) {
    let records: Vec<_> = records.map(|(id, text)| Ok(document(&format!("page {id}"), &text))).collect();
    assert!(stream.judge(records).unwrap().iter().all(|told| told.verdict == Verdict::New));
}

/// Begins to merge thirteen segments of ten pages beside a stream, and lets others come meanwhile.
fn streamed(index: &Path, meanwhile: impl IntoIterator<Item = (u64, String)>) -> Stream {
    let memory = Memory::Growing(Writer::open(index, &settings().analysis).unwrap());
    let mut stream = Stream::new(memory, Policy::default(), &settings()).unwrap();
    for batch in 0..13 {
        judge(&mut stream, (batch * 10..batch * 10 + 10).map(|number| (number, text(number))));
    }
    stream.tidy_aside().unwrap();
    judge(&mut stream, meanwhile.into_iter());
    stream
}

/// Opens an index once nobody writes to it any more.
fn opened_at_last(index: &Path) -> Writer {
    for _ in 0..2000 {
        match Writer::open_existing(index) {
            Ok(writer) => return writer,
            Err(_) => thread::sleep(Duration::from_millis(5)),
        }
    }
    panic!("its lock is never let go of")
}

/// Checks an index, and that its folder holds nothing else; returns its segments.
fn sound(index: &Path, pages: u64) -> usize {
    let opened = Index::open(index).unwrap();
    opened.check().unwrap();
    assert_eq!(opened.info().pages, pages);
    let removed = walk(index).iter().filter(|file| file.extension().is_some_and(|ending| ending == "removed")).count();
    assert_eq!(fs::read_dir(index).unwrap().count(), opened.segments() + removed + 2, "the manifest and the lock");
    opened.segments()
}

#[test]
fn segments_that_are_merged_beside_a_stream_take_the_place_of_what_they_were_made_of() {
    let place = tempfile::tempdir().unwrap();
    let index = place.path().join("index");
    let mut stream = streamed(&index, [(130, text(130))]);
    stream.tidy().unwrap();
    assert_eq!(sound(&index, 131), 2);
    let asked = (0..131).map(|number| Ok(document(&format!("asked {number}"), &text(number)))).collect();
    let told = stream.judge(asked).unwrap();
    let of = |number: usize| told[number].nearest.as_ref().map(|nearest| nearest.of.clone());
    assert!((0..131).all(|number| of(number) == Some(format!("page {number}"))));
}

#[test]
fn a_segment_that_waits_to_be_taken_in_is_not_taken_for_one_that_was_left_behind() {
    let place = tempfile::tempdir().unwrap();
    let index = place.path().join("index");
    drop(streamed(&index, []));
    let mut writer = opened_at_last(&index);
    let merged = writer.tidy_aside(0).unwrap().unwrap().write();
    indexed::add_documents(vec![document("page 130", &text(130))], &mut writer, &settings()).unwrap();
    writer.take_in(merged).unwrap();
    assert_eq!(sound(&index, 131), 2);
}

#[test]
fn an_index_whose_segments_could_not_be_merged_aside_is_as_it_was_and_merges_them_the_next_time() {
    let place = tempfile::tempdir().unwrap();
    let index = place.path().join("index");
    drop(streamed(&index, []));
    let mut writer = opened_at_last(&index);
    let merging = writer.tidy_aside(0).unwrap().unwrap();
    let in_the_way: Vec<PathBuf> = (0..40).map(|number| index.join(format!("{number:08}.new"))).collect();
    in_the_way.iter().for_each(|folder| fs::create_dir(folder).unwrap());
    assert!(writer.take_in(merging.write()).is_err());
    in_the_way.iter().for_each(|folder| fs::remove_dir(folder).unwrap());
    assert_eq!(sound(&index, 130), 13);
    writer.tidy().unwrap();
    assert_eq!(sound(&index, 130), 1);
}

#[test]
fn a_page_that_is_replaced_while_its_segment_is_merged_stays_replaced() {
    let place = tempfile::tempdir().unwrap();
    let index = place.path().join("index");
    let mut stream = streamed(&index, [(5, text(130))]);
    stream.tidy().unwrap();
    assert_eq!(sound(&index, 130), 2);
    let told = stream.judge(vec![Ok(document("old", &text(5))), Ok(document("new", &text(130)))]).unwrap();
    assert_eq!(told.iter().map(|told| told.verdict).collect::<Vec<_>>(), [Verdict::New, Verdict::Identical]);
}

#[test]
fn a_stream_that_ends_while_segments_are_merged_leaves_nothing_behind() {
    let place = tempfile::tempdir().unwrap();
    let index = place.path().join("index");
    drop(streamed(&index, [(130, text(130))]));
    drop(opened_at_last(&index));
    assert_eq!(sound(&index, 131), 14, "what was merged was not taken in");
}

fn kept_index(format: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/index-{format}"))
}

/// `INDEXES=overwrite cargo test --test index` writes the last anew, which only a new format or another version of the rules of
/// normalising is a reason for. The others hold texts that were normalised by version 1 of them.
#[test]
fn an_index_of_each_format_is_read() {
    if std::env::var_os("INDEXES").is_some_and(|what| what == "overwrite") {
        let kept = kept_index(3);
        let _ = fs::remove_dir_all(&kept);
        let mut writer = Writer::open(&kept, &settings().analysis).unwrap();
        let pages = ARTICLES.iter().zip(["a", "b", "c", "d"]).map(|(article, key)| document(key, &framed(article)));
        indexed::add_documents(pages.collect(), &mut writer, &settings()).unwrap();
        writer.remove(["c"]).unwrap();
        drop(writer);
        fs::remove_file(kept.join("lock")).unwrap();
    }
    for format in [1, 2, 3] {
        let kept = kept_index(format);
        let manifest = fs::read_to_string(kept.join("manifest")).unwrap();
        assert!(manifest.starts_with(&format!("tongwen-index/{format} ")), "{manifest}");
        let index = Index::open(&kept).unwrap();
        index.check().unwrap();
        assert_eq!(index.info().pages, 3);
        let asked = vec![document("x", ARTICLES[1]), document("y", ARTICLES[2])];
        let answers = indexed::query_documents(asked, &index, &settings());
        match format {
            3 => assert_eq!(told(&answers.unwrap()), [("x", RelationKind::Repost, "b")]),
            _ => {
                let refused = answers.unwrap_err().to_string();
                assert!(
                    refused.contains("by version 1 of the rules") && refused.contains("build it again"),
                    "{refused}"
                );
            }
        }
        assert_eq!(fs::read_dir(&kept).unwrap().count(), 3, "whoever reads an index leaves nothing in it");
    }
}

/// A page of a host: many short lines, a title, an article, and a long line.
fn of_host(host: &str, key: &str, title: &str, article: &str) -> Document {
    let letter = |n: u64| char::from_u32(0x4e00 + (hash::number(n, 7) >> 32) as u32 % 4000).unwrap();
    let menu: String =
        (0..80).map(|line| (0..5).map(|n| letter(line * 5 + n)).chain(['\n']).collect::<String>()).collect();
    Document { site: host.into(), ..document(key, &format!("{menu}{title}\n{article}\n{}", FRAME[1])) }
}

#[test]
fn a_page_is_no_repost_of_another_one_of_its_host_that_an_index_has_for_their_long_frame() {
    let titles = ["老船工", "南坡的养蜂人"];
    let of = |host: &str, n: usize| of_host(host, &format!("{n}"), titles[n], &ARTICLES[n].replace('\n', ""));
    let found = |of_index: &str, asked: &str| {
        let place = tempfile::tempdir().unwrap();
        let mut writer = Writer::open(place.path(), &settings().analysis).unwrap();
        indexed::add_documents(vec![of(of_index, 0)], &mut writer, &settings()).unwrap();
        let found = || {
            let index = Index::open(place.path()).unwrap();
            let answers = indexed::query_documents(vec![of(asked, 1)], &index, &settings()).unwrap();
            told(&answers).into_iter().map(|(_, kind, _)| kind).collect::<Vec<_>>()
        };
        let before = found();
        indexed::add_documents(vec![document("c", ARTICLES[2])], &mut writer, &settings()).unwrap();
        writer.compact().unwrap();
        assert_eq!(found(), before, "in a segment that was merged");
        before
    };
    assert_eq!(found("a.example", "a.example"), []);
    assert_eq!(found("", ""), [RelationKind::Repost], "nothing else tells it");
}

#[test]
fn an_index_of_an_older_format_goes_on_in_the_newest() {
    for format in [1, 2] {
        must_go_on(format);
    }
}

fn must_go_on(format: u32) {
    let place = tempfile::tempdir().unwrap();
    for file in walk(&kept_index(format)) {
        fs::copy(&file, place.path().join(file.file_name().unwrap())).unwrap();
    }
    let mut writer = Writer::open_existing(place.path()).unwrap();
    writer.remove(["d"]).unwrap();
    writer.compact().unwrap();
    drop(writer);
    assert!(fs::read_to_string(place.path().join("manifest")).unwrap().starts_with(tongwen::index::FORMAT));
    let index = Index::open(place.path()).unwrap();
    index.check().unwrap();
    let info = index.info();
    assert_eq!((info.segments, info.pages, info.removed), (1, 2, 0));
}

fn run(arguments: &[&str]) -> std::process::Output {
    Command::new(PROGRAM).args(arguments).stdin(Stdio::null()).output().unwrap()
}

#[test]
fn a_second_writer_is_refused_and_told_who_writes() {
    let (_place, index) = indexed_corpus();
    let corpus = corpus();
    let writer = Writer::open_existing(&index).unwrap();
    let output = run(&["index", "add", index.to_str().unwrap(), corpus.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains(&format!("process {}", std::process::id())), "{message}");
    drop(writer);
    let output = run(&["index", "add", index.to_str().unwrap(), corpus.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0));
}

/// Kills the program at some moments of its work, and looks whether the index is the old one or the new one.
#[cfg(unix)]
fn killed(rounds: u64) {
    let (_place, index) = indexed_corpus();
    let at = index.to_str().unwrap();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/reposts");
    let keys: Vec<String> = {
        let mut writer = Writer::open_existing(&index).unwrap();
        indexed::add(std::slice::from_ref(&sample), &mut writer, &settings(), &Silent).unwrap();
        writer.remove(["b.txt"]).unwrap();
        let found = scanned(&sample, &settings().analysis);
        joined(&found).into_iter().map(|(a, _)| a).collect::<BTreeSet<_>>().into_iter().collect()
    };
    let full = Index::open(&index).unwrap().info().pages;
    let (mut done, mut broken_off) = (0, 0);
    for round in 0..rounds {
        let pages = Index::open(&index).unwrap().info().pages;
        let mut arguments: Vec<&str> = vec!["index"];
        let after = match (round % 3, pages == full) {
            (0, _) => {
                arguments.extend(["compact", at]);
                pages
            }
            (_, true) => {
                arguments.extend(["remove", at]);
                arguments.extend(keys.iter().map(String::as_str));
                full - keys.len() as u64
            }
            (_, false) => {
                arguments.extend(["add", at, sample.to_str().unwrap()]);
                full
            }
        };
        let mut child = Command::new(PROGRAM)
            .args(&arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // An addition loads a dictionary first; what follows takes milliseconds.
        let longest = if arguments[1] == "add" { 1_500_000 } else { 40_000 };
        thread::sleep(Duration::from_micros(hash::number(round, rounds) % longest));
        // It may be done.
        let _ = child.kill();
        child.wait().unwrap();
        let opened = Index::open(&index).unwrap_or_else(|error| panic!("round {round}: {error}"));
        opened.check().unwrap_or_else(|error| panic!("round {round}: {error}"));
        let now = opened.info().pages;
        assert!(now == pages || now == after, "round {round}: {pages} pages became {now}, not {after}");
        if now == after { done += 1 } else { broken_off += 1 }
    }
    assert!(rounds < 50 || done > 5 && broken_off > 5, "{done} done, {broken_off} broken off");
    // What was left behind is gone with the next writer.
    drop(Writer::open_existing(&index).unwrap());
    let opened = Index::open(&index).unwrap();
    let named = opened.info();
    assert!(files(&index).len() <= 1 + named.segments * 2);
}

#[cfg(unix)]
#[test]
fn a_killed_writer_leaves_the_old_index_or_the_new_one() {
    killed(6);
}

#[cfg(unix)]
#[test]
#[ignore = "takes minutes: a hundred rounds of the test above"]
fn a_killed_writer_leaves_the_old_index_or_the_new_one_a_hundred_times() {
    killed(100);
}

#[cfg(unix)]
#[test]
fn a_full_disk_leaves_the_index_as_it_was() {
    let (_place, index) = indexed_corpus();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/reposts");
    let before: Vec<Vec<u8>> = files(&index).iter().map(|path| fs::read(path).unwrap()).collect();
    // No file may grow beyond some kilobytes, which is told as a full disk is: by an error of a write.
    for blocks in [0, 1, 8, 24] {
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" index add \"$1\" \"$2\"");
        let output = Command::new("sh")
            .args(["-c", &script, PROGRAM])
            .args([&index, &sample])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{blocks}: {}", String::from_utf8_lossy(&output.stderr));
        let opened = Index::open(&index).unwrap();
        opened.check().unwrap();
        assert_eq!(opened.info().pages, 6);
        let after: Vec<Vec<u8>> = files(&index).iter().map(|path| fs::read(path).unwrap()).collect();
        assert!(before == after, "{blocks}");
    }
}

/// A small file system of its own, gone with the value.
#[cfg(target_os = "linux")]
struct Disk(TempDir);

#[cfg(target_os = "linux")]
impl Disk {
    /// Returns a file system of so many kilobytes, or why there is none.
    fn mounted(kilobytes: u32) -> Result<Self, String> {
        let place = tempfile::tempdir().unwrap();
        let size = format!("size={kilobytes}k");
        let mut mount = Command::new("mount");
        let mount = mount.args(["-t", "tmpfs", "-o", &size, "tongwen-test"]).arg(place.path()).output();
        match mount {
            Ok(output) if output.status.success() => Ok(Self(place)),
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

#[cfg(target_os = "linux")]
impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: what a failed test still has open must not keep it.
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_disk_that_fills_up_the_index_stays_as_it_was() {
    let disk = match Disk::mounted(160) {
        Ok(disk) => disk,
        Err(reason) => return eprintln!("skipped: no file system can be mounted here: {reason}"),
    };
    let index = disk.0.path().join("index");
    add(&index, corpus().path());
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/reposts");
    let (mut full, mut done) = (0, 0);
    for round in 0..24 {
        // A little less room each time, so that another write is the one that fails.
        fs::write(disk.0.path().join(format!("filler-{round}")), vec![0; 4 << 10]).ok();
        let before = Index::open(&index).unwrap().info().pages;
        let at = index.to_str().unwrap();
        let output = match round % 3 {
            0 => run(&["index", "add", at, sample.to_str().unwrap()]),
            1 => run(&["index", "compact", at]),
            _ => run(&["index", "remove", at, "xuehai/1001.txt", "a.txt"]),
        };
        let opened = Index::open(&index).unwrap();
        opened.check().unwrap();
        let now = opened.info().pages;
        if output.status.success() {
            done += 1;
        } else {
            full += 1;
            let message = String::from_utf8_lossy(&output.stderr);
            assert!(message.contains("No space left on device"), "round {round}: {message}");
            assert_eq!(now, before, "round {round}");
        }
    }
    assert!(full > 2 && done > 2, "{full} times full, {done} times not");
}

#[test]
fn settings_out_of_range_begin_no_index() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = AnalysisSettings { width: 0, ..AnalysisSettings::default() };
    assert!(matches!(Writer::open(folder.path(), &wrong), Err(tongwen::error::Error::Settings(_))));
    Writer::open(folder.path(), &AnalysisSettings::default()).unwrap();
}
