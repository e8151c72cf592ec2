//! HorizontalPodAutoscalers and PodDisruptionBudgets.

use ecow::eco_format;

use super::{integer, is_there, items, text};
use crate::diag::Diagnostic;
use crate::schema::Target;
use crate::schema::report::Report;
use crate::yaml::Node;

pub(super) fn check(target: &Target<'_>, report: &mut Report<'_>) {
    let Some(spec) = target.node.get("spec") else { return };
    match (target.gvk.group.as_str(), target.gvk.kind.as_str()) {
        ("autoscaling", "HorizontalPodAutoscaler") => {
            replicas(spec, report);
            items(spec, "metrics").iter().for_each(|metric| source(metric, report));
            // Before 1.35 a core kind, which nothing can scale, was taken.
            if target.schemas.version().minor() >= 35 {
                scaled(spec, report);
            }
        }
        ("policy", "PodDisruptionBudget") => {
            if let Some(node) = spec.get("maxUnavailable").filter(|node| !node.is_null())
                && is_there(spec, "minAvailable")
            {
                report.error(node, "rule-pdb", "`minAvailable` and `maxUnavailable` exclude each other");
            }
        }
        _ => {}
    }
}

fn replicas(spec: &Node, report: &mut Report<'_>) {
    let Some(most) = spec.get("maxReplicas") else { return };
    let Some(max) = integer(most) else { return };
    let least = spec.get("minReplicas").and_then(integer).unwrap_or(1);
    if max < 1 {
        report.error(most, "rule-hpa", "`maxReplicas` must be at least 1");
    } else if max < least {
        report.error(most, "rule-hpa", eco_format!("`maxReplicas` {max} is below `minReplicas` {least}"));
    }
    let from_outside = |metric: &Node| matches!(text(metric, "type"), "Object" | "External");
    if let Some(node) = spec.get("minReplicas").filter(|_| least == 0)
        && !items(spec, "metrics").iter().any(from_outside)
    {
        let finding = Diagnostic::error("rule-hpa", "without pods only an `Object` or `External` metric is known");
        report.add(node, finding.help("set `minReplicas` to at least 1"));
    }
}

const SOURCES: [(&str, &str); 5] = [
    ("ContainerResource", "containerResource"),
    ("External", "external"),
    ("Object", "object"),
    ("Pods", "pods"),
    ("Resource", "resource"),
];

fn source(metric: &Node, report: &mut Report<'_>) {
    let kind = text(metric, "type");
    let Some((_, own)) = SOURCES.iter().find(|(known, _)| *known == kind) else { return };
    for (_, other) in SOURCES.iter().filter(|(_, key)| key != own) {
        if let Some(node) = metric.get(other).filter(|node| !node.is_null()) {
            report.error(node, "rule-hpa", eco_format!("a metric of type `{kind}` has no `{other}`"));
        }
    }
    let Some(source) = metric.get(own).filter(|node| !node.is_null()) else {
        let finding = Diagnostic::error("rule-hpa", eco_format!("a metric of type `{kind}` needs `{own}`"));
        return report.add_missing(metric, own, finding);
    };
    if let Some(goal) = source.get("target").filter(|node| node.as_map().is_some()) {
        target_of(kind, goal, report);
    }
}

fn target_of(kind: &str, goal: &Node, report: &mut Report<'_>) {
    let has = |key: &str| is_there(goal, key);
    let missing = match kind {
        "Resource" | "ContainerResource" if !has("averageUtilization") && !has("averageValue") => {
            "`averageUtilization` or `averageValue`"
        }
        "Pods" if !has("averageValue") => "`averageValue`",
        "Object" | "External" if !has("value") && !has("averageValue") => "`value` or `averageValue`",
        _ => "",
    };
    if !missing.is_empty() {
        report.error(goal, "rule-hpa", eco_format!("the target of a metric of type `{kind}` needs {missing}"));
    }
    let both = match kind {
        "Resource" | "ContainerResource" => Some("averageUtilization"),
        "External" => Some("value"),
        _ => None,
    };
    if let Some(node) = both.and_then(|key| goal.get(key)).filter(|node| !node.is_null())
        && has("averageValue")
    {
        report.error(node, "rule-hpa", "the target has two goals: keep one of them");
    }
}

fn scaled(spec: &Node, report: &mut Report<'_>) {
    let Some(reference) = spec.get("scaleTargetRef").filter(|node| node.as_map().is_some()) else { return };
    let version = text(reference, "apiVersion");
    if !version.contains('/') {
        let finding = Diagnostic::error("rule-hpa", "`scaleTargetRef` needs an `apiVersion` with its group");
        let finding = finding.help("write `apiVersion: apps/v1` for a Deployment or StatefulSet");
        match reference.get("apiVersion") {
            Some(node) => report.add(node, finding),
            None => report.add_missing(reference, "apiVersion", finding),
        }
    }
}
