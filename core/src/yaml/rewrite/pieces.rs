//! The pieces of text that change, and the text with them changed.

use super::super::node::{Node, NodeKind, Scalar, ScalarStyle};
use super::align::Step;
use super::extent::{Text, column, start};
use super::flow;
use crate::value::{Map, Value};
use crate::yaml::{Dialect, Emitter};

pub(super) struct Pieces<'t> {
    text: Text<'t>,
    /// From, to, and what comes there.
    pieces: Vec<(usize, usize, String)>,
    /// By how much lists are deeper than the keys that hold them.
    list_indent: usize,
}

impl<'t> Pieces<'t> {
    pub(super) fn new(text: &Text<'t>, root: Option<&Node>) -> Pieces<'t> {
        let entries = root.and_then(Node::as_map).unwrap_or_default();
        let list_indent = entries.iter().find_map(|(key, value)| {
            let block = value.as_seq().is_some_and(|items| !items.is_empty()) && !text.is_flow(value);
            let list = text.content(value);
            block.then(|| (list - text.line_start(list)).saturating_sub(column(text, key)))
        });
        Pieces {
            text: Text { text: text.text, newline: text.newline },
            pieces: Vec::new(),
            list_indent: list_indent.unwrap_or(0),
        }
    }

    pub(super) fn finish(mut self) -> String {
        self.pieces.sort_by_key(|(from, to, _)| (*from, *to));
        let mut out = String::with_capacity(self.text.text.len());
        let mut at = 0;
        for (from, to, piece) in &self.pieces {
            // What lies within a piece that goes as a whole goes with it.
            out.push_str(self.text.text.get(at..*from).unwrap_or_default());
            out.push_str(&piece.replace('\n', self.text.newline));
            at = at.max(*to);
        }
        out.push_str(self.text.from(at));
        out
    }

    fn put(&mut self, from: usize, to: usize, piece: String) {
        self.pieces.push((from, to, piece));
    }

    /// Adds entries to a text that has none.
    pub(super) fn append(&mut self, entries: &Map) {
        let written = self.block(&entries.clone().into(), 0);
        let open = self.text.text.is_empty() || self.text.text.ends_with('\n');
        let end = self.text.text.len();
        self.put(end, end, if open { format!("{written}\n") } else { format!("\n{written}\n") });
    }

    pub(super) fn replace_scalar(&mut self, node: &Node, scalar: &Scalar, written: String) -> bool {
        if matches!(scalar.style, ScalarStyle::Literal | ScalarStyle::Folded) {
            return false;
        }
        let (from, to) = (self.text.content(node), self.text.end(node));
        self.put(from, to, written);
        true
    }

    pub(super) fn replace_flow(&mut self, node: &Node, value: &Value) {
        self.put(self.text.content(node), self.text.end(node), flow::value(value));
    }

    pub(super) fn add_to_flow(&mut self, node: &Node, added: &[String]) {
        if added.is_empty() {
            return;
        }
        let last = match &node.kind {
            NodeKind::Seq(items) => items.last().map(|item| self.text.end(item)),
            NodeKind::Map(entries) => entries.last().map(|entry| self.text.entry_end(entry)),
            _ => None,
        };
        let joined = added.join(", ");
        match last {
            Some(at) => self.put(at, at, format!(", {joined}")),
            None => {
                let at = self.text.content(node) + 1;
                self.put(at, at, joined);
            }
        }
    }

    /// Writes the whole entry anew, in its place.
    pub(super) fn replace_entry(&mut self, entry: &(Node, Node), value: &Value) {
        let key = entry.0.as_str().unwrap_or_default();
        self.rename_entry(entry, key, value);
    }

    /// Writes another entry in the place of one.
    pub(super) fn rename_entry(&mut self, entry: &(Node, Node), key: &str, value: &Value) {
        let indent = column(&self.text, &entry.0);
        let written = self.entry_text(key, value, indent);
        let (from, to) = (start(&entry.0), self.text.entry_end(entry));
        self.put(from, to, written);
    }

    /// Takes an entry of a block out; comments around it stay.
    pub(super) fn remove_entry(&mut self, entries: &[(Node, Node)], at: usize, indent: Option<usize>) {
        let entry = &entries[at];
        let (from, end) = (start(&entry.0), self.text.entry_end(entry));
        let line = self.text.line_start(from);
        let alone = self.text.text[line..from].trim().is_empty();
        if indent.is_none() && !alone {
            return self.put(from, end, String::new());
        }
        let comment = self.text.text[end..self.text.line_end(end)].trim_start();
        match (alone, entries.get(at + 1)) {
            (true, _) if comment.starts_with('#') => self.put(from, self.text.line_end(end), comment.to_owned()),
            (true, _) => self.put(line, self.text.next_line(end), String::new()),
            // The next entry moves up to the dash, unless there is something to read in between.
            (false, Some((next, _))) if self.text.text[end..start(next)].trim().is_empty() => {
                self.put(from, start(next), String::new());
            }
            (false, _) => self.put(from, end, String::new()),
        }
    }

    /// Adds entries to a map that is no flow.
    pub(super) fn add_entries(
        &mut self,
        node: &Node,
        entries: &[(Node, Node)],
        added: &[(&str, &Value)],
        indent: Option<usize>,
    ) {
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return };
        if added.is_empty() {
            return;
        }
        if self.text.is_flow(node) {
            let added: Vec<String> =
                added.iter().map(|(key, value)| format!("{}: {}", flow::key(key), flow::value(value))).collect();
            return self.add_to_flow(node, &added);
        }
        let indent_of_keys = column(&self.text, &first.0);
        let end = self.text.line_end(self.text.entry_end(last));
        let gap = indent.is_none() && self.has_gaps(entries);
        let mut written = String::new();
        for (key, value) in added {
            if gap {
                written.push('\n');
            }
            written.push_str(&" ".repeat(indent_of_keys));
            written.push_str(&self.entry_text(key, value, indent_of_keys));
            written.push('\n');
        }
        // New fields come behind the comments at the end of the file.
        let at =
            if indent.is_none() && self.text.is_tail(end) { self.text.text.trim_end().len().max(end) } else { end };
        self.put(at, at, format!("\n{}", written.trim_end_matches('\n')));
        if at == self.text.text.len() {
            self.put(at, at, "\n".to_owned());
        }
    }

