//! How the hub reaches the thread of a display.
//!
//! Nothing piles up while the thread is busy with a slow display, whatever peers do: of the offers
//! for a selection only the newest counts, and demands beyond a limit fail at once.

use std::sync::{Mutex, MutexGuard, PoisonError};

use hackstream_protocol::wire::clipboard::Selection;
use tracing::debug;

use super::poke::Poke;
use crate::hub::{Demand, Holding, Member};

/// Demands that wait for the thread, and as many for programs that are busy.
pub(super) const MOST_DEMANDS: usize = 64;

/// What the hub has for the thread.
pub(super) struct Mailbox {
    letters: Mutex<Letters>,
    poke: Poke,
}

/// What came since the thread last looked.
#[derive(Default)]
pub(super) struct Letters {
    /// What others hold, where that changed.
    pub(super) offers: [Option<Holding>; Selection::ALL.len()],
    /// What others paste.
    pub(super) demands: Vec<Demand>,
}

impl Mailbox {
    /// An empty one that wakes the thread through `poke`.
    pub(super) fn new(poke: Poke) -> Self {
        Self {
            letters: Mutex::default(),
            poke,
        }
    }

    /// Takes out what came.
    pub(super) fn empty(&self) -> Letters {
        std::mem::take(&mut self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Letters> {
        // Consistent whatever panicked while it was locked.
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Member for Mailbox {
    fn offered(&self, selection: Selection, holding: Holding) {
        self.lock().offers[selection.index()] = Some(holding);
        self.poke.poke();
    }

    fn fetch(&self, demand: Demand) {
        let mut letters = self.lock();
        if letters.demands.len() >= MOST_DEMANDS {
            drop(letters);
            // And with it its pipe, whose reader hears of the failure.
            drop(demand);
            debug!("too many contents are wanted at once");
            return;
        }
        letters.demands.push(demand);
        drop(letters);
        self.poke.poke();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::Hub;
    use crate::pipe::{Read, Wake};
    use hackstream_protocol::wire::clipboard::{Format, Formats};
    use std::sync::Arc;

    /// A mailbox on a hub, and another member.
    fn mailbox() -> (Arc<Hub>, Arc<Mailbox>, crate::hub::MemberId) {
        let hub = Arc::new(Hub::new());
        let mailbox = Arc::new(Mailbox::new(Poke::new().unwrap()));
        let id = hub.join(mailbox.clone());
        (hub, mailbox, id)
    }

    #[test]
    fn a_flood_of_offers_leaves_the_newest() {
        let (hub, mailbox, _) = mailbox();
        let peer = hub.join(Arc::new(Mailbox::new(Poke::new().unwrap())));
        let text: Formats = [Format::Text].into_iter().collect();
        for _ in 0..1000 {
            hub.hold(peer, Selection::Clipboard, text);
            hub.hold(peer, Selection::Primary, text);
        }
        let serials = mailbox.empty().offers.map(|offer| offer.unwrap().serial);
        assert_eq!(serials[Selection::Clipboard.index()], 1999);
        assert_eq!(serials[Selection::Primary.index()], 2000);
        assert!(mailbox.empty().offers.iter().all(Option::is_none));
    }

    #[test]
    fn demands_beyond_the_limit_fail_at_once() {
        let (hub, mailbox, id) = mailbox();
        hub.hold(
            id,
            Selection::Clipboard,
            [Format::Text].into_iter().collect(),
        );
        let fetch = || {
            let wake = Wake::new(|| {});
            hub.fetch(Selection::Clipboard, 1, Format::Text, wake)
                .unwrap()
        };
        let waiting: Vec<_> = (0..MOST_DEMANDS).map(|_| fetch()).collect();
        assert_eq!(fetch().next(), Read::Failed);
        assert!(waiting.iter().all(|reader| reader.next() == Read::Nothing));
        assert_eq!(mailbox.empty().demands.len(), MOST_DEMANDS);
    }
}
