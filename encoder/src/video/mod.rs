//! The part of the screen that is sent as H.264.
//!
//! [`activity`] and [`place`] decide whether there is such a part, [`reach`] when it is smaller than
//! it was taken for, [`quality`] how coarse its frames are, for the [`pace`] at which they are drawn;
//! this file keeps the stream running. Everything outside the video stays lossless, and what the
//! video blurred is repaired by the refresh stage once it stands still.

pub(crate) mod activity;
mod pace;
mod place;
pub(crate) mod quality;
mod reach;

use core::time::Duration;

use hackstream_codec::Canvas;
use hackstream_codec::h264::{
    EntropyCoding, H264Encoder, H264Error, H264FrameKind, H264Settings, I420, is_codable, to_i420,
};
use hackstream_codec::write;
use hackstream_protocol::geometry::{Rect, Size};
use hackstream_protocol::region::Region;
use hackstream_protocol::units::{Bitrate, Timestamp};

use crate::encoder::Link;
use activity::Activity;
use pace::Pace;
use quality::{Coded, QualityControl, Taste, encode_to_fit};
use reach::Reach;

/// A program that paints a video frame in several strokes is given this long after each to make
/// the next; one that paints it at once is not waited for.
const STROKE_GAP: Duration = Duration::from_millis(2);

/// Rectangles that one picture paints, at most.
pub(crate) const MOST_PARTS: usize = 128;

/// Edge of the blocks that H.264 codes at a time: a change of a pixel changes others in its block.
const MACROBLOCK: i32 = 16;

/// A video's area with what it covered before, in percent of what it covers now, at most.
const MOST_GROWTH_PERCENT: u64 = 150;

/// Longest wait for the strokes of one video frame.
const LONGEST_WAIT: Duration = Duration::from_millis(12);

/// How long a picture waits for room, at most: a link that stays so full needs coarser pictures, not
/// fewer. Three at the usual rate, as in Salsify.
const LONGEST_PUT_OFF: Duration = Duration::from_millis(100);

/// How soon to look whether there is room; news of the link do not say how much.
const LOOK_AGAIN: Duration = Duration::from_millis(4);

/// The video on one viewer's screen.
pub(crate) struct Video {
    pub(crate) activity: Activity,
    stream: Option<Stream>,
    strokes: Option<Strokes>,
    /// Strokes per video frame, lately.
    strokes_per_frame: f32,
    pace: Pace,
    /// Until then the next picture waits for room.
    put_off: Timestamp,
}

struct Stream {
    area: Rect,
    reach: Reach,
    encoder: H264Encoder,
    picture: I420,
    quality: QualityControl,
    /// What the next frame is to be.
    next: H264FrameKind,
}

/// Damage to the video since its last frame.
#[derive(Clone, Copy)]
struct Strokes {
    first: Timestamp,
    last: Timestamp,
    count: u32,
    /// Whether the shadow differs from the last frame sent.
    changed: bool,
}

impl Strokes {
    const fn begin(now: Timestamp, count: u32) -> Self {
        Self {
            first: now,
            last: now,
            count,
            changed: false,
        }
    }
}

impl Video {
    pub(crate) fn new(size: Size) -> Self {
        Self {
            activity: Activity::new(size),
            stream: None,
            strokes: None,
            strokes_per_frame: 1.0,
            pace: Pace::default(),
            put_off: Timestamp(0),
        }
    }

    /// Where the video is, if one runs.
    pub(crate) fn area(&self) -> Option<Rect> {
        self.stream.as_ref().map(|stream| stream.area)
    }

    /// Notes damage as it is reported.
    pub(crate) fn damaged(&mut self, region: &Region, now: Timestamp) {
        let Some(area) = self.area() else { return };
        if region.intersects_rect(&area) {
            let strokes = self.strokes.get_or_insert_with(|| Strokes::begin(now, 0));
            strokes.last = now;
            strokes.count += 1;
            self.pace.drawn(now);
        }
    }

    /// Notes that the shadow changed within the video.
    pub(crate) fn changed(&mut self, now: Timestamp) {
        let strokes = self.strokes.get_or_insert_with(|| Strokes::begin(now, 1));
        strokes.changed = true;
    }

    /// Starts, moves or ends the stream as the activity demands.
    pub(crate) fn follow_activity(
        &mut self,
        rate: Bitrate,
        now: Timestamp,
    ) -> Result<(), H264Error> {
        let running = self.area();
        let Some(wanted) = self.activity.video(running, now) else {
            self.stream = None;
            self.strokes = None;
            return Ok(());
        };
        let Some((area, reach)) = self.next_area(wanted, now) else {
            return Ok(());
        };
        let settings = H264Settings {
            entropy: EntropyCoding::for_link(rate),
            ..H264Settings::default()
        };
        self.stream = Some(Stream {
            area,
            reach,
            encoder: H264Encoder::with_settings(area.size(), settings)?,
            picture: I420::new(area.size())?,
            quality: QualityControl::new(area.area()),
            next: H264FrameKind::Key,
        });
        self.strokes = None;
        Ok(())
    }

    /// Where a stream should begin for a video that is at `wanted`; `None` if the one that runs, or
    /// none, goes on.
    fn next_area(&mut self, wanted: Rect, now: Timestamp) -> Option<(Rect, Reach)> {
        let next = match &mut self.stream {
            None => (wanted, Reach::new(now)),
            Some(stream) if stream.area.contains(&wanted) => {
                let reached = stream.reach.seen(&wanted, &stream.area, now)?;
                (reached, stream.reach)
            }
            Some(stream) => (extended(stream.area, wanted), stream.reach.grown(now)),
        };
        is_codable(next.0.size()).then_some(next)
    }

