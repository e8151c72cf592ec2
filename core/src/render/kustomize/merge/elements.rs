//! The items of a list, found by the values of their keys.

use std::collections::{HashMap, HashSet};

use ecow::EcoString;

use crate::render::kustomize::error::Result;
use crate::render::kustomize::tree::{Kind, NodeId, Tree};

/// The values of an item for some keys.
pub(super) type Values = Vec<EcoString>;

/// The items of a list under change, kyaml's `ElementSetter`: items that match are replaced or taken out, null and
/// empty items vanish with the first change.
pub(super) struct Elements<'k> {
    items: Vec<Option<NodeId>>,
    keys: &'k [EcoString],
    /// Places of the items that have all keys, by their values.
    exact: HashMap<Values, Vec<usize>>,
    /// Places of the items by the value of the first key.
    by_first: HashMap<EcoString, Vec<usize>>,
    swept: bool,
}

impl<'k> Elements<'k> {
    pub(super) fn new(tree: &Tree, items: &[NodeId], keys: &'k [EcoString]) -> Elements<'k> {
        let (exact, by_first) = (HashMap::new(), HashMap::new());
        let mut elements = Elements { items: Vec::new(), keys, exact, by_first, swept: items.is_empty() };
        for item in items {
            elements.push(tree, *item);
        }
        elements
    }

    fn is_scalar_list(&self) -> bool {
        self.keys.first().is_none_or(|key| key.is_empty())
    }

    fn value(&self, tree: &Tree, item: NodeId, key: &str) -> Option<EcoString> {
        match key {
            "" => (tree.kind(item) == Kind::Scalar).then(|| tree.eco(item)),
            key => tree.field(item, key).map(|value| tree.eco(value)),
        }
    }

    /// Adds an item at the end.
    pub(super) fn push(&mut self, tree: &Tree, item: NodeId) {
        let values: Vec<Option<EcoString>> = self.keys.iter().map(|key| self.value(tree, item, key)).collect();
        let place = self.items.len();
        if let Some(Some(first)) = values.first() {
            self.by_first.entry(first.clone()).or_default().push(place);
        }
        if let Some(values) = values.into_iter().collect::<Option<Values>>() {
            self.exact.entry(values).or_default().push(place);
        }
        self.items.push(Some(item));
    }

    fn sweep(&mut self, tree: &Tree) {
        if !std::mem::replace(&mut self.swept, true) {
            for item in &mut self.items {
                if item.is_some_and(|item| tree.is_empty_map(item)) {
                    *item = None;
                }
            }
        }
    }

    /// Replaces the items with these values by one, which comes at the end where there is none; without one they are
    /// taken out. With fewer values than keys the values there are count, and without any, nothing is kept. Returns
    /// the items that went.
    ///
    /// # Errors
    /// When an item is of another kind than the keys ask for.
    pub(super) fn set(&mut self, tree: &Tree, values: &[EcoString], item: Option<NodeId>) -> Result<Vec<NodeId>> {
        self.sweep(tree);
        if values.is_empty() {
            let gone = self.items.drain(..).flatten().collect();
            self.exact.clear();
            self.by_first.clear();
            if let Some(item) = item {
                self.push(tree, item);
            }
            return Ok(gone);
        }
        let places = self.places(tree, values)?;
        let found = !places.is_empty();
        let gone = places.into_iter().filter_map(|place| std::mem::replace(&mut self.items[place], item)).collect();
        if let Some(item) = item.filter(|_| !found) {
            self.push(tree, item);
        }
        Ok(gone)
    }

    fn places(&self, tree: &Tree, values: &[EcoString]) -> Result<Vec<usize>> {
        let first = values.first().map_or("", EcoString::as_str);
        let live = |place: &usize| self.items[*place].is_some();
        if !first.is_empty() && values.len() == self.keys.len() && values.iter().all(|value| !value.is_empty()) {
            self.check_scalars(tree)?;
            return Ok(known(self.exact.get(values)).filter(live).collect());
        }
        let matches = |place: &usize| self.items[*place].is_some_and(|item| self.matches(tree, item, values));
        if !first.is_empty() {
            self.check_scalars(tree)?;
            return Ok(known(self.by_first.get(first)).filter(matches).collect());
        }
        // Without a first value every item is asked, and has to be of the right kind.
        let wanted = if self.is_scalar_list() { Kind::Scalar } else { Kind::Map };
        self.items.iter().flatten().try_for_each(|item| tree.expect(*item, wanted))?;
        Ok((0..self.items.len()).filter(matches).collect())
    }

    fn check_scalars(&self, tree: &Tree) -> Result<()> {
        // All items are asked only once: what is added later is a scalar.
        if !self.is_scalar_list() || self.by_first.values().map(Vec::len).sum::<usize>() == self.items.len() {
            return Ok(());
        }
        self.items.iter().flatten().try_for_each(|item| tree.expect(*item, Kind::Scalar))
    }

    // An empty value matches any value of its key.
    fn matches(&self, tree: &Tree, item: NodeId, values: &[EcoString]) -> bool {
        if self.is_scalar_list() {
            return tree.text(item) == values.first().map_or("", EcoString::as_str);
        }
        self.keys.iter().zip(values).all(|(key, value)| {
            tree.field(item, key).is_some_and(|field| value.is_empty() || tree.text(field) == value)
        })
    }

    /// Returns what is left.
    pub(super) fn items(&self) -> Vec<NodeId> {
        self.items.iter().copied().flatten().collect()
    }
}

/// Finds the first item of a list by the values of some of its keys.
pub(super) struct Finder {
    items: Vec<NodeId>,
    by_mask: HashMap<u64, HashMap<Values, Vec<NodeId>>>,
    gone: HashSet<NodeId>,
}

impl Finder {
    pub(super) fn new(tree: &Tree, list: Option<NodeId>) -> Finder {
        let items = list.map_or_else(Vec::new, |list| tree.items(list).to_vec());
        Finder { items, by_mask: HashMap::new(), gone: HashSet::new() }
    }

    /// Takes items out.
    pub(super) fn remove(&mut self, items: &[NodeId]) {
        self.gone.extend(items);
    }

    /// Returns the first item that has all these values; for an empty key the item's own text counts. What is asked
    /// for are the keys with values, or all of them where none has one.
    pub(super) fn find(&mut self, tree: &Tree, keys: &[EcoString], values: &[EcoString]) -> Option<NodeId> {
        let none = values.iter().all(|value| value.is_empty());
        let wanted: Vec<usize> = (0..keys.len()).filter(|i| none || !values[*i].is_empty()).collect();
        let mask = wanted.iter().fold(0_u64, |mask, i| mask | 1 << (i % 64));
        let items = &self.items;
        let table = self.by_mask.entry(mask).or_insert_with(|| {
            let mut table: HashMap<Values, Vec<NodeId>> = HashMap::with_capacity(items.len());
            for item in items {
                let value = |i: &usize| match keys[*i].as_str() {
                    "" => Some(tree.eco(*item)),
                    key => tree.field(*item, key).map(|field| tree.eco(field)),
                };
                if let Some(found) = wanted.iter().map(value).collect::<Option<Values>>() {
                    table.entry(found).or_default().push(*item);
                }
            }
            table
        });
        let asked: Values = wanted.iter().map(|i| values[*i].clone()).collect();
        table.get(&asked)?.iter().find(|item| !self.gone.contains(item)).copied()
    }
}

fn known(places: Option<&Vec<usize>>) -> impl Iterator<Item = usize> + '_ {
    places.map_or(&[][..], Vec::as_slice).iter().copied()
}
