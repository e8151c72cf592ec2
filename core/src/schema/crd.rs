//! CustomResourceDefinitions as types.
//!
//! Structural schemas only
//! (<https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/>). Patterns are
//! RE2's in the API server and ours here; one that does not compile within the size limit is not checked.

use ecow::{EcoString, eco_format};

use super::references;
use super::set::SchemaSet;
use super::types::{Bounds, Field, Format, Pattern, Shape, Type, TypeId};
use crate::diag::Diagnostic;
use crate::object::{Gvk, ListType, Scope};
use crate::yaml::{Node, NodeKind};

/// Whether a type is a definition of others.
pub(super) fn is_crd(gvk: &Gvk) -> bool {
    gvk.group == "apiextensions.k8s.io" && gvk.kind == "CustomResourceDefinition"
}

/// Adds the types of a definition if its group and kind are wanted.
pub(super) fn add(set: &mut SchemaSet, crd: &Node, wanted: impl Fn(&str, &str) -> bool) -> Result<(), Diagnostic> {
    let gvk = Gvk::of(crd).filter(is_crd);
    let gvk = gvk.ok_or_else(|| Diagnostic::error("crd-schema", "this is no CustomResourceDefinition").at(crd.span))?;
    let spec = crd.get("spec").unwrap_or(crd);
    let need = |node: Option<&Node>, path: &str| {
        let text = node.and_then(Node::as_str).map(EcoString::from);
        let message = eco_format!("the CustomResourceDefinition has no `{path}`");
        text.ok_or_else(|| Diagnostic::error("crd-schema", message).at(spec.span).field(path))
    };
    let group = need(spec.get("group"), "spec.group")?;
    let kind = need(spec.get("names").and_then(|names| names.get("kind")), "spec.names.kind")?;
    let scope =
        if spec.get("scope").and_then(Node::as_str) == Some("Cluster") { Scope::Cluster } else { Scope::Namespaced };
    let old = gvk.version == "v1beta1";
    // v1beta1 kept unknown fields unless told otherwise.
    let open = spec.get("preserveUnknownFields").map_or(old, |node| text(node) == "true");
    let shared = spec.get("validation").and_then(|node| node.get("openAPIV3Schema"));
    let versions = spec.get("versions").and_then(Node::as_seq).unwrap_or_default();
    let single = if versions.is_empty() { spec.get("version").and_then(Node::as_str) } else { None };
    let mut found: Vec<(EcoString, Option<&Node>)> = single.map(|name| (name.into(), shared)).into_iter().collect();
    for version in versions {
        let name = need(version.get("name"), "spec.versions[].name")?;
        if version.get("served").is_none_or(|served| text(served) != "false") {
            found.push((name, version.get("schema").and_then(|node| node.get("openAPIV3Schema")).or(shared)));
        }
    }
    if versions.is_empty() && single.is_none() {
        let message = "the CustomResourceDefinition has no `spec.versions`";
        return Err(Diagnostic::error("crd-schema", message).at(spec.span).field("spec.versions"));
    }
    if !wanted(&group, &kind) {
        return Ok(());
    }
    let references = references::annotated(crd)?;
    for (version, schema) in found {
        let mut root = match schema {
            Some(schema) => convert(set, schema, (open, 0)),
            None => Type { shape: Shape::Object, preserves: true, ..Type::default() },
        };
        add_object_fields(set, &mut root);
        let root = set.push_custom(root);
        let gvk = Gvk { group: group.clone(), version, kind: kind.clone() };
        if !references.is_empty() {
            set.annotate(gvk.clone(), references.clone());
        }
        set.define(gvk, root, scope);
    }
    Ok(())
}

/// Gives a type the fields that every object has.
fn add_object_fields(set: &mut SchemaSet, object: &mut Type) {
    let metadata =
        set.object_meta().unwrap_or_else(|| set.push_custom(Type { shape: Shape::Object, ..Type::default() }));
    let string = set.push_custom(Type { shape: Shape::String, refuses_null: true, ..Type::default() });
    for (name, of, required) in [("apiVersion", string, true), ("kind", string, true), ("metadata", metadata, false)] {
        object.fields.retain(|field| field.name != name);
        object.fields.push(Field { name: name.into(), of, required });
    }
    object.shape = Shape::Object;
    finish(object);
}

fn finish(made: &mut Type) {
    made.fields.sort_by(|a, b| a.name.cmp(&b.name));
    made.fields.dedup_by(|a, b| a.name == b.name);
    made.required = made.fields.iter().filter(|field| field.required).count();
}

/// Whether fields that are not declared are kept, and how many schemas stand around this one.
type Place = (bool, usize);

// Schemas of whole pods have some 40 levels. What is deeper than this is not checked.
const DEPTH: usize = 200;

