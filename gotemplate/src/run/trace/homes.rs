//! Where containers and texts came from, by their identity, for the ways on which tags are lost: through functions that
//! the machine sees only from outside.
//!
//! What has a home is kept alive by the table, so an address is never that of something else.

use std::collections::BTreeMap;

use super::book::Tag;
use crate::observe::Step;
use crate::value::Value;

#[derive(Debug)]
pub(super) struct Home {
    /// Keeps the address taken.
    _value: Value,
    pub(super) tag: Tag,
    /// What a function has put into the container, where it is known where that came from.
    pub(super) parts: BTreeMap<Step, Tag>,
    /// Something was put into the container by a function that does not say what.
    pub(super) foreign: bool,
}

/// How many values have a home, so that the table stays below some 200 MB.
const MOST_HOMES: usize = 1 << 20;

/// How many bytes the table may keep from being freed.
const MOST_BYTES: usize = 128 << 20;

#[derive(Debug, Default)]
pub(crate) struct Homes {
    homes: BTreeMap<usize, Home>,
    bytes: usize,
    parts: usize,
}

/// Returns what makes a value the same as another one; nothing for numbers and the like.
pub(super) fn identity(value: &Value) -> Option<usize> {
    match value {
        Value::Str(text) | Value::Bytes(text) if !text.is_empty() => Some(text.identity()),
        Value::List(list) => Some(list.id()),
        Value::Map(map) => Some(map.id()),
        _ => None,
    }
}

impl Homes {
    pub(super) fn get(&self, value: &Value) -> Option<&Home> {
        self.homes.get(&identity(value)?)
    }

    /// Gives a value a home, unless it has one.
    pub(super) fn settle(&mut self, value: &Value, tag: Tag) -> Option<&mut Home> {
        let id = identity(value)?;
        if !self.homes.contains_key(&id) {
            let bytes = match value {
                Value::Str(text) | Value::Bytes(text) => text.len(),
                _ => 0,
            };
            if self.homes.len() >= MOST_HOMES || self.bytes + bytes > MOST_BYTES {
                return None;
            }
            self.bytes += bytes;
            let home = Home { _value: value.clone(), tag, parts: BTreeMap::new(), foreign: false };
            self.homes.insert(id, home);
        }
        self.homes.get_mut(&id)
    }

    /// Says where a part of a container came from.
    pub(crate) fn set_part(&mut self, container: &Value, step: Step, tag: Tag) {
        if self.parts >= MOST_HOMES {
            // What is not written down must not be guessed later.
            if let Some(home) = self.settle(container, Tag::None) {
                home.foreign = true;
            }
            return;
        }
        self.parts += 1;
        if let Some(home) = self.settle(container, Tag::None) {
            home.parts.insert(step, tag);
        }
    }

    /// Returns where a value came from by its identity.
    pub(super) fn tag(&self, value: &Value) -> Tag {
        self.get(value).map_or(Tag::None, |home| home.tag)
    }
}
