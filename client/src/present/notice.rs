//! What the person is told while the picture is not the session's, and asked about.

use std::time::Instant;

use crate::session::{Cause, Continuity};
use crate::shared::{LinkState, SessionView};

/// Whether the person has seen that the session is a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tidings {
    /// There is nothing to tell, or it was taken note of.
    Known,
    /// Shown until the person does something.
    NewSession,
}

impl Tidings {
    /// What there is to tell once a connection leads to a session.
    pub(super) const fn of(continuity: Continuity) -> Self {
        match continuity {
            Continuity::Same => Self::Known,
            Continuity::New => Self::NewSession,
        }
    }
}

/// Lines to show over the picture; none if all is well. `catching_up` tells that a new connection
/// has not brought the whole picture yet.
pub(super) fn lines(
    server: &str,
    session: &SessionView,
    catching_up: bool,
    tidings: Tidings,
) -> Vec<String> {
    match session.link {
        LinkState::Interrupted { since } => {
            let seconds = Instant::now().saturating_duration_since(since).as_secs();
            interrupted(server, &session.cause, seconds)
        }
        _ if catching_up => vec![
            "Connected again".to_owned(),
            "The picture is being brought up to date.".to_owned(),
        ],
        _ if tidings == Tidings::NewSession => vec![
            "This may be a new session".to_owned(),
            "The server was restarted, or the outage was long.".to_owned(),
            "Any key or click hides this.".to_owned(),
        ],
        _ => session.files.question.clone(),
    }
}

fn interrupted(server: &str, cause: &Cause, seconds: u64) -> Vec<String> {
    vec![
        format!("No connection to {server} for {seconds} s"),
        format!("{}: trying again.", capitalized(&cause.to_string())),
        "What you type meanwhile is not sent.".to_owned(),
    ]
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_told_while_all_is_well() {
        let session = SessionView {
            link: LinkState::Live,
            ..SessionView::default()
        };
        assert!(lines("h", &session, false, Tidings::Known).is_empty());
        assert_eq!(lines("h", &session, true, Tidings::Known).len(), 2);
        let new = lines("h", &session, false, Tidings::of(Continuity::New));
        assert_eq!(new[0], "This may be a new session");
    }

    #[test]
    fn an_interruption_says_where_why_and_how_long() {
        assert_eq!(
            interrupted("h:1", &Cause::NoNetwork, 7),
            [
                "No connection to h:1 for 7 s",
                "This machine has no network: trying again.",
                "What you type meanwhile is not sent.",
            ]
        );
    }
}
