//! What to do to a cluster. Empty until plans exist: see ARCHITECTURE.md.
