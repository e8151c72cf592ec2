//! The plan itself.

use std::collections::BTreeMap;
use std::fmt;

use ecow::EcoString;

use super::conflict::Conflict;
use super::lookup::Lookup;
use super::release::SourceName;
use crate::diff::{ChangeKind, FieldPath};
use crate::object::{Gvk, ObjectKey};
use crate::value::Value;

/// The name of a release: NAME in NAMESPACE; shown as `namespace/name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ReleaseName {
    /// The namespace in which its history is kept.
    pub namespace: EcoString,
    /// The name.
    pub name: EcoString,
}

impl fmt::Display for ReleaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// What is to be done to a cluster: everything that carrying it out needs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// The release.
    pub release: ReleaseName,
    /// The revision that carrying it out makes.
    pub revision: u64,
    /// The field manager that applies.
    pub manager: EcoString,
    /// The cluster it was made for: the uid of its namespace `kube-system`; empty where that may not be read.
    pub cluster_uid: EcoString,
    /// The version of the server it was made for.
    pub server_version: EcoString,
    /// What it was made of.
    pub source: SourceName,
    /// What charts looked up in the cluster, with a digest of what they found.
    pub lookups: Vec<Lookup>,
    /// What is done, in order.
    pub steps: Vec<Step>,
}

/// What becomes of one object.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The object.
    pub key: ObjectKey,
    /// Its type.
    pub gvk: Gvk,
    /// What is done.
    pub action: Action,
    /// When.
    pub phase: Phase,
    /// The place among the steps of its phase; steps of one level may run at the same time.
    pub level: u32,
    /// What is applied; `None` where the object is deleted or left alone.
    pub manifest: Option<Value>,
    /// Whether fields are taken over from other managers.
    pub force: bool,
    /// What it relies on; `None` where the object must not be there.
    pub relied: Option<Relied>,
    /// How the outcome is known.
    pub basis: Basis,
    /// The object as it will be, without noise; kept in memory only.
    pub after: Option<Value>,
    /// The fields that change.
    pub changes: Vec<PlannedChange>,
    /// The fields that somebody else owns, with how that was settled.
    pub conflicts: Vec<Conflict>,
    /// The managers whose client-side fields are handed over before the object is applied.
    pub hand_over: Vec<EcoString>,
    /// The delete policies of a hook.
    pub hook: Option<HookPolicy>,
    /// Whether later steps wait until the object is ready, not only applied.
    pub awaited: bool,
}

impl Step {
    /// Returns a step of which only this is known.
    pub fn new(key: ObjectKey, gvk: Gvk, action: Action, phase: Phase) -> Step {
        Step {
            key,
            gvk,
            action,
            phase,
            level: 0,
            manifest: None,
            force: false,
            relied: None,
            basis: Basis::Server,
            after: None,
            changes: Vec::new(),
            conflicts: Vec::new(),
            hand_over: Vec::new(),
            hook: None,
            awaited: false,
        }
    }
}

/// What is done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// It is not there and is made.
    Create,
    /// It is changed.
    Update,
    /// Nothing changes but who owns its fields.
    Own,
    /// It is as it should be.
    Unchanged,
    /// It is deleted and made anew, since a field that cannot be changed in place differs.
    Recreate,
    /// It is deleted.
    Delete,
    /// It is left in the cluster and no longer belongs to the release.
    Forget,
    /// It is no longer wished for, and stays a part of the release until a flag lets it go.
    Keep,
    /// It is run as a hook: made, waited for, and deleted as its policies say.
    RunHook,
}

impl Action {
    /// Returns its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Create => "create",
            Action::Update => "update",
            Action::Own => "own",
            Action::Unchanged => "unchanged",
            Action::Recreate => "recreate",
            Action::Delete => "delete",
            Action::Forget => "forget",
            Action::Keep => "keep",
            Action::RunHook => "run-hook",
        }
    }

    /// Returns the action of a name.
    pub fn parse(name: &str) -> Option<Action> {
        use Action::{Create, Delete, Forget, Keep, Own, Recreate, RunHook, Unchanged, Update};
        [Create, Update, Own, Unchanged, Recreate, Delete, Forget, Keep, RunHook]
            .into_iter()
            .find(|action| action.as_str() == name)
    }

    /// Whether a request is sent that may change the cluster.
    pub fn writes(self) -> bool {
        !matches!(self, Action::Unchanged | Action::Forget | Action::Keep)
    }
}

