//! Turns nodes into instructions.
//!
//! A list of tasks stands for recursion. Variables become numbered locals here: the scopes followed are those that
//! Go's stack of variables has at run time, not the (wider) ones of its parser.

use std::sync::Arc;

use crate::functions::{Builtin, Callee, Functions};
use crate::node::{Branch, Name, NodeId, NodeKind, Part, Source};
use crate::number::Number;
use crate::program::{Call, Code, NONE, Op, RangeLocals};
use crate::types::Type;
use crate::value::{IntKind, Str, UintKind, Value};

#[derive(Clone, Copy)]
enum Task {
    Node(NodeId),
    Pipe(NodeId),
    Command {
        pipe: NodeId,
        command: NodeId,
        piped: bool,
    },
    Arg {
        node: NodeId,
        ty: Option<Type>,
    },
    Declare(NodeId),
    Emit(Op),
    Label(u32),
    /// Remembers the scope, goes back to it, forgets it.
    Mark,
    Reset,
    Unmark,
    SetDot(u32),
    With {
        otherwise: u32,
    },
    Loop {
        node: NodeId,
    },
    EndLoop,
}

/// How many tasks there is room for at first.
const TASKS: usize = 64;

struct Compiler<'a> {
    source: &'a Source,
    functions: &'a Functions,
    code: Code,
    tasks: Vec<Task>,
    /// Variables that exist at this point of a run, innermost last.
    scope: Vec<(&'a str, u32)>,
    marks: Vec<(usize, u32)>,
    next_local: u32,
    dot: u32,
    /// Instruction numbers of the labels.
    labels: Vec<u32>,
    /// Where `continue` and `break` go.
    loops: Vec<(u32, u32)>,
    last_label: usize,
}

pub(crate) fn compile(source: &Source, root: NodeId, functions: &Functions) -> Code {
    let mut compiler = Compiler {
        source,
        functions,
        code: Code { locals: 2, ..Code::default() },
        tasks: Vec::with_capacity(TASKS),
        scope: vec![("$", 0)],
        marks: Vec::new(),
        next_local: 2,
        dot: 1,
        labels: Vec::new(),
        loops: Vec::new(),
        last_label: 0,
    };
    compiler.tasks.push(Task::Node(root));
    while let Some(task) = compiler.tasks.pop() {
        let from = compiler.tasks.len();
        compiler.task(task);
        // Tasks are listed in their order and taken from the end.
        compiler.tasks[from..].reverse();
    }
    compiler.emit(Op::Return);
    compiler.link();
    compiler.code
}

impl<'a> Compiler<'a> {
    fn task(&mut self, task: Task) {
        match task {
            Task::Node(node) => self.node(node),
            Task::Pipe(node) => self.pipe(node),
            Task::Command { pipe, command, piped } => self.command(pipe, command, piped),
            Task::Arg { node, ty } => self.arg(node, ty),
            Task::Declare(node) => self.declare(node),
            Task::Emit(op) => self.emit(op),
            Task::Label(label) => {
                self.last_label = self.code.ops.len();
                self.labels[label as usize] = self.here();
            }
            Task::Mark => self.marks.push((self.scope.len(), self.next_local)),
            Task::Reset => {
                let &(scope, local) = self.marks.last().expect("tasks are listed with a mark before each reset");
                self.scope.truncate(scope);
                self.next_local = local;
            }
            Task::Unmark => {
                self.marks.pop();
            }
            Task::SetDot(local) => self.dot = local,
            Task::With { otherwise } => {
                let local = self.local();
                self.emit(Op::With { local, target: otherwise });
                self.dot = local;
            }
            Task::Loop { node } => self.start_loop(node),
            Task::EndLoop => {
                self.loops.pop();
            }
        }
    }

    fn here(&self) -> u32 {
        small(self.code.ops.len())
    }

