//! Texts of manifests to objects.

use std::sync::Arc;

use super::Request;
use crate::diag::Diagnostics;
use crate::object::{Item, Object, ObjectSet};
use crate::schema::SchemaSet;
use crate::source::{FileId, Limits, SourceMap};
use crate::yaml::{self, Node, Rules};

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
    match Object::new(node.clone(), name.clone()) {
        Some(list) if list.gvk.kind == "List" && list.gvk.version == "v1" => {
            for item in node.get("items").and_then(Node::as_seq).unwrap_or_default() {
                push(item.clone(), name, objects);
            }
        }
        Some(object) => objects.push_object(object),
        None => {
            let node = Some(node).filter(|node| !node.is_null());
            objects.push(Item::Other { node, span, source: name.clone(), text: None });
        }
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
