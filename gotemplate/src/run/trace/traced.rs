//! The tracer that tells an observer.

use std::ops::Range;
use std::sync::Arc;

use super::book::{Book, CallData, CallId, OriginData, OriginId, Piece, ReadsId, SourceId, Tag};
use super::flows::{Snapshot, snapshot};
use super::pieces::Pieces;
use super::tables::{Look, Tables, key, same, step_of};
use super::{CallView, Spot, Trace};
use crate::error::Error;
use crate::node::NodeId;
use crate::observe::{Call, Failure, Flow, Input, Mapping, Observer, Origin, Read, Step};
use crate::program::Program;
use crate::run::Slot;
use crate::value::Value;

pub(crate) struct Traced<'o> {
    observer: &'o mut dyn Observer,
    tables: Tables,
    call: CallId,
    /// The pieces of outputs that functions asked for, the innermost last. Without any, it is the run's own.
    outputs: Vec<Pieces>,
    /// What a map was before the function at hand changes it.
    before: Option<Snapshot>,
    changed: Vec<Value>,
    /// What the next error is about.
    suspects: Vec<(Value, Tag)>,
    suspect_field: Option<Arc<str>>,
    /// The origin of the text of the template that is entered next.
    evaluated: Option<Tag>,
    /// The origin of the text written last.
    literal: Option<(Arc<Program>, CallId, OriginId)>,
}

/// A call that waits for a template.
pub(crate) struct Waiting {
    program: Arc<Program>,
    node: NodeId,
    flow: Flow,
    callee: Tag,
    args: Vec<Value>,
    tags: Vec<Tag>,
}

/// What a loop goes over.
pub(crate) struct Source {
    container: Value,
    tag: Tag,
}

impl<'o> Traced<'o> {
    pub(crate) fn new(observer: &'o mut dyn Observer) -> Traced<'o> {
        Traced {
            observer,
            tables: Tables::new(),
            call: CallId::NONE,
            outputs: Vec::new(),
            before: None,
            changed: Vec::new(),
            suspects: Vec::new(),
            suspect_field: None,
            evaluated: None,
            literal: None,
        }
    }

    fn book(&mut self) -> &mut Book {
        &mut self.tables.book
    }

    /// Notes, or tells, what has been written.
    fn emit(&mut self, at: usize, len: usize, origin: OriginId, offset: u32) {
        match self.outputs.last_mut() {
            Some(pieces) => pieces.push(len, origin, offset),
            None if len > 0 => self.observer.write(at..at + len, self.tables.book.view(origin, offset, len)),
            None => {}
        }
    }

    /// Returns the origin that something has once it is written here.
    fn written(&mut self, spot: Spot<'_>, origin: OriginId) -> OriginId {
        let reads = match *self.tables.book.origin(origin) {
            OriginData::Unknown => ReadsId::EMPTY,
            OriginData::Value { reads } => reads,
            _ => return origin,
        };
        let (call, node) = (self.call, spot.node);
        let source = self.book().source(&spot.program.source);
        self.book().add_origin(OriginData::Written { source, node, call, reads })
    }

    fn tell_read(&mut self, spot: Spot<'_>, container: &Value, step: &Step, value: Option<&Value>, tag: Tag) {
        let source = self.book().source(&spot.program.source);
        let (origin, at) = self.tables.first(value.unwrap_or(&Value::Nil), tag);
        let origin = self.tables.book.view(origin, at, 0);
        self.observer.read(Read { container, step, value, origin, source, node: spot.node });
    }

    fn tell_reads(&mut self, spot: Spot<'_>) {
        for Look { container, step, value, tag } in std::mem::take(&mut self.tables.reads) {
            self.tell_read(spot, &container, &step, value.as_ref(), tag);
        }
    }

    /// What functions have put into containers without saying where it came from.
    fn note_changes(&mut self, said: bool) {
        for container in self.changed.drain(..) {
            if !said && let Some(home) = self.tables.homes.settle(&container, Tag::None) {
                home.foreign = true;
            }
        }
    }
}

impl Trace for Traced<'_> {
    type Tag = Tag;
    type Source = Source;
    type Mark = CallId;
    type Captured = Box<Waiting>;

