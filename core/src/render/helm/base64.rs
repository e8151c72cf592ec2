//! Base64 as Go's encoding/base64 reads it, which tells where a text is wrong.

/// Reads base64 with padding; line breaks are skipped.
///
/// # Errors
/// Go's `base64.CorruptInputError`.
pub(super) fn decode(text: &[u8]) -> Result<Vec<u8>, String> {
    let corrupt = |at: usize| Err(format!("illegal base64 data at input byte {at}"));
    let skip_breaks = |at: usize| at + text[at..].iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut bits, mut count, mut at) = (0u32, 0, 0);
    while let Some(&byte) = text.get(at) {
        at += 1;
        if let Some(value) = digit(byte) {
            bits = bits << 6 | u32::from(value);
            count += 1;
            if count == 4 {
                out.extend_from_slice(&bits.to_be_bytes()[1..]);
                (bits, count) = (0, 0);
            }
            continue;
        }
        match byte {
            b'\n' | b'\r' => continue,
            b'=' if count >= 2 => {}
            _ => return corrupt(at - 1),
        }
        if count == 2 {
            at = skip_breaks(at);
            match text.get(at) {
                None => return corrupt(text.len()),
                Some(b'=') => at += 1,
                Some(_) => return corrupt(at - 1),
            }
        }
        at = skip_breaks(at);
        if at < text.len() {
            return corrupt(at);
        }
        let padded = bits << (6 * (4 - count));
        out.extend_from_slice(&padded.to_be_bytes()[1..count]);
        return Ok(out);
    }
    if count == 0 { Ok(out) } else { corrupt(at - count) }
}

fn digit(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn errors_tell_the_place() {
        for (text, at) in [("!!!", 0), ("YWI", 0), ("YWJjYW=", 7), ("YWI=x", 4), ("YW\nI=\n=", 6), ("YWJj====", 4)] {
            assert_eq!(decode(text.as_bytes()), Err(format!("illegal base64 data at input byte {at}")), "{text}");
        }
        assert_eq!(decode(b"YW\r\nI=\n").as_deref(), Ok(&b"ab"[..]));
    }
}
