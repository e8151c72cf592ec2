//! What a front-end has seen of a cluster.

use std::collections::BTreeMap;

use ecow::EcoString;

use crate::object::{Gvk, ObjectKey, Scope, TypeFacts, is_cluster_scoped_builtin};
use crate::value::Value;

/// What is known of a cluster when a plan is made.
#[derive(Debug, Clone, Default)]
pub struct LiveState {
    /// The server's version, such as `v1.37.2`; empty where it was not asked.
    pub version: EcoString,
    /// What tells this cluster from others: the uid of its namespace `kube-system`; empty where it may not be read.
    pub cluster_uid: EcoString,
    /// The kinds that the server has.
    pub kinds: Vec<ApiKind>,
    /// What was seen of each object that was looked for.
    pub objects: BTreeMap<ObjectKey, Sight>,
    /// What the server said to the questions of [`requests`](super::requests), the last one for each object.
    pub answers: BTreeMap<ObjectKey, (DryRun, Answer)>,
}

/// A kind that the server has, from discovery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKind {
    /// Its type.
    pub gvk: Gvk,
    /// The word for it in addresses, such as `deployments`.
    pub plural: EcoString,
    /// Where its objects live.
    pub scope: Scope,
    /// What can be done with it: `get`, `patch`, `delete` and so on.
    pub verbs: Vec<EcoString>,
}

/// What was seen of an object.
#[derive(Debug, Clone, PartialEq)]
pub enum Sight {
    /// The object as the server gave it.
    Object(Value),
    /// It is not there.
    Absent,
    /// It could not be seen; the text says why.
    Unseen(EcoString),
}

/// A question for the server: what would become of an object if this were applied? Sent as a server-side apply with
/// `dryRun=All`.
#[derive(Debug, Clone, PartialEq)]
pub struct DryRun {
    /// The object.
    pub key: ObjectKey,
    /// Its type.
    pub gvk: Gvk,
    /// What is applied.
    pub object: Value,
    /// Whether conflicts with other managers are overridden: only where each of them was settled that way.
    pub force: bool,
}

/// What the server said to a dry run.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The object as it would become.
    Object(Value),
    /// It would refuse.
    Refused(Refusal),
    /// It was not asked; the text says why.
    NotAsked(EcoString),
}

/// A refusal: what `metav1.Status` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub code: u16,
    /// The reason in one word, such as `Invalid` or `Conflict`.
    pub reason: EcoString,
    /// The reason in words.
    pub message: EcoString,
    /// What is wrong, one by one.
    pub causes: Vec<Cause>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cause {
    /// Its kind, such as `FieldManagerConflict` or `FieldValueInvalid`.
    pub reason: EcoString,
    /// The field, as the server writes it.
    pub field: EcoString,
    /// What is wrong with it.
    pub message: EcoString,
}

impl Refusal {
    /// Reads a `Status` that came with an HTTP status.
    pub fn parse(code: u16, status: &Value) -> Refusal {
        let text =
            |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(EcoString::from).unwrap_or_default();
        let causes = status.get("details").and_then(|details| details.get("causes")).and_then(Value::as_seq);
        Refusal {
            code,
            reason: text(status, "reason"),
            message: text(status, "message"),
            causes: causes
                .unwrap_or_default()
                .iter()
                .map(|cause| Cause {
                    reason: text(cause, "reason"),
                    field: text(cause, "field"),
                    message: text(cause, "message"),
                })
                .collect(),
        }
    }

    /// Whether fields are owned by others.
    pub fn is_conflict(&self) -> bool {
        self.code == 409 && self.causes.iter().any(|cause| cause.reason == "FieldManagerConflict")
    }

    /// Whether the server would let nobody ask that: the account lacks the right, or a webhook cannot do dry runs.
    pub fn is_not_allowed(&self) -> bool {
        matches!(self.code, 401 | 403) || self.message.contains("does not support dry run")
    }

    /// Whether what the object belongs to is not there yet: its namespace, or the definition of its kind.
    pub fn is_missing_ground(&self) -> bool {
        self.code == 404
    }
}

impl LiveState {
    /// Returns what was seen of an object; one that was never looked for is unseen.
    pub fn sight(&self, key: &ObjectKey) -> Sight {
        self.objects.get(key).cloned().unwrap_or_else(|| Sight::Unseen("nobody looked for it".into()))
    }

    /// Returns an object that is there.
    pub fn object(&self, key: &ObjectKey) -> Option<&Value> {
        match self.objects.get(key)? {
            Sight::Object(object) => Some(object),
            Sight::Absent | Sight::Unseen(_) => None,
        }
    }

    /// Returns what discovery says of a type.
    pub fn kind(&self, gvk: &Gvk) -> Option<&ApiKind> {
        self.kinds.iter().find(|kind| kind.gvk == *gvk)
    }

    /// Returns where objects of a type live: as the server says, else as the types say, else as Kubernetes has it.
    pub fn scope(&self, gvk: &Gvk, facts: &dyn TypeFacts) -> Scope {
        let builtin = || match is_cluster_scoped_builtin(&gvk.group, &gvk.kind) {
            true => Scope::Cluster,
            false => Scope::Namespaced,
        };
        self.kind(gvk).map(|kind| kind.scope).or_else(|| facts.scope(gvk)).unwrap_or_else(builtin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::json;

    #[test]
    fn a_status_is_read_with_its_causes() {
        let status = json(
            r#"{"kind":"Status","status":"Failure","message":"Apply failed with 1 conflict","reason":"Conflict","code":409,
            "details":{"causes":[{"reason":"FieldManagerConflict","message":"conflict with \"a\" using v1","field":".data.x"}]}}"#,
        );
        let refusal = Refusal::parse(409, &status);
        assert!(refusal.is_conflict() && !refusal.is_not_allowed());
        assert_eq!(refusal.causes[0].field, ".data.x");
        assert!(Refusal::parse(403, &json("{}")).is_not_allowed());
        assert!(!Refusal::parse(409, &json(r#"{"reason":"AlreadyExists"}"#)).is_conflict());
    }
}
