//! Rendered manifests as text, and which field stands where in it.

use std::sync::{Arc, OnceLock};

use super::position::{Position, Range};
use super::workspace::Session;
use crate::diag::Severity;
use crate::object::{Item, Object};
use crate::pipeline::Built;
use crate::source::{FileId, Limits, SourceMap, VPath};
use crate::value::ValuePath;
use crate::yaml::{self, Node, NodeKind, Rules};

/// What a package renders to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RenderedFile {
    /// Whether there is no error among the findings.
    pub ok: bool,
    /// The manifests, as the command line prints them: what was rendered as far as it was, where there are errors.
    pub text: Arc<str>,
    /// The objects in the text, in their order.
    pub objects: Vec<RenderedObject>,
    /// What a chart's `NOTES.txt` says.
    pub notes: Option<String>,
}

/// An object in a rendered text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RenderedObject {
    /// `Kind/name` or `namespace/Kind/name`.
    pub name: String,
    /// The file that it was rendered from, as messages call it.
    pub source: String,
    /// Where it stands.
    pub range: Range,
}

/// The text with what stands where.
#[derive(Debug)]
pub(super) struct Rendered {
    pub(super) text: Arc<str>,
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    /// The item of the set of objects.
    item: usize,
    start: usize,
    end: usize,
    // The text of the part, read again: its places are those of the text.
    node: OnceLock<Option<Node>>,
}

/// A field of a rendered text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) item: usize,
    pub(super) path: ValuePath,
}

impl Rendered {
    pub(super) fn of(built: &Built) -> Rendered {
        let mut text = String::new();
        let mut parts = Vec::new();
        for (item, part) in built.to_yaml_parts() {
            let start = text.len();
            text.push_str(&part);
            parts.push(Part { item, start, end: text.len(), node: OnceLock::new() });
        }
        Rendered { text: text.into(), parts }
    }

    /// Returns the field at a byte of the text.
    pub(super) fn field_at(&self, offset: usize) -> Option<Field> {
        let part = self.parts.get(self.parts.partition_point(|part| part.end <= offset))?;
        let inside = offset.checked_sub(part.start)?;
        let node = part.node(&self.text)?;
        let hit = at(node, None, u32::try_from(inside).ok()?)?;
        let line = |at: usize| self.text.get(..at).map_or(0, |before| before.bytes().filter(|b| *b == b'\n').count());
        // Behind the last field of a document there is nothing; texts of many lines go on.
        let start = part.start + hit.start as usize;
        (hit.is_block || line(start) == line(offset)).then_some(Field { item: part.item, path: hit.path })
    }

    /// Returns the bytes of a field: of its value, or of its key where the value is a map or a list.
    pub(super) fn place_of(&self, item: usize, path: &ValuePath) -> Option<(usize, usize)> {
        let part = self.parts.get(self.parts.binary_search_by_key(&item, |part| part.item).ok()?)?;
        let Some(node) = part.node(&self.text).filter(|_| !path.is_root()) else {
            return Some((part.start, part.end));
        };
        let start = part.start + start_of(node, path)? as usize;
        let line = self.text.get(start..part.end)?.split('\n').next()?;
        Some((start, start + line.trim_end().len()))
    }

    // The parts stand one behind the other, so that lines are counted and not looked for.
    fn ranges(&self) -> Vec<(usize, Range)> {
        if memchr::memchr(b'\r', self.text.as_bytes()).is_some() {
            let lines = super::Lines::new(&self.text);
            return self.parts.iter().map(|part| (part.item, lines.range(part.start, part.end))).collect();
        }
        let (mut at, mut position) = (0, Position::default());
        let mut go = |to: usize| {
            let text = self.text.get(at..to).unwrap_or("");
            let count = memchr::memchr_iter(b'\n', text.as_bytes()).count();
            let last = text.rfind('\n').map_or(text, |last| &text[last + 1..]);
            let before = if count == 0 { position.character } else { 0 };
            position.line += u32::try_from(count).unwrap_or(u32::MAX);
            position.character = before + u32::try_from(last.encode_utf16().count()).unwrap_or(u32::MAX);
            at = to;
            position
        };
        self.parts.iter().map(|part| (part.item, Range { start: go(part.start), end: go(part.end) })).collect()
    }
}