    const ON: bool = true;

    fn start(&mut self, data: &Value, written: usize) -> Tag {
        if written > 0 {
            self.observer.write(0..written, self.tables.book.view(OriginId::UNKNOWN, Piece::VAGUE, written));
        }
        let tag = Tag::Path(super::book::PathId(0));
        self.tables.settle(data, tag);
        tag
    }

    fn text(&mut self, program: &Arc<Program>, start: u32, out: Range<usize>) {
        let origin = match &self.literal {
            Some((known, call, origin)) if *call == self.call && Arc::ptr_eq(known, program) => *origin,
            _ => {
                let call = self.call;
                let source = self.book().source(&program.source);
                let origin = self.book().literal(source, call);
                self.literal = Some((program.clone(), call, origin));
                origin
            }
        };
        self.emit(out.start, out.len(), origin, start);
    }

    fn print(&mut self, spot: Spot<'_>, slot: &Slot<Tag>, out: Range<usize>) {
        match (&slot.value, slot.tag) {
            (Value::Str(text), Tag::Text(id)) if text.len() == out.len() => {
                let pieces = self.tables.book.pieces(id).to_vec();
                let mut from = 0;
                for piece in pieces {
                    let end = (piece.end as usize).min(out.len());
                    let origin = self.written(spot, piece.origin);
                    self.emit(out.start + from, end - from, origin, piece.at);
                    from = end;
                }
                let rest = self.written(spot, OriginId::UNKNOWN);
                self.emit(out.start + from, out.len() - from, rest, Piece::VAGUE);
            }
            (value, tag) => {
                let (origin, at) = self.tables.uniform(value, tag);
                let origin = self.written(spot, origin);
                self.emit(out.start, out.len(), origin, at);
            }
        }
    }

    fn field(&mut self, spot: Spot<'_>, of: &Slot<Tag>, name: &str, value: &Value) -> Tag {
        let step = key(name);
        let missing = matches!(value, Value::Nil) && super::tables::look(&of.value, &step).is_none();
        let found = (!missing).then_some(value);
        let tag = self.tables.child(&of.value, of.tag, &step, found);
        if matches!(value, Value::List(_) | Value::Map(_)) {
            self.tables.settle(value, tag);
        }
        self.tell_read(spot, &of.value, &step, found, tag);
        tag
    }

    fn method(&mut self, of: Tag, name: &str) -> Tag {
        match of {
            Tag::Path(path) => Tag::Path(self.book().step(path, &key(name))),
            other => other,
        }
    }

    fn suspect(&mut self, of: &Slot<Tag>, field: Option<&str>) {
        self.suspects = vec![(of.value.clone(), of.tag)];
        self.suspect_field = field.map(Arc::from);
    }

    fn source(&mut self, of: &Slot<Tag>) -> Source {
        Source { container: of.value.clone(), tag: of.tag }
    }

    fn element(&mut self, spot: Spot<'_>, source: &Source, index: &Value, elem: &Value) -> (Tag, Tag) {
        let container = source.container.basic().into_owned();
        let step = match (&container, step_of(index)) {
            (Value::List(_) | Value::Map(_) | Value::Object(_), Some(step)) => step,
            _ => {
                return (Tag::None, self.tables.made_from(source.tag));
            }
        };
        let tag = self.tables.child(&container, source.tag, &step, Some(elem));
        if matches!(elem, Value::List(_) | Value::Map(_)) {
            self.tables.settle(elem, tag);
        }
        let index = if matches!(step, Step::Key(_)) { self.tables.made_from(tag) } else { Tag::None };
        self.tell_read(spot, &container, &step, Some(elem), tag);
        (index, tag)
    }

    fn before(&mut self, call: &CallView<'_, Tag>) {
        match call.flow {
            Flow::Merge { .. } => self.before = call.args.first().and_then(snapshot),
            Flow::Unknown | Flow::Custom(_) | Flow::Pick => {
                for (arg, &tag) in call.args.iter().zip(call.tags) {
                    self.tables.settle(arg, tag);
                }
            }
            _ => {}
        }
    }

    fn changed(&mut self, container: &Value) {
        self.changed.push(container.clone());
    }

