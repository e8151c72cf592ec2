//! What the test suite, the conformance runner and the benchmarks share.
//!
//! Tests are data where they can be: [`conformance`] reads folders of cases made by running the original programs,
//! [`transcript`] reads Markdown with commands and what they print. The binaries and `suite.rs` only call these.

pub mod api_server;

pub mod chart_vectors;

pub mod charts;

pub mod conformance;

pub mod difference;

pub mod faulty;

pub mod fuzz;

pub mod generated;

pub mod gotemplate_corpus;

pub mod kubelet;

pub mod kustomizations;

pub mod measure;

pub mod place;

pub mod program;

pub mod releases;

pub mod transcript;

pub mod workspace;

pub mod yaml_corpus;

pub mod yaml_speed;

pub use difference::first_difference;
