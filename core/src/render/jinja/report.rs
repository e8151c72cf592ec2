//! minijinja's errors as findings: at the author's place, in our words, with the way to them.

use std::error::Error as _;

use minijinja::{Error, ErrorKind};

use super::convert::Misses;
use super::functions::{FILTERS, TESTS};
use super::run::{CALLED, OVERFLOW, TOO_DEEP};
use super::source::Book;
use crate::diag::{Diagnostic, nearest};
use crate::source::Span;
use crate::value::Value;

const MOST_CALLS: usize = 6;

/// Returns the finding of a syntax error.
pub(super) fn syntax(error: &Error, span: Span) -> Diagnostic {
    let detail = error.detail().unwrap_or("the template cannot be read");
    Diagnostic::error("template-syntax", detail.to_owned()).at(span)
}

/// What is known when an error is explained.
pub(super) struct Scene<'a> {
    pub(super) book: &'a Book,
    pub(super) misses: &'a Misses,
    pub(super) values: &'a Value,
    /// The names of variables and functions that templates see, embedders' functions among them.
    pub(super) names: &'a [String],
    pub(super) functions: &'a [&'a str],
}

impl Scene<'_> {
    /// Returns the finding of an error, with the places of the includes and calls that led to it.
    pub(super) fn explain(&self, error: &Error) -> Diagnostic {
        let chain = chain(error);
        let Some((cause, callers)) = chain.split_last() else {
            return Diagnostic::error("template-error", "the template failed");
        };
        let (span, length) = self.place(cause);
        let mut finding = self.finding(cause, span, length);
        for caller in callers.iter().rev().take(MOST_CALLS) {
            let (span, length) = self.place(caller);
            let word = match caller.detail().unwrap_or("") {
                detail if detail.starts_with(CALLED) => "called here",
                _ if caller.kind() == ErrorKind::BadInclude => "included here",
                _ => "from here",
            };
            finding = finding.label(span, length, word);
        }
        if callers.len() > MOST_CALLS {
            finding = finding.note(format!("{} more calls lead there", callers.len() - MOST_CALLS));
        }
        finding
    }

    fn place(&self, error: &Error) -> (Span, usize) {
        let Some(unit) = error.name().and_then(|name| self.book.unit(name)) else { return (Span::NONE, 0) };
        let Some(range) = error.range() else { return (self.line(unit, error), 0) };
        let (start, end) = (unit.original(range.start), unit.original(range.end));
        (unit.span(start), end.saturating_sub(start))
    }

    // Without a range: the start of what stands on the line of the rewritten text.
    fn line(&self, unit: &super::source::Unit, error: &Error) -> Span {
        let line = error.line().unwrap_or(1);
        let before = unit.rewritten.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        unit.span(unit.original(before))
    }

    fn finding(&self, error: &Error, span: Span, length: usize) -> Diagnostic {
        let detail = error.detail().unwrap_or("").to_owned();
        let new = |code, message: String| Diagnostic::error(code, message).label(span, length, "");
        let quoted = || detail.split(['"', '\'']).nth(1).map(str::to_owned);
        match error.kind() {
            ErrorKind::UndefinedError => self.undefined(&detail, span, length),
            ErrorKind::OutOfFuel => new("template-limit", "the template takes too many steps".into())
                .help("look for a loop that runs too often"),
            ErrorKind::WriteFailure => new("template-limit", OVERFLOW.to_owned()),
            _ if detail == TOO_DEEP => new("template-limit", detail),
            _ if detail.contains("recursion limit") => {
                new("template-limit", "includes and macros call one another too deeply".into())
                    .help("look for a file that includes itself or a macro that calls itself without end")
            }
            ErrorKind::UnknownFilter => {
                let name = word(&detail);
                new("template-unknown-filter", format!("there is no filter `{name}`")).suggest(&name, self.filters())
            }
            ErrorKind::UnknownTest => {
                let name = word(&detail);
                new("template-unknown-test", format!("there is no test `{name}`")).suggest(&name, TESTS)
            }
            ErrorKind::UnknownFunction => {
                let name = word(&detail);
                let names = self.names.iter().map(String::as_str);
                new("template-unknown-function", format!("there is no function `{name}`")).suggest(&name, names)
            }
            ErrorKind::TemplateNotFound | ErrorKind::BadInclude => {
                let name = quoted().unwrap_or_default();
                let names = self.book.units.iter().map(|unit| unit.name.as_str());
                new("template-not-found", format!("the package has no template `{name}`"))
                    .suggest(&name, names.collect::<Vec<_>>())
                    .or_near_file(&name, self.book)
            }
            kind if detail.is_empty() => new("template-error", kind.to_string()),
            _ => new("template-error", detail.replace("(...)", "the value")),
        }
    }

    fn filters(&self) -> impl Iterator<Item = &str> {
        FILTERS.into_iter().chain(self.functions.iter().copied())
    }

    // minijinja says which expression was undefined first: "`values.a` is undefined (from …)".
    fn undefined(&self, detail: &str, span: Span, length: usize) -> Diagnostic {
        let expression = detail.split('`').nth(1).unwrap_or("");
        let (span, length) = self.widened(expression, span, length);
        let new = |message: String| Diagnostic::error("template-undefined", message).label(span, length, "");
        if expression.is_empty() {
            let message = if detail.is_empty() { "the value is undefined" } else { detail };
            return new(message.to_owned());
        }
        let Some(key) = last_key(expression) else {
            let known = self.names.iter().map(String::as_str);
            let finding = new(format!("`{expression}` is not defined"));
            return match self.values.get(expression) {
                Some(_) => finding.help(format!("did you mean `values.{expression}`?")),
                None => finding.suggest(expression, known),
            };
        };
        let finding = new(format!("`{expression}` is not defined"));
        let Some(miss) = self.misses.last(&key) else { return finding };
        let keys: Vec<&str> = miss.map.as_map().into_iter().flat_map(|map| map.keys()).map(|k| k.as_str()).collect();
        let path = miss.of.path();
        let of = match (miss.root, path.is_root()) {
            (root, true) => root.to_owned(),
            (root, false) if path.to_string().starts_with('[') => format!("{root}{path}"),
            (root, false) => format!("{root}.{path}"),
        };
        let finding = if expression.starts_with(&of) { finding } else { finding.note(format!("looked for in `{of}`")) };
        if nearest(&key, keys.iter().copied()).is_some() {
            return finding.suggest(&key, keys);
        }
        match keys.as_slice() {
            [] => finding.help(format!("`{of}` is empty; give it a value, or use `|default(…)`")),
            keys => {
                let shown: Vec<String> = keys.iter().take(8).map(|key| format!("`{key}`")).collect();
                let more = if keys.len() > 8 { ", …" } else { "" };
                finding.help(format!("`{of}` has {}{more}", shown.join(", ")))
            }
        }
    }
}