    // Whether every entry but the first has a blank line before it.
    fn has_gaps(&self, entries: &[(Node, Node)]) -> bool {
        let mut pairs = entries.windows(2).filter_map(|pair| Some((pair.first()?, pair.last()?))).peekable();
        pairs.peek().is_some()
            && pairs.all(|(before, (key, _))| {
                let between = &self.text.text[self.text.entry_end(before).min(start(key))..start(key)];
                between.lines().skip(1).any(|line| line.trim().is_empty())
            })
            && entries.len() > 2
    }

    /// Carries out what becomes of the items of a block; changed ones have been seen to.
    pub(super) fn change_items(&mut self, items: &[Node], dashes: &[usize], steps: &[Step], wanted: &[Value]) {
        let Some(first) = dashes.first() else { return };
        let indent = first - self.text.line_start(*first);
        // Where the last item that was passed ends; new ones come behind it, or before the first one.
        let mut behind = None;
        for step in steps {
            match step {
                Step::Keep(at) | Step::Change(at, _) => behind = Some(*at),
                Step::Remove(at) => {
                    behind = Some(*at);
                    let (line, end) = (self.text.line_start(dashes[*at]), self.text.end(&items[*at]));
                    let comment = self.text.text[end..self.text.line_end(end)].trim_start().to_owned();
                    if comment.starts_with('#') {
                        self.put(dashes[*at], self.text.line_end(end), comment);
                    } else {
                        self.put(line, self.text.next_line(end), String::new());
                    }
                }
                Step::Insert(to) => {
                    let item = self.block(&Value::from(vec![wanted[*to].clone()]), indent);
                    match behind {
                        Some(at) => {
                            let at = self.text.next_line(self.text.end(&items[at]));
                            let open = self.text.text[..at].ends_with('\n');
                            let pad = " ".repeat(indent);
                            self.put(at, at, format!("{}{pad}{item}\n", if open { "" } else { "\n" }));
                        }
                        None => {
                            let at = self.text.above(self.text.line_start(*first));
                            self.put(at, at, format!("{}{item}\n", " ".repeat(indent)));
                        }
                    }
                }
            }
        }
    }

    fn entry_text(&self, key: &str, value: &Value, indent: usize) -> String {
        if matches!(value, Value::Seq(items) if !items.is_empty()) && self.list_indent > 0 {
            let head = self.block(&[(key, Value::Null)].into_iter().collect::<Map>().into(), indent);
            let head = head.trim_end_matches("null").trim_end();
            let indent = indent + self.list_indent;
            return format!("{head}\n{}{}", " ".repeat(indent), self.block(value, indent));
        }
        self.block(&[(key, value.clone())].into_iter().collect::<Map>().into(), indent)
    }

    /// Returns a value as a block whose lines but the first start in a column.
    fn block(&self, value: &Value, indent: usize) -> String {
        let written = Emitter { dialect: Dialect::Sigs, sort_keys: false }.write(value);
        let mut lines = written.trim_end_matches('\n').split('\n');
        let mut out = lines.next().unwrap_or_default().to_owned();
        for line in lines {
            out.push('\n');
            if !line.is_empty() {
                out.push_str(&" ".repeat(indent));
                out.push_str(line);
            }
        }
        out
    }
}
