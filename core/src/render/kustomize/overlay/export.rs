//! What a step changed, taken over into the objects: what it left alone keeps its place, its origin and its text.

use std::sync::Arc;

use ecow::EcoString;

use super::super::resmap::ResMap;
use super::super::resource::Resource;
use super::super::tree::{Body, NodeId, Tag, Tree};
use super::Changed;
use super::import::tag_of;
use super::marks::Marks;
use crate::diag::{Diagnostic, Diagnostics};
use crate::object::{Gvk, Item, Object, ObjectSet, Past};
use crate::package::{Transformation, TransformationKind as Kind};
use crate::source::{Limits, Span};
use crate::value::{Step as PathStep, ValuePath};
use crate::yaml::{self, Node, NodeKind, Rules, Scalar, ScalarKind};

/// The resources after a step.
pub(super) struct Export<'a> {
    pub(super) tree: &'a Tree,
    /// The place of each resource in the set; those beyond were made by the step.
    pub(super) places: &'a [usize],
    pub(super) marks: &'a Marks,
    pub(super) limits: &'a Limits,
    /// The step; none for what is done after all of them.
    pub(super) step: Option<&'a Transformation>,
    /// The file of the overlay, as messages name it.
    pub(super) source: &'a str,
}

/// How a node differs from what it was.
#[derive(Default)]
struct Difference {
    changed: Vec<(ValuePath, Span)>,
    lost: Vec<(ValuePath, Span)>,
}

