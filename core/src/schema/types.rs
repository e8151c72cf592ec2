//! A type, decoded.

use std::sync::OnceLock;

use ecow::EcoString;

use crate::go::regex;
use crate::object::ListType;
use crate::source::Limits;
use crate::value::Value;

/// A number of a type inside a set of types.
pub(super) type TypeId = u32;

/// What values of a type look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Shape {
    /// Anything.
    #[default]
    Any,
    Object,
    List,
    String,
    Integer,
    Number,
    Boolean,
    IntOrString,
    /// An amount: a number or a text such as `1.5Gi`.
    Quantity,
    /// Another definition of the same version.
    Reference(u32),
}

/// What the text or number must look like.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Format {
    #[default]
    None,
    Int32,
    Int64,
    Byte,
    DateTime,
    Double,
    /// Formats that only custom resources use, by name.
    Other(EcoString),
}

/// A declared field of a map.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: EcoString,
    pub(super) of: TypeId,
    pub(super) required: bool,
}

/// A type.
#[derive(Debug, Default)]
pub(super) struct Type {
    pub(super) shape: Shape,
    pub(super) format: Format,
    pub(super) list: Option<ListType>,
    /// The key by which strategic merge patches merge; empty text for a set of scalars.
    pub(super) merge_key: Option<EcoString>,
    pub(super) retains_keys: bool,
    pub(super) atomic: bool,
    /// Values that Kubernetes lists for a text.
    pub(super) choices: Vec<EcoString>,
    pub(super) default: Option<EcoString>,
    /// The type of the values under free keys.
    pub(super) values: Option<TypeId>,
    pub(super) items: Option<TypeId>,
    /// Invariant: sorted by name, no name twice.
    pub(super) fields: Vec<Field>,
    pub(super) required: usize,
    /// Whether a null is refused. The API server drops nulls of built-in types.
    pub(super) refuses_null: bool,
    /// Whether fields that are not declared are kept.
    pub(super) preserves: bool,
    pub(super) embedded: bool,
    /// What only schemas of custom resources say.
    pub(super) bounds: Option<Box<Bounds>>,
}

/// The value rules of a custom resource's schema.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    pub(super) choices: Option<Vec<Value>>,
    pub(super) pattern: Option<Pattern>,
    pub(super) minimum: Option<(f64, bool)>,
    pub(super) maximum: Option<(f64, bool)>,
    pub(super) multiple_of: Option<f64>,
    /// The least and most characters, items or fields.
    pub(super) length: [(Option<u64>, Option<u64>); 3],
    pub(super) all_of: Vec<TypeId>,
    pub(super) any_of: Vec<TypeId>,
    pub(super) one_of: Vec<TypeId>,
    pub(super) not: Option<TypeId>,
}

impl Type {
    /// Returns a declared field.
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.position(name).map(|at| &self.fields[at])
    }

    /// Returns the place of a declared field.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.fields.binary_search_by(|field| field.name.as_str().cmp(name)).ok()
    }

    /// Whether fields that are not declared are errors.
    pub(super) fn is_closed(&self) -> bool {
        self.shape == Shape::Object && !self.fields.is_empty() && self.values.is_none() && !self.preserves
    }
}

/// A pattern, compiled when a text first meets it: definitions have thousands, objects use few.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) text: EcoString,
    compiled: OnceLock<Option<regex::Pattern>>,
}

impl Pattern {
    pub(super) fn new(text: &str) -> Pattern {
        Pattern { text: text.into(), compiled: OnceLock::new() }
    }

    /// Whether the text matches, also where the pattern is none or too large. API servers read it as Go does.
    pub(super) fn matches(&self, text: &str) -> bool {
        let compile = || regex::Pattern::compile(self.text.as_bytes(), Limits::default().regex_bytes).ok();
        let compiled = self.compiled.get_or_init(compile);
        compiled.as_ref().is_none_or(|pattern| pattern.is_match(text).unwrap_or(true))
    }
}
