//! The notifications of the person's desktop: `org.freedesktop.Notifications` on their session bus.

use hackstream_protocol::wire::control::{Expiry, Notification, Urgency};

use super::dbus::{BusError, Call, Connection, Reader, Signal, Writer};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// A program's picture is not passed on.
const NO_ICON: &str = "";

/// The action that stands for the notification as a whole.
const DEFAULT_ACTION: &str = "default";

/// The signals to be passed on: of whoever shows notifications at the moment.
const RULE: &str = "type='signal',sender='org.freedesktop.Notifications',\
    interface='org.freedesktop.Notifications',path='/org/freedesktop/Notifications'";

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
    /// Whether bodies are read as markup.
    has_markup: bool,
}

impl Bus {
    /// Finds the person's desktop.
    pub(super) async fn connect() -> Result<Self, BusError> {
        let mut connection = Connection::session(|name| std::env::var_os(name)).await?;
        connection.listen(RULE).await?;
        let asking = call("GetCapabilities", "", Writer::default());
        let answer = connection.call(asking).await?;
        let capabilities = Reader::new(&answer).texts().ok_or(BusError::Malformed)?;
        Ok(Self {
            has_markup: capabilities.contains(&"body-markup"),
            connection,
        })
    }

    /// Shows a notification of the session at `host`, in place of another one.
    pub(super) async fn show(
        &mut self,
        notification: &Notification,
        replaced: Option<DesktopId>,
        host: &str,
    ) -> Result<DesktopId, BusError> {
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
        let expiry = match notification.expiry {
            Expiry::AsUsual => -1,
            Expiry::Never => 0,
            Expiry::After(time) => i32::try_from(time.as_millis()).unwrap_or(i32::MAX).max(1),
        };
        let replaced = replaced.map_or(0, |DesktopId(id)| id);
        let mut arguments = Writer::default();
        arguments.text(&from);
        arguments.number(replaced);
        arguments.text(NO_ICON);
        arguments.text(&summary);
        arguments.text(&body);
        arguments.array(4, |array| actions.iter().for_each(|text| array.text(text)));
        arguments.entries([("urgency", urgency)], |entry, (hint, value)| {
            entry.text(hint);
            entry.signature("y");
            entry.byte(value);
        });
        arguments.signed(expiry);
        let call = call("Notify", "susssasa{sv}i", arguments);
        let answer = self.connection.call(call).await?;
        let id = Reader::new(&answer).number().ok_or(BusError::Malformed)?;
        Ok(DesktopId(id))
    }

    /// Takes one back. The desktop may have forgotten it.
    pub(super) async fn withdraw(&mut self, DesktopId(id): DesktopId) {
        let mut arguments = Writer::default();
        arguments.number(id);
        let call = call("CloseNotification", "u", arguments);
        let _ = self.connection.call(call).await;
    }

    /// What becomes of a notification next, of ours or of another program; `None` if the desktop is
    /// gone. May be cancelled.
    pub(super) async fn next(&mut self) -> Option<Outcome> {
        loop {
            let signal = self.connection.signal().await.ok()?;
            if let Some(outcome) = outcome(&signal) {
                return Some(outcome);
            }
        }
    }
}

fn call<'a>(method: &'a str, signature: &'static str, arguments: Writer) -> Call<'a> {
    Call {
        destination: NAME,
        path: PATH,
        interface: NAME,
        method,
        signature,
        arguments,
    }
}

fn outcome(signal: &Signal) -> Option<Outcome> {
    if signal.interface != NAME {
        return None;
    }
    let mut arguments = Reader::new(&signal.body);
    match (signal.name.as_str(), signal.signature.as_str()) {
        ("NotificationClosed", "uu") => {
            let id = DesktopId(arguments.number()?);
            Some(match arguments.number()? {
                1 => Outcome::Expired(id),
                _ => Outcome::Dismissed(id),
            })
        }
        ("ActionInvoked", "us") => {
            let id = DesktopId(arguments.number()?);
            (arguments.text()? == DEFAULT_ACTION).then_some(Outcome::Chosen(id))
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
