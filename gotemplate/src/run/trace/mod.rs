//! What the machine tells somebody who watches a run, and what it costs when nobody does: nothing.
//!
//! The machine is compiled twice, once for each tracer. With [`Plain`] all of these calls and the tags of values are
//! gone when the compiler is done. With [`Traced`] each value on the machine's stacks carries a tag that says where it
//! came from; the tags themselves are in the tracer's tables.

pub(crate) mod book;
mod flows;
mod homes;
pub(crate) mod pieces;
pub(crate) mod tables;
mod traced;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

pub(crate) use traced::Traced;

use super::Slot;
use crate::error::Error;
use crate::node::NodeId;
use crate::observe::Flow;
use crate::program::Program;
use crate::value::Value;

/// The instruction at hand: what it belongs to and the node it comes from.
#[derive(Clone, Copy)]
pub(crate) struct Spot<'a> {
    pub(crate) program: &'a Arc<Program>,
    pub(crate) node: NodeId,
}

/// A call of a function: its arguments with their tags.
#[derive(Clone, Copy)]
pub(crate) struct CallView<'a, T> {
    pub(crate) spot: Spot<'a>,
    pub(crate) flow: Flow,
    /// Of the receiver of a method; of the function where it is a value.
    pub(crate) callee: T,
    pub(crate) args: &'a [Value],
    pub(crate) tags: &'a [T],
}

/// A tracer. What is given to it is what the machine does anyway; it changes nothing.
pub(crate) trait Trace {
    /// Where a value came from.
    type Tag: Copy + Default + fmt::Debug;
    /// What a loop goes over.
    type Source;
    /// A place in the tree of calls.
    type Mark: Copy;
    /// What is set aside while a template runs for a function.
    type Captured;

    /// Whether anything of this has an effect.
    const ON: bool;

    /// The run starts with this data; `written` bytes are in its output already.
    fn start(&mut self, data: &Value, written: usize) -> Self::Tag;

    /// A piece of the template's text has been written.
    fn text(&mut self, program: &Arc<Program>, start: u32, out: Range<usize>);

    /// A value has been written.
    fn print(&mut self, spot: Spot<'_>, slot: &Slot<Self::Tag>, out: Range<usize>);

    /// A field has been read.
    fn field(&mut self, spot: Spot<'_>, of: &Slot<Self::Tag>, name: &str, value: &Value) -> Self::Tag;

    /// A method of the object has been found.
    fn method(&mut self, of: Self::Tag, name: &str) -> Self::Tag;

    /// An error is about to come about that is due to this value, and to a field that it lacks.
    fn suspect(&mut self, of: &Slot<Self::Tag>, field: Option<&str>);

    /// A loop over the value begins.
    fn source(&mut self, of: &Slot<Self::Tag>) -> Self::Source;

    /// The loop gives an element; returns the tags of index and element.
    fn element(&mut self, spot: Spot<'_>, source: &Self::Source, index: &Value, elem: &Value)
    -> (Self::Tag, Self::Tag);

    /// A function is about to be called.
    fn before(&mut self, call: &CallView<'_, Self::Tag>);

    /// A function has changed a container.
    fn changed(&mut self, container: &Value);

    /// A function has given a value.
    fn after(&mut self, call: &CallView<'_, Self::Tag>, result: &Value) -> Self::Tag;

    /// A function has failed.
    fn failed(&mut self, call: &CallView<'_, Self::Tag>);

    /// A function runs a template with this data; returns its tag.
    fn capture(&mut self, call: &CallView<'_, Self::Tag>, data: &Value) -> (Self::Captured, Self::Tag);

    /// That template has ended. With text, the function has made a value of it.
    fn captured(&mut self, captured: Self::Captured, made: Option<(&[u8], &Value)>) -> Self::Tag;

    /// A template begins, called at a place of the one that runs, for a function where one is named.
    fn enter(&mut self, spot: Spot<'_>, called: &Arc<Program>, function: Option<&str>) -> Self::Mark;

    /// The template that was entered has ended.
    fn leave(&mut self, mark: Self::Mark);

    /// An error has come about; those that functions make of it are not told.
    fn error(&mut self, error: &Error);
}

/// Nobody watches.
pub(crate) struct Plain;

impl Trace for Plain {
    type Tag = ();
    type Source = ();
    type Mark = ();
    type Captured = ();

    const ON: bool = false;

    fn start(&mut self, _: &Value, _: usize) {}
    fn text(&mut self, _: &Arc<Program>, _: u32, _: Range<usize>) {}
    fn print(&mut self, _: Spot<'_>, _: &Slot<()>, _: Range<usize>) {}
    fn field(&mut self, _: Spot<'_>, _: &Slot<()>, _: &str, _: &Value) {}
    fn method(&mut self, (): (), _: &str) {}
    fn suspect(&mut self, _: &Slot<()>, _: Option<&str>) {}
    fn source(&mut self, _: &Slot<()>) {}
    fn element(&mut self, _: Spot<'_>, (): &(), _: &Value, _: &Value) -> ((), ()) {
        ((), ())
    }
    fn before(&mut self, _: &CallView<'_, ()>) {}
    fn changed(&mut self, _: &Value) {}
    fn after(&mut self, _: &CallView<'_, ()>, _: &Value) {}
    fn failed(&mut self, _: &CallView<'_, ()>) {}
    fn capture(&mut self, _: &CallView<'_, ()>, _: &Value) -> ((), ()) {
        ((), ())
    }
    fn captured(&mut self, (): (), _: Option<(&[u8], &Value)>) {}
    fn enter(&mut self, _: Spot<'_>, _: &Arc<Program>, _: Option<&str>) {}
    fn leave(&mut self, (): ()) {}
    fn error(&mut self, _: &Error) {}
}
