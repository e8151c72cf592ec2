//! Scalars that are blocks of lines.

use super::chars::LINE;
use super::{Scan, Scanner, TokenKind};
use crate::yaml::ScalarStyle;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chomp {
    Clip,
    Keep,
    Strip,
}

impl<'a> Scanner<'a> {
    pub(super) fn scan_block_scalar(&mut self) -> Scan<TokenKind<'a>> {
        let literal = self.input.at(0) == b'|';
        self.input.advance(1);
        let (chomp, increment) = self.scan_block_header()?;
        let mut indent = increment.map(|n| usize::try_from(self.indent).unwrap_or(0) + n);
        let (mut text, mut leading, mut trailing) = (String::new(), "", String::new());
        self.scan_block_breaks(&mut indent, &mut trailing)?;
        let column = indent.unwrap_or(0);
        let mut after_blank = false;
        while self.input.blanks_before() == column && self.input.at(0) != 0 {
            let blank = self.input.is_blank();
            if !literal && !after_blank && !blank && leading == "\n" {
                if trailing.is_empty() {
                    text.push(' ');
                }
            } else {
                text.push_str(leading);
            }
            text.push_str(&trailing);
            trailing.clear();
            after_blank = blank;
            text.push_str(self.take_line_text());
            leading = self.input.take_line();
            self.scan_block_breaks(&mut indent, &mut trailing)?;
        }
        if chomp != Chomp::Strip {
            text.push_str(leading);
        }
        if chomp == Chomp::Keep {
            text.push_str(&trailing);
        }
        let style = if literal { ScalarStyle::Literal } else { ScalarStyle::Folded };
        Ok(TokenKind::Scalar(text.into(), style))
    }

    /// Reads what follows `|` on its line, with the line break.
    fn scan_block_header(&mut self) -> Scan<(Chomp, Option<usize>)> {
        let mut chomp = self.scan_chomp();
        let mut increment = None;
        if self.input.at(0).is_ascii_digit() {
            if self.input.at(0) == b'0' {
                return Err(self.input.error("found an indentation indicator equal to 0"));
            }
            increment = Some(usize::from(self.input.at(0) - b'0'));
            self.input.advance(1);
            chomp = chomp.or_else(|| self.scan_chomp());
        }
        self.input.skip_blanks(true);
        if self.input.at(0) == b'#' {
            self.input.skip_comment();
        }
        if !self.input.is_breakz() {
            return Err(self.input.error("did not find expected comment or line break"));
        }
        self.input.skip_line();
        Ok((chomp.unwrap_or(Chomp::Clip), increment))
    }

    fn scan_chomp(&mut self) -> Option<Chomp> {
        let chomp = match self.input.at(0) {
            b'+' => Chomp::Keep,
            b'-' => Chomp::Strip,
            _ => return None,
        };
        self.input.advance(1);
        Some(chomp)
    }

    fn take_line_text(&mut self) -> &'a str {
        let start = self.input.pos();
        loop {
            self.input.advance(LINE.run(self.input.rest()));
            if self.input.is_breakz() {
                return &self.input.text()[start..self.input.pos()];
            }
            self.input.advance(1);
        }
    }

    /// Goes over empty lines and the indentation of the next line; finds the indentation out where it is not given.
    fn scan_block_breaks(&mut self, indent: &mut Option<usize>, breaks: &mut String) -> Scan<()> {
        let mut widest = 0;
        loop {
            let inside = |scanner: &Self| indent.is_none_or(|indent| scanner.input.blanks_before() < indent);
            while inside(self) && self.input.at(0) == b' ' {
                self.input.advance(1);
            }
            widest = widest.max(self.input.blanks_before());
            if inside(self) && self.input.at(0) == b'\t' {
                return Err(self.input.error("found a tab character where an indentation space is expected"));
            }
            if self.input.break_len(0) == 0 {
                break;
            }
            breaks.push_str(self.input.take_line());
        }
        let least = usize::try_from(self.indent + 1).unwrap_or(0).max(1);
        indent.get_or_insert(widest.max(least));
        Ok(())
    }
}
