//! The clipboards of the viewer's side.

use std::sync::Arc;

use hackstream_clipboard::{Directions, DisplayClipboard, Exchange, Hub, Side};
use hackstream_transport::{Connection, Exchanges, TransportError};
use tokio::sync::watch;
use x11rb::rust_connection::RustConnection;

/// What the window's display and the session have in their clipboards. It outlives connections.
pub(crate) struct Clipboard {
    hub: Arc<Hub>,
    directions: Directions,
}

impl Clipboard {
    /// Clipboards that may go in these directions.
    pub(crate) fn new(directions: Directions) -> Self {
        Self {
            hub: Arc::default(),
            directions,
        }
    }

    /// Where they come together.
    pub(crate) const fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// Joins the clipboards of the X display that `DISPLAY` names, which may be one inside of
    /// Wayland. `None` if there is none, or nothing may pass.
    pub(crate) fn join_display(&self) -> Option<DisplayClipboard> {
        if !self.directions.take && !self.directions.give {
            return None;
        }
        let (connection, screen) = RustConnection::connect(None).ok()?;
        let joined = DisplayClipboard::join(connection, screen, Arc::clone(&self.hub));
        joined
            .inspect_err(|error| eprintln!("hackstream-view: no clipboard: {error}"))
            .ok()
    }

    /// Joins those of the session until the connection ends. What is copied here the session learns
    /// while `acts` holds true: as long as what the person does reaches it.
    ///
    /// # Errors
    /// How the server broke the protocol.
    pub(crate) fn follow(
        &self,
        connection: Connection,
        acts: watch::Receiver<bool>,
    ) -> impl Future<Output = Result<(), String>> + Send + use<> {
        let hub = Arc::clone(&self.hub);
        let exchange = Exchange::new(connection.clone(), hub, self.directions, Side::Viewer)
            .giving_while(acts);
        let mut exchanges = Exchanges::default();
        let streams = exchanges.clipboard();
        async move {
            let ended = tokio::select! {
                result = exchange.run(streams) => result,
                result = exchanges.run(connection) => result,
            };
            match ended {
                // A server that wants no more of it, or of the viewer.
                Ok(()) | Err(TransportError::Closed(_) | TransportError::StreamCut) => Ok(()),
                Err(error) => Err(format!("a clipboard: {error}")),
            }
        }
    }
}
