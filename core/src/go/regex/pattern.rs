//! Compiled patterns: parsed trees given to the regex crate's engine, and searches with Go's steps.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use gotemplate::Fault;
use regex_automata::meta::Regex;
use regex_automata::util::captures::Captures;
use regex_automata::{Anchored, Input};
use regex_syntax::hir::{Capture, Class, Hir, Repetition};

use super::parse::{CompileError, Node, Tree, parse};
use super::template::Template;
use crate::go::text::valid;

/// Bytes of a pattern.
const MAX_PATTERN: usize = 64 << 10;

/// Bytes that a compiled pattern may take.
const MAX_COMPILED: usize = 32 << 20;

/// Bytes of compiled patterns that are kept for another time.
const MAX_KEPT: usize = 16 << 20;

/// States of the compiled pattern times bytes of text, which bound the time of a search.
const MAX_WORK: u64 = 1 << 34;

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Pattern {
    regex: Regex,
    names: Vec<Vec<u8>>,
    empty: bool,
    /// Bytes of its program, as a measure of its states.
    size: usize,
}

#[derive(Default)]
struct Kept {
    patterns: BTreeMap<Vec<u8>, Arc<Pattern>>,
    bytes: usize,
}

/// Patterns compiled before. Charts use few, again and again.
static KEPT: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);

/// Returns the compiled form of a pattern.
///
/// # Errors
/// Text that is no pattern, or a pattern that is too large.
pub(crate) fn get(text: &[u8]) -> Result<Arc<Pattern>, CompileError> {
    let kept = || KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(pattern) = kept().patterns.get(text) {
        return Ok(pattern.clone());
    }
    let pattern = Arc::new(Pattern::compile(text)?);
    let bytes = pattern.size + text.len();
    let mut kept = kept();
    if kept.bytes + bytes > MAX_KEPT {
        *kept = Kept::default();
    }
    if bytes <= MAX_KEPT && kept.patterns.insert(text.to_vec(), pattern.clone()).is_none() {
        kept.bytes += bytes;
    }
    Ok(pattern)
}

/// Asks whether a text is a pattern, without compiling it.
///
/// # Errors
/// Go's text.
pub(crate) fn check(text: &[u8]) -> Result<(), CompileError> {
    if text.len() > MAX_PATTERN {
        return Err(too_long(text));
    }
    parse(text).map(|_| ())
}

fn too_long(text: &[u8]) -> CompileError {
    let reason = format!("the regular expression has {} bytes, at most {MAX_PATTERN} are allowed", text.len());
    CompileError::Limit(reason)
}

impl Pattern {
    fn compile(text: &[u8]) -> Result<Pattern, CompileError> {
        if text.len() > MAX_PATTERN {
            return Err(too_long(text));
        }
        let parsed = parse(text)?;
        let too_large = |_| CompileError::Limit("the regular expression is too large when compiled".to_owned());
        // What is made of a pattern ahead costs more than the short texts of charts take to search without it.
        let config = Regex::config().nfa_size_limit(Some(MAX_COMPILED)).utf8_empty(true).onepass(false).dfa(false);
        let regex = Regex::builder().configure(config).build_from_hir(&to_hir(parsed.tree)).map_err(too_large)?;
        let size = regex.memory_usage();
        Ok(Pattern { regex, names: parsed.names, empty: text.is_empty(), size })
    }

    /// Whether the text of the pattern is empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.empty
    }

    /// Returns the names of the groups.
    pub(crate) fn names(&self) -> &[Vec<u8>] {
        &self.names
    }

    /// Prepares the search in a text.
    ///
    /// # Errors
    /// When pattern and text are so large that the search may take for ever.
    pub(crate) fn search<'s>(&'s self, text: &'s [u8]) -> Result<Search<'s>, Fault> {
        // A state takes some 32 bytes.
        if (self.size as u64 / 32).saturating_mul(text.len() as u64) > MAX_WORK {
            return Err(Fault::limit("regex", "the regular expression and the text are too large to be matched"));
        }
        let replaced = valid(text);
        let broken = if let Cow::Owned(_) = replaced { broken_bytes(text) } else { Vec::new() };
        Ok(Search { pattern: self, text, haystack: replaced, broken })
    }
}

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
    text: &'s [u8],
    haystack: Cow<'s, str>,
    /// The offsets of broken bytes in the text.
    broken: Vec<usize>,
}

