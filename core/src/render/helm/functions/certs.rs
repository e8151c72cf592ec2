//! Sprig's keys and certificates.

use gotemplate::Functions;

/// Adds the functions.
pub(super) fn add(_: &mut Functions) {}
