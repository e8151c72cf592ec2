//! Scalars in quotes.

use super::chars::{DOUBLE, SINGLE};
use super::{Breaks, Gather, Scan, Scanner, TokenKind};
use crate::yaml::ScalarStyle;

impl<'a> Scanner<'a> {
    pub(super) fn scan_quoted(&mut self) -> Scan<TokenKind<'a>> {
        let quote = self.input.at(0);
        self.input.advance(1);
        let mut gather = Gather::new(self.input.text(), self.input.pos());
        loop {
            if self.input.at_line_start() && self.input.at_document_indicator() {
                return Err(self.input.error("found unexpected document indicator"));
            }
            if self.input.at(0) == 0 {
                self.input.check_end()?;
                return Err(self.input.error("found unexpected end of stream"));
            }
            let escaped_break = self.scan_quoted_run(quote, &mut gather)?;
            if self.input.at(0) == quote && !escaped_break {
                break;
            }
            self.fold_quoted_space(escaped_break, &mut gather);
        }
        let text = gather.finish(self.input.pos());
        self.input.advance(1);
        let style = if quote == b'"' { ScalarStyle::DoubleQuoted } else { ScalarStyle::SingleQuoted };
        Ok(TokenKind::Scalar(text, style))
    }

    /// Reads up to a blank, a line break, the closing quote or the end; says whether an escaped line break stood there.
    fn scan_quoted_run(&mut self, quote: u8, gather: &mut Gather<'a>) -> Scan<bool> {
        let stops = if quote == b'"' { &DOUBLE } else { &SINGLE };
        loop {
            self.input.advance(stops.run(self.input.rest()));
            match self.input.at(0) {
                b'\'' if self.input.at(1) == b'\'' => {
                    let pos = self.input.pos();
                    gather.splice(pos, "'", pos + 2);
                    self.input.advance(2);
                }
                b'\\' if self.input.break_len(1) > 0 => {
                    let pos = self.input.pos();
                    self.input.advance(1);
                    self.input.skip_line();
                    gather.splice(pos, "", self.input.pos());
                    return Ok(true);
                }
                b'\\' => self.scan_escape(gather)?,
                0xc2 | 0xe2 if self.input.break_len(0) == 0 => self.input.advance(1),
                _ => return Ok(false),
            }
        }
    }

    fn scan_escape(&mut self, gather: &mut Gather<'a>) -> Scan<()> {
        let pos = self.input.pos();
        let digits = match self.input.at(1) {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            _ => 0,
        };
        let c = match self.input.at(1) {
            b'0' => '\0',
            b'a' => '\x07',
            b'b' => '\x08',
            b't' | b'\t' => '\t',
            b'n' => '\n',
            b'v' => '\x0b',
            b'f' => '\x0c',
            b'r' => '\r',
            b'e' => '\x1b',
            c @ (b' ' | b'"' | b'\'' | b'\\') => char::from(c),
            b'N' => '\u{85}',
            b'_' => '\u{a0}',
            b'L' => '\u{2028}',
            b'P' => '\u{2029}',
            b'x' | b'u' | b'U' => {
                self.input.advance(2);
                self.scan_code(digits)?
            }
            _ => return Err(self.input.error("found unknown escape character")),
        };
        if digits == 0 {
            self.input.advance(2);
        } else {
            self.input.advance(digits);
        }
        gather.splice(pos, c.encode_utf8(&mut [0; 4]), self.input.pos());
        Ok(())
    }

    fn scan_code(&self, digits: usize) -> Scan<char> {
        let mut code = 0_u32;
        for i in 0..digits {
            match char::from(self.input.at(i)).to_digit(16) {
                Some(digit) => code = code << 4 | digit,
                None => return Err(self.input.error("did not find expected hexdecimal number")),
            }
        }
        char::from_u32(code).ok_or_else(|| self.input.error("found invalid Unicode character escape code"))
    }

    /// Goes over blanks and line breaks, which fold where there is a break.
    fn fold_quoted_space(&mut self, escaped_break: bool, gather: &mut Gather<'a>) {
        let before = self.input.pos();
        let mut breaks = Breaks::default();
        let mut on_new_line = escaped_break;
        loop {
            if self.input.is_blank() {
                self.input.advance(1);
            } else if self.input.break_len(0) > 0 {
                let line_break = self.input.take_line();
                breaks.push(line_break, on_new_line);
                on_new_line = true;
            } else {
                break;
            }
        }
        if on_new_line {
            gather.splice(before, &breaks.fold(), self.input.pos());
        }
    }
}
