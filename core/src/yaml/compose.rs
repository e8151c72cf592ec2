//! Events to unresolved nodes.

use std::collections::HashSet;

use super::events::{Event, Events};
use super::node::{Node, NodeKind, Props, Scalar, ScalarStyle};
use super::scan::{Input, SyntaxError};
use crate::diag::{Diagnostic, Diagnostics, Outcome};
use crate::source::{FileId, Limits, Span};

/// One document of a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The root node; `None` for a document of nothing but comments.
    pub root: Option<Node>,
    /// Where the document starts.
    pub span: Span,
}

/// Returns the documents of a text with what is wrong with them; documents before and after a bad one are there.
pub fn parse(text: &str, file: FileId, limits: &Limits) -> Outcome<Vec<Document>> {
    let mut documents = Vec::new();
    let mut findings = Diagnostics::new();
    if let Some(finding) = too_large(text, file, limits) {
        return Outcome { value: documents, diagnostics: finding.into() };
    }
    let mut input = Some(Input::new(text));
    while let Some(from) = input.take() {
        let mut composer = Composer::new(Events::from_input(from), file, limits);
        loop {
            match composer.document() {
                Ok(Some(document)) => documents.push(document),
                Ok(None) => break,
                Err(finding) => {
                    findings.push(finding);
                    if findings.len() < limits.findings {
                        input = composer.events.input().next_document(composer.resume);
                    }
                    break;
                }
            }
        }
    }
    Outcome { value: documents, diagnostics: findings }
}

/// Returns the finding for a text that is longer than the limit or than a span can tell.
pub(super) fn too_large(text: &str, file: FileId, limits: &Limits) -> Option<Diagnostic> {
    let limit = limits.file_bytes.min(u32::MAX as usize);
    (text.len() > limit).then(|| {
        Diagnostic::error("yaml-too-large", format!("the file has {} bytes, more than {limit}", text.len()))
            .at(Span::new(file, 0))
    })
}

/// Returns the finding for a mistake in the syntax.
pub(super) fn syntax_finding(error: &SyntaxError, file: FileId) -> Diagnostic {
    Diagnostic::error("yaml-syntax", &*error.message).at(Span::new(file, error.offset))
}

pub(super) fn too_deep(limits: &Limits, place: Span) -> Diagnostic {
    Diagnostic::error("yaml-too-deep", format!("nested more than {} levels deep", limits.depth)).at(place)
}

pub(super) fn unknown_anchor(name: &str, place: Span) -> Diagnostic {
    Diagnostic::error("yaml-unknown-anchor", format!("unknown anchor '{name}' referenced")).at(place)
}

/// A collection that is being read: its children lie on the composer's stack from `first` on.
struct Open {
    node: Node,
    first: usize,
}

pub(super) struct Composer<'a, 'l> {
    pub(super) events: Events<'a>,
    file: FileId,
    limits: &'l Limits,
    open: Vec<Open>,
    done: Vec<Node>,
    anchors: HashSet<&'a str>,
    pub(super) syntax: Option<SyntaxError>,
    /// From where on to look for the next document after an error.
    resume: usize,
}

impl<'a, 'l> Composer<'a, 'l> {
    pub(super) fn new(events: Events<'a>, file: FileId, limits: &'l Limits) -> Composer<'a, 'l> {
        Composer {
            resume: events.input().pos(),
            events,
            file,
            limits,
            open: Vec::new(),
            done: Vec::new(),
            anchors: HashSet::new(),
            syntax: None,
        }
    }

    #[inline]
    fn next(&mut self) -> Result<Option<(Event<'a>, usize)>, Diagnostic> {
        match self.events.next() {
            Ok(next) => Ok(next),
            Err(error) => Err(self.syntax_error(error)),
        }
    }

    #[cold]
    fn syntax_error(&mut self, error: SyntaxError) -> Diagnostic {
        // A mistake may be noticed on the `---` that ends its document.
        self.resume = self.resume.max(error.offset.saturating_sub(1));
        let finding = syntax_finding(&error, self.file);
        self.syntax = Some(error);
        finding
    }

    /// Returns the next document.
    pub(super) fn document(&mut self) -> Result<Option<Document>, Diagnostic> {
        self.anchors.clear();
        let Some((_, start)) = self.next()? else { return Ok(None) };
        let span = Span::new(self.file, start);
        while let Some((event, offset)) = self.next()? {
            let place = Span::new(self.file, offset);
            self.resume = offset;
            match event {
                Event::DocumentStart => {}
                Event::DocumentEnd => break,
                Event::Alias(name) => {
                    if !self.anchors.contains(name) {
                        return Err(unknown_anchor(name, place));
                    }
                    self.done.push(Node::new(NodeKind::Alias(name.into()), place));
                }
                Event::Scalar(text, style) => {
                    let scalar = Scalar { text: (&*text).into(), style, ..Scalar::default() };
                    let node = self.with_props(Node::new(NodeKind::Scalar(scalar), place));
                    self.done.push(node);
                }
                Event::SeqStart => self.open(NodeKind::Seq(Vec::new()), place)?,
                Event::MapStart => self.open(NodeKind::Map(Vec::new()), place)?,
                Event::SeqEnd | Event::MapEnd => self.close(),
            }
        }
        let root = self.done.pop().filter(|root| !is_nothing(root));
        Ok(Some(Document { root, span }))
    }

    #[inline]
    fn with_props(&mut self, mut node: Node) -> Node {
        let (anchor, tag) = (self.events.anchor(), self.events.tag());
        if anchor.is_some() || tag.is_some() {
            node.props = Some(Box::new(Props { tag: tag.cloned(), anchor: anchor.map(Into::into) }));
            self.anchors.extend(anchor);
        }
        node
    }

    #[inline]
    fn open(&mut self, kind: NodeKind, place: Span) -> Result<(), Diagnostic> {
        if self.open.len() >= self.limits.depth {
            return Err(too_deep(self.limits, place));
        }
        let node = self.with_props(Node::new(kind, place));
        self.open.push(Open { node, first: self.done.len() });
        Ok(())
    }

    #[inline]
    fn close(&mut self) {
        let Some(Open { mut node, first }) = self.open.pop() else { return };
        let mut children = self.done.drain(first..);
        match &mut node.kind {
            NodeKind::Map(entries) => {
                entries.reserve_exact(children.len() / 2);
                while let (Some(key), Some(value)) = (children.next(), children.next()) {
                    entries.push((key, value));
                }
                drop(children);
            }
            NodeKind::Seq(items) => {
                items.reserve_exact(children.len());
                items.extend(children);
            }
            _ => drop(children),
        }
        self.done.push(node);
    }
}

/// Whether a root is what a document of comments has: an empty scalar without anything to it.
fn is_nothing(root: &Node) -> bool {
    root.props.is_none()
        && root.as_scalar().is_some_and(|scalar| scalar.text.is_empty() && scalar.style == ScalarStyle::Plain)
}
