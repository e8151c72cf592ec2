//! Floats as `strconv.FormatFloat` writes them. Rust's own formatting gives the digits (shortest, or exactly rounded);
//! the layout around them is Go's.

/// Decimal digits `0.d₁d₂… × 10^point`, without zeros at the end.
struct Digits {
    digits: Vec<u8>,
    point: i32,
}

/// More digits than any double has: what follows is zeros.
const MAX_DIGITS: usize = 1100;

/// Formats a float as Go's `strconv.FormatFloat`.
///
/// `verb` is one of `e`, `E`, `f`, `g`, `G`, `b`, `x`, `X`; without a precision the shortest digits are written which
/// give the number back; `single` asks for the digits of a `float32`.
///
/// ```
/// use gotemplate::fmt::format_float;
///
/// assert_eq!(format_float(1e21, b'g', None, false), "1e+21");
/// assert_eq!(format_float(0.1, b'g', None, true), "0.1");
/// assert_eq!(format_float(2.5, b'e', Some(0), false), "2e+00");
/// ```
#[must_use]
pub fn format_float(value: f64, verb: u8, precision: Option<usize>, single: bool) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let value = value.abs();
    let body = match verb {
        b'b' => binary(value, single),
        b'x' | b'X' => hex(value, precision, verb, single),
        b'f' => fixed(value, precision, single),
        b'e' | b'E' => {
            let digits = digits(value, precision.map(|precision| precision + 1), single);
            let precision = precision.unwrap_or(digits.digits.len().saturating_sub(1));
            exponent(&digits, precision, verb)
        }
        _ => general(value, precision, verb, single),
    };
    format!("{sign}{body}")
}

/// Returns the shortest decimal that gives the number back, as `1.25e-3`.
///
/// Of two that are equally near Go takes the even one, which Rust does not.
///
/// ```
/// assert_eq!(gotemplate::fmt::shortest(1e15 + 591.25), "1.0000000000005912e15");
/// ```
#[must_use]
pub fn shortest(value: f64) -> String {
    let text = format!("{value:e}");
    even(value, &text).unwrap_or(text)
}

/// Returns the even neighbour of a shortest decimal that is odd, where the number lies exactly between the two.
fn even(value: f64, text: &str) -> Option<String> {
    let (mantissa, exponent) = text.split_once('e')?;
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |mantissa| ("-", mantissa));
    let digits = mantissa.replace('.', "");
    // Shorter ones have no neighbour that gives the number back.
    if digits.len() < 15 || digits.bytes().last().is_none_or(|last| last % 2 == 0) {
        return None;
    }
    let value = value.abs();
    let next = format!("{value:.*e}", digits.len());
    if next.split_once('e')?.0.bytes().last() != Some(b'5') {
        return None;
    }
    let exact = format!("{value:.MAX_DIGITS$e}");
    let exact = exact.split_once('e')?.0.replace('.', "");
    if exact[digits.len() + 1..].bytes().any(|digit| digit != b'0') {
        return None;
    }
    // What lies between them begins with the lower one.
    let lower: u64 = exact[..digits.len()].parse().ok()?;
    let even = (lower + lower % 2).to_string();
    let even = format!("{sign}{}.{}e{exponent}", &even[..1], &even[1..]);
    (even.len() == text.len() && even.parse::<f64>().ok()?.abs() == value).then_some(even)
}

fn digits(value: f64, count: Option<usize>, single: bool) -> Digits {
    if value == 0.0 {
        return Digits { digits: Vec::new(), point: 0 };
    }
    let text = match count {
        None if single => format!("{:e}", value as f32),
        None => shortest(value),
        Some(count) => format!("{value:.*e}", count.clamp(1, MAX_DIGITS) - 1),
    };
    let (mantissa, exponent) = text.split_once('e').expect("the format writes an exponent");
    let mut digits: Vec<u8> = mantissa.bytes().filter(|&byte| byte != b'.').collect();
    while digits.last() == Some(&b'0') {
        digits.pop();
    }
    Digits { digits, point: exponent.parse::<i32>().expect("the exponent is a small number") + 1 }
}

fn exponent(digits: &Digits, precision: usize, letter: u8) -> String {
    let mut out = String::new();
    let digit = |at: usize| char::from(digits.digits.get(at).copied().unwrap_or(b'0'));
    out.push(digit(0));
    if precision > 0 {
        out.push('.');
        out.extend((1..=precision).map(digit));
    }
    let exponent = if digits.digits.is_empty() { 0 } else { digits.point - 1 };
    let sign = if exponent < 0 { '-' } else { '+' };
    out + &format!("{}{sign}{:02}", char::from(letter), exponent.unsigned_abs())
}

