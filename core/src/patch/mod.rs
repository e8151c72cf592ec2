//! Patches: strategic merge, JSON patch, JSON merge patch, and the selectors that aim them.
