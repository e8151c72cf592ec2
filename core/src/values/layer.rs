//! One source of values.

use ecow::EcoString;

use super::ValueOrigin;
use super::tree::{Tree, overlay};
use crate::diag::{Diagnostic, Diagnostics, Outcome};
use crate::package::Overlay;
use crate::source::{FileId, Limits, SourceMap, Span};
use crate::value::Value;
use crate::yaml::{self, Node, NodeKind, Rules};

/// What a layer is, in the order in which layers are laid over one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LayerKind {
    /// The `default` keywords of `values.schema.json`.
    SchemaDefaults,
    /// The `values.yaml` of a package.
    Defaults,
    /// The values of an environment.
    Environment,
    /// A values file, standard input, or values that a program gives.
    File,
    /// A `--set` flag or one of its kin.
    Set,
}

/// The flags that set values, in the order in which Helm applies them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SetFlag {
    /// `--set-json`: the value is JSON; or the whole flag is one JSON object.
    Json,
    /// `--set`: numbers, booleans and null are typed.
    Set,
    /// `--set-string`: every value is a text.
    String,
    /// `--set-file`: the value names a file whose content is the value.
    File,
    /// `--set-literal`: everything after the first `=` is the value.
    Literal,
}

impl SetFlag {
    /// Returns the flag as users write it.
    pub fn name(self) -> &'static str {
        match self {
            SetFlag::Json => "--set-json",
            SetFlag::Set => "--set",
            SetFlag::String => "--set-string",
            SetFlag::File => "--set-file",
            SetFlag::Literal => "--set-literal",
        }
    }
}

/// One source of values.
#[derive(Debug, Clone)]
pub struct Layer {
    /// What it is.
    pub kind: LayerKind,
    /// What messages call it: the file, the environment or the flag.
    pub name: EcoString,
    pub(super) content: Content,
}

#[derive(Debug, Clone)]
pub(super) enum Content {
    Node(Node),
    Flag { flag: SetFlag, text: EcoString, file: FileId },
}

impl Layer {
    /// Returns a layer of a normalized node.
    pub fn new(kind: LayerKind, name: impl Into<EcoString>, node: Node) -> Layer {
        Layer { kind, name: name.into(), content: Content::Node(node) }
    }

    /// Returns the layer of a values file, or of standard input, for a native package: one document, a map. A second
    /// document is an error at its place, as it is in `values.yaml`.
    pub fn file(name: &str, text: &str, sources: &mut SourceMap, limits: &Limits) -> Outcome<Layer> {
        let file = sources.add(name, text);
        let Outcome { value, diagnostics } = read(text, file, limits);
        Outcome { value: Layer::new(LayerKind::File, name, value), diagnostics }
    }

    /// Returns the layer of values that a program gives; they stand in no file.
    pub fn from_value(name: &str, value: &Value) -> Layer {
        Layer::new(LayerKind::File, name, Node::from_value(value, Span::NONE, None))
    }

    /// Returns the layer of an environment's own values.
    pub fn environment(overlay: &Overlay) -> Layer {
        let node = overlay.values.clone().unwrap_or_else(|| Node::map(overlay.span));
        Layer::new(LayerKind::Environment, overlay.name.clone(), node)
    }

    /// Returns the layer of a flag, and adds its text to the sources under the flag's name.
    pub fn flag(flag: SetFlag, text: &str, sources: &mut SourceMap) -> Layer {
        let file = sources.add(flag.name(), text);
        let content = Content::Flag { flag, text: text.into(), file };
        Layer { kind: LayerKind::Set, name: flag.name().into(), content }
    }

    /// Returns the file in which its text stands.
    pub(super) fn source(&self) -> FileId {
        match &self.content {
            Content::Node(node) => node.span.file,
            Content::Flag { file, .. } => *file,
        }
    }

    /// The key by which layers are brought into Helm's order: environments and files as given, then flags by kind.
    pub(super) fn rank(&self) -> (LayerKind, Option<SetFlag>) {
        match &self.content {
            Content::Node(_) => (self.kind, None),
            Content::Flag { flag, .. } => (LayerKind::Set, Some(*flag)),
        }
    }
}

/// Reads the text of a values file: one document, a map.
fn read(text: &str, file: FileId, limits: &Limits) -> Outcome<Node> {
    let mut findings = Diagnostics::new();
    let parsed = yaml::parse(text, file, limits).into_value(&mut findings);
    let mut values: Option<Node> = None;
    for root in parsed.into_iter().filter_map(|document| document.root) {
        let node = yaml::normalize(root, Rules::Kubectl, limits).into_value(&mut findings);
        if node.is_null() {
            continue;
        }
        if values.is_some() {
            let found = Diagnostic::error("values-documents", "a values file holds one document").at(node.span);
            findings.push(found.help("put this one into a file of its own and give both: `-f one.yaml -f two.yaml`"));
            break;
        }
        if node.as_map().is_none() {
            findings.push(not_a_map(&node));
        }
        values = Some(node);
    }
    let values = values.filter(|node| node.as_map().is_some());
    Outcome { value: values.unwrap_or_else(|| Node::map(Span::new(file, 0))), diagnostics: findings }
}

/// The finding for values that are no map at the top.
pub(crate) fn not_a_map(node: &Node) -> Diagnostic {
    let text = format!("values must be a map, found {}", node.kind_name());
    Diagnostic::error("values-not-a-map", text).at(node.span).help("write `key: value` lines")
}

/// Lays a map over another, key by key; what is no map is replaced.
pub(super) fn merge(below: &mut Node, above: Node) {
    match (&mut below.kind, above.kind) {
        (NodeKind::Map(entries), NodeKind::Map(new)) => {
            let mut index: std::collections::HashMap<EcoString, usize> = (entries.iter().enumerate())
                .filter_map(|(i, (key, _))| Some((EcoString::from(key.as_str()?), i)))
                .collect();
            for (key, value) in new {
                let name = EcoString::from(key.as_str().unwrap_or_default());
                match index.get(&name) {
                    Some(at) => merge(&mut entries[*at].1, value),
                    None => {
                        index.insert(name, entries.len());
                        entries.push((key, value));
                    }
                }
            }
        }
        (_, kind) => *below = Node { kind, span: above.span, origin: above.origin, props: None },
    }
}

/// Lays node layers over one another into a tree.
pub(super) fn lay(layers: &[Layer], first: usize, root: ValueOrigin) -> Tree {
    let mut tree = Tree::map(root);
    for (i, layer) in layers.iter().enumerate() {
        if let Content::Node(node) = &layer.content
            && node.as_map().is_some()
        {
            overlay(&mut tree, Tree::from_node(node, first + i));
        }
    }
    tree
}
