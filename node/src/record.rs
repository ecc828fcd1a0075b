//! Where a session is in its life.

use hackstream_control_api::node::{Exit, StartPhase, StartTimes};
use hackstream_control_api::session::StopCause;
use hackstream_control_api::time::{Seconds, UnixMillis};
use serde::{Deserialize, Serialize};

use crate::clock::{self, Uptime};
use crate::driver::local::processes::Process;

/// Where a session is in its life: the file `state.json` in its [folder](crate::folder). Its keeper
/// writes it, and nobody else as long as that lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Where it is.
    pub life: Life,
    /// Since when.
    pub since: UnixMillis,
    /// The keeper's process, once it has said so.
    pub keeper: Option<Process>,
    /// The first process in the session's namespace; all others end with it.
    pub init: Option<Process>,
    /// When it was ready for viewers.
    pub ready_at: Option<UnixMillis>,
    /// The same by the clock that decides.
    pub ready: Option<Uptime>,
    /// Since when it is in this life, by that clock.
    pub entered: Uptime,
    /// How long its start took so far; nothing in a file of an older agent.
    #[serde(default)]
    pub start: StartTimes,
    /// SHA-256 of the server's public key, 64 hex digits, once it is known.
    pub server_spki: Option<String>,
    /// The UDP port where viewers reach it.
    pub port: u16,
}

impl Record {
    /// That of a session which begins now, with this keeper.
    #[must_use]
    pub fn begun(keeper: Option<Process>) -> Self {
        Self {
            life: Life::Starting {
                phase: StartPhase::Sandbox,
            },
            since: clock::now(),
            entered: Uptime::now(),
            keeper,
            init: None,
            ready_at: None,
            ready: None,
            start: StartTimes::default(),
            server_spki: None,
            port: 0,
        }
    }

    /// From now on its life is this.
    pub fn enter(&mut self, life: Life) {
        let now = Uptime::now();
        self.note_time(&life, now);
        self.life = life;
        self.since = clock::now();
        self.entered = now;
    }

    /// Notes how long the step of the start took that `next` follows, at `now`.
    fn note_time(&mut self, next: &Life, now: Uptime) {
        let Life::Starting { phase } = self.life else {
            return;
        };
        let took = Some(now.millis_since(self.entered));
        match (phase, next) {
            (StartPhase::Sandbox, Life::Starting { .. }) => self.start.sandbox_ms = took,
            (StartPhase::Display, Life::Ready) => self.start.display_ms = took,
            _ => {}
        }
    }
}

/// Where a session is in its life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Life {
    /// It starts.
    Starting {
        /// What it is doing.
        phase: StartPhase,
    },
    /// Viewers may come.
    Ready,
    /// It is told to end.
    Stopping {
        /// Why.
        cause: StopCause,
    },
    /// Nothing of it is left but its record and its log.
    Ended {
        /// Why.
        cause: StopCause,
        /// How its command ended, if that is known.
        exit: Option<Exit>,
        /// For a person.
        detail: Option<String>,
    },
}

impl Life {
    /// Whether nothing can follow.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self, Self::Ended { .. })
    }
}

/// How a session is to end: the file `stop.json`, written before the keeper gets its signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopOrder {
    /// What its programs may take for ending themselves.
    pub grace: Seconds,
    /// Why.
    pub cause: StopCause,
}

impl Default for StopOrder {
    /// For a keeper that is told to end without an order: by the machine, as it shuts down.
    fn default() -> Self {
        Self {
            grace: Seconds(5),
            cause: StopCause::Admin,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// A record whose state was entered so many milliseconds ago.
    fn aged(mut record: Record, millis: u64) -> Record {
        record.entered = record.entered.before(Duration::from_millis(millis));
        record
    }

    #[test]
    fn steps_of_a_start_are_timed_once_they_are_over() {
        let mut record = aged(Record::begun(None), 300);
        assert_eq!(record.start, StartTimes::default());
        let phase = StartPhase::Display;
        record.enter(Life::Starting { phase });
        let mut record = aged(record, 40);
        record.enter(Life::Ready);
        let took = (record.start.sandbox_ms, record.start.display_ms);
        assert!(took.0 >= Some(300) && took.1 >= Some(40), "{took:?}");
    }

    #[test]
    fn a_step_that_failed_has_no_time() {
        let mut record = Record::begun(None);
        record.enter(Life::Ended {
            cause: StopCause::StartFailed,
            exit: None,
            detail: None,
        });
        assert_eq!(record.start, StartTimes::default());
    }
}
