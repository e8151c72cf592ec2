//! The one file that reads disks: a folder as [`Files`], and single files that a user names.
//!
//! Everything the engine reads goes through a [`VPath`], which cannot leave its root; here the root meets symbolic
//! links, which can. A link is followed while it stays inside the root and refused where it leaves it, so a package
//! from a stranger cannot put `/etc/passwd` into a ConfigMap. Devices, pipes and sockets are never opened.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex};

use rhumb::source::{Entry, EntryKind, FileData, FileError, Files, Limits, VPath, Walked, WalkedFile, WalkedLink};
use walkdir::WalkDir;

/// A folder of the disk.
#[derive(Debug)]
pub(crate) struct DiskFiles {
    // The folder without links in its path: what is read is compared with it.
    root: PathBuf,
    // The folder that the user named, below `root`, and the name he gave it, as given and tidied.
    base: VPath,
    typed: String,
    tidied: String,
    limit: u64,
    // Folders seen so far with links followed: asking the disk for every part of every path takes longer than rendering.
    folders: Mutex<BTreeMap<VPath, PathBuf>>,
}

impl DiskFiles {
    /// Opens the folder that stands `up` levels above the one that the user named.
    ///
    /// A package may build on its neighbours (`path: ../lib`), so the folder that the engine sees may have to start
    /// higher than the package; names in messages stay relative to what the user typed.
    ///
    /// # Errors
    /// When the path is no folder, cannot be read, or has fewer parents.
    pub(crate) fn open(folder: &Path, up: usize, limits: &Limits) -> io::Result<DiskFiles> {
        let real = fs::canonicalize(folder)?;
        if !real.is_dir() {
            return Err(io::Error::other("not a folder"));
        }
        let root = real.ancestors().nth(up).ok_or_else(|| io::Error::other("there is no folder that far up"))?;
        let below = real.strip_prefix(root).map_err(io::Error::other)?;
        let base = vpath(below).ok_or_else(|| io::Error::other("the path holds characters that are not allowed"))?;
        let typed = folder.to_string_lossy().trim_end_matches('/').to_owned();
        let typed = if typed.is_empty() { "/".to_owned() } else { typed };
        let tidied = tidy(Path::new(&typed));
        let folders = Mutex::new(BTreeMap::from([(VPath::root(), root.to_owned())]));
        Ok(DiskFiles { root: root.to_owned(), base, typed, tidied, limit: limits.file_bytes as u64, folders })
    }

    /// Returns the folder that the user named, seen from the root.
    pub(crate) fn base(&self) -> &VPath {
        &self.base
    }

    // Follows links and refuses to leave the root; returns what stands there as well.
    fn resolve(&self, path: &VPath) -> Result<(PathBuf, fs::Metadata), FileError> {
        let failed = |error: io::Error| file_error(path, &error);
        if path.as_str().len() > LONGEST {
            return Err(FileError::Unreadable(path.clone(), "the path is too long".to_owned()));
        }
        let below =
            if path.is_root() { self.root.clone() } else { self.folder(&path.parent())?.join(path.file_name()) };
        let meta = fs::symlink_metadata(&below).map_err(failed)?;
        if !meta.is_symlink() {
            return Ok((below, meta));
        }
        let real = self.inside(path, fs::canonicalize(&below).map_err(failed)?)?;
        let meta = fs::metadata(&real).map_err(failed)?;
        Ok((real, meta))
    }

    fn folder(&self, path: &VPath) -> Result<PathBuf, FileError> {
        if let Some(real) = self.folders.lock().ok().and_then(|folders| folders.get(path).cloned()) {
            return Ok(real);
        }
        let (real, meta) = self.resolve(path)?;
        if !meta.is_dir() {
            return Err(FileError::NotFound(path.clone()));
        }
        if let Ok(mut folders) = self.folders.lock() {
            folders.insert(path.clone(), real.clone());
        }
        Ok(real)
    }

