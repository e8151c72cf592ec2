//! The tables of the analysis: paths and what is read of them, containers that templates make and what gets into them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::value::{Known, Text};
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
    /// They put something into it, or into one below.
    filled: bool,
    /// The variants that have looked into it, and those that have looked at all below it.
    readers: BTreeSet<usize>,
    readers_of_all: BTreeSet<usize>,
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

/// A text that is evaluated, and what it is given.
#[derive(Clone, Debug, Default)]
pub(super) struct Evaluated {
    pub(super) text: Text,
    pub(super) data: Known,
}

/// A container that an expression makes, and the variants that have looked into it.
#[derive(Clone, Debug, Default)]
struct Made {
    contents: Contents,
    readers: BTreeSet<usize>,
}

#[derive(Clone, Debug)]
pub(super) struct Store {
    paths: Vec<PathData>,
    made: Vec<Made>,
    /// The variant that is looked at.
    pub(super) current: usize,
    /// The variants that have to be looked at again, since something has grown that they depend on.
    pub(super) stale: BTreeSet<usize>,
    /// There are more paths than can be.
    pub(super) full: bool,
    /// The parts of sets that were gone through.
    pub(super) work: u64,
}

/// Below this many steps everything is read: templates that call themselves for the children of a value reach it.
const DEEPEST: usize = 20;

/// How many paths are told apart.
const MOST_PATHS: usize = 100_000;

impl Store {
    pub(super) fn new() -> Store {
        let root = PathData::new(None, ReadStep::Any, 0);
        Store { paths: vec![root], made: Vec::new(), current: 0, stale: BTreeSet::new(), full: false, work: 0 }
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
        self.made.push(Made::default());
        MadeId(u32::try_from(self.made.len() - 1).expect("the walk ends long before"))
    }

    /// Reads everything at and below a path.
    pub(super) fn read(&mut self, id: PathId) {
        self.path_mut(id).whole = true;
    }

    pub(super) fn test(&mut self, id: PathId) {
        self.path_mut(id).tested = true;
    }

    fn child(&mut self, id: PathId, step: ReadStep) -> Known {
        if let Some(&child) = self.path(id).children.get(&step) {
            return Known::path(child);
        }
        let depth = self.path(id).depth + 1;
        if depth > DEEPEST {
            self.read(id);
            return Known::made_of(Text { paths: BTreeSet::from([id]), ..Text::default() });
        }
        self.full |= self.paths.len() > MOST_PATHS;
        let child = PathId(u32::try_from(self.paths.len()).expect("the walk ends long before"));
        self.paths.push(PathData::new(Some(id), step.clone(), depth));
        self.path_mut(id).children.insert(step, child);
        Known::path(child)
    }

    /// Returns what a key of a value, or any element of it, may be.
    pub(super) fn element(&mut self, of: &Known, step: &ReadStep) -> Known {
        let mut found = Known { other: of.other, text: of.text.clone(), ..Known::default() };
        let (mut work, mut seen) = (vec![of.clone()], BTreeSet::new());
        while let Some(of) = work.pop() {
            self.work += of.size();
            for &path in &of.paths {
                if seen.insert((Some(path), None)) {
                    let child = self.child(path, step.clone());
                    found.join(&child);
                    let current = self.current;
                    let data = self.path_mut(path);
                    data.readers.insert(current);
                    work.extend(data.put.get(step, &mut found));
                }
            }
            for &made in &of.made {
                if seen.insert((None, Some(made))) {
                    let made = &mut self.made[made.0 as usize];
                    made.readers.insert(self.current);
                    work.extend(made.contents.get(step, &mut found));
                }
            }
            found.other |= of.other;
            found.text.join(&of.text);
        }
        found
    }

    /// Puts a value into a map: under a key, or somewhere.
    pub(super) fn put(&mut self, into: &Known, key: Option<&Str>, value: &Known) {
        self.change(into, |contents| {
            let place = match key {
                Some(key) => contents.entries.entry(key.clone()).or_default(),
                None => &mut contents.any,
            };
            place.join(value)
        });
    }

    /// Puts a value into a list.
    pub(super) fn add(&mut self, into: &Known, value: &Known) {
        self.change(into, |contents| contents.items.join(value));
    }

    /// Puts the contents of containers into another one.
    pub(super) fn merge(&mut self, into: &Known, from: &Known) {
        self.change(into, |contents| contents.merged.join(from));
    }

    /// Changes contents, and notes who has to look again.
    fn change(&mut self, of: &Known, mut change: impl FnMut(&mut Contents) -> bool) {
        for &path in &of.paths {
            if change(&mut self.path_mut(path).put) {
                self.note_filled(path);
            }
        }
        for made in &of.made {
            let made = &mut self.made[made.0 as usize];
            if change(&mut made.contents) {
                self.stale.extend(&made.readers);
            }
        }
    }

    fn note_filled(&mut self, path: PathId) {
        self.stale.extend(&self.paths[path.0 as usize].readers);
        let mut at = Some(path);
        while let Some(above) = at {
            let data = &mut self.paths[above.0 as usize];
            data.filled = true;
            self.stale.extend(&data.readers_of_all);
            at = data.parent;
        }
    }

    /// Returns the paths of a value and of all that templates put into it, however deep.
    pub(super) fn reachable(&mut self, of: &Known) -> BTreeSet<PathId> {
        let mut found = BTreeSet::new();
        self.visit(of, |known| found.extend(&known.paths));
        found
    }

    /// Returns what may be in a text that is made of a value.
    pub(super) fn text_of(&mut self, of: &Known) -> Text {
        let mut found = Text::default();
        self.visit(of, |known| {
            found.paths.extend(&known.paths);
            found.join(&known.text);
        });
        found
    }

    /// Visits a value and all that templates put into it.
    fn visit(&mut self, of: &Known, mut see: impl FnMut(&Known)) {
        let mut size = 0;
        let (paths, made) = self.look(of, |known| {
            size += known.size();
            see(known);
        });
        self.work += size + (paths.len() + made.len()) as u64;
        for path in paths {
            self.paths[path.0 as usize].readers_of_all.insert(self.current);
        }
        for made in made {
            self.made[made.0 as usize].readers.insert(self.current);
        }
    }

    fn look(&self, of: &Known, mut see: impl FnMut(&Known)) -> (BTreeSet<PathId>, BTreeSet<MadeId>) {
        let (mut work, mut paths, mut made) = (vec![of], BTreeSet::new(), BTreeSet::new());
        while let Some(known) = work.pop() {
            see(known);
            for &path in known.paths.iter().filter(|&&path| paths.insert(path)) {
                let mut below = vec![path];
                while let Some(data) = below.pop().map(|id| self.path(id)).filter(|data| data.filled) {
                    work.extend(data.put.all());
                    below.extend(data.children.values().filter(|&&child| self.path(child).filled));
                }
            }
            for &id in known.made.iter().filter(|&&id| made.insert(id)) {
                work.extend(self.made[id.0 as usize].contents.all());
            }
        }
        (paths, made)
    }
}

impl PathData {
    fn new(parent: Option<PathId>, step: ReadStep, depth: usize) -> PathData {
        PathData {
            parent,
            step,
            depth,
            whole: false,
            tested: false,
            children: BTreeMap::new(),
            put: Contents::default(),
            filled: false,
            readers: BTreeSet::new(),
            readers_of_all: BTreeSet::new(),
        }
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
