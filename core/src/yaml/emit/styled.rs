//! Nodes of yaml.v3 to text: each in the style it has, as yaml.v3 writes its own nodes.
//!
//! A [`Sink`](super::Sink) chooses the style of a value; here whoever holds the nodes says it, and yaml.v3 only
//! refuses a style that the text cannot have. The caller walks its nodes and calls one method for each.

use super::Dialect;
use super::analyze::{Analysis, analyze};
use super::scalar::{Style, choose, is_simple_key, write_styled};
use super::writer::{Context, Leaves, Writer};
use crate::yaml::ScalarStyle;

/// Returns the style in which yaml.v3 writes a text that is a string, when it may choose.
pub(crate) fn written_style(text: &str) -> ScalarStyle {
    match choose(text, analyze(text, Dialect::Kyaml), Dialect::Kyaml, false) {
        Style::Plain => ScalarStyle::Plain,
        Style::Single => ScalarStyle::SingleQuoted,
        Style::Double => ScalarStyle::DoubleQuoted,
        Style::Literal => ScalarStyle::Literal,
        Style::Folded => ScalarStyle::Folded,
    }
}

/// Writes nodes. What a list or map holds is written by the function given to it.
pub(crate) struct StyledWriter {
    writer: Writer,
    context: Context,
    flow: usize,
}

impl StyledWriter {
    /// Returns a writer in the layout of kyaml.
    pub(crate) fn new() -> StyledWriter {
        StyledWriter { writer: Writer::new(Dialect::Kyaml), context: Context::Root, flow: 0 }
    }

    /// Ends the document and returns the text.
    pub(crate) fn finish(mut self) -> String {
        self.writer.finish();
        self.writer.out
    }

    /// Returns how many lines have been begun.
    pub(crate) fn line(&self) -> usize {
        self.writer.lines
    }

    /// Writes a scalar in the style it has, or in the nearest one that its text allows.
    pub(crate) fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&str>) {
        self.tag(tag);
        let analysis = analyze(text, Dialect::Kyaml);
        let style = self.select(text, style, analysis);
        write_styled(&mut self.writer, text, style, self.context);
    }

    fn select(&self, text: &str, style: ScalarStyle, analysis: Analysis) -> Style {
        let key = self.context == Context::SimpleKey;
        if key && analysis.multiline {
            return Style::Double;
        }
        let allowed = if self.flow > 0 { analysis.flow_plain } else { analysis.plain };
        let empty = text.is_empty() && (self.flow > 0 || key);
        match style {
            ScalarStyle::Plain if allowed && !empty => Style::Plain,
            ScalarStyle::Plain | ScalarStyle::SingleQuoted if analysis.single => Style::Single,
            ScalarStyle::Literal if analysis.block && self.flow == 0 && !key => Style::Literal,
            ScalarStyle::Folded if analysis.block && self.flow == 0 && !key => Style::Folded,
            _ => Style::Double,
        }
    }

    fn tag(&mut self, tag: Option<&str>) {
        if let Some(tag) = tag {
            self.writer.space_before(true);
            self.writer.out.push_str(tag);
            self.writer.column += tag.len();
            self.writer.whitespace = false;
            self.writer.indention = false;
        }
    }

    /// Writes a list; in braces where it stands in braces, is asked to, or is empty.
    pub(crate) fn seq(&mut self, len: usize, flow: bool, tag: Option<&str>, mut item: impl FnMut(&mut Self, usize)) {
        self.tag(tag);
        let outer = (self.context, self.writer.indent);
        if self.flow > 0 || flow || len == 0 {
            self.open_flow("[");
            for i in 0..len {
                self.comma(i);
                self.context = Context::Item;
                item(self, i);
            }
            self.close_flow("]", outer);
            return;
        }
        self.writer.enter_list(self.context);
        for i in 0..len {
            self.writer.write_indent();
            self.writer.indicator("-", true, Leaves::Indention);
            self.context = Context::Item;
            item(self, i);
        }
        (self.context, self.writer.indent) = outer;
    }

    /// Writes a map: the function writes the key with the number it is given, or its value. `simple` says of a key
    /// whether it is a scalar with this text or an empty collection (`""`); other keys follow `? `.
    pub(crate) fn map<'k>(
        &mut self,
        len: usize,
        flow: bool,
        tag: Option<&str>,
        simple: impl Fn(usize) -> Option<&'k str>,
        mut part: impl FnMut(&mut Self, usize, bool),
    ) {
        self.tag(tag);
        let outer = (self.context, self.writer.indent);
        let flow = self.flow > 0 || flow || len == 0;
        if flow {
            self.open_flow("{");
        } else {
            self.writer.enter(false);
        }
        for i in 0..len {
            if flow {
                self.comma(i);
            } else {
                self.writer.write_indent();
            }
            let leaves = if flow { Leaves::Text } else { Leaves::Indention };
            if simple(i).is_some_and(is_simple_key) {
                self.context = Context::SimpleKey;
                part(self, i, true);
                self.writer.indicator(":", false, Leaves::Text);
            } else {
                self.writer.indicator("?", true, leaves);
                self.context = Context::ComplexKey;
                part(self, i, true);
                if !flow {
                    self.writer.write_indent();
                }
                self.writer.indicator(":", true, leaves);
            }
            self.context = Context::Value;
            part(self, i, false);
        }
        if flow {
            self.close_flow("}", outer);
        } else {
            (self.context, self.writer.indent) = outer;
        }
    }

    fn open_flow(&mut self, bracket: &str) {
        self.writer.indicator(bracket, true, Leaves::Space);
        self.writer.enter(true);
        self.flow += 1;
    }

    fn comma(&mut self, i: usize) {
        if i > 0 {
            self.writer.indicator(",", false, Leaves::Text);
        }
    }

    fn close_flow(&mut self, bracket: &str, outer: (Context, isize)) {
        self.flow -= 1;
        (self.context, self.writer.indent) = outer;
        self.writer.indicator(bracket, false, Leaves::Text);
    }
}
