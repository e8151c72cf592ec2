//! Words of a text: wrapping, abbreviating, and the case of their first letters.
//!
//! Some of these look at bytes where they mean characters; what they give for a text beyond ASCII is kept.
//!
//! Facts: <https://github.com/Masterminds/goutils/tree/v1.1.1>.

use gotemplate::Fault;

use super::text::Text;
use super::unicode::{is_lower, is_title, is_upper, map, push, to_lower, to_title, to_upper};

/// Abbreviates from an offset on, with dots for what is left out on either side.
pub(super) fn abbreviate(text: &[u8], offset: i64, width: usize) -> Vec<u8> {
    let length = text.len();
    if length <= width {
        return text.to_vec();
    }
    // Invariant of the callers: a width of 4 at least.
    let room = width - 3;
    let offset = usize::try_from(offset).unwrap_or(0).min(length).min(length - room);
    if offset <= 4 {
        return [&text[..room], b"..."].concat();
    }
    if width < 7 {
        return Vec::new();
    }
    if offset + room < length {
        return [b"...", abbreviate(&text[offset..], 0, room).as_slice()].concat();
    }
    [b"...", &text[length - room..]].concat()
}

/// Drops white space. Each byte counts as a character, so what lies beyond ASCII comes out garbled where any is found.
pub(super) fn delete_white_space(text: &[u8]) -> Vec<u8> {
    if !text.iter().any(|&byte| char::from(byte).is_whitespace()) {
        return text.to_vec();
    }
    let mut out = Vec::with_capacity(text.len());
    for rune in text.iter().map(|&byte| char::from(byte)).filter(|rune| !rune.is_whitespace()) {
        push(&mut out, rune);
    }
    out
}

/// Returns the first character of each word. Each byte counts as a character.
pub(super) fn initials(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut after_gap = true;
    for rune in text.iter().map(|&byte| char::from(byte)) {
        if !rune.is_whitespace() && after_gap {
            push(&mut out, rune);
        }
        after_gap = rune.is_whitespace();
    }
    out
}

/// Makes the first letter of each word a small one.
pub(super) fn uncapitalize(text: &[u8]) -> Vec<u8> {
    let mut at_start = true;
    map(text, |rune| {
        let first = at_start && !rune.is_whitespace();
        at_start = rune.is_whitespace();
        if first { to_lower(rune) } else { rune }
    })
}

/// Makes capitals small and small letters capital, at the start of a word in their title form.
pub(super) fn swap_case(text: &[u8]) -> Vec<u8> {
    let mut at_start = true;
    map(text, |rune| {
        let started = at_start;
        at_start = false;
        if is_upper(rune) || is_title(rune) {
            to_lower(rune)
        } else if is_lower(rune) {
            if started { to_title(rune) } else { to_upper(rune) }
        } else {
            at_start = rune.is_whitespace();
            rune
        }
    })
}

/// What becomes of words that are longer than a line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LongWords {
    Stay,
    Break,
}

/// Breaks a text into lines at its spaces.
pub(super) fn wrap(out: &mut Text<'_, '_>, text: &[u8], width: i64, end: &[u8], long: LongWords) -> Result<(), Fault> {
    let width = usize::try_from(width).unwrap_or(0).max(1);
    let end = if end.is_empty() { b"\n" } else { end };
    let mut rest = text;
    while rest.len() > width {
        if rest[0] == b' ' {
            rest = &rest[1..];
            continue;
        }
        let space = rest[..=width].iter().rposition(|&byte| byte == b' ');
        let (line, next) = match (space, long) {
            (Some(space), _) => (&rest[..space], &rest[space + 1..]),
            (None, LongWords::Break) => rest.split_at(width),
            (None, LongWords::Stay) => match rest[width..].iter().position(|&byte| byte == b' ') {
                Some(space) => (&rest[..width + space], &rest[width + space + 1..]),
                None => break,
            },
        };
        out.push(line)?;
        out.push(end)?;
        rest = next;
    }
    out.push(rest)
}
