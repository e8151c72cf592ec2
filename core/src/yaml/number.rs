//! Numbers as Go writes them.

use std::fmt::Write;

use gotemplate::fmt;

/// The shortest decimal digits of a finite number and the power of ten of the first: `1.25` is `125` and 0.
fn shortest(scientific: &str) -> (bool, String, i32) {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let negative = mantissa.starts_with('-');
    let digits = mantissa.chars().filter(char::is_ascii_digit).collect();
    (negative, digits, exponent.parse().unwrap_or(0))
}

fn exponential((negative, digits, exponent): &(bool, String, i32)) -> String {
    let mut out = String::from(if *negative { "-" } else { "" });
    out.push_str(&digits[..1]);
    if digits.len() > 1 {
        out.push('.');
        out.push_str(&digits[1..]);
    }
    let sign = if *exponent < 0 { '-' } else { '+' };
    let _ = write!(out, "e{sign}{:02}", exponent.abs());
    out
}

/// strconv's 'g' with the shortest precision turns to an exponent outside of 1e-4 to 1e6.
fn general(parts: &(bool, String, i32), plain: impl Fn() -> String) -> String {
    if (-4..6).contains(&parts.2) { plain() } else { exponential(parts) }
}

/// Returns a number as `strconv.FormatFloat(f, 'g', -1, 64)` writes it, which is how Go's YAML libraries do; infinities
/// and what is no number have their YAML names.
pub(crate) fn yaml_float(f: f64) -> String {
    match special(f) {
        Some(name) => name.to_owned(),
        None => general(&shortest(&fmt::shortest(f)), || plain(f)),
    }
}

/// Writes a number without exponent.
fn plain(f: f64) -> String {
    let text = format!("{f}");
    // Only long ones may need Go's way of rounding.
    if text.len() < 16 { text } else { fmt::format_float(f, b'f', None, false) }
}

/// Returns the name of a map key that is a float: sigs.k8s.io/yaml formats it with 32 bits.
pub(crate) fn key_float(f: f64) -> String {
    let single = f as f32;
    match special(f64::from(single)) {
        Some(name) => name.to_owned(),
        None => general(&shortest(&format!("{single:e}")), || format!("{single}")),
    }
}

/// Returns a float as sigs.k8s.io/yaml writes it where a text is wanted: `strconv.FormatFloat(f, 'g', -1, 32)`.
pub fn go_float32(f: f64) -> String {
    match f as f32 {
        f if f.is_nan() => "NaN".to_owned(),
        f if f.is_infinite() => if f > 0.0 { "+Inf" } else { "-Inf" }.to_owned(),
        f => key_float(f64::from(f)),
    }
}

fn special(f: f64) -> Option<&'static str> {
    match f {
        f if f.is_nan() => Some(".nan"),
        f if f == f64::INFINITY => Some(".inf"),
        f if f == f64::NEG_INFINITY => Some("-.inf"),
        _ => None,
    }
}

/// Returns a number as encoding/json writes it, `None` for infinities and what is no number.
pub(crate) fn json_float(f: f64) -> Option<String> {
    if !f.is_finite() {
        return None;
    }
    let magnitude = f.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let text = exponential(&shortest(&fmt::shortest(f)));
        // encoding/json drops the padding of small negative exponents: 1e-09 is 1e-9.
        return Some(text.replace("e-0", "e-"));
    }
    Some(plain(f))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_go_writes_them() {
        for (f, yaml, json) in [
            (1.5, "1.5", "1.5"),
            (0.0001, "0.0001", "0.0001"),
            (0.00001, "1e-05", "0.00001"),
            (1e-7, "1e-07", "1e-7"),
            (1e21, "1e+21", "1e+21"),
            (-0.0, "-0", "-0"),
            (1e15 + 591.25, "1.0000000000005912e+15", "1000000000000591.2"),
        ] {
            assert_eq!(yaml_float(f), yaml);
            assert_eq!(json_float(f).as_deref(), Some(json));
        }
        assert_eq!(json_float(f64::NAN), None);
    }
}
