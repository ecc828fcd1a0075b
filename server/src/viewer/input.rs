//! A viewer's input, and what becomes of it when the viewer falls silent.
//!
//! Nearly all of it is played at once, where it arrives: handing it to another thread would cost a
//! key as much as the display takes for it. What the display has to be asked about first is played
//! by a thread that may wait: a program that grabs the display, or one that is slow to answer, then
//! holds up this viewer's input and nothing else. What comes after it stays unread, so QUIC's window
//! fills and the viewer waits.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hackstream_capture::{Capture, CaptureError, Injector};
use hackstream_protocol::wire::input::InputEvent;
use hackstream_transport::{Connection, TransportError};
use tokio::task::{JoinHandle, consume_budget, spawn_blocking};
use tokio::time::{sleep, sleep_until};
use tracing::{debug, warn};

use super::input_source::InputSource;
use super::seats::{Controls, Verdict};

/// Silence after which a viewer's keys are let go, rather than repeated by the display until the
/// connection times out. A viewer that is there says so every two seconds; twice that leaves time
/// to repair a loss. Counted from one look to the next, so keys stay down for up to twice as long.
const SILENCE: Duration = Duration::from_secs(4);

/// Why a viewer's input cannot be played any longer.
#[derive(Debug, thiserror::Error)]
pub(super) enum InputError {
    /// The connection or the stream broke.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The display cannot be played to.
    #[error(transparent)]
    Capture(#[from] CaptureError),
}

/// A viewer's hands on the display. To be ended with [`let_go`](Self::let_go).
pub(super) struct Hands {
    /// Whether they may act.
    controls: Controls,
    place: Place,
    /// Number of the last event that was played.
    injected: Arc<AtomicU64>,
    /// Events that could not be played.
    failures: u64,
}

/// Where the injector is.
enum Place {
    Here(Box<Injector>),
    /// With a thread that waits for the display.
    Away(JoinHandle<Result<Returned, CaptureError>>),
    /// It could not connect.
    Nowhere,
}

/// The injector, and what became of what it did.
type Returned = (Box<Injector>, Result<(), CaptureError>);

impl Hands {
    /// Begins to connect to the display, to act as far as `controls` allow. Events are counted in
    /// `injected`.
    pub(super) fn reach_for(
        capture: Arc<Capture>,
        controls: Controls,
        injected: Arc<AtomicU64>,
    ) -> Self {
        let connecting = spawn_blocking(move || Ok((Box::new(capture.injector()?), Ok(()))));
        Self {
            controls,
            place: Place::Away(connecting),
            injected,
            failures: 0,
        }
    }

    /// Plays what the viewer does until it ends the stream. May be cancelled.
    ///
    /// # Errors
    /// [`InputError`]: why it cannot go on.
    pub(super) async fn play_stream(
        &mut self,
        connection: &Connection,
        mut source: InputSource,
    ) -> Result<(), InputError> {
        self.returned().await?;
        while let Some(event) = self.next_event(connection, &mut source).await? {
            // First: the program may answer before this thread goes on, and the frame with the
            // answer must not claim to be older than the event.
            self.injected.fetch_add(1, Ordering::Release);
            let played = self.play(event).await;
            self.tolerate(played)?;
            // A flood of input, which may all be here already, must not hold up other viewers.
            consume_budget().await;
        }
        Ok(())
    }

    /// Lets go of every key. When this returns, nothing acts on the display any more.
    pub(super) async fn let_go(mut self) {
        // Whatever was under way has nobody left to be told to.
        let _ = self.returned().await;
        if let Place::Here(injector) = self.place {
            // Dropping it waits until the display has let go.
            let _ = spawn_blocking(move || drop(injector)).await;
        }
        self.controls.holds(false);
    }

    /// The viewer's next event. Lets go of everything if the viewer falls silent before it, or
    /// loses control.
    async fn next_event(
        &mut self,
        connection: &Connection,
        source: &mut InputSource,
    ) -> Result<Option<InputEvent>, InputError> {
        let mut next = pin!(source.next());
        if self.is_holding() {
            tokio::select! {
                biased;
                event = &mut next => return Ok(event?),
                () = silence(|| connection.heard()) => debug!("a silent viewer's keys are let go"),
                () = self.controls.lost() => debug!("the keys of a viewer without control are let go"),
            }
            let released = self.play(InputEvent::ReleaseAll).await;
            self.tolerate(released)?;
        }
        Ok(next.await?)
    }

