//! Parses what stands inside an action: declarations, commands, operands, parentheses.

use crate::error::Error;
use crate::lex::{Item, Kind};
use crate::node::{Name, NodeId, NodeKind, Part};
use crate::number::Number;
use crate::parse::Parser;
use crate::quote;

/// A pipeline whose end is still to come: the action's own, or one in parentheses.
pub(crate) struct Frame {
    context: &'static str,
    end: Kind,
    pos: u32,
    assign: bool,
    declared: Part,
    command_pos: u32,
    /// Where its commands start among what is pending, and behind them the arguments of the open command.
    commands_from: usize,
    args_from: usize,
}

/// What the parser looks for next.
enum Want {
    /// A command, or the pipeline's end.
    Command,
    /// An operand of the open command.
    Operand,
    /// Fields after a term that has just been read.
    Fields(NodeId),
    /// What follows an operand: space, pipe or end.
    Separator,
}

impl Parser<'_> {
    /// Parses a pipeline with its end.
    pub(crate) fn pipeline(&mut self, context: &'static str, end: Kind) -> Result<NodeId, Error> {
        let mut frames = std::mem::take(&mut self.frames);
        frames.push(self.begin(context, end)?);
        let mut want = Want::Command;
        loop {
            let frame = frames.last_mut().expect("the action's own pipeline is only popped when it returns");
            want = match want {
                Want::Command => {
                    let item = self.next_non_space();
                    if item.kind == frame.end {
                        let frame = frames.pop().expect("it was there above");
                        let pipe = self.finish(&frame)?;
                        if frames.is_empty() {
                            self.frames = frames;
                            return Ok(pipe);
                        }
                        Want::Fields(pipe)
                    } else if starts_operand(item.kind) {
                        self.backup();
                        frame.command_pos = item.start;
                        Want::Operand
                    } else {
                        return Err(self.unexpected(item, frame.context));
                    }
                }
                Want::Operand => {
                    let item = self.next_non_space();
                    if item.kind == Kind::LeftParen {
                        if frames.len() > self.max_parens {
                            return Err(self.error("max expression depth exceeded"));
                        }
                        frames.push(self.begin("parenthesized pipeline", Kind::RightParen)?);
                        Want::Command
                    } else if let Some(node) = self.term(item)? {
                        Want::Fields(node)
                    } else {
                        self.backup();
                        Want::Separator
                    }
                }
                Want::Fields(node) => {
                    let operand = self.fields(node)?;
                    self.pending.push(operand);
                    Want::Separator
                }
                Want::Separator => {
                    let item = self.next();
                    match item.kind {
                        Kind::Space => {
                            self.peek_non_space();
                            Want::Operand
                        }
                        Kind::RightDelim | Kind::RightParen | Kind::Pipe => {
                            if item.kind != Kind::Pipe {
                                self.backup();
                            }
                            if self.pending.len() == frame.args_from {
                                return Err(self.error("empty command"));
                            }
                            let args = self.source.add_list(&self.pending[frame.args_from..]);
                            self.pending.truncate(frame.args_from);
                            let command = self.add(frame.command_pos, NodeKind::Command { args });
                            self.pending.push(command);
                            frame.args_from += 1;
                            Want::Command
                        }
                        _ => return Err(self.unexpected(item, "operand")),
                    }
                }
            };
        }
    }

    /// Starts a pipeline: reads its declarations, if any.
    fn begin(&mut self, context: &'static str, end: Kind) -> Result<Frame, Error> {
        let pos = self.peek_non_space().start;
        let mut frame = Frame {
            context,
            end,
            pos,
            assign: false,
            declared: Part::default(),
            command_pos: 0,
            commands_from: self.pending.len(),
            args_from: self.pending.len(),
        };
        loop {
            let variable = self.peek_non_space();
            if variable.kind != Kind::Variable {
                return Ok(frame);
            }
            self.next();
            // A space is a token, so it takes three tokens to know `$x foo` from `$x := foo`.
            let after = self.peek();
            let next = self.peek_non_space();
            if matches!(next.kind, Kind::Assign | Kind::Declare) {
                frame.assign = next.kind == Kind::Assign;
                self.next_non_space();
                self.declare(&mut frame, variable);
                return Ok(frame);
            }
            if next.kind == Kind::Char && self.lexer.value(next) == b"," {
                self.next_non_space();
                self.declare(&mut frame, variable);
                if context == "range" && frame.declared.len() < 2 {
                    if matches!(self.peek_non_space().kind, Kind::Variable | Kind::RightDelim | Kind::RightParen) {
                        continue;
                    }
                    return Err(self.error("range can only initialize variables"));
                }
                return Err(self.error(format!("too many declarations in {context}")));
            }
            if after.kind == Kind::Space {
                (self.tokens[1], self.tokens[2], self.ahead) = (after, variable, 3);
            } else {
                (self.tokens[1], self.ahead) = (variable, 2);
            }
            return Ok(frame);
        }
    }

    fn declare(&mut self, frame: &mut Frame, item: Item) {
        self.variables.push(self.lexer.value(item));
        let names = self.source.add_name(Part::default(), item.into());
        let node = self.add(item.start, NodeKind::Variable(names));
        frame.declared = self.source.grow_list(frame.declared, node);
    }

    fn finish(&mut self, frame: &Frame) -> Result<NodeId, Error> {
        let commands = self.source.add_list(&self.pending[frame.commands_from..]);
        self.pending.truncate(frame.commands_from);
        if commands.is_empty() {
            return Err(self.error(format!("missing value for {}", frame.context)));
        }
        for (stage, &command) in self.source.list(commands).iter().enumerate().skip(1) {
            let NodeKind::Command { args } = self.source.kind(command) else { continue };
            let first = self.source.kind(self.source.list(*args)[0]);
            if is_constant(first) {
                return Err(self.error(format!("non executable command in pipeline stage {}", stage + 1)));
            }
        }
        let kind = NodeKind::Pipe { assign: frame.assign, declared: frame.declared, commands };
        Ok(self.add(frame.pos, kind))
    }

    /// Reads a term that is no parenthesis; nothing when the token starts none.
    fn term(&mut self, item: Item) -> Result<Option<NodeId>, Error> {
        let value = self.lexer.value(item);
        let kind = match item.kind {
            Kind::Identifier => {
                if !std::str::from_utf8(value).is_ok_and(|name| self.functions.contains(name)) {
                    return Err(self.error(format!("function {} not defined", quote::quoted(value))));
                }
                NodeKind::Identifier(item.into())
            }
            Kind::Dot => NodeKind::Dot,
            Kind::Nil => NodeKind::Nil,
            Kind::Variable => {
                if !self.variables.contains(&value) {
                    return Err(self.error(format!("undefined variable {}", quote::quoted(value))));
                }
                NodeKind::Variable(self.source.add_name(Part::default(), item.into()))
            }
            Kind::Field => NodeKind::Field(self.source.add_name(Part::default(), field(item))),
            Kind::Bool => NodeKind::Bool(value == b"true"),
            Kind::CharConstant | Kind::Complex | Kind::Number => {
                let number = match item.kind {
                    Kind::CharConstant => Number::character(value),
                    Kind::Complex => Number::complex(value),
                    _ => Number::parse(value),
                };
                let number = Box::new(number.map_err(|message| self.error(message))?);
                NodeKind::Number { start: item.start, end: item.end, number }
            }
            Kind::String | Kind::RawString => {
                if !quote::is_literal(value) {
                    return Err(self.error("invalid syntax"));
                }
                NodeKind::Str { start: item.start, end: item.end }
            }
            _ => return Ok(None),
        };
        Ok(Some(self.add(item.start, kind)))
    }

    /// Puts the fields that follow a term onto it.
    fn fields(&mut self, term: NodeId) -> Result<NodeId, Error> {
        let first = self.peek();
        if first.kind != Kind::Field {
            return Ok(term);
        }
        // The names of the term were the last ones that came.
        if let NodeKind::Field(names) | NodeKind::Variable(names) = *self.source.kind(term) {
            let names = self.more_fields(names);
            let node = &mut self.source.nodes[term as usize];
            node.pos = first.start;
            if let NodeKind::Field(all) | NodeKind::Variable(all) = &mut node.kind {
                *all = names;
            }
            return Ok(term);
        }
        let fields = self.more_fields(Part::default());
        if is_constant(self.source.kind(term)) {
            let text = self.source.print_bytes(term);
            return Err(self.error(format!("unexpected . after term {}", quote::quoted(&text))));
        }
        Ok(self.add(first.start, NodeKind::Chain { node: term, fields }))
    }

    fn more_fields(&mut self, mut names: Part) -> Part {
        while self.peek().kind == Kind::Field {
            let item = self.next();
            names = self.source.add_name(names, field(item));
        }
        names
    }
}

impl From<Item> for Name {
    fn from(item: Item) -> Name {
        Name { start: item.start, end: item.end }
    }
}

/// The name of a field is what stands behind its dot.
fn field(item: Item) -> Name {
    Name { start: item.start + 1, end: item.end }
}

fn starts_operand(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Bool
            | Kind::CharConstant
            | Kind::Complex
            | Kind::Dot
            | Kind::Field
            | Kind::Identifier
            | Kind::Number
            | Kind::Nil
            | Kind::RawString
            | Kind::String
            | Kind::Variable
            | Kind::LeftParen
    )
}

fn is_constant(kind: &NodeKind) -> bool {
    matches!(kind, NodeKind::Bool(_) | NodeKind::Dot | NodeKind::Nil | NodeKind::Number { .. } | NodeKind::Str { .. })
}
