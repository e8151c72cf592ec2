//! `helm template` and `helm show`, as data: the request in, the bytes of both streams out.
//!
//! The steps and their order are Helm's, since the first error is the one that is told
//! (<https://github.com/helm/helm/blob/v4.3.1/pkg/cmd/template.go>,
//! <https://github.com/helm/helm/blob/v4.3.1/pkg/action/install.go>). Whoever wants objects, findings and origins
//! instead builds a chart as any other package ([`Engine::build`](super::Engine::build)).

mod release_name;
mod run;
mod show;

use std::sync::Arc;

pub use release_name::name_from_template;
pub use run::{check_kube_version, template};
pub use show::{Show, show};

use super::ReadFile;
use crate::package::chart::{Chart, ChartError, LogLine, load_archive, load_folder};
use crate::render::Host;
use crate::render::helm::{ChartTemplates, Impure};
use crate::source::{Files, Limits, VPath};
use crate::values::chart::UserInput;

/// Where a chart is.
#[derive(Clone, Copy)]
pub enum ChartSource<'a> {
    /// In a folder.
    Folder {
        /// The files, which may hold more than the chart.
        files: &'a dyn Files,
        /// The folder of the chart among them.
        root: &'a VPath,
    },
    /// In a packed archive.
    Archive {
        /// What messages call it.
        name: &'a str,
        /// Its content.
        bytes: &'a [u8],
    },
}

impl ChartSource<'_> {
    /// Loads the chart.
    ///
    /// # Errors
    /// What Helm refuses, in its words.
    pub(super) fn load(&self, limits: &Limits, log: &mut Vec<LogLine>) -> Result<Chart, ChartError> {
        match self {
            ChartSource::Folder { files, root } => load_folder(*files, root, limits, log),
            ChartSource::Archive { name, bytes } => load_archive(name, bytes, limits, log),
        }
    }
}

/// What `helm template` is asked for. Names of fields are those of its flags.
#[derive(Clone)]
pub struct HelmTemplate<'a> {
    /// The chart.
    pub chart: ChartSource<'a>,
    /// The name of the release.
    pub release_name: &'a str,
    /// The namespace.
    pub namespace: &'a str,
    /// What sets values, in the order of the command line.
    pub values: &'a [UserInput],
    /// Reads the files that `--set-file` names.
    pub read_file: ReadFile<'a>,
    /// The version of Kubernetes; Helm's own where there is none.
    pub kube_version: Option<&'a str>,
    /// API versions beside those that Helm knows.
    pub api_versions: &'a [String],
    /// Whether `.Release.IsUpgrade` is true.
    pub is_upgrade: bool,
    /// Whether `crds/` is part of the output.
    pub include_crds: bool,
    /// Whether hooks are left out.
    pub no_hooks: bool,
    /// Whether tests are left out.
    pub skip_tests: bool,
    /// Whether values are not held against their schemas.
    pub skip_schema_validation: bool,
    /// Patterns of the templates to show; all where there is none.
    pub show_only: &'a [String],
    /// Whether manifests become files instead of text.
    pub as_files: bool,
    /// Whether what was rendered is shown although it is in error.
    pub debug: bool,
    /// Labels of the release, `key=value`.
    pub labels: &'a [String],
    /// The clock and the source of random bytes.
    pub host: &'a Arc<dyn Host + Send + Sync>,
    /// The limits.
    pub limits: &'a Limits,
}

/// What `helm template` gives.
#[derive(Debug, Clone, Default)]
pub struct HelmOutput {
    /// Standard output, byte for byte, but for the lines about files.
    pub stdout: Vec<u8>,
    /// The files to write, in order, where they were asked for.
    pub files: Vec<OutputFile>,
    /// The lines of standard error that come before the error.
    pub log: Vec<LogLine>,
    /// Helm's text where it fails, without `Error: `.
    pub error: Option<String>,
    /// Which templates used the clock or random bytes, so that the next run gives other bytes.
    pub impure: Vec<Impure>,
    /// The chart with its compiled templates, once they are. They are many small things: a program that is about to end
    /// saves the time to free them with [`std::mem::forget`].
    pub templates: Option<ChartTemplates>,
}

/// A file that `--output-dir` writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// The path below the folder.
    pub path: String,
    /// The content.
    pub text: Vec<u8>,
    /// Whether it goes behind what this run wrote to the same path.
    pub append: bool,
    /// Whether it is of `crds/`, which `--release-name` leaves where it is.
    pub is_crd: bool,
}
