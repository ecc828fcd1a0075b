//! What is told of an interruption.

use std::fmt;

use hackstream_transport::CloseReason;

/// Why the picture stands still.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Nothing is heard of the server.
    #[default]
    Silence,
    /// This machine has no way to the server.
    NoNetwork,
    /// The server does not remember the connection.
    Restarted,
    /// The connection ended otherwise; for a person.
    Ended(String),
}

/// Whether a new connection leads to the same session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Continuity {
    /// It does.
    #[default]
    Same,
    /// The server does not remember this viewer: it was restarted, or the outage was very long.
    New,
}

impl Cause {
    /// The cause in the end of a connection.
    pub(super) fn of(end: &CloseReason) -> Self {
        match end {
            CloseReason::TimedOut => Self::Silence,
            CloseReason::PeerRestarted => Self::Restarted,
            CloseReason::ByPeer { text, .. } if !text.is_empty() => {
                Self::Ended(format!("the server closed it: {}", one_line(text)))
            }
            other => Self::Ended(other.to_string()),
        }
    }
}

/// As the second half of a sentence.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silence => f.write_str("nothing is heard of the server"),
            Self::NoNetwork => f.write_str("this machine has no network"),
            Self::Restarted => f.write_str("the server was restarted"),
            Self::Ended(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for Continuity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Same => "connected again",
            Self::New => "connected again, to a new session: the server was restarted",
        })
    }
}

/// A peer's words without line breaks and other control characters.
pub(super) fn one_line(text: &str) -> String {
    let text = text.replace(|c: char| c.is_control(), " ");
    text.trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_protocol::wire::control::RefusalReason;

    #[test]
    fn causes_are_told_on_one_line() {
        let ended = CloseReason::ByPeer {
            reason: RefusalReason::Other(0),
            text: "good\nbye.".to_owned(),
        };
        let cause = Cause::of(&ended).to_string();
        assert_eq!(cause, "the server closed it: good bye");
        assert_eq!(Cause::of(&CloseReason::PeerRestarted), Cause::Restarted);
        assert_eq!(Cause::of(&CloseReason::TimedOut), Cause::Silence);
    }
}
