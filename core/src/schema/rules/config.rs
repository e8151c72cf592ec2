//! ConfigMaps, Secrets and volume claims.

use ecow::eco_format;

use super::{below, fields, items, pod_of, text};
use crate::diag::Diagnostic;
use crate::schema::Target;
use crate::schema::formats;
use crate::schema::report::Report;
use crate::yaml::Node;

const LARGEST: usize = 1 << 20;

pub(super) fn check(target: &Target<'_>, report: &mut Report<'_>) {
    match (target.gvk.group.as_str(), target.gvk.kind.as_str()) {
        ("", "ConfigMap") => keys(target.node, ["data", "binaryData"], report),
        ("", "Secret") => secret(target.node, report),
        ("", "PersistentVolumeClaim") => target.node.get("spec").into_iter().for_each(|spec| claim(spec, report)),
        // Before 1.34 the templates were taken as they were and failed later.
        ("apps", "StatefulSet") if target.schemas.version().minor() >= 34 => {
            let templates = below(target.node, &["spec"]).map(|spec| items(spec, "volumeClaimTemplates"));
            for spec in templates.unwrap_or_default().iter().filter_map(|template| template.get("spec")) {
                claim(spec, report);
                fields::claim(spec, report);
            }
        }
        _ => {}
    }
    let volumes = pod_of(target).map(|(spec, _)| items(spec, "volumes")).unwrap_or_default();
    let own = volumes.iter().filter_map(|volume| below(volume, &["ephemeral", "volumeClaimTemplate", "spec"]));
    own.for_each(|spec| claim(spec, report));
}

fn keys(node: &Node, maps: [&str; 2], report: &mut Report<'_>) {
    let mut total = 0;
    for name in maps {
        for (key, value) in node.get(name).and_then(Node::as_map).into_iter().flatten() {
            let text = key.as_str().unwrap_or("");
            if let Some(why) = formats::config_key(text) {
                report.error(key, "rule-config-key", eco_format!("the key `{text}` {why}"));
            }
            let length = value.as_str().map_or(0, str::len);
            total += if matches!(name, "data") && maps[1] == "binaryData" || name == "stringData" {
                length
            } else {
                length / 4 * 3
            };
        }
    }
    if total > LARGEST {
        report.error(node, "rule-object-size", eco_format!("the data has {total} bytes, at most {LARGEST} are taken"));
    }
}

fn secret(node: &Node, report: &mut Report<'_>) {
    keys(node, ["data", "stringData"], report);
    let kind = node.get("type").and_then(Node::as_str).unwrap_or("Opaque");
    let wanted: &[&str] = match kind {
        "kubernetes.io/tls" => &["tls.crt", "tls.key"],
        "kubernetes.io/dockerconfigjson" => &[".dockerconfigjson"],
        "kubernetes.io/dockercfg" => &[".dockercfg"],
        "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
        _ => return,
    };
    let has =
        |key: &str| ["data", "stringData"].iter().any(|map| node.get(map).is_some_and(|map| map.get(key).is_some()));
    for key in wanted.iter().filter(|key| !has(key)) {
        let finding =
            Diagnostic::error("rule-secret-type", eco_format!("a secret of type `{kind}` needs the key `{key}`"));
        report.add_missing(node, "data", finding);
    }
}

fn claim(spec: &Node, report: &mut Report<'_>) {
    if items(spec, "accessModes").is_empty() {
        let finding = Diagnostic::error("rule-claim", "the claim has no `accessModes`");
        report.add_missing(spec, "accessModes", finding);
    }
    for key in ["dataSource", "dataSourceRef"] {
        let source = spec.get(key).filter(|source| text(source, "apiGroup").is_empty());
        let kind = source.map(|source| text(source, "kind")).unwrap_or("");
        if let Some(source) = source.filter(|_| !matches!(kind, "" | "PersistentVolumeClaim")) {
            let finding = Diagnostic::error("rule-claim", eco_format!("a `{kind}` needs its `apiGroup`"));
            report.add_missing(source, "apiGroup", finding);
        }
    }
    match below(spec, &["resources", "requests", "storage"]) {
        None => {
            let finding = Diagnostic::error("rule-claim", "the claim asks for no storage");
            report.add_missing(spec, "resources", finding);
        }
        Some(node) => {
            let amount = node.as_scalar().and_then(|scalar| formats::quantity(&scalar.text));
            if amount.is_some_and(|amount| amount <= 0.0) {
                report.error(node, "rule-claim", "the storage must be more than nothing");
            }
        }
    }
}
