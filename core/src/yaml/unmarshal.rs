//! sigs.k8s.io/yaml's `Unmarshal`: the first document of a text as JSON has it, or an error in Go's words.

use super::compose::Composer;
use super::events::Events;
use super::node::{Node, ScalarKind};
use super::resolve::{Rules, Walker};
use crate::source::{FileId, Limits};
use crate::value::{Map, Value};

/// What numbers are read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// Integers exact to 64 bits, as kubectl and native packages read them.
    Exact,
    /// All as float64, as encoding/json reads into a bare interface: Helm's values and `fromYaml`.
    Float64,
}

/// Why a text could not be unmarshalled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmarshalError {
    /// Go's message: `error converting YAML to JSON: yaml: line 2: …`.
    pub message: String,
    /// The byte offset of what is wrong.
    pub at: usize,
}

/// Returns the value of the first document of a text by the rules of kubectl; null where there is none.
///
/// # Errors
/// Go's message, which Helm prints and `fromYaml` returns: `error converting YAML to JSON: yaml: line 2: …`.
pub fn unmarshal(text: &str, numbers: Numbers, limits: &Limits) -> Result<Value, String> {
    let walker = Walker::new(Rules::Kubectl, limits);
    let node = first_document(text, FileId::NONE, limits, walker).map_err(|error| error.message)?;
    Ok(node.map_or(Value::Null, |node| value_of(&node, numbers)))
}

/// Returns the first document of a text, normalized by the rules of kubectl; `None` where there is none.
///
/// A float stays a float even where JSON would write an integer: whoever wants a text of a number needs to know.
///
/// # Errors
/// As [`unmarshal`], with the place.
pub fn unmarshal_node(text: &str, file: FileId, limits: &Limits) -> Result<Option<Node>, UnmarshalError> {
    first_document(text, file, limits, Walker::new(Rules::Kubectl, limits).keeping_floats())
}

/// Returns the value of a normalized node, its numbers read as asked.
pub fn value_of(node: &Node, numbers: Numbers) -> Value {
    match numbers {
        Numbers::Exact => node.to_value(),
        Numbers::Float64 => float_value(node),
    }
}

fn first_document(
    text: &str,
    file: FileId,
    limits: &Limits,
    mut walker: Walker<'_>,
) -> Result<Option<Node>, UnmarshalError> {
    let failed = |message: String, at: usize| UnmarshalError {
        message: format!("error converting YAML to JSON: {message}"),
        at,
    };
    let mut composer = Composer::new(Events::new(text), file, limits);
    let document = match composer.document() {
        Ok(document) => document,
        Err(finding) => {
            let at = finding.span().start as usize;
            return Err(match composer.syntax {
                Some(error) => failed(error.to_string(), error.offset),
                None => failed(format!("yaml: {finding}"), at),
            });
        }
    };
    // Characters behind the document that Go has read with it are refused as well.
    composer.events.input().check_piece().map_err(|error| failed(error.to_string(), error.offset))?;
    let Some(root) = document.and_then(|document| document.root) else { return Ok(None) };
    let node = walker.run(root);
    let first = walker.go_errors.iter().map(|(phase, ..)| *phase).min();
    match walker.go_errors.into_iter().find(|(phase, ..)| Some(*phase) == first) {
        Some((_, message, place)) => Err(failed(message, place.start as usize)),
        None => Ok(Some(node)),
    }
}

fn float_value(node: &Node) -> Value {
    if let Some(items) = node.as_seq() {
        return items.iter().map(float_value).collect::<Vec<_>>().into();
    }
    if let Some(entries) = node.as_map() {
        let entries = entries.iter().filter_map(|(k, v)| Some((k.as_str()?, float_value(v))));
        return entries.collect::<Map>().into();
    }
    match node.as_scalar() {
        Some(scalar) if matches!(scalar.kind, ScalarKind::Int | ScalarKind::Float) => {
            scalar.text.parse().map_or(Value::Null, Value::Float)
        }
        _ => node.to_value(),
    }
}