    fn inside(&self, path: &VPath, real: PathBuf) -> Result<PathBuf, FileError> {
        if real.starts_with(&self.root) {
            Ok(real)
        } else {
            Err(FileError::Unreadable(path.clone(), "the link leaves the folder of the package".to_owned()))
        }
    }
}

impl Files for DiskFiles {
    fn read(&self, path: &VPath) -> Result<Arc<[u8]>, FileError> {
        let (real, meta) = self.resolve(path)?;
        read_shared(&real, &meta, self.limit).map_err(|error| file_error(path, &error))
    }

    fn defer(&self, path: &VPath) -> Result<FileData, FileError> {
        let (real, meta) = self.resolve(path)?;
        // Whether it can be read is known now, and how much of it.
        check_regular(&meta).and_then(|()| fs::File::open(&real)).map_err(|error| file_error(path, &error))?;
        let (path, limit) = (path.clone(), self.limit.min(meta.len()));
        Ok(FileData::later(move || read_shared(&real, &meta, limit).map_err(|error| file_error(&path, &error))))
    }

    fn list(&self, folder: &VPath) -> Result<Vec<VPath>, FileError> {
        let top = match self.resolve(folder) {
            Err(FileError::NotFound(_)) => return Ok(Vec::new()),
            Ok((_, meta)) if meta.is_file() => return Ok(vec![folder.clone()]),
            other => other?.0,
        };
        let name = |path: &Path| folder.join(&text_below(&top, path)?).ok();
        let visible = |name: &std::ffi::OsStr| !name.to_string_lossy().starts_with('.');
        let entries = WalkDir::new(&top).follow_links(true).into_iter();
        let entries = entries.filter_entry(|entry| entry.depth() == 0 || visible(entry.file_name()));
        let mut paths = Vec::new();
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                // A link to nowhere is no file; one that was meant is missed where it is read.
                Err(error) if error.io_error().is_some_and(|e| e.kind() == io::ErrorKind::NotFound) => continue,
                Err(error) => return Err(FileError::Unreadable(folder.clone(), error.to_string())),
            };
            if entry.file_type().is_dir() && entry.path_is_symlink() {
                // Seen before it is walked: a link to `/` ends here and not after the whole disk.
                let real = fs::canonicalize(entry.path()).map_err(|error| file_error(folder, &error))?;
                self.inside(&name(entry.path()).unwrap_or_default(), real)?;
            }
            if !entry.file_type().is_file() {
                continue;
            }
            // A name that no package may hold (a backslash, bytes that are no text) is not part of it.
            let Some(path) = name(entry.path()) else { continue };
            if paths.len() == ENTRIES {
                return Err(FileError::Unreadable(folder.clone(), format!("more than {ENTRIES} files")));
            }
            paths.push(path);
        }
        paths.sort();
        Ok(paths)
    }

    fn walk(&self, folder: &VPath, enter: &mut dyn FnMut(&VPath) -> bool) -> Result<Walked, FileError> {
        let top = self.resolve(folder)?.0;
        let name = |path: &Path| folder.join(&text_below(&top, path)?).ok();
        let entries = WalkDir::new(&top).follow_links(true).sort_by_file_name().into_iter();
        // A link to a folder is met even where it is not entered.
        let links = RefCell::new(Vec::new());
        let met = |path: &VPath, real: &Path| {
            links.borrow_mut().push(WalkedLink { path: path.clone(), target: real.to_string_lossy().into_owned() });
        };
        let entries = entries.filter_entry(|entry| {
            if entry.depth() == 0 || !entry.file_type().is_dir() {
                return true;
            }
            // Without a name it is an error below.
            let Some(name) = name(entry.path()) else { return true };
            let entered = enter(&name);
            if !entered && entry.path_is_symlink() {
                let _ = fs::canonicalize(entry.path()).map(|real| met(&name, &real));
            }
            entered
        });
        let mut walked = Walked::default();
        for entry in entries {
            let entry =
                entry.map_err(|error| broken(error.path().and_then(name).as_ref().unwrap_or(folder), &error))?;
            let Some(path) = name(entry.path()) else {
                let why = "has a backslash, control characters or bytes that are no text";
                return Err(FileError::Unreadable(folder.clone(), format!("the name {:?} {why}", entry.file_name())));
            };
            if entry.path_is_symlink() {
                let real = fs::canonicalize(entry.path()).map_err(|error| file_error(&path, &error))?;
                let real = self.inside(&path, real)?;
                met(&path, &real);
            }
            if entry.file_type().is_dir() {
                continue;
            }
            let meta = entry.metadata().map_err(|error| broken(&path, &error))?;
            if !meta.is_file() {
                return Err(FileError::Irregular(path));
            }
            if walked.files.len() == ENTRIES {
                return Err(FileError::Unreadable(folder.clone(), format!("more than {ENTRIES} files")));
            }
            walked.files.push(WalkedFile { path, bytes: meta.len() });
        }
        walked.links = links.into_inner();
        Ok(walked)
    }

    fn full_name(&self, path: &VPath) -> String {
        let name = self.display_name(path);
        std::path::absolute(&name).map_or(name, |full| tidy(&full))
    }

    fn entry(&self, path: &VPath) -> Result<Entry, FileError> {
        let (real, meta) = self.resolve(path)?;
        let below = real.strip_prefix(&self.root).ok();
        // Without links it is what was asked for.
        let below = match below.and_then(Path::to_str) {
            Some(below) if below == path.as_str() => Some(path.clone()),
            _ => below.and_then(vpath),
        };
        let real = below.ok_or_else(|| FileError::NotFound(path.clone()))?;
        let kind = if meta.is_dir() { EntryKind::Folder } else { EntryKind::File };
        Ok(Entry { kind, real })
    }

    fn has(&self, path: &VPath) -> bool {
        self.resolve(path).is_ok_and(|(_, meta)| meta.is_file())
    }

    fn display_name(&self, path: &VPath) -> String {
        if let Some(below) = path.strip_prefix(&self.base).filter(|below| !below.is_root()) {
            let tidied = if self.tidied == "." { "" } else { &self.tidied };
            let slash = if tidied.is_empty() || tidied.ends_with('/') { "" } else { "/" };
            return format!("{tidied}{slash}{below}");
        }
        let mut from = self.base.parts().peekable();
        let mut to = path.parts().peekable();
        while from.peek().is_some() && from.peek() == to.peek() {
            from.next();
            to.next();
        }
        let up = from.map(|_| "..");
        let typed = Path::new(&self.typed);
        let full = up.chain(to).fold(typed.to_owned(), |path, part| path.join(part));
        tidy(&full)
    }
}

