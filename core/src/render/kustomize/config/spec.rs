//! Field specs: which field of which kinds, and whether to make it.

use std::sync::Arc;

use ecow::EcoString;

use crate::object::Gvk;
use crate::render::kustomize::decode::FieldSpec;
use crate::render::kustomize::resid::selects;
use crate::render::kustomize::tree::{FieldPath, NodeId, Tree};

/// A field of the kinds that a type, of which what is empty counts for nothing, selects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::render::kustomize) struct Spec {
    pub(in crate::render::kustomize) gvk: Gvk,
    pub(in crate::render::kustomize) path: FieldPath,
    pub(in crate::render::kustomize) create: bool,
}

/// A list of specs, shared.
pub(in crate::render::kustomize) type Specs = Arc<[Spec]>;

impl Spec {
    pub(in crate::render::kustomize) fn new(gvk: Gvk, path: impl Into<EcoString>, create: bool) -> Spec {
        Spec { gvk, path: FieldPath::new(path), create }
    }

    /// Whether it is about a document as it is now.
    pub(in crate::render::kustomize) fn applies_to(&self, tree: &Tree, root: NodeId) -> bool {
        use crate::render::kustomize::resource::{api_version, kind};
        if !self.gvk.kind.is_empty() && self.gvk.kind != kind(tree, root) {
            return false;
        }
        if self.gvk.group.is_empty() && self.gvk.version.is_empty() {
            return true;
        }
        selects(&self.gvk, &Gvk::new(api_version(tree, root), kind(tree, root)))
    }

    /// Whether this one, which is there, makes another one needless.
    pub(super) fn covers(&self, other: &Spec) -> bool {
        self.path == other.path && selects(&other.gvk, &self.gvk)
    }
}

impl From<&FieldSpec> for Spec {
    fn from(written: &FieldSpec) -> Spec {
        Spec::new(written.gvk(), written.path.clone(), written.create)
    }
}

/// Returns the specs that a configuration says.
pub(in crate::render::kustomize) fn from_field_specs(written: &[FieldSpec]) -> Specs {
    written.iter().map(Spec::from).collect()
}
