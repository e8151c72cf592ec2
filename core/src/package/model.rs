//! What a package is made of.

use std::collections::BTreeMap;
use std::sync::Arc;

use ecow::EcoString;

use super::{Manifest, Overlay};
use crate::diag::Diagnostic;
use crate::source::{FileId, Span, VPath};
use crate::value::ValuePath;
use crate::yaml::Node;

/// The kinds of package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackageKind {
    /// A folder with `rhumb.yaml`.
    Native,
    /// A folder with `Chart.yaml`, or an archive; its content is read by [`chart`](super::chart).
    Chart,
    /// A folder with a kustomization, which its renderer reads.
    Kustomization,
    /// A manifest file or a folder of manifests.
    Plain,
}

/// A package with all its files.
#[derive(Debug, Clone)]
pub struct Package {
    /// What it is.
    pub kind: PackageKind,
    /// Its folder.
    pub root: VPath,
    /// What `rhumb.yaml` says; empty for other kinds.
    pub manifest: Manifest,
    /// `values.yaml`.
    pub values: Option<Source>,
    /// `values.schema.json`.
    pub schema: Option<Source>,
    /// The files of `templates/`, sorted by path.
    pub templates: Vec<TextFile>,
    /// The files of `crds/`, sorted by path.
    pub crds: Vec<TextFile>,
    /// The manifests of a plain folder, sorted by path.
    pub manifests: Vec<TextFile>,
    /// The files of `files/`, sorted by path.
    pub files: Vec<DataFile>,
    /// The environments by name.
    pub overlays: BTreeMap<EcoString, Overlay>,
    /// The packages it depends on, in the order written.
    pub dependencies: Vec<Dependency>,
    /// How many packages there are in its tree, itself included.
    pub instances: usize,
}

/// A YAML or JSON file, read.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file.
    pub file: FileId,
    /// Its content, normalized.
    pub node: Node,
}

/// A text file; its text is in the source map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFile {
    /// The path from the package's folder.
    pub path: VPath,
    /// The file.
    pub file: FileId,
}

/// A file of `files/`, which may hold any bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    /// The path from `files/`.
    pub path: VPath,
    /// The content.
    pub content: Arc<[u8]>,
}

/// A package that another one depends on.
#[derive(Debug, Clone)]
pub struct Dependency {
    /// The name it is listed under.
    pub name: EcoString,
    /// The name it goes by here.
    pub alias: Option<EcoString>,
    /// The path in the parent's values that holds `false` to leave it out.
    pub condition: Option<ValuePath>,
    /// Where it is listed.
    pub span: Span,
    /// The package.
    pub package: Arc<Package>,
}

impl Dependency {
    /// Returns the key of its values in its parent's values: its alias, or its name.
    pub fn key(&self) -> &str {
        self.alias.as_ref().unwrap_or(&self.name)
    }
}

impl Package {
    /// Returns the names of the environments, sorted.
    pub fn environments(&self) -> impl Iterator<Item = &str> {
        self.overlays.keys().map(EcoString::as_str)
    }

    /// Returns an environment and those it builds on, lowest first.
    ///
    /// # Errors
    /// When an environment does not exist, or builds on itself.
    pub fn environment_chain(&self, name: &str) -> Result<Vec<&Overlay>, Diagnostic> {
        let mut chain: Vec<&Overlay> = Vec::new();
        let mut next = Some((EcoString::from(name), Span::NONE));
        while let Some((name, span)) = next.take() {
            let Some(overlay) = self.overlays.get(&name) else { return Err(self.no_environment(&name, span)) };
            if chain.iter().any(|seen| seen.name == name) {
                let mut names: Vec<&str> = chain.iter().map(|overlay| overlay.name.as_str()).collect();
                names.push(&name);
                let text = format!("environments build on one another in a circle: {}", names.join(" → "));
                return Err(Diagnostic::error("package-environment-cycle", text).at(span));
            }
            chain.push(overlay);
            next.clone_from(&overlay.extends);
        }
        chain.reverse();
        Ok(chain)
    }

    fn no_environment(&self, name: &str, span: Span) -> Diagnostic {
        let found = Diagnostic::error("package-environment", format!("no environment `{name}`")).at(span);
        let found = found.suggest(name, self.environments());
        if found.help.is_some() {
            return found;
        }
        let names: Vec<&str> = self.environments().collect();
        match names.is_empty() {
            true => found.help(format!("the package has no environments; `overlays/{name}/overlay.yaml` makes one")),
            false => found.help(format!("the environments are: {}", names.join(", "))),
        }
    }
}
