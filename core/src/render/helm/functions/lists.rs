//! Sprig's functions on lists.

use gotemplate::Functions;

/// Adds the functions.
pub(super) fn add(_: &mut Functions) {}
