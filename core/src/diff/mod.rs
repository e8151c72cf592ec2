//! What changed between two sets of objects: by identity, by field, as text and as data.
//!
//! Objects are paired by group, kind, namespace and name; items of lists that the types know to be maps or sets are
//! paired by their keys, so that a list in another order is no change, and two ways to write one quantity are none
//! either. What Secrets hold is masked wherever a difference is shown, unless the caller asks for it.

mod align;
mod columns;
mod compare;
mod items;
mod json;
mod markdown;
mod mask;
mod path;
mod quantity;
mod text;
mod unified;

#[cfg(test)]
mod tests;

pub use columns::to_columns;
pub use compare::{Change, ChangeKind, DiffKind, ObjectDiff, Summary, changes, compare, summary};
pub use json::to_json;
pub use markdown::to_markdown;
pub use mask::{mask_field, mask_secrets};
pub use path::{FieldPath, FieldStep};
pub use text::{DiffOptions, to_text};
