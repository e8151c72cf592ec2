//! Names, namespaces, labels, annotations, and the size of the whole.

use ecow::eco_format;

use super::{below, pod_of};
use crate::diag::Diagnostic;
use crate::object::{Scope, TypeFacts};
use crate::schema::Target;
use crate::schema::formats;
use crate::schema::report::Report;
use crate::yaml::{Node, NodeKind};

const ANNOTATIONS: usize = 256 << 10;
// etcd takes 1.5 MiB a request; ConfigMaps and Secrets end at 1 MiB.
const OBJECT: usize = 3 << 19;

pub(super) fn check(target: &Target<'_>, report: &mut Report<'_>) {
    let Some(metadata) = target.node.get("metadata").filter(|node| node.as_map().is_some()) else {
        return missing_name(target, target.node, report);
    };
    name(target, metadata, report);
    namespace(target, metadata, report);
    maps(metadata, report);
    if let Some((_, Some(template))) = pod_of(target).filter(|_| target.gvk.kind != "Pod") {
        maps(template, report);
    }
    let size = size(target.node);
    if size > OBJECT {
        report.error(target.node, "rule-object-size", eco_format!("the object has {size} bytes, at most {OBJECT} fit"));
    }
}

fn missing_name(target: &Target<'_>, parent: &Node, report: &mut Report<'_>) {
    // Requests such as reviews, and files of tools that only look like objects, have no name.
    if target.schemas.scope(target.gvk).is_some() && !target.gvk.kind.ends_with("Review") {
        let finding =
            Diagnostic::error("rule-name-missing", "the object has no `metadata.name`").field("metadata.name");
        report.add(parent, finding);
    }
}

fn name(target: &Target<'_>, metadata: &Node, report: &mut Report<'_>) {
    let Some(node) = metadata.get("name").filter(|node| !node.is_null()) else {
        if metadata.get("generateName").is_none() {
            missing_name(target, metadata, report);
        }
        return;
    };
    let Some(name) = node.as_str() else { return };
    if name.is_empty() {
        return missing_name(target, metadata, report);
    }
    if target.schemas.scope(target.gvk).is_none() {
        return;
    }
    let wrong = match (target.gvk.group.as_str(), target.gvk.kind.as_str()) {
        ("rbac.authorization.k8s.io" | "node.k8s.io", _) => formats::path_segment(name),
        // The gate RelaxedServiceNameValidation is on from 1.36.
        ("", "Service") if target.schemas.version().minor() < 36 => formats::label_1035(name),
        ("", "Service" | "Namespace") | ("apps", "StatefulSet") => formats::label_1123(name),
        // Its own validation looks at the spec alone.
        ("policy", "PodDisruptionBudget") => formats::path_segment(name),
        ("apiregistration.k8s.io" | "certificates.k8s.io" | "", "APIService" | "Event") => formats::path_segment(name),
        ("batch", "CronJob") if name.len() > 52 => Some("must be no longer than 52 characters"),
        ("batch", "Job") if name.len() > 63 => Some("must be no longer than 63 characters"),
        _ => formats::subdomain(name),
    };
    if let Some(why) = wrong {
        report.error(node, "rule-name-syntax", eco_format!("the name `{name}` {why}"));
    }
}

fn namespace(target: &Target<'_>, metadata: &Node, report: &mut Report<'_>) {
    let Some(node) = metadata.get("namespace") else { return };
    let Some(name) = node.as_str().filter(|name| !name.is_empty()) else { return };
    if target.schemas.scope(target.gvk) == Some(Scope::Cluster) {
        let message = eco_format!("`{}` lives outside namespaces", target.gvk.kind);
        return report.warn(node, "rule-namespace", message);
    }
    if let Some(why) = formats::label_1123(name) {
        report.error(node, "rule-namespace", eco_format!("the namespace `{name}` {why}"));
    }
}

/// Checks labels and annotations of an object or a template.
fn maps(metadata: &Node, report: &mut Report<'_>) {
    for (key, value) in below(metadata, &["labels"]).and_then(Node::as_map).into_iter().flatten() {
        label_key(key, "label", report);
        let wrong = value.as_str().and_then(|text| Some((text, formats::label_value(text)?)));
        if let Some((text, why)) = wrong {
            report.error(value, "rule-label-syntax", eco_format!("the label value `{text}` {why}"));
        }
    }
    let mut total = 0;
    let Some(annotations) = metadata.get("annotations") else { return };
    for (key, value) in annotations.as_map().into_iter().flatten() {
        // Annotations may have upper case letters in front of the slash: the API server lowers them first.
        let lower = key.as_str().unwrap_or("").to_lowercase();
        if let Some(why) = formats::qualified_name(&lower) {
            report.error(key, "rule-annotation-syntax", eco_format!("the annotation key `{lower}`: {why}"));
        }
        total += lower.len() + value.as_str().map_or(0, str::len);
    }
    if total > ANNOTATIONS {
        let message = eco_format!("the annotations have {total} bytes, at most {ANNOTATIONS} are taken");
        report.error(annotations, "rule-annotation-size", message);
    }
}

fn label_key(key: &Node, what: &str, report: &mut Report<'_>) {
    let text = key.as_str().unwrap_or("");
    if let Some(why) = formats::qualified_name(text) {
        report.error(key, "rule-label-syntax", eco_format!("the {what} key `{text}`: {why}"));
    }
}

/// Returns about how many bytes the object has as JSON.
fn size(node: &Node) -> usize {
    match &node.kind {
        NodeKind::Scalar(scalar) => scalar.text.len() + 2,
        NodeKind::Seq(items) => items.iter().map(size).sum::<usize>() + items.len(),
        NodeKind::Map(entries) => entries.iter().map(|(key, value)| size(key) + size(value) + 2).sum(),
        NodeKind::Alias(_) => 0,
    }
}
