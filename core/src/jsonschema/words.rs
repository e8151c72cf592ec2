//! What a value does against its schema, and how santhosh-tekuri/jsonschema says it.
//!
//! Facts: <https://github.com/santhosh-tekuri/jsonschema/blob/v6.0.3/kind/kind.go> and `output.go`.

use std::fmt::Write;

use ecow::EcoString;

use super::json::Json;
use super::library::Place;
use super::number::{Decimal, english, english_count};

/// One thing that is wrong, with what stands behind it.
#[derive(Debug, Clone)]
pub(super) struct Fault<'s> {
    /// The place in the value, as a JSON pointer.
    pub(super) at: EcoString,
    /// The schema that it breaks.
    pub(super) place: Place<'s>,
    pub(super) kind: Kind<'s>,
    pub(super) causes: Vec<Fault<'s>>,
}

/// The kinds of fault.
#[derive(Debug, Clone)]
pub(super) enum Kind<'s> {
    /// The whole, with the address of the schema.
    Schema(String),
    Group,
    /// A reference, which is only shown where more than one thing is wrong behind it.
    Reference,
    Not,
    AllOf,
    AnyOf,
    /// None of the alternatives holds, or the two that do.
    OneOf(Option<(usize, usize)>),
    FalseSchema,
    RefCycle {
        url: String,
        first: String,
        second: String,
    },
    Type {
        got: &'static str,
        want: Vec<&'static str>,
    },
    Enum(&'s [Json]),
    Const(&'s Json),
    Format {
        got: EcoString,
        want: EcoString,
        why: String,
    },
    /// A count of properties, items or characters, by its keyword.
    Count {
        keyword: &'static str,
        got: usize,
        want: usize,
    },
    /// A number, by its keyword.
    Number {
        keyword: &'static str,
        got: f64,
        want: Decimal,
    },
    AdditionalItems(usize),
    Required(Vec<&'s str>),
    Dependency {
        property: EcoString,
        missing: Vec<&'s str>,
    },
    AdditionalProperties(Vec<EcoString>),
    PropertyNames(EcoString),
    UniqueItems(usize, usize),
    Contains,
    MinContains {
        matched: Vec<usize>,
        want: usize,
    },
    MaxContains {
        matched: Vec<usize>,
        want: usize,
    },
    Pattern {
        got: EcoString,
        want: EcoString,
    },
}

impl<'s> Fault<'s> {
    /// Returns the fault of the whole value.
    pub(super) fn whole(place: Place<'s>, location: String, causes: Vec<Fault<'s>>) -> Fault<'s> {
        Fault { at: "".into(), place, kind: Kind::Schema(location), causes }
    }

    /// Returns what is wrong here, without the place.
    pub(super) fn words(&self) -> String {
        let mut out = String::new();
        self.kind.write(&mut out);
        out
    }

    /// Returns the text of the whole.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        self.display(0, &mut out);
        out
    }

    // The depth is bounded by the evaluation.
    fn display(&self, indent: usize, out: &mut String) {
        let skipped = matches!(self.kind, Kind::Reference) && self.causes.len() == 1;
        if !skipped {
            if indent > 0 {
                out.push('\n');
                out.extend(std::iter::repeat_n("  ", indent - 1));
                out.push_str("- ");
            }
            if !matches!(self.kind, Kind::Schema(_)) {
                let _ = write!(out, "at {}: ", quote(&self.at));
            }
            self.kind.write(out);
        }
        let indent = if skipped { indent } else { indent + 1 };
        self.causes.iter().for_each(|cause| cause.display(indent, out));
    }
}

