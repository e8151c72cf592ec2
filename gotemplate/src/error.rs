//! Errors: Go's text for people who compare, fields for programs that look closer.

use std::fmt;
use std::sync::Arc;

/// What went wrong, roughly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The text is no template.
    Parse,
    /// A template failed while it ran.
    Exec,
    /// A limit was reached; the name is that of the field of [`Limits`](crate::Limits).
    Limit(&'static str),
    /// The template to start with does not exist or has no body.
    NoTemplate,
}

/// An error of parsing or running a template.
///
/// `Display` gives the text of Go's `err.Error()`, byte for byte. The parts of that text are in the fields, and for a
/// template that ran inside a function (`include`), `cause` is the inner error, down to the place where it began.
/// Cloning and dropping an error take no stack, however long that chain is.
///
/// ```
/// use std::sync::Arc;
/// use gotemplate::{Functions, Map, Run, Set, Value};
///
/// let mut set = Set::new(Arc::new(Functions::new()));
/// set.parse("t", "a\n{{ .b.c.d }}")?;
/// let data = Map::new();
/// data.insert("b", Map::from_iter([("c", Value::Nil)]));
/// let error = Run::new(&Arc::new(set)).render("t", &Value::from(data)).unwrap_err();
/// assert_eq!(error.to_string(),
///     r#"template: t:2:5: executing "t" at <.b.c.d>: nil pointer evaluating interface {}.d"#);
/// assert_eq!((error.line, error.column), (2, Some(5)));
/// assert_eq!(error.context.as_deref(), Some(".b.c.d"));
/// # Ok::<(), gotemplate::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Error {
    /// The kind of failure.
    pub kind: ErrorKind,
    /// The name under which the text was parsed; empty where there is none.
    pub source_name: Arc<str>,
    /// The line, counted from 1; 0 where there is no place.
    pub line: u32,
    /// The byte within the line, counted from 0 as Go does. Parse errors have none.
    pub column: Option<u32>,
    /// The offset of the node in the text.
    pub offset: Option<u32>,
    /// The template that was running.
    pub executing: Option<Arc<str>>,
    /// The node that failed, in canonical form.
    pub context: Option<String>,
    /// The function whose call failed.
    pub function: Option<Arc<str>>,
    /// The last part of the text, without place. Where it [continues](Error::continues) with the text of the cause, what
    /// stands before that, often nothing.
    pub message: String,
    /// The `template` actions that were running between the function that ran a template (or the start) and the place
    /// of the error, innermost first; at most 100. Go's text does not have them.
    pub calls: Vec<CallSite>,
    /// The error of a template which a function ran.
    pub cause: Option<Cause>,
    /// The text of the cause belongs to the text of this error.
    pub(crate) continues: bool,
}

/// Where a template was called by the action `template`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallSite {
    /// The name under which the text with the action was parsed.
    pub source_name: Arc<str>,
    /// The line of the action, counted from 1.
    pub line: u32,
    /// The byte within the line, counted from 0.
    pub column: u32,
    /// The offset of the action in the text.
    pub offset: u32,
    /// The template that holds the action.
    pub executing: Arc<str>,
    /// The template that it called.
    pub called: Arc<str>,
}

/// The [`Error`] behind another one, which it derefs to.
// Invariant: always there; it is only taken out in `drop`, which would recurse through a long chain otherwise.
#[derive(Clone)]
pub struct Cause(Option<Arc<Error>>);

impl Cause {
    pub(crate) fn new(error: Error) -> Cause {
        Cause(Some(Arc::new(error)))
    }
}

impl std::ops::Deref for Cause {
    type Target = Error;

    fn deref(&self) -> &Error {
        self.0.as_ref().expect("a cause is only empty while it is dropped")
    }
}