impl Export<'_> {
    /// Takes over what the step changed and made.
    ///
    /// # Errors
    /// When something would be lost; then nothing is taken over.
    pub(super) fn take_over(
        &self,
        map: &ResMap,
        set: &mut ObjectSet,
    ) -> std::result::Result<Vec<Changed>, Diagnostics> {
        let mut findings = Diagnostics::new();
        let mut differences = Vec::with_capacity(self.places.len());
        for (resource, place) in map.list().iter().zip(self.places) {
            let mut difference = Difference::default();
            if let Some(Item::Object(object)) = set.items().get(*place) {
                self.compare(resource.root, &object.node, "", &mut ValuePath::root(), &mut difference);
                findings.extend(self.losses(&difference, object));
            }
            differences.push(difference);
        }
        if !findings.is_empty() {
            return Err(findings);
        }
        let mut changed = Vec::new();
        for ((resource, place), difference) in map.list().iter().zip(self.places).zip(differences) {
            let Some(object) = set.object_at_mut(*place) else { continue };
            if !difference.changed.is_empty() {
                let before = object.key();
                self.rewrite(resource, object);
                changed.push(Changed { object: before, now: object.key(), fields: difference.changed });
            }
            self.remember(resource, object);
        }
        let mut made = Vec::new();
        for resource in map.list().iter().skip(self.places.len()) {
            if let Some(object) = self.made(resource) {
                let fields = vec![(ValuePath::root(), self.marks.span)];
                changed.push(Changed { object: object.key(), now: object.key(), fields });
                made.push(object);
            }
        }
        set.install(made);
        Ok(changed)
    }

    fn rewrite(&self, resource: &Resource, object: &mut Object) {
        let old = std::mem::replace(&mut object.node, Node::map(Span::NONE).into());
        object.node = self.node(resource.root, Some(old.into_node()), "").into();
        if let Some(gvk) = Gvk::of(&object.node) {
            object.gvk = gvk;
        }
        object.text = None;
    }

    fn remember(&self, resource: &Resource, object: &mut Object) {
        let before = object.past.take();
        object.past = resource.build.past().map(|past| {
            let known = before.as_ref().is_some_and(|before| before.names.len() == past.names.len());
            let renamed = if known { before.map_or(Span::NONE, |before| before.renamed) } else { self.marks.span };
            Box::new(Past { renamed, ..past })
        });
    }

    fn made(&self, resource: &Resource) -> Option<Object> {
        let node = self.node(resource.root, None, "");
        let mut object = Object::new(node, Arc::from(self.source))?;
        object.past = resource.build.past().map(|past| Box::new(Past { renamed: self.marks.span, ..past }));
        Some(object)
    }

    fn compare(&self, id: NodeId, old: &Node, key: &str, path: &mut ValuePath, into: &mut Difference) {
        match (&self.tree.get(id).body, &old.kind) {
            (Body::Scalar(text), NodeKind::Scalar(scalar)) => {
                if *text != scalar.text || self.kind(id, Some(scalar)) != scalar.kind {
                    into.changed.push((path.clone(), self.marks.at(key, text)));
                }
            }
            (Body::Seq(items), NodeKind::Seq(old)) => {
                for (index, item) in items.iter().enumerate() {
                    path.push_index(index);
                    match old.get(index) {
                        Some(old) => self.compare(*item, old, key, path, into),
                        None => self.added(*item, key, path, into),
                    }
                    path.pop();
                }
                for (index, old) in old.iter().enumerate().skip(items.len()) {
                    path.push_index(index);
                    into.lost.push((path.clone(), old.span));
                    path.pop();
                }
            }
            (Body::Map(entries), NodeKind::Map(old)) => self.compare_maps(entries, old, path, into),
            _ => into.changed.push((path.clone(), self.marks.at(key, self.tree.text(id)))),
        }
    }

    fn compare_maps(
        &self,
        entries: &[(NodeId, NodeId)],
        old: &[(Node, Node)],
        path: &mut ValuePath,
        into: &mut Difference,
    ) {
        let mut kept = vec![false; old.len()];
        for (at, (key, value)) in entries.iter().enumerate() {
            let name = self.tree.text(*key);
            path.push_key(name);
            match position(old, name, at, |(key, _)| key.as_str()) {
                Some(place) => {
                    kept[place] = true;
                    self.compare(*value, &old[place].1, name, path, into);
                }
                None => self.added(*value, name, path, into),
            }
            path.pop();
        }
        for ((key, value), _) in old.iter().zip(kept).filter(|(_, kept)| !kept) {
            path.push_key(key.as_str().unwrap_or_default());
            into.lost.push((path.clone(), value.span));
            path.pop();
        }
    }

    /// Notes what is new: each entry by itself, since each has a line of its own.
    fn added(&self, id: NodeId, key: &str, path: &mut ValuePath, into: &mut Difference) {
        match &self.tree.get(id).body {
            Body::Map(entries) if !entries.is_empty() => {
                for (key, value) in entries {
                    let name = self.tree.text(*key);
                    path.push_key(name);
                    self.added(*value, name, path, into);
                    path.pop();
                }
            }
            _ => into.changed.push((path.clone(), self.marks.at(key, self.tree.text(id)))),
        }
    }

    /// Returns what a step takes away that it was not asked to take away.
    fn losses(&self, difference: &Difference, object: &Object) -> Diagnostics {
        let Some(step) = self.step else { return Diagnostics::new() };
        let key = object.key();
        let replaces = step.content.get("behavior").and_then(Node::as_str) == Some("replace");
        let is_data = |path: &ValuePath| match path.steps().first() {
            Some(PathStep::Key(key)) => matches!(key.as_str(), "data" | "binaryData" | "stringData"),
            _ => false,
        };
        let lost = difference.lost.iter().filter(|(path, _)| !(replaces && is_data(path))).map(|(path, span)| {
            let message = format!("`{}` would take `{path}` away", step.kind.field());
            let finding = Diagnostic::error("overlay-loses-data", message).at(step.span).object(key.to_string());
            finding.label(*span, 0, "it is here").help("use a patch that says what becomes of it")
        });
        let other_type = difference.changed.iter().filter(|(path, _)| {
            let is_type = matches!(path.steps(), [PathStep::Key(key)] if key == "type");
            step.kind == Kind::SecretGenerator && is_type && step.content.get("type").is_none()
        });
        let other_type = other_type.map(|_| {
            let now = object.node.get("type").and_then(Node::as_str).unwrap_or_default();
            let message = format!("`secretGenerator` would change the type of the Secret from `{now}` to `Opaque`");
            let finding = Diagnostic::error("overlay-loses-data", message).at(step.span).object(key.to_string());
            finding.help(format!("say `type: {now}` in the generator"))
        });
        lost.chain(other_type).collect()
    }

    /// Returns a node with what it was before, which is kept wherever it is the same.
    fn node(&self, id: NodeId, old: Option<Node>, key: &str) -> Node {
        let mark = || self.marks.at(key, self.tree.text(id));
        let (span, origin, props, old_kind) = match old {
            Some(Node { kind, span, origin, props }) => (span, origin, props, Some(kind)),
            None => (mark(), None, None, None),
        };
        let kind = match (&self.tree.get(id).body, old_kind) {
            (Body::Scalar(text), Some(NodeKind::Scalar(scalar)))
                if *text == scalar.text && self.kind(id, Some(&scalar)) == scalar.kind =>
            {
                NodeKind::Scalar(scalar)
            }
            (Body::Scalar(_), old) => {
                let old = match &old {
                    Some(NodeKind::Scalar(scalar)) => Some(scalar),
                    _ => None,
                };
                return self.scalar(id, old, mark());
            }
            (Body::Seq(items), Some(NodeKind::Seq(old))) => self.seq(items, old, key),
            (Body::Map(entries), Some(NodeKind::Map(old))) => self.map(entries, old),
            (Body::Seq(items), _) => return Node::new(self.seq(items, Vec::new(), key), mark()),
            (Body::Map(entries), _) => return Node::new(self.map(entries, Vec::new()), mark()),
        };
        Node { kind, span, origin, props }
    }

    fn seq(&self, items: &[NodeId], old: Vec<Node>, key: &str) -> NodeKind {
        let mut old = old.into_iter();
        NodeKind::Seq(items.iter().map(|item| self.node(*item, old.next(), key)).collect())
    }

    fn map(&self, entries: &[(NodeId, NodeId)], old: Vec<(Node, Node)>) -> NodeKind {
        let mut old: Vec<Option<(Node, Node)>> = old.into_iter().map(Some).collect();
        let entries = entries.iter().enumerate().map(|(at, (key, value))| {
            let name = self.tree.text(*key);
            let place = position(&old, name, at, |entry| entry.as_ref().and_then(|(key, _)| key.as_str()));
            match place.and_then(|place| old[place].take()) {
                Some((key, before)) => (key, self.node(*value, Some(before), name)),
                None => {
                    let value = self.node(*value, None, name);
                    (Node::string(name, value.span), value)
                }
            }
        });
        NodeKind::Map(entries.collect())
    }

    /// Returns a scalar that the step wrote.
    fn scalar(&self, id: NodeId, old: Option<&Scalar>, span: Span) -> Node {
        let text = self.tree.eco(id);
        match self.kind(id, old) {
            ScalarKind::Str => Node::string(text, span),
            kind => {
                let mut node = plain(text.clone(), span, self.limits);
                // A number in words of its own keeps them only where they are JSON.
                if node.as_scalar().is_none_or(|scalar| scalar.kind != kind) {
                    node = Node::string(text, span);
                }
                node
            }
        }
    }

    /// Returns what a scalar is: what its tag says if its text is that, and a text otherwise. Without a tag it is what
    /// stood there before.
    fn kind(&self, id: NodeId, old: Option<&Scalar>) -> ScalarKind {
        let node = self.tree.get(id);
        let read = || plain(self.tree.eco(id), Span::NONE, self.limits).as_scalar().map_or(ScalarKind::Str, |s| s.kind);
        let wanted = match (node.tag, old) {
            (Tag::Empty, Some(old)) => tag_of(old.kind),
            (Tag::Empty, None) if self.marks.resolves => return read(),
            (tag, _) => tag,
        };
        match wanted {
            Tag::Null | Tag::Bool | Tag::Int | Tag::Float => {
                let same = old.is_some_and(|old| old.text == self.tree.text(id) && tag_of(old.kind) == wanted);
                match (same, old) {
                    (true, Some(old)) => old.kind,
                    _ => read(),
                }
            }
            _ => ScalarKind::Str,
        }
    }
}

/// Returns the scalar that a text without quotes is.
fn plain(text: EcoString, span: Span, limits: &Limits) -> Node {
    let scalar = Scalar { text, ..Scalar::default() };
    yaml::normalize(Node::new(NodeKind::Scalar(scalar), span), Rules::Kubectl, limits).value
}

/// Finds a key, most likely at the place where it is looked for first.
fn position<T>(list: &[T], name: &str, first: usize, key: impl Fn(&T) -> Option<&str>) -> Option<usize> {
    if list.get(first).and_then(&key) == Some(name) {
        return Some(first);
    }
    list.iter().position(|entry| key(entry) == Some(name))
}
