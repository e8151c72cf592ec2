//! The parsed text: nodes in one arena, and their canonical form (Go's `Node.String()`).
//!
//! Nodes refer to each other by number. Nothing here recurses, so text nested without end costs memory and no stack,
//! when it is parsed, printed or dropped.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::lex::{Kind, Lexer};
use crate::number::Number;
use crate::quote;

/// The number of a node in its [`Source`].
pub(crate) type NodeId = u32;

/// A stretch of one of the lists of a [`Source`]: nodes and names that belong together stand side by side, so that a node
/// owns nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Part {
    start: u32,
    end: u32,
}

/// A name: where it stands in the text, without the dot of a field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Part {
    pub(crate) fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    pub(crate) fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Returns what is behind the first one.
    pub(crate) fn rest(self) -> Part {
        Part { start: self.end.min(self.start + 1), end: self.end }
    }

    /// Returns the number of one in the whole list.
    pub(crate) fn number(self, at: usize) -> u32 {
        self.start + small(at)
    }
}

#[derive(Debug)]
pub(crate) struct Node {
    /// Where errors place the node. For `.a.b` this is the second dot, as in Go.
    pub(crate) pos: u32,
    pub(crate) kind: NodeKind,
}

#[derive(Debug)]
pub(crate) enum NodeKind {
    List(Part),
    Text {
        start: u32,
        end: u32,
    },
    Action {
        pipe: NodeId,
    },
    Pipe {
        assign: bool,
        declared: Part,
        commands: Part,
    },
    Command {
        args: Part,
    },
    Identifier(Name),
    /// The variable's name with its `$`, then fields.
    Variable(Part),
    Dot,
    Nil,
    Field(Part),
    Chain {
        node: NodeId,
        fields: Part,
    },
    Bool(bool),
    Number {
        start: u32,
        end: u32,
        number: Box<Number>,
    },
    /// A literal with its quotes, which [`Source::string`] takes off.
    Str {
        start: u32,
        end: u32,
    },
    Branch {
        kind: Branch,
        pipe: NodeId,
        then: NodeId,
        otherwise: Option<NodeId>,
    },
    Break,
    Continue,
    Template {
        name: Arc<str>,
        pipe: Option<NodeId>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Branch {
    If,
    Range,
    With,
}

impl Branch {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Branch::If => "if",
            Branch::Range => "range",
            Branch::With => "with",
        }
    }
}

/// One parsed text with the nodes of all templates defined in it.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) name: Arc<str>,
    pub(crate) text: Arc<[u8]>,
    pub(crate) left: Box<[u8]>,
    pub(crate) right: Box<[u8]>,
    pub(crate) nodes: Vec<Node>,
    /// The parts of nodes that are nodes.
    lists: Vec<NodeId>,
    /// The parts of nodes that are names.
    names: Vec<Name>,
    /// The ranges of all actions with their delimiters, found when somebody asks.
    pub(crate) actions: OnceLock<Vec<Range<u32>>>,
}

enum Work<'a> {
    Node(NodeId),
    Bytes(&'a [u8]),
}

impl Source {
    pub(crate) fn new(name: Arc<str>, text: Arc<[u8]>, left: &[u8], right: &[u8]) -> Source {
        Source {
            name,
            text,
            left: left.into(),
            right: right.into(),
            nodes: Vec::new(),
            lists: Vec::new(),
            names: Vec::new(),
            actions: OnceLock::new(),
        }
    }

    /// Makes room for the nodes of so many actions, as many as most take.
    pub(crate) fn reserve(&mut self, actions: usize) {
        self.nodes.reserve(5 * actions);
        self.lists.reserve(4 * actions);
        self.names.reserve(2 * actions);
    }

    pub(crate) fn list(&self, part: Part) -> &[NodeId] {
        &self.lists[part.start as usize..part.end as usize]
    }

    pub(crate) fn names(&self, part: Part) -> &[Name] {
        &self.names[part.start as usize..part.end as usize]
    }

    pub(crate) fn add_list(&mut self, nodes: &[NodeId]) -> Part {
        let start = small(self.lists.len());
        self.lists.extend_from_slice(nodes);
        Part { start, end: small(self.lists.len()) }
    }

