//! The types of Go that structs are made of.

use ecow::EcoString;

use super::{Decoder, GoType};
use crate::value::{Map, Value};

/// A text.
pub(in crate::render::kustomize) type Text = EcoString;

impl GoType for EcoString {
    fn go_type() -> String {
        "string".to_owned()
    }

    fn decode(&mut self, value: &Value, decoder: &mut Decoder) {
        decode_text(self, value, decoder, "string");
    }

    fn encode(&self) -> Option<Value> {
        (!self.is_empty()).then(|| self.clone().into())
    }

    fn empty() -> Value {
        Value::Str(EcoString::new())
    }
}

pub(super) fn decode_text(text: &mut EcoString, value: &Value, decoder: &mut Decoder, go_type: &str) {
    match value {
        Value::Str(found) => *text = found.clone(),
        Value::Null => {}
        Value::Bool(b) if decoder.lenient => *text = if *b { "true" } else { "false" }.into(),
        Value::Int(i) if decoder.lenient => *text = ecow::eco_format!("{i}"),
        Value::UInt(u) if decoder.lenient => *text = ecow::eco_format!("{u}"),
        // sigs.k8s.io/yaml writes floats with 32 bits.
        Value::Float(f) if decoder.lenient => *text = crate::yaml::key_float(*f).into(),
        _ => decoder.mismatch(value, go_type),
    }
}

impl GoType for bool {
    fn go_type() -> String {
        "bool".to_owned()
    }

    fn decode(&mut self, value: &Value, decoder: &mut Decoder) {
        match value {
            Value::Bool(b) => *self = *b,
            Value::Null => {}
            _ => decoder.mismatch(value, "bool"),
        }
    }

    fn encode(&self) -> Option<Value> {
        self.then_some(Value::Bool(true))
    }

    fn empty() -> Value {
        Value::Bool(false)
    }
}

impl GoType for i64 {
    fn go_type() -> String {
        "int64".to_owned()
    }

    fn decode(&mut self, value: &Value, decoder: &mut Decoder) {
        decode_int(self, value, decoder, "int64");
    }

    fn encode(&self) -> Option<Value> {
        (*self != 0).then_some(Value::Int(*self))
    }

    fn empty() -> Value {
        Value::Int(0)
    }
}

/// Go's `int`, which its messages tell apart from `int64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::render::kustomize) struct Int(pub(in crate::render::kustomize) i64);

impl GoType for Int {
    fn go_type() -> String {
        "int".to_owned()
    }

    fn decode(&mut self, value: &Value, decoder: &mut Decoder) {
        decode_int(&mut self.0, value, decoder, "int");
    }

    fn encode(&self) -> Option<Value> {
        self.0.encode()
    }
}

fn decode_int(int: &mut i64, value: &Value, decoder: &mut Decoder, go_type: &str) {
    match value {
        Value::Int(i) => *int = *i,
        Value::Null => {}
        Value::UInt(u) => decoder.mismatch_of(&format!("number {u}"), go_type),
        Value::Float(f) => {
            let json = crate::yaml::json_float(*f).unwrap_or_default();
            decoder.mismatch_of(&format!("number {json}"), go_type);
        }
        _ => decoder.mismatch(value, go_type),
    }
}

impl<T: GoType + Default> GoType for Vec<T> {
    fn go_type() -> String {
        format!("[]{}", T::go_type())
    }

    fn decode(&mut self, value: &Value, decoder: &mut Decoder) {
        match value {
            Value::Seq(items) => {
                self.clear();
                for item in items.iter() {
                    let mut decoded = T::default();
                    decoded.decode(item, decoder);
                    self.push(decoded);
                }
            }
            Value::Null => self.clear(),
            _ => decoder.mismatch(value, &Self::go_type()),
        }
    }

    fn encode(&self) -> Option<Value> {
        let items = || self.iter().map(|item| item.encode().unwrap_or_else(T::empty)).collect::<Vec<_>>();
        (!self.is_empty()).then(|| items().into())
    }
}

impl<T: GoType + Default> GoType for Option<T> {
    fn go_type() -> String {
        T::go_type()
    }

    fn decode(&mut self, value: &Value, decoder: &mut Decoder) {
        if value.is_null() {
            *self = None;
        } else {
            self.get_or_insert_default().decode(value, decoder);
        }
    }

    fn encode(&self) -> Option<Value> {
        self.as_ref().map(|inner| inner.encode().unwrap_or_else(T::empty))
    }
}

/// A map of texts, in the order of its keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::render::kustomize) struct StringMap(pub(in crate::render::kustomize) Vec<(EcoString, EcoString)>);

impl StringMap {
    /// Returns the text of a key.
    pub(in crate::render::kustomize) fn get(&self, key: &str) -> Option<&EcoString> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, text)| text)
    }
}

impl GoType for StringMap {
    fn go_type() -> String {
        "map[string]string".to_owned()
    }

    fn decode(&mut self, value: &Value, decoder: &mut Decoder) {
        match value {
            Value::Map(map) => {
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_unstable_by_key(|(key, _)| *key);
                for (key, value) in entries {
                    let mut text = EcoString::new();
                    decode_text(&mut text, value, decoder, "string");
                    self.0.push((key.clone(), text));
                }
            }
            Value::Null => {}
            _ => decoder.mismatch(value, "map[string]string"),
        }
    }

    fn encode(&self) -> Option<Value> {
        let map = || self.0.iter().map(|(key, text)| (key.clone(), text.clone().into())).collect::<Map>();
        (!self.0.is_empty()).then(|| map().into())
    }
}

/// A map of anything.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::render::kustomize) struct AnyMap(pub(in crate::render::kustomize) Map);

impl GoType for AnyMap {
    fn go_type() -> String {
        "map[string]interface {}".to_owned()
    }

    fn decode(&mut self, value: &Value, decoder: &mut Decoder) {
        match value {
            Value::Map(map) => self.0 = (**map).clone(),
            Value::Null => {}
            _ => decoder.mismatch(value, "map[string]interface {}"),
        }
    }

    fn encode(&self) -> Option<Value> {
        (!self.0.is_empty()).then(|| self.0.clone().into())
    }
}

/// Declares a text with a name of its own in Go.
macro_rules! go_text {
    ($(#[$doc:meta])* $name:ident: $go:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub(in crate::render::kustomize) struct $name(pub(in crate::render::kustomize) ecow::EcoString);

        impl GoType for $name {
            fn go_type() -> String {
                $go.to_owned()
            }

            fn decode(&mut self, value: &Value, decoder: &mut Decoder) {
                decode_text(&mut self.0, value, decoder, $go);
            }

            fn encode(&self) -> Option<Value> {
                self.0.encode()
            }
        }
    };
}

go_text! {
    /// A strategic merge patch, or the path of its file.
    PatchText: "types.PatchStrategicMerge"
}

go_text! {
    /// `legacy` or `fifo`.
    SortOrder: "types.SortOrder"
}

go_text! {
    /// Of which subjects of bindings the namespace is set.
    SubjectMode: "namespace.RoleBindingSubjectMode"
}

go_text! {
    /// A provider of machines.
    Cloud: "types.Cloud"
}
