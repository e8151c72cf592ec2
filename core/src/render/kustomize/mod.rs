//! Kustomizations.
mod base64;
mod config;
mod decode;
mod error;
mod go;
mod resid;
mod resource;
mod schema;
mod tree;

pub use schema::compact_schema;
