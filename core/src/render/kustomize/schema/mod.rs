//! What kustomize knows of types: which kinds live outside of namespaces, and which lists merge by which keys.
//!
//! Built in are the types of Kubernetes v1.21.2, whatever the cluster has; `openapi` in a kustomization takes their
//! place. See `kyaml/openapi/openapi.go` of <https://github.com/kubernetes-sigs/kustomize/tree/kyaml/v0.21.1>, whose
//! order of events is kept: a file that is named after built-in types were asked for is added to them.

mod compact;
mod layer;

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::LazyLock;

use ecow::EcoString;

pub use compact::compact_schema;

use layer::Layer;

use crate::object::{Gvk, ListType, Scope, TypeFacts, TypeRef};

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

/// The types of one build.
#[derive(Debug, Default)]
pub(super) struct Schemas {
    custom: Vec<Layer>,
    /// The files that are not read yet.
    version: Option<EcoString>,
    has_custom: bool,
    /// Whether the built-in types count although a file was named.
    built_in_first: bool,
    asked: Cell<bool>,
}

impl Schemas {
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
            self.custom = vec![Layer::new(compact)];
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
                self.custom.clear();
                Ok(())
            }
            Some(_) => Err("the specified OpenAPI version is not built in".to_owned()),
        }
    }

    /// Whether objects of a type certainly live outside of namespaces.
    pub(super) fn is_cluster_scoped(&self, api_version: &str, kind: &str) -> bool {
        let known = SCOPES.get(kind).and_then(|known| known.iter().find(|(known, _)| *known == api_version));
        if let Some((_, namespaced)) = known {
            return !namespaced;
        }
        self.asked.set(true);
        self.custom.iter().rev().find_map(|layer| layer.is_namespaced(api_version, kind)) == Some(false)
    }

    /// Whether objects of a type certainly live outside of namespaces.
    pub(super) fn is_cluster_scoped_gvk(&self, gvk: &Gvk) -> bool {
        if !SCOPES.contains_key(gvk.kind.as_str()) && self.custom.is_empty() {
            self.asked.set(true);
            return false;
        }
        self.is_cluster_scoped(&gvk.api_version(), &gvk.kind)
    }

    // The layers by number; the last that knows a type counts.
    fn layer(&self, number: usize) -> Option<&Layer> {
        match number {
            0 => Some(&*OWN_LAYER),
            1 => Some(&*BUILT_IN_LAYER),
            number => self.custom.get(number - 2),
        }
    }

    fn order(&self) -> impl Iterator<Item = usize> {
        let built_in = !self.has_custom || self.built_in_first;
        let custom = 2..2 + self.custom.len();
        std::iter::once(0).chain(custom.rev()).chain(built_in.then_some(1))
    }

    fn at(&self, of: TypeRef) -> Option<(&Layer, usize)> {
        let layer = self.layer(usize::try_from(of.0 >> 32).ok()?)?;
        Some((layer, usize::try_from(of.0 & u64::from(u32::MAX)).ok()?))
    }

    fn place(of: TypeRef, at: usize) -> TypeRef {
        TypeRef(of.0 & !u64::from(u32::MAX) | at as u64)
    }

    /// Returns the keys by which a list is merged; none for a list of scalars; `None` for one that is replaced.
    pub(super) fn merge_keys(&self, of: TypeRef) -> Option<Vec<&str>> {
        let (layer, at) = self.at(of)?;
        layer.merge_keys(at)
    }

    /// Returns the type of whole objects.
    pub(super) fn root_of(&self, api_version: &str, kind: &str) -> Option<TypeRef> {
        self.asked.set(true);
        self.order().find_map(|number| {
            let at = self.layer(number)?.root(api_version, kind)?;
            Some(TypeRef((number as u64) << 32 | at as u64))
        })
    }
}

impl TypeFacts for Schemas {
    fn scope(&self, gvk: &Gvk) -> Option<Scope> {
        self.is_cluster_scoped(&gvk.api_version(), &gvk.kind).then_some(Scope::Cluster)
    }

    fn root(&self, gvk: &Gvk) -> Option<TypeRef> {
        self.root_of(&gvk.api_version(), &gvk.kind)
    }

    fn field(&self, of: TypeRef, name: &str) -> Option<TypeRef> {
        let (layer, at) = self.at(of)?;
        layer.field(at, name).map(|at| Schemas::place(of, at))
    }

    fn item(&self, of: TypeRef) -> Option<TypeRef> {
        let (layer, at) = self.at(of)?;
        layer.item(at).map(|at| Schemas::place(of, at))
    }

    fn list_type(&self, of: TypeRef) -> Option<ListType> {
        let keys = self.merge_keys(of)?;
        Some(if keys.is_empty() { ListType::Set } else { ListType::Map(keys.into_iter().map(Into::into).collect()) })
    }

    fn patch_merge_key(&self, of: TypeRef) -> Option<EcoString> {
        self.merge_keys(of).map(|keys| keys.first().copied().unwrap_or_default().into())
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
}
