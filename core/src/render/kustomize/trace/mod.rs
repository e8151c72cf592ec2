//! What happened to the fields of the resources, step by step; kept only when somebody asks.
//!
//! No transformer knows of it. After each step the documents are compared with what they were before, so whatever a step
//! does to a field is seen, also where one node hangs at several places. Entries of maps are known by their keys, items of
//! lists by their nodes, then by their names, then by where they stand.

mod compare;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};

use ecow::EcoString;

use crate::object::{Gvk, Object, ObjectKey};
use crate::source::{Limits, SourceMap, Span};
use crate::value::{Step as PathStep, Value, ValuePath};

use super::place::{Finder, Place};
use super::resource::{self, Resource};
use super::tree::{NodeId, Tree};
use compare::Comparison;

/// A step of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildStep {
    /// The field of the kustomization that asks for it, or what the build does by itself.
    pub name: &'static str,
    /// Where the kustomization asks for it; [`Span::NONE`] for what the build does by itself.
    pub span: Span,
}

/// One thing that happened to a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The number of the step in [`Trace::steps`].
    pub step: usize,
    /// Where the field is written, in a resource's or a patch's file; [`Span::NONE`] for what a transformer made.
    pub written: Span,
}

/// What a step changed in an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// The number of the step in [`Trace::steps`].
    pub step: usize,
    /// The field, where it stood right after the step.
    pub path: ValuePath,
    /// What it was; `None` for what was added.
    pub before: Option<Value>,
    /// What it became; `None` for what was taken away.
    pub after: Option<Value>,
    /// Where the new value is written, as in [`Change::written`].
    pub written: Span,
}

/// The history of a build.
#[derive(Debug, Default)]
pub struct Trace {
    /// The steps, in their order.
    pub steps: Vec<BuildStep>,
    /// The history of each object that was written.
    pub objects: BTreeMap<ObjectKey, History>,
    /// What was changed in each of them after it was made, in the order in which it happened.
    pub edits: BTreeMap<ObjectKey, Vec<Edit>>,
    /// The objects that were taken away, each with the number of the step that did it.
    pub dropped: Vec<(ObjectKey, usize)>,
}

impl Trace {
    /// Returns the history of an object, also when an environment gave it another name since.
    pub fn of(&self, object: &Object) -> Option<&History> {
        self.key_of(object).and_then(|key| self.objects.get(&key))
    }

    /// Returns what was changed in an object, also when an environment gave it another name since.
    pub fn edits_of(&self, object: &Object) -> &[Edit] {
        self.key_of(object).and_then(|key| self.edits.get(&key)).map_or(&[], Vec::as_slice)
    }

    fn key_of(&self, object: &Object) -> Option<ObjectKey> {
        let key = object.key();
        let former = object.former_names().iter().flat_map(|former| {
            let (kind, name) = (&former.kind, &former.name);
            let namespaces = [former.namespace.clone(), "".into()];
            let key = |namespace| ObjectKey { kind: kind.clone(), namespace, name: name.clone(), ..key.clone() };
            namespaces.map(key)
        });
        former.chain([key.clone()]).find(|key| self.objects.contains_key(key))
    }

    /// Returns where a field was written last, else the step that changed it last; `None` where no file says so.
    pub fn last_place(&self, history: &History) -> Option<Span> {
        let place = |change: &Change| match change.written {
            Span::NONE => self.steps.get(change.step).map_or(Span::NONE, |step| step.span),
            written => written,
        };
        history.changes.iter().rev().map(place).find(|span| !span.is_none())
    }
}

/// The history of a field and of all below it.
#[derive(Debug, Clone)]
pub struct History {
    node: NodeId,
    /// What happened to it, in order. A map or list has only what made it.
    pub changes: Vec<Change>,
    /// What is inside.
    pub content: Content,
}

/// What a field is.
#[derive(Debug, Clone)]
pub enum Content {
    /// A scalar: its text, and what it is.
    Scalar(EcoString, Value),
    /// A list.
    Seq(Vec<History>),
    /// A map.
    Map(Vec<(EcoString, History)>),
}

impl Content {
    /// Returns what the field is now.
    pub fn value(&self) -> Value {
        match self {
            Content::Scalar(_, value) => value.clone(),
            Content::Seq(items) => items.iter().map(History::value).collect::<Vec<_>>().into(),
            Content::Map(entries) => {
                let entries = entries.iter().map(|(key, history)| (key.as_str(), history.value()));
                entries.collect::<crate::value::Map>().into()
            }
        }
    }
}

