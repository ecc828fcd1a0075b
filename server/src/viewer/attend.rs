//! Everything about one viewer that is not frames: its coming, its input, its reports, its going.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use hackstream_capture::{Capture, CaptureError};
use hackstream_clipboard::{Directions, Exchange, Hub, Side};
use hackstream_encoder::EncoderConfig;
use hackstream_encoder::cost::CoderSpeeds;
use hackstream_protocol::ids::ViewerId;
use hackstream_protocol::wire::control::{
    Quality, RefusalReason, ServerMessage, SoundWish, ViewerMessage,
};
use hackstream_protocol::wire::datagram::RepeatedInput;
use hackstream_protocol::wire::feedback::Feedback;
use hackstream_transport::{
    Connection, ControlReader, ControlWriter, Exchanges, Incoming, IncomingStream, Newcomer,
    RecordReader, TransportError,
};
use tokio::sync::{Mutex, mpsc, oneshot};
use tracing::{debug, info, info_span, warn};

use super::admission::{About, AdmissionError, Admitted, admit};
use super::bell::Bells;
use super::cursor::tell_cursor;
use super::datagrams::{WAITING_REPEATS, sort_datagrams};
use super::files::FileVisit;
use super::front::tell_front;
use super::inbox::Inbox;
use super::input::{Hands, InputError};
use super::input_source::InputSource;
use super::pass::Present;
use super::pump::{Pump, PumpError};
use super::quality::granted;
use super::registry::Registry;
use super::seats::{Seat, Seats, tell_seats};
use super::speech::Speech;
use super::tickets::Tickets;
use super::words::{WAITING_WORDS, tell_words};
use crate::clock::Clock;
use crate::files::Files;
use crate::sound::Broadcast;
use crate::sound::microphone::Microphone;
use crate::status::Roll;
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
    /// The session's sound, if it has any.
    pub broadcast: Option<Broadcast>,
    /// The files that viewers give and get, if they do.
    pub files: Option<Arc<Files>>,
    /// The session's bell.
    pub bells: Bells,
    /// What viewers speak into, if the session has it.
    pub microphone: Option<Microphone>,
}

