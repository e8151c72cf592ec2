//! The entries of a map being normalized: no key twice, in linear time.

use std::collections::HashMap;

use ecow::EcoString;

use super::node::Node;
use crate::source::Span;

/// Maps up to this size are searched entry by entry.
const SMALL: usize = 16;

pub(super) struct Entries {
    entries: Vec<(Node, Node)>,
    merged: Vec<bool>,
    index: HashMap<EcoString, usize>,
}

impl Entries {
    pub(super) fn with_capacity(capacity: usize) -> Entries {
        Entries { entries: Vec::with_capacity(capacity), merged: Vec::new(), index: HashMap::new() }
    }

    /// Puts an entry in; a key that is there keeps its place and gets the new value. Returns where the key was written
    /// before, if it was.
    pub(super) fn insert(&mut self, key: Node, value: Node) -> Option<Span> {
        let Some(at) = self.find(&key) else {
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
        match self.find(&key) {
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

    fn find(&self, key: &Node) -> Option<usize> {
        let name = key.as_str()?;
        if self.index.is_empty() {
            return self.entries.iter().position(|(k, _)| k.as_str() == Some(name));
        }
        self.index.get(name).copied()
    }

    fn push(&mut self, key: Node, value: Node, merged: bool) {
        let name = |key: &Node| EcoString::from(key.as_str().unwrap_or_default());
        if self.entries.len() == SMALL {
            self.index = self.entries.iter().enumerate().map(|(i, (k, _))| (name(k), i)).collect();
        }
        if self.entries.len() >= SMALL {
            self.index.insert(name(&key), self.entries.len());
        }
        if merged || !self.merged.is_empty() {
            self.merged.resize(self.entries.len(), false);
            self.merged.push(merged);
        }
        self.entries.push((key, value));
    }
}
