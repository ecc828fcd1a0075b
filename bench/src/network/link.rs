//! The kinds of link, and how each is built.

use std::net::Ipv4Addr;

use anyhow::Result;

use super::counters::Traffic;
use super::namespace::{Displays, Namespace};

/// The device's name on both ends.
const DEVICE: &str = "bench0";
const SERVER_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 213, 0, 1);
const CLIENT_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 213, 0, 2);

/// What lies between server and viewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Link {
    /// A plain Ethernet link of unlimited rate.
    Lan,
}

impl Link {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Lan => "lan",
        }
    }
}

/// Two namespaces joined by a link. Private, so the addresses collide with nothing outside.
#[derive(Debug)]
pub(crate) struct Network {
    server: Namespace,
    client: Namespace,
}

impl Network {
    pub(crate) fn create(link: Link) -> Result<Self> {
        let network = Self {
            server: Namespace::create(Displays::Private)?,
            client: Namespace::create(Displays::Shared)?,
        };
        match link {
            Link::Lan => network.join_directly()?,
        }
        Ok(network)
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

    /// What went over the link so far, as seen by the client's end.
    pub(crate) fn traffic(&self) -> Result<Traffic> {
        Traffic::read(self.client.holder(), DEVICE)
    }

    fn join_directly(&self) -> Result<()> {
        let peer = self.client.holder().to_string();
        let ends = ["type", "veth", "peer", "name", DEVICE, "netns", &peer];
        self.server
            .ip(&[&["link", "add", DEVICE][..], &ends].concat())?;
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
