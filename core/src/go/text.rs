//! Strings of bytes read as Go reads them: a byte that is not part of any UTF-8 is a U+FFFD of its own.

use std::borrow::Cow;

pub(crate) use gotemplate::fmt::{is_digit, is_letter};

/// Returns the text of bytes, with U+FFFD in the place of each broken byte.
pub(crate) fn valid(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.into();
    }
    let mut out = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(std::iter::repeat_n(char::REPLACEMENT_CHARACTER, chunk.invalid().len()));
    }
    out.into()
}

/// Returns the runes of bytes with the offset and the width of each, as Go's `range` over a string gives them.
pub(crate) fn runes(bytes: &[u8]) -> impl Iterator<Item = (usize, char, usize)> + '_ {
    let mut at = 0;
    bytes
        .utf8_chunks()
        .flat_map(|chunk| {
            let broken = std::iter::repeat_n((char::REPLACEMENT_CHARACTER, 1), chunk.invalid().len());
            chunk.valid().chars().map(|c| (c, c.len_utf8())).chain(broken)
        })
        .map(move |(rune, width)| {
            let offset = at;
            at += width;
            (offset, rune, width)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_broken_byte_is_replaced() {
        assert_eq!(valid(b"a\xe2\x82b\xff"), "a\u{fffd}\u{fffd}b\u{fffd}");
        let seen: Vec<_> = runes(b"a\xe2\x82\xc3\xa9").collect();
        assert_eq!(seen, [(0, 'a', 1), (1, '\u{fffd}', 1), (2, '\u{fffd}', 1), (3, 'é', 2)]);
    }
}
