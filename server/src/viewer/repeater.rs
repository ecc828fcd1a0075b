//! Small frames that are sent for the second time, in datagrams, where packets get lost.

use bytes::Bytes;
use hackstream_protocol::limits::MAX_REPEATED_FRAME_BYTES;
use hackstream_protocol::repeat::RepeatPolicy;
use hackstream_protocol::units::Timestamp;
use hackstream_protocol::wire::datagram::RepeatedFrame;
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

    /// Repeats `frame`, header and payload, if that is worth it. It is sent for the first time now.
    pub(super) fn sent(&mut self, frame: &Bytes, path: &PathReport, now: Timestamp) {
        if frame.len() > MAX_REPEATED_FRAME_BYTES {
            return;
        }
        let Some(after) = self.policy.repeat_after(frame.len(), &path.into(), now) else {
            return;
        };
        let (connection, frame) = (self.connection.clone(), frame.clone());
        self.runtime.spawn(async move {
            sleep(after).await;
            let mut datagram = Vec::with_capacity(frame.len() + 1);
            RepeatedFrame::write_whole(&frame, &mut datagram);
            // A connection that has ended is told to whoever sends the next frame.
            let _ = connection.send_spare_datagram(datagram);
        });
    }
}
