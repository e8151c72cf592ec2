//! The engines that find the matches of one pattern, each made when a text first needs it.
//!
//! Templates use a pattern on a name or two. For those a walk over the pattern's states is enough, and of a class of
//! Unicode's letters its fifty in ASCII; what makes long texts fast costs more than all searches of a chart.

use std::sync::{Arc, OnceLock};

use gotemplate::Fault;
use regex_automata::meta::Regex;
use regex_automata::nfa::thompson::pikevm::{Cache, PikeVM};
use regex_automata::nfa::thompson::{NFA, WhichCaptures};
use regex_automata::util::captures::Captures;
use regex_automata::{Input, Span};
use regex_syntax::hir::{Capture, Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind};

use super::parse::{CompileError, Node, Tree};

/// The longest text, in bytes, that is searched by a walk over the states.
const SHORT: usize = 512;

/// How large a pattern is at most, in bytes when compiled, for its engines to be made later.
const SMALL: usize = 1 << 20;

/// The engines of a pattern.
#[derive(Debug)]
pub(super) struct Engines {
    hir: Arc<Hir>,
    most: usize,
    short: OnceLock<Option<PikeVM>>,
    any: OnceLock<Option<Regex>>,
    size: usize,
}

impl Engines {
    /// Prepares a pattern that takes at most so many bytes; one that is small will not take more.
    ///
    /// # Errors
    /// When it is too large.
    pub(super) fn new(hir: Arc<Hir>, guess: usize, most: usize) -> Result<Engines, CompileError> {
        let mut engines = Engines { hir, most, short: OnceLock::new(), any: OnceLock::new(), size: guess };
        if guess > SMALL.min(most / 4) {
            engines.size = engines.any().map_err(CompileError::Limit)?.memory_usage();
        }
        Ok(engines)
    }

    /// Returns the bytes that a pattern takes in memory, or may take.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Returns the engine for any text.
    fn any(&self) -> Result<&Regex, String> {
        let made = self.any.get_or_init(|| {
            // What is made of a pattern ahead costs more than the texts of charts take to search without it.
            let config = Regex::config().nfa_size_limit(Some(self.most)).utf8_empty(true).onepass(false).dfa(false);
            Regex::builder().configure(config).build_from_hir(&self.hir).ok()
        });
        made.as_ref().ok_or_else(|| "the regular expression is too large when compiled".to_owned())
    }

    /// Returns the engine for short texts in ASCII, if the pattern has one.
    fn short(&self) -> Option<&PikeVM> {
        let made = self.short.get_or_init(|| {
            let config = NFA::config().which_captures(WhichCaptures::All).nfa_size_limit(Some(self.most));
            let own = (!is_ascii(&self.hir)).then(|| in_ascii(&self.hir));
            let nfa = NFA::compiler().configure(config).build_from_hir(own.as_ref().unwrap_or(&self.hir)).ok()?;
            PikeVM::new_from_nfa(nfa).ok()
        });
        made.as_ref()
    }

    /// Returns the searcher of a text.
    ///
    /// # Errors
    /// When the pattern is too large.
    pub(super) fn searcher(&self, haystack: &str) -> Result<Searcher<'_>, Fault> {
        if self.size <= SMALL
            && haystack.len() <= SHORT
            && haystack.is_ascii()
            && let Some(engine) = self.short()
        {
            return Ok(Searcher::Short { engine, cache: Box::new(engine.create_cache()) });
        }
        self.any().map(Searcher::Any).map_err(|error| Fault::limit("regex_bytes", error))
    }
}

/// What searches one text.
#[derive(Debug)]
pub(super) enum Searcher<'p> {
    Short { engine: &'p PikeVM, cache: Box<Cache> },
    Any(&'p Regex),
}

impl Searcher<'_> {
    /// Whether there is a match.
    pub(super) fn is_match(&mut self, input: Input<'_>) -> bool {
        match self {
            Searcher::Short { engine, cache } => engine.is_match(cache, input),
            Searcher::Any(regex) => regex.is_match(input),
        }
    }

    /// Returns the first match.
    pub(super) fn find(&mut self, input: Input<'_>) -> Option<Span> {
        let found = match self {
            Searcher::Short { engine, cache } => engine.find(cache, input),
            Searcher::Any(regex) => regex.find(input),
        };
        found.map(|found| found.span())
    }

    /// Returns room for the groups of matches.
    pub(super) fn create_captures(&self) -> Captures {
        match self {
            Searcher::Short { engine, .. } => engine.create_captures(),
            Searcher::Any(regex) => regex.create_captures(),
        }
    }

    /// Finds the first match with its groups.
    pub(super) fn captures(&mut self, input: Input<'_>, captures: &mut Captures) {
        match self {
            Searcher::Short { engine, cache } => engine.captures(cache, input, captures),
            Searcher::Any(regex) => regex.captures(input, captures),
        }
    }
}

