//! Who owns which fields: `metadata.managedFields`.
//!
//! Each entry names a manager, how it wrote (apply or update), through which subresource, and a set of fields in the
//! format `FieldsV1` (<https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management>): nested
//! maps whose keys are `f:NAME` (a field), `k:{…}` (the item of a list with these keys), `v:VALUE` (the item of a
//! set), `i:INDEX`, and `.` for the place itself.

use std::collections::BTreeMap;

use ecow::{EcoString, eco_format};

use super::place::at;
use crate::diff::{FieldPath, FieldStep};
use crate::value::Value;

/// A set of fields. A place can be a member, have members below it, or both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldSet {
    member: bool,
    below: BTreeMap<FieldStep, FieldSet>,
}

impl FieldSet {
    /// Reads a `fieldsV1`; keys of no known form are left out.
    pub fn parse(fields: &Value) -> FieldSet {
        let mut set = FieldSet::default();
        let Some(map) = fields.as_map() else { return set };
        for (key, value) in map {
            match step(key) {
                Some(step) => {
                    let mut child = FieldSet::parse(value);
                    // `{}` is the place itself; a map with other keys says so with `.`.
                    child.member |= value.as_map().is_some_and(|map| map.is_empty());
                    set.below.insert(step, child);
                }
                None => set.member |= key == ".",
            }
        }
        set
    }

    /// Takes the fields of another set in.
    pub fn merge(&mut self, other: &FieldSet) {
        self.member |= other.member;
        for (step, set) in &other.below {
            self.below.entry(step.clone()).or_default().merge(set);
        }
    }

    /// Returns what of the set a value has as well.
    pub(super) fn within(&self, value: &Value) -> FieldSet {
        let part = |(step, set): (&FieldStep, &FieldSet)| {
            let there = at(value, std::slice::from_ref(step))?;
            Some((step.clone(), set.within(there)))
        };
        FieldSet { member: self.member, below: self.below.iter().filter_map(part).collect() }
    }

    /// Whether there is no field in the set.
    pub fn is_empty(&self) -> bool {
        !self.member && self.below.values().all(FieldSet::is_empty)
    }

    /// Whether the place itself is a member.
    pub fn is_member(&self) -> bool {
        self.member
    }

    /// Returns what the set holds below a step from here.
    ///
    /// An item of a list is found by the keys that both sides name: a default such as `protocol: TCP` stands in what
    /// the server wrote and may be missing in what is compared with it.
    pub fn child(&self, step: &FieldStep) -> Option<&FieldSet> {
        let FieldStep::Item(pairs) = step else { return self.below.get(step) };
        let mut sorted = pairs.clone();
        sorted.sort_unstable();
        if let Some(found) = self.below.get(&FieldStep::Item(sorted)) {
            return Some(found);
        }
        self.below.iter().find(|(other, _)| is_same_item(pairs, other)).map(|(_, set)| set)
    }

    /// Returns the steps from here with what is below each of them.
    pub fn children(&self) -> impl Iterator<Item = (&FieldStep, &FieldSet)> {
        self.below.iter()
    }

    /// Whether the set says something of the field at a path: it is a member, lies inside a member that is owned as a
    /// whole, or has members below it.
    pub fn touches(&self, path: &[FieldStep]) -> bool {
        let mut here = self;
        for step in path {
            match here.child(step) {
                Some(child) => here = child,
                // A member with nothing below it is owned as a whole: a scalar, an atomic list or map.
                None => return here.member && here.below.is_empty(),
            }
        }
        !here.is_empty()
    }
}

fn is_same_item(pairs: &[(EcoString, EcoString)], other: &FieldStep) -> bool {
    let FieldStep::Item(others) = other else { return false };
    let mut shared = 0;
    for (key, value) in pairs {
        match others.iter().find(|(other, _)| other == key) {
            Some((_, other)) if other == value => shared += 1,
            Some(_) => return false,
            None => {}
        }
    }
    shared > 0
}

fn step(key: &str) -> Option<FieldStep> {
    let (form, rest) = key.split_once(':')?;
    match form {
        "f" => Some(FieldStep::Key(rest.into())),
        "k" => {
            let keys: Value = serde_json::from_str(rest).ok()?;
            let pairs = keys.as_map()?.iter().map(|(key, value)| Some((key.clone(), scalar_text(value)?)));
            let mut pairs = pairs.collect::<Option<Vec<_>>>()?;
            pairs.sort_unstable();
            Some(FieldStep::Item(pairs))
        }
        "v" => {
            let value: Value = serde_json::from_str(rest).ok()?;
            Some(FieldStep::Item(vec![(EcoString::new(), scalar_text(&value)?)]))
        }
        "i" => rest.parse().ok().map(FieldStep::Index),
        _ => None,
    }
}

/// Returns the text of a scalar as paths name it; `None` for lists and maps.
pub(super) fn scalar_text(value: &Value) -> Option<EcoString> {
    Some(match value {
        Value::Null => "null".into(),
        Value::Bool(b) => eco_format!("{b}"),
        Value::Int(i) => eco_format!("{i}"),
        Value::UInt(u) => eco_format!("{u}"),
        Value::Float(f) => eco_format!("{f}"),
        Value::Str(text) => text.clone(),
        Value::Seq(_) | Value::Map(_) => return None,
    })
}

