//! What a viewer shows that a control plane sent.

use hackstream_protocol::wire::control::Credential;
use hackstream_ticket::{EXPORTER_BYTES, EXPORTER_LABEL, Proof, exporter_context};
use hackstream_transport::{Connection, TransportError};

use crate::config::Ticket;

/// What goes into the greeting on this connection. A viewer that was let in before shows the ticket of
/// its visit, and proves the same key again; the connect ticket admits once.
///
/// # Errors
/// [`TransportError::Crypto`] if the connection exports no secret.
pub(super) fn credential(
    connection: &Connection,
    sent_with: Option<&Ticket>,
    visit: &[u8],
) -> Result<Credential, TransportError> {
    let Some(Ticket { text, key }) = sent_with else {
        return Ok(Credential::default());
    };
    let connect = text.as_bytes();
    let shown = if visit.is_empty() { connect } else { visit };
    let context = exporter_context(shown);
    let exported = connection.exported::<EXPORTER_BYTES>(EXPORTER_LABEL, &context)?;
    Ok(Credential {
        ticket: if visit.is_empty() {
            connect.to_vec()
        } else {
            Vec::new()
        },
        proof: Proof::new(key, &exported).to_bytes().to_vec(),
    })
}
