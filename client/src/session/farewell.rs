//! What the window says when the session is over.

use super::Command;
use super::plight::one_line;
use super::supervise::Supervisor;
use crate::config::Output;
use crate::error::ViewError;
use crate::shared::LinkState;

/// Why the session is over, for the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Farewell {
    /// What happened.
    pub(crate) heading: &'static str,
    /// Why, and what to do; may be empty.
    pub(crate) text: String,
}

impl Farewell {
    /// The server ended it, with these words.
    pub(super) fn session_over(words: &str) -> Self {
        Self {
            heading: "The session has ended",
            text: sentence(&one_line(words)),
        }
    }

    /// It cannot go on.
    pub(super) fn of(error: &ViewError) -> Self {
        let heading = match error {
            ViewError::Refused { .. } => "The server refused",
            ViewError::Untrusted(_) => "This is not the same server",
            ViewError::Lost { .. } | ViewError::Unreachable { .. } => "The connection is lost",
            ViewError::Protocol(_) => "The server cannot be understood",
            _ => "The viewer cannot go on",
        };
        Self {
            heading,
            text: sentence(&error.to_string()),
        }
    }
}

impl Supervisor {
    /// Has the window say why the session is over, and waits until the person has seen it. Whoever
    /// left knows, and a viewer without a window says it as it ends.
    pub(super) async fn take_leave(&mut self, result: &Result<(), ViewError>) {
        let farewell = match (result, &self.over) {
            (Err(error), _) => Farewell::of(error),
            (Ok(()), Some(words)) => Farewell::session_over(words),
            (Ok(()), None) => return,
        };
        let has_window = self.links > 0 && matches!(self.options.output, Output::Window { .. });
        if !has_window || self.options.screenshot.is_some() {
            return;
        }
        // Until the person has seen it the server need not think that somebody is there.
        self.shared.counters.detached();
        self.shared.update_session(|session| {
            session.link = LinkState::Over;
            session.farewell = Some(farewell);
        });
        while !matches!(self.commands.recv().await, Some(Command::Leave) | None) {}
    }
}

/// With a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let mut sentence: String = first.chain(letters).collect();
    if !sentence.is_empty() && !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_servers_words_become_a_sentence() {
        let farewell = Farewell::session_over("the command ended:\nexit code 1");
        assert_eq!(farewell.text, "The command ended: exit code 1.");
        assert_eq!(Farewell::session_over("").text, "");
    }

    #[test]
    fn an_error_says_what_why_and_what_to_do() {
        let lost = ViewError::Lost {
            server: "host".parse().expect("an address"),
            waited: Duration::from_secs(7),
        };
        let farewell = Farewell::of(&lost);
        assert_eq!(farewell.heading, "The connection is lost");
        assert!(farewell.text.contains("--reconnect-timeout"));
    }
}
