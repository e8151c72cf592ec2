//! Sprig's keys and certificates.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use gotemplate::{Fault, Functions, Object, Signature, State, Str, Type, Value};

use crate::render::helm::base64;
use crate::render::helm::context;
use crate::render::helm::pki::{Issuer, Kind, PrivateKey, Request, certificate_pem, first_block};
use crate::render::helm::time::{Duration, Time, Zone};

/// Adds the functions.
pub(super) fn add(functions: &mut Functions) {
    functions.add("genPrivateKey", Signature::new([Type::String], Type::String), |state, args| {
        let kind = match text(&args[0]) {
            b"" | b"rsa" => Kind::Rsa(4096),
            b"dsa" => Kind::Dsa,
            b"ecdsa" => Kind::Ecdsa,
            b"ed25519" => Kind::Ed25519,
            other => return Ok(Value::Str([b"Unknown type ", other].concat().into())),
        };
        generate(state, "genPrivateKey", kind).map(|key| Value::from(key.to_pem()))
    });
    functions.add("buildCustomCert", Signature::new([Type::String, Type::String], CERTIFICATE), |state, args| {
        state.spend(ONE_KEY)?;
        build_custom(text(&args[0]), text(&args[1])).map_err(Fault::from)
    });
    add_authorities(functions);
    add_self_signed(functions);
    add_signed(functions);
}

fn add_authorities(functions: &mut Functions) {
    let plain = [Type::String, Type::Int];
    functions.add("genCA", Signature::new(plain, CERTIFICATE), |state, args| {
        let key = generate(state, "genCA", CERTIFICATE_KEY)?;
        authority(state, "genCA", args, &key)
    });
    functions.add(
        "genCAWithKey",
        Signature::new(plain.into_iter().chain([Type::String]), CERTIFICATE),
        |state, args| {
            let key = parse_key(state, &args[2])?;
            authority(state, "genCAWithKey", args, &key)
        },
    );
}

fn add_self_signed(functions: &mut Functions) {
    let plain = [Type::String, Type::List, Type::List, Type::Int];
    functions.add("genSelfSignedCert", Signature::new(plain, CERTIFICATE), |state, args| {
        let key = generate(state, "genSelfSignedCert", CERTIFICATE_KEY)?;
        signed(state, "genSelfSignedCert", args, &key, None)
    });
    let with_key = Signature::new(plain.into_iter().chain([Type::String]), CERTIFICATE);
    functions.add("genSelfSignedCertWithKey", with_key, |state, args| {
        let key = parse_key(state, &args[4])?;
        signed(state, "genSelfSignedCertWithKey", args, &key, None)
    });
}

fn add_signed(functions: &mut Functions) {
    let plain = [Type::String, Type::List, Type::List, Type::Int, CERTIFICATE];
    functions.add("genSignedCert", Signature::new(plain, CERTIFICATE), |state, args| {
        let key = generate(state, "genSignedCert", CERTIFICATE_KEY)?;
        signed(state, "genSignedCert", args, &key, Some(&args[4]))
    });
    let with_key = Signature::new(plain.into_iter().chain([Type::String]), CERTIFICATE);
    functions.add("genSignedCertWithKey", with_key, |state, args| {
        let key = parse_key(state, &args[5])?;
        signed(state, "genSignedCertWithKey", args, &key, Some(&args[4]))
    });
}

/// The key of a certificate that brings none.
const CERTIFICATE_KEY: Kind = Kind::Rsa(2048);

const CERTIFICATE: Type = Type::Named("sprig.certificate");

/// Sprig's `certificate`: both in PEM.
#[derive(Debug)]
struct Certificate {
    cert: Str,
    key: Str,
}

impl Object for Certificate {
    fn type_name(&self) -> Cow<'_, str> {
        "sprig.certificate".into()
    }

    fn fields(&self) -> Vec<(Cow<'_, str>, Value)> {
        vec![("Cert".into(), self.cert.clone().into()), ("Key".into(), self.key.clone().into())]
    }
}

impl From<Certificate> for Value {
    fn from(certificate: Certificate) -> Value {
        Value::Object(Arc::new(certificate))
    }
}

fn text(value: &Value) -> &[u8] {
    match value {
        Value::Str(text) => text,
        _ => b"",
    }
}

/// Steps of reading a key or a certificate, or of signing.
const ONE_KEY: u64 = 100_000;

fn generate(state: &mut State<'_>, function: &'static str, kind: Kind) -> Result<PrivateKey, Fault> {
    state.spend(match kind {
        Kind::Rsa(bits) if bits > 2048 => 10_000_000,
        Kind::Rsa(_) => 2_000_000,
        Kind::Dsa => 4_000_000,
        Kind::Ecdsa | Kind::Ed25519 => ONE_KEY,
    })?;
    PrivateKey::generate(kind, &mut |bytes: &mut [u8]| context::random(state, function, bytes))
}

