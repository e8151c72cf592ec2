//! A value in which every part knows the layer and the place that set it.

use ecow::EcoString;
use indexmap::IndexMap;

use super::ValueOrigin;
use crate::source::Span;
use crate::value::{Map, Step, Value, ValuePath};
use crate::yaml::{Node, NodeKind};

/// The entries of a map in the order in which their keys were first set.
pub(super) type Entries = IndexMap<EcoString, Tree, foldhash::fast::FixedState>;

/// A value with its origin. Invariant: `Leaf` holds no list and no map.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    pub(super) part: Part,
    pub(super) origin: ValueOrigin,
}

#[derive(Debug, Clone)]
pub(super) enum Part {
    Leaf(Value),
    Seq(Vec<Tree>),
    Map(Entries),
}

impl Tree {
    pub(super) fn leaf(value: Value, origin: ValueOrigin) -> Tree {
        Tree { part: Part::Leaf(value), origin }
    }

    pub(super) fn map(origin: ValueOrigin) -> Tree {
        Tree { part: Part::Map(Entries::default()), origin }
    }

    /// Returns the tree of a normalized node. The depth is bounded by the parser.
    pub(super) fn from_node(node: &Node, layer: usize) -> Tree {
        let origin = ValueOrigin { layer, span: node.span };
        let part = match &node.kind {
            NodeKind::Scalar(scalar) => Part::Leaf(scalar.to_value()),
            NodeKind::Alias(_) => Part::Leaf(Value::Null),
            NodeKind::Seq(items) => Part::Seq(items.iter().map(|item| Tree::from_node(item, layer)).collect()),
            NodeKind::Map(entries) => {
                let pair = |(k, v): &(Node, Node)| {
                    let mut tree = Tree::from_node(v, layer);
                    // A block's first line is not where its key stands; the key is what a reader looks for.
                    if matches!(tree.part, Part::Map(_) | Part::Seq(_)) && !k.span.is_none() {
                        tree.origin.span = k.span;
                    }
                    Some((EcoString::from(k.as_str()?), tree))
                };
                Part::Map(entries.iter().filter_map(pair).collect())
            }
        };
        Tree { part, origin }
    }

    /// Returns the tree of a value of which every part has the same origin.
    pub(super) fn from_value(value: &Value, origin: ValueOrigin) -> Tree {
        let part = match value {
            Value::Seq(items) => Part::Seq(items.iter().map(|item| Tree::from_value(item, origin)).collect()),
            Value::Map(map) => Part::Map(map.iter().map(|(k, v)| (k.clone(), Tree::from_value(v, origin))).collect()),
            leaf => Part::Leaf(leaf.clone()),
        };
        Tree { part, origin }
    }

    pub(super) fn to_value(&self) -> Value {
        match &self.part {
            Part::Leaf(value) => value.clone(),
            Part::Seq(items) => items.iter().map(Tree::to_value).collect::<Vec<_>>().into(),
            Part::Map(map) => map.iter().map(|(k, v)| (k.clone(), v.to_value())).collect::<Map>().into(),
        }
    }

    /// Returns the node of the tree; a key stands where its value does.
    pub(super) fn to_node(&self) -> Node {
        let span = self.origin.span;
        match &self.part {
            Part::Leaf(value) => Node::from_value(value, span, None),
            Part::Seq(items) => Node::new(NodeKind::Seq(items.iter().map(Tree::to_node).collect()), span),
            Part::Map(map) => {
                let pair =
                    |(key, tree): (&EcoString, &Tree)| (Node::string(key.clone(), tree.origin.span), tree.to_node());
                Node::new(NodeKind::Map(map.iter().map(pair).collect()), span)
            }
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self.part, Part::Leaf(Value::Null))
    }

    pub(super) fn as_map(&self) -> Option<&Entries> {
        match &self.part {
            Part::Map(map) => Some(map),
            _ => None,
        }
    }

