//! What CI runs of this project: the steps of `action.yml` and the hook of `.pre-commit-hooks.yaml`, run as they are.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tongwen");

fn top(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Returns the script of the one step of the action, and the names of its environment.
fn step() -> (String, Vec<String>) {
    let action = fs::read_to_string(top("action.yml")).unwrap();
    let (head, script) = action.split_once("      run: |\n").unwrap();
    let script =
        script.lines().map(|line| line.strip_prefix("        ").unwrap_or(line)).collect::<Vec<_>>().join("\n");
    let (_, environment) = head.split_once("      env:\n").unwrap();
    let names = environment.lines().filter_map(|line| line.trim().split_once(": ${{")).map(|(name, _)| name.to_owned());
    (script, names.collect())
}

#[test]
fn a_job_fails_on_a_planted_repost_passes_with_the_baseline_and_fails_on_a_third_copy() {
    let folder = tempfile::tempdir().unwrap();
    let (script, names) = step();
    assert!(!script.contains("${{"), "inputs come through the environment");
    let job = fs::read_to_string(top("tests/job.sh")).unwrap();
    assert!(names.len() > 5 && names.iter().all(|name| job.contains(&format!("{name}="))), "{names:?}");
    let place = folder.path().join("work");
    fs::create_dir(&place).unwrap();
    let path = folder.path().join("step.sh");
    fs::write(&path, script).unwrap();
    let output = Command::new("bash").arg(top("tests/job.sh")).arg(&path).arg(PROGRAM).current_dir(&place).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stdout, b"passed\n");
}

/// Runs a hook as pre-commit does: its entry with the program of this build, then its `args`. It gets no file names, which
/// pre-commit would hand out in batches.
fn hook(id: &str, folder: &Path, arguments: &[&str]) -> Output {
    let hooks = fs::read_to_string(top(".pre-commit-hooks.yaml")).unwrap();
    let hook = hooks.split("- id: ").find(|hook| hook.starts_with(&format!("{id}\n"))).unwrap();
    let field = |name: &str| hook.lines().find_map(|line| line.trim().strip_prefix(&format!("{name}: "))).unwrap();
    assert_eq!(field("language"), "rust");
    let entry: Vec<&str> = field("entry").split_whitespace().collect();
    assert_eq!(entry[0], "tongwen");
    Command::new(PROGRAM).args(&entry[1..]).args(arguments).current_dir(folder).env_clear().output().unwrap()
}

#[test]
fn the_hook_fails_a_commit_that_brings_a_repost_and_passes_another() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("甲.txt", "渡口的老船工每天清晨都要把绳索检查一遍。他说，河水记得每一个粗心的人。\n");
    write("乙.txt", "山上的梨树开花以后，养蜂人把箱子搬到了南坡，一住就是四十天。\n");
    write("丙.txt", "渡口的老船工每天清晨都要把繩索檢查一遍，他說：河水記得每一個粗心的人！\n");
    let code = |id, arguments: &[&str]| hook(id, folder.path(), arguments).status.code();
    assert_eq!(code("tongwen", &["."]), Some(1));
    assert_eq!(code("tongwen", &[".", "--exclude", "丙.txt"]), Some(0));
    assert_eq!(code("tongwen", &["--fail-on", "contained", "."]), Some(0));
    assert_eq!(code("tongwen", &["none"]), Some(2));
}
