//! The documents of a build as kyaml has them: nodes that are pointed at, with the text, tag and style of yaml.v3.
//!
//! A value may hang at several places at once: a label that kustomize adds to an object and to its selectors is one
//! node, so a later patch of one changes all of them. A tree of owned nodes cannot say that, so the nodes of a build
//! live in one [`Tree`] and refer to each other by number. Nothing is freed before the build ends.

mod comment;
mod fields;
mod from_json;
mod number;
mod parse;
mod print;
mod resolved;
mod walk;

use std::collections::HashMap;

use ecow::EcoString;

use crate::object::TypeRef;
use crate::source::Span;
use crate::yaml::{Resolved, Rules, ScalarStyle, resolve_plain};

pub(super) use fields::{is_list_index, kind_before, path_splitter, smarter_path_splitter, split_index};
pub(super) use number::go_atoi;
pub(super) use parse::{Budget, documents, fragment};
pub(super) use print::is_yaml_1_1_non_string;
pub(super) use resolved::Decoded;
pub(super) use walk::{Create, FieldPath};

/// How many bytes of text count as much as a node.
pub(super) const TEXT: usize = 64;

/// The number of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct NodeId(u32);

/// The tag of a node, in its short form. `Empty` is a node made by a program: what it is follows from its text when
/// the document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Tag {
    #[default]
    Empty,
    Null,
    Bool,
    Int,
    Float,
    Str,
    Timestamp,
    Binary,
    Merge,
    Map,
    Seq,
    Other,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Body {
    Scalar(EcoString),
    Seq(Vec<NodeId>),
    Map(Vec<(NodeId, NodeId)>),
}

/// The kinds of node, as yaml.v3 tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Scalar,
    Seq,
    Map,
}

impl Kind {
    /// Returns the name in kyaml's messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Scalar => "ScalarNode",
            Kind::Seq => "SequenceNode",
            Kind::Map => "MappingNode",
        }
    }
}

/// How a node was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Style {
    /// Of a scalar.
    pub(super) scalar: ScalarStyle,
    /// Of a list or map: in braces.
    pub(super) flow: bool,
    /// The tag stood in the text.
    pub(super) tagged: bool,
}

impl Style {
    pub(super) const SINGLE: Style = Style { scalar: ScalarStyle::SingleQuoted, flow: false, tagged: false };
    pub(super) const LITERAL: Style = Style { scalar: ScalarStyle::Literal, flow: false, tagged: false };
}

/// A node.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct YNode {
    pub(super) body: Body,
    pub(super) tag: Tag,
    pub(super) style: Style,
    /// Where it was written; [`Span::NONE`] for what a transformer made.
    pub(super) span: Span,
}

/// The nodes of a build.
#[derive(Debug, Default)]
pub(super) struct Tree {
    nodes: Vec<YNode>,
    /// The types that comments say, by the key of the field.
    types: HashMap<NodeId, TypeRef>,
    /// Comments that may say the type of a field and were not looked at yet.
    comments: Vec<(NodeId, EcoString)>,
}

impl Tree {
    pub(super) fn new() -> Tree {
        Tree::default()
    }

    /// Adds a node. A build has fewer than 4 billion nodes: its files are limited, and so are aliases.
    pub(super) fn add(&mut self, node: YNode) -> NodeId {
        let id = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        self.nodes.push(node);
        NodeId(id)
    }

    pub(super) fn get(&self, id: NodeId) -> &YNode {
        &self.nodes[id.0 as usize]
    }

    pub(super) fn get_mut(&mut self, id: NodeId) -> &mut YNode {
        &mut self.nodes[id.0 as usize]
    }

    /// Adds a scalar without a tag.
    pub(super) fn scalar(&mut self, text: impl Into<EcoString>) -> NodeId {
        self.tagged(text, Tag::Empty)
    }

    /// Adds a scalar with a tag.
    pub(super) fn tagged(&mut self, text: impl Into<EcoString>, tag: Tag) -> NodeId {
        self.add(YNode { body: Body::Scalar(text.into()), tag, style: Style::default(), span: Span::NONE })
    }

    /// Adds a text as yaml.v3's `SetString` makes it.
    pub(super) fn string(&mut self, text: impl Into<EcoString>) -> NodeId {
        let text = text.into();
        let style = if text.contains('\n') { Style::LITERAL } else { Style::default() };
        self.add(YNode { body: Body::Scalar(text), tag: Tag::Str, style, span: Span::NONE })
    }

    /// Adds an empty node of a kind without a tag.
    pub(super) fn empty(&mut self, kind: Kind) -> NodeId {
        let body = match kind {
            Kind::Scalar => Body::Scalar(EcoString::new()),
            Kind::Seq => Body::Seq(Vec::new()),
            Kind::Map => Body::Map(Vec::new()),
        };
        self.add(YNode { body, tag: Tag::Empty, style: Style::default(), span: Span::NONE })
    }

    /// Makes a node what another one is now (the children are shared).
    pub(super) fn assign(&mut self, target: NodeId, source: NodeId) {
        if target != source {
            *self.get_mut(target) = self.get(source).clone();
        }
    }

