//! The order in which objects are applied: what others need first.
//!
//! Kinds fall into classes (namespaces, definitions, access, configuration, services, workloads, what watches
//! workloads, webhooks), and an object can name what it waits for in the annotation `rhumb.dev/depends-on`. From both
//! follow levels: what stands on one level can be applied at the same time.

use std::collections::BTreeMap;

use super::select::Selector;
use crate::object::ObjectKey;
use crate::value::Value;

/// The annotation that names what an object waits for: `StatefulSet/db, data/Job/seed`. A name without a namespace is
/// looked for in the namespace of the object, then among objects without one.
pub const DEPENDS_ON: &str = "rhumb.dev/depends-on";

/// The levels of objects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Levels {
    /// The level of each object, in the order in which they were given.
    pub level: Vec<u32>,
    /// The objects (by their place) that something waits for to be ready, not only applied.
    pub awaited: Vec<bool>,
}

/// Returns the levels of objects.
///
/// # Errors
/// When a dependency is not among them, or leads back to where it began; with the reason, for a message.
pub fn levels(objects: &[(ObjectKey, &Value)]) -> Result<Levels, String> {
    let edges = dependencies(objects)?;
    let mut ranks: Vec<(u32, u32)> = vec![(0, 0); objects.len()];
    let mut awaited = vec![false; objects.len()];
    for place in topological(objects, &edges)? {
        let own = class(&objects[place].0);
        let mut rank = (own, 0);
        for needed in &edges[place] {
            awaited[*needed] = true;
            // Behind what it needs: in its own class if that comes later, else one step further on.
            let (theirs, depth) = ranks[*needed];
            rank = rank.max((theirs, depth + 1));
        }
        ranks[place] = rank;
    }
    let mut known: Vec<(u32, u32)> = ranks.clone();
    known.sort_unstable();
    known.dedup();
    let number: BTreeMap<(u32, u32), u32> = known.into_iter().zip(0..).collect();
    Ok(Levels { level: ranks.iter().map(|rank| number[rank]).collect(), awaited })
}

// What each object waits for, by place.
fn dependencies(objects: &[(ObjectKey, &Value)]) -> Result<Vec<Vec<usize>>, String> {
    let annotation = |object: &Value| {
        let text = object.get("metadata")?.get("annotations")?.get(DEPENDS_ON)?.as_str()?;
        Some(text.to_owned())
    };
    let mut by_name: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (place, (key, _)) in objects.iter().enumerate() {
        by_name.entry((&key.name, &key.namespace)).or_default().push(place);
    }
    let find = |selector: &Selector, from: &ObjectKey| -> Option<usize> {
        let name = selector.name.as_deref()?;
        let namespaces: &[&str] = match &selector.namespace {
            Some(namespace) => &[namespace.as_str()],
            None => &[&from.namespace, ""],
        };
        let candidates = namespaces.iter().filter_map(|namespace| by_name.get(&(name, *namespace))).flatten();
        candidates.copied().find(|place| selector.matches(&objects[*place].0))
    };
    let one = |(key, object): &(ObjectKey, &Value)| {
        let text = annotation(object).unwrap_or_default();
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        names
            .map(|name| {
                let selector = Selector::parse(name).map_err(|reason| format!("{key}: `{DEPENDS_ON}`: {reason}"))?;
                find(&selector, key).ok_or_else(|| format!("{key}: `{DEPENDS_ON}` names {name}, which is not there"))
            })
            .collect()
    };
    objects.iter().map(one).collect()
}

// The places in an order in which nothing comes before what it needs; without dependencies, as they are.
fn topological(objects: &[(ObjectKey, &Value)], edges: &[Vec<usize>]) -> Result<Vec<usize>, String> {
    let mut waiting: Vec<usize> = edges.iter().map(Vec::len).collect();
    let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); objects.len()];
    for (place, needed) in edges.iter().enumerate() {
        for needed in needed {
            dependents[*needed].push(place);
        }
    }
    let mut order: Vec<usize> = (0..objects.len()).filter(|place| waiting[*place] == 0).collect();
    let mut next = 0;
    while let Some(place) = order.get(next).copied() {
        next += 1;
        for dependent in &dependents[place] {
            waiting[*dependent] -= 1;
            if waiting[*dependent] == 0 {
                order.push(*dependent);
            }
        }
    }
    if order.len() == objects.len() {
        return Ok(order);
    }
    let stuck = (0..objects.len()).filter(|place| waiting[*place] > 0);
    let names: Vec<String> = stuck.take(5).map(|place| objects[place].0.to_string()).collect();
    Err(format!("`{DEPENDS_ON}` leads in a circle: {}", names.join(", ")))
}

