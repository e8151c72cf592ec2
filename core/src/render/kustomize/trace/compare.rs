//! A document after a step, against what it was before.

use std::cell::Cell;
use std::collections::HashMap;

use ecow::EcoString;

use super::super::tree::{Body, Decoded, NodeId, Tree};
use super::{Change, Content, Edit, History};
use crate::source::Span;
use crate::value::{Value, ValuePath};

/// A document after a step, against its history.
pub(super) struct Comparison<'t> {
    tree: &'t Tree,
    step: usize,
    /// Where in the document it is.
    path: ValuePath,
    /// What the step changed.
    pub(super) edits: Vec<Edit>,
    /// How many nodes were looked at.
    pub(super) work: Cell<usize>,
}

impl<'t> Comparison<'t> {
    pub(super) fn new(tree: &'t Tree, step: usize) -> Comparison<'t> {
        Comparison { tree, step, path: ValuePath::root(), edits: Vec::new(), work: Cell::new(0) }
    }

    fn count(&self) {
        self.work.set(self.work.get() + 1);
    }

    /// Returns the history of a node that the step made.
    pub(super) fn made(&self, id: NodeId) -> History {
        self.count();
        let node = self.tree.get(id);
        let content = match &node.body {
            Body::Scalar(text) => Content::Scalar(text.clone(), self.scalar(id)),
            Body::Seq(items) => Content::Seq(items.iter().map(|item| self.made(*item)).collect()),
            Body::Map(entries) => {
                Content::Map(entries.iter().map(|(key, value)| (self.tree.eco(*key), self.made(*value))).collect())
            }
        };
        History { node: id, changes: vec![Change { step: self.step, written: node.span }], content }
    }

    /// Returns the history of a node, which goes on from what it was before.
    pub(super) fn history(&mut self, id: NodeId, before: History) -> History {
        self.count();
        let tree = self.tree;
        let History { changes, content, .. } = before;
        let content = match (&tree.get(id).body, content) {
            (Body::Scalar(text), Content::Scalar(old, was)) => {
                let value = self.scalar(id);
                // No number equals itself always.
                let same =
                    *text == old && (value == was || matches!((&value, &was), (Value::Float(_), Value::Float(_))));
                if !same {
                    return self.changed(id, changes, &Content::Scalar(old, was));
                }
                Content::Scalar(old, was)
            }
            (Body::Seq(items), Content::Seq(before)) => Content::Seq(self.seq(items, before)),
            (Body::Map(entries), Content::Map(before)) => Content::Map(self.map(entries, before)),
            (_, content) => return self.changed(id, changes, &content),
        };
        History { node: id, changes, content }
    }

    fn changed(&mut self, id: NodeId, mut changes: Vec<Change>, before: &Content) -> History {
        let made = self.made(id);
        let span = self.tree.get(id).span;
        // What is changed where it stands has its old place still.
        let known = changes.iter().any(|known| known.written.file == span.file);
        let written = if known { Span::NONE } else { span };
        changes.push(Change { step: self.step, written });
        self.edit(Some(before.value()), Some(made.content.value()), written);
        History { changes, ..made }
    }

    fn edit(&mut self, before: Option<Value>, after: Option<Value>, written: Span) {
        self.edits.push(Edit { step: self.step, path: self.path.clone(), before, after, written });
    }

    fn either(&mut self, id: NodeId, before: Option<History>) -> History {
        match before {
            Some(before) => self.history(id, before),
            None => {
                let made = self.made(id);
                self.edit(None, Some(made.content.value()), self.tree.get(id).span);
                made
            }
        }
    }

    fn map(&mut self, entries: &[(NodeId, NodeId)], before: Vec<(EcoString, History)>) -> Vec<(EcoString, History)> {
        let tree = self.tree;
        // Most steps leave most maps as they are.
        let same = |((key, _), (before, _)): (&(NodeId, NodeId), &(EcoString, History))| tree.text(*key) == before;
        if entries.len() == before.len() && entries.iter().zip(&before).all(same) {
            let entries = entries.iter().zip(before);
            return entries.map(|((_, value), (key, before))| self.entry(key, *value, Some(before))).collect();
        }
        let mut before: Vec<Option<(EcoString, History)>> = before.into_iter().map(Some).collect();
        let places: HashMap<EcoString, usize> =
            before.iter().flatten().enumerate().map(|(at, (key, _))| (key.clone(), at)).collect();
        let mut after = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let key = tree.eco(*key);
            let before = places.get(&key).and_then(|at| before[*at].take()).map(|(_, before)| before);
            after.push(self.entry(key, *value, before));
        }
        for (key, gone) in before.into_iter().flatten() {
            self.path.push_key(key);
            self.edit(Some(gone.value()), None, Span::NONE);
            self.path.pop();
        }
        after
    }

