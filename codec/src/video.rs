//! Showing the pictures of the H.264 stream.

use hackstream_protocol::geometry::Rect;
use hackstream_protocol::region::Region;

use crate::CodecError;
use crate::canvas::Canvas;

/// Decodes the H.264 stream, once there is one.
#[derive(Default)]
pub(crate) struct VideoPainter {
    #[cfg(feature = "h264-decode")]
    decoder: Option<crate::h264::H264Decoder>,
}

impl VideoPainter {
    #[cfg(feature = "h264-decode")]
    pub(crate) fn paint(
        &mut self,
        access_unit: &[u8],
        area: Rect,
        canvas: &mut Canvas,
        keep: &Region,
    ) -> Result<(), CodecError> {
        use crate::h264::{H264Decoder, H264Error, even_size, from_i420};
        let decoder = match &mut self.decoder {
            Some(decoder) => decoder,
            none => none.insert(H264Decoder::new()?),
        };
        let Some(picture) = decoder.decode(access_unit)? else {
            return Ok(());
        };
        if picture.size() != even_size(area.size()) {
            return Err(H264Error::SizeMismatch {
                expected: even_size(area.size()),
                got: picture.size(),
            }
            .into());
        }
        let stride = canvas.size().width as usize;
        for part in Region::from(area).difference(keep).rects() {
            from_i420(&picture, canvas.pixels_mut(), stride, area, *part)?;
        }
        Ok(())
    }

    #[cfg(not(feature = "h264-decode"))]
    pub(crate) fn paint(
        &mut self,
        _: &[u8],
        _: Rect,
        _: &mut Canvas,
        _: &Region,
    ) -> Result<(), CodecError> {
        Err(CodecError::NotOffered("H.264"))
    }
}
