//! What of the session the person is told and asked.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use hackstream_protocol::desktop::{Lines, Link, Quota, harmless};
use hackstream_protocol::ids::NotificationId;
use hackstream_protocol::limits::{
    MAX_NOTIFICATION_BYTES, MAX_NOTIFICATION_TITLE_BYTES, MAX_NOTIFICATIONS,
};
use hackstream_protocol::units::Timestamp;
use hackstream_protocol::wire::control::Notification;

use super::DesktopTexts;
use crate::config::{DesktopOptions, LinkUse, NotificationUse};
use crate::question::{Answer, Question, QuestionId};
use crate::session::Continuity;

/// Letters of a line in the window.
const LETTERS: usize = 72;

/// Links that the person is asked about, one after the other.
const MOST_QUESTIONS: usize = 4;

/// What somebody types sooner after a notification came does not show that they have seen it.
const SEEN: Duration = Duration::from_secs(4);

/// Notifications shown in the window at a time.
const MOST_LINES: usize = 3;

pub(super) struct State {
    options: DesktopOptions,
    host: String,
    begun: Instant,
    notifications: Quota,
    links: Quota,
    /// Those that the server told of, so that a later connection's telling again is no news.
    known: BTreeMap<NotificationId, Notification>,
    /// Those in the window, oldest first.
    shown: VecDeque<Shown>,
    /// Links that the person is asked about; the first one first.
    asked: VecDeque<(QuestionId, Link)>,
    last_question: QuestionId,
}

/// A notification in the window.
struct Shown {
    number: NotificationId,
    since: Instant,
    line: String,
}

impl Default for State {
    fn default() -> Self {
        Self {
            options: DesktopOptions::none(),
            host: String::new(),
            begun: Instant::now(),
            notifications: Quota::of_notifications_heard(),
            links: Quota::of_links_heard(),
            known: BTreeMap::new(),
            shown: VecDeque::new(),
            asked: VecDeque::new(),
            last_question: QuestionId::default(),
        }
    }
}

impl State {
    pub(super) fn configure(&mut self, options: DesktopOptions, host: &str) {
        self.options = options;
        self.host = host.to_owned();
    }

    /// Where the session is.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn connected(&mut self, continuity: Continuity) {
        if continuity == Continuity::New {
            self.asked.clear();
            self.known.clear();
            self.shown.clear();
        }
    }

    /// What to do with a notification that came.
    pub(super) fn takes(&mut self, notification: &Notification) -> NotificationUse {
        let is_news = self.known.get(&notification.number) != Some(notification);
        let now = self.now();
        if !is_news || !self.notifications.allows(now) {
            return NotificationUse::Never;
        }
        self.known.insert(notification.number, notification.clone());
        while self.known.len() > MAX_NOTIFICATIONS {
            self.known.pop_first();
        }
        self.options.notifications
    }

    /// No desktop shows it: the window does.
    pub(super) fn tell(&mut self, notification: &Notification) {
        self.gone_from_window(notification.number);
        self.shown.push_back(Shown {
            number: notification.number,
            since: Instant::now(),
            line: line(notification),
        });
        while self.shown.len() > MOST_LINES {
            self.shown.pop_front();
        }
    }

    pub(super) fn gone(&mut self, number: NotificationId) {
        self.known.remove(&number);
        self.gone_from_window(number);
    }

    fn gone_from_window(&mut self, number: NotificationId) {
        self.shown.retain(|shown| shown.number != number);
    }

    /// The person did something at `now`, and has seen those in the window that were there for a while;
    /// which they are.
    pub(super) fn dismiss(&mut self, now: Instant) -> Vec<NotificationId> {
        let is_seen = |shown: &&Shown| now.saturating_duration_since(shown.since) >= SEEN;
        let count = self.shown.iter().take_while(is_seen).count();
        let seen = self.shown.drain(..count);
        seen.map(|shown| shown.number).collect()
    }

    /// What to do with a link that came.
    pub(super) fn linked(&mut self, link: &Link) -> LinkUse {
        let now = self.now();
        if !self.links.allows(now) {
            return LinkUse::Never;
        }
        if self.options.links == LinkUse::Ask {
            let is_asked = self.asked.iter().any(|(_, asked)| asked == link);
            if is_asked || self.asked.len() >= MOST_QUESTIONS {
                return LinkUse::Never;
            }
            self.last_question = self.last_question.next();
            self.asked.push_back((self.last_question, link.clone()));
        }
        self.options.links
    }

    /// The person answered that question; the link to open, if one is. Nothing happens if it is not
    /// asked any more: the answer is not meant for another one.
    pub(super) fn answered(&mut self, question: QuestionId, answer: Answer) -> Option<Link> {
        self.asked.front().filter(|(id, _)| *id == question)?;
        let (_, link) = self.asked.pop_front()?;
        (answer == Answer::Take).then_some(link)
    }

    pub(super) fn texts(&self) -> DesktopTexts {
        let question = self.asked.front();
        let question = question.map(|(id, link)| Question {
            id: *id,
            lines: question_lines(link),
        });
        let lines = self.shown.iter().map(|shown| shown.line.clone()).collect();
        DesktopTexts { question, lines }
    }

    fn now(&self) -> Timestamp {
        let micros = self.begun.elapsed().as_micros();
        Timestamp(u64::try_from(micros).unwrap_or(u64::MAX))
    }
}

