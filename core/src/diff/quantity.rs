//! Two ways to write one quantity.

/// Whether two texts are the same quantity, as `1000m` and `1`, or `1024Mi` and `1Gi`, are.
///
/// The grammar is that of apimachinery's `resource.Quantity`. Numbers too long for 128 bits are the same only when
/// their texts are.
pub(super) fn same(a: &str, b: &str) -> bool {
    a == b || matches!((parse(a), parse(b)), (Some(a), Some(b)) if a == b)
}

/// Whether the value of a key below a parent key is a quantity in Kubernetes' own types.
pub(super) fn is_quantity(parent: Option<&str>, key: &str) -> bool {
    let in_list = matches!(
        parent,
        Some("requests" | "limits" | "hard" | "used" | "capacity" | "allocatable" | "overhead" | "podFixed")
    );
    let named = matches!(key, "sizeLimit" | "divisor" | "averageValue");
    in_list || named
}

// The quantity in units of 10^-9, the smallest step that quantities keep.
fn parse(text: &str) -> Option<i128> {
    let (negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let (digits, suffix) = rest.split_at(end);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let (binary, ten) = scale(suffix)?;
    let mantissa: i128 = format!("0{whole}{fraction}").parse().ok()?;
    let exponent = ten + 9 - i32::try_from(fraction.len()).ok()?;
    let scaled = mantissa.checked_mul(binary)?;
    let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
    let value = if exponent >= 0 {
        scaled.checked_mul(power)?
    } else {
        // What is finer than the smallest step is not told apart here.
        (scaled % power == 0).then_some(scaled / power)?
    };
    Some(if negative { -value } else { value })
}

fn scale(suffix: &str) -> Option<(i128, i32)> {
    Some(match suffix {
        "" => (1, 0),
        "n" => (1, -9),
        "u" => (1, -6),
        "m" => (1, -3),
        "k" => (1, 3),
        "M" => (1, 6),
        "G" => (1, 9),
        "T" => (1, 12),
        "P" => (1, 15),
        "E" => (1, 18),
        "Ki" => (1 << 10, 0),
        "Mi" => (1 << 20, 0),
        "Gi" => (1 << 30, 0),
        "Ti" => (1 << 40, 0),
        "Pi" => (1 << 50, 0),
        "Ei" => (1 << 60, 0),
        _ => (1, suffix.strip_prefix(['e', 'E'])?.parse::<i32>().ok().filter(|e| (-30..=30).contains(e))?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_compared_by_what_they_are() {
        for (a, b) in
            [("1", "1000m"), ("1Gi", "1024Mi"), ("0.5", "500m"), ("1e3", "1k"), ("1.50", "1500m"), ("+1", "1")]
        {
            assert!(same(a, b), "{a} {b}");
        }
        for (a, b) in [("1", "1001m"), ("1G", "1Gi"), ("1", "-1"), ("x", "1"), ("1x", "1"), ("", "0"), ("1.1.1", "1.1")]
        {
            assert!(!same(a, b), "{a} {b}");
        }
    }
}
