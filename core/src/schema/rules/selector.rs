//! Selectors of workloads against the labels of their pods.

use ecow::eco_format;

use super::{below, index, items, pod_of};
use crate::diag::Diagnostic;
use crate::schema::Target;
use crate::schema::report::Report;
use crate::yaml::Node;

pub(super) fn check(target: &Target<'_>, report: &mut Report<'_>) {
    let kind = (target.gvk.group.as_str(), target.gvk.kind.as_str());
    let workload = matches!(kind, ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet"));
    if !workload {
        return;
    }
    let Some(selector) = below(target.node, &["spec", "selector"]) else { return };
    let Some((_, metadata)) = pod_of(target) else { return };
    let labels = metadata.and_then(|metadata| metadata.get("labels"));
    let wanted = selector.get("matchLabels").and_then(Node::as_map).unwrap_or_default();
    if wanted.is_empty() && items(selector, "matchExpressions").is_empty() {
        return report.error(selector, "rule-selector-empty", "the selector is empty");
    }
    let by_name = index(labels);
    for (key, value) in wanted {
        let (Some(name), Some(wanted)) = (key.as_str(), value.as_str()) else { continue };
        let found = by_name.get(name).copied();
        if found.and_then(Node::as_str) == Some(wanted) {
            continue;
        }
        let message = match found.and_then(Node::as_str) {
            Some(other) => eco_format!("the selector wants `{name}: {wanted}`, the pod template has `{name}: {other}`"),
            None => eco_format!("the selector wants `{name}: {wanted}`, the pod template has no such label"),
        };
        let place = found.or(labels).or(metadata).map(|node| node.span);
        let finding = Diagnostic::error("rule-selector-mismatch", message);
        report.add(
            value,
            match place {
                Some(span) => finding.label(span, 0, "the labels of the pods are here"),
                None => finding,
            },
        );
    }
}
