//! A viewer's part in the session's microphone: what it offers, is asked for, and says.

use std::future::pending;

use hackstream_protocol::ids::ViewerId;
use hackstream_protocol::wire::control::{MicrophoneDemand, MicrophoneOffer, ServerMessage};
use hackstream_protocol::wire::microphone::MicrophonePacket;
use hackstream_transport::{Connection, ControlWriter, TransportError};
use tokio::sync::{Mutex, watch};

use crate::sound::microphone::Microphone;

/// A viewer that may speak, if the session has a microphone. Dropping it ends what it says.
pub(super) struct Speech<'a> {
    microphone: Option<&'a Microphone>,
    id: ViewerId,
    offer: watch::Sender<MicrophoneOffer>,
}

impl<'a> Speech<'a> {
    pub(super) fn new(microphone: Option<&'a Microphone>, id: ViewerId) -> Self {
        let offer = watch::Sender::new(MicrophoneOffer::Withdrawn);
        Self {
            microphone: microphone.filter(|_| may_speak()),
            id,
            offer,
        }
    }

    /// The viewer would speak when asked, or not any more.
    pub(super) fn offered(&self, offer: MicrophoneOffer) {
        if let Some(microphone) = self.microphone {
            microphone.offer(self.id, offer);
            self.offer.send_replace(offer);
        }
    }

    /// Takes a datagram of the viewer's, if it is what a microphone heard.
    ///
    /// # Errors
    /// [`TransportError::Wire`] if it is malformed.
    pub(super) fn take(&self, datagram: &[u8]) -> Result<(), TransportError> {
        if let Some(microphone) = self.microphone {
            if let Some(packet) = MicrophonePacket::read(datagram)? {
                microphone.take(self.id, &packet);
            }
        }
        Ok(())
    }

    /// Asks the viewer to speak whenever programs listen, and takes what it says.
    ///
    /// # Errors
    /// [`TransportError`] if the connection breaks or the viewer breaks the protocol.
    pub(super) async fn run(
        &self,
        connection: &Connection,
        control: &Mutex<ControlWriter<ServerMessage>>,
    ) -> Result<(), TransportError> {
        let Some(microphone) = self.microphone else {
            return pending().await;
        };
        tokio::select! {
            result = self.ask(microphone.demand(), control) => result,
            result = self.listen(connection) => result,
        }
    }

    async fn ask(
        &self,
        mut demand: watch::Receiver<MicrophoneDemand>,
        control: &Mutex<ControlWriter<ServerMessage>>,
    ) -> Result<(), TransportError> {
        let mut offer = self.offer.subscribe();
        let mut told = MicrophoneDemand::Rest;
        loop {
            let wanted = *demand.borrow_and_update();
            let now = match *offer.borrow_and_update() {
                MicrophoneOffer::Ready => wanted,
                MicrophoneOffer::Withdrawn => MicrophoneDemand::Rest,
            };
            if now != told {
                told = now;
                let message = ServerMessage::Microphone(now);
                control.lock().await.send(&message).await?;
            }
            let changed = tokio::select! {
                changed = demand.changed() => changed,
                changed = offer.changed() => changed,
            };
            if changed.is_err() {
                // The session ends, and the visit with it.
                return pending().await;
            }
        }
    }

    async fn listen(&self, connection: &Connection) -> Result<(), TransportError> {
        loop {
            self.take(&connection.receive_datagram().await?)?;
            // A flood, which may all be here already, must not hold up other viewers.
            tokio::task::consume_budget().await;
        }
    }
}

impl Drop for Speech<'_> {
    fn drop(&mut self) {
        if let Some(microphone) = self.microphone {
            microphone.leave(self.id);
        }
    }
}

/// Whether a viewer may speak. Here is the place to ask for its role: who may only watch must not
/// be heard, as little as it may type.
const fn may_speak() -> bool {
    true
}
