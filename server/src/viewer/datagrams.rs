//! What a viewer sends in datagrams: what its person says, and input for the second time.

use hackstream_protocol::wire::datagram::{DatagramKind, RepeatedInput};
use hackstream_transport::{Connection, TransportError};
use tokio::sync::mpsc;
use tokio::task::consume_budget;

use super::speech::Speech;

/// Repeated input that waits to be looked at. More is dropped: its stream brings all of it.
pub(super) const WAITING_REPEATS: usize = 8;

/// Sorts the viewer's datagrams until the connection ends.
///
/// # Errors
/// [`TransportError`] if the connection ends or brings a datagram that is malformed.
pub(super) async fn sort_datagrams(
    connection: &Connection,
    repeats: mpsc::Sender<RepeatedInput>,
    speech: &Speech<'_>,
) -> Result<(), TransportError> {
    loop {
        let datagram = connection.receive_datagram().await?;
        match DatagramKind::of(&datagram) {
            Some(DatagramKind::Input) => {
                if let Some(repeated) = RepeatedInput::read(&datagram)? {
                    let _ = repeats.try_send(repeated);
                }
            }
            Some(DatagramKind::Microphone) => speech.take(&datagram)?,
            Some(DatagramKind::Sound | DatagramKind::Frame) | None => {}
        }
        // A flood, which may all be here already, must not hold up other viewers.
        consume_budget().await;
    }
}
