//! A folder to a package.

use std::collections::BTreeMap;
use std::sync::Arc;

use ecow::EcoString;

use super::manifest::{self, Listed};
use super::model::{DataFile, Dependency, Package, PackageKind, Source, TextFile};
use super::overlay::{self, Content, Overlay, PatchSpec, ResourceFile, Role};
use super::transformation;
use crate::diag::{Diagnostic, Diagnostics, Outcome};
use crate::source::{FileId, Files, Limits, SourceMap, Span, VPath};
use crate::yaml::{self, Node, NodeKind, Rules};

/// What loading gave.
#[derive(Debug, Clone)]
pub enum Loaded {
    /// The package. Where errors came with it, parts of it are missing.
    Package(Arc<Package>),
    /// A dependency lies this many folders above the root of the files: whoever holds the disk opens the tree from
    /// higher up and loads again.
    NeedsParent(usize),
    /// No package could be made of it; the findings say why.
    Nothing,
}

/// Loads the package in a folder, or a manifest file.
pub fn load(files: &dyn Files, root: &VPath, sources: &mut SourceMap, limits: &Limits) -> Outcome<Loaded> {
    let mut loader = Loader {
        components: 0,
        files,
        sources,
        limits,
        findings: Diagnostics::new(),
        chain: Vec::new(),
        loaded: BTreeMap::new(),
        above: 0,
    };
    let package = loader.package(root);
    let mut findings = loader.findings;
    let value = match package {
        _ if loader.above > 0 => Loaded::NeedsParent(loader.above),
        Some(package) => Loaded::Package(package),
        None => Loaded::Nothing,
    };
    findings.sort();
    Outcome { value, diagnostics: findings }
}

struct Loader<'a> {
    // How many components were read.
    components: usize,
    files: &'a dyn Files,
    sources: &'a mut SourceMap,
    limits: &'a Limits,
    findings: Diagnostics,
    // The packages being loaded, outermost first.
    chain: Vec<VPath>,
    loaded: BTreeMap<VPath, Option<Arc<Package>>>,
    above: usize,
}

