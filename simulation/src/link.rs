//! One direction of a link.

use std::time::Duration;

use hackstream_protocol::units::{Bitrate, ByteCount, Timestamp};

use crate::clockwork::Clockwork;
use crate::random::Random;

/// Which packets vanish on the way, after they took their time of the rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Loss {
    /// None.
    None,
    /// Each by itself, with this probability.
    Random(f64),
    /// All during bursts.
    Bursts {
        /// How long a burst lasts.
        length: Duration,
        /// From the begin of one to the begin of the next, on average.
        every: Duration,
    },
    /// All: the link is cut.
    All,
}

/// What a direction does to packets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OneWay {
    /// Bits per second, headers included.
    pub rate: Bitrate,
    /// From the end of sending to the arrival, at least.
    pub delay: Duration,
    /// Up to this much is added to the delay. It is the same for packets close together, and they
    /// keep their order.
    pub jitter: Duration,
    /// Share of packets that are held up by this long, and overtaken.
    pub reordering: (f64, Duration),
    /// A packet that would wait longer than this for its turn is dropped.
    pub queue: Duration,
    /// Which packets vanish.
    pub loss: Loss,
}

impl OneWay {
    /// A direction that only takes its time, with a queue that never overflows.
    #[must_use]
    pub const fn new(rate: Bitrate, delay: Duration) -> Self {
        Self {
            rate,
            delay,
            jitter: Duration::ZERO,
            reordering: (0.0, Duration::ZERO),
            queue: Duration::from_secs(10),
            loss: Loss::None,
        }
    }
}

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passage {
    /// How long it waits for its turn.
    pub queued: Duration,
    /// When it arrives, if it does.
    pub arrival: Option<Timestamp>,
}

/// A direction at work.
#[derive(Clone, Debug)]
pub struct Direction {
    /// What it does to packets from now on.
    pub way: OneWay,
    /// Its rate in the course of time, where that is not always `way`'s.
    pub clockwork: Option<Clockwork>,
    random: Random,
    idle_from: Timestamp,
    last_arrival: Timestamp,
    held_up: Duration,
    held_up_until: Timestamp,
    burst: (Timestamp, Timestamp),
}

impl Direction {
    /// A direction whose queue is empty.
    #[must_use]
    pub const fn new(way: OneWay, seed: u64) -> Self {
        Self {
            way,
            clockwork: None,
            random: Random::new(seed),
            idle_from: Timestamp(0),
            last_arrival: Timestamp(0),
            held_up: Duration::ZERO,
            held_up_until: Timestamp(0),
            burst: (Timestamp(0), Timestamp(0)),
        }
    }

    /// How long a packet that is offered at `now` has to wait for those before it.
    #[must_use]
    pub fn backlog(&self, now: Timestamp) -> Duration {
        self.idle_from.since(now)
    }

    /// Takes a packet at `now`, which must not decrease from call to call.
    pub fn offer(&mut self, now: Timestamp, bytes: ByteCount) -> Passage {
        let queued = self.idle_from.since(now);
        let mut passage = Passage {
            queued,
            arrival: None,
        };
        if queued > self.way.queue {
            return passage;
        }
        let start = self.idle_from.max(now);
        let sent = match &mut self.clockwork {
            Some(clockwork) => clockwork.done_at(start, bytes),
            None => start.after(bytes.time_at(self.way.rate)),
        };
        self.idle_from = sent;
        if self.vanishes(sent) {
            return passage;
        }
        let in_order = sent.after(self.way.delay).after(self.jitter(sent));
        self.last_arrival = self.last_arrival.max(in_order);
        let (share, late) = self.way.reordering;
        let overtaken = share > 0.0 && self.random.unit() < share;
        let arrival = self.last_arrival;
        passage.arrival = Some(if overtaken {
            arrival.after(late)
        } else {
            arrival
        });
        passage
    }

    fn vanishes(&mut self, sent: Timestamp) -> bool {
        match self.way.loss {
            Loss::None => false,
            Loss::All => true,
            Loss::Random(share) => self.random.unit() < share,
            Loss::Bursts { length, every } => {
                while self.burst.1 <= sent {
                    let gap = every.mul_f64(2.0 * self.random.unit());
                    let begin = self.burst.1.after(gap.saturating_sub(length));
                    self.burst = (begin, begin.after(length.max(Duration::from_micros(1))));
                }
                self.burst.0 <= sent
            }
        }
    }

    fn jitter(&mut self, sent: Timestamp) -> Duration {
        if sent >= self.held_up_until && !self.way.jitter.is_zero() {
            self.held_up = self.way.jitter.mul_f64(self.random.unit());
            self.held_up_until = sent.after(self.way.jitter);
        }
        self.held_up.min(self.way.jitter)
    }
}
