//! The text with a place in it, and the mistakes that Go's reader finds.

use std::borrow::Cow;
use std::fmt;

use super::chars::LINE;
use super::token::Mark;
use crate::source::search;

/// What is wrong with a text, in the words of go-yaml.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong, without the line.
    pub message: Cow<'static, str>,
    /// The byte offset at which it was noticed.
    pub offset: usize,
    /// The line as Go's message has it, which is not always the right one; 0 where the message has none.
    pub line: usize,
    /// The line where what is wrong began, which yaml.v3's message has instead; 0 where that has `line`, too.
    pub begun: usize,
}

impl SyntaxError {
    /// Returns the whole message of yaml.v3, which names the line where a scalar or a collection began.
    pub fn v3(&self) -> String {
        match if self.begun == 0 { self.line } else { self.begun } {
            0 => format!("yaml: {}", self.message),
            line => format!("yaml: line {line}: {}", self.message),
        }
    }

    /// Says on which line, counted from 0, the token began.
    pub(super) fn within(self, line: usize) -> SyntaxError {
        let begun = if line == 0 || self.line == 0 { 0 } else { line + 1 };
        SyntaxError { begun, ..self }
    }
}

impl fmt::Display for SyntaxError {
    /// Writes Go's whole message: `yaml: line 3: did not find expected key`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "yaml: {}", self.message),
            line => write!(f, "yaml: line {line}: {}", self.message),
        }
    }
}

impl std::error::Error for SyntaxError {}

/// Go's reader takes the input in pieces of this size, and refuses a piece before its first byte is scanned.
const PIECE: usize = 512;

/// A text being scanned.
#[derive(Debug, Clone, Copy)]
pub(in crate::yaml) struct Input<'a> {
    text: &'a str,
    bytes: &'a [u8],
    pos: usize,
    line: usize,
    line_start: usize,
    ascii: bool,
    /// A place of this line and its column, to count the characters of a line only once.
    counted: (usize, usize),
    /// The first character that may not be there; the text ends before it.
    refused: Option<usize>,
}

impl<'a> Input<'a> {
    /// Returns the input for a text; a byte order mark at its start is skipped.
    pub(in crate::yaml) fn new(text: &'a str) -> Input<'a> {
        let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
        let (refused, ascii) = survey(text);
        let end = refused.unwrap_or(text.len());
        Input {
            text,
            bytes: &text.as_bytes()[..end],
            pos: start,
            line: 0,
            line_start: start,
            ascii,
            counted: (start, 0),
            refused,
        }
    }

    /// Returns the input for the rest of the text from the next line on that begins a document.
    pub(in crate::yaml) fn next_document(&self, from: usize) -> Option<Input<'a>> {
        let mut at = from.min(self.bytes.len());
        let mut line =
            self.line + self.bytes.get(self.pos..at).map_or(0, |b| b.iter().filter(|b| **b == b'\n').count());
        loop {
            at += search::byte(b'\n', &self.bytes[at..])? + 1;
            line += 1;
            let rest = &self.bytes[at..];
            if rest.starts_with(b"---") && matches!(rest.get(3), None | Some(b' ' | b'\t' | b'\n' | b'\r')) {
                return Some(Input { pos: at, line, line_start: at, counted: (at, 0), ..*self });
            }
        }
    }

    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    #[inline]
    pub(in crate::yaml) fn pos(&self) -> usize {
        self.pos
    }

    #[inline]
    pub(super) fn line(&self) -> usize {
        self.line
    }

    #[inline]
    pub(super) fn mark(&self) -> Mark {
        Mark { offset: self.pos, line: self.line }
    }

    /// Returns the byte `ahead` of the place; 0 behind the end.
    #[inline]
    pub(super) fn at(&self, ahead: usize) -> u8 {
        self.bytes.get(self.pos + ahead).copied().unwrap_or(0)
    }

