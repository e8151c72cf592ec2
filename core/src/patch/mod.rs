//! Patches: strategic merge, JSON patch, JSON merge patch, and the selectors that aim them.
//!
//! One engine serves overlays now and kustomizations later; [`Dialect`] lists where the two differ. It works on
//! normalized [`Node`](crate::yaml::Node) trees and moves the nodes of a patch into the object, so a field that a
//! patch changed has the patch's line as its place, and a field that a patch only repeats keeps its own.
//!
//! [`Patch::parse`] checks the shape of a patch once, with places; [`apply`] aims and applies a list of them and
//! reports all problems at once. Reading files and texts is the caller's work.

mod apply;
mod edit;
mod edited;
mod equal;
mod json;
mod merge;
mod names;
mod parse;
mod pointer;
mod selector;
mod strategic;
mod target;
#[cfg(test)]
mod testing;

pub use apply::{Applied, ApplyOptions, Dialect, apply};
pub use edited::Edited;
pub use json::{JsonOp, JsonOpKind, json_patch};
pub use merge::merge_patch;
pub use parse::{Patch, PatchBody, PatchKind};
pub use pointer::Pointer;
pub use selector::{Selector, SelectorError};
pub use strategic::strategic_merge;
pub use target::{Pattern, Target};
