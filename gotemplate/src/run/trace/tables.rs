//! What a tracer knows: the book, the homes, and the few questions that everything is made of.

use std::sync::Arc;

use super::book::{Book, OriginData, OriginId, PathId, Piece, Tag};
use super::homes::{Homes, identity};
use crate::observe::Step;
use crate::value::{Str, Value};

/// How many containers a question about all that is in a value looks into.
const MOST_LOOKS: usize = 1000;

#[derive(Debug)]
pub(crate) struct Tables {
    pub(crate) book: Book,
    pub(crate) homes: Homes,
    /// Reads that functions made, for the observer.
    pub(super) reads: Vec<Look>,
    /// Paths being gathered; kept for its memory.
    paths: Vec<PathId>,
}

/// A look into a container.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) container: Value,
    pub(super) step: Step,
    pub(super) value: Option<Value>,
    pub(super) tag: Tag,
}

impl Tables {
    pub(super) fn new() -> Tables {
        Tables { book: Book::new(), homes: Homes::default(), reads: Vec::new(), paths: Vec::new() }
    }

    /// Returns where what is in a container came from.
    pub(crate) fn child(&mut self, of: &Value, tag: Tag, step: &Step, value: Option<&Value>) -> Tag {
        let mut tag = tag;
        if let Some(home) = self.homes.get(of) {
            if let Some(&part) = home.parts.get(step) {
                return part;
            }
            if home.foreign {
                return value.map_or(Tag::None, |value| self.homes.tag(value));
            }
            if !matches!(tag, Tag::Path(_)) && home.tag != Tag::None {
                tag = home.tag;
            }
        }
        match tag {
            Tag::Path(path) => Tag::Path(self.book.step(path, step)),
            // A container that was made: what is in it may have a home of its own.
            tag => match value.map_or(Tag::None, |value| self.homes.tag(value)) {
                Tag::None => self.vague(tag),
                home => home,
            },
        }
    }

    /// Returns the tag of a part of something.
    fn vague(&mut self, tag: Tag) -> Tag {
        if matches!(tag, Tag::Text(_)) { self.made_from(tag) } else { tag }
    }

