//! Roles, bindings and webhooks.

use super::Shape;
use super::rule::{Rule, Table};
use crate::schema::formats;
use crate::schema::report::Report;
use crate::yaml::Node;

pub(super) const CLUSTER_ROLE: Table = &[
    ("aggregationRule", &[Rule::Needs(&["clusterRoleSelectors"])]),
    ("aggregationRule.clusterRoleSelectors", &[Rule::NotEmpty]),
    ("aggregationRule.clusterRoleSelectors[]", &[Rule::Shape(Shape::Selector)]),
];

pub(super) const BINDING: Table = &[
    ("roleRef.apiGroup", &[Rule::OneOf(&["rbac.authorization.k8s.io", ""])]),
    ("roleRef.name", &[Rule::Filled(formats::path_segment)]),
    ("subjects[].name", &[Rule::NotEmpty]),
];

pub(super) const WEBHOOKS: Table = &[
    ("webhooks", &[Rule::Distinct("name")]),
    ("webhooks[].name", &[Rule::Filled(formats::webhook)]),
    ("webhooks[].admissionReviewVersions", &[Rule::NotEmpty, Rule::Distinct(""), Rule::Other(known_review)]),
    ("webhooks[].timeoutSeconds", &[Rule::Between(1, 30)]),
    ("webhooks[].clientConfig", &[Rule::One(&["url", "service"])]),
    ("webhooks[].clientConfig.service.name", &[Rule::NotEmpty]),
    ("webhooks[].clientConfig.service.namespace", &[Rule::NotEmpty]),
    ("webhooks[].clientConfig.service.port", &[Rule::Port]),
    ("webhooks[].clientConfig.service.path", &[Rule::Form(formats::absolute_path)]),
    ("webhooks[].rules[]", &[Rule::Needs(&["apiGroups", "apiVersions", "operations", "resources"])]),
    ("webhooks[].rules[].apiGroups", &[Rule::NotEmpty]),
    ("webhooks[].rules[].operations", &[Rule::NotEmpty]),
    ("webhooks[].rules[].operations[]", &[Rule::OneOf(&["*", "CREATE", "UPDATE", "DELETE", "CONNECT"])]),
    ("webhooks[].rules[].scope", &[Rule::OneOf(&["*", "Cluster", "Namespaced"])]),
    ("webhooks[].rules[].apiVersions", &[Rule::NotEmpty]),
    ("webhooks[].rules[].apiVersions[]", &[Rule::NotEmpty]),
    ("webhooks[].rules[].resources", &[Rule::NotEmpty]),
    ("webhooks[].rules[].resources[]", &[Rule::NotEmpty]),
    ("webhooks[].namespaceSelector", &[Rule::Shape(Shape::Selector)]),
    ("webhooks[].objectSelector", &[Rule::Shape(Shape::Selector)]),
];

fn known_review(node: &Node, report: &mut Report<'_>) {
    let versions = node.as_seq().unwrap_or_default();
    if !versions.is_empty() && !versions.iter().any(|version| matches!(version.as_str(), Some("v1" | "v1beta1"))) {
        report.error(node, "rule-choice", "one of the versions must be `v1` or `v1beta1`");
    }
}
