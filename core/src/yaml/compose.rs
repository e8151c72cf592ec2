//! Events to unresolved nodes.

use std::collections::HashSet;

use super::events::{Event, Events};
use super::node::{Node, NodeKind, Props, Scalar, ScalarKind, ScalarStyle};
use super::plain_json;
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
    if let Some(finding) = too_large(text, file, limits) {
        return Outcome { value: Vec::new(), diagnostics: finding.into() };
    }
    match plain_json::read(text, file, limits) {
        Some(document) => Outcome { value: vec![document], diagnostics: Diagnostics::new() },
        None => parse_as_yaml(text, file, limits),
    }
}

pub(super) fn parse_as_yaml(text: &str, file: FileId, limits: &Limits) -> Outcome<Vec<Document>> {
    let mut documents = Vec::new();
    let mut findings = Diagnostics::new();
    let mut input = Some(Input::new(text));
    while let Some(from) = input.take() {
        let mut composer = Composer::new(Events::from_input(from, 0), file, limits);
        loop {
            match composer.document() {
                Ok(Some(document)) => documents.push(document),
                Ok(None) => break,
                Err(finding) => {
                    findings.push(finding);
                    if findings.len() < limits.findings {
                        input = composer.events.input().next_document(composer.events.place().max(composer.noticed));
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

/// A collection that is being read.
struct Open {
    place: Span,
    props: Option<Box<Props>>,
    /// How many entries (of a map) or items (of a list) of outer collections lie below its own.
    below: usize,
    is_map: bool,
    /// The key whose value comes next.
    key: Option<Node>,
}

pub(super) struct Composer<'a, 'l> {
    pub(super) events: Events<'a>,
    file: FileId,
    limits: &'l Limits,
    open: Vec<Open>,
    // What is read of the open collections. Each is made in one piece when it ends, so that its room fits.
    entries: Vec<(Node, Node)>,
    items: Vec<Node>,
    anchors: HashSet<&'a str>,
    pub(super) syntax: Option<SyntaxError>,
    /// Where a mistake in the syntax was noticed.
    noticed: usize,
}

impl<'a, 'l> Composer<'a, 'l> {
    pub(super) fn new(events: Events<'a>, file: FileId, limits: &'l Limits) -> Composer<'a, 'l> {
        Composer {
            events,
            file,
            limits,
            open: Vec::new(),
            entries: Vec::new(),
            items: Vec::new(),
            anchors: HashSet::new(),
            syntax: None,
            noticed: 0,
        }
    }

    #[cold]
    fn syntax_error(&mut self, error: SyntaxError) -> Diagnostic {
        // A mistake may be noticed on the `---` that ends its document.
        self.noticed = error.offset.saturating_sub(1);
        let finding = syntax_finding(&error, self.file);
        self.syntax = Some(error);
        finding
    }

    #[inline]
    fn place(&self) -> Span {
        Span::new(self.file, self.events.place())
    }

    /// Returns the next document.
    pub(super) fn document(&mut self) -> Result<Option<Document>, Diagnostic> {
        self.anchors.clear();
        let mut span = None;
        loop {
            // What `step` gives is taken apart where it lies: to hand it on costs more than all else here.
            let event = match self.events.step() {
                Ok(_) if self.events.ended() => break,
                Ok(event) => event,
                Err(error) => return Err(self.syntax_error(error)),
            };
            match event {
                Event::DocumentStart => span = Some(self.place()),
                Event::DocumentEnd => break,
                Event::Alias(name) => {
                    if !self.anchors.contains(name) {
                        return Err(unknown_anchor(name, self.place()));
                    }
                    self.add(NodeKind::Alias(name.into()), self.place(), None);
                }
                Event::Scalar(text, style) => {
                    let scalar = Scalar { text: (&*text).into(), style, kind: ScalarKind::Unresolved };
                    let props = self.props();
                    self.add(NodeKind::Scalar(scalar), self.place(), props);
                }
                Event::SeqStart => self.open(false)?,
                Event::MapStart => self.open(true)?,
                Event::SeqEnd | Event::MapEnd => self.close(),
            }
        }
        let root = self.items.pop().filter(|root| !is_nothing(root));
        Ok(span.map(|span| Document { root, span }))
    }

    #[inline]
    fn props(&mut self) -> Option<Box<Props>> {
        let has_some = self.events.anchor().is_some() || self.events.tag().is_some();
        if has_some { Some(self.some_props()) } else { None }
    }

    #[cold]
    fn some_props(&mut self) -> Box<Props> {
        let (anchor, tag) = (self.events.anchor(), self.events.tag());
        self.anchors.extend(anchor);
        Box::new(Props { tag: tag.cloned(), anchor: anchor.map(Into::into) })
    }

    /// Puts a node into the innermost open collection.
    #[inline]
    fn add(&mut self, kind: NodeKind, span: Span, props: Option<Box<Props>>) {
        let node = Node { kind, span, origin: None, props };
        match self.open.last_mut() {
            Some(open) if open.is_map => match open.key.take() {
                None => open.key = Some(node),
                Some(key) => self.entries.push((key, node)),
            },
            _ => self.items.push(node),
        }
    }

    #[inline]
    fn open(&mut self, is_map: bool) -> Result<(), Diagnostic> {
        if self.open.len() >= self.limits.depth {
            return Err(too_deep(self.limits, self.place()));
        }
        let props = self.props();
        let below = if is_map { self.entries.len() } else { self.items.len() };
        self.open.push(Open { place: self.place(), props, below, is_map, key: None });
        Ok(())
    }

    #[inline]
    fn close(&mut self) {
        let Some(Open { place, props, below, is_map, .. }) = self.open.pop() else { return };
        let kind = if is_map {
            NodeKind::Map(self.entries.drain(below..).collect())
        } else {
            NodeKind::Seq(self.items.drain(below..).collect())
        };
        self.add(kind, place, props);
    }
}

/// Whether a root is what a document of comments has: an empty scalar without anything to it.
fn is_nothing(root: &Node) -> bool {
    root.props.is_none()
        && root.as_scalar().is_some_and(|scalar| scalar.text.is_empty() && scalar.style == ScalarStyle::Plain)
}
