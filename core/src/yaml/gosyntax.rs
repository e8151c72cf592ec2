//! A node as Go prints a decoded value with `%#v`, which some of go-yaml's messages hold.

use super::node::{Node, NodeKind, Scalar, ScalarKind, ScalarStyle};
use super::number::yaml_float;
use super::resolve::Rules;
use super::scalar::{Resolved, resolve_plain};

/// Returns the text for an unresolved node.
pub(super) fn go_syntax(node: &Node, rules: Rules) -> String {
    match &node.kind {
        NodeKind::Scalar(scalar) => go_scalar(scalar, node.props.is_none(), rules),
        NodeKind::Alias(name) => format!("*{name}"),
        NodeKind::Seq(items) => {
            let items: Vec<String> = items.iter().map(|item| go_syntax(item, rules)).collect();
            format!("[]interface {{}}{{{}}}", items.join(", "))
        }
        NodeKind::Map(entries) => {
            let entry = |(key, value): &(Node, Node)| format!("{}:{}", go_syntax(key, rules), go_syntax(value, rules));
            let mut entries: Vec<String> = entries.iter().map(entry).collect();
            entries.sort();
            format!("map[interface {{}}]interface {{}}{{{}}}", entries.join(", "))
        }
    }
}

/// Returns the text for a value that is printed by itself: nil has no type then.
pub(super) fn go_value(node: &Node, rules: Rules) -> String {
    let text = go_syntax(node, rules);
    if text == NIL { "<nil>".to_owned() } else { text }
}

const NIL: &str = "interface {}(nil)";

fn go_scalar(scalar: &Scalar, untagged: bool, rules: Rules) -> String {
    let plain = scalar.style == ScalarStyle::Plain && untagged && scalar.kind != ScalarKind::Str;
    match if plain { resolve_plain(&scalar.text, rules) } else { Resolved::Str } {
        Resolved::Null => NIL.to_owned(),
        Resolved::Bool(b) => b.to_string(),
        Resolved::Int(i) => i.to_string(),
        Resolved::UInt(u) => format!("{u:#x}"),
        Resolved::Float(f) => yaml_float(f),
        Resolved::Str | Resolved::Timestamp => quote(&scalar.text),
    }
}

/// Returns a text as `strconv.Quote` of Go does.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x0b' => out.push_str("\\v"),
            '\0'..='\x1f' | '\x7f' => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{a0}' | '\u{feff}') => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
