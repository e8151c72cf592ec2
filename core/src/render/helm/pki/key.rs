//! Private keys of every kind, from PEM and back.

use ed25519_dalek::{Signer, SigningKey};
use gotemplate::Fault;

use super::der::{self, Reader};
use super::{Random, dsa, ec, pem, rsa};

/// A private key.
#[derive(Debug, Clone)]
pub(crate) enum PrivateKey {
    #[expect(private_interfaces, reason = "callers only hold keys")]
    Rsa(rsa::Key),
    #[expect(private_interfaces, reason = "callers only hold keys")]
    Dsa(dsa::Key),
    #[expect(private_interfaces, reason = "callers only hold keys")]
    Ec(ec::Key),
    /// The seed.
    Ed25519([u8; 32]),
}

/// What key to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Of so many bits.
    Rsa(usize),
    Dsa,
    /// On P-256.
    Ecdsa,
    Ed25519,
}

const OID_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const OID_RSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
const OID_EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const OID_ED25519: &[u8] = &[0x2b, 0x65, 0x70];

impl PrivateKey {
    /// Generates a key.
    pub(crate) fn generate(kind: Kind, random: &mut Random<'_>) -> Result<PrivateKey, Fault> {
        Ok(match kind {
            Kind::Rsa(bits) => PrivateKey::Rsa(rsa::Key::generate(bits, random)?),
            Kind::Dsa => PrivateKey::Dsa(dsa::Key::generate(random)?),
            Kind::Ecdsa => PrivateKey::Ec(ec::Key::generate(random)?),
            Kind::Ed25519 => {
                let mut seed = [0; 32];
                random(&mut seed)?;
                PrivateKey::Ed25519(seed)
            }
        })
    }

    /// Reads the first PEM block of a text.
    ///
    /// # Errors
    /// Text without one, or a block that is no key, in Sprig's words.
    pub(crate) fn from_pem(text: &[u8]) -> Result<PrivateKey, String> {
        let block = pem::decode(text).ok_or("no PEM data in input")?;
        if block.kind == b"PRIVATE KEY" {
            return from_pkcs8(&block.bytes).map_err(|error| format!("decoding PEM as PKCS#8: {error}"));
        }
        let kind = String::from_utf8_lossy(&block.kind).into_owned();
        let Some(name) = kind.strip_suffix(" PRIVATE KEY") else {
            return Err(format!("no private key data in PEM block of type {kind}"));
        };
        match name {
            "RSA" => pkcs1(&block.bytes).map_err(|error| format!("parsing RSA private key from PEM: {error}")),
            "EC" => sec1(&block.bytes, None).map_err(|error| format!("parsing EC private key from PEM: {error}")),
            "DSA" => {
                let key = dsa::Key::from_der(&block.bytes);
                key.map(PrivateKey::Dsa).map_err(|error| format!("parsing DSA private key from PEM: {error}"))
            }
            _ => Err(format!("invalid private key type {kind}")),
        }
    }

    /// Returns PEM.
    pub(crate) fn to_pem(&self) -> String {
        match self {
            PrivateKey::Rsa(key) => pem::encode("RSA PRIVATE KEY", &key.to_pkcs1()),
            PrivateKey::Dsa(key) => pem::encode("DSA PRIVATE KEY", &key.to_der()),
            PrivateKey::Ec(key) => pem::encode("EC PRIVATE KEY", &key.to_sec1()),
            PrivateKey::Ed25519(seed) => {
                let seed = der::element(der::OCTET_STRING, seed);
                let algorithm = der::sequence(&[der::element(der::OID, OID_ED25519)]);
                let key = der::sequence(&[der::integer(&[0]), algorithm, der::element(der::OCTET_STRING, &seed)]);
                pem::encode("PRIVATE KEY", &key)
            }
        }
    }

    /// Returns the bits of the public key.
    ///
    /// # Errors
    /// A kind that certificates do not have.
    pub(super) fn public_bits(&self) -> Result<Vec<u8>, String> {
        match self {
            PrivateKey::Rsa(key) => Ok(key.public()),
            PrivateKey::Ec(key) => Ok(key.public()),
            PrivateKey::Ed25519(seed) => Ok(SigningKey::from_bytes(seed).verifying_key().to_bytes().to_vec()),
            PrivateKey::Dsa(_) => Err("x509: unsupported public key type: *dsa.PublicKey".to_owned()),
        }
    }

