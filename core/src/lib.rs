//! rhumb renders parameterized Kubernetes packages and overlays into validated manifests and compares them.
//!
//! The crate is the whole engine, and it is data in, data out: it opens no file, asks no clock, draws no random
//! number, starts no process and speaks to no network. Whoever embeds it hands it bytes (a [`source::FileTree`])
//! and gets objects, text and [`diag::Diagnostics`] back.
//!
//! The modules stand in their order of dependence, low to high; a module uses only those above it, as the table
//! in ARCHITECTURE.md says and a test holds.

pub mod source;

pub mod diag;

pub mod value;

pub mod go;

pub mod yaml;

pub mod jsonschema;

pub mod object;

pub mod package;

pub mod values;

pub mod patch;

pub mod render;

pub mod schema;

pub mod diff;

pub mod plan;

pub mod pipeline;

pub mod session;

// The README's programs are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
