//! The tree that YAML text is read into.

use ecow::EcoString;

use crate::source::Span;
use crate::value::{Map, Step, Value, ValuePath};

/// How a scalar was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ScalarStyle {
    /// Without quotes.
    #[default]
    Plain,
    /// In single quotes.
    SingleQuoted,
    /// In double quotes.
    DoubleQuoted,
    /// As a block that keeps its line breaks (`|`).
    Literal,
    /// As a block whose lines are joined (`>`).
    Folded,
}

/// What a scalar is under the rules that read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ScalarKind {
    /// Not looked at yet.
    #[default]
    Unresolved,
    /// Null.
    Null,
    /// `true` or `false`; the text may be another word for it.
    Bool,
    /// An integer; the text may be in any base.
    Int,
    /// A number that is no integer of 64 bits.
    Float,
    /// A text.
    Str,
}

/// A scalar: its text with quotes, escapes and folding undone, and how it was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scalar {
    /// The text. In a normalized tree, booleans, nulls and numbers have their JSON form here.
    pub text: EcoString,
    /// How it was written.
    pub style: ScalarStyle,
    /// What it is.
    pub kind: ScalarKind,
}

/// What few nodes have: a tag and an anchor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Props {
    /// The tag, resolved: `tag:yaml.org,2002:str` for `!!str`, `!x` for `!x`.
    pub tag: Option<EcoString>,
    /// The anchor, without `&`.
    pub anchor: Option<EcoString>,
}

/// The number of an entry in the table of origins that belongs to a set of objects: the value, layer or step behind a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OriginId(pub std::num::NonZeroU32);

/// The kinds of node.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// A scalar.
    Scalar(Scalar),
    /// A list.
    Seq(Vec<Node>),
    /// A map, in the order written. Before [`normalize`](super::normalize) a key may be any node and may stand twice.
    Map(Vec<(Node, Node)>),
    /// A reference to an anchor; there are none in a normalized tree.
    Alias(EcoString),
}

/// A node of YAML with the place it came from.
///
/// It takes 56 bytes where it stands. With the texts of more than 15 bytes that lie elsewhere it comes to 62 in manifests
/// of the ready-made packages and to 72 in those of large charts; `yaml_bench` counts it.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Where it starts: in the file as its author wrote it.
    pub span: Span,
    /// What stands behind it, when it did not come from the text at `span` alone.
    pub origin: Option<OriginId>,
    /// Tag and anchor.
    pub props: Option<Box<Props>>,
}

impl Node {
    /// Returns a node of this kind at a place.
    pub fn new(kind: NodeKind, span: Span) -> Node {
        Node { kind, span, origin: None, props: None }
    }

    /// Returns a typed text.
    pub fn string(text: impl Into<EcoString>, span: Span) -> Node {
        Node::scalar(text, ScalarKind::Str, span)
    }

    /// Returns a typed scalar; the text of a kind other than text must be its JSON form.
    pub fn scalar(text: impl Into<EcoString>, kind: ScalarKind, span: Span) -> Node {
        Node::new(NodeKind::Scalar(Scalar { text: text.into(), style: ScalarStyle::Plain, kind }), span)
    }

    /// Returns a map without entries.
    pub fn map(span: Span) -> Node {
        Node::new(NodeKind::Map(Vec::new()), span)
    }

    /// Returns a normalized tree of a value, with every node at the same place and origin.
    pub fn from_value(value: &Value, span: Span, origin: Option<OriginId>) -> Node {
        let scalar = |text: EcoString, kind| Node::scalar(text, kind, span);
        let mut node = match value {
            Value::Null => scalar("null".into(), ScalarKind::Null),
            Value::Bool(b) => scalar(if *b { "true" } else { "false" }.into(), ScalarKind::Bool),
            Value::Int(i) => scalar(ecow::eco_format!("{i}"), ScalarKind::Int),
            Value::UInt(u) => scalar(ecow::eco_format!("{u}"), ScalarKind::Int),
            Value::Float(f) => scalar(ecow::eco_format!("{f:?}"), ScalarKind::Float),
            Value::Str(text) => scalar(text.clone(), ScalarKind::Str),
            Value::Seq(items) => {
                let items = items.iter().map(|item| Node::from_value(item, span, origin)).collect();
                Node::new(NodeKind::Seq(items), span)
            }
            Value::Map(map) => {
                let pair =
                    |(k, v): (&EcoString, &Value)| (Node::string(k.clone(), span), Node::from_value(v, span, origin));
                Node::new(NodeKind::Map(map.iter().map(pair).collect()), span)
            }
        };
        node.origin = origin;
        node
    }

