//! What Go's reflection tells a function about a value: its kind, and the elements of what is a list.

use gotemplate::{Fault, Map, Shape, State, UintKind, Value};

/// The text of Go's panic where a nil pointer is followed, as happens to the type of nil.
pub(super) const NIL_DEREFERENCE: &str = "runtime error: invalid memory address or nil pointer dereference";

/// Returns the name of the kind (`reflect.Kind`): the type behind a named type.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Nil => "invalid",
        Value::Bool(_) => "bool",
        Value::Int(_, kind) => int_name(*kind),
        Value::Uint(_, kind) => uint_name(*kind),
        Value::Float(_, gotemplate::FloatKind::Float32) => "float32",
        Value::Float(_, gotemplate::FloatKind::Float64) => "float64",
        Value::Complex(..) => "complex128",
        Value::Str(_) => "string",
        Value::Bytes(_) | Value::List(_) => "slice",
        Value::Map(_) => "map",
        Value::Func(_) => "func",
        Value::Object(object) => {
            let name = object.type_name();
            if name.starts_with('*') {
                return "ptr";
            }
            match object.underlying() {
                Some(Value::Object(_)) | None if name.starts_with("func(") => "func",
                Some(Value::Object(_)) | None => "struct",
                Some(value) => kind(&value),
            }
        }
    }
}

fn int_name(kind: gotemplate::IntKind) -> &'static str {
    use gotemplate::IntKind::{Int, Int8, Int16, Int32, Int64};
    match kind {
        Int => "int",
        Int8 => "int8",
        Int16 => "int16",
        Int32 => "int32",
        Int64 => "int64",
    }
}

fn uint_name(kind: UintKind) -> &'static str {
    match kind {
        UintKind::Uint => "uint",
        UintKind::Uint8 => "uint8",
        UintKind::Uint16 => "uint16",
        UintKind::Uint32 => "uint32",
        UintKind::Uint64 => "uint64",
        UintKind::Uintptr => "uintptr",
    }
}

/// Returns the elements of a slice, of whatever type; none of what is no slice.
///
/// # Errors
/// When the run has no steps or memory left for a copy of them.
pub(super) fn elements(state: &mut State<'_>, value: &Value) -> Result<Option<Vec<Value>>, Fault> {
    match value {
        Value::List(list) => {
            charge(state, list.len())?;
            Ok(Some(list.to_vec()))
        }
        Value::Bytes(bytes) => {
            charge(state, bytes.len())?;
            let byte = |&byte: &u8| Value::Uint(u64::from(byte), UintKind::Uint8);
            Ok(Some(bytes.iter().map(byte).collect()))
        }
        Value::Object(object) => match object.underlying() {
            Some(value @ (Value::List(_) | Value::Bytes(_))) => elements(state, &value),
            _ => Ok(None),
        },
        _ => Ok(None),
    }
}

/// Asks for the steps and the memory that a list of so many elements takes.
///
/// # Errors
/// When the run has not so much left.
pub(super) fn charge(state: &mut State<'_>, elements: usize) -> Result<(), Fault> {
    // What a list takes beside its elements.
    const LIST: usize = 96;
    state.spend(elements as u64)?;
    state.charge(LIST.saturating_add(elements.saturating_mul(size_of::<Value>())))
}

/// Asks for the steps and the memory that a map of so many entries takes.
///
/// # Errors
/// When the run has not so much left.
pub(super) fn charge_map(state: &mut State<'_>, entries: usize) -> Result<(), Fault> {
    // A small map holds room for some more.
    const ROOM: usize = 512;
    const ENTRY: usize = 64;
    state.spend(entries as u64)?;
    state.charge(ROOM.saturating_add(entries.saturating_mul(ENTRY)))
}

/// Returns the map of a parameter of type `map[string]interface {}`, which may be nil.
pub(super) fn map(value: &Value) -> Map {
    match value {
        Value::Map(map) => map.clone(),
        _ => Map::nil(Shape::MAP),
    }
}

/// Returns the bytes of a parameter of type `string`; its signature lets nothing else through.
pub(super) fn text(value: &Value) -> &[u8] {
    match value {
        Value::Str(text) => text,
        _ => b"",
    }
}

/// Returns the number of a parameter of an integer type; its signature lets nothing else through.
pub(super) fn int(value: &Value) -> i64 {
    match value {
        Value::Int(value, _) => *value,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gotemplate::{List, Map, NilPointer, Shape};

    #[test]
    fn kinds_are_those_of_reflection() {
        let kinds = |values: Vec<Value>| values.iter().map(kind).collect::<Vec<_>>().join(" ");
        let values = vec![
            Value::Nil,
            1.into(),
            Value::int64(1),
            1.5.into(),
            "".into(),
            Map::new().into(),
            List::strings(["a"]).into(),
            List::nil(Shape::LIST).into(),
            Value::Bytes("a".into()),
            NilPointer::new("*a.B").into(),
        ];
        assert_eq!(kinds(values), "invalid int int64 float64 string map slice slice slice ptr");
    }
}
