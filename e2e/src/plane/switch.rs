//! A wire between an agent and its hub that can be cut: nobody is told, packets just stop.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

/// The wire, on loopback. It is there as long as the test.
pub struct Switch {
    address: SocketAddr,
    wire: Arc<Wire>,
}

/// A direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// What the agent says.
    ToHub,
    /// What the hub answers.
    ToAgent,
}

#[derive(Default)]
struct Wire {
    cut: Mutex<[bool; 2]>,
    mended: Condvar,
}

impl Switch {
    /// A wire to the hub at this address.
    ///
    /// # Panics
    /// If the system has no ports.
    #[must_use]
    pub fn to(hub: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let wire = Arc::<Wire>::default();
        let (ours, hub) = (Arc::clone(&wire), hub.to_owned());
        thread::spawn(move || {
            for agent in listener.incoming().flatten() {
                let Ok(hub) = TcpStream::connect(&hub) else {
                    continue;
                };
                join(&ours, agent, hub);
            }
        });
        Self { address, wire }
    }

    /// Where the agent finds the hub.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on nothing arrives that goes these ways.
    ///
    /// # Panics
    /// Never.
    pub fn cut(&self, ways: &[Way]) {
        let mut cut = self.wire.cut.lock().expect("unpoisoned");
        ways.iter().for_each(|way| cut[*way as usize] = true);
    }

    /// Lets connections through again; those from before are broken.
    ///
    /// # Panics
    /// Never.
    pub fn mend(&self) {
        let mut cut = self.wire.cut.lock().expect("unpoisoned");
        *cut = [false; 2];
        self.wire.mended.notify_all();
    }
}

impl Wire {
    /// Waits while that way is cut. Whether what was on its way arrives.
    fn carries(&self, way: Way) -> bool {
        let mut cut = self.cut.lock().expect("unpoisoned");
        let was_cut = cut[way as usize];
        while cut[way as usize] {
            cut = self.mended.wait(cut).expect("unpoisoned");
        }
        !was_cut
    }
}

fn join(wire: &Arc<Wire>, agent: TcpStream, hub: TcpStream) {
    let copies = (agent.try_clone(), hub.try_clone());
    let (Ok(from_agent), Ok(from_hub)) = copies else {
        return;
    };
    for (way, from, to) in [
        (Way::ToHub, from_agent, hub),
        (Way::ToAgent, from_hub, agent),
    ] {
        let wire = Arc::clone(wire);
        thread::spawn(move || carry(&wire, way, from, to));
    }
}

fn carry(wire: &Wire, way: Way, mut from: TcpStream, mut to: TcpStream) {
    let mut piece = [0; 1 << 14];
    while let Ok(length @ 1..) = from.read(&mut piece) {
        if !wire.carries(way) || to.write_all(&piece[..length]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
