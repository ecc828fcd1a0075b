//! The hub's audit log as those see it who do not have to trust its database.
//!
//! Each row has the hash of the row before ([`chain`]): what was changed, left out or moved inside
//! the log shows by itself. A log that was cut at its end, or made anew as a whole, does not; for that
//! the hub signs how the log was at times ([`checkpoint`]), with a key that is not in the database, and
//! gives that to witnesses: nodes and people's programs. Each remembers the last one, and finds a log
//! that contradicts it ([`witness`]). An [`auditor`] goes through all rows with what witnesses know.
//!
//! Everything here is a function of its arguments: no clock, no files, no network.
#![forbid(unsafe_code)]

pub mod auditor;
pub mod chain;
pub mod checkpoint;
mod hex;
pub mod witness;

pub use auditor::{Auditor, Finding};
pub use checkpoint::{NotSigned, Point, PublicKey, Signer};
pub use hex::{hex, unhex};
pub use witness::{Contradiction, Judged, Memory, judge, remember};
