//! A chart as a package like any other: rendered by Helm's rules, then patched, validated, compared and explained.
//!
//! The steps are those of `helm template` ([`super::helm`]); what differs is what becomes of them: errors are findings
//! with their places, and manifests are objects that keep the text that the chart gave them.

use std::sync::Arc;

use super::build::Build;
use super::chart_error;
use super::helm::ChartSource;
use super::request::{Source, ValuesInput};
use crate::diag::{Diagnostic, Diagnostics};
use crate::object::{Item, Object, ObjectSet};
use crate::package::chart::{Chart, ChartError, LogLevel, LogLine};
use crate::package::{Overlay, Package};
use crate::render::helm::{
    Capabilities, ChartTemplates, HelmError, KubeVersion, OutputOptions, Release, RenderInput, Shown, shown,
    sort_manifests,
};
use crate::render::{Host, SealedHost};
use crate::value::Value;
use crate::values::SetFlag;
use crate::values::chart::{
    UserInput, check_dependencies, check_installable, check_kube_version, check_schemas, process_dependencies,
    render_values, schema_findings, trace, user_values,
};
use crate::yaml::{self, Rules};

impl Build<'_> {
    /// Builds the chart in a folder, with the environment that was asked for.
    pub(super) fn chart_folder(&mut self, package: &Arc<Package>) {
        let Some(chain) = self.environment(package) else { return };
        let Source::Package { files, .. } = self.request.source else { return };
        self.chart(ChartSource::Folder { files, root: &package.root }, &chain);
        self.overlays(package, &chain);
    }

    /// Builds a chart without patching it.
    pub(super) fn chart(&mut self, source: ChartSource<'_>, chain: &[&Overlay]) {
        let inputs = self.inputs(chain);
        let mut log = Vec::new();
        let result = self.chart_steps(source, &inputs, &mut log);
        // What Helm prints as a warning is one here; what it prints with its error is that error.
        for line in log.iter().filter(|line| line.level != LogLevel::Error) {
            self.built.diagnostics.push(warning(line));
        }
        if let Err(finding) = result {
            self.built.diagnostics.push(*finding);
        }
    }

    fn chart_steps(
        &mut self,
        source: ChartSource<'_>,
        inputs: &[UserInput],
        log: &mut Vec<LogLine>,
    ) -> Result<(), Box<Diagnostic>> {
        let limits = &self.engine.limits;
        let unset = |path: &str| Err(format!("nothing reads files here, so `{path}` cannot be read"));
        let read = self.request.read_file.unwrap_or(&unset);
        let user = user_values(inputs, read, limits).map_err(|error| self.chart_error("chart-values", &error))?;
        let mut chart = source.load(limits, log).map_err(|error| self.chart_error("chart-load", &error))?;
        self.built.chart_name = Some(chart.name().to_string());
        let ready = check_installable(&chart).and_then(|()| check_dependencies(&chart));
        ready.map_err(|error| self.chart_error("chart-dependencies", &error))?;
        if chart.metadata.deprecated {
            log.push(LogLine::warn("this chart is deprecated"));
        }
        if self.request.trace {
            // A failure of the traced computation is one of the plain one as well, which tells it.
            self.built.values = trace(&chart, inputs, read, &mut self.built.sources, limits).ok();
        }
        let loaded = chart.clone();
        let processed = process_dependencies(&mut chart, &user, limits, log);
        processed.map_err(|error| self.chart_error("chart-dependencies", &error))?;
        let values = render_values(&chart, &user, log).map_err(|error| self.chart_error("chart-values", &error))?;
        if let Err(error) = check_schemas(&chart, &values, log) {
            let traced = trace(&loaded, inputs, read, &mut self.built.sources, limits).ok();
            let mut found = traced
                .map(|values| schema_findings(&chart, &values, &mut self.built.sources, limits))
                .unwrap_or_default()
                .into_iter();
            let Some(first) = found.next() else { return Err(self.chart_error("values-schema", &error)) };
            self.built.diagnostics.extend(found);
            return Err(Box::new(first));
        }
        self.render_chart(&chart, &values, log)
    }

    fn render_chart(&mut self, chart: &Chart, values: &Value, log: &mut Vec<LogLine>) -> Result<(), Box<Diagnostic>> {
        let git_version = self.request.kube_version.git_version();
        let kube_version = KubeVersion::parse(&git_version)
            .map_err(|reason| Box::new(Diagnostic::error("chart-kube-version", reason)))?;
        check_kube_version(chart, &kube_version.version).map_err(|error| {
            let finding = self.chart_error("chart-kube-version", &error);
            Box::new(finding.help("choose another version with `--kube-version`"))
        })?;
        let mut capabilities = Capabilities { kube_version, ..Capabilities::default() };
        capabilities.api_versions.extend(self.request.api_versions.iter().map(|api| api.as_str().into()));
        let release = Release {
            name: self.request.release_name.as_deref().unwrap_or("release-name").into(),
            namespace: self.request.namespace.as_deref().unwrap_or("default").into(),
            revision: 1,
            is_upgrade: self.request.is_upgrade,
        };
        let sealed = || Arc::new(SealedHost) as Arc<dyn Host + Send + Sync>;
        let host = self.request.host.clone().unwrap_or_else(sealed);
        let input = RenderInput { values, release: &release, capabilities: &capabilities, host: &host };
        let limits = &self.engine.limits;
        let templates =
            ChartTemplates::compile(chart, limits).map_err(|error| self.template_error(chart, values, &error))?;
        let mut rendered = templates.render(&input).map_err(|error| self.template_error(chart, values, &error))?;
        self.built.notes = Some(rendered.take_notes(chart, false)).filter(|notes| !notes.is_empty());
        let sorted =
            sort_manifests(&rendered.files, limits).map_err(|error| self.template_error(chart, values, &error))?;
        self.built.impure = rendered.impure;
        log.extend(sorted.log.iter().cloned());
        let options = OutputOptions { include_crds: true, ..OutputOptions::default() };
        let documents = shown(&sorted, chart, &options);
        self.add_documents(&documents);
        Ok(())
    }

    // The definitions among the documents are known before anything is patched or validated.
    fn add_documents(&mut self, documents: &[Shown]) {
        let mut items: Vec<Item> = documents.iter().map(|document| self.item(document)).collect();
        trim_last_manifest(&mut items, documents);
        let mut objects = ObjectSet::new();
        objects.extend(items);
        if let Some(schemas) = &mut self.built.schemas {
            self.built.definitions = schemas.add_crds(&objects);
        }
        self.built.objects = objects;
    }

    fn item(&mut self, document: &Shown) -> Item {
        let text = document.content.text();
        let file = self.built.sources.add(format!("{} (rendered)", document.path), text.as_str());
        let limits = &self.engine.limits;
        let mut ignored = Diagnostics::new();
        // Helm has read the document already, and reads no more than the first of what `...` parts.
        let parsed = yaml::parse(&text, file, limits).into_value(&mut ignored).into_iter().find_map(|one| one.root);
        let source: Arc<str> = Arc::from(document.path.as_str());
        let node = parsed.map(|root| yaml::normalize(root, Rules::Kubectl, limits).into_value(&mut ignored));
        let span = node.as_ref().map_or(crate::source::Span::new(file, 0), |node| node.span);
        match node {
            Some(node) => match Object::new(node.clone(), source.clone()) {
                Some(object) => Item::Object(Object { text: Some(text), ..object }),
                None => {
                    let node = Some(node).filter(|node| !node.is_null());
                    Item::Other { node, span, source, text: Some(text) }
                }
            },
            None => Item::Other { node: None, span, source, text: Some(text) },
        }
    }

    // An environment's values count as a file below those of the user.
    fn inputs(&self, chain: &[&Overlay]) -> Vec<UserInput> {
        let mut inputs: Vec<UserInput> = Vec::new();
        for overlay in chain {
            if let Some(values) = &overlay.values {
                let name = format!("overlays/{}/overlay.yaml (values)", overlay.name);
                inputs.push(UserInput::File { name, content: yaml::to_string(&values.to_value()).into_bytes() });
            }
        }
        inputs.extend(self.request.values.iter().map(|input| match input {
            ValuesInput::File { name, text } => {
                UserInput::File { name: name.clone(), content: text.clone().into_bytes() }
            }
            ValuesInput::Set(text) => UserInput::Flag(SetFlag::Set, text.clone()),
            ValuesInput::SetString(text) => UserInput::Flag(SetFlag::String, text.clone()),
            ValuesInput::SetJson(text) => UserInput::Flag(SetFlag::Json, text.clone()),
            ValuesInput::SetFile(text) => UserInput::Flag(SetFlag::File, text.clone()),
            ValuesInput::SetLiteral(text) => UserInput::Flag(SetFlag::Literal, text.clone()),
        }));
        inputs
    }

    fn chart_error(&mut self, code: &'static str, error: &ChartError) -> Box<Diagnostic> {
        Box::new(error.diagnostic(code, &mut self.built.sources))
    }

    fn template_error(&mut self, chart: &Chart, values: &Value, error: &HelmError) -> Box<Diagnostic> {
        Box::new(chart_error::finding(chart, values, error, &mut self.built.sources))
    }
}

fn warning(line: &LogLine) -> Diagnostic {
    let mut message = line.message.to_string();
    for (key, value) in &line.attributes {
        message.push_str(&format!(" {key}={value}"));
    }
    Diagnostic::warning("chart-warning", message)
}

// As `helm template` has it: the space behind the last manifest is cut off, that behind hooks is not.
fn trim_last_manifest(items: &mut [Item], documents: &[Shown]) {
    let last = documents.iter().rposition(|document| !document.is_hook);
    let item = last.and_then(|last| items.get_mut(last));
    if let Some(Item::Object(Object { text: Some(text), .. }) | Item::Other { text: Some(text), .. }) = item {
        *text = text.trim_end().into();
    }
}
