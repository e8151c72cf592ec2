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

use gotemplate::{FloatKind, IntKind, List, Map, UintKind, Value};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Limits};
    use crate::yaml::{Numbers, unmarshal, unmarshal_node};

    #[test]
    fn values_go_over() {
        let text = "a: [1, 1.5, x, null, true, {b: {}}, []]\nz: -3\nc: 18446744073709551615\n";
        let value = unmarshal(text, Numbers::Exact, &Limits::default()).expect("yaml");
        let there = from_value(&value);
        assert_eq!(there.to_text(), b"map[a:[1 1.5 x <nil> true map[b:map[]] []] c:18446744073709551615 z:-3]");
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
}
