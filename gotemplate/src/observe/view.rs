//! What an observer gets to see: places, paths, origins. Views into the tracer's tables, good for the time of a call.

use std::fmt;
use std::ops::Range;

use crate::error::Error;
use crate::run::trace::book::{Book, CallId, OriginData, PathId, Piece, SourceId};
use crate::value::{Str, Value};

/// A step from a container to what is in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The key of a map, the field or method of an object.
    Key(Str),
    /// The index of a list.
    Index(usize),
}

impl From<&str> for Step {
    fn from(key: &str) -> Step {
        Step::Key(Str::from(key))
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Step {
        Step::Index(index)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Key(key) => write!(f, ".{key}"),
            Step::Index(index) => write!(f, "[{index}]"),
        }
    }
}

/// A path from the data of the run to a value. The text form is `.a.b[0]`; `.` for the data itself.
#[derive(Clone, Copy)]
pub struct Path<'a> {
    pub(crate) book: &'a Book,
    pub(crate) id: PathId,
}

impl<'a> Path<'a> {
    /// Returns a number that is this path's own in the run.
    #[must_use]
    pub fn id(self) -> u32 {
        self.id.0
    }

    /// Returns the steps.
    #[must_use]
    pub fn steps(self) -> Vec<&'a Step> {
        let mut steps = Vec::new();
        let mut at = self.id;
        while let Some((parent, step)) = self.book.path(at) {
            steps.push(step);
            at = parent;
        }
        steps.reverse();
        steps
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = self.steps();
        if steps.is_empty() {
            return f.write_str(".");
        }
        steps.into_iter().try_for_each(|step| step.fmt(f))
    }
}

impl fmt::Debug for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A range of a template's text. The text form is `name:line:column`, as in errors.
#[derive(Clone)]
pub struct Place<'a> {
    /// The name under which the text was parsed.
    pub source_name: &'a str,
    /// The whole text.
    pub text: &'a [u8],
    /// The bytes of the text: literal text, or an action with its delimiters.
    pub range: Range<usize>,
}

impl Place<'_> {
    /// Returns the line, counted from 1, and the byte within the line, counted from 0.
    #[must_use]
    pub fn line_column(&self) -> (usize, usize) {
        let before = &self.text[..self.range.start.min(self.text.len())];
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
        let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        (line, before.len() - start)
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.line_column();
        write!(f, "{}:{line}:{column}", self.source_name)
    }
}

impl fmt::Debug for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A call of a template.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    pub(crate) book: &'a Book,
    pub(crate) id: CallId,
}

impl<'a> Call<'a> {
    /// Returns the action that called.
    #[must_use]
    pub fn place(self) -> Place<'a> {
        let call = self.book.call(self.id);
        self.book.action(call.source, call.node)
    }

    /// Returns the template that was called.
    #[must_use]
    pub fn template(self) -> &'a str {
        &self.book.call(self.id).template
    }

    /// Returns the function that called it; nothing for the action `template`.
    #[must_use]
    pub fn function(self) -> Option<&'a str> {
        self.book.call(self.id).function.as_deref()
    }
}

impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {} {:?}", self.place(), self.function().unwrap_or("template"), self.template())
    }
}

/// Where some bytes of a text, or a value, came from.
#[derive(Clone, Copy)]
pub struct Origin<'a> {
    pub(crate) book: &'a Book,
    pub(crate) piece: Piece,
    pub(crate) len: usize,
}

impl<'a> Origin<'a> {
    /// Returns a number that origins share where they have the same calls and values, and the same action or text; only
    /// the place within the text may differ.
    #[must_use]
    pub fn id(self) -> u32 {
        self.piece.origin.0
    }

