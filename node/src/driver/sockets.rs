//! The sockets that a session is reached by from outside. They are made out here, and handed in.

use std::fs::{File, Permissions};
use std::net::{IpAddr, UdpSocket};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;

use crate::NodeError;
use crate::folder::Folder;

/// Both of them.
#[derive(Debug)]
pub(super) struct Sockets {
    /// Where viewers come.
    pub(super) viewers: UdpSocket,
    /// Where its server is asked how it is.
    pub(super) status: UnixListener,
}

/// The socket for a session's server, on the first free one of these ports; 0 is any.
///
/// # Errors
/// [`NodeError::NoPort`].
pub(super) fn bind(address: IpAddr, (first, last): (u16, u16)) -> Result<UdpSocket, NodeError> {
    for port in first..=last {
        if let Ok(socket) = UdpSocket::bind((address, port)) {
            return Ok(socket);
        }
    }
    Err(NodeError::NoPort { first, last })
}

/// The socket on which whoever looks after the session asks its server how it is. It stands in the
/// session's folder, where the session has no business: what it has of it is the descriptor.
///
/// # Errors
/// [`NodeError::File`].
pub(super) fn listen(folder: &Folder) -> Result<UnixListener, NodeError> {
    let made = listen_at(folder, "status.sock", 0o600);
    made.map_err(|source| NodeError::File {
        what: "cannot listen on",
        path: folder.status_socket(),
        source,
    })
}

/// A socket of this name below the folder, with these permissions.
///
/// # Errors
/// The system's.
pub(super) fn listen_at(folder: &Folder, name: &str, mode: u32) -> std::io::Result<UnixListener> {
    let inside = File::open(folder.path())?;
    // Paths of sockets are short; those of folders need not be.
    let path = format!("/proc/self/fd/{}/{name}", inside.as_raw_fd());
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, Permissions::from_mode(mode))?;
    Ok(listener)
}
