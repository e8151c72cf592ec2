//! Patterns that have to match the whole of a text, as names and kinds in selectors do.

use std::sync::Arc;

use super::cache::get;
use super::parse::CompileError;
use super::pattern::Pattern;

/// A pattern that has to match the whole of a text.
#[derive(Debug, Clone)]
pub(crate) enum Whole {
    /// Most are names.
    Literal(String),
    Expression(Arc<Pattern>),
}

/// Kubernetes names nothing with more bytes.
const LONGEST_NAME: usize = 253;

impl Whole {
    /// Compiles a pattern of at most so many bytes.
    ///
    /// # Errors
    /// Text that is no pattern, or a pattern that is too large.
    pub(crate) fn compile(pattern: &str, max: usize) -> Result<Whole, CompileError> {
        match is_literal(pattern) && pattern.len() <= LONGEST_NAME {
            true => Ok(Whole::Literal(pattern.to_owned())),
            false => get(format!("^(?:{pattern})$").as_bytes(), max).map(Whole::Expression),
        }
    }

    /// Returns the only text that it matches, where that is seen from the pattern.
    pub(crate) fn literal(&self) -> Option<&str> {
        match self {
            Whole::Literal(literal) => Some(literal),
            Whole::Expression(_) => None,
        }
    }

    /// Whether it matches the whole of a text.
    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Whole::Literal(literal) => literal == text,
            // One that is too large is refused when it is compiled.
            Whole::Expression(pattern) => pattern.is_match(text).unwrap_or_default(),
        }
    }
}

/// Whether a pattern is a text that matches only itself.
pub(crate) fn is_literal(pattern: &str) -> bool {
    !pattern.contains(|c: char| r"\.+*?()|[]{}^$".contains(c))
}
