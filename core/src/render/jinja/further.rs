//! What else is wrong with a template that failed.
//!
//! minijinja stops at the first error. To find the others, the template runs again with a gap in the place of the
//! expression that failed, until nothing new comes. A gap is taken for anything, so that it causes no error of its own
//! where that can be known; where it cannot, what comes after it is not told.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::machinery::{Token, tokenize};
use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, State, Value as Mini};

use super::run::Run;
use super::scope::Scope;
use super::source::{Edit, Names, syntax};
use super::{Compiled, Engine};
use crate::diag::Diagnostic;

/// More errors of one template than this are not looked for.
const MOST: usize = 30;

/// What stands in the place of an expression whose error is known.
#[derive(Debug)]
pub(super) struct Gap;

impl Object for Gap {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, _: &Mini) -> Option<Mini> {
        Some(Mini::from_object(Gap))
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, _: &[Mini]) -> Result<Mini, Error> {
        Ok(Mini::from_object(Gap))
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, _: &str, _: &[Mini]) -> Result<Mini, Error> {
        Ok(Mini::from_object(Gap))
    }

    fn render(self: &Arc<Self>, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}

impl Engine {
    /// Returns all errors of a template of which one is known to fail, in the order in which they are met.
    pub(super) fn all_errors(&self, number: usize, scope: &Scope<'_>) -> Vec<Diagnostic> {
        let name = &self.plain.book.units[number].name;
        let mut patched = Compiled { env: self.plain.env.clone(), book: self.plain.book.clone() };
        let mut gaps = Gaps::default();
        let mut found: Vec<Diagnostic> = Vec::new();
        for _ in 0..MOST {
            let run = Run::new(patched.book.clone(), false, self.limits.output_bytes);
            let Err(error) = self.run(&patched, name, &run, scope) else { break };
            let finding = self.explain(&error, &patched, &run, scope);
            if found.is_empty() || gaps.allow(&finding) {
                found.push(finding.clone());
            }
            let Some(unit) = gaps.open(&finding, &patched, &self.names) else { break };
            let book = Arc::make_mut(&mut patched.book);
            book.reread(unit, &self.names, gaps.by_unit.get(&unit).map(Vec::as_slice).unwrap_or_default());
            let unit = &book.units[unit];
            if patched.env.add_template_owned(unit.name.clone(), unit.rewritten.clone()).is_err() {
                break;
            }
        }
        found
    }
}

// The gaps of all files, and what they may have done to the rest of the run.
#[derive(Default)]
struct Gaps {
    by_unit: BTreeMap<usize, Vec<Edit>>,
    // A gap may have come to other places, where it fits nothing.
    spread: bool,
    // What a block that was left out may have set is not there.
    skipped: bool,
}

// A tag of a file.
struct Tag<'t> {
    word: &'t str,
    start: u32,
    end: u32,
    // Where the part is that can be left out as a whole, and what takes its place.
    whole: Option<(u32, u32, String)>,
    calls: bool,
}

impl Gaps {
    // Whether a finding is sure to be no consequence of a gap.
    fn allow(&self, finding: &Diagnostic) -> bool {
        match finding.code {
            "template-undefined" => !self.skipped || finding.message.contains(['.', '[']),
            "template-limit" => false,
            _ => !self.spread && !self.skipped,
        }
    }

    // Opens a gap at the place of a finding; returns its file, or nothing where no further gap helps.
    fn open(&mut self, finding: &Diagnostic, patched: &Compiled, names: &Names) -> Option<usize> {
        let label = finding.labels.first().filter(|_| finding.code != "template-limit")?;
        let unit = patched.book.units.iter().position(|unit| unit.file == label.span.file)?;
        let text = patched.book.units[unit].text.clone();
        let (from, to) = (label.span.start, label.span.start.checked_add(label.len)?);
        let tag = tags(&text, names).into_iter().find(|tag| tag.start <= from && from < tag.end)?;
        let gaps = self.by_unit.entry(unit).or_default();
        let inside = |gap: &Edit| tag.start <= gap.from && gap.to <= tag.end;
        let overlaps = |gap: &Edit| gap.from < to && from < gap.to;
        let is_part = finding.code == "template-undefined" && to > from && to <= tag.end;
        if is_part && !matches!(tag.word, "if" | "elif") && !gaps.iter().any(overlaps) {
            gaps.push(Edit { from, to, text: names.gap.clone() });
            self.spread |= tag.calls;
        } else {
            let (from, to, text) = tag.whole?;
            if gaps.iter().any(|gap| (gap.from, gap.to, &gap.text) == (from, to, &text)) {
                return None;
            }
            gaps.retain(|gap| !inside(gap));
            gaps.push(Edit { from, to, text });
        }
        self.spread |= matches!(tag.word, "set" | "with" | "call" | "do");
        self.skipped |= matches!(tag.word, "if" | "elif");
        Some(unit)
    }
}

fn tags<'t>(text: &'t str, names: &Names) -> Vec<Tag<'t>> {
    let mut tags = Vec::new();
    let mut inside = Vec::new();
    for (token, span) in tokenize(text, false, syntax()).map_while(Result::ok) {
        match token {
            Token::TemplateData(_) => {}
            Token::VariableStart | Token::BlockStart => inside = vec![(token, span)],
            Token::VariableEnd | Token::BlockEnd => {
                inside.push((token, span));
                tags.extend(tag(&inside, names));
            }
            other => inside.push((other, span)),
        }
    }
    tags
}

fn tag<'t>(tokens: &[(Token<'t>, minijinja::machinery::Span)], names: &Names) -> Option<Tag<'t>> {
    let (start, end) = (tokens.first()?.1.start_offset, tokens.last()?.1.end_offset);
    let word = match tokens {
        [(Token::BlockStart, _), (Token::Ident(word), _), ..] => *word,
        _ => "",
    };
    let after = |index: usize| Some((tokens.get(index)?.1.start_offset, tokens.get(tokens.len() - 2)?.1.end_offset));
    let behind = |wanted: &Token<'_>| tokens.iter().position(|(token, _)| same(token, wanted)).map(|at| at + 1);
    let (index, text) = match word {
        "" => (Some(1), names.gap.as_str()),
        "if" | "elif" => (Some(2), "false"),
        "for" => (behind(&Token::Ident("in")), "[]"),
        "set" => (behind(&Token::Assign), names.gap.as_str()),
        _ => (None, ""),
    };
    let whole = index.and_then(after).map(|(from, to)| (from, to, text.to_owned()));
    let calls = tokens.iter().any(|(token, _)| matches!(token, Token::ParenOpen));
    Some(Tag { word, start, end, whole, calls })
}

fn same(token: &Token<'_>, wanted: &Token<'_>) -> bool {
    match (token, wanted) {
        (Token::Ident(a), Token::Ident(b)) => a == b,
        (Token::Assign, Token::Assign) => true,
        _ => false,
    }
}
