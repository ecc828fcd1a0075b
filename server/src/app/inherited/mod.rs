//! A socket that whoever started us bound.
//!
//! A session may have a network of its own that nobody can reach from outside. Its server then gets a
//! socket of the other side; a descriptor keeps the network that it was made in.

mod raw;

use std::io;
use std::net::UdpSocket;

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::net::{SocketType, sockopt};

/// The UDP socket that was inherited under this number. From now on no program that we start has it:
/// what runs in the session must not be able to answer in our place.
///
/// # Errors
/// The system's, if there is nothing under the number, or something else.
pub(super) fn udp(number: u16) -> io::Result<UdpSocket> {
    let descriptor = raw::take(number)?;
    fcntl_setfd(&descriptor, FdFlags::CLOEXEC)?;
    if sockopt::socket_type(&descriptor)? != SocketType::DGRAM {
        return Err(io::Error::other("it is no UDP socket"));
    }
    let socket = UdpSocket::from(descriptor);
    if socket.local_addr()?.port() == 0 {
        return Err(io::Error::other("it is not bound to a port"));
    }
    Ok(socket)
}