    fn emit(&mut self, op: Op) {
        // Printing and testing look through interfaces anyway.
        let looks_through = matches!(op, Op::Print { .. } | Op::JumpIfFalse(_) | Op::Pop | Op::Elem);
        if self.last_label < self.code.ops.len() {
            match self.code.ops.last() {
                Some(Op::Elem) if looks_through => {
                    self.code.ops.pop();
                }
                Some(Op::Const { .. }) if matches!(op, Op::Elem) => return,
                _ => {}
            }
        }
        self.code.ops.push(op);
    }

    fn label(&mut self) -> u32 {
        self.labels.push(0);
        small(self.labels.len() - 1)
    }

    fn local(&mut self) -> u32 {
        self.next_local += 1;
        self.code.locals = self.code.locals.max(self.next_local);
        self.next_local - 1
    }

    fn name(&mut self, name: Arc<str>) -> u32 {
        self.code.names.push(name);
        small(self.code.names.len() - 1)
    }

    fn constant(&mut self, value: Value, node: NodeId) {
        let at = small(self.code.values.len());
        self.code.values.push(value);
        self.emit(Op::Const { value: at, node });
    }

    fn fail(&mut self, message: String, node: NodeId) {
        let at = small(self.code.messages.len());
        self.code.messages.push(message);
        self.emit(Op::Fail { message: at, node });
    }

    fn find(&self, name: &str) -> Option<u32> {
        self.scope.iter().rev().find(|(known, _)| *known == name).map(|&(_, local)| local)
    }

    /// Replaces labels by instruction numbers.
    fn link(&mut self) {
        for op in &mut self.code.ops {
            if let Op::Jump(target)
            | Op::JumpIfFalse(target)
            | Op::ShortCircuit { target, .. }
            | Op::With { target, .. }
            | Op::Range { otherwise: target, .. }
            | Op::Next { exit: target, .. } = op
            {
                *target = self.labels[*target as usize];
            }
        }
    }
}

// Actions.
impl<'a> Compiler<'a> {
    fn node(&mut self, id: NodeId) {
        let source = self.source;
        match source.kind(id) {
            NodeKind::List(nodes) => self.tasks.extend(source.list(*nodes).iter().map(|&node| Task::Node(node))),
            NodeKind::Text { start, end } => self.emit(Op::Text { start: *start, end: *end }),
            NodeKind::Action { pipe } => {
                let NodeKind::Pipe { declared, .. } = source.kind(*pipe) else { return };
                let end = if declared.is_empty() { Op::Print { node: id } } else { Op::Pop };
                self.tasks.extend([Task::Pipe(*pipe), Task::Emit(end)]);
            }
            NodeKind::Break => self.emit(Op::Jump(self.loops.last().map_or(0, |labels| labels.1))),
            NodeKind::Continue => self.emit(Op::Jump(self.loops.last().map_or(0, |labels| labels.0))),
            NodeKind::Template { name, pipe } => {
                let name = self.name(name.clone());
                self.emit(Op::FindTemplate { name, node: id });
                match pipe {
                    Some(pipe) => self.tasks.push(Task::Pipe(*pipe)),
                    None => self.emit(Op::Nil { interface: false, node: NONE }),
                }
                self.tasks.push(Task::Emit(Op::Template { name, node: id }));
            }
            NodeKind::Branch { kind: Branch::Range, .. } => self.range(id),
            NodeKind::Branch { kind, pipe, then, otherwise } => {
                let (no, end) = (self.label(), self.label());
                let test = match kind {
                    Branch::With => Task::With { otherwise: no },
                    _ => Task::Emit(Op::JumpIfFalse(no)),
                };
                let dot = self.dot;
                self.tasks.extend([Task::Mark, Task::Pipe(*pipe), Task::Mark, test, Task::Node(*then)]);
                self.tasks.extend([Task::SetDot(dot), Task::Reset, Task::Unmark]);
                match otherwise {
                    Some(otherwise) => {
                        self.tasks.extend([Task::Emit(Op::Jump(end)), Task::Label(no), Task::Node(*otherwise)]);
                        self.tasks.push(Task::Label(end));
                    }
                    None => self.tasks.push(Task::Label(no)),
                }
                self.tasks.extend([Task::Reset, Task::Unmark]);
            }
            _ => {}
        }
    }

