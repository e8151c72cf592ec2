//! The environments of a package: each with its generators, its patches and its other transformations, in kustomize's
//! order; what has to be done once comes after the last.

use std::sync::Arc;

use super::build::Build;
use super::built::Patched;
use super::request::Source;
use crate::diag::Diagnostics;
use crate::package::{Overlay, Package, PatchSpec, PatchType};
use crate::patch::{self, ApplyOptions, Patch, PatchKind, Target};
use crate::render::kustomize::{Changed, Transformers};
use crate::schema::SchemaSet;
use crate::source::{FileTree, VPath};

impl Build<'_> {
    /// Lays the environments of a package over its objects, the lowest first. What is found in one step ends the
    /// build after it.
    pub(super) fn overlays(&mut self, package: &Package, chain: &[&Overlay]) {
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
            let Ok(folder) = package.root.join("overlays").and_then(|root| root.join(&overlay.name)) else { continue };
            self.transform(&transformers, overlay, &folder, true);
            if self.built.diagnostics.has_errors() {
                return;
            }
            self.patch(overlay);
            if self.built.diagnostics.has_errors() {
                return;
            }
            self.transform(&transformers, overlay, &folder, false);
            if self.built.diagnostics.has_errors() {
                return;
            }
        }
        match transformers.finish(&mut self.built.objects) {
            Ok(changes) => {
                let names: Vec<&str> = chain.iter().map(|overlay| overlay.name.as_str()).collect();
                self.note(&names.join(", "), "names", changes);
            }
            Err(findings) => self.built.diagnostics.append(findings),
        }
    }

    fn schemas(&self) -> SchemaSet {
        self.built.schemas.clone().unwrap_or_else(|| SchemaSet::empty(self.request.kube_version))
    }

    fn transform(&mut self, transformers: &Transformers<'_>, overlay: &Overlay, folder: &VPath, generates: bool) {
        for step in overlay.transformations.iter().filter(|step| step.kind.generates() == generates) {
            let options = overlay.generator_options.as_ref();
            match transformers.run(step, folder, options, &mut self.built.objects) {
                Ok(changes) => self.note(&overlay.name, step.kind.field(), changes),
                Err(findings) => self.built.diagnostics.append(findings),
            }
        }
    }

    fn note(&mut self, environment: &str, step: &'static str, changes: Vec<Changed>) {
        if !self.request.trace {
            return;
        }
        for Changed { object, fields } in changes {
            self.built.patched.extend(fields.into_iter().map(|(path, span)| Patched {
                environment: environment.to_owned(),
                step,
                object: object.clone(),
                fields: vec![path],
                span,
                is_exact: true,
            }));
        }
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
                span: patches[applied.patch].span,
                is_exact: false,
            }));
        }
    }
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
