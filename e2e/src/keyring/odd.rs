//! Keyrings that do not what they should.

use std::collections::HashMap;

use tokio::runtime::Runtime;
use zbus::Connection;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value};

use super::{Bus, PATH, SERVICE, connect, runtime};

const ITEM: &str = "/org/freedesktop/secrets/item";
const PROMPT: &str = "/org/freedesktop/secrets/prompt";

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// It has a name and answers nothing.
    Silent,
    /// Its only item is not encrypted as agreed.
    Nonsense,
    /// It is locked, and its dialogue stays.
    Waiting,
    /// It is locked, and whoever is asked says no.
    Dismissed,
}

/// Such a keyring, for as long as this value lives.
pub struct OddKeyring {
    _connection: Connection,
    _runtime: Runtime,
}

impl OddKeyring {
    /// Puts it on a bus.
    ///
    /// # Panics
    /// If there is one already.
    #[must_use]
    pub fn on(bus: &Bus, oddity: Oddity) -> Self {
        let runtime = runtime();
        let connection = runtime.block_on(async {
            let connection = connect(&bus.address).await;
            if oddity != Oddity::Silent {
                let server = connection.object_server();
                server.at(PATH, Service(oddity)).await.expect("a place");
                server.at(ITEM, Item).await.expect("a place");
                server.at(PROMPT, Prompt(oddity)).await.expect("a place");
            }
            connection.request_name(SERVICE).await.expect("the name");
            connection
        });
        Self {
            _connection: connection,
            _runtime: runtime,
        }
    }
}

struct Service(Oddity);

#[zbus::interface(name = "org.freedesktop.Secret.Service")]
impl Service {
    fn open_session(&self, _algorithm: &str, _key: Value<'_>) -> (OwnedValue, OwnedObjectPath) {
        let key = Value::from(vec![7_u8; 128]);
        (key.try_into().expect("no descriptor"), path(PATH))
    }

    fn search_items(
        &self,
        _wanted: HashMap<String, String>,
    ) -> (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) {
        match self.0 {
            Oddity::Nonsense => (vec![path(ITEM)], Vec::new()),
            _ => (Vec::new(), vec![path(ITEM)]),
        }
    }

    fn unlock(&self, _what: Vec<OwnedObjectPath>) -> (Vec<OwnedObjectPath>, OwnedObjectPath) {
        (Vec::new(), path(PROMPT))
    }
}

struct Item;

#[zbus::interface(name = "org.freedesktop.Secret.Item")]
impl Item {
    fn get_secret(
        &self,
        session: ObjectPath<'_>,
    ) -> ((OwnedObjectPath, Vec<u8>, Vec<u8>, String),) {
        let too_short = vec![1, 2, 3];
        let secret = (session.into(), too_short.clone(), too_short, String::new());
        (secret,)
    }
}

struct Prompt(Oddity);

#[zbus::interface(name = "org.freedesktop.Secret.Prompt")]
impl Prompt {
    async fn prompt(
        &self,
        _window: &str,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) -> zbus::fdo::Result<()> {
        if self.0 == Oddity::Dismissed {
            let interface = "org.freedesktop.Secret.Prompt";
            let body = (true, Value::from(""));
            emitter.emit(interface, "Completed", &body).await?;
        }
        Ok(())
    }

    fn dismiss(&self) {}
}

fn path(text: &'static str) -> OwnedObjectPath {
    ObjectPath::from_static_str_unchecked(text).into()
}