/// Returns the type of a schema; `open` types keep fields that they do not declare.
fn convert(set: &mut SchemaSet, schema: &Node, (open, depth): Place) -> Type {
    let below = (open, depth + 1);
    let is = |key: &str| schema.get(key).is_some_and(|node| text(node) == "true");
    let word = |key: &str| schema.get(key).and_then(Node::as_str);
    let mut made = Type {
        shape: shape(schema, is("x-kubernetes-int-or-string")),
        format: word("format").map_or(Format::None, format),
        refuses_null: !is("nullable") && schema.get("default").is_none() && schema.get("type").is_some(),
        preserves: open || is("x-kubernetes-preserve-unknown-fields"),
        embedded: is("x-kubernetes-embedded-resource"),
        atomic: word("x-kubernetes-map-type") == Some("atomic"),
        default: schema.get("default").and_then(Node::as_scalar).map(|scalar| scalar.text.clone()),
        ..Type::default()
    };
    made.list = list_type(schema);
    made.merge_key = match &made.list {
        Some(ListType::Map(keys)) => keys.first().cloned(),
        Some(ListType::Set) => Some(EcoString::new()),
        _ => None,
    };
    made.items = schema.get("items").filter(|node| node.as_map().is_some()).map(|node| child(set, node, below));
    match schema.get("additionalProperties") {
        Some(values) if values.as_map().is_some() => made.values = Some(child(set, values, below)),
        Some(values) if text(values) == "true" => made.preserves = true,
        _ => {}
    }
    for (name, field) in schema.get("properties").and_then(Node::as_map).into_iter().flatten() {
        let of = child(set, field, below);
        made.fields.push(Field { name: name.as_str().unwrap_or("").into(), of, required: false });
    }
    finish(&mut made);
    require(set, &mut made, schema);
    made.bounds = bounds(set, schema, depth + 1).map(Box::new);
    if made.embedded {
        add_object_fields(set, &mut made);
    }
    made
}

fn child(set: &mut SchemaSet, schema: &Node, place: Place) -> TypeId {
    let made = if place.1 > DEPTH { Type::default() } else { convert(set, schema, place) };
    set.push_custom(made)
}

fn require(set: &mut SchemaSet, made: &mut Type, schema: &Node) {
    let mut undeclared = Vec::new();
    for name in schema.get("required").and_then(Node::as_seq).into_iter().flatten().filter_map(Node::as_str) {
        match made.position(name) {
            Some(at) => made.fields[at].required = true,
            None => undeclared.push(name),
        }
    }
    for name in undeclared {
        let of = set.push_custom(Type::default());
        made.fields.push(Field { name: name.into(), of, required: true });
    }
    finish(made);
}

fn text(node: &Node) -> &str {
    node.as_scalar().map_or("", |scalar| scalar.text.as_str())
}

fn shape(schema: &Node, int_or_string: bool) -> Shape {
    match schema.get("type").and_then(Node::as_str) {
        _ if int_or_string => Shape::IntOrString,
        Some("object") => Shape::Object,
        Some("array") => Shape::List,
        Some("string") => Shape::String,
        Some("integer") => Shape::Integer,
        Some("number") => Shape::Number,
        Some("boolean") => Shape::Boolean,
        _ => Shape::Any,
    }
}

fn format(name: &str) -> Format {
    match name {
        "int32" => Format::Int32,
        "int64" => Format::Int64,
        "byte" => Format::Byte,
        "date-time" | "datetime" => Format::DateTime,
        "double" | "float" => Format::Double,
        other => Format::Other(other.into()),
    }
}

fn list_type(schema: &Node) -> Option<ListType> {
    let keys = || schema.get("x-kubernetes-list-map-keys").and_then(Node::as_seq).into_iter().flatten();
    match schema.get("x-kubernetes-list-type").and_then(Node::as_str)? {
        "atomic" => Some(ListType::Atomic),
        "set" => Some(ListType::Set),
        "map" => Some(ListType::Map(keys().filter_map(Node::as_str).map(Into::into).collect())),
        _ => None,
    }
}

/// Returns the rules for values; `None` where there are none, so that most types stay small.
fn bounds(set: &mut SchemaSet, schema: &Node, depth: usize) -> Option<Bounds> {
    const KEYS: [&str; 15] = [
        "enum",
        "pattern",
        "minimum",
        "maximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "minProperties",
        "maxProperties",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
    ];
    KEYS.iter().any(|key| schema.get(key).is_some()).then_some(())?;
    let number = |key: &str| schema.get(key).and_then(|node| text(node).parse::<f64>().ok());
    let count = |key: &str| schema.get(key).and_then(|node| text(node).parse::<u64>().ok());
    let flag = |key: &str| schema.get(key).is_some_and(|node| text(node) == "true");
    let pattern = schema.get("pattern").and_then(Node::as_str);
    let mut all = |key: &str| -> Vec<TypeId> {
        let branches = schema.get(key).and_then(Node::as_seq).unwrap_or_default();
        branches.iter().map(|branch| child(set, branch, (true, depth))).collect()
    };
    let (all_of, any_of, one_of) = (all("allOf"), all("anyOf"), all("oneOf"));
    Some(Bounds {
        choices: schema.get("enum").and_then(Node::as_seq).map(|all| all.iter().map(Node::to_value).collect()),
        pattern: pattern.map(Pattern::new),
        minimum: number("minimum").map(|n| (n, flag("exclusiveMinimum"))),
        maximum: number("maximum").map(|n| (n, flag("exclusiveMaximum"))),
        multiple_of: number("multipleOf"),
        length: [
            (count("minLength"), count("maxLength")),
            (count("minItems"), count("maxItems")),
            (count("minProperties"), count("maxProperties")),
        ],
        all_of,
        any_of,
        one_of,
        not: schema
            .get("not")
            .filter(|node| matches!(node.kind, NodeKind::Map(_)))
            .map(|node| child(set, node, (true, depth))),
    })
}
