//! Where nodes end: the tree knows only where they start.

use super::super::node::{Node, NodeKind, Scalar, ScalarStyle};

/// A text, with answers about places in it.
pub(super) struct Text<'t> {
    pub(super) text: &'t str,
    /// How its lines end.
    pub(super) newline: &'static str,
}

pub(super) fn start(node: &Node) -> usize {
    node.span.start as usize
}

/// Returns in which column a node starts.
pub(super) fn column(text: &Text<'_>, node: &Node) -> usize {
    start(node) - text.line_start(start(node))
}

impl<'t> Text<'t> {
    pub(super) fn new(text: &'t str) -> Text<'t> {
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        Text { text, newline }
    }

    pub(super) fn from(&self, at: usize) -> &'t str {
        self.text.get(at..).unwrap_or_default()
    }

    pub(super) fn line_start(&self, at: usize) -> usize {
        self.text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1)
    }

    /// Returns where the line ends: before its line break.
    pub(super) fn line_end(&self, at: usize) -> usize {
        let rest = self.from(at);
        let line = rest.find('\n').map_or(rest, |end| &rest[..end]);
        at + line.strip_suffix('\r').unwrap_or(line).len()
    }

    /// Returns where the next line starts.
    pub(super) fn next_line(&self, at: usize) -> usize {
        self.from(at).find('\n').map_or(self.text.len(), |end| at + end + 1)
    }

    /// Whether a list or map is written in brackets.
    pub(super) fn is_flow(&self, node: &Node) -> bool {
        self.from(self.content(node)).starts_with(['[', '{'])
    }

    /// Returns where a node starts behind its tag and its anchor.
    pub(super) fn content(&self, node: &Node) -> usize {
        let mut at = start(node);
        if node.props.is_none() {
            return at;
        }
        while self.from(at).starts_with(['&', '!']) {
            let rest = self.from(at);
            let word = rest.find(char::is_whitespace).unwrap_or(rest.len());
            at += rest.len() - rest[word..].trim_start().len();
        }
        at
    }

    /// Returns where the text of a node ends; `indent` is the column of what holds it.
    pub(super) fn end(&self, node: &Node) -> usize {
        let at = self.content(node);
        match &node.kind {
            NodeKind::Alias(name) => at + 1 + name.len(),
            NodeKind::Scalar(scalar) => self.scalar_end(at, scalar),
            NodeKind::Seq(items) => {
                let last = items.last().map(|item| self.end(item));
                if self.is_flow(node) { self.bracket(last.unwrap_or(at + 1)) } else { last.unwrap_or(at) }
            }
            NodeKind::Map(entries) => {
                let last = entries.last().map(|entry| self.entry_end(entry));
                if self.is_flow(node) { self.bracket(last.unwrap_or(at + 1)) } else { last.unwrap_or(at) }
            }
        }
    }

    /// Returns where an entry of a map ends.
    pub(super) fn entry_end(&self, (key, value): &(Node, Node)) -> usize {
        self.end(value).max(self.end(key))
    }

    fn scalar_end(&self, at: usize, scalar: &Scalar) -> usize {
        match scalar.style {
            ScalarStyle::Plain => self.plain_end(at, &scalar.text),
            ScalarStyle::SingleQuoted => self.quoted_end(at, '\''),
            ScalarStyle::DoubleQuoted => self.quoted_end(at, '"'),
            ScalarStyle::Literal | ScalarStyle::Folded => self.block_end(at),
        }
    }

    // Line breaks and the blanks around them are folded: all else stands there as it is.
    fn plain_end(&self, at: usize, text: &str) -> usize {
        let mut end = at;
        for c in text.chars().filter(|c| !c.is_whitespace()) {
            let rest = self.from(end);
            let ahead = rest.trim_start();
            if !ahead.starts_with(c) {
                return end;
            }
            end += rest.len() - ahead.len() + c.len_utf8();
        }
        end
    }

    fn quoted_end(&self, at: usize, quote: char) -> usize {
        let mut chars = self.from(at + 1).char_indices();
        while let Some((i, c)) = chars.next() {
            if c == '\\' && quote == '"' {
                chars.next();
            } else if c == quote {
                let doubled = quote == '\'' && self.from(at + 1 + i + 1).starts_with('\'');
                if !doubled {
                    return at + 1 + i + 1;
                }
                chars.next();
            }
        }
        self.text.len()
    }

    // The lines of a block are blank or deeper than the line that its header stands on.
    fn block_end(&self, at: usize) -> usize {
        let line = self.line_start(at);
        let head = self.from(line);
        let dashes = head.len() - head.trim_start_matches(['-', ' ']).len();
        let plain = head.len() - head.trim_start_matches(' ').len();
        // `- key: |` nests below the key, `- |` below the dash.
        let indent = if line + dashes < at { dashes } else { plain };
        let (mut end, mut next) = (self.line_end(at), self.next_line(at));
        while next < self.text.len() {
            let line = &self.text[next..self.line_end(next)];
            let blank = line.trim().is_empty();
            if !blank && line.len() - line.trim_start_matches(' ').len() <= indent {
                break;
            }
            if !blank {
                end = self.line_end(next);
            }
            next = self.next_line(next);
        }
        end
    }

    /// Returns the place behind the bracket that closes a collection whose last child ends here.
    fn bracket(&self, mut at: usize) -> usize {
        loop {
            let rest = self.from(at);
            let ahead = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',' || c == ':');
            at += rest.len() - ahead.len();
            match ahead.chars().next() {
                Some('#') => at = self.next_line(at),
                Some(']' | '}') => return at + 1,
                _ => return at,
            }
        }
    }

    /// Returns where the dashes of items stand, if each is the first thing on its line.
    pub(super) fn dashes(&self, items: &[Node]) -> Option<Vec<usize>> {
        items.iter().map(|item| self.dash(item)).collect()
    }

    fn dash(&self, item: &Node) -> Option<usize> {
        let line = self.line_start(start(item));
        let before = self.text.get(line..start(item))?;
        let at = before.find(|c| c != ' ')?;
        (before[at..].trim_end_matches(' ') == "-").then_some(line + at)
    }

    /// Returns where the comments and blank lines above a line start.
    pub(super) fn above(&self, line: usize) -> usize {
        let mut at = line;
        while at > 0 {
            let before = self.line_start(at - 1);
            let text = self.text[before..at].trim();
            if !text.is_empty() && !text.starts_with('#') {
                break;
            }
            at = before;
        }
        at
    }

    /// Whether nothing but blank lines and comments follow.
    pub(super) fn is_tail(&self, at: usize) -> bool {
        self.from(at).lines().map(str::trim_start).all(|line| line.is_empty() || line.starts_with('#'))
    }
}
