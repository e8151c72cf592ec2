//! `rhumb explain`: the lines that gave a field.

use rhumb::pipeline::{Explained, ExplainedField, Step};
use rhumb::source::{SourceMap, Span};
use rhumb::value::{Value, ValuePath};
use serde_json::json;

use crate::args::{ExplainArgs, ReportFormat};
use crate::config::Build;
use crate::inputs;
use crate::output::{Exit, Failure, Output};

pub(super) fn run(args: ExplainArgs, output: &mut Output) -> Result<Exit, Failure> {
    let config = Build::new(&args.source, args.build)?;
    let answer = inputs::with_request(
        &config,
        |request| inputs::engine().explain(request, &args.object, args.field.as_deref()),
        |answer| answer.as_ref().err().and_then(|built| built.needs_parent),
    )?;
    match answer {
        Err(built) => Ok(super::stopped(&built, output).unwrap_or(Exit::Findings)),
        Ok(explained) => {
            match args.output {
                ReportFormat::Text => output.result(&text(&explained)),
                ReportFormat::Json => output.json(&json(&explained)),
            }
            Ok(Exit::Fine)
        }
    }
}

fn text(explained: &Explained) -> String {
    let sources = &explained.built.sources;
    let fields: Vec<String> = explained.fields.iter().map(|field| field_text(field, sources)).collect();
    format!("{}\n{}", explained.object, fields.concat())
}

fn field_text(field: &ExplainedField, sources: &SourceMap) -> String {
    let rows: Vec<(&str, String)> = field.steps.iter().flat_map(|step| rows(step, sources)).collect();
    let width = rows.iter().map(|(what, _)| what.len()).fold(9, usize::max);
    let row = |(what, text): &(&str, String)| format!("    {}\n", format!("{what:<width$} {text}").trim_end());
    let rows: String = rows.iter().map(row).collect();
    format!("  {}: {}\n{rows}", field.path, short(&field.value))
}

pub(super) fn rows<'s>(step: &'s Step, sources: &SourceMap) -> Vec<(&'s str, String)> {
    match step {
        Step::Template { span, via } => {
            let through = via.iter().map(|place| ("through", place_text(*place, sources)));
            through.chain([("template", place_text(*span, sources))]).collect()
        }
        Step::Value { path, layers } => {
            let row = |(i, layer)| ("value", layer_text(path, layer, i + 1 == layers.len(), sources));
            layers.iter().enumerate().map(row).collect()
        }
        Step::Patch { span, environment } => {
            vec![("patch", format!("{} (environment {environment})", place_text(*span, sources)))]
        }
        Step::Transformation { span, environment, field } => {
            vec![("overlay", format!("{} ({field}, environment {environment})", place_text(*span, sources)))]
        }
        Step::Resource { span } => vec![("resource", place_text(*span, sources))],
        Step::Kustomization { name, span, written } => {
            // A patch in a file of its own says more than the line that names the file.
            let text = match (written.is_none(), span.is_none()) {
                (false, _) => {
                    let by = sources.describe(*span).map(|by| format!(" ({by})")).unwrap_or_default();
                    format!("{}{by}", place_text(*written, sources))
                }
                (true, false) => place_text(*span, sources),
                (true, true) => String::new(),
            };
            vec![(name, text)]
        }
        Step::Namespace => vec![("namespace", "--namespace".to_owned())],
        _ => Vec::new(),
    }
}

fn layer_text(path: &ValuePath, layer: &(String, Span, Value), counts: bool, sources: &SourceMap) -> String {
    let (name, span, value) = layer;
    if name.is_empty() {
        // A dependency's value: its path is the dependency's own, its place is all that is known.
        return place_text(*span, sources);
    }
    let place = sources.describe(*span).unwrap_or_else(|| name.clone());
    let end = if counts { "" } else { " (overridden)" };
    format!("{place}: {path} = {}{end}\n", short(value)).trim_end().to_owned()
}

// A place with the line that stands there.
fn place_text(span: Span, sources: &SourceMap) -> String {
    let Some(place) = sources.describe(span) else { return "(no file)".to_owned() };
    let file = sources.get(span.file);
    let line = file.map(|file| file.line_text(file.line(span.start)).trim()).unwrap_or_default();
    let line: String = line.chars().take(100).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    format!("{place}: {line}")
}

pub(super) fn short(value: &Value) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    if text.chars().count() <= 80 { text } else { format!("{}…", text.chars().take(79).collect::<String>()) }
}

fn json(explained: &Explained) -> serde_json::Value {
    let sources = &explained.built.sources;
    let field = |field: &ExplainedField| {
        let steps: Vec<_> = field.steps.iter().map(|step| step_json(step, sources)).collect();
        json!({ "path": field.path.to_string(), "value": field.value, "steps": steps })
    };
    let fields: Vec<_> = explained.fields.iter().map(field).collect();
    json!({ "object": explained.object.to_string(), "fields": fields })
}

pub(super) fn step_json(step: &Step, sources: &SourceMap) -> serde_json::Value {
    let place = |span: Span| -> serde_json::Value {
        let Some(file) = sources.get(span.file) else { return serde_json::Value::Null };
        let (line, column) = file.line_column(span.start);
        json!({ "file": &**file.name(), "line": line, "column": column })
    };
    match step {
        Step::Template { span, via } => {
            json!({ "step": "template", "place": place(*span), "via": via.iter().map(|span| place(*span)).collect::<Vec<_>>() })
        }
        Step::Value { path, layers } => {
            let layer = |(name, span, value): &(String, Span, Value)| json!({ "layer": name, "place": place(*span), "value": value });
            json!({ "step": "value", "path": path.to_string(), "layers": layers.iter().map(layer).collect::<Vec<_>>() })
        }
        Step::Patch { span, environment } => {
            json!({ "step": "patch", "place": place(*span), "environment": environment })
        }
        Step::Transformation { span, environment, field } => {
            json!({ "step": "overlay", "field": field, "place": place(*span), "environment": environment })
        }
        Step::Resource { span } => json!({ "step": "resource", "place": place(*span) }),
        Step::Kustomization { name, span, written } => {
            json!({ "step": name, "place": place(*span), "written": place(*written) })
        }
        Step::Namespace => json!({ "step": "namespace" }),
        _ => json!({ "step": "other" }),
    }
}
