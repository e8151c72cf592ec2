//! Go's regular expressions.
//!
//! A pattern is parsed here ([`parse`]), because what is an error and what it says is Go's; what it matches is found by
//! the regex crate's engine ([`pattern`]), which takes linear time and has Go's preference of matches.

mod class;
mod parse;
mod pattern;
mod template;

pub(crate) use parse::CompileError;
pub(crate) use pattern::{Pattern, check, get};
pub(crate) use template::Template;
