//! How many may be there at once: in all, and of each kind.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hackstream_control_api::id::{NodeId, UserId};
use tokio::sync::Semaphore;

use crate::auth::throttle::Network;

/// Requests of which it is not known yet who asks.
const ARRIVING: usize = 256;

/// The bounds on requests that are worked on. Each holds its place from before its body arrives until
/// its answer is made; so a body that does not arrive holds one, too.
pub struct Crowds {
    /// Until it is known who asks.
    pub(crate) arriving: Semaphore,
    /// Those who have no token.
    pub(crate) strangers: Arc<Crowd<Network>>,
    /// Those who have one.
    pub(crate) people: Arc<Crowd<UserId>>,
    /// Nodes.
    pub(crate) nodes: Arc<Crowd<NodeId>>,
    /// Nodes that send logs: each waits for those who read.
    pub(crate) logs: Arc<Crowd<NodeId>>,
    /// Those who watch something: streams, which go on after the answer has been made.
    pub(crate) watchers: Arc<Crowd<UserId>>,
    /// Those who wait for the session that they launched. They are few of `people`, whose place each
    /// keeps meanwhile.
    pub(crate) launchers: Arc<Crowd<UserId>>,
}

impl Default for Crowds {
    fn default() -> Self {
        Self {
            arriving: Semaphore::new(ARRIVING),
            strangers: Crowd::new(128, 32),
            people: Crowd::new(256, 64),
            nodes: Crowd::new(256, 16),
            logs: Crowd::new(128, 64),
            watchers: Crowd::new(1024, 16),
            launchers: Crowd::new(64, 8),
        }
    }
}

/// A number of places, of which one alone cannot have all.
pub(crate) struct Crowd<K> {
    most: usize,
    most_of_one: usize,
    inside: Mutex<Inside<K>>,
}

struct Inside<K> {
    all: usize,
    of_each: HashMap<K, usize>,
}

impl<K: Copy + Eq + Hash> Crowd<K> {
    /// So many places, and so many for one.
    pub(crate) fn new(most: usize, most_of_one: usize) -> Arc<Self> {
        let inside = Mutex::new(Inside {
            all: 0,
            of_each: HashMap::new(),
        });
        Arc::new(Self {
            most,
            most_of_one,
            inside,
        })
    }

    /// A place, until it is dropped; `None` if all are taken, or all that `who` may have.
    pub(crate) fn enter(self: &Arc<Self>, who: K) -> Option<Place<K>> {
        let mut inside = self.inside();
        let own = inside.of_each.get(&who).copied().unwrap_or(0);
        if inside.all >= self.most || own >= self.most_of_one {
            return None;
        }
        inside.all += 1;
        inside.of_each.insert(who, own + 1);
        drop(inside);
        Some(Place {
            crowd: Arc::clone(self),
            who,
        })
    }

    fn inside(&self) -> MutexGuard<'_, Inside<K>> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in a crowd.
pub(crate) struct Place<K: Copy + Eq + Hash> {
    crowd: Arc<Crowd<K>>,
    who: K,
}

impl<K: Copy + Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        let mut inside = self.crowd.inside();
        inside.all -= 1;
        if let Some(own) = inside.of_each.get_mut(&self.who) {
            *own -= 1;
            if *own == 0 {
                inside.of_each.remove(&self.who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_alone_does_not_get_all_and_nothing_is_kept_of_who_has_left() {
        let crowd = Crowd::new(3, 2);
        let places = [crowd.enter('a'), crowd.enter('a')];
        assert!(places.iter().all(Option::is_some));
        assert!(crowd.enter('a').is_none());
        let other = crowd.enter('b');
        assert!(other.is_some() && crowd.enter('c').is_none());
        drop(places);
        assert!(crowd.enter('c').is_some());
        drop(other);
        assert!(crowd.inside().of_each.is_empty() && crowd.inside().all == 0);
    }
}
