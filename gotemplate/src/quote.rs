//! Go's string and character literals: writing them (`%q`, `strconv.Quote`) and reading them (`strconv.Unquote`).

use crate::text::{self, REPLACEMENT, decode, is_broken, is_print};

/// Returns the bytes as a double-quoted Go literal.
///
/// ```
/// assert_eq!(gotemplate::fmt::quote("tab\tand \u{200b}".as_bytes()), r#""tab\tand \u200b""#);
/// ```
#[must_use]
pub fn quote(bytes: &[u8]) -> String {
    quoted(bytes)
}

pub(crate) fn quoted(bytes: &[u8]) -> String {
    let mut out = Vec::with_capacity(bytes.len() + 2);
    push_quoted(&mut out, bytes, '"', false);
    String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Appends a quoted literal; with `ascii` everything beyond ASCII is escaped.
pub(crate) fn push_quoted(out: &mut Vec<u8>, mut bytes: &[u8], quote: char, ascii: bool) {
    out.push(quote as u8);
    while let Some(&first) = bytes.first() {
        let decoded = decode(bytes);
        if is_broken(decoded) {
            out.extend_from_slice(format!("\\x{first:02x}").as_bytes());
        } else {
            push_escaped(out, decoded.0, quote, ascii);
        }
        bytes = &bytes[decoded.1..];
    }
    out.push(quote as u8);
}

/// Appends a rune as a literal in single quotes.
pub(crate) fn push_quoted_rune(out: &mut Vec<u8>, rune: u32, ascii: bool) {
    out.push(b'\'');
    push_escaped(out, char::from_u32(rune).unwrap_or(REPLACEMENT), '\'', ascii);
    out.push(b'\'');
}

fn push_escaped(out: &mut Vec<u8>, rune: char, quote: char, ascii: bool) {
    if rune == quote || rune == '\\' {
        out.extend_from_slice(&[b'\\', rune as u8]);
        return;
    }
    if is_print(rune) && (rune.is_ascii() || !ascii) {
        text::push(out, u32::from(rune));
        return;
    }
    let short = match rune {
        '\x07' => b'a',
        '\x08' => b'b',
        '\x0c' => b'f',
        '\n' => b'n',
        '\r' => b'r',
        '\t' => b't',
        '\x0b' => b'v',
        _ => {
            let code = u32::from(rune);
            let long = match code {
                0..0x20 | 0x7f => format!("\\x{code:02x}"),
                0x80..0x10000 => format!("\\u{code:04x}"),
                _ => format!("\\U{code:08x}"),
            };
            out.extend_from_slice(long.as_bytes());
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// Reports whether the bytes can stand between back quotes unchanged.
pub(crate) fn can_backquote(mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        let (rune, width) = decode(bytes);
        bytes = &bytes[width..];
        let bad = if width > 1 {
            rune == '\u{feff}'
        } else {
            rune == REPLACEMENT || (rune < ' ' && rune != '\t') || rune == '`' || rune == '\x7f'
        };
        if bad {
            return false;
        }
    }
    true
}

/// Reads a double-quoted or back-quoted literal.
///
/// # Errors
/// Returns `None` where Go says "invalid syntax".
#[must_use]
pub fn unquote(literal: &[u8]) -> Option<Vec<u8>> {
    let (&quote, rest) = literal.split_first()?;
    let (&last, body) = rest.split_last()?;
    if last != quote {
        return None;
    }
    if quote == b'`' {
        // Carriage returns are dropped from raw strings.
        return (!body.contains(&b'`')).then(|| body.iter().copied().filter(|&byte| byte != b'\r').collect());
    }
    if quote != b'"' {
        return None;
    }
    if is_what_it_means(body) {
        return Some(body.to_vec());
    }
    let mut out = Vec::with_capacity(body.len());
    let mut body = body;
    while let Some(&first) = body.first() {
        if first == b'\n' {
            return None;
        }
        let (rune, multibyte, width) = unquote_char(body, quote)?;
        if rune < 0x80 || !multibyte {
            out.push(rune as u8);
        } else {
            text::push(&mut out, rune);
        }
        body = &body[width..];
    }
    Some(out)
}

/// Reports whether [`unquote`] can read a literal.
pub(crate) fn is_literal(literal: &[u8]) -> bool {
    let plain = match literal {
        [b'"', body @ .., b'"'] => is_what_it_means(body),
        _ => false,
    };
    plain || unquote(literal).is_some()
}

/// Most texts in double quotes have no escapes.
fn is_what_it_means(body: &[u8]) -> bool {
    body.iter().all(|byte| byte.is_ascii() && !matches!(byte, b'"' | b'\\' | b'\n'))
}

/// Reads one character of a literal: its number, whether it needs UTF-8, and its width.
pub(crate) fn unquote_char(bytes: &[u8], quote: u8) -> Option<(u32, bool, usize)> {
    let &first = bytes.first()?;
    if first == quote {
        return None;
    }
    if first >= 0x80 {
        let (rune, width) = decode(bytes);
        return Some((u32::from(rune), true, width));
    }
    if first != b'\\' {
        return Some((u32::from(first), false, 1));
    }
    let &escape = bytes.get(1)?;
    let plain = |byte: u8| Some((u32::from(byte), false, 2));
    match escape {
        b'a' => plain(7),
        b'b' => plain(8),
        b'f' => plain(12),
        b'n' => plain(b'\n'),
        b'r' => plain(b'\r'),
        b't' => plain(b'\t'),
        b'v' => plain(11),
        b'\\' => plain(b'\\'),
        b'\'' | b'"' if escape == quote => plain(escape),
        b'x' => Some((digits(bytes, 2, 2, 16)?, false, 4)),
        b'u' | b'U' => {
            let count = if escape == b'u' { 4 } else { 8 };
            let rune = digits(bytes, 2, count, 16)?;
            char::from_u32(rune)?;
            Some((rune, true, 2 + count))
        }
        b'0'..=b'7' => {
            let value = digits(bytes, 1, 3, 8)?;
            (value <= 255).then_some((value, false, 4))
        }
        _ => None,
    }
}

fn digits(bytes: &[u8], from: usize, count: usize, base: u32) -> Option<u32> {
    let mut value: u32 = 0;
    for &byte in bytes.get(from..from + count)? {
        value = value.checked_mul(base)?.checked_add(char::from(byte).to_digit(base)?)?;
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_shows_broken_bytes_and_what_does_not_print() {
        assert_eq!(quoted(b"a\xff\"\n\x00"), r#""a\xff\"\n\x00""#);
        assert_eq!(quoted("\u{ad}\u{e0001}".as_bytes()), r#""\u00ad\U000e0001""#);
        let mut out = Vec::new();
        push_quoted(&mut out, "é".as_bytes(), '"', true);
        assert_eq!(out, br#""\u00e9""#);
    }

    #[test]
    fn unquoting_reads_every_escape() {
        assert_eq!(unquote(br#""\x41\101\u00e9\"\\\t""#).as_deref(), Some("AAé\"\\\t".as_bytes()));
        assert_eq!(unquote(b"`a\r\nb`").as_deref(), Some(&b"a\nb"[..]));
        for bad in [&br#""\z""#[..], br#""\'""#, br#""\400""#, br#""\ud800""#, br#"""#, b"x"] {
            assert_eq!(unquote(bad), None);
        }
    }
}
