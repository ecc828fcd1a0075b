//! When a session ends by itself, and why. Input keeps it, traffic does not.

use hackstream_control_api::policy::Timers;
use hackstream_control_api::session::StopCause;
use hackstream_control_api::time::Seconds;

use crate::clock::Uptime;

/// What is known of the people at a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Presence {
    /// Nothing yet: its server has not answered so far.
    #[default]
    Unknown,
    /// Somebody is connected.
    Watched {
        /// Since when, without a break.
        since: Uptime,
        /// When somebody last did something.
        last_input: Option<Uptime>,
    },
    /// Nobody is.
    Alone {
        /// Since when, as far as this agent knows.
        since: Uptime,
    },
}

/// When a session that was ready at `ready` ends by itself unless something changes, and why: the
/// earliest of its timers. `None` if it has none.
#[must_use]
pub fn stops_at(
    timers: &Timers,
    ready: Uptime,
    presence: &Presence,
) -> Option<(Uptime, StopCause)> {
    let after = |span: Seconds, from: Uptime| (span.0 > 0).then(|| from.max(ready) + span);
    let by_people = match *presence {
        Presence::Unknown => None,
        // Whoever just came, or came back, is there although they did nothing yet.
        Presence::Watched { since, last_input } => {
            let from = last_input.unwrap_or(since).max(since);
            after(timers.idle, from).map(|at| (at, StopCause::Idle))
        }
        Presence::Alone { since } => {
            after(timers.disconnect, since).map(|at| (at, StopCause::Disconnected))
        }
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

    const READY: Uptime = Uptime(1_000_000);

    fn timers(idle: u64, disconnect: u64, max_duration: u64) -> Timers {
        Timers {
            idle: Seconds(idle),
            disconnect: Seconds(disconnect),
            max_duration: Seconds(max_duration),
        }
    }

    /// So many seconds after it was ready.
    fn at(seconds: u64) -> Uptime {
        READY + Seconds(seconds)
    }

    fn watched(since: u64, input: Option<u64>) -> Presence {
        Presence::Watched {
            since: at(since),
            last_input: input.map(at),
        }
    }

    fn alone(since: u64) -> Presence {
        Presence::Alone { since: at(since) }
    }

    fn after(timers: &Timers, presence: &Presence) -> Option<(u64, StopCause)> {
        let ends = stops_at(timers, READY, presence);
        ends.map(|(at, cause)| ((at.0 - READY.0) / 1000, cause))
    }

    #[test]
    fn the_earliest_timer_counts_and_says_why() {
        let all = timers(60, 30, 1000);
        let idle = watched(0, Some(100));
        assert_eq!(after(&all, &idle), Some((160, StopCause::Idle)));
        let left = after(&all, &alone(110));
        assert_eq!(left, Some((140, StopCause::Disconnected)));
        let late = after(&all, &watched(0, Some(980)));
        assert_eq!(late, Some((1000, StopCause::MaxDuration)));
        // Nobody came.
        let unvisited = after(&all, &alone(0));
        assert_eq!(unvisited, Some((30, StopCause::Disconnected)));
        assert_eq!(after(&timers(0, 0, 0), &alone(0)), None);
    }

    #[test]
    fn who_comes_back_is_not_thrown_out_for_what_was_before() {
        let ends = after(&timers(60, 30, 10_000), &watched(500, Some(100)));
        assert_eq!(ends, Some((560, StopCause::Idle)));
    }

    #[test]
    fn of_whom_nothing_is_known_only_time_decides() {
        let ends = after(&timers(60, 30, 1000), &Presence::Unknown);
        assert_eq!(ends, Some((1000, StopCause::MaxDuration)));
    }

    proptest! {
        /// Who does something never shortens the session's life.
        #[test]
        fn input_only_ever_helps(idle in 1u64..5000, most in 0u64..5000, since in 0u64..1000,
            earlier in 0u64..1000, later in 0u64..1000) {
            let all = timers(idle, 7, most);
            let (earlier, later) = (earlier.min(later), earlier.max(later));
            let end = |input| after(&all, &watched(since, Some(input))).unwrap().0;
            prop_assert!(end(earlier) <= end(later));
        }
    }
}
