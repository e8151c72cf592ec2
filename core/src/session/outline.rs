//! Where a place stands in YAML that may be half written or full of template expressions: by indentation alone.
//!
//! A parser refuses a text in which somebody is typing. Lines, their columns and their keys say enough to know which
//! field the cursor is in; lines of nothing but template actions are passed over.

use std::ops::Range as Bytes;

use super::position::Lines;
use crate::value::{Step, ValuePath};

/// Where a place stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outline {
    /// The maps and lists around it, from the root of the document. Items of lists all have the index 0.
    pub(super) parents: ValuePath,
    /// What the cursor is on.
    pub(super) on: On,
    /// The keys beside it, in the map that it stands in.
    pub(super) siblings: Vec<String>,
    /// What the document says that it is.
    pub(super) api_version: String,
    pub(super) kind: String,
    /// The column of the key, which is that of keys to be added beside it.
    pub(super) column: usize,
}

/// What a cursor is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum On {
    /// A key, or where one could be: its bytes, its text.
    Key(Bytes<usize>, String),
    /// The value of a key: the key, the bytes of the value, its text.
    Value(String, Bytes<usize>, String),
}

impl Outline {
    /// Returns the path of the key that the cursor is on, or of the value.
    pub(super) fn path(&self) -> ValuePath {
        match &self.on {
            On::Key(_, key) | On::Value(key, ..) if !key.is_empty() => self.parents.key(key.as_str()),
            On::Key(..) | On::Value(..) => self.parents.clone(),
        }
    }
}

/// A line with a key, as `  - name: x`.
#[derive(Debug, Clone, Copy)]
struct Line<'a> {
    /// The columns of its `-`, outermost first: the first and how many there are.
    first_item: Option<usize>,
    items: usize,
    last_item: usize,
    /// Where its key starts.
    column: usize,
    key: Option<&'a str>,
    /// What stands behind `key:`.
    value: &'a str,
}