    fn entry(&mut self, key: EcoString, value: NodeId, before: Option<History>) -> (EcoString, History) {
        self.path.push_key(key.clone());
        let history = self.either(value, before);
        self.path.pop();
        (key, history)
    }

    fn seq(&mut self, items: &[NodeId], before: Vec<History>) -> Vec<History> {
        let before: Vec<Option<History>> = before.into_iter().map(Some).collect();
        let (found, gone) = self.matched(items, before);
        let mut after = Vec::with_capacity(items.len());
        for (at, (item, before)) in items.iter().zip(found).enumerate() {
            self.path.push_index(at);
            after.push(self.either(*item, before));
            self.path.pop();
        }
        for (at, gone) in gone.into_iter().enumerate() {
            let Some(gone) = gone else { continue };
            self.path.push_index(at);
            self.edit(Some(gone.value()), None, Span::NONE);
            self.path.pop();
        }
        after
    }

    /// Finds what each item was before, and what is left: by its node, else by its name, else by where it stands.
    fn matched(
        &self,
        items: &[NodeId],
        mut before: Vec<Option<History>>,
    ) -> (Vec<Option<History>>, Vec<Option<History>>) {
        let is = |item: &NodeId, before: &Option<History>| before.as_ref().is_some_and(|before| before.node == *item);
        if items.len() == before.len() && items.iter().zip(&before).all(|(item, before)| is(item, before)) {
            return (before, Vec::new());
        }
        let by_node: HashMap<NodeId, usize> =
            before.iter().flatten().enumerate().map(|(at, history)| (history.node, at)).collect();
        let mut found: Vec<Option<History>> =
            items.iter().map(|item| by_node.get(item).and_then(|at| before[*at].take())).collect();
        let mut by_name: HashMap<EcoString, usize> = HashMap::new();
        for (at, history) in before.iter().enumerate().rev() {
            if let Some(name) = history.as_ref().and_then(History::name) {
                by_name.insert(name.into(), at);
            }
        }
        for (item, found) in items.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
            *found = self.name(*item).and_then(|name| by_name.remove(name)).and_then(|at| before[at].take());
        }
        for (at, found) in found.iter_mut().enumerate().filter(|(_, found)| found.is_none()) {
            *found = before.get_mut(at).and_then(Option::take);
        }
        (found, before)
    }

    fn name(&self, item: NodeId) -> Option<&str> {
        match &self.tree.get(item).body {
            Body::Scalar(text) => Some(text),
            Body::Map(_) => self.tree.field(item, "name").map(|name| self.tree.text(name)),
            Body::Seq(_) => None,
        }
    }

    fn scalar(&self, id: NodeId) -> Value {
        match self.tree.decoded(id, false) {
            Ok(Decoded::Null) => Value::Null,
            Ok(Decoded::Bool(value)) => Value::Bool(value),
            Ok(Decoded::Int(value)) => Value::Int(value),
            Ok(Decoded::UInt(value)) => i64::try_from(value).map_or(Value::UInt(value), Value::Int),
            Ok(Decoded::Float(value)) => Value::Float(value),
            Ok(Decoded::Str(_)) | Err(_) => Value::Str(self.tree.eco(id)),
        }
    }
}
