//! The compact form of Kubernetes' types, read in place.
//!
//! Layout, all numbers little-endian:
//!
//! ```text
//! "RHUMBK8S"  u32 format (1)  u32 n versions  n bytes of minor versions, padded to 8
//! u32 offsets of the four sections
//! strings, nodes: u32 count, count × u32 end of the item, the items; padded to 4
//! roots:  u32 d definitions, then for each version d × u32 node of the definition (all ones: not in that version)
//! kinds:  u32 count, sorted records of 40 bytes: u32 group, version, kind (strings), definition,
//!         replacement group, version, kind; bytes introduced, deprecated, removed (minor, 0 unknown);
//!         7 bytes of scope, one a version (0 absent, 1 namespaced, 2 cluster, 3 not served by itself); 2 of padding
//! node:   byte shape, varint of bits that say which parts follow, the parts (see `Cursor::node`)
//! ```
//!
//! Equal nodes are stored once for all versions, and a node names another definition by number, so that a change deep
//! in a pod leaves the types around it shared. Nothing is decoded before it is asked for.

use std::sync::Arc;

use ecow::EcoString;

use super::lifecycle::Lifecycle;
use super::types::{Field, Format, Shape, Type};
use super::version::KubeVersion;
use crate::object::{Gvk, ListType, Scope};

/// The bytes of a set of schemas: built into the program, or loaded.
#[derive(Debug, Clone)]
pub enum SchemaBytes {
    /// Part of the program.
    Static(&'static [u8]),
    /// Loaded.
    Shared(Arc<[u8]>),
}

impl From<&'static [u8]> for SchemaBytes {
    fn from(bytes: &'static [u8]) -> Self {
        SchemaBytes::Static(bytes)
    }
}

impl From<Arc<[u8]>> for SchemaBytes {
    fn from(bytes: Arc<[u8]>) -> Self {
        SchemaBytes::Shared(bytes)
    }
}

impl From<Vec<u8>> for SchemaBytes {
    fn from(bytes: Vec<u8>) -> Self {
        SchemaBytes::Shared(bytes.into())
    }
}

/// The types of one version.
#[derive(Debug)]
pub(super) struct Blob {
    bytes: SchemaBytes,
    sections: [usize; 4],
    versions: usize,
    slot: usize,
}

/// What the table of kinds says of one.
#[derive(Debug, Clone)]
pub(super) struct KindFacts {
    pub(super) gvk: Gvk,
    /// The node of the type in this version.
    pub(super) root: Option<u32>,
    /// How it is served in this version; `None` where it is not, or only as a part of others.
    pub(super) scope: Option<Scope>,
    /// Whether an older and whether a newer of the versions at hand has it.
    pub(super) elsewhere: (bool, bool),
    pub(super) lifecycle: Lifecycle,
}

const STRINGS: usize = 0;
const NODES: usize = 1;
const ROOTS: usize = 2;
const KINDS: usize = 3;
const RECORD: usize = 40;
const ABSENT: u32 = u32::MAX;

impl Blob {
    /// Returns the types of a version; the error says what is wrong with the bytes.
    pub(super) fn open(bytes: SchemaBytes, version: KubeVersion) -> Result<Blob, String> {
        let mut blob = Blob { bytes, sections: [0; 4], versions: 0, slot: 0 };
        if blob.slice(0, 8) != Some(b"RHUMBK8S") {
            return Err("these are no schemas of rhumb".into());
        }
        if blob.word(8) != Some(1) {
            return Err("these schemas were written for another version of rhumb".into());
        }
        let cut = || "the schemas are cut short".to_owned();
        blob.versions = blob.word(12).filter(|n| *n <= 7).ok_or_else(cut)? as usize;
        let minors = blob.slice(16, blob.versions).ok_or_else(cut)?;
        let found = minors.iter().position(|minor| u16::from(*minor) == version.minor());
        blob.slot = found.ok_or_else(|| format!("the schemas have no Kubernetes {version}"))?;
        for section in 0..4 {
            blob.sections[section] = blob.word(24 + section * 4).ok_or_else(cut)? as usize;
            blob.word(blob.sections[section]).ok_or_else(cut)?;
        }
        blob.slice(blob.sections[KINDS] + 4, blob.kinds() * RECORD).ok_or_else(cut)?;
        blob.slice(blob.sections[ROOTS] + 4, blob.count(ROOTS) * blob.versions * 4).ok_or_else(cut)?;
        Ok(blob)
    }

