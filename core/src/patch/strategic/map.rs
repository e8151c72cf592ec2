//! Merging of maps.

use std::collections::{HashMap, HashSet};

use crate::diag::Diagnostic;
use crate::object::TypeRef;
use crate::value::Step;
use crate::yaml::{Node, NodeKind};

use super::super::edit::Slots;
use super::super::equal::same;
use super::Merger;
use super::directive::{CODE, DELETE_PREFIX, Directive, MARKER, ORDER_PREFIX, RETAIN, is_directive};

impl Merger<'_> {
    /// Lays a map over a node; what is no map is replaced.
    pub(super) fn map(&mut self, target: &mut Node, patch: &Node, of: Option<TypeRef>) {
        let Some(directive) = self.directive(patch) else { return };
        match (directive, &mut target.kind) {
            (Directive::Merge, NodeKind::Map(_)) => self.fields(target, patch, of),
            (Directive::Merge | Directive::Replace, _) => {
                let Some(new) = self.clean(patch) else { return };
                self.put(target, new);
            }
            // kubectl leaves an empty map: https://github.com/kubernetes/apimachinery/blob/master/pkg/util/strategicpatch/patch.go
            (Directive::Delete, _) => {
                self.refuse_company(patch);
                self.put(target, Node::map(patch.span));
            }
        }
    }

    fn refuse_company(&mut self, patch: &Node) {
        let other = patch.as_map().into_iter().flatten().find(|(key, _)| key.as_str() != Some(MARKER));
        if let Some((key, _)) = other {
            let name = key.as_str().unwrap_or_default();
            let message = format!("`$patch: delete` empties the map, so `{name}` beside it would be lost");
            let finding = Diagnostic::error(CODE, message).at(key.span);
            self.error(finding.help("`$patch: replace` puts the other keys in the place of those that are there"));
        }
    }

    // What a patch only repeats keeps its place.
    fn put(&mut self, target: &mut Node, new: Node) {
        if !same(target, &new) {
            *target = new;
            self.trace.changed();
        }
    }

    fn fields(&mut self, target: &mut Node, patch: &Node, of: Option<TypeRef>) {
        let (NodeKind::Map(entries), NodeKind::Map(above)) = (&mut target.kind, &patch.kind) else { return };
        let mut slots = Slots::new(entries, above.len());
        self.retain(&mut slots, patch, above);
        for (key, value) in above {
            let name = key.as_str().unwrap_or_default();
            if let Some(list) = name.strip_prefix(DELETE_PREFIX) {
                self.trace.path.push(Step::Key(list.into()));
                self.delete_scalars(slots.find(list).map(|slot| slots.value(slot)), value);
                self.trace.path.pop();
            }
        }
        let orders: HashMap<String, &Node> = above
            .iter()
            .filter_map(|(key, value)| Some((key.as_str()?.strip_prefix(ORDER_PREFIX)?.to_owned(), value)))
            .collect();
        for (key, value) in above {
            let name = key.as_str().unwrap_or_default();
            let (name, items, order) = match name.strip_prefix(ORDER_PREFIX) {
                Some(list) if patch.get(list).is_some() => continue,
                Some(list) => (list, None, Some(value)),
                None if is_directive(name) => continue,
                None => (name, Some(value), orders.get(name).copied()),
            };
            self.trace.path.push(Step::Key(name.into()));
            self.entry(&mut slots, (key, name), items, order, self.field(of, name));
            self.trace.path.pop();
        }
        slots.finish();
    }

    fn entry(
        &mut self,
        slots: &mut Slots<'_>,
        (key, name): (&Node, &str),
        value: Option<&Node>,
        order: Option<&Node>,
        of: Option<TypeRef>,
    ) {
        match (slots.find(name), value) {
            (None, None) => {}
            (None, Some(value)) => {
                let new = if value.is_null() { None } else { self.clean(value) };
                if let Some(new) = new {
                    slots.push(key.clone(), new);
                    self.trace.changed();
                }
            }
            (Some(slot), Some(value)) if value.is_null() => {
                slots.remove(slot);
                self.trace.changed();
            }
            (Some(slot), value) => self.value(slots.value(slot), value, order, of),
        }
    }

    fn value(&mut self, there: &mut Node, patch: Option<&Node>, order: Option<&Node>, of: Option<TypeRef>) {
        let is_list = matches!(there.kind, NodeKind::Seq(_));
        if let Some(order) = order {
            return self.ordered_list(there, patch, order, of);
        }
        let Some(patch) = patch else { return };
        match &patch.kind {
            NodeKind::Seq(items) if is_list => self.list(there, patch, items, None, of),
            NodeKind::Map(_) if matches!(there.kind, NodeKind::Map(_)) && !self.is_atomic(of) => {
                self.map(there, patch, of);
            }
            // A map over something else, or over an atomic map: directives count, and the rest replaces.
            NodeKind::Map(_) if !matches!(patch.get(MARKER).and_then(Node::as_str), None | Some("merge")) => {
                self.map(there, patch, of);
            }
            _ => {
                if let Some(new) = self.clean(patch) {
                    self.put(there, new);
                }
            }
        }
    }

    fn is_atomic(&self, of: Option<TypeRef>) -> bool {
        of.is_some_and(|of| self.facts.is_atomic(of))
    }

    fn retain(&mut self, slots: &mut Slots<'_>, patch: &Node, above: &[(Node, Node)]) {
        let Some(value) = patch.get(RETAIN) else { return };
        let Some(items) = value.as_seq() else {
            let message = format!("`$retainKeys` is a list of keys, this is a {}", value.kind_name());
            self.error(Diagnostic::error(CODE, message).at(value.span));
            return;
        };
        let kept: HashSet<&str> = items.iter().filter_map(Node::as_str).collect();
        for (key, value) in above {
            let name = key.as_str().unwrap_or_default();
            if !value.is_null() && !is_directive(name) && !kept.contains(name) {
                let message = format!("`{name}` is set but not kept by `$retainKeys`");
                self.error(
                    Diagnostic::error(CODE, message).at(key.span).help(format!("add `{name}` to `$retainKeys`")),
                );
            }
        }
        let gone: Vec<(usize, ecow::EcoString)> =
            slots.keys().filter(|(_, name)| !kept.contains(name)).map(|(i, name)| (i, name.into())).collect();
        for (slot, name) in gone {
            slots.remove(slot);
            self.trace.changed_key(&name);
        }
    }
}
