//! One QUIC connection, seen as messages, records, frames and facts about the path.
//!
//! A server makes an [`Identity`] and a [`Listener`]; a viewer makes a [`Connector`]. Both get a
//! [`Connection`], on which
//!
//! * one [control stream](Connection::open_control) carries messages both ways,
//! * the viewer's input and feedback are [records](RecordWriter) on streams of their own,
//! * each picture is a [frame](Connection::send_frame) on a stream of its own, so that a lost
//!   packet of one does not hold up another,
//! * [datagrams](Connection::send_datagram) carry sound, which is of no use when it is late, and
//!   what is sent twice because packets get lost,
//! * clipboards and files have [streams](Exchanges) that give way to all others.
//!
//! Nothing is accepted from a peer without a limit, and no certificate authority is asked: the
//! viewer compares [`Connection::peer_fingerprint`] with the one it expects before it says
//! anything.
//!
//! The rate is governed by [`hackstream_protocol::rate`]; what it knows is in [`PathReport`].
#![forbid(unsafe_code)]

mod allotment;
mod attention;
mod background;
mod capped;
mod config;
mod congestion;
mod connection;
mod connector;
mod control;
mod datagrams;
mod error;
mod exchange;
mod fingerprint;
mod frames;
mod hearing;
mod identity;
mod key_file;
mod lane;
mod listener;
mod newcomers;
mod parities;
mod path;
mod records;
mod socket;
mod tls;
mod turns;
mod viewer_crypto;
#[cfg(test)]
mod virtual_link;

pub use connection::{Connection, IncomingStream};
pub use connector::Connector;
pub use control::{ControlMessage, ControlReader, ControlWriter};
pub use error::{CloseReason, TransportError};
pub use exchange::{Exchange, Exchanges, IncomingExchange};
pub use fingerprint::{Fingerprint, FingerprintError};
pub use frames::FrameReader;
pub use identity::Identity;
pub use listener::{Incoming, Listener};
pub use newcomers::Newcomer;
pub use path::{PathReport, PathWake};
pub use records::{RecordReader, RecordWriter};
