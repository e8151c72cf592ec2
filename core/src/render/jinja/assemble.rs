//! What a template wrote, put together as YAML text with holes in the place of values.
//!
//! A hole is a short token that no value can influence. Every stretch of text remembers its place in its template.
//! A capture is written by where it stands: alone on its line its lines move to its column; as the value of a key or
//! an item it becomes a node of its own; inside a scalar with lines of its own it is text, so a hole.

use std::rc::Rc;

use super::lineage::Leaf;
use super::run::{Piece, Tables, real_text};
use super::scan::{Scan, Spot};
use super::source::Book;
use crate::source::Span;

/// The places on the way to a hole, innermost first.
#[derive(Debug)]
pub(super) struct Via {
    pub(super) place: u32,
    pub(super) outer: Option<Rc<Via>>,
}

/// What stands in a hole.
#[derive(Debug)]
pub(super) enum Filling {
    /// The value of this number.
    Value(u32),
    /// The text of a capture, and the place in it that wrote a map or list.
    Text(String, Option<u32>),
}

/// A hole.
#[derive(Debug)]
pub(super) struct Hole {
    pub(super) filling: Filling,
    pub(super) place: u32,
    pub(super) trace: Option<u32>,
    pub(super) via: Option<Rc<Via>>,
    /// The values behind the text of a capture; known in a traced run.
    pub(super) leaves: Vec<Leaf>,
}

/// Text with holes.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) holes: Vec<Hole>,
    // Invariant: sorted; (offset in `text`, its place).
    places: Vec<(u32, Span)>,
    /// The character around the number of a hole.
    pub(super) fence: char,
    /// The places of values that would be part of a tag, anchor or alias.
    pub(super) misplaced: Vec<u32>,
    /// Whether the text grew over the limit.
    pub(super) overflow: bool,
}

impl Text {
    /// Returns the author's place of an offset.
    pub(super) fn span(&self, offset: u32) -> Span {
        let at = self.places.partition_point(|(start, _)| *start <= offset);
        let Some((start, span)) = at.checked_sub(1).and_then(|i| self.places.get(i)) else {
            return self.places.first().map_or(Span::NONE, |(_, span)| *span);
        };
        Span { file: span.file, start: span.start.saturating_add(offset - start) }
    }
}

/// Puts pieces together. `fence` must not occur in the text of any template.
pub(super) fn assemble(pieces: &[Piece], book: &Book, tables: &Tables, fence: char, most_bytes: usize) -> Text {
    let (text, holes, places, misplaced) = (String::new(), Vec::new(), Vec::new(), Vec::new());
    let text = Text { text, holes, places, fence, misplaced, overflow: false };
    let mut writer = Writer { book, tables, out: text, scan: Scan::new(), shift: None, most_bytes };
    writer.pieces(pieces, None, true);
    writer.out
}

// How far lines move: this many blanks off, then this many put on.
#[derive(Debug, Clone, Copy)]
struct Shift {
    off: usize,
    on: usize,
    // Whether the next character starts a line that has not moved yet.
    pending: bool,
}

struct Writer<'a> {
    book: &'a Book,
    tables: &'a Tables,
    out: Text,
    scan: Scan,
    shift: Option<Shift>,
    most_bytes: usize,
}

