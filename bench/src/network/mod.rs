//! The network of a cell: where server and viewer are started, and what lies between them.

#[cfg(test)]
mod accuracy;
mod counters;
mod emulator;
mod link;
mod loopback;
mod namespace;
mod rooms;

use std::net::Ipv4Addr;

use anyhow::Result;

pub(crate) use counters::{Flow, Traffic};
pub(crate) use emulator::{Losses, OneWayLosses};
pub(crate) use link::Link;
pub(crate) use namespace::Namespace;

use crate::interrupt::Interrupt;
use rooms::Rooms;

/// A link that is up.
#[derive(Debug)]
pub(crate) struct Network {
    link: Link,
    ground: Ground,
}

/// What it is built on.
#[derive(Debug)]
enum Ground {
    Rooms(Box<Rooms>),
    Loopback,
}

impl Network {
    /// `seed` decides about loss and jitter.
    pub(crate) fn create(link: Link, seed: u64) -> Result<Self> {
        let ground = match link {
            Link::Loopback => Ground::Loopback,
            _ => Ground::Rooms(Box::new(Rooms::create(link, seed)?)),
        };
        Ok(Self { link, ground })
    }

    pub(crate) const fn link(&self) -> Link {
        self.link
    }

    /// Where the server runs; nothing: beside the bench.
    pub(crate) fn server(&self) -> Option<&Namespace> {
        match &self.ground {
            Ground::Rooms(rooms) => Some(rooms.server()),
            Ground::Loopback => None,
        }
    }

    /// Where the viewer runs; nothing: beside the bench.
    pub(crate) fn client(&self) -> Option<&Namespace> {
        match &self.ground {
            Ground::Rooms(rooms) => Some(rooms.client()),
            Ground::Loopback => None,
        }
    }

    pub(crate) const fn server_address(&self) -> Ipv4Addr {
        match &self.ground {
            Ground::Rooms(_) => rooms::SERVER_ADDRESS,
            Ground::Loopback => loopback::ADDRESS,
        }
    }

    /// The port to listen on: the usual one where nobody else can have it, else a free one.
    pub(crate) fn port(&self, usual: u16) -> Result<u16> {
        match &self.ground {
            Ground::Rooms(_) => Ok(usual),
            Ground::Loopback => loopback::free_port(),
        }
    }

    /// What went over the link so far, as seen by the client's end.
    pub(crate) fn traffic(&self) -> Result<Traffic> {
        match &self.ground {
            Ground::Rooms(rooms) => rooms.traffic(),
            Ground::Loopback => loopback::traffic(),
        }
    }

    /// What an emulated link did to packets since this was last asked.
    pub(crate) fn take_losses(&self) -> Option<Losses> {
        match &self.ground {
            Ground::Rooms(rooms) => rooms.take_losses(),
            Ground::Loopback => None,
        }
    }

    /// Fails when the link is broken.
    pub(crate) fn check_alive(&mut self) -> Result<()> {
        match &mut self.ground {
            Ground::Rooms(rooms) => rooms.check_alive(),
            Ground::Loopback => Ok(()),
        }
    }
}

/// What a reader of the link's figures has to know beyond them. Takes a second where it has to
/// listen first.
pub(crate) fn notes(link: Link, interrupt: &Interrupt) -> Result<Vec<String>> {
    match link {
        Link::Loopback => loopback::notes(interrupt),
        _ => Ok(Vec::new()),
    }
}
