//! What made a rendered document no YAML: the lines of the template and of the values that wrote it, and what to change.
//!
//! The parser stumbles somewhere in text that nobody wrote. What stands on that line, and which action wrote it, tells
//! the few things that go wrong in practice: lines without indentation, a text without quotes, a line break eaten.

use std::ops::Range;

use super::places::{Places, pipeline_start};
use super::record::{Part, Place};
use crate::object::Origin;
use crate::source::{SourceMap, Span};

/// Why a rendered document is no YAML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadYaml {
    /// The place in a template.
    pub span: Span,
    /// How many bytes of it are meant; 0 for the token.
    pub len: usize,
    /// The calls that led to the place, and the values that the text came from.
    pub origin: Origin,
    /// The line of the rendered text.
    pub line: String,
    /// What to do.
    pub help: String,
}

impl Places<'_> {
    /// Says what wrote the part of a rendered file at which it stops being YAML. Nothing of a file that was not traced.
    pub fn bad_yaml(&mut self, path: &str, text: &str, at: usize, sources: &mut SourceMap) -> Option<BadYaml> {
        let file = self.file(path)?;
        let line = line_at(text, at);
        let outputs = self.outputs(file.parts(whole_outputs(text, &line)), sources);
        let rendered = Rendered { text, line: line.clone(), at };
        let cause = outputs.iter().filter(|output| output.touches(&line)).find_map(|output| rendered.cause(output));
        let (range, help) = match (cause, self.joined(file.parts(content_of(text, &line)), sources)) {
            (Some(cause), _) => cause,
            (None, Some(help)) => (rendered.word(), help),
            (None, None) => (rendered.word(), GENERAL.to_owned()),
        };
        let written = self.written(file, range, sources)?;
        let action = outputs.iter().find(|output| output.span == Some(written.span));
        Some(BadYaml {
            span: written.span,
            len: action.map_or(0, |output| output.pipeline.len()),
            origin: written.origin,
            line: text[line].trim_end().to_owned(),
            help,
        })
    }

    /// Returns what actions of the file wrote, each with all that the templates wrote which it called.
    fn outputs<'p>(&mut self, parts: impl Iterator<Item = Part<'p>>, sources: &mut SourceMap) -> Vec<Output> {
        let mut outputs: Vec<Output> = Vec::new();
        let mut last: Option<&'p Place> = None;
        for part in parts {
            let top = part.origin.via.first().or(part.place);
            match (outputs.last_mut(), top) {
                (Some(output), Some(_)) if top == last && output.range.end == part.range.start => {
                    output.range.end = part.range.end;
                }
                (_, Some(Place::Template { file, range })) => {
                    let action = self.templates.get(file, sources);
                    let action = action.and_then(|(id, text)| Some((id, text.get(range.clone())?.to_owned())));
                    if let Some((id, text)) = action
                        && let Some(start) = pipeline_start(&text)
                    {
                        let pipeline = pipeline(&text[start..]);
                        let span = Some(Span::new(id, range.start + start));
                        outputs.push(Output { range: part.range, pipeline, span });
                    }
                }
                _ => {}
            }
            last = top;
        }
        outputs
    }

    /// Says that two lines of a template have become one, if a line consists of them.
    fn joined<'p>(&mut self, parts: impl Iterator<Item = Part<'p>>, sources: &mut SourceMap) -> Option<String> {
        let mut lines: Vec<(Span, usize)> = Vec::new();
        for part in parts.filter(|part| part.origin.via.is_empty()) {
            let span = self.place(part.place?, part.skipped, sources)?;
            lines.push((span, sources.get(span.file)?.line(span.start)));
        }
        let (first, last) = (lines.first()?, lines.last()?);
        let eaten = first.0.file == last.0.file && first.1 < last.1;
        eaten.then(|| {
            format!(
                "lines {} and {} of the template have become one: `-` in `{{{{-` or `-}}}}` between them eats the line break",
                first.1, last.1
            )
        })
    }
}

const GENERAL: &str = "look for a wrong `nindent`, a value without quotes, or `-` that eats a line break; `rhumb helm \
                       template --debug` shows the text";

/// What one action wrote, the templates that it called included.
struct Output {
    range: Range<usize>,
    /// The action without its delimiters.
    pipeline: String,
    span: Option<Span>,
}

impl Output {
    fn touches(&self, line: &Range<usize>) -> bool {
        self.range.start < line.end && line.start < self.range.end
    }
}

/// The rendered text and where the parser stumbled.
struct Rendered<'a> {
    text: &'a str,
    line: Range<usize>,
    at: usize,
}