impl Writer<'_> {
    fn pieces(&mut self, pieces: &[Piece], via: Option<&Rc<Via>>, end_is_blank: bool) {
        for (i, piece) in pieces.iter().enumerate() {
            if self.out.text.len() > self.most_bytes {
                self.out.overflow = true;
                return;
            }
            match piece {
                Piece::Raw { unit, start, end } => self.raw(*unit, *start, *end),
                Piece::Value { place, value, trace } => {
                    let block = self.block(*place);
                    self.open_block(*place, block);
                    self.hole(Filling::Value(*value), *place, *trace, via);
                    self.close_block(*place, block);
                }
                Piece::Capture { place, capture, trace } => {
                    let capture = &self.tables.captures[*capture as usize];
                    let blank = self.rest_is_blank(&pieces[i + 1..], end_is_blank);
                    self.part(&capture.pieces, *place, *trace, via, blank);
                }
                Piece::Include { place, pieces: inner } => {
                    let blank = self.rest_is_blank(&pieces[i + 1..], end_is_blank);
                    self.part(inner, *place, None, via, blank);
                }
            }
        }
    }

    fn block(&self, place: u32) -> Option<u32> {
        self.book.places[place as usize].block
    }

    fn open_block(&mut self, place: u32, block: Option<u32>) {
        if let Some(column) = block {
            // The column is that of its own template, whose lines may be on the move themselves.
            let column = column as usize;
            let moved = self.shift.map_or(column, |shift| column.saturating_sub(shift.off) + shift.on);
            self.indent(place, moved);
        }
    }

    fn close_block(&mut self, place: u32, block: Option<u32>) {
        if block.is_none() {
            return;
        }
        if self.scan.column() > 0 {
            self.made(place, "\n");
        }
        self.start_line();
    }

    // The part of a template that a capture or include holds.
    fn part(&mut self, pieces: &[Piece], place: u32, trace: Option<u32>, via: Option<&Rc<Via>>, blank_after: bool) {
        let inner = Rc::new(Via { place, outer: via.cloned() });
        let block = self.block(place);
        if block == Some(0) && self.scan.blank() && self.shift.is_none() {
            self.whole_lines(pieces, place, trace, via, &inner);
            return self.close_block(place, block);
        }
        self.open_block(place, block);
        self.settle();
        match self.scan.spot() {
            Spot::Text => self.text(pieces, place, trace, via),
            Spot::Line(0) if self.shift.is_none() => self.pieces(pieces, Some(&inner), blank_after),
            Spot::Line(column) if blank_after || block.is_some() => self.lines(pieces, column, &inner),
            Spot::Value(entry) if blank_after && self.needs_lines(pieces) => {
                self.made(place, "\n");
                self.indent(place, entry + 2);
                self.lines(pieces, entry + 2, &inner);
            }
            Spot::Item(column) if blank_after && self.needs_lines(pieces) => self.lines(pieces, column, &inner),
            _ if self.has_lines(pieces) => self.text(pieces, place, trace, via),
            _ => self.lines(pieces, 0, &inner),
        }
        self.close_block(place, block);
    }

    // A tag in the first column: its lines stay as they are, unless they stand inside a scalar.
    fn whole_lines(
        &mut self,
        pieces: &[Piece],
        place: u32,
        trace: Option<u32>,
        via: Option<&Rc<Via>>,
        inner: &Rc<Via>,
    ) {
        match self.scan.spot() {
            Spot::Text => self.text(pieces, place, trace, via),
            _ => self.pieces(pieces, Some(inner), true),
        }
    }

    fn text(&mut self, pieces: &[Piece], place: u32, trace: Option<u32>, via: Option<&Rc<Via>>) {
        let (mut text, mut structure) = (String::new(), None);
        real_text(pieces, self.book, self.tables, &mut text, &mut structure);
        self.hole(Filling::Text(text, structure), place, trace, via);
        if let Some(hole) = self.out.holes.last_mut() {
            hole.leaves = self.tables.leaves(pieces);
        }
    }

    // Writes pieces without the blank lines around them, their lines moved to a column.
    fn lines(&mut self, pieces: &[Piece], column: usize, via: &Rc<Via>) {
        let trimmed = self.trimmed(pieces);
        let off = self.common_indent(&trimmed);
        let outer = self.shift.replace(Shift { off, on: column, pending: false });
        self.skip_indent(&trimmed, off, via);
        self.shift = outer.map(|shift| Shift { pending: false, ..shift });
    }

    // The first line stands where the writer stands: its blanks are taken off here.
    fn skip_indent(&mut self, pieces: &[Piece], off: usize, via: &Rc<Via>) {
        if let Some((Piece::Raw { unit, start, end }, rest)) = pieces.split_first() {
            let blanks = self.raw_text(*unit, *start, *end).bytes().take(off).take_while(|b| *b == b' ').count();
            self.raw(*unit, start + u32::try_from(blanks).unwrap_or(0), *end);
            self.pieces(rest, Some(via), true);
        } else {
            self.pieces(pieces, Some(via), true);
        }
    }

    fn raw_text(&self, unit: u32, start: u32, end: u32) -> &str {
        self.book.units[unit as usize].text.get(start as usize..end as usize).unwrap_or("")
    }

    // Takes blank lines off the front and blanks and line breaks off the end.
    fn trimmed(&self, pieces: &[Piece]) -> Vec<Piece> {
        let mut pieces = pieces.to_vec();
        while let Some(Piece::Raw { unit, start, end }) = pieces.last_mut() {
            let kept = self.raw_text(*unit, *start, *end).trim_end_matches([' ', '\t', '\r', '\n']).len();
            *end = *start + u32::try_from(kept).unwrap_or(0);
            if kept > 0 {
                break;
            }
            pieces.pop();
        }
        let mut skip = 0;
        while let Some(Piece::Raw { unit, start, end }) = pieces.get_mut(skip) {
            let text = self.raw_text(*unit, *start, *end);
            let rest = text.trim_start_matches([' ', '\t', '\r', '\n']);
            let blank_lines = text[..text.len() - rest.len()].rfind('\n').map_or(0, |at| at + 1);
            *start += u32::try_from(blank_lines).unwrap_or(0);
            if !rest.is_empty() || *start < *end {
                break;
            }
            skip += 1;
        }
        pieces.split_off(skip)
    }

    fn common_indent(&self, pieces: &[Piece]) -> usize {
        let mut least = usize::MAX;
        let mut at_start = true;
        for piece in pieces {
            let Piece::Raw { unit, start, end } = piece else {
                if at_start {
                    least = least.min(self.piece_column(piece));
                }
                at_start = false;
                continue;
            };
            for line in self.raw_text(*unit, *start, *end).split_inclusive('\n') {
                let content = line.trim_start_matches(' ');
                let indent = line.len() - content.len();
                if at_start && !content.trim().is_empty() {
                    least = least.min(indent);
                }
                // Blanks at the end of a piece may be the indentation of what follows.
                if at_start && content.is_empty() && !line.is_empty() {
                    least = least.min(indent);
                    at_start = false;
                } else {
                    at_start = line.ends_with('\n');
                }
            }
        }
        if least == usize::MAX { 0 } else { least }
    }

    // A tag that stands alone on its line has its column, anything else the one before it.
    fn piece_column(&self, piece: &Piece) -> usize {
        match piece {
            Piece::Raw { .. } => 0,
            Piece::Value { place, .. } | Piece::Capture { place, .. } | Piece::Include { place, .. } => {
                self.block(*place).unwrap_or(0) as usize
            }
        }
    }

    fn has_lines(&self, pieces: &[Piece]) -> bool {
        self.trimmed(pieces).iter().any(|piece| match piece {
            Piece::Raw { unit, start, end } => self.raw_text(*unit, *start, *end).contains('\n'),
            Piece::Value { place, .. } => self.block(*place).is_some(),
            Piece::Capture { capture, place, .. } => {
                self.block(*place).is_some() || self.has_lines(&self.tables.captures[*capture as usize].pieces)
            }
            Piece::Include { pieces, place } => self.block(*place).is_some() || self.has_lines(pieces),
        })
    }

    // Whether the text can be more than one plain scalar, so that it must not share its line with a key.
    fn needs_lines(&self, pieces: &[Piece]) -> bool {
        let trimmed = self.trimmed(pieces);
        let structural = |piece: &Piece| match piece {
            Piece::Raw { unit, start, end } => {
                let text = self.raw_text(*unit, *start, *end);
                text.contains(": ") || text.ends_with(':') || text.trim_start().starts_with("- ")
            }
            Piece::Value { .. } => false,
            Piece::Capture { capture, .. } => self.needs_lines(&self.tables.captures[*capture as usize].pieces),
            Piece::Include { pieces, .. } => self.needs_lines(pieces),
        };
        self.has_lines(pieces) || trimmed.iter().any(structural)
    }

    fn rest_is_blank(&self, rest: &[Piece], end_is_blank: bool) -> bool {
        for piece in rest {
            let Piece::Raw { unit, start, end } = piece else { return false };
            let text = self.raw_text(*unit, *start, *end);
            let after = text.trim_start_matches([' ', '\t', '\r']);
            if after.starts_with('\n') || (after.starts_with('#') && after.len() < text.len()) {
                return true;
            }
            if !after.is_empty() {
                return false;
            }
        }
        end_is_blank
    }

    fn hole(&mut self, filling: Filling, place: u32, trace: Option<u32>, via: Option<&Rc<Via>>) {
        self.settle();
        if self.scan.in_properties() {
            self.out.misplaced.push(place);
        }
        let token = format!("{0}{1}{0}", self.out.fence, self.out.holes.len());
        self.made(place, &token);
        self.out.holes.push(Hole { filling, place, trace, via: via.cloned(), leaves: Vec::new() });
    }

    // Text that no template holds stands at the place that caused it.
    fn made(&mut self, place: u32, text: &str) {
        let span = self.book.span(place);
        self.out.places.push((u32::try_from(self.out.text.len()).unwrap_or(u32::MAX), span));
        self.push(text);
    }

    fn indent(&mut self, place: u32, column: usize) {
        let missing = column.saturating_sub(self.scan.column());
        if missing > 0 {
            self.made(place, &" ".repeat(missing));
        }
        if let Some(shift) = &mut self.shift {
            shift.pending = false;
        }
    }

    fn push(&mut self, text: &str) {
        self.out.text.push_str(text);
        self.scan.feed(text);
    }

    fn start_line(&mut self) {
        if let Some(shift) = &mut self.shift {
            shift.pending = true;
        }
    }

    // Something other than text stands at the start of a line that moves.
    fn settle(&mut self) {
        if let Some(Shift { on, pending: true, .. }) = self.shift {
            self.push(&" ".repeat(on.saturating_sub(self.scan.column())));
            if let Some(shift) = &mut self.shift {
                shift.pending = false;
            }
        }
    }

    fn raw(&mut self, unit: u32, start: u32, end: u32) {
        let file = self.book.units[unit as usize].file;
        let book = self.book;
        let text = book.units[unit as usize].text.get(start as usize..end as usize).unwrap_or("");
        if self.shift.is_none() {
            self.note(Span { file, start });
            return self.push(text);
        }
        let mut at = start;
        for line in text.split_inclusive('\n') {
            self.line(line, Span { file, start: at });
            at += u32::try_from(line.len()).unwrap_or(0);
        }
    }

    fn line(&mut self, line: &str, span: Span) {
        let mut line = line;
        let mut span = span;
        if let Some(Shift { off, on, pending: true }) = self.shift {
            let content = line.trim_start_matches(' ');
            if content == "\n" || content == "\r\n" {
                self.note(span);
                return self.push(content);
            }
            let blanks = (line.len() - content.len()).min(off);
            line = &line[blanks..];
            span.start += u32::try_from(blanks).unwrap_or(0);
            self.note(span);
            self.push(&" ".repeat(on));
        }
        self.note(span);
        self.push(line);
        if let Some(shift) = &mut self.shift {
            shift.pending = line.ends_with('\n');
        }
    }

    fn note(&mut self, span: Span) {
        let offset = u32::try_from(self.out.text.len()).unwrap_or(u32::MAX);
        if let Some(last) = self.out.places.last_mut().filter(|(at, _)| *at == offset) {
            last.1 = span;
        } else {
            self.out.places.push((offset, span));
        }
    }
}
