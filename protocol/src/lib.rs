//! What travels between a HackStream server and its viewers, and the rules both ends follow.
//!
//! Everything here is pure: bytes and timestamps go in, bytes and events come out. There are no
//! sockets, clocks, threads or randomness, so every behaviour can be tested with a virtual clock.
//!
//! * [`amount`]: amounts as people write them.
//! * [`geometry`] and [`region`]: pixels of which space, and sets of them.
//! * [`wire`]: the messages, byte by byte; `docs/protocol.md` is their specification.
//! * [`session`]: the order in which pictures may be applied, seen from either end.
//! * [`clipboard`]: what of a clipboard may pass.
//! * [`files`]: under which name a file may be stored, and whether it is what was announced.
//! * [`rate`]: how much may be in flight.
//! * [`repeat`]: what is sent twice where packets get lost.
//! * [`source`]: the seam between whatever owns the pixels and whatever encodes them.
//! * [`limits`]: every bound that a peer's bytes are checked against.
#![forbid(unsafe_code)]

pub mod amount;
pub mod clipboard;
pub mod files;
pub mod geometry;
pub mod ids;
pub mod limits;
pub mod rate;
pub mod region;
pub mod repeat;
pub mod session;
pub mod source;
pub mod units;
pub mod wire;

/// The ALPN protocol name. An incompatible change of the wire format gets a new number.
pub const ALPN: &[u8] = b"hackstream/1";

/// Revision of the messages within [`ALPN`]; sent in the greeting so that both ends can say which
/// side is too old.
pub const PROTOCOL_VERSION: u16 = 1;

/// UDP port a server listens on when none is given.
pub const DEFAULT_PORT: u16 = 14500;
