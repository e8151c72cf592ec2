//! Answers of a session as JSON: the shapes of `types.d.ts`.

use rhumb::diff;
use rhumb::session::{
    CodeAction, Completion, Differences, Explanation, Finding, Hover, Location, Position, Range, RenderedFile,
    RenderedObject, RenderedPlace,
};
use serde_json::{Value, json};

fn position(at: Position) -> Value {
    json!({ "line": at.line, "character": at.character })
}

fn range(range: Range) -> Value {
    json!({ "start": position(range.start), "end": position(range.end) })
}

pub(crate) fn rendered(found: &RenderedFile) -> Value {
    json!({ "ok": found.ok, "text": &*found.text, "objects": objects(&found.objects), "notes": found.notes })
}

pub(crate) fn objects(found: &[RenderedObject]) -> Value {
    let one =
        |object: &RenderedObject| json!({ "name": object.name, "source": object.source, "range": range(object.range) });
    found.iter().map(one).collect()
}

pub(crate) fn findings(found: &[Finding]) -> Value {
    let one = |finding: &Finding| {
        let related = finding.related.iter();
        let related: Value = related
            .map(
                |related| json!({ "file": related.file.as_str(), "range": range(related.range), "text": related.text }),
            )
            .collect();
        json!({
            "code": finding.code,
            "severity": finding.severity.as_str(),
            "message": finding.message,
            "object": finding.object,
            "field": finding.field,
            "notes": finding.notes,
            "help": finding.help,
            "file": finding.file.as_ref().map(|file| file.as_str()),
            "range": range(finding.range),
            "related": related,
        })
    };
    found.iter().map(one).collect()
}

pub(crate) fn completions(found: &[Completion]) -> Value {
    let one = |completion: &Completion| {
        json!({
            "label": completion.label,
            "kind": completion.kind.as_str(),
            "detail": completion.detail,
            "about": completion.about,
            "insert": completion.insert,
            "range": range(completion.range),
        })
    };
    found.iter().map(one).collect()
}

pub(crate) fn hover(found: Option<&Hover>) -> Value {
    found.map_or(Value::Null, |hover| json!({ "text": hover.text, "range": range(hover.range) }))
}

pub(crate) fn locations(found: &[Location]) -> Value {
    found.iter().map(|place| json!({ "file": place.file.as_str(), "range": range(place.range) })).collect()
}

pub(crate) fn actions(found: &[CodeAction]) -> Value {
    let one = |action: &CodeAction| {
        let edits = action.edits.iter();
        let edits: Value = edits
            .map(|edit| json!({ "file": edit.file.as_str(), "range": range(edit.range), "text": edit.text }))
            .collect();
        json!({ "title": action.title, "fixes": action.fixes, "edits": edits })
    };
    found.iter().map(one).collect()
}

pub(crate) fn rendered_places(found: &[RenderedPlace]) -> Value {
    let one = |place: &RenderedPlace| {
        json!({
            "object": place.object,
            "field": place.field,
            "range": range(place.range),
            "counts": place.counts,
        })
    };
    found.iter().map(one).collect()
}

pub(crate) fn explanation(found: Option<&Explanation>) -> Value {
    let Some(found) = found else { return Value::Null };
    let origins = found.origins.iter().map(|origin| {
        json!({
            "kind": origin.kind.as_str(),
            "text": origin.text,
            "file": origin.file.as_ref().map(|file| file.as_str()),
            "range": range(origin.range),
            "counts": origin.counts,
        })
    });
    let origins: Value = origins.collect();
    json!({ "object": found.object, "field": found.field, "range": range(found.range), "origins": origins })
}

pub(crate) fn differences(found: &Differences) -> Value {
    let mut all = diff::to_json(&found.objects, false);
    all["text"] = found.text.as_str().into();
    all
}
