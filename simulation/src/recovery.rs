//! What is in flight, and what of it is lost: QUIC's loss detection (RFC 9002) in small.

use std::collections::VecDeque;
use std::time::Duration;

use hackstream_protocol::rate::LossPattern;
use hackstream_protocol::units::{ByteCount, Timestamp, micros};

use crate::receiver::ACK_DELAY;
use crate::sender::Chunk;

/// Packets by which one may be overtaken before it counts as lost.
const OVERTAKEN: u64 = 3;
/// As the transport has it.
const INITIAL_RTT: Duration = Duration::from_millis(100);
const GRANULARITY: Duration = Duration::from_millis(1);
/// Probe time-outs over which all must be lost for the loss to be persistent.
const PERSISTENT_PROBES: u32 = 3;
/// Packets sent when nothing was heard for too long.
const PROBES: u32 = 2;

/// A packet that left.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// When.
    pub at: Timestamp,
    /// With what.
    pub chunk: Option<Chunk>,
    /// How large.
    pub bytes: ByteCount,
}

/// Packets found to be lost.
#[derive(Clone, Debug)]
pub struct Losses {
    /// What they carried.
    pub chunks: Vec<Chunk>,
    /// Their size.
    pub bytes: ByteCount,
    /// When the last of them left.
    pub newest: Timestamp,
    /// How they were lost.
    pub pattern: LossPattern,
}

/// Knows all packets in flight.
#[derive(Clone, Debug)]
pub struct Recovery {
    /// Packets from `first` on; `None` where the fate is known.
    packets: VecDeque<Option<Sent>>,
    first: u64,
    in_flight: u64,
    largest_acked: Option<u64>,
    latest_rtt: Duration,
    smoothed_rtt: Option<Duration>,
    variation: Duration,
    loss_at: Option<Timestamp>,
    last_sent: Timestamp,
    timeouts: u32,
    probes: u32,
}

impl Default for Recovery {
    fn default() -> Self {
        Self {
            packets: VecDeque::new(),
            first: 0,
            in_flight: 0,
            largest_acked: None,
            latest_rtt: INITIAL_RTT,
            smoothed_rtt: None,
            variation: INITIAL_RTT / 2,
            loss_at: None,
            last_sent: Timestamp(0),
            timeouts: 0,
            probes: 0,
        }
    }
}

impl Recovery {
    /// Bytes in flight.
    #[must_use]
    pub const fn in_flight(&self) -> ByteCount {
        ByteCount(self.in_flight)
    }

    /// Smoothed round-trip time.
    #[must_use]
    pub const fn smoothed_rtt(&self) -> Duration {
        match self.smoothed_rtt {
            Some(rtt) => rtt,
            None => INITIAL_RTT,
        }
    }

    /// Notes a packet that leaves. Returns its number.
    pub(crate) fn sent(&mut self, sent: Sent) -> u64 {
        self.in_flight += sent.bytes.0;
        self.last_sent = sent.at;
        self.packets.push_back(Some(sent));
        self.first + self.packets.len() as u64 - 1
    }

    /// A packet was acknowledged. `None` if its fate was known.
    pub(crate) fn acknowledge(&mut self, now: Timestamp, number: u64) -> Option<Sent> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        let sent = self.packets.get_mut(index)?.take()?;
        self.in_flight -= sent.bytes.0;
        self.timeouts = 0;
        if self.largest_acked.is_none_or(|largest| number > largest) {
            self.largest_acked = Some(number);
            self.measure(now.since(sent.at));
        }
        self.forget_known();
        Some(sent)
    }

    fn measure(&mut self, rtt: Duration) {
        self.latest_rtt = rtt;
        if let Some(smoothed) = &mut self.smoothed_rtt {
            self.variation = (self.variation * 3 + smoothed.abs_diff(rtt)) / 4;
            *smoothed = (*smoothed * 7 + rtt) / 8;
        } else {
            self.smoothed_rtt = Some(rtt);
            self.variation = rtt / 2;
        }
    }

    /// Takes out what is lost by now.
    pub(crate) fn take_losses(&mut self, now: Timestamp) -> Option<Losses> {
        self.loss_at = None;
        let largest = self.largest_acked?;
        let patience = (self.smoothed_rtt().max(self.latest_rtt) * 9 / 8).max(GRANULARITY);
        // Timestamps have no smaller parts: a deadline must not come before its time.
        let patience = Duration::from_micros(micros(patience));
        let mut losses = Losses {
            chunks: Vec::new(),
            bytes: ByteCount(0),
            newest: Timestamp(0),
            pattern: LossPattern::Scattered,
        };
        let persistent = self.timeout() * PERSISTENT_PROBES;
        let mut run_began = None;
        for (number, slot) in (self.first..largest).zip(&mut self.packets) {
            let Some(sent) = *slot else {
                run_began = None;
                continue;
            };
            let too_old = now.since(sent.at) >= patience;
            if !too_old && largest < number + OVERTAKEN {
                let at = sent.at.after(patience);
                self.loss_at = Some(self.loss_at.map_or(at, |other| other.min(at)));
                continue;
            }
            *slot = None;
            self.in_flight -= sent.bytes.0;
            losses.bytes.0 += sent.bytes.0;
            losses.newest = losses.newest.max(sent.at);
            losses.chunks.extend(sent.chunk);
            let began = *run_began.get_or_insert(sent.at);
            if sent.at.since(began) > persistent {
                losses.pattern = LossPattern::Persistent;
            }
        }
        self.forget_known();
        (losses.bytes > ByteCount(0)).then_some(losses)
    }

    /// When losses are to be looked for, or a probe to be sent.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        let probe = || {
            let wait = self.timeout() * 2u32.pow(self.timeouts.min(10));
            self.last_sent.after(wait)
        };
        self.loss_at.or_else(|| (self.in_flight > 0).then(probe))
    }

    /// Nothing was heard for too long.
    pub(crate) const fn probe(&mut self) {
        self.timeouts += 1;
        self.probes = PROBES;
    }

    /// Whether a packet may leave although the window is full.
    pub(crate) const fn take_probe(&mut self) -> bool {
        let due = self.probes > 0;
        self.probes = self.probes.saturating_sub(1);
        due
    }

    fn timeout(&self) -> Duration {
        self.smoothed_rtt() + (self.variation * 4).max(GRANULARITY) + ACK_DELAY
    }

    fn forget_known(&mut self) {
        while self.packets.front().is_some_and(Option::is_none) {
            self.packets.pop_front();
            self.first += 1;
        }
    }
}