    /// Returns the public key with its algorithm, as certificates have it (`SubjectPublicKeyInfo`).
    ///
    /// # Errors
    /// As those of [`public_bits`](PrivateKey::public_bits).
    pub(super) fn public_info(&self) -> Result<Vec<u8>, String> {
        let bits = der::bit_string(&self.public_bits()?);
        let oid = |oid: &[u8]| der::element(der::OID, oid);
        let algorithm = match self {
            PrivateKey::Ec(key) => der::sequence(&[oid(OID_EC), oid(key.curve.oid())]),
            PrivateKey::Ed25519(_) => der::sequence(&[oid(OID_ED25519)]),
            PrivateKey::Rsa(_) | PrivateKey::Dsa(_) => der::sequence(&[oid(OID_RSA), der::element(der::NULL, &[])]),
        };
        Ok(der::sequence(&[algorithm, bits]))
    }

    /// Returns the algorithm with which it signs.
    ///
    /// # Errors
    /// A kind that does not sign.
    pub(super) fn signature_algorithm(&self) -> Result<Vec<u8>, String> {
        let oid = |oid: &[u8]| der::element(der::OID, oid);
        match self {
            PrivateKey::Rsa(_) => Ok(der::sequence(&[oid(OID_RSA_SHA256), der::element(der::NULL, &[])])),
            PrivateKey::Ec(key) => Ok(der::sequence(&[oid(key.curve.signature_oid())])),
            PrivateKey::Ed25519(_) => Ok(der::sequence(&[oid(OID_ED25519)])),
            PrivateKey::Dsa(_) => Err("x509: certificate private key does not implement crypto.Signer".to_owned()),
        }
    }

    /// Signs a message.
    ///
    /// # Errors
    /// A kind that does not sign, or a key that is too short.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        match self {
            PrivateKey::Rsa(key) => key.sign(message),
            PrivateKey::Ec(key) => key.sign(message),
            PrivateKey::Ed25519(seed) => Ok(SigningKey::from_bytes(seed).sign(message).to_bytes().to_vec()),
            PrivateKey::Dsa(_) => self.signature_algorithm(),
        }
    }
}

/// What Go says about data that are no key of a form, or are one of another.
fn other_form(form: &str, data: &[u8], others: &[(&str, bool)]) -> String {
    if let Some((name, _)) = others.iter().find(|(_, fits)| *fits) {
        return format!("x509: failed to parse private key (use {name} instead for this key format)");
    }
    let Some(element) = Reader(data).next() else { return "asn1: syntax error: data truncated".to_owned() };
    if element.tag == der::SEQUENCE {
        return "asn1: structure error: malformed key".to_owned();
    }
    let (class, tag, compound) = (element.tag >> 6, element.tag & 0x1f, element.tag & 0x20 != 0);
    let (length, header) = (element.content.len(), element.full.len() - element.content.len());
    let found = format!("{{class:{class} tag:{tag} length:{length} isCompound:{compound}}}");
    // Go prints the options of the field that it looks for.
    let options = "{optional:false explicit:false application:false private:false defaultValue:<nil> tag:<nil> \
                   stringType:0 timeType:0 set:false omitEmpty:false}";
    format!("asn1: structure error: tags don't match (16 vs {found}) {options} {form} @{header}")
}

fn pkcs1(data: &[u8]) -> Result<PrivateKey, String> {
    rsa::Key::from_pkcs1(data).map(PrivateKey::Rsa).map_err(|error| {
        let sec1 = ec::Key::from_sec1(data, None).is_ok();
        let forms = [("ParseECPrivateKey", sec1), ("ParsePKCS8PrivateKey", pkcs8_parts(data).is_some())];
        match error.as_str() {
            rsa::MALFORMED => other_form("pkcs1PrivateKey", data, &forms),
            _ => error,
        }
    })
}

fn sec1(data: &[u8], curve: Option<&[u8]>) -> Result<PrivateKey, String> {
    ec::Key::from_sec1(data, curve).map(PrivateKey::Ec).map_err(|error| {
        if error != ec::MALFORMED {
            return error;
        }
        let pkcs1 = rsa::Key::from_pkcs1(data).is_ok();
        let forms = [("ParsePKCS8PrivateKey", pkcs8_parts(data).is_some()), ("ParsePKCS1PrivateKey", pkcs1)];
        match other_form("ecPrivateKey", data, &forms) {
            error if error.starts_with("asn1: ") => format!("x509: failed to parse EC private key: {error}"),
            error => error,
        }
    })
}

