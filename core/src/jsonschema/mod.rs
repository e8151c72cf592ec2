//! JSON Schema over values: the one module that names the schema crate.
//!
//! Drafts 4, 6, 7, 2019-09 and 2020-12, `$ref` within the schema only: nothing is ever fetched or read. Schemas come
//! from strangers, so [`Validator::compile`] first measures how deep and how wide the schema unfolds.

mod guard;
pub mod helm;
mod quick;
#[cfg(test)]
mod tests;
mod validator;

pub use quick::accepts;
pub use validator::{SchemaError, Validator, Violation, ViolationKind};
