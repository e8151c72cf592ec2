//! Volumes of pods, and what mounts them.

use std::collections::{BTreeMap, HashMap};

use ecow::eco_format;

use super::{below, is_there, items, pod_of, text};
use crate::diag::Diagnostic;
use crate::schema::Target;
use crate::schema::formats;
use crate::schema::report::Report;
use crate::yaml::Node;

pub(super) fn check(target: &Target<'_>, report: &mut Report<'_>) {
    let Some((spec, _)) = pod_of(target) else { return };
    let volumes = volumes(target, spec, report);
    for container in ["initContainers", "containers"].iter().flat_map(|key| items(spec, key)) {
        mounts(container, &volumes, report);
        devices(container, &volumes, report);
    }
}

/// What a volume is, as far as mounting goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A claim, which may be a device.
    Claim,
    Other,
}

fn volumes<'a>(target: &Target<'a>, spec: &'a Node, report: &mut Report<'_>) -> BTreeMap<&'a str, Kind> {
    let mut volumes = BTreeMap::new();
    for volume in items(spec, "volumes") {
        let Some(node) = volume.get("name") else { continue };
        let Some(name) = node.as_str() else { continue };
        if let Some(why) = formats::label_1123(name) {
            report.error(node, "rule-volume-name", eco_format!("the volume name `{name}` {why}"));
        }
        let sources = volume.as_map().into_iter().flatten();
        let count = sources.filter(|(key, value)| key.as_str() != Some("name") && !value.is_null()).count();
        if count > 1 {
            let message = eco_format!("the volume `{name}` has {count} sources, one is allowed");
            report.error(volume, "rule-volume-source", message);
        }
        let claim = is_there(volume, "persistentVolumeClaim") || is_there(volume, "ephemeral");
        volumes.insert(name, if claim { Kind::Claim } else { Kind::Other });
    }
    let claims = below(target.node, &["spec"]).filter(|_| target.gvk.kind == "StatefulSet");
    for claim in claims.map(|spec| items(spec, "volumeClaimTemplates")).unwrap_or_default() {
        let name = below(claim, &["metadata", "name"]).and_then(Node::as_str);
        volumes.extend(name.map(|name| (name, Kind::Claim)));
    }
    volumes
}

fn unknown(node: &Node, name: &str, volumes: &BTreeMap<&str, Kind>, report: &mut Report<'_>) {
    let finding = Diagnostic::error("rule-volume-unknown", eco_format!("no volume is named `{name}`"));
    report.add(node, finding.suggest(name, volumes.keys().copied().take(200)));
}

fn mounts(container: &Node, volumes: &BTreeMap<&str, Kind>, report: &mut Report<'_>) {
    let privileged = below(container, &["securityContext", "privileged"]).and_then(Node::as_scalar);
    let privileged = privileged.is_some_and(|scalar| scalar.text == "true");
    for mount in items(container, "volumeMounts") {
        if let Some(node) = mount.get("mountPath").filter(|node| node.as_str() == Some("")) {
            report.error(node, "rule-mount-path", "the path of the mount is empty");
        }
        if let Some((node, name)) = mount.get("name").and_then(|node| Some((node, node.as_str()?)))
            && !volumes.contains_key(name)
        {
            unknown(node, name, volumes, report);
        }
        if let Some(node) = mount.get("mountPropagation").filter(|node| node.as_str() == Some("Bidirectional"))
            && !privileged
        {
            report.error(node, "rule-mount-propagation", "`Bidirectional` is for privileged containers alone");
        }
    }
}

fn devices(container: &Node, volumes: &BTreeMap<&str, Kind>, report: &mut Report<'_>) {
    let devices = items(container, "volumeDevices");
    if devices.is_empty() {
        return;
    }
    let mounted: HashMap<&str, &Node> =
        items(container, "volumeMounts").iter().map(|mount| (text(mount, "name"), mount)).collect();
    for device in devices {
        let Some((node, name)) = device.get("name").and_then(|node| Some((node, node.as_str()?))) else { continue };
        match volumes.get(name) {
            None => unknown(node, name, volumes, report),
            Some(Kind::Other) => {
                let message = eco_format!("the volume `{name}` is no device: only a claim can be one");
                report.error(node, "rule-volume-device", message);
            }
            Some(Kind::Claim) => {
                if let Some(mount) = mounted.get(name) {
                    let message = eco_format!("the volume `{name}` is a device and a mount at once");
                    let finding = Diagnostic::error("rule-volume-device", message);
                    report.add(node, finding.label(mount.span, 0, "the mount is here"));
                }
            }
        }
    }
}
