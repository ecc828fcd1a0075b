//! What is done at the desktop, one thing after the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use hackstream_protocol::desktop::Link;
use hackstream_protocol::ids::NotificationId;
use hackstream_protocol::limits::MAX_NOTIFICATIONS;
use hackstream_protocol::wire::control::{Notification, NotificationEnd, ViewerMessage};
use tokio::sync::mpsc;

use super::browser;
use super::bus::{Bus, DesktopId, Outcome};
use super::dbus::BusError;
use crate::shared::Shared;

/// Something to do at the desktop.
#[derive(Debug)]
pub(super) enum Errand {
    /// Show a notification.
    Show(Notification),
    /// Take it back.
    Withdraw(NotificationId),
    /// Take all of them back: the session is another.
    Forget,
    /// Open a link.
    Open(Link),
}

/// Does errands as they come, and tells what becomes of notifications.
pub(super) async fn run(shared: Arc<Shared>, mut errands: mpsc::Receiver<Errand>) {
    let mut board = Board {
        shared,
        bus: None,
        shown: BTreeMap::new(),
        has_complained: false,
    };
    loop {
        tokio::select! {
            errand = errands.recv() => match errand {
                Some(errand) => board.run(errand).await,
                None => return,
            },
            outcome = next(&mut board.bus) => board.note(outcome),
        }
    }
}

/// What becomes of a notification next; never, while there are none.
async fn next(bus: &mut Option<Bus>) -> Option<Outcome> {
    match bus {
        Some(bus) => bus.next().await,
        None => std::future::pending().await,
    }
}

struct Board {
    shared: Arc<Shared>,
    /// The desktop; there as long as it shows something.
    bus: Option<Bus>,
    shown: BTreeMap<NotificationId, DesktopId>,
    /// Whether the person knows that there is no desktop.
    has_complained: bool,
}

impl Board {
    async fn run(&mut self, errand: Errand) {
        match errand {
            Errand::Show(notification) => self.show(&notification).await,
            Errand::Withdraw(number) => self.withdraw(number).await,
            Errand::Forget => {
                for number in self.shown.keys().copied().collect::<Vec<_>>() {
                    self.withdraw(number).await;
                }
            }
            Errand::Open(link) => browser::open(link),
        }
        self.rest();
    }

    async fn show(&mut self, notification: &Notification) {
        if let Err(error) = self.show_on_desktop(notification).await {
            self.bus = None;
            self.shown.clear();
            if !self.has_complained {
                self.has_complained = true;
                eprintln!(
                    "hackstream-view: notifications are shown in the window, because the desktop \
                     does not show them: {error}"
                );
            }
            let desktop = &self.shared.desktop;
            desktop.lock().tell(notification);
            desktop.show(&self.shared);
        }
    }

    async fn show_on_desktop(&mut self, notification: &Notification) -> Result<(), BusError> {
        let bus = match &mut self.bus {
            Some(bus) => bus,
            none => none.insert(Bus::connect().await?),
        };
        let host = self.shared.desktop.lock().host().to_owned();
        let replaced = self.shown.get(&notification.number).copied();
        let id = bus.show(notification, replaced, &host).await?;
        self.shown.insert(notification.number, id);
        // The server told that it is gone, or should have.
        while self.shown.len() > MAX_NOTIFICATIONS {
            self.shown.pop_first();
        }
        Ok(())
    }

    async fn withdraw(&mut self, number: NotificationId) {
        let id = self.shown.remove(&number);
        if let (Some(bus), Some(id)) = (&mut self.bus, id) {
            bus.withdraw(id).await;
        }
    }

    /// Something became of a notification, or the desktop went.
    fn note(&mut self, outcome: Option<Outcome>) {
        let Some(outcome) = outcome else {
            self.bus = None;
            self.shown.clear();
            return;
        };
        let (Outcome::Expired(id) | Outcome::Dismissed(id) | Outcome::Chosen(id)) = outcome;
        let ours = self.shown.iter().find(|(_, shown)| **shown == id);
        let Some((&number, _)) = ours else {
            return;
        };
        let desktop = &self.shared.desktop;
        match outcome {
            Outcome::Expired(_) => desktop.ended(number, NotificationEnd::Expired),
            Outcome::Dismissed(_) => desktop.ended(number, NotificationEnd::Dismissed),
            // The desktop closes it as well, most likely, and the server does in any case.
            Outcome::Chosen(_) => desktop.say(ViewerMessage::NotificationChosen(number)),
        }
        if !matches!(outcome, Outcome::Chosen(_)) {
            self.shown.remove(&number);
        }
        self.rest();
    }

    /// Leaves the desktop while it shows nothing of ours: what its other programs do need not wake us.
    fn rest(&mut self) {
        if self.shown.is_empty() {
            self.bus = None;
        }
    }
}
