//! Powers of small numbers modulo a large odd one, by Montgomery's way of multiplying.
//!
//! The search for primes does nothing else, some forty powers for each prime. A general power multiplies about five times
//! for every four bits; with a small base each bit takes one square, and the rest is adding. Squares in turn take three
//! quarters of the work of a product. Numbers stand here as 64-bit digits, the lowest first, and each for its product with
//! `2^(64 × digits)` modulo the number.

use num_bigint::BigUint;

/// An odd number above one, with what multiplying modulo it needs.
pub(super) struct Modulus {
    digits: Vec<u64>,
    /// What times the number gives -1 modulo 2^64.
    inverse: u64,
    one: Vec<u64>,
    /// Room for a square.
    wide: Vec<u64>,
    /// Room for a sum.
    sum: Vec<u64>,
}

impl Modulus {
    /// Returns `None` for an even number, and for those below three.
    pub(super) fn new(number: &BigUint) -> Option<Modulus> {
        if !number.bit(0) || number.bits() < 2 {
            return None;
        }
        let digits = number.to_u64_digits();
        let count = digits.len();
        // Each step doubles the number of bits that are right; an odd number is its own inverse modulo 8.
        let inverse = (0..5).fold(digits[0], |x, _| x.wrapping_mul(2u64.wrapping_sub(digits[0].wrapping_mul(x))));
        let mut one = ((BigUint::from(1u32) << (64 * count)) % number).to_u64_digits();
        one.resize(count, 0);
        let (wide, sum) = (vec![0; 2 * count], vec![0; count]);
        Some(Modulus { digits, inverse: inverse.wrapping_neg(), one, wide, sum })
    }

    /// Returns what stands for 1.
    pub(super) fn one(&self) -> &[u64] {
        &self.one
    }

    /// Returns what stands for -1.
    pub(super) fn minus_one(&self) -> Vec<u64> {
        let mut found = self.digits.clone();
        subtract(&mut found, &self.one);
        found
    }

    /// Returns what stands for a power of a small number.
    pub(super) fn power(&mut self, base: u32, exponent: &BigUint) -> Vec<u64> {
        let mut power = self.one.clone();
        for bit in (0..exponent.bits()).rev() {
            self.square(&mut power);
            if exponent.bit(bit) {
                self.times(&mut power, base);
            }
        }
        power
    }

    /// Squares a number.
    pub(super) fn square(&mut self, number: &mut [u64]) {
        let count = number.len();
        let wide = &mut self.wide;
        wide.fill(0);
        // Each product of two different digits comes twice.
        for (at, digit) in number.iter().enumerate() {
            wide[at + count] = add_product(&mut wide[2 * at + 1..at + count], &number[at + 1..], *digit);
        }
        let (mut shifted, mut carry) = (0, 0);
        for (pair, digit) in wide.chunks_exact_mut(2).zip(number.iter()) {
            let square = u128::from(*digit) * u128::from(*digit);
            let low = u128::from(pair[0] << 1 | shifted) + u128::from(square as u64) + carry;
            let high = u128::from(pair[1] << 1 | pair[0] >> 63) + (square >> 64) + (low >> 64);
            shifted = pair[1] >> 63;
            (pair[0], pair[1], carry) = (low as u64, high as u64, high >> 64);
        }
        self.reduce(number);
    }

    /// Divides the wide number by 2^(64 × digits).
    fn reduce(&mut self, to: &mut [u64]) {
        let count = self.digits.len();
        let mut top = 0;
        for at in 0..count {
            let factor = self.wide[at].wrapping_mul(self.inverse);
            let carry = add_product(&mut self.wide[at..at + count], &self.digits, factor);
            let sum = u128::from(self.wide[at + count]) + u128::from(carry) + top;
            (self.wide[at + count], top) = (sum as u64, sum >> 64);
        }
        to.copy_from_slice(&self.wide[count..]);
        self.settle(to, top != 0);
    }

    /// Multiplies by a small number: doubles, and adds where it has a bit.
    fn times(&mut self, number: &mut [u64], factor: u32) {
        let Some(highest) = factor.checked_ilog2() else { return number.fill(0) };
        self.sum.copy_from_slice(number);
        for bit in (0..highest).rev() {
            let mut carry = 0;
            for digit in number.iter_mut() {
                (*digit, carry) = (*digit << 1 | carry, *digit >> 63);
            }
            self.settle(number, carry != 0);
            if factor >> bit & 1 == 1 {
                let over = add(number, &self.sum);
                self.settle(number, over);
            }
        }
    }

    /// Takes the modulus from a number below twice of it, which may have run over.
    fn settle(&self, number: &mut [u64], over: bool) {
        if over || number.iter().rev().ge(self.digits.iter().rev()) {
            subtract(number, &self.digits);
        }
    }
}

/// Adds a product to a number of as many digits and returns what runs over.
fn add_product(to: &mut [u64], digits: &[u64], factor: u64) -> u64 {
    let mut carry = 0;
    for (to, digit) in to.iter_mut().zip(digits) {
        let sum = u128::from(factor) * u128::from(*digit) + u128::from(*to) + u128::from(carry);
        (*to, carry) = (sum as u64, (sum >> 64) as u64);
    }
    carry
}

/// Adds and returns whether it runs over.
fn add(to: &mut [u64], other: &[u64]) -> bool {
    let mut carry = false;
    for (to, other) in to.iter_mut().zip(other) {
        let (sum, first) = to.overflowing_add(*other);
        let (sum, second) = sum.overflowing_add(u64::from(carry));
        (*to, carry) = (sum, first || second);
    }
    carry
}

/// Subtracts; what is borrowed beyond the highest digit was there before.
fn subtract(from: &mut [u64], other: &[u64]) {
    let mut borrow = false;
    for (from, other) in from.iter_mut().zip(other) {
        let (rest, first) = from.overflowing_sub(*other);
        let (rest, second) = rest.overflowing_sub(u64::from(borrow));
        (*from, borrow) = (rest, first || second);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(modulus: &mut Modulus, number: &[u64]) -> BigUint {
        let count = modulus.digits.len();
        modulus.wide[..count].copy_from_slice(number);
        modulus.wide[count..].fill(0);
        let mut found = vec![0; count];
        modulus.reduce(&mut found);
        let digits = found.iter().flat_map(|digit| [*digit as u32, (*digit >> 32) as u32]).collect();
        BigUint::new(digits)
    }

    proptest! {
        #[test]
        fn powers_are_those_of_plain_arithmetic(
            digits in prop::collection::vec(prop_oneof![any::<u32>(), Just(0), Just(u32::MAX)], 1..12),
            exponent in prop::collection::vec(any::<u32>(), 0..4),
            base in 0u32..50,
        ) {
            let number = BigUint::new(digits) | BigUint::from(1u32);
            let exponent = BigUint::new(exponent);
            if let Some(mut modulus) = Modulus::new(&number) {
                let power = modulus.power(base, &exponent);
                prop_assert_eq!(value(&mut modulus, &power), BigUint::from(base).modpow(&exponent, &number));
                let (one, less) = (modulus.one().to_vec(), modulus.minus_one());
                prop_assert_eq!(value(&mut modulus, &one), BigUint::from(1u32));
                prop_assert_eq!(value(&mut modulus, &less), &number - 1u32);
            }
        }
    }

    #[test]
    fn even_numbers_have_no_inverse() {
        assert!(Modulus::new(&BigUint::from(10u32)).is_none() && Modulus::new(&BigUint::from(1u32)).is_none());
    }
}
