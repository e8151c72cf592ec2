//! The one way in which the engine reads files.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::{FileData, VPath};

/// Why a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileError {
    /// There is no such file.
    NotFound(VPath),
    /// The file is there, but reading it failed or is not allowed; the text says why.
    Unreadable(VPath, String),
    /// It is a device, a pipe or a socket.
    Irregular(VPath),
    /// It is a link, and what it leads to (the second) is not there.
    BrokenLink(VPath, String),
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FileError::NotFound(path) => write!(f, "no file `{path}`"),
            FileError::Unreadable(path, why) => write!(f, "cannot read `{path}`: {why}"),
            FileError::Irregular(path) => write!(f, "`{path}` is no regular file"),
            FileError::BrokenLink(path, target) => write!(f, "`{path}` is a link to `{target}`, which is not there"),
        }
    }
}

impl std::error::Error for FileError {}

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A file.
    File,
    /// A folder.
    Folder,
}

/// What stands at a path, with all links followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: EntryKind,
    /// Where it really is: the path without links in it.
    pub real: VPath,
}

/// A tree of files that the engine may read.
pub trait Files {
    /// Returns the content of a file.
    ///
    /// # Errors
    /// When the file is not there or cannot be read.
    fn read(&self, path: &VPath) -> Result<Arc<[u8]>, FileError>;

    /// Returns the content of a file that may never be asked for, which a tree on a disk reads when it is.
    ///
    /// # Errors
    /// When the file is not there or cannot be read.
    fn defer(&self, path: &VPath) -> Result<FileData, FileError> {
        self.read(path).map(FileData::from)
    }

    /// Returns the paths of all files at or below a folder, sorted by path; empty where there are none.
    ///
    /// # Errors
    /// When a folder is there but cannot be listed.
    fn list(&self, folder: &VPath) -> Result<Vec<VPath>, FileError>;

    /// Returns all files below a folder, hidden ones included, and the links met on the way. `enter` is asked for each
    /// folder whether it is to be looked into.
    ///
    /// Sorted as folders are read: the names of one folder in the order of their bytes, what is in a folder in the
    /// place of the folder. (`a/x` stands before `a-b`, other than among paths as texts.)
    ///
    /// # Errors
    /// When a folder cannot be listed, or something is no file and no folder.
    fn walk(&self, folder: &VPath, enter: &mut dyn FnMut(&VPath) -> bool) -> Result<Walked, FileError> {
        let mut walked = Walked::default();
        let mut entered: BTreeMap<VPath, bool> = BTreeMap::new();
        for path in self.list(folder)? {
            let Some(below) = path.strip_prefix(folder) else { continue };
            let mut at = folder.clone();
            let mut open = true;
            let folders = below.parts().count().saturating_sub(1);
            for part in below.parts().take(folders) {
                at = at.join(part).unwrap_or_default();
                open = *entered.entry(at.clone()).or_insert_with(|| enter(&at));
                if !open {
                    break;
                }
            }
            if open {
                let bytes = self.size(&path);
                walked.files.push(WalkedFile { path, bytes });
            }
        }
        walked.files.sort_by(|a, b| a.path.parts().cmp(b.path.parts()));
        Ok(walked)
    }

    /// Returns how long a file is where that is known without reading it, else 0.
    fn size(&self, path: &VPath) -> u64 {
        let _ = path;
        0
    }

    /// Whether a file (not a folder) is there.
    fn has(&self, path: &VPath) -> bool {
        self.read(path).is_ok()
    }

    /// Returns what stands at a path. By default there are no links, and only folders with files in them are there.
    ///
    /// # Errors
    /// When nothing is there, or it cannot be told.
    fn entry(&self, path: &VPath) -> Result<Entry, FileError> {
        let kind = if self.has(path) {
            EntryKind::File
        } else if path.is_root() || !self.list(path)?.is_empty() {
            EntryKind::Folder
        } else {
            return Err(FileError::NotFound(path.clone()));
        };
        Ok(Entry { kind, real: path.clone() })
    }

    /// Returns what messages call a file: the path as its user knows it.
    fn display_name(&self, path: &VPath) -> String {
        path.to_string()
    }

    /// Returns the path as the operating system knows it from its root, which is what Helm's messages show.
    fn full_name(&self, path: &VPath) -> String {
        self.display_name(path)
    }
}

/// What a walk through a folder found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walked {
    /// The files.
    pub files: Vec<WalkedFile>,
    /// The links that were followed, in the order in which they were met.
    pub links: Vec<WalkedLink>,
}

/// A file found by a walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalkedFile {
    /// The path.
    pub path: VPath,
    /// The length as far as it is known without reading.
    pub bytes: u64,
}

