//! How fast what can wait leaves: contents of clipboards and files.
//!
//! Priorities keep it behind frames inside the connection. What is left of its cost is what lies between:
//! a burst of it in a link's queue, or one that has used up what a [cap](super::cap) lets through, and the
//! processors of both machines, which a fast link lets it keep busy. So it leaves in small pieces and at
//! less than the path's rate where that is known; while somebody works also no faster than a small machine
//! handles aside, and with room in the window for a frame. It uses all of the rest: on a path of which
//! little else is asked, what the path carries is learnt from it alone. LEDBAT (RFC 6817) yields in the
//! same spirit; here what it has to yield to is known and need not be guessed from delays.

use core::time::Duration;

use crate::units::{Bitrate, ByteCount, Timestamp};

/// What it takes of a rate that is known: the rest is enough for queues to become empty between pieces.
const SHARE: (u64, u64) = (3, 4);

/// Its rate while somebody works, on a path that could carry more: a tenth of a small machine.
const ASIDE: Bitrate = Bitrate::mbps(100);

/// A piece is what leaves in this time: what a frame may have to wait for in a queue.
const PIECE: Duration = Duration::from_millis(1);

/// The smallest and the largest piece: two packets, and what is compressed at once.
const PIECES: [u64; 2] = [2400, 16 << 10];

/// What may be on its way while somebody works. A window of which no more is used does not grow.
const AHEAD_AT_WORK: (u64, u64) = (7, 8);

/// And while nobody does, in windows: what was taken is told later than what arrived.
const AHEAD_ALONE: u64 = 2;

/// Somebody works who did something, or was shown something, within this time.
const AT_WORK: Duration = Duration::from_secs(1);

/// What of a path matters for what can wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Foreground {
    /// What may be sent whatever the path could carry, if there is such a limit.
    pub limit: Option<Bitrate>,
    /// What may be sent in the long run; `None` if that is not known.
    pub capacity: Option<Bitrate>,
    /// When somebody last worked; `None` if nobody ever did.
    pub worked_at: Option<Timestamp>,
}

impl Foreground {
    /// How fast what can wait may leave at `now`; `None`: as fast as the window lets it.
    #[must_use]
    pub fn leaves(&self, now: Timestamp) -> Option<Bitrate> {
        let share = |rate: Bitrate| Bitrate(rate.0 / SHARE.1 * SHARE.0);
        let known = [self.limit, self.capacity].into_iter().flatten().map(share);
        known.chain(self.is_at_work(now).then_some(ASIDE)).min()
    }

    /// Bytes of what can wait that may be on their way at `now` and not taken by the peer yet, over a
    /// path with this congestion window.
    #[must_use]
    pub fn ahead(&self, window: ByteCount, now: Timestamp) -> ByteCount {
        let (share, of) = AHEAD_AT_WORK;
        ByteCount(match self.is_at_work(now) {
            true => window.0 / of * share,
            false => window.0.saturating_mul(AHEAD_ALONE),
        })
    }

    fn is_at_work(&self, now: Timestamp) -> bool {
        self.worked_at.is_some_and(|at| now.since(at) < AT_WORK)
    }
}

/// Spaces the pieces of all that can wait on one connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct Background {
    /// When the last piece will have left at the rate of then.
    free_at: Timestamp,
}

impl Background {
    /// Bytes of the largest piece to hand over at once.
    #[must_use]
    pub fn piece(foreground: &Foreground, now: Timestamp) -> usize {
        let [least, most] = PIECES;
        let rate = foreground.leaves(now);
        rate.map_or(most, |rate| rate.bytes_in(PIECE).0.clamp(least, most)) as usize
    }

    /// When a piece of `bytes` may be handed over, which is done then.
    pub fn admit(&mut self, foreground: &Foreground, bytes: usize, now: Timestamp) -> Timestamp {
        let at = self.free_at.max(now);
        let rate = foreground.leaves(now);
        let takes = rate.map(|rate| ByteCount(bytes as u64).time_at(rate));
        self.free_at = takes.map_or(now, |takes| at.after(takes));
        match rate {
            Some(_) => at,
            None => now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(10_000_000);

    /// What leaves in a second, in pieces of the largest size.
    fn in_a_second(foreground: &Foreground) -> u64 {
        let (mut background, mut now, mut sum) = (Background::default(), NOW, 0);
        let piece = Background::piece(foreground, NOW);
        loop {
            now = background.admit(foreground, piece, now);
            if now.since(NOW) >= Duration::from_secs(1) {
                return sum;
            }
            sum += piece as u64;
        }
    }

    #[test]
    fn a_limit_is_not_used_up() {
        let limited = Foreground {
            limit: Some(Bitrate::mbps(5)),
            ..Foreground::default()
        };
        assert_eq!(Background::piece(&limited, NOW), 2400);
        let most = Bitrate::mbps(5).bytes_in(Duration::from_secs(1)).0;
        assert!((most * 7 / 10..most * 8 / 10).contains(&in_a_second(&limited)));
    }

    #[test]
    fn the_lower_of_limit_and_capacity_counts() {
        let both = Foreground {
            limit: Some(Bitrate::mbps(8)),
            capacity: Some(Bitrate::mbps(4)),
            worked_at: None,
        };
        assert_eq!(both.leaves(NOW), Some(Bitrate::mbps(3)));
    }

    #[test]
    fn a_window_is_used_up_only_while_nobody_works() {
        let (window, now) = (ByteCount(16_000), NOW.after(AT_WORK));
        let path = |worked_at| Foreground {
            worked_at,
            ..Foreground::default()
        };
        assert_eq!(path(Some(now)).ahead(window, now), ByteCount(14_000));
        assert_eq!(path(Some(NOW)).ahead(window, now), ByteCount(32_000));
        assert_eq!(path(None).ahead(window, now), ByteCount(32_000));
    }

    #[test]
    fn nobody_at_work_is_not_waited_for() {
        let path = |worked_at| Foreground {
            worked_at: Some(worked_at),
            ..Foreground::default()
        };
        let now = NOW.after(AT_WORK);
        assert_eq!(path(NOW).leaves(now), None);
        assert_eq!(path(now).leaves(now), Some(ASIDE));
        let mut background = Background::default();
        background.admit(&path(now), 1 << 20, now);
        let later = now.after(AT_WORK);
        assert_eq!(background.admit(&path(now), 1 << 20, later), later);
        assert_eq!(background.admit(&path(now), 1 << 20, later), later);
    }
}
