//! Between the engine's values and those of Go templates, and both to and from text.
//!
//! Two models live side by side. The engine's [`Value`](crate::value::Value) is a tree that keeps the order of keys;
//! a template's [`Value`] is a graph of references that templates change in place, with Go's types and strings of
//! bytes. Values go over once ([`from_value`]); texts are written from template values ([`write`]) and read into them
//! ([`from_node`]) without a tree of the other model in between.
//!
//! # Objects
//! A host type that templates see is a [`gotemplate::Object`]. What `toYaml`, `toJson` and `toToml` write for it is
//! decided by [`Object::marshal`](gotemplate::Object::marshal), which is asked with one of the names in [`format`].
//! Without an answer a struct is written with its fields under their names, in their order, and a named type as what
//! it is made of. An answer may be any value, an object too: a struct whose names differ in JSON answers with a
//! [`Fields`].

mod fields;
pub(super) mod write;

use gotemplate::{FloatKind, IntKind, List, Map, Str, UintKind, Value};

pub(super) use crate::go::text::{runes, valid};
pub(super) use fields::Fields;

use crate::value as core;
use crate::yaml::{Node, NodeKind, ScalarKind};

/// The formats that [`Object::marshal`](gotemplate::Object::marshal) is asked for.
pub(super) mod format {
    /// encoding/json, which is also what sigs.k8s.io/yaml writes (`toYaml`).
    pub(crate) const JSON: &str = "json";
    /// yaml.v3 (`toYamlPretty`).
    pub(crate) const YAML: &str = "yaml";
    /// BurntSushi/toml.
    pub(crate) const TOML: &str = "toml";
}

/// Whether a value is a map or slice that is nil in Go: as good as an empty one, but JSON has null for it.
pub(super) fn is_nil_container(value: &Value) -> bool {
    matches!(value, Value::Map(_) | Value::List(_)) && value.is_nil()
}

/// Returns a template's value for one of the engine's: `int64`, `float64`, `map[string]interface {}`, and lists with
/// the capacity that Go's decoder leaves behind.
///
/// Recursion is bounded by the nesting of the value, which its reader bounds.
pub(super) fn from_value(value: &core::Value) -> Value {
    match value {
        core::Value::Null => Value::Nil,
        core::Value::Bool(b) => Value::Bool(*b),
        core::Value::Int(i) => Value::Int(*i, IntKind::Int64),
        core::Value::UInt(u) => Value::Uint(*u, UintKind::Uint64),
        core::Value::Float(f) => Value::Float(*f, FloatKind::Float64),
        core::Value::Str(text) => Value::from(text.as_str()),
        core::Value::Seq(items) => List::appended(items.iter().map(from_value).collect()).into(),
        core::Value::Map(map) => from_map(map).into(),
    }
}

/// Returns a template's map for one of the engine's.
pub(super) fn from_map(map: &core::Map) -> Map {
    map.iter().map(|(key, value)| (key.as_str(), from_value(value))).collect()
}

/// Returns a template's value for a normalized tree of YAML, with all numbers `float64` as encoding/json reads them
/// into a bare interface.
pub(super) fn from_node(node: &Node) -> Value {
    match &node.kind {
        NodeKind::Seq(items) => List::appended(items.iter().map(from_node).collect()).into(),
        NodeKind::Map(entries) => {
            let texts = entries.iter().filter_map(|(key, value)| Some((key.as_str()?, from_node(value))));
            texts.collect::<Map>().into()
        }
        NodeKind::Scalar(scalar) => match scalar.kind {
            ScalarKind::Null => Value::Nil,
            ScalarKind::Bool => Value::Bool(scalar.text == "true"),
            ScalarKind::Int | ScalarKind::Float => scalar.text.parse().map_or(Value::Nil, float),
            ScalarKind::Str | ScalarKind::Unresolved => Value::from(scalar.text.as_str()),
        },
        NodeKind::Alias(_) => Value::Nil,
    }
}

fn float(f: f64) -> Value {
    Value::from(f)
}

