//! Findings for people: a line that says what is wrong, frames of source, and the way out.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::source::{SourceFile, SourceMap};

use super::{Diagnostic, Label, Severity};

/// How text output looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// No escape sequences.
    #[default]
    Plain,
    /// With ANSI colors.
    Colored,
}

/// Returns a finding as text with a frame for each place, ending in a line break.
///
/// Control characters of the sources are shown as replacement characters: a package cannot write to the terminal.
pub fn render_text(finding: &Diagnostic, sources: &SourceMap, style: Style) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let about = match (&finding.object, &finding.field) {
        (Some(object), Some(field)) => format!(" ({object}, {field})"),
        (Some(object), None) => format!(" ({object})"),
        (None, Some(field)) => format!(" ({field})"),
        (None, None) => String::new(),
    };
    let title = level.primary_title(visible(&format!("{}{about}", finding.message))).id(finding.code);
    let frames: Vec<Frame> = finding.labels.iter().filter_map(|label| Frame::new(label, sources)).collect();
    let mut group = Group::with_title(title);
    for (i, frame) in frames.iter().enumerate() {
        group = group.element(frame.snippet(i == 0));
    }
    for note in &finding.notes {
        group = group.element(Level::NOTE.message(visible(note)));
    }
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(visible(help)));
    }
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Colored => Renderer::styled(),
    };
    let mut text = renderer.decor_style(DecorStyle::Ascii).render(&[group]);
    text.push('\n');
    text
}

// One source line cut out of its file: the frame's cost does not grow with the file.
struct Frame<'a> {
    file: &'a SourceFile,
    line: usize,
    text: String,
    start: usize,
    end: usize,
    label: String,
}

impl<'a> Frame<'a> {
    fn new(label: &Label, sources: &'a SourceMap) -> Option<Frame<'a>> {
        let file = sources.get(label.span.file)?;
        let (line, column) = file.line_column(label.span.start);
        let (text, column) = window(file.line_text(line), column - 1);
        let start: usize = text.chars().take(column).map(char::len_utf8).sum();
        let rest = &text[start..];
        let len = if label.len > 0 { rest.len().min(label.len as usize) } else { token_len(rest) };
        let mut end = start + len;
        while !text.is_char_boundary(end) {
            end += 1;
        }
        Some(Frame { file, line, start, end, text, label: visible(&label.text) })
    }

    fn snippet(&self, main: bool) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
        let kind = if main { AnnotationKind::Primary } else { AnnotationKind::Context };
        let annotation = kind.span(self.start..self.end);
        let annotation = if self.label.is_empty() { annotation } else { annotation.label(&self.label) };
        Snippet::source(&self.text).path(&**self.file.name()).line_start(self.line).annotation(annotation)
    }
}

// A line of thousands of characters (JSON on one line) is shown around the place only.
const WINDOW: usize = 160;

fn window(line: &str, column: usize) -> (String, usize) {
    let skip = column.saturating_sub(WINDOW / 2);
    if skip == 0 && line.len() <= WINDOW {
        return (visible(line), column);
    }
    let cut: String = line.chars().skip(skip).take(WINDOW).collect();
    (visible(&cut), column - skip)
}

pub(crate) fn token_len(rest: &str) -> usize {
    let end = rest.find([' ', '\t', ',', '}', ']']).unwrap_or(rest.len());
    let end = rest[..end].trim_end_matches(':').len();
    end.max(rest.chars().next().map_or(0, char::len_utf8))
}

fn visible(text: &str) -> String {
    let hidden = |c: char| {
        (c.is_control() && c != '\t' && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if hidden(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    #[test]
    fn shows_the_line_and_the_way_out() {
        let mut sources = SourceMap::new();
        let file = sources.add("values.yaml", "a: 1\nprot: 80\n");
        let finding = Diagnostic::error("values-unknown-key", "no template reads `prot`")
            .at(Span::new(file, 5))
            .suggest("prot", ["port"]);
        let text = render_text(&finding, &sources, Style::Plain);
        assert!(text.contains("error[values-unknown-key]: no template reads `prot`"), "{text}");
        assert!(text.contains("values.yaml:2:1"), "{text}");
        assert!(text.contains("^^^^"), "{text}");
        assert!(text.contains("help: did you mean `port`?"), "{text}");
    }

    #[test]
    fn hostile_text_reaches_no_terminal() {
        let mut sources = SourceMap::new();
        let file = sources.add("x", "a\u{1b}[31m: \u{202e}b");
        let finding = Diagnostic::error("x", "bad \u{1b}]0;title").at(Span::new(file, 0));
        let text = render_text(&finding, &sources, Style::Plain);
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text:?}");
    }
}
