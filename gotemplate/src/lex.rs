//! Cuts template text into tokens, as [text/template/parse] does, with Go's error texts.
//!
//! Trim markers and comments are settled here; the parser never sees them. Everything is bytes: token values are
//! ranges of the text, and only errors own a string.
//!
//! [text/template/parse]: https://pkg.go.dev/text/template/parse

use crate::quote;
use crate::text::{self, decode, find, is_alphanumeric};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Error,
    Bool,
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    Eof,
    Field,
    Identifier,
    LeftDelim,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelim,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    // Keywords, printed as `<word>` in messages.
    Block,
    Break,
    Continue,
    Dot,
    Define,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

impl Kind {
    fn is_keyword(self) -> bool {
        self as u8 >= Kind::Block as u8
    }

    fn keyword(word: &[u8]) -> Option<Kind> {
        Some(match word {
            b"block" => Kind::Block,
            b"break" => Kind::Break,
            b"continue" => Kind::Continue,
            b"define" => Kind::Define,
            b"else" => Kind::Else,
            b"end" => Kind::End,
            b"if" => Kind::If,
            b"nil" => Kind::Nil,
            b"range" => Kind::Range,
            b"template" => Kind::Template,
            b"with" => Kind::With,
            _ => return None,
        })
    }
}

/// One token: its kind and its range in the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    pub(crate) kind: Kind,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

pub(crate) struct Lexer<'a> {
    text: &'a [u8],
    left: &'a [u8],
    right: &'a [u8],
    /// `break` and `continue` are ordinary names where the host has functions of these names.
    pub(crate) break_is_keyword: bool,
    pub(crate) continue_is_keyword: bool,
    pos: usize,
    start: usize,
    inside: bool,
    parens: u32,
    /// The text of the error token; the lexer stops at its first error.
    pub(crate) error: Option<String>,
    failed: Option<Item>,
}

const LEFT_COMMENT: &[u8] = b"/*";
const RIGHT_COMMENT: &[u8] = b"*/";
/// A trim marker is the minus sign and the space beside it.
const MARKER: usize = 2;

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Whether a byte is a whole character that may stand in a name.
fn is_name(byte: u8) -> bool {
    const NAME: [bool; 256] = {
        let mut bytes = [false; 256];
        let mut byte = 0;
        while byte < 128 {
            bytes[byte] = (byte as u8).is_ascii_alphanumeric() || byte as u8 == b'_';
            byte += 1;
        }
        bytes
    };
    NAME[usize::from(byte)]
}

fn has_left_marker(text: &[u8]) -> bool {
    text.len() >= MARKER && text[0] == b'-' && is_space(text[1])
}

