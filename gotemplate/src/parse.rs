//! Builds nodes from tokens, with Go's grammar and error texts.
//!
//! Two stacks stand for the two kinds of nesting: open blocks (`if` … `end`) here, open parentheses in
//! [`crate::pipeline`]. Neither uses the thread's stack.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::Error;
use crate::functions::Functions;
use crate::lex::{Item, Kind, Lexer};
use crate::node::{Branch, Node, NodeId, NodeKind, Source};
use crate::pipeline::Frame;
use crate::quote;

/// How many bytes of a text there are to an action, in most.
const BYTES_AN_ACTION: usize = 96;

/// A template as parsed: its name and the list of its nodes.
pub(crate) struct Body {
    pub(crate) name: Arc<str>,
    pub(crate) root: NodeId,
}

pub(crate) struct Parser<'a> {
    pub(crate) lexer: Lexer<'a>,
    pub(crate) functions: &'a Functions,
    pub(crate) source: Source,
    /// Tokens read ahead; `tokens[0]` is always the newest, whose line errors name.
    pub(crate) tokens: [Item; 3],
    pub(crate) ahead: usize,
    /// Variables in scope, by name.
    pub(crate) variables: Vec<&'a [u8]>,
    pub(crate) max_parens: usize,
    /// The delimiter of the action that is being read.
    action: Option<Item>,
    ranges: u32,
    open: Vec<Open<'a>>,
    /// The nodes of the open lists, those of the innermost last.
    list: Vec<NodeId>,
    bodies: Vec<Body>,
    body_numbers: BTreeMap<Arc<str>, usize>,
    /// Room for open pipelines.
    pub(crate) frames: Vec<Frame>,
    /// The commands and arguments of open pipelines.
    pub(crate) pending: Vec<NodeId>,
}

/// A block whose `end` is still to come.
struct Open<'a> {
    kind: OpenKind<'a>,
    pos: u32,
    /// Where its list starts among those that are open.
    from: usize,
    /// Started by `else if` or `else with`: its `end` ends the block around it as well.
    chained: bool,
}

enum OpenKind<'a> {
    Branch { kind: Branch, pipe: NodeId, then: Option<NodeId>, scope: usize },
    Define { name: Arc<str>, block: Option<NodeId>, variables: Vec<&'a [u8]>, ranges: u32 },
}

enum Step {
    Node(NodeId),
    Opened,
    Else,
    End,
}

/// Parses a text. Returns the nodes, and the bodies it defines; the last one is the text's own.
pub(crate) fn parse(
    name: &Arc<str>,
    text: &Arc<[u8]>,
    delims: (&str, &str),
    functions: &Functions,
    max_parens: usize,
) -> Result<(Source, Vec<Body>), Error> {
    if u32::try_from(text.len()).is_err() {
        return Err(Error::parse(name, 1, "template text is longer than 4 GiB".to_owned()));
    }
    let mut lexer = Lexer::new(text, delims.0.as_bytes(), delims.1.as_bytes());
    lexer.break_is_keyword = functions.find("break").is_none();
    lexer.continue_is_keyword = functions.find("continue").is_none();
    fn delim<'d>(given: &'d str, default: &'d str) -> &'d [u8] {
        if given.is_empty() { default } else { given }.as_bytes()
    }
    let mut source = Source::new(name.clone(), text.clone(), delim(delims.0, "{{"), delim(delims.1, "}}"));
    source.reserve(text.len() / BYTES_AN_ACTION);
    let mut parser = Parser {
        lexer,
        functions,
        source,
        tokens: [Item { kind: Kind::Eof, start: 0, end: 0 }; 3],
        ahead: 0,
        variables: vec![b"$"],
        max_parens,
        action: None,
        ranges: 0,
        open: Vec::new(),
        list: Vec::new(),
        bodies: Vec::new(),
        body_numbers: BTreeMap::new(),
        frames: Vec::new(),
        pending: Vec::new(),
    };
    parser.run()?;
    Ok((parser.source, parser.bodies))
}

// Tokens.
impl<'a> Parser<'a> {
    pub(crate) fn next(&mut self) -> Item {
        if self.ahead > 0 {
            self.ahead -= 1;
        } else {
            self.tokens[0] = self.lexer.next_item();
        }
        self.tokens[self.ahead]
    }

    pub(crate) fn backup(&mut self) {
        self.ahead += 1;
    }

    pub(crate) fn peek(&mut self) -> Item {
        let item = self.next();
        self.backup();
        item
    }

    pub(crate) fn next_non_space(&mut self) -> Item {
        loop {
            let item = self.next();
            if item.kind != Kind::Space {
                return item;
            }
        }
    }