/// A link found by a walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalkedLink {
    /// The link.
    pub path: VPath,
    /// What it leads to, as the operating system knows it.
    pub target: String,
}

/// Files in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileTree {
    files: BTreeMap<VPath, Arc<[u8]>>,
}

impl FileTree {
    /// Returns an empty tree.
    pub fn new() -> FileTree {
        FileTree::default()
    }

    /// Puts a file into the tree, in the place of one of the same path.
    pub fn insert(&mut self, path: VPath, content: impl Into<Arc<[u8]>>) {
        self.files.insert(path, content.into());
    }

    /// Takes a file away.
    pub fn remove(&mut self, path: &VPath) {
        self.files.remove(path);
    }

    /// Returns the paths and contents, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&VPath, &Arc<[u8]>)> {
        self.files.iter()
    }

    /// Returns how many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

impl<P: AsRef<str>, C: Into<Vec<u8>>> FromIterator<(P, C)> for FileTree {
    /// Collects pairs of path and content; a path that is no [`VPath`] is left out.
    fn from_iter<I: IntoIterator<Item = (P, C)>>(pairs: I) -> Self {
        let parse = |(path, content): (P, C)| Some((VPath::parse(path.as_ref()).ok()?, Arc::from(content.into())));
        FileTree { files: pairs.into_iter().filter_map(parse).collect() }
    }
}

impl Files for FileTree {
    fn entry(&self, path: &VPath) -> Result<Entry, FileError> {
        let found = |kind| Ok(Entry { kind, real: path.clone() });
        if self.files.contains_key(path) {
            return found(EntryKind::File);
        }
        let inner = path.join(" ").unwrap_or_default();
        let first = self.files.range(inner..).map(|(path, _)| path).next();
        if path.is_root() || first.is_some_and(|first| first.strip_prefix(path).is_some()) {
            return found(EntryKind::Folder);
        }
        Err(FileError::NotFound(path.clone()))
    }

    fn read(&self, path: &VPath) -> Result<Arc<[u8]>, FileError> {
        self.files.get(path).cloned().ok_or_else(|| FileError::NotFound(path.clone()))
    }

    fn list(&self, folder: &VPath) -> Result<Vec<VPath>, FileError> {
        // Paths below a folder are not all neighbours in the order of texts (`a-b` stands between `a` and `a/b`),
        // so the scan starts at the folder and goes on as long as its name is a prefix.
        let below = self.files.range(folder.clone()..).map(|(path, _)| path);
        let near = below.take_while(|path| path.as_str().starts_with(folder.as_str()));
        Ok(near.filter(|path| path.strip_prefix(folder).is_some()).cloned().collect())
    }

    fn has(&self, path: &VPath) -> bool {
        self.files.contains_key(path)
    }

    fn size(&self, path: &VPath) -> u64 {
        self.files.get(path).map_or(0, |content| content.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_only_what_is_below_the_folder() {
        let tree: FileTree = [("a/b", "1"), ("a-b/c", "2"), ("a/c/d", "3")].into_iter().collect();
        let folder = VPath::parse("a").expect("fine");
        let listed: Vec<String> = tree.list(&folder).expect("in memory").iter().map(ToString::to_string).collect();
        assert_eq!(listed, ["a/b", "a/c/d"]);
        assert_eq!(tree.list(&VPath::root()).expect("in memory").len(), 3);
    }

    #[test]
    fn a_walk_asks_before_it_enters_a_folder() {
        let tree: FileTree = [("a/b", "1"), ("a-b", "22"), ("a/c/d", "3"), ("x/y/z", "4")].into_iter().collect();
        let mut asked = Vec::new();
        let walked = tree.walk(&VPath::root(), &mut |folder| {
            asked.push(folder.to_string());
            folder.as_str() != "x"
        });
        let files: Vec<(String, u64)> =
            walked.expect("in memory").files.iter().map(|file| (file.path.to_string(), file.bytes)).collect();
        assert_eq!(files, [("a/b".into(), 1), ("a/c/d".into(), 1), ("a-b".into(), 2)]);
        assert_eq!(asked, ["a", "a/c", "x"]);
    }

    #[test]
    fn folders_are_there_when_files_are_in_them() {
        let tree: FileTree = [("a/b", "1"), ("a-b/c", "2")].into_iter().collect();
        let kind = |path: &str| tree.entry(&VPath::parse(path).expect("fine")).map(|entry| entry.kind).ok();
        assert_eq!(kind("a"), Some(EntryKind::Folder));
        assert_eq!(kind("a/b"), Some(EntryKind::File));
        assert_eq!(kind(""), Some(EntryKind::Folder));
        assert_eq!((kind("a/c"), kind("a-"), kind("b")), (None, None, None));
    }
}
