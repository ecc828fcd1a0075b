//! Large frames on a thin path: handed to QUIC in slices, so that the echo of a key overtakes them
//! here and does not stand behind them in front of the link. [`Pace`] says when the next slice goes.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hackstream_protocol::rate::{Pace, Slice};
use hackstream_protocol::units::{ByteCount, Timestamp};
use quinn::{SendStream, WriteError};
use tokio::sync::mpsc;
use tokio::time::sleep;

use crate::path::PathState;

/// A frame and the stream that it leaves on.
type Large = (SendStream, Bytes);

/// The large frames of one connection, one after the other.
#[derive(Default)]
pub(crate) struct Lane {
    /// To the task that hands them over; it begins with the first and ends with the connection.
    frames: Mutex<Option<mpsc::UnboundedSender<Large>>>,
}

impl Lane {
    /// Takes a frame over. False if the connection has ended.
    ///
    /// Nothing bounds the lane: what waits in it counts as not yet sent, and who sends keeps to that.
    pub(crate) fn take(&self, stream: SendStream, frame: Bytes, path: &Arc<PathState>) -> bool {
        let mut frames = self.frames.lock().unwrap_or_else(PoisonError::into_inner);
        let frames = frames.get_or_insert_with(|| {
            let (sender, receiver) = mpsc::unbounded_channel();
            tokio::spawn(hand_over(receiver, Arc::clone(path)));
            sender
        });
        frames.send((stream, frame)).is_ok()
    }
}

/// Hands over what comes, until the connection has ended. The peer may stop a stream of which it has
/// all it needs; the rest of that frame is of no use then.
async fn hand_over(mut frames: mpsc::UnboundedReceiver<Large>, path: Arc<PathState>) {
    let mut spaced = Spaced {
        pace: Pace::default(),
        epoch: Instant::now(),
        path,
    };
    while let Some((mut stream, frame)) = frames.recv().await {
        match spaced.write(&mut stream, frame).await {
            Err(WriteError::ConnectionLost(_)) => return,
            // Fails for a stream that was stopped.
            Ok(()) | Err(_) => drop(stream.finish()),
        }
    }
}

struct Spaced {
    pace: Pace,
    epoch: Instant,
    path: Arc<PathState>,
}

impl Spaced {
    async fn write(&mut self, stream: &mut SendStream, mut rest: Bytes) -> Result<(), WriteError> {
        while !rest.is_empty() {
            let now = Timestamp::at(self.epoch.elapsed());
            let bytes = ByteCount(rest.len() as u64);
            match self.pace.next(now, bytes, self.path.capacity()) {
                Slice::Now(slice) => {
                    let slice = usize::try_from(slice.0).unwrap_or(usize::MAX);
                    let slice = rest.split_to(slice.min(rest.len()));
                    stream.write_chunk(slice).await?;
                }
                // The timer's own grain is a millisecond.
                Slice::At(at) => sleep(at.since(now).max(Duration::from_millis(1))).await,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use hackstream_protocol::ids::{FrameId, InputSeq};
    use hackstream_protocol::units::Bitrate;
    use hackstream_protocol::wire::frame::FrameHeader;

    use super::*;
    use crate::path::PathNumbers;
    use crate::turns::Turns;
    use crate::{Connection, Connector, Identity, IncomingStream, Listener, frames};

    fn frame(id: u64, payload: usize) -> Bytes {
        let header = FrameHeader {
            id: FrameId(id),
            after: FrameId(0),
            update_complete: true,
            input: InputSeq(0),
            captured: Timestamp(0),
            waited: Duration::ZERO,
            encoding: Duration::ZERO,
        };
        let mut bytes = Vec::new();
        header.write(&mut bytes);
        bytes.resize(bytes.len() + payload, 7);
        bytes.into()
    }

    fn thin_path() -> Arc<PathState> {
        let path = PathState::default();
        path.publish(&PathNumbers {
            window: ByteCount::kib(64),
            in_flight: ByteCount(0),
            delivery_rate: Bitrate::mbps(3),
            capacity: Some(Bitrate::mbps(3)),
            base_rtt: None,
        });
        Arc::new(path)
    }

    async fn pair() -> (Listener, Connection, Connection) {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = Listener::bind(any, &Identity::generate().unwrap()).unwrap();
        let connector = Connector::new().unwrap();
        let address = listener.local_addr().unwrap();
        let (server, viewer) = tokio::join!(
            async { listener.accept().await.unwrap().handshake().await },
            connector.connect(address, "localhost"),
        );
        (listener, server.unwrap().0, viewer.unwrap())
    }

    /// The id and the length of each of `count` frames, in the order in which they are whole.
    async fn arrivals(viewer: &Connection, count: usize) -> Vec<(u64, usize)> {
        let mut reading = tokio::task::JoinSet::new();
        for _ in 0..count {
            let Ok(IncomingStream::Frame(reader)) = viewer.accept_stream().await else {
                panic!("a frame was to come");
            };
            reading.spawn(reader.read());
        }
        let mut arrived = Vec::new();
        while let Some(read) = reading.join_next().await {
            let (header, payload) = read.unwrap().unwrap();
            arrived.push((header.id.0, payload.len()));
        }
        arrived
    }

    #[tokio::test]
    async fn the_echo_of_a_key_overtakes_what_is_large() {
        let (_listener, server, viewer) = pair().await;
        let (lane, turns, path) = (Lane::default(), Turns::default(), thin_path());
        for (id, payload, priority) in [(1, 60_000, 0), (2, 30_000, 0), (3, 400, 1)] {
            let sent = frames::send(
                server.quic(),
                (&lane, &turns, &path),
                frame(id, payload),
                priority,
            );
            sent.await.unwrap();
        }
        let arriving = arrivals(&viewer, 3);
        let arrived = tokio::time::timeout(Duration::from_secs(30), arriving).await;
        assert_eq!(arrived.unwrap(), [(3, 400), (1, 60_000), (2, 30_000)]);
    }

    #[tokio::test]
    async fn a_lane_ends_with_its_connection() {
        let (_listener, server, _viewer) = pair().await;
        let (lane, turns, path) = (Lane::default(), Turns::default(), thin_path());
        server.close(
            hackstream_protocol::wire::control::RefusalReason::SessionEnded,
            "",
        );
        let send = frames::send(server.quic(), (&lane, &turns, &path), frame(1, 60_000), 0);
        assert!(send.await.is_err());
    }
}
