//! A compiled schema and what it finds.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::{Location, LocationSegment};
use jsonschema::{PatternOptions, ReferencingError, ValidationError};

use super::guard;
use crate::value::{Value, ValuePath};

/// A compiled schema.
#[derive(Debug)]
pub struct Validator {
    inner: jsonschema::Validator,
}

/// What is wrong with a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaError {
    /// The place in the schema.
    pub path: ValuePath,
    /// What is wrong.
    pub message: String,
}

/// What a value does against its schema.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// The place in the value.
    pub path: ValuePath,
    /// The place of the keyword in the schema.
    pub schema_path: ValuePath,
    /// Which rule.
    pub kind: ViolationKind,
    /// What the schema crate says of it.
    pub message: String,
}

/// The rules of which a caller makes more than the message.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ViolationKind {
    /// The value is of none of these types.
    Type(Vec<String>),
    /// A property is missing.
    Required(String),
    /// Properties that the schema does not know.
    Unexpected(Vec<String>),
    /// The value is none of these.
    Enum(Vec<Value>),
    /// No or more than one of the alternatives holds; what is wrong in each.
    Alternatives(Vec<Vec<Violation>>),
    /// The text does not match this regular expression.
    Pattern(String),
    /// The text is not of this format.
    Format(String),
    /// The name of a property breaks a rule.
    PropertyName,
    /// Any other keyword.
    Other(String),
}

impl Validator {
    /// Compiles a schema; `$schema` names its draft, without it 2020-12 counts.
    ///
    /// # Errors
    /// When it is no schema, leads out of itself, or is too large for its limits.
    pub fn compile(schema: &Value) -> Result<Validator, SchemaError> {
        guard::check(schema)?;
        let json = to_json(schema);
        // Regular expressions run in linear time, so that a pattern cannot hang the check.
        let options = jsonschema::options().offline().with_pattern_options(PatternOptions::regex().size_limit(1 << 20));
        let compiled = options.build(&json);
        compiled.map(|inner| Validator { inner }).map_err(|error| refused(&error, schema))
    }

    /// Returns what a value does against the schema, at most `most` violations.
    pub fn validate(&self, value: &Value, most: usize) -> Vec<Violation> {
        let json = to_json(value);
        self.inner.iter_errors(&json).take(most).map(|error| violation(&error, 0)).collect()
    }
}

// What is wrong with a schema. The crate says of references what they mean, and not where they stand.
fn refused(error: &ValidationError<'_>, schema: &Value) -> SchemaError {
    let ValidationErrorKind::Referencing(of) = error.kind() else {
        return SchemaError { path: path(error.instance_path()), message: error.to_string() };
    };
    let is_meant = |reference: &str| {
        let (document, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        match of {
            ReferencingError::Unretrievable { uri, .. } => {
                let relative = document.trim_start_matches("../").trim_start_matches("./");
                !relative.is_empty() && uri.split('#').next().is_some_and(|uri| uri.ends_with(relative))
            }
            ReferencingError::NoSuchAnchor { anchor } | ReferencingError::InvalidAnchor { anchor } => {
                fragment == anchor
            }
            ReferencingError::PointerToNowhere { pointer } | ReferencingError::InvalidArrayIndex { pointer, .. } => {
                fragment == pointer
            }
            _ => false,
        }
    };
    if let ReferencingError::UnknownSpecification { specification } = of {
        let message = format!("`$schema` names no draft of JSON Schema: `{specification}`");
        return SchemaError { path: ValuePath::keys(["$schema"]), message };
    }
    match guard::references(schema).into_iter().find(|(_, reference)| is_meant(reference)) {
        Some((path, reference)) => {
            let leads =
                if matches!(of, ReferencingError::Unretrievable { .. }) { "out of the schema" } else { "nowhere" };
            SchemaError { path, message: format!("`$ref` leads {leads}: `{reference}`") }
        }
        None => SchemaError { path: path(error.instance_path()), message: error.to_string() },
    }
}

fn to_json(value: &Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match value {
        Value::Null => Json::Null,
        Value::Bool(b) => Json::Bool(*b),
        Value::Int(i) => (*i).into(),
        Value::UInt(u) => (*u).into(),
        Value::Float(f) => serde_json::Number::from_f64(*f).map_or(Json::Null, Json::Number),
        Value::Str(text) => Json::String(text.to_string()),
        Value::Seq(items) => items.iter().map(to_json).collect(),
        Value::Map(map) => Json::Object(map.iter().map(|(key, value)| (key.to_string(), to_json(value))).collect()),
    }
}

fn from_json(json: &serde_json::Value) -> Value {
    serde_json::from_value(json.clone()).unwrap_or_default()
}

fn path(location: &Location) -> ValuePath {
    let mut path = ValuePath::root();
    for segment in location.segments() {
        match segment {
            LocationSegment::Property(name) => path.push_key(&*name),
            LocationSegment::Index(index) => path.push_index(index),
        }
    }
    path
}

fn violation(error: &ValidationError<'_>, level: usize) -> Violation {
    Violation {
        path: path(error.instance_path()),
        schema_path: path(error.schema_path()),
        kind: kind(error.kind(), level),
        message: error.masked_with("the value").to_string(),
    }
}

fn kind(kind: &ValidationErrorKind, level: usize) -> ViolationKind {
    use ValidationErrorKind as Kind;
    match kind {
        Kind::Type { kind: TypeKind::Single(one) } => ViolationKind::Type(vec![one.to_string()]),
        Kind::Type { kind: TypeKind::Multiple(many) } => {
            ViolationKind::Type(many.iter().map(|t| t.to_string()).collect())
        }
        Kind::Required { property } => ViolationKind::Required(property.as_str().unwrap_or_default().to_owned()),
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            ViolationKind::Unexpected(unexpected.clone())
        }
        Kind::Enum { options } => {
            ViolationKind::Enum(options.as_array().into_iter().flatten().map(from_json).collect())
        }
        Kind::Constant { expected_value } => ViolationKind::Enum(vec![from_json(expected_value)]),
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } if level < 3 => {
            let branch = |errors: &Vec<ValidationError<'_>>| errors.iter().map(|e| violation(e, level + 1)).collect();
            ViolationKind::Alternatives(context.iter().map(branch).collect())
        }
        Kind::Pattern { pattern } => ViolationKind::Pattern(pattern.clone()),
        Kind::Format { format } => ViolationKind::Format(format.clone()),
        Kind::PropertyNames { .. } => ViolationKind::PropertyName,
        other => ViolationKind::Other(other.keyword().to_owned()),
    }
}
