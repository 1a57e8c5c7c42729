//! What shows on a larger corpus only: `--memory` and `--resume`.
#![cfg(all(target_os = "linux", target_pointer_width = "64"))]

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use tongwen::checkpoint;
use tongwen::pipeline::{self, Silent};
use tongwen::settings::{AnalysisSettings, Settings, TokenKind};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tongwen");
const LIMIT: u64 = 128;

/// Writes records of which every third says what another said, with another ending: some 45 MB.
fn write_corpus(path: &Path) {
    let mut state = 7_u64;
    let mut next = move |below: u32| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u32 % below
    };
    let mut lines = String::new();
    let mut last = String::new();
    for number in 0..16_000 {
        if number % 3 != 2 {
            last = (0..900).filter_map(|_| char::from_u32(0x4e00 + next(2000))).collect();
        }
        let ending: String = (0..60).filter_map(|_| char::from_u32(0x4e00 + next(2000))).collect();
        writeln!(lines, r#"{{"id": "p{number}", "text": "{last}。\n{ending}。"}}"#).unwrap();
    }
    fs::write(path, lines).unwrap();
}

/// Returns an empty folder that is on a disk.
fn folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// Runs a scan, and returns the most memory that was resident, in MB, as it was seen last.
fn peak(corpus: &Path, findings: &Path, arguments: &[&str]) -> u64 {
    let mut scan = Command::new(PROGRAM);
    scan.arg("scan")
        .arg(corpus)
        .args(["--tokens", "char", "--threads", "2", "--format", "json", "--output"])
        .arg(findings);
    // What it says is a few lines, which a pipe holds until it is over.
    let mut child = scan.args(arguments).stderr(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let lines = fs::read_to_string(&status).unwrap_or_default();
        let line = lines.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let size = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
        peak = size.unwrap_or(0).max(peak);
        if let Some(status) = child.try_wait().unwrap() {
            let said = child.wait_with_output().unwrap().stderr;
            assert!(status.success(), "{}", String::from_utf8_lossy(&said));
            return peak >> 10;
        }
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_run_stays_within_its_memory_and_finds_the_same() {
    let folder = folder();
    let [corpus, free, bound] = ["pages.jsonl", "free.json", "bound.json"].map(|name| folder.path().join(name));
    write_corpus(&corpus);
    let unbound = peak(&corpus, &free, &["--memory", "4G"]);
    assert!(unbound > LIMIT * 5 / 4, "{unbound} MB: too small a corpus to show anything");
    let temporary = folder.path().to_str().unwrap();
    let limit = format!("{LIMIT}M");
    // Whoever lets go of memory waits for a processor as everyone else, on a busy machine too long at times.
    let within = || peak(&corpus, &bound, &["--memory", &limit, "--temp-dir", temporary]);
    let within = (0..3).map(|_| within()).find(|&peak| peak <= LIMIT * 11 / 10).unwrap_or_else(within);
    assert!(within <= LIMIT * 11 / 10, "{within} MB, without a limit {unbound} MB");
    assert!(fs::read(&free).unwrap() == fs::read(&bound).unwrap(), "the findings differ");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "something is left behind");
}

#[test]
fn a_disk_that_is_full_is_told_and_nothing_is_left_behind() {
    let folder = folder();
    let corpus = folder.path().join("pages.jsonl");
    write_corpus(&corpus);
    // A file that may not grow stands for a disk that is full.
    let run = r#"trap "" XFSZ; ulimit -f 100000; exec "$0" "$@""#;
    let Output { status, stdout, stderr } = Command::new("sh")
        .args(["-c", run, PROGRAM, "scan", "--tokens", "char", "--memory", "128M", "--temp-dir"])
        .arg(folder.path())
        .arg(&corpus)
        .output()
        .unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(2), "{stderr}");
    assert!(stdout.is_empty());
    assert!(stderr.starts_with("error: cannot spill "), "{stderr}");
    assert!(stderr.contains("hint: name a folder with more space by `--temp-dir`"), "{stderr}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "something is left behind");
}

/// Begins a scan that keeps what it has done.
fn begin(corpus: &Path, findings: &Path, done: &Path) -> Child {
    let mut scan = Command::new(PROGRAM);
    scan.arg("scan").arg(corpus).args(["--tokens", "char", "--format", "json", "--output"]).arg(findings);
    scan.arg("--resume").arg(done).stderr(Stdio::piped()).spawn().unwrap()
}

/// Returns the parts that are done.
fn parts(done: &Path) -> Vec<String> {
    let names = fs::read_dir(done).into_iter().flatten().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".part")).collect()
}

