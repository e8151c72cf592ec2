//! Which of the package's values stand behind one that a template works with.
//!
//! A map or list knows its path, a scalar is a bare number or text. A traced run carries the lineage of scalars beside
//! them, in variables of its own (see [`super::shadow`]). A lineage may be open: that of `a or b` names both, and the
//! value that comes out tells which of them it was.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::value::{Step, Value, ValuePath};

/// A value of the package and its path below `values`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Leaf {
    pub(super) path: ValuePath,
    pub(super) value: Value,
}

/// Where a value came from.
#[derive(Debug, Clone, Default)]
pub(super) enum Lineage {
    /// Not from the package's values, or nobody knows.
    #[default]
    Unknown,
    /// It is the value at this path.
    At(Leaf),
    /// It was computed of all of these.
    Of(Vec<Leaf>),
    /// It is one of `these`: which one, it tells itself. If it is none of them, `otherwise` stands behind it.
    OneOf { these: Vec<Leaf>, otherwise: Vec<Leaf> },
    /// A list that the template wrote.
    List(Arc<Vec<Lineage>>),
    /// A map that the template wrote.
    Map(Arc<Vec<(String, Lineage)>>),
    /// Items of a container, in any order.
    Items(Arc<Lineage>),
    /// The pairs of key and value of a map.
    Pairs(Arc<Lineage>),
    /// A `namespace(…)`, whose attributes change.
    Namespace(Arc<Mutex<BTreeMap<String, Lineage>>>),
}

/// More values behind one field than this help nobody.
const MOST: usize = 64;
/// Containers with more items are not searched for the one that a value came from.
const MOST_ITEMS: usize = 1_000;
/// Literals nested deeper are computed values.
const MOST_DEPTH: usize = 6;

impl Leaf {
    fn child(&self, step: &Step) -> Option<Leaf> {
        let (step, value) = match (&self.value, step) {
            (Value::Map(map), Step::Key(key)) => (step.clone(), map.get(key)?),
            (Value::Seq(items), Step::Index(index)) => (step.clone(), items.get(*index)?),
            _ => return None,
        };
        let mut steps = self.path.steps().to_vec();
        steps.push(step);
        Some(Leaf { path: steps.into(), value: value.clone() })
    }