/// How a manager wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Writing {
    /// With server-side apply: the manager says all that it wants.
    Apply,
    /// With any other request: `kubectl edit`, client-side apply, a controller.
    Update,
}

/// What one manager owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedEntry {
    /// The name of the manager.
    pub manager: EcoString,
    /// How it wrote.
    pub writing: Writing,
    /// The subresource that it wrote through; empty for the object itself.
    pub subresource: EcoString,
    /// The version that the fields are named in.
    pub api_version: EcoString,
    /// When it last wrote, as RFC 3339; empty where the server does not say.
    pub time: EcoString,
    /// The fields.
    pub fields: FieldSet,
}

/// What each manager owns of one object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ownership(pub Vec<ManagedEntry>);

impl Ownership {
    /// Reads `metadata.managedFields` of an object.
    pub fn of(object: &Value) -> Ownership {
        let entries = object.get("metadata").and_then(|metadata| metadata.get("managedFields"));
        let entries = entries.and_then(Value::as_seq).unwrap_or_default();
        Ownership(entries.iter().filter_map(entry).collect())
    }

    /// Returns the entries that own a field, or something above or below it.
    pub fn owners<'a>(&'a self, path: &'a FieldPath) -> impl Iterator<Item = &'a ManagedEntry> {
        self.0.iter().filter(|entry| entry.fields.touches(path.steps()))
    }

    /// Returns the entry of a manager that applies the object itself.
    pub fn applied_by(&self, manager: &str) -> Option<&ManagedEntry> {
        let is_its = |entry: &&ManagedEntry| {
            entry.manager == manager && entry.writing == Writing::Apply && entry.subresource.is_empty()
        };
        self.0.iter().find(is_its)
    }
}

fn entry(value: &Value) -> Option<ManagedEntry> {
    let text = |key| value.get(key).and_then(Value::as_str).map(EcoString::from).unwrap_or_default();
    Some(ManagedEntry {
        manager: text("manager"),
        writing: match value.get("operation")?.as_str()? {
            "Apply" => Writing::Apply,
            _ => Writing::Update,
        },
        subresource: text("subresource"),
        api_version: text("apiVersion"),
        time: text("time"),
        fields: FieldSet::parse(value.get("fieldsV1")?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::{json, path};

    fn set(text: &str) -> FieldSet {
        FieldSet::parse(&json(text))
    }

    #[test]
    fn all_forms_of_steps_are_read() {
        let set = set(r#"{"f:spec":{"f:containers":{"k:{\"name\":\"a\"}":{".":{},"f:image":{}}},
            "f:finalizers":{"v:\"x\"":{}},"f:list":{"i:2":{}}}}"#);
        for touched in [
            "spec",
            "spec.containers",
            "spec.containers[name=a]",
            "spec.containers[name=a].image",
            "spec.finalizers[=x]",
            "spec.list[2]",
        ] {
            assert!(set.touches(path(touched).steps()), "{touched}");
        }
        for other in ["metadata", "spec.containers[name=b]", "spec.containers[name=a].ports", "spec.list[1]"] {
            assert!(!set.touches(path(other).steps()), "{other}");
        }
    }

    #[test]
    fn what_is_owned_as_a_whole_owns_what_is_inside() {
        let set = set(r#"{"f:spec":{"f:selector":{},"f:template":{".":{},"f:x":{}}}}"#);
        assert!(set.touches(path("spec.selector.matchLabels.app").steps()));
        assert!(!set.touches(path("spec.template.y").steps()), "`.` owns that the map is there, not its other fields");
    }

    #[test]
    fn a_default_in_the_keys_of_an_item_may_be_missing() {
        let set = set(r#"{"f:ports":{"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{}}}}"#);
        assert!(set.touches(path("ports[containerPort=80]").steps()));
        assert!(set.touches(path("ports[protocol=TCP,containerPort=80]").steps()));
        assert!(!set.touches(path("ports[containerPort=80,protocol=UDP]").steps()));
    }

    #[test]
    fn entries_are_read_with_manager_and_way_of_writing() {
        let object = json(
            r#"{"metadata":{"managedFields":[
              {"manager":"rhumb","operation":"Apply","apiVersion":"v1","time":"2026-01-01T00:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:data":{"f:a":{}}}},
              {"manager":"kubectl-edit","operation":"Update","fieldsV1":{"f:data":{"f:a":{},"f:b":{}}}},
              {"manager":"x"}]}}"#,
        );
        let owners = Ownership::of(&object);
        let (a, b) = (path("data.a"), path("data.b"));
        let names = |path| owners.owners(path).map(|entry| entry.manager.as_str()).collect::<Vec<_>>();
        assert_eq!(names(&a), ["rhumb", "kubectl-edit"]);
        assert_eq!(names(&b), ["kubectl-edit"]);
        assert!(owners.applied_by("rhumb").is_some() && owners.applied_by("kubectl-edit").is_none());
        assert_eq!(Ownership::of(&json("{}")), Ownership::default());
    }
}
