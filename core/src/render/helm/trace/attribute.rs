//! Gives the nodes of a rendered document their places in templates and the values behind them.

use std::ops::Range;

use super::extent::extent;
use super::places::{Places, Written};
use super::record::TracedFile;
use crate::object::Origins;
use crate::source::{SourceMap, Span};
use crate::value::{Step, ValuePath};
use crate::yaml::{Node, NodeKind, ScalarStyle};

/// A document of a rendered file.
#[derive(Debug, Clone, Copy)]
pub struct Document<'a> {
    /// The template that wrote it: `chart/templates/x.yaml`.
    pub path: &'a str,
    /// The text.
    pub text: &'a str,
    /// Where it stands in the file.
    pub start: usize,
}

impl Places<'_> {
    /// Moves the places of a tree that was read from a rendered document to the templates that wrote it, and notes the
    /// values behind each node. What nobody knows stays in the rendered text.
    pub fn attribute(&mut self, node: &mut Node, of: Document<'_>, sources: &mut SourceMap, origins: &mut Origins) {
        let Some(file) = self.file(of.path) else { return };
        Attribution { places: self, file, of, sources, origins }.node(node);
    }

    /// Returns where a byte of a rendered document comes from.
    pub fn span_at(&mut self, of: Document<'_>, at: usize, sources: &mut SourceMap) -> Option<Span> {
        let file = self.file(of.path)?;
        let at = of.start + at;
        Some(self.written(file, at..at + 1, sources)?.span)
    }
}

struct Attribution<'p, 'a> {
    places: &'p mut Places<'a>,
    file: &'a TracedFile,
    of: Document<'p>,
    sources: &'p mut SourceMap,
    origins: &'p mut Origins,
}

impl Attribution<'_, '_> {
    /// Returns where the node stood in the document. The depth is bounded by the parser.
    fn node(&mut self, node: &mut Node) -> Range<usize> {
        let start = node.span.start as usize;
        let mut end = start;
        match &mut node.kind {
            NodeKind::Scalar(scalar) => {
                let range = extent(self.of.text, start, scalar);
                let is_block = matches!(scalar.style, ScalarStyle::Literal | ScalarStyle::Folded);
                let at = self.in_file(&range);
                let written = match is_block {
                    true => self.places.written_from(self.file, at, self.sources),
                    false => self.places.written(self.file, at, self.sources),
                };
                self.set(node, written);
                return range;
            }
            NodeKind::Seq(items) => items.iter_mut().for_each(|item| end = end.max(self.node(item).end)),
            NodeKind::Map(entries) => entries.iter_mut().for_each(|(key, value)| {
                self.node(key);
                end = end.max(self.node(value).end);
            }),
            NodeKind::Alias(_) => {}
        }
        let range = start..end.max(start + 1);
        let written = self.container(&range, first_step(node).as_ref());
        self.set(node, written);
        range
    }

    fn in_file(&self, range: &Range<usize>) -> Range<usize> {
        self.of.start + range.start..self.of.start + range.end.max(range.start + 1)
    }

    /// A list or map stands where it starts. Where one action wrote all of it, what its values have in common is behind
    /// it.
    fn container(&mut self, range: &Range<usize>, first_step: Option<&Step>) -> Option<Written> {
        let at = self.in_file(range);
        let first = self.file.parts(at.start..at.start + 1).next()?;
        let last = self.file.parts(at.end - 1..at.end).next()?;
        let mut written = self.places.written_from(self.file, at.start..at.start + 1, self.sources)?;
        let common = match (&first.origin.values[..], &last.origin.values[..]) {
            ([first_of, ..], [last_of, ..]) if first.place == last.place => Some(common(first_of, last_of)),
            _ => None,
        };
        let common = common.map(|path| above(path, first_step)).filter(|path| !path.is_root());
        written.origin.values = common.map(|path| (path.clone(), self.places.value_span(&path))).into_iter().collect();
        Some(written)
    }

    fn set(&mut self, node: &mut Node, written: Option<Written>) {
        let Some(Written { span, origin }) = written else { return };
        node.span = span;
        if !(origin.values.is_empty() && origin.via.is_empty()) {
            node.origin = Some(self.origins.push(origin));
        }
    }
}

/// Returns the path to what holds both values.
fn common(a: &ValuePath, b: &ValuePath) -> ValuePath {
    let same = a.steps().iter().zip(b.steps()).take_while(|(a, b)| a == b).count();
    a.steps()[..same].to_vec().into()
}

/// What has one entry has only that entry's value behind it: the value above is meant.
fn above(mut path: ValuePath, first_step: Option<&Step>) -> ValuePath {
    if path.steps().last().is_some_and(|last| Some(last) == first_step) {
        path.pop();
    }
    path
}

fn first_step(node: &Node) -> Option<Step> {
    match &node.kind {
        NodeKind::Map(entries) => Some(Step::Key(entries.first()?.0.as_str()?.into())),
        NodeKind::Seq(_) => Some(Step::Index(0)),
        _ => None,
    }
}
