//! A schema that was found usable, and what values do against it.

use super::evaluate::Evaluation;
use super::json::Json;
use super::library::{ADDRESS, Draft, Library};
use super::usable::{self, Cause, Unusable};
use super::words::{Fault, Kind};
use super::{guard, uri};
use crate::source::Limits;
use crate::value::{Map, Value, ValuePath};

/// A schema that can be used.
#[derive(Debug)]
pub struct Validator {
    schema: Json,
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
    /// The place of the keyword in the schema, references followed.
    pub schema_path: ValuePath,
    /// Which rule.
    pub kind: ViolationKind,
    /// The same in the words of Helm's library.
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
    /// None of the alternatives holds; what is wrong in each.
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
    /// Reads a schema; `$schema` names its draft, without it 2020-12 counts.
    ///
    /// # Errors
    /// When it is no schema, leads out of itself, or is too large for its limits.
    pub fn compile(schema: &Value, limits: &Limits) -> Result<Validator, SchemaError> {
        guard::check(schema, limits)?;
        if let Some(draft) = schema.as_map().and_then(|map| map.get("$schema")?.as_str()).filter(|d| !is_draft(d)) {
            let message = format!("`$schema` names no draft of JSON Schema: `{draft}`");
            return Err(SchemaError { path: ValuePath::keys(["$schema"]), message });
        }
        let json = Json::of(schema);
        let at_top = |message: String| SchemaError { path: ValuePath::root(), message };
        let mut library = Library::new(ADDRESS, &json).map_err(at_top)?;
        if let Err(unusable) = usable::check(&mut library, limits) {
            return Err(refused(unusable, &library, schema));
        }
        if let Some(urn) = library.urns.first() {
            let found = guard::references(schema).into_iter().find(|(_, reference)| reference.starts_with(urn));
            let path = found.map(|(path, _)| path).unwrap_or_default();
            return Err(SchemaError { path, message: leads("out of the schema", urn) });
        }
        drop(library);
        Ok(Validator { schema: json })
    }

    /// Returns what a value does against the schema, at most `limits.findings` violations.
    pub fn validate(&self, value: &Value, limits: &Limits) -> Vec<Violation> {
        let Ok(mut library) = Library::new(ADDRESS, &self.schema) else { return Vec::new() };
        // Makes the documents known that references lead to.
        if usable::check(&mut library, limits).is_err() {
            return Vec::new();
        }
        let faults = Evaluation::new(&library, false, limits).run(&library.root(), value);
        let reading = Reading { library: &library, value };
        let mut found = match faults {
            Ok(faults) => faults.iter().flatten().flat_map(|fault| reading.violations(fault, 0)).collect(),
            Err(message) => {
                let (path, schema_path) = (ValuePath::root(), ValuePath::root());
                vec![Violation { path, schema_path, kind: ViolationKind::Other("limit".to_owned()), message }]
            }
        };
        found.truncate(limits.findings);
        found
    }
}

fn is_draft(name: &str) -> bool {
    Draft::named(name).is_some()
}

fn leads(where_to: &str, reference: &str) -> String {
    format!("`$ref` leads {where_to}: `{reference}`")
}

fn refused(unusable: Unusable<'_>, library: &Library<'_>, schema: &Value) -> SchemaError {
    match unusable.cause {
        Cause::Draft(place, faults) => {
            let mut leaf = None;
            deepest(&faults, &mut leaf);
            let at = leaf.map_or("", |fault| fault.at.as_str());
            let path = value_path(&format!("{}{at}", library.pointer(&place)), schema);
            let message = leaf.map_or(unusable.text, |fault| match &fault.kind {
                Kind::Type { got, want } => format!("must be {}, found {got}", want.join(" or ")),
                _ => fault.words(),
            });
            SchemaError { path, message }
        }
        Cause::Reference { place, reference, leads_out } => {
            let mut path = value_path(&library.pointer(&place), schema);
            let says = |key: &&str| place.node.get(key).and_then(Json::as_text) == Some(reference);
            path.push_key(["$ref", "$dynamicRef", "$recursiveRef"].into_iter().find(says).unwrap_or("$ref"));
            let message = leads(if leads_out { "out of the schema" } else { "nowhere" }, reference);
            SchemaError { path, message }
        }
        Cause::Pattern { place, keyword, why } => {
            let path = value_path(&library.pointer(&place), schema).key(keyword);
            SchemaError { path, message: why }
        }
        Cause::Other => SchemaError { path: ValuePath::root(), message: unusable.text },
    }
}

/// Finds the fault furthest down in the value, the first of equals. The depth of faults is bounded by the evaluation.
fn deepest<'a, 's>(faults: &'a [Fault<'s>], found: &mut Option<&'a Fault<'s>>) {
    for fault in faults {
        let depth = |fault: &Fault<'_>| fault.at.matches('/').count();
        if fault.causes.is_empty() && found.is_none_or(|known| depth(fault) > depth(known)) {
            *found = Some(fault);
        }
        deepest(&fault.causes, found);
    }
}

/// Returns a JSON pointer as a path; what is a list there has indices.
fn value_path(pointer: &str, value: &Value) -> ValuePath {
    let mut path = ValuePath::root();
    let mut at = Some(value);
    for token in pointer.split('/').skip(1) {
        let token = uri::unescape(token).unwrap_or(token.into());
        let index = at.and_then(Value::as_seq).and_then(|items| Some((items, token.parse::<usize>().ok()?)));
        match index {
            Some((items, index)) => {
                path.push_index(index);
                at = items.get(index);
            }
            None => {
                at = at.and_then(Value::as_map).and_then(|map: &Map| map.get(&token));
                path.push_key(&*token);
            }
        }
    }
    path
}

