//! Pods: volumes, restart policies, ports of the whole pod.

use std::collections::BTreeSet;

use ecow::eco_format;

use super::{below, items, pod_of};
use crate::diag::Diagnostic;
use crate::schema::Target;
use crate::schema::formats;
use crate::schema::report::Report;
use crate::yaml::Node;

pub(super) fn check(target: &Target<'_>, report: &mut Report<'_>) {
    let Some((spec, _)) = pod_of(target) else { return };
    restart_policy(target, spec, report);
    volumes(target, spec, report);
}

fn restart_policy(target: &Target<'_>, spec: &Node, report: &mut Report<'_>) {
    let policy = spec.get("restartPolicy");
    let text = policy.and_then(Node::as_str).filter(|text| !text.is_empty()).unwrap_or("Always");
    let allowed: &[&str] = match target.gvk.kind.as_str() {
        "Job" | "CronJob" => &["Never", "OnFailure"],
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" => &["Always"],
        _ => return,
    };
    if !allowed.contains(&text) {
        let list = allowed.join("` or `");
        let message = eco_format!("pods of a {} need the restart policy `{list}`, not `{text}`", target.gvk.kind);
        let finding = Diagnostic::error("rule-restart-policy", message);
        match policy {
            Some(node) => report.add(node, finding),
            None => report.add_missing(spec, "restartPolicy", finding),
        }
    }
}

fn volumes(target: &Target<'_>, spec: &Node, report: &mut Report<'_>) {
    let mut names = BTreeSet::new();
    for volume in items(spec, "volumes") {
        let Some(node) = volume.get("name") else { continue };
        let Some(name) = node.as_str() else { continue };
        names.insert(name);
        if let Some(why) = formats::label_1123(name) {
            report.error(node, "rule-volume-name", eco_format!("the volume name `{name}` {why}"));
        }
        let sources = volume.as_map().into_iter().flatten();
        let count = sources.filter(|(key, value)| key.as_str() != Some("name") && !value.is_null()).count();
        if count > 1 {
            report.error(
                volume,
                "rule-volume-source",
                eco_format!("the volume `{name}` has {count} sources, one is allowed"),
            );
        }
    }
    let claims = below(target.node, &["spec"]).filter(|_| target.gvk.kind == "StatefulSet");
    for claim in claims.map(|spec| items(spec, "volumeClaimTemplates")).unwrap_or_default() {
        names.extend(below(claim, &["metadata", "name"]).and_then(Node::as_str));
    }
    for container in ["initContainers", "containers"].iter().flat_map(|key| items(spec, key)) {
        for mount in items(container, "volumeMounts") {
            let Some(node) = mount.get("name") else { continue };
            let Some(name) = node.as_str().filter(|name| !names.contains(name)) else { continue };
            let finding = Diagnostic::error("rule-volume-unknown", eco_format!("no volume is named `{name}`"));
            report.add(node, finding.suggest(name, names.iter().copied().take(200)));
        }
    }
}
