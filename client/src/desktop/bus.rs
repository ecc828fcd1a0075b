//! The notifications of the person's desktop: `org.freedesktop.Notifications` on their session bus.

use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use futures_core::Stream;
use hackstream_protocol::wire::control::{Expiry, Notification, Urgency};
use zbus::zvariant::Value;
use zbus::{Connection, MatchRule, Message, MessageStream, message};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// The action that stands for the notification as a whole.
const DEFAULT_ACTION: &str = "default";

/// How long the desktop may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the desktop calls a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DesktopId(u32);

/// What became of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Expired(DesktopId),
    Dismissed(DesktopId),
    Chosen(DesktopId),
}

/// A desktop that shows notifications.
pub(super) struct Bus {
    connection: Connection,
    signals: MessageStream,
    /// Whether bodies are read as markup.
    has_markup: bool,
}

impl Bus {
    /// Finds the person's desktop.
    pub(super) async fn connect() -> zbus::Result<Self> {
        let builder = zbus::connection::Builder::session()?;
        let connecting = builder.method_timeout(PATIENCE).build();
        // A bus that takes no notice of who connects would hold up links as well.
        let connected = tokio::time::timeout(PATIENCE, connecting).await;
        let connection = connected.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        let rule = MatchRule::builder()
            .msg_type(message::Type::Signal)
            .interface(NAME)?
            .path(PATH)?
            .build();
        let signals = MessageStream::for_match_rule(rule, &connection, None).await?;
        let reply = call(&connection, "GetCapabilities", &()).await?;
        let body = reply.body();
        let capabilities: Vec<&str> = body.deserialize()?;
        Ok(Self {
            has_markup: capabilities.contains(&"body-markup"),
            connection,
            signals,
        })
    }

    /// Shows a notification of the session at `host`, in place of another one.
    pub(super) async fn show(
        &self,
        notification: &Notification,
        replaced: Option<DesktopId>,
        host: &str,
    ) -> zbus::Result<DesktopId> {
        let from = match notification.program.as_str() {
            "" => host.to_owned(),
            program => format!("{program} - {host}"),
        };
        // Where it comes from is in its title: not each desktop shows the program's name, and it is
        // none of the programs here.
        let summary = match notification.summary.as_str() {
            "" => from.clone(),
            summary => format!("{summary} - {host}"),
        };
        let body = if self.has_markup {
            escaped(&notification.body)
        } else {
            notification.body.clone()
        };
        let actions: &[&str] = if notification.can_be_chosen {
            &[DEFAULT_ACTION, "Show"]
        } else {
            &[]
        };
        let urgency: u8 = match notification.urgency {
            Urgency::Low => 0,
            Urgency::Normal => 1,
            Urgency::Critical => 2,
        };
        let hints = HashMap::from([("urgency", Value::from(urgency))]);
        let expiry = match notification.expiry {
            Expiry::AsUsual => -1,
            Expiry::Never => 0,
            Expiry::After(time) => i32::try_from(time.as_millis()).unwrap_or(i32::MAX).max(1),
        };
        let replaced = replaced.map_or(0, |DesktopId(id)| id);
        let icon = "";
        let arguments = (from, replaced, icon, summary, body, actions, hints, expiry);
        let reply = call(&self.connection, "Notify", &arguments).await?;
        Ok(DesktopId(reply.body().deserialize()?))
    }

    /// Takes one back. The desktop may have forgotten it.
    pub(super) async fn withdraw(&self, DesktopId(id): DesktopId) {
        let _ = call(&self.connection, "CloseNotification", &(id,)).await;
    }

    /// What becomes of a notification next, of ours or of another program; `None` if the desktop is
    /// gone. May be cancelled.
    pub(super) async fn next(&mut self) -> Option<Outcome> {
        loop {
            let signals = &mut self.signals;
            let next = poll_fn(|context| Pin::new(&mut *signals).poll_next(context)).await;
            if let Some(outcome) = outcome(&next?.ok()?) {
                return Some(outcome);
            }
        }
    }
}

async fn call<B>(connection: &Connection, method: &str, body: &B) -> zbus::Result<Message>
where
    B: zbus::export::serde::Serialize + zbus::zvariant::DynamicType,
{
    connection
        .call_method(Some(NAME), PATH, Some(NAME), method, body)
        .await
}

fn outcome(signal: &Message) -> Option<Outcome> {
    let header = signal.header();
    let body = signal.body();
    match header.member()?.as_str() {
        "NotificationClosed" => {
            let (id, reason): (u32, u32) = body.deserialize().ok()?;
            Some(match reason {
                1 => Outcome::Expired(DesktopId(id)),
                _ => Outcome::Dismissed(DesktopId(id)),
            })
        }
        "ActionInvoked" => {
            let (id, action): (u32, &str) = body.deserialize().ok()?;
            (action == DEFAULT_ACTION).then_some(Outcome::Chosen(DesktopId(id)))
        }
        _ => None,
    }
}

/// The text as markup that shows it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_protocol::desktop::without_markup;

    #[test]
    fn text_that_looks_like_markup_stays_text() {
        let text = "<b>1 < 2 && 3 > 2</b> &lt;";
        assert_eq!(without_markup(&escaped(text)), text);
        assert!(!escaped(text).contains('<'));
    }
}
