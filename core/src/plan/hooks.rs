//! Helm's hooks among the objects of a chart: which of them run, when, and in which order.
//!
//! Facts: <https://helm.sh/docs/topics/charts_hooks/>. Hooks are no part of a release: they are taken out of its objects,
//! and run with it.

use super::decide::HookWish;
use super::steps::{HookPolicy, Phase};
use crate::object::{Item, Object, ObjectSet};
use crate::value::{Map, Value};

const HOOK: &str = "helm.sh/hook";
const WEIGHT: &str = "helm.sh/hook-weight";
const DELETE_POLICY: &str = "helm.sh/hook-delete-policy";

/// What happens to a release, and so which hooks run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// It is made.
    Install,
    /// It is changed.
    Upgrade,
    /// It goes back to an earlier revision.
    Rollback,
    /// It is deleted.
    Delete,
}

impl Occasion {
    fn word(self) -> &'static str {
        match self {
            Occasion::Install => "install",
            Occasion::Upgrade => "upgrade",
            Occasion::Rollback => "rollback",
            Occasion::Delete => "delete",
        }
    }
}

/// Whether an object of a chart is a hook.
pub fn is_hook(object: &Object) -> bool {
    object.annotation(HOOK).is_some()
}

/// Takes the hooks out of the objects of a chart and returns those that run on an occasion: by weight, then by name.
pub fn take_hooks(objects: &mut ObjectSet, occasion: Occasion) -> Vec<HookWish> {
    let (before, after) = (format!("pre-{}", occasion.word()), format!("post-{}", occasion.word()));
    let mut hooks = Vec::new();
    for object in objects.objects().filter(|object| is_hook(object)) {
        for (event, phase) in [(&before, Phase::Before), (&after, Phase::After)] {
            if words(object, HOOK).any(|word| word == *event) {
                hooks.push(hook(object, phase));
            }
        }
    }
    objects.retain(|item| !matches!(item, Item::Object(object) if is_hook(object)));
    hooks.sort_by(|a, b| (a.phase, a.weight, a.object.name()).cmp(&(b.phase, b.weight, b.object.name())));
    hooks
}

/// Returns the hooks among the objects of a chart as Helm's records have them. `text` gives the manifest of one.
pub fn stored_hooks(objects: &ObjectSet, text: &dyn Fn(&Object) -> String) -> Vec<Value> {
    let texts = |object: &Object, annotation: &str| -> Value {
        let words = words(object, annotation).filter(|word| !word.is_empty());
        words
            .map(|word| Value::from(if word == "test-success" { "test".to_owned() } else { word }))
            .collect::<Vec<_>>()
            .into()
    };
    let hook = |object: &Object| {
        let entries = [
            ("name", object.name().unwrap_or_default().into()),
            ("kind", object.gvk.kind.clone().into()),
            ("path", (*object.source).into()),
            ("manifest", text(object).into()),
            ("events", texts(object, HOOK)),
            ("last_run", [("phase", Value::from(""))].into_iter().collect::<Map>().into()),
            ("weight", weight(object).into()),
            ("delete_policies", texts(object, DELETE_POLICY)),
            ("output_log_policies", texts(object, "helm.sh/hook-output-log-policy")),
        ];
        let says = |value: &Value| value.as_seq().is_none_or(|items| !items.is_empty());
        Value::from(entries.into_iter().filter(|(_, value)| says(value)).collect::<Map>())
    };
    objects.objects().filter(|object| is_hook(object)).map(hook).collect()
}

fn weight(object: &Object) -> i64 {
    object.annotation(WEIGHT).and_then(|text| text.trim_start_matches('+').parse().ok()).unwrap_or_default()
}

fn hook(object: &Object, phase: Phase) -> HookWish {
    let policies: Vec<String> = words(object, DELETE_POLICY).collect();
    HookWish {
        object: object.clone(),
        phase,
        weight: weight(object),
        policy: HookPolicy::parse(policies.iter().map(String::as_str)),
    }
}

fn words<'a>(object: &'a Object, annotation: &str) -> impl Iterator<Item = String> + 'a {
    object.annotation(annotation).unwrap_or_default().split(',').map(|word| word.trim().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::objects;

    fn hooks(occasion: Occasion) -> (Vec<(String, Phase, i64)>, usize) {
        let one = |name: &str, annotations: &str| {
            format!("apiVersion: batch/v1\nkind: Job\nmetadata: {{name: {name}, annotations: {{{annotations}}}}}\n")
        };
        let text = [
            one("plain", ""),
            one("late", "helm.sh/hook: 'Pre-Install, post-upgrade', helm.sh/hook-weight: '10'"),
            one("b", "helm.sh/hook: pre-install"),
            one("a", "helm.sh/hook: 'pre-install,pre-delete'"),
            one("first", "helm.sh/hook: pre-install, helm.sh/hook-weight: '-5'"),
            one("test", "helm.sh/hook: test"),
        ]
        .join("---\n");
        let mut set = objects(&text);
        let hooks = take_hooks(&mut set, occasion);
        let named = |hook: HookWish| (hook.object.name().unwrap_or_default().to_owned(), hook.phase, hook.weight);
        (hooks.into_iter().map(named).collect(), set.objects().count())
    }

    #[test]
    fn hooks_run_by_weight_and_name_on_their_occasion() {
        let names = |occasion| hooks(occasion).0.into_iter().map(|(name, ..)| name).collect::<Vec<_>>();
        assert_eq!(names(Occasion::Install), ["first", "a", "b", "late"]);
        assert_eq!(hooks(Occasion::Upgrade).0, [("late".to_owned(), Phase::After, 10)]);
        assert_eq!(names(Occasion::Delete), ["a"]);
        assert!(names(Occasion::Rollback).is_empty());
    }

    #[test]
    fn no_hook_is_left_among_the_objects() {
        assert_eq!(hooks(Occasion::Rollback).1, 1);
    }

    #[test]
    fn policies_are_read_from_their_annotation() {
        let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {helm.sh/hook: pre-install, helm.sh/hook-delete-policy: 'hook-succeeded, Hook-Failed'}}\n";
        let hooks = take_hooks(&mut objects(text), Occasion::Install);
        assert_eq!(hooks[0].policy, HookPolicy { before_creation: false, succeeded: true, failed: true });
    }
}
