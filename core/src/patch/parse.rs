//! Patches as they are written, checked once.

use ecow::EcoString;

use crate::diag::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::yaml::{Node, NodeKind};

use super::json::{JsonOp, JsonOpKind};
use super::pointer::Pointer;
use super::target::Target;

/// The kinds of patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatchKind {
    /// A strategic merge patch.
    Strategic,
    /// A JSON patch (RFC 6902).
    Json,
    /// A JSON merge patch (RFC 7396).
    Merge,
}

impl PatchKind {
    /// The names under which users know the kinds.
    pub const NAMES: [&str; 3] = ["strategic", "json", "merge"];

    /// Returns the kind of a name.
    pub fn from_name(name: &str) -> Option<PatchKind> {
        match name {
            "strategic" => Some(PatchKind::Strategic),
            "json" => Some(PatchKind::Json),
            "merge" => Some(PatchKind::Merge),
            _ => None,
        }
    }

    /// Returns the kind that a body is of when nothing says: a list is a JSON patch, a map a strategic merge patch.
    pub fn of(body: &Node) -> PatchKind {
        if body.as_seq().is_some() { PatchKind::Json } else { PatchKind::Strategic }
    }
}

/// What a patch does.
#[derive(Debug, Clone, PartialEq)]
pub enum PatchBody {
    /// A strategic merge patch. Invariant: a normalized map.
    Strategic(Node),
    /// A JSON patch.
    Json(Vec<JsonOp>),
    /// A JSON merge patch. Invariant: a normalized map.
    Merge(Node),
}

/// A patch and what it is aimed at.
#[derive(Debug, Clone)]
pub struct Patch {
    /// The objects it is for; where there is none, its body names its object.
    pub target: Option<Target>,
    /// What it does.
    pub body: PatchBody,
    /// Where it was written.
    pub span: Span,
}

impl Patch {
    /// Returns the patch that a normalized node is.
    ///
    /// # Errors
    /// All that is wrong with its shape, at its place: a body of the wrong kind, a bad operation or pointer, a patch
    /// that has no target and does not name its object.
    pub fn parse(kind: PatchKind, target: Option<Target>, body: Node, span: Span) -> Result<Patch, Diagnostics> {
        let mut findings = Diagnostics::new();
        let body = match kind {
            PatchKind::Json => PatchBody::Json(operations(&body, target.is_none(), span, &mut findings)),
            PatchKind::Strategic | PatchKind::Merge => {
                check_map(kind, &body, target.is_none(), &mut findings);
                if kind == PatchKind::Merge { PatchBody::Merge(body) } else { PatchBody::Strategic(body) }
            }
        };
        if findings.is_empty() { Ok(Patch { target, body, span }) } else { Err(findings) }
    }

    /// Returns which kind of patch it is.
    pub fn kind(&self) -> PatchKind {
        match self.body {
            PatchBody::Strategic(_) => PatchKind::Strategic,
            PatchBody::Json(_) => PatchKind::Json,
            PatchBody::Merge(_) => PatchKind::Merge,
        }
    }
}

const SHAPE: &str = "patch-shape";
const NO_TARGET: &str = "patch-no-target";

fn check_map(kind: PatchKind, body: &Node, names_itself: bool, findings: &mut Diagnostics) {
    let name = if kind == PatchKind::Merge { "JSON merge" } else { "strategic merge" };
    let NodeKind::Map(_) = body.kind else {
        let message = format!("a {name} patch is a map, this is a {}", body.kind_name());
        findings.push(Diagnostic::error(SHAPE, message).at(body.span));
        return;
    };
    if !names_itself {
        return;
    }
    let text = |node: Option<&Node>| node.and_then(Node::as_str).is_some_and(|text| !text.is_empty());
    let fields = [
        ("apiVersion", text(body.get("apiVersion"))),
        ("kind", text(body.get("kind"))),
        ("metadata.name", text(body.get("metadata").and_then(|metadata| metadata.get("name")))),
    ];
    let missing: Vec<String> =
        fields.iter().filter(|(_, there)| !there).map(|(field, _)| format!("`{field}`")).collect();
    if !missing.is_empty() {
        let message = format!("the patch has no target and does not name its object: no {}", missing.join(", "));
        let help = "give it a `target`, or `apiVersion`, `kind` and `metadata.name`";
        findings.push(Diagnostic::error(NO_TARGET, message).at(body.span).help(help));
    }
}

