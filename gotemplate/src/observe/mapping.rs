//! Lets a host say, byte range by byte range, where a function's result came from.

use std::fmt;
use std::ops::Range;

use super::Step;
use crate::run::trace::book::{OriginData, OriginId, Piece, Tag};
use crate::run::trace::pieces::{Pieces, cut};
use crate::run::trace::tables::{Tables, look};
use crate::value::Value;

/// A call that has ended, and what is said about its result. See [`Flow::Custom`](super::Flow::Custom).
///
/// ```
/// use std::sync::Arc;
/// use gotemplate::observe::{Flow, Mapping, Observer, Origin};
/// use gotemplate::{Function, Functions, Map, Run, Set, Signature, Type, Value};
///
/// // Writes a map as `key=value` lines.
/// fn lines(value: &Value) -> String {
///     let Value::Map(map) = value else { return String::new() };
///     map.entries().iter().map(|(key, value)| format!("{key}={}\n", String::from_utf8_lossy(&value.to_text()))).collect()
/// }
///
/// fn flow(mapping: &mut Mapping<'_>) {
///     let mut at = 0;
///     for line in lines(&mapping.args()[0]).split_inclusive('\n') {
///         let key = line.split('=').next().unwrap_or_default();
///         mapping.value(at..at + line.len(), 0, &[key.into()]);
///         at += line.len();
///     }
/// }
///
/// let mut functions = Functions::new();
/// functions.add("lines", Signature::new([Type::Any], Type::String), |_, args| Ok(lines(&args[0])));
/// functions.set_flow("lines", Flow::Custom(flow));
/// let mut set = Set::new(Arc::new(functions));
/// set.parse("t", "{{ lines .env }}")?;
///
/// #[derive(Default)]
/// struct Paths(Vec<String>);
/// impl Observer for Paths {
///     fn write(&mut self, range: std::ops::Range<usize>, origin: Origin<'_>) {
///         self.0.extend(origin.reads().map(|path| format!("{range:?} {path}")));
///     }
/// }
/// let env = Map::from_iter([("A", "1"), ("B", "2")]);
/// let mut paths = Paths::default();
/// Run::new(&Arc::new(set)).observer(&mut paths).render("t", &Map::from_iter([("env", env)]).into())?;
/// assert_eq!(paths.0, ["0..4 .env.A", "4..8 .env.B"]);
/// # Ok::<(), gotemplate::Error>(())
/// ```
pub struct Mapping<'a> {
    tables: &'a mut Tables,
    args: &'a [Value],
    tags: &'a [Tag],
    rendered: Option<(&'a [u8], Tag)>,
    result: &'a Value,
    pieces: Pieces,
    /// The way to the value asked for last, so that neighbours need no new way.
    way: Vec<(Step, Value, Tag)>,
    way_of: usize,
}

impl<'a> Mapping<'a> {
    pub(crate) fn new(
        tables: &'a mut Tables,
        args: &'a [Value],
        tags: &'a [Tag],
        rendered: Option<(&'a [u8], Tag)>,
        result: &'a Value,
    ) -> Mapping<'a> {
        let (pieces, way) = (Pieces::default(), Vec::new());
        Mapping { tables, args, tags, rendered, result, pieces, way, way_of: 0 }
    }

