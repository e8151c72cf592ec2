//! `helm show`: what a chart says of itself.

use std::sync::Arc;

use super::ChartSource;
use crate::package::chart::{Chart, ChartFile};
use crate::source::Limits;
use crate::yaml;

/// What to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// `Chart.yaml`, `values.yaml`, the README and the CRDs.
    All,
    /// `Chart.yaml`, written anew.
    Chart,
    /// `values.yaml` as it stands.
    Values,
    /// The README.
    Readme,
    /// The custom resource definitions of the chart and its dependencies.
    Crds,
}

/// Returns what `helm show` prints of a chart.
///
/// # Errors
/// What is wrong with the chart, in Helm's words.
pub fn show(source: &ChartSource<'_>, what: Show, limits: &Limits) -> Result<Vec<u8>, String> {
    let chart = source.load(limits, &mut Vec::new()).map_err(|error| error.to_string())?;
    let bytes = |file: &'_ ChartFile| file.bytes().map(Arc::clone).map_err(|error| error.to_string());
    let wanted = |part: Show| what == part || what == Show::All;
    let mut out = Vec::new();
    if wanted(Show::Chart) {
        out.extend(yaml::to_string(&chart.metadata.to_file()).into_bytes());
        out.push(b'\n');
    }
    // A part of many begins with a line of its own.
    let begin: &[u8] = if what == Show::All { b"---\n" } else { b"" };
    if wanted(Show::Values) {
        out.extend_from_slice(begin);
        for file in chart.contents.raw.iter().filter(|file| file.name == "values.yaml") {
            out.extend_from_slice(&bytes(file)?);
            out.push(b'\n');
        }
    }
    if wanted(Show::Readme)
        && let Some(file) = readme(&chart)
    {
        out.extend_from_slice(begin);
        out.extend_from_slice(&bytes(file)?);
        out.push(b'\n');
    }
    if wanted(Show::Crds) {
        for crd in chart.crds() {
            let data = bytes(crd.file)?;
            if !data.starts_with(b"---") {
                out.extend_from_slice(b"---\n");
            }
            out.extend_from_slice(&data);
            out.push(b'\n');
        }
    }
    Ok(out)
}

fn readme(chart: &Chart) -> Option<&ChartFile> {
    let names = ["readme.md", "readme.txt", "readme"];
    let is_readme = |name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    chart.contents.files.iter().find(|file| is_readme(&file.name))
}
