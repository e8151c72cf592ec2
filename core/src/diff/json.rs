//! Differences for machines.

use super::compare::{ChangeKind, DiffKind, ObjectDiff, summary};
use super::mask::{mask_field, mask_pair};
use crate::object::ObjectKey;
use crate::value::{Map, Value};
use crate::yaml::Node;

/// Returns `{summary: {added, removed, changed}, objects: […]}`; each object has `group`, `kind`, `namespace`, `name`,
/// `change`, and either its `changes` (`path`, `change`, `before`, `after`) or, added or removed as a whole, itself as
/// `after` or `before`. Secrets are masked unless `reveal` is set.
pub fn to_json(diffs: &[ObjectDiff], reveal: bool) -> serde_json::Value {
    let sum = summary(diffs);
    let sum = [("added", sum.added), ("removed", sum.removed), ("changed", sum.changed)];
    let sum: Map = sum.into_iter().map(|(key, count)| (key, Value::from(count as u64))).collect();
    let objects: Vec<Value> = diffs.iter().map(|diff| object(diff, reveal)).collect();
    let all: Map = [("summary", Value::from(sum)), ("objects", objects.into())].into_iter().collect();
    serde_json::to_value(Value::from(all)).unwrap_or_default()
}

fn object(diff: &ObjectDiff, reveal: bool) -> Value {
    let ObjectKey { group, kind, namespace, name } = &diff.key;
    let fields = [("group", group), ("kind", kind), ("namespace", namespace), ("name", name)];
    let mut out: Map = fields.into_iter().map(|(key, text)| (key, text.clone().into())).collect();
    let change = match diff.kind {
        DiffKind::Added => "added",
        DiffKind::Removed => "removed",
        DiffKind::Changed => "changed",
    };
    out.insert("change", change.into());
    if diff.kind == DiffKind::Changed {
        out.insert("changes", changes(diff, reveal).into());
    } else {
        let (mut before, mut after) = (diff.before.clone(), diff.after.clone());
        if !reveal {
            mask_pair(before.as_mut(), after.as_mut(), &diff.gvk);
        }
        sides(&mut out, before.as_ref(), after.as_ref());
    }
    out.into()
}

fn changes(diff: &ObjectDiff, reveal: bool) -> Vec<Value> {
    let one = |change: &super::Change| {
        let (mut before, mut after) = (change.before.clone(), change.after.clone());
        if !reveal {
            mask_field(&change.path, &mut before, &mut after, &diff.gvk);
        }
        let mut out = Map::new();
        out.insert("path", change.path.to_string().into());
        let kind = match change.kind {
            ChangeKind::Added => "added",
            ChangeKind::Removed => "removed",
            ChangeKind::Changed => "changed",
        };
        out.insert("change", kind.into());
        sides(&mut out, before.as_ref(), after.as_ref());
        out.into()
    };
    diff.changes.iter().map(one).collect()
}

fn sides(out: &mut Map, before: Option<&Node>, after: Option<&Node>) {
    for (key, node) in [("before", before), ("after", after)] {
        if let Some(node) = node {
            out.insert(key, node.to_value());
        }
    }
}
