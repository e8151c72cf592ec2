//! Go's `time.Duration`: nanoseconds in 64 bits.

use super::parse::{leading_int, quote};

/// A duration in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Duration(pub(crate) i64);

impl Duration {
    pub(crate) const SECOND: Duration = Duration(1_000_000_000);
    pub(crate) const MINUTE: Duration = Duration(60 * Self::SECOND.0);
    pub(crate) const HOUR: Duration = Duration(60 * Self::MINUTE.0);

    /// Reads a text such as `1h30m` or `-1.5s`.
    ///
    /// # Errors
    /// Go's, for a text that is no duration.
    pub(crate) fn parse(text: &[u8]) -> Result<Duration, String> {
        let invalid = || format!("time: invalid duration {}", quote(text));
        let (negative, mut rest) = match text {
            [sign @ (b'-' | b'+'), rest @ ..] => (*sign == b'-', rest),
            _ => (false, text),
        };
        if rest == b"0" {
            return Ok(Duration(0));
        }
        if rest.is_empty() {
            return Err(invalid());
        }
        let mut total = 0u64;
        while !rest.is_empty() {
            let (part, after) = parse_part(rest, text)?;
            rest = after;
            total = total.checked_add(part).filter(|&total| total <= 1 << 63).ok_or_else(invalid)?;
        }
        match (negative, i64::try_from(total)) {
            (true, _) => Ok(Duration(total.wrapping_neg().cast_signed())),
            (false, Ok(nanoseconds)) => Ok(Duration(nanoseconds)),
            (false, Err(_)) => Err(invalid()),
        }
    }

    /// Returns the duration as a fraction of a unit, the way Go computes it.
    pub(crate) fn in_units(self, unit: Duration) -> f64 {
        (self.0 / unit.0) as f64 + (self.0 % unit.0) as f64 / unit.0 as f64
    }

    /// Rounds toward zero to a multiple of a duration.
    pub(crate) fn truncate(self, unit: Duration) -> Duration {
        if unit.0 <= 0 { self } else { Duration(self.0 - self.0 % unit.0) }
    }

    /// Rounds to the nearest multiple of a duration, halves away from zero.
    pub(crate) fn round(self, unit: Duration) -> Duration {
        if unit.0 <= 0 {
            return self;
        }
        let rest = self.0 % unit.0;
        let less_than_half = rest.unsigned_abs() * 2 < unit.0.unsigned_abs();
        if less_than_half {
            return Duration(self.0 - rest);
        }
        let away = if self.0 < 0 { -unit.0 } else { unit.0 };
        Duration((self.0 - rest).saturating_add(away))
    }
}

/// Reads a number with its unit, as nanoseconds.
fn parse_part<'t>(text: &'t [u8], whole: &[u8]) -> Result<(u64, &'t [u8]), String> {
    let invalid = || format!("time: invalid duration {}", quote(whole));
    if !matches!(text.first(), Some(b'.' | b'0'..=b'9')) {
        return Err(invalid());
    }
    let (count, mut rest) = leading_int(text).ok_or_else(invalid)?;
    let before = rest.len() != text.len();
    let (mut fraction, mut scale, mut after) = (0u64, 1f64, false);
    if let Some(digits) = rest.strip_prefix(b".") {
        rest = leading_fraction(digits, &mut fraction, &mut scale);
        after = rest.len() != digits.len();
    }
    if !before && !after {
        return Err(invalid());
    }
    let end = rest.iter().position(|byte| matches!(byte, b'.' | b'0'..=b'9')).unwrap_or(rest.len());
    let (name, rest) = rest.split_at(end);
    if name.is_empty() {
        return Err(format!("time: missing unit in duration {}", quote(whole)));
    }
    let unit: u64 = match name {
        b"ns" => 1,
        b"us" | b"\xc2\xb5s" | b"\xce\xbcs" => 1_000,
        b"ms" => 1_000_000,
        b"s" => 1_000_000_000,
        b"m" => 60_000_000_000,
        b"h" => 3_600_000_000_000,
        _ => return Err(format!("time: unknown unit {} in duration {}", quote(name), quote(whole))),
    };
    if count > (1 << 63) / unit {
        return Err(invalid());
    }
    // The product is computed as Go does it: exact to the nanosecond for fractions of hours.
    let part = count * unit + (fraction as f64 * (unit as f64 / scale)) as u64;
    if part > 1 << 63 { Err(invalid()) } else { Ok((part, rest)) }
}

