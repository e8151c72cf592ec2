//! `kustomize build` with everything it needs, and kustomizations as packages like any other.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::build::Build;
use super::helm::{ChartSource, HelmTemplate, template};
use super::manifests;
use super::request::Source;
use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::object::{Gvk, Object, ObjectSet, TypeFacts};
use crate::package::{Overlay, Package};
use crate::render::Host;
use crate::render::kustomize::{self, ChartInflator, ChartRequest, Content, Defined, History, Options, Outcome, Trace};
use crate::source::{FileId, Files, Limits, SourceMap, Span, VPath};
use crate::values::chart::UserInput;
use crate::yaml::{self, Node, NodeKind, Rules};

/// Builds the kustomization in a folder as `kustomize build` does; its charts are rendered by rhumb's own engine, with
/// what `host` tells them of the time and of randomness.
pub fn build(files: &dyn Files, root: &VPath, options: &Options, host: &Arc<dyn Host + Send + Sync>) -> Outcome {
    let charts = Charts { host, limits: &options.limits };
    kustomize::build(files, root, options, &charts)
}

struct Charts<'a> {
    host: &'a Arc<dyn Host + Send + Sync>,
    limits: &'a Limits,
}

impl ChartInflator for Charts<'_> {
    fn inflate(&self, files: &dyn Files, request: &ChartRequest) -> Result<String, String> {
        let file = |(name, text): &(String, String)| UserInput::File {
            name: name.clone(),
            content: text.clone().into_bytes(),
        };
        let values: Vec<UserInput> = request.values.iter().map(file).collect();
        let api_versions: Vec<String> = request.api_versions.iter().map(ToString::to_string).collect();
        let by_template = match request.name_template.as_str() {
            "" => None,
            text => Some(super::helm::name_from_template(text, self.host)?),
        };
        // Helm gives this name where it has none.
        let default = || if request.release.is_empty() { "release-name" } else { &request.release };
        let output = template(&HelmTemplate {
            chart: ChartSource::Folder { files, root: &request.chart },
            release_name: by_template.as_deref().unwrap_or_else(default),
            namespace: if request.namespace.is_empty() { "default" } else { &request.namespace },
            values: &values,
            read_file: &|path| Err(format!("open {path}: no such file or directory")),
            kube_version: Some(request.kube_version.as_str()).filter(|version| !version.is_empty()),
            api_versions: &api_versions,
            is_upgrade: false,
            include_crds: request.include_crds,
            no_hooks: request.skip_hooks,
            skip_tests: request.skip_tests,
            skip_schema_validation: false,
            show_only: &[],
            as_files: false,
            debug: false,
            labels: &[],
            host: self.host,
            limits: self.limits,
        });
        match output.error {
            None => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            Some(error) => Err(format!("Error: {error}")),
        }
    }
}

/// Returns one file for each document of a build, as `kustomize build --output FOLDER` names them: by group, version,
/// kind and name, with the namespace in front where there is more than one.
pub fn output_files(text: &str) -> Vec<(String, String)> {
    let limits = Limits::default();
    let mut found: Vec<(String, String, &str)> = Vec::new();
    for document in text.split("\n---\n") {
        let parsed = yaml::parse(document, FileId::NONE, &limits).value;
        let Some(root) = parsed.into_iter().find_map(|one| one.root) else { continue };
        let node = yaml::normalize(root, Rules::V3, &limits).value;
        let field = |path: &[&str]| {
            let value = path.iter().try_fold(&node, |node, key| node.get(key));
            value.and_then(Node::as_str).unwrap_or_default().to_lowercase()
        };
        let parts = [field(&["apiVersion"]).replace('/', "_"), field(&["kind"]), field(&["metadata", "name"])];
        let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        found.push((field(&["metadata", "namespace"]), format!("{}.yaml", parts.join("_")), document));
    }
    let namespaces: std::collections::BTreeSet<&String> = found.iter().map(|(space, ..)| space).collect();
    let several = namespaces.iter().filter(|space| !space.is_empty()).count() > 1;
    let file = |(space, name, text): &(String, String, &str)| {
        let name = if several && !space.is_empty() { format!("{space}_{name}") } else { name.clone() };
        (name, format!("{}\n", text.trim_end_matches('\n')))
    };
    found.iter().map(file).collect()
}