    fn range(&mut self, id: NodeId) {
        let NodeKind::Branch { pipe, .. } = self.source.kind(id) else { return };
        self.tasks.extend([Task::Mark, Task::Pipe(*pipe), Task::Loop { node: id }, Task::Reset, Task::Unmark]);
    }

    /// Lists the rest of a loop, once its pipeline has declared its variables.
    fn start_loop(&mut self, id: NodeId) {
        let source = self.source;
        let NodeKind::Branch { pipe, then, otherwise, .. } = source.kind(id) else { return };
        let NodeKind::Pipe { declared, .. } = source.kind(*pipe) else { return };
        let declared = source.list(*declared);
        let variable = |at: usize| match declared.get(at).map(|&node| source.kind(node)) {
            Some(NodeKind::Variable(names)) => self.find(source.name(source.names(*names)[0])).unwrap_or(NONE),
            _ => NONE,
        };
        let (index, elem) = if declared.len() > 1 { (variable(0), variable(1)) } else { (NONE, variable(0)) };
        let outer = self.dot;
        let (no, again, exit, end) = (self.label(), self.label(), self.label(), self.label());
        self.tasks.push(Task::Mark);
        let dot = self.next_local;
        self.code.locals = self.code.locals.max(dot + 1);
        let range = small(self.code.ranges.len());
        self.code.ranges.push(RangeLocals { dot, index, elem });
        self.emit(Op::Range { two: declared.len() > 1, otherwise: no });
        self.loops.push((again, exit));
        // The mark is taken when its task comes up, so the local of dot lies below it.
        self.next_local = dot + 1;
        self.tasks.extend([Task::Label(again), Task::Emit(Op::Next { range, exit }), Task::SetDot(dot)]);
        self.tasks.extend([Task::Node(*then), Task::SetDot(outer), Task::Reset, Task::Unmark, Task::EndLoop]);
        self.tasks.extend([Task::Emit(Op::Jump(again)), Task::Label(exit), Task::Emit(Op::EndRange)]);
        self.tasks.extend([Task::Emit(Op::Jump(end)), Task::Label(no)]);
        self.tasks.extend(otherwise.map(Task::Node));
        self.tasks.push(Task::Label(end));
    }

    fn pipe(&mut self, id: NodeId) {
        let NodeKind::Pipe { declared, commands, .. } = self.source.kind(id) else { return };
        for (at, &command) in self.source.list(*commands).iter().enumerate() {
            self.tasks.extend([Task::Command { pipe: id, command, piped: at > 0 }, Task::Emit(Op::Elem)]);
        }
        if !declared.is_empty() {
            self.tasks.push(Task::Declare(id));
        }
    }

    fn declare(&mut self, pipe: NodeId) {
        let source = self.source;
        let NodeKind::Pipe { assign, declared, .. } = source.kind(pipe) else { return };
        for &variable in source.list(*declared) {
            let NodeKind::Variable(names) = source.kind(variable) else { continue };
            let name = source.name(source.names(*names)[0]);
            if *assign {
                match self.find(name) {
                    Some(local) => self.emit(Op::Keep(local)),
                    None => self.fail(format!("undefined variable: {name}"), NONE),
                }
            } else {
                let local = self.local();
                self.scope.push((name, local));
                self.emit(Op::Keep(local));
            }
        }
    }
}

