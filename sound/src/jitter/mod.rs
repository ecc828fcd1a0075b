//! The jitter buffer: packets that arrive unevenly are played evenly.
//!
//! A packet is due a fixed time after it was captured: the quickest way through the network, what
//! the device holds, and a reserve that most packets keep to ([`delay`]). Since it is the capture
//! time that counts, pauses keep their length and nothing adds up. The device sets the pace; if its
//! clock and the session's drift apart, or the reserve changes, the buffer asks for a slightly
//! higher or lower speed, which nobody hears. What is missing when it is due is concealed; what is
//! far behind is skipped.
//!
//! No clocks: `now` is an argument, on any clock of the viewer's. The ideas are those of NetEQ (the
//! histogram of delays) and of RFC 3550 (relative transit times), the code is not.

mod course;
pub mod delay;
mod pictures;

use std::collections::BTreeMap;
use std::time::Duration;

use hackstream_protocol::ids::SoundSeq;
use hackstream_protocol::limits::MAX_HELD_SOUND;
use hackstream_protocol::units::{Timestamp, micros};
use hackstream_protocol::wire::sound::{Outlook, PacketDuration, SoundPacket};

use delay::{Delays, signed};
pub use pictures::{Pictures, Transit};

/// Largest change of speed in millionths: a sixth of a semitone, for a few seconds.
pub const MOST_SPEED_CHANGE: i32 = 10_000;

/// What to give the device next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// This packet, at `speed` millionths above normal.
    Play {
        /// One Opus packet.
        opus: Vec<u8>,
        /// How long it plays.
        duration: PacketDuration,
        /// When it was captured, for measuring.
        captured: Timestamp,
        /// Millionths above, or if negative below, normal speed.
        speed: i32,
    },
    /// A guess at a packet that is missing.
    Conceal(PacketDuration),
    /// Nothing for so long; nothing until a packet comes if `None`.
    Wait(Option<Duration>),
}

/// What became of the packets so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Played.
    pub played: u64,
    /// Guessed, because they were missing.
    pub concealed: u64,
    /// Came too late or twice.
    pub late: u64,
    /// Were skipped to catch up.
    pub skipped: u64,
}

/// A packet that waits.
struct Held {
    captured: Timestamp,
    duration: PacketDuration,
    outlook: Outlook,
    opus: Vec<u8>,
}

/// What is being played.
enum State {
    /// Nothing.
    Silent,
    /// Sound, the last so many pieces of which were guessed.
    Playing { guessed: u32 },
    /// Sound after which silence was announced: nothing is guessed.
    Ending,
}

/// The buffer of one stream of sound.
pub struct Jitter {
    held: BTreeMap<u64, Held>,
    /// The packet to play next; none before the first.
    next: Option<u64>,
    state: State,
    duration: PacketDuration,
    delays: Delays,
    /// What the device holds when it is full.
    device: Duration,
    /// Sound is not heard sooner than this after its capture: pictures are not seen sooner either.
    pictures: Option<Transit>,
    /// How late packets are played, smoothed, in microseconds.
    lateness: i64,
    /// When the device will have played what it got; none if it got nothing.
    played_out: Option<i64>,
    counts: Counts,
}

impl Jitter {
    /// A buffer in front of a device that holds sound for `device` when it is full.
    #[must_use]
    pub fn new(device: Duration) -> Self {
        Self {
            held: BTreeMap::new(),
            next: None,
            state: State::Silent,
            duration: PacketDuration::Ms10,
            delays: Delays::new(),
            device,
            pictures: None,
            lateness: 0,
            played_out: None,
            counts: Counts::default(),
        }
    }

    /// Takes a packet that arrived at `now`.
    pub fn push(&mut self, packet: &SoundPacket<'_>, now: Timestamp) {
        let SoundSeq(seq) = packet.seq;
        let late = self.next.is_some_and(|next| seq < next);
        if late && self.is_anew(seq) || self.delays.is_another_clock(packet.captured, now) {
            self.restart();
        } else if late || self.held.contains_key(&seq) {
            self.delays.arrived(packet.captured, now);
            self.counts.late += 1;
            return;
        }
        self.delays.arrived(packet.captured, now);
        if self.held.len() >= MAX_HELD_SOUND {
            // The oldest: who is that far behind has to catch up.
            self.held.pop_first();
            self.counts.skipped += 1;
        }
        let held = Held {
            captured: packet.captured,
            duration: packet.duration,
            outlook: packet.outlook,
            opus: packet.opus.to_vec(),
        };
        self.held.insert(seq, held);
    }

    /// What to play next, by a device that will be heard playing it at `heard`.
    pub fn pop(&mut self, heard: Timestamp) -> Step {
        let heard = signed(heard);
        let step = self.step(heard);
        self.played_out = match &step {
            Step::Play { duration, .. } | Step::Conceal(duration) => {
                Some(heard + micros(duration.time()) as i64)
            }
            Step::Wait(_) => None,
        };
        step
    }

    /// Pictures take so long: sound is not to be heard much sooner. `None` if there are none, and
    /// sound may be as early as it can.
    pub fn follow(&mut self, pictures: Option<Transit>) {
        self.pictures = pictures;
    }

    /// The device holds sound for `device` when it is full, other than was thought.
    pub fn set_device(&mut self, device: Duration) {
        self.device = device;
    }

    /// Forgets everything but what it has counted: another stream begins.
    pub fn restart(&mut self) {
        let counts = self.counts;
        *self = Self::new(self.device);
        self.counts = counts;
    }

    /// What became of the packets so far.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// The same since they were last taken.
    pub fn take_counts(&mut self) -> Counts {
        std::mem::take(&mut self.counts)
    }

    /// Whether nothing is played and nothing waits.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.held.is_empty() && matches!(self.state, State::Silent)
    }

    /// A number so far back that it is that of another stream: the session's sound began again.
    fn is_anew(&self, seq: u64) -> bool {
        self.next
            .is_some_and(|next| next - seq > 4 * MAX_HELD_SOUND as u64)
    }
}
