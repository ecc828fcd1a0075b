//! What the clipboards hold, told and heard.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use hackstream_protocol::wire::clipboard::{ClipboardMessage, Offer, Selection};
use hackstream_transport::{ControlReader, ControlWriter, TransportError};
use tokio::sync::Notify;

use super::{Directions, Exchange, Membership, Side};
use crate::hub::Holding;

/// What this end has to tell, and what it heard.
pub(super) struct News {
    here: Mutex<[Holding; Selection::ALL.len()]>,
    changed: Notify,
    /// Whether the peer wants to be told.
    wanted: AtomicBool,
    /// Number of the last offer that was told, for each clipboard.
    told: [AtomicU64; Selection::ALL.len()],
    /// Number of the last offer that was heard.
    heard: [AtomicU64; Selection::ALL.len()],
}

impl Default for News {
    fn default() -> Self {
        Self {
            here: Mutex::new([Holding::NOTHING; Selection::ALL.len()]),
            changed: Notify::new(),
            wanted: AtomicBool::new(false),
            told: Default::default(),
            heard: Default::default(),
        }
    }
}

impl News {
    pub(super) fn changed(&self, selection: Selection, holding: Holding) {
        let mut here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        here[selection.index()] = holding;
        self.changed.notify_one();
    }

    /// What this end has to offer.
    pub(super) fn here(&self, selection: Selection) -> Holding {
        let here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        here[selection.index()]
    }

    /// The peer holds something since the hub's number `serial`: what was copied here before is gone.
    fn overtaken(&self, selection: Selection, serial: u64) {
        let mut here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        let here = &mut here[selection.index()];
        if here.serial < serial {
            *here = Holding::NOTHING;
        }
    }

    /// Whether the peer was told of the offer with this number, and not of a later one.
    pub(super) fn was_told(&self, selection: Selection, serial: u64) -> bool {
        self.told[selection.index()].load(Ordering::Relaxed) == serial
    }

    /// Number of the peer's last offer.
    pub(super) fn heard(&self, selection: Selection) -> u64 {
        self.heard[selection.index()].load(Ordering::Relaxed)
    }

    /// Tells the peer what changes here, once it wants to hear it and as long as it may. Of changes
    /// that came while the stream was blocked, or while it might not, only the last is told.
    pub(super) async fn tell(
        &self,
        mut stream: ControlWriter<ClipboardMessage>,
        exchange: &Exchange,
    ) -> Result<(), TransportError> {
        let Directions { take, give } = exchange.directions;
        if take {
            stream.send(&ClipboardMessage::Wanted).await?;
        }
        let mut gives_now = exchange.gives_now.clone();
        loop {
            tokio::select! {
                () = self.changed.notified() => {}
                Ok(()) = gives_now.changed() => {}
            }
            for selection in Selection::ALL {
                if !give || !self.wanted.load(Ordering::Relaxed) || !*gives_now.borrow() {
                    break;
                }
                if let Some(offer) = self.next_offer(selection) {
                    stream.send(&ClipboardMessage::Offer(offer)).await?;
                }
            }
        }
    }

    fn next_offer(&self, selection: Selection) -> Option<Offer> {
        let Holding {
            serial, formats, ..
        } = self.here(selection);
        let before = self.told[selection.index()].fetch_max(serial, Ordering::Relaxed);
        (serial > before).then(|| Offer {
            selection,
            serial,
            seen: self.heard(selection),
            formats,
        })
    }

    /// Hears what the peer tells, until it ends the stream.
    pub(super) async fn hear(
        &self,
        stream: &mut ControlReader<ClipboardMessage>,
        exchange: &Exchange,
        member: &Membership,
    ) -> Result<(), TransportError> {
        while let Some(message) = stream.receive().await? {
            match message {
                ClipboardMessage::Wanted => {
                    self.wanted.store(true, Ordering::Relaxed);
                    self.changed.notify_one();
                }
                ClipboardMessage::Offer(offer) if exchange.directions.take => {
                    let told = self.told[offer.selection.index()].load(Ordering::Relaxed);
                    self.heard[offer.selection.index()].store(offer.serial, Ordering::Relaxed);
                    let crossed = offer.seen < told;
                    if !(crossed && exchange.side == Side::Viewer) && (exchange.takes_now)() {
                        let (hub, selection) = (&exchange.hub, offer.selection);
                        if let Some(serial) = hub.hold(member.id, selection, offer.formats) {
                            self.overtaken(selection, serial);
                        }
                    }
                }
                // Nobody asked for it.
                ClipboardMessage::Offer(_) => {}
            }
        }
        // The connection is about to end.
        std::future::pending().await
    }
}
