//! Kustomizations.
mod base64;
mod error;
mod go;
mod tree;
