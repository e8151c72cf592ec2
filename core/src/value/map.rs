//! A map that keeps the order in which its keys were added.

use ecow::EcoString;
use indexmap::IndexMap;

use super::Value;

/// A map from text to [`Value`] in the order of insertion. Equality does not look at the order.
#[derive(Debug, Clone, Default)]
pub struct Map(IndexMap<EcoString, Value, foldhash::fast::FixedState>);

impl Map {
    /// Returns an empty map.
    pub fn new() -> Map {
        Map::default()
    }

    /// Makes a map of what says something: without nulls, `false`, and empty texts, lists and maps.
    pub(crate) fn of_what_says<const N: usize>(entries: [(&str, Value); N]) -> Map {
        let says = |value: &Value| match value {
            Value::Null | Value::Bool(false) => false,
            Value::Str(text) => !text.is_empty(),
            Value::Seq(items) => !items.is_empty(),
            Value::Map(map) => !map.is_empty(),
            _ => true,
        };
        entries.into_iter().filter(|(_, value)| says(value)).collect()
    }

    /// Returns an empty map with room for `capacity` entries.
    pub fn with_capacity(capacity: usize) -> Map {
        Map(IndexMap::with_capacity_and_hasher(capacity, foldhash::fast::FixedState::default()))
    }

    /// Returns how many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// Returns the value of a key for changing.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        self.0.get_mut(key)
    }

    /// Whether the key is there.
    pub fn contains_key(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// Puts a value under a key; a key that is there keeps its place. Returns the value that was there.
    pub fn insert(&mut self, key: impl Into<EcoString>, value: Value) -> Option<Value> {
        self.0.insert(key.into(), value)
    }

    /// Takes a key out and closes the gap, in time linear in the size of the map.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        self.0.shift_remove(key)
    }

    /// Keeps the entries for which the function says yes, in one pass.
    pub fn retain(&mut self, keep: impl FnMut(&EcoString, &mut Value) -> bool) {
        self.0.retain(keep);
    }

    /// Returns the entries in order.
    pub fn iter(&self) -> indexmap::map::Iter<'_, EcoString, Value> {
        self.0.iter()
    }

    /// Returns the entries in order, values for changing.
    pub fn iter_mut(&mut self) -> indexmap::map::IterMut<'_, EcoString, Value> {
        self.0.iter_mut()
    }

    /// Returns the keys in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &EcoString> {
        self.0.keys()
    }

    /// Returns the values in order.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &Value> {
        self.0.values()
    }
}

impl PartialEq for Map {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<K: Into<EcoString>> FromIterator<(K, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(entries: I) -> Self {
        Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }
}

impl IntoIterator for Map {
    type Item = (EcoString, Value);
    type IntoIter = indexmap::map::IntoIter<EcoString, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = (&'a EcoString, &'a Value);
    type IntoIter = indexmap::map::Iter<'a, EcoString, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
