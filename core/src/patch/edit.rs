//! Changing the entries of a map in linear time, and remembering which fields changed.

use std::collections::{BTreeSet, HashMap};

use ecow::EcoString;

use crate::value::{Step, ValuePath};
use crate::yaml::Node;

/// The entries of a map while a patch is laid over them. Removed entries go when [`Slots::finish`] is called, so
/// that neither finding nor removing is quadratic in large maps.
pub(super) struct Slots<'a> {
    entries: &'a mut Vec<(Node, Node)>,
    index: Option<HashMap<EcoString, usize>>,
    removed: BTreeSet<usize>,
}

// Below this many comparisons an index costs more than it saves.
const SCAN: usize = 256;

impl<'a> Slots<'a> {
    /// Returns the entries, ready for about `edits` changes.
    pub(super) fn new(entries: &'a mut Vec<(Node, Node)>, edits: usize) -> Slots<'a> {
        let index = (entries.len().saturating_mul(edits) > SCAN).then(|| {
            let pair = |(i, (key, _)): (usize, &(Node, Node))| Some((EcoString::from(key.as_str()?), i));
            entries.iter().enumerate().filter_map(pair).collect()
        });
        Slots { entries, index, removed: BTreeSet::new() }
    }

    /// Returns the place of a key.
    pub(super) fn find(&self, key: &str) -> Option<usize> {
        let found = match &self.index {
            Some(index) => index.get(key).copied(),
            None => self.entries.iter().position(|(known, _)| known.as_str() == Some(key)),
        };
        found.filter(|i| !self.removed.contains(i))
    }

    /// Returns the value at a place that [`Slots::find`] gave.
    pub(super) fn value(&mut self, slot: usize) -> &mut Node {
        &mut self.entries[slot].1
    }

    /// Adds an entry; its key must not be there.
    pub(super) fn push(&mut self, key: Node, value: Node) {
        if let (Some(index), Some(text)) = (&mut self.index, key.as_str()) {
            index.insert(text.into(), self.entries.len());
        }
        self.entries.push((key, value));
    }

    /// Takes out the entry at a place.
    pub(super) fn remove(&mut self, slot: usize) {
        self.removed.insert(slot);
    }

    /// Returns the keys that are there, with their places.
    pub(super) fn keys(&self) -> impl Iterator<Item = (usize, &str)> {
        let there = self.entries.iter().enumerate().filter(|(i, _)| !self.removed.contains(i));
        there.filter_map(|(i, (key, _))| Some((i, key.as_str()?)))
    }

    /// Closes the gaps.
    pub(super) fn finish(self) {
        if self.removed.is_empty() {
            return;
        }
        let mut i = 0;
        self.entries.retain(|_| {
            i += 1;
            !self.removed.contains(&(i - 1))
        });
    }
}

/// Where in an object the engine is, and which fields it changed.
#[derive(Debug, Default)]
pub(super) struct Trace {
    /// The path from the root of the object.
    pub(super) path: Vec<Step>,
    changed: Vec<Vec<Step>>,
    on: bool,
}

impl Trace {
    /// Returns a trace that remembers changes, or one that only knows the path.
    pub(super) fn new(on: bool) -> Trace {
        Trace { on, ..Trace::default() }
    }

    /// Remembers that what stands at the path was changed, or taken away.
    pub(super) fn changed(&mut self) {
        if self.on {
            self.changed.push(self.path.clone());
        }
    }

    /// Remembers a change at a key below the path.
    pub(super) fn changed_key(&mut self, key: &str) {
        if self.on {
            self.path.push(Step::Key(key.into()));
            self.changed();
            self.path.pop();
        }
    }

    /// Remembers a change at a path given as a whole.
    pub(super) fn changed_at(&mut self, path: &ValuePath) {
        if self.on {
            self.changed.push(path.steps().to_vec());
        }
    }

    /// Returns a mark for [`Trace::renumber`].
    pub(super) fn mark(&self) -> usize {
        self.changed.len()
    }

    /// Gives the items of the list at the path their new places in all changes since the mark.
    pub(super) fn renumber(&mut self, mark: usize, places: &[usize]) {
        let depth = self.path.len();
        for path in &mut self.changed[mark..] {
            if let Some(Step::Index(index)) = path.get_mut(depth) {
                *index = places.get(*index).copied().unwrap_or(*index);
            }
        }
    }

    /// Returns the path as text for messages.
    pub(super) fn here(&self) -> EcoString {
        ecow::eco_format!("{}", ValuePath::from(self.path.clone()))
    }

    /// Returns the changed fields, each once, in the order in which they were first changed.
    pub(super) fn into_fields(self) -> Vec<ValuePath> {
        let mut seen = std::collections::HashSet::new();
        self.changed.into_iter().map(ValuePath::from).filter(|path| seen.insert(path.clone())).collect()
    }
}
