//! The paths of the values that the templates of a package can read.

use std::collections::BTreeMap;

use ecow::EcoString;

use crate::value::{Step, ValuePath};

/// One step of a path that a template reads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReadStep {
    /// A key.
    Key(EcoString),
    /// Any key or index: a loop variable, a computed key.
    Any,
}

/// The paths of the values that any branch of any template of one package can read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadPaths {
    pub(super) root: ReadNode,
    unknowable: bool,
}

/// What is read at one place and below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ReadNode {
    pub(super) whole: bool,
    /// It is read whether there is something, and whether it is empty.
    pub(super) tested: bool,
    pub(super) keys: BTreeMap<EcoString, ReadNode>,
    pub(super) any: Option<Box<ReadNode>>,
}

impl ReadPaths {
    /// Returns a set without paths.
    pub fn new() -> ReadPaths {
        ReadPaths::default()
    }

    /// Adds a path. With `whole`, everything below it is read as well.
    pub fn add(&mut self, path: &[ReadStep], whole: bool) {
        self.node(path).whole |= whole;
    }

    /// Adds a path of which it is only read whether there is something, of what type, and whether it is empty.
    pub fn add_tested(&mut self, path: &[ReadStep]) {
        self.node(path).tested = true;
    }

    /// Whether what stands at a path can be read, or something below it.
    pub fn may_read(&self, path: &ValuePath) -> bool {
        self.at(path).is_none_or(|nodes| !nodes.is_empty())
    }

    /// Returns what is read at and below a path; nothing where all that is there may be.
    pub(super) fn at(&self, path: &ValuePath) -> Option<Vec<&ReadNode>> {
        let mut nodes = vec![&self.root];
        for step in path.steps() {
            if nodes.iter().any(|node| node.whole) {
                return None;
            }
            nodes = nodes.into_iter().flat_map(|node| node.step(step)).collect();
        }
        (!self.unknowable).then_some(nodes)
    }

    fn node(&mut self, path: &[ReadStep]) -> &mut ReadNode {
        path.iter().fold(&mut self.root, |node, step| match step {
            ReadStep::Key(key) => node.keys.entry(key.clone()).or_default(),
            ReadStep::Any => node.any.get_or_insert_default(),
        })
    }

    /// Says that some template reads what cannot be told before it runs; then no key is ever unknown.
    pub fn set_unknowable(&mut self) {
        self.unknowable = true;
    }

    /// Whether some template reads what cannot be told before it runs.
    pub fn is_unknowable(&self) -> bool {
        self.unknowable
    }

    /// Adds all paths of another set.
    pub fn merge(&mut self, other: &ReadPaths) {
        self.unknowable |= other.unknowable;
        self.root.merge(&other.root);
    }
}

impl ReadNode {
    fn step(&self, step: &Step) -> impl Iterator<Item = &ReadNode> {
        let named = match step {
            Step::Key(key) => self.keys.get(key),
            Step::Index(_) => None,
        };
        named.into_iter().chain(self.any.as_deref())
    }

    fn merge(&mut self, other: &ReadNode) {
        self.whole |= other.whole;
        self.tested |= other.tested;
        for (key, node) in &other.keys {
            self.keys.entry(key.clone()).or_default().merge(node);
        }
        if let Some(any) = &other.any {
            self.any.get_or_insert_default().merge(any);
        }
    }
}