fn fixed(value: f64, precision: Option<usize>, single: bool) -> String {
    if let Some(precision) = precision {
        let mut out = format!("{value:.*}", precision.min(MAX_DIGITS));
        out.extend(std::iter::repeat_n('0', precision.saturating_sub(MAX_DIGITS)));
        return out;
    }
    let digits = digits(value, None, single);
    let fraction = i64::try_from(digits.digits.len()).unwrap_or(0) - i64::from(digits.point);
    plain(&digits, usize::try_from(fraction).unwrap_or(0))
}

/// Writes digits without exponent.
fn plain(digits: &Digits, precision: usize) -> String {
    let digit = |at: i32| {
        let digit = usize::try_from(at).ok().and_then(|at| digits.digits.get(at));
        char::from(digit.copied().unwrap_or(b'0'))
    };
    let mut out = String::new();
    if digits.point > 0 {
        out.extend((0..digits.point).map(digit));
    } else {
        out.push('0');
    }
    if precision > 0 {
        out.push('.');
        out.extend((digits.point..).take(precision).map(digit));
    }
    out
}

fn general(value: f64, precision: Option<usize>, verb: u8, single: bool) -> String {
    let precision = precision.map(|precision| precision.max(1));
    let digits = digits(value, precision, single);
    let count = digits.digits.len();
    let small = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    // From this exponent on, the number is written with one.
    let switch = match precision {
        None => 6,
        Some(precision) if precision > count && small(count) >= digits.point => small(count),
        Some(precision) => small(precision),
    };
    let exp = digits.point - 1;
    if exp < -4 || exp >= switch {
        let precision = precision.unwrap_or(count).min(count);
        return exponent(&digits, precision.saturating_sub(1), verb + b'e' - b'g');
    }
    plain(&digits, usize::try_from(small(count) - digits.point).unwrap_or(0))
}

/// Splits a float into mantissa and binary exponent, with the number of mantissa bits.
fn parts(value: f64, single: bool) -> (u64, i32, u32) {
    let (bits, mantissa_bits, bias) =
        if single { (u64::from((value as f32).to_bits()), 23, -127) } else { (value.to_bits(), 52, -1023) };
    let field = i32::try_from(bits >> mantissa_bits).expect("a sign-less exponent field is small");
    let mantissa = bits & ((1 << mantissa_bits) - 1);
    if field == 0 {
        (mantissa, 1 + bias, mantissa_bits)
    } else {
        (mantissa | 1 << mantissa_bits, field + bias, mantissa_bits)
    }
}

fn binary(value: f64, single: bool) -> String {
    let (mantissa, exponent, bits) = parts(value, single);
    format!("{mantissa}p{:+}", exponent - bits.cast_signed())
}

fn hex(value: f64, precision: Option<usize>, verb: u8, single: bool) -> String {
    let (mantissa, mut exponent, bits) = parts(value, single);
    let mut mantissa = mantissa << (60 - bits);
    if mantissa == 0 {
        exponent = 0;
    } else {
        let shift = mantissa.leading_zeros() - 3;
        mantissa <<= shift;
        exponent -= shift.cast_signed();
    }
    if let Some(precision) = precision.filter(|&precision| precision < 15) {
        let shift = precision * 4;
        let extra = (mantissa << shift) & ((1 << 60) - 1);
        mantissa >>= 60 - shift;
        if extra | (mantissa & 1) > 1 << 59 {
            mantissa += 1;
        }
        mantissa <<= 60 - shift;
        if mantissa & (1 << 61) != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let mut out = format!("0x{}", mantissa >> 60 & 1);
    let fraction = format!("{:015x}", mantissa & ((1 << 60) - 1));
    match precision {
        None => {
            let fraction = fraction.trim_end_matches('0');
            if !fraction.is_empty() {
                out = out + "." + fraction;
            }
        }
        Some(0) => {}
        Some(precision) => {
            out.push('.');
            out.extend(fraction.chars().chain(std::iter::repeat('0')).take(precision));
        }
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    out += &format!("p{sign}{:02}", exponent.unsigned_abs());
    if verb == b'X' { out.to_uppercase() } else { out }
}
