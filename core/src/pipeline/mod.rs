//! The verbs that front-ends call: build, check, explain, compare.
//!
//! Nothing here decides how a patch merges or what a schema means; this module puts the steps in their order and
//! gathers what each of them finds. An [`Engine`] holds what many requests share, a [`Request`] says what is wanted,
//! and a [`Built`] is the answer: the objects, the texts they came from, and every finding.
//!
//! ```
//! use rhumb::pipeline::{Engine, Request};
//! use rhumb::source::{FileTree, VPath};
//!
//! let files: FileTree = [
//!     ("rhumb.yaml", "apiVersion: rhumb.dev/v1\nkind: Package\nname: demo\nversion: 0.1.0\n"),
//!     ("values.yaml", "greeting: hello\n"),
//!     (
//!         "templates/config.yaml",
//!         "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ release.name }}\ndata:\n  text: {{ values.greeting }}\n",
//!     ),
//! ]
//! .into_iter()
//! .collect();
//! let built = Engine::new().build(&Request::package(&files, VPath::root()));
//! assert!(built.ok(), "{}", built.report());
//! assert!(built.to_yaml().contains("text: hello"));
//! ```

mod build;
mod built;
mod chart;
mod chart_error;
#[cfg(test)]
mod chart_tests;
mod engine;
mod explain;
pub mod helm;
pub mod kustomize;
mod manifests;
mod memo;
mod overlay;
mod request;
mod traced;
mod unknown;

pub use built::Built;
pub use engine::Engine;
pub(crate) use explain::steps as explain_steps;
pub use explain::{Explained, ExplainedField, Step};
pub use memo::Memo;
pub use request::{Manifest, ReadFile, Request, ServerCapabilities, Source, ValuesInput};
pub use traced::{TracedEdit, TracedObject};
