//! Which files are to be read, and what each is called.

use std::collections::{HashMap, HashSet};
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ignore::gitignore::Gitignore;
use ignore::overrides::{Override, OverrideBuilder};
use ignore::{DirEntry, Match, WalkBuilder};

use super::again::Kept;
use crate::document::{Document, Moment, Skipped};
use crate::error::{Error, Result};
use crate::settings::InputSettings;

/// One thing to read.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) place: Place,
    /// What the user is told: the key of a page, and the first half of the key of a record without id.
    pub(super) name: Arc<str>,
    /// Whether the user named it, and not a folder that it is in.
    pub(super) is_named: bool,
    /// The site whose pages it holds, as far as folders tell that.
    pub(super) site: Box<str>,
    /// Bytes on disk.
    pub(super) bytes: u64,
    /// When it was last changed, where the system knows.
    pub(super) changed: Option<Moment>,
}

#[derive(Clone, Debug)]
pub(super) enum Place {
    Path(PathBuf),
    /// A pipe or the like that the user named, such as `<(zcat pages.jsonl.gz)`: records that can be read once.
    Pipe(PathBuf),
    StandardInput,
    /// What came through one of these two, kept to be read again.
    Spooled(Kept),
}

/// What there is under some paths.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// Each file once whatever its names; of each path what is there under its own name, folders in the order of their
    /// entries' names, and then what links lead to.
    pub(super) files: Vec<File>,
    /// What is no file.
    pub(super) skipped: Vec<Skipped>,
    /// Names that lead to a file which is there under another one.
    pub(super) repeated: usize,
}

/// Returns what there is under `paths`.
pub(super) fn list(paths: &[PathBuf], settings: &InputSettings) -> Result<Listed> {
    let mut listing = Listing { prefixed: paths.len() > 1, ..Listing::new(settings) };
    for path in paths {
        listing.add(path)?;
    }
    Ok(listing.listed)
}

