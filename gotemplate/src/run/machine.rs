//! The machine: stacks of values, locals, loops and frames, and the instruction loop.

use std::any::Any;
use std::sync::Arc;

use super::range::Loop;
use super::trace::{CallView, Spot, Trace};
use super::{Limits, Meter, Run, Slot, State, Then};
use crate::error::{CallSite, Error, ErrorKind, Fault};
use crate::fmt;
use crate::node::{Name, Node, NodeId, NodeKind, Part, Source};
use crate::program::{Code, NONE, Op, Program};
use crate::set::{MissingKey, Set, Template};
use crate::types::{Function, Type};
use crate::value::{Heap, Value};

/// How many calls an error names.
const MOST_CALLS: usize = 100;

pub(super) struct Machine<'a, T: Trace> {
    pub(super) limits: Limits,
    pub(super) context: Option<&'a mut dyn Any>,
    pub(super) heap: Option<&'a Heap>,
    pub(super) meter: Meter,
    pub(super) set: Arc<Set>,
    once: bool,
    pub(super) missing_key: MissingKey,
    pub(super) stack: Vec<Slot<T::Tag>>,
    pub(super) locals: Vec<Slot<T::Tag>>,
    pub(super) loops: Vec<(Loop, T::Source)>,
    frames: Vec<Frame<T>>,
    /// How many frames were asked for by a function.
    captures: usize,
    pub(super) out: Vec<u8>,
    /// The bytes in the outputs of the frames that wait for one that is captured.
    outer_output: usize,
    // The registers of the running frame.
    pub(super) program: Arc<Program>,
    pub(super) pc: usize,
    pub(super) base: usize,
    /// The node looked at last, which errors blame.
    pub(super) node: NodeId,
    /// Arguments of the call at hand, and their tags; kept for their memory.
    pub(super) scratch: Vec<Value>,
    pub(super) tags: Vec<T::Tag>,
    pub(super) tracer: T,
    /// What functions have changed and the tracer has not heard of yet.
    changed: Vec<Value>,
}

/// A frame that waits for the one above it.
struct Frame<T: Trace> {
    program: Arc<Program>,
    pc: usize,
    base: usize,
    node: NodeId,
    /// The frame above was asked for by a function.
    capture: Option<Box<Capture<T>>>,
    mark: T::Mark,
}

struct Capture<T: Trace> {
    traced: T::Captured,
    then: Then,
    out: Vec<u8>,
    set: Arc<Set>,
    stack: usize,
    loops: usize,
    /// The call: who is blamed, and of what type the value is.
    pub(super) site: Site,
}

/// Where a call stands, for its error and its result.
#[derive(Clone, Copy)]
pub(super) struct Site {
    pub(super) node: NodeId,
    pub(super) callee: CalleeName,
    pub(super) result: Type,
}