impl Build<'_> {
    /// Builds the kustomization in a folder, with the environment that was asked for.
    pub(super) fn kustomization(&mut self, package: &Arc<Package>) {
        let Some(chain) = self.environment(package) else { return };
        let Source::Package { files, .. } = self.request.source else { return };
        if !self.request.values.is_empty()
            || chain.iter().flat_map(|overlay| overlay.with_components()).any(|overlay| overlay.values.is_some())
        {
            let message = "values were given, but a kustomization has no templates that could use them";
            self.built.diagnostics.push(Diagnostic::error("source-no-values", message));
            return;
        }
        let mut options = Options {
            root: String::new(),
            enable_helm: true,
            watch: true,
            defined: if self.request.crds.is_empty() { None } else { self.defined() },
            trace: self.request.trace,
            limits: self.engine.limits.clone(),
            ..Options::default()
        };
        let host: Arc<dyn Host + Send + Sync> = self.reads.clone();
        let mut outcome = build(files, &package.root, &options, &host);
        if let Some(defined) = self.learnt(&outcome) {
            options.defined = Some(defined);
            outcome = build(files, &package.root, &options, &host);
        }
        for warning in &outcome.warnings {
            self.built.diagnostics.push(Diagnostic::warning("kustomize-warning", warning.text.clone()));
        }
        let mut moved = Moved::new(files, &outcome.sources, &mut self.built.sources);
        for mut missed in outcome.missed {
            missed.labels.iter_mut().for_each(|label| label.span = moved.span(label.span));
            missed.severity = if self.request.strict { Severity::Error } else { Severity::Warning };
            self.built.diagnostics.push(missed);
        }
        match &outcome.result {
            Ok(text) => {
                if self.request.trace && outcome.trace.is_none() {
                    let message =
                        "the steps and objects of the build are too many: nothing tells which step changed what";
                    self.built.diagnostics.push(Diagnostic::warning("kustomize-untraced", message));
                }
                if let Some(mut trace) = outcome.trace {
                    moved.trace(&mut trace);
                    self.built.kustomized = Some(Arc::new(trace));
                }
                self.add_built(text, &files.display_name(&package.root), &chain);
            }
            Err(error) => {
                let span = moved.span(error.span());
                let finding = Diagnostic::error("kustomize-build", error.message()).at(span);
                self.built.diagnostics.push(match error.help() {
                    Some(help) => finding.help(help),
                    None => finding,
                });
            }
        }
    }

    fn defined(&self) -> Option<Defined> {
        self.built.schemas.as_ref().map(|schemas| Defined(Arc::new(schemas.custom_only())))
    }

    /// Returns the definitions among the objects of a build where they would have made it another: its patches went to
    /// objects of their types, or such objects name others.
    fn learnt(&self, outcome: &Outcome) -> Option<Defined> {
        let text = outcome.result.as_ref().ok().filter(|text| text.contains("\nkind: CustomResourceDefinition\n"))?;
        let known = self.built.schemas.as_ref()?;
        let (mut sources, mut objects) = (SourceMap::new(), ObjectSet::new());
        let file = sources.add("", text.as_str());
        manifests::read(file, &sources, &self.engine.limits, &mut objects, &mut Diagnostics::new());
        let mut schemas = known.clone();
        // What is wrong with them is told when the objects are.
        drop(schemas.add_crds(&objects));
        let types: BTreeSet<&Gvk> = objects.objects().map(|object| &object.gvk).collect();
        let is_new = |gvk: &&Gvk| schemas.is_defined(gvk) && !known.is_defined(gvk);
        let matters = |gvk: &Gvk| outcome.unknown.contains(gvk) || !schemas.references(gvk).is_empty();
        types.into_iter().filter(is_new).any(matters).then(|| Defined(Arc::new(schemas.custom_only())))
    }

    fn add_built(&mut self, text: &str, name: &str, chain: &[&Overlay]) {
        let file = self.built.sources.add(format!("{name} (built)"), text);
        let super::Built { objects, sources, diagnostics, .. } = &mut self.built;
        manifests::read(file, sources, &self.engine.limits, objects, diagnostics);
        if let Some(trace) = &self.built.kustomized {
            self.built.objects.objects_mut().for_each(|object| place_object(object, trace));
        }
        if let Some(schemas) = &mut self.built.schemas {
            self.built.definitions = schemas.add_crds(&self.built.objects);
        }
        self.overlays(chain);
    }
}

