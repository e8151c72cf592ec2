//! What the server need not be asked before it is applied.
//!
//! A dry run costs as much as the apply that follows it. Who wants to know what would happen asks about everything; an
//! apply asks only where the answer could change what it does. That is not so for an object that is not there, whose
//! type is known, and not for one whose fields nobody else owns and of which nothing is frozen.
//!
//! The one idea to know: what the server makes of a manifest (defaults, other spellings of the same quantity) looks like
//! a change from here, and would look so each time. The manifest that was applied last tells the two apart.

use std::collections::BTreeMap;

use super::conflict::{Settled, changes};
use super::decide::Input;
use super::immutable::immutable_fields;
use super::managed::{FieldSet, Ownership};
use super::place::names;
use super::release::{Keeper, Revision, State};
use super::wish::Wish;
use crate::diff::FieldStep;
use crate::object::{Gvk, ObjectKey, TypeFacts, TypeRef};
use crate::value::Value;

/// What a release applied last.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Applied(BTreeMap<ObjectKey, Value>);

impl Applied {
    /// Returns what a history says was applied last. `None` where the last run did not end well, so that whatever it
    /// came upon is asked about, or where the record is one of Helm, which holds other manifests than those applied.
    pub fn of(history: &[Revision]) -> Option<Applied> {
        let Some(newest) = history.iter().max_by_key(|one| one.revision) else { return Some(Applied::default()) };
        match (newest.state, newest.keeper) {
            (State::Deployed, Keeper::Own) => {
                Some(Applied(newest.manifests.iter().map(|manifest| (key(manifest), manifest.clone())).collect()))
            }
            (State::Deleted, _) => Some(Applied::default()),
            _ => None,
        }
    }
}

// Manifests in records are in their namespaces.
fn key(manifest: &Value) -> ObjectKey {
    let Gvk { group, kind, .. } = Gvk::new(manifest.text_below(&["apiVersion"]), manifest.text_below(&["kind"]));
    let metadata = |key| manifest.text_below(&["metadata", key]).into();
    ObjectKey { group, kind, namespace: metadata("namespace"), name: metadata("name") }
}

/// Whether an object that is not there is made without being asked about.
pub(super) fn is_plain_create(wish: &Wish, input: &Input<'_>) -> bool {
    // Of another namespace it is not known that it is there.
    let namespace = &wish.key.namespace;
    input.applied.is_some() && is_known(wish, input) && (namespace.is_empty() || *namespace == input.release.namespace)
}

/// Whether it is known what becomes of a live object, and that nothing stands against it.
pub(super) fn is_plain_change(wish: &Wish, live: &Value, settled: &Settled, input: &Input<'_>) -> bool {
    let Some(last) = input.applied.and_then(|applied| applied.0.get(&wish.key)) else { return false };
    // What would be made anew is the server's to say.
    if input.policy.recreate || !is_known(wish, input) || settled.force || !settled.conflicts.is_empty() {
        return false;
    }
    let owners = Ownership::of(live);
    let Some(own) = owners.applied_by(&input.policy.manager) else { return false };
    // A field that the policy overlooks is applied as it is, and changes nothing.
    let changes = match settled.object == wish.manifest {
        true => &settled.changes,
        false => &changes(&settled.object, live, input.policy, &wish.gvk, input.facts),
    };
    match *last == settled.object {
        true => changes.is_empty() && owns_all(&own.fields, &settled.object),
        false => !changes.is_empty() && immutable_fields(&wish.gvk, live, changes).is_empty(),
    }
}

// Whether its type says all of it, and has been held against it already. Definitions have rules that only the server
// knows.
fn is_known(wish: &Wish, input: &Input<'_>) -> bool {
    let of = input.facts.root(&wish.gvk).filter(|_| wish.key.group != "apiextensions.k8s.io");
    of.is_some_and(|of| is_described(&wish.manifest, of, input.facts))
}

