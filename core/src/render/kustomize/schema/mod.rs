//! What kustomize knows of types: which kinds live outside of namespaces, and which lists merge by which keys.
//!
//! Built in are the types of Kubernetes v1.21.2, whatever the cluster has; `openapi` in a kustomization takes their
//! place. See `kyaml/openapi/openapi.go` of <https://github.com/kubernetes-sigs/kustomize/tree/kyaml/v0.21.1>, whose
//! order of events is kept: a file that is named after built-in types were asked for is added to them, and its
//! definitions take the place of built-in ones of the same name. A comment behind a field may say its type, too.

mod compact;
mod layer;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

use ecow::EcoString;

pub use compact::compact_schema;

use layer::Layer;

use crate::object::{Gvk, ListType, NameReference, Scope, TypeFacts, TypeRef};
use crate::value::{Map, Value};

/// The version whose types are built in.
pub(super) const BUILT_IN: &str = "v1.21.2";

static BUILT_IN_LAYER: LazyLock<Layer> = LazyLock::new(|| Layer::new(include_str!("../data/types.txt")));
static OWN_LAYER: LazyLock<Layer> = LazyLock::new(|| Layer::new(include_str!("../data/own-types.txt")));

/// The kinds of which kustomize knows without reading types whether they live in namespaces.
static SCOPES: LazyLock<HashMap<&'static str, Vec<(&'static str, bool)>>> = LazyLock::new(|| {
    let mut scopes: HashMap<&str, Vec<(&str, bool)>> = HashMap::new();
    for line in include_str!("../data/scopes.txt").lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        if let (Some(api_version), Some(kind), Some(scope)) = (words.next(), words.next(), words.next()) {
            scopes.entry(kind).or_default().push((api_version, scope == "namespaced"));
        }
    }
    scopes
});

// The documents, by number.
const OWN: usize = 0;
const KUBERNETES: usize = 1;
const CUSTOM: usize = 2;
const FIRST_COMMENT: usize = 3;

// Types that somebody else knows have this number.
const DEFINED: usize = u32::MAX as usize;

/// How many different types comments may say in one build.
const COMMENTS: usize = 1000;

// The names in the document that a comment becomes.
const COMMENT: &str = "comment";
const FIELD: &str = "field";

fn type_ref(number: usize, at: usize) -> TypeRef {
    TypeRef((number as u64) << 32 | at as u64)
}

/// The types of one build.
#[derive(Debug, Default)]
pub(super) struct Schemas {
    custom: Option<Layer>,
    /// The types that comments say, each a document of its own.
    comments: Vec<Layer>,
    known_comments: HashMap<EcoString, TypeRef>,
    /// The definitions that built-in maps are.
    built_in_names: OnceCell<HashMap<usize, EcoString>>,
    version: Option<EcoString>,
    has_custom: bool,
    /// Whether the built-in types count although a file was named.
    built_in_first: bool,
    asked: Cell<bool>,
    /// The types of the chosen version of Kubernetes and of the definitions that are known, where they count.
    chosen: Option<Chosen>,
    /// The types of custom resources whose definitions are known, where they count.
    defined: Option<Chosen>,
    /// The types that a merge asked for and nothing knew.
    unknown: RefCell<BTreeSet<Gvk>>,
}

/// Types that somebody else knows.
#[derive(Clone)]
struct Chosen(Arc<dyn TypeFacts + Send + Sync>);

impl std::fmt::Debug for Chosen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Chosen")
    }
}

impl Schemas {
    /// From now on other types than kustomize's own say which kinds live in namespaces, where they know it.
    pub(super) fn choose(&mut self, facts: Arc<dyn TypeFacts + Send + Sync>) {
        self.chosen = Some(Chosen(facts));
    }

    /// From now on lists in custom resources merge as their definitions say, where kustomize knows nothing of them.
    pub(super) fn define(&mut self, facts: Arc<dyn TypeFacts + Send + Sync>) {
        self.defined = Some(Chosen(facts));
    }

    /// Returns the types that a merge asked for and nothing knew.
    pub(super) fn unknown(&self) -> BTreeSet<Gvk> {
        self.unknown.borrow().clone()
    }

