//! Values within a line.

use crate::value::Value;
use crate::yaml::{ScalarStyle, to_json, to_string};

/// Returns a scalar for one line of a block, in the quotes that the one before had; `None` where it needs several.
pub(super) fn scalar(value: &Value, style: ScalarStyle) -> Option<String> {
    if let Value::Str(text) = value
        && !text.chars().any(char::is_control)
    {
        match style {
            ScalarStyle::SingleQuoted => return Some(format!("'{}'", text.replace("'", "''"))),
            ScalarStyle::DoubleQuoted if !text.contains(['"', '\\']) => return Some(format!("\"{text}\"")),
            _ => {}
        }
    }
    let written = to_string(value);
    let line = written.trim_end_matches('\n');
    let is_short = !line.contains('\n') && !line.starts_with(['|', '>']);
    if is_short { Some(line.to_owned()) } else { value.as_str().and_then(|_| to_json(value).ok()) }
}

/// Returns a value for a place between brackets.
pub(super) fn value(value: &Value) -> String {
    let plain = match value {
        Value::Seq(items) => return format!("[{}]", items.iter().map(self::value).collect::<Vec<_>>().join(", ")),
        Value::Map(map) => {
            let entries = map.iter().map(|(key, value)| format!("{}: {}", self::key(key), self::value(value)));
            return format!("{{{}}}", entries.collect::<Vec<_>>().join(", "));
        }
        _ => scalar(value, ScalarStyle::Plain).unwrap_or_default(),
    };
    if plain.starts_with(['"', '\'']) || !plain.contains([',', '[', ']', '{', '}', ':', '?', '#']) {
        return plain;
    }
    to_json(value).unwrap_or(plain)
}

/// Returns a key for a place between brackets.
pub(super) fn key(key: &str) -> String {
    value(&Value::Str(key.into()))
}