    pub(crate) fn peek_non_space(&mut self) -> Item {
        let item = self.next_non_space();
        self.backup();
        item
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Result<Item, Error> {
        let item = self.next_non_space();
        if item.kind == kind { Ok(item) } else { Err(self.unexpected(item, context)) }
    }

    pub(crate) fn add(&mut self, pos: u32, kind: NodeKind) -> NodeId {
        let id = u32::try_from(self.source.nodes.len()).expect("a text below 4 GiB has fewer nodes");
        self.source.nodes.push(Node { pos, kind });
        id
    }

    pub(crate) fn error(&self, message: impl Into<String>) -> Error {
        Error::parse(&self.source.name, self.lexer.line(self.tokens[0]), message.into())
    }

    pub(crate) fn unexpected(&self, item: Item, context: &str) -> Error {
        let text = self.lexer.describe(item);
        if item.kind != Kind::Error {
            return self.error(format!("unexpected {text} in {context}"));
        }
        let Some(line) =
            self.action.map(|action| self.lexer.line(action)).filter(|line| *line != self.lexer.line(item))
        else {
            return self.error(text);
        };
        // "unclosed action" is not followed by "in action" again.
        let joint = if text.ends_with(" action") { "" } else { " in action" };
        self.error(format!("{text}{joint} started at {}:{line}", self.source.name))
    }
}

// Blocks.
impl<'a> Parser<'a> {
    fn run(&mut self) -> Result<(), Error> {
        loop {
            if self.open.is_empty() {
                let item = self.peek();
                if item.kind == Kind::Eof {
                    break;
                }
                if item.kind == Kind::LeftDelim && self.define(item)? {
                    continue;
                }
            } else if self.peek_non_space().kind == Kind::Eof {
                return Err(self.error("unexpected EOF"));
            }
            match self.text_or_action()? {
                Step::Node(node) => self.list.push(node),
                Step::Opened => {}
                Step::Else => self.otherwise()?,
                Step::End => self.end()?,
            }
        }
        let root = self.close_list(0);
        self.define_body(self.source.name.clone(), root)
    }

    /// Opens a `define` when the next action is one; it may only stand at the top.
    fn define(&mut self, delim: Item) -> Result<bool, Error> {
        self.next();
        if self.next_non_space().kind != Kind::Define {
            self.tokens[1] = delim;
            self.ahead = 2;
            return Ok(false);
        }
        let item = self.next_non_space();
        let name = self.template_name(item, "define clause")?;
        self.expect(Kind::RightDelim, "define clause")?;
        self.open_define(name, None, 0);
        Ok(true)
    }

    fn open_define(&mut self, name: Arc<str>, block: Option<NodeId>, pos: u32) {
        let variables = std::mem::replace(&mut self.variables, vec![b"$"]);
        let ranges = std::mem::take(&mut self.ranges);
        self.action = None;
        self.push_open(OpenKind::Define { name, block, variables, ranges }, pos, false);
    }

    fn push_open(&mut self, kind: OpenKind<'a>, pos: u32, chained: bool) {
        self.open.push(Open { kind, pos, from: self.list.len(), chained });
    }

    fn close_list(&mut self, from: usize) -> NodeId {
        let nodes = self.source.add_list(&self.list[from..]);
        self.list.truncate(from);
        self.add(0, NodeKind::List(nodes))
    }

    fn text_or_action(&mut self) -> Result<Step, Error> {
        let item = self.next_non_space();
        match item.kind {
            Kind::Text => {
                let kind = NodeKind::Text { start: item.start, end: item.end };
                Ok(Step::Node(self.add(item.start, kind)))
            }
            Kind::LeftDelim => {
                self.action = Some(item);
                let step = self.action()?;
                if !matches!(step, Step::Opened) {
                    self.action = None;
                }
                Ok(step)
            }
            _ => Err(self.unexpected(item, "input")),
        }
    }

    fn action(&mut self) -> Result<Step, Error> {
        let item = self.next_non_space();
        match item.kind {
            Kind::Block => self.block(),
            Kind::Break => self.loop_control(item, "break", NodeKind::Break),
            Kind::Continue => self.loop_control(item, "continue", NodeKind::Continue),
            Kind::Else => {
                let item = self.peek_non_space();
                if !matches!(item.kind, Kind::If | Kind::With) {
                    self.expect(Kind::RightDelim, "else")?;
                }
                Ok(Step::Else)
            }
            Kind::End => self.expect(Kind::RightDelim, "end").map(|_| Step::End),
            Kind::If => self.branch(Branch::If, false),
            Kind::Range => self.branch(Branch::Range, false),
            Kind::With => self.branch(Branch::With, false),
            Kind::Template => self.template().map(Step::Node),
            _ => {
                self.backup();
                let pos = self.peek().start;
                let pipe = self.pipeline("command", Kind::RightDelim)?;
                Ok(Step::Node(self.add(pos, NodeKind::Action { pipe })))
            }
        }
    }

