//! What `overlay.yaml` says beside values and patches: the fields of a kustomization, read with their places.
//!
//! Which fields there are and what they hold is a table here; what they mean is the transformer engine's business.

use super::fields::Fields;
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::yaml::{Node, ScalarKind};

/// One step of an overlay: an item of a list such as `images`, or a field such as `namePrefix`.
#[derive(Debug, Clone)]
pub struct Transformation {
    /// Which field it is of.
    pub kind: TransformationKind,
    /// Where it is written.
    pub span: Span,
    /// What it says, normalized and of the shape that the field asks for.
    pub content: Node,
}

/// The fields, in the order in which they are carried out; the patches of the overlay come between the generators and
/// the others, as in a kustomization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TransformationKind {
    /// `configMapGenerator`.
    ConfigMapGenerator,
    /// `secretGenerator`.
    SecretGenerator,
    /// `namespace`.
    Namespace,
    /// `namePrefix`.
    NamePrefix,
    /// `nameSuffix`.
    NameSuffix,
    /// `labels`.
    Labels,
    /// `commonLabels`.
    CommonLabels,
    /// `commonAnnotations`.
    CommonAnnotations,
    /// `replicas`.
    Replicas,
    /// `images`.
    Images,
    /// `replacements`.
    Replacements,
}

use TransformationKind as Kind;

impl TransformationKind {
    /// Whether it makes objects, before the patches.
    pub fn generates(self) -> bool {
        self <= Kind::SecretGenerator
    }

    /// Returns the name of the field.
    pub fn field(self) -> &'static str {
        let found = FIELDS.iter().find(|(kind, ..)| *kind == self);
        found.map_or("", |(_, field, _)| field)
    }
}

/// What a value must be.
#[derive(Debug)]
enum Shape {
    Text,
    Flag,
    Integer,
    /// A map of texts.
    Texts,
    List(&'static Shape),
    /// A map: how messages call it, its fields, and those of them that must be there.
    Map(&'static str, &'static [(&'static str, &'static Shape)], &'static [&'static str]),
}

use Shape::{Flag, Integer, List, Map, Text, Texts};

const TEXT_LIST: Shape = List(&Text);

static OPTIONS: Shape = Map(
    "generator options",
    &[("labels", &Texts), ("annotations", &Texts), ("disableNameSuffixHash", &Flag), ("immutable", &Flag)],
    &[],
);

static CONFIG_MAP: Shape = Map(
    "a generator",
    &[
        ("name", &Text),
        ("namespace", &Text),
        ("behavior", &Text),
        ("literals", &TEXT_LIST),
        ("files", &TEXT_LIST),
        ("envs", &TEXT_LIST),
        ("options", &OPTIONS),
    ],
    &["name"],
);

static SECRET: Shape = Map(
    "a generator",
    &[
        ("name", &Text),
        ("namespace", &Text),
        ("behavior", &Text),
        ("literals", &TEXT_LIST),
        ("files", &TEXT_LIST),
        ("envs", &TEXT_LIST),
        ("options", &OPTIONS),
        ("type", &Text),
    ],
    &["name"],
);

static FIELD_SPEC: Shape = Map(
    "a field",
    &[("group", &Text), ("version", &Text), ("kind", &Text), ("path", &Text), ("create", &Flag)],
    &["path"],
);

static LABEL: Shape = Map(
    "an entry of `labels`",
    &[("pairs", &Texts), ("includeSelectors", &Flag), ("includeTemplates", &Flag), ("fields", &List(&FIELD_SPEC))],
    &["pairs"],
);

static REPLICA: Shape = Map("an entry of `replicas`", &[("name", &Text), ("count", &Integer)], &["name", "count"]);

static IMAGE: Shape = Map(
    "an image",
    &[("name", &Text), ("newName", &Text), ("newTag", &Text), ("tagSuffix", &Text), ("digest", &Text)],
    &["name"],
);

static FIELD_OPTIONS: Shape = Map(
    "the options of a field",
    &[("delimiter", &Text), ("index", &Integer), ("encoding", &Text), ("create", &Flag)],
    &[],
);

static SOURCE: Shape = Map(
    "the source of a replacement",
    &[
        ("group", &Text),
        ("version", &Text),
        ("kind", &Text),
        ("name", &Text),
        ("namespace", &Text),
        ("fieldPath", &Text),
        ("options", &FIELD_OPTIONS),
    ],
    &[],
);

static SELECTOR: Shape = Map(
    "a selector",
    &[
        ("group", &Text),
        ("version", &Text),
        ("kind", &Text),
        ("name", &Text),
        ("namespace", &Text),
        ("annotationSelector", &Text),
        ("labelSelector", &Text),
    ],
    &[],
);

static TARGET: Shape = Map(
    "the target of a replacement",
    &[("select", &SELECTOR), ("reject", &List(&SELECTOR)), ("fieldPaths", &TEXT_LIST), ("options", &FIELD_OPTIONS)],
    &["select"],
);

static REPLACEMENT: Shape = Map(
    "a replacement",
    &[("source", &SOURCE), ("sourceValue", &Text), ("targets", &List(&TARGET)), ("path", &Text)],
    &[],
);

/// Each field with what it holds; a list is one step for each item.
static FIELDS: [(Kind, &str, &Shape); 11] = [
    (Kind::ConfigMapGenerator, "configMapGenerator", &List(&CONFIG_MAP)),
    (Kind::SecretGenerator, "secretGenerator", &List(&SECRET)),
    (Kind::Namespace, "namespace", &Text),
    (Kind::NamePrefix, "namePrefix", &Text),
    (Kind::NameSuffix, "nameSuffix", &Text),
    (Kind::Labels, "labels", &List(&LABEL)),
    (Kind::CommonLabels, "commonLabels", &Texts),
    (Kind::CommonAnnotations, "commonAnnotations", &Texts),
    (Kind::Replicas, "replicas", &List(&REPLICA)),
    (Kind::Images, "images", &List(&IMAGE)),
    (Kind::Replacements, "replacements", &List(&REPLACEMENT)),
];