/// How messages name what is called.
#[derive(Clone, Copy)]
pub(super) enum CalleeName {
    /// As the program that calls has it.
    Written(Name),
    Builtin(&'static str),
}

impl CalleeName {
    fn text(self, source: &Source) -> &str {
        match self {
            CalleeName::Written(name) => source.name(name),
            CalleeName::Builtin(name) => name,
        }
    }
}

/// Why an instruction failed.
pub(super) enum Raise {
    /// The text of an error at the current node.
    Message(String),
    /// A finished error.
    Error(Box<Error>),
}

impl From<String> for Raise {
    fn from(message: String) -> Raise {
        Raise::Message(message)
    }
}

impl<'a, T: Trace> Machine<'a, T> {
    pub(super) fn new(run: Run<'a>, tracer: T, out: Vec<u8>) -> Machine<'a, T> {
        let start = run.set.lookup("").map(|template| template.program.clone());
        Machine {
            limits: run.limits,
            context: run.context,
            heap: run.heap,
            meter: Meter::new(run.limits),
            set: run.set.clone(),
            once: run.once,
            missing_key: run.set.missing_key(),
            stack: Vec::new(),
            locals: Vec::new(),
            loops: Vec::new(),
            frames: Vec::new(),
            captures: 0,
            outer_output: 0,
            out,
            program: start.unwrap_or_else(empty_program),
            pc: 0,
            base: 0,
            node: NONE,
            scratch: Vec::new(),
            tags: Vec::new(),
            tracer,
            changed: Vec::new(),
        }
    }

    /// Runs a template; the output goes back in any case, and what is left of the limits.
    pub(super) fn run(mut self, name: &str, data: &Value, out: &mut Vec<u8>) -> (Result<(), Error>, Limits) {
        let result = self.start(name, data);
        *out = match self.frames.iter_mut().find_map(|frame| frame.capture.as_mut()) {
            // An error ended the run inside a function: what counts is what was written outside of it.
            Some(capture) => std::mem::take(&mut capture.out),
            None => self.out,
        };
        let output = self.limits.output.saturating_sub(out.len());
        (result, Limits { steps: self.meter.steps, memory: self.meter.memory, output, ..self.limits })
    }

    fn start(&mut self, name: &str, data: &Value) -> Result<(), Error> {
        let Some(mut template) = self.set.lookup(name).cloned() else {
            return Err(no_template(name, name));
        };
        if self.once {
            template.program = Arc::new(template.program.apart());
        }
        // The output may hold earlier text, which does not count.
        self.limits.output = self.limits.output.saturating_add(self.out.len());
        let tag = self.tracer.start(data, self.out.len());
        self.enter(&template, Slot { value: data.clone(), interface: false, tag });
        loop {
            match self.execute() {
                Ok(()) => return Ok(()),
                Err(raise) => self.unwind(raise)?,
            }
        }
    }

    /// Puts a template's first registers in place. The frame below is saved by the caller.
    fn enter(&mut self, template: &Template, dot: Slot<T::Tag>) {
        self.program = template.program.clone();
        self.pc = 0;
        self.node = NONE;
        self.base = self.locals.len();
        self.locals.resize(self.base + self.program.code().locals as usize, Slot::default());
        self.locals[self.base] = dot.clone();
        self.locals[self.base + 1] = dot;
    }

    /// Puts the registers aside for the template that is called next.
    fn save(&mut self, called: &Template, capture: Option<Box<Capture<T>>>) {
        self.captures += usize::from(capture.is_some());
        let function = capture.as_ref().map(|capture| capture.site.callee.text(&self.program.source));
        let spot = Spot { program: &self.program, node: self.node };
        let mark = self.tracer.enter(spot, &called.program, function);
        let (program, pc, base, node) = (self.program.clone(), self.pc, self.base, self.node);
        self.frames.push(Frame { program, pc, base, node, capture, mark });
    }

    fn restore(&mut self, frame: Frame<T>) -> Option<Box<Capture<T>>> {
        self.tracer.leave(frame.mark);
        self.captures -= usize::from(frame.capture.is_some());
        self.locals.truncate(self.base);
        (self.program, self.pc, self.base, self.node) = (frame.program, frame.pc, frame.base, frame.node);
        frame.capture
    }

    /// Runs a template of the set in use.
    fn call_template(&mut self, name: &str, dot: Slot<T::Tag>) -> Result<(), Raise> {
        let template = self.template(name)?;
        self.save(&template, None);
        self.enter(&template, dot);
        Ok(())
    }

    fn template(&self, name: &str) -> Result<Template, Raise> {
        let template = self.set.lookup(name).cloned();
        template.ok_or_else(|| format!("template {} not defined", crate::quote::quoted(name.as_bytes())).into())
    }

    fn check_depth(&self) -> Result<(), Raise> {
        if self.frames.len() >= self.limits.depth {
            return Err(self.limit("depth", format!("exceeded maximum template depth ({})", self.limits.depth)));
        }
        Ok(())
    }

    /// Runs a template for a function, with an output of its own.
    pub(super) fn capture(
        &mut self,
        render: super::Render,
        call: &CallView<'_, T::Tag>,
        site: &Site,
    ) -> Result<(), Raise> {
        self.node = site.node;
        self.check_depth()?;
        let set = render.set.clone().unwrap_or_else(|| self.set.clone());
        let template = match render.template(&set) {
            Ok(template) => template,
            Err(name) => {
                let error = no_template(name, &self.program.name);
                let value = self.finish(render.then, Err(error), site)?;
                self.push_result(value, T::Tag::default(), site);
                return Ok(());
            }
        };
        let (traced, tag) = self.tracer.capture(call, &render.data);
        self.outer_output += self.out.len();
        let capture = Capture {
            traced,
            then: render.then,
            out: std::mem::take(&mut self.out),
            set: std::mem::replace(&mut self.set, set),
            stack: self.stack.len(),
            loops: self.loops.len(),
            site: *site,
        };
        self.missing_key = self.set.missing_key();
        self.save(&template, Some(Box::new(capture)));
        self.enter(&template, Slot { value: render.data, interface: false, tag });
        Ok(())
    }

    /// Lets the function make its value of what the template gave.
    fn finish(&mut self, then: Then, result: Result<Vec<u8>, Error>, site: &Site) -> Result<Value, Raise> {
        let before = self.meter.memory;
        let value = then(&mut self.state(), result);
        let charged = value.and_then(|value| {
            self.meter.charge_result(&value, &[], before)?;
            Ok(value)
        });
        self.tell_changes();
        charged.map_err(|fault| self.fault(fault, site))
    }

    /// Lets the tracer know what functions have changed.
    pub(super) fn tell_changes(&mut self) {
        if T::ON {
            for container in self.changed.drain(..) {
                self.tracer.changed(&container);
            }
        }
    }

    pub(super) fn push_result(&mut self, value: Value, tag: T::Tag, site: &Site) {
        self.stack.push(Slot { value, interface: site.result == Type::Any, tag });
    }

    pub(super) fn state(&mut self) -> State<'_> {
        State {
            set: &self.set,
            template: &self.program.name,
            depth: self.frames.len() + 1,
            limits: self.limits,
            context: match &mut self.context {
                Some(context) => Some(&mut **context),
                None => None,
            },
            heap: self.heap,
            changed: T::ON.then_some(&mut self.changed),
            meter: &mut self.meter,
        }
    }

