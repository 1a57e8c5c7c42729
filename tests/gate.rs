//! A gate from outside: its exit codes, what a baseline knows, and what an index takes in.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use tempfile::TempDir;
use tongwen::findings::{Findings, Verdict};
use tongwen::gate::Policy;
use tongwen::index::{Index, Writer};
use tongwen::pipeline::gated::{self, Beside};
use tongwen::pipeline::{Silent, indexed};
use tongwen::settings::{RunSettings, Settings};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tongwen");

const FERRY: &str = "渡口的老船工每天清晨都要把绳索检查一遍。他说，河水记得每一个粗心的人，四十年来只有两个早晨他没有下水。\n\
    第一回是儿子出生，第二回是洪水把码头冲走了半边。如今新桥通了车，过河的人少了，他还是照旧摇橹。\n";
const PEARS: &str = "山上的梨树开花以后，养蜂人把箱子搬到了南坡，一住就是四十天。他带着一只黄狗和半袋面粉。\n\
    今年春寒来得迟，花期短了五天，蜜却比往年稠。合作社按等级收购，他挑了最好的一桶留给自己。\n";
const BOOKS: &str = "县图书馆的旧书修复室藏在阅览室背后，只有一扇朝北的窗。三位修复师轮流值班，工具是竹镊和排笔。\n\
    虫蛀的县志要一页页揭开，用楮皮纸补上缺口，再压上半个月。最厚的一部修了两年零四个月。\n";

/// A folder with files, in which the program runs.
struct Folder(TempDir);

impl Folder {
    fn with(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write(files);
        folder
    }

