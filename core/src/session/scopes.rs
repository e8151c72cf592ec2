//! What names stand for at a place of a template: where `.` has moved to, and which variables hold which values.
//!
//! Not all that a template can do is followed; what is not known is said to be unknown, never guessed.

use super::action::{Dialect, actions};
use crate::value::ValuePath;

/// What a chain of names stands for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Known {
    /// What a template of a chart is called with: `.Values`, `.Release` and so on are below it.
    Root,
    /// Values of the package.
    Values(ValuePath),
    /// Something the engine gives, by its names: `Release`, `Name`.
    Builtin(Vec<String>),
    Unknown,
}

/// What names stand for at one place.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    dialect: Dialect,
    frames: Vec<Frame>,
}

#[derive(Debug, Clone, Default)]
struct Frame {
    dot: Option<Known>,
    variables: Vec<(String, Known)>,
}

/// The variables of native templates that the engine gives.
pub(super) const JINJA_ROOTS: [&str; 5] = ["values", "release", "package", "kube", "files"];

impl Scope {
    /// Returns the scope at a byte of a template.
    pub(super) fn at(text: &str, offset: usize, dialect: Dialect) -> Scope {
        let mut scope = Scope { dialect, frames: vec![Frame { dot: Some(Known::Root), ..Frame::default() }] };
        for action in actions(text, dialect) {
            if action.close > offset {
                break;
            }
            match dialect {
                _ if action.is_comment => {}
                Dialect::Go => scope.go(action.body.trim()),
                Dialect::Jinja if action.is_statement => scope.jinja(action.body.trim()),
                Dialect::Jinja => {}
            }
        }
        scope
    }

    /// Returns the names of the variables that can be seen, the nearest first.
    pub(super) fn variables(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .frames
            .iter()
            .rev()
            .flat_map(|frame| frame.variables.iter().rev())
            .map(|(name, _)| name.as_str())
            .collect();
        let mut seen = std::collections::BTreeSet::new();
        names.retain(|name| seen.insert(*name));
        names
    }

    /// Returns what a chain of names stands for.
    pub(super) fn resolve(&self, chain: &str) -> Known {
        let mut names = chain.split('.');
        let first = names.next().unwrap_or("");
        let start = match self.dialect {
            Dialect::Go => match first {
                "" => self.dot(),
                "$" => Known::Root,
                name => self.variable(name).unwrap_or(Known::Unknown),
            },
            Dialect::Jinja => match self.variable(first) {
                Some(known) => known,
                None if first == "values" => Known::Values(ValuePath::root()),
                None if JINJA_ROOTS.contains(&first) => Known::Builtin(vec![first.to_owned()]),
                None => Known::Unknown,
            },
        };
        names.filter(|name| !name.is_empty()).fold(start, step)
    }

    fn dot(&self) -> Known {
        self.frames.iter().rev().find_map(|frame| frame.dot.clone()).unwrap_or(Known::Unknown)
    }

    fn variable(&self, name: &str) -> Option<Known> {
        let mut all = self.frames.iter().rev().flat_map(|frame| frame.variables.iter().rev());
        all.find(|(known, _)| known == name).map(|(_, known)| known.clone())
    }

    fn set(&mut self, name: &str, known: Known) {
        if let Some(frame) = self.frames.last_mut() {
            frame.variables.push((name.to_owned(), known));
        }
    }

    fn push(&mut self, frame: Frame) {
        // Deeper than any template that somebody wrote.
        if self.frames.len() < 1_000 {
            self.frames.push(frame);
        }
    }

    fn pop(&mut self) {
        if self.frames.len() > 1 {
            self.frames.pop();
        }
    }

    fn go(&mut self, body: &str) {
        let (word, rest) = body.split_once(char::is_whitespace).unwrap_or((body, ""));
        match word {
            "if" => {
                self.push(Frame::default());
                self.assignment(rest);
            }
            "with" | "range" => {
                let known = self.value(rest.split_once(":=").map_or(rest, |(_, value)| value));
                let known = if word == "range" { item(known) } else { known };
                self.push(Frame { dot: Some(known.clone()), variables: Vec::new() });
                if let Some((names, _)) = rest.split_once(":=") {
                    let names: Vec<&str> = names.split(',').map(str::trim).collect();
                    if let [key, _] = names[..] {
                        self.set(key, Known::Unknown);
                    }
                    self.set(names.last().copied().unwrap_or(""), known);
                }
            }
            "define" => self.push(Frame { dot: Some(Known::Root), variables: Vec::new() }),
            "block" => self.push(Frame { dot: Some(Known::Unknown), variables: Vec::new() }),
            "end" => self.pop(),
            _ => self.assignment(body),
        }
    }

    fn assignment(&mut self, body: &str) {
        let parts = body.split_once(":=").or_else(|| body.split_once('='));
        if let Some((name, value)) = parts.filter(|(name, _)| name.trim_start().starts_with('$')) {
            let known = self.value(value);
            self.set(name.trim(), known);
        }
    }

