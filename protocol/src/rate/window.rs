//! The controller: slow start, steps up, cuts, draining.

use core::time::Duration;

use super::thresholds::{MIN_WINDOW, Thresholds};
use super::{BaseRtt, DeliveryEstimator, Round, Sample};
use crate::units::{Bitrate, ByteCount, Timestamp};

/// Window of a path of which nothing is known yet: a screen of text fits.
const INITIAL_WINDOW: u64 = 64 * 1024;
/// Window after everything was lost for a while.
const RESTART_WINDOW: u64 = 16 * 1024;
/// Largest window; bounds what a peer that acknowledges eagerly can make us hold.
const MAX_WINDOW: u64 = 16 << 20;
/// Smallest step up: one packet.
const MIN_STEP: u64 = 1200;
/// With less than this in flight a round says nothing about the window.
const TELLING_FLIGHT: u64 = 16 * 1024;
/// Samples that suffice to act before the round is over.
const EARLY_SAMPLES: usize = 8;
/// Rounds at the smallest window after which a delay is not taken for our own queue.
const STUCK_ROUNDS: u32 = 4;
/// A base that was not seen for so long is looked for by draining the queue.
const DRAIN_AFTER: Duration = Duration::from_secs(10);
/// Rounds that draining takes: one to empty the queue, one to measure.
const DRAIN_ROUNDS: u32 = 2;

/// How packets were lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossPattern {
    /// Some of those that were sent together.
    Scattered,
    /// All that were sent over several retransmission time-outs.
    Persistent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The path's capacity is unknown: the window doubles in each round that uses it.
    SlowStart,
    /// The window follows the delay.
    Steady,
    /// The window is small until the queue is empty and the base was measured.
    Draining { resume: u64, rounds_left: u32 },
}

/// A congestion window that keeps the queue of the slowest link short.
///
/// The caller reports departures, acknowledgements and losses. A window that was not used is
/// neither raised nor cut: what an idle screen sends says nothing about the path.
#[derive(Clone, Debug)]
pub struct WindowController {
    window: u64,
    phase: Phase,
    in_flight: u64,
    base: BaseRtt,
    delivery: DeliveryEstimator,
    round: Round,
    /// The newest packet among the acknowledgements that arrived together.
    batch: Option<Sample>,
    /// Packets that left before this saw the queue of an earlier, larger window.
    cut_at: Timestamp,
    base_seen_at: Timestamp,
    stuck_rounds: u32,
}