impl Drop for Cause {
    fn drop(&mut self) {
        let mut next = self.0.take();
        while let Some(mut error) = next.and_then(Arc::into_inner) {
            next = error.cause.take().and_then(|mut cause| cause.0.take());
        }
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

impl Error {
    pub(crate) fn parse(source_name: &Arc<str>, line: u32, message: String) -> Error {
        Error { source_name: source_name.clone(), line, ..Error::bare(ErrorKind::Parse, message) }
    }

    pub(crate) fn bare(kind: ErrorKind, message: String) -> Error {
        Error {
            kind,
            source_name: Arc::from(""),
            line: 0,
            column: None,
            offset: None,
            executing: None,
            context: None,
            function: None,
            message,
            calls: Vec::new(),
            cause: None,
            continues: false,
        }
    }

    /// Reports whether the text of this error goes on with the whole text of its cause.
    #[must_use]
    pub fn continues(&self) -> bool {
        self.continues && self.cause.is_some()
    }

    /// Returns the next error whose text belongs to this one's.
    fn continuation(&self) -> Option<&Error> {
        self.cause.as_deref().filter(|_| self.continues)
    }

    /// Returns the text without that of the cause.
    #[must_use]
    pub fn own_text(&self) -> String {
        struct Own<'a>(&'a Error);
        impl fmt::Display for Own<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.write_own(f)
            }
        }
        Own(self).to_string()
    }

    /// Writes the text without that of the cause.
    fn write_own(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("template: ")?;
        if self.line > 0 {
            write!(f, "{}:{}", self.source_name, self.line)?;
            if let Some(column) = self.column {
                write!(f, ":{column}")?;
            }
            f.write_str(": ")?;
        } else if !self.source_name.is_empty() {
            write!(f, "{}: ", self.source_name)?;
        }
        if let (Some(executing), Some(context)) = (&self.executing, &self.context) {
            write!(f, "executing {} at <{context}>: ", crate::quote::quoted(executing.as_bytes()))?;
        }
        if let Some(function) = &self.function {
            write!(f, "error calling {function}: ")?;
        }
        f.write_str(&self.message)
    }

    /// Returns the innermost error of the chain of causes.
    #[must_use]
    pub fn root(&self) -> &Error {
        let mut error = self;
        while let Some(cause) = &error.cause {
            error = cause;
        }
        error
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut error = Some(self);
        while let Some(this) = error {
            this.write_own(f)?;
            error = this.continuation();
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// Why a function failed. Made from text, or from the [`Error`] of a template that the function ran.
#[derive(Clone, Debug)]
pub struct Fault {
    pub(crate) message: String,
    pub(crate) cause: Option<Cause>,
    pub(crate) continues: bool,
    pub(crate) limit: Option<&'static str>,
}

impl Fault {
    /// Returns a fault with this text.
    pub fn new(message: impl Into<String>) -> Fault {
        Fault { message: message.into(), cause: None, continues: false, limit: None }
    }

    /// Returns a fault with a text of its own, which keeps the error that caused it.
    pub fn caused(message: impl Into<String>, cause: Error) -> Fault {
        let limit = limit_of(&cause);
        Fault { message: message.into(), limit, continues: false, cause: Some(Cause::new(cause)) }
    }

    /// Returns a fault whose text is a prefix and the text of the error that caused it (Go's `%w` at the end).
    ///
    /// The text of a chain of such faults is put together when it is asked for, so that templates which run each other
    /// through many functions do not repeat it at each step.
    pub fn wrapping(prefix: impl Into<String>, cause: Error) -> Fault {
        Fault { continues: true, ..Fault::caused(prefix, cause) }
    }

    /// Returns a fault that says a limit was reached.
    pub fn limit(name: &'static str, message: impl Into<String>) -> Fault {
        Fault { limit: Some(name), ..Fault::new(message) }
    }

    /// Returns the text, without that of a cause that it wraps.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

fn limit_of(error: &Error) -> Option<&'static str> {
    match error.kind {
        ErrorKind::Limit(name) => Some(name),
        _ => None,
    }
}

impl From<String> for Fault {
    fn from(message: String) -> Fault {
        Fault::new(message)
    }
}

impl From<&str> for Fault {
    fn from(message: &str) -> Fault {
        Fault::new(message)
    }
}

impl From<Error> for Fault {
    fn from(cause: Error) -> Fault {
        Fault::wrapping("", cause)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.cause {
            Some(cause) if self.continues => write!(f, "{}", **cause),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for Fault {}
