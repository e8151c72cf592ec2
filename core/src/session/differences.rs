//! What differs between two states of a package, or two environments.

use std::sync::Arc;

use super::answer::Answer;
use super::settings::Settings;
use super::workspace::Session;
use crate::diff::{self, DiffOptions, ObjectDiff, Summary};
use crate::pipeline::Built;
use crate::source::VPath;

/// What a package renders to at one moment, kept for a comparison. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Snapshot(Arc<Answer>);

impl Snapshot {
    /// Returns the build: the objects, the findings, the texts they point into.
    pub fn built(&self) -> &Built {
        &self.0.built
    }
}

/// What differs between two snapshots.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Differences {
    /// The objects that differ.
    pub objects: Vec<ObjectDiff>,
    /// How many were added, removed and changed.
    pub summary: Summary,
    /// The differences as text, contents of Secrets masked.
    pub text: String,
}

impl Session {
    /// Returns what the package in a folder renders to now, with its own settings.
    pub fn snapshot(&self, root: &VPath) -> Snapshot {
        Snapshot(self.answer(root))
    }

    /// Returns what the package in a folder renders to now, with other settings: another environment, other values.
    pub fn snapshot_with(&self, root: &VPath, settings: &Settings) -> Snapshot {
        Snapshot(self.ask(root, settings.clone(), false))
    }

    /// Returns what differs from one snapshot to another.
    pub fn diff(&self, before: &Snapshot, after: &Snapshot) -> Differences {
        let objects = self.engine().diff(&before.0.built, &after.0.built);
        let text = diff::to_text(&objects, &DiffOptions::default());
        Differences { summary: diff::summary(&objects), objects, text }
    }
}