impl Rendered<'_> {
    /// Returns what an action's output does wrong, with the part of the text to point at.
    fn cause(&self, output: &Output) -> Option<(Range<usize>, String)> {
        let written = self.text.get(output.range.clone())?;
        let before = self.text.get(line_at(self.text, output.range.start).start..output.range.start)?;
        // What begins with a line break leaves nothing on its first line.
        let before = if written.starts_with('\n') { "" } else { before };
        let lines: Vec<&str> = written.split('\n').filter(|line| !line.trim().is_empty()).collect();
        let pipeline = &output.pipeline;
        let help = match lines[..] {
            [_, _, ..] if !before.trim().is_empty() => {
                let column = indent(before) + 2;
                match lines.iter().any(|line| line.contains(": ") || line.ends_with(':') || line.starts_with("- ")) {
                    true => format!(
                        "`{pipeline}` writes {} lines: `| nindent {column}` at its end puts them on lines of their own",
                        lines.len()
                    ),
                    false => format!("`{pipeline}` writes {} lines: end it with `| quote`", lines.len()),
                }
            }
            [first, .., _] => self.block(output, before, first, &lines)?,
            [one] => self.scalar(output, one.trim())?,
            [] => return None,
        };
        let range = if output.range.contains(&self.at) { self.word() } else { output.range.clone() };
        Some((range, help))
    }

    /// Lines in the wrong column. `before` is what stands on the first one's line before it.
    fn block(&self, output: &Output, before: &str, first: &str, lines: &[&str]) -> Option<String> {
        let pipeline = &output.pipeline;
        let own = indent(first);
        let column = if before.is_empty() { own } else { before.len() + own };
        let rest = lines[1..].iter().map(|line| indent(line)).min()?;
        if rest + own < column {
            return Some(format!(
                "only the first line that `{pipeline}` writes stands in column {}: begin with `{{{{-` and end it with \
                 `| nindent {column}`",
                column + 1
            ));
        }
        // The key that the lines belong to stands on the last line before them.
        let above = self.text.get(..output.range.start)?.lines().rev().find(|line| !line.trim().is_empty())?;
        let wanted = indent(above) + 2;
        let belongs = above.trim_end().ends_with(':') && !above.trim_start().starts_with('#');
        let is_list = first.trim_start().starts_with("- ");
        (belongs && (own < wanted - 2 || own == wanted - 2 && !is_list)).then(|| {
            let key = above.trim();
            format!(
                "the lines that `{pipeline}` writes stand in column {}, and `{key}` above them in column {}: `nindent {wanted}` \
                 puts them below it",
                own + 1,
                wanted - 1
            )
        })
    }

    /// A text that means something in YAML.
    fn scalar(&self, output: &Output, text: &str) -> Option<String> {
        const INDICATORS: &str = "@`%&*!|>[]{},#?\"'";
        let first = text.chars().next()?;
        let odd = text.contains(": ") || text.contains(" #") || text.ends_with(':') || INDICATORS.contains(first);
        let is_quoted = output.pipeline.contains("quote") || output.pipeline.contains("toJson");
        (odd && !is_quoted && output.touches(&self.line)).then(|| {
            let short: String = text.chars().take(40).collect();
            let short = if short.len() < text.len() { format!("{short}…") } else { short };
            format!("`{short}` means something else in YAML: end the action with `| quote`")
        })
    }

    /// Returns the word at which the parser stumbled, or the last one of the line.
    fn word(&self) -> Range<usize> {
        let line = &self.text[self.line.clone()];
        let content = line.trim_end();
        let offset = self.at.saturating_sub(self.line.start);
        let offset = if offset < content.len() { offset } else { content.len() - content.trim_start().len() };
        let mut end = offset.min(content.len());
        let after = content.get(end..).unwrap_or_default();
        let blank = after.len() - after.trim_start().len();
        let start = self.line.start + end + blank;
        end += blank + after.trim_start().find(' ').unwrap_or(after.trim_start().len());
        start..(self.line.start + end).max(start + 1)
    }
}

/// Returns the pipeline of an action, from its start, as it is shown.
fn pipeline(rest: &str) -> String {
    let end = rest.trim_end_matches('}').trim_end();
    let end = end.strip_suffix('-').map_or(end, str::trim_end);
    end.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Returns the range of the line that holds a byte, its line break included.
fn line_at(text: &str, at: usize) -> Range<usize> {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    // The end of the text is the end of its last line.
    if at == text.len() && text.ends_with('\n') {
        at -= 1;
    }
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    start..text[at..].find('\n').map_or(text.len(), |end| at + end + 1)
}

/// Returns the range of a line without the white space around it.
fn content_of(text: &str, line: &Range<usize>) -> Range<usize> {
    let content = text[line.clone()].trim_end();
    let start = line.start + content.len() - content.trim_start().len();
    start..(line.start + content.len()).max(start)
}

/// How much text before the line an action may have written that is to blame.
const LOOK_BACK: usize = 64 << 10;

/// Returns the part of the text in which outputs are looked for: the line, and what may have begun before it.
fn whole_outputs(text: &str, line: &Range<usize>) -> Range<usize> {
    let mut start = line.start.saturating_sub(LOOK_BACK);
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    start..text.len().min(line.end + LOOK_BACK)
}
