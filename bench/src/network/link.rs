//! The kinds of link, and how each is built.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::Result;
use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::counters::Traffic;
use super::emulator::{self, Conditions, Emulator, Tun};
use super::namespace::{Displays, Namespace};

/// The device's name on both ends.
const DEVICE: &str = "bench0";
pub(super) const SERVER_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 213, 0, 1);
pub(super) const CLIENT_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 213, 0, 2);

/// How long a program that has something to send may think about it.
const LOCAL_SILENCE: Duration = Duration::from_millis(50);

/// What lies between server and viewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    /// A plain Ethernet link of unlimited rate.
    Lan,
    Wifi,
    /// A home's line, thin upwards.
    Dsl,
    /// A telephone network.
    Lte,
    Transatlantic,
    /// Like a home's line that loses packets.
    Lossy,
    /// Thin, long, unsteady and lossy.
    Bad,
}

impl Link {
    const ALL: [Self; 7] = [
        Self::Lan,
        Self::Wifi,
        Self::Dsl,
        Self::Lte,
        Self::Transatlantic,
        Self::Lossy,
        Self::Bad,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Lan => "lan",
            Self::Wifi => "wifi",
            Self::Dsl => "dsl",
            Self::Lte => "lte",
            Self::Transatlantic => "transatlantic",
            Self::Lossy => "lossy",
            Self::Bad => "bad",
        }
    }

    /// What is emulated; nothing for the one link that is real.
    const fn conditions(self) -> Option<&'static Conditions> {
        match self {
            Self::Lan => None,
            Self::Wifi => Some(&emulator::WIFI),
            Self::Dsl => Some(&emulator::DSL),
            Self::Lte => Some(&emulator::LTE),
            Self::Transatlantic => Some(&emulator::TRANSATLANTIC),
            Self::Lossy => Some(&emulator::LOSSY),
            Self::Bad => Some(&emulator::BAD),
        }
    }

    /// Its figures, in words.
    pub(crate) fn figures(self) -> String {
        self.conditions().map_or_else(
            || "as fast as this machine, no delay".to_owned(),
            Conditions::to_string,
        )
    }

    /// Within this time an end that has something to say lets the other hear it, be it for the
    /// second time.
    pub(crate) fn longest_silence(self) -> Duration {
        let round_trip = self
            .conditions()
            .map(Conditions::longest_unqueued_round_trip);
        // A lost last packet is sent again after some two round trips.
        LOCAL_SILENCE + 2 * round_trip.unwrap_or_default()
    }
}

impl ValueEnum for Link {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let value = PossibleValue::new(self.name()).help(self.figures());
        Some(match self {
            Self::Dsl => value.alias("wan"),
            _ => value,
        })
    }
}

/// Two namespaces joined by a link. Private, so the addresses collide with nothing outside.
#[derive(Debug)]
pub(crate) struct Network {
    link: Link,
    /// Absent where nothing is emulated. Ends before its devices' namespaces do.
    emulator: Option<Emulator>,
    server: Namespace,
    client: Namespace,
}

impl Network {
    /// `seed` decides about loss and jitter.
    pub(crate) fn create(link: Link, seed: u64) -> Result<Self> {
        let mut network = Self {
            link,
            emulator: None,
            server: Namespace::create(Displays::Private)?,
            client: Namespace::create(Displays::Shared)?,
        };
        match link.conditions() {
            None => network.join_directly()?,
            Some(conditions) => network.emulator = Some(network.emulate(conditions, seed)?),
        }
        Ok(network)
    }

    pub(crate) const fn link(&self) -> Link {
        self.link
    }

    pub(crate) const fn server(&self) -> &Namespace {
        &self.server
    }

    pub(crate) const fn client(&self) -> &Namespace {
        &self.client
    }

    pub(crate) const fn server_address(&self) -> Ipv4Addr {
        SERVER_ADDRESS
    }

    /// What went over the link so far, as seen by the client's end: what was lost on the way down
    /// is not in it.
    pub(crate) fn traffic(&self) -> Result<Traffic> {
        let traffic = Traffic::read(self.client.holder(), DEVICE)?;
        Ok(match self.emulator {
            None => traffic,
            Some(_) => traffic.as_on_ethernet(),
        })
    }

    /// Fails when the link is broken.
    pub(crate) fn check_alive(&mut self) -> Result<()> {
        self.emulator.as_mut().map_or(Ok(()), Emulator::check_alive)
    }

    fn join_directly(&self) -> Result<()> {
        let peer = self.client.holder().to_string();
        let ends = ["type", "veth", "peer", "name", DEVICE, "netns", &peer];
        self.server
            .ip(&[&["link", "add", DEVICE][..], &ends].concat())?;
        self.bring_up()
    }

    fn emulate(&self, conditions: &Conditions, seed: u64) -> Result<Emulator> {
        let (server, client) = (Tun::create()?, Tun::create()?);
        self.server.adopt(server.name(), DEVICE)?;
        self.client.adopt(client.name(), DEVICE)?;
        self.bring_up()?;
        Emulator::start(server, client, conditions, seed)
    }

    fn bring_up(&self) -> Result<()> {
        for (namespace, address) in [
            (&self.server, SERVER_ADDRESS),
            (&self.client, CLIENT_ADDRESS),
        ] {
            namespace.ip(&["address", "add", &format!("{address}/30"), "dev", DEVICE])?;
            // Without this the counters see one header for up to 64 KB of data.
            namespace.ip(&["link", "set", DEVICE, "gso_max_segs", "1", "up"])?;
        }
        Ok(())
    }
}
