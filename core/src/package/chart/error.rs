//! What is wrong with a chart, in Helm's words, and the place of it where that is known.

use std::fmt;
use std::sync::Arc;

use ecow::{EcoString, eco_format};

use crate::diag::Diagnostic;
use crate::source::{SourceMap, Span};

/// Why a chart could not be loaded, or its values not be computed.
///
/// `Display` gives Helm's text, without the `Error: ` that its command line puts in front.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartError {
    /// Helm's text.
    pub message: EcoString,
    /// The place in a file of the chart or of the user.
    pub place: Option<Place>,
    /// What to do about it.
    pub help: Option<EcoString>,
    /// The limit that was reached, by the name that [`Limits::set`](crate::source::Limits::set) knows, where Helm has no
    /// such limit.
    pub limit: Option<&'static str>,
}

/// A place in a file that stands in no [`SourceMap`] yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The name of the file as messages have it.
    pub file: EcoString,
    /// The text of the file.
    pub text: Arc<str>,
    /// The byte offset.
    pub at: usize,
}

impl Place {
    /// Returns a place in a file; what is no text in it is replaced.
    pub(super) fn new(file: &str, content: &[u8], at: usize) -> Place {
        let text: Arc<str> = String::from_utf8_lossy(content).into();
        Place { file: file.into(), at: at.min(text.len()), text }
    }
}

impl ChartError {
    /// Returns an error without a place.
    pub fn new(message: impl Into<EcoString>) -> ChartError {
        ChartError { message: message.into(), place: None, help: None, limit: None }
    }

    /// Adds what Helm puts in front on the way up: `context: message`.
    #[must_use]
    pub fn context(mut self, context: impl fmt::Display) -> ChartError {
        self.message = eco_format!("{context}: {}", self.message);
        self
    }

    /// Adds the place, unless a nearer one is known already.
    #[must_use]
    pub fn at(mut self, place: Place) -> ChartError {
        self.place.get_or_insert(place);
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<EcoString>) -> ChartError {
        self.help = Some(help.into());
        self
    }

    /// Says which limit was reached, and how it is raised.
    #[must_use]
    pub(crate) fn limit(mut self, name: &'static str) -> ChartError {
        // That of the bytes is Helm's own, and so is its text.
        self.limit = Some(name).filter(|name| *name != "archive-bytes");
        self.help(format!("raise the limit with `--limit {name}=VALUE` if the chart is trusted"))
    }

    /// Returns the finding for our own frames; the file of the place is added to the sources.
    pub fn diagnostic(&self, code: &'static str, sources: &mut SourceMap) -> Diagnostic {
        let mut found = Diagnostic::error(code, self.message.clone());
        if let Some(place) = &self.place {
            let file = sources.add(place.file.as_str(), Arc::clone(&place.text));
            found = found.at(Span::new(file, place.at));
        }
        match &self.help {
            Some(help) => found.help(help.clone()),
            None => found,
        }
    }
}

impl fmt::Display for ChartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ChartError {}
