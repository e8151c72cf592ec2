//! Findings for machines.

use serde_json::{Value, json};

use crate::source::{SourceMap, Span};

use super::{Diagnostic, Diagnostics};

/// Returns the findings as a JSON array, one object a finding.
///
/// Each has `code`, `severity`, `message`, and where known `object`, `field`, `help`, `notes` and `places`: a list of
/// `{file, line, column, text}`, the main place first, lines and columns counted from 1.
pub fn to_json(findings: &Diagnostics, sources: &SourceMap) -> Value {
    findings.iter().map(|finding| one(finding, sources)).collect()
}

fn one(finding: &Diagnostic, sources: &SourceMap) -> Value {
    let mut out = json!({
        "code": finding.code,
        "severity": finding.severity.as_str(),
        "message": finding.message.as_str(),
    });
    for (name, text) in [("object", &finding.object), ("field", &finding.field), ("help", &finding.help)] {
        if let Some(text) = text {
            out[name] = text.as_str().into();
        }
    }
    if !finding.notes.is_empty() {
        out["notes"] = finding.notes.iter().map(|note| note.as_str()).collect();
    }
    let places: Vec<Value> = finding.labels.iter().filter_map(|l| place(l.span, &l.text, sources)).collect();
    if !places.is_empty() {
        out["places"] = places.into();
    }
    out
}

fn place(span: Span, text: &str, sources: &SourceMap) -> Option<Value> {
    let file = sources.get(span.file)?;
    let (line, column) = file.line_column(span.start);
    let mut out = json!({ "file": &**file.name(), "line": line, "column": column });
    if !text.is_empty() {
        out["text"] = text.into();
    }
    Some(out)
}
