//! The host's own types: what Go does by reflection, a trait does here.

use std::any::Any;
use std::borrow::Cow;
use std::fmt::Debug;
use std::sync::Arc;

use super::Value;
use crate::types::Function;

/// What a loop goes over: keys (or indexes) with values, as of Go's `iter.Seq2`.
pub type Pairs = Box<dyn Iterator<Item = (Value, Value)> + Send>;

/// A value with fields and methods: Go's structs, named types and iterators.
///
/// Everything but the name of the type has a default: an object without fields, which is always true and prints as
/// `{}`.
///
/// ```
/// use std::borrow::Cow;
/// use std::sync::Arc;
/// use gotemplate::{Functions, Object, Run, Set, Value};
///
/// #[derive(Debug)]
/// struct Release { name: &'static str, revision: i64 }
///
/// impl Object for Release {
///     fn type_name(&self) -> Cow<'_, str> { "release.Release".into() }
///     fn fields(&self) -> Vec<(Cow<'_, str>, Value)> {
///         vec![("Name".into(), self.name.into()), ("Revision".into(), self.revision.into())]
///     }
/// }
///
/// let mut set = Set::new(Arc::new(Functions::new()));
/// set.parse("t", "{{ .Name }} {{ printf `%+v` . }}")?;
/// let data = Value::Object(Arc::new(Release { name: "web", revision: 3 }));
/// assert_eq!(Run::new(&Arc::new(set)).render("t", &data)?, b"web {Name:web Revision:3}");
/// # Ok::<(), gotemplate::Error>(())
/// ```
///
/// A host finds its own type again by going through [`Any`]:
///
/// ```
/// # use std::any::Any;
/// # use std::borrow::Cow;
/// # use gotemplate::{Object, Value};
/// # #[derive(Debug)] struct Release;
/// # impl Object for Release { fn type_name(&self) -> Cow<'_, str> { "Release".into() } }
/// fn release(value: &Value) -> Option<&Release> {
///     let Value::Object(object) = value else { return None };
///     let any: &dyn Any = &**object;
///     any.downcast_ref()
/// }
/// ```
pub trait Object: Any + Debug + Send + Sync {
    /// Returns the name of the Go type (`chart.Metadata`).
    fn type_name(&self) -> Cow<'_, str>;

    /// Reports whether the object is a nil pointer, as [`NilPointer`] is: false, printed as `<nil>`, equal to `nil`, and
    /// reading a field of it is an error. Its methods can be called all the same.
    fn is_nil(&self) -> bool {
        false
    }

    /// Returns the fields of a struct in their order.
    fn fields(&self) -> Vec<(Cow<'_, str>, Value)> {
        Vec::new()
    }

    /// Returns one field. The default looks through [`fields`](Object::fields).
    fn field(&self, name: &str) -> Option<Value> {
        self.fields().into_iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }

    /// Returns a method, with the object bound. Methods go before fields.
    fn method(&self, _name: &str) -> Option<Arc<Function>> {
        None
    }

    /// Returns the plain value behind a named type (`type Duration int64`): it decides truth, comparison, length,
    /// indexing, iteration and, without [`text`](Object::text), printing. Structs have none.
    fn underlying(&self) -> Option<Value> {
        None
    }

    /// Returns the text of the type's `String()` or `Error()` method, if it has one.
    fn text(&self) -> Option<Vec<u8>> {
        None
    }

    /// Returns the text of a `String()` or `Error()` method that belongs to the pointer to a struct. Go finds it where the
    /// struct can be addressed: an action writes this text, while functions are given the struct without it.
    fn pointer_text(&self) -> Option<Vec<u8>> {
        None
    }

    /// Returns what stands for the value where a host writes it in a format, as Go's struct tags and marshaling
    /// interfaces decide. `format` is a name that host and object agree on, such as `json`.
    ///
    /// The language never asks. Without an answer a struct is its fields and a named type what it is made of.
    fn marshal(&self, _format: &str) -> Option<Value> {
        None
    }

    /// Returns the values `range` goes over, for an iterator of one value (`iter.Seq`).
    fn values(&self) -> Option<Box<dyn Iterator<Item = Value> + Send>> {
        None
    }

    /// Returns the pairs `range` goes over, for an iterator of two (`iter.Seq2`).
    fn pairs(&self) -> Option<Pairs> {
        None
    }
}

/// A nil pointer of some type: what a Go program has where a `*chart.Metadata` is missing.
///
/// ```
/// use gotemplate::{NilPointer, Value, fmt::sprintf};
///
/// let nil = [Value::from(NilPointer::new("*chart.Metadata"))];
/// assert!(!nil[0].truth() && nil[0].is_nil());
/// assert_eq!(sprintf(b"%T %v", &[nil[0].clone(), nil[0].clone()]), b"*chart.Metadata <nil>");
/// ```
#[derive(Clone, Debug)]
pub struct NilPointer {
    type_name: Cow<'static, str>,
    fields: Option<Cow<'static, [Cow<'static, str>]>>,
}

impl NilPointer {
    /// Returns a nil pointer to a type of which nothing is known but its name, which starts with `*`.
    pub fn new(type_name: impl Into<Cow<'static, str>>) -> NilPointer {
        NilPointer { type_name: type_name.into(), fields: None }
    }

    /// Says which fields the type has: reading another one is Go's `can't evaluate field`, rather than
    /// `nil pointer evaluating`.
    #[must_use]
    pub fn with_fields(mut self, fields: impl IntoIterator<Item = &'static str>) -> NilPointer {
        self.fields = Some(fields.into_iter().map(Cow::Borrowed).collect());
        self
    }
}

impl Object for NilPointer {
    fn type_name(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.type_name)
    }

    fn is_nil(&self) -> bool {
        true
    }

    fn field(&self, name: &str) -> Option<Value> {
        let known = self.fields.as_ref().is_none_or(|fields| fields.iter().any(|field| field == name));
        known.then_some(Value::Nil)
    }
}

impl From<NilPointer> for Value {
    fn from(pointer: NilPointer) -> Value {
        Value::Object(Arc::new(pointer))
    }
}
