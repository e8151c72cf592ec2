//! Charts, rendered by whoever builds the kustomization ([`ChartInflator`](crate::render::kustomize::ChartInflator)).
//!
//! See `internal/builtins/HelmChartInflationGenerator.go` of
//! <https://github.com/kubernetes-sigs/kustomize/tree/api/v0.21.1/api>. No program is started and nothing is fetched:
//! the chart must be there.

use crate::render::kustomize::charts::ChartRequest;
use crate::render::kustomize::decode::HelmConfig;
use crate::render::kustomize::error::{Cause, Error, Result, Wrap};
use crate::render::kustomize::loader::{Loader, text_of};
use crate::render::kustomize::merge::{Direction, merge};
use crate::render::kustomize::resmap::ResMap;
use crate::render::kustomize::session::Session;
use crate::render::kustomize::tree::{self, NodeId};
use crate::render::kustomize::{factory, go};
use crate::source::{EntryKind, FileId, Span};

use super::Generator;

/// Renders a chart.
#[derive(Debug)]
pub(in crate::render::kustomize) struct HelmGenerator {
    config: HelmConfig,
    loader: Loader,
}

const MERGES: [&str; 3] = ["merge", "override", "replace"];

impl HelmGenerator {
    /// Checks the configuration of a chart and fills in its defaults.
    ///
    /// # Errors
    /// When charts are not allowed, or the configuration is wrong.
    pub(in crate::render::kustomize) fn new(
        session: &mut Session<'_>,
        loader: Loader,
        mut config: HelmConfig,
    ) -> Result<HelmGenerator> {
        if !session.options.enable_helm {
            return Err(Error::new("must specify --enable-helm"));
        }
        if config.name.is_empty() {
            return Err(Error::new("chart name cannot be empty"));
        }
        if config.chart_home.is_empty() {
            config.chart_home = "charts".into();
        }
        for path in &config.additional_values_files {
            loader.load(session, path).wrap(|| "could not load additionalValuesFile")?;
        }
        if config.values_merge.is_empty() {
            config.values_merge = "override".into();
        } else if !MERGES.contains(&config.values_merge.as_str()) {
            return Err(Error::new(format!("valuesMerge must be one of {}", go::list(&MERGES))));
        }
        let generator = HelmGenerator { config, loader };
        let values = go::join(&go::join(&generator.chart_home(session), &generator.config.name), "values.yaml");
        let config = HelmConfig {
            values_file: Some(generator.config.values_file.clone())
                .filter(|file| !file.is_empty())
                .unwrap_or_else(|| values.into()),
            ..generator.config
        };
        Ok(HelmGenerator { config, ..generator })
    }

    fn chart_home(&self, session: &Session<'_>) -> String {
        let home = &self.config.chart_home;
        let home =
            if home.starts_with('/') { go::clean(home) } else { go::join(&session.shown(self.loader.root()), home) };
        if self.config.version.is_empty() || self.config.repo.is_empty() {
            return home;
        }
        go::join(&home, &format!("{}-{}", self.config.name, self.config.version))
    }

    fn values(&self, session: &mut Session<'_>) -> Result<Vec<(String, String)>> {
        let mut values = vec![(self.config.values_file.to_string(), self.main_values(session)?)];
        for path in &self.config.additional_values_files {
            let loaded = self.loader.load(session, path)?;
            values.push((loaded.path, text_of(&loaded.bytes)?));
        }
        Ok(values)
    }

    fn main_values(&self, session: &mut Session<'_>) -> Result<String> {
        let inline = &self.config.values_inline.0;
        if inline.is_empty() {
            let loaded = self.loader.load(session, &self.config.values_file)?;
            return text_of(&loaded.bytes);
        }
        let inline = session.tree.add_value(&inline.clone().into(), Span::NONE);
        if self.config.values_merge == "replace" {
            return Ok(session.tree.to_text(inline));
        }
        let loaded = self.loader.load(session, &self.config.values_file)?;
        let text = text_of(&loaded.bytes)?;
        let chart = tree::fragment(&mut session.tree, &text, &mut session.budget)
            .wrap(|| "could not parse values file into rnode")?;
        let merged = self.merged(session, inline, chart).wrap(|| "could not merge values")?;
        Ok(merged.map_or_else(|| "{}\n".to_owned(), |merged| session.tree.to_text(merged)))
    }

    fn merged(&self, session: &mut Session<'_>, inline: NodeId, chart: Option<NodeId>) -> Result<Option<NodeId>> {
        let Some(chart) = chart else { return Ok(Some(inline)) };
        let (patch, target) = if self.config.values_merge == "override" { (inline, chart) } else { (chart, inline) };
        merge(&mut session.tree, &session.schemas, patch, target, Direction::Append)
    }
}

impl Generator for HelmGenerator {
    fn generate(&self, session: &mut Session<'_>) -> Result<ResMap> {
        let config = &self.config;
        let path = go::join(&self.chart_home(session), &config.name);
        let chart = session.vpath(&path);
        let entry = chart.as_ref().and_then(|chart| session.files.entry(chart).ok());
        let Some((chart, entry)) = chart.zip(entry) else {
            if config.repo.is_empty() {
                return Err(Error::new("no repo specified for pull, no chart found at ''"));
            }
            let message = format!("the chart '{}' is not at '{path}' and lies in '{}'", config.name, config.repo);
            return Err(Error::new(message).because(Cause::Remote));
        };
        if entry.kind != EntryKind::Folder {
            return Err(Error::new(format!("no repo specified for pull, no chart found at '{path}'")));
        }
        let options = session.options;
        let api_versions = [&config.api_versions, &options.helm_api_versions];
        let request = ChartRequest {
            chart,
            release: config.release_name.clone(),
            namespace: config.namespace.clone(),
            name_template: config.name_template.clone(),
            values: self.values(session)?,
            api_versions: api_versions.into_iter().find(|list| !list.is_empty()).cloned().unwrap_or_default(),
            kube_version: [&config.kube_version, &options.helm_kube_version]
                .into_iter()
                .find(|version| !version.is_empty())
                .cloned()
                .unwrap_or_default(),
            include_crds: config.include_crds,
            skip_hooks: config.skip_hooks,
            skip_tests: config.skip_tests,
        };
        let text = session.charts.inflate(session.files, &request).map_err(Error::new)?;
        let mut map =
            factory::resmap(session, &text, FileId::NONE).wrap(|| "could not parse bytes into resource map")?;
        for resource in map.list_mut() {
            resource.build.from_helm = true;
        }
        Ok(map)
    }
}
