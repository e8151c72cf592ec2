//! How workloads replace their pods.

use ecow::eco_format;

use super::fields::is_percentage;
use super::{below, integer, is_there, text};
use crate::diag::Diagnostic;
use crate::schema::Target;
use crate::schema::formats;
use crate::schema::report::Report;
use crate::yaml::Node;

pub(super) fn check(target: &Target<'_>, report: &mut Report<'_>) {
    if target.gvk.group != "apps" {
        return;
    }
    let Some(spec) = target.node.get("spec") else { return };
    match target.gvk.kind.as_str() {
        "Deployment" => deployment(spec, report),
        "DaemonSet" => daemon_set(spec, report),
        "StatefulSet" => stateful_set(target, spec, report),
        _ => {}
    }
    if let Some(node) = below(spec, &["template", "spec", "activeDeadlineSeconds"]).filter(|node| !node.is_null()) {
        let message = eco_format!("pods of a {} run without end: no `activeDeadlineSeconds`", target.gvk.kind);
        report.error(node, "rule-pod-deadline", message);
    }
}

/// Whether a number or percentage is none at all; what is left out counts as given.
fn is_zero(node: Option<&Node>, left_out: bool) -> bool {
    let Some(node) = node.filter(|node| !node.is_null()) else { return left_out };
    let digits = node.as_str().filter(|text| is_percentage(text)).map(|text| text.trim_end_matches('%'));
    integer(node) == Some(0) || digits.is_some_and(|digits| digits.bytes().all(|b| b == b'0'))
}

fn deployment(spec: &Node, report: &mut Report<'_>) {
    let strategy = spec.get("strategy");
    let rolling = strategy.and_then(|strategy| strategy.get("rollingUpdate")).filter(|node| !node.is_null());
    let recreate = strategy.is_some_and(|strategy| text(strategy, "type") == "Recreate");
    if let Some(rolling) = rolling {
        let (unavailable, surge) = (rolling.get("maxUnavailable"), rolling.get("maxSurge"));
        if recreate {
            report.error(rolling, "rule-strategy", "the strategy `Recreate` has no `rollingUpdate`");
        } else if is_zero(unavailable, false) && is_zero(surge, false) {
            let finding = Diagnostic::error("rule-strategy", "`maxUnavailable` and `maxSurge` cannot both be 0");
            report.add(unavailable.unwrap_or(rolling), finding);
        }
    }
    let ready = spec.get("minReadySeconds").and_then(integer).unwrap_or(0);
    let deadline = spec.get("progressDeadlineSeconds").filter(|node| !node.is_null());
    let seconds = deadline.map_or(Some(600), integer);
    if let Some(seconds) = seconds.filter(|seconds| *seconds <= ready && *seconds >= 0) {
        let message = eco_format!("`progressDeadlineSeconds` {seconds} must be above `minReadySeconds` {ready}");
        let place = deadline.or(spec.get("minReadySeconds")).unwrap_or(spec);
        report.error(place, "rule-strategy", message);
    }
}

fn daemon_set(spec: &Node, report: &mut Report<'_>) {
    let Some(strategy) = spec.get("updateStrategy") else { return };
    let Some(rolling) = strategy.get("rollingUpdate").filter(|node| !node.is_null()) else { return };
    if text(strategy, "type") == "OnDelete" {
        return;
    }
    let (unavailable, surge) = (rolling.get("maxUnavailable"), rolling.get("maxSurge"));
    match (is_zero(unavailable, false), is_zero(surge, true)) {
        (false, false) => {
            let message = "`maxSurge` needs `maxUnavailable: 0`: a DaemonSet does one or the other";
            report.error(surge.unwrap_or(rolling), "rule-strategy", message);
        }
        (true, true) => {
            let message = "`maxUnavailable` and `maxSurge` cannot both be 0";
            report.error(unavailable.unwrap_or(rolling), "rule-strategy", message);
        }
        _ => {}
    }
}

fn stateful_set(target: &Target<'_>, spec: &Node, report: &mut Report<'_>) {
    if let Some(strategy) = spec.get("updateStrategy")
        && let Some(rolling) = strategy.get("rollingUpdate").filter(|node| !node.is_null())
        && text(strategy, "type") == "OnDelete"
    {
        report.error(rolling, "rule-strategy", "the strategy `OnDelete` has no `rollingUpdate`");
    }
    let minor = target.schemas.version().minor();
    let unavailable = below(spec, &["updateStrategy", "rollingUpdate", "maxUnavailable"]);
    // Before 1.35 the field is dropped unless a gate is opened.
    if let Some(node) = unavailable.filter(|node| minor >= 35 && is_zero(Some(node), false)) {
        report.error(node, "rule-strategy", "`maxUnavailable` cannot be 0");
    }
    if let Some(node) = spec.get("serviceName").filter(|_| minor >= 33)
        && let Some(name) = node.as_str().filter(|name| !name.is_empty())
        && let Some(why) = formats::label_1123(name)
    {
        report.error(node, "rule-form", eco_format!("`{name}` {why}"));
    }
    if is_there(spec, "volumeClaimTemplates") {
        let templates = super::items(spec, "volumeClaimTemplates");
        for template in templates.iter().filter(|template| below(template, &["metadata", "name"]).is_none()) {
            let finding = Diagnostic::error("rule-required", "the claim has no `metadata.name`");
            report.add_missing(template, "metadata", finding);
        }
    }
}
