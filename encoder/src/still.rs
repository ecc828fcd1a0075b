//! Large pictures: after the text, and on thin links blurred at first.
//!
//! What has the colours of a picture and does not fit the link at once is put off until everything
//! else of its update is sent; then it goes in pieces that do fit, so that an answer to a key never
//! waits long behind one. A photograph without loss takes seconds on a few Mbit/s: there it is
//! coded as keyframes of H.264, strip by strip from the top, and the refresh stage makes it exact
//! with what the link has left.

use core::time::Duration;

use hackstream_codec::Canvas;
use hackstream_codec::h264::{
    EntropyCoding, H264Encoder, H264Error, H264FrameKind, H264Settings, I420, is_codable, to_i420,
};
use hackstream_codec::write;
use hackstream_protocol::geometry::{Offset, Rect, Size};
use hackstream_protocol::region::Region;
use hackstream_protocol::units::{Bitrate, ByteCount};
use hackstream_protocol::wire::control::Quality;

use crate::copies::carry;
use crate::encoder::Link;
use crate::video::quality::{Coded, Taste, encode_to_fit, quantiser_for};

/// Time that a picture without loss may take on the link before it is blurred instead.
const PATIENCE: Duration = Duration::from_millis(100);

/// The same for those who prefer speed.
const LITTLE_PATIENCE: Duration = Duration::from_millis(25);

/// On faster links nothing is blurred: pictures large enough to matter do not fit the screen.
const THIN: Bitrate = Bitrate::mbps(50);

/// Bytes that a pixel of a photograph takes without loss, about.
const LOSSLESS_BYTES_PER_PIXEL: u64 = 2;

/// Pixels of pictures that are sent at once on any link: icons.
const ICON: u64 = 32 * 32;

/// Pixels of the smallest piece of a picture that is worth a frame.
const SMALLEST_PIECE: u64 = 2 * ICON;

/// Time that one strip may take on the link.
const STRIP_TIME: Duration = Duration::from_millis(60);

/// Height of a strip in pixels.
const STRIP_HEIGHT: i32 = 128;

/// Pictures this close to each other are coded as one, with what is between them.
const REACH: i32 = 16;

/// Share of the rectangle around them that pictures must fill to be coded as one, in percent.
const FILLED_PERCENT: u64 = 70;

/// Bits per pixel that a keyframe takes at the reference quantiser, to start from.
const BITS_PER_PIXEL: f32 = 0.8;

/// Pictures that were put off.
pub(crate) struct Stills {
    /// Whether the viewer decodes H.264, so that they may be blurred.
    h264: bool,
    /// What was put off and not sent since, blurred or exact.
    waiting: Region,
    /// The row below the last strip: the next one is taken from there on, so that what changes
    /// again and again is shown to its bottom.
    next_row: i32,
    /// Kept for the next strip of the same size.
    coder: Option<StillCoder>,
    /// Bits per pixel at the reference quantiser, as seen lately.
    bits_per_pixel: f32,
}

struct StillCoder {
    encoder: H264Encoder,
    picture: I420,
    strip: Size,
}

/// Pixels of pictures that fit the link now, without loss.
pub(crate) fn piece_pixels(link: Link) -> u64 {
    (link.budget / LOSSLESS_BYTES_PER_PIXEL).max(SMALLEST_PIECE)
}

impl Stills {
    /// Nothing waits. With `h264` pictures may be blurred.
    pub(crate) const fn new(h264: bool) -> Self {
        Self {
            h264,
            waiting: Region::new(),
            next_row: 0,
            coder: None,
            bits_per_pixel: BITS_PER_PIXEL,
        }
    }

    /// Pixels of pictures that may be sent at once.
    pub(crate) fn sent_at_once(&self, wish: Quality, link: Link) -> u64 {
        if self.may_blur(wish, link.rate) {
            ICON
        } else {
            piece_pixels(link)
        }
    }

    fn may_blur(&self, wish: Quality, rate: Bitrate) -> bool {
        self.h264 && wish != Quality::High && rate < THIN
    }

