//! What a release has in the cluster, and what of it may go.

use std::collections::BTreeSet;

use ecow::EcoString;

use super::policy::Policy;
use crate::object::{Gvk, ObjectKey};
use crate::value::Value;

/// An object that a revision of a release made, or was about to make.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// What identifies it.
    pub key: ObjectKey,
    /// Its type, in the version in which it was applied.
    pub gvk: Gvk,
    /// Its uid, once it exists; empty before.
    pub uid: EcoString,
}

/// Why an object that is no longer wished for stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// Its own annotation says so: the name of that.
    Annotation(&'static str),
    /// It is of a kind that holds other things, and the flag that lets it go was not given: the flag.
    Guarded(&'static str),
    /// Nothing is pruned.
    NoPrune,
}

/// Returns the objects of an inventory that are no longer wished for, in its order, each once.
///
/// The inventory is that of every revision since the last one that was carried out completely: whatever a run that
/// died may have made is in it.
pub fn prunable<'a>(inventory: &'a [Entry], wished: &BTreeSet<ObjectKey>) -> Vec<&'a Entry> {
    let mut seen = BTreeSet::new();
    inventory.iter().filter(|entry| !wished.contains(&entry.key) && seen.insert(&entry.key)).collect()
}

const VOLUMES: [&str; 2] = ["PersistentVolume", "PersistentVolumeClaim"];

/// Returns why a live object that is no longer wished for stays; `None` where it goes.
pub(super) fn kept(entry: &Entry, live: &Value, policy: &Policy) -> Option<Kept> {
    if let Some(annotation) = keep_annotation(live) {
        return Some(Kept::Annotation(annotation));
    }
    if !policy.prune {
        return Some(Kept::NoPrune);
    }
    let (group, kind) = (entry.key.group.as_str(), entry.key.kind.as_str());
    match (group, kind) {
        ("", "Namespace") if !policy.prune_namespaces => Some(Kept::Guarded("--prune-namespaces")),
        ("apiextensions.k8s.io", "CustomResourceDefinition") if !policy.prune_crds => {
            Some(Kept::Guarded("--prune-crds"))
        }
        ("", kind) if VOLUMES.contains(&kind) && !policy.prune_volumes => Some(Kept::Guarded("--prune-volumes")),
        _ => None,
    }
}

/// Returns the annotation by which an object asks to stay, if it has one: `rhumb.dev/keep: "true"`, or
/// `helm.sh/resource-policy: keep`.
pub(super) fn keep_annotation(object: &Value) -> Option<&'static str> {
    let annotations = object.get("metadata")?.get("annotations")?;
    let says = |name: &str, word: &str| {
        annotations.get(name).and_then(Value::as_str).is_some_and(|text| text.trim().eq_ignore_ascii_case(word))
    };
    [("rhumb.dev/keep", "true"), ("helm.sh/resource-policy", "keep")]
        .into_iter()
        .find(|(name, word)| says(name, word))
        .map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::yaml;

    fn entry(api: &str, kind: &str, name: &str) -> Entry {
        let gvk = Gvk::new(api, kind);
        let key = ObjectKey {
            group: gvk.group.clone(),
            kind: gvk.kind.clone(),
            namespace: EcoString::new(),
            name: name.into(),
        };
        Entry { key, gvk, uid: EcoString::new() }
    }

    #[test]
    fn what_is_not_wished_for_goes_once() {
        let inventory = [entry("v1", "ConfigMap", "a"), entry("v1", "ConfigMap", "b"), entry("v1", "ConfigMap", "b")];
        let wished = [inventory[0].key.clone()].into();
        assert_eq!(prunable(&inventory, &wished), [&inventory[1]]);
    }

    #[test]
    fn what_holds_other_things_needs_its_flag() {
        let (all, none) = (
            Policy { prune_namespaces: true, prune_crds: true, prune_volumes: true, ..Policy::default() },
            Policy::default(),
        );
        let live = yaml("metadata: {name: x}\n");
        for (api, kind, flag) in [
            ("v1", "Namespace", "--prune-namespaces"),
            ("apiextensions.k8s.io/v1", "CustomResourceDefinition", "--prune-crds"),
            ("v1", "PersistentVolumeClaim", "--prune-volumes"),
        ] {
            assert_eq!(kept(&entry(api, kind, "x"), &live, &none), Some(Kept::Guarded(flag)));
            assert_eq!(kept(&entry(api, kind, "x"), &live, &all), None);
        }
        assert_eq!(kept(&entry("v1", "ConfigMap", "x"), &live, &none), None);
    }

    #[test]
    fn annotations_keep_an_object_against_all_flags() {
        let policy = Policy { prune_namespaces: true, ..Policy::default() };
        for (annotation, name) in [
            ("rhumb.dev/keep: 'true'", "rhumb.dev/keep"),
            ("helm.sh/resource-policy: ' Keep'", "helm.sh/resource-policy"),
        ] {
            let live = yaml(&format!("metadata: {{annotations: {{{annotation}}}}}\n"));
            assert_eq!(kept(&entry("v1", "Namespace", "x"), &live, &policy), Some(Kept::Annotation(name)));
        }
        let live = yaml("metadata: {annotations: {rhumb.dev/keep: 'false'}}\n");
        assert_eq!(kept(&entry("v1", "ConfigMap", "x"), &live, &policy), None);
    }
}
