//! Differences as Markdown, for reviews and comments.

use similar::TextDiff;

use super::compare::{DiffKind, ObjectDiff, summary};
use super::text::{DiffOptions, sides, title};

/// Returns the differences as Markdown: a heading and a block an object, below a line that counts them.
pub fn to_markdown(diffs: &[ObjectDiff], options: &DiffOptions) -> String {
    let mut text = match diffs.is_empty() {
        true => "No differences.\n".to_owned(),
        false => format!("{}\n", summary(diffs)),
    };
    for diff in diffs {
        let (old, new) = sides(diff, options);
        let lines = TextDiff::from_lines(old.as_str(), new.as_str());
        let unified = lines.unified_diff().context_radius(options.context).to_string();
        let kind = match diff.kind {
            DiffKind::Added => "added",
            DiffKind::Removed => "removed",
            DiffKind::Changed => "changed",
        };
        // Neither a name nor a text may end the place where it stands.
        let (name, fence) = (title(&diff.key).replace('`', "'"), "`".repeat(longest_run(&unified).max(2) + 1));
        text.push_str(&format!("\n### `{name}` {kind}\n\n{fence}diff\n{unified}{fence}\n"));
    }
    text
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}
