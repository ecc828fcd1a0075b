//! The REST API.
//!
//! [`routing`] puts the routes together and lets nobody through whom the table in
//! [`crate::access::routes`] does not name; handlers take a request apart, have the deed done and
//! answer.

mod answer;
mod ask;
mod guard;
pub mod handlers;
pub mod listen;
pub mod openapi;
mod paging;
pub mod routing;
pub mod tls;

pub use guard::Peer;
