//! One connection to the session, from admission to its end.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use hackstream_protocol::limits::MAX_HELD_BYTES;
use hackstream_protocol::wire::StreamKind;
use hackstream_protocol::wire::control::{
    MicrophoneOffer, RefusalReason, SoundWish, ViewerMessage,
};
use hackstream_protocol::wire::feedback::Feedback;
use hackstream_protocol::wire::input::InputEvent;
use hackstream_transport::{Connection, Connector, ControlWriter, TransportError};
use tokio::sync::{Notify, Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::dial::Admission;
use super::ending::LinkEnd;
use super::frames::Frames;
use super::hearing::hear;
use super::input_stream;
use super::liveness::Liveness;
use super::network;
use crate::files;
use crate::picture::{Report, Work};
use crate::shared::Shared;

/// Time the server has to answer a goodbye before the viewer leaves without.
const GOODBYE: Duration = Duration::from_millis(300);

/// What happens to a connection that serves.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It ended.
    Ended(LinkEnd),
    /// The server has been silent since then; the connection may come back.
    Silent(Instant),
}

/// What a silent connection has to say.
#[derive(Debug)]
pub(super) enum News {
    /// It ended.
    Ended(LinkEnd),
    /// The server answers, or a frame begins to arrive.
    Stirred,
}

/// A connection and the tasks that serve it; dropping it ends them.
pub(super) struct Link {
    connection: Connection,
    /// Its socket.
    connector: Arc<Connector>,
    /// The address that it was last seen to send from; `None` if it could not.
    way: Option<IpAddr>,
    control: ControlWriter<ViewerMessage>,
    input: mpsc::UnboundedSender<InputEvent>,
    ends: mpsc::UnboundedReceiver<LinkEnd>,
    /// Signalled when a frame begins to arrive.
    alive: Arc<Notify>,
    liveness: Liveness,
    /// When the viewer was admitted.
    pub(super) since: Instant,
    /// What the server was told last.
    sound: SoundWish,
    /// Whether the server takes microphones, and what it was told of ours.
    takes_microphone: bool,
    /// Whether the server scales for viewers with little room.
    pub(super) scales: bool,
    microphone: MicrophoneOffer,
    _tasks: JoinSet<()>,
}

impl Link {
    /// Begins to serve an admitted connection as number `number`.
    pub(super) fn start(
        admission: Admission,
        number: u64,
        shared: &Arc<Shared>,
        work: &Sender<Work>,
    ) -> Self {
        let Admission {
            connection,
            connector,
            writer,
            reader,
            welcome,
            ..
        } = admission;
        let (input, events) = mpsc::unbounded_channel();
        let (reports, reported) = mpsc::unbounded_channel();
        let (end, ends) = mpsc::unbounded_channel();
        let alive = Arc::new(Notify::new());
        // The decoder lives as long as the network thread.
        let _ = work.send(Work::Attach {
            link: number,
            reports,
        });
        let frames = Frames {
            connection: connection.clone(),
            number,
            room: Arc::new(Semaphore::new(MAX_HELD_BYTES)),
            work: work.clone(),
            end: end.clone(),
            alive: Arc::clone(&alive),
        };
        let mut tasks = JoinSet::new();
        let files = files::serve(connection.clone(), Arc::clone(shared), welcome.files);
        let datagrams = frames.datagrams(shared.speaker.clone());
        tasks.spawn(frames.receive());
        let microphone = shared.microphone.lease(number, connection.clone());
        // Nothing that is copied here leaves before the server says that this viewer is in control.
        let (seat, acts) = watch::channel(false);
        let hearing = hear(reader, Arc::clone(shared), microphone, seat, end.clone());
        tasks.spawn(hearing);
        tasks.spawn(datagrams.receive(end.clone()));
        tasks.spawn(write_reports(connection.clone(), reported, end.clone()));
        let clipboard = shared.clipboard.follow(connection.clone(), acts);
        tasks.spawn(broken_by(clipboard, end.clone()));
        tasks.spawn(broken_by(files, end));
        shared.counters.attached(connection.clone());
        let sent = {
            let shared = Arc::clone(shared);
            move |seq, at| shared.counters.sent(number, seq, at)
        };
        let writing = input_stream::write(connection.clone(), events, sent);
        // The task that receives frames tells the end of the connection.
        tasks.spawn(async move { drop(writing.await) });
        Self {
            liveness: Liveness::new(connection.clone()),
            connector,
            way: network::way_to(connection.remote()),
            connection,
            control: writer,
            input,
            ends,
            alive,
            since: Instant::now(),
            sound: SoundWish::Mute,
            takes_microphone: welcome.microphone,
            scales: welcome.scales,
            microphone: MicrophoneOffer::Withdrawn,
            _tasks: tasks,
        }
    }

    /// Sends what the person did.
    pub(super) fn send(&self, event: InputEvent) {
        let _ = self.input.send(event);
    }