impl Part {
    fn node(&self, text: &str) -> Option<&Node> {
        let read = || {
            let own = text.get(self.start..self.end)?;
            let mut sources = SourceMap::new();
            let file = sources.add("", "");
            let limits = Limits::default();
            let root = yaml::parse(own, file, &limits).value.into_iter().find_map(|document| document.root)?;
            Some(yaml::normalize(root, Rules::Kubectl, &limits).value)
        };
        self.node.get_or_init(read).as_ref()
    }
}

/// What stands at a byte of a tree's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) path: ValuePath,
    /// Where the key or value starts.
    pub(super) start: u32,
    /// Whether it is a key.
    pub(super) on_key: bool,
    /// Whether it is a text that may take more than one line.
    pub(super) is_block: bool,
}

/// Finds the last key or value of a tree that starts at a byte or before it, in one file where one is named.
pub(super) fn at(root: &Node, file: Option<FileId>, offset: u32) -> Option<Hit> {
    let before = |node: &Node| file.is_none_or(|file| node.span.file == file) && node.span.start <= offset;
    let mut hit = Hit { path: ValuePath::root(), start: root.span.start, on_key: false, is_block: false };
    let mut node = root;
    loop {
        let next = match &node.kind {
            NodeKind::Map(entries) => {
                let entry = entries.iter().filter(|(key, _)| before(key)).max_by_key(|(key, _)| key.span.start);
                let Some((key, value)) = entry else { break };
                hit.path.push_key(key.as_str().unwrap_or_default());
                (hit.start, hit.on_key) = (key.span.start, true);
                if !before(value) || value.span.start <= key.span.start {
                    break;
                }
                value
            }
            NodeKind::Seq(items) => {
                let items = items.iter().enumerate().filter(|(_, item)| before(item));
                let Some((index, item)) = items.max_by_key(|(_, item)| item.span.start) else { break };
                hit.path.push_index(index);
                item
            }
            NodeKind::Scalar(_) | NodeKind::Alias(_) => break,
        };
        (hit.start, hit.on_key, node) = (next.span.start, false, next);
    }
    hit.is_block = !hit.on_key && node.as_scalar().is_some_and(|scalar| scalar.text.contains('\n'));
    (before(root) || hit.on_key).then_some(hit)
}

// The start of a scalar, or of the key of a map or a list; of an item, its own.
fn start_of(root: &Node, path: &ValuePath) -> Option<u32> {
    let node = root.at(path)?;
    let mut above = path.clone();
    match above.pop() {
        Some(crate::value::Step::Key(key)) if node.as_scalar().is_none() => {
            Some(root.at(&above)?.entry(&key)?.0.span.start)
        }
        _ => Some(node.span.start),
    }
}

impl Session {
    /// Returns what a package renders to.
    pub fn render(&self, root: &VPath) -> RenderedFile {
        let answer = self.answer(root);
        let rendered = answer.rendered();
        let objects = rendered.ranges().into_iter().filter_map(|(item, range)| {
            let object = object_at(&answer.built, item)?;
            Some(RenderedObject { name: object.key().to_string(), source: object.source.to_string(), range })
        });
        RenderedFile {
            ok: !answer.built.diagnostics.iter().any(|finding| finding.severity == Severity::Error),
            text: rendered.text.clone(),
            objects: objects.collect(),
            notes: answer.built.notes.clone(),
        }
    }
}

pub(super) fn object_at(built: &Built, item: usize) -> Option<&Object> {
    match built.objects.items().get(item)? {
        Item::Object(object) => Some(object),
        Item::Other { .. } => None,
    }
}
