//! Tickets, with which a viewer whose connection was lost goes on with its visit.
//!
//! A viewer gets a ticket with its welcome: a random secret that admits it again without a token,
//! to do what it might do before, in place of its earlier connection. A ticket is for one viewer at a time: who shows it ends the
//! connection that held it. The server keeps its hash only, in memory; it ends with the server,
//! when the viewer says goodbye, or some hours after the viewer was last there.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::seats::Role;
use crate::secret::{NoRandomness, SecretHash, random};

/// Random bytes of a ticket.
const TICKET_BYTES: usize = 32;

/// How long a ticket outlives the connection that held it: a lid closed over night.
const LIFETIME: Duration = Duration::from_secs(12 * 3600);

/// Tickets of absent viewers that are kept; beyond, the one that is absent longest goes.
const MOST_ABSENT: usize = 64;

/// The number of a visit: of one connection that holds a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visit(u64);

/// The tickets of a session. `P` is how to reach a viewer that is there.
#[derive(Debug)]
pub struct Tickets<P>(Mutex<State<P>>);

#[derive(Debug)]
struct State<P> {
    entries: Vec<Entry<P>>,
    visits: u64,
}

#[derive(Debug)]
struct Entry<P> {
    hash: SecretHash,
    role: Role,
    holder: Holder<P>,
}

#[derive(Debug)]
enum Holder<P> {
    Present { visit: Visit, reach: P },
    Absent { since: Instant },
}

impl<P> Holder<P> {
    const fn is(&self, visited: Visit) -> bool {
        matches!(self, Self::Present { visit, .. } if visit.0 == visited.0)
    }

    fn is_expired(&self, now: Instant) -> bool {
        matches!(self, Self::Absent { since } if now.saturating_duration_since(*since) >= LIFETIME)
    }
}

impl<P> Default for Tickets<P> {
    fn default() -> Self {
        Self(Mutex::new(State {
            entries: Vec::new(),
            visits: 0,
        }))
    }
}