    /// Adds a node to the list that was added last, which may be empty.
    pub(crate) fn grow_list(&mut self, list: Part, node: NodeId) -> Part {
        let end = small(self.lists.len());
        self.lists.push(node);
        Part { start: if list.is_empty() { end } else { list.start }, end: end + 1 }
    }

    /// Adds a name to those that were added last, which may be none.
    pub(crate) fn add_name(&mut self, names: Part, name: Name) -> Part {
        let end = small(self.names.len());
        self.names.push(name);
        Part { start: if names.is_empty() { end } else { names.start }, end: end + 1 }
    }

    pub(crate) fn kind(&self, id: NodeId) -> &NodeKind {
        &self.nodes[id as usize].kind
    }

    /// Returns the offset where errors place a node.
    pub(crate) fn pos(&self, id: NodeId) -> u32 {
        self.nodes[id as usize].pos
    }

    pub(crate) fn slice(&self, start: u32, end: u32) -> &[u8] {
        &self.text[start as usize..end as usize]
    }

    /// Returns the name with a number.
    pub(crate) fn name_at(&self, number: u32) -> Name {
        self.names[number as usize]
    }

    /// Returns the text of the name with a number.
    pub(crate) fn numbered(&self, number: u32) -> &str {
        self.name(self.name_at(number))
    }

    /// Returns the text of a name.
    pub(crate) fn name(&self, name: Name) -> &str {
        // Names are made of whole characters.
        std::str::from_utf8(self.slice(name.start, name.end)).unwrap_or_default()
    }

    /// Returns what a literal in quotes means.
    pub(crate) fn string(&self, start: u32, end: u32) -> Arc<[u8]> {
        // Nothing is parsed that could not be read.
        quote::unquote(self.slice(start, end)).unwrap_or_default().into()
    }

    /// Returns line (from 1) and byte in the line (from 0) of a node.
    pub(crate) fn place(&self, id: NodeId) -> (u32, u32) {
        let before = &self.text[..self.pos(id) as usize];
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
        let column = before.len() - before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }

    /// Returns the range of the action that a node stands in, delimiters included.
    pub(crate) fn action_range(&self, id: NodeId) -> Range<usize> {
        let actions = self.actions.get_or_init(|| self.find_actions());
        let pos = self.pos(id);
        let at = actions.partition_point(|action| action.end <= pos);
        let action = actions.get(at).filter(|action| action.start <= pos);
        action.map_or(pos as usize..pos as usize, |action| action.start as usize..action.end as usize)
    }

    fn find_actions(&self) -> Vec<Range<u32>> {
        let mut lexer = Lexer::new(&self.text, &self.left, &self.right);
        let (mut actions, mut start) = (Vec::new(), 0);
        loop {
            let item = lexer.next_item();
            match item.kind {
                Kind::LeftDelim => start = item.start,
                Kind::RightDelim => actions.push(start..item.end),
                Kind::Eof | Kind::Error => return actions,
                _ => {}
            }
        }
    }

    pub(crate) fn print(&self, id: NodeId) -> String {
        String::from_utf8_lossy(&self.print_bytes(id)).into_owned()
    }

    pub(crate) fn print_bytes(&self, id: NodeId) -> Vec<u8> {
        let mut out = Vec::new();
        let mut work = vec![Work::Node(id)];
        while let Some(next) = work.pop() {
            match next {
                Work::Bytes(bytes) => out.extend_from_slice(bytes),
                Work::Node(id) => {
                    let from = work.len();
                    self.print_one(self.kind(id), &mut out, &mut work);
                    work[from..].reverse();
                }
            }
        }
        out
    }

