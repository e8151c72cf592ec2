//! The types of one version of Kubernetes and of custom resources.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use ecow::EcoString;

use super::blob::{Blob, KindFacts, SchemaBytes};
use super::crd;
use super::lifecycle::Lifecycle;
use super::types::{Shape, Type, TypeId};
use super::version::KubeVersion;
use crate::diag::{Diagnostic, Diagnostics};
use crate::object::{Gvk, ListType, NameReference, ObjectSet, Scope, TypeFacts, TypeRef};
use crate::value::Value;
use crate::yaml::{Node, SharedNode};

/// The types that objects are checked against. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct SchemaSet {
    version: KubeVersion,
    builtin: Option<Arc<Builtin>>,
    // Invariant: the number of a type is its place with `CUSTOM` added.
    custom: Vec<Arc<Type>>,
    kinds: BTreeMap<Gvk, (TypeId, Scope)>,
    // What definitions say of names in their objects.
    references: BTreeMap<Gvk, Vec<NameReference>>,
}

#[derive(Debug)]
struct Builtin {
    blob: Blob,
    decoded: Slots<Type>,
    facts: Slots<Option<KindFacts>>,
    served: OnceLock<Vec<Gvk>>,
}

fn items_of(list: &Node) -> impl Iterator<Item = Gvk> + '_ {
    list.get("items").and_then(Node::as_seq).unwrap_or_default().iter().filter_map(Gvk::of)
}

impl Builtin {
    fn facts(&self, index: usize) -> Option<&KindFacts> {
        self.facts.get(index, || self.blob.kind(index))?.as_ref()
    }
}

/// Places for things that are made when they are first asked for.
///
/// A run asks for few of thousands, so that places are made by the block: memory that nobody looks at is not touched.
#[derive(Debug)]
struct Slots<T> {
    blocks: Vec<OnceLock<Block<T>>>,
    count: usize,
}

type Block<T> = Box<[OnceLock<Box<T>>; BLOCK]>;

const BLOCK: usize = 16;

impl<T> Slots<T> {
    fn new(count: usize) -> Slots<T> {
        Slots { blocks: std::iter::repeat_with(OnceLock::new).take(count.div_ceil(BLOCK)).collect(), count }
    }

    fn get(&self, index: usize, make: impl FnOnce() -> T) -> Option<&T> {
        let block = self.blocks.get(index / BLOCK).filter(|_| index < self.count)?;
        let block = block.get_or_init(|| Box::new(std::array::from_fn(|_| OnceLock::new())));
        Some(block[index % BLOCK].get_or_init(|| Box::new(make())))
    }
}

const CUSTOM: TypeId = 1 << 31;

static ANYTHING: OnceLock<Type> = OnceLock::new();

impl SchemaSet {
    /// Returns the types of a version of Kubernetes from the bytes of `rhumb-schemas`. Nothing is parsed yet.
    ///
    /// # Errors
    /// When the bytes are no schemas or do not have the version.
    pub fn from_bytes(bytes: impl Into<SchemaBytes>, version: KubeVersion) -> Result<SchemaSet, Diagnostic> {
        let blob = Blob::open(bytes.into(), version).map_err(|why| Diagnostic::error("schema-data", why))?;
        let (decoded, facts) = (Slots::new(blob.nodes()), Slots::new(blob.kinds()));
        let builtin = Builtin { blob, decoded, facts, served: OnceLock::new() };
        Ok(SchemaSet { builtin: Some(Arc::new(builtin)), ..SchemaSet::empty(version) })
    }

    /// Returns a set without types, for those of custom resources alone.
    pub fn empty(version: KubeVersion) -> SchemaSet {
        SchemaSet { version, builtin: None, custom: Vec::new(), kinds: BTreeMap::new(), references: BTreeMap::new() }
    }

    /// Returns the types of custom resources alone.
    pub fn custom_only(&self) -> SchemaSet {
        SchemaSet { builtin: None, ..self.clone() }
    }

    /// Whether a type is that of a custom resource whose definition is known.
    pub fn is_defined(&self, gvk: &Gvk) -> bool {
        self.kinds.contains_key(gvk)
    }

    pub(super) fn annotated(&self, gvk: &Gvk) -> &[NameReference] {
        self.references.get(gvk).map_or(&[], Vec::as_slice)
    }

    pub(super) fn annotate(&mut self, gvk: Gvk, references: Vec<NameReference>) {
        self.references.insert(gvk, references);
    }

