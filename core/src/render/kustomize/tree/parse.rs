//! Text to nodes: as kyaml's byte reader does it, with aliases and merge keys replaced by what they stand for.
//!
//! See `kio/byteio_reader.go` and `deAnchor` in `yaml/rnode.go` of
//! <https://github.com/kubernetes-sigs/kustomize/tree/kyaml/v0.21.1/kyaml>.

use std::collections::HashMap;

use ecow::EcoString;

use crate::render::kustomize::error::{Error, Result};
use crate::source::{FileId, Limits, Span};
use crate::yaml::{Event, Events, ScalarStyle, SyntaxError};

use super::{Body, NodeId, Style, Tag, Tree, YNode, comment, plain_tag};

/// What one build may still spend on copies of anchored nodes.
#[derive(Debug, Clone)]
pub(in crate::render::kustomize) struct Budget {
    pub(in crate::render::kustomize) copies: usize,
    pub(in crate::render::kustomize) depth: usize,
}

impl Budget {
    pub(in crate::render::kustomize) fn new(limits: &Limits) -> Budget {
        Budget { copies: limits.alias_nodes, depth: limits.depth }
    }
}

/// Returns the documents of a text that are not empty, and into how many pieces it was cut. The text is cut at lines
/// that begin with `---` before it is read, so a mistake has the line of its piece, and what follows `...` is lost.
///
/// # Errors
/// What yaml.v3 refuses, in kyaml's words.
pub(in crate::render::kustomize) fn documents(
    tree: &mut Tree,
    text: &str,
    file: FileId,
    budget: &mut Budget,
) -> Result<(Vec<NodeId>, usize)> {
    let mut roots = Vec::new();
    let pieces = pieces(text)?;
    let count = pieces.len();
    for (start, piece) in pieces {
        let malformed = |error: &SyntaxError| Error::malformed(format!("MalformedYAMLError: {}", error.v3()));
        let mut composer = Composer::new(tree, piece, file, start, budget);
        match composer.document() {
            Ok(Some(root)) if !(tree.is_null(root)) => roots.push(root),
            Ok(_) => {}
            Err(Stop::Syntax(error)) => return Err(malformed(&error)),
            Err(Stop::Other(error)) => return Err(error),
        }
    }
    Ok((roots, count))
}

/// Returns the first document of a text as yaml.v3's `Unmarshal` reads it into nodes; `None` for an empty one.
///
/// # Errors
/// What yaml.v3 refuses.
pub(in crate::render::kustomize) fn fragment(
    tree: &mut Tree,
    text: &str,
    budget: &mut Budget,
) -> Result<Option<NodeId>> {
    let mut composer = Composer::new(tree, text, FileId::NONE, 0, budget);
    composer.document().map_err(|stop| match stop {
        Stop::Syntax(error) => Error::new(error.v3()),
        Stop::Other(error) => error,
    })
}

/// Cuts a text at the lines that separate documents: `\n---.*\n`.
fn pieces(text: &str) -> Result<Vec<(usize, &str)>> {
    let mut pieces = Vec::new();
    if text.is_empty() {
        return Ok(pieces);
    }
    let (mut start, mut from) = (0, 0);
    while let Some(at) = text[from..].find("\n---").map(|at| at + from) {
        let Some(end) = text[at + 1..].find('\n').map(|end| end + at + 1) else { break };
        let rest = text[at + 4..end].trim();
        if !rest.is_empty() && !rest.starts_with('#') {
            return Err(Error::new(format!("invalid document separator: {}", text[at + 1..end].trim())));
        }
        // The line break before the separator belongs to the document.
        pieces.push((start, &text[start..=at]));
        start = end + 1;
        // The expression takes the separator's own line break, so a separator right after it is none.
        from = start;
    }
    pieces.push((start, &text[start..]));
    Ok(pieces)
}

enum Stop {
    Syntax(SyntaxError),
    Other(Error),
}

