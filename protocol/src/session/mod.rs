//! The order in which frames may be applied, seen from either end.
//!
//! Frames travel on streams of their own and may overtake each other. Three rules keep the
//! viewer's picture right:
//!
//! 1. A frame that reads pixels (a copy within the screen, or one that refers to what a decoder
//!    remembers) names the frame after which it may be applied ([`FrameHeader::after`]).
//! 2. A frame that overwrites pixels which an earlier frame still has to read does the same.
//! 3. Frames that only write overlapping pixels may be applied in any order: the viewer never lets
//!    an earlier frame overwrite what a later one has painted.
//!
//! [`ledger`] finds the dependencies on the server, [`sequencer`] obeys them in the viewer.
//! [`input_order`] does the like for input, which has one order only.
//!
//! [`FrameHeader::after`]: crate::wire::frame::FrameHeader::after

pub mod input_order;
pub mod kept_cursors;
pub mod ledger;
pub mod sequencer;
