//! Sockets that are handed to us by whoever looks after our container from outside.
//!
//! A container's first process inherits no descriptors. So we knock at a door, a Unix socket that was
//! put into the container, and are handed them there, once, in one message:
//!
//! | descriptor | is |
//! |---|---|
//! | first | the bound UDP socket where viewers come |
//! | second | the Unix socket that listens, on which the session's status is asked for |
//! | third, if there is one | kept open until this process ends, which tells whoever has its other end |
//!
//! The message has one byte, whose value means nothing.

use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::UdpSocket;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

/// How long whoever is behind the door may take: the container's network may have to be made first.
const PATIENCE: Duration = Duration::from_secs(60);

/// Descriptors that there may be.
const MOST: usize = 3;

/// What we were handed.
#[derive(Debug)]
pub(super) struct Handed {
    /// Where viewers come.
    pub(super) viewers: UdpSocket,
    /// Where the session's status is asked for.
    pub(super) status: UnixListener,
    /// Nothing is done with it but to keep it.
    pub(super) lifeline: Option<OwnedFd>,
}

/// Knocks at the door, and takes what is handed out.
///
/// # Errors
/// The system's; if nothing comes, or something else.
pub(super) fn knock(door: &Path) -> io::Result<Handed> {
    let stream = UnixStream::connect(door)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut descriptors = receive(&stream)?.into_iter();
    let (Some(viewers), Some(status)) = (descriptors.next(), descriptors.next()) else {
        return Err(io::Error::other("no sockets were handed out"));
    };
    Ok(Handed {
        viewers: super::udp(viewers)?,
        status: super::listener(status)?,
        lifeline: descriptors.next(),
    })
}

/// The descriptors of one message. No program that we start will have them.
fn receive(stream: &UnixStream) -> io::Result<Vec<OwnedFd>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let mut into = [IoSliceMut::new(&mut byte)];
    loop {
        match recvmsg(stream, &mut into, &mut ancillary, RecvFlags::CMSG_CLOEXEC) {
            Ok(_) => break,
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(io::ErrorKind::TimedOut.into()),
            Err(error) => return Err(error.into()),
        }
    }
    let mut descriptors = Vec::new();
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(handed) = message {
            descriptors.extend(handed);
        }
    }
    Ok(descriptors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::IoSlice;
    use std::net::Ipv4Addr;
    use std::os::fd::{AsFd, BorrowedFd};

    use rustix::io::{FdFlags, fcntl_getfd};
    use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

    /// What is taken from a door behind which these are handed out.
    fn handed(descriptors: &[BorrowedFd<'_>]) -> io::Result<Handed> {
        let dir = tempfile::tempdir().unwrap();
        let door = dir.path().join("door.sock");
        let listener = UnixListener::bind(&door).unwrap();
        std::thread::scope(|scope| {
            let knocked = scope.spawn(|| knock(&door));
            let (stream, _) = listener.accept().unwrap();
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
            let mut ancillary = SendAncillaryBuffer::new(&mut space);
            if !descriptors.is_empty() {
                assert!(ancillary.push(SendAncillaryMessage::ScmRights(descriptors)));
            }
            let byte = [IoSlice::new(b"s")];
            sendmsg(&stream, &byte, &mut ancillary, SendFlags::empty()).unwrap();
            knocked.join().unwrap()
        })
    }

    #[test]
    fn sockets_are_handed_out_and_no_program_inherits_them() {
        let dir = tempfile::tempdir().unwrap();
        let viewers = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let status = UnixListener::bind(dir.path().join("status.sock")).unwrap();
        let line = std::fs::File::open("/dev/null").unwrap();
        let all = [viewers.as_fd(), status.as_fd(), line.as_fd()];
        let both = handed(&all[..2]).unwrap();
        assert!(both.lifeline.is_none());
        assert_eq!(
            both.viewers.local_addr().unwrap(),
            viewers.local_addr().unwrap()
        );
        let three = handed(&all).unwrap();
        let lifeline = three.lifeline.unwrap();
        for descriptor in [
            three.viewers.as_fd(),
            three.status.as_fd(),
            lifeline.as_fd(),
        ] {
            assert_eq!(fcntl_getfd(descriptor).unwrap(), FdFlags::CLOEXEC);
        }
    }

    #[test]
    fn what_is_no_socket_of_the_right_kind_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let viewers = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let status = UnixListener::bind(dir.path().join("status.sock")).unwrap();
        let other = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        assert!(handed(&[]).is_err());
        assert!(handed(&[viewers.as_fd()]).is_err());
        assert!(handed(&[other.as_fd(), status.as_fd()]).is_err());
        assert!(handed(&[viewers.as_fd(), other.as_fd()]).is_err());
        assert!(knock(&dir.path().join("no-door")).is_err());
    }
}
