//! TLS: whom we trust, and how we prove who we are.
//!
//! rustls with the cryptography of graviola, which needs no C compiler.

use std::sync::Arc;

use rhumb::diag::Diagnostic;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

/// How a server proves itself.
#[derive(Debug, Clone)]
pub(crate) enum Trust {
    /// By a certificate that one of these (PEM) signed.
    Authority(Vec<u8>),
    /// By a certificate that this machine trusts.
    Machine,
    /// Not at all.
    Anybody,
}

/// A certificate with its key, both PEM.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) certificate: Vec<u8>,
    pub(crate) key: Vec<u8>,
}

/// Returns how connections are made safe.
///
/// # Errors
/// When certificates or keys cannot be read, or this processor cannot do it.
pub(crate) fn config(trust: &Trust, identity: Option<&Identity>) -> Result<Arc<ClientConfig>, Diagnostic> {
    if !can_run() {
        let message = "this processor lacks instructions that TLS is built on here (AES, AVX2, ADX and their like)";
        return Err(Diagnostic::error("cluster-tls-processor", message));
    }
    let provider = Arc::new(rustls_graviola::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(&error.to_string()))?;
    let builder = match trust {
        Trust::Authority(pem) => builder.with_root_certificates(authorities(pem)?),
        Trust::Machine => builder.with_root_certificates(machine()?),
        Trust::Anybody => builder.dangerous().with_custom_certificate_verifier(Arc::new(TrustAnybody(provider))),
    };
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let key = PrivateKeyDer::from_pem_slice(&identity.key)
                .map_err(|error| wrong(&format!("the client's key cannot be read: {error}")))?;
            let chain = certificates(&identity.certificate, "the client's certificate")?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| wrong(&format!("the client's certificate and key cannot be used: {error}")))?
        }
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn wrong(message: &str) -> Diagnostic {
    Diagnostic::error("cluster-tls", message)
}

fn certificates(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, Diagnostic> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = read.map_err(|error| wrong(&format!("{what} cannot be read: {error}")))?;
    match found.is_empty() {
        true => Err(wrong(&format!("{what} holds no certificate"))),
        false => Ok(found),
    }
}

fn authorities(pem: &[u8]) -> Result<RootCertStore, Diagnostic> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem, "the certificate authority")? {
        roots.add(certificate).map_err(|error| wrong(&format!("the certificate authority cannot be used: {error}")))?;
    }
    Ok(roots)
}

fn machine() -> Result<RootCertStore, Diagnostic> {
    let loaded = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(loaded.certs);
    if roots.is_empty() {
        let reasons: Vec<String> = loaded.errors.iter().map(ToString::to_string).collect();
        let reasons = if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join("; ")) };
        return Err(wrong(&format!("this machine trusts no certificate authority{reasons}"))
            .help("name the cluster's own with `certificate-authority` in the kubeconfig"));
    }
    Ok(roots)
}

// The library panics where these are missing.
#[cfg(target_arch = "x86_64")]
fn can_run() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has!("aes") && has!("pclmulqdq") && has!("bmi1") && has!("adx") && has!("avx") && has!("avx2")
}

#[cfg(target_arch = "aarch64")]
fn can_run() -> bool {
    use std::arch::is_aarch64_feature_detected as has;
    has!("neon") && has!("aes") && has!("pmull") && has!("sha2")
}

/// Takes any certificate, as `insecure-skip-tls-verify` asks; that the server has its key is looked at all the same.
#[derive(Debug)]
struct TrustAnybody(Arc<CryptoProvider>);

impl ServerCertVerifier for TrustAnybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_an_error() {
        let authority = |text: &str| config(&Trust::Authority(text.as_bytes().to_vec()), None).map(drop);
        assert_eq!(authority("").expect_err("empty").message, "the certificate authority holds no certificate");
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(authority(broken).is_err());
        assert!(config(&Trust::Anybody, None).is_ok());
        let identity = Identity { certificate: broken.into(), key: b"x".to_vec() };
        assert!(config(&Trust::Anybody, Some(&identity)).is_err());
    }
}
