//! How often one may try to log in, and do what costs.
//!
//! Tries are counted when they begin, not when they turn out to be wrong: otherwise all that arrive at
//! the same moment would pass, and those that nobody waits for would never count. A right password
//! takes its count back.
//!
//! There is no lock: it would be a tool for shutting others out. What somebody tries for an account
//! from their network makes waiting longer for that network only; beyond that, an account and a
//! network have a rate, which many can use up but not stop. All counts sink by themselves.

use std::collections::HashMap;
use std::net::IpAddr;

use hackstream_control_api::id::{DeviceId, UserId};
use hackstream_control_api::time::{Seconds, UnixMillis};

/// Accounts and networks that are remembered; beyond, the oldest are forgotten.
const MOST: usize = 50_000;

/// The first 24 bits of an IPv4 address, 64 of an IPv6 address: what one person or house has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network([u8; 8]);

impl Network {
    /// The network of an address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        let mut prefix = [0; 8];
        match address.to_canonical() {
            IpAddr::V4(v4) => prefix[4..7].copy_from_slice(&v4.octets()[..3]),
            IpAddr::V6(v6) => prefix.copy_from_slice(&v6.octets()[..8]),
        }
        Self(prefix)
    }
}

/// What tries are counted for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// A name, whether there is such an account or not, from a network.
    From(String, Network),
    /// A name, from wherever.
    Account(String),
    /// Whatever name, from a network.
    Network(Network),
    /// The password that somebody who is logged in has to show again.
    Own(UserId),
    /// What somebody does that is written down, done or refused.
    Deeds(UserId),
    /// New tokens for a device.
    Refresh(DeviceId),
}

/// What is done about too many.
enum Rule {
    /// After so many, each makes the next wait twice as long, up to a bound.
    Slower {
        /// Tries that cost nothing.
        free: u32,
        /// The longest wait.
        longest: Seconds,
        /// The count sinks by one in so many milliseconds.
        sinks: u64,
    },
    /// So many at once, and then one in each such span.
    Rate {
        /// Tries at once.
        burst: u32,
        /// The count sinks by one in so many milliseconds.
        sinks: u64,
    },
}

impl Key {
    /// What somebody who logs in is counted for.
    #[must_use]
    pub fn of_login(name: String, address: IpAddr) -> [Self; 3] {
        let network = Network::of(address);
        [
            Self::From(name.clone(), network),
            Self::Account(name),
            Self::Network(network),
        ]
    }

    const fn rule(&self) -> Rule {
        match self {
            Self::From(..) | Self::Own(_) => Rule::Slower {
                free: 5,
                longest: Seconds(30),
                sinks: 60_000,
            },
            // Guesses from everywhere: at most 5760 a day. Two networks cannot use that up.
            Self::Account(_) => Rule::Rate {
                burst: 100,
                sinks: 15_000,
            },
            // As many as a house full of people mistypes.
            Self::Network(_) => Rule::Rate {
                burst: 60,
                sinks: 5_000,
            },
            // More than people do, and than a program should.
            Self::Deeds(_) => Rule::Rate {
                burst: 100,
                sinks: 200,
            },
            // An access token is good for ten minutes.
            Self::Refresh(_) => Rule::Rate {
                burst: 20,
                sinks: 60_000,
            },
        }
    }
}

impl Rule {
    const fn sinks(&self) -> u64 {
        match self {
            Self::Slower { sinks, .. } | Self::Rate { sinks, .. } => *sinks,
        }
    }
}

/// A count that sinks.
#[derive(Clone, Copy, Debug)]
struct Count {
    /// Milliseconds until it is 0.
    level: u64,
    /// When that was so, which is when somebody last tried.
    at: UnixMillis,
}

impl Count {
    /// Milliseconds until it is 0, as of `now`.
    fn level(self, now: UnixMillis) -> u64 {
        self.level.saturating_sub(now.millis_since(self.at))
    }

    /// Milliseconds until the next may be tried.
    fn wait(self, rule: &Rule, now: UnixMillis) -> u64 {
        let one = rule.sinks();
        match rule {
            Rule::Slower { free, longest, .. } => {
                let count = self.level.div_ceil(one);
                let Some(beyond) = count.checked_sub(u64::from(*free)) else {
                    return 0;
                };
                let wait = (1_u64 << beyond.min(16)).min(longest.0);
                self.at.plus(Seconds(wait)).millis_since(now)
            }
            Rule::Rate { burst, .. } => self
                .level(now)
                .saturating_sub((u64::from(*burst) - 1) * one),
        }
    }
}

/// Who has tried how often.
#[derive(Debug, Default)]
pub struct Throttle(HashMap<Key, Count>);

impl Throttle {
    /// Begins a try: counts it for each of `keys`, if it may be tried.
    ///
    /// # Errors
    /// How long to wait, rounded up. Nothing was counted then.
    pub fn begin(&mut self, keys: &[Key], now: UnixMillis) -> Result<(), Seconds> {
        let wait = |key: &Key| {
            let count = self.0.get(key);
            count.map_or(0, |count| count.wait(&key.rule(), now))
        };
        let wait = keys.iter().map(wait).max().unwrap_or(0);
        if wait > 0 {
            return Err(Seconds(wait.div_ceil(1000)));
        }
        for key in keys {
            self.count(key, now);
        }
        Ok(())
    }

