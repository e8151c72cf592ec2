//! Answers and the files they were made from.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::answer::Answer;
use super::settings::Settings;
use super::tree::{Digest, Tree};
use crate::source::{Entry, FileError, Files, VPath, Walked};

/// Reads files for an answer and notes what was read.
///
/// What is asked of a path that is not there counts too: a file that comes into being there changes the answer.
pub(super) struct Recorder<'a> {
    tree: &'a Tree,
    seen: Mutex<Seen>,
}

/// The files and folders that an answer depends on.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    contents: BTreeMap<VPath, Option<Digest>>,
    names: BTreeMap<VPath, Digest>,
}

impl Seen {
    fn holds(&self, tree: &Tree) -> bool {
        self.contents.iter().all(|(path, digest)| tree.digest(path) == *digest)
            && self.names.iter().all(|(folder, digest)| tree.names_digest(folder) == *digest)
    }
}

impl<'a> Recorder<'a> {
    pub(super) fn new(tree: &'a Tree) -> Recorder<'a> {
        Recorder { tree, seen: Mutex::default() }
    }

    pub(super) fn into_seen(self) -> Seen {
        self.seen.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn content(&self, path: &VPath) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.contents.entry(path.clone()).or_insert_with(|| self.tree.digest(path));
    }

    fn names(&self, folder: &VPath) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.names.entry(folder.clone()).or_insert_with(|| self.tree.names_digest(folder));
    }
}

impl Files for Recorder<'_> {
    fn read(&self, path: &VPath) -> Result<Arc<[u8]>, FileError> {
        self.content(path);
        self.tree.files().read(path)
    }

    fn list(&self, folder: &VPath) -> Result<Vec<VPath>, FileError> {
        self.names(folder);
        self.tree.files().list(folder)
    }

    fn walk(&self, folder: &VPath, enter: &mut dyn FnMut(&VPath) -> bool) -> Result<Walked, FileError> {
        self.names(folder);
        self.tree.files().walk(folder, enter)
    }

    fn size(&self, path: &VPath) -> u64 {
        self.content(path);
        self.tree.files().size(path)
    }

    fn has(&self, path: &VPath) -> bool {
        self.content(path);
        self.tree.files().has(path)
    }

    fn entry(&self, path: &VPath) -> Result<Entry, FileError> {
        self.content(path);
        self.names(path);
        self.tree.files().entry(path)
    }
}

/// What an answer is an answer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) root: VPath,
    pub(super) settings: Settings,
    /// Whether it knows the origins of fields.
    pub(super) traced: bool,
}

impl Question {
    // A traced answer says all that a plain one does.
    fn is_answered_by(&self, other: &Question) -> bool {
        self.root == other.root && self.settings == other.settings && (other.traced || !self.traced)
    }
}

/// The last answers, the newest last.
#[derive(Debug, Default)]
pub(super) struct Memory(Vec<(Question, Seen, Arc<Answer>)>);

// Enough for both sides of a comparison and a step back, of a few packages.
const MOST: usize = 12;

impl Memory {
    /// Returns the answer to a question if nothing that it was made from has changed.
    pub(super) fn find(&mut self, question: &Question, tree: &Tree) -> Option<Arc<Answer>> {
        let found = self.0.iter().rposition(|(known, seen, _)| question.is_answered_by(known) && seen.holds(tree))?;
        let entry = self.0.remove(found);
        let answer = entry.2.clone();
        self.0.push(entry);
        Some(answer)
    }

    pub(super) fn keep(&mut self, question: Question, seen: Seen, answer: Arc<Answer>) {
        if self.0.len() >= MOST {
            self.0.remove(0);
        }
        self.0.push((question, seen, answer));
    }
}
