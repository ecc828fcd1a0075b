//! A viewer is told who is there, and what it can do.

use hackstream_protocol::wire::control::{SeatReport, ServerMessage};
use hackstream_transport::{ControlWriter, TransportError};
use tokio::sync::{Mutex, watch};

/// Tells the viewer at once and whenever it changes. What changed several times meanwhile is told
/// once.
///
/// # Errors
/// [`TransportError`] if the connection or the stream breaks.
pub(in crate::viewer) async fn tell_seats(
    control: &Mutex<ControlWriter<ServerMessage>>,
    mut report: watch::Receiver<SeatReport>,
) -> Result<(), TransportError> {
    loop {
        let message = ServerMessage::Seats(*report.borrow_and_update());
        control.lock().await.send(&message).await?;
        if report.changed().await.is_err() {
            // The visit ends for another reason.
            return std::future::pending().await;
        }
    }
}
