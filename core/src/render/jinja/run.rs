//! What one run of a template collects beside its output.
//!
//! The output holds marks alone; the values behind them are here. A capture (a macro's result, a `set` block) is
//! *real text* to whatever looks at it, and at the same time remembers its pieces: written out untouched, the text of
//! the template's author stays structure and the values in it stay values. What is derived from it is a plain string.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use minijinja::value::{Kwargs, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, Output, State, Value as Mini};

use super::convert::{self, Misses, Tracked};
use super::further::Gap;
use super::lineage::{self, Leaf, Lineage};
use super::source::{Book, Names};
use crate::value::Value;

/// A part of what a template wrote.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    /// A part of a template's text: its file, and where it starts and ends there.
    Raw { unit: u32, start: u32, end: u32 },
    /// A value, and the place that wrote it.
    Value { place: u32, value: u32, trace: Option<u32> },
    /// A capture, and the place that wrote it.
    Capture { place: u32, capture: u32, trace: Option<u32> },
    /// What an included template wrote.
    Include { place: u32, pieces: Arc<Vec<Piece>> },
}

/// A value that was written.
#[derive(Debug, Clone)]
pub(super) enum Written {
    /// An `if` without `else` in an expression gave nothing.
    Nothing,
    /// A value.
    Value(Value),
}

/// A capture: its pieces, its text, and the map or list in it that has no text.
#[derive(Debug, Clone)]
pub(super) struct Capture {
    pub(super) pieces: Arc<Vec<Piece>>,
    pub(super) text: Arc<str>,
    pub(super) structure: Option<u32>,
    // The values behind its text; known in a traced run.
    leaves: Vec<Leaf>,
    // How many captures stand inside one another.
    depth: usize,
    // The value that templates hold: alive as long as the run, so that its address identifies it.
    _alive: Mini,
}

/// Why a run must fail although minijinja could go on.
#[derive(Debug, Clone)]
pub(super) enum Poison {
    /// A map or list written at this place was taken as text.
    Joined(u32),
}

/// The tables of a run.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) written: Vec<Written>,
    pub(super) captures: Vec<Capture>,
    /// What stands behind the values that were written; empty in a plain run.
    pub(super) traces: Vec<Lineage>,
    by_address: HashMap<usize, u32>,
    pub(super) poison: Option<Poison>,
    bytes: usize,
    // The writing expressions that are being worked out: their traces, and how many captures there were before them.
    open: Vec<(u32, usize)>,
    // The arguments of the macros that run, innermost last, and those of the one that is about to.
    pub(super) frames: Vec<Frame>,
    pub(super) next: Option<Frame>,
}

/// Where the arguments of a call came from.
#[derive(Debug, Default)]
pub(super) struct Frame {
    pub(super) positional: Vec<Lineage>,
    pub(super) named: Vec<(String, Lineage)>,
}

/// A lineage in a variable beside that of the value.
#[derive(Debug)]
pub(super) struct Beside {
    pub(super) lineage: Lineage,
    // How many captures there were before the value was worked out.
    pub(super) before: usize,
}

impl Object for Beside {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

impl Tables {
    fn capture_of(&self, value: &Mini) -> Option<u32> {
        match value.downcast_object_ref::<Structured>() {
            Some(structured) => Some(structured.capture),
            None => self.by_address.get(&(value.as_str()?.as_ptr() as usize)).copied(),
        }
    }

    /// Notes what stands behind the value that is written next; returns the number of the note.
    pub(super) fn expect(&mut self, lineage: Lineage) -> usize {
        self.traces.push(lineage);
        let number = self.traces.len() - 1;
        self.open.push((u32::try_from(number).unwrap_or(u32::MAX), self.captures.len()));
        number
    }

    // A value was written: what macros captured on the way to it stands behind it too.
    fn arrived(&mut self, exact: Option<Leaf>) {
        let Some((trace, before)) = self.open.pop() else { return };
        let found = exact.map(Lineage::At).or_else(|| {
            let leaves = self.leaves_since(before);
            (!leaves.is_empty())
                .then(|| self.traces.get(trace as usize).map_or(Lineage::Unknown, |known| known.with(&leaves)))
        });
        if let (Some(found), Some(slot)) = (found, self.traces.get_mut(trace as usize)) {
            *slot = found;
        }
    }

    /// Returns the values behind what was captured since there were so many captures.
    pub(super) fn leaves_since(&self, before: usize) -> Vec<Leaf> {
        let mut out = Vec::new();
        for capture in self.captures.get(before..).unwrap_or_default() {
            lineage::add(&mut out, &capture.leaves);
        }
        out
    }

