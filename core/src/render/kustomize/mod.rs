//! Kustomizations, built as kustomize v5.8.1 builds them: the same bytes, the same order, the same words.
//!
//! A build has one `Session` with all its documents in one tree of nodes. A
//! `Target` is one kustomization file; it gathers the resources of the files and folders
//! that it names into a `ResMap`, runs its generators and transformers, and hands the result to
//! the kustomization around it. What has to be done once, when all is gathered (hashes, references, vars, order), is
//! done by [`build`].
//!
//! The facts are data, not code: which fields labels go to, where names stand, by which keys lists merge (see `data/`).

mod accumulator;
#[cfg(test)]
mod attacks;
mod base64;
mod build;
mod charts;
mod config;
mod decode;
pub mod edit;
mod error;
mod factory;
mod generators;
mod go;
mod loader;
mod merge;
mod missed;
mod origin;
mod overlay;
mod place;
mod plugins;
#[cfg(test)]
mod quirks;
mod regexp;
mod remote;
mod remotes;
mod resid;
mod resmap;
mod resource;
mod schema;
mod select;
mod session;
mod target;
mod trace;
mod transformers;
mod tree;

use ecow::EcoString;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::object::{Gvk, TypeFacts};
use crate::source::{Limits, SourceMap};

pub use build::build;
pub use charts::{ChartInflator, ChartRequest, NoCharts};
pub use error::Error;
pub use overlay::{Changed, Transformers};
pub use schema::compact_schema;
pub use trace::{BuildStep, Change, Content, Edit, History, Trace};

/// From where the files of a kustomization may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LoadRestrictions {
    /// From its own folder and below.
    #[default]
    RootOnly,
    /// From anywhere in the tree of files.
    None,
}

/// The order of resources that the command line asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reorder {
    /// Nothing is asked for: the order is the legacy one.
    #[default]
    Unspecified,
    /// By kind.
    Legacy,
    /// As gathered.
    None,
}

/// How to build.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The absolute path of the root of the files, as messages show it.
    pub root: String,
    /// From where files may come (`--load-restrictor`).
    pub load_restrictions: LoadRestrictions,
    /// The order of resources (`--reorder`).
    pub reorder: Reorder,
    /// Whether charts are rendered (`--enable-helm`).
    pub enable_helm: bool,
    /// Further API versions that charts are told of (`--helm-api-versions`).
    pub helm_api_versions: Vec<EcoString>,
    /// The version of Kubernetes that charts are told of (`--helm-kube-version`).
    pub helm_kube_version: EcoString,
    /// Whether to label everything as kustomize's (`--enable-managedby-label`).
    pub add_managed_by_label: bool,
    /// Whether to tell what is for nothing that is there: a patch, an image, a replacement that no object fits.
    pub watch: bool,
    /// The types of custom resources whose definitions count where kustomize knows nothing of a type: their lists merge
    /// by their keys, and references in them are brought up to date.
    pub defined: Option<Defined>,
    /// Whether to keep what happened to each field.
    pub trace: bool,
    /// What a build may use up.
    pub limits: Limits,
}

/// Types of custom resources.
#[derive(Clone)]
pub struct Defined(pub Arc<dyn TypeFacts + Send + Sync>);

impl std::fmt::Debug for Defined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Defined")
    }
}

/// What kustomize says on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The text, without the time that some of them have before them.
    pub text: String,
    /// Whether kustomize prints the time before it.
    pub logged: bool,
}

/// What comes of a build.
#[derive(Debug)]
pub struct Outcome {
    /// The documents, or why there are none.
    pub result: Result<String, Error>,
    /// What was said on the way, also before a mistake.
    pub warnings: Vec<Warning>,
    /// What is for nothing that is there, where that was to be told, as warnings with places in [`Outcome::sources`].
    pub missed: Vec<Diagnostic>,
    /// The types that patches changed objects of while nothing was known of them.
    pub unknown: BTreeSet<Gvk>,
    /// The files that were read as text, for the place of an error.
    pub sources: SourceMap,
    /// What happened to each field, when it was asked for, the build succeeded, and it was not too much to be told.
    pub trace: Option<Trace>,
}
