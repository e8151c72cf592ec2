//! What changed between two sets of objects.
