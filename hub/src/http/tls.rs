//! The hub's certificate: given, or one of its own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair, PublicKeyData as _};
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::version::TLS13;

use crate::keys::{KeyError, secret_file, write_secret};
use crate::random::{hex, sha256};

/// Why TLS cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A certificate file cannot be used.
    #[error("cannot use the certificate or key in {}: {reason}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The certificate cannot be made.
    #[error("cannot make a certificate: {0}")]
    Make(#[from] rcgen::Error),
    /// The key does not belong to the certificate, or another such reason.
    #[error("cannot use the certificate with the key: {0}")]
    Use(#[from] rustls::Error),
}

/// A certificate with its key.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    /// SHA-256 of the certificate's public key, for clients that pin it; only of one's own
    /// certificate, since others are checked by their names.
    pub fingerprint: Option<String>,
}

impl Identity {
    /// The hub's own, for these names. Its key is made once and stays; so does the fingerprint.
    ///
    /// # Errors
    /// If the key cannot be read or written.
    pub fn own(folder: &Path, names: &[String]) -> Result<Self, TlsError> {
        let key = own_key(folder)?;
        let certificate = CertificateParams::new(names)?.self_signed(&key)?;
        // For programs that want a file to trust, such as curl. No secret, but it is to be whole.
        let public = folder.join("tls.crt.pem");
        let written = write_secret(&public, certificate.pem().as_bytes());
        written.map_err(|source| KeyError::File {
            path: public,
            source,
        })?;
        Ok(Self {
            chain: vec![certificate.der().clone()],
            fingerprint: Some(fingerprint(&key)),
            key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        })
    }

    /// One from somebody else, in PEM files.
    ///
    /// # Errors
    /// If a file cannot be read, or holds something else.
    pub fn given(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let bad = |path: &Path, reason: &dyn std::fmt::Display| TlsError::File {
            path: path.to_owned(),
            reason: reason.to_string(),
        };
        let read = |path: &Path| fs::read(path).map_err(|error: io::Error| bad(path, &error));
        let chain: Result<Vec<_>, _> =
            CertificateDer::pem_slice_iter(&read(certificate)?).collect();
        let chain = chain.map_err(|error| bad(certificate, &error))?;
        if chain.is_empty() {
            return Err(bad(certificate, &"it holds no certificate"));
        }
        let private = PrivateKeyDer::from_pem_slice(&read(key)?);
        Ok(Self {
            chain,
            key: private.map_err(|error| bad(key, &error))?,
            fingerprint: None,
        })
    }

    /// TLS 1.3 with this certificate, for HTTP/2 and HTTP/1.1.
    ///
    /// # Errors
    /// If certificate and key do not fit.
    pub fn server(self) -> Result<Arc<ServerConfig>, TlsError> {
        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
        let builder = builder
            .with_protocol_versions(&[&TLS13])?
            .with_no_client_auth();
        let mut config = builder.with_single_cert(self.chain, self.key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

/// The fingerprint of the hub's own certificate, whether it serves or not.
///
/// # Errors
/// If the key cannot be read or written.
pub fn own_fingerprint(folder: &Path) -> Result<String, TlsError> {
    Ok(fingerprint(&own_key(folder)?))
}

fn own_key(folder: &Path) -> Result<KeyPair, TlsError> {
    let path = folder.join("tls.key.pem");
    let make = || {
        let key = KeyPair::generate().ok();
        key.map(|key| key.serialize_pem().into_bytes())
    };
    let pem = secret_file(&path, make)?;
    let key = KeyPair::from_pem(&String::from_utf8_lossy(&pem));
    let garbled = |_| KeyError::Garbled {
        path,
        what: "a private key in PEM",
    };
    Ok(key.map_err(garbled)?)
}

fn fingerprint(key: &KeyPair) -> String {
    hex(&sha256(&key.subject_public_key_info()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_stays_and_the_files_can_be_given() {
        let folder = tempfile::tempdir().unwrap();
        let names = ["hub.example".to_owned()];
        let first = Identity::own(folder.path(), &names).unwrap();
        let again = Identity::own(folder.path(), &names).unwrap();
        assert_eq!(first.fingerprint, again.fingerprint);
        assert_eq!(first.fingerprint, own_fingerprint(folder.path()).ok());
        let certificate = folder.path().join("tls.crt.pem");
        let given = Identity::given(&certificate, &folder.path().join("tls.key.pem")).unwrap();
        assert!(given.server().is_ok());
        assert!(Identity::given(&certificate, &certificate).is_err());
    }
}
