//! How pixels become bytes and back.

#[cfg(any(feature = "h264-decode", feature = "h264-encode"))]
pub mod h264;