fn parse_key(state: &mut State<'_>, pem: &Value) -> Result<PrivateKey, Fault> {
    state.spend(ONE_KEY)?;
    PrivateKey::from_pem(text(pem)).map_err(|error| Fault::new(format!("parsing private key: {error}")))
}

fn build_custom(certificate: &[u8], key: &[u8]) -> Result<Certificate, String> {
    let certificate = base64::decode(certificate).map_err(|_| "unable to decode base64 certificate")?;
    let key = base64::decode(key).map_err(|_| "unable to decode base64 private key")?;
    let data = first_block(&certificate).ok_or("unable to decode certificate")?;
    Issuer::parse(&data).map_err(|error| format!("error parsing certificate: decodedCert.Bytes: {error}"))?;
    PrivateKey::from_pem(&key).map_err(|error| format!("error parsing private key: {error}"))?;
    Ok(Certificate { cert: certificate.into(), key: key.into() })
}

/// What all certificates have: a name, a serial number of 128 bits, and days of validity from now on.
fn request<'a>(
    state: &mut State<'_>,
    function: &'static str,
    name: &'a Value,
    days: &Value,
) -> Result<Request<'a>, Fault> {
    state.spend(ONE_KEY)?;
    let days = if let Value::Int(days, _) = days { *days } else { 0 };
    let mut serial = [0; 16];
    context::random(state, function, &mut serial)?;
    let now = Time::read(context::now(state, function)?).within(Zone::Utc);
    let validity = Duration(days.wrapping_mul(24).wrapping_mul(Duration::HOUR.0));
    Ok(Request {
        common_name: text(name),
        dns_names: Vec::new(),
        addresses: Vec::new(),
        not_after: now.add(validity),
        not_before: now,
        serial,
        is_authority: false,
    })
}

fn authority(
    state: &mut State<'_>,
    function: &'static str,
    args: &[Value],
    key: &PrivateKey,
) -> Result<Certificate, Fault> {
    let request = Request { is_authority: true, ..request(state, function, &args[0], &args[1])? };
    issue(&request, key, None, key)
}

fn signed(
    state: &mut State<'_>,
    function: &'static str,
    args: &[Value],
    key: &PrivateKey,
    authority: Option<&Value>,
) -> Result<Certificate, Fault> {
    let signer = authority.map(signer).transpose()?;
    let (addresses, dns_names) = (addresses(&args[1])?, dns_names(&args[2])?);
    let request = Request { addresses, dns_names, ..request(state, function, &args[0], &args[3])? };
    match &signer {
        Some((issuer, signing_key)) => issue(&request, key, Some(issuer), signing_key),
        None => issue(&request, key, None, key),
    }
}

/// Reads the certificate and the key of an authority.
fn signer(authority: &Value) -> Result<(Issuer, PrivateKey), Fault> {
    let Value::Object(authority) = authority else { return Err(Fault::from("unable to decode certificate")) };
    let field = |name: &str| authority.field(name).unwrap_or_default();
    let data = first_block(text(&field("Cert"))).ok_or("unable to decode certificate")?;
    let issuer =
        Issuer::parse(&data).map_err(|error| format!("error parsing certificate: decodedSignerCert.Bytes: {error}"))?;
    let key =
        PrivateKey::from_pem(text(&field("Key"))).map_err(|error| format!("error parsing private key: {error}"))?;
    Ok((issuer, key))
}

fn issue(
    request: &Request<'_>,
    key: &PrivateKey,
    issuer: Option<&Issuer>,
    signing_key: &PrivateKey,
) -> Result<Certificate, Fault> {
    let der = request.sign(key, issuer, signing_key).map_err(|error| format!("error creating certificate: {error}"))?;
    Ok(Certificate { cert: certificate_pem(&der).into(), key: key.to_pem().into() })
}

fn addresses(value: &Value) -> Result<Vec<IpAddr>, Fault> {
    let Value::List(list) = value else { return Ok(Vec::new()) };
    let parse = |item: Value| match &item {
        Value::Str(address) => {
            let parsed = std::str::from_utf8(address).ok().and_then(|address| address.parse().ok());
            parsed.ok_or_else(|| Fault::new(format!("error parsing ip: {}", address.to_str_lossy())))
        }
        other => Err(Fault::new(format!("error parsing ip: {} is not a string", shown(other)))),
    };
    list.to_vec().into_iter().map(parse).collect()
}

fn dns_names(value: &Value) -> Result<Vec<Vec<u8>>, Fault> {
    let Value::List(list) = value else { return Ok(Vec::new()) };
    let parse = |item: Value| match &item {
        Value::Str(name) => Ok(name.as_bytes().to_vec()),
        other => Err(Fault::new(format!("error processing alternate dns name: {} is not a string", shown(other)))),
    };
    list.to_vec().into_iter().map(parse).collect()
}

