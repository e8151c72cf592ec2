//! Helm charts: a folder or a packed archive, read as Helm reads it.
//!
//! [`load_folder`] and [`load_archive`] give a [`Chart`] with its dependencies, or a [`ChartError`] in Helm's words.
//! Nothing is rendered and no value is merged here. The one idea: what a chart holds is shared and never changes
//! ([`Contents`]); what the processing of dependencies changes (the name under which a chart goes, its values, which
//! dependencies are left) are few cheap fields of [`Chart`], so that an alias costs no copy.
//!
//! Facts: <https://github.com/helm/helm/tree/main/pkg/chart>.

mod error;
mod log;
mod metadata;
mod model;

pub use error::{ChartError, Place};
pub use log::{LogLevel, LogLine};
pub use metadata::{ChartDependency, Lock, Maintainer, Metadata};
pub use model::{Chart, ChartFile, Contents, Crd};

use crate::source::{Files, Limits, VPath};

/// Loads the chart in a folder as Helm does, `.helmignore` obeyed.
///
/// Helm's log lines are added to `log`, in the order in which it prints them; they count even when loading fails.
///
/// # Errors
/// What Helm refuses, in its words, or a limit.
pub fn load_folder(
    files: &dyn Files,
    folder: &VPath,
    limits: &Limits,
    log: &mut Vec<LogLine>,
) -> Result<Chart, ChartError> {
    let _ = (files, folder, limits, log);
    Err(ChartError::new("not there yet"))
}

/// Loads a packed chart (`.tgz`). `name` is what messages call the file.
///
/// # Errors
/// What Helm refuses, in its words, or a limit.
pub fn load_archive(name: &str, bytes: &[u8], limits: &Limits, log: &mut Vec<LogLine>) -> Result<Chart, ChartError> {
    let _ = (name, bytes, limits, log);
    Err(ChartError::new("not there yet"))
}
