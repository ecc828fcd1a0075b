//! A connection's hold on its viewer's [ticket](super::tickets), and how one connection takes over
//! from another.

use std::time::{Duration, Instant};

use hackstream_protocol::wire::control::RefusalReason;
use hackstream_ticket::KeyHash;
use hackstream_transport::Connection;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tracing::warn;

use super::rights::Rights;
use super::tickets::{Bond, Redeemed, Tickets, Visit};
use crate::secret::NoRandomness;

/// How long the earlier connection of a viewer may take to let go of its keys.
const HANDOVER: Duration = Duration::from_secs(1);

/// A viewer that is there: how to have it go, and how to know that it is gone.
pub struct Present {
    connection: Connection,
    gone: oneshot::Receiver<()>,
}

impl Present {
    /// Ends the visit in favour of the viewer's new connection, and waits until nothing of it acts
    /// on the session any more: a key let go too late would be one of the new connection.
    async fn give_way(self) {
        let text = "another connection of this viewer took its place";
        self.connection.close(RefusalReason::Replaced, text);
        if timeout(HANDOVER, self.gone).await.is_err() {
            warn!("the earlier connection of a viewer is slow to end");
        }
    }
}

/// A connection's hold on its ticket. Drop it after everything else of the visit: then the ticket
/// waits for the viewer to come back.
pub struct Pass<'a> {
    tickets: &'a Tickets<Present>,
    visit: Visit,
    /// Tells the end of the visit by being dropped.
    _here: oneshot::Sender<()>,
}

impl<'a> Pass<'a> {
    /// A new pass for a viewer that is there with these rights, and the ticket that it has to be told.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub fn issue(
        tickets: &'a Tickets<Present>,
        connection: &Connection,
        rights: Rights,
        bond: Bond,
    ) -> Result<(Self, Vec<u8>), NoRandomness> {
        let (here, present) = presence(connection);
        let (visit, ticket) = tickets.issue(rights, bond, present)?;
        let pass = Self {
            tickets,
            visit,
            _here: here,
        };
        Ok((pass, ticket.to_vec()))
    }

    /// The pass of a viewer that comes back with its ticket, having proven that it holds `key`, if
    /// any; `None` if the ticket does not hold. Beside it what the viewer may do, and the ticket that
    /// it has to be told, empty if the old one goes on to hold. Returns once its earlier connection, if there still is one, has ended.
    pub async fn renew(
        tickets: &'a Tickets<Present>,
        connection: &Connection,
        ticket: &[u8],
        key: Option<KeyHash>,
    ) -> Option<(Self, Rights, Vec<u8>)> {
        let (here, present) = presence(connection);
        let Redeemed {
            visit,
            rights,
            earlier,
            successor,
        } = tickets.redeem(ticket, key, present, Instant::now())?;
        let pass = Self {
            tickets,
            visit,
            _here: here,
        };
        if let Some(earlier) = earlier {
            earlier.give_way().await;
        }
        let successor = successor.map_or(Vec::new(), |ticket| ticket.to_vec());
        Some((pass, rights, successor))
    }

    /// The viewer leaves for good: its ticket is worth nothing any more.
    pub fn revoke(&self) {
        self.tickets.revoke(self.visit);
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.tickets.leave(self.visit, Instant::now());
    }
}

fn presence(connection: &Connection) -> (oneshot::Sender<()>, Present) {
    let (here, gone) = oneshot::channel();
    let connection = connection.clone();
    (here, Present { connection, gone })
}
