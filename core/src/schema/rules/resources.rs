//! What containers ask for and may use.

use ecow::eco_format;

use super::{index, items, pod_of};
use crate::diag::Diagnostic;
use crate::schema::Target;
use crate::schema::formats;
use crate::schema::report::Report;
use crate::yaml::Node;

pub(super) fn check(target: &Target<'_>, report: &mut Report<'_>) {
    let Some((spec, _)) = pod_of(target) else { return };
    for container in ["initContainers", "containers"].iter().flat_map(|key| items(spec, key)) {
        if let Some(resources) = container.get("resources") {
            amounts(resources, report);
            requests(resources, report);
            huge_pages(resources, report);
        }
    }
}

fn amount(node: &Node) -> Option<f64> {
    formats::quantity(&node.as_scalar()?.text)
}

fn entries<'a>(resources: &'a Node, list: &str) -> impl Iterator<Item = &'a (Node, Node)> {
    resources.get(list).and_then(Node::as_map).into_iter().flatten()
}

fn amounts(resources: &Node, report: &mut Report<'_>) {
    for (key, value) in ["requests", "limits"].iter().flat_map(|list| entries(resources, list)) {
        let Some(name) = key.as_str() else { continue };
        if amount(value).is_some_and(|amount| amount < 0.0) {
            report.error(value, "rule-resources", "the amount is negative");
        }
        if !is_divisible(name) && amount(value).is_some_and(|amount| amount.fract() != 0.0) {
            report.error(value, "rule-resources", eco_format!("`{name}` comes as a whole only"));
        }
        let standard = matches!(name, "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-");
        if !standard && !name.contains('/') {
            report.error(key, "rule-resources", eco_format!("`{name}` is no resource of containers"));
        }
    }
}

// Devices and pages cannot be shared.
fn is_divisible(name: &str) -> bool {
    let native = !name.contains('/') || name.split('/').next().is_some_and(|domain| domain.ends_with("kubernetes.io"));
    native && !name.starts_with("hugepages-")
}

fn requests(resources: &Node, report: &mut Report<'_>) {
    let limits = index(resources.get("limits"));
    for (key, request) in entries(resources, "requests") {
        let Some(name) = key.as_str() else { continue };
        let Some(limit) = limits.get(name) else {
            if !is_divisible(name) {
                let message = eco_format!("`{name}` needs a limit of the same amount: it cannot be shared");
                report.error(request, "rule-resources", message);
            }
            continue;
        };
        let Some((most, wanted)) = amount(limit).zip(amount(request)) else { continue };
        let message = if wanted > most {
            eco_format!("the request for `{name}` is above its limit")
        } else if wanted < most && !is_divisible(name) {
            eco_format!("the request for `{name}` must be its limit: it cannot be shared")
        } else {
            continue;
        };
        report.add(request, Diagnostic::error("rule-resources", message).label(limit.span, 0, "the limit is here"));
    }
}

fn huge_pages(resources: &Node, report: &mut Report<'_>) {
    let all = || ["requests", "limits"].iter().flat_map(|list| entries(resources, list));
    let named = |wanted: fn(&str) -> bool| all().find(|(key, _)| key.as_str().is_some_and(wanted));
    if let Some((key, _)) = named(|name| name.starts_with("hugepages-"))
        && named(|name| matches!(name, "cpu" | "memory")).is_none()
    {
        report.error(key, "rule-resources", "huge pages need a request or limit of `cpu` or `memory` beside them");
    }
}
