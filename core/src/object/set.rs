//! Objects, and lists of them.

use std::collections::HashMap;
use std::sync::Arc;

use ecow::EcoString;

use super::{FormerName, Gvk, ObjectKey, Past, install_rank};
use crate::source::Span;
use crate::yaml::{Node, SharedNode};

/// A Kubernetes object with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// The type.
    pub gvk: Gvk,
    /// The object itself. Invariant: a normalized map.
    pub node: SharedNode,
    /// The file it came from, as messages name it: a template, a manifest.
    pub source: Arc<str>,
    /// The text that a chart rendered, which is written as it is until a patch changes the object.
    pub text: Option<EcoString>,
    /// What it was called before it was renamed; `None` while it never was.
    pub past: Option<Box<Past>>,
}

impl Object {
    /// Returns the object that a normalized node is; `None` where it has no `apiVersion` or no `kind`.
    pub fn new(node: impl Into<SharedNode>, source: Arc<str>) -> Option<Object> {
        let node = node.into();
        let gvk = Gvk::of(&node)?;
        Some(Object { gvk, node, source, text: None, past: None })
    }

    /// Returns what identifies the object, read from its metadata as they are now.
    pub fn key(&self) -> ObjectKey {
        ObjectKey {
            group: self.gvk.group.clone(),
            kind: self.gvk.kind.clone(),
            namespace: self.namespace().unwrap_or("").into(),
            name: self.name().unwrap_or("").into(),
        }
    }

    /// Whether the object has this identity, or had it before it was renamed or moved.
    pub fn is_or_was(&self, key: &ObjectKey) -> bool {
        let of_type = self.gvk.kind == key.kind && self.gvk.group == key.group;
        of_type && (self.key() == *key || self.former_names().iter().any(|former| former.is(key)))
    }

    /// Returns the names that it had before, the oldest first.
    pub fn former_names(&self) -> &[FormerName] {
        self.past.as_ref().map_or(&[], |past| &past.names)
    }

    /// Returns `metadata.name`.
    pub fn name(&self) -> Option<&str> {
        self.metadata("name")
    }

    /// Returns `metadata.namespace`.
    pub fn namespace(&self) -> Option<&str> {
        self.metadata("namespace")
    }

    /// Returns a text of `metadata.labels`.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.node.get("metadata")?.get("labels")?.get(name)?.as_str()
    }

    /// Returns a text of `metadata.annotations`.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.node.get("metadata")?.get("annotations")?.get(name)?.as_str()
    }

    fn metadata(&self, key: &str) -> Option<&str> {
        self.node.get("metadata")?.get(key)?.as_str()
    }
}

/// One document of a set.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// An object.
    Object(Object),
    /// A document that is none: empty, or without `apiVersion` or `kind`.
    Other {
        /// Its content; `None` where it has nothing but comments.
        node: Option<Node>,
        /// Where it starts.
        span: Span,
        /// The file it came from.
        source: Arc<str>,
        /// The text that a chart rendered.
        text: Option<EcoString>,
    },
}

impl Item {
    /// Returns the document that a normalized node is, which starts at `span`.
    pub fn of(node: Node, span: Span, source: Arc<str>) -> Item {
        match Gvk::of(&node) {
            Some(gvk) => Item::Object(Object { gvk, node: node.into(), source, text: None, past: None }),
            None => Item::Other { node: Some(node), span, source, text: None },
        }
    }
}

/// Objects in their order, with documents that are no objects left in their place.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ObjectSet {
    items: Vec<Item>,
}

impl ObjectSet {
    /// Returns an empty set.
    pub fn new() -> ObjectSet {
        ObjectSet::default()
    }

    /// Adds a document at the end.
    pub fn push(&mut self, item: Item) {
        self.items.push(item);
    }

    /// Adds an object at the end.
    pub fn push_object(&mut self, object: Object) {
        self.items.push(Item::Object(object));
    }

    /// Puts a document at a place, which is at most the end.
    pub fn insert(&mut self, at: usize, item: Item) {
        self.items.insert(at.min(self.items.len()), item);
    }

    /// Puts each object behind all that are installed before it or with it; hooks of charts are not counted.
    pub fn install(&mut self, mut objects: Vec<Object>) {
        objects.sort_by_key(|object| install_rank(&object.gvk.kind));
        // From the last to the first, so that each place is found by going on from the one behind it.
        let mut behind = Vec::new();
        for object in objects.into_iter().rev() {
            let rank = install_rank(&object.gvk.kind);
            let is_before = |item: &Item| match item {
                Item::Object(other) => {
                    install_rank(&other.gvk.kind) <= rank && other.annotation("helm.sh/hook").is_none()
                }
                Item::Other { .. } => false,
            };
            while let Some(item) = self.items.pop_if(|item| !is_before(item)) {
                behind.push(item);
            }
            behind.push(Item::Object(object));
        }
        self.items.extend(behind.into_iter().rev());
    }

    /// Returns all documents in order.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Returns the objects in order.
    pub fn objects(&self) -> impl Iterator<Item = &Object> {
        self.items.iter().filter_map(|item| match item {
            Item::Object(object) => Some(object),
            Item::Other { .. } => None,
        })
    }

    /// Returns the objects in order, for changing.
    pub fn objects_mut(&mut self) -> impl Iterator<Item = &mut Object> {
        self.items.iter_mut().filter_map(|item| match item {
            Item::Object(object) => Some(object),
            Item::Other { .. } => None,
        })
    }

    /// Returns the object at a place among all documents, for changing.
    pub fn object_at_mut(&mut self, index: usize) -> Option<&mut Object> {
        match self.items.get_mut(index)? {
            Item::Object(object) => Some(object),
            Item::Other { .. } => None,
        }
    }

    /// Keeps the documents for which the function says yes.
    pub fn retain(&mut self, keep: impl FnMut(&Item) -> bool) {
        self.items.retain(keep);
    }

    /// Returns how many documents there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is no document.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Returns the places of the objects by identity, duplicates included. Built anew on each call: ask once a step.
    pub fn index(&self) -> HashMap<ObjectKey, Vec<usize>> {
        let mut index: HashMap<ObjectKey, Vec<usize>> = HashMap::with_capacity(self.items.len());
        for (i, item) in self.items.iter().enumerate() {
            if let Item::Object(object) = item {
                index.entry(object.key()).or_default().push(i);
            }
        }
        index
    }

    /// Sorts into the order of installation; what is equal there keeps its order. Other documents go last.
    pub fn sort_for_install(&mut self) {
        self.items.sort_by_key(|item| match item {
            Item::Object(object) => install_rank(&object.gvk.kind),
            Item::Other { .. } => usize::MAX,
        });
    }
}

impl IntoIterator for ObjectSet {
    type Item = Item;
    type IntoIter = std::vec::IntoIter<Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl Extend<Item> for ObjectSet {
    fn extend<I: IntoIterator<Item = Item>>(&mut self, items: I) {
        self.items.extend(items);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::testing::objects;

    #[test]
    fn objects_are_put_where_they_are_installed() {
        let of = |kind: &str, name: &str| format!("---\napiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}}}\n");
        let mut set = objects(&[of("ConfigMap", "a"), of("Service", "b"), of("ConfigMap", "c")].concat());
        let more = [of("Service", "x"), of("Namespace", "shop"), of("ConfigMap", "d"), of("ConfigMap", "z")].concat();
        set.install(objects(&more).objects().cloned().collect());
        let names: Vec<&str> = set.objects().filter_map(Object::name).collect();
        assert_eq!(names, ["shop", "a", "b", "c", "d", "z", "x"]);
    }
}
