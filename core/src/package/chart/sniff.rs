//! What a file that is no archive seems to be: Helm says it, in the words of Go's `http.DetectContentType`.
//!
//! Facts: <https://mimesniff.spec.whatwg.org/>, <https://pkg.go.dev/net/http#DetectContentType>.

const LOOKED_AT: usize = 512;

/// Returns the content type of what is no gzip, and `None` for gzip.
pub(super) fn content_type(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"\x1f\x8b\x08") {
        return None;
    }
    // Helm looks at a block of this length, with zeros behind a shorter file.
    let mut data = [0; LOOKED_AT];
    let length = bytes.len().min(LOOKED_AT);
    data[..length].copy_from_slice(&bytes[..length]);
    let blank = |b: &u8| matches!(b, b'\t' | b'\n' | 0x0c | b'\r' | b' ');
    let text = &data[data.iter().take_while(|b| blank(b)).count()..];
    let html = HTML.iter().any(|tag| {
        let head = text.get(..tag.len()).is_some_and(|head| head.eq_ignore_ascii_case(tag));
        head && text.get(tag.len()).is_some_and(|b| matches!(b, b' ' | b'>'))
    });
    if html {
        return Some("text/html; charset=utf-8");
    }
    if text.starts_with(b"<?xml") {
        return Some("text/xml; charset=utf-8");
    }
    let known = SIGNATURES.iter().find(|(parts, _)| parts.iter().all(|(at, part)| data[*at..].starts_with(part)));
    if let Some((_, name)) = known {
        return Some(name);
    }
    if is_mp4(&data) {
        return Some("video/mp4");
    }
    let binary = |b: &u8| matches!(b, 0..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f);
    Some(if text.iter().any(binary) { "application/octet-stream" } else { "text/plain; charset=utf-8" })
}

const HTML: [&[u8]; 17] = [
    b"<!DOCTYPE HTML",
    b"<HTML",
    b"<HEAD",
    b"<SCRIPT",
    b"<IFRAME",
    b"<H1",
    b"<DIV",
    b"<FONT",
    b"<TABLE",
    b"<A",
    b"<STYLE",
    b"<TITLE",
    b"<B",
    b"<BODY",
    b"<BR",
    b"<P",
    b"<!--",
];

// Offsets and bytes that must stand there, and the name.
type Signature = (&'static [(usize, &'static [u8])], &'static str);

const SIGNATURES: &[Signature] = &[
    (&[(0, b"%PDF-")], "application/pdf"),
    (&[(0, b"%!PS-Adobe-")], "application/postscript"),
    (&[(0, b"\xfe\xff")], "text/plain; charset=utf-16be"),
    (&[(0, b"\xff\xfe")], "text/plain; charset=utf-16le"),
    (&[(0, b"\xef\xbb\xbf")], "text/plain; charset=utf-8"),
    (&[(0, b"\0\0\x01\0")], "image/x-icon"),
    (&[(0, b"\0\0\x02\0")], "image/x-icon"),
    (&[(0, b"BM")], "image/bmp"),
    (&[(0, b"GIF87a")], "image/gif"),
    (&[(0, b"GIF89a")], "image/gif"),
    (&[(0, b"RIFF"), (8, b"WEBPVP")], "image/webp"),
    (&[(0, b"\x89PNG\r\n\x1a\n")], "image/png"),
    (&[(0, b"\xff\xd8\xff")], "image/jpeg"),
    (&[(0, b"FORM"), (8, b"AIFF")], "audio/aiff"),
    (&[(0, b"ID3")], "audio/mpeg"),
    (&[(0, b"OggS\0")], "application/ogg"),
    (&[(0, b"MThd\0\0\0\x06")], "audio/midi"),
    (&[(0, b"RIFF"), (8, b"AVI ")], "video/avi"),
    (&[(0, b"RIFF"), (8, b"WAVE")], "audio/wave"),
    (&[(0, b"\x1a\x45\xdf\xa3")], "video/webm"),
    (&[(34, b"LP")], "application/vnd.ms-fontobject"),
    (&[(0, b"\0\x01\0\0")], "font/ttf"),
    (&[(0, b"OTTO")], "font/otf"),
    (&[(0, b"ttcf")], "font/collection"),
    (&[(0, b"wOFF")], "font/woff"),
    (&[(0, b"wOF2")], "font/woff2"),
    (&[(0, b"PK\x03\x04")], "application/zip"),
    (&[(0, b"Rar!\x1a\x07\0")], "application/x-rar-compressed"),
    (&[(0, b"Rar!\x1a\x07\x01\0")], "application/x-rar-compressed"),
    (&[(0, b"\0asm")], "application/wasm"),
];

/// Whether one of the brands of the first box is that of MP4; the second word of the box is its version.
fn is_mp4(data: &[u8; LOOKED_AT]) -> bool {
    let size = u32::from_be_bytes([data[0], data[1], data[2], data[3]]) as usize;
    let boxed = size <= LOOKED_AT && size.is_multiple_of(4) && data[4..8] == *b"ftyp";
    boxed && (8..size).step_by(4).filter(|at| *at != 12).any(|at| data[at..].starts_with(b"mp4"))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Each was seen with the helm program.
    #[test]
    fn types_are_named_as_helm_names_them() {
        let long = |start: &str| start.repeat(600);
        assert_eq!(content_type(b"\x1f\x8b\x08\0"), None);
        assert_eq!(content_type(b"a: 1\n"), Some("application/octet-stream"));
        assert_eq!(content_type(long("a: 1\n").as_bytes()), Some("text/plain; charset=utf-8"));
        assert_eq!(content_type(b" <html>"), Some("text/html; charset=utf-8"));
        assert_eq!(content_type(b"PK\x03\x04x"), Some("application/zip"));
        assert_eq!(content_type(b""), Some("application/octet-stream"));
    }
}
