//! What of frames is sent for the second time, in datagrams, where packets get lost.

use bytes::Bytes;
use hackstream_protocol::ids::StreamIndex;
use hackstream_protocol::repeat::{RepeatPolicy, frame_parities};
use hackstream_protocol::units::Timestamp;
use hackstream_protocol::wire::StreamKind;
use hackstream_transport::{Connection, PathReport};
use tokio::runtime::Handle;
use tokio::time::sleep;

/// Decides on repeats of one viewer's frames, and has them sent.
pub(super) struct Repeater {
    connection: Connection,
    runtime: Handle,
    policy: RepeatPolicy,
}

impl Repeater {
    /// For a connection that begins at `now` and is driven by `runtime`.
    pub(super) fn new(connection: Connection, runtime: Handle, now: Timestamp) -> Self {
        Self {
            connection,
            runtime,
            policy: RepeatPolicy::new(now),
        }
    }

    /// Repeats `frame`, header and payload, or a parity of it, if that is worth it. It is sent for the
    /// first time now, on `stream`.
    pub(super) fn sent(
        &mut self,
        frame: Bytes,
        stream: StreamIndex,
        path: &PathReport,
        now: Timestamp,
    ) {
        let Some(after) = self
            .policy
            .repeat_frame_after(frame.len(), &path.into(), now)
        else {
            return;
        };
        let connection = self.connection.clone();
        self.runtime.spawn(async move {
            sleep(after).await;
            let mut whole = vec![StreamKind::Frame as u8];
            whole.extend_from_slice(&frame);
            let largest = connection.largest_datagram().unwrap_or(0);
            for parity in frame_parities(stream, &whole, largest) {
                let mut datagram = Vec::with_capacity(largest);
                parity.write(&mut datagram);
                // Whoever sends the next frame hears of the connection's end.
                if connection.send_patient_datagram(datagram).await.is_err() {
                    return;
                }
            }
        });
    }
}
