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

/// Part of its keyframe's bytes that the first inter frame of a stream is taken to need.
const FIRST_INTER_SHARE: f32 = 0.25;

/// How many times the room that a keyframe has a picture may take before it is coded again.
const TOLERANCE: f32 = 1.3;

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

/// Appends the access unit of `picture`, coded as `wanted` if that is small enough.
///
/// Salsify codes each picture twice, finer and coarser than the one before, and sends what fits.
/// Its codec can go back to the state from before a picture; OpenH264 cannot, and two encoders side
/// by side would diverge with the first choice, and cost twice the time for each picture. What can
/// be done at any time is a keyframe. So there is a second candidate only where the first takes more
/// than a keyframe may, as at a cut, or where it is one itself: a keyframe for which the first
/// candidate shows how coarse it must be. All other pictures must fit by prediction: their sizes
/// follow from those before. How much of a picture differs from the one before was tried as a better
/// guide and told nothing that these sizes do not; where a pan makes every eighth picture sharper
/// than its neighbours, that one takes twice its room either way.
///
/// The second candidate is made for `key_room` bytes and no coarser than `taste` allows; but a frame
/// must have room for the picture, whatever is allowed.
pub(crate) fn encode_to_fit(
    encoder: &mut H264Encoder,
    picture: &I420,
    wanted: Coded,
    (taste, key_room): (Taste, f32),
    out: &mut Vec<u8>,
) -> Result<Coded, H264Error> {
    let before = out.len();
    let mut coded = wanted;
    let mut most = ((key_room * TOLERANCE) as usize).min(MOST_BYTES);
    loop {
        let kind = encoder.encode(picture, coded.quantiser.qp, coded.kind, out)?;
        coded = Coded { kind, ..coded };
        let bytes = out.len() - before;
        let Some(quantiser) = (bytes > most)
            .then(|| coarser(taste, coded, bytes, key_room))
            .flatten()
        else {
            return Ok(coded);
        };
        out.truncate(before);
        coded = Coded {
            quantiser,
            // Because the viewer does not get the picture before.
            kind: H264FrameKind::Key,
        };
        most = MOST_BYTES;
    }
}

/// The quantiser with which a keyframe takes about `room` bytes of a picture that takes `bytes` as
/// it was `coded`; `None` if that would be no smaller.
fn coarser(taste: Taste, coded: Coded, bytes: usize, room: f32) -> Option<Quantiser> {
    let Coded { quantiser, kind } = coded;
    if bytes > MOST_BYTES {
        let qp = f32::from(quantiser.qp) + STEPS_PER_HALVING;
        return (quantiser.qp < MAX_QP).then(|| Quantiser::at(qp.min(f32::from(MAX_QP))));
    }
    let at_reference = bytes as f32 * quantiser.halvings.exp2();
    let wanted = quantiser_for(taste, at_reference, room);
    // A keyframe takes at least what the picture takes with another to refer to.
    let worth = match kind {
        H264FrameKind::Key => 1,
        H264FrameKind::Delta => STEPS_PER_HALVING as u8,
    };
    (wanted.qp >= quantiser.qp + worth).then_some(wanted)
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
    /// Whether an inter frame was sent.
    has_inter: bool,
}

impl QualityControl {
    /// For a video of `pixels` pixels.
    #[must_use]
    pub(crate) fn new(pixels: u64) -> Self {
        Self {
            reference_bytes: pixels as f32 * REFERENCE_BITS_PER_PIXEL / 8.0,
            interval: FIRST_INTERVAL,
            last: None,
            has_inter: false,
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
    pub(crate) fn room(&self, kind: H264FrameKind, rate: Bitrate, drawn: Duration) -> f32 {
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
        let at_reference = bytes as f32 * coded.quantiser.halvings.exp2();
        if coded.kind == H264FrameKind::Key {
            if !self.has_inter {
                self.reference_bytes = at_reference * FIRST_INTER_SHARE;
            }
            return;
        }
        self.has_inter = true;
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

    fn coded(qp: f32, kind: H264FrameKind) -> Coded {
        Coded {
            quantiser: Quantiser::at(qp),
            kind,
        }
    }

    #[test]
    fn a_second_candidate_fits_if_the_first_tells_the_truth() {
        let taste = taste(Quality::Auto);
        let key = coded(20.0, H264FrameKind::Key);
        let second = coarser(taste, key, 80_000, 20_000.0).unwrap();
        assert_eq!(second, Quantiser::at(32.0));
        let coarsest = coded(44.0, H264FrameKind::Key);
        assert_eq!(coarser(taste, coarsest, 80_000, 20_000.0), None);
        // Whatever is allowed, a frame must have room for it.
        let most = coarser(taste, coarsest, MOST_BYTES + 1, 20_000.0);
        assert_eq!(most, Some(Quantiser::at(50.0)));
    }

    #[test]
    fn a_picture_is_no_keyframe_for_the_sake_of_little() {
        let taste = taste(Quality::Auto);
        let delta = coded(30.0, H264FrameKind::Delta);
        assert_eq!(coarser(taste, delta, 30_000, 20_000.0), None);
        let cut = coarser(taste, delta, 160_000, 20_000.0);
        assert_eq!(cut, Some(Quantiser::at(44.0)));
    }

    #[test]
    fn the_first_inter_frame_is_judged_by_its_keyframe() {
        let mut control = QualityControl::new(320 * 240);
        control.sent(100_000, coded(30.0, H264FrameKind::Key));
        assert_eq!(control.reference_bytes, 25_000.0);
        control.sent(20_000, coded(30.0, H264FrameKind::Delta));
        let known = control.reference_bytes;
        control.sent(900_000, coded(30.0, H264FrameKind::Key));
        assert_eq!(control.reference_bytes, known);
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
