//! Pods: what holds for the pod as a whole, and where it may run.

use ecow::eco_format;

use super::Shape;
use super::rule::{Rule, Table};
use super::selector::labels;
use crate::schema::formats;
use crate::schema::report::Report;
use crate::schema::rules::{integer, is_there};
use crate::yaml::Node;

pub(super) const POD: Table = &[("", &[Rule::Needs(&["spec"])]), ("spec", &[Rule::Shape(Shape::Pod)])];

pub(super) const POD_TEMPLATE: Table = &[("template", &[Rule::Shape(Shape::PodTemplate)])];

pub(super) const TEMPLATE: Table = &[("", &[Rule::Needs(&["spec"])]), ("spec", &[Rule::Shape(Shape::Pod)])];

pub(super) const SPEC: Table = &[
    ("", &[Rule::Other(dns)]),
    ("containers[]", &[Rule::Shape(Shape::Container)]),
    ("initContainers[]", &[Rule::Shape(Shape::Container)]),
    ("volumes[]", &[Rule::Shape(Shape::Volume)]),
    ("activeDeadlineSeconds", &[Rule::Between(1, i32::MAX as i64)]),
    ("priorityClassName", &[Rule::Form(formats::subdomain)]),
    ("serviceAccountName", &[Rule::Form(formats::subdomain)]),
    ("nodeName", &[Rule::Form(formats::subdomain)]),
    ("hostname", &[Rule::Form(formats::label_1123)]),
    ("subdomain", &[Rule::Form(formats::label_1123)]),
    ("nodeSelector", &[Rule::Other(labels)]),
    ("overhead.*", &[Rule::NotNegative]),
    ("hostAliases[].ip", &[Rule::Filled(formats::address)]),
    ("hostAliases[].hostnames[]", &[Rule::Filled(formats::subdomain)]),
    ("dnsConfig.nameservers", &[Rule::Most(3)]),
    ("dnsConfig.nameservers[]", &[Rule::Filled(formats::address)]),
    ("dnsConfig.searches", &[Rule::Most(32)]),
    ("dnsConfig.searches[]", &[Rule::Filled(formats::search_domain)]),
    ("dnsConfig.options[]", &[Rule::Needs(&["name"])]),
    ("dnsConfig.options[].name", &[Rule::NotEmpty]),
    ("readinessGates[].conditionType", &[Rule::Filled(formats::qualified_name)]),
    ("schedulingGates", &[Rule::Distinct("name")]),
    ("schedulingGates[].name", &[Rule::Filled(formats::qualified_name)]),
    ("os.name", &[Rule::OneOf(&["linux", "windows"])]),
    ("securityContext.runAsUser", ID),
    ("securityContext.runAsGroup", ID),
    ("securityContext.fsGroup", ID),
    ("securityContext.supplementalGroups[]", ID),
    ("securityContext.sysctls", &[Rule::Distinct("name")]),
    ("securityContext.sysctls[].name", &[Rule::NotEmpty]),
    ("securityContext.seccompProfile", &[Rule::Other(super::container::seccomp)]),
    ("tolerations[]", &[Rule::Other(toleration)]),
    ("tolerations[].key", &[Rule::Form(formats::qualified_name)]),
    ("topologySpreadConstraints[]", &[Rule::Other(spread)]),
    ("topologySpreadConstraints[].maxSkew", &[Rule::Between(1, i32::MAX as i64)]),
    ("topologySpreadConstraints[].minDomains", &[Rule::Between(1, i32::MAX as i64)]),
    ("topologySpreadConstraints[].topologyKey", &[Rule::NotEmpty]),
    ("topologySpreadConstraints[].labelSelector", &[Rule::Shape(Shape::Selector)]),
    ("affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution", &[Rule::Needs(&["nodeSelectorTerms"])]),
    ("affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms", &[Rule::NotEmpty]),
    (
        "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[]",
        &[Rule::Shape(Shape::NodeTerm)],
    ),
    ("affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[].weight", WEIGHT),
    (
        "affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[].preference",
        &[Rule::Shape(Shape::NodeTerm)],
    ),
    ("affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[].topologyKey", TOPOLOGY),
    ("affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[].namespaces[]", NAMESPACE),
    ("affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[].podAffinityTerm.namespaces[]", NAMESPACE),
    ("affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[].labelSelector", SELECTS),
    ("affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[].weight", WEIGHT),
    ("affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[].podAffinityTerm.topologyKey", TOPOLOGY),
    ("affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[].podAffinityTerm.labelSelector", SELECTS),
    ("affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[].topologyKey", TOPOLOGY),
    ("affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[].namespaces[]", NAMESPACE),
    (
        "affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[].podAffinityTerm.namespaces[]",
        NAMESPACE,
    ),
    ("affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[].labelSelector", SELECTS),
    ("affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[].weight", WEIGHT),
    (
        "affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[].podAffinityTerm.topologyKey",
        TOPOLOGY,
    ),
    (
        "affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[].podAffinityTerm.labelSelector",
        SELECTS,
    ),
];

