//! What kustomize tells resources apart by.
//!
//! See `resid/resid.go` and `resid/gvk.go` of
//! <https://github.com/kubernetes-sigs/kustomize/tree/kyaml/v0.21.1/kyaml>.

use std::fmt;

use ecow::EcoString;

use crate::object::Gvk;

/// The namespace that kinds outside of namespaces are taken to have.
pub(super) const NOT_A_NAMESPACE: &str = "_non_namespaceable_";
/// The namespace of what names none.
pub(super) const DEFAULT_NAMESPACE: &str = "default";

/// A kind and a name, with the namespace as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct ResId {
    pub(super) gvk: Gvk,
    pub(super) name: EcoString,
    pub(super) namespace: EcoString,
    /// The kind certainly lives outside of namespaces.
    pub(super) cluster_scoped: bool,
}

/// What is equal for equal resources: kind, name and the namespace that counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct IdKey {
    gvk: Gvk,
    name: EcoString,
    namespace: EcoString,
}

impl ResId {
    /// Returns the namespace that counts: a text for kinds without one, `default` for none.
    pub(super) fn effective_namespace(&self) -> &str {
        if self.cluster_scoped {
            NOT_A_NAMESPACE
        } else if self.namespace.is_empty() {
            DEFAULT_NAMESPACE
        } else {
            &self.namespace
        }
    }

    pub(super) fn key(&self) -> IdKey {
        IdKey { gvk: self.gvk.clone(), name: self.name.clone(), namespace: self.effective_namespace().into() }
    }

    /// Whether a selector, of which what is empty selects anything, selects this id.
    pub(super) fn is_selected_by(&self, selector: &ResId) -> bool {
        (selector.name.is_empty() || selector.name == self.name)
            && (selector.namespace.is_empty() || selector.effective_namespace() == self.effective_namespace())
            && selects(&selector.gvk, &self.gvk)
    }
}

/// Whether a type, of which what is empty selects anything, selects another.
pub(super) fn selects(selector: &Gvk, gvk: &Gvk) -> bool {
    (selector.group.is_empty() || selector.group == gvk.group)
        && (selector.version.is_empty() || selector.version == gvk.version)
        && (selector.kind.is_empty() || selector.kind == gvk.kind)
}

fn or<'t>(text: &'t str, empty: &'t str) -> &'t str {
    if text.is_empty() { empty } else { text }
}

/// A type as kustomize's messages have it: `Deployment.v1.apps`.
pub(super) struct ShowGvk<'g>(pub(super) &'g Gvk);

impl fmt::Display for ShowGvk<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Gvk { group, version, kind } = self.0;
        write!(f, "{}.{}.{}", or(kind, "[noKind]"), or(version, "[noVer]"), or(group, "[noGrp]"))
    }
}

impl fmt::Display for ResId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, namespace) = (or(&self.name, "[noName]"), or(&self.namespace, "[noNs]"));
        write!(f, "{}/{name}.{namespace}", ShowGvk(&self.gvk))
    }
}

impl ResId {
    /// Returns the id as Go prints it with `%#v`.
    pub(super) fn go_dump(&self) -> String {
        let quote = super::go::quote;
        format!(
            "resid.ResId{{Gvk:resid.Gvk{{Group:{}, Version:{}, Kind:{}, isClusterScoped:{}}}, Name:{}, Namespace:{}}}",
            quote(&self.gvk.group),
            quote(&self.gvk.version),
            quote(&self.gvk.kind),
            self.cluster_scoped,
            quote(&self.name),
            quote(&self.namespace)
        )
    }
}

/// The order of kinds that kustomize writes by default, and puts its field specs in.
pub(super) const FIRST: [&str; 22] = [
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];
/// The kinds that come after all others.
pub(super) const LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// Returns the place of a kind between those that come first and those that come last.
pub(super) fn rank<S: AsRef<str>>(kind: &str, first: &[S], last: &[S]) -> isize {
    // Of a kind that is listed twice the later place counts, and `last` over `first`.
    let place = |list: &[S]| list.iter().rposition(|known| known.as_ref() == kind).map(|at| at as isize);
    place(last).map_or_else(|| place(first).map_or(0, |at| at - first.len() as isize), |at| at + 1)
}

/// Returns the text by which types of equal rank are ordered.
pub(super) fn sort_text(gvk: &Gvk) -> String {
    format!("{}_{}_{}", or(&gvk.group, "~G"), or(&gvk.version, "~V"), or(&gvk.kind, "~K"))
}

/// Returns by what types are ordered.
pub(super) fn sort_key(gvk: &Gvk) -> (isize, String) {
    (rank(&gvk.kind, &FIRST, &LAST), sort_text(gvk))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_written_as_kustomize_writes_them() {
        let id = ResId { gvk: Gvk::new("apps/v1", "Deployment"), name: "a".into(), ..ResId::default() };
        assert_eq!(id.to_string(), "Deployment.v1.apps/a.[noNs]");
        assert_eq!(ResId::default().to_string(), "[noKind].[noVer].[noGrp]/[noName].[noNs]");
        assert_eq!(id.effective_namespace(), "default");
    }

    #[test]
    fn kinds_have_their_order() {
        let types = ["v1 Namespace", "v1 Secret", "apps/v1 Deployment", "x/v1 A", "x/v1 B"];
        let types: Vec<Gvk> = types.iter().filter_map(|t| t.split_once(' ')).map(|(v, k)| Gvk::new(v, k)).collect();
        assert!(types.is_sorted_by(|a, b| sort_key(a) < sort_key(b)));
        assert_eq!(rank("x", &["x", "y"], &["z"]), -2);
        assert_eq!(rank("z", &["x", "y"], &["z"]), 1);
    }
}
