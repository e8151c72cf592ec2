//! Calls: of the host's functions, of methods, of built-in functions and of function values.

use std::sync::Arc;

use super::field::{nil_field, no_field, static_type};
use super::machine::{CalleeName, Machine, Raise, Site};
use super::trace::{CallView, Spot, Trace};
use super::{Reply, Slot};
use crate::compile::typed_literal;
use crate::error::Fault;
use crate::functions::{self, Builtin};
use crate::node::{NodeId, NodeKind};
use crate::program::{Call, NONE, Op, Program};
use crate::types::{Function, Type};
use crate::value::Value;

impl<T: Trace> Machine<'_, T> {
    /// Checks the value under `above` others against the type of a parameter.
    pub(super) fn validate(&mut self, above: usize, ty: Type) -> Result<(), Raise> {
        let at = self.stack.len() - 1 - above;
        let slot = &self.stack[at];
        match check(slot, ty) {
            Some(message) => {
                self.tracer.suspect(slot, None);
                Err(message.into())
            }
            None => {
                let slot = &mut self.stack[at];
                slot.interface = false;
                ty.adopt(&mut slot.value);
                Ok(())
            }
        }
    }

    /// Moves what came through the pipe behind the arguments; it is the last of them.
    fn order_args(&mut self, given: usize, piped: bool) -> usize {
        let count = given + usize::from(piped);
        if piped {
            let from = self.stack.len() - count;
            self.stack[from..].rotate_left(1);
        }
        count
    }

    /// Calls a function with the values on top of the stack. Returns false where it has started a template.
    fn call_function(
        &mut self,
        program: &Arc<Program>,
        function: &Function,
        callee: T::Tag,
        count: usize,
        site: &Site,
    ) -> Result<bool, Raise> {
        let (mut args, mut tags) = (std::mem::take(&mut self.scratch), std::mem::take(&mut self.tags));
        for slot in self.stack.drain(self.stack.len() - count..) {
            args.push(slot.value);
            if T::ON {
                tags.push(slot.tag);
            }
        }
        let spot = Spot { program, node: site.node };
        let view = CallView { spot, flow: function.flow(), callee, args: &args, tags: &tags };
        self.tracer.before(&view);
        let before = self.meter.memory;
        let mut reply = match self.meter.spend_on_call(&args) {
            Ok(()) => function.call(&mut self.state(), &args),
            Err(fault) => Err(fault),
        };
        if let Ok(Reply::Value(value)) = &reply
            && let Err(fault) = self.meter.charge_result(value, &args, before)
        {
            reply = Err(fault);
        }
        self.tell_changes();
        let result = match reply {
            Ok(Reply::Value(value)) => {
                let tag = self.tracer.after(&view, &value);
                self.push_result(value, tag, site);
                Ok(true)
            }
            Ok(Reply::Render(render)) => self.capture(*render, &view, site).map(|()| false),
            Err(fault) => {
                self.tracer.failed(&view);
                Err(self.fault(fault, site))
            }
        };
        args.clear();
        tags.clear();
        (self.scratch, self.tags) = (args, tags);
        result
    }

    pub(super) fn call(&mut self, program: &Arc<Program>, call: u32, node: NodeId) -> Result<bool, Raise> {
        let call = &program.code().calls[call as usize];
        let Some(function) = &call.function else { return Ok(true) };
        let count = self.order_args(call.args.len(), call.piped);
        let site = Site { node, callee: CalleeName::Written(call.name), result: function.signature().result };
        self.call_function(program, function, T::Tag::default(), count, &site)
    }

    pub(super) fn builtin(
        &mut self,
        program: &Arc<Program>,
        builtin: Builtin,
        given: usize,
        piped: bool,
        node: NodeId,
    ) -> Result<(), Raise> {
        let count = self.order_args(given, piped);
        let from = self.stack.len() - count;
        let room = self.room();
        let result = functions::call(builtin, &self.stack[from..], &mut self.meter, room);
        let tag = if T::ON {
            self.trace_builtin(program, builtin, from, node, result.as_ref().ok())
        } else {
            T::Tag::default()
        };
        match result {
            Ok(mut slot) => {
                self.stack.truncate(from);
                slot.tag = tag;
                self.stack.push(slot);
                Ok(())
            }
            Err(fault) => {
                let site = Site { node, callee: CalleeName::Builtin(builtin.name()), result: Type::Any };
                Err(self.fault(fault, &site))
            }
        }
    }

    fn trace_builtin(
        &mut self,
        program: &Arc<Program>,
        builtin: Builtin,
        from: usize,
        node: NodeId,
        result: Option<&Slot<T::Tag>>,
    ) -> T::Tag {
        let (mut args, mut tags) = (std::mem::take(&mut self.scratch), std::mem::take(&mut self.tags));
        args.extend(self.stack[from..].iter().map(|slot| slot.value.clone()));
        tags.extend(self.stack[from..].iter().map(|slot| slot.tag));
        let (spot, callee) = (Spot { program, node }, T::Tag::default());
        let view = CallView { spot, flow: builtin.flow(), callee, args: &args, tags: &tags };
        self.tracer.before(&view);
        let tag = match result {
            Some(result) => self.tracer.after(&view, &result.value),
            None => {
                self.tracer.failed(&view);
                T::Tag::default()
            }
        };
        args.clear();
        tags.clear();
        (self.scratch, self.tags) = (args, tags);
        tag
    }

    /// The builtin `call`: the first argument is the function.
    pub(super) fn call_value(
        &mut self,
        program: &Arc<Program>,
        name: u32,
        given: usize,
        piped: bool,
        node: NodeId,
    ) -> Result<bool, Raise> {
        let count = self.order_args(given, piped);
        let from = self.stack.len() - count;
        let (callee, tag) = (self.stack[from].value.clone(), self.stack[from].tag);
        let name = if name == NONE { reflect_string(&callee) } else { program.code().names[name as usize].to_string() };
        let mut site = Site { node, callee: CalleeName::Builtin("call"), result: Type::Any };
        let Value::Func(function) = callee else {
            let fault = match &callee {
                Value::Nil => Fault::from("call of nil"),
                other => Fault::new(format!("non-function {name} of type {}", other.type_name())),
            };
            return Err(self.fault(fault, &site));
        };
        if let Err(fault) = self.prepare(&function, &name, from + 1) {
            return Err(self.fault(fault, &site));
        }
        self.stack.remove(from);
        site.result = function.signature().result;
        self.call_function(program, &function, tag, count - 1, &site)
    }

    /// Checks the arguments of a function value, which came without regard to its types.
    fn prepare(&mut self, function: &Function, name: &str, from: usize) -> Result<(), Fault> {
        let signature = function.signature();
        let (given, want) = (self.stack.len() - from, signature.params.len());
        if signature.rest.is_some() && given < want {
            return Err(Fault::new(format!("wrong number of args for {name}: got {given} want at least {want}")));
        }
        if signature.rest.is_none() && given != want {
            return Err(Fault::new(format!("wrong number of args for {name}: got {given} want {want}")));
        }
        for (at, slot) in self.stack[from..].iter_mut().enumerate() {
            let ty = signature.param(at);
            if matches!(slot.value, Value::Nil) {
                if !ty.can_be_nil() {
                    return Err(Fault::new(format!("arg {at}: value is nil; should be of type {}", ty.name())));
                }
                slot.value = ty.zero();
            } else if ty.accepts(&slot.value) {
                ty.adopt(&mut slot.value);
            } else {
                match convert_int(&slot.value, ty) {
                    Some(value) => slot.value = value,
                    None => {
                        let name = slot.value.type_name();
                        return Err(Fault::new(format!("arg {at}: value has type {name}; should be {}", ty.name())));
                    }
                }
            }
        }
        Ok(())
    }

    /// Looks up the method of a call. The receiver gives way to the bound method.
    pub(super) fn find_method(&mut self, program: &Program, id: u32, node: NodeId) -> Result<(), Raise> {
        self.look(node);
        let call = &program.code().calls[id as usize];
        let receiver = self.pop();
        let name = program.source.name(call.name);
        let found = match &receiver.value {
            Value::Object(object) => object.method(name),
            Value::Map(map) => map.method(name),
            _ => None,
        };
        if let Some(method) = found {
            let given = call.args.len() + usize::from(call.piped);
            if let Some(message) = method.signature().check_count(name, given, call.args.len()) {
                return Err(message.into());
            }
            let tag = self.tracer.method(receiver.tag, name);
            self.stack.push(Slot { value: Value::Func(method), interface: false, tag });
            return Ok(());
        }
        self.tracer.suspect(&receiver, Some(name));
        Err(match &receiver.value {
            Value::Map(_) => format!("{name} is not a method but has arguments").into(),
            Value::Nil if receiver.interface => {
                format!("nil pointer evaluating {}.{name}", static_type(&receiver)).into()
            }
            Value::Nil if self.missing_key == crate::set::MissingKey::Error => {
                format!("nil data; no entry for key {}", crate::quote::quoted(name.as_bytes())).into()
            }
            Value::Nil => {
                // No value has no method, and Go lets it pass: no value again, and the arguments are not looked at.
                if call.piped {
                    self.pop();
                }
                self.stack.push(Slot::default());
                let is_end = |op: &Op| matches!(op, Op::Invoke { call, .. } if *call == id);
                self.pc += program.code().ops[self.pc..].iter().position(is_end).map_or(0, |at| at + 1);
                return Ok(());
            }
            Value::Object(object) if object.is_nil() => nil_field(object.as_ref(), &receiver, name),
            Value::Object(object) if matches!(object.underlying(), Some(Value::Map(_))) => {
                format!("{name} is not a method but has arguments").into()
            }
            Value::Object(object) if object.field(name).is_some() => {
                format!("{name} has arguments but cannot be invoked as function").into()
            }
            _ => no_field(&receiver, name),
        })
    }

    pub(super) fn invoke(&mut self, program: &Arc<Program>, call: u32, node: NodeId) -> Result<bool, Raise> {
        let call = &program.code().calls[call as usize];
        let count = call.args.len() + usize::from(call.piped);
        // What came through the pipe lies under the method.
        let method_at = self.stack.len() - 1 - call.args.len();
        let Slot { value: method, tag, .. } = self.stack.remove(method_at);
        let from = self.stack.len() - count;
        if call.piped {
            self.stack[from..].rotate_left(1);
        }
        let Value::Func(method) = method else { return Ok(true) };
        self.check_method_args(program, call, &method, from)?;
        let site = Site { node, callee: CalleeName::Written(call.name), result: method.signature().result };
        self.call_function(program, &method, tag, count, &site)
    }

    /// Literals take the type of their parameter; other values must have it.
    fn check_method_args(
        &mut self,
        program: &Program,
        call: &Call,
        method: &Function,
        from: usize,
    ) -> Result<(), Raise> {
        let args = program.source.list(call.args);
        for at in 0..self.stack.len() - from {
            let ty = method.signature().param(at);
            let is_nil = args.get(at).is_some_and(|&node| matches!(program.source.kind(node), NodeKind::Nil));
            if is_nil && !ty.can_be_nil() {
                return Err(format!("cannot assign nil to {}", ty.name()).into());
            }
            let literal = args.get(at).filter(|&&node| is_literal(program.source.kind(node)));
            if let Some(literal) = literal.and_then(|&node| typed_literal(&program.source, node, ty)) {
                self.stack[from + at].value = literal.map_err(Raise::Message)?;
            } else {
                self.validate(self.stack.len() - 1 - from - at, ty)?;
            }
        }
        Ok(())
    }

    /// Returns the value of a method without arguments, in the middle of a chain of fields.
    pub(super) fn method_value(
        &mut self,
        program: &Arc<Program>,
        method: &Function,
        name: u32,
        tag: T::Tag,
    ) -> Result<bool, Raise> {
        if let Some(message) = method.signature().check_count(program.source.numbered(name), 0, 0) {
            return Err(message.into());
        }
        let callee = CalleeName::Written(program.source.name_at(name));
        let site = Site { node: self.node, callee, result: method.signature().result };
        self.call_function(program, method, tag, 0, &site)
    }
}

