//! The entries of a map being normalized: no key twice, in linear time.

use std::collections::HashMap;

use ecow::EcoString;

use super::node::Node;
use crate::source::Span;

/// Maps up to this size are searched entry by entry.
const SMALL: usize = 16;

/// Where the keys of a growing list of entries are.
#[derive(Default)]
pub(super) struct Index {
    places: HashMap<EcoString, usize>,
}

impl Index {
    /// Returns where the key stands among the entries that were added so far.
    pub(super) fn find(&self, entries: &[(Node, Node)], key: &Node) -> Option<usize> {
        let name = key.as_str()?;
        if self.places.is_empty() {
            return entries.iter().position(|(k, _)| k.as_str() == Some(name));
        }
        self.places.get(name).copied()
    }

    /// Notes the key that stands behind these entries.
    pub(super) fn add(&mut self, key: &Node, before: &[(Node, Node)]) {
        if before.len() < SMALL {
            return;
        }
        let name = |key: &Node| EcoString::from(key.as_str().unwrap_or_default());
        if before.len() == SMALL {
            self.places = before.iter().enumerate().map(|(i, (k, _))| (name(k), i)).collect();
        }
        self.places.insert(name(key), before.len());
    }
}

/// Entries of which some come from merge keys.
pub(super) struct Entries {
    entries: Vec<(Node, Node)>,
    merged: Vec<bool>,
    index: Index,
}

impl Entries {
    /// Starts with entries as they were written, and their index.
    pub(super) fn new(entries: Vec<(Node, Node)>, index: Index) -> Entries {
        Entries { entries, merged: Vec::new(), index }
    }

    /// Puts an entry in; a key that is there keeps its place and gets the new value. Returns where the key was written
    /// before, if it was.
    pub(super) fn insert(&mut self, key: Node, value: Node) -> Option<Span> {
        let Some(at) = self.index.find(&self.entries, &key) else {
            self.push(key, value, false);
            return None;
        };
        let written = !self.merged.get(at).copied().unwrap_or(false);
        if let Some(merged) = self.merged.get_mut(at) {
            *merged = false;
        }
        let first = self.entries[at].0.span;
        self.entries[at] = (key, value);
        written.then_some(first)
    }

    /// Puts an entry of a merge key in: for yaml.v2 as if it stood there, for yaml.v3 behind what is written.
    pub(super) fn merge(&mut self, key: Node, value: Node, written_wins: bool) {
        match self.index.find(&self.entries, &key) {
            None => self.push(key, value, true),
            Some(at) => {
                self.merged.resize(self.entries.len(), false);
                if self.merged[at] || !written_wins {
                    self.entries[at] = (key, value);
                    self.merged[at] = true;
                }
            }
        }
    }

    pub(super) fn finish(self) -> Vec<(Node, Node)> {
        self.entries
    }

    fn push(&mut self, key: Node, value: Node, merged: bool) {
        self.index.add(&key, &self.entries);
        if merged || !self.merged.is_empty() {
            self.merged.resize(self.entries.len(), false);
            self.merged.push(merged);
        }
        self.entries.push((key, value));
    }
}
