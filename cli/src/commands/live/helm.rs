//! A release that Helm goes on with.

use rhumb::object::{Item, Object, ObjectSet};
use rhumb::pipeline::Built;
use rhumb::plan::Sight;
use rhumb::plan::release::helm::HelmParts;
use rhumb::value::Value;
use rhumb_cluster::error::RequestError;
use rhumb_cluster::live::Cluster;

use crate::write;

/// The field manager of Helm.
pub(super) const MANAGER: &str = "helm";

/// Returns the manifest of an object, as the chart wrote it unless a patch has changed it.
pub(super) fn manifest(object: &Object) -> String {
    object.text.as_ref().map_or_else(|| write::yaml(object), ToString::to_string)
}

/// Takes the definitions of `crds/` out of the objects of a chart: Helm makes those that are not there, and never
/// touches them again.
pub(super) fn take_definitions(objects: &mut ObjectSet) -> Vec<Object> {
    let is_it = |object: &Object| object.source.contains("/crds/");
    let taken = objects.objects().filter(|object| is_it(object)).cloned().collect();
    objects.retain(|item| !matches!(item, Item::Object(object) if is_it(object)));
    taken
}

/// Puts the definitions that are not in the cluster back.
///
/// # Errors
/// When the server gives no answer.
pub(super) fn add_missing(
    definitions: Vec<Object>,
    objects: &mut ObjectSet,
    cluster: &Cluster,
) -> Result<(), RequestError> {
    let keys: Vec<_> = definitions.iter().map(|object| (object.key(), object.gvk.clone())).collect();
    let seen = cluster.read(&keys)?;
    for object in definitions {
        if seen.get(&object.key()) == Some(&Sight::Absent) {
            objects.push_object(object);
        }
    }
    Ok(())
}

/// Returns what Helm's record is made of; `built` has no hooks and no definitions any more.
pub(super) fn parts(built: &Built, hooks: Vec<Value>) -> HelmParts {
    HelmParts {
        chart: built.chart.clone().unwrap_or_default(),
        config: built.user_values(),
        manifest: built.to_yaml().into(),
        hooks,
        notes: built.notes.clone().unwrap_or_default().into(),
        first_deployed: "".into(),
        deployed: "".into(),
        description: "".into(),
    }
}
