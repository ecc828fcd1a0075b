//! How HackStream turns pixels into bytes and back.
//!
//! A frame's payload is an [`envelope`] around a body; the body is a list of [`section`]s, each of
//! which paints, copies or fills rectangles. [`mod@write`] makes sections, [`decode`] applies them to
//! a [`canvas`]. What to send, and in which class, is decided elsewhere (`hackstream-encoder`).
//!
//! Pixels are `0x00RRGGBB` throughout; the top byte is always zero, so that pictures can be
//! compared as they are.
#![deny(unsafe_code)]

pub mod bits;
pub mod canvas;
pub mod decode;
pub mod envelope;
pub mod error;
#[cfg(any(feature = "h264-decode", feature = "h264-encode"))]
pub mod h264;
mod paint;
pub mod palette;
pub mod predict;
pub mod section;
pub mod symbols;
pub mod tile_cache;
mod video;
mod work;
pub mod write;

pub use canvas::Canvas;
pub use decode::{Decoder, DecoderLimits};
pub use error::CodecError;
