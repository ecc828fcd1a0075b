//! Tickets, with which a viewer whose connection was lost goes on with its visit.
//!
//! A viewer gets a ticket with its welcome: a random secret that admits it again without a token,
//! to do what it might do before, in place of its earlier connection. A ticket is for one viewer at
//! a time: who shows it ends the connection that held it. The server keeps its hash only, in memory;
//! it ends with the server, when the viewer says goodbye, or some hours after the viewer was last
//! there.
//!
//! The ticket of a viewer that a control plane sent is [bound](Bond) to its key, ends within minutes,
//! and is replaced each time it is used.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hackstream_ticket::KeyHash;

use super::rights::Rights;
use crate::secret::{NoRandomness, SecretHash, random};

/// Random bytes of a ticket.
const TICKET_BYTES: usize = 32;

/// How long a ticket outlives the connection that held it: a lid closed over night.
const LIFETIME: Duration = Duration::from_secs(12 * 3600);

/// The same where a control plane gives a new one: it may have disabled the person meanwhile.
const BOUND_LIFETIME: Duration = Duration::from_secs(600);

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
    /// The ticket that this one replaces, good until this one was shown: the message that brings it
    /// may be lost.
    replaced: Option<SecretHash>,
    bond: Bond,
    rights: Rights,
    holder: Holder<P>,
}

/// Whose a ticket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bond {
    /// Whoever knows it.
    Bearer,
    /// The viewer that holds this key.
    Key(KeyHash),
}

/// A ticket that was shown and holds.
#[derive(Debug, PartialEq, Eq)]
pub struct Redeemed<P> {
    /// The connection's hold on it.
    pub visit: Visit,
    /// What its viewer may do.
    pub rights: Rights,
    /// The connection that held it before, and must go.
    pub earlier: Option<P>,
    /// The ticket that replaces it, to be sent to the viewer and then forgotten.
    pub successor: Option<[u8; TICKET_BYTES]>,
}

impl<P> Entry<P> {
    fn is_expired(&self, now: Instant) -> bool {
        let lifetime = match self.bond {
            Bond::Bearer => LIFETIME,
            Bond::Key(_) => BOUND_LIFETIME,
        };
        matches!(self.holder, Holder::Absent { since } if now.saturating_duration_since(since) >= lifetime)
    }

    fn admits(&self, shown: &SecretHash, key: Option<KeyHash>) -> bool {
        let is_this = self.hash.is(shown);
        let is_replaced = self.replaced.is_some_and(|earlier| earlier.is(shown));
        let is_theirs = match self.bond {
            Bond::Bearer => true,
            Bond::Key(owner) => key == Some(owner),
        };
        (is_this | is_replaced) && is_theirs
    }

