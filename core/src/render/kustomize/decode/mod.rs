//! Configuration read as Go reads it: YAML made JSON, JSON made structs by encoding/json, in its words.
//!
//! A struct is declared once, with the names of Go, by [`go_struct!`]; reading, the messages for wrong types and
//! unknown fields, and writing (for messages that show a configuration) follow from that. Field names match without
//! regard to case, null leaves a field as it is, and of several mistakes the first in the order of keys is reported.

mod kustomization;
mod plugin;
mod scalars;

pub(super) use kustomization::{Kustomization, decode_kustomization, read_kustomization};
pub(super) use plugin::*;
pub(super) use scalars::{StringMap, Text};

use ecow::EcoString;

use crate::source::Limits;
use crate::value::{Map, Value};
use crate::yaml::{Numbers, unmarshal};

use super::error::{Error, Result};

/// How strictly a configuration is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// As kustomization files: unknown fields are errors, a number is no text.
    Kustomization,
    /// As sigs.k8s.io/yaml's `Unmarshal`: unknown fields are skipped, numbers and booleans become texts where texts
    /// are wanted.
    Lenient,
    /// As its `UnmarshalStrict`: unknown fields are errors.
    Strict,
}

/// A type of Go that JSON is decoded into.
pub(super) trait GoType {
    /// Returns the name in messages.
    fn go_type() -> String;

    /// Takes what a value of JSON says.
    fn decode(&mut self, value: &Value, decoder: &mut Decoder);

    /// Returns the value for JSON; `None` where it is empty in the sense of `omitempty`.
    fn encode(&self) -> Option<Value>;

    /// Returns the value that stands for an empty one that is written nevertheless.
    fn empty() -> Value {
        Value::Null
    }
}

/// The state of one decoding.
#[derive(Debug)]
pub(super) struct Decoder {
    mode: Mode,
    /// Numbers become texts here.
    pub(super) lenient: bool,
    error: Option<String>,
    owner: &'static str,
    path: Vec<&'static str>,
}

impl Decoder {
    fn new(mode: Mode) -> Decoder {
        Decoder { mode, lenient: mode != Mode::Kustomization, error: None, owner: "", path: Vec::new() }
    }

    /// Notes that a value is of the wrong type.
    pub(super) fn mismatch(&mut self, value: &Value, wanted: &str) {
        let found = match value {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Int(_) | Value::UInt(_) | Value::Float(_) => "number",
            Value::Str(_) => "string",
            Value::Seq(_) => "array",
            Value::Map(_) => "object",
        };
        self.mismatch_of(found, wanted);
    }

    /// Notes that a value, described by a text, is of the wrong type.
    pub(super) fn mismatch_of(&mut self, found: &str, wanted: &str) {
        let place = if self.path.is_empty() {
            "Go value".to_owned()
        } else {
            format!("Go struct field {}.{}", self.owner, self.path.join("."))
        };
        let message = format!("json: cannot unmarshal {found} into {place} of type {wanted}");
        self.error.get_or_insert(message);
    }

    fn unknown(&mut self, field: &str) {
        if self.mode != Mode::Lenient {
            self.error.get_or_insert_with(|| format!("json: unknown field {}", super::go::quote(field)));
        }
    }

    /// Decodes the fields of a struct: the function is given the declared name of each field that is there.
    pub(super) fn fields(
        &mut self,
        value: &Value,
        go_type: &'static str,
        declared: &[&'static str],
        mut field: impl FnMut(&'static str, &Value, &mut Decoder),
    ) {
        let Value::Map(map) = value else {
            if !value.is_null() {
                self.mismatch(value, go_type);
            }
            return;
        };
        let mut entries: Vec<(&EcoString, &Value)> = map.iter().collect();
        entries.sort_unstable_by_key(|(key, _)| *key);
        let outer = (self.owner, self.path.len(), self.lenient);
        for (key, value) in entries {
            let Some(name) = find(key, declared) else {
                self.unknown(key);
                continue;
            };
            self.owner = go_type.rsplit('.').next().unwrap_or(go_type);
            self.path.extend(name.trim_start_matches('!').split('/'));
            // sigs.k8s.io/yaml does not look into embedded structs.
            self.lenient &= !name.contains('/');
            field(name, value, self);
            self.owner = outer.0;
            self.path.truncate(outer.1);
            self.lenient = outer.2;
        }
    }
}

/// Returns the JSON name of a declared field: without the embedded structs before it and the mark for `omitempty`.
pub(super) fn json_name(declared: &str) -> &str {
    declared.rsplit('/').next().unwrap_or(declared).trim_start_matches('!')
}

fn find(key: &str, declared: &[&'static str]) -> Option<&'static str> {
    let exact = declared.iter().find(|name| json_name(name) == key);
    exact.or_else(|| declared.iter().find(|name| json_name(name).eq_ignore_ascii_case(key))).copied()
}

/// Puts a field into the value that a struct is encoded to.
pub(super) fn encode_field<T: GoType>(map: &mut Map, declared: &str, field: &T) {
    let keep = declared.starts_with('!');
    if let Some(value) = field.encode().or_else(|| keep.then(T::empty)) {
        map.insert(json_name(declared), value);
    }
}

/// Declares a struct of Go: its name there, and for each field the name in JSON, behind the names of the embedded
/// structs that hold it (`GeneratorArgs/name`); `!` before a name says that the field is written also when empty.
macro_rules! go_struct {
    ($(#[$doc:meta])* struct $name:ident: $go:literal { $($(#[$about:meta])* $field:ident: $ty:ty = $key:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Default)]
        pub(in crate::render::kustomize) struct $name {
            $($(#[$about])* pub(in crate::render::kustomize) $field: $ty,)*
        }

        impl $crate::render::kustomize::decode::GoType for $name {
            fn go_type() -> String {
                $go.to_owned()
            }

            fn decode(
                &mut self,
                value: &$crate::value::Value,
                decoder: &mut $crate::render::kustomize::decode::Decoder,
            ) {
                decoder.fields(value, $go, &[$($key),*], |name, value, decoder| {
                    match name {
                        $($key => self.$field.decode(value, decoder),)*
                        _ => {}
                    }
                });
            }

            fn encode(&self) -> Option<$crate::value::Value> {
                let mut map = $crate::value::Map::new();
                $($crate::render::kustomize::decode::encode_field(&mut map, $key, &self.$field);)*
                Some(map.into())
            }
        }
    };
}

pub(super) use go_struct;

/// Decodes a value.
///
/// # Errors
/// The first mistake, in the words of encoding/json.
pub(super) fn decode<T: GoType + Default>(value: &Value, mode: Mode) -> std::result::Result<T, String> {
    let mut decoder = Decoder::new(mode);
    let mut decoded = T::default();
    decoded.decode(value, &mut decoder);
    match decoder.error {
        Some(error) => Err(error),
        None => Ok(decoded),
    }
}

/// Reads a text as sigs.k8s.io/yaml's `Unmarshal` or `UnmarshalStrict` do.
///
/// # Errors
/// In their words.
pub(super) fn read<T: GoType + Default>(text: &str, mode: Mode, limits: &Limits) -> Result<T> {
    let value = unmarshal(text, Numbers::Exact, limits).map_err(Error::new)?;
    decode(&value, mode).map_err(|error| Error::new(format!("error unmarshaling JSON: while decoding JSON: {error}")))
}

/// Returns the text that sigs.k8s.io/yaml writes for a configuration.
pub(super) fn write<T: GoType>(config: &T) -> String {
    crate::yaml::to_string(&config.encode().unwrap_or_else(|| Map::new().into()))
}
