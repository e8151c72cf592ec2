//! When a type of Kubernetes came, when it goes, and what stands in its place.

use ecow::{EcoString, eco_format};

use super::SchemaSet;
use crate::diag::{Diagnostic, nearest};
use crate::object::Gvk;
use crate::yaml::Node;

use super::report::Report;

/// The minor versions (1.x) between which a type is served.
///
/// They are the markers of Kubernetes' own types
/// (<https://github.com/kubernetes/api>, `zz_generated.prerelease-lifecycle.go`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lifecycle {
    /// The first version that served it.
    pub introduced: Option<u16>,
    /// The first version in which it was deprecated.
    pub deprecated: Option<u16>,
    /// The first version that does not serve it any more.
    pub removed: Option<u16>,
    /// The type to use in its place.
    pub replacement: Option<Gvk>,
}

// Removed before the versions whose types and markers are at hand.
const GONE: [(&str, &str, &str, u16); 1] = [("policy", "v1beta1", "PodSecurityPolicy", 25)];

/// Reports the type of an object when the version does not serve it or will not for long; says whether the type is
/// worth a word more (`false` where it was reported as gone).
pub(super) fn check(gvk: &Gvk, node: &Node, schemas: &SchemaSet, report: &mut Report<'_>) -> bool {
    let place = node.get("apiVersion").unwrap_or(node);
    let target = schemas.version();
    let gone = GONE.iter().find(|(g, v, k, _)| (*g, *v, *k) == (&gvk.group, &gvk.version, &gvk.kind));
    if let Some((.., minor)) = gone {
        report.add(place, Diagnostic::error("api-removed", eco_format!("`{gvk}` was removed in Kubernetes 1.{minor}")));
        return false;
    }
    let Some(facts) = schemas.kind_facts(gvk) else { return true };
    let life = &facts.lifecycle;
    // What to use instead takes a look at every type: only those who need to know it ask.
    let finding = |code, severity: fn(&'static str, EcoString) -> Diagnostic, text| {
        let finding = severity(code, text);
        match replacement(gvk, life, schemas) {
            Some(help) => finding.help(help),
            None => finding,
        }
    };
    if facts.root.is_none() {
        let (older, newer) = facts.elsewhere;
        let early = life.introduced.is_some_and(|minor| minor > target.minor()) || (newer && !older);
        let (code, text) = match (early, life.introduced, life.removed) {
            (true, Some(minor), _) => {
                ("api-not-yet", eco_format!("`{gvk}` comes with Kubernetes 1.{minor}, not {target}"))
            }
            (true, None, _) => ("api-not-yet", eco_format!("Kubernetes {target} has no `{gvk}` yet")),
            (false, _, Some(minor)) if minor <= target.minor() => {
                ("api-removed", eco_format!("`{gvk}` was removed in Kubernetes 1.{minor}"))
            }
            _ => ("api-removed", eco_format!("Kubernetes {target} does not serve `{gvk}`")),
        };
        report.add(place, finding(code, Diagnostic::error, text));
        return false;
    }
    if let Some(minor) = life.deprecated.filter(|minor| *minor <= target.minor()) {
        let until = life.removed.map(|minor| eco_format!(" and goes with 1.{minor}")).unwrap_or_default();
        let text = eco_format!("`{gvk}` is deprecated since Kubernetes 1.{minor}{until}");
        report.add(place, finding("api-deprecated", Diagnostic::warning, text));
    }
    true
}

fn replacement(gvk: &Gvk, life: &Lifecycle, schemas: &SchemaSet) -> Option<EcoString> {
    if let Some(other) = &life.replacement {
        return Some(eco_format!("use `{other}`"));
    }
    let served = schemas.served_versions(&gvk.group, &gvk.kind);
    let best = served.iter().find(|version| !version.contains("alpha") && !version.contains("beta"));
    let best = best.or(served.first()).filter(|version| **version != gvk.version)?;
    Some(eco_format!("use `{}`", Gvk { version: best.clone(), ..gvk.clone() }))
}

/// Returns what to say of a kind that no schema knows.
pub(super) fn unknown(gvk: &Gvk, schemas: &SchemaSet, strict: bool) -> Diagnostic {
    let versions = schemas.served_versions(&gvk.group, &gvk.kind);
    let builtin = schemas.each_kind().any(|known| known.group == gvk.group);
    let text = eco_format!("no schema for `{gvk}`");
    let finding = match (strict, builtin) {
        (true, _) => Diagnostic::error("schema-unknown-kind", text),
        (false, true) => Diagnostic::warning("schema-unknown-kind", text),
        (false, false) => Diagnostic::new(crate::diag::Severity::Info, "schema-unknown-kind", text),
    };
    if let Some(version) = versions.first() {
        return finding.help(eco_format!("did you mean `{}`?", Gvk { version: version.clone(), ..gvk.clone() }));
    }
    let same = schemas.each_kind().find(|known| known.kind == gvk.kind && !gvk.group.contains('.'));
    let near = || {
        let of_group = schemas.each_kind().filter(|known| known.group == gvk.group);
        let name = nearest(&gvk.kind, of_group.map(|known| known.kind.as_str()))?;
        schemas.each_kind().find(|known| known.group == gvk.group && known.kind == name)
    };
    match same.or_else(near) {
        Some(other) => finding.help(eco_format!("did you mean `{other}`?")),
        None if builtin => finding,
        None => finding.help("give the CustomResourceDefinition to have such objects checked"),
    }
}
