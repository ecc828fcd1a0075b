//! A viewer's window is called like the session's window in front, and looks like it.

use std::sync::Arc;
use std::time::Duration;

use hackstream_protocol::wire::control::{ServerMessage, WindowIcon};
use hackstream_transport::{ControlWriter, TransportError};
use tokio::sync::{Mutex, watch};
use tokio::time::sleep;

/// Least time between two things told: a program may call itself something else a thousand times a
/// second.
const PAUSE: Duration = Duration::from_millis(100);

/// The session's window in front.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Front {
    /// What it is called; empty if there is none.
    pub title: Arc<str>,
    /// Its icon, if it has one.
    pub icon: Option<Arc<WindowIcon>>,
}

/// Tells the viewer what the window in front is called, and its icon, as they change. What changed
/// several times meanwhile is told once.
///
/// # Errors
/// [`TransportError`] if the connection or the stream breaks.
pub(super) async fn tell_front(
    control: &Mutex<ControlWriter<ServerMessage>>,
    mut front: watch::Receiver<Front>,
) -> Result<(), TransportError> {
    let mut told = Front::default();
    loop {
        let now = front.borrow_and_update().clone();
        for message in messages(&told, &now) {
            control.lock().await.send(&message).await?;
        }
        if now != told {
            told = now;
            sleep(PAUSE).await;
        }
        if front.changed().await.is_err() {
            return Ok(());
        }
    }
}

/// What makes a viewer that was told of `told` show `now`.
fn messages(told: &Front, now: &Front) -> impl Iterator<Item = ServerMessage> + use<> {
    let title = (told.title != now.title).then(|| ServerMessage::Title(now.title.to_string()));
    let icon = (told.icon != now.icon).then(|| {
        let icon = now.icon.as_deref().cloned();
        ServerMessage::Icon(icon.unwrap_or_else(WindowIcon::none))
    });
    title.into_iter().chain(icon)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_protocol::geometry::Size;

    #[test]
    fn only_what_changed_is_told() {
        let icon = WindowIcon {
            size: Size::new(1, 1),
            pixels: vec![7],
        };
        let front = |title: &str, icon: Option<&WindowIcon>| Front {
            title: title.into(),
            icon: icon.cloned().map(Arc::new),
        };
        let tell = |told: &Front, now: &Front| messages(told, now).collect::<Vec<_>>();
        let title = |title: &str| ServerMessage::Title(title.to_owned());
        let (none, one) = (Front::default(), front("a", Some(&icon)));
        assert_eq!(tell(&none, &none), []);
        let all = [title("a"), ServerMessage::Icon(icon.clone())];
        assert_eq!(tell(&none, &one), all);
        assert_eq!(tell(&one, &front("b", Some(&icon))), [title("b")]);
        let gone = ServerMessage::Icon(WindowIcon::none());
        assert_eq!(tell(&one, &front("a", None)), [gone]);
    }
}
