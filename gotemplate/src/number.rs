//! Number literals: every kind a constant can be read as, the way Go's untyped constants work.

use crate::quote;

/// A numeric constant with all readings that fit it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Number {
    pub(crate) int: Option<i64>,
    pub(crate) uint: Option<u64>,
    pub(crate) float: Option<f64>,
    pub(crate) complex: Option<(f64, f64)>,
}

impl Number {
    pub(crate) fn character(literal: &[u8]) -> Result<Number, String> {
        let (rune, _, width) = quote::unquote_char(&literal[1..], literal[0]).ok_or("invalid syntax")?;
        if &literal[1 + width..] != b"'" {
            return Err(format!("malformed character constant: {}", String::from_utf8_lossy(literal)));
        }
        let float = Some(f64::from(rune));
        Ok(Number { int: Some(i64::from(rune)), uint: Some(u64::from(rune)), float, complex: None })
    }

    /// Reads `1+2i`: two floats without a space between.
    pub(crate) fn complex(literal: &[u8]) -> Result<Number, String> {
        let text = String::from_utf8_lossy(literal);
        let bytes = text.as_bytes();
        let is_split = |at: &usize| {
            matches!(bytes[*at], b'+' | b'-') && !matches!(bytes[at - 1], b'e' | b'E' | b'p' | b'P')
                || matches!(bytes[*at], b'+' | b'-') && is_hex(&text) && matches!(bytes[at - 1], b'e' | b'E')
        };
        let parts = (1..bytes.len()).find(is_split).map(|at| (&text[..at], text[at..].trim_end_matches('i')));
        let read = parts.and_then(|(real, imaginary)| Some((parse_float(real)?, parse_float(imaginary)?)));
        read.map(Number::from_complex).ok_or_else(|| "syntax error scanning complex number".to_owned())
    }

    fn from_complex((real, imaginary): (f64, f64)) -> Number {
        let mut number = Number { complex: Some((real, imaginary)), ..Number::default() };
        if imaginary == 0.0 {
            number.float = Some(real);
            number.int = exact_int(real);
            number.uint = exact_uint(real);
        }
        number
    }

    pub(crate) fn parse(literal: &[u8]) -> Result<Number, String> {
        if let Some(small) = small(literal) {
            let (int, uint) = (Some(i64::from(small)), Some(u64::from(small)));
            return Ok(Number { int, uint, float: Some(f64::from(small)), complex: None });
        }
        let text = String::from_utf8_lossy(literal);
        if let Some(float) = text.strip_suffix('i').and_then(parse_float) {
            return Ok(Number::from_complex((0.0, float)));
        }
        let mut number = Number { int: parse_int(&text), uint: parse_uint(&text), ..Number::default() };
        if number.int == Some(0) {
            number.uint = Some(0); // -0
        }
        match (number.int, number.uint) {
            (Some(int), _) => number.float = Some(int as f64),
            (None, Some(uint)) => number.float = Some(uint as f64),
            (None, None) => {
                let float =
                    parse_float(&text).ok_or_else(|| format!("illegal number syntax: {}", quote::quoted(literal)))?;
                if !text.contains(['.', 'e', 'E', 'p', 'P']) {
                    return Err(format!("integer overflow: {}", quote::quoted(literal)));
                }
                number.float = Some(float);
                number.int = exact_int(float);
                number.uint = exact_uint(float);
            }
        }
        Ok(number)
    }

    /// Reports whether the spelling asks for a float where no type is known.
    pub(crate) fn looks_like_float(literal: &[u8]) -> bool {
        let hex_int = literal.len() > 2
            && literal[0] == b'0'
            && matches!(literal[1], b'x' | b'X')
            && !literal.iter().any(|byte| matches!(byte, b'p' | b'P'));
        literal.first() != Some(&b'\'')
            && !hex_int
            && literal.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E' | b'p' | b'P'))
    }
}

