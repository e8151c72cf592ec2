//! Places in texts as editors count them.

/// A place: line and column from 0, columns in UTF-16 code units, as in the Language Server Protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column.
    pub character: u32,
}

impl Position {
    /// Returns a place.
    pub fn new(line: u32, character: u32) -> Position {
        Position { line, character }
    }
}

/// A stretch of text; the end is behind its last character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Range {
    /// Where it starts.
    pub start: Position,
    /// Where it ends.
    pub end: Position,
}

impl Range {
    /// Whether a place is inside, the end included: there the cursor stands behind the last character.
    pub fn touches(&self, position: Position) -> bool {
        self.start <= position && position <= self.end
    }
}

/// A text by its lines: bytes to places and back.
///
/// ```
/// use rhumb::session::{Lines, Position};
///
/// let lines = Lines::new("a: 😀b\n");
/// assert_eq!(lines.position("a: 😀".len()), Position::new(0, 5));
/// assert_eq!(lines.offset(Position::new(0, 5)), "a: 😀".len());
/// ```
#[derive(Debug, Clone)]
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Looks for the lines of a text. They end at `\n`, `\r\n` or `\r`.
    pub fn new(text: &'a str) -> Lines<'a> {
        let bytes = text.as_bytes();
        let ends = |at: &usize| bytes[*at] == b'\n' || bytes.get(at + 1) != Some(&b'\n');
        let found = memchr::memchr2_iter(b'\n', b'\r', bytes).filter(ends);
        let starts = std::iter::once(0).chain(found.map(|at| at + 1)).collect();
        Lines { text, starts }
    }

    /// Returns the text.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Returns how many lines there are; the one behind the last line break counts.
    pub fn count(&self) -> usize {
        self.starts.len()
    }

    /// Returns the line that a byte is in.
    pub fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// Returns where a line starts; the end of the text for lines behind the last.
    pub fn start(&self, line: usize) -> usize {
        self.starts.get(line).copied().unwrap_or(self.text.len())
    }

    /// Returns a line without its line break.
    pub fn line(&self, line: usize) -> &'a str {
        let whole = self.text.get(self.start(line)..self.start(line + 1)).unwrap_or("");
        whole.trim_end_matches(['\n', '\r'])
    }

    /// Returns the place of a byte; of one inside a character, that of the character.
    pub fn position(&self, offset: usize) -> Position {
        let offset = self.floor(offset);
        let line = self.line_of(offset);
        let before = self.text.get(self.start(line)..offset).unwrap_or("");
        Position { line: number(line), character: number(before.encode_utf16().count()) }
    }

    /// Returns the byte at a place. A place behind the end of its line is the line's end, one behind the last line the
    /// text's; one inside a surrogate pair is the pair's start.
    pub fn offset(&self, position: Position) -> usize {
        let line = position.line as usize;
        if line >= self.starts.len() {
            return self.text.len();
        }
        let mut left = position.character as usize;
        let mut at = self.start(line);
        for c in self.line(line).chars() {
            if left < c.len_utf16() {
                break;
            }
            left -= c.len_utf16();
            at += c.len_utf8();
        }
        at
    }

    /// Returns the range of some bytes.
    pub fn range(&self, start: usize, end: usize) -> Range {
        Range { start: self.position(start), end: self.position(end.max(start)) }
    }

    fn floor(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_utf_16_units() {
        let lines = Lines::new("ä: 😀x\r\nb: 1\rc");
        assert_eq!(lines.count(), 3);
        assert_eq!(lines.position("ä: 😀".len()), Position::new(0, 5));
        assert_eq!(lines.position("ä: ".len() + 2), Position::new(0, 3), "inside a character");
        assert_eq!(lines.line(0), "ä: 😀x");
        assert_eq!(lines.position(lines.start(2)), Position::new(2, 0));
        for offset in (0..lines.text().len()).filter(|at| lines.text().is_char_boundary(*at)) {
            let line = lines.line_of(offset);
            if offset <= lines.start(line) + lines.line(line).len() {
                assert_eq!(lines.offset(lines.position(offset)), offset);
            }
        }
    }

    #[test]
    fn places_outside_of_the_text_are_brought_back() {
        let lines = Lines::new("a\nbc\n");
        assert_eq!(lines.offset(Position::new(0, 99)), 1);
        assert_eq!(lines.offset(Position::new(99, 0)), 5);
        assert_eq!(lines.position(99), Position::new(2, 0));
        assert_eq!(Lines::new("😀").offset(Position::new(0, 1)), 0);
        assert_eq!(Lines::new("").position(0), Position::new(0, 0));
    }
}
