//! What goes on while a viewer is there, all side by side: it says and does things, and is told some.

use hackstream_clipboard::{Exchange, Side};
use hackstream_protocol::fit::{Fit, Room};
use hackstream_protocol::wire::control::{DesktopShare, ServerMessage, SoundWish, ViewerMessage};
use hackstream_protocol::wire::datagram::RepeatedInput;
use hackstream_protocol::wire::feedback::Feedback;
use hackstream_transport::{
    Connection, ControlReader, ControlWriter, Exchanges, IncomingStream, RecordReader,
    TransportError,
};
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::consume_budget;
use tracing::debug;

use super::attend::{Membership, Service, VisitError};
use super::cursor::tell_cursor;
use super::datagrams::{WAITING_REPEATS, sort_datagrams};
use super::desktop::DesktopVisit;
use super::files::FileVisit;
use super::front::tell_front;
use super::inbox::Inbox;
use super::input::Hands;
use super::input_source::InputSource;
use super::rights::Rights;
use super::room::{follow_room, tell_fit};
use super::seats::{Seat, tell_seats};
use super::speech::Speech;
use super::words::{WAITING_WORDS, tell_words};

/// A viewer that was admitted.
pub(super) struct Guest<'a> {
    pub(super) membership: &'a Membership<'a>,
    /// What it may do.
    pub(super) seat: &'a Seat,
    /// What it may have.
    pub(super) rights: Rights,
    /// What it does it with.
    pub(super) hands: Option<&'a mut Hands>,
    /// Whether it wants to hear of files.
    pub(super) wants_files: bool,
    /// How large a picture it can show, as far as it said so.
    pub(super) room: Option<Room>,
    /// Which picture it gets.
    pub(super) fit: watch::Receiver<Option<Fit>>,
    /// What it takes for its desktop.
    pub(super) takes: DesktopShare,
}

/// Both ways of the control stream.
pub(super) type Control = (ControlReader<ViewerMessage>, ControlWriter<ServerMessage>);

/// Serves an admitted viewer until it leaves, by whichever way.
///
/// # Errors
/// [`VisitError`]: why it cannot be served any longer.
pub(super) async fn serve(
    service: &Service,
    connection: &Connection,
    guest: Guest<'_>,
    (control_in, control_out): Control,
) -> Result<Farewell, VisitError> {
    let Guest {
        seat,
        rights,
        hands,
        ..
    } = guest;
    let Membership { id, inbox, .. } = guest.membership;
    let hearing = |wish| {
        if let Some(broadcast) = rights.sound(service.broadcast.as_ref()) {
            broadcast.wish(*id, connection, wish);
        }
    };
    let speech = Speech::new(
        rights.microphone(seat.microphone(service.microphone.as_ref())),
        *id,
    );
    let (repeats, repeated) = mpsc::channel(WAITING_REPEATS);
    let datagrams = sort_datagrams(connection, repeats, &speech);
    let rooms = watch::Sender::new(guest.room);
    let rooming = follow_room(rooms.subscribe(), seat.coming_size(), inbox);
    let desktop = DesktopVisit::new(&service.desktop, guest.takes, seat, *id);
    let taking = Taking {
        connection,
        inbox,
        service,
        seat,
        rights,
        speech: &speech,
        rooms: &rooms,
        desktop: &desktop,
    };
    let control_in = taking.listen(control_in, hearing);
    let streams = accept_streams(connection, inbox, hands.map(|hands| (hands, repeated)));
    let control_out = Mutex::new(control_out);
    let cursor = tell_cursor(&control_out, service.registry.cursor());
    let front = tell_front(&control_out, service.registry.front());
    let fit = tell_fit(&control_out, guest.fit);
    let told_seats = tell_seats(&control_out, seat.report());
    let mut exchanges = Exchanges::default();
    let pasted = exchanges.clipboard();
    let (to_tell, words) = mpsc::channel(WAITING_WORDS);
    let bells = service.bells.tell(&to_tell);
    let coming_ends = service.coming_ends.tell(&to_tell);
    let files = rights.files(seat.files(service.files.as_ref()));
    let files = FileVisit::begin(
        files,
        guest.wants_files,
        *id,
        &mut exchanges,
        to_tell.clone(),
    );
    let desktop = desktop.tell(to_tell.clone());
    let words = tell_words(&control_out, words);
    let speaking = speech.ask(&control_out);
    let clipboard = Exchange::new(
        connection.clone(),
        service.clipboard.clone(),
        rights.clipboard(seat.clipboard(service.clipboard_directions)),
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
        result = fit => result?,
        never = rooming => never,
        result = words => result?,
        result = clipboard.run(pasted) => result?,
        result = files.run(connection) => result?,
        result = bells => result?,
        result = coming_ends => result?,
        result = desktop => result?,
        result = exchanges.run(connection.clone()) => result?,
        () = connection.talked_past() => return Err(VisitError::Deaf),
        reason = connection.closed() => debug!(?reason, "connection closed"),
    }
    Ok(Farewell::Unsaid)
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
        // A flood, which may all be here already, must not hold up other viewers.
        consume_budget().await;
    }
    Ok(())
}

/// How a viewer stopped talking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Farewell {
    /// It said goodbye.
    Said,
    /// It ended the stream without.
    Unsaid,
}

/// Who takes what a viewer says.
struct Taking<'a> {
    connection: &'a Connection,
    inbox: &'a Inbox,
    service: &'a Service,
    seat: &'a Seat,
    rights: Rights,
    speech: &'a Speech<'a>,
    rooms: &'a watch::Sender<Option<Room>>,
    desktop: &'a DesktopVisit<'a>,
}

impl Taking<'_> {
    /// Takes the viewer's control messages until there are no more.
    async fn listen(
        &self,
        mut control: ControlReader<ViewerMessage>,
        hearing: impl Fn(SoundWish),
    ) -> Result<Farewell, TransportError> {
        while let Some(message) = control.receive().await? {
            match message {
                ViewerMessage::Bye => return Ok(Farewell::Said),
                ViewerMessage::Quality(quality) => {
                    self.inbox
                        .quality(self.rights.quality(quality, self.service.quality));
                }
                ViewerMessage::MaxBitrate(most) => {
                    self.connection.set_limit(self.rights.bitrate(most))
                }
                ViewerMessage::Window(window) => self.seat.window(window),
                ViewerMessage::Room(room) => drop(self.rooms.send_replace(Some(room))),
                ViewerMessage::Keyboard(layout) => self.seat.keyboard(layout),
                ViewerMessage::Seat(wish) => self.seat.wish(wish),
                ViewerMessage::Sound(wish) => hearing(wish),
                ViewerMessage::Microphone(offer) => self.speech.offered(offer),
                ViewerMessage::NotificationClosed(closed) => self.desktop.closed(closed),
                ViewerMessage::NotificationChosen(number) => self.desktop.chosen(number),
                ViewerMessage::Hello(_) => debug!("a second greeting"),
            }
        }
        Ok(Farewell::Unsaid)
    }
}
