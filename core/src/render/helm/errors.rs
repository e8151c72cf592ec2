//! Errors of templates in the words of Helm 4, which takes Go's one line apart again.
//!
//! Helm reads the text of each error of the chain of causes. Where all of them are errors of templates, it writes place,
//! template and message in lines of their own; where a function said something of its own, Go's line stays as it is.
//! `fail` and `required` mark their message, and of the chain only the first place and that message are left. The
//! marks and the reading of text, not the structure behind it, decide; so they do here.
//!
//! Facts: `cleanupParseError` and `reformatExecErrorMsg` of
//! <https://github.com/helm/helm/blob/main/pkg/engine/engine.go>.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use ecow::{EcoString, eco_format};
use gotemplate::{Error, ErrorKind};

use super::context::NESTING;
use crate::package::chart::ChartError;

/// Why a chart cannot be rendered.
///
/// `Display` gives Helm's text, without the `Error: ` that its command line puts in front.
#[derive(Debug, Clone)]
pub struct HelmError {
    /// What went wrong.
    pub kind: HelmErrorKind,
    /// Helm's text.
    pub message: EcoString,
    /// The error of the template, with its place and its causes.
    pub template: Option<Box<Error>>,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HelmErrorKind {
    /// A file is no template.
    Parse,
    /// A template failed.
    Execute,
    /// A rendered document is none that Go could read.
    Yaml {
        /// The rendered file.
        path: Arc<str>,
        /// The document in its text.
        document: Range<usize>,
        /// The byte of the text at which it is wrong.
        at: usize,
    },
    /// A file of the chart, there when it was loaded, cannot be read.
    Unreadable,
    /// Nothing is rendered under a name that was asked for.
    NoManifest,
    /// A limit was reached; the name is that of a field of [`Limits`](crate::source::Limits).
    Limit(&'static str),
}

impl HelmError {
    pub(super) fn new(kind: HelmErrorKind, message: impl Into<EcoString>) -> HelmError {
        HelmError { kind, message: message.into(), template: None }
    }

    /// Returns the error of a file of a chart that cannot be read any more.
    pub(super) fn of_reading(error: &ChartError) -> HelmError {
        HelmError::new(HelmErrorKind::Unreadable, error.message.clone())
    }

    /// Returns the error of a file that could not be parsed.
    pub(super) fn of_parsing(file: &str, error: Error) -> HelmError {
        let text = error.to_string();
        let mut parts = text.split(": ");
        let message = match (parts.next(), parts.next()) {
            (Some(_), Some(location)) => {
                let last = parts.last().unwrap_or(location);
                eco_format!("parse error at ({location}): {last}")
            }
            _ => eco_format!("parse error in ({file}): {text}"),
        };
        HelmError { kind: HelmErrorKind::Parse, message, template: Some(Box::new(error)) }
    }

    /// Returns the error of a file whose template failed.
    pub(super) fn of_running(file: &str, error: Error) -> HelmError {
        let kind = match error.kind {
            ErrorKind::Limit(name) => HelmErrorKind::Limit(limit_name(name)),
            _ => HelmErrorKind::Execute,
        };
        HelmError { kind, message: rewritten(file, &error), template: Some(Box::new(error)) }
    }
}

impl fmt::Display for HelmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for HelmError {}

/// Returns the engine's name for a limit of the template language.
fn limit_name(name: &'static str) -> &'static str {
    match name {
        "depth" => "calls",
        NESTING => "depth",
        "output" => "output_bytes",
        "memory" => "template_bytes",
        other => other,
    }
}

/// Marks a message that stands for the whole error.
pub(super) fn marked(message: &str) -> String {
    format!("{START}{message}{END}")
}

const START: &str = "HELM_ERR_START";
const END: &str = "HELM_ERR_END";

fn rewritten(file: &str, error: &Error) -> EcoString {
    let text = error.to_string();
    let mut parts = text.splitn(3, ": ");
    let (Some(_), Some(location), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return eco_format!("execution error in ({file}): {text}");
    };
    if let Some(message) = between_marks(rest) {
        return eco_format!("execution error at ({location}): {message}");
    }
    trace(error).unwrap_or_else(|| text.as_str().into())
}

/// Returns what stands between the first start mark and the last end mark.
fn between_marks(text: &str) -> Option<&str> {
    let (_, after) = text.split_once(START)?;
    Some(after.rsplit_once(END)?.0)
}

/// Returns the chain of causes in lines; `None` where a function said something of its own.
fn trace(error: &Error) -> Option<EcoString> {
    let mut frames: Vec<Frame> = Vec::new();
    let mut current = Some(error);
    while let Some(error) = current {
        // Of the text of the cause a frame shows nothing, so its first word will do.
        let cause = if error.continues() { "template:" } else { "" };
        add(&mut frames, &format!("{}{cause}", error.own_text()))?;
        if error.function.is_some() && !(error.continues() && error.message.is_empty()) {
            // The function's own words: a frame if they happen to read like one.
            add(&mut frames, &format!("{}{cause}", error.message))?;
        }
        current = error.cause.as_deref();
    }
    let text: String = frames.iter().map(ToString::to_string).collect();
    Some(text.trim().into())
}

fn add(frames: &mut Vec<Frame>, text: &str) -> Option<()> {
    let frame = Frame::parse(text)?;
    if frames.last() != Some(&frame) {
        frames.push(frame);
    }
    Some(())
}

/// One error of the chain.
#[derive(Debug, PartialEq, Eq)]
struct Frame {
    location: String,
    executing: String,
    message: String,
}

impl Frame {
    /// Takes the text of an error of a template apart.
    fn parse(text: &str) -> Option<Frame> {
        let rest = text.strip_prefix("template: ")?;
        if rest.starts_with("no template ") {
            return Some(Frame { location: String::new(), executing: String::new(), message: text.to_owned() });
        }
        Frame::parse_executing(rest).or_else(|| Frame::parse_simple(rest))
    }

    /// `name:1:2: executing "name" at <node>: message`
    fn parse_executing(text: &str) -> Option<Frame> {
        let (location, rest) = text.split_once(": executing ")?;
        let (name, rest) = rest.strip_prefix('"')?.split_once('"')?;
        let (node, message) = rest.strip_prefix(" at <")?.split_once(">: ")?;
        Some(Frame {
            location: location.to_owned(),
            executing: format!("executing \"{name}\" at <{node}>:"),
            message: without_cause(message).to_owned(),
        })
    }

    /// `name:1: message`
    fn parse_simple(text: &str) -> Option<Frame> {
        let (location, message) = text.rsplit_once(": ")?;
        let message = without_cause(message).to_owned();
        Some(Frame { location: location.to_owned(), executing: String::new(), message })
    }
}

fn without_cause(message: &str) -> &str {
    message.split_once(" template:").map_or(message, |(own, _)| own)
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.location.is_empty() {
            write!(f, "{}\n  ", self.location)?;
        }
        if !self.executing.is_empty() {
            write!(f, "{}\n    ", self.executing)?;
        }
        if !self.message.is_empty() {
            writeln!(f, "{}", self.message)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_from_text() {
        let frame = Frame::parse(r#"template: a.yaml:1:2: executing "b" at <.x>: oh: no"#).expect("a frame");
        assert_eq!(frame.to_string(), "a.yaml:1:2\n  executing \"b\" at <.x>:\n    oh: no\n");
        let frame = Frame::parse(r#"template: a:1:2: executing "b" at <i>: error calling include: template: c:3:4: x"#);
        assert_eq!(frame.expect("a frame").message, "error calling include:");
        let frame = Frame::parse("template: a.yaml:3: unexpected: thing").expect("a frame");
        assert_eq!((frame.location.as_str(), frame.message.as_str()), ("a.yaml:3: unexpected", "thing"));
        assert_eq!(Frame::parse("error calling x"), None);
        let none = r#"template: no template "x" associated with template "gotpl""#;
        assert_eq!(Frame::parse(none).expect("a frame").message, none);
    }

    #[test]
    fn of_several_marks_the_outermost_count() {
        assert_eq!(between_marks("a HELM_ERR_START b HELM_ERR_END c HELM_ERR_END d"), Some(" b HELM_ERR_END c "));
        assert_eq!(between_marks("HELM_ERR_END HELM_ERR_START"), None);
    }
}
