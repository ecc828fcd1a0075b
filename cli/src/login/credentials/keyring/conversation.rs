//! One connection to the keyring, and what is asked over it. Secrets cross the bus encrypted.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use secret_service::{EncryptionType, Error, Item, SecretService};
use tokio::runtime::{Builder, Runtime};
use zbus::Connection;
use zbus::zvariant::OwnedObjectPath;

use super::{Trouble, bus, prompt, quiet};
use crate::config::address::HubAddress;
use crate::login::credentials::Kept;
use crate::terminal::out;

/// How long an answer may take: keyrings answer in milliseconds, but may have to be started first.
const ANSWER: Duration = Duration::from_secs(5);

/// How long a person may take to unlock the keyring.
const UNLOCK: Duration = Duration::from_secs(120);

/// What a keyring's own program shows in an editable field.
const CONTENT: &str = "text/plain";

/// A connection to the keyring.
pub(super) struct Conversation {
    service: SecretService<'static>,
    connection: Connection,
    may_ask: bool,
    // Last, as the others need it when they go.
    runtime: Runtime,
}

impl Conversation {
    /// Finds the keyring, starts it if need be, and agrees on a key.
    pub(super) fn begin(may_ask: bool) -> Result<Self, Trouble> {
        let address = bus::address(|name| std::env::var_os(name));
        let address = address.ok_or_else(|| Trouble::Absent("no D-Bus session here".to_owned()))?;
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Trouble::Broken(error.to_string()))?;
        let connect = async { zbus::connection::Builder::address(&*address)?.build().await };
        let connection = match wait(&runtime, ANSWER, connect)? {
            Ok(connection) => connection,
            // The variable may be of a session that has ended.
            Err(error) => return Err(Trouble::Absent(format!("no D-Bus session: {}", say(error)))),
        };
        match wait(&runtime, ANSWER, bus::has_keyring(&connection))? {
            Ok(true) => {}
            Ok(false) => {
                let text = "nobody on this D-Bus session offers one";
                return Err(Trouble::Absent(text.to_owned()));
            }
            Err(error) => return Err(Trouble::Broken(say(error))),
        }
        let agree = SecretService::connect_with_existing(EncryptionType::Dh, connection.clone());
        let service = wait(&runtime, ANSWER, agree)?.map_err(trouble)?;
        Ok(Self {
            service,
            connection,
            may_ask,
            runtime,
        })
    }

    /// Whether it would keep something.
    pub(super) fn check(&self) -> Result<(), Trouble> {
        let collection = self.ask(self.service.get_default_collection())?;
        match self.ask(collection.is_locked())? && !self.may_ask {
            true => Err(nobody_to_ask()),
            false => Ok(()),
        }
    }

    /// The newest login to this hub.
    pub(super) fn load(&self, hub: &HubAddress) -> Result<Option<Kept>, Trouble> {
        let mut newest: Option<Kept> = None;
        for item in self.items(hub)? {
            let bytes = self.ask(item.get_secret())?;
            let kept = serde_json::from_slice::<Kept>(&bytes);
            // What serde says could quote a token.
            let kept = kept.map_err(|error| {
                let (line, column) = (error.line(), error.column());
                Trouble::Damaged(format!("line {line}, column {column}"))
            })?;
            if newest
                .as_ref()
                .is_none_or(|newest| newest.good_until < kept.good_until)
            {
                newest = Some(kept);
            }
        }
        Ok(newest)
    }

    /// Keeps this login. One that is there is written over, which no keyring asks about.
    pub(super) fn save(&self, hub: &HubAddress, kept: &Kept) -> Result<(), Trouble> {
        let text = serde_json::to_string(kept);
        let text = text.map_err(|_| Trouble::Broken("a login cannot be written".to_owned()))?;
        let items = self.items(hub)?;
        if items.is_empty() {
            return self.create(hub, &text);
        }
        // There is one; more than one only if somebody copied it, and then none may stay behind.
        for item in items {
            self.ask(item.set_secret(text.as_bytes(), CONTENT))?;
        }
        Ok(())
    }

    /// Forgets the login.
    pub(super) fn remove(&self, hub: &HubAddress) -> Result<(), Trouble> {
        for item in self.items(hub)? {
            let delete = prompt::delete(&self.connection, &item.item_path);
            let asks = self.ask(async { Ok(delete.await?) })?;
            self.have_answered(asks)?;
        }
        Ok(())
    }

    fn create(&self, hub: &HubAddress, text: &str) -> Result<(), Trouble> {
        let collection = self.ask(self.service.get_default_collection())?;
        if self.ask(collection.is_locked())? {
            self.unlock(vec![collection.collection_path.clone()])?;
        }
        let label = format!("HackStream login to {hub}");
        let create =
            collection.create_item(&label, attributes(hub), text.as_bytes(), true, CONTENT);
        // Some keyrings ask here, by themselves.
        self.ask_patiently(async { create.await.map(drop) })
    }

    /// The items of this hub, unlocked.
    fn items(&self, hub: &HubAddress) -> Result<Vec<Item<'_>>, Trouble> {
        let found = self.ask(self.service.search_items(attributes(hub)))?;
        if !found.unlocked.is_empty() || found.locked.is_empty() {
            return Ok(found.unlocked);
        }
        let paths = found.locked.iter().map(|item| item.item_path.clone());
        self.unlock(paths.collect())?;
        Ok(found.locked)
    }

    fn unlock(&self, paths: Vec<OwnedObjectPath>) -> Result<(), Trouble> {
        let unlock = prompt::unlock(&self.connection, &paths);
        let asks = self.ask(async { Ok(unlock.await?) })?;
        self.have_answered(asks)
    }

    /// Has the person answer what the keyring `asks`, if that is something.
    fn have_answered(&self, asks: Option<OwnedObjectPath>) -> Result<(), Trouble> {
        let Some(asks) = asks else { return Ok(()) };
        if !self.may_ask {
            return Err(nobody_to_ask());
        }
        tell_waiting();
        let answer = prompt::answer(&self.connection, &asks);
        match wait(&self.runtime, UNLOCK, answer) {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(Trouble::Locked("it was not unlocked when asked".to_owned())),
            Ok(Err(error)) => Err(Trouble::Broken(say(error))),
            Err(_) => {
                let dismiss = prompt::dismiss(&self.connection, &asks);
                let _ = wait(&self.runtime, ANSWER, dismiss);
                let minutes = UNLOCK.as_secs() / 60;
                Err(Trouble::Locked(format!(
                    "nobody unlocked it for {minutes} minutes"
                )))
            }
        }
    }

    fn ask<T>(&self, question: impl Future<Output = Result<T, Error>>) -> Result<T, Trouble> {
        wait(&self.runtime, ANSWER, question)?.map_err(trouble)
    }

    /// The same where the keyring may ask the person first.
    fn ask_patiently<T>(
        &self,
        question: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Trouble> {
        let mut question = Box::pin(question);
        match wait(&self.runtime, ANSWER, &mut question) {
            Err(_) if self.may_ask => {
                tell_waiting();
                wait(&self.runtime, UNLOCK, question)?
            }
            answered => answered?,
        }
        .map_err(trouble)
    }
}

