//! Files that are taken out of their folders and kept aside, with a list of what stood where and a script that puts
//! them back.
//!
//! ```text
//! removed/journal.jsonl    one line a file, written before the file is touched
//! removed/undo.sh          puts every file back that is not there again
//! removed/files/…          the files, a number before each name
//! ```
//!
//! A file that comes from another disk has its name once it is whole; before, it is `unfinished-….part`, which the script
//! does not look at.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::durable;
use crate::error::{Error, Result};
use crate::hash;
use crate::input::{is_free, spelled};

/// A folder that takes files in.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    list: File,
    script: File,
    taken: u64,
}

/// Why a file is taken out.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Reason<'a> {
    pub key: &'a str,
    /// What stays in its place.
    pub kept: &'a str,
}

impl Journal {
    /// Begins a journal in a folder, which must not be there, or be empty.
    ///
    /// # Errors
    /// When it holds something or cannot be written.
    pub fn begin(folder: &Path) -> Result<Self> {
        let refuse = |error| Error::io("write", folder, error);
        // Of a journal that is there more can be said, below.
        if !folder.join("journal.jsonl").exists() {
            is_free(folder)?;
        }
        fs::create_dir_all(folder.join("files")).map_err(refuse)?;
        let folder = folder.canonicalize().map_err(refuse)?;
        let create = |name: &str| {
            let path = folder.join(name);
            OpenOptions::new().append(true).create_new(true).open(&path).map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => Error::Settings(format!(
                    "`{}` holds a journal already: name a new folder for what is removed",
                    folder.display()
                )),
                _ => Error::io("write", &path, error),
            })
        };
        let list = create("journal.jsonl")?;
        let mut script = create("undo.sh")?;
        script.write_all(UNDO.as_bytes()).map_err(refuse)?;
        Ok(Self { folder, list, script, taken: 0 })
    }

    /// Moves a file into the journal. The list says so before it is done, and is on disk by then.
    ///
    /// # Errors
    /// When a file cannot be moved or the list not be written; the file is then where it was.
    pub fn take(&mut self, path: &Path, reason: Reason) -> Result<()> {
        let refuse = |error| Error::io("remove", path, error);
        // A link is taken, and not what it leads to.
        let name = path.file_name().ok_or_else(|| refuse(io::ErrorKind::InvalidInput.into()))?;
        let parent = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let from = parent.canonicalize().map_err(refuse)?.join(name);
        self.taken += 1;
        let to = self.folder.join("files").join(numbered(self.taken, name));
        #[derive(Serialize)]
        struct Line<'a> {
            #[serde(flatten)]
            reason: Reason<'a>,
            from: String,
            to: String,
        }
        let line = Line { reason, from: spelled(&from), to: spelled(&to) };
        self.note(&line, &from, &to).map_err(|error| Error::io("write", &self.folder, error))?;
        moved(&from, &to).map_err(refuse)
    }

    fn note(&mut self, line: &impl Serialize, from: &Path, to: &Path) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        self.list.write_all(&bytes)?;
        let (from, to) = (quoted(from), quoted(to));
        self.script.write_all(&[b"put ", &from[..], b" ", &to, b"\n"].concat())?;
        self.list.sync_data()?;
        self.script.sync_data()
    }
}

/// How the script begins. It may be cut short after any line, and be run again.
const UNDO: &str = r#"#!/bin/sh
# Puts back what was removed. A file that is there again is left alone, and told; the exit code is 1 where
# anything could not be put back.
left=0
trap 'exit "$left"' EXIT
# A link that leads nowhere is there all the same.
is_there() { [ -e "$1" ] || [ -L "$1" ]; }
put() {
    if is_there "$1"; then
        if is_there "$2"; then
            printf '%s is there again; what was removed stays in %s\n' "$1" "$2" >&2
            left=1
        fi
    elif is_there "$2"; then
        mv -n -- "$2" "$1" || left=1
    else
        printf '%s is neither there nor in %s\n' "$1" "$2" >&2
        left=1
    fi
}
"#;

/// Bytes of the longest name that file systems take.
const LONGEST_NAME: usize = 255;

