//! What editors ask, of the language server and of the browser alike: one module, so that both give the same answers.
//!
//! A [`Session`] holds files in memory, which are edited one by one, and answers from the same engine that the command
//! line runs: the manifests and findings of a package, a chart, a kustomization or a folder of manifests, what differs
//! between two states, and, for a place in an editor, what can be completed there, what stands there, where it is
//! defined, what can be done about it, and what was rendered from it, or the other way round.
//!
//! The one idea: every answer notes which files it was made from. An answer whose files (by their digests) are still the
//! same is given again; an edit redoes what has read the file, and nothing else.
//!
//! Places are those of the Language Server Protocol, lines and UTF-16 columns from 0; [`Lines`] alone converts them.

mod position;

mod tree;

mod settings;

mod memory;

mod answer;

mod rendered;

mod workspace;

mod roots;

mod finding;

mod places;

mod explain;

mod differences;

mod words;

mod action;

mod scopes;

mod outline;

mod knowledge;

mod cursor;

mod complete;

mod hover;

mod definition;

mod insert;

mod fixes;

#[cfg(test)]
mod edits_tests;
#[cfg(test)]
mod tests;

pub use complete::{Completion, CompletionKind};
pub use definition::Location;
pub use differences::{Differences, Snapshot};
pub use explain::{Explanation, Origin, OriginKind, RenderedPlace};
pub use finding::{Finding, Related};
pub use fixes::{CodeAction, TextEdit};
pub use hover::Hover;
pub use position::{Lines, Position, Range};
pub use rendered::{RenderedFile, RenderedObject};
pub use settings::Settings;
pub use workspace::{EditError, Session};
