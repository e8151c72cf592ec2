//! Where fields of rendered objects come from, sorted by place.

use std::collections::HashMap;

use super::rendered::{Field, object_at};
use crate::object::Object;
use crate::pipeline::Built;
use crate::source::{FileId, Span};
use crate::value::ValuePath;
use crate::values::Values;
use crate::yaml::{Node, NodeKind};

/// What a place is to a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A line that wrote it: of a template, a manifest or a patch.
    Text,
    /// An include or a macro call on the way to that line.
    Call,
    /// A value that went into it.
    Value,
    /// A value that would have gone into it, had not a layer above set another.
    Overridden,
}

/// A place with a field that comes from it.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) span: Span,
    pub(super) field: Field,
    pub(super) role: Role,
}

/// All places of a build.
// Invariant: sorted by place.
#[derive(Debug, Default)]
pub(super) struct Places(Vec<Place>);

impl Places {
    pub(super) fn of(built: &Built) -> Places {
        let mut walk = Walk { built, found: Vec::new(), layers: HashMap::new() };
        for item in 0..built.objects.items().len() {
            if let Some(object) = object_at(built, item) {
                walk.object(item, object);
            }
        }
        walk.found.sort_by_key(|place| place.span);
        Places(walk.found)
    }

    /// Returns the places between two bytes of a file.
    pub(super) fn between(&self, file: FileId, start: usize, end: usize) -> &[Place] {
        let (low, high) = (Span::new(file, start), Span::new(file, end));
        let from = self.0.partition_point(|place| place.span < low);
        let to = self.0.partition_point(|place| place.span < high);
        &self.0[from..to.max(from)]
    }
}

struct Walk<'a> {
    built: &'a Built,
    found: Vec<Place>,
    // What the layers of values say of a path: asked once for all the fields it went into.
    layers: HashMap<ValuePath, Vec<Span>>,
}

impl<'a> Walk<'a> {
    fn object(&mut self, item: usize, object: &'a Object) {
        self.node(item, &object.node, &mut ValuePath::root());
    }

    fn node(&mut self, item: usize, node: &'a Node, path: &mut ValuePath) {
        match &node.kind {
            NodeKind::Map(entries) => {
                for (key, value) in entries {
                    path.push_key(key.as_str().unwrap_or_default());
                    self.place(item, key, path);
                    self.node(item, value, path);
                    path.pop();
                }
            }
            NodeKind::Seq(items) => {
                for (index, value) in items.iter().enumerate() {
                    path.push_index(index);
                    self.node(item, value, path);
                    path.pop();
                }
            }
            NodeKind::Scalar(_) | NodeKind::Alias(_) => self.place(item, node, path),
        }
    }

    fn place(&mut self, item: usize, node: &Node, path: &ValuePath) {
        let field = Field { item, path: path.clone() };
        self.push(node.span, &field, Role::Text);
        let Some(origin) = node.origin.and_then(|id| self.built.origins.get(id)) else { return };
        for call in &origin.via {
            self.push(*call, &field, Role::Call);
        }
        for (value, span) in &origin.values {
            self.push(*span, &field, Role::Value);
            let others = self.layers_of(value);
            for other in others.into_iter().filter(|other| other != span) {
                self.push(other, &field, Role::Overridden);
            }
        }
    }

    fn layers_of(&mut self, path: &ValuePath) -> Vec<Span> {
        let Some(values) = &self.built.values else { return Vec::new() };
        let spans = |values: &Values| values.history(path).into_iter().map(|entry| entry.span).collect();
        self.layers.entry(path.clone()).or_insert_with(|| spans(values)).clone()
    }

    fn push(&mut self, span: Span, field: &Field, role: Role) {
        if !span.is_none() {
            self.found.push(Place { span, field: field.clone(), role });
        }
    }
}
