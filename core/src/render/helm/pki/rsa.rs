//! RSA keys with two primes.

use gotemplate::Fault;
use num_bigint::BigUint;
use num_traits::{One, Zero};
use sha2::{Digest, Sha256};

use super::der::{self, Reader};
use super::{Random, prime};

const EXPONENT: u32 = 65_537;

/// The bits of the largest key that is read; whoever brings one decides how long it takes to sign.
const MAX_BITS: u64 = 16_384;

/// The error for data that are not of the form.
pub(super) const MALFORMED: &str = "asn1: structure error: malformed key";

/// A key.
#[derive(Debug, Clone)]
pub(super) struct Key {
    n: BigUint,
    e: BigUint,
    d: BigUint,
    p: BigUint,
    q: BigUint,
    dp: BigUint,
    dq: BigUint,
    qinv: BigUint,
}

impl Key {
    /// Generates a key of so many bits.
    pub(super) fn generate(bits: usize, random: &mut Random<'_>) -> Result<Key, Fault> {
        let e = BigUint::from(EXPONENT);
        loop {
            let (p, q) = (usable_prime(bits / 2, &e, random)?, usable_prime(bits / 2, &e, random)?);
            let (p, q) = if p < q { (q, p) } else { (p, q) };
            // Primes that lie close together would be found at once.
            if p != q
                && (&p - &q).bits() + 100 > p.bits()
                && let Some(key) = Key::of_primes(p, q, e.clone(), None)
            {
                return Ok(key);
            }
        }
    }

    /// Returns the key of two primes; without a private exponent the smallest one is taken.
    fn of_primes(p: BigUint, q: BigUint, e: BigUint, d: Option<BigUint>) -> Option<Key> {
        let (p1, q1) = (&p - 1u32, &q - 1u32);
        let d = match d {
            Some(d) => d,
            None => e.modinv(&num_integer::lcm(p1.clone(), q1.clone()))?,
        };
        let (dp, dq) = (&d % &p1, &d % &q1);
        let qinv = q.modinv(&p)?;
        Some(Key { n: &p * &q, e, d, p, q, dp, dq, qinv })
    }

    /// Reads PKCS#1.
    ///
    /// # Errors
    /// Data that are no such key, in Go's words where it has some of its own.
    pub(super) fn from_pkcs1(data: &[u8]) -> Result<Key, String> {
        let mut outer = Reader(data);
        let fields = outer.sequence().and_then(|mut key| {
            let version = key.small()?;
            let mut numbers = Vec::new();
            for _ in 0..8 {
                numbers.push(BigUint::from_bytes_be(key.unsigned()?));
            }
            Some((version, numbers))
        });
        let Some((version, numbers)) = fields else { return Err(MALFORMED.to_owned()) };
        if !outer.0.is_empty() {
            return Err("asn1: syntax error: trailing data".to_owned());
        }
        if version > 0 {
            return Err("x509: unsupported private key version".to_owned());
        }
        if numbers.iter().any(Zero::is_zero) {
            return Err("x509: private key contains zero or negative value".to_owned());
        }
        if numbers.iter().any(|number| number.bits() > MAX_BITS) {
            return Err("crypto/rsa: key too large".to_owned());
        }
        let [n, e, d, p, q, ..] = numbers.as_slice() else { return Err(MALFORMED.to_owned()) };
        let odd = |number: &BigUint| number.bit(0) && !number.is_one();
        let key =
            if odd(p) && odd(q) { Key::of_primes(p.clone(), q.clone(), e.clone(), Some(d.clone())) } else { None };
        let fits = |key: &Key| {
            let undone = |prime: &BigUint| ((&key.e * &key.d) % (prime - 1u32)).is_one();
            key.n == *n && undone(&key.p) && undone(&key.q)
        };
        key.filter(fits).ok_or_else(|| "crypto/rsa: invalid private key".to_owned())
    }

    /// Returns PKCS#1.
    pub(super) fn to_pkcs1(&self) -> Vec<u8> {
        let numbers = [&self.n, &self.e, &self.d, &self.p, &self.q, &self.dp, &self.dq, &self.qinv];
        let mut parts = vec![der::integer(&[0])];
        parts.extend(numbers.map(|number| der::integer(&number.to_bytes_be())));
        der::sequence(&parts)
    }

    /// Returns the public half.
    pub(super) fn public(&self) -> Vec<u8> {
        der::sequence(&[der::integer(&self.n.to_bytes_be()), der::integer(&self.e.to_bytes_be())])
    }

    /// Signs a message by PKCS#1 v1.5 with SHA-256.
    ///
    /// # Errors
    /// A key that is too short for it.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        /// What says that the digest behind it is one of SHA-256.
        const SHA256: [u8; 19] = [0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20];
        let bits = self.n.bits();
        if bits < 1024 {
            let link = "https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size";
            return Err(format!("crypto/rsa: {bits}-bit keys are insecure (see {link})"));
        }
        let length = usize::try_from(bits.div_ceil(8)).unwrap_or(0);
        let digest = Sha256::digest(message);
        let Some(padding) = length.checked_sub(SHA256.len() + digest.len() + 3).filter(|padding| *padding >= 8) else {
            return Err("crypto/rsa: message too long for RSA key size".to_owned());
        };
        let mut padded = vec![0, 1];
        padded.resize(2 + padding, 0xff);
        padded.push(0);
        padded.extend_from_slice(&SHA256);
        padded.extend_from_slice(&digest);
        let signature = self.power(&BigUint::from_bytes_be(&padded)).to_bytes_be();
        let mut out = vec![0; length - signature.len()];
        out.extend_from_slice(&signature);
        Ok(out)
    }

    /// Raises a number to the private exponent, modulo each prime by itself.
    fn power(&self, number: &BigUint) -> BigUint {
        let (by_p, by_q) = (number.modpow(&self.dp, &self.p), number.modpow(&self.dq, &self.q));
        let difference = (&by_p + &self.p - &by_q % &self.p) * &self.qinv % &self.p;
        by_q + difference * &self.q
    }
}

/// Draws a prime with which the exponent has an inverse.
fn usable_prime(bits: usize, e: &BigUint, random: &mut Random<'_>) -> Result<BigUint, Fault> {
    loop {
        let prime = prime::random_prime(bits, random)?;
        if !((&prime - 1u32) % e).is_zero() {
            return Ok(prime);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_undone_by_the_public_half() {
        let mut state = 7u64;
        let mut random = |bytes: &mut [u8]| {
            for byte in bytes {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                *byte = (state >> 56) as u8;
            }
            Ok(())
        };
        let key = Key::generate(1024, &mut random).expect("a key");
        assert_eq!(key.n.bits(), 1024);
        let signature = key.sign(b"message").expect("a signature");
        let padded = BigUint::from_bytes_be(&signature).modpow(&key.e, &key.n).to_bytes_be();
        assert_eq!(padded[..9], [1, 255, 255, 255, 255, 255, 255, 255, 255]);
        assert!(padded.ends_with(&Sha256::digest(b"message")));
    }

    #[test]
    fn numbers_that_do_not_fit_are_refused() {
        let numbers = [21u8, 3, 3, 3, 5, 1, 3, 2].map(|number| der::integer(&[number]));
        let data = der::sequence(&[vec![der::integer(&[0])], numbers.to_vec()].concat());
        assert_eq!(Key::from_pkcs1(&data).map(|_| ()), Err("crypto/rsa: invalid private key".to_owned()));
        assert_eq!(Key::from_pkcs1(b"").map(|_| ()), Err(MALFORMED.to_owned()));
    }
}
