//! Regular expressions of selectors and names of images.

use std::sync::Arc;

use crate::go::regex::{Pattern, get};
use crate::source::Limits;

/// A compiled expression.
#[derive(Debug, Clone)]
pub(super) struct Regex(Arc<Pattern>);

impl Regex {
    /// Whether the expression matches somewhere in a text.
    pub(super) fn is_match(&self, text: &str) -> bool {
        // One that is too large is refused when it is compiled.
        self.0.is_match(text).unwrap_or_default()
    }
}

/// Compiles an expression.
///
/// # Errors
/// When it is none, or would need too much room.
pub(super) fn compile(pattern: &str) -> Result<Regex, String> {
    get(pattern.as_bytes(), Limits::default().regex_bytes).map(Regex).map_err(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::go::regex::is_literal;

    #[test]
    fn expressions_are_those_of_go() {
        for (pattern, yes, no) in [
            (r"^\d+$", "12", "١٢"),
            (r"^\Qa.b\E$", "a.b", "axb"),
            (r"^[[a]$", "[", "b"),
            (r"^[a&&b]+$", "a&b", "c"),
            (r"^{x}$", "{x}", "x"),
            (r"^[]a]+$", "]a", "b"),
            (r"^[[:alpha:]]+$", "ab", "1"),
            (r"^[\w-]+$", "a-b", "é"),
        ] {
            let regex = compile(pattern).unwrap();
            assert!(regex.is_match(yes) && !regex.is_match(no), "{pattern}");
        }
        for (pattern, said) in [
            ("^(?:[)$", "error parsing regexp: missing closing ]: `[)$`"),
            ("(a", "error parsing regexp: missing closing ): `(a`"),
            ("a**", "error parsing regexp: invalid nested repetition operator: `**`"),
            ("((a{1000}){1000}){1000}", "error parsing regexp: invalid repeat count: `{1000}`"),
        ] {
            assert_eq!(compile(pattern).unwrap_err(), said, "{pattern}");
        }
        assert!(is_literal("my-app") && !is_literal("my-.*"));
    }
}
