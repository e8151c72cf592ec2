//! Containers: environment, probes, hooks, security.

use ecow::eco_format;

use super::Shape;
use super::pod::ID;
use super::rule::{Rule, Table};
use crate::schema::formats;
use crate::schema::report::Report;
use crate::yaml::{Node, ScalarKind};

pub(super) const CONTAINER: Table = &[
    ("env[]", &[Rule::Needs(&["name"])]),
    ("env[].name", &[Rule::NotEmpty]),
    ("env[].valueFrom.fieldRef.fieldPath", &[Rule::NotEmpty, Rule::Other(field_of_env)]),
    ("env[].valueFrom.resourceFieldRef.resource", &[Rule::NotEmpty, Rule::Other(resource)]),
    ("env[].valueFrom.configMapKeyRef", &[Rule::Needs(&["name", "key"])]),
    ("env[].valueFrom.configMapKeyRef.name", &[Rule::Filled(formats::subdomain)]),
    ("env[].valueFrom.configMapKeyRef.key", &[Rule::Filled(formats::config_key)]),
    ("env[].valueFrom.secretKeyRef", &[Rule::Needs(&["name", "key"])]),
    ("env[].valueFrom.secretKeyRef.name", &[Rule::Filled(formats::subdomain)]),
    ("env[].valueFrom.secretKeyRef.key", &[Rule::Filled(formats::config_key)]),
    ("envFrom[]", &[Rule::One(&["configMapRef", "secretRef"])]),
    ("envFrom[].configMapRef", &[Rule::Needs(&["name"])]),
    ("envFrom[].configMapRef.name", &[Rule::Filled(formats::subdomain)]),
    ("envFrom[].secretRef", &[Rule::Needs(&["name"])]),
    ("envFrom[].secretRef.name", &[Rule::Filled(formats::subdomain)]),
    ("livenessProbe", &[Rule::Shape(Shape::Probe), Rule::Other(succeeds_once)]),
    ("startupProbe", &[Rule::Shape(Shape::Probe), Rule::Other(succeeds_once)]),
    ("readinessProbe", &[Rule::Shape(Shape::Probe), Rule::Other(no_grace)]),
    ("lifecycle.postStart", &[Rule::Shape(Shape::Handler)]),
    ("lifecycle.preStop", &[Rule::Shape(Shape::Handler)]),
    ("securityContext", &[Rule::Shape(Shape::SecurityContext)]),
    ("volumeMounts[].subPath", &[Rule::Form(formats::path_below)]),
    ("volumeMounts[].subPathExpr", &[Rule::Form(formats::path_below)]),
    ("volumeMounts[]", &[Rule::NotTwo(&["subPath", "subPathExpr"])]),
    ("volumeDevices", &[Rule::Distinct("name"), Rule::Distinct("devicePath")]),
    ("volumeDevices[].devicePath", &[Rule::Filled(formats::no_backsteps)]),
    ("resizePolicy", &[Rule::Distinct("resourceName")]),
    ("resizePolicy[].resourceName", &[Rule::OneOf(&["cpu", "memory"])]),
    ("resizePolicy[].restartPolicy", &[Rule::OneOf(&["NotRequired", "RestartContainer"])]),
];

pub(super) const HANDLER: Table = &[
    ("exec", &[Rule::Needs(&["command"])]),
    ("exec.command", &[Rule::NotEmpty]),
    ("httpGet.port", &[Rule::Port]),
    ("httpGet.httpHeaders[].name", &[Rule::Filled(formats::http_header)]),
    ("tcpSocket.port", &[Rule::Port]),
    ("sleep.seconds", &[Rule::Between(0, i64::MAX)]),
];

pub(super) const PROBE: Table = &[
    ("", &[Rule::Shape(Shape::Handler)]),
    ("initialDelaySeconds", COUNT),
    ("timeoutSeconds", COUNT),
    ("periodSeconds", COUNT),
    ("successThreshold", COUNT),
    ("failureThreshold", COUNT),
    ("terminationGracePeriodSeconds", &[Rule::Between(1, i64::MAX)]),
];

