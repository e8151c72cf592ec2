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

/// Returns the value of the first document of a text by the rules of kubectl; null where there is none.
///
/// # Errors
/// Go's message, which Helm prints and `fromYaml` returns: `error converting YAML to JSON: yaml: line 2: …`.
pub fn unmarshal(text: &str, numbers: Numbers, limits: &Limits) -> Result<Value, String> {
    let Some(node) = unmarshal_node(text, limits)? else { return Ok(Value::Null) };
    Ok(match numbers {
        Numbers::Exact => node.to_value(),
        Numbers::Float64 => float_value(&node),
    })
}

/// Returns the first document of a text by the rules of kubectl as a normalized tree, from which other models are built.
///
/// # Errors
/// As those of [`unmarshal`].
pub fn unmarshal_node(text: &str, limits: &Limits) -> Result<Option<Node>, String> {
    let failed = |message: String| format!("error converting YAML to JSON: {message}");
    let mut composer = Composer::new(Events::new(text), FileId::NONE, limits);
    let document = match composer.document() {
        Ok(document) => document,
        Err(finding) => {
            let message = composer.syntax.map_or_else(|| format!("yaml: {finding}"), |error| error.to_string());
            return Err(failed(message));
        }
    };
    // Characters behind the document that Go has read with it are refused as well.
    composer.events.input().check_piece().map_err(|error| failed(error.to_string()))?;
    let Some(root) = document.and_then(|document| document.root) else { return Ok(None) };
    let mut walker = Walker::new(Rules::Kubectl, limits);
    let node = walker.run(root);
    let first = walker.go_errors.iter().map(|(phase, _)| *phase).min();
    if let Some((_, message)) = walker.go_errors.into_iter().find(|(phase, _)| Some(*phase) == first) {
        return Err(failed(message));
    }
    Ok(Some(node))
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