fn operations(body: &Node, aimless: bool, span: Span, findings: &mut Diagnostics) -> Vec<JsonOp> {
    if aimless {
        let finding = Diagnostic::error(NO_TARGET, "a JSON patch needs a target").at(span);
        findings.push(finding.help("say which object it is for: `target: {kind: …, name: …}`"));
    }
    let Some(items) = body.as_seq() else {
        let message = format!("a JSON patch is a list of operations, this is a {}", body.kind_name());
        findings.push(Diagnostic::error(SHAPE, message).at(body.span));
        return Vec::new();
    };
    items.iter().filter_map(|item| operation(item, findings)).collect()
}

const OPS: [&str; 6] = ["add", "remove", "replace", "move", "copy", "test"];

fn operation(item: &Node, findings: &mut Diagnostics) -> Option<JsonOp> {
    let Some(entries) = item.as_map() else {
        let message = format!("an operation is a map, this is a {}", item.kind_name());
        findings.push(Diagnostic::error(SHAPE, message).at(item.span));
        return None;
    };
    for (key, _) in entries {
        let name = key.as_str().unwrap_or_default();
        if !["op", "path", "value", "from"].contains(&name) {
            let finding = Diagnostic::error(SHAPE, format!("an operation has no key `{name}`")).at(key.span);
            findings.push(finding.suggest(name, ["op", "path", "value", "from"]));
        }
    }
    let op = field(item, "op", findings).and_then(|op| op.as_str().map(|name| (name, op.span)));
    let (path, path_span) = (pointer(item, "path", findings), item.get("path").map_or(item.span, |node| node.span));
    let (name, name_span) = op?;
    let kind = match name {
        "add" => JsonOpKind::Add(field(item, "value", findings)?.clone()),
        "replace" => JsonOpKind::Replace(field(item, "value", findings)?.clone()),
        "test" => JsonOpKind::Test(field(item, "value", findings)?.clone()),
        "remove" => JsonOpKind::Remove,
        "move" => JsonOpKind::Move(pointer(item, "from", findings)?),
        "copy" => JsonOpKind::Copy(pointer(item, "from", findings)?),
        _ => {
            let finding = Diagnostic::error(SHAPE, format!("there is no operation `{name}`")).at(name_span);
            let finding = finding.note(format!("the operations are {}", OPS.join(", ")));
            findings.push(finding.suggest(name, OPS));
            return None;
        }
    };
    Some(JsonOp { kind, path: path?, span: item.span, path_span })
}

fn field<'a>(item: &'a Node, key: &str, findings: &mut Diagnostics) -> Option<&'a Node> {
    let found = item.get(key).filter(|node| key == "value" || node.as_str().is_some());
    if found.is_none() {
        let (message, span) = match item.get(key) {
            Some(node) => (format!("`{key}` of an operation is a string, this is a {}", node.kind_name()), node.span),
            None => (format!("the operation has no `{key}`"), item.span),
        };
        findings.push(Diagnostic::error(SHAPE, message).at(span));
    }
    found
}

fn pointer(item: &Node, key: &str, findings: &mut Diagnostics) -> Option<Pointer> {
    let node = field(item, key, findings)?;
    let text: EcoString = node.as_str().unwrap_or_default().into();
    match Pointer::parse(&text) {
        Ok(pointer) => Some(pointer),
        Err(message) => {
            let finding = Diagnostic::error(SHAPE, message).at(node.span);
            let help = format!("write `/{}`", text.replace(".", "/"));
            findings.push(if text.starts_with('/') { finding } else { finding.help(help) });
            None
        }
    }
}
