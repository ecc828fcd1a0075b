//! The connect ticket: how a control plane lets one viewer into one session, once.
//!
//! The **hub** knows who may use which session; the **session** (`hackstream-server`) knows nobody. So
//! the hub signs a [`Ticket`], good for [15 to 60 seconds](Lifetime), which names the session and the
//! key of its certificate, the viewer's own key, and what the viewer may do. The viewer shows it
//! together with a [`Proof`] that it holds that key on this very connection. The session
//! [checks](Gate::admit) all of it with nothing but the hub's public key, and burns the ticket before
//! it answers: the hub may be down meanwhile, and whoever copies a ticket has nothing.
//!
//! A ticket admits; it does not keep anybody in. Once a viewer is there, what lets it come back after
//! an interruption is a secret of the session's own, again together with a proof.
//!
//! Beside tickets, the keys of a control plane sign what hub and nodes tell each other: a [`Seal`] is the
//! hub's, a proof of a [`NodeKey`] a node's.
//!
//! Everything here is a function of its arguments: the time, random bytes and the exported secret of
//! the TLS connection are given by the caller. What the parts are called follows RFC 7519 (`jti`,
//! `iat`, `exp`) and RFC 7800 (the proof of possession); the binding to the connection is the exporter
//! of TLS 1.3 (RFC 8446, section 7.5).
#![forbid(unsafe_code)]

mod burned;
mod error;
mod gate;
mod keys;
mod names;
mod node_key;
mod policy;
mod proof;
mod seal;
mod ticket;
mod time;

pub use burned::Burned;
pub use error::{Failure, TicketError};
pub use gate::{Gate, Place};
pub use hackstream_protocol::wire::control::Quality;
pub use keys::{ClientKey, ClientPublicKey, HubKey, HubKeys, KeyError, KeyHash, KeyId, Signer};
pub use names::{NameError, NodeId, SessionId};
pub use node_key::{NodeKey, NodePublicKey};
pub use policy::{Feature, Features, Policy, Seat};
pub use proof::{EXPORTER_BYTES, EXPORTER_LABEL, Proof, exporter_context};
pub use seal::{Seal, SealError};
pub use ticket::{MAX_TICKET_CHARS, Ticket, TicketId};
pub use time::{Lifetime, UnixSeconds};
