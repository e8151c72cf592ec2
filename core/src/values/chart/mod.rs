//! The values of a Helm chart, computed exactly as Helm computes them.
//!
//! In Helm's order: [`user_values`] merges files and flags; [`check_dependencies`] asks that every chart listed is
//! there; [`process_dependencies`] takes out the dependencies that are switched off, renames those with an alias and
//! imports values; [`render_values`] lays the user's values over the defaults of the chart and of its dependencies;
//! [`check_schemas`] holds the result against `values.schema.json`. Texts of errors and log lines are Helm's.
//!
//! Facts: <https://github.com/helm/helm/tree/main/pkg/chart/common/util> and
//! <https://github.com/helm/helm/blob/main/pkg/chart/v2/util/dependencies.go>.

use crate::package::chart::{Chart, ChartError, LogLine};
use crate::source::Limits;
use crate::value::Value;
use crate::values::{ReadFile, SetFlag};

/// One thing that a user gave to set values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserInput {
    /// A values file: its name as typed (`-` for standard input), and its content.
    File {
        /// The name as typed.
        name: String,
        /// The content.
        content: Vec<u8>,
    },
    /// A `--set` flag or one of its kin, and its text.
    Flag(SetFlag, String),
}

/// Merges what the user gave: files in their order, then flags by kind in Helm's order, each kind in its own order.
/// The result is a map.
///
/// # Errors
/// In Helm's words.
pub fn user_values(inputs: &[UserInput], read: &ReadFile<'_>, limits: &Limits) -> Result<Value, ChartError> {
    let _ = (inputs, read, limits);
    Err(ChartError::new("not there yet"))
}

/// Asks that every dependency that `Chart.yaml` lists is in `charts/`.
///
/// # Errors
/// With the names of those that are missing.
pub fn check_dependencies(chart: &Chart) -> Result<(), ChartError> {
    let _ = chart;
    Err(ChartError::new("not there yet"))
}

/// Switches dependencies on and off by conditions and tags, applies aliases, and imports values into their parents.
///
/// # Errors
/// In Helm's words, without `chart dependencies processing failed: `.
pub fn process_dependencies(chart: &mut Chart, user: &Value, log: &mut Vec<LogLine>) -> Result<(), ChartError> {
    let _ = (chart, user, log);
    Err(ChartError::new("not there yet"))
}

/// Returns `.Values` of the outermost chart: the user's values over all defaults, the values of a dependency under its
/// name, with `global` handed down.
///
/// # Errors
/// In Helm's words, when what stands in the place of a dependency's values is no map.
pub fn render_values(chart: &Chart, user: &Value, log: &mut Vec<LogLine>) -> Result<Value, ChartError> {
    let _ = (chart, user, log);
    Err(ChartError::new("not there yet"))
}

/// Holds the values of a chart and of its dependencies against their schemas.
///
/// # Errors
/// With Helm's list of all that is wrong: `values don't meet the specifications of the schema(s) in …`.
pub fn check_schemas(chart: &Chart, values: &Value, log: &mut Vec<LogLine>) -> Result<(), ChartError> {
    let _ = (chart, values, log);
    Err(ChartError::new("not there yet"))
}

/// Asks that a version of Kubernetes is one that the chart takes.
///
/// # Errors
/// `chart requires kubeVersion: … which is incompatible with Kubernetes …`.
pub fn check_kube_version(chart: &Chart, version: &str) -> Result<(), ChartError> {
    let _ = (chart, version);
    Err(ChartError::new("not there yet"))
}