    /// Returns the values behind pieces; none in a plain run.
    pub(super) fn leaves(&self, pieces: &[Piece]) -> Vec<Leaf> {
        let mut out = Vec::new();
        if !self.traces.is_empty() {
            self.add_leaves(pieces, &mut out);
        }
        out
    }

    fn add_leaves(&self, pieces: &[Piece], out: &mut Vec<Leaf>) {
        for piece in pieces {
            match piece {
                Piece::Raw { .. } => {}
                Piece::Value { value, trace, .. } => lineage::add(out, &self.behind(*trace, Some(*value)).leaves()),
                Piece::Capture { capture, .. } => lineage::add(out, &self.captures[*capture as usize].leaves),
                Piece::Include { pieces, .. } => self.add_leaves(pieces, out),
            }
        }
    }

    /// Returns the lineage of a value that was written.
    pub(super) fn behind(&self, trace: Option<u32>, value: Option<u32>) -> Lineage {
        let lineage = trace.and_then(|trace| self.traces.get(trace as usize)).cloned().unwrap_or_default();
        match value.and_then(|value| self.written.get(value as usize)) {
            Some(Written::Value(value)) => lineage.settled(value),
            _ => lineage,
        }
    }
}

/// A run: shared by everything that takes part in it.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) book: Arc<Book>,
    pub(super) tables: Mutex<Tables>,
    pub(super) misses: Arc<Misses>,
    /// Whether lineages are kept.
    pub(super) traced: bool,
    most_bytes: usize,
}

impl Run {
    pub(super) fn new(book: Arc<Book>, traced: bool, most_bytes: usize) -> Arc<Run> {
        Arc::new(Run { book, tables: Mutex::default(), misses: Arc::default(), traced, most_bytes })
    }

    /// Returns the values behind a text, if it is a capture.
    pub(super) fn captured_leaves(&self, value: &Mini) -> Option<Vec<Leaf>> {
        let tables = self.lock();
        let capture = tables.capture_of(value)?;
        Some(tables.captures[capture as usize].leaves.clone())
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn spend(&self, tables: &mut Tables, bytes: usize) -> Result<(), Error> {
        tables.bytes = tables.bytes.saturating_add(bytes);
        if tables.bytes > self.most_bytes {
            return Err(Error::new(ErrorKind::WriteFailure, OVERFLOW));
        }
        Ok(())
    }
}

/// What the error of too much output says.
pub(super) const OVERFLOW: &str = "the package renders to more bytes than the limit allows";

/// The run as a value of the template's context.
#[derive(Debug)]
pub(super) struct Handle(pub(super) Arc<Run>);

impl Object for Handle {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

#[derive(Debug)]
struct Kept(Arc<Run>);

/// Returns the run that a state belongs to.
pub(super) fn of(state: &mut State<'_, '_>, names: &Names) -> Result<Arc<Run>, Error> {
    if let Some(Kept(run)) = state.get_extension::<Kept>() {
        return Ok(run.clone());
    }
    let found = state.lookup(&names.run).and_then(|v| v.downcast_object_ref::<Handle>().map(|handle| handle.0.clone()));
    let run = found.ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "the template runs outside of a package"))?;
    state.get_or_insert_extension(Kept(run.clone()));
    Ok(run)
}

/// Writes a value as a mark.
pub(super) fn write(out: &mut Output, state: &mut State<'_, '_>, value: &Mini, names: &Names) -> Result<(), Error> {
    if let Some(mark) = value.downcast_object_ref::<Mark>() {
        return Ok(out.write_str(&mark.0)?);
    }
    let run = of(state, names)?;
    let capture = run.lock().capture_of(value);
    if let Some(capture) = capture {
        let mut tables = run.lock();
        let length = tables.captures[capture as usize].text.len();
        run.spend(&mut tables, length)?;
        tables.open.pop();
        return Ok(write!(out, "C{capture};")?);
    }
    let written = match convert::to_core(value) {
        _ if value.is_undefined() => Written::Nothing,
        Err(_) if value.downcast_object_ref::<Gap>().is_some() => Written::Nothing,
        found => Written::Value(found?),
    };
    let mut tables = run.lock();
    let length = if let Written::Value(Value::Str(text)) = &written { text.len() } else { 8 };
    run.spend(&mut tables, length)?;
    if run.traced {
        tables.arrived(value.downcast_object_ref::<Tracked>().and_then(Tracked::leaf));
    }
    tables.written.push(written);
    Ok(write!(out, "V{};", tables.written.len() - 1)?)
}

