//! A resource: its document, and what kustomize remembers of it while it builds.
//!
//! Kustomize keeps what it remembers (former names, prefixes, what a generator asked for) in annotations of the
//! document itself. Here it stands beside the document, and is written into it only where somebody could see it: while a
//! patch that touches annotations is applied ([`Resource::reveal`] and [`Resource::conceal`]).

use std::collections::BTreeMap;

use ecow::EcoString;

use crate::object::{FormerName, Gvk, Past};

use super::error::Result;
use super::resid::ResId;
use super::schema::Schemas;
use super::tree::{Body, Kind, NodeId, Style, Tag, Tree, YNode};

/// The prefix of annotations that kustomize uses for itself.
pub(super) const INTERNAL: &str = "internal.config.kubernetes.io/";
pub(super) const ORIGIN: &str = "config.kubernetes.io/origin";
pub(super) const TRANSFORMATIONS: &str = "alpha.config.kubernetes.io/transformations";
pub(super) const LOCAL_CONFIG: &str = "config.kubernetes.io/local-config";

const NAMES: &str = "internal.config.kubernetes.io/previousNames";
const NAMESPACES: &str = "internal.config.kubernetes.io/previousNamespaces";
const KINDS: &str = "internal.config.kubernetes.io/previousKinds";
const PREFIXES: &str = "internal.config.kubernetes.io/prefixes";
const SUFFIXES: &str = "internal.config.kubernetes.io/suffixes";
const BEHAVIOR: &str = "internal.config.kubernetes.io/generatorBehavior";
const NEEDS_HASH: &str = "internal.config.kubernetes.io/needsHashSuffix";
const ALLOW_NAME_CHANGE: &str = "internal.config.kubernetes.io/allowNameChange";
const ALLOW_KIND_CHANGE: &str = "internal.config.kubernetes.io/allowKindChange";
const HELM: &str = "internal.config.kubernetes.io/helm-generated";
const ENABLED: &str = "enabled";

/// Annotations that kustomize takes away in the end, beside those of [`Build`].
const TAKEN_AWAY: [&str; 10] = [
    "internal.config.kubernetes.io/refBy",
    "internal.config.kubernetes.io/path",
    "internal.config.kubernetes.io/index",
    "internal.config.kubernetes.io/seqindent",
    "internal.config.kubernetes.io/id",
    "internal.config.kubernetes.io/annotations-migration-resource-id",
    "config.kubernetes.io/path",
    "config.kubernetes.io/index",
    "config.k8s.io/id",
    HELM,
];

/// What kustomize remembers of a resource.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Build {
    names: Vec<EcoString>,
    namespaces: Vec<EcoString>,
    kinds: Vec<EcoString>,
    pub(super) prefixes: Vec<EcoString>,
    pub(super) suffixes: Vec<EcoString>,
    pub(super) behavior: Option<EcoString>,
    pub(super) needs_hash: bool,
    pub(super) allow_name_change: bool,
    pub(super) allow_kind_change: bool,
    pub(super) from_helm: bool,
}

impl Build {
    /// Returns what is remembered of an object that other steps changed before.
    pub(super) fn of(past: &Past) -> Build {
        let mut build = Build {
            prefixes: past.prefixes.clone(),
            suffixes: past.suffixes.clone(),
            needs_hash: past.wants_hash,
            ..Build::default()
        };
        for former in &past.names {
            build.names.push(former.name.clone());
            build.namespaces.push(former.namespace.clone());
            build.kinds.push(former.kind.clone());
        }
        build
    }

    /// Returns what later steps have to know; `None` where that is nothing.
    pub(super) fn past(&self) -> Option<Past> {
        let names = self.names.iter().zip(self.namespaces.iter().zip(&self.kinds));
        let former = |(name, (namespace, kind)): (&EcoString, (&EcoString, &EcoString))| FormerName {
            kind: kind.clone(),
            namespace: namespace.clone(),
            name: name.clone(),
        };
        let past = Past {
            names: names.map(former).collect(),
            prefixes: self.prefixes.clone(),
            suffixes: self.suffixes.clone(),
            wants_hash: self.needs_hash,
            ..Past::default()
        };
        (past != Past::default()).then_some(past)
    }
}

