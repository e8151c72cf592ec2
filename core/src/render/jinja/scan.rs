//! A reading of YAML text as it is put together that is just good enough to know what the next word would be.
//!
//! It decides how a capture is written: as lines, as a node of its own, or as text inside a scalar. It decides
//! nothing about values: those are holes, whose place the real parser finds.

/// What stands at the current place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spot {
    /// The inside of a block scalar, of quotes or of a comment.
    Text,
    /// The start of a line, in this column.
    Line(usize),
    /// The value of a key that starts in this column.
    Value(usize),
    /// An item of a list, in this column.
    Item(usize),
    /// Anything else.
    Inline,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    // A token is about to start.
    Node,
    // `-` or `?` was read; a blank makes it an indicator.
    Dash(usize),
    Plain,
    Props,
    Double,
    Escape,
    Single,
    // A quote inside single quotes: the end, or the first of two.
    SingleEnd,
    Comment,
    // `|` or `>` was read.
    Header(isize),
    // Lines further right than this belong to a block scalar.
    Block(isize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    Line,
    Dash(usize),
    Colon,
    Start,
}

/// The state of the reading.
#[derive(Debug, Clone)]
pub(super) struct Scan {
    mode: Mode,
    after: After,
    column: usize,
    blank: bool,
    flow: usize,
    // The column of the entry of this line: behind its dashes.
    entry: usize,
    before: char,
    // How many dashes the token consists of, when of nothing else.
    dashes: usize,
}

impl Scan {
    pub(super) fn new() -> Scan {
        Scan {
            mode: Mode::Node,
            after: After::Line,
            column: 0,
            blank: true,
            flow: 0,
            entry: 0,
            before: '\n',
            dashes: 0,
        }
    }

    pub(super) fn column(&self) -> usize {
        self.column
    }

    /// Whether only blanks stand before on the line.
    pub(super) fn blank(&self) -> bool {
        self.blank
    }

    /// Whether a tag, an anchor or an alias is being written.
    pub(super) fn in_properties(&self) -> bool {
        self.mode == Mode::Props
    }

    pub(super) fn feed(&mut self, text: &str) {
        for c in text.chars() {
            self.next(c);
        }
    }

    pub(super) fn spot(&self) -> Spot {
        match self.mode {
            Mode::Double | Mode::Escape | Mode::Single | Mode::SingleEnd | Mode::Comment => Spot::Text,
            Mode::Block(parent) if !self.blank || self.column as isize > parent => Spot::Text,
            Mode::Block(_) => Spot::Line(self.column),
            Mode::Node if self.blank => Spot::Line(self.column),
            Mode::Node if self.flow > 0 => Spot::Inline,
            Mode::Node => match self.after {
                After::Colon => Spot::Value(self.entry),
                After::Dash(_) => Spot::Item(self.column),
                After::Line | After::Start => Spot::Inline,
            },
            _ => Spot::Inline,
        }
    }

    fn next(&mut self, c: char) {
        if c == '\n' {
            self.line();
        } else {
            self.char(c);
            self.column += 1;
            self.blank &= matches!(c, ' ' | '\t' | '\r');
        }
        self.before = c;
    }

    fn line(&mut self) {
        self.mode = match self.mode {
            Mode::Header(parent) | Mode::Block(parent) => Mode::Block(parent),
            Mode::Escape => Mode::Double,
            Mode::Double | Mode::Single => self.mode,
            _ => {
                self.after = After::Line;
                Mode::Node
            }
        };
        (self.column, self.blank, self.dashes) = (0, true, 0);
    }

