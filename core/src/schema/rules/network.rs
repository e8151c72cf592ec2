//! Services, Ingresses and NetworkPolicies.

use std::collections::HashSet;

use ecow::eco_format;

use super::{below, integer, items};
use crate::diag::Diagnostic;
use crate::schema::Target;
use crate::schema::formats;
use crate::schema::report::Report;
use crate::yaml::Node;

pub(super) fn check(target: &Target<'_>, report: &mut Report<'_>) {
    let Some(spec) = target.node.get("spec") else { return };
    match (target.gvk.group.as_str(), target.gvk.kind.as_str()) {
        ("", "Service") => service(spec, report),
        ("networking.k8s.io", "Ingress") => ingress(spec, report),
        ("networking.k8s.io", "NetworkPolicy") => policy(spec, report),
        _ => {}
    }
}

fn service(spec: &Node, report: &mut Report<'_>) {
    let kind = spec.get("type").and_then(Node::as_str).unwrap_or("ClusterIP");
    let ports = items(spec, "ports");
    let headless = spec.get("clusterIP").and_then(Node::as_str) == Some("None");
    if ports.is_empty() && kind != "ExternalName" && !headless {
        report.add_missing(spec, "ports", Diagnostic::error("rule-service-ports", "the service has no ports"));
    }
    let external = spec.get("externalName").and_then(Node::as_str).is_some_and(|name| !name.is_empty());
    if kind == "ExternalName" && !external {
        let finding = Diagnostic::error("rule-service-name", "a service of type `ExternalName` needs `externalName`");
        report.add_missing(spec, "externalName", finding);
    }
    let mut names = HashSet::new();
    for port in ports {
        port_number(port.get("port"), 1, report);
        port_number(port.get("nodePort"), 0, report);
        target_port(port.get("targetPort"), report);
        let node = port.get("name");
        let Some((node, name)) = node.and_then(|node| Some((node, node.as_str().filter(|name| !name.is_empty())?)))
        else {
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

fn port_number(node: Option<&Node>, least: i64, report: &mut Report<'_>) {
    let number = node.and_then(|node| Some((node, integer(node)?)));
    if let Some((node, number)) = number.filter(|(_, number)| !(least..=65535).contains(number)) {
        report.error(node, "rule-port", eco_format!("{number} is no port: 1 to 65535"));
    }
}

fn target_port(node: Option<&Node>, report: &mut Report<'_>) {
    port_number(node, 0, report);
    let Some((node, name)) = node.and_then(|node| Some((node, node.as_str().filter(|name| !name.is_empty())?))) else {
        return;
    };
    if let Some(why) = formats::port_name(name) {
        report.error(node, "rule-port-name", eco_format!("the port name `{name}` {why}"));
    }
}

fn ingress(spec: &Node, report: &mut Report<'_>) {
    let default = spec.get("defaultBackend").filter(|node| !node.is_null());
    if items(spec, "rules").is_empty() && default.is_none() {
        report.error(spec, "rule-ingress", "the ingress has neither `rules` nor `defaultBackend`");
    }
    default.into_iter().for_each(|node| backend(node, report));
    for rule in items(spec, "rules") {
        host(rule, report);
        let Some(http) = rule.get("http").filter(|node| node.as_map().is_some()) else { continue };
        for entry in items(http, "paths") {
            let kind = entry.get("pathType").and_then(Node::as_str).unwrap_or("");
            let path = entry.get("path").and_then(|node| Some((node, node.as_str()?)));
            let rooted = path.is_some_and(|(_, path)| path.starts_with('/'));
            if matches!(kind, "Exact" | "Prefix") && !rooted {
                let place = path.map_or(entry, |(node, _)| node);
                report.error(place, "rule-ingress-path", eco_format!("a path of type `{kind}` must start with `/`"));
            }
            entry.get("backend").into_iter().for_each(|node| backend(node, report));
        }
    }
}

fn host(rule: &Node, report: &mut Report<'_>) {
    let Some(node) = rule.get("host") else { return };
    let Some(host) = node.as_str().filter(|host| !host.is_empty()) else { return };
    if let Some(why) = formats::subdomain(host.strip_prefix("*.").unwrap_or(host)) {
        report.error(node, "rule-ingress-host", eco_format!("the host `{host}` {why}"));
    }
}

fn backend(node: &Node, report: &mut Report<'_>) {
    let there = |key: &str| node.get(key).filter(|node| !node.is_null());
    match (there("service"), there("resource")) {
        (Some(_), Some(_)) => {
            report.error(node, "rule-ingress-backend", "a backend has a service or a resource, not both");
        }
        (None, None) if node.as_map().is_some() => {
            report.error(node, "rule-ingress-backend", "the backend has neither a service nor a resource");
        }
        (Some(service), None) => service_backend(service, report),
        _ => {}
    }
}

fn service_backend(service: &Node, report: &mut Report<'_>) {
    let port = service.get("port");
    let name = port.and_then(|port| port.get("name")).and_then(Node::as_str).is_some_and(|name| !name.is_empty());
    let number = port.and_then(|port| port.get("number")).filter(|node| !node.is_null());
    let set = number.and_then(integer).is_some_and(|number| number != 0);
    match (name, set) {
        (true, true) => report.error(service, "rule-ingress-backend", "the port has a name or a number, not both"),
        (false, false) if number.is_none() || number.and_then(integer) == Some(0) => {
            report.error(service, "rule-ingress-backend", "the backend names no port of its service");
        }
        _ => port_number(number, 1, report),
    }
}

fn policy(spec: &Node, report: &mut Report<'_>) {
    for (list, peers) in [("ingress", "from"), ("egress", "to")] {
        for rule in items(spec, list) {
            for peer in items(rule, peers) {
                let there = |key: &str| peer.get(key).is_some_and(|node| !node.is_null());
                if there("ipBlock") && (there("podSelector") || there("namespaceSelector")) {
                    report.error(peer, "rule-network-peer", "a peer has an `ipBlock` or selectors, not both");
                }
                if !there("ipBlock") && !there("podSelector") && !there("namespaceSelector") {
                    report.error(peer, "rule-network-peer", "the peer selects nothing");
                }
                cidr(below(peer, &["ipBlock", "cidr"]), report);
            }
            for port in items(rule, "ports") {
                port_number(port.get("port"), 1, report);
            }
        }
    }
}

fn cidr(node: Option<&Node>, report: &mut Report<'_>) {
    let Some((node, text)) = node.and_then(|node| Some((node, node.as_str()?))) else { return };
    let split = text.split_once('/');
    let ok = split.is_some_and(|(address, bits)| match (address.parse(), bits.parse::<u8>()) {
        (Ok(std::net::IpAddr::V4(_)), Ok(bits)) => bits <= 32,
        (Ok(std::net::IpAddr::V6(_)), Ok(bits)) => bits <= 128,
        _ => false,
    });
    if !ok {
        report.error(node, "rule-network-cidr", eco_format!("`{text}` is no block of addresses such as `10.0.0.0/8`"));
    }
}
