//! Annotations.

use super::Transformer;
use super::labels::set_entries;
use crate::render::kustomize::config::Specs;
use crate::render::kustomize::decode::StringMap;
use crate::render::kustomize::error::Result;
use crate::render::kustomize::resmap::ResMap;
use crate::render::kustomize::session::Session;

/// Sets annotations.
#[derive(Debug)]
pub(in crate::render::kustomize) struct Annotations {
    pub(in crate::render::kustomize) annotations: StringMap,
    pub(in crate::render::kustomize) specs: Specs,
}

impl Transformer for Annotations {
    fn transform(&self, session: &mut Session<'_>, map: &mut ResMap) -> Result<()> {
        set_entries(session, map, &self.specs, &self.annotations)
    }
}
