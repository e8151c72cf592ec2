//! The seam to the chart engine: kustomizations ask for a chart to be rendered, whoever builds them renders it.

use ecow::EcoString;

use crate::source::{Files, VPath};

/// A chart that a kustomization wants, with everything settled that kustomize would tell the helm program.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChartRequest {
    /// The folder of the chart.
    pub chart: VPath,
    /// The name of the release; empty to generate one.
    pub release: EcoString,
    /// The namespace of the release; empty for the default.
    pub namespace: EcoString,
    /// The template of the release's name (`--name-template`).
    pub name_template: EcoString,
    /// The texts of the values files, in the order of `-f`, each with its path.
    pub values: Vec<(String, String)>,
    /// Further API versions that the cluster has.
    pub api_versions: Vec<EcoString>,
    /// The version of Kubernetes; empty for the default.
    pub kube_version: EcoString,
    /// Whether to write custom resource definitions as well.
    pub include_crds: bool,
    /// Whether to leave hooks out.
    pub skip_hooks: bool,
    /// Whether to leave tests out.
    pub skip_tests: bool,
}

/// Renders charts.
pub trait ChartInflator {
    /// Returns the text that `helm template` prints for a chart.
    ///
    /// # Errors
    /// When the chart cannot be rendered; the text says why.
    fn inflate(&self, files: &dyn Files, request: &ChartRequest) -> Result<String, String>;
}

/// Renders no charts.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCharts;

impl ChartInflator for NoCharts {
    fn inflate(&self, _: &dyn Files, request: &ChartRequest) -> Result<String, String> {
        Err(format!("the chart `{}` cannot be rendered: no chart engine is at hand", request.chart))
    }
}
