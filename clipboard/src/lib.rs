//! What is copied on one side can be pasted on the other.
//!
//! A [`Hub`] connects the places where somebody copies and pastes, its members:
//!
//! * [`DisplayClipboard`]: the selections of an X display,
//! * [`Exchange`]: the peer at the other end of a connection,
//! * [`MemoryClipboard`]: a program, for viewers without a display.
//!
//! A member that holds something new tells only that, and as what it can be pasted. Contents are
//! fetched when somebody pastes, through a [`pipe`] that holds a few pieces of them.
//!
//! Server and viewer use the same code: each has a hub with its display and its connections.
#![forbid(unsafe_code)]

mod exchange;
mod hub;
mod memory;
pub mod pipe;
mod x11;

pub use exchange::{Directions, Exchange, Side};
pub use hub::{Demand, Holding, Hub, Member, MemberId};
pub use memory::MemoryClipboard;
pub use x11::{DisplayClipboard, DisplayError};