impl From<SyntaxError> for Stop {
    fn from(error: SyntaxError) -> Stop {
        Stop::Syntax(error)
    }
}

fn refuse(message: impl Into<String>) -> Stop {
    Stop::Other(Error::new(message.into()))
}

/// A finished node; whether it was written as an alias decides what messages say.
#[derive(Clone, Copy)]
struct Done {
    id: NodeId,
    alias: bool,
    /// Where it begins and, for lists and maps, where its end is noticed.
    place: (usize, usize),
}

struct Open<'a> {
    is_map: bool,
    tag: Tag,
    style: Style,
    span: Span,
    anchor: Option<&'a str>,
    start: usize,
    first: usize,
}

struct Composer<'t, 'a> {
    tree: &'t mut Tree,
    text: &'a str,
    events: Events<'a>,
    file: FileId,
    start: usize,
    budget: &'t mut Budget,
    anchors: HashMap<&'a str, Option<NodeId>>,
    open: Vec<Open<'a>>,
    done: Vec<Done>,
    may_say_types: bool,
}

impl<'t, 'a> Composer<'t, 'a> {
    fn new(tree: &'t mut Tree, text: &'a str, file: FileId, start: usize, budget: &'t mut Budget) -> Self {
        Composer {
            tree,
            text,
            events: Events::v3(text),
            file,
            start,
            budget,
            anchors: HashMap::new(),
            open: Vec::new(),
            done: Vec::new(),
            may_say_types: comment::may_say_types(text),
        }
    }

    fn document(&mut self) -> std::result::Result<Option<NodeId>, Stop> {
        let mut seen = false;
        while let Some((event, offset)) = self.events.next().map_err(|error| self.within(error))? {
            match event {
                Event::DocumentStart => seen = true,
                Event::DocumentEnd => break,
                Event::Alias(name) => self.alias(name, offset)?,
                Event::Scalar(text, style) => self.scalar(&text, style, offset),
                Event::SeqStart => self.open(false, offset)?,
                Event::MapStart => self.open(true, offset)?,
                Event::SeqEnd | Event::MapEnd => self.close(offset)?,
            }
        }
        if !seen {
            return Ok(None);
        }
        Ok(self.done.pop().map(|done| done.id))
    }

    /// Says where the list or map began that misses something.
    fn within(&self, error: SyntaxError) -> SyntaxError {
        let of_collection = ["did not find expected key", "did not find expected '-' indicator"];
        let in_braces = error.message.starts_with("did not find expected ','");
        match self.open.last() {
            Some(open) if in_braces || of_collection.contains(&&*error.message) => {
                let begun = self.text[..open.start].matches('\n').count();
                SyntaxError { begun, ..error }
            }
            _ => error,
        }
    }

    fn span(&self, offset: usize) -> Span {
        if self.file == FileId::NONE { Span::NONE } else { Span::new(self.file, self.start + offset) }
    }

    fn alias(&mut self, name: &'a str, offset: usize) -> std::result::Result<(), Stop> {
        let anchored = match self.anchors.get(name) {
            Some(Some(id)) => *id,
            Some(None) => return Err(refuse(format!("anchor '{name}' value contains itself"))),
            None => {
                let message = format!("unknown anchor '{name}' referenced");
                return Err(Stop::Syntax(SyntaxError { message: message.into(), offset, line: 0, begun: 0 }));
            }
        };
        let size = self.tree.size(anchored, self.budget.copies);
        let Some(left) = self.budget.copies.checked_sub(size) else {
            return Err(refuse("document contains excessive aliasing"));
        };
        self.budget.copies = left;
        let id = self.tree.copy(anchored);
        if self.open.len() + self.depth(id) > self.budget.depth {
            return Err(refuse(format!("nested more than {} levels deep", self.budget.depth)));
        }
        self.done.push(Done { id, alias: true, place: (offset, offset) });
        Ok(())
    }

