//! The viewer's side of the network: one thread that keeps a connection to the session.

mod admit;
mod backoff;
mod contact;
mod credential;
mod datagrams;
mod dial;
mod ending;
mod farewell;
mod frames;
mod hearing;
mod input_repeats;
mod input_stream;
mod link;
mod liveness;
mod network;
mod plight;
mod recover;
mod supervise;
mod window_wish;
mod wish;

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::{self, JoinHandle};
use std::time::Instant;

use hackstream_protocol::fit::Room;
use hackstream_protocol::units::Bitrate;
use hackstream_protocol::wire::control::{KeyboardLayout, Quality, SeatWish, ViewerWindow};
use hackstream_protocol::wire::input::InputEvent;
use tokio::sync::mpsc;
use tokio::time::sleep_until;

use crate::config::{AfterSending, Options};
use crate::error::ViewError;
use crate::picture::{self, Assistance, Presenter, Sight, Work, limits_for};
use crate::screenshot;
use crate::shared::{LinkState, Shared};
use crate::stats::Reporter;

pub(crate) use farewell::Farewell;
pub(crate) use plight::{Cause, Continuity};

/// The handshake's cryptography needs the most of it; memory never touched costs nothing.
const STACK_BYTES: usize = 1 << 20;

/// What the front asks of the session.
#[derive(Debug)]
pub(crate) enum Command {
    /// The person did something.
    Input(InputEvent),
    /// The person's keyboard has this layout.
    Keyboard(KeyboardLayout),
    /// The session's screen should follow a window that is like this.
    Window(ViewerWindow),
    /// The window can show a picture of this size.
    Room(Room),
    /// The person prefers this quality.
    Quality(Quality),
    /// The person wants to get no more than this.
    MaxBitrate(Option<Bitrate>),
    /// The person wants to watch, or to act.
    Seat(SeatWish),
    /// The person leaves.
    Leave,
}

/// What to do when the process is asked to end (SIGINT, SIGTERM, SIGHUP).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signals {
    /// Say goodbye to the server and end.
    Leave,
    /// Nothing; the signals belong to somebody else.
    Ignore,
}

/// A running session.
pub(crate) struct Session {
    commands: mpsc::UnboundedSender<Command>,
    work: Sender<Work>,
    decoder: JoinHandle<()>,
    thread: JoinHandle<Result<(), ViewError>>,
}

impl Session {
    /// Starts connecting. What happens is written to `shared`.
    ///
    /// # Errors
    /// [`ViewError`] if the screenshot's file cannot be written or the system gives no thread.
    pub(crate) fn start(
        options: Options,
        shared: Arc<Shared>,
        signals: Signals,
    ) -> Result<Self, ViewError> {
        let target = match &options.screenshot {
            Some(wish) => Some(screenshot::Target::prepare(wish)?),
            None => None,
        };
        let (commands, receiver) = mpsc::unbounded_channel();
        let leave = commands.clone();
        let (work, to_do) = std::sync::mpsc::channel();
        let limits = limits_for(options.quality);
        let assistance = Assistance::wished(&options);
        let decoder = picture::spawn(Arc::clone(&shared), to_do, limits, assistance)
            .map_err(|error| system("cannot start the decoder", &error))?;
        let decoded = work.clone();
        let thread = thread::Builder::new()
            .name("network".into())
            .stack_size(STACK_BYTES)
            .spawn(move || {
                // Also when this thread panics, the front must hear that nothing will come.
                let _end = AnnounceEnd(Arc::clone(&shared));
                run(options, shared, receiver, &leave, signals, target, decoded)
            })
            .map_err(|error| system("cannot start the network thread", &error))?;
        Ok(Self {
            commands,
            work,
            decoder,
            thread,
        })
    }

    /// Sends what the person did, at once. Dropped while there is no connection.
    pub(crate) fn send(&self, event: InputEvent) {
        // A session that ended has announced it already.
        let _ = self.commands.send(Command::Input(event));
    }

    /// Has the decoder show the picture there, from now on.
    pub(crate) fn present_on(&self, presenter: Box<dyn Presenter>) {
        // A decoder that ended has nothing to show.
        let _ = self.work.send(Work::Present(presenter));
    }

    /// Has the decoder show the picture in this way.
    pub(crate) fn look(&self, sight: Sight) {
        let _ = self.work.send(Work::Look(sight));
    }