pub(super) const GENERATOR_OPTIONS: &str = "generatorOptions";

/// Returns the names of the fields.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FIELDS.iter().map(|(_, name, _)| *name).chain([GENERATOR_OPTIONS])
}

/// Reads the steps of an overlay, in the order in which they are carried out, and the options of all its generators.
pub(super) fn read(node: &Node, findings: &mut Diagnostics) -> (Vec<Transformation>, Option<Node>) {
    let mut steps = Vec::new();
    let given = |name: &str| node.entry(name).filter(|(_, value)| !value.is_null());
    for (kind, name, shape) in &FIELDS {
        let Some((key, value)) = given(name) else { continue };
        if !check(value, shape, name, findings) {
            continue;
        }
        let step = |span, content: &Node| Transformation { kind: *kind, span, content: content.clone() };
        match shape {
            List(_) => steps.extend(value.as_seq().into_iter().flatten().map(|item| step(item.span, item))),
            Text => steps.push(step(value.span, value)),
            _ => steps.push(step(key.span, value)),
        }
    }
    let options = given(GENERATOR_OPTIONS).filter(|(_, options)| check(options, &OPTIONS, GENERATOR_OPTIONS, findings));
    (steps, options.map(|(_, options)| options.clone()))
}

/// Checks what a field holds; what is null counts as not given. `name` is the field's.
fn check(node: &Node, shape: &Shape, name: &str, findings: &mut Diagnostics) -> bool {
    let scalar = node.as_scalar().map(|scalar| scalar.kind);
    let expected = match shape {
        _ if node.is_null() => return true,
        Text if node.as_str().is_some() => return true,
        Flag if scalar == Some(ScalarKind::Bool) => return true,
        Integer if scalar == Some(ScalarKind::Int) => return true,
        // Each entry and item is told by itself.
        Texts => match node.as_map() {
            Some(entries) => return all(findings, |findings| check_texts(entries, findings)),
            None => "a map of strings",
        },
        List(item) => match node.as_seq() {
            Some(items) => {
                return all(findings, |findings| items.iter().for_each(|one| check_item(one, item, name, findings)));
            }
            None => "a list",
        },
        Map(what, fields, required) if node.as_map().is_some() => {
            return check_map(node, what, fields, required, findings);
        }
        Text => "a string",
        Flag => "`true` or `false`",
        Integer => "an integer",
        Map(..) => "a map",
    };
    wrong(name, expected, node, findings);
    false
}

/// Whether a check finds nothing.
fn all(findings: &mut Diagnostics, check: impl FnOnce(&mut Diagnostics)) -> bool {
    let before = findings.len();
    check(findings);
    findings.len() == before
}

fn check_texts(entries: &[(Node, Node)], findings: &mut Diagnostics) {
    for (key, value) in entries {
        let name = key.as_str().unwrap_or_default();
        if value.is_null() {
            wrong(name, "a string", value, findings);
        } else {
            check(value, &Text, name, findings);
        }
    }
}

fn check_item(node: &Node, shape: &Shape, name: &str, findings: &mut Diagnostics) {
    if node.is_null() {
        let found = Diagnostic::error("package-type", format!("an item of `{name}` is empty")).at(node.span);
        findings.push(found);
        return;
    }
    check(node, shape, name, findings);
}

fn check_map(
    node: &Node,
    what: &str,
    fields: &[(&'static str, &'static Shape)],
    required: &[&str],
    findings: &mut Diagnostics,
) -> bool {
    let before = findings.len();
    let known: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    let read = Fields::new(node, what, &known, findings);
    for name in required {
        if read.get(name).is_none() {
            let text = format!("{what} needs the field `{name}`");
            read.findings.push(Diagnostic::error("package-missing", text).at(node.span));
        }
    }
    for (name, shape) in fields {
        if let Some(value) = node.get(name) {
            check(value, shape, name, findings);
        }
    }
    findings.len() == before
}

fn wrong(name: &str, expected: &str, node: &Node, findings: &mut Diagnostics) {
    Fields::of(node, findings).wrong(name, expected, node);
}

/// A file that a step reads.
pub(super) struct NamedFile<'a> {
    pub(super) path: &'a str,
    pub(super) span: Span,
}

/// Returns the files that a step reads: sources of generators, written `path` or `key=path`, and replacements.
pub(super) fn files(step: &Transformation) -> impl Iterator<Item = NamedFile<'_>> {
    let list = |field| step.content.get(field).and_then(Node::as_seq).into_iter().flatten();
    let sources = if step.kind.generates() { &["files", "envs"][..] } else { &[] };
    let sources = sources.iter().flat_map(move |field| list(field).filter_map(named).map(move |found| (*field, found)));
    let sources = sources.map(|(field, (text, span))| {
        let path = text.split_once('=').filter(|_| field == "files").map_or(text, |(_, path)| path);
        NamedFile { path, span }
    });
    let path = step.content.get("path").filter(|_| step.kind == Kind::Replacements).and_then(named);
    sources.chain(path.map(|(path, span)| NamedFile { path, span }))
}

fn named(node: &Node) -> Option<(&str, Span)> {
    Some((node.as_str()?, node.span))
}

#[cfg(test)]
mod tests;
