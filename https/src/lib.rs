//! HTTPS to a hub, for those who know its key: no authority and no name is needed then.
//!
//! [`Trust`] says who is believed; [`connector`] makes what a `ureq` agent is given for it, which the
//! agent's own options cannot say. TLS 1.3 only.
#![forbid(unsafe_code)]

mod connector;
mod trust;

pub use connector::TlsConnector;
pub use trust::{Distrusted, Trust};

use rustls::pki_types::CertificateDer;

/// Puts TLS around connections, with whom `trust` lets through; the keys of others go to `distrusted`.
/// `authorities` says whom [`Trust::Authorities`] means: without any nobody is trusted.
///
/// # Errors
/// If TLS cannot be set up.
pub fn connector(
    trust: Trust,
    authorities: impl FnOnce() -> Vec<CertificateDer<'static>>,
    distrusted: &Distrusted,
) -> Result<TlsConnector, rustls::Error> {
    trust::client(trust, authorities, distrusted).map(TlsConnector)
}
