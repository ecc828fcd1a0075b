//! How coarse the next video frame must be to fit the link.

use core::time::Duration;

use hackstream_codec::h264::{H264Encoder, H264Error, H264FrameKind, I420, MAX_QP};
use hackstream_protocol::limits::MAX_BODY_BYTES;
use hackstream_protocol::units::{Bitrate, ByteCount, Timestamp};
use hackstream_protocol::wire::control::Quality;

use crate::encoder::Link;

/// A viewer that seems no slower than this, compared with the server, is as good as any.
const NOT_SLOW: f32 = 6.0;

/// Quantisers by which the finest becomes coarser for each further doubling of the viewer's
/// slowness, and in all: each saves a viewer that decodes slowly some of its time.
const STEPS_PER_SLOWNESS: f32 = 2.0;
const MOST_STEPS_FOR_SLOWNESS: f32 = 7.0;

/// What a viewer wants and bears.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Taste {
    pub(crate) wish: Quality,
    /// How many times slower than this machine the viewer decodes.
    pub(crate) slowness: f32,
}

impl Taste {
    /// Finest and coarsest quantiser. Below the finest H.264 spends bytes on what nobody sees in
    /// motion; beyond the coarsest fewer frames are the better choice.
    fn quantisers(self) -> [f32; 2] {
        match self.wish {
            Quality::Low => [32.0, 46.0],
            Quality::Auto => {
                let steps = STEPS_PER_SLOWNESS * (self.slowness / NOT_SLOW).max(1.0).log2();
                [17.0 + steps.min(MOST_STEPS_FOR_SLOWNESS), 44.0]
            }
            Quality::High => [14.0, 36.0],
        }
    }
}

/// Steps of the quantiser that halve the bytes.
const STEPS_PER_HALVING: f32 = 6.0;

/// Share of the link that video may take; text must still get through at once.
const SHARE: f32 = 0.7;

/// Bits per pixel that an inter frame takes at [`REFERENCE_QP`], to start from.
const REFERENCE_BITS_PER_PIXEL: f32 = 0.1;
const REFERENCE_QP: f32 = 30.0;

/// Time between frames, to start from, and within what bounds one is believed: a pause of the video
/// says nothing about its rate.
const FIRST_INTERVAL: Duration = Duration::from_millis(33);
const SHORTEST_INTERVAL: Duration = Duration::from_millis(8);
const LONGEST_INTERVAL: Duration = Duration::from_millis(200);

/// Time between frames that is smooth enough where the link is the limit.
const SMOOTH: Duration = Duration::from_millis(33);

/// Bytes that any picture is given.
const LEAST_ROOM: f32 = 200.0;

/// Bytes that a picture is made for on any link, at most.
const MOST_ROOM: f32 = MOST_BYTES as f32 / 2.0;

/// Bytes that a picture may take: a frame has no room for more, and for what is sent with it.
const MOST_BYTES: usize = MAX_BODY_BYTES / 4 * 3;

/// Part of a frame that must be able to leave at once for the frame to be made.
const LEAST_PART: f32 = 0.5;

/// How many times an inter frame's share a keyframe may take.
const KEYFRAME_FACTOR: f32 = 4.0;

/// Bytes that a frame at [`REFERENCE_QP`] is taken to need at least: a still picture shows nothing
/// of what the next change will take.
const LEAST_REFERENCE_BYTES: f32 = 100.0;

/// How coarse a picture becomes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Quantiser {
    /// The quantization parameter, 0 to 51.
    pub(crate) qp: u8,
    /// How often it halves the bytes that the picture takes at the reference quantiser; less than
    /// zero if it takes more.
    pub(crate) halvings: f32,
}

/// The quantiser with which a picture that takes `at_reference` bytes at the reference quantiser
/// takes about `room` bytes, within what `taste` allows.
pub(crate) fn quantiser_for(taste: Taste, at_reference: f32, room: f32) -> Quantiser {
    let halvings = (at_reference / room.clamp(LEAST_ROOM, MOST_ROOM)).log2();
    let [finest, coarsest] = taste.quantisers();
    let qp = (REFERENCE_QP + STEPS_PER_HALVING * halvings)
        .clamp(finest, coarsest)
        .round();
    Quantiser::at(qp)
}