#[test]
fn a_scan_that_was_killed_goes_on_and_finds_the_same() {
    let folder = folder();
    let [corpus, free, resumed, done] =
        ["pages.jsonl", "free.json", "resumed.json", "done"].map(|name| folder.path().join(name));
    write_corpus(&corpus);
    peak(&corpus, &free, &[]);
    // Killed when nothing is done, some is read, all is read, and when no more than the listing is to be done.
    for stop in [None, Some("pages-"), Some("boilerplate"), Some("related")] {
        let mut scan = begin(&corpus, &resumed, &done);
        while !stop.is_none_or(|stop| parts(&done).iter().any(|part| part.starts_with(stop))) {
            assert!(scan.try_wait().unwrap().is_none(), "{stop:?}: it is over before it can be killed");
            thread::sleep(Duration::from_millis(1));
        }
        scan.kill().unwrap();
        scan.wait().unwrap();
        assert!(!resumed.exists());
    }
    let whole = fs::read(done.join("related.part")).unwrap();
    fs::write(done.join("related.part"), &whole[..whole.len() / 2]).unwrap();
    let before = parts(&done).len();
    let last = begin(&corpus, &resumed, &done).wait_with_output().unwrap();
    assert!(last.status.success(), "{}", String::from_utf8_lossy(&last.stderr));
    assert!(before >= 3, "{before}");
    assert!(fs::read(&free).unwrap() == fs::read(&resumed).unwrap(), "the findings differ");
    assert!(!done.exists());
}

/// Returns what is said of a scan that is refused.
fn refused(corpus: &Path, done: &Path) -> String {
    let scan = Command::new(PROGRAM)
        .args(["scan", "--no-config", "--resume"])
        .args([done, corpus])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(scan.status.code(), Some(2));
    String::from_utf8(scan.stderr).unwrap()
}

#[test]
fn a_scan_goes_on_from_one_of_the_same_files_only() {
    let folder = folder();
    let [pages, findings, done] = ["pages", "found.json", "done"].map(|name| folder.path().join(name));
    fs::create_dir(&pages).unwrap();
    let page = pages.join("a.txt");
    fs::write(&page, "村口的老人还在等渡船。").unwrap();
    let settings = Settings { resume: Some(done.clone()), ..Settings::default() };
    let scan = || pipeline::scan(std::slice::from_ref(&pages), &settings, &Silent);
    scan().unwrap();
    assert_eq!(parts(&done).len(), 3, "the library leaves it to its user when to remove what is done");
    scan().unwrap();

    fs::write(&page, "村口的老人还在等班车。").unwrap();
    let error = scan().unwrap_err().to_string();
    assert!(error.contains("of other files, or of files that have changed since"), "{error}");
    checkpoint::remove(&done).unwrap();

    fs::create_dir(&done).unwrap();
    fs::write(done.join("letter.txt"), "").unwrap();
    assert!(refused(&pages, &done).contains("holds no scan to go on with: name another folder"));
    assert!(refused(&pages, &pages.join("done")).contains("which is scanned"));
    assert!(refused(Path::new("-"), &folder.path().join("other")).contains("cannot be resumed"));
    assert!(!folder.path().join("other").exists());

    fs::remove_dir_all(&done).unwrap();
    assert!(begin(&page, &findings, &done).wait().unwrap().success());
    assert!(!done.exists());
}

#[test]
fn what_could_not_be_read_before_is_read_and_nothing_else_twice() {
    let folder = folder();
    let [pages, done] = ["pages", "done"].map(|name| folder.path().join(name));
    fs::create_dir(&pages).unwrap();
    for name in ["a", "b"] {
        write_corpus(&pages.join(format!("{name}.jsonl")));
    }
    // A link that leads nowhere is there at first, and gone when the scan goes on.
    std::os::unix::fs::symlink("nowhere", pages.join("0.txt")).unwrap();
    let mut analysis = AnalysisSettings { tokens: TokenKind::Char, ..AnalysisSettings::default() };
    analysis.width = analysis.tokens.default_width();
    let settings = Settings { analysis, ..Settings::default() };
    let resumed = Settings { resume: Some(done.clone()), ..settings.clone() };
    let scan = |settings: &Settings| pipeline::scan(std::slice::from_ref(&pages), settings, &Silent).unwrap();
    assert_eq!(scan(&resumed).skipped.len(), 1);
    fs::remove_file(pages.join("0.txt")).unwrap();
    for part in parts(&done).into_iter().filter(|part| !part.starts_with("pages-")) {
        fs::remove_file(done.join(part)).unwrap();
    }
    let shards = parts(&done);
    assert!(shards.len() >= 3, "{shards:?}");
    fs::remove_file(done.join(&shards[1])).unwrap();
    assert!(scan(&resumed) == scan(&settings));
}
