//! Sprig's functions on dicts.

use gotemplate::Functions;

/// Adds the functions.
pub(super) fn add(_: &mut Functions) {}
