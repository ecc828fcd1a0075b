//! Which tickets were used.

use std::collections::BTreeMap;

use crate::{Ticket, TicketError, TicketId, UnixSeconds};

/// Used tickets that are remembered: seventy a second for their longest lifetime. All of them are
/// signed for this session, so that only the hub can fill this.
const MOST: usize = 4096;

/// The tickets that were used and have not expired yet.
///
/// A clock that is set back makes none of them good again: beside the tickets it knows until when all
/// tickets are forgotten, and admits none of those.
#[derive(Debug, Default)]
pub struct Burned {
    used: BTreeMap<TicketId, UnixSeconds>,
    /// The latest end of a ticket that was forgotten.
    forgotten: Option<UnixSeconds>,
}

impl Burned {
    /// Uses a ticket that is good at `now`: of all calls with it exactly one succeeds.
    ///
    /// # Errors
    /// [`TicketError::Replayed`], or [`TicketError::Crowded`] if too many are remembered.
    pub fn burn(&mut self, ticket: &Ticket, now: UnixSeconds) -> Result<(), TicketError> {
        if self.forgotten.is_some_and(|end| ticket.expires_at <= end)
            || self.used.contains_key(&ticket.id)
        {
            return Err(TicketError::Replayed);
        }
        if self.used.len() >= MOST {
            self.forget(now);
        }
        if self.used.len() >= MOST {
            return Err(TicketError::Crowded);
        }
        self.used.insert(ticket.id, ticket.expires_at);
        Ok(())
    }

    fn forget(&mut self, now: UnixSeconds) {
        let forgotten = &mut self.forgotten;
        self.used.retain(|_, end| {
            let is_over = *end <= now;
            if is_over {
                *forgotten = (*forgotten).max(Some(*end));
            }
            !is_over
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KeyHash, Policy};

    fn ticket(number: u64, expires_at: u64) -> Ticket {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&number.to_le_bytes());
        Ticket {
            id: TicketId(id),
            session: "s".parse().unwrap(),
            node: "n".parse().unwrap(),
            server_key: KeyHash([0; 32]),
            client_key: KeyHash([0; 32]),
            issued_at: UnixSeconds(0),
            expires_at: UnixSeconds(expires_at),
            policy: Policy::EVERYTHING,
        }
    }

    #[test]
    fn what_is_remembered_is_bounded_and_nothing_comes_back() {
        let mut burned = Burned::default();
        let now = UnixSeconds(100);
        for number in 0..MOST as u64 {
            burned.burn(&ticket(number, 130), now).unwrap();
        }
        let one_more = ticket(MOST as u64, 130);
        assert_eq!(burned.burn(&one_more, now), Err(TicketError::Crowded));
        // When they are over there is room again, and a clock that goes back revives none of them.
        let later = UnixSeconds(130);
        burned.burn(&ticket(1 << 32, 160), later).unwrap();
        assert_eq!(burned.used.len(), 1);
        for number in [0, 7, MOST as u64] {
            assert_eq!(
                burned.burn(&ticket(number, 130), now),
                Err(TicketError::Replayed)
            );
        }
    }
}
