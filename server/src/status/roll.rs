//! The list of those who are there.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hackstream_protocol::ids::ViewerId;
use hackstream_protocol::units::Timestamp;
use hackstream_protocol::wire::control::SeatReport;
use hackstream_transport::Connection;
use tokio::sync::watch;

use super::tally::{Tally, Totals};

/// Characters of a viewer's name for itself that are kept. Anybody may call itself anything.
const AGENT_CHARACTERS: usize = 64;

/// Who is there, and what is counted of them.
#[derive(Default)]
pub struct Roll {
    totals: Arc<Totals>,
    present: Mutex<BTreeMap<ViewerId, Guest>>,
}

/// A viewer that is there.
#[derive(Clone)]
pub(super) struct Guest {
    pub(super) connection: Connection,
    pub(super) agent: String,
    /// When it came, on the clock of the session.
    pub(super) since: Timestamp,
    pub(super) seat: watch::Receiver<SeatReport>,
    pub(super) tally: Arc<Tally>,
}

impl Roll {
    /// Adds a viewer that came at `now`. It is taken off when what is returned is dropped.
    #[must_use]
    pub fn enter(
        &self,
        id: ViewerId,
        connection: &Connection,
        agent: &str,
        seat: watch::Receiver<SeatReport>,
        now: Timestamp,
    ) -> Listed<'_> {
        let tally = Arc::new(Tally::new(Arc::clone(&self.totals), now));
        let printable = agent.chars().filter(|c| !c.is_control());
        let guest = Guest {
            connection: connection.clone(),
            agent: printable.take(AGENT_CHARACTERS).collect(),
            since: now,
            seat,
            tally: Arc::clone(&tally),
        };
        self.lock().insert(id, guest);
        Listed {
            roll: self,
            id,
            tally,
        }
    }

    /// What is counted of the session.
    #[must_use]
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Those who are there now, and the bytes of UDP payload that were sent to and received from
    /// those who are not any more.
    pub(super) fn present(&self) -> (Vec<(ViewerId, Guest)>, u64, u64) {
        let present = self.lock();
        let guests = present.iter().map(|(id, g)| (*id, g.clone())).collect();
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let totals = &self.totals;
        (
            guests,
            load(&totals.departed_sent),
            load(&totals.departed_received),
        )
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<ViewerId, Guest>> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A viewer's entry in the list.
pub struct Listed<'a> {
    roll: &'a Roll,
    id: ViewerId,
    tally: Arc<Tally>,
}

impl Listed<'_> {
    /// Where to count what happens for this viewer.
    #[must_use]
    pub const fn tally(&self) -> &Arc<Tally> {
        &self.tally
    }
}

impl Drop for Listed<'_> {
    fn drop(&mut self) {
        let mut present = self.roll.lock();
        let Some(guest) = present.remove(&self.id) else {
            return;
        };
        // Under the lock: whoever sums both meanwhile must count it neither twice nor not at all.
        let path = guest.connection.path();
        let totals = &self.roll.totals;
        let add = |counter: &AtomicU64, bytes| {
            counter.fetch_add(bytes, Ordering::Relaxed);
        };
        add(&totals.departed_sent, path.bytes_sent);
        add(&totals.departed_received, path.bytes_received);
    }
}
