//! Helm's functions to and from YAML, JSON and TOML.

use gotemplate::Functions;

/// Adds the functions.
pub(super) fn add(_: &mut Functions) {}
