//! The controller: what it hears, and when it decides. What it does then is in [`steps`].

mod steps;

use core::time::Duration;

use super::capacity::Capacity;
use super::losses::Losses;
use super::queue::StandingQueue;
use super::streak::Streak;
use super::thresholds::{HEAVY_LOSS_PER_MILLE, MIN_WINDOW, Thresholds};
use super::train::Train;
use super::unanswered::Unanswered;
use super::{BaseRtt, DeliveryEstimator, Round, Sample};
use crate::units::{Bitrate, ByteCount, Timestamp};

/// Window of a path of which nothing is known yet: a burst that shows its capacity, and a little
/// more. A phone's 3 Mbit/s takes it in 45 ms.
const INITIAL_WINDOW: u64 = 16 * 1024;
/// Window after everything was lost for a while.
const RESTART_WINDOW: u64 = 16 * 1024;
/// Largest window; bounds what a peer that acknowledges eagerly can make us hold.
const MAX_WINDOW: u64 = 16 << 20;
/// With less than this in flight a round says nothing about the window.
const TELLING_FLIGHT: u64 = 16 * 1024;
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
    /// The path's capacity is unknown: the window grows quickly in each round that uses it.
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
    /// Cuts after which the delay stayed.
    unanswered: Unanswered,
    streak: Streak,
    train: Train,
    losses: Losses,
    queue: StandingQueue,
    /// By how much packets usually exceed the base while there is no queue.
    hold_up: Duration,
    /// What was seen when the path's capacity was last used up.
    full: Option<Capacity>,
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
            unanswered: Unanswered::default(),
            streak: Streak::default(),
            train: Train::default(),
            losses: Losses::default(),
            queue: StandingQueue::default(),
            hold_up: Duration::ZERO,
            full: None,
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

    /// What may be sent in the long run: what the path delivered when it was full, or what a burst
    /// showed as long as it never was, and more by and by. `None` if neither is known, or if more got
    /// through since.
    #[must_use]
    pub fn capacity(&self, now: Timestamp) -> Option<Bitrate> {
        let full = self.full.or_else(|| self.shown_by_burst())?;
        (!full.is_outdated_by(self.delivery_rate())).then(|| full.rate(now))
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
        if self.phase == Phase::SlowStart {
            self.start_up(now, sent, bytes);
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
        let thresholds = Thresholds::new(base, self.queue.variation());
        let bound = match self.phase {
            Phase::SlowStart => thresholds.slow_start_ends,
            Phase::Steady | Phase::Draining { .. } => thresholds.urgent,
        };
        self.streak
            .record(now, sample.rtt.saturating_sub(base), bound);
        self.decide(now, &thresholds);
    }

    /// `bytes` were found to be lost.
    pub fn on_loss(&mut self, now: Timestamp, bytes: ByteCount, pattern: LossPattern) {
        self.in_flight = self.in_flight.saturating_sub(bytes.0);
        self.round.on_loss(bytes);
        if let Some(full) = self.full.filter(|_| bytes.0 * 2 >= self.window) {
            // After a gap all of the window is sent again at once, and not as it came about.
            self.window = self.window.min(full.fills().0.max(MIN_WINDOW));
        }
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

    /// Whether the round filled at least 3/4 of the window; the rest is what a sender leaves
    /// free whose next frame does not fit.
    fn round_used_window(&self) -> bool {
        self.round.peak().0 * 4 >= self.window * 3
    }

    fn round_used_half(&self) -> bool {
        self.round.peak().0 * 2 >= self.window
    }

    fn decide(&mut self, now: Timestamp, thresholds: &Thresholds) {
        let patience = match self.phase {
            Phase::SlowStart => thresholds.slow_start_ends / 2,
            Phase::Steady | Phase::Draining { .. } => thresholds.patience(),
        };
        let stands = self.streak.lasted(now, patience);
        let urgent = stands.filter(|_| !matches!(self.phase, Phase::Draining { .. }));
        if !self.round.is_over() && urgent.is_none() {
            return;
        }
        // The shortest of a round: what holds up packets one by one is no queue.
        let of_round = self.round.min_rtt().saturating_sub(thresholds.base);
        let queue = urgent.unwrap_or(of_round);
        self.queue.record(queue);
        self.learn_rate(queue, thresholds);
        match self.phase {
            Phase::Draining {
                resume,
                rounds_left,
            } => self.drain(now, resume, rounds_left),
            Phase::SlowStart | Phase::Steady => self.adjust(now, queue, thresholds),
        }
        self.streak = Streak::default();
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
        let stands = queue > thresholds.urgent || self.queue.standing() > thresholds.target;
        let share = self.losses.add(&self.round);
        let loses = share.is_some_and(|share| share > HEAVY_LOSS_PER_MILLE);
        if stands || loses || self.round.marked() {
            self.phase = Phase::Steady;
            self.cut(now, queue, thresholds);
            return;
        }
        if queue <= thresholds.target {
            self.unanswered.clear();
        }
        if queue <= thresholds.target / 2 {
            let rtt = self.round.median_rtt().unwrap_or(thresholds.base);
            let spread = rtt.saturating_sub(self.round.min_rtt());
            self.hold_up = (self.hold_up * 7 + spread) / 8;
        }
        let used = self.phase == Phase::Steady && self.round_used_window() && self.round.is_over();
        if used && now.since(self.base_seen_at) > DRAIN_AFTER {
            self.start_draining(thresholds);
        } else if !self.still_full(now, thresholds) && used {
            self.step_up(now, queue, thresholds);
        }
    }
}
