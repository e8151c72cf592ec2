//! Renderers: values and templates to objects.
//!
//! Native packages are rendered here; charts and kustomizations get renderers of their own. Whatever a renderer needs
//! of the world beyond its package it asks of a [`Host`], and the one that everybody starts with refuses all.

pub mod helm;

mod host;
mod jinja;
pub mod kustomize;
mod native;
mod reads;

pub use host::{Host, SealedHost, SeededHost, Timestamp};
pub use jinja::Functions;
#[cfg(test)]
pub(crate) use jinja::native_words;
pub use native::{Kube, RenderInput, Rendered, Templates};
pub use reads::{Answers, Reads};
