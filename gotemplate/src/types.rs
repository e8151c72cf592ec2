//! Signatures: the Go types of a function's parameters and result, and the errors they cause.

use std::fmt;
use std::sync::Arc;

use crate::error::Fault;
use crate::observe::Flow;
use crate::run::{Reply, State};
use crate::value::{FloatKind, IntKind, List, Map, NilPointer, Shape, Str, UintKind, Value};

/// The Go type of a parameter, a result or an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "most names are Go's")]
pub enum Type {
    /// `interface {}`
    Any,
    /// `reflect.Value`: as [`Type::Any`], for functions whose result keeps the type it has.
    Reflect,
    Bool,
    Int,
    Int64,
    Uint,
    Uint8,
    Uint32,
    Uint64,
    Float64,
    Complex128,
    String,
    /// `[]uint8`
    Bytes,
    /// `[]interface {}`
    List,
    /// `[]string`
    StringList,
    /// `map[string]interface {}`
    Map,
    /// `map[string]string`
    StringMap,
    /// Any other type, by the name `%T` prints. A named type takes values of its own name only.
    Named(&'static str),
    /// As [`Type::Named`], for a type made of `int64`: integers in the template's text may stand for it, and arrive as
    /// `int64`.
    NamedInt64(&'static str),
}

impl Type {
    /// Returns the type's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Type::Any => "interface {}",
            Type::Reflect => "reflect.Value",
            Type::Bool => "bool",
            Type::Int => "int",
            Type::Int64 => "int64",
            Type::Uint => "uint",
            Type::Uint8 => "uint8",
            Type::Uint32 => "uint32",
            Type::Uint64 => "uint64",
            Type::Float64 => "float64",
            Type::Complex128 => "complex128",
            Type::String => "string",
            Type::Bytes => "[]uint8",
            Type::List => "[]interface {}",
            Type::StringList => "[]string",
            Type::Map => "map[string]interface {}",
            Type::StringMap => "map[string]string",
            Type::Named(name) | Type::NamedInt64(name) => name,
        }
    }

    /// Reports whether nil may stand for the type.
    pub(crate) fn can_be_nil(self) -> bool {
        match self {
            Type::Any | Type::Reflect | Type::Bytes | Type::List | Type::StringList | Type::Map | Type::StringMap => {
                true
            }
            Type::Named(name) => name.starts_with(['*', '[']) || name.starts_with("map[") || name.starts_with("func("),
            _ => false,
        }
    }

    /// Reports whether a value may be given where the type is asked for. Nil is looked at by the caller.
    pub(crate) fn accepts(self, value: &Value) -> bool {
        match (self, value) {
            (Type::Any | Type::Reflect, _) => true,
            // A named slice or map is assignable to the type it is made of.
            (Type::Map, Value::Map(map)) => map.shape().elem == Type::Any,
            (Type::StringMap, Value::Map(map)) => map.shape().elem == Type::String,
            (Type::List, Value::List(list)) => list.shape().elem == Type::Any,
            (Type::StringList, Value::List(list)) => list.shape().elem == Type::String,
            (Type::Named(name), Value::Object(object)) => {
                // Go follows a pointer where what it points to is asked for.
                let given = object.type_name();
                given == name || !object.is_nil() && given.strip_prefix('*') == Some(name)
            }
            _ => value.type_name() == self.name(),
        }
    }

    /// Makes an accepted value one of the type, as Go does where it gives it to a parameter: nil becomes the type's zero,
    /// and a named map or slice is taken for what it is made of.
    pub(crate) fn adopt(self, value: &mut Value) {
        match (self, &*value) {
            (Type::Any | Type::Reflect, _) => {}
            (_, Value::Nil) => *value = self.zero(),
            (Type::Map, Value::Map(map)) => *value = Value::Map(map.converted(Shape::MAP)),
            (Type::StringMap, Value::Map(map)) => *value = Value::Map(map.converted(Shape::STRING_MAP)),
            (Type::List, Value::List(list)) => *value = Value::List(list.converted(Shape::LIST)),
            (Type::StringList, Value::List(list)) => *value = Value::List(list.converted(Shape::STRING_LIST)),
            _ => {}
        }
    }

