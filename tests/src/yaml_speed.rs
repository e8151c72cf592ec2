//! The ways of reading YAML whose speed is promised, each as one pass over a text.

use rhumb::source::{FileId, Limits};
use rhumb::yaml::{self, Events};

/// A way of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// Looks at the length only: what a program costs that reads nothing.
    Nothing,
    /// The raw events of granit-parser, the measure from outside.
    Granit,
    /// Our own raw events.
    Events,
    /// The check for validity, which builds no tree.
    Check,
    /// The tree with a place on every node.
    Tree,
}

impl Pass {
    /// All of them.
    pub const ALL: [Pass; 5] = [Pass::Nothing, Pass::Granit, Pass::Events, Pass::Check, Pass::Tree];

    /// Returns the pass of this name.
    pub fn named(name: &str) -> Option<Pass> {
        Pass::ALL.into_iter().find(|pass| pass.name() == name)
    }

    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Pass::Nothing => "nothing",
            Pass::Granit => "granit",
            Pass::Events => "events",
            Pass::Check => "check",
            Pass::Tree => "tree",
        }
    }

    /// Reads a text and returns how much was seen.
    pub fn run(self, text: &str) -> usize {
        let limits = Limits::default();
        match self {
            Pass::Nothing => text.len(),
            Pass::Granit => granit_parser::Parser::new_from_str(text).map_while(Result::ok).count(),
            Pass::Events => {
                let mut events = Events::new(text);
                std::iter::from_fn(|| events.next().ok().flatten()).count()
            }
            Pass::Check => yaml::check(text, FileId::NONE, &limits, &mut ()).len(),
            Pass::Tree => yaml::parse(text, FileId::NONE, &limits).value.len(),
        }
    }
}