    fn after(&mut self, call: &CallView<'_, Tag>, result: &Value) -> Tag {
        self.note_changes(matches!(call.flow, Flow::Set | Flow::Merge { .. }));
        let before = self.before.take();
        let tag = self.tables.result(call, result, before);
        self.tell_reads(call.spot);
        tag
    }

    fn failed(&mut self, call: &CallView<'_, Tag>) {
        self.note_changes(false);
        self.before = None;
        self.suspects = call.args.iter().cloned().zip(call.tags.iter().copied()).collect();
        self.suspect_field = None;
    }

    fn capture(&mut self, call: &CallView<'_, Tag>, data: &Value) -> (Box<Waiting>, Tag) {
        self.note_changes(false);
        let mut inputs = call.args.iter().zip(call.tags);
        let tag = match inputs.find(|(arg, _)| same(arg, data)) {
            Some((_, &tag)) => tag,
            None => self.tables.homes.tag(data),
        };
        if let (Flow::Evaluate, [text, ..], [text_tag, ..]) = (call.flow, call.args, call.tags) {
            let pieces = self.tables.spread(text, *text_tag);
            self.evaluated = Some(self.book().text(pieces));
        }
        self.outputs.push(Pieces::default());
        let waiting = Waiting {
            program: call.spot.program.clone(),
            node: call.spot.node,
            flow: call.flow,
            callee: call.callee,
            args: call.args.to_vec(),
            tags: call.tags.to_vec(),
        };
        (Box::new(waiting), tag)
    }

    fn captured(&mut self, waiting: Box<Waiting>, made: Option<(&[u8], &Value)>) -> Tag {
        let pieces = self.outputs.pop().unwrap_or_default().into_list();
        self.note_changes(false);
        let Some((text, value)) = made else { return Tag::None };
        let tag = self.book().text(pieces);
        match (waiting.flow, value) {
            (_, Value::Str(made)) if made.as_bytes() == text => tag,
            (Flow::Custom(flow), _) => {
                let rendered = Some((text, tag));
                let mut mapping = Mapping::new(&mut self.tables, &waiting.args, &waiting.tags, rendered, value);
                flow(&mut mapping);
                mapping.finish()
            }
            (_, Value::Str(_)) => {
                let rendered = Value::Str(text.into());
                self.tables.edited((&rendered, tag), value).unwrap_or_default()
            }
            _ => {
                let spot = Spot { program: &waiting.program, node: waiting.node };
                let (args, tags) = (&waiting.args[..], &waiting.tags[..]);
                let view = CallView { spot, flow: Flow::Whole, callee: waiting.callee, args, tags };
                self.tables.result(&view, value, None)
            }
        }
    }

    fn enter(&mut self, spot: Spot<'_>, called: &Arc<Program>, function: Option<&str>) -> CallId {
        let source = self.book().source(&spot.program.source);
        let text = self.evaluated.take();
        let compiled: Option<SourceId> = text.map(|_| self.tables.book.source(&called.source));
        let call = CallData {
            parent: self.call,
            source,
            node: spot.node,
            template: called.name.clone(),
            function: function.map(Arc::from),
            text: text.unwrap_or_default(),
            compiled,
        };
        let id = self.book().add_call(call);
        self.observer.enter(Call { book: &self.tables.book, id });
        std::mem::replace(&mut self.call, id)
    }

    fn leave(&mut self, mark: CallId) {
        self.call = mark;
        self.observer.leave();
    }

    fn error(&mut self, error: &Error) {
        let suspects = std::mem::take(&mut self.suspects);
        let field = self.suspect_field.take();
        let origins: Vec<(OriginId, u32)> =
            suspects.iter().map(|(value, tag)| self.tables.first(value, *tag)).collect();
        let view = |&(origin, at): &(OriginId, u32)| Origin {
            book: &self.tables.book,
            piece: Piece { end: 0, origin, at },
            len: 0,
        };
        let inputs = suspects.iter().zip(&origins).map(|((value, _), origin)| Input { value, origin: view(origin) });
        self.observer.fail(Failure { error, field: field.as_deref(), inputs: inputs.collect() });
    }
}
