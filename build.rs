//! Tells the binary which commit it was built from.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let commit = packaged_commit().or_else(checked_out_commit).unwrap_or_else(|| "unknown".into());
    println!("cargo::rustc-env=TONGWEN_COMMIT={commit}");
}

/// Returns the commit that `cargo package` wrote into a crates.io tarball.
fn packaged_commit() -> Option<String> {
    let json = std::fs::read_to_string(".cargo_vcs_info.json").ok()?;
    let (_, after) = json.split_once("\"sha1\"")?;
    let hash = after.split('"').nth(1)?;
    Some(hash.get(..12)?.into())
}

/// Returns the commit of the git checkout whose top is this package.
///
/// A tarball unpacked inside somebody else's repository must not name that repository's commit.
fn checked_out_commit() -> Option<String> {
    let top = git(&["rev-parse", "--show-toplevel"])?;
    let here = Path::new(".").canonicalize().ok()?;
    if Path::new(&top).canonicalize().ok()? != here {
        return None;
    }
    // The reflog of HEAD grows at every commit, also when the ref itself is packed.
    let mut watched = vec!["HEAD".to_owned(), "logs/HEAD".to_owned()];
    watched.extend(git(&["symbolic-ref", "--quiet", "HEAD"]));
    for name in watched {
        // Cargo takes a path that is not there for one that changed, and would build again every time.
        if let Some(path) = git(&["rev-parse", "--git-path", &name]).filter(|path| Path::new(path).exists()) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    git(&["rev-parse", "--short=12", "HEAD"])
}

/// Returns what git prints, or nothing when it fails or is not installed.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty()).then(|| text.into())
}
