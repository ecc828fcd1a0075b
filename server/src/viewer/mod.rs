//! One viewer from its first packet to its last.
//!
//! [`attend`] is its visit, `serving` what goes on during it: [`admission`] decides whether it may come in, [`seats`] what it may do to
//! the session, [`quality`] what it gets, [`input`] plays its keys and pointer as `input_source`
//! puts them in order, `cursor` tells it of the session's pointer, [`front`] of the window in front,
//! [`bell`] of the bell, [`coming_end`] of the session's end where that is foreseen; `files` are what it gives and gets, `speech` is what its person says, `desktop` what its own desktop shows and opens;
//! `datagrams` sorts what comes in those. [`pump`] sends it frames from a thread
//! of its own, woken by its [`inbox`], as far as the path has room; `repeater` sends small ones twice
//! where packets get lost.
//! [`registry`] knows who is there, [`sizing`] how large the screen is to be; [`tickets`] lets those
//! come back whose connection was lost, by the [`pass`] that each connection holds. `door` is what a
//! viewer comes in by, [`rights`] what it may have of what the session has.

pub mod admission;
pub mod attend;
pub mod bell;
pub mod coming_end;
mod cursor;
mod datagrams;
mod desktop;
mod door;
mod files;
pub mod front;
pub mod inbox;
pub mod input;
mod input_source;
pub mod pass;
pub mod pump;
pub mod quality;
pub mod registry;
mod reluctance;
mod repeater;
pub mod rights;
mod room;
pub mod seats;
mod serving;
pub mod sizing;
mod speech;
pub mod tickets;
mod words;
