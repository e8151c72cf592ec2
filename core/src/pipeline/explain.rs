//! Which line of a template, of values and of a patch gave a field.

use std::sync::Arc;

use super::built::Patched;
use super::{Built, Engine, Request};
use crate::diag::Diagnostic;
use crate::object::{Object, ObjectKey, ObjectSet};
use crate::patch::Edited;
use crate::render::kustomize::Trace;
use crate::source::Span;
use crate::value::{Step as PathStep, Value, ValuePath};
use crate::yaml::{Node, NodeKind};

/// The history of fields of one object.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Explained {
    /// The object.
    pub object: ObjectKey,
    /// Its fields that were asked for: the field itself, or every leaf below it.
    pub fields: Vec<ExplainedField>,
    /// The build that was looked at, with the texts that the places point into.
    pub built: Built,
}

/// The history of one field.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ExplainedField {
    /// Where it stands in the object.
    pub path: ValuePath,
    /// What it is in the end.
    pub value: Value,
    /// What gave it, in the order in which it happened.
    pub steps: Vec<Step>,
}

/// One thing that happened to a field.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Step {
    /// A template (or manifest) wrote it.
    Template {
        /// The place of its text or expression.
        span: Span,
        /// The includes and macro calls on the way there, outermost first.
        via: Vec<Span>,
    },
    /// A file that a kustomization names has it.
    Resource {
        /// The line.
        span: Span,
    },
    /// A step of a kustomization set it.
    Kustomization {
        /// The field of the kustomization, or what its build does by itself.
        name: &'static str,
        /// Where the kustomization asks for it; [`Span::NONE`] for what the build does by itself.
        span: Span,
        /// The line of a patch's file that has the value; [`Span::NONE`] where there is none.
        written: Span,
    },
    /// A value went into it.
    Value {
        /// The path of the value.
        path: ValuePath,
        /// The layers that set it, lowest first: name, place, and what they set. The last one counts.
        layers: Vec<(String, Span, Value)>,
    },
    /// A patch of an environment set it.
    Patch {
        /// The patch, or the line in it that set the field.
        span: Span,
        /// The environment.
        environment: String,
    },
    /// Another step of an environment set it.
    Transformation {
        /// The line that asked for it.
        span: Span,
        /// The environment.
        environment: String,
        /// The field of `overlay.yaml`; `names` for a reference that follows the name of its object.
        field: &'static str,
    },
    /// The request's namespace was filled in.
    Namespace,
}

impl Engine {
    /// Explains a field of an object, or all its fields.
    ///
    /// The object is named `Kind/name` or `namespace/Kind/name`; the field is a path as [`ValuePath::parse`] reads
    /// it, in which a list item may also be named by one of its fields (`containers[name=web].image`).
    ///
    /// # Errors
    /// A build whose findings say why there is nothing to explain: it failed, or no such object or field is there.
    pub fn explain(&self, request: &Request<'_>, object: &str, field: Option<&str>) -> Result<Explained, Box<Built>> {
        let mut built = self.build(&Request { trace: true, ..request.clone() });
        if !built.ok() {
            return Err(Box::new(built));
        }
        match find(&built.objects, object).and_then(|found| fields(&built, found, field)) {
            Ok((object, fields)) => Ok(Explained { object, fields, built }),
            Err(finding) => {
                built.diagnostics.push(*finding);
                Err(Box::new(built))
            }
        }
    }
}

type Fields = (ObjectKey, Vec<ExplainedField>);

fn find<'a>(objects: &'a ObjectSet, name: &str) -> Result<&'a Object, Box<Diagnostic>> {
    let mut found = objects.objects().filter(|object| is_named(&object.key(), name));
    let Some(first) = found.next() else {
        let names: Vec<String> = objects.objects().map(|object| object.key().to_string()).collect();
        let message = format!("no object `{name}` is built");
        let finding = Diagnostic::error("explain-no-object", message).suggest(name, names.iter().map(String::as_str));
        return Err(Box::new(names.iter().take(20).fold(finding, |f, name| f.note(format!("there is {name}")))));
    };
    match found.next() {
        None => Ok(first),
        Some(second) => {
            let message = format!("`{name}` names more than one object");
            let help = format!("write `{}` or `{}`", first.key(), second.key());
            Err(Box::new(Diagnostic::error("explain-ambiguous", message).help(help)))
        }
    }
}

