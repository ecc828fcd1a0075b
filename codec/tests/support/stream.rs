//! A moving picture on its way through encoder and decoder.

use hackstream_codec::h264::{
    Content, EntropyCoding, H264Decoder, H264Encoder, H264FrameKind, H264Settings, I420, from_i420,
    to_i420,
};
use hackstream_protocol::geometry::{Rect, Size};

use super::{Motion, picture, psnr};

/// One end of a stream and the other, with a picture that moves.
pub(crate) struct Stream {
    encoder: H264Encoder,
    pub(crate) decoder: H264Decoder,
    source: I420,
    size: Size,
    /// Number of the next picture of the scene.
    pub(crate) index: u32,
}

impl Stream {
    pub(crate) fn new(size: Size, settings: H264Settings) -> Self {
        Self {
            encoder: H264Encoder::with_settings(size, settings).unwrap(),
            decoder: H264Decoder::new().unwrap(),
            source: I420::new(size).unwrap(),
            size,
            index: 0,
        }
    }

    /// Encodes the next picture.
    pub(crate) fn encode(&mut self, qp: u8, wanted: H264FrameKind) -> (H264FrameKind, Vec<u8>) {
        let mut unit = Vec::new();
        let whole = Rect::of_size(self.size);
        let pixels = self.pixels();
        let stride = self.size.width as usize;
        to_i420(&pixels, stride, whole, &mut self.source).unwrap();
        self.index += 1;
        let kind = self.encoder.encode(&self.source, qp, wanted, &mut unit);
        (kind.unwrap(), unit)
    }

    /// Encodes and decodes the next picture; returns its kind, bytes and PSNR.
    pub(crate) fn pass(&mut self, qp: u8, wanted: H264FrameKind) -> (H264FrameKind, usize, f64) {
        let pixels = self.pixels();
        let (kind, unit) = self.encode(qp, wanted);
        let view = self.decoder.decode(&unit).unwrap();
        let view = view.expect("a picture with its own access unit");
        let mut shown = vec![0; pixels.len()];
        let whole = Rect::of_size(self.size);
        from_i420(&view, &mut shown, self.size.width as usize, whole, whole).unwrap();
        (kind, unit.len(), psnr(&pixels, &shown))
    }

    fn pixels(&self) -> Vec<u32> {
        picture(self.size, Motion::Pan, self.index)
    }
}

/// Every combination of settings.
pub(crate) fn all_settings() -> Vec<H264Settings> {
    let mut all = Vec::new();
    for content in [Content::Camera, Content::Screen] {
        for entropy in [EntropyCoding::Cavlc, EntropyCoding::Cabac] {
            for slices in [1, 2] {
                all.push(H264Settings {
                    content,
                    entropy,
                    slices,
                });
            }
        }
    }
    all
}
