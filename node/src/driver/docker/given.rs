//! The folder of ours that a session's container may read, as `/etc/hackstream`.
//!
//! | in it | is |
//! |---|---|
//! | `hub.pub` | the control plane's public keys |
//! | `resolv.conf` | where names are asked for; empty for a session without a way out |
//! | `door.sock` | where the server is handed its sockets, until it was |
//!
//! It stands in a folder that nobody else of the machine can get through to.

use std::path::PathBuf;

use hackstream_control_api::policy::Egress;

use crate::driver::local::network::NAME_SERVER;
use crate::folder::Folder;
use crate::spec::SessionSpec;
use crate::{NodeError, files};

/// Its name in the session's folder.
const NAME: &str = "given";

/// The door, from the session's folder.
pub(super) const DOOR: &str = "given/door.sock";

/// Where it is.
pub(super) fn place(folder: &Folder) -> PathBuf {
    folder.join(NAME)
}

/// Makes it.
///
/// # Errors
/// [`NodeError::File`].
pub(super) fn write(folder: &Folder, spec: &SessionSpec) -> Result<PathBuf, NodeError> {
    let given = place(folder);
    files::make_folder(&given, 0o755)?;
    let resolv = match spec.egress {
        Egress::None => String::new(),
        Egress::Internet => format!("nameserver {NAME_SERVER}\n"),
    };
    files::write(&given.join("resolv.conf"), resolv.as_bytes(), 0o644)?;
    files::write(&given.join("hub.pub"), spec.ticket_keys.as_bytes(), 0o644)?;
    Ok(given)
}

/// Removes it, with what else a session had beside its record and its log.
///
/// # Errors
/// [`NodeError::File`].
pub(super) fn tidy(folder: &Folder) -> Result<(), NodeError> {
    let _ = std::fs::remove_file(folder.status_socket());
    files::remove_folder(&place(folder))
}