impl Quantiser {
    fn at(qp: f32) -> Self {
        Self {
            qp: qp as u8,
            halvings: (qp - REFERENCE_QP) / STEPS_PER_HALVING,
        }
    }
}

/// How a picture was coded in the end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Coded {
    pub(crate) quantiser: Quantiser,
    pub(crate) kind: H264FrameKind,
}

/// Appends the access unit of `picture`; it becomes coarser than `wanted` if a frame has no room
/// for it otherwise.
pub(crate) fn encode_within_frame(
    encoder: &mut H264Encoder,
    picture: &I420,
    wanted: Coded,
    out: &mut Vec<u8>,
) -> Result<Coded, H264Error> {
    let before = out.len();
    let mut coded = wanted;
    loop {
        let kind = encoder.encode(picture, coded.quantiser.qp, coded.kind, out)?;
        if out.len() - before <= MOST_BYTES || coded.quantiser.qp >= MAX_QP {
            return Ok(Coded { kind, ..coded });
        }
        out.truncate(before);
        let coarser = f32::from(coded.quantiser.qp) + STEPS_PER_HALVING;
        coded = Coded {
            quantiser: Quantiser::at(coarser.min(f32::from(MAX_QP))),
            // Because the viewer does not get the picture before.
            kind: H264FrameKind::Key,
        };
    }
}

/// Chooses quantisers from the sizes of the frames before.
#[derive(Clone, Debug)]
pub(crate) struct QualityControl {
    /// Bytes that a frame at [`REFERENCE_QP`] takes, as seen lately.
    reference_bytes: f32,
    /// Time between frames, lately.
    interval: Duration,
    /// When the last frame was made.
    last: Option<Timestamp>,
}

impl QualityControl {
    /// For a video of `pixels` pixels.
    #[must_use]
    pub(crate) fn new(pixels: u64) -> Self {
        Self {
            reference_bytes: pixels as f32 * REFERENCE_BITS_PER_PIXEL / 8.0,
            interval: FIRST_INTERVAL,
            last: None,
        }
    }

    /// The quantiser for a frame of a kind, made at `now` for a link of `rate`. The program draws a
    /// frame each `drawn`: on a link with no room for all of them they become coarser before they
    /// become fewer, down to [`SMOOTH`].
    pub(crate) fn next(
        &mut self,
        kind: H264FrameKind,
        taste: Taste,
        rate: Bitrate,
        (now, drawn): (Timestamp, Duration),
    ) -> Quantiser {
        if let Some(last) = self.last {
            let since = now.since(last).clamp(SHORTEST_INTERVAL, LONGEST_INTERVAL);
            self.interval = (self.interval * 7 + since) / 8;
        }
        self.last = Some(now);
        quantiser_for(taste, self.reference_bytes, self.room(kind, rate, drawn))
    }

    /// Whether `budget`, what may be sent now, is too little for a frame that were made now: most of
    /// it would wait to leave, and the frame after it would show something newer sooner.
    pub(crate) fn is_too_early(
        &self,
        kind: H264FrameKind,
        taste: Taste,
        link: Link,
        drawn: Duration,
    ) -> bool {
        let room = self.room(kind, link.rate, drawn);
        let quantiser = quantiser_for(taste, self.reference_bytes, room);
        let expected = self.reference_bytes * (-quantiser.halvings).exp2();
        (link.budget as f32) < expected * LEAST_PART
    }

    /// Bytes that a frame may take.
    fn room(&self, kind: H264FrameKind, rate: Bitrate, drawn: Duration) -> f32 {
        let interval = self.interval.min(drawn.max(SMOOTH));
        let ByteCount(bytes) = rate.bytes_in(interval);
        let room = bytes as f32 * SHARE;
        match kind {
            H264FrameKind::Key => room * KEYFRAME_FACTOR,
            H264FrameKind::Delta => room,
        }
    }

