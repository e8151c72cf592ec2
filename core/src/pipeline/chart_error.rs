//! Errors of a chart's templates as findings: the line of the template, the way that led there, what to do.
//!
//! Helm's text is one for people who compare; here the same error has the place of its cause in front, and the calls
//! (`include`, `tpl`) that led to it as labels and notes.

use std::sync::Arc;

use gotemplate::Error;

use super::chart::Ready;
use crate::diag::Diagnostic;
use crate::package::chart::Chart;
use crate::render::helm::trace::{Failure, Places, TemplateFiles, Trace};
use crate::render::helm::{HelmError, HelmErrorKind, RenderedFile};
use crate::source::{SourceMap, Span};
use crate::value::{Step, Value, ValuePath};
use crate::values::Values;

/// A chart that could not be rendered.
pub(super) struct Failed<'a> {
    pub(super) chart: &'a Chart,
    pub(super) values: &'a Value,
    /// The record of a run, if its templates ran.
    pub(super) traced: Option<&'a Trace>,
    /// The files that it wrote.
    pub(super) files: &'a [RenderedFile],
    /// The same values, with their origins.
    pub(super) origins: Option<&'a Values>,
}

impl<'a> Failed<'a> {
    pub(super) fn of(ready: &'a Ready<'_>) -> Failed<'a> {
        Failed { chart: &ready.chart, values: &ready.values, traced: None, files: &[], origins: None }
    }

    /// Returns the finding that an error of rendering is; templates that it names are added to the sources.
    pub(super) fn finding(&self, error: &HelmError, sources: &mut SourceMap) -> Diagnostic {
        match &error.kind {
            HelmErrorKind::Limit(name) => {
                let finding = placed(self.chart, error, "chart-limit", sources);
                finding.help(format!("raise the limit with `--limit {}=VALUE`", name.replace('_', "-")))
            }
            HelmErrorKind::Yaml { path, at, .. } => self.bad_yaml(error, path, *at, sources),
            HelmErrorKind::Unreadable => placed(self.chart, error, "chart-load", sources),
            HelmErrorKind::Parse => placed(self.chart, error, "chart-template-syntax", sources),
            _ => {
                let finding = placed(self.chart, error, "chart-template", sources);
                match self.traced.and_then(Trace::failure) {
                    Some(failure) => self.about(finding, failure),
                    None => finding,
                }
            }
        }
    }

    fn bad_yaml(&self, error: &HelmError, path: &Arc<str>, at: usize, sources: &mut SourceMap) -> Diagnostic {
        let finding = Diagnostic::error("chart-yaml", reason(&error.message));
        let finding = finding.note(format!("the text that {path} wrote is no YAML"));
        let text = self.files.iter().find(|file| file.path == *path).map(|file| String::from_utf8_lossy(&file.text));
        let found = self.traced.zip(text).and_then(|(traced, text)| {
            Places::new(traced, self.chart, self.origins).bad_yaml(path, &text, at, sources)
        });
        let Some(bad) = found else {
            return finding.help("`rhumb helm template --debug` shows the text");
        };
        let mut finding = finding.note(format!("it reads: `{}`", bad.line.trim_start())).help(bad.help);
        finding = finding.label(bad.span, bad.len, "");
        for place in bad.origin.via.iter().rev().take(MOST_CALLERS) {
            finding = finding.label(*place, 0, "called here");
        }
        let set = bad.origin.values.iter().map(|(_, span)| *span).filter(|span| !span.is_none());
        set.take(MOST_VALUES).fold(finding, |finding, span| finding.label(span, 0, "value set here"))
    }

    /// Says what the values that an error is about are, and where they were set.
    fn about(&self, finding: Diagnostic, failure: &Failure) -> Diagnostic {
        let looked_in_vain = failure.field.is_some();
        let mut finding = finding;
        for path in failure.values.iter().take(MOST_VALUES) {
            let value = self.values.at(path).filter(|value| !value.is_null());
            match value {
                None if looked_in_vain => return self.unset(finding, path),
                None => {}
                Some(value) => {
                    let span = self.origins.and_then(|values| values.origin(path)).map_or(Span::NONE, |of| of.span);
                    if looked_in_vain && value.as_map().is_none() {
                        finding = finding.note(format!("the value `{path}` is {}", described(value)));
                    }
                    finding = finding.label(span, 0, "value set here");
                }
            }
        }
        match &failure.field {
            Some(field) => finding.suggest(field, failure.known.iter().map(String::as_str)),
            None => finding,
        }
    }

    // A step on the way to a value that is not there may be misspelt.
    fn unset(&self, finding: Diagnostic, path: &ValuePath) -> Diagnostic {
        let (mut at, mut before) = (self.values, ValuePath::root());
        for step in path.steps() {
            let Step::Key(key) = step else { break };
            let below = before.key(key.clone());
            match (at.get(key), at.as_map()) {
                (Some(value), _) if !value.is_null() => at = value,
                (Some(_), _) => return finding.note(format!("the value `{below}` is null")),
                (None, Some(map)) => {
                    let finding = finding.note(format!("the value `{below}` is not set"));
                    return finding.suggest(key, map.keys().map(|key| key.as_str()));
                }
                (None, None) => return finding.note(format!("the value `{before}` is {}", described(at))),
            }
            before = below;
        }
        finding
    }
}

