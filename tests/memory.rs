//! `--memory`: what a run takes, and that it finds the same.
#![cfg(target_os = "linux")]

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

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

/// Runs a scan, and returns the most memory that was resident, in MB, as it was seen last.
fn peak(corpus: &Path, findings: &Path, arguments: &[&str]) -> u64 {
    let mut scan = Command::new(PROGRAM);
    scan.arg("scan").arg(corpus).args(["--tokens", "char", "--format", "json", "--output"]).arg(findings);
    let mut child = scan.args(arguments).stderr(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let lines = fs::read_to_string(&status).unwrap_or_default();
        let line = lines.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let size = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
        peak = size.unwrap_or(0).max(peak);
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success());
            return peak >> 10;
        }
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_run_stays_within_its_memory_and_finds_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let [corpus, free, bound] = ["pages.jsonl", "free.json", "bound.json"].map(|name| folder.path().join(name));
    write_corpus(&corpus);
    let unbound = peak(&corpus, &free, &["--memory", "4G"]);
    assert!(unbound > LIMIT * 5 / 4, "{unbound} MB: too small a corpus to show anything");
    let temporary = folder.path().to_str().unwrap();
    let limit = format!("{LIMIT}M");
    let within = peak(&corpus, &bound, &["--memory", &limit, "--temp-dir", temporary]);
    assert!(within <= LIMIT * 11 / 10, "{within} MB, without a limit {unbound} MB");
    assert!(fs::read(&free).unwrap() == fs::read(&bound).unwrap(), "the findings differ");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "something is left behind");
}

#[test]
fn a_disk_that_is_full_is_told_and_nothing_is_left_behind() {
    let folder = tempfile::tempdir().unwrap();
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
