//! Markdown with commands and what they print.
//!
//! A fenced block `console` holds commands (`$ …`), each followed by what it prints: standard output, then, below a
//! line `[stderr]`, standard error, and `[exit N]` where the exit code is not 0. A line `...` stands for any lines.
//! A fenced block with `file=PATH` in its first line is written to that path before the commands that follow it.
//! Every heading of the second level starts with an empty folder.

use std::fmt::Write as _;
use std::ops::Range;

use crate::program::Ran;

/// One part of a transcript, in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A new folder begins.
    Section(String),
    /// A file is written.
    File {
        /// Its path in the folder.
        path: String,
        /// Its content.
        text: String,
    },
    /// A command is run.
    Command {
        /// The line for the shell.
        line: String,
        /// What is to follow, without the command.
        expected: String,
        /// Where that stands in the text.
        range: Range<usize>,
    },
}

/// Returns the parts of a text.
///
/// # Errors
/// When a block is not closed or holds output before its first command.
pub fn parse(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut lines = Lines { text, at: 0 };
    while let Some((start, line)) = lines.next() {
        if let Some(title) = line.strip_prefix("## ") {
            parts.push(Part::Section(title.trim().to_owned()));
        } else if let Some(info) = line.strip_prefix("```").filter(|info| !info.is_empty()) {
            let body = lines.block().ok_or_else(|| format!("the block at byte {start} is not closed"))?;
            match info.split_whitespace().find_map(|word| word.strip_prefix("file=")) {
                Some(path) => parts.push(Part::File { path: path.to_owned(), text: text[body].to_owned() }),
                None if info.trim() == "console" => commands(text, body, &mut parts)?,
                None => {}
            }
        } else if line.starts_with("```") {
            lines.block().ok_or_else(|| format!("the block at byte {start} is not closed"))?;
        }
    }
    Ok(parts)
}

fn commands(text: &str, body: Range<usize>, parts: &mut Vec<Part>) -> Result<(), String> {
    let mut at = body.start;
    for line in text[body.clone()].split_inclusive('\n') {
        let start = at;
        at += line.len();
        match (line.strip_prefix("$ "), parts.last_mut()) {
            (Some(command), _) => {
                let line = command.trim_end().to_owned();
                parts.push(Part::Command { line, expected: String::new(), range: at..at });
            }
            (None, Some(Part::Command { expected, range, .. })) if start == range.end => {
                expected.push_str(line);
                range.end = at;
            }
            _ => return Err(format!("the block at byte {} has output before its first command", body.start)),
        }
    }
    Ok(())
}

struct Lines<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<(usize, &'a str)> {
        let start = self.at;
        let line = self.text[start..].split_inclusive('\n').next()?;
        self.at += line.len();
        Some((start, line.trim_end_matches(['\n', '\r'])))
    }

    // The content of the block whose first line was just read.
    fn block(&mut self) -> Option<Range<usize>> {
        let body = self.at;
        while let Some((start, line)) = self.next() {
            if line.trim_end() == "```" {
                return Some(body..start);
            }
        }
        None
    }
}

/// Returns what a command left behind in the form of transcripts.
pub fn shown(ran: &Ran) -> String {
    let mut text = ended(&ran.stdout);
    if !ran.stderr.is_empty() {
        text.push_str("[stderr]\n");
        text.push_str(&ended(&ran.stderr));
    }
    match ran.code {
        Some(0) => {}
        Some(code) => writeln!(text, "[exit {code}]").expect("writing to a string"),
        None => text.push_str("[killed]\n"),
    }
    text
}

/// Returns what a person sees of it on a terminal: both outputs, no exit code.
pub fn seen(ran: &Ran) -> String {
    ended(&ran.stdout) + &ended(&ran.stderr)
}

fn ended(text: &str) -> String {
    let missing = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{text}{missing}")
}

/// Whether a text is as expected, where a line `...` of the expectation stands for any lines.
pub fn matches(expected: &str, got: &str) -> bool {
    let pieces: Vec<Vec<&str>> = split(expected.lines());
    let lines: Vec<&str> = got.lines().collect();
    let (first, rest) = pieces.split_first().expect("splitting gives at least one piece");
    if !lines.starts_with(first) {
        return false;
    }
    let Some((last, middle)) = rest.split_last() else { return lines.len() == first.len() };
    let mut at = first.len();
    for piece in middle {
        let found = (at..=lines.len()).find(|start| lines[*start..].starts_with(piece));
        let Some(start) = found else { return false };
        at = start + piece.len();
    }
    lines.len() >= at + last.len() && lines.ends_with(last)
}

fn split<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Vec<&'a str>> {
    let mut pieces = vec![Vec::new()];
    for line in lines {
        match line {
            "..." => pieces.push(Vec::new()),
            line => pieces.last_mut().expect("never empty").push(line),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_files_and_sections_are_read_in_order() {
        let text = "# t\n## one\n```yaml file=a/b.yaml\nx: 1\n```\n```console\n$ ls a\nb.yaml\n$ false\n[exit 1]\n```\n```sh\n$ no\n```\n";
        let parts = parse(text).expect("well-formed");
        assert_eq!(parts[0], Part::Section("one".to_owned()));
        assert_eq!(parts[1], Part::File { path: "a/b.yaml".to_owned(), text: "x: 1\n".to_owned() });
        let Part::Command { line, expected, range } = &parts[2] else { panic!("{parts:?}") };
        assert_eq!((line.as_str(), expected.as_str(), &text[range.clone()]), ("ls a", "b.yaml\n", "b.yaml\n"));
        assert!(matches!(&parts[3], Part::Command { expected, .. } if expected == "[exit 1]\n"));
        assert_eq!(parts.len(), 4);
        assert!(parse("```console\n$ a\n").is_err());
        assert!(parse("```console\nout\n```\n").is_err());
    }

    #[test]
    fn three_dots_stand_for_any_lines() {
        assert!(matches("a\n...\nz\n", "a\nz\n"));
        assert!(matches("a\n...\nm\n...\n", "a\nb\nm\nn\n"));
        assert!(matches("...\nz\n", "a\nz\n"));
        assert!(!matches("a\n...\nz\n", "a\nz\ny\n"));
        assert!(!matches("a\n", "a\nb\n"));
        assert!(!matches("a\n...\na\n", "a\n"));
    }
}
