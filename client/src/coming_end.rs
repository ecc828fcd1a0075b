//! The session's end that the server foretold: what the person reads before, and after.

use std::time::Duration;

use hackstream_protocol::wire::control::{ComingEnd, EndCause};

/// What is known of the session's end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Foretold {
    /// Nothing.
    #[default]
    Nothing,
    /// It comes, and the person is told.
    Shown(ComingEnd),
    /// It comes, and the person knows.
    Noted(ComingEnd),
}

impl Foretold {
    /// What the server said last.
    pub(crate) fn of(end: Option<ComingEnd>) -> Self {
        end.map_or(Self::Nothing, Self::Shown)
    }

    /// The person did something, and so has seen it.
    pub(crate) fn noted(self) -> Self {
        match self {
            Self::Shown(end) => Self::Noted(end),
            Self::Nothing | Self::Noted(_) => self,
        }
    }

    /// What the person reads now; nothing if there is nothing to say. `acts` says whether what they do
    /// reaches the session.
    pub(crate) fn lines(self, acts: bool) -> Vec<String> {
        let Self::Shown(end) = self else {
            return Vec::new();
        };
        let heading = format!("This session ends within {}", span(end.within));
        let rest: &[&str] = match end.cause {
            EndCause::Idle if acts => &[
                "Nobody has done anything for long.",
                "Any key or click keeps it.",
            ],
            EndCause::Idle => &[
                "Nobody in control has done anything for long.",
                "Any key or click hides this.",
            ],
            EndCause::MaxDuration => &[
                "It has run for as long as it may: save what you need.",
                "Any key or click hides this.",
            ],
            EndCause::Other(_) => &["Any key or click hides this."],
        };
        let rest = rest.iter().map(|&line| line.to_owned());
        std::iter::once(heading).chain(rest).collect()
    }

    /// What comes.
    pub(crate) const fn end(self) -> Option<ComingEnd> {
        match self {
            Self::Nothing => None,
            Self::Shown(end) | Self::Noted(end) => Some(end),
        }
    }

    /// Why the session has ended, if it ended as foretold.
    pub(crate) fn reason(self) -> Option<&'static str> {
        match self.end()?.cause {
            EndCause::Idle => Some("nobody had done anything for long"),
            EndCause::MaxDuration => Some("it had run for as long as it may"),
            EndCause::Other(_) => None,
        }
    }
}

fn span(within: Duration) -> String {
    match within.as_secs().div_ceil(60) {
        0 | 1 => "a minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn foretold(cause: EndCause, seconds: u64) -> Foretold {
        let within = Duration::from_secs(seconds);
        Foretold::of(Some(ComingEnd { cause, within }))
    }

    #[test]
    fn it_is_shown_until_the_person_does_something() {
        let idle = foretold(EndCause::Idle, 57);
        let lines = idle.lines(true);
        assert_eq!(lines[0], "This session ends within a minute");
        assert_eq!(lines[2], "Any key or click keeps it.");
        assert!(!idle.lines(false).concat().contains("keeps"));
        assert!(idle.noted().lines(true).is_empty());
        assert_eq!(idle.noted().reason(), idle.reason());
        assert!(Foretold::of(None).lines(true).is_empty());
        let last = foretold(EndCause::MaxDuration, 241).lines(true);
        assert_eq!(last[0], "This session ends within 5 minutes");
    }
}
