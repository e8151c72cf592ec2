//! `rhumb render --trace`: what each step changed in each object.

use rhumb::pipeline::{Built, Step, TracedEdit, TracedObject};
use rhumb::source::{SourceMap, Span};
use serde_json::json;

use super::explain::{rows, short, step_json};

/// Returns the trace for people: below each object its steps, below each step the fields.
pub(super) fn text(built: &Built) -> String {
    built.trace().iter().map(|object| object_text(object, &built.sources)).collect()
}

fn object_text(object: &TracedObject, sources: &SourceMap) -> String {
    let mut out = format!("{}\n", object.object);
    if let Some(made) = &object.made {
        out += &step_text(made, sources);
    }
    let mut last = None;
    for edit in &object.edits {
        // The lines of one patch belong together, wherever in its file they stand.
        let step = match &edit.step {
            Step::Kustomization { name, span, .. } if !span.is_none() => {
                Step::Kustomization { name, span: *span, written: Span::NONE }
            }
            step => step.clone(),
        };
        if last.as_ref() != Some(&step) {
            out += &step_text(&step, sources);
            last = Some(step);
        }
        out += &edit_text(edit);
    }
    if let Some(step) = &object.dropped {
        out += &step_text(step, sources);
        out += "    taken away\n";
    }
    out
}

fn step_text(step: &Step, sources: &SourceMap) -> String {
    let row = |(what, text): (&str, String)| format!("  {}\n", format!("{what:<9} {text}").trim_end());
    rows(step, sources).into_iter().map(row).collect()
}

fn edit_text(edit: &TracedEdit) -> String {
    let change = match (&edit.before, &edit.after) {
        (Some(before), Some(after)) => format!("{} -> {}", short(before), short(after)),
        (None, Some(after)) => format!("added {}", short(after)),
        (Some(before), None) => format!("removed {}", short(before)),
        (None, None) => "changed".to_owned(),
    };
    format!("    {}: {change}\n", edit.path)
}

/// Returns the trace for programs.
pub(super) fn json(built: &Built) -> serde_json::Value {
    let step = |step: &Option<Step>| step.as_ref().map(|step| step_json(step, &built.sources));
    let edit = |edit: &TracedEdit| {
        let mut one = json!({ "step": step_json(&edit.step, &built.sources), "path": edit.path.to_string() });
        let sides = [("before", &edit.before), ("after", &edit.after)];
        for (name, value) in sides.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
            one[name] = json!(value);
        }
        one
    };
    let object = |object: &TracedObject| {
        let edits: Vec<_> = object.edits.iter().map(edit).collect();
        let mut one = json!({ "object": object.object.to_string(), "made": step(&object.made), "changes": edits });
        if object.dropped.is_some() {
            one["takenAway"] = json!(step(&object.dropped));
        }
        one
    };
    json!({ "objects": built.trace().iter().map(object).collect::<Vec<_>>() })
}