/// How many lines of values are shown with an error.
const MOST_VALUES: usize = 3;

fn described(value: &Value) -> String {
    match value {
        Value::Str(_) => "a string".to_owned(),
        Value::Seq(_) => "a list".to_owned(),
        Value::Map(_) => "a map".to_owned(),
        Value::Bool(_) => "a boolean".to_owned(),
        Value::Null => "null".to_owned(),
        _ => "a number".to_owned(),
    }
}

// Helm's message without the file, which the place names, and the line, which is one of the rendered text.
fn reason(message: &str) -> String {
    let reason = message.strip_prefix("YAML parse error on ").and_then(|rest| rest.split_once(": "));
    let reason = reason.map_or(message, |(_, reason)| reason);
    let reason = reason.strip_prefix("error converting YAML to JSON: ").unwrap_or(reason);
    let reason = reason.strip_prefix("yaml: ").unwrap_or(reason);
    let without_line = reason.strip_prefix("line ").and_then(|rest| rest.split_once(": "));
    without_line.map_or(reason, |(_, reason)| reason).to_owned()
}

fn placed(chart: &Chart, error: &HelmError, code: &'static str, sources: &mut SourceMap) -> Diagnostic {
    let Some(outer) = error.template.as_deref() else { return Diagnostic::error(code, error.message.clone()) };
    let mut chain = vec![outer];
    while let Some(cause) = chain.last().and_then(|error| error.cause.as_deref()) {
        chain.push(cause);
    }
    // Of what `tpl` parsed there is no file: the nearest call that stands in one has the place.
    let mut templates = TemplateFiles::new(chart);
    let places: Vec<(&Error, Span)> =
        chain.iter().filter_map(|error| Some((*error, place(error, &mut templates, sources)?))).collect();
    let message = chain.last().map_or(error.message.as_str(), |root| root.message.as_str());
    let Some(((nearest, span), callers)) = places.split_last() else {
        return Diagnostic::error(code, message);
    };
    let length = |error: &Error| error.context.as_deref().filter(|text| !text.ends_with("...")).map_or(0, str::len);
    let mut finding = Diagnostic::error(code, message).label(*span, length(nearest), "");
    // The same call over and over is one line.
    let mut last = *span;
    for (caller, span) in callers.iter().rev().take(MOST_CALLERS) {
        if *span != last {
            finding = finding.label(*span, length(caller), "called here");
        }
        last = *span;
    }
    if callers.len() > MOST_CALLERS {
        finding = finding.note(format!("and {} more calls", callers.len() - MOST_CALLERS));
    }
    finding
}

const MOST_CALLERS: usize = 8;

fn place(error: &Error, templates: &mut TemplateFiles<'_>, sources: &mut SourceMap) -> Option<Span> {
    let (file, text) = templates.get(&error.source_name, sources)?;
    let offset = error.offset.map_or_else(|| line_start(&text, error.line), |offset| offset as usize);
    let offset = context_start(&text, offset, error.context.as_deref().unwrap_or_default());
    Some(Span::new(file, offset.min(text.len())))
}

// Go's place of `.Values.a.b` is somewhere within it: what is pointed at starts with it.
fn context_start(text: &str, offset: usize, context: &str) -> usize {
    let from = text.get(..offset).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let line = text.get(from..).unwrap_or_default().lines().next().unwrap_or_default();
    let mut starts = line.match_indices(context).map(|(at, _)| from + at);
    starts.find(|at| (*at..=*at + context.len()).contains(&offset)).unwrap_or(offset)
}

fn line_start(text: &str, line: u32) -> usize {
    let skipped = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
    text.split_inclusive('\n').take(skipped).map(str::len).sum()
}
