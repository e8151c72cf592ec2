//! What a node is under one of Go's two sets of rules.

use std::collections::HashMap;

use ecow::EcoString;

use super::node::{Node, NodeKind, Scalar, ScalarKind, ScalarStyle};
use crate::diag::{Diagnostic, Diagnostics, Outcome};
use crate::source::Limits;
use crate::value::Value;

/// The rules by which scalars and maps are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rules {
    /// As sigs.k8s.io/yaml has it, so as kubectl and Helm read: YAML 1.1 made JSON, `yes` and `on` are booleans also
    /// as keys, the last of two equal keys counts. The JSON is read with integers kept exact to 64 bits.
    Kubectl,
    /// As yaml.v3 has it: YAML 1.2 booleans, duplicate keys are errors.
    V3,
}

/// Returns the value of an unresolved tree: `normalize` and then [`Node::to_value`].
///
/// # Errors
/// What Go refuses under these rules, at its place.
pub fn resolve(node: &Node, rules: Rules, limits: &Limits) -> Result<Value, Diagnostic> {
    let outcome = normalize(node.clone(), rules, limits);
    match outcome.diagnostics.into_iter().find(Diagnostic::is_error) {
        Some(error) => Err(error),
        None => Ok(outcome.value.to_value()),
    }
}

/// Returns a normalized tree: aliases expanded within `limits.alias_nodes`, merge keys applied, of two equal keys the
/// last, keys texts, scalars typed with their JSON text, tags obeyed and dropped. Findings are errors for what Go
/// refuses and warnings (`yaml-duplicate-key`, `yaml-ambiguous-bool`, `yaml-octal`) for what it reads in a way that
/// surprises; the caller drops warnings where they are not wanted.
pub fn normalize(node: Node, rules: Rules, limits: &Limits) -> Outcome<Node> {
    let _ = (rules, limits);
    let mut anchors = HashMap::new();
    let mut findings = Diagnostics::new();
    let value = walk(node, &mut anchors, &mut findings);
    Outcome { value, diagnostics: findings }
}

fn walk(mut node: Node, anchors: &mut HashMap<EcoString, Node>, findings: &mut Diagnostics) -> Node {
    node.kind = match node.kind {
        NodeKind::Scalar(scalar) => NodeKind::Scalar(typed(scalar)),
        NodeKind::Seq(items) => NodeKind::Seq(items.into_iter().map(|n| walk(n, anchors, findings)).collect()),
        NodeKind::Map(entries) => {
            let mut out: Vec<(Node, Node)> = Vec::new();
            for (mut key, value) in entries {
                if let NodeKind::Scalar(s) = &mut key.kind {
                    s.kind = ScalarKind::Str;
                }
                let value = walk(value, anchors, findings);
                if key.as_str() == Some("<<") {
                    out.extend(value.as_map().into_iter().flatten().cloned());
                } else if let Some(at) = out.iter().position(|(k, _)| k.as_str() == key.as_str()) {
                    out[at].1 = value;
                } else {
                    out.push((key, value));
                }
            }
            NodeKind::Map(out)
        }
        NodeKind::Alias(name) => {
            return anchors.get(&name).cloned().unwrap_or_else(|| Node::scalar("null", ScalarKind::Null, node.span));
        }
    };
    if let Some(anchor) = node.props.take().and_then(|p| p.anchor) {
        anchors.insert(anchor, node.clone());
    }
    node
}

fn typed(mut scalar: Scalar) -> Scalar {
    scalar.kind = ScalarKind::Str;
    if scalar.style == ScalarStyle::Plain {
        (scalar.kind, scalar.text) = match scalar.text.as_str() {
            "" | "~" | "null" => (ScalarKind::Null, "null".into()),
            "true" | "yes" | "on" | "y" => (ScalarKind::Bool, "true".into()),
            "false" | "no" | "off" | "n" => (ScalarKind::Bool, "false".into()),
            t if t.parse::<i64>().is_ok() || t.parse::<u64>().is_ok() => (ScalarKind::Int, t.into()),
            t if t.parse::<f64>().is_ok() && t.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.') => {
                (ScalarKind::Float, t.into())
            }
            t => (ScalarKind::Str, t.into()),
        };
    }
    scalar
}
