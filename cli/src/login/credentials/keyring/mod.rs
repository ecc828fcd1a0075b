//! The keyring of the desktop, which keeps what is in it encrypted while nobody is logged in there: the
//! Secret Service of GNOME, KDE, KeePassXC and others.

mod bus;
mod conversation;
mod prompt;
mod quiet;

use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::Kept;
use crate::config::address::HubAddress;
use conversation::Conversation;

/// Keeps logins, each under the address of its hub.
pub trait Keyring: fmt::Debug {
    /// What is kept.
    ///
    /// # Errors
    /// Why it cannot be known.
    fn load(&self, hub: &HubAddress) -> Result<Option<Kept>, Trouble>;

    /// Keeps this instead of what was kept.
    ///
    /// # Errors
    /// Why it was not done, or may not have been.
    fn save(&self, hub: &HubAddress, kept: &Kept) -> Result<(), Trouble>;

    /// Forgets the login, if it is there.
    ///
    /// # Errors
    /// Why it was not done, or may not have been.
    fn remove(&self, hub: &HubAddress) -> Result<(), Trouble>;

    /// Whether it would keep something. Never asks the person.
    ///
    /// # Errors
    /// Why not.
    fn check(&self) -> Result<(), Trouble>;
}

/// Why the keyring does not do what it should. The text goes on in a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// There is none, as on many machines without a desktop.
    #[error("there is no keyring: {0}")]
    Absent(String),
    /// It is locked, and stays so.
    #[error("the keyring is locked: {0}")]
    Locked(String),
    /// It is there, and does not work.
    #[error("the keyring does not work: {0}")]
    Broken(String),
    /// What it keeps of this login is not what was put there.
    #[error(
        "what the keyring has of this login makes no sense ({0}): `hackstream login` replaces it"
    )]
    Damaged(String),
}

/// The one that the bus of this session leads to.
#[derive(Debug)]
pub struct SystemKeyring {
    may_ask: bool,
    state: Mutex<State>,
}

/// How far it got. A process asks once, and over one connection.
#[derive(Debug)]
enum State {
    Unasked,
    Open(Box<Conversation>),
    Useless(Trouble),
}

impl SystemKeyring {
    /// Does nothing yet. It shows a dialogue only if somebody `may_ask` the person.
    #[must_use]
    pub const fn new(may_ask: bool) -> Self {
        Self {
            may_ask,
            state: Mutex::new(State::Unasked),
        }
    }

    fn with<T>(
        &self,
        deed: impl FnOnce(&Conversation) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Unasked = *state {
            *state = match Conversation::begin(self.may_ask) {
                Ok(conversation) => State::Open(Box::new(conversation)),
                Err(trouble) => State::Useless(trouble),
            };
        }
        let done = match &*state {
            State::Open(conversation) => deed(conversation),
            State::Useless(trouble) => Err(trouble.clone()),
            State::Unasked => Err(Trouble::Absent("it was not asked".to_owned())),
        };
        match &done {
            // A damaged login can be replaced.
            Ok(_) | Err(Trouble::Damaged(_)) => {}
            // Who has waited once, or said no, is not to be asked again.
            Err(trouble) => *state = State::Useless(trouble.clone()),
        }
        done
    }
}

impl Keyring for SystemKeyring {
    fn load(&self, hub: &HubAddress) -> Result<Option<Kept>, Trouble> {
        self.with(|conversation| conversation.load(hub))
    }

    fn save(&self, hub: &HubAddress, kept: &Kept) -> Result<(), Trouble> {
        self.with(|conversation| conversation.save(hub, kept))
    }

    fn remove(&self, hub: &HubAddress) -> Result<(), Trouble> {
        self.with(|conversation| conversation.remove(hub))
    }

    fn check(&self) -> Result<(), Trouble> {
        self.with(Conversation::check)
    }
}
