//! When to ask again after a refusal that is only for now.

use std::time::Duration;

use hackstream_control_api::problem::{Code, Problem};

/// A person waits no longer for something that says nothing meanwhile.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where the hub does not say.
const USUAL: Duration = Duration::from_secs(2);

/// How long to wait before asking again; `None` if it is not worth it, `spent` being what was waited
/// so far.
///
/// Who is throttled for wrong passwords, or finds no room, gets to know that at once.
#[must_use]
pub fn wait(problem: &Problem, spent: Duration) -> Option<Duration> {
    let is_for_now = matches!(
        problem.code,
        Code::Busy | Code::TooManyRequests | Code::ShuttingDown | Code::StoreUnavailable
    );
    let said = problem.retry_after.map(|span| Duration::from_secs(span.0));
    let wait = said.unwrap_or(USUAL).max(Duration::from_millis(100));
    (is_for_now && spent.saturating_add(wait) <= PATIENCE).then_some(wait)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_control_api::time::Seconds;

    #[test]
    fn what_passes_is_waited_for_and_not_for_ever() {
        let busy = Problem::new(Code::Busy).retry_after(Seconds(5));
        assert_eq!(wait(&busy, Duration::ZERO), Some(Duration::from_secs(5)));
        assert_eq!(wait(&busy, Duration::from_secs(26)), None);
        assert_eq!(
            wait(&Problem::new(Code::ShuttingDown), Duration::ZERO),
            Some(USUAL)
        );
        let long = Problem::new(Code::Busy).retry_after(Seconds(u64::MAX));
        assert_eq!(wait(&long, Duration::ZERO), None);
        let now = Problem::new(Code::Busy).retry_after(Seconds(0));
        assert!(wait(&now, Duration::ZERO).is_some_and(|wait| !wait.is_zero()));
    }

    #[test]
    fn what_does_not_pass_is_told_at_once() {
        for code in [
            Code::LoginFailed,
            Code::Throttled,
            Code::NoCapacity,
            Code::QuotaExceeded,
        ] {
            let problem = Problem::new(code).retry_after(Seconds(1));
            assert_eq!(wait(&problem, Duration::ZERO), None);
        }
    }
}
