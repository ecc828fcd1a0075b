//! What the session asks of the person's desktop: to show notifications, and to open links.
//!
//! The first one starts a task beside the network's, which lives as long as the viewer: `errands` does
//! there what takes time, `bus` talks to the desktop, over `dbus`. What the person is told in the window instead, or
//! asked, is in `state`.

mod browser;
mod bus;
mod dbus;
mod errands;
mod state;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use hackstream_protocol::desktop::Link;
use hackstream_protocol::ids::NotificationId;
use hackstream_protocol::limits::MAX_NOTIFICATIONS;
use hackstream_protocol::wire::control::{
    Notification, NotificationClosed, NotificationEnd, ViewerMessage,
};
use tokio::sync::{Notify, mpsc};

use crate::config::{DesktopOptions, LinkUse, NotificationUse};
use crate::locked::locked;
use crate::question::{Answer, Question, QuestionId};
use crate::session::Continuity;
use crate::shared::Shared;
use errands::Errand;
use state::State;

/// Errands that wait; a server that gives more of them is not worth the memory.
const WAITING: usize = 2 * MAX_NOTIFICATIONS;

/// What the person is told and asked in the window, as lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DesktopTexts {
    /// Whether a link is to be opened.
    pub(crate) question: Option<Question>,
    /// Notifications that no desktop shows.
    pub(crate) lines: Vec<String>,
}

/// What the desktop does for the session. It outlives connections.
#[derive(Default)]
pub(crate) struct Desktop {
    state: Mutex<State>,
    /// What the server is to hear.
    words: Mutex<VecDeque<ViewerMessage>>,
    /// Signalled when there is something for it.
    has_words: Notify,
    errands: Mutex<Option<mpsc::Sender<Errand>>>,
}

impl Desktop {
    /// Begins with what the command line says, for the session of `host`.
    pub(crate) fn configure(&self, options: DesktopOptions, host: &str) {
        self.lock().configure(options, host);
    }

    /// A new connection leads to the same session, or to another.
    pub(crate) fn connected(&self, shared: &Shared, continuity: Continuity) {
        if continuity == Continuity::New {
            locked(&self.words).clear();
            self.send(Errand::Forget);
        }
        self.lock().connected(continuity);
        self.show(shared);
    }

    /// What the server is to hear next. May be cancelled.
    pub(crate) async fn next_word(&self) -> ViewerMessage {
        loop {
            if let Some(word) = locked(&self.words).pop_front() {
                return word;
            }
            self.has_words.notified().await;
        }
    }

    /// Takes the person's answer to the question that they saw.
    pub(crate) fn answer(&self, shared: &Shared, question: QuestionId, answer: Answer) {
        let link = self.lock().answered(question, answer);
        if let Some(link) = link {
            self.send(Errand::Open(link));
        }
        self.show(shared);
    }

    /// The person has seen what there was to tell.
    pub(crate) fn dismiss(&self, shared: &Shared) {
        let seen = self.lock().dismiss(Instant::now());
        if seen.is_empty() {
            return;
        }
        for number in seen {
            self.ended(number, NotificationEnd::Dismissed);
        }
        self.show(shared);
    }

    /// A notification is not shown any more.
    fn ended(&self, number: NotificationId, end: NotificationEnd) {
        self.say(ViewerMessage::NotificationClosed(NotificationClosed {
            number,
            end,
        }));
    }

    fn say(&self, word: ViewerMessage) {
        let mut words = locked(&self.words);
        // One for each that can be open. Old ones are of no use to anybody.
        if words.len() >= WAITING {
            words.pop_front();
        }
        words.push_back(word);
        self.has_words.notify_one();
    }

    fn send(&self, errand: Errand) {
        if let Some(errands) = &*locked(&self.errands) {
            // Whoever has as many waiting will not miss it.
            let _ = errands.try_send(errand);
        }
    }

    /// Has the person see how things are.
    fn show(&self, shared: &Shared) {
        let texts = self.lock().texts();
        if shared.session().desktop != texts {
            shared.update_session(|session| session.desktop = texts);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Consistent whatever panicked: each change is one step.
        locked(&self.state)
    }
}

/// The session has a notification. To be called on the thread of the network.
pub(crate) fn notified(shared: &Arc<Shared>, notification: Notification) {
    let desktop = &shared.desktop;
    let notification = state::tamed(notification);
    let use_of_it = desktop.lock().takes(&notification);
    match use_of_it {
        NotificationUse::Never => {}
        NotificationUse::Lines => {
            let line = state::line(&notification);
            eprintln!("hackstream-view: notification from {line}");
        }
        NotificationUse::Desktop => hand(shared, Errand::Show(notification)),
    }
}

/// It has it no longer.
pub(crate) fn gone(shared: &Shared, number: NotificationId) {
    let desktop = &shared.desktop;
    desktop.lock().gone(number);
    desktop.send(Errand::Withdraw(number));
    desktop.show(shared);
}

/// A program of the session opens a link. To be called on the thread of the network.
pub(crate) fn linked(shared: &Arc<Shared>, link: Link) {
    let desktop = &shared.desktop;
    let use_of_it = desktop.lock().linked(&link);
    match use_of_it {
        LinkUse::Never => {}
        LinkUse::Ask => {
            start(shared);
            desktop.show(shared);
        }
        LinkUse::Open => hand(shared, Errand::Open(link)),
    }
}

fn hand(shared: &Arc<Shared>, errand: Errand) {
    start(shared);
    shared.desktop.send(errand);
}

/// Starts the task unless it runs.
fn start(shared: &Arc<Shared>) {
    let mut errands = locked(&shared.desktop.errands);
    if errands.is_none() {
        let (to_do, waiting) = mpsc::channel(WAITING);
        *errands = Some(to_do);
        tokio::spawn(errands::run(Arc::clone(shared), waiting));
    }
}
