//! How often one may try to log in.
//!
//! Each failure beyond a few makes the next try wait longer, by account and by network. There is no
//! lock that only an administrator opens: it would be a tool for shutting others out.

use std::collections::HashMap;
use std::net::IpAddr;

use hackstream_control_api::time::{Seconds, UnixMillis};

/// Failures that cost nothing.
const FREE: u32 = 5;

/// The longest wait for an account: short, since anybody can cause it for anybody.
const LONGEST_FOR_ACCOUNT: Seconds = Seconds(30);

/// The longest wait for a network.
const LONGEST_FOR_NETWORK: Seconds = Seconds::minutes(5);

/// After so long without a failure, nothing is remembered.
const MEMORY: Seconds = Seconds::minutes(30);

/// Accounts and networks that are remembered; beyond, the oldest are forgotten.
const MOST: usize = 50_000;

/// What failures are counted for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// A name, whether there is such an account or not.
    Account(String),
    /// The first 24 bits of an IPv4 address, 64 of an IPv6 address.
    Network([u8; 8]),
}

impl Key {
    /// The network of an address.
    #[must_use]
    pub fn network(address: IpAddr) -> Self {
        let mut prefix = [0; 8];
        match address.to_canonical() {
            IpAddr::V4(v4) => prefix[4..7].copy_from_slice(&v4.octets()[..3]),
            IpAddr::V6(v6) => prefix.copy_from_slice(&v6.octets()[..8]),
        }
        Self::Network(prefix)
    }

    const fn longest(&self) -> Seconds {
        match self {
            Self::Account(_) => LONGEST_FOR_ACCOUNT,
            Self::Network(_) => LONGEST_FOR_NETWORK,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: UnixMillis,
}

/// The failures of the last half hour.
#[derive(Debug, Default)]
pub struct Throttle(HashMap<Key, Failures>);

impl Throttle {
    /// Whether somebody may try now, and otherwise in how long.
    ///
    /// # Errors
    /// How long to wait, rounded up.
    pub fn check(&self, key: &Key, now: UnixMillis) -> Result<(), Seconds> {
        let Some(failures) = self.0.get(key).filter(|failures| failures.count >= FREE) else {
            return Ok(());
        };
        let doublings = (failures.count - FREE).min(16);
        let delay = Seconds((1 << doublings).min(key.longest().0));
        let left = failures.last.plus(delay).millis_since(now);
        if left == 0 {
            Ok(())
        } else {
            Err(Seconds(left.div_ceil(1000)))
        }
    }

    /// Somebody tried and failed.
    pub fn failed(&mut self, key: Key, now: UnixMillis) {
        if self.0.len() >= MOST && !self.0.contains_key(&key) {
            self.forget(now);
        }
        let failures = self.0.entry(key).or_insert(Failures {
            count: 0,
            last: now,
        });
        if now > failures.last.plus(MEMORY) {
            failures.count = 0;
        }
        failures.count = failures.count.saturating_add(1);
        failures.last = now;
    }

    /// Somebody got in: the failures before were theirs.
    pub fn succeeded(&mut self, key: &Key) {
        self.0.remove(key);
    }

    /// Forgets what is old, and half of the rest if that is not enough: those who are flooding come
    /// again at once.
    fn forget(&mut self, now: UnixMillis) {
        self.0
            .retain(|_, failures| now <= failures.last.plus(MEMORY));
        if self.0.len() >= MOST {
            let mut times: Vec<_> = self.0.values().map(|failures| failures.last).collect();
            let (_, median, _) = times.select_nth_unstable(MOST / 2);
            let median = *median;
            self.0.retain(|_, failures| failures.last > median);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> Key {
        Key::Account("mallory".to_owned())
    }

    #[test]
    fn waits_grow_up_to_a_bound_and_end() {
        let mut throttle = Throttle::default();
        let mut now = UnixMillis(0);
        let mut waits = Vec::new();
        for _ in 0..12 {
            throttle.failed(account(), now);
            let wait = throttle.check(&account(), now).err().unwrap_or_default();
            waits.push(wait.0);
            now = now.plus(wait);
            assert_eq!(throttle.check(&account(), now), Ok(()));
        }
        assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 30, 30, 30]);
    }

    #[test]
    fn success_and_time_wipe_the_slate() {
        let mut throttle = Throttle::default();
        for _ in 0..9 {
            throttle.failed(account(), UnixMillis(0));
        }
        let later = UnixMillis(0).plus(MEMORY).plus(Seconds(1));
        throttle.failed(account(), later);
        assert_eq!(throttle.check(&account(), later), Ok(()));
        for _ in 0..9 {
            throttle.failed(account(), later);
        }
        assert!(throttle.check(&account(), later).is_err());
        throttle.succeeded(&account());
        assert_eq!(throttle.check(&account(), later), Ok(()));
    }

    #[test]
    fn neighbours_share_a_network_and_strangers_do_not() {
        let network = |text: &str| Key::network(text.parse().unwrap());
        assert_eq!(network("192.0.2.1"), network("192.0.2.254"));
        assert_eq!(network("192.0.2.1"), network("::ffff:192.0.2.9"));
        assert_ne!(network("192.0.2.1"), network("192.0.3.1"));
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
    }

    #[test]
    fn a_flood_of_names_is_remembered_in_bounds() {
        let mut throttle = Throttle::default();
        for number in 0..MOST as u64 * 2 {
            throttle.failed(Key::Account(number.to_string()), UnixMillis(number));
        }
        assert!(throttle.0.len() <= MOST);
    }
}
