//! Everything about one viewer that is not frames: its coming, its input, its reports, its going.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use hackstream_capture::{Capture, CaptureError, Injector};
use hackstream_clipboard::{Directions, Exchange, Hub, Side};
use hackstream_encoder::EncoderConfig;
use hackstream_encoder::cost::CoderSpeeds;
use hackstream_protocol::ids::ViewerId;
use hackstream_protocol::wire::control::{Quality, RefusalReason, SoundWish, ViewerMessage};
use hackstream_protocol::wire::feedback::Feedback;
use hackstream_transport::{
    Connection, ControlReader, Incoming, IncomingStream, RecordReader, TransportError,
};
use tokio::sync::Mutex;
use tracing::{debug, info, info_span, warn};

use super::admission::{About, AdmissionError, Admitted, admit};
use super::cursor::tell_cursor;
use super::inbox::Inbox;
use super::input::inject_all;
use super::pass::Present;
use super::pump::{Pump, PumpError};
use super::quality::granted;
use super::registry::Registry;
use super::sizing::Sizing;
use super::speech::Speech;
use super::tickets::Tickets;
use crate::clock::Clock;
use crate::session::Keyboard;
use crate::sound::Broadcast;
use crate::sound::microphone::Microphone;
use crate::token::Access;

/// Largest compression history kept per viewer, whatever it offers.
const MOST_HISTORY: u64 = 2 << 20;

/// Largest cache of tiles kept per viewer, whatever it offers: this end keeps them as well.
const MOST_CACHE: u64 = 8 << 20;

/// What all viewers of a session share.
pub struct Service {
    /// The display.
    pub capture: Arc<Capture>,
    /// Who is let in.
    pub access: Access,
    /// The keyboard of the display.
    pub keyboard: Keyboard,
    /// The best that viewers get, whatever they ask for.
    pub quality: Quality,
    /// Who is there.
    pub registry: Registry,
    /// Who decides on the screen's size.
    pub sizing: Sizing,
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
    /// The session's sound, if it has any.
    pub broadcast: Option<Broadcast>,
    /// What viewers speak into, if the session has it.
    pub microphone: Option<Microphone>,
}

impl Service {
    fn about(&self) -> About {
        About {
            screen: self.capture.size(),
            microphone: self.microphone.is_some(),
        }
    }
}