fn is_named(key: &ObjectKey, name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    match parts[..] {
        [kind, name] => kind.eq_ignore_ascii_case(&key.kind) && name == key.name,
        [namespace, kind, name] => {
            namespace == key.namespace && kind.eq_ignore_ascii_case(&key.kind) && name == key.name
        }
        _ => false,
    }
}

fn fields(built: &Built, object: &Object, field: Option<&str>) -> Result<Fields, Box<Diagnostic>> {
    let path = field.map_or_else(|| Ok(ValuePath::root()), |field| locate(&object.node, field, object))?;
    let key = object.key();
    let mut leaves = Vec::new();
    if let Some(node) = object.node.at(&path) {
        collect(node, &mut path.clone(), &mut leaves);
    }
    let history = |(path, node): (ValuePath, &Node)| {
        let steps = steps(built, object, &path, node);
        ExplainedField { path, value: node.to_value(), steps }
    };
    Ok((key, leaves.into_iter().map(history).collect()))
}

// Resolves a path against a node, `[name=web]` by looking into the items.
fn locate(root: &Node, field: &str, object: &Object) -> Result<ValuePath, Box<Diagnostic>> {
    let mut path = ValuePath::root();
    let mut node = root;
    for part in split(field) {
        let step = match &node.kind {
            NodeKind::Seq(items) => item_index(items, &part).map(|i| (PathStep::Index(i), &items[i])),
            NodeKind::Map(_) => node.get(&part).map(|value| (PathStep::Key(part.as_str().into()), value)),
            _ => None,
        };
        let Some((step, next)) = step else {
            let place = if path.is_root() { "the object".to_owned() } else { format!("`{path}`") };
            let message = format!("{place} has no `{part}`");
            let keys: Vec<&str> = node.as_map().into_iter().flatten().filter_map(|(key, _)| key.as_str()).collect();
            let finding = Diagnostic::error("explain-no-field", message).object(object.key().to_string());
            return Err(Box::new(finding.at(node.span).suggest(&part, keys)));
        };
        match step {
            PathStep::Key(key) => path.push_key(key),
            PathStep::Index(index) => path.push_index(index),
        }
        node = next;
    }
    Ok(path)
}

fn item_index(items: &[Node], part: &str) -> Option<usize> {
    if let Some((key, value)) = part.split_once('=') {
        let wanted = |item: &Node| item.get(key).and_then(Node::as_scalar).is_some_and(|scalar| scalar.text == value);
        return items.iter().position(wanted);
    }
    part.parse().ok().filter(|index| *index < items.len())
}

