//! What a traced run of a chart leaves behind: for each rendered file its pieces and their origins, and what the failure
//! was about.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use gotemplate::Value;
use gotemplate::observe::{self, Observer, Origin, Path, Step};

use crate::package::chart::Chart;
use crate::value::ValuePath;

/// The record of a traced run.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    files: BTreeMap<Arc<str>, TracedFile>,
    /// What the last error was about.
    failure: Option<Failure>,
    names: BTreeSet<Arc<str>>,
    read: BTreeSet<ValuePath>,
}

/// A rendered file: where its text came from.
#[derive(Debug, Clone, Default)]
pub(super) struct TracedFile {
    pieces: Vec<Piece>,
    origins: Vec<Traced>,
}

/// A range of a rendered file, from the end of the piece before it.
#[derive(Debug, Clone)]
struct Piece {
    end: usize,
    origin: usize,
    place: Option<Place>,
}

/// What stands behind a piece, but for its place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Traced {
    /// The calls on the way to the template that wrote it, outermost first.
    pub(super) via: Vec<Place>,
    /// The values that it came from.
    pub(super) values: Vec<ValuePath>,
}

/// A place in what the author of a chart or of values wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// In a template.
    Template {
        /// The name of the template's file.
        file: Arc<str>,
        /// The bytes: literal text, or an action.
        range: Range<usize>,
    },
    /// In the text of a value, which `tpl` ran.
    Value {
        /// The value.
        path: ValuePath,
        /// How far in its text.
        offset: usize,
    },
}

/// A piece as it is asked for.
#[derive(Debug, Clone)]
pub(super) struct Part<'a> {
    /// Where it stands in the rendered file.
    pub(super) range: Range<usize>,
    /// How many bytes of the piece stand before it.
    pub(super) skipped: usize,
    pub(super) place: Option<&'a Place>,
    pub(super) origin: &'a Traced,
}

/// What an error was about.
#[derive(Debug, Clone, Default)]
pub struct Failure {
    /// A field that something lacks.
    pub field: Option<String>,
    /// The names of the fields that it has.
    pub known: Vec<String>,
    /// The values behind what lacks the field, or behind the arguments of the call that failed.
    pub values: Vec<ValuePath>,
}

/// How many values are named behind one piece, and how many calls.
const MOST_VALUES: usize = 16;
const MOST_CALLS: usize = 32;
/// How many names of fields are kept to find the nearest.
const MOST_NAMES: usize = 1_000;

impl Trace {
    /// Returns the paths of the values that the templates read, or looked for in vain.
    pub fn values_read(&self) -> impl Iterator<Item = &ValuePath> {
        self.read.iter()
    }

    /// Returns what the error was about that ended the run.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    pub(super) fn file(&self, path: &str) -> Option<&TracedFile> {
        self.files.get(path)
    }

    fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return known.clone();
        }
        let name: Arc<str> = Arc::from(name);
        self.names.insert(name.clone());
        name
    }
}

impl TracedFile {
    /// Returns the pieces of a range, cut to it.
    pub(super) fn parts(&self, range: Range<usize>) -> impl Iterator<Item = Part<'_>> {
        let first = self.pieces.partition_point(|piece| piece.end <= range.start);
        let mut start = first.checked_sub(1).map_or(0, |before| self.pieces[before].end);
        self.pieces[first..].iter().map_while(move |piece| {
            let part = start.max(range.start)..piece.end.min(range.end);
            let skipped = part.start - start;
            start = piece.end;
            let origin = self.origins.get(piece.origin)?;
            (part.start < part.end).then_some(Part { range: part, skipped, place: piece.place.as_ref(), origin })
        })
    }
}

/// Watches the run of one file.
pub(in crate::render::helm) struct Recorder<'t> {
    trace: &'t mut Trace,
    path: Arc<str>,
    /// Where the chart's values stand among all.
    scope: &'t ValuePath,
    file: TracedFile,
    /// The numbers of origins, by the run's own.
    known: BTreeMap<u32, usize>,
    /// The paths that were read, by the run's numbers.
    read: BTreeSet<u32>,
}