/// Returns the one of `paths` under which a file is read, or would be if it were there.
///
/// # Errors
/// A bad glob in the settings, and a path that cannot be read.
pub fn reads<'p>(paths: &'p [PathBuf], file: &Path, settings: &InputSettings) -> Result<Option<&'p Path>> {
    for path in paths.iter().filter(|path| path.as_os_str() != "-") {
        let is_read = match fs::metadata(file) {
            Ok(metadata) => {
                let mut listing = Listing::new(settings);
                listing.add(path)?;
                listing.seen.contains(&identity(file, &metadata))
            }
            Err(_) => would_read(path, file, settings)?,
        };
        if is_read {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// Returns whether a file of that name in the folder `path` would be read, whether or not it is there. Its folder may have
/// other names: links to it are not looked for.
///
/// # Errors
/// A bad glob in the settings.
pub fn would_read(path: &Path, file: &Path, settings: &InputSettings) -> Result<bool> {
    let (Ok(root), Some(there)) = (path.canonicalize(), resolved(file)) else { return Ok(false) };
    let Ok(relative) = there.strip_prefix(&root) else { return Ok(false) };
    Ok(!is_left_out(&root, relative, false, &overrides(&root, settings)?, settings.hidden))
}

/// Returns whether two names are of one file, which need not be there.
pub fn are_one(a: &Path, b: &Path) -> bool {
    resolved(a).is_some_and(|a| resolved(b) == Some(a))
}

/// Returns the path of a file without links; of one that is not there, that of the folder above it that is, and the names
/// below.
fn resolved(file: &Path) -> Option<PathBuf> {
    let below = || {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let is_folder = |path: &PathBuf| path.is_dir() || !path.exists();
        // What has no name, as `.`, is not there at all.
        let name = file.file_name()?;
        Some(resolved(folder).filter(is_folder)?.join(name))
    };
    file.canonicalize().ok().or_else(below)
}

/// Returns whether the walk of a folder passes over a file or folder in it.
fn is_left_out(root: &Path, relative: &Path, is_folder: bool, overrides: &Override, hidden: bool) -> bool {
    let path = root.join(relative);
    let folders: Vec<&Path> = path.ancestors().skip(1).take_while(|folder| folder.starts_with(root)).collect();
    // The folders that are walked on the way to it, and itself.
    let mut steps = folders.iter().rev().skip(1).map(|&folder| (folder, true)).chain([(&*path, is_folder)]);
    steps.any(|(path, is_folder)| match overrides.matched(path, is_folder) {
        Match::Ignore(_) => true,
        Match::Whitelist(_) => false,
        Match::None => {
            let lists = [".ignore", ".gitignore"].iter().flat_map(|list| folders.iter().map(move |f| f.join(list)));
            let said = lists
                .filter(|list| list.parent().is_some_and(|folder| path.starts_with(folder) && path != folder))
                .map(|list| Gitignore::new(list).0.matched(path, is_folder).map(drop))
                .find(|said| !said.is_none());
            let starts_with_a_dot =
                || path.file_name().is_some_and(|name| name.as_encoded_bytes().first() == Some(&b'.'));
            said.map_or_else(|| starts_with_a_dot() && !hidden, |said| said.is_ignore())
        }
    })
}

struct Listing<'s> {
    settings: &'s InputSettings,
    /// Whether names begin with the folder that was named.
    prefixed: bool,
    listed: Listed,
    seen: HashSet<Identity>,
    linked: Arc<Mutex<Linked>>,
    /// What is skipped, by its folder's path without links and its own name: once whatever its names.
    missed: HashSet<PathBuf>,
    /// What is found by way of links, until all that has a name of its own is there.
    by_links: ByLinks,
}

#[derive(Default)]
struct ByLinks {
    files: Vec<(PathBuf, Metadata)>,
    /// Which files those are: of the names of one the first is kept.
    known: HashSet<Identity>,
    /// What is no file or cannot be read, and why.
    skipped: Vec<(PathBuf, String)>,
}

/// Folders that are walked by way of links.
#[derive(Default)]
struct Linked {
    /// How often each was. Which of its names the globs are about is not known before; but a few links beside each other in
    /// nested folders give exponentially many paths.
    times: HashMap<Identity, usize>,
    /// The links themselves.
    links: HashSet<PathBuf>,
}

/// Links by way of which one folder is walked.
const MOST_LINKS: usize = 8;

impl Linked {
    /// Returns whether a folder is to be walked: each by its own name, and by way of a few links.
    fn walks(&mut self, entry: &DirEntry) -> bool {
        if entry.path_is_symlink() {
            self.links.insert(entry.path().to_owned());
        }
        // A folder that cannot be looked at is left to the walk, which reports it.
        let Some(metadata) = entry.metadata().ok().filter(|_| self.is_by_link(entry.path())) else { return true };
        let times = self.times.entry(identity(entry.path(), &metadata)).or_default();
        *times += 1;
        *times <= MOST_LINKS
    }

    /// Returns whether a path is a link to a folder, or leads through one.
    fn is_by_link(&self, path: &Path) -> bool {
        !self.links.is_empty() && path.ancestors().any(|path| self.links.contains(path))
    }
}

impl<'s> Listing<'s> {
    fn new(settings: &'s InputSettings) -> Self {
        Self {
            settings,
            prefixed: false,
            listed: Listed::default(),
            seen: HashSet::new(),
            linked: Arc::default(),
            missed: HashSet::new(),
            by_links: ByLinks::default(),
        }
    }

    /// Adds what the user named; nothing the settings say keeps a file out that was named itself.
    fn add(&mut self, path: &Path) -> Result<()> {
        if path.as_os_str() == "-" {
            if !self.listed.files.iter().any(|file| matches!(file.place, Place::StandardInput)) {
                let (place, name, site) = (Place::StandardInput, "-".into(), "".into());
                self.listed.files.push(File { place, name, is_named: true, site, bytes: 0, changed: None });
            }
            return Ok(());
        }
        let metadata = fs::metadata(path).map_err(|error| Error::io("read", path, error))?;
        if metadata.is_dir() {
            fs::read_dir(path).map_err(|error| Error::io("list", path, error))?;
            return self.walk(path);
        }
        let is_file = metadata.is_file();
        if is_file {
            fs::File::open(path).map_err(|error| Error::io("read", path, error))?;
        }
        if self.seen.insert(identity(path, &metadata)) {
            let bytes = if is_file { metadata.len() } else { 0 };
            let name: Arc<str> = name(path).into();
            let site = Sites::below(path.parent().unwrap_or(Path::new(""))).of(&name, Path::new(""));
            let path = path.to_owned();
            let place = if is_file { Place::Path(path) } else { Place::Pipe(path) };
            self.listed.files.push(File { place, name, is_named: true, site, bytes, changed: changed(&metadata) });
        } else {
            self.listed.repeated += 1;
        }
        Ok(())
    }

    /// Adds the files in a folder, those that have another name than a link's under that.
    fn walk(&mut self, root: &Path) -> Result<()> {
        let linked = Arc::clone(&self.linked);
        // Other globs are about other names.
        lock(&linked).times.clear();
        let overrides = overrides(root, self.settings)?;
        let sites = Sites::below(root);
        let entries = WalkBuilder::new(root)
            .follow_links(true)
            .hidden(!self.settings.hidden)
            .overrides(overrides.clone())
            // Only what stands in the folder decides what is read there, so that it is the same on every machine.
            .parents(false)
            .git_global(false)
            .git_exclude(false)
            .require_git(false)
            .sort_by_file_name(Ord::cmp)
            .filter_entry(move |entry| {
                let is_folder = entry.depth() > 0 && entry.file_type().is_some_and(|kind| kind.is_dir());
                !is_folder || lock(&linked).walks(entry)
            })
            .build();
        for entry in entries {
            match entry {
                Ok(entry) if entry.file_type().is_none_or(|kind| kind.is_dir()) => {}
                Ok(entry) => match entry.metadata() {
                    Ok(metadata) if metadata.is_file() => {
                        let is_by_link = entry.path_is_symlink() || self.is_by_link(entry.path());
                        let file = (entry.into_path(), metadata);
                        if !is_by_link {
                            self.add_file(root, &sites, file);
                        } else if self.by_links.known.insert(identity(&file.0, &file.1)) {
                            self.by_links.files.push(file);
                        } else {
                            self.listed.repeated += 1;
                        }
                    }
                    Ok(metadata) => self.skip(root, entry.path(), format!("{}, not a file", kind(&metadata))),
                    Err(error) => self.skip_broken(root, entry.path(), &error, &overrides),
                },
                Err(error) => self.skip_broken(root, root, &error, &overrides),
            }
        }
        let ByLinks { files, skipped, .. } = std::mem::take(&mut self.by_links);
        files.into_iter().for_each(|file| self.add_file(root, &sites, file));
        skipped.into_iter().for_each(|(path, reason)| self.add_skipped(root, &path, reason));
        Ok(())
    }

    fn is_by_link(&self, path: &Path) -> bool {
        lock(&self.linked).is_by_link(path)
    }

    fn add_file(&mut self, root: &Path, sites: &Sites, (path, metadata): (PathBuf, Metadata)) {
        if self.seen.insert(identity(&path, &metadata)) {
            let name: Arc<str> = self.name_under(root, &path).into();
            let folders = path.strip_prefix(root).ok().and_then(Path::parent).unwrap_or(Path::new(""));
            let site = sites.of(&name, folders);
            let (bytes, changed) = (metadata.len(), changed(&metadata));
            self.listed.files.push(File { place: Place::Path(path), name, is_named: false, site, bytes, changed });
        } else {
            self.listed.repeated += 1;
        }
    }

    fn name_under(&self, root: &Path, path: &Path) -> String {
        let relative = path.strip_prefix(root).unwrap_or(path);
        if relative.as_os_str().is_empty() {
            return name(root);
        }
        if !self.prefixed {
            return name(relative);
        }
        format!("{}/{}", name(root).trim_end_matches('/'), name(relative))
    }

    fn skip(&mut self, root: &Path, path: &Path, reason: String) {
        if self.is_by_link(path) {
            self.by_links.skipped.push((path.to_owned(), reason));
        } else {
            self.add_skipped(root, path, reason);
        }
    }

    fn add_skipped(&mut self, root: &Path, path: &Path, reason: String) {
        let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
        let place = folder.map_or(path.to_owned(), |folder| folder.join(path.file_name().unwrap_or_default()));
        if self.missed.insert(place) {
            let key = self.name_under(root, path);
            self.listed.skipped.push(Skipped::new(key, reason));
        }
    }

    /// Lists what the walk could not look at, unless it would have passed over it.
    fn skip_broken(&mut self, root: &Path, path: &Path, error: &ignore::Error, overrides: &Override) {
        let reason = match error {
            ignore::Error::WithPath { path, err } => return self.skip_broken(root, path, err, overrides),
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
                return self.skip_broken(root, path, err, overrides);
            }
            ignore::Error::Loop { ancestor, .. } => {
                format!("a link back to `{}`, which is read already", self.name_under(root, ancestor))
            }
            ignore::Error::Io(error) => format!("cannot be read: {}", plain(error)),
            error => format!("cannot be read: {error}"),
        };
        let path = if let ignore::Error::Loop { child, .. } = error { child } else { path };
        let relative = path.strip_prefix(root).unwrap_or(Path::new(""));
        // Nobody knows whether a broken link is to a file or to a folder.
        let is_left_out = |is_folder: bool| is_left_out(root, relative, is_folder, overrides, self.settings.hidden);
        if relative.as_os_str().is_empty() || !is_left_out(false) || !is_left_out(true) {
            self.skip(root, path, reason);
        }
    }
}