/// Reads digits after a point; those beyond what 64 bits hold are skipped.
fn leading_fraction<'t>(text: &'t [u8], fraction: &mut u64, scale: &mut f64) -> &'t [u8] {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    for byte in &text[..end] {
        let next = fraction.checked_mul(10).filter(|_| *fraction <= (i64::MAX as u64) / 10);
        let Some(next) = next.map(|next| next + u64::from(byte - b'0')).filter(|&next| next <= 1 << 63) else { break };
        *fraction = next;
        *scale *= 10.0;
    }
    &text[end..]
}

/// Writes it as Go does: `1h30m0.5s`, `1.5µs`, `0s`.
impl std::fmt::Display for Duration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let total = self.0.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        match total {
            0 => f.write_str("0s"),
            1..1_000 => write!(f, "{total}ns"),
            1_000..1_000_000 => write_fraction(f, total, 1_000, 3, "µs"),
            1_000_000..1_000_000_000 => write_fraction(f, total, 1_000_000, 6, "ms"),
            _ => {
                let minutes = total / 60_000_000_000;
                if minutes >= 60 {
                    write!(f, "{}h", minutes / 60)?;
                }
                if minutes > 0 {
                    write!(f, "{}m", minutes % 60)?;
                }
                write_fraction(f, total % 60_000_000_000, 1_000_000_000, 9, "s")
            }
        }
    }
}

fn write_fraction(
    f: &mut std::fmt::Formatter<'_>,
    value: u64,
    unit: u64,
    digits: usize,
    name: &str,
) -> std::fmt::Result {
    let fraction = format!("{:0digits$}", value % unit);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    write!(f, "{}{point}{fraction}{name}", value / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written() {
        for (text, want) in [
            ("1h30m", "1h30m0s"),
            ("-1.5s", "-1.5s"),
            ("1.5µs", "1.5µs"),
            ("1.5μs", "1.5µs"),
            ("90s", "1m30s"),
            (".5h", "30m0s"),
            ("+0", "0s"),
            ("1ms1ns", "1.000001ms"),
            ("9223372036854775807ns", "2562047h47m16.854775807s"),
            ("-9223372036854775808ns", "-2562047h47m16.854775808s"),
            ("0.000000000000000000000001h", "0s"),
        ] {
            assert_eq!(Duration::parse(text.as_bytes()).map(|d| d.to_string()).as_deref(), Ok(want), "{text}");
        }
    }

    #[test]
    fn errors_are_those_of_go() {
        for (text, want) in [
            ("", "time: invalid duration \"\""),
            ("bad", "time: invalid duration \"bad\""),
            ("1d", "time: unknown unit \"d\" in duration \"1d\""),
            ("1h1", "time: missing unit in duration \"1h1\""),
            (".s", "time: invalid duration \".s\""),
            ("9223372036854775808ns", "time: invalid duration \"9223372036854775808ns\""),
            ("3000000h", "time: invalid duration \"3000000h\""),
            ("1é", "time: unknown unit \"\\xc3\\xa9\" in duration \"1\\xc3\\xa9\""),
        ] {
            assert_eq!(Duration::parse(text.as_bytes()), Err(want.to_owned()), "{text}");
        }
    }

    #[test]
    fn halves_are_rounded_away_from_zero() {
        let round = |d, unit| Duration(d).round(Duration(unit)).0;
        assert_eq!([round(5, 2), round(-5, 2), round(4, 3), round(7, 0), round(-7, 5)], [6, -6, 3, 7, -5]);
        assert_eq!(round(i64::MAX, 10_000_000_000), i64::MAX);
        assert_eq!(round(i64::MIN, 10_000_000_000), i64::MIN);
        assert_eq!(Duration(-7).truncate(Duration(2)).0, -6);
    }
}
