//! What a viewer is told now and then: bells, files.

use hackstream_protocol::wire::control::ServerMessage;
use hackstream_transport::{ControlWriter, TransportError};
use tokio::sync::{Mutex, mpsc};

/// Words that wait for the control stream; who has more to say waits.
pub(super) const WAITING_WORDS: usize = 16;

/// Tells the viewer all `words`.
///
/// # Errors
/// [`TransportError`] if the connection or the stream breaks.
pub(super) async fn tell_words(
    control: &Mutex<ControlWriter<ServerMessage>>,
    mut words: mpsc::Receiver<ServerMessage>,
) -> Result<(), TransportError> {
    while let Some(word) = words.recv().await {
        control.lock().await.send(&word).await?;
    }
    // Nobody is left who could say anything.
    std::future::pending().await
}
