//! The tables of the analysis: paths and what is read of them, containers that templates make and what gets into them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::value::Known;
use crate::value::Str;

/// A step of a path that is read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReadStep {
    /// The key of a map, or the field or method of an object.
    Key(Str),
    /// Any key or index: of a loop, or computed.
    Any,
}

impl fmt::Display for ReadStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadStep::Key(key) => write!(f, ".{key}"),
            ReadStep::Any => f.write_str("[*]"),
        }
    }
}

/// A path from the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PathId(u32);

/// A container that an expression makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MadeId(u32);

impl PathId {
    pub(super) const ROOT: PathId = PathId(0);
}

#[derive(Clone, Debug)]
pub(super) struct PathData {
    parent: Option<PathId>,
    step: ReadStep,
    depth: usize,
    /// All at and below the path is read.
    pub(super) whole: bool,
    /// It is read whether there is something, and of what kind.
    pub(super) tested: bool,
    pub(super) children: BTreeMap<ReadStep, PathId>,
    /// What templates put into the container that is there.
    put: Contents,
}

/// What templates put into a container.
#[derive(Clone, Debug, Default)]
pub(super) struct Contents {
    entries: BTreeMap<Str, Known>,
    /// Under keys that are not known.
    any: Known,
    /// As elements of a list, which have no keys.
    items: Known,
    /// Containers whose contents go into this one.
    merged: Known,
}

/// A text that is evaluated.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Evaluated {
    /// Where the text comes from.
    pub(super) texts: BTreeSet<PathId>,
    /// What it can read.
    pub(super) data: BTreeSet<PathId>,
}

#[derive(Clone, Debug)]
pub(super) struct Store {
    paths: Vec<PathData>,
    made: Vec<Contents>,
    pub(super) evaluated: BTreeSet<Evaluated>,
    /// Something has grown.
    pub(super) changed: bool,
    /// There are more paths than can be.
    pub(super) full: bool,
}

/// Below this many steps everything is read: templates that call themselves for the children of a value reach it.
const DEEPEST: usize = 20;

/// How many paths are told apart.
const MOST_PATHS: usize = 100_000;

impl Store {
    pub(super) fn new() -> Store {
        let root = PathData::new(None, ReadStep::Any, 0);
        Store { paths: vec![root], made: Vec::new(), evaluated: BTreeSet::new(), changed: false, full: false }
    }

    pub(super) fn path(&self, id: PathId) -> &PathData {
        &self.paths[id.0 as usize]
    }

    fn path_mut(&mut self, id: PathId) -> &mut PathData {
        &mut self.paths[id.0 as usize]
    }

    pub(super) fn steps(&self, id: PathId) -> Vec<&ReadStep> {
        let mut steps = Vec::new();
        let mut at = self.path(id);
        while let Some(parent) = at.parent {
            steps.push(&at.step);
            at = self.path(parent);
        }
        steps.reverse();
        steps
    }

    pub(super) fn add_made(&mut self) -> MadeId {
        self.changed = true;
        self.made.push(Contents::default());
        MadeId(u32::try_from(self.made.len() - 1).expect("the walk ends long before"))
    }

    /// Reads everything at and below a path.
    pub(super) fn read(&mut self, id: PathId) {
        self.changed |= !self.path(id).whole;
        self.path_mut(id).whole = true;
    }

    pub(super) fn test(&mut self, id: PathId) {
        self.changed |= !self.path(id).tested;
        self.path_mut(id).tested = true;
    }

    fn child(&mut self, id: PathId, step: ReadStep) -> Known {
        if let Some(&child) = self.path(id).children.get(&step) {
            return Known::path(child);
        }
        let depth = self.path(id).depth + 1;
        if depth > DEEPEST {
            self.read(id);
            return Known { from: BTreeSet::from([id]), ..Known::other() };
        }
        self.changed = true;
        self.full |= self.paths.len() > MOST_PATHS;
        let child = PathId(u32::try_from(self.paths.len()).expect("the walk ends long before"));
        self.paths.push(PathData::new(Some(id), step.clone(), depth));
        self.path_mut(id).children.insert(step, child);
        Known::path(child)
    }

