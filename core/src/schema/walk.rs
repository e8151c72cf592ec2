//! The walk of an object along its type.

use std::collections::HashSet;

use ecow::{EcoString, eco_format};

use super::formats;
use super::report::Report;
use super::set::SchemaSet;
use super::types::{Bounds, Format, Shape, Type, TypeId};
use crate::diag::{Diagnostic, Severity};
use crate::object::{Gvk, ListType};
use crate::yaml::{Node, NodeKind, Scalar, ScalarKind};

/// Fields that Kubernetes' OpenAPI calls required and the API server takes when they are missing, because an empty
/// value has a meaning.
// Invariant: sorted.
const OPTIONAL_IN_FACT: [&str; 18] = [
    "allocatable",
    "conditions",
    "egress",
    "endpoints",
    "limits",
    "podSelector",
    "preference",
    "rules",
    "seconds",
    "serviceName",
    "spec",
    "status",
    "subjects",
    "template",
    "timeAdded",
    "usages",
    "value",
    "vendorVersion",
];

/// List maps in which the API server takes two items of one key; only server-side apply refuses them.
// Invariant: sorted.
const REPEATABLE: [&str; 6] = ["env", "hostAliases", "imagePullSecrets", "ownerReferences", "ports", "secrets"];

/// Checks a node against a type; `name` is the field it stands in.
pub(super) fn walk(set: &SchemaSet, node: &Node, id: TypeId, name: &str, report: &mut Report<'_>) {
    if report.is_full() {
        return;
    }
    let (written, of) = (set.get(id), set.resolve(id));
    if node.is_null() {
        if of.refuses_null {
            mismatch(node, of, report);
        }
        return;
    }
    match (&node.kind, of.shape) {
        (NodeKind::Map(entries), Shape::Object | Shape::Any) => map(set, node, entries, of, report),
        (NodeKind::Seq(items), Shape::List | Shape::Any) => {
            if let Some(item) = of.items {
                items.iter().for_each(|node| walk(set, node, item, name, report));
            }
            let custom = SchemaSet::is_custom(id);
            repeated(set, items, of.items, written.list.as_ref().or(of.list.as_ref()), (name, custom), report);
        }
        (NodeKind::Scalar(scalar), shape) if fits(scalar, shape) => {
            text(node, scalar, of, report);
            if written.choices.len() > of.choices.len() {
                text(node, scalar, written, report);
            }
        }
        (NodeKind::Alias(_), _) | (_, Shape::Any) => {}
        _ => mismatch(node, of, report),
    }
    if let Some(bounds) = &of.bounds {
        check_bounds(set, node, bounds, report);
    }
    if of.embedded {
        embedded(set, node, report);
    }
}

fn map(set: &SchemaSet, node: &Node, entries: &[(Node, Node)], of: &Type, report: &mut Report<'_>) {
    let closed = of.is_closed();
    let mut missing = of.required;
    for (key, value) in entries {
        let name = key.as_str().unwrap_or("");
        // The API server takes a null under a field as if the field were not there:
        // <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#defaulting-and-nullable>
        if value.is_null() && (!closed || of.field(name).is_some()) {
            continue;
        }
        if let Some(field) = of.field(name) {
            missing -= usize::from(field.required);
            walk(set, value, field.of, &field.name, report);
        } else if let Some(values) = of.values {
            walk(set, value, values, name, report);
        } else if closed {
            unknown(key, name, of, report);
        }
    }
    if missing == 0 {
        return;
    }
    let present: HashSet<&str> =
        entries.iter().filter(|(_, value)| !value.is_null()).filter_map(|(key, _)| key.as_str()).collect();
    let builtin = of.fields.first().is_some_and(|field| !SchemaSet::is_custom(field.of));
    for field in of.fields.iter().filter(|field| field.required && !present.contains(field.name.as_str())) {
        let waived = builtin && OPTIONAL_IN_FACT.binary_search(&field.name.as_str()).is_ok();
        if !waived && set.get(field.of).default.is_none() {
            let message = eco_format!("required field `{}` is missing", field.name);
            report.add_missing(node, &field.name, Diagnostic::error("schema-required", message));
        }
    }
}

fn unknown(key: &Node, name: &str, of: &Type, report: &mut Report<'_>) {
    let finding = Diagnostic::error("schema-unknown-field", eco_format!("unknown field `{name}`"));
    // The nearest name is found by trying all: hostile types could make that slow.
    let names = of.fields.iter().take(200).map(|field| field.name.as_str());
    report.add(key, finding.suggest(name, names));
}

fn mismatch(node: &Node, of: &Type, report: &mut Report<'_>) {
    let wanted = match of.shape {
        Shape::Object => "a map",
        Shape::List => "a list",
        Shape::String => "a string",
        Shape::Integer => "an integer",
        Shape::Number => "a number",
        Shape::Boolean => "a boolean",
        Shape::IntOrString => "an integer or a string",
        Shape::Quantity => "a quantity",
        Shape::Any | Shape::Reference(_) => return,
    };
    let finding = Diagnostic::error("schema-type", eco_format!("expected {wanted}, found {}", article(node)));
    let scalar = matches!(&node.kind, NodeKind::Scalar(scalar) if scalar.kind != ScalarKind::Null);
    report
        .add(node, if of.shape == Shape::String && scalar { finding.help("put the value in quotes") } else { finding });
}

