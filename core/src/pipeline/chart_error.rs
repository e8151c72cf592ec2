//! Errors of a chart's templates as findings: the line of the template, the way that led there, what to do.
//!
//! Helm's text is one for people who compare; here the same error has the place of its cause in front, and the calls
//! (`include`, `tpl`) that led to it as labels and notes.

use gotemplate::Error;

use crate::diag::Diagnostic;
use crate::package::chart::{Chart, ChartFile};
use crate::render::helm::{HelmError, HelmErrorKind};
use crate::source::{SourceMap, Span};
use crate::value::Value;

/// Returns the finding that an error of rendering is; templates that it names are added to the sources.
pub(super) fn finding(chart: &Chart, values: &Value, error: &HelmError, sources: &mut SourceMap) -> Diagnostic {
    if let HelmErrorKind::Limit(name) = error.kind {
        let finding = placed(chart, error, "chart-limit", sources);
        return finding.help(format!("raise the limit with `--limit {}=VALUE`", name.replace('_', "-")));
    }
    let code = match error.kind {
        HelmErrorKind::Parse => "chart-template-syntax",
        HelmErrorKind::Yaml { .. } => "chart-yaml",
        _ => "chart-template",
    };
    let finding = placed(chart, error, code, sources);
    match (&error.kind, error.template.as_deref().map(Error::root)) {
        (HelmErrorKind::Yaml { path, .. }, _) => {
            finding.note(format!("the text that {path} wrote is no YAML")).help(
                "look for a wrong `nindent`, a value without quotes, or `-` that eats a line break; `rhumb helm template --debug` shows the text",
            )
        }
        (_, Some(root)) => nearest_key(finding, values, root),
        _ => finding,
    }
}

fn placed(chart: &Chart, error: &HelmError, code: &'static str, sources: &mut SourceMap) -> Diagnostic {
    let Some(outer) = error.template.as_deref() else { return Diagnostic::error(code, error.message.clone()) };
    let mut chain = vec![outer];
    while let Some(cause) = chain.last().and_then(|error| error.cause.as_deref()) {
        chain.push(cause);
    }
    // Of what `tpl` parsed there is no file: the nearest call that stands in one has the place.
    let places: Vec<(&Error, Span)> =
        chain.iter().filter_map(|error| Some((*error, place(chart, error, sources)?))).collect();
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

fn place(chart: &Chart, error: &Error, sources: &mut SourceMap) -> Option<Span> {
    let (chart, file) = find(chart, &error.source_name)?;
    let text = String::from_utf8_lossy(&file.data);
    let offset = error.offset.map_or_else(|| line_start(&text, error.line), |offset| offset as usize);
    let offset = context_start(&text, offset, error.context.as_deref().unwrap_or_default());
    let name = chart.contents.name_of(&file.name);
    let known = sources.files().find(|(_, source)| **source.name() == *name).map(|(id, _)| id);
    let id = known.unwrap_or_else(|| sources.add(name.as_str(), text.as_ref()));
    Some(Span::new(id, offset.min(text.len())))
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

// A template's name is the path of its chart and its own: the charts on the way are few.
fn find<'c>(chart: &'c Chart, name: &str) -> Option<(&'c Chart, &'c ChartFile)> {
    if let Some(own) = name.strip_prefix(&*chart.path).and_then(|rest| rest.strip_prefix('/'))
        && let Some(file) = chart.contents.templates.iter().find(|file| file.name == own)
    {
        return Some((chart, file));
    }
    chart.dependencies.iter().find_map(|dependency| find(dependency, name))
}

// `nil pointer` and `can't evaluate field` at `.Values.a.b`: the step that is not there may be misspelt.
fn nearest_key(finding: Diagnostic, values: &Value, root: &Error) -> Diagnostic {
    let missing = root.message.contains("nil pointer evaluating") || root.message.contains("can't evaluate field");
    let context = root.context.as_deref().unwrap_or_default();
    let Some(path) = context.strip_prefix(".Values.").or_else(|| context.strip_prefix("$.Values.")) else {
        return finding;
    };
    if !missing {
        return finding;
    }
    let mut at = values;
    let mut before = String::from(".Values");
    for step in path.split('.') {
        let Some(map) = at.as_map() else {
            return finding.help(format!("`{before}` is no map"));
        };
        match map.get(step) {
            Some(value) if !value.is_null() => at = value,
            found => {
                let what = if found.is_some() { "null" } else { "not set" };
                let keys: Vec<&str> = map.iter().map(|(key, _)| key.as_str()).filter(|key| *key != step).collect();
                let noted = finding.note(format!("`{before}.{step}` is {what}"));
                return noted.suggest(step, keys);
            }
        }
        before.push('.');
        before.push_str(step);
    }
    finding
}
