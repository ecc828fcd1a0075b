//! What repeating may cost.

use core::time::Duration;

use crate::units::{Bitrate, Timestamp};

/// Share of what the path carries that repeats may take, in percent.
const SHARE_PERCENT: u64 = 5;

/// Repeats take no more than this on any path: a key, its release and their echoes, ten times a
/// second. What the path carries is a guess as long as it was never full.
const MOST: Bitrate = Bitrate::kbps(128);

/// Bytes that may be repeated at once after a pause.
const MOST_SAVED: u64 = 4096;

/// Bytes that surround a datagram's contents on the way: IP, UDP and QUIC.
const AROUND: u64 = 64;

/// A token bucket of bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    /// In millionths of a byte, so that nothing is lost to rounding over short times.
    saved: u128,
    last: Timestamp,
}

/// Millionths in a whole.
const MILLION: u128 = 1_000_000;

impl Budget {
    /// A full one.
    pub(super) const fn new(now: Timestamp) -> Self {
        Self {
            saved: MOST_SAVED as u128 * MILLION,
            last: now,
        }
    }

    /// Takes the bytes of a datagram out, on a path that carries `rate`. False if there are too few.
    pub(super) fn take(&mut self, bytes: usize, rate: Bitrate, now: Timestamp) -> bool {
        let elapsed = now.since(self.last).min(Duration::from_secs(3600));
        self.last = self.last.max(now);
        let rate = (rate.0 / 100 * SHARE_PERCENT).min(MOST.0);
        // Bits in a second are bytes in eight microseconds' millionths.
        self.saved += u128::from(rate) * elapsed.as_micros() / 8;
        self.saved = self.saved.min(u128::from(MOST_SAVED) * MILLION);
        let cost = u128::from(bytes as u64 + AROUND) * MILLION;
        let rest = self.saved.checked_sub(cost);
        self.saved = rest.unwrap_or(self.saved);
        rest.is_some()
    }
}

/// Of a frame's bytes one in so many may be spent on its parities: one packet in four, and of a video
/// on a usual link, with ten packets in a picture, one in ten.
const ONE_IN: usize = 4;

/// Bytes of parities that may be saved up: some large updates' after a time of small ones.
const MOST_SHARE_SAVED: usize = 32 << 10;

/// A share of the bytes sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    saved: usize,
}

impl Default for Share {
    fn default() -> Self {
        Self {
            saved: MOST_SHARE_SAVED / 4,
        }
    }
}

impl Share {
    /// Adds what a frame of `bytes` earns and takes `cost` out. False if there is too little.
    pub(super) fn take(&mut self, bytes: usize, cost: usize) -> bool {
        self.saved = (self.saved + bytes / ONE_IN).min(MOST_SHARE_SAVED);
        let rest = self.saved.checked_sub(cost);
        self.saved = rest.unwrap_or(self.saved);
        rest.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_more_than_the_share_is_taken(
            rate in 0u64..1_000_000_000,
            steps in proptest::collection::vec((0usize..1500, 0u64..50_000), 1..500),
        ) {
            let mut budget = Budget::new(Timestamp(0));
            let (mut now, mut taken) = (0, 0);
            for (bytes, later) in steps {
                now += later;
                if budget.take(bytes, Bitrate(rate), Timestamp(now)) {
                    taken += bytes as u64 + AROUND;
                }
            }
            let share = Bitrate(rate / 100 * SHARE_PERCENT).min(MOST);
            let most = share.bytes_in(Duration::from_micros(now)).0;
            prop_assert!(taken <= most + MOST_SAVED + 1);
        }
    }

    #[test]
    fn typing_is_within_the_budget_of_a_thin_link() {
        let mut budget = Budget::new(Timestamp(0));
        // Ten keys a second, pressed and released.
        for event in 0..1000u64 {
            assert!(budget.take(10, Bitrate::kbps(600), Timestamp(event * 50_000)));
        }
    }
}
