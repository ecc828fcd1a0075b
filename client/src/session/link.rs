//! One connection to the session, from admission to its end.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use hackstream_protocol::limits::MAX_HELD_BYTES;
use hackstream_protocol::wire::StreamKind;
use hackstream_protocol::wire::control::{RefusalReason, ServerMessage, ViewerMessage};
use hackstream_protocol::wire::feedback::Feedback;
use hackstream_protocol::wire::input::InputEvent;
use hackstream_transport::{
    CloseReason, Connection, ControlReader, ControlWriter, FrameReader, IncomingStream,
    TransportError,
};
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::dial::Admission;
use super::input_stream;
use super::liveness::Liveness;
use crate::picture::{Arrival, Report, Work};
use crate::shared::Shared;

/// Memory counted for a frame besides its payload.
const FRAME_OVERHEAD: usize = 256;

/// Time the server has to answer a goodbye before the viewer leaves without.
const GOODBYE: Duration = Duration::from_millis(300);

/// Why a connection is of no more use.
#[derive(Debug)]
pub(super) enum LinkEnd {
    /// It was closed or timed out.
    Closed(CloseReason),
    /// The server wants the viewer to leave.
    Refused {
        /// Why.
        reason: RefusalReason,
        /// The same for a person.
        text: String,
    },
    /// What came on it makes no sense.
    Broken(String),
}

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
    /// A frame begins to arrive.
    Stirred,
}

/// A connection and the tasks that serve it; dropping it ends them.
pub(super) struct Link {
    connection: Connection,
    control: ControlWriter<ViewerMessage>,
    input: mpsc::UnboundedSender<InputEvent>,
    ends: mpsc::UnboundedReceiver<LinkEnd>,
    /// Signalled when a frame begins to arrive.
    alive: Arc<Notify>,
    liveness: Liveness,
    /// When the viewer was admitted.
    pub(super) since: Instant,
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
            writer,
            reader,
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
        tasks.spawn(frames.receive());
        tasks.spawn(hear(reader, Arc::clone(shared), end.clone()));
        tasks.spawn(write_reports(connection.clone(), reported, end.clone()));
        let clipboard = shared.clipboard.follow(connection.clone());
        tasks.spawn(async move {
            if let Err(why) = clipboard.await {
                let _ = end.send(LinkEnd::Broken(why));
            }
        });
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
            connection,
            control: writer,
            input,
            ends,
            alive,
            since: Instant::now(),
            _tasks: tasks,
        }
    }

    /// Sends what the person did.
    pub(super) fn send(&self, event: InputEvent) {
        let _ = self.input.send(event);
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
        }
    }

    /// Since when the server has been silent, if too long.
    pub(super) fn silent_since(&mut self) -> Option<Instant> {
        self.liveness.silent_since()
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

async fn next_end(ends: &mut mpsc::UnboundedReceiver<LinkEnd>) -> LinkEnd {
    match ends.recv().await {
        Some(end) => end,
        // All tasks told their end already.
        None => std::future::pending().await,
    }
}

/// Receives frames and gives them to the decoder.
struct Frames {
    connection: Connection,
    number: u64,
    /// Bytes of frames that may wait for the decoder.
    room: Arc<Semaphore>,
    work: Sender<Work>,
    end: mpsc::UnboundedSender<LinkEnd>,
    alive: Arc<Notify>,
}

impl Frames {
    async fn receive(self) {
        let mut reading = JoinSet::new();
        let end = loop {
            // Frames that were read leave no trace; only their tasks have to be collected.
            while reading.try_join_next().is_some() {}
            match self.connection.accept_stream().await {
                Ok(IncomingStream::Frame(reader)) => {
                    self.alive.notify_one();
                    reading.spawn(self.read(reader));
                }
                Ok(_) => break LinkEnd::Broken("a viewer's stream came from the server".into()),
                Err(_) => break LinkEnd::Closed(self.connection.closed().await),
            }
        };
        let _ = self.end.send(end);
    }

    /// Reads one frame; each in a task of its own, so that a lost packet holds up one frame only.
    fn read(&self, reader: FrameReader) -> impl Future<Output = ()> + Send + use<> {
        let (number, room) = (self.number, Arc::clone(&self.room));
        let (work, end) = (self.work.clone(), self.end.clone());
        async move {
            let (header, payload) = match reader.read().await {
                Ok(frame) => frame,
                Err(error) => {
                    let _ = end.send(LinkEnd::Broken(format!("a frame: {error}")));
                    return;
                }
            };
            let at = Instant::now();
            let bytes = (payload.len() + FRAME_OVERHEAD).min(MAX_HELD_BYTES) as u32;
            let Ok(room) = room.acquire_many_owned(bytes).await else {
                return;
            };
            let _ = work.send(Work::Frame(Arrival {
                link: number,
                header,
                payload,
                at,
                room,
            }));
        }
    }
}

/// Takes the server's control messages.
async fn hear(
    mut reader: ControlReader<ServerMessage>,
    shared: Arc<Shared>,
    end: mpsc::UnboundedSender<LinkEnd>,
) {
    loop {
        let told = match reader.receive().await {
            Ok(Some(ServerMessage::CursorShape(shape))) => {
                shared.update_session(|session| {
                    session.cursor = Some(shape);
                    session.cursor_serial += 1;
                });
                continue;
            }
            Ok(Some(ServerMessage::CursorPosition(at))) => {
                shared.update_session(|session| session.cursor_position = Some(at));
                continue;
            }
            Ok(Some(ServerMessage::Refused { reason, text })) => LinkEnd::Refused { reason, text },
            Ok(Some(ServerMessage::Welcome(_))) => LinkEnd::Broken("a second welcome".into()),
            // The task that receives frames knows better why the connection ended.
            Ok(None) | Err(_) => return,
        };
        let _ = end.send(told);
        return;
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
            while let Some(Report::Applied(applied)) = report {
                Feedback::Applied(applied).write(&mut bytes);
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
