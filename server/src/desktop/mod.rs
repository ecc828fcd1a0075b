//! What programs of the session ask of a desktop, for those of the viewers.
//!
//! A session has no desktop of its own that could show notifications or knows the person's browser.
//! [`notices`] keeps the notifications that are open, which `bus` takes from programs on the session's
//! own bus. [`links`] takes the addresses of web pages from [`open`], which stands in the session for a
//! browser, and knows the viewers that want them. Both are served from one thread of their own, so that
//! a program in a loop keeps no key waiting.

mod bus;
pub mod links;
pub mod notices;
pub mod open;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hackstream_protocol::wire::control::DesktopShare;
use tracing::warn;

use crate::clock::Clock;
use links::Links;
use notices::Notices;

/// How long it may take until programs can reach it; it is some thousandths of a second.
const PATIENCE: Duration = Duration::from_secs(5);

/// The desktop that programs of the session think they have.
pub struct Desktop {
    allowed: DesktopShare,
    /// What programs can reach, once it is known.
    reached: OnceLock<DesktopShare>,
    notices: Arc<Notices>,
    links: Arc<Links>,
}

/// Where programs of the session find it.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// The address of the session's bus, if there is one.
    pub bus: Option<&'a str>,
    /// The socket for links, to be made.
    pub links: Option<&'a Path>,
}

impl Desktop {
    /// One of which viewers get at most what is `allowed`.
    #[must_use]
    pub fn new(allowed: DesktopShare, clock: Clock) -> Arc<Self> {
        Arc::new(Self {
            allowed,
            reached: OnceLock::new(),
            notices: Arc::new(Notices::new(clock)),
            links: Arc::new(Links::new(clock)),
        })
    }

    /// What viewers may get.
    #[must_use]
    pub const fn allowed(&self) -> DesktopShare {
        self.allowed
    }

    /// What viewers get: nothing that programs cannot reach.
    #[must_use]
    pub fn share(&self) -> DesktopShare {
        self.reached.get().copied().unwrap_or_default()
    }

    /// The notifications that are open.
    #[must_use]
    pub const fn notices(&self) -> &Arc<Notices> {
        &self.notices
    }

    /// The links on their way.
    #[must_use]
    pub const fn links(&self) -> &Arc<Links> {
        &self.links
    }

    /// Has programs find it at these places; returns once they do. What cannot be had there is missing,
    /// and a line in the log says so: a session without is better than none.
    pub fn listen(&self, places: Places<'_>) {
        let bus = places.bus.filter(|_| self.allowed.notifications);
        let socket = places.links.filter(|_| self.allowed.links);
        if bus.is_none() && socket.is_none() {
            return;
        }
        let (bus, socket) = (bus.map(str::to_owned), socket.map(Path::to_owned));
        let (notices, links) = (Arc::clone(&self.notices), Arc::clone(&self.links));
        let (ready, reached) = sync_channel(1);
        let serving = std::thread::Builder::new()
            .name("desktop".to_owned())
            .spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build();
                match runtime {
                    Ok(runtime) => runtime.block_on(serve(bus, socket, notices, links, ready)),
                    Err(error) => warn!(%error, "viewers get no notifications or links"),
                }
            });
        if let Err(error) = serving {
            warn!(%error, "viewers get no notifications or links");
            return;
        }
        // The thread bounds the time that this takes.
        if let Ok(reached) = reached.recv() {
            let _ = self.reached.set(reached);
        }
    }
}

impl fmt::Debug for Desktop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desktop")
            .field("allowed", &self.allowed)
            .field("reached", &self.reached)
            .finish_non_exhaustive()
    }
}

/// Serves programs for as long as the process runs; tells when they can come, and for what.
async fn serve(
    bus: Option<String>,
    socket: Option<PathBuf>,
    notices: Arc<Notices>,
    links: Arc<Links>,
    ready: SyncSender<DesktopShare>,
) {
    let connected = match bus {
        None => None,
        Some(address) => {
            let connecting = bus::connect(&address, Arc::clone(&notices));
            let connected = tokio::time::timeout(PATIENCE, connecting).await;
            let why = match connected {
                Ok(Ok(connection)) => Ok(connection),
                Ok(Err(error)) => Err(error.to_string()),
                Err(_) => Err("the session's bus does not answer".to_owned()),
            };
            why.inspect_err(|error| warn!(error, "viewers get no notifications"))
                .ok()
        }
    };
    let listener = socket.and_then(|path| {
        let bound = links::bind(&path);
        bound
            .inspect_err(|error| warn!(%error, "viewers get no links"))
            .ok()
    });
    let share = DesktopShare {
        notifications: connected.is_some(),
        links: listener.is_some(),
    };
    // Whoever started this waits for it.
    let _ = ready.send(share);
    tokio::join!(
        async {
            if let Some(connection) = connected {
                bus::tell_programs(&connection, &notices).await;
            }
        },
        async {
            if let Some(listener) = listener {
                links.serve(listener).await;
            }
        },
    );
}
