//! Layers to values.

use std::sync::Arc;

use super::layer::{Content, lay};
use super::tree::{Part, Tree, coalesce, overlay};
use super::{Layer, LayerKind, ReadFile, defaults, flag};
use crate::diag::{Diagnostic, Diagnostics, Outcome};
use crate::package::{Dependency, Package, PackageKind};
use crate::source::{Limits, Span};
use crate::value::{Step, Value, ValuePath};

/// Which layer set a value, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValueOrigin {
    /// The number of the layer, for [`Values::layer`].
    pub layer: usize,
    /// The place: the value of a leaf, the key of a map or list; [`Span::NONE`] where a program gave it.
    pub span: Span,
}

/// What one layer has at a path.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEntry {
    /// The number of the layer.
    pub layer: usize,
    /// The place.
    pub span: Span,
    /// What it set there.
    pub value: Value,
}

/// The values of a package or of one of its dependencies. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Values {
    shared: Arc<Shared>,
    value: Value,
    at: ValuePath,
}

#[derive(Debug)]
struct Shared {
    layers: Vec<LaidLayer>,
    root: Tree,
}

#[derive(Debug)]
struct LaidLayer {
    layer: Layer,
    // Where in the values of the outermost package the layer is laid: the keys of dependencies.
    at: ValuePath,
    // What a flag assigned; a flag has no tree of its own.
    assigned: Vec<flag::Assigned>,
}

impl Values {
    /// Puts a merged tree and the layers behind it together; each layer with the path at which it is laid and, for a
    /// flag, what it assigned.
    pub(super) fn new(layers: Vec<(Layer, ValuePath, Vec<flag::Assigned>)>, root: Tree) -> Values {
        let layers = layers.into_iter().map(|(layer, at, assigned)| LaidLayer { layer, at, assigned }).collect();
        let value = root.to_value();
        Values { shared: Arc::new(Shared { layers, root }), value, at: ValuePath::root() }
    }

    /// Returns the values below a key, as a dependency of that name sees them.
    #[must_use]
    pub fn scope_of(&self, key: &str) -> Values {
        let value = self.value.get(key).cloned().unwrap_or_else(|| crate::value::Map::new().into());
        Values { shared: Arc::clone(&self.shared), value, at: self.at.key(key) }
    }

    /// Returns the values.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Returns which layer set the leaf, list or map at a path. The origin of a map is the layer that introduced it.
    pub fn origin(&self, path: &ValuePath) -> Option<ValueOrigin> {
        self.shared.root.at(&self.absolute(path)).map(|tree| tree.origin)
    }

    /// Returns the place of the nearest part at or above a path that stands in a file.
    pub fn span(&self, path: &ValuePath) -> Span {
        self.shared.root.nearest_span(&self.absolute(path))
    }

    /// Returns the place of the key at a path, in the highest layer that has it; that of the value where there is no key.
    pub fn key_span(&self, path: &ValuePath) -> Span {
        let absolute = self.absolute(path);
        let Some(origin) = self.origin(path) else { return self.span(path) };
        let laid = self.shared.layers.get(origin.layer);
        let found = paths_behind(&absolute).iter().find_map(|candidate| laid?.key_at(candidate));
        found.filter(|span| !span.is_none()).unwrap_or_else(|| self.span(path))
    }

    /// Returns the node of the values file that set what stands at a path; nothing where a flag did.
    pub fn node(&self, path: &ValuePath) -> Option<&crate::yaml::Node> {
        let laid = self.shared.layers.get(self.origin(path)?.layer)?;
        paths_behind(&self.absolute(path)).iter().find_map(|candidate| laid.node_at(candidate))
    }

    /// Returns what every layer set at a path, lowest first.
    pub fn history(&self, path: &ValuePath) -> Vec<HistoryEntry> {
        let absolute = self.absolute(path);
        let mut found = Vec::new();
        for candidate in paths_behind(&absolute) {
            for (number, laid) in self.shared.layers.iter().enumerate() {
                found.extend(laid.at_path(number, &candidate));
            }
        }
        found.sort_by_key(|entry| self.shared.layers.get(entry.layer).map(|laid| laid.rank(entry.layer)));
        found
    }

    /// Returns a layer by its number.
    pub fn layer(&self, number: usize) -> Option<&Layer> {
        self.shared.layers.get(number).map(|laid| &laid.layer)
    }

    /// Returns the values of a dependency: its own defaults below what this package's values have under its key, with
    /// `global` of this package.
    pub fn scope(&self, dependency: &Dependency) -> Values {
        self.scope_of(dependency.key())
    }

    /// Returns what environments, files and flags set: the values without what defaults alone have.
    pub fn set_by_user(&self) -> Value {
        self.set_below(&self.value, &ValuePath::root()).unwrap_or_default()
    }