    /// Copies a node with everything below it.
    pub(super) fn copy(&mut self, id: NodeId) -> NodeId {
        let mut node = self.get(id).clone();
        match &mut node.body {
            Body::Scalar(_) => {}
            Body::Seq(items) => items.iter_mut().for_each(|item| *item = self.copy(*item)),
            Body::Map(entries) => entries.iter_mut().for_each(|(key, value)| {
                *key = self.copy(*key);
                *value = self.copy(*value);
            }),
        }
        let copy = self.add(node);
        if let Some(of) = self.type_of_comment(id) {
            self.types.insert(copy, of);
        }
        copy
    }

    /// Returns the type that a comment at a key says of its field.
    pub(super) fn type_of_comment(&self, key: NodeId) -> Option<TypeRef> {
        if self.types.is_empty() { None } else { self.types.get(&key).copied() }
    }

    /// Looks at the comments that were read since the last time.
    pub(super) fn take_types(&mut self, mut type_of: impl FnMut(&EcoString) -> Option<TypeRef>) {
        for (key, text) in std::mem::take(&mut self.comments) {
            self.types.extend(type_of(&text).map(|of| (key, of)));
        }
    }

    /// Returns how many nodes the tree has.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Returns how large a node is with all that hangs at it, but stops counting beyond `limit`: one for each node,
    /// more for those with long texts, which are written again for each copy.
    pub(super) fn size(&self, id: NodeId, limit: usize) -> usize {
        let mut open = vec![id];
        let mut count = 0;
        while let Some(id) = open.pop() {
            count += 1;
            if count > limit {
                break;
            }
            match &self.get(id).body {
                Body::Scalar(text) => count += text.len() / TEXT,
                Body::Seq(items) => open.extend(items),
                Body::Map(entries) => entries.iter().for_each(|(key, value)| open.extend([*key, *value])),
            }
        }
        count
    }

    pub(super) fn kind(&self, id: NodeId) -> Kind {
        match self.get(id).body {
            Body::Scalar(_) => Kind::Scalar,
            Body::Seq(_) => Kind::Seq,
            Body::Map(_) => Kind::Map,
        }
    }

    /// Returns the text of a scalar; yaml.v3's `Value`, which is empty for lists and maps.
    pub(super) fn text(&self, id: NodeId) -> &str {
        match &self.get(id).body {
            Body::Scalar(text) => text,
            _ => "",
        }
    }

    /// Returns the text of a scalar, shared.
    pub(super) fn eco(&self, id: NodeId) -> EcoString {
        match &self.get(id).body {
            Body::Scalar(text) => text.clone(),
            _ => EcoString::new(),
        }
    }

    /// Returns the items of a list.
    pub(super) fn items(&self, id: NodeId) -> &[NodeId] {
        match &self.get(id).body {
            Body::Seq(items) => items,
            _ => &[],
        }
    }

    /// Returns the items of a list for changing.
    pub(super) fn items_mut(&mut self, id: NodeId) -> Option<&mut Vec<NodeId>> {
        match &mut self.get_mut(id).body {
            Body::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// Returns the entries of a map.
    pub(super) fn entries(&self, id: NodeId) -> &[(NodeId, NodeId)] {
        match &self.get(id).body {
            Body::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Returns the entries of a map for changing.
    pub(super) fn entries_mut(&mut self, id: NodeId) -> Option<&mut Vec<(NodeId, NodeId)>> {
        match &mut self.get_mut(id).body {
            Body::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// Whether a node has the tag of null (kyaml's `IsTaggedNull`).
    pub(super) fn is_null(&self, id: NodeId) -> bool {
        self.get(id).tag == Tag::Null
    }

    /// Whether a map has no entries, or is null (kyaml's `IsEmptyMap`).
    pub(super) fn is_empty_map(&self, id: NodeId) -> bool {
        self.is_null(id) || matches!(&self.get(id).body, Body::Map(entries) if entries.is_empty())
    }

    /// Whether a node appears empty (kyaml's `IsNilOrEmpty`): null, `{}` or `[]`.
    pub(super) fn is_nothing(&self, id: NodeId) -> bool {
        let node = self.get(id);
        node.tag == Tag::Null
            || match &node.body {
                Body::Map(entries) => entries.is_empty(),
                Body::Seq(items) => items.is_empty(),
                Body::Scalar(_) => false,
            }
    }

    /// Whether a node is a text, or may be one (kyaml's `IsYNodeString`).
    pub(super) fn is_string(&self, id: NodeId) -> bool {
        let node = self.get(id);
        matches!(node.body, Body::Scalar(_)) && matches!(node.tag, Tag::Str | Tag::Empty)
    }
}

impl From<Resolved> for Tag {
    fn from(resolved: Resolved) -> Tag {
        match resolved {
            Resolved::Null => Tag::Null,
            Resolved::Bool(_) => Tag::Bool,
            Resolved::Int(_) | Resolved::UInt(_) => Tag::Int,
            Resolved::Float(_) => Tag::Float,
            Resolved::Timestamp => Tag::Timestamp,
            Resolved::Str => Tag::Str,
        }
    }
}

/// Returns the tag that yaml.v3 gives an unquoted text.
pub(super) fn plain_tag(text: &str) -> Tag {
    resolve_plain(text, Rules::V3).into()
}
