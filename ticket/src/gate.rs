//! What a session does with a ticket that is shown to it.

use std::sync::{Mutex, PoisonError};

use crate::{
    Burned, ClientPublicKey, EXPORTER_BYTES, HubKeys, KeyHash, Lifetime, NodeId, Proof, SessionId,
    Ticket, TicketError, UnixSeconds,
};

/// How far ahead of ours the hub's clock may be, in seconds. Behind it may not be at all: that shortens
/// the life of tickets.
const LEEWAY: u64 = 5;

/// Which session this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The session.
    pub session: SessionId,
    /// The node that it is on; `None` if it does not know, and then takes tickets for any.
    pub node: Option<NodeId>,
    /// The key of its certificate.
    pub server_key: KeyHash,
}

/// Lets in whoever shows a ticket for one session, once.
#[derive(Debug)]
pub struct Gate {
    place: Place,
    keys: HubKeys,
    burned: Mutex<Burned>,
}

impl Gate {
    /// The gate of the session at `place`, for tickets that are signed with one of `keys`.
    #[must_use]
    pub fn new(place: Place, keys: HubKeys) -> Self {
        Self {
            place,
            keys,
            burned: Mutex::default(),
        }
    }

    /// Lets in, at `now`, whoever shows `ticket` together with `proof` on the connection of which
    /// `exported` is the [secret](crate::EXPORTER_LABEL). The ticket is burned when this returns: of all
    /// who show it, exactly one is let in. What does not hold burns nothing.
    ///
    /// # Errors
    /// [`TicketError`]: why not.
    pub fn admit(
        &self,
        ticket: &str,
        proof: &[u8],
        exported: &[u8; EXPORTER_BYTES],
        now: UnixSeconds,
    ) -> Result<(Ticket, ClientPublicKey), TicketError> {
        let ticket = self.check(ticket, now)?;
        let key = Proof::verified(proof, exported)?;
        if key.hash() != ticket.client_key {
            return Err(TicketError::OtherClientKey);
        }
        // Nothing that panics holds the lock.
        let mut burned = self.burned.lock().unwrap_or_else(PoisonError::into_inner);
        burned.burn(&ticket, now)?;
        Ok((ticket, key))
    }

    /// The ticket, if it is good here and now.
    fn check(&self, text: &str, now: UnixSeconds) -> Result<Ticket, TicketError> {
        let ticket = Ticket::verified(text, &self.keys)?;
        let (from, until) = (ticket.issued_at, ticket.expires_at);
        let seconds = until.since(from).unwrap_or(0);
        if !Lifetime::allows(seconds) {
            return Err(TicketError::Lifetime { seconds });
        }
        if from > now.plus(LEEWAY) {
            return Err(TicketError::NotYet { from, now });
        }
        if now >= until {
            return Err(TicketError::Expired { until, now });
        }
        if ticket.session != self.place.session {
            return Err(TicketError::OtherSession(ticket.session));
        }
        if self
            .place
            .node
            .as_ref()
            .is_some_and(|node| *node != ticket.node)
        {
            return Err(TicketError::OtherNode);
        }
        if ticket.server_key != self.place.server_key {
            return Err(TicketError::OtherServerKey);
        }
        Ok(ticket)
    }
}
