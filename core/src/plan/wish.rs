//! The objects that are wished for, as they are applied.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use ecow::{EcoString, eco_format};

use super::adoption::{HELM_NAME, HELM_NAMESPACE, RELEASE_ANNOTATION};
use super::decide::{Input, Stamp};
use super::noise::clean;
use crate::diag::{Diagnostic, Diagnostics};
use crate::object::{Gvk, Object, ObjectKey, Scope};
use crate::source::Span;
use crate::value::{Map, Value};
use crate::yaml::Node;

const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

/// An object that is wished for: in its namespace, marked as belonging to the release.
#[derive(Debug, Clone)]
pub(super) struct Wish {
    pub(super) key: ObjectKey,
    pub(super) gvk: Gvk,
    pub(super) manifest: Value,
    pub(super) span: Span,
    /// Whether the live object says that Helm has it in this release.
    pub(super) is_from_helm: bool,
    /// Whether it says that rhumb has.
    pub(super) is_from_rhumb: bool,
}

impl Wish {
    /// Returns what becomes of an object of the source. It gets the namespace of the release where it needs one and has
    /// none, and loses what only the server writes.
    pub(super) fn of(object: &Object, input: &Input<'_>) -> Wish {
        let mut key = object.key();
        let mut manifest = clean(&object.node.to_value());
        match input.live.scope(&object.gvk, input.facts) {
            Scope::Namespaced if key.namespace.is_empty() => {
                key.namespace = input.release.namespace.clone();
                set_metadata(&mut manifest, "namespace", key.namespace.clone().into());
            }
            Scope::Cluster if !key.namespace.is_empty() => {
                key.namespace = EcoString::new();
                edit(&mut manifest, "metadata", |metadata| drop(metadata.remove("namespace")));
            }
            _ => {}
        }
        let live = input.live.object(&key);
        let annotation =
            |name: &str| live.and_then(|live| live.get("metadata")?.get("annotations")?.get(name)?.as_str());
        let is_from_helm = annotation(HELM_NAME) == Some(&input.release.name)
            && annotation(HELM_NAMESPACE) == Some(&input.release.namespace);
        let is_from_rhumb = annotation(RELEASE_ANNOTATION).is_some_and(|owner| owner == input.release.to_string());
        Wish { key, gvk: object.gvk.clone(), manifest, span: object.node.span, is_from_helm, is_from_rhumb }
    }

    fn stamp(&mut self, input: &Input<'_>) {
        let release = input.release;
        match input.stamp {
            Stamp::Rhumb => annotate(&mut self.manifest, RELEASE_ANNOTATION, eco_format!("{release}")),
            Stamp::Helm => {
                annotate(&mut self.manifest, HELM_NAME, release.name.clone());
                annotate(&mut self.manifest, HELM_NAMESPACE, release.namespace.clone());
                edit(&mut self.manifest, "metadata", |metadata| {
                    set_in(metadata, "labels", MANAGED_BY, "Helm".into());
                });
            }
            Stamp::AsFound => self.keep_marks(input),
        }
    }

    // What rhumb and Helm add to an object without being told by its source.
    fn keep_marks(&mut self, input: &Input<'_>) {
        let Some(metadata) = input.live.object(&self.key).and_then(|live| live.get("metadata")) else { return };
        let text = |place: &str, name: &str| metadata.get(place)?.get(name)?.as_str().map(EcoString::from);
        let mut is_helms = false;
        for name in [RELEASE_ANNOTATION, HELM_NAME, HELM_NAMESPACE] {
            if let Some(found) = text("annotations", name) {
                is_helms |= name == HELM_NAME;
                annotate(&mut self.manifest, name, found);
            }
        }
        let own = self.manifest.get("metadata").and_then(|metadata| metadata.get("labels")?.get(MANAGED_BY));
        if let (true, None, Some(found)) = (is_helms, own, text("labels", MANAGED_BY)) {
            edit(&mut self.manifest, "metadata", |metadata| set_in(metadata, "labels", MANAGED_BY, found));
        }
    }
}

/// Returns the wishes of an input in their order, and what cannot be wished for.
pub(super) fn wishes(input: &Input<'_>) -> (Vec<Wish>, Diagnostics) {
    let mut findings = Diagnostics::new();
    let mut seen: BTreeMap<ObjectKey, Span> = BTreeMap::new();
    let mut wishes = Vec::new();
    let mut objects = Vec::new();
    input.desired.objects().for_each(|object| one_by_one(Cow::Borrowed(object), &mut objects, &mut findings));
    for object in &objects {
        let mut wish = Wish::of(object, input);
        if wish.key.name.is_empty() {
            let finding =
                Diagnostic::error("plan-no-name", format!("a {} without a name cannot be applied", wish.key.kind));
            findings.push(finding.at(wish.span).help("an object with `generateName` would be made anew each time"));
            continue;
        }
        if let Some(first) = seen.insert(wish.key.clone(), wish.span) {
            let finding = Diagnostic::error("plan-twice", "it is there twice").object(eco_format!("{}", wish.key));
            findings.push(finding.at(wish.span).label(first, 0, "here first"));
            continue;
        }
        wish.stamp(input);
        wishes.push(wish);
    }
    (wishes, findings)
}

// What stands in a list is applied by itself, as kubectl and Helm do.
fn one_by_one<'a>(object: Cow<'a, Object>, objects: &mut Vec<Cow<'a, Object>>, findings: &mut Diagnostics) {
    if object.gvk.kind != "List" || !object.gvk.group.is_empty() {
        return objects.push(object);
    }
    for item in object.node.get("items").and_then(Node::as_seq).unwrap_or_default() {
        match Object::new(item.clone(), object.source.clone()) {
            Some(item) => one_by_one(Cow::Owned(item), objects, findings),
            None => {
                let finding = Diagnostic::error("plan-no-kind", "an item of a List has no `apiVersion` or no `kind`");
                findings.push(finding.at(item.span));
            }
        }
    }
}

fn annotate(manifest: &mut Value, name: &str, text: EcoString) {
    edit(manifest, "metadata", |metadata| set_in(metadata, "annotations", name, text));
}

fn set_metadata(manifest: &mut Value, key: &str, value: Value) {
    edit(manifest, "metadata", |metadata| drop(metadata.insert(key, value)));
}

fn set_in(map: &mut Map, place: &str, key: &str, text: EcoString) {
    if !matches!(map.get(place), Some(Value::Map(_))) {
        map.insert(place, Map::new().into());
    }
    if let Some(Value::Map(inner)) = map.get_mut(place) {
        Arc::make_mut(inner).insert(key, text.into());
    }
}

fn edit(value: &mut Value, place: &str, change: impl FnOnce(&mut Map)) {
    if let Value::Map(map) = value
        && let Some(Value::Map(inner)) = Arc::make_mut(map).get_mut(place)
    {
        change(Arc::make_mut(inner));
    }
}
