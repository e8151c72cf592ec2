//! Vectors: one case a line of JSON.

use std::path::Path;

use serde_json::Value;

/// The engine that a vector asks for, by its area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// `yaml-*`: YAML in and out.
    Yaml,
    /// `go-*`: Go's text/template alone.
    GoTemplate,
    /// `sprig-*` and `helm-*`: functions and objects of charts.
    Chart,
}

/// Area, name, and the case or why the line is none.
pub type Vector = (Area, String, Result<Value, String>);

/// Returns the vectors of a file, each with its area and name. A line that is none comes back as its error, named
/// after file and line: it is a case that failed.
///
/// # Errors
/// When the file cannot be read.
pub fn read(file: &Path) -> std::io::Result<Vec<Vector>> {
    let text = std::fs::read_to_string(file)?;
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    Ok(lines.map(|(i, line)| vector(&stem, i + 1, line)).collect())
}

fn vector(stem: &str, line: usize, text: &str) -> Vector {
    let parsed: Result<Value, String> = serde_json::from_str(text).map_err(|error| format!("not a vector: {error}"));
    let field = |key: &str| parsed.as_ref().ok().and_then(|case| case.get(key)).and_then(Value::as_str);
    let area = area(field("area").unwrap_or(stem));
    let name = field("name").map_or_else(|| format!("{stem}:{line}"), str::to_owned);
    (area, name, parsed)
}

fn area(name: &str) -> Area {
    match name.split('-').next() {
        Some("yaml") => Area::Yaml,
        Some("go") => Area::GoTemplate,
        _ => Area::Chart,
    }
}
