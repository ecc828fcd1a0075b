//! By what a viewer comes in: a token, or what a control plane sent it with.

use std::time::{SystemTime, UNIX_EPOCH};

use hackstream_protocol::wire::control::{Hello, RefusalReason};
use hackstream_ticket::{
    EXPORTER_LABEL, Failure, Gate, KeyHash, Proof, TicketError, UnixSeconds, exporter_context,
};
use hackstream_transport::Connection;
use tracing::{info, warn};

use super::rights::Rights;
use super::tickets::Bond;
use crate::token::Access;

/// Why a viewer may not come in, for the peer and for a person.
pub(super) type Refusal = (RefusalReason, &'static str);

/// What a viewer that is here for the first time may do, and whose the ticket is with which it comes
/// back.
///
/// # Errors
/// [`Refusal`] if it may not come in.
pub(super) fn enter(
    access: &Access,
    connection: &Connection,
    hello: &Hello,
) -> Result<(Rights, Bond), Refusal> {
    if let Access::Tickets(gate) = access {
        if hello.credential.ticket.is_empty() && !hello.ticket.is_empty() {
            let text = "the viewer was away for too long, or is another one";
            return Err((RefusalReason::BadTicket, text));
        }
        return by_ticket(gate, connection, hello).map_err(|error| {
            let failure = error.failure();
            let remote = connection.remote();
            warn!(%remote, failure = failure.as_str(), %error, "a connect ticket does not hold");
            refusal(failure)
        });
    }
    let role = access.admits(&hello.token);
    let role = role.ok_or((RefusalReason::WrongToken, "the token is wrong or missing"))?;
    Ok((Rights::of(role), Bond::Bearer))
}

fn by_ticket(
    gate: &Gate,
    connection: &Connection,
    hello: &Hello,
) -> Result<(Rights, Bond), TicketError> {
    let credential = &hello.credential;
    let text = std::str::from_utf8(&credential.ticket).map_err(|_| TicketError::Malformed)?;
    let exported = exported(connection, &credential.ticket).ok_or(TicketError::BadProof)?;
    let (ticket, key) = gate.admit(text, &credential.proof, &exported, now())?;
    info!(remote = %connection.remote(), ticket = %ticket.id, "a connect ticket is used");
    Ok((Rights::by(ticket.policy), Bond::Key(key.hash())))
}

/// The key that a viewer which comes back proves to hold; `None` if it proves nothing.
pub(super) fn proven_key(connection: &Connection, hello: &Hello) -> Option<KeyHash> {
    if hello.ticket.is_empty() || hello.credential.proof.is_empty() {
        return None;
    }
    let exported = exported(connection, &hello.ticket)?;
    let key = Proof::verified(&hello.credential.proof, &exported).ok()?;
    Some(key.hash())
}

fn exported(connection: &Connection, shown: &[u8]) -> Option<[u8; 32]> {
    connection
        .exported(EXPORTER_LABEL, &exporter_context(shown))
        .ok()
}

/// A clock that stands before 1970 admits nobody.
fn now() -> UnixSeconds {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    UnixSeconds(since.map_or(0, |since| since.as_secs()))
}

/// Says no more than who is refused may know: which key or session it is, stays in our log.
const fn refusal(failure: Failure) -> Refusal {
    let text = match failure {
        Failure::Forged => "this session takes connect tickets of its control plane only",
        Failure::Expired => "the connect ticket is too old, or the clocks differ",
        Failure::Replayed => "the connect ticket was used before",
        Failure::BadBinding => "the connect ticket is for another session or another viewer",
        Failure::Crowded => "too many viewers came within a minute; try again soon",
    };
    (RefusalReason::BadTicket, text)
}