/// When a step runs. Each phase waits for the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Hooks that run first.
    Before,
    /// What the release is made of.
    Apply,
    /// Hooks that run last.
    After,
    /// What is no longer wished for goes.
    Prune,
}

impl Phase {
    /// Returns its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Phase::Before => "before",
            Phase::Apply => "apply",
            Phase::After => "after",
            Phase::Prune => "prune",
        }
    }

    /// Returns the phase of a name.
    pub fn parse(name: &str) -> Option<Phase> {
        [Phase::Before, Phase::Apply, Phase::After, Phase::Prune].into_iter().find(|phase| phase.as_str() == name)
    }
}

/// How the outcome of a step is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// The server said so in a dry run, or the object is only read.
    Server,
    /// It was worked out from the types, without defaults and admission; the text says why the server was not asked.
    Local(EcoString),
    /// It follows from the types and from what was applied last, and nothing about it is in doubt, so the server was not
    /// asked.
    Known,
}

/// What a step relies on of a live object.
#[derive(Debug, Clone, PartialEq)]
pub struct Relied {
    /// The object's uid.
    pub uid: EcoString,
    /// The object without what moves by itself.
    pub object: Value,
    /// The owners of the fields that change, by field.
    pub owners: BTreeMap<String, Vec<EcoString>>,
}

/// A field that changes.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedChange {
    /// The field.
    pub path: FieldPath,
    /// What happens to it.
    pub kind: ChangeKind,
    /// What it is; covered in Secrets.
    pub before: Option<Value>,
    /// What it becomes; covered in Secrets.
    pub after: Option<Value>,
    /// The other managers that own it.
    pub owners: Vec<EcoString>,
}

/// When a hook's object is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct HookPolicy {
    /// Before it is made.
    pub before_creation: bool,
    /// After it succeeded.
    pub succeeded: bool,
    /// After it failed.
    pub failed: bool,
}

impl HookPolicy {
    /// Reads `helm.sh/hook-delete-policy`; what nobody knows is passed over, and an empty list means
    /// `before-hook-creation`, as with Helm.
    pub fn parse<'a>(words: impl IntoIterator<Item = &'a str>) -> HookPolicy {
        let mut policy = HookPolicy::default();
        for word in words {
            match word {
                "before-hook-creation" => policy.before_creation = true,
                "hook-succeeded" => policy.succeeded = true,
                "hook-failed" => policy.failed = true,
                _ => {}
            }
        }
        match policy == HookPolicy::default() {
            true => HookPolicy { before_creation: true, ..policy },
            false => policy,
        }
    }
}

impl Plan {
    /// Whether carrying it out would change nothing.
    pub fn is_empty(&self) -> bool {
        self.steps.iter().all(|step| !step.action.writes() && step.action != Action::Forget)
    }

    /// Returns how many steps there are of each action, in the order of [`Action`].
    pub fn counts(&self) -> BTreeMap<Action, usize> {
        let mut counts = BTreeMap::new();
        for step in &self.steps {
            *counts.entry(step.action).or_default() += 1;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hooks_go_before_they_are_made_anew_unless_told_otherwise() {
        let policy = |words: &[&str]| HookPolicy::parse(words.iter().copied());
        assert!(policy(&[]).before_creation && policy(&["nonsense"]).before_creation);
        assert_eq!(policy(&["hook-succeeded"]), HookPolicy { succeeded: true, ..HookPolicy::default() });
    }

    #[test]
    fn names_of_actions_and_phases_are_read_back() {
        for action in [Action::Create, Action::Own, Action::RunHook, Action::Forget] {
            assert_eq!(Action::parse(action.as_str()), Some(action));
        }
        assert_eq!(Phase::parse("prune"), Some(Phase::Prune));
        assert_eq!((Action::parse("x"), Phase::parse("x")), (None, None));
    }
}
