//! The path's capacity, as far as it is known.

use core::time::Duration;

use crate::units::{Bitrate, ByteCount, Timestamp, micros};

/// Time after a queue was seen for which the path is taken to be as fast as it was then.
const CAUTION: Duration = Duration::from_secs(3);

/// By how many percent a second more is tried after that, and when it may be doubled each second:
/// what can be sent at will, like video, would fill any queue before that is seen.
const PERCENT_PER_SECOND: u64 = 10;
const IMPATIENT_AFTER: Duration = Duration::from_secs(6);

/// What is sent varies from round to round, and the highest rate seen is a little below the
/// capacity.
const HEADROOM_PERCENT: u64 = 115;

/// Time for which a capacity is believed without another queue that stands.
const BELIEVED: Duration = Duration::from_secs(4);

/// A path that delivers so much more than when it was full has become faster.
const FASTER_PERCENT: u64 = 120;
/// With so much more in flight than fills the path, one that is faster shows it.
const OVERRUN_PERCENT: u64 = 130;

/// What was seen when the capacity was last used up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Capacity {
    /// When a standing queue was seen.
    found: Timestamp,
    /// When it was last confirmed.
    at: Timestamp,
    rate: Bitrate,
    held: Duration,
}

impl Capacity {
    /// A queue stands while the path delivers `rate`; it holds bytes for the time `held`.
    pub(super) const fn new(at: Timestamp, rate: Bitrate, held: Duration) -> Self {
        Self {
            found: at,
            at,
            rate,
            held,
        }
    }

    /// A burst showed `rate`, and no queue stands: more may be tried at once.
    pub(super) fn shown(at: Timestamp, rate: Bitrate, held: Duration) -> Self {
        let long_ago = Timestamp(at.0.saturating_sub(micros(CAUTION)));
        Self::new(long_ago, rate, held)
    }

    /// The same, but no less than the path `delivered`.
    pub(super) fn at_least(self, delivered: Bitrate) -> Self {
        let rate = self.rate.max(delivered);
        Self { rate, ..self }
    }

    /// The same, confirmed: what was tried beyond it was in vain.
    pub(super) const fn confirmed(self, at: Timestamp) -> Self {
        Self { at, ..self }
    }

    /// Whether more than what was seen is allowed by now.
    pub(super) fn tries_more(&self, now: Timestamp) -> bool {
        now.since(self.at) >= CAUTION
    }

    /// The same, confirmed on a path whose delay varies. Now and then it is taken to be higher, and only another standing queue
    /// shows that it is not: where delays vary, what was taken for a queue and for a rate may have
    /// been neither.
    pub(super) fn renewed(self, at: Timestamp) -> Self {
        if at.since(self.found) < BELIEVED {
            return Self { at, ..self };
        }
        Self::new(at, Bitrate(self.rate.0 / 4 * 5), self.held)
    }

    /// Whether a delivery rate shows that the path has become faster.
    pub(super) const fn is_outdated_by(&self, rate: Bitrate) -> bool {
        rate.0 > self.rate.0 / 100 * FASTER_PERCENT
    }

    /// Whether a round with so much in flight at once and so long a delay shows that the capacity is
    /// still the same: a faster path would have [delivered more](Self::is_outdated_by), or at least
    /// not have made a queue of it.
    pub(super) fn is_overrun_by(&self, peak: ByteCount, delay: Duration, base: Duration) -> bool {
        let queue = peak.time_at(self.rate).saturating_sub(base);
        peak.0 > self.fills().0 / 100 * OVERRUN_PERCENT && delay >= base + queue / 2
    }

    /// The window at which the path is full and its queue short.
    pub(super) fn fills(&self) -> ByteCount {
        self.rate.bytes_in(self.held)
    }

    /// What may be sent in the long run, as far as is known at `now`.
    pub(super) fn rate(&self, now: Timestamp) -> Bitrate {
        let sure = self.rate.0 / 100 * HEADROOM_PERCENT;
        let later = now.since(self.at).saturating_sub(CAUTION);
        let tried = later.as_millis().min(60_000) as u64 * PERCENT_PER_SECOND / 1000;
        let doubled = later.saturating_sub(IMPATIENT_AFTER).as_secs().min(30);
        let rate = sure.saturating_add(sure / 100 * tried);
        Bitrate(rate.saturating_mul(1 << doubled))
    }

    /// What the window should not exceed yet, if it should not.
    pub(super) fn window(&self, now: Timestamp) -> Option<ByteCount> {
        (now.since(self.at) < CAUTION).then(|| self.fills())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_is_tried_slowly_and_then_fast() {
        let capacity = Capacity::new(Timestamp(0), Bitrate::mbps(2), Duration::from_millis(50));
        let after = |seconds: u64| capacity.rate(Timestamp(seconds * 1_000_000)).0 / 1000;
        assert_eq!(after(0), 2300);
        assert_eq!(after(3), 2300);
        assert_eq!(after(5), 2760);
        assert!(after(14) > 50_000, "{}", after(14));
        assert!(capacity.rate(Timestamp(u64::MAX)) > Bitrate::mbps(1000));
        assert!(!capacity.is_outdated_by(Bitrate::kbps(2400)));
        assert!(capacity.is_outdated_by(Bitrate::kbps(2600)));
    }
}