impl Service {
    fn about(&self) -> About {
        About {
            screen: self.capture.size(),
            files: self.files.as_ref().map(|files| files.largest()),
            microphone: self.microphone.as_ref().map(|_| ()),
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
            Self::Capture(_) | Self::Thread(_) => RefusalReason::Other(0),
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
        role,
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
    let seat = service.seats.take(id, role, hello.seat);
    let now = service.clock.now();
    let listed = (service.roll).enter(id, connection, &hello.agent, seat.report(), now);
    info!(remote = %connection.remote(), %id, agent = hello.agent, ?entrance, standing = ?seat.standing(), "viewer joined");
    // Before the pump starts: the first frame must know it.
    inbox.quality(granted(hello.quality, service.quality));
    let injected = Arc::new(AtomicU64::new(0));
    let pump = Pump {
        connection: connection.clone(),
        runtime: tokio::runtime::Handle::current(),
        inbox: inbox.clone(),
        injected: injected.clone(),
        clock: service.clock,
        tally: listed.tally().clone(),
    };
    let config = EncoderConfig {
        history_bytes: hello.history_bytes.min(MOST_HISTORY) as usize,
        cache_bytes: hello.cache_bytes.min(MOST_CACHE) as usize,
        h264: hello.h264,
        speeds: service.speeds,
    };
    let pump_ended = start_pump(pump, service.capture.clone(), id, config)?;
    let controls = seat.controls(listed.tally().clone());
    let reach = |controls| Hands::reach_for(service.capture.clone(), controls, injected);
    let mut hands = controls.map(reach);
    let control = (control_in, control_out);
    let guest = Guest {
        membership: &membership,
        seat: &seat,
        hands: hands.as_mut(),
        wants_files: hello.takes_files,
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
    drop(pass);
    // A thread that its display keeps busy counts as a viewer until it ends.
    let _ = pump_ended.await;
    served.map(drop)
}

/// A viewer that was admitted.
struct Guest<'a> {
    membership: &'a Membership<'a>,
    /// What it may do.
    seat: &'a Seat,
    /// What it does it with.
    hands: Option<&'a mut Hands>,
    /// Whether it wants to hear of files.
    wants_files: bool,
}

/// Both ways of the control stream.
type Control = (ControlReader<ViewerMessage>, ControlWriter<ServerMessage>);

/// Serves an admitted viewer until it leaves, by whichever way.
async fn serve(
    service: &Service,
    connection: &Connection,
    guest: Guest<'_>,
    (control_in, control_out): Control,
) -> Result<Farewell, VisitError> {
    let Guest { seat, hands, .. } = guest;
    let Membership { id, inbox, .. } = guest.membership;
    let hearing = |wish| {
        if let Some(broadcast) = &service.broadcast {
            broadcast.wish(*id, connection, wish);
        }
    };
    let speech = Speech::new(seat.microphone(service.microphone.as_ref()), *id);
    let (repeats, repeated) = mpsc::channel(WAITING_REPEATS);
    let datagrams = sort_datagrams(connection, repeats, &speech);
    let control_in = listen(control_in, inbox, service, (seat, &speech), hearing);
    let streams = accept_streams(connection, inbox, hands.map(|hands| (hands, repeated)));
    let control_out = Mutex::new(control_out);
    let cursor = tell_cursor(&control_out, service.registry.cursor());
    let front = tell_front(&control_out, service.registry.front());
    let told_seats = tell_seats(&control_out, seat.report());
    let mut exchanges = Exchanges::default();
    let pasted = exchanges.clipboard();
    let (to_tell, words) = mpsc::channel(WAITING_WORDS);
    let bells = service.bells.tell(&to_tell);
    let files = seat.files(service.files.as_ref());
    let files = FileVisit::begin(
        files,
        guest.wants_files,
        *id,
        &mut exchanges,
        to_tell.clone(),
    );
    let words = tell_words(&control_out, words);
    let speaking = speech.ask(&control_out);
    let clipboard = Exchange::new(
        connection.clone(),
        service.clipboard.clone(),
        seat.clipboard(service.clipboard_directions),
        Side::Server,
    )
    .taking_while(seat.acts());
    tokio::select! {
        // What the viewer said comes before what became of its connection: it may have said goodbye.
        biased;
        farewell = control_in => return Ok(farewell?),
        result = streams => result?,
        result = datagrams => result?,
        result = speaking => result?,
        result = cursor => result?,
        result = front => result?,
        result = told_seats => result?,
        result = words => result?,
        result = clipboard.run(pasted) => result?,
        result = files.run(connection) => result?,
        result = bells => result?,
        result = exchanges.run(connection.clone()) => result?,
        reason = connection.closed() => debug!(?reason, "connection closed"),
    }
    Ok(Farewell::Unsaid)
}

/// Takes the viewer out of the registry and stops its pump, however its visit ends.
struct Membership<'a> {
    service: &'a Service,
    id: ViewerId,
    inbox: Arc<Inbox>,
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

/// Takes the viewer's input and reports until a stream of it fails.
async fn accept_streams(
    connection: &Connection,
    inbox: &Inbox,
    mut hands: Option<(&mut Hands, mpsc::Receiver<RepeatedInput>)>,
) -> Result<(), VisitError> {
    let mut input = None;
    let mut feedback = None;
    loop {
        tokio::select! {
            stream = connection.accept_stream() => match stream? {
                // A second stream of a kind is a broken viewer, or one that may only view; it is
                // simply not read.
                IncomingStream::Input(reader) => {
                    if let Some((hands, repeats)) = hands.take() {
                        let source = InputSource::new(reader, repeats);
                        input = Some(Box::pin(hands.play_stream(connection, source)));
                    }
                }
                IncomingStream::Feedback(reader) if feedback.is_none() => {
                    feedback = Some(Box::pin(take_reports(reader, inbox)));
                }
                _ => {}
            },
            result = ended(&mut input) => return Ok(result?),
            result = ended(&mut feedback) => return Ok(result?),
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
    (seat, speech): (&Seat, &Speech<'_>),
    hearing: impl Fn(SoundWish),
) -> Result<Farewell, TransportError> {
    while let Some(message) = control.receive().await? {
        match message {
            ViewerMessage::Bye => return Ok(Farewell::Said),
            ViewerMessage::Quality(quality) => inbox.quality(granted(quality, service.quality)),
            ViewerMessage::Window(window) => seat.window(window),
            ViewerMessage::Keyboard(layout) => seat.keyboard(layout),
            ViewerMessage::Seat(wish) => seat.wish(wish),
            ViewerMessage::Sound(wish) => hearing(wish),
            ViewerMessage::Microphone(offer) => speech.offered(offer),
            ViewerMessage::Hello(_) => debug!("a second greeting"),
        }
    }
    Ok(Farewell::Unsaid)
}
