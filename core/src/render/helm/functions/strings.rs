//! Sprig's functions on strings.

use gotemplate::Functions;

/// Adds the functions.
pub(super) fn add(_: &mut Functions) {}