    pub(super) fn as_map_mut(&mut self) -> Option<&mut Entries> {
        match &mut self.part {
            Part::Map(map) => Some(map),
            _ => None,
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Tree> {
        self.as_map()?.get(key)
    }

    pub(super) fn step(&self, step: &Step) -> Option<&Tree> {
        match (step, &self.part) {
            (Step::Key(key), Part::Map(map)) => map.get(key),
            (Step::Index(index), Part::Seq(items)) => items.get(*index),
            _ => None,
        }
    }

    pub(super) fn at(&self, path: &ValuePath) -> Option<&Tree> {
        path.steps().iter().try_fold(self, |tree, step| tree.step(step))
    }

    /// Returns the place of the nearest part at or above a path that stands in a file.
    pub(super) fn nearest_span(&self, path: &ValuePath) -> Span {
        let mut found = self.origin.span;
        let mut tree = self;
        for step in path.steps() {
            let Some(next) = tree.step(step) else { break };
            if !next.origin.span.is_none() {
                found = next.origin.span;
            }
            tree = next;
        }
        found
    }
}

/// Lays `upper` over `lower` as Helm's `MergeMaps` lays one values file over another: maps merge, all else is
/// replaced, and a null stays to be seen by [`coalesce`].
///
/// <https://github.com/helm/helm/blob/main/pkg/chart/v2/loader/load.go>
pub(super) fn overlay(lower: &mut Tree, upper: Tree) {
    match (&mut lower.part, upper.part) {
        (Part::Map(below), Part::Map(above)) => {
            for (key, tree) in above {
                match below.get_mut(&key) {
                    Some(slot) => overlay(slot, tree),
                    None => {
                        below.insert(key, tree);
                    }
                }
            }
        }
        (_, part) => *lower = Tree { part, origin: upper.origin },
    }
}

/// Lays the user's values over the defaults: maps merge, all else is replaced, and a null of the user takes away what
/// the defaults have. Keys of the defaults keep their place.
///
/// Below the keys that `keep` names (those of dependencies) a null stays, to take away the dependency's own default.
/// A null that the defaults themselves hold stays as well: in a native package it says that the key is known. What is
/// no map meets no map: a list or scalar in the place of a default map replaces it, as the user's value counts.
///
/// <https://github.com/helm/helm/blob/main/pkg/chart/common/util/coalesce.go>
pub(super) fn coalesce(defaults: &mut Tree, user: Tree, keep: &dyn Fn(&str) -> bool) {
    meet(defaults, user, false, Some(keep));
}

type KeepNulls<'a> = Option<&'a dyn Fn(&str) -> bool>;

fn meet(defaults: &mut Tree, user: Tree, keep_nulls: bool, top: KeepNulls<'_>) {
    let (below, above) = match (&mut defaults.part, user.part) {
        (Part::Map(below), Part::Map(above)) => (below, above),
        (_, part) => {
            *defaults = Tree { part, origin: user.origin };
            return;
        }
    };
    let mut deleted = Vec::new();
    for (key, tree) in above {
        let keep_nulls = keep_nulls || top.is_some_and(|keep| keep(&key));
        match below.get_mut(&key) {
            Some(slot) if tree.is_null() && !keep_nulls && !slot.is_null() => {
                *slot = tree;
                deleted.push(key);
            }
            Some(slot) => meet(slot, tree, keep_nulls, None),
            None => {
                below.insert(key, tree);
            }
        }
    }
    if !deleted.is_empty() {
        let deleted: std::collections::BTreeSet<_> = deleted.into_iter().collect();
        below.retain(|key, _| !deleted.contains(key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(json: &str) -> Tree {
        let value: Value = serde_json::from_str(json).expect("valid JSON in a test");
        Tree::from_value(&value, ValueOrigin { layer: 0, span: Span::NONE })
    }

    fn check(defaults: &str, user: &str, expected: &str) {
        let mut merged = tree(defaults);
        coalesce(&mut merged, tree(user), &|key| key == "dep");
        assert_eq!(serde_json::to_string(&merged.to_value()).expect("writes"), expected);
    }

    #[test]
    fn a_null_of_the_user_takes_a_default_away() {
        check(r#"{"a":1,"b":2}"#, r#"{"a":null}"#, r#"{"b":2}"#);
        check(r#"{"a":{"b":1,"c":2}}"#, r#"{"a":{"b":null}}"#, r#"{"a":{"c":2}}"#);
        check(r#"{"a":{"b":1}}"#, r#"{"a":null}"#, "{}");
    }

    #[test]
    fn a_null_without_a_default_stays() {
        check(r#"{"a":{"c":2}}"#, r#"{"a":{"b":null},"x":null}"#, r#"{"a":{"c":2,"b":null},"x":null}"#);
        check(r#"{"a":null}"#, r#"{"a":null}"#, r#"{"a":null}"#);
    }

    #[test]
    fn a_null_below_the_key_of_a_dependency_stays() {
        check(r#"{"dep":{"a":1}}"#, r#"{"dep":{"a":null}}"#, r#"{"dep":{"a":null}}"#);
    }

    #[test]
    fn lists_are_replaced_and_order_is_that_of_the_defaults() {
        check(r#"{"a":[1,2],"b":1,"c":1}"#, r#"{"c":9,"a":[3]}"#, r#"{"a":[3],"b":1,"c":9}"#);
        check(r#"{"a":{"b":1}}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#);
    }

    fn arbitrary(seed: &mut u64, depth: usize) -> Value {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        match (*seed >> 33) % if depth == 0 { 3 } else { 5 } {
            0 => Value::Int((*seed >> 40).cast_signed()),
            1 => Value::from("x"),
            2 => Value::Bool(true),
            3 => (0..3).map(|_| arbitrary(seed, depth - 1)).collect::<Vec<_>>().into(),
            _ => ["a", "b", "c"].iter().map(|k| (*k, arbitrary(seed, depth - 1))).collect::<Map>().into(),
        }
    }

    #[test]
    fn merging_a_value_with_itself_changes_nothing() {
        for mut seed in 0..500 {
            let value = arbitrary(&mut seed, 4);
            let origin = ValueOrigin { layer: 0, span: Span::NONE };
            let mut merged = Tree::from_value(&value, origin);
            overlay(&mut merged, Tree::from_value(&value, origin));
            assert_eq!(merged.to_value(), value);
            coalesce(&mut merged, Tree::from_value(&value, origin), &|_| false);
            assert_eq!(merged.to_value(), value);
            coalesce(&mut merged, Tree::map(origin), &|_| false);
            if value.as_map().is_some() {
                assert_eq!(merged.to_value(), value);
            }
        }
    }
}
