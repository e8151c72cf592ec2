//! Answers of a session in the words of the protocol.

use rhumb::diag::Severity;
use rhumb::session::{
    CodeAction, Completion, CompletionKind, Explanation, Finding, Hover, Location, Position, Range, RenderedPlace,
    TextEdit,
};
use rhumb::source::VPath;
use serde_json::{Value, json};

use super::folders::Folder;

pub(super) fn position(at: Position) -> Value {
    json!({ "line": at.line, "character": at.character })
}

pub(super) fn range(range: Range) -> Value {
    json!({ "start": position(range.start), "end": position(range.end) })
}

pub(super) fn read_position(value: &Value) -> Option<Position> {
    let number = |name: &str| value.get(name)?.as_u64().map(|number| u32::try_from(number).unwrap_or(u32::MAX));
    Some(Position::new(number("line")?, number("character")?))
}

pub(super) fn read_range(value: &Value) -> Option<Range> {
    Some(Range { start: read_position(value.get("start")?)?, end: read_position(value.get("end")?)? })
}

pub(super) fn diagnostic(folder: &Folder, finding: &Finding) -> Value {
    let severity = match finding.severity {
        Severity::Error => 1,
        Severity::Warning => 2,
        Severity::Info => 3,
    };
    let mut message = finding.message.clone();
    let about = [&finding.object, &finding.field].into_iter().flatten().map(String::as_str).collect::<Vec<_>>();
    if !about.is_empty() {
        message.push_str(&format!(" ({})", about.join(", ")));
    }
    for note in &finding.notes {
        message.push_str(&format!("\nnote: {note}"));
    }
    if let Some(help) = &finding.help {
        message.push_str(&format!("\nhelp: {help}"));
    }
    let related = finding.related.iter().map(|related| {
        let text = if related.text.is_empty() { "see here" } else { &related.text };
        json!({ "location": location(folder, &related.file, related.range), "message": text })
    });
    json!({
        "range": range(finding.range),
        "severity": severity,
        "code": finding.code,
        "source": "rhumb",
        "message": message,
        "relatedInformation": related.collect::<Vec<_>>(),
    })
}

fn location(folder: &Folder, file: &VPath, at: Range) -> Value {
    json!({ "uri": folder.uri(file), "range": range(at) })
}

pub(super) fn locations(folder: &Folder, found: &[Location]) -> Value {
    found.iter().map(|found| location(folder, &found.file, found.range)).collect()
}

pub(super) fn completions(found: &[Completion]) -> Value {
    let item = |(number, completion): (usize, &Completion)| {
        let mut item = json!({
            "label": completion.label,
            "kind": kind(completion.kind),
            "filterText": completion.label,
            // Editors sort by name where nothing says otherwise; the order of the file or schema is better.
            "sortText": format!("{number:05}"),
            "textEdit": { "range": range(completion.range), "newText": completion.insert },
        });
        if !completion.detail.is_empty() {
            item["detail"] = completion.detail.as_str().into();
        }
        if !completion.about.is_empty() {
            item["documentation"] = json!({ "kind": "markdown", "value": completion.about });
        }
        item
    };
    found.iter().enumerate().map(item).collect()
}

// The protocol's numbers: https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#completionItemKind
fn kind(kind: CompletionKind) -> u8 {
    match kind {
        CompletionKind::Value => 10,
        CompletionKind::Field => 5,
        CompletionKind::Choice => 20,
        CompletionKind::Function => 3,
        CompletionKind::Variable => 6,
        CompletionKind::Keyword => 14,
        CompletionKind::File => 17,
        _ => 15,
    }
}

pub(super) fn hover(found: Option<&Hover>) -> Value {
    found.map_or(
        Value::Null,
        |hover| json!({ "contents": { "kind": "markdown", "value": hover.text }, "range": range(hover.range) }),
    )
}

pub(super) fn actions(folder: &Folder, found: &[CodeAction]) -> Value {
    let action = |action: &CodeAction| {
        let mut changes = serde_json::Map::new();
        for edit in &action.edits {
            let list = changes.entry(folder.uri(&edit.file)).or_insert_with(|| json!([]));
            if let Some(list) = list.as_array_mut() {
                list.push(text_edit(edit));
            }
        }
        json!({ "title": action.title, "kind": "quickfix", "edit": { "changes": changes } })
    };
    found.iter().map(action).collect()
}

fn text_edit(edit: &TextEdit) -> Value {
    json!({ "range": range(edit.range), "newText": edit.text })
}

pub(super) fn rendered_places(found: &[RenderedPlace]) -> Value {
    let place = |place: &RenderedPlace| json!({ "object": place.object, "field": place.field, "range": range(place.range), "counts": place.counts });
    found.iter().map(place).collect()
}

pub(super) fn explanation(folder: &Folder, found: Option<&Explanation>) -> Value {
    found.map_or(Value::Null, |found| {
        let origins = found.origins.iter().map(|origin| {
            let place = origin.file.as_ref().map(|file| location(folder, file, origin.range));
            json!({ "kind": origin.kind.as_str(), "text": origin.text, "location": place, "counts": origin.counts })
        });
        let origins: Vec<Value> = origins.collect();
        json!({ "object": found.object, "field": found.field, "range": range(found.range), "origins": origins })
    })
}
