//! Services.

use std::collections::HashSet;

use ecow::eco_format;

use super::{integer, items, port_number, text};
use crate::diag::Diagnostic;
use crate::schema::Target;
use crate::schema::formats;
use crate::schema::report::Report;
use crate::yaml::Node;

pub(super) fn check(target: &Target<'_>, report: &mut Report<'_>) {
    if (target.gvk.group.as_str(), target.gvk.kind.as_str()) != ("", "Service") {
        return;
    }
    let Some(spec) = target.node.get("spec").filter(|spec| spec.as_map().is_some()) else {
        let finding = Diagnostic::error("rule-required", "the service has no `spec`");
        return report.add_missing(target.node, "spec", finding);
    };
    let kind = Some(text(spec, "type")).filter(|kind| !kind.is_empty()).unwrap_or("ClusterIP");
    type_and_address(spec, kind, report);
    ports(spec, kind, report);
    of_other_types(spec, kind, report);
    health_check(spec, kind, report);
}

fn is_headless(spec: &Node) -> bool {
    let first = items(spec, "clusterIPs").first().and_then(Node::as_str);
    text(spec, "clusterIP") == "None" || first == Some("None")
}

fn type_and_address(spec: &Node, kind: &str, report: &mut Report<'_>) {
    let place = spec.get("clusterIP");
    if items(spec, "ports").is_empty() && kind != "ExternalName" && !is_headless(spec) {
        report.add_missing(spec, "ports", Diagnostic::error("rule-service-ports", "the service has no ports"));
    }
    if kind == "ExternalName" {
        match spec.get("externalName").and_then(|node| Some((node, node.as_str()?.trim_end_matches('.')))) {
            Some((node, name)) if !name.is_empty() => {
                if let Some(why) = formats::subdomain(name) {
                    report.error(node, "rule-service-name", eco_format!("`{name}` {why}"));
                }
            }
            _ => {
                let finding =
                    Diagnostic::error("rule-service-name", "a service of type `ExternalName` needs `externalName`");
                report.add_missing(spec, "externalName", finding);
            }
        }
    }
    let Some((node, address)) = place.and_then(|node| Some((node, node.as_str().filter(|text| !text.is_empty())?)))
    else {
        return;
    };
    if kind == "ExternalName" {
        report.error(node, "rule-service-address", "a service of type `ExternalName` has no `clusterIP`");
    } else if address == "None" && matches!(kind, "NodePort" | "LoadBalancer") {
        report.error(node, "rule-service-address", eco_format!("a service of type `{kind}` cannot be headless"));
    } else if address != "None"
        && let Some(why) = formats::address(address)
    {
        report.error(node, "rule-service-address", eco_format!("`{address}` {why}, and not `None`"));
    }
}

fn ports(spec: &Node, kind: &str, report: &mut Report<'_>) {
    let ports = items(spec, "ports");
    let (mut names, mut numbers) = (HashSet::new(), HashSet::new());
    for port in ports {
        port_number(port.get("port"), 1, report);
        port_number(port.get("nodePort"), 0, report);
        node_port(port, kind, &mut numbers, report);
        let name = port.get("name").and_then(|node| Some((node, node.as_str().filter(|name| !name.is_empty())?)));
        let Some((node, name)) = name else {
            if ports.len() > 1 {
                let finding = Diagnostic::error("rule-port-name", "a port needs a name where there are several");
                report.add_missing(port, "name", finding);
            }
            continue;
        };
        if let Some(why) = formats::label_1123(name) {
            report.error(node, "rule-port-name", eco_format!("the port name `{name}` {why}"));
        }
        if !names.insert(name) {
            report.error(node, "rule-port-name", eco_format!("a second port is named `{name}`"));
        }
    }
}

fn node_port<'a>(port: &'a Node, kind: &str, seen: &mut HashSet<(&'a str, i64)>, report: &mut Report<'_>) {
    let number = port.get("nodePort").and_then(|node| Some((node, integer(node).filter(|number| *number != 0)?)));
    let Some((node, number)) = number else { return };
    if kind == "ClusterIP" {
        report.error(node, "rule-node-port", "a service of type `ClusterIP` has no `nodePort`");
    }
    let protocol = Some(text(port, "protocol")).filter(|protocol| !protocol.is_empty()).unwrap_or("TCP");
    if !seen.insert((protocol, number)) {
        report.error(node, "rule-node-port", eco_format!("a second port has the `nodePort` {number}"));
    }
}

fn of_other_types(spec: &Node, kind: &str, report: &mut Report<'_>) {
    let mut only = |key: &str, of: &str, right: bool| {
        if let Some(node) = spec.get(key).filter(|node| !right && !node.is_null() && !is_empty(node)) {
            report.error(node, "rule-service-type", eco_format!("`{key}` is for services of type {of}"));
        }
    };
    let balancer = kind == "LoadBalancer";
    for key in ["loadBalancerSourceRanges", "allocateLoadBalancerNodePorts", "loadBalancerClass"] {
        only(key, "`LoadBalancer`", balancer);
    }
    let outside = balancer || kind == "NodePort" || (kind == "ClusterIP" && !items(spec, "externalIPs").is_empty());
    only("externalTrafficPolicy", "`NodePort` and `LoadBalancer`, or with `externalIPs`", outside);
    if text(spec, "sessionAffinity") != "ClientIP"
        && let Some(node) = spec.get("sessionAffinityConfig").filter(|node| !node.is_null())
    {
        report.warn(node, "rule-service-type", "without `sessionAffinity: ClientIP` this is dropped");
    }
}

fn is_empty(node: &Node) -> bool {
    node.as_str().is_some_and(str::is_empty) || node.as_seq().is_some_and(<[Node]>::is_empty)
}

fn health_check(spec: &Node, kind: &str, report: &mut Report<'_>) {
    let Some((node, number)) = spec.get("healthCheckNodePort").and_then(|node| Some((node, integer(node)?))) else {
        return;
    };
    let checked = kind == "LoadBalancer" && text(spec, "externalTrafficPolicy") == "Local";
    if number != 0 && !checked {
        let message = "`healthCheckNodePort` needs `type: LoadBalancer` and `externalTrafficPolicy: Local`";
        report.error(node, "rule-service-type", message);
    } else if number != 0 && !(1..=65535).contains(&number) {
        report.error(node, "rule-port", eco_format!("{number} is no port: 1 to 65535"));
    }
}
