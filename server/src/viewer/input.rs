//! A viewer's input.

use std::sync::atomic::{AtomicU64, Ordering};

use hackstream_capture::Injector;
use hackstream_transport::{RecordReader, TransportError};
use tracing::warn;

/// Plays what the viewer does until it ends the stream, and counts the events in `injected`.
///
/// # Errors
/// [`TransportError`] if the connection or the stream breaks.
pub(super) async fn inject_all(
    mut reader: RecordReader,
    mut injector: Injector,
    injected: &AtomicU64,
) -> Result<(), TransportError> {
    // However this ends, dropping the injector lets go of every key.
    while let Some(event) = reader.input().await? {
        if let Err(error) = injector.inject(event) {
            warn!(%error, "cannot inject input");
        }
        injected.fetch_add(1, Ordering::Release);
    }
    Ok(())
}