/// A mark on its way to the output.
#[derive(Debug)]
pub(super) struct Mark(pub(super) String);

impl Object for Mark {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

/// A capture that holds a map or list: it has no text, and taking it as text makes the run fail.
#[derive(Debug)]
pub(super) struct Structured {
    capture: u32,
    place: u32,
    text: Arc<str>,
    run: std::sync::Weak<Run>,
}

impl Object for Structured {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(run) = self.run.upgrade() {
            run.lock().poison.get_or_insert(Poison::Joined(self.place));
        }
        f.write_str(&self.text)
    }
}

/// Turns what a template captured into real text that remembers its pieces.
pub(super) fn capture(run: &Arc<Run>, marks: &str) -> Result<Mini, Error> {
    let pieces = Arc::new(decode(marks, &run.book));
    let mut tables = run.lock();
    let depth = depth(&pieces, &tables) + 1;
    if depth > MOST_DEPTH {
        return Err(Error::new(ErrorKind::InvalidOperation, TOO_DEEP));
    }
    let mut text = String::new();
    let mut structure = None;
    real_text(&pieces, &run.book, &tables, &mut text, &mut structure);
    run.spend(&mut tables, text.len())?;
    let number = u32::try_from(tables.captures.len()).unwrap_or(u32::MAX);
    let shared: Arc<str> = text.as_str().into();
    let value = match structure {
        Some(place) => {
            Mini::from_object(Structured { capture: number, place, text: shared.clone(), run: Arc::downgrade(run) })
        }
        // A safe string always has an address of its own (short plain strings live inside their value).
        None => Mini::from_safe_string(text),
    };
    if let (None, Some(text)) = (structure, value.as_str()) {
        let address = text.as_ptr() as usize;
        // All empty strings may share one address, and an empty capture has no pieces worth keeping.
        if !text.is_empty() {
            tables.by_address.insert(address, number);
        }
    }
    let kept = value.clone();
    let leaves = tables.leaves(&pieces);
    tables.captures.push(Capture { pieces, text: shared, structure, leaves, depth, _alive: kept });
    Ok(value)
}

const MOST_DEPTH: usize = 100;

/// What the error of captures that hold captures without end says.
pub(super) const TOO_DEEP: &str = "captured text holds captured text too many times over";

fn depth(pieces: &[Piece], tables: &Tables) -> usize {
    let of = |piece: &Piece| match piece {
        Piece::Capture { capture, .. } => tables.captures[*capture as usize].depth,
        Piece::Include { pieces, .. } => depth(pieces, tables),
        Piece::Raw { .. } | Piece::Value { .. } => 0,
    };
    pieces.iter().map(of).max().unwrap_or(0)
}

/// A macro (or `caller`) whose result is real text.
pub(super) struct Wrapped {
    pub(super) inner: Mini,
    pub(super) names: Names,
}

impl fmt::Debug for Wrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.inner)
    }
}

impl Object for Wrapped {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Mini) -> Option<Mini> {
        self.inner.get_item(key).ok().filter(|value| !value.is_undefined())
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Mini]) -> Result<Mini, Error> {
        let run = of(state, &self.names)?;
        let wrapped = wrap_caller(args, &self.names);
        if run.traced {
            let mut tables = run.lock();
            let frame = tables.next.take().unwrap_or_default();
            tables.frames.push(frame);
        }
        let result = self.inner.call(state, wrapped.as_deref().unwrap_or(args));
        if run.traced {
            run.lock().frames.pop();
        }
        let name = self.inner.get_attr("name").map(|name| name.to_string()).unwrap_or_default();
        let result = result.map_err(|error| called(error, &name))?;
        capture(&run, result.as_str().unwrap_or(""))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.inner)
    }
}

// The place of the call is added by minijinja when the error passes it; arguments that do not fit have no other place.
fn called(error: Error, name: &str) -> Error {
    if error.line().is_none() {
        return error;
    }
    Error::new(ErrorKind::BadInclude, format!("{CALLED}{name}")).with_source(error)
}

/// How the detail of an error starts that only adds the place of a call.
pub(super) const CALLED: &str = "called:";

fn wrap_caller(args: &[Mini], names: &Names) -> Option<Vec<Mini>> {
    let last = args.last().filter(|last| last.is_kwargs())?;
    let kwargs = Kwargs::try_from(last.clone()).ok()?;
    if !kwargs.has("caller") {
        return None;
    }
    let rewrap = |key: &str| {
        let value: Mini = kwargs.get(key).ok()?;
        let value = if key == "caller" { wrap(value, names) } else { value };
        Some((key.to_owned(), value))
    };
    let rebuilt: Kwargs = kwargs.args().filter_map(rewrap).collect();
    let mut args = args[..args.len() - 1].to_vec();
    args.push(rebuilt.into_value());
    Some(args)
}

