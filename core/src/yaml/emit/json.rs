//! JSON text as encoding/json writes it, and what becomes of a text that sigs.k8s.io/yaml sends through it.

use std::fmt::Write;

use super::{Emit, MarshalError, Sink, Target};

/// JSON text so far.
pub(super) struct Json {
    pub(super) out: String,
    escape_html: bool,
}

impl Json {
    pub(super) fn string(&mut self, text: &str) {
        append_string(&mut self.out, text, self.escape_html);
    }
}

/// Returns the compact JSON text of a value as Go writes it: keys sorted by bytes, `<`, `>` and `&` escaped.
///
/// # Errors
/// Infinite numbers and those that are none.
pub fn to_json<T: Emit + ?Sized>(value: &T) -> Result<String, MarshalError> {
    write(value, true)
}

/// Returns what [`to_json`] does, with `<`, `>` and `&` as they are (Go's `SetEscapeHTML(false)`).
///
/// # Errors
/// As those of [`to_json`].
pub fn to_raw_json<T: Emit + ?Sized>(value: &T) -> Result<String, MarshalError> {
    write(value, false)
}

fn write<T: Emit + ?Sized>(value: &T, escape_html: bool) -> Result<String, MarshalError> {
    let to = Target::Json(Json { out: String::new(), escape_html });
    let mut sink = Sink { to, sort: true, strict: true, error: None, marker: Default::default() };
    value.emit(&mut sink);
    let text = match sink.to {
        Target::Json(json) => json.out,
        Target::Yaml(writer, _) => writer.out,
    };
    match sink.error {
        Some(error) => Err(error.after(text.len())),
        None => Ok(text),
    }
}

/// Appends a text as a JSON string.
pub(in crate::yaml) fn append_json_string(out: &mut String, text: &str) {
    append_string(out, text, true);
}

fn append_string(out: &mut String, text: &str, escape_html: bool) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\0'..=' ' if c != ' ' => drop(write!(out, "\\u{:04x}", u32::from(c))),
            '<' | '>' | '&' if escape_html => drop(write!(out, "\\u{:04x}", u32::from(c))),
            '\u{2028}' | '\u{2029}' => drop(write!(out, "\\u{:04x}", u32::from(c))),
            _ => out.push(c),
        }
    }
    out.push('"');
}

/// Whether JSON leaves a character as it is that a YAML reader refuses.
fn is_refused(c: char) -> bool {
    matches!(c, '\x7f'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}')
}

/// Returns what is left of a text that Go writes as JSON and reads back as YAML: U+0085 is a line break there and
/// folds into a space.
///
/// # Errors
/// Text that the YAML reader refuses.
pub(super) fn through_json(text: &str) -> Result<Option<String>, MarshalError> {
    if text.is_ascii() && !text.contains('\x7f') {
        return Ok(None);
    }
    if text.contains(is_refused) {
        return Err(MarshalError::refused("yaml: control characters are not allowed"));
    }
    if !text.contains('\u{85}') {
        return Ok(None);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{85}') {
        out.push_str(rest[..at].trim_end_matches(' '));
        let after = rest[at..].trim_start_matches([' ', '\u{85}']);
        let run = &rest[at..rest.len() - after.len()];
        let line = &run[run.rfind('\u{85}').map_or(0, |i| i + 2)..];
        let indicator = (after.starts_with("---") || after.starts_with("...")) && line.is_empty();
        if indicator && after[3..].starts_with([' ', '\u{85}']) {
            return Err(MarshalError::refused("yaml: found unexpected document indicator"));
        }
        match run.matches('\u{85}').count() {
            1 => out.push(' '),
            breaks => out.extend(std::iter::repeat_n('\n', breaks - 1)),
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(Some(out))
}

/// Checks a key as [`through_json`] does a text: a key must also be on one line and at most 1,024 characters of JSON.
pub(super) fn key_through_json(key: &str) -> Result<(), MarshalError> {
    through_json(key)?;
    let too_long = key.len() > 128 && {
        let mut json = String::new();
        append_json_string(&mut json, key);
        json.chars().count() > 1024
    };
    if too_long || key.contains('\u{85}') {
        return Err(MarshalError::refused("yaml: line 1: did not find expected ',' or '}'"));
    }
    Ok(())
}
