//! A text with another value, and everything else as its author wrote it: comments, order, quotes, blank lines.
//!
//! [`rewrite`] lays the wanted value beside the tree of the text and notes the few pieces of text that have to change.
//! Items of lists are found again by what they say, maps in lists also by their `name`. Whatever cannot be changed in
//! place, such as an entry that comes from an alias, is written anew with the entry around it; the result is read
//! again before it is given out.

mod align;
mod extent;
mod flow;
mod pieces;

use super::node::{Node, NodeKind, Scalar, ScalarStyle};
use super::{Numbers, parse, unmarshal};
use crate::source::{FileId, Limits};
use crate::value::{Map, Value};

use align::{Step, align};
use extent::{Text, column};
use pieces::Pieces;

/// Why a text cannot be rewritten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RewriteError {
    /// It cannot be read: Go's message.
    Unreadable(String),
    /// No change of it that keeps the rest would be read as the wanted value.
    Entangled,
}

/// Returns a text whose first document is read as another value by the rules of kubectl.
///
/// # Errors
/// When the text cannot be read, or cannot be changed in place.
pub fn rewrite(text: &str, wanted: &Map, limits: &Limits) -> Result<String, RewriteError> {
    let now = unmarshal(text, Numbers::Exact, limits).map_err(RewriteError::Unreadable)?;
    let empty = Map::new();
    let now = match &now {
        Value::Map(map) => map,
        Value::Null => &empty,
        _ => return Err(RewriteError::Entangled),
    };
    let root = parse(text, FileId::NONE, limits).value.into_iter().next().and_then(|document| document.root);
    for way in [Way::InPlace, Way::WholeFields] {
        let changed = apply(text, root.as_ref(), now, wanted, way);
        let read = unmarshal(&changed, Numbers::Exact, limits);
        if read.is_ok_and(|read| same(&read, wanted)) {
            return Ok(changed);
        }
    }
    Err(RewriteError::Entangled)
}

/// Whether a text that was read is the wanted map; nothing at all is a map without entries.
fn same(read: &Value, wanted: &Map) -> bool {
    match read {
        Value::Map(map) => **map == *wanted,
        other => other.is_null() && wanted.is_empty(),
    }
}

/// How finely to change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Each value where it stands.
    InPlace,
    /// Each entry of the root as a whole.
    WholeFields,
}

fn apply(text: &str, root: Option<&Node>, now: &Map, wanted: &Map, way: Way) -> String {
    let text = Text::new(text);
    let mut pieces = Pieces::new(&text, root);
    match root {
        Some(root) => {
            let mut rewriter = Rewriter { text: &text, pieces: &mut pieces, way };
            rewriter.map(root, now, wanted, None);
        }
        None => pieces.append(wanted),
    }
    pieces.finish()
}

struct Rewriter<'a, 't> {
    text: &'a Text<'t>,
    pieces: &'a mut Pieces<'t>,
    way: Way,
}

/// An entry of a map.
type Entry = (Node, Node);

impl Rewriter<'_, '_> {
    /// Changes the value of an entry; `inner` is how deep the column of a block around it is.
    fn entry(&mut self, entry: &Entry, now: &Value, wanted: &Value) {
        if now == wanted {
            return;
        }
        let (key, value) = entry;
        if self.way == Way::InPlace {
            let indent = Some(column(self.text, key));
            match (&value.kind, now, wanted) {
                (NodeKind::Map(entries), Value::Map(now), Value::Map(wanted))
                    if !entries.is_empty() && keeps_some(now, wanted) =>
                {
                    return self.map(value, now, wanted, indent);
                }
                (NodeKind::Seq(items), Value::Seq(now), Value::Seq(wanted))
                    if items.len() == now.len() && self.list(value, items, now, wanted, indent) =>
                {
                    return;
                }
                (NodeKind::Scalar(scalar), ..) if self.scalar(value, scalar, wanted) => return,
                _ => {}
            }
        }
        self.pieces.replace_entry(entry, wanted);
    }