/// A resource of a build.
#[derive(Debug, Clone)]
pub(super) struct Resource {
    pub(super) root: NodeId,
    /// The root that it had first, by which its history is known.
    pub(super) born: NodeId,
    /// A patch took the whole object away.
    pub(super) deleted: bool,
    pub(super) build: Build,
    /// The vars that read a field of it.
    pub(super) vars: Vec<EcoString>,
}

fn push(list: &mut Vec<EcoString>, text: &str) {
    if !text.is_empty() {
        list.push(text.into());
    }
}

impl Resource {
    /// Returns the resource that a document is. Annotations of kustomize's own in it are taken at their word.
    pub(super) fn new(tree: &mut Tree, root: NodeId) -> Resource {
        let mut resource = Resource { root, born: root, deleted: false, build: Build::default(), vars: Vec::new() };
        let is_ours = |tree: &Tree, key: NodeId| tree.text(key).starts_with(INTERNAL);
        if annotations_node(tree, root).is_some_and(|map| tree.entries(map).iter().any(|(key, _)| is_ours(tree, *key)))
        {
            resource.conceal(tree);
        }
        resource
    }

    /// Whether a generator made it to change a resource that is there.
    pub(super) fn lays_over(&self) -> bool {
        matches!(self.build.behavior.as_deref(), Some("merge" | "replace"))
    }

    /// Whether nothing is left of it.
    pub(super) fn is_nothing(&self, tree: &Tree) -> bool {
        self.deleted || tree.is_nothing(self.root)
    }

    /// Returns the id that it has now.
    pub(super) fn id(&self, tree: &Tree, schemas: &Schemas) -> ResId {
        let gvk = gvk(tree, self.root);
        let cluster_scoped = schemas.is_cluster_scoped_gvk(&gvk);
        let text = |field| metadata_text(tree, self.root, field);
        ResId { name: text("name"), namespace: text("namespace"), gvk, cluster_scoped }
    }

