//! What comes in datagrams: the session's sound, and small frames for the second time.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Instant;

use hackstream_protocol::wire::datagram::DatagramKind;
use hackstream_protocol::wire::parity::FrameParity;
use hackstream_protocol::wire::sound::SoundPacket;
use hackstream_transport::{Connection, TransportError};
use tokio::sync::{Notify, Semaphore, mpsc};

use super::ending::LinkEnd;
use super::frames::frame_room;
use crate::picture::{Arrival, Work};
use crate::sound::Speaker;

/// Where datagrams of one connection go.
pub(super) struct Datagrams {
    pub(super) connection: Connection,
    pub(super) speaker: Speaker,
    /// Number of the connection.
    pub(super) number: u64,
    /// Bytes of frames that may wait for the decoder.
    pub(super) room: Arc<Semaphore>,
    pub(super) work: Sender<Work>,
    /// Signalled when a frame arrives.
    pub(super) alive: Arc<Notify>,
}

impl Datagrams {
    /// Takes datagrams until the connection ends or brings one that is malformed.
    pub(super) async fn receive(self, end: mpsc::UnboundedSender<LinkEnd>) {
        self.speaker.connected();
        while let Ok(datagram) = self.connection.receive_datagram().await {
            let taken = match DatagramKind::of(&datagram) {
                Some(DatagramKind::Sound) => self.sound(&datagram),
                Some(DatagramKind::Frame) => self.frame(&datagram),
                Some(DatagramKind::Input | DatagramKind::Microphone) | None => Ok(()),
            };
            if let Err(error) = taken {
                let _ = end.send(LinkEnd::Broken(format!("datagram: {error}")));
                return;
            }
        }
    }

    fn sound(&self, datagram: &[u8]) -> Result<(), TransportError> {
        if let Some(packet) = SoundPacket::read(datagram)? {
            self.speaker.take(&packet);
        }
        Ok(())
    }

    /// Gives a frame that came whole to the decoder, which drops it if it came on its stream before.
    fn frame(&self, datagram: &[u8]) -> Result<(), TransportError> {
        let Some(parity) = FrameParity::read(datagram)? else {
            return Ok(());
        };
        self.alive.notify_one();
        let Some((header, payload)) = self.connection.sent_twice(parity)? else {
            return Ok(());
        };
        let room = Arc::clone(&self.room);
        // Without room for it the decoder is behind, and its stream will bring it in time.
        let Ok(room) = room.try_acquire_many_owned(frame_room(&payload)) else {
            return Ok(());
        };
        // The decoder lives as long as the network thread.
        let _ = self.work.send(Work::Frame(Arrival {
            link: self.number,
            header,
            payload,
            at: Instant::now(),
            room,
        }));
        Ok(())
    }
}
