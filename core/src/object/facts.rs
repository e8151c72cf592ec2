//! What patches, renderers and diffs ask about types.

use ecow::EcoString;

use super::Gvk;
use crate::value::Value;

/// Whether objects of a type live in namespaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// They do.
    Namespaced,
    /// They do not.
    Cluster,
}

/// How a list merges under server-side apply and strategic merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListType {
    /// It is replaced as a whole.
    Atomic,
    /// Its items are a set of scalars.
    Set,
    /// Its items are maps told apart by the values of these keys, in this order.
    Map(Vec<EcoString>),
}

/// A field of objects of a type that holds the name of another object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameReference {
    /// The keys on the way to it, with `/` between them; lists on the way are gone through.
    pub path: EcoString,
    /// The group of the object that is named.
    pub group: EcoString,
    /// Its kind.
    pub kind: EcoString,
}

/// A place in the types that a [`TypeFacts`] knows; means nothing to any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TypeRef(pub u64);

/// Facts about types, answered by schemas.
pub trait TypeFacts {
    /// Returns whether objects of a type live in namespaces; `None` where the type is not known.
    fn scope(&self, gvk: &Gvk) -> Option<Scope>;

    /// Returns the type of whole objects; `None` where it is not known.
    fn root(&self, gvk: &Gvk) -> Option<TypeRef>;

    /// Returns the type of a field of a map (declared, or of any value of a map with free keys).
    fn field(&self, of: TypeRef, name: &str) -> Option<TypeRef>;

    /// Returns the type of the items of a list.
    fn item(&self, of: TypeRef) -> Option<TypeRef>;

    /// Returns how a list merges under server-side apply (`x-kubernetes-list-type`, `x-kubernetes-list-map-keys`).
    fn list_type(&self, of: TypeRef) -> Option<ListType>;

    /// Returns the key by which strategic merge patches merge the items of a list (`x-kubernetes-patch-merge-key`
    /// where `x-kubernetes-patch-strategy` says `merge`): empty text for a list of scalars that merges as a set,
    /// `None` for one that is replaced.
    fn patch_merge_key(&self, of: TypeRef) -> Option<EcoString>;

    /// Returns what a scalar is where it is not given.
    fn default_value(&self, of: TypeRef) -> Option<Value> {
        let _ = of;
        None
    }

    /// Returns the fields of a custom resource that hold names of other objects.
    fn references(&self, gvk: &Gvk) -> Vec<NameReference> {
        let _ = gvk;
        Vec::new()
    }

    /// Whether a strategic merge patch keeps only the keys that it names itself (`retainKeys`).
    fn retains_keys(&self, of: TypeRef) -> bool {
        let _ = of;
        false
    }

    /// Whether a strategic merge patch replaces the map or list as a whole (`x-kubernetes-patch-strategy: replace`,
    /// `x-kubernetes-map-type: atomic` in custom resources).
    fn is_atomic(&self, of: TypeRef) -> bool {
        let _ = of;
        false
    }
}

/// Knows nothing: lists are replaced, scopes are unknown.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFacts;

impl TypeFacts for NoFacts {
    fn scope(&self, _: &Gvk) -> Option<Scope> {
        None
    }

    fn root(&self, _: &Gvk) -> Option<TypeRef> {
        None
    }

    fn field(&self, _: TypeRef, _: &str) -> Option<TypeRef> {
        None
    }

    fn item(&self, _: TypeRef) -> Option<TypeRef> {
        None
    }

    fn list_type(&self, _: TypeRef) -> Option<ListType> {
        None
    }

    fn patch_merge_key(&self, _: TypeRef) -> Option<EcoString> {
        None
    }
}
