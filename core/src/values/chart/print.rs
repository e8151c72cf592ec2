//! Values in messages, as Go's fmt writes them with `%v` and `%t`.

use std::fmt::Write;

use gotemplate::fmt::format_float;

use crate::value::{Map, Value};

/// Returns a value as `%v` writes it: `map[a:1 b:[x y]]`, `<nil>`.
pub(super) fn plain(value: &Value) -> String {
    let mut out = String::new();
    write_plain(value, &mut out);
    out
}

// The depth is bounded by the parser that made the value.
fn write_plain(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("<nil>"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Int(i) => {
            let _ = write!(out, "{i}");
        }
        Value::UInt(u) => {
            let _ = write!(out, "{u}");
        }
        Value::Float(f) => out.push_str(&format_float(*f, b'g', None, false)),
        Value::Str(text) => out.push_str(text),
        Value::Seq(items) => list(items, out, write_plain),
        Value::Map(map) => entries(map, out, write_plain, |key, out| out.push_str(key)),
    }
}

/// Returns a value as `%t` writes it, which is meant for booleans: `%!t(string=x)`.
pub(super) fn as_bool(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Null => out.push_str("%!t(<nil>)"),
        value => write_as_bool(value, &mut out),
    }
    out
}

fn write_as_bool(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("<nil>"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Seq(items) => list(items, out, write_as_bool),
        // A key is a text, and as wrong as any other.
        Value::Map(map) => entries(map, out, write_as_bool, |key, out| {
            let _ = write!(out, "%!t(string={key})");
        }),
        leaf => {
            let _ = write!(out, "%!t({}={})", go_type(leaf), plain(leaf));
        }
    }
}

/// Returns the name of the Go type that Helm has a value in.
pub(super) fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        // Only flags make integers.
        Value::Int(_) | Value::UInt(_) => "int64",
        Value::Float(_) => "float64",
        Value::Str(_) => "string",
        Value::Seq(_) => "[]interface {}",
        Value::Map(_) => "map[string]interface {}",
    }
}

fn list(items: &[Value], out: &mut String, write: fn(&Value, &mut String)) {
    out.push('[');
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(' ');
        }
        write(item, out);
    }
    out.push(']');
}

fn entries(map: &Map, out: &mut String, write: fn(&Value, &mut String), write_key: fn(&str, &mut String)) {
    let mut sorted: Vec<_> = map.iter().collect();
    sorted.sort_by_key(|(key, _)| *key);
    out.push_str("map[");
    for (i, (key, value)) in sorted.into_iter().enumerate() {
        if i > 0 {
            out.push(' ');
        }
        write_key(key, out);
        out.push(':');
        write(value, out);
    }
    out.push(']');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> Value {
        serde_json::from_str(json).expect("valid JSON in a test")
    }

    #[test]
    fn values_look_as_go_prints_them() {
        assert_eq!(plain(&value(r#"{"b":[1,2.5,"x",null,true],"a":{}}"#)), "map[a:map[] b:[1 2.5 x <nil> true]]");
        assert_eq!(plain(&Value::Float(1e6)), "1e+06");
        assert_eq!(as_bool(&value("null")), "%!t(<nil>)");
        assert_eq!(as_bool(&Value::Float(1.0)), "%!t(float64=1)");
        assert_eq!(as_bool(&value(r#"["x",true,null]"#)), "[%!t(string=x) true <nil>]");
    }
}