fn is_literal(kind: &NodeKind) -> bool {
    matches!(kind, NodeKind::Bool(_) | NodeKind::Number { .. } | NodeKind::Str { .. })
}

/// Says why a value is not good for a parameter.
fn check<T>(slot: &Slot<T>, ty: Type) -> Option<String> {
    if matches!(ty, Type::Any | Type::Reflect) {
        return None;
    }
    match &slot.value {
        Value::Nil if slot.interface => {
            Some(format!("wrong type for value; expected {}; got interface {{}}", ty.name()))
        }
        Value::Nil if ty.can_be_nil() => None,
        Value::Nil => Some(format!("invalid value; expected {}", ty.name())),
        value if ty.accepts(value) => None,
        Value::Object(object) if object.is_nil() && object.type_name().strip_prefix('*') == Some(ty.name()) => {
            Some(format!("dereference of nil pointer of type {}", ty.name()))
        }
        value => Some(format!("wrong type for value; expected {}; got {}", ty.name(), value.type_name())),
    }
}

/// Integers of one type may be given to `call` for another.
fn convert_int(value: &Value, ty: Type) -> Option<Value> {
    use crate::value::{IntKind, UintKind};
    let bits = match value {
        Value::Int(value, _) => *value,
        Value::Uint(value, _) => value.cast_signed(),
        _ => return None,
    };
    Some(match ty {
        Type::Int => Value::Int(bits, IntKind::Int),
        Type::Int64 => Value::Int(bits, IntKind::Int64),
        Type::Uint => Value::Uint(bits.cast_unsigned(), UintKind::Uint),
        Type::Uint8 => Value::Uint(bits.cast_unsigned() & 0xff, UintKind::Uint8),
        Type::Uint32 => Value::Uint(bits.cast_unsigned() & 0xffff_ffff, UintKind::Uint32),
        Type::Uint64 => Value::Uint(bits.cast_unsigned(), UintKind::Uint64),
        _ => return None,
    })
}

/// Go's `reflect.Value.String()`.
fn reflect_string(value: &Value) -> String {
    match value {
        Value::Str(text) => text.to_str_lossy().into_owned(),
        Value::Nil => "<invalid Value>".to_owned(),
        other => format!("<{} Value>", other.type_name()),
    }
}