impl Loader<'_> {
    fn package(&mut self, root: &VPath) -> Option<Arc<Package>> {
        if let Some(known) = self.loaded.get(root) {
            return known.clone();
        }
        self.chain.push(root.clone());
        let package = self.recognised(root).map(Arc::new);
        self.chain.pop();
        self.loaded.insert(root.clone(), package.clone());
        package
    }

    fn recognised(&mut self, root: &VPath) -> Option<Package> {
        let has = |name: &str| root.join(name).is_ok_and(|path| self.files.has(&path));
        if has("rhumb.yaml") {
            return self.native(root);
        }
        if has("Chart.yaml") {
            // The chart itself is read by `package::chart`, by Helm's rules; environments stand beside it.
            let mut package = empty(PackageKind::Chart, root);
            self.environments(root, &mut package);
            return Some(package);
        }
        if ["kustomization.yaml", "kustomization.yml", "Kustomization"].iter().any(|name| has(name)) {
            let mut package = empty(PackageKind::Kustomization, root);
            self.environments(root, &mut package);
            return Some(package);
        }
        let mut package = empty(PackageKind::Plain, root);
        let mut paths = self.list(root);
        paths.retain(|path| path.is_yaml() || path == root);
        if paths.is_empty() && self.files.has(root) {
            paths.push(root.clone());
        }
        if paths.is_empty() {
            let name = self.files.display_name(root);
            let found = Diagnostic::error("package-not-found", format!("`{name}` is no package and has no manifests"));
            self.findings.push(found.help("a package has a `rhumb.yaml`; manifests end in `.yaml`, `.yml` or `.json`"));
            return None;
        }
        for path in paths {
            let relative = path.strip_prefix(root).filter(|p| !p.is_root()).unwrap_or_else(|| path.clone());
            package.manifests.extend(self.text(&path).map(|file| TextFile { path: relative, file }));
        }
        Some(package)
    }

    fn native(&mut self, root: &VPath) -> Option<Package> {
        let mut package = empty(PackageKind::Native, root);
        let said = self.yaml(&root.join("rhumb.yaml").ok()?);
        package.values = self.source(root, "values.yaml");
        if let Some(source) = &mut package.values {
            match &source.node.kind {
                NodeKind::Map(_) => {}
                _ if source.node.is_null() => source.node = Node::map(source.node.span),
                _ => {
                    let text = format!("values must be a map, found {}", source.node.kind_name());
                    self.findings.push(Diagnostic::error("values-not-a-map", text).at(source.node.span));
                    source.node = Node::map(source.node.span);
                }
            }
        }
        package.schema = self.source(root, "values.schema.json");
        package.templates = self.texts(root, "templates");
        package.crds = self.texts(root, "crds");
        package.crds.retain(|file| file.path.is_yaml());
        package.files = self.data(root);
        self.environments(root, &mut package);
        if let Some(source) = said {
            let (manifest, listed) = manifest::read(&source.node, &mut self.findings);
            package.manifest = manifest;
            for one in listed {
                self.dependency(root, one, &mut package);
            }
        }
        Some(package)
    }

    fn environments(&mut self, root: &VPath, package: &mut Package) {
        package.overlays = self.overlays(root);
        for overlay in package.overlays.values() {
            if let Some((name, span)) = overlay.extends.as_ref().filter(|(n, _)| !package.overlays.contains_key(n)) {
                let text = format!("no environment `{name}`");
                let found = Diagnostic::error("package-environment", text).at(*span);
                self.findings.push(found.suggest(name, package.environments()));
            }
        }
    }

    fn dependency(&mut self, root: &VPath, listed: Listed, package: &mut Package) {
        let at = listed.path_span;
        let path = match root.join(&listed.path) {
            Ok(path) => path,
            Err(crate::source::VPathError::LeavesRoot(_)) => {
                self.above = self.above.max(climb(root, &listed.path));
                return;
            }
            Err(error) => {
                self.findings.push(Diagnostic::error("package-dependency", error.to_string()).at(at));
                return;
            }
        };
        if let Some(start) = self.chain.iter().position(|seen| *seen == path) {
            let mut names: Vec<String> = self.chain[start..].iter().map(|p| self.files.display_name(p)).collect();
            names.push(self.files.display_name(&path));
            let text = format!("packages depend on one another in a circle: {}", names.join(" → "));
            self.findings.push(Diagnostic::error("package-dependency-cycle", text).at(at));
            return;
        }
        if self.chain.len() >= MAX_CHAIN || self.loaded.len() >= self.limits.packages {
            self.findings.push(self.too_many(at));
            return;
        }
        if !path.join("rhumb.yaml").is_ok_and(|file| self.files.has(&file)) {
            let name = self.files.display_name(&path);
            let text = format!("the dependency `{}` is no native package: `{name}` has no `rhumb.yaml`", listed.name);
            self.findings.push(Diagnostic::error("package-dependency", text).at(at));
            return;
        }
        let Some(below) = self.package(&path) else { return };
        package.instances = package.instances.saturating_add(below.instances);
        if package.instances > self.limits.packages {
            self.findings.push(self.too_many(at));
            return;
        }
        let Listed { name, alias, condition, span, .. } = listed;
        package.dependencies.push(Dependency { name, alias, condition, span, package: below });
    }

    fn too_many(&self, at: Span) -> Diagnostic {
        let most = self.limits.packages;
        let text = format!("packages depend on more than {most} others, or {MAX_CHAIN} levels deep");
        Diagnostic::error("package-too-many", text).at(at)
    }

    fn overlays(&mut self, root: &VPath) -> BTreeMap<EcoString, Overlay> {
        let mut overlays = BTreeMap::new();
        let Ok(folder) = root.join("overlays") else { return overlays };
        for path in self.list(&folder) {
            let Some(relative) = path.strip_prefix(&folder) else { continue };
            let parts: Vec<&str> = relative.parts().collect();
            let [name, "overlay.yaml"] = parts[..] else { continue };
            let overlay = self.overlay((name, Role::Environment), &path, &mut Vec::new());
            overlays.extend(overlay.map(|overlay| (name.into(), overlay)));
        }
        overlays
    }

    /// Reads an overlay with the components that it names; `around` are the folders of those that name this one.
    fn overlay(&mut self, (name, role): (&str, Role), path: &VPath, around: &mut Vec<VPath>) -> Option<Overlay> {
        let source = self.yaml(path)?;
        let folder = path.parent();
        let called = (name, folder.clone());
        let (mut overlay, named) = overlay::read(called, role, &source.node, source.file, &mut self.findings);
        for patch in named.patches {
            let Some(content) = self.patch(patch.content, path) else { continue };
            let target = patch.target.cloned();
            overlay.patches.push(PatchSpec { span: patch.span, target, kind: patch.kind, content });
        }
        for source in overlay.transformations.iter().flat_map(transformation::files) {
            self.check_file(source.path, source.span, path);
        }
        for (resource, span) in named.resources {
            let file = self.check_file(&resource, span, path).and_then(|file| self.text(&file));
            overlay.resources.extend(file.map(|file| ResourceFile { file, span }));
        }
        around.push(folder);
        for (component, span) in named.components {
            overlay.components.extend(self.component(&component, span, around));
        }
        around.pop();
        Some(overlay)
    }

    fn component(&mut self, path: &str, span: Span, around: &mut Vec<VPath>) -> Option<Overlay> {
        let wrong = |text: String| Diagnostic::error("package-component", text).at(span);
        let folder = around.last().map_or_else(VPath::root, Clone::clone).join(path);
        let (folder, file) = match folder.and_then(|folder| Ok((folder.join("overlay.yaml")?, folder))) {
            Ok((file, folder)) => (folder, file),
            Err(error) => {
                self.findings.push(wrong(error.to_string()));
                return None;
            }
        };
        let name = self.files.display_name(&folder);
        if !self.files.has(&file) {
            let found = wrong(format!("`{name}` is no component: it has no `overlay.yaml`"));
            self.findings.push(found);
            return None;
        }
        if let Some(start) = around.iter().position(|seen| *seen == folder) {
            let around = around[start..].iter().map(|seen| self.files.display_name(seen)).chain([name]);
            let text =
                format!("components build on one another in a circle: {}", around.collect::<Vec<_>>().join(" → "));
            self.findings.push(wrong(text));
            return None;
        }
        self.components += 1;
        if self.components > self.limits.packages || around.len() >= MAX_CHAIN {
            let most = self.limits.packages;
            let text = format!("there are more than {most} components, or they nest more than {MAX_CHAIN} levels deep");
            self.findings.push(wrong(text));
            return None;
        }
        self.overlay((&name, Role::Component), &file, around)
    }

    fn patch(&mut self, content: Content<'_>, overlay: &VPath) -> Option<Node> {
        match content {
            Content::Node(node) => Some(node.clone()),
            Content::Text(text, node) => {
                let span = node.span;
                let source = self.sources.get(span.file).map(|source| Arc::clone(source.text())).unwrap_or_default();
                if let Some(places) = yaml::Embedded::of(node, &source) {
                    return self.parsed(text, span.file, span, Some(&places));
                }
                // The text with its quotes and folds undone stands nowhere, so its places are its own.
                let name = self.sources.describe(span).unwrap_or_else(|| self.files.display_name(overlay));
                let file = self.sources.add(format!("{name} (patch)"), text);
                self.parsed(text, file, span, None)
            }
            Content::Path(path, span) => {
                let file = self.check_file(&path, span, overlay)?;
                self.yaml(&file).map(|source| source.node)
            }
        }
    }

    /// Returns the file that an overlay names from its folder; one that is not there is told.
    fn check_file(&mut self, path: &str, span: Span, overlay: &VPath) -> Option<VPath> {
        let folder = overlay.parent();
        let file = match folder.join(path) {
            Ok(file) => file,
            Err(error) => {
                self.findings.push(Diagnostic::error("package-patch", error.to_string()).at(span));
                return None;
            }
        };
        if self.files.has(&file) {
            return Some(file);
        }
        let text = format!("no file `{}`", self.files.display_name(&file));
        let found = Diagnostic::error("package-patch", text).at(span);
        let near = self.list(&folder);
        let near = near.iter().filter_map(|near| near.strip_prefix(&folder)).collect::<Vec<_>>();
        self.findings.push(found.suggest(path, near.iter().map(VPath::as_str)));
        None
    }

    fn source(&mut self, root: &VPath, name: &str) -> Option<Source> {
        let path = root.join(name).ok().filter(|path| self.files.has(path))?;
        self.yaml(&path)
    }

    fn yaml(&mut self, path: &VPath) -> Option<Source> {
        let file = self.text(path)?;
        let text = self.sources.get(file).map(|source| Arc::clone(source.text()))?;
        let node = self.parsed(&text, file, Span::new(file, 0), None)?;
        Some(Source { file, node })
    }

    /// Parses a text that must hold one document; an empty one is null. `embedded` says where the text stands in its
    /// file, if it is a part of it.
    fn parsed(&mut self, text: &str, file: FileId, place: Span, embedded: Option<&yaml::Embedded>) -> Option<Node> {
        let mut outcome = yaml::parse(text, file, self.limits);
        if let Some(embedded) = embedded {
            embedded.place_findings(&mut outcome.diagnostics);
            outcome
                .value
                .iter_mut()
                .filter_map(|document| document.root.as_mut())
                .for_each(|root| embedded.place(root));
        }
        let failed = outcome.diagnostics.has_errors();
        let mut roots = outcome.into_value(&mut self.findings).into_iter().filter_map(|document| document.root);
        let Some(first) = roots.next() else {
            let null = Node::scalar("null", yaml::ScalarKind::Null, place);
            return (!failed).then_some(null);
        };
        if let Some(second) = roots.next() {
            let found = Diagnostic::error("package-documents", "the file must hold one document").at(second.span);
            self.findings.push(found.label(place, 0, "in this text"));
        }
        let normalized = yaml::normalize(first, Rules::Kubectl, self.limits);
        Some(normalized.into_value(&mut self.findings))
    }

    /// Adds a text file to the sources.
    fn text(&mut self, path: &VPath) -> Option<FileId> {
        let name = self.files.display_name(path);
        let bytes = match self.files.read(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.findings.push(Diagnostic::error("package-unreadable", error.to_string()));
                return None;
            }
        };
        if bytes.len() > self.limits.file_bytes {
            let text = format!("`{name}` is larger than {} bytes", self.limits.file_bytes);
            self.findings.push(Diagnostic::error("package-file-too-large", text));
            return None;
        }
        match std::str::from_utf8(&bytes) {
            Ok(text) => Some(self.sources.add(name, text)),
            Err(error) => {
                let file = self.sources.add(name, String::from_utf8_lossy(&bytes));
                let span = Span::new(file, error.valid_up_to());
                let found = Diagnostic::error("package-not-utf8", "the file is not UTF-8").at(span);
                self.findings.push(found.help("save it as UTF-8; files of any bytes belong into `files/`"));
                None
            }
        }
    }

    fn texts(&mut self, root: &VPath, folder: &str) -> Vec<TextFile> {
        let Ok(folder) = root.join(folder) else { return Vec::new() };
        let mut texts = Vec::new();
        for path in self.list(&folder) {
            // Editors leave hidden files behind; a template is never one.
            if path.file_name().starts_with('.') {
                continue;
            }
            let Some(relative) = path.strip_prefix(root) else { continue };
            texts.extend(self.text(&path).map(|file| TextFile { path: relative, file }));
        }
        texts
    }

    fn data(&mut self, root: &VPath) -> Vec<DataFile> {
        let Ok(folder) = root.join("files") else { return Vec::new() };
        let mut data = Vec::new();
        for path in self.list(&folder) {
            let Some(relative) = path.strip_prefix(&folder) else { continue };
            match self.files.read(&path) {
                Ok(content) => data.push(DataFile { path: relative, content }),
                Err(error) => self.findings.push(Diagnostic::error("package-unreadable", error.to_string())),
            }
        }
        data
    }

    fn list(&mut self, folder: &VPath) -> Vec<VPath> {
        self.files.list(folder).unwrap_or_else(|error| {
            self.findings.push(Diagnostic::error("package-unreadable", error.to_string()));
            Vec::new()
        })
    }
}

// Deep enough for any product, and shallow enough for the stack.
const MAX_CHAIN: usize = 64;

/// Returns how many folders above the root a path climbs.
fn climb(root: &VPath, path: &str) -> usize {
    let mut depth = root.parts().count();
    let mut above = 0;
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if depth == 0 => above += 1,
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    above
}

fn empty(kind: PackageKind, root: &VPath) -> Package {
    Package {
        kind,
        root: root.clone(),
        manifest: manifest::Manifest::default(),
        values: None,
        schema: None,
        templates: Vec::new(),
        crds: Vec::new(),
        manifests: Vec::new(),
        files: Vec::new(),
        overlays: BTreeMap::new(),
        dependencies: Vec::new(),
        instances: 1,
    }
}
