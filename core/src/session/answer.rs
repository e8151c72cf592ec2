//! What the engine made of a package in one state of its files.

use std::sync::OnceLock;

use super::places::Places;
use super::rendered::Rendered;
use crate::pipeline::Built;
use crate::source::VPath;

/// A build, and what is looked up in it when somebody first asks.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) root: VPath,
    pub(super) built: Built,
    rendered: OnceLock<Rendered>,
    places: OnceLock<Places>,
}

impl Answer {
    pub(super) fn new(root: VPath, built: Built) -> Answer {
        Answer { root, built, rendered: OnceLock::new(), places: OnceLock::new() }
    }

    /// Returns the manifests as text, with its fields.
    pub(super) fn rendered(&self) -> &Rendered {
        self.rendered.get_or_init(|| Rendered::of(&self.built))
    }

    /// Returns the places that fields come from.
    pub(super) fn places(&self) -> &Places {
        self.places.get_or_init(|| Places::of(&self.built))
    }
}