    /// Writes a leaf, or lists the parts of a node in their order.
    fn print_one<'a>(&'a self, kind: &'a NodeKind, out: &mut Vec<u8>, work: &mut Vec<Work<'a>>) {
        match kind {
            NodeKind::List(nodes) => work.extend(self.list(*nodes).iter().map(|&node| Work::Node(node))),
            NodeKind::Text { start, end } | NodeKind::Number { start, end, .. } | NodeKind::Str { start, end, .. } => {
                out.extend_from_slice(self.slice(*start, *end));
            }
            NodeKind::Action { pipe } => {
                work.extend([Work::Bytes(&self.left), Work::Node(*pipe), Work::Bytes(&self.right)]);
            }
            NodeKind::Pipe { assign, declared, commands } => {
                let sign: &[u8] = if *assign { b" = " } else { b" := " };
                self.join(self.list(*declared), b", ", work);
                work.extend((!declared.is_empty()).then_some(Work::Bytes(sign)));
                self.join(self.list(*commands), b" | ", work);
            }
            NodeKind::Command { args } => self.join(self.list(*args), b" ", work),
            NodeKind::Identifier(name) => out.extend_from_slice(self.name(*name).as_bytes()),
            NodeKind::Variable(names) => {
                let names = self.names(*names);
                out.extend_from_slice(self.name(names[0]).as_bytes());
                self.print_fields(&names[1..], out);
            }
            NodeKind::Dot => out.push(b'.'),
            NodeKind::Nil => out.extend_from_slice(b"nil"),
            NodeKind::Field(names) => self.print_fields(self.names(*names), out),
            NodeKind::Chain { node, fields } => {
                self.join(std::slice::from_ref(node), b"", work);
                for field in self.names(*fields) {
                    work.extend([Work::Bytes(b"."), Work::Bytes(self.slice(field.start, field.end))]);
                }
            }
            NodeKind::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            NodeKind::Branch { kind, pipe, then, otherwise } => {
                out.extend_from_slice(&self.left);
                out.extend_from_slice(kind.word().as_bytes());
                out.push(b' ');
                work.extend([Work::Node(*pipe), Work::Bytes(&self.right), Work::Node(*then)]);
                if let Some(otherwise) = otherwise {
                    work.extend([Work::Bytes(&self.left), Work::Bytes(b"else"), Work::Bytes(&self.right)]);
                    work.push(Work::Node(*otherwise));
                }
                work.extend([Work::Bytes(&self.left), Work::Bytes(b"end"), Work::Bytes(&self.right)]);
            }
            NodeKind::Break => work.extend([&self.left[..], b"break", &self.right].map(Work::Bytes)),
            NodeKind::Continue => work.extend([&self.left[..], b"continue", &self.right].map(Work::Bytes)),
            NodeKind::Template { name, pipe } => {
                out.extend_from_slice(&self.left);
                out.extend_from_slice(b"template ");
                out.extend_from_slice(quote::quoted(name.as_bytes()).as_bytes());
                if let Some(pipe) = pipe {
                    work.extend([Work::Bytes(b" "), Work::Node(*pipe)]);
                }
                work.push(Work::Bytes(&self.right));
            }
        }
    }

    fn print_fields(&self, names: &[Name], out: &mut Vec<u8>) {
        for name in names {
            out.push(b'.');
            out.extend_from_slice(self.slice(name.start, name.end));
        }
    }

    /// Lists nodes with a text between; pipelines among them stand in parentheses.
    fn join<'a>(&self, nodes: &[NodeId], between: &'a [u8], work: &mut Vec<Work<'a>>) {
        for (at, &node) in nodes.iter().enumerate() {
            if at > 0 {
                work.push(Work::Bytes(between));
            }
            if matches!(self.kind(node), NodeKind::Pipe { .. }) {
                work.extend([Work::Bytes(b"("), Work::Node(node), Work::Bytes(b")")]);
            } else {
                work.push(Work::Node(node));
            }
        }
    }

    /// Reports whether a list holds nothing but space, so that it defines no template.
    pub(crate) fn is_empty(&self, list: NodeId) -> bool {
        let NodeKind::List(nodes) = self.kind(list) else { return false };
        self.list(*nodes).iter().all(|&node| match self.kind(node) {
            NodeKind::Text { start, end } => String::from_utf8_lossy(self.slice(*start, *end)).trim().is_empty(),
            _ => false,
        })
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).expect("a text below 4 GiB has fewer parts")
}
