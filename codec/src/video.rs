//! Showing the pictures of the H.264 stream.

use hackstream_protocol::geometry::Rect;

use crate::CodecError;
use crate::canvas::PixelMemory;
#[cfg(feature = "h264-device")]
use crate::h264::AssistedDecoder as VideoDecoder;
#[cfg(all(feature = "h264-decode", not(feature = "h264-device")))]
use crate::h264::H264Decoder as VideoDecoder;
use crate::paint::Target;

/// Decodes the H.264 stream, once there is one.
#[derive(Default)]
pub(crate) struct VideoPainter {
    #[cfg(feature = "h264-decode")]
    decoder: Option<VideoDecoder>,
}

impl VideoPainter {
    /// Has `device` decode from the next keyframe on.
    #[cfg(feature = "h264-device")]
    pub(crate) fn assist(
        &mut self,
        device: Box<dyn crate::h264::PictureDevice>,
    ) -> Result<(), crate::h264::H264Error> {
        self.decoder.insert(VideoDecoder::new()?).assist(device);
        Ok(())
    }

    /// What became of the device, once.
    #[cfg(feature = "h264-device")]
    pub(crate) fn take_setback(&mut self) -> Option<crate::h264::Setback> {
        self.decoder.as_mut()?.take_setback()
    }

    /// Decodes the next access unit and shows parts of its picture, which must have the size of
    /// `area`; they lie within it.
    #[cfg(feature = "h264-decode")]
    pub(crate) fn paint<M: PixelMemory>(
        &mut self,
        access_unit: &[u8],
        area: Rect,
        shown: &[Rect],
        target: &mut Target<'_, M>,
    ) -> Result<(), CodecError> {
        use crate::h264::{H264Error, even_size, from_i420};
        use hackstream_protocol::region::Region;

        let decoder = match &mut self.decoder {
            Some(decoder) => decoder,
            none => none.insert(VideoDecoder::new()?),
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
        let Target { canvas, keep } = target;
        let stride = canvas.size().width as usize;
        let shown: Region = shown.iter().copied().collect();
        for part in shown.difference(keep).rects() {
            from_i420(&picture, canvas.pixels_mut(), stride, area, *part)?;
        }
        Ok(())
    }

    #[cfg(not(feature = "h264-decode"))]
    pub(crate) fn paint<M: PixelMemory>(
        &mut self,
        _: &[u8],
        _: Rect,
        _: &[Rect],
        _: &mut Target<'_, M>,
    ) -> Result<(), CodecError> {
        Err(CodecError::NotOffered("H.264"))
    }
}
