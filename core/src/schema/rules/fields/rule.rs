//! The rules of fields.

use std::collections::HashSet;

use ecow::{EcoString, eco_format};

use super::Shape;
use crate::diag::Diagnostic;
use crate::schema::formats;
use crate::schema::report::Report;
use crate::schema::rules::{integer, is_there};
use crate::yaml::Node;

/// Paths with what holds there.
pub(super) type Table = &'static [(&'static str, &'static [Rule])];

/// What is wrong with a text; nothing where it is right.
type Form = fn(&str) -> Option<&'static str>;

#[derive(Debug, Clone, Copy)]
pub(super) enum Rule {
    /// An integer from one number to another.
    Between(i64, i64),
    /// A text that is one of these.
    OneOf(&'static [&'static str]),
    /// A text of a form; an empty one counts as missing.
    Form(Form),
    /// A text of a form that must not be empty.
    Filled(Form),
    /// A text, list or map that must not be empty.
    NotEmpty,
    /// A list with at most so many items.
    Most(usize),
    /// A map that must have these keys.
    Needs(&'static [&'static str]),
    /// A map with exactly one of these keys.
    One(&'static [&'static str]),
    /// A map with at most one of these keys.
    NotTwo(&'static [&'static str]),
    /// A number or a percentage of at most so many.
    Percentage(u32),
    /// The number or name of a port.
    Port,
    /// A quantity that is not below nothing.
    NotNegative,
    /// A quantity above nothing.
    Positive,
    /// A list of which no two items have the same under a key; of texts where there is no key.
    Distinct(&'static str),
    /// A shape begins here.
    Shape(Shape),
    /// Anything else.
    Other(fn(&Node, &mut Report<'_>)),
}

impl Rule {
    pub(super) fn check(self, node: &Node, report: &mut Report<'_>) {
        match self {
            Rule::Between(least, most) => between(node, least, most, report),
            Rule::OneOf(choices) => one_of(node, choices, report),
            Rule::Form(form) => text_form(node, form, false, report),
            Rule::Filled(form) => text_form(node, form, true, report),
            Rule::NotEmpty => not_empty(node, report),
            Rule::Most(most) => at_most(node, most, report),
            Rule::Needs(keys) => needs(node, keys, report),
            Rule::One(keys) => union(node, keys, true, report),
            Rule::NotTwo(keys) => union(node, keys, false, report),
            Rule::Percentage(most) => percentage(node, most, report),
            Rule::Port => port(node, report),
            Rule::NotNegative => amount(node, |amount| amount >= 0.0, "must not be negative", report),
            Rule::Positive => amount(node, |amount| amount > 0.0, "must be more than nothing", report),
            Rule::Distinct(key) => distinct(node, key, report),
            Rule::Shape(_) => {}
            Rule::Other(check) => check(node, report),
        }
    }
}

fn between(node: &Node, least: i64, most: i64, report: &mut Report<'_>) {
    let Some(number) = integer(node) else { return };
    if number < least {
        report.error(node, "rule-range", eco_format!("{number} is too small: the least is {least}"));
    } else if number > most {
        report.error(node, "rule-range", eco_format!("{number} is too big: the most is {most}"));
    }
}

fn one_of(node: &Node, choices: &[&str], report: &mut Report<'_>) {
    let Some(text) = node.as_str().filter(|text| !choices.contains(text)) else { return };
    let list: Vec<String> = choices.iter().map(|choice| format!("`{choice}`")).collect();
    let finding = Diagnostic::error("rule-choice", eco_format!("`{text}` is not one of {}", list.join(", ")));
    report.add(node, finding.suggest(text, choices.iter().copied()));
}

fn text_form(node: &Node, form: Form, filled: bool, report: &mut Report<'_>) {
    let Some(text) = node.as_str() else { return };
    if text.is_empty() {
        return if filled { empty(node, report) } else { Default::default() };
    }
    if let Some(why) = form(text) {
        report.error(node, "rule-form", eco_format!("`{text}` {why}"));
    }
}

fn empty(node: &Node, report: &mut Report<'_>) {
    report.error(node, "rule-empty", eco_format!("the {} is empty, it must not be", node.kind_name()));
}

fn not_empty(node: &Node, report: &mut Report<'_>) {
    let text = node.as_str().is_some_and(str::is_empty);
    if text || node.as_seq().is_some_and(<[Node]>::is_empty) || node.as_map().is_some_and(<[_]>::is_empty) {
        empty(node, report);
    }
}

fn at_most(node: &Node, most: usize, report: &mut Report<'_>) {
    if let Some(count) = node.as_seq().map(<[Node]>::len).filter(|count| *count > most) {
        report.error(node, "rule-range", eco_format!("{count} items are too many: at most {most}"));
    }
}

fn needs(node: &Node, keys: &[&str], report: &mut Report<'_>) {
    if node.as_map().is_none() {
        return;
    }
    for key in keys.iter().filter(|key| !is_there(node, key)) {
        let finding = Diagnostic::error("rule-required", eco_format!("required field `{key}` is missing"));
        report.add_missing(node, key, finding);
    }
}

fn union(node: &Node, keys: &[&str], one: bool, report: &mut Report<'_>) {
    let Some(entries) = node.as_map() else { return };
    let is_member =
        |(key, value): &&(Node, Node)| !value.is_null() && key.as_str().is_some_and(|key| keys.contains(&key));
    let found: Vec<&(Node, Node)> = entries.iter().filter(is_member).collect();
    let list = || keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
    if let [(first, _), (second, _), ..] = found[..] {
        let (a, b) = (first.as_str().unwrap_or(""), second.as_str().unwrap_or(""));
        let finding = Diagnostic::error("rule-union", eco_format!("`{a}` and `{b}` exclude each other"));
        report.add(second, finding.label(first.span, 0, "the other one is here"));
    } else if one && found.is_empty() {
        report.error(node, "rule-union", eco_format!("one of {} is needed", list()));
    }
}

/// Whether a text is a percentage, as the API server reads one: digits and `%`.
pub(in crate::schema::rules) fn is_percentage(text: &str) -> bool {
    text.strip_suffix('%').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

fn percentage(node: &Node, most: u32, report: &mut Report<'_>) {
    let mut wrong = |text: EcoString| report.error(node, "rule-percentage", text);
    if let Some(text) = node.as_str() {
        let amount = text.trim_end_matches('%').parse::<u64>().unwrap_or(u64::MAX);
        if !is_percentage(text) {
            wrong(eco_format!("`{text}` is neither a number nor a percentage such as `25%`"));
        } else if amount > u64::from(most) {
            wrong(eco_format!("`{text}` is too much: the most is {most}%"));
        }
    } else if let Some(number) = integer(node).filter(|number| *number < 0) {
        wrong(eco_format!("{number} is too small: the least is 0"));
    }
}

fn port(node: &Node, report: &mut Report<'_>) {
    if let Some(text) = node.as_str() {
        if let Some(why) = formats::port_name(text) {
            report.error(node, "rule-port-name", eco_format!("the port name `{text}` {why}"));
        }
    } else if let Some(number) = integer(node).filter(|number| !(1..=65535).contains(number)) {
        report.error(node, "rule-port", eco_format!("{number} is no port: 1 to 65535"));
    }
}

fn amount(node: &Node, right: fn(f64) -> bool, why: &str, report: &mut Report<'_>) {
    let Some(text) = node.as_scalar().map(|scalar| &scalar.text) else { return };
    if formats::quantity(text).is_some_and(|amount| !right(amount)) {
        report.error(node, "rule-quantity", eco_format!("`{text}` {why}"));
    }
}

fn distinct(node: &Node, key: &str, report: &mut Report<'_>) {
    let mut seen = HashSet::new();
    for item in node.as_seq().unwrap_or_default() {
        let value = if key.is_empty() { Some(item) } else { item.get(key) };
        let Some((value, text)) = value.and_then(|value| Some((value, value.as_scalar()?.text.as_str()))) else {
            continue;
        };
        if !text.is_empty() && !seen.insert(text) {
            report.error(value, "rule-duplicate", eco_format!("`{text}` stands here a second time"));
        }
    }
}