// `a.b[name=x.y]["c.d"]` to its parts; brackets keep their dots.
fn split(field: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut in_brackets = false;
    for c in field.trim_start_matches('.').chars() {
        match c {
            '[' if !in_brackets => {
                in_brackets = true;
                parts.push(String::new());
            }
            ']' if in_brackets => in_brackets = false,
            '.' if !in_brackets => parts.push(String::new()),
            '"' | '\'' if in_brackets => {}
            c => {
                if let Some(last) = parts.last_mut() {
                    last.push(c);
                }
            }
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

fn collect<'a>(node: &'a Node, path: &mut ValuePath, leaves: &mut Vec<(ValuePath, &'a Node)>) {
    match &node.kind {
        NodeKind::Map(entries) if !entries.is_empty() => {
            for (key, value) in entries {
                path.push_key(key.as_str().unwrap_or_default());
                collect(value, path, leaves);
                path.pop();
            }
        }
        NodeKind::Seq(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                path.push_index(index);
                collect(item, path, leaves);
                path.pop();
            }
        }
        _ => leaves.push((path.clone(), node)),
    }
}

/// Returns what gave a field, in the order in which it happened.
pub(crate) fn steps(built: &Built, object: &Object, path: &ValuePath, node: &Node) -> Vec<Step> {
    let mut steps = Vec::new();
    if let Some(trace) = built.kustomized.as_ref().filter(|trace| trace.of(object).is_some()) {
        kustomized(trace, object, path, &mut steps);
        for step in built.patched.iter().filter(|step| object.is_or_was(&step.object)) {
            patched(step, path, node, &mut steps);
        }
        return steps;
    }
    // What the template gave is seen in the object before the first environment changed it.
    let unpatched = built.unpatched.objects().find(|before| object.is_or_was(&before.key()));
    match unpatched.map(|object| object.node.at(path)) {
        Some(Some(original)) => rendered(built, original, &mut steps),
        Some(None) => {}
        // An environment made the object, or there is none.
        None if built.patched.iter().any(|step| object.is_or_was(&step.object)) => {}
        None => rendered(built, node, &mut steps),
    }
    for step in built.patched.iter().filter(|step| object.is_or_was(&step.object)) {
        patched(step, path, node, &mut steps);
    }
    steps
}

fn kustomized(trace: &Trace, object: &Object, path: &ValuePath, steps: &mut Vec<Step>) {
    let Some(history) = trace.of(object).and_then(|history| history.at(path)) else { return };
    steps.extend(history.changes.iter().filter_map(|change| build_step(trace, change.step, change.written)));
}

/// Returns a step of a kustomization with the place where its value is written.
pub(super) fn build_step(trace: &Trace, step: usize, written: Span) -> Option<Step> {
    let step = trace.steps.get(step)?;
    Some(match step.name {
        "resources" if !written.is_none() => Step::Resource { span: written },
        name => Step::Kustomization { name, span: step.span, written },
    })
}

fn rendered(built: &Built, node: &Node, steps: &mut Vec<Step>) {
    let origin = node.origin.and_then(|id| built.origins.get(id));
    if node.span.is_none() {
        steps.push(Step::Namespace);
    } else {
        steps.push(Step::Template { span: node.span, via: origin.map(|o| o.via.clone()).unwrap_or_default() });
    }
    for (path, span) in origin.map(|origin| origin.values.as_slice()).unwrap_or_default() {
        let layers = built.values.as_ref().map(|values| {
            let history = values.history(path).into_iter();
            let name = |layer| values.layer(layer).map(|layer| layer.name.to_string()).unwrap_or_default();
            let value = |value| if built.chart_name.is_some() { whole_numbers(value) } else { value };
            history.map(|entry| (name(entry.layer), entry.span, value(entry.value))).collect()
        });
        let layers: Vec<(String, Span, Value)> = layers.unwrap_or_default();
        // A dependency's values are not found under the package's own paths: their place is known all the same.
        let known = layers.iter().any(|(_, place, _)| place == span);
        let layers = if known || span.is_none() { layers } else { vec![(String::new(), *span, Value::Null)] };
        steps.push(Step::Value { path: path.clone(), layers });
    }
}

/// Every number of a chart's values is a float to Helm; whole ones are shown as they were written.
fn whole_numbers(mut value: Value) -> Value {
    match &mut value {
        Value::Float(f) if f.fract() == 0.0 && f.abs() < EXACT => value = Value::Int(*f as i64),
        Value::Seq(items) => {
            Arc::make_mut(items).iter_mut().for_each(|item| *item = whole_numbers(std::mem::take(item)));
        }
        Value::Map(map) => {
            Arc::make_mut(map).iter_mut().for_each(|(_, item)| *item = whole_numbers(std::mem::take(item)));
        }
        _ => {}
    }
    value
}

// Below it every whole float is the integer that was written.
const EXACT: f64 = 9_007_199_254_740_992.0;

fn patched(step: &Patched, path: &ValuePath, node: &Node, steps: &mut Vec<Step>) {
    if !step.fields.iter().any(|Edited { path: field, .. }| field.covers(path) || path.covers(field)) {
        return;
    }
    // The field's own line where the field still is what this patch wrote, else the patch as a whole.
    let own = node.span.file == step.span.file && node.span.start >= step.span.start;
    let span = if own && !step.is_exact { node.span } else { step.span };
    steps.push(environment_step(step, span));
}

/// Returns the step of an environment, at a place.
pub(super) fn environment_step(step: &Patched, span: Span) -> Step {
    let environment = step.environment.clone();
    match step.step {
        "patches" => Step::Patch { span, environment },
        field => Step::Transformation { span, environment, field },
    }
}
