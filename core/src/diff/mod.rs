//! What changed between two sets of objects.
//!
//! [`compare`] pairs objects by identity and compares them as Kubernetes reads them: the order of keys counts for
//! nothing, nor does the order of a list whose items have keys or are a set, and `1000m` of a resource is `1`. Values
//! of Secrets are masked before anything is compared, so neither form of the result can show them; only
//! [`compare_revealed`] keeps them. [`to_text`] and [`to_json`] write the result.

mod compare;
mod json;
mod mask;
mod path;
mod quantity;
mod text;
mod walk;

#[cfg(test)]
mod tests;

pub use compare::{DiffKind, ObjectDiff, Summary, compare, compare_revealed, summary};
pub use json::to_json;
pub use mask::mask_secrets;
pub use path::{FieldPath, FieldStep};
pub use text::{DiffOptions, to_text};
pub use walk::{Change, ChangeKind};