    /// Returns the value of a normalized tree. Unresolved scalars count as text, aliases as null.
    pub fn to_value(&self) -> Value {
        match &self.kind {
            NodeKind::Scalar(scalar) => scalar.to_value(),
            NodeKind::Seq(items) => items.iter().map(Node::to_value).collect::<Vec<_>>().into(),
            NodeKind::Map(entries) => {
                let entries = entries.iter().filter_map(|(k, v)| Some((EcoString::from(k.as_str()?), v.to_value())));
                entries.collect::<Map>().into()
            }
            NodeKind::Alias(_) => Value::Null,
        }
    }

    /// Returns the word for its kind in messages, as [`Value::kind`] does.
    pub fn kind_name(&self) -> &'static str {
        match &self.kind {
            NodeKind::Scalar(scalar) => match scalar.kind {
                ScalarKind::Null => "null",
                ScalarKind::Bool => "boolean",
                ScalarKind::Int => "integer",
                ScalarKind::Float => "number",
                ScalarKind::Str | ScalarKind::Unresolved => "string",
            },
            NodeKind::Seq(_) => "list",
            NodeKind::Map(_) => "map",
            NodeKind::Alias(_) => "alias",
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, NodeKind::Scalar(Scalar { kind: ScalarKind::Null, .. }))
    }

    /// Returns the scalar, if it is one.
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            NodeKind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// Returns the text of a scalar that is a text (or not resolved).
    pub fn as_str(&self) -> Option<&str> {
        self.as_scalar().filter(|s| matches!(s.kind, ScalarKind::Str | ScalarKind::Unresolved)).map(|s| s.text.as_str())
    }

    /// Returns the items, if it is a list.
    pub fn as_seq(&self) -> Option<&[Node]> {
        match &self.kind {
            NodeKind::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// Returns the entries, if it is a map.
    pub fn as_map(&self) -> Option<&[(Node, Node)]> {
        match &self.kind {
            NodeKind::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// Returns the entries for changing, if it is a map.
    pub fn as_map_mut(&mut self) -> Option<&mut Vec<(Node, Node)>> {
        match &mut self.kind {
            NodeKind::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// Returns key and value of an entry, if this is a map that has it. Maps are scanned: they are small.
    pub fn entry(&self, key: &str) -> Option<&(Node, Node)> {
        self.as_map()?.iter().find(|(k, _)| k.as_str() == Some(key))
    }

    /// Returns the value of a key, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|(_, value)| value)
    }

    /// Returns the value of a key for changing.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.as_map_mut()?.iter_mut().find(|(k, _)| k.as_str() == Some(key)).map(|(_, value)| value)
    }

    /// Puts a value under a key of a map: in the place of the value that is there, or last. Does nothing elsewhere.
    pub fn set(&mut self, key: &str, value: Node) {
        if let Some(slot) = self.get_mut(key) {
            *slot = value;
        } else if let Some(entries) = self.as_map_mut() {
            entries.push((Node::string(key, value.span), value));
        }
    }

    /// Returns the node at a path.
    pub fn at(&self, path: &ValuePath) -> Option<&Node> {
        path.steps().iter().try_fold(self, |node, step| match step {
            Step::Key(key) => node.get(key),
            Step::Index(index) => node.as_seq()?.get(*index),
        })
    }
}

impl Scalar {
    /// Returns the value of a typed scalar; an unresolved one counts as text.
    pub fn to_value(&self) -> Value {
        match self.kind {
            ScalarKind::Null => Value::Null,
            ScalarKind::Bool => Value::Bool(self.text == "true"),
            ScalarKind::Int => {
                let signed = self.text.parse::<i64>().map(Value::Int);
                signed
                    .or_else(|_| self.text.parse::<u64>().map(Value::from))
                    .unwrap_or_else(|_| self.text.clone().into())
            }
            ScalarKind::Float => self.text.parse::<f64>().map_or_else(|_| self.text.clone().into(), Value::Float),
            ScalarKind::Str | ScalarKind::Unresolved => self.text.clone().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_pointer_width = "64")]
    #[test]
    fn a_node_is_as_small_as_its_documentation_says() {
        assert_eq!(size_of::<Node>(), 56);
    }
}
