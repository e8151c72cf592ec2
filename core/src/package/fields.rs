//! Strict reading of a map with known keys.

use ecow::EcoString;

use crate::diag::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::yaml::Node;

/// A map whose keys are all known; what is wrong is collected.
pub(super) struct Fields<'a, 'd> {
    node: &'a Node,
    pub(super) findings: &'d mut Diagnostics,
}

impl<'a, 'd> Fields<'a, 'd> {
    /// Checks that a node is a map of these keys; `what` names it in messages.
    pub(super) fn new(node: &'a Node, what: &str, known: &[&str], findings: &'d mut Diagnostics) -> Fields<'a, 'd> {
        match node.as_map() {
            None => {
                let text = format!("{what} must be a map, found {}", node.kind_name());
                findings.push(Diagnostic::error("package-type", text).at(node.span));
            }
            Some(entries) => {
                for (key, _) in entries {
                    let name = key.as_str().unwrap_or_default();
                    if !known.contains(&name) {
                        let text = format!("{what} has no field `{name}`");
                        let found = Diagnostic::error("package-unknown-key", text).at(key.span);
                        findings.push(found.suggest(name, known.iter().copied()));
                    }
                }
            }
        }
        Fields { node, findings }
    }

    /// Returns the fields of a node that is checked elsewhere.
    pub(super) fn of(node: &'a Node, findings: &'d mut Diagnostics) -> Fields<'a, 'd> {
        Fields { node, findings }
    }

    /// Returns a value that is there and not null.
    pub(super) fn get(&self, key: &str) -> Option<&'a Node> {
        self.node.get(key).filter(|node| !node.is_null())
    }

    /// Returns a text and its place.
    pub(super) fn text(&mut self, key: &str) -> Option<(EcoString, Span)> {
        let node = self.get(key)?;
        match node.as_str() {
            Some(text) => Some((text.into(), node.span)),
            None => {
                self.wrong(key, "a string", node);
                None
            }
        }
    }

    /// Returns a text that must be there.
    pub(super) fn required(&mut self, key: &str, what: &str) -> Option<(EcoString, Span)> {
        if self.get(key).is_none() && self.node.as_map().is_some() {
            let text = format!("{what} needs the field `{key}`");
            self.findings.push(Diagnostic::error("package-missing", text).at(self.node.span));
        }
        self.text(key)
    }

    /// Returns the items of a list.
    pub(super) fn list(&mut self, key: &str) -> &'a [Node] {
        let Some(node) = self.get(key) else { return &[] };
        node.as_seq().unwrap_or_else(|| {
            self.wrong(key, "a list", node);
            &[]
        })
    }

    /// Returns the items of a list of texts, each with its place.
    pub(super) fn texts(&mut self, key: &str) -> Vec<(EcoString, Span)> {
        let mut texts = Vec::new();
        for item in self.list(key) {
            match item.as_str() {
                Some(text) => texts.push((text.into(), item.span)),
                None => self.wrong(key, "a list of strings", item),
            }
        }
        texts
    }

    /// Reports a value of the wrong kind.
    pub(super) fn wrong(&mut self, key: &str, expected: &str, node: &Node) {
        let text = format!("`{key}` must be {expected}, found {}", node.kind_name());
        let found = Diagnostic::error("package-type", text).at(node.span);
        let quote = expected == "a string" && node.as_scalar().is_some();
        self.findings.push(if quote { found.help("put it in quotes") } else { found });
    }

    /// Checks `apiVersion` and `kind`, where they are given: the name of the file already says them.
    pub(super) fn identity(&mut self, kind: &str) {
        for (key, expected) in [("apiVersion", "rhumb.dev/v1"), ("kind", kind)] {
            let Some((found, span)) = self.text(key) else { continue };
            if found != expected {
                let text = format!("`{key}` must be `{expected}`, found `{found}`");
                self.findings.push(Diagnostic::error("package-identity", text).at(span));
            }
        }
    }
}
