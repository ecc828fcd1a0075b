//! What the person is told while the picture is not the session's, and asked about.

use std::time::Instant;

use crate::config::ServerAddress;
use crate::picture::{Line, Look};
use crate::question::QuestionId;
use crate::session::{Cause, Continuity, Farewell};
use crate::shared::{LinkState, SessionView};

/// Letters of a line.
const COLUMNS: usize = 56;

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

/// What is shown over the picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Notice {
    /// Nothing if all is well.
    pub(super) lines: Vec<Line>,
    /// The question that it asks: only what is seen can be answered.
    pub(super) question: Option<Asked>,
}

/// What the person is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Whether to take a file.
    File(QuestionId),
    /// Whether to open a link.
    Link(QuestionId),
}

/// What there is to tell. `catching_up` says that a new connection has not brought the whole picture
/// yet.
pub(super) fn of(
    server: &ServerAddress,
    session: &SessionView,
    catching_up: bool,
    tidings: Tidings,
) -> Notice {
    let texts = match session.link {
        LinkState::Over => {
            let farewell = session.farewell.as_ref();
            return Notice {
                lines: farewell.map(last_words).unwrap_or_default(),
                question: None,
            };
        }
        LinkState::Interrupted { since } => {
            let seconds = Instant::now().saturating_duration_since(since).as_secs();
            interrupted(&server.to_string(), &session.cause, seconds)
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
        _ => {
            let ends = session.coming_end.lines(session.acts());
            if ends.is_empty() {
                return asked(session);
            }
            ends
        }
    };
    Notice {
        lines: texts.into_iter().map(Line::from).collect(),
        question: None,
    }
}

/// What the person is asked, if anything: one thing at a time.
fn asked(session: &SessionView) -> Notice {
    let (files, desktop) = (&session.files, &session.desktop);
    let (question, asked) = match (&files.question, &desktop.question) {
        (Some(question), _) => (question, Asked::File(question.id)),
        (None, Some(question)) => (question, Asked::Link(question.id)),
        (None, None) => return Notice::default(),
    };
    let lines = question.lines.iter().cloned().map(Line::from);
    Notice {
        lines: lines.collect(),
        question: Some(asked),
    }
}

/// Why the session is over.
fn last_words(farewell: &Farewell) -> Vec<Line> {
    let mut lines = vec![Line::new(Look::Heading, farewell.heading), Line::rule()];
    lines.extend(wrapped(&farewell.text).into_iter().map(Line::from));
    if !farewell.text.is_empty() {
        lines.push(Line::rule());
    }
    let hint = "Any key or click closes this window.";
    lines.push(Line::new(Look::Faint, hint));
    lines
}

/// The text in lines that break between words, where words are short enough.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let length = |text: &str| text.chars().count();
        match lines.last_mut() {
            Some(line) if length(line) + 1 + length(word) <= COLUMNS => {
                line.push(' ');
                line.push_str(word);
            }
            _ => {
                let letters: Vec<char> = word.chars().collect();
                lines.extend(letters.chunks(COLUMNS).map(|part| part.iter().collect()));
            }
        }
    }
    lines
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
    use crate::coming_end::Foretold;
    use crate::question::Question;
    use hackstream_protocol::wire::control::{ComingEnd, EndCause};

    fn notice(session: &SessionView, catching_up: bool, tidings: Tidings) -> Notice {
        let server = "h".parse().expect("an address");
        of(&server, session, catching_up, tidings)
    }

    #[test]
    fn nothing_is_told_while_all_is_well() {
        let session = SessionView {
            link: LinkState::Live,
            ..SessionView::default()
        };
        let lines = |catching_up, tidings| notice(&session, catching_up, tidings).lines;
        assert!(lines(false, Tidings::Known).is_empty());
        assert_eq!(lines(true, Tidings::Known).len(), 2);
        let new = lines(false, Tidings::of(Continuity::New));
        assert_eq!(new[0].text, "This may be a new session");
    }

    #[test]
    fn a_coming_end_is_told_before_anything_is_asked() {
        let end = ComingEnd {
            cause: EndCause::Idle,
            within: std::time::Duration::from_secs(60),
        };
        let mut session = SessionView {
            link: LinkState::Live,
            coming_end: Foretold::of(Some(end)),
            ..SessionView::default()
        };
        session.files.question = Some(Question {
            id: QuestionId::default(),
            lines: vec!["Store it?".to_owned()],
        });
        let told = notice(&session, false, Tidings::Known);
        assert_eq!(told.lines[0].text, "This session ends within a minute");
        assert_eq!(told.question, None);
        session.coming_end = session.coming_end.noted();
        assert!(notice(&session, false, Tidings::Known).question.is_some());
    }

    #[test]
    fn a_question_that_is_not_shown_is_not_asked() {
        let id = QuestionId::default();
        let question = Question {
            id,
            lines: vec!["Store it?".to_owned()],
        };
        let mut session = SessionView {
            link: LinkState::Live,
            ..SessionView::default()
        };
        session.files.question = Some(question);
        let shown = notice(&session, false, Tidings::Known);
        assert_eq!(shown.lines.len(), 1);
        assert_eq!(shown.question, Some(Asked::File(id)));
        assert_eq!(notice(&session, true, Tidings::Known).question, None);
        assert_eq!(notice(&session, false, Tidings::NewSession).question, None);
        session.link = LinkState::Over;
        assert_eq!(notice(&session, false, Tidings::Known).question, None);
        let since = Instant::now();
        session.link = LinkState::Interrupted { since };
        assert_eq!(notice(&session, false, Tidings::Known).question, None);
    }

    #[test]
    fn a_link_waits_until_files_are_settled() {
        let id = QuestionId::default();
        let question = |line: &str| {
            Some(Question {
                id,
                lines: vec![line.to_owned()],
            })
        };
        let mut session = SessionView {
            link: LinkState::Live,
            ..SessionView::default()
        };
        session.desktop.question = question("Open it?");
        session.files.question = question("Store it?");
        let asked = |session: &SessionView| notice(session, false, Tidings::Known).question;
        assert_eq!(asked(&session), Some(Asked::File(id)));
        session.files.question = None;
        assert_eq!(asked(&session), Some(Asked::Link(id)));
    }

    #[test]
    fn lines_break_between_words_where_they_can() {
        let text = format!("{} {} short", "a".repeat(50), "b".repeat(60));
        let lines = wrapped(&text);
        let lengths: Vec<usize> = lines.iter().map(String::len).collect();
        assert_eq!(lengths, [50, COLUMNS, 4 + 6]);
        assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
        assert!(wrapped("").is_empty());
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
