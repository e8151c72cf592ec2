//! JSON Schema over values: the one module that names the schema crate.
