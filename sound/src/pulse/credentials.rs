//! Who we are, for a sound server that admits its own user.
//!
//! The kernel tells that by itself of what is sent before the server has taken the connection, and once
//! it has asked to be told. In between it does not, and the server refused us now and then.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::unix::net::UnixStream;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, UCred, sendmsg};
use rustix::process::{getgid, getpid, getuid};

/// Sends `bytes`, and with the first of them who we are; how many were sent.
///
/// # Errors
/// Those of the socket.
pub(super) fn send(stream: &UnixStream, bytes: &[u8]) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmCredentials(1))];
    let mut beside = SendAncillaryBuffer::new(&mut space);
    beside.push(SendAncillaryMessage::ScmCredentials(UCred {
        pid: getpid(),
        uid: getuid(),
        gid: getgid(),
    }));
    let pieces = [IoSlice::new(bytes)];
    Ok(sendmsg(stream, &pieces, &mut beside, SendFlags::NOSIGNAL)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::IoSliceMut;

    use rustix::net::{
        RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg, sockopt::set_socket_passcred,
    };

    #[test]
    fn who_asks_late_is_told_who_sent() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        assert_eq!(send(&ours, b"hello").unwrap(), 5);
        set_socket_passcred(&theirs, true).unwrap();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmCredentials(1))];
        let mut beside = RecvAncillaryBuffer::new(&mut space);
        let mut bytes = [0; 8];
        let mut pieces = [IoSliceMut::new(&mut bytes)];
        recvmsg(&theirs, &mut pieces, &mut beside, RecvFlags::empty()).unwrap();
        let told = beside.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmCredentials(who) => Some((who.pid, who.uid, who.gid)),
            _ => None,
        });
        assert_eq!(told, Some((getpid(), getuid(), getgid())));
    }
}
