//! What this machine's own network is doing: addresses and routes that come and go.
//!
//! The kernel tells of changes (rtnetlink(7)); nothing is asked for while there are none.

mod raw;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType};
use tokio::io::unix::AsyncFd;

use super::reached;

/// Changes come in bursts: an interface, its addresses, its routes. One is told for all that come
/// within this time from the first.
const BURST: Duration = Duration::from_millis(50);

/// `RTMGRP_LINK`, `RTMGRP_IPV4_IFADDR`, `RTMGRP_IPV4_ROUTE`, `RTMGRP_IPV6_IFADDR` and
/// `RTMGRP_IPV6_ROUTE` of linux/rtnetlink.h.
const GROUPS: u32 = 0x1 | 0x10 | 0x40 | 0x100 | 0x400;

/// Tells of changes of this machine's network.
pub(super) struct LocalNetwork {
    /// Nothing where the system does not tell.
    socket: Option<AsyncFd<OwnedFd>>,
    /// When to tell of the changes that were heard of.
    tell_at: Option<Instant>,
}

impl LocalNetwork {
    /// Begins to listen. Must be called inside a tokio runtime.
    pub(super) fn listen() -> Self {
        let socket = subscribe().ok().and_then(|fd| raw::readable(fd).ok());
        Self {
            socket,
            tell_at: None,
        }
    }

    /// Waits for the next change; for ever where the system tells of none. May be cancelled.
    pub(super) async fn changed(&mut self) {
        loop {
            tokio::select! {
                () = heard(&mut self.socket) => {
                    self.tell_at.get_or_insert_with(|| Instant::now() + BURST);
                }
                () = reached(self.tell_at) => {
                    self.tell_at = None;
                    return;
                }
            }
        }
    }
}

fn subscribe() -> Result<OwnedFd, Errno> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    // No protocol is number 0, `NETLINK_ROUTE`.
    let socket = rustix::net::socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
    rustix::net::bind(&socket, &SocketAddrNetlink::new(0, GROUPS))?;
    Ok(socket)
}

/// Waits for messages and drops them: what counts is the state that they lead to. Forgets a socket
/// that fails.
async fn heard(socket: &mut Option<AsyncFd<OwnedFd>>) {
    let Some(open) = socket else {
        return std::future::pending().await;
    };
    let outcome = open.readable().await.map(|mut ready| {
        let outcome = drain(open.get_ref());
        ready.clear_ready();
        outcome
    });
    if !matches!(outcome, Ok(Ok(()))) {
        *socket = None;
    }
}

fn drain(socket: &OwnedFd) -> Result<(), Errno> {
    let mut message = [0_u8; 512];
    loop {
        // Longer messages are cut off, and nobody misses the rest.
        match rustix::net::recv(socket, &mut message[..], RecvFlags::empty()) {
            // "No buffers" tells that messages were lost; some of them arrived all the same.
            Ok(_) | Err(Errno::INTR | Errno::NOBUFS) => {}
            Err(Errno::AGAIN) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// The address from which this machine would send to `server` now; `None` if it has no way there.
/// Asks the system's routes and sends nothing.
pub(super) fn way_to(server: SocketAddr) -> Option<IpAddr> {
    let any = match server {
        SocketAddr::V4(_) => IpAddr::from(Ipv4Addr::UNSPECIFIED),
        SocketAddr::V6(_) => IpAddr::from(Ipv6Addr::UNSPECIFIED),
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect(server).ok()?;
    Some(socket.local_addr().ok()?.ip().to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_this_machine_begins_at_it() {
        let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 9));
        assert_eq!(way_to(local), Some(local.ip()));
        let broadcast = SocketAddr::from((Ipv4Addr::BROADCAST, 9));
        assert_eq!(way_to(broadcast), None, "the system forbids that way");
    }

    #[tokio::test]
    async fn a_quiet_network_is_quiet() {
        let mut network = LocalNetwork::listen();
        assert!(network.socket.is_some(), "the system tells of changes");
        network.socket = None;
        network.tell_at = Some(Instant::now());
        network.changed().await;
        assert!(network.tell_at.is_none());
    }
}
