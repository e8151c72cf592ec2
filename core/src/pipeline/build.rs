//! Load, compose, check the values, render, patch: the steps of a build in their order.

use std::collections::HashSet;
use std::sync::Arc;

use super::helm::ChartSource;
use super::manifests;
use super::request::{Request, Source, ValuesInput};
use super::unknown::unknown_keys;
use super::{Built, Engine};
use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::object::ObjectSet;
use crate::package::{self, Loaded, Overlay, Package, PackageKind};
use crate::plan::Lookup;
use crate::render::{Kube, Reads, RenderInput, Templates};
use crate::schema::SchemaSet;
use crate::source::Span;
use crate::values::{self, Layer, SetFlag, Values};

impl Engine {
    /// Builds the objects: loads the package, lays the values over one another, holds them against their schema,
    /// renders the templates and applies the environment's patches.
    ///
    /// Every step reports all that it finds; a step with errors is the last one, since what follows would only
    /// repeat them.
    pub fn build(&self, request: &Request<'_>) -> Built {
        let reads = Arc::new(Reads::new(request.host.clone(), request.answers.clone()));
        let mut build = Build { engine: self, request, reads: reads.clone(), built: Built::default() };
        build.run();
        let mut built = build.built;
        built.lookups = reads.answered().into_iter().map(|(read, found)| Lookup::of(read, found.as_ref())).collect();
        built.needs = reads.missing();
        if !built.needs.is_empty() {
            let names: Vec<String> = built.needs.iter().map(ToString::to_string).collect();
            let message = format!("what the chart looks up is not known yet: {}", names.join(", "));
            built.diagnostics.push(Diagnostic::error("lookup-needed", message));
        }
        built.diagnostics.sort();
        built
    }
}

pub(super) struct Build<'a> {
    pub(super) engine: &'a Engine,
    pub(super) request: &'a Request<'a>,
    /// Whom charts ask.
    pub(super) reads: Arc<Reads>,
    pub(super) built: Built,
}

