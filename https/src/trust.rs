//! Whether the hub is the right one: by the key that it must have, or by an authority's word.

use std::sync::{Arc, Mutex, PoisonError};

use hackstream_ticket::KeyHash;
use ring::digest::{SHA256, digest};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::version::TLS13;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};

/// What the hub has to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// This key, whatever its certificate says.
    Key(KeyHash),
    /// A certificate for its name, of an authority that is trusted.
    Authorities,
}

impl Trust {
    /// The key that is expected, if one is.
    #[must_use]
    pub const fn key(self) -> Option<KeyHash> {
        match self {
            Self::Key(key) => Some(key),
            Self::Authorities => None,
        }
    }
}

/// The key that was shown last and not trusted.
#[derive(Clone, Debug, Default)]
pub struct Distrusted(Arc<Mutex<Option<KeyHash>>>);

impl Distrusted {
    /// The key, once.
    #[must_use]
    pub fn take(&self) -> Option<KeyHash> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, key: KeyHash) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(key);
    }
}

/// TLS 1.3 with whom `trust` lets through.
pub(crate) fn client(
    trust: Trust,
    authorities: impl FnOnce() -> Vec<CertificateDer<'static>>,
    distrusted: &Distrusted,
) -> Result<Arc<ClientConfig>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_protocol_versions(&[&TLS13])?;
    let verifier = Verifier {
        trust,
        authorities: match trust {
            Trust::Key(_) => None,
            Trust::Authorities => checker(authorities(), &provider),
        },
        provider,
        distrusted: distrusted.clone(),
    };
    let builder = builder.dangerous();
    let builder = builder.with_custom_certificate_verifier(Arc::new(verifier));
    Ok(Arc::new(builder.with_no_client_auth()))
}

/// What checks certificates by these authorities; `None` if there are none.
fn checker(
    authorities: Vec<CertificateDer<'static>>,
    provider: &Arc<CryptoProvider>,
) -> Option<Arc<WebPkiServerVerifier>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(authorities);
    let roots = Arc::new(roots);
    let builder = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider));
    builder.build().ok()
}

#[derive(Debug)]
struct Verifier {
    trust: Trust,
    authorities: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
    distrusted: Distrusted,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let shown = key_of(end_entity)?;
        let unknown = || rustls::Error::from(CertificateError::UnknownIssuer);
        let verdict = match (self.trust, &self.authorities) {
            (Trust::Key(key), _) if key == shown => Ok(ServerCertVerified::assertion()),
            (Trust::Authorities, Some(authorities)) => authorities.verify_server_cert(
                end_entity,
                intermediates,
                server_name,
                ocsp_response,
                now,
            ),
            _ => Err(unknown()),
        };
        verdict.inspect_err(|_| self.distrusted.put(shown))
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
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

fn key_of(certificate: &CertificateDer<'_>) -> Result<KeyHash, rustls::Error> {
    let parsed = ParsedCertificate::try_from(certificate)?;
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, &parsed.subject_public_key_info()).as_ref());
    Ok(KeyHash(hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(
        trust: Trust,
        known: &[CertificateDer<'static>],
        certificate: &CertificateDer<'_>,
    ) -> (bool, Option<KeyHash>) {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let distrusted = Distrusted::default();
        let verifier = Verifier {
            trust,
            authorities: checker(known.to_vec(), &provider),
            provider,
            distrusted: distrusted.clone(),
        };
        let name = ServerName::try_from("hub.example").unwrap();
        let verified = verifier.verify_server_cert(certificate, &[], &name, &[], UnixTime::now());
        (verified.is_ok(), distrusted.take())
    }

    #[test]
    fn only_the_expected_key_is_trusted_and_another_is_named() {
        let names = vec!["other.example".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        let certificate = made.cert.der();
        let key = key_of(certificate).unwrap();
        // The name does not matter where the key is known.
        assert_eq!(verdict(Trust::Key(key), &[], certificate), (true, None));
        assert_eq!(
            verdict(Trust::Key(KeyHash([7; 32])), &[], certificate),
            (false, Some(key))
        );
        let by_authority = verdict(Trust::Authorities, &[], certificate);
        assert_eq!(by_authority, (false, Some(key)));
    }

    #[test]
    fn an_authority_vouches_for_a_name() {
        let names = |name: &str| vec![name.to_owned()];
        let right = rcgen::generate_simple_self_signed(names("hub.example")).unwrap();
        let wrong = rcgen::generate_simple_self_signed(names("other.example")).unwrap();
        let known = [right.cert.der().clone(), wrong.cert.der().clone()];
        let of = |certificate| verdict(Trust::Authorities, &known, certificate).0;
        assert!(of(right.cert.der()));
        assert!(!of(wrong.cert.der()));
    }
}