impl<P> Tickets<P> {
    /// A new ticket for a viewer that is there as `role`, to be sent to it and then forgotten.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub fn issue(&self, role: Role, reach: P) -> Result<(Visit, [u8; TICKET_BYTES]), NoRandomness> {
        let ticket = random::<TICKET_BYTES>()?;
        let mut state = self.lock();
        let visit = state.next_visit();
        state.entries.push(Entry {
            hash: SecretHash::of(&ticket),
            role,
            holder: Holder::Present { visit, reach },
        });
        Ok((visit, ticket))
    }

    /// Takes a ticket that a viewer shows at `now`. If it holds, the viewer has it from now on, as
    /// what it was before, and the one that was there with it, if any, is returned and must go.
    pub fn redeem(
        &self,
        ticket: &[u8],
        reach: P,
        now: Instant,
    ) -> Option<(Visit, Role, Option<P>)> {
        if ticket.is_empty() {
            return None;
        }
        let shown = SecretHash::of(ticket);
        let mut state = self.lock();
        state.entries.retain(|entry| !entry.holder.is_expired(now));
        // All are compared, so that the time does not tell which one it was.
        let entries = state.entries.iter().enumerate();
        let found = entries.fold(None, |found, (index, entry)| {
            entry.hash.is(&shown).then_some(index).or(found)
        })?;
        let visit = state.next_visit();
        let now_present = Holder::Present { visit, reach };
        let entry = &mut state.entries[found];
        let earlier = match std::mem::replace(&mut entry.holder, now_present) {
            Holder::Present { reach, .. } => Some(reach),
            Holder::Absent { .. } => None,
        };
        Some((visit, entry.role, earlier))
    }

    /// The connection of a visit ended at `now`: its ticket waits for the viewer to come back. Does
    /// nothing if another connection has the ticket already.
    pub fn leave(&self, visit: Visit, now: Instant) {
        let mut state = self.lock();
        if let Some(entry) = state.entries.iter_mut().find(|e| e.holder.is(visit)) {
            entry.holder = Holder::Absent { since: now };
        }
        state.forget_the_oldest();
    }

    /// The ticket of a visit admits nobody any more.
    pub fn revoke(&self, visit: Visit) {
        self.lock().entries.retain(|entry| !entry.holder.is(visit));
    }

    fn lock(&self) -> MutexGuard<'_, State<P>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P> State<P> {
    const fn next_visit(&mut self) -> Visit {
        self.visits += 1;
        Visit(self.visits)
    }

    fn forget_the_oldest(&mut self) {
        let absent = self.entries.iter().enumerate().filter_map(|(i, e)| {
            let Holder::Absent { since } = e.holder else {
                return None;
            };
            Some((since, i))
        });
        let (count, oldest) = absent.fold((0, None), |(count, oldest), one| {
            (count + 1, Some(oldest.map_or(one, |o| one.min(o))))
        });
        if let (true, Some((_, index))) = (count > MOST_ABSENT, oldest) {
            self.entries.swap_remove(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issued(tickets: &Tickets<&'static str>, reach: &'static str) -> (Visit, Vec<u8>) {
        let (visit, ticket) = tickets.issue(Role::Control, reach).unwrap();
        (visit, ticket.to_vec())
    }

    #[test]
    fn whoever_shows_a_ticket_replaces_who_has_it() {
        let (tickets, now) = (Tickets::default(), Instant::now());
        let (first, ticket) = issued(&tickets, "first");
        let (second, _, earlier) = tickets.redeem(&ticket, "second", now).unwrap();
        assert_eq!(earlier, Some("first"));
        // The end of the connection that was replaced is no end of the visit.
        tickets.leave(first, now);
        let (_, _, earlier) = tickets.redeem(&ticket, "third", now).unwrap();
        assert_eq!(earlier, Some("second"));
        tickets.leave(second, now);
        let (_, _, earlier) = tickets.redeem(&ticket, "fourth", now).unwrap();
        assert_eq!(earlier, Some("third"));
    }

    #[test]
    fn a_ticket_admits_once_its_viewer_is_gone_but_not_for_ever() {
        let (tickets, now) = (Tickets::default(), Instant::now());
        let (visit, ticket) = issued(&tickets, "first");
        tickets.leave(visit, now);
        let late = now + LIFETIME - Duration::from_secs(1);
        let (again, _, earlier) = tickets.redeem(&ticket, "again", late).unwrap();
        assert_eq!(earlier, None);
        tickets.leave(again, late);
        assert!(tickets.redeem(&ticket, "late", late + LIFETIME).is_none());
    }

    #[test]
    fn a_ticket_admits_to_what_its_viewer_might_do() {
        let (tickets, now) = (Tickets::default(), Instant::now());
        for role in [Role::View, Role::Control] {
            let (visit, ticket) = tickets.issue(role, "first").unwrap();
            tickets.leave(visit, now);
            let (_, again, _) = tickets.redeem(&ticket, "again", now).unwrap();
            assert_eq!(again, role);
        }
    }

    #[test]
    fn unknown_and_revoked_tickets_admit_nobody() {
        let (tickets, now) = (Tickets::default(), Instant::now());
        let (visit, ticket) = issued(&tickets, "first");
        for wrong in [&b""[..], &[0; 32], &ticket[1..]] {
            assert!(tickets.redeem(wrong, "thief", now).is_none());
        }
        tickets.revoke(visit);
        assert!(tickets.redeem(&ticket, "again", now).is_none());
    }

    #[test]
    fn absent_viewers_are_bounded_and_the_newest_are_kept() {
        let (tickets, start) = (Tickets::default(), Instant::now());
        let all: Vec<Vec<u8>> = (0..MOST_ABSENT as u64 + 10)
            .map(|second| {
                let (visit, ticket) = issued(&tickets, "one of many");
                tickets.leave(visit, start + Duration::from_secs(second));
                ticket
            })
            .collect();
        assert_eq!(tickets.lock().entries.len(), MOST_ABSENT);
        assert!(tickets.redeem(&all[9], "", start).is_none());
        assert!(tickets.redeem(&all[10], "", start).is_some());
    }

    #[test]
    fn tickets_never_show_in_debug_output() {
        let tickets = Tickets::default();
        let (_, ticket) = issued(&tickets, "first");
        let shown = format!("{tickets:?}");
        assert!(
            !shown.contains(&format!("{}, {}", ticket[0], ticket[1])),
            "{shown}"
        );
        assert!(shown.contains("SecretHash"), "{shown}");
    }
}
