//! What follows from a round: steps up, cuts, draining.

use core::time::Duration;

use super::{DRAIN_ROUNDS, MAX_WINDOW, Phase, WindowController};
use crate::rate::capacity::Capacity;
use crate::rate::thresholds::{LAN_BASE, LAN_WINDOW, MIN_WINDOW, Thresholds};
use crate::units::{Bitrate, ByteCount, Timestamp};

/// Smallest step up: one packet.
const MIN_STEP: u64 = 1200;

/// How much the window grows for each byte acknowledged while the capacity is unknown: bytes up to
/// what a burst showed the path to hold, where no burst told, and beyond. The effect shows only a
/// round trip later, so each is what the path's queue may get too much meanwhile.
const START_SURE: u64 = 2;
const START_UNSURE: u64 = 1;
const START_BEYOND_DIVISOR: u64 = 4;

impl WindowController {
    /// Grows for an acknowledgement while the path's capacity is unknown, and only as long as there is
    /// no queue.
    pub(super) fn start_up(&mut self, now: Timestamp, sent: Timestamp, bytes: ByteCount) {
        self.train.on_ack(now, sent, bytes);
        if self.streak.is_running() {
            return;
        }
        let base = self.base.get().unwrap_or(now.since(sent));
        let is_far = base >= LAN_BASE;
        if !is_far {
            self.window = self.window.max(LAN_WINDOW);
        }
        let shown = self.train.rate().filter(|_| is_far);
        let held = shown.map(|rate| rate.bytes_in(base).0);
        let step = match held {
            // What is made to fit, like video, leaves some of the window free.
            Some(held) if self.window < held && self.round_used_half() => {
                (bytes.0 * START_SURE).min(held - self.window)
            }
            _ if !self.round_used_window() => return,
            Some(_) => bytes.0 / START_BEYOND_DIVISOR,
            None => bytes.0 * START_UNSURE,
        };
        let most = self.full.map_or(MAX_WINDOW, |full| full.fills().0);
        self.window = (self.window + step).min(most.max(self.window));
    }

    /// Whether the path is known to be as full as before, although more was tried: more was in flight
    /// than it holds and it did not deliver more, or what was tried made a queue. What comes in
    /// bursts, like video, makes one that is gone before the next.
    pub(super) fn still_full(&mut self, now: Timestamp, thresholds: &Thresholds) -> bool {
        let Some(rate) = self.round.best_rate() else {
            return false;
        };
        let shown = || Some(self.shown_by_burst()?.at_least(self.delivery_rate()));
        let Some(full) = self.full.or_else(shown) else {
            return false;
        };
        if full.is_outdated_by(rate) {
            return false;
        }
        let (base, longest) = (thresholds.base, self.round.max_rtt());
        // What usually holds up packets would look like a queue, too.
        let calm = self.queue.is_calm() && self.hold_up < thresholds.in_vain();
        let tried = calm && full.tries_more(now);
        let in_vain = tried && longest > base + thresholds.in_vain();
        // Where delays vary by themselves, only what most packets had is a queue's.
        let usual = self.round.median_rtt().filter(|_| !calm);
        let delay = usual.unwrap_or(longest);
        if !in_vain && !full.is_overrun_by(self.round.peak(), delay, base) {
            return false;
        }
        let full = if calm {
            full.confirmed(now)
        } else {
            full.renewed(now)
        };
        self.window = self.window.min(full.fills().0.max(MIN_WINDOW));
        self.full = Some(full);
        self.phase = Phase::Steady;
        true
    }

    /// What a burst showed of a path that was never full. On a LAN it shows how busy the machines are.
    pub(super) fn shown_by_burst(&self) -> Option<Capacity> {
        let base = self.base.get().filter(|&base| base >= LAN_BASE)?;
        let held = Thresholds::new(base, self.queue.variation()).held(self.hold_up);
        let rate = self.train.rate()?;
        Some(Capacity::shown(self.train.seen_at(), rate, held))
    }

    /// Grows by an eighth while there is no queue, and then half the way to the target: the effect
    /// of a step shows only a round trip later.
    pub(super) fn step_up(&mut self, now: Timestamp, queue: Duration, thresholds: &Thresholds) {
        let rate = self.delivery_rate();
        let mut step = self.window / 8;
        if queue > thresholds.target / 8 {
            let room = thresholds.target.saturating_sub(queue) / 2;
            step = step.min(rate.bytes_in(room).0);
        }
        let full = self.full.filter(|full| !full.is_outdated_by(rate));
        if full.is_some() {
            step = step.min(self.window / 16);
        }
        let most = full.and_then(|full| full.window(now));
        let most = most.map_or(MAX_WINDOW, |most| most.0.max(self.window));
        self.window = (self.window + step.max(MIN_STEP)).min(most);
    }

    /// Lowers the window to what the path delivers in its base time plus half the target.
    pub(super) fn cut(&mut self, now: Timestamp, queue: Duration, thresholds: &Thresholds) {
        let is_news = self.round.is_newer_than(self.cut_at);
        let rtt = thresholds.base + queue;
        let rate = self.round.best_rate().unwrap_or(self.delivery_rate());
        if is_news && self.unanswered.judge(rtt, queue > thresholds.target) {
            self.believe_longer_path(now);
            return;
        }
        // Acknowledgements of what left before the last cut say nothing new about the window, but
        // they may have found a lower rate.
        let most = if is_news {
            self.window - self.window / 10
        } else {
            self.window
        };
        let held = thresholds.held(self.hold_up);
        // What was in flight at once came through in the longest of the round's times: where little
        // was sent so far, that says more than the estimate.
        let came_through = Bitrate::of(self.round.peak(), self.round.max_rtt());
        let capacity = self.delivery_rate().max(came_through);
        self.full = Some(Capacity::new(now, capacity, held));
        let wanted = rate.bytes_in(held).0.max(self.window / 2).min(most);
        let is_ours = self.window <= MIN_WINDOW && self.unanswered.is_clear();
        let floor = thresholds.floor(queue, capacity, is_ours);
        let lowered = wanted.max(floor).min(self.window);
        if lowered <= 2 * MIN_WINDOW && queue > thresholds.target && self.unanswered.starve(now) {
            self.believe_longer_path(now);
            return;
        }
        if lowered < self.window || is_news {
            let drop = ByteCount(self.window - lowered).time_at(rate);
            self.unanswered.note(self.window, rtt, drop);
            self.window = lowered;
            self.cut_at = now;
        }
    }

    /// Less and less was in flight and the delay stayed: it is not our queue. The path has become
    /// longer, others fill the queue, or the peer is slow to answer.
    fn believe_longer_path(&mut self, now: Timestamp) {
        self.window = self.unanswered.window_before().unwrap_or(self.window);
        self.unanswered.clear();
        self.full = None;
        self.base.restart(now, self.round.min_rtt());
        self.cut_at = now;
    }

    pub(super) fn start_draining(&mut self, thresholds: &Thresholds) {
        let empty = self.delivery_rate().bytes_in(thresholds.base).0;
        self.phase = Phase::Draining {
            resume: self.window,
            rounds_left: DRAIN_ROUNDS,
        };
        self.window = (empty - empty / 4).max(MIN_WINDOW).min(self.window);
    }

    pub(super) fn drain(&mut self, now: Timestamp, resume: u64, rounds_left: u32) {
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
