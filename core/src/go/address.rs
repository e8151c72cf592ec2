//! Checks IP addresses as they stand in URLs, with Go's errors.
//!
//! Facts: Go 1.27's `net/netip`.

use gotemplate::fmt::quote;

/// The version of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
}

/// Reads an address (`netip.ParseAddr`); only its version is of interest.
///
/// # Errors
/// Go's text.
pub(crate) fn parse(text: &[u8]) -> Result<Family, String> {
    let failed = |(message, at): Failed<'_>| {
        let place = if at.is_empty() { String::new() } else { format!(" (at {})", quote(at)) };
        format!("ParseAddr({}): {message}{place}", quote(text))
    };
    match text.iter().find(|byte| matches!(byte, b'.' | b':' | b'%')) {
        Some(b'.') => parse_v4(text).map(|()| Family::V4).map_err(failed),
        Some(b':') => parse_v6(text).map(|()| Family::V6).map_err(failed),
        Some(_) => Err(failed(("missing IPv6 address", b""))),
        None => Err(failed(("unable to parse IP", b""))),
    }
}

/// What is wrong, and the rest of the text from there on.
type Failed<'a> = (&'static str, &'a [u8]);

fn parse_v4(text: &[u8]) -> Result<(), Failed<'_>> {
    let (mut value, mut digits, mut fields) = (0u32, 0, 0);
    for (at, &byte) in text.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                if digits == 1 && value == 0 {
                    return Err(("IPv4 field has octet with leading zero", b""));
                }
                value = value * 10 + u32::from(byte - b'0');
                digits += 1;
                if value > 255 {
                    return Err(("IPv4 field has value >255", b""));
                }
            }
            b'.' if at == 0 || at == text.len() - 1 || text[at - 1] == b'.' => {
                return Err(("IPv4 field must have at least one digit", &text[at..]));
            }
            b'.' if fields == 3 => return Err(("IPv4 address too long", b"")),
            b'.' => {
                fields += 1;
                (value, digits) = (0, 0);
            }
            _ => return Err(("unexpected character", &text[at..])),
        }
    }
    if fields < 3 { Err(("IPv4 address too short", b"")) } else { Ok(()) }
}

fn parse_v6(text: &[u8]) -> Result<(), Failed<'_>> {
    let zone = text.iter().position(|&byte| byte == b'%');
    if zone == Some(text.len() - 1) {
        return Err(("zone must be a non-empty string", b""));
    }
    let mut rest = &text[..zone.unwrap_or(text.len())];
    // `::` stands for fields of zeros, at least one.
    let mut ellipsis = false;
    if let Some(after) = rest.strip_prefix(b"::") {
        ellipsis = true;
        rest = after;
        if rest.is_empty() {
            return Ok(());
        }
    }
    let mut bytes = 0;
    while bytes < 16 {
        let digits = field(rest)?;
        if rest.get(digits) == Some(&b'.') {
            embedded(rest, bytes, ellipsis)?;
            rest = b"";
            bytes += 4;
            break;
        }
        bytes += 2;
        rest = &rest[digits..];
        match rest {
            [] => break,
            [b':'] => return Err(("colon must be followed by more characters", rest)),
            [b':', b':', after @ ..] => {
                if ellipsis {
                    return Err(("multiple :: in address", &rest[1..]));
                }
                ellipsis = true;
                rest = after;
                if rest.is_empty() {
                    break;
                }
            }
            [b':', after @ ..] => rest = after,
            _ => return Err(("unexpected character, want colon", rest)),
        }
    }
    match (rest.is_empty(), bytes < 16) {
        (false, _) => Err(("trailing garbage after address", rest)),
        (true, true) if !ellipsis => Err(("address string too short", b"")),
        (true, false) if ellipsis => Err(("the :: must expand to at least one field of zeros", b"")),
        _ => Ok(()),
    }
}

/// Returns the number of digits of the field at the start.
fn field(rest: &[u8]) -> Result<usize, Failed<'_>> {
    match rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count() {
        0 => Err(("each colon-separated field must have at least one digit", rest)),
        5.. => Err(("each group must have 4 or less digits", rest)),
        digits => Ok(digits),
    }
}

/// Checks an IPv4 address at the end of an IPv6 one.
fn embedded(rest: &[u8], bytes: usize, ellipsis: bool) -> Result<(), Failed<'_>> {
    if !ellipsis && bytes != 12 {
        return Err(("embedded IPv4 address must replace the final 2 fields of the address", rest));
    }
    if bytes + 4 > 16 {
        return Err(("too many hex fields to fit an embedded IPv4 at the end of the address", rest));
    }
    parse_v4(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_version() {
        assert_eq!(parse(b"1.2.3.4"), Ok(Family::V4));
        for text in ["::", "::1", "fe80::1%en0", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", "1::"] {
            assert_eq!(parse(text.as_bytes()), Ok(Family::V6), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_at_its_place() {
        let refused = |text: &str| parse(text.as_bytes()).expect_err(text);
        assert_eq!(refused("foo"), r#"ParseAddr("foo"): unable to parse IP"#);
        assert_eq!(refused("1.2.3"), r#"ParseAddr("1.2.3"): IPv4 address too short"#);
        assert_eq!(refused("1:2::3::4"), r#"ParseAddr("1:2::3::4"): multiple :: in address (at ":4")"#);
        assert_eq!(refused("12345::"), r#"ParseAddr("12345::"): each group must have 4 or less digits (at "12345::")"#);
    }
}
