//! Sockets that whoever started us bound.
//!
//! A session may have a network of its own that nobody can reach from outside. Its server then gets a
//! socket of the other side; a descriptor keeps the network that it was made in. The same goes for
//! files: who looks after the session from outside asks on a socket that stands in none of them. Where
//! nothing can be inherited, as in a container, sockets are handed out at a [`door`].

mod door;
mod raw;

use std::io;
use std::net::UdpSocket;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;

use hackstream_secrecy::hide;
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::net::{AddressFamily, SocketType, sockopt};

use super::AppError;
use crate::config::checked::Config;

/// What whoever started us handed down.
#[derive(Default)]
pub(super) struct Inherited {
    /// Where viewers come, instead of an address.
    pub(super) viewers: Option<UdpSocket>,
    /// Where the session's status is asked for, besides our own socket.
    pub(super) status: Option<UnixListener>,
    /// Kept until the end of the process, for whoever watches its other end.
    pub(super) _lifeline: Option<OwnedFd>,
}

/// Takes over what was handed down. To be called before anything here opens a descriptor, which might
/// get one of the numbers.
///
/// # Errors
/// [`AppError::Inherited`].
pub(super) fn take(config: &Config) -> Result<Inherited, AppError> {
    let failed = |option, number| {
        move |source| AppError::Inherited {
            option,
            number,
            source,
        }
    };
    let mut inherited = Inherited::default();
    // Programs of the session may be our own user: they could take the socket out of this process, with it
    // the network that it is of, and answer in our place.
    if let Some(number) = config.listen_fd {
        hide().map_err(failed("--listen-fd", number))?;
        let viewers = take_over(number).and_then(udp);
        inherited.viewers = Some(viewers.map_err(failed("--listen-fd", number))?);
    }
    if let Some(number) = config
        .status_fd
        .filter(|_| config.status_fd != config.listen_fd)
    {
        let status = take_over(number).and_then(listener);
        inherited.status = Some(status.map_err(failed("--status-fd", number))?);
    }
    if let Some(path) = &config.sockets_from {
        let handed = hide().and_then(|()| door::knock(path));
        let handed = handed.map_err(|source| AppError::Door {
            path: path.clone(),
            source,
        })?;
        inherited = Inherited {
            viewers: Some(handed.viewers),
            status: Some(handed.status),
            _lifeline: handed.lifeline,
        };
    }
    Ok(inherited)
}

/// The descriptor under this number, which no program that we start will have.
fn take_over(number: u16) -> io::Result<OwnedFd> {
    let descriptor = raw::take(number)?;
    fcntl_setfd(&descriptor, FdFlags::CLOEXEC)?;
    Ok(descriptor)
}

/// The Unix socket that this is, on which somebody listens.
fn listener(descriptor: OwnedFd) -> io::Result<UnixListener> {
    let is_unix = sockopt::socket_domain(&descriptor)? == AddressFamily::UNIX;
    if !is_unix || !sockopt::socket_acceptconn(&descriptor)? {
        return Err(io::Error::other("it is no Unix socket that listens"));
    }
    let listener = UnixListener::from(descriptor);
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// The bound UDP socket that this is. No program that we start has it: what runs in the session must not
/// be able to answer in our place.
///
/// # Errors
/// The system's, or that it is something else.
fn udp(descriptor: OwnedFd) -> io::Result<UdpSocket> {
    if sockopt::socket_type(&descriptor)? != SocketType::DGRAM {
        return Err(io::Error::other("it is no UDP socket"));
    }
    let socket = UdpSocket::from(descriptor);
    if socket.local_addr()?.port() == 0 {
        return Err(io::Error::other("it is not bound to a port"));
    }
    Ok(socket)
}
