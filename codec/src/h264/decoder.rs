//! Access units to pictures.

use hackstream_protocol::geometry::Size;

use super::gate::{self, Contents};
use super::raw::RawDecoder;
use super::{H264Error, I420View, is_codable};

/// A decoder for the stream of one peer, which is not trusted.
///
/// Can be sent to another thread; not shared. After an error it takes up the stream again at the
/// next keyframe, which the caller has to ask for.
pub struct H264Decoder {
    state: State,
    /// No picture may have more columns or rows than this.
    max_size: Size,
}

enum State {
    /// Nothing to refer to: only a keyframe can be decoded.
    NeedsKeyframe,
    /// The pictures so far are intact and have this size.
    Running { raw: RawDecoder, size: Size },
}

impl H264Decoder {
    /// A decoder for pictures of any size that can be coded.
    ///
    /// # Errors
    /// None at present; memory is taken with the first keyframe.
    pub fn new() -> Result<Self, H264Error> {
        Self::with_max_size(Size::new(super::MAX_EDGE, super::MAX_EDGE))
    }

    /// A decoder that turns pictures with more columns or rows than `max_size` away before it
    /// takes memory for them.
    ///
    /// # Errors
    /// [`H264Error::UnsupportedSize`] if no picture could be that small.
    pub fn with_max_size(max_size: Size) -> Result<Self, H264Error> {
        if max_size.width < super::MIN_EDGE || max_size.height < super::MIN_EDGE {
            return Err(H264Error::UnsupportedSize { size: max_size });
        }
        Ok(Self {
            state: State::NeedsKeyframe,
            max_size: super::even_size(max_size),
        })
    }

    /// Whether the next access unit has to be a keyframe.
    #[must_use]
    pub const fn needs_keyframe(&self) -> bool {
        matches!(self.state, State::NeedsKeyframe)
    }

    /// Decodes one access unit (Annex B) and returns its picture, on loan until the next call.
    ///
    /// Our streams never hold pictures back, so `None` never follows a valid access unit; it is
    /// left to the caller to take it for "nothing to draw".
    ///
    /// # Errors
    /// [`H264Error::KeyframeNeeded`], [`H264Error::Invalid`], [`H264Error::UnsupportedSize`],
    /// [`H264Error::Decode`]: the next access unit has to be a keyframe.
    pub fn decode(&mut self, access_unit: &[u8]) -> Result<Option<I420View<'_>>, H264Error> {
        // Whatever fails below leaves the decoder waiting for a keyframe.
        let state = core::mem::replace(&mut self.state, State::NeedsKeyframe);
        let (mut raw, size) = match (gate::inspect(access_unit)?, state) {
            (Contents::Key(size), state) => (self.for_keyframe(size, state)?, size),
            (Contents::Delta, State::Running { raw, size }) => (raw, size),
            (Contents::Delta, State::NeedsKeyframe) => return Err(H264Error::KeyframeNeeded),
        };
        let picture_size = raw.decode(access_unit)?;
        if picture_size.is_some_and(|got| got != size) {
            return Err(H264Error::Invalid {
                what: "picture size",
            });
        }
        self.state = State::Running { raw, size };
        match &self.state {
            State::Running { raw, .. } if picture_size.is_some() => raw.picture().map(Some),
            _ => Ok(None),
        }
    }

    /// The decoder to go on with: a new one for a new size, so that the old one's memory is gone
    /// before the new one takes its own.
    fn for_keyframe(&self, size: Size, state: State) -> Result<RawDecoder, H264Error> {
        let too_large = size.width > self.max_size.width || size.height > self.max_size.height;
        if too_large || !is_codable(size) {
            return Err(H264Error::UnsupportedSize { size });
        }
        match state {
            State::Running { raw, size: old } if old == size => Ok(raw),
            old => {
                drop(old);
                RawDecoder::new()
            }
        }
    }
}
