//! Sound between a session and its viewers.
//!
//! * [`opus`]: samples become packets and packets samples.
//! * [`timeline`] and [`gate`]: when a sample was recorded, and whether it is worth sending.
//! * [`packets`]: all three together, from recorded pieces to what is sent.
//! * [`jitter`]: packets that arrive unevenly are played evenly. Pure: time is an argument.
//! * [`resample`]: playing a little faster or slower.
//! * [`level`], the volume.
//! * [`player`]: from the jitter buffer to a device.
//! * [`output`] and [`input`]: what the person hears with and speaks into; [`pulse`] and [`alsa`]: how.
//!
//! libopus and libasound are loaded when the first sound comes, and not linked: a viewer of a silent
//! session carries neither in its memory, one on a machine without them still starts, and building
//! for another machine needs no library of it. Linked, as cpal does it, libasound alone costs a
//! silent viewer 650 KiB. PulseAudio, and PipeWire in its place, is spoken to in its own protocol,
//! for which no library is needed.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod alsa;
mod error;
pub mod gate;
pub mod input;
pub mod jitter;
pub mod level;
mod library;
pub mod opus;
pub mod output;
pub mod packets;
pub mod player;
pub mod pulse;
pub mod resample;
pub mod timeline;

pub use error::SoundError;

use hackstream_protocol::wire::sound::{CHANNELS, PacketDuration};

/// What is recorded, sent and played at once.
pub const PIECE: PacketDuration = PacketDuration::Ms10;

/// Values in a piece: all channels.
pub const PIECE_VALUES: usize = PIECE.samples() * CHANNELS;
