//! Certificates of X.509, as Go's `x509.CreateCertificate` makes them of what Sprig asks for.

use std::net::IpAddr;

use gotemplate::fmt::quote;
use sha2::{Digest, Sha256};

use super::der::{self, Reader};
use super::key::PrivateKey;
use crate::render::helm::time::Time;

/// What a certificate is to say.
#[derive(Debug)]
pub(crate) struct Request<'r> {
    pub(crate) common_name: &'r [u8],
    pub(crate) dns_names: Vec<Vec<u8>>,
    pub(crate) addresses: Vec<IpAddr>,
    pub(crate) not_before: Time,
    pub(crate) not_after: Time,
    pub(crate) serial: [u8; 16],
    pub(crate) is_authority: bool,
}

/// Who signs.
#[derive(Debug)]
pub(crate) struct Issuer {
    /// The subject of the issuer's certificate.
    subject: Vec<u8>,
    /// The identifier of the issuer's key.
    key_id: Option<Vec<u8>>,
    /// The public key of the certificate.
    public_info: Vec<u8>,
}

const OID_COMMON_NAME: &[u8] = &[0x55, 4, 3];
const OID_SUBJECT_KEY_ID: &[u8] = &[0x55, 0x1d, 14];
const OID_KEY_USAGE: &[u8] = &[0x55, 0x1d, 15];
const OID_ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 17];
const OID_BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 19];
const OID_AUTHORITY_KEY_ID: &[u8] = &[0x55, 0x1d, 35];
const OID_EXTENDED_USAGE: &[u8] = &[0x55, 0x1d, 37];
const OID_SERVER: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
const OID_CLIENT: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 2];

impl Issuer {
    /// Reads what is needed of an issuer's certificate.
    ///
    /// # Errors
    /// Data that are no certificate.
    pub(crate) fn parse(data: &[u8]) -> Result<Issuer, String> {
        let malformed = || "x509: malformed certificate".to_owned();
        let mut whole = Reader(data);
        let mut certificate = whole.sequence().ok_or_else(malformed)?;
        if !whole.0.is_empty() {
            return Err("x509: trailing data".to_owned());
        }
        let tbs = certificate.sequence();
        let signed = certificate.sequence().and_then(|_| certificate.bit_string());
        let issuer = tbs.filter(|_| signed.is_some()).and_then(parse_tbs);
        issuer.ok_or_else(|| "x509: malformed tbs certificate".to_owned())
    }
}

fn parse_tbs(mut tbs: Reader<'_>) -> Option<Issuer> {
    tbs.tagged(0xa0);
    tbs.tagged(der::INTEGER)?;
    tbs.sequence()?;
    tbs.sequence()?;
    tbs.sequence()?;
    let subject = tbs.tagged(der::SEQUENCE)?.full.to_vec();
    let public_info = tbs.tagged(der::SEQUENCE)?.full.to_vec();
    tbs.tagged(0x81);
    tbs.tagged(0x82);
    let key_id = match tbs.tagged(0xa3) {
        Some(extensions) => find_key_id(Reader(extensions.content).sequence()?)?,
        None => None,
    };
    Some(Issuer { subject, key_id, public_info })
}

fn find_key_id(mut extensions: Reader<'_>) -> Option<Option<Vec<u8>>> {
    let mut found = None;
    while !extensions.0.is_empty() {
        let mut extension = extensions.sequence()?;
        let oid = extension.tagged(der::OID)?.content;
        extension.tagged(0x01);
        let value = extension.tagged(der::OCTET_STRING)?.content;
        if oid == OID_SUBJECT_KEY_ID {
            found = Some(Reader(value).tagged(der::OCTET_STRING)?.content.to_vec());
        }
    }
    Some(found)
}

