//! The runners.