fn has_right_marker(text: &[u8]) -> bool {
    text.len() >= MARKER && is_space(text[0]) && text[1] == b'-'
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a [u8], left: &'a [u8], right: &'a [u8]) -> Lexer<'a> {
        let left: &[u8] = if left.is_empty() { b"{{" } else { left };
        let right: &[u8] = if right.is_empty() { b"}}" } else { right };
        Lexer {
            text,
            left,
            right,
            break_is_keyword: true,
            continue_is_keyword: true,
            pos: 0,
            start: 0,
            inside: false,
            parens: 0,
            error: None,
            failed: None,
        }
    }

    /// Returns the next token. After an error token it returns the same one again.
    pub(crate) fn next_item(&mut self) -> Item {
        if let Some(item) = self.failed {
            return item;
        }
        if self.inside { self.inside_action() } else { self.outside() }
    }

    /// Returns how a token is named in messages.
    pub(crate) fn describe(&self, item: Item) -> String {
        let value = self.value(item);
        match item.kind {
            Kind::Eof => "EOF".to_owned(),
            Kind::Error => self.error.clone().unwrap_or_default(),
            kind if kind.is_keyword() => format!("<{}>", String::from_utf8_lossy(value)),
            _ if value.len() > 10 => {
                let mut end = 0;
                for _ in 0..10 {
                    end += decode(&value[end..]).1;
                }
                quote::quoted(&value[..end]) + "..."
            }
            _ => quote::quoted(value),
        }
    }

    pub(crate) fn value(&self, item: Item) -> &'a [u8] {
        &self.text[item.start as usize..item.end as usize]
    }

    /// Returns the line on which a token starts. Only errors ask, so that nobody counts lines before.
    pub(crate) fn line(&self, item: Item) -> u32 {
        let newlines = self.text[..item.start as usize].iter().filter(|&&byte| byte == b'\n').count();
        u32::try_from(newlines).unwrap_or(u32::MAX).saturating_add(1)
    }

    fn rest(&self) -> &'a [u8] {
        &self.text[self.pos..]
    }

    fn peek(&self) -> Option<char> {
        (self.pos < self.text.len()).then(|| decode(self.rest()).0)
    }

    fn next(&mut self) -> Option<char> {
        let (rune, width) = decode(self.rest());
        self.pos += width;
        (width > 0).then_some(rune)
    }

    fn emit(&mut self, kind: Kind) -> Item {
        // Texts are refused above 4 GiB when they are parsed, so positions fit.
        let item = Item { kind, start: self.start as u32, end: self.pos as u32 };
        self.start = self.pos;
        item
    }

    fn fail(&mut self, message: String) -> Item {
        self.pos = self.start;
        let item = self.emit(Kind::Error);
        self.error = Some(message);
        self.failed = Some(item);
        item
    }

    fn outside(&mut self) -> Item {
        loop {
            let Some(at) = find(self.rest(), self.left) else {
                self.pos = self.text.len();
                return self.emit(if self.pos > self.start { Kind::Text } else { Kind::Eof });
            };
            if at > 0 {
                let delim = self.pos + at;
                let mut end = delim;
                if has_left_marker(&self.text[delim + self.left.len()..]) {
                    while end > self.start && is_space(self.text[end - 1]) {
                        end -= 1;
                    }
                }
                self.pos = end;
                let item = self.emit(Kind::Text);
                (self.pos, self.start) = (delim, delim);
                if item.end > item.start {
                    return item;
                }
            }
            if let Some(item) = self.left_delim() {
                return item;
            }
        }
    }

    /// Takes the left delimiter, or skips a whole comment and returns nothing.
    fn left_delim(&mut self) -> Option<Item> {
        self.pos += self.left.len();
        let marker = if has_left_marker(self.rest()) { MARKER } else { 0 };
        if self.text[self.pos + marker..].starts_with(LEFT_COMMENT) {
            self.pos += marker;
            self.start = self.pos;
            return self.comment();
        }
        let item = self.emit(Kind::LeftDelim);
        self.inside = true;
        self.parens = 0;
        self.pos += marker;
        self.start = self.pos;
        Some(item)
    }

    fn comment(&mut self) -> Option<Item> {
        let Some(at) = find(&self.text[self.pos + LEFT_COMMENT.len()..], RIGHT_COMMENT) else {
            return Some(self.fail("unclosed comment".to_owned()));
        };
        self.pos += LEFT_COMMENT.len() + at + RIGHT_COMMENT.len();
        let Some(trim) = self.at_right_delim() else {
            return Some(self.fail("comment ends before closing delimiter".to_owned()));
        };
        self.skip_right_delim(trim);
        None
    }

    /// Reports whether the right delimiter is here; inside, whether it trims.
    #[inline]
    fn at_right_delim(&self) -> Option<bool> {
        let &first = self.text.get(self.pos)?;
        if first == self.right[0] && self.rest().starts_with(self.right) {
            return Some(false);
        }
        (is_space(first) && has_right_marker(self.rest()) && self.rest()[MARKER..].starts_with(self.right))
            .then_some(true)
    }

    fn skip_right_delim(&mut self, trim: bool) {
        self.pos += if trim { MARKER } else { 0 } + self.right.len();
        if trim {
            while self.pos < self.text.len() && is_space(self.text[self.pos]) {
                self.pos += 1;
            }
        }
        self.start = self.pos;
    }

    fn right_delim(&mut self, trim: bool) -> Item {
        if trim {
            self.start = self.pos + MARKER;
        }
        self.pos = self.start + self.right.len();
        let item = self.emit(Kind::RightDelim);
        self.pos = self.start;
        if trim {
            while self.pos < self.text.len() && is_space(self.text[self.pos]) {
                self.pos += 1;
            }
        }
        self.start = self.pos;
        self.inside = false;
        item
    }

    fn inside_action(&mut self) -> Item {
        let Some(&byte) = self.text.get(self.pos) else { return self.fail("unclosed action".to_owned()) };
        // The most common token by far.
        if is_name(byte) && !byte.is_ascii_digit() && byte != self.right[0] {
            return self.identifier();
        }
        if let Some(trim) = self.at_right_delim() {
            if self.parens == 0 {
                return self.right_delim(trim);
            }
            return self.fail("unclosed left paren".to_owned());
        }
        let rune = if byte.is_ascii() {
            self.pos += 1;
            char::from(byte)
        } else {
            self.next().unwrap_or(text::REPLACEMENT)
        };
        match rune {
            ' ' | '\t' | '\r' | '\n' => self.space(),
            '=' => self.emit(Kind::Assign),
            ':' if self.next() == Some('=') => self.emit(Kind::Declare),
            ':' => self.fail("expected :=".to_owned()),
            '|' => self.emit(Kind::Pipe),
            '"' => self.quoted(b'"', Kind::String, "unterminated quoted string"),
            '\'' => self.quoted(b'\'', Kind::CharConstant, "unterminated character constant"),
            '`' => self.raw_string(),
            '$' => self.field_or_variable(Kind::Variable),
            '.' if !self.rest().is_empty() && !self.rest()[0].is_ascii_digit() => self.field_or_variable(Kind::Field),
            '.' | '+' | '-' | '0'..='9' => self.number(),
            '(' => {
                self.parens += 1;
                self.emit(Kind::LeftParen)
            }
            ')' if self.parens == 0 => self.fail("unexpected right paren".to_owned()),
            ')' => {
                self.parens -= 1;
                self.emit(Kind::RightParen)
            }
            rune if is_alphanumeric(rune) => self.identifier(),
            ' '..='~' => self.emit(Kind::Char),
            rune => self.fail(format!("unrecognized character in action: {}", unicode(rune))),
        }
    }

    fn space(&mut self) -> Item {
        while self.pos < self.text.len() && is_space(self.text[self.pos]) {
            self.pos += 1;
        }
        // The last space may belong to a trim marker.
        let last = &self.text[self.pos - 1..];
        if has_right_marker(last) && last[MARKER..].starts_with(self.right) {
            self.pos -= 1;
            if self.pos == self.start {
                return if self.parens == 0 {
                    self.right_delim(true)
                } else {
                    self.fail("unclosed left paren".to_owned())
                };
            }
        }
        self.emit(Kind::Space)
    }

    fn identifier(&mut self) -> Item {
        self.skip_alphanumeric();
        if !self.at_terminator() {
            return self.bad_character();
        }
        let word = &self.text[self.start..self.pos];
        match Kind::keyword(word) {
            Some(Kind::Break) if !self.break_is_keyword => self.emit(Kind::Identifier),
            Some(Kind::Continue) if !self.continue_is_keyword => self.emit(Kind::Identifier),
            Some(kind) => self.emit(kind),
            None if word == b"true" || word == b"false" => self.emit(Kind::Bool),
            None => self.emit(Kind::Identifier),
        }
    }

    /// Scans the name after a dot or a dollar sign, which may be missing.
    fn field_or_variable(&mut self, kind: Kind) -> Item {
        if self.at_terminator() {
            return self.emit(if kind == Kind::Variable { kind } else { Kind::Dot });
        }
        self.skip_alphanumeric();
        if self.at_terminator() { self.emit(kind) } else { self.bad_character() }
    }

    fn skip_alphanumeric(&mut self) {
        loop {
            let rest = self.rest();
            let ascii = rest.iter().position(|byte| !is_name(*byte)).unwrap_or(rest.len());
            self.pos += ascii;
            if rest.get(ascii).is_none_or(u8::is_ascii) || !self.peek().is_some_and(is_alphanumeric) {
                return;
            }
            self.next();
        }
    }

    fn bad_character(&mut self) -> Item {
        let rune = self.peek().unwrap_or(text::REPLACEMENT);
        self.fail(format!("bad character {}", unicode(rune)))
    }

    fn at_terminator(&self) -> bool {
        match self.text.get(self.pos) {
            None | Some(b' ' | b'\t' | b'\r' | b'\n' | b'.' | b',' | b'|' | b':' | b')' | b'(') => true,
            Some(byte) => *byte == self.right[0] && self.rest().starts_with(self.right),
        }
    }

    fn quoted(&mut self, quote: u8, kind: Kind, unterminated: &str) -> Item {
        // No byte of a longer rune looks like one of these.
        let mut bytes = self.rest().iter().enumerate();
        loop {
            match bytes.next() {
                Some((_, b'\\')) if !matches!(bytes.next(), None | Some((_, b'\n'))) => {}
                None | Some((_, b'\n' | b'\\')) => return self.fail(unterminated.to_owned()),
                Some((at, &byte)) if byte == quote => {
                    self.pos += at + 1;
                    return self.emit(kind);
                }
                Some(_) => {}
            }
        }
    }

    fn raw_string(&mut self) -> Item {
        match self.rest().iter().position(|&byte| byte == b'`') {
            Some(at) => {
                self.pos += at + 1;
                self.emit(Kind::RawString)
            }
            None => self.fail("unterminated raw quoted string".to_owned()),
        }
    }

    fn number(&mut self) -> Item {
        self.pos = self.start;
        if !self.scan_number() {
            return self.bad_number();
        }
        if !matches!(self.peek(), Some('+' | '-')) {
            return self.emit(Kind::Number);
        }
        if !self.scan_number() || self.text[self.pos - 1] != b'i' {
            return self.bad_number();
        }
        self.emit(Kind::Complex)
    }

    fn bad_number(&mut self) -> Item {
        let message = format!("bad number syntax: {}", quote::quoted(&self.text[self.start..self.pos]));
        self.fail(message)
    }

    fn accept(&mut self, valid: &[u8]) -> bool {
        let taken = self.pos < self.text.len() && valid.contains(&self.text[self.pos]);
        self.pos += usize::from(taken);
        taken
    }

    fn accept_run(&mut self, valid: &[u8]) {
        while self.accept(valid) {}
    }

    /// Scans loosely; the parser refuses what is no number.
    fn scan_number(&mut self) -> bool {
        self.accept(b"+-");
        let mut digits: &[u8] = b"0123456789_";
        let (mut decimal, mut hex) = (true, false);
        if self.accept(b"0") {
            if self.accept(b"xX") {
                (digits, decimal, hex) = (b"0123456789abcdefABCDEF_", false, true);
            } else if self.accept(b"oO") {
                (digits, decimal) = (b"01234567_", false);
            } else if self.accept(b"bB") {
                (digits, decimal) = (b"01_", false);
            }
        }
        self.accept_run(digits);
        if self.accept(b".") {
            self.accept_run(digits);
        }
        if decimal && self.accept(b"eE") || hex && self.accept(b"pP") {
            self.accept(b"+-");
            self.accept_run(b"0123456789_");
        }
        self.accept(b"i");
        if self.peek().is_some_and(is_alphanumeric) {
            self.next();
            return false;
        }
        true
    }
}

