//! Where a command's result goes: standard output, or a file that is there whole or not at all.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anstream::{AutoStream, ColorChoice};
use tempfile::NamedTempFile;
use tongwen::input::{are_one, reads};
use tongwen::settings::{InputSettings, Settings};

use crate::args::When;
use crate::config::DEFAULT_FILE;
use crate::failure::Failure;

/// A place that was checked to take a result.
pub enum Destination {
    Stdout,
    /// A regular file, or none yet; written beside it and renamed.
    File(PathBuf),
    /// A device or pipe such as `/dev/null`, which must not be replaced by a file.
    Special(PathBuf),
}

impl Destination {
    /// Returns the place `--output` names, or standard output where it was not given.
    ///
    /// Called before a long run, so that it does not end with nowhere to put its result.
    pub fn checked(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self::Stdout) };
        let named = |why: &str| Failure::new(format!("cannot write `{}`: {why}", path.display()));
        let refuse = |error: io::Error| {
            let failure = named(&error.to_string());
            if folder_of(path).is_dir() { failure } else { failure.with_hint("create its folder first") }
        };
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => Err(named("it is a folder").with_hint("name a file in it")),
            Ok(metadata) if !metadata.is_file() => Ok(Self::Special(path.to_owned())),
            // A link stays a link: the file it leads to is replaced.
            Ok(_) => {
                let target = path.canonicalize().map_err(refuse)?;
                // Its folder would let one be replaced that is protected.
                OpenOptions::new().write(true).open(&target).map_err(refuse)?;
                temporary_beside(&target).map_err(refuse)?;
                Ok(Self::File(target))
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(refuse(error)),
            Err(_) if fs::symlink_metadata(path).is_ok() => {
                Err(named("it is a link that leads nowhere").with_hint("name the file itself"))
            }
            Err(_) if is_name_of_folder(path) => {
                Err(named("that is the name of a folder").with_hint("name a file in it"))
            }
            Err(_) => {
                temporary_beside(path).map_err(refuse)?;
                Ok(Self::File(path.to_owned()))
            }
        }
    }

    /// Returns the place that [`checked`](Self::checked) does, unless a run with the same paths and dictionaries reads it, or
    /// would.
    pub fn apart(path: Option<&Path>, read: &[PathBuf], settings: &Settings) -> Result<Self, Failure> {
        let checked = Self::checked(path)?;
        if let Some(path) = path {
            // One that other commands than this one read is as much in the way.
            if are_one(path, Path::new(DEFAULT_FILE)) && path.exists() {
                return Err(Failure::new(format!("cannot write `{}`: it is the configuration", path.display()))
                    .with_hint("name another file"));
            }
            refuse_read(path, read, &settings.input)?;
            refuse_read(path, &settings.dictionaries, &settings.input)?;
        }
        Ok(checked)
    }

    /// Writes what `render` renders. A reader that goes away early (`| head`) has what it wanted: no error.
    pub fn write(&self, color: When, render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
        let (written, name) = match self {
            Self::Stdout => {
                let choice = match color {
                    When::Auto => AutoStream::choice(&io::stdout()),
                    When::Always => ColorChoice::Always,
                    When::Never => ColorChoice::Never,
                };
                let stream = AutoStream::new(io::stdout().lock(), choice);
                (render_to(stream, render).map(drop), "standard output".into())
            }
            Self::File(path) => (replace(path, color, render), format!("`{}`", path.display())),
            Self::Special(path) => {
                let opened = OpenOptions::new().write(true).open(path);
                let written = opened.and_then(|file| render_to(colored_file(file, color), render).map(drop));
                (written, format!("`{}`", path.display()))
            }
        };
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(Failure::new(format!("cannot write {name}: {error}"))),
            Ok(()) => Ok(()),
        }
    }

    /// Returns the name of the file, and of the folder beside it for what does not fit it; nothing where there is no file.
    pub fn names(&self) -> Option<(String, String)> {
        let Self::File(path) = self else { return None };
        let stem = path.file_stem()?.to_str()?;
        Some((path.file_name()?.to_str()?.to_owned(), format!("{stem}-files")))
    }

    /// Replaces the folder beside the file by one with these files, or by none where there are none.
    ///
    /// A folder that holds anything else than an earlier report is left alone, and refused.
    pub fn replace_folder(&self, files: &[(&str, &[u8])]) -> Result<(), Failure> {
        let (Self::File(path), Some((_, name))) = (self, self.names()) else { return Ok(()) };
        let folder = folder_of(path).join(name);
        let refuse = |error: io::Error| Failure::new(format!("cannot write `{}`: {error}", folder.display()));
        let new = tempfile::Builder::new().prefix(".tongwen-").tempdir_in(folder_of(path)).map_err(refuse)?;
        for (name, bytes) in files {
            fs::write(new.path().join(name), bytes).map_err(refuse)?;
        }
        match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(refuse(error)),
            Ok(entries) => {
                for entry in entries {
                    let name = entry.map_err(refuse)?.file_name();
                    if !name.to_str().is_some_and(is_of_a_report) {
                        return Err(Failure::new(format!(
                            "`{}` holds `{}`, which is no file of a report",
                            folder.display(),
                            name.to_string_lossy()
                        ))
                        .with_hint("move it away, or give the report another name"));
                    }
                }
                fs::remove_dir_all(&folder).map_err(refuse)?;
            }
        }
        if files.is_empty() {
            return Ok(());
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // A temporary folder is its owner's alone; a report is for whoever may read the file beside it.
            let beside = fs::metadata(folder_of(path)).map_err(refuse)?.permissions().mode();
            fs::set_permissions(new.path(), fs::Permissions::from_mode(beside & 0o777)).map_err(refuse)?;
        }
        fs::rename(new.path(), &folder).map_err(refuse)?;
        // It has another name by now, and nothing is left to be removed.
        let _ = new.keep();
        Ok(())
    }

    /// Returns whether a person reads along, and a terminal would obey what is written.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Stdout) && io::stdout().is_terminal()
    }

    /// Returns the columns a text has there: what `COLUMNS` says, the terminal's, or 80.
    pub fn columns(&self) -> usize {
        let asked =
            std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).filter(|&columns| columns > 0);
        let terminal = || if self.is_terminal() { terminal_size::terminal_size_of(io::stdout()) } else { None };
        asked.or_else(|| terminal().map(|(width, _)| width.0.into())).unwrap_or(80)
    }
}