// PATH_MAX of Linux; it also bounds how deep folders are looked up in one another.
const LONGEST: usize = 4_096;

// More files than any package has; a home folder given by mistake ends here instead of in minutes of reading.
const ENTRIES: usize = 100_000;

fn file_error(path: &VPath, error: &io::Error) -> FileError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => FileError::NotFound(path.clone()),
        _ => FileError::Unreadable(path.clone(), reason(error)),
    }
}

/// The error for what a walk could not look at.
fn broken(path: &VPath, error: &walkdir::Error) -> FileError {
    let missing = error.io_error().is_some_and(|error| error.kind() == io::ErrorKind::NotFound);
    match error.path().filter(|_| missing).and_then(|path| Some((path, fs::read_link(path).ok()?))) {
        Some((link, target)) => {
            let target = link.parent().map_or(target.clone(), |folder| folder.join(&target));
            FileError::BrokenLink(path.clone(), tidy(&target))
        }
        None => FileError::Unreadable(path.clone(), error.to_string()),
    }
}

/// Reads a file that the user named, of at most `limit` bytes: a regular file or a pipe (`-f <(command)`).
///
/// # Errors
/// When it cannot be read, is larger, or is neither.
pub(crate) fn read_file(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let meta = fs::metadata(path)?;
    if !is_pipe(&meta) {
        return read_regular(path, &meta, limit);
    }
    let mut bytes = Vec::new();
    read_limited(fs::File::open(path)?, limit, &mut bytes)?;
    Ok(bytes)
}

