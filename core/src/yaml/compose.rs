//! Text to unresolved nodes.

use std::collections::HashMap;

use ecow::EcoString;
use granit_parser::{Event, Parser};

use super::node::{Node, NodeKind, Props, Scalar, ScalarStyle};
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
    let mut stack: Vec<(Node, Option<Node>, usize)> = Vec::new();
    let mut anchors: HashMap<usize, EcoString> = HashMap::new();
    let mut start = Span::new(file, 0);
    let mut root: Option<Node> = None;
    for next in Parser::new_from_str(text) {
        let (event, span) = match next {
            Ok(next) => next,
            Err(error) => {
                let offset = error.marker().byte_offset().unwrap_or(0);
                findings.push(Diagnostic::error("yaml-syntax", error.info().to_owned()).at(Span::new(file, offset)));
                break;
            }
        };
        let place = Span::new(file, span.start.byte_offset().unwrap_or(0));
        let mut done: Option<(Node, usize)> = None;
        match event {
            Event::DocumentStart(..) => start = place,
            Event::DocumentEnd => documents.push(Document { root: root.take(), span: start }),
            Event::Alias(id) => {
                done = Some((Node::new(NodeKind::Alias(anchors.get(&id).cloned().unwrap_or_default()), place), 0));
            }
            Event::Scalar(value, style, id, tag) => {
                let style = match style {
                    granit_parser::ScalarStyle::Plain => ScalarStyle::Plain,
                    granit_parser::ScalarStyle::SingleQuoted => ScalarStyle::SingleQuoted,
                    granit_parser::ScalarStyle::DoubleQuoted => ScalarStyle::DoubleQuoted,
                    granit_parser::ScalarStyle::Literal => ScalarStyle::Literal,
                    granit_parser::ScalarStyle::Folded => ScalarStyle::Folded,
                };
                let empty = style == ScalarStyle::Plain && span.start == span.end;
                let text = if empty { EcoString::new() } else { EcoString::from(&*value) };
                let mut node = Node::new(NodeKind::Scalar(Scalar { text, style, ..Scalar::default() }), place);
                node.props = tag.map(|t| Box::new(Props { tag: Some(t.to_string().into()), anchor: None }));
                done = Some((node, id));
            }
            Event::SequenceStart(_, id, _) => stack.push((Node::new(NodeKind::Seq(vec![]), place), None, id)),
            Event::MappingStart(_, id, _) => stack.push((Node::new(NodeKind::Map(vec![]), place), None, id)),
            Event::SequenceEnd | Event::MappingEnd => done = stack.pop().map(|(n, _, id)| (n, id)),
            _ => {}
        }
        if stack.len() > limits.depth {
            findings.push(Diagnostic::error("yaml-too-deep", "nested too deeply").at(place));
            break;
        }
        let Some((mut node, id)) = done else { continue };
        if id > 0 {
            let name: EcoString = ecow::eco_format!("{id}");
            anchors.insert(id, name.clone());
            node.props.get_or_insert_default().anchor = Some(name);
        }
        match stack.last_mut() {
            None => root = Some(node),
            Some((Node { kind: NodeKind::Seq(items), .. }, _, _)) => items.push(node),
            Some((Node { kind: NodeKind::Map(entries), .. }, key, _)) => match key.take() {
                None => *key = Some(node),
                Some(k) => entries.push((k, node)),
            },
            Some(_) => {}
        }
    }
    Outcome { value: documents, diagnostics: findings }
}
