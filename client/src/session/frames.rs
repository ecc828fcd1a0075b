//! Frames of one connection, on their way to the decoder.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Instant;

use hackstream_protocol::limits::MAX_HELD_BYTES;
use hackstream_transport::{Connection, FrameReader, IncomingStream};
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::task::JoinSet;

use super::datagrams::Datagrams;
use super::ending::LinkEnd;
use crate::picture::{Arrival, Work};
use crate::sound::Speaker;

/// Memory counted for a frame besides its payload.
const FRAME_OVERHEAD: usize = 256;

/// What a frame takes of the memory for frames on their way to the decoder.
pub(super) fn frame_room(payload: &[u8]) -> u32 {
    (payload.len() + FRAME_OVERHEAD).min(MAX_HELD_BYTES) as u32
}

/// Receives frames and gives them to the decoder.
pub(super) struct Frames {
    pub(super) connection: Connection,
    /// Number of the connection.
    pub(super) number: u64,
    /// Bytes of frames that may wait for the decoder.
    pub(super) room: Arc<Semaphore>,
    pub(super) work: Sender<Work>,
    pub(super) end: mpsc::UnboundedSender<LinkEnd>,
    /// Signalled when a frame begins to arrive.
    pub(super) alive: Arc<Notify>,
}

impl Frames {
    /// What receives the datagrams of the same connection.
    pub(super) fn datagrams(&self, speaker: Speaker) -> Datagrams {
        Datagrams {
            connection: self.connection.clone(),
            speaker,
            number: self.number,
            room: Arc::clone(&self.room),
            work: self.work.clone(),
            alive: Arc::clone(&self.alive),
        }
    }

    pub(super) async fn receive(self) {
        let mut reading = JoinSet::new();
        let end = loop {
            // Frames that were read leave no trace; only their tasks have to be collected.
            while reading.try_join_next().is_some() {}
            match self.connection.accept_stream().await {
                Ok(IncomingStream::Frame(reader)) => {
                    self.alive.notify_one();
                    reading.spawn(self.read(reader));
                }
                Ok(_) => break LinkEnd::Broken("a viewer's stream came from the server".into()),
                Err(_) => break LinkEnd::Closed(self.connection.closed().await),
            }
        };
        let _ = self.end.send(end);
    }

    /// Reads one frame; each in a task of its own, so that a lost packet holds up one frame only.
    fn read(&self, reader: FrameReader) -> impl Future<Output = ()> + Send + use<> {
        let (number, room) = (self.number, Arc::clone(&self.room));
        let (work, end) = (self.work.clone(), self.end.clone());
        async move {
            let (header, payload) = match reader.read().await {
                Ok(frame) => frame,
                Err(error) => {
                    let _ = end.send(LinkEnd::of_frame(error));
                    return;
                }
            };
            let at = Instant::now();
            let Ok(room) = room.acquire_many_owned(frame_room(&payload)).await else {
                return;
            };
            let _ = work.send(Work::Frame(Arrival {
                link: number,
                header,
                payload,
                at,
                room,
            }));
        }
    }
}
