//! Comparing two nodes as Kubernetes reads them.

use std::collections::HashMap;

use ecow::EcoString;

use super::path::{FieldPath, FieldStep};
use super::quantity::same_quantity;
use crate::object::{ListType, TypeFacts, TypeRef};
use crate::yaml::{Node, NodeKind, Scalar, ScalarKind};

/// What happened to a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It has another value.
    Changed,
}

/// One field that changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Where.
    pub path: FieldPath,
    /// How.
    pub kind: ChangeKind,
    /// What was there.
    pub before: Option<Node>,
    /// What is there.
    pub after: Option<Node>,
}

/// Collects the changes between two nodes.
pub(super) struct Walk<'a> {
    pub(super) facts: &'a dyn TypeFacts,
    pub(super) changes: Vec<Change>,
    pub(super) path: Vec<FieldStep>,
}

impl Walk<'_> {
    /// Returns the second node with what is equal written, and what can be reordered ordered, as in the first.
    pub(super) fn align(&mut self, a: &Node, b: &Node, of: Option<TypeRef>) -> Node {
        let kind = match (&a.kind, &b.kind) {
            (NodeKind::Map(x), NodeKind::Map(y)) => NodeKind::Map(self.maps(x, y, of)),
            (NodeKind::Seq(x), NodeKind::Seq(y)) => NodeKind::Seq(self.lists(x, y, of)),
            (NodeKind::Scalar(x), NodeKind::Scalar(y)) if same_scalar(x, y) || self.same_resource(x, y) => {
                return a.clone();
            }
            _ => {
                self.change(ChangeKind::Changed, Some(a), Some(b));
                return b.clone();
            }
        };
        Node { kind, span: b.span, origin: b.origin, props: None }
    }

    fn maps(&mut self, a: &[(Node, Node)], b: &[(Node, Node)], of: Option<TypeRef>) -> Vec<(Node, Node)> {
        let index: HashMap<Option<&str>, &(Node, Node)> = b.iter().map(|entry| (entry.0.as_str(), entry)).collect();
        let known: HashMap<Option<&str>, ()> = a.iter().map(|(key, _)| (key.as_str(), ())).collect();
        let mut out = Vec::with_capacity(b.len());
        for (key, x) in a {
            let name = key.as_str().unwrap_or_default();
            self.path.push(FieldStep::Key(name.into()));
            match index.get(&key.as_str()) {
                Some((other, y)) => {
                    let of = of.and_then(|of| self.facts.field(of, name));
                    out.push((other.clone(), self.align(x, y, of)));
                }
                None => self.change(ChangeKind::Removed, Some(x), None),
            }
            self.path.pop();
        }
        for (key, y) in b.iter().filter(|(key, _)| !known.contains_key(&key.as_str())) {
            self.path.push(FieldStep::Key(key.as_str().unwrap_or_default().into()));
            self.change(ChangeKind::Added, None, Some(y));
            self.path.pop();
            out.push((key.clone(), y.clone()));
        }
        out
    }

    fn lists(&mut self, a: &[Node], b: &[Node], of: Option<TypeRef>) -> Vec<Node> {
        let item = of.and_then(|of| self.facts.item(of));
        let keys = self.keys(of);
        let names = |items: &[Node]| -> Option<Vec<FieldStep>> {
            let names: Option<Vec<FieldStep>> = items.iter().map(|item| name_of(item, keys.as_deref()?)).collect();
            let mut seen = std::collections::HashSet::new();
            names.filter(|names| names.iter().all(|name| seen.insert(format!("{name:?}"))))
        };
        match (names(a), names(b)) {
            (Some(x), Some(y)) => self.keyed((a, &x), (b, &y), item),
            _ => self.by_place(a, b, item),
        }
    }

    // Returns the keys of the items of a list: none for a set of scalars.
    fn keys(&self, of: Option<TypeRef>) -> Option<Vec<EcoString>> {
        let of = of?;
        match self.facts.list_type(of) {
            Some(ListType::Map(keys)) => return Some(keys),
            Some(ListType::Set) => return Some(Vec::new()),
            Some(ListType::Atomic) => return None,
            None => {}
        }
        let key = self.facts.patch_merge_key(of)?;
        Some(if key.is_empty() { Vec::new() } else { vec![key] })
    }

    fn keyed(&mut self, a: (&[Node], &[FieldStep]), b: (&[Node], &[FieldStep]), of: Option<TypeRef>) -> Vec<Node> {
        let shown = |name: &FieldStep| format!("{name:?}");
        let index: HashMap<String, usize> = b.1.iter().enumerate().map(|(i, name)| (shown(name), i)).collect();
        let mut taken = vec![false; b.0.len()];
        let mut out = Vec::with_capacity(b.0.len());
        for (x, name) in a.0.iter().zip(a.1) {
            self.path.push(name.clone());
            match index.get(&shown(name)) {
                Some(i) => {
                    taken[*i] = true;
                    out.push(self.align(x, &b.0[*i], of));
                }
                None => self.change(ChangeKind::Removed, Some(x), None),
            }
            self.path.pop();
        }
        for ((y, name), _) in b.0.iter().zip(b.1).zip(&taken).filter(|(_, taken)| !**taken) {
            self.path.push(name.clone());
            self.change(ChangeKind::Added, None, Some(y));
            self.path.pop();
            out.push(y.clone());
        }
        out
    }

    fn by_place(&mut self, a: &[Node], b: &[Node], of: Option<TypeRef>) -> Vec<Node> {
        let mut out = Vec::with_capacity(b.len());
        for i in 0..a.len().max(b.len()) {
            self.path.push(FieldStep::Index(i));
            match (a.get(i), b.get(i)) {
                (Some(x), Some(y)) => out.push(self.align(x, y, of)),
                (None, Some(y)) => {
                    self.change(ChangeKind::Added, None, Some(y));
                    out.push(y.clone());
                }
                (x, None) => self.change(ChangeKind::Removed, x, None),
            }
            self.path.pop();
        }
        out
    }

    fn change(&mut self, kind: ChangeKind, before: Option<&Node>, after: Option<&Node>) {
        let path = FieldPath(self.path.clone());
        self.changes.push(Change { path, kind, before: before.cloned(), after: after.cloned() });
    }

    // Types say nothing of quantities here, so the maps of resources are known by name.
    fn same_resource(&self, a: &Scalar, b: &Scalar) -> bool {
        let key = |step: Option<&FieldStep>| match step {
            Some(FieldStep::Key(key)) => key.clone(),
            _ => EcoString::new(),
        };
        let parent = self.path.len().checked_sub(2).and_then(|i| self.path.get(i));
        let typed = RESOURCES.contains(&key(parent).as_str()) || key(self.path.last()) == "sizeLimit";
        let in_spec = matches!(self.path.first(), Some(FieldStep::Key(key)) if key == "spec" || key == "status");
        typed && in_spec && same_quantity(&a.text, &b.text)
    }
}

const RESOURCES: [&str; 7] = ["limits", "requests", "capacity", "allocatable", "hard", "podFixed", "used"];

fn same_scalar(a: &Scalar, b: &Scalar) -> bool {
    let text = |kind| matches!(kind, ScalarKind::Str | ScalarKind::Unresolved);
    (a.kind == b.kind || (text(a.kind) && text(b.kind))) && a.text == b.text
}

// A set has no keys: its items are named by themselves.
fn name_of(item: &Node, keys: &[EcoString]) -> Option<FieldStep> {
    if keys.is_empty() {
        return Some(FieldStep::Item(vec![("".into(), item.as_scalar()?.text.clone())]));
    }
    let pair = |key: &EcoString| Some((key.clone(), item.get(key)?.as_scalar()?.text.clone()));
    let found: Vec<(EcoString, EcoString)> = keys.iter().filter_map(pair).collect();
    (!found.is_empty()).then_some(FieldStep::Item(found))
}
