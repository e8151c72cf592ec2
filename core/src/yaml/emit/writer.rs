//! The layout: where lines break and how far they are indented.
//!
//! A writer keeps libyaml's few facts about the end of the text (column, whether it is white space, whether the line
//! is nothing but indentation and indicators), because all of its layout follows from them.

use super::Dialect;

/// What a node stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// The whole document.
    Root,
    /// An item of a list.
    Item,
    /// A key written before its colon.
    SimpleKey,
    /// A key after `? `.
    ComplexKey,
    /// The value of a key.
    Value,
}

impl Context {
    pub(super) fn in_map(self) -> bool {
        matches!(self, Context::SimpleKey | Context::ComplexKey | Context::Value)
    }
}

/// What an indicator leaves behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaves {
    /// Text.
    Text,
    /// A place where no further space is needed.
    Space,
    /// Indentation, if there was nothing else on the line before.
    Indention,
}

/// The text so far.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) out: String,
    pub(super) dialect: Dialect,
    /// Columns of the block being written; negative before the first one.
    pub(super) indent: isize,
    /// Characters on the line.
    pub(super) column: usize,
    /// Whether a space would be one too many.
    pub(super) whitespace: bool,
    /// Whether the line has nothing but indentation and indicators.
    pub(super) indention: bool,
    /// The number of the line, counted from 1.
    pub(super) lines: usize,
}

/// The column after which a space may become a line break in sigs.k8s.io/yaml; yaml.v3 breaks no lines.
const WIDTH: usize = 80;

impl Writer {
    pub(super) fn new(dialect: Dialect) -> Writer {
        Writer { out: String::new(), dialect, indent: -1, column: 0, whitespace: true, indention: true, lines: 1 }
    }

    /// Whether the line is longer than wanted.
    pub(super) fn too_wide(&self) -> bool {
        self.dialect == Dialect::Sigs && self.column > WIDTH
    }

    pub(super) fn put(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    pub(super) fn put_break(&mut self) {
        self.put_break_as('\n');
    }

    /// Writes a line break of the text as it is.
    pub(super) fn put_break_as(&mut self, c: char) {
        self.out.push(c);
        self.column = 0;
        self.lines += 1;
        self.indention = true;
    }

    /// Goes to the column of the indentation, on a new line where it must.
    pub(super) fn write_indent(&mut self) {
        let indent = usize::try_from(self.indent).unwrap_or(0);
        if !self.indention || self.column > indent || self.column == indent && !self.whitespace {
            self.put_break();
        }
        while self.column < indent {
            self.put(' ');
        }
        self.whitespace = true;
        self.indention = true;
    }

    pub(super) fn indicator(&mut self, text: &str, needs_space: bool, leaves: Leaves) {
        self.space_before(needs_space);
        self.out.push_str(text);
        self.column += text.len();
        self.whitespace = leaves == Leaves::Space;
        self.indention = self.indention && leaves == Leaves::Indention;
    }

    pub(super) fn space_before(&mut self, needed: bool) {
        if needed && !self.whitespace {
            self.put(' ');
        }
    }

    /// Ends the document.
    pub(super) fn finish(&mut self) {
        self.indent = -1;
        self.write_indent();
    }

    /// Goes one level in for a map or the lines of a scalar; returns the level to come back to.
    pub(super) fn enter(&mut self, scalar: bool) -> isize {
        let outer = self.indent;
        self.indent = match outer {
            ..0 if scalar => 2,
            ..0 => 0,
            _ => outer + 2,
        };
        outer
    }

    /// Goes one level in for a list: in sigs.k8s.io/yaml and kyaml a list in a map stands at the column of its key.
    pub(super) fn enter_list(&mut self, context: Context) -> isize {
        if self.dialect != Dialect::V3 && context.in_map() && !self.indention && self.indent >= 0 {
            return self.indent;
        }
        self.enter(false)
    }
}
