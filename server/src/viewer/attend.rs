//! One viewer's visit: its coming, its place in the session, its going. What is between is in
//! `serving`.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use hackstream_capture::{Capture, CaptureError};
use hackstream_clipboard::{Directions, Hub};
use hackstream_encoder::EncoderConfig;
use hackstream_encoder::cost::CoderSpeeds;
use hackstream_protocol::ids::ViewerId;
use hackstream_protocol::wire::control::{Quality, RefusalReason};
use hackstream_transport::{Connection, Incoming, Newcomer, TransportError};
use tokio::sync::oneshot::{self, error::TryRecvError};
use tokio::sync::watch;
use tokio::time::timeout;
use tracing::{debug, info, info_span, warn};

use super::admission::{About, AdmissionError, Admitted, admit};
use super::bell::Bells;
use super::coming_end::ComingEnds;
use super::inbox::Inbox;
use super::input::{Hands, InputError};
use super::pass::Present;
use super::pump::{Pump, PumpError};
use super::registry::Registry;
use super::seats::Seats;
use super::serving::{Farewell, Guest, serve};
use super::tickets::Tickets;
use crate::clock::Clock;
use crate::desktop::Desktop;
use crate::files::Files;
use crate::sound::Broadcast;
use crate::sound::microphone::Microphone;
use crate::status::Roll;
use crate::token::Access;

/// Largest compression history kept per viewer, whatever it offers.
const MOST_HISTORY: u64 = 2 << 20;

/// How long a viewer that comes back may have to wait for the end of its earlier visit.
const FAREWELL: Duration = Duration::from_millis(200);

/// Largest cache of tiles kept per viewer, whatever it offers: this end keeps them as well.
const MOST_CACHE: u64 = 8 << 20;

/// What all viewers of a session share.
pub struct Service {
    /// The display.
    pub capture: Arc<Capture>,
    /// Who is let in.
    pub access: Access,
    /// The best that viewers get, whatever they ask for.
    pub quality: Quality,
    /// Who is there.
    pub registry: Registry,
    /// Who may act on the session.
    pub seats: Arc<Seats>,
    /// What is known of those who are there.
    pub roll: Roll,
    /// Who may come back.
    pub tickets: Tickets<Present>,
    /// The clipboards of the display and of the viewers.
    pub clipboard: Arc<Hub>,
    /// Which way they may go.
    pub clipboard_directions: Directions,
    /// The clock of the stream.
    pub clock: Clock,
    /// How fast this machine compresses.
    pub speeds: CoderSpeeds,
    /// What this machine takes to decode a million pixels, as viewers measure it; zero if unknown.
    pub megapixel_time: Duration,
    /// The session's sound, if it has any.
    pub broadcast: Option<Broadcast>,
    /// The files that viewers give and get, if they do.
    pub files: Option<Arc<Files>>,
    /// The session's bell.
    pub bells: Bells,
    /// Whether the session is going to end by itself.
    pub coming_ends: ComingEnds,
    /// What viewers speak into, if the session has it.
    pub microphone: Option<Microphone>,
    /// What the desktops of viewers do for the session.
    pub desktop: Arc<Desktop>,
}

impl Service {
    fn about(&self) -> About {
        About {
            screen: self.capture.size(),
            files: self.files.as_ref().map(|files| files.largest()),
            microphone: self.microphone.as_ref().map(|_| ()),
            desktop: self.desktop.share(),
        }
    }
}