// Commands and operands.
impl Compiler<'_> {
    fn command(&mut self, pipe: NodeId, id: NodeId, piped: bool) {
        let source = self.source;
        let NodeKind::Command { args } = source.kind(id) else { return };
        let (first, rest) = (source.list(*args)[0], args.rest());
        let has_args = args.len() > 1 || piped;
        match source.kind(first) {
            NodeKind::Field(names) => {
                self.fields(None, *names, first, first, has_args.then_some((rest, piped)));
            }
            NodeKind::Chain { .. } => self.chain(first, has_args.then_some((rest, piped))),
            NodeKind::Variable(names) if names.len() > 1 => {
                self.variable(first, *names, has_args.then_some((rest, piped)));
            }
            NodeKind::Identifier(name) => self.function(*name, first, id, rest, piped),
            NodeKind::Pipe { .. } if has_args => {
                let node = if piped { NONE } else { pipe };
                self.not_a_function(first, node);
            }
            NodeKind::Pipe { .. } => self.tasks.push(Task::Pipe(first)),
            // That it is not there counts before that it is no function.
            NodeKind::Variable(names) if self.find(source.name(source.names(*names)[0])).is_none() => {
                self.variable(first, *names, None);
            }
            _ if has_args => self.not_a_function(first, first),
            NodeKind::Variable(names) => self.variable(first, *names, None),
            NodeKind::Nil => self.fail("nil is not a command".to_owned(), first),
            _ => self.literal(first),
        }
    }

    fn not_a_function(&mut self, node: NodeId, blame: NodeId) {
        self.fail(format!("can't give argument to non-function {}", self.source.print(node)), blame);
    }

    /// Pushes dot, a boolean, a number or a string where no type is asked for.
    fn literal(&mut self, id: NodeId) {
        let source = self.source;
        match source.kind(id) {
            NodeKind::Dot => self.emit(Op::Local { local: self.dot, node: id }),
            NodeKind::Bool(value) => self.constant(Value::Bool(*value), id),
            NodeKind::Str { start, end } => self.constant(Value::Str(Str::from(source.string(*start, *end))), id),
            NodeKind::Number { start, end, number } => {
                let text = source.slice(*start, *end);
                match (number.complex, number.float, number.int) {
                    (Some((real, imaginary)), ..) => self.constant(Value::Complex(real, imaginary), id),
                    (_, Some(float), _) if Number::looks_like_float(text) => self.constant(Value::from(float), id),
                    (.., Some(int)) => self.constant(Value::from(int), id),
                    _ => self.fail(format!("{} overflows int", String::from_utf8_lossy(text)), id),
                }
            }
            _ => {
                let text = source.print(id);
                self.fail(format!("can't handle assignment of {text} to empty interface argument"), id);
            }
        }
    }

    fn variable(&mut self, id: NodeId, names: Part, call: Option<(Part, bool)>) {
        let name = self.source.name(self.source.names(names)[0]);
        match self.find(name) {
            None => self.fail(format!("undefined variable: {name}"), id),
            Some(local) if names.len() == 1 => self.emit(Op::Local { local, node: id }),
            Some(local) => self.fields(Some(local), names.rest(), id, id, call),
        }
    }

    fn chain(&mut self, id: NodeId, call: Option<(Part, bool)>) {
        let source = self.source;
        let NodeKind::Chain { node, fields } = source.kind(id) else { return };
        // The operand may be a pipeline, so its fields have to wait. Errors in them name the node looked at last.
        self.tasks.push(Task::Emit(Op::At(id)));
        self.tasks.push(Task::Arg { node: *node, ty: None });
        let plain = if call.is_some() { fields.len() - 1 } else { fields.len() };
        for at in 0..plain {
            self.tasks.push(Task::Emit(Op::Field { name: fields.number(at), node: NONE }));
        }
        if let Some((args, piped)) = call {
            self.method(source.names(*fields)[plain], NONE, id, args, piped);
        }
    }

    /// Reads fields of a local (of dot where none is given); a call makes the last one a method.
    fn fields(&mut self, local: Option<u32>, names: Part, at: NodeId, blame: NodeId, call: Option<(Part, bool)>) {
        let local = local.unwrap_or(self.dot);
        let plain = if call.is_some() { names.len() - 1 } else { names.len() };
        for step in 0..plain {
            let name = names.number(step);
            self.emit(if step == 0 { Op::LocalField { local, name, node: at } } else { Op::Field { name, node: at } });
        }
        if let Some((args, piped)) = call {
            if plain == 0 {
                self.emit(Op::Local { local, node: at });
            }
            self.method(self.source.names(names)[plain], at, blame, args, piped);
        }
    }

    fn method(&mut self, name: Name, at: NodeId, blame: NodeId, args: Part, piped: bool) {
        let call = small(self.code.calls.len());
        self.code.calls.push(Call { name, function: None, args, piped });
        self.tasks.push(Task::Emit(Op::Method { call, node: at }));
        self.tasks.extend(self.source.list(args).iter().map(|&node| Task::Arg { node, ty: Some(Type::Any) }));
        self.tasks.push(Task::Emit(Op::Invoke { call, node: blame }));
    }

    fn function(&mut self, called: Name, id: NodeId, blame: NodeId, part: Part, piped: bool) {
        let (name, args) = (self.source.name(called), self.source.list(part));
        let Some(callee) = self.functions.find(name) else {
            let name = crate::quote::quoted(name.as_bytes());
            self.fail(format!("{name} is not a defined function"), id);
            return;
        };
        let signature = callee.signature();
        let given = args.len() + usize::from(piped);
        if let Some(message) = signature.check_count(name, given, args.len()) {
            self.fail(message, id);
            return;
        }
        if args.is_empty() {
            self.emit(Op::At(id));
        }
        if let Callee::Builtin(builtin @ (Builtin::And | Builtin::Or)) = callee {
            self.short_circuit(builtin == Builtin::Or, args, piped);
            return;
        }
        for (at, &node) in args.iter().enumerate() {
            self.tasks.push(Task::Arg { node, ty: Some(signature.param(at)) });
        }
        let last = signature.param(args.len());
        if piped && !matches!(last, Type::Any | Type::Reflect) {
            self.tasks.push(Task::Emit(Op::Validate { above: small(args.len()), ty: last }));
        }
        let count = u16::try_from(args.len()).unwrap_or(u16::MAX);
        let op = match callee {
            Callee::Builtin(Builtin::Call) => {
                let name = args.first().map_or(NONE, |&node| self.name(Arc::from(self.source.print(node))));
                Op::CallValue { name, given: count, piped, node: blame }
            }
            Callee::Builtin(builtin) => Op::Builtin { builtin, given: count, piped, node: blame },
            Callee::Host(function) => {
                let call = small(self.code.calls.len());
                self.code.calls.push(Call { name: called, function: Some(function), args: part, piped });
                Op::Call { call, node: blame }
            }
        };
        self.tasks.push(Task::Emit(op));
    }

    /// `and` and `or` stop at the first argument that decides, and give its value back.
    fn short_circuit(&mut self, when: bool, args: &[NodeId], piped: bool) {
        let (decided, end) = (self.label(), self.label());
        for (at, &node) in args.iter().enumerate() {
            self.tasks.push(Task::Arg { node, ty: Some(Type::Reflect) });
            if piped || at + 1 < args.len() {
                self.tasks.push(Task::Emit(Op::ShortCircuit { when, target: decided }));
            }
        }
        if piped {
            // What came through the pipe lies under the argument that decided.
            self.tasks.extend([Task::Emit(Op::Jump(end)), Task::Label(decided), Task::Emit(Op::Nip)]);
            self.tasks.push(Task::Label(end));
        } else {
            self.tasks.push(Task::Label(decided));
        }
    }

    fn arg(&mut self, id: NodeId, ty: Option<Type>) {
        let source = self.source;
        let from = self.tasks.len();
        match source.kind(id) {
            NodeKind::Nil => {
                let ty = ty.unwrap_or(Type::Any);
                if matches!(ty, Type::Any | Type::Reflect) {
                    self.emit(Op::Nil { interface: ty == Type::Any, node: id });
                } else if ty.can_be_nil() {
                    self.constant(ty.zero(), id);
                } else {
                    self.fail(format!("cannot assign nil to {}", ty.name()), id);
                }
                return;
            }
            NodeKind::Dot => self.literal(id),
            NodeKind::Field(names) => self.fields(None, *names, id, id, None),
            NodeKind::Variable(names) => self.variable(id, *names, None),
            NodeKind::Pipe { .. } => self.tasks.push(Task::Pipe(id)),
            NodeKind::Identifier(name) => self.function(*name, id, id, Part::default(), false),
            NodeKind::Chain { .. } => self.chain(id, None),
            _ => {
                self.typed_literal(id, ty.unwrap_or(Type::Any));
                return;
            }
        }
        if let Some(ty) = ty.filter(|ty| !matches!(ty, Type::Any | Type::Reflect)) {
            let validate = Op::Validate { above: 0, ty };
            // What pushes the value may still be on the list.
            if self.tasks.len() > from { self.tasks.push(Task::Emit(validate)) } else { self.emit(validate) }
        }
    }

    /// Pushes a literal as a value of the type that is asked for.
    fn typed_literal(&mut self, id: NodeId, ty: Type) {
        match typed_literal(self.source, id, ty) {
            None => self.literal(id),
            Some(Ok(value)) => self.constant(value, id),
            Some(Err(message)) => self.fail(message, id),
        }
    }
}