    /// Plays the event if the viewer is in control; what comes after it waits with it.
    async fn play(&mut self, event: InputEvent) -> Result<(), CaptureError> {
        loop {
            let until = match self.controls.judge(event) {
                Verdict::Play => match self.perform(event).await {
                    // Who waits for a key may have lost control when it is there.
                    Err(CaptureError::KeysInUse { until }) => until,
                    played => {
                        self.controls.holds(self.is_holding());
                        return played;
                    }
                },
                Verdict::LetGo => return self.give_up().await,
                Verdict::Wait(until) => until,
            };
            sleep_until(until.into()).await;
        }
    }

    /// Lets go of everything for somebody else who is in control now. The display reads their
    /// connection when it likes: only an answer tells that it has seen what was let go on this one.
    async fn give_up(&mut self) -> Result<(), CaptureError> {
        if self.is_holding() {
            self.perform(InputEvent::ReleaseAll).await?;
            self.elsewhere(|injector| injector.wait_until_done())
                .await?;
        }
        self.controls.holds(self.is_holding());
        Ok(())
    }

    /// Whether a key or a button is held down.
    fn is_holding(&self) -> bool {
        matches!(&self.place, Place::Here(injector) if injector.is_holding())
    }

    async fn perform(&mut self, event: InputEvent) -> Result<(), CaptureError> {
        if let Place::Here(injector) = &mut self.place {
            if injector.try_inject(event)? {
                return Ok(());
            }
        }
        self.elsewhere(move |injector| injector.inject(event)).await
    }

    /// Has a thread do what may wait for the display.
    async fn elsewhere(
        &mut self,
        work: impl FnOnce(&mut Injector) -> Result<(), CaptureError> + Send + 'static,
    ) -> Result<(), CaptureError> {
        if let Place::Here(mut injector) = std::mem::replace(&mut self.place, Place::Nowhere) {
            self.place = Place::Away(spawn_blocking(move || {
                let done = work(&mut injector);
                Ok((injector, done))
            }));
        }
        self.returned().await
    }

    /// Waits until the injector is here; what became of what it did meanwhile. May be cancelled.
    async fn returned(&mut self) -> Result<(), CaptureError> {
        let Place::Away(away) = &mut self.place else {
            return Ok(());
        };
        let returned = away.await;
        self.place = Place::Nowhere;
        let (injector, played) = returned.unwrap_or_else(|_| {
            // A thread that panicked has told its story.
            let reason = "its connection is in disorder".to_owned();
            Err(CaptureError::Lost { reason })
        })?;
        self.place = Place::Here(injector);
        played
    }

    /// Goes on without what was refused. The viewer can have that happen as often as it likes, so
    /// only the first time is worth a warning.
    fn tolerate(&mut self, played: Result<(), CaptureError>) -> Result<(), InputError> {
        match played {
            Ok(()) => Ok(()),
            Err(error @ CaptureError::Lost { .. }) => Err(error.into()),
            Err(error) => {
                self.failures += 1;
                if self.failures == 1 {
                    warn!(%error, "cannot inject input; more of this is not told");
                } else {
                    debug!(%error, failures = self.failures, "cannot inject input");
                }
                Ok(())
            }
        }
    }
}

/// Waits until `heard`, a count of what arrived, has stood still for [`SILENCE`].
async fn silence(heard: impl Fn() -> u64) {
    let mut before = heard();
    loop {
        sleep(SILENCE).await;
        let now = heard();
        if now == before {
            return;
        }
        before = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use tokio::time::{Instant, timeout};

    #[tokio::test(start_paused = true)]
    async fn signs_of_life_put_silence_off() {
        let heard = Cell::new(0);
        let begun = Instant::now();
        let mut silence = pin!(silence(|| heard.get()));
        for _ in 0..10 {
            assert!(timeout(SILENCE / 2, &mut silence).await.is_err());
            heard.set(heard.get() + 1);
        }
        silence.await;
        assert!(begun.elapsed() > SILENCE * 5);
        assert!(begun.elapsed() <= SILENCE * 7);
    }
}
