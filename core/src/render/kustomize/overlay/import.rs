//! Objects to the resources of a build.

use super::super::resmap::ResMap;
use super::super::resource::{Build, Resource};
use super::super::session::Session;
use super::super::tree::{Body, NodeId, Style, Tag, Tree, YNode};
use crate::object::{Item, ObjectSet};
use crate::yaml::{Node, NodeKind, ScalarKind};

/// Returns the resources that objects are, with the place of each in the set. Objects of the same identity are told
/// by checks of the result, not here.
pub(super) fn resources(session: &mut Session<'_>, set: &ObjectSet) -> (Vec<usize>, ResMap) {
    let (mut places, mut list) = (Vec::new(), Vec::new());
    for (place, item) in set.items().iter().enumerate() {
        let Item::Object(object) = item else { continue };
        let root = add(&mut session.tree, &object.node);
        let build = object.past.as_deref().map(Build::of).unwrap_or_default();
        places.push(place);
        list.push(Resource { root, born: root, deleted: false, build, vars: Vec::new() });
    }
    (places, ResMap::of(list))
}

/// Adds a normalized tree.
fn add(tree: &mut Tree, node: &Node) -> NodeId {
    let (body, tag) = match &node.kind {
        NodeKind::Scalar(scalar) => (Body::Scalar(scalar.text.clone()), tag_of(scalar.kind)),
        NodeKind::Seq(items) => (Body::Seq(items.iter().map(|item| add(tree, item)).collect()), Tag::Seq),
        NodeKind::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| (add(tree, key), add(tree, value))).collect();
            (Body::Map(entries), Tag::Map)
        }
        // There is none in a normalized tree.
        NodeKind::Alias(_) => (Body::Scalar("null".into()), Tag::Null),
    };
    tree.add(YNode { body, tag, style: Style::default(), span: node.span })
}

/// Returns the tag of a typed scalar.
pub(super) fn tag_of(kind: ScalarKind) -> Tag {
    match kind {
        ScalarKind::Null => Tag::Null,
        ScalarKind::Bool => Tag::Bool,
        ScalarKind::Int => Tag::Int,
        ScalarKind::Float => Tag::Float,
        ScalarKind::Str | ScalarKind::Unresolved => Tag::Str,
    }
}
