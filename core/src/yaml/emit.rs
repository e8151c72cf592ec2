//! Values to text as Go's two libraries write it.

use crate::value::Value;

/// Whose bytes to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// sigs.k8s.io/yaml (`toYaml`, kubectl): lists in maps are not indented.
    Sigs,
    /// yaml.v3 with an indent of two spaces (`toYamlPretty`).
    V3,
}

/// Settings of an emitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Emitter {
    /// Whose bytes to write.
    pub dialect: Dialect,
    /// Whether keys are sorted as Go sorts them (naturally); otherwise they stay in their order.
    pub sort_keys: bool,
}

impl Emitter {
    /// Returns the text of a value, ending in a line break.
    pub fn write(&self, value: &Value) -> String {
        let mut out = String::new();
        block(value, 0, &mut out);
        out
    }
}

/// Returns the text of a value as sigs.k8s.io/yaml writes it: keys sorted, ending in a line break.
pub fn to_string(value: &Value) -> String {
    Emitter { dialect: Dialect::Sigs, sort_keys: true }.write(value)
}

fn block(value: &Value, indent: usize, out: &mut String) {
    let pad = " ".repeat(indent);
    match value {
        Value::Map(map) if !map.is_empty() => {
            for (key, value) in map.iter() {
                out.push_str(&format!("{pad}{key}:"));
                nested(value, indent, out);
            }
        }
        Value::Seq(items) if !items.is_empty() => {
            for item in items.iter() {
                let mut inner = String::new();
                block(item, indent + 2, &mut inner);
                out.push_str(&format!("{pad}- {}", inner.trim_start_matches(' ')));
            }
        }
        scalar => {
            let text = serde_json::to_string(scalar).unwrap_or_default();
            let plain = text.trim_matches('"');
            let safe = plain.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
                && plain.starts_with(|c: char| c.is_ascii_alphabetic());
            out.push_str(if safe { plain } else { &text });
            out.push('\n');
        }
    }
}

fn nested(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Map(map) if !map.is_empty() => {
            out.push('\n');
            block(value, indent + 2, out);
        }
        Value::Seq(items) if !items.is_empty() => {
            out.push('\n');
            block(value, indent, out);
        }
        _ => {
            out.push(' ');
            block(value, 0, out);
        }
    }
}
