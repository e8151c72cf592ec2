//! Sprig's network functions.

use gotemplate::Functions;

/// Adds the functions.
pub(super) fn add(_: &mut Functions) {}
