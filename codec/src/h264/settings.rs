//! The few choices that OpenH264 leaves to its user and that depend on the machine or the link.
//!
//! The figures are from `examples/h264_figures.rs` on one host; run it to see them on another.

use hackstream_protocol::units::Bitrate;

/// What the pictures show, as far as OpenH264's motion search cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Films, games, animations.
    Camera,
    /// Text and windows: searches for scrolled areas and makes a keyframe at scene changes.
    Screen,
}

/// How coefficients and vectors become bits.
///
/// On a desktop core, with a decoder like ours, arithmetic coding saves 17 % (grain) to 31 %
/// (a pan) of the bytes and takes about 35 ns of encoding and 85 ns of decoding for each byte
/// that is left: a small part of the time at 2 KB a picture, more than doubling it at 200 KB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntropyCoding {
    /// Variable-length codes; Constrained Baseline profile.
    Cavlc,
    /// Adaptive binary arithmetic coding; High profile.
    Cabac,
}

impl EntropyCoding {
    /// Link rate at which the bytes saved by arithmetic coding take as long to send as to code,
    /// from the figures above; a slower viewer makes it lower.
    pub const BREAK_EVEN: Bitrate = Bitrate::mbps(20);

    /// The coding with the shorter way from picture to picture on a link of this rate.
    #[must_use]
    pub fn for_link(rate: Bitrate) -> Self {
        if rate < Self::BREAK_EVEN {
            Self::Cabac
        } else {
            Self::Cavlc
        }
    }
}

/// How an encoder works. The default is for a link that is thin enough to need H.264.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct H264Settings {
    /// What the pictures show.
    pub content: Content,
    /// How they become bits.
    pub entropy: EntropyCoding,
    /// Slices of a picture, 1 to 4, each coded by a thread of its own.
    ///
    /// Two make a picture about 30 % faster while a second core is idle, and not at all when
    /// none is; they cost 2 % of the bytes at QP 22 and 15 % at QP 30.
    pub slices: u8,
}

impl Default for H264Settings {
    fn default() -> Self {
        Self {
            content: Content::Camera,
            entropy: EntropyCoding::Cabac,
            slices: 1,
        }
    }
}