    fn char(&mut self, c: char) {
        let space = matches!(c, ' ' | '\t' | '\r');
        match self.mode {
            Mode::Block(parent) => {
                if !self.blank || space || self.column as isize > parent {
                    return;
                }
                (self.mode, self.after) = (Mode::Node, After::Line);
                self.start(c);
            }
            Mode::Node if space => {}
            Mode::Node => self.start(c),
            Mode::Dash(column) if space => (self.mode, self.after) = (Mode::Node, After::Dash(column)),
            Mode::Dash(_) => {
                self.mode = Mode::Plain;
                self.plain(c, space);
            }
            Mode::Props if space => self.mode = Mode::Node,
            Mode::Props | Mode::Comment => {}
            Mode::Plain => self.plain(c, space),
            Mode::Double if c == '\\' => self.mode = Mode::Escape,
            Mode::Double if c == '"' => self.mode = Mode::Plain,
            Mode::Double => {}
            Mode::Escape => self.mode = Mode::Double,
            Mode::Single if c == '\'' => self.mode = Mode::SingleEnd,
            Mode::Single => {}
            Mode::SingleEnd if c == '\'' => self.mode = Mode::Single,
            Mode::SingleEnd => {
                self.mode = Mode::Plain;
                self.plain(c, space);
            }
            Mode::Header(_) if space || matches!(c, '+' | '-' | '0'..='9') => {}
            Mode::Header(parent) if c == '#' => self.mode = Mode::Header(parent),
            // The rest of a comment behind the header, or something that the parser will refuse.
            Mode::Header(_) => {}
        }
    }

    fn start(&mut self, c: char) {
        if self.blank {
            self.entry = self.column;
        }
        if matches!(self.after, After::Line | After::Dash(_)) {
            self.entry = self.column;
        }
        self.dashes = usize::from(c == '-');
        self.mode = match c {
            '-' | '?' if self.flow == 0 => Mode::Dash(self.column),
            '"' => Mode::Double,
            '\'' => Mode::Single,
            '#' => Mode::Comment,
            '&' | '!' | '*' => Mode::Props,
            '|' | '>' if self.flow == 0 => Mode::Header(self.parent()),
            '[' | '{' => {
                self.flow += 1;
                Mode::Node
            }
            ']' | '}' if self.flow > 0 => {
                self.flow -= 1;
                Mode::Plain
            }
            ',' if self.flow > 0 => Mode::Node,
            _ => Mode::Plain,
        };
    }

    fn parent(&self) -> isize {
        match self.after {
            After::Colon => self.entry as isize,
            After::Dash(column) => column as isize,
            After::Line => self.column as isize - 1,
            After::Start => -1,
        }
    }

    fn plain(&mut self, c: char, space: bool) {
        self.dashes = if c == '-' && self.dashes > 0 {
            self.dashes + 1
        } else if space {
            self.dashes
        } else {
            0
        };
        if space && self.before == ':' {
            (self.mode, self.after) = (Mode::Node, After::Colon);
        } else if space && self.dashes == 3 && self.column == 3 {
            (self.mode, self.after, self.flow) = (Mode::Node, After::Start, 0);
        } else if c == '#' && matches!(self.before, ' ' | '\t') {
            self.mode = Mode::Comment;
        } else if self.flow > 0 && matches!(c, ']' | '}') {
            self.flow -= 1;
        } else if self.flow > 0 && c == ',' {
            self.mode = Mode::Node;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(text: &str) -> Spot {
        let mut scan = Scan::new();
        scan.feed(text);
        scan.spot()
    }

    #[test]
    fn the_place_is_known() {
        for (text, expected) in [
            ("", Spot::Line(0)),
            ("a:\n  ", Spot::Line(2)),
            ("a: ", Spot::Value(0)),
            ("- a: ", Spot::Value(2)),
            ("x:\n  - ", Spot::Item(4)),
            ("a: |\n  ", Spot::Text),
            ("a: |\n  x\n\n    y", Spot::Text),
            ("a: |\n  x\nb: ", Spot::Value(0)),
            ("- |\n  x\n", Spot::Line(0)),
            ("- a: >-\n    x\n  ", Spot::Line(2)),
            ("a: \"x ", Spot::Text),
            ("a: \"x\\\" \" # it", Spot::Text),
            ("a: 'it''s ", Spot::Text),
            ("a: it's ", Spot::Inline),
            ("a: b # it's\nc: ", Spot::Value(0)),
            ("a: [", Spot::Inline),
            ("a: [x]\nb: ", Spot::Value(0)),
            ("--- |\nx", Spot::Text),
            ("a: &x ", Spot::Value(0)),
            ("\"q\": ", Spot::Value(0)),
            ("a: x-", Spot::Inline),
        ] {
            assert_eq!(spot(text), expected, "{text:?}");
        }
    }
}
