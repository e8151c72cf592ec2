//! Which values the templates of a chart can read, in any branch.

use std::cell::OnceCell;

use gotemplate::reads::{ReadPath, ReadStep as TemplateStep};

use super::record::{push_name, scopes};
use crate::package::chart::{Chart, ChartDependency, ChartFile};
use crate::render::helm::ChartTemplates;
use crate::value::{Step, Value, ValuePath};
use crate::values::{ReadPaths, ReadStep};

/// Returns the paths of the values that any branch of any template of a chart, or of its dependencies, can read.
///
/// `values` are those of the run: what `tpl` can read depends on whether the texts in them hold actions. `loaded` is the
/// chart before its dependencies were processed: what decides on these (conditions, tags, imported values) counts as
/// read, and so does everything that is there for a dependency which is switched off.
pub fn reads(templates: &ChartTemplates, loaded: &Chart, values: &Value) -> ReadPaths {
    let mut found = ReadPaths::new();
    let scopes = scopes(templates.chart());
    let mut charts = Vec::with_capacity(scopes.len());
    list(templates.chart(), &mut charts);
    for (number, (chart, scope)) in charts.iter().zip(&scopes).enumerate() {
        let texts = Texts { chart, values: values.at(scope), in_files: OnceCell::new() };
        let entries = templates.files_of(number);
        let reads = templates.set().reads(entries, |path| texts.may_hold_actions(path));
        for path in reads.paths() {
            add(&mut found, scope, path);
        }
    }
    of_dependencies(&mut found, &ValuePath::root(), loaded, Some(templates.chart()));
    found
}

// The depth is bounded by the loader.
fn list<'a>(chart: &'a Chart, charts: &mut Vec<&'a Chart>) {
    charts.push(chart);
    chart.dependencies.iter().for_each(|dependency| list(dependency, charts));
}

/// Adds a path from a template's data.
fn add(found: &mut ReadPaths, scope: &ValuePath, path: ReadPath<'_>) {
    let mut scope = scope.clone();
    let steps = path.steps();
    let mut rest = steps.iter();
    loop {
        match rest.next() {
            Some(TemplateStep::Key(key)) if &**key == b"Values" => break,
            Some(TemplateStep::Key(key)) if &**key == b"Subcharts" => match rest.next() {
                Some(TemplateStep::Key(name)) => push_name(&mut scope, &name.to_str_lossy()),
                _ if path.is_whole() => return everything(found, &scope),
                _ => return,
            },
            Some(TemplateStep::Key(_)) => return,
            Some(TemplateStep::Any) | None if path.is_whole() => return everything(found, &scope),
            Some(TemplateStep::Any) | None => return,
        }
    }
    let below: Vec<ReadStep> = rest
        .map(|step| match step {
            TemplateStep::Key(key) => ReadStep::Key((*key.to_str_lossy()).into()),
            TemplateStep::Any => ReadStep::Any,
        })
        .collect();
    let how = if path.is_whole() { How::Whole } else { How::Tested };
    put(found, &scope, &below, how);
    // What is global is handed down: whoever sets it further up sets it here.
    if matches!(below.first(), Some(ReadStep::Key(key)) if key == "global") {
        while scope.pop().is_some() {
            put(found, &scope, &below, how);
        }
    }
}

#[derive(Clone, Copy)]
enum How {
    Whole,
    Tested,
}

fn put(found: &mut ReadPaths, scope: &ValuePath, below: &[ReadStep], how: How) {
    let mut path: Vec<ReadStep> = scope.steps().iter().map(read_step).collect();
    path.extend_from_slice(below);
    match how {
        How::Whole if path.is_empty() => found.set_unknowable(),
        How::Whole => found.add(&path, true),
        How::Tested => found.add_tested(&path),
    }
}

fn everything(found: &mut ReadPaths, scope: &ValuePath) {
    put(found, scope, &[], How::Whole);
}

fn read_step(step: &Step) -> ReadStep {
    match step {
        Step::Key(key) => ReadStep::Key(key.clone()),
        Step::Index(_) => ReadStep::Any,
    }
}