    /// Puts back what a captured template had set aside.
    fn end_capture(&mut self, capture: Capture<T>) -> (Then, Vec<u8>, Site, T::Captured) {
        let text = std::mem::replace(&mut self.out, capture.out);
        self.outer_output -= self.out.len();
        self.set = capture.set;
        self.missing_key = self.set.missing_key();
        self.stack.truncate(capture.stack);
        self.loops.truncate(capture.loops);
        (capture.then, text, capture.site, capture.traced)
    }

    /// Ends a frame. Returns false when it was the last.
    fn leave(&mut self) -> Result<bool, Raise> {
        let Some(frame) = self.frames.pop() else { return Ok(false) };
        if let Some(capture) = self.restore(frame) {
            let (then, text, site, traced) = self.end_capture(*capture);
            let copy = if T::ON { text.clone() } else { Vec::new() };
            match self.finish(then, Ok(text), &site) {
                Ok(value) => {
                    let tag = self.tracer.captured(traced, Some((&copy, &value)));
                    self.push_result(value, tag, &site);
                }
                Err(raise) => {
                    self.tracer.captured(traced, None);
                    return Err(raise);
                }
            }
        }
        Ok(true)
    }

    /// Goes back to the innermost function that runs a template and tells it the error; it may go on from there.
    fn unwind(&mut self, raise: Raise) -> Result<(), Error> {
        let mut error = self.finish_error(raise);
        self.tracer.error(&error);
        if matches!(error.kind, ErrorKind::Limit(_)) {
            return Err(error);
        }
        loop {
            if self.captures == 0 {
                return Err(error);
            }
            let Some(frame) = self.frames.pop() else { return Err(error) };
            let Some(capture) = self.restore(frame) else { continue };
            let (then, _, site, traced) = self.end_capture(*capture);
            self.tracer.captured(traced, None);
            match self.finish(then, Err(error), &site) {
                Ok(value) => {
                    self.push_result(value, T::Tag::default(), &site);
                    return Ok(());
                }
                Err(raise) => error = self.finish_error(raise),
            }
        }
    }

    fn finish_error(&self, raise: Raise) -> Error {
        match raise {
            Raise::Message(message) => self.error(ErrorKind::Exec, message),
            Raise::Error(error) => *error,
        }
    }

    /// Returns an error at the current node.
    pub(super) fn error(&self, kind: ErrorKind, message: String) -> Error {
        let error = Error::bare(kind, message);
        let source = &self.program.source;
        if self.node == NONE {
            return Error { source_name: self.program.name.clone(), ..error };
        }
        let (line, column) = source.place(self.node);
        Error {
            source_name: source.name.clone(),
            line,
            column: Some(column),
            offset: Some(source.pos(self.node)),
            executing: Some(self.program.name.clone()),
            context: Some(source.print(self.node)),
            calls: self.calls(),
            ..error
        }
    }

    /// Lists the `template` actions that run, back to the function that runs their templates.
    fn calls(&self) -> Vec<CallSite> {
        let mut calls = Vec::new();
        let mut called = &self.program.name;
        let own = self.frames.iter().rev().take_while(|frame| frame.capture.is_none());
        for frame in own.take(MOST_CALLS) {
            let Program { name, source, .. } = &*frame.program;
            let (line, column) = source.place(frame.node);
            let (source_name, offset) = (source.name.clone(), source.pos(frame.node));
            calls.push(CallSite { source_name, line, column, offset, executing: name.clone(), called: called.clone() });
            called = name;
        }
        calls
    }