/// Waits for an answer, no longer than the limit.
fn wait<T>(
    runtime: &Runtime,
    limit: Duration,
    question: impl Future<Output = T>,
) -> Result<T, Trouble> {
    let limited = || runtime.block_on(async { tokio::time::timeout(limit, question).await });
    match quiet::panics(limited) {
        Some(Ok(answer)) => Ok(answer),
        Some(Err(_)) => {
            let text = format!("it did not answer for {} s", limit.as_secs());
            Err(Trouble::Broken(text))
        }
        None => Err(Trouble::Broken("it answered nonsense, or ended".to_owned())),
    }
}

/// What a login is found by.
fn attributes(hub: &HubAddress) -> HashMap<&str, &str> {
    HashMap::from([("application", "hackstream"), ("hub", hub.as_str())])
}

fn trouble(error: Error) -> Trouble {
    match error {
        Error::NoResult => Trouble::Absent(
            "its service has no default one, into which to put something".to_owned(),
        ),
        Error::Locked => Trouble::Locked("it was locked meanwhile".to_owned()),
        Error::Prompt => Trouble::Locked("it was not unlocked when asked".to_owned()),
        Error::Crypto(text) => Trouble::Damaged(text.to_owned()),
        other => Trouble::Broken(say(other)),
    }
}

/// What somebody else says, in one line of bounded length.
fn say(error: impl fmt::Display) -> String {
    let text: String = error.to_string().chars().take(200).collect();
    out::harmless(&text)
}

fn nobody_to_ask() -> Trouble {
    Trouble::Locked("nobody can be asked here to unlock it".to_owned())
}

fn tell_waiting() {
    // Who reads nothing sees the dialogue.
    let _ = out::tell("waiting for the keyring to be unlocked (Ctrl-C ends the command)");
}

// It could show the key of the connection.
impl fmt::Debug for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conversation")
            .field("may_ask", &self.may_ask)
            .finish_non_exhaustive()
    }
}
