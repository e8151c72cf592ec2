//! Helm charts, rendered as Helm 4 renders them, byte for byte.
//!
//! [`ChartTemplates`] are a chart's compiled templates, which run many times; what they write ([`RenderedChart`]) is split
//! into hooks and manifests and brought into the order of installation ([`sort_manifests`]), and [`template_text`] puts
//! these together as `helm template` writes them. Errors ([`HelmError`]) have Helm's words. Values come in finished: see
//! [`crate::values::chart`].
//!
//! The one idea: rendered text stays text. A document is looked at in one pass for what Helm wants to know of it; a tree
//! is built only when somebody asks for one.

mod base64;
mod capabilities;
mod context;
mod engine;
mod errors;
mod files;
mod functions;
mod glob;
mod head;
mod hooks;
mod manifests;
mod objects;
mod output;
mod pki;
mod templating;
mod text;
mod time;
pub mod trace;
mod value;

#[cfg(test)]
mod tests;

pub use capabilities::{Capabilities, HelmVersion, KubeVersion};
pub use context::{Impure, Source};
#[cfg(test)]
pub(crate) use engine::function_names;
pub use engine::{ChartTemplates, Release, RenderInput, RenderedChart, RenderedFile};
pub use errors::{HelmError, HelmErrorKind};
pub use head::Head;
pub use hooks::{Hook, HookEvent};
pub use manifests::{Content, Manifest, Sorted, sort_manifests};
pub use output::{OutputOptions, Shown, files_text, shown, template_text};
pub use text::render_text;