impl History {
    /// Returns the history of a field below this one.
    pub fn at(&self, path: &ValuePath) -> Option<&History> {
        path.steps().iter().try_fold(self, |history, step| match (step, &history.content) {
            (PathStep::Key(key), Content::Map(entries)) => {
                entries.iter().find(|(name, _)| name == key).map(|(_, history)| history)
            }
            (PathStep::Index(index), Content::Seq(items)) => items.get(*index),
            _ => None,
        })
    }

    /// Returns what the field is now.
    pub fn value(&self) -> Value {
        self.content.value()
    }

    fn text(&self, path: &[&str]) -> EcoString {
        match self.at(&ValuePath::keys(path.iter().copied())).map(|history| &history.content) {
            Some(Content::Scalar(text, _)) => text.clone(),
            _ => EcoString::new(),
        }
    }

    fn name(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar(text, _) => Some(text),
            Content::Map(entries) => entries.iter().find(|(key, _)| key == "name").and_then(|(_, name)| name.name()),
            Content::Seq(_) => None,
        }
    }
}

/// Gathers the history of a build.
#[derive(Debug, Default)]
pub(super) struct Tracer {
    steps: Vec<(&'static str, Place)>,
    /// By the node that a resource had first.
    resources: HashMap<NodeId, Traced>,
    dropped: Vec<(NodeId, usize)>,
    /// How many nodes were looked at so far.
    work: usize,
}

/// Each step looks at all nodes, so that many steps on many objects end somewhere: after seconds.
const MOST_WORK: usize = 100_000_000;

/// What is known of a resource.
#[derive(Debug)]
struct Traced {
    history: History,
    edits: Vec<Edit>,
}

impl Tracer {
    /// Notes what a step made of some resources.
    pub(super) fn note(&mut self, tree: &Tree, resources: &[Resource], name: &'static str, place: Place) {
        self.steps.push((name, place));
        let step = self.steps.len() - 1;
        for resource in resources.iter().filter(|resource| !resource.is_nothing(tree)) {
            let mut comparison = Comparison::new(tree, step);
            let traced = match self.resources.remove(&resource.born) {
                Some(Traced { history, mut edits }) => {
                    let history = comparison.history(resource.root, history);
                    edits.append(&mut comparison.edits);
                    Traced { history, edits }
                }
                None => Traced { history: comparison.made(resource.root), edits: Vec::new() },
            };
            self.work += comparison.work.get();
            self.resources.insert(resource.born, traced);
        }
    }

    /// Whether the steps and objects are too many to go on.
    pub(super) fn is_exhausted(&self) -> bool {
        self.work > MOST_WORK
    }

    /// Notes that the last step took away those of some resources that are not among those that are left.
    pub(super) fn note_dropped(&mut self, before: &HashSet<NodeId>, left: &[Resource]) {
        let left: HashSet<NodeId> = left.iter().map(|resource| resource.born).collect();
        let step = self.steps.len().saturating_sub(1);
        let mut dropped: Vec<NodeId> = before.difference(&left).copied().collect();
        dropped.sort_unstable();
        self.dropped.extend(dropped.into_iter().map(|born| (born, step)));
    }

    /// Returns what is known of the resources that are written.
    pub(super) fn finish(mut self, tree: &Tree, resources: &[Resource], sources: &SourceMap, limits: &Limits) -> Trace {
        let mut found = Finder::new(sources, limits);
        let steps = self.steps.iter().map(|(name, place)| BuildStep { name, span: found.find(*place) }).collect();
        let mut trace = Trace { steps, ..Trace::default() };
        for resource in resources {
            let Gvk { group, kind, .. } = resource::gvk(tree, resource.root);
            let text = |field| resource::metadata_text(tree, resource.root, field);
            let key = ObjectKey { group, kind, namespace: text("namespace"), name: text("name") };
            if let Some(Traced { history, edits }) = self.resources.remove(&resource.born) {
                trace.objects.insert(key.clone(), history);
                trace.edits.insert(key, edits);
            }
        }
        let key = |history: &History| {
            let text = |path: &[&str]| history.text(path);
            let gvk = Gvk::new(&text(&["apiVersion"]), &text(&["kind"]));
            let (namespace, name) = (text(&["metadata", "namespace"]), text(&["metadata", "name"]));
            ObjectKey { group: gvk.group, kind: gvk.kind, namespace, name }
        };
        let dropped = self.dropped.iter();
        trace.dropped =
            dropped.filter_map(|(born, step)| Some((key(&self.resources.get(born)?.history), *step))).collect();
        trace
    }
}
