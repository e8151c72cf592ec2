//! Which texts Go's libraries take for points in time.
//!
//! They never become times here (sigs.k8s.io/yaml keeps them as text), but they must be quoted on the way out; where
//! yaml.v3 decodes them, only the text of the time is wanted.

/// Whether yaml.v2 and yaml.v3 read an unquoted text as a timestamp.
pub(super) fn is_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || !bytes[..4].iter().all(u8::is_ascii_digit) || bytes[4] != b'-' {
        return false;
    }
    let mut rest = &bytes[5..];
    let Some(day_is_right) = date(&bytes[..4], &mut rest) else { return false };
    day_is_right
        && match rest {
            [] => true,
            [b'T' | b't', time @ ..] => clock(&mut { time }, true),
            [b' ', ..] => {
                let start = rest.iter().position(|b| *b != b' ').unwrap_or(rest.len());
                clock(&mut &rest[start..], false)
            }
            _ => false,
        }
}

/// Returns a timestamp as encoding/json writes it (`time.RFC3339Nano`), `None` for what is no timestamp.
pub(crate) fn json_time(text: &str) -> Option<String> {
    if !is_timestamp(text) {
        return None;
    }
    let mut rest = &text.as_bytes()[5..];
    let year = &text[..4];
    let month = number(&mut rest)?;
    expect(&mut rest, b'-')?;
    let day = number(&mut rest)?;
    let mut out = format!("{year}-{month:02}-{day:02}T");
    rest = match rest {
        [] => return Some(out + "00:00:00Z"),
        [b'T' | b't', time @ ..] => time,
        _ => &rest[rest.iter().position(|b| *b != b' ').unwrap_or(rest.len())..],
    };
    for i in 0..3 {
        if i > 0 {
            expect(&mut rest, b':')?;
            out.push(':');
        }
        out.push_str(&format!("{:02}", number(&mut rest)?));
    }
    if let [b'.' | b',', digits @ ..] = rest {
        let len = digits.iter().take_while(|b| b.is_ascii_digit()).count();
        let kept = std::str::from_utf8(&digits[..len.min(9)]).ok()?.trim_end_matches('0');
        if !kept.is_empty() {
            out.push('.');
            out.push_str(kept);
        }
        rest = &digits[len..];
    }
    match std::str::from_utf8(rest).ok()? {
        "" | "Z" | "+00:00" | "-00:00" => out.push('Z'),
        zone => out.push_str(zone),
    }
    Some(out)
}

/// Reads a number of one or two digits.
fn number(rest: &mut &[u8]) -> Option<u32> {
    let digits = rest.iter().take(2).take_while(|b| b.is_ascii_digit()).count();
    let value = rest[..digits].iter().fold(0, |n, b| n * 10 + u32::from(b - b'0'));
    *rest = &rest[digits..];
    (digits > 0).then_some(value)
}

fn expect(rest: &mut &[u8], byte: u8) -> Option<()> {
    *rest = rest.strip_prefix(&[byte])?;
    Some(())
}

fn date(year: &[u8], rest: &mut &[u8]) -> Option<bool> {
    let month = number(rest)?;
    expect(rest, b'-')?;
    let day = number(rest)?;
    let year = year.iter().fold(0, |n, b| n * 10 + u32::from(b - b'0'));
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    Some((1..=days).contains(&day))
}

fn clock(rest: &mut &[u8], zoned: bool) -> bool {
    time_of_day(rest).is_some() && if zoned { zone(rest).is_some() && rest.is_empty() } else { rest.is_empty() }
}

fn time_of_day(rest: &mut &[u8]) -> Option<()> {
    for (i, limit) in [24, 60, 60].into_iter().enumerate() {
        if i > 0 {
            expect(rest, b':')?;
        }
        number(rest).filter(|n| *n < limit)?;
    }
    if let [b'.' | b',', digit, ..] = rest
        && digit.is_ascii_digit()
    {
        let digits = rest[1..].iter().take_while(|b| b.is_ascii_digit()).count();
        *rest = &rest[1 + digits..];
    }
    Some(())
}

fn zone(rest: &mut &[u8]) -> Option<()> {
    if let [b'Z', after @ ..] = rest {
        *rest = after;
        return Some(());
    }
    let [b'+' | b'-', h1, h2, b':', m1, m2, after @ ..] = rest else { return None };
    let pair = |a: &u8, b: &u8| {
        (a.is_ascii_digit() && b.is_ascii_digit()).then(|| u32::from(a - b'0') * 10 + u32::from(b - b'0'))
    };
    let in_range = pair(h1, h2)? <= 24 && pair(m1, m2)? <= 60;
    *rest = after;
    in_range.then_some(())
}

#[cfg(test)]
mod tests {
    use super::{is_timestamp, json_time};

    #[test]
    fn times_are_written_as_json_has_them() {
        for (text, want) in [
            ("2020-01-01", "2020-01-01T00:00:00Z"),
            ("2001-12-14t21:59:43.10-05:00", "2001-12-14T21:59:43.1-05:00"),
            ("2001-1-2 3:4:5.000", "2001-01-02T03:04:05Z"),
        ] {
            assert_eq!(json_time(text).as_deref(), Some(want));
        }
        assert_eq!(json_time("2020-13-01"), None);
    }

    #[test]
    fn the_four_layouts_of_go_are_timestamps() {
        for text in
            ["2020-01-01", "2020-1-1", "2001-12-14T21:59:43.1Z", "2001-12-14t2:5:4+01:00", "2001-12-14  21:59:43"]
        {
            assert!(is_timestamp(text), "{text}");
        }
        for text in ["2020-13-01", "2021-02-29", "2020-01", "20-01-01", "2001-12-14 21:59:43 -5", "2020-01-01T00:00:00"]
        {
            assert!(!is_timestamp(text), "{text}");
        }
    }
}