    /// Returns the type's zero value, which an absent map key gives, and what a function gets for `nil`.
    #[must_use]
    pub fn zero(self) -> Value {
        match self {
            Type::Bool => Value::Bool(false),
            Type::Int => Value::Int(0, IntKind::Int),
            Type::Int64 => Value::Int(0, IntKind::Int64),
            Type::Uint => Value::Uint(0, UintKind::Uint),
            Type::Uint8 => Value::Uint(0, UintKind::Uint8),
            Type::Uint32 => Value::Uint(0, UintKind::Uint32),
            Type::Uint64 => Value::Uint(0, UintKind::Uint64),
            Type::Float64 => Value::Float(0.0, FloatKind::Float64),
            Type::Complex128 => Value::Complex(0.0, 0.0),
            Type::String => Value::from(""),
            Type::List => Value::List(List::nil(Shape::LIST)),
            Type::StringList => Value::List(List::nil(Shape::STRING_LIST)),
            Type::Map => Value::Map(Map::nil(Shape::MAP)),
            Type::StringMap => Value::Map(Map::nil(Shape::STRING_MAP)),
            Type::Bytes => Value::Bytes(Str::default()),
            Type::Named(name) if name.starts_with('*') => Value::from(NilPointer::new(name)),
            Type::Any | Type::Reflect | Type::Named(_) | Type::NamedInt64(_) => Value::Nil,
        }
    }
}

/// The types of a function's parameters and result.
///
/// ```
/// use gotemplate::{Signature, Type};
///
/// let join = Signature::new([Type::String], Type::String).variadic(Type::Any);
/// assert_eq!(join.to_string(), "func(string, ...interface {}) string");
/// ```
#[derive(Clone, Debug)]
pub struct Signature {
    pub(crate) params: Box<[Type]>,
    pub(crate) rest: Option<Type>,
    pub(crate) result: Type,
}

impl Signature {
    /// Returns the signature of a function with these parameters.
    pub fn new(params: impl IntoIterator<Item = Type>, result: Type) -> Signature {
        Signature { params: params.into_iter().collect(), rest: None, result }
    }

    /// Lets the function take any number of further arguments of a type.
    #[must_use]
    pub fn variadic(mut self, rest: Type) -> Signature {
        self.rest = Some(rest);
        self
    }

    /// Returns the type of an argument by its position.
    pub(crate) fn param(&self, at: usize) -> Type {
        self.params.get(at).copied().or(self.rest).unwrap_or(Type::Any)
    }

    /// Says what is wrong with the number of arguments; `written` counts those that stand in the text.
    pub(crate) fn check_count(&self, name: &str, given: usize, written: usize) -> Option<String> {
        let want = self.params.len();
        match self.rest {
            Some(_) if given < want => {
                Some(format!("wrong number of args for {name}: want at least {want} got {written}"))
            }
            None if given != want => Some(format!("wrong number of args for {name}: want {want} got {given}")),
            _ => None,
        }
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("func(")?;
        for (at, param) in self.params.iter().enumerate() {
            write!(f, "{}{}", if at > 0 { ", " } else { "" }, param.name())?;
        }
        if let Some(rest) = self.rest {
            write!(f, "{}...{}", if self.params.is_empty() { "" } else { ", " }, rest.name())?;
        }
        write!(f, ") {}", self.result.name())
    }
}

type Body = dyn Fn(&mut State<'_>, &[Value]) -> Result<Reply, Fault> + Send + Sync;

/// A function that templates can call.
#[derive(Clone)]
pub struct Function {
    signature: Signature,
    flow: Flow,
    body: Arc<Body>,
}

impl Function {
    /// Returns a function.
    pub fn new<R: Into<Reply>>(
        signature: Signature,
        body: impl Fn(&mut State<'_>, &[Value]) -> Result<R, Fault> + Send + Sync + 'static,
    ) -> Function {
        let body = Arc::new(move |state: &mut State<'_>, args: &[Value]| body(state, args).map(Into::into));
        Function { signature, flow: Flow::Unknown, body }
    }

    /// Says how the result comes from the arguments, for observers.
    #[must_use]
    pub fn with_flow(mut self, flow: Flow) -> Function {
        self.set_flow(flow);
        self
    }

    pub(crate) fn set_flow(&mut self, flow: Flow) {
        self.flow = flow;
    }

    /// Returns how the result comes from the arguments.
    #[must_use]
    pub fn flow(&self) -> Flow {
        self.flow
    }

    /// Returns the types.
    #[must_use]
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    pub(crate) fn call(&self, state: &mut State<'_>, args: &[Value]) -> Result<Reply, Fault> {
        (self.body)(state, args)
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.signature)
    }
}
