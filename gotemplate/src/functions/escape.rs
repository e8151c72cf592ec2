//! `html`, `js` and `urlquery`.

use crate::text::{self, decode};

pub(super) fn html(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        match byte {
            0 => out.extend_from_slice("\u{FFFD}".as_bytes()),
            b'"' => out.extend_from_slice(b"&#34;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            byte => out.push(byte),
        }
    }
    out
}

pub(super) fn js(mut text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    while let Some(&first) = text.first() {
        let (rune, width) = decode(text);
        match first {
            b'\\' | b'\'' | b'"' => out.extend_from_slice(&[b'\\', first]),
            b'<' | b'>' | b'&' | b'=' | 0..0x20 => out.extend_from_slice(format!("\\u{first:04X}").as_bytes()),
            0x20..0x80 => out.push(first),
            _ if text::is_print(rune) => out.extend_from_slice(&text[..width]),
            _ => out.extend_from_slice(format!("\\u{:04X}", u32::from(rune)).as_bytes()),
        }
        text = &text[width..];
    }
    out
}

pub(super) fn query(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        match byte {
            b' ' => out.push(b'+'),
            b'-' | b'_' | b'.' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => out.push(byte),
            byte => out.extend_from_slice(format!("%{byte:02X}").as_bytes()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_escape_keeps_harmless_text() {
        assert_eq!(html(b"a<b>\0"), "a&lt;b&gt;\u{FFFD}".as_bytes());
        assert_eq!(js("'é\n\u{200b}".as_bytes()), "\\'é\\u000A\\u200B".as_bytes());
        assert_eq!(query("a b/é~".as_bytes()), b"a+b%2F%C3%A9~");
    }
}
