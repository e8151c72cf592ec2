//! Selectors of workloads against the labels of their pods.

use std::collections::HashMap;

use ecow::eco_format;

use super::{below, index, items, pod_of, text};
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
    expressions(selector, &by_name, report);
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

// A selector by expressions must take the labels of the pods as well.
fn expressions(selector: &Node, labels: &HashMap<&str, &Node>, report: &mut Report<'_>) {
    for requirement in items(selector, "matchExpressions") {
        let key = text(requirement, "key");
        let found = labels.get(key).and_then(|node| node.as_str());
        let among =
            || items(requirement, "values").iter().any(|value| value.as_str().is_some() && value.as_str() == found);
        let matches = match text(requirement, "operator") {
            "In" => found.is_some() && among(),
            "NotIn" => found.is_none() || !among(),
            "Exists" => found.is_some(),
            "DoesNotExist" => found.is_none(),
            _ => true,
        };
        if !matches && !key.is_empty() {
            let operator = text(requirement, "operator");
            let message = eco_format!("the labels of the pod template do not fit this: `{key}` {operator}");
            report.error(requirement, "rule-selector-mismatch", message);
        }
    }
}
