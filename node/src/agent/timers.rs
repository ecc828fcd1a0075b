//! When a session ends by itself, and why. Input keeps it, traffic does not.

use hackstream_control_api::policy::Timers;
use hackstream_control_api::session::StopCause;
use hackstream_control_api::time::{Seconds, UnixMillis};

/// What is known of the people at a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presence {
    /// Viewers that are connected now.
    pub viewers: u32,
    /// When somebody last did something.
    pub last_input: Option<UnixMillis>,
    /// When a viewer was last connected.
    pub last_viewer: Option<UnixMillis>,
}

/// When a session that was ready at `ready` ends by itself unless something changes, and why: the
/// earliest of its timers. `None` if it has none, or waits warm for an owner.
#[must_use]
pub fn stops_at(
    timers: &Timers,
    ready: UnixMillis,
    presence: &Presence,
) -> Option<(UnixMillis, StopCause)> {
    let after = |span: Seconds, from: UnixMillis| (span.0 > 0).then(|| from.plus(span));
    // Whoever just came is there, although they did nothing yet.
    let input = presence.last_input.unwrap_or(ready).max(ready);
    let absent = presence.last_viewer.unwrap_or(ready).max(ready);
    let by_people = if presence.viewers > 0 {
        after(timers.idle, input).map(|at| (at, StopCause::Idle))
    } else {
        after(timers.disconnect, absent).map(|at| (at, StopCause::Disconnected))
    };
    let in_any_case = after(timers.max_duration, ready).map(|at| (at, StopCause::MaxDuration));
    by_people
        .into_iter()
        .chain(in_any_case)
        .min_by_key(|(at, _)| *at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const READY: UnixMillis = UnixMillis(1_000_000);

    fn timers(idle: u64, disconnect: u64, max_duration: u64) -> Timers {
        Timers {
            idle: Seconds(idle),
            disconnect: Seconds(disconnect),
            max_duration: Seconds(max_duration),
        }
    }

    const fn presence(viewers: u32, input: Option<u64>, viewer: Option<u64>) -> Presence {
        const fn at(seconds: Option<u64>) -> Option<UnixMillis> {
            match seconds {
                Some(seconds) => Some(UnixMillis(READY.0 + 1000 * seconds)),
                None => None,
            }
        }
        Presence {
            viewers,
            last_input: at(input),
            last_viewer: at(viewer),
        }
    }

    fn after(timers: &Timers, presence: &Presence) -> Option<(u64, StopCause)> {
        let ends = stops_at(timers, READY, presence);
        ends.map(|(at, cause)| ((at.0 - READY.0) / 1000, cause))
    }

    #[test]
    fn the_earliest_timer_counts_and_says_why() {
        let all = timers(60, 30, 1000);
        assert_eq!(
            after(&all, &presence(1, Some(100), None)),
            Some((160, StopCause::Idle))
        );
        assert_eq!(
            after(&all, &presence(0, Some(100), Some(110))),
            Some((140, StopCause::Disconnected))
        );
        assert_eq!(
            after(&all, &presence(1, Some(980), None)),
            Some((1000, StopCause::MaxDuration))
        );
        // Nobody came.
        assert_eq!(
            after(&all, &presence(0, None, None)),
            Some((30, StopCause::Disconnected))
        );
        assert_eq!(after(&timers(0, 0, 0), &presence(0, None, None)), None);
    }

    proptest! {
        /// Who does something never shortens the session's life.
        #[test]
        fn input_only_ever_helps(idle in 1u64..5000, most in 0u64..5000, earlier in 0u64..1000, later in 0u64..1000) {
            let all = timers(idle, 7, most);
            let (earlier, later) = (earlier.min(later), earlier.max(later));
            let end = |input| after(&all, &presence(1, Some(input), None)).unwrap().0;
            prop_assert!(end(earlier) <= end(later));
        }
    }
}
