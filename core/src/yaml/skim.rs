//! The head of a document in one pass, without a tree.
//!
//! Somebody who splits thousands of manifests wants to know whether Go would read each of them, and a few texts near
//! its top. Most documents hold nothing that needs a tree for that. One that does (an anchor, a tag, a merge key, a
//! number that JSON lacks, a mistake) is not judged here: [`skim`] says so, and [`unmarshal`](super::unmarshal) knows.

use std::borrow::Cow;

use super::events::{Event, Events};
use super::node::ScalarStyle;
use super::resolve::Rules;
use super::scalar::{Resolved, resolve_plain};
use crate::source::Limits;

/// How deep the path of an entry may be that a visitor sees.
const SEEN: usize = 3;

/// The value of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skimmed<'e> {
    /// A text.
    Text(&'e str),
    /// A map, whose entries follow.
    Map,
    /// A list, number, boolean or null.
    Other,
}

/// Reads the first document of a text by the rules of kubectl, and shows the entries of maps to a visitor, with their
/// path of at most three keys. Returns false where only [`unmarshal`](super::unmarshal) can tell what Go makes of the
/// document: what the visitor has seen counts for nothing then. An empty document is such a case.
///
/// ```
/// use rhumb::source::Limits;
/// use rhumb::yaml::{Skimmed, skim};
///
/// let mut name = None;
/// let sure = skim("kind: Pod\nmetadata: {name: web}\n", &Limits::default(), &mut |path, value| {
///     if let (["metadata", "name"], Skimmed::Text(text)) = (path, value) {
///         name = Some(text.to_owned());
///     }
/// });
/// assert_eq!((sure, name.as_deref()), (true, Some("web")));
/// ```
pub fn skim(text: &str, limits: &Limits, visitor: &mut dyn FnMut(&[&str], Skimmed<'_>)) -> bool {
    text.len() <= limits.file_bytes && Pass::new(text).run(limits.depth, visitor).is_some()
}

/// What is open at a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    List,
    Key,
    Value,
}

struct Pass<'a> {
    events: Events<'a>,
    open: Vec<Level>,
    /// The keys of the outermost maps.
    keys: [Cow<'a, str>; SEEN],
}

impl<'a> Pass<'a> {
    fn new(text: &'a str) -> Pass<'a> {
        Pass { events: Events::new(text), open: Vec::with_capacity(16), keys: Default::default() }
    }

    fn run(&mut self, depth: usize, visitor: &mut dyn FnMut(&[&str], Skimmed<'_>)) -> Option<()> {
        loop {
            let (event, _) = self.events.next().ok()??;
            match event {
                Event::DocumentStart => {}
                Event::DocumentEnd => return self.events.check_read().ok(),
                Event::SeqEnd | Event::MapEnd => drop(self.open.pop()),
                Event::Alias(_) => return None,
                _ if self.events.anchor().is_some() || self.events.tag().is_some() => return None,
                Event::Scalar(text, style) => self.scalar(text, style, visitor)?,
                Event::SeqStart => self.begin(Skimmed::Other, Level::List, depth, visitor)?,
                Event::MapStart => self.begin(Skimmed::Map, Level::Key, depth, visitor)?,
            }
        }
    }

    fn begin(
        &mut self,
        value: Skimmed<'_>,
        level: Level,
        depth: usize,
        visitor: &mut dyn FnMut(&[&str], Skimmed<'_>),
    ) -> Option<()> {
        match self.open.last_mut() {
            // The document has to be a map, and its keys have to be scalars.
            None if level == Level::List => return None,
            Some(Level::Key) => return None,
            Some(open @ Level::Value) => {
                *open = Level::Key;
                self.show(value, visitor);
            }
            None | Some(Level::List) => {}
        }
        self.open.push(level);
        (self.open.len() <= depth).then_some(())
    }

    #[inline]
    fn scalar(
        &mut self,
        text: Cow<'a, str>,
        style: ScalarStyle,
        visitor: &mut dyn FnMut(&[&str], Skimmed<'_>),
    ) -> Option<()> {
        let at = self.open.len();
        let plain = style == ScalarStyle::Plain;
        match self.open.last_mut()? {
            Level::Key => {
                if plain && (&*text == "<<" || resolve_plain(&text, Rules::Kubectl) == Resolved::Null) {
                    return None;
                }
                self.open[at - 1] = Level::Value;
                if let Some(key) = self.keys.get_mut(at - 1) {
                    *key = text;
                }
                return Some(());
            }
            level @ Level::Value => *level = Level::Key,
            Level::List => {}
        }
        if at > SEEN {
            return (!plain || is_finite(&text)).then_some(());
        }
        let value = match plain.then(|| resolve_plain(&text, Rules::Kubectl)) {
            None | Some(Resolved::Str | Resolved::Timestamp) => Skimmed::Text(&text),
            Some(Resolved::Float(f)) if !f.is_finite() => return None,
            Some(_) => Skimmed::Other,
        };
        self.show(value, visitor);
        Some(())
    }

    fn show(&self, value: Skimmed<'_>, visitor: &mut dyn FnMut(&[&str], Skimmed<'_>)) {
        let depth = self.open.len();
        if depth > SEEN || self.open.contains(&Level::List) {
            return;
        }
        let path: [&str; SEEN] = std::array::from_fn(|at| &*self.keys[at]);
        visitor(&path[..depth], value);
    }
}

/// Whether an unquoted text is no number that JSON lacks.
fn is_finite(text: &str) -> bool {
    match text.as_bytes() {
        [b'.', b'i' | b'I' | b'n' | b'N', ..] | [b'+' | b'-', b'.', ..] => {
            !matches!(resolve_plain(text, Rules::Kubectl), Resolved::Float(f) if !f.is_finite())
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> (bool, Vec<String>) {
        let mut seen = Vec::new();
        let sure =
            skim(text, &Limits::default(), &mut |path, value| seen.push(format!("{}={value:?}", path.join("."))));
        (sure, seen)
    }

    #[test]
    fn the_visitor_sees_entries_of_maps_near_the_top() {
        let text = "kind: A\nn: 5\nl: [{a: b}]\nm:\n  a:\n    b: 'no'\n    c: {d: e}\nz: no\n";
        let want = [
            "kind=Text(\"A\")",
            "n=Other",
            "l=Other",
            "m=Map",
            "m.a=Map",
            "m.a.b=Text(\"no\")",
            "m.a.c=Map",
            "z=Other",
        ];
        assert_eq!(seen(text), (true, want.map(str::to_owned).to_vec()));
    }

    #[test]
    fn what_needs_a_tree_or_is_wrong_is_left_to_others() {
        let unsure = [
            "",
            "# c",
            "text",
            "[a]",
            "a: *x",
            "a: &x b",
            "a: !!str b",
            "<<: {a: b}",
            "? [a]\n: b",
            "~: b",
            "a: .inf",
            "a: {b: {c: {d: {e: -.inf}}}}",
            "a: [.nan]",
            "a: b: c",
            "a: [",
            "a: b\n\tc: d",
            "a: \"\u{1}\"",
        ];
        for text in unsure {
            assert!(!seen(text).0, "{text:?}");
        }
        for text in ["a: b", "a:", "a: {b: {c: {d: {e: -5, f: .5, g: .net}}}}", "a: b\n---\n[", "a: b\n...\nc: ["] {
            assert!(seen(text).0, "{text:?}");
        }
    }
}
