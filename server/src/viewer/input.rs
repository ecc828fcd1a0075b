//! A viewer's input, and what becomes of it when the viewer falls silent.

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hackstream_capture::{CaptureError, Injector};
use hackstream_protocol::wire::input::InputEvent;
use hackstream_transport::{Connection, RecordReader, TransportError};
use tokio::task::consume_budget;
use tokio::time::{sleep, sleep_until};
use tracing::{debug, warn};

use super::input_source::InputSource;

/// Silence after which a viewer's keys are let go, rather than repeated by the display until the
/// connection times out. A viewer that is there says so every two seconds; twice that leaves time
/// to repair a loss. Counted from one look to the next, so keys stay down for up to twice as long.
const SILENCE: Duration = Duration::from_secs(4);

/// Plays what the viewer does until it ends the stream, and counts the events in `injected`.
///
/// # Errors
/// [`TransportError`] if the connection or the stream breaks.
pub(super) async fn inject_all(
    connection: &Connection,
    stream: RecordReader,
    mut injector: Injector,
    injected: &AtomicU64,
) -> Result<(), TransportError> {
    let mut source = InputSource::new(connection, stream);
    // However this ends, dropping the injector lets go of every key.
    while let Some(event) = next_event(connection, &mut source, &mut injector).await? {
        // First: the program may answer before this thread goes on, and the frame with the answer
        // must not claim to be older than the event.
        injected.fetch_add(1, Ordering::Release);
        tell_failure(play(&mut injector, event).await);
        // A flood of input, which may all be here already, must not hold up other viewers.
        consume_budget().await;
    }
    Ok(())
}

/// Plays the event; what comes after it waits with it.
async fn play(injector: &mut Injector, event: InputEvent) -> Result<(), CaptureError> {
    loop {
        match injector.inject(event) {
            Err(CaptureError::KeysInUse { until }) => sleep_until(until.into()).await,
            played => return played,
        }
    }
}

/// The viewer's next event. Lets go of everything if the viewer falls silent before it.
async fn next_event(
    connection: &Connection,
    source: &mut InputSource<'_>,
    injector: &mut Injector,
) -> Result<Option<InputEvent>, TransportError> {
    let mut next = pin!(source.next());
    if injector.is_holding() {
        tokio::select! {
            biased;
            event = &mut next => return event,
            () = silence(|| connection.heard()) => {
                debug!("a silent viewer's keys are let go");
                tell_failure(injector.release_all());
            }
        }
    }
    next.await
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

fn tell_failure(injected: Result<(), CaptureError>) {
    if let Err(error) = injected {
        warn!(%error, "cannot inject input");
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