/// Refuses a file that is read, or would be by the next scan of the same paths.
pub fn refuse_read(file: &Path, read: &[PathBuf], input: &InputSettings) -> Result<(), Failure> {
    // A device or pipe is not replaced, and holds nothing the next time; a folder is no output.
    if fs::metadata(file).is_ok_and(|metadata| !metadata.is_file()) {
        return Ok(());
    }
    match reads(read, file, input)? {
        None => Ok(()),
        Some(folder) if folder.is_dir() => Err(Failure::new(format!(
            "cannot write `{}`: it is in `{}`, where a scan would read it",
            file.display(),
            folder.display()
        ))
        .with_hint("name a file elsewhere, or leave it out when you scan: `--exclude`")),
        Some(_) => Err(Failure::new(format!("cannot write `{}`: it is to be read", file.display()))
            .with_hint("name another file, and what was read stays as it is")),
    }
}

/// Whether a file is one that a report wrote beside its first.
fn is_of_a_report(name: &str) -> bool {
    let number = ["pairs-", "list-"].iter().find_map(|start| name.strip_prefix(start)?.strip_suffix(".html"));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn render_to<W: Write>(stream: W, render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<W> {
    let mut buffered = BufWriter::new(stream);
    render(&mut buffered)?;
    buffered.into_inner().map_err(io::IntoInnerError::into_error)
}

/// In a file colours are noise, unless they were asked for.
fn colored_file(file: fs::File, color: When) -> AutoStream<fs::File> {
    match color {
        When::Always => AutoStream::always_ansi(file),
        When::Auto | When::Never => AutoStream::never(file),
    }
}

/// Writes beside `path`, syncs and renames: whoever looks sees the old file or the whole new one.
fn replace(path: &Path, color: When, render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let temporary = temporary_beside(path)?;
    if let Ok(old) = fs::metadata(path) {
        keep_permissions(&temporary, &old)?;
    }
    // A second handle to the same file: the first one renames it, or removes it when this fails.
    render_to(colored_file(temporary.as_file().try_clone()?, color), render)?;
    temporary.as_file().sync_all()?;
    temporary.persist(path)?;
    Ok(())
}

/// Returns a new file in the folder of `path`, with the permissions new files get there.
fn temporary_beside(path: &Path) -> io::Result<NamedTempFile> {
    if path.file_name().is_none() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it names no file"));
    }
    // One that the library creates would be the owner's alone, and its errors name it, which tells the user nothing.
    let create = |path: &Path| File::options().read(true).write(true).create_new(true).open(path);
    tempfile::Builder::new().prefix(".tongwen-").make_in(folder_of(path), create)
}

/// Whether a path ends as only that of a folder does, which [`Path`] passes over: `new/`, `new/.`.
fn is_name_of_folder(path: &Path) -> bool {
    let typed = path.to_string_lossy();
    let name = typed.rsplit(std::path::is_separator).next();
    matches!(name, Some("" | "."))
}

fn keep_permissions(temporary: &NamedTempFile, old: &Metadata) -> io::Result<()> {
    temporary.as_file().set_permissions(old.permissions())
}

pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