fn article(node: &Node) -> EcoString {
    match node.kind_name() {
        "null" => "null".into(),
        kind @ ("integer" | "alias") => eco_format!("an {kind}"),
        kind => eco_format!("a {kind}"),
    }
}

fn fits(scalar: &Scalar, shape: Shape) -> bool {
    let string = matches!(scalar.kind, ScalarKind::Str | ScalarKind::Unresolved);
    let whole = || scalar.kind == ScalarKind::Int || scalar.text.parse::<f64>().is_ok_and(|n| n.fract() == 0.0);
    match shape {
        Shape::Any | Shape::Reference(_) => true,
        Shape::String => string,
        Shape::Integer => !string && whole(),
        Shape::Number => matches!(scalar.kind, ScalarKind::Int | ScalarKind::Float),
        Shape::Boolean => scalar.kind == ScalarKind::Bool,
        Shape::IntOrString => string || scalar.kind == ScalarKind::Int,
        Shape::Quantity => string || matches!(scalar.kind, ScalarKind::Int | ScalarKind::Float),
        Shape::Object | Shape::List => false,
    }
}

/// Checks a scalar of the right type against the format and the values that Kubernetes lists.
fn text(node: &Node, scalar: &Scalar, of: &Type, report: &mut Report<'_>) {
    let text = scalar.text.as_str();
    let number = || text.parse::<f64>().unwrap_or(0.0);
    let wrong = match &of.format {
        _ if of.shape == Shape::Quantity => {
            let why = formats::quantity(text.trim()).is_none();
            why.then_some("a quantity such as `500m`, `2` or `1.5Gi`")
        }
        Format::Int32 if of.shape == Shape::Integer => {
            let fits = (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&number());
            (!fits).then_some("an integer of 32 bits")
        }
        Format::Int64 if of.shape == Shape::Integer => {
            let fits = scalar.kind != ScalarKind::Int || text.parse::<i64>().is_ok();
            (!fits).then_some("an integer of 64 bits")
        }
        Format::Byte => (!formats::is_base64(text)).then_some("base64"),
        Format::DateTime => (!formats::is_date_time(text)).then_some("a time such as `2030-01-31T10:00:00Z`"),
        Format::Other(name) => other_format(name, text),
        _ => None,
    };
    if let Some(wanted) = wrong {
        // What is not base64 may be a secret in plain text, so it is not shown.
        let message = match of.format {
            Format::Byte => eco_format!("the value is not {wanted}"),
            _ => eco_format!("`{text}` is not {wanted}"),
        };
        let finding = Diagnostic::error("schema-format", message);
        let plain = of.format == Format::Byte;
        report.add(node, if plain { finding.help("encode the value, or put it under `stringData`") } else { finding });
    }
    // The API server fills an empty text in as it fills in a missing one.
    if !of.choices.is_empty() && !text.is_empty() && !of.choices.iter().any(|choice| choice == text) {
        let list = of.choices.iter().map(|choice| format!("`{choice}`")).collect::<Vec<_>>().join(", ");
        let finding = Diagnostic::error("schema-enum", eco_format!("`{text}` is not one of {list}"));
        report.add(node, finding.suggest(text, of.choices.iter().map(EcoString::as_str)));
    }
}

fn other_format(name: &str, text: &str) -> Option<&'static str> {
    let address = |ok: bool, what| (!ok).then_some(what);
    match name {
        "ipv4" => address(text.parse::<std::net::Ipv4Addr>().is_ok(), "an IPv4 address"),
        "ipv6" => address(text.parse::<std::net::Ipv6Addr>().is_ok(), "an IPv6 address"),
        _ => None,
    }
}

/// Reports items of one key in list maps, and equal items in sets.
fn repeated(
    set: &SchemaSet,
    items: &[Node],
    item: Option<TypeId>,
    list: Option<&ListType>,
    (name, custom): (&str, bool),
    report: &mut Report<'_>,
) {
    match list {
        Some(ListType::Set) => {
            let mut seen = HashSet::new();
            for item in items {
                let Some(scalar) = item.as_scalar() else { continue };
                if !seen.insert(scalar.text.as_str()) {
                    let severity = if custom { Severity::Error } else { Severity::Warning };
                    let text = eco_format!("`{}` stands twice in a set", scalar.text);
                    report.add(item, Diagnostic::new(severity, "schema-duplicate-item", text));
                }
            }
        }
        Some(ListType::Map(keys)) => {
            let fields = item.map(|item| set.resolve(item));
            let default = |key: &str| {
                let field = fields.and_then(|fields| fields.field(key))?;
                set.get(field.of).default.as_deref()
            };
            let mut seen: HashSet<Vec<&str>> = HashSet::with_capacity(items.len());
            for item in items {
                let text = |key: &EcoString| item.get(key).and_then(Node::as_scalar).map(|scalar| scalar.text.as_str());
                let values: Option<Vec<&str>> = keys.iter().map(|key| text(key).or_else(|| default(key))).collect();
                let Some(values) = values else { continue };
                if seen.contains(&values) {
                    let pairs = keys.iter().zip(&values).map(|(key, value)| format!("{key} `{value}`"));
                    let pairs = pairs.collect::<Vec<_>>().join(" and ");
                    let lenient =
                        !custom && REPEATABLE.binary_search(&name).is_ok() && !keys.iter().any(|k| k == "port");
                    let severity = if lenient { Severity::Warning } else { Severity::Error };
                    let finding =
                        Diagnostic::new(severity, "schema-duplicate-key", eco_format!("a second item with {pairs}"));
                    let note = "server-side apply refuses it";
                    report.add(item, if lenient { finding.note(note) } else { finding });
                } else {
                    seen.insert(values);
                }
            }
        }
        _ => {}
    }
}

