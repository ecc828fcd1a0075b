//! The door: where a container's server gets the sockets that were made outside. It is opened once.
//!
//! What is handed out, `hackstream-server run --sockets-from` tells. The third descriptor is one end of a
//! pipe: it is closed when the server has ended, however that came.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

use super::given::DOOR;
use crate::NodeError;
use crate::driver::sockets::{Sockets, listen_at};
use crate::folder::Folder;

/// Descriptors that are handed out, at most.
const MOST: usize = 3;

/// A door at which nobody has knocked yet.
pub(super) struct Door(tokio::net::UnixListener);

impl Door {
    /// Makes it. Whoever is in the container may knock.
    ///
    /// # Errors
    /// [`NodeError::File`].
    pub(super) fn make(folder: &Folder) -> Result<Self, NodeError> {
        let made = || {
            let listener: UnixListener = listen_at(folder, DOOR, 0o666)?;
            listener.set_nonblocking(true)?;
            tokio::net::UnixListener::from_std(listener)
        };
        made().map(Self).map_err(|source| NodeError::File {
            what: "cannot listen on",
            path: folder.join(DOOR),
            source,
        })
    }

    /// Waits for somebody to knock.
    ///
    /// # Errors
    /// The system's.
    pub(super) async fn knocked(&self) -> io::Result<UnixStream> {
        let (stream, _) = self.0.accept().await?;
        stream.into_std()
    }
}

/// Hands the sockets to who has knocked, and closes the door.
///
/// # Errors
/// The system's.
pub(super) fn hand_out(
    folder: &Folder,
    door: Door,
    to: &UnixStream,
    sockets: &Sockets,
    lifeline: Option<&OwnedFd>,
) -> io::Result<()> {
    drop(door);
    std::fs::remove_file(folder.join(DOOR))?;
    let mut descriptors: Vec<BorrowedFd<'_>> =
        vec![sockets.viewers.as_fd(), sockets.status.as_fd()];
    descriptors.extend(lifeline.map(AsFd::as_fd));
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !ancillary.push(SendAncillaryMessage::ScmRights(&descriptors)) {
        return Err(io::Error::other("too many descriptors"));
    }
    sendmsg(
        to,
        &[IoSlice::new(b"s")],
        &mut ancillary,
        SendFlags::NOSIGNAL,
    )?;
    Ok(())
}
