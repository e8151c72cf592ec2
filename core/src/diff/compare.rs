//! Pairing the objects of two sets.

use std::collections::HashMap;
use std::fmt;

use super::mask::{mask_pair, mask_secrets};
use super::walk::{Change, Walk};
use crate::object::{Gvk, Object, ObjectKey, ObjectSet, TypeFacts};
use crate::yaml::Node;

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiffKind {
    /// Only the second set has it.
    Added,
    /// Only the first set has it.
    Removed,
    /// Both have it, and it differs.
    Changed,
}

/// How one object differs.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectDiff {
    /// Which object.
    pub key: ObjectKey,
    /// Its type, as the second set has it if it is there.
    pub gvk: Gvk,
    /// How.
    pub kind: DiffKind,
    /// The fields that changed; none for an object that was added or removed.
    pub changes: Vec<Change>,
    /// The object in the first set.
    pub before: Option<Node>,
    /// The object in the second set, ordered as the first where order means nothing.
    pub after: Option<Node>,
}

/// How many objects differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Objects that only the second set has.
    pub added: usize,
    /// Objects that only the first set has.
    pub removed: usize,
    /// Objects that differ.
    pub changed: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} added, {} removed, {} changed", self.added, self.removed, self.changed)
    }
}

/// Returns the counts of a comparison.
pub fn summary(diffs: &[ObjectDiff]) -> Summary {
    let count = |kind| diffs.iter().filter(|diff| diff.kind == kind).count();
    Summary { added: count(DiffKind::Added), removed: count(DiffKind::Removed), changed: count(DiffKind::Changed) }
}

/// Returns how the second set differs from the first, with the values of Secrets masked: objects in the order of the
/// second set, then those that it lacks in the order of the first. Objects of one identity are paired in order.
pub fn compare(a: &ObjectSet, b: &ObjectSet, facts: &dyn TypeFacts) -> Vec<ObjectDiff> {
    all(a, b, facts, true)
}

/// Returns what [`compare`] returns, with the values of Secrets in plain sight.
pub fn compare_revealed(a: &ObjectSet, b: &ObjectSet, facts: &dyn TypeFacts) -> Vec<ObjectDiff> {
    all(a, b, facts, false)
}

fn all(a: &ObjectSet, b: &ObjectSet, facts: &dyn TypeFacts, mask: bool) -> Vec<ObjectDiff> {
    let first: Vec<&Object> = a.objects().collect();
    let mut by_key: HashMap<ObjectKey, std::collections::VecDeque<usize>> = HashMap::with_capacity(first.len());
    for (i, object) in first.iter().enumerate() {
        by_key.entry(object.key()).or_default().push_back(i);
    }
    let mut paired = vec![false; first.len()];
    let mut diffs = Vec::new();
    for object in b.objects() {
        let other = by_key.get_mut(&object.key()).and_then(std::collections::VecDeque::pop_front);
        match other {
            Some(i) => {
                paired[i] = true;
                diffs.extend(pair(first[i], object, facts, mask));
            }
            None => diffs.push(alone(object, DiffKind::Added, mask)),
        }
    }
    let lost = first.iter().zip(&paired).filter(|(_, paired)| !**paired);
    diffs.extend(lost.map(|(object, _)| alone(object, DiffKind::Removed, mask)));
    diffs
}

fn alone(object: &Object, kind: DiffKind, mask: bool) -> ObjectDiff {
    let mut node = object.node.clone();
    if mask {
        mask_secrets(&mut node, &object.gvk);
    }
    let (before, after) = if kind == DiffKind::Added { (None, Some(node)) } else { (Some(node), None) };
    ObjectDiff { key: object.key(), gvk: object.gvk.clone(), kind, changes: Vec::new(), before, after }
}

fn pair(a: &Object, b: &Object, facts: &dyn TypeFacts, mask: bool) -> Option<ObjectDiff> {
    let secret = b.gvk.group.is_empty() && matches!(b.gvk.kind.as_str(), "Secret" | "SecretList" | "List");
    let masked = (mask && secret).then(|| {
        let (mut before, mut after) = (a.node.clone(), b.node.clone());
        mask_pair(&mut before, &mut after, &b.gvk);
        (before, after)
    });
    let (before, after) = masked.as_ref().map_or((&a.node, &b.node), |(before, after)| (before, after));
    let mut walk = Walk { facts, changes: Vec::new(), path: Vec::new() };
    let aligned = walk.align(before, after, facts.root(&b.gvk));
    let changes: Vec<Change> = walk.changes;
    (!changes.is_empty()).then(|| ObjectDiff {
        key: b.key(),
        gvk: b.gvk.clone(),
        kind: DiffKind::Changed,
        changes,
        before: Some(before.clone()),
        after: Some(aligned),
    })
}