/// Checks a node against what schemas of custom resources say of values.
fn check_bounds(set: &SchemaSet, node: &Node, bounds: &Bounds, report: &mut Report<'_>) {
    let mut wrong = |code, text: EcoString| report.add(node, Diagnostic::error(code, text));
    if let Some(choices) = &bounds.choices {
        let value = node.to_value();
        if !choices.contains(&value) {
            let list = choices.iter().map(|choice| format!("`{}`", plain(choice))).collect::<Vec<_>>().join(", ");
            wrong("schema-enum", eco_format!("`{}` is not one of {list}", plain(&value)));
        }
    }
    if let Some(text) = node.as_str()
        && let Some(pattern) = bounds.pattern.as_ref().filter(|pattern| !pattern.matches(text))
    {
        wrong("schema-value", eco_format!("`{text}` does not match `{}`", pattern.text));
    }
    let count = match &node.kind {
        NodeKind::Scalar(_) => node.as_str().map(|text| (0, text.chars().count(), "characters")),
        NodeKind::Seq(items) => Some((1, items.len(), "items")),
        NodeKind::Map(entries) => Some((2, entries.len(), "fields")),
        NodeKind::Alias(_) => None,
    };
    if let Some((which, count, what)) = count {
        let (least, most) = bounds.length[which];
        if let Some(least) = least.filter(|least| (count as u64) < *least) {
            wrong("schema-value", eco_format!("{count} {what} are too few: at least {least}"));
        }
        if let Some(most) = most.filter(|most| (count as u64) > *most) {
            wrong("schema-value", eco_format!("{count} {what} are too many: at most {most}"));
        }
    }
    let number = node.as_scalar().filter(|s| matches!(s.kind, ScalarKind::Int | ScalarKind::Float));
    if let Some((text, number)) = number.and_then(|s| Some((&s.text, s.text.parse::<f64>().ok()?))) {
        if let Some((least, _)) = bounds.minimum.filter(|(n, open)| number < *n || (*open && number <= *n)) {
            wrong("schema-value", eco_format!("{text} is too small: the least is {least}"));
        }
        if let Some((most, _)) = bounds.maximum.filter(|(n, open)| number > *n || (*open && number >= *n)) {
            wrong("schema-value", eco_format!("{text} is too big: the most is {most}"));
        }
        if let Some(step) = bounds.multiple_of.filter(|step| *step > 0.0 && (number / step).fract() != 0.0) {
            wrong("schema-value", eco_format!("{text} is no multiple of {step}"));
        }
    }
    bounds.all_of.iter().for_each(|branch| walk(set, node, *branch, "", report));
    let passing = |branches: &[TypeId], report: &mut Report<'_>| {
        branches.iter().filter(|branch| passes(set, node, **branch, report)).count()
    };
    if !bounds.any_of.is_empty() && passing(&bounds.any_of, report) == 0 {
        report.error(node, "schema-value", "the value fits none of the forms that the schema allows");
    }
    let fitting = if bounds.one_of.is_empty() { 1 } else { passing(&bounds.one_of, report) };
    if fitting != 1 {
        let message = eco_format!("the value fits {fitting} of the forms of which the schema wants exactly one");
        report.error(node, "schema-value", message);
    }
    if bounds.not.is_some_and(|not| passes(set, node, not, report)) {
        report.error(node, "schema-value", "the value has the form that the schema excludes");
    }
}

fn passes(set: &SchemaSet, node: &Node, id: TypeId, report: &mut Report<'_>) -> bool {
    let outer = report.trial.replace(false);
    walk(set, node, id, "", report);
    let failed = std::mem::replace(&mut report.trial, outer);
    failed == Some(false)
}

fn plain(value: &crate::value::Value) -> String {
    value.as_str().map_or_else(|| serde_json::to_string(value).unwrap_or_default(), str::to_owned)
}

/// Checks a whole object inside another one.
fn embedded(set: &SchemaSet, node: &Node, report: &mut Report<'_>) {
    if let Some(root) = Gvk::of(node).and_then(|gvk| set.root_type(&gvk)) {
        walk(set, node, root, "", report);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_of_exceptions_are_sorted() {
        assert!(OPTIONAL_IN_FACT.is_sorted() && REPEATABLE.is_sorted());
    }
}