// The server refuses fields that it does not know.
fn is_described(value: &Value, of: TypeRef, facts: &dyn TypeFacts) -> bool {
    match value {
        Value::Map(map) => {
            map.iter().all(|(key, value)| facts.field(of, key).is_some_and(|of| is_described(value, of, facts)))
        }
        Value::Seq(items) => {
            items.is_empty() || facts.item(of).is_some_and(|of| items.iter().all(|item| is_described(item, of, facts)))
        }
        _ => true,
    }
}

// Whether a manager owns all that a manifest says; what names an object is nobody's.
fn owns_all(fields: &FieldSet, manifest: &Value) -> bool {
    let Some(map) = manifest.as_map() else { return false };
    map.iter().all(|(key, value)| match (key.as_str(), value) {
        ("apiVersion" | "kind", _) => true,
        ("metadata", Value::Map(metadata)) => metadata.iter().all(|(key, value)| {
            matches!(key.as_str(), "name" | "namespace")
                || fields.child(&FieldStep::Key("metadata".into())).is_some_and(|metadata| owns(metadata, key, value))
        }),
        (key, value) => owns(fields, key, value),
    })
}

fn owns(fields: &FieldSet, key: &str, value: &Value) -> bool {
    fields.child(&FieldStep::Key(key.into())).is_some_and(|own| owns_below(own, value))
}

fn owns_below(own: &FieldSet, value: &Value) -> bool {
    if own.children().next().is_none() {
        return own.is_member();
    }
    match value {
        Value::Map(map) => map.iter().all(|(key, value)| owns(own, key, value)),
        Value::Seq(items) => items.iter().enumerate().all(|(index, item)| {
            own.children().any(|(step, below)| names(step, index, item) && owns_below(below, item))
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::{json, yaml};

    fn owned(fields: &str, manifest: &str) -> bool {
        owns_all(&FieldSet::parse(&json(fields)), &yaml(manifest))
    }

    #[test]
    fn all_of_a_manifest_is_owned_or_something_is_not() {
        let fields = r#"{"f:metadata":{"f:labels":{"f:a":{}}},"f:spec":{"f:count":{},"f:args":{},"f:containers":{
            "k:{\"name\":\"a\"}":{".":{},"f:name":{},"f:image":{}}}}}"#;
        let head = "apiVersion: v1\nkind: Pod\nmetadata: {name: x, namespace: ns, labels: {a: b}}\n";
        let with = |spec: &str| owned(fields, &format!("{head}spec: {spec}\n"));
        assert!(with("{count: 1, args: [a, b], containers: [{name: a, image: i}]}"));
        assert!(with("{count: 1}"), "what is owned beyond it does not count");
        assert!(!with("{count: 1, more: 2}"));
        assert!(!with("{containers: [{name: a, image: i}, {name: b}]}"));
        assert!(!with("{containers: [{name: a, tty: true}]}"));
        assert!(!owned(fields, "metadata: {name: x, labels: {a: b, c: d}}\n"));
    }

    #[test]
    fn only_a_run_that_ended_well_says_what_was_applied() {
        let manifests = vec![yaml("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, namespace: ns}\n")];
        let revision = |revision, state, keeper| Revision {
            revision,
            state,
            keeper,
            manifests: manifests.clone(),
            ..Revision::default()
        };
        let applied = |history: &[Revision]| Applied::of(history).map(|applied| applied.0.len());
        assert_eq!(applied(&[]), Some(0));
        let whole = revision(1, State::Deployed, Keeper::Own);
        assert_eq!(applied(std::slice::from_ref(&whole)), Some(1));
        let known = Applied::of(std::slice::from_ref(&whole)).expect("it ended well");
        assert_eq!(known.0.keys().map(ObjectKey::to_string).collect::<Vec<_>>(), ["ns/Deployment/a"]);
        assert_eq!(applied(&[whole.clone(), revision(2, State::Failed, Keeper::Own)]), None);
        assert_eq!(applied(&[whole.clone(), revision(2, State::Applying, Keeper::Own)]), None);
        assert_eq!(applied(&[revision(1, State::Deployed, Keeper::Helm)]), None);
        assert_eq!(applied(&[whole, revision(2, State::Deleted, Keeper::Own)]), Some(0));
    }
}
