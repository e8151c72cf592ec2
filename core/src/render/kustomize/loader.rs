//! Where files come from: each kustomization reads below its own folder, unless that is allowed otherwise.
//!
//! See `internal/loader` of <https://github.com/kubernetes-sigs/kustomize/tree/api/v0.21.1/api> and `filesys` of kyaml.
//! All of kustomize's paths are absolute in messages, so a path is a text here: the name of the tree's root, which
//! [`Options`](super::Options) says, and what is below it.

use std::sync::Arc;

use crate::source::{EntryKind, FileError, FileId, VPath};

use super::error::{Cause, Error, Result, Wrap};
use super::session::Session;
use super::{go, remote};

/// How many kustomizations may refer to each other in a chain. Real ones are a few levels deep; each level is a level
/// of calls.
const CHAIN: usize = 64;

/// The folder of a kustomization, and those that led to it.
#[derive(Debug, Clone)]
pub(super) struct Loader {
    root: VPath,
    /// The folders of the kustomizations that refer to this one, the outermost first, this one last.
    visited: Arc<Vec<VPath>>,
}

/// A file that was read.
pub(super) struct Loaded {
    pub(super) bytes: Arc<[u8]>,
    /// The absolute path, as messages show it.
    pub(super) path: String,
}

/// What a path turned out to be.
enum Resolved {
    File(VPath),
    Folder(VPath),
}

impl Loader {
    /// Returns the loader of the folder to build.
    ///
    /// # Errors
    /// When it is no folder, or on another machine.
    pub(super) fn new(session: &mut Session<'_>, target: &VPath) -> Result<Loader> {
        let shown = session.shown(target);
        let root = confirm_folder(session, &shown).wrap(|| NOT_A_FOLDER)?;
        Ok(Loader { visited: Arc::new(vec![root.clone()]), root })
    }

    /// Returns the folder.
    pub(super) fn root(&self) -> &VPath {
        &self.root
    }

