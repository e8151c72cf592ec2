//! Scalars without quotes.

use std::borrow::Cow;

use super::chars::{PLAIN_BLOCK, PLAIN_FLOW};
use super::{Breaks, Gather, Scan, Scanner};

impl<'a> Scanner<'a> {
    /// Reads a plain scalar and the blanks and line breaks after it; says whether it ended on a later line.
    pub(super) fn scan_plain(&mut self) -> Scan<(Cow<'a, str>, bool)> {
        let mut gather = Gather::new(self.input.text(), self.input.pos());
        let mut breaks = Breaks::default();
        let mut end = self.input.pos();
        let mut on_new_line = false;
        loop {
            if self.input.at(0) == b'#' || self.input.at_line_start() && self.input.at_document_indicator() {
                break;
            }
            let start = self.input.pos();
            self.skip_plain_run();
            if self.input.pos() > start {
                if on_new_line {
                    gather.splice(end, &breaks.fold(), start);
                    on_new_line = false;
                }
                end = self.input.pos();
            }
            if !self.skip_plain_space(&mut breaks, &mut on_new_line)? {
                break;
            }
            // A line that is not deeper than the block is no part of the scalar.
            let blanks = isize::try_from(self.input.blanks_before()).unwrap_or(isize::MAX);
            if on_new_line && self.flow_level == 0 && blanks <= self.indent {
                break;
            }
        }
        Ok((gather.finish(end), on_new_line))
    }

    #[inline]
    fn skip_plain_run(&mut self) {
        let stops = if self.flow_level > 0 { &PLAIN_FLOW } else { &PLAIN_BLOCK };
        loop {
            self.input.advance(stops.run(self.input.rest()));
            match self.input.at(0) {
                b':' if !self.input.is_blankz(1) => self.input.advance(1),
                0xc2 | 0xe2 if self.input.break_len(0) == 0 => self.input.advance(1),
                _ => return,
            }
        }
    }

    /// Goes over blanks and line breaks; `false` where there were none.
    #[inline]
    fn skip_plain_space(&mut self, breaks: &mut Breaks, on_new_line: &mut bool) -> Scan<bool> {
        let start = self.input.pos();
        loop {
            if self.input.is_blank() {
                let indented = isize::try_from(self.input.blanks_before()).unwrap_or(isize::MAX) > self.indent;
                if *on_new_line && !indented && self.input.at(0) == b'\t' {
                    return Err(self.input.error("found a tab character that violates indentation"));
                }
                self.input.advance(1);
            } else if self.input.break_len(0) > 0 {
                let line_break = self.input.take_line();
                breaks.push(line_break, *on_new_line);
                *on_new_line = true;
            } else {
                return Ok(self.input.pos() > start);
            }
        }
    }
}