/// Returns how many bytes a pattern may take when it is compiled, its repetitions written out. The height of a tree is
/// bounded.
pub(super) fn guess(tree: &Tree) -> usize {
    const STATE: usize = 64;
    let sum = |subs: &[Tree]| subs.iter().map(guess).fold(STATE, usize::saturating_add);
    match &tree.node {
        Node::Empty | Node::Look(_) => STATE,
        Node::Literal(_) => 4 * STATE,
        Node::Class(class) => (class.ranges().len() + 1).saturating_mul(4 * STATE),
        Node::Capture(_, sub) => guess(sub).saturating_add(2 * STATE),
        Node::Repeat(repeat) => {
            let times = repeat.max.unwrap_or(repeat.min.saturating_add(1)).max(1);
            guess(&repeat.sub).saturating_add(STATE).saturating_mul(times as usize)
        }
        Node::Concat(subs) | Node::Alternate(subs) => sum(subs),
    }
}

/// Whether the classes of a pattern have the characters of ASCII alone.
fn is_ascii(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Literal(_) | HirKind::Look(_) | HirKind::Class(Class::Bytes(_)) => true,
        HirKind::Class(Class::Unicode(class)) => class.is_ascii(),
        HirKind::Repetition(repetition) => is_ascii(&repetition.sub),
        HirKind::Capture(capture) => is_ascii(&capture.sub),
        HirKind::Concat(subs) | HirKind::Alternation(subs) => subs.iter().all(is_ascii),
    }
}

/// Returns what a pattern is for texts in ASCII: its classes have the characters of ASCII alone.
fn in_ascii(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Empty | HirKind::Literal(_) | HirKind::Look(_) | HirKind::Class(Class::Bytes(_)) => hir.clone(),
        HirKind::Class(Class::Unicode(class)) => {
            let ranges = class.ranges().iter().take_while(|range| range.start().is_ascii());
            let ranges = ranges.map(|range| ClassUnicodeRange::new(range.start(), range.end().min('\x7f')));
            Hir::class(Class::Unicode(ClassUnicode::new(ranges)))
        }
        HirKind::Repetition(repetition) => Hir::repetition(repetition.with(in_ascii(&repetition.sub))),
        HirKind::Capture(capture) => {
            let sub = Box::new(in_ascii(&capture.sub));
            Hir::capture(Capture { index: capture.index, name: None, sub })
        }
        HirKind::Concat(subs) => Hir::concat(subs.iter().map(in_ascii).collect()),
        HirKind::Alternation(subs) => Hir::alternation(subs.iter().map(in_ascii).collect()),
    }
}

#[cfg(test)]
mod tests {
    use regex_automata::Anchored;

    use super::*;
    use crate::go::regex::Pattern;

    #[test]
    fn both_engines_find_the_same() {
        let patterns = [
            r"\pL+",
            r"\PL",
            "[^a]",
            "(?i)k+",
            r"^(-?[^a-z\d\-])+-?",
            "[^A-Za-z0-9]+$",
            "a|ab",
            "a*",
            "(a|b)*?c",
            "(?s).",
            r"\bb",
            "é",
            r"^([a-z0-9]+)(-[a-z]*)?$",
            "[[:^alpha:]]",
            "(?m)^b$",
            "",
        ];
        let texts = ["", "a", "abc", "a-b", "K k", "b\nb", "a_1-b.c", "--", "aab c"];
        for pattern in patterns {
            let compiled = Pattern::compile(pattern.as_bytes(), 64 << 10).expect(pattern);
            let engines = compiled.engines();
            let mut short = engines.searcher("").expect(pattern);
            assert!(matches!(short, Searcher::Short { .. }), "{pattern}");
            let mut any = Searcher::Any(engines.any().expect(pattern));
            for text in texts {
                for from in 0..=text.len() {
                    let input = || Input::new(text).range(from..).anchored(Anchored::No);
                    assert_eq!(short.find(input()), any.find(input()), "{pattern} on {text:?} from {from}");
                    assert_eq!(short.is_match(input()), any.is_match(input()), "{pattern} on {text:?} from {from}");
                    let groups = |searcher: &mut Searcher<'_>| {
                        let mut captures = searcher.create_captures();
                        searcher.captures(input(), &mut captures);
                        captures.iter().collect::<Vec<_>>()
                    };
                    assert_eq!(groups(&mut short), groups(&mut any), "{pattern} on {text:?} from {from}");
                }
            }
        }
    }

    #[test]
    fn what_is_long_or_large_has_the_engine_for_it() {
        let engines = |pattern: &str| Pattern::compile(pattern.as_bytes(), 64 << 10).expect(pattern);
        let small = engines("a+");
        assert!(matches!(small.engines().searcher(&"a".repeat(SHORT + 1)).expect("fine"), Searcher::Any(_)));
        assert!(matches!(small.engines().searcher("é").expect("fine"), Searcher::Any(_)));
        let large = engines(r"(\pL{50}\pN{50})");
        assert!(matches!(large.engines().searcher("a").expect("fine"), Searcher::Any(_)));
        assert!(large.engines().size() > 0);
    }
}