    /// Takes steps away for an instruction that does more than most.
    pub(super) fn spend(&mut self, steps: u64) -> Result<(), Raise> {
        let fault = self.meter.spend(steps).err();
        fault.map_or(Ok(()), |fault| Err(self.limit("steps", fault.message)))
    }

    pub(super) fn limit(&self, name: &'static str, message: String) -> Raise {
        Raise::Error(Box::new(self.error(ErrorKind::Limit(name), message)))
    }

    /// Returns the error of a failed call.
    pub(super) fn fault(&mut self, fault: Fault, site: &Site) -> Raise {
        self.node = site.node;
        let kind = fault.limit.map_or(ErrorKind::Exec, ErrorKind::Limit);
        let error = self.error(kind, fault.message);
        let (cause, continues) = (fault.cause, fault.continues);
        let function = Some(Arc::from(site.callee.text(&self.program.source)));
        Raise::Error(Box::new(Error { function, cause, continues, ..error }))
    }

    pub(super) fn pop(&mut self) -> Slot<T::Tag> {
        self.stack.pop().expect("each instruction finds what those before it pushed")
    }

    /// The bytes that may still be written.
    pub(super) fn room(&self) -> usize {
        self.limits.output.saturating_sub(self.outer_output)
    }

    fn output_full(&self) -> Raise {
        self.limit("output", format!("output is longer than {} bytes", self.limits.output))
    }

    fn print(&mut self, program: &Arc<Program>, node: NodeId) -> Result<(), Raise> {
        let slot = self.pop();
        self.node = node;
        let room = self.room();
        let from = self.out.len();
        let fits = match &slot.value {
            Value::Nil => {
                self.out.extend_from_slice(b"<no value>");
                self.out.len() <= room
            }
            Value::Str(text) => {
                self.out.extend_from_slice(text);
                self.out.len() <= room
            }
            Value::Func(_) => {
                let (text, name) = (program.source.print(node), slot.value.type_name());
                return Err(format!("can't print {text} of type {name}").into());
            }
            value => {
                let text = if let Value::Object(object) = value { object.pointer_text() } else { None };
                let text = text.map(|text| Value::Str(text.into()));
                fmt::append_followed(&mut self.out, std::slice::from_ref(text.as_ref().unwrap_or(value)), room)
            }
        };
        self.tracer.print(Spot { program, node }, &slot, from..self.out.len());
        if fits { Ok(()) } else { Err(self.output_full()) }
    }

    /// Runs until the last frame ends.
    fn execute(&mut self) -> Result<(), Raise> {
        loop {
            let program = self.program.clone();
            let code = program.code();
            while self.step(&program, code)? {}
            if !self.more() {
                return Ok(());
            }
        }
    }

    /// Reports whether the machine has gone to another program rather than to its end.
    fn more(&self) -> bool {
        self.pc != usize::MAX
    }

