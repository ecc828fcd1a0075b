//! The clipboards of the peer at the other end of a connection.
//!
//! One stream tells both ways what there is. Contents are fetched one at a time in each direction,
//! each on a stream of its own; see `docs/protocol.md`.

mod fetch;
mod news;
mod supply;

use std::pin::pin;
use std::sync::Arc;

use hackstream_protocol::wire::clipboard::Selection;
use hackstream_transport::{Connection, IncomingExchange, TransportError};
use tokio::sync::{mpsc, watch};

use crate::hub::{Demand, Holding, Hub, Member, MemberId};
use news::News;

/// Demands that wait while one is served; more of them fail at once.
const WAITING_DEMANDS: usize = 8;

/// Which way contents may go, seen from this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Directions {
    /// What the peer copies may be pasted here.
    pub take: bool,
    /// What is copied here may be pasted by the peer.
    pub give: bool,
}

/// Which end of the connection this process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// It opens the stream. Of offers that crossed on their way, the viewer's counts: there is the
    /// person who copied.
    Viewer,
    /// It accepts the stream.
    Server,
}

/// The clipboards of a peer as a member of a hub.
pub struct Exchange {
    connection: Connection,
    hub: Arc<Hub>,
    directions: Directions,
    side: Side,
    /// Whether the peer may change what is in the clipboards at the moment.
    takes_now: Box<dyn Fn() -> bool + Send + Sync>,
    /// Whether the peer may learn at the moment what is copied here.
    gives_now: watch::Receiver<bool>,
}

/// The member of the hub that stands for the peer.
struct Peer {
    news: News,
    demands: mpsc::Sender<Demand>,
}

impl Member for Peer {
    fn offered(&self, selection: Selection, holding: Holding) {
        self.news.changed(selection, holding);
    }

    fn fetch(&self, demand: Demand) {
        if self.demands.try_send(demand).is_err() {
            tracing::debug!("too many programs paste at once");
        }
    }
}

/// Takes the peer out of the hub, however its visit ends.
struct Membership {
    hub: Arc<Hub>,
    id: MemberId,
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.hub.leave(self.id);
    }
}

impl Exchange {
    /// The clipboards of the peer of an admitted viewer's connection, to be joined to `hub`.
    #[must_use]
    pub fn new(connection: Connection, hub: Arc<Hub>, directions: Directions, side: Side) -> Self {
        Self {
            connection,
            hub,
            directions,
            side,
            takes_now: Box::new(|| true),
            // Its last value counts for good.
            gives_now: watch::Sender::new(true).subscribe(),
        }
    }

    /// The same; what the peer copies while `acts` is false is not heard of here.
    #[must_use]
    pub fn taking_while(self, acts: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self {
            takes_now: Box::new(acts),
            ..self
        }
    }

    /// The same; what is copied here while `acts` holds false the peer neither hears of nor gets. Once
    /// it holds true, the peer hears of what is in the clipboards then.
    #[must_use]
    pub fn giving_while(self, acts: watch::Receiver<bool>) -> Self {
        Self {
            gives_now: acts,
            ..self
        }
    }

    /// Serves until the connection ends. The peer opens `streams`, those of the clipboards. If neither
    /// direction is allowed, nothing is said or heard.
    ///
    /// # Errors
    /// [`TransportError`]: why it cannot go on; the peer broke the protocol, or is gone.
    pub async fn run(
        self,
        mut streams: mpsc::Receiver<IncomingExchange>,
    ) -> Result<(), TransportError> {
        let Directions { take, give } = self.directions;
        if !take && !give {
            return std::future::pending().await;
        }
        let (to_tell, mut to_hear) = match self.side {
            Side::Viewer => self.connection.open_clipboard().await?,
            Side::Server => loop {
                // Contents of what was never offered: refused by dropping the stream.
                if let IncomingExchange::Clipboard(stream) = next(&mut streams).await {
                    break stream;
                }
            },
        };
        let (demands, mut to_fetch) = mpsc::channel(WAITING_DEMANDS);
        let peer = Arc::new(Peer {
            news: News::default(),
            demands,
        });
        let member = Membership {
            id: self.hub.join(Arc::clone(&peer) as Arc<dyn Member>),
            hub: Arc::clone(&self.hub),
        };
        let mut telling = pin!(peer.news.tell(to_tell, &self));
        let mut hearing = pin!(peer.news.hear(&mut to_hear, &self, &member));
        let mut fetching = pin!(fetch::fetch_all(
            &self.connection,
            &peer.news,
            &mut to_fetch
        ));
        let mut supplying = pin!(supply::supply_all(&mut streams, &peer.news, &self));
        tokio::select! {
            result = &mut telling => result,
            result = &mut hearing => result,
            result = &mut fetching => result,
            result = &mut supplying => result,
        }
    }
}

/// The next stream of the peer's.
async fn next(streams: &mut mpsc::Receiver<IncomingExchange>) -> IncomingExchange {
    match streams.recv().await {
        Some(stream) => stream,
        // The connection is about to end.
        None => std::future::pending().await,
    }
}
