//! The place in a text: characters one by one, forward and back, and the errors that name their line.

use gotemplate::Value;
use gotemplate::fmt::sprintf;

/// Stands for the end of the text, where the NUL character itself is refused.
pub(super) const END: char = '\0';

/// Why a text cannot be read.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) line: i64,
    pub(super) message: String,
}

/// A place in a text.
#[derive(Debug)]
pub(super) struct Cursor<'t> {
    input: &'t [u8],
    /// Where the current item begins.
    start: usize,
    at: usize,
    line: i64,
    /// The end was read: going back stays there.
    at_end: bool,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(input: &'t [u8]) -> Cursor<'t> {
        Cursor { input, start: 0, at: 0, line: 1, at_end: false }
    }

    pub(super) fn line(&self) -> i64 {
        self.line
    }

    /// Returns the text of the current item.
    pub(super) fn current(&self) -> &'t str {
        // Every character up to here was read, so the text is UTF-8.
        std::str::from_utf8(&self.input[self.start.min(self.at)..self.at]).unwrap_or_default()
    }

    /// Returns the text of the current item and begins the next.
    pub(super) fn item(&mut self) -> &'t str {
        let text = self.current();
        self.start = self.at;
        text
    }

    /// Begins an item.
    pub(super) fn ignore(&mut self) {
        self.start = self.at;
    }

    /// Reads a character.
    pub(super) fn next(&mut self) -> Result<char, Failure> {
        let rest = &self.input[self.at..];
        let Some(&first) = rest.first() else {
            self.at_end = true;
            return Ok(END);
        };
        if first == b'\n' {
            self.line += 1;
        }
        let window = &rest[..rest.len().min(4)];
        let decoded = window.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
        let Some(c) = decoded else {
            return Err(self.failure(format!("invalid UTF-8 byte: 0x{first:02x}")));
        };
        let control = c.is_ascii_control() && !matches!(c, '\t' | '\r' | '\n');
        if control || c == '\r' && rest.get(1) != Some(&b'\n') {
            let code = u32::from(c);
            return Err(self.failure(format!("TOML files cannot contain control characters: '0x{code:02x}'")));
        }
        self.at += c.len_utf8();
        Ok(c)
    }

    /// Goes back by a character.
    pub(super) fn back(&mut self) {
        if self.at_end {
            self.at_end = false;
            return;
        }
        while self.at > 0 {
            self.at -= 1;
            let byte = self.input[self.at];
            if byte == b'\n' {
                self.line -= 1;
            }
            if byte & 0xc0 != 0x80 {
                break;
            }
        }
    }

    pub(super) fn peek(&mut self) -> Result<char, Failure> {
        let c = self.next()?;
        self.back();
        Ok(c)
    }

    /// Reads a character if it is the one.
    pub(super) fn accept(&mut self, wanted: char) -> Result<bool, Failure> {
        if self.next()? == wanted {
            return Ok(true);
        }
        self.back();
        Ok(false)
    }

    /// Skips characters, and begins an item behind them.
    pub(super) fn skip(&mut self, wanted: impl Fn(char) -> bool) -> Result<(), Failure> {
        while wanted(self.next()?) {}
        self.back();
        self.ignore();
        Ok(())
    }

    /// Reads characters as long as they belong to an item.
    pub(super) fn take(&mut self, wanted: impl Fn(char) -> bool) -> Result<(), Failure> {
        while wanted(self.next()?) {}
        self.back();
        Ok(())
    }

    fn failure(&self, message: String) -> Failure {
        Failure { line: self.line, message }
    }

    /// An error at this place; one at the end belongs to the last line that has text.
    pub(super) fn fail<T>(&self, message: impl Into<String>) -> Result<T, Failure> {
        let empty_line = self.at_end && self.at > 0 && self.input[self.at - 1] == b'\n';
        Err(Failure { line: self.line - i64::from(empty_line), message: message.into() })
    }

    /// An error at the line before, as a line break was read.
    pub(super) fn fail_before<T>(&self, message: impl Into<String>) -> Result<T, Failure> {
        Err(Failure { line: self.line - 1, message: message.into() })
    }

    /// Whether the end was read.
    pub(super) fn is_at_end(&self) -> bool {
        self.at_end
    }
}

pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r')
}

/// Returns a character as Go quotes it.
pub(super) fn quoted(c: char) -> String {
    String::from_utf8_lossy(&sprintf(b"%q", &[Value::from(i64::from(u32::from(c)))])).into_owned()
}

/// Returns a character in plain quotes, or the name of the end.
pub(super) fn shown(c: char) -> String {
    if c == END { "end of file".to_owned() } else { format!("'{c}'") }
}