/// Returns the engine's value for a template's: what JSON would make of it, with integers exact.
///
/// # Errors
/// What encoding/json refuses, and nesting beyond `depth` levels, to which a value that holds itself belongs.
pub(super) fn to_value(value: &Value, depth: usize) -> Result<core::Value, String> {
    let mut open: Vec<Open> = Vec::new();
    let mut next = value.clone();
    loop {
        let mut done = match next {
            Value::List(list) => {
                open.push(Open::Seq(list.to_vec().into_iter(), Vec::new()));
                None
            }
            Value::Map(map) => {
                open.push(Open::Map(map.entries().into_iter(), Str::default(), core::Map::new()));
                None
            }
            Value::Object(object) => {
                next = write::stand_in(&object, format::JSON);
                continue;
            }
            scalar => Some(to_scalar(&scalar)?),
        };
        if open.len() > depth {
            return Err(format!("nested more than {depth} levels deep"));
        }
        next = loop {
            let Some(innermost) = open.last_mut() else {
                return Ok(done.unwrap_or_default());
            };
            if let Some(value) = done.take() {
                innermost.put(value);
            }
            match innermost.next() {
                Some(value) => break value,
                None => done = open.pop().map(Open::close),
            }
        };
    }
}

enum Open {
    Seq(std::vec::IntoIter<Value>, Vec<core::Value>),
    Map(std::vec::IntoIter<(Str, Value)>, Str, core::Map),
}

impl Open {
    fn next(&mut self) -> Option<Value> {
        match self {
            Open::Seq(rest, _) => rest.next(),
            Open::Map(rest, key, _) => {
                let (next_key, value) = rest.next()?;
                *key = next_key;
                Some(value)
            }
        }
    }

    fn put(&mut self, value: core::Value) {
        match self {
            Open::Seq(_, items) => items.push(value),
            Open::Map(_, key, map) => drop(map.insert(valid(key).as_ref(), value)),
        }
    }

    fn close(self) -> core::Value {
        match self {
            Open::Seq(_, items) => items.into(),
            Open::Map(_, _, map) => map.into(),
        }
    }
}

fn to_scalar(value: &Value) -> Result<core::Value, String> {
    Ok(match value {
        Value::Nil => core::Value::Null,
        Value::Bool(b) => core::Value::Bool(*b),
        Value::Int(i, _) => core::Value::Int(*i),
        Value::Uint(u, _) => core::Value::from(*u),
        Value::Float(f, _) => core::Value::Float(*f),
        Value::Str(text) => core::Value::from(valid(text).as_ref()),
        Value::Bytes(bytes) => core::Value::from(data_encoding::BASE64.encode(bytes)),
        other => return Err(format!("json: unsupported type: {}", other.type_name())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Limits};
    use crate::yaml::{Numbers, unmarshal, unmarshal_node};

    #[test]
    fn values_go_over_and_come_back() {
        let text = "a: [1, 1.5, x, null, true, {b: {}}, []]\nz: -3\nc: 18446744073709551615\n";
        let value = unmarshal(text, Numbers::Exact, &Limits::default()).expect("yaml");
        let there = from_value(&value);
        assert_eq!(there.to_text(), b"map[a:[1 1.5 x <nil> true map[b:map[]] []] c:18446744073709551615 z:-3]");
        assert_eq!(to_value(&there, 10).as_ref(), Ok(&value));
    }

    #[test]
    fn trees_of_yaml_have_float_numbers() {
        let node = unmarshal_node("[1, 9007199254740993]", FileId::NONE, &Limits::default())
            .expect("yaml")
            .expect("a document");
        let Value::List(list) = from_node(&node) else { panic!("a list") };
        assert_eq!(list.get(0).expect("one").type_name(), "float64");
        assert_eq!(list.get(1).expect("two").to_text(), b"9.007199254740992e+15");
    }

    #[test]
    fn a_value_that_holds_itself_is_refused() {
        let map = Map::new();
        map.insert("self", map.clone());
        assert!(to_value(&map.clone().into(), 100).is_err());
        map.remove("self");
    }
}
