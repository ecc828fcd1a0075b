//! What the server says while the viewer is in the session.

use std::sync::Arc;

use hackstream_protocol::session::kept_cursors::KeptCursors;
use hackstream_protocol::wire::control::ServerMessage;
use hackstream_transport::{ControlReader, TransportError};
use tokio::sync::{mpsc, watch};

use super::ending::LinkEnd;
use crate::coming_end::Foretold;
use crate::shared::Shared;
use crate::sound::microphone::Lease;
use crate::{desktop, files};

/// Takes the server's control messages until there is a reason to end the connection, which it tells.
pub(super) async fn hear(
    mut reader: ControlReader<ServerMessage>,
    shared: Arc<Shared>,
    microphone: Lease,
    acts: watch::Sender<bool>,
    end: mpsc::UnboundedSender<LinkEnd>,
) {
    let mut listener = Listener {
        kept: KeptCursors::default(),
        shared,
        microphone,
        acts,
    };
    let told = loop {
        match reader.receive().await {
            Ok(Some(message)) => {
                if let Some(end) = listener.take(message) {
                    break end;
                }
            }
            Err(error @ (TransportError::Wire(_) | TransportError::BadCompression)) => {
                break LinkEnd::Broken(error.to_string());
            }
            // The task that receives frames knows better why the connection ended.
            Ok(None) | Err(_) => return,
        }
    };
    let _ = end.send(told);
}

struct Listener {
    kept: KeptCursors,
    shared: Arc<Shared>,
    microphone: Lease,
    /// Whether what the person does reaches the session, for its clipboards.
    acts: watch::Sender<bool>,
}

impl Listener {
    /// Does what the message says; why the connection has to end, if it has to.
    fn take(&mut self, message: ServerMessage) -> Option<LinkEnd> {
        let shared = &self.shared;
        match message {
            ServerMessage::CursorShape(shape) => {
                let shape = Arc::new(shape);
                self.kept.add(&shape);
                shared.update_session(|session| session.show_cursor(shape));
            }
            ServerMessage::CursorAgain(number) => {
                let Some(shape) = self.kept.shape(number) else {
                    let why = format!("a cursor {number} that was not sent");
                    return Some(LinkEnd::Broken(why));
                };
                shared.update_session(|session| session.show_cursor(Arc::clone(shape)));
            }
            ServerMessage::CursorPosition(at) => {
                shared.update_session(|session| session.move_cursor(at));
            }
            ServerMessage::Title(title) => shared.update_session(|session| session.title = title),
            ServerMessage::Icon(icon) => {
                let icon = (!icon.size.is_empty()).then(|| Arc::new(icon));
                shared.update_session(|session| session.icon = icon);
            }
            ServerMessage::Seats(report) => {
                self.acts.send_replace(report.standing.acts());
                shared.update_session(|session| session.seats = Some(report));
            }
            ServerMessage::Fit(fit) => shared.update_session(|session| session.fits.tell(fit)),
            ServerMessage::ComingEnd(end) => {
                shared.update_session(|session| session.coming_end = Foretold::of(end));
            }
            ServerMessage::Bell => shared.update_session(|session| session.bells += 1),
            ServerMessage::FileOffer(offer) => files::offered(shared, &offer),
            ServerMessage::FileWithdrawn(number) => files::withdrawn(shared, number),
            ServerMessage::Microphone(demand) => self.microphone.demand(demand),
            ServerMessage::Notification(notification) => desktop::notified(shared, notification),
            ServerMessage::NotificationGone(number) => desktop::gone(shared, number),
            ServerMessage::Link(link) => desktop::linked(shared, link),
            ServerMessage::Refused { reason, text } => {
                return Some(LinkEnd::Refused { reason, text });
            }
            ServerMessage::Welcome(_) => {
                return Some(LinkEnd::Broken("a second welcome".into()));
            }
        }
        None
    }
}
