//! Equality of quantities.

/// Whether two texts are the same quantity: `1000m` and `1`, `1024Mi` and `1Gi`
/// (<https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>).
pub(super) fn same_quantity(a: &str, b: &str) -> bool {
    a == b || matches!((nano(a), nano(b)), (Some(a), Some(b)) if a == b)
}

// Returns the quantity in units of 10^-9, the finest that Kubernetes keeps; `None` for what is none or too large.
fn nano(text: &str) -> Option<i128> {
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | '+' | '-')).unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (negative, digits) = match number.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !plain(whole) || !plain(fraction) {
        return None;
    }
    let mantissa: i128 = format!("{whole}{fraction}").parse().ok()?;
    let (binary, decimal) = scale(suffix)?;
    let power = decimal + 9 - i32::try_from(fraction.len()).ok()?;
    let scaled = mantissa.checked_mul(1i128.checked_shl(binary)?)?;
    let ten = 10i128.checked_pow(power.unsigned_abs())?;
    let value = if power >= 0 { scaled.checked_mul(ten)? } else { (scaled % ten == 0).then(|| scaled / ten)? };
    Some(if negative { -value } else { value })
}

// The powers of two and of ten that a suffix stands for.
fn scale(suffix: &str) -> Option<(u32, i32)> {
    Some(match suffix {
        "" => (0, 0),
        "n" => (0, -9),
        "u" => (0, -6),
        "m" => (0, -3),
        "k" => (0, 3),
        "M" => (0, 6),
        "G" => (0, 9),
        "T" => (0, 12),
        "P" => (0, 15),
        "E" => (0, 18),
        "Ki" => (10, 0),
        "Mi" => (20, 0),
        "Gi" => (30, 0),
        "Ti" => (40, 0),
        "Pi" => (50, 0),
        "Ei" => (60, 0),
        _ => (0, suffix.strip_prefix(['e', 'E'])?.parse().ok().filter(|power: &i32| power.abs() <= 18)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_quantity_has_many_spellings() {
        for (a, b) in [("1000m", "1"), ("1024Mi", "1Gi"), ("0.5", "500m"), ("1e3", "1k"), ("1.5Gi", "1536Mi")] {
            assert!(same_quantity(a, b), "{a} {b}");
        }
        for (a, b) in [("1", "1m"), ("1G", "1Gi"), ("x", "y"), ("1", "1.0x"), ("", "0"), ("1e99", "1e98")] {
            assert!(!same_quantity(a, b), "{a} {b}");
        }
    }
}
