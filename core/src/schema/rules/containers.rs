//! Containers: names, images, environment, ports, probes.

use std::collections::HashSet;

use ecow::eco_format;

use super::{below, integer, items, pod_of, port_number, text};
use crate::diag::Diagnostic;
use crate::schema::Target;
use crate::schema::formats;
use crate::schema::report::Report;
use crate::yaml::Node;

pub(super) fn check(target: &Target<'_>, report: &mut Report<'_>) {
    let Some((spec, _)) = pod_of(target) else { return };
    let mut names = HashSet::new();
    for list in ["initContainers", "containers"] {
        for container in items(spec, list) {
            name(container, &mut names, report);
            image(target, container, report);
            environment(target, container, report);
            ports(container, report);
            for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
                handler(container.get(probe), "probe", report);
            }
            for hook in ["postStart", "preStop"] {
                handler(container.get("lifecycle").and_then(|node| node.get(hook)), "hook", report);
            }
        }
    }
    if let Some(containers) = spec.get("containers").filter(|node| node.as_seq().is_some_and(<[Node]>::is_empty)) {
        report.error(containers, "rule-containers-empty", "a pod needs at least one container");
    }
    items(spec, "initContainers").iter().for_each(|container| init(container, report));
    hooks(spec, report);
}

// What runs to its end before the others start is not watched; a sidecar is.
fn init(container: &Node, report: &mut Report<'_>) {
    if text(container, "restartPolicy") == "Always" {
        return;
    }
    for key in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(node) = container.get(key).filter(|node| !node.is_null()) {
            let finding = Diagnostic::error("rule-init-container", eco_format!("an init container has no `{key}`"));
            report.add(node, finding.help("with `restartPolicy: Always` it is a sidecar, which may have one"));
        }
    }
}

// A hook that sleeps longer than the pod has left never ends.
fn hooks(spec: &Node, report: &mut Report<'_>) {
    let grace = spec.get("terminationGracePeriodSeconds").filter(|node| !node.is_null());
    let Some(grace) = grace.map_or(Some(30), integer) else { return };
    for container in items(spec, "containers") {
        let hooks = ["postStart", "preStop"].map(|hook| below(container, &["lifecycle", hook, "sleep", "seconds"]));
        for node in hooks.into_iter().flatten() {
            if let Some(seconds) = integer(node).filter(|seconds| *seconds > grace) {
                let message = eco_format!("{seconds} seconds are more than `terminationGracePeriodSeconds` {grace}");
                report.error(node, "rule-handler", message);
            }
        }
    }
}

fn name<'a>(container: &'a Node, names: &mut HashSet<&'a str>, report: &mut Report<'_>) {
    let Some(node) = container.get("name") else { return };
    let Some(name) = node.as_str() else { return };
    if let Some(why) = formats::label_1123(name) {
        report.error(node, "rule-container-name", eco_format!("the container name `{name}` {why}"));
    }
    // Equal names within one of the two lists are reported as equal keys of its items already.
    if !names.insert(name) {
        report.error(node, "rule-container-name", eco_format!("a second container is named `{name}`"));
    }
}

fn image(target: &Target<'_>, container: &Node, report: &mut Report<'_>) {
    let Some(node) = container.get("image").filter(|node| !node.is_null()) else {
        // Only in templates an image may be left to an admission webhook.
        if target.gvk.kind == "Pod" || container.get("name").is_some() {
            let finding = Diagnostic::error("rule-image", "the container has no image");
            report.add_missing(container, "image", finding);
        }
        return;
    };
    let Some(image) = node.as_str() else { return };
    if image.is_empty() {
        report.error(node, "rule-image", "the image is empty");
    } else if image.trim() != image {
        report.error(node, "rule-image", "the image has spaces around it");
    }
}

fn environment(target: &Target<'_>, container: &Node, report: &mut Report<'_>) {
    for variable in items(container, "env") {
        let Some(node) = variable.get("name") else { continue };
        let Some(name) = node.as_str() else { continue };
        // The gate RelaxedEnvironmentVariableValidation is on from 1.32.
        let relaxed = target.schemas.version().minor() >= 32;
        if !name.is_empty() && !is_variable(name, relaxed) {
            report.error(node, "rule-env-name", eco_format!("`{name}` is no name for a variable"));
        }
        let value = variable.get("value").and_then(Node::as_str).is_some_and(|text| !text.is_empty());
        let from = variable.get("valueFrom").filter(|from| !from.is_null());
        if let Some(from) = from.filter(|_| value) {
            report.error(
                from,
                "rule-env-source",
                eco_format!("the variable `{name}` has both `value` and `valueFrom`"),
            );
        }
        let sources = from.and_then(Node::as_map).map(|all| all.iter().filter(|(_, source)| !source.is_null()).count());
        if let (Some(count), Some(from)) = (sources.filter(|count| *count != 1), from) {
            report.error(from, "rule-env-source", eco_format!("`valueFrom` has {count} sources, it needs exactly one"));
        }
    }
}

/// Any printable ASCII text without `=`; before, only letters, digits, `-`, `_` and `.` with no digit in front.
fn is_variable(name: &str, relaxed: bool) -> bool {
    let old = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let ok = |b: u8| if relaxed { (b' '..=b'~').contains(&b) && b != b'=' } else { old(b) };
    let start = relaxed || !name.starts_with(|c: char| c.is_ascii_digit());
    !name.is_empty() && start && name.bytes().all(ok)
}

fn ports(container: &Node, report: &mut Report<'_>) {
    let mut names = HashSet::new();
    for port in items(container, "ports") {
        for key in ["containerPort", "hostPort"] {
            let number = port.get(key).and_then(|node| Some((node, integer(node)?)));
            // A host port of 0 is the same as none.
            if let Some((node, number)) =
                number.filter(|(_, n)| !(1..=65535).contains(n) && (key, *n) != ("hostPort", 0))
            {
                report.error(node, "rule-port", eco_format!("{number} is no port: 1 to 65535"));
            }
        }
        let Some(node) = port.get("name") else { continue };
        let Some(name) = node.as_str().filter(|name| !name.is_empty()) else { continue };
        if let Some(why) = formats::port_name(name) {
            report.error(node, "rule-port-name", eco_format!("the port name `{name}` {why}"));
        }
        if !names.insert(name) {
            report.error(node, "rule-port-name", eco_format!("a second port is named `{name}`"));
        }
    }
}

/// A probe or hook does exactly one thing.
fn handler(node: Option<&Node>, what: &str, report: &mut Report<'_>) {
    let Some(node) = node.filter(|node| node.as_map().is_some()) else { return };
    let keys = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"];
    let count = keys.iter().filter(|key| node.get(key).is_some_and(|node| !node.is_null())).count();
    if count != 1 {
        report.error(node, "rule-handler", eco_format!("the {what} has {count} actions, it needs exactly one"));
    }
    port_number(node.get("grpc").and_then(|action| action.get("port")), 1, report);
}