/// Makes places in the texts of a build places in the texts of the answer.
struct Moved<'a> {
    names: &'a dyn Files,
    from: &'a SourceMap,
    to: &'a mut SourceMap,
    files: HashMap<FileId, FileId>,
}

impl<'a> Moved<'a> {
    fn new(names: &'a dyn Files, from: &'a SourceMap, to: &'a mut SourceMap) -> Moved<'a> {
        Moved { names, from, to, files: HashMap::new() }
    }

    fn span(&mut self, span: Span) -> Span {
        let Some(source) = self.from.get(span.file).filter(|_| !span.is_none()) else { return Span::NONE };
        let Moved { names, to, .. } = self;
        let file = self.files.entry(span.file).or_insert_with(|| {
            // A build knows its files by paths from the root of the tree.
            let path = VPath::parse(source.name().trim_start_matches('/'));
            let name = path.map_or_else(|_| source.name().clone(), |path| names.display_name(&path).into());
            to.add(name, source.text().clone())
        });
        Span { file: *file, ..span }
    }

    fn trace(&mut self, trace: &mut Trace) {
        trace.steps.iter_mut().for_each(|step| step.span = self.span(step.span));
        trace.objects.values_mut().for_each(|history| self.history(history));
        trace.edits.values_mut().flatten().for_each(|edit| edit.written = self.span(edit.written));
    }

    fn history(&mut self, history: &mut History) {
        history.changes.iter_mut().for_each(|change| change.written = self.span(change.written));
        match &mut history.content {
            Content::Scalar(..) => {}
            Content::Seq(items) => items.iter_mut().for_each(|item| self.history(item)),
            Content::Map(entries) => entries.iter_mut().for_each(|(_, value)| self.history(value)),
        }
    }
}

/// Points each field of an object at the line that wrote it last, or at the field of the kustomization that asks for it.
fn place_object(object: &mut Object, trace: &Trace) {
    if let Some(history) = trace.of(object) {
        place_node(&mut object.node, history, trace);
    }
}

fn place_node(node: &mut Node, history: &History, trace: &Trace) {
    if let Some(span) = trace.last_place(history) {
        node.span = span;
    }
    match (&mut node.kind, &history.content) {
        (NodeKind::Seq(items), Content::Seq(histories)) => {
            items.iter_mut().zip(histories).for_each(|(item, history)| place_node(item, history, trace));
        }
        (NodeKind::Map(entries), Content::Map(histories)) => {
            let by_key: HashMap<&str, &History> = histories.iter().map(|(key, value)| (key.as_str(), value)).collect();
            for (key, value) in entries {
                if let Some(history) = key.as_str().and_then(|key| by_key.get(key)) {
                    place_node(value, history, trace);
                    key.span = value.span;
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_by_kind_and_name_and_by_namespace_where_there_are_several() {
        let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: Web\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  namespace: a\n";
        let names = |text: &str| output_files(text).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(text), ["apps_v1_deployment_web.yaml", "v1_service_web.yaml"]);
        let two = format!("{text}---\napiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  namespace: b\n");
        assert_eq!(names(&two), ["apps_v1_deployment_web.yaml", "a_v1_service_web.yaml", "b_v1_service_web.yaml"]);
    }
}
