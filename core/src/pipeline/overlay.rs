//! The environments of a package: each with its generators, its patches and its other transformations, in kustomize's
//! order; what has to be done once comes after the last.

use std::collections::HashMap;
use std::sync::Arc;

use super::build::Build;
use super::built::Patched;
use super::manifests;
use super::request::Source;
use crate::diag::{Diagnostic, Diagnostics};
use crate::object::{Item, Object, ObjectKey, ObjectSet};
use crate::package::{Overlay, PatchSpec, PatchType};
use crate::patch::{self, ApplyOptions, Edited, Patch, PatchKind, Target};
use crate::render::kustomize::{Changed, Transformers};
use crate::schema::SchemaSet;
use crate::source::{FileTree, Span};
use crate::value::ValuePath;
use crate::yaml::Node;

impl Build<'_> {
    /// Lays the environments of a package over its objects, the lowest first. What is found in one step ends the
    /// build after it.
    pub(super) fn overlays(&mut self, chain: &[&Overlay]) {
        if self.built.diagnostics.has_errors() || chain.is_empty() {
            return;
        }
        if self.request.trace {
            self.built.unpatched = self.built.objects.clone();
        }
        let schemas = self.schemas();
        let empty = FileTree::default();
        let files = match &self.request.source {
            Source::Package { files, .. } => *files,
            _ => &empty,
        };
        let transformers = Transformers::new(files, Arc::new(schemas), &self.engine.limits);
        for overlay in chain {
            self.lay(&transformers, overlay);
            if self.built.diagnostics.has_errors() {
                return;
            }
        }
        let before = self.before();
        match transformers.finish(&mut self.built.objects) {
            Ok(changes) => {
                let names: Vec<&str> = chain.iter().map(|overlay| overlay.name.as_str()).collect();
                self.note(&names.join(", "), "names", before.as_ref(), changes);
            }
            Err(findings) => self.built.diagnostics.append(findings),
        }
    }

    /// Lays one overlay over the objects: what it adds, its components, then its changes.
    fn lay(&mut self, transformers: &Transformers<'_>, overlay: &Overlay) {
        let steps: [&dyn Fn(&mut Self); 5] = [
            &|build| build.add_resources(overlay),
            &|build| build.transform(transformers, overlay, true),
            &|build| build.lay_components(transformers, overlay),
            &|build| build.patch(overlay),
            &|build| build.transform(transformers, overlay, false),
        ];
        for step in steps {
            step(self);
            if self.built.diagnostics.has_errors() {
                return;
            }
        }
    }

    fn lay_components(&mut self, transformers: &Transformers<'_>, overlay: &Overlay) {
        for component in &overlay.components {
            self.lay(transformers, component);
            if self.built.diagnostics.has_errors() {
                return;
            }
        }
    }

    fn add_resources(&mut self, overlay: &Overlay) {
        let mut added = ObjectSet::new();
        for resource in &overlay.resources {
            let super::Built { sources, diagnostics, .. } = &mut self.built;
            manifests::read(resource.file, sources, &self.engine.limits, &mut added, diagnostics);
        }
        for item in added.items() {
            if let Item::Other { node: Some(node), .. } = item {
                let finding = Diagnostic::error("package-resource", "the document has no `apiVersion` or no `kind`");
                self.built.diagnostics.push(finding.at(node.span));
            }
        }
        let added: Vec<Object> = added.objects().cloned().collect();
        if self.request.trace {
            self.built.unpatched.extend(added.iter().cloned().map(Item::Object));
        }
        self.built.objects.install(added);
    }

    fn schemas(&self) -> SchemaSet {
        self.built.schemas.clone().unwrap_or_else(|| SchemaSet::empty(self.request.kube_version))
    }

    fn transform(&mut self, transformers: &Transformers<'_>, overlay: &Overlay, generates: bool) {
        for step in overlay.transformations.iter().filter(|step| step.kind.generates() == generates) {
            let options = overlay.generator_options.as_ref();
            let before = self.before();
            match transformers.run(step, &overlay.folder, options, &mut self.built.objects) {
                Ok(changes) => self.note(&overlay.name, step.kind.field(), before.as_ref(), changes),
                Err(findings) => self.built.diagnostics.append(findings),
            }
        }
    }

    /// The objects before a step, where somebody wants to know what it changed.
    fn before(&self) -> Option<ObjectSet> {
        self.request.trace.then(|| self.built.objects.clone())
    }

    fn note(&mut self, environment: &str, step: &'static str, before: Option<&ObjectSet>, changes: Vec<Changed>) {
        let Some(before) = before else { return };
        let mut patched = Vec::new();
        let (before, after) = (by_key(before), by_key(&self.built.objects));
        for Changed { object: key, now, fields } in changes {
            let now = after.get(&now).copied();
            let edited = |path: ValuePath| match (before.get(&key), now) {
                (Some(before), Some(now)) => Edited::between(&before.node, &now.node, path),
                (_, now) => {
                    Edited { after: now.and_then(|now| now.node.at(&path)).map(Node::to_value), before: None, path }
                }
            };
            let one = |(path, span): (ValuePath, Span)| Patched {
                environment: environment.to_owned(),
                step,
                object: key.clone(),
                fields: vec![edited(path)],
                is_deleted: false,
                span,
                is_exact: true,
            };
            patched.extend(fields.into_iter().map(one));
        }
        self.built.patched.append(&mut patched);
    }

    fn patch(&mut self, overlay: &Overlay) {
        let mut patches = Vec::new();
        for spec in &overlay.patches {
            match prepare(spec) {
                Ok(patch) => patches.push(patch),
                Err(findings) => self.built.diagnostics.append(findings),
            }
        }
        if patches.is_empty() {
            return;
        }
        let options = ApplyOptions { trace: self.request.trace, ..ApplyOptions::default() };
        let schemas = self.schemas();
        let outcome = patch::apply(&mut self.built.objects, &patches, &schemas, options);
        let applied = outcome.into_value(&mut self.built.diagnostics);
        if self.request.trace {
            self.built.patched.extend(applied.into_iter().map(|applied| Patched {
                environment: overlay.name.to_string(),
                step: "patches",
                object: applied.object,
                fields: applied.fields,
                is_deleted: applied.is_deleted,
                span: patches[applied.patch].span,
                is_exact: false,
            }));
        }
    }
}

fn by_key(set: &ObjectSet) -> HashMap<ObjectKey, &Object> {
    set.objects().map(|object| (object.key(), object)).collect()
}

fn prepare(spec: &PatchSpec) -> Result<Patch, Diagnostics> {
    let kind = match spec.kind {
        Some(PatchType::Strategic) => PatchKind::Strategic,
        Some(PatchType::Json) => PatchKind::Json,
        Some(PatchType::Merge) => PatchKind::Merge,
        None => PatchKind::of(&spec.content),
    };
    let target = spec.target.as_ref().map(Target::parse).transpose()?;
    Patch::parse(kind, target, spec.content.clone(), spec.span)
}
