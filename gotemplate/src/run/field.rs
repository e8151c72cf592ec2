//! Reads fields, with Go's rules for maps without the key, for nil and for what has no fields.

use super::Slot;
use super::machine::{Machine, Raise};
use super::trace::Trace;
use crate::set::MissingKey;
use crate::types::Type;
use crate::value::{Map, Object, Value};

impl<T: Trace> Machine<'_, T> {
    /// Returns a field of a value.
    pub(super) fn field(&self, receiver: &Slot<T::Tag>, name: &str) -> Result<Slot<T::Tag>, Raise> {
        match &receiver.value {
            Value::Map(map) => self.map_field(map, name),
            Value::Nil if !receiver.interface => {
                if self.missing_key == MissingKey::Error {
                    let name = crate::quote::quoted(name.as_bytes());
                    return Err(format!("nil data; no entry for key {name}").into());
                }
                Ok(Slot::default())
            }
            Value::Nil => Err(format!("nil pointer evaluating interface {{}}.{name}").into()),
            Value::Object(object) if object.is_nil() => Err(nil_field(object.as_ref(), receiver, name)),
            Value::Object(object) => {
                if let Some(value) = object.field(name) {
                    let interface = matches!(value, Value::Nil);
                    return Ok(Slot::new(value, interface));
                }
                match object.underlying() {
                    Some(Value::Map(map)) => self.map_field(&map, name),
                    _ => Err(no_field(receiver, name)),
                }
            }
            _ => Err(no_field(receiver, name)),
        }
    }

    fn map_field(&self, map: &Map, name: &str) -> Result<Slot<T::Tag>, Raise> {
        let elem = map.shape().elem;
        if let Some(value) = map.get(name) {
            return Ok(Slot::new(value, elem == Type::Any));
        }
        match self.missing_key {
            MissingKey::Default => Ok(Slot::default()),
            MissingKey::Zero => Ok(Slot::new(elem.zero(), elem == Type::Any)),
            MissingKey::Error => {
                Err(format!("map has no entry for key {}", crate::quote::quoted(name.as_bytes())).into())
            }
        }
    }
}

/// Returns the error of a field of a nil pointer, which depends on whether its type has that field.
pub(super) fn nil_field<T>(object: &dyn Object, receiver: &Slot<T>, name: &str) -> Raise {
    if object.field(name).is_none() {
        return no_field(receiver, name);
    }
    format!("nil pointer evaluating {}.{name}", static_type(receiver)).into()
}

pub(super) fn no_field<T>(receiver: &Slot<T>, name: &str) -> Raise {
    format!("can't evaluate field {name} in type {}", static_type(receiver)).into()
}

pub(super) fn static_type<T>(slot: &Slot<T>) -> String {
    if slot.interface { "interface {}".to_owned() } else { slot.value.type_name().into_owned() }
}