pub(super) const SECURITY: Table = &[
    ("", &[Rule::Other(escalation)]),
    ("runAsUser", ID),
    ("runAsGroup", ID),
    ("seccompProfile", &[Rule::Other(seccomp)]),
];

const COUNT: &[Rule] = &[Rule::Between(0, i32::MAX as i64)];

// 0 is filled in as 1.
fn succeeds_once(node: &Node, report: &mut Report<'_>) {
    if let Some(place) = node.get("successThreshold") {
        Rule::Between(0, 1).check(place, report);
    }
}

fn no_grace(node: &Node, report: &mut Report<'_>) {
    if let Some(place) = node.get("terminationGracePeriodSeconds").filter(|node| !node.is_null()) {
        report.error(place, "rule-probe", "a readiness probe ends nothing: it has no `terminationGracePeriodSeconds`");
    }
}

fn escalation(node: &Node, report: &mut Report<'_>) {
    let is = |key: &str, wanted: &str| {
        let scalar = node.get(key).and_then(Node::as_scalar);
        scalar.is_some_and(|scalar| scalar.kind == ScalarKind::Bool && scalar.text == wanted)
    };
    if let Some(place) = node.get("allowPrivilegeEscalation").filter(|_| is("allowPrivilegeEscalation", "false"))
        && is("privileged", "true")
    {
        report.error(place, "rule-security", "a privileged container cannot have `allowPrivilegeEscalation: false`");
    }
}

pub(super) fn seccomp(node: &Node, report: &mut Report<'_>) {
    let kind = node.get("type").and_then(Node::as_str).unwrap_or("");
    let profile = node.get("localhostProfile").filter(|node| !node.is_null());
    match (kind, profile) {
        ("Localhost", Some(profile)) => Rule::Form(formats::path_below).check(profile, report),
        ("Localhost", None) => Rule::Needs(&["localhostProfile"]).check(node, report),
        (_, Some(profile)) if profile.as_str().is_some_and(|text| !text.is_empty()) => {
            report.error(profile, "rule-security", "`localhostProfile` needs `type: Localhost`");
        }
        _ => {}
    }
}

const FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

fn field_of_env(node: &Node, report: &mut Report<'_>) {
    let Some(path) = node.as_str() else { return };
    if !path.is_empty() && !is_subscript(path) {
        Rule::OneOf(&FIELDS).check(node, report);
    }
}

// `metadata.labels['a']` and `metadata.annotations['a']`.
fn is_subscript(path: &str) -> bool {
    let inner = ["metadata.labels", "metadata.annotations"].iter().find_map(|start| path.strip_prefix(start));
    inner.and_then(|rest| rest.strip_prefix("['")?.strip_suffix("']")).is_some()
}

/// Checks the field that a file of the downward API shows.
pub(super) fn field_of_file(node: &Node, report: &mut Report<'_>) {
    let Some(path) = node.as_str() else { return };
    const WHOLE: [&str; 5] =
        ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];
    if !path.is_empty() && !is_subscript(path) {
        Rule::OneOf(&WHOLE).check(node, report);
    }
}

/// Checks the name of a resource that is shown to a container.
pub(super) fn resource(node: &Node, report: &mut Report<'_>) {
    let Some(name) = node.as_str() else { return };
    let known = name.split_once('.').is_some_and(|(list, name)| {
        matches!(list, "limits" | "requests")
            && (matches!(name, "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-"))
    });
    if !name.is_empty() && !known {
        let finding =
            crate::diag::Diagnostic::error("rule-choice", eco_format!("`{name}` is no resource of a container"));
        report.add(node, finding.help("write `limits.cpu`, `requests.memory` or their like"));
    }
}
