//! `index`, `slice` and `len`.

use crate::error::Fault;
use crate::run::{Meter, Slot};
use crate::types::Type;
use crate::value::{List, Str, UintKind, Value};

pub(super) fn length<T>(slot: &Slot<T>) -> Result<usize, Fault> {
    match &*slot.value.basic() {
        Value::Nil if slot.interface => Err(Fault::from("len of nil pointer")),
        Value::Object(object) if object.is_nil() => Err(Fault::from("len of nil pointer")),
        // What Go's reflection says about no value at all.
        Value::Nil => Err(Fault::from("reflect: call of reflect.Value.Type on zero Value")),
        Value::Str(text) | Value::Bytes(text) => Ok(text.len()),
        Value::List(list) => Ok(list.len()),
        Value::Map(map) => Ok(map.len()),
        _ => Err(Fault::new(format!("len of type {}", pointed_at(&slot.value)))),
    }
}

/// Returns the type of a value, or of what it points to: Go follows the pointer before it looks.
fn pointed_at(value: &Value) -> String {
    let name = value.type_name();
    name.strip_prefix('*').unwrap_or(&name).to_owned()
}

/// Reads an index; `cap` itself is let through.
fn position<T>(index: &Slot<T>, cap: usize) -> Result<usize, Fault> {
    let value = match *index.value.basic() {
        Value::Int(value, _) => value,
        Value::Uint(value, _) => value.cast_signed(),
        Value::Nil => return Err(Fault::from("cannot index slice/array with nil")),
        _ => {
            let name = index.value.type_name();
            return Err(Fault::new(format!("cannot index slice/array with type {name}")));
        }
    };
    let position = usize::try_from(value).ok().filter(|&position| position <= cap);
    position.ok_or_else(|| Fault::new(format!("index out of range: {value}")))
}

pub(super) fn index<T: Clone + Default>(args: &[Slot<T>]) -> Result<Slot<T>, Fault> {
    let mut item = args[0].clone();
    if matches!(item.value, Value::Nil) {
        return Err(Fault::from("index of untyped nil"));
    }
    item.interface = false;
    for index in &args[1..] {
        let next = match &*item.value.basic() {
            Value::Nil => return Err(Fault::from("index of nil pointer")),
            Value::Object(object) if object.is_nil() => return Err(Fault::from("index of nil pointer")),
            Value::Str(text) | Value::Bytes(text) => {
                let what = if matches!(item.value, Value::Bytes(_)) { "slice" } else { "string" };
                let at = position(index, text.len())?;
                let byte = text.get(at).ok_or_else(|| Fault::new(format!("reflect: {what} index out of range")))?;
                Slot::concrete(Value::Uint(u64::from(*byte), UintKind::Uint8))
            }
            Value::List(list) => {
                let value = list.get(position(index, list.len())?);
                let value = value.ok_or_else(|| Fault::from("reflect: slice index out of range"))?;
                Slot::new(value, list.shape().elem == Type::Any)
            }
            Value::Map(map) => {
                let value = map.get(key(index)?);
                let elem = map.shape().elem;
                Slot::new(value.unwrap_or_else(|| elem.zero()), elem == Type::Any)
            }
            _ => {
                let name = pointed_at(&item.value);
                return Err(Fault::new(format!("can't index item of type {name}")));
            }
        };
        item = next;
    }
    Ok(item)
}

fn key<T>(index: &Slot<T>) -> Result<Str, Fault> {
    match &index.value {
        Value::Str(key) => Ok(key.clone()),
        Value::Nil => Err(Fault::from("value is nil; should be of type string")),
        value => Err(Fault::new(format!("value has type {}; should be string", value.type_name()))),
    }
}

pub(super) fn slice<T>(args: &[Slot<T>], meter: &mut Meter) -> Result<Value, Fault> {
    let (item, indexes) = (&args[0], &args[1..]);
    if matches!(item.value, Value::Nil) {
        return Err(Fault::from("slice of untyped nil"));
    }
    if indexes.len() > 3 {
        return Err(Fault::new(format!("too many slice indexes: {}", indexes.len())));
    }
    let value = item.value.basic();
    let (len, room) = match &*value {
        Value::Str(_) if indexes.len() == 3 => return Err(Fault::from("cannot 3-index slice a string")),
        Value::Str(text) | Value::Bytes(text) => (text.len(), text.len()),
        Value::List(list) => (list.len(), list.capacity()),
        Value::Object(object) if object.is_nil() => return Err(Fault::from("slice of nil pointer")),
        _ => {
            let name = item.value.type_name();
            return Err(Fault::new(format!("can't slice item of type {name}")));
        }
    };
    let mut bounds = [0, len, room];
    for (bound, index) in bounds.iter_mut().zip(indexes) {
        // Unlike `index`, Go's `slice` does not look into interfaces here: an element of a map is no index.
        if index.interface {
            return Err(Fault::from("cannot index slice/array with type interface {}"));
        }
        *bound = position(index, room)?;
    }
    let [from, to, cap] = bounds;
    if from > to {
        return Err(Fault::new(format!("invalid slice index: {from} > {to}")));
    }
    if indexes.len() == 3 && to > cap {
        return Err(Fault::new(format!("invalid slice index: {to} > {cap}")));
    }
    let size = if matches!(&*value, Value::List(_)) { size_of::<Value>() } else { 1 };
    meter.charge((to - from) * size)?;
    Ok(match &*value {
        Value::Str(text) => Value::Str(Str::from(&text[from..to])),
        Value::Bytes(bytes) => Value::Bytes(Str::from(&bytes[from..to])),
        Value::List(list) => {
            // Between length and capacity there are zeros.
            let mut items = list.part(from..to);
            items.resize(to - from, list.shape().elem.zero());
            Value::List(List::with_capacity(list.shape(), items, cap - from))
        }
        other => other.clone(),
    })
}