fn question_lines(link: &Link) -> Vec<String> {
    vec![
        "The session opens a page of".to_owned(),
        harmless(link.host(), Lines::One, LETTERS),
        harmless(link.as_str(), Lines::One, LETTERS),
        "Open it in your own browser?".to_owned(),
        "Ctrl+Alt+Enter: yes. Ctrl+Alt+End: no.".to_owned(),
    ]
}

/// The notification with texts that are safe to show, whatever the server lets pass.
pub(super) fn tamed(notification: Notification) -> Notification {
    let title = |text: &str| harmless(text, Lines::One, MAX_NOTIFICATION_TITLE_BYTES);
    Notification {
        program: title(&notification.program),
        summary: title(&notification.summary),
        body: harmless(&notification.body, Lines::Many, MAX_NOTIFICATION_BYTES),
        ..notification
    }
}

/// A notification in a line. Its body may be private, and is for the desktop only.
pub(super) fn line(notification: &Notification) -> String {
    let program = match notification.program.as_str() {
        "" => "the session",
        program => program,
    };
    let line = format!("{program}: {}", notification.summary);
    harmless(&line, Lines::One, LETTERS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_protocol::wire::control::{Expiry, Urgency};

    fn state(notifications: NotificationUse, links: LinkUse) -> State {
        let mut state = State::default();
        state.configure(
            DesktopOptions {
                notifications,
                links,
            },
            "server.example",
        );
        state
    }

    fn notification(number: u64, summary: &str) -> Notification {
        Notification {
            number: NotificationId(number),
            program: "mail".to_owned(),
            summary: summary.to_owned(),
            body: "secret".to_owned(),
            urgency: Urgency::Normal,
            expiry: Expiry::AsUsual,
            can_be_chosen: false,
        }
    }

    #[test]
    fn what_a_later_connection_tells_again_is_no_news() {
        let mut state = state(NotificationUse::Desktop, LinkUse::Never);
        let one = notification(1, "one");
        assert_eq!(state.takes(&one), NotificationUse::Desktop);
        state.connected(Continuity::Same);
        assert_eq!(state.takes(&one), NotificationUse::Never);
        assert_eq!(
            state.takes(&notification(1, "two")),
            NotificationUse::Desktop
        );
        state.connected(Continuity::New);
        assert_eq!(
            state.takes(&notification(1, "two")),
            NotificationUse::Desktop
        );
    }

    #[test]
    fn a_server_in_a_loop_is_not_followed() {
        let mut state = state(NotificationUse::Lines, LinkUse::Open);
        let taken = (0..1000)
            .filter(|&number| state.takes(&notification(number, "x")) != NotificationUse::Never);
        assert!(taken.count() < 100);
        let link = Link::of("http://a.example").expect("a link");
        let opened = (0..1000).filter(|_| state.linked(&link) == LinkUse::Open);
        assert!(opened.count() < 100);
    }

    #[test]
    fn whoever_comes_is_told_all_that_is_open() {
        let mut state = state(NotificationUse::Desktop, LinkUse::Never);
        let open = 0..MAX_NOTIFICATIONS as u64;
        let taken = open.filter(|&n| state.takes(&notification(n, "x")) != NotificationUse::Never);
        assert_eq!(taken.count(), MAX_NOTIFICATIONS);
    }

    #[test]
    fn texts_of_a_server_are_harmless() {
        let evil = Notification {
            program: "a\0\nb".to_owned(),
            body: "c\u{202e}\u{1b}\n\0d".to_owned(),
            ..notification(1, "e\0\tf")
        };
        let tamed = tamed(evil);
        assert_eq!(
            [tamed.program, tamed.summary, tamed.body],
            ["a b", "e f", "c\nd"]
        );
    }

    #[test]
    fn the_window_shows_the_last_ones_until_they_are_seen() {
        let mut state = state(NotificationUse::Desktop, LinkUse::Never);
        for number in 1..=5 {
            state.tell(&notification(number, "a\u{202e}\nb"));
        }
        state.gone(NotificationId(4));
        assert_eq!(state.texts().lines, ["mail: a b", "mail: a b"]);
        assert!(
            state.dismiss(Instant::now()).is_empty(),
            "typed without a look"
        );
        let later = Instant::now() + SEEN;
        let seen = [NotificationId(3), NotificationId(5)];
        assert_eq!(state.dismiss(later), seen);
        assert!(state.texts().lines.is_empty() && state.dismiss(later).is_empty());
    }

    #[test]
    fn the_person_is_asked_about_a_link_and_sees_its_host() {
        let mut state = state(NotificationUse::Never, LinkUse::Ask);
        let long = format!("https://a.example/{}", "b".repeat(500));
        for text in [&long, "http://c.example", "http://c.example"] {
            state.linked(&Link::of(text).expect("a link"));
        }
        let asked = |state: &State| state.texts().question;
        let first = asked(&state).expect("a question");
        assert_eq!(first.lines[1], "a.example");
        assert!(first.lines.iter().all(|line| line.len() <= LETTERS));
        assert_eq!(state.answered(first.id, Answer::Leave), None);
        assert_eq!(
            state.answered(first.id, Answer::Take),
            None,
            "not what was seen"
        );
        let second = asked(&state).expect("another question").id;
        let taken = state.answered(second, Answer::Take);
        assert_eq!(taken.as_ref().map(Link::as_str), Some("http://c.example"));
        assert!(asked(&state).is_none());
    }
}
