//! Values put into the holes of a parsed tree.
//!
//! The structure is settled before any value is looked at. A plain scalar that is one hole becomes the value itself;
//! a hole in a longer scalar joins its text; a key takes a text. Anchors and tags take nothing.

use std::collections::HashSet;

use ecow::EcoString;

use super::assemble::{Filling, Hole, Text, Via};
use super::lineage::{self, Leaf, Lineage};
use super::run::{Tables, Written, joined};
use super::source::Book;
use crate::diag::{Diagnostic, Diagnostics};
use crate::object::{Origin, Origins};
use crate::source::Span;
use crate::value::{Step, Value, ValuePath};
use crate::yaml::{Node, NodeKind, OriginId, Scalar, ScalarKind, ScalarStyle};

/// Says where a value of the package was set.
pub(super) type SetAt<'a> = &'a dyn Fn(&ValuePath) -> Span;

/// Puts the values into one template's documents.
pub(super) struct Splicer<'a> {
    pub(super) text: &'a Text,
    pub(super) book: &'a Book,
    pub(super) tables: &'a Tables,
    pub(super) set_at: SetAt<'a>,
    pub(super) trace: bool,
    pub(super) origins: &'a mut Origins,
    pub(super) findings: &'a mut Diagnostics,
    pub(super) used: Vec<bool>,
}

// A part of a scalar.
enum Part<'t> {
    Text(&'t str),
    Hole(usize),
}