impl WindowController {
    /// A controller of a path of which nothing is known, at `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self {
            window: INITIAL_WINDOW,
            phase: Phase::SlowStart,
            in_flight: 0,
            base: BaseRtt::default(),
            delivery: DeliveryEstimator::default(),
            round: Round::new(now, ByteCount(0)),
            batch: None,
            cut_at: now,
            base_seen_at: now,
            stuck_rounds: 0,
        }
    }

    /// Bytes that may be in flight.
    #[must_use]
    pub const fn window(&self) -> ByteCount {
        ByteCount(self.window)
    }

    /// The window of a path of which nothing is known.
    #[must_use]
    pub const fn initial_window() -> ByteCount {
        ByteCount(INITIAL_WINDOW)
    }

    /// Bytes sent of which neither arrival nor loss is known.
    #[must_use]
    pub const fn in_flight(&self) -> ByteCount {
        ByteCount(self.in_flight)
    }

    /// The rate at which the path delivers, as far as it was used; zero before the first round.
    #[must_use]
    pub const fn delivery_rate(&self) -> Bitrate {
        self.delivery.estimate()
    }

    /// The round-trip time with empty queues; `None` before the first acknowledgement.
    #[must_use]
    pub fn base_rtt(&self) -> Option<Duration> {
        self.base.get()
    }

    /// `bytes` left at `now`.
    pub fn on_sent(&mut self, now: Timestamp, bytes: ByteCount) {
        self.delivery.on_sent(now, self.in_flight());
        self.in_flight += bytes.0;
        self.round.on_sent(self.in_flight());
    }

    /// A packet of `bytes` that left at `sent` was acknowledged. After all of an acknowledgement's
    /// packets, in the order in which they left, follows [`on_acks_end`](Self::on_acks_end).
    pub fn on_ack(&mut self, now: Timestamp, sent: Timestamp, bytes: ByteCount) {
        self.in_flight = self.in_flight.saturating_sub(bytes.0);
        self.round.on_ack(bytes);
        if self.phase == Phase::SlowStart && self.round_used_window() {
            self.window = (self.window + bytes.0).min(MAX_WINDOW);
        }
        let base = self.base.get().unwrap_or_default();
        let rate = self.delivery.on_ack(now, sent, bytes, base);
        if self.batch.is_none_or(|newest| sent >= newest.sent) {
            let rtt = now.since(sent);
            self.batch = Some(Sample { sent, rtt, rate });
        }
    }

    /// An acknowledgement was worked off, and `in_flight` bytes remain on their way.
    pub fn on_acks_end(&mut self, now: Timestamp, in_flight: ByteCount) {
        self.in_flight = in_flight.0;
        let Some(sample) = self.batch.take() else {
            return;
        };
        self.base.record(now, sample.rtt);
        self.round.on_sample(sample);
        let base = self.base.get().unwrap_or(sample.rtt);
        if sample.rtt <= base + (base / 16).max(Duration::from_millis(3)) {
            self.base_seen_at = now;
        }
        self.decide(now, &Thresholds::new(base));
    }

    /// `bytes` were found to be lost.
    pub fn on_loss(&mut self, now: Timestamp, bytes: ByteCount, pattern: LossPattern) {
        self.in_flight = self.in_flight.saturating_sub(bytes.0);
        self.round.on_loss(bytes);
        if pattern == LossPattern::Persistent {
            let smaller = (self.window / 2).min(RESTART_WINDOW);
            self.window = smaller.max(MIN_WINDOW);
            self.phase = Phase::SlowStart;
            self.cut_at = now;
            self.round = Round::new(now, self.in_flight());
        }
    }

    /// A router marked packets because its queue grows.
    pub fn on_congestion_mark(&mut self) {
        self.round.on_mark();
    }

    /// Whether the round filled at least half of the window; the rest is what a sender leaves
    /// free whose next frame does not fit.
    fn round_used_window(&self) -> bool {
        self.round.peak().0 * 2 >= self.window
    }

    fn decide(&mut self, now: Timestamp, thresholds: &Thresholds) {
        let is_over = self.round.is_over();
        let urgent_queue = match self.phase {
            _ if self.round.samples() < EARLY_SAMPLES => None,
            Phase::SlowStart => Some(thresholds.slow_start_ends),
            Phase::Steady => Some(thresholds.target * 2),
            Phase::Draining { .. } => None,
        };
        if !is_over && urgent_queue.is_none() {
            return;
        }
        let Some(rtt) = self.round.median_rtt() else {
            return;
        };
        let queue = rtt.saturating_sub(thresholds.base);
        if !is_over && urgent_queue.is_none_or(|most| queue <= most) {
            return;
        }
        self.learn_rate(queue, thresholds);
        match self.phase {
            Phase::Draining {
                resume,
                rounds_left,
            } => self.drain(now, resume, rounds_left),
            Phase::SlowStart | Phase::Steady => self.adjust(now, queue, thresholds),
        }
        self.round = Round::new(now, self.in_flight());
    }

    fn learn_rate(&mut self, queue: Duration, thresholds: &Thresholds) {
        if let Some(rate) = self.round.best_rate() {
            let was_busy = queue > thresholds.slow_start_ends;
            self.delivery.on_round(rate, was_busy);
        }
    }

    fn adjust(&mut self, now: Timestamp, queue: Duration, thresholds: &Thresholds) {
        let telling = self.round.peak().0 >= (self.window / 2).min(TELLING_FLIGHT);
        if !telling {
            return;
        }
        if self.phase == Phase::SlowStart && queue > thresholds.slow_start_ends {
            self.phase = Phase::Steady;
        }
        let too_much = queue > thresholds.target || thresholds.loses_too_much(&self.round, queue);
        if too_much {
            self.phase = Phase::Steady;
            self.cut(now, queue, thresholds);
            return;
        }
        self.stuck_rounds = 0;
        if self.phase == Phase::Steady && self.round_used_window() && self.round.is_over() {
            if now.since(self.base_seen_at) > DRAIN_AFTER {
                self.start_draining(thresholds);
            } else {
                self.step_up(queue, thresholds);
            }
        }
    }

    /// Grows by an eighth while there is no queue, and then half the way to the target: the effect
    /// of a step shows only a round trip later.
    fn step_up(&mut self, queue: Duration, thresholds: &Thresholds) {
        let mut step = self.window / 8;
        if queue > thresholds.target / 8 {
            let room = thresholds.target.saturating_sub(queue) / 2;
            step = step.min(self.delivery_rate().bytes_in(room).0);
        }
        self.window = (self.window + step.max(MIN_STEP)).min(MAX_WINDOW);
    }

    /// Lowers the window to what the path delivers in its base time plus half the target.
    fn cut(&mut self, now: Timestamp, queue: Duration, thresholds: &Thresholds) {
        let is_news = self.round.is_newer_than(self.cut_at);
        let held = thresholds.base + thresholds.target / 2;
        let rate = self.round.best_rate().unwrap_or(self.delivery_rate());
        // Acknowledgements of what left before the last cut say nothing new about the window, but
        // they may have found a lower rate.
        let most = if is_news {
            self.window - self.window / 10
        } else {
            self.window
        };
        let wanted = rate.bytes_in(held).0.max(self.window / 2).min(most);
        let lowered = wanted.max(thresholds.floor(queue)).min(self.window);
        if lowered < self.window {
            self.window = lowered;
            self.cut_at = now;
            self.stuck_rounds = 0;
        } else if is_news && queue > thresholds.target {
            self.suspect_base(now);
        }
    }

    /// Hardly anything is in flight and the delay stays: it is not our queue. The path has become
    /// longer, others fill the queue, or the peer is slow to answer.
    fn suspect_base(&mut self, now: Timestamp) {
        self.stuck_rounds += 1;
        if self.stuck_rounds >= STUCK_ROUNDS {
            self.stuck_rounds = 0;
            self.base.restart(now, self.round.min_rtt());
        }
    }

    fn start_draining(&mut self, thresholds: &Thresholds) {
        let empty = self.delivery_rate().bytes_in(thresholds.base).0;
        self.phase = Phase::Draining {
            resume: self.window,
            rounds_left: DRAIN_ROUNDS,
        };
        self.window = (empty - empty / 4).max(MIN_WINDOW).min(self.window);
    }

    fn drain(&mut self, now: Timestamp, resume: u64, rounds_left: u32) {
        if rounds_left > 1 {
            self.phase = Phase::Draining {
                resume,
                rounds_left: rounds_left - 1,
            };
        } else {
            self.phase = Phase::Steady;
            self.window = resume;
            self.base_seen_at = now;
            self.cut_at = now;
        }
    }
}
