//! A new folder, which is there whole or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::durable;
use crate::error::{Error, Result};

/// A place where a new folder can stand.
#[derive(Debug)]
pub struct Target {
    /// What the user calls it.
    named: PathBuf,
    /// The same without links, and the folder it is in.
    real: PathBuf,
    above: PathBuf,
}

impl Target {
    /// Returns the place of a folder, which must not be there, or be empty: then another takes its place. A link to an
    /// empty folder stays a link.
    ///
    /// Called before a long run, so that it does not end with nowhere to put its result.
    ///
    /// # Errors
    /// When the folder holds something or cannot be replaced; when the one above it is not there, or not to be written to.
    pub fn checked(folder: &Path) -> Result<Self> {
        is_free(folder)?;
        let target = match folder.canonicalize() {
            Ok(real) => Self::in_place_of(folder, real)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::new(folder)?,
            Err(error) => return Err(Error::io("write", folder, error)),
        };
        target.begin()?;
        Ok(target)
    }

    /// Returns the place of an empty folder.
    fn in_place_of(folder: &Path, real: PathBuf) -> Result<Self> {
        let refuse = |why: &str| {
            Err(Error::Settings(format!("`{}` {why}, and cannot be replaced: name a new folder", folder.display())))
        };
        let Some(above) = real.parent().map(Path::to_owned) else { return refuse("is the root of a disk") };
        if std::env::current_dir().is_ok_and(|here| here == real) {
            return refuse("is the folder that you are in");
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let disk = |path| fs::metadata(path).map(|it| it.dev()).map_err(|error| Error::io("read", path, error));
            if disk(&real)? != disk(&above)? {
                return refuse("is on another disk than the folder above it");
            }
        }
        Ok(Self { named: folder.to_owned(), real, above })
    }

    /// Returns the place of a folder that is not there.
    fn new(folder: &Path) -> Result<Self> {
        let refuse = |why: String| Err(Error::Settings(format!("cannot write `{}`: {why}", folder.display())));
        if fs::symlink_metadata(folder).is_ok() {
            return refuse("it is a link that leads nowhere: name the folder itself".into());
        }
        let Some(name) = folder.file_name() else { return refuse("it names no folder".into()) };
        let above = folder.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        match above.canonicalize() {
            Ok(above) => Ok(Self { named: folder.to_owned(), real: above.join(name), above }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                refuse(format!("there is no folder `{}`: create it first", above.display()))
            }
            Err(error) => Err(Error::io("write", folder, error)),
        }
    }

    /// Returns what the user calls a file in the folder.
    pub(super) fn named(&self, place: &Path) -> PathBuf {
        self.named.join(place)
    }

    /// Begins the folder under another name beside its own; it is removed unless it is published.
    pub(super) fn begin(&self) -> Result<Growing> {
        // With the permissions that new folders get, which a temporary one of the library has not.
        let created = tempfile::Builder::new().prefix(".tongwen-").make_in(&self.above, |path| fs::create_dir(path));
        let path = created.and_then(|created| Ok(created.keep()?.1));
        Ok(Growing { path: path.map_err(|error| self.refused(error))? })
    }

    /// Gives a folder its name. Once this returns, it survives a crash.
    pub(super) fn publish(&self, growing: &Growing) -> Result<()> {
        let publish = || {
            durable::sync_tree(&growing.path)?;
            // Elsewhere a folder takes the place of an empty one in one step.
            if cfg!(not(unix)) && self.real.exists() {
                fs::remove_dir(&self.real)?;
            }
            fs::rename(&growing.path, &self.real)?;
            durable::sync_folder(&self.above)
        };
        publish().map_err(|error| self.refused(error))
    }

    fn refused(&self, error: io::Error) -> Error {
        Error::io("write", &self.named, error)
    }
}

/// A folder that is being written.
#[derive(Debug)]
pub(super) struct Growing {
    path: PathBuf,
}

impl Growing {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Growing {
    fn drop(&mut self) {
        // One that was published has another name by now. Of one that cannot be removed nothing more can be done.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Says that a folder is not there, or holds nothing.
///
/// # Errors
/// When it holds something, or cannot be looked at.
pub fn is_free(folder: &Path) -> Result<()> {
    match fs::read_dir(folder).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::Settings(format!("`{}` is not empty: name a new folder", folder.display()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::io("write", folder, error)),
    }
}