    /// Returns how many nodes there are.
    pub(super) fn nodes(&self) -> usize {
        // Bounded by the bytes at hand: each takes a word of the table.
        self.count(NODES).min(self.data().len() / 4)
    }

    /// Returns how many kinds there are.
    pub(super) fn kinds(&self) -> usize {
        self.count(KINDS)
    }

    /// Decodes a node. Bytes that make no sense give a type of anything.
    pub(super) fn node(&self, id: u32) -> Type {
        let cursor = self.item(NODES, id).map(|bytes| Cursor { blob: self, bytes });
        cursor.and_then(|mut cursor| cursor.node()).unwrap_or_default()
    }

    /// Returns the node of a definition in this version.
    pub(super) fn definition(&self, definition: u32) -> Option<u32> {
        let count = self.count(ROOTS);
        let at = (definition as usize) < count;
        let word = at.then(|| self.word(self.sections[ROOTS] + 4 + (self.slot * count + definition as usize) * 4));
        word.flatten().filter(|node| *node != ABSENT)
    }

    /// Returns the facts of a kind by its place in the table.
    pub(super) fn kind(&self, index: usize) -> Option<KindFacts> {
        let at = (index < self.kinds()).then(|| self.sections[KINDS] + 4 + index * RECORD)?;
        let gvk = |at: usize| {
            let text = |i: usize| self.string(self.word(at + i * 4)?).map(EcoString::from);
            Some(Gvk { group: text(0)?, version: text(1)?, kind: text(2)? })
        };
        let tail = self.slice(at + 28, 10)?;
        let scopes = tail.get(3..3 + self.versions)?;
        let served = |range: &[u8]| range.iter().any(|scope| *scope != 0);
        let scope = match scopes[self.slot] {
            1 => Some(Scope::Namespaced),
            2 => Some(Scope::Cluster),
            _ => None,
        };
        let there = scopes[self.slot] != 0;
        let root = self.word(at + 12).filter(|definition| there && *definition != ABSENT);
        let minor = |i: usize| Some(u16::from(tail[i])).filter(|minor| *minor != 0);
        let replacement = gvk(at + 16);
        Some(KindFacts {
            gvk: gvk(at)?,
            root: root.and_then(|definition| self.definition(definition)),
            scope,
            elsewhere: (served(&scopes[..self.slot]), served(&scopes[self.slot + 1..])),
            lifecycle: Lifecycle { introduced: minor(0), deprecated: minor(1), removed: minor(2), replacement },
        })
    }

    /// Returns the place of a kind in the table.
    pub(super) fn find(&self, gvk: &Gvk) -> Option<usize> {
        let wanted = [&gvk.group, &gvk.version, &gvk.kind];
        let (mut low, mut high) = (0, self.kinds());
        while low < high {
            let middle = usize::midpoint(low, high);
            let at = self.sections[KINDS] + 4 + middle * RECORD;
            let text = |i: usize| self.word(at + i * 4).and_then(|id| self.string(id)).unwrap_or("");
            match wanted.iter().enumerate().map(|(i, wanted)| text(i).cmp(wanted)).find(|order| order.is_ne()) {
                None => return Some(middle),
                Some(std::cmp::Ordering::Less) => low = middle + 1,
                Some(_) => high = middle,
            }
        }
        None
    }