    /// Records the size of a frame.
    pub(crate) fn sent(&mut self, bytes: usize, coded: Coded) {
        if coded.kind == H264FrameKind::Key {
            return;
        }
        let at_reference = bytes as f32 * coded.quantiser.halvings.exp2();
        // Growth is believed at once, decline slowly: a frame too large delays all that follow.
        let gain = if at_reference > self.reference_bytes {
            0.5
        } else {
            0.1
        };
        self.reference_bytes += gain * (at_reference - self.reference_bytes);
        self.reference_bytes = self.reference_bytes.max(LEAST_REFERENCE_BYTES);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn taste(wish: Quality) -> Taste {
        Taste {
            wish,
            slowness: 1.0,
        }
    }

    /// Runs two seconds of 30 frames a second whose size halves every six steps.
    fn settle(taste: Taste, rate: Bitrate, bytes_at_reference: f32) -> (u8, f32) {
        settle_every(33_333, taste, rate, bytes_at_reference)
    }

    /// The same with a frame each `interval` microseconds, though 30 a second are drawn.
    fn settle_every(
        interval: u64,
        taste: Taste,
        rate: Bitrate,
        bytes_at_reference: f32,
    ) -> (u8, f32) {
        let drawn = Duration::from_millis(33);
        let mut control = QualityControl::new(1280 * 720);
        let (mut qp, mut bytes) = (0, 0.0);
        for frame in 0..60u64 {
            let kind = if frame == 0 {
                H264FrameKind::Key
            } else {
                H264FrameKind::Delta
            };
            let quantiser = control.next(kind, taste, rate, (Timestamp(frame * interval), drawn));
            qp = quantiser.qp;
            bytes = bytes_at_reference * ((30.0 - f32::from(qp)) / 6.0).exp2();
            control.sent(bytes as usize, Coded { quantiser, kind });
        }
        (qp, bytes)
    }

    #[test]
    fn frames_fit_a_thin_link() {
        let (_, bytes) = settle(taste(Quality::Auto), Bitrate::mbps(3), 20_000.0);
        let share = 3e6 / 8.0 / 30.0 * SHARE;
        assert!(
            bytes < share * 1.2 && bytes > share * 0.7,
            "{bytes} of {share}"
        );
    }

    #[test]
    fn frames_that_are_late_become_coarser_and_not_finer() {
        let (in_time, _) = settle(taste(Quality::Auto), Bitrate::mbps(3), 20_000.0);
        let late = settle_every(90_000, taste(Quality::Auto), Bitrate::mbps(3), 20_000.0);
        assert_eq!(late.0, in_time);
    }

    #[test]
    fn a_frame_waits_while_most_of_it_could_not_leave() {
        let control = QualityControl::new(1280 * 720);
        let is_too_early = |budget| {
            let rate = Bitrate::mbps(3);
            let drawn = Duration::from_millis(33);
            let taste = taste(Quality::Auto);
            control.is_too_early(H264FrameKind::Delta, taste, Link { budget, rate }, drawn)
        };
        // 3 Mbit/s have room for 8.7 KB in each frame.
        assert!(is_too_early(1200) && is_too_early(4000));
        assert!(!is_too_early(5000) && !is_too_early(64_000));
    }

    #[test]
    fn a_fast_link_gets_the_finest_quality_and_no_finer() {
        for wish in [Quality::Low, Quality::Auto, Quality::High] {
            let [finest, _] = taste(wish).quantisers();
            let (qp, _) = settle(taste(wish), Bitrate::mbps(900), 20_000.0);
            assert_eq!(qp, finest as u8);
        }
    }

    #[test]
    fn a_slow_viewer_gets_coarser_video_within_bounds() {
        let finest = |slowness| {
            let taste = Taste {
                wish: Quality::Auto,
                slowness,
            };
            taste.quantisers()[0]
        };
        assert_eq!(finest(0.3), 17.0);
        assert_eq!(finest(24.0), 21.0);
        assert_eq!(finest(400.0), 24.0);
    }
}