#[cfg(unix)]
fn is_pipe(meta: &fs::Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&meta.file_type())
}

#[cfg(not(unix))]
fn is_pipe(_: &fs::Metadata) -> bool {
    false
}

// What stands there is asked before it is opened: opening a pipe in a package would wait for its writer.
fn check_regular(meta: &fs::Metadata) -> io::Result<()> {
    if meta.is_dir() {
        return Err(io::Error::other("it is a folder"));
    }
    if meta.is_file() { Ok(()) } else { Err(io::Error::other("it is no regular file")) }
}

fn read_regular(path: &Path, meta: &fs::Metadata, limit: u64) -> io::Result<Vec<u8>> {
    check_regular(meta)?;
    // One byte more than there is, so that the end is seen without asking for more room.
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len().min(limit)).unwrap_or(0) + 1);
    read_limited(fs::File::open(path)?, limit, &mut bytes)?;
    Ok(bytes)
}

/// Reads a regular file to where it stays. Only one that changes its size meanwhile is copied.
fn read_shared(path: &Path, meta: &fs::Metadata, limit: u64) -> io::Result<Arc<[u8]>> {
    if meta.is_file() && meta.len() <= limit.min(SHARED) {
        let mut bytes: Arc<[u8]> = std::iter::repeat_n(0, usize::try_from(meta.len()).unwrap_or(0)).collect();
        let mut file = fs::File::open(path)?;
        let room = Arc::get_mut(&mut bytes).unwrap_or_default();
        if file.read_exact(room).is_ok() && file.read(&mut [0])? == 0 {
            return Ok(bytes);
        }
    }
    read_regular(path, meta, limit).map(Arc::from)
}

/// Room for more is not made ready before it is known to be needed.
const SHARED: u64 = 1 << 20;

/// Reads all of standard input, at most `limit` bytes.
///
/// # Errors
/// When it cannot be read or is larger.
pub(crate) fn read_stdin(limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    read_limited(io::stdin().lock(), limit, &mut bytes)?;
    Ok(bytes)
}

fn read_limited(from: impl Read, limit: u64, bytes: &mut Vec<u8>) -> io::Result<()> {
    from.take(limit.saturating_add(1)).read_to_end(bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::other(format!("it is larger than {limit} bytes")));
    }
    Ok(())
}

/// Returns why something failed, without the number that the operating system gives it.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    text.to_lowercase()
}

/// Returns what follows a folder in the path of something in it. The walk makes paths of the folder's: they need not be
/// taken apart, which takes longer than asking the disk for one.
#[cfg(unix)]
fn text_below<'p>(folder: &Path, path: &'p Path) -> Option<Cow<'p, str>> {
    let rest = path.as_os_str().as_encoded_bytes().strip_prefix(folder.as_os_str().as_encoded_bytes())?;
    let whole = rest.is_empty() || rest.starts_with(b"/") || folder.as_os_str().as_encoded_bytes().ends_with(b"/");
    let rest = std::str::from_utf8(rest).ok().filter(|_| whole)?;
    Some(Cow::Borrowed(rest.trim_start_matches('/')))
}

#[cfg(not(unix))]
fn text_below<'p>(folder: &Path, path: &'p Path) -> Option<Cow<'p, str>> {
    path.strip_prefix(folder).ok().and_then(vpath).map(|below| Cow::Owned(below.to_string()))
}

fn vpath(path: &Path) -> Option<VPath> {
    let parts: Option<Vec<&str>> = path.iter().map(std::ffi::OsStr::to_str).collect();
    VPath::parse(&parts?.join("/")).ok()
}

