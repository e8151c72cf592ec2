//! Jobs, alone and in CronJobs: how they count, when they fail and succeed.

use std::collections::HashSet;

use ecow::eco_format;

use super::{below, integer, is_there, items, text};
use crate::diag::Diagnostic;
use crate::schema::Target;
use crate::schema::formats;
use crate::schema::report::Report;
use crate::yaml::Node;

pub(super) fn check(target: &Target<'_>, report: &mut Report<'_>) {
    let path: &[&str] = match (target.gvk.group.as_str(), target.gvk.kind.as_str()) {
        ("batch", "Job") => &["spec"],
        ("batch", "CronJob") => &["spec", "jobTemplate", "spec"],
        _ => return,
    };
    let Some(spec) = below(target.node, path) else { return };
    let indexed = text(spec, "completionMode") == "Indexed";
    if indexed {
        counts(spec, report);
        pod_names(target, spec, report);
    } else {
        for key in ["backoffLimitPerIndex", "maxFailedIndexes", "successPolicy"] {
            if let Some(node) = spec.get(key).filter(|node| !node.is_null()) {
                report.error(node, "rule-job", eco_format!("`{key}` needs `completionMode: Indexed`"));
            }
        }
    }
    failure_policy(spec, report);
    if target.gvk.kind == "Job" {
        selector(spec, report);
    }
}

const MANY: i64 = 100_000;
const FEW_AT_ONCE: i64 = 10_000;

fn counts(spec: &Node, report: &mut Report<'_>) {
    let number = |key: &str| spec.get(key).and_then(|node| Some((node, integer(node)?)));
    let completions = number("completions").map(|(_, number)| number);
    if !is_there(spec, "completions") {
        let finding = Diagnostic::error("rule-job", "`completionMode: Indexed` needs `completions`");
        report.add_missing(spec, "completions", finding);
    }
    if let Some((node, at_once)) = number("parallelism") {
        let limited = completions.is_some_and(|all| all > MANY) && is_there(spec, "backoffLimitPerIndex");
        let most = if limited { FEW_AT_ONCE } else { MANY };
        if at_once > most {
            report.error(node, "rule-job", eco_format!("`parallelism` {at_once} is too much: at most {most} here"));
        }
    }
    if let Some((node, failed)) = number("maxFailedIndexes") {
        if !is_there(spec, "backoffLimitPerIndex") {
            report.error(node, "rule-job", "`maxFailedIndexes` needs `backoffLimitPerIndex`");
        }
        if completions.is_some_and(|all| failed > all) {
            report.error(node, "rule-job", eco_format!("`maxFailedIndexes` {failed} is above `completions`"));
        }
    }
    for rule in spec.get("successPolicy").map(|policy| items(policy, "rules")).unwrap_or_default() {
        if !is_there(rule, "succeededCount") && !is_there(rule, "succeededIndexes") {
            report.error(rule, "rule-job", "the rule needs `succeededCount` or `succeededIndexes`");
        }
        let count = rule.get("succeededCount").and_then(|node| Some((node, integer(node)?)));
        if let Some((node, count)) = count.filter(|(_, count)| completions.is_some_and(|all| *count > all)) {
            report.error(node, "rule-job", eco_format!("`succeededCount` {count} is above `completions`"));
        }
    }
}

// The index is part of the name of the pod's host.
fn pod_names(target: &Target<'_>, spec: &Node, report: &mut Report<'_>) {
    let last = spec.get("completions").and_then(integer).filter(|count| *count > 0).map(|count| count - 1);
    let name = below(target.node, &["metadata", "name"]).filter(|_| target.gvk.kind == "Job");
    let Some((node, name, last)) = name.and_then(|node| Some((node, node.as_str()?, last?))) else { return };
    let host = format!("{name}-{last}");
    if formats::label_1123(name).is_none() && formats::label_1123(&host).is_some() {
        let message = eco_format!("the pod `{host}` would have too long a name: at most 63 characters");
        report.error(node, "rule-name-syntax", message);
    }
}

fn failure_policy(spec: &Node, report: &mut Report<'_>) {
    let Some(policy) = spec.get("podFailurePolicy").filter(|node| !node.is_null()) else { return };
    let pod = below(spec, &["template", "spec"]);
    if let Some(pod) = pod.filter(|pod| text(pod, "restartPolicy") != "Never") {
        report.error(
            pod.get("restartPolicy").unwrap_or(pod),
            "rule-job",
            "`podFailurePolicy` needs `restartPolicy: Never`",
        );
    }
    let replaced = spec.get("podReplacementPolicy").filter(|node| node.as_str() == Some("TerminatingOrFailed"));
    if let Some(node) = replaced {
        report.error(node, "rule-job", "with `podFailurePolicy` only `Failed` pods are replaced");
    }
    let containers = pod.into_iter().flat_map(|pod| ["initContainers", "containers"].map(|list| items(pod, list)));
    let names: HashSet<&str> = containers.flatten().map(|container| text(container, "name")).collect();
    for rule in items(policy, "rules") {
        if text(rule, "action") == "FailIndex" && !is_there(spec, "backoffLimitPerIndex") {
            let place = rule.get("action").unwrap_or(rule);
            report.error(place, "rule-job", "the action `FailIndex` needs `backoffLimitPerIndex`");
        }
        if let Some(codes) = rule.get("onExitCodes") {
            exit_codes(codes, &names, report);
        }
    }
}

fn exit_codes(codes: &Node, names: &HashSet<&str>, report: &mut Report<'_>) {
    if let Some((node, name)) = codes.get("containerName").and_then(|node| Some((node, node.as_str()?)))
        && !names.contains(name)
    {
        let mut known: Vec<&str> = names.iter().copied().collect();
        known.sort_unstable();
        let finding = Diagnostic::error("rule-job", eco_format!("no container is named `{name}`"));
        report.add(node, finding.suggest(name, known));
    }
    let values: Vec<(&Node, i64)> =
        items(codes, "values").iter().filter_map(|node| Some((node, integer(node)?))).collect();
    if let Some((node, _)) = values.iter().find(|(_, code)| *code == 0 && text(codes, "operator") == "In") {
        report.error(node, "rule-job", "the exit code 0 is success and cannot fail a pod");
    }
    if let Some(pair) = values.windows(2).find(|pair| pair[0].1 > pair[1].1) {
        report.error(pair[1].0, "rule-job", "the exit codes must be in order");
    }
}

// The controller makes the selector; a hand-made one matches only by accident.
fn selector(spec: &Node, report: &mut Report<'_>) {
    let manual = spec.get("manualSelector").and_then(Node::as_scalar).is_some_and(|scalar| scalar.text == "true");
    if let Some(node) = spec.get("selector").filter(|node| !manual && !node.is_null()) {
        let finding = Diagnostic::error("rule-job", "a job's `selector` is made for it");
        report.add(node, finding.help("leave it out, or set `manualSelector: true`"));
    }
}