    /// Returns the ids that it had, the oldest first. They have the group and version that it has now.
    pub(super) fn previous_ids(&self, tree: &Tree) -> impl Iterator<Item = ResId> + '_ {
        let Gvk { group, version, .. } = gvk(tree, self.root);
        let rest = self.namespaces().zip(&self.build.kinds);
        self.build.names.iter().zip(rest).map(move |(name, (namespace, kind))| ResId {
            gvk: Gvk { group: group.clone(), version: version.clone(), kind: kind.clone() },
            name: name.clone(),
            namespace: namespace.clone(),
            cluster_scoped: false,
        })
    }

    fn namespaces(&self) -> impl Iterator<Item = &EcoString> {
        self.build.namespaces.iter()
    }

    /// Returns the names that it had.
    pub(super) fn previous_names(&self) -> &[EcoString] {
        &self.build.names
    }

    /// Returns the id that it had first.
    pub(super) fn original_id(&self, tree: &Tree, schemas: &Schemas) -> ResId {
        self.previous_ids(tree).next().unwrap_or_else(|| self.id(tree, schemas))
    }

    /// Remembers the id that it has now.
    pub(super) fn store_previous_id(&mut self, tree: &Tree, schemas: &Schemas) {
        let id = self.id(tree, schemas);
        push(&mut self.build.kinds, &id.gvk.kind);
        push(&mut self.build.names, &id.name);
        push(&mut self.build.namespaces, id.effective_namespace());
    }

    pub(super) fn add_prefix(&mut self, prefix: &str) {
        push(&mut self.build.prefixes, prefix);
    }

    pub(super) fn add_suffix(&mut self, suffix: &str) {
        push(&mut self.build.suffixes, suffix);
    }

    /// Whether two resources went through the same prefixes and suffixes: one list ends with the other. When asked
    /// to be lenient, a resource without any goes with all.
    pub(super) fn same_context(&self, other: &Resource, lenient: bool) -> bool {
        let same = |a: &[EcoString], b: &[EcoString]| (lenient && (a.is_empty() || b.is_empty())) || same_ending(a, b);
        same(&self.build.prefixes, &other.build.prefixes) && same(&self.build.suffixes, &other.build.suffixes)
    }

    /// Writes what is remembered into the annotations, as kustomize has it there.
    ///
    /// # Errors
    /// When the metadata or the annotations are no map.
    pub(super) fn reveal(&self, tree: &mut Tree) -> Result<()> {
        let Build { names, namespaces, kinds, prefixes, suffixes, .. } = &self.build;
        for (key, list) in
            [(KINDS, kinds), (NAMES, names), (NAMESPACES, namespaces), (PREFIXES, prefixes), (SUFFIXES, suffixes)]
        {
            if !list.is_empty() {
                set_annotation(tree, self.root, key, &list.join(","))?;
            }
        }
        for (key, on) in [
            (NEEDS_HASH, self.build.needs_hash),
            (ALLOW_NAME_CHANGE, self.build.allow_name_change),
            (ALLOW_KIND_CHANGE, self.build.allow_kind_change),
        ] {
            if on {
                set_annotation(tree, self.root, key, ENABLED)?;
            }
        }
        if let Some(behavior) = &self.build.behavior {
            set_annotation(tree, self.root, BEHAVIOR, behavior)?;
        }
        if self.build.from_helm {
            set_annotation(tree, self.root, HELM, "true")?;
        }
        Ok(())
    }

    /// Returns a copy with what is remembered written into it, for messages that show it.
    pub(super) fn revealed(&self, tree: &mut Tree) -> Resource {
        let copy = Resource { root: tree.copy(self.root), ..self.clone() };
        // Without metadata there is nothing to write it to.
        drop(copy.reveal(tree));
        copy
    }

    /// Returns the texts that kustomize has in annotations, where vars are replaced as well.
    pub(super) fn remembered(&self) -> impl Iterator<Item = EcoString> + '_ {
        let Build { names, namespaces, kinds, prefixes, suffixes, .. } = &self.build;
        let lists = [names, namespaces, kinds, prefixes, suffixes];
        lists.into_iter().filter(|list| !list.is_empty()).map(|list| list.join(",").into())
    }

    /// Takes what stands in the annotations back; what is not there any more is forgotten.
    pub(super) fn conceal(&mut self, tree: &mut Tree) {
        let mut build = Build::default();
        let Some(map) = annotations_node(tree, self.root) else {
            self.build = build;
            return;
        };
        let list = |text: &str| text.split(',').map(EcoString::from).collect();
        let mut kept = Vec::with_capacity(tree.entries(map).len());
        for (key, value) in tree.entries(map).to_vec() {
            let text = tree.text(value);
            match tree.text(key) {
                NAMES => build.names = list(text),
                NAMESPACES => build.namespaces = list(text),
                KINDS => build.kinds = list(text),
                PREFIXES => build.prefixes = list(text),
                SUFFIXES => build.suffixes = list(text),
                BEHAVIOR => build.behavior = Some(text.into()),
                NEEDS_HASH => build.needs_hash = text == ENABLED,
                ALLOW_NAME_CHANGE => build.allow_name_change = text == ENABLED,
                ALLOW_KIND_CHANGE => build.allow_kind_change = text == ENABLED,
                HELM => build.from_helm = text == "true",
                _ => kept.push((key, value)),
            }
        }
        let is_empty = kept.is_empty();
        if let Some(entries) = tree.entries_mut(map) {
            *entries = kept;
        }
        if is_empty && let Some(metadata) = filled(tree, self.root, "metadata") {
            drop(tree.clear_field(metadata, "annotations"));
        }
        self.build = build;
    }

    /// Takes away in the end what kustomize and functions note in annotations.
    ///
    /// # Errors
    /// When the metadata is no map.
    pub(super) fn remove_build_annotations(&self, tree: &mut Tree) -> Result<()> {
        let had_none = self.build == Build::default();
        let mut annotations = annotations(tree, self.root);
        if annotations.is_empty() && had_none {
            return Ok(());
        }
        annotations.retain(|key, _| !TAKEN_AWAY.contains(&key.as_str()));
        set_annotations(tree, self.root, annotations)
    }
}

/// Whether the shorter of two lists is the end of the longer; an empty list ends only an empty one.
fn same_ending(a: &[EcoString], b: &[EcoString]) -> bool {
    let (short, long) = if a.len() > b.len() { (b, a) } else { (a, b) };
    if short.is_empty() { long.is_empty() } else { long.ends_with(short) }
}

fn filled(tree: &Tree, root: NodeId, field: &str) -> Option<NodeId> {
    tree.filled_field(root, field)
}

/// Returns the type of a document.
pub(super) fn gvk(tree: &Tree, root: NodeId) -> Gvk {
    Gvk::new(api_version(tree, root), kind(tree, root))
}