pub(super) const NODE_TERM: Table = &[
    ("matchExpressions[].key", &[Rule::Filled(formats::qualified_name)]),
    ("matchExpressions[]", &[Rule::Other(node_requirement)]),
];

pub(super) const ID: &[Rule] = &[Rule::Between(0, i32::MAX as i64)];
const WEIGHT: &[Rule] = &[Rule::Between(1, 100)];
const NAMESPACE: &[Rule] = &[Rule::Filled(formats::label_1123)];
const TOPOLOGY: &[Rule] = &[Rule::Filled(formats::qualified_name)];
const SELECTS: &[Rule] = &[Rule::Shape(Shape::Selector)];

fn text<'a>(node: &'a Node, key: &str) -> &'a str {
    node.get(key).and_then(Node::as_str).unwrap_or("")
}

fn dns(spec: &Node, report: &mut Report<'_>) {
    let servers = spec.get("dnsConfig").and_then(|config| config.get("nameservers"));
    if text(spec, "dnsPolicy") == "None" && servers.and_then(Node::as_seq).is_none_or(<[Node]>::is_empty) {
        let place = spec.get("dnsPolicy").unwrap_or(spec);
        report.error(place, "rule-dns", "the policy `None` needs `dnsConfig` with `nameservers`");
    }
}

fn toleration(node: &Node, report: &mut Report<'_>) {
    if node.as_map().is_none() {
        return;
    }
    let operator = text(node, "operator");
    if text(node, "key").is_empty() && operator != "Exists" {
        let place = node.get("operator").unwrap_or(node);
        report.error(place, "rule-toleration", "a toleration without `key` needs `operator: Exists`");
    }
    if operator == "Exists" && !text(node, "value").is_empty() {
        let place = node.get("value").unwrap_or(node);
        report.error(place, "rule-toleration", "with `operator: Exists` there is no `value`");
    }
    if is_there(node, "tolerationSeconds") && text(node, "effect") != "NoExecute" {
        let place = node.get("tolerationSeconds").unwrap_or(node);
        report.error(place, "rule-toleration", "`tolerationSeconds` needs `effect: NoExecute`");
    }
    if let (Some(value), "" | "Equal") = (node.get("value"), operator) {
        Rule::Form(formats::label_value).check(value, report);
    }
}

fn spread(node: &Node, report: &mut Report<'_>) {
    if let Some(place) = node.get("minDomains").filter(|node| integer(node).is_some())
        && text(node, "whenUnsatisfiable") == "ScheduleAnyway"
    {
        report.error(place, "rule-spread", "`minDomains` needs `whenUnsatisfiable: DoNotSchedule`");
    }
}

// As with labels of pods, and two operators that compare numbers.
fn node_requirement(node: &Node, report: &mut Report<'_>) {
    let Some(place) = node.get("operator") else { return };
    let Some(operator) = place.as_str() else { return };
    let values = node.get("values").and_then(Node::as_seq).unwrap_or_default();
    let wrong = match operator {
        "In" | "NotIn" if values.is_empty() => "needs `values`",
        "Exists" | "DoesNotExist" if !values.is_empty() => "takes no `values`",
        "Gt" | "Lt" if values.len() != 1 => "needs exactly one of `values`",
        _ => return,
    };
    report.error(place, "rule-selector", eco_format!("`{operator}` {wrong}"));
}
