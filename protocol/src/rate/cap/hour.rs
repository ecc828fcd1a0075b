//! What left in the last hour, minute by minute.

use core::time::Duration;

use crate::units::{Bitrate, ByteCount, Timestamp};

const MINUTE: Duration = Duration::from_secs(60);

/// Any hour lies within so many minutes of the clock.
const MINUTES: usize = 61;

/// The part of the cap that is spent as fast as one likes: most hours stay below it.
const FREE_PERCENT: u64 = 50;

/// The rest is spent at so many times the rate at which it would last an hour. At two or more it is
/// nearly used up when the first of it comes back; at three what is left by then still carries keys.
const HASTE: u64 = 3;

#[derive(Clone, Debug)]
pub(super) struct Hour {
    cap: u64,
    /// What left in the current minute, then in each before it.
    minutes: [u64; MINUTES],
    /// Number of the current minute.
    minute: u64,
    spent: u64,
}

impl Hour {
    pub(super) const fn new(cap: ByteCount) -> Self {
        Self {
            cap: cap.0,
            minutes: [0; MINUTES],
            minute: 0,
            spent: 0,
        }
    }

    pub(super) fn left(&mut self, now: Timestamp, bytes: ByteCount) {
        let passed = minute_of(now).saturating_sub(self.minute);
        let passed = usize::try_from(passed).unwrap_or(MINUTES).min(MINUTES);
        self.minutes.rotate_right(passed % MINUTES);
        self.minutes[..passed].fill(0);
        self.minute = self.minute.max(minute_of(now));
        self.minutes[0] += bytes.0;
        self.spent = self.minutes.iter().sum();
    }

    /// What may be sent in the long run; `None` as long as one is free to.
    pub(super) fn rate(&self, now: Timestamp) -> Option<Bitrate> {
        let rest = self.cap.saturating_sub(self.spent_at(now));
        if rest > self.cap / 100 * (100 - FREE_PERCENT) {
            return None;
        }
        let rate = Bitrate::of(ByteCount(rest), MINUTE * 60);
        Some(Bitrate((rate.0 * HASTE).max(1)))
    }

    /// When `bytes` still fit.
    pub(super) fn ready_at(&self, now: Timestamp, bytes: ByteCount) -> Timestamp {
        if self.spent_at(now) + bytes.0 <= self.cap {
            return now;
        }
        Timestamp::at(MINUTE.saturating_mul(minute_of(now) as u32 + 1))
    }

    /// What left within the hour, and a little more.
    fn spent_at(&self, now: Timestamp) -> u64 {
        let passed = minute_of(now).saturating_sub(self.minute);
        if passed == 0 {
            return self.spent;
        }
        let kept = MINUTES.saturating_sub(usize::try_from(passed).unwrap_or(MINUTES));
        self.minutes[..kept].iter().sum()
    }
}

const fn minute_of(now: Timestamp) -> u64 {
    now.0 / MINUTE.as_micros() as u64
}
