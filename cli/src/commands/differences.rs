//! Differences in the form that was asked for.

use rhumb::diff::{self, DiffOptions, ObjectDiff};

use crate::args::DiffFormat;
use crate::output::Output;

// What fits beside each other where nobody says how wide the terminal is.
const WIDTH: usize = 160;

/// Prints differences; `json` gives their other form.
pub(super) fn print(
    diffs: &[ObjectDiff],
    (format, context): (DiffFormat, usize),
    json: impl FnOnce() -> serde_json::Value,
    output: &mut Output,
) {
    let options = DiffOptions { context, colored: output.colored(), ..DiffOptions::default() };
    match format {
        DiffFormat::Text => output.result(&diff::to_text(diffs, &options)),
        DiffFormat::SideBySide => output.result(&diff::to_columns(diffs, &options, width())),
        DiffFormat::Markdown => {
            let options = DiffOptions { colored: false, ..options };
            output.result(&diff::to_markdown(diffs, &options));
        }
        DiffFormat::Json => output.json(&json()),
    }
}

// What a shell says of the terminal.
fn width() -> usize {
    std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).unwrap_or(WIDTH)
}