    /// Returns the tag of something made from all of these.
    pub(super) fn made_of<'a>(&mut self, inputs: impl IntoIterator<Item = (&'a Value, Tag)>) -> Tag {
        let mut paths = std::mem::take(&mut self.paths);
        paths.clear();
        for (value, tag) in inputs {
            self.paths_of(value, tag, &mut paths);
        }
        let tag = self.book.value_of(&paths);
        self.paths = paths;
        tag
    }

    /// Returns the tag of something made from what has this one.
    pub(super) fn made_from(&mut self, tag: Tag) -> Tag {
        match tag {
            Tag::None | Tag::Origin(_) => tag,
            Tag::Path(path) => Tag::Origin(self.book.at_path(path)),
            Tag::Text(_) => self.made_of([(&Value::Nil, tag)]),
        }
    }

    /// Lists the paths behind a value, and behind what is in it.
    fn paths_of(&self, value: &Value, tag: Tag, paths: &mut Vec<PathId>) {
        if identity(value).is_none() {
            self.own_paths(tag, paths);
            return;
        }
        if !matches!(value, Value::List(_) | Value::Map(_)) {
            self.own_paths(if tag == Tag::None { self.homes.tag(value) } else { tag }, paths);
            return;
        }
        let mut work = vec![(value.clone(), tag)];
        let mut looks = 0;
        while let Some((value, tag)) = work.pop() {
            self.own_paths(tag, paths);
            let Some(home) = self.homes.get(&value) else {
                if tag != Tag::None {
                    continue;
                }
                // A container that nobody has written down may hold what somebody has.
                looks += 1;
                if looks < MOST_LOOKS {
                    work.extend(children(&value).map(|(_, child)| (child.clone(), self.homes.tag(&child))));
                }
                continue;
            };
            if tag == Tag::None {
                self.own_paths(home.tag, paths);
            }
            looks += 1 + home.parts.len();
            if looks >= MOST_LOOKS {
                continue;
            }
            for &part in home.parts.values() {
                self.own_paths(part, paths);
            }
            if tag == Tag::None && home.tag == Tag::None {
                let unnamed =
                    children(&value).filter(|(step, _)| home.parts.get(step).is_none_or(|&tag| tag == Tag::None));
                work.extend(unnamed.map(|(_, child)| (child, Tag::None)));
            }
        }
    }

    fn own_paths(&self, tag: Tag, paths: &mut Vec<PathId>) {
        match tag {
            Tag::None => {}
            Tag::Path(path) => paths.push(path),
            Tag::Origin(origin) => self.origin_paths(origin, paths),
            Tag::Text(text) => {
                let mut last = OriginId::UNKNOWN;
                for piece in self.book.pieces(text) {
                    if piece.origin != last {
                        last = piece.origin;
                        self.origin_paths(last, paths);
                    }
                }
            }
        }
    }

    fn origin_paths(&self, origin: OriginId, paths: &mut Vec<PathId>) {
        match *self.book.origin(origin) {
            OriginData::Unknown | OriginData::Literal { .. } => {}
            OriginData::Value { reads } | OriginData::Written { reads, .. } | OriginData::Fixed { reads, .. } => {
                paths.extend_from_slice(self.book.reads(reads));
            }
        }
    }

    /// Returns the origin that all of a value has, and the offset from which a text stands at its path.
    pub(crate) fn uniform(&mut self, value: &Value, tag: Tag) -> (OriginId, u32) {
        match tag {
            Tag::Path(path) => {
                let at = if matches!(value, Value::Str(_)) { 0 } else { Piece::VAGUE };
                (self.book.at_path(path), at)
            }
            Tag::Origin(origin) => (origin, Piece::VAGUE),
            Tag::None if !matches!(value, Value::List(_) | Value::Map(_)) => (OriginId::UNKNOWN, Piece::VAGUE),
            Tag::None | Tag::Text(_) => match self.made_of([(value, tag)]) {
                Tag::Origin(origin) => (origin, Piece::VAGUE),
                _ => (OriginId::UNKNOWN, Piece::VAGUE),
            },
        }
    }

    /// Returns the pieces of a text.
    pub(crate) fn spread(&mut self, value: &Value, tag: Tag) -> Vec<Piece> {
        let len = match value {
            Value::Str(text) | Value::Bytes(text) => text.len(),
            _ => return Vec::new(),
        };
        if let Tag::Text(id) = tag {
            let pieces = self.book.pieces(id);
            if pieces.last().is_some_and(|piece| piece.end as usize == len) {
                return pieces.to_vec();
            }
        }
        let (origin, at) = self.uniform(value, tag);
        match u32::try_from(len) {
            Ok(end) if end > 0 => vec![Piece { end, origin, at }],
            _ => Vec::new(),
        }
    }

    /// Returns the origin of the first bytes of a text, of all of another value.
    pub(super) fn first(&mut self, value: &Value, tag: Tag) -> (OriginId, u32) {
        match tag {
            Tag::Text(id) => {
                self.book.pieces(id).first().map_or((OriginId::UNKNOWN, Piece::VAGUE), |p| (p.origin, p.at))
            }
            tag => self.uniform(value, tag),
        }
    }

    /// Remembers containers and texts that a function may put into others.
    pub(crate) fn settle(&mut self, value: &Value, tag: Tag) {
        if tag != Tag::None {
            self.homes.settle(value, tag);
        }
    }

    /// Remembers what is in a container.
    pub(super) fn settle_children(&mut self, of: &Value, tag: Tag) {
        for (step, child) in children(of) {
            if identity(&child).is_some() {
                let tag = self.child(of, tag, &step, Some(&child));
                self.settle(&child, tag);
            }
        }
    }
}

/// Returns what is in a list or map.
pub(super) fn children(of: &Value) -> Box<dyn Iterator<Item = (Step, Value)>> {
    match of {
        Value::List(list) => Box::new(list.to_vec().into_iter().enumerate().map(|(at, item)| (Step::Index(at), item))),
        Value::Map(map) => Box::new(map.entries().into_iter().map(|(key, value)| (Step::Key(key), value))),
        _ => Box::new(std::iter::empty()),
    }
}

/// Returns one of them.
pub(crate) fn look(of: &Value, step: &Step) -> Option<Value> {
    match (&*of.basic(), step) {
        (Value::Map(map), Step::Key(key)) => map.get(key),
        (Value::List(list), Step::Index(at)) => list.get(*at),
        (Value::Object(object), Step::Key(key)) => object.field(&key.to_str_lossy()),
        _ => None,
    }
}

/// Returns the step that an argument stands for.
pub(super) fn step_of(value: &Value) -> Option<Step> {
    match &*value.basic() {
        Value::Str(key) => Some(Step::Key(key.clone())),
        Value::Int(at, _) => usize::try_from(*at).ok().map(Step::Index),
        Value::Uint(at, _) => usize::try_from(*at).ok().map(Step::Index),
        _ => None,
    }
}

pub(super) fn key(name: &str) -> Step {
    Step::Key(Str::from(name))
}

/// Reports whether two values are one: the same container, or plain values that do not differ.
pub(super) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Int(left, _), Value::Int(right, _)) => left == right,
        (Value::Uint(left, _), Value::Uint(right, _)) => left == right,
        (Value::Float(left, _), Value::Float(right, _)) => left.to_bits() == right.to_bits(),
        (Value::Str(left), Value::Str(right)) => left.same(right) || left == right,
        (Value::Bytes(left), Value::Bytes(right)) => left.same(right) || left == right,
        (Value::List(left), Value::List(right)) => left.same(right),
        (Value::Map(left), Value::Map(right)) => left.same(right),
        (Value::Object(left), Value::Object(right)) => Arc::ptr_eq(left, right),
        _ => false,
    }
}