    /// Returns the fields of objects of a type that hold names of others, as definitions have them.
    pub(super) fn references(&self, gvk: &Gvk) -> Vec<NameReference> {
        let known = self.defined.as_ref().or(self.chosen.as_ref());
        known.map(|known| known.0.references(gvk)).unwrap_or_default()
    }

    fn defined(&self, of: TypeRef) -> Option<(&dyn TypeFacts, TypeRef)> {
        let is_defined = of.0 >> 32 == DEFINED as u64;
        let facts = self.defined.as_ref().filter(|_| is_defined)?;
        Some((&*facts.0, TypeRef(of.0 & u64::from(u32::MAX))))
    }

    /// Takes what `openapi` of a kustomization says: the version and the text of the file. Only the outermost
    /// kustomization overrules what was set before.
    ///
    /// # Errors
    /// When the version is not built in, both are there, or the file is no OpenAPI document.
    pub(super) fn set(&mut self, version: Option<&str>, file: Option<String>, outermost: bool) -> Result<(), String> {
        let is_set = self.version.is_some() || self.has_custom;
        if is_set && !outermost {
            return Ok(());
        }
        if let Some(compact) = file {
            if version.is_some() {
                return Err("builtin version and custom schema provided, cannot use both".to_owned());
            }
            self.built_in_first = self.asked.get();
            self.custom = Some(Layer::new(compact));
            self.has_custom = true;
            self.version = Some("custom".into());
            return Ok(());
        }
        match version {
            None | Some("") => {
                self.version = None;
                Ok(())
            }
            Some(BUILT_IN) => {
                self.version = Some(BUILT_IN.into());
                self.has_custom = false;
                self.custom = None;
                Ok(())
            }
            Some(_) => Err("the specified OpenAPI version is not built in".to_owned()),
        }
    }

    /// Whether objects of a type certainly live outside of namespaces.
    pub(super) fn is_cluster_scoped(&self, api_version: &str, kind: &str) -> bool {
        if let Some(scope) = self.chosen_scope(|| Gvk::new(api_version, kind)) {
            return scope == Scope::Cluster;
        }
        let known = SCOPES.get(kind).and_then(|known| known.iter().find(|(known, _)| *known == api_version));
        if let Some((_, namespaced)) = known {
            return !namespaced;
        }
        self.asked.set(true);
        self.custom.as_ref().and_then(|layer| layer.is_namespaced(api_version, kind)) == Some(false)
    }

    /// Whether objects of a type certainly live outside of namespaces.
    pub(super) fn is_cluster_scoped_gvk(&self, gvk: &Gvk) -> bool {
        if let Some(scope) = self.chosen_scope(|| gvk.clone()) {
            return scope == Scope::Cluster;
        }
        if !SCOPES.contains_key(gvk.kind.as_str()) && self.custom.is_none() {
            self.asked.set(true);
            return false;
        }
        self.is_cluster_scoped(&gvk.api_version(), &gvk.kind)
    }

    fn chosen_scope(&self, gvk: impl FnOnce() -> Gvk) -> Option<Scope> {
        self.chosen.as_ref().and_then(|chosen| chosen.0.scope(&gvk()))
    }

    /// Takes the type that a comment says, as JSON; `None` where it says none.
    pub(super) fn add_comment(&mut self, text: &EcoString) -> Option<TypeRef> {
        if let Some(known) = self.known_comments.get(text) {
            return Some(*known);
        }
        let schema: Value = serde_json::from_str(text).ok()?;
        if self.comments.len() >= COMMENTS || schema.as_map().is_none_or(Map::is_empty) {
            return None;
        }
        let value = |fields: [(&str, Value); 1]| Value::from(fields.into_iter().collect::<Map>());
        let definition = value([("properties", value([(FIELD, schema)]))]);
        let layer = Layer::new(compact_schema(&value([("definitions", value([(COMMENT, definition)]))])));
        let at = layer.field(layer.named(COMMENT)?, FIELD)?;
        let of = type_ref(FIRST_COMMENT + self.comments.len(), at);
        self.comments.push(layer);
        self.known_comments.insert(text.clone(), of);
        Some(of)
    }

