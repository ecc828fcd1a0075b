//! When a session ends by itself, and why. Input keeps it, traffic does not; sound that somebody hears
//! does for a while, since who watches a film does nothing else.

use std::time::Duration;

use hackstream_control_api::policy::Timers;
use hackstream_control_api::session::StopCause;
use hackstream_control_api::time::Seconds;

use crate::clock::Uptime;

/// So long after the last input sound keeps a session: nobody listens to a page that was forgotten.
const SOUND_HOLDS: Seconds = Seconds::hours(2);

/// So long before an end for want of input viewers are told, unless its timer is short.
const IDLE_WARNING: Seconds = Seconds::minutes(1);

/// The same before the longest time is over: there is work to be saved.
const LAST_WARNING: Seconds = Seconds::minutes(5);

/// The part of a timer for which viewers may be warned at most.
const WARNED_PART: u64 = 4;

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
        /// When somebody last heard something.
        last_sound: Option<Uptime>,
    },
    /// Nobody is.
    Alone {
        /// Since when, as far as this agent knows.
        since: Uptime,
    },
}

/// What viewers are to know of their session's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Why it ends.
    pub cause: StopCause,
    /// So long from now.
    pub within: Seconds,
}

/// What viewers are to know at `now` of an end that is to come; `None` as long as it is far away.
#[must_use]
pub fn warning(timers: &Timers, end: Option<(Uptime, StopCause)>, now: Uptime) -> Option<Warning> {
    let (at, cause) = end?;
    (warned_from(timers, end?)? <= now).then_some(Warning {
        cause,
        within: Seconds(at.millis_since(now).div_ceil(1000)),
    })
}

/// From when on viewers are to know of this end; `None` if they are not.
#[must_use]
pub fn warned_from(timers: &Timers, (at, cause): (Uptime, StopCause)) -> Option<Uptime> {
    let (timer, before) = match cause {
        StopCause::Idle => (timers.idle, IDLE_WARNING),
        StopCause::MaxDuration => (timers.max_duration, LAST_WARNING),
        // Nobody is there who could read it.
        _ => return None,
    };
    let before = before.min(Seconds(timer.0 / WARNED_PART));
    Some(at.before(Duration::from_secs(before.0)))
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
        Presence::Watched {
            since,
            last_input,
            last_sound,
        } => {
            let input = last_input.unwrap_or(since).max(since);
            let sound = last_sound.map(|at| at.min(input + SOUND_HOLDS));
            after(timers.idle, sound.map_or(input, |sound| sound.max(input)))
                .map(|at| (at, StopCause::Idle))
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
        hearing(since, input, None)
    }

    fn hearing(since: u64, input: Option<u64>, sound: Option<u64>) -> Presence {
        Presence::Watched {
            since: at(since),
            last_input: input.map(at),
            last_sound: sound.map(at),
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
    fn sound_keeps_a_session_for_two_hours_and_no_longer() {
        let all = timers(60, 30, 100_000);
        let film = |sound| after(&all, &hearing(0, Some(100), Some(sound)));
        assert_eq!(film(50), Some((160, StopCause::Idle)));
        assert_eq!(film(500), Some((560, StopCause::Idle)));
        assert_eq!(film(7_299), Some((7_359, StopCause::Idle)));
        assert_eq!(film(9_000), Some((7_360, StopCause::Idle)));
    }

    #[test]
    fn viewers_are_warned_of_what_they_can_see() {
        let all = timers(1800, 900, 36_000);
        let told = |cause, left: u64| warning(&all, Some((at(left), cause)), READY);
        let told = |cause, left| told(cause, left).map(|warning| warning.within.0);
        assert_eq!(told(StopCause::Idle, 61), None);
        assert_eq!(told(StopCause::Idle, 60), Some(60));
        assert_eq!(told(StopCause::Idle, 0), Some(0));
        assert_eq!(told(StopCause::MaxDuration, 301), None);
        assert_eq!(told(StopCause::MaxDuration, 300), Some(300));
        assert_eq!(told(StopCause::Disconnected, 1), None);
        assert_eq!(warning(&all, None, READY), None);
        // A timer of a minute is not one long warning.
        let short = timers(60, 0, 0);
        let end = |left| Some((at(left), StopCause::Idle));
        assert_eq!(warning(&short, end(16), READY), None);
        assert!(warning(&short, end(15), READY).is_some());
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
