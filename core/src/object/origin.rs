//! What stands behind the nodes of a set of objects.

use std::num::NonZeroU32;

use crate::source::Span;
use crate::value::ValuePath;
use crate::yaml::{Node, OriginId};

/// What gave a node that a template expression wrote.
///
/// The node's own span is the place of the expression in its template, for a map or list spliced as a whole also the
/// span of every node inside it; `values` then names the leaf behind each of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The values that the expression read, with the place (values file, overlay, `--set`) that set each of them.
    /// A place is [`Span::NONE`] where a default of a schema or a program gave the value.
    pub values: Vec<(ValuePath, Span)>,
    /// The places of the includes and macro calls on the way to the expression, outermost first.
    pub via: Vec<Span>,
}

/// The table of origins of a set of objects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins(Vec<Origin>);

impl Origins {
    /// Returns an empty table.
    pub fn new() -> Origins {
        Origins::default()
    }

    /// Adds an origin and returns its number. A table holds at most 4 billion; later ones share the last number.
    pub fn push(&mut self, origin: Origin) -> OriginId {
        if self.0.len() < u32::MAX as usize {
            self.0.push(origin);
        }
        let number = u32::try_from(self.0.len()).ok().and_then(NonZeroU32::new);
        OriginId(number.unwrap_or(NonZeroU32::MIN))
    }

    /// Returns an origin of this table.
    pub fn get(&self, id: OriginId) -> Option<&Origin> {
        self.0.get(id.0.get() as usize - 1)
    }

    /// Moves the origins of another table to the end of this one and renumbers the nodes that refer to them.
    pub fn append<'a>(&mut self, other: Origins, nodes: impl IntoIterator<Item = &'a mut Node>) {
        let shift = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0.extend(other.0);
        for node in nodes {
            renumber(node, shift);
        }
    }
}

fn renumber(node: &mut Node, shift: u32) {
    use crate::yaml::NodeKind;
    node.origin = node.origin.and_then(|id| id.0.checked_add(shift)).map(OriginId);
    match &mut node.kind {
        NodeKind::Seq(items) => items.iter_mut().for_each(|item| renumber(item, shift)),
        NodeKind::Map(entries) => entries.iter_mut().for_each(|(key, value)| {
            renumber(key, shift);
            renumber(value, shift);
        }),
        NodeKind::Scalar(_) | NodeKind::Alias(_) => {}
    }
}