impl Build<'_> {
    fn run(&mut self) {
        match &self.request.source {
            Source::Manifests(list) => {
                self.refuse_package_settings("manifests");
                let files: Vec<_> =
                    list.iter().map(|m| self.built.sources.add(m.name.as_str(), m.text.as_str())).collect();
                self.load_schemas();
                files.into_iter().for_each(|file| self.read_manifests(file));
            }
            Source::Package { files, root } => {
                let loaded = package::load(*files, root, &mut self.built.sources, &self.engine.limits);
                match loaded.into_value(&mut self.built.diagnostics) {
                    Loaded::Package(package) => self.package(&package),
                    Loaded::NeedsParent(levels) => self.built.needs_parent = Some(levels),
                    Loaded::Nothing => {}
                }
            }
            Source::Archive { name, bytes } => {
                self.load_schemas();
                if self.request.environment.is_some() {
                    let message = "an environment was given, but a packed chart has none";
                    let help = "unpack it, and put `overlays/` beside its Chart.yaml";
                    self.built.diagnostics.push(Diagnostic::error("package-environment", message).help(help));
                    return;
                }
                self.chart(ChartSource::Archive { name, bytes }, &[]);
            }
        }
    }

    fn package(&mut self, package: &Arc<Package>) {
        self.built.package = Some(package.clone());
        if self.built.diagnostics.has_errors() {
            return;
        }
        self.load_schemas();
        match package.kind {
            PackageKind::Native => self.native(package),
            PackageKind::Plain => {
                self.refuse_package_settings("a folder of manifests");
                package.manifests.iter().for_each(|manifest| self.read_manifests(manifest.file));
            }
            PackageKind::Chart => self.chart_folder(package),
            PackageKind::Kustomization => self.kustomization(package),
        }
    }

    fn native(&mut self, package: &Arc<Package>) {
        let Some(chain) = self.environment(package) else { return };
        let Some(values) = self.values(package, &chain) else { return };
        self.check_kube_version(package);
        self.built.values = Some(values.clone());
        let limits = &self.engine.limits;
        let compiled = Templates::compile(package, &self.built.sources, &self.engine.functions, limits);
        let templates = compiled.into_value(&mut self.built.diagnostics);
        self.built.diagnostics.append(values::check_schemas(package, &values, limits));
        self.check_unknown_keys(package, &values, &templates);
        if self.built.diagnostics.has_errors() {
            return;
        }
        self.add_package_crds(package);
        self.render(package, &values, &templates);
        self.overlays(&chain);
    }

    pub(super) fn environment<'p>(&mut self, package: &'p Package) -> Option<Vec<&'p Overlay>> {
        let Some(name) = &self.request.environment else { return Some(Vec::new()) };
        match package.environment_chain(name) {
            Ok(chain) => Some(chain),
            Err(error) => {
                self.built.diagnostics.push(error);
                None
            }
        }
    }

    fn values(&mut self, package: &Package, chain: &[&Overlay]) -> Option<Values> {
        let mut layers: Vec<Layer> =
            chain.iter().flat_map(|overlay| overlay.with_components()).map(Layer::environment).collect();
        for input in &self.request.values {
            layers.push(self.layer(input));
        }
        let unset = |path: &str| Err(format!("nothing reads files here, so `{path}` cannot be read"));
        let read = self.request.read_file.unwrap_or(&unset);
        let composed = values::compose(package, &layers, read, &self.engine.limits);
        let values = composed.into_value(&mut self.built.diagnostics);
        (!self.built.diagnostics.has_errors()).then_some(values)
    }

    fn layer(&mut self, input: &ValuesInput) -> Layer {
        let sources = &mut self.built.sources;
        match input {
            ValuesInput::File { name, text } => {
                Layer::file(name, text, sources, &self.engine.limits).into_value(&mut self.built.diagnostics)
            }
            ValuesInput::Set(text) => Layer::flag(SetFlag::Set, text, sources),
            ValuesInput::SetString(text) => Layer::flag(SetFlag::String, text, sources),
            ValuesInput::SetJson(text) => Layer::flag(SetFlag::Json, text, sources),
            ValuesInput::SetFile(text) => Layer::flag(SetFlag::File, text, sources),
            ValuesInput::SetLiteral(text) => Layer::flag(SetFlag::Literal, text, sources),
        }
    }

    fn check_kube_version(&mut self, package: &Package) {
        let Some((range, place)) = &package.manifest.kube_version else { return };
        let version = self.request.kube_version.git_version();
        if package::loose_version(&version).is_some_and(|version| range.matches(&version)) {
            return;
        }
        let message = format!("package `{}` is made for Kubernetes {range}, not for {version}", package.manifest.name);
        let finding = Diagnostic::error("package-kube-version", message).at(*place);
        self.built.diagnostics.push(finding.help("choose another version with `--kube-version`"));
    }

    fn check_unknown_keys(&mut self, package: &Package, values: &Values, templates: &Templates) {
        // What the schema refuses is not said twice.
        let refused: HashSet<Span> =
            self.built.diagnostics.iter().filter(|f| f.is_error()).map(Diagnostic::span).collect();
        let found = unknown_keys(package, values, templates).into_iter();
        let mut findings: Diagnostics = found.filter(|finding| !refused.contains(&finding.span())).collect();
        self.weigh_unknown_keys(&mut findings);
        self.built.diagnostics.append(findings);
    }

    pub(super) fn weigh_unknown_keys(&self, findings: &mut Diagnostics) {
        if self.request.strict {
            findings.iter_mut().for_each(|finding| finding.severity = Severity::Error);
        }
    }

    fn render(&mut self, package: &Package, values: &Values, templates: &Templates) {
        let schemas = self.built.schemas.clone().unwrap_or_else(|| SchemaSet::empty(self.request.kube_version));
        let version = self.request.kube_version.git_version();
        let apis = schemas.clone();
        let kube =
            Kube { version: version.trim_start_matches('v').into(), has: Arc::new(move |api: &str| apis.has_api(api)) };
        let input = RenderInput {
            values,
            release: self.request.release_name.as_deref().unwrap_or(&package.manifest.name),
            namespace: self.request.namespace.as_deref().unwrap_or(""),
            kube: &kube,
            facts: &schemas,
            trace: self.request.trace,
        };
        let rendered = templates.render(&input, &self.built.sources).into_value(&mut self.built.diagnostics);
        self.built.objects = rendered.objects;
        self.built.origins = rendered.origins;
    }

    fn load_schemas(&mut self) {
        let mut schemas = self.engine.schema_set(self.request.kube_version, &mut self.built.diagnostics);
        let limits = &self.engine.limits;
        let found = manifests::add_crds(self.request, &mut schemas, &mut self.built.sources, limits);
        self.built.diagnostics.append(found);
        self.built.schemas = Some(schemas);
    }

    // The package's own definitions are known before its templates run: scopes and merge keys depend on them.
    fn add_package_crds(&mut self, package: &Package) {
        let mut definitions = ObjectSet::new();
        let mut ignored = Diagnostics::new();
        for crd in &package.crds {
            manifests::read(crd.file, &self.built.sources, &self.engine.limits, &mut definitions, &mut ignored);
        }
        if let Some(schemas) = &mut self.built.schemas {
            let found = schemas.add_crds(&definitions);
            self.built.diagnostics.append(found);
        }
        for dependency in &package.dependencies {
            self.add_package_crds(&dependency.package);
        }
    }

    fn read_manifests(&mut self, file: crate::source::FileId) {
        let Built { objects, sources, diagnostics, .. } = &mut self.built;
        manifests::read(file, sources, &self.engine.limits, objects, diagnostics);
    }

    fn refuse_package_settings(&mut self, what: &str) {
        let settings = [
            (self.request.environment.is_some(), "an environment"),
            (!self.request.values.is_empty(), "values"),
            (self.request.release_name.is_some() && !self.request.for_release, "a release name"),
        ];
        for (_, setting) in settings.iter().filter(|(given, _)| *given) {
            let message = format!("{setting} was given, but the source ({what}) has no templates that could use it");
            self.built.diagnostics.push(Diagnostic::error("source-no-package", message));
        }
    }
}