    fn depth(&self, id: NodeId) -> usize {
        self.tree.depth(id)
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, offset: usize) {
        let explicit = self.events.tag().map(EcoString::as_str).filter(|tag| *tag != "!");
        let tag = match explicit {
            Some(tag) => named_tag(tag),
            None if style != ScalarStyle::Plain => Tag::Str,
            None if text == "<<" => Tag::Merge,
            None => plain_tag(text),
        };
        let style = Style { scalar: style, flow: false, tagged: explicit.is_some() };
        let anchor = self.events.anchor();
        let span = self.span(offset);
        let id = self.tree.add(YNode { body: Body::Scalar(text.into()), tag, style, span });
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, Some(id));
        }
        self.done.push(Done { id, alias: false, place: (offset, offset) });
    }

    fn open(&mut self, is_map: bool, offset: usize) -> std::result::Result<(), Stop> {
        if self.open.len() >= self.budget.depth {
            return Err(refuse(format!("nested more than {} levels deep", self.budget.depth)));
        }
        let explicit = self.events.tag().map(EcoString::as_str).filter(|tag| *tag != "!");
        let tag = explicit.map_or(if is_map { Tag::Map } else { Tag::Seq }, named_tag);
        let style = Style { flow: is_flow(self.text, offset), tagged: explicit.is_some(), ..Style::default() };
        let anchor = self.events.anchor();
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, None);
        }
        let span = self.span(offset);
        self.open.push(Open { is_map, tag, style, span, anchor, start: offset, first: self.done.len() });
        Ok(())
    }

    fn close(&mut self, end: usize) -> std::result::Result<(), Stop> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let body = if open.is_map {
            Body::Map(self.entries(open.first)?)
        } else {
            Body::Seq(self.done.drain(open.first..).map(|done| done.id).collect())
        };
        let id = self.tree.add(YNode { body, tag: open.tag, style: open.style, span: open.span });
        if let Some(anchor) = open.anchor {
            self.anchors.insert(anchor, Some(id));
        }
        self.done.push(Done { id, alias: false, place: (open.start, end) });
        Ok(())
    }

    fn entries(&mut self, first: usize) -> std::result::Result<Vec<(NodeId, NodeId)>, Stop> {
        let mut entries = Vec::with_capacity((self.done.len() - first) / 2);
        let mut merge: Option<Done> = None;
        for i in (first..self.done.len()).step_by(2) {
            let (Some(key), Some(value)) = (self.done.get(i).copied(), self.done.get(i + 1).copied()) else { break };
            if self.tree.get(key.id).tag == Tag::Merge {
                if merge.replace(value).is_some() {
                    return Err(refuse("duplicate merge key"));
                }
            } else {
                entries.push((key.id, value.id));
                if self.may_say_types {
                    self.note_comment(key, value);
                }
            }
        }
        // kyaml looks for the entry of a null key under the empty name, does not find it, and adds it once more.
        let is_null = |(key, _): &(NodeId, NodeId)| self.tree.is_null(*key) && !self.tree.text(*key).is_empty();
        let again: Vec<_> = entries.iter().copied().filter(is_null).collect();
        entries.extend(again);
        self.done.truncate(first);
        match merge {
            Some(source) => self.merged(entries, source),
            None => Ok(entries),
        }
    }

    /// Keeps the comment at a list or map that may say its type.
    fn note_comment(&mut self, key: Done, value: Done) {
        let node = self.tree.get(value.id);
        if value.alias || matches!(node.body, Body::Scalar(_)) {
            return;
        }
        let end = node.style.flow.then_some(value.place.1);
        if let Some(text) = comment::at_field(self.text, key.place.0, value.place.0, end) {
            self.tree.comments.push((key.id, text.into()));
        }
    }

    /// Lays the written entries over those of the merge key; of several maps the first that has a key gives it.
    fn merged(
        &mut self,
        written: Vec<(NodeId, NodeId)>,
        source: Done,
    ) -> std::result::Result<Vec<(NodeId, NodeId)>, Stop> {
        let mut known: HashMap<EcoString, ()> = written.iter().map(|(key, _)| (self.tree.eco(*key), ())).collect();
        let mut out = written;
        for map in self.merge_sources(source)? {
            for (key, value) in self.tree.entries(map).to_vec() {
                if known.insert(self.tree.eco(key), ()).is_none() {
                    out.push((key, value));
                }
            }
        }
        Ok(out)
    }

    fn merge_sources(&self, source: Done) -> std::result::Result<Vec<NodeId>, Stop> {
        match (&self.tree.get(source.id).body, source.alias) {
            (Body::Map(_), _) => Ok(vec![source.id]),
            (_, true) => Err(refuse("invalid map merge: received alias for a non-map value")),
            (Body::Seq(items), false) => {
                for item in items {
                    match self.tree.get(*item).body {
                        Body::Map(_) => {}
                        Body::Seq(_) => return Err(refuse("invalid map merge: received a nested sequence")),
                        Body::Scalar(_) => return Err(refuse(NO_MAP)),
                    }
                }
                Ok(items.clone())
            }
            (Body::Scalar(_), false) => Err(refuse(NO_MAP)),
        }
    }
}

