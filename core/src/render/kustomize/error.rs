//! Why a build fails, in kustomize's words.
//!
//! Kustomize wraps an error at every level in the text of that level, and scripts compare the result, so an error is
//! its text. Beside the text stand the few facts that kustomize itself asks of an error, and a place for our own
//! messages.

use std::fmt;

use crate::source::Span;

/// What callers ask of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Cause {
    /// Nothing in particular.
    #[default]
    Other,
    /// A text is no YAML (kustomize looks for `MalformedYAMLError` in the message).
    Malformed,
    /// Something lies on another machine.
    Remote,
    /// A program would have to be run.
    Plugin,
    /// A node is of another kind than wanted: this one (kyaml's `InvalidNodeKindError`).
    WrongKind(super::tree::Kind),
}

/// Why a build fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    message: String,
    span: Span,
    cause: Cause,
    hint: Option<Box<str>>,
}

pub(super) type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(super) fn new(message: impl Into<String>) -> Error {
        Error { message: message.into(), span: Span::NONE, cause: Cause::Other, hint: None }
    }

    pub(super) fn malformed(message: impl Into<String>) -> Error {
        Error { cause: Cause::Malformed, ..Error::new(message) }
    }

    pub(super) fn because(self, cause: Cause) -> Error {
        Error { cause, ..self }
    }

    /// Puts the text of an outer level in front.
    pub(super) fn wrap(mut self, prefix: impl fmt::Display) -> Error {
        self.message = format!("{prefix}: {}", self.message);
        self
    }

    /// Says which place it is about, unless that is known.
    pub(super) fn at(mut self, span: Span) -> Error {
        if self.span.is_none() {
            self.span = span;
        }
        self
    }

    /// Says what may be meant.
    pub(super) fn hint(self, hint: String) -> Error {
        Error { hint: Some(hint.into()), ..self }
    }

    pub(super) fn cause(&self) -> Cause {
        self.cause
    }

    pub(super) fn is_malformed(&self) -> bool {
        self.cause == Cause::Malformed || self.message.contains("MalformedYAMLError")
    }

    /// Returns the text as kustomize prints it after `Error: `.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether the reason is something that lies on another machine: nothing is fetched.
    pub fn is_remote(&self) -> bool {
        self.cause == Cause::Remote
    }

    /// Returns what there is to know beyond kustomize's words.
    pub fn help(&self) -> Option<&str> {
        match self.cause {
            Cause::Plugin => Some(
                "executables, containers, Go plugins and KRM functions are programs, and no program is run during a \
                 build; only what has `apiVersion: builtin` works",
            ),
            _ => self.hint.as_deref(),
        }
    }

    /// Returns the place that it is about; [`Span::NONE`] where none is known.
    pub fn span(&self) -> Span {
        self.span
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// Adds the text of an outer level to the error of a result.
pub(super) trait Wrap<T> {
    /// As [`Error::wrap`], with the text made only when it is needed.
    fn wrap<D: fmt::Display>(self, prefix: impl FnOnce() -> D) -> Result<T>;
}

impl<T> Wrap<T> for Result<T> {
    fn wrap<D: fmt::Display>(self, prefix: impl FnOnce() -> D) -> Result<T> {
        self.map_err(|error| error.wrap(prefix()))
    }
}
