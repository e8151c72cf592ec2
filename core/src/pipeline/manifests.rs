//! Texts of manifests to objects.

use std::sync::Arc;

use super::Request;
use crate::diag::Diagnostics;
use crate::object::{Item, ObjectSet};
use crate::schema::SchemaSet;
use crate::source::{FileId, Limits, SourceMap};
use crate::yaml::{self, Node, NodeKind, Rules};

/// Adds the documents of a text to a set; the items of a `List` count as documents of their own, as kubectl has it.
pub(super) fn read(
    file: FileId,
    sources: &SourceMap,
    limits: &Limits,
    objects: &mut ObjectSet,
    findings: &mut Diagnostics,
) {
    let Some(source) = sources.get(file) else { return };
    let documents = yaml::parse(source.text(), file, limits).into_value(findings);
    for document in documents {
        let root = document.root.map(|root| yaml::normalize(root, Rules::Kubectl, limits).into_value(findings));
        match root {
            Some(root) => push(root, source.name(), objects),
            None => {
                objects.push(Item::Other {
                    node: None,
                    span: document.span,
                    source: source.name().clone(),
                    text: None,
                });
            }
        }
    }
}

fn push(node: Node, name: &Arc<str>, objects: &mut ObjectSet) {
    let span = node.span;
    match Item::of(node, span, name.clone()) {
        Item::Object(list) if list.gvk.kind == "List" && list.gvk.version == "v1" => {
            items_of(list.node.into_node()).into_iter().for_each(|item| push(item, name, objects));
        }
        Item::Other { node: Some(node), span, source, text } if node.is_null() => {
            objects.push(Item::Other { node: None, span, source, text });
        }
        item => objects.push(item),
    }
}

fn items_of(mut list: Node) -> Vec<Node> {
    match list.get_mut("items").map(|items| &mut items.kind) {
        Some(NodeKind::Seq(items)) => std::mem::take(items),
        _ => Vec::new(),
    }
}

/// Adds the definitions that a request brings to a set of schemas.
pub(super) fn add_crds(
    request: &Request<'_>,
    schemas: &mut SchemaSet,
    sources: &mut SourceMap,
    limits: &Limits,
) -> Diagnostics {
    let mut findings = Diagnostics::new();
    let mut definitions = ObjectSet::new();
    for manifest in &request.crds {
        let file = sources.add(manifest.name.as_str(), manifest.text.as_str());
        read(file, sources, limits, &mut definitions, &mut findings);
    }
    findings.append(schemas.add_crds(&definitions));
    findings
}