    fn write(&self, files: &[(&str, &str)]) {
        for (name, text) in files {
            let path = self.path(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).current_dir(self.0.path()).env_clear().stdin(Stdio::null());
        command.output().unwrap()
    }

    /// Runs a gate and returns its exit code.
    fn gate(&self, arguments: &[&str]) -> i32 {
        self.run(&[&["gate"], arguments].concat()).status.code().unwrap()
    }

    /// Runs a gate and returns its findings.
    fn found(&self, arguments: &[&str]) -> Findings {
        let output = self.run(&[&["gate"], arguments, &["--format", "json"]].concat());
        Findings::from_json(&output.stdout, Path::new("standard output")).unwrap()
    }

    /// Runs a gate that says on standard error why it cannot judge.
    fn cannot(&self, arguments: &[&str]) -> String {
        let output = self.run(&[&["gate"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    fn pages(&self, index: &str) -> u64 {
        let index = Index::open(&self.path(index)).unwrap();
        index.check().unwrap();
        index.info().pages
    }
}

fn copied(article: &str) -> String {
    format!("转载\n{}", article.replace("四十", "三十"))
}

#[test]
fn a_planted_repost_fails_and_what_is_left_without_it_passes() {
    let folder = Folder::with(&[("p/ferry.txt", FERRY), ("p/pears.txt", PEARS), ("p/copy.txt", &copied(FERRY))]);
    assert_eq!(folder.gate(&["p"]), 1);
    assert_eq!(folder.gate(&["p", "--fail-on", "identical"]), 0);
    assert_eq!(folder.gate(&["p", "--max-duplicates", "1"]), 0);
    assert_eq!(folder.gate(&["p", "--max-share", "33%"]), 1);
    assert_eq!(folder.gate(&["p", "--max-share", "34%"]), 0);
    assert_eq!(folder.gate(&["p", "--max-share", "0.34"]), 0);
    fs::remove_file(folder.path("p/copy.txt")).unwrap();
    assert_eq!(folder.gate(&["p"]), 0);
}

#[test]
fn the_policy_of_a_project_stands_in_its_configuration_and_a_flag_wins() {
    let folder = Folder::with(&[
        ("p/ferry.txt", FERRY),
        ("p/copy.txt", &copied(FERRY)),
        ("tongwen.toml", "[gate]\nfail-on = ['identical', 'repost']\nmax-share = '50%'\n"),
        ("bad.toml", "[gate]\nfail_on = ['identical']\n"),
        ("worse.toml", "[gate]\nmax-share = 'half'\n"),
        ("none.toml", "[gate]\nfail-on = []\n"),
    ]);
    assert_eq!(folder.gate(&["p"]), 0);
    assert_eq!(folder.gate(&["p", "--no-config"]), 1);
    assert_eq!(folder.gate(&["p", "--max-share", "10%"]), 1);
    assert!(folder.cannot(&["p", "--config", "bad.toml"]).contains("unknown key `fail_on`"));
    assert!(folder.cannot(&["p", "--config", "worse.toml"]).contains("line 2"));
    assert!(folder.cannot(&["p", "--config", "none.toml"]).contains("one kind or more"));
}

#[test]
fn a_record_that_cannot_be_read_leaves_the_gate_undecided_whatever_else_was_found() {
    let lines = format!("{}\n{{\"id\": \"断\n", serde_json::json!({ "id": "a", "text": FERRY }));
    let folder = Folder::with(&[("r.jsonl", &format!("{lines}{}", lines.replace("\"a\"", "\"b\"")))]);
    let output = folder.run(&["gate", "r.jsonl"]);
    assert_eq!(output.status.code(), Some(2));
    let (report, error) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(report.trim_end().lines().last().unwrap().starts_with("Gate: UNDECIDED · 2 files and records"), "{report}");
    assert!(error.contains("cannot decide") && error.contains("--max-skipped"), "{error}");
    assert_eq!(folder.gate(&["r.jsonl", "--max-skipped", "1"]), 2);
    assert_eq!(folder.gate(&["r.jsonl", "--max-skipped", "2"]), 1);
    // What is undecided is no baseline, and nothing is added.
    folder.cannot(&["r.jsonl", "--baseline", "known.json", "--update-baseline"]);
    assert!(!folder.path("known.json").exists());
    folder.cannot(&["r.jsonl", "--index", "kept", "--add"]);
    assert!(!folder.path("kept").join("manifest").exists(), "it would bind the next one to its settings");
}

#[test]
fn a_baseline_is_written_over_nothing_else_and_nothing_over_it() {
    let folder = Folder::with(&[("p/ferry.txt", FERRY), ("p/copy.txt", &copied(FERRY))]);
    let update = |baseline: &'static str| vec!["p", "--baseline", baseline, "--update-baseline"];
    for known in ["known.json", "./known.json", "p/../known.json"] {
        let error = folder.cannot(&[update("known.json"), vec!["--format", "json", "--output", known]].concat());
        assert!(error.contains("both the baseline and the output"), "{error}");
    }
    assert!(folder.cannot(&update("p/known.json")).contains("it is in `p`"));
    assert!(!folder.path("known.json").exists());
    assert_eq!(folder.gate(&[update("known.json"), vec!["--output", "report.txt"]].concat()), 0);
    let error = folder.cannot(&["p", "--baseline", "known.json", "--output", "known.json"]);
    assert!(error.contains("both the baseline and the output"), "{error}");
}

#[test]
fn what_a_baseline_knows_passes_under_other_names_but_not_a_third_time() {
    let folder = Folder::with(&[("p/ferry.txt", FERRY), ("p/copy.txt", &copied(FERRY)), ("p/pears.txt", PEARS)]);
    let known = ["p", "--baseline", "known.json"];
    assert!(folder.cannot(&known).contains("--update-baseline"));
    assert_eq!(folder.gate(&[&known[..], &["--update-baseline"]].concat()), 0);
    let baseline = fs::read(folder.path("known.json")).unwrap();
    assert_eq!(folder.gate(&known), 0);
    fs::rename(folder.path("p/copy.txt"), folder.path("p/a.txt")).unwrap();
    folder.write(&[("p/books.txt", BOOKS)]);
    assert_eq!(folder.gate(&known), 0);
    folder.write(&[("p/third.txt", &copied(FERRY))]);
    let ruling = folder.found(&known).gate.unwrap();
    assert_eq!((ruling.verdict, ruling.new_ones().count(), ruling.duplicates.len()), (Verdict::Fail, 1, 2));
    // A known article says nothing of another one.
    fs::remove_file(folder.path("p/third.txt")).unwrap();
    folder.write(&[("p/pears-2.txt", &copied(PEARS))]);
    assert_eq!(folder.gate(&known), 1);
    fs::remove_file(folder.path("p/pears-2.txt")).unwrap();
    fs::remove_file(folder.path("p/books.txt")).unwrap();
    assert_eq!(folder.gate(&[&known[..], &["--update-baseline"]].concat()), 0);
    assert_eq!(fs::read(folder.path("known.json")).unwrap(), baseline, "names are not in it");
}

#[test]
fn a_foreign_baseline_is_refused_and_never_replaced() {
    let folder =
        Folder::with(&[("p/ferry.txt", FERRY), ("notes.json", "{\"format\": \"notes/1\"}"), ("text.json", "渡口")]);
    for file in ["notes.json", "text.json"] {
        let before = fs::read(folder.path(file)).unwrap();
        for update in [&[][..], &["--update-baseline"]] {
            let error = folder.cannot(&[&["p", "--baseline", file], update].concat());
            assert!(error.contains(file) && error.contains("is not a baseline"), "{error}");
        }
        assert_eq!(fs::read(folder.path(file)).unwrap(), before);
    }
    assert_eq!(folder.gate(&["p", "--baseline", "known.json", "--update-baseline"]), 0);
    let error = folder.cannot(&["p", "--baseline", "known.json", "--tokens", "char"]);
    assert!(error.contains("--tokens word") && error.contains("--tokens char"), "{error}");
    let newer = fs::read_to_string(folder.path("known.json")).unwrap().replace("baseline/1", "baseline/2");
    folder.write(&[("newer.json", &newer), ("cut.json", &newer[..newer.len() / 2])]);
    assert!(folder.cannot(&["p", "--baseline", "newer.json"]).contains("tongwen-baseline/2"));
    folder.cannot(&["p", "--baseline", "cut.json"]);
    assert!(folder.cannot(&["p", "--update-baseline"]).contains("--baseline"));
}

#[test]
fn an_index_takes_in_what_passed_once_and_nothing_else() {
    let folder = Folder::with(&[("p/ferry.txt", FERRY), ("p/copy.txt", &copied(FERRY)), ("p/pears.txt", PEARS)]);
    assert!(folder.cannot(&["p", "--index", "kept"]).contains("is not there"));
    assert_eq!(folder.gate(&["p", "--index", "kept", "--add"]), 1);
    // One of the two is new; the other repeats it.
    assert_eq!(folder.pages("kept"), 2);
    let before = fs::read(folder.path("kept/manifest")).unwrap();
    // The pages of their own keys are older versions of them.
    assert_eq!(folder.gate(&["p", "--include", "pears.txt", "--index", "kept", "--add"]), 0);
    folder.write(&[("q/other.txt", &copied(PEARS)), ("q/books.txt", BOOKS)]);
    assert_eq!(folder.gate(&["q", "--index", "kept"]), 1);
    assert_eq!(fs::read(folder.path("kept/manifest")).unwrap(), before, "nothing was added");
    let found = folder.found(&["q", "--index", "kept"]);
    let [duplicate] = &*found.gate.unwrap().duplicates else { panic!("one duplicate") };
    assert_eq!((&*duplicate.key, &*duplicate.of, duplicate.in_index), ("other.txt", "pears.txt", true));
    assert_eq!(folder.gate(&["q", "--index", "kept", "--add"]), 1);
    assert_eq!(folder.pages("kept"), 3);
    // What a baseline knows is let in.
    assert_eq!(folder.gate(&["q", "--index", "kept", "--baseline", "known.json", "--update-baseline"]), 0);
    assert_eq!(folder.gate(&["q", "--index", "kept", "--baseline", "known.json", "--add"]), 0);
    assert_eq!(folder.pages("kept"), 4);
    assert!(folder.cannot(&["q", "--add"]).contains("--index"));
    assert!(folder.cannot(&["kept", "--index", "kept"]).contains("is the index itself"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_cannot_be_written_says_that_the_pages_are_in_the_index() {
    let folder = Folder::with(&[("p/ferry.txt", FERRY)]);
    for arguments in [
        &["gate", "p", "--index", "kept", "--add", "--output", "/dev/full"][..],
        &["index", "add", "more", "p", "--output", "/dev/full"],
    ] {
        let output = folder.run(arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains("cannot write `/dev/full`") && told.contains("in the index all the same"), "{told}");
    }
    assert_eq!((folder.pages("kept"), folder.pages("more")), (1, 1));
    // A second time nothing is added.
    for arguments in [
        &["gate", "p", "--index", "kept", "--add", "--output", "/dev/full"][..],
        &["index", "add", "more", "p", "--output", "/dev/full"],
    ] {
        let told = String::from_utf8(folder.run(arguments).stderr).unwrap();
        assert!(told.contains("cannot write `/dev/full`") && !told.contains("all the same"), "{told}");
    }
}

#[test]
fn a_changed_page_takes_the_place_of_its_older_version() {
    let folder = Folder::with(&[("p/ferry.txt", FERRY)]);
    assert_eq!(folder.gate(&["p", "--index", "kept", "--add"]), 0);
    folder.write(&[("p/ferry.txt", &copied(FERRY))]);
    assert_eq!(folder.gate(&["p", "--index", "kept", "--add"]), 0);
    assert_eq!(folder.pages("kept"), 1);
    folder.write(&[("q/same.txt", &copied(FERRY))]);
    assert_eq!(folder.gate(&["q", "--index", "kept"]), 1);
}

#[test]
fn what_a_page_said_before_it_changed_is_not_lost_with_it_where_another_one_says_it_now() {
    let folder = Folder::with(&[("p/ferry.txt", FERRY)]);
    assert_eq!(folder.gate(&["p", "--index", "kept", "--add"]), 0);
    folder.write(&[("p/ferry.txt", PEARS), ("p/moved.txt", FERRY)]);
    assert_eq!(folder.gate(&["p", "--index", "kept", "--add"]), 0);
    folder.write(&[("q/copy.txt", &copied(FERRY))]);
    let duplicates = folder.found(&["q", "--index", "kept"]).gate.unwrap().duplicates;
    assert_eq!(duplicates.iter().map(|duplicate| &*duplicate.of).collect::<Vec<_>>(), ["moved.txt"]);

    let mut stream = Stream::begin(&folder, &["--add"]);
    stream.send(&(record("same", PEARS) + &record("ferry.txt", BOOKS) + &record("pears", PEARS)));
    let told = [stream.verdict(), stream.verdict(), stream.verdict()].map(|told| told["verdict"].clone());
    assert_eq!(told, ["identical", "new", "new"]);
    assert_eq!(stream.end(), 0);
    // Where nothing is replaced, all that is there is.
    let mut stream = Stream::begin(&folder, &[]);
    stream.send(&(record("ferry.txt", PEARS) + &record("books", BOOKS)));
    assert_eq!([stream.verdict(), stream.verdict()].map(|told| told["of"].clone()), ["pears", "ferry.txt"]);
    assert_eq!(stream.end(), 0);
}

#[test]
fn a_record_of_standard_input_without_an_id_is_not_remembered_for_the_next_one_would_take_its_place() {
    let folder = Folder::with(&[("p/ferry.txt", FERRY)]);
    assert_eq!(folder.gate(&["p", "--index", "kept", "--add"]), 0);
    let sent = |arguments: &[&str]| {
        let mut command = Command::new(PROGRAM);
        let piped = command.args(arguments).current_dir(folder.0.path()).env_clear().stdin(Stdio::piped());
        let mut child = piped.stdout(Stdio::piped()).spawn().unwrap();
        let lines = record("pears", PEARS) + &serde_json::json!({ "text": BOOKS }).to_string();
        child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    for command in [&["gate", "-", "--index", "kept", "--add"][..], &["index", "add", "kept", "-"]] {
        let (code, text) = sent(command);
        assert!(text.contains("-:2") && text.contains("`--id-field`"), "{text}");
        assert_eq!(code, Some(if command[0] == "gate" { 2 } else { 0 }));
    }
    assert_eq!(folder.pages("kept"), 2);
    // Nothing is remembered, so nothing needs a name.
    assert_eq!(sent(&["gate", "-", "--index", "kept"]).0, Some(0));
}

#[test]
fn an_index_is_neither_read_as_pages_nor_written_over() {
    let folder = Folder::with(&[("p/ferry.txt", FERRY)]);
    assert!(folder.cannot(&["p", "--index", "p/kept", "--add"]).contains("is in `p`"));
    assert!(!folder.path("p/kept").exists());
    assert_eq!(folder.gate(&["p", "--index", "p/kept", "--add", "--exclude", "kept"]), 0);
    assert_eq!(folder.gate(&["p", "--index", "p/.kept", "--add", "--exclude", "kept/"]), 0);
    assert!(folder.cannot(&["p", "--index", "p/kept"]).contains("--exclude"));
    assert!(folder.cannot(&["p/kept/manifest", "--index", "p/kept"]).contains("is a part of the index"));
    let output = ["p", "--index", "p/.kept", "--exclude", "kept", "--output", "p/.kept/manifest"];
    assert!(folder.cannot(&output).contains("it is in the index"));
    assert_eq!((folder.pages("p/kept"), folder.pages("p/.kept")), (1, 1));
}

#[test]
fn a_new_copy_of_a_page_that_the_index_has_fails_beside_that_page_and_is_not_added() {
    let folder = Folder::with(&[("p/z.txt", FERRY), ("p/pears.txt", PEARS)]);
    assert_eq!(folder.gate(&["p", "--index", "kept", "--add"]), 0);
    // By its name it comes first, so that of the two it is the one to keep.
    folder.write(&[("p/a.txt", FERRY)]);
    for _ in 0..2 {
        assert_eq!(folder.gate(&["p", "--index", "kept", "--add"]), 1);
        assert_eq!(folder.pages("kept"), 2);
    }
}

#[test]
fn a_page_whose_newer_version_is_not_remembered_is_there_still() {
    let folder = Folder::with(&[("p/ferry.txt", FERRY), ("p/pears.txt", PEARS)]);
    assert_eq!(folder.gate(&["p", "--index", "kept", "--add"]), 0);
    let mut stream = Stream::begin(&folder, &["--add"]);
    stream.send(
        &(record("ferry.txt", PEARS) + &record("same", FERRY) + &record("pears.txt", BOOKS) + &record("new", PEARS)),
    );
    let told = [(); 4].map(|()| stream.verdict()["of"].clone());
    assert_eq!(told, ["pears.txt".into(), "ferry.txt".into(), serde_json::Value::Null, serde_json::Value::Null]);
    assert_eq!(stream.end(), 0);
    assert_eq!(folder.pages("kept"), 3);
}

#[test]
fn what_a_baseline_knows_passes_also_once_it_was_added() {
    let folder = Folder::with(&[("p/ferry.txt", FERRY), ("p/copy.txt", &copied(FERRY)), ("p/pears.txt", PEARS)]);
    folder.write(&[("q/books.txt", BOOKS)]);
    assert_eq!(folder.gate(&["q", "--index", "kept", "--add"]), 0);
    let gate = ["p", "--index", "kept", "--baseline", "known.json"];
    assert_eq!(folder.gate(&[&gate[..], &["--update-baseline"]].concat()), 0);
    for _ in 0..3 {
        assert_eq!(folder.gate(&[&gate[..], &["--add"]].concat()), 0);
    }
    assert_eq!(folder.pages("kept"), 4);
}

#[test]
fn the_frame_of_a_site_that_an_index_knows_is_none_of_a_pages_content() {
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/templates");
    let mut pages: Vec<PathBuf> = fs::read_dir(&templates).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    let place = tempfile::tempdir().unwrap();
    let settings = Settings::default();
    let mut writer = Writer::open(&place.path().join("kept"), &settings.analysis).unwrap();
    let (today, before) = pages.split_at(1);
    indexed::add(before, &mut writer, &settings, &Silent).unwrap();
    let gate = |beside| gated::gate(today, beside, &Policy::default(), None, &settings, &Silent).unwrap().findings;
    let alone = gate(Beside::Nothing);
    let beside = gate(Beside::Index(writer.index()));
    assert!(alone.boilerplate.share < 0.2 && beside.boilerplate.share > 0.4, "{:?}", beside.boilerplate);
    assert_eq!(beside.gate.unwrap().verdict, Verdict::Pass);
    assert!(beside.known.iter().all(|known| known.kind > tongwen::findings::RelationKind::Contained));
}

#[test]
fn threads_and_the_order_of_records_do_not_show() {
    let folder = tempfile::tempdir().unwrap();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/records.jsonl");
    let lines = fs::read_to_string(sample).unwrap();
    // Those that can be read and have a key of their own: others are named by their lines.
    let mut met = std::collections::HashSet::new();
    let is_whole = |line: &&str| {
        let record: Option<serde_json::Value> = serde_json::from_str(line).ok();
        record.is_some_and(|record| {
            record["text"].is_string() && record["id"].as_str().is_some_and(|id| met.insert(id.to_owned()))
        })
    };
    let mut lines: Vec<&str> = lines.lines().filter(is_whole).collect();
    let place = folder.path().join("kept");
    let default = Settings::default();
    let mut writer = Writer::open(&place, &default.analysis).unwrap();
    indexed::add(&[Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/reposts")], &mut writer, &default, &Silent)
        .unwrap();
    let mut found = Vec::new();
    for threads in [1, 3] {
        let path = folder.path().join("records.jsonl");
        fs::write(&path, lines.join("\n")).unwrap();
        let settings = Settings { run: RunSettings { threads }, ..default.clone() };
        let beside = Beside::Index(writer.index());
        found.push(
            gated::gate(&[path], beside, &Policy::default(), None, &settings, &Silent).unwrap().findings.to_json(),
        );
        lines.reverse();
    }
    assert!(lines.len() > 10 && found[0].contains("\"in_index\": true"), "{}", found[0]);
    assert!(found[0] == found[1]);
}

/// A stream of records that is written and read step by step.
struct Stream {
    child: Child,
    verdicts: BufReader<ChildStdout>,
}

impl Stream {
    fn begin(folder: &Folder, flags: &[&str]) -> Self {
        let mut command = Command::new(PROGRAM);
        command
            .args([&["gate", "--stream", "--index", "kept"], flags].concat())
            .current_dir(folder.0.path())
            .env_clear();
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let verdicts = BufReader::new(child.stdout.take().unwrap());
        Self { child, verdicts }
    }

    fn send(&mut self, lines: &str) {
        self.child.stdin.as_mut().unwrap().write_all(lines.as_bytes()).unwrap();
    }

    fn verdict(&mut self) -> serde_json::Value {
        let mut line = String::new();
        self.verdicts.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// Sends a record and waits for its verdict, while the stream is open.
    fn told(&mut self, id: &str, text: &str) -> (String, Option<String>) {
        self.send(&record(id, text));
        let verdict = self.verdict();
        assert_eq!(verdict["id"], id);
        (verdict["verdict"].as_str().unwrap().to_owned(), verdict["of"].as_str().map(str::to_owned))
    }

    fn end(mut self) -> i32 {
        drop(self.child.stdin.take());
        let output = self.child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
        output.status.code().unwrap()
    }
}

fn record(id: &str, text: &str) -> String {
    serde_json::json!({ "id": id, "text": text }).to_string() + "\n"
}

fn of(verdict: &str, of: &str) -> (String, Option<String>) {
    (verdict.to_owned(), Some(of.to_owned()))
}

#[test]
fn each_record_of_a_stream_gets_its_verdict_at_once_and_the_next_one_is_told_of_it() {
    let folder = Folder::with(&[]);
    let mut stream = Stream::begin(&folder, &["--add"]);
    assert_eq!(stream.told("ferry", FERRY), ("new".into(), None));
    assert_eq!(stream.told("copy", &copied(FERRY)), of("repost", "ferry"));
    assert_eq!(stream.told("same", &FERRY.replace('，', ", ")), of("identical", "ferry"));
    assert_eq!(stream.told("pears", PEARS), ("new".into(), None));
    // A record that comes again, or in a newer version, is not compared with itself.
    assert_eq!(stream.told("ferry", FERRY), ("new".into(), None));
    assert_eq!(stream.told("pears", &copied(PEARS)), ("new".into(), None));
    assert_eq!(stream.told("pears-2", PEARS), of("repost", "pears"));
    stream.send("\n{\"id\": \"断\n{\"text\": \"没有名字\"}\n");
    let verdict = stream.verdict();
    assert_eq!((&verdict["id"], &verdict["verdict"]), (&"-:9".into(), &"error".into()));
    assert!(verdict["reason"].as_str().unwrap().contains("not valid JSON"));
    assert!(stream.verdict()["reason"].as_str().unwrap().contains("--id-field"));
    // Who sent a record that has an id is told by that, and where it was.
    stream.send("{\"id\": \"数\", \"text\": 5}\n");
    let verdict = stream.verdict();
    assert_eq!((&verdict["id"], &verdict["verdict"]), (&"数".into(), &"error".into()));
    assert!(verdict["reason"].as_str().unwrap().starts_with("-:11: field `text` is a number"), "{verdict}");
    assert_eq!(stream.told("books", BOOKS), ("new".into(), None));
    assert_eq!(stream.end(), 0);
    assert_eq!(folder.pages("kept"), 3);
}

#[test]
fn a_quotation_is_told_of_the_article_that_came_before_it_though_more_copies_come_after() {
    let sample = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/reposts/tingyu").join(name);
        fs::read_to_string(path).unwrap()
    };
    let article = sample("birds.txt");
    // Its fourth line amid another article.
    let quoting = sample("bridge.txt").replacen('。', &format!("。{}", article.lines().nth(3).unwrap()), 1);
    let copy = |n: usize| article.replace("黑鹳", ["白鹳", "苍鹭", "大雁"][n]);
    let copies: String = (0..3).map(|n| record(&format!("copy {n}"), &copy(n))).collect();
    let records = [record("article", &article), record("quoting", &quoting), copies];
    // All at once, and the article before the rest: it is then in the index, and its copies are not.
    for is_together in [true, false] {
        let folder = Folder::with(&[]);
        let mut stream = Stream::begin(&folder, &["--add", "--fail-on", "identical,repost,excerpt"]);
        let mut told = Vec::new();
        if !is_together {
            stream.send(&records[0]);
            told.push(stream.verdict());
        }
        stream.send(&records[told.len()..].concat());
        told.extend((told.len()..5).map(|_| stream.verdict()));
        assert_eq!((&told[1]["verdict"], &told[1]["of"]), (&"excerpt".into(), &"article".into()), "{told:?}");
        assert!(told[2..].iter().all(|told| told["verdict"] == "repost"), "{told:?}");
        assert_eq!(stream.end(), 0);
        assert_eq!(folder.pages("kept"), 1);
    }
}

#[test]
fn records_that_come_together_are_told_as_those_that_come_one_by_one() {
    let texts = [FERRY.to_owned(), copied(FERRY), PEARS.into(), FERRY.into(), BOOKS.into(), copied(PEARS), "。".into()];
    let lines: String = texts.iter().enumerate().map(|(n, text)| record(&n.to_string(), text)).collect();
    let lines =
        format!("{lines}{}{}", record("0", BOOKS), record("4", "茶馆的说书人换了新段子，台下的人却都在等旧的。"));
    // Shares may differ a little: together they show more of what is their frame.
    let shown = |verdict: serde_json::Value| format!("{} {} {}", verdict["id"], verdict["verdict"], verdict["of"]);
    let told = |is_together: bool, flags: &[&str]| {
        let folder = Folder::with(&[("p/ferry.txt", FERRY)]);
        assert_eq!(folder.gate(&["p", "--index", "kept", "--add"]), 0);
        let mut stream = Stream::begin(&folder, flags);
        let mut told = Vec::new();
        if is_together {
            stream.send(&lines);
            told.extend(lines.lines().map(|_| shown(stream.verdict())));
        } else {
            for line in lines.lines() {
                stream.send(&format!("{line}\n"));
                told.push(shown(stream.verdict()));
            }
        }
        assert_eq!(stream.end(), 0);
        (told, folder.pages("kept"))
    };
    for flags in [&[][..], &["--add"]] {
        let (together, pages) = told(true, flags);
        assert_eq!((&together, pages), (&told(false, flags).0, pages));
        assert_eq!(together[0], "\"0\" \"identical\" \"ferry.txt\"");
        // Without `--add` nothing is remembered.
        assert_eq!(together[5], if flags.is_empty() { "\"5\" \"new\" null" } else { "\"5\" \"repost\" \"2\"" });
        assert_eq!(pages, if flags.is_empty() { 1 } else { 4 });
    }
}

#[cfg(unix)]
#[test]
fn what_a_stream_is_told_of_is_there_after_ctrl_c_a_kill_and_a_closed_pipe() {
    let folder = Folder::with(&[]);
    let text =
        |n: u64| (0..40).map(|at| format!("第{}号渔船", tongwen::hash::number(at, n) % 100_000)).collect::<String>();
    let mut sent = 0;
    for round in 0..6 {
        let mut stream = Stream::begin(&folder, &["--add"]);
        let many: String = (sent..sent + 300).map(|n| record(&format!("r{n}"), &text(n))).collect();
        let mut stdin = stream.child.stdin.take().unwrap();
        // It may be killed before all is written; and waits for more until it is, so that it does not end by itself.
        let writer = std::thread::spawn(move || {
            let _ = stdin.write_all(many.as_bytes());
            stdin
        });
        let heard: Vec<_> = (0..round * 50 + 1).map(|_| stream.verdict()).collect();
        if let Some(signal) = ["-KILL", "-INT"].get(round as usize % 3) {
            assert!(Command::new("kill").arg(signal).arg(stream.child.id().to_string()).status().unwrap().success());
            assert_eq!(stream.child.wait().unwrap().code(), None, "killed by a signal");
            writer.join().unwrap();
        } else {
            let Stream { mut child, verdicts } = stream;
            drop(verdicts);
            drop(writer.join().unwrap());
            assert_eq!(child.wait().unwrap().code(), Some(0), "a reader that goes away is no error");
        }
        let index = Index::open(&folder.path("kept")).unwrap();
        index.check().unwrap();
        for verdict in heard {
            assert_eq!(verdict["verdict"], "new");
            let id = verdict["id"].as_str().unwrap();
            assert!(index.page_of_key(id).unwrap().is_some(), "round {round}: {id} was told and is not there");
        }
        sent += 300;
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_stream_sent_before_it_broke_gets_its_verdicts() {
    use std::os::unix::ffi::OsStrExt;

    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    let folder = Folder::with(&[("p/ferry.txt", FERRY)]);
    assert_eq!(folder.gate(&["p", "--index", "kept", "--add"]), 0);
    // The other end of a terminal that is gone gives an error, and no end.
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap();
    let mut sender = fs::File::options().write(true).open(std::ffi::OsStr::from_bytes(name.as_bytes())).unwrap();
    sender.write_all([record("1", BOOKS), record("2", FERRY)].concat().as_bytes()).unwrap();
    drop(sender);
    let mut command = Command::new(PROGRAM);
    command.args(["gate", "--stream", "--index", "kept"]).current_dir(folder.path("")).stdin(terminal);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stdout).unwrap();
    let verdicts: Vec<serde_json::Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of: Vec<_> = verdicts.iter().map(|told| (told["id"].as_str(), told["verdict"].as_str())).collect();
    assert_eq!(of, [(Some("1"), Some("new")), (Some("2"), Some("identical"))]);
    assert!(String::from_utf8(output.stderr).unwrap().contains("cannot read `standard input`"));
}

#[test]
fn a_gate_that_fails_beside_an_index_does_not_say_that_nothing_is_to_be_done() {
    let folder = Folder::with(&[("p/ferry.txt", FERRY), ("q/copy.txt", &copied(FERRY)), ("r/books.txt", BOOKS)]);
    assert_eq!(folder.gate(&["p", "--index", "kept", "--add"]), 0);
    let said = |pages: &str| {
        let output = folder.run(&["gate", pages, "--index", "kept"]);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, report) = said("q");
    assert!(code == Some(1) && !report.contains("Nothing to clean up"), "{report}");
    let (code, report) = said("r");
    assert!(code == Some(0) && report.contains("Nothing to clean up"), "{report}");
}

#[test]
fn an_index_that_could_not_be_begun_does_not_bind_the_next() {
    let folder = Folder::with(&[("p/ferry.txt", FERRY)]);
    let code = |arguments: &[&str]| folder.run(arguments).status.code();
    for command in ["index add kept p", "gate p --index kept --add"] {
        let begin: Vec<&str> = command.split(' ').collect();
        assert_eq!(code(&[&begin[..], &["--tokens", "char", "--include", "["]].concat()), Some(2));
        assert_eq!(code(&["index", "info", "kept"]), Some(2), "{command}: there is none");
    }
    // Undecided, and standard input that cannot be read.
    folder.write(&[("bad/a.jsonl", "{\"text\": \n")]);
    assert_eq!(code(&["gate", "bad", "--index", "kept", "--add", "--tokens", "char"]), Some(2));
    assert_eq!(code(&["index", "info", "kept"]), Some(2));
    let mut command = Command::new(PROGRAM);
    command.args(["gate", "--stream", "--index", "kept", "--add"]).current_dir(folder.path(""));
    let output = command.stdin(fs::File::open(folder.path("")).unwrap()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(code(&["index", "info", "kept"]), Some(2));
    assert_eq!(code(&["index", "add", "kept", "p"]), Some(0));
    // One that was there stays.
    assert_eq!(code(&["index", "add", "kept", "p", "--include", "["]), Some(2));
    assert_eq!(folder.pages("kept"), 1);
    // And so does one of nothing.
    fs::create_dir(folder.path("empty")).unwrap();
    assert_eq!(code(&["index", "add", "begun", "empty"]), Some(0));
    assert_eq!(folder.pages("begun"), 0);
}

#[test]
fn a_stream_that_cannot_be_judged_is_refused() {
    let folder = Folder::with(&[("p/ferry.txt", FERRY)]);
    assert!(folder.cannot(&["--stream"]).contains("--index"));
    // An index may stand in the configuration as well.
    folder.write(&[("tongwen.toml", "[gate]\nindex = 'configured'\n")]);
    assert!(folder.cannot(&["--stream"]).contains("index `configured` is not there"));
    assert_eq!(folder.gate(&["p", "--add"]), 0);
    assert_eq!(folder.pages("configured"), 1);
    fs::remove_file(folder.path("tongwen.toml")).unwrap();
    assert!(folder.cannot(&["--stream", "--index", "none"]).contains("is not there"));
    assert_eq!(folder.gate(&["p", "--index", "kept", "--add"]), 0);
    assert!(folder.cannot(&["p", "--stream", "--index", "kept"]).contains("--stream"));
    assert!(folder.cannot(&["--stream", "--index", "kept", "--max-share", "2%"]).contains("of a batch"));
    assert!(folder.cannot(&["--stream", "--index", "kept", "--tokens", "char"]).contains("--tokens word"));
}

#[test]
fn dedup_reads_the_findings_of_a_gate_and_what_it_leaves_passes() {
    let record = |id: &str, text: &str| serde_json::json!({ "name": id, "正文": text }).to_string();
    let records = [record("书", BOOKS), record("空", "……"), record("书的转载", &copied(BOOKS))].join("\n");
    let files = [("p/a/ferry.txt", FERRY), ("p/b/copy.txt", &copied(FERRY)), ("p/r.jsonl", &records)];
    let folder = Folder::with(&files);
    folder.write(&[("p/left/out.txt", FERRY)]);
    let flags = ["--exclude", "left/", "--text-field", "正文", "--id-field", "name", "--format", "json"];
    let output = |command: &str, file: &str, code: i32| {
        let output = folder.run(&[&[command, "p", "--output", file], &flags[..]].concat());
        assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
        Findings::load(&folder.path(file)).unwrap()
    };
    // A gate beside nothing finds what a scan finds, and says of each document all that a scan says.
    let (gated, scanned) = (output("gate", "gated.json", 1), output("scan", "scanned.json", 0));
    assert_eq!(Findings { gate: None, ..gated.clone() }, scanned);
    assert_eq!(gated.documents.iter().filter(|document| document.digest.is_none()).count(), 1);
    assert!(gated.documents.iter().all(|document| document.hash != 0));
    assert_eq!(gated.documents.iter().map(|document| &*document.site).collect::<Vec<_>>(), ["a", "b", "", "", ""]);

    let applied = folder.run(&["dedup", "gated.json", "p", "--keep", "first", "--apply", "clean"]);
    assert_eq!(applied.status.code(), Some(0), "{}", String::from_utf8_lossy(&applied.stderr));
    let clean = folder.found(&[&["clean"], &flags[..6]].concat());
    let keys: Vec<&str> = clean.documents.iter().map(|document| document.key.as_str()).collect();
    assert_eq!(keys, ["a/ferry.txt", "书", "空"]);
    assert_eq!(gated.gate.unwrap().duplicates.len(), gated.documents.len() - keys.len());
    assert_eq!(clean.gate.unwrap().verdict, Verdict::Pass);
}

#[test]
fn a_report_of_a_gate_in_a_browser_begins_with_the_verdict_and_has_no_pairs() {
    let folder = Folder::with(&[("p/ferry.txt", FERRY), ("p/copy.txt", &copied(FERRY))]);
    assert_eq!(folder.gate(&["p", "--format", "html", "--output", "gate.html"]), 1);
    let page = fs::read_to_string(folder.path("gate.html")).unwrap();
    let at = |said: &str| page.find(said).unwrap_or_else(|| panic!("no {said}"));
    assert!(at("Gate: fail") < at("id=\"overview-title\""));
    // The same from saved findings.
    assert_eq!(folder.gate(&["p", "--format", "json", "--output", "found.json"]), 1);
    folder.run(&["report", "found.json", "--format", "html", "--output", "report.html"]);
    assert_eq!(fs::read_to_string(folder.path("report.html")).unwrap(), page);
    assert!(
        folder.cannot(&["p", "--format", "html", "--pairs", "9"]).contains("`--pairs` is a flag of `tongwen scan`")
    );
}

#[test]
fn only_the_kinds_asked_for_are_shown_and_the_verdict_is_of_all() {
    let folder = Folder::with(&[("kept/ferry.txt", FERRY), ("p/copy.txt", &copied(FERRY))]);
    assert_eq!(folder.gate(&["kept", "--index", "i", "--add"]), 0);
    let shown = |kind: &str| {
        let output = folder.run(&["gate", "p", "--index", "i", "--kind", kind]);
        assert_eq!(output.status.code(), Some(1));
        let report = String::from_utf8(output.stdout).unwrap();
        assert!(report.contains("Gate: FAIL"), "{report}");
        report.contains("In the index · 1 document")
    };
    assert!(shown("repost") && !shown("excerpt"));
}
