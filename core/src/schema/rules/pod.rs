//! Pods: restart policies, ports of the whole pod.

use std::collections::HashSet;

use ecow::eco_format;

use super::{integer, items, pod_of, text};
use crate::diag::Diagnostic;
use crate::schema::Target;
use crate::schema::report::Report;
use crate::yaml::Node;

pub(super) fn check(target: &Target<'_>, report: &mut Report<'_>) {
    let Some((spec, _)) = pod_of(target) else { return };
    restart_policy(target, spec, report);
    host_ports(target, spec, report);
}

// On a node a port can be taken once.
fn host_ports(target: &Target<'_>, spec: &Node, report: &mut Report<'_>) {
    let on_host = spec.get("hostNetwork").and_then(Node::as_scalar).is_some_and(|scalar| scalar.text == "true");
    let mut taken = HashSet::new();
    for port in items(spec, "containers").iter().flat_map(|container| items(container, "ports")) {
        let number = |key: &str| port.get(key).and_then(integer).unwrap_or(0);
        let (inside, host) = (number("containerPort"), number("hostPort"));
        let place = port.get("hostPort").unwrap_or(port);
        let alone = target.gvk.kind != "Pod";
        if on_host && host != 0 && host != inside && alone {
            report.error(place, "rule-host-port", "with `hostNetwork` the `hostPort` must be the `containerPort`");
        }
        let protocol = Some(text(port, "protocol")).filter(|protocol| !protocol.is_empty()).unwrap_or("TCP");
        if host != 0 && !taken.insert((protocol, text(port, "hostIP"), host)) {
            report.error(place, "rule-host-port", eco_format!("a second port takes the `hostPort` {host}"));
        }
    }
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
