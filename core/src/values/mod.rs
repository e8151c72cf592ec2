//! Values: layers laid over one another, the `--set` grammars, and where every leaf came from.
//!
//! [`compose`] merges the defaults of a package and of its dependencies with the user's [`Layer`]s by Helm's rules for
//! maps, lists and nulls. The result, [`Values`], answers for every path which layer set it and where ([`Values::origin`])
//! and which layers set it before ([`Values::history`]). [`check_schemas`] holds values against `values.schema.json`,
//! [`unknown_keys`] finds keys that no default knows and no template can read ([`ReadPaths`] come from the renderer).
//!
//! The one idea: user layers are merged first, flags edit what files set, and only then the defaults are laid below, as
//! Helm does it. So `--set list[1]=x` edits a list of a `-f` file, but takes the place of a list of the defaults.

pub mod chart;

mod check;
mod compose;
mod defaults;
mod flag;
mod layer;
mod reads;
mod tree;
mod unknown;

#[cfg(test)]
mod tests;

pub use check::check_schemas;
pub use compose::{HistoryEntry, ValueOrigin, Values, compose, enabled};
pub(crate) use defaults::in_place;
pub use flag::ReadFile;
pub use layer::{Layer, LayerKind, SetFlag};
pub use reads::{ReadPaths, ReadStep};
pub use unknown::unknown_keys;
