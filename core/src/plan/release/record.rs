//! What the record of a plan says: before its first change, and when it has ended.

use std::collections::BTreeMap;

use ecow::EcoString;

use super::{Keeper, Revision, SourceName, State};
use crate::object::ObjectKey;
use crate::plan::inventory::Entry;
use crate::plan::steps::{Action, Phase, Plan, Step};
use crate::value::Value;

/// What a record says beside what the plan does.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct About {
    /// The values over the defaults of the source; null where there are none.
    pub values: Value,
    /// What a chart tells its user.
    pub notes: EcoString,
    /// What is done, in words: `apply`, or `rollback to 3`.
    pub description: EcoString,
}

/// Returns the record of a plan before its first change: everything that is about to exist is in its inventory.
pub fn begun(plan: &Plan, about: &About, now: &str) -> Revision {
    Revision {
        release: plan.release.clone(),
        revision: plan.revision,
        state: State::Applying,
        started: now.into(),
        updated: now.into(),
        description: about.description.clone(),
        source: SourceName::clone(&plan.source),
        values: about.values.clone(),
        manifests: plan.steps.iter().filter(|step| is_part(step)).filter_map(|step| step.manifest.clone()).collect(),
        inventory: plan.steps.iter().filter(|step| is_part(step) || step.action == Action::Keep).map(entry).collect(),
        notes: about.notes.clone(),
        keeper: Keeper::Own,
    }
}

/// Returns the record of a plan that has ended: carried out, or failed for a reason. `uids` are those of the objects that
/// were written.
pub fn ended(begun: &Revision, uids: &BTreeMap<ObjectKey, EcoString>, failure: Option<&str>, now: &str) -> Revision {
    let mut record = begun.clone();
    for entry in &mut record.inventory {
        if let Some(uid) = uids.get(&entry.key) {
            entry.uid.clone_from(uid);
        }
    }
    record.updated = now.into();
    record.state = if failure.is_none() { State::Deployed } else { State::Failed };
    if let Some(reason) = failure {
        record.description = ecow::eco_format!("{}: {reason}", begun.description);
    }
    record
}

// Whether the release consists of it.
fn is_part(step: &Step) -> bool {
    step.phase == Phase::Apply
}

fn entry(step: &Step) -> Entry {
    // The object that is made anew has another uid, which nobody knows yet.
    let relied = step.relied.as_ref().filter(|_| step.action != Action::Recreate);
    let uid = relied.map(|relied| relied.uid.clone()).unwrap_or_default();
    Entry { key: step.key.clone(), gvk: step.gvk.clone(), uid }
}

/// Whether a plan has nothing to do and its release is in the state that says so: nothing is written then, not even a
/// record. Hooks alone are no reason to write, since they only go with a change.
pub fn is_settled(plan: &Plan, history: &[Revision]) -> bool {
    let changes =
        plan.steps.iter().any(|step| step.action == Action::Forget || (step.action.writes() && step.hook.is_none()));
    let newest = history.iter().max_by_key(|one| one.revision);
    !changes && newest.is_some_and(|newest| newest.state == State::Deployed)
}

/// Returns the revisions whose records may go so that at most `keep` are left: the oldest ones, none that is in the
/// cluster or came after what is.
pub fn outdated(history: &[Revision], keep: usize) -> Vec<u64> {
    let bound = super::deployed(history).map_or(0, |deployed| deployed.revision);
    let mut old: Vec<u64> = history.iter().map(|one| one.revision).filter(|revision| *revision < bound).collect();
    old.sort_unstable();
    old.dedup();
    old.truncate(history.len().saturating_sub(keep.max(1)));
    old
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Gvk;
    use crate::plan::steps::{HookPolicy, Relied};
    use crate::plan::testing::yaml;

    fn step(name: &str, action: Action, uid: &str) -> Step {
        let key = ObjectKey { kind: "ConfigMap".into(), name: name.into(), ..ObjectKey::default() };
        let phase = match action {
            Action::Delete | Action::Forget | Action::Keep => Phase::Prune,
            Action::RunHook => Phase::Before,
            _ => Phase::Apply,
        };
        let mut step = Step::new(key, Gvk::new("v1", "ConfigMap"), action, phase);
        step.relied =
            (!uid.is_empty()).then(|| Relied { uid: uid.into(), object: Value::Null, owners: BTreeMap::new() });
        step.manifest = (phase == Phase::Apply).then(|| yaml(&format!("metadata: {{name: {name}}}\n")));
        step.hook = (action == Action::RunHook).then(HookPolicy::default);
        step
    }

    fn plan(steps: Vec<Step>) -> Plan {
        Plan { revision: 2, steps, ..Plan::default() }
    }

    fn entries(record: &Revision) -> Vec<String> {
        record.inventory.iter().map(|entry| format!("{}:{}", entry.key.name, entry.uid)).collect()
    }

    #[test]
    fn a_record_names_what_is_about_to_exist_and_then_what_does() {
        let plan = plan(vec![
            step("new", Action::Create, ""),
            step("same", Action::Unchanged, "1"),
            step("anew", Action::Recreate, "2"),
            step("kept", Action::Keep, "3"),
            step("gone", Action::Delete, "4"),
            step("given-up", Action::Forget, "5"),
            step("hook", Action::RunHook, ""),
        ]);
        let about = About { description: "apply".into(), ..About::default() };
        let before = begun(&plan, &about, "t");
        assert_eq!((before.state, before.manifests.len()), (State::Applying, 3));
        assert_eq!(entries(&before), ["new:", "same:1", "anew:", "kept:3"]);
        let uids =
            plan.steps[..3].iter().zip(["a", "1", "b"]).map(|(step, uid)| (step.key.clone(), uid.into())).collect();
        let after = ended(&before, &uids, None, "u");
        assert_eq!((after.state, after.updated.as_str()), (State::Deployed, "u"));
        assert_eq!(entries(&after), ["new:a", "same:1", "anew:b", "kept:3"]);
        let failed = ended(&before, &BTreeMap::new(), Some("no room"), "u");
        assert_eq!((failed.state, failed.description.as_str()), (State::Failed, "apply: no room"));
    }

    #[test]
    fn a_release_is_settled_when_nothing_changes_and_its_last_run_ended_well() {
        let history = |state| vec![Revision { revision: 1, state, ..Revision::default() }];
        let quiet =
            plan(vec![step("a", Action::Unchanged, "1"), step("h", Action::RunHook, ""), step("k", Action::Keep, "2")]);
        assert!(is_settled(&quiet, &history(State::Deployed)));
        assert!(!is_settled(&quiet, &history(State::Applying)), "a run that died is finished");
        assert!(!is_settled(&quiet, &[]));
        for action in [Action::Own, Action::Forget, Action::Delete] {
            assert!(!is_settled(&plan(vec![step("a", action, "1")]), &history(State::Deployed)));
        }
    }

    #[test]
    fn old_records_go_and_the_deployed_one_stays() {
        let states = [State::Superseded, State::Superseded, State::Deployed, State::Failed, State::Failed];
        let history: Vec<Revision> =
            (1..).zip(states).map(|(revision, state)| Revision { revision, state, ..Revision::default() }).collect();
        assert_eq!(outdated(&history, 4), [1]);
        assert_eq!(outdated(&history, 1), [1, 2], "what came after the deployed one may have left something");
        assert!(outdated(&history, 10).is_empty());
    }
}
