//! A chart as a package like any other: rendered by Helm's rules, then patched, validated, compared and explained.
//!
//! The steps are those of `helm template` ([`super::helm`]); what differs is what becomes of them: errors are findings
//! with their places, and manifests are objects that keep the text that the chart gave them.

use std::collections::HashMap;
use std::sync::Arc;

use super::Built;
use super::build::Build;
use super::chart_error::Failed;
use super::helm::ChartSource;
use super::memo::{Known, Memo};
use super::request::{Source, ValuesInput};
use crate::diag::{Diagnostic, Diagnostics};
use crate::object::{Item, Object, ObjectSet};
use crate::package::chart::{Chart, ChartError, LogLevel, LogLine, stored};
use crate::package::{Overlay, Package};
use crate::render::Host;
use crate::render::helm::trace::{Document, Places, Trace, reads};
use crate::render::helm::{
    Capabilities, ChartTemplates, HelmErrorKind, KubeVersion, OutputOptions, Release, RenderInput, Shown, shown,
    sort_manifests,
};
use crate::schema::SchemaSet;
use crate::source::{FileId, Limits, Span};
use crate::value::Value;
use crate::values::SetFlag;
use crate::values::chart::{
    UserInput, are_all_known, check_dependencies, check_installable, check_kube_version, check_schemas,
    process_dependencies, render_values, schema_findings, trace, unknown_keys, user_values,
};
use crate::yaml::{self, Node, Rules, SharedNode};