    #[inline]
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.pos..).unwrap_or_default()
    }

    #[inline]
    pub(super) fn advance(&mut self, bytes: usize) {
        self.pos += bytes;
    }

    #[inline]
    pub(super) fn at_line_start(&self) -> bool {
        self.pos == self.line_start
    }

    /// Returns how many bytes of the line were read, which is the column where they are all blanks.
    #[inline]
    pub(super) fn blanks_before(&self) -> usize {
        self.pos - self.line_start
    }

    /// Returns the column in characters.
    #[inline]
    pub(super) fn column(&mut self) -> usize {
        if self.ascii { self.pos - self.line_start } else { self.count_column() }
    }

    fn count_column(&mut self) -> usize {
        let (from, column) = if self.counted.0 >= self.line_start { self.counted } else { (self.line_start, 0) };
        let between = self.bytes.get(from..self.pos).unwrap_or_default();
        let column = column + between.iter().filter(|b| **b & 0xc0 != 0x80).count();
        self.counted = (self.pos, column);
        column
    }

    /// Returns the bytes of a line break at this place, 0 where there is none.
    #[inline]
    pub(super) fn break_len(&self, ahead: usize) -> usize {
        match self.at(ahead) {
            b'\n' => 1,
            b'\r' => 1 + usize::from(self.at(ahead + 1) == b'\n'),
            0xc2 if self.at(ahead + 1) == 0x85 => 2,
            0xe2 if self.at(ahead + 1) == 0x80 && matches!(self.at(ahead + 2), 0xa8 | 0xa9) => 3,
            _ => 0,
        }
    }

    #[inline]
    pub(super) fn is_blank(&self) -> bool {
        matches!(self.at(0), b' ' | b'\t')
    }

    /// Whether a blank, a line break or the end stands there.
    #[inline]
    pub(super) fn is_blankz(&self, ahead: usize) -> bool {
        match self.at(ahead) {
            b' ' | b'\t' | b'\n' | b'\r' | 0 => true,
            0xc2 | 0xe2 => self.break_len(ahead) > 0,
            _ => false,
        }
    }

    /// Whether a line break or the end stands here.
    #[inline]
    pub(super) fn is_breakz(&self) -> bool {
        self.at(0) == 0 || self.break_len(0) > 0
    }

    /// Whether `---` or `...` stands alone here.
    pub(super) fn at_document_indicator(&self) -> bool {
        (self.rest().starts_with(b"---") || self.rest().starts_with(b"...")) && self.is_blankz(3)
    }

    #[inline]
    pub(super) fn skip_blanks(&mut self, tabs: bool) {
        while self.at(0) == b' ' || tabs && self.at(0) == b'\t' {
            self.pos += 1;
        }
    }

    /// Goes to the end of the line.
    #[inline]
    pub(super) fn skip_comment(&mut self) {
        if self.ascii {
            let rest = self.rest();
            self.pos += search::either(b'\n', b'\r', rest).unwrap_or(rest.len());
            return;
        }
        loop {
            self.pos += LINE.run(self.rest());
            if self.is_breakz() {
                return;
            }
            self.pos += 1;
        }
    }

    /// Goes over a line break, if there is one.
    #[inline]
    pub(super) fn skip_line(&mut self) -> bool {
        let len = self.break_len(0);
        if len > 0 {
            self.pos += len;
            self.line += 1;
            self.line_start = self.pos;
        }
        len > 0
    }

    /// Goes over a line break and returns what it is in the text of a scalar.
    #[inline]
    pub(super) fn take_line(&mut self) -> &'static str {
        let kept = match (self.at(0), self.at(2)) {
            (0xe2, 0xa8) => "\u{2028}",
            (0xe2, _) => "\u{2029}",
            _ => "\n",
        };
        if self.skip_line() { kept } else { "" }
    }

    /// Takes letters, digits, `_` and `-`.
    pub(super) fn take_alphanumeric(&mut self) -> &'a str {
        let start = self.pos;
        while self.at(0).is_ascii_alphanumeric() || matches!(self.at(0), b'_' | b'-') {
            self.pos += 1;
        }
        &self.text[start..self.pos]
    }

    /// Counts a last line without a line break as a line.
    pub(super) fn finish_line(&mut self) {
        if self.pos != self.line_start {
            self.line += 1;
            self.line_start = self.pos;
        }
    }

    /// Returns an error of the scanner at this place.
    pub(in crate::yaml) fn error(&self, message: impl Into<Cow<'static, str>>) -> SyntaxError {
        if let Err(refusal) = self.check_piece() {
            return refusal;
        }
        let line = if self.line == 0 { 0 } else { self.line + 1 };
        SyntaxError { message: message.into(), offset: self.pos.min(self.bytes.len()), line, begun: 0 }
    }

    /// Returns the error for a character that may not be there, once the end before it is reached.
    pub(super) fn check_end(&self) -> Result<(), SyntaxError> {
        self.refused.map_or(Ok(()), |at| Err(self.refusal(at)))
    }

    /// Returns the error for such a character in a piece that Go has read by now.
    pub(in crate::yaml) fn check_piece(&self) -> Result<(), SyntaxError> {
        match self.refused {
            Some(at) if self.pos + 4 > at / PIECE * PIECE => Err(self.refusal(at)),
            _ => Ok(()),
        }
    }

    fn refusal(&self, offset: usize) -> SyntaxError {
        SyntaxError { message: "control characters are not allowed".into(), offset, line: 0, begun: 0 }
    }
}

