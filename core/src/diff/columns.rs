//! Differences side by side.

use similar::{ChangeTag, TextDiff};

use super::compare::ObjectDiff;
use super::text::{DiffOptions, sides, title};

const LEAST: usize = 40;

/// Returns the differences in two columns, what is on the left and what becomes of it on the right, in lines of so many
/// characters. Between them stands `|` where a line changes, `<` where it goes, `>` where it comes. What does not fit is
/// cut.
pub fn to_columns(diffs: &[ObjectDiff], options: &DiffOptions, width: usize) -> String {
    let half = (width.max(LEAST) - 3) / 2;
    let mut text = String::new();
    for diff in diffs {
        let (old, new) = sides(diff, options);
        let name = title(&diff.key);
        text.push_str(&format!("{}{name}{}\n", on("1", options), off(options)));
        let lines = TextDiff::from_lines(old.as_str(), new.as_str());
        for (place, group) in lines.grouped_ops(options.context).iter().enumerate() {
            if place > 0 {
                text.push_str("...\n");
            }
            for op in group {
                let (mut left, mut right) = (Vec::new(), Vec::new());
                let mut same = Vec::new();
                for change in lines.iter_changes(op) {
                    let line = change.value().trim_end_matches('\n');
                    match change.tag() {
                        ChangeTag::Delete => left.push(line),
                        ChangeTag::Insert => right.push(line),
                        ChangeTag::Equal => same.push(line),
                    }
                }
                same.into_iter().for_each(|line| row(Some(line), Some(line), ' ', half, options, &mut text));
                for place in 0..left.len().max(right.len()) {
                    let (left, right) = (left.get(place).copied(), right.get(place).copied());
                    let mark = match (left, right) {
                        (Some(_), Some(_)) => '|',
                        (Some(_), None) => '<',
                        _ => '>',
                    };
                    row(left, right, mark, half, options, &mut text);
                }
            }
        }
        text.push('\n');
    }
    text
}

fn row(left: Option<&str>, right: Option<&str>, mark: char, half: usize, options: &DiffOptions, text: &mut String) {
    let (left, right) = (fit(left.unwrap_or_default(), half), fit(right.unwrap_or_default(), half));
    let pad = " ".repeat(half - left.chars().count());
    let (red, green) = if mark == ' ' { (None, None) } else { (Some("31"), Some("32")) };
    let paint = |color: Option<&str>, part: &str| match color.filter(|_| !part.is_empty()) {
        Some(color) => format!("{}{part}{}", on(color, options), off(options)),
        None => part.to_owned(),
    };
    let line = format!("{}{pad} {mark} {}", paint(red, &left), paint(green, &right));
    text.push_str(line.trim_end());
    text.push('\n');
}

fn fit(line: &str, width: usize) -> String {
    match line.chars().count() > width {
        true => line.chars().take(width - 1).chain(['…']).collect(),
        false => line.to_owned(),
    }
}

fn on(color: &str, options: &DiffOptions) -> String {
    if options.colored { format!("\x1b[{color}m") } else { String::new() }
}

fn off(options: &DiffOptions) -> &'static str {
    if options.colored { "\x1b[0m" } else { "" }
}