    /// Returns the version of Kubernetes.
    pub fn version(&self) -> KubeVersion {
        self.version
    }

    /// Adds the types that a CustomResourceDefinition (`apiextensions.k8s.io/v1` or `v1beta1`, normalized) defines.
    ///
    /// # Errors
    /// When the node is no CustomResourceDefinition or lacks group, kind or versions.
    pub fn add_crd(&mut self, crd: &Node) -> Result<(), Diagnostic> {
        crd::add(self, crd, |_, _| true)
    }

    /// Returns the CustomResourceDefinitions among objects.
    pub fn definitions(set: &ObjectSet) -> Vec<SharedNode> {
        set.objects().filter(|object| crd::is_crd(&object.gvk)).map(|object| object.node.clone()).collect()
    }

    /// Adds the types of every CustomResourceDefinition among the objects and returns what is wrong with them.
    pub fn add_crds(&mut self, set: &ObjectSet) -> Diagnostics {
        let crds = set.objects().filter(|object| crd::is_crd(&object.gvk));
        let errors =
            crds.filter_map(|object| self.add_crd(&object.node).err().map(|e| e.object(object.key().to_string())));
        errors.collect()
    }

    /// Adds the types of those CustomResourceDefinitions among the objects that other objects are of.
    ///
    /// Definitions come by the dozen and are large, and most objects beside them are of other types. What is wrong with
    /// the definitions themselves is found when they are checked as objects.
    pub(super) fn add_used_crds(&mut self, set: &ObjectSet) {
        let lists = set.objects().filter(|object| object.gvk.kind == "List").flat_map(|object| items_of(&object.node));
        let kind = |gvk: Gvk| (gvk.group, gvk.kind);
        let used: BTreeSet<_> = set.objects().map(|object| object.gvk.clone()).chain(lists).map(kind).collect();
        for object in set.objects().filter(|object| crd::is_crd(&object.gvk)) {
            let wanted = |group: &str, kind: &str| used.contains(&(EcoString::from(group), EcoString::from(kind)));
            // An error is one of fields that the type of definitions requires.
            let _ = crd::add(self, &object.node, wanted);
        }
    }

    /// Returns every type that is served, sorted.
    pub fn kinds(&self) -> Vec<Gvk> {
        let mut kinds: Vec<Gvk> = self.builtin_kinds().iter().chain(self.kinds.keys()).cloned().collect();
        kinds.sort();
        kinds.dedup();
        kinds
    }

    fn builtin_kinds(&self) -> &[Gvk] {
        let Some(builtin) = &self.builtin else { return &[] };
        builtin.served.get_or_init(|| {
            let facts = (0..builtin.facts.count).filter_map(|i| builtin.facts(i));
            facts.filter(|facts| facts.root.is_some() && facts.scope.is_some()).map(|facts| facts.gvk.clone()).collect()
        })
    }

    /// Returns every type that is served, in no order worth naming.
    pub(super) fn each_kind(&self) -> impl Iterator<Item = &Gvk> {
        self.builtin_kinds().iter().chain(self.kinds.keys())
    }

    /// Whether a version (`apps/v1`) or a type (`apps/v1/Deployment`) is served.
    pub fn has_api(&self, name: &str) -> bool {
        let version = |gvk: &Gvk, name: &str| gvk.api_version() == name;
        let full = |gvk: &Gvk| name.rsplit_once('/').is_some_and(|(api, kind)| gvk.kind == kind && version(gvk, api));
        self.each_kind().any(|gvk| version(gvk, name) || full(gvk))
    }

    /// Returns when a type of Kubernetes came and goes; `None` for types that Kubernetes never had.
    pub fn lifecycle(&self, gvk: &Gvk) -> Option<Lifecycle> {
        self.kind_facts(gvk).map(|facts| facts.lifecycle.clone())
    }

    pub(super) fn kind_facts(&self, gvk: &Gvk) -> Option<&KindFacts> {
        let builtin = self.builtin.as_ref()?;
        builtin.facts(builtin.blob.find(gvk)?)
    }

    /// Returns the versions in which a kind is served, stable ones first.
    pub(super) fn served_versions(&self, group: &str, kind: &str) -> Vec<EcoString> {
        let kinds = self.each_kind().filter(|gvk| gvk.group == group && gvk.kind == kind);
        let mut versions: Vec<EcoString> = kinds.map(|gvk| gvk.version.clone()).collect();
        versions.sort();
        versions.sort_by_key(|version| (version.contains("alpha"), version.contains("beta")));
        versions
    }