/// Returns a name with a number before it. The end of a name that would be too long then is left out: the list has it all.
fn numbered(number: u64, name: &OsStr) -> OsString {
    let mut numbered = format!("{number:07}-");
    let room = LONGEST_NAME - numbered.len();
    if name.len() <= room {
        let mut whole = OsString::from(numbered);
        whole.push(name);
        return whole;
    }
    let name = name.to_string_lossy();
    numbered.push_str(&name[..name.floor_char_boundary(room)]);
    numbered.into()
}

/// Returns a path as one word of a shell.
fn quoted(path: &Path) -> Vec<u8> {
    let mut word = vec![b'\''];
    for &byte in path.as_os_str().as_encoded_bytes() {
        if byte == b'\'' { word.extend(b"'\\''") } else { word.push(byte) }
    }
    word.push(b'\'');
    word
}

/// Moves a file, also to another disk.
fn moved(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => moved_across(from, to),
        result => result,
    }
}

/// Moves a file to another disk. It is removed once its copy is known to be the same and on disk under its name; where
/// that fails, it is where it was, and has no copy.
fn moved_across(from: &Path, to: &Path) -> io::Result<()> {
    let folder = to.parent().ok_or(io::ErrorKind::InvalidInput)?;
    copied(from, to, folder)?;
    durable::sync_folder(folder).and_then(|()| fs::remove_file(from)).inspect_err(|_| {
        if fs::symlink_metadata(from).is_ok() {
            // The script looks at the one that is there. What cannot be removed here is a whole copy.
            let _ = fs::remove_file(to);
        }
    })
}

