//! How HackStream turns pixels into bytes and back.
//!
//! A frame's payload is an [`envelope`] around a body; the body is a list of sections, each of
//! which paints, copies or fills rectangles. [`mod@write`] makes sections, a [`Decoder`] applies them
//! to a [`Canvas`]. What to send, and in which class, is decided elsewhere (`hackstream-encoder`).
//!
//! Pixels are `0x00RRGGBB` throughout; the top byte is always zero, so that pictures can be
//! compared as they are.
#![deny(unsafe_code)]

pub mod bits;
mod canvas;
mod decode;
pub mod envelope;
mod error;
pub mod gauge;
#[cfg(any(feature = "h264-decode", feature = "h264-encode"))]
pub mod h264;
mod paint;
pub mod palette;
pub mod predict;
mod section;
pub mod symbols;
pub mod tile_cache;
mod video;
mod work;
pub mod write;

pub use canvas::{Canvas, PixelMemory};
pub use decode::{Decoder, DecoderLimits};
pub use error::CodecError;