/// Why a viewer's visit ended.
#[derive(Debug, thiserror::Error)]
enum VisitError {
    #[error(transparent)]
    Admission(#[from] AdmissionError),
    #[error(transparent)]
    Transport(#[from] TransportError),
    #[error(transparent)]
    Capture(#[from] CaptureError),
    #[error("cannot start a thread: {0}")]
    Thread(#[from] std::io::Error),
    #[error("the session has too many viewers")]
    TooMany,
}

impl VisitError {
    /// What the viewer is told when its connection is closed for this.
    const fn reason(&self) -> RefusalReason {
        match self {
            Self::Admission(AdmissionError::Refused { reason, .. }) => *reason,
            Self::TooMany => RefusalReason::TooManyViewers,
            Self::Admission(AdmissionError::Silent) => RefusalReason::ProtocolError,
            Self::Transport(error) | Self::Admission(AdmissionError::Transport(error)) => {
                match error {
                    TransportError::Wire(_)
                    | TransportError::StreamCut
                    | TransportError::BadCompression => RefusalReason::ProtocolError,
                    _ => RefusalReason::Other(0),
                }
            }
            Self::Capture(_) | Self::Thread(_) => RefusalReason::Other(0),
        }
    }
}

/// Serves one viewer until it leaves.
pub async fn attend(service: Arc<Service>, incoming: Incoming) {
    let remote = incoming.remote();
    let connection = match incoming.handshake().await {
        Ok(connection) => connection,
        Err(error) => {
            // Anybody can cause this with one forged packet: it must not fill the log.
            debug!(%remote, %error, "no handshake");
            return;
        }
    };
    match visit(&service, &connection).await {
        Ok(()) => info!(%remote, "viewer left"),
        Err(error) => {
            // Without effect where the connection is closed already.
            connection.close(error.reason(), &error.to_string());
            info!(%remote, %error, "viewer left");
        }
    }
}

async fn visit(service: &Service, connection: &Connection) -> Result<(), VisitError> {
    let (access, tickets) = (&service.access, &service.tickets);
    let Admitted {
        // Dropped last: only then the viewer's next connection may act.
        pass,
        entrance,
        hello,
        control_in,
        control_out,
    } = admit(connection, access, tickets, service.about()).await?;
    let inbox = Arc::new(Inbox::new());
    let id = service
        .registry
        .join(inbox.clone())
        .ok_or(VisitError::TooMany)?;
    let _membership = Membership {
        service,
        id,
        inbox: inbox.clone(),
    };
    info!(remote = %connection.remote(), %id, agent = hello.agent, ?entrance, "viewer joined");
    let config = EncoderConfig {
        history_bytes: hello.history_bytes.min(MOST_HISTORY) as usize,
        cache_bytes: hello.cache_bytes.min(MOST_CACHE) as usize,
        h264: hello.h264,
        speeds: service.speeds,
    };
    // Before the pump starts: the first frame must know it.
    inbox.quality(granted(hello.quality, service.quality));
    let injected = Arc::new(AtomicU64::new(0));
    let pump = Pump {
        connection: connection.clone(),
        runtime: tokio::runtime::Handle::current(),
        source: service.capture.source()?,
        inbox: inbox.clone(),
        injected: injected.clone(),
        clock: service.clock,
    };
    start_pump(pump, id, config)?;
    let injector = service.capture.injector()?;
    let streams = accept_streams(connection, &inbox, injector, &injected);
    let hearing = |wish| {
        if let Some(broadcast) = &service.broadcast {
            broadcast.wish(id, connection, wish);
        }
    };
    let speech = Speech::new(service.microphone.as_ref(), id);
    let control_in = listen(control_in, &inbox, service, hearing, &speech);
    let control_out = Mutex::new(control_out);
    let cursor = tell_cursor(&control_out, service.registry.cursor());
    let speaking = speech.run(connection, &control_out);
    let clipboard = Exchange::new(
        connection.clone(),
        service.clipboard.clone(),
        service.clipboard_directions,
        Side::Server,
    );
    tokio::select! {
        // What the viewer said comes before what became of its connection: it may have said goodbye.
        biased;
        farewell = control_in => if let (Farewell::Said, Some(pass)) = (farewell?, &pass) {
            pass.revoke();
        },
        result = streams => result?,
        result = cursor => result?,
        result = speaking => result?,
        result = clipboard.run() => result?,
        reason = connection.closed() => debug!(?reason, "connection closed"),
    }
    connection.close(RefusalReason::SessionEnded, "");
    Ok(())
}

/// Takes the viewer out of the registry and stops its pump, however its visit ends.
struct Membership<'a> {
    service: &'a Service,
    id: ViewerId,
    inbox: Arc<Inbox>,
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

/// Sends frames from a thread of its own until the inbox is closed.
fn start_pump(pump: Pump, id: ViewerId, config: EncoderConfig) -> Result<(), VisitError> {
    let connection = pump.connection.clone();
    let inbox = pump.inbox.clone();
    connection.on_path_change(Arc::new(move || inbox.link_changed()));
    std::thread::Builder::new()
        .name(format!("viewer-{id}"))
        .spawn(move || {
            let _span = info_span!("pump", %id).entered();
            match pump.run(config) {
                // A visit that ended while a frame was on its way; it tells why itself.
                Ok(()) | Err(PumpError::Transport(TransportError::Closed(_))) => {}
                Err(error) => {
                    warn!(%error, "cannot serve the viewer any longer");
                    connection.close(RefusalReason::SessionEnded, &error.to_string());
                }
            }
        })?;
    Ok(())
}

/// Takes the viewer's input and reports until a stream of it fails.
async fn accept_streams(
    connection: &Connection,
    inbox: &Inbox,
    injector: Injector,
    injected: &AtomicU64,
) -> Result<(), TransportError> {
    let mut injector = Some(injector);
    let mut input = None;
    let mut feedback = None;
    loop {
        tokio::select! {
            stream = connection.accept_stream() => match stream? {
                // A second stream of a kind is a broken viewer; it is simply not read.
                IncomingStream::Input(reader) => {
                    if let Some(injector) = injector.take() {
                        input = Some(Box::pin(inject_all(connection, reader, injector, injected)));
                    }
                }
                IncomingStream::Feedback(reader) if feedback.is_none() => {
                    feedback = Some(Box::pin(take_reports(reader, inbox)));
                }
                _ => {}
            },
            result = ended(&mut input) => return result,
            result = ended(&mut feedback) => return result,
        }
    }
}

/// Waits for a task that may not have been started yet.
async fn ended<T>(task: &mut Option<impl Future<Output = T> + Unpin>) -> T {
    match task {
        Some(task) => task.await,
        None => std::future::pending().await,
    }
}

async fn take_reports(mut reader: RecordReader, inbox: &Inbox) -> Result<(), TransportError> {
    while let Some(feedback) = reader.feedback().await? {
        match feedback {
            Feedback::Applied(report) => inbox.report(report),
            Feedback::Lost => inbox.start_over(),
        }
    }
    Ok(())
}

/// How a viewer stopped talking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Farewell {
    /// It said goodbye.
    Said,
    /// It ended the stream without.
    Unsaid,
}

/// Takes the viewer's control messages until there are no more.
async fn listen(
    mut control: ControlReader<ViewerMessage>,
    inbox: &Inbox,
    service: &Service,
    hearing: impl Fn(SoundWish),
    speech: &Speech<'_>,
) -> Result<Farewell, TransportError> {
    while let Some(message) = control.receive().await? {
        match message {
            ViewerMessage::Bye => return Ok(Farewell::Said),
            ViewerMessage::Quality(quality) => inbox.quality(granted(quality, service.quality)),
            ViewerMessage::Window(window) => service.sizing.wish(window),
            ViewerMessage::Keyboard(layout) => service.keyboard.wish(layout),
            ViewerMessage::Sound(wish) => hearing(wish),
            ViewerMessage::Microphone(offer) => speech.offered(offer),
            ViewerMessage::Hello(_) => debug!("a second greeting"),
        }
    }
    Ok(Farewell::Unsaid)
}