    /// Returns what a key of a value, or any element of it, may be.
    pub(super) fn element(&mut self, of: &Known, step: &ReadStep) -> Known {
        let mut found = Known { other: of.other, from: of.from.clone(), braces: of.braces, ..Known::default() };
        let (mut work, mut seen) = (vec![of.clone()], BTreeSet::new());
        while let Some(of) = work.pop() {
            for &path in &of.paths {
                if seen.insert((Some(path), None)) {
                    let child = self.child(path, step.clone());
                    found.join(&child);
                    work.extend(self.path(path).put.get(step, &mut found));
                }
            }
            for &made in &of.made {
                if seen.insert((None, Some(made))) {
                    work.extend(self.made[made.0 as usize].get(step, &mut found));
                }
            }
            found.other |= of.other;
            found.from.extend(&of.from);
        }
        found
    }

    /// Puts a value into a map: under a key, or somewhere.
    pub(super) fn put(&mut self, into: &Known, key: Option<&Str>, value: &Known) {
        let mut changed = false;
        self.contents(into, |contents| {
            let place = match key {
                Some(key) => contents.entries.entry(key.clone()).or_default(),
                None => &mut contents.any,
            };
            changed |= place.join(value);
        });
        self.changed |= changed;
    }

    /// Puts a value into a list.
    pub(super) fn add(&mut self, into: &Known, value: &Known) {
        let mut changed = false;
        self.contents(into, |contents| changed |= contents.items.join(value));
        self.changed |= changed;
    }

    /// Puts the contents of containers into another one.
    pub(super) fn merge(&mut self, into: &Known, from: &Known) {
        let mut changed = false;
        self.contents(into, |contents| changed |= contents.merged.join(from));
        self.changed |= changed;
    }

    fn contents(&mut self, of: &Known, mut change: impl FnMut(&mut Contents)) {
        of.paths.iter().for_each(|&path| change(&mut self.path_mut(path).put));
        of.made.iter().for_each(|&made| change(&mut self.made[made.0 as usize]));
    }

    /// Returns the paths of a value and of all that templates put into it, however deep.
    pub(super) fn reachable(&self, of: &Known) -> BTreeSet<PathId> {
        let mut found = BTreeSet::new();
        self.visit(of, |known| found.extend(&known.paths));
        found
    }

    /// Returns the paths of all that went into a value, or into a text made of it.
    pub(super) fn sources(&self, of: &Known) -> BTreeSet<PathId> {
        let mut found = BTreeSet::new();
        self.visit(of, |known| {
            found.extend(&known.paths);
            found.extend(&known.from);
        });
        found
    }

    /// Reports whether constant texts in a value may make an action.
    pub(super) fn has_braces(&self, of: &Known) -> bool {
        let mut found = false;
        self.visit(of, |known| found |= known.braces);
        found
    }

    /// Visits a value and all that templates put into it.
    fn visit(&self, of: &Known, mut see: impl FnMut(&Known)) {
        let (mut work, mut seen) = (vec![of], BTreeSet::new());
        while let Some(of) = work.pop() {
            see(of);
            for &path in of.paths.iter().filter(|&&path| seen.insert((Some(path), None))) {
                work.extend(self.path(path).put.all());
                // What was put deeper into it is found at its children.
                work.extend(self.below(path).flat_map(Contents::all));
            }
            for &made in of.made.iter().filter(|&&made| seen.insert((None, Some(made)))) {
                work.extend(self.made[made.0 as usize].all());
            }
        }
    }

    /// Returns what was put into containers below a path.
    fn below(&self, path: PathId) -> impl Iterator<Item = &Contents> {
        let mut work: Vec<PathId> = self.path(path).children.values().copied().collect();
        std::iter::from_fn(move || {
            let id = work.pop()?;
            work.extend(self.path(id).children.values());
            Some(&self.path(id).put)
        })
    }
}

impl PathData {
    fn new(parent: Option<PathId>, step: ReadStep, depth: usize) -> PathData {
        let (children, put) = (BTreeMap::new(), Contents::default());
        PathData { parent, step, depth, whole: false, tested: false, children, put }
    }
}

impl Contents {
    /// Adds what is under a key to what was found; returns the containers to look into as well.
    fn get(&self, step: &ReadStep, found: &mut Known) -> Option<Known> {
        match step {
            ReadStep::Key(key) => {
                if let Some(value) = self.entries.get(key) {
                    found.join(value);
                }
            }
            ReadStep::Any => {
                for value in self.entries.values() {
                    found.join(value);
                }
                found.join(&self.items);
            }
        }
        found.join(&self.any);
        (self.merged != Known::default()).then(|| self.merged.clone())
    }

    fn all(&self) -> impl Iterator<Item = &Known> {
        let known = self.entries.values().chain([&self.any, &self.items, &self.merged]);
        known.filter(|known| **known != Known::default())
    }
}
