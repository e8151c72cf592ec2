//! DSA keys of 2048 bits. Sprig makes them; nothing can be signed with them here, as in Go.

use gotemplate::Fault;
use num_bigint::BigUint;
use num_traits::{One, Zero};

use super::der::{self, Reader};
use super::{Random, prime};

/// A key: p, q, g, y and x.
#[derive(Debug, Clone)]
pub(super) struct Key([BigUint; 5]);

impl Key {
    /// Generates parameters of 2048 and 256 bits, and a key.
    pub(super) fn generate(random: &mut Random<'_>) -> Result<Key, Fault> {
        let q = prime::random_prime(256, random)?;
        let p = prime::random_prime_over(&q, 2048, random)?;
        let cofactor = (&p - 1u32) / &q;
        let powers = (2u32..).map(|base| BigUint::from(base).modpow(&cofactor, &p));
        let g = powers.into_iter().find(|power| !power.is_one()).unwrap_or_else(BigUint::one);
        let x = loop {
            let mut bytes = [0; 32];
            random(&mut bytes)?;
            let x = BigUint::from_bytes_be(&bytes);
            if !x.is_zero() && x < q {
                break x;
            }
        };
        let y = g.modpow(&x, &p);
        Ok(Key([p, q, g, y, x]))
    }

    /// Returns the form that OpenSSL has for it.
    pub(super) fn to_der(&self) -> Vec<u8> {
        let mut parts = vec![der::integer(&[0])];
        parts.extend(self.0.iter().map(|number| der::integer(&number.to_bytes_be())));
        der::sequence(&parts)
    }

    /// Reads that form.
    ///
    /// # Errors
    /// Data that are no such key.
    pub(super) fn from_der(data: &[u8]) -> Result<Key, String> {
        let fields = Reader(data).sequence().and_then(|mut key| {
            key.small()?;
            let mut number = || key.unsigned().map(BigUint::from_bytes_be);
            Some(Key([number()?, number()?, number()?, number()?, number()?]))
        });
        fields.ok_or_else(|| "asn1: structure error: malformed key".to_owned())
    }
}
