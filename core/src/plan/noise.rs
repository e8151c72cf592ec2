//! What of a live object is nobody's wish.

use std::sync::Arc;

use crate::value::{Map, Value};

// What the server or a controller writes by itself, and every write moves.
const METADATA: [&str; 6] = ["managedFields", "resourceVersion", "generation", "creationTimestamp", "uid", "selfLink"];

// What controllers count in annotations, and the copy of an object by which client-side `kubectl apply` finds what was
// taken away: server-side apply has `managedFields` for that.
const ANNOTATIONS: [&str; 3] =
    ["deployment.kubernetes.io/revision", "deprecated.daemonset.template.generation", LAST_APPLIED];

/// The annotation in which client-side `kubectl apply` keeps what was applied.
pub(super) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Returns an object without what the server keeps of it for itself: `status`, `managedFields`, `resourceVersion`,
/// `generation`, `creationTimestamp`, `uid`, annotations in which controllers count, and kubectl's copy of the object. What
/// is left is what somebody
/// asked for, or a default that came of it.
pub fn clean(object: &Value) -> Value {
    let Some(map) = object.as_map() else { return object.clone() };
    let mut out: Map = map.iter().filter(|(key, _)| *key != "status").map(|(k, v)| (k.clone(), v.clone())).collect();
    if let Some(Value::Map(metadata)) = out.get_mut("metadata") {
        let metadata = Arc::make_mut(metadata);
        metadata.retain(|key, _| !METADATA.contains(&key.as_str()));
        if let Some(Value::Map(annotations)) = metadata.get_mut("annotations") {
            Arc::make_mut(annotations).retain(|key, _| !ANNOTATIONS.contains(&key.as_str()));
        }
        metadata.retain(|key, value| key != "annotations" || value.as_map().is_none_or(|map| !map.is_empty()));
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::yaml;

    #[test]
    fn only_what_somebody_asked_for_is_left() {
        let live = yaml(
            "metadata: {name: a, uid: x, resourceVersion: '1', generation: 2, managedFields: [], labels: {a: b},\n  \
             annotations: {deployment.kubernetes.io/revision: '3'}, creationTimestamp: t}\nspec: {a: 1}\nstatus: {b: 2}\n",
        );
        assert_eq!(clean(&live), yaml("metadata: {name: a, labels: {a: b}}\nspec: {a: 1}\n"));
    }

    #[test]
    fn a_field_called_status_deeper_down_stays() {
        let live = yaml("metadata: {name: a}\nspec: {status: x}\n");
        assert_eq!(clean(&live), live);
    }
}