fn shown(value: &Value) -> String {
    String::from_utf8_lossy(&value.to_text()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, render};

    #[test]
    fn a_seed_fixes_keys_and_certificates_for_good() {
        let template = r#"{{ $ca := genCAWithKey "ca" 365 (genPrivateKey "ecdsa") }}{{ sha256sum $ca.Cert }}
{{ $c := genSignedCertWithKey "web" nil (fromJsonArray "[\"web.example\"]") 30 $ca (genPrivateKey "ed25519") }}{{ sha256sum $c.Cert }}
{{ sha256sum (genSelfSignedCert "web" nil nil 30).Key }}"#;
        let want = "64cb369725a7dc4a98c28a34f959ac83ac76a2cd91b4a2191827dde501f41588
7cfebc8abf1f72330c5e35f90bec47d7a147a4d042d4aed8e7450432a9753a79
570d3e79a872a7164356c86088d58e4222c5d9e1faf3663bdf447705dd72a8f6";
        assert_eq!(render(template).as_deref(), Ok(want));
    }

    #[test]
    fn certificates_are_pem() {
        check(&[
            (
                r#"{{ regexMatch "^-----BEGIN CERTIFICATE-----\n[^-]+-----END CERTIFICATE-----\n$" (genCA "" 1).Cert }}"#,
                "true",
            ),
            (r#"{{ regexMatch "^-----BEGIN RSA PRIVATE KEY-----\n" (genSelfSignedCert "a" nil nil 1).Key }}"#, "true"),
            (
                r#"{{ $ca := genCA "ca" 1 }}{{ $c := buildCustomCert (b64enc $ca.Cert) (b64enc $ca.Key) }}{{ eq $c.Cert $ca.Cert }}"#,
                "true",
            ),
            (
                r#"{{ $ca := genCA "ca" 1 }}{{ $c := genSignedCert "a" nil nil 1 $ca }}{{ ne $c.Cert $ca.Cert }}"#,
                "true",
            ),
            (r#"{{ genPrivateKey "nope" }}"#, "Unknown type nope"),
        ]);
    }

    #[test]
    fn errors_are_those_of_sprig() {
        check(&[
            (r#"{{ genCAWithKey "a" 1 "bad" }}"#, "! parsing private key: no PEM data in input"),
            (
                r#"{{ genSelfSignedCertWithKey "a" (fromJsonArray "[\"1.2.3.4.5\"]") nil 1 (genPrivateKey "ecdsa") }}"#,
                "! error parsing ip: 1.2.3.4.5",
            ),
            (
                r#"{{ genSelfSignedCertWithKey "a" (fromJsonArray "[5]") nil 1 (genPrivateKey "ecdsa") }}"#,
                "! error parsing ip: 5 is not a string",
            ),
            (
                r#"{{ genSelfSignedCertWithKey "a" nil (fromJsonArray "[[]]") 1 (genPrivateKey "ecdsa") }}"#,
                "! error processing alternate dns name: [] is not a string",
            ),
            (
                r#"{{ genSelfSignedCertWithKey "a" nil (fromJsonArray "[\"é\"]") 1 (genPrivateKey "ecdsa") }}"#,
                "! error creating certificate: x509: \"é\" cannot be encoded as an IA5String",
            ),
            (
                r#"{{ genSelfSignedCertWithKey "\xff" nil nil 1 (genPrivateKey "ecdsa") }}"#,
                "! error creating certificate: asn1: string not valid UTF-8",
            ),
            (r#"{{ buildCustomCert "!!" "" }}"#, "! unable to decode base64 certificate"),
            (r#"{{ buildCustomCert "" "" }}"#, "! unable to decode certificate"),
            (r#"{{ buildCustomCert "" "!" }}"#, "! unable to decode base64 private key"),
            (
                r#"{{ $ca := genCAWithKey "a" 1 (genPrivateKey "ecdsa") }}{{ buildCustomCert (b64enc $ca.Cert) "" }}"#,
                "! error parsing private key: no PEM data in input",
            ),
        ]);
    }

    #[test]
    fn another_key_than_that_of_the_authority_is_refused() {
        let template = r#"{{ $ca := genCAWithKey "a" 1 (genPrivateKey "ecdsa") }}{{ $odd := buildCustomCert (b64enc $ca.Cert) (b64enc (genPrivateKey "ecdsa")) }}{{ genSignedCertWithKey "b" nil nil 1 $odd (genPrivateKey "ecdsa") }}"#;
        let want = "error creating certificate: x509: provided PrivateKey doesn't match parent's PublicKey";
        assert_eq!(render(template), Err(want.to_owned()));
    }
}