    /// Puts off a rectangle.
    pub(crate) fn put_off(&mut self, rect: Rect) {
        self.waiting.add_rect(rect);
    }

    /// Notes that the viewer's pixels in `region` are exact now.
    pub(crate) fn exact(&mut self, region: &Region) {
        if !self.waiting.is_empty() {
            self.waiting.subtract(region);
        }
    }

    /// Notes that pixels were copied to `targets` from where they are `offset` before: what waits
    /// moves with them.
    pub(crate) fn copied(&mut self, targets: &Region, offset: Offset) {
        carry(&mut self.waiting, targets, offset);
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// All that waits, if it is better sent without loss.
    pub(crate) fn take_exact(&mut self, wish: Quality, rate: Bitrate) -> Option<Region> {
        let bytes = ByteCount(self.waiting.area() * LOSSLESS_BYTES_PER_PIXEL);
        let patience = match wish {
            Quality::Low => LITTLE_PATIENCE,
            Quality::Auto | Quality::High => PATIENCE,
        };
        let exact = !self.may_blur(wish, rate) || bytes.time_at(rate) <= patience;
        exact.then(|| core::mem::take(&mut self.waiting))
    }

    /// Takes the next strip to be coded; `None` if what waits is too small for it.
    pub(crate) fn next_strip(&mut self) -> Option<Rect> {
        while let Some(picture) = self.next_picture() {
            let mut strip = picture;
            strip.bottom = strip.bottom.min(strip.top + STRIP_HEIGHT);
            // The rest would be too low to be coded.
            if picture.bottom - strip.bottom < STRIP_HEIGHT / 4 {
                strip.bottom = picture.bottom;
            }
            self.waiting.subtract(&strip.into());
            self.next_row = strip.bottom;
            if is_codable(strip.size()) {
                return Some(strip);
            }
        }
        self.coder = None;
        None
    }

    /// The largest picture below the last strip, or of all if there is none.
    fn next_picture(&self) -> Option<Rect> {
        let bounds = self.waiting.bounds();
        let rest = Rect::from_edges(bounds.left, self.next_row, bounds.right, bounds.bottom);
        let below = self.waiting.clipped(&rest);
        let waiting = if below.is_empty() {
            &self.waiting
        } else {
            &below
        };
        let largest = waiting.rects().iter().max_by_key(|rect| rect.area())?;
        Some(picture_around(waiting, *largest))
    }

    /// Appends a section with a strip of `shadow`, as a keyframe of which parts are painted.
    pub(crate) fn write_strip(
        &mut self,
        shadow: &Canvas,
        (strip, shown): (Rect, &Region),
        taste: Taste,
        rate: Bitrate,
        body: &mut Vec<u8>,
    ) -> Result<(), H264Error> {
        let mut coder = match self.coder.take() {
            Some(coder) if coder.strip == strip.size() => coder,
            _ => StillCoder::new(strip.size(), rate)?,
        };
        let stride = shadow.size().width as usize;
        to_i420(shadow.pixels(), stride, strip, &mut coder.picture)?;
        let ByteCount(room) = rate.bytes_in(STRIP_TIME);
        let pixels = strip.area() as f32;
        let at_reference = pixels * self.bits_per_pixel / 8.0;
        let wanted = Coded {
            quantiser: quantiser_for(taste, at_reference, room as f32),
            kind: H264FrameKind::Key,
        };
        let mut access_unit = Vec::new();
        let (encoder, picture) = (&mut coder.encoder, &coder.picture);
        let bounds = (taste, room as f32);
        let Coded { quantiser, .. } =
            encode_to_fit(encoder, picture, wanted, bounds, &mut access_unit)?;
        let bits = access_unit.len() as f32 * 8.0 * quantiser.halvings.exp2() / pixels;
        self.bits_per_pixel = (self.bits_per_pixel + bits.clamp(0.05, 8.0)) / 2.0;
        self.coder = Some(coder);
        write::video(body, &strip, shown.rects(), &access_unit);
        Ok(())
    }
}

impl StillCoder {
    fn new(strip: Size, rate: Bitrate) -> Result<Self, H264Error> {
        let settings = H264Settings {
            entropy: EntropyCoding::for_link(rate),
            ..H264Settings::default()
        };
        Ok(Self {
            encoder: H264Encoder::with_settings(strip, settings)?,
            picture: I420::new(strip)?,
            strip,
        })
    }
}

/// The rectangle around `part` and all that is close to it, if that is mostly picture; else `part`.
fn picture_around(waiting: &Region, part: Rect) -> Rect {
    let mut picture = part;
    loop {
        let near = Rect::from_edges(
            picture.left - REACH,
            picture.top - REACH,
            picture.right + REACH,
            picture.bottom + REACH,
        );
        let close = waiting.rects().iter().filter(|rect| rect.intersects(&near));
        let grown = close.fold(picture, |all, rect| all.bounding(rect));
        if grown == picture {
            break;
        }
        picture = grown;
    }
    let filled = waiting.clipped(&picture).area();
    if filled * 100 >= picture.area() * FILLED_PERCENT {
        picture
    } else {
        part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_a_photograph_are_one_picture_cut_into_strips() {
        let mut stills = Stills::new(true);
        stills.put_off(Rect::new(100, 100, 300, 150));
        stills.put_off(Rect::new(128, 250, 272, 150));
        stills.put_off(Rect::new(900, 800, 10, 10));
        assert_eq!(stills.next_strip(), Some(Rect::new(100, 100, 300, 128)));
        assert_eq!(stills.next_strip(), Some(Rect::new(100, 228, 300, 128)));
        assert_eq!(stills.next_strip(), Some(Rect::new(128, 356, 272, 44)));
        assert_eq!(stills.next_strip(), None);
        assert!(stills.is_empty());
    }

    #[test]
    fn what_waits_moves_with_a_copy() {
        let mut stills = Stills::new(true);
        stills.put_off(Rect::new(0, 100, 200, 100));
        stills.copied(&Rect::new(0, 0, 300, 150).into(), Offset::new(0, -50));
        assert_eq!(stills.waiting, Rect::new(0, 50, 200, 150).into());
        stills.exact(&Rect::new(0, 0, 300, 200).into());
        assert!(stills.is_empty());
    }

    #[test]
    fn what_changes_before_it_is_shown_whole_is_shown_to_its_bottom() {
        let mut stills = Stills::new(true);
        let film = Rect::new(0, 0, 640, 384);
        let mut tops = Vec::new();
        for _ in 0..6 {
            stills.put_off(film);
            tops.extend(stills.next_strip().map(|strip| strip.top));
        }
        assert_eq!(tops, [0, 128, 256, 0, 128, 256]);
    }

    #[test]
    fn what_lies_far_apart_is_coded_apart() {
        let mut stills = Stills::new(true);
        stills.put_off(Rect::new(0, 0, 200, 100));
        stills.put_off(Rect::new(600, 0, 100, 100));
        assert_eq!(stills.next_strip(), Some(Rect::new(0, 0, 200, 100)));
        assert_eq!(stills.next_strip(), Some(Rect::new(600, 0, 100, 100)));
    }

    #[test]
    fn small_pictures_and_those_on_fast_links_come_without_loss() {
        let mut stills = Stills::new(true);
        stills.put_off(Rect::new(0, 0, 100, 100));
        assert_eq!(stills.take_exact(Quality::Auto, Bitrate::mbps(1)), None);
        let all = stills.take_exact(Quality::Auto, Bitrate::mbps(2));
        assert_eq!(all, Some(Rect::new(0, 0, 100, 100).into()));
        assert!(stills.is_empty());
        stills.put_off(Rect::new(0, 0, 1000, 1000));
        let all = stills.take_exact(Quality::High, Bitrate::kbps(500));
        assert_eq!(all, Some(Rect::new(0, 0, 1000, 1000).into()));
    }
}