/// The sites of the files below a folder that was named, or that holds a file that was.
///
/// Its own name counts, and not those of the folders above: a corpus may stand in the home of `first.last`.
struct Sites {
    /// The host that the folder is called after, by its real name, however it was typed.
    own: Option<Box<str>>,
}

impl Sites {
    fn below(folder: &Path) -> Self {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let name: Option<Box<str>> =
            folder.canonicalize().ok().and_then(|folder| Some(folder.file_name()?.to_str()?.into()));
        Self { own: name.filter(|name| is_called_after_a_host(name)) }
    }

    /// Returns the site of a file of a name, given the folders between this folder and the file: the first that is
    /// called after a host, or else this one if it is, or else the first of the name.
    fn of(&self, name: &str, folders: &Path) -> Box<str> {
        let mut folders = folders.components().filter_map(|part| part.as_os_str().to_str());
        let host = folders.find(|folder| is_called_after_a_host(folder)).map(Box::from);
        let first = || Some(Document::folder(name)).filter(|first| Document::host_number(first) == 0);
        host.or_else(|| self.own.clone()).or_else(first).unwrap_or_default()
    }
}

/// Returns whether a folder is called after a host; those that mktemp(1) makes are not.
fn is_called_after_a_host(folder: &str) -> bool {
    Document::host_number(folder) != 0 && !folder.starts_with("tmp.")
}

