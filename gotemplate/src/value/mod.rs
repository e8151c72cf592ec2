//! Values as Go templates see them.
//!
//! Numbers and strings are plain values. Lists and maps are references, as Go's slices and maps are: everybody who
//! holds one sees what `set` does to it. They are `Arc`s around a lock rather than `Rc`s around a cell, so that a host
//! may keep values beside compiled templates, build them on one thread and render on others, all without `unsafe`; an
//! uncontended lock costs a few nanoseconds for each field that is read.
//!
//! No operation on values uses the thread's stack for nesting: printing keeps its own list of work, and dropping takes
//! nested containers apart one by one. Reference cycles are legal; [`Heap`] frees them.

mod container;
mod heap;
mod object;
mod str;

use std::borrow::Cow;
use std::sync::Arc;

pub use container::{List, Map, Methods, Shape, grown_capacity};
pub use heap::Heap;
pub use object::{NilPointer, Object, Pairs};
pub use str::Str;

use crate::types::Function;

/// Go's signed integer types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are Go's")]
pub enum IntKind {
    Int,
    Int8,
    Int16,
    Int32,
    Int64,
}

/// Go's unsigned integer types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are Go's")]
pub enum UintKind {
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Uintptr,
}

/// Go's floating-point types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are Go's")]
pub enum FloatKind {
    Float32,
    Float64,
}

/// A value in a template. Cloning takes constant time.
///
/// ```
/// use gotemplate::{List, Map, Value};
///
/// let map = Map::new();
/// map.insert("list", List::new(vec![Value::from(1), Value::from("a"), Value::Nil]));
/// let value = Value::from(map.clone());
/// map.insert("later", true); // seen through `value` too
/// assert_eq!(value.to_text(), b"map[later:true list:[1 a <nil>]]");
/// assert_eq!(value.type_name(), "map[string]interface {}");
/// ```
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// Go's nil without a type.
    #[default]
    Nil,
    /// A `bool`.
    Bool(bool),
    /// A signed integer. The number fits its kind.
    Int(i64, IntKind),
    /// An unsigned integer. The number fits its kind.
    Uint(u64, UintKind),
    /// A floating-point number.
    Float(f64, FloatKind),
    /// A `complex128`.
    Complex(f64, f64),
    /// A `string`.
    Str(Str),
    /// A `[]byte`.
    Bytes(Str),
    /// A slice.
    List(List),
    /// A map with string keys.
    Map(Map),
    /// A function, for `call`.
    Func(Arc<Function>),
    /// Anything else: the host's own types.
    Object(Arc<dyn Object>),
}

impl Value {
    /// Returns an `int64` (what JSON and `--set` numbers become in some hosts); `From<i64>` gives an `int`.
    #[must_use]
    pub fn int64(value: i64) -> Value {
        Value::Int(value, IntKind::Int64)
    }

    /// Returns the name of the type as `%T` prints it; `<nil>` for nil.
    #[must_use]
    pub fn type_name(&self) -> Cow<'_, str> {
        Cow::Borrowed(match self {
            Value::Nil => "<nil>",
            Value::Bool(_) => "bool",
            Value::Int(_, IntKind::Int) => "int",
            Value::Int(_, IntKind::Int8) => "int8",
            Value::Int(_, IntKind::Int16) => "int16",
            Value::Int(_, IntKind::Int32) => "int32",
            Value::Int(_, IntKind::Int64) => "int64",
            Value::Uint(_, UintKind::Uint) => "uint",
            Value::Uint(_, UintKind::Uint8) => "uint8",
            Value::Uint(_, UintKind::Uint16) => "uint16",
            Value::Uint(_, UintKind::Uint32) => "uint32",
            Value::Uint(_, UintKind::Uint64) => "uint64",
            Value::Uint(_, UintKind::Uintptr) => "uintptr",
            Value::Float(_, FloatKind::Float32) => "float32",
            Value::Float(_, FloatKind::Float64) => "float64",
            Value::Complex(..) => "complex128",
            Value::Str(_) => "string",
            Value::Bytes(_) => "[]uint8",
            Value::List(list) => list.shape().name,
            Value::Map(map) => map.shape().name,
            Value::Func(function) => return Cow::Owned(function.signature().to_string()),
            Value::Object(object) => return object.type_name(),
        })
    }

    /// Reports whether the value is nil: without a type, or a nil map, slice or pointer of some type.
    #[must_use]
    pub fn is_nil(&self) -> bool {
        match self {
            Value::Nil => true,
            Value::List(list) => list.is_nil(),
            Value::Map(map) => map.is_nil(),
            Value::Object(object) => object.is_nil(),
            _ => false,
        }
    }

    /// Reports whether `if` takes the value for true: not the zero of its type, not empty.
    #[must_use]
    pub fn truth(&self) -> bool {
        match self {
            Value::Nil => false,
            Value::Bool(value) => *value,
            Value::Int(value, _) => *value != 0,
            Value::Uint(value, _) => *value != 0,
            Value::Float(value, _) => *value != 0.0,
            Value::Complex(real, imaginary) => *real != 0.0 || *imaginary != 0.0,
            Value::Str(bytes) | Value::Bytes(bytes) => !bytes.is_empty(),
            Value::List(list) => !list.is_empty(),
            Value::Map(map) => !map.is_empty(),
            Value::Func(_) => true,
            Value::Object(object) => !object.is_nil() && object.underlying().is_none_or(|value| value.truth()),
        }
    }

    /// Returns what `print` writes (Go's `fmt.Sprint`).
    #[must_use]
    pub fn to_text(&self) -> Vec<u8> {
        crate::fmt::sprint(std::slice::from_ref(self))
    }

    /// Replaces an object that stands for a plain value (a named string or number) by that value.
    pub(crate) fn basic(&self) -> Cow<'_, Value> {
        match self {
            Value::Object(object) => object.underlying().map_or(Cow::Borrowed(self), Cow::Owned),
            _ => Cow::Borrowed(self),
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Int(value, IntKind::Int)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Value {
        Value::Int(i64::from(value), IntKind::Int)
    }
}

impl From<usize> for Value {
    fn from(value: usize) -> Value {
        Value::Int(i64::try_from(value).unwrap_or(i64::MAX), IntKind::Int)
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Value {
        Value::Uint(value, UintKind::Uint)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Value {
        Value::Float(value, FloatKind::Float64)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Value {
        Value::Str(Str::from(value))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Value {
        Value::Str(Str::from(value))
    }
}

impl From<Str> for Value {
    fn from(value: Str) -> Value {
        Value::Str(value)
    }
}

impl From<Vec<Value>> for Value {
    fn from(values: Vec<Value>) -> Value {
        Value::List(List::new(values))
    }
}

impl From<List> for Value {
    fn from(list: List) -> Value {
        Value::List(list)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Value {
        Value::Map(map)
    }
}

impl From<Arc<dyn Object>> for Value {
    fn from(object: Arc<dyn Object>) -> Value {
        Value::Object(object)
    }
}
