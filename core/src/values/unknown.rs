//! Keys that a user sets although nothing knows them.

use super::compose::UserLayer;
use super::defaults::in_place;
use super::flag::Assigned;
use super::reads::ReadNode;
use super::{ReadPaths, Values};
use crate::diag::{Diagnostic, Diagnostics};
use crate::package::Package;
use crate::source::Span;
use crate::value::{Map, Step, Value, ValuePath};
use crate::yaml::{Node, NodeKind};

/// Finds the keys of the user's layers that neither the defaults nor the schema know and no template can read.
///
/// Findings are warnings. `values` is the scope of `package`; keys of dependencies are checked in their own scope, and
/// `global` nowhere, because every package may read it.
pub fn unknown_keys(package: &Package, values: &Values, reads: &ReadPaths) -> Diagnostics {
    let defaults = package.values.as_ref().map(|source| source.node.to_value());
    let dependencies = package.dependencies.iter().map(|dependency| dependency.key());
    let scope = Scope {
        defaults: defaults.iter().collect(),
        schema: package.schema.as_ref().map(|source| &source.node),
        elsewhere: dependencies.chain(["global"]).collect(),
        at: ValuePath::root(),
    };
    unknown_in(&scope, values, reads.at(&ValuePath::root()))
}

/// What is known in one scope of values, beside what templates read.
pub(super) struct Scope<'a> {
    pub(super) defaults: Vec<&'a Value>,
    pub(super) schema: Option<&'a Node>,
    /// Keys that are looked at elsewhere, or nowhere.
    pub(super) elsewhere: Vec<&'a str>,
    /// What findings put before paths.
    pub(super) at: ValuePath,
}

/// Does what [`unknown_keys`] does, for one scope with what is read there; nothing where all may be.
pub(super) fn unknown_in(scope: &Scope<'_>, values: &Values, reads: Option<Vec<&ReadNode>>) -> Diagnostics {
    let mut findings = Diagnostics::new();
    let Some(reads) = reads else { return findings };
    let mut walk = Walk { schema: scope.schema, findings: &mut findings };
    let schemas = walk.schema.into_iter().flat_map(|schema| in_place(schema, schema)).collect();
    let known = Known { defaults: scope.defaults.clone(), schemas, reads };
    let mut at = scope.at.clone();
    for layer in values.user_layers() {
        match layer {
            UserLayer::Node(Some(node)) => walk.node(node, &known, &mut at, &scope.elsewhere),
            UserLayer::Node(None) => {}
            UserLayer::Flag(assigned) => {
                for set in assigned {
                    if let Some(node) = nested(set).at(values.prefix()) {
                        walk.node(node, &known, &mut at, &scope.elsewhere);
                    }
                }
            }
        }
    }
    findings.sort();
    findings
}

// What a flag set as the maps and lists it stands for.
fn nested(set: &Assigned) -> Node {
    let value = Node::from_value(&set.value, set.span, None);
    set.path.steps().iter().zip(&set.steps).rev().fold(value, |value, (step, span)| {
        let kind = match step {
            Step::Key(key) => NodeKind::Map(vec![(Node::string(key.clone(), *span), value)]),
            Step::Index(_) => NodeKind::Seq(vec![value]),
        };
        Node::new(kind, *span)
    })
}

/// What is known at one place.
struct Known<'a> {
    defaults: Vec<&'a Value>,
    schemas: Vec<&'a Node>,
    reads: Vec<&'a ReadNode>,
}

impl<'a> Known<'a> {
    fn is_whole(&self) -> bool {
        self.reads.iter().any(|node| node.whole)
    }

    fn key(&self, key: &str, root: Option<&'a Node>) -> Option<Known<'a>> {
        let mut next = Known { defaults: Vec::new(), schemas: Vec::new(), reads: Vec::new() };
        let mut known = false;
        next.defaults.extend(self.defaults.iter().filter_map(|value| value.get(key)));
        for schema in &self.schemas {
            let named = schema.get("properties").and_then(|properties| properties.get(key));
            let free = ["additionalProperties", "patternProperties"].iter().filter_map(|keyword| schema.get(keyword));
            let free = free.filter(|schema| schema.to_value() != Value::Bool(false));
            known |= free.count() > 0;
            if let (Some(root), Some(schema)) = (root, named) {
                next.schemas.extend(in_place(root, schema));
            }
        }
        for node in &self.reads {
            next.reads.extend(node.keys.get(key));
            next.reads.extend(node.any.as_deref());
        }
        known |= !(next.defaults.is_empty() && next.schemas.is_empty() && next.reads.is_empty());
        known.then_some(next)
    }

    fn item(&self, root: Option<&'a Node>) -> Known<'a> {
        let items = self.schemas.iter().filter_map(|schema| schema.get("items"));
        Known {
            defaults: self.defaults.iter().filter_map(|value| value.as_seq()).flatten().collect(),
            schemas: items.flat_map(|schema| in_place(root.unwrap_or(schema), schema)).collect(),
            reads: self.reads.iter().filter_map(|node| node.any.as_deref()).collect(),
        }
    }

    fn names(&self) -> Vec<&'a str> {
        let mut names: Vec<&str> = Vec::new();
        names.extend(self.defaults.iter().filter_map(|v| v.as_map()).flat_map(Map::keys).map(|key| key.as_str()));
        let properties = self.schemas.iter().filter_map(|schema| schema.get("properties")?.as_map());
        names.extend(properties.flatten().filter_map(|(key, _)| key.as_str()));
        names.extend(self.reads.iter().flat_map(|node| node.keys.keys()).map(|key| key.as_str()));
        names
    }
}

struct Walk<'a, 'f> {
    schema: Option<&'a Node>,
    findings: &'f mut Diagnostics,
}

impl<'a> Walk<'a, '_> {
    fn node(&mut self, node: &Node, known: &Known<'a>, path: &mut ValuePath, skip: &[&str]) {
        if known.is_whole() {
            return;
        }
        for (key, value) in node.as_map().unwrap_or_default() {
            let Some(name) = key.as_str().filter(|name| !skip.contains(name)) else { continue };
            path.push_key(name);
            match known.key(name, self.schema) {
                Some(below) => self.node(value, &below, path, &[]),
                // A null takes a default away or says that nothing is meant.
                None if value.is_null() => {}
                None => self.findings.push(unknown(name, key.span, path, known)),
            }
            path.pop();
        }
        let items = node.as_seq().unwrap_or_default();
        if !items.is_empty() {
            let below = known.item(self.schema);
            for (index, item) in items.iter().enumerate() {
                path.push_index(index);
                self.node(item, &below, path, &[]);
                path.pop();
            }
        }
    }
}

fn unknown(name: &str, span: Span, path: &ValuePath, known: &Known<'_>) -> Diagnostic {
    let text = format!("no default and no template knows the value `{path}`");
    let found = Diagnostic::warning("values-unknown-key", text).at(span).field(path.to_string());
    found.suggest(name, known.names())
}