/// Returns `apiVersion` as written.
pub(super) fn api_version(tree: &Tree, root: NodeId) -> &str {
    tree.field(root, "apiVersion").map_or("", |node| tree.text(node))
}

/// Returns `kind` as written.
pub(super) fn kind(tree: &Tree, root: NodeId) -> &str {
    tree.field(root, "kind").map_or("", |node| tree.text(node))
}

/// Returns a text of the metadata; empty where it is missing or null.
pub(super) fn metadata_text(tree: &Tree, root: NodeId, field: &str) -> EcoString {
    let metadata = filled(tree, root, "metadata");
    metadata.and_then(|metadata| filled(tree, metadata, field)).map_or_else(EcoString::new, |node| tree.eco(node))
}

fn metadata_map(tree: &Tree, root: NodeId, field: &str) -> Option<NodeId> {
    filled(tree, root, "metadata").and_then(|metadata| tree.field(metadata, field))
}

fn annotations_node(tree: &Tree, root: NodeId) -> Option<NodeId> {
    metadata_map(tree, root, "annotations")
}

/// A map of texts.
pub(super) type Texts = BTreeMap<EcoString, EcoString>;

fn texts(tree: &Tree, map: Option<NodeId>) -> Texts {
    let entries = map.map_or(&[][..], |map| tree.entries(map));
    entries.iter().map(|(key, value)| (tree.eco(*key), tree.eco(*value))).collect()
}

/// Returns the annotations, all values taken for texts.
pub(super) fn annotations(tree: &Tree, root: NodeId) -> Texts {
    texts(tree, annotations_node(tree, root))
}

/// Returns the labels, all values taken for texts.
pub(super) fn labels(tree: &Tree, root: NodeId) -> Texts {
    texts(tree, metadata_map(tree, root, "labels"))
}

/// Returns one annotation.
pub(super) fn annotation<'t>(tree: &'t Tree, root: NodeId, name: &str) -> Option<&'t str> {
    let map = annotations_node(tree, root)?;
    tree.field(map, name).map(|value| tree.text(value))
}

/// Returns one label.
pub(super) fn label<'t>(tree: &'t Tree, root: NodeId, name: &str) -> Option<&'t str> {
    let map = metadata_map(tree, root, "labels")?;
    tree.field(map, name).map(|value| tree.text(value))
}

/// Sets all annotations anew, as strings and sorted; none takes the field away.
///
/// # Errors
/// When the metadata is no map.
pub(super) fn set_annotations(tree: &mut Tree, root: NodeId, texts: Texts) -> Result<()> {
    set_texts(tree, root, "annotations", texts)
}

/// Sets all labels anew, as strings and sorted; none takes the field away.
///
/// # Errors
/// When the metadata is no map.
pub(super) fn set_labels(tree: &mut Tree, root: NodeId, texts: Texts) -> Result<()> {
    set_texts(tree, root, "labels", texts)
}

fn set_texts(tree: &mut Tree, root: NodeId, field: &str, texts: Texts) -> Result<()> {
    let Some(metadata) = tree.lookup_create(root, &["metadata"], Kind::Map)? else { return Ok(()) };
    tree.clear_field(metadata, field)?;
    if texts.is_empty() {
        return Ok(());
    }
    let map = tree.empty(Kind::Map);
    tree.set_field(metadata, field, map)?;
    for (key, value) in texts {
        let value = tree.string(value);
        tree.style_for_yaml_1_1(value);
        let key = tree.scalar(key);
        tree.push_entry(map, key, value);
    }
    Ok(())
}

/// Sets one annotation.
///
/// # Errors
/// When the metadata or the annotations are no map.
pub(super) fn set_annotation(tree: &mut Tree, root: NodeId, name: &str, text: &str) -> Result<()> {
    clear_empty_annotations(tree, root)?;
    set_metadata_text(tree, root, "annotations", name, text)
}

/// Sets one label.
///
/// # Errors
/// When the metadata or the labels are no map.
pub(super) fn set_label(tree: &mut Tree, root: NodeId, name: &str, text: &str) -> Result<()> {
    set_metadata_text(tree, root, "labels", name, text)
}

fn set_metadata_text(tree: &mut Tree, root: NodeId, field: &str, name: &str, text: &str) -> Result<()> {
    let value = tree.string(text);
    tree.get_mut(value).style = Style::SINGLE;
    if let Some(map) = tree.lookup_create(root, &["metadata", field], Kind::Map)? {
        tree.set_field(map, name, value)?;
    }
    Ok(())
}

