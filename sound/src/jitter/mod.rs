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

/// Missing sound is concealed for so long; the decoder's guess fades away by then.
const MOST_CONCEALED: Duration = Duration::from_millis(60);

/// A packet due later than this is waited for in silence, instead of by playing slower.
const MOST_EARLY_MICROS: i64 = 40_000;

/// Packets overdue by more than this are skipped, instead of caught up with by playing faster.
const MOST_LATE_MICROS: i64 = 80_000;

/// The same when sound begins, after the time that opening a device takes, and after the device stood
/// still: nothing is heard then, and better an instant is lost than that sound lags for as long as
/// catching up takes.
const LATE_BEGIN_MICROS: i64 = 10_000;

/// A device that plays what comes next so much later than when it has played what it got has stood
/// still. Some do when they start: they take what they can hold, and then nothing for a while.
const STOOD_MICROS: i64 = 20_000;

/// Errors up to this are those of the device's own pieces, and left alone.
const DEAD_ZONE_MICROS: i64 = 3_000;

/// Largest change of speed in millionths: a sixth of a semitone, for a few seconds.
pub const MOST_SPEED_CHANGE: i32 = 10_000;

/// The longest that sound is held back for the pictures.
const LONGEST_HOLD: Duration = Duration::from_millis(500);

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

    fn step(&mut self, heard: i64) -> Step {
        let Some(first) = self.first() else {
            return self.without_packets();
        };
        let planned = self.delays.base() + self.reserve() + micros(self.device) as i64;
        // Positive if it should have been heard before.
        let late = heard - planned - signed(first.captured);
        let has_stood = self
            .played_out
            .is_some_and(|played_out| heard - played_out > STOOD_MICROS);
        match self.state {
            State::Silent if late < 0 => self.wait(late),
            State::Silent => self.begin(late),
            State::Playing { guessed } if self.is_gap() => self.over_gap(guessed, late),
            State::Ending if self.is_gap() && late < 0 => self.wait(late),
            _ if late < -MOST_EARLY_MICROS => self.wait(late),
            _ if late > MOST_LATE_MICROS => self.catch_up(late),
            _ if has_stood && late > LATE_BEGIN_MICROS => self.catch_up(late),
            _ => self.play(late),
        }
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

    fn first(&self) -> Option<&Held> {
        self.held.first_key_value().map(|(_, held)| held)
    }

    /// A number so far back that it is that of another stream: the session's sound began again.
    fn is_anew(&self, seq: u64) -> bool {
        self.next
            .is_some_and(|next| next - seq > 4 * MAX_HELD_SOUND as u64)
    }

    /// Time in microseconds from the arrival of the quickest packet until it is played.
    fn reserve(&self) -> i64 {
        let jitter = self.delays.reserve_micros();
        let Some(Transit(pictures)) = self.pictures else {
            return jitter;
        };
        let earliest = self.delays.base() + micros(self.device) as i64;
        let longest = micros(LONGEST_HOLD) as i64;
        (pictures - earliest).clamp(jitter, longest.max(jitter))
    }

    /// Whether the packet to play next is missing while later ones are there.
    fn is_gap(&self) -> bool {
        let first = self.held.first_key_value().map(|(&seq, _)| seq);
        matches!((self.next, first), (Some(next), Some(first)) if first > next)
    }

    fn without_packets(&mut self) -> Step {
        match self.state {
            State::Playing { guessed } if self.may_guess(guessed) => self.conceal(guessed),
            _ => {
                self.state = State::Silent;
                Step::Wait(None)
            }
        }
    }

    fn may_guess(&self, guessed: u32) -> bool {
        self.duration.time() * (guessed + 1) <= MOST_CONCEALED
    }

    fn conceal(&mut self, guessed: u32) -> Step {
        self.next = self.next.map(|next| next.saturating_add(1));
        self.counts.concealed += 1;
        self.state = State::Playing {
            guessed: guessed + 1,
        };
        Step::Conceal(self.duration)
    }

    /// A packet is missing before the first that is there, which is `late`.
    fn over_gap(&mut self, guessed: u32, late: i64) -> Step {
        if self.may_guess(guessed) && late < MOST_LATE_MICROS {
            return self.conceal(guessed);
        }
        if late < -MOST_EARLY_MICROS {
            return self.wait(late);
        }
        self.play(late)
    }

    /// Silence until what is early is due.
    fn wait(&mut self, late: i64) -> Step {
        self.state = State::Silent;
        Step::Wait(Some(Duration::from_micros(late.unsigned_abs())))
    }

    /// Starts after silence, with what is due.
    fn begin(&mut self, late: i64) -> Step {
        self.lateness = 0;
        if late > LATE_BEGIN_MICROS {
            return self.catch_up(late);
        }
        self.play(late)
    }

    /// Skips what is overdue.
    fn catch_up(&mut self, mut late: i64) -> Step {
        while late > DEAD_ZONE_MICROS && self.held.len() > 1 {
            let Some((_, skipped)) = self.held.pop_first() else {
                break;
            };
            self.counts.skipped += 1;
            if let Some(first) = self.first() {
                late -= signed(first.captured) - signed(skipped.captured);
            }
        }
        self.lateness = 0;
        self.play(late)
    }

    fn play(&mut self, late: i64) -> Step {
        let Some((seq, held)) = self.held.pop_first() else {
            return self.without_packets();
        };
        self.lateness += (late - self.lateness) / 16;
        self.next = Some(seq.saturating_add(1));
        self.duration = held.duration;
        self.state = match held.outlook {
            Outlook::Continues => State::Playing { guessed: 0 },
            Outlook::Pauses => State::Ending,
        };
        self.counts.played += 1;
        Step::Play {
            opus: held.opus,
            duration: held.duration,
            captured: held.captured,
            speed: self.speed(),
        }
    }

    /// What brings the lateness to zero within a few seconds.
    fn speed(&self) -> i32 {
        if self.lateness.abs() <= DEAD_ZONE_MICROS {
            return 0;
        }
        let most = i64::from(MOST_SPEED_CHANGE);
        (self.lateness / 2).clamp(-most, most) as i32
    }
}
