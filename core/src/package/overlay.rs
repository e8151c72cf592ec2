//! What `overlays/<env>/overlay.yaml` says.

use ecow::EcoString;

use super::fields::Fields;
use super::transformation::{self, Transformation};
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::{FileId, Span, VPath};
use crate::yaml::Node;

/// An environment.
#[derive(Debug, Clone)]
pub struct Overlay {
    /// Its name: that of its folder, and the path of a component.
    pub name: EcoString,
    /// Its folder.
    pub folder: VPath,
    /// The file.
    pub file: FileId,
    /// Where the file's content starts.
    pub span: Span,
    /// The environment it builds on, and where it says so.
    pub extends: Option<(EcoString, Span)>,
    /// Its values, a map.
    pub values: Option<Node>,
    /// The manifests that it adds, in order.
    pub resources: Vec<ResourceFile>,
    /// The components that it is made with, in order.
    pub components: Vec<Overlay>,
    /// Its patches in order.
    pub patches: Vec<PatchSpec>,
    /// Its other steps, in the order in which they are carried out.
    pub transformations: Vec<Transformation>,
    /// What all its generators share, a map.
    pub generator_options: Option<Node>,
}

impl Overlay {
    /// Returns its components, each with its own before it, and itself at the end: the order in which values are laid
    /// over one another.
    pub fn with_components(&self) -> Vec<&Overlay> {
        let mut all: Vec<&Overlay> = self.components.iter().flat_map(Overlay::with_components).collect();
        all.push(self);
        all
    }
}

/// A file of manifests that an overlay adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResourceFile {
    /// The text.
    pub file: FileId,
    /// Where it is listed.
    pub span: Span,
}

/// A patch as it is written.
#[derive(Debug, Clone)]
pub struct PatchSpec {
    /// Where it is listed.
    pub span: Span,
    /// Which objects it is for: a map of selectors.
    pub target: Option<Node>,
    /// Its kind; without one, a list is a JSON patch and a map a strategic merge patch.
    pub kind: Option<PatchType>,
    /// The patch, normalized.
    pub content: Node,
}

/// The kinds of patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatchType {
    /// A strategic merge patch.
    Strategic,
    /// A JSON patch, RFC 6902.
    Json,
    /// A JSON merge patch, RFC 7396.
    Merge,
}

/// A patch whose content may still have to be read.
pub(super) struct Written<'a> {
    pub(super) span: Span,
    pub(super) target: Option<&'a Node>,
    pub(super) kind: Option<PatchType>,
    pub(super) content: Content<'a>,
}

pub(super) enum Content<'a> {
    Node(&'a Node),
    Text(&'a str, &'a Node),
    Path(EcoString, Span),
}

const KNOWN: &[&str] = &["apiVersion", "kind", "extends", "values", "resources", "components", "patches"];

/// What an overlay is to whoever names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A folder of `overlays/`.
    Environment,
    /// What several environments share.
    Component,
}

/// What an overlay names, and the loader reads.
pub(super) struct Named<'a> {
    pub(super) patches: Vec<Written<'a>>,
    pub(super) resources: Vec<(EcoString, Span)>,
    pub(super) components: Vec<(EcoString, Span)>,
}

/// Reads an overlay without the files that it names.
pub(super) fn read<'a>(
    (name, folder): (&str, VPath),
    role: Role,
    node: &'a Node,
    file: FileId,
    findings: &mut Diagnostics,
) -> (Overlay, Named<'a>) {
    let mut overlay = Overlay {
        name: name.into(),
        folder,
        file,
        span: node.span,
        extends: None,
        values: None,
        resources: Vec::new(),
        components: Vec::new(),
        patches: Vec::new(),
        transformations: Vec::new(),
        generator_options: None,
    };
    let known: Vec<&str> = KNOWN.iter().copied().chain(transformation::names()).collect();
    let (what, kind) = match role {
        Role::Environment => ("an overlay", "Overlay"),
        Role::Component => ("a component", "Component"),
    };
    let mut fields = Fields::new(node, what, &known, findings);
    fields.identity(kind);
    overlay.extends = fields.text("extends");
    if let (Role::Component, Some((_, span))) = (role, &overlay.extends) {
        let text = "a component builds on no environment";
        let found = Diagnostic::error("package-component", text).at(*span);
        fields.findings.push(found.help("it may name other `components`"));
        overlay.extends = None;
    }
    let resources = fields.texts("resources");
    let components = fields.texts("components");
    if let Some(values) = fields.get("values") {
        match values.as_map() {
            Some(_) => overlay.values = Some(values.clone()),
            None => fields.wrong("values", "a map", values),
        }
    }
    let items = fields.list("patches");
    (overlay.transformations, overlay.generator_options) = transformation::read(node, findings);
    let patches = items.iter().filter_map(|item| patch(item, findings)).collect();
    (overlay, Named { patches, resources, components })
}

fn patch<'a>(node: &'a Node, findings: &mut Diagnostics) -> Option<Written<'a>> {
    let mut fields = Fields::new(node, "a patch", &["target", "patch", "path", "type"], findings);
    let kind = match fields.text("type") {
        None => None,
        Some((text, span)) => match text.as_str() {
            "strategic" => Some(PatchType::Strategic),
            "json" => Some(PatchType::Json),
            "merge" => Some(PatchType::Merge),
            _ => {
                let found = Diagnostic::error("package-patch-type", format!("no type of patch `{text}`")).at(span);
                fields.findings.push(found.help("the types are `strategic`, `json` and `merge`"));
                None
            }
        },
    };
    let target = fields.get("target");
    let path = fields.text("path");
    let content = match (fields.get("patch"), path) {
        (Some(node), None) => match node.as_str() {
            Some(text) => Content::Text(text, node),
            None => Content::Node(node),
        },
        (None, Some((path, span))) => Content::Path(path, span),
        (Some(_), Some(_)) => {
            let text = "a patch has both `patch` and `path`";
            findings.push(Diagnostic::error("package-patch", text).at(node.span).help("keep one of them"));
            return None;
        }
        (None, None) => {
            if node.as_map().is_some() && node.get("path").is_none() {
                let found = Diagnostic::error("package-patch", "a patch has neither `patch` nor `path`").at(node.span);
                findings.push(found.help("write the patch below `patch:`, or name its file with `path:`"));
            }
            return None;
        }
    };
    Some(Written { span: node.span, target, kind, content })
}