    /// Tells the server something on the control stream.
    pub(super) async fn tell(&mut self, message: &ViewerMessage) {
        // The task that receives frames tells the end of the connection.
        let _ = self.control.send(message).await;
    }

    /// Tells the server whether to send sound, if that is news.
    pub(super) async fn wish_sound(&mut self, wish: SoundWish) {
        if wish != self.sound {
            self.sound = wish;
            self.tell(&ViewerMessage::Sound(wish)).await;
        }
    }

    /// Tells the server whether the person would speak, if that is news and of any use.
    pub(super) async fn offer_microphone(&mut self, offer: MicrophoneOffer) {
        if self.takes_microphone && offer != self.microphone {
            self.microphone = offer;
            self.tell(&ViewerMessage::Microphone(offer)).await;
        }
    }

    /// Waits for the end of the connection or for silence.
    pub(super) async fn trouble(&mut self) -> Trouble {
        tokio::select! {
            end = next_end(&mut self.ends) => Trouble::Ended(end),
            since = self.liveness.silence() => Trouble::Silent(since),
        }
    }

    /// Waits for the end of the connection or for a sign of life.
    pub(super) async fn news(&mut self) -> News {
        tokio::select! {
            end = next_end(&mut self.ends) => News::Ended(end),
            () = self.alive.notified() => News::Stirred,
            () = self.connection.answered() => News::Stirred,
        }
    }

    /// Since when the server has been silent, if too long.
    pub(super) fn silent_since(&mut self) -> Option<Instant> {
        self.liveness.silent_since()
    }

    /// Whether this machine has a way to the server.
    pub(super) fn has_way(&self) -> bool {
        network::way_to(self.connection.remote()).is_some()
    }

    /// This machine's network changed. If that is where the connection goes, or if the server has
    /// been quiet, the connection goes on over what there is now, at once.
    pub(super) fn network_changed(&mut self) {
        let way = network::way_to(self.connection.remote());
        let has_moved = way != self.way;
        self.way = way;
        if way.is_some() && (has_moved || self.liveness.is_quiet()) {
            self.ask();
        }
    }

    /// Asks the server at once whether it is there, from a new port.
    pub(super) fn ask(&self) {
        // Without a new port the old one goes on.
        let _ = self.connector.rebind();
    }

    /// Says goodbye, so that the server forgets the viewer at once.
    pub(super) async fn leave(mut self) {
        let goodbye = async {
            if self.control.send(&ViewerMessage::Bye).await.is_ok() {
                self.connection.closed().await;
            }
        };
        // A server that is gone misses nothing.
        let _ = timeout(GOODBYE, goodbye).await;
        self.close(RefusalReason::Other(0), "").await;
    }

    /// Closes the connection without more ado.
    pub(super) async fn close(self, reason: RefusalReason, text: &str) {
        self.connection.close(reason, text);
        // Lets the connection's own task send the closing packet before the runtime ends.
        self.connection.closed().await;
        tokio::task::yield_now().await;
    }
}

/// Serves until the server breaks the protocol there, and tells how.
async fn broken_by(
    serving: impl Future<Output = Result<(), String>>,
    end: mpsc::UnboundedSender<LinkEnd>,
) {
    if let Err(why) = serving.await {
        let _ = end.send(LinkEnd::Broken(why));
    }
}

async fn next_end(ends: &mut mpsc::UnboundedReceiver<LinkEnd>) -> LinkEnd {
    match ends.recv().await {
        Some(end) => end,
        // All tasks told their end already.
        None => std::future::pending().await,
    }
}

/// What the server is told of a report; `None` if it is not for the server.
const fn record_of(report: &Report) -> Option<Feedback> {
    match report {
        Report::Applied(applied) => Some(Feedback::Applied(*applied)),
        #[cfg(feature = "v4l2")]
        Report::Lost => Some(Feedback::Lost),
        Report::Broken(_) => None,
    }
}

/// Writes what the decoder reports until it turns to another connection.
async fn write_reports(
    connection: Connection,
    mut reports: mpsc::UnboundedReceiver<Report>,
    end: mpsc::UnboundedSender<LinkEnd>,
) {
    let written: Result<(), TransportError> = async {
        let mut stream = connection.open_records(StreamKind::Feedback).await?;
        let mut bytes = Vec::with_capacity(256);
        while let Some(first) = reports.recv().await {
            bytes.clear();
            let mut report = Some(first);
            while let Some(record) = report.as_ref().and_then(record_of) {
                record.write(&mut bytes);
                report = reports.try_recv().ok();
            }
            stream.write(&bytes).await?;
            if let Some(Report::Broken(why)) = report {
                let _ = end.send(LinkEnd::Broken(why));
            }
        }
        Ok(())
    }
    .await;
    // The task that receives frames tells the end of the connection.
    drop(written);
}
