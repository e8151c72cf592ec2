//! Differences as unified YAML.

use super::compare::{DiffKind, ObjectDiff};
use super::mask::mask_pair;
use super::unified::unified;
use crate::object::ObjectKey;
use crate::yaml::{Dialect, Emitter, Node};

/// How differences are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiffOptions {
    /// Lines around each change.
    pub context: usize,
    /// Whether lines have ANSI colors.
    pub colored: bool,
    /// Whether Secrets are shown in clear.
    pub reveal: bool,
}

impl Default for DiffOptions {
    fn default() -> Self {
        DiffOptions { context: 3, colored: false, reveal: false }
    }
}

/// Returns the differences as one unified diff an object, `--- a/Deployment default/web` above each.
pub fn to_text(diffs: &[ObjectDiff], options: &DiffOptions) -> String {
    let mut text = String::new();
    for diff in diffs {
        let (old, new) = sides(diff, options);
        let name = title(&diff.key);
        let side = |prefix, gone| if gone { "/dev/null".to_owned() } else { format!("{prefix}/{name}") };
        let header = (side("a", diff.kind == DiffKind::Added), side("b", diff.kind == DiffKind::Removed));
        let unified = unified(&old, &new, options.context, (&header.0, &header.1));
        if options.colored {
            unified.split_inclusive('\n').enumerate().for_each(|(i, line)| paint(i < 2, line, &mut text));
        } else {
            text.push_str(&unified);
        }
    }
    text
}

/// Returns both sides of a difference as YAML, Secrets covered unless they are to be shown.
pub(super) fn sides(diff: &ObjectDiff, options: &DiffOptions) -> (String, String) {
    let (mut before, mut after) = (diff.before.clone(), diff.after.clone());
    if !options.reveal {
        mask_pair(before.as_mut(), after.as_mut(), &diff.gvk);
    }
    (yaml(before.as_ref()), yaml(after.as_ref()))
}

pub(super) fn title(key: &ObjectKey) -> String {
    let namespace = if key.namespace.is_empty() { String::new() } else { format!("{}/", key.namespace) };
    let group = if key.group.is_empty() { String::new() } else { format!(".{}", key.group) };
    // A name must not write to the terminal, nor end the line and look like content.
    format!("{}{group} {namespace}{}", key.kind, key.name).replace(char::is_control, "\u{fffd}")
}

fn yaml(node: Option<&Node>) -> String {
    let emitter = Emitter { dialect: Dialect::Sigs, sort_keys: false };
    node.map(|node| emitter.write(node)).unwrap_or_default()
}

fn paint(header: bool, line: &str, text: &mut String) {
    let color = match line.as_bytes() {
        _ if header => "\x1b[1m",
        [b'-', ..] => "\x1b[31m",
        [b'+', ..] => "\x1b[32m",
        [b'@', ..] => "\x1b[36m",
        _ => "",
    };
    let (content, end) = line.strip_suffix('\n').map_or((line, ""), |content| (content, "\n"));
    if color.is_empty() {
        text.push_str(line);
    } else {
        text.extend([color, content, "\x1b[0m", end]);
    }
}