impl Kind<'_> {
    fn write(&self, out: &mut String) {
        // Writing to a text cannot fail.
        let _ = match self {
            Kind::Schema(location) => write!(out, "jsonschema validation failed with {}", quote(location)),
            Kind::Group | Kind::Reference => write!(out, "validation failed"),
            Kind::Not => write!(out, "'not' failed"),
            Kind::AllOf => write!(out, "'allOf' failed"),
            Kind::AnyOf => write!(out, "'anyOf' failed"),
            Kind::OneOf(None) => write!(out, "'oneOf' failed, none matched"),
            Kind::OneOf(Some((a, b))) => write!(out, "'oneOf' failed, subschemas {a}, {b} matched"),
            Kind::FalseSchema => write!(out, "false schema"),
            Kind::RefCycle { url, first, second } => {
                let url = gotemplate::fmt::quote(url.as_bytes());
                write!(out, "both {first} and {second} resolve to {url} causing reference cycle")
            }
            Kind::Type { got, want } => write!(out, "got {got}, want {}", want.join(" or ")),
            Kind::Enum(want) => write_enum(want, out),
            Kind::Const(Json::List(_) | Json::Object(_)) => write!(out, "'const' failed"),
            Kind::Const(want) => write!(out, "value must be {}", display(want)),
            Kind::Format { got, want, why } => write!(out, "{} is not valid {want}: {why}", quote(got)),
            Kind::Count { keyword, got, want } => {
                write!(out, "{keyword}: got {}, want {}", english_count(*got), english_count(*want))
            }
            Kind::Number { keyword, got, want } => {
                write!(out, "{keyword}: got {}, want {}", english(*got), english(want.to_f64()))
            }
            Kind::AdditionalItems(count) => {
                write!(out, "last {} additionalItem(s) not allowed", english_count(*count))
            }
            Kind::Required(missing) => match missing.as_slice() {
                [one] => write!(out, "missing property {}", quote(one)),
                many => write!(out, "missing properties {}", join_quoted(many)),
            },
            Kind::Dependency { property, missing } => {
                write!(out, "properties {} required, if {} exists", join_quoted(missing), quote(property))
            }
            Kind::AdditionalProperties(names) => {
                write!(out, "additional properties {} not allowed", join_quoted(names))
            }
            Kind::PropertyNames(name) => write!(out, "invalid propertyName {}", quote(name)),
            Kind::UniqueItems(a, b) => {
                write!(out, "items at {} and {} are equal", english_count(*a), english_count(*b))
            }
            Kind::Contains => write!(out, "no items match contains schema"),
            Kind::MinContains { matched, want } if matched.is_empty() => {
                let want = english_count(*want);
                write!(out, "min {want} items required to match contains schema, but none matched")
            }
            Kind::MinContains { matched, want } => write_contains("min", matched, *want, out),
            Kind::MaxContains { matched, want } => write_contains("max", matched, *want, out),
            Kind::Pattern { got, want } => write!(out, "{} does not match pattern {}", quote(got), quote(want)),
        };
    }
}

fn write_enum(want: &[Json], out: &mut String) -> std::fmt::Result {
    if want.iter().any(|one| matches!(one, Json::List(_) | Json::Object(_))) {
        return write!(out, "'enum' failed");
    }
    match want {
        [one] => write!(out, "value must be {}", display(one)),
        many => {
            let shown: Vec<String> = many.iter().map(display).collect();
            write!(out, "value must be one of {}", shown.join(", "))
        }
    }
}

fn write_contains(which: &str, matched: &[usize], want: usize, out: &mut String) -> std::fmt::Result {
    let at: Vec<String> = matched.iter().map(usize::to_string).collect();
    let (want, count) = (english_count(want), english_count(matched.len()));
    let rest = format!("but matched {count} items at {}", at.join(" "));
    write!(out, "{which} {want} items required to match contains schema, {rest}")
}

/// Returns a scalar of a schema as Go prints it.
fn display(json: &Json) -> String {
    match json {
        Json::Null => "<nil>".to_owned(),
        Json::Bool(b) => b.to_string(),
        Json::Number(text) => text.to_string(),
        Json::Text(text) => quote(text),
        Json::List(_) | Json::Object(_) => "value".to_owned(),
    }
}

/// Returns a text in single quotes.
pub(super) fn quote(text: &str) -> String {
    let quoted = gotemplate::fmt::quote(text.as_bytes()).replace("\\\"", "\"").replace('\'', "\\'");
    format!("'{}'", &quoted[1..quoted.len() - 1])
}

fn join_quoted(texts: &[impl AsRef<str>]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| quote(text.as_ref())).collect();
    quoted.join(", ")
}
