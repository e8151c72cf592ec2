//! The tracer's tables: paths, sets of paths, calls, origins and the texts made of them. Everything is listed once and
//! known by a number, so a tag on a value is eight bytes.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::node::{NodeId, Source};
use crate::observe::{Origin, Place, Step};
use crate::program::NONE;

macro_rules! number {
    ($($(#[$meta:meta])* $name:ident;)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) struct $name(pub(crate) u32);
    )*};
}

number! {
    /// A parsed text.
    SourceId;
    /// A path from the data of the run; 0 is the data.
    PathId;
    /// A sorted set of paths; 0 is empty.
    ReadsId;
    /// A call of a template.
    CallId;
    /// An entry of the table of origins; 0 is unknown.
    OriginId;
    /// A text with its pieces.
    TextId;
}

impl CallId {
    /// The template that the run started with.
    pub(crate) const NONE: CallId = CallId(u32::MAX);
}

impl OriginId {
    pub(crate) const UNKNOWN: OriginId = OriginId(0);
}

impl ReadsId {
    pub(crate) const EMPTY: ReadsId = ReadsId(0);
}

/// Where a value came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tag {
    /// Nothing is known.
    #[default]
    None,
    /// It is the value at this path.
    Path(PathId),
    /// All of it has one origin.
    Origin(OriginId),
    /// It is a text with several.
    Text(TextId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum OriginData {
    Unknown,
    /// From values, and no template has written it yet.
    Value {
        reads: ReadsId,
    },
    /// Written by an action.
    Written {
        source: SourceId,
        node: NodeId,
        call: CallId,
        reads: ReadsId,
    },
    /// A template's own text; [`Piece::at`] says where in it.
    Literal {
        source: SourceId,
        call: CallId,
    },
    /// Made from a range of a template's text, and perhaps values.
    Fixed {
        source: SourceId,
        start: u32,
        end: u32,
        call: CallId,
        reads: ReadsId,
    },
}

/// A range of a text: from the end of the piece before it up to its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) end: u32,
    pub(crate) origin: OriginId,
    /// The offset of the first byte in the template's text, or in the text of the value; [`Piece::VAGUE`] where the bytes
    /// do not stand there just so.
    pub(crate) at: u32,
}

impl Piece {
    pub(crate) const VAGUE: u32 = u32::MAX;
}

#[derive(Debug)]
pub(crate) struct CallData {
    pub(crate) parent: CallId,
    pub(crate) source: SourceId,
    pub(crate) node: NodeId,
    pub(crate) template: Arc<str>,
    pub(crate) function: Option<Arc<str>>,
    /// The origin of the called template's text, where a value held it, and that text.
    pub(crate) text: Tag,
    pub(crate) compiled: Option<SourceId>,
}

#[derive(Debug)]
struct PathData {
    parent: PathId,
    step: Step,
    children: BTreeMap<Step, PathId>,
    /// The origin of what is at the path, once somebody has asked.
    origin: OriginId,
}

impl PathData {
    fn new(parent: PathId, step: Step) -> PathData {
        PathData { parent, step, children: BTreeMap::new(), origin: OriginId::UNKNOWN }
    }
}

/// How many paths one origin names.
const MOST_READS: usize = 32;

/// How many pieces all texts may have together: some 200 MB.
const MOST_PIECES: usize = 16 << 20;

#[derive(Debug)]
pub(crate) struct Book {
    sources: Vec<Arc<Source>>,
    source_ids: BTreeMap<usize, SourceId>,
    last_source: (usize, SourceId),
    paths: Vec<PathData>,
    sets: Vec<Box<[PathId]>>,
    set_ids: BTreeMap<Box<[PathId]>, ReadsId>,
    calls: Vec<CallData>,
    call_ids: BTreeMap<(CallId, SourceId, NodeId, Option<SourceId>), CallId>,
    origins: Vec<OriginData>,
    literal_ids: BTreeMap<(SourceId, CallId), OriginId>,
    texts: Vec<Box<[Piece]>>,
    pieces: usize,
}

fn number(len: usize) -> u32 {
    u32::try_from(len).expect("limits of the run keep the tables below four billion entries")
}

impl Book {
    pub(crate) fn new() -> Book {
        Book {
            sources: Vec::new(),
            source_ids: BTreeMap::new(),
            last_source: (0, SourceId(0)),
            paths: vec![PathData::new(PathId(0), Step::Index(0))],
            sets: vec![Box::default()],
            set_ids: BTreeMap::from([(Box::default(), ReadsId::EMPTY)]),
            calls: Vec::new(),
            call_ids: BTreeMap::new(),
            origins: vec![OriginData::Unknown],
            literal_ids: BTreeMap::new(),
            texts: Vec::new(),
            pieces: 0,
        }
    }

    pub(crate) fn source(&mut self, source: &Arc<Source>) -> SourceId {
        // The table holds the source, so its address stays its own.
        let address = Arc::as_ptr(source) as usize;
        if self.last_source.0 == address {
            return self.last_source.1;
        }
        let id = SourceId(number(self.sources.len()));
        let found = *self.source_ids.entry(address).or_insert(id);
        if found == id {
            self.sources.push(source.clone());
        }
        self.last_source = (address, found);
        found
    }

    pub(crate) fn step(&mut self, parent: PathId, step: &Step) -> PathId {
        let id = PathId(number(self.paths.len()));
        let children = &mut self.paths[parent.0 as usize].children;
        if let Some(&found) = children.get(step) {
            return found;
        }
        children.insert(step.clone(), id);
        self.paths.push(PathData::new(parent, step.clone()));
        id
    }

    /// Returns the parent and the last step of a path; nothing for the data of the run.
    pub(crate) fn path(&self, id: PathId) -> Option<(PathId, &Step)> {
        let path = &self.paths[id.0 as usize];
        (id.0 > 0).then_some((path.parent, &path.step))
    }

    /// Returns a set of paths. Of many, some are left out.
    pub(crate) fn set(&mut self, mut paths: Vec<PathId>) -> ReadsId {
        paths.sort_unstable();
        paths.dedup();
        paths.truncate(MOST_READS);
        let paths: Box<[PathId]> = paths.into();
        if let Some(&found) = self.set_ids.get(&paths) {
            return found;
        }
        let id = ReadsId(number(self.sets.len()));
        self.sets.push(paths.clone());
        self.set_ids.insert(paths, id);
        id
    }

    pub(crate) fn reads(&self, id: ReadsId) -> &[PathId] {
        &self.sets[id.0 as usize]
    }

    pub(crate) fn call(&self, id: CallId) -> &CallData {
        &self.calls[id.0 as usize]
    }

    /// Returns the number of a call. Calls that differ in nothing but their time are one.
    pub(crate) fn add_call(&mut self, call: CallData) -> CallId {
        let key = (call.parent, call.source, call.node, call.compiled);
        if let Some(&found) = self.call_ids.get(&key)
            && self.call(found).template == call.template
            && self.call(found).text == call.text
        {
            return found;
        }
        let id = CallId(number(self.calls.len()));
        self.calls.push(call);
        self.call_ids.insert(key, id);
        id
    }

    pub(crate) fn origin(&self, id: OriginId) -> &OriginData {
        &self.origins[id.0 as usize]
    }

    /// Adds an origin. The one added last is not added again.
    pub(crate) fn add_origin(&mut self, origin: OriginData) -> OriginId {
        let id = OriginId(number(self.origins.len()));
        if self.origins.last() == Some(&origin) {
            return OriginId(id.0 - 1);
        }
        self.origins.push(origin);
        id
    }

    /// Returns the origin of a template's own text.
    pub(crate) fn literal(&mut self, source: SourceId, call: CallId) -> OriginId {
        if let Some(&found) = self.literal_ids.get(&(source, call)) {
            return found;
        }
        let id = self.add_origin(OriginData::Literal { source, call });
        self.literal_ids.insert((source, call), id);
        id
    }

    /// Returns the origin of what is at a path.
    pub(crate) fn at_path(&mut self, path: PathId) -> OriginId {
        let known = self.paths[path.0 as usize].origin;
        if known != OriginId::UNKNOWN {
            return known;
        }
        // Asked for once a path, so it needs no look whether it is there.
        let reads = ReadsId(number(self.sets.len()));
        self.sets.push(Box::new([path]));
        let origin = self.add_origin(OriginData::Value { reads });
        self.paths[path.0 as usize].origin = origin;
        origin
    }

    /// Returns the origin of what was made from these values.
    pub(crate) fn value_of(&mut self, paths: &[PathId]) -> Tag {
        match paths {
            [] => Tag::None,
            [path] => Tag::Origin(self.at_path(*path)),
            [path, others @ ..] if others.iter().all(|other| other == path) => Tag::Origin(self.at_path(*path)),
            paths => {
                let reads = self.set(paths.to_vec());
                Tag::Origin(self.add_origin(OriginData::Value { reads }))
            }
        }
    }

    /// Returns the tag of a text with these pieces.
    pub(crate) fn text(&mut self, pieces: Vec<Piece>) -> Tag {
        match pieces.as_slice() {
            [] => return Tag::None,
            [piece] if piece.at == Piece::VAGUE => {
                return if piece.origin == OriginId::UNKNOWN { Tag::None } else { Tag::Origin(piece.origin) };
            }
            _ => {}
        }
        self.pieces += pieces.len();
        if self.pieces > MOST_PIECES {
            return Tag::None;
        }
        self.texts.push(pieces.into());
        Tag::Text(TextId(number(self.texts.len() - 1)))
    }

    pub(crate) fn pieces(&self, id: TextId) -> &[Piece] {
        &self.texts[id.0 as usize]
    }

    /// Returns the view of a range of a template's text.
    pub(crate) fn place(&self, source: SourceId, range: Range<usize>) -> Place<'_> {
        let source = &self.sources[source.0 as usize];
        let end = range.end.min(source.text.len());
        Place { source_name: &source.name, text: &source.text, range: range.start.min(end)..end }
    }

    /// Returns the action that a node belongs to.
    pub(crate) fn action(&self, source: SourceId, node: NodeId) -> Place<'_> {
        let range = if node == NONE { 0..0 } else { self.sources[source.0 as usize].action_range(node) };
        self.place(source, range)
    }

    /// Returns the view of an origin that stands for `len` bytes.
    pub(crate) fn view(&self, origin: OriginId, at: u32, len: usize) -> Origin<'_> {
        Origin { book: self, piece: Piece { end: number(len), origin, at }, len }
    }

    /// Returns the origin of a range of a template's own text, if a value held that text.
    pub(crate) fn text_of_template(
        &self,
        mut call: CallId,
        source: SourceId,
        range: Range<usize>,
    ) -> Option<Origin<'_>> {
        while call != CallId::NONE {
            let data = self.call(call);
            if data.compiled == Some(source) {
                return match data.text {
                    Tag::None => None,
                    Tag::Path(_) => None,
                    Tag::Origin(origin) => Some(self.view(origin, Piece::VAGUE, range.len())),
                    Tag::Text(id) => {
                        let pieces = self.pieces(id);
                        let index = pieces.partition_point(|piece| piece.end as usize <= range.start);
                        let piece = pieces.get(index)?;
                        let start = index.checked_sub(1).map_or(0, |before| pieces[before].end);
                        let inside = number(range.start) - start;
                        let at = if piece.at == Piece::VAGUE { Piece::VAGUE } else { piece.at + inside };
                        let len = range.len().min(piece.end as usize - range.start);
                        Some(self.view(piece.origin, at, len))
                    }
                };
            }
            call = data.parent;
        }
        None
    }
}
