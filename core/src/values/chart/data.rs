//! What Helm's merging needs of a value, so that one algorithm serves plain values and those that know their origin.

use std::sync::Arc;

use ecow::EcoString;

use super::super::ValueOrigin;
use super::super::tree::{Part, Tree};
use crate::source::Span;
use crate::value::{Map, Value};

/// A value that may be a table (Helm's word for a map).
pub(super) trait Data: Clone {
    /// Returns null.
    fn null() -> Self;
    /// Returns a table without entries.
    fn table() -> Self;
    /// Whether it is null.
    fn is_null(&self) -> bool;
    /// Whether it is a table.
    fn is_table(&self) -> bool;
    /// Returns the boolean, if it is one.
    fn as_bool(&self) -> Option<bool>;
    /// Returns an entry of a table.
    fn get(&self, key: &str) -> Option<&Self>;
    /// Returns an entry of a table for changing.
    fn get_mut(&mut self, key: &str) -> Option<&mut Self>;
    /// Returns the entries of a table, none of anything else.
    fn entries(&self) -> impl Iterator<Item = (&EcoString, &Self)>;
    /// Puts an entry into a table; does nothing elsewhere.
    fn insert(&mut self, key: &EcoString, value: Self);
    /// Takes entries out of a table.
    fn remove_all(&mut self, keys: &[&EcoString]);
    /// Whether two are known to be one and the same without looking into them; `false` says nothing.
    fn is_same(&self, other: &Self) -> bool;
    /// Returns the plain value.
    fn to_value(&self) -> Value;
}

impl Data for Value {
    fn null() -> Value {
        Value::Null
    }

    fn table() -> Value {
        Map::new().into()
    }

    fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    fn is_table(&self) -> bool {
        matches!(self, Value::Map(_))
    }

    fn as_bool(&self) -> Option<bool> {
        Value::as_bool(self)
    }

    fn get(&self, key: &str) -> Option<&Value> {
        Value::get(self, key)
    }

    fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        match self {
            // Only a map that is shared is copied, and only its own entries.
            Value::Map(map) => Arc::make_mut(map).get_mut(key),
            _ => None,
        }
    }

    fn entries(&self) -> impl Iterator<Item = (&EcoString, &Value)> {
        self.as_map().into_iter().flatten()
    }

    fn insert(&mut self, key: &EcoString, value: Value) {
        if let Value::Map(map) = self {
            Arc::make_mut(map).insert(key.clone(), value);
        }
    }

    fn remove_all(&mut self, keys: &[&EcoString]) {
        if let Value::Map(map) = self {
            let map = Arc::make_mut(map);
            match keys {
                [] => {}
                [key] => drop(map.remove(key)),
                keys => {
                    let gone: std::collections::BTreeSet<&EcoString> = keys.iter().copied().collect();
                    map.retain(|key, _| !gone.contains(key));
                }
            }
        }
    }

    fn is_same(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Map(a), Value::Map(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }

    fn to_value(&self) -> Value {
        self.clone()
    }
}

/// The origin of what no layer set.
pub(super) const NOWHERE: ValueOrigin = ValueOrigin { layer: usize::MAX, span: Span::NONE };

impl Data for Tree {
    fn null() -> Tree {
        Tree::leaf(Value::Null, NOWHERE)
    }

    fn table() -> Tree {
        Tree::map(NOWHERE)
    }

    fn is_null(&self) -> bool {
        Tree::is_null(self)
    }

    fn is_table(&self) -> bool {
        matches!(self.part, Part::Map(_))
    }

    fn as_bool(&self) -> Option<bool> {
        match &self.part {
            Part::Leaf(value) => value.as_bool(),
            _ => None,
        }
    }

    fn get(&self, key: &str) -> Option<&Tree> {
        Tree::get(self, key)
    }

    fn get_mut(&mut self, key: &str) -> Option<&mut Tree> {
        self.as_map_mut()?.get_mut(key)
    }

    fn entries(&self) -> impl Iterator<Item = (&EcoString, &Tree)> {
        self.as_map().into_iter().flatten()
    }

    fn insert(&mut self, key: &EcoString, value: Tree) {
        if let Some(map) = self.as_map_mut() {
            map.insert(key.clone(), value);
        }
    }

    fn remove_all(&mut self, keys: &[&EcoString]) {
        if let Some(map) = self.as_map_mut() {
            let gone: std::collections::BTreeSet<&EcoString> = keys.iter().copied().collect();
            map.retain(|key, _| !gone.contains(key));
        }
    }

    fn is_same(&self, _: &Tree) -> bool {
        false
    }

    fn to_value(&self) -> Value {
        Tree::to_value(self)
    }
}

/// Why a path leads to nothing: the key that is no table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NoTable(pub(super) EcoString);

impl std::fmt::Display for NoTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is not a table", gotemplate::fmt::quote(self.0.as_bytes()))
    }
}

/// Returns the table at a path of keys parted by dots.
pub(super) fn table_at<'d, D: Data>(data: &'d D, path: &str) -> Result<&'d D, NoTable> {
    path.split('.')
        .try_fold(data, |table, key| table.get(key).filter(|found| found.is_table()).ok_or_else(|| NoTable(key.into())))
}

/// Returns what stands at a path and is no table.
pub(super) fn value_at<'d, D: Data>(data: &'d D, path: &str) -> Option<&'d D> {
    let (table, key) = match path.rsplit_once('.') {
        Some((tables, key)) => (table_at(data, tables).ok()?, key),
        None => (data, path),
    };
    table.get(key).filter(|found| !found.is_table())
}
