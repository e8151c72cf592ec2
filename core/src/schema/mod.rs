//! Validation against Kubernetes' and custom resources' schemas, and the API server's other rules.
//!
//! A [`SchemaSet`] holds the types of one version of Kubernetes, read lazily from bytes that the embedder brings (the
//! crate `rhumb-schemas` has them), and those of CustomResourceDefinitions added at run time. [`validate`] walks each
//! object along its type, then runs the rules: small functions of one shape in `rules/`, to which embedders add their
//! own [`Check`]s. The API server is the measure: an error is something that it would refuse, a warning something that
//! it would take and that is probably not meant. Expressions (CEL) in schemas are not evaluated.
//!
//! The one idea to know: a rule reports a node, nothing else. Place, object and field path of all findings of an object
//! are filled in afterwards in a single walk, so that rules and the walk along the types carry no path.

mod blob;
mod checked;
mod crd;
mod describe;
mod formats;
mod lifecycle;
mod references;
mod report;
mod rules;
mod set;
mod types;
mod validate;
mod version;
mod walk;

#[cfg(test)]
mod tests;

pub use blob::SchemaBytes;
pub use checked::Checked;
pub use describe::FieldFacts;
pub use lifecycle::Lifecycle;
pub use report::Report;
pub use set::SchemaSet;
pub use validate::{Check, Options, Target, validate};
pub use version::KubeVersion;
