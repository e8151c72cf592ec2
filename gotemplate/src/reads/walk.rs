//! Goes through templates, branch by branch, with what is known of their data.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::store::{Evaluated, MadeId, PathId, ReadStep, Store};
use super::value::{Known, Text, has_braces};
use crate::functions::{Builtin, Callee};
use crate::node::{Branch, Name, NodeId, NodeKind, Source};
use crate::observe::Flow;
use crate::program::Program;
use crate::set::{Set, Template};
use crate::value::Str;

/// How many kinds of data a template is followed with before they are thrown together.
const MOST_VARIANTS: usize = 64;

/// How deep actions may be nested in each other.
const DEEPEST: usize = 150;

/// How many parts of values are gone through, in less than a second: few templates are that entangled, and of those
/// nothing is known.
const MOST_WORK: u64 = 2_000_000;

/// A template with what is known of its data.
struct Variant {
    program: Arc<Program>,
    data: Known,
    /// What it writes.
    out: Text,
}

/// A variable: in which variant and where it is declared, and whether it is that of a loop's body.
type Cell = (usize, NodeId, bool);

/// The way through one template.
pub(super) struct Frame {
    pub(super) variant: usize,
    source: Arc<Source>,
    scope: Vec<(Arc<str>, Cell)>,
    dot: Known,
    depth: usize,
}

