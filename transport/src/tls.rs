//! TLS 1.3, and which keys it trusts.
//!
//! There is no certificate authority. The handshake proves that the server holds the key in its
//! certificate; whether it is the right key is for the caller to decide, by its fingerprint.

use std::sync::Arc;

use hackstream_protocol::ALPN;
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CipherSuite, ClientConfig, DigitallySignedStruct, ServerConfig, SignatureScheme,
    SupportedCipherSuite,
};

use crate::{Fingerprint, Identity, TransportError, viewer_crypto};

/// What the server side of a handshake needs.
pub(crate) fn server_config(identity: &Identity) -> Result<Arc<QuicServerConfig>, TransportError> {
    let provider = CryptoProvider {
        cipher_suites: cipher_suites(),
        ..ring::default_provider()
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(vec![identity.certificate()], identity.private_key())?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    // Nothing resumes a session: the viewer wants to see the key each time.
    config.send_tls13_tickets = 0;
    let config = QuicServerConfig::try_from(config).map_err(no_suite)?;
    Ok(Arc::new(config))
}

/// What the viewer's side of a handshake needs.
pub(crate) fn client_config() -> Result<Arc<QuicClientConfig>, TransportError> {
    let provider = Arc::new(viewer_crypto::provider(cipher_suites()));
    let verifier = Arc::new(AnyKey(Arc::clone(&provider)));
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.resumption = Resumption::disabled();
    let config = QuicClientConfig::try_from(config).map_err(no_suite)?;
    Ok(Arc::new(config))
}

fn no_suite(error: quinn::crypto::rustls::NoInitialCipherSuite) -> TransportError {
    TransportError::Crypto(error.to_string())
}

/// The ciphers in the order of their speed on this machine. The server follows the viewer's order,
/// because the viewer is the weaker one.
fn cipher_suites() -> Vec<SupportedCipherSuite> {
    let mut suites = ring::DEFAULT_CIPHER_SUITES.to_vec();
    let last = if has_aes() {
        CipherSuite::TLS13_AES_256_GCM_SHA384
    } else {
        CipherSuite::TLS13_AES_128_GCM_SHA256
    };
    let rank = |suite: CipherSuite| match suite {
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => u8::from(has_aes()),
        suite if suite == last => 3,
        CipherSuite::TLS13_AES_128_GCM_SHA256 => 0,
        _ => 2,
    };
    suites.sort_by_key(|s| rank(s.suite()));
    suites
}

/// Whether the processor computes AES itself. Without that ChaCha20 is several times faster.
fn has_aes() -> bool {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    return std::arch::is_x86_feature_detected!("aes");
    #[cfg(target_arch = "aarch64")]
    return std::arch::is_aarch64_feature_detected!("aes");
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
    return false;
}

/// The fingerprint of the key in a certificate; `None` if it cannot be parsed.
pub(crate) fn fingerprint(certificate: &CertificateDer<'_>) -> Option<Fingerprint> {
    let parsed = ParsedCertificate::try_from(certificate).ok()?;
    let public_key = parsed.subject_public_key_info();
    Some(Fingerprint::of_public_key(&public_key))
}

/// Accepts every key of which the server proves that it holds the private half.
#[derive(Debug)]
struct AnyKey(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyKey {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        ParsedCertificate::try_from(end_entity)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::PeerIncompatible::Tls12NotOffered.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, cert, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