    // What a loop over the value gives: the items of a list, the keys of a map.
    fn items(&self) -> Vec<Leaf> {
        match &self.value {
            Value::Seq(items) if items.len() <= MOST_ITEMS => {
                (0..items.len()).filter_map(|index| self.child(&Step::Index(index))).collect()
            }
            Value::Map(map) if map.len() <= MOST_ITEMS => {
                let key = |key: &ecow::EcoString| Leaf { path: self.path.key(key.clone()), value: key.clone().into() };
                map.keys().map(key).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl Lineage {
    /// Returns the lineage of what was computed of these; `Unknown` where there are none.
    pub(super) fn of(leaves: Vec<Leaf>) -> Lineage {
        if leaves.is_empty() { Lineage::Unknown } else { Lineage::Of(leaves) }
    }

    pub(super) fn list(items: Vec<Lineage>) -> Lineage {
        if items.iter().map(Lineage::depth).max().unwrap_or(0) < MOST_DEPTH {
            return Lineage::List(Arc::new(items));
        }
        Lineage::of(all(&items))
    }

    pub(super) fn map(entries: Vec<(String, Lineage)>) -> Lineage {
        if entries.iter().map(|(_, of)| of.depth()).max().unwrap_or(0) < MOST_DEPTH {
            return Lineage::Map(Arc::new(entries));
        }
        Lineage::of(all(entries.iter().map(|(_, of)| of)))
    }

    pub(super) fn namespace(entries: Vec<(String, Lineage)>) -> Lineage {
        Lineage::Namespace(Arc::new(Mutex::new(entries.into_iter().collect())))
    }

    /// Sets an attribute of a namespace.
    pub(super) fn put(&self, name: &str, of: Lineage) {
        // A namespace in a namespace could hold itself.
        let of = if matches!(of, Lineage::Namespace(_)) { Lineage::Unknown } else { of };
        if let Lineage::Namespace(attributes) = self {
            attributes.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), of);
        }
    }

    fn depth(&self) -> usize {
        match self {
            Lineage::List(items) => 1 + items.iter().map(Lineage::depth).max().unwrap_or(0),
            Lineage::Map(entries) => 1 + entries.iter().map(|(_, of)| of.depth()).max().unwrap_or(0),
            Lineage::Items(of) | Lineage::Pairs(of) => 1 + of.depth(),
            _ => 0,
        }
    }

    /// Returns the lineage of what is picked out.
    pub(super) fn step(&self, step: &Step) -> Lineage {
        let children = |leaves: &[Leaf]| leaves.iter().filter_map(|leaf| leaf.child(step)).collect::<Vec<_>>();
        match (self, step) {
            (Lineage::At(leaf), _) => leaf.child(step).map_or(Lineage::Unknown, Lineage::At),
            // Out of a merged map, or a list put together of values.
            (Lineage::Of(leaves), _) => one_of([children(leaves), leaves.clone()].concat(), leaves.clone()),
            (Lineage::OneOf { these, otherwise }, _) => one_of(children(these), otherwise.clone()),
            (Lineage::List(items), Step::Index(index)) => items.get(*index).cloned().unwrap_or_default(),
            (Lineage::Map(entries), Step::Key(key)) => {
                let found = entries.iter().rev().find(|(name, _)| name == key.as_str());
                found.map(|(_, of)| of.clone()).unwrap_or_default()
            }
            (Lineage::Items(of), Step::Index(_)) => one_of(of.items(), of.leaves()),
            (Lineage::Pairs(of), _) => Lineage::of(of.leaves()),
            (Lineage::Namespace(attributes), Step::Key(key)) => {
                let attributes = attributes.lock().unwrap_or_else(PoisonError::into_inner);
                attributes.get(key.as_str()).cloned().unwrap_or_default()
            }
            _ => Lineage::Unknown,
        }
    }

    /// Returns the lineage of the item that a loop is at. `value` is a scalar that the item is, or the key of a pair.
    pub(super) fn item(&self, index: usize, value: Option<&Value>) -> Lineage {
        let found = match self {
            Lineage::At(leaf) if leaf.value.as_map().is_some() => {
                // A loop over a map gives its keys.
                let key = value.and_then(Value::as_str).filter(|key| leaf.value.get(key).is_some());
                let of = |key: &str| Lineage::At(Leaf { path: leaf.path.key(key), value: key.into() });
                key.map_or(Lineage::Unknown, of)
            }
            Lineage::Pairs(of) => {
                let Some(Value::Str(key)) = value else { return Lineage::of(self.leaves()) };
                return pair(of, key);
            }
            other => other.step(&Step::Index(index)),
        };
        match (&found, value) {
            // A loop with a condition counts less than the list.
            (Lineage::At(leaf), Some(value)) if leaf.value != *value => {
                one_of(self.items(), self.leaves()).settled(value)
            }
            (_, Some(value)) => found.settled(value),
            (_, None) => found,
        }
    }

    /// Returns the lineages of the items, where they are known one by one.
    pub(super) fn items(&self) -> Vec<Leaf> {
        match self {
            Lineage::At(leaf) => leaf.items(),
            Lineage::OneOf { these, .. } | Lineage::Of(these) => {
                let items: Vec<Leaf> = these.iter().flat_map(Leaf::items).collect();
                if items.is_empty() { these.clone() } else { items }
            }
            Lineage::List(items) => items.iter().flat_map(Lineage::leaves).collect(),
            Lineage::Items(of) => of.items(),
            _ => Vec::new(),
        }
    }

    /// Returns the lineage of two lists put together.
    pub(super) fn joined(&self, other: &Lineage) -> Lineage {
        match (self.each(), other.each()) {
            (Some(mut items), Some(more)) if items.len() + more.len() <= MOST_ITEMS => {
                items.extend(more);
                Lineage::list(items)
            }
            _ => Lineage::of(all([self, other])),
        }
    }

    fn each(&self) -> Option<Vec<Lineage>> {
        match self {
            Lineage::List(items) => Some(items.to_vec()),
            Lineage::At(Leaf { value: Value::Seq(items), .. }) if items.len() <= MOST_ITEMS => {
                Some((0..items.len()).map(|index| self.step(&Step::Index(index))).collect())
            }
            _ => None,
        }
    }

    /// Returns the lineage of a list whose items are an attribute of each item of this one.
    pub(super) fn mapped(&self, attribute: &str) -> Lineage {
        let picked = |item: Lineage| {
            attribute.split('.').fold(item, |item, part| match part.parse() {
                Ok(index) => item.step(&Step::Index(index)),
                Err(_) => item.step(&Step::Key(part.into())),
            })
        };
        match self.each() {
            Some(items) => Lineage::list(items.into_iter().map(picked).collect()),
            None => Lineage::of(self.leaves()),
        }
    }

    /// Returns the lineage, now that the value is known.
    pub(super) fn settled(self, value: &Value) -> Lineage {
        let Lineage::OneOf { these, otherwise } = self else { return self };
        let mut equal: Vec<Leaf> = these.into_iter().filter(|leaf| leaf.value == *value).collect();
        match equal.len() {
            0 => Lineage::of(otherwise),
            1 => Lineage::At(equal.remove(0)),
            _ => {
                equal.truncate(MOST);
                Lineage::Of(equal)
            }
        }
    }

    /// Returns this lineage with more behind it.
    pub(super) fn with(&self, leaves: &[Leaf]) -> Lineage {
        let mut all = self.leaves();
        add(&mut all, leaves);
        Lineage::of(all)
    }

    /// Whether the value may have this lineage: a variable may have been given another value in a way that nobody saw.
    pub(super) fn fits(&self, value: &Value) -> bool {
        match self {
            Lineage::At(leaf) => leaf.value == *value,
            _ => true,
        }
    }

    /// Returns all values behind it.
    pub(super) fn leaves(&self) -> Vec<Leaf> {
        let mut out = Vec::new();
        self.add_leaves(&mut out);
        out
    }

    fn add_leaves(&self, out: &mut Vec<Leaf>) {
        match self {
            Lineage::Unknown => {}
            Lineage::At(leaf) => add(out, std::slice::from_ref(leaf)),
            Lineage::Of(leaves) => add(out, leaves),
            Lineage::OneOf { these, otherwise } => {
                add(out, these);
                add(out, otherwise);
            }
            Lineage::List(items) => items.iter().take(MOST).for_each(|item| item.add_leaves(out)),
            Lineage::Map(entries) => entries.iter().take(MOST).for_each(|(_, of)| of.add_leaves(out)),
            Lineage::Items(of) | Lineage::Pairs(of) => of.add_leaves(out),
            Lineage::Namespace(attributes) => {
                let attributes = attributes.lock().unwrap_or_else(PoisonError::into_inner);
                attributes.values().for_each(|of| of.add_leaves(out));
            }
        }
    }
}

/// Returns the lineage of one of several, with what stands behind the choice.
pub(super) fn one_of(these: Vec<Leaf>, otherwise: Vec<Leaf>) -> Lineage {
    if these.is_empty() { Lineage::of(otherwise) } else { Lineage::OneOf { these, otherwise } }
}

/// Adds leaves whose path is not among them yet, up to a limit.
pub(super) fn add(out: &mut Vec<Leaf>, leaves: &[Leaf]) {
    for leaf in leaves {
        if out.len() < MOST && out.iter().all(|known| known.path != leaf.path) {
            out.push(leaf.clone());
        }
    }
}

/// Returns the leaves of several.
pub(super) fn all<'a>(lineages: impl IntoIterator<Item = &'a Lineage>) -> Vec<Leaf> {
    let mut out = Vec::new();
    lineages.into_iter().for_each(|lineage| lineage.add_leaves(&mut out));
    out
}

fn pair(of: &Lineage, key: &ecow::EcoString) -> Lineage {
    let value = of.step(&Step::Key(key.clone()));
    let path = match &value {
        Lineage::At(leaf) => Some(leaf.path.clone()),
        _ => None,
    };
    // The key of an entry was set where its value was.
    let key = path.map_or(Lineage::Unknown, |path| Lineage::At(Leaf { path, value: key.clone().into() }));
    Lineage::list(vec![key, value])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(json: &str) -> Lineage {
        Lineage::At(Leaf { path: ValuePath::keys(["v"]), value: serde_json::from_str(json).unwrap() })
    }

    fn shown(lineage: &Lineage) -> String {
        lineage.leaves().iter().map(|leaf| leaf.path.to_string()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_value_tells_which_one_it_was() {
        let list = at("[80, 443, 80]");
        assert_eq!(shown(&list.item(1, Some(&Value::Int(443)))), "v[1]");
        // A loop with a condition is further on than its count says.
        assert_eq!(shown(&list.item(0, Some(&Value::Int(443)))), "v[1]");
        let sorted = Lineage::Items(Arc::new(list));
        assert_eq!(shown(&sorted.item(2, Some(&Value::Int(443)))), "v[1]");
        assert_eq!(shown(&sorted.item(0, Some(&Value::Int(80)))), "v[0] v[2]");
        assert_eq!(shown(&sorted.item(0, Some(&Value::Int(8080)))), "v");
    }

    #[test]
    fn pairs_come_from_their_entry() {
        let pairs = Lineage::Pairs(Arc::new(at(r#"{"b":1,"a":1}"#)));
        let pair = pairs.item(0, Some(&"a".into()));
        assert_eq!(
            (shown(&pair.step(&Step::Index(0))), shown(&pair.step(&Step::Index(1)))),
            ("v.a".into(), "v.a".into())
        );
    }

    #[test]
    fn what_is_computed_of_many_names_a_few() {
        let leaf = |i: usize| Leaf { path: ValuePath::root().index(i), value: Value::Null };
        let mut out = Vec::new();
        add(&mut out, &(0..500).map(leaf).collect::<Vec<_>>());
        assert_eq!(out.len(), MOST);
        let mut nested = at("1");
        for _ in 0..100_000 {
            nested = Lineage::list(vec![nested.clone(), nested]);
        }
        assert_eq!(shown(&nested), "v");
    }
}
