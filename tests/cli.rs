//! The program from outside: what it prints, and with which exit code, in an empty folder and an empty environment.
//!
//! Long output is in `tests/cmd/`; `SNAPSHOTS=overwrite cargo test --test cli` writes it anew.

use std::fs;
use std::path::Path;
use std::process::{Command as StdCommand, Stdio};

use snapbox::cmd::{Command, OutputAssert};
use snapbox::{Data, file, str};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_tongwen");
const FOUND: &str = include_str!("cmd/found.json");

/// An empty folder, in which the program runs with nothing but `COLUMNS` in its environment.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        fs::write(self.path(name), content).unwrap();
        self
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        Command::new(PROGRAM).env_clear().env("COLUMNS", "80").current_dir(self.0.path()).args(arguments).stdin("")
    }

    fn run(&self, arguments: &[&str]) -> OutputAssert {
        self.command(arguments).assert()
    }

    /// Runs what must be refused: exit code 2, nothing on standard output, nothing left behind.
    fn refuses(&self, arguments: &[&str], expected: impl Into<Data>) {
        let before = self.names();
        self.run(arguments).code(2).stdout_eq("").stderr_eq(expected.into());
        assert_eq!(self.names(), before);
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[test]
fn the_help_of_the_program_and_of_each_command_is_worth_reading() {
    let folder = Folder::new();
    folder.run(&["--help"]).code(0).stderr_eq("").stdout_eq(file!["cmd/help.txt"]);
    folder.run(&["scan", "--help"]).code(0).stderr_eq("").stdout_eq(file!["cmd/help-scan.txt"]);
    folder.run(&["scan", "-h"]).code(0).stderr_eq("").stdout_eq(file!["cmd/help-scan-short.txt"]);
    folder.run(&["boilerplate", "--help"]).code(0).stderr_eq("").stdout_eq(file!["cmd/help-boilerplate.txt"]);
    folder.run(&["explain", "--help"]).code(0).stderr_eq("").stdout_eq(file!["cmd/help-explain.txt"]);
    folder.run(&["gate", "--help"]).code(0).stderr_eq("").stdout_eq(file!["cmd/help-gate.txt"]);
    folder.run(&["index", "--help"]).code(0).stderr_eq("").stdout_eq(file!["cmd/help-index.txt"]);
    folder.run(&["index", "query", "--help"]).code(0).stderr_eq("").stdout_eq(file!["cmd/help-index-query.txt"]);
    folder.run(&["report", "--help"]).code(0).stderr_eq("").stdout_eq(file!["cmd/help-report.txt"]);
    folder.run(&["dedup", "--help"]).code(0).stderr_eq("").stdout_eq(file!["cmd/help-dedup.txt"]);
    folder.run(&["completions", "--help"]).code(0).stderr_eq("").stdout_eq(file!["cmd/help-completions.txt"]);
    folder.run(&["man", "--help"]).code(0).stderr_eq("").stdout_eq(file!["cmd/help-man.txt"]);
}

#[test]
fn the_version_names_the_commit() {
    let output = Folder::new().run(&["--version"]).code(0).get_output().stdout.clone();
    let line = String::from_utf8(output).unwrap();
    let commit = line.trim_end().strip_prefix(concat!("tongwen ", env!("CARGO_PKG_VERSION"), " (")).unwrap();
    let commit = commit.strip_suffix(')').unwrap();
    assert!(commit == "unknown" || commit.len() == 12 && commit.chars().all(|c| c.is_ascii_hexdigit()), "{line}");
}

#[test]
fn no_command_shows_the_help_and_exits_2() {
    Folder::new().run(&[]).code(2).stdout_eq("").stderr_eq(file!["cmd/no-command.txt"]);
}

#[test]
fn an_unknown_command_or_flag_is_refused() {
    let folder = Folder::new();
    folder.refuses(
        &["scna"],
        str![[r#"
error: unrecognized subcommand 'scna'

  tip: a similar subcommand exists: 'scan'

Usage: tongwen [OPTIONS] <COMMAND>

For more information, try '--help'.

"#]],
    );
    folder.refuses(
        &["scan", "--treshold", "0.8", "."],
        str![[r#"
error: unexpected argument '--treshold' found

  tip: a similar argument exists: '--threshold'

Usage: tongwen scan --threshold <SHARE> [PATH]...

For more information, try '--help'.

"#]],
    );
    folder.refuses(
        &["report", "found.json", "--threads", "2"],
        str![[r#"
error: unexpected argument '--threads' found

  tip: to pass '--threads' as a value, use '-- --threads'

Usage: tongwen report <FINDINGS>

For more information, try '--help'.

"#]],
    );
}

#[test]
fn scan_without_a_path_is_refused() {
    Folder::new().refuses(
        &["scan"],
        str![[r#"
error: the following required arguments were not provided:
  <PATH>...

Usage: tongwen scan <PATH>...

For more information, try '--help'.

"#]],
    );
}

#[test]
fn a_value_that_is_no_number_is_refused() {
    let folder = Folder::new();
    folder.refuses(
        &["scan", ".", "--width", "three"],
        str![[r#"
error: invalid value 'three' for '--width <N>': invalid digit found in string

For more information, try '--help'.

"#]],
    );
    folder.refuses(
        &["scan", ".", "--threads", "-1"],
        str![[r#"
error: unexpected argument '-1' found

  tip: to pass '-1' as a value, use '-- -1'

Usage: tongwen scan [OPTIONS] [PATH]...

For more information, try '--help'.

"#]],
    );
    folder.refuses(
        &["scan", ".", "--top", "1.5"],
        str![[r#"
error: invalid value '1.5' for '--top <N>': invalid digit found in string

For more information, try '--help'.

"#]],
    );
}

#[test]
fn a_value_that_is_none_of_those_possible_is_refused() {
    let folder = Folder::new();
    folder.refuses(
        &["scan", ".", "--tokens", "words"],
        str![[r#"
error: invalid value 'words' for '--tokens <TOKENS>'
  [possible values: word, char]

  tip: a similar value exists: 'word'

For more information, try '--help'.

"#]],
    );
    folder.refuses(
        &["scan", ".", "--sketch", "sim"],
        str![[r#"
error: invalid value 'sim' for '--sketch <SKETCH>'
  [possible values: minhash, simhash]

  tip: a similar value exists: 'simhash'

For more information, try '--help'.

"#]],
    );
    folder.refuses(
        &["report", "-", "--format", "yaml"],
        str![[r#"
error: invalid value 'yaml' for '--format <FORMAT>'
  [possible values: text, json, html, sarif, junit, github, markdown, csv]

For more information, try '--help'.

"#]],
    );
    folder.refuses(
        &["completions", "cmd.exe"],
        str![[r#"
error: invalid value 'cmd.exe' for '<SHELL>'
  [possible values: bash, elvish, fish, powershell, zsh]

For more information, try '--help'.

"#]],
    );
    folder.refuses(
        &["man", "scna"],
        str![[r#"
error: there is no command `scna`
hint: the commands are `scan`, `boilerplate`, `explain`, `gate`, `index`, `report`, `dedup`, `completions`, `man`

"#]],
    );
}

#[test]
fn a_share_is_typed_as_a_number_or_as_a_percentage() {
    let folder = Folder::new().with("甲.txt", "渡口的老船工每天清晨都要把绳索检查一遍。");
    let found = |threshold: &str| {
        let flags = ["scan", ".", "--format", "json", "--threshold", threshold, "--overlap", "40%"];
        folder.run(&flags).code(0).get_output().stdout.clone()
    };
    assert_eq!(found("80%"), found("0.8"));
    let found: serde_json::Value = serde_json::from_slice(&found("65%")).unwrap();
    assert_eq!((&found["settings"]["threshold"], &found["settings"]["overlap"]), (&0.65.into(), &0.4.into()));
}

#[test]
fn a_value_out_of_range_is_refused_with_the_range() {
    let folder = Folder::new();
    folder.refuses(
        &["scan", ".", "--width", "0"],
        str![[r#"
error: shingle width 0 is out of range: use 1 to 64 tokens

"#]],
    );
    folder.refuses(
        &["scan", ".", "--slots", "8"],
        str![[r#"
error: 8 slots are out of range: use 16 to 1024

"#]],
    );
    folder.refuses(
        &["scan", ".", "--threshold", "70"],
        str![[r#"
error: threshold 70 is out of range: use a share above 0, up to 1

"#]],
    );
    folder.refuses(
        &["scan", ".", "--threshold", "NaN"],
        str![[r#"
error: threshold NaN is out of range: use a share above 0, up to 1

"#]],
    );
    folder.refuses(
        &["scan", ".", "--sketch", "simhash", "--distance", "8"],
        str![[r#"
error: distance 8 is out of range: use 0 to 7 of the 64 bits

"#]],
    );
}

#[test]
fn bands_and_rows_that_do_not_fit_the_slots_are_refused() {
    let folder = Folder::new();
    folder.refuses(
        &["scan", ".", "--bands", "33", "--rows", "4"],
        str![[r#"
error: 33 bands of 4 rows need 132 slots and a sketch has 128: use fewer, or raise `--slots`

"#]],
    );
    folder.refuses(
        &["scan", ".", "--rows", "129"],
        str![[r#"
error: 1 bands of 129 rows need 129 slots and a sketch has 128: use fewer, or raise `--slots`

"#]],
    );
    folder.refuses(
        &["scan", ".", "--bands", "0"],
        str![[r#"
error: 0 bands of 0 rows compare nothing: use 1 or more

"#]],
    );
}

#[test]
fn a_flag_of_the_other_sketch_is_refused() {
    let folder = Folder::new();
    folder.refuses(
        &["scan", ".", "--distance", "4"],
        str![[r#"
error: `--distance` is a setting of `--sketch simhash`
hint: leave it out, or add `--sketch simhash`

"#]],
    );
    folder.refuses(
        &["scan", ".", "--sketch", "simhash", "--rows", "4"],
        str![[r#"
error: `--rows` is a setting of `--sketch minhash`
hint: leave it out, or add `--sketch minhash`

"#]],
    );
}

#[test]
fn a_path_that_is_not_there_is_refused_even_behind_one_that_is() {
    Folder::new().refuses(
        &["scan", ".", "不存在"],
        str![[r#"
error: cannot read `不存在`: No such file or directory (os error 2)

"#]],
    );
}

#[test]
fn an_unknown_key_of_the_configuration_is_refused_with_its_name_and_file() {
    let folder =
        Folder::new().with("tongwen.toml", "top = 5\n\ntreshold = 0.8\n").with("other.toml", "text_field = 'x'");
    folder.refuses(&["scan", "."], str![[r#"
error: `tongwen.toml` line 3: unknown key `treshold`, expected one of `include`, `exclude`, `hidden`, `text-field`, `id-field`, `html-field`, `url-field`, `date-field`, `tokens`, `width`, `threshold`, `overlap`, `containment`, `no-boilerplate`, `boilerplate`, `sketch`, `slots`, `bands`, `rows`, `distance`, `seed`, `format`, `output`, `top`, `kind`, `pairs`, `color`, `quiet`, `threads`, `gate`
hint: a configuration holds flags of `tongwen scan` by their names, and under `[gate]` those of `tongwen gate`; `--no-config` does without it

"#]]);
    folder.refuses(&["scan", ".", "--config", "other.toml"], str![[r#"
error: `other.toml` line 1: unknown key `text_field`, expected one of `include`, `exclude`, `hidden`, `text-field`, `id-field`, `html-field`, `url-field`, `date-field`, `tokens`, `width`, `threshold`, `overlap`, `containment`, `no-boilerplate`, `boilerplate`, `sketch`, `slots`, `bands`, `rows`, `distance`, `seed`, `format`, `output`, `top`, `kind`, `pairs`, `color`, `quiet`, `threads`, `gate`
hint: a configuration holds flags of `tongwen scan` by their names, and under `[gate]` those of `tongwen gate`; `--no-config` does without it

"#]]);
}

#[test]
fn a_bad_value_or_syntax_in_the_configuration_is_refused_with_its_line() {
    let folder = Folder::new().with("tongwen.toml", "tokens = 'words'\n").with("syntax.toml", "top = 5\nwidth 3\n");
    folder.refuses(
        &["scan", "."],
        str![[r#"
error: `tongwen.toml` line 1: unknown variant `words`, expected `word` or `char`
hint: a configuration holds flags of `tongwen scan` by their names, and under `[gate]` those of `tongwen gate`; `--no-config` does without it

"#]],
    );
    fs::write(folder.path("share.toml"), "[gate]\nmax-share = true\n").unwrap();
    folder.refuses(
        &["gate", ".", "--config", "share.toml"],
        str![[r#"
error: `share.toml` line 2: a share is a number such as `0.02`, or a text such as `"2%"`
hint: a configuration holds flags of `tongwen scan` by their names, and under `[gate]` those of `tongwen gate`; `--no-config` does without it

"#]],
    );
    folder.refuses(
        &["scan", ".", "--config", "syntax.toml"],
        str![[r#"
error: `syntax.toml` line 2: key with no value, expected `=`
hint: a configuration holds flags of `tongwen scan` by their names, and under `[gate]` those of `tongwen gate`; `--no-config` does without it

"#]],
    );
    folder.refuses(
        &["scan", ".", "--config", "none.toml"],
        str![[r#"
error: cannot read `none.toml`: No such file or directory (os error 2)

"#]],
    );
    folder.refuses(
        &["scan", ".", "--config", "a.toml", "--no-config"],
        str![[r#"
error: the argument '--config <FILE>' cannot be used with '--no-config'

Usage: tongwen scan --config <FILE> <PATH>...

For more information, try '--help'.

"#]],
    );
}

#[test]
fn without_configuration_a_broken_one_is_not_read() {
    let folder = Folder::new().with("tongwen.toml", "treshold = 0.8\n");
    folder.run(&["scan", "--no-config", "--explain-bands"]).code(0).stderr_eq("");
}

#[test]
fn the_value_of_a_configuration_is_checked_like_that_of_a_flag() {
    let folder = Folder::new().with("tongwen.toml", "threshold = 70.0\n");
    folder.refuses(
        &["scan", "."],
        str![[r#"
error: threshold 70 is out of range: use a share above 0, up to 1

"#]],
    );
    folder.run(&["scan", "--threshold", "0.7", "--explain-bands"]).code(0);
}

#[test]
fn keys_that_are_named_like_files_are_told_how_keys_are_named() {
    let folder = Folder::new().with("pages.jsonl", "");
    folder.refuses(
        &["explain", "pages.jsonl", "a.html", "b.html"],
        str![[r#"
error: cannot read `a.html`: No such file or directory (os error 2)
hint: documents of a corpus are named by their keys: `tongwen explain corpus.jsonl --pair KEY KEY`

"#]],
    );
}

#[test]
fn an_output_that_cannot_be_written_is_refused_before_the_scan() {
    let folder = Folder::new().with("found.json", FOUND);
    fs::create_dir(folder.path("报告")).unwrap();
    folder.refuses(
        &["scan", ".", "--output", "报告"],
        str![[r#"
error: cannot write `报告`: it is a folder
hint: name a file in it

"#]],
    );
    folder.refuses(
        &["scan", ".", "--output", "none/out.json"],
        str![[r#"
error: cannot write `none/out.json`: No such file or directory (os error 2)
hint: create its folder first

"#]],
    );
    folder.refuses(
        &["scan", ".", "--output", "found.json/out.json"],
        str![[r#"
error: cannot write `found.json/out.json`: Not a directory (os error 20)
hint: create its folder first

"#]],
    );
    folder.refuses(
        &["report", "found.json", "--output", "none/out.txt"],
        str![[r#"
error: cannot write `none/out.txt`: No such file or directory (os error 2)
hint: create its folder first

"#]],
    );
}

#[test]
fn a_name_that_no_file_can_have_is_refused_before_the_scan() {
    let folder = pages().with("found.json", FOUND);
    for (name, refused) in [
        ("新/", "that is the name of a folder\nhint: name a file in it\n"),
        ("新/.", "that is the name of a folder\nhint: name a file in it\n"),
        ("found.json/", "Not a directory (os error 20)\n"),
        (&"长".repeat(100), "File name too long (os error [..])\n"),
    ] {
        let refused = format!("error: cannot write `{name}`: {refused}");
        // What is there cannot be read: who comes to that has refused the name too late.
        folder.refuses(&["report", "none.json", "--output", name], refused.clone());
        folder.refuses(&["gate", "转载", "--index", "kept", "--add", "--output", name], refused);
    }
    folder.refuses(
        &["gate", "转载", "--baseline", "新/", "--update-baseline"],
        str![[r#"
error: cannot write `新/`: that is the name of a folder
hint: name a file in it

"#]],
    );
}

#[cfg(unix)]
#[test]
fn an_output_that_is_protected_or_a_link_to_nothing_stays_as_it_is() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new().with("found.json", FOUND).with("out.txt", "旧");
    std::os::unix::fs::symlink("nowhere", folder.path("link")).unwrap();
    folder.refuses(
        &["report", "found.json", "--output", "link"],
        str![[r#"
error: cannot write `link`: it is a link that leads nowhere
hint: name the file itself

"#]],
    );
    fs::set_permissions(folder.path("out.txt"), fs::Permissions::from_mode(0o444)).unwrap();
    // From an administrator nothing is protected.
    if fs::OpenOptions::new().write(true).open(folder.path("out.txt")).is_err() {
        folder.refuses(
            &["report", "found.json", "--output", "out.txt"],
            str![[r#"
error: cannot write `out.txt`: Permission denied (os error 13)

"#]],
        );
        assert_eq!(fs::read_to_string(folder.path("out.txt")).unwrap(), "旧");
    }
}

#[test]
fn an_output_in_the_place_of_what_the_run_is_told_or_keeps_is_refused() {
    let folder = pages().with("tongwen.toml", "top = 3\n").with("mine.toml", "top = 3\n");
    let said = |output: &str| format!("error: cannot write `{output}`: it is the configuration of this run\n");
    let hint = "hint: name another file\n";
    folder.refuses(&["scan", "转载", "--output", "tongwen.toml"], said("tongwen.toml") + hint);
    let mine = ["scan", "转载", "--config", "mine.toml", "--output", "./mine.toml"];
    folder.refuses(&mine, said("./mine.toml") + hint);
    fs::create_dir(folder.path("done")).unwrap();
    folder.refuses(
        &["scan", "转载", "--resume", "done", "--output", "done/found.part"],
        str![[r#"
error: cannot write `done/found.part`: `done` is the scan's own, and removed once it is done
hint: name a file elsewhere

"#]],
    );
}

#[test]
fn an_output_that_a_scan_reads_or_would_read_is_refused() {
    let folder = pages().with("found.json", FOUND).with("records.jsonl", records(3));
    let before = fs::read(folder.path("records.jsonl")).unwrap();
    folder.refuses(
        &["scan", "records.jsonl", "--format", "json", "--output", "records.jsonl"],
        str![[r#"
error: cannot write `records.jsonl`: it is to be read
hint: name another file, and what was read stays as it is

"#]],
    );
    folder.refuses(
        &["scan", "转载", "--output", "转载/report.txt"],
        str![[r#"
error: cannot write `转载/report.txt`: it is in `转载`, where a scan would read it
hint: name a file elsewhere, or leave it out when you scan: `--exclude`

"#]],
    );
    for arguments in [
        &["explain", "渡口.txt", "转载/渡口.html", "--output", "转载/渡口.html"][..],
        &["boilerplate", "转载", "--output", "./转载/../转载/渡口.html"],
        &["report", "found.json", "--output", "found.json"],
        &["dedup", "found.json", "转载", "--output", "found.json"],
        &["dedup", "found.json", "转载", "--output", "转载/plan.json"],
        &["gate", "转载", "--output", "转载/report.txt"],
        &["index", "query", "kept", "转载", "--output", "转载/report.txt"],
    ] {
        let error = folder.run(arguments).code(2).get_output().stderr.clone();
        assert!(String::from_utf8(error).unwrap().starts_with("error: cannot write `"), "{arguments:?}");
    }
    assert_eq!(fs::read(folder.path("records.jsonl")).unwrap(), before);
    assert_eq!(fs::read(folder.path("found.json")).unwrap(), FOUND.as_bytes());
    for output in ["report.txt", "转载/.report.txt"] {
        folder.run(&["scan", "转载", "--output", output]).code(0);
    }
    folder.run(&["scan", "转载", "--output", "转载/report.txt", "--exclude", "report.*"]).code(0);
}

#[test]
fn what_an_index_took_and_holds_is_told_to_programs_too() {
    let folder = pages();
    let json = |arguments: &[&str]| -> serde_json::Value {
        let output = folder.run(arguments).code(0).get_output().stdout.clone();
        serde_json::from_slice(&output).unwrap()
    };
    let added = json(&["index", "add", "kept", "转载", "--format", "json"]);
    assert_eq!((&added["format"], &added["added"]), (&"tongwen-added/1".into(), &2.into()));
    let info = json(&["index", "info", "kept", "--format", "json"]);
    assert_eq!((&info["format"], &info["pages"]), (&"tongwen-index-info/1".into(), &2.into()));
}

#[test]
fn more_threads_than_a_system_bears_are_refused() {
    pages().refuses(
        &["scan", ".", "--threads", "99999"],
        str![[r#"
error: 99999 threads are out of range: use up to 1024, or 0

"#]],
    );
}

#[test]
fn findings_render_as_a_text_report() {
    let folder = Folder::new().with("found.json", FOUND);
    folder.run(&["report", "found.json"]).code(0).stderr_eq("").stdout_eq(file!["cmd/report.txt"].raw());
    folder.run(&["report", "found.json", "--top", "1"]).code(0).stdout_eq(file!["cmd/report-top-1.txt"].raw());
    let narrow = folder.command(&["report", "found.json"]).env("COLUMNS", "50").assert();
    narrow.code(0).stdout_eq(file!["cmd/report-50-columns.txt"].raw());
}

#[test]
fn findings_on_standard_input_render_like_those_of_a_file() {
    let folder = Folder::new();
    let piped = folder.command(&["report", "-"]).stdin(FOUND).assert();
    piped.code(0).stderr_eq("").stdout_eq(file!["cmd/report.txt"].raw());
}

#[test]
fn findings_as_json_come_out_as_they_went_in() {
    let folder = Folder::new().with("found.json", FOUND);
    let once = folder.run(&["report", "found.json", "--format", "json", "--output", "once.json"]);
    once.code(0).stdout_eq("").stderr_eq("");
    let value = |json: &str| serde_json::from_str::<serde_json::Value>(json).unwrap();
    let written = fs::read_to_string(folder.path("once.json")).unwrap();
    assert_eq!(value(&written), value(FOUND));
    folder.run(&["report", "once.json", "--format", "json"]).code(0).stdout_eq(Data::text(written).raw());
}

#[test]
fn findings_of_a_foreign_kind_another_version_or_cut_short_are_refused() {
    let folder = Folder::new()
        .with("foreign.json", "{\"name\": \"同文\"}")
        .with("version.json", FOUND.replace("findings/1", "findings/2"))
        .with("short.json", &FOUND[..FOUND.floor_char_boundary(FOUND.len() / 2)])
        .with("text.json", "4 812 documents\n")
        .with("empty.json", "");
    folder.refuses(
        &["report", "foreign.json"],
        str![[r#"
error: `foreign.json` is not a findings file: missing field `format` at line 1 column 18

"#]],
    );
    folder.refuses(&["report", "version.json"], str![[r#"
error: `version.json` is not a findings file: its format is `tongwen-findings/2` and this version reads `tongwen-findings/1`: scan again, or use the version that wrote it

"#]]);
    folder.refuses(
        &["report", "short.json"],
        str![[r#"
error: `short.json` is not a findings file: EOF while parsing a string at line 90 column 29

"#]],
    );
    folder.refuses(
        &["report", "text.json"],
        str![[r#"
error: `text.json` is not a findings file: invalid type: integer `4`, expected struct Head at line 1 column 1

"#]],
    );
    folder.refuses(
        &["report", "empty.json"],
        str![[r#"
error: `empty.json` is not a findings file: EOF while parsing a value at line 1 column 0

"#]],
    );
    folder.refuses(
        &["report", "-"],
        str![[r#"
error: `standard input` is not a findings file: EOF while parsing a value at line 1 column 0

"#]],
    );
    folder.refuses(
        &["report", "none.json"],
        str![[r#"
error: cannot read `none.json`: No such file or directory (os error 2)

"#]],
    );
    folder.refuses(
        &["report", "."],
        str![[r#"
error: cannot read `.`: Is a directory (os error 21)

"#]],
    );
}

#[test]
fn a_refused_report_leaves_the_old_output_as_it_was() {
    let folder = Folder::new().with("short.json", &FOUND[..200]).with("out.txt", "旧");
    folder.run(&["report", "short.json", "--output", "out.txt"]).code(2);
    assert_eq!(fs::read_to_string(folder.path("out.txt")).unwrap(), "旧");
    assert_eq!(folder.names(), ["out.txt", "short.json"]);
}

#[test]
fn colours_are_there_when_asked_for_and_never_in_a_file_or_pipe_on_their_own() {
    let folder = Folder::new().with("found.json", FOUND);
    let coloured = |arguments: &[&str], variables: &[(&str, &str)]| {
        let output = folder.command(arguments).envs(variables.iter().copied()).assert().code(0).get_output().clone();
        output.stdout.contains(&0x1b)
    };
    assert!(!coloured(&["report", "found.json"], &[]));
    assert!(!coloured(&["report", "found.json"], &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&["report", "found.json", "--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(coloured(&["report", "found.json", "--color", "always"], &[]));
    assert!(coloured(&["report", "found.json", "--color", "always"], &[("NO_COLOR", "1")]));
    folder.command(&["report", "found.json", "--output", "out.txt"]).env("CLICOLOR_FORCE", "1").assert().code(0);
    assert!(!fs::read(folder.path("out.txt")).unwrap().contains(&0x1b));
}

#[test]
fn a_reader_that_goes_away_early_is_no_error() {
    let large = FOUND.replace("\"上传者", &"长".repeat(1 << 20)).replace("来源：网络", &"来源".repeat(1 << 20));
    let folder = Folder::new().with("large.json", large);
    for arguments in [["report", "large.json", "--format", "json"], ["completions", "bash", "", ""]] {
        let arguments: Vec<_> = arguments.into_iter().filter(|argument| !argument.is_empty()).collect();
        let mut command = StdCommand::new(PROGRAM);
        command.args(&arguments).current_dir(folder.0.path()).env_clear();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    }
}

const ARTICLE: &str = "渡口的老船工每天清晨都要把绳索检查一遍。他说，河水记得每一个粗心的人。";

/// Four pages, two of which say the same, one of which says nothing, and a file that is no page.
fn pages() -> Folder {
    let folder = Folder::new();
    fs::create_dir(folder.path("转载")).unwrap();
    folder
        .with("渡口.txt", ARTICLE)
        .with("转载/渡口.html", format!("<title>渡口</title><p>{}", ARTICLE.replace('，', ", ")))
        .with("转载/空.txt", "……")
        .with("梨花.txt", "山上的梨树开花以后，养蜂人把箱子搬到了南坡，一住就是四十天。")
        .with("图.txt", b"\x89PNG\r\n\x1a\n\0\0")
}

fn records(count: usize) -> String {
    (0..count).map(|n| format!("{{\"id\": \"{n}\", \"text\": \"{ARTICLE}\"}}\n")).collect()
}

#[test]
fn a_folder_is_scanned_and_reported_as_text_and_as_json() {
    let folder = pages();
    folder.run(&["scan", "."]).code(0).stderr_eq("").stdout_eq(file!["cmd/scan.txt"].raw());
    let json = folder.run(&["scan", ".", "--format", "json"]).code(0).stderr_eq("");
    let json = json.stdout_eq(file!["cmd/scan.json"].raw()).get_output().stdout.clone();
    let rendered = folder.command(&["report", "-"]).stdin(json).assert();
    rendered.code(0).stdout_eq(file!["cmd/scan.txt"].raw());
}

#[test]
fn records_on_standard_input_are_scanned() {
    let folder = Folder::new();
    let lines = format!("{}{{\"id\": \"断\n{{\"text\": \"梨花\"}}\n", records(2));
    let scanned = folder.command(&["scan", "-"]).stdin(lines).assert();
    scanned.code(0).stderr_eq("").stdout_eq(str![[r#"
3 documents · 1 is a repost of 1 article · 1 skipped
tongwen 0.1.0 · 2 words a shingle · minhash 128 as 32 × 4 · alike from 70%

Reposts · 1 article, most reposted first
  alike: what both pages share of their content
  inside: how much of the page the kept one holds

   1. 2 pages: 渡口的老船工每天清晨都要把绳索检查一遍。他说，河水记得每一个粗心…
      alike  inside
       kept          0
       100%    100%  1

Skipped · 1 record was not compared
  -:3
      not valid JSON: EOF while parsing at column 11

"#]]);
}

#[test]
fn nothing_on_standard_input_is_an_empty_report() {
    let counted =
        Folder::new().run(&["scan", "-", "--format", "json"]).code(0).stderr_eq("").get_output().stdout.clone();
    let found: serde_json::Value = serde_json::from_slice(&counted).unwrap();
    assert_eq!(found["counts"]["documents"], 0);
}

#[test]
fn an_output_replaces_the_old_one_as_a_whole() {
    use std::io::Read;
    let folder = pages().with(".报告.json", "旧");
    let mut old = fs::File::open(folder.path(".报告.json")).unwrap();
    let before = folder.names();
    let arguments = ["scan", ".", "--format", "json", "--output", ".报告.json"];
    folder.run(&arguments).code(0).stdout_eq("").stderr_eq("");
    assert_eq!(folder.names(), before);
    let written = fs::read_to_string(folder.path(".报告.json")).unwrap();
    snapbox::assert_data_eq!(written, file!["cmd/scan.json"].raw());
    // Whoever had the old one open still reads all of it.
    let mut read = String::new();
    old.read_to_string(&mut read).unwrap();
    assert_eq!(read, "旧");
}

/// Twelve pages of one site, and one of them in a folder of its own.
const SITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/templates");

fn one_page_of_the_site() -> Folder {
    let page = fs::read(Path::new(SITE).join("01-beekeeper.txt")).unwrap();
    let folder = Folder::new();
    fs::create_dir(folder.path("今天")).unwrap();
    folder.with("今天/养蜂.txt", page)
}

#[test]
fn boilerplate_is_listed_with_its_pages_and_articles() {
    let folder = Folder::new();
    folder.run(&["boilerplate", SITE]).code(0).stderr_eq("").stdout_eq(file!["cmd/boilerplate.txt"].raw());
    let narrow = folder.command(&["boilerplate", SITE, "--top", "3"]).env("COLUMNS", "50").assert();
    narrow.code(0).stderr_eq("").stdout_eq(file!["cmd/boilerplate-50-columns.txt"].raw());
    folder.with("甲.txt", "渡口的老船工。").run(&["boilerplate", "."]).code(0).stderr_eq("").stdout_eq(str![[r#"
1 document · 0% boilerplate
tongwen 0.1.0 · --tokens word

There is none: no block recurs in pages that are otherwise unlike.

"#]]);
}

#[test]
fn a_saved_dictionary_knows_the_frame_of_a_page_that_stands_alone() {
    let folder = one_page_of_the_site();
    let saved = folder.run(&["boilerplate", SITE, "--output", "榆关.json"]);
    saved.code(0).stdout_eq("").stderr_eq("");
    let json = fs::read(folder.path("榆关.json")).unwrap();
    snapbox::assert_data_eq!(
        Data::binary(json.clone()).coerce_to(snapbox::data::DataFormat::Text),
        file!["cmd/boilerplate.json"].raw()
    );
    let same = folder.run(&["boilerplate", SITE, "--format", "json"]).code(0).get_output().stdout.clone();
    assert_eq!(same, json);

    let (known, bases) = boilerplate_of(&folder, &["--boilerplate", "榆关.json"]);
    assert!(known > 0.4 && bases == ["dictionary"; 8], "{known} by {bases:?}");
    let folder = folder.with("tongwen.toml", "boilerplate = ['榆关.json']");
    assert_eq!(boilerplate_of(&folder, &[]), (known, bases));
    assert!(boilerplate_of(&folder, &["--no-config"]).0 < 0.2);
    assert_eq!(boilerplate_of(&folder, &["--no-boilerplate"]), (0.0, vec![]));
}

/// Returns the share of boilerplate that a scan of `今天` finds, and what tells its blocks.
fn boilerplate_of(folder: &Folder, flags: &[&str]) -> (f64, Vec<String>) {
    let scanned = folder.run(&[&["scan", "今天", "--format", "json"], flags].concat());
    let output = scanned.code(0).stderr_eq("").get_output().stdout.clone();
    let found: serde_json::Value = serde_json::from_slice(&output).unwrap();
    let found = &found["boilerplate"];
    let blocks = found["blocks"].as_array().unwrap();
    let basis = |block: &serde_json::Value| block["basis"].as_str().unwrap().to_owned();
    (found["share"].as_f64().unwrap(), blocks.iter().map(basis).collect())
}

#[test]
fn boilerplate_of_records_on_standard_input_has_its_texts_too() {
    let mut pages: Vec<_> = fs::read_dir(SITE).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    let texts = pages.iter().map(|page| fs::read_to_string(page).unwrap());
    let records: String = texts.map(|text| serde_json::json!({ "text": text }).to_string() + "\n").collect();
    let folder = Folder::new();
    let listed = folder.command(&["boilerplate", "-"]).stdin(records).assert().code(0).stderr_eq("");
    let listed = String::from_utf8(listed.get_output().stdout.clone()).unwrap();
    let expected = include_str!("cmd/boilerplate.txt").replace("on 01-beekeeper.txt", "on -:1");
    snapbox::assert_data_eq!(listed, expected);
    assert!(folder.names().is_empty());
}

#[test]
fn a_dictionary_that_fits_no_scan_of_these_settings_is_refused() {
    let folder = one_page_of_the_site();
    folder.run(&["boilerplate", SITE, "--output", "榆关.json"]).code(0);
    let json = fs::read_to_string(folder.path("榆关.json")).unwrap();
    let folder = folder
        .with("旧.json", json.replace("\"normaliser\": 2,", "\"normaliser\": 0,"))
        .with("断.json", &json[..json.len() / 2])
        .with("found.json", FOUND);
    folder.refuses(&["scan", "今天", "--boilerplate", "榆关.json", "--tokens", "char"], str![[r#"
error: `榆关.json` is not a dictionary of boilerplate for this run: it was made with `--tokens word` and this run has `--tokens char`: pass `--tokens word`, or make it again with `tongwen boilerplate PATH… --tokens char --output FILE`

"#]]);
    folder.refuses(&["scan", "今天", "--boilerplate", "旧.json"], str![[r#"
error: `旧.json` is not a dictionary of boilerplate for this run: its texts were normalised by version 0 of the rules and this program has version 2: make it again with `tongwen boilerplate PATH… --output FILE`

"#]]);
    folder.refuses(
        &["scan", "今天", "--boilerplate", "断.json"],
        str![[r#"
error: `断.json` is not a dictionary of boilerplate for this run: EOF while parsing a list at line 39 column 5

"#]],
    );
    folder.refuses(&["scan", "今天", "--boilerplate", "found.json"], str![[r#"
error: `found.json` is not a dictionary of boilerplate for this run: its format is `tongwen-findings/1` and this version reads `tongwen-boilerplate/1`: make it again with `tongwen boilerplate PATH… --output FILE`

"#]]);
    folder.refuses(
        &["scan", "今天", "--boilerplate", "无.json"],
        str![[r#"
error: cannot read `无.json`: No such file or directory (os error 2)

"#]],
    );
    folder.refuses(
        &["scan", "今天", "--boilerplate", "榆关.json", "--no-boilerplate"],
        str![[r#"
error: `--boilerplate` tells what is boilerplate and `--no-boilerplate` that none is to be told
hint: leave one of them out

"#]],
    );
    folder.refuses(
        &["boilerplate", "今天", "--no-boilerplate"],
        str![[r#"
error: `--no-boilerplate` leaves nothing to list
hint: leave it out, or pass `--no-boilerplate=false` where the configuration says it

"#]],
    );
}

#[test]
fn the_bands_are_explained_without_a_corpus() {
    let folder = Folder::new();
    let table = |arguments: &[&str]| {
        let stdout = folder.run(arguments).code(0).stderr_eq("").get_output().stdout.clone();
        String::from_utf8(stdout).unwrap()
    };
    let default = table(&["scan", "--explain-bands"]);
    assert!(default.starts_with("32 bands of 4 rows, 128 slots."), "{default}");
    assert!(default.lines().any(|line| line.contains("0.700") && line.ends_with("← threshold")), "{default}");
    assert!(table(&["scan", "--threshold", "0.9", "--explain-bands"]).starts_with("12 bands of 10 rows"));
    assert!(table(&["scan", "--bands", "128", "--rows", "1", "--explain-bands"]).starts_with("128 bands of 1 row"));
    assert_eq!(table(&["scan", "--explain-bands", "--output", "bands.txt"]), "");
    assert_eq!(fs::read_to_string(folder.path("bands.txt")).unwrap(), default);
    folder.refuses(
        &["scan", "--explain-bands", "--sketch", "simhash"],
        str![[r#"
error: `--explain-bands` is of MinHash, and the sketch is SimHash
hint: leave one out: SimHash finds all pairs within `--distance`

"#]],
    );
}

#[test]
fn a_flag_wins_over_the_configuration_and_that_over_the_defaults() {
    let config = "include = ['*.txt']\nformat = 'json'\ntokens = 'char'\nthreshold = 0.9\n";
    let folder = pages().with("tongwen.toml", config);
    let found = |arguments: &[&str]| -> serde_json::Value {
        serde_json::from_slice(&folder.run(arguments).code(0).get_output().stdout).unwrap()
    };
    let by_file = found(&["scan", "."]);
    assert_eq!(by_file["counts"]["documents"], 3);
    assert_eq!((&by_file["settings"]["tokens"], &by_file["settings"]["width"]), (&"char".into(), &4.into()));
    assert_eq!((&by_file["settings"]["threshold"], &by_file["settings"]["seed"]), (&0.9.into(), &1.into()));
    let by_flag = found(&["scan", ".", "--include", "*.html", "--threshold", "0.5", "--tokens", "word"]);
    assert_eq!(by_flag["counts"]["documents"], 1);
    assert_eq!((&by_flag["settings"]["tokens"], &by_flag["settings"]["threshold"]), (&"word".into(), &0.5.into()));
    let without = found(&["scan", ".", "--no-config", "--format", "json", "--exclude", "tongwen.toml"]);
    assert_eq!(without["counts"]["documents"], 4);
}

#[test]
fn the_file_of_a_scan_is_not_written_by_commands_with_another_output() {
    let folder =
        pages().with("tongwen.toml", "format = 'json'\noutput = 'found.json'\nexclude = ['*.toml', '*.json']\n");
    folder.run(&["scan", "."]).code(0);
    let found = fs::read(folder.path("found.json")).unwrap();
    let kept = tempfile::tempdir().unwrap();
    let index = kept.path().display().to_string();
    for arguments in [
        &["explain", ".", "--pair", "渡口.txt", "转载/渡口.html"][..],
        &["index", "add", &index, "."],
        &["index", "query", &index, "."],
        &["boilerplate", "."],
    ] {
        assert!(!folder.run(arguments).code(0).get_output().stdout.is_empty(), "{arguments:?}");
        assert_eq!(fs::read(folder.path("found.json")).unwrap(), found, "{arguments:?}");
    }
}

/// Two pages that carry one article, with what copying does to it, and the frame of one of them.
fn ferry() -> Folder {
    let article = "柳塘渡口的木船每天五点半开船，先送对岸的菜农过江，再接学生回来。船工焦二顺今年六十一岁，\
                   开了三十四年的船，从来没有误过一班。他说，河水记得每一个粗心的人。";
    let copy =
        article.replace('，', ",").replace("船工", "船公").replace("从来没有", "從來沒有").replace("三十四", "三十五");
    Folder::new()
        .with("渡口.txt", format!("{article}\n大桥通车以后，渡口没有停。过桥要绕十里路，坐船只要一刻钟。\n"))
        .with("转载.txt", format!("来源：网络 | 被引：0 次\u{1b}[31m\n{copy}\n"))
}

#[test]
fn two_files_are_explained_side_by_side_or_one_below_the_other_and_as_json() {
    let folder = ferry();
    let files = ["explain", "渡口.txt", "转载.txt"];
    folder.run(&files).code(0).stderr_eq("").stdout_eq(file!["cmd/explain.txt"].raw());
    let narrow = folder.command(&files).env("COLUMNS", "50").assert();
    narrow.code(0).stderr_eq("").stdout_eq(file!["cmd/explain-50-columns.txt"].raw());
    let json = [&files[..], &["--format", "json"]].concat();
    folder.run(&json).code(0).stderr_eq("").stdout_eq(file!["cmd/explain.json"].raw());
    let swapped =
        folder.run(&["explain", "转载.txt", "渡口.txt", "--format", "json"]).code(0).get_output().stdout.clone();
    let swapped: serde_json::Value = serde_json::from_slice(&swapped).unwrap();
    assert_eq!((&swapped["a"]["key"], &swapped["b"]["key"]), (&"转载.txt".into(), &"渡口.txt".into()));
}

#[test]
fn a_pair_of_a_corpus_is_explained_by_its_keys() {
    let explained = Folder::new().command(&["explain", "-", "--pair", "1", "0"]).stdin(records(3)).assert();
    let output = explained.code(0).stderr_eq("").get_output().stdout.clone();
    let shown = String::from_utf8(output).unwrap();
    assert!(shown.starts_with("identical · the same text") && shown.contains("3 documents"), "{shown}");
}

#[test]
fn keys_that_begin_with_a_hyphen_are_keys() {
    let text = "柳塘渡口的木船每天五点半开船，先送对岸的菜农过江，再接学生回来。";
    let folder = Folder::new().with("-a.txt", text).with("-b.txt", text);
    let output = folder.run(&["explain", ".", "--pair", "-a.txt", "-b.txt"]).code(0).stderr_eq("").get_output().clone();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.starts_with("identical · the same text") && shown.contains("B  -b.txt"), "{shown}");
}

#[test]
fn a_pair_that_is_not_there_is_refused_with_the_way_to_it() {
    let folder = pages();
    folder.refuses(
        &["explain", ".", "--pair", "渡口.txt", "转载/渡口.htm"],
        str![[r#"
error: no document has the key `转载/渡口.htm`: did you mean `转载/渡口.html`?

"#]],
    );
    folder.refuses(
        &["explain", ".", "--pair", "渡口.txt", "图.txt"],
        str![[r#"
error: `图.txt` was not compared: an image, not text

"#]],
    );
    folder.refuses(
        &["explain", "."],
        str![[r#"
error: two documents are compared, and there are 4: say which, with `--pair KEY KEY`

"#]],
    );
    folder.refuses(
        &["explain", "渡口.txt"],
        str![[r#"
error: two documents are compared, and there is only one: name two files, or a corpus and `--pair KEY KEY`

"#]],
    );
    folder.refuses(
        &["explain", ".", "--pair", "渡口.txt"],
        str![[r#"
error: 2 values required for '--pair <KEY> <KEY>' but 1 was provided

Usage: tongwen explain [OPTIONS] <PATH>...

For more information, try '--help'.

"#]],
    );
    folder.refuses(
        &["explain", "渡口.txt", "梨花.txt", "--top", "0"],
        str![[r#"
error: `--top` is a flag of `tongwen scan`
hint: `--full` shows all of both texts

"#]],
    );
}

#[test]
fn a_reader_of_a_scan_that_has_seen_enough_is_no_error() {
    use std::io::{BufRead, BufReader};
    let folder = Folder::new().with("页.jsonl", records(2000));
    for arguments in [&["scan", ".", "--format", "json"][..], &["scan", ".", "--top", "0"]] {
        let mut command = StdCommand::new(PROGRAM);
        command.args(arguments).current_dir(folder.0.path()).env_clear();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    }
}

#[test]
fn every_shell_gets_completions_that_know_the_flags() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = Folder::new().run(&["completions", shell]).code(0).stderr_eq("").get_output().stdout.clone();
        let script = String::from_utf8(output).unwrap();
        assert!(script.contains("threshold") && script.contains("report"), "{shell}");
    }
}

#[test]
fn the_program_and_every_command_have_a_manual_page() {
    for command in ["", "scan", "explain", "report", "index", "index add", "completions", "man"] {
        let names: Vec<&str> = command.split_whitespace().collect();
        let arguments: Vec<_> = ["man"].iter().chain(&names).copied().collect();
        let output = Folder::new().run(&arguments).code(0).stderr_eq("").get_output().stdout.clone();
        let page = String::from_utf8(output).unwrap();
        let title = ["tongwen"].iter().chain(&names).copied().collect::<Vec<_>>().join("-");
        assert!(page.contains(&format!(".TH {title} ")), "{page}");
    }
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_new_output_has_the_permissions_the_umask_leaves_and_an_old_one_keeps_its_own() {
        let folder = Folder::new().with("found.json", FOUND).with("old.txt", "旧");
        fs::set_permissions(folder.path("old.txt"), fs::Permissions::from_mode(0o640)).unwrap();
        for output in ["new.txt", "old.txt"] {
            folder.run(&["report", "found.json", "--output", output]).code(0);
        }
        // `found.json` was made by this process, under the umask the program inherits.
        assert_eq!(mode(&folder.path("new.txt")), mode(&folder.path("found.json")));
        assert_eq!(mode(&folder.path("old.txt")), 0o640);
    }

    #[test]
    fn an_output_that_is_a_link_stays_one_and_its_target_is_written() {
        let folder = Folder::new().with("found.json", FOUND).with("target.txt", "旧");
        symlink("target.txt", folder.path("link.txt")).unwrap();
        folder.run(&["report", "found.json", "--output", "link.txt"]).code(0);
        assert!(fs::symlink_metadata(folder.path("link.txt")).unwrap().is_symlink());
        assert!(fs::read_to_string(folder.path("target.txt")).unwrap().starts_with("4\u{a0}812 documents"));
    }

    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        use std::os::unix::fs::FileTypeExt;
        let folder = Folder::new().with("found.json", FOUND);
        folder.run(&["report", "found.json", "--output", "/dev/null"]).code(0).stdout_eq("").stderr_eq("");
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    }

    /// Returns what a terminal is sent, whose line discipline ends lines with `\r\n`.
    fn sent_to_a_terminal(folder: &Folder, arguments: &[&str]) -> String {
        use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
        use std::io::Read;
        use std::os::unix::ffi::OsStrExt;
        let mut terminal = fs::File::from(openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap());
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap();
        let name = Path::new(std::ffi::OsStr::from_bytes(name.as_bytes()));
        let stdout = fs::OpenOptions::new().read(true).write(true).open(name).unwrap();
        let mut command = StdCommand::new(PROGRAM);
        command.args(arguments).env_clear().current_dir(folder.path("")).stdin(Stdio::null()).stdout(stdout);
        let mut child = command.spawn().unwrap();
        // It holds the terminal open too, and there would be no end of what is sent.
        drop(command);
        let mut sent = Vec::new();
        // Linux ends it with an error.
        let _ = terminal.read_to_end(&mut sent);
        assert!(child.wait().unwrap().success());
        String::from_utf8(sent).unwrap()
    }

    #[test]
    fn a_terminal_gets_no_escape_code_from_a_table_and_a_file_gets_each_byte() {
        let line = |id: &str| serde_json::json!({ "id": id, "text": OLD_BRIDGE }).to_string() + "\n";
        let (title, plain) = ("\u{1b}]0;渡口\u{7}\u{9b}31m", "渡口,一");
        let folder = Folder::new().with("a.jsonl", line(title) + &line(plain));
        folder.run(&["scan", "a.jsonl", "--format", "json", "--output", "found.json"]).code(0);
        let table = |title: &str| {
            format!("key,cluster,kind,keep,similarity\n{title},1,,{title},1\n\"{plain}\",1,identical,{title},1\n")
        };
        for command in [
            &["scan", "a.jsonl", "--quiet"][..],
            &["report", "found.json"],
            &["gate", "a.jsonl", "--quiet", "--max-duplicates", "9"],
        ] {
            let command = [command, &["--format", "csv"]].concat();
            let shown = sent_to_a_terminal(&folder, &command);
            assert_eq!(shown.replace("\r\n", "\n"), table("\\u{1b}]0;渡口\\u{7}\\u{9b}31m"));
            folder.run(&command).code(0).stderr_eq("").stdout_eq(Data::text(table(title)).raw());
            let saved = [&command[..], &["--output", "found.csv"]].concat();
            assert_eq!(sent_to_a_terminal(&folder, &saved), "");
            assert_eq!(fs::read_to_string(folder.path("found.csv")).unwrap(), table(title));
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn files_that_are_removed_only_in_part_are_where_the_error_says() {
        let (folder, kept) = (Folder::new(), Folder::new());
        let long = "渡".repeat(83) + ".txt";
        for name in ["a.txt", "b.txt", &long] {
            fs::write(folder.path(name), OLD_BRIDGE).unwrap();
        }
        let found = kept.path("found.json");
        folder.run(&["scan", ".", "--format", "json", "--output", found.to_str().unwrap()]).code(0);
        let pages = folder.path("");
        // A path has 4,095 bytes at most: there is room for a short name below it, and for none of 255.
        let removed = format!("{}removed", format!("{}/", "d".repeat(242)).repeat(16));
        let arguments = ["dedup", "found.json", pages.to_str().unwrap(), "--keep", "first", "--delete", &removed];
        kept.run(&arguments).code(2).stdout_eq("").stderr_eq(str![[r#"
error: cannot remove `[..]/渡[..].txt`: File name too long (os error [..]); of 2 files that go 1 was moved to `[..]/removed`, and 1 is where it was (`渡[..].txt`): `[..]/removed/undo.sh` puts back what was moved, which `[..]/removed/journal.jsonl` lists

"#]]);
        assert_eq!(folder.names(), ["a.txt", &long]);
        StdCommand::new("sh").arg(kept.path(&removed).join("undo.sh")).status().unwrap();
        assert_eq!(folder.names(), ["a.txt", "b.txt", &long]);
    }

    #[test]
    fn a_page_that_may_not_be_read_is_listed_and_the_rest_is_scanned() {
        let folder = pages();
        fs::set_permissions(folder.path("梨花.txt"), fs::Permissions::from_mode(0o0)).unwrap();
        if fs::read(folder.path("梨花.txt")).is_ok() {
            // Nothing is closed to the superuser.
            return;
        }
        let scanned = folder.run(&["scan", ".", "--format", "json"]).code(0).stderr_eq("").get_output().stdout.clone();
        let found: serde_json::Value = serde_json::from_slice(&scanned).unwrap();
        assert_eq!((&found["counts"]["documents"], &found["counts"]["skipped"]), (&3.into(), &2.into()));
        assert_eq!(found["skipped"][1]["key"], "梨花.txt");
        assert_eq!(found["skipped"][1]["reason"], "cannot be read: Permission denied (os error 13)");
        folder.refuses(
            &["scan", "梨花.txt"],
            str![[r#"
error: cannot read `梨花.txt`: Permission denied (os error 13)

"#]],
        );
    }

    #[test]
    fn a_scan_that_is_stopped_leaves_the_old_output_and_nothing_else() {
        use std::io::Write;
        use std::os::unix::process::ExitStatusExt;
        for (signal, number) in [("INT", 2), ("TERM", 15)] {
            let folder = Folder::new().with("报告.json", "旧");
            let mut command = StdCommand::new(PROGRAM);
            command.args(["scan", "-", "--format", "json", "--output", "报告.json"]);
            command.current_dir(folder.0.path()).env_clear().stdin(Stdio::piped()).stdout(Stdio::null());
            let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
            let mut stdin = child.stdin.take().unwrap();
            // More than a pipe holds: when this returns, the scan has begun, and it waits for the end of its input.
            stdin.write_all(records(20_000).as_bytes()).unwrap();
            let kill = format!("kill -{signal} {}", child.id());
            assert!(StdCommand::new("sh").args(["-c", &kill]).status().unwrap().success());
            let output = child.wait_with_output().unwrap();
            assert_eq!(output.status.signal(), Some(number), "{output:?}");
            assert_eq!(folder.names(), ["报告.json"]);
            assert_eq!(fs::read_to_string(folder.path("报告.json")).unwrap(), "旧");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error() {
        let folder = Folder::new().with("found.json", FOUND);
        folder.refuses(
            &["report", "found.json", "--output", "/dev/full"],
            str![[r#"
error: cannot write `/dev/full`: No space left on device (os error 28)

"#]],
        );
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = StdCommand::new(PROGRAM);
        command.args(["report", "found.json"]).current_dir(folder.0.path()).env_clear().stdout(full);
        assert_eq!(command.status().unwrap().code(), Some(2));
    }
}

/// A page of a site, with what a reader came for between its lines.
fn page(article: &str) -> String {
    format!(
        "河埠头资讯网提醒您：本站文章仅供读者参考，不代表编辑部立场，请自行判断其中内容是否适合自己使用。\n{article}\n\
         关于我们　联系方式　版权声明　网站地图　未经书面授权，任何单位和个人不得转载、摘编本网站的全部内容。\n"
    )
}

const OLD_BRIDGE: &str = "桥头的石狮子少了一只耳朵，老人说是洪水那年撞掉的。修桥的师傅照着剩下的一只刻了新的，\
    刻了整整一个冬天，手上的裂口贴满胶布。开桥那天他没有去，他在家里磨下一把凿子。";
const NEW_SCHOOL: &str = "山里的小学搬到了镇上，校车每天来回四趟。高年级的孩子在车上背课文，司机都能跟着背下来。\
    校长算过，一个学期下来，这辆车跑的路可以绕着县城走三百圈。";

#[test]
fn an_index_is_begun_asked_changed_and_checked() {
    let folder = Folder::new();
    fs::create_dir(folder.path("pages")).unwrap();
    fs::create_dir(folder.path("today")).unwrap();
    fs::write(folder.path("pages/bridge.txt"), page(OLD_BRIDGE)).unwrap();
    fs::write(folder.path("pages/school.txt"), page(NEW_SCHOOL)).unwrap();
    fs::write(folder.path("today/copy.txt"), OLD_BRIDGE.replace("洪水", "大水")).unwrap();
    fs::write(folder.path("today/new.txt"), "茶馆的说书人换了新段子。").unwrap();
    folder.run(&["index", "add", "kept", "pages"]).code(0).stderr_eq("").stdout_eq(str![[r#"
2 pages added

"#]]);
    folder.run(&["index", "add", "kept", "pages"]).code(0).stderr_eq("").stdout_eq(str![[r#"
0 pages added · 2 there already

"#]]);
    folder.run(&["index", "query", "kept", "today"]).code(0).stderr_eq("").stdout_eq(str![[r#"
2 documents · 1 new · 1 repost
tongwen 0.1.0

Known · 1 document
  here: how much of the document is in that page; there: how much of the page
  is in the document

               here there
  copy.txt
    repost     100%  53%    bridge.txt

"#]]);
    let json = folder.run(&["index", "query", "kept", "today", "--format", "json"]).code(0).stderr_eq("");
    let json: serde_json::Value = serde_json::from_slice(&json.get_output().stdout).unwrap();
    assert_eq!(json["format"], "tongwen-answers/1");
    assert_eq!(json["documents"][0]["matches"][0]["key"], "bridge.txt");
    folder.run(&["index", "info", "kept"]).code(0).stderr_eq("").stdout_eq(str![[r#"
2 pages
  bytes            [..] a page
  segments         1
  different texts  2
  removed pages    0
  frame blocks     0
  postings         42
  compares         --tokens word --width 2
  written by       tongwen 0.1.0

"#]]);
    folder.run(&["index", "remove", "kept", "bridge.txt", "gone.txt", "bridge.txt"]).code(0).stderr_eq("").stdout_eq(
        str![[r#"
1 page removed · 1 not there: gone.txt

"#]],
    );
    folder.run(&["index", "check", "kept"]).code(0).stderr_eq("").stdout_eq(str![[r#"
sound: 1 page

"#]]);
    folder
        .run(&["index", "compact", "kept"])
        .code(0)
        .stderr_eq("")
        .stdout_eq("1 segment, [..] bytes · before: 1 segment, [..] bytes\n");
    folder.run(&["index", "query", "kept", "today"]).code(0).stderr_eq("").stdout_eq(str![[r#"
2 documents · 2 new
tongwen 0.1.0

Nothing of it is in the index.

"#]]);
}

#[test]
fn an_index_that_does_not_fit_or_is_none_is_refused_with_the_way_out() {
    let folder = Folder::new().with("a.txt", "渡口的老船工每天清晨都要把绳索检查一遍。");
    folder.run(&["index", "add", "kept", "a.txt"]).code(0);
    folder.refuses(
        &["index", "query", "kept", "a.txt", "--tokens", "char"],
        str![[r#"
error: index `kept` was built with `--tokens word`, and this run has `--tokens char`: pass `--tokens word`, or build another index with `--tokens char`

"#]],
    );
    folder.refuses(
        &["index", "query", "nowhere", "a.txt"],
        str![[r#"
error: index `nowhere` is not there: `tongwen index add` begins one, or name another folder

"#]],
    );
    folder.refuses(
        &["index", "add", "kept", "a.txt", "--sketch", "simhash"],
        str![[r#"
error: `--sketch` is a flag of `tongwen scan`
hint: an index finds what to compare by the passages texts share; leave it out

"#]],
    );
    folder.refuses(
        &["index", "add", "kept", "kept"],
        str![[r#"
error: `kept` is the index itself
hint: name a folder of its own for the index, and then what is to be read

"#]],
    );
}

const REPOSTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/reposts");

#[test]
fn what_stays_and_goes_is_listed_and_saved_and_carried_out() {
    let folder = Folder::new();
    folder.run(&["scan", REPOSTS, "--format", "json", "--output", "found.json"]).code(0);
    let planned = ["dedup", "found.json", REPOSTS, "--keep", "xuehai/*", "--keep", "cleanest", "--top", "3"];
    let planned = folder.run(&[&planned[..], &["--output", "plan.json"]].concat()).code(0).stderr_eq("");
    planned.stdout_eq(file!["cmd/dedup.txt"].raw());
    let plan = fs::read_to_string(folder.path("plan.json")).unwrap();
    snapbox::assert_data_eq!(plan, file!["cmd/dedup.json"].raw());

    let applied = folder.run(&["dedup", "plan.json", REPOSTS, "--apply", "clean", "--top", "1"]).code(0).stderr_eq("");
    let applied = String::from_utf8(applied.get_output().stdout.clone()).unwrap();
    assert!(applied.contains("\nWritten to clean: "), "{applied}");
    let again = folder.run(&["scan", "clean", "--format", "json"]).code(0).get_output().stdout.clone();
    let again: serde_json::Value = serde_json::from_slice(&again).unwrap();
    assert!(again["clusters"].as_array().unwrap().iter().all(|cluster| cluster["kind"] != "repost"));
}

#[cfg(unix)]
#[test]
fn a_corpus_is_written_in_the_place_of_an_empty_folder_however_that_is_named() {
    let folder = pages();
    folder.run(&["scan", "转载", "--format", "json", "--output", "found.json"]).code(0);
    fs::create_dir(folder.path("real")).unwrap();
    std::os::unix::fs::symlink("real", folder.path("link")).unwrap();
    folder.run(&["dedup", "found.json", "转载", "--apply", "link"]).code(0).stderr_eq("");
    assert!(fs::symlink_metadata(folder.path("link")).unwrap().is_symlink());
    assert!(folder.path("real/渡口.html").exists());

    fs::create_dir(folder.path("here")).unwrap();
    let absolute = folder.path("here");
    folder.run(&["dedup", "found.json", "转载", "--apply", absolute.to_str().unwrap()]).code(0).stderr_eq("");
    assert!(folder.path("here/渡口.html").exists());
    // Another folder would take the place of the one that the user is in.
    fs::create_dir(folder.path("empty")).unwrap();
    let here = folder.command(&["dedup", "../found.json", "../转载", "--apply", "."]);
    here.current_dir(folder.path("empty")).assert().code(2).stderr_eq(str![[r#"
error: `.` is the folder that you are in, and cannot be replaced: name a new folder

"#]]);
    folder.refuses(
        &["dedup", "found.json", "转载", "--apply", "clean", "--output", "clean/plan.json"],
        str![[r#"
error: `clean` is to be a new folder, and the plan in it
hint: write the plan elsewhere

"#]],
    );
}

#[test]
fn a_folder_that_cannot_be_made_is_refused_before_anything_is_read() {
    let folder = pages().with("found.json", "of nothing");
    folder.refuses(
        &["dedup", "found.json", "转载", "--apply", "none/更/clean"],
        str![[r#"
error: cannot write `none/更/clean`: there is no folder `none/更`: create it first

"#]],
    );
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", folder.path("link")).unwrap();
        folder.refuses(
            &["dedup", "found.json", "转载", "--apply", "link"],
            str![[r#"
error: cannot write `link`: it is a link that leads nowhere: name the folder itself

"#]],
        );
    }
}

#[test]
fn a_corpus_with_a_file_that_breaks_off_is_written_as_far_as_it_is_read_and_the_exit_code_says_so() {
    // A frame of Zstandard a line: the last one is cut.
    let packed: Vec<u8> =
        records(3).split_inclusive('\n').flat_map(|line| zstd::encode_all(line.as_bytes(), 1).unwrap()).collect();
    let folder = Folder::new().with("a.jsonl.zst", &packed[..packed.len() - 9]);
    folder.run(&["scan", "a.jsonl.zst", "--format", "json", "--output", "found.json"]).code(0).stderr_eq("");
    let found: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.path("found.json")).unwrap()).unwrap();
    assert_eq!((&found["counts"]["skipped"], &found["skipped"][0]["key"]), (&1.into(), &"a.jsonl.zst:3".into()));
    let reason = found["skipped"][0]["reason"].as_str().unwrap();
    folder.run(&["dedup", "found.json", "a.jsonl.zst"]).code(0).stderr_eq("");
    let applied = folder.run(&["dedup", "found.json", "a.jsonl.zst", "--apply", "clean", "--output", "plan.json"]);
    let stderr = String::from_utf8(applied.get_output().stderr.clone()).unwrap();
    assert!(stderr.contains(&format!("`a.jsonl.zst:3` {reason}\n")), "as the scan says it: {stderr}");
    applied
        .code(2)
        .stderr_eq(str![[r#"
error: 1 file breaks off, and what follows was not judged:
  `a.jsonl.zst:3` cannot be read beyond byte [..]: the stream is cut off; the records before this line were read
hint: `clean` has what could be read; put a whole copy of `a.jsonl.zst` in place, or leave it out with `--exclude`, and scan again

"#]])
        .stdout_eq(str![[r#"
2 documents · 1 stays · 1 goes · 50% of the text
tongwen 0.1.0 · keep: longest · no repost remains

Written to clean: 1 file with 1 record

Kept · 1 article, most reposted first
  inside: how much of the page the kept one holds

  0
      the first key
      inside
        100%  1

Notes
  • `a.jsonl.zst` breaks off at line 3 (the stream is cut off): what comes after it is not in the copy either

"#]]);
    assert_eq!(folder.names(), ["a.jsonl.zst", "clean", "found.json", "plan.json"]);
    let kept = zstd::decode_all(&*fs::read(folder.path("clean/a.jsonl.zst")).unwrap()).unwrap();
    let kept = String::from_utf8(kept).unwrap();
    let all = records(3);
    let lines: Vec<&str> = all.split_inclusive('\n').collect();
    // What is left of the last record is there too.
    let rest = kept.strip_prefix(lines[0]).unwrap();
    assert!(lines[2].starts_with(rest) && rest.len() < lines[2].len(), "{kept}");
}

#[test]
fn files_are_removed_into_a_journal() {
    let (folder, kept) = (pages(), Folder::new());
    let found = kept.path("found.json");
    folder.run(&["scan", ".", "--format", "json", "--output", found.to_str().unwrap()]).code(0);
    let pages = folder.path("");
    let arguments = ["dedup", "found.json", pages.to_str().unwrap(), "--keep", "first", "--delete", "removed"];
    kept.run(&arguments).code(0).stderr_eq("").stdout_eq(str![[r#"
4 documents · 3 stay · 1 goes · 35% of the text
tongwen 0.1.0 · keep: first · no repost remains

Moved to removed: 1 file; `undo.sh` there puts them back

Kept · 1 article, most reposted first
  inside: how much of the page the kept one holds

  渡口.txt
      the first key
      inside
         95%  转载/渡口.html

"#]]);
    assert!(found.exists() && !folder.path("转载/渡口.html").exists());
    kept.refuses(
        &arguments,
        str![[r#"
error: `removed` is not empty: name a new folder

"#]],
    );
}

#[test]
fn a_plan_keeps_to_the_dictionaries_of_its_scan() {
    let folder = one_page_of_the_site();
    folder.run(&["boilerplate", SITE, "--output", "榆关.json"]).code(0);
    // As many blocks, of which one is another.
    let mut other: serde_json::Value = serde_json::from_slice(&fs::read(folder.path("榆关.json")).unwrap()).unwrap();
    other["blocks"][0]["hash"] = "0123456789abcdef".into();
    let folder = folder.with("别处.json", other.to_string());
    folder.run(&["scan", "今天", "--boilerplate", "榆关.json", "--format", "json", "--output", "found.json"]).code(0);
    folder.refuses(
        &["dedup", "found.json", "今天", "--boilerplate", "别处.json"],
        str![[r#"
error: the findings took other blocks for boilerplate than the dictionaries of this run know: name the same dictionaries with `--boilerplate`, or scan again

"#]],
    );
    let plan = ["dedup", "found.json", "今天", "--boilerplate", "榆关.json", "--output", "plan.json"];
    folder.run(&plan).code(0);
    let apply = ["dedup", "plan.json", "今天", "--strip-boilerplate", "--apply", "clean"];
    for flags in [&["--boilerplate", "别处.json"][..], &[]] {
        folder.refuses(
            &[&apply[..], flags].concat(),
            str![[r#"
error: the plan was made with other dictionaries of boilerplate than this run names, so other text would be left out: name the same with `--boilerplate`, or make the plan again

"#]],
        );
    }
    folder.run(&[&apply[..], &["--boilerplate", "榆关.json"]].concat()).code(0);
    // Findings and plans of earlier versions do not say which they were.
    let without = |file: &str| {
        let json = fs::read_to_string(folder.path(file)).unwrap();
        json.lines().filter(|line| !line.contains("known_hash")).map(|line| format!("{line}\n")).collect::<String>()
    };
    let (found, plan) = (without("found.json"), without("plan.json"));
    let folder = folder.with("old.json", found).with("old-plan.json", plan);
    folder.run(&["dedup", "old.json", "今天", "--boilerplate", "榆关.json"]).code(0);
    let apply = ["dedup", "old-plan.json", "今天", "--strip-boilerplate", "--apply", "clean too"];
    folder.run(&[&apply[..], &["--boilerplate", "榆关.json"]].concat()).code(0);
}

#[test]
fn a_plan_that_cannot_be_made_is_refused_with_the_way_out() {
    let folder = Folder::new().with("a.jsonl", records(2)).with("old.json", FOUND);
    folder.run(&["scan", "a.jsonl", "--format", "json", "--output", "found.json"]).code(0);
    folder.run(&["dedup", "found.json", "a.jsonl", "--output", "plan.json"]).code(0);
    folder.refuses(
        &["dedup", "found.json", "-"],
        str![[r#"
error: what came on standard input cannot be read a second time
hint: save it as a file, scan that, and name it here

"#]],
    );
    folder.refuses(
        &["dedup", "old.json", "a.jsonl"],
        str![[r#"
error: the findings took 2 blocks for boilerplate that dictionaries or an index knew, and this run knows 0: name the same dictionaries with `--boilerplate`, or scan again

"#]],
    );
    folder.refuses(
        &["dedup", "found.json", "a.jsonl", "--keep", "a["],
        str![[r#"
error: `a[` is neither `longest`, `cleanest`, `first`, `newest` nor a glob: unclosed character class; missing ']'

"#]],
    );
    folder.refuses(
        &["dedup", "plan.json", "a.jsonl", "--keep", "first"],
        str![[r#"
error: `plan.json` is a plan, in which is chosen what to keep
hint: leave `--keep` out, or name the findings

"#]],
    );
    folder.refuses(
        &["dedup", "found.json", "a.jsonl", "--delete", "removed"],
        str![[r#"
error: `1` is a record of `a.jsonl`, and no file to delete: `--apply DIR` writes the file without it

"#]],
    );
}

#[test]
fn findings_are_shown_as_one_page_for_a_browser() {
    let folder = Folder::new().with("found.json", FOUND);
    folder
        .run(&["report", "found.json", "--format", "html", "--output", "报告.html"])
        .code(0)
        .stdout_eq("")
        .stderr_eq("");
    assert_eq!(folder.names(), ["found.json", "报告.html"]);
    let page = fs::read_to_string(folder.path("报告.html")).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"), "{page}");
    assert!(page.contains("4\u{a0}812 documents · 3 are reposts of 2 articles"), "{page}");
    let printed = folder.run(&["report", "found.json", "--format", "html"]).code(0).get_output().stdout.clone();
    assert_eq!(String::from_utf8(printed).unwrap(), page);
}

#[test]
fn a_large_report_has_a_folder_beside_it_that_the_next_one_replaces() {
    let folder = Folder::new();
    // Every sentence is another one, and the two halves of the records repost each other.
    let sentence = |n: usize| format!("第{n}号渡口的老船工在第{}个清晨检查了{}根绳索。", n * 7 + 1, n * 13 + 5);
    let text = |article: usize| (0..300).map(|at| sentence(article * 300 + at)).collect::<String>();
    let record = |id: String, text: String| serde_json::json!({ "id": id, "text": text }).to_string() + "\n";
    let lines = (0..240).map(|n| record(format!("{}-{}", n % 120, n / 120), text(n % 120)));
    let folder = folder.with("a.jsonl", lines.collect::<String>()).with("small.jsonl", records(2));
    let scan = |corpus: &str| folder.run(&["scan", corpus, "--format", "html", "--output", "r.html"]);
    scan("a.jsonl").code(0).stdout_eq("").stderr_eq("");
    let parts = fs::read_dir(folder.path("r-files")).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    assert!(parts.len() > 1 && parts.iter().all(|part| part.metadata().unwrap().len() < 5_000_000), "{parts:?}");
    fs::write(folder.path("r-files/mine.txt"), "").unwrap();
    scan("a.jsonl").code(2).stderr_eq(str![[r#"
error: `[..]/r-files` holds `mine.txt`, which is no file of a report
hint: move it away, or give the report another name

"#]]);
    fs::remove_file(folder.path("r-files/mine.txt")).unwrap();
    scan("small.jsonl").code(0);
    assert_eq!(folder.names(), ["a.jsonl", "r.html", "small.jsonl"]);
}

#[test]
fn html_is_a_format_of_findings_alone() {
    let folder = pages();
    for command in [&["explain", "."][..], &["boilerplate", "."]] {
        let arguments = [command, &["--format", "html"]].concat();
        folder.refuses(
            &arguments,
            str![[r#"
error: invalid value 'html' for '--format <FORMAT>'
  [possible values: text, json]

For more information, try '--help'.

"#]],
        );
    }
}

#[test]
fn only_the_kinds_asked_for_are_reported() {
    let folder = Folder::new().with("found.json", FOUND);
    let shown = |kinds: &[&str]| {
        let arguments = [&["report", "found.json"][..], kinds].concat();
        let shown = String::from_utf8(folder.run(&arguments).code(0).get_output().stdout.clone()).unwrap();
        assert!(shown.contains("3 are reposts of 2 articles") && shown.contains("Skipped"), "{shown}");
        ["Reposts ·", "Contained ·", "Excerpts ·", "Shared boilerplate ·"].map(|title| shown.contains(title))
    };
    assert_eq!(shown(&[]), [true; 4]);
    assert_eq!(shown(&["--kind", "excerpt", "--kind", "contained"]), [false, true, true, false]);
    assert_eq!(shown(&["--kind", "boilerplate"]), [false, false, false, true]);
}

#[test]
fn what_stays_is_not_written_where_the_next_scan_would_read_it() {
    let folder = pages().with("found.json", FOUND);
    for flag in ["--delete", "--apply"] {
        folder.refuses(
            &["dedup", "found.json", ".", flag, "转载/无/clean"],
            str![[r#"
error: `转载/无/clean` is in `.`, and the next scan would read it
hint: name a folder elsewhere

"#]],
        );
    }
}

#[test]
fn a_gate_says_what_repeats_what_and_what_that_means() {
    let folder = Folder::new();
    for (name, text) in [
        ("pages/bridge.txt", page(OLD_BRIDGE)),
        ("today/again.txt", page(OLD_BRIDGE)),
        ("today/copy.txt", OLD_BRIDGE.replace("洪水", "大水")),
        ("today/school.txt", page(NEW_SCHOOL)),
    ] {
        let path = folder.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder.run(&["gate", "pages", "--index", "kept", "--add"]).code(0).stderr_eq("").stdout_eq(str![[r#"
1 document · no reposts
tongwen 0.1.0 · 2 words a shingle · minhash 128 as 32 × 4 · alike from 70%

No two of the documents compared repost each other. Nothing to clean up here.

Gate: pass · no document repeats another one (identical, repost)
1 page added

"#]]);
    folder.run(&["gate", "today", "--index", "kept"]).code(1).stderr_eq("").stdout_eq(file!["cmd/gate.txt"].raw());
    folder
        .run(&["gate", "today", "--index", "kept", "--format", "json"])
        .code(1)
        .stderr_eq("")
        .stdout_eq(file!["cmd/gate.json"].raw());
    let json = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd/gate.json")).unwrap();
    folder.command(&["report", "-"]).stdin(json).assert().code(0).stdout_eq(file!["cmd/gate.txt"].raw());
}