/// Returns the first character that go-yaml refuses to read, and whether all are ASCII.
fn survey(text: &str) -> (Option<usize>, bool) {
    let bytes = text.as_bytes();
    let suspicious = |b: &u8| *b >= 0x7f || *b < 0x20 && !matches!(*b, b'\t' | b'\n' | b'\r');
    let mut ascii = true;
    for (number, piece) in bytes.chunks(256).enumerate() {
        if !piece.iter().fold(false, |any, b| any | suspicious(b)) {
            continue;
        }
        for (i, b) in piece.iter().enumerate().filter(|(_, b)| suspicious(b)) {
            let at = number * 256 + i;
            ascii &= b.is_ascii();
            let next = bytes.get(at + 1).copied().unwrap_or(0);
            let refused = match b {
                0xc2 => next < 0xa0 && next != 0x85,
                0xef => next == 0xbf && bytes.get(at + 2).is_some_and(|b| *b >= 0xbe),
                _ => b.is_ascii(),
            };
            if refused {
                return (Some(at), ascii);
            }
        }
    }
    (None, ascii)
}

/// Returns the text of a file: UTF-8 as it is, UTF-16 by its byte order mark as Go's reader knows it.
///
/// # Errors
/// Bytes that are neither, in Go's words.
pub fn decode_input(bytes: &[u8]) -> Result<Cow<'_, str>, SyntaxError> {
    let wrong = |message: &'static str, offset| SyntaxError { message: message.into(), offset, line: 0, begun: 0 };
    let unit = match bytes {
        [0xff, 0xfe, ..] => |pair: &[u8]| u16::from_le_bytes([pair[0], pair[1]]),
        [0xfe, 0xff, ..] => |pair: &[u8]| u16::from_be_bytes([pair[0], pair[1]]),
        _ => {
            return std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|e| {
                let at = e.valid_up_to();
                match bytes[at] {
                    0x80..=0xbf | 0xf8.. => wrong("invalid leading UTF-8 octet", at),
                    _ if e.error_len().is_none() => wrong("incomplete UTF-8 octet sequence", at),
                    _ => wrong("invalid trailing UTF-8 octet", at),
                }
            });
        }
    };
    if bytes.len() % 2 == 1 {
        return Err(wrong("incomplete UTF-16 character", bytes.len() - 1));
    }
    let units = bytes[2..].chunks_exact(2).map(unit);
    let mut offset = 2;
    let mut text = String::with_capacity(bytes.len());
    for c in char::decode_utf16(units) {
        let c = c.map_err(|e| match e.unpaired_surrogate() {
            0xdc00.. => wrong("unexpected low surrogate area", offset),
            _ if offset + 2 >= bytes.len() => wrong("incomplete UTF-16 surrogate pair", offset),
            _ => wrong("expected low surrogate area", offset + 2),
        })?;
        offset += c.len_utf16() * 2;
        text.push(c);
    }
    Ok(text.into())
}
