//! Datagrams: what is of no use when it is late, and what is sent for the second time.

use bytes::Bytes;
use hackstream_protocol::wire::frame::FrameHeader;
use hackstream_protocol::wire::parity::FrameParity;
use quinn::SendDatagramError;

use crate::{Connection, TransportError, frames};

impl Connection {
    /// Sends a datagram ahead of all that waits, as soon as the congestion window allows; if too many
    /// wait, the oldest is dropped. False if the peer takes none, or none of this size.
    ///
    /// # Errors
    /// [`TransportError::Closed`].
    pub fn send_datagram(&self, datagram: Bytes) -> Result<bool, TransportError> {
        sent(self.quic().send_datagram(datagram))
    }

    /// Sends a datagram that the peer can do without, unless others wait; false if it was not sent.
    ///
    /// # Errors
    /// [`TransportError::Closed`].
    pub fn send_spare_datagram(&self, datagram: Vec<u8>) -> Result<bool, TransportError> {
        let has_room = self.quic().datagram_send_buffer_space() >= datagram.len();
        Ok(has_room && self.send_datagram(datagram.into())?)
    }

    /// Sends a datagram once no others have to be dropped for it. False as for
    /// [`send_datagram`](Self::send_datagram).
    ///
    /// # Errors
    /// [`TransportError::Closed`].
    pub async fn send_patient_datagram(&self, datagram: Vec<u8>) -> Result<bool, TransportError> {
        sent(self.quic().send_datagram_wait(datagram.into()).await)
    }

    /// Bytes of the largest datagram that the peer takes and the path carries; `None` if the peer
    /// takes none.
    #[must_use]
    pub fn largest_datagram(&self) -> Option<usize> {
        self.quic().max_datagram_size()
    }

    /// Takes what the server sent for the second time of a frame. Returns the frame if that is all
    /// of it; otherwise its [reader](crate::FrameReader) takes what it needs.
    ///
    /// # Errors
    /// [`TransportError::Wire`] if it is a whole frame that is malformed.
    pub fn sent_twice(
        &self,
        parity: FrameParity,
    ) -> Result<Option<(FrameHeader, Vec<u8>)>, TransportError> {
        match parity.whole() {
            Some(_) => frames::parse(parity.bytes).map(Some),
            None => {
                self.parities.take(parity);
                Ok(None)
            }
        }
    }

    /// The next datagram of the peer. May be cancelled.
    ///
    /// # Errors
    /// [`TransportError::Closed`].
    pub async fn receive_datagram(&self) -> Result<Bytes, TransportError> {
        Ok(self.quic().read_datagram().await?)
    }
}

fn sent(result: Result<(), SendDatagramError>) -> Result<bool, TransportError> {
    match result {
        Ok(()) => Ok(true),
        Err(SendDatagramError::ConnectionLost(error)) => Err(error.into()),
        Err(_) => Ok(false),
    }
}