    /// Tells the layout of the person's keyboard, now and after each reconnection.
    pub(crate) fn keyboard(&self, layout: KeyboardLayout) {
        let _ = self.commands.send(Command::Keyboard(layout));
    }

    /// Has the session's screen follow a window that is like this.
    pub(crate) fn window(&self, window: ViewerWindow) {
        let _ = self.commands.send(Command::Window(window));
    }

    /// Says how large a picture can be shown, now and after each reconnection.
    pub(crate) fn room(&self, room: Room) {
        let _ = self.commands.send(Command::Room(room));
    }

    /// Asks the server for this quality, now and after each reconnection.
    pub(crate) fn quality(&self, quality: Quality) {
        let _ = self.commands.send(Command::Quality(quality));
    }

    /// Asks the server to send no more than this, now and after each reconnection; `None` for
    /// whatever the network carries.
    pub(crate) fn max_bitrate(&self, most: Option<Bitrate>) {
        let _ = self.commands.send(Command::MaxBitrate(most));
    }

    /// Asks to watch or to act, now and after each reconnection. What becomes of it is told in
    /// [`SessionView::seats`](crate::shared::SessionView).
    pub(crate) fn seat(&self, wish: SeatWish) {
        let _ = self.commands.send(Command::Seat(wish));
    }

    /// Asks the session to end; [`join`](Self::join) waits for it.
    pub(crate) fn leave(&self) {
        let _ = self.commands.send(Command::Leave);
    }

    /// Waits for the end of the session.
    ///
    /// # Errors
    /// [`ViewError`]: why it ended, unless the person wanted it.
    pub(crate) fn join(self) -> Result<(), ViewError> {
        let result = self.thread.join();
        // Not before: a session that nobody can command any more would end.
        drop(self.commands);
        // Nobody is left who could give it work.
        drop(self.work);
        let _ = self.decoder.join();
        result.unwrap_or_else(|_| {
            Err(ViewError::System {
                what: "the network thread failed",
                reason: "this is a defect of the viewer".to_owned(),
            })
        })
    }
}

struct AnnounceEnd(Arc<Shared>);

impl Drop for AnnounceEnd {
    fn drop(&mut self) {
        self.0
            .update_session(|session| session.link = LinkState::Ended);
    }
}

fn run(
    options: Options,
    shared: Arc<Shared>,
    commands: mpsc::UnboundedReceiver<Command>,
    leave: &mpsc::UnboundedSender<Command>,
    signals: Signals,
    target: Option<screenshot::Target>,
    work: Sender<Work>,
) -> Result<(), ViewError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| system("cannot start the network", &error))?;
    shared.speaker.configure(options.sound);
    shared.files.configure(&options.files);
    shared
        .desktop
        .configure(options.desktop, &options.server.host);
    shared.microphone.configure(options.microphone);
    let result = runtime.block_on(async {
        if signals == Signals::Leave {
            tokio::spawn(leave_on_signals(leave.clone()));
        }
        let reporter = Reporter::start(Arc::clone(&shared), options.stats);
        let shot = target.map(|target| {
            let leave = leave.clone();
            let shot = target.take(Arc::clone(&shared));
            tokio::spawn(async move {
                let result = shot.await;
                let _ = leave.send(Command::Leave);
                result
            })
        });
        if options.files.after == AfterSending::Leave {
            let (sending, leave) = (Arc::clone(&shared), leave.clone());
            tokio::spawn(async move {
                sending.files.all_sent().await;
                let _ = leave.send(Command::Leave);
            });
        }
        let (after, facts) = (options.files.after, Arc::clone(&shared));
        let supervised = Box::pin(supervise::run(options, shared, commands, work)).await;
        reporter.finish().await;
        let supervised = match after {
            AfterSending::Leave => supervised.and(facts.files.verdict()),
            AfterSending::Stay => supervised,
        };
        match shot {
            Some(shot) if shot.is_finished() => supervised.and(shot.await.unwrap_or(Ok(()))),
            _ => supervised,
        }
    });
    // A question at the terminal may still be waiting for its answer.
    runtime.shutdown_background();
    result
}

async fn leave_on_signals(leave: mpsc::UnboundedSender<Command>) {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ];
    let [Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)] = kinds.map(signal) else {
        return;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
    let _ = leave.send(Command::Leave);
}

/// Waits until an instant; for ever if there is none.
async fn reached(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

fn system(what: &'static str, error: &std::io::Error) -> ViewError {
    ViewError::System {
        what,
        reason: error.to_string(),
    }
}
