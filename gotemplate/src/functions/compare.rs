//! `eq`, `lt` and their kin: basic kinds only, integers across signs, nil with anything that can be nil.

use std::sync::Arc;

use crate::error::Fault;
use crate::fmt;
use crate::run::Slot;
use crate::value::{Object, Value};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    None,
    Bool,
    Complex,
    Int,
    Float,
    Str,
    Uint,
}

fn kind(value: &Value) -> Kind {
    match value {
        Value::Bool(_) => Kind::Bool,
        Value::Complex(..) => Kind::Complex,
        Value::Int(..) => Kind::Int,
        Value::Uint(..) => Kind::Uint,
        Value::Float(..) => Kind::Float,
        Value::Str(_) => Kind::Str,
        _ => Kind::None,
    }
}

fn incompatible(left: &Value, right: &Value) -> Fault {
    Fault::new(format!("incompatible types for comparison: {} and {}", left.type_name(), right.type_name()))
}

pub(super) fn equal<T>(left: &Slot<T>, rights: &[Slot<T>]) -> Result<bool, Fault> {
    if rights.is_empty() {
        return Err(Fault::from("missing argument for comparison"));
    }
    for right in rights {
        if same(&left.value, &right.value)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn same(left: &Value, right: &Value) -> Result<bool, Fault> {
    Ok(match (&*left.basic(), &*right.basic()) {
        (Value::Int(left, _), Value::Uint(right, _)) | (Value::Uint(right, _), Value::Int(left, _)) => {
            u64::try_from(*left) == Ok(*right)
        }
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Complex(a, b), Value::Complex(c, d)) => a == c && b == d,
        (Value::Float(left, _), Value::Float(right, _)) => left == right,
        (Value::Int(left, _), Value::Int(right, _)) => left == right,
        (Value::Str(left), Value::Str(right)) => left == right,
        (Value::Uint(left, _), Value::Uint(right, _)) => left == right,
        (a, b) if kind(a) != kind(b) => {
            if !matches!(a, Value::Nil) && !matches!(b, Value::Nil) {
                return Err(incompatible(left, right));
            }
            false
        }
        _ => return same_other(left, right),
    })
}

/// Compares what is no basic kind: nil, containers, functions, objects.
fn same_other(left: &Value, right: &Value) -> Result<bool, Fault> {
    match (left, right) {
        (Value::Nil, other) | (other, Value::Nil) => Ok(other.is_nil()),
        _ if go_kind(left) != go_kind(right) => {
            let values = [left.clone(), right.clone()];
            let (a, b) = (fmt::shown(b"%s", &values[..1]), fmt::shown(b"%v", &values[1..]));
            let (a_type, b_type) = (left.type_name(), right.type_name());
            Err(Fault::new(format!("non-comparable types {a}: {a_type}, {b_type}: {b}")))
        }
        _ if left.is_nil() || right.is_nil() => Ok(left.is_nil() == right.is_nil()),
        (Value::Object(a), Value::Object(b)) if is_comparable(right) => Ok(same_object(a, b)),
        _ => {
            let text = fmt::shown(b"%s", std::slice::from_ref(right));
            Err(Fault::new(format!("non-comparable type {text}: {}", right.type_name())))
        }
    }
}

/// Reports whether Go's `==` takes the type: no list, map or function, and no struct that has one for a field.
fn is_comparable(value: &Value) -> bool {
    let mut work = vec![value.clone()];
    while let Some(value) = work.pop() {
        match value {
            Value::List(_) | Value::Map(_) | Value::Bytes(_) | Value::Func(_) => return false,
            Value::Object(object) if object.type_name().starts_with('*') => {}
            Value::Object(object) if object.type_name().starts_with("func(") => return false,
            Value::Object(object) => match object.underlying() {
                Some(value) => work.push(value),
                None => work.extend(object.fields().into_iter().map(|(_, value)| value)),
            },
            _ => {}
        }
    }
    true
}

/// Compares as Go's `==` does: pointers by what they point to, structs field by field.
fn same_object(left: &Arc<dyn Object>, right: &Arc<dyn Object>) -> bool {
    let mut work = vec![(Value::Object(left.clone()), Value::Object(right.clone()))];
    while let Some(pair) = work.pop() {
        let (left, right) = match &pair {
            (Value::Object(left), Value::Object(right)) => (left, right),
            (left, right) if left.type_name() == right.type_name() && same(left, right).unwrap_or(false) => continue,
            _ => return false,
        };
        if Arc::ptr_eq(left, right) {
            continue;
        }
        if left.type_name() != right.type_name() || left.type_name().starts_with('*') {
            return false;
        }
        match (left.underlying(), right.underlying()) {
            (Some(left), Some(right)) => work.push((left, right)),
            _ => {
                let fields = left.fields().into_iter().zip(right.fields());
                work.extend(fields.map(|((_, left), (_, right))| (left, right)));
            }
        }
    }
    true
}

fn go_kind(value: &Value) -> u8 {
    match value {
        Value::List(_) | Value::Bytes(_) => 1,
        Value::Map(_) => 2,
        Value::Func(_) => 3,
        Value::Object(object) if object.type_name().starts_with('*') => 4,
        Value::Object(object) => object.underlying().map_or(5, |value| go_kind(&value)),
        _ => 6,
    }
}

pub(super) fn less<T>(left: &Slot<T>, right: &Slot<T>) -> Result<bool, Fault> {
    let (a, b) = (left.value.basic(), right.value.basic());
    let bad = || Fault::from("invalid type for comparison");
    if kind(&a) == Kind::None || kind(&b) == Kind::None {
        return Err(bad());
    }
    Ok(match (&*a, &*b) {
        (Value::Int(a, _), Value::Uint(b, _)) => u64::try_from(*a).is_err() || u64::try_from(*a).is_ok_and(|a| a < *b),
        (Value::Uint(a, _), Value::Int(b, _)) => u64::try_from(*b).is_ok_and(|b| *a < b),
        (Value::Float(a, _), Value::Float(b, _)) => a < b,
        (Value::Int(a, _), Value::Int(b, _)) => a < b,
        (Value::Str(a), Value::Str(b)) => a < b,
        (Value::Uint(a, _), Value::Uint(b, _)) => a < b,
        (a, b) if kind(a) != kind(b) => return Err(incompatible(&left.value, &right.value)),
        _ => return Err(bad()),
    })
}

pub(super) fn less_or_equal<T>(left: &Slot<T>, right: &Slot<T>) -> Result<bool, Fault> {
    Ok(less(left, right)? || equal(left, std::slice::from_ref(right))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_compare_across_signs() {
        assert!(same(&Value::from(3), &Value::from(3u64)).expect("comparable"));
        assert!(!same(&Value::from(-1), &Value::from(u64::MAX)).expect("comparable"));
        let less = |a: Value, b: Value| less::<()>(&Slot::concrete(a), &Slot::concrete(b)).expect("comparable");
        assert!(less(Value::from(-1), Value::from(0u64)) && !less(Value::from(0u64), Value::from(-1)));
    }
}