    fn data(&self) -> &[u8] {
        match &self.bytes {
            SchemaBytes::Static(bytes) => bytes,
            SchemaBytes::Shared(bytes) => bytes,
        }
    }

    fn slice(&self, at: usize, length: usize) -> Option<&[u8]> {
        self.data().get(at..at.checked_add(length)?)
    }

    fn word(&self, at: usize) -> Option<u32> {
        self.slice(at, 4).map(|bytes| u32::from_le_bytes(bytes.try_into().expect("four bytes were asked for")))
    }

    fn count(&self, section: usize) -> usize {
        self.word(self.sections[section]).unwrap_or(0) as usize
    }

    fn item(&self, section: usize, id: u32) -> Option<&[u8]> {
        let (table, count, id) = (self.sections[section] + 4, self.count(section), id as usize);
        let items = table.checked_add(count.checked_mul(4)?)?;
        let end = |id: usize| self.word(table + id * 4).map(|end| end as usize);
        let start = if id == 0 { 0 } else { end(id - 1)? };
        (id < count).then(|| self.data().get(items + start..items + end(id)?)).flatten()
    }

    fn string(&self, id: u32) -> Option<&str> {
        std::str::from_utf8(self.item(STRINGS, id)?).ok()
    }
}

struct Cursor<'a> {
    blob: &'a Blob,
    bytes: &'a [u8],
}

impl Cursor<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<u32> {
        let mut number = 0u32;
        for shift in (0..32).step_by(7) {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn text(&mut self) -> Option<EcoString> {
        let id = self.number()?;
        self.blob.string(id).map(EcoString::from)
    }

    fn texts(&mut self) -> Option<Vec<EcoString>> {
        let count = self.number()?;
        (0..count).map(|_| self.text()).collect()
    }

    /// The parts in the order in which they follow, each only when its bit is set.
    fn node(&mut self) -> Option<Type> {
        let shape = self.byte()?;
        let bits = self.number()?;
        let has = |bit: u32| bits & (1 << bit) != 0;
        let shape = match shape {
            1 => Shape::Object,
            2 => Shape::List,
            3 => Shape::String,
            4 => Shape::Integer,
            5 => Shape::Number,
            6 => Shape::Boolean,
            7 => Shape::IntOrString,
            8 => Shape::Quantity,
            9 => Shape::Reference(self.number()?),
            _ => Shape::Any,
        };
        let mut node = Type { shape, atomic: has(4), retains_keys: has(5), ..Type::default() };
        let format = if has(0) { self.byte()? } else { 0 };
        node.format = format_of(format);
        let list = if has(1) { self.byte()? } else { 0 };
        let keys = if has(1) { self.texts()? } else { Vec::new() };
        node.list = match list {
            1 => Some(ListType::Atomic),
            2 => Some(ListType::Set),
            3 => Some(ListType::Map(keys)),
            _ => None,
        };
        let merge_key = if has(6) { Some(self.text()?) } else { None };
        node.merge_key = has(3).then(|| merge_key.unwrap_or_default());
        node.choices = if has(8) { self.texts()? } else { Vec::new() };
        node.default = if has(9) { Some(self.text()?) } else { None };
        node.values = if has(10) { Some(self.number()?) } else { None };
        node.items = if has(11) { Some(self.number()?) } else { None };
        for _ in 0..if has(12) { self.number()? } else { 0 } {
            let (name, of) = (self.text()?, self.number()?);
            node.required += usize::from(of & 1 != 0);
            node.fields.push(Field { name, of: of >> 1, required: of & 1 != 0 });
        }
        // Bit 2 (an atomic map) counts for server-side apply alone. Unions follow; the rules that read them come with the checks across fields.
        Some(node)
    }
}

fn format_of(number: u8) -> Format {
    match number {
        1 => Format::Int32,
        2 => Format::Int64,
        3 => Format::Byte,
        4 => Format::DateTime,
        5 => Format::Double,
        _ => Format::None,
    }
}
