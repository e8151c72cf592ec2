//! Runes: UTF-8 read the way Go reads it, where a broken byte is U+FFFD of width one.
//!
//! Template text and strings are bytes, not `str`: Go's strings may hold anything, and functions such as `trunc`
//! cut them in the middle of a character.

use crate::tables::{DIGIT, LETTER, PRINT};

/// The rune that stands for bytes which are not UTF-8.
pub const REPLACEMENT: char = '\u{FFFD}';

/// Returns the first rune and its width. A broken byte gives `(U+FFFD, 1)`, no bytes give `(U+FFFD, 0)`.
#[must_use]
pub fn decode(bytes: &[u8]) -> (char, usize) {
    let Some(&first) = bytes.first() else { return (REPLACEMENT, 0) };
    if first < 0x80 {
        return (char::from(first), 1);
    }
    let width = match first {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return (REPLACEMENT, 1),
    };
    let rune = bytes.get(..width).and_then(|head| std::str::from_utf8(head).ok()).and_then(|text| text.chars().next());
    rune.map_or((REPLACEMENT, 1), |rune| (rune, width))
}

/// Reports whether the bytes at the start are not UTF-8.
pub(crate) fn is_broken(decoded: (char, usize)) -> bool {
    decoded.0 == REPLACEMENT && decoded.1 == 1
}

/// Returns the number of runes, a broken byte counting as one.
#[must_use]
pub fn count(mut bytes: &[u8]) -> usize {
    let mut total = 0;
    while !bytes.is_empty() {
        bytes = &bytes[decode(bytes).1..];
        total += 1;
    }
    total
}

/// Appends a rune given as a number; what is no character becomes U+FFFD.
pub fn push(out: &mut Vec<u8>, rune: u32) {
    let rune = char::from_u32(rune).unwrap_or(REPLACEMENT);
    out.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
}

fn in_table(table: &[(u32, u32)], rune: char) -> bool {
    let rune = u32::from(rune);
    let at = table.partition_point(|&(_, last)| last < rune);
    table.get(at).is_some_and(|&(first, _)| first <= rune)
}

/// Go's `unicode.IsLetter`.
#[must_use]
pub fn is_letter(rune: char) -> bool {
    if rune.is_ascii() { rune.is_ascii_alphabetic() } else { in_table(LETTER, rune) }
}

/// Go's `unicode.IsDigit`.
#[must_use]
pub fn is_digit(rune: char) -> bool {
    if rune.is_ascii() { rune.is_ascii_digit() } else { in_table(DIGIT, rune) }
}

/// Go's `strconv.IsPrint`: letters, marks, numbers, punctuation, symbols and the ASCII space.
#[must_use]
pub fn is_print(rune: char) -> bool {
    if rune.is_ascii() { (' '..='~').contains(&rune) } else { in_table(PRINT, rune) }
}

/// Reports whether the rune may stand in an identifier.
pub(crate) fn is_alphanumeric(rune: char) -> bool {
    rune == '_' || is_letter(rune) || is_digit(rune)
}

/// Returns the position of the first occurrence of `needle`.
pub(crate) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let (&first, rest) = needle.split_first()?;
    let mut from = 0;
    loop {
        from += byte(first, &haystack[from..])? + 1;
        if haystack[from..].starts_with(rest) {
            return Some(from - 1);
        }
    }
}

/// Finds a byte, on x86-64 with instructions that need not be asked for: a virtual machine may answer more slowly than
/// it takes to cut a small text into tokens.
#[inline]
fn byte(byte: u8, text: &[u8]) -> Option<usize> {
    #[cfg(target_arch = "x86_64")]
    if let Some(one) = memchr::arch::x86_64::sse2::memchr::One::new(byte) {
        return one.find(text);
    }
    memchr::memchr(byte, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_byte_is_one_replacement_rune() {
        assert_eq!(decode(b"\xc3x"), (REPLACEMENT, 1));
        assert_eq!(decode("é".as_bytes()), ('é', 2));
        assert_eq!(count(b"a\xff\xc3\xa9"), 3);
    }

    #[test]
    fn surrogates_are_broken() {
        assert!(is_broken(decode(b"\xed\xa0\x80")));
    }

    #[test]
    fn the_soft_hyphen_does_not_print() {
        assert!(!is_print('\u{ad}') && is_print('é') && is_print('世') && !is_print('\u{200b}'));
    }

    #[test]
    fn find_sees_every_start() {
        assert_eq!(find(b"a{{{b", b"{{b"), Some(2));
        assert_eq!(find(b"ab", b"c"), None);
    }
}
