//! Differences as data.

use super::compare::{DiffKind, ObjectDiff, summary};
use super::walk::{Change, ChangeKind};
use crate::value::{Map, Value};
use crate::yaml::Node;

/// Returns the differences as `{summary: {added, removed, changed}, objects: […]}`; each object has `apiVersion`,
/// `kind`, `namespace`, `name`, `change` and either its `changes` or the whole `object`.
pub fn to_json(diffs: &[ObjectDiff]) -> Value {
    let counts = summary(diffs);
    let count = |n: usize| Value::from(n as u64);
    let counts: Map = [("added", counts.added), ("removed", counts.removed), ("changed", counts.changed)]
        .into_iter()
        .map(|(name, n)| (name, count(n)))
        .collect();
    let objects: Vec<Value> = diffs.iter().map(object).collect();
    Map::from_iter([("summary", Value::from(counts)), ("objects", objects.into())]).into()
}

fn object(diff: &ObjectDiff) -> Value {
    let word = match diff.kind {
        DiffKind::Added => "added",
        DiffKind::Removed => "removed",
        DiffKind::Changed => "changed",
    };
    let mut map = Map::from_iter([
        ("apiVersion", Value::from(diff.gvk.api_version())),
        ("kind", diff.gvk.kind.clone().into()),
        ("namespace", diff.key.namespace.clone().into()),
        ("name", diff.key.name.clone().into()),
        ("change", word.into()),
    ]);
    match (diff.kind, diff.before.as_ref().or(diff.after.as_ref())) {
        (DiffKind::Added | DiffKind::Removed, Some(whole)) => map.insert("object", whole.to_value()),
        _ => map.insert("changes", diff.changes.iter().map(change).collect::<Vec<_>>().into()),
    };
    map.into()
}

fn change(change: &Change) -> Value {
    let word = match change.kind {
        ChangeKind::Added => "added",
        ChangeKind::Removed => "removed",
        ChangeKind::Changed => "changed",
    };
    let mut map = Map::from_iter([("path", Value::from(change.path.to_string())), ("change", word.into())]);
    let sides = [("before", &change.before), ("after", &change.after)];
    for (name, node) in sides.into_iter().filter_map(|(name, node): (_, &Option<Node>)| Some((name, node.as_ref()?))) {
        map.insert(name, node.to_value());
    }
    map.into()
}
