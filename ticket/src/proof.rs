//! The proof that whoever shows a ticket holds the key that it is for, on this connection.

use ring::digest::{SHA256, digest};

use crate::keys::{KEY_BYTES, SIGNATURE_BYTES};
use crate::{ClientKey, ClientPublicKey, TicketError};

/// The label under which both ends export the secret that a proof signs (RFC 8446, section 7.5).
pub const EXPORTER_LABEL: &[u8] = b"EXPORTER-hackstream-connect";

/// Bytes that both ends export.
pub const EXPORTER_BYTES: usize = 32;

/// What the signature is of, before the exported secret.
const SIGNED_FOR: &[u8] = b"hackstream connect proof 1\0";

/// The context of the export: what is shown, a ticket or the secret of an earlier visit. So a proof is
/// good for one connection and for one of these.
#[must_use]
pub fn exporter_context(shown: &[u8]) -> [u8; 32] {
    let mut context = [0; 32];
    context.copy_from_slice(digest(&SHA256, shown).as_ref());
    context
}

/// A viewer's public key and its signature over the exported secret: 96 bytes on the wire.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    key: ClientPublicKey,
    signature: [u8; SIGNATURE_BYTES],
}

impl Proof {
    /// Bytes of a proof.
    pub const BYTES: usize = KEY_BYTES + SIGNATURE_BYTES;

    /// The proof that `key` is held on the connection of which this secret was exported.
    #[must_use]
    pub fn new(key: &ClientKey, exported: &[u8; EXPORTER_BYTES]) -> Self {
        Self {
            key: key.public(),
            signature: key.sign(&signed(exported)),
        }
    }

    /// As it travels.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..KEY_BYTES].copy_from_slice(&self.key.0);
        bytes[KEY_BYTES..].copy_from_slice(&self.signature);
        bytes
    }

    /// The key that `bytes`, a peer's, prove to be held on the connection of which this secret was
    /// exported.
    ///
    /// # Errors
    /// [`TicketError::BadProof`] if they do not.
    pub fn verified(
        bytes: &[u8],
        exported: &[u8; EXPORTER_BYTES],
    ) -> Result<ClientPublicKey, TicketError> {
        let bytes: &[u8; Self::BYTES] = bytes.try_into().map_err(|_| TicketError::BadProof)?;
        let (key, signature) = bytes.split_at(KEY_BYTES);
        let key = ClientPublicKey(key.try_into().map_err(|_| TicketError::BadProof)?);
        if key.verifies(&signed(exported), signature) {
            Ok(key)
        } else {
            Err(TicketError::BadProof)
        }
    }
}

impl core::fmt::Debug for Proof {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Proof")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

fn signed(exported: &[u8; EXPORTER_BYTES]) -> Vec<u8> {
    [SIGNED_FOR, exported].concat()
}