    fn set_below(&self, value: &Value, path: &ValuePath) -> Option<Value> {
        let is_users =
            |origin: ValueOrigin| self.layer(origin.layer).is_some_and(|layer| layer.kind >= LayerKind::Environment);
        let own = self.origin(path).is_some_and(is_users);
        let Some(map) = value.as_map() else { return own.then(|| value.clone()) };
        let below = |(key, value): (&ecow::EcoString, &Value)| {
            self.set_below(value, &path.key(key.as_str())).map(|value| (key.clone(), value))
        };
        let map: crate::value::Map = map.iter().filter_map(below).collect();
        (own || !map.is_empty()).then(|| map.into())
    }

    /// Whether nobody set any of these values: no environment, file or flag reaches this scope.
    pub fn are_defaults(&self) -> bool {
        self.user_layers().all(|layer| matches!(layer, UserLayer::Node(None)))
    }

    /// Returns the path in the values of the outermost package.
    pub(super) fn absolute(&self, path: &ValuePath) -> ValuePath {
        let mut steps = self.at.steps().to_vec();
        steps.extend(path.steps().iter().cloned());
        steps.into()
    }

    /// Returns the nodes and assignments of the user's layers that reach this scope.
    pub(super) fn user_layers(&self) -> impl Iterator<Item = UserLayer<'_>> {
        let user = self.shared.layers.iter().filter(|laid| laid.layer.kind >= LayerKind::Environment);
        user.map(|laid| match &laid.layer.content {
            Content::Node(node) => UserLayer::Node(node.at(&self.at)),
            Content::Flag { .. } => UserLayer::Flag(&laid.assigned),
        })
    }

    pub(super) fn prefix(&self) -> &ValuePath {
        &self.at
    }
}

/// What a user's layer has for a scope.
pub(super) enum UserLayer<'a> {
    Node(Option<&'a crate::yaml::Node>),
    Flag(&'a [flag::Assigned]),
}

/// Returns the paths that a layer may have used for what stands at a path: `dep.global.x` may come from `global.x`.
fn paths_behind(path: &ValuePath) -> Vec<ValuePath> {
    let steps = path.steps();
    let mut paths = vec![path.clone()];
    if let Some(at) = steps.iter().position(|step| *step == Step::Key("global".into())) {
        paths.extend((0..at).rev().map(|above| [&steps[..above], &steps[at..]].concat().into()));
    }
    paths
}

impl LaidLayer {
    /// Defaults before what users set, those of a dependency before those of its parent.
    fn rank(&self, number: usize) -> (bool, std::cmp::Reverse<usize>, usize) {
        let user = self.layer.kind >= LayerKind::Environment;
        (user, std::cmp::Reverse(self.at.steps().len()), number)
    }

    fn key_at(&self, path: &ValuePath) -> Option<Span> {
        let (last, parents) = path.steps().split_last()?;
        let Step::Key(key) = last else { return None };
        match &self.layer.content {
            Content::Node(node) => {
                let above = parents.strip_prefix(self.at.steps())?;
                node.at(&above.to_vec().into())?.entry(key).map(|(key, _)| key.span)
            }
            Content::Flag { .. } => {
                let set = self.assigned.iter().rev().find(|set| path.covers(&set.path))?;
                set.steps.get(parents.len()).copied()
            }
        }
    }

    fn node_at(&self, path: &ValuePath) -> Option<&crate::yaml::Node> {
        let Content::Node(node) = &self.layer.content else { return None };
        node.at(&path.steps().strip_prefix(self.at.steps())?.to_vec().into())
    }

    fn at_path(&self, layer: usize, path: &ValuePath) -> Vec<HistoryEntry> {
        match &self.layer.content {
            Content::Node(_) => {
                let found = self.node_at(path);
                found.map(|n| HistoryEntry { layer, span: n.span, value: n.to_value() }).into_iter().collect()
            }
            Content::Flag { .. } => {
                let entries = self.assigned.iter().filter_map(|set| {
                    let value = match &set.path {
                        at if path.covers(at) => set.value.clone(),
                        at if at.covers(path) => {
                            set.value.at(&path.steps()[at.steps().len()..].to_vec().into())?.clone()
                        }
                        _ => return None,
                    };
                    Some(HistoryEntry { layer, span: set.span, value })
                });
                entries.collect()
            }
        }
    }
}

/// Whether a dependency is rendered: true unless the path of its condition holds `false` in its parent's values.
pub fn enabled(dependency: &Dependency, values: &Values) -> bool {
    let condition = dependency.condition.as_ref().and_then(|path| values.value().at(path));
    condition.and_then(Value::as_bool).unwrap_or(true)
}

/// Merges the defaults of a package and its dependencies with the user's layers.
///
/// Layers of environments and files count in their order, flags in Helm's order of kinds. `read` gives the content of
/// the file that a `--set-file` names.
pub fn compose(package: &Package, layers: &[Layer], read: &ReadFile<'_>, limits: &Limits) -> Outcome<Values> {
    let mut composer = Composer { laid: Vec::new(), findings: Diagnostics::new(), limits };
    let user = composer.user(layers, read);
    let root = composer.package(package, user, None, &ValuePath::root());
    let value = root.to_value();
    let shared = Arc::new(Shared { layers: composer.laid, root });
    composer.findings.sort();
    Outcome { value: Values { shared, value, at: ValuePath::root() }, diagnostics: composer.findings }
}

struct Composer<'a> {
    laid: Vec<LaidLayer>,
    findings: Diagnostics,
    limits: &'a Limits,
}

