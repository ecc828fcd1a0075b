//! H.264 for the parts of the screen that are video.
//!
//! A thin layer over OpenH264. It makes streams for one purpose: a reliable, ordered link with
//! the lowest delay. One keyframe at the start and when asked for, every other picture refers to
//! the one before it; no rate control inside, no dropped pictures, no keyframe at scene changes.
//! The caller chooses the quality of each picture by its QP and sees from the bytes appended how
//! large it became.
//!
//! Colours are BT.709, limited range (luma 16-235), 4:2:0 with each chroma sample centred on its
//! four pixels, and the stream says so, except for the chroma position, which OpenH264 cannot
//! signal. Limited range is what decoders assume that do not read the description, hardware ones
//! among them; full range would win back less than half a step of eight bits.
//!
//! * [`H264Encoder`]: I420 pictures to access units (Annex B).
//! * [`H264Decoder`]: access units of an untrusted peer to I420 pictures.
//! * With the feature `h264-device`, a `PictureDevice` may decode in place of OpenH264.
//! * [`to_i420`], [`from_i420`]: `0x00RRGGBB` pixels to I420 pictures and back.

#[cfg(feature = "h264-device")]
mod assisted;
#[cfg(feature = "h264-decode")]
mod bits;
mod convert;
#[cfg(feature = "h264-decode")]
mod decoder;
#[cfg(feature = "h264-device")]
mod device;
#[cfg(feature = "h264-encode")]
mod encoder;
mod error;
#[cfg(feature = "h264-decode")]
mod gate;
mod picture;
#[allow(unsafe_code)] // the fence around the C++ library
mod raw;
#[cfg(feature = "h264-encode")]
mod settings;
#[cfg(feature = "h264-decode")]
mod sps;

#[cfg(feature = "h264-device")]
pub(crate) use assisted::AssistedDecoder;
#[cfg(feature = "h264-decode")]
pub use convert::from_i420;
#[cfg(feature = "h264-encode")]
pub use convert::to_i420;
#[cfg(feature = "h264-decode")]
pub use decoder::H264Decoder;
#[cfg(feature = "h264-device")]
pub use device::{DeviceFailure, PictureDevice, Setback};
#[cfg(feature = "h264-encode")]
pub use encoder::{H264Encoder, H264FrameKind, MAX_QP};
pub use error::H264Error;
pub use picture::{I420, I420View};
#[cfg(feature = "h264-encode")]
pub use settings::{Content, EntropyCoding, H264Settings};

use hackstream_protocol::geometry::Size;

/// Shortest edge of a picture, in pixels: one macroblock.
pub const MIN_EDGE: u32 = 16;

/// Longest edge of a picture, in pixels.
pub const MAX_EDGE: u32 = 3840;

/// Largest picture in pixels: a 4K screen, either way up.
pub const MAX_PIXELS: u64 = 3840 * 2160;

/// `size` with odd edges made even, as 4:2:0 pictures need it.
#[must_use]
pub const fn even_size(size: Size) -> Size {
    Size::new(size.width + size.width % 2, size.height + size.height % 2)
}

/// Whether pictures of `size` can be coded.
#[must_use]
pub const fn is_codable(size: Size) -> bool {
    size.width >= MIN_EDGE
        && size.height >= MIN_EDGE
        && size.width <= MAX_EDGE
        && size.height <= MAX_EDGE
        && size.area() <= MAX_PIXELS
}
