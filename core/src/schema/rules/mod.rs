//! What the API server checks beyond types, one file a subject.
//!
//! A rule is a function from a [`Target`] to findings. It names the kinds that it looks at itself and sees the whole
//! set of objects, so that checks across objects have the same shape. Adding one: a file here, a line in [`RULES`].

mod autoscale;
mod config;
mod containers;
mod cron;
mod fields;
mod job;
mod limits;
mod metadata;
mod network;
mod pod;
mod rbac;
mod resources;
mod rollout;
mod selector;
mod service;
mod volumes;

use std::collections::HashMap;

use super::report::Report;
use super::validate::Target;
use crate::yaml::Node;

type Rule = fn(&Target<'_>, &mut Report<'_>);

const RULES: [Rule; 15] = [
    fields::check,
    selector::check,
    pod::check,
    volumes::check,
    containers::check,
    resources::check,
    rollout::check,
    service::check,
    network::check,
    config::check,
    autoscale::check,
    job::check,
    limits::check,
    cron::check,
    rbac::check,
];

/// Runs all rules on an object. What the version does not serve has rules of its own, or none that are known: only its
/// metadata are looked at.
pub(super) fn run(target: &Target<'_>, report: &mut Report<'_>) {
    metadata::check(target, report);
    if target.schemas.root_type(target.gvk).is_none() {
        return;
    }
    RULES.iter().for_each(|rule| rule(target, report));
}

/// Returns the node below keys, one after the other.
fn below<'a>(node: &'a Node, keys: &[&str]) -> Option<&'a Node> {
    keys.iter().try_fold(node, |node, key| node.get(key))
}

/// Returns the items of a list under a key; nothing where there is none.
fn items<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    node.get(key).and_then(Node::as_seq).unwrap_or_default()
}

/// Returns the entries of a map by key, for maps that are asked often: a scan each time would cost the square of their size.
fn index(node: Option<&Node>) -> HashMap<&str, &Node> {
    let entries = node.and_then(Node::as_map).unwrap_or_default();
    entries.iter().filter_map(|(key, value)| Some((key.as_str()?, value))).collect()
}

/// Whether a map has a key with a value.
fn is_there(node: &Node, key: &str) -> bool {
    node.get(key).is_some_and(|value| !value.is_null())
}

/// Returns the text under a key; empty where there is none.
fn text<'a>(node: &'a Node, key: &str) -> &'a str {
    node.get(key).and_then(Node::as_str).unwrap_or("")
}

/// Checks the number of a port.
fn port_number(node: Option<&Node>, least: i64, report: &mut Report<'_>) {
    let number = node.and_then(|node| Some((node, integer(node)?)));
    if let Some((node, number)) = number.filter(|(_, number)| !(least..=65535).contains(number)) {
        report.error(node, "rule-port", ecow::eco_format!("{number} is no port: 1 to 65535"));
    }
}

/// Returns the integer that a scalar is.
fn integer(node: &Node) -> Option<i64> {
    let scalar = node.as_scalar()?;
    (scalar.kind == crate::yaml::ScalarKind::Int).then(|| scalar.text.parse().ok())?
}

/// Returns the spec of the pods that a built-in object makes, and their metadata.
fn pod_of<'a>(target: &Target<'a>) -> Option<(&'a Node, Option<&'a Node>)> {
    let gvk = target.gvk;
    let template: &[&str] = match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("", "Pod") => &[],
        ("", "PodTemplate") => &["template"],
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
        | ("batch", "Job")
        | ("", "ReplicationController") => &["spec", "template"],
        ("batch", "CronJob") => &["spec", "jobTemplate", "spec", "template"],
        _ => return None,
    };
    let template = below(target.node, template)?;
    Some((template.get("spec")?, template.get("metadata")))
}