/// Reads the numbers that templates are full of: a few decimal digits.
fn small(literal: &[u8]) -> Option<u32> {
    let plain = (1..=9).contains(&literal.len())
        && (literal[0] != b'0' || literal.len() == 1)
        && literal.iter().all(u8::is_ascii_digit);
    plain.then(|| literal.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
}

fn exact_int(float: f64) -> Option<i64> {
    let fits = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&float);
    (fits && float.trunc() == float).then_some(float as i64)
}

fn exact_uint(float: f64) -> Option<u64> {
    let fits = (0.0..18_446_744_073_709_551_616.0).contains(&float);
    (fits && float.trunc() == float).then_some(float as u64)
}

/// Go's `strconv.ParseUint(text, 0, 64)`.
#[must_use]
pub fn parse_uint(text: &str) -> Option<u64> {
    let (base, digits) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &text[2..]),
        [b'0', b'o' | b'O', ..] => (8, &text[2..]),
        [b'0', b'b' | b'B', ..] => (2, &text[2..]),
        [b'0', _, ..] => (8, &text[1..]),
        _ => (10, text),
    };
    if digits.contains('_') && !underscores_fit(text) {
        return None;
    }
    let digits = digits.replace('_', "");
    if digits.is_empty() || digits.starts_with('+') {
        return None;
    }
    u64::from_str_radix(&digits, base).ok()
}

/// Go's `strconv.ParseInt(text, 0, 64)`.
#[must_use]
pub fn parse_int(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let magnitude = parse_uint(digits)?;
    if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

fn is_hex(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    digits.starts_with("0x") || digits.starts_with("0X")
}

/// Underscores may only stand between digits, or between the prefix and a digit.
fn underscores_fit(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    let prefixed =
        digits.len() >= 2 && digits.starts_with('0') && digits[1..].starts_with(['x', 'X', 'o', 'O', 'b', 'B']);
    let hex = is_hex(digits);
    // What stood before: `0` a digit or the prefix, `_` an underscore, anything else for the rest.
    let mut before = if prefixed { '0' } else { '^' };
    for rune in digits.chars().skip(if prefixed { 2 } else { 0 }) {
        if rune.is_ascii_digit() || hex && rune.is_ascii_hexdigit() {
            before = '0';
        } else if rune == '_' {
            if before != '0' {
                return false;
            }
            before = '_';
        } else {
            if before == '_' {
                return false;
            }
            before = '!';
        }
    }
    before != '_'
}

/// Go's `strconv.ParseFloat(text, 64)` for literals: decimal or hexadecimal, with underscores, correctly rounded.
/// A number too large for a float is none.
#[must_use]
pub fn parse_float(text: &str) -> Option<f64> {
    if text.contains('_') && !(underscores_fit(text)) {
        return None;
    }
    let clean = text.replace('_', "");
    let (negative, digits) = match clean.as_bytes().first()? {
        b'-' => (true, &clean[1..]),
        b'+' => (false, &clean[1..]),
        _ => (false, &clean[..]),
    };
    let value = if is_hex(digits) {
        parse_hex_float(&digits[2..])?
    } else {
        // Rust reads more than Go here (`inf`), so the alphabet is checked first.
        let known =
            digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
        let starts = digits.starts_with(|first: char| first.is_ascii_digit() || first == '.');
        if !known || !starts {
            return None;
        }
        digits.parse::<f64>().ok()?
    };
    value.is_finite().then_some(if negative { -value } else { value })
}

/// Reads `1.8p-3`: digits are collected into 64 bits with a sticky end, then rounded once.
fn parse_hex_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    if exponent.is_empty() || exponent.starts_with("+-") || exponent.starts_with("-+") {
        return None;
    }
    let exponent: i64 = match exponent.parse::<i64>() {
        Ok(exponent) => exponent.clamp(-100_000, 100_000),
        Err(_) if exponent.bytes().skip(1).all(|byte| byte.is_ascii_digit()) => 100_000,
        Err(_) => return None,
    };
    let (mut bits, mut scale, mut seen_point, mut any) = (0u64, exponent, false, false);
    for byte in mantissa.bytes() {
        if byte == b'.' && !seen_point {
            seen_point = true;
            continue;
        }
        let digit = u64::from(char::from(byte).to_digit(16)?);
        any = true;
        if bits >> 60 == 0 {
            bits = bits << 4 | digit;
            scale -= if seen_point { 4 } else { 0 };
        } else {
            bits |= u64::from(digit != 0);
            scale += if seen_point { 0 } else { 4 };
        }
    }
    any.then(|| scale_bits(bits, scale))
}

