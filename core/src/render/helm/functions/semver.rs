//! Versions and ranges as Masterminds' semver has them.

use gotemplate::Functions;

/// Adds the functions.
pub(super) fn add(_: &mut Functions) {}