fn clear_empty_annotations(tree: &mut Tree, root: NodeId) -> Result<()> {
    let is_empty = |tree: &Tree, node: NodeId| match &tree.get(node).body {
        Body::Scalar(_) => true,
        Body::Seq(items) => items.is_empty(),
        Body::Map(entries) => entries.is_empty(),
    };
    if let Some(metadata) = tree.field(root, "metadata") {
        if let Some(annotations) = tree.get_field(metadata, "annotations")?
            && is_empty(tree, annotations)
        {
            tree.clear_field(metadata, "annotations")?;
        }
        if is_empty(tree, metadata) {
            tree.clear_field(root, "metadata")?;
        }
    }
    Ok(())
}

/// Sets the name.
///
/// # Errors
/// When the metadata is no map.
pub(super) fn set_name(tree: &mut Tree, root: NodeId, name: &str) -> Result<()> {
    set_map_field(tree, root, &["metadata"], "name", name)
}

/// Sets the namespace; none takes the field away.
///
/// # Errors
/// When the metadata is no map.
pub(super) fn set_namespace(tree: &mut Tree, root: NodeId, namespace: &str) -> Result<()> {
    if namespace.is_empty() {
        return match tree.get_field(root, "metadata")? {
            Some(metadata) => tree.clear_field(metadata, "namespace").map(drop),
            None => Ok(()),
        };
    }
    set_map_field(tree, root, &["metadata"], "namespace", namespace)
}

/// Sets the kind.
///
/// # Errors
/// When the document is no map.
pub(super) fn set_kind(tree: &mut Tree, root: NodeId, kind: &str) -> Result<()> {
    set_map_field(tree, root, &[], "kind", kind)
}

/// Sets the API version.
///
/// # Errors
/// When the document is no map.
pub(super) fn set_api_version(tree: &mut Tree, root: NodeId, version: &str) -> Result<()> {
    set_map_field(tree, root, &[], "apiVersion", version)
}

fn set_map_field(tree: &mut Tree, root: NodeId, path: &[&str], field: &str, text: &str) -> Result<()> {
    let Some(map) = tree.lookup_create(root, path, Kind::Map)? else { return Ok(()) };
    let value = tree.add(YNode {
        body: Body::Scalar(text.into()),
        tag: Tag::Empty,
        style: Style::default(),
        span: tree.get(map).span,
    });
    tree.set_field(map, field, value).map(drop)
}

#[cfg(test)]
mod tests {
    use super::super::tree::{Budget, documents};
    use super::*;
    use crate::source::FileId;

    fn read(tree: &mut Tree, text: &str) -> Resource {
        let mut budget = Budget { copies: 100, depth: 20 };
        let (roots, _) = documents(tree, text, FileId::NONE, &mut budget).expect("a valid document in a test");
        Resource::new(tree, roots[0])
    }

    #[test]
    fn what_is_remembered_can_be_shown_and_hidden() {
        let mut tree = Tree::new();
        let schemas = Schemas::default();
        let mut resource =
            read(&mut tree, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, annotations: {x: y}}\n");
        resource.store_previous_id(&tree, &schemas);
        resource.add_prefix("p-");
        resource.build.needs_hash = true;
        let before = resource.build.clone();
        resource.reveal(&mut tree).unwrap();
        assert_eq!(annotation(&tree, resource.root, NAMESPACES), Some("default"));
        resource.conceal(&mut tree);
        assert_eq!(resource.build, before);
        assert_eq!(annotations(&tree, resource.root), Texts::from([("x".into(), "y".into())]));
        let ids: Vec<String> = resource.previous_ids(&tree).map(|id| id.to_string()).collect();
        assert_eq!(ids, ["ConfigMap.v1.[noGrp]/a.default"]);
    }

    #[test]
    fn contexts_match_by_their_ends() {
        let mut tree = Tree::new();
        let text = "kind: A\nmetadata: {name: a}\n";
        let (mut one, mut two) = (read(&mut tree, text), read(&mut tree, text));
        one.add_prefix("a-");
        one.add_prefix("b-");
        assert!(one.same_context(&two, true));
        assert!(!one.same_context(&two, false));
        two.add_prefix("b-");
        assert!(one.same_context(&two, false));
        two.add_prefix("c-");
        assert!(!one.same_context(&two, true));
    }
}