    fn layer(&self, number: usize) -> Option<&Layer> {
        match number {
            OWN => Some(&*OWN_LAYER),
            KUBERNETES => Some(&*BUILT_IN_LAYER),
            CUSTOM => self.custom.as_ref(),
            number => self.comments.get(number - FIRST_COMMENT),
        }
    }

    // The documents that count; the first that knows a type is asked.
    fn order(&self) -> impl Iterator<Item = usize> {
        let built_in = !self.has_custom || self.built_in_first;
        [Some(OWN), self.custom.as_ref().map(|_| CUSTOM), built_in.then_some(KUBERNETES)].into_iter().flatten()
    }

    /// Returns the document and the place in it where a type stands, references followed.
    fn at(&self, of: TypeRef) -> Option<(usize, &Layer, usize)> {
        let number = usize::try_from(of.0 >> 32).ok()?;
        let at = usize::try_from(of.0 & u64::from(u32::MAX)).ok()?;
        let layer = self.layer(number)?;
        if let Some(name) = layer.reference(at) {
            return self.order().find_map(|number| {
                let layer = self.layer(number)?;
                Some((number, layer, layer.named(name)?))
            });
        }
        if let (KUBERNETES, Some(custom)) = (number, &self.custom) {
            let names = self.built_in_names.get_or_init(|| BUILT_IN_LAYER.names_by_place());
            let replaced = layer.map_at(at).and_then(|map| custom.named(names.get(&map)?));
            if let Some(at) = replaced {
                return Some((CUSTOM, custom, at));
            }
        }
        Some((number, layer, at))
    }

    /// Returns the keys by which a list is merged; none for a list of scalars; `None` for one that is replaced.
    pub(super) fn merge_keys(&self, of: TypeRef) -> Option<Vec<EcoString>> {
        if let Some((facts, of)) = self.defined(of) {
            return match facts.list_type(of)? {
                ListType::Atomic => None,
                ListType::Set => Some(Vec::new()),
                ListType::Map(keys) => Some(keys),
            };
        }
        let (_, layer, at) = self.at(of)?;
        layer.merge_keys(at).map(|keys| keys.into_iter().map(EcoString::from).collect())
    }

    /// Returns the type of whole objects.
    pub(super) fn root_of(&self, api_version: &str, kind: &str) -> Option<TypeRef> {
        self.asked.set(true);
        let known = self.order().find_map(|number| {
            let at = self.layer(number)?.root(api_version, kind)?;
            Some(type_ref(number, at))
        });
        known.or_else(|| self.defined_root(Gvk::new(api_version, kind)))
    }

    fn defined_root(&self, gvk: Gvk) -> Option<TypeRef> {
        let root = self.defined.as_ref().and_then(|defined| defined.0.root(&gvk));
        match root.and_then(|root| u32::try_from(root.0).ok()) {
            Some(at) => Some(type_ref(DEFINED, at as usize)),
            None => {
                self.unknown.borrow_mut().insert(gvk);
                None
            }
        }
    }
}

fn again(of: TypeRef) -> TypeRef {
    TypeRef((DEFINED as u64) << 32 | of.0 & u64::from(u32::MAX))
}

impl TypeFacts for Schemas {
    fn scope(&self, gvk: &Gvk) -> Option<Scope> {
        self.is_cluster_scoped(&gvk.api_version(), &gvk.kind).then_some(Scope::Cluster)
    }

    fn root(&self, gvk: &Gvk) -> Option<TypeRef> {
        self.root_of(&gvk.api_version(), &gvk.kind)
    }

    fn field(&self, of: TypeRef, name: &str) -> Option<TypeRef> {
        if let Some((facts, of)) = self.defined(of) {
            return facts.field(of, name).map(again);
        }
        let (number, layer, at) = self.at(of)?;
        layer.field(at, name).map(|at| type_ref(number, at))
    }

    fn item(&self, of: TypeRef) -> Option<TypeRef> {
        if let Some((facts, of)) = self.defined(of) {
            return facts.item(of).map(again);
        }
        let (number, layer, at) = self.at(of)?;
        layer.item(at).map(|at| type_ref(number, at))
    }

    fn list_type(&self, of: TypeRef) -> Option<ListType> {
        let keys = self.merge_keys(of)?;
        Some(if keys.is_empty() { ListType::Set } else { ListType::Map(keys) })
    }

