//! Quantities with their unit in the type.

use core::time::Duration;

/// Microseconds since an epoch that the caller chose, usually the start of its process.
///
/// Two timestamps may be compared only when they come from the same end of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// The timestamp so long after the epoch.
    #[must_use]
    pub fn at(since_epoch: Duration) -> Self {
        Self(micros(since_epoch))
    }

    /// Time from `earlier` to `self`; zero if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }

    /// This timestamp moved into the future by `delay`.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        Self(self.0.saturating_add(micros(delay)))
    }
}

/// The whole microseconds of a duration, or the most that a number holds.
#[must_use]
pub fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteCount(pub u64);

impl ByteCount {
    /// `n` times 1024 bytes.
    #[must_use]
    pub const fn kib(n: u64) -> Self {
        Self(n * 1024)
    }

    /// `self - other`, or zero.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// Time these bytes take at `rate`; [`Duration::MAX`] at a rate of zero.
    #[must_use]
    pub fn time_at(self, rate: Bitrate) -> Duration {
        if rate.0 == 0 {
            return Duration::MAX;
        }
        let micros = u128::from(self.0) * 8_000_000 / u128::from(rate.0);
        Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }
}

/// Bits per second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bitrate(pub u64);

impl Bitrate {
    /// `n` thousand bits per second.
    #[must_use]
    pub const fn kbps(n: u64) -> Self {
        Self(n * 1000)
    }

    /// `n` million bits per second.
    #[must_use]
    pub const fn mbps(n: u64) -> Self {
        Self(n * 1_000_000)
    }

    /// Bytes that this rate carries in `time`.
    #[must_use]
    pub fn bytes_in(self, time: Duration) -> ByteCount {
        let bytes = u128::from(self.0) * time.as_micros() / 8_000_000;
        ByteCount(u64::try_from(bytes).unwrap_or(u64::MAX))
    }

    /// The rate that carries `bytes` in `time`; zero for no time at all.
    #[must_use]
    pub fn of(bytes: ByteCount, time: Duration) -> Self {
        let micros = time.as_micros();
        if micros == 0 {
            return Self(0);
        }
        Self(u64::try_from(u128::from(bytes.0) * 8_000_000 / micros).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_and_time_are_inverse() {
        let bytes = ByteCount::kib(1000);
        let time = bytes.time_at(Bitrate::mbps(8));
        assert_eq!(time, Duration::from_micros(1_024_000));
        assert_eq!(Bitrate::mbps(8).bytes_in(time), bytes);
        assert_eq!(Bitrate::of(bytes, time), Bitrate::mbps(8));
    }

    #[test]
    fn a_rate_of_zero_never_arrives() {
        assert_eq!(ByteCount(1).time_at(Bitrate(0)), Duration::MAX);
    }
}
