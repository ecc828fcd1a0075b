//! A viewer's part in the session's notifications and links.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;

use hackstream_protocol::desktop::Link;
use hackstream_protocol::ids::{NotificationId, ViewerId};
use hackstream_protocol::wire::control::{DesktopShare, NotificationClosed, ServerMessage};
use hackstream_transport::TransportError;
use tokio::sync::mpsc;

use super::seats::Seat;
use crate::desktop::Desktop;
use crate::desktop::links::Standing;

/// A viewer that may have notifications and links, as far as it takes them.
pub(super) struct DesktopVisit<'a> {
    /// What it gets of it; `None` without the right to it.
    desktop: Option<&'a Arc<Desktop>>,
    share: DesktopShare,
    seat: &'a Seat,
    id: ViewerId,
}

impl<'a> DesktopVisit<'a> {
    pub(super) fn new(
        desktop: &'a Arc<Desktop>,
        takes: DesktopShare,
        seat: &'a Seat,
        id: ViewerId,
    ) -> Self {
        Self {
            desktop: seat.desktop(desktop),
            share: desktop.share().and(takes),
            seat,
            id,
        }
    }

    /// One of its notifications ended. Only who is in control can end it for the session.
    pub(super) fn closed(&self, closed: NotificationClosed) {
        if let Some(desktop) = self.acting() {
            desktop.notices().ended(closed.number, closed.end);
        }
    }

    /// The person chose a notification.
    pub(super) fn chosen(&self, number: NotificationId) {
        if let Some(desktop) = self.acting() {
            desktop.notices().chosen(number);
        }
    }

    fn acting(&self) -> Option<&Arc<Desktop>> {
        let acts = self.share.notifications && self.seat.standing().acts();
        self.desktop.filter(|_| acts)
    }

    /// Tells the viewer of notifications and links as they come, until its connection ends.
    pub(super) async fn tell(
        &self,
        to_tell: mpsc::Sender<ServerMessage>,
    ) -> Result<(), TransportError> {
        let Some(desktop) = self.desktop else {
            return pending().await;
        };
        tokio::join!(
            tell_notifications(desktop, self.share.notifications, &to_tell),
            self.tell_links(desktop, &to_tell),
        );
        // The session ends, and the visit with it.
        pending().await
    }

    async fn tell_links(&self, desktop: &Desktop, to_tell: &mpsc::Sender<ServerMessage>) {
        if !self.share.links {
            return;
        }
        let mut taker = Taker::join(desktop, self.seat, self.id);
        while let Some(link) = taker.links.recv().await {
            let _ = to_tell.send(ServerMessage::Link(link)).await;
        }
    }
}

/// Tells of those that are open when the viewer comes, and of what becomes of them.
async fn tell_notifications(desktop: &Desktop, wants: bool, to_tell: &mpsc::Sender<ServerMessage>) {
    if !wants {
        return;
    }
    let notices = desktop.notices();
    let mut changes = notices.follow();
    let mut told: BTreeMap<u32, u64> = BTreeMap::new();
    while changes.changed().await.is_ok() {
        let open = notices.open();
        let mut messages = Vec::new();
        told.retain(|number, _| {
            let stays = open.contains_key(number);
            if !stays {
                let number = NotificationId(u64::from(*number));
                messages.push(ServerMessage::NotificationGone(number));
            }
            stays
        });
        for (number, open) in open {
            if told.insert(number, open.revision) != Some(open.revision) {
                messages.push(ServerMessage::Notification(open.notification));
            }
        }
        for message in messages {
            // The stream that they go to ends with the visit.
            let _ = to_tell.send(message).await;
        }
    }
}

/// A viewer that wants links; it wants no more when this is dropped.
struct Taker<'a> {
    desktop: &'a Desktop,
    id: ViewerId,
    links: mpsc::Receiver<Link>,
}

impl<'a> Taker<'a> {
    fn join(desktop: &'a Desktop, seat: &Seat, id: ViewerId) -> Self {
        let standing = Box::new(Place {
            acts: Box::new(seat.acts()),
            leads: Box::new(seat.leads()),
        });
        Self {
            desktop,
            id,
            links: desktop.links().join(id, standing),
        }
    }
}

impl Drop for Taker<'_> {
    fn drop(&mut self) {
        self.desktop.links().leave(self.id);
    }
}

/// What its seat says of a viewer.
struct Place {
    acts: Box<dyn Fn() -> bool + Send + Sync>,
    leads: Box<dyn Fn() -> bool + Send + Sync>,
}

impl Standing for Place {
    fn acts(&self) -> bool {
        (self.acts)()
    }

    fn leads(&self) -> bool {
        (self.leads)()
    }
}
