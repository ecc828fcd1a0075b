//! As much of D-Bus as showing notifications takes: calls of methods on the session bus, and signals.
//!
//! The server, which *is* a service on a bus, uses zbus. In the viewer that would be an eighth of the
//! program, which a small device loads from its card. Written from the [D-Bus specification]; the
//! tests talk to zbus. Not here: passing file descriptors, services, buses that are not local or not
//! little-endian.
//!
//! [D-Bus specification]: https://dbus.freedesktop.org/doc/dbus-specification.html

mod address;
mod connection;
mod login;
mod marshal;
mod message;

pub(super) use connection::Connection;
pub(super) use marshal::{Reader, Writer};
pub(super) use message::{Call, Signal};

/// Why the bus, or somebody on it, did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum BusError {
    #[error("neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR tells where the session bus is")]
    NoAddress,
    #[error("the session bus ({address}): {reason}")]
    Unreachable {
        address: String,
        reason: std::io::Error,
    },
    #[error("the session bus does not let this user in: {0}")]
    Refused(String),
    #[error("the session bus is gone: {0}")]
    Gone(#[from] std::io::Error),
    #[error("no answer from the session bus")]
    Silent,
    #[error("the session bus sent a message that makes no sense")]
    Malformed,
    #[error("{name}: {text}")]
    Answer { name: String, text: String },
}
