//! rhumb for browsers and Node.