fn changed(metadata: &Metadata) -> Option<Moment> {
    let since = metadata.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Moment::of_epoch(since.as_secs())
}

/// The walker wraps the system's error in another that repeats the path.
fn plain(error: &std::io::Error) -> String {
    match error.raw_os_error() {
        Some(code) => std::io::Error::from_raw_os_error(code).to_string(),
        None => error.get_ref().and_then(|inner| inner.source()).map_or(error.to_string(), ToString::to_string),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn overrides(root: &Path, settings: &InputSettings) -> Result<Override> {
    let mut globs = OverrideBuilder::new(root);
    let refuse = |glob: &str, error: ignore::Error| {
        let error = match error {
            ignore::Error::Glob { err, .. } => err,
            error => error.to_string(),
        };
        Error::Settings(format!("`{glob}` is not a glob: {error}"))
    };
    for glob in &settings.include {
        globs.add(glob).map_err(|error| refuse(glob, error))?;
    }
    for glob in &settings.exclude {
        globs.add(&format!("!{glob}")).map_err(|error| refuse(glob, error))?;
    }
    globs.build().map_err(|error| Error::Settings(format!("the globs to include and exclude: {error}")))
}

#[cfg(unix)]
type Identity = (u64, u64);

/// Returns what is the same for all names of a file.
#[cfg(unix)]
fn identity(_: &Path, metadata: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
type Identity = PathBuf;

/// Returns what is the same for all names of a file, but for hard links.
#[cfg(not(unix))]
fn identity(path: &Path, _: &Metadata) -> Identity {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

#[cfg(unix)]
fn kind(metadata: &Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    let kind = metadata.file_type();
    if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(not(unix))]
fn kind(_: &Metadata) -> &'static str {
    "a device"
}

/// Returns a path as text with `/` between its parts; bytes that are no UTF-8 become `\xNN`, and so does a backslash
/// before what looks like that: no two paths have one name.
pub(crate) fn name(path: &Path) -> String {
    let mut name = String::new();
    let is_spelled = |rest: &str| {
        let digits = rest.as_bytes().strip_prefix(b"\\x").and_then(|rest| rest.get(..2));
        digits.is_some_and(|two| two.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F')))
    };
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        let valid = chunk.valid();
        let mut from = 0;
        for (at, _) in valid.match_indices('\\').filter(|&(at, _)| is_spelled(&valid[at..])) {
            name.push_str(&valid[from..at]);
            name.push_str("\\x5C");
            from = at + 1;
        }
        name.push_str(&valid[from..]);
        for byte in chunk.invalid() {
            name.push_str(&format!("\\x{byte:02X}"));
        }
    }
    if std::path::MAIN_SEPARATOR == '/' { name } else { name.replace(std::path::MAIN_SEPARATOR, "/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "渡口").unwrap();
        }
        folder
    }

    fn names(paths: &[&Path], settings: &InputSettings) -> Vec<String> {
        let paths: Vec<PathBuf> = paths.iter().map(|path| path.to_path_buf()).collect();
        list(&paths, settings).unwrap().files.into_iter().map(|file| file.name.to_string()).collect()
    }

    #[test]
    fn a_folder_is_listed_by_name_without_what_is_hidden_or_ignored() {
        let folder = folder(&["乙/二.txt", "甲.txt", "a.txt", ".hidden.txt", ".git/x.txt", "ignored.txt", "乙/一.txt"]);
        fs::write(folder.path().join(".gitignore"), "ignored.txt\n").unwrap();
        let root = folder.path();
        let settings = InputSettings::default();
        assert_eq!(names(&[root], &settings), ["a.txt", "乙/一.txt", "乙/二.txt", "甲.txt"]);
        let hidden = InputSettings { hidden: true, ..settings.clone() };
        assert!(names(&[root], &hidden).contains(&".hidden.txt".to_owned()));
        for named in [".hidden.txt", "ignored.txt"] {
            let path = root.join(named);
            assert_eq!(names(&[&path], &settings), [name(&path)]);
        }
    }

    #[test]
    fn globs_include_and_exclude() {
        let folder = folder(&["甲.txt", "乙.html", "丙/丁.txt", "丙/戊.md", "己/庚.txt"]);
        let root = folder.path();
        let mut settings = InputSettings { include: vec!["*.txt".into()], ..InputSettings::default() };
        assert_eq!(names(&[root], &settings), ["丙/丁.txt", "己/庚.txt", "甲.txt"]);
        settings.exclude = vec!["己/".into(), "/甲.*".into()];
        assert_eq!(names(&[root], &settings), ["丙/丁.txt"]);
        assert_eq!(names(&[&root.join("乙.html")], &settings).len(), 1);
        settings.exclude = vec!["[".into()];
        let error = list(&[root.to_owned()], &settings).unwrap_err().to_string();
        assert!(error.starts_with("`[` is not a glob"), "{error}");
    }

    #[test]
    fn files_of_several_folders_are_named_with_their_folder() {
        let (a, b) = (folder(&["甲.txt"]), folder(&["甲.txt"]));
        let expected = [a.path().join("甲.txt"), b.path().join("甲.txt")].map(|path| name(&path));
        assert_eq!(names(&[a.path(), b.path()], &InputSettings::default()), expected);
        let slash = PathBuf::from(format!("{}/", a.path().display()));
        assert_eq!(names(&[&slash, b.path()], &InputSettings::default()), expected);
    }

    #[test]
    fn what_the_user_named_must_exist() {
        let folder = folder(&[]);
        let error = list(&[folder.path().join("无")], &InputSettings::default()).unwrap_err().to_string();
        assert!(error.starts_with("cannot read `"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_is_read_once_whatever_its_names() {
        use std::os::unix::fs::symlink;
        let folder = folder(&["甲.txt", "丙/丁.txt"]);
        let root = folder.path();
        fs::hard_link(root.join("甲.txt"), root.join("硬.txt")).unwrap();
        symlink(root.join("甲.txt"), root.join("软.txt")).unwrap();
        symlink(root.join("丙"), root.join("链")).unwrap();
        let settings = InputSettings::default();
        assert_eq!(names(&[root], &settings), ["丙/丁.txt", "甲.txt"]);
        assert_eq!(names(&[root, root, &root.join("硬.txt")], &settings).len(), 2);
        assert_eq!(names(&[&root.join("软.txt"), &root.join("甲.txt")], &settings).len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_folder_hides_none_of_its_names() {
        use std::os::unix::fs::symlink;
        let folder = folder(&["日/一/甲.txt", "日/一/乙.txt"]);
        let root = folder.path();
        // In the order of names one stands before the folder, and one behind it.
        for link in ["今", "末"] {
            symlink("日/一", root.join(link)).unwrap();
        }
        let with = |include: &[&str], exclude: &[&str]| {
            let [include, exclude] = [include, exclude].map(|globs| globs.iter().map(|&glob| glob.into()).collect());
            let settings = InputSettings { include, exclude, ..InputSettings::default() };
            let listed = list(&[root.to_owned()], &settings).unwrap();
            (names(&[root], &settings), listed.repeated)
        };
        let own = vec!["日/一/乙.txt".to_owned(), "日/一/甲.txt".to_owned()];
        assert_eq!(with(&[], &[]), (own.clone(), 4));
        assert_eq!(with(&["日/一/**"], &[]), (own.clone(), 0));
        assert_eq!(with(&[], &["今/**", "末/**"]), (own, 0));
        assert_eq!(with(&["末/甲*"], &[]), (vec!["末/甲.txt".to_owned()], 0));
        assert_eq!(with(&[], &["日/**", "今/**"]), (vec!["末/乙.txt".to_owned(), "末/甲.txt".to_owned()], 0));
        // What cannot be read there is missed once.
        symlink("无", root.join("日/一/断.txt")).unwrap();
        let listed = list(&[root.to_owned()], &InputSettings::default()).unwrap();
        assert_eq!(listed.skipped.iter().map(|skipped| skipped.key.as_str()).collect::<Vec<_>>(), ["日/一/断.txt"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_to_elsewhere_are_followed_and_loops_end() {
        use std::os::unix::fs::symlink;
        let outside = folder(&["外/远.txt"]);
        let folder = folder(&["a/b/甲.txt"]);
        let root = folder.path();
        symlink(outside.path().join("外"), root.join("外链")).unwrap();
        symlink(root, root.join("a/b/回")).unwrap();
        symlink("自", root.join("自")).unwrap();
        symlink("无", root.join("断")).unwrap();
        let Listed { files, mut skipped, .. } = list(&[root.to_owned()], &InputSettings::default()).unwrap();
        let names: Vec<_> = files.iter().map(|file| &*file.name).collect();
        assert_eq!(names, ["a/b/甲.txt", "外链/远.txt"]);
        skipped.sort();
        let keys: Vec<_> = skipped.iter().map(|skipped| skipped.key.as_str()).filter(|key| *key != "a/b/回").collect();
        assert_eq!(keys, ["断", "自"], "{skipped:?}");
        assert!(skipped.iter().all(|skipped| !skipped.reason.starts_with("cannot be read: /")), "{skipped:?}");
    }

    #[test]
    fn a_file_is_read_where_the_walk_lists_it_or_would() {
        let files = ["甲.txt", ".藏.txt", "乙/丙.txt", "乙/略.txt", "丁/戊.html", ".暗/己.txt", ".明/庚.txt"];
        let folder = folder(&files);
        let root = folder.path();
        fs::write(root.join(".gitignore"), "略.txt\n新.json\n").unwrap();
        fs::write(root.join("乙/.ignore"), "!新.json\n").unwrap();
        fs::write(root.join(".ignore"), "!.明/\n").unwrap();
        let new = ["新.json", "乙/新.json", "报.html", ".新.txt", ".明/新.txt"];
        for settings in [
            InputSettings::default(),
            InputSettings { hidden: true, ..InputSettings::default() },
            InputSettings { exclude: vec!["丁/".into(), "*.json".into()], ..InputSettings::default() },
            InputSettings { include: vec!["*.html".into()], ..InputSettings::default() },
        ] {
            let paths = [root.to_owned()];
            let is_read = |file: &str| reads(&paths, &root.join(file), &settings).unwrap().is_some();
            let before = new.map(is_read);
            new.iter().for_each(|file| fs::write(root.join(file), "渡口").unwrap());
            let listed = names(&[root], &settings);
            for file in files.iter().chain(&new) {
                assert_eq!(is_read(file), listed.contains(&(*file).to_owned()), "{file}, {settings:?}");
            }
            assert_eq!(before, new.map(is_read), "{settings:?}");
            new.iter().for_each(|file| fs::remove_file(root.join(file)).unwrap());
        }
        let (named, other) = ([root.join("甲.txt")], root.join("乙/丙.txt"));
        assert_eq!(reads(&named, &named[0], &InputSettings::default()).unwrap(), Some(&*named[0]));
        assert_eq!(reads(&named, &other, &InputSettings::default()).unwrap(), None);
        // Nor need its folder be there.
        let (root, below) = ([root.to_owned()], root.join("无/新.txt"));
        assert_eq!(reads(&root, &below, &InputSettings::default()).unwrap(), Some(&*root[0]));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_is_read_by_whatever_name_it_is_called() {
        use std::os::unix::fs::symlink;
        let (outside, folder) = (folder(&["远.txt", "外/遥.txt"]), folder(&["甲.txt"]));
        let root = folder.path();
        symlink(outside.path().join("远.txt"), root.join("近.txt")).unwrap();
        symlink(outside.path().join("外"), root.join("外")).unwrap();
        let paths = [root.to_owned()];
        let is_read = |file: &Path| reads(&paths, file, &InputSettings::default()).unwrap().is_some();
        for file in ["远.txt", "外/遥.txt"] {
            assert!(is_read(&outside.path().join(file)), "{file}");
        }
        assert!(is_read(&root.join("近.txt")));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_left_out_is_not_missed_where_it_is_broken() {
        use std::os::unix::fs::symlink;
        let folder = folder(&["甲.txt", "乙/丙.txt"]);
        let root = folder.path();
        symlink("无", root.join("断.txt")).unwrap();
        symlink("无", root.join(".#甲.txt")).unwrap();
        symlink("..", root.join("乙/回")).unwrap();
        let skipped = |exclude: &[&str]| {
            let exclude = exclude.iter().map(|&glob| glob.into()).collect();
            let settings = InputSettings { exclude, ..InputSettings::default() };
            let Listed { mut skipped, .. } = list(&[root.to_owned()], &settings).unwrap();
            skipped.sort();
            skipped.into_iter().map(|skipped| skipped.key).collect::<Vec<_>>()
        };
        assert!(skipped(&[]).contains(&"断.txt".into()) && !skipped(&[]).contains(&".#甲.txt".into()));
        assert_eq!(skipped(&["断*", "乙/回"]), [""; 0]);
        // It may be a folder that is not there.
        let include = InputSettings { include: vec!["*.html".into()], ..InputSettings::default() };
        assert!(list(&[root.to_owned()], &include).unwrap().skipped.iter().any(|skipped| skipped.key == "断.txt"));
    }

    #[cfg(unix)]
    #[test]
    fn links_beside_each_other_do_not_multiply() {
        use std::os::unix::fs::symlink;
        let folder = folder(&["30/甲.txt"]);
        for n in 0..30 {
            fs::create_dir_all(folder.path().join(n.to_string())).unwrap();
            for side in ["左", "右"] {
                symlink(format!("../{}", n + 1), folder.path().join(n.to_string()).join(side)).unwrap();
            }
        }
        assert_eq!(names(&[folder.path()], &InputSettings::default()).len(), 1);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_that_is_no_utf8_is_shown_with_its_bytes() {
        use std::os::unix::ffi::OsStrExt;
        let folder = folder(&[]);
        fs::write(folder.path().join(std::ffi::OsStr::from_bytes(b"\xB6\xC9\xE6\xB8\xA1.txt")), "渡口").unwrap();
        assert_eq!(names(&[folder.path()], &InputSettings::default()), ["\\xB6\\xC9渡.txt"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_skipped_and_a_folder_that_cannot_be_read_too() {
        use std::os::unix::fs::PermissionsExt;
        let folder = folder(&["甲.txt", "锁/乙.txt"]);
        let root = folder.path();
        let made = std::process::Command::new("mkfifo").arg(root.join("管.txt")).status().unwrap();
        assert!(made.success());
        let _socket = std::os::unix::net::UnixListener::bind(root.join("插")).unwrap();
        fs::set_permissions(root.join("锁"), fs::Permissions::from_mode(0o0)).unwrap();
        let is_root = fs::read_dir(root.join("锁")).is_ok();
        let Listed { files, skipped, .. } = list(&[root.to_owned()], &InputSettings::default()).unwrap();
        fs::set_permissions(root.join("锁"), fs::Permissions::from_mode(0o755)).unwrap();
        let skipped: Vec<_> = skipped.iter().map(|skipped| (skipped.key.as_str(), skipped.reason.as_str())).collect();
        assert!(skipped.contains(&("管.txt", "a named pipe, not a file")), "{skipped:?}");
        assert!(skipped.contains(&("插", "a socket, not a file")), "{skipped:?}");
        if !is_root {
            assert_eq!(files.len(), 1);
            assert!(
                skipped.iter().any(|(key, reason)| *key == "锁" && reason.starts_with("cannot be read: Permission"))
            );
        }
    }

    fn sites(paths: &[&Path]) -> Vec<(String, String)> {
        let paths: Vec<PathBuf> = paths.iter().map(|path| path.to_path_buf()).collect();
        let listed = list(&paths, &InputSettings::default()).unwrap();
        let name = |file: &File| file.name.rsplit('/').next().unwrap_or_default().to_owned();
        let mut sites: Vec<_> = listed.files.iter().map(|file| (name(file), file.site.to_string())).collect();
        sites.sort();
        sites
    }

    #[test]
    fn the_site_of_a_page_is_the_same_however_the_folder_of_its_host_or_one_above_is_named() {
        let folder =
            folder(&["2026/news.example/a/甲.txt", "2026/news.example/乙.txt", "2026/news.example/x.y/丙.txt"]);
        let root = folder.path();
        let host = root.join("2026/news.example");
        let elsewhere = tempfile::tempdir().unwrap();
        fs::write(elsewhere.path().join("丁.txt"), "丁").unwrap();
        let expected = ["丙.txt", "乙.txt", "甲.txt"].map(|name| (name.to_owned(), "news.example".to_owned()));
        let cases: [&[&Path]; 4] =
            [&[root], &[&root.join("2026")], &[&root.join("2026/../2026")], &[&host.join("../../2026")]];
        for paths in cases {
            assert_eq!(sites(paths), expected, "{paths:?}");
            let mut with_another = paths.to_vec();
            with_another.push(elsewhere.path());
            let of_both = sites(&with_another);
            let of_pages: Vec<_> = of_both.into_iter().filter(|(name, _)| name != "丁.txt").collect();
            assert_eq!(of_pages, expected, "{with_another:?}");
        }
        // The folder of the site itself, and a file in it.
        for path in [host.clone(), host.join("a/..")] {
            assert_eq!(sites(&[&path])[1..], expected[1..], "{path:?}");
        }
        assert_eq!(sites(&[&host.join("乙.txt")]), expected[1..2]);
        // Those above it are not asked.
        assert_eq!(sites(&[&host.join("a")]), [("甲.txt".to_owned(), String::new())]);
    }

    #[test]
    fn a_folder_that_is_called_after_no_host_is_the_site_of_what_is_in_it() {
        let folder = folder(&["qingfeng/a.txt", "qingfeng/2026/b.txt", "c.txt", "tmp.qwertyuiop/d.txt"]);
        let root = folder.path();
        let of = |names: &[(&str, &str)]| names.iter().map(|&(a, b)| (a.into(), b.into())).collect::<Vec<_>>();
        assert_eq!(sites(&[root]), of(&[("a.txt", "qingfeng"), ("b.txt", "qingfeng"), ("c.txt", ""), ("d.txt", "")]));
        assert_eq!(sites(&[&root.join("tmp.qwertyuiop")]), of(&[("d.txt", "")]));
        assert_eq!(sites(&[&root.join("tmp.qwertyuiop/d.txt")]), of(&[("d.txt", "")]));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn no_two_paths_have_one_name() {
        use std::os::unix::ffi::OsStrExt;
        let names: [(&[u8], &str); 5] = [
            (b"a\\xff.txt", "a\\xff.txt"),
            (b"a\\xFF.txt", "a\\x5CxFF.txt"),
            (b"a\xFF.txt", "a\\xFF.txt"),
            (b"a\\x5CxFF.txt", "a\\x5Cx5CxFF.txt"),
            (b"a\\\\x5C", "a\\\\x5Cx5C"),
        ];
        for (path, expected) in names {
            assert_eq!(name(Path::new(std::ffi::OsStr::from_bytes(path))), expected);
        }
    }
}
