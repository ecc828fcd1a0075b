//! The REST API.
//!
//! [`routing`] puts the routes together and lets nobody through whom the table in
//! [`crate::access::routes`] does not name; handlers take a request apart, have the deed done and
//! answer.

mod answer;
mod ask;
mod crowd;
mod guard;
pub mod handlers;
mod idle;
pub mod listen;
pub mod openapi;
mod paging;
pub mod routing;
pub mod tls;
mod waiting;

pub use crowd::Crowds;
pub use guard::Peer;
