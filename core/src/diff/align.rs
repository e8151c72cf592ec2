//! The new side in the order of the old one, so that text shows only what changed.

use std::collections::BTreeMap;

use super::items::pairing;
use super::path::FieldStep;
use super::quantity;
use crate::object::{TypeFacts, TypeRef};
use crate::yaml::{Node, NodeKind};

/// Returns `after` with keys, and items that are paired by key, in the order in which `before` has them; what is new
/// follows in its own order. A quantity that is only spelled in another way keeps its old spelling.
pub(super) fn align(before: &Node, after: &Node, of: Option<TypeRef>, facts: &dyn TypeFacts) -> Node {
    under([None, None], before, after, of, facts)
}

// `keys` are the two innermost keys above the nodes, the outer one first.
fn under(keys: Keys<'_>, before: &Node, after: &Node, of: Option<TypeRef>, facts: &dyn TypeFacts) -> Node {
    if let (Some(old), Some(new), [parent, Some(key)]) = (before.as_scalar(), after.as_scalar(), keys)
        && quantity::is_quantity(parent, key)
        && quantity::same(&old.text, &new.text)
    {
        return before.clone();
    }
    let kind = match (&before.kind, &after.kind) {
        (NodeKind::Map(old), NodeKind::Map(new)) => map(keys, old, new, of, facts),
        (NodeKind::Seq(old), NodeKind::Seq(new)) => seq(old, new, of, facts),
        (_, kind) => kind.clone(),
    };
    Node { kind, span: after.span, origin: after.origin, props: None }
}

type Keys<'a> = [Option<&'a str>; 2];

fn map(
    keys: Keys<'_>,
    old: &[(Node, Node)],
    new: &[(Node, Node)],
    of: Option<TypeRef>,
    facts: &dyn TypeFacts,
) -> NodeKind {
    let places: BTreeMap<&str, usize> = old.iter().enumerate().map(|(i, (key, _))| (text(key), i)).collect();
    let mut entries: Vec<(usize, (Node, Node))> = Vec::with_capacity(new.len());
    for (key, value) in new {
        let place = places.get(text(key)).copied();
        let value = match place {
            Some(at) => {
                let of = of.and_then(|of| facts.field(of, text(key)));
                under([keys[1], Some(text(key))], &old[at].1, value, of, facts)
            }
            None => value.clone(),
        };
        entries.push((place.unwrap_or(usize::MAX), (key.clone(), value)));
    }
    entries.sort_by_key(|(place, _)| *place);
    NodeKind::Map(entries.into_iter().map(|(_, entry)| entry).collect())
}

fn seq(old: &[Node], new: &[Node], of: Option<TypeRef>, facts: &dyn TypeFacts) -> NodeKind {
    let item = of.and_then(|of| facts.item(of));
    let pairing = pairing(of, facts);
    let (Some(before), Some(after)) = (pairing.names(old), pairing.names(new)) else {
        let one = |(i, node): (usize, &Node)| old.get(i).map_or_else(|| node.clone(), |o| align(o, node, item, facts));
        return NodeKind::Seq(new.iter().enumerate().map(one).collect());
    };
    let places: BTreeMap<&FieldStep, usize> = before.iter().enumerate().map(|(i, name)| (name, i)).collect();
    let mut items: Vec<(usize, Node)> = Vec::with_capacity(new.len());
    for (name, node) in after.iter().zip(new) {
        let place = places.get(name).copied();
        let node = place.map_or_else(|| node.clone(), |at| align(&old[at], node, item, facts));
        items.push((place.unwrap_or(usize::MAX), node));
    }
    items.sort_by_key(|(place, _)| *place);
    NodeKind::Seq(items.into_iter().map(|(_, node)| node).collect())
}

fn text(key: &Node) -> &str {
    key.as_str().unwrap_or_default()
}
