//! What `rhumb.yaml` says.

use ecow::EcoString;

use super::Constraint;
use super::fields::Fields;
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::value::ValuePath;
use crate::yaml::Node;

/// What a package says of itself.
#[derive(Debug, Clone, Default)]
pub struct Manifest {
    /// The name, a DNS label.
    pub name: EcoString,
    /// The version, by the rules of semver.org.
    pub version: EcoString,
    /// The version of what is packaged; any text.
    pub app_version: EcoString,
    /// One line about it.
    pub description: EcoString,
    /// The versions of Kubernetes it is for, and where it says so.
    pub kube_version: Option<(Constraint, Span)>,
}

/// A dependency as it is written.
pub(super) struct Listed {
    pub(super) name: EcoString,
    pub(super) path: EcoString,
    pub(super) alias: Option<EcoString>,
    pub(super) condition: Option<ValuePath>,
    pub(super) span: Span,
    pub(super) path_span: Span,
}

const KNOWN: &[&str] =
    &["apiVersion", "kind", "name", "version", "appVersion", "kubeVersion", "description", "dependencies"];

/// Reads `rhumb.yaml`.
pub(super) fn read(node: &Node, findings: &mut Diagnostics) -> (Manifest, Vec<Listed>) {
    let mut fields = Fields::new(node, "`rhumb.yaml`", KNOWN, findings);
    fields.identity("Package");
    let mut manifest = Manifest::default();
    if let Some((name, span)) = fields.required("name", "`rhumb.yaml`") {
        check_label("name", &name, span, fields.findings);
        manifest.name = name;
    }
    if let Some((version, span)) = fields.required("version", "`rhumb.yaml`") {
        if let Err(error) = semver::Version::parse(&version) {
            let text = format!("`version` must be a semantic version, found `{version}`: {error}");
            fields.findings.push(Diagnostic::error("package-version", text).at(span).help("write it as `1.2.3`"));
        }
        manifest.version = version;
    }
    manifest.app_version = fields.text("appVersion").map(|(text, _)| text).unwrap_or_default();
    manifest.description = fields.text("description").map(|(text, _)| text).unwrap_or_default();
    if let Some((range, span)) = fields.text("kubeVersion") {
        match Constraint::parse(&range) {
            Ok(constraint) => manifest.kube_version = Some((constraint, span)),
            Err(error) => {
                let found = Diagnostic::error("package-kube-version", error.to_string()).at(span);
                fields.findings.push(found.help("write a range as `>=1.31` or `1.31 - 1.37`"));
            }
        }
    }
    let items = fields.list("dependencies");
    let listed: Vec<Listed> = items.iter().filter_map(|item| dependency(item, findings)).collect();
    for (i, one) in listed.iter().enumerate() {
        let key = one.key();
        if let Some(other) = listed[..i].iter().find(|other| other.key() == key) {
            let text = format!("two dependencies go by the name `{key}`");
            let found = Diagnostic::error("package-dependency-twice", text).at(one.span);
            findings.push(found.label(other.span, 0, "the other one").help("give one of them an `alias`"));
        }
    }
    (manifest, listed)
}

impl Listed {
    fn key(&self) -> &str {
        self.alias.as_ref().unwrap_or(&self.name)
    }
}

fn dependency(node: &Node, findings: &mut Diagnostics) -> Option<Listed> {
    let mut fields = Fields::new(node, "a dependency", &["name", "path", "alias", "condition"], findings);
    let name = fields.required("name", "a dependency");
    let path = fields.required("path", "a dependency");
    let alias = fields.text("alias");
    let condition = fields.text("condition");
    for (key, text) in [("name", &name), ("alias", &alias)] {
        if let Some((text, span)) = text {
            check_label(key, text, *span, fields.findings);
            if text == "global" {
                let found = Diagnostic::error("package-name", "a dependency cannot go by the name `global`").at(*span);
                fields.findings.push(found.help("give it an `alias`"));
            }
        }
    }
    let condition = condition.and_then(|(text, span)| {
        let path = ValuePath::parse(&text);
        if path.is_none() {
            let text = format!("`condition` is no path of a value: `{text}`");
            fields
                .findings
                .push(Diagnostic::error("package-condition", text).at(span).help("write it as `redis.enabled`"));
        }
        path
    });
    let ((name, _), (path, path_span)) = (name?, path?);
    Some(Listed { name, path, alias: alias.map(|(text, _)| text), condition, span: node.span, path_span })
}

/// Checks a DNS label (RFC 1123): <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/>.
fn check_label(key: &str, text: &str, span: Span, findings: &mut Diagnostics) {
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let fine = (1..=63).contains(&text.len())
        && text.chars().all(|c| edge(c) || c == '-')
        && text.starts_with(edge)
        && text.ends_with(edge);
    if !fine {
        let found = Diagnostic::error("package-name", format!("`{key}` is no name for a package: `{text}`")).at(span);
        findings.push(found.help("use at most 63 of a-z, 0-9 and `-`, with a letter or digit at both ends"));
    }
}
