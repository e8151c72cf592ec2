//! The values of a Helm chart, computed exactly as Helm computes them.
//!
//! In Helm's order: [`user_values`] merges files and flags; [`check_dependencies`] asks that every chart listed is
//! there; [`process_dependencies`] takes out the dependencies that are switched off, renames those with an alias and
//! imports values; [`render_values`] lays the user's values over the defaults of the chart and of its dependencies;
//! [`check_schemas`] holds the result against `values.schema.json`. Texts of errors and log lines are Helm's.
//!
//! The one idea: the algorithm is written once, over `Data`. A plain run merges
//! [`Value`]s, which share what is not touched; [`trace`] runs the same on trees that know
//! which layer and line set each leaf, for error frames and explanations, and only then is that paid for.
//!
//! Facts: <https://github.com/helm/helm/tree/main/pkg/chart/common/util> and
//! <https://github.com/helm/helm/blob/main/pkg/chart/v2/util/dependencies.go>.

mod coalesce;
mod data;
mod enable;
mod family;
mod import;
mod print;
mod schema;
mod trace;
mod unknown;
mod user;

#[cfg(test)]
mod tests;

pub use schema::{check_schemas, schema_findings};
pub use trace::trace;
pub use unknown::{are_all_known, unknown_keys};
pub use user::{UserInput, user_values};

use data::Data;
use family::Family;

use crate::package::chart::{Chart, ChartError, LogLevel, LogLine};
use crate::source::Limits;
use crate::value::{Nulls, Value};

/// Asks that a chart is of a type that can be rendered by itself.
///
/// # Errors
/// `library charts are not installable`.
pub fn check_installable(chart: &Chart) -> Result<(), ChartError> {
    match chart.metadata.kind.as_str() {
        "" | "application" => Ok(()),
        kind => Err(ChartError::new(format!("{kind} charts are not installable"))),
    }
}

/// Asks that every dependency that `Chart.yaml` lists is in `charts/`.
///
/// # Errors
/// With the names of those that are missing.
pub fn check_dependencies(chart: &Chart) -> Result<(), ChartError> {
    let there: std::collections::BTreeSet<&str> =
        chart.dependencies.iter().map(|below| below.name().as_str()).collect();
    let listed = chart.metadata.dependencies.iter().flatten();
    let missing: Vec<&str> = listed.map(|listed| listed.name.as_str()).filter(|name| !there.contains(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let text = format!("found in Chart.yaml, but missing in charts/ directory: {}", missing.join(", "));
    Err(ChartError::new(text).context(
        "an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to fetch \
         missing dependencies",
    ))
}

/// Switches dependencies on and off by conditions and tags, applies aliases, and imports values into their parents.
///
/// # Errors
/// In Helm's words: `chart dependencies processing failed: …`; Helm logs the same.
pub fn process_dependencies(
    chart: &mut Chart,
    user: &Value,
    limits: &Limits,
    log: &mut Vec<LogLine>,
) -> Result<(), ChartError> {
    let mut family = Family::new(chart, &mut |chart| chart.values.clone());
    process(&mut family, user, limits, log)?;
    *chart = family.to_chart(0, &Value::clone);
    Ok(())
}

fn process<D: Data>(
    family: &mut Family<D>,
    user: &D,
    limits: &Limits,
    log: &mut Vec<LogLine>,
) -> Result<(), ChartError> {
    let done = enable::enable(family, user, limits, log).and_then(|()| import::import(family, 0, limits, log));
    done.map_err(|error| {
        let line = LogLine::new(LogLevel::Error, "chart dependencies processing failed");
        log.push(line.with("error", error.message.clone()));
        error.context("chart dependencies processing failed")
    })
}

/// Returns `.Values` of the outermost chart: the user's values over all defaults, the values of a dependency under its
/// name, with `global` handed down.
///
/// # Errors
/// In Helm's words, when what stands in the place of a dependency's values is no map.
pub fn render_values(chart: &Chart, user: &Value, log: &mut Vec<LogLine>) -> Result<Value, ChartError> {
    let family = Family::new(chart, &mut |chart| chart.values.clone());
    coalesce::coalesce(&family, 0, user.clone(), Nulls::Delete, log)
}

/// Asks that a version of Kubernetes is one that the chart takes.
///
/// # Errors
/// `chart requires kubeVersion: … which is incompatible with Kubernetes …`.
pub fn check_kube_version(chart: &Chart, version: &str) -> Result<(), ChartError> {
    let range = &chart.metadata.kube_version;
    if range.is_empty() || enable::is_compatible(range, version) {
        return Ok(());
    }
    let text = format!("chart requires kubeVersion: {range} which is incompatible with Kubernetes {version}");
    Err(ChartError::new(text))
}
