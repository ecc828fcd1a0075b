//! What a viewer shows that a control plane sent.

use super::values::read_secret;
use crate::limits::{MAX_CONNECT_TICKET_BYTES, MAX_PROOF_BYTES};
use crate::wire::WireError;
use crate::wire::fields::{Field, FieldWriter};

/// The tags in a greeting.
const TICKET: u64 = 22;
const PROOF: u64 = 23;

/// What a viewer shows that a control plane sent: a ticket for one session, and the proof that it is
/// the one whom the ticket is for. What is in them is none of this crate's business.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Credential {
    /// The connect ticket: at most [`MAX_CONNECT_TICKET_BYTES`]. Empty if the viewer has none, or was
    /// let in with it already.
    pub ticket: Vec<u8>,
    /// That the viewer holds its key on this connection: at most [`MAX_PROOF_BYTES`]. Stands beside
    /// the connect ticket, and beside the ticket of an earlier welcome. Empty if it has no key.
    pub proof: Vec<u8>,
}

impl core::fmt::Debug for Credential {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Credential(secret)")
    }
}

impl Credential {
    /// Adds to a greeting what there is.
    pub(super) fn write(&self, greeting: &mut FieldWriter<'_>) {
        for (tag, bytes) in [(TICKET, &self.ticket), (PROOF, &self.proof)] {
            if !bytes.is_empty() {
                greeting.bytes(tag, bytes);
            }
        }
    }

    /// Takes what a field of a greeting says, if it is one of these.
    pub(super) fn read(&mut self, field: &Field<'_>) -> Result<(), WireError> {
        match field.tag {
            TICKET => self.ticket = read_secret(field, "connect ticket", MAX_CONNECT_TICKET_BYTES)?,
            PROOF => self.proof = read_secret(field, "proof", MAX_PROOF_BYTES)?,
            _ => {}
        }
        Ok(())
    }
}
