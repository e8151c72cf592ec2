//! Loops: over lists, maps in the order of their keys, integers, and a host's iterators.

use std::sync::Arc;

use super::Slot;
use super::machine::{Machine, Raise};
use super::trace::{Spot, Trace};
use crate::fmt;
use crate::program::{NONE, Program, RangeLocals};
use crate::types::Type;
use crate::value::{IntKind, List, Pairs, Str, UintKind, Value};

/// A loop that runs.
pub(super) enum Loop {
    /// The list is read as the loop goes, up to the length it had.
    List {
        list: List,
        at: usize,
        len: usize,
    },
    /// The bytes of a `[]byte`.
    Bytes {
        bytes: Str,
        at: usize,
    },
    /// The entries as they were when the loop began.
    Map {
        entries: std::vec::IntoIter<(Str, Value)>,
        interface: bool,
    },
    Int {
        at: i64,
        end: i64,
        kind: IntKind,
    },
    Uint {
        at: u64,
        end: u64,
        kind: UintKind,
    },
    /// An iterator with the element it has given already.
    Values {
        next: Option<Value>,
        rest: Box<dyn Iterator<Item = Value> + Send>,
    },
    Pairs {
        next: Option<(Value, Value)>,
        rest: Pairs,
        two: bool,
    },
}

impl Loop {
    /// Returns index and element; no index where the loop has none.
    fn next<T: Default>(&mut self) -> Option<(Value, Slot<T>)> {
        match self {
            Loop::List { list, at, len } => {
                let value = (*at < *len).then(|| list.get(*at)).flatten()?;
                *at += 1;
                Some((Value::from(*at - 1), Slot::new(value, list.shape().elem == Type::Any)))
            }
            Loop::Bytes { bytes, at } => {
                let byte = *bytes.get(*at)?;
                *at += 1;
                Some((Value::from(*at - 1), Slot::concrete(Value::Uint(u64::from(byte), UintKind::Uint8))))
            }
            Loop::Map { entries, interface } => {
                let (key, value) = entries.next()?;
                Some((Value::Str(key), Slot::new(value, *interface)))
            }
            Loop::Int { at, end, kind } => {
                let value = (*at < *end).then_some(*at)?;
                *at += 1;
                Some((Value::Nil, Slot::concrete(Value::Int(value, *kind))))
            }
            Loop::Uint { at, end, kind } => {
                let value = (*at < *end).then_some(*at)?;
                *at += 1;
                Some((Value::Nil, Slot::concrete(Value::Uint(value, *kind))))
            }
            Loop::Values { next, rest } => {
                let value = next.take().or_else(|| rest.next())?;
                Some((Value::Nil, Slot::new(value, true)))
            }
            Loop::Pairs { next, rest, two } => {
                let (key, value) = next.take().or_else(|| rest.next())?;
                if *two {
                    Some((key, Slot::new(value, true)))
                } else {
                    // With one variable, Go gives the first of the pair.
                    Some((Value::Nil, Slot::new(key, true)))
                }
            }
        }
    }
}

impl<T: Trace> Machine<'_, T> {
    /// Starts a loop over the top of the stack, or jumps where there is nothing in it.
    pub(super) fn start_loop(&mut self, two: bool, otherwise: u32) -> Result<(), Raise> {
        let slot = self.pop();
        let started = match self.open_loop(&slot.value, two) {
            Ok(Some(started)) => started,
            Err(raise) => {
                self.tracer.suspect(&slot, None);
                return Err(raise);
            }
            Ok(None) => {
                self.pc = otherwise as usize;
                return Ok(());
            }
        };
        let source = self.tracer.source(&slot);
        self.loops.push((started, source));
        Ok(())
    }

    fn open_loop(&mut self, value: &Value, two: bool) -> Result<Option<Loop>, Raise> {
        let basic = value.basic();
        Ok(match &*basic {
            Value::Nil => None,
            Value::Int(..) | Value::Uint(..) if two => {
                let text = text(value);
                return Err(format!("can't use {text} to iterate over more than one variable").into());
            }
            Value::Int(end, kind) => (*end > 0).then_some(Loop::Int { at: 0, end: *end, kind: *kind }),
            Value::Uint(end, kind) => (*end > 0).then_some(Loop::Uint { at: 0, end: *end, kind: *kind }),
            Value::List(list) => {
                let len = list.len();
                (len > 0).then(|| Loop::List { list: list.clone(), at: 0, len })
            }
            Value::Bytes(bytes) => (!bytes.is_empty()).then(|| Loop::Bytes { bytes: bytes.clone(), at: 0 }),
            Value::Map(map) => {
                let entries = map.entries();
                self.spend(entries.len() as u64)?;
                let interface = map.shape().elem == Type::Any;
                (!entries.is_empty()).then(|| Loop::Map { entries: entries.into_iter(), interface })
            }
            Value::Object(object) => {
                if let Some(mut rest) = object.values() {
                    if two {
                        let text = text(value);
                        return Err(format!("can't use {text} iterate over more than one variable").into());
                    }
                    let next = rest.next();
                    next.is_some().then_some(Loop::Values { next, rest })
                } else if let Some(mut rest) = object.pairs() {
                    let next = rest.next();
                    next.is_some().then_some(Loop::Pairs { next, rest, two })
                } else {
                    return Err(format!("range can't iterate over {}", text(value)).into());
                }
            }
            _ => return Err(format!("range can't iterate over {}", text(value)).into()),
        })
    }

    pub(super) fn next_element(&mut self, program: &Arc<Program>, locals: &RangeLocals, exit: u32) {
        let Some((this, source)) = self.loops.last_mut() else { return };
        let Some((index, mut elem)) = this.next() else {
            self.pc = exit as usize;
            return;
        };
        let spot = Spot { program, node: self.node };
        let (index_tag, tag) = self.tracer.element(spot, source, &index, &elem.value);
        elem.tag = tag;
        if locals.index != NONE {
            self.locals[self.base + locals.index as usize] = Slot { value: index, interface: false, tag: index_tag };
        }
        if locals.elem != NONE {
            self.locals[self.base + locals.elem as usize] = elem.clone();
        }
        self.locals[self.base + locals.dot as usize] = elem;
    }
}

fn text(value: &Value) -> String {
    fmt::shown(b"%v", std::slice::from_ref(value))
}
