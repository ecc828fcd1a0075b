//! Files that the person gives to the session, and those that it has for the person.
//!
//! One goes each way at a time; others wait. Those that were cut off by the end of a connection begin
//! again on the next one.

mod passage;
mod question;
mod state;

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};

use hackstream_protocol::wire::control::FileOffer;
use tokio::sync::Notify;

use crate::config::FileOptions;
use crate::error::ViewError;
use crate::locked::locked;
use crate::shared::Shared;
pub(crate) use passage::serve;
pub(crate) use question::{Answer, Question, QuestionId, answer};
use state::State;

/// What the person is told about files, as lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FileTexts {
    /// Whether a file of the session's is to be taken, if there is one.
    pub(crate) question: Option<Question>,
    /// How far files are, and what became of the last ones.
    pub(crate) lines: Vec<String>,
}

/// Files on their way. They outlive connections.
#[derive(Default)]
pub(crate) struct Files {
    state: Mutex<State>,
    /// Signalled when there is something to send.
    to_send: Notify,
    /// Signalled when there is something to fetch.
    to_fetch: Notify,
    /// Signalled when nothing is left to send.
    all_sent: Notify,
}

impl Files {
    /// Begins with what the command line says.
    pub(crate) fn configure(&self, options: &FileOptions) {
        self.lock().configure(options);
    }

    /// Gives a file to the session, after those that wait already.
    pub(crate) fn send(&self, shared: &Shared, path: PathBuf) {
        self.lock().to_send.push_back(path);
        self.to_send.notify_one();
        self.show(shared);
    }

    /// Takes the person's answer to the question that they saw.
    pub(crate) fn answer(&self, shared: &Shared, question: QuestionId, answer: Answer) {
        self.lock().answered(question, answer);
        self.to_fetch.notify_one();
        self.show(shared);
    }

    /// The person has seen what became of the last files.
    pub(crate) fn dismiss(&self, shared: &Shared) {
        if self.lock().dismiss() {
            self.show(shared);
        }
    }

    /// Waits until all files were given to the session, or could not be.
    pub(crate) async fn all_sent(&self) {
        while !self.lock().to_send.is_empty() {
            self.all_sent.notified().await;
        }
    }

    /// Whether all were.
    ///
    /// # Errors
    /// [`ViewError::NotSent`] if one was not.
    pub(crate) fn verdict(&self) -> Result<(), ViewError> {
        let state = self.lock();
        match (state.to_send.front(), state.failures.first()) {
            (None, None) => Ok(()),
            (_, Some(failure)) => Err(ViewError::NotSent(failure.clone())),
            (Some(path), None) => Err(ViewError::NotSent(format!(
                "the viewer ended before {} was",
                path.display()
            ))),
        }
    }

    /// Has the person see how things are.
    fn show(&self, shared: &Shared) {
        let texts = self.lock().texts();
        shared.update_session(|session| session.files = texts);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Consistent whatever panicked: each change is one step.
        locked(&self.state)
    }
}

/// The session has a file.
pub(crate) fn offered(shared: &Shared, offer: &FileOffer) {
    let files = &shared.files;
    files.lock().offered(offer);
    files.to_fetch.notify_one();
    files.show(shared);
}

/// The session has it no longer.
pub(crate) fn withdrawn(shared: &Shared, number: u64) {
    shared.files.lock().withdrawn(number);
    shared.files.show(shared);
}