/// Faults read as violations.
struct Reading<'l, 's, 'v> {
    library: &'l Library<'s>,
    value: &'v Value,
}

impl Reading<'_, '_, '_> {
    // The depth is bounded by the evaluation.
    fn violations(&self, fault: &Fault<'_>, level: usize) -> Vec<Violation> {
        let below = |level| fault.causes.iter().flat_map(move |cause| self.violations(cause, level));
        match &fault.kind {
            Kind::Schema(_) | Kind::Group | Kind::Reference | Kind::AllOf => below(level).collect(),
            Kind::AnyOf | Kind::OneOf(None) if level < 3 => {
                let branches = fault.causes.iter().map(|cause| self.violations(cause, level + 1)).collect();
                let keyword = if matches!(fault.kind, Kind::AnyOf) { "anyOf" } else { "oneOf" };
                vec![self.violation(fault, keyword, ViolationKind::Alternatives(branches))]
            }
            Kind::Type { want, .. } => {
                let kind = ViolationKind::Type(want.iter().map(|&name| name.to_owned()).collect());
                vec![self.violation(fault, "type", kind)]
            }
            Kind::Required(missing) => {
                let one = |name: &&str| self.violation(fault, "required", ViolationKind::Required((*name).to_owned()));
                missing.iter().map(one).collect()
            }
            Kind::Dependency { missing, .. } => {
                let one = |name: &&str| {
                    self.violation(fault, "dependentRequired", ViolationKind::Required((*name).to_owned()))
                };
                missing.iter().map(one).collect()
            }
            Kind::AdditionalProperties(names) => {
                let kind = ViolationKind::Unexpected(names.iter().map(ToString::to_string).collect());
                vec![self.violation(fault, "additionalProperties", kind)]
            }
            Kind::FalseSchema => vec![self.ruled_out(fault)],
            Kind::Enum(allowed) => {
                let kind = ViolationKind::Enum(allowed.iter().map(Json::to_value).collect());
                vec![self.violation(fault, "enum", kind)]
            }
            Kind::Const(one) => vec![self.violation(fault, "const", ViolationKind::Enum(vec![one.to_value()]))],
            Kind::Pattern { want, .. } => {
                vec![self.violation(fault, "pattern", ViolationKind::Pattern(want.to_string()))]
            }
            Kind::Format { want, .. } => vec![self.violation(fault, "format", ViolationKind::Format(want.to_string()))],
            Kind::PropertyNames(_) => vec![self.violation(fault, "propertyNames", ViolationKind::PropertyName)],
            kind => {
                let keyword = keyword(kind);
                vec![self.violation(fault, keyword, ViolationKind::Other(keyword.to_owned()))]
            }
        }
    }

    fn violation(&self, fault: &Fault<'_>, keyword: &str, kind: ViolationKind) -> Violation {
        let schema_path = self.schema_path(fault).key(keyword);
        Violation { path: value_path(&fault.at, self.value), schema_path, kind, message: fault.words() }
    }

    /// Nothing may stand here; what no keyword has looked at is a key that the schema does not know.
    fn ruled_out(&self, fault: &Fault<'_>) -> Violation {
        let schema_path = self.schema_path(fault);
        let mut path = value_path(&fault.at, self.value);
        let unknown = schema_path.steps().last() == ValuePath::keys(["unevaluatedProperties"]).steps().last();
        let kind = match path.steps().last() {
            Some(crate::value::Step::Key(name)) if unknown => {
                let kind = ViolationKind::Unexpected(vec![name.to_string()]);
                path.pop();
                kind
            }
            _ => ViolationKind::Other("falseSchema".to_owned()),
        };
        Violation { path, schema_path, kind, message: fault.words() }
    }

    fn schema_path(&self, fault: &Fault<'_>) -> ValuePath {
        let mut path = ValuePath::root();
        // A schema of another document is no place in this one.
        if fault.place.document == 0 {
            let mut at = self.library.root().node;
            for token in self.library.pointer(&fault.place).split('/').skip(1) {
                let token = uri::unescape(token).unwrap_or(token.into());
                match at {
                    Json::List(items) => {
                        let index = token.parse().unwrap_or(0);
                        path.push_index(index);
                        at = items.get(index).unwrap_or(&Json::Null);
                    }
                    node => {
                        at = node.get(&token).unwrap_or(&Json::Null);
                        path.push_key(&*token);
                    }
                }
            }
        }
        path
    }
}

fn keyword(kind: &Kind<'_>) -> &'static str {
    match kind {
        Kind::Not => "not",
        Kind::AnyOf => "anyOf",
        Kind::OneOf(_) => "oneOf",
        Kind::RefCycle { .. } => "$ref",
        Kind::Count { keyword, .. } | Kind::Number { keyword, .. } => keyword,
        Kind::AdditionalItems(_) => "additionalItems",
        Kind::UniqueItems(..) => "uniqueItems",
        Kind::Contains => "contains",
        Kind::MinContains { .. } => "minContains",
        Kind::MaxContains { .. } => "maxContains",
        // The others are violations of their own.
        _ => "schema",
    }
}