    /// Executes one instruction. Returns false when another program runs next.
    fn step(&mut self, program: &Arc<Program>, code: &Code) -> Result<bool, Raise> {
        let op = code.ops[self.pc];
        self.pc += 1;
        if self.meter.steps == 0 {
            return Err(self.limit("steps", self.meter.too_many_steps()));
        }
        self.meter.steps -= 1;
        match op {
            Op::Text { start, end } => {
                let text = program.source.slice(start, end);
                if text.len() > self.room().saturating_sub(self.out.len()) {
                    return Err(self.output_full());
                }
                let from = self.out.len();
                self.out.extend_from_slice(text);
                self.tracer.text(program, start, from..self.out.len());
            }
            Op::At(node) => self.node = node,
            Op::Jump(target) => self.pc = target as usize,
            Op::JumpIfFalse(target) => {
                if !self.pop().value.truth() {
                    self.pc = target as usize;
                }
            }
            Op::ShortCircuit { when, target } => {
                if self.stack.last().is_some_and(|slot| slot.value.truth()) == when {
                    self.pc = target as usize;
                } else {
                    self.stack.pop();
                }
            }
            Op::With { local, target } => {
                let slot = self.pop();
                if slot.value.truth() {
                    self.locals[self.base + local as usize] = slot;
                } else {
                    self.pc = target as usize;
                }
            }
            Op::Local { local, node } => {
                self.look(node);
                self.stack.push(self.locals[self.base + local as usize].clone());
            }
            Op::LocalField { local, name, node } => {
                self.look(node);
                let slot = &self.locals[self.base + local as usize];
                let (number, name) = (name, program.source.numbered(name));
                if let Some(method) = method(slot, name) {
                    let callee = self.tracer.method(slot.tag, name);
                    return self.method_value(program, &method, number, callee);
                }
                match self.field(slot, name) {
                    Ok(mut field) => {
                        let spot = Spot { program, node: self.node };
                        field.tag = self.tracer.field(spot, slot, name, &field.value);
                        self.stack.push(field);
                    }
                    Err(raise) => {
                        self.tracer.suspect(slot, Some(name));
                        return Err(raise);
                    }
                }
            }
            Op::Field { name, node } => {
                self.look(node);
                let slot = self.pop();
                let (number, name) = (name, program.source.numbered(name));
                if let Some(method) = method(&slot, name) {
                    let callee = self.tracer.method(slot.tag, name);
                    return self.method_value(program, &method, number, callee);
                }
                match self.field(&slot, name) {
                    Ok(mut field) => {
                        let spot = Spot { program, node: self.node };
                        field.tag = self.tracer.field(spot, &slot, name, &field.value);
                        self.stack.push(field);
                    }
                    Err(raise) => {
                        self.tracer.suspect(&slot, Some(name));
                        return Err(raise);
                    }
                }
            }
            Op::Const { value, node } => {
                self.look(node);
                self.stack.push(Slot::concrete(code.values[value as usize].clone()));
            }
            Op::Nil { interface, node } => {
                self.look(node);
                self.stack.push(Slot::new(Value::Nil, interface));
            }
            Op::Elem => {
                if let Some(top) = self.stack.last_mut() {
                    top.interface = false;
                }
            }
            Op::Pop => {
                self.stack.pop();
            }
            Op::Nip => {
                let top = self.pop();
                self.stack.pop();
                self.stack.push(top);
            }
            Op::Keep(local) => {
                self.locals[self.base + local as usize] = self.stack.last().cloned().unwrap_or_default();
            }
            Op::Print { node } => self.print(program, node)?,
            Op::Fail { message, node } => {
                self.look(node);
                return Err(code.messages[message as usize].clone().into());
            }
            Op::Validate { above, ty } => self.validate(above as usize, ty)?,
            Op::Method { call, node } => self.find_method(program, call, node)?,
            Op::Invoke { call, node } => return self.invoke(program, call, node),
            Op::Call { call, node } => return self.call(program, call, node),
            Op::Builtin { builtin, given, piped, node } => {
                self.builtin(program, builtin, usize::from(given), piped, node)?;
            }
            Op::CallValue { name, given, piped, node } => {
                return self.call_value(program, name, usize::from(given), piped, node);
            }
            Op::Range { two, otherwise } => self.start_loop(two, otherwise)?,
            Op::Next { range, exit } => self.next_element(program, &code.ranges[range as usize], exit),
            Op::EndRange => {
                self.loops.pop();
            }
            Op::FindTemplate { name, node } => {
                self.node = node;
                self.template(&code.names[name as usize])?;
                self.check_depth()?;
            }
            Op::Template { name, node } => {
                let mut dot = self.pop();
                dot.interface = false;
                self.node = node;
                self.call_template(&code.names[name as usize], dot)?;
                return Ok(false);
            }
            Op::Return => {
                if !self.leave()? {
                    self.pc = usize::MAX;
                }
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Remembers a node, if one is given.
    pub(super) fn look(&mut self, node: NodeId) {
        if node != NONE {
            self.node = node;
        }
    }
}

/// Methods go before fields.
fn method<T>(slot: &Slot<T>, name: &str) -> Option<Arc<Function>> {
    match &slot.value {
        Value::Object(object) => object.method(name),
        Value::Map(map) => map.method(name),
        _ => None,
    }
}

fn no_template(name: &str, of: &str) -> Error {
    let (name, of) = (crate::quote::quoted(name.as_bytes()), crate::quote::quoted(of.as_bytes()));
    Error::bare(ErrorKind::NoTemplate, format!("no template {name} associated with template {of}"))
}

/// What a machine runs before it is told what to run.
fn empty_program() -> Arc<Program> {
    let name: Arc<str> = Arc::from("");
    let mut source = Source::new(name.clone(), Arc::from(&b""[..]), b"", b"");
    source.nodes.push(Node { pos: 0, kind: NodeKind::List(Part::default()) });
    Arc::new(Program::new(name, Arc::new(source), 0, Arc::default()))
}