impl Splicer<'_> {
    /// Fills the holes of a tree and gives every node its place in its template.
    pub(super) fn node(&mut self, mut node: Node) -> Node {
        let offset = node.span.start;
        node.span = self.text.span(offset);
        match node.kind {
            NodeKind::Scalar(scalar) if scalar.text.contains(self.text.fence) => {
                node.kind = NodeKind::Scalar(scalar);
                self.scalar(node)
            }
            NodeKind::Seq(items) => {
                node.kind = NodeKind::Seq(items.into_iter().map(|item| self.node(item)).collect());
                node
            }
            NodeKind::Map(entries) => {
                node.kind = NodeKind::Map(self.entries(entries));
                node
            }
            _ => node,
        }
    }

    /// Whether a node is one hole and nothing else.
    pub(super) fn is_hole(&self, node: &Node) -> bool {
        let Some(scalar) = node.as_scalar().filter(|scalar| scalar.style == ScalarStyle::Plain) else { return false };
        scalar.text.contains(self.text.fence) && matches!(parts(&scalar.text, self.text).as_slice(), [Part::Hole(_)])
    }

    fn entries(&mut self, entries: Vec<(Node, Node)>) -> Vec<(Node, Node)> {
        let mut from_holes = Vec::new();
        let mut filled: Vec<(Node, Node)> = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let has_hole = key.as_scalar().is_some_and(|s| s.text.contains(self.text.fence));
            let key = if has_hole { self.key(key) } else { self.node(key) };
            if has_hole {
                from_holes.push(filled.len());
            }
            filled.push((key, self.node(value)));
        }
        if !from_holes.is_empty() {
            self.no_key_twice(&filled, &from_holes);
        }
        filled
    }

    // A value that chooses a key must not take the place of another entry.
    fn no_key_twice(&mut self, entries: &[(Node, Node)], from_holes: &[usize]) {
        let chosen: HashSet<usize> = from_holes.iter().copied().collect();
        let literal = entries.iter().enumerate().filter(|(i, _)| !chosen.contains(i));
        let mut seen: HashSet<&str> = literal.filter_map(|(_, (key, _))| key.as_str()).collect();
        for at in from_holes {
            let key = &entries[*at].0;
            let Some(text) = key.as_str() else { continue };
            if !seen.insert(text) {
                let message = format!("the map already has the key `{text}` that this expression gives");
                self.findings.push(Diagnostic::error("template-key-twice", message).at(key.span));
            }
        }
    }

    fn key(&mut self, key: Node) -> Node {
        let span = self.text.span(key.span.start);
        let Some(scalar) = key.as_scalar() else { return key };
        let text = scalar.text.clone();
        let parts = parts(&text, self.text);
        let mut out = EcoString::new();
        let mut place = span;
        for part in parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Hole(number) => {
                    let hole = self.take(number);
                    place = if out.is_empty() { self.book.span(hole.place) } else { place };
                    match self.filling(hole) {
                        Some(Value::Null | Value::Float(_)) if scalar.style == ScalarStyle::Plain => {
                            self.misplaced(hole, "cannot be a key", "make it a string");
                        }
                        Some(Value::Seq(_) | Value::Map(_)) => {
                            self.misplaced(hole, "cannot be a key", "a key is a string");
                        }
                        _ => self.join(hole, &mut out),
                    }
                }
            }
        }
        let mut node = quoted(out, place);
        node.props = key.props;
        node
    }

    fn scalar(&mut self, node: Node) -> Node {
        let Some(scalar) = node.as_scalar() else { return node };
        let text = scalar.text.clone();
        let parts = parts(&text, self.text);
        if let ([Part::Hole(number)], ScalarStyle::Plain) = (parts.as_slice(), scalar.style) {
            let mut filled = self.value(*number);
            filled.props = node.props;
            return filled;
        }
        let literal = matches!(scalar.style, ScalarStyle::Literal | ScalarStyle::Folded);
        let mut out = EcoString::new();
        let (mut origins, mut place) = (Vec::new(), node.span);
        let mut whole_line = false;
        for (i, part) in parts.iter().enumerate() {
            match part {
                Part::Text(text) => {
                    // A value alone on its line that ends with a line break ends the line with it.
                    let text = if whole_line { text.strip_prefix('\n').unwrap_or(text) } else { text };
                    out.push_str(text);
                    whole_line = false;
                }
                Part::Hole(number) => {
                    let hole = self.take(*number);
                    let starts_line = out.is_empty() || out.ends_with('\n');
                    let ends_line = matches!(parts.get(i + 1), Some(Part::Text(text)) if text.starts_with('\n'));
                    let before = out.len();
                    self.join(hole, &mut out);
                    whole_line = literal && starts_line && ends_line && out.len() > before && out.ends_with('\n');
                    if i == 0 && !literal && scalar.style == ScalarStyle::Plain {
                        place = self.book.span(hole.place);
                    }
                    origins.push(*number);
                }
            }
        }
        let mut filled = quoted(out, place);
        filled.origin = self.origin_of(&origins);
        filled.props = node.props;
        filled
    }

    // The value of a hole that stands alone.
    fn value(&mut self, number: usize) -> Node {
        let hole = self.take(number);
        let span = self.book.span(hole.place);
        let origin = self.origin_of(&[number]);
        let mut node = match &hole.filling {
            Filling::Text(text, structure) => {
                self.check_structure(*structure);
                quoted(text.as_str().into(), span)
            }
            Filling::Value(value) => match &self.tables.written[*value as usize] {
                Written::Nothing => Node::scalar("null", ScalarKind::Null, span),
                Written::Value(value) => {
                    let lineage = self.tables.behind(hole.trace.filter(|_| self.trace), None);
                    self.tree(value, span, origin, &lineage, hole)
                }
            },
        };
        node.origin = node.origin.or(origin);
        node
    }

    // A value as a tree. Every node in it has the origin of its own leaf where that is known, else that of the whole.
    fn tree(&mut self, value: &Value, span: Span, whole: Option<OriginId>, lineage: &Lineage, hole: &Hole) -> Node {
        let own = match lineage {
            Lineage::Unknown => whole,
            _ if matches!(value, Value::Seq(_) | Value::Map(_)) => self.origin(&lineage.leaves(), hole).or(whole),
            _ => self.origin(&lineage.clone().settled(value).leaves(), hole).or(whole),
        };
        let below = |step: Step| match lineage {
            Lineage::Unknown => Lineage::Unknown,
            lineage => lineage.step(&step),
        };
        let mut node = match value {
            Value::Seq(items) => {
                let item = |(i, item)| self.tree(item, span, own, &below(Step::Index(i)), hole);
                Node::new(NodeKind::Seq(items.iter().enumerate().map(item).collect()), span)
            }
            Value::Map(map) => {
                let entry = |(key, value): (&EcoString, &Value)| {
                    let lineage = below(Step::Key(key.clone()));
                    (quoted(key.clone(), span), self.tree(value, span, own, &lineage, hole))
                };
                Node::new(NodeKind::Map(map.iter().map(entry).collect()), span)
            }
            Value::Str(text) => quoted(text.clone(), span),
            scalar => Node::from_value(scalar, span, None),
        };
        node.origin = own;
        node
    }

    fn origin_of(&mut self, holes: &[usize]) -> Option<OriginId> {
        if !self.trace || holes.is_empty() {
            return None;
        }
        let mut leaves = Vec::new();
        for number in holes {
            let hole = &self.text.holes[*number];
            let found = match &hole.filling {
                Filling::Value(value) => self.tables.behind(hole.trace, Some(*value)).leaves(),
                Filling::Text(..) => hole.leaves.clone(),
            };
            lineage::add(&mut leaves, &found);
        }
        let first = holes.first().map(|number| &self.text.holes[*number])?;
        Some(self.push(&leaves, first))
    }

    fn origin(&mut self, leaves: &[Leaf], hole: &Hole) -> Option<OriginId> {
        (!leaves.is_empty()).then(|| self.push(leaves, hole))
    }

    fn push(&mut self, leaves: &[Leaf], hole: &Hole) -> OriginId {
        let values = leaves.iter().map(|leaf| (leaf.path.clone(), (self.set_at)(&leaf.path))).collect();
        let via = self.via(hole);
        self.origins.push(Origin { values, via })
    }

    fn via(&self, hole: &Hole) -> Vec<Span> {
        let mut via = chain(hole.via.as_deref()).map(|call| self.book.span(call.place)).collect::<Vec<_>>();
        via.reverse();
        via
    }

    fn filling(&self, hole: &Hole) -> Option<&Value> {
        match &hole.filling {
            Filling::Value(value) => match &self.tables.written[*value as usize] {
                Written::Value(value) => Some(value),
                Written::Nothing => None,
            },
            Filling::Text(..) => None,
        }
    }

    fn join(&mut self, hole: &Hole, out: &mut EcoString) {
        match &hole.filling {
            Filling::Text(text, structure) => {
                self.check_structure(*structure);
                out.push_str(text);
            }
            Filling::Value(value) => {
                let mut text = String::new();
                if joined(&self.tables.written[*value as usize], &mut text) {
                    let finding = not_text(self.book, hole.place);
                    self.report(finding, hole);
                }
                out.push_str(&text);
            }
        }
    }

    fn check_structure(&mut self, structure: Option<u32>) {
        if let Some(place) = structure {
            self.findings.push(not_text(self.book, place));
        }
    }

    fn misplaced(&mut self, hole: &Hole, what: &str, help: &str) {
        let kind = self.filling(hole).map_or("null", Value::kind);
        let article = if matches!(kind, "integer") { "an" } else { "a" };
        let message = format!("{article} {kind} {what}");
        let place = hole.place;
        let finding = Diagnostic::error("template-place", message)
            .label(self.book.span(place), self.book.length(place), "")
            .help(help);
        self.report(finding, hole);
    }

    fn report(&mut self, mut finding: Diagnostic, hole: &Hole) {
        for call in chain(hole.via.as_deref()).take(8) {
            finding = finding.label(self.book.span(call.place), self.book.length(call.place), "written from here");
        }
        self.findings.push(finding);
    }

    /// Reports what stands in comments and is no text. Everything else there is dropped with its comment.
    pub(super) fn finish(&mut self) {
        for (number, used) in self.used.iter().enumerate() {
            let hole = &self.text.holes[number];
            let structure = match &hole.filling {
                Filling::Text(_, structure) => *structure,
                Filling::Value(value) => {
                    let container = joined(&self.tables.written[*value as usize], &mut String::new());
                    container.then_some(hole.place)
                }
            };
            if let (false, Some(place)) = (*used, structure) {
                self.findings.push(not_text(self.book, place));
            }
        }
    }
}