    fn patch_merge_key(&self, of: TypeRef) -> Option<EcoString> {
        self.merge_keys(of).map(|keys| keys.into_iter().next().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_types_are_those_of_kubernetes_1_21() {
        let schemas = Schemas::default();
        let pod = schemas.root_of("v1", "Pod").unwrap();
        let spec = schemas.field(pod, "spec").unwrap();
        let containers = schemas.field(spec, "containers").unwrap();
        assert_eq!(schemas.merge_keys(containers).unwrap(), ["name"]);
        let ports = schemas.field(schemas.item(containers).unwrap(), "ports").unwrap();
        assert_eq!(schemas.merge_keys(ports).unwrap(), ["containerPort", "protocol"]);
        assert!(schemas.root_of("batch/v1beta1", "CronJob").is_some());
        assert!(schemas.root_of("networking.k8s.io/v1", "ValidatingAdmissionPolicy").is_none());
        assert!(schemas.is_cluster_scoped("rbac.authorization.k8s.io/v1", "ClusterRole"));
        assert!(!schemas.is_cluster_scoped("v1", "Pod"));
        assert!(!schemas.is_cluster_scoped("example.com/v1", "Namespace"));
    }

    #[test]
    fn a_file_takes_the_place_of_the_built_in_types() {
        let own = "scopes\nexample.com/v1 Thing cluster\nkinds\nexample.com/v1 Thing 0\ntypes\na:[-]+\n";
        let mut schemas = Schemas::default();
        assert!(schemas.set(Some("v1.0.0"), None, true).is_err());
        schemas.set(None, Some(own.to_owned()), true).unwrap();
        assert!(schemas.root_of("v1", "Pod").is_none());
        let thing = schemas.root_of("example.com/v1", "Thing").unwrap();
        assert_eq!(schemas.patch_merge_key(schemas.field(thing, "a").unwrap()).unwrap(), "");
        assert!(schemas.is_cluster_scoped("example.com/v1", "Thing"));
        schemas.set(Some(BUILT_IN), None, false).unwrap();
        assert!(schemas.root_of("v1", "Pod").is_none(), "an inner kustomization changes nothing");
    }

    #[test]
    fn a_file_that_comes_later_is_added_to_the_built_in_types() {
        let own = "kinds\nexample.com/v1 Thing 0\nnames\nio.k8s.api.core.v1.Container 1\n\
                   types\nspec:@io.k8s.api.core.v1.PodSpec\nmine:[-]+\n";
        let mut schemas = Schemas::default();
        assert!(schemas.root_of("v1", "Pod").is_some());
        schemas.set(None, Some(own.to_owned()), false).unwrap();
        let field = |of, name| schemas.field(of, name).unwrap();
        let spec = field(schemas.root_of("example.com/v1", "Thing").unwrap(), "spec");
        let containers = field(spec, "containers");
        assert_eq!(schemas.merge_keys(containers).unwrap(), ["name"]);
        let container = schemas.item(containers).unwrap();
        assert!(schemas.field(container, "ports").is_none(), "the file has another container");
        assert!(schemas.merge_keys(field(container, "mine")).unwrap().is_empty());
    }

    #[test]
    fn comments_say_types() {
        let mut schemas = Schemas::default();
        let pod = schemas.add_comment(&"{\"$ref\": \"#/definitions/io.k8s.api.core.v1.PodSpec\"}".into()).unwrap();
        let containers = schemas.field(pod, "containers").unwrap();
        assert_eq!(schemas.merge_keys(containers).unwrap(), ["name"]);
        let list = "{\"type\":\"array\",\"x-kubernetes-patch-strategy\":\"merge\",\"items\":{}}".into();
        let list = schemas.add_comment(&list).unwrap();
        assert!(schemas.merge_keys(list).unwrap().is_empty());
        assert!(schemas.add_comment(&"{\"x\": 1}".into()).is_some_and(|x| schemas.merge_keys(x).is_none()));
        assert!(schemas.add_comment(&"{}".into()).is_none());
        assert!(schemas.add_comment(&" text".into()).is_none());
    }
}
