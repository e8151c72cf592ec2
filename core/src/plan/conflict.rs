//! Fields that somebody else owns, and what becomes of them.

use ecow::EcoString;

use super::live::Refusal;
use super::managed::{ManagedEntry, Ownership, Writing};
use super::noise::clean;
use super::place;
use super::policy::{CONFLICTS_ANNOTATION, Policy, Rule, Settlement, annotated_rules};
use super::predict::predict;
use crate::diff::{self, Change, FieldPath};
use crate::object::{Gvk, ObjectKey, TypeFacts};
use crate::source::Span;
use crate::value::Value;
use crate::yaml::Node;

/// A field that would change and that another manager owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The field.
    pub path: FieldPath,
    /// Its owner.
    pub manager: EcoString,
    /// When the owner last wrote, as RFC 3339; empty where it is not known.
    pub since: EcoString,
    /// How it is settled; `None` where no rule speaks of it.
    pub settlement: Option<Settlement>,
}

/// What is applied once conflicts are settled.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    /// The object, without the fields that are left to others.
    pub object: Value,
    /// Whether fields are taken over.
    pub force: bool,
    /// The conflicts.
    pub conflicts: Vec<Conflict>,
    /// What would change if all that was desired were applied.
    pub changes: Vec<Change>,
}

impl Settled {
    /// Returns the conflicts that no rule settles.
    pub fn open(&self) -> impl Iterator<Item = &Conflict> {
        self.conflicts.iter().filter(|conflict| conflict.settlement.is_none())
    }
}

/// Returns what is applied to a live object: its conflicts found, and settled by the object's own annotation, else by
/// the policy.
///
/// The conflicts are those that the server named when it refused, or, where it was not asked yet, those that follow
/// from the owners of the fields that would change.
///
/// # Errors
/// When the annotation cannot be read; with the reason, for a message.
pub fn settle(
    (key, gvk): (&ObjectKey, &Gvk),
    desired: &Value,
    live: &Value,
    refusal: Option<&Refusal>,
    policy: &Policy,
    facts: &dyn TypeFacts,
) -> Result<Settled, String> {
    let rules = own_rules(desired).map_err(|reason| format!("annotation `{CONFLICTS_ANNOTATION}`: {reason}"))?;
    let owners = Ownership::of(live);
    let mut object = desired.clone();
    let mut conflicts = Vec::new();
    let changes = changes(desired, live, policy, gvk, facts);
    for path in changes.iter().map(|change| &change.path) {
        let others: Vec<&ManagedEntry> = owners.owners(path).filter(|entry| !is_own(entry, &policy.manager)).collect();
        let settlement = |manager: &str| policy.settlement(&rules, key, path, manager);
        if others.is_empty() {
            if settlement("") == Some(Settlement::Ignore) {
                // Nobody else holds it: left out it would be taken away, so it is applied as it is.
                object = place::with(&object, path.steps(), place::at(live, path.steps()));
            }
            continue;
        }
        for other in others {
            let (manager, since) = (other.manager.clone(), other.time.clone());
            let settlement = settlement(&manager);
            conflicts.push(Conflict { path: path.clone(), manager, since, settlement });
        }
    }
    if let Some(refusal) = refusal {
        let settlement = |path: &FieldPath, manager: &str| policy.settlement(&rules, key, path, manager);
        let named = named_conflicts(refusal, desired, &owners, settlement);
        // What the server does not name is none, unless a rule made it go away.
        conflicts.retain(|one: &Conflict| one.settlement.is_some() || is_among(one, &named));
        let new: Vec<Conflict> = named.into_iter().filter(|one| !is_among(one, &conflicts)).collect();
        conflicts.extend(new);
    }
    for conflict in &conflicts {
        if matches!(conflict.settlement, Some(Settlement::Yield | Settlement::Ignore)) {
            object = place::with(&object, conflict.path.steps(), None);
        }
    }
    let force = conflicts.iter().any(|conflict| conflict.settlement == Some(Settlement::Mine));
    Ok(Settled { object, force, conflicts, changes })
}

fn own_rules(desired: &Value) -> Result<Vec<Rule>, String> {
    let annotation = desired.get("metadata").and_then(|metadata| metadata.get("annotations"));
    match annotation.and_then(|annotations| annotations.get(CONFLICTS_ANNOTATION)).and_then(Value::as_str) {
        Some(text) => annotated_rules(text),
        None => Ok(Vec::new()),
    }
}

/// Whether an entry is what a manager applied itself.
pub(super) fn is_own(entry: &ManagedEntry, manager: &str) -> bool {
    entry.manager == manager && entry.writing == Writing::Apply && entry.subresource.is_empty()
}

/// Returns what would change, as it is worked out here.
pub(super) fn changes(desired: &Value, live: &Value, policy: &Policy, gvk: &Gvk, facts: &dyn TypeFacts) -> Vec<Change> {
    let predicted = predict(live, desired, &|entry| is_own(entry, &policy.manager), gvk, facts);
    let node = |value: &Value| Node::from_value(&clean(value), Span::NONE, None);
    diff::changes(&node(live), &node(&predicted), gvk, facts)
}

fn is_among(conflict: &Conflict, others: &[Conflict]) -> bool {
    others.iter().any(|other| other.path == conflict.path && other.manager == conflict.manager)
}

