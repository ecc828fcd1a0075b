//! When to try again to record, or to hear of who records, whatever viewers do meanwhile.

use std::time::Duration;

/// Between two tries, however they ended; viewers that mute and unmute, or come and go, do not keep the
/// sound server busier than that.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// After a failure the pause doubles, up to this one. By then trying is of no use unless somebody
/// new comes.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What to do before the next try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Rest so long.
    After(Duration),
    /// Rest so long, and then until somebody comes.
    WithNewcomer(Duration),
}

/// How a try ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It worked for a while: something was recorded, or heard of.
    Worked,
    /// It did not work.
    Failed,
}

/// The pauses of a row of failures.
#[derive(Debug)]
pub(super) struct Retry {
    pause: Duration,
}

impl Retry {
    pub(super) const fn new() -> Self {
        Self { pause: FIRST_PAUSE }
    }

    /// A try ended so.
    pub(super) fn ended(&mut self, end: End) -> Next {
        if end == End::Worked {
            self.pause = FIRST_PAUSE;
            return Next::After(FIRST_PAUSE);
        }
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        if self.pause < LONGEST_PAUSE {
            Next::After(self.pause)
        } else {
            Next::WithNewcomer(self.pause)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_pause_ever_longer_and_then_wait_for_somebody() {
        let mut retry = Retry::new();
        let mut tries = 0;
        while let Next::After(pause) = retry.ended(End::Failed) {
            assert!(pause >= FIRST_PAUSE && pause < LONGEST_PAUSE);
            tries += 1;
        }
        assert_eq!(tries, 6);
        // A newcomer is worth one try only.
        let resigned = Next::WithNewcomer(LONGEST_PAUSE);
        assert_eq!(retry.ended(End::Failed), resigned);
        assert_eq!(retry.ended(End::Worked), Next::After(FIRST_PAUSE));
        assert_eq!(retry.ended(End::Failed), Next::After(FIRST_PAUSE * 2));
    }
}
