//! Sprig's functions on types, and deep copy and comparison.

use gotemplate::Functions;

/// Adds the functions.
pub(super) fn add(_: &mut Functions) {}