impl<'a> Splicer<'a> {
    fn take(&mut self, number: usize) -> &'a Hole {
        self.used[number] = true;
        let text: &'a Text = self.text;
        &text.holes[number]
    }
}

/// The finding that a map or list was joined into text.
pub(super) fn not_text(book: &Book, place: u32) -> Diagnostic {
    Diagnostic::error("template-place", "a map or list cannot be joined into text")
        .label(book.span(place), book.length(place), "gives a map or list")
        .help("let it stand alone as the value of a key, or write it as text with `to_json` or `to_yaml`")
}

/// The finding that a value stands in a tag, anchor or alias.
pub(super) fn in_properties(book: &Book, place: u32) -> Diagnostic {
    Diagnostic::error("template-place", "a value cannot be part of a tag, an anchor or an alias")
        .label(book.span(place), book.length(place), "")
        .help("write it in the template")
}

fn chain(via: Option<&Via>) -> impl Iterator<Item = &Via> {
    std::iter::successors(via, |call| call.outer.as_deref())
}

// A text that no rule takes for anything else.
fn quoted(text: EcoString, span: Span) -> Node {
    let scalar = Scalar { text, style: ScalarStyle::DoubleQuoted, kind: ScalarKind::Str };
    Node::new(NodeKind::Scalar(scalar), span)
}

fn parts<'t>(text: &'t str, of: &Text) -> Vec<Part<'t>> {
    let fence = of.fence;
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(fence) {
        let hole = after.split_once(fence).and_then(|(digits, after)| {
            let number: usize = digits.parse().ok()?;
            (number < of.holes.len()).then_some((number, after))
        });
        let Some((number, after)) = hole else { break };
        if !before.is_empty() {
            parts.push(Part::Text(before));
        }
        parts.push(Part::Hole(number));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    parts
}

/// Returns a message with the expressions in the place of their holes.
pub(super) fn readable(message: &str, text: &Text, book: &Book) -> String {
    let shown = parts(message, text).into_iter().map(|part| match part {
        Part::Text(text) => text.to_owned(),
        Part::Hole(number) => format!("{{{{ {} }}}}", book.expression(text.holes[number].place)),
    });
    shown.collect()
}