    fn jinja(&mut self, body: &str) {
        let (word, rest) = body.split_once(char::is_whitespace).unwrap_or((body, ""));
        match word {
            "for" => {
                let (names, values) = rest.split_once(" in ").unwrap_or((rest, ""));
                let known = item(self.value(values));
                self.push(Frame::default());
                let names: Vec<&str> = names.split(',').map(str::trim).collect();
                if let [key, _] = names[..] {
                    self.set(key, Known::Unknown);
                }
                self.set(names.last().copied().unwrap_or(""), known);
                self.set("loop", Known::Builtin(vec!["loop".to_owned()]));
            }
            "set" | "with" => {
                if word == "with" {
                    self.push(Frame::default());
                }
                if let Some((name, value)) = rest.split_once('=') {
                    let known = self.value(value);
                    self.set(name.trim(), known);
                }
            }
            "macro" => {
                self.push(Frame::default());
                let names = rest.split_once('(').map_or("", |(_, names)| names.trim_end().trim_end_matches(')'));
                for name in names.split(',').filter_map(|name| name.split('=').next()) {
                    self.set(name.trim(), Known::Unknown);
                }
            }
            "if" | "filter" | "call" | "block" | "raw" => self.push(Frame::default()),
            word if word.starts_with("end") => self.pop(),
            _ => {}
        }
    }

    // A chain, with or without a default; anything else is not followed.
    fn value(&self, text: &str) -> Known {
        let (chain, rest) = text.trim().split_once('|').unwrap_or((text.trim(), ""));
        let rest = rest.trim_start();
        let kept = ["", "default", "d(", "items", "dictsort"];
        let chain = chain.trim();
        let is_chain = chain.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '$'));
        match is_chain && kept.iter().any(|word| if word.is_empty() { rest.is_empty() } else { rest.starts_with(word) })
        {
            true => self.resolve(chain),
            false => Known::Unknown,
        }
    }
}

fn step(known: Known, name: &str) -> Known {
    match known {
        Known::Root if name == "Values" => Known::Values(ValuePath::root()),
        Known::Root => Known::Builtin(vec![name.to_owned()]),
        Known::Values(path) => Known::Values(path.key(name)),
        Known::Builtin(mut names) => {
            names.push(name.to_owned());
            Known::Builtin(names)
        }
        Known::Unknown => Known::Unknown,
    }
}

// What a loop goes over: of the items of a list or a map, the first stands for all.
fn item(known: Known) -> Known {
    match known {
        Known::Values(path) => Known::Values(path.index(0)),
        _ => Known::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, dialect: Dialect, chain: &str) -> String {
        match Scope::at(text, text.len(), dialect).resolve(chain) {
            Known::Root => "root".to_owned(),
            Known::Values(path) => format!("values {path}"),
            Known::Builtin(names) => names.join("."),
            Known::Unknown => "?".to_owned(),
        }
    }

    #[test]
    fn the_dot_moves_in_charts() {
        let go = |text, chain| at(text, Dialect::Go, chain);
        assert_eq!(go("", ".Values.a.b"), "values a.b");
        assert_eq!(go("{{ with .Values.a }}", ".b"), "values a.b");
        assert_eq!(go("{{ with .Values.a }}", "$.Values.c"), "values c");
        assert_eq!(go("{{ with .Values.a }}{{ end }}", ".Release.Name"), "Release.Name");
        assert_eq!(go("{{- range $k, $v := .Values.list }}", "$v.x"), "values list[0].x");
        assert_eq!(go("{{ $a := .Values.a | default dict }}{{ if $a }}", "$a.b"), "values a.b");
        assert_eq!(go("{{ with (lookup \"v1\" \"Secret\" \"\" \"a\") }}", ".data"), "?");
        assert_eq!(go("{{ define \"x\" }}", ".Values.a"), "values a");
        assert_eq!(go("{{ end }}{{ end }}", ".Values.a"), "values a");
    }

    #[test]
    fn variables_hold_values_in_native_templates() {
        let jinja = |text, chain| at(text, Dialect::Jinja, chain);
        assert_eq!(jinja("", "values.a.b"), "values a.b");
        assert_eq!(jinja("{% for p in values.ports %}", "p.name"), "values ports[0].name");
        assert_eq!(jinja("{% for p in values.ports %}{% endfor %}", "p.name"), "?");
        assert_eq!(jinja("{% for k, v in values.env|items %}", "v.x"), "values env[0].x");
        assert_eq!(jinja("{% set image = values.image %}", "image.tag"), "values image.tag");
        assert_eq!(jinja("{% macro m(values, b=1) %}", "values.a"), "?");
        assert_eq!(jinja("", "release.name"), "release.name");
        let scope = Scope::at("{% set a = 1 %}{% for p in values.x %}", 100, Dialect::Jinja);
        assert_eq!(scope.variables(), ["loop", "p", "a"]);
    }
}
