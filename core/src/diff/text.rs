//! Differences as unified YAML.

use similar::{ChangeTag, TextDiff};

use super::compare::ObjectDiff;
use crate::yaml::{Dialect, Emitter, Node};

/// Settings of [`to_text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiffOptions {
    /// How many equal lines to show around a change.
    pub context: usize,
    /// Whether to write ANSI colors.
    pub colored: bool,
}

impl Default for DiffOptions {
    fn default() -> Self {
        DiffOptions { context: 3, colored: false }
    }
}

/// Returns the differences as unified diffs of YAML, one after another, each under a header such as
/// `--- a/Deployment default/web`.
pub fn to_text(diffs: &[ObjectDiff], options: &DiffOptions) -> String {
    let mut out = String::new();
    for diff in diffs {
        one(diff, options, &mut out);
    }
    out
}

fn one(diff: &ObjectDiff, options: &DiffOptions, out: &mut String) {
    let (before, after) = (yaml(diff.before.as_ref()), yaml(diff.after.as_ref()));
    let name = |side: &str, there: bool| {
        if !there {
            return "/dev/null".to_owned();
        }
        let space = if diff.key.namespace.is_empty() { "" } else { "/" };
        let text = format!("{side}/{} {}{space}{}", diff.key.kind, diff.key.namespace, diff.key.name);
        text.replace(char::is_control, "\u{fffd}")
    };
    line(out, options, "\x1b[1m", &format!("--- {}\n", name("a", diff.before.is_some())));
    line(out, options, "\x1b[1m", &format!("+++ {}\n", name("b", diff.after.is_some())));
    let lines = TextDiff::from_lines(before.as_str(), after.as_str());
    for hunk in lines.unified_diff().context_radius(options.context).iter_hunks() {
        line(out, options, "\x1b[36m", &format!("{}\n", hunk.header()));
        for change in hunk.iter_changes() {
            let (sign, color) = match change.tag() {
                ChangeTag::Delete => ('-', "\x1b[31m"),
                ChangeTag::Insert => ('+', "\x1b[32m"),
                ChangeTag::Equal => (' ', ""),
            };
            line(out, options, color, &format!("{sign}{}", change.value()));
        }
    }
}

fn line(out: &mut String, options: &DiffOptions, color: &str, text: &str) {
    let text = text.trim_end_matches('\n');
    if options.colored && !color.is_empty() {
        out.extend([color, text, "\x1b[0m\n"]);
    } else {
        out.extend([text, "\n"]);
    }
}

fn yaml(node: Option<&Node>) -> String {
    let emitter = Emitter { dialect: Dialect::Sigs, sort_keys: false };
    node.map(|node| emitter.write(&node.to_value())).unwrap_or_default()
}
