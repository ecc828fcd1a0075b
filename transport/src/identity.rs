//! Who a server is: its key, and a certificate made from it.

use std::path::Path;

use rcgen::{CertificateParams, DistinguishedName, KeyPair, PublicKeyData};
use ring::hmac;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::{Fingerprint, TransportError, key_file};

/// A server's key (ECDSA P-256) and its self-signed certificate.
///
/// Only the key identifies the server: the certificate is made anew at each start.
pub struct Identity {
    key: KeyPair,
    certificate: CertificateDer<'static>,
}

impl core::fmt::Debug for Identity {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Identity")
            .field("fingerprint", &self.fingerprint())
            .finish_non_exhaustive()
    }
}

impl Identity {
    /// The identity kept in `dir`; a new one if there is none yet.
    ///
    /// # Errors
    /// [`TransportError::KeyFile`], [`TransportError::KeyExposed`] or
    /// [`TransportError::KeyDamaged`].
    pub fn load_or_create(dir: &Path) -> Result<Self, TransportError> {
        let generate = || Ok(KeyPair::generate()?.serialize_der());
        let (path, der) = key_file::load_or_create(dir, generate)?;
        let key = KeyPair::try_from(der).map_err(|_| TransportError::KeyDamaged { path })?;
        Self::of_key(key)
    }

    /// A new identity that lasts as long as this value.
    ///
    /// # Errors
    /// [`TransportError::Crypto`] if the system has no randomness.
    pub fn generate() -> Result<Self, TransportError> {
        Self::of_key(KeyPair::generate()?)
    }

    fn of_key(key: KeyPair) -> Result<Self, TransportError> {
        let mut params = CertificateParams::new(vec!["hackstream.invalid".to_owned()])?;
        params.distinguished_name = DistinguishedName::new();
        let certificate = params.self_signed(&key)?.der().clone();
        Ok(Self { key, certificate })
    }

    /// The name under which viewers remember the server.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of_public_key(&self.key.subject_public_key_info())
    }

    pub(crate) fn certificate(&self) -> CertificateDer<'static> {
        self.certificate.clone()
    }

    pub(crate) fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.serialize_der()).into()
    }

    /// A secret that only this identity can derive, for the purpose that `label` names.
    pub(crate) fn derive(&self, label: &[u8]) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.key.serialized_der());
        let mut secret = [0; 32];
        secret.copy_from_slice(hmac::sign(&key, label).as_ref());
        secret
    }
}
