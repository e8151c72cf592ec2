//! Compiled patterns: parsed trees given to the regex crate's engines, and searches with Go's steps.

use std::borrow::Cow;
use std::sync::Arc;

use gotemplate::Fault;
use regex_automata::{Anchored, Input};
use regex_syntax::hir::{Capture, Class, Hir, Repetition};

use super::engine::{Engines, Searcher, guess};
use super::parse::{CompileError, Node, Tree, parse};
use super::template::Template;
use super::work::{Reach, Work, positions};
use crate::go::text::valid;

/// How many bytes a compiled pattern may take for each byte that a pattern may have.
const COMPILED: usize = 512;

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Pattern {
    engines: Engines,
    names: Vec<Vec<u8>>,
    empty: bool,
    reach: Reach,
}

/// Asks whether a text is a pattern of at most so many bytes, without compiling it.
///
/// # Errors
/// Go's text.
pub(crate) fn check(text: &[u8], max: usize) -> Result<(), CompileError> {
    check_length(text, max)?;
    parse(text).map(|_| ())
}

pub(super) fn check_length(text: &[u8], max: usize) -> Result<(), CompileError> {
    if text.len() <= max {
        return Ok(());
    }
    let reason = format!("the regular expression has {} bytes, at most {max} are allowed", text.len());
    Err(CompileError::Limit(reason))
}

impl Pattern {
    /// Compiles a pattern of at most so many bytes.
    ///
    /// # Errors
    /// Text that is no pattern, or a pattern that is too large.
    pub(crate) fn compile(text: &[u8], max: usize) -> Result<Pattern, CompileError> {
        check_length(text, max)?;
        let parsed = parse(text)?;
        let most = max.saturating_mul(COMPILED);
        let (positions, guess) = (positions(&parsed.tree), guess(&parsed.tree));
        let hir = Arc::new(to_hir(parsed.tree));
        Ok(Pattern {
            engines: Engines::new(hir.clone(), guess, most)?,
            names: parsed.names,
            empty: text.is_empty(),
            reach: Reach::new(hir, positions, most),
        })
    }

    #[cfg(test)]
    pub(super) fn engines(&self) -> &Engines {
        &self.engines
    }

    /// Whether the text of the pattern is empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.empty
    }

    /// Whether it matches somewhere in a text.
    ///
    /// # Errors
    /// When the pattern is too large.
    pub(crate) fn is_match(&self, text: &str) -> Result<bool, Fault> {
        Ok(self.engines.searcher(text)?.is_match(Input::new(text)))
    }

    /// Returns the names of the groups.
    pub(crate) fn names(&self) -> &[Vec<u8>] {
        &self.names
    }

    /// Returns the bytes that it takes in memory, or may take.
    pub(crate) fn size(&self) -> usize {
        self.engines.size()
    }

    /// Prepares searches in a text. The work that they do is reported in steps to the function.
    ///
    /// # Errors
    /// When the pattern is too large.
    pub(crate) fn search<'s>(&'s self, text: &'s [u8], spend: Spend<'s>) -> Result<Search<'s>, Fault> {
        let replaced = valid(text);
        let broken = if let Cow::Owned(_) = replaced { broken_bytes(text) } else { Vec::new() };
        let searcher = self.engines.searcher(&replaced)?;
        Ok(Search { pattern: self, searcher, text, haystack: replaced, broken, work: Work::new(&self.reach, spend) })
    }
}

/// Takes steps of work; fails when they are too many.
pub(crate) type Spend<'s> = &'s mut dyn FnMut(u64) -> Result<(), Fault>;

/// Turns a tree into the engine's. Its height is bounded.
fn to_hir(tree: Tree) -> Hir {
    match tree.node {
        Node::Empty => Hir::empty(),
        Node::Literal(c) => Hir::literal(c.encode_utf8(&mut [0; 4]).as_bytes()),
        Node::Class(class) => Hir::class(Class::Unicode(class)),
        Node::Look(look) => Hir::look(look),
        Node::Capture(index, sub) => Hir::capture(Capture { index, name: None, sub: Box::new(to_hir(*sub)) }),
        Node::Repeat(repeat) => Hir::repetition(Repetition {
            min: repeat.min,
            max: repeat.max,
            greedy: repeat.greedy,
            sub: Box::new(to_hir(*repeat.sub)),
        }),
        Node::Concat(subs) => Hir::concat(subs.into_iter().map(to_hir).collect()),
        Node::Alternate(subs) => Hir::alternation(subs.into_iter().map(to_hir).collect()),
    }
}

/// Returns the offsets of bytes that are not part of any UTF-8.
fn broken_bytes(text: &[u8]) -> Vec<usize> {
    let mut out = Vec::new();
    let mut at = 0;
    for chunk in text.utf8_chunks() {
        at += chunk.valid().len();
        out.extend(at..at + chunk.invalid().len());
        at += chunk.invalid().len();
    }
    out
}

/// A text that is searched.
///
/// Go reads each broken byte as U+FFFD. So does the engine, in a text where they are replaced; places are translated
/// back.
#[derive(Debug)]
pub(crate) struct Search<'s> {
    pattern: &'s Pattern,
    searcher: Searcher<'s>,
    text: &'s [u8],
    haystack: Cow<'s, str>,
    /// The offsets of broken bytes in the text.
    broken: Vec<usize>,
    work: Work<'s>,
}

impl<'s> Search<'s> {
    /// Returns the offset in the text for one in the haystack.
    fn original(&self, at: usize) -> usize {
        if self.broken.is_empty() {
            return at;
        }
        // Before the n-th broken byte, n replacements have added two bytes each.
        let (mut low, mut high) = (0, self.broken.len());
        while low < high {
            let middle = (low + high) / 2;
            if self.broken[middle] + 2 * middle < at { low = middle + 1 } else { high = middle }
        }
        at - 2 * low
    }

