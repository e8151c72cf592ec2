//! What is for nothing that is there: a patch, an image, a replacement that no object fits.
//!
//! Kustomize says nothing in most such cases, so they are noted only where somebody wants to know
//! ([`Session::watch`](super::session::Session::watch)).

use ecow::EcoString;

use super::place::Place;
use super::resmap::ResMap;
use super::resource;
use super::session::Session;
use crate::diag::Diagnostic;
use crate::source::Span;

/// How many of the names that are there are told where none is near.
const SHOWN: usize = 8;

/// How many are noted: whoever misses more will look at the first ones.
pub(super) const MOST: usize = 100;

/// Something that nothing fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Missed {
    /// The step of a kustomization that looks for it; filled in by [`Session::miss`](super::session::Session::miss).
    pub(super) place: Place,
    /// Which of the entries of that step, where one step is for several.
    pub(super) entry: Option<usize>,
    /// What is missing, in words.
    pub(super) message: String,
    /// What was looked for, written as the candidates are.
    pub(super) wanted: EcoString,
    /// What is there.
    pub(super) candidates: Vec<EcoString>,
}

impl Missed {
    pub(super) fn new(message: String, wanted: EcoString, candidates: Vec<EcoString>) -> Missed {
        Missed { place: Place::NONE, entry: None, message, wanted, candidates }
    }

    /// Returns what to say of it at a place: with the nearest name, or with those that are there.
    pub(super) fn finding(&self, span: Span) -> Diagnostic {
        let names = || self.candidates.iter().map(EcoString::as_str);
        let finding = Diagnostic::error("transformer-no-match", self.message.as_str()).at(span);
        let finding = finding.suggest(&self.wanted, names());
        if finding.help.is_some() || self.candidates.is_empty() {
            return finding;
        }
        let shown: Vec<String> = names().take(SHOWN).map(|name| format!("`{name}`")).collect();
        let more = if self.candidates.len() > SHOWN { ", …" } else { "" };
        finding.note(format!("there are {}{more}", shown.join(", ")))
    }

    /// Returns what helps to find what is meant.
    pub(super) fn hint(&self) -> Option<String> {
        let finding = self.finding(Span::NONE);
        finding.help.or(finding.notes.into_iter().next()).map(|text| text.to_string())
    }

    /// Returns the note that no object fits a kind and name, either of which may be empty.
    pub(super) fn object(session: &Session<'_>, map: &ResMap, kind: &str, name: &str, who: &str) -> Missed {
        let written = |kind: &str, name: &str| match (kind, name) {
            (kind, "") => EcoString::from(kind),
            ("", name) => name.into(),
            (kind, name) => ecow::eco_format!("{kind}/{name}"),
        };
        let wanted = written(kind, name);
        let tree = &session.tree;
        let there = map.list().iter().filter(|resource| !resource.is_nothing(tree));
        let candidates = there.map(|resource| {
            let has_name =
                if name.is_empty() { EcoString::new() } else { resource::metadata_text(tree, resource.root, "name") };
            written(if kind.is_empty() { "" } else { resource::kind(tree, resource.root) }, &has_name)
        });
        let mut candidates: Vec<EcoString> = candidates.collect();
        candidates.sort_unstable();
        candidates.dedup();
        let what = if wanted.is_empty() { "the selector".to_owned() } else { format!("`{wanted}`") };
        Missed::new(format!("no object matches {what}, {who}"), wanted, candidates)
    }
}
