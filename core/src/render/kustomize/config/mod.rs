//! Which fields the transformers change: kustomize's own list, files of `configurations`, and CRDs.
//!
//! See `internal/plugins/builtinconfig` of <https://github.com/kubernetes-sigs/kustomize/tree/api/v0.21.1/api>. A
//! configuration is shared between the kustomizations of a build, and merging one that adds nothing gives the same one
//! back, so a build that only has the defaults merges nothing.

mod crds;
mod defaults;
mod defined;
mod merge;
mod spec;

use std::sync::Arc;

pub(super) use crds::from_crds;
pub(super) use defined::of_definitions;
pub(super) use merge::merge_specs;
pub(super) use spec::{Spec, Specs, from_field_specs};

use super::decode::TransformerConfigFile;
use super::error::Result;
use crate::object::Gvk;

/// The fields that hold the name of objects of a type.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct BackReference {
    pub(super) gvk: Gvk,
    pub(super) referrers: Specs,
}

/// The fields of each transformer.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Config {
    pub(super) name_prefix: Specs,
    pub(super) name_suffix: Specs,
    pub(super) namespace: Specs,
    pub(super) common_labels: Specs,
    pub(super) labels: Specs,
    pub(super) template_labels: Specs,
    pub(super) common_annotations: Specs,
    pub(super) name_reference: Vec<BackReference>,
    pub(super) var_reference: Specs,
    pub(super) images: Specs,
    pub(super) replicas: Specs,
}

impl Config {
    /// Returns kustomize's own configuration.
    pub(super) fn defaults() -> Arc<Config> {
        defaults::CONFIG.clone()
    }

    /// Returns the configuration that a file says.
    ///
    /// # Errors
    /// When two specs of the same field disagree.
    pub(super) fn from_file(file: &TransformerConfigFile) -> Config {
        let references = file.name_reference.iter().map(|reference| BackReference {
            gvk: Gvk {
                group: reference.group.clone(),
                version: reference.version.clone(),
                kind: reference.kind.clone(),
            },
            referrers: from_field_specs(&reference.field_specs),
        });
        let mut config = Config {
            name_prefix: from_field_specs(&file.name_prefix),
            name_suffix: from_field_specs(&file.name_suffix),
            namespace: from_field_specs(&file.namespace),
            common_labels: from_field_specs(&file.common_labels),
            labels: from_field_specs(&file.labels),
            template_labels: from_field_specs(&file.template_labels),
            common_annotations: from_field_specs(&file.common_annotations),
            name_reference: references.collect(),
            var_reference: from_field_specs(&file.var_reference),
            images: from_field_specs(&file.images),
            replicas: from_field_specs(&file.replicas),
        };
        config.sort();
        config
    }

    /// Returns a configuration with the specs of another added that it does not have.
    ///
    /// # Errors
    /// When two specs of the same field disagree about creating it.
    pub(super) fn merged(self: &Arc<Config>, incoming: &Arc<Config>) -> Result<Arc<Config>> {
        if Arc::ptr_eq(self, incoming) || **incoming == Config::default() {
            return Ok(self.clone());
        }
        // The defaults hold no spec twice, so they may stand for what merging them into nothing gives.
        if **self == Config::default() && Arc::ptr_eq(incoming, &Config::defaults()) {
            return Ok(incoming.clone());
        }
        merge::merge(self, incoming)
    }
}
