//! A plan as differences: what is there against what will be.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::steps::{Action, Basis, Plan, Step};
use crate::diff::{self, ObjectDiff};
use crate::object::{Object, ObjectKey, ObjectSet, TypeFacts};
use crate::source::Span;
use crate::value::Value;
use crate::yaml::Node;

/// Returns the objects that carrying out a plan would change, make or delete, in its order. An object that could not be
/// seen is not among them: the plan's findings name it.
pub fn diffs(plan: &Plan, facts: &dyn TypeFacts) -> Vec<ObjectDiff> {
    let (mut before, mut after) = (ObjectSet::new(), ObjectSet::new());
    for step in plan.steps.iter().filter(|step| step.action.writes() && step.hook.is_none()) {
        let is_unseen = step.relied.is_none() && step.action != Action::Create;
        if is_unseen {
            continue;
        }
        before.extend(step.relied.as_ref().and_then(|relied| object(&relied.object)));
        after.extend(step.after.as_ref().and_then(object));
    }
    diff::compare(&before, &after, facts)
}

fn object(value: &Value) -> Option<crate::object::Item> {
    let node = Node::from_value(value, Span::NONE, None);
    Object::new(node, Arc::from("")).map(crate::object::Item::Object)
}

/// Returns differences for machines, as [`diff::to_json`] has them. Each object says with `action` what is done to it,
/// with `local` why it was compared without the server, and with `conflicts` which fields others own.
pub fn to_json(plan: &Plan, diffs: &[ObjectDiff]) -> serde_json::Value {
    let steps: BTreeMap<&ObjectKey, &Step> = plan.steps.iter().map(|step| (&step.key, step)).collect();
    let mut out = diff::to_json(diffs, false);
    let objects = out.get_mut("objects").and_then(serde_json::Value::as_array_mut);
    for (shown, diff) in objects.into_iter().flatten().zip(diffs) {
        let Some(step) = steps.get(&diff.key) else { continue };
        shown["action"] = step.action.as_str().into();
        if let Basis::Local(reason) = &step.basis {
            shown["local"] = reason.as_str().into();
        }
        if !step.conflicts.is_empty() {
            let conflict = |conflict: &super::Conflict| {
                serde_json::json!({
                    "path": conflict.path.to_string(),
                    "manager": conflict.manager.as_str(),
                    "since": conflict.since.as_str(),
                    "settlement": conflict.settlement.map(super::Settlement::as_str),
                })
            };
            shown["conflicts"] = step.conflicts.iter().map(conflict).collect();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Gvk;
    use crate::plan::testing::{Facts, yaml};
    use crate::plan::{Phase, Relied};

    fn step(action: Action, before: Option<&str>, after: Option<&str>) -> Step {
        let of = yaml(before.or(after).expect("one of the two"));
        let text = |key: &str| of.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let gvk = Gvk::new(&text("apiVersion"), &text("kind"));
        let name = of.get("metadata").and_then(|metadata| metadata.get("name")?.as_str()).unwrap_or_default();
        let key =
            ObjectKey { group: gvk.group.clone(), kind: gvk.kind.clone(), name: name.into(), ..ObjectKey::default() };
        let mut step = Step::new(key, gvk, action, Phase::Apply);
        step.relied =
            before.map(|before| Relied { uid: "u".into(), object: yaml(before), owners: BTreeMap::default() });
        step.after = after.map(yaml);
        step
    }

    #[test]
    fn each_step_that_writes_is_a_difference() {
        let map = |name: &str, value: &str| {
            format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{a: '{value}'}}\n")
        };
        let mut local = step(Action::Recreate, Some(&map("d", "1")), Some(&map("d", "2")));
        local.basis = Basis::Local("why".into());
        let plan = Plan {
            steps: vec![
                step(Action::Create, None, Some(&map("a", "1"))),
                step(Action::Update, Some(&map("b", "1")), Some(&map("b", "2"))),
                step(Action::Unchanged, Some(&map("c", "1")), Some(&map("c", "1"))),
                local,
                step(Action::Delete, Some(&map("e", "1")), None),
                step(Action::Update, None, Some(&map("unseen", "1"))),
            ],
            ..Plan::default()
        };
        let diffs = diffs(&plan, &Facts);
        assert_eq!(diff::summary(&diffs).to_string(), "1 added, 1 removed, 2 changed");
        let json = to_json(&plan, &diffs);
        let actions: Vec<_> =
            json["objects"].as_array().expect("objects").iter().map(|one| one["action"].clone()).collect();
        assert_eq!(actions, ["create", "update", "recreate", "delete"]);
        assert_eq!(json["objects"][2]["local"], "why");
    }
}