trait IntoValue {
    fn into_value(self) -> Mini;
}

impl IntoValue for Kwargs {
    fn into_value(self) -> Mini {
        Mini::from(self)
    }
}

/// Wraps a macro.
pub(super) fn wrap(inner: Mini, names: &Names) -> Mini {
    if inner.downcast_object_ref::<Wrapped>().is_some() {
        return inner;
    }
    Mini::from_object(Wrapped { inner, names: names.clone() })
}

/// Reads marks.
pub(super) fn decode(marks: &str, book: &Book) -> Vec<Piece> {
    let mut open: Vec<(u32, Vec<Piece>)> = Vec::new();
    let mut pieces = Vec::new();
    let (mut place, mut trace) = (0, None);
    for mark in marks.split_terminator(';') {
        let (kind, number) = mark.split_at_checked(1).unwrap_or(("", ""));
        let number: u32 = number.parse().unwrap_or(0);
        match kind {
            "R" => {
                if let Some(chunk) = book.chunks.get(number as usize) {
                    pieces.push(Piece::Raw { unit: chunk.unit, start: chunk.start, end: chunk.end });
                }
            }
            "E" => (place, trace) = (number, None),
            "T" => trace = Some(number),
            "V" => pieces.push(Piece::Value { place, value: number, trace }),
            "C" => pieces.push(Piece::Capture { place, capture: number, trace }),
            "I" => open.push((number, std::mem::take(&mut pieces))),
            "O" => {
                if let Some((place, outer)) = open.pop() {
                    let inner = Arc::new(std::mem::replace(&mut pieces, outer));
                    pieces.push(Piece::Include { place, pieces: inner });
                }
            }
            _ => {}
        }
    }
    // An include that failed cannot get here; should marks be out of balance, nothing is lost.
    while let Some((_, mut outer)) = open.pop() {
        outer.append(&mut pieces);
        pieces = outer;
    }
    pieces
}

/// Adds the text that pieces stand for; notes the first map or list, which has none.
pub(super) fn real_text(pieces: &[Piece], book: &Book, tables: &Tables, out: &mut String, structure: &mut Option<u32>) {
    for piece in pieces {
        match piece {
            Piece::Raw { unit, start, end } => {
                let text = &book.units[*unit as usize].text;
                out.push_str(text.get(*start as usize..*end as usize).unwrap_or(""));
            }
            Piece::Value { place, value, .. } => {
                let mut text = String::new();
                if joined(&tables.written[*value as usize], &mut text) {
                    structure.get_or_insert(*place);
                }
                block(book, *place, &text, out);
            }
            Piece::Capture { place, capture, .. } => {
                let capture = &tables.captures[*capture as usize];
                *structure = structure.or(capture.structure);
                block(book, *place, &capture.text, out);
            }
            Piece::Include { place, pieces } => {
                let mut text = String::new();
                real_text(pieces, book, tables, &mut text, structure);
                block(book, *place, &text, out);
            }
        }
    }
}

// A tag that stands alone on its line writes whole lines of its column.
fn block(book: &Book, place: u32, text: &str, out: &mut String) {
    let Some(column) = book.places.get(place as usize).and_then(|place| place.block) else {
        return out.push_str(text);
    };
    if column == 0 {
        out.push_str(text);
    } else {
        out.push_str(&reindent(text, column as usize));
    }
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
}

/// Returns lines moved to a column, the distances between them kept.
pub(super) fn reindent(text: &str, column: usize) -> String {
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    let common = lines().map(|line| line.len() - line.trim_start_matches(' ').len()).min().unwrap_or(0);
    let pad = " ".repeat(column);
    let mut out = String::with_capacity(text.len() + column * 8);
    for line in text.split_inclusive('\n') {
        if line.trim().is_empty() {
            out.push_str(line.trim_matches(' '));
        } else {
            out.push_str(&pad);
            out.push_str(&line[common..]);
        }
    }
    out
}

/// Adds the text of a value that is joined into text; returns whether it is a map or list, which has none.
pub(super) fn joined(written: &Written, out: &mut String) -> bool {
    match written {
        Written::Nothing => {}
        Written::Value(Value::Str(text)) => out.push_str(text),
        Written::Value(value) => out.push_str(&convert::json(value)),
    }
    matches!(written, Written::Value(Value::Seq(_) | Value::Map(_)))
}