    /// Returns the loader of another folder, named from this one.
    ///
    /// # Errors
    /// When it is no folder, holds one that led here, or is on another machine.
    pub(super) fn enter(&self, session: &mut Session<'_>, path: &str) -> Result<Loader> {
        if path.is_empty() {
            return Err(Error::new("new root cannot be empty"));
        }
        if remote::is_repository(path) {
            return Err(Error::new(format!("'{path}' is a remote repository")).because(Cause::Remote));
        }
        if path.starts_with('/') {
            return Err(Error::new(format!("new root '{path}' cannot be absolute")));
        }
        let shown = go::join(&session.shown(&self.root), path);
        let root = confirm_folder(session, &shown).wrap(|| NOT_A_FOLDER)?;
        if let Some(visited) = self.visited.iter().rev().find(|visited| visited.strip_prefix(&root).is_some()) {
            return Err(Error::new(format!(
                "cycle detected: candidate root '{}' contains visited root '{}'",
                session.shown(&root),
                session.shown(visited)
            )));
        }
        if self.visited.len() >= CHAIN {
            return Err(Error::new(format!("more than {CHAIN} kustomizations refer to each other in a chain")));
        }
        let mut visited = (*self.visited).clone();
        visited.push(root.clone());
        Ok(Loader { root, visited: Arc::new(visited) })
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it is not there, no file, outside of the folder, or on another machine.
    pub(super) fn load(&self, session: &mut Session<'_>, path: &str) -> Result<Loaded> {
        if remote::is_remote_file(path) {
            return Err(Error::new(format!("'{path}' is a remote file")).because(Cause::Remote));
        }
        let shown = if path.starts_with('/') { path.to_owned() } else { go::join(&session.shown(&self.root), path) };
        if session.options.load_restrictions == super::LoadRestrictions::None {
            return read_anywhere(session, &shown);
        }
        let found = match session.vpath(&shown) {
            Some(_) => resolve(session, &shown)?,
            None => return Err(self.outside(session, &shown)),
        };
        match found {
            Resolved::Folder(_) => Err(Error::new(format!("'{shown}' must resolve to a file"))),
            Resolved::File(real) if real.parent().strip_prefix(&self.root).is_none() => {
                Err(self.outside(session, &shown))
            }
            Resolved::File(real) => read(session, &real, &shown),
        }
    }

    fn outside(&self, session: &Session<'_>, path: &str) -> Error {
        Error::new(format!("security; file '{path}' is not in or below '{}'", session.shown(&self.root)))
    }

    /// Reads a file as text and notes it among the sources.
    ///
    /// # Errors
    /// As [`Loader::load`], and when it is no UTF-8.
    pub(super) fn load_text(&self, session: &mut Session<'_>, path: &str) -> Result<(String, FileId)> {
        let loaded = self.load(session, path)?;
        text_of(&loaded.bytes).map(|text| {
            let file = session.add_source(&loaded.path, &text);
            (text, file)
        })
    }
}

/// Returns the text of a file with the line breaks of Unix.
pub(super) fn text_of(bytes: &[u8]) -> Result<String> {
    let text =
        crate::yaml::decode_input(bytes).map_err(|error| Error::malformed(format!("MalformedYAMLError: {error}")))?;
    Ok(if text.contains("\r\n") { text.replace("\r\n", "\n") } else { text.into_owned() })
}

const NOT_A_FOLDER: &str = "must build at directory";

fn confirm_folder(session: &Session<'_>, path: &str) -> Result<VPath> {
    match resolve(session, path).wrap(|| "not a valid directory")? {
        Resolved::Folder(root) => Ok(root),
        Resolved::File(_) => Err(Error::new(format!("'{path}': file is not directory"))),
    }
}

/// Follows links.
fn resolve(session: &Session<'_>, path: &str) -> Result<Resolved> {
    let failed = |why: String| Error::new(format!("evalsymlink failure on '{path}' : {why}"));
    let missing = |path: &str| failed(format!("lstat {path}: no such file or directory"));
    let Some(target) = session.vpath(path) else { return Err(missing(path)) };
    match session.files.entry(&target) {
        Ok(entry) => Ok(match entry.kind {
            EntryKind::File => Resolved::File(entry.real),
            EntryKind::Folder => Resolved::Folder(entry.real),
        }),
        Err(FileError::NotFound(_)) => Err(first_missing(session, &target).map_or_else(
            || failed("not a directory".to_owned()),
            |missing_path| missing(&session.shown(&missing_path)),
        )),
        Err(error) => Err(failed(error.to_string())),
    }
}

/// Returns the first part of a path that is not there, with the links before it followed; `None` where a file stands
/// in the place of a folder.
fn first_missing(session: &Session<'_>, path: &VPath) -> Option<VPath> {
    let mut at = VPath::root();
    let mut parts = path.parts().peekable();
    while let Some(part) = parts.next() {
        let next = at.join(part).ok()?;
        match session.files.entry(&next) {
            Ok(entry) if entry.kind == EntryKind::File && parts.peek().is_some() => return None,
            Ok(entry) => at = entry.real,
            Err(_) => return Some(next),
        }
    }
    Some(path.clone())
}

fn read_anywhere(session: &Session<'_>, path: &str) -> Result<Loaded> {
    let missing = || Error::new(format!("open {path}: no such file or directory"));
    let target = session.vpath(path).ok_or_else(missing)?;
    match session.files.entry(&target) {
        Ok(entry) if entry.kind == EntryKind::Folder => Err(Error::new(format!("read {path}: is a directory"))),
        Ok(_) => read(session, &target, path),
        Err(_) => Err(missing()),
    }
}

fn read(session: &Session<'_>, real: &VPath, path: &str) -> Result<Loaded> {
    match session.files.read(real) {
        Ok(bytes) => Ok(Loaded { bytes, path: path.to_owned() }),
        Err(FileError::NotFound(_)) => Err(Error::new(format!("open {path}: no such file or directory"))),
        Err(error) => Err(Error::new(format!("open {path}: {error}"))),
    }
}
