//! Ingresses, their classes, and NetworkPolicies.

use ecow::eco_format;

use super::{below, integer, items, port_number, text};
use crate::diag::Diagnostic;
use crate::schema::Target;
use crate::schema::formats;
use crate::schema::report::Report;
use crate::yaml::Node;

pub(super) fn check(target: &Target<'_>, report: &mut Report<'_>) {
    let Some(spec) = target.node.get("spec") else { return };
    match (target.gvk.group.as_str(), target.gvk.kind.as_str()) {
        ("networking.k8s.io", "Ingress") => ingress(spec, report),
        ("networking.k8s.io", "IngressClass") => class(spec, report),
        ("networking.k8s.io", "NetworkPolicy") => policy(spec, report),
        _ => {}
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
            let given = path.is_some_and(|(_, path)| !path.is_empty());
            if kind == "ImplementationSpecific" && given && !rooted {
                let place = path.map_or(entry, |(node, _)| node);
                report.error(place, "rule-ingress-path", "a path must start with `/`");
            }
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
    if host.parse::<std::net::IpAddr>().is_ok() {
        report.error(node, "rule-ingress-host", "the host must be a name, not an IP address");
    } else if let Some(why) = formats::subdomain(host.strip_prefix("*.").unwrap_or(host)) {
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
            items(rule, "ports").iter().for_each(|port| port_range(port, report));
        }
    }
}

fn cidr(node: Option<&Node>, report: &mut Report<'_>) {
    let Some((node, text)) = node.and_then(|node| Some((node, node.as_str()?))) else { return };
    if let Some(why) = formats::block(text) {
        report.error(node, "rule-network-cidr", eco_format!("`{text}` {why}"));
    }
}

// The numbers from `port` to `endPort`.
fn port_range(port: &Node, report: &mut Report<'_>) {
    let Some((end_node, end)) = port.get("endPort").and_then(|node| Some((node, integer(node)?))) else { return };
    match port.get("port").filter(|node| !node.is_null()) {
        None => report.error(end_node, "rule-network-port", "`endPort` needs `port`"),
        Some(node) if node.as_str().is_some() => {
            report.error(end_node, "rule-network-port", "`endPort` needs a number as `port`");
        }
        Some(node) => {
            if integer(node).is_some_and(|start| end < start) || !(1..=65535).contains(&end) {
                report.error(end_node, "rule-network-port", eco_format!("{end} is no port from `port` to 65535"));
            }
        }
    }
}

fn class(spec: &Node, report: &mut Report<'_>) {
    let Some(parameters) = spec.get("parameters").filter(|node| node.as_map().is_some()) else { return };
    let namespace = parameters.get("namespace").filter(|node| !node.is_null());
    match (text(parameters, "scope"), namespace) {
        ("Namespace", None) => {
            let finding = Diagnostic::error("rule-ingress-class", "parameters in a namespace need `namespace`");
            report.add_missing(parameters, "namespace", finding);
        }
        ("Cluster" | "", Some(node)) => {
            report.error(node, "rule-ingress-class", "`namespace` needs `scope: Namespace`");
        }
        _ => {}
    }
}