    /// Replaces the ticket that was shown, if it is one of those that are replaced.
    fn renew(&mut self, shown: SecretHash) -> Option<[u8; TICKET_BYTES]> {
        if self.bond == Bond::Bearer {
            return None;
        }
        // Without randomness the viewer keeps what it has.
        let successor = random::<TICKET_BYTES>().ok()?;
        self.replaced = Some(shown);
        self.hash = SecretHash::of(&successor);
        Some(successor)
    }
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
    /// A new ticket for a viewer that is there with these rights, to be sent to it and then forgotten.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub fn issue(
        &self,
        rights: Rights,
        bond: Bond,
        reach: P,
    ) -> Result<(Visit, [u8; TICKET_BYTES]), NoRandomness> {
        let ticket = random::<TICKET_BYTES>()?;
        let mut state = self.lock();
        let visit = state.next_visit();
        state.entries.push(Entry {
            hash: SecretHash::of(&ticket),
            replaced: None,
            bond,
            rights,
            holder: Holder::Present { visit, reach },
        });
        Ok((visit, ticket))
    }

    /// Takes a ticket that a viewer shows at `now`, having proven that it holds `key`, if any. If it
    /// holds, the viewer has it from now on, with the rights that it had before.
    pub fn redeem(
        &self,
        ticket: &[u8],
        key: Option<KeyHash>,
        reach: P,
        now: Instant,
    ) -> Option<Redeemed<P>> {
        if ticket.is_empty() {
            return None;
        }
        let shown = SecretHash::of(ticket);
        let mut state = self.lock();
        state.entries.retain(|entry| !entry.is_expired(now));
        // All are compared, so that the time does not tell which one it was.
        let entries = state.entries.iter().enumerate();
        let found = entries.fold(None, |found, (index, entry)| {
            entry.admits(&shown, key).then_some(index).or(found)
        })?;
        let visit = state.next_visit();
        let now_present = Holder::Present { visit, reach };
        let entry = &mut state.entries[found];
        let earlier = match std::mem::replace(&mut entry.holder, now_present) {
            Holder::Present { reach, .. } => Some(reach),
            Holder::Absent { .. } => None,
        };
        Some(Redeemed {
            visit,
            rights: entry.rights,
            earlier,
            successor: entry.renew(shown),
        })
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
    use super::super::seats::Role;
    use super::*;

    const CONTROL: Rights = Rights::of(Role::Control);

    fn issued(tickets: &Tickets<&'static str>, reach: &'static str) -> (Visit, Vec<u8>) {
        let (visit, ticket) = tickets.issue(CONTROL, Bond::Bearer, reach).unwrap();
        (visit, ticket.to_vec())
    }

    fn redeemed(
        tickets: &Tickets<&'static str>,
        ticket: &[u8],
        reach: &'static str,
        now: Instant,
    ) -> Option<Redeemed<&'static str>> {
        tickets.redeem(ticket, None, reach, now)
    }

    #[test]
    fn a_bound_ticket_is_worth_nothing_without_its_key_and_ends_soon() {
        let (tickets, now) = (Tickets::default(), Instant::now());
        let [owner, thief] = [KeyHash([1; 32]), KeyHash([2; 32])];
        let bond = Bond::Key(owner);
        let (visit, ticket) = tickets.issue(CONTROL, bond, "first").unwrap();
        tickets.leave(visit, now);
        for key in [None, Some(thief)] {
            assert!(tickets.redeem(&ticket, key, "thief", now).is_none());
        }
        let late = now + BOUND_LIFETIME;
        assert!(tickets.redeem(&ticket, Some(owner), "late", late).is_none());
    }

    #[test]
    fn a_bound_ticket_is_replaced_and_a_lost_welcome_locks_nobody_out() {
        let (tickets, now) = (Tickets::default(), Instant::now());
        let owner = KeyHash([1; 32]);
        let redeem = |ticket: &[u8]| tickets.redeem(ticket, Some(owner), "again", now);
        let (_, first) = tickets.issue(CONTROL, Bond::Key(owner), "first").unwrap();
        let lost = redeem(&first).unwrap().successor.unwrap();
        // The viewer never got that one. What it has admits once more.
        let second = redeem(&first).unwrap().successor.unwrap();
        assert!(redeem(&lost).is_none());
        let third = redeem(&second).unwrap().successor.unwrap();
        // It has the second one, so that the first is over.
        assert!(redeem(&first).is_none());
        assert!(redeem(&third).is_some());
    }

    #[test]
    fn whoever_shows_a_ticket_replaces_who_has_it() {
        let (tickets, now) = (Tickets::default(), Instant::now());
        let (first, ticket) = issued(&tickets, "first");
        let second = redeemed(&tickets, &ticket, "second", now).unwrap();
        assert_eq!(second.earlier, Some("first"));
        // The end of the connection that was replaced is no end of the visit.
        tickets.leave(first, now);
        let third = redeemed(&tickets, &ticket, "third", now).unwrap();
        assert_eq!(third.earlier, Some("second"));
        tickets.leave(second.visit, now);
        let fourth = redeemed(&tickets, &ticket, "fourth", now).unwrap();
        assert_eq!(fourth.earlier, Some("third"));
    }

    #[test]
    fn a_ticket_admits_once_its_viewer_is_gone_but_not_for_ever() {
        let (tickets, now) = (Tickets::default(), Instant::now());
        let (visit, ticket) = issued(&tickets, "first");
        tickets.leave(visit, now);
        let late = now + LIFETIME - Duration::from_secs(1);
        let again = redeemed(&tickets, &ticket, "again", late).unwrap();
        assert_eq!((again.earlier, again.successor), (None, None));
        tickets.leave(again.visit, late);
        assert!(redeemed(&tickets, &ticket, "late", late + LIFETIME).is_none());
    }

    #[test]
    fn a_ticket_admits_to_what_its_viewer_might_do() {
        let (tickets, now) = (Tickets::default(), Instant::now());
        for rights in [Role::View, Role::Control].map(Rights::of) {
            let (visit, ticket) = tickets.issue(rights, Bond::Bearer, "first").unwrap();
            tickets.leave(visit, now);
            let again = redeemed(&tickets, &ticket, "again", now).unwrap();
            assert_eq!(again.rights, rights);
        }
    }

    #[test]
    fn unknown_and_revoked_tickets_admit_nobody() {
        let (tickets, now) = (Tickets::default(), Instant::now());
        let (visit, ticket) = issued(&tickets, "first");
        for wrong in [&b""[..], &[0; 32], &ticket[1..]] {
            assert!(redeemed(&tickets, wrong, "thief", now).is_none());
        }
        tickets.revoke(visit);
        assert!(redeemed(&tickets, &ticket, "again", now).is_none());
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
        assert!(redeemed(&tickets, &all[9], "", start).is_none());
        assert!(redeemed(&tickets, &all[10], "", start).is_some());
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