/// Reads a boolean, number or string node as a type; nothing where the type takes anything.
pub(crate) fn typed_literal(source: &Source, id: NodeId, ty: Type) -> Option<Result<Value, String>> {
    let kind = source.kind(id);
    let number = match kind {
        NodeKind::Number { number, .. } => Some(number),
        _ => None,
    };
    let (value, wanted) = match ty {
        Type::Any | Type::Reflect => return None,
        Type::Bool => (matches!(kind, NodeKind::Bool(_)).then(|| bool_of(kind)), "bool"),
        Type::String => match kind {
            NodeKind::Str { start, end } => (Some(Value::Str(Str::from(source.string(*start, *end)))), "string"),
            _ => (None, "string"),
        },
        Type::Int => (number.and_then(|number| number.int).map(|int| Value::Int(int, IntKind::Int)), "integer"),
        Type::Int64 | Type::NamedInt64(_) => {
            (number.and_then(|number| number.int).map(|int| Value::Int(int, IntKind::Int64)), "integer")
        }
        Type::Uint => (uint(number, UintKind::Uint), "unsigned integer"),
        Type::Uint8 => (uint(number, UintKind::Uint8), "unsigned integer"),
        Type::Uint32 => (uint(number, UintKind::Uint32), "unsigned integer"),
        Type::Uint64 => (uint(number, UintKind::Uint64), "unsigned integer"),
        Type::Float64 => (number.and_then(|number| number.float).map(Value::from), "float"),
        Type::Complex128 => {
            let complex = number.and_then(|number| number.complex);
            (complex.map(|(real, imaginary)| Value::Complex(real, imaginary)), "complex")
        }
        _ => {
            let text = source.print(id);
            return Some(Err(format!("can't handle {text} for arg of type {}", ty.name())));
        }
    };
    Some(value.ok_or_else(|| format!("expected {wanted}; found {}", source.print(id))))
}

fn bool_of(kind: &NodeKind) -> Value {
    Value::Bool(matches!(kind, NodeKind::Bool(true)))
}

#[expect(clippy::borrowed_box, reason = "the node owns a box")]
fn uint(number: Option<&Box<Number>>, kind: UintKind) -> Option<Value> {
    let value = number?.uint?;
    let value = match kind {
        UintKind::Uint8 => value & 0xff,
        UintKind::Uint32 => value & 0xffff_ffff,
        _ => value,
    };
    Some(Value::Uint(value, kind))
}

fn small(number: usize) -> u32 {
    u32::try_from(number).expect("a text below 4 GiB makes fewer instructions")
}