/// The algorithm, its parameters and the key of PKCS#8.
fn pkcs8_parts(data: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let mut outer = Reader(data).sequence()?;
    outer.small()?;
    let mut algorithm = outer.sequence()?;
    let oid = algorithm.tagged(der::OID)?.content;
    let key = outer.tagged(der::OCTET_STRING)?.content;
    Some((oid, algorithm.0, key))
}

fn from_pkcs8(data: &[u8]) -> Result<PrivateKey, String> {
    let Some((oid, parameters, key)) = pkcs8_parts(data) else {
        let forms = [
            ("ParseECPrivateKey", ec::Key::from_sec1(data, None).is_ok()),
            ("ParsePKCS1PrivateKey", rsa::Key::from_pkcs1(data).is_ok()),
        ];
        if data.is_empty() {
            return Err("asn1: syntax error: sequence truncated".to_owned());
        }
        return Err(other_form("pkcs8", data, &forms));
    };
    match oid {
        OID_RSA => {
            pkcs1(key).map_err(|error| format!("x509: failed to parse RSA private key embedded in PKCS#8: {error}"))
        }
        OID_EC => {
            let curve = Reader(parameters).tagged(der::OID).map(|oid| oid.content);
            sec1(key, curve)
                .map_err(|error| format!("x509: failed to parse EC private key embedded in PKCS#8: {error}"))
        }
        OID_ED25519 => {
            if !parameters.is_empty() {
                return Err("x509: invalid Ed25519 private key parameters".to_owned());
            }
            let seed = Reader(key).tagged(der::OCTET_STRING).map(|seed| seed.content).unwrap_or_default();
            let seed = seed.try_into();
            seed.map(PrivateKey::Ed25519)
                .map_err(|_| format!("x509: invalid Ed25519 private key length: {}", key.len().saturating_sub(2)))
        }
        _ => Err(format!("x509: PKCS#8 wrapping contained private key with unknown algorithm: {}", dotted(oid))),
    }
}

/// Returns an object identifier in numbers.
fn dotted(oid: &[u8]) -> String {
    let mut numbers = Vec::new();
    let mut number = 0u64;
    for byte in oid {
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 != 0 {
            continue;
        }
        if numbers.is_empty() {
            let first = (number / 40).min(2);
            numbers.push(first.to_string());
            number -= first * 40;
        }
        numbers.push(number.to_string());
        number = 0;
    }
    numbers.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn keys_are_read_back() {
        for kind in [Kind::Rsa(1024), Kind::Ecdsa, Kind::Ed25519] {
            let key = PrivateKey::generate(kind, &mut numbered()).expect("a key");
            let pem = key.to_pem();
            assert_eq!(PrivateKey::from_pem(pem.as_bytes()).expect("the same").to_pem(), pem);
        }
    }

    #[test]
    fn a_form_that_is_another_is_told() {
        let key = PrivateKey::generate(Kind::Ecdsa, &mut numbered()).expect("a key").to_pem();
        let read = |text: String| PrivateKey::from_pem(text.as_bytes()).map(|_| ()).expect_err("another form");
        let hint = "x509: failed to parse private key (use ParseECPrivateKey instead for this key format)";
        assert_eq!(read(key.replace("EC PRIVATE", "RSA PRIVATE")), format!("parsing RSA private key from PEM: {hint}"));
        assert_eq!(read(key.replace("EC PRIVATE", "PRIVATE")), format!("decoding PEM as PKCS#8: {hint}"));
        assert_eq!(read(key.replace("EC PRIVATE", "FOO PRIVATE")), "invalid private key type FOO PRIVATE KEY");
        assert_eq!(read("no key".to_owned()), "no PEM data in input");
    }

    #[test]
    fn identifiers_are_shown_in_numbers() {
        assert_eq!(dotted(OID_RSA), "1.2.840.113549.1.1.1");
        assert_eq!(dotted(&[0x55, 4, 3]), "2.5.4.3");
    }
}
