//! The UDP socket under a connection.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use socket2::{Domain, Protocol, Socket, Type};

/// Socket buffers asked for: a burst at LAN speed while the process does not get the processor.
/// The system may grant less.
const BUFFER_BYTES: usize = 2 << 20;

/// A socket bound to `addr`.
pub(crate) fn bind(addr: SocketAddr) -> io::Result<UdpSocket> {
    let kind = Domain::for_address(addr);
    let socket = Socket::new(kind, Type::DGRAM, Some(Protocol::UDP))?;
    if addr.is_ipv6() {
        // Where the system cannot do this, IPv6 alone is still better than nothing.
        let _ = socket.set_only_v6(false);
    }
    let _ = socket.set_recv_buffer_size(BUFFER_BYTES);
    let _ = socket.set_send_buffer_size(BUFFER_BYTES);
    socket.bind(&addr.into())?;
    Ok(socket.into())
}

/// A socket on any port, for both versions of IP if the system has both.
pub(crate) fn bind_any() -> io::Result<UdpSocket> {
    let v6 = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0));
    let v4 = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    bind(v6).or_else(|_| bind(v4))
}