/// Why a viewer's visit ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum VisitError {
    #[error(transparent)]
    Admission(#[from] AdmissionError),
    #[error(transparent)]
    Transport(#[from] TransportError),
    #[error(transparent)]
    Capture(#[from] CaptureError),
    #[error("cannot start a thread: {0}")]
    Thread(#[from] std::io::Error),
    #[error("it goes on talking but has acknowledged nothing for 25 seconds")]
    Deaf,
}

impl From<InputError> for VisitError {
    fn from(error: InputError) -> Self {
        match error {
            InputError::Transport(error) => Self::Transport(error),
            InputError::Capture(error) => Self::Capture(error),
        }
    }
}

impl VisitError {
    /// What the viewer is told when its connection is closed for this.
    const fn reason(&self) -> RefusalReason {
        match self {
            Self::Admission(AdmissionError::Refused { reason, .. }) => *reason,
            Self::Admission(AdmissionError::Silent) => RefusalReason::ProtocolError,
            Self::Transport(error) | Self::Admission(AdmissionError::Transport(error)) => {
                match error {
                    TransportError::Wire(_)
                    | TransportError::StreamCut
                    | TransportError::BadCompression => RefusalReason::ProtocolError,
                    _ => RefusalReason::Other(0),
                }
            }
            // Where only the way to the viewer is broken, it comes back when that is mended.
            Self::Capture(_) | Self::Thread(_) | Self::Deaf => RefusalReason::Other(0),
        }
    }
}

/// Serves one viewer until it leaves.
pub async fn attend(service: Arc<Service>, incoming: Incoming) {
    let remote = incoming.remote();
    let (connection, newcomer) = match incoming.handshake().await {
        Ok(connected) => connected,
        Err(error) => {
            // Anybody can cause this with one forged packet: it must not fill the log.
            debug!(%remote, %error, "no handshake");
            return;
        }
    };
    match visit(&service, &connection, newcomer).await {
        Ok(()) => info!(%remote, "viewer left"),
        Err(error) => {
            // Without effect where the connection is closed already.
            connection.close(error.reason(), &error.to_string());
            info!(%remote, %error, "viewer left");
        }
    }
}

/// Admits the viewer, who is a newcomer until then, and serves it.
async fn visit(
    service: &Service,
    connection: &Connection,
    newcomer: Newcomer,
) -> Result<(), VisitError> {
    let (access, tickets) = (&service.access, &service.tickets);
    let Admitted {
        // Dropped after all that acts on the session: only then the viewer's next connection may.
        pass,
        entrance,
        rights,
        hello,
        member: membership,
        control_in,
        control_out,
    } = admit(connection, access, tickets, service.about(), || {
        Membership::begin(service)
    })
    .await?;
    drop(newcomer);
    let (id, inbox) = (membership.id, &membership.inbox);
    let seat = service.seats.take(id, rights.role(), hello.seat);
    let now = service.clock.now();
    let listed = (service.roll).enter(id, connection, &hello.agent, seat.report(), now);
    info!(remote = %connection.remote(), %id, agent = hello.agent, ?entrance, standing = ?seat.standing(), "viewer joined");
    // Before the pump starts: the first frame must know it.
    inbox.quality(rights.quality(hello.quality, service.quality));
    connection.set_limit(rights.bitrate(hello.max_bitrate));
    if let Some(room) = hello.room {
        inbox.room(room);
    }
    let (fit, told_fit) = watch::channel(None);
    let injected = Arc::new(AtomicU64::new(0));
    let pump = Pump {
        connection: connection.clone(),
        runtime: tokio::runtime::Handle::current(),
        inbox: inbox.clone(),
        injected: injected.clone(),
        clock: service.clock,
        tally: listed.tally().clone(),
        fit,
    };
    let config = EncoderConfig {
        history_bytes: hello.history_bytes.min(MOST_HISTORY) as usize,
        cache_bytes: hello.cache_bytes.min(MOST_CACHE) as usize,
        h264: hello.h264,
        speeds: service.speeds,
        slowness: slowness(hello.megapixel_time, service.megapixel_time),
    };
    let pump_ended = start_pump(pump, service.capture.clone(), id, config)?;
    let controls = seat.controls(listed.tally().clone());
    let reach = |controls| Hands::reach_for(service.capture.clone(), controls, injected);
    let mut hands = controls.map(reach);
    let control = (control_in, control_out);
    let guest = Guest {
        membership: &membership,
        seat: &seat,
        rights,
        hands: hands.as_mut(),
        wants_files: hello.takes_files,
        room: hello.room,
        fit: told_fit,
        takes: hello.desktop,
    };
    let served = serve(service, connection, guest, control).await;
    match &served {
        Ok(farewell) => {
            if let (Farewell::Said, Some(pass)) = (farewell, &pass) {
                pass.revoke();
            }
            connection.close(RefusalReason::SessionEnded, "");
        }
        Err(error) => connection.close(error.reason(), &error.to_string()),
    }
    inbox.close();
    if let Some(hands) = hands {
        hands.let_go().await;
    }
    drop((listed, seat));
    // Who comes back finds its place free, unless the display keeps the thread busy: that counts as a
    // viewer until it ends.
    let mut pump_ended = pump_ended;
    let _ = timeout(FAREWELL, &mut pump_ended).await;
    let membership = match pump_ended.try_recv() {
        Err(TryRecvError::Closed) => {
            drop(membership);
            None
        }
        Ok(()) | Err(TryRecvError::Empty) => Some(membership),
    };
    drop(pass);
    if membership.is_some() {
        let _ = pump_ended.await;
    }
    served.map(drop)
}

/// How many times slower than this machine a viewer decodes that takes `there` for what takes `here`
/// on this one; `None` if either is not known.
fn slowness(there: Duration, here: Duration) -> Option<f32> {
    let known = !there.is_zero() && !here.is_zero();
    known.then(|| there.as_secs_f32() / here.as_secs_f32())
}

/// Takes the viewer out of the registry and stops its pump, however its visit ends.
pub(super) struct Membership<'a> {
    service: &'a Service,
    pub(super) id: ViewerId,
    pub(super) inbox: Arc<Inbox>,
}

impl<'a> Membership<'a> {
    /// Takes a place in the session; `None` if all are taken.
    fn begin(service: &'a Service) -> Option<Self> {
        let inbox = Arc::new(Inbox::new());
        let id = service.registry.join(inbox.clone())?;
        Some(Self { service, id, inbox })
    }
}

impl Drop for Membership<'_> {
    fn drop(&mut self) {
        self.service.registry.leave(self.id);
        if let Some(broadcast) = &self.service.broadcast {
            broadcast.leave(self.id);
        }
        self.inbox.close();
    }
}

/// Sends frames from a thread of its own until the inbox is closed. What is returned tells the
/// thread's end by failing.
fn start_pump(
    pump: Pump,
    capture: Arc<Capture>,
    id: ViewerId,
    config: EncoderConfig,
) -> Result<oneshot::Receiver<()>, VisitError> {
    let connection = pump.connection.clone();
    let inbox = pump.inbox.clone();
    connection.on_path_change(Arc::new(move || inbox.link_changed()));
    let (here, ended) = oneshot::channel();
    std::thread::Builder::new()
        .name(format!("viewer-{id}"))
        .spawn(move || {
            let _here: oneshot::Sender<()> = here;
            let _span = info_span!("pump", %id).entered();
            // Here, for a display that is slow to answer holds up its caller.
            let source = capture.source().map_err(PumpError::from);
            match source.and_then(|source| pump.run(source, config)) {
                // A visit that ended while a frame was on its way; it tells why itself.
                Ok(()) | Err(PumpError::Transport(TransportError::Closed(_))) => {}
                Err(error) => {
                    warn!(%error, "cannot serve the viewer any longer");
                    connection.close(RefusalReason::SessionEnded, &error.to_string());
                }
            }
        })?;
    Ok(ended)
}
