//! `org.freedesktop.Notifications` on the session's bus, after version 1.2 of the specification of
//! desktop notifications.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use hackstream_protocol::wire::control::{Expiry, Urgency};
use tracing::warn;
use zbus::zvariant::Value;
use zbus::{Connection, connection};

use super::notices::{Notices, Told, Wish};

/// The name on the bus, and that of the interface.
const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// The action that stands for the notification as a whole.
const DEFAULT_ACTION: &str = "default";

/// What programs can count on. There is no markup, and no other action than the default one.
const CAPABILITIES: [&str; 2] = ["body", "actions"];

/// Answers programs on the bus at `address` from now on.
pub(super) async fn connect(address: &str, notices: Arc<Notices>) -> zbus::Result<Connection> {
    connection::Builder::address(address)?
        .serve_at(PATH, Server { notices })?
        .name(NAME)?
        .build()
        .await
}

/// Tells programs what became of their notifications, for as long as there is a bus.
pub(super) async fn tell_programs(connection: &Connection, notices: &Notices) {
    while let Some(told) = notices.next_told().await {
        let emitted = match told {
            Told::Chosen(number) => {
                let body = (number, DEFAULT_ACTION);
                emit(connection, "ActionInvoked", &body).await
            }
            Told::Closed(number, reason) => {
                let body = (number, reason as u32);
                emit(connection, "NotificationClosed", &body).await
            }
        };
        if let Err(error) = emitted {
            warn!(%error, "there are no more notifications: the session's bus cannot be used");
            return;
        }
    }
}

async fn emit<B>(connection: &Connection, signal: &str, body: &B) -> zbus::Result<()>
where
    B: serde::Serialize + zbus::zvariant::DynamicType,
{
    connection
        .emit_signal(None::<&str>, PATH, NAME, signal, body)
        .await
}

/// What programs call.
struct Server {
    notices: Arc<Notices>,
}

/// Why a program's notification is not shown.
#[derive(Debug, zbus::DBusError)]
#[zbus(prefix = "org.freedesktop.Notifications.Error")]
enum Refusal {
    /// The name that other desktops give it.
    ExcessNotificationGeneration(String),
    /// There is none of this number.
    InvalidId(String),
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Server {
    fn get_capabilities(&self) -> Vec<&'static str> {
        CAPABILITIES.to_vec()
    }

    fn get_server_information(&self) -> (&'static str, &'static str, &'static str, &'static str) {
        ("HackStream", "HackStream", env!("CARGO_PKG_VERSION"), "1.2")
    }

    #[expect(clippy::too_many_arguments, reason = "the specification has it so")]
    fn notify(
        &self,
        app_name: &str,
        replaces_id: u32,
        _app_icon: &str,
        summary: &str,
        body: &str,
        actions: Vec<&str>,
        hints: HashMap<&str, Value<'_>>,
        expire_timeout: i32,
    ) -> Result<u32, Refusal> {
        let wish = Wish {
            replaces: replaces_id,
            program: app_name,
            summary,
            body,
            urgency: urgency(hints.get("urgency")),
            expiry: expiry(expire_timeout),
            can_be_chosen: actions.iter().step_by(2).any(|key| *key == DEFAULT_ACTION),
        };
        self.notices.show(&wish).map_err(|_| {
            let text = "too many notifications in quick succession";
            Refusal::ExcessNotificationGeneration(text.to_owned())
        })
    }

    fn close_notification(&self, id: u32) -> Result<(), Refusal> {
        if self.notices.take_back(id) {
            return Ok(());
        }
        Err(Refusal::InvalidId(
            "there is no such notification".to_owned(),
        ))
    }
}

fn urgency(hint: Option<&Value<'_>>) -> Urgency {
    match hint {
        Some(Value::U8(0)) => Urgency::Low,
        Some(Value::U8(2)) => Urgency::Critical,
        _ => Urgency::Normal,
    }
}

fn expiry(milliseconds: i32) -> Expiry {
    match u64::try_from(milliseconds) {
        Err(_) => Expiry::AsUsual,
        Ok(0) => Expiry::Never,
        Ok(time) => Expiry::After(Duration::from_millis(time)),
    }
}