/// What decides on dependencies, and the values of those that are not rendered. `left` is what processing has left of the
/// chart. The depth is bounded by the loader.
fn of_dependencies(found: &mut ReadPaths, scope: &ValuePath, loaded: &Chart, left: Option<&Chart>) {
    for listed in loaded.metadata.dependencies.iter().flatten() {
        let name = if listed.alias.is_empty() { &listed.name } else { &listed.alias };
        decisions(found, scope, name, listed);
        let below = left.and_then(|left| left.dependencies.iter().find(|there| there.name() == name));
        if below.is_none() {
            whole(found, scope, name);
        }
        let named = loaded.dependencies.iter().filter(|there| *there.name() == listed.name);
        named.for_each(|dependency| of_dependencies(found, &below_name(scope, name), dependency, below));
    }
    // What is not listed is rendered all the same.
    for dependency in loaded.dependencies.iter().filter(|dependency| !is_listed(loaded, dependency.name())) {
        let below = left.and_then(|left| left.dependencies.iter().find(|there| there.name() == dependency.name()));
        of_dependencies(found, &below_name(scope, dependency.name()), dependency, below);
    }
}

fn is_listed(chart: &Chart, name: &str) -> bool {
    chart.metadata.dependencies.iter().flatten().any(|listed| listed.name == name)
}

/// What decides whether there is a dependency, and which of its values its parent imports.
fn decisions(found: &mut ReadPaths, scope: &ValuePath, name: &str, listed: &ChartDependency) {
    let conditions = listed.condition.split(',').map(str::trim).filter(|path| !path.is_empty());
    conditions.for_each(|path| whole(found, scope, path));
    if listed.tags.as_ref().is_some_and(|tags| !tags.is_empty()) {
        whole(found, scope, "tags");
        whole(found, &ValuePath::root(), "tags");
    }
    let below = below_name(scope, name);
    for import in listed.import_values.iter().flatten() {
        match import.get("child").and_then(Value::as_str).or(import.as_str()) {
            Some(child) => {
                whole(found, &below, child);
                whole(found, &below, &format!("exports.{child}"));
            }
            None => whole(found, &below, "exports"),
        }
    }
}

fn below_name(scope: &ValuePath, name: &str) -> ValuePath {
    let mut below = scope.clone();
    push_name(&mut below, name);
    below
}

/// Reads everything at a path whose keys are parted by dots.
fn whole(found: &mut ReadPaths, scope: &ValuePath, path: &str) {
    let steps: Vec<ReadStep> = path.split('.').map(|part| ReadStep::Key(part.into())).collect();
    put(found, scope, &steps, How::Whole);
}

/// The texts that a chart's templates can give to `tpl`.
struct Texts<'a> {
    chart: &'a Chart,
    values: Option<&'a Value>,
    in_files: OnceCell<bool>,
}

impl Texts<'_> {
    fn may_hold_actions(&self, path: &[&TemplateStep]) -> bool {
        let Some((TemplateStep::Key(first), below)) = path.split_first() else { return true };
        match &**first {
            b"Values" => self.values.is_some_and(|values| in_value(values, below)),
            b"Files" => *self.in_files.get_or_init(|| {
                // What cannot be read may hold anything.
                let has_actions = |file: &ChartFile| file.bytes().map_or(true, |bytes| has_action(bytes));
                self.chart.contents.files.iter().any(has_actions)
            }),
            b"Chart" => in_value(&self.chart.metadata.to_value(), &[]),
            // Names and versions hold none.
            b"Release" | b"Capabilities" | b"Template" => false,
            _ => true,
        }
    }
}

/// Reports whether a text, or a key, at a path or below it may be part of an action.
fn in_value(value: &Value, path: &[&TemplateStep]) -> bool {
    match (value, path.split_first()) {
        (Value::Str(text), _) => has_action(text.as_bytes()),
        (Value::Map(map), Some((TemplateStep::Key(key), below))) => {
            map.get(&key.to_str_lossy()).is_some_and(|value| in_value(value, below))
        }
        (Value::Map(map), step) => {
            let below = step.map_or(path, |(_, below)| below);
            map.iter().any(|(key, value)| has_action(key.as_bytes()) || in_value(value, below))
        }
        (Value::Seq(items), step) => {
            let below = step.map_or(path, |(_, below)| below);
            items.iter().any(|item| in_value(item, below))
        }
        _ => false,
    }
}

fn has_action(text: &[u8]) -> bool {
    text.windows(2).any(|pair| pair == b"{{") || text.last() == Some(&b'{')
}