    fn map(&mut self, node: &Node, now: &Map, wanted: &Map, indent: Option<usize>) {
        let NodeKind::Map(entries) = &node.kind else { return };
        if self.text.is_flow(node) && entries.len() != wanted.len() {
            return self.flow_map(node, entries, now, wanted);
        }
        let mut removed = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            let key = entry.0.as_str().unwrap_or_default();
            match (now.get(key), wanted.get(key)) {
                (Some(now), Some(wanted)) => self.entry(entry, now, wanted),
                (Some(_), None) => removed.push(at),
                (None, _) => {}
            }
        }
        let is_written = |key: &str| entries.iter().any(|(written, _)| written.as_str() == Some(key));
        let added = wanted.iter().filter(|(key, value)| now.get(key) != Some(*value) && !is_written(key));
        let mut added: Vec<(&str, &Value)> = added.map(|(key, value)| (key.as_str(), value)).collect();
        // A key in the place of another keeps the item's first line whole.
        while self.way == Way::InPlace && !removed.is_empty() && !added.is_empty() && indent.is_some() {
            let (key, value) = added.remove(0);
            self.pieces.rename_entry(&entries[removed.remove(0)], key, value);
        }
        removed.into_iter().for_each(|at| self.pieces.remove_entry(entries, at, indent));
        self.pieces.add_entries(node, entries, &added, indent);
    }

    fn flow_map(&mut self, node: &Node, entries: &[Entry], now: &Map, wanted: &Map) {
        let kept = entries.iter().all(|(key, _)| key.as_str().is_some_and(|key| wanted.contains_key(key)));
        if !kept {
            return self.pieces.replace_flow(node, &wanted.clone().into());
        }
        for entry in entries {
            let key = entry.0.as_str().unwrap_or_default();
            if let (Some(now), Some(wanted)) = (now.get(key), wanted.get(key)) {
                self.entry(entry, now, wanted);
            }
        }
        let added: Vec<String> = wanted
            .iter()
            .filter(|(key, _)| !now.contains_key(key))
            .map(|(key, value)| format!("{}: {}", flow::key(key), flow::value(value)))
            .collect();
        self.pieces.add_to_flow(node, &added);
    }

    /// Changes a list item by item; returns whether that is possible.
    fn list(&mut self, node: &Node, items: &[Node], now: &[Value], wanted: &[Value], indent: Option<usize>) -> bool {
        let steps = align(now, wanted);
        let keeps_any = steps.iter().any(|step| matches!(step, Step::Keep(_) | Step::Change(..)));
        if !keeps_any || items.is_empty() {
            return false;
        }
        if self.text.is_flow(node) {
            self.flow_list(node, items, now, wanted, &steps);
            return true;
        }
        let Some(dashes) = self.text.dashes(items) else { return false };
        let changes = steps.iter().filter_map(|step| match step {
            Step::Change(at, to) => Some((*at, *to)),
            _ => None,
        });
        for (at, to) in changes {
            let (item, now, wanted) = (&items[at], &now[at], &wanted[to]);
            match (&item.kind, now, wanted) {
                (NodeKind::Map(entries), Value::Map(now), Value::Map(wanted)) if !entries.is_empty() => {
                    let indent = if self.text.is_flow(item) { None } else { indent.or(Some(0)) };
                    self.map(item, now, wanted, indent);
                }
                (NodeKind::Scalar(scalar), ..) if self.scalar(item, scalar, wanted) => {}
                _ => return false,
            }
        }
        self.pieces.change_items(items, &dashes, &steps, wanted);
        true
    }

    fn flow_list(&mut self, node: &Node, items: &[Node], now: &[Value], wanted: &[Value], steps: &[Step]) {
        let appends = steps.iter().skip(items.len()).all(|step| matches!(step, Step::Insert(_)));
        let in_place = steps.iter().take(items.len()).all(|step| matches!(step, Step::Keep(_) | Step::Change(..)));
        if !appends || !in_place {
            return self.pieces.replace_flow(node, &wanted.to_vec().into());
        }
        for (at, item) in items.iter().enumerate() {
            match (&item.kind, &now[at], &wanted[at]) {
                (_, now, wanted) if now == wanted => {}
                (NodeKind::Map(_), Value::Map(now), Value::Map(wanted)) => self.map(item, now, wanted, None),
                (_, _, wanted) => self.pieces.replace_flow(item, wanted),
            }
        }
        let added: Vec<String> = wanted[items.len()..].iter().map(flow::value).collect();
        self.pieces.add_to_flow(node, &added);
    }

    /// Changes a scalar within its line; returns whether that is possible.
    fn scalar(&mut self, node: &Node, scalar: &Scalar, wanted: &Value) -> bool {
        if matches!(wanted, Value::Map(_) | Value::Seq(_))
            || scalar.text.is_empty() && scalar.style == ScalarStyle::Plain
        {
            return false;
        }
        let Some(written) = flow::scalar(wanted, scalar.style) else { return false };
        self.pieces.replace_scalar(node, scalar, written)
    }
}

fn keeps_some(now: &Map, wanted: &Map) -> bool {
    now.keys().any(|key| wanted.contains_key(key))
}

#[cfg(test)]
mod tests;
