//! How coarse the next video frame must be to fit the link.

use core::time::Duration;

use hackstream_codec::h264::{H264Encoder, H264Error, I420, MAX_QP};
use hackstream_protocol::limits::MAX_BODY_BYTES;
use hackstream_protocol::units::{Bitrate, ByteCount, Timestamp};
use hackstream_protocol::wire::control::Quality;

/// Finest and coarsest quantiser for each wish. Below the finest H.264 spends bytes on what nobody
/// sees in motion; beyond the coarsest fewer frames are the better choice.
const fn quantisers(wish: Quality) -> [f32; 2] {
    match wish {
        Quality::Low => [32.0, 46.0],
        Quality::Auto => [24.0, 44.0],
        Quality::High => [18.0, 36.0],
    }
}

/// Steps of the quantiser that halve the bytes.
const STEPS_PER_HALVING: f32 = 6.0;

/// Share of the link that video may take; text must still get through at once.
const SHARE: f32 = 0.7;

/// Bits per pixel that an inter frame takes at [`REFERENCE_QP`], to start from.
const REFERENCE_BITS_PER_PIXEL: f32 = 0.1;
const REFERENCE_QP: f32 = 30.0;

/// Bytes that any picture is given.
const LEAST_ROOM: f32 = 200.0;

/// Bytes that a picture is made for on any link, at most.
const MOST_ROOM: f32 = MOST_BYTES as f32 / 2.0;

/// Bytes that a picture may take: a frame has no room for more, and for what is sent with it.
const MOST_BYTES: usize = MAX_BODY_BYTES / 4 * 3;

/// How many times an inter frame's share a keyframe may take.
const KEYFRAME_FACTOR: f32 = 4.0;

/// The quantiser with which a picture that takes `at_reference` bytes at the reference quantiser
/// takes about `room` bytes, within what `wish` allows; and how often it halves those bytes.
pub(crate) fn quantiser_for(wish: Quality, at_reference: f32, room: f32) -> (u8, f32) {
    let halvings = (at_reference / room.clamp(LEAST_ROOM, MOST_ROOM)).log2();
    let [finest, coarsest] = quantisers(wish);
    let qp = (REFERENCE_QP + STEPS_PER_HALVING * halvings)
        .clamp(finest, coarsest)
        .round();
    (qp as u8, (qp - REFERENCE_QP) / STEPS_PER_HALVING)
}

/// Appends the access unit of `picture`, made with a quantiser larger than `qp` if a frame has no
/// room for it otherwise. Returns how often that halved its bytes.
pub(crate) fn encode_within_frame(
    encoder: &mut H264Encoder,
    picture: &I420,
    qp: u8,
    key: bool,
    out: &mut Vec<u8>,
) -> Result<u8, H264Error> {
    let before = out.len();
    encoder.encode(picture, qp, key, out)?;
    let (mut qp, mut halvings) = (qp, 0);
    while out.len() - before > MOST_BYTES && qp < MAX_QP {
        out.truncate(before);
        qp = MAX_QP.min(qp + STEPS_PER_HALVING as u8);
        halvings += 1;
        // A keyframe, because the viewer does not get the picture before.
        encoder.encode(picture, qp, true, out)?;
    }
    Ok(halvings)
}

/// Chooses quantisers from the sizes of the frames before.
#[derive(Clone, Debug)]
pub struct QualityControl {
    /// How often the last quantiser halves the bytes of the reference.
    halvings: f32,
    /// Bytes that a frame at [`REFERENCE_QP`] takes, as seen lately.
    reference_bytes: f32,
    interval: Duration,
    last: Option<Timestamp>,
    key_next: bool,
}

impl QualityControl {
    /// For a video of `pixels` pixels.
    #[must_use]
    pub fn new(pixels: u64) -> Self {
        Self {
            halvings: 0.0,
            reference_bytes: pixels as f32 * REFERENCE_BITS_PER_PIXEL / 8.0,
            interval: Duration::from_millis(33),
            last: None,
            key_next: true,
        }
    }

    /// The quantiser, 0 to 51, for a frame made at `now` for a link of `rate`.
    pub fn next_qp(&mut self, wish: Quality, rate: Bitrate, now: Timestamp) -> u8 {
        if let Some(last) = self.last {
            let since = now
                .since(last)
                .clamp(Duration::from_millis(8), Duration::from_millis(200));
            self.interval = (self.interval * 7 + since) / 8;
        }
        self.last = Some(now);
        let ByteCount(bytes) = rate.bytes_in(self.interval);
        let mut room = bytes as f32 * SHARE;
        if self.key_next {
            room *= KEYFRAME_FACTOR;
        }
        let (qp, halvings) = quantiser_for(wish, self.reference_bytes, room);
        self.halvings = halvings;
        qp
    }

    /// Records the size of the frame made with the last quantiser.
    pub fn sent(&mut self, bytes: usize, key: bool) {
        self.key_next = false;
        if key {
            return;
        }
        let at_reference = bytes as f32 * self.halvings.exp2();
        // Growth is believed at once, decline slowly: a frame too large delays all that follow.
        let gain = if at_reference > self.reference_bytes {
            0.5
        } else {
            0.1
        };
        self.reference_bytes += gain * (at_reference - self.reference_bytes);
        self.reference_bytes = self.reference_bytes.max(100.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs two seconds of 30 frames a second whose size halves every six steps.
    fn settle(wish: Quality, rate: Bitrate, bytes_at_reference: f32) -> (u8, f32) {
        let mut control = QualityControl::new(1280 * 720);
        let (mut qp, mut bytes) = (0, 0.0);
        for frame in 0..60u64 {
            qp = control.next_qp(wish, rate, Timestamp(frame * 33_333));
            bytes = bytes_at_reference * ((30.0 - f32::from(qp)) / 6.0).exp2();
            control.sent(bytes as usize, frame == 0);
        }
        (qp, bytes)
    }

    #[test]
    fn frames_fit_a_thin_link() {
        let (_, bytes) = settle(Quality::Auto, Bitrate::mbps(3), 20_000.0);
        let share = 3e6 / 8.0 / 30.0 * SHARE;
        assert!(
            bytes < share * 1.2 && bytes > share * 0.7,
            "{bytes} of {share}"
        );
    }

    #[test]
    fn a_fast_link_gets_the_finest_quality_and_no_finer() {
        for wish in [Quality::Low, Quality::Auto, Quality::High] {
            let [finest, _] = quantisers(wish);
            assert_eq!(settle(wish, Bitrate::mbps(900), 20_000.0).0, finest as u8);
        }
    }
}