/// Go's `%#U`: the number, and the character where it can be seen.
fn unicode(rune: char) -> String {
    if text::is_print(rune) {
        format!("U+{:04X} '{rune}'", u32::from(rune))
    } else {
        format!("U+{:04X}", u32::from(rune))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(Kind, String)> {
        let mut lexer = Lexer::new(text.as_bytes(), b"", b"");
        let mut all = Vec::new();
        loop {
            let item = lexer.next_item();
            all.push((item.kind, String::from_utf8_lossy(lexer.value(item)).into_owned()));
            if matches!(item.kind, Kind::Eof | Kind::Error) {
                return all;
            }
        }
    }

    #[test]
    fn trim_markers_eat_the_space_around() {
        let texts: Vec<_> = kinds("a \n {{- .x -}} \n b").into_iter().filter(|item| item.0 == Kind::Text).collect();
        assert_eq!(texts, [(Kind::Text, "a".to_owned()), (Kind::Text, "b".to_owned())]);
    }

    #[test]
    fn comments_leave_no_token() {
        assert_eq!(kinds("a{{- /* x */ -}} b").len(), 3);
    }

    #[test]
    fn a_minus_without_space_is_part_of_a_number() {
        assert!(kinds("{{-3}}").contains(&(Kind::Number, "-3".to_owned())));
    }

    #[test]
    fn lines_are_those_of_the_token_start() {
        let mut lexer = Lexer::new(b"\n\n{{ `a\nb` .c }}", b"", b"");
        let items: Vec<_> = (0..6).map(|_| lexer.next_item()).collect();
        let lines: Vec<_> = items.into_iter().map(|item| lexer.line(item)).collect();
        assert_eq!(lines, [1, 3, 3, 3, 4, 4]);
    }
}