// `packages/web/../lib` is `packages/lib`; `./x` is `x`; what cannot be shortened stays.
fn tidy(path: &Path) -> String {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    if out.as_os_str().is_empty() { ".".to_owned() } else { out.to_string_lossy().into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("pkg");
        fs::create_dir_all(root.join("templates")).unwrap();
        fs::create_dir_all(root.join(".git")).unwrap();
        fs::write(root.join("templates/a.yaml"), "a: 1").unwrap();
        fs::write(root.join(".git/config"), "x").unwrap();
        fs::write(root.join(".hidden.yaml"), "x").unwrap();
        (dir, root)
    }

    fn path(text: &str) -> VPath {
        VPath::parse(text).unwrap()
    }

    #[test]
    fn hidden_files_are_not_listed() {
        let (_dir, root) = package();
        let files = DiskFiles::open(&root, 0, &Limits::default()).unwrap();
        assert_eq!(files.list(&VPath::root()).unwrap(), [path("templates/a.yaml")]);
        assert_eq!(files.list(&path("nowhere")).unwrap(), []);
        assert_eq!(files.list(&path("templates/a.yaml")).unwrap(), [path("templates/a.yaml")]);
        assert!(files.read(&path(&"a/".repeat(100_000))).is_err());
        assert_eq!(&*files.read(&path("templates/a.yaml")).unwrap(), b"a: 1");
        assert!(matches!(files.read(&path("no")), Err(FileError::NotFound(_))));
        assert!(matches!(files.read(&path("templates/a.yaml/b")), Err(FileError::NotFound(_))));
        assert!(matches!(files.read(&path("templates")), Err(FileError::Unreadable(..))));
    }

    #[test]
    fn what_is_deferred_is_seen_now_and_read_later() {
        let (_dir, root) = package();
        let files = DiskFiles::open(&root, 0, &Limits::default()).unwrap();
        let file = path("templates/a.yaml");
        assert!(matches!(files.defer(&path("no")), Err(FileError::NotFound(_))));
        assert!(matches!(files.defer(&path("templates")), Err(FileError::Unreadable(..))));
        let (read, grown, gone) =
            (files.defer(&file).unwrap(), files.defer(&file).unwrap(), files.defer(&file).unwrap());
        assert_eq!(&**read.bytes().unwrap(), b"a: 1");
        fs::write(root.join("templates/a.yaml"), "a: 1000").unwrap();
        assert_eq!(grown.bytes().unwrap_err().to_string(), "cannot read `templates/a.yaml`: it is larger than 4 bytes");
        fs::remove_file(root.join("templates/a.yaml")).unwrap();
        assert!(matches!(gone.bytes(), Err(FileError::NotFound(_))));
        assert_eq!(&**read.bytes().unwrap(), b"a: 1");
    }

    #[cfg(unix)]
    #[test]
    fn links_that_leave_the_root_are_refused() {
        let (dir, root) = package();
        fs::write(dir.path().join("secret"), "s").unwrap();
        std::os::unix::fs::symlink("../secret", root.join("leak.yaml")).unwrap();
        std::os::unix::fs::symlink("templates/a.yaml", root.join("inside.yaml")).unwrap();
        std::os::unix::fs::symlink("templates", root.join("linked")).unwrap();
        std::os::unix::fs::symlink("..", root.join("up")).unwrap();
        let files = DiskFiles::open(&root, 0, &Limits::default()).unwrap();
        assert!(matches!(files.read(&path("leak.yaml")), Err(FileError::Unreadable(..))));
        assert!(!files.has(&path("leak.yaml")));
        assert!(matches!(files.read(&path("up/secret")), Err(FileError::Unreadable(..))));
        assert!(files.list(&path("up")).is_err());
        assert!(files.list(&VPath::root()).is_err());
        assert_eq!(&*files.read(&path("linked/a.yaml")).unwrap(), b"a: 1");
        assert_eq!(&*files.read(&path("inside.yaml")).unwrap(), b"a: 1");
        let entry = |name: &str| files.entry(&path(name)).map(|entry| (entry.kind, entry.real));
        assert_eq!(entry("linked/a.yaml").unwrap(), (EntryKind::File, path("templates/a.yaml")));
        assert_eq!(entry("linked").unwrap(), (EntryKind::Folder, path("templates")));
        assert!(entry("leak.yaml").is_err());
    }

    #[test]
    fn a_walk_sees_hidden_files_and_asks_before_it_enters() {
        let (_dir, root) = package();
        fs::write(root.join("templates-a"), "").unwrap();
        let files = DiskFiles::open(&root, 0, &Limits::default()).unwrap();
        let names = |walked: Walked| walked.files.iter().map(|file| file.path.to_string()).collect::<Vec<_>>();
        let all = files.walk(&VPath::root(), &mut |_| true).unwrap();
        assert_eq!(names(all), [".git/config", ".hidden.yaml", "templates/a.yaml", "templates-a"]);
        let some = files.walk(&VPath::root(), &mut |folder| folder.as_str() != ".git").unwrap();
        assert_eq!(names(some), [".hidden.yaml", "templates/a.yaml", "templates-a"]);
        assert!(files.full_name(&path("a")).starts_with('/'));
    }

    #[cfg(unix)]
    #[test]
    fn a_walk_follows_links_and_tells_of_them() {
        let (dir, root) = package();
        std::os::unix::fs::symlink("templates", root.join("linked")).unwrap();
        let files = DiskFiles::open(&root, 0, &Limits::default()).unwrap();
        let walked = files.walk(&VPath::root(), &mut |folder| folder.as_str() != ".git").unwrap();
        assert!(walked.files.iter().any(|file| file.path == path("linked/a.yaml")));
        assert_eq!(files.walk(&VPath::root(), &mut |_| false).unwrap().links.len(), 1);
        assert_eq!(walked.links.len(), 1);
        assert!(walked.links[0].target.ends_with("pkg/templates"));
        std::os::unix::fs::symlink("nowhere", root.join("dangling")).unwrap();
        let broken = files.walk(&VPath::root(), &mut |_| true);
        assert!(matches!(broken, Err(FileError::BrokenLink(..))), "{broken:?}");
        fs::remove_file(root.join("dangling")).unwrap();
        std::os::unix::fs::symlink(dir.path(), root.join("out")).unwrap();
        assert!(matches!(files.walk(&VPath::root(), &mut |_| true), Err(FileError::Unreadable(..))));
    }

    #[test]
    fn files_above_the_limit_are_refused() {
        let (_dir, root) = package();
        assert!(read_file(&root.join("templates/a.yaml"), 3).is_err());
        assert!(read_file(Path::new("/dev/null"), 3).is_err());
    }

    #[test]
    fn names_are_relative_to_what_was_typed() {
        let (_dir, root) = package();
        let name = |typed: &str, file: &str| {
            let files = DiskFiles {
                root: root.clone(),
                base: path("pkg"),
                typed: typed.to_owned(),
                tidied: tidy(Path::new(typed)),
                limit: 1,
                folders: Mutex::default(),
            };
            files.display_name(&path(file))
        };
        assert_eq!(name("packages/pkg", "pkg/values.yaml"), "packages/pkg/values.yaml");
        assert_eq!(name("packages/pkg", "lib/values.yaml"), "packages/lib/values.yaml");
        assert_eq!(name(".", "pkg/values.yaml"), "values.yaml");
        assert_eq!(name(".", "lib/values.yaml"), "../lib/values.yaml");
        assert_eq!(name("./a/../pkg", "pkg/values.yaml"), "pkg/values.yaml");
        assert_eq!(name("/", "pkg/values.yaml"), "/values.yaml");
        assert_eq!(name("..", "pkg"), "..");
    }
}
