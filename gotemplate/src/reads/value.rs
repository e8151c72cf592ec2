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
    /// What may be in the text that it is.
    pub(super) text: Text,
}

/// What a text may be made of. Only those who evaluate it want to know, so it is put together at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Text {
    /// Texts at these paths, or below.
    pub(super) paths: BTreeSet<PathId>,
    /// What these templates write.
    pub(super) templates: BTreeSet<usize>,
    /// What these evaluated texts write.
    pub(super) evaluated: BTreeSet<usize>,
    /// Constants that may make an action.
    pub(super) braces: bool,
}

impl Text {
    pub(super) fn join(&mut self, other: &Text) -> bool {
        let size =
            |text: &Text| text.paths.len() + text.templates.len() + text.evaluated.len() + usize::from(text.braces);
        let before = size(self);
        self.paths.extend(&other.paths);
        self.templates.extend(&other.templates);
        self.evaluated.extend(&other.evaluated);
        self.braces |= other.braces;
        size(self) > before
    }
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
        let made_of = Text { braces: has_braces(&text), ..Text::default() };
        Known { text: made_of, texts: BTreeSet::from([text]), ..Known::default() }
    }

    /// A number, a truth, a text that nothing is known of.
    pub(super) fn other() -> Known {
        Known { other: true, ..Known::default() }
    }

    /// A text that is made of this.
    pub(super) fn made_of(text: Text) -> Known {
        Known { text, ..Known::other() }
    }

    /// Adds what another value may be; reports whether that was more.
    pub(super) fn join(&mut self, other: &Known) -> bool {
        let size = |known: &Known| known.paths.len() + known.made.len() + known.texts.len() + usize::from(known.other);
        let before = size(self);
        self.paths.extend(&other.paths);
        self.made.extend(&other.made);
        self.other |= other.other;
        let more = self.text.join(&other.text);
        // Once too many, texts are not listed again, so that the set only grows.
        if !(self.other && self.texts.len() >= MOST_TEXTS) {
            self.texts.extend(other.texts.iter().cloned());
            self.other |= self.texts.len() >= MOST_TEXTS;
        }
        more || size(self) > before
    }

    /// Returns how much work it is to copy it or to join it to another.
    pub(super) fn size(&self) -> u64 {
        let text = &self.text;
        let lengths = [self.paths.len(), self.made.len(), self.texts.len()];
        let of_text = [text.paths.len(), text.templates.len(), text.evaluated.len()];
        1 + lengths.iter().chain(&of_text).map(|&length| length as u64).sum::<u64>()
    }

    pub(super) fn joined(mut self, other: &Known) -> Known {
        self.join(other);
        self
    }

    /// Returns the texts that it can be, where it can be nothing else.
    pub(super) fn constant_texts(&self) -> Option<&BTreeSet<Str>> {
        let constant = self.paths.is_empty() && self.made.is_empty() && !self.other;
        constant.then_some(&self.texts)
    }
}

/// Reports whether a text may be part of an action together with what stands beside it.
pub(super) fn has_braces(text: &[u8]) -> bool {
    crate::text::find(text, b"{{").is_some() || text.last() == Some(&b'{')
}