impl Scene<'_> {
    // minijinja points at the last step of an expression: its start is shown.
    fn widened(&self, expression: &str, span: Span, length: usize) -> (Span, usize) {
        let Some(unit) = self.book.units.iter().find(|unit| unit.file == span.file) else { return (span, length) };
        let end = (span.start as usize + length.max(1)).min(unit.text.len());
        let before = unit.text.get(end.saturating_sub(WINDOW)..end).unwrap_or("");
        match before.rfind(expression).filter(|_| !expression.is_empty()) {
            Some(at) => (unit.span(end - before.len() + at), expression.len()),
            None => (span, length),
        }
    }
}

const WINDOW: usize = 300;

trait NearFile {
    fn or_near_file(self, name: &str, book: &Book) -> Self;
}

impl NearFile for Diagnostic {
    // The nearest name may differ in its folder alone.
    fn or_near_file(self, name: &str, book: &Book) -> Diagnostic {
        if self.help.is_some() {
            return self;
        }
        let base = |path: &str| path.rsplit('/').next().unwrap_or("").to_owned();
        let names: Vec<String> = book.units.iter().map(|unit| base(&unit.name)).collect();
        let wanted = base(name);
        let Some(near) = nearest(&wanted, names.iter().map(String::as_str)) else { return self };
        let full = book.units.iter().map(|unit| unit.name.as_str()).find(|full| base(full) == near).unwrap_or("");
        self.help(format!("did you mean `{full}`?"))
    }
}

// The errors from the outermost to the one that started it.
fn chain(error: &Error) -> Vec<&Error> {
    let mut chain = vec![error];
    let mut at = error;
    while let Some(inner) = at.source().and_then(|source| source.downcast_ref::<Error>()) {
        chain.push(inner);
        at = inner;
    }
    chain
}

// The name in a detail such as "filter foo is unknown".
fn word(detail: &str) -> String {
    let words: Vec<&str> = detail.split_whitespace().collect();
    let at = words.iter().position(|word| matches!(*word, "filter" | "test" | "function"));
    let name = at.and_then(|i| words.get(i + 1)).or(words.first()).copied().unwrap_or("");
    name.trim_matches(['`', '\'', '"']).to_owned()
}

// The last step of `values.a["b"]`; `None` for a bare name.
fn last_key(expression: &str) -> Option<String> {
    if let Some(open) = expression.strip_suffix(']').and_then(|rest| rest.rfind('[')) {
        let inner = &expression[open + 1..expression.len() - 1];
        return Some(inner.trim_matches(['"', '\'']).to_owned());
    }
    expression.rsplit_once('.').map(|(_, key)| key.to_owned())
}
