//! Deployments and their like.

use super::Shape;
use super::rule::{Rule, Table};

const OBJECT: &[Rule] = &[Rule::Needs(&["spec"])];
const SPEC: &[Rule] = &[Rule::Needs(&["template"])];
const COUNT: &[Rule] = &[Rule::Between(0, i32::MAX as i64)];
const SELECTS: &[Rule] = &[Rule::Shape(Shape::Selector)];
const TEMPLATE: &[Rule] = &[Rule::Shape(Shape::PodTemplate)];

pub(super) const DEPLOYMENT: Table = &[
    ("", OBJECT),
    ("spec", SPEC),
    ("spec.replicas", COUNT),
    ("spec.minReadySeconds", COUNT),
    ("spec.revisionHistoryLimit", COUNT),
    ("spec.progressDeadlineSeconds", COUNT),
    ("spec.strategy.rollingUpdate.maxUnavailable", &[Rule::Percentage(100)]),
    ("spec.strategy.rollingUpdate.maxSurge", &[Rule::Percentage(u32::MAX)]),
    ("spec.selector", SELECTS),
    ("spec.template", TEMPLATE),
];

pub(super) const STATEFUL_SET: Table = &[
    ("", OBJECT),
    ("spec", SPEC),
    ("spec.replicas", COUNT),
    ("spec.minReadySeconds", COUNT),
    ("spec.ordinals.start", COUNT),
    ("spec.updateStrategy.rollingUpdate.partition", COUNT),
    ("spec.updateStrategy.rollingUpdate.maxUnavailable", &[Rule::Percentage(100)]),
    ("spec.persistentVolumeClaimRetentionPolicy.whenDeleted", RETENTION),
    ("spec.persistentVolumeClaimRetentionPolicy.whenScaled", RETENTION),
    ("spec.selector", SELECTS),
    ("spec.template", TEMPLATE),
];

// An empty text is filled in.
const RETENTION: &[Rule] = &[Rule::OneOf(&["Retain", "Delete", ""])];

pub(super) const DAEMON_SET: Table = &[
    ("", OBJECT),
    ("spec", SPEC),
    ("spec.minReadySeconds", COUNT),
    ("spec.revisionHistoryLimit", COUNT),
    ("spec.updateStrategy.rollingUpdate.maxUnavailable", &[Rule::Percentage(100)]),
    ("spec.updateStrategy.rollingUpdate.maxSurge", &[Rule::Percentage(100)]),
    ("spec.selector", SELECTS),
    ("spec.template", TEMPLATE),
];

pub(super) const REPLICA_SET: Table = &[
    ("", OBJECT),
    ("spec.replicas", COUNT),
    ("spec.minReadySeconds", COUNT),
    ("spec.selector", SELECTS),
    ("spec.template", TEMPLATE),
];

pub(super) const REPLICATION_CONTROLLER: Table = &[
    ("", OBJECT),
    ("spec", &[Rule::Needs(&["template"])]),
    ("spec.replicas", COUNT),
    ("spec.minReadySeconds", COUNT),
    ("spec.template", TEMPLATE),
];

/// Above it, a priority is for the system's own classes.
const HIGHEST: i64 = 1_000_000_000;

pub(super) const PRIORITY: Table = &[("", &[Rule::Other(priority)])];

fn priority(node: &crate::yaml::Node, report: &mut crate::schema::report::Report<'_>) {
    let name = node.get("metadata").and_then(|metadata| metadata.get("name")).and_then(crate::yaml::Node::as_str);
    if let Some(value) = node.get("value").filter(|_| !name.is_some_and(|name| name.starts_with("system-"))) {
        Rule::Between(i64::from(i32::MIN), HIGHEST).check(value, report);
    }
}