    fn span(&self, span: regex_automata::Span) -> (usize, usize) {
        (self.original(span.start), self.original(span.end))
    }

    /// Whether there is a match.
    ///
    /// # Errors
    /// When no steps are left.
    pub(crate) fn matches(mut self) -> Result<bool, Fault> {
        self.work.charge(self.haystack.len())?;
        Ok(self.searcher.is_match(input(&self.haystack, 0)))
    }

    /// Returns the first match.
    ///
    /// # Errors
    /// When no steps are left.
    pub(crate) fn first(mut self) -> Result<Option<&'s [u8]>, Fault> {
        let found = self.find(0)?;
        Ok(found.map(|span| self.span(span)).map(|(from, to)| &self.text[from..to]))
    }

    /// Returns the offset behind the character at an offset of the haystack.
    fn after(&self, at: usize) -> usize {
        at + self.haystack[at..].chars().next().map_or(1, char::len_utf8)
    }

    /// Returns so many matches at most. An empty one right behind another does not count.
    ///
    /// # Errors
    /// When no steps are left.
    pub(crate) fn all(mut self, count: usize) -> Result<Vec<(usize, usize)>, Fault> {
        let mut out = Vec::new();
        let (mut at, mut last_end) = (0, None);
        while out.len() < count && at <= self.haystack.len() {
            let Some(found) = self.find(at)? else { break };
            let accept = found.end != at || Some(found.start) != last_end;
            at = if found.end == at { self.after(at) } else { found.end };
            last_end = Some(found.end);
            if accept {
                out.push(self.span(found));
            }
        }
        Ok(out)
    }

    /// Returns the text with all matches replaced.
    ///
    /// # Errors
    /// When the text gets longer than `limit` bytes, or no steps are left.
    pub(crate) fn replace(mut self, template: &Template, limit: usize) -> Result<Vec<u8>, Fault> {
        let mut out = Vec::with_capacity(self.text.len());
        let mut captures = self.searcher.create_captures();
        let (mut at, mut last_end, mut copied) = (0, 0, 0);
        while at <= self.haystack.len() {
            let Some(whole) = self.find(at)? else { break };
            let (from, to) = self.span(whole);
            out.extend_from_slice(&self.text[copied..from]);
            copied = to;
            if whole.end > last_end || whole.start == 0 {
                if template.needs_groups() {
                    let input = input(&self.haystack, whole.start).anchored(Anchored::Yes);
                    self.searcher.captures(input, &mut captures);
                }
                let group = |group: usize| {
                    let span = if group == 0 { Some(whole) } else { captures.get_group(group) };
                    span.map(|span| self.span(span)).map(|(from, to)| &self.text[from..to])
                };
                template.expand(&mut out, self.pattern.names(), &group);
            }
            if out.len() > limit {
                return Err(Fault::limit("output", format!("text is longer than {limit} bytes")));
            }
            last_end = whole.end;
            let next = self.after(at);
            at = if next > whole.end { next } else { whole.end };
        }
        out.extend_from_slice(&self.text[copied..]);
        Ok(out)
    }

    fn find(&mut self, at: usize) -> Result<Option<regex_automata::Span>, Fault> {
        let found = self.searcher.find(input(&self.haystack, at));
        self.work.found(self.haystack.as_bytes(), at, found)?;
        Ok(found)
    }
}

/// Returns the part of a text from an offset on, which still has the text before it for `^` and `\b`.
fn input(haystack: &str, from: usize) -> Input<'_> {
    Input::new(haystack.as_bytes()).range(from..).anchored(Anchored::No)
}

#[cfg(test)]
mod tests {
    use super::super::get;
    use super::super::parse::{MAX_HEIGHT, REPEAT_HEIGHT};
    use super::*;

    const MAX: usize = 64 << 10;

    #[test]
    fn huge_patterns_are_refused_at_once() {
        let long = "a".repeat(1 << 20);
        assert!(matches!(get(long.as_bytes(), MAX), Err(CompileError::Limit(_))));
        let wide = r"(\pL{500}\pN{500}){1,2}".repeat(40);
        assert!(matches!(get(wide.as_bytes(), MAX), Err(CompileError::Limit(_))));
    }

    #[test]
    fn places_are_those_of_the_text_with_its_broken_bytes() {
        let pattern = get(b"b", MAX).expect("a pattern");
        let mut spend = |_| Ok(());
        let found = pattern.search(b"\xff\xffb\xc3b", &mut spend).and_then(|search| search.all(10));
        assert_eq!(found.expect("steps without end"), [(2, 3), (4, 5)]);
    }

    #[test]
    fn patterns_compile_on_a_small_stack() {
        let nested = |depth: usize, end: &str| format!("{}a{}", "(".repeat(depth), end.repeat(depth));
        let patterns = [
            nested(MAX_HEIGHT - 1, ")"),
            nested((MAX_HEIGHT - 1) / (1 + REPEAT_HEIGHT), ")*"),
            nested((MAX_HEIGHT - 1) / (2 + REPEAT_HEIGHT), "|b)+"),
        ];
        let work = move || {
            for pattern in &patterns {
                let pattern = get(pattern.as_bytes(), MAX).expect(pattern);
                assert!(["a", "é"].iter().all(|text| pattern.is_match(text).is_ok()));
            }
        };
        let thread = std::thread::Builder::new().stack_size(512 << 10).spawn(work);
        thread.expect("a thread").join().expect("no overflow");
    }
}
