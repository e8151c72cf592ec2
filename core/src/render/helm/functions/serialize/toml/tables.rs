//! Where keys belong: tables, tables made on the way, arrays of tables, and what may be defined again.

use std::collections::BTreeSet;

use gotemplate::{List, Map, Shape, Type, Value};

use super::path;

/// An array of tables.
static TABLES: Shape = Shape::new("[]map[string]interface {}", Type::Map);

/// The tables read so far.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) root: Map,
    /// The table that keys go into.
    pub(super) context: Vec<String>,
    /// The paths of tables that a longer key has made.
    implicit: BTreeSet<Vec<u8>>,
    /// The paths of values that are arrays.
    arrays: BTreeSet<Vec<u8>>,
}

impl Tables {
    /// Goes into a table, or into a new one of an array of tables.
    pub(super) fn enter(&mut self, key: &[String], array: bool) -> Result<(), String> {
        let Some((last, parents)) = key.split_last() else { return Ok(()) };
        let mut table = self.root.clone();
        for (at, name) in parents.iter().enumerate() {
            let here = &parents[..=at];
            if table.get(name).is_none() {
                self.implicit.insert(path(here));
                table.insert(name.as_str(), Map::new());
            }
            table = inner(&table, name).ok_or_else(|| {
                format!("Key '{}' was already created as a hash.", String::from_utf8_lossy(&path(here)))
            })?;
        }
        self.context = parents.to_vec();
        if array {
            let list = match table.get(last) {
                None => {
                    let list = List::with_shape(&TABLES, Vec::new());
                    table.insert(last.as_str(), list.clone());
                    list
                }
                Some(Value::List(list)) if is_tables(&list) => list,
                Some(_) => {
                    let key = path(key);
                    let key = String::from_utf8_lossy(&key);
                    return Err(format!("Key '{key}' was already created and cannot be used as an array."));
                }
            };
            list.push(Map::new());
        } else {
            self.set(last, Map::new().into())?;
        }
        self.context.push(last.clone());
        Ok(())
    }

    /// Goes into a table that a dotted key names, making it if need be.
    pub(super) fn enter_implicit(&mut self, name: &str) -> Result<(), String> {
        let mut key = self.context.clone();
        key.push(name.to_owned());
        self.imply(&key);
        self.enter(&key, false)
    }

    /// Notes that a table may still be defined.
    pub(super) fn imply(&mut self, key: &[String]) {
        self.implicit.insert(path(key));
    }

    /// Sets a value in the table at hand.
    pub(super) fn set(&mut self, name: &str, value: Value) -> Result<(), String> {
        let defined = |key: &[u8]| format!("Key '{}' has already been defined.", String::from_utf8_lossy(key));
        let mut table = self.root.clone();
        for (at, name) in self.context.iter().enumerate() {
            table = inner(&table, name).ok_or_else(|| defined(&path(&self.context[..=at])))?;
        }
        if table.get(name).is_none() {
            table.insert(name, value);
            return Ok(());
        }
        let key = self.path_of(name);
        // What was made on the way may be defined once.
        if !self.implicit.remove(&key) {
            return Err(defined(&key));
        }
        if self.arrays.contains(&key) {
            table.insert(name, value);
        }
        Ok(())
    }

    /// Notes whether the value of a key is an array; no name stands for the table at hand.
    pub(super) fn note_array(&mut self, name: &str, is_array: bool) {
        let mut key = if name.is_empty() { path(&self.context) } else { self.path_of(name) };
        if key.is_empty() {
            key = b"\"\"".to_vec();
        }
        if is_array {
            self.arrays.insert(key);
        } else {
            self.arrays.remove(&key);
        }
    }

    fn path_of(&self, name: &str) -> Vec<u8> {
        let mut key = path(&self.context);
        if !self.context.is_empty() {
            key.push(b'.');
        }
        super::push_key(&mut key, name.as_bytes());
        key
    }
}

fn is_tables(list: &List) -> bool {
    std::ptr::eq(list.shape(), &TABLES)
}

/// Returns the table under a key: of an array of tables the last one.
fn inner(table: &Map, name: &str) -> Option<Map> {
    match table.get(name)? {
        Value::Map(map) => Some(map),
        Value::List(list) if is_tables(&list) => match list.get(list.len().checked_sub(1)?)? {
            Value::Map(map) => Some(map),
            _ => None,
        },
        _ => None,
    }
}
