//! `org.freedesktop.Notifications` on the session's bus, after version 1.2 of the specification of
//! desktop notifications.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hackstream_protocol::wire::control::{Expiry, Urgency};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, SeqAccess, Visitor};
use tracing::warn;
use zbus::zvariant::{Signature, Type};
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
        hints: HashMap<&str, Hint>,
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

fn urgency(hint: Option<&Hint>) -> Urgency {
    match hint {
        Some(Hint::Byte(0)) => Urgency::Low,
        Some(Hint::Byte(2)) => Urgency::Critical,
        _ => Urgency::Normal,
    }
}

/// The value of a hint, as far as it is of use. Pictures are hints as well, and zbus's own type for
/// values makes each byte of them a value of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hint {
    Byte(u8),
    Other,
}

impl Type for Hint {
    const SIGNATURE: &'static Signature = &Signature::Variant;
}

impl<'de> Deserialize<'de> for Hint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HintVisitor)
    }
}

struct HintVisitor;

impl<'de> Visitor<'de> for HintVisitor {
    type Value = Hint;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a variant")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut variant: A) -> Result<Hint, A::Error> {
        let missing = || A::Error::invalid_length(0, &self);
        let signature: Signature = variant.next_element()?.ok_or_else(missing)?;
        let hint = if signature == Signature::U8 {
            variant.next_element()?.map(Hint::Byte)
        } else {
            let ignored: Option<IgnoredAny> = variant.next_element()?;
            ignored.map(|_| Hint::Other)
        };
        hint.ok_or_else(missing)
    }
}

fn expiry(milliseconds: i32) -> Expiry {
    match u64::try_from(milliseconds) {
        Err(_) => Expiry::AsUsual,
        Ok(0) => Expiry::Never,
        Ok(time) => Expiry::After(Duration::from_millis(time)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zbus::zvariant::serialized::Context;
    use zbus::zvariant::{LE, Structure, Value, to_bytes};

    #[test]
    fn of_hints_only_bytes_are_read_whatever_else_there_is() {
        let pixels = vec![7_u8; 64 * 64 * 4];
        let picture = Structure::from((64_i32, 64_i32, 256_i32, true, 8_i32, 4_i32, pixels));
        let nested = HashMap::from([("a", vec![Value::from(1_u8), Value::from("b")])]);
        let hints = HashMap::from([
            ("image-data", Value::from(picture)),
            ("urgency", Value::from(2_u8)),
            ("sender-pid", Value::from(7_i64)),
            ("category", Value::from("email")),
            ("nested", Value::from(nested)),
            ("boxed", Value::Value(Box::new(Value::from(0_u8)))),
        ]);
        let context = Context::new_dbus(LE, 0);
        let bytes = to_bytes(context, &(hints, 5_i32)).unwrap();
        let ((hints, after), _): ((HashMap<&str, Hint>, i32), _) = bytes.deserialize().unwrap();
        assert_eq!((hints.len(), after), (6, 5));
        assert_eq!(urgency(hints.get("urgency")), Urgency::Critical);
        for (name, hint) in hints.iter().filter(|(name, _)| **name != "urgency") {
            assert_eq!(*hint, Hint::Other, "{name}");
        }
    }
}