    /// Notes that another picture went into the stream: the next frame of the video starts anew.
    pub(crate) const fn interrupted(&mut self) {
        if let Some(stream) = &mut self.stream {
            stream.next = H264FrameKind::Key;
        }
    }

    /// When the next video frame should be made; `None` if nothing waits.
    pub(crate) fn due_at(&self) -> Option<Timestamp> {
        let strokes = self.strokes.filter(|strokes| strokes.changed)?;
        let is_one_stroke = self.strokes_per_frame < 1.5 && strokes.count <= 1;
        let drawn_at = if is_one_stroke {
            strokes.first
        } else {
            let calm = strokes.last.after(STROKE_GAP);
            calm.min(strokes.first.after(LONGEST_WAIT))
        };
        Some(drawn_at.max(self.put_off))
    }

    /// When it is looked again whether there is room for the picture that was put off; `None` if none
    /// was.
    pub(crate) fn put_off_until(&self) -> Option<Timestamp> {
        let strokes = self.strokes.filter(|strokes| strokes.changed)?;
        self.due_at().filter(|_| self.put_off > strokes.first)
    }

    /// Puts the next picture off if the link has no room for it now, so that it shows what is newest
    /// when it leaves. True if it has to wait.
    pub(crate) fn puts_off(&mut self, link: Link, taste: Taste, now: Timestamp) -> bool {
        let (Some(stream), Some(strokes)) = (&self.stream, &self.strokes) else {
            return false;
        };
        let drawn = self.pace.interval();
        let waits = now.since(strokes.first) < LONGEST_PUT_OFF
            && stream.quality.is_too_early(stream.next, taste, link, drawn);
        if waits {
            self.put_off = now.after(LOOK_AGAIN);
        }
        waits
    }

    /// Appends a section with the video as `shadow` shows it. Only what the viewer has with loss,
    /// `lossy`, is painted: what is exact beside it stays so. Returns what is painted.
    pub(crate) fn write_frame(
        &mut self,
        (shadow, lossy): (&Canvas, &Region),
        link: Link,
        taste: Taste,
        now: Timestamp,
        body: &mut Vec<u8>,
    ) -> Result<Region, H264Error> {
        let (Some(stream), Some(strokes)) = (&mut self.stream, self.strokes.take()) else {
            return Ok(Region::new());
        };
        let shown = blocks_of(&lossy.clipped(&stream.area), &stream.area);
        if shown.is_empty() {
            return Ok(shown);
        }
        self.strokes_per_frame += 0.2 * (strokes.count as f32 - self.strokes_per_frame);
        let stride = shadow.size().width as usize;
        to_i420(shadow.pixels(), stride, stream.area, &mut stream.picture)?;
        let kind = stream.next;
        let drawn = self.pace.interval();
        let wanted = Coded {
            quantiser: stream.quality.next(kind, taste, link.rate, (now, drawn)),
            kind,
        };
        let key_room = stream.quality.room(H264FrameKind::Key, link.rate, drawn);
        let mut access_unit = Vec::new();
        let (encoder, picture) = (&mut stream.encoder, &stream.picture);
        let bounds = (taste, key_room);
        let coded = encode_to_fit(encoder, picture, wanted, bounds, &mut access_unit)?;
        stream.quality.sent(access_unit.len(), coded);
        stream.next = H264FrameKind::Delta;
        write::video(body, &stream.area, shown.rects(), &access_unit);
        Ok(shown)
    }
}

/// Where a video goes on that now is at `wanted`: things that wander about in a film take it to
/// its edges one after another, and each time the stream starts anew.
fn extended(running: Rect, wanted: Rect) -> Rect {
    let both = running.bounding(&wanted);
    let grows_little = both.area() * 100 <= wanted.area() * MOST_GROWTH_PERCENT;
    if grows_little && is_codable(both.size()) {
        both
    } else {
        wanted
    }
}

/// The macroblocks of a picture that lies in `area` that hold any of `pixels`, which lie within.
fn blocks_of(pixels: &Region, area: &Rect) -> Region {
    let down = |edge: i32, start: i32| start + (edge - start) / MACROBLOCK * MACROBLOCK;
    let up = |edge: i32, start: i32| down(edge + MACROBLOCK - 1, start);
    let blocks = pixels.rects().iter().map(|rect| {
        let blocks = Rect::from_edges(
            down(rect.left, area.left),
            down(rect.top, area.top),
            up(rect.right, area.left),
            up(rect.bottom, area.top),
        );
        blocks.intersection(area)
    });
    blocks.collect::<Region>().simplified(MOST_PARTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_macroblocks_of_the_picture_are_shown() {
        let area = Rect::new(3, 5, 50, 40);
        let pixels: Region = [Rect::new(18, 5, 2, 1), Rect::new(52, 44, 1, 1)]
            .into_iter()
            .collect();
        let expected: Region = [Rect::new(3, 5, 32, 16), Rect::new(51, 37, 2, 8)]
            .into_iter()
            .collect();
        assert_eq!(blocks_of(&pixels, &area), expected);
        assert_eq!(blocks_of(&expected, &area), expected);
    }
}
