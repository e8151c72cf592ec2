//! Powers of ten, to the last bit as Go computes them.
//!
//! Facts: Go's `math.Pow`, which multiplies squares of the mantissa and keeps exponents apart.

/// Returns `math.Pow(10, exponent)`.
pub(super) fn pow10(exponent: i64) -> f64 {
    match exponent {
        0 => return 1.0,
        1 => return 10.0,
        _ => {}
    }
    let (mut mantissa, mut scale) = (1.0f64, 0i64);
    // 10 = 0.625 * 2^4
    let (mut square, mut square_scale) = (0.625f64, 4i64);
    let mut left = exponent.unsigned_abs();
    while left != 0 {
        if square_scale > 1 << 12 {
            // Far beyond what a float can hold.
            scale += square_scale;
            break;
        }
        if left & 1 == 1 {
            mantissa *= square;
            scale += square_scale;
        }
        square *= square;
        square_scale <<= 1;
        if square < 0.5 {
            square += square;
            square_scale -= 1;
        }
        left >>= 1;
    }
    if exponent < 0 { scaled(1.0 / mantissa, -scale) } else { scaled(mantissa, scale) }
}

/// Returns `value * 2^scale`, rounded once, of a value between `2^-64` and `2^64`.
fn scaled(value: f64, scale: i64) -> f64 {
    // In two steps: nothing is lost before the last one.
    match scale {
        ..-1900 => 0.0,
        -1900..=-901 => value * power_of_two(-900) * power_of_two(scale + 900),
        -900..=900 => value * power_of_two(scale),
        901..=1900 => value * power_of_two(900) * power_of_two(scale - 900),
        _ => f64::INFINITY,
    }
}

/// Returns a power that is no denormal number.
fn power_of_two(exponent: i64) -> f64 {
    let biased = u64::try_from(exponent + 1023).expect("the exponent is between -1000 and 1000");
    f64::from_bits(biased << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_have_the_last_bit_of_go() {
        assert_eq!([pow10(2), pow10(-1), pow10(22), pow10(308)], [100.0, 0.1, 1e22, 1.0000000000000006e308]);
        assert_eq!(
            [pow10(309), pow10(-400), pow10(i64::MAX), pow10(i64::MIN)],
            [f64::INFINITY, 0.0, f64::INFINITY, 0.0]
        );
    }
}
