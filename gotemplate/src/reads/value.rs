//! What is known of a value: the places where it may be from.

use std::collections::BTreeSet;

use super::store::{MadeId, PathId};
use crate::value::Str;

/// A value of the analysis: a set of values that one expression may have.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Known {
    /// It may be the value at one of these paths.
    pub(super) paths: BTreeSet<PathId>,
    /// It may be one of these containers.
    pub(super) made: BTreeSet<MadeId>,
    /// It may be one of these texts, which stand in templates.
    pub(super) texts: BTreeSet<Str>,
    /// It may be something else, made from what was read already.
    pub(super) other: bool,
    /// Values at these paths, or below, went into that text.
    pub(super) from: BTreeSet<PathId>,
    /// The text may hold an action whatever is at the paths.
    pub(super) braces: bool,
}

/// How many constant texts are told apart.
const MOST_TEXTS: usize = 64;

impl Known {
    pub(super) fn nothing() -> Known {
        Known::default()
    }

    pub(super) fn path(path: PathId) -> Known {
        Known { paths: BTreeSet::from([path]), ..Known::default() }
    }

    pub(super) fn made(made: MadeId) -> Known {
        Known { made: BTreeSet::from([made]), ..Known::default() }
    }

    pub(super) fn text(text: Str) -> Known {
        Known { braces: has_braces(&text), texts: BTreeSet::from([text]), ..Known::default() }
    }

    /// A number, a truth, a text that nothing is known of.
    pub(super) fn other() -> Known {
        Known { other: true, ..Known::default() }
    }

    /// Adds what another value may be; reports whether that was more.
    pub(super) fn join(&mut self, other: &Known) -> bool {
        let size = |known: &Known| {
            let sets = known.paths.len() + known.made.len() + known.texts.len() + known.from.len();
            sets + usize::from(known.other) + usize::from(known.braces)
        };
        let before = size(self);
        self.paths.extend(&other.paths);
        self.made.extend(&other.made);
        self.from.extend(&other.from);
        self.other |= other.other;
        self.braces |= other.braces;
        // Once too many, texts are not listed again, so that the set only grows.
        if !(self.other && self.texts.len() >= MOST_TEXTS) {
            self.texts.extend(other.texts.iter().cloned());
            self.other |= self.texts.len() >= MOST_TEXTS;
        }
        size(self) > before
    }

    pub(super) fn joined(mut self, other: &Known) -> Known {
        self.join(other);
        self
    }

    /// Returns the texts that it can be, where it can be nothing else.
    pub(super) fn constant_texts(&self) -> Option<&BTreeSet<Str>> {
        let constant = self.paths.is_empty() && self.made.is_empty() && !self.other && self.from.is_empty();
        constant.then_some(&self.texts)
    }
}

/// Reports whether a text may be part of an action together with what stands beside it.
pub(super) fn has_braces(text: &[u8]) -> bool {
    crate::text::find(text, b"{{").is_some() || text.last() == Some(&b'{')
}
