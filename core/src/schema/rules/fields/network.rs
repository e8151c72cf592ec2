//! Services, Ingresses and NetworkPolicies.

use super::Shape;
use super::rule::{Rule, Table};
use super::selector::labels;
use crate::schema::formats;

pub(super) const SERVICE: Table = &[
    ("spec.selector", &[Rule::Other(labels)]),
    ("spec.externalIPs[]", &[Rule::Filled(formats::address)]),
    ("spec.loadBalancerSourceRanges[]", &[Rule::Filled(formats::padded_block)]),
    ("spec.loadBalancerClass", &[Rule::Filled(formats::qualified_name)]),
    ("spec.ipFamilies", &[Rule::Distinct("")]),
    ("spec.ipFamilies[]", &[Rule::OneOf(&["IPv4", "IPv6"])]),
    ("spec.sessionAffinityConfig.clientIP.timeoutSeconds", &[Rule::Between(1, 86_400)]),
    ("spec.ports[].targetPort", &[Rule::Other(target_port)]),
    ("spec.ports[].appProtocol", &[Rule::Filled(formats::qualified_name)]),
];

// An empty text or 0 is filled in with the port.
fn target_port(node: &crate::yaml::Node, report: &mut crate::schema::report::Report<'_>) {
    let left_out = node.as_str() == Some("") || crate::schema::rules::integer(node) == Some(0);
    if !left_out {
        Rule::Port.check(node, report);
    }
}

pub(super) const BACKEND: Table = &[
    ("service.name", &[Rule::Filled(formats::label_1123)]),
    ("service.port.name", &[Rule::Form(formats::port_name)]),
    ("resource.apiGroup", &[Rule::Form(formats::subdomain)]),
    ("resource.kind", &[Rule::Filled(formats::path_segment)]),
    ("resource.name", &[Rule::Filled(formats::path_segment)]),
];

pub(super) const INGRESS: Table = &[
    ("", &[Rule::Needs(&["spec"])]),
    ("spec.ingressClassName", &[Rule::Filled(formats::subdomain)]),
    ("spec.defaultBackend", &[Rule::Shape(Shape::Backend)]),
    ("spec.rules[].http", &[Rule::Needs(&["paths"])]),
    ("spec.rules[].http.paths", &[Rule::NotEmpty]),
    ("spec.rules[].http.paths[].pathType", &[Rule::OneOf(&["Exact", "Prefix", "ImplementationSpecific"])]),
    ("spec.rules[].http.paths[].backend", &[Rule::Shape(Shape::Backend)]),
    ("spec.tls[].hosts[]", &[Rule::Filled(formats::host)]),
    ("spec.tls[].secretName", &[Rule::Form(formats::subdomain)]),
];

pub(super) const INGRESS_CLASS: Table = &[
    ("", &[Rule::Needs(&["spec"])]),
    ("spec", &[Rule::Needs(&["controller"])]),
    ("spec.controller", &[Rule::Filled(formats::domain_path)]),
    ("spec.parameters.apiGroup", &[Rule::Form(formats::subdomain)]),
    ("spec.parameters.namespace", &[Rule::Filled(formats::label_1123)]),
    ("spec.parameters.kind", &[Rule::Filled(formats::path_segment)]),
    ("spec.parameters.name", &[Rule::Filled(formats::path_segment)]),
    ("spec.parameters.scope", &[Rule::OneOf(&["Cluster", "Namespace"])]),
];

const BLOCK: &[Rule] = &[Rule::Filled(formats::block)];
const SELECTS: &[Rule] = &[Rule::Shape(Shape::Selector)];

pub(super) const POLICY: Table = &[
    ("spec.podSelector", SELECTS),
    ("spec.policyTypes", &[Rule::Most(2)]),
    ("spec.policyTypes[]", &[Rule::OneOf(&["Ingress", "Egress"])]),
    ("spec.ingress[].from[].ipBlock.except[]", BLOCK),
    ("spec.ingress[].from[].podSelector", SELECTS),
    ("spec.ingress[].from[].namespaceSelector", SELECTS),
    ("spec.ingress[].ports[].port", &[Rule::Port]),
    ("spec.egress[].to[].ipBlock.except[]", BLOCK),
    ("spec.egress[].to[].podSelector", SELECTS),
    ("spec.egress[].to[].namespaceSelector", SELECTS),
    ("spec.egress[].ports[].port", &[Rule::Port]),
];
