//! Two network namespaces joined by a link.

use std::net::Ipv4Addr;

use anyhow::Result;

use super::Link;
use super::counters::Traffic;
use super::emulator::{Conditions, Emulator, Losses, Tun};
use super::namespace::{Displays, Namespace};

/// The device's name on both ends.
const DEVICE: &str = "bench0";
pub(super) const SERVER_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 213, 0, 1);
pub(super) const CLIENT_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 213, 0, 2);

/// The server's namespace, the viewer's, and what joins them. Private, so the addresses collide
/// with nothing outside.
#[derive(Debug)]
pub(super) struct Rooms {
    /// Absent where nothing is emulated. Ends before its devices' namespaces do.
    emulator: Option<Emulator>,
    server: Namespace,
    client: Namespace,
}

impl Rooms {
    /// `seed` decides about loss and jitter.
    pub(super) fn create(link: Link, seed: u64) -> Result<Self> {
        let mut rooms = Self {
            emulator: None,
            server: Namespace::create(Displays::Private)?,
            client: Namespace::create(Displays::Shared)?,
        };
        match link.conditions() {
            None => rooms.join_directly()?,
            Some(conditions) => rooms.emulator = Some(rooms.emulate(conditions, seed)?),
        }
        Ok(rooms)
    }

    pub(super) const fn server(&self) -> &Namespace {
        &self.server
    }

    pub(super) const fn client(&self) -> &Namespace {
        &self.client
    }

    /// What went over the link so far, as seen by the client's end: what was lost on the way down
    /// is not in it.
    pub(super) fn traffic(&self) -> Result<Traffic> {
        let traffic = Traffic::read(&self.client.holder().to_string(), DEVICE)?;
        Ok(match self.emulator {
            None => traffic,
            Some(_) => traffic.as_on_ethernet(),
        })
    }

    /// What an emulated link did to packets since this was last asked.
    pub(super) fn take_losses(&self) -> Option<Losses> {
        self.emulator.as_ref().map(Emulator::take_losses)
    }

    /// Fails when the link is broken.
    pub(super) fn check_alive(&mut self) -> Result<()> {
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
