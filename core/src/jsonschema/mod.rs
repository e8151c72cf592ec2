//! JSON Schema over values, as Helm's library has it, for charts and packages alike.
//!
//! Helm 4 uses santhosh-tekuri/jsonschema v6. What it accepts and refuses, in which order and in which words, is part
//! of what charts show, so the way it works is followed here step by step: a schema is held against the schema of its
//! draft (`usable`), its references are followed and its patterns read (`library`), and then the value is looked at
//! (`evaluate`). Numbers are exact, patterns are Go's, formats are asserted up to draft 7. [`helm`] gives the verdict
//! in Helm's words; [`Validator`] gives violations with their places, from which findings are made.
//!
//! Drafts 4, 6, 7, 2019-09 and 2020-12; nothing is ever fetched or read. Schemas come from strangers, so
//! [`Validator::compile`] first measures how deep and how wide the schema unfolds.
//!
//! Facts: <https://github.com/santhosh-tekuri/jsonschema/tree/v6.0.3>.

mod evaluate;
mod formats;
mod guard;
pub mod helm;
mod json;
mod keywords;
mod library;
mod meta;
mod number;
mod plain;
mod quick;
#[cfg(test)]
mod tests;
mod uri;
mod usable;
mod validator;
mod words;

pub use quick::accepts;
pub use validator::{SchemaError, Validator, Violation, ViolationKind};
