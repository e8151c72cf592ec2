//! A check without a tree: one pass over the events.

use std::borrow::Cow;
use std::collections::HashSet;

use super::compose::{syntax_finding, too_deep, too_large, unknown_anchor};
use super::events::{Event, Events};
use super::node::ScalarStyle;
use super::scan::{Input, SyntaxError};
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::{FileId, Limits, Span};

/// An entry of a map as a check sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen<'e> {
    /// The number of its document, counted from 0.
    pub document: usize,
    /// The key, where it is a scalar; otherwise empty.
    pub key: &'e str,
    /// The text of the value with its style, `None` for a list, map or alias.
    pub value: Option<(&'e str, ScalarStyle)>,
    /// Where the value starts.
    pub span: Span,
}

/// Sees some of what a check passes over.
pub trait Visitor {
    /// Sees an entry of the map that is the document.
    fn top(&mut self, entry: Seen<'_>) {
        let _ = entry;
    }

    /// Sees an entry of `metadata`.
    fn metadata(&mut self, entry: Seen<'_>) {
        let _ = entry;
    }
}

/// Sees nothing.
impl Visitor for () {}

/// Returns what is wrong with the syntax of a text: all of its bad documents, unknown anchors, too deep nesting.
/// Nesting may go to Go's 10,000 levels or `limits.depth`, whichever is more, since no tree is built.
pub fn check(text: &str, file: FileId, limits: &Limits, visitor: &mut dyn Visitor) -> Diagnostics {
    if let Some(finding) = too_large(text, file, limits) {
        return finding.into();
    }
    let mut findings = Diagnostics::new();
    let mut documents = 0;
    let mut input = Some(Input::new(text));
    while let Some(from) = input.take() {
        let mut pass = Pass::new(Events::from_input(from, 0), file, limits, documents);
        if let Err(finding) = pass.run(visitor) {
            findings.push(finding);
            documents = pass.document;
            if findings.len() < limits.findings {
                input = pass.events.input().next_document(pass.events.place().max(pass.noticed));
            }
        }
    }
    findings
}

/// What the pass remembers of a collection near the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    List,
    Key,
    Value,
}

struct Pass<'a, 'l> {
    events: Events<'a>,
    file: FileId,
    limits: &'l Limits,
    document: usize,
    depth: usize,
    /// The two outermost collections; what is deeper is only counted.
    levels: [Level; 2],
    keys: [Cow<'a, str>; 2],
    anchors: HashSet<&'a str>,
    /// Where a mistake in the syntax was noticed.
    noticed: usize,
}

impl<'a, 'l> Pass<'a, 'l> {
    fn new(events: Events<'a>, file: FileId, limits: &'l Limits, document: usize) -> Self {
        let levels = [Level::List; 2];
        Pass {
            events,
            file,
            limits,
            document,
            depth: 0,
            levels,
            keys: Default::default(),
            anchors: HashSet::new(),
            noticed: 0,
        }
    }

    fn run(&mut self, visitor: &mut dyn Visitor) -> Result<(), Diagnostic> {
        let deepest = self.limits.depth.max(10_000);
        loop {
            let event = match self.events.step() {
                Ok(_) if self.events.ended() => return Ok(()),
                Ok(event) => event,
                Err(error) => return Err(self.syntax(&error)),
            };
            match event {
                Event::Scalar(text, style) => {
                    self.note_anchor();
                    if self.depth <= self.levels.len() {
                        self.child(Some((text, style)), visitor);
                    }
                }
                Event::SeqStart => self.open(Level::List, deepest, visitor)?,
                Event::MapStart => self.open(Level::Key, deepest, visitor)?,
                Event::SeqEnd | Event::MapEnd => self.depth -= 1,
                Event::Alias(name) => {
                    if !self.anchors.contains(name) {
                        return Err(unknown_anchor(name, self.span()));
                    }
                    self.child(None, visitor);
                }
                Event::DocumentStart => {
                    self.depth = 0;
                    self.anchors.clear();
                }
                Event::DocumentEnd => self.document += 1,
            }
        }
    }
}

impl<'a> Pass<'a, '_> {
    #[cold]
    fn syntax(&mut self, error: &SyntaxError) -> Diagnostic {
        // A mistake may be noticed on the `---` that ends its document.
        self.noticed = error.offset.saturating_sub(1);
        syntax_finding(error, self.file)
    }

    #[inline]
    fn span(&self) -> Span {
        Span::new(self.file, self.events.place())
    }

    #[inline]
    fn note_anchor(&mut self) {
        if let Some(anchor) = self.events.anchor() {
            self.anchors.insert(anchor);
        }
    }

    #[inline]
    fn open(&mut self, level: Level, deepest: usize, visitor: &mut dyn Visitor) -> Result<(), Diagnostic> {
        if self.depth >= deepest {
            return Err(too_deep(self.limits, self.span()));
        }
        self.note_anchor();
        self.child(None, visitor);
        if let Some(outer) = self.levels.get_mut(self.depth) {
            *outer = level;
        }
        self.depth += 1;
        Ok(())
    }

    /// Takes a node that stands in the innermost open collection.
    #[inline]
    fn child(&mut self, scalar: Option<(Cow<'a, str>, ScalarStyle)>, visitor: &mut dyn Visitor) {
        let Some(at) = self.depth.checked_sub(1).filter(|at| *at < self.levels.len()) else { return };
        match self.levels[at] {
            Level::List => {}
            Level::Key => {
                self.keys[at] = scalar.map(|(text, _)| text).unwrap_or_default();
                self.levels[at] = Level::Value;
            }
            Level::Value => {
                self.levels[at] = Level::Key;
                let value = scalar.as_ref().map(|(text, style)| (&**text, *style));
                let span = self.span();
                let entry = Seen { document: self.document, key: &self.keys[at], value, span };
                if at == 0 {
                    visitor.top(entry);
                } else if self.keys[0] == "metadata" && self.levels[0] == Level::Key {
                    visitor.metadata(entry);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Names(Vec<String>);

    impl Visitor for Names {
        fn top(&mut self, entry: Seen<'_>) {
            self.0.push(format!("{} {}={}", entry.document, entry.key, entry.value.map_or("-", |v| v.0)));
        }

        fn metadata(&mut self, entry: Seen<'_>) {
            self.0.push(format!("{} metadata.{}={}", entry.document, entry.key, entry.value.map_or("-", |v| v.0)));
        }
    }

    #[test]
    fn the_visitor_sees_the_top_and_the_metadata_of_each_document() {
        let text = "kind: A\nmetadata:\n  labels: {name: no}\n  name: x\nspec:\n  name: no\n---\nkind: [B]\n";
        let mut names = Names::default();
        assert!(check(text, FileId::NONE, &Limits::default(), &mut names).is_empty());
        let want = ["0 kind=A", "0 metadata=-", "0 metadata.labels=-", "0 metadata.name=x", "0 spec=-", "1 kind=-"];
        assert_eq!(names.0, want);
    }

    #[test]
    fn all_bad_documents_are_reported() {
        let text = "a: b: c\n---\nok: 1\n---\n- *x\n---\na: [\n";
        let findings = check(text, FileId::NONE, &Limits::default(), &mut ());
        let messages: Vec<&str> = findings.iter().map(|d| d.message.as_str()).collect();
        assert_eq!(messages.len(), 3, "{messages:?}");
        assert_eq!(messages[..2], ["mapping values are not allowed in this context", "unknown anchor 'x' referenced"]);
    }
}