const NAMESPACES: u32 = 0;
const DEFINITIONS: u32 = 1;
const ACCESS: u32 = 2;
const CONFIGURATION: u32 = 3;
const SERVICES: u32 = 4;
const WORKLOADS: u32 = 5;
const WATCHERS: u32 = 6;
const WEBHOOKS: u32 = 7;

/// Whether objects of a type must be ready before anything of a later level is applied: a namespace, a definition.
pub(super) fn is_ground(key: &ObjectKey) -> bool {
    class(key) <= DEFINITIONS
}

fn class(key: &ObjectKey) -> u32 {
    match (key.group.as_str(), key.kind.as_str()) {
        ("", "Namespace") | ("scheduling.k8s.io", "PriorityClass") => NAMESPACES,
        ("apiextensions.k8s.io", "CustomResourceDefinition") => DEFINITIONS,
        ("", "ServiceAccount") => ACCESS,
        ("rbac.authorization.k8s.io", _) => ACCESS,
        (
            "",
            "Secret" | "ConfigMap" | "PersistentVolume" | "PersistentVolumeClaim" | "ResourceQuota" | "LimitRange",
        ) => CONFIGURATION,
        ("storage.k8s.io" | "node.k8s.io", _) => CONFIGURATION,
        ("networking.k8s.io", "NetworkPolicy" | "IngressClass") => CONFIGURATION,
        ("policy", "PodDisruptionBudget") => CONFIGURATION,
        ("", "Service" | "Endpoints") | ("discovery.k8s.io", _) => SERVICES,
        ("autoscaling", _) | ("networking.k8s.io", _) => WATCHERS,
        ("apiregistration.k8s.io" | "admissionregistration.k8s.io", _) => WEBHOOKS,
        _ => WORKLOADS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::objects;

    fn named(text: &str) -> Result<Vec<(String, u32, bool)>, String> {
        let set = objects(text);
        let values: Vec<(ObjectKey, Value)> = set.objects().map(|o| (o.key(), o.node.to_value())).collect();
        let given: Vec<(ObjectKey, &Value)> = values.iter().map(|(key, value)| (key.clone(), value)).collect();
        let levels = levels(&given)?;
        let one =
            |(i, (key, _)): (usize, &(ObjectKey, Value))| (key.name.to_string(), levels.level[i], levels.awaited[i]);
        Ok(values.iter().enumerate().map(one).collect())
    }

    fn check(text: &str, want: &[(&str, u32)]) {
        let got = named(text).expect("levels");
        assert_eq!(got.iter().map(|(name, level, _)| (name.as_str(), *level)).collect::<Vec<_>>(), want);
    }

    fn object(api: &str, kind: &str, name: &str, needs: &str) -> String {
        format!(
            "apiVersion: {api}\nkind: {kind}\nmetadata: {{name: {name}, namespace: ns, annotations: {{rhumb.dev/depends-on: '{needs}'}}}}\n---\n"
        )
    }

    #[test]
    fn kinds_stand_in_classes() {
        let text = object("apps/v1", "Deployment", "web", "")
            + &object("v1", "ConfigMap", "config", "")
            + &object("v1", "Namespace", "ns", "")
            + &object("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "hook", "")
            + &object("example.com/v1", "Widget", "cr", "")
            + &object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "crd", "");
        check(
            text.trim_end_matches("---\n"),
            &[("web", 3), ("config", 2), ("ns", 0), ("hook", 4), ("cr", 3), ("crd", 1)],
        );
    }

    #[test]
    fn dependencies_go_before_classes() {
        let text = object("v1", "ConfigMap", "late", "Job/seed")
            + &object("batch/v1", "Job", "seed", "Deployment.apps/db")
            + &object("apps/v1", "Deployment", "db", "")
            + &object("apps/v1", "Deployment", "web", "ns/ConfigMap/late");
        let text = text.trim_end_matches("---\n");
        check(text, &[("late", 2), ("seed", 1), ("db", 0), ("web", 3)]);
        let awaited: Vec<bool> = named(text).expect("levels").into_iter().map(|(_, _, awaited)| awaited).collect();
        assert_eq!(awaited, [true, true, true, false]);
    }

    #[test]
    fn circles_and_strangers_are_errors() {
        let circle = object("v1", "ConfigMap", "a", "ConfigMap/b") + &object("v1", "ConfigMap", "b", "ConfigMap/a");
        let error = named(circle.trim_end_matches("---\n")).expect_err("a circle");
        assert_eq!(error, "`rhumb.dev/depends-on` leads in a circle: ns/ConfigMap/a, ns/ConfigMap/b");
        let stranger = object("v1", "ConfigMap", "a", "Secret/x");
        let error = named(stranger.trim_end_matches("---\n")).expect_err("not there");
        assert_eq!(error, "ns/ConfigMap/a: `rhumb.dev/depends-on` names Secret/x, which is not there");
        assert!(named(object("v1", "ConfigMap", "a", "x").trim_end_matches("---\n")).is_err());
    }
}
