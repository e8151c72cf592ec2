//! Numbers compared exactly, as the decimals that they are written as, and shown as English has them.

use std::cmp::Ordering;

use gotemplate::fmt::format_float;

/// A decimal: `digits` times ten to the power of `exponent`. Invariant: no zero in front or at the end; zero has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// Reads a number of JSON.
    pub(super) fn parse(text: &str) -> Decimal {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        // What does not fit is beyond all numbers that a value can have.
        let written = exponent.parse::<i32>().unwrap_or(if exponent.starts_with('-') { i32::MIN } else { i32::MAX });
        let all = format!("{whole}{fraction}");
        let trimmed = all.trim_end_matches('0');
        let dropped = (all.len() - trimmed.len()) as i64;
        let digits = trimmed.trim_start_matches('0').to_owned();
        let exponent = i64::from(written) - fraction.len() as i64 + dropped;
        match digits.is_empty() {
            true => Decimal { negative: false, digits, exponent: 0 },
            false => Decimal { negative, digits, exponent },
        }
    }

    /// Returns the decimal that a float is shown as.
    pub(super) fn of(f: f64) -> Decimal {
        Decimal::parse(&format!("{f:e}"))
    }

    pub(super) fn is_integer(&self) -> bool {
        self.exponent >= 0
    }

    /// Whether this is a whole number of times another one, which is not zero.
    pub(super) fn is_multiple_of(&self, other: &Decimal) -> bool {
        if self.digits.is_empty() {
            return true;
        }
        // Without zeros at the end, no division by ten comes out even.
        let Some(shift) = u32::try_from(self.exponent - other.exponent).ok() else { return false };
        let Ok(divisor) = other.digits.parse::<u128>() else { return false };
        if divisor == 0 || divisor > u128::MAX / 16 {
            return false;
        }
        let digit = |rest: u128, digit: u8| (rest * 10 + u128::from(digit)) % divisor;
        let rest = self.digits.bytes().fold(0, |rest, byte| digit(rest, byte - b'0'));
        // Each power of ten takes away a factor of two and of five, of which the divisor has no more than its bits.
        (0..shift.min(128)).fold(rest, |rest, _| digit(rest, 0)) == 0
    }

    pub(super) fn to_f64(&self) -> f64 {
        let sign = if self.negative { "-" } else { "" };
        format!("{sign}{}e{}", if self.digits.is_empty() { "0" } else { &self.digits }, self.exponent)
            .parse()
            .unwrap_or(f64::INFINITY)
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Decimal) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Decimal) -> Ordering {
        let sign = |d: &Decimal| match (d.digits.is_empty(), d.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let magnitude = || {
            let first = |d: &Decimal| d.exponent + d.digits.len() as i64;
            // Digits of numbers that begin at the same power of ten compare as texts.
            first(self).cmp(&first(other)).then_with(|| self.digits.cmp(&other.digits))
        };
        sign(self).cmp(&sign(other)).then_with(|| match sign(self) {
            0 => Ordering::Equal,
            -1 => magnitude().reverse(),
            _ => magnitude(),
        })
    }
}

/// Returns a number as golang.org/x/text shows it to English readers: `65,535.5`, `1.2×10⁰⁶`.
pub(super) fn english(f: f64) -> String {
    let text = format_float(f, b'g', None, false);
    let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    if let Some((mantissa, exponent)) = text.split_once('e') {
        return format!("{sign}{mantissa}×10{}", exponent.chars().filter_map(superscript).collect::<String>());
    }
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    let fraction = fraction.map(|rest| format!(".{rest}")).unwrap_or_default();
    format!("{sign}{}{fraction}", grouped(whole))
}

/// Returns a count with a comma at each thousand.
pub(super) fn english_count(count: usize) -> String {
    grouped(&count.to_string())
}

fn grouped(digits: &str) -> String {
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn superscript(c: char) -> Option<char> {
    let at = "0123456789-".find(c)?;
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁻".chars().nth(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_compare_exactly() {
        let less = |a: &str, b: &str| assert!(Decimal::parse(a) < Decimal::parse(b), "{a} < {b}");
        for (a, b) in [("1", "2"), ("-2", "-1"), ("-1", "0"), ("0.1", "1e-0"), ("99", "1e2"), ("1.5", "15")] {
            less(a, b);
        }
        less("9007199254740992", "9007199254740993");
        assert_eq!(Decimal::parse("1.50"), Decimal::parse("15e-1"));
        assert_eq!(Decimal::parse("-0.0"), Decimal::parse("0e9"));
        assert!(Decimal::parse("1e400") > Decimal::of(1e308) && Decimal::parse("1e99999999999") > Decimal::of(1.0));
        assert!(Decimal::of(1e21).is_integer() && !Decimal::of(0.5).is_integer() && Decimal::parse("1.0").is_integer());
    }

    #[test]
    fn multiples_come_out_even() {
        let multiple = |a: &str, b: &str| Decimal::parse(a).is_multiple_of(&Decimal::parse(b));
        assert!(
            multiple("0.03", "0.01")
                && multiple("6", "1.5")
                && multiple("0", "7")
                && multiple("1e30", "3e-1") == multiple("1e31", "3")
        );
        assert!(!multiple("0.035", "0.01") && !multiple("7", "2") && multiple("1e300", "8"));
    }

    // Each was seen with the helm program.
    #[test]
    fn numbers_look_english() {
        let cases = [
            (70000.0, "70,000"),
            (65535.5, "65,535.5"),
            (1_234_567.891, "1.234567891×10⁰⁶"),
            (0.123_456_78, "0.12345678"),
            (1e21, "1×10²¹"),
            (-1234.5, "-1,234.5"),
            (0.000_012_34, "1.234×10⁻⁰⁵"),
            (5.0, "5"),
        ];
        for (number, expected) in cases {
            assert_eq!(english(number), expected);
        }
        assert_eq!(english_count(1001), "1,001");
    }
}