impl<'s> Search<'s> {
    fn input(&self, from: usize) -> Input<'_> {
        Input::new(self.haystack.as_bytes()).range(from..).anchored(Anchored::No)
    }

    /// Returns the offset in the text for one in the haystack.
    fn original(&self, at: usize) -> usize {
        // Before the n-th broken byte, n replacements have added two bytes each.
        let before = self.broken.iter().enumerate();
        if self.broken.is_empty() {
            return at;
        }
        let (mut low, mut high) = (0, before.len());
        while low < high {
            let middle = (low + high) / 2;
            if self.broken[middle] + 2 * middle < at { low = middle + 1 } else { high = middle }
        }
        at - 2 * low
    }

    fn span(&self, span: regex_automata::Span) -> (usize, usize) {
        (self.original(span.start), self.original(span.end))
    }

    pub(crate) fn is_match(&self) -> bool {
        self.pattern.regex.is_match(self.input(0))
    }

    /// Returns the first match.
    pub(crate) fn first(&self) -> Option<&'s [u8]> {
        let found = self.pattern.regex.find(self.input(0))?;
        let (from, to) = self.span(found.span());
        Some(&self.text[from..to])
    }

    /// Returns the offset behind the character at an offset of the haystack.
    fn after(&self, at: usize) -> usize {
        at + self.haystack[at..].chars().next().map_or(1, char::len_utf8)
    }

    /// Returns so many matches at most. An empty one right behind another does not count.
    pub(crate) fn all(&self, count: usize) -> Vec<(usize, usize)> {
        let mut out = Vec::new();
        let (mut at, mut last_end) = (0, None);
        while out.len() < count && at <= self.haystack.len() {
            let Some(found) = self.pattern.regex.find(self.input(at)) else { break };
            let accept = found.end() != at || Some(found.start()) != last_end;
            at = if found.end() == at { self.after(at) } else { found.end() };
            last_end = Some(found.end());
            if accept {
                out.push(self.span(found.span()));
            }
        }
        out
    }

    /// Returns the text with all matches replaced.
    ///
    /// # Errors
    /// When the text gets longer than `limit` bytes.
    pub(crate) fn replace(&self, template: &Template, limit: usize) -> Result<Vec<u8>, Fault> {
        let mut out = Vec::with_capacity(self.text.len());
        let mut captures = self.pattern.regex.create_captures();
        let (mut at, mut last_end, mut copied) = (0, 0, 0);
        while at <= self.haystack.len() {
            let Some(whole) = self.find(at, template, &mut captures) else { break };
            let (from, to) = self.span(whole);
            out.extend_from_slice(&self.text[copied..from]);
            copied = to;
            if whole.end > last_end || whole.start == 0 {
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

    fn find(&self, at: usize, template: &Template, captures: &mut Captures) -> Option<regex_automata::Span> {
        if !template.needs_groups() {
            return self.pattern.regex.find(self.input(at)).map(|found| found.span());
        }
        self.pattern.regex.captures(self.input(at), captures);
        captures.get_match().map(|found| found.span())
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::{MAX_HEIGHT, REPEAT_HEIGHT};
    use super::*;

    #[test]
    fn huge_patterns_are_refused_at_once() {
        let long = "a".repeat(1 << 20);
        assert!(matches!(get(long.as_bytes()), Err(CompileError::Limit(_))));
        let wide = r"(\pL{500}\pN{500}){1,2}".repeat(40);
        assert!(matches!(get(wide.as_bytes()), Err(CompileError::Limit(_))));
    }

    #[test]
    fn places_are_those_of_the_text_with_its_broken_bytes() {
        let pattern = get(b"b").expect("a pattern");
        let search = pattern.search(b"\xff\xffb\xc3b").expect("small");
        assert_eq!(search.all(10), [(2, 3), (4, 5)]);
    }

    #[test]
    fn patterns_compile_on_a_small_stack() {
        let nested = |depth: usize, end: &str| format!("{}a{}", "(".repeat(depth), end.repeat(depth));
        let patterns = [
            nested(MAX_HEIGHT - 1, ")"),
            nested((MAX_HEIGHT - 1) / (1 + REPEAT_HEIGHT), ")*"),
            nested((MAX_HEIGHT - 1) / (2 + REPEAT_HEIGHT), "|b)+"),
        ];
        let work = move || patterns.iter().for_each(|pattern| assert!(get(pattern.as_bytes()).is_ok(), "{pattern}"));
        let thread = std::thread::Builder::new().stack_size(512 << 10).spawn(work);
        thread.expect("a thread").join().expect("no overflow");
    }
}