impl Composer<'_> {
    fn user(&mut self, layers: &[Layer], read: &ReadFile<'_>) -> Tree {
        let mut ordered: Vec<&Layer> = layers.iter().collect();
        ordered.sort_by_key(|layer| layer.rank());
        let mut base = Tree::map(ValueOrigin { layer: usize::MAX, span: Span::NONE });
        for layer in ordered {
            let number = self.laid.len();
            let mut assigned = Vec::new();
            match &layer.content {
                Content::Node(node) if node.as_map().is_some() => overlay(&mut base, Tree::from_node(node, number)),
                Content::Node(node) if node.is_null() => {}
                Content::Node(node) => self.findings.push(super::layer::not_a_map(node)),
                Content::Flag { flag: kind, text, file } => {
                    match flag::apply(*kind, text, *file, number, read, &mut base) {
                        Ok(set) => assigned = set,
                        Err(error) => {
                            let message = format!("failed parsing {} data: {}", kind.name(), error.message);
                            let mut finding = Diagnostic::error("values-set", message).at(Span::new(*file, error.at));
                            finding.help = error.help().map(Into::into);
                            self.findings.push(finding);
                        }
                    }
                }
            }
            self.laid.push(LaidLayer { layer: layer.clone(), at: ValuePath::root(), assigned });
        }
        base
    }

    /// Returns the values of a package: defaults, the user's tree over them, the globals of the parent, then the same
    /// for its dependencies.
    fn package(&mut self, package: &Package, user: Tree, globals: Option<&Tree>, at: &ValuePath) -> Tree {
        let first = self.laid.len();
        let layers = self.default_layers(package);
        let span = package.values.as_ref().map_or(Span::NONE, |source| source.node.span);
        let mut tree = lay(&layers, first, ValueOrigin { layer: first, span });
        for layer in layers {
            self.laid.push(LaidLayer { layer, at: at.clone(), assigned: Vec::new() });
        }
        let names: std::collections::BTreeSet<&str> = package.dependencies.iter().map(Dependency::key).collect();
        if user.as_map().is_some() {
            coalesce(&mut tree, user, &|key| names.contains(key));
        }
        if let Some(globals) = globals {
            self.globals(&mut tree, globals);
        }
        for dependency in &package.dependencies {
            self.dependency(dependency, &mut tree, at);
        }
        tree
    }

    fn dependency(&mut self, dependency: &Dependency, parent: &mut Tree, at: &ValuePath) {
        let globals = parent.get("global").cloned();
        let Some(entries) = parent.as_map_mut() else { return };
        let key = dependency.key();
        let user = entries.get(key).cloned().filter(|tree| !tree.is_null());
        if let Some(wrong) = user.as_ref().filter(|tree| tree.as_map().is_none()) {
            let text = format!("values of the dependency `{key}` must be a map, found {}", wrong.to_value().kind());
            self.findings.push(Diagnostic::error("values-type", text).at(wrong.origin.span));
        }
        let user = user.filter(|tree| tree.as_map().is_some());
        let user = user.unwrap_or_else(|| Tree::map(ValueOrigin { layer: usize::MAX, span: dependency.span }));
        let child = self.package(&dependency.package, user, globals.as_ref(), &at.key(key));
        entries.insert(key.into(), child);
    }

    /// Lays the parent's globals over those of a dependency, top down as Helm does it.
    fn globals(&mut self, tree: &mut Tree, globals: &Tree) {
        if globals.as_map().is_none() {
            return;
        }
        let Some(entries) = tree.as_map_mut() else { return };
        match entries.get_mut("global") {
            Some(own @ Tree { part: Part::Map(_), .. }) => overlay(own, globals.clone()),
            Some(own) if !own.is_null() => {
                let text = format!("`global` must be a map, found {}", own.to_value().kind());
                self.findings.push(Diagnostic::error("values-type", text).at(own.origin.span));
            }
            _ => {
                entries.insert("global".into(), globals.clone());
            }
        }
    }

    fn default_layers(&mut self, package: &Package) -> Vec<Layer> {
        let mut layers = Vec::new();
        if let Some(schema) = package.schema.as_ref().filter(|_| package.kind == PackageKind::Native) {
            let node = defaults::of_schema(&schema.node, self.limits);
            layers.extend(node.map(|node| Layer::new(LayerKind::SchemaDefaults, "values.schema.json", node)));
        }
        if let Some(source) = &package.values {
            layers.push(Layer::new(LayerKind::Defaults, "values.yaml", source.node.clone()));
        }
        layers
    }
}
