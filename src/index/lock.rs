//! One writer at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use crate::error::{Error, Result};

const NAME: &str = "lock";

/// The right to write an index, given back when it is dropped, or when the process ends in whatever way.
///
/// The system holds the lock, not the file: a file that is left behind by a process that was killed locks nothing. The file
/// says who holds it.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Nobody holds it from here on; a file that still names us locks nothing either.
        let _ = self.0.set_len(0);
        // A child that another thread has just started holds the same open file until it runs its program.
        let _ = self.0.unlock();
    }
}

impl Lock {
    /// # Errors
    /// When another process, or another writer of this one, holds it.
    pub(super) fn take(folder: &Path) -> Result<Self> {
        let path = folder.join(NAME);
        let failed = |e| Error::io("lock", &path, e);
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut owner = String::new();
                // Where the owner cannot be read, that there is one still stops us.
                let _ = file.read_to_string(&mut owner);
                let owner = if owner.trim().is_empty() { "another process" } else { owner.trim() };
                let reason = format!("is being written by {owner}: try again when it is done");
                return Err(Error::Index { path: folder.to_owned(), reason });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        file.set_len(0).map_err(failed)?;
        file.rewind().map_err(failed)?;
        writeln!(file, "process {}", std::process::id()).map_err(failed)?;
        Ok(Self(file))
    }
}

/// Returns whether a file is the lock.
pub(super) fn is_lock(name: &str) -> bool {
    name == NAME
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_writer_is_told_who_the_first_is_and_may_write_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take(folder.path()).unwrap();
        let refused = Lock::take(folder.path()).unwrap_err().to_string();
        assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
        drop(first);
        Lock::take(folder.path()).unwrap();
    }

    #[test]
    fn who_holds_the_same_open_file_locks_nothing_once_the_lock_is_given_back() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take(folder.path()).unwrap();
        let _child = first.0.try_clone().unwrap();
        drop(first);
        Lock::take(folder.path()).unwrap();
    }

    #[test]
    fn a_lock_file_that_was_left_behind_locks_nothing() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(NAME), "process 1\n").unwrap();
        Lock::take(folder.path()).unwrap();
    }
}