    fn loop_control(&mut self, item: Item, word: &str, kind: NodeKind) -> Result<Step, Error> {
        let next = self.next_non_space();
        if next.kind != Kind::RightDelim {
            return Err(self.unexpected(next, &format!("{{{{{word}}}}}")));
        }
        if self.ranges == 0 {
            return Err(self.error(format!("{{{{{word}}}}} outside {{{{range}}}}")));
        }
        Ok(Step::Node(self.add(item.start, kind)))
    }

    fn branch(&mut self, kind: Branch, chained: bool) -> Result<Step, Error> {
        let scope = self.variables.len();
        let pipe = self.pipeline(kind.word(), Kind::RightDelim)?;
        self.ranges += u32::from(kind == Branch::Range);
        let pos = self.source.nodes[pipe as usize].pos;
        self.push_open(OpenKind::Branch { kind, pipe, then: None, scope }, pos, chained);
        Ok(Step::Opened)
    }

    fn otherwise(&mut self) -> Result<(), Error> {
        let list = self.close_list(self.open.last().map_or(0, |open| open.from));
        let kind = match self.open.last_mut().map(|open| &mut open.kind) {
            None => return Err(self.error("unexpected {{else}}")),
            Some(OpenKind::Define { block, .. }) => {
                let context = if block.is_some() { "block clause" } else { "define clause" };
                return Err(self.error(format!("unexpected {{{{else}}}} in {context}")));
            }
            Some(OpenKind::Branch { then: Some(_), .. }) => {
                return Err(self.error("expected end; found {{else}}"));
            }
            Some(OpenKind::Branch { then, kind, .. }) => {
                *then = Some(list);
                *kind
            }
        };
        self.ranges -= u32::from(kind == Branch::Range);
        let word = match kind {
            Branch::If => Kind::If,
            Branch::With => Kind::With,
            Branch::Range => return Ok(()),
        };
        if self.peek().kind == word {
            self.next();
            self.branch(kind, true)?;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Error> {
        loop {
            let Some(open) = self.open.pop() else { return Err(self.error("unexpected {{end}}")) };
            let list = self.close_list(open.from);
            match open.kind {
                OpenKind::Branch { kind, pipe, then, scope } => {
                    self.ranges -= u32::from(kind == Branch::Range && then.is_none());
                    self.variables.truncate(scope);
                    let (then, otherwise) = then.map_or((list, None), |then| (then, Some(list)));
                    let node = self.add(open.pos, NodeKind::Branch { kind, pipe, then, otherwise });
                    self.list.push(node);
                }
                OpenKind::Define { name, block, variables, ranges } => {
                    self.define_body(name.clone(), list)?;
                    (self.variables, self.ranges) = (variables, ranges);
                    if block.is_some() {
                        let node = self.add(open.pos, NodeKind::Template { name, pipe: block });
                        self.list.push(node);
                    }
                }
            }
            if !open.chained {
                return Ok(());
            }
        }
    }

    /// Keeps a body under its name; an empty one gives way to any other.
    fn define_body(&mut self, name: Arc<str>, root: NodeId) -> Result<(), Error> {
        let Some(&at) = self.body_numbers.get(&name) else {
            self.body_numbers.insert(name.clone(), self.bodies.len());
            self.bodies.push(Body { name, root });
            return Ok(());
        };
        if self.source.is_empty(self.bodies[at].root) {
            self.bodies[at].root = root;
        } else if !self.source.is_empty(root) {
            let name = quote::quoted(name.as_bytes());
            return Err(self.error(format!("template: multiple definition of template {name}")));
        }
        Ok(())
    }

    fn block(&mut self) -> Result<Step, Error> {
        let item = self.next_non_space();
        let name = self.template_name(item, "block clause")?;
        let pipe = self.pipeline("block clause", Kind::RightDelim)?;
        self.open_define(name, Some(pipe), item.start);
        Ok(Step::Opened)
    }

    fn template(&mut self) -> Result<NodeId, Error> {
        let item = self.next_non_space();
        let name = self.template_name(item, "template clause")?;
        let pipe = if self.next_non_space().kind == Kind::RightDelim {
            None
        } else {
            self.backup();
            Some(self.pipeline("template clause", Kind::RightDelim)?)
        };
        Ok(self.add(item.start, NodeKind::Template { name, pipe }))
    }

    fn template_name(&mut self, item: Item, context: &str) -> Result<Arc<str>, Error> {
        if !matches!(item.kind, Kind::String | Kind::RawString) {
            return Err(self.unexpected(item, context));
        }
        let name = quote::unquote(self.lexer.value(item)).ok_or_else(|| self.error("invalid syntax"))?;
        Ok(Arc::from(String::from_utf8_lossy(&name)))
    }
}
