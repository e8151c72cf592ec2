//! What the records of a release say is in the cluster.

use std::collections::BTreeSet;

use ecow::EcoString;

use super::{Revision, State};
use crate::object::{Gvk, ObjectKey, Scope, TypeFacts, is_cluster_scoped_builtin};
use crate::plan::inventory::Entry;
use crate::value::Value;

/// Returns the entries of manifests, none of which has a uid yet. An object without a namespace lives in that of the
/// release, where its kind lives in namespaces.
pub fn inventory_of(manifests: &[Value], namespace: &str, facts: &dyn TypeFacts) -> Vec<Entry> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let entry = |manifest: &Value| {
        let gvk = Gvk::new(&text(manifest, "apiVersion"), &text(manifest, "kind"));
        let metadata = manifest.get("metadata")?;
        let name = EcoString::from(text(metadata, "name"));
        let builtin = || match is_cluster_scoped_builtin(&gvk.group, &gvk.kind) {
            true => Scope::Cluster,
            false => Scope::Namespaced,
        };
        let own = text(metadata, "namespace");
        let namespace = match facts.scope(&gvk).unwrap_or_else(builtin) {
            Scope::Cluster => EcoString::new(),
            Scope::Namespaced if own.is_empty() => namespace.into(),
            Scope::Namespaced => own.into(),
        };
        let key = ObjectKey { group: gvk.group.clone(), kind: gvk.kind.clone(), namespace, name };
        (!gvk.kind.is_empty() && !key.name.is_empty()).then_some(Entry { key, gvk, uid: EcoString::new() })
    };
    manifests.iter().filter_map(entry).collect()
}

/// Returns everything that a history says may be in the cluster: the newest revision that was carried out completely,
/// and every one that began after it. The newest word on an object counts; one with a uid counts before one without.
pub fn open_inventory(history: &[Revision]) -> Vec<Entry> {
    let mut newest: Vec<&Revision> = history.iter().filter(|one| one.state != State::Deleted).collect();
    newest.sort_by_key(|one| std::cmp::Reverse(one.revision));
    let mut entries: Vec<Entry> = Vec::new();
    let mut seen: BTreeSet<(ObjectKey, EcoString)> = BTreeSet::new();
    for revision in newest {
        for entry in &revision.inventory {
            if seen.insert((entry.key.clone(), entry.uid.clone())) {
                entries.push(entry.clone());
            }
        }
        if revision.state.is_complete() {
            break;
        }
    }
    // Where a uid is known, the entry from before it was known says nothing more.
    let known: BTreeSet<ObjectKey> =
        entries.iter().filter(|entry| !entry.uid.is_empty()).map(|entry| entry.key.clone()).collect();
    entries.retain(|entry| !entry.uid.is_empty() || !known.contains(&entry.key));
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::NoFacts;
    use crate::plan::testing::yaml;

    fn revision(revision: u64, state: State, names: &[(&str, &str)]) -> Revision {
        let entry = |(name, uid): &(&str, &str)| Entry {
            key: ObjectKey { kind: "ConfigMap".into(), name: (*name).into(), ..ObjectKey::default() },
            gvk: Gvk::new("v1", "ConfigMap"),
            uid: (*uid).into(),
        };
        Revision { revision, state, inventory: names.iter().map(entry).collect(), ..Revision::default() }
    }

    fn names(history: &[Revision]) -> Vec<String> {
        open_inventory(history).iter().map(|entry| format!("{}:{}", entry.key.name, entry.uid)).collect()
    }

    #[test]
    fn what_died_in_between_is_remembered() {
        let history = [
            revision(1, State::Superseded, &[("old", "0")]),
            revision(2, State::Deployed, &[("a", "1"), ("b", "2")]),
            revision(3, State::Failed, &[("b", ""), ("c", "3")]),
            revision(4, State::Applying, &[("d", "")]),
        ];
        assert_eq!(names(&history), ["d:", "c:3", "a:1", "b:2"]);
    }

    #[test]
    fn a_complete_revision_ends_the_search() {
        let history = [revision(1, State::Failed, &[("x", "1")]), revision(2, State::Deployed, &[("a", "1")])];
        assert_eq!(names(&history), ["a:1"]);
        assert!(names(&[]).is_empty());
    }

    #[test]
    fn manifests_give_entries_in_their_namespaces() {
        let manifests = [
            yaml("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"),
            yaml("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: x}\n"),
            yaml("apiVersion: v1\nkind: Namespace\nmetadata: {name: one, namespace: odd}\n"),
            yaml("apiVersion: v1\nkind: Pod\nmetadata: {generateName: g}\n"),
        ];
        let keys: Vec<String> = inventory_of(&manifests, "shop", &NoFacts).iter().map(|e| e.key.to_string()).collect();
        assert_eq!(keys, ["shop/ConfigMap/a", "x/ConfigMap/a", "Namespace/one"]);
    }
}