    /// Returns a type as it is written: it may refer to another.
    pub(super) fn get(&self, id: TypeId) -> &Type {
        let found = if id & CUSTOM != 0 {
            self.custom.get((id - CUSTOM) as usize).map(|found| &**found)
        } else {
            let builtin = self.builtin.as_ref();
            builtin.and_then(|builtin| builtin.decoded.get(id as usize, || builtin.blob.node(id)))
        };
        found.unwrap_or_else(|| ANYTHING.get_or_init(Type::default))
    }

    /// Returns a type with references followed.
    pub(super) fn resolve(&self, id: TypeId) -> &Type {
        let mut found = self.get(id);
        // Kubernetes' definitions refer once or twice in a row; a circle in damaged data ends here.
        for _ in 0..8 {
            let Shape::Reference(definition) = found.shape else { return found };
            let target = self.builtin.as_ref().and_then(|builtin| builtin.blob.definition(definition));
            let Some(target) = target else { break };
            found = self.get(target);
        }
        if matches!(found.shape, Shape::Reference(_)) { ANYTHING.get_or_init(Type::default) } else { found }
    }

    pub(super) fn root_type(&self, gvk: &Gvk) -> Option<TypeId> {
        if let Some((id, _)) = self.kinds.get(gvk) {
            return Some(*id);
        }
        self.kind_facts(gvk)?.root
    }

    pub(super) fn is_custom(id: TypeId) -> bool {
        id & CUSTOM != 0
    }

    /// Returns the type of `metadata`.
    pub(super) fn object_meta(&self) -> Option<TypeId> {
        let root = self.kind_facts(&Gvk::new("v1", "ConfigMap"))?.root?;
        self.resolve(root).field("metadata").map(|field| field.of)
    }

    pub(super) fn push_custom(&mut self, custom: Type) -> TypeId {
        let id = CUSTOM | TypeId::try_from(self.custom.len()).unwrap_or(0);
        self.custom.push(Arc::new(custom));
        id
    }

    pub(super) fn define(&mut self, gvk: Gvk, root: TypeId, scope: Scope) {
        self.kinds.insert(gvk, (root, scope));
    }
}

fn id_of(of: TypeRef) -> TypeId {
    TypeId::try_from(of.0).unwrap_or(TypeId::MAX)
}

impl TypeFacts for SchemaSet {
    fn scope(&self, gvk: &Gvk) -> Option<Scope> {
        self.kinds.get(gvk).map(|(_, scope)| *scope).or_else(|| self.kind_facts(gvk)?.scope)
    }

    fn root(&self, gvk: &Gvk) -> Option<TypeRef> {
        self.root_type(gvk).map(|id| TypeRef(id.into()))
    }

    fn field(&self, of: TypeRef, name: &str) -> Option<TypeRef> {
        let map = self.resolve(id_of(of));
        map.field(name).map(|field| field.of).or(map.values).map(|id| TypeRef(id.into()))
    }

    fn item(&self, of: TypeRef) -> Option<TypeRef> {
        self.resolve(id_of(of)).items.map(|id| TypeRef(id.into()))
    }

    fn list_type(&self, of: TypeRef) -> Option<ListType> {
        self.get(id_of(of)).list.clone().or_else(|| self.resolve(id_of(of)).list.clone())
    }

    fn patch_merge_key(&self, of: TypeRef) -> Option<EcoString> {
        let of = self.get(id_of(of));
        // `patchStrategy: merge` also stands on maps, where it says nothing new.
        (of.shape == Shape::List).then(|| of.merge_key.clone()).flatten()
    }

    fn default_value(&self, of: TypeRef) -> Option<Value> {
        let of = self.resolve(id_of(of));
        let text = of.default.as_ref()?;
        match of.shape {
            Shape::String => Some(Value::Str(text.clone())),
            Shape::Integer => text.parse().ok().map(Value::Int),
            Shape::Boolean => text.parse().ok().map(Value::Bool),
            _ => None,
        }
    }

    fn references(&self, gvk: &Gvk) -> Vec<NameReference> {
        self.references_of(gvk)
    }

    fn retains_keys(&self, of: TypeRef) -> bool {
        self.get(id_of(of)).retains_keys || self.resolve(id_of(of)).retains_keys
    }

    fn is_atomic(&self, of: TypeRef) -> bool {
        self.get(id_of(of)).atomic || self.resolve(id_of(of)).atomic
    }
}
