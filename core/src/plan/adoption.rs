//! Whether an object that exists already may become part of a release.

use ecow::{EcoString, eco_format};

use super::managed::Ownership;
use super::steps::ReleaseName;
use crate::value::Value;

/// The annotation that names the release of an object: `namespace/name`.
pub const RELEASE_ANNOTATION: &str = "rhumb.dev/release";
/// Helm's annotation for the name of the release.
pub const HELM_NAME: &str = "meta.helm.sh/release-name";
/// Helm's annotation for the namespace of the release.
pub const HELM_NAMESPACE: &str = "meta.helm.sh/release-namespace";

/// How an object stands to a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Adoption {
    /// It belongs to the release.
    Ours,
    /// It belongs to nobody and can be adopted; the managers that wrote it.
    Adoptable(Vec<EcoString>),
    /// It belongs to something else, named here.
    Foreign(EcoString),
}

/// Returns how a live object stands to a release. An object of the same release under Helm counts as ours: the release
/// changes hands as a whole.
pub fn standing(object: &Value, release: &ReleaseName) -> Adoption {
    let metadata = object.get("metadata");
    let annotation = |name: &str| {
        metadata.and_then(|metadata| metadata.get("annotations")?.get(name)?.as_str()).filter(|text| !text.is_empty())
    };
    if let Some(owner) = annotation(RELEASE_ANNOTATION) {
        return match owner == release.to_string() {
            true => Adoption::Ours,
            false => Adoption::Foreign(eco_format!("release {owner}")),
        };
    }
    if let Some(name) = annotation(HELM_NAME) {
        let namespace = annotation(HELM_NAMESPACE).unwrap_or_default();
        return match name == release.name && namespace == release.namespace {
            true => Adoption::Ours,
            false => Adoption::Foreign(eco_format!("Helm release {namespace}/{name}")),
        };
    }
    if let Some(owner) = controller(object) {
        return Adoption::Foreign(owner);
    }
    let mut managers: Vec<EcoString> = Vec::new();
    for entry in Ownership::of(object).0 {
        if entry.subresource.is_empty() && !managers.contains(&entry.manager) {
            managers.push(entry.manager);
        }
    }
    Adoption::Adoptable(managers)
}

// The object that made this one and would make it again.
fn controller(object: &Value) -> Option<EcoString> {
    let owners = object.get("metadata")?.get("ownerReferences")?.as_seq()?;
    let owner = owners.iter().find(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true))?;
    let text = |key| owner.get(key).and_then(Value::as_str).unwrap_or("?");
    Some(eco_format!("{} {}", text("kind"), text("name")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::yaml;

    fn check(metadata: &str, want: Adoption) {
        let release = ReleaseName { namespace: "shop".into(), name: "web".into() };
        assert_eq!(standing(&yaml(&format!("metadata: {metadata}\n")), &release), want, "{metadata}");
    }

    #[test]
    fn an_object_belongs_to_the_release_that_it_names() {
        check("{annotations: {rhumb.dev/release: shop/web}}", Adoption::Ours);
        check("{annotations: {rhumb.dev/release: shop/api}}", Adoption::Foreign("release shop/api".into()));
        let helm = |name| {
            format!("{{annotations: {{meta.helm.sh/release-name: {name}, meta.helm.sh/release-namespace: shop}}}}")
        };
        check(&helm("web"), Adoption::Ours);
        check(&helm("db"), Adoption::Foreign("Helm release shop/db".into()));
    }

    #[test]
    fn what_a_controller_made_is_not_to_be_had() {
        check(
            "{ownerReferences: [{kind: ReplicaSet, name: web-1, controller: true}]}",
            Adoption::Foreign("ReplicaSet web-1".into()),
        );
    }

    #[test]
    fn everything_else_can_be_adopted_and_names_who_wrote_it() {
        check("{name: a}", Adoption::Adoptable(Vec::new()));
        check(
            "{managedFields: [{manager: kubectl, operation: Update, fieldsV1: {}}, {manager: kcm, operation: Update, subresource: status, fieldsV1: {}}]}",
            Adoption::Adoptable(vec!["kubectl".into()]),
        );
    }
}
