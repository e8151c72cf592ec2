//! Decimal numbers of any length, in which Sprig's functions on floats (`addf`, `divf`) do their sums.
//!
//! A float is taken for the shortest decimal that is read as the same float, so 0.1 and 0.2 make 0.3.
//!
//! Facts: <https://github.com/shopspring/decimal/blob/v1.4.0/decimal.go>.

use std::ops::{Add, Mul, Sub};

use gotemplate::Fault;
use num_bigint::{BigInt, Sign};

/// `digits * 10^exponent`
#[derive(Clone, Debug)]
pub(super) struct Decimal {
    digits: BigInt,
    exponent: i64,
}

/// The number of decimal places to which a quotient is rounded.
const PLACES: i64 = 16;

impl Decimal {
    /// Returns the shortest decimal of a float.
    ///
    /// # Errors
    /// Go's text, when the float is no number.
    pub(super) fn from_float(value: f64) -> Result<Decimal, Fault> {
        if !value.is_finite() {
            let name = if value.is_nan() { "NaN" } else { ["-Inf", "+Inf"][usize::from(value > 0.0)] };
            return Err(Fault::new(format!("Cannot create a Decimal from {name}")));
        }
        let text = format!("{value:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let places = mantissa.split_once('.').map_or(0, |(_, places)| places.len());
        let digits = mantissa.replace('.', "").parse().unwrap_or_default();
        let exponent = exponent.parse::<i64>().unwrap_or_default();
        Ok(Decimal { digits, exponent: exponent - i64::try_from(places).unwrap_or_default() })
    }

    /// Returns the nearest float.
    pub(super) fn to_float(&self) -> f64 {
        format!("{}e{}", self.digits, self.exponent).parse().unwrap_or_default()
    }

    /// Returns about how many steps an operation takes: it writes both numbers with the same number of places.
    pub(super) fn steps_with(&self, other: &Decimal) -> u64 {
        10 + self.digits.bits() / 16 + self.exponent.abs_diff(other.exponent) / 4
    }

    /// Returns the quotient, rounded to 16 places, half of one away from zero.
    ///
    /// # Errors
    /// Go's text, when the divisor is 0.
    pub(super) fn quotient(self, divisor: Decimal) -> Result<Decimal, Fault> {
        if divisor.digits.sign() == Sign::NoSign {
            return Err(Fault::from("decimal division by 0"));
        }
        let exponent = self.exponent - divisor.exponent + PLACES;
        let (above, below) = if exponent < 0 {
            (self.digits, divisor.digits * power_of_ten(-exponent))
        } else {
            (self.digits * power_of_ten(exponent), divisor.digits)
        };
        let (mut digits, rest) = (&above / &below, &above % &below);
        if (rest << 1u8).magnitude() >= below.magnitude() {
            digits += if above.sign() * below.sign() == Sign::Minus { -1 } else { 1 };
        }
        Ok(Decimal { digits, exponent: -PLACES })
    }

    /// Writes both with the same exponent.
    fn aligned(self, other: Decimal) -> (BigInt, BigInt, i64) {
        let exponent = self.exponent.min(other.exponent);
        let scaled = |number: Decimal| number.digits * power_of_ten(number.exponent - exponent);
        (scaled(self), scaled(other), exponent)
    }
}

fn power_of_ten(exponent: i64) -> BigInt {
    BigInt::from(10).pow(u32::try_from(exponent).unwrap_or(u32::MAX))
}

impl Add for Decimal {
    type Output = Decimal;

    fn add(self, other: Decimal) -> Decimal {
        let (a, b, exponent) = self.aligned(other);
        Decimal { digits: a + b, exponent }
    }
}

impl Sub for Decimal {
    type Output = Decimal;

    fn sub(self, other: Decimal) -> Decimal {
        let (a, b, exponent) = self.aligned(other);
        Decimal { digits: a - b, exponent }
    }
}

impl Mul for Decimal {
    type Output = Decimal;

    fn mul(self, other: Decimal) -> Decimal {
        Decimal { digits: self.digits * other.digits, exponent: self.exponent + other.exponent }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(value: f64) -> Decimal {
        Decimal::from_float(value).expect("a number")
    }

    #[test]
    fn sums_are_exact() {
        assert_eq!((decimal(0.1) + decimal(0.2)).to_float(), 0.3);
        assert_eq!((decimal(1e300) - decimal(1e-300)).to_float(), 1e300);
        assert_eq!((decimal(1.1) * decimal(1.1)).to_float(), 1.21);
    }

    #[test]
    fn quotients_are_rounded_to_sixteen_places() {
        let quotient = |a, b| decimal(a).quotient(decimal(b)).expect("a quotient").to_float();
        assert_eq!(quotient(1.0, 3.0), 0.3333333333333333);
        assert_eq!(quotient(-2.0, 3.0), -0.6666666666666667);
        assert_eq!(quotient(1.0, 2e16), 1e-16);
        assert_eq!(quotient(1.0, 3e16), 0.0);
        assert!(decimal(1.0).quotient(decimal(0.0)).is_err());
    }
}
