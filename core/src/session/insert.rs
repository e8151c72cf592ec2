//! Where a new key goes in a text of values, so that the rest stays as its author wrote it.

use super::position::Lines;
use crate::value::{Step, ValuePath};
use crate::yaml::{Node, NodeKind};

/// A text to be inserted at a byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Insertion {
    pub(super) offset: usize,
    pub(super) text: String,
}

/// Returns how a text of YAML gets a key with a value; `None` where the path is there, goes through a list, or through
/// something that is no map written as a block.
pub(super) fn insertion(text: &str, root: Option<&Node>, path: &ValuePath, value: &str) -> Option<Insertion> {
    let keys: Vec<&str> = path
        .steps()
        .iter()
        .map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Index(_) => None,
        })
        .collect::<Option<_>>()?;
    let lines = Lines::new(text);
    let Some(mut node) = root.filter(|root| !root.is_null()) else {
        return Some(appended(text, text.len(), 0, &keys, value));
    };
    let mut depth = 0;
    // The key whose map the new one goes into.
    let mut parent: Option<(usize, usize)> = None;
    while let Some((key, next)) = keys.get(depth).and_then(|key| node.entry(key)) {
        let start = key.span.start as usize;
        parent = Some((start, start - lines.start(lines.line_of(start))));
        (node, depth) = (next, depth + 1);
    }
    let missing = keys.get(depth..).filter(|keys| !keys.is_empty())?;
    match &node.kind {
        NodeKind::Map(entries) if !entries.is_empty() => {
            let first = entries.first()?.0.span.start as usize;
            let line = lines.line_of(first);
            // `{a: 1}` is no block.
            if lines.line(line).get(..first - lines.start(line))?.contains('{') {
                return None;
            }
            let column = first - lines.start(line);
            let at = end_of_block(&lines, line, column);
            Some(appended(text, at, column, missing, value))
        }
        // `key:` with nothing behind it.
        _ if node.is_null() || matches!(&node.kind, NodeKind::Map(entries) if entries.is_empty()) => {
            let (start, column) = parent?;
            let line = lines.line_of(start);
            let rest = lines.line(line).split_once(':').map_or("", |(_, rest)| rest.trim());
            if !rest.is_empty() && !rest.starts_with('#') {
                return None;
            }
            Some(appended(text, lines.start(line + 1), column + 2, missing, value))
        }
        _ => None,
    }
}

// The start of the line behind the last one of a block, blank lines and comments behind it left to what follows.
fn end_of_block(lines: &Lines<'_>, first: usize, column: usize) -> usize {
    let mut last = first;
    for number in first + 1..lines.count() {
        let line = lines.line(number);
        let content = line.trim_start();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let indent = line.len() - content.len();
        if indent < column || (content.starts_with("---") && indent == 0) {
            break;
        }
        last = number;
    }
    lines.start(last + 1)
}

fn appended(text: &str, offset: usize, column: usize, keys: &[&str], value: &str) -> Insertion {
    let mut written = String::new();
    if offset > 0 && !text.get(..offset).is_some_and(|before| before.ends_with('\n')) {
        written.push('\n');
    }
    for (depth, key) in keys.iter().enumerate() {
        let indent = " ".repeat(column + 2 * depth);
        let value = if depth + 1 == keys.len() { format!(" {value}") } else { String::new() };
        written.push_str(&format!("{indent}{key}:{}\n", value.trim_end()));
    }
    Insertion { offset, text: written }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::knowledge::parse;

    fn with(text: &str, path: &str) -> Option<String> {
        let path = ValuePath::parse(path).expect("a path");
        let found = insertion(text, parse(text).as_ref(), &path, "\"\"")?;
        Some([&text[..found.offset], &found.text, &text[found.offset..]].concat())
    }

    #[test]
    fn keys_go_to_the_end_of_their_map() {
        assert_eq!(with("a: 1\n", "b").expect("room"), "a: 1\nb: \"\"\n");
        assert_eq!(with("a: 1", "b.c").expect("room"), "a: 1\nb:\n  c: \"\"\n");
        assert_eq!(
            with("a:\n  b: 1\n\n# next\nc: 2\n", "a.d").expect("room"),
            "a:\n  b: 1\n  d: \"\"\n\n# next\nc: 2\n"
        );
        assert_eq!(with("a:\n    b:\n    - 1\n", "a.c").expect("room"), "a:\n    b:\n    - 1\n    c: \"\"\n");
        assert_eq!(with("", "a.b").expect("room"), "a:\n  b: \"\"\n");
        assert_eq!(with("a:\nb: 1\n", "a.c").expect("room"), "a:\n  c: \"\"\nb: 1\n");
    }

    #[test]
    fn what_has_no_room_stays() {
        assert_eq!(with("a: 1\n", "a"), None);
        assert_eq!(with("a: 1\n", "a.b"), None);
        assert_eq!(with("a: {b: 1}\n", "a.c"), None);
        assert_eq!(with("a: [1]\n", "a[0].c"), None);
        assert_eq!(with("a: {}\n", "a.c"), None);
    }
}
