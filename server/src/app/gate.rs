//! The door of a session that belongs to a control plane.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::sync::Arc;

use hackstream_ticket::{Gate, HubKeys, KeyError, KeyHash, Place};
use hackstream_transport::Fingerprint;

use crate::config::access::TicketChoice;
use crate::token::Access;

/// Bytes of a file of public keys that are read; eight keys have less than 500.
const MOST_BYTES: u64 = 4096;

/// Why the control plane's keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// The file cannot be read.
    #[error("cannot read the control plane's key from {} (--ticket-key)", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What it holds is no key.
    #[error("{} (--ticket-key) is no file of public keys", path.display())]
    Key {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: KeyError,
    },
}

/// Lets in whoever shows a ticket for the session of that name whose server has the key `ours`.
///
/// # Errors
/// [`GateError`] if there is no usable key.
pub(super) fn gate(choice: &TicketChoice, ours: Fingerprint) -> Result<Access, GateError> {
    let path = || choice.keys.clone();
    let failed = |source| GateError::File {
        path: path(),
        source,
    };
    let mut text = String::new();
    let file = File::open(&choice.keys).map_err(failed)?;
    let read = file.take(MOST_BYTES).read_to_string(&mut text);
    read.map_err(failed)?;
    let keys: HubKeys = text.parse().map_err(|source| GateError::Key {
        path: path(),
        source,
    })?;
    let place = Place {
        session: choice.session.clone(),
        node: choice.node.clone(),
        server_key: KeyHash(ours.bytes()),
    };
    Ok(Access::Tickets(Arc::new(Gate::new(place, keys))))
}
