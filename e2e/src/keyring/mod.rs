//! A person's keyring: a real one, on a bus of its own. What others are like is in [`odd`].

pub mod odd;

use std::collections::HashMap;
use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use tokio::runtime::Runtime;
use zbus::zvariant::{DynamicType, OwnedObjectPath, OwnedValue, Value};
use zbus::{Connection, Message};

use crate::folder::Folder;
use crate::process::{Process, bound_command};
use crate::wait_until;

/// By what keyrings are known.
pub const SERVICE: &str = "org.freedesktop.secrets";
const PATH: &str = "/org/freedesktop/secrets";

/// The bus of a desktop, on which nobody is started that the test did not start.
pub struct Bus {
    /// For `DBUS_SESSION_BUS_ADDRESS`.
    pub address: String,
    _daemon: Process,
}

/// A keyring with a password, which is unlocked.
pub struct Keyring {
    connection: Connection,
    runtime: Runtime,
    daemon: std::process::Child,
    /// Its bus.
    pub bus: Bus,
}

/// What is transferred in the clear, for the test to see: session, parameters, value, kind.
type Secret = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

impl Bus {
    /// Starts it for whoever uses this folder.
    ///
    /// # Panics
    /// If there is no dbus-daemon.
    #[must_use]
    pub fn start(folder: &Folder) -> Self {
        let config = folder.path("bus.conf");
        let socket = folder.path("runtime/bus-of-the-test");
        let text = format!(
            "<busconfig><type>session</type><listen>unix:path={}</listen><auth>EXTERNAL</auth>\
             <policy context=\"default\"><allow send_destination=\"*\"/><allow own=\"*\"/>\
             <allow receive_sender=\"*\"/></policy></busconfig>",
            socket.display()
        );
        fs::write(&config, text).expect("a file");
        let mut daemon = bound_command("dbus-daemon");
        daemon.args(["--nofork", "--print-address=1", "--config-file"]);
        let daemon = Process::start(daemon.arg(config));
        let found = |line: &str| line.starts_with("unix:").then(|| line.to_owned());
        Self {
            address: daemon.stdout.wait_for("the bus", found),
            _daemon: daemon,
        }
    }
}

impl Keyring {
    /// Starts GNOME's for whoever uses this folder.
    ///
    /// # Panics
    /// If it is not installed, or does not start.
    #[must_use]
    pub fn start(folder: &Folder) -> Self {
        let bus = Bus::start(folder);
        let mut daemon = bound_command("gnome-keyring-daemon");
        daemon.args(["--unlock", "--foreground", "--components=secrets"]);
        folder.use_in(&mut daemon);
        daemon.env("DBUS_SESSION_BUS_ADDRESS", &bus.address);
        daemon.stdin(Stdio::piped()).stdout(Stdio::null());
        let mut daemon = daemon.stderr(Stdio::null()).spawn().expect("gnome-keyring");
        let mut password = daemon.stdin.take().expect("piped");
        password.write_all(b"of the keyring").expect("a reader");
        drop(password);
        let runtime = runtime();
        let connection = runtime.block_on(connect(&bus.address));
        let keyring = Self {
            connection,
            runtime,
            daemon,
            bus,
        };
        wait_until("the keyring", || {
            let alias = keyring
                .call(PATH, "Service", "ReadAlias", &("default",))
                .ok()?;
            let path: OwnedObjectPath = alias.body().deserialize().ok()?;
            (path.as_str() != "/").then_some(())
        });
        keyring
    }

    /// Locks it.
    ///
    /// # Panics
    /// If that does not work.
    pub fn lock(&self) {
        let path = self.collection();
        self.ok(PATH, "Service", "Lock", &(vec![path],));
    }

    /// What it has of the login to this hub, and what it calls that.
    ///
    /// # Panics
    /// If it does not answer.
    #[must_use]
    pub fn login(&self, hub: &str) -> Option<(String, serde_json::Value)> {
        let item = self.item(hub)?;
        let session = self.session();
        let secret = self.ok(item.as_str(), "Item", "GetSecret", &(session,));
        let (_, _, value, _): Secret = secret.body().deserialize().expect("a secret");
        let label = self.runtime.block_on(self.connection.call_method(
            Some(SERVICE),
            item.as_str(),
            Some("org.freedesktop.DBus.Properties"),
            "Get",
            &("org.freedesktop.Secret.Item", "Label"),
        ));
        let label: OwnedValue = label.expect("a label").body().deserialize().expect("one");
        let label = String::try_from(label).expect("a text");
        Some((label, serde_json::from_slice(&value).expect("JSON")))
    }

    /// Puts another text in the place of the login to this hub.
    ///
    /// # Panics
    /// If there is none.
    pub fn replace(&self, hub: &str, text: &str) {
        let item = self.item(hub).expect("a login");
        let (bytes, none) = (text.as_bytes().to_vec(), Vec::<u8>::new());
        let secret = (self.session(), none, bytes, "text/plain".to_owned());
        self.ok(item.as_str(), "Item", "SetSecret", &(secret,));
    }

    fn item(&self, hub: &str) -> Option<OwnedObjectPath> {
        let wanted = HashMap::from([("application", "hackstream"), ("hub", hub)]);
        let found = self.ok(PATH, "Service", "SearchItems", &(wanted,));
        let (unlocked, _): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) =
            found.body().deserialize().expect("items");
        assert!(unlocked.len() < 2, "{unlocked:?}");
        unlocked.into_iter().next()
    }

    fn collection(&self) -> OwnedObjectPath {
        let alias = self.ok(PATH, "Service", "ReadAlias", &("default",));
        alias.body().deserialize().expect("a path")
    }

    fn session(&self) -> OwnedObjectPath {
        let input = ("plain", Value::from(""));
        let opened = self.ok(PATH, "Service", "OpenSession", &input);
        let (_, path): (OwnedValue, OwnedObjectPath) = opened.body().deserialize().expect("it");
        path
    }

    fn ok<B>(&self, path: &str, interface: &str, method: &str, body: &B) -> Message
    where
        B: serde::Serialize + DynamicType,
    {
        let answer = self.call(path, interface, method, body);
        answer.unwrap_or_else(|error| panic!("{method} of the keyring: {error}"))
    }

    fn call<B>(&self, path: &str, interface: &str, method: &str, body: &B) -> zbus::Result<Message>
    where
        B: serde::Serialize + DynamicType,
    {
        let interface = format!("org.freedesktop.Secret.{interface}");
        let called =
            self.connection
                .call_method(Some(SERVICE), path, Some(&*interface), method, body);
        self.runtime.block_on(called)
    }
}

impl Drop for Keyring {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

fn runtime() -> Runtime {
    let builder = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    builder.expect("a runtime")
}

async fn connect(address: &str) -> Connection {
    let builder = zbus::connection::Builder::address(address).expect("an address");
    builder.build().await.expect("a place on the bus")
}
