//! ECDSA keys on the curves of NIST. Signatures take their nonce from message and key (RFC 6979), so they need no
//! randomness.

use ecdsa::signature::Signer;
use gotemplate::Fault;

use super::Random;
use super::der::{self, Reader};

/// The error for data that are not of the form.
pub(super) const MALFORMED: &str = "asn1: structure error: malformed key";

/// A curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    const ALL: [Curve; 3] = [Curve::P256, Curve::P384, Curve::P521];

    /// Returns the bytes of a coordinate.
    fn size(self) -> usize {
        match self {
            Curve::P256 => 32,
            Curve::P384 => 48,
            Curve::P521 => 66,
        }
    }

    /// Returns its object identifier.
    pub(super) fn oid(self) -> &'static [u8] {
        match self {
            Curve::P256 => &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7],
            Curve::P384 => &[0x2b, 0x81, 4, 0, 0x22],
            Curve::P521 => &[0x2b, 0x81, 4, 0, 0x23],
        }
    }

    /// Returns the identifier of a signature with the hash that belongs to it.
    pub(super) fn signature_oid(self) -> &'static [u8] {
        match self {
            Curve::P256 => &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2],
            Curve::P384 => &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3],
            Curve::P521 => &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4],
        }
    }

    fn of_oid(oid: &[u8]) -> Option<Curve> {
        Curve::ALL.into_iter().find(|curve| curve.oid() == oid)
    }
}

/// A key.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) curve: Curve,
    secret: Vec<u8>,
    public: Vec<u8>,
}

impl Key {
    /// Generates a key on P-256.
    pub(super) fn generate(random: &mut Random<'_>) -> Result<Key, Fault> {
        loop {
            let mut secret = vec![0; Curve::P256.size()];
            random(&mut secret)?;
            // Numbers beyond the order of the curve are drawn again.
            if let Some(key) = Key::of_secret(Curve::P256, secret) {
                return Ok(key);
            }
        }
    }

    fn of_secret(curve: Curve, secret: Vec<u8>) -> Option<Key> {
        let public = match curve {
            Curve::P256 => {
                let key = p256::ecdsa::SigningKey::from_slice(&secret).ok()?;
                key.verifying_key().to_sec1_point(false).as_bytes().to_vec()
            }
            Curve::P384 => {
                let key = p384::ecdsa::SigningKey::from_slice(&secret).ok()?;
                key.verifying_key().to_sec1_point(false).as_bytes().to_vec()
            }
            Curve::P521 => {
                let key = p521::ecdsa::SigningKey::from_slice(&secret).ok()?;
                key.verifying_key().to_sec1_point(false).as_bytes().to_vec()
            }
        };
        Some(Key { curve, secret, public })
    }

    /// Reads SEC 1; the curve may be named outside.
    ///
    /// # Errors
    /// Data that are no such key, or a curve that is not known.
    pub(super) fn from_sec1(data: &[u8], curve: Option<&[u8]>) -> Result<Key, String> {
        let fields = Reader(data).sequence().and_then(|mut key| {
            let version = key.small()?;
            let secret = key.tagged(der::OCTET_STRING)?.content;
            let inner = key.tagged(0xa0).and_then(|named| Reader(named.content).tagged(der::OID));
            Some((version, secret, inner.map(|oid| oid.content)))
        });
        let Some((version, secret, inner)) = fields else {
            return Err(MALFORMED.to_owned());
        };
        if version != 1 {
            return Err(format!("x509: unknown EC private key version {version}"));
        }
        let curve = curve.or(inner).and_then(Curve::of_oid).ok_or("x509: unknown elliptic curve")?;
        // Some write zeros before the number, and some leave those out that belong there.
        let zeros = secret.len().saturating_sub(curve.size());
        if secret[..zeros].iter().any(|byte| *byte != 0) {
            return Err("x509: invalid private key length".to_owned());
        }
        let mut padded = vec![0; curve.size().saturating_sub(secret.len())];
        padded.extend_from_slice(&secret[zeros..]);
        Key::of_secret(curve, padded).ok_or_else(|| "ecdsa: invalid private key".to_owned())
    }

    /// Returns SEC 1.
    pub(super) fn to_sec1(&self) -> Vec<u8> {
        der::sequence(&[
            der::integer(&[1]),
            der::element(der::OCTET_STRING, &self.secret),
            der::element(0xa0, &der::element(der::OID, self.curve.oid())),
            der::element(0xa1, &der::bit_string(&self.public)),
        ])
    }

    /// Returns the public point.
    pub(super) fn public(&self) -> Vec<u8> {
        self.public.clone()
    }

    /// Signs a message with the hash of the curve.
    ///
    /// # Errors
    /// None for a key that was made here.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        let failed = |error: ecdsa::Error| error.to_string();
        let halves = match self.curve {
            Curve::P256 => {
                let key = p256::ecdsa::SigningKey::from_slice(&self.secret).map_err(failed)?;
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_bytes().to_vec()
            }
            Curve::P384 => {
                let key = p384::ecdsa::SigningKey::from_slice(&self.secret).map_err(failed)?;
                let signature: p384::ecdsa::Signature = key.sign(message);
                signature.to_bytes().to_vec()
            }
            Curve::P521 => {
                let key = p521::ecdsa::SigningKey::from_slice(&self.secret).map_err(failed)?;
                let signature: p521::ecdsa::Signature = key.sign(message);
                signature.to_bytes().to_vec()
            }
        };
        let (r, s) = halves.split_at(halves.len() / 2);
        Ok(der::sequence(&[der::integer(r), der::integer(s)]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_curve_signs() {
        for curve in Curve::ALL {
            let mut secret = vec![0; curve.size()];
            secret[curve.size() - 1] = 9;
            let key = Key::of_secret(curve, secret).expect("a key");
            let read = Key::from_sec1(&key.to_sec1(), None).expect("the same");
            assert_eq!(read.public, key.public);
            assert_eq!(key.public.len(), 1 + 2 * curve.size());
            assert!(key.sign(b"message").is_ok_and(|signature| signature == read.sign(b"message").unwrap_or_default()));
        }
    }

    #[test]
    fn zeros_before_the_number_may_be_missing_or_too_many() {
        let key = |secret: &[u8]| {
            let curve = der::element(0xa0, &der::element(der::OID, Curve::P256.oid()));
            der::sequence(&[der::integer(&[1]), der::element(der::OCTET_STRING, secret), curve])
        };
        let long = [vec![0; 40], vec![9]].concat();
        let (short, long) = (Key::from_sec1(&key(&[9]), None), Key::from_sec1(&key(&long), None));
        assert_eq!(short.map(|key| key.public), long.map(|key| key.public));
        assert!(Key::from_sec1(&key(&[1; 33]), None).is_err_and(|error| error == "x509: invalid private key length"));
    }
}