pub(super) struct Walk<'a> {
    set: &'a Set,
    pub(super) names: Arc<[Arc<str>]>,
    pub(super) store: Store,
    variants: Vec<Variant>,
    known_variants: BTreeMap<(Arc<str>, Known), usize>,
    /// The variants of each template; the last takes all data once there are too many.
    of_template: BTreeMap<Arc<str>, Vec<usize>>,
    cells: BTreeMap<Cell, Known>,
    /// The variables that the variant at hand has looked at.
    looked_at: BTreeSet<Cell>,
    made: BTreeMap<(usize, NodeId), MadeId>,
    /// The texts that are evaluated, and where.
    pub(super) evaluated: Vec<Evaluated>,
    pub(super) evaluated_at: BTreeMap<(usize, NodeId), usize>,
    /// Something could not be followed.
    lost: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(set: &'a Set) -> Walk<'a> {
        Walk {
            set,
            names: set.names().into(),
            store: Store::new(),
            variants: Vec::new(),
            known_variants: BTreeMap::new(),
            of_template: BTreeMap::new(),
            cells: BTreeMap::new(),
            looked_at: BTreeSet::new(),
            made: BTreeMap::new(),
            evaluated: Vec::new(),
            evaluated_at: BTreeMap::new(),
            lost: false,
        }
    }

    /// Begins with a template that is given the data.
    pub(super) fn start(&mut self, name: &str) {
        self.run(name, &Known::path(PathId::ROOT));
    }

    /// Goes through everything until nothing grows any more.
    pub(super) fn finish(mut self, mut may_hold_actions: impl FnMut(&[&ReadStep]) -> bool) -> Store {
        while !self.lost {
            let Some(at) = self.store.stale.pop_first() else { break };
            self.variant(at);
        }
        if self.lost {
            self.store.read(PathId::ROOT);
            return self.store;
        }
        let active: Vec<bool> =
            (0..self.evaluated.len()).map(|number| self.is_active(number, &mut may_hold_actions)).collect();
        for (evaluated, _) in std::mem::take(&mut self.evaluated).iter().zip(active).filter(|(_, active)| *active) {
            self.use_whole(&evaluated.data);
        }
        self.store
    }

    /// Reports whether an evaluated text may hold an action.
    fn is_active(&self, number: usize, may_hold_actions: &mut impl FnMut(&[&ReadStep]) -> bool) -> bool {
        let (mut work, mut templates, mut evaluated) =
            (vec![&self.evaluated[number].text], BTreeSet::new(), BTreeSet::new());
        let mut paths = BTreeSet::new();
        while let Some(text) = work.pop() {
            if text.braces {
                return true;
            }
            paths.extend(&text.paths);
            work.extend(text.templates.iter().filter(|&&at| templates.insert(at)).map(|&at| &self.variants[at].out));
            // What an active text writes may be anything; an inactive one writes itself.
            work.extend(text.evaluated.iter().filter(|&&at| evaluated.insert(at)).map(|&at| &self.evaluated[at].text));
        }
        paths.iter().any(|&path| may_hold_actions(&self.store.steps(path)))
    }

    /// Has a template followed with this data, and returns what it writes.
    pub(super) fn run(&mut self, name: &str, data: &Known) -> Known {
        let Some(template) = self.set.lookup(name) else { return Known::nothing() };
        let key = (template.program.name.clone(), data.clone());
        let at = match self.known_variants.get(&key) {
            Some(&at) => at,
            None => self.add_variant(template, key),
        };
        Known::made_of(Text { templates: BTreeSet::from([at]), ..Text::default() })
    }

    fn add_variant(&mut self, template: &Template, key: (Arc<str>, Known)) -> usize {
        let variants = self.of_template.entry(key.0.clone()).or_default();
        let at = if variants.len() < MOST_VARIANTS {
            let (program, data) = (template.program.clone(), key.1.clone());
            variants.push(self.variants.len());
            self.variants.push(Variant { program, data, out: Text::default() });
            self.variants.len() - 1
        } else {
            let last = variants[MOST_VARIANTS - 1];
            self.variants[last].data.join(&key.1);
            last
        };
        self.store.stale.insert(at);
        self.known_variants.insert(key, at);
        at
    }

    fn variant(&mut self, at: usize) {
        let Variant { program, data, .. } = &self.variants[at];
        let (program, dot) = (program.clone(), data.clone());
        self.store.current = at;
        self.looked_at.clear();
        let top = (at, program.root, false);
        self.cells.insert(top, dot.clone());
        let scope = vec![(Arc::from("$"), top)];
        let mut frame = Frame { variant: at, source: program.source.clone(), scope, dot, depth: 0 };
        self.node(&mut frame, program.root);
    }

    fn enter(&mut self, frame: &mut Frame) -> bool {
        frame.depth += 1;
        self.store.work += 1;
        self.lost |= frame.depth > DEEPEST || self.store.work > MOST_WORK || self.store.full;
        !self.lost
    }

    fn node(&mut self, frame: &mut Frame, id: NodeId) {
        if !self.enter(frame) {
            return;
        }
        let source = frame.source.clone();
        match source.kind(id) {
            NodeKind::List(nodes) => source.list(*nodes).iter().for_each(|&node| self.node(frame, node)),
            NodeKind::Text { start, end } if has_braces(source.slice(*start, *end)) => {
                self.variants[frame.variant].out.braces = true;
            }
            NodeKind::Action { pipe } => {
                let value = self.pipe(frame, *pipe);
                if matches!(source.kind(*pipe), NodeKind::Pipe { declared, .. } if declared.is_empty()) {
                    self.use_whole(&value);
                    let text = self.store.text_of(&value);
                    self.variants[frame.variant].out.join(&text);
                }
            }
            NodeKind::Template { name, pipe } => {
                let data = pipe.map_or_else(Known::nothing, |pipe| self.pipe(frame, pipe));
                let out = self.run(name, &data);
                self.variants[frame.variant].out.join(&out.text);
            }
            NodeKind::Branch { kind, pipe, then, otherwise } => {
                self.branch(frame, *kind, *pipe, *then, *otherwise);
            }
            _ => {}
        }
        frame.depth -= 1;
    }

    fn branch(&mut self, frame: &mut Frame, kind: Branch, pipe: NodeId, then: NodeId, otherwise: Option<NodeId>) {
        let (outer, dot) = (frame.scope.len(), frame.dot.clone());
        let value = self.pipe(frame, pipe);
        self.test(&value);
        let inner = frame.scope.len();
        match kind {
            Branch::If => {}
            Branch::With => frame.dot = value,
            Branch::Range => {
                let elem = self.store.element(&value, &ReadStep::Any);
                self.test(&elem);
                self.loop_variables(frame, pipe, &elem);
                frame.dot = elem;
            }
        }
        self.node(frame, then);
        frame.scope.truncate(inner);
        frame.dot = dot;
        if let Some(otherwise) = otherwise {
            self.node(frame, otherwise);
        }
        frame.scope.truncate(outer);
    }

    /// In a loop's body, its variables are index and element; after it, what the pipeline gave.
    fn loop_variables(&mut self, frame: &mut Frame, pipe: NodeId, elem: &Known) {
        let source = frame.source.clone();
        let NodeKind::Pipe { assign, declared, .. } = source.kind(pipe) else { return };
        let index = Known::made_of(self.store.text_of(elem));
        let values: &[&Known] = if declared.len() > 1 { &[&index, elem] } else { &[elem] };
        for (&variable, value) in source.list(*declared).iter().zip(values) {
            let NodeKind::Variable(names) = source.kind(variable) else { continue };
            let name = source.name(source.names(*names)[0]);
            let cell = if *assign { find(frame, name) } else { Some((frame.variant, variable, true)) };
            let Some(cell) = cell else { continue };
            if !assign {
                frame.scope.push((Arc::from(name), cell));
            }
            self.assign(cell, value);
        }
    }

    fn assign(&mut self, cell: Cell, value: &Known) {
        if self.cells.entry(cell).or_default().join(value) && self.looked_at.contains(&cell) {
            // The body of a loop saw less than it can see the next time.
            self.store.stale.insert(cell.0);
        }
    }

    fn pipe(&mut self, frame: &mut Frame, id: NodeId) -> Known {
        if !self.enter(frame) {
            return Known::nothing();
        }
        let source = frame.source.clone();
        let NodeKind::Pipe { assign, declared, commands } = source.kind(id) else { return Known::nothing() };
        let mut value = None;
        for &command in source.list(*commands) {
            value = Some(self.command(frame, command, value.take()));
        }
        let value = value.unwrap_or_default();
        for &variable in source.list(*declared) {
            let NodeKind::Variable(names) = source.kind(variable) else { continue };
            let name = source.name(source.names(*names)[0]);
            let cell = if *assign { find(frame, name) } else { Some((frame.variant, variable, false)) };
            let Some(cell) = cell else { continue };
            if !assign {
                frame.scope.push((Arc::from(name), cell));
            }
            self.assign(cell, &value);
        }
        frame.depth -= 1;
        value
    }

    fn command(&mut self, frame: &mut Frame, id: NodeId, piped: Option<Known>) -> Known {
        let source = frame.source.clone();
        let NodeKind::Command { args } = source.kind(id) else { return Known::nothing() };
        let args = source.list(*args);
        let (first, rest) = (args[0], &args[1..]);
        if let NodeKind::Identifier(name) = source.kind(first) {
            return self.function(frame, first, source.name(*name), rest, piped);
        }
        let receiver = self.arg(frame, first);
        if rest.is_empty() && piped.is_none() {
            return receiver;
        }
        // A method with arguments: what it gives is as good as a field, and it sees all that it is given.
        let mut given: Vec<Known> = rest.iter().map(|&arg| self.arg(frame, arg)).collect();
        given.extend(piped);
        given.iter().for_each(|arg| self.use_whole(arg));
        let mut result = receiver.joined(&Known::other());
        for arg in &given {
            result.text.join(&self.store.text_of(arg));
        }
        result
    }

    fn function(&mut self, frame: &mut Frame, id: NodeId, name: &str, args: &[NodeId], piped: Option<Known>) -> Known {
        let mut given: Vec<Known> = args.iter().map(|&arg| self.arg(frame, arg)).collect();
        given.extend(piped);
        let flow = match self.set.functions().find(name) {
            None => return Known::nothing(),
            Some(Callee::Builtin(Builtin::And | Builtin::Or)) => Flow::Pick,
            Some(Callee::Builtin(builtin)) => builtin.flow(),
            Some(Callee::Host(function)) => function.flow(),
        };
        self.call(frame, id, flow, &given)
    }

    fn arg(&mut self, frame: &mut Frame, id: NodeId) -> Known {
        if !self.enter(frame) {
            return Known::nothing();
        }
        let source = frame.source.clone();
        let value = match source.kind(id) {
            NodeKind::Dot => frame.dot.clone(),
            NodeKind::Field(names) => self.fields(&source, frame.dot.clone(), source.names(*names)),
            NodeKind::Variable(names) => {
                let names = source.names(*names);
                let cell = find(frame, source.name(names[0]));
                self.looked_at.extend(cell);
                let value = cell.and_then(|cell| self.cells.get(&cell)).cloned().unwrap_or_default();
                self.fields(&source, value, &names[1..])
            }
            NodeKind::Chain { node, fields } => {
                let value = self.arg(frame, *node);
                self.fields(&source, value, source.names(*fields))
            }
            NodeKind::Pipe { .. } => self.pipe(frame, id),
            NodeKind::Identifier(name) => self.function(frame, id, source.name(*name), &[], None),
            NodeKind::Str { start, end } => Known::text(Str::from(source.string(*start, *end))),
            NodeKind::Nil => Known::nothing(),
            _ => Known::other(),
        };
        frame.depth -= 1;
        self.store.work += value.size();
        value
    }

    fn fields(&mut self, source: &Source, of: Known, names: &[Name]) -> Known {
        names.iter().fold(of, |at, &name| self.store.element(&at, &ReadStep::Key(Str::from(source.name(name)))))
    }

    /// Reads all of a value.
    pub(super) fn use_whole(&mut self, value: &Known) {
        for path in self.store.reachable(value) {
            self.store.read(path);
        }
    }

    /// Reads of what kind a value is, and whether it is empty.
    pub(super) fn test(&mut self, value: &Known) {
        value.paths.iter().for_each(|&path| self.store.test(path));
    }

    /// Returns the container that an expression makes.
    pub(super) fn made(&mut self, frame: &Frame, node: NodeId) -> Known {
        let key = (frame.variant, node);
        let made = match self.made.get(&key) {
            Some(&made) => made,
            None => self.store.add_made(),
        };
        self.made.insert(key, made);
        Known::made(made)
    }
}

fn find(frame: &Frame, name: &str) -> Option<Cell> {
    frame.scope.iter().rev().find(|(known, _)| &**known == name).map(|(_, cell)| *cell)
}
