//! Who is at the door: peers whose handshake goes on, and those who were not admitted yet.
//!
//! Each costs memory and a task for some seconds, and needs no token for that. So their number is
//! bounded, for one address more tightly than for all, that nobody can take all places. An address
//! counts once it is proven: who claims another's address does not use up its places.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Newcomers above which a peer must first prove its address, which costs it a round trip and us
/// nothing.
const RETRY_ABOVE: usize = 16;
/// Newcomers at the same time.
const MOST: usize = 64;
/// Of one address. Many people may share it; each is let in within a few round trips.
const MOST_OF_ADDRESS: usize = 8;

/// All newcomers of a listener.
#[derive(Clone, Debug, Default)]
pub(crate) struct Newcomers(Arc<Mutex<Count>>);

#[derive(Debug, Default)]
struct Count {
    all: usize,
    /// Those whose address is proven.
    proven: BTreeMap<IpAddr, usize>,
}

/// What to do with a peer that knocks.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Let it try.
    Enter(Newcomer),
    /// Have it prove its address first.
    Prove,
    /// Turn it away.
    Refuse,
}

/// The place of one newcomer, given back by dropping it.
#[derive(Debug)]
pub struct Newcomer {
    newcomers: Newcomers,
    address: IpAddr,
    is_proven: bool,
}

impl Newcomers {
    /// Somebody knocks from an address, which may be anybody's unless it is proven.
    pub(crate) fn knock(&self, address: IpAddr, is_proven: bool) -> Answer {
        let address = site(address);
        let mut count = self.lock();
        if count.all >= MOST {
            return Answer::Refuse;
        }
        let of_address = count.proven.get(&address).copied().unwrap_or(0);
        let is_crowded = of_address >= MOST_OF_ADDRESS;
        if !is_proven && (is_crowded || count.all >= RETRY_ABOVE) {
            return Answer::Prove;
        }
        if is_crowded {
            return Answer::Refuse;
        }
        count.all += 1;
        drop(count);
        let mut newcomer = Newcomer {
            newcomers: self.clone(),
            address,
            is_proven: false,
        };
        if is_proven {
            newcomer.prove();
        }
        Answer::Enter(newcomer)
    }

    fn lock(&self) -> MutexGuard<'_, Count> {
        // Consistent whatever panicked while it was locked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What counts as one address: of IPv6 the half that names a network, for anybody in it has as many
/// addresses as they like.
fn site(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) >> 64 << 64;
            Ipv6Addr::from(network).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

impl Newcomer {
    /// Its address is proven now; false if too many are there from it.
    pub(crate) fn prove(&mut self) -> bool {
        if self.is_proven {
            return true;
        }
        let mut count = self.newcomers.lock();
        let of_address = count.proven.entry(self.address).or_default();
        if *of_address >= MOST_OF_ADDRESS {
            return false;
        }
        *of_address += 1;
        self.is_proven = true;
        true
    }
}

impl Drop for Newcomer {
    fn drop(&mut self) {
        let mut count = self.newcomers.lock();
        count.all -= 1;
        if !self.is_proven {
            return;
        }
        if let Some(of_address) = count.proven.get_mut(&self.address) {
            *of_address -= 1;
            if *of_address == 0 {
                count.proven.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn address(number: u32) -> IpAddr {
        Ipv4Addr::from(0x0a00_0000 + number).into()
    }

    fn enter(newcomers: &Newcomers, from: IpAddr, is_proven: bool) -> Newcomer {
        match newcomers.knock(from, is_proven) {
            Answer::Enter(newcomer) => newcomer,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn one_address_has_few_places_and_gets_them_back() {
        let newcomers = Newcomers::default();
        let from = address(1);
        let mut there: Vec<_> = (0..MOST_OF_ADDRESS)
            .map(|_| enter(&newcomers, from, true))
            .collect();
        assert!(matches!(newcomers.knock(from, true), Answer::Refuse));
        assert!(matches!(newcomers.knock(from, false), Answer::Prove));
        drop(enter(&newcomers, address(2), false));
        there.pop();
        drop(enter(&newcomers, from, true));
        drop(there);
        let count = newcomers.lock();
        assert_eq!((count.all, count.proven.len()), (0, 0));
    }

    #[test]
    fn who_claims_an_address_takes_none_of_its_places() {
        let newcomers = Newcomers::default();
        let from = address(1);
        let liars: Vec<_> = (0..RETRY_ABOVE)
            .map(|_| enter(&newcomers, from, false))
            .collect();
        assert!(matches!(newcomers.knock(from, false), Answer::Prove));
        let honest = enter(&newcomers, from, true);
        // A handshake proves the address as well; too many of them at once end.
        let proven = liars.into_iter().map(|mut one| one.prove().then_some(one));
        let proven: Vec<_> = proven.flatten().collect();
        assert_eq!(proven.len(), MOST_OF_ADDRESS - 1);
        drop((honest, proven));
        assert_eq!(newcomers.lock().all, 0);
    }

    #[test]
    fn a_network_is_one_address() {
        let at = |text: &str| site(text.parse().unwrap());
        assert_eq!(at("2001:db8::1"), at("2001:db8::2:0:0:1"));
        assert_ne!(at("2001:db8::1"), at("2001:db8:0:1::1"));
        assert_eq!(at("::ffff:10.0.0.1"), at("10.0.0.1"));
        assert_ne!(at("10.0.0.1"), at("10.0.0.2"));
    }

    #[test]
    fn all_addresses_together_have_a_limit() {
        let newcomers = Newcomers::default();
        let places = (0..MOST as u32).map(|i| enter(&newcomers, address(i), true));
        let there: Vec<_> = places.collect();
        let knock = newcomers.knock(address(1000), true);
        assert!(matches!(knock, Answer::Refuse));
        drop(there);
        drop(enter(&newcomers, address(1000), true));
    }
}
