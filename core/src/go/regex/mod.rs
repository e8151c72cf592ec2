//! Go's regular expressions.
//!
//! A pattern is parsed here ([`parse`]), because what is an error and what it says is Go's; what it matches is found by
//! the regex crate's engines ([`engine`]), which take linear time and have Go's preference of matches.

mod cache;
mod class;
mod engine;
mod parse;
mod pattern;
mod template;
mod whole;
mod work;

pub(crate) use cache::{Patterns, get};
pub(crate) use parse::CompileError;
pub(crate) use pattern::{Pattern, Search, check};
pub(crate) use template::Template;
pub(crate) use whole::{Whole, is_literal};