    /// Returns the arguments.
    #[must_use]
    pub fn args(&self) -> &'a [Value] {
        self.args
    }

    /// Returns the text of the template that the function ran, if it did.
    #[must_use]
    pub fn rendered(&self) -> Option<&'a [u8]> {
        self.rendered.map(|(text, _)| text)
    }

    /// Returns the result.
    #[must_use]
    pub fn result(&self) -> &'a Value {
        self.result
    }

    /// Says that a range of the result's text stands, as it is, in the text of an argument from an offset on. An argument
    /// number that there is not means the text of the template that the function ran.
    ///
    /// Ranges come in their order; of what is left out, nothing is known.
    pub fn copy(&mut self, to: Range<usize>, arg: usize, from: usize) {
        let pieces = self.spread(arg);
        self.pieces.fill(to.start, OriginId::UNKNOWN);
        self.pieces.copy(&pieces, from..from + to.len());
        self.pieces.fill(to.end, OriginId::UNKNOWN);
    }

    /// Says that a range of the result's text was made from the value that a path leads to in an argument.
    pub fn value(&mut self, to: Range<usize>, arg: usize, path: &[Step]) {
        let Some((value, tag)) = self.find(arg, path) else { return };
        let origin = self.tables.uniform(&value, tag).0;
        self.pieces.fill(to.start, OriginId::UNKNOWN);
        self.pieces.push(to.len(), origin, Piece::VAGUE);
    }

    /// Says that the value that a path leads to in the result was made from a range of an argument's text.
    pub fn parsed(&mut self, path: &[Step], arg: usize, from: Range<usize>) {
        let Some((last, way)) = path.split_last() else { return };
        let mut container = self.result.clone();
        for step in way {
            let Some(next) = look(&container, step) else { return };
            container = next;
        }
        let Some(value) = look(&container, last) else { return };
        let pieces = self.spread(arg);
        let tag = self.cut_out(&pieces, from, &value);
        self.tables.homes.set_part(&container, last.clone(), tag);
        if matches!(value, Value::List(_) | Value::Map(_)) {
            self.tables.settle(&value, tag);
        }
    }

    /// Returns the tag of a value that was read from a range of a text.
    fn cut_out(&mut self, pieces: &[Piece], from: Range<usize>, value: &Value) -> Tag {
        let mut cuts = Pieces::default();
        cuts.copy(pieces, from.clone());
        if matches!(value, Value::Str(text) if text.len() == cuts.len()) {
            return self.tables.book.text(cuts.into_list());
        }
        // Of one piece of a template's text, the range is known.
        let mut ranges = cut(pieces, from);
        match (ranges.next(), ranges.next()) {
            (Some((len, origin, at)), None) => match *self.tables.book.origin(origin) {
                OriginData::Literal { source, call } => {
                    let (start, end) = (at, at.saturating_add(u32::try_from(len).unwrap_or(u32::MAX)));
                    let reads = crate::run::trace::book::ReadsId::EMPTY;
                    Tag::Origin(self.tables.book.add_origin(OriginData::Fixed { source, start, end, call, reads }))
                }
                OriginData::Unknown => Tag::None,
                _ => Tag::Origin(origin),
            },
            (None, _) => Tag::None,
            _ => {
                drop(ranges);
                let all = cuts.into_list();
                let end = all.last().map_or(0, |piece| piece.end as usize);
                match self.tables.one_of(&all, 0..end) {
                    OriginId::UNKNOWN => Tag::None,
                    origin => Tag::Origin(origin),
                }
            }
        }
    }

    fn spread(&mut self, arg: usize) -> Vec<Piece> {
        match (self.args.get(arg), self.rendered) {
            (Some(value), _) => self.tables.spread(value, self.tags[arg]),
            (None, Some((text, tag))) => self.tables.spread(&Value::Str(text.into()), tag),
            (None, None) => Vec::new(),
        }
    }

    /// Follows a path in an argument.
    fn find(&mut self, arg: usize, path: &[Step]) -> Option<(Value, Tag)> {
        if self.way_of != arg {
            self.way.clear();
            self.way_of = arg;
        }
        let known = self.way.iter().zip(path).take_while(|((step, ..), wanted)| step == *wanted).count();
        self.way.truncate(known);
        for step in &path[known..] {
            let (of, tag) = match self.way.last() {
                Some((_, value, tag)) => (value.clone(), *tag),
                None => (self.args.get(arg)?.clone(), self.tags[arg]),
            };
            let value = look(&of, step)?;
            let tag = self.tables.child(&of, tag, step, Some(&value));
            self.way.push((step.clone(), value, tag));
        }
        match self.way.last() {
            Some((_, value, tag)) => Some((value.clone(), *tag)),
            None => Some((self.args.get(arg)?.clone(), self.tags[arg])),
        }
    }

    pub(crate) fn finish(mut self) -> Tag {
        match self.result {
            Value::Str(text) => {
                self.pieces.fill(text.len(), OriginId::UNKNOWN);
                self.tables.book.text(self.pieces.into_list())
            }
            _ => Tag::None,
        }
    }
}

impl fmt::Debug for Mapping<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mapping").field("args", &self.args).field("result", &self.result).finish_non_exhaustive()
    }
}
