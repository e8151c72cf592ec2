//! What is wrong, where, and what to do: the one form in which the engine speaks to people.
//!
//! Deep code states the fact; the caller that knows the place adds it. A [`Diagnostic`] carries a stable [code],
//! a severity, one message of one fact, a main place, further places that explain it, and a way out. Nothing here
//! prints: [`render_text`] and [`to_json`] give text.
//!
//! [code]: Diagnostic::code

mod json;
mod suggest;
mod text;

pub use json::to_json;
pub use suggest::nearest;
pub(crate) use text::token_len;
pub use text::{Style, render_text};

use ecow::EcoString;

use crate::source::Span;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The result cannot be used, or the API server would refuse it.
    Error,
    /// The result can be used, but is probably not what was meant.
    Warning,
    /// Worth knowing.
    Info,
}

impl Severity {
    /// Returns the word for it in output: `error`, `warning` or `info`.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

/// A place that a diagnostic points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where it starts.
    pub span: Span,
    /// How many bytes it covers; 0 stands for the token found there.
    pub len: u32,
    /// What is to be said of this place; may be empty for the main place.
    pub text: EcoString,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The stable code, in kebab case with its area first, such as `yaml-duplicate-key`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong: lower case, no final stop, one fact.
    pub message: EcoString,
    /// The main place first, then the places behind it (a value's line, the chain of includes, the other definition).
    pub labels: Vec<Label>,
    /// The object it is about, as `Kind/name` or `namespace/Kind/name`.
    pub object: Option<EcoString>,
    /// The field it is about, as `spec.template.spec.containers[0].image`.
    pub field: Option<EcoString>,
    /// Further facts.
    pub notes: Vec<EcoString>,
    /// What to do.
    pub help: Option<EcoString>,
}

impl Diagnostic {
    /// Returns a finding of a severity without a place.
    pub fn new(severity: Severity, code: &'static str, message: impl Into<EcoString>) -> Diagnostic {
        Diagnostic {
            code,
            severity,
            message: message.into(),
            labels: Vec::new(),
            object: None,
            field: None,
            notes: Vec::new(),
            help: None,
        }
    }

    /// Returns an error without a place.
    pub fn error(code: &'static str, message: impl Into<EcoString>) -> Diagnostic {
        Diagnostic::new(Severity::Error, code, message)
    }

    /// Returns a warning without a place.
    pub fn warning(code: &'static str, message: impl Into<EcoString>) -> Diagnostic {
        Diagnostic::new(Severity::Warning, code, message)
    }

    /// Adds a place: the first one added is the main one. A span that stands in no file is left out.
    #[must_use]
    pub fn at(self, span: Span) -> Diagnostic {
        self.label(span, 0, "")
    }

    /// Adds a place with its length in bytes and what is to be said of it.
    #[must_use]
    pub fn label(mut self, span: Span, len: usize, text: impl Into<EcoString>) -> Diagnostic {
        if !span.is_none() {
            self.labels.push(Label { span, len: u32::try_from(len).unwrap_or(0), text: text.into() });
        }
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<EcoString>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// Adds a further fact.
    #[must_use]
    pub fn note(mut self, note: impl Into<EcoString>) -> Diagnostic {
        self.notes.push(note.into());
        self
    }

    /// Says which object it is about.
    #[must_use]
    pub fn object(mut self, object: impl Into<EcoString>) -> Diagnostic {
        self.object = Some(object.into());
        self
    }

    /// Says which field it is about.
    #[must_use]
    pub fn field(mut self, field: impl Into<EcoString>) -> Diagnostic {
        self.field = Some(field.into());
        self
    }

    /// Adds `did you mean …` when one of the candidates is near the name that was not found.
    #[must_use]
    pub fn suggest<'a>(self, name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Diagnostic {
        match nearest(name, candidates) {
            Some(near) if self.help.is_none() => self.help(format!("did you mean `{near}`?")),
            _ => self,
        }
    }

    /// Returns the main place, or [`Span::NONE`].
    pub fn span(&self) -> Span {
        self.labels.first().map_or(Span::NONE, |label| label.span)
    }

    /// Whether it is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.message)
    }
}

impl std::error::Error for Diagnostic {}

/// The findings of a step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Returns an empty list.
    pub fn new() -> Diagnostics {
        Diagnostics::default()
    }

    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Whether there is an error among them.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(Diagnostic::is_error)
    }

    /// Returns how many findings have this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.0.iter().filter(|d| d.severity == severity).count()
    }

    /// Sorts by place (file, then offset), findings without a place first, and drops exact repetitions.
    pub fn sort(&mut self) {
        let place = |d: &Diagnostic| (!d.span().is_none(), d.span());
        self.0.sort_by_key(place);
        self.0.dedup();
    }

    /// Returns the findings.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// Returns the findings for changing.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Diagnostic> {
        self.0.iter_mut()
    }

    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Moves all findings of another list to the end of this one.
    pub fn append(&mut self, other: Diagnostics) {
        self.0.extend(other.0);
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, findings: I) {
        self.0.extend(findings);
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Diagnostics(vec![diagnostic])
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(findings: I) -> Self {
        Diagnostics(findings.into_iter().collect())
    }
}

/// A result with what was found on the way: a value may come with errors, where a step can go on after one.
#[derive(Debug, Clone)]
#[must_use]
pub struct Outcome<T> {
    /// The result, as far as there is one.
    pub value: T,
    /// What was found.
    pub diagnostics: Diagnostics,
}

impl<T> Outcome<T> {
    /// Returns a result without findings.
    pub fn ok(value: T) -> Outcome<T> {
        Outcome { value, diagnostics: Diagnostics::new() }
    }

    /// Moves the findings into a list and returns the value.
    pub fn into_value(self, findings: &mut Diagnostics) -> T {
        findings.append(self.diagnostics);
        self.value
    }
}
