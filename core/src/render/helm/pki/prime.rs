//! Large primes: a random start, a sieve of small primes over the numbers behind it, then tests of Miller and Rabin.

use std::sync::LazyLock;

use gotemplate::Fault;
use num_bigint::BigUint;
use num_traits::ToPrimitive;

use super::Random;
use super::montgomery::Modulus;

/// Candidates that one sieve looks at.
const WINDOW: usize = 1 << 13;

/// The bound of the small primes that sieve.
const SMALL: u32 = 1 << 16;

/// Bases of the tests after the first, which is 2.
const BASES: [u32; 11] = [3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];

/// How many of them a number of so many bits is tested with. The larger a random number is, the less likely it is to
/// pass by chance: <https://doi.org/10.6028/NIST.FIPS.186-5>, table B.1.
fn rounds(bits: u64) -> usize {
    match bits {
        0..512 => BASES.len(),
        512..1024 => 6,
        _ => 4,
    }
}

/// The odd primes below [`SMALL`].
static SMALL_PRIMES: LazyLock<Vec<u32>> = LazyLock::new(|| {
    let mut composite = vec![false; SMALL as usize];
    let mut primes = Vec::new();
    for number in (3..SMALL).step_by(2) {
        if !composite[number as usize] {
            primes.push(number);
            for multiple in (u64::from(number) * u64::from(number)..u64::from(SMALL)).step_by(number as usize * 2) {
                composite[multiple as usize] = true;
            }
        }
    }
    primes
});

/// Draws a number of exactly so many bits, the two highest set and odd.
fn draw(bits: usize, random: &mut Random<'_>) -> Result<BigUint, Fault> {
    let mut bytes = vec![0; bits.div_ceil(8)];
    random(&mut bytes)?;
    let excess = bytes.len() * 8 - bits;
    bytes[0] &= 0xff >> excess;
    let mut number = BigUint::from_bytes_be(&bytes);
    let top = u64::try_from(bits).unwrap_or(u64::MAX);
    number.set_bit(top - 1, true);
    number.set_bit(top - 2, true);
    number.set_bit(0, true);
    Ok(number)
}

/// Returns a random prime of so many bits, of which the two highest are set.
pub(super) fn random_prime(bits: usize, random: &mut Random<'_>) -> Result<BigUint, Fault> {
    let step = BigUint::from(2u32);
    loop {
        let start = draw(bits, random)?;
        if let Some(prime) = first_prime(&start, &step, bits) {
            return Ok(prime);
        }
    }
}

/// Returns a random prime of so many bits that is one more than a multiple of another prime.
pub(super) fn random_prime_over(order: &BigUint, bits: usize, random: &mut Random<'_>) -> Result<BigUint, Fault> {
    let step = order * 2u32;
    loop {
        let start = draw(bits, random)?;
        let start = &start - (&start % &step) + 1u32;
        if let Some(prime) = first_prime(&start, &step, bits) {
            return Ok(prime);
        }
    }
}

/// Returns the first prime among a number and those behind it by so many steps, if it has so many bits. Numbers and
/// step are larger than all small primes.
fn first_prime(start: &BigUint, step: &BigUint, bits: usize) -> Option<BigUint> {
    let mut composite = vec![false; WINDOW];
    for &prime in SMALL_PRIMES.iter() {
        let rest = (start % prime).to_u32().unwrap_or(0);
        let by = (step % prime).to_u32().unwrap_or(0);
        // The first candidate that the prime divides; if it divides the step, none or all.
        let first = match inverse(by, prime) {
            Some(inverse) => (u64::from(prime - rest) * u64::from(inverse) % u64::from(prime)) as usize,
            None if rest == 0 => return None,
            None => continue,
        };
        for candidate in composite.iter_mut().skip(first).step_by(prime as usize) {
            *candidate = true;
        }
    }
    let candidates = composite.iter().enumerate().filter(|(_, composite)| !**composite);
    let mut candidates = candidates.map(|(at, _)| start + step * at);
    let long = u64::try_from(bits).unwrap_or(u64::MAX);
    candidates.find(is_probable_prime).filter(|prime| prime.bits() == long)
}

/// Returns the inverse of a number modulo a prime, if it is not a multiple of it.
fn inverse(number: u32, prime: u32) -> Option<u32> {
    let (mut old, mut new) = ((i64::from(prime), 0i64), (i64::from(number % prime), 1i64));
    while new.0 != 0 {
        let quotient = old.0 / new.0;
        (old, new) = (new, (old.0 - quotient * new.0, old.1 - quotient * new.1));
    }
    if old.0 != 1 {
        return None;
    }
    u32::try_from(old.1.rem_euclid(i64::from(prime))).ok()
}

/// Whether an odd number passes the tests of Miller and Rabin.
pub(super) fn is_probable_prime(number: &BigUint) -> bool {
    let Some(mut modulus) = Modulus::new(number) else { return false };
    let minus_one = modulus.minus_one();
    let less_one = number - 1u32;
    let twos = less_one.trailing_zeros().unwrap_or(0);
    let odd = &less_one >> twos;
    let mut passes = |base: u32| {
        let mut power = modulus.power(base, &odd);
        if power == modulus.one() || power == minus_one {
            return true;
        }
        for _ in 1..twos {
            modulus.square(&mut power);
            if power == minus_one {
                return true;
            }
        }
        false
    };
    let mut bases = BASES.into_iter().take(rounds(number.bits()));
    passes(2) && bases.all(passes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_traits::{One, Zero};

    fn numbered() -> impl FnMut(&mut [u8]) -> Result<(), Fault> {
        let mut state = 0x2545_f491_4f6c_dd1du64;
        move |bytes| {
            for byte in bytes {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                *byte = state as u8;
            }
            Ok(())
        }
    }

    #[test]
    fn primes_are_told_from_others() {
        let mersenne = (BigUint::one() << 521u32) - 1u32;
        assert!(is_probable_prime(&mersenne));
        assert!(!is_probable_prime(&(&mersenne * &mersenne)));
        // A strong pseudoprime to base 2.
        assert!(!is_probable_prime(&BigUint::from(3_215_031_751u64)));
    }

    #[test]
    fn primes_have_the_length_asked_for() {
        let mut random = numbered();
        for bits in [160, 256, 384] {
            let prime = random_prime(bits, &mut random).expect("a prime");
            assert_eq!(prime.bits(), bits as u64);
            assert!(is_probable_prime(&prime));
        }
    }

    #[test]
    fn a_prime_may_lie_over_another() {
        let mut random = numbered();
        let order = random_prime(128, &mut random).expect("a prime");
        let prime = random_prime_over(&order, 512, &mut random).expect("a prime");
        assert!(prime.bits() == 512 && ((prime - 1u32) % order).is_zero());
    }
}