// What the server names; it compares defaulted values, so it can see more and less than was seen here.
fn named_conflicts(
    refusal: &Refusal,
    desired: &Value,
    owners: &Ownership,
    settlement: impl Fn(&FieldPath, &str) -> Option<Settlement>,
) -> Vec<Conflict> {
    let causes = refusal.causes.iter().filter(|cause| cause.reason == "FieldManagerConflict");
    let named = causes.filter_map(|cause| {
        let (manager, time) = named_manager(&cause.message)?;
        let path = place::read(&cause.field, desired)?;
        let known = owners.0.iter().find(|entry| entry.manager == manager && entry.fields.touches(path.steps()));
        let since = time.or_else(|| known.map(|entry| entry.time.clone())).unwrap_or_default();
        let settlement = settlement(&path, &manager);
        Some(Conflict { path, manager, since, settlement })
    });
    named.collect()
}

// `conflict with "kubectl-edit" with subresource "scale" using apps/v1 at 2026-01-31T12:00:00Z`.
fn named_manager(message: &str) -> Option<(EcoString, Option<EcoString>)> {
    let rest = message.strip_prefix("conflict with ")?;
    let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<String>();
    let manager = stream.next()?.ok()?;
    let time = rest[stream.byte_offset()..].rsplit_once(" at ").map(|(_, time)| time.into());
    Some((manager.into(), time))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::live::Cause;
    use crate::plan::testing::{Facts, yaml};

    const LIVE: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  managedFields:
  - {manager: rhumb, operation: Apply, fieldsV1: {'f:spec': {'f:replicas': {}, 'f:mine': {}, 'f:paused': {}}}}
  - {manager: scaler, operation: Update, time: '2026-01-01T00:00:00Z', fieldsV1: {'f:spec': {'f:replicas': {}}}}
  - {manager: kubectl, operation: Update, fieldsV1: {'f:spec': {'f:strategy': {}}}}
spec: {replicas: 5, mine: 1, paused: true, strategy: x, default: 1}
";

    fn settled(desired: &str, rules: &str, refusal: Option<&Refusal>) -> Settled {
        let policy = Policy { rules: annotated_rules(rules).expect("rules"), ..Policy::default() };
        let key = ObjectKey { kind: "Deployment".into(), name: "web".into(), ..ObjectKey::default() };
        let gvk = Gvk::new("apps/v1", "Deployment");
        settle((&key, &gvk), &yaml(desired), &yaml(LIVE), refusal, &policy, &Facts).expect("settled")
    }

    fn wish(spec: &str) -> String {
        format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {spec}\n")
    }

    #[test]
    fn only_changed_fields_of_others_are_conflicts() {
        let got = settled(&wish("{replicas: 2, mine: 2, paused: true, strategy: x, default: 2}"), "", None);
        let named: Vec<_> =
            got.conflicts.iter().map(|c| (c.path.to_string(), c.manager.as_str(), c.since.as_str())).collect();
        assert_eq!(named, [("spec.replicas".to_owned(), "scaler", "2026-01-01T00:00:00Z")]);
        assert_eq!(got.open().count(), 1);
        assert!(!got.force);
    }

    #[test]
    fn settlements_take_over_leave_and_overlook() {
        let desired = wish("{replicas: 2, mine: 1, paused: false, strategy: y}");
        let got = settled(&desired, "yield: spec.replicas; mine: spec.strategy; ignore: spec.paused", None);
        assert!(got.force && got.open().count() == 0);
        assert_eq!(got.object, yaml(&wish("{mine: 1, paused: true, strategy: y}")), "paused keeps its live value");
    }

    #[test]
    fn the_annotation_of_the_object_counts_first() {
        let desired = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, annotations: {rhumb.dev/conflicts: 'yield: spec.replicas'}}\nspec: {replicas: 2, mine: 1, paused: true}\n";
        let got = settled(desired, "mine: spec", None);
        assert!(!got.force);
        assert_eq!(place::at(&got.object, crate::plan::testing::path("spec.replicas").steps()), None);
    }

    #[test]
    fn conflicts_that_only_the_server_sees_count_as_well() {
        let cause = Cause {
            reason: "FieldManagerConflict".into(),
            field: ".spec.strategy".into(),
            message: "conflict with \"kubectl\" using apps/v1 at 2026-02-02T00:00:00Z".into(),
        };
        let refusal = Refusal { code: 409, causes: vec![cause], ..Refusal::default() };
        let got = settled(&wish("{mine: 1, paused: true, replicas: 5, strategy: x}"), "", Some(&refusal));
        assert_eq!(got.conflicts.len(), 1);
        assert_eq!(
            (got.conflicts[0].manager.as_str(), got.conflicts[0].since.as_str()),
            ("kubectl", "2026-02-02T00:00:00Z")
        );
    }

    #[test]
    fn managers_are_read_from_the_words_of_the_server() {
        assert_eq!(named_manager("conflict with \"a\\\"b\""), Some(("a\"b".into(), None)));
        assert_eq!(
            named_manager("conflict with \"x\" with subresource \"scale\" using apps/v1 at T"),
            Some(("x".into(), Some("T".into())))
        );
        assert_eq!(named_manager("something else"), None);
    }
}
