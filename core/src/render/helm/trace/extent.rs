//! Where a scalar ends in the text that it was read from: the parser notes only where it starts.

use std::ops::Range;

use crate::yaml::{Scalar, ScalarStyle};

/// Returns the bytes of a scalar that starts at a place of a text, quotes included, tag and anchor not.
pub(super) fn extent(text: &str, start: usize, scalar: &Scalar) -> Range<usize> {
    let start = after_properties(text, start.min(text.len()));
    let rest = text.get(start..).unwrap_or_default();
    let len = match scalar.style {
        ScalarStyle::SingleQuoted => quoted(rest, b'\'', None),
        ScalarStyle::DoubleQuoted => quoted(rest, b'"', Some(b'\\')),
        ScalarStyle::Literal | ScalarStyle::Folded => block(rest, line_indent(text, start)),
        ScalarStyle::Plain => plain(rest, &scalar.text).unwrap_or_else(|| token(rest)),
    };
    start..start + len
}

/// Returns where what has a tag or an anchor starts itself.
fn after_properties(text: &str, start: usize) -> usize {
    let mut at = start;
    while let Some(rest) = text.get(at..).filter(|rest| rest.starts_with(['&', '!'])) {
        let word = rest.find(char::is_whitespace).unwrap_or(rest.len());
        at += word + rest[word..].len() - rest[word..].trim_start().len();
    }
    at
}

/// Returns the length up to the closing quote; a quote after an escape, or two quotes, close nothing.
fn quoted(rest: &str, quote: u8, escape: Option<u8>) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            byte if Some(byte) == escape => at += 1,
            byte if byte == quote && escape.is_none() && bytes.get(at + 1) == Some(&quote) => at += 1,
            byte if byte == quote => return at + 1,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// Returns the length of a block with its header: the lines that are empty or further in than the line of the header.
fn block(rest: &str, outer: usize) -> usize {
    let mut len = 0;
    for (number, line) in rest.split_inclusive('\n').enumerate() {
        let content = line.trim_start_matches(' ');
        let is_blank = content.trim_end_matches(['\n', '\r']).is_empty();
        if number > 0 && !is_blank && line.len() - content.len() <= outer {
            break;
        }
        len += line.len();
    }
    rest[..len].trim_end().len()
}

/// How far the line of a place is indented, `- ` included.
fn line_indent(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    let line = &before[before.rfind('\n').map_or(0, |end| end + 1)..];
    let mut column = line.len() - line.trim_start_matches(' ').len();
    // The key of an entry of a list of maps stands behind the dash.
    while let Some(rest) = line.get(column..).and_then(|rest| rest.strip_prefix("- ")) {
        if rest.trim().is_empty() {
            break;
        }
        column += 2 + rest.len() - rest.trim_start_matches(' ').len();
    }
    column
}

/// Returns the length of a plain text, whose lines the parser has joined; nothing where it says something else, such as
/// a number in another base.
fn plain(rest: &str, text: &str) -> Option<usize> {
    let mut at = 0;
    for word in text.split_whitespace() {
        let here = rest.get(at..)?;
        at += here.len() - here.trim_start().len();
        if !rest.get(at..)?.starts_with(word) {
            return None;
        }
        at += word.len();
    }
    Some(at)
}

/// Returns the length of a word.
fn token(rest: &str) -> usize {
    let line = rest.split(['\n', '\r']).next().unwrap_or_default();
    let end = line.find([',', '}', ']']).into_iter().chain(line.find(" #")).chain(line.find(": ")).min();
    line[..end.unwrap_or(line.len())].trim_end().trim_end_matches(':').len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Limits, SourceMap};
    use crate::yaml::{Node, NodeKind, parse};

    fn scalars(node: &Node, text: &str, out: &mut Vec<String>) {
        match &node.kind {
            NodeKind::Scalar(scalar) => out.push(text[extent(text, node.span.start as usize, scalar)].to_owned()),
            NodeKind::Seq(items) => items.iter().for_each(|item| scalars(item, text, out)),
            NodeKind::Map(entries) => entries.iter().for_each(|(key, value)| {
                scalars(key, text, out);
                scalars(value, text, out);
            }),
            NodeKind::Alias(_) => {}
        }
    }

    #[track_caller]
    fn check(text: &str, want: &[&str]) {
        let file: FileId = SourceMap::new().add("x", text);
        let documents = parse(text, file, &Limits::default()).value;
        let mut got = Vec::new();
        documents.iter().filter_map(|document| document.root.as_ref()).for_each(|root| scalars(root, text, &mut got));
        assert_eq!(got, want, "{text:?}");
    }

    #[test]
    fn scalars_end_where_they_end() {
        check("a: b c # d\n", &["a", "b c"]);
        check("a: b\n  c\nd: 1\n", &["a", "b\n  c", "d", "1"]);
        check("a: 'it''s' # x\n", &["a", "'it''s'"]);
        check(r#"{"a": "b\"c", d: [e, f]}"#, &[r#""a""#, r#""b\"c""#, "d", "e", "f"]);
        check("a: |\n  b\n\n  c\n\nd: e\n", &["a", "|\n  b\n\n  c", "d", "e"]);
        check("- a: >-\n    b\n  c: d\n", &["a", ">-\n    b", "c", "d"]);
        check("- |\n  x\n- y\n", &["|\n  x", "y"]);
        check("a: !!str &x 1\n", &["a", "1"]);
        check("a:\nb: ~\n", &["a", "", "b", "~"]);
    }
}