const NO_MAP: &str = "map merge requires map or sequence of maps as the value";

fn named_tag(tag: &str) -> Tag {
    match tag.strip_prefix("tag:yaml.org,2002:") {
        Some("null") => Tag::Null,
        Some("bool") => Tag::Bool,
        Some("int") => Tag::Int,
        Some("float") => Tag::Float,
        Some("str") => Tag::Str,
        Some("timestamp") => Tag::Timestamp,
        Some("binary") => Tag::Binary,
        Some("merge") => Tag::Merge,
        Some("map") => Tag::Map,
        Some("seq") => Tag::Seq,
        _ => Tag::Other,
    }
}

/// Whether a list or map that starts at an offset, or whose properties do, is written in braces.
fn is_flow(text: &str, offset: usize) -> bool {
    let mut rest = text.get(offset..).unwrap_or("");
    while rest.starts_with(['&', '!']) {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        rest = rest[end..].trim_start();
    }
    rest.starts_with(['{', '['])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> std::result::Result<String, String> {
        let mut tree = Tree::new();
        let mut budget = Budget { copies: 100, depth: 20 };
        let (roots, _) = documents(&mut tree, text, FileId::NONE, &mut budget).map_err(|error| error.to_string())?;
        Ok(roots.into_iter().map(|root| tree.to_text(root)).collect::<Vec<_>>().join("---\n"))
    }

    #[test]
    fn aliases_and_merge_keys_are_replaced_by_what_they_stand_for() {
        let text = "a: &a {x: 1, y: 2}\nb: *a\nc:\n  <<: [*a, {z: 3, x: 4}]\n  y: 5\n";
        assert_eq!(read(text).unwrap(), "a: {x: 1, y: 2}\nb: {x: 1, y: 2}\nc:\n  y: 5\n  x: 1\n  z: 3\n");
        assert_eq!(read("a: &a [*a]\n").unwrap_err(), "anchor 'a' value contains itself");
        let bomb = "a: &a [x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a]\nc: [*b, *b, *b, *b]\n";
        assert_eq!(read(bomb).unwrap_err(), "document contains excessive aliasing");
    }

    #[test]
    fn documents_are_cut_at_their_separators_first() {
        assert_eq!(read("a: 1\n--- # next\nb: 2\n---\n# nothing\n").unwrap(), "a: 1\n---\nb: 2\n");
        assert_eq!(read("a: 1\n---b\nc: 2\n").unwrap_err(), "invalid document separator: ---b");
        assert_eq!(read("a: 1\n...\nb: 2\n").unwrap(), "a: 1\n");
    }
}
