//! A native package as the renderer wants it.

use std::sync::Arc;

use crate::diag::Diagnostics;
use crate::package::{Package, TextFile};
use crate::render::{ReadStep, ScopeValues, Sources, Templates};
use crate::source::{FileId, Span, VPath};
use crate::value::{Value, ValuePath};
use crate::values::{self, ReadPaths, Values};

/// Returns what of a package and its dependencies is rendered.
pub(super) fn sources(package: &Package) -> Sources {
    let about = &package.manifest;
    Sources {
        name: about.name.clone(),
        version: about.version.clone(),
        app_version: about.app_version.clone(),
        description: about.description.clone(),
        templates: below(&package.templates, "templates"),
        crds: below(&package.crds, "crds"),
        files: package.files.iter().map(|file| (file.path.clone(), file.content.clone())).collect(),
        dependencies: package.dependencies.iter().map(|d| (d.key().into(), sources(&d.package))).collect(),
    }
}

fn below(files: &[TextFile], folder: &str) -> Vec<(VPath, FileId)> {
    let folder = VPath::parse(folder).unwrap_or_default();
    files.iter().map(|f| (f.path.strip_prefix(&folder).unwrap_or_else(|| f.path.clone()), f.file)).collect()
}

/// The values of a package, which hand out those of its dependencies.
pub(super) struct Scope {
    pub(super) package: Arc<Package>,
    pub(super) values: Values,
}

impl ScopeValues for Scope {
    fn value(&self) -> &Value {
        self.values.value()
    }

    fn span(&self, path: &ValuePath) -> Span {
        self.values.span(path)
    }

    fn dependency(&self, index: usize) -> Option<Box<dyn ScopeValues + '_>> {
        self.scope(index).map(|scope| Box::new(scope) as Box<dyn ScopeValues>)
    }
}

impl Scope {
    fn scope(&self, index: usize) -> Option<Scope> {
        let dependency = self.package.dependencies.get(index)?;
        let on = values::enabled(dependency, &self.values);
        on.then(|| Scope { package: dependency.package.clone(), values: self.values.scope(dependency) })
    }

    /// Returns a warning for each key, of the package and its dependencies, that no template can read.
    pub(super) fn unknown_keys(&self, templates: &Templates) -> Diagnostics {
        let mut reads = ReadPaths::default();
        match templates.reads() {
            Some(paths) => paths.iter().for_each(|path| {
                let step = |step: &ReadStep| match step {
                    ReadStep::Key(key) => values::ReadStep::Key(key.clone()),
                    ReadStep::Any => values::ReadStep::Any,
                };
                reads.add(&path.steps.iter().map(step).collect::<Vec<_>>(), path.whole);
            }),
            None => reads.set_unknowable(),
        }
        let mut findings = values::unknown_keys(&self.package, &self.values, &reads);
        for (index, templates) in templates.dependencies().iter().enumerate() {
            if let Some(scope) = self.scope(index) {
                findings.append(scope.unknown_keys(templates));
            }
        }
        findings
    }
}