/// Copies a file or link, which has its name once it is whole and on disk: what the script puts back is never a part.
fn copied(from: &Path, to: &Path, folder: &Path) -> io::Result<()> {
    let metadata = fs::symlink_metadata(from)?;
    #[cfg(unix)]
    if metadata.is_symlink() {
        return std::os::unix::fs::symlink(fs::read_link(from)?, to);
    }
    // Removed with all errors; only one that a kill leaves stays, and no list knows it.
    let mut part = tempfile::Builder::new().prefix("unfinished-").suffix(".part").tempfile_in(folder)?;
    io::copy(&mut File::open(from)?, part.as_file_mut())?;
    let hash = |path| fs::read(path).map(|bytes| hash::bytes(&bytes));
    if hash(from)? != hash(part.path())? {
        return Err(io::Error::other("it changed while it was copied"));
    }
    part.as_file().set_modified(metadata.modified()?)?;
    part.as_file().sync_all()?;
    // Windows writes the names of no files that must not be written to.
    part.persist(to).map_err(|error| error.error)?.set_permissions(metadata.permissions())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_link_is_removed_and_put_back_as_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("乙.txt");
        fs::write(folder.path().join("甲.txt"), "渡口").unwrap();
        std::os::unix::fs::symlink("甲.txt", &link).unwrap();
        let mut journal = Journal::begin(&folder.path().join("removed")).unwrap();
        journal.take(&link, Reason { key: "乙.txt", kept: "甲.txt" }).unwrap();
        assert!(fs::symlink_metadata(&link).is_err());
        assert!(Command::new("sh").arg(folder.path().join("removed/undo.sh")).status().unwrap().success());
        assert_eq!(fs::read_link(&link).unwrap(), Path::new("甲.txt"));
    }

    #[test]
    fn a_file_that_goes_to_another_disk_is_there_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("渡口.txt"), folder.path().join("files/0000001-渡口.txt"));
        fs::create_dir(folder.path().join("files")).unwrap();
        fs::write(&from, "渡口的石桥今年重新放行。").unwrap();
        let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        File::options().append(true).open(&from).unwrap().set_modified(long_ago).unwrap();
        let mut permissions = fs::metadata(&from).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&from, permissions.clone()).unwrap();
        moved_across(&from, &to).unwrap();
        assert!(!from.exists());
        assert_eq!(fs::read_to_string(&to).unwrap(), "渡口的石桥今年重新放行。");
        let metadata = fs::metadata(&to).unwrap();
        assert_eq!((metadata.modified().unwrap(), metadata.permissions()), (long_ago, permissions));
        assert_eq!(fs::read_dir(folder.path().join("files")).unwrap().count(), 1);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_cannot_be_copied_whole_has_no_copy() {
        let folder = tempfile::tempdir().unwrap();
        // It can be opened, and its first byte cannot be read.
        let from = Path::new("/proc/self/mem");
        assert!(moved_across(from, &folder.path().join("0000001-mem")).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn names_of_255_bytes_are_removed_and_put_back() {
        let folder = tempfile::tempdir().unwrap();
        // The number takes the room of some characters, and of a part of one.
        let names = ["渡".repeat(85), "渡".repeat(84) + "口", "渡".repeat(83) + "12.txt", "x".repeat(251) + ".txt"];
        assert!(names.iter().all(|name| name.len() == LONGEST_NAME));
        let paths: Vec<PathBuf> = names.iter().map(|name| folder.path().join(name)).collect();
        let journal_folder = folder.path().join("removed");
        let mut journal = Journal::begin(&journal_folder).unwrap();
        for path in &paths {
            fs::write(path, path.as_os_str().as_encoded_bytes()).unwrap();
            journal.take(path, Reason { key: "甲", kept: "乙" }).unwrap();
            assert!(!path.exists());
        }
        let list = fs::read_to_string(journal_folder.join("journal.jsonl")).unwrap();
        for (line, path) in list.lines().zip(&paths) {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let from = Path::new(line["from"].as_str().unwrap());
            assert_eq!(from, path.parent().unwrap().canonicalize().unwrap().join(path.file_name().unwrap()));
            assert_eq!(fs::read(line["to"].as_str().unwrap()).unwrap(), path.as_os_str().as_encoded_bytes());
        }
        assert!(Command::new("sh").arg(journal_folder.join("undo.sh")).status().unwrap().success());
        for path in &paths {
            assert_eq!(fs::read(path).unwrap(), path.as_os_str().as_encoded_bytes());
        }
    }

    #[test]
    fn what_was_removed_is_put_back_by_the_script() {
        let folder = tempfile::tempdir().unwrap();
        let names = ["甲.txt", "it's.txt", "a b\n$(x).txt"];
        let paths = names.map(|name| folder.path().join(name));
        for path in &paths {
            fs::write(path, path.as_os_str().as_encoded_bytes()).unwrap();
        }
        let journal_folder = folder.path().join("removed");
        let mut journal = Journal::begin(&journal_folder).unwrap();
        for path in &paths {
            journal.take(path, Reason { key: "甲", kept: "乙" }).unwrap();
            assert!(!path.exists());
        }
        let list = fs::read_to_string(journal_folder.join("journal.jsonl")).unwrap();
        assert_eq!(list.lines().count(), 3);
        // What came in its place meanwhile is worth more than what was taken.
        fs::write(&paths[0], "新").unwrap();
        let undo = || Command::new("sh").arg(journal_folder.join("undo.sh")).output().unwrap();
        let output = undo();
        assert_eq!(output.status.code(), Some(1));
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.lines().count() == 1 && told.contains("甲.txt is there again"), "{told}");
        assert_eq!(fs::read_to_string(&paths[0]).unwrap(), "新");
        fs::remove_file(&paths[0]).unwrap();
        for _ in 0..2 {
            let output = undo();
            assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
        }
        assert_eq!(fs::read(&paths[0]).unwrap(), paths[0].as_os_str().as_encoded_bytes());
        fs::remove_file(&paths[1]).unwrap();
        let output = undo();
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8(output.stderr).unwrap().contains("it's.txt is neither there nor in"));
        fs::write(&paths[1], paths[1].as_os_str().as_encoded_bytes()).unwrap();
        for path in &paths[1..] {
            assert_eq!(fs::read(path).unwrap(), path.as_os_str().as_encoded_bytes());
        }
        assert!(Journal::begin(&journal_folder).unwrap_err().to_string().contains("holds a journal already"));
    }
}