/// Returns `bits * 2^scale`, rounded to even once.
fn scale_bits(bits: u64, scale: i64) -> f64 {
    if bits == 0 {
        return 0.0;
    }
    let shift = i64::from(bits.leading_zeros());
    let bits = bits << shift;
    // The value is 1.xxx * 2^exponent.
    let exponent = scale - shift + 63;
    if exponent > 1023 {
        return f64::INFINITY;
    }
    // 53 bits of precision, fewer where the number is denormal.
    let lost = 11 + (-1022 - exponent).max(0);
    if lost > 64 {
        return 0.0;
    }
    let (kept, rest, half) = if lost == 64 {
        (0, u128::from(bits), 1u128 << 63)
    } else {
        (bits >> lost, u128::from(bits & ((1u64 << lost) - 1)), 1u128 << (lost - 1))
    };
    let kept = kept + u64::from(rest > half || rest == half && kept & 1 == 1);
    if exponent < -1022 {
        return f64::from_bits(kept);
    }
    let biased = u64::try_from(exponent + 1023).expect("the exponent is at least -1022 here");
    // The hidden bit adds one to the exponent field; a carry out of the mantissa does the right thing.
    f64::from_bits(((biased - 1) << 52) + kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_keep_all_readings_that_fit() {
        let number = Number::parse(b"0x10").expect("a number");
        assert_eq!((number.int, number.uint, number.float), (Some(16), Some(16), Some(16.0)));
        assert_eq!(Number::parse(b"-1").expect("a number").uint, None);
        assert_eq!(Number::parse(b"1e3").expect("a number").int, Some(1000));
        assert_eq!(Number::parse(b"18446744073709551615").expect("a number").int, None);
    }

    #[test]
    fn underscores_stand_between_digits_only() {
        assert_eq!(parse_uint("1_000"), Some(1000));
        assert_eq!(parse_uint("0x_1f"), Some(31));
        assert_eq!(parse_uint("0_7"), Some(7));
        assert_eq!(parse_uint("1__0"), None);
        assert_eq!(parse_float("7.5_0"), Some(7.5));
        assert_eq!(parse_float("7_.5"), None);
    }

    #[test]
    fn hex_floats_round_to_even_once() {
        assert_eq!(parse_float("0x1.8p1"), Some(3.0));
        assert_eq!(parse_float("0x1p-1074"), Some(f64::from_bits(1)));
        assert_eq!(parse_float("0x1p-1075"), Some(0.0));
        assert_eq!(parse_float("0x1.8p-1075"), Some(f64::from_bits(1)));
        assert_eq!(parse_float("0x1.fffffffffffff8p0"), Some(2.0));
        assert_eq!(parse_float("0x1.00000000000008p0"), Some(1.0));
        assert_eq!(parse_float("0x1p1024"), None);
        assert_eq!(parse_float("0x10"), None);
    }

    #[test]
    fn complex_constants_have_two_parts() {
        assert_eq!(Number::complex(b"1e-2+3i").expect("a number").complex, Some((0.01, 3.0)));
        assert_eq!(Number::parse(b"0i").expect("a number").int, Some(0));
    }
}