    /// Returns the piece of a template that wrote the bytes: its text, or the action that printed the values. Nothing
    /// where they have not been written yet.
    #[must_use]
    pub fn place(self) -> Option<Place<'a>> {
        let (source, range) = match *self.book.origin(self.piece.origin) {
            OriginData::Unknown | OriginData::Value { .. } => return None,
            OriginData::Written { source, node, .. } => return Some(self.book.action(source, node)),
            OriginData::Literal { source, .. } => {
                let start = self.piece.at as usize;
                (source, start..start + self.len)
            }
            OriginData::Fixed { source, start, end, .. } => (source, start as usize..end as usize),
        };
        Some(self.book.place(source, range))
    }

    /// Returns the calls on the way to the place, the innermost first.
    pub fn calls(self) -> impl Iterator<Item = Call<'a>> {
        let mut at = self.call();
        std::iter::from_fn(move || {
            let call = (at != CallId::NONE).then_some(Call { book: self.book, id: at })?;
            at = self.book.call(at).parent;
            Some(call)
        })
    }

    fn call(self) -> CallId {
        match *self.book.origin(self.piece.origin) {
            OriginData::Unknown | OriginData::Value { .. } => CallId::NONE,
            OriginData::Written { call, .. } | OriginData::Literal { call, .. } | OriginData::Fixed { call, .. } => {
                call
            }
        }
    }

    /// Returns the paths of the values that the bytes came from. Where there are many, it names some of them.
    pub fn reads(self) -> impl Iterator<Item = Path<'a>> {
        let reads = match *self.book.origin(self.piece.origin) {
            OriginData::Unknown | OriginData::Literal { .. } => &[],
            OriginData::Value { reads } | OriginData::Written { reads, .. } | OriginData::Fixed { reads, .. } => {
                self.book.reads(reads)
            }
        };
        reads.iter().map(move |&id| Path { book: self.book, id })
    }

    /// Returns the offset in the text at the path of [`reads`](Origin::reads), where the bytes stand there just so.
    #[must_use]
    pub fn offset(self) -> Option<usize> {
        let literal = matches!(self.book.origin(self.piece.origin), OriginData::Literal { .. });
        (!literal && self.piece.at != Piece::VAGUE).then_some(self.piece.at as usize)
    }

    /// Returns where the template's own text at [`place`](Origin::place) came from, if a function compiled it from a
    /// value ([`Flow::Evaluate`](super::Flow::Evaluate)).
    #[must_use]
    pub fn of_template(self) -> Option<Origin<'a>> {
        let range = self.place()?.range;
        self.book.text_of_template(self.call(), self.source()?, range)
    }

    fn source(self) -> Option<SourceId> {
        match *self.book.origin(self.piece.origin) {
            OriginData::Unknown | OriginData::Value { .. } => None,
            OriginData::Written { source, .. } | OriginData::Literal { source, .. } => Some(source),
            OriginData::Fixed { source, .. } => Some(source),
        }
    }
}

impl fmt::Debug for Origin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reads: Vec<Path<'_>> = self.reads().collect();
        f.debug_struct("Origin")
            .field("place", &self.place())
            .field("calls", &self.calls().collect::<Vec<_>>())
            .field("reads", &reads)
            .finish()
    }
}

/// A look into a container.
#[derive(Clone, Copy)]
pub struct Read<'a> {
    /// The map, list or object.
    pub container: &'a Value,
    /// What was looked for.
    pub step: &'a Step,
    /// What was found.
    pub value: Option<&'a Value>,
    /// Where it came from: the path, most of the time.
    pub origin: Origin<'a>,
    pub(crate) source: SourceId,
    pub(crate) node: u32,
}

impl<'a> Read<'a> {
    /// Returns the action that read it.
    #[must_use]
    pub fn place(&self) -> Place<'a> {
        self.origin.book.action(self.source, self.node)
    }
}

impl fmt::Debug for Read<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} of {:?}", self.place(), self.step, self.container)
    }
}

/// An error with the values it is about.
#[derive(Debug)]
pub struct Failure<'a> {
    /// The error, before any function that ran a template has added to it.
    pub error: &'a Error,
    /// What an expression was looking for where it failed: the name of a field.
    pub field: Option<&'a str>,
    /// The value that had no such field, or the arguments of the call that failed.
    pub inputs: Vec<Input<'a>>,
}

/// A value with its origin.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The value.
    pub value: &'a Value,
    /// Where it came from. Of a text, its first bytes.
    pub origin: Origin<'a>,
}
