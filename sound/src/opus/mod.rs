//! Samples become packets, and packets samples: libopus, loaded on first use.

mod raw;

use hackstream_protocol::limits::MAX_SOUND_BYTES;
use hackstream_protocol::units::Bitrate;
use hackstream_protocol::wire::sound::{CHANNELS, PacketDuration};

use crate::{PIECE_VALUES, SoundError};

/// What is used if nothing else is said: nobody hears a difference to the original.
pub const BITRATE: Bitrate = Bitrate::kbps(96);

/// What a voice takes.
pub const SPEECH_BITRATE: Bitrate = Bitrate::kbps(40);

/// Of ten steps, the one up to which more work pays.
const COMPLEXITY: i32 = 5;

/// Turns samples into packets.
pub struct Encoder {
    raw: raw::Encoder,
    packet: Vec<u8>,
}

impl Encoder {
    /// An encoder in the mode of restricted delay: 2.5 ms beside the piece itself.
    ///
    /// # Errors
    /// [`SoundError::Library`] or [`SoundError::Opus`].
    pub fn new(bitrate: Bitrate) -> Result<Self, SoundError> {
        Self::coding(bitrate, Channels::Stereo)
    }

    /// An encoder of what a person says: both channels become one, for half the work.
    ///
    /// # Errors
    /// [`SoundError::Library`] or [`SoundError::Opus`].
    pub fn of_speech() -> Result<Self, SoundError> {
        Self::coding(SPEECH_BITRATE, Channels::Mono)
    }

    fn coding(bitrate: Bitrate, channels: Channels) -> Result<Self, SoundError> {
        let bitrate = i32::try_from(bitrate.0).unwrap_or(i32::MAX);
        let raw = raw::Encoder::new(bitrate, COMPLEXITY, channels)?;
        let packet = vec![0; MAX_SOUND_BYTES];
        Ok(Self { raw, packet })
    }

    /// The packet of one piece of interleaved samples.
    ///
    /// # Errors
    /// [`SoundError::Opus`].
    pub fn encode(&mut self, piece: &[i16; PIECE_VALUES]) -> Result<&[u8], SoundError> {
        let len = self.raw.encode(piece, &mut self.packet)?;
        Ok(&self.packet[..len])
    }
}

/// What of the two channels is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Channels {
    Stereo,
    Mono,
}

/// Turns packets into samples. One for each stream: it remembers what came before.
pub struct Decoder {
    raw: raw::Decoder,
    samples: Vec<i16>,
}

impl Decoder {
    /// A decoder of a stream that begins.
    ///
    /// # Errors
    /// [`SoundError::Library`] or [`SoundError::Opus`].
    pub fn new() -> Result<Self, SoundError> {
        let samples = vec![0; PacketDuration::Ms20.samples() * CHANNELS];
        Ok(Self {
            raw: raw::Decoder::new()?,
            samples,
        })
    }

    /// The interleaved samples of a packet, which may hold anything. One that is damaged, or does
    /// not play for `duration`, is guessed like a missing one.
    ///
    /// # Errors
    /// [`SoundError::Opus`] if not even that is possible.
    pub fn decode(
        &mut self,
        packet: &[u8],
        duration: PacketDuration,
    ) -> Result<&mut [i16], SoundError> {
        let values = duration.samples() * CHANNELS;
        match self.raw.decode(packet, &mut self.samples[..values]) {
            Ok(samples) if samples == duration.samples() => Ok(&mut self.samples[..values]),
            _ => self.conceal(duration),
        }
    }

    /// A guess at what a missing packet held; it fades away if more are missing.
    ///
    /// # Errors
    /// [`SoundError::Opus`].
    pub fn conceal(&mut self, duration: PacketDuration) -> Result<&mut [i16], SoundError> {
        let values = duration.samples() * CHANNELS;
        self.raw.decode(&[], &mut self.samples[..values])?;
        Ok(&mut self.samples[..values])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn tone(at: usize) -> [i16; PIECE_VALUES] {
        std::array::from_fn(|i| {
            let sample = at * PIECE_VALUES / 2 + i / 2;
            (8000.0 * (TAU * 1000.0 * sample as f64 / 48_000.0).sin()) as i16
        })
    }

    fn energy(samples: &[i16]) -> f64 {
        let sum: f64 = samples.iter().map(|&s| f64::from(s).powi(2)).sum();
        sum / samples.len() as f64
    }

    #[test]
    fn a_tone_survives_and_packets_stay_small() {
        let mut encoder = Encoder::new(BITRATE).unwrap();
        let mut decoder = Decoder::new().unwrap();
        let mut bytes = 0;
        for i in 0..100 {
            let packet = encoder.encode(&tone(i)).unwrap();
            bytes += packet.len();
            let played = decoder.decode(packet, PacketDuration::Ms10).unwrap();
            if i > 5 {
                let ratio = energy(played) / energy(&tone(i));
                assert!((0.9..1.1).contains(&ratio), "{i}: {ratio}");
            }
        }
        assert!(bytes < 16_000, "96 kbit/s are 12000 bytes: {bytes}");
    }

    #[test]
    fn speech_takes_less_and_comes_out_of_both_channels() {
        let mut encoder = Encoder::of_speech().unwrap();
        let mut decoder = Decoder::new().unwrap();
        let mut bytes = 0;
        for i in 0..100 {
            let packet = encoder.encode(&tone(i)).unwrap();
            bytes += packet.len();
            let played = decoder.decode(packet, PacketDuration::Ms10).unwrap();
            assert!(played.chunks_exact(2).all(|pair| pair[0] == pair[1]));
            let ratio = energy(played) / energy(&tone(i));
            assert!(i < 5 || (0.9..1.1).contains(&ratio), "{i}: {ratio}");
        }
        assert!(bytes < 7_000, "40 kbit/s are 5000 bytes: {bytes}");
    }

    #[test]
    fn missing_packets_are_guessed_and_fade_away() {
        let mut encoder = Encoder::new(BITRATE).unwrap();
        let mut decoder = Decoder::new().unwrap();
        for i in 0..20 {
            let packet = encoder.encode(&tone(i)).unwrap();
            decoder.decode(packet, PacketDuration::Ms10).unwrap();
        }
        let first = energy(decoder.conceal(PacketDuration::Ms10).unwrap());
        let mut last = first;
        for _ in 0..30 {
            last = energy(decoder.conceal(PacketDuration::Ms10).unwrap());
        }
        assert!(first > energy(&tone(0)) / 4.0, "{first}");
        assert!(last < first / 10.0, "{last}");
    }

    #[test]
    fn nonsense_is_survived() {
        let mut decoder = Decoder::new().unwrap();
        for first in 0..=255u8 {
            for len in [1, 2, 7, 200, MAX_SOUND_BYTES] {
                let packet: Vec<u8> = (0..len).map(|i| first.wrapping_mul(i as u8 | 1)).collect();
                let played = decoder.decode(&packet, PacketDuration::Ms10).unwrap();
                assert_eq!(played.len(), PIECE_VALUES);
            }
        }
    }
}
