//! When the log is signed: every so many rows, and at least once a minute while there are new ones.

use hackstream_control_api::time::{Seconds, UnixMillis};

/// Rows that are signed together at most.
pub const ROWS: u64 = 256;

/// How long a row waits for being signed at most.
pub const SPAN: Seconds = Seconds(60);

/// What was signed last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Last {
    /// The number of the last row then.
    pub seq: u64,
    /// When that was.
    pub ts: UnixMillis,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Sign.
    Sign,
    /// Look again at one of these.
    Wait {
        /// When the log has this row.
        row: u64,
        /// At this time; `None`: time alone changes nothing.
        until: Option<UnixMillis>,
    },
}

/// What to do at `now` with a log whose last row has the number `end`.
#[must_use]
pub fn plan(last: Option<Last>, end: u64, now: UnixMillis) -> Plan {
    let Some(last) = last else {
        return Plan::Sign;
    };
    let new = end.saturating_sub(last.seq);
    let until = last.ts.plus(SPAN);
    // A clock that was set back says nothing about how long it was.
    let is_time = now >= until || now < last.ts;
    match (new, is_time) {
        (0, true) => Plan::Wait {
            row: last.seq.saturating_add(1),
            until: None,
        },
        (1.., true) | (ROWS.., false) => Plan::Sign,
        (_, false) => Plan::Wait {
            row: last.seq.saturating_add(ROWS),
            until: Some(until),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LAST: Last = Last {
        seq: 1000,
        ts: UnixMillis(5_000_000),
    };

    fn at(end: u64, seconds: u64) -> Plan {
        plan(Some(LAST), end, LAST.ts.plus(Seconds(seconds)))
    }

    #[test]
    fn it_is_signed_after_so_many_rows_or_so_long() {
        let later = Plan::Wait {
            row: 1256,
            until: Some(LAST.ts.plus(SPAN)),
        };
        assert_eq!(at(1001, 0), later);
        assert_eq!(at(1255, 59), later);
        assert_eq!(at(1256, 0), Plan::Sign);
        assert_eq!(at(1001, 60), Plan::Sign);
        assert_eq!(plan(None, 0, UnixMillis(0)), Plan::Sign);
    }

    #[test]
    fn nothing_new_is_not_signed_again() {
        let until = Some(LAST.ts.plus(SPAN));
        assert_eq!(at(1000, 10), Plan::Wait { row: 1256, until });
        let idle = Plan::Wait {
            row: 1001,
            until: None,
        };
        assert_eq!(at(1000, 6000), idle);
    }

    #[test]
    fn a_clock_that_was_set_back_stops_nothing() {
        assert_eq!(plan(Some(LAST), 1001, UnixMillis(7)), Plan::Sign);
    }

    proptest! {
        /// Whoever follows the plan leaves no row unsigned for longer than a minute, nor more rows than
        /// agreed.
        #[test]
        fn the_plan_keeps_its_word(new in 0_u64..600, seconds in 0_u64..200) {
            match at(1000 + new, seconds) {
                Plan::Sign => prop_assert!(new > 0 && (new >= ROWS || seconds >= SPAN.0)),
                Plan::Wait { row, until } => {
                    prop_assert!(row > 1000 + new && row <= 1000 + ROWS);
                    let latest = LAST.ts.plus(SPAN);
                    prop_assert!(new == 0 || until == Some(latest));
                }
            }
        }
    }
}
