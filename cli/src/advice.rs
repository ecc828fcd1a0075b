//! What the hub's problems say to a person: what happened, why, and what to do.

use hackstream_control_api::problem::{Code, Problem};
use hackstream_ticket::KeyHash;

use crate::config::address::HubAddress;

/// The text of a problem. What the hub says of this time comes first.
#[must_use]
pub fn text(problem: &Problem) -> String {
    let said = match problem.detail.as_deref() {
        // By itself it does not say what was tried too often.
        Some(detail) if problem.code == Code::Throttled => format!("{}: {detail}", problem.title),
        Some(detail) => detail.to_owned(),
        None => problem.title.clone(),
    };
    match advice(problem) {
        Some(advice) => format!("{}. {advice}", said.trim_end_matches('.')),
        None => said,
    }
}

fn advice(problem: &Problem) -> Option<String> {
    let fixed = match problem.code {
        Code::LoginFailed => {
            "If you are sure of both, the account may be disabled: ask an administrator"
        }
        Code::Unauthenticated | Code::TokenExpired | Code::TokenReused => "Run `hackstream login`",
        Code::QuotaExceeded => "`hackstream list` shows them, `hackstream stop ID` ends one",
        Code::NoNode => {
            "No machine that runs sessions is there: an administrator sees them with \
             `hackstreamctl nodes list`"
        }
        Code::NoCapacity => "Try again when somebody has ended a session, or with `--wait 5m`",
        Code::PolicyDenied | Code::Forbidden => "An administrator can change what your role may do",
        Code::NotFound => "`hackstream list --all` shows your sessions",
        Code::StoreUnavailable => {
            "The hub's database cannot be used: whoever runs it should look at its log"
        }
        Code::Internal => "Whoever runs the hub finds more in its log",
        Code::VersionConflict => {
            "Somebody else changed it at the same time: look again, and repeat"
        }
        Code::Busy | Code::ShuttingDown | Code::TooManyRequests | Code::Throttled => {
            return again(problem);
        }
        _ => return None,
    };
    Some(fixed.to_owned())
}

/// When to try again, unless the hub's own words say so.
fn again(problem: &Problem) -> Option<String> {
    let said = problem.detail.as_deref().unwrap_or_default();
    let wait = problem.retry_after.filter(|_| !said.contains("again"))?;
    Some(format!("Try again in {wait}"))
}

/// That the hub's key is not to be trusted, and how to go on.
pub(crate) fn untrusted(hub: &HubAddress, shown: &KeyHash, expected: Option<KeyHash>) -> String {
    match expected {
        Some(expected) => format!(
            "the hub at {hub} has another key than before: it shows sha256:{shown}, and should show \
             sha256:{expected}. Either it got a new key, or somebody is in between. Ask whoever runs \
             it; if the new one is right: hackstream configure --fingerprint sha256:{shown}"
        ),
        None => format!(
            "nobody vouches for the hub at {hub}. Its key is sha256:{shown}; compare that with the \
             line that hackstreamd prints when it is ready. If they are the same: hackstream \
             configure --api-url {hub} --fingerprint sha256:{shown}"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_control_api::time::Seconds;

    #[test]
    fn what_the_hub_says_comes_first_and_then_what_to_do() {
        let problem =
            Problem::new(Code::QuotaExceeded).detail("3 of 3 sessions are in use; stop one first");
        assert_eq!(
            text(&problem),
            "3 of 3 sessions are in use; stop one first. `hackstream list` shows them, \
             `hackstream stop ID` ends one"
        );
        let full =
            Problem::new(Code::NoCapacity).detail("node a lacks memory: needs 1024 MB, has 300");
        assert!(text(&full).starts_with("node a lacks memory: needs 1024 MB, has 300. Try"));
        assert!(
            text(&Problem::new(Code::LoginFailed)).starts_with("Name or password is wrong. If")
        );
    }

    #[test]
    fn when_to_come_again_is_said_once() {
        let busy = Problem::new(Code::Busy).retry_after(Seconds(3));
        assert_eq!(text(&busy), "The hub is busy. Try again in 3 s");
        let throttled = Problem::new(Code::Throttled)
            .detail("try again in 8 s")
            .retry_after(Seconds(8));
        assert_eq!(
            text(&throttled),
            "Too many failed attempts: try again in 8 s"
        );
    }

    #[test]
    fn each_problem_has_a_text() {
        for code in Code::ALL {
            assert!(!text(&Problem::new(*code)).is_empty());
        }
    }
}
