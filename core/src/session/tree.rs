//! The files of a session, with their digests.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::source::{FileTree, Files, VPath};

/// What stands for a content.
pub(super) type Digest = [u8; 32];

/// Files in memory, each with the digest of its content.
#[derive(Debug, Clone, Default)]
pub(super) struct Tree {
    files: FileTree,
    digests: BTreeMap<VPath, Digest>,
}

impl Tree {
    pub(super) fn files(&self) -> &FileTree {
        &self.files
    }

    /// Sets a file and says whether that changed anything.
    pub(super) fn set(&mut self, path: VPath, content: Arc<[u8]>) -> bool {
        let digest = digest(&content);
        if self.digests.get(&path) == Some(&digest) {
            return false;
        }
        self.digests.insert(path.clone(), digest);
        self.files.insert(path, content);
        true
    }

    pub(super) fn remove(&mut self, path: &VPath) -> bool {
        self.files.remove(path);
        self.digests.remove(path).is_some()
    }

    pub(super) fn digest(&self, path: &VPath) -> Option<Digest> {
        self.digests.get(path).copied()
    }

    /// Returns a digest of the names of the files below a folder.
    pub(super) fn names_digest(&self, folder: &VPath) -> Digest {
        let mut names = Sha256::new();
        for path in self.files.list(folder).unwrap_or_default() {
            names.update(path.as_str());
            names.update([0]);
        }
        names.finalize().into()
    }

    /// Returns a file as text; what is no UTF-8 is shown as replacement characters.
    pub(super) fn text(&self, path: &VPath) -> Option<String> {
        let bytes = self.files.read(path).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    pub(super) fn has(&self, path: &VPath) -> bool {
        self.digests.contains_key(path)
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &VPath> {
        self.digests.keys()
    }
}

pub(super) fn digest(content: &[u8]) -> Digest {
    Sha256::digest(content).into()
}
