//! Conversions to numbers, with which most of Sprig's functions read their arguments: what cannot be read is 0.
//!
//! Facts: <https://github.com/spf13/cast/blob/v1.7.0/caste.go>, and Go's `strconv`.

use gotemplate::{Value, fmt};

/// Returns the `int` or `int64` of a value.
pub(super) fn to_int(value: &Value) -> i64 {
    match value {
        Value::Bool(value) => i64::from(*value),
        Value::Int(value, _) => *value,
        Value::Uint(value, _) => value.cast_signed(),
        Value::Float(value, _) => float_to_int(*value),
        Value::Str(text) => std::str::from_utf8(text).ok().and_then(read_int).unwrap_or(0),
        Value::Object(_) => named_int(value).unwrap_or(0),
        _ => 0,
    }
}

/// Returns the `float64` of a value.
pub(super) fn to_float(value: &Value) -> f64 {
    match value {
        Value::Bool(value) => f64::from(u8::from(*value)),
        Value::Int(value, _) => *value as f64,
        Value::Uint(value, _) => *value as f64,
        Value::Float(value, _) => *value,
        Value::Str(text) => std::str::from_utf8(text).ok().and_then(read_float).unwrap_or(0.0),
        Value::Object(_) => named_int(value).map_or(0.0, |value| value as f64),
        _ => 0.0,
    }
}

/// Of the named types only these two count as numbers.
fn named_int(value: &Value) -> Option<i64> {
    let Value::Object(object) = value else { return None };
    match (object.type_name().as_ref(), object.underlying()) {
        ("time.Month" | "time.Weekday", Some(Value::Int(value, _))) => Some(value),
        _ => None,
    }
}

/// Converts as Go does on amd64, where what does not fit is the smallest number.
pub(super) fn float_to_int(value: f64) -> i64 {
    let fits = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value);
    if fits { value as i64 } else { i64::MIN }
}

/// Reads an integer with the base of its prefix; zeros behind a point are no harm.
fn read_int(text: &str) -> Option<i64> {
    fmt::parse_int(trim_zero_decimal(text))
}

fn trim_zero_decimal(text: &str) -> &str {
    let digits = text.trim_end_matches('0');
    match digits.strip_suffix('.') {
        Some(whole) if digits.len() < text.len() => whole,
        _ => text,
    }
}

/// Go's `strconv.ParseFloat(text, 64)`.
fn read_float(text: &str) -> Option<f64> {
    let (sign, name) = match text.as_bytes().first()? {
        b'-' => (-1.0, &text[1..]),
        b'+' => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    if name.eq_ignore_ascii_case("inf") || name.eq_ignore_ascii_case("infinity") {
        return Some(sign * f64::INFINITY);
    }
    if text.eq_ignore_ascii_case("nan") {
        return Some(f64::NAN);
    }
    fmt::parse_float(text)
}

/// Go's `strconv.ParseInt(text, base, 64)` for a base that is given: digits and a sign; anything else is 0.
///
/// # Errors
/// When the number does not fit.
pub(super) fn parse_int(text: &[u8], base: u32) -> Result<i64, OutOfRange> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let out_of_range = OutOfRange(if negative { i64::MIN } else { i64::MAX });
    let mut magnitude = 0u64;
    for &byte in digits {
        let Some(digit) = char::from(byte).to_digit(base) else { return Ok(0) };
        let next = magnitude.checked_mul(u64::from(base)).and_then(|value| value.checked_add(u64::from(digit)));
        // What comes behind a number that is too large is not looked at.
        let Some(next) = next else { return Err(out_of_range) };
        magnitude = next;
    }
    let value = if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() };
    value.ok_or(out_of_range)
}

/// The nearest number to one that does not fit.
#[derive(Debug, PartialEq)]
pub(super) struct OutOfRange(pub(super) i64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_the_base_of_their_prefix() {
        let int = |text: &str| to_int(&Value::from(text));
        assert_eq!(
            [int("010"), int("08"), int("0x1F"), int("0b11"), int("1_000"), int("-0x10")],
            [8, 0, 31, 3, 1000, -16]
        );
        assert_eq!([int("1.0"), int("1.00"), int("1.5"), int("1."), int(".0"), int(" 1")], [1, 1, 0, 0, 0, 0]);
        assert_eq!(int("9223372036854775808"), 0);
    }

    #[test]
    fn floats_that_do_not_fit_are_the_smallest_integer() {
        assert_eq!(to_int(&Value::from(1e21)), i64::MIN);
        assert_eq!(to_int(&Value::from(f64::NAN)), i64::MIN);
        assert_eq!(to_int(&Value::from(-1.9)), -1);
    }

    #[test]
    fn floats_may_be_named() {
        let float = |text: &str| to_float(&Value::from(text));
        assert_eq!(
            [float("-Inf"), float("infinity"), float("1e400"), float("+nan")],
            [f64::NEG_INFINITY, f64::INFINITY, 0.0, 0.0]
        );
        assert!(float("NaN").is_nan());
    }

    #[test]
    fn a_number_out_of_range_is_the_nearest() {
        assert_eq!(parse_int(b"-99999999999999999999", 10), Err(OutOfRange(i64::MIN)));
        assert_eq!(parse_int(b"99999999999999999999x", 10), Err(OutOfRange(i64::MAX)));
        assert_eq!(parse_int(b"9999999999999999999x", 10), Ok(0));
        assert_eq!((parse_int(b"+17", 8), parse_int(b"8", 8), parse_int(b"1_0", 10)), (Ok(15), Ok(0), Ok(0)));
    }
}
