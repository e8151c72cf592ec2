//! Errors: Go's text for people who compare, fields for programs that look closer.

use std::borrow::Cow;
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
    /// The last part of the text, without place. Empty where the text of `cause` stands there.
    pub message: String,
    /// The error of a template which a function ran. A function that said something of its own has it in `message`.
    pub cause: Option<Box<Error>>,
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
            cause: None,
        }
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

impl Error {
    /// Writes all but the message; what it leads to may be the text of the cause.
    fn write_head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
        match &self.function {
            Some(function) => write!(f, "error calling {function}: "),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut error = self;
        error.write_head(f)?;
        while let Some(cause) = error.cause.as_deref().filter(|_| error.message.is_empty()) {
            error = cause;
            error.write_head(f)?;
        }
        f.write_str(&error.message)
    }
}

impl std::error::Error for Error {}

/// Why a function failed. Made from text, or from the [`Error`] of a template that the function ran.
#[derive(Clone, Debug)]
pub struct Fault {
    pub(crate) message: String,
    pub(crate) cause: Option<Box<Error>>,
    pub(crate) limit: Option<&'static str>,
}

impl Fault {
    /// Returns a fault with this text.
    pub fn new(message: impl Into<String>) -> Fault {
        Fault { message: message.into(), cause: None, limit: None }
    }

    /// Returns a fault with a text of its own, which keeps the error that caused it. Without a text that of the error counts.
    pub fn caused(message: impl Into<String>, cause: Error) -> Fault {
        Fault { message: message.into(), limit: limit_of(&cause), cause: Some(Box::new(cause)) }
    }

    /// Returns a fault that says a limit was reached.
    pub fn limit(name: &'static str, message: impl Into<String>) -> Fault {
        Fault { message: message.into(), cause: None, limit: Some(name) }
    }

    /// Returns the text.
    #[must_use]
    pub fn message(&self) -> Cow<'_, str> {
        match &self.cause {
            Some(cause) if self.message.is_empty() => Cow::Owned(cause.to_string()),
            _ => Cow::Borrowed(&self.message),
        }
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
        Fault::caused("", cause)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for Fault {}
