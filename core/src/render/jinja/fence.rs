//! The character around the number of a hole.

use std::collections::HashSet;

use super::assemble::{self, Text};
use super::run::{Piece, Tables};
use super::source::Book;

/// The characters of the private use areas that templates hold: a hole takes another one.
#[derive(Debug)]
pub(super) struct Fences {
    used: HashSet<char>,
}

impl Fences {
    pub(super) fn new<'a>(texts: impl Iterator<Item = &'a str>) -> Fences {
        let used = texts.filter(|text| !text.is_ascii()).flat_map(str::chars).filter(|c| is_private(*c)).collect();
        Fences { used }
    }

    // Escapes of quoted scalars (`"\uE000"`) may give a character that no template holds, and may be put together of
    // several templates' parts: the text says which it gives.
    pub(super) fn assemble(&self, pieces: &[Piece], book: &Book, tables: &Tables, most: usize) -> Text {
        let first = self.free(&HashSet::new());
        let text = assemble::assemble(pieces, book, tables, first, most);
        let escaped = escapes(&text.text);
        if !escaped.contains(&first) {
            return text;
        }
        assemble::assemble(pieces, book, tables, self.free(&escaped), most)
    }

    fn free(&self, others: &HashSet<char>) -> char {
        let all = ('\u{E000}'..='\u{F8FF}').chain('\u{F0000}'..='\u{FFFFD}');
        let mut free = all.filter(|c| !self.used.contains(c) && !others.contains(c));
        free.next().unwrap_or('\u{10FFFD}')
    }
}

fn is_private(c: char) -> bool {
    matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{FFFFD}')
}

fn escapes(text: &str) -> HashSet<char> {
    let mut found = HashSet::new();
    for (at, _) in text.match_indices('\\') {
        let digits = match text.as_bytes().get(at + 1) {
            Some(b'u') => text.get(at + 2..at + 6),
            Some(b'U') => text.get(at + 2..at + 10),
            _ => None,
        };
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        found.extend(number.and_then(char::from_u32).filter(|c| is_private(*c)));
    }
    found
}
