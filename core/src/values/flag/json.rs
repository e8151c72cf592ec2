//! The JSON of `--set-json`: where a value ends, and what is wrong with it.

use super::FlagError;
use crate::value::Value;
use crate::values::SetFlag;

/// Whether a flag is one JSON object instead of assignments.
pub(super) fn is_object(flag: SetFlag, text: &str) -> bool {
    flag == SetFlag::Json && text.trim_start().starts_with('{')
}

/// Returns the object that a flag is, and where it begins; `None` where it holds assignments.
pub(super) fn object(flag: SetFlag, text: &str) -> Option<Result<(Value, usize), FlagError>> {
    if !is_object(flag, text) {
        return None;
    }
    let parsed = serde_json::from_str(text).map_err(|error| fault(text, &error));
    Some(parsed.map(|value| (value, text.len() - text.trim_start().len())).map_err(|(message, at)| FlagError {
        message,
        helm: None,
        at,
    }))
}

/// Returns where a number or word ends that a JSON text starts with.
pub(super) fn scalar_end(text: &str) -> Option<usize> {
    let words = ["true", "false", "null"];
    if let Some(word) = words.iter().find(|word| text.starts_with(**word)) {
        return Some(word.len());
    }
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from.min(bytes.len())..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut at = usize::from(text.starts_with('-'));
    match bytes.get(at)? {
        b'0' => at += 1,
        b'1'..=b'9' => at += digits(at),
        _ => return None,
    }
    // A point or an `e` begins a part that must go on.
    if bytes.get(at) == Some(&b'.') {
        at += 1 + digits(at + 1);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        at += 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        at += digits(at);
    }
    Some(at)
}

/// Returns what is wrong with a JSON text, and at which byte.
pub(super) fn fault(text: &str, error: &serde_json::Error) -> (String, usize) {
    let said = error.to_string();
    let fault = said.rsplit_once(" at line ").map_or(said.as_str(), |(fault, _)| fault);
    (format!("value is no JSON: {fault}"), offset_of(text, error.line(), error.column()))
}

/// Returns the byte offset of a line and column as serde_json counts them.
fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let mut at = (start + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