    fn count(&mut self, key: &Key, now: UnixMillis) {
        if self.0.len() >= MOST && !self.0.contains_key(key) {
            self.forget(now);
        }
        let rule = key.rule();
        let one = rule.sinks();
        let count = self
            .0
            .entry(key.clone())
            .or_insert(Count { level: 0, at: now });
        let before = match rule {
            // In whole numbers: who waits as told has not become more trustworthy by that.
            Rule::Slower { .. } => count.level(now).div_ceil(one) * one,
            Rule::Rate { .. } => count.level(now),
        };
        *count = Count {
            level: before + one,
            at: now,
        };
    }

    /// The try that has begun was none, or was a right one: it does not count.
    pub fn take_back(&mut self, keys: &[Key]) {
        for key in keys {
            if let Some(count) = self.0.get_mut(key) {
                count.level = count.level.saturating_sub(key.rule().sinks());
            }
        }
    }

    /// Somebody showed the right password: what was tried before was their own typing.
    pub fn forgive(&mut self, key: &Key) {
        self.0.remove(key);
    }

    /// Forgets what has sunk to nothing, and half of the rest if that is not enough: those who are
    /// flooding come again at once.
    fn forget(&mut self, now: UnixMillis) {
        self.0.retain(|_, count| count.level(now) > 0);
        if self.0.len() >= MOST {
            let mut times: Vec<_> = self.0.values().map(|count| count.at).collect();
            let (_, median, _) = times.select_nth_unstable(MOST / 2);
            let median = *median;
            self.0.retain(|_, count| count.at > median);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(name: &str, address: &str) -> [Key; 3] {
        Key::of_login(name.to_owned(), address.parse().unwrap())
    }

    #[test]
    fn waits_grow_up_to_a_bound_and_end() {
        let mut throttle = Throttle::default();
        let mut now = UnixMillis(0);
        let mut waits = Vec::new();
        let keys = keys("mallory", "192.0.2.1");
        for _ in 0..12 {
            throttle.begin(&keys, now).unwrap();
            let wait = throttle.begin(&keys, now).err();
            if wait.is_none() {
                throttle.take_back(&keys);
            }
            waits.push(wait.unwrap_or_default().0);
            now = now.plus(wait.unwrap_or_default());
        }
        assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 30, 30, 30]);
    }

    #[test]
    fn all_at_one_moment_are_counted() {
        let mut throttle = Throttle::default();
        let keys = keys("alice", "192.0.2.1");
        let passed = (0..100).filter(|_| throttle.begin(&keys, UnixMillis(0)).is_ok());
        assert_eq!(passed.count(), 5);
    }

    #[test]
    fn nobody_shuts_the_owner_out_from_elsewhere() {
        let mut throttle = Throttle::default();
        let (guessing, owner) = (keys("alice", "192.0.2.1"), keys("alice", "198.51.100.1"));
        for second in 0..24 * 3600 {
            let now = UnixMillis(second * 1000);
            let _ = throttle.begin(&guessing, now);
            if second % 600 == 0 {
                assert_eq!(throttle.begin(&owner, now), Ok(()), "after {second} s");
                throttle.forgive(&owner[0]);
                throttle.take_back(&owner[1..]);
            }
        }
    }

    #[test]
    fn guesses_from_everywhere_have_a_rate() {
        let mut throttle = Throttle::default();
        let mut guesses = 0;
        for second in 0..24 * 3600_u64 {
            let address = format!("10.{}.{}.1", second / 256 % 256, second % 256);
            let now = UnixMillis(second * 1000);
            guesses += u64::from(throttle.begin(&keys("alice", &address), now).is_ok());
        }
        assert_eq!(guesses, 100 + (24 * 3600 - 1) / 15);
    }

    #[test]
    fn a_house_that_mistypes_all_day_goes_on() {
        let mut throttle = Throttle::default();
        for minute in 0..24 * 60 {
            let now = UnixMillis(minute * 60_000);
            let name = format!("user{}", minute % 50);
            assert_eq!(throttle.begin(&keys(&name, "192.0.2.1"), now), Ok(()));
        }
    }

    #[test]
    fn success_and_time_wipe_the_slate() {
        let mut throttle = Throttle::default();
        let keys = [Key::Own("01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap())];
        let flood = |throttle: &mut Throttle, now| {
            while throttle.begin(&keys, now).is_ok() {}
        };
        flood(&mut throttle, UnixMillis(0));
        let later = UnixMillis(0).plus(Seconds::minutes(10));
        assert_eq!(throttle.begin(&keys, later), Ok(()));
        flood(&mut throttle, later);
        throttle.forgive(&keys[0]);
        assert_eq!(throttle.begin(&keys, later), Ok(()));
    }

    #[test]
    fn neighbours_share_a_network_and_strangers_do_not() {
        let network = |text: &str| Network::of(text.parse().unwrap());
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
            let key = Key::Account(number.to_string());
            throttle.begin(&[key], UnixMillis(number)).unwrap();
        }
        assert!(throttle.0.len() <= MOST);
    }
}