impl<'t> Recorder<'t> {
    pub(in crate::render::helm) fn new(trace: &'t mut Trace, path: &Arc<str>, scope: &'t ValuePath) -> Recorder<'t> {
        trace.failure = None;
        Recorder {
            trace,
            path: path.clone(),
            scope,
            file: TracedFile::default(),
            known: BTreeMap::new(),
            read: BTreeSet::new(),
        }
    }

    /// Ends the record: some ranges of the text are taken out of the file again.
    pub(in crate::render::helm) fn finish(mut self, cut: &[Range<usize>]) {
        if !cut.is_empty() {
            self.cut_out(cut);
        }
        self.trace.files.insert(self.path, self.file);
    }

    fn cut_out(&mut self, cut: &[Range<usize>]) {
        let mut start = 0;
        let old = std::mem::take(&mut self.file.pieces);
        let (mut kept, mut ranges) = (0, cut.iter().peekable());
        for piece in old {
            let mut at = start;
            while at < piece.end {
                match ranges.peek() {
                    Some(range) if range.start <= at => {
                        at = at.max(range.end).min(piece.end);
                        if range.end <= piece.end {
                            ranges.next();
                        }
                        if at < piece.end {
                            continue;
                        }
                    }
                    next => {
                        let end = next.map_or(piece.end, |range| range.start.min(piece.end));
                        kept += end - at;
                        self.push(
                            kept,
                            piece.origin,
                            piece.place.as_ref().map(|place| place.cut(at - start, end - at)),
                        );
                        at = end;
                    }
                }
            }
            start = piece.end;
        }
    }

    fn push(&mut self, end: usize, origin: usize, place: Option<Place>) {
        self.file.pieces.push(Piece { end, origin, place });
    }

    fn paths<'a>(&self, reads: impl Iterator<Item = Path<'a>>) -> Vec<ValuePath> {
        reads.filter_map(|path| value_path(self.scope, &path.steps())).take(MOST_VALUES).collect()
    }

    fn origin(&mut self, origin: Origin<'_>) -> usize {
        if let Some(&known) = self.known.get(&origin.id()) {
            return known;
        }
        let mut via: Vec<Place> =
            origin.calls().take(MOST_CALLS).filter_map(|call| self.template(&call.place())).collect();
        via.reverse();
        let traced = Traced { via, values: self.paths(origin.reads()) };
        let number = self.file.origins.len();
        self.file.origins.push(traced);
        self.known.insert(origin.id(), number);
        number
    }

    fn template(&mut self, place: &observe::Place<'_>) -> Option<Place> {
        let file = self.trace.name(place.source_name);
        Some(Place::Template { file, range: place.range.clone() })
    }

    /// Returns the place of the bytes, in a value where that holds the text of the template.
    fn place(&mut self, origin: Origin<'_>) -> Option<Place> {
        let place = origin.place()?;
        let Some(of_template) = origin.of_template() else { return self.template(&place) };
        if of_template.place().is_some() {
            return self.place(of_template);
        }
        let path = value_path(self.scope, &of_template.reads().next()?.steps())?;
        Some(Place::Value { path, offset: of_template.offset().unwrap_or(0) })
    }
}

impl Place {
    /// Returns the place of a part of the bytes, as far as that can be told.
    fn cut(&self, from: usize, len: usize) -> Place {
        match self {
            // An action has one place for all that it writes; of text, the part is known.
            Place::Template { file, range } if range.len() >= from + len => {
                Place::Template { file: file.clone(), range: range.start + from..range.start + from + len }
            }
            other => other.clone(),
        }
    }
}

impl Observer for Recorder<'_> {
    fn read(&mut self, read: observe::Read<'_>) {
        for path in read.origin.reads() {
            if self.read.insert(path.id()) {
                self.trace.read.extend(value_path(self.scope, &path.steps()));
            }
        }
    }

    fn write(&mut self, range: Range<usize>, origin: Origin<'_>) {
        let number = self.origin(origin);
        let place = self.place(origin);
        self.push(range.end, number, place);
    }

    fn fail(&mut self, failure: observe::Failure<'_>) {
        let field = failure.field.map(str::to_owned);
        let mut about = Failure { field, ..Failure::default() };
        for input in &failure.inputs {
            about.values.extend(self.paths(input.origin.reads()));
            if let (Some(_), Value::Map(map)) = (failure.field, input.value) {
                about.known.extend(map.entries().iter().take(MOST_NAMES).map(|(key, _)| key.to_string()));
            }
        }
        about.values.truncate(MOST_VALUES);
        self.trace.failure = Some(about);
    }
}

/// Returns the path among all values that a path from a template's data leads to; nothing where it leads elsewhere, or
/// to all values of a chart.
fn value_path(scope: &ValuePath, steps: &[&Step]) -> Option<ValuePath> {
    let mut path = scope.clone();
    let mut steps = steps.iter();
    loop {
        match steps.next()? {
            Step::Key(key) if &**key == b"Values" => break,
            Step::Key(key) if &**key == b"Subcharts" => match steps.next()? {
                Step::Key(name) => push_name(&mut path, &name.to_str_lossy()),
                Step::Index(_) => return None,
            },
            _ => return None,
        }
    }
    let below = steps.as_slice();
    if below.is_empty() {
        return None;
    }
    for step in below {
        match step {
            Step::Key(key) => path.push_key(&*key.to_str_lossy()),
            Step::Index(index) => path.push_index(*index),
        }
    }
    Some(path)
}

/// The values of a dependency stand under its name, in which a dot leads a level down.
pub(super) fn push_name(path: &mut ValuePath, name: &str) {
    name.split('.').for_each(|part| path.push_key(part));
}

/// Returns where the values of each chart stand among all: each chart before its dependencies.
pub(in crate::render::helm) fn scopes(chart: &Chart) -> Vec<ValuePath> {
    let mut scopes = Vec::new();
    add_scopes(chart, &ValuePath::root(), &mut scopes);
    scopes
}

// The depth is bounded by the loader.
fn add_scopes(chart: &Chart, at: &ValuePath, scopes: &mut Vec<ValuePath>) {
    scopes.push(at.clone());
    for dependency in &chart.dependencies {
        let mut below = at.clone();
        push_name(&mut below, dependency.name());
        add_scopes(dependency, &below, scopes);
    }
}