impl Build<'_> {
    /// Builds the chart in a folder, with the environment that was asked for.
    pub(super) fn chart_folder(&mut self, package: &Arc<Package>) {
        let Some(chain) = self.environment(package) else { return };
        let Source::Package { files, .. } = self.request.source else { return };
        self.chart(ChartSource::Folder { files, root: &package.root }, &chain);
        self.overlays(&chain);
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
        self.built.chart_values = Some(user.clone());
        let mut chart = source.load(limits, log).map_err(|error| self.chart_error("chart-load", &error))?;
        self.built.chart_name = Some(chart.name().to_string());
        self.built.chart_versions = Some((chart.metadata.version.clone(), chart.metadata.app_version.clone()));
        let ready = check_installable(&chart).and_then(|()| check_dependencies(&chart));
        ready.map_err(|error| self.chart_error("chart-dependencies", &error))?;
        if chart.metadata.deprecated {
            log.push(LogLine::warn("this chart is deprecated"));
        }
        let loaded = chart.clone();
        let processed = process_dependencies(&mut chart, &user, limits, log);
        processed.map_err(|error| self.chart_error("chart-dependencies", &error))?;
        let values = render_values(&chart, &user, log).map_err(|error| self.chart_error("chart-values", &error))?;
        let ready = Ready { loaded, chart, values, inputs };
        if self.request.trace {
            self.trace_values(&ready);
        }
        if let Err(error) = check_schemas(&ready.chart, &ready.values, limits, log) {
            self.trace_values(&ready);
            let Built { values, sources, .. } = &mut self.built;
            let found = values.as_ref().map(|values| schema_findings(&ready.chart, values, sources, limits));
            let mut found = found.unwrap_or_default().into_iter();
            let Some(first) = found.next() else { return Err(self.chart_error("values-schema", &error)) };
            self.built.diagnostics.extend(found);
            return Err(Box::new(first));
        }
        self.render_chart(&ready, &user, log)
    }

    /// Finds out which layer set each value, unless that is known.
    fn trace_values(&mut self, ready: &Ready<'_>) {
        if self.built.values.is_none() {
            let unset = |path: &str| Err(format!("nothing reads files here, so `{path}` cannot be read"));
            let read = self.request.read_file.unwrap_or(&unset);
            let sources = &mut self.built.sources;
            // A failure of the traced computation is one of the plain one as well, which tells it.
            self.built.values = trace(&ready.loaded, ready.inputs, read, sources, &self.engine.limits).ok();
        }
    }

    fn render_chart(&mut self, ready: &Ready<'_>, user: &Value, log: &mut Vec<LogLine>) -> Result<(), Box<Diagnostic>> {
        let (chart, values) = (&ready.chart, &ready.values);
        let server = self.request.server.as_ref();
        let git_version = server.map_or_else(|| self.request.kube_version.git_version(), |it| it.version.clone());
        let kube_version = KubeVersion::parse(&git_version)
            .map_err(|reason| Box::new(Diagnostic::error("chart-kube-version", reason)))?;
        check_kube_version(chart, &kube_version.version).map_err(|error| {
            let finding = self.chart_error("chart-kube-version", &error);
            Box::new(finding.help("choose another version with `--kube-version`"))
        })?;
        let mut capabilities = Capabilities { kube_version, ..Capabilities::default() };
        if let Some(server) = server {
            capabilities.api_versions = server.api_versions.iter().map(|api| api.as_str().into()).collect();
        }
        capabilities.api_versions.extend(self.request.api_versions.iter().map(|api| api.as_str().into()));
        let release = Release {
            name: self.request.release_name.as_deref().unwrap_or("release-name").into(),
            namespace: self.request.namespace.as_deref().unwrap_or("default").into(),
            revision: i64::try_from(self.request.revision).unwrap_or(i64::MAX),
            is_upgrade: self.request.is_upgrade,
        };
        let host: Arc<dyn Host + Send + Sync> = self.reads.clone();
        // Whoever keeps compiled templates runs them again.
        let once = self.request.memo.is_none();
        let input = RenderInput { values, release: &release, capabilities: &capabilities, host: &host, once };
        let limits = &self.engine.limits;
        let known = self.request.memo.and_then(Memo::templates).and_then(|known| known.for_chart(chart));
        let templates = known.map_or_else(|| ChartTemplates::compile(chart, limits), Ok);
        let templates =
            templates.map_err(|error| Box::new(Failed::of(ready).finding(&error, &mut self.built.sources)))?;
        if let Some(memo) = self.request.memo {
            memo.keep_templates(&templates);
        }
        self.unknown_values(ready, user, &templates);
        let (result, mut traced) = match self.request.trace {
            true => {
                let (result, trace) = templates.trace(&input);
                (result, Some(trace))
            }
            false => (templates.render(&input), None),
        };
        let mut files = Vec::new();
        let sorted = result.and_then(|mut rendered| {
            self.built.notes = Some(rendered.take_notes(chart, false)).filter(|notes| !notes.is_empty());
            self.built.impure = std::mem::take(&mut rendered.impure);
            files = rendered.files;
            sort_manifests(&files, limits, log)
        });
        let sorted = sorted.map_err(|error| {
            // Only who has an error pays for where it comes from.
            self.trace_values(ready);
            if traced.is_none() && !matches!(error.kind, HelmErrorKind::Limit(_)) {
                traced = Some(templates.trace(&input).1);
            }
            let Built { values, sources, .. } = &mut self.built;
            let traced = traced.as_ref();
            let failed = Failed { traced, files: &files, origins: values.as_ref(), ..Failed::of(ready) };
            Box::new(failed.finding(&error, sources))
        })?;
        if self.request.keep_chart {
            let unreadable = |error: ChartError| Box::new(Diagnostic::error("chart-load", error.message));
            self.built.chart = Some(stored(chart).map_err(unreadable)?);
        }
        let options = OutputOptions { include_crds: true, ..OutputOptions::default() };
        let documents = shown(sorted, chart, &options)
            .map_err(|error| Box::new(Failed::of(ready).finding(&error, &mut self.built.sources)))?;
        self.add_documents(&documents, chart, traced.as_ref());
        Ok(())
    }

    /// Warns of what the user sets and nothing can read.
    fn unknown_values(&mut self, ready: &Ready<'_>, user: &Value, templates: &ChartTemplates) {
        if ready.inputs.is_empty() || are_all_known(user, &ready.chart) {
            return;
        }
        self.trace_values(ready);
        let Some(values) = &self.built.values else { return };
        let reads = reads(templates, &ready.loaded, &ready.values);
        let mut findings = unknown_keys(&ready.chart, values, &reads, &self.engine.limits);
        self.weigh_unknown_keys(&mut findings);
        self.built.diagnostics.append(findings);
    }

    // The definitions among the documents are known before anything is patched or validated.
    fn add_documents(&mut self, documents: &[Shown], chart: &Chart, traced: Option<&Trace>) {
        let values = self.built.values.clone();
        let mut places = traced.map(|traced| Places::new(traced, chart, values.as_ref()));
        let mut counts: HashMap<&str, usize> = HashMap::new();
        let numbered = documents.iter().map(|document| {
            let count = counts.entry(&document.path).or_default();
            *count += 1;
            (document, *count)
        });
        let mut items: Vec<Item> =
            numbered.map(|(document, number)| self.item(document, number, places.as_mut())).collect();
        trim_last_manifest(&mut items, documents);
        let mut objects = ObjectSet::new();
        objects.extend(items);
        self.define(&objects);
        self.built.objects = objects;
        if let Some(memo) = self.request.memo {
            memo.built();
        }
    }

    /// Adds the types of the definitions among the objects.
    fn define(&mut self, objects: &ObjectSet) {
        let Some(schemas) = &mut self.built.schemas else { return };
        let defined = SchemaSet::definitions(objects);
        let memo = self.request.memo.filter(|_| self.request.crds.is_empty());
        match memo.and_then(|memo| memo.definitions(schemas.version(), &defined)) {
            Some((known, findings)) => (*schemas, self.built.definitions) = (known, findings),
            None => {
                self.built.definitions = schemas.add_crds(objects);
                if let Some(memo) = memo {
                    memo.keep_definitions(&defined, schemas, &self.built.definitions);
                }
            }
        }
        self.built.defined = defined;
    }

    fn item(&mut self, document: &Shown, number: usize, places: Option<&mut Places<'_>>) -> Item {
        let memo = self.request.memo;
        let (path, bytes) = (document.path.as_str(), document.content.as_bytes());
        let known = memo.and_then(|memo| memo.text(path, number, bytes)).unwrap_or_else(|| {
            let text = document.content.text();
            Known { source: Arc::from(text.as_str()), text }
        });
        let text = known.text.clone();
        let Built { sources, origins, .. } = &mut self.built;
        let name = match &document.file {
            Some(file) => file.to_string(),
            None => format!("{} (rendered)", document.path),
        };
        let file = sources.add(name, known.source.clone());
        let source: Arc<str> = Arc::from(path);
        let mut node = memo.and_then(|memo| memo.tree(path, number, &known, file));
        if node.is_none() {
            node = read(&text, file, &self.engine.limits).map(SharedNode::from);
            if let (Some(memo), Some(node)) = (memo, &node) {
                memo.keep(path, number, &known, file, node);
            }
        }
        let mut span = node.as_ref().map_or(Span::new(file, 0), |node| node.span);
        // Bytes that are no UTF-8 have moved what stands behind them.
        if let Some(places) = places.filter(|_| text.len() == document.content.range().len()) {
            let of = Document { path: &document.path, text: &text, start: document.content.range().start };
            span = places.span_at(of, span.start as usize, sources).unwrap_or(span);
            // What stands in crds/ no template wrote.
            if let Some(node) = node.as_mut().filter(|_| document.file.is_none()) {
                places.attribute(node, of, sources, origins);
            }
        }
        match node {
            // Cloning shares the tree.
            Some(node) => match Object::new(node.clone(), source.clone()) {
                Some(object) => Item::Object(Object { text: Some(text), ..object }),
                None => {
                    let node = Some(node.into_node()).filter(|node| !node.is_null());
                    Item::Other { node, span, source, text: Some(text) }
                }
            },
            None => Item::Other { node: None, span, source, text: Some(text) },
        }
    }

    // An environment's values count as a file below those of the user.
    fn inputs(&self, chain: &[&Overlay]) -> Vec<UserInput> {
        let mut inputs: Vec<UserInput> = Vec::new();
        for overlay in chain.iter().flat_map(|overlay| overlay.with_components()) {
            if let Some(values) = &overlay.values {
                let name = overlay.name.to_string();
                inputs.push(UserInput::Environment { name, values: values.clone() });
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
}

/// A chart that is ready to be rendered.
pub(super) struct Ready<'i> {
    /// As it was loaded.
    pub(super) loaded: Chart,
    /// With its dependencies processed.
    pub(super) chart: Chart,
    pub(super) values: Value,
    inputs: &'i [UserInput],
}

// Helm has read the document already, and reads no more than the first of what `...` parts.
fn read(text: &str, file: FileId, limits: &Limits) -> Option<Node> {
    let mut ignored = Diagnostics::new();
    let root = yaml::parse(text, file, limits).into_value(&mut ignored).into_iter().find_map(|one| one.root)?;
    Some(yaml::normalize(root, Rules::Kubectl, limits).into_value(&mut ignored))
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