impl<'a> Line<'a> {
    fn read(text: &'a str) -> Option<Line<'a>> {
        let mut column = text.len() - text.trim_start_matches(' ').len();
        let (mut first_item, mut last_item, mut items) = (None, 0, 0);
        loop {
            let rest = &text[column..];
            if rest != "-" && !rest.starts_with("- ") {
                break;
            }
            first_item = first_item.or(Some(column));
            last_item = column;
            items += 1;
            let inner = rest[1..].trim_start_matches(' ');
            column += rest.len() - inner.len();
        }
        let rest = &text[column..];
        let is_empty = rest.is_empty() && items == 0;
        if is_empty
            || rest.starts_with('#')
            || rest.starts_with("{{")
            || rest.starts_with("{%")
            || rest.starts_with("{#")
        {
            return None;
        }
        let colon = rest.find(": ").or_else(|| rest.ends_with(':').then(|| rest.len() - 1));
        let key = colon.map(|at| rest[..at].trim_matches(['"', '\'']));
        let value = colon.map_or(rest, |at| rest[at + 1..].trim());
        Some(Line { first_item, items, last_item, column, key, value })
    }
}

/// Returns where a byte of a text stands.
pub(super) fn outline(lines: &Lines<'_>, offset: usize) -> Outline {
    let number = lines.line_of(offset);
    let start = lines.start(number);
    let text = lines.line(number);
    let cursor = (offset - start).min(text.len());
    let own = Line::read(text);
    let (mut limit, on) = own_place(own, text, start, cursor);
    let column = limit;
    let mut path: Vec<Step> = Vec::new();
    let mut siblings = Vec::new();
    // A list may stand in the column of the key that it belongs to.
    let mut in_item = false;
    if let Some(line) = own.filter(|line| line.items > 0) {
        path.extend(std::iter::repeat_n(Step::Index(0), line.items));
        (limit, in_item) = (line.first_item.unwrap_or(limit), true);
    }
    let bounds = document(lines, number);
    for above in (bounds.start..number).rev() {
        let Some(line) = Line::read(lines.line(above)) else { continue };
        if path.is_empty() && line.column == column && !in_item {
            siblings.extend(line.key.map(str::to_owned));
        }
        if line.items > 0 && line.last_item < limit && line.column >= limit {
            // Its item is around us, or we are beside its key.
            path.extend(std::iter::repeat_n(Step::Index(0), line.items));
            (limit, in_item) = (line.first_item.unwrap_or(limit), true);
            continue;
        }
        let is_parent = line.column < limit || (in_item && line.column == limit && line.items == 0);
        let Some(key) = line.key.filter(|_| is_parent && is_open(line.value)) else { continue };
        path.push(Step::Key(key.into()));
        (limit, in_item) = (line.column, false);
        if line.items > 0 {
            path.extend(std::iter::repeat_n(Step::Index(0), line.items));
            (limit, in_item) = (line.first_item.unwrap_or(limit), true);
        }
    }
    siblings.extend(below(lines, number, &bounds, column));
    let (api_version, kind) = kind_of(lines, &bounds);
    let mut parents = ValuePath::root();
    for step in path.into_iter().rev() {
        match step {
            Step::Key(key) => parents.push_key(key),
            Step::Index(index) => parents.push_index(index),
        }
    }
    Outline { parents, on, siblings, api_version, kind, column }
}

// The column of what the cursor is on, and what that is.
fn own_place(own: Option<Line<'_>>, text: &str, start: usize, cursor: usize) -> (usize, On) {
    let Some(line) = own else {
        // On an empty line the column of the cursor says where a key would be.
        let column =
            cursor.min(text.len() - text.trim_start().len()).max(if text.trim().is_empty() { cursor } else { 0 });
        return (column, On::Key(start + cursor..start + cursor, String::new()));
    };
    let rest = &text[line.column.min(text.len())..];
    match line.key {
        Some(key) if cursor > line.column + key_end(rest) => {
            let from = text.len() - rest[key_end(rest) + 1..].trim_start().len();
            (line.column, On::Value(key.to_owned(), start + from.max(0)..start + text.len(), line.value.to_owned()))
        }
        Some(key) => (line.column, On::Key(start + line.column..start + line.column + key_end(rest), key.to_owned())),
        None => (line.column, On::Key(start + line.column..start + text.len(), rest.to_owned())),
    }
}

fn key_end(rest: &str) -> usize {
    rest.find(": ").or_else(|| rest.ends_with(':').then(|| rest.len() - 1)).unwrap_or(rest.len())
}

// Whether what stands behind a key leaves room for lines below it.
fn is_open(value: &str) -> bool {
    let value = value.split(" #").next().unwrap_or("").trim();
    value.is_empty()
        || value.starts_with(['|', '>', '&', '#', '!'])
        || value.starts_with("{{")
        || value.starts_with("{%")
}

fn below(lines: &Lines<'_>, number: usize, bounds: &Bytes<usize>, column: usize) -> Vec<String> {
    let read = (number + 1..bounds.end).filter_map(|at| Line::read(lines.line(at)));
    let inside = read.take_while(|line| line.column >= column && line.first_item.is_none_or(|item| item >= column));
    inside.filter(|line| line.column == column).filter_map(|line| line.key.map(str::to_owned)).collect()
}

// The lines of the document that a line is in.
fn document(lines: &Lines<'_>, number: usize) -> Bytes<usize> {
    let is_end = |line: &usize| {
        let text = lines.line(*line);
        text == "---" || text.starts_with("--- ")
    };
    let start = (0..number).rev().find(is_end).map_or(0, |line| line + 1);
    let end = (number + 1..lines.count()).find(is_end).unwrap_or(lines.count());
    start..end
}

fn kind_of(lines: &Lines<'_>, bounds: &Bytes<usize>) -> (String, String) {
    let (mut api_version, mut kind) = (String::new(), String::new());
    for line in bounds.clone().filter_map(|at| Line::read(lines.line(at))).filter(|line| line.column == 0) {
        let value = || line.value.trim_matches(['"', '\'']).to_owned();
        match line.key {
            Some("apiVersion") if api_version.is_empty() => api_version = value(),
            Some("kind") if kind.is_empty() => kind = value(),
            _ => {}
        }
    }
    (api_version, kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    // The place of `|` in a text.
    fn at(marked: &str) -> Outline {
        let offset = marked.find('|').expect("a mark");
        let text = marked.replacen('|', "", 1);
        outline(&Lines::new(&text), offset)
    }

    fn path(marked: &str) -> String {
        at(marked).path().to_string()
    }

    #[test]
    fn keys_stand_below_their_parents() {
        assert_eq!(path("a:\n  b:\n    c|: 1\n"), "a.b.c");
        assert_eq!(path("a:\n  b: 1\nc:\n  d|\n"), "c.d");
        assert_eq!(path("a:\n  b: x|\n"), "a.b");
        assert!(matches!(at("a:\n  b: x|\n").on, On::Value(key, _, text) if key == "b" && text == "x"));
    }

    #[test]
    fn items_of_lists_count_in_either_column() {
        assert_eq!(path("a:\n  - b: 1\n    c|: 2\n"), "a[0].c");
        assert_eq!(path("a:\n- b: 1\n  c|: 2\n"), "a[0].c");
        assert_eq!(path("a:\n- b: 1\n- c|: 2\n"), "a[0].c");
        assert_eq!(path("x:\n  a:\n  - b:\n      d|\n"), "x.a[0].b.d");
        assert_eq!(path("x:\n  a:\n  - b: 1\n  c|\n"), "x.c");
        assert_eq!(path("a:\n- - b|: 1\n"), "a[0][0].b");
    }

    #[test]
    fn empty_lines_go_by_the_column_of_the_cursor() {
        assert_eq!(path("a:\n  b:\n    c: 1\n  |\n"), "a");
        assert_eq!(path("a:\n  b:\n    c: 1\n    |\n"), "a.b");
        assert_eq!(path("a:\n  b: 1\n|\n"), "");
    }

    #[test]
    fn template_lines_are_passed_over() {
        assert_eq!(path("a:\n{{- if .x }}\n  b: {{ .y }}\n{{- end }}\n  c|: 1\n"), "a.c");
        assert_eq!(path("a:\n  {% for x in y %}\n  - b|\n  {% endfor %}\n"), "a[0].b");
    }

    #[test]
    fn documents_say_what_they_are_and_which_keys_are_there() {
        let found = at("kind: A\n---\napiVersion: v1\nkind: \"Service\"\nspec:\n  type: x\n  |\n  ports:\n  - a: 1\n");
        assert_eq!((found.api_version.as_str(), found.kind.as_str()), ("v1", "Service"));
        assert_eq!(found.siblings, ["type", "ports"]);
    }
}
