//! Keys and certificates, with the structure that Go's crypto/x509 gives them.
//!
//! Randomness comes from outside, and what is made of it is decided here rather than in a library: the same random
//! bytes give the same key and certificate, on every machine and after every update. Arithmetic on large numbers and
//! on curves is the libraries'. Nothing here is meant to keep a secret from those who can measure its time.

mod certificate;
mod der;
mod dsa;
mod ec;
mod key;
mod montgomery;
mod pem;
mod prime;
mod rsa;

use gotemplate::Fault;

pub(super) use certificate::{Issuer, Request};
pub(super) use key::{Kind, PrivateKey};

/// A source of random bytes.
pub(super) type Random<'r> = dyn FnMut(&mut [u8]) -> Result<(), Fault> + 'r;

/// Returns the bytes of the first PEM block of a text.
pub(super) fn first_block(text: &[u8]) -> Option<Vec<u8>> {
    pem::decode(text).map(|block| block.bytes)
}

/// Returns PEM of a certificate.
pub(super) fn certificate_pem(der: &[u8]) -> String {
    pem::encode("CERTIFICATE", der)
}
