//! A viewer's part in the session's microphone: what it offers, is asked for, and says.

use std::future::pending;

use hackstream_protocol::ids::ViewerId;
use hackstream_protocol::wire::control::{MicrophoneDemand, MicrophoneOffer, ServerMessage};
use hackstream_protocol::wire::microphone::MicrophonePacket;
use hackstream_transport::{ControlWriter, TransportError};
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
            microphone,
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

    /// Asks the viewer to speak whenever programs listen.
    ///
    /// # Errors
    /// [`TransportError`] if the connection breaks.
    pub(super) async fn ask(
        &self,
        control: &Mutex<ControlWriter<ServerMessage>>,
    ) -> Result<(), TransportError> {
        let Some(microphone) = self.microphone else {
            return pending().await;
        };
        let mut demand = microphone.demand();
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
}

impl Drop for Speech<'_> {
    fn drop(&mut self) {
        if let Some(microphone) = self.microphone {
            microphone.leave(self.id);
        }
    }
}
