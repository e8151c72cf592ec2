//! Reads live cluster state and carries out plans made by rhumb.
