//! A person's desktop: a bus of its own, with somebody on it who shows notifications and notes them.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use tokio::runtime::Runtime;
use zbus::zvariant::Value;
use zbus::{Connection, connection};

use crate::process::{Process, bound_command};
use crate::wait_until;

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// What the desktop was asked to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The number that it has at the desktop.
    pub id: u32,
    /// The number that it replaced; 0 if none.
    pub replaced: u32,
    /// The title.
    pub summary: String,
    /// The text.
    pub body: String,
    /// The keys and names of what can be done.
    pub actions: Vec<String>,
    /// 0 low, 1 normal, 2 critical.
    pub urgency: u8,
    /// Milliseconds; -1 as the desktop pleases.
    pub expiry: i32,
}

/// A desktop that shows notifications.
pub struct Desktop {
    connection: Connection,
    noted: Arc<Mutex<Noted>>,
    runtime: Runtime,
    address: String,
    _bus: Process,
}

#[derive(Default)]
struct Noted {
    shown: Vec<Shown>,
    closed: Vec<u32>,
}

impl Desktop {
    /// Starts it.
    ///
    /// # Panics
    /// If there is no dbus-daemon.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it acts on the system")]
    pub fn new() -> Self {
        Self::start(&[])
    }

    /// Starts it with its bus at a place that the test chose, where one may have been before.
    ///
    /// # Panics
    /// If there is no dbus-daemon.
    #[must_use]
    pub fn at(socket: &Path) -> Self {
        Self::start(&[format!("--address={}", address_of(socket))])
    }

    fn start(options: &[String]) -> Self {
        let mut bus = bound_command("dbus-daemon");
        bus.args(["--session", "--nofork", "--print-address=1"]);
        let bus = Process::start(bus.args(options));
        let found = |line: &str| line.starts_with("unix:").then(|| line.to_owned());
        let address = bus.stdout.wait_for("the desktop's bus", found);
        let noted = Arc::<Mutex<Noted>>::default();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let server = Server {
            noted: Arc::clone(&noted),
        };
        let connection = runtime.block_on(async {
            let builder = connection::Builder::address(address.as_str())?
                .serve_at(PATH, server)?
                .name(NAME)?;
            builder.build().await
        });
        Self {
            connection: connection.expect("a place on the bus"),
            noted,
            runtime,
            address,
            _bus: bus,
        }
    }

    /// For `DBUS_SESSION_BUS_ADDRESS`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Waits for a notification whose title begins so.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn wait_for(&self, summary: &str) -> Shown {
        wait_until(&format!("the notification {summary}"), || {
            let shown = self.shown();
            shown
                .into_iter()
                .find(|one| one.summary.starts_with(summary))
        })
    }

    /// Waits until this one is taken back.
    ///
    /// # Panics
    /// If it is not.
    pub fn wait_for_close(&self, id: u32) {
        wait_until("the end of a notification", || {
            let noted = self.noted.lock().expect("unpoisoned");
            noted.closed.contains(&id).then_some(())
        });
    }

    /// All that it was asked to show.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn shown(&self) -> Vec<Shown> {
        self.noted.lock().expect("unpoisoned").shown.clone()
    }

    /// The person chooses one.
    pub fn choose(&self, id: u32) {
        self.tell("ActionInvoked", &(id, "default"));
    }

    /// One is gone for this reason.
    pub fn close(&self, id: u32, reason: u32) {
        self.tell("NotificationClosed", &(id, reason));
    }

    fn tell<B>(&self, signal: &str, body: &B)
    where
        B: zbus::export::serde::Serialize + zbus::zvariant::DynamicType,
    {
        let told = self
            .connection
            .emit_signal(None::<&str>, PATH, NAME, signal, body);
        self.runtime.block_on(told).expect("the bus");
    }
}

/// What `DBUS_SESSION_BUS_ADDRESS` says of a bus with this socket.
#[must_use]
pub fn address_of(socket: &Path) -> String {
    format!("unix:path={}", socket.display())
}

struct Server {
    noted: Arc<Mutex<Noted>>,
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Server {
    fn get_capabilities(&self) -> Vec<&'static str> {
        vec!["body", "body-markup", "actions"]
    }

    #[expect(clippy::too_many_arguments, reason = "the specification has it so")]
    fn notify(
        &self,
        _app_name: &str,
        replaces_id: u32,
        _app_icon: &str,
        summary: &str,
        body: &str,
        actions: Vec<&str>,
        hints: HashMap<&str, Value<'_>>,
        expire_timeout: i32,
    ) -> u32 {
        let mut noted = self.noted.lock().expect("unpoisoned");
        let id = match replaces_id {
            0 => 1000 + noted.shown.len() as u32,
            other => other,
        };
        let urgency = match hints.get("urgency") {
            Some(Value::U8(urgency)) => *urgency,
            _ => 1,
        };
        noted.shown.push(Shown {
            id,
            replaced: replaces_id,
            summary: summary.to_owned(),
            body: body.to_owned(),
            actions: actions.into_iter().map(str::to_owned).collect(),
            urgency,
            expiry: expire_timeout,
        });
        id
    }

    fn close_notification(&self, id: u32) {
        self.noted.lock().expect("unpoisoned").closed.push(id);
    }
}
