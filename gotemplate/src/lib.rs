//! Go's text/template language as a library.