impl Request<'_> {
    /// Returns the certificate of a key, signed by another. Without an issuer it is signed by itself.
    ///
    /// # Errors
    /// Go's, for keys that cannot sign or be certified, and for names that have no form in a certificate.
    pub(crate) fn sign(
        &self,
        key: &PrivateKey,
        issuer: Option<&Issuer>,
        signing_key: &PrivateKey,
    ) -> Result<Vec<u8>, String> {
        let algorithm = signing_key.signature_algorithm()?;
        let public_info = key.public_info()?;
        let subject = self.subject()?;
        let issuer_subject = issuer.map_or(&subject, |issuer| &issuer.subject);
        if issuer.is_some_and(|issuer| Ok(&issuer.public_info) != signing_key.public_info().as_ref()) {
            return Err("x509: provided PrivateKey doesn't match parent's PublicKey".to_owned());
        }
        // Where both have the same name, the issuer's key is not named.
        let authority = issuer.filter(|issuer| issuer.subject != subject).and_then(|issuer| issuer.key_id.as_deref());
        let extensions = self.extensions(&subject, &key.public_bits()?, authority)?;
        let tbs = der::sequence(&[
            der::element(0xa0, &der::integer(&[2])),
            der::integer(&self.serial),
            algorithm.clone(),
            issuer_subject.clone(),
            der::sequence(&[time(&self.not_before)?, time(&self.not_after)?]),
            subject,
            public_info,
            der::element(0xa3, &der::sequence(&extensions)),
        ]);
        let signature = signing_key.sign(&tbs)?;
        Ok(der::sequence(&[tbs, algorithm, der::bit_string(&signature)]))
    }

    fn subject(&self) -> Result<Vec<u8>, String> {
        if self.common_name.is_empty() {
            return Ok(der::sequence::<Vec<u8>>(&[]));
        }
        let printable = |byte: &u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'\''..=b')' | b'+'..=b'/' | b' ' | b':' | b'=' | b'?')
        };
        let tag = if self.common_name.iter().all(printable) { der::PRINTABLE_STRING } else { der::UTF8_STRING };
        if std::str::from_utf8(self.common_name).is_err() {
            return Err("asn1: string not valid UTF-8".to_owned());
        }
        let name = der::sequence(&[der::element(der::OID, OID_COMMON_NAME), der::element(tag, self.common_name)]);
        Ok(der::sequence(&[der::element(der::SET, &name)]))
    }

    fn extensions(&self, subject: &[u8], public: &[u8], authority: Option<&[u8]>) -> Result<Vec<Vec<u8>>, String> {
        // Digital signature, key encipherment, and signing of certificates.
        let usage: &[u8] = if self.is_authority { &[2, 0xa4] } else { &[5, 0xa0] };
        let extended = [OID_SERVER, OID_CLIENT].map(|oid| der::element(der::OID, oid));
        let constraints: &[u8] = if self.is_authority { &[0x01, 1, 0xff] } else { &[] };
        let mut extensions = vec![
            extension(OID_KEY_USAGE, true, &der::element(der::BIT_STRING, usage)),
            extension(OID_EXTENDED_USAGE, false, &der::sequence(&extended)),
            extension(OID_BASIC_CONSTRAINTS, true, &der::element(der::SEQUENCE, constraints)),
        ];
        if self.is_authority {
            // RFC 7093, section 2, method 1.
            let id = &Sha256::digest(public)[..20];
            extensions.push(extension(OID_SUBJECT_KEY_ID, false, &der::element(der::OCTET_STRING, id)));
        }
        if let Some(id) = authority {
            let id = der::sequence(&[der::element(0x80, id)]);
            extensions.push(extension(OID_AUTHORITY_KEY_ID, false, &id));
        }
        if !self.dns_names.is_empty() || !self.addresses.is_empty() {
            let empty_subject = subject == der::sequence::<Vec<u8>>(&[]);
            extensions.push(extension(OID_ALTERNATIVE_NAME, empty_subject, &self.alternative_names()?));
        }
        Ok(extensions)
    }

    fn alternative_names(&self) -> Result<Vec<u8>, String> {
        let mut names = Vec::new();
        for name in &self.dns_names {
            if !name.is_ascii() {
                return Err(format!("x509: {} cannot be encoded as an IA5String", quote(name)));
            }
            names.push(der::element(0x82, name));
        }
        for address in &self.addresses {
            names.push(match address.to_canonical() {
                IpAddr::V4(address) => der::element(0x87, &address.octets()),
                IpAddr::V6(address) => der::element(0x87, &address.octets()),
            });
        }
        Ok(der::sequence(&names))
    }
}

fn extension(oid: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let mut parts = vec![der::element(der::OID, oid)];
    if critical {
        parts.push(vec![0x01, 1, 0xff]);
    }
    parts.push(der::element(der::OCTET_STRING, value));
    der::sequence(&parts)
}

/// Returns a time, with a year of two digits where the rules ask for it.
fn time(time: &Time) -> Result<Vec<u8>, String> {
    match time.calendar().0 {
        1950..2050 => Ok(der::element(der::UTC_TIME, &time.format(b"060102150405Z"))),
        0..=9999 => Ok(der::element(der::GENERALIZED_TIME, &time.format(b"20060102150405Z"))),
        _ => Err("asn1: structure error: cannot represent time as GeneralizedTime".to_owned()),
    }
}
