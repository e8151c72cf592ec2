//! How much work a search is.
//!
//! One match is found in linear time, but behind its end the engine may have read on in the hope of a longer one, and
//! does so again for the next match: `.*!|.` reads all the rest for each character. How far it has read is not known
//! from its results, so it is guessed while that is little, and then found out by a walk of our own.

use std::fmt;
use std::sync::{Arc, OnceLock};

use gotemplate::Fault;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{NFA, WhichCaptures};
use regex_automata::{Anchored, Input, Span};
use regex_syntax::hir::Hir;

use super::parse::{Node, Tree};
use super::pattern::Spend;

/// Positions of a pattern times bytes of text in a step.
const IN_A_STEP: u64 = 8;

/// Bytes behind matches that are guessed to be read before it is found out.
const GUESSED: usize = 1 << 20;

/// Returns how many characters of a pattern, its repetitions written out, the engine may have to keep in mind at once.
/// The height of a tree is bounded.
pub(super) fn positions(tree: &Tree) -> u64 {
    let sum = |subs: &[Tree]| subs.iter().map(positions).fold(0, u64::saturating_add);
    match &tree.node {
        Node::Empty | Node::Look(_) => 0,
        Node::Literal(_) | Node::Class(_) => 1,
        Node::Capture(_, sub) => positions(sub),
        Node::Repeat(repeat) => {
            let times = repeat.max.unwrap_or(repeat.min.max(1));
            positions(&repeat.sub).saturating_mul(u64::from(times))
        }
        Node::Concat(subs) | Node::Alternate(subs) => sum(subs),
    }
}

/// How far a pattern makes the engine read.
#[derive(Debug)]
pub(super) struct Reach {
    positions: u64,
    behind: Behind,
}

/// What is read from the start of a match on.
#[derive(Debug)]
enum Behind {
    /// At most so many bytes.
    Bounded(usize),
    /// As long as this automaton, made of the pattern when it is first needed, lives.
    Unbounded { hir: Arc<Hir>, most: usize, automaton: Box<OnceLock<Option<DFA>>> },
}

impl Reach {
    /// Returns the reach of a pattern, whose automaton may take so many bytes.
    pub(super) fn new(hir: Arc<Hir>, positions: u64, most: usize) -> Reach {
        let behind = match hir.properties().maximum_len() {
            Some(bytes) => Behind::Bounded(bytes),
            None => Behind::Unbounded { hir, most, automaton: Box::default() },
        };
        Reach { positions: positions.max(1), behind }
    }
}

fn automaton(hir: &Hir, most: usize) -> Option<DFA> {
    let config = NFA::config().which_captures(WhichCaptures::None).nfa_size_limit(Some(most));
    let nfa = NFA::compiler().configure(config).build_from_hir(hir).ok()?;
    DFA::builder().configure(DFA::config().skip_cache_capacity_check(true)).build_from_nfa(nfa).ok()
}

/// The work of the searches in one text.
pub(super) struct Work<'s> {
    reach: &'s Reach,
    spend: Spend<'s>,
    guessed: usize,
    cache: Option<Cache>,
}

impl fmt::Debug for Work<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Work").field("reach", &self.reach).finish_non_exhaustive()
    }
}

impl<'s> Work<'s> {
    pub(super) fn new(reach: &'s Reach, spend: Spend<'s>) -> Work<'s> {
        Work { reach, spend, guessed: 0, cache: None }
    }

    /// Takes the steps for so many bytes.
    pub(super) fn charge(&mut self, bytes: usize) -> Result<(), Fault> {
        (self.spend)((bytes as u64).saturating_mul(self.reach.positions) / IN_A_STEP + 1)
    }

    /// Takes the steps for a search from an offset on, with what it has found.
    pub(super) fn found(&mut self, haystack: &[u8], at: usize, found: Option<Span>) -> Result<(), Fault> {
        let bytes = match found {
            Some(found) => found.start - at + self.behind(haystack, found.start),
            None => haystack.len() - at,
        };
        self.charge(bytes)
    }

    /// Returns how many bytes were read from the start of a match on.
    fn behind(&mut self, haystack: &[u8], start: usize) -> usize {
        let rest = haystack.len() - start;
        match &self.reach.behind {
            Behind::Bounded(bytes) => rest.min(*bytes),
            Behind::Unbounded { hir, most, automaton: made } => {
                if self.guessed + rest <= GUESSED {
                    self.guessed += rest;
                    return rest;
                }
                let Some(automaton) = made.get_or_init(|| automaton(hir, *most)) else { return rest };
                let cache = self.cache.get_or_insert_with(|| automaton.create_cache());
                walk(automaton, cache, haystack, start).unwrap_or(rest)
            }
        }
    }
}

/// Returns how many bytes from an offset on are read before nothing can match any more; nothing when it is not known.
fn walk(automaton: &DFA, cache: &mut Cache, haystack: &[u8], start: usize) -> Option<usize> {
    let input = Input::new(haystack).range(start..).anchored(Anchored::Yes);
    let mut state = automaton.start_state_forward(cache, &input).ok()?;
    for (count, byte) in haystack[start..].iter().enumerate() {
        if state.is_dead() || state.is_quit() {
            return Some(count);
        }
        state = automaton.next_state(cache, state, *byte).ok()?;
    }
    Some(haystack.len() - start)
}

#[cfg(test)]
mod tests {
    use super::super::get;
    use super::{GUESSED, IN_A_STEP};

    fn steps(pattern: &str, text: &str) -> u64 {
        let pattern = get(pattern.as_bytes(), 1 << 10).expect("a pattern");
        let mut steps = 0;
        let mut spend = |more| {
            steps += more;
            Ok(())
        };
        pattern
            .search(text.as_bytes(), &mut spend)
            .and_then(|search| search.all(usize::MAX))
            .expect("steps without end");
        steps
    }

    #[test]
    fn steps_are_those_of_the_bytes_that_are_read() {
        let text = "ab ".repeat(4_000);
        let linear = text.len() as u64 / 3 + 1;
        assert!(steps(r"\w{1,2}", &text) < 2 * linear);
        // A guess, and then what it is.
        let words = steps(r"\w+", &text);
        assert!(words > GUESSED as u64 / IN_A_STEP && words < GUESSED as u64 / IN_A_STEP + 2 * linear, "{words}");
        // The square of the length.
        let square = (text.len() * text.len() / 2) as u64;
        assert!(steps(r".*!|.", &text) > square * 3 / IN_A_STEP);
    }

    #[test]
    fn repetitions_count_as_often_as_they_are_repeated() {
        let text = "a".repeat(1_000);
        assert!(steps(r"(a?){500}b|c", &text) > 400 * steps("b|c", &text) / 2);
    }
}
