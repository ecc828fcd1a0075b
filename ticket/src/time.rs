//! Moments and lifetimes, in whole seconds.

use std::fmt;

/// Seconds since 1970-01-01 00:00 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixSeconds(pub u64);

impl UnixSeconds {
    /// So many seconds later.
    #[must_use]
    pub const fn plus(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Seconds since `earlier`; `None` if that is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Option<u64> {
        self.0.checked_sub(earlier.0)
    }
}

impl fmt::Display for UnixSeconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How long a ticket admits, in seconds: never shorter than [`SHORTEST`](Self::SHORTEST), for a Pi on
/// a bad network needs some tries, and never longer than [`LONGEST`](Self::LONGEST).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime(u64);

impl Lifetime {
    /// 15 seconds.
    pub const SHORTEST: Self = Self(15);
    /// 60 seconds.
    pub const LONGEST: Self = Self(60);
    /// What is given unless somebody asks for something else: 30 seconds.
    pub const USUAL: Self = Self(30);

    /// The lifetime closest to so many seconds.
    #[must_use]
    pub fn clamped(seconds: u64) -> Self {
        Self(seconds.clamp(Self::SHORTEST.0, Self::LONGEST.0))
    }

    /// In seconds.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0
    }

    /// Whether this many seconds are a lifetime that a ticket may have.
    pub(crate) fn allows(seconds: u64) -> bool {
        (Self::SHORTEST.0..=Self::LONGEST.0).contains(&seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_between_its_bounds() {
        let lifetimes = [0, 14, 15, 30, 60, 61, u64::MAX].map(|s| Lifetime::clamped(s).seconds());
        assert_eq!(lifetimes, [15, 15, 15, 30, 60, 60, 60]);
    }
}
