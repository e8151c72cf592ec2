//! The compiled form of a template: a flat list of instructions for a small stack machine.
//!
//! Instructions that read a value name the node they come from: errors print it, and the machine remembers the last
//! one, because Go blames whatever node it looked at last.

use std::sync::{Arc, OnceLock};

use crate::compile::compile;
use crate::functions::{Builtin, Functions};
use crate::node::{Name, NodeId, Part, Source};
use crate::types::{Function, Type};
use crate::value::Value;

/// No node, local or name.
pub(crate) const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    /// Writes a piece of the template's text.
    Text {
        start: u32,
        end: u32,
    },
    /// Remembers a node for errors.
    At(NodeId),
    Jump(u32),
    /// Pops; jumps where the value is false.
    JumpIfFalse(u32),
    /// Jumps and keeps the value where its truth is `when`; else pops.
    ShortCircuit {
        when: bool,
        target: u32,
    },
    /// Pops into a local, or jumps where the value is false.
    With {
        local: u32,
        target: u32,
    },
    /// Pushes a local.
    Local {
        local: u32,
        node: NodeId,
    },
    /// Pushes a field of a local. The name is one of the source.
    LocalField {
        local: u32,
        name: u32,
        node: NodeId,
    },
    /// Replaces the top by a field of it. The name is one of the source.
    Field {
        name: u32,
        node: NodeId,
    },
    Const {
        value: u32,
        node: NodeId,
    },
    Nil {
        interface: bool,
        node: NodeId,
    },
    /// The top is no interface any more, but what was in it.
    Elem,
    Pop,
    /// Removes what lies under the top.
    Nip,
    /// Copies the top into a local.
    Keep(u32),
    /// Pops and writes.
    Print {
        node: NodeId,
    },
    /// Raises an error that was known when the template was compiled.
    Fail {
        message: u32,
        node: NodeId,
    },
    /// Checks the value under `above` others against a type.
    Validate {
        above: u32,
        ty: Type,
    },
    /// Looks whether the top has the method of a call, before its arguments are evaluated.
    Method {
        call: u32,
        node: NodeId,
    },
    /// Calls the method.
    Invoke {
        call: u32,
        node: NodeId,
    },
    Call {
        call: u32,
        node: NodeId,
    },
    Builtin {
        builtin: Builtin,
        given: u16,
        piped: bool,
        node: NodeId,
    },
    /// The builtin `call`; the name is that of the callee, or [`NONE`] where it came through the pipe.
    CallValue {
        name: u32,
        given: u16,
        piped: bool,
        node: NodeId,
    },
    /// Pops what to go over; jumps where it is empty.
    Range {
        two: bool,
        otherwise: u32,
    },
    /// Puts the next element into locals, or jumps behind the loop.
    Next {
        range: u32,
        exit: u32,
    },
    EndRange,
    /// Looks for a template before its argument is evaluated.
    FindTemplate {
        name: u32,
        node: NodeId,
    },
    /// Pops dot and runs a template.
    Template {
        name: u32,
        node: NodeId,
    },
    Return,
}

/// A call of a host's function or of a method.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) name: Name,
    /// Bound when the template is compiled; methods are found when they are called.
    pub(crate) function: Option<Arc<Function>>,
    /// The argument nodes, for the literals among them.
    pub(crate) args: Part,
    /// A last argument comes through the pipe.
    pub(crate) piped: bool,
}

/// Where a loop puts its elements.
#[derive(Debug)]
pub(crate) struct RangeLocals {
    pub(crate) dot: u32,
    pub(crate) index: u32,
    pub(crate) elem: u32,
}

/// A template, whose instructions are made when it first runs: of the templates of a library few ever do.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) name: Arc<str>,
    pub(crate) source: Arc<Source>,
    pub(crate) root: NodeId,
    /// Nothing but space: it gives way to another definition.
    pub(crate) empty: bool,
    /// What its instructions are bound to.
    functions: Arc<Functions>,
    code: OnceLock<Code>,
}

impl Program {
    pub(crate) fn new(name: Arc<str>, source: Arc<Source>, root: NodeId, functions: Arc<Functions>) -> Program {
        let empty = source.is_empty(root);
        Program { name, source, root, empty, functions, code: OnceLock::new() }
    }

    /// Returns the same template with instructions of its own, which go with it.
    pub(crate) fn apart(&self) -> Program {
        let Program { name, source, root, empty, functions, code: _ } = self;
        let (name, source, functions) = (name.clone(), source.clone(), functions.clone());
        Program { name, source, root: *root, empty: *empty, functions, code: OnceLock::new() }
    }

    pub(crate) fn code(&self) -> &Code {
        self.code.get_or_init(|| compile(&self.source, self.root, &self.functions))
    }
}

/// What the machine executes, with what its instructions refer to.
#[derive(Debug, Default)]
pub(crate) struct Code {
    pub(crate) ops: Vec<Op>,
    pub(crate) values: Vec<Value>,
    /// The names of templates, and of what is called by its value.
    pub(crate) names: Vec<Arc<str>>,
    pub(crate) messages: Vec<String>,
    pub(crate) calls: Vec<Call>,
    pub(crate) ranges: Vec<RangeLocals>,
    pub(crate) locals: u32,
}
